"""Section B of the formula ledger from B8 on: chains of Jacobians, element-wise functions, products."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import calculus
from scalargrad.calculus.shapes import product, transpose
from scalargrad.ledger.checks import SMOOTH, sizes
from scalargrad.ledger.compare import Comparison, engine_jacobian
from scalargrad.table import ops
from tests.support.drawn import FROM_EMPTY, NONZERO, NUMBERS, SIZES, matrices, reals, vectors
from tests.support.networks import BULK, jacobian, value
from tests.support.witness import Complex, complex_jacobian, hold, richardson, witnessed


@given(NONZERO)
def test_B8_vector_chain_rule_of_a_scalar(x: float) -> None:
    analytic = calculus.log_sine_derivative(x)
    hold(
        "B8",
        Comparison("J_f·g'", analytic, [row[0] for row in calculus.chain_jacobians(*calculus.log_sine_factors(x))]),
    )
    engine = engine_jacobian(lambda v: [sg.log(v[0] ** 2), sg.sin(3.0 * v[0])], [x])
    hold("B8", Comparison("engine", analytic, [row[0] for row in engine]))
    witness = complex_jacobian(lambda v: [Complex.log(v[0] * v[0]), Complex.sin(3.0 * v[0])], [x])
    hold("B8", witnessed("dy/dx", analytic, [row[0] for row in witness], None, 1, 2.0**80))
    outer = engine_jacobian(lambda g: [sg.log(g[0]), sg.sin(g[1])], [x * x, 3.0 * x])
    inside = engine_jacobian(lambda v: [v[0] ** 2, 3.0 * v[0]], [x])
    hold("B8", Comparison("factors", calculus.log_sine_factors(x), (outer, inside)))


@given(st.data(), st.lists(SIZES, min_size=2, max_size=5))
def test_B9_vector_chain_rule(data: Any, widths: list[int]) -> None:
    """Up to four stages, each A·sin(x): from the last width to the first. In both layouts."""
    stages = [data.draw(matrices(m, n, reals(1.0))) for m, n in pairwise(widths)]
    x = data.draw(vectors(widths[-1]))

    def network(space: Any) -> Any:
        def forward(v: Any) -> Any:
            for a in reversed(stages):
                v = [space.sum([p * space.sin(q) for p, q in zip(row, v)]) for row in a]
            return v

        return forward

    jacobians: list[Any] = []
    place, off = x, 1.0  # how far off an input may be, in roundings: a stage magnifies it by its rows' sums
    scale = [[float(i == j) for j in range(len(x))] for i in range(len(x))]
    for a in reversed(stages):
        jacobians.insert(0, [[p * math.cos(q) for p, q in zip(row, place)] for row in a])
        place = [math.fsum(p * math.sin(q) for p, q in zip(row, place)) for row in a]
        scale = product(sizes(a), scale)
        off = 1.0 + off * max(sum(sizes(row)) for row in a) + off
    scale = [[off * item for item in row] for row in scale]
    n = 2 * sum(widths)
    analytic = calculus.chain_jacobians(*jacobians)
    hold("B9", Comparison("engine", analytic, engine_jacobian(network(sg), x), scale, n))
    hold("B9", witnessed("J", analytic, complex_jacobian(network(Complex), x), scale, n))
    turned = calculus.chain_jacobians(*map(transpose, jacobians), layout="denominator")
    hold("B9", Comparison("denominator layout", transpose(turned), analytic, scale, n))


@given(st.lists(NUMBERS, max_size=4), st.sampled_from(SMOOTH), st.sampled_from(SMOOTH))
def test_B10_diagonal_chain(x: list[float], f: str, g: str) -> None:
    (_, df), (inside, dg) = calculus.elementary(f), calculus.elementary(g)
    outer, inner = [df(inside(item)) for item in x], [dg(item) for item in x]
    analytic = calculus.chain_diagonals(outer, inner)
    scale = max((3.0 + abs(item) for item in x), default=1.0)
    engine = engine_jacobian(lambda v: [getattr(sg, f)(getattr(sg, g)(item)) for item in v], x)
    hold("B10", Comparison("engine", analytic, engine, scale))
    witness = complex_jacobian(lambda v: [getattr(Complex, f)(getattr(Complex, g)(item)) for item in v], x)
    hold("B10", witnessed("J", analytic, witness, scale))
    full = product(*(calculus.elementwise_function_jacobian(lambda d: d, d) for d in (outer, inner)))
    assert analytic == (full if x else [])


UNARY = [row.name for row in ops.PRIMITIVES if len(row.operands) == 1]
INSIDE = {"log": (1e-3, 50.0), "log2": (1e-3, 50.0), "log10": (1e-3, 50.0), "sqrt": (1e-3, 50.0), "cbrt": (1e-3, 50.0),
          "log1p": (-0.9, 50.0), "asin": (-0.9, 0.9), "acos": (-0.9, 0.9), "atanh": (-0.9, 0.9), "acosh": (1.1, 50.0),
          "tan": (-1.4, 1.4)}  # fmt: skip
STEPS = {"floor", "ceil", "trunc", "round", "sign", "abs", "relu"}


@pytest.mark.parametrize("name", UNARY)
@given(st.data())
def test_B11_elementwise_function(name: str, data: Any) -> None:
    low, high = INSIDE.get(name, (-20.0, 20.0))
    x = data.draw(st.lists(st.floats(low, high), max_size=3))
    f, df = calculus.elementary(name)
    # silu's two terms cancel where it turns; the sizes of their sum are the scale
    near = [calculus.sigmoid(v) * (1.0 + abs(v) * calculus.sigmoid(-v)) if name == "silu" else abs(df(v)) for v in x]
    scale = calculus.elementwise_function_jacobian(lambda v: near[x.index(v)], x)
    analytic = calculus.elementwise_function_jacobian(df, x)
    hold("B11", Comparison(name, analytic, jacobian(BULK, lambda s, v: s.each(name, v), x), scale))
    hold("B11", Comparison("value", [f(v) for v in x], value(BULK, lambda s: s.each(name, x))))
    for v in x:
        if name not in STEPS and low + 0.04 < v < high - 0.04 and (name != "cbrt" or v > 0.1):
            extrapolated, error = richardson(f, v)
            assert abs(extrapolated - df(v)) <= error + 16.0 * 2.0**-52 * abs(df(v))


@given(st.data(), SIZES, FROM_EMPTY)
def test_B12_scalar_times_vector(data: Any, m: int, n: int) -> None:
    """y = a·x and z = Bx; m variables, n components; in both layouts."""
    x, a, b = data.draw(vectors(m)), data.draw(vectors(m)), data.draw(matrices(n, m))
    y, z = math.fsum(p * q for p, q in zip(a, x)), [math.fsum(p * q for p, q in zip(row, x)) for row in b]
    analytic = calculus.scaled_vector_jacobian(y, a, z, b)
    sums = sum(abs(p * q) for p, q in zip(a, x)), [sum(abs(p * q) for p, q in zip(row, x)) for row in b]
    scale = calculus.scaled_vector_jacobian(sums[0], sizes(a), sums[1], sizes(b))
    for space, engine, compare in ((sg, engine_jacobian, Comparison), (Complex, complex_jacobian, witnessed)):
        found = engine(lambda v, s=space: [s.dot(a, v) * s.dot(row, v) for row in b], x)
        hold("B12", compare("numerator", analytic, found, scale, m + 1))
    turned = calculus.scaled_vector_jacobian(y, a, z, transpose(b, m), layout="denominator")
    hold("B12", Comparison("denominator", turned, transpose(analytic, m), transpose(scale, m), m + 1))


@given(st.lists(reals(700.0), max_size=4))
def test_B13_exp(x: list[float]) -> None:
    engine = engine_jacobian(lambda v: [sg.exp(item) for item in v], x)
    hold("B13", Comparison("diag", calculus.exp_jacobian(x), engine))
    row = engine_jacobian(lambda v: [sg.sum([sg.exp(item) for item in v])], x) if x else [[]]
    hold("B13", Comparison("row", calculus.sum_exp_jacobian(x), row))
    hold("B13", Comparison("column", calculus.sum_exp_jacobian(x, layout="denominator"), transpose(row)))
    witness = complex_jacobian(lambda v: [Complex.exp(item) for item in v], x)
    hold("B13", witnessed("diag", calculus.exp_jacobian(x), witness, None, 1, 0.0))
