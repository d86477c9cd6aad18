"""Errata of elementwise operations: the quotient, an operator of zeros, a column for a Jacobian, a stray minus.

The wrong forms are written here, hypothesis finds numbers on which they fail, and the right ones hold there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import calculus
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_gradient, engine_jacobian, engine_value
from tests.support.drawn import NUMBERS, QUARTERS, vectors
from tests.support.networks import STYLES, Scalar
from tests.support.refutation import apart, counterexample, indexed, only
from tests.support.witness import hold

pytestmark = pytest.mark.once

LAYERS: Scalar = STYLES["scalar"]
NOT_ZERO = QUARTERS.filter(bool)


def test_E5_the_quotient() -> None:
    """∂(w⊗x)/∂w = diag(1/xᵢ), as printed; and diag(x), which is right for ⊗, taken for ⊘."""
    pairs = st.tuples(NUMBERS, NUMBERS.filter(lambda x: abs(x) > 0.01))
    operators: dict[str, Callable[[Any, Any], Any]] = {"*": lambda w, x: w * x, "/": lambda w, x: w / x}

    def right(name: str, pair: Any) -> float:
        found: float = engine_gradient(lambda w: operators[name](w, pair[1]), pair[0])
        return found

    printed: tuple[tuple[str, Callable[[float], float]], ...] = (("*", lambda x: 1.0 / x), ("/", lambda x: x))
    for name, wrong in printed:
        w, x = counterexample(pairs, lambda pair, name=name, wrong=wrong: apart(wrong(pair[1]), right(name, pair)))
        assert abs(x) != 1.0  # where both are the same
        assert calculus.elementwise_jacobians(name, [w], [x])[0] == [[right(name, (w, x))]]
        assert right(name, (w, x)) == (x if name == "*" else 1.0 / x)


def test_E9_an_operator_of_zeros() -> None:
    """“0 ○ 0 = 0 whatever the operator” is false of ⊘; and (f○g)' is not f'○g', on the diagonal or off it."""
    # f(w) = w² + 1 and g(w) = w³ + 2, both of the one number w, so that (f○g)' has both terms
    operators: dict[str, Callable[[Any, Any], Any]] = {
        "+": lambda f, g: f + g, "-": lambda f, g: f - g, "*": lambda f, g: f * g, "/": lambda f, g: f / g,
        "max": sg.maximum,
    }  # fmt: skip
    wholes = NOT_ZERO.filter(lambda w: w * w + 1.0 != w**3 + 2.0)  # no tie, and w³ + 2 has no zero among them

    def parts(w: float) -> tuple[float, float, float, float]:
        return w * w + 1.0, w * w * w + 2.0, 2.0 * w, 3.0 * w * w

    def wrong(name: str, w: float) -> float:
        _, _, df, dg = parts(w)
        found: float = max(df, dg) if name == "max" else operators[name](df, dg)
        return found

    def right(name: str, w: float) -> float:
        found: float = engine_gradient(lambda v: operators[name](v * v + 1.0, v * v * v + 2.0), w)
        return found

    for name in ("*", "/", "max"):
        w = counterexample(wholes, lambda w, name=name: apart(wrong(name, w), right(name, w)))
        f, g, df, dg = parts(w)
        by_f, by_g = calculus.composed_jacobians(name, [f], [g], [[df]], [[dg]])
        scale = (abs(df) + abs(f * dg / g)) / abs(g) if name == "/" else abs(df * g) + abs(f * dg) + abs(df) + abs(dg)
        hold("B4", Comparison(name, by_f[0][0] + by_g[0][0], right(name, w), scale))
    for name in ("+", "-"):  # of these two it is right
        assert wrong(name, 1.5) == right(name, 1.5)

    # off the diagonal f' and g' are 0: the derivative is 0 as ∂₁○·0 + ∂₂○·0, also where 0 ○ 0 is not
    def combined(name: str, a: float, b: float) -> float:
        found: float = engine_value(operators[name], a, b)
        return found

    pairs = st.tuples(NOT_ZERO, NOT_ZERO)
    for name in operators:

        def off_diagonal(pair: Any, name: str = name) -> Any:
            """By a number in the middle, which no operand reads."""
            w, x = pair
            return engine_jacobian(lambda v: [operators[name](v[0] * v[0] + 1.0, v[2] * v[2] + 2.0)], [w, 7.0, x])[0][1]

        if name == "/":
            w, x = counterexample(pairs, lambda pair: apart(combined("/", 0.0, 0.0), off_diagonal(pair)))
            assert math.isnan(combined("/", 0.0, 0.0)) and math.isnan(calculus.elementwise("/", [0.0], [0.0])[0])
        else:
            w, x = 1.5, -0.25
            assert combined(name, 0.0, 0.0) == 0.0
        closed = calculus.composed_jacobians(name, [w * w + 1.0], [x * x + 2.0], [[2.0 * w, 0.0]], [[0.0, 2.0 * x]])
        assert (closed[0][0][1], closed[1][0][0]) == (0.0, 0.0) == (off_diagonal((w, x)), off_diagonal((x, w)))


