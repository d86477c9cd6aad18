"""Section D of the formula ledger: losses and the two-layer network. Analytic form, engine and witness together.

The neuron is in test_calculus_d_neuron.py, gradient descent in test_calculus_d_descent.py, the optimisers' steps in
test_calculus_steps.py.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scalargrad import calculus, losses
from scalargrad.ledger.chapters.networks import network_scale
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_gradient, sizes
from tests.support.drawn import NUMBERS, QUARTERS, SIZES, WIDE, matrices, reals, sign_is_certain, together, vectors
from tests.support.networks import BULK, WITNESS, gradient, styles, value
from tests.support.witness import complex_gradient, hold, in_both_layouts, witnessed

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend


@styles
@given(together(2, SIZES, WIDE))
def test_D1_mse(style: Any, drawn: list[list[float]]) -> None:
    y, guess = drawn
    analytic = in_both_layouts(calculus.mse_gradient, y, guess)
    hold("D1", Comparison("engine", analytic, gradient(style, lambda s, v: s.mse(y, v), guess)))
    by_target = gradient(style, lambda s, v: s.mse(v, guess), y)
    hold("D1", Comparison("by y", [-item for item in analytic], by_target))
    hold("D1", witnessed("by ŷ", analytic, complex_gradient(lambda v: WITNESS.mse(y, v), guess), None, 2))
    hold("D1", Comparison("value", calculus.mse(y, guess), value(style, lambda s: s.mse(y, guess)), None, len(y)))


def test_D1_mse_of_no_number_has_no_gradient() -> None:
    assert in_both_layouts(calculus.mse_gradient, [], []) == []


def cross_entropies(draw: Any) -> tuple[list[list[float]], list[int]]:
    count, k = draw(SIZES), draw(SIZES)
    scores = draw(matrices(count, k, st.one_of(NUMBERS, st.floats(-800.0, 800.0))))
    return scores, draw(st.lists(st.integers(0, k - 1), min_size=count, max_size=count))


@styles
@given(st.data())
def test_D2_cross_entropy(style: Any, data: Any) -> None:
    scores, classes = cross_entropies(data.draw)
    n, k = len(scores), len(scores[0])
    analytic = calculus.cross_entropy_gradient(scores, classes)
    scale = [[(p + (j == c)) / n for j, p in enumerate(calculus.softmax(row))] for row, c in zip(scores, classes)]
    engine = gradient(style, lambda s, v: s.cross_entropy(v, classes), scores)
    hold("D2", Comparison("engine", analytic, engine, scale, k))
    if style is BULK:  # and with the classes as probabilities
        certain = [[float(j == c) for j in range(k)] for c in classes]
        engine = engine_gradient(lambda v: losses.cross_entropy(v, certain), scores)
        hold("D2", Comparison("of probabilities", analytic, engine, scale, k))
        each = value(style, lambda s: losses.cross_entropy(scores, certain, "none"))
        wanted = [calculus.cross_entropy([row], [c]) for row, c in zip(scores, classes)]
        hold(
            "D2", Comparison("of each row", wanted, each, 4.0 + 2.0 * max(map(abs, [x for r in scores for x in r])), k)
        )
    wanted, most = calculus.cross_entropy(scores, classes), 2.0 + 2.0 * max(abs(item) for row in scores for item in row)
    hold("D2", Comparison("value", wanted, value(style, lambda s: s.cross_entropy(scores, classes)), most, k))
    for row, sums in zip(analytic, scale):
        hold("D2", Comparison("row", math.fsum(row), 0.0, sum(sums), k))
    if most <= 60.0:  # the witness takes exp of a rounded difference
        witness = complex_gradient(lambda v: WITNESS.cross_entropy(v, classes), scores)
        hold("D2", witnessed("scores", analytic, witness, [[most * item for item in row] for row in scale], 2 * k))


def test_D2_cross_entropy_of_no_row() -> None:
    assert calculus.cross_entropy_gradient([], []) == []


SMALL = reals(1.0).map(lambda x: x / 2.0)


@st.composite
def two_layers(draw: Any) -> tuple[list[Any], list[int]]:
    """X, W1, b1, W2, b2 and the classes; no sign of a hidden unit is left to rounding."""
    n, d, h, k = (draw(SIZES) for _ in range(4))
    x, w1, b1 = draw(matrices(n, d, SMALL)), draw(matrices(d, h, SMALL)), draw(vectors(h, SMALL))
    for row in x:
        for column, b in zip(zip(*w1), b1):
            assume(sign_is_certain([b, *(p * q for p, q in zip(row, column))]))
    classes = draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))
    return [x, w1, b1, draw(matrices(h, k, SMALL)), draw(vectors(k, SMALL))], classes


def two_layer_scores(style: Any, x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    return style.linear(style.relu(style.linear(x, w1, b1)), w2, b2)


def two_layer_loss(style: Any, x: Any, classes: list[int], regularisation: float) -> Any:
    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        scores = two_layer_scores(style, x, w1, b1, w2, b2)
        return style.cross_entropy(scores, classes) + regularisation * style.squares(w1, w2)

    return loss


NAMES = ("W1", "b1", "W2", "b2")


def at_a_kink(x: Any, w1: Any, b1: Any) -> bool:
    """Whether a hidden unit is at 0, where only the convention has a derivative."""
    return any(math.fsum([b, *(p * q for p, q in zip(row, column))]) == 0.0
               for row in x for column, b in zip(zip(*w1), b1))  # fmt: skip


def hold_two_layers(row: str, style: Any, drawn: Any, regularisation: float) -> None:
    (x, *parameters), classes = drawn
    analytic = calculus.two_layer_gradients(x, classes, *parameters, regularisation)
    scale, n = network_scale(x, *parameters, regularisation)
    engine = gradient(style, lambda s, *v: two_layer_loss(s, x, classes, regularisation)(*v), *parameters)
    hold(row, *(Comparison(*each, n) for each in zip(NAMES, analytic, engine, scale)))
    if not at_a_kink(x, *parameters[:2]):
        witness = complex_gradient(two_layer_loss(WITNESS, x, classes, regularisation), *parameters)
        hold(row, *(witnessed(*each, 2 * n) for each in zip(NAMES, analytic, witness, scale)))
    found = value(style, lambda s: two_layer_loss(s, x, classes, regularisation)(*parameters))
    most = max(scale[3]) * len(x) + regularisation * sum(p * p for w in parameters[::2] for r in w for p in r) + 1.0
    hold(row, Comparison("loss", calculus.two_layer_loss(x, classes, *parameters, regularisation), found, most, n))


@styles
@given(two_layers())
def test_D3_two_layer_network(style: Any, drawn: Any) -> None:
    hold_two_layers("D3", style, drawn, 0.0)
    (x, *parameters), classes = drawn
    assert calculus.two_layer_gradients(x, classes, *parameters) == calculus.two_layer_gradients(
        x, classes, *parameters, regularisation=0.0
    )
    assert calculus.two_layer_loss(x, classes, *parameters) == calculus.cross_entropy(
        calculus.two_layer_scores(x, *parameters), classes
    )


@styles
@given(two_layers())
def test_D3_two_layer_network_scores(style: Any, drawn: Any) -> None:
    """h·W2 + b2 by its values: a shift of all scores, which no loss and no gradient shows, is seen here."""
    x, w1, b1, w2, b2 = arguments = drawn[0]
    analytic = calculus.two_layer_scores(*arguments)
    hidden = calculus.linear(sizes(x), sizes(w1), sizes(b1))
    scale, n = calculus.linear(hidden, sizes(w2), sizes(b2)), max(len(w1), len(w2)) + 1
    comparison = Comparison("scores", analytic, value(style, lambda s: two_layer_scores(s, *arguments)), scale, 2 * n)
    hold("D3", comparison)
    shifted = [[item + 1.0 for item in row] for row in analytic]
    assert len(comparison._replace(analytic=shifted).misses(8.0)) == len(x) * len(b2)
    h = [[calculus.relu(calculus.affine(column, row, b)) for column, b in zip(zip(*w1), b1)] for row in x]
    by_units = [[calculus.affine(column, row, b) for column, b in zip(zip(*w2), b2)] for row in h]
    assert analytic == by_units


@styles
@given(two_layers())
def test_D3_two_layer_network_factor_by_factor(style: Any, drawn: Any) -> None:
    """S by the scores; hᵀS is the four-index ∂scores/∂W2 pulled back; SW2ᵀ by h; and (SW2ᵀ)⊙1[h > 0] by XW1 + b1."""
    (x, w1, b1, w2, b2), classes = drawn
    z = calculus.linear(x, w1, b1)
    h = [[calculus.relu(item) for item in row] for row in z]
    scores = calculus.linear(h, w2, b2)
    s = calculus.cross_entropy_gradient(scores, classes)
    scale, n = network_scale(x, w1, b1, w2, b2)
    of_scores = [scale[3] for _ in x]  # no entry of S is larger than the sum of its column's sizes
    hold("D3", Comparison("S", s, gradient(style, lambda t, v: t.cross_entropy(v, classes), scores), of_scores, n))
    found = calculus.two_layer_gradients(x, classes, w1, b1, w2, b2)
    four = calculus.linear_jacobian_by_weights(h, len(b2))
    pulled = [[math.fsum(s[i][j] * four[i][j][r][c] for i in range(len(x)) for j in range(len(b2)))
               for c in range(len(b2))] for r in range(len(b1))]  # fmt: skip
    hold("D3", Comparison("hᵀS", found[2], pulled, scale[2], n))
    assert found[3] == [math.fsum(column) for column in zip(*s)]
    by_h, _, _ = calculus.linear_backward(h, w2, s)
    most = [[math.fsum(a * (1.0 + abs(b)) for a, b in zip(scale[3], row)) for row in w2] for _ in x]
    from_h = lambda t, v: t.cross_entropy(t.linear(v, w2, b2), classes)  # noqa: E731
    hold("D3", Comparison("SW2ᵀ", by_h, gradient(style, from_h, h), most, n))
    masked = [[g * calculus.relu_derivative(item) for g, item in zip(*pair)] for pair in zip(by_h, z)]
    from_z = lambda t, v: t.cross_entropy(t.linear(t.relu(v), w2, b2), classes)  # noqa: E731
    hold("D3", Comparison("(SW2ᵀ)⊙1[h > 0]", masked, gradient(style, from_z, z), most, n))
    assert found[1] == [math.fsum(column) for column in zip(*masked)]
    assert found[0] == calculus.linear_backward(x, w1, masked)[1]


def test_D3_two_layer_network_with_empty_shapes() -> None:
    """No hidden unit: the scores are b2; the gradients keep their parameters' shapes."""
    found = calculus.two_layer_gradients([[1.0], [2.0]], [0, 1], [[]], [], [], [0.0, 0.0])
    assert found == ([[]], [], [], [0.0, 0.0])
    assert calculus.two_layer_scores([], [[1.0]], [0.0], [[1.0]], [0.0]) == []
    nothing = calculus.two_layer_gradients([], [], [], [1.0], [[1.0, 2.0]], [3.0, 4.0])
    assert nothing == ([], [0.0], [[0.0, 0.0]], [0.0, 0.0])
    assert calculus.two_layer_gradients([], [], [[]], [], [], [3.0, 4.0]) == ([[]], [], [], [0.0, 0.0])


