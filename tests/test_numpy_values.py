"""numpy's ufuncs on Values and on object arrays of Values: numpy's result, or an error that says what to write.

Value defines no `__array__`, so numpy makes object arrays of Values. numpy's ufuncs ask a Value by `__array_ufunc__`.
"""

from __future__ import annotations

import math
import operator
import warnings
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Value, Vector
from scalargrad.errors import DispatchError, KeywordError, NumberError, ShapeError

UFUNCS = sorted({f for f in vars(np).values() if isinstance(f, np.ufunc)}, key=lambda f: f.__name__)
NUMBERS = [0.75, -0.5, 0.0, -0.0, 2.0, math.inf, -math.inf, math.nan, 5e-324]
# A library function of the C library's and ours may round differently: each is within 4 ulp of the exact result, where
# it is not a piecewise one.
ULPS = 8 * 2.0**-53


# Which of two zeros is the larger is open in numpy; its sign(-0.0) is 0.0, and ours -0.0.
OPEN_ZEROS = {"maximum", "minimum", "fmax", "fmin", "sign"}


def same_number(x: float, y: float, name: str) -> bool:
    close = x == pytest.approx(y, rel=ULPS, abs=5e-324, nan_ok=True)
    return close and (x != 0 or name in OPEN_ZEROS or math.copysign(1, x) == math.copysign(1, y))


def check(found: Any, expected: Any, numbers: tuple[float, ...], name: str) -> None:
    """The result is numpy's: bools are bools, and numbers Values."""
    if isinstance(expected, tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected):
            check(one, other, numbers, name)
    elif isinstance(expected, np.bool_):
        assert type(found) is bool and found == expected
    else:
        assert type(found) is Value and same_number(found.data, float(expected), name), (found, expected, numbers)


REFUSED = {
    "frexp", "ldexp", "modf", "nextafter", "spacing", "heaviside", "logaddexp2", "isnat", "gcd", "lcm", "bitwise_and",
    "bitwise_or", "bitwise_xor", "bitwise_count", "invert", "left_shift", "right_shift",
}  # fmt: skip
OF_ARRAYS = {"matmul", "vecdot", "matvec", "vecmat"}


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_every_ufunc_of_values(ufunc: Any) -> None:
    """A new ufunc of numpy's, in no list here, fails this test unless it equals numpy's."""
    name = ufunc.__name__
    if name in OF_ARRAYS:
        with pytest.raises((TypeError, ValueError)):
            ufunc(Value(1.0), Value(2.0))
        return
    pairs = [(x,) for x in NUMBERS] if ufunc.nin == 1 else [(x, y) for x in NUMBERS for y in NUMBERS]
    for numbers in pairs:
        values = [Value(x) for x in numbers]
        if name in REFUSED:
            with pytest.raises(NumberError, match=rf"np\.{name} has no rule for Values"):
                ufunc(*values)
            continue
        with np.errstate(all="ignore"):
            expected = ufunc(*numbers)
        check(ufunc(*values), expected, numbers, name)
        if ufunc.nin == 2:
            for given in (
                (values[0], numbers[1]),
                (np.float64(numbers[0]), values[1]),
                (values[0], np.array(numbers[1])),
            ):
                check(ufunc(*given), expected, numbers, name)


@pytest.mark.parametrize(
    "name", ["multiply", "add", "subtract", "divide", "power", "less", "equal", "floor_divide", "remainder"]
)
def test_scalars_of_numpy(name: str) -> None:
    """`X[i] * w`: a Value for each type of number, by operator and by ufunc, in both orders."""
    symbols = {"multiply": "mul", "subtract": "sub", "divide": "truediv", "power": "pow", "less": "lt", "equal": "eq"}
    symbols |= {"floor_divide": "floordiv", "remainder": "mod"}
    apply, ufunc = getattr(operator, symbols.get(name, name)), getattr(np, name)
    for kind in (np.float64, np.float32, np.float16, np.longdouble, np.int64, np.uint8, np.bool_):
        for number in (kind(1), np.array(1, kind)):
            v = Value(2.5)
            for x, y in ((number, v), (v, number)):
                expected = apply(*(float(z) if z is not v else Value(2.5) for z in (x, y)))
                for found in (apply(x, y), ufunc(x, y)):
                    assert type(found) in (type(expected), np.bool_) and found == expected
                    if type(found) is Value:
                        assert found._op == expected._op and list(map(type, found.operands)) == list(
                            map(type, expected.operands)
                        )


def test_a_subclass_of_value() -> None:
    class Named(Value):
        pass

    v, w = Named(2.0), Named(3.0)
    assert (
        type(np.multiply(v, w)) is Value
        and np.multiply(v, w) == 6.0
        and np.multiply(2.0, v) == 4.0
        and np.exp(v) == sg.exp(v)
    )


def test_gradients_pass() -> None:
    v = Value(0.75)
    (
        np.float64(2.0) * v + np.radians(v) + np.degrees(v) + np.reciprocal(v) + np.fmax(v, 0.5) + np.fmin(v, math.nan)
    ).backward()
    assert v.grad == pytest.approx(2.0 + math.pi / 180 + 180 / math.pi - 1 / 0.75**2 + 2.0, rel=1e-15)  # six roundings


