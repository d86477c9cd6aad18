"""Section C of the formula ledger: layers. Analytic form, engine and numerical witness together.

What is a matrix goes through `networks.py`, once for each style of recording. The softmax is in
test_calculus_c_softmax.py.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from scalargrad import Value, calculus
from scalargrad.calculus.shapes import shape
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_gradient, sizes
from tests.support.drawn import FROM_EMPTY, NUMBERS, QUARTERS, SIZES, WIDE, matrices, sign_is_certain, together, vectors
from tests.support.networks import WITNESS, gradient, jacobian, styles, value
from tests.support.witness import Complex, complex_gradient, complex_jacobian, hold, in_both_layouts, witnessed

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend


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
    assert calculus.linear_jacobian_by_weights([[1.0] * k] * m, 0) == [[]] * m
    assert calculus.linear_jacobian_by_inputs([[]] * k, m) == [[]] * m
    assert calculus.linear_jacobian_by_inputs([[1.0]] * k, 1) == [[[[1.0] * k]]]


@styles
@given(st.data(), FROM_EMPTY, FROM_EMPTY, FROM_EMPTY)
def test_C2_linear_backward(style: Any, data: Any, m: int, n: int, k: int) -> None:
    """Also without rows, without inputs or without outputs: each gradient has the shape of what it is by."""
    assume(m or n)  # otherwise neither W nor G has a row that shows k
    x, w, b, g = (data.draw(s) for s in (matrices(m, n, WIDE), matrices(n, k), vectors(k), matrices(m, k)))
    analytic = calculus.linear_backward(x, w, g)
    assert list(map(shape, analytic)) == list(map(shape, (x, w, b)))
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
@given(st.data(), FROM_EMPTY, SIZES, SIZES)
def test_C2_linear_backward_of_the_layers_output(style: Any, data: Any, m: int, n: int, k: int) -> None:
    """Y = XW + b itself: entry (i, j) is the unit of C5 with the weights of column j. The bias goes into every row."""
    x, w, b = (data.draw(s) for s in (matrices(m, n, WIDE), matrices(n, k, WIDE), vectors(k, WIDE)))
    analytic, scale = calculus.linear(x, w, b), calculus.linear(sizes(x), sizes(w), sizes(b))
    hold("C2", Comparison("Y", analytic, value(style, lambda s: s.linear(x, w, b)), scale, n + 1))
    assert analytic == [[calculus.affine(column, row, offset) for column, offset in zip(zip(*w), b)] for row in x]
    assert calculus.linear(x, w, [0.0] * k) == calculus.matmul(x, w)


def test_C2_linear_backward_of_the_layers_output_without_inputs_or_outputs() -> None:
    assert calculus.linear([[], []], [], [1.0, 2.0]) == [[1.0, 2.0], [1.0, 2.0]]
    assert calculus.linear([[1.0], [2.0]], [[]], []) == [[], []]
    assert calculus.linear([], [[1.0]], [2.0]) == []


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


ZEROS_AND_NEAR = st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1e308, -1e308])


@styles
@given(st.lists(st.one_of(NUMBERS, ZEROS_AND_NEAR), max_size=5))
def test_C3_relu(style: Any, x: list[float]) -> None:
    """With 0 of both signs, and the numbers next to it."""
    engine = jacobian(style, lambda s, v: s.relu([v])[0], x)
    hold("C3", Comparison("engine", calculus.relu_jacobian(x), engine))
    assert calculus.relu_jacobian(x) == [[float(i == j and a > 0.0) for j in range(len(x))] for i, a in enumerate(x)]
    assert [calculus.relu(item) for item in x] == value(style, lambda s: s.relu([x])[0])
    assert [calculus.relu(item) for item in x] == [max(0.0, item) for item in x]
    off = [item for item in x if item != 0.0]
    hold("C3", Comparison("complex step", calculus.relu_jacobian(off), complex_jacobian(
        lambda v: WITNESS.relu([v])[0], off)))  # fmt: skip


@styles
@given(st.one_of(NUMBERS, ZEROS_AND_NEAR))
def test_C3_relu_of_a_number(style: Any, x: float) -> None:
    slope = calculus.relu_derivative(x)
    hold("C3", Comparison("engine", slope, gradient(style, lambda s, v: s.relu([[v]])[0][0], x)))
    assert slope == float(x > 0.0)
    if x != 0.0:
        hold("C3", Comparison("complex step", slope, complex_gradient(Complex.relu, x)))


@styles
@given(together(2, FROM_EMPTY, WIDE))
def test_C4_dot(style: Any, drawn: list[list[float]]) -> None:
    """Also step by step: u = w⊙x, y = Σu gives 1ᵀdiag(x)."""
    w, x = drawn
    analytic = in_both_layouts(calculus.dot_gradients, w, x)
    for dot in (lambda s, w, x: s.dot(w, x), lambda s, w, x: s.sum(s.binary("*", w, x))):
        hold("C4", Comparison("engine", analytic, tuple(gradient(style, dot, w, x))))
        terms = sum(abs(p * q) for p, q in zip(w, x))
        found = value(style, lambda s, dot=dot: dot(s, w, x))
        hold("C4", Comparison("w·x", calculus.dot(w, x), found, terms, len(w)))
    by_w, by_x = calculus.elementwise_jacobians("*", w, x)
    for of_u, items, other in ((by_w, analytic[0], x), (by_x, analytic[1], w)):
        assert in_both_layouts(calculus.sum_gradient, of_u, len(x)) == items == other
        ones = calculus.sum_gradient(calculus.identity_jacobian(len(x)), len(x))
        assert calculus.chain_jacobians(ones, of_u) == [items]
    hold("C4", witnessed("w·x", analytic, tuple(complex_gradient(WITNESS.dot, w, x)), None, 1))
    v = [Value(item) for item in x]
    (style.dot(v, v) + 0.0 * Value(1.0)).backward()  # each operand twice
    assert [item.grad for item in v] == [p + q for p, q in zip(*in_both_layouts(calculus.dot_gradients, x, x))]


@styles
@given(together(2, FROM_EMPTY, WIDE), WIDE)
def test_C5_affine(style: Any, drawn: list[list[float]], b: float) -> None:
    w, x = drawn
    analytic = in_both_layouts(calculus.affine_gradients, w, x)
    assert analytic == (x, w, 1.0)
    hold("C5", Comparison("engine", analytic, tuple(gradient(style, lambda s, w, x, b: s.affine(w, x, b), w, x, b))))
    hold("C5", witnessed("z", analytic, tuple(complex_gradient(WITNESS.affine, w, x, b))))
    terms = [*(p * q for p, q in zip(w, x)), b]
    found = value(style, lambda s: s.affine(w, x, b))
    hold("C5", Comparison("value", calculus.affine(w, x, b), found, sum(sizes(terms)), len(terms)))
    assert calculus.affine(w, x, 0.0) == calculus.dot(w, x)


@st.composite
def units(draw: Any) -> tuple[list[float], list[float], float]:
    """w, x and b. In every third draw the bias puts the unit exactly at the kink of relu."""
    kink = draw(st.integers(0, 2)) == 0
    w, x = draw(together(2, FROM_EMPTY, QUARTERS if kink else NUMBERS))
    return w, x, -math.fsum(p * q for p, q in zip(w, x)) if kink else draw(NUMBERS)


@styles
@given(units())
@example(([2.0], [1.5], -3.0))
def test_C6_neuron(style: Any, drawn: tuple[list[float], list[float], float]) -> None:
    w, x, b = drawn
    terms = [*(p * q for p, q in zip(w, x)), b]
    assume(sign_is_certain(terms))
    z = math.fsum(terms)
    analytic = in_both_layouts(calculus.neuron_gradients, w, x, b)
    assert analytic == ((x, w, 1.0) if z > 0.0 else ([0.0] * len(w), [0.0] * len(x), 0.0))
    neuron = lambda s, w, x, b: s.neurons(w, [x], b)[0]  # noqa: E731
    hold("C6", Comparison("engine", analytic, tuple(gradient(style, neuron, w, x, b))))
    found = value(style, lambda s: neuron(s, w, x, b))
    hold("C6", Comparison("value", calculus.neuron(w, x, b), found, sum(sizes(terms)), len(terms)))
    assert calculus.neuron(w, x, b) == max(0.0, calculus.affine(w, x, b))
    # the chain rule of the derivation: ∂activation/∂z · ∂z/∂w
    slope = calculus.relu_derivative(calculus.affine(w, x, b))
    assert slope == engine_gradient(lambda v: style.relu([[v]])[0][0], z)
    for of_z, items in zip(calculus.affine_gradients(w, x), analytic[:2]):
        assert calculus.chain_jacobians([[slope]], of_z) == [items]
    if z != 0.0:
        hold("C6", witnessed("neuron", analytic, tuple(complex_gradient(lambda *v: neuron(WITNESS, *v), w, x, b))))


@styles
@given(st.data(), SIZES, SIZES, SIZES)
def test_C11_matmul(style: Any, data: Any, m: int, n: int, k: int) -> None:
    """Entry (i, j) has the partials W_pj along row i of X, and X_ip along column j of W; elsewhere exactly 0.0."""
    x, w = data.draw(matrices(m, n, WIDE)), data.draw(matrices(n, k, WIDE))
    scale = calculus.matmul(sizes(x), sizes(w))
    hold("C11", Comparison("Y", calculus.matmul(x, w), value(style, lambda s: s.linear(x, w)), scale, n))
    reads_x = [[[[w[p][j] if r == i else 0.0 for p in range(n)] for r in range(m)] for j in range(k)] for i in range(m)]
    reads_w = [[[[x[i][r] if s == j else 0.0 for s in range(k)] for r in range(n)] for j in range(k)] for i in range(m)]
    assert rows(jacobian(style, lambda s, v: s.linear(v, w), x), k) == reads_x
    assert rows(jacobian(style, lambda s, v: s.linear(x, v), w), k) == reads_w
    assert calculus.linear_jacobian_by_inputs(w, m) == reads_x and calculus.linear_jacobian_by_weights(x, k) == reads_w
    by_x = rows(complex_jacobian(lambda v: WITNESS.linear(v, w), x), k)
    by_w = rows(complex_jacobian(lambda v: WITNESS.linear(x, v), w), k)
    hold("C11", witnessed("by X", reads_x, by_x), witnessed("by W", reads_w, by_w))
    for i in range(m):
        for j in range(k):
            assert not any(item for r, row in enumerate(by_x[i][j]) for item in row if r != i)
            assert not any(item for row in by_w[i][j] for s, item in enumerate(row) if s != j)


@styles
@given(st.data(), SIZES, SIZES, SIZES)
def test_C11_matmul_reads_nothing_else(style: Any, data: Any, m: int, n: int, k: int) -> None:
    """Entry (i, j) is the same number where all other rows of X and columns of W are nan; they make the others nan."""
    x, w = data.draw(matrices(m, n, WIDE)), data.draw(matrices(n, k, WIDE))
    i, j = data.draw(st.integers(0, m - 1)), data.draw(st.integers(0, k - 1))
    poisoned_x = [row if r == i else [math.nan] * n for r, row in enumerate(x)]
    poisoned_w = [[item if s == j else math.nan for s, item in enumerate(row)] for row in w]
    for product in (calculus.matmul, lambda x, w: value(style, lambda s: s.linear(x, w))):
        found = product(poisoned_x, poisoned_w)
        assert found[i][j] == product(x, w)[i][j]
        assert all(math.isnan(item) for r, row in enumerate(found) for s, item in enumerate(row) if (r, s) != (i, j))


def test_C11_matmul_of_empty_shapes() -> None:
    assert calculus.matmul([], [[1.0]]) == []
    assert calculus.matmul([[1.0], [2.0]], [[]]) == [[], []]
