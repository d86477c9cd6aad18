"""Section A of the ledger: the chain rule, the sigmoid, the gradient, the total derivative."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from scalargrad.calculus.elementary import divide, exponential, sigmoid_derivative
from scalargrad.calculus.shapes import Layout, Vector, gradient_of, inner, need, total, vectors
from scalargrad.errors import ArgumentError

Stage = tuple[Callable[[float], float], Callable[[float], float]]  # a function and its derivative


def chain_rule(stages: Sequence[Stage], x: float) -> float:
    """The derivative of a composition at x: dy/dx = dy/du · du/dx, for any number of stages.

    A stage is a function and its derivative; the innermost stage comes first. Each derivative is taken at the result of
    the stages before it. Without a stage the result is 1. Shapes: number → number. Raises what a stage raises.
    Source: CH 2.

    >>> square, sine = (lambda x: x * x, lambda x: 2.0 * x), (math.sin, math.cos)
    >>> chain_rule([sine, square], 0.5) == 2.0 * math.sin(0.5) * math.cos(0.5)
    True
    """
    derivative = 1.0
    for f, df in stages:
        derivative = df(x) * derivative
        x = f(x)
    return derivative


def sigmoid_unit_derivative(x: float, w: float, b: float) -> float:
    """dy/dx of y = s(wx + b): y·(1 - y)·w, where 1 - y is s(-(wx + b)).

    Shapes: numbers. Raises nothing. Source: CH 2.

    >>> sigmoid_unit_derivative(0.0, 2.0, 0.0)
    0.5
    """
    return sigmoid_derivative(w * x + b) * w


def sigmoid_nodes(x: float) -> tuple[list[float], list[float]]:
    """The sigmoid as four nodes f = -x, g = exp(f), u = 1 + g, v = 1/u: their values and their local derivatives.

    The derivatives are -1, exp(f), 1 and -1/u²; `sigmoid_by_nodes` is their product. For abs(x) <= 300: beyond, the
    nodes over- and underflow, see E7. Shapes: number → two lists of four. Raises nothing. Source: CH 2.

    >>> sigmoid_nodes(0.0)
    ([-0.0, 1.0, 2.0, 0.5], [-1.0, 1.0, 1.0, -0.25])
    """
    f = -x
    g = exponential(f)
    u = 1.0 + g
    return [f, g, u, 1.0 / u], [-1.0, g, 1.0, -1.0 / (u * u)]


def sigmoid_by_nodes(x: float) -> float:
    """s'(x) as the product of the local derivatives of `sigmoid_nodes`.

    Shapes: number → number. Raises nothing; nan below -709, see E7. Source: CH 2.

    >>> sigmoid_by_nodes(0.0)
    0.25
    """
    return math.prod(sigmoid_nodes(x)[1])


def polynomial(terms: Sequence[tuple[float, Sequence[int]]], x: Vector) -> float:
    """c·x1^k1·...·xn^kn, summed over the terms, each a coefficient and its n exponents.

    Shapes: x of n → number. Raises `ShapeError` when a term has other than n exponents, `ArgumentError` for a
    negative one. Source: PH 2.

    >>> polynomial([(3.0, (2, 1))], [2.0, 5.0])
    60.0
    """
    _check_terms(terms, x)
    return total(c * math.prod(xi**k for xi, k in zip(x, exponents)) for c, exponents in terms)


def polynomial_gradient(
    terms: Sequence[tuple[float, Sequence[int]]], x: Vector, layout: Layout = "numerator"
) -> list[list[float]]:
    """The gradient of `polynomial`: the partial by xj has kj·xj^(kj-1) in the place of xj^kj.

    So ∇(3x²y) = [6xy, 3x²], ∇(2x + y⁸) = [2, 8y⁷] and ∇(xy) = [y, x]. Shapes: x of n → 1×n, or n×1 in denominator
    layout. Raises `ShapeError` when a term has other than n exponents, `ArgumentError` for a negative one, or for
    another layout. Source: PH 2, 3.

    >>> polynomial_gradient([(3.0, (2, 1))], [2.0, 5.0])
    [[60.0, 12.0]]
    >>> polynomial_gradient([(2.0, (1, 0)), (1.0, (0, 8))], [3.0, 1.0], "denominator")
    [[2.0], [8.0]]
    """
    _check_terms(terms, x)

    def partial(c: float, exponents: Sequence[int], j: int) -> float:
        factors = [k * xi ** (k - 1) if i == j else xi**k for i, (xi, k) in enumerate(zip(x, exponents))]
        return c * math.prod(factors)

    return gradient_of((total(partial(c, k, j) for c, k in terms if k[j] > 0) for j in range(len(x))), layout)


def _check_terms(terms: Sequence[tuple[float, Sequence[int]]], x: Vector) -> None:
    for _, exponents in terms:
        need(len(exponents) == len(x), "a term needs an exponent for each variable", exponents=exponents, x=x)
        if any(k < 0 or k != int(k) for k in exponents):
            raise ArgumentError(f"exponents must be whole numbers from 0 on, got {list(exponents)}")


def total_derivative(outer: Vector, inner_derivatives: Vector) -> float:
    """∂z/∂x = ∂z/∂u ∂u/∂x + ∂z/∂v ∂v/∂x + ..., over every path from x to z.

    Shapes: k partials of z by its arguments, k partials of these by x → number; 0 if k is 0. Raises `ShapeError`
    when the lengths differ. Source: CH 3.2.

    >>> total_derivative([2.0, 3.0], [10.0, 100.0])
    320.0
    """
    vectors(outer=outer, inner_derivatives=inner_derivatives)
    return inner(outer, inner_derivatives)


def difference_quotient(f: Callable[[float], float], x: float, h: float) -> float:
    """(f(x+h) - f(x)) / h, which tends to f'(x) as h tends to 0: for a smooth f the error is h/2·f''.

    The quotient divides by the difference of the two floats x + h and x, so rounding x + h does no harm. Shapes:
    numbers. Raises `ArgumentError` when x + h is x, and what f raises. Source: CH 1.

    >>> difference_quotient(lambda x: x * x, 3.0, 0.5)
    6.5
    """
    moved = x + h
    if moved == x:
        raise ArgumentError(f"x + h is x for the step {h!r} at {x!r}: use a larger step")
    return divide(f(moved) - f(x), moved - x)
