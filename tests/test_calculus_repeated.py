"""Sections C and D of the formula ledger where one operand stands in several places: its gradients add up.

Each row is a function of a vector here. The vector's numbers are drawn from fewer leaves than it has places.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scalargrad import calculus
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_gradient, sizes
from tests.support.drawn import NUMBERS, QUARTERS, sign_is_certain, vectors
from tests.support.networks import WITNESS, styles
from tests.support.witness import complex_gradient, hold, in_both_layouts, witnessed

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

U = [1.0, -0.5, 2.0, 0.25]  # numbers that are not repeated
INPUTS = [U, [0.5, 0.75, -1.0, 1.5], [-2.0, 0.25, 1.0, 0.5]]
TARGETS = [1.0, -2.0, 0.5]


class Function(NamedTuple):
    """A row as a function of a vector of any length up to 4: by a style, its gradient in closed form."""

    by: Callable[[Any, Any], Any]
    slopes: Callable[[list[float]], list[float]]
    units: Callable[[list[float]], list[list[float]]] = lambda x: []  # the terms of each ReLU's argument


def inputs(n: int) -> list[list[float]]:
    return [row[:n] for row in INPUTS]


def both(x: list[float], y: list[float]) -> list[float]:
    return [p + q for p, q in zip(x, y)]


def linear_slopes(x: list[float]) -> list[float]:
    """Σ of XX⊙G, with the row X and the column X: a number, and G = [[1]]."""
    by_x, by_w, _ = calculus.linear_backward([x], [[item] for item in x], [[1.0]])
    return both(by_x[0], [item for (item,) in by_w])


def neuron_slopes(x: list[float]) -> list[float]:
    """relu(x·x + b) with the first of x as b."""
    by_w, by_x, by_b = in_both_layouts(calculus.neuron_gradients, x, x, x[0])
    return both(both(by_w, by_x), [by_b] + [0.0] * (len(x) - 1))


def affine_slopes(x: list[float]) -> list[float]:
    by_w, by_x, by_b = in_both_layouts(calculus.affine_gradients, x, x)
    return both(both(by_w, by_x), [by_b] + [0.0] * (len(x) - 1))


def cross_entropy_slopes(x: list[float]) -> list[float]:
    """Of two rows, x and x from its end."""
    one, other = calculus.cross_entropy_gradient([x, x[::-1]], [0, len(x) - 1])
    return both(one, other[::-1])


def two_layer_slopes(x: list[float]) -> list[float]:
    """One input, and n hidden units with the weights x, the biases x, to two classes by x and by -x."""
    w2 = [[item, -item] for item in x]
    by_w1, by_b1, by_w2, _ = calculus.two_layer_gradients([[0.5], [-1.5]], [0, 1], [x], x, w2, [0.25, 0.5], 0.125)
    return both(both(by_w1[0], by_b1), [p - q for p, q in by_w2])


def two_layers(s: Any, x: Any) -> Any:
    w2 = [[item, 0.0 - item] for item in x]
    scores = s.linear(s.relu(s.linear([[0.5], [-1.5]], [list(x)], list(x))), w2, [0.25, 0.5])
    return s.cross_entropy(scores, [0, 1]) + 0.125 * s.squares([list(x)], w2)


def neuron_cost_slopes(x: list[float]) -> list[float]:
    by_w, by_b = in_both_layouts(calculus.neuron_cost_gradients, x, x[0], inputs(len(x)), TARGETS)
    return both(by_w, [by_b] + [0.0] * (len(x) - 1))


def log_softmax_slopes(x: list[float]) -> list[float]:
    return [math.fsum(p * q for p, q in zip(U, column)) for column in zip(*calculus.log_softmax_jacobian(x))]


FUNCTIONS = {
    "C2": Function(lambda s, x: s.linear([list(x)], [[item] for item in x])[0][0], linear_slopes),
    "C4": Function(lambda s, x: s.dot(x, x), lambda x: both(*in_both_layouts(calculus.dot_gradients, x, x))),
    "C5": Function(lambda s, x: s.affine(x, x, x[0]), affine_slopes),
    "C6": Function(lambda s, x: s.neurons(x, [list(x)], x[0])[0], neuron_slopes,
                   lambda x: [[*(item * item for item in x), x[0]]]),
    "C8": Function(lambda s, x: s.total(s.softmax([list(x)]), [U[: len(x)]]),
                   lambda x: in_both_layouts(calculus.softmax_backward, x, U[: len(x)])),
    "C9": Function(lambda s, x: s.total(s.log_softmax([list(x)]), [U[: len(x)]]), log_softmax_slopes),
    "C9 log-sum-exp": Function(lambda s, x: s.sum(s.logsumexp([list(x)])),
                               lambda x: in_both_layouts(calculus.logsumexp_gradient, x)),
    "D1": Function(lambda s, x: s.mse(U[: len(x)], x),
                   lambda x: in_both_layouts(calculus.mse_gradient, U[: len(x)], x)),
    "D2": Function(lambda s, x: s.cross_entropy([list(x), list(x)[::-1]], [0, len(x) - 1]), cross_entropy_slopes),
    "D4": Function(two_layers, two_layer_slopes, lambda x: [[a * item, item] for item in x for a in (0.5, -1.5)]),
    "D5": Function(lambda s, x: s.mse(TARGETS, s.neurons(x, inputs(len(x)), x[0])), neuron_cost_slopes,
                   lambda x: [[*(p * q for p, q in zip(x, row)), x[0]] for row in inputs(len(x))]),
    "D6": Function(lambda s, x: s.least_squares(x, inputs(len(x)), TARGETS),
                   lambda x: in_both_layouts(calculus.least_squares_gradient, x, inputs(len(x)), TARGETS)),
}  # fmt: skip


@styles
@pytest.mark.parametrize("name", FUNCTIONS)
@given(st.data(), st.lists(st.integers(0, 2), min_size=1, max_size=4), st.sampled_from([NUMBERS, QUARTERS]))
def test_repeated_operands(style: Any, name: str, data: Any, places: list[int], numbers: Any) -> None:
    """The gradient by a leaf is the sum of the closed form's over the places where it stands."""
    function, leaves = FUNCTIONS[name], data.draw(vectors(3, numbers))
    x = [leaves[k] for k in places]
    units = function.units(x)
    assume(all(map(sign_is_certain, units)))
    slopes = function.slopes(x)
    gathered = [math.fsum(slope for slope, k in zip(slopes, places) if k == leaf) for leaf in range(3)]
    spread = lambda v: [v[k] for k in places]  # noqa: E731
    # not to the bit in bulk: contributions arrive in the order of the nodes, which is another one there
    found = engine_gradient(lambda v: function.by(style, spread(v)), leaves)
    # the largest sum of the sizes of terms: of two layers, scores of at most 4·3·(4.5 + 3)·2
    scale, n = 50.0 * (1.0 + max(map(abs, x))) ** 2 + sum(sizes(slopes)), len(x) + 3
    hold(name[:2], Comparison("engine", gathered, found, scale, n))
    if all(math.fsum(each) != 0.0 for each in units):
        witness = complex_gradient(lambda v: function.by(WITNESS, spread(v)), leaves)
        hold(name[:2], witnessed("by the leaves", gathered, witness, scale, n))
