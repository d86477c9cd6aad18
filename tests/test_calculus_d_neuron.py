"""Section D of the formula ledger: the cost of one ReLU neuron, and what its gradient says."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from scalargrad import calculus
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import sizes
from tests.support.drawn import FROM_EMPTY, NONZERO, NUMBERS, QUARTERS, SIZES, matrices, sign_is_certain, vectors
from tests.support.networks import WITNESS, gradient, styles, value
from tests.support.witness import complex_gradient, hold, in_both_layouts, witnessed

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

Neuron = tuple[list[float], float, list[list[float]], list[float]]


@st.composite
def neurons(draw: Any) -> Neuron:
    """w, b, inputs and targets. In every other draw the bias puts the first input exactly at the kink of relu."""
    kink, count, n = draw(st.booleans()), draw(SIZES), draw(FROM_EMPTY)
    numbers = QUARTERS if kink else NUMBERS
    w, inputs, targets = draw(vectors(n, numbers)), draw(matrices(count, n, numbers)), draw(vectors(count))
    return w, -math.fsum(p * q for p, q in zip(w, inputs[0])) if kink else draw(NUMBERS), inputs, targets


def terms(w: list[float], b: float, inputs: list[list[float]]) -> list[list[float]]:
    """The terms of w·x + b, for each input."""
    return [[*(p * q for p, q in zip(w, x)), b] for x in inputs]


def cost(style: Any, inputs: Any, targets: Any) -> Any:
    return lambda w, b: style.mse(targets, style.neurons(w, inputs, b))


def scales(w: list[float], b: float, inputs: Any, targets: list[float]) -> tuple[list[float], Any]:
    """The largest error of each input, and the sizes of the terms of ∂C/∂w and ∂C/∂b."""
    count = len(inputs)
    most = [sum(sizes(each)) + abs(y) for each, y in zip(terms(w, b, inputs), targets)]
    by_w = [2.0 / count * sum(e * abs(x) for e, x in zip(most, column)) for column in zip(*inputs)]
    return most, (by_w, 2.0 / count * sum(most))


@styles
@given(neurons())
@example(([2.0], -3.0, [[1.5]], [1.0]))  # z = 0, and the target is not
def test_D5_neuron_cost(style: Any, drawn: Neuron) -> None:
    w, b, inputs, targets = drawn
    count, n = len(inputs), len(w)
    assume(all(map(sign_is_certain, terms(w, b, inputs))))
    analytic = in_both_layouts(calculus.neuron_cost_gradients, w, b, inputs, targets)
    most, scale = scales(w, b, inputs, targets)
    longest = n + count + 2
    engine = tuple(gradient(style, lambda s, w, b: cost(s, inputs, targets)(w, b), w, b))
    hold("D5", Comparison("engine", analytic, engine, scale, longest))
    by_targets = gradient(style, lambda s, y: cost(s, inputs, y)(w, b), targets)
    wanted = in_both_layouts(calculus.mse_gradient, [calculus.neuron(w, x, b) for x in inputs], targets)
    hold("D5", Comparison("by the targets", wanted, by_targets, 2.0 / count * max(most), longest))
    if all(math.fsum(each) != 0.0 for each in terms(w, b, inputs)):
        witness = tuple(complex_gradient(cost(WITNESS, inputs, targets), w, b))
        hold("D5", witnessed("∂C", analytic, witness, scale, longest))
    found, largest = value(style, lambda s: cost(s, inputs, targets)(w, b)), max(most) ** 2
    hold("D5", Comparison("value", calculus.neuron_cost(w, b, inputs, targets), found, largest, longest))


@styles
@given(neurons())
def test_D5_neuron_cost_line_by_line(style: Any, drawn: Neuron) -> None:
    """u = max(0, w·x + b), v = y - u, and C the mean of v²: ∂C/∂w is the mean of 2v·∂v/∂w with ∂v/∂w = -∂u/∂w."""
    w, b, inputs, targets = drawn
    most, (scale, scale_b) = scales(w, b, inputs, targets)
    u = [calculus.neuron(w, x, b) for x in inputs]
    v = [y - item for y, item in zip(targets, u)]
    cost_of_v = calculus.neuron_cost(w, b, inputs, targets)
    hold("D5", Comparison("C", cost_of_v, math.fsum(item * item for item in v) / len(v), max(most) ** 2, 2))
    hold("D5", Comparison("C as D1", cost_of_v, calculus.mse(targets, u), max(most) ** 2, 2))
    of_u = [in_both_layouts(calculus.neuron_gradients, w, x, b) for x in inputs]
    of_v = [([-q for q in row], -slope) for row, _, slope in of_u]
    lines = [([2.0 * item * q for q in row], 2.0 * item * slope) for item, (row, slope) in zip(v, of_v)]
    certain = all(map(sign_is_certain, terms(w, b, inputs)))
    for x, y, size, each, square in zip(inputs, targets, most, of_v, lines) if certain else ():
        by_engine = gradient(style, lambda s, w, b, x=x, y=y: y - s.neurons(w, [x], b)[0], w, b)
        assert tuple(by_engine) == each
        of_square = gradient(style, lambda s, w, b, x=x, y=y: s.mse([y], s.neurons(w, [x], b)), w, b)
        sums = [2.0 * size * abs(q) for q in x], 2.0 * size
        hold("D5", Comparison("2v·∂v/∂w", square, tuple(of_square), sums, len(w) + 2))
    by_w, by_b = in_both_layouts(calculus.neuron_cost_gradients, w, b, inputs, targets)
    hold("D5", Comparison("∂C/∂w", by_w, [math.fsum(c) / len(v) for c in zip(*(row for row, _ in lines))], scale, 3))
    hold("D5", Comparison("∂C/∂b", by_b, math.fsum(slope for _, slope in lines) / len(v), scale_b, 3))


@styles
@given(neurons())
def test_D8_remarks_zero_error_is_zero_gradient(style: Any, drawn: Neuron) -> None:
    """Of the closed form at its own outputs, and of the engine at its own, exactly."""
    w, b, inputs, _ = drawn
    own = [calculus.neuron(w, x, b) for x in inputs]
    assert calculus.neuron_cost(w, b, inputs, own) == 0.0
    at_least = in_both_layouts(calculus.neuron_cost_gradients, w, b, inputs, own)
    assert at_least == ([0.0] * len(w), 0.0)
    assert calculus.gradient_descent_step(w, calculus.neuron_cost_gradients(w, b, inputs, own)[0], 0.5) == w
    engines = value(style, lambda s: s.neurons(w, inputs, b))
    assert tuple(gradient(style, lambda s, w, b: cost(s, inputs, engines)(w, b), w, b)) == at_least
    _, scale = scales(w, b, inputs, own)
    found = tuple(gradient(style, lambda s, w, b: cost(s, inputs, own)(w, b), w, b))
    hold("D8", Comparison("engine", at_least, found, scale, len(w) + len(inputs) + 2))


@styles
@given(st.data(), SIZES, SIZES)
def test_D8_remarks_zero_gradient_is_not_zero_error(style: Any, data: Any, count: int, n: int) -> None:
    """A dead unit: w·x + b < 0 for all inputs. Its gradient is exactly 0, its cost the mean of the targets' squares."""
    w, inputs = data.draw(vectors(n)), data.draw(matrices(count, n))
    targets = data.draw(vectors(count, NONZERO))
    b = -1.0 - max(sum(abs(p * q) for p, q in zip(w, x)) for x in inputs)
    dead = [0.0] * n, 0.0
    assert in_both_layouts(calculus.neuron_cost_gradients, w, b, inputs, targets) == dead
    assert tuple(gradient(style, lambda s, w, b: cost(s, inputs, targets)(w, b), w, b)) == dead
    assert tuple(complex_gradient(cost(WITNESS, inputs, targets), w, b)) == dead
    found, squares = calculus.neuron_cost(w, b, inputs, targets), math.fsum(y * y for y in targets) / count
    assert found > 0.0
    hold("D8", Comparison("C", found, squares, None, count))
    hold("D8", Comparison("engine's C", found, value(style, lambda s: cost(s, inputs, targets)(w, b)), None, count))
    assert calculus.gradient_descent_step(w, calculus.neuron_cost_gradients(w, b, inputs, targets)[0], 0.5) == w


