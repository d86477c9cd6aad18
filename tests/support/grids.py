"""The parts of the stateful tests of arrays: arrays of the model, and a machine that holds pairs of an array of the
library and an array of the model."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from typing import Any, ClassVar

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core
from tests.support import model
from tests.support.engines import bits
from tests.support.model import Scalar

NATIVE = sg.backend() == "native"
LARGEST, DEEPEST = 1e3, 30  # limits of the model's numbers and histories: operations beyond them are skipped

REDUCTIONS = ["sum", "mean", "max", "min", "prod", "norm", "logsumexp"]

randoms = st.randoms(use_true_random=False)
positions = st.one_of(st.integers(0, 2), st.integers(0, 60))  # counted back from the latest, modulo their number
lengths = st.sampled_from([1, 2, 3, 4, 9, 0])
numbers = st.one_of(st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0]), st.floats(-2, 2))


class Grid:
    """An array of the model."""

    def __init__(self, dimensions: int, rows: int, columns: int, flat: list[Scalar]) -> None:
        self.dimensions, self.rows, self.columns, self.flat = dimensions, rows, columns, flat

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.columns,) if self.dimensions == 1 else (self.rows, self.columns)

    def at(self, r: int, c: int) -> Scalar:
        return self.flat[(r if self.rows > 1 else 0) * self.columns + (c if self.columns > 1 else 0)]

    def row(self, r: int) -> list[Scalar]:
        return self.flat[r * self.columns : (r + 1) * self.columns]

    @property
    def T(self) -> Grid:
        turned = [self.at(r, c) for c in range(self.columns) for r in range(self.rows)]
        return self if self.dimensions == 1 else Grid(2, self.columns, self.rows, turned)

    def select(self, rows: list[int], columns: list[int], dimensions: int) -> Grid:
        return Grid(dimensions, len(rows), len(columns), [self.at(r, c) for r in rows for c in columns])

    def nested(self, numbers: list[float]) -> list[Any]:
        n = self.columns
        return numbers if self.dimensions == 1 else [numbers[r * n : (r + 1) * n] for r in range(self.rows)]


LIBRARY: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "div": lambda x, y: x / y,
    "neg": lambda x: -x, "square": lambda x: x**2, "cube": lambda x: x**3, "two_to": lambda x: 2.0**x, "exp": sg.exp,
    "log": sg.log, "sqrt": sg.sqrt, "sin": sg.sin, "tanh": sg.tanh, "sigmoid": sg.sigmoid, "softplus": sg.softplus,
    "relu": sg.relu, "abs": abs, "maximum": sg.maximum, "minimum": sg.minimum,
}  # fmt: skip
BINARY = ["add", "sub", "mul", "div", "maximum", "minimum"]
UNARY = [name for name in LIBRARY if name not in BINARY]
REDUCTIONS = ["sum", "mean", "max", "min", "prod", "norm", "logsumexp"]


def allowed(name: str, x: list[Scalar]) -> bool:
    """Whether the model's rule applies there, with a margin for errors."""
    if name == "div":
        return abs(x[1].value) > 0.2
    if name in ("log", "sqrt"):
        return x[0].value > 0.05
    return name not in ("exp", "two_to") or x[0].value < 6


def shape_of(m: Grid, g: Grid) -> tuple[int, int] | None:
    """The rows and columns of an operation on both."""
    pairs = (m.rows, g.rows), (m.columns, g.columns)
    if any(a != b and a != 1 and b != 1 for a, b in pairs):
        return None
    return tuple(b if a == 1 else a for a, b in pairs)  # type: ignore[return-value]


def select(random: Any, n: int) -> tuple[Any, Any]:
    """An index along an axis, and the positions that it selects; None if there are none."""
    kind = random.choice(["int", "slice", "list", "mask"])
    if kind == "slice":
        ends = [random.choice([None, random.randint(-n - 1, n + 1)]) for _ in range(2)]
        key = slice(*ends, random.choice([None, 1, 2, -1, -2]))
        return key, range(n)[key]
    if not n:
        return None, ()
    chosen = [random.randrange(n) for _ in range(1 if kind == "int" else random.randint(0, 5))]
    if kind == "int":
        return chosen[0] - random.choice([0, n]), chosen
    if kind == "mask":
        return [k in chosen for k in range(n)], sorted(set(chosen))
    return [k - random.choice([0, n]) for k in chosen], chosen


def set_model(s: Scalar, grad: bool, x: float) -> None:
    if grad:
        s.grad, s.grad_error = x, 0.0
    else:
        s.value, s.error = x, 0.0


def close(found: float, wanted: float, error: float, what: str) -> None:
    assert error < 1e-3 * max(1.0, abs(wanted)) or what == "grad", f"the model has lost its digits: {error}"
    if error == 0.0:
        assert bits(found) == bits(wanted), (what, found, wanted)
    else:
        assert abs(found - wanted) <= error, (what, found, wanted, error)


