"""Section D of the formula ledger with numbers of every size, and on batches that repeat themselves.

All is multiplied by powers of two, of which closed form and engine make exact multiples: what a row says of a batch of
ordinary numbers, it says of huge and of tiny ones too.
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalargrad import calculus, optim
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_gradient, engine_value
from tests.support.drawn import FROM_EMPTY, POWERS, QUARTERS, SIZES, THIRDS, matrices, times, together, vectors
from tests.support.networks import SCALAR, full_rank, gradient, styles, value
from tests.support.witness import hold, in_both_layouts
from tests.test_calculus_d import two_layer_loss, two_layer_scores, two_layers
from tests.test_calculus_d_neuron import cost
from tests.test_calculus_d_published import adam, by_engine, sgd

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

some = settings(max_examples=25)  # an exact law either holds or fails at once


@styles
@some
@given(together(2, SIZES, THIRDS), POWERS)
def test_D1_mse_at_every_size(style: Any, drawn: list[list[float]], c: float) -> None:
    y, guess = drawn
    larger = times(drawn, c)
    assert calculus.mse(*larger) == c * c * calculus.mse(y, guess)
    assert value(style, lambda s: s.mse(*larger)) == c * c * value(style, lambda s: s.mse(y, guess))
    slopes = in_both_layouts(calculus.mse_gradient, y, guess)
    assert in_both_layouts(calculus.mse_gradient, *larger) == times(slopes, c)
    by_engine = [gradient(style, lambda s, v, y=y: s.mse(y, v), guess) for y, guess in (drawn, larger)]
    assert by_engine[1] == times(by_engine[0], c)
    assert calculus.mse(y + y, guess + guess) == calculus.mse(y, guess)  # a batch twice
    assert in_both_layouts(calculus.mse_gradient, y + y, guess + guess) == times(slopes + slopes, 0.5)


@pytest.mark.parametrize("large", [1e160, 1e300, sys.float_info.max / 4.0])
def test_D1_mse_that_overflows(large: float) -> None:
    """The square is inf, as the engine's; the gradient is finite. So too in D5 and D6."""
    assert calculus.mse([large], [-large]) == engine_value(lambda v: SCALAR.mse([large], v), [-large]) == math.inf
    slopes = engine_gradient(lambda v: SCALAR.mse([large], v), [-large])
    assert in_both_layouts(calculus.mse_gradient, [large], [-large]) == slopes == [-4.0 * large]
    assert calculus.neuron_cost([1.0], 0.0, [[large]], [0.0]) == math.inf
    assert calculus.least_squares_cost([1.0], [[large]], [0.0]) == math.inf
    assert calculus.l2(1.0, [[large]]) == math.inf


@styles
def test_D4_l2_regulariser_that_overflows(style: Any) -> None:
    """No square does, but their sum; in D1 the closed form's does too, and the engine's mean is as large as it is."""
    w = [[1.2e154, 1.3e154, 1.3e154]]
    assert calculus.l2(0.5, w) == 0.5 * value(style, lambda s: s.squares(w)) == math.inf
    assert calculus.mse(w[0], [0.0] * 3) == math.inf
    mean = sum(Fraction(item) ** 2 for item in w[0]) / 3
    assert abs(Fraction(value(style, lambda s: s.mse(w[0], [0.0] * 3))) - mean) <= Fraction(1e-15) * mean


@some
@given(st.data(), SIZES, SIZES, st.integers(-1000, 1000))
def test_D2_cross_entropy_of_shifted_scores_and_of_a_batch_twice(data: Any, n: int, k: int, shift: int) -> None:
    """scores + c on quarters is exact: the same loss and gradient to the last bit. Of twice the rows, half of it."""
    scores = data.draw(matrices(n, k, QUARTERS))
    classes = data.draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))
    loss, slopes = calculus.cross_entropy(scores, classes), calculus.cross_entropy_gradient(scores, classes)
    moved = [[item + shift for item in row] for row in scores]
    assert calculus.cross_entropy(moved, classes) == loss
    assert calculus.cross_entropy_gradient(moved, classes) == slopes
    assert calculus.cross_entropy(scores + scores, classes + classes) == loss
    assert calculus.cross_entropy_gradient(scores + scores, classes + classes) == times(slopes + slopes, 0.5)


