"""Operands of array operations, of every kind, each with new scalars that are equal to its elements."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from tests.support.engines import bits

Grid = list[list[Any]]
Draw = Callable[[], float]


class Operand(NamedTuple):
    """An operand of an operation on arrays; its elements as scalars, in its own shape; the leaves of both."""

    array: Any
    scalars: Grid
    leaves: list[tuple[Any, Grid]]

    def at(self, r: int, c: int) -> Any:
        row = self.scalars[r if len(self.scalars) > 1 else 0]
        return row[c if len(row) > 1 else 0]


def grid(rows: int, columns: int, draw: Draw) -> list[list[float]]:
    return [[draw() for _ in range(columns)] for _ in range(rows)]


def scalars_of(numbers: list[list[float]]) -> Grid:
    return [[Value(x) for x in row] for row in numbers]


def _matrix(rows: int, columns: int, draw: Draw, pick: Callable[[Any], Any] = lambda x: x) -> Operand:
    """`pick` applied to a matrix, and to a numpy array of its scalars."""
    import numpy as np

    numbers = grid(rows, columns, draw)
    ours, theirs = Matrix(numbers), scalars_of(numbers)
    objects = np.empty((rows, columns), dtype=object)
    for r, row in enumerate(theirs):
        for c, v in enumerate(row):
            objects[r, c] = v
    chosen = pick(objects)
    return Operand(pick(ours), chosen.reshape(-1, chosen.shape[-1]).tolist(), [(ours, theirs)])


def _result(m: int, n: int, draw: Draw, close: bool) -> Operand:
    """The results of an operation; with `close`, in a graph that has been swept."""
    x = _matrix(m, n, draw)
    ours, theirs = x.array * 0.96875, [[v * 0.96875 for v in row] for row in x.scalars]
    if close:
        (ours * 0.5).sum().backward()
        sg.sum([v * 0.5 for row in theirs for v in row]).backward()
    return Operand(ours, theirs, [*x.leaves, (ours, theirs)])


def _value(m: int, n: int, draw: Draw) -> Operand:
    x = draw()
    ours, theirs = Value(x), Value(x)
    return Operand(ours, [[theirs]], [(ours, [[theirs]])])


def _number(m: int, n: int, draw: Draw) -> Operand:
    x = draw()
    return Operand(x, [[x]], [])


def _vector(m: int, n: int, draw: Draw) -> Operand:
    numbers = grid(1, n, draw)
    ours, theirs = Vector(numbers[0]), scalars_of(numbers)
    return Operand(ours, theirs, [(ours, theirs)])


def _constants(rows: int, columns: int, draw: Draw) -> Operand:
    numbers = grid(rows, columns, draw)
    return Operand(numbers, numbers, [])


def _mixed(m: int, n: int, draw: Draw) -> Operand:
    """Values and floats in turn, so that some elements of the result come from floats alone."""
    numbers = grid(m, n, draw)
    ours, theirs = ([[Value(x) if (r + c) % 2 else x for c, x in enumerate(row)] for r, row in enumerate(numbers)]
                    for _ in range(2))  # fmt: skip
    pairs = [
        (a, [[b]]) for rows in zip(ours, theirs) for row in [zip(*rows)] for a, b in row if not isinstance(a, float)
    ]
    return Operand(ours, theirs, pairs)


KINDS: dict[str, Callable[[int, int, Draw], Operand]] = {
    "matrix": lambda m, n, draw: _matrix(m, n, draw),
    "number": _number,
    "value": _value,
    "vector": _vector,
    "row": lambda m, n, draw: _matrix(1, n, draw),
    "column": lambda m, n, draw: _matrix(m, 1, draw),
    "constants": _constants,
    "transposed": lambda m, n, draw: _matrix(n, m, draw, lambda x: x.T),
    "sliced": lambda m, n, draw: _matrix(m + 2, n + 3, draw, lambda x: x[1 : m + 1, 2 : n + 2]),
    "in steps": lambda m, n, draw: _matrix(2 * m + 1, 3 * n + 1, draw, lambda x: x[1::2, : 3 * n : 3]),
    "in steps, transposed": lambda m, n, draw: _matrix(2 * n, 2 * m, draw, lambda x: x[::2, 1::2].T),
    "reversed": lambda m, n, draw: _matrix(m, n, draw, lambda x: x[::-1, ::-1]),
    "repeated": lambda m, n, draw: _matrix(m, n, draw, lambda x: x[[r // 2 for r in range(m)]]),
    "row of a transpose": lambda m, n, draw: _matrix(n, 3, draw, lambda x: x.T[1:2]),
    "column of a matrix": lambda m, n, draw: _matrix(m, 3, draw, lambda x: x[:, 1:2]),
    "row of constants": lambda m, n, draw: _constants(1, n, draw),
    "column of constants": lambda m, n, draw: _constants(m, 1, draw),
    "results": lambda m, n, draw: _result(m, n, draw, False),
    "results, swept": lambda m, n, draw: _result(m, n, draw, True),
    "mixed": _mixed,
}
CONSTANT = {"number", "constants", "row of constants", "column of constants"}
SINGLE = {"number", "value"}  # no arrays


def drawing(seed: str, low: float = -3.0, high: float = 3.0) -> Draw:
    """Random numbers of a range, different for each seed."""
    chance = random.Random(seed)
    return lambda: chance.uniform(low, high)


def all_bits(x: Any) -> Any:
    """The bits of a number, or of numbers in nested lists."""
    return [all_bits(item) for item in x] if isinstance(x, list) else bits(float(x))


def flat_bits(x: Any, attribute: str) -> list[Any]:
    """The bits of the data or grads of an array, a Value or nested lists. Constants have the grad 0."""
    if isinstance(x, list):
        return [b for item in x for b in flat_bits(item, attribute)]
    if isinstance(x, float):
        return [bits(x if attribute == "data" else 0.0)]
    shown = getattr(x, attribute)
    return all_bits([v for row in shown for v in (row if isinstance(row, list) else [row])] if isinstance(shown, list)
                    else [shown])  # type: ignore[no-any-return]  # fmt: skip


def compare(ours: Any, theirs: Grid, leaves: list[tuple[Any, Grid]], what: str) -> None:
    """Sweeps from a weighted sum of the results on both sides, and asserts that all numbers and gradients are equal."""
    flat = [v for row in theirs for v in row]
    weights = [1.0 + 0.37 * k for k in range(len(flat))]
    (ours.reshape(-1) * weights).sum().backward()
    sg.sum([v * w for v, w in zip(flat, weights)]).backward()
    assert flat_bits(ours, "data") == flat_bits(flat, "data"), f"{what}: values"
    for k, (x, s) in enumerate([*leaves, (ours, theirs)]):
        assert flat_bits(x, "grad") == flat_bits(s, "grad"), f"{what}: gradient {k}"


__all__ = [
    "CONSTANT",
    "KINDS",
    "SINGLE",
    "Operand",
    "all_bits",
    "compare",
    "drawing",
    "flat_bits",
    "grid",
    "scalars_of",
]
