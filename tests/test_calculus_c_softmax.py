"""Section C of the formula ledger: softmax, log-softmax and log-sum-exp. Analytic form, engine and witness together."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import calculus
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_jacobian, sizes
from scalargrad.transforms.containers import flat
from tests.support.drawn import NUMBERS, QUARTERS, SIZES, matrices, vectors
from tests.support.networks import BULK, WITNESS, gradient, jacobian, styles, value
from tests.support.witness import Complex, complex_gradient, complex_jacobian, hold, in_both_layouts, witnessed

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

# so far apart that some weights underflow, and near enough that none does
SCORES = st.one_of(NUMBERS, st.floats(-800.0, 800.0), st.sampled_from([1e308, -1e308, 1e300]))


def softmax_scale(z: list[float]) -> list[list[float]]:
    """pᵢ(δᵢⱼ + pⱼ): the two terms that the diagonal subtracts."""
    p = calculus.softmax(z)
    return [[a * ((i == j) + b) for j, b in enumerate(p)] for i, a in enumerate(p)]


@styles
@given(st.lists(SCORES, min_size=1, max_size=5))
def test_C7_softmax_jacobian(style: Any, z: list[float]) -> None:
    n, scale = len(z), softmax_scale(z)
    analytic = calculus.softmax_jacobian(z)
    hold("C7", Comparison("engine", analytic, jacobian(style, lambda s, v: s.softmax([v])[0], z), scale, n))
    hold("C7", Comparison("p", calculus.softmax(z), value(style, lambda s: s.softmax([z])[0]), None, n))
    p = calculus.softmax(z)
    literal = [[a * ((i == j) - b) for j, b in enumerate(p)] for i, a in enumerate(p)]
    hold("C7", Comparison("diag(p) - ppᵀ", analytic, literal, scale, n))
    for i, row in enumerate(analytic):  # rows and columns sum to 0
        hold("C7", Comparison("row", math.fsum(row), 0.0, sum(scale[i]), n))
        hold("C7", Comparison("column", math.fsum(other[i] for other in analytic), 0.0, sum(scale[i]), n))
        assert [other[i] for other in analytic] == row  # symmetric
    if max(map(abs, z)) <= 300.0:  # the derivation's quotient rule, (u'v - uv')/v² with u = exp zᵢ and v = Σexp zₖ
        e = [math.exp(item) for item in z]
        v = math.fsum(e)
        quotient = [[(u * (i == j) * v - u * e[j]) / v**2 for j in range(n)] for i, u in enumerate(e)]
        hold("C7", Comparison("quotient rule", analytic, quotient, scale, 2 * n))
    if max(map(abs, z)) <= 30.0:  # beyond, the witness's own exp(z - max) loses the digits of the difference
        witness = complex_jacobian(lambda v: WITNESS.softmax([v])[0], z)
        far = [[(1.0 + abs(a) + max(map(abs, z))) * item for item in row] for a, row in zip(z, scale)]
        hold("C7", witnessed("p", analytic, witness, far, n))


@styles
@given(st.lists(QUARTERS, min_size=1, max_size=5), st.integers(-1000, 1000))
def test_C7_softmax_jacobian_is_that_of_shifted_scores(style: Any, z: list[float], shift: int) -> None:
    """z + c on quarters is exact, and so the Jacobian is the same to the last bit."""
    moved = [item + shift for item in z]
    assert calculus.softmax_jacobian(moved) == calculus.softmax_jacobian(z)
    engine = [jacobian(style, lambda s, v: s.softmax([v])[0], each) for each in (moved, z)]
    assert engine[0] == engine[1]


@styles
@given(st.data(), st.lists(SCORES, min_size=1, max_size=5))
def test_C8_softmax_backward(style: Any, data: Any, z: list[float]) -> None:
    n, g = len(z), data.draw(vectors(len(z)))
    analytic = in_both_layouts(calculus.softmax_backward, z, g)
    for form in ([g], [[item] for item in g]):  # the gradient by p as a row, and as a column
        assert in_both_layouts(calculus.softmax_backward, z, form) == analytic
    p = calculus.softmax(z)
    along = sum(a * abs(b) for a, b in zip(p, g))
    scale = [a * (abs(b) + along) for a, b in zip(p, g)]
    engine = gradient(style, lambda s, v: s.total(s.softmax([v]), [g]), z)
    hold("C8", Comparison("engine", analytic, engine, scale, n))
    matrix = [math.fsum(a * b for a, b in zip(column, g)) for column in zip(*calculus.softmax_jacobian(z))]
    hold("C8", Comparison("the matrix of C7", analytic, matrix, scale, n))
    if max(map(abs, z)) <= 30.0:
        witness = complex_gradient(lambda v: WITNESS.total(WITNESS.softmax([v]), [g]), z)
        hold("C8", witnessed("∂L/∂z", analytic, witness, [61.0 * item for item in scale], n))


@styles
@given(st.lists(SCORES, min_size=1, max_size=5))
def test_C9_log_softmax(style: Any, z: list[float]) -> None:
    n, p = len(z), calculus.softmax(z)
    scale = [[(i == j) + b for j, b in enumerate(p)] for i in range(n)]
    analytic, slopes = calculus.log_softmax_jacobian(z), in_both_layouts(calculus.logsumexp_gradient, z)
    engine = jacobian(style, lambda s, v: s.log_softmax([v])[0], z)
    hold("C9", Comparison("engine", analytic, engine, scale, n))
    hold("C9", Comparison("log-sum-exp", slopes, gradient(style, lambda s, v: s.logsumexp([v])[0], z), None, n))
    hold("C9", Comparison("values", calculus.log_softmax(z), value(style, lambda s: s.log_softmax([z])[0]), None, n))
    found, most = value(style, lambda s: s.logsumexp([z])[0]), max(map(abs, z)) + 2.0
    hold("C9", Comparison("value", calculus.logsumexp(z), found, most, n))
    for row, sums in zip(analytic, scale):
        hold("C9", Comparison("row", math.fsum(row), 0.0, sum(sums), n))
    if max(map(abs, z)) <= 30.0:
        far = [[61.0 * item for item in row] for row in scale]
        hold("C9", witnessed("log p", analytic, complex_jacobian(lambda v: WITNESS.log_softmax([v])[0], z), far, n))
        hold("C9", witnessed("log-sum-exp", slopes, complex_gradient(Complex.logsumexp, z), 61.0, n))


def hold_rows(row: str, style: Any, name: str, z: list[list[float]], g: list[list[float]]) -> None:
    """A function of each row of a matrix, pulled back: rows do not mix."""
    analytic, scale, n = [], [], len(z[0])
    for each, upstream in zip(z, g):
        p = calculus.softmax(each)
        if name == "softmax":
            analytic += calculus.softmax_backward(each, upstream)
        elif name == "log_softmax":
            columns = zip(*calculus.log_softmax_jacobian(each))
            analytic.append([math.fsum(a * b for a, b in zip(column, upstream)) for column in columns])
        else:
            analytic.append([upstream[0] * item for item in calculus.logsumexp_gradient(each)[0]])
        along = sum(sizes(upstream)) if name == "log_softmax" else sum(a * abs(b) for a, b in zip(p, upstream))
        scale.append([a * (abs(b) + along) + abs(b) * (name != "softmax") for a, b in zip(p, upstream)])

    def pulled(s: Any, v: Any) -> Any:
        if name == "logsumexp":
            return s.sum(s.binary("*", s.logsumexp(v), [row[0] for row in g]))
        return s.total(getattr(s, name)(v), g)

    if name == "logsumexp":
        scale = [[abs(item) for item in each] for each in analytic]
    hold(row, Comparison(f"{name} of rows", analytic, gradient(style, pulled, z), scale, 2 * n))


@styles
@given(st.data(), SIZES, SIZES)
def test_C7_softmax_jacobian_of_rows(style: Any, data: Any, m: int, n: int) -> None:
    """Block-diagonal: each row's own, and 0 elsewhere. Along axis 0 the same of the columns."""
    z = data.draw(matrices(m, n, SCORES))
    found = jacobian(style, lambda s, v: s.softmax(v), z)
    for r, row in enumerate(z):
        scale, analytic = softmax_scale(row), calculus.softmax_jacobian(row)
        by_row = [each[r] for each in found[r * n : (r + 1) * n]]
        hold("C7", Comparison(f"row {r}", analytic, by_row, scale, n))
        others = [item for each in found[r * n : (r + 1) * n] for k, part in enumerate(each) if k != r for item in part]
        assert not any(others)
    if style is BULK:
        turned = jacobian(style, lambda s, v: s.softmax(v), z)
        columns = [list(column) for column in zip(*z)]
        along = engine_jacobian(lambda v: sg.softmax(sg.Matrix(v), axis=0).T, columns)
        assert [[list(column) for column in zip(*each)] for each in along] == turned


