"""Programs of arrays, drawn at random step by step, against the plain floats of `model.py`: values after every step,
gradients after every backward, exactly or within what rounding allows; and nothing is kept by anybody in the end."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from scalargrad import Matrix, Value, Vector
from scalargrad.arrays import concat, stack
from scalargrad.arrays.arithmetic import affine
from scalargrad.errors import ArgumentError, ReadOnlyError, ShapeError
from tests.support import model
from tests.support.grids import (
    BINARY,
    LIBRARY,
    REDUCTIONS,
    UNARY,
    Grid,
    Pairs,
    allowed,
    lengths,
    numbers,
    positions,
    randoms,
    select,
    set_model,
    shape_of,
)
from tests.support.model import Scalar
from tests.support.profiles import full
from tests.test_size import measures_memory, resident


class Machine(Pairs):
    """Every rule draws which of the pairs it takes, does a step in both, and compares."""

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
        if (first is None and m.dimensions == 2) or second is None:
            return
        lost = isinstance(first, int) + isinstance(second, int)
        both_listed = isinstance(first, list) and isinstance(second, list)
        pair = np.ix_(first, second) if both_listed else (first, second)
        found = x[second] if m.dimensions == 1 else x[pair] if both else x[first]
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
        across = lambda g: g.dimensions == 2 and (g.rows if axis else g.columns)  # noqa: E731
        pair = self.matching(j, lambda g: (g.dimensions, across(g)) == (m.dimensions, across(m)))
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
            assert (x < y).tolist() == m.nested(flags)

    # --- backward, mutation, copies, references

    @rule(k=positions, seed=st.sampled_from([1.0, -2.0, 0.5, 0.0]), times=st.integers(1, 2))
    def backward(self, k: int, seed: float, times: int) -> None:
        self.sweep(*self.scalar(k), seed, times)

    @rule(k=positions, j=positions, seed=st.sampled_from([1.0, -0.5]), times=st.integers(1, 2))
    def backward_over_arrays(self, k: int, j: int, seed: float, times: int) -> None:
        """From a weighted sum of all elements of two."""
        total, wanted = Value(0.0), Scalar(0.0)
        for x, m in (self.array(k), self.array(j)):
            weights = [1.0 + 0.3 * i for i in range(len(m.flat))]
            total = total + (x.reshape(-1) * weights).sum()
            terms = [model.apply("mul", s, Scalar(w)) for s, w in zip(m.flat, weights)]
            wanted = model.apply("add", wanted, model.total(terms))
        self.sweep(total, wanted, seed, times)

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


def run_long(examples: int, **given: Any) -> None:
    checks = list(HealthCheck)
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=examples, stateful_step_count=50, deadline=None, suppress_health_check=checks, **given
        ),
    )


@pytest.mark.slow_in_python
def test_programs() -> None:
    """The draws have reached every rule that makes something, and every place to record in; test_arrays_table.py and
    test_arrays_folds.py have every function."""
    Pairs.compared.clear()
    rules = {"make", "gather", "leaf", "index", "reshape", "join", "unary", "binary", "product", "reduce", "softmax",
             "scalars_together", "copy"}  # fmt: skip
    missing = {*rules, "here", "quiet", "foreign"}
    # what is drawn also depends on which modules are loaded; if it misses a place, others are drawn until it is reached
    for examples, repeatable in ((12, True), (60, True), *[(30, False)] * 10):
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            Machine,
            settings=settings(
                max_examples=examples, stateful_step_count=40, derandomize=repeatable, database=None, deadline=None
            ),
        )
        missing -= Pairs.compared
        if not missing:
            break
    assert not missing, missing


@pytest.mark.slow
def test_long_programs() -> None:
    before, done = Pairs.steps, Pairs.done
    run_long(full(250))
    assert Pairs.steps - before >= full(10_000) and Pairs.done > done


@pytest.mark.slow
@measures_memory
def test_the_same_programs_again_keep_memory_flat() -> None:
    sizes = []
    for _ in range(7):
        run_long(max(full(15), 4), derandomize=True, database=None)
        sizes.append(resident())
    assert sizes[-1] - sizes[2] <= 4 * 1024 * 1024  # hypothesis has caches; a block a step would be far more
