"""Section H of the formula ledger, normalisation and GELU: against the layers, the complex step and 50 digits."""

from __future__ import annotations

import cmath
import math
import sys
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from mpmath import mp, mpf

from scalargrad import Matrix, Vector, calculus, nn
from scalargrad.calculus.shapes import transpose
from scalargrad.errors import ArgumentError
from scalargrad.ledger.chapters.transformers.gelu import GELU, gelu_scales
from scalargrad.ledger.chapters.transformers.normalisation import layer_scales, rms_scales, spread
from scalargrad.ledger.compare import EPSILON, Comparison
from scalargrad.ledger.engine import engine_gradient, engine_jacobian, engine_value
from tests.support.drawn import FINITE, NUMBERS, SIZES, matrices, times, vectors
from tests.support.reference import UNARY
from tests.support.witness import complex_gradient, hold, witnessed

EPSILONS = st.sampled_from([0.0, 1e-12, 1e-5, 0.25, 3.0])
EDGES = st.sampled_from([0.0, -0.0, 5e-324, -1e-310, 1e-160, 2.0])
ROWS = st.one_of(NUMBERS, EDGES)


@st.composite
def batches(draw: Any) -> Any:
    """X, a gain, a bias, G and ε; in some, all rows of X are one."""
    m, n = draw(SIZES), draw(SIZES)
    x = draw(st.one_of(matrices(m, n, ROWS), vectors(n, ROWS).map(lambda row: [row] * m)))
    return x, draw(vectors(n)), draw(vectors(n)), draw(matrices(m, n)), draw(EPSILONS)


def applied(layer: Any, x: Any, g: Any) -> tuple[Any, Any]:
    """What a layer makes of a batch, and the gradient of ΣG⊙Y by it; those of its parameters are in these."""
    batch = Matrix(x)
    y = layer(batch)
    (y * g).sum().backward()
    return y.data, batch.grad


def normal(x: Any, gain: Any, epsilon: float, centred: bool) -> Any:
    """A row normalised, of complex numbers."""
    mean = sum(x) / len(x) if centred else 0.0
    r = cmath.sqrt(sum((item - mean) ** 2 for item in x) / len(x) + epsilon)
    return [weight * (item - mean) / r for weight, item in zip(gain, x)]


def pulled(x: Any, gain: Any, g: Any, epsilon: float, centred: bool) -> Any:
    return complex_gradient(
        lambda v, w: sum(p * q for rows, up in zip(v, g) for p, q in zip(normal(rows, w, epsilon, centred), up)),
        x, gain,
    )  # fmt: skip


# --- H1 and H2 --------------------------------------------------------------------------------------------------------


@given(batches(), st.integers(-300, 300))
def test_H1_rms_norm(drawn: Any, power: int) -> None:
    """By nn.RMSNorm; and numbers of every size between, of which it can take the squares."""
    x, gain, _, g, epsilon = drawn
    if epsilon == 0.0:
        assume(all(max(map(abs, row)) > 1e-3 for row in x))
        x = times(x, 2.0**power)
    m, n = len(x), len(gain)
    layer = nn.RMSNorm(n, eps=epsilon)
    layer.weight = weight = Vector(gain)
    y, by_x = applied(layer, x, g)
    scale_x, scale_gain = rms_scales(x, gain, g, epsilon)
    hold("H1", Comparison("y", [calculus.rms_norm(row, gain, epsilon) for row in x], y, None, n))
    found = calculus.rms_norm_backward(x, gain, g, epsilon)
    hold(
        "H1",
        Comparison("∂L/∂X", found[0], by_x, scale_x, n),
        Comparison("∂L/∂g", found[1], weight.grad, scale_gain, n + m),
    )
    for row, upstream, by_row in zip(x, g, found[0]):  # a row reads no other, and its Jacobian pulls back the same
        assert calculus.rms_norm_backward([row], gain, [upstream], epsilon)[0] == [by_row]
        jacobian = calculus.rms_norm_jacobian(row, gain, epsilon)
        assert calculus.rms_norm_jacobian(row, gain, epsilon, "denominator") == transpose(jacobian)
        again = [math.fsum(p * q for p, q in zip(upstream, column)) for column in transpose(jacobian)]
        scale = rms_scales([row], gain, [upstream], epsilon)[0][0]
        hold("H1", Comparison("by the Jacobian", again, by_row, scale, n))