@styles
@given(st.data(), SIZES, SIZES)
def test_C8_softmax_backward_of_rows(style: Any, data: Any, m: int, n: int) -> None:
    hold_rows("C8", style, "softmax", data.draw(matrices(m, n, SCORES)), data.draw(matrices(m, n)))


@styles
@pytest.mark.parametrize("name", ["log_softmax", "logsumexp"])
@given(st.data(), SIZES, SIZES)
def test_C9_log_softmax_of_rows(style: Any, name: str, data: Any, m: int, n: int) -> None:
    hold_rows("C9", style, name, data.draw(matrices(m, n, SCORES)), data.draw(matrices(m, n)))


@pytest.mark.parametrize("far", [800.0, 1e4, 1e308])
def test_C9_log_softmax_where_the_softmax_underflows(far: float) -> None:
    assert calculus.softmax([0.0, -far]) == [1.0, 0.0]
    assert calculus.log_softmax([0.0, -far]) == sg.log_softmax([0.0, -far]) == [0.0, -far]
    assert flat(calculus.softmax_jacobian([0.0, -far])) == [0.0] * 4


# the factors are computed without the shift: up to exp(±100), no product of three of them over- or underflows
UNSHIFTED = st.one_of(NUMBERS, st.floats(-100.0, 100.0))


