"""Section A of the formula ledger: analytic form, engine and numerical witness, held together. See docs/formulas.md."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, Vector, calculus, errors
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_gradient, engine_value, positive, sizes
from scalargrad.ledger.engine import polynomial as engine_polynomial
from scalargrad.ledger.work import SMOOTH
from tests.support.drawn import FROM_EMPTY, NUMBERS, QUARTERS, WIDE, reals, vectors
from tests.support.witness import Complex, complex_gradient, hold, richardson, witnessed

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend


def through(space: Any, names: list[str], x: Any) -> Any:
    for name in names:
        x = getattr(space, name)(x)
    return x


@given(st.lists(st.sampled_from(SMOOTH), max_size=6), NUMBERS)
def test_A1_chain_rule(names: list[str], x: float) -> None:
    n = len(names)
    analytic = calculus.chain_rule([calculus.elementary(name) for name in names], x)
    engine = engine_gradient(lambda v: through(sg, names, v), x)
    witness = complex_gradient(lambda v: through(Complex, names, v), x)
    scale = max(n, 1) * (1.0 + abs(x) + n)  # see the ledger: every stage passes on, at most, all errors before it
    hold("A1", Comparison("engine", analytic, engine, scale, max(n, 1)))
    hold("A1", witnessed("dy/dx", analytic, witness, scale, max(n, 1)))


def test_A1_chain_rule_through_exp_and_square() -> None:
    """Stages that magnify, with the numbers written out: d exp(x²)/dx = 2x·exp(x²)."""
    stages = [calculus.elementary("square"), calculus.elementary("exp")]
    hold("A1", Comparison("exp(x²)", calculus.chain_rule(stages, 1.5), 3.0 * math.exp(2.25)))
    x = Value(1.5)
    sg.exp(x * x).backward()
    hold("A1", Comparison("engine", calculus.chain_rule(stages, 1.5), x.grad))


@given(reals(700.0), NUMBERS, NUMBERS)
def test_A2_sigmoid(x: float, w: float, b: float) -> None:
    found = engine_gradient(lambda v: sg.sigmoid(v), x)
    hold("A2", Comparison("s'", calculus.sigmoid_derivative(x), found))
    hold("A2", Comparison("s", calculus.sigmoid(x), sg.sigmoid(x)))
    witness = complex_gradient(Complex.sigmoid, x)
    hold("A2", witnessed("s", calculus.sigmoid_derivative(x), witness, third=0.0))
    s, small = calculus.sigmoid(x), math.exp(-abs(x))  # the printed forms: e⁻ˣ/(1 + e⁻ˣ)², the same at -x, and s - s²
    hold("A2", Comparison("e⁻ˣ/(1 + e⁻ˣ)²", calculus.sigmoid_derivative(x), small / (1.0 + small) ** 2))
    hold("A2", Comparison("s - s²", calculus.sigmoid_derivative(x), s - s * s, s))
    scaled = x / 700.0  # so that wx + b stays where the unit is not a constant
    unit = calculus.sigmoid_unit_derivative(scaled, w, b)
    hold("A2", Comparison("unit", unit, engine_gradient(lambda v: sg.sigmoid(w * v + b), scaled)))
    hold("A2", witnessed("unit", unit, complex_gradient(lambda v: Complex.sigmoid(w * v + b), scaled)))


@pytest.mark.parametrize("x", [37.0, 40.0, 700.0, 744.0, 1e4, 1e308, 0.0, -0.0, 5e-324])
def test_A2_sigmoid_far_out(x: float) -> None:
    """Where 1 - s(x) rounds to 0, s' is still exp(-x), and the same on both sides."""
    for side in (x, -x):
        hold("A2", Comparison("s'", calculus.sigmoid_derivative(side), engine_gradient(sg.sigmoid, side)))
    if x >= 37.0:
        hold("A2", Comparison("exp(-x)", calculus.sigmoid_derivative(x), math.exp(-x)))
    assert calculus.sigmoid_derivative(x) == calculus.sigmoid_derivative(-x)


@given(reals(300.0))
def test_A3_sigmoid_as_four_nodes(x: float) -> None:
    values, local = calculus.sigmoid_nodes(x)
    leaf = Value(x)
    f = -leaf
    g = sg.exp(f)
    u = 1.0 + g
    v = 1.0 / u
    hold("A3", Comparison("values", values, [f.data, g.data, u.data, v.data]))
    nodes = [leaf, f, g, u, v]
    steps = []
    for before, after in pairwise(nodes):  # each node's local derivative, as the engine has it
        v.backward()
        steps.append((before.grad, after.grad))
        leaf.grad = 0.0
    hold("A3", Comparison("local", [d * after for d, (_, after) in zip(local, steps)], [b for b, _ in steps]))
    hold("A3", Comparison("product and engine", calculus.sigmoid_by_nodes(x), steps[0][0]))
    hold(
        "A3", Comparison("product and A2", calculus.sigmoid_by_nodes(x), calculus.sigmoid_unit_derivative(x, 1.0, 0.0))
    )
    hold("A3", Comparison("product and s'", math.prod(local), calculus.sigmoid_derivative(x)))
    witness = [complex_gradient(h, p) for h, p in zip((lambda z: -z, Complex.exp, lambda z: 1.0 + z, lambda z: 1.0 / z),
                                                      [x, *values])]  # fmt: skip
    hold("A3", witnessed("local", local, witness))


