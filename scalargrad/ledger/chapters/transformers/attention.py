"""Chapter H of the ledger, attention: the work of H4 and H5."""

from __future__ import annotations

import math
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.shapes import product, transpose
from scalargrad.ledger.engine import engine_gradient, engine_value, linear, sizes, weighted
from scalargrad.ledger.work import Work

_MOST = 1e9  # the largest score, whose rounding is a relative error of a share


def shares(q: Any, k: Any, causal: bool) -> list[Any]:
    """The softmax of each query's scores by the engine, number by number, as far as the query sees."""
    root = math.sqrt(len(k[0]))
    return [sg.softmax([sg.dot(query, key) / root for key in (k[: t + 1] if causal else k)])
            for t, query in enumerate(q)]  # fmt: skip


def attend(q: Any, k: Any, v: Any, causal: bool) -> list[list[Any]]:
    """Attention of one head by the engine, number by number."""
    return [[sg.dot(row, list(column)) for column in zip(*v[: len(row)])] for row in shares(q, k, causal)]


def attend_by_heads(x: Any, weights: Any, biases: Any, heads: int, causal: bool) -> Any:
    """Self-attention of several heads by the engine, number by number."""
    q, k, v = (linear(x, w, b) for w, b in zip(weights[:3], biases))
    width = len(x[0]) // heads
    parts = []
    for first in range(0, len(x[0]), width):
        query, key, value = ([row[first : first + width] for row in each] for each in (q, k, v))
        parts.append(attend(query, key, value, causal))
    mixed = [[item for row in rows for item in row] for rows in zip(*parts)]
    return linear(mixed, weights[3], biases[3])


def reach(q: Any, k: Any) -> list[float]:
    """For each query 1 + its largest score, of sizes: a share's relative error is that of the scores."""
    return [1.0 + max(map(math.fsum, ([a * b for a, b in zip(query, key)] for key in k))) / math.sqrt(len(k[0]))
            for query in q]  # fmt: skip


def scales(p: Any, q: Any, k: Any, v: Any, g: Any) -> tuple[Any, Any, Any, Any]:
    """The sums of sizes of the result, and of the gradients by Q, K and V. All arguments are sizes."""
    root = math.sqrt(len(k[0]))
    far = [[item * each for item in row] for row, each in zip(p, reach(q, k))]
    by_p = product(g, transpose(v))
    whole = [math.fsum(a * b for a, b in zip(*rows)) for rows in zip(p, by_p)]
    by_scores = [[a * (b + total) / root for a, b in zip(*rows)] for *rows, total in zip(far, by_p, whole)]
    return product(far, v), product(by_scores, k), product(transpose(by_scores), q), product(transpose(far), g)


def _masked(causal: bool) -> str:
    return ", with the causal mask" if causal else ""


def h4(work: Work) -> None:
    q, k, v, g = work.draw(1.0, Q="T d", K="S d", V="S e", G="T e")
    count = len(k[0]) + len(k) + len(v[0]) + len(q) + 8
    work.need(max(reach(sizes(q), sizes(k))) < _MOST, "the scores QKᵀ/√d are so large that rounding decides")
    for causal in (False, True):
        told = _masked(causal)
        p = c.attention_probabilities(q, k, causal)
        own = [row + [0.0] * (len(k) - len(row)) for row in engine_value(lambda a, b: shares(a, b, causal), q, k)]
        of_result, of_q, of_k, of_v = scales(p, sizes(q), sizes(k), sizes(v), sizes(g))
        far = reach(sizes(q), sizes(k))
        work.result(f"P = softmax(QKᵀ/√d){told}", p, own, [[a * each for a in row] for row, each in zip(p, far)],
                    count)  # fmt: skip
        work.result(f"Y = PV{told}", c.attention(q, k, v, causal),
                    engine_value(lambda a, b, w: attend(a, b, w, causal), q, k, v), of_result, count)  # fmt: skip
        by_q, by_k, by_v = engine_gradient(lambda a, b, w: weighted(attend(a, b, w, causal), g), q, k, v)
        found = c.attention_backward(q, k, v, g, causal)
        work.result(f"pulled back: ∂L/∂V = PᵀG for G = ∂L/∂Y{told}", found[2], by_v, of_v, count)
        work.result(f"pulled back: ∂L/∂Q = dS K/√d{told}", found[0], by_q, of_q, count)
        work.result(f"pulled back: ∂L/∂K = dSᵀQ/√d{told}", found[1], by_k, of_k, count)
    scores = [[math.fsum(a * b for a, b in zip(query, key)) / math.sqrt(len(k[0])) for key in k] for query in q]
    p = [c.softmax(row) for row in scores]
    slopes = product(g, transpose(v))
    work.step("dP = G Vᵀ, by the P of Y = PV", r"dP = G V^T", slopes,
              engine_gradient(lambda w: weighted([[sg.dot(row, list(column)) for column in zip(*v)] for row in w], g),
              p), product(sizes(g), transpose(sizes(v))), count)  # fmt: skip
    most = [[a * (abs(b) + math.fsum(map(abs, row))) for a, b in zip(each, row)] for each, row in zip(p, slopes)]
    work.step("dS = P ⊙ (dP - rowsum(dP ⊙ P)), by the scores S of P = softmax(S)",
              r"dS = P\odot(dP - \mathrm{rowsum}(dP\odot P))", c.attention_scores_backward(p, slopes),
              engine_gradient(lambda w: weighted([sg.softmax(row) for row in w], slopes), scores), most,
              count)  # fmt: skip


