"""Section H of the ledger, normalisation of rows: RMSNorm and LayerNorm."""

from __future__ import annotations

import math
from typing import NamedTuple

from scalargrad.calculus.shapes import (
    Layout,
    Matrix,
    Vector,
    arrange,
    column_sums,
    inner,
    matrices,
    need,
    total,
    vectors,
)
from scalargrad.errors import ArgumentError


def _check_row(x: Vector, epsilon: float) -> None:
    if not x:
        raise ArgumentError("a row needs at least one number, got none")
    if epsilon < 0.0:
        raise ArgumentError(f"epsilon must be 0 or more, got {epsilon}")
    if epsilon == 0.0 and not any(x):
        raise ArgumentError("there is nothing to divide by: all numbers are 0 or the same, and epsilon is 0")


def _check_batch(x: Matrix, gain: Vector, g: Matrix) -> None:
    matrices(x=x, g=g)
    vectors(gain=gain)
    fits = len(x) == len(g) and all(len(row) == len(gain) for row in (*x, *g))
    need(fits, "x and g must be of shape (m, n), and gain of shape (n,)", x=x, gain=gain, g=g)


class _Unit(NamedTuple):
    """u = x/r, with r = √((1/n)Σxᵢ² + ε)."""

    u: list[float]
    rest: list[float]  # √(1 - uᵢ²/n), which is the share that the other numbers and ε have of r
    r: float


def _unit(x: Vector, epsilon: float) -> _Unit:
    """Of x and √ε times a power of two that makes the largest about 1: no square over- or underflows."""
    _check_row(x, epsilon)
    root, (_, power) = math.sqrt(len(x)), math.frexp(max(*map(abs, x), math.sqrt(epsilon)))
    scaled, last = [math.ldexp(item, -power) for item in x], math.ldexp(math.sqrt(epsilon), -power) * root
    length = math.hypot(*scaled, last)
    rest = [math.hypot(*scaled[:i], *scaled[i + 1 :], last) / length for i in range(len(x))]
    return _Unit([item / length * root for item in scaled], rest, math.ldexp(length / root, power))


def _centred(x: Vector) -> list[float]:
    """xᵢ - (1/n)Σxⱼ, as (1/n)Σ(xᵢ - xⱼ), so that all digits of a small difference are right."""
    return [total([*([item] * len(x)), *(-other for other in x)]) / len(x) for item in x]


def rms_norm(x: Vector, gain: Vector, epsilon: float = 0.0) -> list[float]:
    """gᵢ·xᵢ/r, with r = √((1/n)Σxⱼ² + ε).

    Shapes: n, n, a number → n. Raises `ShapeError` when the lengths differ, `ArgumentError` when they are 0, for a
    negative epsilon, or when r is 0. Source: ZS.

    >>> rms_norm([1.0, 7.0], [1.0, 2.0])
    [0.2, 2.8]
    """
    vectors(x=x, gain=gain)
    return [weight * item for weight, item in zip(gain, _unit(x, epsilon).u)]


def rms_norm_jacobian(x: Vector, gain: Vector, epsilon: float = 0.0, layout: Layout = "numerator"
                      ) -> list[list[float]]:  # fmt: skip
    """∂yᵢ/∂xⱼ = (gᵢ/r)·(δᵢⱼ - uᵢuⱼ/n) of y = g⊙u, with u = x/r: diag(g)·(I - uuᵀ/n)/r.

    On the diagonal, 1 - uᵢ²/n is what the other numbers and ε have of r², which keeps its digits.
    Shapes: n, n, a number → n×n. Raises `ShapeError` when the lengths differ, `ArgumentError` when they are 0, for a
    negative epsilon, when r is 0, or for another layout. Source: ZS.

    >>> [[round(item, 6) for item in row] for row in rms_norm_jacobian([1.0, 7.0], [1.0, 2.0])]
    [[0.196, -0.028], [-0.056, 0.008]]
    """
    vectors(x=x, gain=gain)
    unit = _unit(x, epsilon)
    rows = [[weight * (rest * rest if i == j else -p * q / len(x)) / unit.r for j, q in enumerate(unit.u)]
            for i, (weight, p, rest) in enumerate(zip(gain, unit.u, unit.rest))]  # fmt: skip
    return arrange(rows, layout)


