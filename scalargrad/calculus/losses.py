"""Section D of the ledger, losses: mean squared error, cross-entropy of a softmax, the L2 regulariser."""

from __future__ import annotations

from collections.abc import Sequence

from scalargrad.calculus.layers import log_softmax, softmax
from scalargrad.calculus.shapes import Layout, Matrix, Vector, gradient_of, matrices, need, total, vectors
from scalargrad.errors import ArgumentError


def mse(target: Vector, prediction: Vector) -> float:
    """The mean squared error (1/n)Σ(yᵢ - ŷᵢ)².

    Shapes: n and n → number. Raises `ShapeError` when the lengths differ, `ArgumentError` when they are 0.
    Source: LB.

    >>> mse([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    vectors(target=target, prediction=prediction)
    if not target:
        raise ArgumentError("a mean needs at least one number, got none")
    return total((y - guess) * (y - guess) for y, guess in zip(target, prediction)) / len(target)


def mse_gradient(target: Vector, prediction: Vector, layout: Layout = "numerator") -> list[list[float]]:
    """The gradient of `mse` by the prediction: -(2/n)(yᵢ - ŷᵢ).

    Shapes: n and n → 1×n, or n×1 in denominator layout. Raises `ShapeError` when the lengths differ, `ArgumentError`
    for another layout. Source: LB.

    >>> mse_gradient([1.0, 2.0], [1.0, 4.0])
    [[0.0, 2.0]]
    """
    vectors(target=target, prediction=prediction)
    return gradient_of((2.0 * (guess - y) / len(target) for y, guess in zip(target, prediction)), layout)


def _check_classes(scores: Matrix, classes: Sequence[int]) -> None:
    matrices(scores=scores)
    need(len(scores) == len(classes), "scores needs one row per class index", scores=scores, classes=classes)
    for row, c in zip(scores, classes):
        if not 0 <= c < len(row):
            raise ArgumentError(f"a class index must be from 0 to {len(row) - 1}, got {c}")


def cross_entropy(scores: Matrix, classes: Sequence[int]) -> float:
    """The mean over N rows of -log softmax(row)[class]. Source: TL 2.

    Shapes: N×K and N class indices → number. Raises `ShapeError` when they do not fit, `ArgumentError` for an
    index outside 0 to K-1, or for no row.

    >>> cross_entropy([[0.0, 0.0]], [1]) == -log_softmax([0.0, 0.0])[1]
    True
    """
    _check_classes(scores, classes)
    if not scores:
        raise ArgumentError("a mean needs at least one row, got none")
    return total(-log_softmax(row)[c] for row, c in zip(scores, classes)) / len(scores)


def cross_entropy_gradient(scores: Matrix, classes: Sequence[int]) -> list[list[float]]:
    """The gradient of `cross_entropy` by the scores: (probs - onehot)/N, each row summing to 0.

    At the class itself, p - 1 is computed as minus the sum of the others, which keeps its digits where p rounds to 1.
    Shapes: N×K and N → N×K. Raises `ShapeError` when they do not fit, `ArgumentError` for an index outside 0 to K-1.
    Source: TL 2.

    >>> cross_entropy_gradient([[0.0, 0.0], [5.0, 5.0]], [1, 0])
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    _check_classes(scores, classes)
    gradient = []
    for row, c in zip(scores, classes):
        p = softmax(row)
        rest = total(item for k, item in enumerate(p) if k != c)
        gradient.append([(-rest if k == c else item) / len(scores) for k, item in enumerate(p)])
    return gradient


def l2(regularisation: float, *parameters: Matrix) -> float:
    """regularisation·(‖W1‖² + ‖W2‖² + ...). Shapes: matrices → number; of none, 0. Source: TL 3.

    Raises `ShapeError` for anything but a matrix.

    >>> l2(0.5, [[1.0, 2.0]], [[3.0]])
    7.0
    """
    for w in parameters:
        matrices(w=w)
    return regularisation * total(item * item for w in parameters for row in w for item in row)


def l2_gradient(regularisation: float, w: Matrix) -> list[list[float]]:
    """The gradient of `l2` by one of its matrices: 2·regularisation·W.

    Shapes: m×n → m×n. Raises `ShapeError` for anything but a matrix. Source: TL 3.

    >>> l2_gradient(0.5, [[1.0, 2.0]])
    [[1.0, 2.0]]
    """
    matrices(w=w)
    return [[2.0 * regularisation * item for item in row] for row in w]
