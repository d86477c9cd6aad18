"""Functions of many numbers, and containers of them, by hand: values, gradients, kinds of arguments, errors."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, functions
from scalargrad.errors import ArgumentError, NumberError
from scalargrad.table import ops
from scalargrad.transforms.containers import entries, rebuild
from tests.support.engines import same

INF, NAN, LN3 = math.inf, math.nan, math.log(3.0)

# the function, the numbers, the result, the gradient
BY_HAND: list[tuple[Callable[..., Any], list[float], float, list[float]]] = [
    (sg.sum, [1.0, 2.0, 4.0], 7.0, [1.0, 1.0, 1.0]),
    (sg.sum, [5.0], 5.0, [1.0]),
    (sg.mean, [1.0, 2.0, 4.0, 9.0], 4.0, [0.25] * 4),
    (sg.mean, [5.0], 5.0, [1.0]),
    (sg.prod, [2.0, 3.0, 5.0], 30.0, [15.0, 10.0, 6.0]),
    (sg.prod, [7.0], 7.0, [1.0]),
    (sg.prod, [0.0, 0.0, 5.0], 0.0, [0.0, 0.0, 0.0]),
    (sg.norm, [3.0, -4.0], 5.0, [0.6, -0.8]),
    (sg.norm, [-2.0], 2.0, [-1.0]),
    (sg.norm, [0.0, 0.0], 0.0, [0.0, 0.0]),
    (sg.norm, [3e200, 4e200], 5e200, [0.6, 0.8]),
    (sg.norm, [3e-200, 4e-200], 5e-200, [0.6, 0.8]),
    (sg.norm, [3e300, -4e300], 5e300, [0.6, -0.8]),
    (sg.norm, [3e-320, 4e-320], 5e-320, [0.6, 0.8]),
    (sg.norm, [3e140, 4e140], 5e140, [0.6, 0.8]),
    (sg.norm, [3e160, 4e160], 5e160, [0.6, 0.8]),  # squares overflow from 1.4e154 on, and are denormal below 1.5e-154
    (sg.norm, [3e153, 4e153, 12e153], 13e153, [3 / 13, 4 / 13, 12 / 13]),
    (sg.norm, [3e-160, 4e-160], 5e-160, [0.6, 0.8]),
    (sg.norm, [3e-140, 4e-140], 5e-140, [0.6, 0.8]),
    (sg.norm, [1e308, 1e308, 1e308], math.sqrt(3.0) * 1e308, [1 / math.sqrt(3.0)] * 3),
    (sg.norm, [INF, 1.0], INF, [1.0, 0.0]),
    (sg.norm, [1.0, -INF], INF, [0.0, -1.0]),
    (sg.norm, [NAN, 1.0], NAN, [NAN, NAN]),
    (sg.max, [1.0, 3.0, 2.0], 3.0, [0.0, 1.0, 0.0]),
    (sg.max, [2.0, 2.0], 2.0, [0.5, 0.5]),
    (sg.max, [-0.0, 0.0], 0.0, [0.5, 0.5]),
    (sg.min, [1.0, 3.0, 2.0], 1.0, [1.0, 0.0, 0.0]),
    (sg.min, [3.0, 1.0, 1.0, 1.0], 1.0, [0.0, 1 / 3, 1 / 3, 1 / 3]),
    (sg.logsumexp, [0.0, LN3], math.log(4.0), [0.25, 0.75]),
    (sg.logsumexp, [1000.0, 1000.0], 1000.0 + math.log(2.0), [0.5, 0.5]),
    (sg.logsumexp, [-1000.0], -1000.0, [1.0]),
    (lambda *x: sg.softmax(*x)[0], [0.0, LN3], 0.25, [0.1875, -0.1875]),
    (lambda *x: sg.softmax(*x)[1], [0.0, LN3], 0.75, [-0.1875, 0.1875]),
    (lambda *x: sg.softmax(*x)[0], [1e4, -1e4], 1.0, [0.0, 0.0]),
    (lambda *x: sg.log_softmax(*x)[0], [0.0, LN3], -math.log(4.0), [0.75, -0.75]),
    (lambda *x: sg.log_softmax(*x)[1], [0.0, LN3], LN3 - math.log(4.0), [-0.25, 0.25]),
    (lambda *x: sg.log_softmax(*x)[1], [1e4, -1e4], -2e4, [-1.0, 1.0]),
    (lambda *x: sg.dot(x[:2], x[2:]), [2.0, 3.0, 5.0, 7.0], 31.0, [5.0, 7.0, 2.0, 3.0]),
]


@pytest.mark.parametrize(("function", "x", "value", "gradient"), BY_HAND)
def test_values_and_gradients_by_hand(function: Any, x: list[float], value: float, gradient: list[float]) -> None:
    # exponentials, roots and quotients carry roundings of 1e-16; a denormal's last digit is 5e-324
    close = pytest.approx(value, rel=1e-15 if abs(value) > 1e-300 else 1e-3, abs=0.0, nan_ok=True)
    slopes = pytest.approx(gradient, rel=4e-15 if abs(value) > 1e-300 else 1e-3, abs=1e-16, nan_ok=True)
    leaves = [Value(v) for v in x]
    y = function(*leaves)
    y.backward()
    assert y.data == close and [v.grad for v in leaves] == slopes
    assert type(function(*x)) is float and function(*x) == close
    if function in (sg.sum, sg.mean, sg.prod, sg.norm, sg.max, sg.min, sg.logsumexp):
        again = [Value(v) for v in x]
        for given in (again, tuple(again), iter(again), dict.fromkeys(again), np.array(again), (v for v in again)):
            assert function(given).data == close
        array = Vector(x)
        of_array = function(array)
        of_array.backward()
        assert of_array.data == close and array.grad == slopes
        assert function(Matrix([x, x]), axis=1).data == [close, close]
        mixed = [Value(x[0]), *x[1:]]
        function(*mixed).backward()
        assert mixed[0].grad == leaves[0].grad or math.isnan(value)


NAMES = ["sum", "mean", "prod", "norm", "max", "min", "logsumexp", "softmax", "log_softmax"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_refused(name: str) -> None:
    function = getattr(sg, name)
    assert function.__name__ == name and ">>> " + name in function.__doc__
    for call in (lambda: function(1.0, axis=0), lambda: function(1.0, 2.0, axis=0), lambda: function(iter([]), axis=0)):
        with pytest.raises(ArgumentError, match=rf"^{name} takes an axis only if its argument is one array or list$"):
            call()
    if name in ("sum", "prod", "norm"):
        assert same(function([]), 1.0 if name == "prod" else 0.0) and same(function(), function([]))
    else:
        for empty in ([], (), iter(())):
            with pytest.raises(ArgumentError, match=rf"^{name} needs at least 1 number, got none$"):
                function(empty)
    for bad in (["a"], [1.0, None], [1.0, [1.0]], [1j], None, "12", [Value(1.0), object()]):
        with pytest.raises(NumberError):
            function(bad)
    one = function(Value(2.0))
    one = one[0] if isinstance(one, list) else one
    assert type(one) is Value and function(np.array(2.0)) == function(2.0) == function([2])


def test_dot_by_hand() -> None:
    assert sg.dot(iter([1, 2]), (3, 4)) == 11.0 and sg.dot([], []) == 0.0 and type(sg.dot([], [])) is float
    x = Value(3.0)
    y = sg.dot([x, 2.0], [x, 5.0])
    y.backward()
    assert (y.data, x.grad) == (19.0, 6.0)
    for left, right, lengths in (([1.0], [], "1 and 0"), ([1.0], [1.0, 2.0], "1 and 2")):
        with pytest.raises(ArgumentError, match=f"^dot needs two sequences of equal length, got lengths {lengths}$"):
            sg.dot(left, right)


def test_what_is_recorded() -> None:
    """A product of one and the norm at the origin are nodes too; a largest number taken as a shift passes nothing."""
    x = Value(2.0)
    assert [f(x)._op for f in (sg.sum, sg.prod, sg.max, sg.min)] == ["sum", "prod", "max", "min"]
    assert sg.norm(Value(0.0))._op == "norm" and sg.mean(x)._op == "mean"
    assert [v._op for v in sg.softmax(x, 1.0)] == ["/", "/"]
    with sg.no_grad():
        assert sg.softmax(x, 1.0)[0]._op == "" and sg.norm(x)._op == ""


# --- functions of one, two and three ----------------------------------------------------------------------------------


def test_names_documents_and_defaults() -> None:
    for primitive in ops.PRIMITIVES:
        function = getattr(functions, primitive.name, None)
        if function is not None:
            assert function.__name__ == function.__qualname__.split(".")[-1] == primitive.name
            assert f">>> {primitive.name}(" in function.__doc__
    assert (sg.leaky_relu(-2.0), sg.leaky_relu(-2.0, 0.5), sg.elu(-1.0)) == (-0.02, -1.0, math.expm1(-1.0))
    assert sg.elu(-1.0, 2.0) == 2 * math.expm1(-1.0) and sg.atan2(1.0, 2.0) == math.atan2(1.0, 2.0)
    assert (sg.clip(5, 0, 1), sg.clip(-5, 0, 1), sg.clip(0.5, 0, 1), sg.clip(0.5, 2, 1)) == (1.0, 0.0, 0.5, 1.0)
    for call in (lambda: sg.exp(x=1.0), lambda: sg.hypot(1.0, y=2.0)):  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize("two", [2, 2.0, Fraction(2), np.int64(2), np.float32(2)])
def test_a_power_of_two_is_a_square(two: Any) -> None:
    """x * x to the bit, also where the C library's pow differs, and by every spelling."""
    x = 1e-160 / 3
    for found in (sg.pow(Value(x), two), Value(x) ** two, Value(x).pow(two)):
        assert found.data == x * x and found._op == "**2"
    assert sg.pow(x, two) == x * x
    assert sg.pow(Value(3.0), Value(2.0))._op != "**2" and sg.pow(Value(3.0), 3)._op == "**3"


