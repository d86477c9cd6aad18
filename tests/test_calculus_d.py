"""Section D of the formula ledger: losses, networks and steps. Analytic form, engine and numerical witness together."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, calculus, losses, optim
from scalargrad.ledger.checks import sizes
from scalargrad.ledger.checks_networks import network_scale
from scalargrad.ledger.compare import Comparison, engine_gradient
from tests.support.drawn import (
    FROM_EMPTY,
    NUMBERS,
    QUARTERS,
    SIZES,
    WIDE,
    matrices,
    reals,
    sign_is_certain,
    together,
    vectors,
)
from tests.support.networks import BULK, WITNESS, gradient, styles, value
from tests.support.witness import complex_gradient, hold, witnessed


@styles
@given(together(2, SIZES, WIDE))
def test_D1_mse(style: Any, drawn: list[list[float]]) -> None:
    y, guess = drawn
    analytic = calculus.mse_gradient(y, guess)
    hold("D1", Comparison("engine", analytic, gradient(style, lambda s, v: s.mse(y, v), guess)))
    by_target = gradient(style, lambda s, v: s.mse(v, guess), y)
    hold("D1", Comparison("by y", [-item for item in analytic], by_target))
    hold("D1", witnessed("by ŷ", analytic, complex_gradient(lambda v: WITNESS.mse(y, v), guess), None, 2))
    hold("D1", Comparison("value", calculus.mse(y, guess), value(style, lambda s: s.mse(y, guess)), None, len(y)))


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


def two_layer_loss(style: Any, x: Any, classes: list[int], regularisation: float) -> Any:
    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        scores = style.linear(style.relu(style.linear(x, w1, b1)), w2, b2)
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


def test_D3_two_layer_network_with_empty_shapes() -> None:
    """No hidden unit: the scores are b2; the gradients keep their parameters' shapes."""
    found = calculus.two_layer_gradients([[1.0], [2.0]], [0, 1], [[]], [], [], [0.0, 0.0])
    assert found == ([[]], [], [], [0.0, 0.0])
    assert calculus.two_layer_scores([], [[1.0]], [0.0], [[1.0]], [0.0]) == []


@styles
@given(two_layers(), st.sampled_from([0.0, 0.001, 0.5, 1.0, 3.0]))
def test_D4_l2_regulariser(style: Any, drawn: Any, regularisation: float) -> None:
    hold_two_layers("D4", style, drawn, regularisation)
    _, w1, _, w2, _ = drawn[0]
    found = gradient(style, lambda s, v, w: regularisation * s.squares(v, w), w1, w2)
    analytic = [calculus.l2_gradient(regularisation, w) for w in (w1, w2)]
    hold("D1", Comparison("regulariser alone", analytic, found))
    found = value(style, lambda s: regularisation * s.squares(w1, w2))
    hold("D1", Comparison("value", calculus.l2(regularisation, w1, w2), found, None, 32))


@st.composite
def neurons(draw: Any) -> tuple[list[float], float, list[list[float]], list[float]]:
    """w, b, inputs and targets. In every other draw the bias puts the first input exactly at the kink of relu."""
    kink, count, n = draw(st.booleans()), draw(SIZES), draw(FROM_EMPTY)
    numbers = QUARTERS if kink else NUMBERS
    w, inputs, targets = draw(vectors(n, numbers)), draw(matrices(count, n, numbers)), draw(vectors(count))
    return w, -math.fsum(p * q for p, q in zip(w, inputs[0])) if kink else draw(NUMBERS), inputs, targets


@styles
@given(neurons())
@example(([2.0], -3.0, [[1.5]], [1.0]))  # z = 0, and the target is not
def test_D5_neuron_cost(style: Any, drawn: Any) -> None:
    w, b, inputs, targets = drawn
    count, n = len(inputs), len(w)
    terms = [[*(p * q for p, q in zip(w, x)), b] for x in inputs]
    assume(all(map(sign_is_certain, terms)))
    analytic = calculus.neuron_cost_gradients(w, b, inputs, targets)
    most = [sum(sizes(each)) + abs(y) for each, y in zip(terms, targets)]
    scale = [2.0 / count * sum(e * abs(x) for e, x in zip(most, column)) for column in zip(*inputs)]
    scales = scale, 2.0 / count * sum(most)

    def cost(s: Any, w: Any, b: Any, y: Any = targets) -> Any:
        return s.mse(y, s.neurons(w, inputs, b))

    hold("D5", Comparison("engine", analytic, tuple(gradient(style, cost, w, b)), scales, n + count + 2))
    by_targets = gradient(style, lambda s, y: cost(s, w, b, y), targets)
    wanted = calculus.mse_gradient([calculus.relu(calculus.affine(w, x, b)) for x in inputs], targets)
    hold("D5", Comparison("by the targets", wanted, by_targets, 2.0 / count * max(most), n + count + 2))
    if all(math.fsum(each) != 0.0 for each in terms):
        hold(
            "D5",
            witnessed(
                "∂C", analytic, tuple(complex_gradient(lambda w, b: cost(WITNESS, w, b), w, b)), scales, n + count + 2
            ),
        )
    found, largest = value(style, lambda s: cost(s, w, b)), max(most) ** 2
    hold("D5", Comparison("value", calculus.neuron_cost(w, b, inputs, targets), found, largest, n + count + 2))


