"""Section C of the formula ledger with numbers of every size: subnormal, huge, and zeros of both signs.

Where gradients are copies of numbers, those are any finite doubles. Where products are added up, all is multiplied by
powers of two, of which closed form and engine make exact multiples.
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from scalargrad import calculus
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import sizes
from tests.support.drawn import (
    FINITE,
    POWERS,
    QUARTERS,
    SIZES,
    THIRDS,
    matrices,
    sign_is_certain,
    times,
    together,
    vectors,
)
from tests.support.engines import bits
from tests.support.networks import gradient, jacobian, styles, value
from tests.support.witness import hold, in_both_layouts
from tests.test_calculus_c import rows

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

some = settings(max_examples=25)  # an exact law either holds or fails at once


@styles
@some
@given(st.data(), SIZES, SIZES, SIZES)
def test_C1_linear_jacobian_at_every_size(style: Any, data: Any, m: int, n: int, k: int) -> None:
    """And C11: the entries of X and W, and exact zeros, whether or not Y overflows."""
    x, w = data.draw(matrices(m, n, FINITE)), data.draw(matrices(n, k, FINITE))
    by_w, by_x = calculus.linear_jacobian_by_weights(x, k), calculus.linear_jacobian_by_inputs(w, m)
    assert rows(jacobian(style, lambda s, v: s.linear(x, v), w), k) == by_w
    assert rows(jacobian(style, lambda s, v: s.linear(v, w), x), k) == by_x


@styles
@some
@given(st.data(), SIZES, SIZES, SIZES, POWERS, POWERS, POWERS)
def test_C2_linear_backward_at_every_size(
    style: Any, data: Any, m: int, n: int, k: int, a: Any, b: Any, c: Any
) -> None:
    """X·a, W·b and G·c: GWᵀ times bc, XᵀG times ac, the column sums times c; and Y times ab."""
    x, w, g = (data.draw(matrices(*shape, THIRDS)) for shape in ((m, n), (n, k), (m, k)))
    offsets = data.draw(vectors(k, THIRDS))
    plain, larger = (x, w, offsets), (times(x, a), times(w, b), times(offsets, a * b))
    assert calculus.linear(*larger) == times(calculus.linear(*plain), a * b)
    assert calculus.matmul(*larger[:2]) == times(calculus.matmul(*plain[:2]), a * b)
    assert value(style, lambda s: s.linear(*larger)) == times(value(style, lambda s: s.linear(*plain)), a * b)

    def pulled(upstream: Any) -> Any:
        return lambda s, x, w, offsets: s.total(s.linear(x, w, offsets), upstream)

    for found, once in (
        (calculus.linear_backward(*larger[:2], times(g, c)), calculus.linear_backward(x, w, g)),
        (gradient(style, pulled(times(g, c)), *larger), gradient(style, pulled(g), *plain)),
    ):
        assert list(found) == [times(each, factor) for each, factor in zip(once, (b * c, a * c, c))]


@styles
@some
@given(together(2, numbers=FINITE), FINITE)
@example([[1e308, -1e308], [10.0, 10.0]], 1.0)  # w·x is inf - inf
@example([[5e-324], [0.5]], -0.0)  # w·x underflows
def test_C4_dot_at_every_size(style: Any, drawn: list[list[float]], b: float) -> None:
    """And C5: the gradients are xᵀ, wᵀ and 1, whether or not w·x + b under- or overflows."""
    w, x = drawn
    assert in_both_layouts(calculus.dot_gradients, w, x) == tuple(gradient(style, lambda s, w, x: s.dot(w, x), w, x))
    units = in_both_layouts(calculus.affine_gradients, w, x)
    assert units == (x, w, 1.0) == tuple(gradient(style, lambda s, w, x, b: s.affine(w, x, b), w, x, b))
    terms = [p * q for p, q in zip(w, x)]
    if math.isfinite(sum(sizes([*terms, b]))):
        found = value(style, lambda s: s.dot(w, x))
        hold("C4", Comparison("w·x", calculus.dot(w, x), found, sum(sizes(terms)), len(w)))
        found = value(style, lambda s: s.affine(w, x, b))
        hold("C5", Comparison("z", calculus.affine(w, x, b), found, sum(sizes([*terms, b])), len(w) + 1))


OVERFLOWING = {
    "a sum": ([1.0, 1.0, 1.0], [1.7e308, 1.7e308, -1.7e308]),  # of finite terms: inf from the second on
    "a product": ([1e200, 1.0], [-1e200, 1e308]),
    "both signs": ([1e200, 1e200, 1.0], [1e200, -1e200, 1.0]),  # inf - inf is nan
    "an infinity": ([math.inf, 1.0], [1.0, 2.0]),
    "a nan": ([math.nan, 1.0], [1.0, 2.0]),
}


@styles
@pytest.mark.parametrize("name", OVERFLOWING)
def test_C4_dot_that_overflows(style: Any, name: str) -> None:
    """And C5 and C11: the closed forms have inf or nan, as IEEE 754 adds from left to right. The engine has these of
    numbers that are not finite; of others the sum itself, to 1e-14 of its largest term.
    """
    w, x = OVERFLOWING[name]
    wanted = sum(p * q for p, q in zip(w, x))
    assert not math.isfinite(wanted)
    for found in (calculus.dot(w, x), calculus.affine(w, x, 0.0), calculus.matmul([w], [[item] for item in x])[0][0]):
        assert bits(found) == bits(wanted)
    for found in (value(style, lambda s: s.dot(w, x)), value(style, lambda s: s.linear([w], [[t] for t in x]))[0][0]):
        if not all(map(math.isfinite, [*w, *x])):
            assert bits(found) == bits(wanted)
            continue
        terms = [Fraction(p) * Fraction(q) for p, q in zip(w, x)]
        if abs(sum(terms)) > sys.float_info.max:
            assert found == (math.inf if sum(terms) > 0 else -math.inf)
        else:
            assert abs(Fraction(found) - sum(terms)) <= Fraction(1e-14) * max(map(abs, terms))


@styles
@some
@given(together(2, numbers=FINITE), FINITE)
@example([[5e-324], [1.0]], 0.0)  # the smallest that is active
@example([[-5e-324], [1.0]], 0.0)
@example([[5e-324], [0.25]], -0.0)  # the product underflows: not active
@example([[1e160, 1e160], [1e160, 1.0]], 0.0)  # z is inf
def test_C6_neuron_at_every_size(style: Any, drawn: list[list[float]], b: float) -> None:
    w, x = drawn
    terms = [*(p * q for p, q in zip(w, x)), b]
    of_one_sign = all(item >= 0.0 for item in terms) or all(item <= 0.0 for item in terms)
    assume(of_one_sign or (math.isfinite(sum(sizes(terms))) and sign_is_certain(terms)))
    analytic = in_both_layouts(calculus.neuron_gradients, w, x, b)
    assert analytic == ((x, w, 1.0) if sum(terms) > 0.0 else ([0.0] * len(w), [0.0] * len(x), 0.0))
    neuron = lambda s, w, x, b: s.neurons(w, [x], b)[0]  # noqa: E731
    assert analytic == tuple(gradient(style, neuron, w, x, b))
    scale = sum(sizes(terms))
    if math.isfinite(scale):
        found = value(style, lambda s: neuron(s, w, x, b))
        hold("C6", Comparison("value", calculus.neuron(w, x, b), found, scale, len(terms)))
    else:
        assert calculus.neuron(w, x, b) == value(style, lambda s: neuron(s, w, x, b)) == max(0.0, sum(terms))


# largest differences that are exact, zeros of both signs, and the largest doubles
FAR = st.one_of(QUARTERS, st.sampled_from([-0.0, 5e-324, -5e-324, 1e-310, 700.0, -745.0, 1e300, 1.7e308, -1.7e308]))


@styles
@some
@given(st.data(), st.lists(FAR, min_size=1, max_size=5), st.integers(-900, 900).map(lambda k: 2.0**k))
def test_C8_softmax_backward_at_every_size(style: Any, data: Any, z: list[float], factor: float) -> None:
    """Linear in the gradient by p, exactly, and so is the engine; C7 is its rows, C9 has the values."""
    g = data.draw(vectors(len(z), THIRDS))
    p = calculus.softmax(z)
    assume(not any(-800.0 < item - max(z) < -40.0 for item in z))  # no product underflows
    assert in_both_layouts(calculus.softmax_backward, z, times(g, factor)) == times(
        in_both_layouts(calculus.softmax_backward, z, g), factor
    )
    pulled = lambda g: gradient(style, lambda s, v: s.total(s.softmax([v]), [g]), z)  # noqa: E731
    assert pulled(times(g, factor)) == times(pulled(g), factor)
    axes = [[float(i == j) for j in range(len(z))] for i in range(len(z))]
    scale = [[a * ((i == j) + b) for j, b in enumerate(p)] for i, a in enumerate(p)]
    by_axes = [in_both_layouts(calculus.softmax_backward, z, axis) for axis in axes]
    hold("C8", Comparison("row by row", by_axes, calculus.softmax_jacobian(z), scale, len(z)))


@styles
@some
@given(st.lists(FAR, min_size=1, max_size=5))
def test_C9_log_softmax_at_every_size(style: Any, z: list[float]) -> None:
    """Where the others are far below the largest number: at it, minus the logarithm of how often it is there."""
    top, found = max(z), calculus.log_softmax(z)
    often = z.count(top)
    if all(item == top or item - top < -800.0 for item in z):
        wanted = [item - top - math.log(often) for item in z]  # -inf, where the difference overflows
        hold("C9", Comparison("far apart", found, wanted, None))
        hold("C9", Comparison("log Σ", calculus.logsumexp(z), top + math.log(often), abs(top) + 2.0))
        assert calculus.softmax(z) == [(item == top) / often for item in z]
        slopes = [[(i == j) - (item == top) / often for j, item in enumerate(z)] for i in range(len(z))]
        hold("C9", Comparison("J", calculus.log_softmax_jacobian(z), slopes, 1.0))
    theirs = value(style, lambda s: s.log_softmax([z])[0])
    hold("C9", Comparison("log p", found, theirs, None, len(z)))
    summed = value(style, lambda s: s.logsumexp([z])[0])
    hold("C9", Comparison("log Σ", calculus.logsumexp(z), summed, max(map(abs, z)) + 2.0, len(z)))


@some
@given(st.lists(QUARTERS, min_size=1, max_size=5), st.integers(-1000, 1000))
def test_C9_log_softmax_of_shifted_scores(z: list[float], shift: int) -> None:
    """z + c on quarters is exact: p and log p are the same to the last bit, and log Σ is larger by c."""
    moved = [item + shift for item in z]
    assert calculus.softmax(moved) == calculus.softmax(z)
    assert calculus.log_softmax(moved) == calculus.log_softmax(z)
    assert calculus.log_softmax_jacobian(moved) == calculus.log_softmax_jacobian(z)
    bound = abs(shift) + 5.0
    hold("C9", Comparison("log Σ", calculus.logsumexp(moved), calculus.logsumexp(z) + shift, bound))
