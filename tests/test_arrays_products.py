"""Products around every edge of the kernels' tiles, of operands in any layout: values and gradients to the last bit.

The reference of `test_sizes` is plain numpy, a term at a time in the order that docs/conventions.md promises; no scalar
graph, and no product of numpy's own, enters it. The other tests hold products against the scalar `dot`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Vector
from scalargrad.arrays.arithmetic import affine, as_array
from tests.support.operands import CONSTANT, KINDS, Operand, compare, drawing
from tests.support.profiles import native_only

EDGES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33]
SIZES = sorted({
    *itertools.product(EDGES, [1, 9, 17], EDGES), *itertools.product([2, 5, 17], EDGES, [4, 8, 33]),
    (33, 33, 33), (7, 129, 8), (129, 7, 9), (9, 8, 129), (2, 600, 3), (70, 2, 70),
})  # fmt: skip


def terms(a: Any, b: Any, start: Any, order: Any) -> Any:
    """start + a[:, t] * b[t, :] for t in an order, each product rounded before it is added."""
    total = start
    for t in order:
        total = total + a[:, t : t + 1] * b[t : t + 1, :]
    return total


def product_and_gradients(m: int, inner: int, n: int, biased: bool) -> None:
    chance = np.random.default_rng([m, inner, n, biased])
    a, b, g, c = (chance.uniform(-2, 2, size) for size in [(m, inner), (inner, n), (m, n), (1, n)])
    left, right, bias = Matrix(a), Matrix(b), Vector(c[0])
    y = affine(left, right, bias if biased else None)
    (y * g).sum().backward()
    none = np.full((m, n), -0.0)  # to which a first term adds itself
    assert y.data.tobytes() == terms(a, b, c + np.zeros((m, n)) if biased else none, range(inner)).tobytes()
    assert left.grad.tobytes() == terms(g, b.T, np.full((m, inner), -0.0), reversed(range(n))).tobytes()
    assert right.grad.tobytes() == terms(a.T, g, np.full((inner, n), -0.0), reversed(range(m))).tobytes()
    if biased:
        assert bias.grad.tobytes() == terms(np.ones((1, m)), g, np.full((1, n), -0.0), reversed(range(m))).tobytes()


@native_only
@pytest.mark.parametrize("m", sorted({m for m, _, _ in SIZES}))
def test_sizes(m: int) -> None:
    for rows, inner, n in SIZES:
        if rows == m:
            product_and_gradients(rows, inner, n, (rows + inner + n) % 2 == 0)


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("size", [(1, 1, 1), (2, 3, 9), (9, 2, 1), (5, 9, 8), (9, 3, 5), (3, 17, 2)])
def test_sizes_with_a_bias_and_without(size: tuple[int, int, int], biased: bool) -> None:
    product_and_gradients(*size, biased)


# --- layouts ---------------------------------------------------------------------------------------------------------

SIDES = ["matrix", "constants", "transposed", "sliced", "in steps", "in steps, transposed", "reversed", "repeated",
         "results", "results, swept", "mixed"]  # fmt: skip
BIASES = [None, "matrix", "transposed", "constants", "results, swept", "mixed", "reversed"]


def dots(rows: Any, columns: Any, bias: Any = None) -> list[list[Any]]:
    """The products of rows with columns, each one `dot`; a bias is its first pair."""
    one = [] if bias is None else [1.0]
    first = [[]] * len(columns) if bias is None else [[x] for x in bias]
    return [[sg.dot([*one, *row], [*first[j], *column]) for j, column in enumerate(columns)] for row in rows]


def made(kind: str, m: int, n: int) -> Operand:
    x = KINDS[kind](m, n, drawing(f"{kind} {m} {n}"))
    return x._replace(array=as_array(x.array))


@pytest.mark.parametrize("left", SIDES)
def test_layouts(left: str) -> None:
    sizes = [(3, 2, 4), (3, 4, 9), (9, 2, 3)]
    for k, (right, (m, inner, n)) in enumerate(itertools.product(SIDES, sizes)):
        kind = BIASES[k % len(BIASES)]
        if {left, right} <= {*CONSTANT, "mixed"}:
            kind = "matrix"
        x, w = made(left, m, inner), made(right, inner, n)
        bias = None if kind is None else made(kind, 2, n)
        leaves = [*x.leaves, *w.leaves, *(bias.leaves if bias else [])]
        ours = affine(x.array, w.array, None if bias is None else as_array(bias.array[1]))
        theirs = dots(x.scalars, list(zip(*w.scalars)), None if bias is None else bias.scalars[1])
        compare(ours, theirs, leaves, f"{left} @ {right} + {kind}, {m} x {inner} x {n}")


SAME: dict[str, Callable[[Any], tuple[Any, Any, Any]]] = {
    "x @ x": lambda x: (x, x, None),
    "x @ x.T": lambda x: (x, x.T, None),
    "x.T @ x": lambda x: (x.T, x, None),
    "x.T @ x.T": lambda x: (x.T, x.T, None),
    "x @ x + a row of it": lambda x: (x, x, x[2]),
    "x @ x + a column of it": lambda x: (x, x.T, x[:, 1]),
    "columns, then rows": lambda x: (x[:, 1:4], x[1:4], None),
    "two rows and the others": lambda x: (x[:2], x[2:].T, None),
    "two columns and those beside": lambda x: (x[:, :2], x[:, 2:4].T, None),
    "two columns and one of them": lambda x: (x[:, :2], x[:, 1:3].T, None),
    "every other column": lambda x: (x[:, ::2], x[:, ::2].T, None),
    "even columns and odd ones": lambda x: (x[:, :4:2], x[:, 1:4:2].T, None),
    "the last column and the first of the next row": lambda x: (x[:-1, 4:], x[1:, :1].T, None),
    "reversed": lambda x: (x, x[::-1], None),
    "constants @ a layer, its bias last": lambda x: (LISTS, x[:, :4].T, x[:, 4]),
    "constants @ a layer, its bias first": lambda x: (LISTS, x[:, 1:].T, x[:, 0]),
    "constants @ a layer, a weight as bias": lambda x: (LISTS, x[:, :4].T, x[:, 3]),
    "a vector, twice": lambda x: (x[0], x[0], None),
    "a vector and a layer": lambda x: (x[3], x[:3].T, None),
    "a column": lambda x: (x, x[:, 2], None),
    "a vector in steps": lambda x: (x[1][::2], x[2:].T[::2], None),
}
LISTS = [[0.3, -1.7, 2.9, 0.7], [1.1, 0.4, -0.6, 5.3], [-2.2, 1e3, 0.9, 0.1]]


@pytest.mark.parametrize("name", SAME)
def test_one_matrix_in_several_places(name: str) -> None:
    """Where operands share elements, or might: each gets its contributions in the scalars' order."""
    base = KINDS["matrix"](5, 5, drawing(name))
    scalars = np.empty((5, 5), dtype=object)
    for k in range(25):
        scalars[k // 5, k % 5] = base.scalars[k // 5][k % 5]
    a, b, bias = (None if x is None else as_array(x) for x in SAME[name](base.array))
    p, q, first = SAME[name](scalars)
    rows = np.array(p, dtype=object)
    columns = q.reshape(1, -1) if q.ndim == 1 else q.T
    ours = affine(a, b, bias)
    theirs = dots(
        rows.reshape(-1, rows.shape[-1]).tolist(), columns.tolist(), None if first is None else first.tolist()
    )
    if not hasattr(ours, "reshape"):
        ours = Vector([ours])
    assert ours.shape in [(len(theirs), len(theirs[0])), (len(theirs) * len(theirs[0]),)]
    # a later use of each element, which contributes first
    ours, theirs = ours + base.array[0, 0], [[v + base.scalars[0][0] for v in row] for row in theirs]
    compare(ours, theirs, base.leaves, name)


@pytest.mark.parametrize("place", ["right", "bias"])
def test_runs_of_one_vector(place: str) -> None:
    """From well apart over a single number in common to the same start: rows of one vector as both operands."""
    pairs = [*((0, k) for k in range(9)), *((k, 0) for k in range(1, 9))]
    for first, second, seed in [(*pair, seed) for pair in pairs for seed in range(6)]:  # of an order, rounding may hide
        base = KINDS["vector"](1, 20, drawing(f"{first} {second} {seed}"))
        flat, scalars = base.array * 1.0, np.empty(20, dtype=object)  # results: few leaves of many are listed
        scalars[:] = [v * 1.0 for v in base.scalars[0]]
        start = second if place == "right" else 14
        parts = [(x[first : first + 6].reshape(2, 3), x[start : start + 6].reshape(3, 2), x[second : second + 2])
                 for x in (flat, scalars)]  # fmt: skip
        (a, b, bias), (p, q, one) = parts
        ours = affine(a, b, bias if place == "bias" else None)
        theirs = dots(p.tolist(), q.T.tolist(), one.tolist() if place == "bias" else None)
        ours, theirs = ours + flat[first], [[v + scalars[first] for v in row] for row in theirs]
        compare(ours, theirs, base.leaves, f"{place}: {first} and {second}")
