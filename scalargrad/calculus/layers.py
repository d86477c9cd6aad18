"""Section C of the ledger: the linear layer, ReLU, the neuron, and the softmax."""

from __future__ import annotations

import math

from scalargrad.calculus.elementary import exp_difference, exponential, relu, relu_derivative
from scalargrad.calculus.shapes import (
    Layout,
    Matrix,
    Vector,
    column_sums,
    columns,
    diagonal,
    gradient_of,
    inner,
    items_of,
    matrices,
    need,
    product,
    total,
    transpose,
    vectors,
)
from scalargrad.errors import ArgumentError

FourIndex = list[list[list[list[float]]]]


def linear_jacobian_by_weights(x: Matrix, width: int) -> FourIndex:
    """∂Y/∂W of Y = XW, an array of four indices: ∂Y_ij/∂W_rs = X_ir·δ_js. See E1: it is not the matrix X.

    Shapes: X of m×n and the `width` k of W → [m][k][n][k]. Raises `ShapeError` when rows of X differ. Source: LB.

    >>> linear_jacobian_by_weights([[5.0, 7.0]], 2)
    [[[[5.0, 0.0], [7.0, 0.0]], [[0.0, 5.0], [0.0, 7.0]]]]
    """
    matrices(x=x)
    return [[[[item if s == j else 0.0 for s in range(width)] for item in row] for j in range(width)] for row in x]


def linear_jacobian_by_inputs(w: Matrix, rows: int) -> FourIndex:
    """∂Y/∂X of Y = XW, an array of four indices: ∂Y_ij/∂X_rs = δ_ir·W_sj.

    Shapes: W of n×k and the number m of rows of X → [m][k][m][n]. Raises `ShapeError` when the rows of W differ.
    Source: LB.

    >>> linear_jacobian_by_inputs([[5.0], [7.0]], 2)
    [[[[5.0, 7.0], [0.0, 0.0]]], [[[0.0, 0.0], [5.0, 7.0]]]]
    """
    matrices(w=w)
    by_output = transpose(w)
    return [[[[item if r == i else 0.0 for item in column] for r in range(rows)] for column in by_output]
            for i in range(rows)]  # fmt: skip


def matmul(x: Matrix, w: Matrix) -> list[list[float]]:
    """Y = XW: Y_ij = Σ_p X_ip·W_pj, so entry (i, j) reads row i of X and column j of W, and nothing else.

    Shapes: m×n and n×k → m×k. Raises `ShapeError` when they do not fit. Source: LB.

    >>> matmul([[1.0, 2.0]], [[3.0], [4.0]])
    [[11.0]]
    """
    return product(x, w)


def linear(x: Matrix, w: Matrix, b: Vector) -> list[list[float]]:
    """XW + b, the row b added to each row. Source: LB, TL 1.

    Shapes: m×n, n×k and k → m×k. Raises `ShapeError` when they do not fit.

    >>> linear([[1.0, 2.0]], [[3.0], [4.0]], [5.0])
    [[16.0]]
    """
    matrices(x=x, w=w)
    vectors(b=b)
    fits = (not x or len(x[0]) == len(w)) and (not w or len(w[0]) == len(b))
    need(fits, "x, w and b must be of shapes (m, n), (n, k) and (k,)", x=x, w=w, b=b)
    return [[affine(column, row, offset) for column, offset in zip(transpose(w, len(b)), b)] for row in x]


def linear_backward(x: Matrix, w: Matrix, g: Matrix) -> tuple[list[list[float]], list[list[float]], list[float]]:
    """The gradients of a loss by X, W and b of Y = XW + b, from its gradient G by Y: GWᵀ, XᵀG, column sums of G.

    Shapes: X of m×n, W of n×k and G of m×k → m×n, n×k and k. Raises `ShapeError` when they do not fit. Source: LB.

    >>> linear_backward([[1.0, 2.0]], [[3.0], [4.0]], [[10.0]])
    ([[30.0, 40.0]], [[10.0], [20.0]], [10.0])
    """
    matrices(x=x, w=w, g=g)
    fits = len(x) == len(g) and (not x or len(x[0]) == len(w)) and (not w or not g or len(w[0]) == len(g[0]))
    need(fits, "x, w and g must be of shapes (m, n), (n, k) and (m, k)", x=x, w=w, g=g)
    width = columns(w, g)
    by_x = product(g, transpose(w, width), len(w))
    return by_x, product(transpose(x, len(w)), g, width), column_sums(g, width)