@styles
@given(two_layers(), st.sampled_from([0.0, 0.001, 0.5, 1.0, 3.0]))
def test_D4_l2_regulariser(style: Any, drawn: Any, regularisation: float) -> None:
    hold_two_layers("D4", style, drawn, regularisation)
    _, w1, _, w2, _ = drawn[0]
    found = gradient(style, lambda s, v, w: regularisation * s.squares(v, w), w1, w2)
    analytic = [calculus.l2_gradient(regularisation, w) for w in (w1, w2)]
    hold("D1", Comparison("regulariser alone", analytic, found))
    hold("D1", witnessed("regulariser alone", analytic, complex_gradient(
        lambda v, w: regularisation * WITNESS.squares(v, w), w1, w2)))  # fmt: skip
    found = value(style, lambda s: regularisation * s.squares(w1, w2))
    hold("D1", Comparison("value", calculus.l2(regularisation, w1, w2), found, None, 32))


@styles
@given(st.data(), st.sampled_from([0.0, 0.001, 0.5, 1.0, 3.0]), st.integers(1, 3))
def test_D4_l2_regulariser_of_any_number_of_matrices(style: Any, data: Any, regularisation: float, count: int) -> None:
    """The squares of one, two and three matrices, of shapes of their own, and the gradient by each."""
    ws = [data.draw(matrices(data.draw(SIZES), data.draw(SIZES))) for _ in range(count)]
    found = value(style, lambda s: regularisation * s.squares(*ws))
    hold("D4", Comparison("value", calculus.l2(regularisation, *ws), found, None, 2 * count))
    by_each = gradient(style, lambda s, *vs: regularisation * s.squares(*vs), *ws)
    by_each = by_each if count > 1 else [by_each]
    hold("D4", Comparison("∂", [calculus.l2_gradient(regularisation, w) for w in ws], by_each))


@given(st.data(), st.integers(0, 4))
def test_D4_l2_regulariser_is_a_sum_over_the_matrices(data: Any, count: int) -> None:
    """On quarters, exactly: the squares of all; of no matrix, 0."""
    ws = [data.draw(matrices(data.draw(SIZES), data.draw(SIZES), QUARTERS)) for _ in range(count)]
    assert calculus.l2(0.5, *ws) == sum(calculus.l2(0.5, w) for w in ws)
    assert calculus.l2(1.0, *ws) == sum(item * item for w in ws for row in w for item in row)
    assert calculus.l2(0.5, *ws, [], [[]]) == calculus.l2(0.5, *ws)
    assert calculus.l2_gradient(0.5, []) == [] and calculus.l2_gradient(0.5, [[], []]) == [[], []]
