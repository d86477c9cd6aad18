"""Section D of the ledger, networks: two layers with ReLU, one ReLU neuron, and the linear least-squares problem."""

from __future__ import annotations

from collections.abc import Sequence

from scalargrad.calculus.elementary import relu
from scalargrad.calculus.layers import affine, linear_backward
from scalargrad.calculus.losses import cross_entropy, cross_entropy_gradient, l2, l2_gradient
from scalargrad.calculus.shapes import Matrix, Vector, inner, matrices, need, total, transpose, vectors
from scalargrad.errors import ArgumentError

Gradients = tuple[list[list[float]], list[float], list[list[float]], list[float]]


def _layer(x: Matrix, w: Matrix, b: Vector) -> list[list[float]]:
    """XW + b."""
    matrices(x=x, w=w)
    vectors(b=b)
    fits = (not x or len(x[0]) == len(w)) and (not w or len(w[0]) == len(b))
    need(fits, "x, w and b must be of shapes (m, n), (n, k) and (k,)", x=x, w=w, b=b)
    by_output = transpose(w, len(b)) if w else [[]] * len(b)
    return [[affine(column, row, offset) for column, offset in zip(by_output, b)] for row in x]


def two_layer_scores(x: Matrix, w1: Matrix, b1: Vector, w2: Matrix, b2: Vector) -> list[list[float]]:
    """h·W2 + b2 with h = relu(X·W1 + b1).

    Shapes: N×D, D×H, H, H×K and K → N×K. Raises `ShapeError` when they do not fit. Source: TL 2.

    >>> two_layer_scores([[1.0]], [[2.0, -2.0]], [0.0, 0.0], [[3.0], [5.0]], [1.0])
    [[7.0]]
    """
    h = [[relu(item) for item in row] for row in _layer(x, w1, b1)]
    return _layer(h, w2, b2)


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
    `two_layer_loss`; each gradient has the shape of its parameter. Raises the same errors. Source: TL 2, 3.

    >>> two_layer_gradients([[1.0]], [0], [[2.0]], [0.0], [[0.0, 0.0]], [0.0, 0.0])
    ([[0.0]], [0.0], [[-1.0, 1.0]], [-0.5, 0.5])
    """
    h = [[relu(item) for item in row] for row in _layer(x, w1, b1)]
    s = cross_entropy_gradient(_layer(h, w2, b2), classes)
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
    return total((relu(affine(w, x, b)) - y) ** 2 for x, y in zip(inputs, targets)) / len(inputs)


def neuron_cost_gradients(w: Vector, b: float, inputs: Matrix, targets: Vector) -> tuple[list[float], float]:
    """The gradients of `neuron_cost` by w and by b: (2/N)Σeᵢxᵢᵀ and (2/N)Σeᵢ, over the inputs with w·xᵢ + b > 0.

    eᵢ = (w·xᵢ + b) - yᵢ is output minus target, see E4. Shapes: as in `neuron_cost`; → n and a number. Raises the
    same errors. Source: PH 5.

    >>> neuron_cost_gradients([1.0], 0.0, [[2.0], [-3.0]], [1.0, 1.0])
    ([2.0], 1.0)
    """
    _check_inputs(w, inputs, targets)
    outputs = [affine(w, x, b) for x in inputs]
    errors = [z - y if z > 0.0 else 0.0 for z, y in zip(outputs, targets)]
    scale = 2.0 / len(inputs)
    return [scale * inner(errors, column) for column in transpose(inputs)], scale * total(errors)


def _check_inputs(w: Vector, inputs: Matrix, targets: Vector) -> None:
    vectors(w=w)
    vectors(targets=targets)
    matrices(inputs=inputs)
    if not inputs:
        raise ArgumentError("a mean needs at least one input, got none")
    fits = len(inputs) == len(targets) and len(inputs[0]) == len(w)
    need(fits, "there must be one target per input, and one weight per column", w=w, inputs=inputs,
         targets=targets)  # fmt: skip


def least_squares_gradient(w: Vector, inputs: Matrix, targets: Vector) -> list[float]:
    """The gradient of (1/N)‖Xw - y‖², that is (2/N)Xᵀ(Xw - y).

    Shapes: n, N×n and N → n. Raises `ShapeError` when they do not fit, `ArgumentError` for no input. Source: PH 5.

    >>> least_squares_gradient([1.0], [[2.0], [4.0]], [1.0, 1.0])
    [14.0]
    """
    _check_inputs(w, inputs, targets)
    residuals = [affine(x, w, -y) for x, y in zip(inputs, targets)]
    return [2.0 / len(inputs) * inner(residuals, column) for column in transpose(inputs)]


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
