"""Section B of the formula ledger from B8 on: chains of Jacobians, element-wise functions, products, differentials."""

from __future__ import annotations

import cmath
import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import calculus, errors
from scalargrad.calculus.shapes import product, transpose
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_jacobian, engine_value, sizes
from scalargrad.ledger.work import SMOOTH
from scalargrad.table import ops
from tests.support.drawn import FROM_EMPTY, NONZERO, NUMBERS, QUARTERS, SIZES, matrices, reals, vectors
from tests.support.networks import BULK, jacobian, value
from tests.support.witness import Complex, complex_jacobian, hold, richardson, witnessed
from tests.test_calculus_b import FORMS, refuse, refuse_layouts

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend


@given(NONZERO)
def test_B8_vector_chain_rule_of_a_scalar(x: float) -> None:
    """A column, of two functions of one variable; a row in denominator layout."""
    analytic, row = calculus.log_sine_derivative(x), calculus.log_sine_derivative(x, layout="denominator")
    factors = calculus.log_sine_factors(x)
    hold("B8", Comparison("J_f·g'", analytic, calculus.chain_jacobians(*factors)))
    turned = calculus.chain_jacobians(*map(transpose, factors), layout="denominator")
    hold("B8", Comparison("J_f·g', denominator layout", row, turned))
    engine = engine_jacobian(lambda v: [sg.log(v[0] ** 2), sg.sin(3.0 * v[0])], [x])
    hold("B8", Comparison("engine", analytic, engine), Comparison("denominator layout", row, transpose(engine)))
    assert analytic == calculus.log_sine_derivative(x, "numerator")
    values = engine_value(lambda v: [sg.log(v**2), sg.sin(3.0 * v)], x)
    # near 1, the rounding of x² is all that the engine's logarithm sees; the closed form has no square
    hold("B8", Comparison("y", calculus.log_sine(x), values, [1.0 + abs(values[0]), abs(values[1])]))
    witness = complex_jacobian(lambda v: [Complex.log(v[0] * v[0]), Complex.sin(3.0 * v[0])], [x])
    hold("B8", witnessed("dy/dx", analytic, witness, None, 1, 2.0**80))
    outer = engine_jacobian(lambda g: [sg.log(g[0]), sg.sin(g[1])], [x * x, 3.0 * x])
    inside = engine_jacobian(lambda v: [v[0] ** 2, 3.0 * v[0]], [x])
    hold("B8", Comparison("factors", factors, (outer, inside)))
    of_f = complex_jacobian(lambda g: [Complex.log(g[0]), Complex.sin(g[1])], [x * x, 3.0 * x])
    of_g = complex_jacobian(lambda v: [v[0] * v[0], 3.0 * v[0]], [x])
    hold("B8", witnessed("factors", factors, (of_f, of_g), None, 1, 2.0**120))


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_B8_vector_chain_rule_of_a_scalar_at_zero(zero: float) -> None:
    """ln x² goes down without end on both sides, ever more steeply."""
    assert calculus.log_sine(zero) == [-math.inf, zero] == engine_value(lambda v: [sg.log(v**2), sg.sin(3.0 * v)], zero)
    assert calculus.log_sine_derivative(zero) == [[math.copysign(math.inf, zero)], [3.0]]
    assert calculus.log_sine_factors(zero) == ([[math.inf, 0.0], [0.0, 1.0]], [[0.0], [3.0]])


def test_B8_vector_chain_rule_of_a_scalar_far_out() -> None:
    """ln x² where x² is no float, and near 1, where it is 2·ln|x| to the last digits; no sine of infinities."""
    for x in (1e200, -1e200, 1e-200, 5e-324, 1.0 + 2.0**-52, -1.0 + 2.0**-53):
        assert calculus.log_sine(x)[0] == 2.0 * math.log(abs(x))
        assert calculus.log_sine_derivative(x)[0] == [2.0 / x if abs(x) > 1e-300 else math.inf]
    for function in (calculus.log_sine, calculus.log_sine_derivative, calculus.log_sine_factors):
        for x in (math.inf, -math.inf):
            with pytest.raises(errors.ArgumentError, match=r"sin'?\(-?inf\) does not exist: outside the domain"):
                function(x)


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
    assert len(analytic) == len(turned[0]) == widths[0] and len(turned) == len(analytic[0]) == widths[-1]
    assert analytic == calculus.chain_jacobians(*jacobians, layout="numerator")


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
          "tan": (-1.4, 1.4), "erfinv": (-0.9, 0.9), "lgamma": (2.5, 50.0), "digamma": (2.5, 50.0),
          "logit": (0.01, 0.99)}  # fmt: skip