class Pairs(RuleBasedStateMachine):
    """Pairs of an array of the library and an array of the model."""

    steps = done = 0  # totals: steps, and results that were compared
    compared: ClassVar[set[str]] = set()  # the rules and functions whose results were compared

    def __init__(self) -> None:
        super().__init__()
        gc.collect()
        gc.disable()
        self.before = core.lib.sg_graphs_alive() if NATIVE else 0
        self.arrays: list[tuple[Any, Grid]] = []
        self.scalars: list[tuple[Any, Scalar]] = [(Value(0.75), Scalar(0.75))]
        self.quiet = self.foreign = Scalar.threaded = False
        self.add(Matrix([[0.5, -1.5, 1.0], [2.0, 0.25, -0.0]]), self.new(2, 2, 3, [0.5, -1.5, 1.0, 2.0, 0.25, -0.0]))

    def teardown(self) -> None:
        self.arrays.clear()
        self.scalars.clear()
        alive = core.lib.sg_graphs_alive() if NATIVE else 0
        gc.enable()
        assert alive <= self.before, "a graph is kept by nobody"

    @staticmethod
    def new(dimensions: int, rows: int, columns: int, given: list[float]) -> Grid:
        return Grid(dimensions, rows, columns, [Scalar(x) for x in given])

    # --- what holds after each step

    @invariant()
    def count(self) -> None:
        Pairs.steps += 1

    def check(self, pair: tuple[Any, Any]) -> None:
        found, wanted = pair
        if isinstance(wanted, Scalar):
            data, grads, flat = [found.data], [found.grad], [wanted]
        else:
            assert found.shape == wanted.shape
            data, grads, flat = found.data, found.grad, wanted.flat
            if wanted.dimensions == 2:
                data, grads = [x for row in data for x in row], [x for row in grads for x in row]
            assert len(data) == len(grads) == len(flat)
        for x, g, s in zip(data, grads, flat):
            close(x, s.value, s.error, "value")
            close(g, s.grad, s.grad_error, "grad")

    def add(self, found: Any, wanted: Any) -> None:
        """Adds a pair, which replaces the oldest if there are many."""
        self.check((found, wanted))
        Pairs.compared.add(sys._getframe(1).f_code.co_name)
        kind, most = (self.scalars, 12) if isinstance(wanted, Scalar) else (self.arrays, 10)
        kind.append((found, wanted))
        if len(kind) > most:
            del kind[0]
        Pairs.done += 1

    def compute(self, library: Callable[[], Any], result: Any) -> None:
        """Applies to the library what the model has done, if the model says that the numbers stay bounded."""
        flat = [result] if isinstance(result, Scalar) else result.flat
        if any(abs(x.value) > LARGEST or x.error > 1e-6 or x.depth > DEEPEST for x in flat):
            return
        if self.quiet:
            for x in flat:
                x.edges, x.depth = [], 1
            with sg.no_grad():
                found = library()
        elif self.foreign:
            box: list[Any] = []
            thread = threading.Thread(target=lambda: box.append(library()))
            thread.start()
            thread.join()
            (found,) = box
        else:
            found = library()
        self.add(found, result)
        frame = sys._getframe(1)
        Pairs.compared |= {frame.f_code.co_name, str(frame.f_locals.get("name", ""))}
        Pairs.compared.add("quiet" if self.quiet else "foreign" if self.foreign else "here")

    def array(self, k: int) -> tuple[Any, Grid]:
        return self.arrays[-1 - k % len(self.arrays)]

    def scalar(self, k: int) -> tuple[Any, Scalar]:
        return self.scalars[-1 - k % len(self.scalars)]

    def matching(self, k: int, fits: Callable[[Grid], bool]) -> tuple[Any, Grid] | None:
        found = [pair for pair in self.arrays if fits(pair[1])]
        return found[-1 - k % len(found)] if found else None

    def sweep(self, root: Any, wanted: Scalar, seed: float, times: int) -> None:
        for _ in range(times):
            root.backward(seed)
            model.backward(wanted, seed)
        for pair in [*self.arrays, *self.scalars]:
            self.check(pair)

    # --- where the next operations are recorded

    @rule(manner=st.sampled_from(["here", "here", "here", "quiet", "foreign"]))
    def switch(self, manner: str) -> None:
        self.quiet, self.foreign = manner == "quiet", manner == "foreign"
        Scalar.threaded = self.foreign

    @rule(n=st.sampled_from([100, 30_000]))
    def fill(self, n: int) -> None:
        """Records unneeded nodes, so that graphs roll over."""
        Vector([0.5] * n) * 1.0

    @rule(k=positions, array=st.booleans())
    def drop(self, k: int, array: bool) -> None:
        kind: list[Any] = self.arrays if array else self.scalars
        if len(kind) > 1:
            del kind[k % len(kind)]
