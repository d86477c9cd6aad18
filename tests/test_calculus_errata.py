"""Errata of layers, networks and steps: wrong forms, written here, and numbers that hypothesis finds, where they fail.

A refutation is by numbers: a wrong form that has another shape is written out in the right one, as its text would use
it. The right form holds on the same numbers. `pytest -rP` prints the counterexamples. The errata of softmax are in
`test_calculus_errata_softmax.py`, those of elementwise operations in `test_calculus_errata_elementwise.py`.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from scalargrad import calculus
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_gradient, engine_jacobian
from tests.support.drawn import QUARTERS, matrices, vectors
from tests.support.networks import STYLES, Scalar
from tests.support.refutation import apart, counterexample, indexed, only, product, turned
from tests.support.witness import hold

pytestmark = pytest.mark.once

LAYERS: Scalar = STYLES["scalar"]


# --- the linear layer -------------------------------------------------------------------------------------------------


def linear_jacobian(x: Any, w: Any) -> Any:
    """∂Y_ij/∂W_rs by the engine, for Y = XW."""
    by_entry, k = engine_jacobian(lambda v: [item for row in LAYERS.linear(x, v) for item in row], w), len(w[0])
    return [by_entry[i * k : i * k + k] for i in range(len(x))]


def pulled_back(x: Any, g: Any, w: Any) -> Any:
    """∂L/∂W by the engine, for L = the sum of G⊙(XW)."""
    return engine_gradient(lambda v: LAYERS.total(LAYERS.linear(x, v), g), w)


SQUARE = matrices(2, 2, QUARTERS)
PAIRS = st.tuples(SQUARE, SQUARE)  # X and G, or h and S, where every order of the factors conforms
W = [[1.0, 2.0], [3.0, 4.0]]  # a product is linear: its derivative by W does not depend on W


def test_E1_the_linear_jacobian_is_no_matrix() -> None:
    """“∂Y/∂W = X” has no δ; “s = r and j = s” has one too many; pulled back, X must be transposed and stand first."""

    def without_delta(x: Any) -> Any:
        return indexed(lambda i, j, r, s: x[i][r], *[len(x)] * 4)

    def one_delta_more(x: Any) -> Any:
        return indexed(lambda i, j, r, s: x[i][r] * only(s, r) * only(j, s), *[len(x)] * 4)

    forms = (without_delta, one_delta_more)
    x = counterexample(SQUARE, lambda x: all(apart(f(x), linear_jacobian(x, W)) for f in forms))
    right = indexed(lambda i, j, r, s: x[i][r] * only(s, j), 2, 2, 2, 2)
    assert linear_jacobian(x, W) == calculus.linear_jacobian_by_weights(x, 2) == right
    # “1 only where s = r and j = s” is ∂W_sj/∂W_rs, a step with fixed s and j: the sum has ∂W_rj/∂W_rs = δ_js
    steps = engine_jacobian(lambda v: [v[0][1]], W)[0]
    assert steps == [[only(s, 1) * only(r, 0) for s in range(2)] for r in range(2)]

    def untransposed(x: Any, g: Any) -> Any:
        return product(x, g)

    def in_the_other_order(x: Any, g: Any) -> Any:
        return product(g, turned(x))

    orders = (untransposed, in_the_other_order)
    x, g = counterexample(PAIRS, lambda pair: all(apart(f(*pair), pulled_back(*pair, W)) for f in orders))
    assert pulled_back(x, g, W) == calculus.linear_backward(x, W, g)[1] == product(turned(x), g)
    x, w, g = [[2.0]], [[0.5]], [[3.0]]  # of one number, all forms are right
    assert all(f(x) == linear_jacobian(x, w) for f in forms)
    assert all(f(x, g) == pulled_back(x, g, w) for f in orders)


def test_E10_the_order_of_the_factors() -> None:
    """∂scores/∂W2 = h1ᵀ as a factor on the right of S. It conforms where there are as many classes as units."""

    def on_the_right(h: Any, s: Any) -> Any:
        return product(s, turned(h))

    def summed_first(h: Any, s: Any) -> Any:
        """h1ᵀ and S, each summed over the rows before they meet: as if h1ᵀ were one factor for all rows."""
        units, classes = ([sum(column) for column in zip(*each)] for each in (h, s))
        return [[p * q for q in classes] for p in units]

    forms = (on_the_right, summed_first)
    h, s = counterexample(PAIRS, lambda pair: all(apart(f(*pair), pulled_back(*pair, W)) for f in forms))
    right = calculus.linear_backward(h, W, s)[1]
    assert right == pulled_back(h, s, W) == product(turned(h), s)
    # the factor has four indices; each entry of S meets its own
    four, pairs = calculus.linear_jacobian_by_weights(h, 2), [(i, j) for i in range(2) for j in range(2)]
    assert four == linear_jacobian(h, W)
    assert right == [[sum(s[i][j] * four[i][j][r][t] for i, j in pairs) for t in range(2)] for r in range(2)]


# --- losses and networks ----------------------------------------------------------------------------------------------


def minus_onehot(scores: Any, classes: list[int]) -> Any:
    """p - onehot, row by row."""
    return [[p - only(j, c) for j, p in enumerate(calculus.softmax(row))] for row, c in zip(scores, classes)]


# X, the classes, W1, b1, W2 and b2 of a two-layer network
NETWORKS = st.tuples(
    matrices(2, 1, QUARTERS), st.lists(st.integers(0, 1), min_size=2, max_size=2), matrices(1, 2, QUARTERS),
    vectors(2, QUARTERS), matrices(2, 2, QUARTERS), vectors(2, QUARTERS),
)  # fmt: skip


def by_engine(x: Any, classes: list[int], *parameters: Any) -> Any:
    """The gradients of the two-layer network's loss by W1, b1, W2 and b2."""

    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        return LAYERS.cross_entropy(LAYERS.linear(LAYERS.relu(LAYERS.linear(x, w1, b1)), w2, b2), classes)

    return engine_gradient(loss, *parameters)


