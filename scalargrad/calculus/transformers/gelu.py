"""Section H of the ledger, GELU: exact, and by a tanh."""

from __future__ import annotations

import math
from typing import Literal

from scalargrad.calculus.elementary import sigmoid, sigmoid_derivative
from scalargrad.calculus.shapes import Layout, Matrix, Vector, gradient_of, items_of, vectors
from scalargrad.errors import ArgumentError

Approximate = Literal["none", "tanh"]
_SLOPE = math.sqrt(2.0 / math.pi)
_CUBE = 0.044715


def _check_form(approximate: str) -> None:
    if approximate not in ("none", "tanh"):
        raise ArgumentError(f"approximate must be 'none' or 'tanh', got {approximate!r}")


def _share(x: float) -> float:
    """Φ(x), the probability that a normal number is less than x: by erfc, which keeps its digits below 0."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def _twice(x: float) -> float:
    """2u for u = √(2/π)·(x + 0.044715x³): ½(1 + tanh u) is the sigmoid of it."""
    return 2.0 * _SLOPE * (x + _CUBE * x * x * x)


def gelu(x: float, approximate: Approximate = "none") -> float:
    """x·Φ(x) with the normal distribution's Φ, that is ½x(1 + erf(x/√2)); or by "tanh" ½x(1 + tanh u).

    u = √(2/π)·(x + 0.044715x³). Shapes: number → number. Raises `ArgumentError` for another form. Source: HG.

    >>> gelu(0.0), gelu(-40.0, "tanh") == gelu(-40.0) == 0.0, round(gelu(1.0), 6), round(gelu(1.0, "tanh"), 6)
    (0.0, True, 0.841345, 0.841192)
    """
    _check_form(approximate)
    return x * (_share(x) if approximate == "none" else sigmoid(_twice(x)))


def gelu_derivative(x: float, approximate: Approximate = "none") -> float:
    """Φ(x) + x·φ(x), with the density φ(x) = exp(-x²/2)/√(2π); or by "tanh" ½(1 + t) + ½x(1 - t²)u', with t = tanh u.

    u' = √(2/π)·(1 + 3·0.044715x²), and 1 - t² is 4 s(2u) s(-2u) with the sigmoid s, which keeps its digits. Shapes:
    number → number. Raises `ArgumentError` for another form. Source: HG.

    >>> gelu_derivative(0.0), gelu_derivative(0.0, "tanh"), gelu_derivative(40.0), gelu_derivative(-1e200, "tanh")
    (0.5, 0.5, 1.0, 0.0)
    """
    _check_form(approximate)
    if approximate == "none":
        return _share(x) + x * math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
    steep = sigmoid_derivative(_twice(x))
    return sigmoid(_twice(x)) + (2.0 * x * steep * _SLOPE * (1.0 + 3.0 * _CUBE * x * x) if steep else 0.0)


def gelu_backward(
    x: Vector, g: Vector | Matrix, approximate: Approximate = "none", layout: Layout = "numerator"
) -> list[list[float]]:
    """The gradient of a loss by x, from its gradient g by the GELU of each element: gᵢ·f'(xᵢ).

    Shapes: n, and g as a row, a column or flat → 1×n, or n×1 in denominator layout. Raises `ShapeError` when lengths
    differ, `ArgumentError` for another form or layout. Source: HG.

    >>> gelu_backward([0.0, 40.0], [[2.0, 3.0]])
    [[1.0, 3.0]]
    """
    g = items_of(g)
    vectors(x=x, g=g)
    return gradient_of((b * gelu_derivative(a, approximate) for a, b in zip(x, g)), layout)