@given(batches())
def test_H1_rms_norm_by_the_complex_step(drawn: Any) -> None:
    x, gain, _, g, epsilon = drawn
    assume(all(math.hypot(*row, math.sqrt(epsilon)) > 0.1 for row in x))
    found, scales = calculus.rms_norm_backward(x, gain, g, epsilon), rms_scales(x, gain, g, epsilon)
    for ours, witness, scale in zip(found, pulled(x, gain, g, epsilon, False), scales):
        hold("H1", witnessed("pulled back", ours, witness, scale, len(gain) + len(x)))


@given(st.integers(-1074, 1020), st.sampled_from([1.0, -1.0]))
def test_H1_rms_norm_of_any_size(power: int, sign: float) -> None:
    """Subnormal and huge: no square over- or underflows, and a row times a power of two is the same row normalised."""
    unit = math.ldexp(sign, power)
    y = calculus.rms_norm([unit, 7.0 * unit], [1.0, 2.0])
    assert y == pytest.approx([sign * 0.2, sign * 2.8], rel=1e-15)
    assert calculus.rms_norm([unit], [3.0]) == [3.0 * sign] and calculus.rms_norm_jacobian([unit], [3.0]) == [[0.0]]
    slopes = calculus.rms_norm_jacobian([unit, 7.0 * unit], [1.0, 2.0])
    wanted = [[0.196, -0.028], [-0.056, 0.008]]
    if power > -1000:
        for row, others in zip(slopes, wanted):
            assert [item * abs(unit) for item in row] == pytest.approx(others, rel=1e-14)


def test_H1_rms_norm_of_one_number() -> None:
    """1 - u² is what ε has of r², with all its digits."""
    (slope,) = calculus.rms_norm_jacobian([1e8], [2.0], 1e-8)[0]
    assert slope == pytest.approx(2.0 * 1e-8 / (1e16 + 1e-8) ** 1.5, rel=1e-15, abs=0.0)
    assert math.copysign(1.0, calculus.rms_norm([-0.0], [1.0], 1.0)[0]) == -1.0
    assert calculus.rms_norm_backward([[0.0]], [2.0], [[3.0]], 0.25) == ([[12.0]], [0.0])
    largest = sys.float_info.max
    assert calculus.rms_norm([largest, -largest], [1.0, 2.0]) == pytest.approx([1.0, -2.0], rel=1e-15)


@given(batches())
def test_H2_layer_norm(drawn: Any) -> None:
    """By nn.LayerNorm."""
    x, gain, bias, g, epsilon = drawn
    assume(all(spread(row, epsilon).condition < 1e6 for row in x))
    m, n = len(x), len(gain)
    layer = nn.LayerNorm(n, eps=epsilon)
    layer.weight, layer.bias = (weight, offset) = Vector(gain), Vector(bias)
    y, by_x = applied(layer, x, g)
    scale_y, scale_x, scale_gain = layer_scales(x, gain, bias, g, epsilon)
    hold("H2", Comparison("y", [calculus.layer_norm(row, gain, bias, epsilon) for row in x], y, scale_y, n))
    found = calculus.layer_norm_backward(x, gain, g, epsilon)
    hold(
        "H2",
        Comparison("∂L/∂X", found[0], by_x, scale_x, n),
        Comparison("∂L/∂g", found[1], weight.grad, scale_gain, n + m),
    )
    hold("H2", Comparison("∂L/∂b", found[2], offset.grad, [sum(map(abs, column)) for column in transpose(g)], m))
    if all(spread(row, epsilon).sigma > 0.1 for row in x):
        for ours, witness, scale in zip(found, pulled(x, gain, g, epsilon, True), (scale_x, scale_gain)):
            hold("H2", witnessed("pulled back", ours, witness, scale, n + m))
    for row, upstream, by_row in zip(x, g, found[0]):
        assert calculus.layer_norm_backward([row], gain, [upstream], epsilon)[0] == [by_row]
        jacobian = calculus.layer_norm_jacobian(row, gain, epsilon)
        assert calculus.layer_norm_jacobian(row, gain, epsilon, "denominator") == transpose(jacobian)
        again = [math.fsum(p * q for p, q in zip(upstream, column)) for column in transpose(jacobian)]
        scale = layer_scales([row], gain, bias, [upstream], epsilon)[1][0]
        hold("H2", Comparison("by the Jacobian", again, by_row, scale, n))
        sigma = spread(row, epsilon).sigma
        for weight, items in zip(gain, jacobian):  # a shift of the row changes nothing
            assert abs(math.fsum(items)) <= 16.0 * n * EPSILON * abs(weight) / sigma