@st.composite
def polynomials(draw: Any, n: int) -> list[tuple[float, list[int]]]:
    """Terms, each a coefficient and n exponents."""
    term = st.tuples(NUMBERS, st.lists(st.integers(0, 4), min_size=n, max_size=n))
    return draw(st.lists(term, max_size=4))


@given(st.data(), FROM_EMPTY)
def test_A4_gradient(data: Any, n: int) -> None:
    """A row by default, a column in denominator layout."""
    terms, x = data.draw(polynomials(n)), data.draw(vectors(n))
    row, column = calculus.polynomial_gradient(terms, x), calculus.polynomial_gradient(terms, x, "denominator")
    (scale,) = calculus.polynomial_gradient(positive(terms), sizes(x))
    terms_and_factors = max(len(terms) + n + 4, 1)
    engine = engine_gradient(lambda v: engine_polynomial(terms, v), x)
    hold("A4", Comparison("row", row, [engine], scale, terms_and_factors))
    hold("A4", Comparison("column", column, [[item] for item in engine], scale, terms_and_factors))
    assert row == calculus.polynomial_gradient(terms, x, layout="numerator")

    def plain(v: list[complex]) -> complex:
        return sum(c * Complex.prod([xi for xi, k in zip(v, exponents) for _ in range(k)]) for c, exponents in terms)

    hold("A4", witnessed("gradient", row, [complex_gradient(plain, x)], scale, 2 * terms_and_factors))
    most = calculus.polynomial(positive(terms), sizes(x))
    value = complex(plain(x)).real
    hold("A4", Comparison("value", calculus.polynomial(terms, x), value, most, 4 * terms_and_factors))


@given(QUARTERS, QUARTERS)
def test_A4_gradient_of_the_three_examples(x: float, y: float) -> None:
    """Quarters, so that nothing rounds and the closed forms are met exactly."""
    examples: list[tuple[Any, list[float], Any]] = [
        ([(3.0, (2, 1))], [6.0 * x * y, 3.0 * x * x], lambda a, b: 3.0 * a * a * b),
        ([(2.0, (1, 0)), (1.0, (0, 8))], [2.0, 8.0 * y**7], lambda a, b: 2.0 * a + b**8),
        ([(1.0, (1, 1))], [y, x], lambda a, b: a * b),
    ]
    for terms, gradient, f in examples:
        assert calculus.polynomial_gradient(terms, [x, y]) == [gradient]
        assert calculus.polynomial_gradient(terms, [x, y], layout="denominator") == [[item] for item in gradient]
        assert calculus.polynomial(terms, [x, y]) == f(x, y)
        a, b = Value(x), Value(y)
        f(a, b).backward()
        assert [a.grad, b.grad] == gradient
        assert complex_gradient(f, x, y) == gradient


def test_A4_gradient_in_no_other_layout() -> None:
    with pytest.raises(errors.ArgumentError, match="'numerator' or 'denominator', got 'row'"):
        calculus.polynomial_gradient([(1.0, (1,))], [1.0], layout="row")  # type: ignore[arg-type]


@given(st.data(), FROM_EMPTY, NUMBERS)
def test_A5_total_derivative(data: Any, n: int, x: float) -> None:
    """z = Σ bₖ·uₖ² with uₖ = sin(aₖx): n paths from x to z."""
    a, b = data.draw(vectors(n)), data.draw(vectors(n))
    inside = [p * math.cos(p * x) for p in a]
    outside = [2.0 * q * math.sin(p * x) for p, q in zip(a, b)]
    analytic = calculus.total_derivative(outside, inside)
    scale = calculus.total_derivative(sizes(outside), sizes(inside))
    for space in (sg, Complex):
        f = lambda v, s=space: s.sum([q * s.sin(p * v) * s.sin(p * v) for p, q in zip(a, b)])  # noqa: E731
        found = engine_gradient(f, x) if space is sg else complex_gradient(f, x)
        hold("A5", (Comparison if space is sg else witnessed)("∂z/∂x", analytic, found, scale, max(n, 1)))
    u, v = Value(x), [Value(p) for p in b]
    (sum((item * u for item in v), 0.0) + 0.0 * u).backward()  # the same leaf at the end of every path
    hold("A5", Comparison("bu", calculus.total_derivative(b, [1.0] * n), u.grad, sum(sizes(b)), max(n, 1)))


