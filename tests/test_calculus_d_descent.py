"""Row D6 of the formula ledger: the step of gradient descent, and where its loop arrives or does not."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, calculus, optim
from scalargrad.calculus.shapes import gradient_of, items_of
from scalargrad.ledger.compare import EPSILON, Comparison
from scalargrad.ledger.engine import engine_gradient
from tests.support.drawn import FROM_EMPTY, SIZES, WIDE, matrices, vectors
from tests.support.networks import full_rank, residual_sizes, solved, styles
from tests.support.witness import hold

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend


@given(st.lists(WIDE, max_size=5))
def test_D6_gradients_as_rows_columns_and_flat(x: list[float]) -> None:
    """A row 1×n and a column n×1 have the numbers of the flat list, in its order."""
    row, column = gradient_of(x, "numerator"), gradient_of(x, "denominator")
    assert row == [x] and column == [[item] for item in x]
    assert items_of(row) == items_of(column) == items_of(x) == x
    assert items_of(tuple(x)) == x and items_of(x) is not x


@given(st.data(), FROM_EMPTY, st.sampled_from([0.0, 0.001, 0.5, 2.0]))
def test_D6_gradient_descent_step(data: Any, n: int, rate: float) -> None:
    """w - η∂C/∂w of a gradient as a row, as a column and flat; and the engine's SGD with that gradient."""
    w, slopes = data.draw(vectors(n, WIDE)), data.draw(vectors(n, WIDE))
    found = calculus.gradient_descent_step(w, slopes, rate)
    for form in ([slopes], [[item] for item in slopes]):
        assert calculus.gradient_descent_step(w, form, rate) == found
    assert len(found) == n
    scale = [abs(a) + rate * abs(g) for a, g in zip(w, slopes)]
    exact = [float(Fraction(a) - Fraction(rate) * Fraction(g)) for a, g in zip(w, slopes)]
    hold("D6", Comparison("exact", found, exact, scale))
    if n:
        leaves = [Value(item) for item in w]
        sg.dot(slopes, leaves).backward()  # has that gradient
        optim.SGD(leaves, lr=rate).step()
        hold("D6", Comparison("SGD", found, [leaf.data for leaf in leaves], scale))


def descended(w: list[float], inputs: Any, targets: Any, rate: float, steps: int) -> list[float]:
    """w after some steps of the ledger's rule."""
    for _ in range(steps):
        w = calculus.gradient_descent_step(w, calculus.least_squares_gradient(w, inputs, targets), rate)
    return w


def trained(style: Any, w: list[float], inputs: Any, targets: Any, rate: float, steps: int) -> list[float]:
    """w after some steps of the engine's SGD."""
    leaves = [Value(item) for item in w]
    descent = optim.SGD(leaves, lr=rate)
    for _ in range(steps):
        descent.zero_grad()
        style.least_squares(leaves, inputs, targets).backward()
        descent.step()
    return [leaf.data for leaf in leaves]


@styles
@settings(max_examples=25)
@given(st.data(), full_rank(), st.sampled_from([0.25, 1.0, 1.75, 1.9]))
def test_D6_gradient_descent(style: Any, data: Any, drawn: Any, fraction: float) -> None:
    """At η = fraction/λmax below 2/λmax: each step lowers C, and the loop reaches the solution of full rank."""
    inputs, targets = drawn
    n, count = len(inputs[0]), len(inputs)
    start, exact = data.draw(vectors(n)), solved(inputs, targets)
    hessian = calculus.least_squares_hessian(inputs)
    rate = fraction / float(np.linalg.eigvalsh(np.array(hessian))[-1])

    analytic = calculus.least_squares_gradient(start, inputs, targets)
    most = max(residual_sizes(start, inputs, targets))
    moved = calculus.gradient_descent_step(start, analytic, rate)
    falls = rate * (1.0 - fraction / 2.0) * sum(g * g for g in analytic[0])
    for cost in (style.least_squares, calculus.least_squares_cost):
        # the step is at most fraction·‖Xw - y‖/‖X‖
        largest = most * (1.0 + fraction * math.sqrt(n * count))
        found = [cost(w, inputs, targets) for w in (start, moved)]
        assert found[1] <= found[0] - falls + (n + count) * 8.0 * EPSILON * largest**2

    # no step leads farther from the solution; entries of X are at most 2
    reach = math.hypot(*exact) + math.dist(exact, start)
    size = rate * 4.0 * (2.0 * n * reach + 3.0) + reach  # of what one step adds up
    five = descended(start, inputs, targets, rate, 5), trained(style, start, inputs, targets, rate, 5)
    hold("D6", Comparison("five steps", *five, 5.0 * size, n + count))

    # an error is multiplied by 1 - rate·λ: λmin >= 2/N, as the tops are >= 1, and rate·λmax is `fraction`
    least = min(rate * 2.0 / count, 2.0 - fraction)
    steps = math.ceil(36.0 / least)
    left = (1.0 - least) ** steps * math.dist(exact, start) + (n + count) * 4.0 * EPSILON * size / least
    assert math.dist(descended(start, inputs, targets, rate, steps), exact) <= left


