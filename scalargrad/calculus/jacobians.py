"""Section B of the ledger: Jacobians. Outputs are rows, or columns with ``layout="denominator"``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from scalargrad.calculus.chain import Stage
from scalargrad.calculus.elementary import divide, exponential
from scalargrad.calculus.shapes import (
    Layout,
    Matrix,
    Vector,
    arrange,
    column_sums,
    diagonal,
    matrices,
    need,
    product,
    shape,
    total,
    vectors,
)
from scalargrad.errors import ArgumentError, ShapeError

Operator = Literal["+", "-", "*", "/", "max"]


def stack_gradients(gradients: Matrix, layout: Layout = "numerator") -> list[list[float]]:
    """The Jacobian of m functions of n variables: their gradients as rows, or as columns in denominator layout.

    Shapes: m gradients of n → m×n, or n×m. Raises `ShapeError` when the gradients differ in length, `ArgumentError`
    for another layout. Source: PH 3.1, CH 3.1.

    >>> stack_gradients([[60.0, 12.0], [2.0, 8.0]], layout="denominator")
    [[60.0, 2.0], [12.0, 8.0]]
    """
    matrices(gradients=gradients)
    return arrange(gradients, layout)


def identity_jacobian(n: int) -> list[list[float]]:
    """The Jacobian of y = x: the identity matrix.

    Shapes: n×n. Raises `ArgumentError` for a negative n. Source: PH 3.1.

    >>> identity_jacobian(2)
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if n < 0:
        raise ArgumentError(f"a vector has 0 or more components, got {n}")
    return diagonal([1.0] * n)


def linear_approximation(value: Vector, jacobian: Matrix, step: Vector) -> list[float]:
    """f(x) + J·Δ, the best linear approximation of f(x + Δ). Its error is O(‖Δ‖²).

    Shapes: m, m×n and n → m. Raises `ShapeError` when they do not fit. Source: CH 3.1.

    >>> linear_approximation([9.0], [[6.0]], [0.5])  # of x² at 3; the square of 3.5 is 12.25
    [12.0]
    """
    vectors(value=value)
    vectors(step=step)
    matrices(jacobian=jacobian)
    fits = len(jacobian) == len(value) and (not jacobian or len(jacobian[0]) == len(step))
    need(fits, "the Jacobian needs one row per value and one column per step", value=value,
         jacobian=jacobian, step=step)  # fmt: skip
    return [total([y, *(a * d for a, d in zip(row, step))]) for y, row in zip(value, jacobian)]


def elementwise_jacobians(operator: Operator, w: Vector, x: Vector) -> tuple[list[list[float]], list[list[float]]]:
    """The Jacobians of w○x by w and by x, for ○ one of + - * / max, element by element: both are diagonal.

    By w: I, I, diag(x), diag(1/x), diag(1[w > x]). By x: I, -I, diag(w), diag(-w/x²), diag(1[x > w]). At a tie of max,
    which has no derivative, each gets 1/2. Shapes: n and n → n×n, twice. Raises `ShapeError` when the lengths
    differ, `ArgumentError` for another operator. Source: PH 3.2.

    >>> elementwise_jacobians("/", [3.0], [2.0])
    ([[0.5]], [[-0.75]])
    """
    vectors(w=w, x=x)
    pairs = [_partials(operator, a, b) for a, b in zip(w, x)]
    return diagonal(p for p, _ in pairs), diagonal(q for _, q in pairs)


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
    raise ArgumentError(f"the operator must be one of + - * / max, got {operator!r}")


def composed_elementwise_jacobians(
    operator: Operator, f: Stage, g: Stage, w: Vector, x: Vector
) -> tuple[list[list[float]], list[list[float]]]:
    """The Jacobians of f(w)○g(x), element by element: the ones of ○ at f(w), g(x), times diag(f'(w)) and diag(g'(x)).

    f and g are each a function and its derivative. Shapes: n and n → n×n, twice. Raises `ShapeError` when lengths
    differ, `ArgumentError` for another operator. Source: PH 3.2.

    >>> square, double = (lambda x: x * x, lambda x: 2 * x), (lambda x: 2 * x, lambda x: 2.0)
    >>> composed_elementwise_jacobians("*", square, double, [3.0], [5.0])
    ([[60.0]], [[18.0]])
    """
    vectors(w=w, x=x)
    pairs = [_partials(operator, f[0](a), g[0](b)) for a, b in zip(w, x)]
    by_w = diagonal(p * f[1](a) for (p, _), a in zip(pairs, w))
    return by_w, diagonal(q * g[1](b) for (_, q), b in zip(pairs, x))


