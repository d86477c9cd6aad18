"""Section F of the formula ledger: second order, against the engine and complex steps through gradients."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import calculus, errors
from scalargrad.calculus.shapes import product, transpose
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import (
    engine_adjoint,
    engine_curve,
    engine_gradient,
    engine_hessian,
    engine_jacobian,
    engine_product,
    engine_tangent,
    engine_value,
    sizes,
)
from tests.support.drawn import NUMBERS, SIZES, matrices, reals, sign_is_certain, together, vectors
from tests.support.witness import STEP, Complex, complex_jacobian, hold, in_both_layouts, witnessed

FEW = reals(1.5)  # of exponents


def arguments(w: Any, x: Any) -> float:
    """1 and the largest Σ|w x|: by so much the rounding of an argument counts."""
    return 1.0 + max(math.fsum(abs(p * q) for p, q in zip(row, x)) for row in w)


def outer(a: Any, b: Any) -> Any:
    return [[p * q for q in b] for p in a]


def symmetric(found: Any) -> bool:
    """To the bit."""
    return [list(row) for row in zip(*found)] == found


# --- F1 --------------------------------------------------------------------------------------------------------------


@given(together(3, SIZES, FEW))
def test_F1_symmetry(drawn: Any) -> None:
    a, b, x = drawn
    n = len(x)

    def wave(v: Any) -> Any:
        return sg.exp(sg.dot(a, v)) * sg.sin(sg.dot(b, v))

    def slopes(v: Any) -> Any:
        size, angle = Complex.exp(Complex.dot(a, v)), Complex.dot(b, v)
        return [size * (p * Complex.sin(angle) + q * Complex.cos(angle)) for p, q in zip(a, b)]

    e = math.exp(math.fsum(p * q for p, q in zip(a, x))) * arguments([a, b], x)
    first = [e * (abs(p) + abs(q)) for p, q in zip(a, b)]
    second = [[p * (abs(q) + abs(r)) for q, r in zip(a, b)] for p in first]
    hold("F1", Comparison("f", calculus.wave(a, b, x), engine_value(wave, x), e, n))
    hold("F1", Comparison("∇f", in_both_layouts(calculus.wave_gradient, a, b, x), engine_gradient(wave, x), first, n))
    hessian, own = calculus.wave_hessian(a, b, x), engine_hessian(wave, x)
    assert symmetric(hessian) and symmetric(own)
    hold("F1", Comparison("hessian", hessian, own, second, n))
    hold("F1", Comparison("backward through grad", hessian, engine_curve(wave, x), second, n))
    hold("F1", witnessed("hessian", hessian, complex_jacobian(slopes, x), second, n))


@given(st.data(), SIZES)
def test_F1_symmetry_of_whatever_is_composed(data: Any, n: int) -> None:
    """Of a function without a closed form here: to the bit, and both sides agree to 1e-13 of the largest entry."""
    w, x = data.draw(matrices(n, n, FEW)), data.draw(vectors(n, FEW))

    def f(v: Any) -> Any:
        u = [sg.tanh(sg.dot(row, v)) for row in w]
        return sg.logsumexp([p * q + sg.sqrt(1.0 + p * p) for p, q in zip(u, v)]) * sg.atan(sg.dot(u, v))

    own, curve = engine_hessian(f, x), engine_curve(f, x)
    assert symmetric(own)
    size = max(1.0, *(abs(item) for row in own for item in row))
    assert all(abs(p - q) <= 1e-13 * size * arguments(w, x) ** 2 for rows in zip(curve, transpose(curve))
               for p, q in zip(*rows))  # fmt: skip


# --- F2 --------------------------------------------------------------------------------------------------------------


@given(SIZES.flatmap(lambda n: st.tuples(matrices(n, n), vectors(n), vectors(n))))
def test_F2_quadratic(drawn: Any) -> None:
    a, b, x = drawn
    n = len(x)

    def f(v: Any) -> Any:
        return 0.5 * sg.dot(v, [sg.dot(row, v) for row in a]) + sg.dot(b, v)

    def slopes(v: Any) -> Any:
        return [0.5 * (Complex.dot(row, v) + Complex.dot(column, v)) + q for row, column, q in zip(a, zip(*a), b)]

    large = sizes(a), sizes(b), sizes(x)
    hold("F2", Comparison("f", calculus.quadratic(a, b, x), engine_value(f, x), calculus.quadratic(*large), n * n))
    found = in_both_layouts(calculus.quadratic_gradient, a, b, x)
    hold("F2", Comparison("∇f", found, engine_gradient(f, x), calculus.quadratic_gradient(*large)[0], n))
    hessian, scale = calculus.quadratic_hessian(a), calculus.quadratic_hessian(sizes(a))
    assert symmetric(hessian) and symmetric(engine_hessian(f, x))
    hold("F2", Comparison("hessian", hessian, engine_hessian(f, x), scale))
    hold("F2", Comparison("backward through grad", hessian, engine_curve(f, x), scale))
    hold("F2", witnessed("hessian", hessian, complex_jacobian(slopes, x), scale, n))
    # of a symmetric matrix it is the matrix
    both = [[p + q for p, q in zip(*rows)] for rows in zip(a, transpose(a))]
    assert calculus.quadratic_hessian(both) == both


# --- F3 --------------------------------------------------------------------------------------------------------------


def softmax_scale(z: Any, factor: float = 1.0) -> Any:
    p = calculus.softmax(z)
    return [[factor * (a * (i == j) + a * b) for j, b in enumerate(p)] for i, a in enumerate(p)]


@given(together(3, SIZES))
def test_F3_logsumexp(drawn: Any) -> None:
    z, q, v = drawn
    target, n, scale = calculus.softmax(q), len(z), softmax_scale(z)

    def cross_entropy(s: Any) -> Any:
        return -sg.dot(target, sg.log_softmax(s))

    hessian = calculus.logsumexp_hessian(z)
    hold("F3", Comparison("log-sum-exp", hessian, engine_hessian(sg.logsumexp, z), scale, n))
    hold("F3", Comparison("cross-entropy", hessian, engine_hessian(cross_entropy, z), scale, 2 * n))
    hold("F3", Comparison("backward through grad", hessian, engine_curve(cross_entropy, z), scale, 2 * n))
    hold("F3", witnessed("hessian", hessian, complex_jacobian(Complex.softmax, z), scale, n))
    slopes = in_both_layouts(calculus.soft_cross_entropy_gradient, z, target)
    most = [a + b for a, b in zip(calculus.softmax(z), target)]
    hold("F3", Comparison("p - t", slopes, engine_gradient(cross_entropy, z), most, 2 * n))
    size = math.fsum(t * (math.fsum(abs(s - a) for a in z) + math.log(n)) for t, s in zip(target, z))
    value = calculus.soft_cross_entropy(z, target)
    hold("F3", Comparison("-Σ t log p", value, engine_value(cross_entropy, z), size, 2 * n))
    # positive semidefinite; rows sum to 0
    curve, row = calculus.logsumexp_curvature(z, v), [math.fsum(row) for row in hessian]
    assert curve >= 0.0 and symmetric(hessian)
    hold("F3", Comparison("rows", [0.0] * n, row, [math.fsum(row) for row in scale], n))
    wide = [abs(s) + math.fsum(map(abs, v)) for s in v]
    along = math.fsum(p * q for p, q in zip(v, engine_product(sg.logsumexp, z, v)))
    hold("F3", Comparison("vᵀHv", curve, along, math.fsum(p * s * s for p, s in zip(calculus.softmax(z), wide)), 2 * n))


@given(SIZES.flatmap(vectors), NUMBERS)
def test_F3_logsumexp_along_the_diagonal_is_straight(z: Any, c: float) -> None:
    """A number that all z grow by is added to the result, so that there is no curve in that direction."""
    curve = calculus.logsumexp_curvature(z, [c] * len(z))
    assert 0.0 <= curve <= len(z) * (4 * len(z) * 2.0**-52 * abs(c)) ** 2


# --- F4 --------------------------------------------------------------------------------------------------------------


def layer(w: Any) -> Any:
    return lambda v: [sg.sin(sg.dot(row, v)) for row in w]


def of_layer(w: Any, x: Any) -> tuple[Any, Any, Any]:
    """sin(Wx), its Jacobian and its Hessians, as formulas."""
    angles = [math.fsum(p * q for p, q in zip(row, x)) for row in w]
    return ([math.sin(a) for a in angles], [[math.cos(a) * p for p in row] for a, row in zip(angles, w)],
            [[[-math.sin(a) * p * q for q in row] for p in row] for a, row in zip(angles, w)])  # fmt: skip


WEIGHTED = st.tuples(SIZES, SIZES).flatmap(lambda s: st.tuples(matrices(*s, FEW), vectors(s[1], FEW), vectors(s[0])))


@given(WEIGHTED)
def test_F4_chain_rule(drawn: Any) -> None:
    w, x, _ = drawn
    m, n, error, large = len(w), len(x), arguments(w, x), sizes(w)

    def f(v: Any) -> Any:
        return sg.logsumexp(layer(w)(v))

    def slopes(v: Any) -> Any:
        angles = [Complex.dot(row, v) for row in w]
        p = Complex.softmax([Complex.sin(a) for a in angles])
        return [sum(s * Complex.cos(a) * row[j] for s, a, row in zip(p, angles, w)) for j in range(n)]

    u, jacobian, curves = of_layer(w, x)
    p, squares = calculus.softmax(u), [outer(row, row) for row in large]
    hessian = calculus.composed_hessian(p, calculus.logsumexp_hessian(u), jacobian, curves)
    scale = calculus.composed_hessian([error * a for a in p], softmax_scale(u, error), large, squares)
    hold("F4", Comparison("hessian", hessian, engine_hessian(f, x), scale, m + n))
    hold("F4", Comparison("backward through grad", hessian, engine_curve(f, x), scale, m + n))
    hold("F4", witnessed("hessian", hessian, complex_jacobian(slopes, x), scale, m + n))
    assert calculus.composed_hessian([p], calculus.logsumexp_hessian(u), jacobian, curves) == hessian  # a row


@given(SIZES.flatmap(lambda n: st.tuples(matrices(n, n), matrices(n, n), vectors(n))))
def test_F4_chain_rule_of_affine_functions(drawn: Any) -> None:
    """Of g = Wx, whose Hessians are 0, what is left is Wᵀ H W; and of f = c·u, the sum of the Hessians of g."""
    w, h, c = drawn
    n = len(c)
    zeros = [[[0.0] * n for _ in range(n)] for _ in range(n)]
    assert calculus.composed_hessian(c, h, w, zeros) == product(product(transpose(w), h), w)
    curves = [[[float(i == k) * c[j] for j in range(n)] for i in range(n)] for k in range(n)]
    weighted = calculus.composed_hessian(c, zeros[0] if n else [], w, curves)
    assert weighted == [[c[i] * c[j] for j in range(n)] for i in range(n)]


# --- F5 --------------------------------------------------------------------------------------------------------------


@given(WEIGHTED)
def test_F5_gauss_newton(drawn: Any) -> None:
    w, x, y = drawn
    m, n, error, large = len(w), len(x), arguments(w, x), sizes(w)

    def half_square(targets: Any, of: Any) -> Any:
        return lambda v: 0.5 * sg.sum([(p - q) ** 2 for p, q in zip(of(v), targets)])

    def slopes(v: Any) -> Any:
        angles = [Complex.dot(row, v) for row in w]
        parts = [(Complex.sin(a) - q) * Complex.cos(a) for a, q in zip(angles, y)]
        return [sum(s * row[j] for s, row in zip(parts, w)) for j in range(n)]

    u, jacobian, curves = of_layer(w, x)
    squares, most = [outer(row, row) for row in large], [error * (error + abs(q)) for q in y]
    scale = calculus.residual_hessian(most, [[error * p for p in row] for row in large], squares)
    hessian = calculus.residual_hessian([p - q for p, q in zip(u, y)], jacobian, curves)
    hold("F5", Comparison("hessian", hessian, engine_hessian(half_square(y, layer(w)), x), scale, m + n))
    hold("F5", Comparison("backward through grad", hessian, engine_curve(half_square(y, layer(w)), x), scale, m + n))
    hold("F5", witnessed("hessian", hessian, complex_jacobian(slopes, x), scale, m + n))
    fitted = engine_hessian(half_square(u, layer(w)), x)
    hold("F5", Comparison("JᵀJ where r = 0", calculus.gauss_newton(jacobian), fitted, scale, m + n))
    straight = engine_hessian(half_square(y, lambda v: [sg.dot(row, v) for row in w]), x)
    hold("F5", Comparison("JᵀJ of an affine r", calculus.gauss_newton(w), straight, calculus.gauss_newton(large), m))


# --- F6 --------------------------------------------------------------------------------------------------------------


@given(WEIGHTED, st.data())
def test_F6_product(drawn: Any, data: Any) -> None:
    w, x, _ = drawn
    v = data.draw(vectors(len(x), FEW))
    m, n, error, large = len(w), len(x), arguments(w, x), sizes(w)

    def f(t: Any) -> Any:
        return sg.logsumexp([sg.dot(row, t) for row in w])

    def slopes(t: Any) -> Any:
        p = Complex.softmax([Complex.dot(row, t) for row in w])
        return [sum(s * row[j] for s, row in zip(p, w)) for j in range(n)]

    wide = max(math.fsum(abs(p * q) for p, q in zip(row, v)) for row in w)
    scale = [error * wide * math.fsum(row[j] for row in large) for j in range(n)]
    found = calculus.logsumexp_product(w, x, v)
    hold("F6", Comparison("hvp", found, engine_product(f, x, v), scale, 2 * m + n))
    along = engine_gradient(lambda t: sg.dot(sg.grad(f)(t), v), x)
    hold("F6", Comparison("∇(∇f·v)", found, along, scale, 2 * m + n))
    moved = [s.imag / STEP for s in slopes([complex(a, STEP * b) for a, b in zip(x, v)])]
    hold("F6", witnessed("d/dε ∇f(x + εv)", found, moved, scale, 2 * m + n))
    by_matrix = calculus.push_forward(engine_hessian(f, x), v)
    hold("F6", Comparison("the matrix times v", found, by_matrix, [n * s + 1e-300 for s in scale], 2 * m + n))


# --- F7 --------------------------------------------------------------------------------------------------------------


@given(WEIGHTED, st.data())
def test_F7_forward_and_reverse(drawn: Any, data: Any) -> None:
    w, x, u = drawn
    v = data.draw(vectors(len(x)))
    m, n, error = len(w), len(x), arguments(w, x)

    def f(t: Any) -> Any:
        return sg.softmax([sg.dot(row, t) for row in w])

    def plain(t: Any) -> Any:
        return Complex.softmax([Complex.dot(row, t) for row in w])

    z = [math.fsum(p * q for p, q in zip(row, x)) for row in w]
    jacobian, scale = product(calculus.softmax_jacobian(z), w), product(softmax_scale(z, error), sizes(w))
    hold("F7", Comparison("J", jacobian, engine_jacobian(f, x), scale, m + n))
    hold("F7", witnessed("J", jacobian, complex_jacobian(plain, x), scale, m + n))
    forward, backward = engine_tangent(f, x, v), engine_adjoint(f, x, u)
    most = calculus.push_forward(scale, sizes(v))
    hold("F7", Comparison("Jv", calculus.push_forward(jacobian, v), forward, most, m + n))
    hold("F7", Comparison("Jᵀu", calculus.pull_back(jacobian, u), backward, calculus.pull_back(scale, sizes(u)), m + n))
    pairs = math.fsum(p * q for p, q in zip(forward, u)), math.fsum(p * q for p, q in zip(v, backward))
    hold("F7", Comparison("⟨Jv, u⟩ = ⟨v, Jᵀu⟩", *pairs, calculus.dot(sizes(u), most), 2 * (m + n)))


# --- F8 --------------------------------------------------------------------------------------------------------------


@given(SIZES.flatmap(lambda n: st.tuples(matrices(n, n), vectors(n), vectors(n), vectors(n))))
def test_F8_newton(drawn: Any) -> None:
    """From two points, one step of a quadratic leads to the same, where its gradient is 0."""
    m, b, x, other = drawn
    n = len(x)
    a = [[p + 4.0 * n * (i == j) for j, p in enumerate(row)] for i, row in enumerate(m)]  # its diagonal dominates

    def f(v: Any) -> Any:
        return 0.5 * sg.dot(v, [sg.dot(row, v) for row in a]) + sg.dot(b, v)

    hessian = calculus.quadratic_hessian(a)
    inverse = calculus.inverse(hessian)
    norm, wide = (max(math.fsum(map(abs, row)) for row in each) for each in (inverse, hessian))
    assume(norm * wide <= 1e3)
    lowest = [-item for item in calculus.pull_back(inverse, b)]
    for start in (x, other):
        slopes = engine_gradient(f, start)
        most = calculus.quadratic_gradient(sizes(a), sizes(b), sizes(start))[0]
        size = max(map(abs, start)) + norm * norm * wide * max(most)
        landed = calculus.newton_step(start, slopes, engine_hessian(f, start))
        hold("F8", Comparison("x*", lowest, landed, size, n * n))
        there = engine_gradient(f, landed)
        hold("F8", Comparison("∇f(x*)", [0.0] * n, there, wide * size + max(map(abs, b)), n * n))
    assert calculus.newton_step(x, [[item] for item in b], hessian) == calculus.newton_step(x, b, hessian)  # a column


@given(st.data(), SIZES, SIZES)
def test_F8_newton_neuron(data: Any, n: int, count: int) -> None:
    w, bias = data.draw(vectors(n)), data.draw(NUMBERS)
    inputs, targets = data.draw(matrices(count, n)), data.draw(vectors(count))
    assume(all(sign_is_certain([*(p * q for p, q in zip(w, x)), bias]) for x in inputs))

    def cost(v: Any) -> Any:
        *weights, offset = v
        return sg.mean([(sg.relu(sg.dot(weights, x) + offset) - y) ** 2 for x, y in zip(inputs, targets)])

    def slopes(v: Any) -> Any:
        *weights, offset = v
        outputs = [Complex.dot(weights, x) + offset for x in inputs]
        errors = [2.0 / count * (z - y) if z.real > 0.0 else 0.0 for z, y in zip(outputs, targets)]
        return [sum(e * s for e, s in zip(errors, column)) for column in zip(*([*x, 1.0] for x in inputs))]

    hessian = calculus.neuron_cost_hessian(w, bias, inputs, targets)
    parts = [[*sizes(x), 1.0] for x in inputs]
    scale = [[2.0 / count * math.fsum(p[i] * p[j] for p in parts) for j in range(n + 1)] for i in range(n + 1)]
    hold("F8", Comparison("hessian", hessian, engine_jacobian(sg.grad(cost), [*w, bias]), scale, n + count))
    hold("F8", witnessed("hessian", hessian, complex_jacobian(slopes, [*w, bias]), scale, n + count))
    assert symmetric(hessian)


def test_F8_newton_of_a_singular_hessian() -> None:
    with pytest.raises(errors.ArgumentError, match="singular"):
        calculus.newton_step([1.0, 2.0], [1.0, 1.0], [[1.0, 1.0], [1.0, 1.0]])


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [
    lambda: calculus.wave([1.0], [1.0], []), lambda: calculus.wave_gradient([1.0], [], [1.0]),
    lambda: calculus.wave_hessian([], [1.0], [1.0]), lambda: calculus.quadratic([[1.0, 2.0]], [1.0], [1.0]),
    lambda: calculus.quadratic_gradient([[1.0]], [1.0, 2.0], [1.0]), lambda: calculus.quadratic_hessian([[1.0, 2.0]]),
    lambda: calculus.logsumexp_curvature([1.0], []), lambda: calculus.soft_cross_entropy([1.0], [0.5, 0.5]),
    lambda: calculus.soft_cross_entropy_gradient([1.0], []), lambda: calculus.gauss_newton([[1.0], []]),
    lambda: calculus.composed_hessian([1.0, 2.0], [[1.0]], [[1.0]], [[[1.0]]]),
    lambda: calculus.composed_hessian([1.0], [[1.0]], [[1.0]], [[[1.0, 2.0]]]),
    lambda: calculus.composed_hessian([1.0], [[1.0]], [[1.0]], []),
    lambda: calculus.residual_hessian([1.0], [[1.0], [2.0]], [[[1.0]]]),
    lambda: calculus.logsumexp_product([[1.0]], [1.0, 2.0], [1.0, 2.0]),
    lambda: calculus.logsumexp_product([[1.0]], [1.0], []), lambda: calculus.push_forward([[1.0]], []),
    lambda: calculus.pull_back([[1.0]], []), lambda: calculus.newton_step([1.0], [1.0, 2.0], [[1.0]]),
    lambda: calculus.newton_step([1.0], [1.0], [[1.0, 2.0]]),
    lambda: calculus.neuron_cost_hessian([1.0], 0.0, [[1.0, 2.0]], [1.0]),
])  # fmt: skip
def test_shapes_that_do_not_fit(call: Any) -> None:
    with pytest.raises(errors.ShapeError):
        call()


@pytest.mark.parametrize("call", [
    lambda: calculus.logsumexp_hessian([]), lambda: calculus.logsumexp_curvature([], []),
    lambda: calculus.soft_cross_entropy([], []), lambda: calculus.logsumexp_product([], [], []),
    lambda: calculus.neuron_cost_hessian([], 0.0, [], []),
])  # fmt: skip
def test_what_is_empty(call: Any) -> None:
    with pytest.raises(errors.ArgumentError):
        call()
