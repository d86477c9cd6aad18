"""Second and third derivatives of random graphs over every primitive, against 100-digit arithmetic."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings

import scalargrad as sg
from scalargrad.testing import strategies
from scalargrad.testing.strategies import Expression
from tests.support.orders import Precise, errors, records
from tests.support.profiles import FEW, full

# In a sum that cancels, the error is one of its summands. So each derivative is held to what the roundings of all
# nodes that it is made of can do to it, each of 8 ulp, the bar of a row. Beside that, a difference in 100 digits has an
# error of some 1e-38.
TINY = 1e-30


def hold(found: float, exact: Any, bound: float, expression: Any) -> None:
    assert abs(found - exact) <= bound + TINY, (found, float(exact), float(abs(found - exact)) / bound, expression)


def hold_second(e: Any) -> None:
    n, precise = len(e.inputs), Precise(e)
    h = sg.hessian(lambda x: e(*x))(e.inputs)
    found, bounds = errors(records(e, e.inputs, 2))
    for k in range(n):
        for i in range(n):
            exact = precise.derivative(i, k)
            hold(found[k * n + i], exact, bounds[k * n + i], e)
            hold(h[i][k], exact, max(bounds[k * n + i], bounds[i * n + k]), e)
            assert h[i][k] == h[k][i] and h[i][k] in (found[k * n + i], found[i * n + k])


def hold_third(e: Any) -> None:
    n, precise = len(e.inputs), Precise(e)
    t = sg.jacobian(sg.hessian(lambda x: e(*x)))(e.inputs)
    found, bounds = errors(records(e, e.inputs, 3))
    for j in range(n):
        for k in range(n):
            for i in range(n):
                at = (j * n + k) * n + i
                exact = precise.derivative(i, k, j)
                hold(found[at], exact, bounds[at], e)
                # made of other sums of the same products
                hold(t[i][k][j], exact, 8 * bounds[at] + 8 * bounds[(j * n + i) * n + k], e)


@settings(max_examples=1000 if FEW > 30 else 200)
@given(strategies.expressions())
@example(Expression([0.0], ["v0 = x0 * x0 / 4", "v1 = sg.sum(v0, v0, x0) / 3"]))
@example(Expression([2.375], ["v0 = sg.silu(x0)"]))
def test_second_derivatives(e: Any) -> None:
    hold_second(e)


@settings(max_examples=2 * FEW)
@given(strategies.expressions())
def test_third_derivatives(e: Any) -> None:
    hold_third(e)


@pytest.mark.slow
@settings(max_examples=full(10_000))
@given(strategies.expressions(max_nodes=12))
def test_second_derivatives_of_many(e: Any) -> None:
    hold_second(e)


@pytest.mark.slow
@settings(max_examples=full(2000))
@given(strategies.expressions(max_nodes=6))
def test_third_derivatives_of_many(e: Any) -> None:
    hold_third(e)


@pytest.mark.parametrize("name", strategies.PRIMITIVES)
def test_each_primitive(name: str) -> None:
    """Every primitive alone, and twice in a row."""

    @settings(max_examples=10)
    @given(strategies.expressions([name], max_nodes=2))
    def each(e: Any) -> None:
        hold_second(e)
        hold_third(e)

    each()


def test_a_wrong_derivative_is_seen() -> None:
    """One that is off by one part in 10**13 is beyond the bounds."""

    @settings(max_examples=10)
    @given(strategies.expressions(["exp", "sin"], n_inputs=1, max_nodes=2))
    def each(e: Any) -> None:
        (found,), (bound,) = errors(records(e, e.inputs, 2))
        if abs(found) > 1e-3:
            with pytest.raises(AssertionError):
                hold(found * (1 + 1e-12), Precise(e).derivative(0, 0), bound, e)

    each()
