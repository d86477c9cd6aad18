"""erfinv, lgamma, digamma and polygamma: against 50 digits on both sides of every border, identities, PyTorch."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.table.special import gamma
from tests.support.special import erfinv, lgamma, psi

UNIT = 2.0**-52
LEAST = mpf(2) ** -1073


def neighbours(x: float) -> list[float]:
    return [math.nextafter(x, -math.inf), x, math.nextafter(x, math.inf)]


def both(function: Callable[..., Any], *x: float) -> tuple[float, float]:
    """The value, and the derivative by the last number."""
    leaf = Value(x[-1])
    result = function(*x[:-1], leaf)
    result.backward()
    return result.data, leaf.grad


def error(got: float, exact: Any, summand: Any = 0) -> float:
    """Relative to the result, or to the largest summand."""
    if abs(exact) > mpf(1.7976931348623157e308):
        return 0.0 if math.isinf(got) and (got > 0) == (exact > 0) else math.inf
    if not exact:
        return abs(got)
    return float(max(abs(mpf(got) - exact) - LEAST, 0) / max(abs(exact), abs(summand)))


def drawn(*spans: tuple[float, float], count: int = 60) -> list[float]:
    rng = random.Random(str(spans))
    return [rng.uniform(*span) for span in spans for _ in range(count)]


def powers(low: float, high: float, count: int = 60) -> list[float]:
    rng = random.Random(f"{low} {high}")
    return [10.0 ** rng.uniform(low, high) for _ in range(count)]


POSITIVE = [*powers(-300, 300), *powers(-3, 2), *drawn((0, 1), (1, 2), (2, 3), (3, 9), (9, 30)),
            *(y for x in (0.25, 0.5, 1.0, 1.4616321449683622, 2.0, 3.0, 9.0, 10.0) for y in neighbours(x)),
            *(1.4616321449683622 + s * d for s in (1, -1) for d in powers(-16, -1, 10))]  # fmt: skip
# at any distance from a pole, on both of its sides; at the quarters and the halves, where the forms change
NEGATIVE = [*(-x for x in powers(-300, -1, 20)), *drawn((-1, 0), (-3, -1), (-60, -3), count=30),
            -1e3 - 0.3, -4e15 - 0.5, *(s * d - k for k in (1, 2, 7, 50) for s in (1, -1) for d in powers(-12, -1, 10)),
            *(y - k for k in (0, 1, 6) for x in (-0.25, -0.5, -0.75) for y in neighbours(x))]  # fmt: skip


@mp.workdps(50)
def test_to_the_right_of_0() -> None:
    for x in POSITIVE:
        for order, function in enumerate(
            (sg.lgamma, sg.digamma, *(functools.partial(sg.polygamma, n) for n in range(4)))
        ):
            n = max(order - 2, 0) if order > 1 else order - 1
            value, slope = both(function, x)
            exact = lgamma(mpf(x)) if n < 0 else psi(n, x)
            assert error(value, exact) <= 1e-15, (order, x, value)
            assert error(slope, psi(n + 1, x)) <= 1e-15, (order, x, slope)


def nearest(n: int, x: Any) -> Any:
    """The largest term of polygamma's sum, n! / (x + k)**(n + 1); for n = 0, one of the two of the reflection."""
    return psi(0, 1 - x) if n == 0 else mp.factorial(n) / (x - mp.nint(x)) ** (n + 1)


@mp.workdps(50)
def test_between_the_poles() -> None:
    for x in NEGATIVE:
        value, slope = both(sg.lgamma, x)
        assert error(value, mp.log(abs(mp.gamma(x))) if x > -1e4 else lgamma(mpf(x))) <= 1e-15, (x, value)
        if x < -1e3:
            continue
        assert error(slope, psi(0, x), nearest(0, mpf(x))) <= 1e-14, (x, slope)
        for n in (1, 2, 3, 8, 21):
            value, slope = both(functools.partial(sg.polygamma, n), x)
            assert error(value, psi(n, x), nearest(n, mpf(x))) <= 1e-14, (n, x, value)
            assert error(slope, psi(n + 1, x), nearest(n + 1, mpf(x))) <= 1e-14, (n, x, slope)


@mp.workdps(50)
def test_every_order_of_polygamma() -> None:
    """To 1e-14, with its derivative, up to n = 169. Beyond, n! is no double, and there are as many roundings as n."""
    for n in (*range(4, 30), 59, 100, 168, 169, 170, 171, 172, 200, 400, 1500):
        for x in (1e-3, 0.4, 1.7, 8.0, 0.9 * n, 1.0 * n + 1, 300.0, 1e5):
            value, slope = both(functools.partial(sg.polygamma, n), x)
            bar = 1e-14 if n < 170 else 6e-16 * n
            assert error(value, psi(n, x)) <= bar and error(slope, psi(n + 1, x)) <= bar, (n, x, value, slope)


