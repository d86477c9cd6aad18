"""What a Value does as a number: operators, comparisons, conversions, formatting, subclassing."""

from __future__ import annotations

import math
import operator
import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.errors import (
    HandmadeNodeError,
    ImplicitDetachWarning,
    NumberError,
    RangeError,
    ReadOnlyError,
    ScalargradError,
)
from tests.support.engines import bits

doubles = st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True)
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow]


def _ieee(function: Any, x: float, y: float) -> float:
    """A float operator's result, or IEEE's where Python raises or goes complex."""
    if function is operator.pow and y == 2.0:
        return x * x
    try:
        result = function(x, y)
        return math.nan if isinstance(result, complex) else result
    except ZeroDivisionError:
        if function is operator.mod or x == 0 or x != x:
            return math.nan
        if function is operator.pow:  # 0 to a negative power: negative for an odd integer and a negative zero
            return math.copysign(math.inf, x) if y % 2 == 1 else math.inf
        return math.copysign(math.inf, x) * math.copysign(1.0, y)
    except OverflowError:
        if x < 0 and y % 1:
            return math.nan
        return -math.inf if x < 0 and y % 2 == 1 else math.inf


@pytest.mark.parametrize("function", OPERATORS)
@given(doubles, doubles)
def test_operators_give_ieee_results_from_either_side(function: Any, x: float, y: float) -> None:
    if function is operator.pow and x == 0.0 and y < 0:
        expected = _ieee(function, x, y) if y % 2 == 1 else math.inf
    elif function in (operator.floordiv, operator.truediv) and y == 0.0:
        expected = _ieee(operator.truediv, x, y)
    else:
        expected = _ieee(function, x, y)
    for left, right in ((Value(x), Value(y)), (Value(x), y), (x, Value(y))):
        result = function(left, right)
        assert type(result) is Value
        same_power = isinstance(right, Value) and function is operator.pow and y == 2.0  # pow, not x*x
        if not same_power:
            assert bits(result.data) == bits(expected), (left, right)


def test_unary_operators_and_conversions() -> None:
    v = Value(-2.5)
    assert (-v).data == 2.5 and abs(v).data == 2.5 and (+v) is v
    assert int(v) == -2 and round(v) == -2 and type(round(v)) is int and round(v, 1) == -2.5
    assert math.floor(v) == -3 and math.ceil(v) == -2 and math.trunc(v) == -2
    assert type(sg.round(v)) is Value and sg.round(v).data == -2.0
    assert [x.data for x in divmod(Value(7.0), 2)] == [3.0, 1.0]
    assert [x.data for x in divmod(7, Value(2.0))] == [3.0, 1.0]
    assert bool(Value(0.0)) is False and bool(Value(math.nan)) is True


def test_text() -> None:
    v = Value(0.1 + 0.2)
    assert repr(v) == "Value(data=0.30000000000000004, grad=0.0)"
    assert f"{v:.3f}" == "0.300" and f"{v}" == repr(v)
    assert float(repr(v).split("data=")[1].split(",")[0]) == v.data


@given(doubles, doubles)
def test_comparisons_are_those_of_the_numbers(x: float, y: float) -> None:
    for compare in (operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge):
        assert compare(Value(x), Value(y)) is compare(x, y)
        assert compare(Value(x), y) is compare(x, y)
        assert compare(x, Value(y)) is compare(x, y)


def test_comparison_with_what_is_no_number() -> None:
    v = Value(1.0)
    assert (v == "a") is False and (v != "a") is True and (v == None) is False  # noqa: E711
    with pytest.raises(TypeError):
        v < "a"  # noqa: B015
    assert v == Fraction(1) and v < Decimal(2) and v != 10**400


def test_hash_is_identity_and_equality_numbers() -> None:
    a, b = Value(1.0), Value(1.0)
    assert a == b and len({a, b}) == 2 and b in [a]
    y = a + b
    (again,) = [child for child in (y * 2)._prev if child._op]
    assert hash(again) == hash(y) and {y: 1}[again] == 1