def relu_jacobian(x: Vector) -> list[list[float]]:
    """The Jacobian of ReLU taken element by element: diag(1[x > 0]), with 0 at 0.

    Shapes: n → n×n. Raises `ShapeError` unless x is flat. Source: LB, PH 4.

    >>> relu_jacobian([2.0, 0.0])
    [[1.0, 0.0], [0.0, 0.0]]
    """
    vectors(x=x)
    return diagonal(relu_derivative(item) for item in x)


def dot(w: Vector, x: Vector) -> float:
    """w·x = sum(w⊙x). Shapes: n and n → number. Raises `ShapeError` when the lengths differ. Source: PH 4.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    vectors(w=w, x=x)
    return inner(w, x)


def dot_gradients(w: Vector, x: Vector, layout: Layout = "numerator") -> tuple[list[list[float]], list[list[float]]]:
    """The gradients of w·x by w and by x: xᵀ and wᵀ, by way of u = w⊙x and y = Σu: **1**ᵀdiag(x), **1**ᵀdiag(w).

    Shapes: n and n → 1×n, or n×1 in denominator layout, twice. Raises `ShapeError` when the lengths differ,
    `ArgumentError` for another layout. Source: PH 4.

    >>> dot_gradients([1.0, 2.0], [3.0, 4.0])
    ([[3.0, 4.0]], [[1.0, 2.0]])
    """
    vectors(w=w, x=x)
    return gradient_of(x, layout), gradient_of(w, layout)


def affine_gradients(
    w: Vector, x: Vector, layout: Layout = "numerator"
) -> tuple[list[list[float]], list[list[float]], float]:
    """The gradients of z = w·x + b by w, x and b: xᵀ, wᵀ and 1.

    Shapes: n and n → 1×n, or n×1 in denominator layout, twice, and a number. Raises `ShapeError` when the lengths
    differ, `ArgumentError` for another layout. Source: PH 4.

    >>> affine_gradients([1.0, 2.0], [3.0, 4.0])
    ([[3.0, 4.0]], [[1.0, 2.0]], 1.0)
    """
    by_w, by_x = dot_gradients(w, x, layout)
    return by_w, by_x, 1.0


def affine(w: Vector, x: Vector, b: float) -> float:
    """w·x + b, correctly rounded except for the products. Raises `ShapeError` when the lengths differ. Source: PH 4.

    >>> affine([1.0, 2.0], [3.0, 4.0], 5.0)
    16.0
    """
    vectors(w=w, x=x)
    return total([*(p * q for p, q in zip(w, x)), b])


def neuron(w: Vector, x: Vector, b: float) -> float:
    """relu(w·x + b), the activation of a unit. Raises `ShapeError` when the lengths differ. Source: PH 4.

    >>> neuron([1.0], [3.0], -5.0), neuron([1.0], [3.0], 5.0)
    (0.0, 8.0)
    """
    return relu(affine(w, x, b))


def neuron_gradients(
    w: Vector, x: Vector, b: float, layout: Layout = "numerator"
) -> tuple[list[list[float]], list[list[float]], float]:
    """The gradients of relu(w·x + b) by w, x and b: the gradients of w·x + b if that is above 0, else zeros.

    Shapes: n, n and a number → 1×n, or n×1 in denominator layout, twice, and a number. Raises `ShapeError` when the
    lengths differ, `ArgumentError` for another layout. Source: PH 4.

    >>> neuron_gradients([1.0], [3.0], -5.0), neuron_gradients([1.0], [3.0], 5.0)
    (([[0.0]], [[0.0]], 0.0), ([[3.0]], [[1.0]], 1.0))
    """
    if affine(w, x, b) > 0.0:
        return affine_gradients(w, x, layout)
    zeros = [0.0] * len(w)
    return gradient_of(zeros, layout), gradient_of(zeros, layout), 0.0


def softmax(z: Vector) -> list[float]:
    """pᵢ = exp(zᵢ) / Σexp(zⱼ), after subtracting the largest z: the same p, without overflow. Source: LB, SM A.1.

    Shapes: n → n. Raises `ShapeError` unless z is flat, `ArgumentError` for an empty z.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    vectors(z=z)
    if not z:
        raise ArgumentError("the softmax needs at least one number, got none")
    largest = max(z)
    weights = [exp_difference(item, largest) for item in z]
    whole = total(weights)
    return [weight / whole for weight in weights]


def _others(p: Vector, i: int) -> float:
    """1 - pᵢ as the sum of the others, which keeps its digits where pᵢ is close to 1."""
    return total(item for k, item in enumerate(p) if k != i)