def rms_norm_backward(x: Matrix, gain: Vector, g: Matrix, epsilon: float = 0.0
                      ) -> tuple[list[list[float]], list[float]]:  # fmt: skip
    """The gradients of a loss by the rows of X and by the gain, from its gradient G by the normalised rows.

    For each row, with a = gain⊙g and u = x/r: (a - u·(1/n)Σaⱼuⱼ)/r; for the gain, the column sums of G⊙U. Shapes: m×n,
    n, m×n, a number → m×n and n. Raises `ShapeError` when they do not fit, `ArgumentError` for rows of no number, a
    negative epsilon, or a row whose r is 0. Source: ZS.

    >>> by_x, by_gain = rms_norm_backward([[1.0, 7.0]], [5.0, 5.0], [[1.0, 0.0]])
    >>> [round(item, 6) for item in by_x[0]], by_gain
    ([0.98, -0.14], [0.2, 0.0])
    """
    _check_batch(x, gain, g)
    by_x, by_gain = [], []
    for row, upstream in zip(x, g):
        unit = _unit(row, epsilon)
        pulled = [weight * item for weight, item in zip(gain, upstream)]
        along = inner(pulled, unit.u) / len(row)
        by_x.append([(a - p * along) / unit.r for a, p in zip(pulled, unit.u)])
        by_gain.append([item * p for item, p in zip(upstream, unit.u)])
    return by_x, column_sums(by_gain, len(gain))


def layer_norm(x: Vector, gain: Vector, bias: Vector, epsilon: float = 0.0) -> list[float]:
    """gᵢ·(xᵢ - μ)/σ + bᵢ, with the mean μ of x and σ = √((1/n)Σ(xⱼ - μ)² + ε).

    Shapes: n, n, n, a number → n. Raises `ShapeError` when the lengths differ, `ArgumentError` when they are 0, for a
    negative epsilon, or when σ is 0. Source: BA.

    >>> layer_norm([1.0, 3.0], [1.0, 2.0], [0.0, 0.5])
    [-1.0, 2.5]
    """
    vectors(x=x, gain=gain, bias=bias)
    return [weight * item + offset for weight, item, offset in zip(gain, _unit(_centred(x), epsilon).u, bias)]


def layer_norm_jacobian(x: Vector, gain: Vector, epsilon: float = 0.0, layout: Layout = "numerator"
                        ) -> list[list[float]]:  # fmt: skip
    """∂yᵢ/∂xⱼ = (gᵢ/σ)·(δᵢⱼ - 1/n - uᵢuⱼ/n) of y = g⊙u + b, with u = (x - μ)/σ: diag(g)·(I - (**1**1ᵀ + uuᵀ)/n)/σ.

    Shapes: n, n, a number → n×n. Raises `ShapeError` when the lengths differ, `ArgumentError` when they are 0, for a
    negative epsilon, when σ is 0, or for another layout. Source: BA.

    >>> layer_norm_jacobian([1.0, 3.0], [1.0, 1.0], 3.0)
    [[0.1875, -0.1875], [-0.1875, 0.1875]]
    """
    vectors(x=x, gain=gain)
    unit, n = _unit(_centred(x), epsilon), len(x)
    rows = [[weight * total([float(i == j), -1.0 / n, -p * q / n]) / unit.r for j, q in enumerate(unit.u)]
            for i, (weight, p) in enumerate(zip(gain, unit.u))]  # fmt: skip
    return arrange(rows, layout)


def layer_norm_backward(x: Matrix, gain: Vector, g: Matrix, epsilon: float = 0.0
                        ) -> tuple[list[list[float]], list[float], list[float]]:  # fmt: skip
    """The gradients of a loss by the rows of X, the gain and the bias, from its gradient G by the normalised rows.

    For each row, with a = gain⊙g and u = (x - μ)/σ: (a - (1/n)Σaⱼ - u·(1/n)Σaⱼuⱼ)/σ; for the gain the column sums of
    G⊙U, for the bias those of G. Shapes: m×n, n, m×n, a number → m×n, n and n. Raises `ShapeError` when they do not
    fit, `ArgumentError` for rows of no number, a negative epsilon, or a row whose σ is 0. Source: BA.

    >>> layer_norm_backward([[1.0, 3.0]], [1.0, 1.0], [[1.0, 0.0]], 3.0)
    ([[0.1875, -0.1875]], [-0.5, 0.0], [1.0, 0.0])
    """
    _check_batch(x, gain, g)
    by_x, by_gain = [], []
    for row, upstream in zip(x, g):
        unit = _unit(_centred(row), epsilon)
        pulled = [weight * item for weight, item in zip(gain, upstream)]
        mean, along = total(pulled) / len(row), inner(pulled, unit.u) / len(row)
        by_x.append([total([a, -mean, -p * along]) / unit.r for a, p in zip(pulled, unit.u)])
        by_gain.append([item * p for item, p in zip(upstream, unit.u)])
    return by_x, column_sums(by_gain, len(gain)), column_sums(g, len(gain))
