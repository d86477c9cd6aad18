"""Section H of the ledger, attention: of one head, and of several with their projections."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scalargrad.calculus.layers import linear, linear_backward, softmax
from scalargrad.calculus.shapes import Matrix, Vector, columns, inner, matrices, need, product, shape, total, transpose
from scalargrad.errors import ArgumentError


def _check_tokens(q: Matrix, k: Matrix, v: Matrix, g: Matrix) -> None:
    matrices(q=q, k=k, v=v, g=g)
    fits = len(k) == len(v) and columns(q) == columns(k) and shape(g) == (len(q), columns(v))
    need(fits, "q, k, v and g must be of shapes (T, d), (S, d), (S, e) and (T, e)", q=q, k=k, v=v, g=g)


def _check_keys(q: Matrix, k: Matrix) -> None:
    matrices(q=q, k=k)
    if columns(k) == 0:
        raise ArgumentError("attention needs at least one key, of at least one number")
    need(not q or columns(q) == columns(k), "q and k must be of shapes (T, d) and (S, d)", q=q, k=k)


def attention_probabilities(q: Matrix, k: Matrix, causal: bool = False) -> list[list[float]]:
    """P = softmax(QKᵀ/√d), row by row: how much query t takes of key s. `causal`: only of keys s ≤ t, and 0 of others.

    Shapes: T×d, S×d → T×S. Raises `ShapeError` when they do not fit, `ArgumentError` without a key. Source: VA.

    >>> attention_probabilities([[0.0], [0.0]], [[1.0], [2.0]], causal=True)
    [[1.0, 0.0], [0.5, 0.5]]
    """
    _check_keys(q, k)
    root, weights = math.sqrt(columns(k)), []
    for t, query in enumerate(q):
        seen = k[: t + 1] if causal else k
        shares = softmax([inner(query, key) / root for key in seen])
        weights.append(shares + [0.0] * (len(k) - len(seen)))
    return weights


def attention(q: Matrix, k: Matrix, v: Matrix, causal: bool = False) -> list[list[float]]:
    """Scaled dot-product attention of one head: PV, with the P of `attention_probabilities`.

    Shapes: T×d, S×d, S×e → T×e. Raises `ShapeError` when they do not fit, `ArgumentError` without a key. Source: VA.

    >>> attention([[0.0], [0.0]], [[1.0], [2.0]], [[3.0], [5.0]], causal=True)
    [[3.0], [4.0]]
    """
    return product(attention_probabilities(q, k, causal), v, columns(v))


def attention_scores_backward(p: Matrix, by_p: Matrix) -> list[list[float]]:
    """The gradient of a loss by the scores of a softmax, row by row, from P and its gradient dP: P⊙(dP - rowsum(dP⊙P)).

    Shapes: T×S, T×S → T×S. Raises `ShapeError` when they differ. Source: VA.

    >>> attention_scores_backward([[0.5, 0.5]], [[1.0, 3.0]])
    [[-0.5, 0.5]]
    """
    matrices(p=p, by_p=by_p)
    need(shape(p) == shape(by_p), "p and its gradient must have one shape", p=p, by_p=by_p)
    return [[a * (b - inner(slopes, shares)) for a, b in zip(shares, slopes)] for shares, slopes in zip(p, by_p)]


def attention_backward(q: Matrix, k: Matrix, v: Matrix, g: Matrix, causal: bool = False
                       ) -> tuple[list[list[float]], list[list[float]], list[list[float]]]:  # fmt: skip
    """The gradients of a loss by Q, K and V, from its gradient G by Y = PV.

    dV = PᵀG, dP = GVᵀ, dS = P⊙(dP - rowsum(dP⊙P)), dQ = dS K/√d, dK = dSᵀQ/√d. Shapes: T×d, S×d, S×e, T×e → T×d, S×d
    and S×e. Raises `ShapeError` when they do not fit, `ArgumentError` without a key. Source: VA.

    >>> attention_backward([[0.0]], [[1.0], [3.0]], [[2.0], [6.0]], [[1.0]])
    ([[2.0]], [[0.0], [0.0]], [[0.5], [0.5]])
    """
    _check_tokens(q, k, v, g)
    p = attention_probabilities(q, k, causal)
    root = math.sqrt(columns(k))
    by_scores = [[item / root for item in row] for row in attention_scores_backward(p, product(g, transpose(v)))]
    return product(by_scores, k), product(transpose(by_scores), q), product(transpose(p), g)


def _check_heads(x: Matrix, weights: Sequence[Matrix], biases: Sequence[Vector], heads: int) -> None:
    matrices(x=x)
    n = columns(x)
    if len(weights) != 4 or len(biases) != 4:
        raise ArgumentError(f"there are four weights and four biases, got {len(weights)} and {len(biases)}")
    for w, b in zip(weights, biases):
        need(shape(w) == (n, n) and shape(b) == (n,), "weights must be of shape (n, n), biases (n,)", x=x, w=w, b=b)
    if heads < 1 or n == 0 or n % heads:
        raise ArgumentError(f"the columns of x must be a multiple of the heads, at least one, got {n} and {heads}")


def _parts(x: Matrix, heads: int) -> list[list[list[float]]]:
    """The columns of each head."""
    width = len(x[0]) // heads
    return [[list(row[first : first + width]) for row in x] for first in range(0, len(x[0]), width)]


def _joined(parts: Sequence[Matrix]) -> list[list[float]]:
    """The columns of all heads, side by side."""
    return [[item for row in rows for item in row] for rows in zip(*parts)]


def multi_head_attention(
    x: Matrix, weights: Sequence[Matrix], biases: Sequence[Vector], heads: int, causal: bool = False
) -> list[list[float]]:
    """Self-attention of several heads: Q, K, V = XWᵢ + bᵢ, each head attends in its own columns, and Y = HW₄ + b₄.

    H has the results of the heads side by side; a head has n/heads columns. Shapes: T×n, four of n×n, four of n, a
    number → T×n. Raises `ShapeError` when they do not fit, `ArgumentError` for other than four weights and biases, or
    when n is no multiple of the heads. Source: VA.

    >>> one, zero = [[1.0]], [0.0]
    >>> multi_head_attention([[2.0], [2.0]], [one] * 4, [zero] * 3 + [[0.5]], 1)
    [[2.5], [2.5]]
    """
    _check_heads(x, weights, biases, heads)
    of_heads = [_parts(linear(x, w, b), heads) for w, b in zip(weights[:3], biases)]
    mixed = _joined([attention(q, k, v, causal) for q, k, v in zip(*of_heads)])
    return linear(mixed, weights[3], biases[3])


def multi_head_attention_backward(
    x: Matrix, weights: Sequence[Matrix], biases: Sequence[Vector], heads: int, g: Matrix, causal: bool = False
) -> tuple[list[list[float]], list[list[list[float]]], list[list[float]]]:
    """The gradients of a loss by X, the four weights and the four biases, from its gradient G by the result.

    dH = GW₄ᵀ goes through each head by `attention_backward`, whose gradients stand side by side in dQ, dK and dV; then
    dW₁ = XᵀdQ and so on, db₁ is the column sums of dQ, and dX = dQ W₁ᵀ + dK W₂ᵀ + dV W₃ᵀ. Shapes: those of
    `multi_head_attention`, and G T×n → T×n, four of n×n, four of n. Raises `ShapeError` and `ArgumentError` as that
    does. Source: VA.

    >>> one, zero = [[1.0]], [0.0]
    >>> multi_head_attention_backward([[2.0]], [one] * 4, [zero] * 4, 1, [[3.0]])[:2]
    ([[3.0]], [[[0.0]], [[0.0]], [[6.0]], [[6.0]]])
    """
    _check_heads(x, weights, biases, heads)
    need(shape(g) == shape(x), "g must have the shape of x", x=x, g=g)
    of_heads = [_parts(linear(x, w, b), heads) for w, b in zip(weights[:3], biases)]
    mixed = _joined([attention(q, k, v, causal) for q, k, v in zip(*of_heads)])
    by_mixed, by_out, by_offset = linear_backward(mixed, weights[3], g)
    slopes = zip(
        *(attention_backward(q, k, v, part, causal) for q, k, v, part in zip(*of_heads, _parts(by_mixed, heads)))
    )
    found = [linear_backward(x, w, _joined(parts)) for w, parts in zip(weights, slopes)]
    by_x = [[total(items) for items in zip(*rows)] for rows in zip(*(each for each, _, _ in found))]
    return by_x, [*(each for _, each, _ in found), by_out], [*(each for _, _, each in found), by_offset]