def reciprocal(style: Any, x: Any) -> Any:
    """y = 1/(1ᵀexp x)."""
    return 1.0 / style.sum(style.each("exp", x))


@styles
@given(st.lists(UNSHIFTED, min_size=1, max_size=5))
def test_C10_softmax_by_theorems(style: Any, x: list[float]) -> None:
    """The factors, each: y and z by their values, ∂y/∂x by B13, ∂z/∂x by B.26; and their product by B.15."""
    n = len(x)
    y, by_y, z, by_z = calculus.softmax_factors(x)
    hold("C10", Comparison("y", y, value(style, lambda s: reciprocal(s, x)), None, n))
    hold("C10", Comparison("∂y/∂x", by_y, [gradient(style, reciprocal, x)], None, n))
    hold("C10", witnessed("∂y/∂x", by_y, [complex_gradient(lambda v: reciprocal(WITNESS, v), x)], None, n))
    hold("C10", Comparison("z", z, value(style, lambda s: s.each("exp", x))))
    hold("C10", Comparison("∂z/∂x", by_z, jacobian(style, lambda s, v: s.each("exp", v), x)))
    hold("C10", witnessed("∂z/∂x", by_z, complex_jacobian(lambda v: WITNESS.each("exp", v), x)))
    (to_sum,) = calculus.sum_exp_jacobian(x)
    hold("C10", Comparison("-y² ∂(1ᵀexp x)/∂x", by_y, [[-y * y * item for item in to_sum]]))
    assert by_z == calculus.exp_jacobian(x)

    def scaled(s: Any, v: Any) -> Any:
        return s.expand("*", s.each("exp", v), reciprocal(s, v))

    scale, product = softmax_scale(x), calculus.scaled_vector_jacobian(y, by_y, z, by_z)
    hold("C10", Comparison("p", [y * item for item in z], calculus.softmax(x), None, n))
    hold("C10", Comparison("engine", product, jacobian(style, scaled, x), scale, 2 * n))
    engine = jacobian(style, lambda s, v: s.softmax([v])[0], x)
    hold("C10", Comparison("engine's softmax", product, engine, scale, 2 * n))
    hold("C10", witnessed("y z", product, complex_jacobian(lambda v: scaled(WITNESS, v), x), scale, 2 * n))
    hold("C10", Comparison("diag(p) - ppᵀ", product, calculus.softmax_jacobian(x), scale, 2 * n))
    # denominator layout: the gradient a column, the sum y diag(z) + (∂y/∂x)zᵀ in the order of the theorem
    column, turned = [[item] for item in by_y[0]], [list(each) for each in zip(*by_z)]
    theorem = [[y * item + a * b for item, b in zip(row, z)] for row, (a,) in zip(turned, column)]
    assert calculus.scaled_vector_jacobian(y, column, z, turned, "denominator") == theorem
    assert [list(each) for each in zip(*theorem)] == product


@styles
@given(st.lists(UNSHIFTED, min_size=1, max_size=5))
def test_C10_softmax_by_theorems_and_by_differentials(style: Any, x: list[float]) -> None:
    """d(y z) = z dy + y dz along each axis is that column of the Jacobian; dy and dz are those of the factors."""
    n = len(x)
    y, by_y, z, by_z = calculus.softmax_factors(x)
    engine, scale = jacobian(style, lambda s, v: s.softmax([v])[0], x), softmax_scale(x)
    for j in range(n):
        axis = [float(k == j) for k in range(n)]
        (dy,), dz = calculus.differential(by_y, axis), calculus.differential(by_z, axis)
        assert dy == by_y[0][j] and dz == [row[j] for row in by_z]
        found = calculus.product_differential(y, dy, z, dz)
        hold("C10", Comparison(f"column {j}", found, [row[j] for row in engine], [row[j] for row in scale], 2 * n))