def softmax_jacobian(z: Vector) -> list[list[float]]:
    """∂pᵢ/∂zⱼ = pᵢ·(δᵢⱼ - pⱼ), that is diag(p) - ppᵀ: symmetric, so the same in both layouts; rows sum to 0.

    Shapes: n → n×n. Raises `ShapeError` unless z is flat, `ArgumentError` for an empty z. Source: LB, SM A.1.

    >>> softmax_jacobian([0.0, 0.0])
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    p = softmax(z)
    return [[a * _others(p, i) if i == j else -a * b for j, b in enumerate(p)] for i, a in enumerate(p)]


def softmax_factors(x: Vector) -> tuple[float, list[list[float]], list[float], list[list[float]]]:
    """The factors of softmax as y·z: y = 1/(**1**ᵀexp x), ∂y/∂x = -y²·exp(x)ᵀ, z = exp x, ∂z/∂x = diag(z).

    `scaled_vector_jacobian` makes the Jacobian of them (theorem B.15). Without the shift exp overflows from 710 on, see
    E7. Shapes: n → a number, 1×n, n and n×n. Raises `ShapeError` unless x is flat, `ArgumentError` for an empty x.
    Source: SM A.1, B.15.

    >>> softmax_factors([0.0, 0.0])[:2]
    (0.5, [[-0.25, -0.25]])
    """
    vectors(x=x)
    if not x:
        raise ArgumentError("the softmax needs at least one number, got none")
    z = [exponential(item) for item in x]
    y = 1.0 / total(z)
    return y, [[-y * y * item for item in z]], z, diagonal(z)


def softmax_backward(z: Vector, g: Vector | Matrix, layout: Layout = "numerator") -> list[list[float]]:
    """The gradient of a loss by z, from its gradient g by p = softmax(z): p⊙(g - g·p), without the matrix.

    Shapes: n, and g as a row, a column or flat → 1×n, or n×1 in denominator layout. Raises `ShapeError` when lengths
    differ, `ArgumentError` when they are 0, or for another layout. Source: SM A.2.

    >>> softmax_backward([0.0, 0.0], [[1.0, 3.0]])
    [[-0.5, 0.5]]
    """
    g = items_of(g)
    vectors(z=z, g=g)
    p = softmax(z)
    along = inner(g, p)
    return gradient_of((a * (b - along) for a, b in zip(p, g)), layout)


def logsumexp(z: Vector) -> float:
    """log Σexp(zᵢ), without overflow.

    Shapes: n → number. Raises `ShapeError` unless z is flat, `ArgumentError` for an empty z. Source: none of the five.

    >>> logsumexp([1000.0]), logsumexp([0.0, 0.0]) == math.log(2.0)
    (1000.0, True)
    """
    vectors(z=z)
    if not z:
        raise ArgumentError("the log-sum-exp needs at least one number, got none")
    return max(z) + _above_largest(z)


def _above_largest(z: Vector) -> float:
    """log-sum-exp minus the largest number: log(1 + Σ over the others of exp(zᵢ - largest))."""
    first = z.index(max(z))
    return math.log1p(total(exp_difference(item, z[first]) for k, item in enumerate(z) if k != first))


def logsumexp_gradient(z: Vector, layout: Layout = "numerator") -> list[list[float]]:
    """The gradient of log-sum-exp: the softmax.

    Shapes: n → 1×n, or n×1 in denominator layout. Raises `ShapeError` unless z is flat, `ArgumentError` for an empty z
    or another layout. Source: none of the five.

    >>> logsumexp_gradient([7.0])
    [[1.0]]
    """
    return gradient_of(softmax(z), layout)


def log_softmax(z: Vector) -> list[float]:
    """zᵢ - log Σexp(zⱼ), which keeps its digits where the softmax rounds to 1 or underflows to 0.

    Shapes: n → n. Raises `ShapeError` unless z is flat, `ArgumentError` for an empty z. Source: none of the five.

    >>> log_softmax([0.0, -1e4])
    [0.0, -10000.0]
    """
    vectors(z=z)
    if not z:
        raise ArgumentError("the softmax needs at least one number, got none")
    return [(item - max(z)) - _above_largest(z) for item in z]


def log_softmax_jacobian(z: Vector) -> list[list[float]]:
    """∂log pᵢ/∂zⱼ = δᵢⱼ - pⱼ; its rows sum to 0.

    Shapes: n → n×n. Raises `ShapeError` unless z is flat, `ArgumentError` for an empty z. Source: none of the five.

    >>> log_softmax_jacobian([0.0, 0.0])
    [[0.5, -0.5], [-0.5, 0.5]]
    """
    p = softmax(z)
    return [[_others(p, i) if i == j else -b for j, b in enumerate(p)] for i in range(len(p))]
