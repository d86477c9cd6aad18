"""Section C of the formula ledger: layers and activations. Analytic form, engine and numerical witness together.

What is a matrix goes through `networks.py`, once for each style of recording.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from drawn import FROM_EMPTY, NUMBERS, QUARTERS, SIZES, WIDE, matrices, sign_is_certain, together, vectors
from hypothesis import assume, given
from hypothesis import strategies as st
from networks import WITNESS, styles
from witness import Complex, complex_gradient, complex_jacobian, hold, witnessed

import scalargrad as sg
from scalargrad import Value, calculus
from scalargrad.calculus.checks import sizes
from scalargrad.calculus.compare import Comparison, engine_gradient, engine_jacobian, flat


def rows(jacobian: list[Any], width: int) -> list[Any]:
    """The gradients of the entries of a matrix of that width, as its rows have them."""
    return [jacobian[k : k + width] for k in range(0, len(jacobian), width)]


@styles
@given(st.data(), SIZES, SIZES, SIZES)
def test_C1_linear_jacobian(style: Any, data: Any, m: int, n: int, k: int) -> None:
    x, w = data.draw(matrices(m, n, WIDE)), data.draw(matrices(n, k, WIDE))
    by_w, by_x = calculus.linear_jacobian_by_weights(x, k), calculus.linear_jacobian_by_inputs(w, m)
    for name, layers, jacobian in (("engine", style, engine_jacobian), ("complex step", WITNESS, complex_jacobian)):
        of_w = rows(jacobian(lambda v, s=layers: s.linear(x, v), w), k)
        of_x = rows(jacobian(lambda v, s=layers: s.linear(v, w), x), k)
        if layers is style:
            hold("C1", Comparison(f"{name} by W", by_w, of_w), Comparison(f"{name} by X", by_x, of_x))
        else:  # the step and its division are powers of two, exact but for underflow
            hold("C2", witnessed(f"{name} by W", by_w, of_w), witnessed(f"{name} by X", by_x, of_x))


@given(SIZES, SIZES)
def test_C1_linear_jacobian_of_empty_shapes(m: int, k: int) -> None:
    assert calculus.linear_jacobian_by_weights([], k) == [] == calculus.linear_jacobian_by_inputs([[1.0] * k], 0)
    assert calculus.linear_jacobian_by_weights([[]] * m, k) == [[[]] * k] * m


@styles
@given(st.data(), FROM_EMPTY, SIZES, SIZES)
def test_C2_linear_backward(style: Any, data: Any, m: int, n: int, k: int) -> None:
    x, w, b, g = (data.draw(s) for s in (matrices(m, n, WIDE), matrices(n, k), vectors(k), matrices(m, k)))
    analytic = calculus.linear_backward(x, w, g)
    scale = calculus.linear_backward(sizes(x), sizes(w), sizes(g))
    longest = max(m, n, k)
    for layers, gradient, compare in ((style, engine_gradient, Comparison), (WITNESS, complex_gradient, witnessed)):
        found = gradient(lambda x, w, b, s=layers: s.total(s.linear(x, w, b), g), x, w, b)
        for each in zip(("by X", "by W", "by b"), analytic, found, scale):
            hold("C2", compare(*each, longest))


@styles
@given(st.data(), SIZES, SIZES)
def test_C2_linear_backward_is_the_jacobian_pulled_back(style: Any, data: Any, m: int, n: int) -> None:
    """Σ over i, j of G_ij·∂Y_ij/∂W_rs is XᵀG: on quarters, exactly; and one X used twice, Y = XX."""
    x, w, g = (data.draw(s) for s in (matrices(m, n, QUARTERS), matrices(n, n, QUARTERS), matrices(m, n, QUARTERS)))
    full = calculus.linear_jacobian_by_weights(x, n), calculus.linear_jacobian_by_inputs(w, m)
    by_x, by_w, _ = calculus.linear_backward(x, w, g)
    for jacobian, pulled in zip(full, (by_w, by_x)):
        assert [[sum(g[i][j] * jacobian[i][j][r][s] for i in range(m) for j in range(n)) for s in range(n)]
                for r in range(len(pulled))] == pulled  # fmt: skip
    square = [[w[i][j] for j in range(n)] for i in range(n)]
    upstream = [row[:] for row in square]
    left, right, _ = calculus.linear_backward(square, square, upstream)
    found = engine_gradient(lambda v: style.total(style.linear(v, v), upstream), square)
    assert found == [[p + q for p, q in zip(*pair)] for pair in zip(left, right)]


@styles
@given(st.lists(st.one_of(NUMBERS, st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1e308, -1e308])), max_size=5))
def test_C3_relu(style: Any, x: list[float]) -> None:
    """With 0 of both signs, and the numbers next to it."""
    engine = engine_jacobian(lambda v: style.relu([v])[0], x)
    hold("C3", Comparison("engine", calculus.relu_jacobian(x), engine))
    assert calculus.relu_jacobian(x) == [[float(i == j and a > 0.0) for j in range(len(x))] for i, a in enumerate(x)]
    assert [calculus.relu(item) for item in x] == [sg.relu(item) for item in x]
    off = [item for item in x if item != 0.0]
    hold("C3", Comparison("complex step", calculus.relu_jacobian(off), complex_jacobian(
        lambda v: WITNESS.relu([v])[0], off)))  # fmt: skip


@styles
@given(together(2, FROM_EMPTY, WIDE))
def test_C4_dot(style: Any, drawn: list[list[float]]) -> None:
    """Also step by step: u = w⊙x, y = Σu gives 1ᵀdiag(x)."""
    w, x = drawn
    analytic = calculus.dot_gradients(w, x)
    for dot in (style.dot, lambda w, x: sg.sum([p * q for p, q in zip(w, x)])):
        hold("C4", Comparison("engine", analytic, tuple(engine_gradient(dot, w, x))))
    by_steps = calculus.sum_gradient(calculus.elementwise_jacobians("*", w, x)[0], len(x))
    assert by_steps == analytic[0] == x and analytic[1] == w
    hold("C4", witnessed("w·x", analytic, tuple(complex_gradient(WITNESS.dot, w, x)), None, 1))
    v = [Value(item) for item in x]
    (style.dot(v, v) + 0.0 * Value(1.0)).backward()  # each operand twice
    assert [item.grad for item in v] == [p + q for p, q in zip(*calculus.dot_gradients(x, x))]


@styles
@given(together(2, FROM_EMPTY, WIDE), WIDE)
def test_C5_affine(style: Any, drawn: list[list[float]], b: float) -> None:
    w, x = drawn
    analytic = calculus.affine_gradients(w, x)
    assert analytic == (x, w, 1.0)
    hold("C5", Comparison("engine", analytic, tuple(engine_gradient(style.affine, w, x, b))))
    hold("C5", witnessed("z", analytic, tuple(complex_gradient(WITNESS.affine, w, x, b))))
    terms = [*(p * q for p, q in zip(w, x)), b]
    hold(
        "C2", Comparison("value", calculus.affine(w, x, b), float(style.affine(w, x, b)), sum(sizes(terms)), len(terms))
    )


@styles
@given(together(2), NUMBERS)
def test_C6_neuron(style: Any, drawn: list[list[float]], b: float) -> None:
    w, x = drawn
    terms = [*(p * q for p, q in zip(w, x)), b]
    assume(sign_is_certain(terms))
    active = math.fsum(terms) > 0.0
    analytic = calculus.neuron_gradients(w, x, b)
    assert analytic == ((x, w, 1.0) if active else ([0.0] * len(w), [0.0] * len(x), 0.0))
    hold("C6", Comparison("engine", analytic, tuple(engine_gradient(style.neuron, w, x, b))))
    if math.fsum(terms) != 0.0:
        hold("C6", witnessed("neuron", analytic, tuple(complex_gradient(WITNESS.neuron, w, x, b))))


# so far apart that some weights underflow, and near enough that none does
SCORES = st.one_of(NUMBERS, st.floats(-800.0, 800.0), st.sampled_from([1e308, -1e308, 1e300]))


def softmax_scale(z: list[float]) -> list[list[float]]:
    """pᵢ(δᵢⱼ + pⱼ): the two terms that the diagonal subtracts."""
    p = calculus.softmax(z)
    return [[a * ((i == j) + b) for j, b in enumerate(p)] for i, a in enumerate(p)]


@styles
@given(st.lists(SCORES, min_size=1, max_size=5))
def test_C7_softmax_jacobian(style: Any, z: list[float]) -> None:
    n, scale = len(z), softmax_scale(z)
    analytic = calculus.softmax_jacobian(z)
    hold("C7", Comparison("engine", analytic, engine_jacobian(lambda v: style.softmax([v])[0], z), scale, n))
    hold("C7", Comparison("p", calculus.softmax(z), style.softmax([z])[0], None, n))
    p = calculus.softmax(z)
    literal = [[a * ((i == j) - b) for j, b in enumerate(p)] for i, a in enumerate(p)]
    hold("C7", Comparison("diag(p) - ppᵀ", analytic, literal, scale, n))
    for i, row in enumerate(analytic):  # rows and columns sum to 0
        hold("C7", Comparison("row", math.fsum(row), 0.0, sum(scale[i]), n))
        hold("C7", Comparison("column", math.fsum(other[i] for other in analytic), 0.0, sum(scale[i]), n))
        assert [other[i] for other in analytic] == row  # symmetric
    if max(map(abs, z)) <= 30.0:  # beyond, the witness's own exp(z - max) loses the digits of the difference
        witness = complex_jacobian(lambda v: WITNESS.softmax([v])[0], z)
        far = [[(1.0 + abs(a) + max(map(abs, z))) * item for item in row] for a, row in zip(z, scale)]
        hold("C7", witnessed("p", analytic, witness, far, n))


@styles
@given(st.lists(QUARTERS, min_size=1, max_size=5), st.integers(-1000, 1000))
def test_C7_softmax_jacobian_is_that_of_shifted_scores(style: Any, z: list[float], shift: int) -> None:
    """z + c on quarters is exact, and so the Jacobian is the same to the last bit."""
    moved = [item + shift for item in z]
    assert calculus.softmax_jacobian(moved) == calculus.softmax_jacobian(z)
    engine = [engine_jacobian(lambda v: style.softmax([v])[0], each) for each in (moved, z)]
    assert engine[0] == engine[1]


@styles
@given(st.data(), st.lists(SCORES, min_size=1, max_size=5))
def test_C8_softmax_backward(style: Any, data: Any, z: list[float]) -> None:
    n, g = len(z), data.draw(vectors(len(z)))
    analytic = calculus.softmax_backward(z, g)
    p = calculus.softmax(z)
    along = sum(a * abs(b) for a, b in zip(p, g))
    scale = [a * (abs(b) + along) for a, b in zip(p, g)]
    hold(
        "C8",
        Comparison("engine", analytic, engine_gradient(lambda v: style.total(style.softmax([v]), [g]), z), scale, n),
    )
    matrix = [math.fsum(a * b for a, b in zip(column, g)) for column in zip(*calculus.softmax_jacobian(z))]
    hold("C8", Comparison("the matrix of C7", analytic, matrix, scale, n))
    if max(map(abs, z)) <= 30.0:
        witness = complex_gradient(lambda v: WITNESS.total(WITNESS.softmax([v]), [g]), z)
        hold("C8", witnessed("∂L/∂z", analytic, witness, [61.0 * item for item in scale], n))


@styles
@given(st.lists(SCORES, min_size=1, max_size=5))
def test_C9_log_softmax(style: Any, z: list[float]) -> None:
    n, p = len(z), calculus.softmax(z)
    scale = [[(i == j) + b for j, b in enumerate(p)] for i in range(n)]
    analytic, gradient = calculus.log_softmax_jacobian(z), calculus.logsumexp_gradient(z)
    engine = engine_jacobian(lambda v: style.log_softmax([v])[0], z)
    hold("C9", Comparison("engine", analytic, engine, scale, n))
    hold("C9", Comparison("log-sum-exp", gradient, engine_gradient(lambda v: sg.logsumexp(v), z), None, n))
    hold("C9", Comparison("values", calculus.log_softmax(z), style.log_softmax([z])[0], None, n))
    hold("C9", Comparison("value", calculus.logsumexp(z), sg.logsumexp(z), max(map(abs, z)) + 2.0, n))
    for row, sums in zip(analytic, scale):
        hold("C9", Comparison("row", math.fsum(row), 0.0, sum(sums), n))
    if max(map(abs, z)) <= 30.0:
        far = [[61.0 * item for item in row] for row in scale]
        hold("C9", witnessed("log p", analytic, complex_jacobian(lambda v: WITNESS.log_softmax([v])[0], z), far, n))
        hold("C9", witnessed("log-sum-exp", gradient, complex_gradient(Complex.logsumexp, z), 61.0, n))


@pytest.mark.parametrize("far", [800.0, 1e4, 1e308])
def test_C9_log_softmax_where_the_softmax_underflows(far: float) -> None:
    assert calculus.softmax([0.0, -far]) == [1.0, 0.0]
    assert calculus.log_softmax([0.0, -far]) == sg.log_softmax([0.0, -far]) == [0.0, -far]
    assert flat(calculus.softmax_jacobian([0.0, -far])) == [0.0] * 4