@pytest.mark.parametrize("power", [-1060, -600, -1, 0, 500, 1000])
def test_H2_layer_norm_of_any_size(power: int) -> None:
    """Also of numbers that differ in their last digit alone, or not at all."""
    unit = math.ldexp(1.0, power)
    assert calculus.layer_norm([unit, 3.0 * unit], [1.0, 2.0], [0.0, 0.5]) == [-1.0, 2.5]
    near = [1.0, 1.0 + EPSILON, 1.0]
    assert calculus.layer_norm([item * 2.0 for item in near], [1.0] * 3, [0.0] * 3) == pytest.approx(
        [-math.sqrt(0.5), math.sqrt(2.0), -math.sqrt(0.5)], rel=1e-15
    )
    for n in range(1, 12):
        assert calculus.layer_norm([0.1 * unit] * n, [1.0] * n, [0.25] * n, 1.0) == [0.25] * n
        assert calculus.layer_norm_jacobian([0.1 * unit], [3.0], 1.0) == [[0.0]]


def test_H2_layer_norm_and_H1_refuse_what_has_no_result() -> None:
    wrong: list[tuple[Any, str]] = [
        (lambda: calculus.rms_norm([0.0, -0.0], [1.0, 1.0]), "nothing to divide by"),
        (lambda: calculus.layer_norm([5.0, 5.0], [1.0] * 2, [0.0] * 2), "nothing to divide by"),
        (lambda: calculus.layer_norm_jacobian([5.0], [1.0]), "nothing to divide by"),
        (lambda: calculus.rms_norm_backward([[0.0]], [1.0], [[1.0]]), "nothing to divide by"),
        (lambda: calculus.rms_norm([1.0], [1.0], -1.0), "epsilon must be 0 or more, got -1.0"),
        (lambda: calculus.layer_norm_backward([[1.0]], [1.0], [[1.0]], -0.5), "epsilon must be 0 or more, got -0.5"),
        (lambda: calculus.rms_norm([], []), "a row needs at least one number"),
        (lambda: calculus.layer_norm([], [], []), "a row needs at least one number"),
        (lambda: calculus.rms_norm_jacobian([1.0], [1.0], layout="rows"), "layout must be"),  # type: ignore[arg-type]
        (lambda: calculus.gelu(1.0, "erf"), "approximate must be 'none' or 'tanh', got 'erf'"),  # type: ignore[arg-type]
        (lambda: calculus.gelu_derivative(1.0, "exact"), "approximate must be"),  # type: ignore[arg-type]
        (lambda: calculus.gelu_backward([1.0], [1.0], layout="rows"), "layout must be"),  # type: ignore[arg-type]
    ]  # fmt: skip
    for call, message in wrong:
        with pytest.raises(ArgumentError, match=message):
            call()


# --- H3 ---------------------------------------------------------------------------------------------------------------


INF, NAN = math.inf, math.nan
FORMS = st.sampled_from(["none", "tanh"])
# where erfc and the sigmoid are subnormal too, and where everything is
ROUND = st.one_of(FINITE, st.floats(-40.5, 40.5))