def test_arrays_stay_numpys() -> None:
    v, t = Value(2.0), np.array([1.0, 3.0])
    for found in (t * v, v * t, np.multiply(t, v), np.multiply(v, t), np.outer(t, [v, v])[0], np.multiply.outer(v, t)):
        assert type(found) is np.ndarray and found.dtype == object
    assert (
        [x.data for x in t * v] == [2.0, 6.0]
        and (t < v).tolist() == [True, False]
        and (v > t).tolist() == [True, False]
    )
    assert np.array([v, v]).dtype == object and not hasattr(v, "__array__") and np.asarray(v).dtype == object
    of_objects = np.array([v, 3 * v])
    of_objects *= v
    assert [x.data for x in of_objects] == [4.0, 12.0]
    assert [x.data for x in np.logaddexp(of_objects, v)] == [x.data for x in sg.logaddexp(of_objects, v)]
    assert np.isnan(v) is False and type(np.multiply(v, Vector([1.0]))) is Vector is type(np.multiply(Vector([1.0]), v))
    for function in (np.sum, np.mean, np.max, np.prod, np.std, np.linalg.norm):
        w = Value(5.0)
        found = function(np.array([v, w]))
        assert type(found) is Value and found.data == pytest.approx(float(function(np.array([2.0, 5.0]))), rel=1e-15)
        w.grad = 0.0
        found.backward()
        assert w.grad != 0.0
    assert np.dot(of_objects, of_objects).data == 160.0 and np.sum([v, v]).data == 4.0
    for name in ("radians", "degrees", "deg2rad", "rad2deg", "fabs"):
        found = getattr(np, name)(np.array([v]))[0]
        assert type(found) is Value and found.data == getattr(np, name)(2.0)


@pytest.mark.parametrize("ufunc", [f for f in UFUNCS if f.nin == 2], ids=lambda f: f.__name__)
def test_ufuncs_of_a_value_and_an_array(ufunc: Any) -> None:
    """In each order, whatever numpy's loop over objects would do: numpy's numbers, or an error of ours."""
    numbers = np.array([[0.75, math.nan, -0.5], [2.0, -math.inf, 3.0]])
    of_objects = np.array([Value(x) for x in numbers.ravel()]).reshape(2, 3)
    for x in (2.0, math.nan, -0.5):
        for other in (numbers, numbers[:, ::-2], numbers.tolist(), of_objects, numbers[:0], numbers > 1.0):
            plain = numbers if other is of_objects else np.asarray(other)
            for order in (1, -1):
                try:  # numpy's loops over objects warn of nan
                    with np.errstate(all="ignore"):
                        found = ufunc(*(Value(x), other)[::order])
                except NumberError as error:
                    assert ufunc.__name__ in REFUSED and "has no rule for Values" in str(error)
                    continue
                except ShapeError as error:
                    assert ufunc.signature and "needs vectors or matrices" in str(error)
                    continue
                with np.errstate(all="ignore"):
                    wanted = ufunc(*(x, plain)[::order])
                for one, other_one in zip(*((z if type(z) is tuple else (z,)) for z in (found, wanted))):
                    assert type(one) is np.ndarray and one.shape == other_one.shape
                    items = [item.data if type(item) is Value else item for item in one.ravel()]
                    assert np.allclose(np.array(items, float), other_one.ravel(), rtol=ULPS, atol=0.0, equal_nan=True)
                    if wanted is not other_one or other_one.dtype == bool:
                        continue
                    # a comparison would keep one operand; a Value is in each result
                    assert all(type(item) is Value for item in one.ravel())


@pytest.mark.parametrize("x", [np.array(["2020"], "M8[D]"), np.array([1], "m8[s]"), np.array(["a"])], ids=str)
def test_arrays_of_no_numbers(x: Any) -> None:
    for call in (lambda: x * Value(2.0), lambda: Value(2.0) * x, lambda: np.hypot(x, Value(2.0))):
        with pytest.raises(NumberError, match=f"got a ndarray of shape .* and dtype {x.dtype}".replace("[", r"\[")):
            call()


def test_options_of_ufuncs_of_values() -> None:
    v, t = Value(2.0), np.array([1.0, 3.0])
    for found in (
        np.hypot(v, t, out=None),
        np.hypot(v, t, dtype=float),
        np.hypot(v, t, where=True),
        np.hypot.outer(t, v),
    ):
        assert [x.data for x in found] == pytest.approx([5**0.5, 13**0.5], rel=ULPS)
    assert np.exp(v, dtype=float) == sg.exp(v)
    for options in ({"dtype": np.float32}, {"where": False}, {"where": np.array([True, False])}):
        with pytest.raises(KeywordError, match=r"takes no (dtype|where)="):
            np.multiply(v, t, **options)
    assert np.logical_and(v, [0.0, 3.0]).tolist() == [False, True]


def test_an_array_of_no_dimension_is_the_value_in_it() -> None:
    w = Value(2.0)
    box, v = np.array(w), Vector([1.0, 3.0])
    for found in (box * v, v * box, np.multiply(box, v), np.divmod(v, box)[0] * box, np.fmax(v, box), np.hypot(box, v)):
        assert type(found) is Vector
        w.grad = 0.0
        found.sum().backward()
        assert w.grad != 0.0


def test_what_would_lose_a_gradient_raises() -> None:
    v, t = Value(2.0), np.array([1.0, 3.0])
    for symbol in ("imul", "iadd", "isub", "itruediv", "ipow"):
        with pytest.raises(KeywordError, match=r"write a = a \* v for a \*= v"):  # as of a Vector
            getattr(operator, symbol)(t, v)
    with pytest.raises(KeywordError, match=r"nothing was changed: .* and a = np\.multiply"):
        np.multiply(v, v, out=t)
    with pytest.raises(DispatchError, match=r"np\.add\.at"):
        np.add.at(t, [0], v)
    assert t.tolist() == [1.0, 3.0] and v.grad == 0.0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        t[0] = v
        np.array([v, v], float)
    assert {w.category for w in caught} == {sg.ImplicitDetachWarning}