def by_hand(x: Any, classes: list[int], w1: Any, b1: Any, w2: Any, b2: Any, mean: bool) -> Any:
    """The same, as [TL] derives them, with S divided by the number of rows or not."""
    h = [[max(item, 0.0) for item in row] for row in calculus.linear(x, w1, b1)]
    s = minus_onehot(calculus.linear(h, w2, b2), classes)
    s = [[item / len(x) for item in row] for row in s] if mean else s
    t = [[g * (a > 0.0) for g, a in zip(*rows)] for rows in zip(product(s, turned(w2)), h)]
    sums = [[sum(column) for column in zip(*each)] for each in (t, s)]
    return [product(turned(x), t), sums[0], product(turned(h), s), sums[1]]


def network_holds(*network: Any) -> None:
    """The closed form, the engine and the right derivation agree on all four gradients."""
    closed = list(calculus.two_layer_gradients(*network))
    # no number is larger than 3, so that no unit is larger than 3·3 + 3, no score than 2·12·3 + 3, and no sum of terms
    # than 2·12; a score's error is a relative error of p
    scale = 24.0 * (1.0 + 2.0 * 75.0)
    hold("D3", Comparison("engine", closed, by_engine(*network), scale, 2))
    hold("D3", Comparison("by hand", closed, by_hand(*network, mean=True), scale, 2))


