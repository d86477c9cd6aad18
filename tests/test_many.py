"""The functions of many numbers: their arguments, empty ones, ties, order of summation."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.errors import ArgumentError, NumberError, RangeError
from tests.support.engines import bits

FUNCTIONS = [sg.sum, sg.mean, sg.prod, sg.norm, sg.max, sg.min, sg.logsumexp]
numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300)


@pytest.mark.parametrize("function", FUNCTIONS)
@given(numbers)
def test_iterable_arguments_floats_and_values_agree(function: Any, x: list[float]) -> None:
    result = function(x)
    assert type(result) is float
    assert bits(function(iter(x))) == bits(result) == bits(function([Value(item) for item in x]).data)
    if len(x) > 1:
        assert bits(function(*x)) == bits(result)


def test_empty() -> None:
    assert (sg.sum([]), sg.prod([]), sg.norm([]), sg.dot([], [])) == (0.0, 1.0, 0.0, 0.0)
    for function in (sg.mean, sg.max, sg.min, sg.logsumexp, sg.softmax, sg.log_softmax):
        with pytest.raises(ArgumentError, match=function.__name__):
            function([])


@given(numbers)
def test_the_order_of_a_sum(x: list[float]) -> None:
    """Chunks of 128 in eight interleaved sums and a fixed tree; spelt out once more."""
    total = None
    for start in range(0, len(x), 128):
        lanes: list[Any] = [None] * 8
        for k, item in enumerate(x[start : start + 128]):
            lanes[k % 8] = item if lanes[k % 8] is None else lanes[k % 8] + item
        a, b, c, d, e, f, g, h = (-0.0 if lane is None else lane for lane in lanes)
        chunk = ((a + e) + (c + g)) + ((b + f) + (d + h))
        total = chunk if total is None else total + chunk
    assert bits(sg.sum(x)) == bits(total)


@given(numbers)
def test_dot_runs_left_to_right(x: list[float]) -> None:
    y = x[::-1]
    expected = x[0] * y[0]
    for a, b in zip(x[1:], y[1:]):
        expected += a * b
    assert bits(sg.dot(x, y)) == bits(expected)


def test_ties_share() -> None:
    x = [Value(v) for v in (1.0, 3.0, 3.0, 2.0, 3.0)]
    sg.max(x).backward()
    assert [v.grad for v in x] == [0.0, 1 / 3, 1 / 3, 0.0, 1 / 3]
    a, b = Value(2.0), Value(2.0)
    sg.minimum(a, b).backward()
    assert (a.grad, b.grad) == (0.5, 0.5)


def test_nan_and_infinities() -> None:
    assert math.isnan(sg.max(math.nan, 1.0)) and math.isnan(sg.min(1.0, math.nan))
    assert sg.logsumexp(math.inf, 1.0) == math.inf and sg.logsumexp(-math.inf, -math.inf) == -math.inf
    assert sg.softmax(math.inf, 1.0) == [1.0, 0.0] and sg.norm(math.inf, 1.0) == math.inf


def test_products_with_zeros() -> None:
    x = [Value(v) for v in (2.0, 0.0, 5.0)]
    sg.prod(x).backward()
    assert [v.grad for v in x] == [0.0, 10.0, 0.0]


def test_bad_arguments() -> None:
    with pytest.raises(ArgumentError, match="2 and 1"):
        sg.dot([1, 2], [3])
    for attempt, got in (
        (lambda: sg.sum("abc"), "str 'a'"),
        (lambda: sg.sum(None), "NoneType$"),
        (lambda: sg.mean([1.0, None]), "NoneType$"),
        (lambda: sg.prod(["a"]), "str 'a'"),
        (lambda: sg.softmax([1j]), "complex"),
        (lambda: sg.norm([1.0, [1.0]]), r"list \[1"),
    ):
        with pytest.raises(NumberError, match=f"expected a real number, got {got}"):
            attempt()


def test_a_single_number() -> None:
    v = Value(2.0)
    assert sg.sum(v).data == sg.max(v).data == sg.prod(v).data == 2.0 and sg.sum(3) == 3.0


def test_numpy() -> None:
    np = pytest.importorskip("numpy")
    x = Value(2.0)
    array = np.array([1.0, 2.0])
    for result in (x * array, array * x, x + array, array - x, array / x):
        assert result.dtype == object and isinstance(result[0], Value)
    for scalar in (np.float64(3), np.float32(3), np.int64(3), np.array(3.0), np.bool_(True)):
        assert type(x * scalar) is Value and type(scalar * x) is Value
        assert Value(scalar).data == float(scalar)
    values = np.array([Value(0.1), Value(0.2)])
    for name in ("exp", "log", "sin", "arcsin", "arctan", "arcsinh", "tanh", "sqrt", "cbrt", "log1p", "rint",
                 "absolute", "fabs", "square", "exp2", "negative", "positive"):  # fmt: skip
        result = getattr(np, name)(values)
        assert isinstance(result[0], Value), name
        assert result[1].data == pytest.approx(float(getattr(np, name)(0.2)), rel=1e-15), name
    for name in ("arctan2", "hypot", "maximum", "minimum", "power", "fmod", "remainder"):
        result = getattr(np, name)(values, values[::-1])
        assert isinstance(result[0], Value), name
        assert result[0].data == pytest.approx(float(getattr(np, name)(0.1, 0.2)), rel=1e-15), name
    assert isinstance(values.sum(), Value) and isinstance(values @ array, Value)
    assert (x < np.array([1.0, 3.0])).tolist() == [False, True]
    assert Value(np.longdouble(1.5)).data == 1.5
    assert Value(np.longdouble("inf")).data == math.inf == Value(np.array(math.inf)).data
    assert (x * np.array(Value(3.0), dtype=object)).data == 6.0
    for bad, got in (
        (np.datetime64("2020-01-01", "ns"), r"a datetime64 of shape \(\)"),
        (np.timedelta64(5, "ns"), r"a timedelta64 of shape \(\)"),
        (np.array(Value(1.0), dtype=object), r"a ndarray of shape \(\) and dtype object"),
        (np.array([1.0, 2.0]), r"a ndarray of shape \(2,\) and dtype float64"),
        (np.array("a"), r"dtype <U1"),
        (np.array(1j), r"dtype complex128"),
        (np.array([]), r"shape \(0,\)"),
    ):
        with pytest.raises(NumberError, match=f"expected a number, got .*{got}"):
            Value(bad)
    for masked in (np.ma.masked, np.ma.array(3.0, mask=True)):
        for attempt in (lambda: Value(masked), lambda: x * masked, lambda: sg.exp(masked)):
            with pytest.raises(NumberError, match="masked"):
                attempt()
    assert Value(np.ma.array(3.0)).data == 3.0
    if np.finfo(np.longdouble).max > 1e308:
        with pytest.raises(RangeError, match="too large"):
            Value(np.longdouble("-1e4000"))


def test_a_nan_takes_the_gradient_of_max_and_min() -> None:
    nan = math.nan
    for function in (sg.max, sg.min):
        for x, exact in (
            ([nan, 1.0], [1.0, 0.0]),
            ([2.0, nan, 2.0, -nan], [0.0, 0.5, 0.0, 0.5]),
            ([nan], [1.0]),
            ([math.inf, nan, -math.inf], [0.0, 1.0, 0.0]),
        ):
            leaves = [Value(item) for item in x]
            function(leaves).backward()
            assert [leaf.grad for leaf in leaves] == exact