def sparse_jacobian(partials: Sequence[Mapping[int, float]], n: int) -> list[list[float]]:
    """The Jacobian of outputs that each read only some inputs: exactly 0.0 at (i, j) unless output i reads input j.

    `partials` has for each output the partials by the inputs that it reads. The Jacobian is diagonal only if each
    output i reads input i alone. Shapes: m mappings → m×n. Raises `ShapeError` for an
    input that is not one of the n. Source: PH 3.2.

    >>> sparse_jacobian([{0: 2.0}, {0: 1.0, 2: 5.0}], 3)
    [[2.0, 0.0, 0.0], [1.0, 0.0, 5.0]]
    """
    for row in partials:
        if any(not 0 <= j < n for j in row):
            raise ShapeError(f"inputs are numbered 0 to {n - 1}, got an output that reads {sorted(row)}")
    return [[row.get(j, 0.0) for j in range(n)] for row in partials]


def scalar_expansion_jacobians(operator: Operator, x: Vector, z: float) -> tuple[list[list[float]], list[float]]:
    """The Jacobian of y = x○z by the vector x, and by the scalar z, which is combined with each component.

    By x: I, I, zI, I/z. By z the column **1**, -**1**, x, -x/z², given flat. Shapes: n and a number → n×n and n.
    Raises `ArgumentError` for an operator other than + - * / max. Source: PH 3.3.

    >>> scalar_expansion_jacobians("*", [3.0, 4.0], 2.0)
    ([[2.0, 0.0], [0.0, 2.0]], [3.0, 4.0])
    """
    vectors(x=x)
    pairs = [_partials(operator, item, z) for item in x]
    return diagonal(p for p, _ in pairs), [q for _, q in pairs]


def sum_gradient(jacobian: Matrix, width: int | None = None) -> list[float]:
    """The gradient of y = Σfᵢ(x): the row Σ∂fᵢ/∂x, that is **1**ᵀJ. For y = Σx, where J is I, it is **1**ᵀ.

    Shapes: the m×n Jacobian of f → n; `width` is n if there are no rows. Raises `ShapeError` when the rows differ.
    Source: PH 3.4.

    >>> sum_gradient([[1.0, 2.0], [10.0, 20.0]]), sum_gradient(identity_jacobian(3))
    ([11.0, 22.0], [1.0, 1.0, 1.0])
    """
    matrices(jacobian=jacobian)
    return column_sums(jacobian, len(jacobian[0]) if jacobian else width or 0)


def scaled_sum_gradients(x: Vector, z: float) -> tuple[list[float], float]:
    """The gradient of y = Σ(xz) by x, [z ... z], and its derivative by z, Σx.

    Shapes: n and a number → n and a number. Raises `ShapeError` unless x is flat. Source: PH 3.4.

    >>> scaled_sum_gradients([1.0, 2.0], 5.0)
    ([5.0, 5.0], 3.0)
    """
    vectors(x=x)
    return [z] * len(x), total(x)


def log_sine_derivative(x: float) -> list[float]:
    """dy/dx of y = [ln x², sin 3x], the example of the vector chain rule: [2/x, 3cos 3x].

    Shapes: number → 2. Raises nothing. Source: PH 3.5.

    >>> log_sine_derivative(0.5)[0]
    4.0
    """
    return [divide(2.0, x), 3.0 * math.cos(3.0 * x)]


def log_sine_factors(x: float) -> tuple[list[list[float]], list[list[float]]]:
    """The two factors of `log_sine_derivative`: with g = [x², 3x] and f = [ln g1, sin g2], J_f at g, and g'.

    Shapes: number → 2×2 and 2×1. Raises nothing. Source: PH 3.5.

    >>> log_sine_factors(0.5)[1]
    [[1.0], [3.0]]
    """
    return diagonal([divide(1.0, x * x), math.cos(3.0 * x)]), [[2.0 * x], [3.0]]


