"""Errata: each wrong form is written here, hypothesis finds numbers on which it fails, and the right one holds there.

`pytest -rP` prints the counterexamples.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import find, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad import Value, calculus
from scalargrad.ledger.compare import Comparison, engine_gradient, engine_jacobian
from tests.support.drawn import NUMBERS, QUARTERS, matrices, vectors
from tests.support.networks import STYLES, Scalar
from tests.support.witness import hold

pytestmark = pytest.mark.once

LAYERS: Scalar = STYLES["scalar"]


def counterexample(strategy: st.SearchStrategy[Any], fails: Callable[[Any], bool]) -> Any:
    """The simplest numbers on which a wrong form fails; printed."""
    found = find(strategy, fails, settings=settings(derandomize=True, max_examples=2000, database=None))
    print("counterexample:", found)
    return found


def test_E1_the_linear_jacobian_is_no_matrix() -> None:
    """“∂Y/∂W = X”: it has not the shape; and with “s = r and j = s” for δ_js, not the numbers."""
    pairs = st.tuples(matrices(2, 2, QUARTERS), matrices(2, 2, QUARTERS))

    def right(drawn: Any) -> Any:
        x, w = drawn
        jacobian = engine_jacobian(lambda v: LAYERS.linear(x, v), w)
        return [jacobian[0:2], jacobian[2:4]]

    def wrong(drawn: Any) -> Any:
        x, _ = drawn
        indices = range(2)
        return [[[[x[i][r] if s == r and j == s else 0.0 for s in indices] for r in indices] for j in indices]
                for i in indices]  # fmt: skip

    found = counterexample(pairs, lambda drawn: wrong(drawn) != right(drawn))
    assert right(found) == calculus.linear_jacobian_by_weights(found[0], 2)
    tall = counterexample(pairs, lambda drawn: right(drawn) != drawn[0])
    assert right(tall) == calculus.linear_jacobian_by_weights(tall[0], 2)

    def pulled(drawn: Any) -> Any:
        x, g = drawn
        return engine_gradient(lambda w: LAYERS.total(LAYERS.linear(x, w), g), [[0.0, 0.0], [0.0, 0.0]])

    def untransposed(drawn: Any) -> Any:
        x, g = drawn
        return [[sum(x[i][k] * g[k][j] for k in range(2)) for j in range(2)] for i in range(2)]

    found = counterexample(pairs, lambda drawn: untransposed(drawn) != pulled(drawn))
    assert pulled(found) == calculus.linear_backward(found[0], [[0.0, 0.0], [0.0, 0.0]], found[1])[1]


def test_E2_the_softmax_step() -> None:
    """The Σe that the quotient rule leaves beside δ is dropped; and later δᵢⱼ - pᵢpⱼ·... becomes pᵢ(1 - δᵢⱼ) - pᵢpⱼ."""

    def dropped(z: list[float]) -> list[list[float]]:
        e = [math.exp(item) for item in z]
        return [[(a * (i == j) - a * b) / sum(e) ** 2 for j, b in enumerate(e)] for i, a in enumerate(e)]

    def flipped(z: list[float]) -> list[list[float]]:
        p = calculus.softmax(z)
        return [[a * (1.0 - (i == j)) - a * b for j, b in enumerate(p)] for i, a in enumerate(p)]

    for wrong in (dropped, flipped):

        def fails(z: Any, wrong: Any = wrong) -> bool:
            engine = engine_jacobian(lambda v: sg.softmax(v), z)
            return any(abs(a - b) > 1e-3 for pair in zip(wrong(z), engine) for a, b in zip(*pair))

        z = counterexample(st.lists(NUMBERS, min_size=1, max_size=3), fails)
        e = [math.exp(item) for item in z]
        whole = math.fsum(e)
        kept = [[(a * (i == j) * whole - a * b) / whole**2 for j, b in enumerate(e)] for i, a in enumerate(e)]
        hold("C7", Comparison("kept", calculus.softmax_jacobian(z), kept, 2.0, len(z) + 4))
        hold("C7", Comparison("engine", calculus.softmax_jacobian(z), engine_jacobian(sg.softmax, z), 2.0, len(z)))


def test_E3_the_mean_divides() -> None:
    """probs - onehot, for a mean over two rows or more."""

    def wrong(drawn: Any) -> Any:
        scores, classes = drawn
        return [[p - (j == c) for j, p in enumerate(calculus.softmax(row))] for row, c in zip(scores, classes)]

    def right(drawn: Any) -> Any:
        return engine_gradient(lambda v: LAYERS.cross_entropy(v, drawn[1]), drawn[0])

    def fails(drawn: Any) -> bool:
        return any(abs(a - b) > 1e-3 for pair in zip(wrong(drawn), right(drawn)) for a, b in zip(*pair))

    rows = st.integers(1, 3).flatmap(
        lambda n: st.tuples(matrices(n, 2), st.lists(st.integers(0, 1), min_size=n, max_size=n))
    )
    found = counterexample(rows, fails)
    assert len(found[0]) >= 2  # over one row, the wrong form is right
    hold("D2", Comparison("engine", calculus.cross_entropy_gradient(*found), right(found), 2.0, 2))


def test_E4_output_minus_target() -> None:
    """eᵢ = target - output: the step with that gradient climbs."""
    drawn = st.tuples(vectors(1, QUARTERS), QUARTERS, matrices(2, 1, QUARTERS), vectors(2, QUARTERS))

    def wrong(case: Any) -> Any:
        w, b, inputs, targets = case
        outputs = [calculus.affine(w, x, b) for x in inputs]
        errors = [y - z if z > 0.0 else 0.0 for z, y in zip(outputs, targets)]
        return [sum(e * x[0] for e, x in zip(errors, inputs))], sum(errors)

    def climbs(case: Any) -> bool:
        w, b, inputs, targets = case
        by_w, by_b = wrong(case)
        moved = calculus.neuron_cost([w[0] - 2.0**-10 * by_w[0]], b - 2.0**-10 * by_b, inputs, targets)
        return moved > calculus.neuron_cost(w, b, inputs, targets) + 1e-6

    found = counterexample(drawn, climbs)
    by_w, by_b = calculus.neuron_cost_gradients(*found)
    assert (by_w, by_b) == ([-wrong(found)[0][0]], -wrong(found)[1])
    w, b, inputs, targets = found
    engine = engine_gradient(lambda w, b: LAYERS.mse(targets, LAYERS.neurons(w, inputs, b)), w, b)
    assert engine == [by_w, by_b]
    moved = calculus.neuron_cost([w[0] - 2.0**-10 * by_w[0]], b - 2.0**-10 * by_b, inputs, targets)
    assert moved < calculus.neuron_cost(*found)


def test_E5_the_quotient() -> None:
    """∂(w⊘x)/∂w as diag(∂(wᵢ·xᵢ)/∂wᵢ), that is diag(x)."""
    pairs = st.tuples(NUMBERS, NUMBERS.filter(lambda x: abs(x) > 0.01))

    def right(pair: Any) -> float:
        return engine_gradient(lambda w: w / pair[1], pair[0])

    w, x = counterexample(pairs, lambda pair: abs(right(pair) - pair[1]) > 1e-3)
    assert calculus.elementwise_jacobians("/", [w], [x])[0] == [[right((w, x))]] == [[1.0 / x]]


def test_E6_not_every_jacobian_is_diagonal() -> None:
    """A matrix product and a softmax: output i reads more than input i."""

    def off_diagonal(jacobian: Any) -> bool:
        return any(entry != 0.0 for i, row in enumerate(jacobian) for j, entry in enumerate(row) if i != j)

    def linear(drawn: Any) -> Any:
        a, x = drawn
        return engine_jacobian(lambda v: [sg.dot(row, v) for row in a], x)

    a, x = counterexample(st.tuples(matrices(2, 2), vectors(2)), lambda drawn: off_diagonal(linear(drawn)))
    assert linear((a, x)) == calculus.sparse_jacobian(
        [{j: entry for j, entry in enumerate(row) if entry} for row in a], 2
    )
    z = counterexample(vectors(2), lambda z: off_diagonal(engine_jacobian(sg.softmax, z)))
    assert off_diagonal(calculus.softmax_jacobian(z))
    assert not off_diagonal(engine_jacobian(lambda v: [sg.exp(item) for item in v], x))


def relative(found: float, exact: Any) -> float:
    """The relative error; inf for a nan."""
    return math.inf if found != found else float(abs((mpf(found) - exact) / exact)) if exact else float(found != 0.0)


def test_E7_unstable_forms() -> None:
    """s(1 - s), four nodes, softmax without the shift, log of softmax lose all digits; the stable forms keep them."""
    mp.dps = 60

    def slope(x: float) -> Any:
        return 1 / (1 + mp.exp(-mpf(x))) / (1 + mp.exp(mpf(x)))

    far = st.floats(-740.0, 740.0)
    x = counterexample(far, lambda x: calculus.sigmoid(x) * (1.0 - calculus.sigmoid(x)) == 0.0)
    assert 36.0 <= x < 38.0  # find gives the simplest, the first whole number where it goes
    assert relative(calculus.sigmoid_derivative(x), slope(x)) < 1e-14
    assert relative(engine_gradient(sg.sigmoid, x), slope(x)) < 1e-14

    x = counterexample(far, lambda x: math.isnan(calculus.sigmoid_by_nodes(x)))
    assert x < -709.0
    assert math.isnan(calculus.sigmoid_by_nodes(-720.0))
    for far_out in (x, -720.0, -708.0):
        assert calculus.sigmoid_derivative(far_out) == engine_gradient(sg.sigmoid, far_out) > 0.0
    assert relative(calculus.sigmoid_derivative(-708.0), slope(-708.0)) < 1e-14

    def plain(z: list[float]) -> list[float]:
        e = [math.exp(item) if item < 709.0 else math.inf for item in z]
        return [item / sum(e) if sum(e) else math.nan for item in e]

    scores = st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=3)
    for where in (lambda z: max(z) > 0.0, lambda z: max(z) < 0.0):  # overflow, and underflow
        z = counterexample(scores, lambda z, where=where: where(z) and any(map(math.isnan, plain(z))))
        for stable in (calculus.softmax(z), sg.softmax(z)):
            whole = mp.fsum(mp.exp(mpf(item)) for item in z)
            for p, item in zip(stable, z):
                exact = mp.exp(mpf(item)) / whole
                assert relative(p, exact) < 1e-14 if exact > 1e-300 else abs(p - exact) < 1e-300

    def log_of_softmax(z: list[float]) -> list[float]:
        return [math.log(p) if p else -math.inf for p in calculus.softmax(z)]

    apart = st.floats(0.0, 700.0).map(lambda d: [0.0, -d])
    for drawn, lost in ((scores, -math.inf), (apart, 0.0)):  # where p underflows, and where it rounds to 1
        z = counterexample(drawn, lambda z, lost=lost: lost in log_of_softmax(z))
        for stable in (calculus.log_softmax(z), sg.log_softmax(z)):
            whole = mp.log(mp.fsum(mp.exp(mpf(item)) for item in z))
            for found, item in zip(stable, z):
                exact = mpf(item) - whole
                assert relative(found, exact) < 1e-14 if abs(exact) > 1e-300 else abs(found - exact) < 1e-300
    v = Value(800.0)
    sg.log_softmax([v, 0.0])[1].backward()
    assert v.grad == calculus.log_softmax_jacobian([800.0, 0.0])[1][0] == -1.0
