"""Section B of the formula ledger: Jacobians. Analytic form, engine and numerical witness, held together."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, calculus
from scalargrad.ledger.checks import SMOOTH, positive, sizes
from scalargrad.ledger.checks import polynomial as engine_polynomial
from scalargrad.ledger.compare import Comparison, engine_gradient, engine_jacobian
from tests.support.drawn import FROM_EMPTY, NONZERO, NUMBERS, QUARTERS, SIZES, WIDE, matrices, reals, together, vectors
from tests.support.networks import BULK, OPERATORS, WITNESS, gradient, jacobian, styles
from tests.support.witness import Complex, complex_gradient, complex_jacobian, hold, witnessed


def split(jacobian: list[Any]) -> tuple[list[Any], list[Any]]:
    """A Jacobian by two arguments as two Jacobians."""
    return [row[0] for row in jacobian], [row[1] for row in jacobian]


@given(st.data(), FROM_EMPTY, SIZES)
def test_B1_jacobian(data: Any, m: int, n: int) -> None:
    term = st.tuples(NUMBERS, st.lists(st.integers(0, 3), min_size=n, max_size=n))
    functions, x = data.draw(st.lists(st.lists(term, max_size=3), min_size=m, max_size=m)), data.draw(vectors(n))
    analytic = calculus.stack_gradients([calculus.polynomial_gradient(f, x) for f in functions])
    scale = [calculus.polynomial_gradient(positive(f), sizes(x)) for f in functions]
    engine = engine_jacobian(lambda v: [engine_polynomial(f, v) for f in functions], x)
    hold("B1", Comparison("engine", analytic, engine, scale, n + 7))

    def plain(v: Any) -> Any:
        return [sum(c * Complex.prod([xi for xi, k in zip(v, ks) for _ in range(k)]) for c, ks in f) for f in functions]

    hold("B1", witnessed("J", analytic, complex_jacobian(plain, x), scale, 2 * (n + 7)))
    columns = calculus.stack_gradients(analytic, layout="denominator")
    assert columns == [list(column) for column in zip(*analytic)]


@given(QUARTERS, QUARTERS)
def test_B1_jacobian_of_the_example(x: float, y: float) -> None:
    """3x²y and 2x + y⁸, on quarters, exactly."""
    engine = engine_jacobian(lambda v: [3.0 * v[0] * v[0] * v[1], 2.0 * v[0] + v[1] ** 8], [x, y])
    terms: list[Any] = [[(3.0, (2, 1))], [(2.0, (1, 0)), (1.0, (0, 8))]]
    analytic = calculus.stack_gradients([calculus.polynomial_gradient(f, [x, y]) for f in terms])
    assert analytic == engine == [[6.0 * x * y, 3.0 * x * x], [2.0, 8.0 * y**7]]


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
    for slopes in (calculus.softmax_jacobian(x), engine_jacobian(sg.softmax, x)):
        for h in (2.0**-exponent, 2.0 ** -(exponent + 1)):
            step = [h * d for d in direction]
            line = calculus.linear_approximation(calculus.softmax(x), slopes, step)
            moved = calculus.softmax([a + d for a, d in zip(x, step)])
            hold("B3", Comparison("softmax", moved, line, 4.0, 1, sum(d * d for d in step)))


@given(st.data(), SIZES)
def test_B3_best_linear_approximation_of_a_quadratic(data: Any, n: int) -> None:
    """xᵀAx misses its line by ΔᵀAΔ, exactly on quarters; halving Δ quarters it."""
    a, x, step = (data.draw(s) for s in (matrices(n, n, QUARTERS), vectors(n, QUARTERS), vectors(n, QUARTERS)))

    def f(v: Any) -> Any:
        return sum(a[i][j] * v[i] * v[j] for i in range(n) for j in range(n))

    jacobian = [engine_gradient(f, x)]
    assert jacobian == [[sum((a[i][j] + a[j][i]) * x[j] for j in range(n)) for i in range(n)]]
    missed = []
    for h in (1.0, 0.5):
        d = [h * item for item in step]
        missed.append(f([p + q for p, q in zip(x, d)]) - calculus.linear_approximation([f(x)], jacobian, d)[0])
    assert missed[0] == f(step) == 4.0 * missed[1]


@styles
@given(together(2), st.sampled_from(sorted(OPERATORS)))
def test_B4_elementwise_binary(style: Any, drawn: list[list[float]], name: str) -> None:
    w, x = drawn
    assume(name != "/" or all(abs(item) > 1e-6 for item in x))
    analytic = calculus.elementwise_jacobians(name, w, x)
    engine = split(jacobian(style, lambda s, v: s.binary(name, *v), [w, x]))
    hold("B4", Comparison("engine", analytic, engine))
    if name in "+-*":
        assert analytic == engine
    if name != "max" or all(p != q for p, q in zip(w, x)):  # off the ties of max
        both = complex_jacobian(lambda v: WITNESS.binary(name, *v), [w, x])
        hold("B4", witnessed("J", analytic, split(both)))
    if w and name != "max":  # the same operand twice: the sum of the two partials
        v = Value(x[0])
        style.sum(style.binary(name, [v], [v])).backward()
        by_w, by_x = calculus.elementwise_jacobians(name, x[:1], x[:1])
        hold("B4", Comparison("x○x", by_w[0][0] + by_x[0][0], v.grad, abs(by_w[0][0]) + abs(by_x[0][0])))


def test_B4_of_vectors_longer_than_a_kernels_block() -> None:
    """Each element has an upstream gradient of its own, and the elements go in blocks of 256."""
    n = 600
    w, x = [1.0 + k / 64 for k in range(n)], [2.0 - k / 512 for k in range(n)]
    upstream = [float(k % 7 - 3) for k in range(n)]
    for name, function in {"*": lambda p, q: p * q, "/": lambda p, q: p / q}.items():
        left, right = (
            sg.Vector([v for item in w for v in (item, 0.0)])[::2],
            sg.Vector(x),
        )  # every other number of a block
        (function(left, right) * upstream).sum().backward()
        for k in range(n):
            (by_w,), (by_x,) = (j[0] for j in calculus.elementwise_jacobians(name, [w[k]], [x[k]]))
            expected = Comparison("engine", [upstream[k] * by_w, upstream[k] * by_x], [left.grad[k], right.grad[k]])
            hold("B4", expected)


@styles
@given(together(2, FROM_EMPTY, reals(1.0)), st.sampled_from("+-*/"), st.sampled_from(SMOOTH), st.sampled_from(SMOOTH))
def test_B4_elementwise_binary_of_functions(style: Any, drawn: list[list[float]], name: str, f: str, g: str) -> None:
    w, x = drawn
    assume(name != "/" or all(abs(calculus.elementary(g)[0](item)) > 1e-6 for item in x))
    analytic = calculus.composed_elementwise_jacobians(name, calculus.elementary(f), calculus.elementary(g), w, x)

    def composed(s: Any, v: Any) -> Any:
        return s.binary(name, s.each(f, v[0]), s.each(g, v[1]))

    hold("B4", Comparison("engine", analytic, split(jacobian(style, composed, [w, x]))))
    both = complex_jacobian(lambda v: composed(WITNESS, v), [w, x])
    hold("B4", witnessed("J", analytic, split(both), None, 1, 2.0**80))


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
    diagonal = engine_jacobian(lambda v: [sg.tanh(item) for item in v], x)
    pattern = calculus.sparse_jacobian([{i: diagonal[i][i]} for i in range(n)], n)
    hold("B5", Comparison("each reads its own", pattern, diagonal))


@styles
@given(st.data(), FROM_EMPTY, st.sampled_from(sorted(OPERATORS)))
def test_B6_scalar_expansion(style: Any, data: Any, n: int, name: str) -> None:
    x, z = data.draw(vectors(n)), data.draw(NONZERO)
    analytic = calculus.scalar_expansion_jacobians(name, x, z)
    engine = split(jacobian(style, lambda s, v: s.expand(name, *v), [x, z]))
    hold("B6", Comparison("engine", analytic, engine))
    if name != "max" or z not in x:
        both = complex_jacobian(lambda v: WITNESS.expand(name, *v), [x, z])
        hold("B6", witnessed("J", analytic, split(both)))
    together = gradient(style, lambda s, v: s.sum(s.expand(name, x, v)), z)  # one z in every place
    hold("B6", Comparison("Σ by z", math.fsum(analytic[1]), together, sum(sizes(analytic[1])), max(n, 1)))


@styles
@given(st.data(), st.one_of(FROM_EMPTY, st.integers(120, 140)), WIDE)
def test_B7_sum_reduction(style: Any, data: Any, n: int, z: float) -> None:
    """Also over 128 numbers, where `sg.sum` begins another chunk."""
    x = data.draw(vectors(n, WIDE))
    ones = gradient(style, lambda s, v: s.sum(v), x)
    assert ones == calculus.sum_gradient(calculus.identity_jacobian(n), n) == [1.0] * n
    by_x, by_z = calculus.scaled_sum_gradients(x, z)
    engine = gradient(style, lambda s, v, t: s.sum(s.expand("*", v, t)), x, z)
    hold("B7", Comparison("Σxz by x", by_x, engine[0]), Comparison("by z", by_z, engine[1], sum(sizes(x)), max(n, 1)))
    if n < 5:
        witness = complex_gradient(lambda v, s: Complex.sum([item * s for item in v]), x, z)
        hold(
            "B7",
            witnessed("Σxz by x", by_x, witness[0], abs(z)),
            witnessed("by z", by_z, witness[1], sum(sizes(x)), n + 1),
        )


@styles
@given(st.data(), FROM_EMPTY, SIZES)
def test_B7_sum_reduction_of_functions(style: Any, data: Any, m: int, n: int) -> None:
    """y = Σᵢ Aᵢ·x⊙x: the row Σᵢ∂fᵢ/∂x."""
    a, x = data.draw(matrices(m, n)), data.draw(vectors(n))
    jacobian = [[2.0 * p * q for p, q in zip(row, x)] for row in a]
    scale = calculus.sum_gradient(sizes(jacobian), n)

    def f(s: Any, v: Any) -> Any:
        return s.weighted_squares(a, v)

    analytic = calculus.sum_gradient(jacobian, n)
    hold("B7", Comparison("engine", analytic, gradient(style, f, x), scale, m + 2))
    if style is BULK and m:  # summed down the columns first
        columns = engine_gradient(lambda v: (sg.Matrix(a) * sg.Vector(v) ** 2).sum(axis=0).sum(), x)
        hold("B7", Comparison("by columns", analytic, columns, scale, m + 2))
    hold("B7", witnessed("row", analytic, complex_gradient(lambda v: f(WITNESS, v), x), scale, m + 2))