def test_orders_whose_squares_overflow() -> None:
    """There polygamma is 0 or infinite, with its sign, on both sides of its cliff at x = n / e, and never nan."""
    for n in (1e153, 1e155, 1e200, 1e300, 1e308):
        for x in (n / 40, n / 3, n / 2.5, n, 10 * n):
            size = math.inf if x < n / math.e else 0.0
            value, slope = both(functools.partial(sg.polygamma, n), x)
            assert abs(value) == abs(slope) == size, (n, x, value, slope)
            assert math.copysign(1.0, value) == -1.0, (n, x, value)  # n is even


UNIT_INTERVAL = [*powers(-320, -1), *powers(-9, 0), *(1 - x for x in powers(-16, -1)), *drawn((0, 0.5), (0.5, 1)),
                 5e-324, *(y for x in (1e-8, 0.5) for y in neighbours(x)), math.nextafter(1.0, 0.0)]  # fmt: skip


@mp.workdps(50)
def test_erfinv() -> None:
    for a in (x for x in UNIT_INTERVAL if x < 1.0):
        y = erfinv(mpf(a))
        slope = mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
        for x, sign in ((a, 1), (-a, -1)):
            value, first = both(sg.erfinv, x)
            second, third = both(lambda v: sg.grad(sg.grad(sg.erfinv))(v), x)
            assert error(value, sign * y) <= 5e-16 and error(first, slope) <= 1e-15, (x, value, first)
            assert error(second, sign * 2 * y * slope**2) <= 4e-15, (x, second)
            assert error(third, (2 + 8 * y * y) * slope**3) <= 6e-15, (x, third)


def test_erfinv_at_its_ends() -> None:
    first, second, third = sg.grad(sg.erfinv), sg.grad(sg.grad(sg.erfinv)), sg.grad(sg.grad(sg.grad(sg.erfinv)))
    assert [f(1.0) for f in (first, second, third)] == [math.inf] * 3
    assert [f(-1.0) for f in (first, second, third)] == [math.inf, -math.inf, math.inf]
    assert all(math.isnan(f(x)) for f in (first, second, third) for x in (1.5, -math.inf, math.nan))


# --- identities -------------------------------------------------------------------------------------------------------


@example(x=0.25)
@example(x=1.0)
@example(x=1.4616321449683622)
@example(x=math.nextafter(9.0, 0.0))
@given(st.floats(1e-5, 1e5))
def test_digamma_of_the_next_number(x: float) -> None:
    """digamma(x + 1) = digamma(x) + 1 / x, but for rounding: of x + 1 too."""
    summands = abs(sg.digamma(x)) + 1.0 / x
    assert abs(sg.digamma(x + 1.0) - (sg.digamma(x) + 1.0 / x)) <= 4 * UNIT * (summands + x * sg.polygamma(1, x + 1.0))


@example(n=1, x=0.5)
@example(n=20, x=8.5)
@given(st.integers(1, 60), st.floats(1e-3, 1e3))
def test_polygamma_of_the_next_number(n: int, x: float) -> None:
    """It is less by the first term, of which the sign alternates."""
    first = math.exp(math.lgamma(n + 1) - (n + 1) * math.log(x))
    assume(first < 1e300)
    here, there = sg.polygamma(n, x), sg.polygamma(n, x + 1.0)
    assert abs(abs(here) - abs(there) - first) <= 1e-15 * (n + 1) * (10 + abs(math.log(x))) * abs(here)
    assert math.copysign(1.0, here) == (-1.0) ** (n + 1)


@example(x=0.5)
@example(x=0.9872952645216637)
@given(st.floats(0.01, 0.99))
def test_the_reflections(x: float) -> None:
    """gamma(x) gamma(1 - x) = pi / sin(pi x), by logarithms, and its derivative."""
    y, sine = 1.0 - x, math.sin(math.pi * x)
    assert abs(sg.lgamma(x) + sg.lgamma(y) - math.log(math.pi / sine)) <= UNIT * (
        20 * (1 + abs(sg.lgamma(x))) + 8 / sine
    )
    cotangent = math.pi * math.cos(math.pi * x) / sine
    size = abs(sg.digamma(x)) + abs(sg.digamma(y)) + 4.0 / sine**2
    assert abs(sg.digamma(y) - sg.digamma(x) - cotangent) <= 4 * UNIT * size


@example(x=0.0)
@example(x=0.5)
@example(x=-5e-324)
@example(x=math.nextafter(1.0, 0.0))
@given(st.floats(-1.0, 1.0))
def test_erf_of_erfinv(x: float) -> None:
    """On both sides of 1/2; erfc has the digits of 1 - x."""
    y = sg.erfinv(x)
    assert abs(sg.erf(y) - x) <= 4 * UNIT * abs(x) + 5e-324
    if 0.5 < x < 1.0:
        assert abs(sg.erfc(y) - (1.0 - x)) <= 4 * UNIT * (1.0 - x) * (1.0 + 2.0 * y * y)
    assert sg.erfinv(-x) == -y and math.copysign(1.0, y) == math.copysign(1.0, x)