@styles
@some
@given(st.lists(st.sampled_from([0.0, -0.0, 800.0, -1e4, 1e300, -1e300, 8e307, -8e307]), min_size=1, max_size=4))
def test_D2_cross_entropy_at_every_size(style: Any, row: list[float]) -> None:
    """Scores that are equal or far apart: p is 0, or one share of the largest; the loss is their difference."""
    top, often = max(row), row.count(max(row))
    for c, item in enumerate(row):
        hold("D2", Comparison("loss", calculus.cross_entropy([row], [c]), top - item + math.log(often), None, 1))
        analytic = calculus.cross_entropy_gradient([row], [c])
        shares = [[(item == top) / often - (j == c) for j, item in enumerate(row)]]
        hold("D2", Comparison("S", analytic, shares, 1.0))
        engine = gradient(style, lambda s, v, c=c: s.cross_entropy(v, [c]), [row])
        hold("D2", Comparison("engine", analytic, engine, 1.0, len(row)))
        found = value(style, lambda s, c=c: s.cross_entropy([row], [c]))
        hold("D2", Comparison("value", calculus.cross_entropy([row], [c]), found, top - item + 2.0, len(row)))


@styles
@some
@given(two_layers(), POWERS, POWERS)
def test_D3_two_layer_network_at_every_size(style: Any, drawn: Any, a: float, c: float) -> None:
    """X·a, W1/ac, b1/c, W2·c have the same scores; the gradients are multiplied by ac, c, 1/c and 1."""
    (x, *parameters), classes = drawn
    factors = (1.0 / (a * c), 1.0 / c, c, 1.0)
    larger = [times(each, factor) for each, factor in zip(parameters, factors)]
    scores = calculus.two_layer_scores(x, *parameters)
    assert calculus.two_layer_scores(times(x, a), *larger) == scores
    theirs = value(style, lambda s: two_layer_scores(s, times(x, a), *larger))
    assert theirs == value(style, lambda s: two_layer_scores(s, x, *parameters))
    for once, found in (
        (calculus.two_layer_gradients(x, classes, *parameters),
         calculus.two_layer_gradients(times(x, a), classes, *larger)),
        (gradient(style, lambda s, *v: two_layer_loss(s, x, classes, 0.0)(*v), *parameters),
         gradient(style, lambda s, *v: two_layer_loss(s, times(x, a), classes, 0.0)(*v), *larger)),
    ):  # fmt: skip
        assert list(found) == [times(each, 1.0 / factor) for each, factor in zip(once, factors)]


@some
@given(two_layers())
def test_D3_two_layer_network_of_a_batch_twice_and_of_units_in_another_order(drawn: Any) -> None:
    (x, w1, b1, w2, b2), classes = drawn
    found = by_w1, by_b1, by_w2, by_b2 = calculus.two_layer_gradients(x, classes, w1, b1, w2, b2)
    assert calculus.two_layer_gradients(x + x, classes + classes, w1, b1, w2, b2) == found
    turned = [row[::-1] for row in w1], b1[::-1], w2[::-1], b2
    assert calculus.two_layer_scores(x, *turned) == calculus.two_layer_scores(x, w1, b1, w2, b2)
    by_turned = [row[::-1] for row in by_w1], by_b1[::-1], by_w2[::-1], by_b2
    assert calculus.two_layer_gradients(x, classes, *turned) == by_turned


@styles
@some
@given(st.data(), SIZES, SIZES, POWERS)
def test_D4_l2_regulariser_at_every_size(style: Any, data: Any, m: int, n: int, c: float) -> None:
    w = data.draw(matrices(m, n, THIRDS))
    squares = [value(style, lambda s, w=w: 0.5 * s.squares(w)) for w in (w, times(w, c))]
    assert calculus.l2(0.5, times(w, c)) == c * c * calculus.l2(0.5, w) and squares[1] == c * c * squares[0]
    slopes = gradient(style, lambda s, v: 0.5 * s.squares(v), times(w, c))
    assert calculus.l2_gradient(0.5, times(w, c)) == times(w, c) == slopes
    assert calculus.l2_gradient(c, w) == times(calculus.l2_gradient(1.0, w), c)


@styles
@some
@given(st.data(), SIZES, FROM_EMPTY, POWERS, POWERS)
def test_D5_neuron_cost_at_every_size(style: Any, data: Any, count: int, n: int, a: float, c: float) -> None:
    """X·a, w·c/a, b·c, y·c: C times c², ∂C/∂w times ac, ∂C/∂b times c. And of a batch twice, the same."""
    x, w = data.draw(matrices(count, n, THIRDS)), data.draw(vectors(n, THIRDS))
    b, y = data.draw(THIRDS), data.draw(vectors(count, THIRDS))
    larger = times(w, c / a), b * c, times(x, a), times(y, c)
    found = calculus.neuron_cost(w, b, x, y)
    assert calculus.neuron_cost(*larger) == c * c * found == c * c * calculus.neuron_cost(w, b, x + x, y + y)
    by_w, by_b = in_both_layouts(calculus.neuron_cost_gradients, w, b, x, y)
    assert in_both_layouts(calculus.neuron_cost_gradients, *larger) == (times(by_w, a * c), by_b * c)
    assert in_both_layouts(calculus.neuron_cost_gradients, w, b, x + x, y + y) == (by_w, by_b)
    of_w, of_b = gradient(style, lambda s, w, b: cost(s, x, y)(w, b), w, b)
    assert gradient(style, lambda s, w, b: cost(s, *larger[2:])(w, b), *larger[:2]) == [times(of_w, a * c), of_b * c]