@st.composite
def alive(draw: Any) -> tuple[list[float], float, list[float], float]:
    """w, b and an input whose output is 1 or more, in quarters, and an error of at most 1/2 that is not 0."""
    n = draw(SIZES)
    w, x = draw(vectors(n, QUARTERS)), draw(vectors(n, QUARTERS))
    error = draw(st.sampled_from([-0.5, -0.25, -0.125, 0.125, 0.25, 0.5]))
    return w, 1.0 + sum(abs(p * q) for p, q in zip(w, x)), x, error


@styles
@given(alive(), st.sampled_from([0.5, 1.0, 2.0, 8.0]))
def test_D8_remarks_the_step_goes_against_the_error(style: Any, drawn: Any, larger: float) -> None:
    """Of one input the gradient is 2e·xᵀ and the step -2ηe·x; it brings the output nearer, from e to e(1-2η(‖x‖²+1)).

    On quarters, and by powers of two, all of it is exact.
    """
    w, b, x, error = drawn
    target = [calculus.neuron(w, x, b) - error]
    by_w, by_b = in_both_layouts(calculus.neuron_cost_gradients, w, b, [x], target)
    assert (by_w, by_b) == ([2.0 * error * item for item in x], 2.0 * error)
    assert (by_w, by_b) == tuple(gradient(style, lambda s, w, b: cost(s, [x], target)(w, b), w, b))
    zeros = [0.0] * len(x)
    for form in (by_w, [by_w], [[item] for item in by_w]):
        assert calculus.gradient_descent_step(zeros, form, 0.5) == [-error * item for item in x]
    # an error that is larger by a factor makes a step that is larger by that factor
    farther = [calculus.neuron(w, x, b) - larger * error]
    more = in_both_layouts(calculus.neuron_cost_gradients, w, b, [x], farther)
    assert more == ([larger * item for item in by_w], larger * by_b)
    # ‖x‖² + 1 is at most 4·9 + 1, so with η = 2⁻⁷ the error keeps its sign, and the unit stays alive
    rate = 2.0**-7
    moved = calculus.gradient_descent_step(w, [by_w], rate)
    (offset,) = calculus.gradient_descent_step([b], [by_b], rate)
    after = calculus.neuron(moved, x, offset) - target[0]
    assert after == error * (1.0 - 2.0 * rate * (sum(item * item for item in x) + 1.0))
    assert 0.0 < after / error < 1.0
    assert calculus.neuron_cost(moved, offset, [x], target) < calculus.neuron_cost(w, b, [x], target)


