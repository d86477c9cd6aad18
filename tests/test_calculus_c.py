"""Section C of the formula ledger: layers and activations. Analytic form, engine and numerical witness together.

What is a matrix goes through `networks.py`, once for each style of recording.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, calculus
from scalargrad.ledger.checks import sizes
from scalargrad.ledger.compare import Comparison, engine_jacobian
from scalargrad.transforms.containers import flat
from tests.support.drawn import FROM_EMPTY, NUMBERS, QUARTERS, SIZES, WIDE, matrices, sign_is_certain, together, vectors
from tests.support.networks import BULK, WITNESS, gradient, jacobian, styles, value
from tests.support.witness import Complex, complex_gradient, complex_jacobian, hold, witnessed


def rows(jacobian: list[Any], width: int) -> list[Any]:
    """The gradients of the entries of a matrix of that width, as its rows have them."""
    return [jacobian[k : k + width] for k in range(0, len(jacobian), width)]


@styles
@given(st.data(), SIZES, SIZES, SIZES)
def test_C1_linear_jacobian(style: Any, data: Any, m: int, n: int, k: int) -> None:
    x, w = data.draw(matrices(m, n, WIDE)), data.draw(matrices(n, k, WIDE))
    by_w, by_x = calculus.linear_jacobian_by_weights(x, k), calculus.linear_jacobian_by_inputs(w, m)
    of_w = rows(jacobian(style, lambda s, v: s.linear(x, v), w), k)
    of_x = rows(jacobian(style, lambda s, v: s.linear(v, w), x), k)
    hold("C1", Comparison("engine by W", by_w, of_w), Comparison("engine by X", by_x, of_x))
    i, j = data.draw(st.integers(0, m - 1)), data.draw(st.integers(0, k - 1))
    one = [[float((r, c) == (i, j)) for c in range(k)] for r in range(m)]  # the whole product pulled back for one entry
    by_both = gradient(style, lambda s, x, w: s.total(s.linear(x, w), one), x, w)
    hold("C1", Comparison("one entry", [by_x[i][j], by_w[i][j]], by_both))
    of_w = rows(complex_jacobian(lambda v: WITNESS.linear(x, v), w), k)
    of_x = rows(complex_jacobian(lambda v: WITNESS.linear(v, w), x), k)
    # the step and its division are powers of two, exact but for underflow
    hold("C2", witnessed("complex step by W", by_w, of_w), witnessed("complex step by X", by_x, of_x))


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
    pulled = lambda s, x, w, b: s.total(s.linear(x, w, b), g)  # noqa: E731
    found = gradient(style, pulled, x, w, b)
    for each in zip(("by X", "by W", "by b"), analytic, found, scale):
        hold("C2", Comparison(*each, longest))
    found = complex_gradient(lambda *v: pulled(WITNESS, *v), x, w, b)
    for each in zip(("by X", "by W", "by b"), analytic, found, scale):
        hold("C2", witnessed(*each, longest))


@styles
@given(st.data(), SIZES, SIZES)
def test_C2_linear_backward_is_the_jacobian_pulled_back(style: Any, data: Any, m: int, n: int) -> None:
    """Σ over i, j of G_ij·∂Y_ij/∂W_rs is XᵀG: on quarters, exactly; and one X used twice, Y = XX."""
    x, w, g = (data.draw(s) for s in (matrices(m, n, QUARTERS), matrices(n, n, QUARTERS), matrices(m, n, QUARTERS)))
    full = calculus.linear_jacobian_by_weights(x, n), calculus.linear_jacobian_by_inputs(w, m)
    by_x, by_w, _ = calculus.linear_backward(x, w, g)
    for entries, pulled in zip(full, (by_w, by_x)):
        assert [[sum(g[i][j] * entries[i][j][r][s] for i in range(m) for j in range(n)) for s in range(n)]
                for r in range(len(pulled))] == pulled  # fmt: skip
    square = [[w[i][j] for j in range(n)] for i in range(n)]
    upstream = [row[:] for row in square]
    left, right, _ = calculus.linear_backward(square, square, upstream)
    found = gradient(style, lambda s, v: s.total(s.linear(v, v), upstream), square)
    assert found == [[p + q for p, q in zip(*pair)] for pair in zip(left, right)]


@styles
@given(st.lists(st.one_of(NUMBERS, st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1e308, -1e308])), max_size=5))
def test_C3_relu(style: Any, x: list[float]) -> None:
    """With 0 of both signs, and the numbers next to it."""
    engine = jacobian(style, lambda s, v: s.relu([v])[0], x)
    hold("C3", Comparison("engine", calculus.relu_jacobian(x), engine))
    assert calculus.relu_jacobian(x) == [[float(i == j and a > 0.0) for j in range(len(x))] for i, a in enumerate(x)]
    assert [calculus.relu(item) for item in x] == value(style, lambda s: s.relu([x])[0])
    off = [item for item in x if item != 0.0]
    hold("C3", Comparison("complex step", calculus.relu_jacobian(off), complex_jacobian(
        lambda v: WITNESS.relu([v])[0], off)))  # fmt: skip


@styles
@given(together(2, FROM_EMPTY, WIDE))
def test_C4_dot(style: Any, drawn: list[list[float]]) -> None:
    """Also step by step: u = w⊙x, y = Σu gives 1ᵀdiag(x)."""
    w, x = drawn
    analytic = calculus.dot_gradients(w, x)
    for dot in (lambda s, w, x: s.dot(w, x), lambda s, w, x: s.sum(s.binary("*", w, x))):
        hold("C4", Comparison("engine", analytic, tuple(gradient(style, dot, w, x))))
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
    hold("C5", Comparison("engine", analytic, tuple(gradient(style, lambda s, w, x, b: s.affine(w, x, b), w, x, b))))
    hold("C5", witnessed("z", analytic, tuple(complex_gradient(WITNESS.affine, w, x, b))))
    terms = [*(p * q for p, q in zip(w, x)), b]
    found = value(style, lambda s: s.affine(w, x, b))
    hold("C2", Comparison("value", calculus.affine(w, x, b), found, sum(sizes(terms)), len(terms)))


@styles
@given(together(2), NUMBERS)
def test_C6_neuron(style: Any, drawn: list[list[float]], b: float) -> None:
    w, x = drawn
    terms = [*(p * q for p, q in zip(w, x)), b]
    assume(sign_is_certain(terms))
    active = math.fsum(terms) > 0.0
    analytic = calculus.neuron_gradients(w, x, b)
    assert analytic == ((x, w, 1.0) if active else ([0.0] * len(w), [0.0] * len(x), 0.0))
    neuron = lambda s, w, x, b: s.neurons(w, [x], b)[0]  # noqa: E731
    hold("C6", Comparison("engine", analytic, tuple(gradient(style, neuron, w, x, b))))
    if math.fsum(terms) != 0.0:
        hold("C6", witnessed("neuron", analytic, tuple(complex_gradient(lambda *v: neuron(WITNESS, *v), w, x, b))))


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
    hold("C7", Comparison("engine", analytic, jacobian(style, lambda s, v: s.softmax([v])[0], z), scale, n))
    hold("C7", Comparison("p", calculus.softmax(z), value(style, lambda s: s.softmax([z])[0]), None, n))
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
    engine = [jacobian(style, lambda s, v: s.softmax([v])[0], each) for each in (moved, z)]
    assert engine[0] == engine[1]


@styles
@given(st.data(), st.lists(SCORES, min_size=1, max_size=5))
def test_C8_softmax_backward(style: Any, data: Any, z: list[float]) -> None:
    n, g = len(z), data.draw(vectors(len(z)))
    analytic = calculus.softmax_backward(z, g)
    p = calculus.softmax(z)
    along = sum(a * abs(b) for a, b in zip(p, g))
    scale = [a * (abs(b) + along) for a, b in zip(p, g)]
    engine = gradient(style, lambda s, v: s.total(s.softmax([v]), [g]), z)
    hold("C8", Comparison("engine", analytic, engine, scale, n))
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
    analytic, slopes = calculus.log_softmax_jacobian(z), calculus.logsumexp_gradient(z)
    engine = jacobian(style, lambda s, v: s.log_softmax([v])[0], z)
    hold("C9", Comparison("engine", analytic, engine, scale, n))
    hold("C9", Comparison("log-sum-exp", slopes, gradient(style, lambda s, v: s.logsumexp([v])[0], z), None, n))
    hold("C9", Comparison("values", calculus.log_softmax(z), value(style, lambda s: s.log_softmax([z])[0]), None, n))
    hold(
        "C9",
        Comparison(
            "value", calculus.logsumexp(z), value(style, lambda s: s.logsumexp([z])[0]), max(map(abs, z)) + 2.0, n
        ),
    )
    for row, sums in zip(analytic, scale):
        hold("C9", Comparison("row", math.fsum(row), 0.0, sum(sums), n))
    if max(map(abs, z)) <= 30.0:
        far = [[61.0 * item for item in row] for row in scale]
        hold("C9", witnessed("log p", analytic, complex_jacobian(lambda v: WITNESS.log_softmax([v])[0], z), far, n))
        hold("C9", witnessed("log-sum-exp", slopes, complex_gradient(Complex.logsumexp, z), 61.0, n))


def hold_rows(row: str, style: Any, name: str, z: list[list[float]], g: list[list[float]]) -> None:
    """A function of each row of a matrix, pulled back: rows do not mix."""
    analytic, scale, n = [], [], len(z[0])
    for each, upstream in zip(z, g):
        p = calculus.softmax(each)
        if name == "softmax":
            analytic.append(calculus.softmax_backward(each, upstream))
        elif name == "log_softmax":
            columns = zip(*calculus.log_softmax_jacobian(each))
            analytic.append([math.fsum(a * b for a, b in zip(column, upstream)) for column in columns])
        else:
            analytic.append([upstream[0] * item for item in calculus.logsumexp_gradient(each)])
        along = sum(sizes(upstream)) if name == "log_softmax" else sum(a * abs(b) for a, b in zip(p, upstream))
        scale.append([a * (abs(b) + along) + abs(b) * (name != "softmax") for a, b in zip(p, upstream)])

    def pulled(s: Any, v: Any) -> Any:
        if name == "logsumexp":
            return s.sum(s.binary("*", s.logsumexp(v), [row[0] for row in g]))
        return s.total(getattr(s, name)(v), g)

    if name == "logsumexp":
        scale = [[abs(item) for item in each] for each in analytic]
    hold(row, Comparison(f"{name} of rows", analytic, gradient(style, pulled, z), scale, 2 * n))


@styles
@given(st.data(), SIZES, SIZES)
def test_C7_softmax_jacobian_of_rows(style: Any, data: Any, m: int, n: int) -> None:
    """Block-diagonal: each row's own, and 0 elsewhere. Along axis 0 the same of the columns."""
    z = data.draw(matrices(m, n, SCORES))
    found = jacobian(style, lambda s, v: s.softmax(v), z)
    for r, row in enumerate(z):
        scale, analytic = softmax_scale(row), calculus.softmax_jacobian(row)
        by_row = [each[r] for each in found[r * n : (r + 1) * n]]
        hold("C7", Comparison(f"row {r}", analytic, by_row, scale, n))
        others = [item for each in found[r * n : (r + 1) * n] for k, part in enumerate(each) if k != r for item in part]
        assert not any(others)
    if style is BULK:
        turned = jacobian(style, lambda s, v: s.softmax(v), z)
        columns = [list(column) for column in zip(*z)]
        along = engine_jacobian(lambda v: sg.softmax(sg.Matrix(v), axis=0).T, columns)
        assert [[list(column) for column in zip(*each)] for each in along] == turned


@styles
@given(st.data(), SIZES, SIZES)
def test_C8_softmax_backward_of_rows(style: Any, data: Any, m: int, n: int) -> None:
    hold_rows("C8", style, "softmax", data.draw(matrices(m, n, SCORES)), data.draw(matrices(m, n)))


@styles
@pytest.mark.parametrize("name", ["log_softmax", "logsumexp"])
@given(st.data(), SIZES, SIZES)
def test_C9_log_softmax_of_rows(style: Any, name: str, data: Any, m: int, n: int) -> None:
    hold_rows("C9", style, name, data.draw(matrices(m, n, SCORES)), data.draw(matrices(m, n)))


@pytest.mark.parametrize("far", [800.0, 1e4, 1e308])
def test_C9_log_softmax_where_the_softmax_underflows(far: float) -> None:
    assert calculus.softmax([0.0, -far]) == [1.0, 0.0]
    assert calculus.log_softmax([0.0, -far]) == sg.log_softmax([0.0, -far]) == [0.0, -far]
    assert flat(calculus.softmax_jacobian([0.0, -far])) == [0.0] * 4