def test_float_warns_once_a_line_and_still_works() -> None:
    v = Value(0.5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            assert math.exp(v) == math.exp(0.5)
    assert [w.category for w in caught] == [ImplicitDetachWarning]
    assert "sg.exp" in str(caught[0].message) and caught[0].filename == __file__


@pytest.mark.parametrize("x", [3, True, 2.5, Fraction(1, 4), Decimal("0.5"), 2**1000])
def test_numbers_in(x: Any) -> None:
    assert Value(x).data == float(x) and type(Value(x).data) is float
    v = Value(1.0)
    v.data = x
    v.grad = x
    assert v.data == float(x) == v.grad
    assert (Value(1.0) * x).data == float(x) == (x * Value(1.0)).data


BAD = [None, "1", b"1", 1j, [1.0], (1.0,), {}, object(), Value, lambda: 1.0]


@pytest.mark.parametrize("x", [*BAD, Value(1.0)], ids=lambda x: type(x).__name__)
def test_what_is_no_number_is_refused(x: Any) -> None:
    with pytest.raises(NumberError, match=type(x).__name__) as caught:
        Value(x)
    assert isinstance(caught.value, TypeError) and isinstance(caught.value, ScalargradError)


@pytest.mark.parametrize("x", BAD, ids=lambda x: type(x).__name__)
def test_bad_operands_change_nothing(x: Any) -> None:
    v = Value(2.0)
    for attempt in (
        lambda: v + x, lambda: x - v, lambda: v**x, lambda: sg.sum([v, x]), lambda: v.backward(x),
        lambda: setattr(v, "data", x), lambda: setattr(v, "grad", x),
        *([] if type(x) in (list, tuple) else  # functions take lists of numbers, element by element
          [lambda: sg.hypot(v, x), lambda: sg.exp(x), lambda: sg.where(v, x, v)]),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            attempt()
    assert (v.data, v.grad) == (2.0, 0.0)


def test_a_value_in_a_setter_is_refused() -> None:
    """`p.data = p - lr * p.grad` would hide a mistake."""
    v = Value(2.0)
    for name in ("data", "grad"):
        with pytest.raises(NumberError, match="Value"):
            setattr(v, name, Value(3.0))
    assert (v.data, v.grad) == (2.0, 0.0)
    assert v.where(1.0, 2.0).data == 1.0


def test_too_large() -> None:
    for attempt in (lambda: Value(10**400), lambda: Value(1.0) + 10**400, lambda: Value(Fraction(10**400))):
        with pytest.raises(RangeError, match="too large") as caught:
            attempt()
        assert isinstance(caught.value, OverflowError)
    with pytest.raises(RangeError):
        Value(Decimal("1e999"))
    assert Value(Decimal("Infinity")).data == math.inf


def test_nodes_with_an_op_are_refused() -> None:
    a = Value(1.0)
    for attempt in (lambda: Value(2.0, {a}, "exp"), lambda: Value(2.0, (a,), "exp"), lambda: Value(2.0, _op="x")):
        with pytest.raises(HandmadeNodeError, match=r"by hand|tuple or a list"):
            attempt()
    for name, thing in (("_backward", lambda: None), ("_prev", {a}), ("_op", "+")):
        with pytest.raises(HandmadeNodeError):
            setattr(a, name, thing)
    assert Value(2.0, (), "").data == 2.0
    a._backward()
    assert a.grad == 0.0


def test_interior_data_is_read_only() -> None:
    y = Value(2.0) * 3.0
    with pytest.raises(ReadOnlyError, match="interior") as caught:
        y.data = 1.0
    assert isinstance(caught.value, AttributeError) and y.data == 6.0
    with pytest.raises(ReadOnlyError):
        y.__init__(1.0)  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del y.data


def test_backward_on_a_float() -> None:
    with pytest.raises(NumberError, match="no Value entered"):
        Value.backward(2.0)  # type: ignore[arg-type]


class Parameter(Value):
    """A subclass with an attribute and a constructor of its own."""

    def __init__(self, data: float, name: str) -> None:
        super().__init__(data)
        self.name = name


def test_subclassing() -> None:
    p = Parameter(3.0, "w")
    y = p * p
    assert type(y) is Value and type(p + 1) is Value and type(1 - p) is Value
    y.backward()
    assert (p.grad, p.name) == (6.0, "w") and repr(p).startswith("Parameter(")
    assert p in y._prev and [q.name for q in y._prev] == ["w"]  # type: ignore[attr-defined]


def test_micrograds_view() -> None:
    a, b = Value(-4.0), Value(2.0)
    assert (a._op, a._prev) == ("", set())
    for expression, op in (
        (a + b, "+"),
        (a * b, "*"),
        (a**2, "**2"),
        (a**3, "**3"),
        (a**-0.5, "**-0.5"),
        (a.relu(), "ReLU"),
    ):
        assert expression._op == op
    assert (a * b)._prev == {a, b}
    square = a * a
    assert square._prev == {a}
    (constant,) = (a + 1.0)._prev - {a}
    assert (constant.data, constant._op, constant._prev) == (1.0, "", set())
    trunk = a + b
    top = trunk * trunk.relu()
    first, again = top._prev, top._prev
    assert {id(v) for v in first} == {id(v) for v in again}
    (relu,) = [v for v in first if v._op == "ReLU"]
    (through_relu,) = relu._prev
    assert through_relu in first and any(v is through_relu for v in first)


def test_prev_across_graphs() -> None:
    a = Value(3.0)
    y = a * 2
    y.backward()
    z = y + 1
    (child,) = [v for v in z._prev if v._op]
    assert (child._op, child.data, child.grad) == ("*", 6.0, 1.0) and child._prev == {
        a,
        *[v for v in child._prev if v is not a],
    }


def test_in_place_operators_make_new_values() -> None:
    a = Value(1.0)
    b = a
    b += 2
    assert a.data == 1.0 and b.data == 3.0 and b is not a


def test_functions_of_floats_are_floats() -> None:
    assert type(sg.exp(0)) is float and type(sg.maximum(1, 2)) is float and type(sg.sum([1, 2])) is float
    assert sg.log(0) == -math.inf and sg.exp(1000) == math.inf and math.isnan(sg.sqrt(-1))
    assert sg.pow(3.0, 2) == 9.0 and sg.pow(Value(3.0), 2)._op == "**2"


def test_methods_are_the_functions() -> None:
    for name in ("exp", "tanh", "erf", "relu", "abs", "floor", "sigmoid"):
        assert bits(getattr(Value(0.3), name)().data) == bits(getattr(sg, name)(0.3))
    for name in ("atan2", "hypot", "logaddexp", "maximum", "fmod", "pow"):
        assert bits(getattr(Value(0.3), name)(0.7).data) == bits(getattr(sg, name)(0.3, 0.7))
    assert Value(-1.0).leaky_relu().data == -0.01 and Value(-1.0).leaky_relu(0.5).data == -0.5
    assert Value(5.0).clip(0, 1).data == 1.0 and Value(0.5).arcsin() == sg.asin(0.5)
    assert Value(-1.0).leaky_relu(slope=0.5).data == -0.5
    for call in (lambda v: v.hypot(), lambda v: v.clip(0)):
        with pytest.raises(TypeError, match=r"hypot|clip|other|hi"):
            call(Value(1.0))
