"""Programs of arrays, drawn at random step by step, against the plain floats of `model.py`; and nasty numbers, where
recording in bulk is held against recording element by element."""

from __future__ import annotations

import copy
import gc
import math
import os
import pickle
import threading
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import model
import pytest
from conftest import native_only
from engines import bits
from hypothesis import HealthCheck, given, settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from model import Scalar
from test_size import measures_memory, resident

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core
from scalargrad.arithmetic import affine
from scalargrad.arrays import concat, stack
from scalargrad.errors import ArgumentError, ReadOnlyError, ShapeError

NATIVE = sg.backend() == "native"
LARGEST, DEEPEST = 1e3, 30  # of the model's numbers and histories: an operation that would pass them is not done


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

randoms = st.randoms(use_true_random=False)
positions = st.integers(0, 60)  # which of those that there are; taken modulo their number
lengths = st.sampled_from([1, 2, 3, 4, 9, 0])
numbers = st.one_of(st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0]), st.floats(-2, 2))


def allowed(name: str, x: list[Scalar]) -> bool:
    """Whether the model's rule holds there, with room for the errors."""
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
    """An index along an axis, and the positions that it chooses; None where there is nothing to choose."""
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


class Machine(RuleBasedStateMachine):
    """Pairs of what the library has and what the model has."""

    steps = done = 0

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
        """A new pair, in place of the oldest where there are many."""
        self.check((found, wanted))
        kind, most = (self.scalars, 12) if isinstance(wanted, Scalar) else (self.arrays, 10)
        kind.append((found, wanted))
        if len(kind) > most:
            del kind[0]
        Machine.done += 1

    def compute(self, library: Callable[[], Any], result: Any) -> None:
        """Does in the library what the model has done, where the model says that the numbers stay bounded."""
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

    def array(self, k: int) -> tuple[Any, Grid]:
        return self.arrays[k % len(self.arrays)]

    def scalar(self, k: int) -> tuple[Any, Scalar]:
        return self.scalars[k % len(self.scalars)]

    def matching(self, k: int, fits: Callable[[Grid], bool]) -> tuple[Any, Grid] | None:
        found = [pair for pair in self.arrays if fits(pair[1])]
        return found[k % len(found)] if found else None

    # --- where the next operations are recorded

    @rule(manner=st.sampled_from(["here", "here", "here", "quiet", "foreign"]))
    def switch(self, manner: str) -> None:
        self.quiet, self.foreign = manner == "quiet", manner == "foreign"
        Scalar.threaded = self.foreign

    @rule(n=st.sampled_from([100, 30_000]))
    def fill(self, n: int) -> None:
        """Nodes that nobody needs, so that graphs roll over."""
        Vector([0.5] * n) * 1.0

    # --- making, and views

    @rule(d=st.integers(1, 2), rows=lengths, columns=lengths, random=randoms)
    def make(self, d: int, rows: int, columns: int, random: Any) -> None:
        rows = rows or 1 if d == 2 else 1  # nested lists of no rows are a Vector's; `index` makes those
        given = [random.choice([random.uniform(-2, 2), 0.0, -0.0, 1.0]) for _ in range(rows * columns)]
        grid = self.new(d, rows, columns, given)
        self.add((Vector if d == 1 else Matrix)(grid.nested(given)), grid)

    @rule(given=st.lists(positions, min_size=1, max_size=6), x=numbers)
    def gather(self, given: list[int], x: float) -> None:
        """A Vector of Values that are there, and one number."""
        pairs = [self.scalar(k) for k in given]
        self.add(Vector([*[v for v, _ in pairs], x]), Grid(1, 1, len(given) + 1, [*[s for _, s in pairs], Scalar(x)]))

    @rule(x=numbers)
    def leaf(self, x: float) -> None:
        self.add(Value(x), Scalar(x))

    @rule(k=positions, random=randoms, both=st.booleans())
    def index(self, k: int, random: Any, both: bool) -> None:
        x, m = self.array(k)
        turned = m if m.dimensions == 2 else m.T
        first, rows = select(random, m.rows) if m.dimensions == 2 else (None, [0])
        second, columns = select(random, m.columns) if both or m.dimensions == 1 else (slice(None), range(m.columns))
        if first is None and m.dimensions == 2 or second is None:
            return
        lost = isinstance(first, int) + isinstance(second, int)
        found = x[second] if m.dimensions == 1 else x[first, second] if both else x[first]
        if lost == m.dimensions:
            self.add(found, m.at(rows[0], columns[0]))
            return
        chosen = turned.select(list(rows), list(columns), m.dimensions - lost)
        if m.dimensions == 2 and isinstance(second, int):
            chosen.rows, chosen.columns = 1, chosen.rows
        self.add(found, chosen)

    @rule(k=positions, how=st.sampled_from(["T", "flat", "column", "row", "turned"]))
    def reshape(self, k: int, how: str) -> None:
        x, m = self.array(k)
        n = len(m.flat)
        if how == "T":
            self.add(x.T, m.T)
        elif how == "turned":
            rows, columns = m.columns, m.rows
            self.add(x.reshape(rows, columns), Grid(2, rows, columns, m.flat))
        elif how == "flat":
            self.add(x.reshape(-1), Grid(1, 1, n, m.flat))
        else:
            shape = (n, 1) if how == "column" else (1, n)
            self.add(x.reshape(shape), Grid(2, *shape, m.flat))

    @rule(k=positions, j=positions, x=st.lists(numbers, min_size=2, max_size=2), axis=st.sampled_from([0, 1, -1]))
    def join(self, k: int, j: int, x: list[float], axis: int) -> None:
        """concat with any that fits, or stack of a vector, itself, and numbers."""
        left, m = self.array(k)
        if m.dimensions == 1 and m.columns == 2:
            stacked = Grid(2, 3, 2, [*m.flat, *[Scalar(v) for v in x], *m.flat])
            self.add(stack([left, x, left], axis), stacked.T if axis else stacked)
        axis = axis if m.dimensions == 2 else 0
        pair = self.matching(
            j,
            lambda g: (
                g.dimensions == m.dimensions and (g.T if axis else g).columns == (m.T if axis else m).columns
                if g.dimensions == 2
                else m.dimensions == 1
            ),
        )
        if pair is None:
            return
        right, g = pair
        if m.dimensions == 1:
            self.add(concat([left, right]), Grid(1, 1, m.columns + g.columns, m.flat + g.flat))
            return
        top, below = (m.T, g.T) if axis else (m, g)
        joined = Grid(2, top.rows + below.rows, top.columns, top.flat + below.flat)
        self.add(concat([left, right], axis), joined.T if axis else joined)

    # --- operations

    @rule(name=st.sampled_from(UNARY), k=positions, inside=st.booleans())
    def unary(self, name: str, k: int, inside: bool) -> None:
        """Of an array, or of its square plus a half, where every function is defined."""
        x, m = self.array(k)
        half = Scalar(0.5)
        flat = [model.apply("add", model.apply("square", s), half) for s in m.flat] if inside else m.flat
        if all(allowed(name, [s]) for s in flat):
            result = Grid(m.dimensions, m.rows, m.columns, [model.apply(name, s) for s in flat])
            self.compute(lambda: LIBRARY[name](x**2 + 0.5 if inside else x), result)

    @rule(name=st.sampled_from(BINARY), k=positions, j=positions, x=numbers, random=randoms,
          other=st.sampled_from(["fits", "any", "self", "scalar", "number", "list"]), swap=st.booleans())  # fmt: skip
    def binary(self, name: str, k: int, j: int, x: float, random: Any, other: str, swap: bool) -> None:
        left, m = self.array(k)
        right, g = self.array(j)
        if other == "fits":
            right, g = self.matching(j, lambda g: shape_of(m, g) is not None)  # type: ignore[misc]
        elif other == "self":
            right, g = left, m
        elif other == "scalar":
            right, s = self.scalar(j)
            g = Grid(0, 1, 1, [s])
        elif other == "number":
            right, g = x, Grid(0, 1, 1, [Scalar(x)])
        elif other == "list" and m.flat:
            g = self.new(m.dimensions, m.rows, m.columns, [random.uniform(-2, 2) for _ in m.flat])
            right = g.nested([s.value for s in g.flat])
        if swap:
            left, m, right, g = right, g, left, m
        shape = shape_of(m, g)
        if shape is None:
            with pytest.raises(ShapeError):
                LIBRARY[name](left, right)
            return
        pairs = [(m.at(r, c), g.at(r, c)) for r in range(shape[0]) for c in range(shape[1])]
        if all(allowed(name, list(pair)) for pair in pairs):
            result = Grid(max(m.dimensions, g.dimensions), *shape, [model.apply(name, *pair) for pair in pairs])
            self.compute(lambda: LIBRARY[name](left, right), result)

    @rule(k=positions, j=positions, own=st.booleans(), bias=st.booleans())
    def product(self, k: int, j: int, own: bool, bias: bool) -> None:
        left, m = self.array(k)
        right, g = left.T, m.T
        if not own:
            pair = self.matching(j, lambda g: (g.columns if g.dimensions == 1 else g.rows) == m.columns)
            if pair is None:
                return
            right, g = pair
        columns = [g.flat] if g.dimensions == 1 else [g.T.row(c) for c in range(g.columns)]
        first: Any = self.matching(j, lambda b: b.dimensions == 1 and b.columns == len(columns)) if bias else None
        starts = [[s] for s in first[1].flat] if first else [[]] * len(columns)
        one = [Scalar(1.0)] if first else []
        flat = [
            model.dot(one + m.row(r), start + column) if start or column else Scalar(0.0)
            for r in range(m.rows)
            for start, column in zip(starts, columns)
        ]
        d = m.dimensions + g.dimensions - 2
        result: Any = Grid(2, m.rows, len(columns), flat) if d == 2 else Grid(1, 1, len(flat), flat) if d else flat[0]
        self.compute(lambda: affine(left, right, first[0]) if first else left @ right, result)

    @rule(name=st.sampled_from(REDUCTIONS), k=positions, axis=st.sampled_from([None, 0, 1, -1]))
    def reduce(self, name: str, k: int, axis: int | None) -> None:
        x, m = self.array(k)
        axis = 0 if axis == 1 and m.dimensions == 1 else axis
        g = m.T if m.dimensions == 2 and axis == 0 else m
        rows = [m.flat] if axis is None or m.dimensions == 1 else [g.row(r) for r in range(g.rows)]
        width = len(m.flat) if axis is None else g.columns
        if width == 0 and name in ("max", "min", "mean", "logsumexp"):
            with pytest.raises(ArgumentError):
                getattr(x, name)(axis)
            return
        if width and name == "norm" and not all(max(abs(s.value) for s in row) > 1e-3 for row in rows):
            return
        flat = [model.reduce(name, row) if row else Scalar(float(name == "prod")) for row in rows]
        single = axis is None or m.dimensions == 1
        self.compute(lambda: getattr(x, name)(axis), flat[0] if single else Grid(1, 1, len(flat), flat))

    @rule(k=positions, axis=st.sampled_from([0, 1, -1]), log=st.booleans())
    def softmax(self, k: int, axis: int, log: bool) -> None:
        x, m = self.array(k)
        axis = axis if m.dimensions == 2 else 0
        g = m.T if axis == 0 else m
        if g.columns:
            flat = (model.log_softmax if log else model.softmax)([g.row(r) for r in range(g.rows)])
            result = Grid(m.dimensions, g.rows, g.columns, flat)
            self.compute(lambda: (x.log_softmax if log else x.softmax)(axis=axis), result.T if axis == 0 else result)

    @rule(name=st.sampled_from(BINARY), k=positions, j=positions)
    def scalars_together(self, name: str, k: int, j: int) -> None:
        (x, s), (y, t) = self.scalar(k), self.scalar(j)
        if allowed(name, [s, t]):
            self.compute(lambda: LIBRARY[name](x, y), model.apply(name, s, t))

    @rule(k=positions, j=positions)
    def compare(self, k: int, j: int) -> None:
        (x, m), (y, g) = self.array(k), self.array(j)
        if m.shape == g.shape and not any(s.error for s in m.flat + g.flat):
            flags: list[Any] = [s.value < t.value for s, t in zip(m.flat, g.flat)]
            assert (x < y) == m.nested(flags)

    # --- backward, mutation, copies, references

    @rule(k=positions, seed=st.sampled_from([1.0, -2.0, 0.5, 0.0]), times=st.integers(1, 2))
    def backward(self, k: int, seed: float, times: int) -> None:
        v, s = self.scalar(k)
        for _ in range(times):
            v.backward(seed)
            model.backward(s, seed)
        for pair in [*self.arrays, *self.scalars]:
            self.check(pair)

    @rule(k=positions, grad=st.booleans(), x=numbers, whole=st.booleans())
    def set_array(self, k: int, grad: bool, x: float, whole: bool) -> None:
        a, m = self.array(k)
        given = [x if whole else x / (1 + i) for i in range(len(m.flat))]
        name = "grad" if grad else "data"
        if any(s.edges for s in m.flat):
            with pytest.raises(ReadOnlyError):
                setattr(a, name, x if whole else m.nested(given))
        elif m.flat:
            setattr(a, name, x if whole else m.nested(given))
            for s, v in zip(m.flat, given):
                set_model(s, grad, v)
        self.check((a, m))

    @rule(k=positions, grad=st.booleans(), x=numbers)
    def set_scalar(self, k: int, grad: bool, x: float) -> None:
        v, s = self.scalar(k)
        if not grad and s.edges:
            with pytest.raises(ReadOnlyError):
                v.data = x
            return
        setattr(v, "grad" if grad else "data", x)
        set_model(s, grad, x)
        self.check((v, s))

    @rule(k=positions, j=positions, pickled=st.booleans())
    def copy(self, k: int, j: int, pickled: bool) -> None:
        (x, m), (v, s) = self.array(k), self.scalar(j)
        again, twin = pickle.loads(pickle.dumps((x, v))) if pickled else copy.deepcopy((x, v))
        flat, (root,) = model.copies([m.flat, [s]])
        self.add(again, Grid(m.dimensions, m.rows, m.columns, flat))
        self.add(twin, root)

    @rule(k=positions, array=st.booleans())
    def drop(self, k: int, array: bool) -> None:
        kind: list[Any] = self.arrays if array else self.scalars
        if len(kind) > 1:
            del kind[k % len(kind)]


Machine.TestCase.settings = settings(max_examples=12, stateful_step_count=40)
TestPrograms = Machine.TestCase