def solved(inputs: list[list[float]], targets: list[float]) -> list[float]:
    """The least-squares solution by Gaussian elimination on fractions: exact, then rounded."""
    columns = [[Fraction(item) for item in column] for column in zip(*inputs)]
    system = [[sum(p * q for p, q in zip(a, b)) for b in [*columns, [Fraction(y) for y in targets]]] for a in columns]
    for i, pivot in enumerate(system):
        pivot[:] = [item / pivot[i] for item in pivot]  # positive definite: no pivot is 0
        for k, row in enumerate(system):
            if k != i:
                row[:] = [p - row[i] * q for p, q in zip(row, pivot)]
    return [float(row[-1]) for row in system]


@styles
@settings(max_examples=25)
@given(st.data(), SIZES, st.sampled_from([0.25, 1.0, 1.75]))
def test_D6_gradient_descent(style: Any, data: Any, n: int, fraction: float) -> None:
    """Xw = y, with X of full rank: diagonal rows from 1 to 2 over others. The rate is below 2/trace <= 2/λmax."""
    tops = data.draw(vectors(n, st.sampled_from([1.0, 1.5, 2.0])))
    inputs = [[top if i == j else 0.0 for j in range(n)] for i, top in enumerate(tops)]
    inputs += data.draw(st.lists(vectors(n, QUARTERS.map(lambda x: x / 3.0)), max_size=2))
    targets, start = data.draw(vectors(len(inputs))), data.draw(vectors(n))
    hessian = calculus.least_squares_hessian(inputs)
    trace, count = math.fsum(hessian[k][k] for k in range(n)), len(inputs)
    rate = fraction / trace

    def loss(s: Any, v: Any) -> Any:
        return s.mse(targets, s.dots(inputs, v))

    def cost(v: Any) -> Any:
        return loss(style, v)

    analytic = calculus.least_squares_gradient(start, inputs, targets)
    most = [sum(abs(p * q) for p, q in zip(x, start)) + abs(y) for x, y in zip(inputs, targets)]
    scale = [2.0 / count * sum(e * abs(p) for e, p in zip(most, column)) for column in zip(*inputs)]
    hold("D6", Comparison("∂C/∂w", analytic, gradient(style, loss, start), scale, n + count))
    hold("D6", witnessed("∂C/∂w", analytic, complex_gradient(lambda v: loss(WITNESS, v), start), scale, n + count))

    moved = calculus.gradient_descent_step(start, analytic, rate)
    falls = rate * (1.0 - fraction / 2.0) * sum(g * g for g in analytic)  # at least, since λmax <= trace
    assert cost(moved) <= cost(start) - falls + (n + count) * 8.0 * 2.0**-52 * max(most) ** 2

    leaves = [Value(item) for item in start]
    descent, w = optim.SGD(leaves, lr=rate), start
    size = 2.0 / count * 3.0 * count * (3.0 * n * max(map(abs, start), default=0.0) + 3.0 + 10.0)
    for _ in range(5):
        w = calculus.gradient_descent_step(w, calculus.least_squares_gradient(w, inputs, targets), rate)
        descent.zero_grad()
        cost(leaves).backward()
        descent.step()
    hold("D6", Comparison("five steps", w, [leaf.data for leaf in leaves], 5.0 * rate * size, n + count))

    # an error is multiplied by 1 - rate·λ: λmin >= 2/N, as the tops are >= 1, and rate·λmax <= fraction
    least = min(rate * 2.0 / count, 2.0 - fraction)
    for _ in range(steps := math.ceil(36.0 / least)):
        w = calculus.gradient_descent_step(w, calculus.least_squares_gradient(w, inputs, targets), rate)
    exact = solved(inputs, targets)
    left = (1.0 - least) ** steps * math.dist(exact, start) + (n + count) * 4.0 * 2.0**-52 * rate * size / least
    assert math.dist(w, exact) <= left


@given(st.data(), SIZES, SIZES)
def test_D6_gradient_descent_lowers_a_smooth_loss(data: Any, n: int, k: int) -> None:
    """Cross-entropy by its scores: curvature at most 1, so a step of η < 2 lowers it by η(1 - η/2)·‖gradient‖²."""
    scores = data.draw(matrices(n, k))
    classes = data.draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))
    gradient = engine_gradient(lambda v: sg.mean([-sg.log_softmax(row)[c] for row, c in zip(v, classes)]), scores)
    moved = [calculus.gradient_descent_step(row, slope, 0.5) for row, slope in zip(scores, gradient)]
    falls = 0.5 * 0.75 * sum(g * g for row in gradient for g in row)
    assert calculus.cross_entropy(moved, classes) <= calculus.cross_entropy(scores, classes) - falls + 64.0 * 2.0**-52
