"""Section B of the formula ledger: Jacobians. Analytic form, engine and numerical witness, held together.

B4 is in test_calculus_b_maps.py, B8 and what follows in test_calculus_b_chains.py.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import calculus, errors
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_gradient, engine_jacobian, positive, sizes
from scalargrad.ledger.engine import polynomial as engine_polynomial
from tests.support.drawn import FROM_EMPTY, NONZERO, NUMBERS, QUARTERS, SIZES, WIDE, matrices, reals, together, vectors
from tests.support.networks import BULK, OPERATORS, WITNESS, gradient, jacobian, styles
from tests.support.witness import Complex, complex_gradient, complex_jacobian, hold, witnessed

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend


def split(jacobian: list[Any]) -> tuple[list[Any], list[Any]]:
    """A Jacobian by two arguments as two Jacobians."""
    return [row[0] for row in jacobian], [row[1] for row in jacobian]


def column(x: list[float]) -> list[list[float]]:
    """n×1."""
    return [[item] for item in x]


def transposed(x: list[list[float]]) -> list[list[float]]:
    """A Jacobian in the other layout."""
    return [list(items) for items in zip(*x)]


def refuse(*calls: tuple[Callable[[], Any], str]) -> None:
    """Each call raises a `ShapeError` whose message matches."""
    for call, message in calls:
        with pytest.raises(errors.ShapeError, match=message):
            call()


def refuse_layouts(*calls: Callable[[Any], Any]) -> None:
    """Each call refuses a layout that is neither of the two."""
    for call in calls:
        for layout in ("row", "", "Numerator", None):
            with pytest.raises(errors.ArgumentError, match=f"'numerator' or 'denominator', got {layout!r}"):
                call(layout)


# A gradient as a formula may have it: flat, a row, a column
FORMS = st.sampled_from([list, lambda flat: [flat], column])
COMPARISONS = {">": operator.gt, ">=": operator.ge, "==": operator.eq}


@given(st.data(), FROM_EMPTY, SIZES)
def test_B1_jacobian(data: Any, m: int, n: int) -> None:
    term = st.tuples(NUMBERS, st.lists(st.integers(0, 3), min_size=n, max_size=n))
    functions, x = data.draw(st.lists(st.lists(term, max_size=3), min_size=m, max_size=m)), data.draw(vectors(n))
    rows = [calculus.polynomial_gradient(f, x) for f in functions]
    analytic = calculus.stack_gradients(rows)
    scale = [row for f in functions for row in calculus.polynomial_gradient(positive(f), sizes(x))]
    engine = engine_jacobian(lambda v: [engine_polynomial(f, v) for f in functions], x)
    hold("B1", Comparison("engine", analytic, engine, scale, n + 7))

    def plain(v: Any) -> Any:
        return [sum(c * Complex.prod([xi for xi, k in zip(v, ks) for _ in range(k)]) for c, ks in f) for f in functions]

    hold("B1", witnessed("J", analytic, complex_jacobian(plain, x), scale, 2 * (n + 7)))
    columns = calculus.stack_gradients(rows, layout="denominator")
    hold("B1", Comparison("J, denominator layout", columns, transposed(engine), transposed(scale), n + 7))
    # a gradient is the same one as a row, as a column and flat
    in_forms = [data.draw(FORMS)(row) for row in analytic]
    assert calculus.stack_gradients(in_forms) == calculus.stack_gradients(in_forms, "numerator") == analytic
    assert calculus.stack_gradients(in_forms, "denominator") == columns
    turned = [calculus.polynomial_gradient(f, x, "denominator") for f in functions]
    assert calculus.stack_gradients(turned) == analytic


@given(QUARTERS, QUARTERS)
def test_B1_jacobian_of_the_example(x: float, y: float) -> None:
    """3x²y and 2x + y⁸, on quarters, exactly."""
    engine = engine_jacobian(lambda v: [3.0 * v[0] * v[0] * v[1], 2.0 * v[0] + v[1] ** 8], [x, y])
    witness = complex_jacobian(lambda v: [3.0 * v[0] * v[0] * v[1], 2.0 * v[0] + Complex.prod([v[1]] * 8)], [x, y])
    terms: list[Any] = [[(3.0, (2, 1))], [(2.0, (1, 0)), (1.0, (0, 8))]]
    rows = [calculus.polynomial_gradient(f, [x, y]) for f in terms]
    analytic = calculus.stack_gradients(rows)
    assert analytic == engine == witness == [[6.0 * x * y, 3.0 * x * x], [2.0, 8.0 * y**7]]
    assert calculus.stack_gradients(rows, "denominator") == [[6.0 * x * y, 2.0], [3.0 * x * x, 8.0 * y**7]]


def test_B1_jacobian_refuses() -> None:
    refuse_layouts(lambda layout: calculus.stack_gradients([[1.0]], layout))
    refuse(
        (lambda: calculus.stack_gradients([[[1.0, 2.0]], [[1.0], [2.0], [3.0]]]), r"\(2,\) and \(3,\)"),
        (lambda: calculus.stack_gradients([[[1.0, 2.0], [3.0, 4.0]]]), r"a row, a column, or flat.*\(2, 2\)"),
        (lambda: calculus.stack_gradients([[[[1.0]]]]), r"a row, a column, or flat.*\(1, 1, 1\)"),
        (lambda: calculus.stack_gradients([1.0]), r"a row, a column, or flat.*\(\)"),  # type: ignore[list-item]
    )


@given(st.lists(WIDE, max_size=5))
def test_B2_identity(x: list[float]) -> None:
    # through nothing, and through each of the operators that leave a number as it is, on either side
    steps = (
        lambda a: a,
        lambda a: a + 0.0,
        lambda a: 0.0 + a,
        lambda a: 1.0 * a,
        lambda a: a - 0.0,
        lambda a: 0.0 - (-a),
    )
    for step in steps:
        f = lambda v, s=step: [s(item) for item in v]  # noqa: E731
        hold("B2", Comparison("engine", calculus.identity_jacobian(len(x)), engine_jacobian(f, x)))
        hold("B2", Comparison("complex step", calculus.identity_jacobian(len(x)), complex_jacobian(f, x)))


@given(together(2, SIZES, reals(1.0)), st.integers(6, 20))
def test_B3_best_linear_approximation(drawn: list[list[float]], exponent: int) -> None:
    """Of softmax: what the line misses is at most ‖Δ‖², and goes with the square of the step; of no other J does it."""
    x, direction = drawn
    for slopes in (
        calculus.softmax_jacobian(x),
        engine_jacobian(sg.softmax, x),
        complex_jacobian(Complex.softmax, x),
    ):
        for h in (2.0**-exponent, 2.0 ** -(exponent + 1)):
            step = [h * d for d in direction]
            line = calculus.linear_approximation(calculus.softmax(x), slopes, step)
            moved = calculus.softmax([a + d for a, d in zip(x, step)])
            hold("B3", Comparison("softmax", moved, line, 4.0, 1, sum(d * d for d in step)))


@given(st.data(), SIZES, st.integers(12, 20))
def test_B3_best_linear_approximation_is_the_only_one(data: Any, n: int, exponent: int) -> None:
    """A J that is 2⁻⁸ off in an entry misses by 2⁻⁸h along that axis, which is more than what the square allows."""
    x, h = data.draw(vectors(n, reals(1.0))), 2.0**-exponent
    i, j = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))
    slopes = engine_jacobian(sg.softmax, x)
    slopes[i][j] += data.draw(st.sampled_from([2.0**-8, -(2.0**-8)]))
    step = [h if k == j else 0.0 for k in range(n)]
    moved = calculus.softmax([a + d for a, d in zip(x, step)])
    missed = [abs(p - q) for p, q in zip(moved, calculus.linear_approximation(calculus.softmax(x), slopes, step))]
    assert missed[i] > 2.0**-9 * h > h * h + 2.0**-48 > max([0.0, *missed[:i], *missed[i + 1 :]])


@given(st.data(), SIZES)
def test_B3_best_linear_approximation_of_a_quadratic(data: Any, n: int) -> None:
    """xᵀAx misses its line by ΔᵀAΔ, exactly on quarters; halving Δ quarters it."""
    a, x, step = (data.draw(s) for s in (matrices(n, n, QUARTERS), vectors(n, QUARTERS), vectors(n, QUARTERS)))

    def f(v: Any) -> Any:
        return sum(a[i][j] * v[i] * v[j] for i in range(n) for j in range(n))

    jacobian = [engine_gradient(f, x)]
    assert jacobian == complex_jacobian(lambda v: [f(v)], x)
    assert jacobian == [[sum((a[i][j] + a[j][i]) * x[j] for j in range(n)) for i in range(n)]]
    missed = []
    for h in (1.0, 0.5):
        d = [h * item for item in step]
        missed.append(f([p + q for p, q in zip(x, d)]) - calculus.linear_approximation([f(x)], jacobian, d)[0])
    assert missed[0] == f(step) == 4.0 * missed[1]


@given(st.data(), FROM_EMPTY, SIZES)
def test_B5_diagonality(data: Any, m: int, n: int) -> None:
    """Output i is the sum of some inputs, each times a number: exactly 0.0 wherever an input is not read."""
    x = data.draw(vectors(n))
    partials = [data.draw(st.dictionaries(st.integers(0, n - 1), NONZERO)) for _ in range(m)]
    for outside in (lambda y: y, lambda y: sg.exp(y * 0.0) - 1.0 + y):  # the second through more nodes
        f = lambda v, g=outside: [g(sum((p * v[j] for j, p in row.items()), 0.0)) for row in partials]  # noqa: E731
        engine = engine_jacobian(f, x)
        for i, row in enumerate(partials):
            for j in range(n):
                assert (engine[i][j] == 0.0) == (j not in row)
    doubled = [{j: 2.0 * p for j, p in row.items()} for row in partials]  # exact
    engine = engine_jacobian(lambda v: [2.0 * sum((p * v[j] for j, p in row.items()), 0.0) for row in partials], x)
    hold("B5", Comparison("J", calculus.sparse_jacobian(doubled, n), engine))
    witness = complex_jacobian(lambda v: [2.0 * sum((p * v[j] for j, p in row.items()), 0.0) for row in partials], x)
    hold("B5", witnessed("J", calculus.sparse_jacobian(doubled, n), witness))
    diagonal = engine_jacobian(lambda v: [sg.tanh(item) for item in v], x)
    pattern = calculus.sparse_jacobian([{i: diagonal[i][i]} for i in range(n)], n)
    hold("B5", Comparison("each reads its own", pattern, diagonal))


@styles
@given(st.data(), FROM_EMPTY, st.sampled_from(sorted(OPERATORS)))
def test_B6_scalar_expansion(style: Any, data: Any, n: int, name: str) -> None:
    x, z = data.draw(vectors(n)), data.draw(NONZERO)
    by_x, by_z = calculus.scalar_expansion_jacobians(name, x, z)
    own = split(jacobian(style, lambda s, v: s.expand(name, *v), [x, z]))
    hold("B6", Comparison("by x", by_x, own[0]), Comparison("by z, a column", by_z, column(own[1])))
    assert calculus.scalar_expansion_jacobians(name, x, z, layout="numerator") == (by_x, by_z)
    if n:
        turned = calculus.scalar_expansion_jacobians(name, x, z, layout="denominator")
        hold("B6", Comparison("by x", turned[0], own[0]), Comparison("by z, a row", turned[1], [own[1]]))
    if name != "max" or z not in x:
        witness = split(complex_jacobian(lambda v: WITNESS.expand(name, *v), [x, z]))
        hold("B6", witnessed("by x", by_x, witness[0]), witnessed("by z", by_z, column(witness[1])))
    together = gradient(style, lambda s, v: s.sum(s.expand(name, x, v)), z)  # one z in every place
    each = [item for (item,) in by_z]
    hold("B6", Comparison("Σ by z", math.fsum(each), together, sum(sizes(each)), max(n, 1)))


@given(st.data(), SIZES, st.sampled_from(sorted(COMPARISONS)))
def test_B6_scalar_expansion_of_comparisons(data: Any, n: int, name: str) -> None:
    """A comparison with a number is 0/1, with the derivative 0."""
    x, z = data.draw(vectors(n)), data.draw(NUMBERS)
    zeros = [[0.0] * n for _ in x]
    assert calculus.scalar_expansion_jacobians(name, x, z) == (zeros, [[0.0]] * n)
    assert calculus.scalar_expansion_jacobians(name, x, z, layout="denominator") == (zeros, [[0.0] * n])


def test_B6_scalar_expansion_of_nothing() -> None:
    """By z of a vector without components: 0×1, and 1×0, which is a row without numbers."""
    assert calculus.scalar_expansion_jacobians("*", [], 2.0) == ([], [])
    assert calculus.scalar_expansion_jacobians("*", [], 2.0, layout="denominator") == ([], [[]])


def test_B6_scalar_expansion_refuses() -> None:
    refuse_layouts(lambda layout: calculus.scalar_expansion_jacobians("+", [1.0], 1.0, layout))
    refuse((lambda: calculus.scalar_expansion_jacobians("+", [[1.0]], 1.0), r"x must be flat.*\(1, 1\)"))  # type: ignore
    with pytest.raises(errors.ArgumentError, match=r"one of .* got '%'"):
        calculus.scalar_expansion_jacobians("%", [1.0], 1.0)  # type: ignore[arg-type]


@styles
@given(st.data(), st.one_of(FROM_EMPTY, st.integers(120, 140)), WIDE)
def test_B7_sum_reduction(style: Any, data: Any, n: int, z: float) -> None:
    """Also over 128 numbers, where `sg.sum` begins another chunk."""
    x = data.draw(vectors(n, WIDE))
    ones = gradient(style, lambda s, v: s.sum(v), x)
    identity = calculus.identity_jacobian(n)
    assert [ones] == calculus.sum_gradient(identity, n) == calculus.sum_gradient(identity) == [[1.0] * n]
    assert column(ones) == calculus.sum_gradient(identity, n, layout="denominator") == [[1.0]] * n
    by_x, by_z = calculus.scaled_sum_gradients(x, z)
    engine = gradient(style, lambda s, v, t: s.sum(s.expand("*", v, t)), x, z)
    hold("B7", Comparison("Σxz by x", by_x, [engine[0]]), Comparison("by z", by_z, engine[1], sum(sizes(x)), max(n, 1)))
    assert calculus.scaled_sum_gradients(x, z, "numerator") == (by_x, by_z)
    assert calculus.scaled_sum_gradients(x, z, layout="denominator") == (column(engine[0]), by_z)
    if n < 5:
        witness = complex_gradient(lambda v, s: Complex.sum([item * s for item in v]), x, z)
        hold(
            "B7",
            witnessed("Σx", [1.0] * n, complex_gradient(Complex.sum, x)),
            witnessed("Σxz by x", by_x, [witness[0]], abs(z)),
            witnessed("by z", by_z, witness[1], sum(sizes(x)), n + 1),
        )


@styles
@given(st.data(), FROM_EMPTY, SIZES)
def test_B7_sum_reduction_of_functions(style: Any, data: Any, m: int, n: int) -> None:
    """y = Σᵢ Aᵢ·x⊙x: the row Σᵢ∂fᵢ/∂x."""
    a, x = data.draw(matrices(m, n)), data.draw(vectors(n))
    slopes = [[2.0 * p * q for p, q in zip(row, x)] for row in a]
    (scale,) = calculus.sum_gradient(sizes(slopes), n)

    def f(s: Any, v: Any) -> Any:
        return s.weighted_squares(a, v)

    row, turned = calculus.sum_gradient(slopes, n), calculus.sum_gradient(slopes, n, layout="denominator")
    engine = gradient(style, f, x)
    hold(
        "B7", Comparison("row", row, [engine], scale, m + 2), Comparison("column", turned, column(engine), scale, m + 2)
    )
    if m:  # the width is known
        assert calculus.sum_gradient(slopes) == calculus.sum_gradient(slopes, layout="numerator") == row
    if style is BULK and m:  # summed down the columns first
        columns = engine_gradient(lambda v: (sg.Matrix(a) * sg.Vector(v) ** 2).sum(axis=0).sum(), x)
        hold("B7", Comparison("by columns", row, [columns], scale, m + 2))
    hold("B7", witnessed("row", row, [complex_gradient(lambda v: f(WITNESS, v), x)], scale, m + 2))


def test_B7_sum_reduction_refuses() -> None:
    refuse_layouts(
        lambda layout: calculus.sum_gradient([[1.0]], None, layout),
        lambda layout: calculus.scaled_sum_gradients([1.0], 1.0, layout),
    )
    refuse(
        (lambda: calculus.scaled_sum_gradients([[1.0]], 1.0), r"x must be flat.*\(1, 1\)"),  # type: ignore[list-item]
        (lambda: calculus.sum_gradient([[1.0], [1.0, 2.0]]), r"\(1,\) and \(2,\)"),
        (lambda: calculus.sum_gradient([1.0, 2.0]), r"lists of rows.*\(2,\)"),  # type: ignore[list-item]
    )
