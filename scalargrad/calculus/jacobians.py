"""Section B of the ledger: Jacobians. Outputs are rows, or columns with ``layout="denominator"``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from scalargrad.calculus.elementary import divide, elementary, exponential
from scalargrad.calculus.shapes import (
    Layout,
    Matrix,
    Vector,
    arrange,
    column_sums,
    diagonal,
    gradient_of,
    items_of,
    matrices,
    need,
    product,
    shape,
    total,
    vectors,
)
from scalargrad.errors import ArgumentError, ShapeError

_SINE, _COSINE = elementary("sin")


def stack_gradients(gradients: Sequence[Vector | Matrix], layout: Layout = "numerator") -> list[list[float]]:
    """The Jacobian of m functions of n variables: their gradients as rows, or as columns in denominator layout.

    Shapes: m gradients, each a row 1×n, a column n×1 or flat → m×n, or n×m. Raises `ShapeError` when the gradients
    differ in length, `ArgumentError` for another layout. Source: PH 3.1, CH 3.1.

    >>> stack_gradients([[60.0, 12.0], [2.0, 8.0]], layout="denominator")
    [[60.0, 2.0], [12.0, 8.0]]
    """
    rows = [items_of(gradient) for gradient in gradients]
    matrices(gradients=rows)
    return arrange(rows, layout)


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


def differential(jacobian: Matrix, step: Vector) -> list[float]:
    """df = J·dx, the linear part of f(x + dx) - f(x). What remains is O(‖dx‖²).

    Shapes: m×n and n → m. Raises `ShapeError` when they do not fit. Source: SM B.

    >>> differential([[6.0]], [0.5])
    [3.0]
    """
    return linear_approximation([0.0] * len(jacobian), jacobian, step)


def product_differential(y: float, dy: float, z: Vector, dz: Vector) -> list[float]:
    """d(y·z) = z·dy + y·dz, for a number y and a vector z. Source: SM B.15.

    Shapes: numbers, n and n → n. Raises `ShapeError` when the lengths differ.

    >>> product_differential(2.0, 0.5, [3.0], [0.25])
    [2.0]
    """
    vectors(z=z, dz=dz)
    return [total([a * dy, y * b]) for a, b in zip(z, dz)]


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


def sum_gradient(jacobian: Matrix, width: int | None = None, layout: Layout = "numerator") -> list[list[float]]:
    """The gradient of y = Σfᵢ(x): the row Σ∂fᵢ/∂x, that is **1**ᵀJ. For y = Σx, where J is I, it is **1**ᵀ.

    Shapes: the m×n Jacobian of f, outputs as rows → 1×n, or n×1 in denominator layout; `width` is n if there are no
    rows. Raises `ShapeError` when the rows differ, `ArgumentError` for another layout. Source: PH 3.4.

    >>> sum_gradient([[1.0, 2.0], [10.0, 20.0]]), sum_gradient(identity_jacobian(3))
    ([[11.0, 22.0]], [[1.0, 1.0, 1.0]])
    """
    matrices(jacobian=jacobian)
    return gradient_of(column_sums(jacobian, len(jacobian[0]) if jacobian else width or 0), layout)


def scaled_sum_gradients(x: Vector, z: float, layout: Layout = "numerator") -> tuple[list[list[float]], float]:
    """The gradient of y = Σ(xz) by x, [z ... z], and its derivative by z, Σx.

    Shapes: n and a number → 1×n, or n×1 in denominator layout, and a number. Raises `ShapeError` unless x is flat,
    `ArgumentError` for another layout. Source: PH 3.4.

    >>> scaled_sum_gradients([1.0, 2.0], 5.0)
    ([[5.0, 5.0]], 3.0)
    """
    vectors(x=x)
    return gradient_of([z] * len(x), layout), total(x)


def log_sine(x: float) -> list[float]:
    """[ln x², sin 3x], the example of the vector chain rule; ln x² is computed as 2·ln|x|, so that no square overflows.

    Shapes: number → 2; -inf and 0 for 0. Raises `ArgumentError` for infinities. Source: PH 3.5.

    >>> log_sine(1.0)[0]
    0.0
    """
    return [2.0 * math.log(abs(x)) if x else -math.inf, _SINE(3.0 * x)]


def log_sine_derivative(x: float, layout: Layout = "numerator") -> list[list[float]]:
    """dy/dx of y = [ln x², sin 3x], the example of the vector chain rule: [2/x, 3cos 3x].

    Shapes: number → 2×1, or 1×2 in denominator layout. Raises `ArgumentError` for infinities, or for another layout.
    Source: PH 3.5.

    >>> log_sine_derivative(0.5)[0]
    [4.0]
    """
    return arrange([[divide(2.0, x)], [3.0 * _COSINE(3.0 * x)]], layout)


def log_sine_factors(x: float) -> tuple[list[list[float]], list[list[float]]]:
    """The two factors of `log_sine_derivative`: with g = [x², 3x] and f = [ln g1, sin g2], J_f at g, and g'.

    Shapes: number → 2×2 and 2×1. Raises `ArgumentError` for infinities. Source: PH 3.5.

    >>> log_sine_factors(0.5)[1]
    [[1.0], [3.0]]
    """
    return diagonal([divide(1.0, x * x), _COSINE(3.0 * x)]), [[2.0 * x], [3.0]]


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


def scaled_vector_jacobian(
    y: float, y_gradient: Vector | Matrix, z: Vector, z_jacobian: Matrix, layout: Layout = "numerator"
) -> list[list[float]]:
    """The Jacobian of y(x)·z(x), a scalar times a vector function of x.

    In denominator layout y·∂z/∂x + (∂y/∂x)·zᵀ, of M×N for M variables and N components; in numerator layout its
    transpose. `z_jacobian` is in that layout too; `y_gradient` is a row, a column or flat. Raises `ShapeError` when the
    shapes do not fit, `ArgumentError` for another layout. Source: SM B.15.

    >>> scaled_vector_jacobian(2.0, [1.0], [3.0, 4.0], [[10.0], [20.0]])
    [[23.0], [44.0]]
    """
    y_gradient = items_of(y_gradient)
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

    Shapes: n → n×n. Raises `ShapeError` unless x is flat; inf where exp overflows. Source: SM B (1).

    >>> exp_jacobian([0.0])
    [[1.0]]
    """
    vectors(x=x)
    return diagonal(exponential(item) for item in x)


def sum_exp_jacobian(x: Vector, layout: Layout = "numerator") -> list[list[float]]:
    """The Jacobian of **1**ᵀexp(x): exp(x)ᵀ in numerator layout, the column exp(x) in denominator layout.

    Shapes: n → 1×n, or n×1. Raises `ShapeError` unless x is flat, `ArgumentError` for another layout. Source: SM B (2).

    >>> sum_exp_jacobian([0.0, 0.0]), sum_exp_jacobian([0.0, 0.0], layout="denominator")
    ([[1.0, 1.0]], [[1.0], [1.0]])
    """
    vectors(x=x)
    return arrange([[exponential(item) for item in x]], layout)