@example(([-37.1, -39.2], [1.0, -1e-60]), "none")
@example(([-21.4, 1e308], [2.0, 0.0]), "tanh")
@given(SIZES.flatmap(lambda n: st.tuples(vectors(n, ROUND), vectors(n))), FORMS)
def test_H3_gelu(drawn: Any, form: Any) -> None:
    """By the engine's primitive, number by number, and by nn.GELU."""
    (x, g), f = drawn, GELU[form]
    values, slopes = [calculus.gelu(item, form) for item in x], [calculus.gelu_derivative(item, form) for item in x]
    of_values, of_slopes = zip(*(gelu_scales(item, form) for item in x))
    of_back = [abs(p) * size for p, size in zip(g, of_slopes)]
    jacobian = engine_jacobian(lambda v: [f(item) for item in v], x)
    hold(
        "H3",
        Comparison("y", values, engine_value(lambda v: [f(item) for item in v], x), of_values),
        Comparison("f'", slopes, [row[k] for k, row in enumerate(jacobian)], of_slopes),
    )
    (pulled_back,) = calculus.gelu_backward(x, [g], form)
    back = engine_gradient(lambda v: sum(p * f(item) for p, item in zip(g, v)), x)
    hold("H3", Comparison("pulled back", pulled_back, back, of_back))
    of_module, (by_x,) = applied(nn.GELU(form), [x], [g])
    hold("H3", Comparison("nn.GELU", [values], of_module, of_values))
    hold("H3", Comparison("nn.GELU, pulled back", pulled_back, by_x, of_back))
    assert calculus.gelu_backward(x, g, form, "denominator") == transpose([pulled_back])
    assert len(pulled_back) == len(x)


@example(-5.0, "none")
@example(-30.0, "none")
@example(-6.0, "tanh")
@given(ROUND, FORMS)
def test_H3_gelu_with_50_digits(x: float, form: Any) -> None:
    """To a few roundings of the result, or of the terms of the derivative's sum."""
    value, slope = UNARY["gelu" if form == "none" else "gelu_tanh"]
    with mp.workdps(50):
        exact = (value(mpf(x)), slope(mpf(x))) if abs(x) < 1e3 else (mpf(max(x, 0.0)), mpf(x > 0.0))
    found = calculus.gelu(x, form), calculus.gelu_derivative(x, form)
    for ours, wanted, size in zip(found, exact, gelu_scales(x, form)):
        assert abs(ours - wanted) <= 4.0 * EPSILON * size
    assert math.copysign(1.0, calculus.gelu(x, form)) == math.copysign(1.0, x)


@pytest.mark.parametrize("form", ["none", "tanh"])
def test_H3_gelu_of_every_double(form: Any) -> None:
    for x, value, slope in ((INF, INF, 1.0), (-INF, 0.0, 0.0), (1e200, 1e200, 1.0), (-1e200, 0.0, 0.0),
                            (sys.float_info.max, sys.float_info.max, 1.0), (-sys.float_info.max, 0.0, 0.0),
                            (40.0, 40.0, 1.0), (-40.0, 0.0, 0.0), (-0.0, 0.0, 0.5)):  # fmt: skip
        assert calculus.gelu(x, form) == GELU[form](x) == value
        assert calculus.gelu_derivative(x, form) == engine_gradient(GELU[form], x) == slope
        assert math.copysign(1.0, calculus.gelu(x, form)) == math.copysign(1.0, x)
    assert math.isnan(calculus.gelu(NAN, form)) and math.isnan(calculus.gelu_derivative(NAN, form))


def test_H3_gelu_by_hand() -> None:
    """The numbers of the two forms at 1, from tables of Φ and tanh."""
    assert calculus.gelu(1.0) == pytest.approx(0.8413447460685429, rel=1e-15)
    assert calculus.gelu(1.0, "tanh") == pytest.approx(0.8411919906082768, rel=1e-15)
    assert calculus.gelu_derivative(1.0) == pytest.approx(0.8413447460685429 + 0.24197072451914337, rel=1e-15)
    assert calculus.gelu(-1.0) == pytest.approx(-0.15865525393145707, rel=1e-15)