@styles
@given(neurons())
def test_D8_remarks_the_gradient_is_a_mean_weighted_by_the_errors(style: Any, drawn: Neuron) -> None:
    """(2/N)Σeᵢxᵢ: the mean of the gradients of the inputs one by one. Inputs that are not active have no weight."""
    w, b, inputs, targets = drawn
    assume(all(map(sign_is_certain, terms(w, b, inputs))))
    count = len(inputs)
    _, scale = scales(w, b, inputs, targets)
    found = in_both_layouts(calculus.neuron_cost_gradients, w, b, inputs, targets)
    outputs = [math.fsum(each) for each in terms(w, b, inputs)]
    errors = [z - y if z > 0.0 else 0.0 for z, y in zip(outputs, targets)]
    weighted = [2.0 / count * math.fsum(e * x for e, x in zip(errors, column)) for column in zip(*inputs)]
    by_b = 2.0 / count * math.fsum(errors)
    hold("D8", Comparison("(2/N)Σeᵢxᵢ", found, (weighted, by_b), scale, 1))
    singly = [in_both_layouts(calculus.neuron_cost_gradients, w, b, [x], [y]) for x, y in zip(inputs, targets)]
    mean = [math.fsum(column) / count for column in zip(*(each for each, _ in singly))]
    hold("D8", Comparison("mean", found, (mean, math.fsum(each for _, each in singly) / count), scale, 1))
    active = [k for k, z in enumerate(outputs) if z > 0.0]
    asleep = [x if k in active else [0.0] * len(w) for k, x in enumerate(inputs)]
    if b <= 0.0:  # so that an input of zeros is not active either
        assert in_both_layouts(calculus.neuron_cost_gradients, w, b, asleep, targets) == found
    engine = tuple(gradient(style, lambda s, w, b: cost(s, inputs, targets)(w, b), w, b))
    hold("D8", Comparison("engine", found, engine, scale, len(w) + count + 2))
    signs = {math.copysign(1.0, errors[k]) for k in active if errors[k]}
    if len(signs) == 1:  # all errors of one sign: so is the gradient by b, and b moves against them
        assert math.copysign(1.0, found[1]) == signs.pop()
