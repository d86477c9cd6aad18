"""Section D of the ledger, networks: two layers with ReLU, one ReLU neuron, and the linear least-squares problem."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from scalargrad.calculus.elementary import relu
from scalargrad.calculus.layers import affine, linear, linear_backward
from scalargrad.calculus.losses import cross_entropy, cross_entropy_gradient, l2, l2_gradient, mse
from scalargrad.calculus.shapes import (
    Layout,
    Matrix,
    Vector,
    columns,
    gradient_of,
    inner,
    matrices,
    need,
    product,
    total,
    transpose,
    vectors,
)
from scalargrad.errors import ArgumentError, RangeError

Gradients = tuple[list[list[float]], list[float], list[list[float]], list[float]]


def two_layer_scores(x: Matrix, w1: Matrix, b1: Vector, w2: Matrix, b2: Vector) -> list[list[float]]:
    """h·W2 + b2 with h = relu(X·W1 + b1).

    Shapes: N×D, D×H, H, H×K and K → N×K. Raises `ShapeError` when they do not fit. Source: TL 2.

    >>> two_layer_scores([[1.0]], [[2.0, -2.0]], [0.0, 0.0], [[3.0], [5.0]], [1.0])
    [[7.0]]
    """
    h = [[relu(item) for item in row] for row in linear(x, w1, b1)]
    return linear(h, w2, b2)


def two_layer_loss(
    x: Matrix, classes: Sequence[int], w1: Matrix, b1: Vector, w2: Matrix, b2: Vector, regularisation: float = 0.0
) -> float:
    """The mean cross-entropy of `two_layer_scores`, and regularisation·(‖W1‖² + ‖W2‖²).

    Shapes: as in `two_layer_scores`, and N class indices. Raises `ShapeError` when they do not fit, `ArgumentError` for
    no row or an index outside 0 to K-1. Source: TL 2, 3.

    >>> two_layer_loss([[1.0]], [0], [[2.0]], [0.0], [[3.0]], [1.0], regularisation=0.5)
    6.5
    """
    return cross_entropy(two_layer_scores(x, w1, b1, w2, b2), classes) + l2(regularisation, w1, w2)


def two_layer_gradients(
    x: Matrix, classes: Sequence[int], w1: Matrix, b1: Vector, w2: Matrix, b2: Vector, regularisation: float = 0.0
) -> Gradients:
    """The gradients of `two_layer_loss` by W1, b1, W2 and b2.

    With h = relu(XW1 + b1), S = (probs - onehot)/N and T = (SW2ᵀ)⊙1[h > 0]: by W2 it is hᵀS, by b2 the column sums of
    S, by W1 XᵀT, by b1 the column sums of T; the regulariser adds 2·regularisation·W to each W. Shapes: as in
    `two_layer_loss`; each gradient has the shape of its parameter. Raises `ShapeError` when they do not fit,
    `ArgumentError` for an index outside 0 to K-1. Source: TL 2, 3.

    >>> two_layer_gradients([[1.0]], [0], [[2.0]], [0.0], [[0.0, 0.0]], [0.0, 0.0])
    ([[0.0]], [0.0], [[-1.0, 1.0]], [-0.5, 0.5])
    """
    h = [[relu(item) for item in row] for row in linear(x, w1, b1)]
    s = cross_entropy_gradient(linear(h, w2, b2), classes)
    by_h, by_w2, by_b2 = linear_backward(h, w2, s)
    t = [[g if item > 0.0 else 0.0 for g, item in zip(*rows)] for rows in zip(by_h, h)]
    _, by_w1, by_b1 = linear_backward(x, w1, t)
    by_b1, by_b2 = by_b1 or [0.0] * len(b1), by_b2 or [0.0] * len(b2)
    return _plus(by_w1, l2_gradient(regularisation, w1)), by_b1, _plus(by_w2, l2_gradient(regularisation, w2)), by_b2


def _plus(a: Matrix, b: Matrix) -> list[list[float]]:
    return [[p + q for p, q in zip(*rows)] for rows in zip(a, b)]


def neuron_cost(w: Vector, b: float, inputs: Matrix, targets: Vector) -> float:
    """The mean over N inputs of (relu(w·xᵢ + b) - yᵢ)².

    Shapes: n, a number, N×n and N → number. Raises `ShapeError` when they do not fit, `ArgumentError` for no
    input. Source: PH 5.

    >>> neuron_cost([1.0], 0.0, [[2.0], [-3.0]], [1.0, 1.0])
    1.0
    """
    _check_inputs(w, inputs, targets)
    return mse(targets, [relu(affine(w, x, b)) for x in inputs])


def neuron_cost_gradients(
    w: Vector, b: float, inputs: Matrix, targets: Vector, layout: Layout = "numerator"
) -> tuple[list[list[float]], float]:
    """The gradients of `neuron_cost` by w and by b: (2/N)Σeᵢxᵢᵀ and (2/N)Σeᵢ, over the inputs with w·xᵢ + b > 0.

    eᵢ = (w·xᵢ + b) - yᵢ is output minus target, see E4. Shapes: as in `neuron_cost`; → 1×n, or n×1 in denominator
    layout, and a number. Raises `ShapeError` when they do not fit, `ArgumentError` for no input, or for another layout.
    Source: PH 5.

    >>> neuron_cost_gradients([1.0], 0.0, [[2.0], [-3.0]], [1.0, 1.0])
    ([[2.0]], 1.0)
    """
    _check_inputs(w, inputs, targets)
    outputs = [affine(w, x, b) for x in inputs]
    errors = [z - y if z > 0.0 else 0.0 for z, y in zip(outputs, targets)]
    scale = 2.0 / len(inputs)
    by_w = (scale * inner(errors, column) for column in transpose(inputs))
    return gradient_of(by_w, layout), scale * total(errors)


def _check_inputs(w: Vector, inputs: Matrix, targets: Vector) -> None:
    vectors(w=w)
    vectors(targets=targets)
    matrices(inputs=inputs)
    if not inputs:
        raise ArgumentError("a mean needs at least one input, got none")
    fits = len(inputs) == len(targets) and len(inputs[0]) == len(w)
    need(fits, "there must be one target per input, and one weight per column", w=w, inputs=inputs,
         targets=targets)  # fmt: skip


def least_squares_cost(w: Vector, inputs: Matrix, targets: Vector) -> float:
    """(1/N)‖Xw - y‖², the mean squared error of a linear unit without bias.

    Shapes: n, N×n and N → number. Raises `ShapeError` when they do not fit, `ArgumentError` for no input.
    Source: PH 5.

    >>> least_squares_cost([1.0], [[2.0], [4.0]], [1.0, 1.0])
    5.0
    """
    _check_inputs(w, inputs, targets)
    residuals = [affine(x, w, -y) for x, y in zip(inputs, targets)]
    return inner(residuals, residuals) / len(inputs)


def least_squares_solution(inputs: Matrix, targets: Vector) -> list[float]:
    """The w that minimises (1/N)‖Xw - y‖², where its gradient is 0: XᵀXw = Xᵀy, solved exactly and then rounded.

    Shapes: N×n and N → n. Raises `ShapeError` when they do not fit, `ArgumentError` for no input, for an infinity or a
    nan, or if the columns of X depend on one another, `RangeError` for a solution that overflows. Source: PH 5.

    >>> least_squares_solution([[1.0, 0.0], [0.0, 2.0]], [3.0, 4.0])
    [3.0, 2.0]
    """
    matrices(inputs=inputs)
    _check_inputs([0.0] * columns(inputs), inputs, targets)
    if not all(math.isfinite(item) for each in (*inputs, targets) for item in each):
        raise ArgumentError("the inputs and targets must be finite numbers, got an infinity or a nan")
    *by_column, wanted = [[Fraction(item) for item in each] for each in (*transpose(inputs), targets)]
    rows = [[sum((p * q for p, q in zip(a, b)), Fraction()) for b in (*by_column, wanted)] for a in by_column]
    for k in range(len(rows)):
        if rows[k][k] == 0:  # the squared length of what sets column k apart from those before it
            raise ArgumentError("the columns of the inputs depend on one another: there is no one solution")
        unit = [item / rows[k][k] for item in rows[k]]
        rows = [unit if r == k else [a - row[k] * b for a, b in zip(row, unit)] for r, row in enumerate(rows)]
    try:
        return [float(row[-1]) for row in rows]
    except OverflowError as error:
        raise RangeError("the solution is too large for a float") from error


def largest_eigenvalue(hessian: Matrix) -> float:
    """The largest eigenvalue of a symmetric matrix without negative ones, such as (2/N)XᵀX.

    The matrix is squared 60 times, which leaves nothing of smaller eigenvalues: over its trace, it is then the mean
    projection P onto the eigenvectors of the largest, and the eigenvalue is ΣH_ij·P_ij. Shapes: n×n → number. Raises
    `ShapeError` for a matrix that is not square, or empty. Source: PH 5.

    >>> largest_eigenvalue([[2.0, 0.0], [0.0, 5.0]])
    5.0
    """
    matrices(hessian=hessian)
    need(bool(hessian) and len(hessian) == len(hessian[0]), "the matrix must be square, and not empty", hessian=hessian)
    power, size = hessian, max(row[k] for k, row in enumerate(hessian))  # no entry is larger
    if not size:
        return 0.0
    for _ in range(60):
        power = [[item / size for item in row] for row in power]
        power = product(power, power)
        size = total(row[k] for k, row in enumerate(power))
    return total(inner(*rows) for rows in zip(hessian, power)) / size


def least_squares_gradient(
    w: Vector, inputs: Matrix, targets: Vector, layout: Layout = "numerator"
) -> list[list[float]]:
    """The gradient of (1/N)‖Xw - y‖², that is (2/N)Xᵀ(Xw - y).

    Shapes: n, N×n and N → 1×n, or n×1 in denominator layout. Raises `ShapeError` when they do not fit,
    `ArgumentError` for no input, or for another layout. Source: PH 5.

    >>> least_squares_gradient([1.0], [[2.0], [4.0]], [1.0, 1.0])
    [[14.0]]
    """
    _check_inputs(w, inputs, targets)
    residuals = [affine(x, w, -y) for x, y in zip(inputs, targets)]
    return gradient_of((2.0 / len(inputs) * inner(residuals, column) for column in transpose(inputs)), layout)


def least_squares_hessian(inputs: Matrix) -> list[list[float]]:
    """The Hessian of (1/N)‖Xw - y‖², that is (2/N)XᵀX. Its trace is no less than its largest eigenvalue.

    Shapes: N×n → n×n. Raises `ShapeError` when the rows differ, `ArgumentError` for no input. Source: PH 5.

    >>> least_squares_hessian([[2.0], [4.0]])
    [[20.0]]
    """
    matrices(inputs=inputs)
    if not inputs:
        raise ArgumentError("a mean needs at least one input, got none")
    by_column = transpose(inputs)
    return [[2.0 / len(inputs) * inner(a, b) for b in by_column] for a in by_column]