SIMPLE = {"neg": lambda z: -z, "square": lambda z: z * z, "exp2": lambda z: 2.0**z,
          "silu": lambda z: z * Complex.sigmoid(z), "expm1": lambda z: cmath.exp(z) - 1.0,
          "log2": lambda z: cmath.log(z) / math.log(2.0), "log_sigmoid": lambda z: -Complex.softplus(-z),
          "logit": lambda z: cmath.log(z / (1.0 - z))}  # fmt: skip
ANALYTIC = {name: SIMPLE.get(name) or getattr(Complex, name, None) or getattr(cmath, name, None) for name in UNARY}
STEPS = {"floor", "ceil", "trunc", "round", "sign", "abs", "relu", "selu", "softsign"}
TURNING = {"silu", "gelu", "gelu_tanh", "mish", "sinc"}


@pytest.mark.parametrize("name", UNARY)
@given(st.data())
def test_B11_elementwise_function(name: str, data: Any) -> None:
    low, high = INSIDE.get(name, (-20.0, 20.0))
    x = data.draw(st.lists(st.floats(low, high), max_size=3))
    f, df = calculus.elementary(name)
    # the terms of these cancel where they turn; one of them is f(v) / v
    near = [abs(df(v)) + (2.0 * abs(f(v) / (v or 1.0)) if name in TURNING else 0.0) for v in x]
    scale = calculus.elementwise_function_jacobian(lambda v: near[x.index(v)], x)
    analytic = calculus.elementwise_function_jacobian(df, x)
    hold("B11", Comparison(name, analytic, jacobian(BULK, lambda s, v: s.each(name, v), x), scale))
    hold("B11", Comparison("value", [f(v) for v in x], value(BULK, lambda s: s.each(name, x))))
    if name not in STEPS and ANALYTIC[name]:
        witness = complex_jacobian(lambda v: [ANALYTIC[name](item) for item in v], x)
        hold("B11", witnessed(name, analytic, witness, scale, 1, 2.0**100))
    for v in x:
        if name not in STEPS and low + 0.04 < v < high - 0.04 and (name != "cbrt" or v > 0.1):
            extrapolated, error = richardson(f, v)
            assert abs(extrapolated - df(v)) <= error + 16.0 * 2.0**-52 * abs(df(v))


@given(st.data(), SIZES, FROM_EMPTY)
def test_B12_scalar_times_vector(data: Any, m: int, n: int) -> None:
    """y = a·x and z = Bx; m variables, n components; in both layouts."""
    x, a, b = data.draw(vectors(m)), data.draw(vectors(m)), data.draw(matrices(n, m))
    y, z = math.fsum(p * q for p, q in zip(a, x)), [math.fsum(p * q for p, q in zip(row, x)) for row in b]
    form, other = data.draw(FORMS), data.draw(FORMS)  # the gradient of y as a row, as a column, or flat
    analytic = calculus.scaled_vector_jacobian(y, form(a), z, b)
    assert analytic == calculus.scaled_vector_jacobian(y, other(a), z, b, "numerator")
    sums = sum(abs(p * q) for p, q in zip(a, x)), [sum(abs(p * q) for p, q in zip(row, x)) for row in b]
    scale = calculus.scaled_vector_jacobian(sums[0], sizes(a), sums[1], sizes(b))
    for space, engine, compare in ((sg, engine_jacobian, Comparison), (Complex, complex_jacobian, witnessed)):
        found = engine(lambda v, s=space: [s.dot(a, v) * s.dot(row, v) for row in b], x)
        hold("B12", compare("numerator", analytic, found, scale, m + 1))
    turned = calculus.scaled_vector_jacobian(y, other(a), z, transpose(b, m), layout="denominator")
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


@given(st.data(), FROM_EMPTY, SIZES)
def test_B14_differentials_exactly(data: Any, m: int, n: int) -> None:
    """On quarters nothing rounds. A linear z has dz = z(x + dx) - z(x), a linear y too; what d(y·z) leaves of the
    change of their product is dy·dz, and at half of dx a quarter of it."""
    a, b = data.draw(vectors(n, QUARTERS)), data.draw(matrices(m, n, QUARTERS))
    x, dx = data.draw(vectors(n, QUARTERS)), data.draw(vectors(n, QUARTERS))

    def values(v: list[float]) -> tuple[float, list[float]]:
        return sum(p * q for p, q in zip(a, v)), [sum(p * q for p, q in zip(row, v)) for row in b]

    (y, z), missed = values(x), []
    for h in (1.0, 0.5):
        step = [h * item for item in dx]
        after_y, after_z = values([p + q for p, q in zip(x, step)])
        (dy,), dz = calculus.differential([a], step), calculus.differential(b, step)
        assert (dy, dz) == (after_y - y, [p - q for p, q in zip(after_z, z)]) == values(step)
        by_engine = [engine_jacobian(lambda v, r=rows: [sg.dot(row, v) for row in r], x) for rows in ([a], b)]
        assert [[dy], dz] == [calculus.differential(found, step) for found in by_engine]
        change = calculus.product_differential(y, dy, z, dz)
        assert change == [p * dy + y * q for p, q in zip(z, dz)]
        missed.append([after_y * p - y * q - d for p, q, d in zip(after_z, z, change)])
        assert missed[-1] == [dy * q for q in dz]
    assert missed[0] == [4.0 * item for item in missed[1]]