@given(QUARTERS)
def test_A5_total_derivative_of_one_operand_used_again(x: float) -> None:
    """x·x·x has three paths; quarters, so exactly 3x²."""
    v = Value(x)
    (v * v * v).backward()
    assert v.grad == calculus.total_derivative([x * x, x * x, x * x], [1.0, 1.0, 1.0]) == 3.0 * x * x


@given(st.sampled_from(SMOOTH), NUMBERS, st.integers(4, 24))
def test_A6_difference_quotient(name: str, x: float, exponent: int) -> None:
    h = 2.0**-exponent
    f, df = calculus.elementary(name)
    engine = engine_gradient(lambda v: through(sg, [name], v), x)
    witness = complex_gradient(lambda v: through(Complex, [name], v), x)
    for step in (h, h / 2.0, -h, -h / 2.0):  # Taylor's remainder, at most h/2·max|f''|: it halves with the step
        quotient = calculus.difference_quotient(f, x, step)
        for what, slope in (("engine", engine), ("f'", df(x)), ("complex step", witness)):
            hold("A6", Comparison(what, quotient, slope, (1.0 + abs(x)) / abs(step), 1, abs(step) / 2.0))
    extrapolated, error = richardson(f, x)
    assert abs(extrapolated - engine) <= error


@given(WIDE, st.integers(1, 20))
def test_A6_difference_quotient_of_a_line_and_a_parabola(x: float, exponent: int) -> None:
    """(x + h)² - x² is h·(2x + h): the quotient is 2x + h, to the rounding of the two squares."""
    h = 2.0**-exponent * max(abs(x), 1.0)
    found = calculus.difference_quotient(lambda v: v * v, x, h)
    hold("A6", Comparison("2x + h", found, 2.0 * x + h, 2.0 * (abs(x) + h) ** 2 / h + abs(x) + h, 1))
    assume(x != 0.0)
    hold("A6", Comparison("line", calculus.difference_quotient(lambda v: v, x, h), 1.0))


KINKS = {"relu": (0.0, 1.0), "abs": (-1.0, 1.0)}  # the slope on the left, and on the right


@given(st.sampled_from(sorted(KINKS)), QUARTERS, st.integers(1, 40), QUARTERS)
def test_A6_difference_quotient_at_a_kink(name: str, a: float, exponent: int, further: float) -> None:
    """relu(x - a) and ∣x - a∣ have no limit at a: each side keeps its own slope, however small the step. Exactly, on
    quarters. The engine's convention lies between the two; elsewhere it is the limit from both sides."""
    (left, right), h = KINKS[name], 2.0**-exponent
    f, df = calculus.elementary(name)
    by_scalars, by_arrays = (lambda v: getattr(sg, name)(v - a)), (lambda v: getattr(Vector([v]) - a, name)().sum())
    for function in (lambda v: f(v - a), lambda v: by_scalars(Value(v)).data, lambda v: by_arrays(Value(v)).data):
        sides = [calculus.difference_quotient(function, a, step) for step in (-h, h)]
        assert sides == [left, right] and left != right
        if further:
            slope = right if further > 0.0 else left
            steps = (h * further, -h * further)  # at most half the way back to the kink
            assert [calculus.difference_quotient(function, a + further, step) for step in steps] == [slope, slope]
    for engine in (by_scalars, by_arrays):
        convention = engine_gradient(engine, a)
        assert left <= convention <= right and convention == df(0.0) == df(-0.0)
        assert engine_gradient(engine, a + further) == df(further)


def test_C3_relu_of_nan_is_nan() -> None:
    """It stays; its derivative is 0, as in the engine."""
    for function, engine in ((calculus.relu, engine_value), (calculus.relu_derivative, engine_gradient)):
        assert str(function(math.nan)) == str(engine(sg.relu, math.nan))
    assert math.isnan(calculus.relu(math.nan)) and math.isnan(calculus.neuron([math.nan], [1.0], 0.0))


@given(QUARTERS, st.integers(1, 20))
def test_A6_difference_quotient_of_a_kink_in_a_sum(x: float, exponent: int) -> None:
    """relu(x) + relu(-x) is ∣x∣: the two conventions of 0 make one that lies between; relu(x) - relu(-x) is x, whose
    limit at 0 is 1, and the engine's 0 there is the price of the convention."""
    h = 2.0**-exponent
    both = engine_gradient(lambda v: sg.relu(v) + sg.relu(-v), x)
    assert both == engine_gradient(sg.abs, x) == calculus.elementary("abs")[1](x)
    for step in (h, -h):
        line = calculus.difference_quotient(lambda v: calculus.relu(v) - calculus.relu(-v), x, step)
        assert line == 1.0
    assert engine_gradient(lambda v: sg.relu(v) - sg.relu(-v), x) == float(x != 0.0)
    assert calculus.relu_derivative(x) + calculus.relu_derivative(-x) == float(x != 0.0)