def multi_head_scales(x: Any, weights: Any, biases: Any, heads: int, g: Any, causal: bool) -> tuple[Any, Any, Any, Any]:
    """The sums of sizes of the result, and of what is pulled back to X, to the weights and to the biases."""
    width = len(x[0]) // heads
    plain = [c.linear(x, w, b) for w, b in zip(weights[:3], biases)]
    most = [c.linear(sizes(x), w, b) for w, b in zip(sizes(weights[:3]), sizes(biases))]
    most.append(product(sizes(g), transpose(sizes(weights[3]))))
    whole: list[list[list[float]]] = [[[] for _ in x] for _ in range(4)]  # of the heads, and of Q, K and V
    for first in range(0, len(x[0]), width):
        query, key = ([row[first : first + width] for row in each] for each in plain[:2])
        of_head = scales(c.attention_probabilities(query, key, causal),
                          *([row[first : first + width] for row in each] for each in most))  # fmt: skip
        for sums, each in zip(whole, of_head):
            for row, items in zip(sums, each):
                row += items
    inner = [c.linear_backward(sizes(x), w, scale) for w, scale in zip(sizes(weights), whole[1:])]
    last = c.linear_backward(whole[0], sizes(weights[3]), sizes(g))
    of_x = [[math.fsum(items) for items in zip(*rows)] for rows in zip(*(each for each, _, _ in inner))]
    return (c.linear(whole[0], sizes(weights[3]), sizes(biases[3])), of_x, [each for _, each, _ in (*inner, last)],
            [each for _, _, each in (*inner, last)])  # fmt: skip


_NAMES = ("Wq", "Wk", "Wv", "Wo"), ("bq", "bk", "bv", "bo")


def h5(work: Work) -> None:
    x, *drawn, g, heads = work.draw(1.0, X="T n", Wq="n n", Wk="n n", Wv="n n", Wo="n n", bq="n", bk="n", bv="n",
                                    bo="n", G="T n", heads="")  # fmt: skip
    weights, biases, n = drawn[:4], drawn[4:], len(x[0])
    heads = work.default("heads", float(work.stream("heads").choice([k for k in range(1, n + 1) if n % k == 0])))
    work.need(heads in range(1, n + 1) and n % heads == 0,
              f"heads must divide n, the columns of X, so that each has as many; got {heads:g} of {n}")  # fmt: skip
    heads, width = int(heads), n // int(heads)
    most = [c.linear(sizes(x), w, b) for w, b in zip(sizes(weights[:2]), sizes(biases))]
    parts = [[[row[first : first + width] for row in each] for each in most] for first in range(0, n, width)]
    work.need(max(max(reach(*part)) for part in parts) < _MOST,
              "the scores QKᵀ/√d are so large that rounding decides")  # fmt: skip
    count = 4 * n + 2 * len(x) + 8
    for causal in (False, True):
        told = _masked(causal)
        of_result, of_x, of_weights, of_biases = multi_head_scales(x, weights, biases, heads, g, causal)
        own = engine_value(lambda v, w, b: attend_by_heads(v, w, b, heads, causal), x, weights, biases)
        work.result(f"Y = (heads side by side) Wo + bo{told}",
                    c.multi_head_attention(x, weights, biases, heads, causal), own, of_result, count)  # fmt: skip
        by_x, by_weights, by_biases = engine_gradient(
            lambda v, w, b: weighted(attend_by_heads(v, w, b, heads, causal), g), x, weights, biases
        )
        found = c.multi_head_attention_backward(x, weights, biases, heads, g, causal)
        work.result(f"pulled back: ∂L/∂X for G = ∂L/∂Y{told}", found[0], by_x, of_x, count)
        for k, (weight, bias) in enumerate(zip(*_NAMES)):
            work.result(f"pulled back: ∂L/∂{weight}{told}", found[1][k], by_weights[k], of_weights[k], count)
            work.result(f"pulled back: ∂L/∂{bias}{told}", found[2][k], by_biases[k], of_biases[k], count)