@styles
@some
@given(st.data(), full_rank(), POWERS, POWERS)
def test_D6_least_squares_at_every_size(style: Any, data: Any, drawn: Any, a: float, c: float) -> None:
    """X·a, w·c/a, y·c: C times c², its gradient times ac, its Hessian times a², its solution times c/a."""
    (x, y), w = drawn, data.draw(vectors(len(drawn[0][0]), THIRDS))
    larger = times(w, c / a), times(x, a), times(y, c)
    assert calculus.least_squares_cost(*larger) == c * c * calculus.least_squares_cost(w, x, y)
    slopes = in_both_layouts(calculus.least_squares_gradient, w, x, y)
    assert in_both_layouts(calculus.least_squares_gradient, *larger) == times(slopes, a * c)
    hessian = calculus.least_squares_hessian(x)
    assert calculus.least_squares_hessian(larger[1]) == times(hessian, a * a)
    assert calculus.largest_eigenvalue(times(hessian, a * a)) == a * a * calculus.largest_eigenvalue(hessian)
    assert calculus.least_squares_solution(*larger[1:]) == times(calculus.least_squares_solution(x, y), c / a)
    of = [gradient(style, lambda s, v, x=x, y=y: s.least_squares(v, x, y), w) for w, x, y in ((w, x, y), larger)]
    assert of[1] == times(of[0], a * c)
    assert calculus.least_squares_hessian(x + x) == hessian  # of a batch twice
    assert in_both_layouts(calculus.least_squares_gradient, w, x + x, y + y) == slopes
    step = calculus.gradient_descent_step(w, slopes, 0.25)
    assert calculus.gradient_descent_step(*times([w, slopes], c), 0.25) == times(step, c)
    assert calculus.gradient_descent_step(w, times(slopes, c), 0.25 / c) == step


SGDS: list[dict[str, Any]] = [{}, {"momentum": 0.5}, {"momentum": 0.5, "dampening": 0.25}, {"weight_decay": 0.25},
                              {"momentum": 0.75, "nesterov": True, "weight_decay": 0.125}]  # fmt: skip


@pytest.mark.parametrize("options", SGDS, ids=str)
@some
@given(st.data(), SIZES, st.integers(1, 4), POWERS)
def test_D7_optimisers_sgd_at_every_size(options: Any, data: Any, n: int, steps: int, c: float) -> None:
    """w·c and g·c: a rule that is linear makes c times the step."""
    w, slopes = data.draw(vectors(n, THIRDS)), data.draw(matrices(steps, n, THIRDS))
    found, velocity = sgd(w, slopes, rate=0.3, **options)
    assert sgd(times(w, c), times(slopes, c), rate=0.3, **options) == (times(found, c), times(velocity, c))
    theirs = [by_engine(lambda leaves: optim.SGD(leaves, lr=0.3, **options), *each)[0]
              for each in ((w, slopes), (times(w, c), times(slopes, c)))]  # fmt: skip
    assert theirs[1] == times(theirs[0], c)


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@some
@given(st.data(), SIZES, st.integers(1, 4), POWERS)
def test_D7_optimisers_adam_at_every_size(name: str, data: Any, n: int, steps: int, c: float) -> None:
    """g·c and ε·c: the same w, the moments times c and c². The size of the gradient does not count."""
    w, slopes = data.draw(vectors(n, THIRDS)), data.draw(matrices(steps, n, THIRDS))
    step, make = {"Adam": (calculus.adam_step, optim.Adam), "AdamW": (calculus.adamw_step, optim.AdamW)}[name]
    options = {"betas": (0.7, 0.9), **({"weight_decay": 0.25} if name == "AdamW" else {})}
    found, m, v = adam(step, w, slopes, rate=0.3, epsilon=0.1, **options)
    larger = adam(step, w, times(slopes, c), rate=0.3, epsilon=0.1 * c, **options)
    assert larger == (found, times(m, c), times(v, c * c))
    theirs = [by_engine(lambda leaves, eps=0.1 * size: make(leaves, lr=0.3, eps=eps, **options), w, times(slopes, size))
              for size in (1.0, c)]  # fmt: skip
    assert theirs[1][0] == theirs[0][0]