@pytest.mark.parametrize(
    ("condition", "first"),
    [(True, True), (False, False), (1, True), (0, False), (-0.0, False), (0.5, True), (NAN, True),
     (Value(0.0), False), (Value(2.0), True), (np.bool_(True), True)],
)  # fmt: skip
def test_where_by_hand(condition: Any, first: bool) -> None:
    x, y = Value(3.0), Value(5.0)
    found = sg.where(condition, x, y)
    found.backward()
    assert (found.data, x.grad, y.grad) == ((3.0, 1.0, 0.0) if first else (5.0, 0.0, 1.0))


# --- containers -------------------------------------------------------------------------------------------------------

Pair = namedtuple("Pair", "a b")


def test_entries_and_rebuild_by_hand() -> None:
    x = {"w": [1.0, (2.0, [3.0])], "p": Pair(4.0, [5.0]), "n": np.array([[6.0, 7.0]]), "v": Vector([8.0]), "s": "text"}
    found = list(entries(x, "y"))
    assert [path for path, _ in found] == [
        "y['w'][0]", "y['w'][1][0]", "y['w'][1][1][0]", "y['p'][0]", "y['p'][1][0]", "y['n'][0][0]", "y['n'][0][1]",
        "y['v'][0]", "y['s']",
    ]  # fmt: skip
    assert [getattr(item, "data", item) for _, item in found][:5] == [1.0, 2.0, 3.0, 4.0, 5.0] and found[-1][
        1
    ] == "text"
    assert list(entries(3.0)) == [("x", 3.0)] and list(entries([])) == [] == list(entries({}))
    odd = np.zeros((1, 1, 1))
    assert next(entries([odd]))[1] is odd
    again = rebuild(x, [float(k) for k in range(10, 19)])
    assert same({k: v for k, v in again.items() if k != "v"}, {
        "w": [10.0, (11.0, [12.0])], "p": Pair(13.0, [14.0]), "n": np.array([[15.0, 16.0]]), "s": 18.0,
    })  # fmt: skip
    assert type(again["v"]) is Vector and again["v"].data == [17.0] and type(again["p"]) is Pair
    assert x["w"] == [1.0, (2.0, [3.0])] and x["v"].data == [8.0]  # type: ignore[attr-defined]
    leaves = [Value(1.0), Value(2.0)]
    matrix, vector = rebuild([np.ones((1, 2)), np.ones(2)], leaves * 2)
    assert type(matrix) is Matrix and matrix.shape == (1, 2) and type(vector) is Vector
    matrix.sum().backward()
    assert [v.grad for v in leaves] == [1.0, 1.0]
    assert rebuild(3.0, [5.0]) == 5.0 and rebuild((), []) == ()