def test_E3_the_mean_divides() -> None:
    """probs - onehot, for a mean over two rows or more; and so all four gradients of the network."""

    def right(drawn: Any) -> Any:
        return engine_gradient(lambda v: LAYERS.cross_entropy(v, drawn[1]), drawn[0])

    rows = st.integers(1, 3).flatmap(
        lambda n: st.tuples(matrices(n, 2), st.lists(st.integers(0, 1), min_size=n, max_size=n))
    )
    found = counterexample(rows, lambda drawn: apart(minus_onehot(*drawn), right(drawn)))
    assert len(found[0]) >= 2  # over one row, the wrong form is right
    hold("D2", Comparison("engine", calculus.cross_entropy_gradient(*found), right(found), 2.0, 2))
    divided = [[item / len(found[0]) for item in row] for row in minus_onehot(*found)]
    hold("D2", Comparison("divided", calculus.cross_entropy_gradient(*found), divided, 2.0, 2))
    network = counterexample(NETWORKS, lambda drawn: all(map(apart, by_hand(*drawn, mean=False), by_engine(*drawn))))
    network_holds(*network)


def test_E4_output_minus_target() -> None:
    """eᵢ = target - output: the step with that gradient climbs."""
    drawn = st.tuples(vectors(1, QUARTERS), QUARTERS, matrices(2, 1, QUARTERS), vectors(2, QUARTERS))

    def wrong(case: Any) -> tuple[Any, float]:
        w, b, inputs, targets = case
        outputs = [calculus.affine(w, x, b) for x in inputs]
        errors = [y - z if z > 0.0 else 0.0 for z, y in zip(outputs, targets)]
        return [[2.0 / 2.0 * sum(e * x[0] for e, x in zip(errors, inputs))]], 2.0 / 2.0 * sum(errors)

    def stepped(case: Any, by_w: Any, by_b: float) -> float:
        w, b, inputs, targets = case
        moved = calculus.gradient_descent_step(w, by_w, 2.0**-10)
        return calculus.neuron_cost(moved, b - 2.0**-10 * by_b, inputs, targets)

    def fails(case: Any) -> bool:
        climbs = stepped(case, *wrong(case)) > calculus.neuron_cost(*case) + 1e-6
        return climbs and all(map(apart, wrong(case), calculus.neuron_cost_gradients(*case)))

    found = counterexample(drawn, fails)
    by_w, by_b = calculus.neuron_cost_gradients(*found)
    opposite, of_b = wrong(found)
    assert (by_w, by_b) == ([[-opposite[0][0]]], -of_b)
    w, b, inputs, targets = found
    engine = engine_gradient(lambda w, b: LAYERS.mse(targets, LAYERS.neurons(w, inputs, b)), w, b)
    assert engine == [by_w[0], by_b]
    assert stepped(found, by_w, by_b) < calculus.neuron_cost(*found)


def test_E12_a_row_from_a_column() -> None:
    """w - η ∂C/∂w with w as a column and ∂C/∂w as a row: libraries that spread both give n×n, w_i - η g_j."""
    rate = 0.125

    problems = st.tuples(vectors(2, QUARTERS), matrices(2, 2, QUARTERS), vectors(2, QUARTERS))  # w, X and y

    def by_engine(w: Any, inputs: Any, targets: Any) -> Any:
        g = engine_gradient(lambda v: LAYERS.mse(targets, LAYERS.dots(inputs, v)), w)
        return [a - rate * b for a, b in zip(w, g)]

    def spread(w: Any, inputs: Any, targets: Any) -> Any:
        (row,) = calculus.least_squares_gradient(w, inputs, targets)
        return indexed(lambda i, j: w[i] - rate * row[j], len(w), len(w))

    def right(case: Any) -> Any:
        return [[item] * len(case[0]) for item in by_engine(*case)]  # the same in each column

    one = [1.5], [[2.0], [0.25]], [0.5, -1.0]  # one parameter is its own transpose
    assert not apart(spread(*one), right(one))
    case = counterexample(problems, lambda case: apart(spread(*case), right(case)))
    for layout in ("numerator", "denominator"):
        step = calculus.gradient_descent_step(case[0], calculus.least_squares_gradient(*case, layout=layout), rate)
        # no number is larger than 3: a gradient is at most 2·3·(2·3·3 + 3)
        hold("D6", Comparison("engine", step, by_engine(*case), 126.0, 4))
        assert step == [spread(*case)[k][k] for k in range(2)]  # its diagonal is the step, no column