@given(st.data(), FROM_EMPTY, SIZES, st.integers(2, 12))
def test_B14_differentials(data: Any, m: int, n: int, exponent: int) -> None:
    """y = sin(a·x) and z = cos(Bx). What df = J·dx leaves of f(x + dx) - f(x) is at most half of the second derivative
    along dx; at half of dx, a quarter of it, up to a 16th of the third. So too for d(y·z) = z dy + y dz."""
    a, b = data.draw(vectors(n, reals(1.0))), data.draw(matrices(m, n, reals(1.0)))
    x, direction = data.draw(vectors(n)), data.draw(vectors(n, reals(1.0)))

    def functions(s: Any) -> dict[str, Any]:
        return {
            "y": lambda v: [s.sin(s.dot(a, v))],
            "z": lambda v: [s.cos(s.dot(row, v)) for row in b],
            "y·z": lambda v: [s.sin(s.dot(a, v)) * s.cos(s.dot(row, v)) for row in b],
        }

    at_a, at_b = math.fsum(p * q for p, q in zip(a, x)), [math.fsum(p * q for p, q in zip(row, x)) for row in b]
    y, z = math.sin(at_a), [math.cos(item) for item in at_b]
    of_y, of_z = [[math.cos(at_a) * p for p in a]], [[-math.sin(c) * p for p in row] for c, row in zip(at_b, b)]
    closed = calculus.scaled_vector_jacobian(y, of_y, z, of_z)  # B12, which follows from the two differentials
    engine = {name: engine_jacobian(f, x) for name, f in functions(sg).items()}
    witness = {name: complex_jacobian(f, x) for name, f in functions(Complex).items()}

    def reach(v: list[float]) -> dict[str, list[float]]:
        """Bounds of a·v and of Bv: of what enters the functions, of which roundings pass on, and of what dx adds."""
        by_a, by_b = (sum(abs(p * q) for p, q in zip(a, v))), [sum(abs(p * q) for p, q in zip(row, v)) for row in b]
        return {"y": [by_a], "z": by_b, "y·z": [by_a + item for item in by_b]}

    near, steps = reach(x), [[h * item for item in direction] for h in (2.0**-exponent, 2.0 ** -(exponent + 1))]
    for dx in steps:
        (dy,), dz = calculus.differential(of_y, dx), calculus.differential(of_z, dx)
        by_parts = calculus.product_differential(y, dy, z, dz)
        for name, found in (("y", [dy]), ("z", dz), ("y·z", calculus.differential(closed, dx)), ("y·z", by_parts)):
            scale = [most * (2.0 + size) for most, size in zip(reach(dx)[name], near[name])]
            hold("B14", Comparison(name, found, calculus.differential(engine[name], dx), scale, 2 * n))
            hold("B14", witnessed(name, found, calculus.differential(witness[name], dx), scale, 2 * n))
    for name, jacobian_of in (("y", of_y), ("z", of_z), ("y·z", closed)):
        f, missed = functions(sg)[name], []
        for dx in steps:
            after = engine_value(f, [p + q for p, q in zip(x, dx)])
            change = [p - q for p, q in zip(after, engine_value(f, x))]
            missed.append([p - q for p, q in zip(change, calculus.differential(jacobian_of, dx))])
            for left, size, most in zip(missed[-1], near[name], reach(dx)[name]):
                hold("B14", Comparison(f"d{name}", left, 0.0, 2.0 + size, 2 * n, most**2 / 2.0))
        for whole, half, size, most in zip(*missed, near[name], reach(steps[0])[name]):
            hold("B14", Comparison(f"d{name} at dx/2", half, whole / 4.0, 2.0 + size, 2 * n, most**3 / 16.0))


def test_B8_vector_chain_rule_of_a_scalar_in_no_other_layout() -> None:
    refuse_layouts(lambda layout: calculus.log_sine_derivative(1.0, layout))