def chain_jacobians(*jacobians: Matrix, layout: Layout = "numerator") -> list[list[float]]:
    """The vector chain rule: J of f∘g∘... is J_f·J_g·..., (m×k)(k×n) = m×n; the outermost function comes first.

    In denominator layout, arguments and result are transposed, and the order of the product is reversed: ...·J_g·J_f.
    Raises `ShapeError` when two neighbours do not fit, `ArgumentError` for no Jacobian at all or another layout.
    Source: PH 3.5, CH 3.2.

    >>> chain_jacobians([[1.0, 2.0]], [[3.0], [4.0]])
    [[11.0]]
    >>> chain_jacobians([[1.0], [2.0]], [[3.0, 4.0]], layout="denominator")
    [[11.0]]
    """
    if not jacobians:
        raise ArgumentError("a chain needs at least one Jacobian")
    arrange([], layout)
    factors = jacobians if layout == "numerator" else jacobians[::-1]
    result = [list(row) for row in factors[0]]
    for factor in factors[1:]:
        result = product(result, factor)
    return result


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

    `derivative` is f'; `elementary` has the derivatives of the usual functions. Shapes: n → n×n. Raises what f' raises.
    Source: SM B.26.

    >>> elementwise_function_jacobian(lambda x: 2.0 * x, [1.0, 3.0])
    [[2.0, 0.0], [0.0, 6.0]]
    """
    vectors(x=x)
    return diagonal(derivative(item) for item in x)


def scaled_vector_jacobian(
    y: float, y_gradient: Vector, z: Vector, z_jacobian: Matrix, layout: Layout = "numerator"
) -> list[list[float]]:
    """The Jacobian of y(x)·z(x), a scalar times a vector function of x.

    In denominator layout y·∂z/∂x + (∂y/∂x)·zᵀ, of M×N for M variables and N components; in numerator layout its
    transpose. `z_jacobian` is in that layout too. Raises `ShapeError` when the shapes do not fit, `ArgumentError` for
    another layout. Source: SM B.15.

    >>> scaled_vector_jacobian(2.0, [1.0], [3.0, 4.0], [[10.0], [20.0]])
    [[23.0], [44.0]]
    """
    vectors(y_gradient=y_gradient)
    vectors(z=z)
    matrices(z_jacobian=z_jacobian)
    arrange([], layout)
    m, n = len(y_gradient), len(z)
    wanted = (n, m) if layout == "numerator" else (m, n)
    fits = shape(z_jacobian) == wanted if wanted[0] else not z_jacobian
    need(fits, f"z_jacobian must be of shape {wanted}", y_gradient=y_gradient, z=z, z_jacobian=z_jacobian)
    if layout == "numerator":
        return [[y * z_jacobian[i][j] + z[i] * y_gradient[j] for j in range(m)] for i in range(n)]
    return [[y * z_jacobian[j][i] + y_gradient[j] * z[i] for i in range(n)] for j in range(m)]


def exp_jacobian(x: Vector) -> list[list[float]]:
    """The Jacobian of exp taken element by element: diag(exp x), in both layouts.

    Shapes: n → n×n. Raises nothing; inf where exp overflows. Source: SM C.

    >>> exp_jacobian([0.0])
    [[1.0]]
    """
    vectors(x=x)
    return diagonal(exponential(item) for item in x)


def sum_exp_jacobian(x: Vector, layout: Layout = "numerator") -> list[list[float]]:
    """The Jacobian of **1**ᵀexp(x): exp(x)ᵀ in numerator layout, the column exp(x) in denominator layout.

    Shapes: n → 1×n, or n×1. Raises `ArgumentError` for another layout. Source: SM C.

    >>> sum_exp_jacobian([0.0, 0.0]), sum_exp_jacobian([0.0, 0.0], layout="denominator")
    ([[1.0, 1.0]], [[1.0], [1.0]])
    """
    vectors(x=x)
    return arrange([[exponential(item) for item in x]], layout)
