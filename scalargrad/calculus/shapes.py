"""Vectors and matrices as nested lists: checks of their shapes, and the few operations that the formulas need.

A matrix without rows is ``[]``. If a formula needs its number of columns, that comes from another argument.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from scalargrad.errors import ArgumentError, ShapeError

Vector = Sequence[float]
Matrix = Sequence[Sequence[float]]
Layout = Literal["numerator", "denominator"]


def shape(x: Any) -> tuple[int, ...]:
    """The lengths of nested sequences, outermost first; () for a number. Raises `ShapeError` when rows differ.

    >>> shape([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    (2, 3)
    """
    if not isinstance(x, Sequence) or isinstance(x, (str, bytes)):
        return ()
    if {*map(type, x)} == {float}:  # so are nearly all, and their numbers need no look each
        return (len(x),)
    inner = [shape(item) for item in x]
    for other in inner[1:]:
        if other != inner[0]:
            raise ShapeError(f"rows must have the same shape, got {inner[0]} and {other}")
    return (len(x), *(inner[0] if inner else ()))


def need(fits: bool, rule: str, **arrays: Any) -> None:
    """Unless `fits`, raises `ShapeError` with the rule and the shapes of all `arrays`."""
    if not fits:
        shapes = ", ".join(f"{name} {shape(x)}" for name, x in arrays.items())
        raise ShapeError(f"{rule}; got shapes {shapes}")


def vectors(**arrays: Any) -> None:
    """Raises `ShapeError` unless all are vectors of the same length."""
    shapes = [shape(x) for x in arrays.values()]
    need(all(len(s) == 1 for s in shapes), f"{' and '.join(arrays)} must be flat", **arrays)
    need(len(set(shapes)) < 2, f"{' and '.join(arrays)} must have the same length", **arrays)


def matrices(**arrays: Any) -> None:
    """Raises `ShapeError` unless each is a list of rows of the same length."""
    fits = all(len(shape(x)) == 2 or shape(x) == (0,) for x in arrays.values())
    need(fits, f"{' and '.join(arrays)} must be lists of rows", **arrays)


def columns(*candidates: Matrix) -> int:
    """The number of columns, from the first of the matrices that has a row; 0 if none has."""
    return next((len(matrix[0]) for matrix in candidates if matrix), 0)


def total(terms: Iterable[float]) -> float:
    """The correctly rounded sum; a plain sum if it has infinities or nans."""
    terms = list(terms)
    try:
        return math.fsum(terms)
    except (OverflowError, ValueError):
        return sum(terms)


def inner(x: Iterable[float], y: Iterable[float]) -> float:
    """x1*y1 + ... + xn*yn."""
    return total(a * b for a, b in zip(x, y))


def diagonal(entries: Iterable[float]) -> list[list[float]]:
    """The square matrix with these entries on its diagonal and exactly 0.0 elsewhere.

    >>> diagonal([2.0, 3.0])
    [[2.0, 0.0], [0.0, 3.0]]
    """
    entries = list(entries)
    return [[entry if i == j else 0.0 for j in range(len(entries))] for i, entry in enumerate(entries)]


def transpose(x: Matrix, width: int | None = None) -> list[list[float]]:
    """The transpose. `width` is the number of columns of a matrix without rows.

    >>> transpose([[1.0, 2.0, 3.0]])
    [[1.0], [2.0], [3.0]]
    """
    return [[row[j] for row in x] for j in range(columns(x) if x else width or 0)]


def arrange(jacobian: Matrix, layout: Layout, width: int | None = None) -> list[list[float]]:
    """A Jacobian with the outputs as rows ("numerator"), or as columns ("denominator").

    Raises `ArgumentError` for any other layout.
    """
    if layout not in ("numerator", "denominator"):
        raise ArgumentError(f"layout must be 'numerator' or 'denominator', got {layout!r}")
    return [list(row) for row in jacobian] if layout == "numerator" else transpose(jacobian, width)


def gradient_of(items: Iterable[float], layout: Layout) -> list[list[float]]:
    """The gradient of a number by a vector: a row 1×n ("numerator"), or a column n×1 ("denominator").

    >>> gradient_of([1.0, 2.0], "denominator")
    [[1.0], [2.0]]
    """
    return arrange([list(items)], layout)


def items_of(gradient: Vector | Matrix) -> list[float]:
    """The numbers of a gradient, which may be a row 1×n, a column n×1, or flat. Raises `ShapeError` for other shapes.

    >>> items_of([[1.0], [2.0]]), items_of([[1.0, 2.0]]), items_of([1.0, 2.0])
    ([1.0, 2.0], [1.0, 2.0], [1.0, 2.0])
    """
    rows: Any = gradient
    sizes = shape(rows)
    if len(sizes) == 2 and 1 in sizes:
        return [item for row in rows for item in row]
    need(len(sizes) == 1, "a gradient is a row, a column, or flat", gradient=rows)
    return list(rows)


def product(a: Matrix, b: Matrix, width: int | None = None) -> list[list[float]]:
    """The matrix product (m×k)(k×n); `width` is n if `b` has no rows. Raises `ShapeError` when they do not fit.

    >>> product([[1.0, 2.0]], [[3.0], [4.0]])
    [[11.0]]
    """
    matrices(a=a, b=b)
    need(not a or len(a[0]) == len(b), "a must have as many columns as b has rows", a=a, b=b)
    by_column = transpose(b, width)
    return [[inner(row, column) for column in by_column] for row in a]


def column_sums(x: Matrix, width: int) -> list[float]:
    """The sum of each of the `width` columns."""
    return [total(row[j] for row in x) for j in range(width)]
