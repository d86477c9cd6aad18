"""Errata of softmax and sigmoid: wrong steps of the derivation, a Jacobian cut to its diagonal, forms that lose digits.

The wrong forms are written here, hypothesis finds numbers on which they fail, and the right ones hold there.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import strategies as st
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad import Value, calculus
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_gradient, engine_jacobian, engine_value
from tests.support.drawn import NUMBERS, matrices, vectors
from tests.support.refutation import apart, counterexample, indexed, only
from tests.support.witness import hold

pytestmark = pytest.mark.once

SCORES = st.lists(NUMBERS, min_size=1, max_size=3)


def softmax_holds(z: list[float], by_steps: Any) -> None:
    """A step of the derivation, the closed form and the engine agree on ∂p/∂z."""
    hold("C7", Comparison("the right step", calculus.softmax_jacobian(z), by_steps, 2.0, len(z) + 4))
    hold("C7", Comparison("engine", calculus.softmax_jacobian(z), engine_jacobian(sg.softmax, z), 2.0, len(z)))


def test_E2_the_softmax_step() -> None:
    """The Σe that the quotient rule leaves beside δ is dropped; and then pᵢδᵢⱼ becomes pᵢ(1 - δᵢⱼ)."""

    def dropped(z: list[float]) -> list[list[float]]:
        e = [math.exp(item) for item in z]
        return [[(a * only(i, j) - a * b) / sum(e) ** 2 for j, b in enumerate(e)] for i, a in enumerate(e)]

    def flipped(z: list[float]) -> list[list[float]]:
        p = calculus.softmax(z)
        return [[a * (1.0 - only(i, j)) - a * b for j, b in enumerate(p)] for i, a in enumerate(p)]

    for wrong in (dropped, flipped):
        z = counterexample(SCORES, lambda z, f=wrong: apart(f(z), engine_jacobian(sg.softmax, z)))
        e = [math.exp(item) for item in z]
        whole = math.fsum(e)
        kept = [[(a * only(i, j) * whole - a * b) / whole**2 for j, b in enumerate(e)] for i, a in enumerate(e)]
        softmax_holds(z, kept)
        p = calculus.softmax(z)
        softmax_holds(z, [[a * only(i, j) - a * b for j, b in enumerate(p)] for i, a in enumerate(p)])


def quotient_rule(z: list[float], sign: float) -> list[list[float]]:
    """sign·(u'v - uv')/v² for u = e^zᵢ and v = Σe^zₖ, by zⱼ."""
    e = [math.exp(item) for item in z]
    v = math.fsum(e)
    return [[sign * (u * only(i, j) * v - u * b) / v**2 for j, b in enumerate(e)] for i, u in enumerate(e)]


def test_E8_the_sign_of_the_quotient_rule() -> None:
    """(u v' - u' v)/v²: every entry has the other sign."""
    z = counterexample(SCORES, lambda z: apart(quotient_rule(z, -1.0), engine_jacobian(sg.softmax, z)))
    assert len(z) > 1  # one score has p = 1 and the derivative 0, of either sign
    softmax_holds(z, quotient_rule(z, 1.0))
    told = [1.0, 2.0, 3.0]
    assert [round(quotient_rule(told, sign)[0][0], 4) for sign in (-1.0, 1.0)] == [-0.0819, 0.0819]
    assert round(engine_jacobian(sg.softmax, told)[0][0], 4) == 0.0819
    softmax_holds(told, quotient_rule(told, 1.0))


def test_E6_not_every_jacobian_is_diagonal() -> None:
    """A matrix product and a softmax: output i reads more than input i."""

    def cut(jacobian: Any) -> Any:
        return indexed(lambda i, j: jacobian[i][j] * only(i, j), len(jacobian), len(jacobian))

    def linear(drawn: Any) -> Any:
        a, x = drawn
        return engine_jacobian(lambda v: [sg.dot(row, v) for row in a], x)

    square = st.integers(1, 2).flatmap(lambda n: st.tuples(matrices(n, n), vectors(n)))
    a, x = counterexample(square, lambda drawn: apart(cut(linear(drawn)), linear(drawn)))
    assert len(x) > 1
    pattern = [{j: entry for j, entry in enumerate(row) if entry} for row in a]
    assert linear((a, x)) == calculus.sparse_jacobian(pattern, 2)
    z = counterexample(vectors(2), lambda z: apart(cut(engine_jacobian(sg.softmax, z)), engine_jacobian(sg.softmax, z)))
    softmax_holds(z, quotient_rule(z, 1.0))
    # where output i reads input i alone, it is right
    each = engine_jacobian(lambda v: [sg.exp(item) for item in v], x)
    assert cut(each) == each == calculus.exp_jacobian(x)


# --- forms that lose all digits ---------------------------------------------------------------------------------------


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
    with pytest.raises(OverflowError):
        math.exp(720.0)  # which is how a program by hand notices it

    def nodes(t: Any) -> Any:
        return 1.0 / (1.0 + sg.exp(-t))

    assert (engine_value(nodes, -720.0), engine_gradient(nodes, -720.0)) == (0.0, 0.0)  # of IEEE numbers, e^720 is inf
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

    apart_from_0 = st.floats(0.0, 700.0).map(lambda d: [0.0, -d])
    for drawn, lost in ((scores, -math.inf), (apart_from_0, 0.0)):  # where p underflows, and where it rounds to 1
        z = counterexample(drawn, lambda z, lost=lost: lost in log_of_softmax(z))
        for stable in (calculus.log_softmax(z), sg.log_softmax(z)):
            whole = mp.log(mp.fsum(mp.exp(mpf(item)) for item in z))
            for found, item in zip(stable, z):
                exact = mpf(item) - whole
                assert relative(found, exact) < 1e-14 if abs(exact) > 1e-300 else abs(found - exact) < 1e-300
    v = Value(800.0)
    sg.log_softmax([v, 0.0])[1].backward()
    assert v.grad == calculus.log_softmax_jacobian([800.0, 0.0])[1][0] == -1.0