@given(st.floats(-5.0, 5.0))
def test_erfinv_of_erf(x: float) -> None:
    """erf(x) is rounded, which erfinv magnifies by its slope."""
    y = sg.erf(x)
    assume(abs(y) < 1.0)
    assert abs(sg.erfinv(y) - x) <= UNIT * (4 * abs(x) + abs(y) * sg.grad(sg.erfinv)(y))


# --- the faces --------------------------------------------------------------------------------------------------------


def test_the_method_is_of_x() -> None:
    x = Value(2.5)
    assert x.polygamma(1).data == sg.polygamma(1, x).data == sg.polygamma(n=1, x=2.5) == x.polygamma(n=1).data
    v = Vector([0.5, 2.5])
    assert v.polygamma(2).data == [sg.polygamma(2, item) for item in (0.5, 2.5)]
    assert v.polygamma([0, 1]).data == [sg.digamma(0.5), sg.polygamma(1, 2.5)]
    m = Matrix([[0.5, 2.5]]).polygamma(n=3)
    assert m.data == [[sg.polygamma(3, item) for item in (0.5, 2.5)]]
    with pytest.raises(TypeError, match=r"polygamma\(\) missing 1 required positional argument: 'n'"):
        x.polygamma()  # type: ignore[call-arg]


def test_n_takes_no_gradient() -> None:
    n, x = Value(2.0), Value(1.5)
    sg.polygamma(n, x).backward()
    assert n.grad == 0.0 and x.grad == sg.polygamma(3, 1.5)
    assert sg.hessian(lambda v: sg.polygamma(v[0], v[1]))([1.0, 1.5]) == [[0.0, 0.0], [0.0, sg.polygamma(3, 1.5)]]


def test_lgamma_of_factorials() -> None:
    for n in range(1, 150):
        assert sg.lgamma(n + 1.0) == pytest.approx(math.log(math.factorial(n)), rel=4 * UNIT, abs=0.0)


@mp.workdps(50)
def test_the_coefficients_are_the_taylor_series() -> None:
    zero = mp.findroot(lambda x: mp.psi(0, x), 1.46)
    terms = [mp.psi(m, zero) / mp.factorial(m) * (2 * zero) ** m for m in range(1, len(gamma._AT_THE_ZERO) + 1)]
    for k, coefficient in enumerate(gamma._AT_THE_ZERO):  # x - zero is 2 * zero * (v + v**2 + ...)
        assert coefficient == float(mp.fsum(math.comb(k, m) * terms[m] for m in range(k + 1)))
    for k, (above, below) in enumerate(gamma._BERNOULLI):
        assert abs(mpf(above) / below - mp.bernoulli(2 * k + 2)) < 1e-40


def test_values_and_gradients_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    for name, ours, theirs, points in (
        ("lgamma", sg.lgamma, torch.lgamma, [1e-8, 0.3, 1.0, 1.46, 2.0, 7.5, 40.0, 1e6, -0.3, -2.6, -7.1]),
        ("digamma", sg.digamma, torch.digamma, [1e-8, 0.3, 1.0, 2.0, 7.5, 40.0, 1e6, -0.3, -2.6, -7.1]),
        *((f"polygamma {n}", functools.partial(sg.polygamma, n), functools.partial(torch.polygamma, n),
           [1e-8, 0.3, 1.0, 2.0, 7.5, 40.0, 1e6]) for n in (1, 2, 3, 6)),
        ("erfinv", sg.erfinv, torch.erfinv, [1e-8, 0.1, -0.49, 0.5, 0.7, -0.99, 0.999999]),
    ):  # fmt: skip
        x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
        result = theirs(x)
        result.sum().backward()
        v = Vector(points)
        sg.sum(ours(v)).backward()
        rtol = 1e-9 if name == "polygamma 1" else 1e-12
        np.testing.assert_allclose(ours(v).data, result.detach().numpy(), rtol=rtol, err_msg=name)
        np.testing.assert_allclose(v.grad, x.grad.numpy(), rtol=1e-9, err_msg=name)  # its trigamma has ten digits


def test_special_numbers_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    ends = [0.0, -0.0, math.inf, math.nan]
    for ours, theirs, points in ((sg.lgamma, torch.lgamma, [*ends, -1.0, -2.0, -math.inf]),
                                 (sg.digamma, torch.digamma, [*ends, -1.0, -2.0]),
                                 (functools.partial(sg.polygamma, 1), functools.partial(torch.polygamma, 1), ends),
                                 (sg.erfinv, torch.erfinv, [*ends, 1.0, -1.0, 1.5, -math.inf])):  # fmt: skip
        wanted = theirs(torch.tensor(points, dtype=torch.float64)).numpy()
        np.testing.assert_allclose([ours(x) for x in points], wanted, rtol=1e-14)