def test_E11_a_column_is_no_jacobian() -> None:
    """∂max(0, x)/∂x as a column of n: spread over the n inputs, and pulled back to one number for all of them."""
    drawn = st.integers(1, 3).flatmap(lambda n: st.tuples(vectors(n, QUARTERS), vectors(n, QUARTERS)))

    def jacobian(x: Any) -> Any:
        return engine_jacobian(lambda v: LAYERS.relu([v])[0], x)

    def spread(x: Any) -> Any:
        return [[float(item > 0.0)] * len(x) for item in x]

    def pulled(x: Any, g: Any) -> Any:
        return engine_gradient(lambda v: LAYERS.total(LAYERS.relu([v]), [g]), x)

    x, _ = counterexample(drawn, lambda case: apart(spread(case[0]), jacobian(case[0])))
    assert len(x) > 1  # of one number it is right
    assert jacobian(x) == calculus.relu_jacobian(x) == indexed(lambda i, j: only(i, j) * (x[i] > 0.0), len(x), len(x))

    def by_column(x: Any, g: Any) -> Any:
        return [sum(q * (item > 0.0) for item, q in zip(x, g))] * len(x)

    x, g = counterexample(drawn, lambda case: apart(by_column(*case), pulled(*case)))
    assert pulled(x, g) == calculus.chain_jacobians([g], calculus.relu_jacobian(x))[0]


def test_E13_a_stray_minus() -> None:
    """B.26's matrix with -∂fₙ/∂xₙ in its last row, and ∂f₁/∂xₙ twice, where ∂f₂/∂xₙ belongs."""
    functions = ("sin", "cos", "tanh", "sigmoid", "atan", "softplus", "asinh")
    drawn = st.tuples(st.sampled_from(functions), st.integers(1, 3).flatmap(vectors))

    def jacobian(case: Any) -> Any:
        name, x = case
        return engine_jacobian(lambda v: [getattr(sg, name)(item) for item in v], x)

    def stray_minus(case: Any) -> Any:
        name, x = case
        slopes = [calculus.elementary(name)[1](item) for item in x]
        return indexed(lambda i, j: only(i, j) * (-slopes[i] if i == len(x) - 1 else slopes[i]), len(x), len(x))

    def first_twice(case: Any) -> Any:
        """Where row i has the derivatives by xᵢ, as in the text: entry (n, 2) is ∂f₁/∂xₙ."""
        x, right = case[1], jacobian(case)
        return indexed(lambda i, j: right[i][0] if (i, j) == (len(x) - 1, 1) else right[i][j], len(x), len(x))

    for wrong in (stray_minus, first_twice):
        name, x = counterexample(drawn, lambda case, f=wrong: apart(f(case), jacobian(case)))
        closed = calculus.elementwise_function_jacobian(calculus.elementary(name)[1], x)
        hold("B11", Comparison("engine", closed, jacobian((name, x)), 1.0 + max(map(abs, x))))
    assert len(x) == 2  # of three, ∂f₂/∂x₃ is 0, as ∂f₁/∂x₃ is
