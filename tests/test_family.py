"""micrograd's family beside nodes by hand: places, modules with forward, numbers.Real, messages, import *."""

from __future__ import annotations

import builtins
import math
import numbers
import operator
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, Vector, nn
from scalargrad.errors import ForwardError, KeywordError, NumberError


def test_where_micrograd_has_it() -> None:
    from scalargrad import engine

    assert engine.Value is Value and engine.__all__ == ["Value"]


def test_a_module_with_forward() -> None:
    class Line(nn.Module):
        def __init__(self) -> None:
            self.w, self.b = Value(2.0), Value(1.0)

        def forward(self, x: Any, *, scale: float = 1.0) -> Any:
            return (self.w * x + self.b) * scale

    class Twice(Line):
        def __call__(self, x: Any) -> Any:
            return self.forward(x, scale=2.0)

    line = Line()
    assert line(3.0).data == 7.0 and line(3.0, scale=2.0).data == 14.0 == Twice()(3.0).data
    assert [p.data for p in line.parameters()] == [2.0, 1.0]
    assert nn.Sequential(line, line)(3.0).data == 15.0
    with pytest.raises(ForwardError, match=r"Empty cannot be called: define forward\(self, x\)"):
        type("Empty", (nn.Module,), {})()(1.0)
    with pytest.raises(TypeError, match="forward"):
        line()


def test_item_and_zero_grad() -> None:
    x = Value(3.0)
    y = x * 2
    y.backward()
    assert (x.item(), y.item(), type(y.item())) == (3.0, 6.0, float) and y.grad == 1.0
    x.zero_grad()
    y.zero_grad()
    assert x.grad == y.grad == 0.0


# --- a Value is a numbers.Real ----------------------------------------------------------------------------------------


def test_it_is_real() -> None:
    for v in (Value(2.5), Value(2.5) * 1):
        assert isinstance(v, numbers.Real) and isinstance(v, numbers.Complex) and not isinstance(v, numbers.Rational)
        assert v.real is v and v.imag == 0.0 and type(v.imag) is float and v.conjugate() is v
    assert not isinstance(Vector([1.0]), numbers.Number)


COMPARISONS = (operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge)
exact = st.one_of(
    st.fractions(), st.decimals(allow_nan=False), st.integers(), st.sampled_from([Fraction(1, 10), Decimal("0.1")])
)


@given(exact, st.one_of(st.floats(allow_nan=False), st.just(0.1)))
def test_comparisons_with_exact_numbers_are_those_of_the_float(other: Any, x: float) -> None:
    """0.1 is larger than a tenth, in both orders."""
    for v in (Value(x), Value(x) * 1.0):
        for compare in COMPARISONS:
            assert compare(v, other) is compare(x, other) and compare(other, v) is compare(other, x)


@given(st.fractions(-100, 100), st.floats(-3, 3))
def test_arithmetic_with_fractions_keeps_the_gradient(other: Fraction, x: float) -> None:
    v = Value(x)
    for f in (operator.add, operator.sub, operator.mul):
        for result, wanted in ((f(other, v), f(float(other), x)), (f(v, other), f(x, float(other)))):
            assert type(result) is Value and result.data == wanted and result.partials


def test_approx() -> None:
    v = Value(2.0)
    assert v == pytest.approx(2.0 + 1e-9) and pytest.approx(2.0 + 1e-9) == v and v != pytest.approx(2.1)
    assert v * 1 == pytest.approx(2.0 + 1e-9) and [v, v] == pytest.approx([2.0, 2.0 + 1e-9])
    assert {"a": v} == pytest.approx({"a": 2.0 + 1e-9}) and v.data == pytest.approx(v.data)
    assert not math.isnan(v.data)


# --- messages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [
    lambda v: "a" + v, lambda v: v + "a", lambda v: "a" * v, lambda v: v / "a", lambda v: v ** "a", lambda v: "a" - v,
    lambda v: "a" // v, lambda v: v % "a",
])  # fmt: skip
def test_text_and_a_value(f: Any) -> None:
    for v in (Value(2.0), Value(2.0) * 1):
        with pytest.raises(NumberError, match=r"got str 'a': convert text with float\(...\);.*f'\{v\}'"):
            f(v)


def test_no_number() -> None:
    for call, text in (
        (Value, "Value()"),
        (lambda: Value(None), "Value(None)"),
        (lambda: Value(data=None), "Value(None)"),
    ):
        with pytest.raises(NumberError) as caught:
            call()  # type: ignore[call-arg, operator]
        assert str(caught.value) == f"{text} needs a number, got NoneType: write Value(0.0)"


@pytest.mark.parametrize("x", [[1.0, 2.0], [Value(1.0), 2.0], Vector([1.0, 2.0])], ids=["floats", "Values", "Vector"])
@pytest.mark.parametrize(("name", "keyword", "advice"), [
    ("norm", "ord", r"Euclidean norm; write sg\.sum\(\[abs\(v\) for v in x\]\) for ord=1"),
    ("sum", "foo", "sum takes numbers"),
    ("sum", "start", "add the start"), ("max", "key", "Python's own max"), ("min", "default", "empty list"),
    ("mean", "dtype", "numbers are C doubles"), ("prod", "start", "multiply"), ("logsumexp", "b", "logsumexp takes"),
    ("softmax", "dim", "write axis="),
])  # fmt: skip
def test_a_wrong_keyword(name: str, keyword: str, advice: str, x: Any) -> None:
    with pytest.raises(KeywordError, match=rf"^{name}\(\) got an unexpected keyword argument '{keyword}': .*{advice}"):
        getattr(sg, name)(x, **{keyword: 1})


# --- import * ---------------------------------------------------------------------------------------------------------


def test_import_star_replaces_no_builtin() -> None:
    named: dict[str, Any] = {}
    exec("from scalargrad import *", named)
    assert {name for name in named if hasattr(builtins, name)} == set() and "exp" in named and "Value" in named
    for name in ("abs", "max", "min", "pow", "round", "sum"):
        assert getattr(sg, name) is not getattr(builtins, name) and name in dir(sg)
        exec(f"from scalargrad import {name}", named)
        assert named[name] is getattr(sg, name)
    code = (
        "from scalargrad import *; assert max([1, 2], key=lambda x: -x) == 1 and round(2.5) == 2 and sum([1], 2) == 3"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
