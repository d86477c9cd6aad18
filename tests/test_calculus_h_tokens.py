"""Section H of the formula ledger, tokens and targets: against the layers, the losses and the complex step."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Vector, calculus, losses, nn
from scalargrad.calculus.shapes import product, transpose
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import sizes
from tests.support.drawn import FINITE, SIZES, WIDE, matrices, reals, vectors
from tests.support.witness import Complex, complex_gradient, hold, witnessed

SCORES = st.one_of(reals(3.0), st.floats(-800.0, 800.0), st.sampled_from([-0.0, 5e-324, 1e4, -1e4]))
SHARES = st.one_of(st.sampled_from([0.0, 1.0, 0.1]), st.floats(0.0, 1.0))


# --- H6 ---------------------------------------------------------------------------------------------------------------


@st.composite
def looked_up(draw: Any) -> Any:
    """A table, tokens of which some come again, and G."""
    count, width, length = draw(SIZES), draw(SIZES), draw(st.integers(0, 6))
    tokens = draw(st.lists(st.integers(0, count - 1), min_size=length, max_size=length))
    return draw(matrices(count, width, FINITE)), tokens, draw(matrices(length, width, WIDE))


@given(looked_up())
def test_H6_embedding(drawn: Any) -> None:
    """By nn.Embedding."""
    table, tokens, g = drawn
    count, width = len(table), len(table[0])
    layer = nn.Embedding(count, width)
    layer.weight = weight = Matrix(table)
    assert layer.weight is weight
    y = layer(tokens)
    found = calculus.embedding(table, tokens)
    assert str(y.data) == str(found)  # with the signs of zeros
    back = calculus.embedding_backward(tokens, g, count, width)
    if tokens:
        (y * g).sum().backward()
        flags = calculus.token_matrix(tokens, count)
        sums = product(transpose(flags), sizes(g))
        hold("H6", Comparison("∂L/∂E", back, weight.grad, sums, len(g)))
        hold("H6", Comparison("OᵀG", back, product(transpose(flags), g), sums, len(g)))
        assert all(sum(row) == 1.0 and row[token] == 1.0 for row, token in zip(flags, tokens))
    for k, row in enumerate(back):
        assert k in tokens or row == [0.0] * width


def test_H6_embedding_by_hand() -> None:
    assert calculus.embedding_backward([2, 0, 2], [[1.0, -1.0], [5.0, 0.5], [2.0, 3.0]], 4, 2) == [
        [5.0, 0.5], [0.0, 0.0], [3.0, 2.0], [0.0, 0.0]
    ]  # fmt: skip


# --- H7 ---------------------------------------------------------------------------------------------------------------


@given(SIZES.flatmap(lambda n: st.tuples(vectors(n, WIDE), vectors(n, WIDE))), st.integers(0, 99), st.floats(0.0, 0.99))
def test_H7_dropout(drawn: Any, seed: int, p: float) -> None:
    """By nn.Dropout, which draws one number per element."""
    x, g = drawn
    random.seed(seed)
    mask = [float(random.random() >= p) for _ in x]
    random.seed(seed)
    v = Vector(x)
    y = nn.Dropout(p)(v)
    (y @ g).backward()
    hold("H7", Comparison("y", calculus.dropout(x, mask, p), y.data))
    hold("H7", Comparison("pulled back", calculus.dropout(g, mask, p), v.grad))
    witness = complex_gradient(lambda z: sum(b * (a * m / (1.0 - p)) for a, b, m in zip(z, g, mask)), x)
    hold("H7", witnessed("pulled back", calculus.dropout(g, mask, p), witness, None, 1, 0.0))


def test_H7_dropout_of_nothing_and_of_half() -> None:
    assert calculus.dropout([3.0, -5.0], [1.0, 1.0], 0.0) == [3.0, -5.0]
    assert calculus.dropout([3.0, -5.0], [1.0, 0.0], 0.75) == [12.0, 0.0]


# --- H8 ---------------------------------------------------------------------------------------------------------------


@given(SIZES, st.integers(1, 4), st.data(), SHARES)
def test_H8_label_smoothing(count: int, width: int, data: Any, share: float) -> None:
    """By losses.cross_entropy with label_smoothing."""
    scores = data.draw(matrices(count, width, SCORES))
    classes = data.draw(st.lists(st.integers(0, width - 1), min_size=count, max_size=count))
    x = Matrix(scores)
    loss = losses.cross_entropy(x, classes, label_smoothing=share)
    loss.backward()
    targets = [calculus.smoothed_target(k, width, share) for k in classes]
    assert all(math.isclose(math.fsum(q), 1.0, rel_tol=1e-15) for q in targets)
    most = [[(p + t) / count for p, t in zip(calculus.softmax(row), q)] for row, q in zip(scores, targets)]
    found = calculus.smoothed_cross_entropy(scores, classes, share)
    reach = max(max(map(abs, row)) for row in scores)  # the losses subtract the largest score from each
    hold("H8", Comparison("L", found, loss.data, max(found, 1.0, 2.0**-40 * reach), width + count))
    gradient = calculus.smoothed_cross_entropy_gradient(scores, classes, share)
    hold("H8", Comparison("(p - q)/N", gradient, x.grad, most, width))
    assert abs(math.fsum(item for row in gradient for item in row)) <= 1e-14


@given(SIZES, st.integers(2, 4), st.data(), SHARES)
def test_H8_label_smoothing_by_the_complex_step(count: int, width: int, data: Any, share: float) -> None:
    scores = data.draw(matrices(count, width))
    classes = data.draw(st.lists(st.integers(0, width - 1), min_size=count, max_size=count))
    targets = [[(1.0 - share) * (k == label) + share / width for k in range(width)] for label in classes]
    witness = complex_gradient(
        lambda v: -sum(Complex.dot(q, Complex.log_softmax(row)) for row, q in zip(v, targets)) / count, scores
    )
    most = [[(p + t) / count for p, t in zip(calculus.softmax(row), q)] for row, q in zip(scores, targets)]
    gradient = calculus.smoothed_cross_entropy_gradient(scores, classes, share)
    hold("H8", witnessed("(p - q)/N", gradient, witness, most, 4 * width))


def test_H8_label_smoothing_by_hand() -> None:
    """Without smoothing it is D2; with all of it, the class does not count."""
    scores = [[1.0, 2.0, 4.0], [0.0, -1.0, 0.5]]
    assert calculus.smoothed_cross_entropy(scores, [2, 0], 0.0) == calculus.cross_entropy(scores, [2, 0])
    assert calculus.smoothed_cross_entropy(scores, [2, 0], 1.0) == calculus.smoothed_cross_entropy(scores, [1, 1], 1.0)
    assert calculus.smoothed_target(0, 4, 0.5) == [0.625, 0.125, 0.125, 0.125]


# --- H9 ---------------------------------------------------------------------------------------------------------------


@st.composite
def distributions(draw: Any) -> Any:
    """A target, probabilities or not, some of them 0, and scores."""
    n = draw(SIZES)
    z = draw(vectors(n, SCORES))
    target = draw(st.one_of(vectors(n).map(calculus.softmax), vectors(n, st.sampled_from([0.0, 0.25, 1.0, 3.0])),
                            st.integers(0, n - 1).map(lambda k: [float(i == k) for i in range(n)])))  # fmt: skip
    return target, z


@given(distributions())
def test_H9_kl_divergence(drawn: Any) -> None:
    """By losses.kl_div of the log-softmax."""
    target, z = drawn
    n, x = len(z), Vector(z)
    loss = losses.kl_div(sg.log_softmax(x), target, reduction="sum")
    loss.backward()
    logs = calculus.log_softmax(z)
    most = math.fsum(t * (abs(math.log(t)) + abs(item)) for t, item in zip(target, logs) if t)
    hold("H9", Comparison("D", calculus.kl_divergence(target, z), loss.data, most, n))
    scale = [p * math.fsum(target) + t for p, t in zip(calculus.softmax(z), target)]
    gradient = calculus.kl_divergence_gradient(target, z)
    hold("H9", Comparison("∂D/∂z", gradient, [x.grad], scale, n))
    assert calculus.kl_divergence_gradient(target, z, "denominator") == transpose(gradient)
    if max(map(abs, z)) <= 3.0:
        witness = complex_gradient(lambda v: -Complex.dot(target, Complex.log_softmax(v)), z)
        hold("H9", witnessed("∂D/∂z", gradient, [witness], [scale], 8 * n))


@given(vectors(3))
def test_H9_kl_divergence_is_least_at_itself(z: Any) -> None:
    """0 where the target is p, and nowhere below."""
    p = calculus.softmax(z)
    assert abs(calculus.kl_divergence(p, z)) <= 1e-14
    other = calculus.softmax([0.5 * item + 1.0 for item in z])
    assert calculus.kl_divergence(other, z) >= -1e-15
    assert max(map(abs, calculus.kl_divergence_gradient(p, z)[0])) <= 1e-15


def test_wrong_arguments_of_tokens_and_targets() -> None:
    shapes: list[tuple[Any, str]] = [
        (lambda: calculus.embedding_backward([0], [[1.0, 2.0]], 1, 1), r"a row of 1 per token.* g \(1, 2\)"),
        (lambda: calculus.embedding_backward([0, 0], [[1.0]], 1, 1), r"g \(1, 1\), tokens \(2,\)"),
        (lambda: calculus.embedding([1.0], [0]), r"lists of rows; got shapes table \(1,\)"),  # type: ignore[list-item]
        (lambda: calculus.dropout([1.0], [1.0, 0.0], 0.5), r"x \(1,\), mask \(2,\)"),
        (lambda: calculus.smoothed_cross_entropy([[1.0]], [0, 0], 0.5), r"scores \(1, 1\), classes \(2,\)"),
        (lambda: calculus.smoothed_cross_entropy_gradient([[1.0]], [], 0.5), r"classes \(0,\)"),
        (lambda: calculus.kl_divergence([1.0], [1.0, 2.0]), r"target \(1,\), z \(2,\)"),
        (lambda: calculus.kl_divergence_gradient([1.0], []), r"target \(1,\), z \(0,\)"),
        (lambda: calculus.rms_norm([1.0], [1.0, 2.0]), r"x \(1,\), gain \(2,\)"),
        (lambda: calculus.rms_norm_jacobian([1.0], []), r"gain \(0,\)"),
        (lambda: calculus.rms_norm_backward([[1.0]], [1.0], [[1.0]] * 2), r"g \(2, 1\)"),
        (lambda: calculus.rms_norm_backward([[1.0]], [1.0, 2.0], [[1.0]]), r"gain \(2,\)"),
        (lambda: calculus.layer_norm([1.0], [1.0], []), r"bias \(0,\)"),
        (lambda: calculus.layer_norm_jacobian([1.0], [1.0, 2.0]), r"gain \(2,\)"),
        (lambda: calculus.layer_norm_backward([[1.0]], [1.0], [[1.0, 2.0]]), r"g \(1, 2\)"),
        (lambda: calculus.gelu_backward([1.0], [1.0, 2.0]), r"x \(1,\), g \(2,\)"),
    ]  # fmt: skip
    for call, message in shapes:
        with pytest.raises(ShapeError, match=message):
            call()
    others: list[tuple[Any, str]] = [
        (lambda: calculus.token_matrix([3], 3), "a token must be from 0 to 2, got 3"),
        (lambda: calculus.embedding([[1.0]], [-1]), "a token must be from 0 to 0, got -1"),
        (lambda: calculus.embedding_backward([1], [[1.0]], 1, 1), "a token must be from 0 to 0, got 1"),
        (lambda: calculus.dropout([1.0], [1.0], 1.0), "p must be from 0 on, and less than 1, got 1.0"),
        (lambda: calculus.dropout([1.0], [1.0], -0.5), "less than 1, got -0.5"),
        (lambda: calculus.smoothed_target(2, 2, 0.5), "from 0 to 1, got 2"),
        (lambda: calculus.smoothed_target(0, 2, -0.5), "smoothing must be from 0 to 1, got -0.5"),
        (lambda: calculus.smoothed_cross_entropy([[1.0]], [0], 1.5), "smoothing must be from 0 to 1, got 1.5"),
        (lambda: calculus.smoothed_cross_entropy_gradient([[1.0]], [0], math.nan), "from 0 to 1, got nan"),
        (lambda: calculus.smoothed_cross_entropy([[1.0]], [1], 0.5), "from 0 to 0, got 1"),
        (lambda: calculus.smoothed_cross_entropy([], [], 0.5), "a mean needs at least one row"),
        (lambda: calculus.smoothed_cross_entropy_gradient([[1.0]], [-1], 0.5), "from 0 to 0, got -1"),
        (lambda: calculus.kl_divergence([-0.5], [1.0]), "a target must be 0 or more, got -0.5"),
        (lambda: calculus.kl_divergence_gradient([], []), "the softmax needs at least one number"),
        (lambda: calculus.kl_divergence_gradient([1.0], [1.0], "rows"), "layout must be"),  # type: ignore[arg-type]
    ]  # fmt: skip
    for call, message in others:
        with pytest.raises(ArgumentError, match=message):
            call()
