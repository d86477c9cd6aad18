"""Section H of the ledger, tokens and targets: GELU, embedding, dropout, label smoothing, the KL divergence."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scalargrad.calculus.elementary import Approximate, gelu_derivative
from scalargrad.calculus.layers import log_softmax, softmax
from scalargrad.calculus.losses import _check_classes
from scalargrad.calculus.shapes import (
    Layout,
    Matrix,
    Vector,
    gradient_of,
    inner,
    items_of,
    matrices,
    need,
    total,
    vectors,
)
from scalargrad.errors import ArgumentError


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


def _check_positions(tokens: Sequence[int], count: int) -> None:
    for token in tokens:
        if not 0 <= token < count:
            raise ArgumentError(f"a token must be from 0 to {count - 1}, got {token}")


def token_matrix(tokens: Sequence[int], count: int) -> list[list[float]]:
    """O_tk = 1 where k is token t, else 0: a row per token. Shapes: N whole numbers below K → N×K. Source: BD.

    Raises `ArgumentError` for a token outside 0 to K-1.

    >>> token_matrix([2, 0], 3)
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    _check_positions(tokens, count)
    return [[float(k == token) for k in range(count)] for token in tokens]


def embedding(table: Matrix, tokens: Sequence[int]) -> list[list[float]]:
    """Y = OE: the row of E for each token, with the O of `token_matrix`.

    Shapes: K×n, N whole numbers below K → N×n. Raises `ShapeError` when rows of E differ, `ArgumentError` for a token
    that has no row. Source: BD.

    >>> embedding([[1.0, 2.0], [3.0, 4.0]], [1, 1])
    [[3.0, 4.0], [3.0, 4.0]]
    """
    matrices(table=table)
    _check_positions(tokens, len(table))
    return [list(table[token]) for token in tokens]


def embedding_backward(tokens: Sequence[int], g: Matrix, count: int, width: int) -> list[list[float]]:
    """The gradient of a loss by E, from its gradient G by Y: OᵀG, so row k sums the rows of G whose token is k.

    Shapes: N whole numbers below K, N×n, the K and n of E → K×n. Raises `ShapeError` when they do not fit,
    `ArgumentError` for a token outside 0 to K-1. Source: BD.

    >>> embedding_backward([1, 1], [[3.0], [4.0]], 3, 1)
    [[0.0], [7.0], [0.0]]
    """
    matrices(g=g)
    fits = len(g) == len(tokens) and all(len(row) == width for row in g)
    need(fits, f"g needs a row of {width} per token", g=g, tokens=tokens)
    _check_positions(tokens, count)
    return [[total(row[j] for row, token in zip(g, tokens) if token == k) for j in range(width)] for k in range(count)]


def dropout(x: Vector, mask: Vector, p: float) -> list[float]:
    """m⊙x/(1 - p), for a mask m of 1 where an element is kept, and else 0.

    The map is linear and diagonal, so what is pulled back is the same of the gradient: m⊙g/(1 - p). Shapes: n, n, a
    number → n. Raises `ShapeError` when the lengths differ, `ArgumentError` for a p outside 0 ≤ p < 1. Source: SR.

    >>> dropout([1.0, 2.0], [0.0, 1.0], 0.5)
    [0.0, 4.0]
    """
    vectors(x=x, mask=mask)
    if not 0.0 <= p < 1.0:
        raise ArgumentError(f"p must be from 0 on, and less than 1, got {p}")
    return [m * item / (1.0 - p) for m, item in zip(mask, x)]


def smoothed_target(label: int, count: int, smoothing: float) -> list[float]:
    """q = (1 - α)·onehot + α/K: the target of a class, of which a share α is spread over all K classes.

    Shapes: a class, K, a number → K. Raises `ArgumentError` for a class outside 0 to K-1, or a share outside 0 to 1.
    Source: SZ.

    >>> smoothed_target(1, 2, 0.5)
    [0.25, 0.75]
    """
    _check_positions([label], count)
    if not 0.0 <= smoothing <= 1.0:
        raise ArgumentError(f"smoothing must be from 0 to 1, got {smoothing}")
    return [(1.0 - smoothing) * float(k == label) + smoothing / count for k in range(count)]


def smoothed_cross_entropy(scores: Matrix, classes: Sequence[int], smoothing: float) -> float:
    """The mean over N rows of -Σqₖ log pₖ, with p = softmax(row) and the q of `smoothed_target`.

    Shapes: N×K, N class indices, a number → number. Raises `ShapeError` when they do not fit, `ArgumentError` for an
    index outside 0 to K-1, for no row, or for a smoothing outside 0 to 1. Source: SZ.

    >>> smoothed_cross_entropy([[0.0, 0.0]], [1], 0.5) == math.log(2.0)
    True
    """
    _check_classes(scores, classes)
    if not scores:
        raise ArgumentError("a mean needs at least one row, got none")
    targets = [smoothed_target(label, len(row), smoothing) for row, label in zip(scores, classes)]
    return total(-inner(q, log_softmax(row)) for row, q in zip(scores, targets)) / len(scores)


def smoothed_cross_entropy_gradient(scores: Matrix, classes: Sequence[int], smoothing: float) -> list[list[float]]:
    """The gradient of `smoothed_cross_entropy` by the scores: (p - q)/N.

    Shapes: N×K, N class indices, a number → N×K. Raises `ShapeError` when they do not fit, `ArgumentError` for an index
    outside 0 to K-1, or for a smoothing outside 0 to 1. Source: SZ.

    >>> smoothed_cross_entropy_gradient([[0.0, 0.0]], [1], 0.5)
    [[0.25, -0.25]]
    """
    _check_classes(scores, classes)
    targets = [smoothed_target(label, len(row), smoothing) for row, label in zip(scores, classes)]
    return [[(p - t) / len(scores) for p, t in zip(softmax(row), q)] for row, q in zip(scores, targets)]


def kl_divergence(target: Vector, z: Vector) -> float:
    """Σtᵢ(log tᵢ - log pᵢ) with p = softmax(z), where a tᵢ of 0 adds 0. Source: KU.

    Shapes: n, n → number. Raises `ShapeError` when lengths differ, `ArgumentError` when they are 0, or for a negative
    target.

    >>> kl_divergence([0.5, 0.5], [3.0, 3.0]), kl_divergence([1.0, 0.0], [0.0, 0.0]) == math.log(2.0)
    (0.0, True)
    """
    vectors(target=target, z=z)
    if any(t < 0.0 for t in target):
        raise ArgumentError(f"a target must be 0 or more, got {min(target)}")
    return total(t * (math.log(t) - p) for t, p in zip(target, log_softmax(z)) if t)


def kl_divergence_gradient(target: Vector, z: Vector, layout: Layout = "numerator") -> list[list[float]]:
    """The gradient of `kl_divergence` by z: p·Σtⱼ - t, that is p - t for a target that sums to 1.

    Shapes: n, n → 1×n, or n×1 in denominator layout. Raises `ShapeError` when lengths differ, `ArgumentError` when they
    are 0, or for another layout. Source: KU.

    >>> kl_divergence_gradient([1.0, 0.0], [0.0, 0.0])
    [[-0.5, 0.5]]
    """
    vectors(target=target, z=z)
    whole = total(target)
    return gradient_of((p * whole - t for p, t in zip(softmax(z), target)), layout)