@styles
@settings(max_examples=25)
@given(st.data(), full_rank(), st.sampled_from([2.1, 2.5, 4.0]))
def test_D6_gradient_descent_diverges(style: Any, data: Any, drawn: Any, fraction: float) -> None:
    """At η = fraction/λmax above 2/λmax: the distance along the top eigenvector grows by fraction - 1 in each step."""
    inputs, targets = drawn
    start, exact = data.draw(vectors(len(inputs[0]))), solved(inputs, targets)
    values, axes = np.linalg.eigh(np.array(calculus.least_squares_hessian(inputs)))
    along = abs(float(axes[:, -1] @ (np.array(start) - np.array(exact))))
    assume(along > 1e-3)
    rate, steps = fraction / float(values[-1]), 40
    problem = inputs, targets, rate
    for arrived in (descended(start, *problem, steps), trained(style, start, *problem, steps)):
        assert math.dist(arrived, exact) >= 0.999 * along * (fraction - 1.0) ** steps
    farther = descended(start, *problem, 2 * steps)
    assert math.dist(farther, exact) >= 0.999 * along * (fraction - 1.0) ** (2 * steps)


def test_D6_gradient_descent_on_either_side_of_the_bound() -> None:
    """One input 1 with the target 3: H = 2, so η = 1 is 2/λmax. The distance is multiplied by 1 - 2η, exactly."""
    inputs, targets = [[1.0]], [3.0]
    for rate, factor in ((0.25, 0.5), (0.5, 0.0), (0.75, -0.5), (1.0, -1.0), (1.25, -1.5)):
        for steps in range(6):
            assert descended([4.0], inputs, targets, rate, steps) == [3.0 + factor**steps]


def test_D6_gradient_descent_needs_the_whole_hessian() -> None:
    """H = [[5, 4], [4, 5]] has the eigenvalues 1 and 9: η = 0.3 is below 2/5, which the diagonal asks for, not 2/9."""
    inputs, targets = [[2.0, 1.0], [1.0, 2.0]], [3.0, 3.0]
    assert calculus.least_squares_hessian(inputs) == [[5.0, 4.0], [4.0, 5.0]]
    assert calculus.least_squares_solution(inputs, targets) == [1.0, 1.0]
    assert math.dist(descended([1.5, 1.0], inputs, targets, 0.3, 60), [1.0, 1.0]) > 1e10
    assert math.dist(descended([1.5, 1.0], inputs, targets, 0.2, 300), [1.0, 1.0]) < 1e-14


@given(st.data(), SIZES, SIZES)
def test_D6_gradient_descent_lowers_a_smooth_loss(data: Any, n: int, k: int) -> None:
    """Cross-entropy by its scores: curvature at most 1, so a step of η < 2 lowers it by η(1 - η/2)·‖gradient‖²."""
    scores = data.draw(matrices(n, k))
    classes = data.draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))
    gradient = engine_gradient(lambda v: sg.mean([-sg.log_softmax(row)[c] for row, c in zip(v, classes)]), scores)
    moved = [calculus.gradient_descent_step(row, slope, 0.5) for row, slope in zip(scores, gradient)]
    falls = 0.5 * 0.75 * sum(g * g for row in gradient for g in row)
    assert calculus.cross_entropy(moved, classes) <= calculus.cross_entropy(scores, classes) - falls + 64.0 * EPSILON