def test_B9_vector_chain_rule_refuses() -> None:
    chained, square = calculus.chain_jacobians, [[1.0, 2.0], [3.0, 4.0]]
    for factors in ([[[1.0]]], [[[1.0]], [[1.0]]]):
        refuse_layouts(lambda layout: chained(*factors, layout=layout))
    refuse(
        (lambda: chained([[1.0]], square), r"as many columns.*a \(1, 1\), b \(2, 2\)"),
        (lambda: chained(square, [[1.0]], layout="denominator"), r"as many columns.*a \(1, 1\), b \(2, 2\)"),
        (lambda: chained([[1.0]], [1.0]), r"lists of rows.*\(1,\)"),  # type: ignore[list-item]
    )
    with pytest.raises(errors.ArgumentError, match="at least one Jacobian"):
        chained(layout="denominator")


def test_B10_diagonal_chain_refuses() -> None:
    refuse((lambda: calculus.chain_diagonals([1.0], [1.0, 2.0]), r"outer \(1,\), inner_diagonal \(2,\)"))


def test_B11_elementwise_function_refuses() -> None:
    refuse((lambda: calculus.elementwise_function_jacobian(math.exp, [[1.0]]), r"flat.*\(1, 1\)"))  # type: ignore
    with pytest.raises(errors.ArgumentError, match=r"log'\(0\.0\) does not exist"):
        calculus.elementwise_function_jacobian(calculus.elementary("log")[1], [1.0, 0.0])
    with pytest.raises(errors.RangeError, match=r"exp'\(1000\.0\) is too large"):
        calculus.elementwise_function_jacobian(calculus.elementary("exp")[1], [1e3])
    with pytest.raises(errors.ArgumentError, match=r"no elementary function is called 'sine'; there are .*sin, cos"):
        calculus.elementary("sine")


def test_B12_scalar_times_vector_refuses() -> None:
    product_rule, square = calculus.scaled_vector_jacobian, [[1.0, 2.0], [3.0, 4.0]]
    refuse_layouts(lambda layout: product_rule(1.0, [1.0], [1.0], [[1.0]], layout))
    refuse(
        (lambda: product_rule(1.0, square, [1.0], [[1.0]]), r"a row, a column, or flat.*\(2, 2\)"),
        (lambda: product_rule(1.0, [1.0], [[1.0]], [[1.0]]), r"z must be flat.*\(1, 1\)"),  # type: ignore[list-item]
        (lambda: product_rule(1.0, [1.0], [1.0, 2.0], [[1.0, 2.0]]), r"of shape \(2, 1\)"),
        (lambda: product_rule(1.0, [1.0], [1.0, 2.0], [[1.0], [2.0]], "denominator"), r"of shape \(1, 2\)"),
    )


def test_B13_exp_far_out() -> None:
    """Where exp overflows it is inf, as IEEE 754 has it, and so is its derivative."""
    x = [-math.inf, -745.0, 709.0, 710.0, 1e308, math.inf]
    assert calculus.exp_jacobian(x) == engine_jacobian(lambda v: [sg.exp(item) for item in v], x)
    row = engine_jacobian(lambda v: [sg.sum([sg.exp(item) for item in v])], x)
    assert calculus.sum_exp_jacobian(x) == row == [[0.0, 5e-324, math.exp(709.0), math.inf, math.inf, math.inf]]
    assert calculus.sum_exp_jacobian(x, layout="denominator") == transpose(row)


def test_B13_exp_refuses() -> None:
    refuse_layouts(lambda layout: calculus.sum_exp_jacobian([1.0], layout))
    refuse(
        (lambda: calculus.sum_exp_jacobian([[1.0]]), r"flat.*\(1, 1\)"),  # type: ignore[list-item]
        (lambda: calculus.exp_jacobian([[1.0]]), r"flat.*\(1, 1\)"),  # type: ignore[list-item]
    )


def test_B14_differentials_refuse() -> None:
    refuse(
        (lambda: calculus.differential([[1.0, 2.0]], [1.0]), r"jacobian \(1, 2\), step \(1,\)"),
        (lambda: calculus.differential([1.0], [1.0]), r"lists of rows.*\(1,\)"),  # type: ignore[list-item]
        (lambda: calculus.differential([[1.0]], [[1.0]]), r"step must be flat.*\(1, 1\)"),  # type: ignore[list-item]
        (lambda: calculus.product_differential(1.0, 1.0, [1.0], [1.0, 2.0]), r"z \(1,\), dz \(2,\)"),
        (lambda: calculus.product_differential(1.0, 1.0, [[1.0]], [1.0]), r"flat.*\(1, 1\)"),  # type: ignore[list-item]
    )
