"""Section B of the ledger: element-wise operators and functions. Their Jacobians are diagonal, or chains with such."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

from scalargrad.calculus.chain import Stage
from scalargrad.calculus.elementary import divide
from scalargrad.calculus.shapes import Layout, Matrix, Vector, arrange, diagonal, matrices, need, vectors
from scalargrad.errors import ArgumentError

Operator = Literal["+", "-", "*", "/", "max", ">", ">=", "=="]
Stages = Stage | Sequence[Stage]  # one function for all components, or one for each


def elementwise_jacobians(operator: Operator, w: Vector, x: Vector) -> tuple[list[list[float]], list[list[float]]]:
    """The Jacobians of w○x by w and by x, for ○ one of + - * / max > >= ==, element by element: both are diagonal.

    By w: I, I, diag(x), diag(1/x), diag(1[w > x]). By x: I, -I, diag(w), diag(-w/x²), diag(1[x > w]). At a tie of max,
    which has no derivative, each gets 1/2. A comparison is 0 or 1, with the derivative 0. Shapes: n and n → n×n, twice.
    Raises `ShapeError` when the lengths differ, `ArgumentError` for another operator. Source: PH 3.2.

    >>> elementwise_jacobians("/", [3.0], [2.0])
    ([[0.5]], [[-0.75]])
    """
    _known(operator)
    vectors(w=w, x=x)
    pairs = [_partials(operator, a, b) for a, b in zip(w, x)]
    return diagonal(p for p, _ in pairs), diagonal(q for _, q in pairs)


def elementwise(operator: Operator, w: Vector, x: Vector) -> list[float]:
    """w○x element by element, for ○ one of + - * / max > >= ==; a comparison is 0 or 1.

    Shapes: n and n → n. Raises `ShapeError` when the lengths differ, `ArgumentError` for another operator.
    Source: PH 3.2.

    >>> elementwise(">", [1.0, 3.0], [2.0, 2.0])
    [0.0, 1.0]
    """
    _known(operator)
    vectors(w=w, x=x)
    return [_combined(operator, a, b) for a, b in zip(w, x)]


def _known(operator: Operator) -> None:
    if operator not in get_args(Operator):
        raise ArgumentError(f"the operator must be one of {' '.join(get_args(Operator))}, got {operator!r}")


def _combined(operator: Operator, w: float, x: float) -> float:
    """w○x."""
    if operator in ("+", "-"):
        return w + x if operator == "+" else w - x
    if operator in ("*", "/"):
        return w * x if operator == "*" else divide(w, x)
    if operator == "max":
        return math.nan if w != w or x != x else max(w, x)
    return float({">": w > x, ">=": w >= x, "==": w == x}[operator])


def _partials(operator: Operator, w: float, x: float) -> tuple[float, float]:
    """The partials of w○x."""
    if operator == "+":
        return 1.0, 1.0
    if operator == "-":
        return 1.0, -1.0
    if operator == "*":
        return x, w
    if operator == "/":
        return divide(1.0, x), -divide(divide(w, x), x)
    if operator == "max":
        return (0.5, 0.5) if w == x else (float(w > x), float(x > w))
    return 0.0, 0.0


def composed_elementwise_jacobians(
    operator: Operator, f: Stages, g: Stages, w: Vector, x: Vector
) -> tuple[list[list[float]], list[list[float]]]:
    """The Jacobians of fᵢ(wᵢ)○gᵢ(xᵢ): the ones of ○ at f(w), g(x), times diag(fᵢ'(wᵢ)) and diag(gᵢ'(xᵢ)).

    f and g are each a function and its derivative, or a list of n of them. Shapes: n and n → n×n, twice. Raises
    `ShapeError` when lengths differ, `ArgumentError` for another operator. Source: PH 3.2.

    >>> square, double = (lambda x: x * x, lambda x: 2 * x), (lambda x: 2 * x, lambda x: 2.0)
    >>> composed_elementwise_jacobians("*", square, double, [3.0], [5.0])
    ([[60.0]], [[18.0]])
    """
    vectors(w=w, x=x)
    fs, gs = _each(f, len(w)), _each(g, len(w))
    jacobian_f = diagonal(df(a) for (_, df), a in zip(fs, w))
    jacobian_g = diagonal(dg(b) for (_, dg), b in zip(gs, x))
    return composed_jacobians(operator, [h(a) for (h, _), a in zip(fs, w)], [h(b) for (h, _), b in zip(gs, x)],
                              jacobian_f, jacobian_g)  # fmt: skip


def _each(stages: Stages, n: int) -> list[Stage]:
    """A stage for each of n components."""
    found: list[Any] = list(stages)
    if found and callable(found[0]):
        f, df = found
        return [(f, df)] * n
    need(len(found) == n, "there must be one function per component", functions=found)
    return found


def composed_jacobians(
    operator: Operator, f: Vector, g: Vector, jacobian_f: Matrix, jacobian_g: Matrix
) -> tuple[list[list[float]], list[list[float]]]:
    """The Jacobians of f(w)○g(x) for any maps f and g: J_w = diag(∂₁○)·J_f and J_x = diag(∂₂○)·J_g, in general full.

    Shapes: the values f(w) and g(x) of n, and the Jacobians n×l of f and n×m of g → n×l and n×m. Raises `ShapeError`
    when they do not fit, `ArgumentError` for another operator. Source: PH 3.2.

    >>> composed_jacobians("*", [2.0], [5.0], [[1.0, 3.0]], [[7.0]])
    ([[5.0, 15.0]], [[14.0]])
    """
    _known(operator)
    vectors(f=f, g=g)
    matrices(jacobian_f=jacobian_f, jacobian_g=jacobian_g)
    need(len(jacobian_f) == len(jacobian_g) == len(f), "each Jacobian needs one row per component", f=f, g=g,
         jacobian_f=jacobian_f, jacobian_g=jacobian_g)  # fmt: skip
    pairs = [_partials(operator, a, b) for a, b in zip(f, g)]
    by_w = [[p * item if item else 0.0 for item in row] for (p, _), row in zip(pairs, jacobian_f)]
    return by_w, [[q * item if item else 0.0 for item in row] for (_, q), row in zip(pairs, jacobian_g)]


def scalar_expansion_jacobians(
    operator: Operator, x: Vector, z: float, layout: Layout = "numerator"
) -> tuple[list[list[float]], list[list[float]]]:
    """The Jacobian of y = x○z by the vector x, and by the scalar z, which is combined with each component.

    By x: I, I, zI, I/z. By z the column **1**, -**1**, x, -x/z². Shapes: n and a number → n×n, and n×1, or 1×n in
    denominator layout. Raises `ShapeError` unless x is flat, `ArgumentError` for an unknown operator or layout.
    Source: PH 3.3.

    >>> scalar_expansion_jacobians("*", [3.0, 4.0], 2.0)
    ([[2.0, 0.0], [0.0, 2.0]], [[3.0], [4.0]])
    """
    _known(operator)
    vectors(x=x)
    pairs = [_partials(operator, item, z) for item in x]
    return diagonal(p for p, _ in pairs), arrange([[q] for _, q in pairs], layout, 1)


def chain_diagonals(outer: Vector, inner_diagonal: Vector) -> list[list[float]]:
    """The vector chain rule where both Jacobians are diagonal: diag(f'ᵢ·g'ᵢ).

    Shapes: the diagonals, n and n, → n×n. Raises `ShapeError` when they differ. Source: PH 3.5.

    >>> chain_diagonals([2.0, 3.0], [5.0, 7.0])
    [[10.0, 0.0], [0.0, 21.0]]
    """
    vectors(outer=outer, inner_diagonal=inner_diagonal)
    return diagonal(p * q for p, q in zip(outer, inner_diagonal))


def elementwise_function_jacobian(derivative: Callable[[float], float], x: Vector) -> list[list[float]]:
    """The Jacobian of a function of one number taken element by element: diag(f'(x)), in both layouts.

    `derivative` is f'; `elementary` has the derivatives of the usual functions. Shapes: n → n×n. Raises
    `ShapeError` unless x is flat, and what f' raises. Source: SM B.26.

    >>> elementwise_function_jacobian(lambda x: 2.0 * x, [1.0, 3.0])
    [[2.0, 0.0], [0.0, 6.0]]
    """
    vectors(x=x)
    return diagonal(derivative(item) for item in x)
