"""Section H of the formula ledger, attention: against the engine, nn.MultiHeadAttention and the complex step."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scalargrad import Matrix, Vector, calculus, nn
from scalargrad.calculus.shapes import transpose
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.ledger.chapters.transformers.attention import attend, multi_head_scales, reach, scales, shares
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_gradient, engine_value, sizes, weighted
from tests.support.drawn import SIZES, matrices, times, vectors
from tests.support.witness import Complex, complex_gradient, hold, witnessed

WIDTHS = st.integers(1, 3)
MOST = 1e9  # of a score


def rows(m: int, n: int) -> Any:
    """A matrix, or one row m times."""
    return st.one_of(matrices(m, n), vectors(n).map(lambda row: [row] * m))


@st.composite
def heads(draw: Any) -> Any:
    """Q, K, V and G; in some, all keys are one, or all queries."""
    t, s, d, e = draw(SIZES), draw(SIZES), draw(WIDTHS), draw(WIDTHS)
    q, k, v = draw(rows(t, d)), draw(rows(s, d)), draw(rows(s, e))
    return q, k, v, draw(matrices(t, e))


def complex_attention(q: Any, k: Any, v: Any, causal: bool) -> Any:
    found = []
    for t, query in enumerate(q):
        seen = t + 1 if causal else len(k)
        p = Complex.softmax([Complex.dot(query, key) / math.sqrt(len(query)) for key in k[:seen]])
        found.append([sum(a * row[j] for a, row in zip(p, v)) for j in range(len(v[0]))])
    return found


def complex_weighted(y: Any, g: Any) -> complex:
    return sum(p * q for rows in zip(y, g) for p, q in zip(*rows))


# --- H4 ---------------------------------------------------------------------------------------------------------------


@given(heads(), st.booleans(), st.integers(-60, 12))
def test_H4_attention(drawn: Any, causal: bool, power: int) -> None:
    """Also of queries so small that all keys are one, and so large that one key has all."""
    q, k, v, g = drawn
    q = times(q, 2.0**power)
    n = len(k[0]) + len(k) + len(v[0]) + len(q) + 8
    p = calculus.attention_probabilities(q, k, causal)
    far = reach(sizes(q), sizes(k))
    own = [row + [0.0] * (len(k) - len(row)) for row in engine_value(lambda a, b: shares(a, b, causal), q, k)]
    hold("H4", Comparison("P", p, own, [[a * each for a in row] for row, each in zip(p, far)], n))
    of_y, *of_inputs = scales(p, sizes(q), sizes(k), sizes(v), sizes(g))
    found = calculus.attention(q, k, v, causal)
    hold("H4", Comparison("Y", found, engine_value(lambda a, b, w: attend(a, b, w, causal), q, k, v), of_y, n))
    back = calculus.attention_backward(q, k, v, g, causal)
    engine = engine_gradient(lambda a, b, w: weighted(attend(a, b, w, causal), g), q, k, v)
    hold("H4", *(Comparison("pulled back", *each, n) for each in zip(back, engine, of_inputs)))


@given(heads(), st.booleans())
def test_H4_attention_by_the_complex_step(drawn: Any, causal: bool) -> None:
    q, k, v, g = drawn
    p = calculus.attention_probabilities(q, k, causal)
    back = calculus.attention_backward(q, k, v, g, causal)
    of_inputs = scales(p, sizes(q), sizes(k), sizes(v), sizes(g))[1:]
    witness = complex_gradient(lambda *each: complex_weighted(complex_attention(*each, causal), g), q, k, v)
    n = len(k[0]) + len(k) + len(v[0]) + len(q) + 8
    hold("H4", *(witnessed("pulled back", *each, 2 * n) for each in zip(back, witness, of_inputs)))


@given(heads())
def test_H4_attention_is_causal(drawn: Any) -> None:
    """A query takes of the keys up to its own alone, and gives the others no gradient, not even -0.0 of an infinity."""
    q, k, v, g = drawn
    p = calculus.attention_probabilities(q, k, True)
    whole = calculus.attention(q, k, v, True)
    for t, row in enumerate(p):
        assert row[t + 1 :] == [0.0] * len(row[t + 1 :]) and math.isclose(math.fsum(row), 1.0, rel_tol=1e-14)
        assert whole[t] == calculus.attention([q[t]], k[: t + 1], v[: t + 1])[0]
    _, by_k, by_v = calculus.attention_backward(q, k, v, g, True)
    assert not any(item for row in (*by_k[len(q) :], *by_v[len(q) :]) for item in row)
    if len(k) == 1:
        assert p == [[1.0]] * len(q) and not any(item for row in by_k for item in row)


@given(heads())
def test_H4_attention_to_keys_that_are_one_is_a_mean(drawn: Any) -> None:
    q, k, v, _ = drawn
    k = [k[0]] * len(k)
    assert calculus.attention_probabilities(q, k) == [[1.0 / len(k)] * len(k)] * len(q)
    mean = [math.fsum(column) / len(k) for column in transpose(v)]
    for row in calculus.attention(q, k, v):
        assert row == pytest.approx(mean, rel=1e-14, abs=1e-14)


def test_H4_attention_of_large_scores() -> None:
    """The softmax takes their differences: no exponential overflows."""
    q, k = [[1e4, -0.0]], [[1e4, 3.0], [1e4 - 1e-4, 5e-324]]
    (row,) = calculus.attention_probabilities(q, k)
    assert row[0] / row[1] == pytest.approx(math.exp(1.0 / math.sqrt(2.0)), rel=1e-7)
    assert calculus.attention([[1e200]], [[1e100], [-1e100]], [[3.0], [7.0]]) == [[3.0]]
    with pytest.raises(ArgumentError, match="at least one key"):
        calculus.attention_probabilities([[1.0]], [])


# --- H5 ---------------------------------------------------------------------------------------------------------------


@st.composite
def layers(draw: Any) -> Any:
    """X, the weights, the biases, the number of heads, and G; in some, all tokens are one."""
    count, width, tokens = draw(WIDTHS), draw(st.integers(1, 2)), draw(SIZES)
    n = count * width
    x = draw(rows(tokens, n))
    weights = [draw(matrices(n, n)) for _ in range(4)]
    return x, weights, [draw(vectors(n)) for _ in range(4)], count, draw(matrices(tokens, n))


def by_layer(x: Any, weights: Any, biases: Any, count: int, g: Any, causal: bool) -> Any:
    """Forward and gradients of nn.MultiHeadAttention, as the closed forms arrange them."""
    n = len(x[0])
    layer = nn.MultiHeadAttention(n, count, causal=causal)
    layer.in_proj_weight = table = Matrix([row for w in weights[:3] for row in transpose(w)])
    layer.in_proj_bias = offsets = Vector([item for b in biases[:3] for item in b])
    layer.out_proj.weight, layer.out_proj.bias = (last, offset) = Matrix(transpose(weights[3])), Vector(biases[3])
    batch = Matrix(x)
    y = layer(batch)
    (y * g).sum().backward()
    parts = [transpose(table.grad[k : k + n]) for k in range(0, 3 * n, n)]
    by_biases = [offsets.grad[k : k + n] for k in range(0, 3 * n, n)]
    return y.data, batch.grad, [*parts, transpose(last.grad)], [*by_biases, offset.grad]


@given(layers(), st.booleans(), st.integers(-40, 3))
def test_H5_multi_head_attention(drawn: Any, causal: bool, power: int) -> None:
    """By nn.MultiHeadAttention."""
    x, weights, biases, count, g = drawn
    x = times(x, 2.0**power)
    n = 4 * len(x[0]) + 2 * len(x) + 8
    most = [calculus.linear(sizes(x), w, b) for w, b in zip(sizes(weights[:2]), sizes(biases))]
    assume(max(reach(*most)) < MOST)
    y, *engine = by_layer(x, weights, biases, count, g, causal)
    of_y, *of_inputs = multi_head_scales(x, weights, biases, count, g, causal)
    hold("H5", Comparison("Y", calculus.multi_head_attention(x, weights, biases, count, causal), y, of_y, n))
    found = calculus.multi_head_attention_backward(x, weights, biases, count, g, causal)
    hold("H5", *(Comparison("pulled back", *each, n) for each in zip(found, engine, of_inputs)))
    by_keys = found[2][1]  # a softmax takes no shift of its scores
    assert all(abs(item) <= 1e-12 * (1.0 + top) for item, top in zip(by_keys, of_inputs[2][1]))


@given(layers(), st.booleans())
def test_H5_multi_head_attention_by_the_complex_step(drawn: Any, causal: bool) -> None:
    x, weights, biases, count, g = drawn
    x, weights, biases = times(x, 0.25), times(weights, 0.5), times(biases, 0.5)

    def affine(rows: Any, w: Any, b: Any) -> Any:
        return [[Complex.dot(row, column) + a for column, a in zip(zip(*w), b)] for row in rows]

    def complex_layer(v: Any, w: Any, b: Any) -> complex:
        width, parts = len(v[0]) // count, []
        whole = [affine(v, *each) for each in zip(w[:3], b)]
        for j in range(0, len(v[0]), width):
            q, k, u = ([row[j : j + width] for row in each] for each in whole)
            parts.append(complex_attention(q, k, u, causal))
        mixed = [[item for row in rows for item in row] for rows in zip(*parts)]
        return complex_weighted(affine(mixed, w[3], b[3]), g)

    witness = complex_gradient(complex_layer, x, weights, biases)
    found = calculus.multi_head_attention_backward(x, weights, biases, count, g, causal)
    of_inputs = multi_head_scales(x, weights, biases, count, g, causal)[1:]
    n = 4 * len(x[0]) + 2 * len(x) + 8
    hold("H5", *(witnessed("pulled back", *each, 2 * n, 2.0**60) for each in zip(found, witness, of_inputs)))


def test_H5_multi_head_attention_of_one_head_is_attention() -> None:
    """With projections that change nothing. And of n heads, each number is a head of its own."""
    x, unit, zero = [[1.0, 2.0], [3.0, -1.0]], [[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0]
    for causal in (False, True):
        assert calculus.multi_head_attention(x, [unit] * 4, [zero] * 4, 1, causal) == calculus.attention(
            x, x, x, causal
        )
        columns = [[[item] for item in column] for column in transpose(x)]
        alone = [calculus.attention(each, each, each, causal) for each in columns]
        both = [[a[0], b[0]] for a, b in zip(*alone)]
        assert calculus.multi_head_attention(x, [unit] * 4, [zero] * 4, 2, causal) == both


def test_wrong_arguments_of_attention() -> None:
    one, zero = [[1.0]], [0.0]
    shapes: list[tuple[Any, str]] = [
        (lambda: calculus.attention_probabilities([[1.0]], [[1.0, 2.0]]), r"q \(1, 1\), k \(1, 2\)"),
        (lambda: calculus.attention(one, one, [[1.0], [2.0]]), r"a \(1, 1\), b \(2, 1\)"),
        (lambda: calculus.attention_backward(one, one, one, [[1.0, 2.0]]), r"g \(1, 2\)"),
        (lambda: calculus.attention_backward(one, one, [[1.0]] * 2, one), r"v \(2, 1\)"),
        (lambda: calculus.attention_scores_backward(one, [[1.0, 2.0]]), r"p \(1, 1\), by_p \(1, 2\)"),
        (lambda: calculus.multi_head_attention(one, [one] * 3 + [[[1.0, 2.0]]], [zero] * 4, 1), r"w \(1, 2\)"),
        (lambda: calculus.multi_head_attention(one, [one] * 4, [zero] * 3 + [[0.0, 0.0]], 1), r"b \(2,\)"),
        (lambda: calculus.multi_head_attention_backward(one, [one] * 4, [zero] * 4, 1, [[1.0]] * 2), r"g \(2, 1\)"),
    ]  # fmt: skip
    for call, message in shapes:
        with pytest.raises(ShapeError, match=message):
            call()
    others: list[tuple[Any, str]] = [
        (lambda: calculus.multi_head_attention(one, [one] * 3, [zero] * 4, 1), "four weights and .* got 3 and 4"),
        (lambda: calculus.multi_head_attention(one, [one] * 4, [zero] * 4, 2), "a multiple of the heads.* got 1 and 2"),
        (lambda: calculus.multi_head_attention(one, [one] * 4, [zero] * 4, 0), "at least one, got 1 and 0"),
    ]  # fmt: skip
    for call, message in others:
        with pytest.raises(ArgumentError, match=message):
            call()
