"""`custom_vjp`: the value is that of fwd, bit for bit, and the derivative what bwd says, everywhere."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.errors import AnomalyError, ArgumentError, ShapeError
from scalargrad.nodes import running
from tests.support.engines import bits, same

anything = st.floats(allow_nan=True, allow_infinity=True)


def rule(fun: Callable[..., Any], fwd: Callable[..., Any], bwd: Callable[..., Any], **options: Any) -> sg.custom_vjp:
    custom = sg.custom_vjp(fun, **options)
    custom.defvjp(fwd, bwd)
    return custom


sine = rule(math.sin, lambda x: (math.sin(x), x), lambda x, g: (g * math.cos(x),))


@given(anything, anything, anything)
def test_value_and_partials_are_exact(value: float, partial: float, x: float) -> None:
    function = rule(lambda x: value, lambda x: (value, None), lambda _, g: (g * partial,))
    leaf = Value(x)
    y = function(leaf)
    assert bits(y.data) == bits(value) and y._op == "custom" and any(child is leaf for child in y._prev)
    y.backward()
    assert bits(leaf.grad) == bits(0.0 + partial)
    assert same(sg.value_and_grad(function)(x), (value, 0.0 + partial))


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=5), st.lists(st.floats(-3, 3), min_size=5, max_size=5))
def test_the_own_derivative_gives_the_same(x: list[float], w: list[float]) -> None:
    """With the true rule the gradient is that without it, to a few roundings: sums go in other orders."""

    def plain(x: Any, w: Any) -> Any:
        return {"dot": sg.dot(x, w[: len(x)]), "all": [v * w[0] for v in x]}

    def bwd(given: Any, g: Any) -> Any:
        x, w = given
        to_x = [g["dot"] * w[k] + g["all"][k] * w[0] for k in range(len(x))]
        to_w = [g["dot"] * x[k] if k < len(x) else 0.0 for k in range(len(w))]
        return to_x, [to_w[0] + sum(a * b for a, b in zip(g["all"], x)), *to_w[1:]]

    own = rule(plain, lambda x, w: (plain(x, w), (x, w)), bwd)

    def loss(function: Any) -> Callable[..., Any]:
        def of(x: Any, w: Any) -> Any:
            y = function([sg.sin(v) for v in x], w)
            return y["dot"] * 2 + sg.sum([v * v for v in y["all"]])

        return of

    (value, mine), (other, theirs) = (sg.value_and_grad(loss(f), argnums=(0, 1))(x, w) for f in (own, plain))
    assert value == other
    for a, b in zip((*mine[0], *mine[1]), (*theirs[0], *theirs[1])):
        assert a == pytest.approx(b, rel=1e-12, abs=1e-11)


def test_everywhere() -> None:
    x = Value(0.5)
    y = sine(x * 2) * 3
    y.backward()
    assert x.grad == 6 * math.cos(1.0) and y.data == 3 * math.sin(1.0)
    assert sine(0.5) == math.sin(0.5)
    assert sg.grad(sine)(0.5) == math.cos(0.5)
    assert sg.jacobian(lambda x: [sine(v) for v in x])([0.5, 1.0]) == [[math.cos(0.5), 0.0], [0.0, math.cos(1.0)]]
    assert sg.jvp(sine, (0.5,), (2.0,)) == (math.sin(0.5), 2 * math.cos(0.5))
    assert sg.vjp(sine, 0.5)[1](2.0) == (2 * math.cos(0.5),)
    with sg.no_grad():
        assert sine(x)._op == "" and sine(x).data == math.sin(0.5) and sg.grad(sine)(0.5) == math.cos(0.5)


def test_a_rule_of_plain_numbers_in_transforms() -> None:
    """It has a first derivative of numbers, beside Values that its argument does not depend on; no second."""
    w = Value(3.0)
    for function in (lambda x: sine(x) * w, lambda x: w * sine(x * 2 / 2)):
        slope = sg.grad(function)(0.5)
        w.grad = 0.0
        slope.backward()
        assert slope.data == 3 * math.cos(0.5) and w.grad == math.cos(0.5)
    assert sg.grad(lambda x: x * sine(w))(0.5).data == math.sin(3.0)
    for second in (
        lambda: sg.grad(sg.grad(sine))(0.5),
        lambda: sg.grad(sine)(w),
        lambda: sg.grad(lambda x: sine(x * w))(0.5),
        lambda: sg.hessian(sine)(0.5),
    ):
        with pytest.raises(sg.errors.HigherOrderError, match=r"sg\.exp for math\.exp|custom_vjp"):
            second()
        with sg.no_grad():
            assert sg.grad(lambda x: sine(x * w))(0.5) == 3 * math.cos(1.5)


def test_a_rule_of_values_has_every_derivative() -> None:
    """The rule says -sin for cos, and three times its own derivative again."""
    odd = rule(lambda x: sg.cos(x), lambda x: (sg.cos(x), x), lambda x, g: (-3.0 * odd(x) * g,))
    found, f = [], odd
    for _ in range(4):
        found.append(f(0.5) if type(f(0.5)) is float else f(0.5).data)
        f = sg.grad(f)
    assert found == pytest.approx([(-3.0) ** k * math.cos(0.5) for k in range(4)], rel=1e-14)
    x = Value(0.5)
    slope = sg.grad(odd)(x)
    slope.backward()
    assert x.grad == pytest.approx(9 * math.cos(0.5), rel=1e-14)
    assert sg.hessian(odd)(0.5) == pytest.approx(9 * math.cos(0.5), rel=1e-14)
    assert sg.jvp(sg.grad(odd), (0.5,), (2.0,))[1] == pytest.approx(18 * math.cos(0.5), rel=1e-14)


def test_rules_that_call_one_another() -> None:
    """A rule runs when the function is called; so these call one another, as often as a derivative may be taken."""
    wave = rule(math.sin, lambda x: (sg.sin(x), x), lambda x, g: (g * crest(x),))
    crest = rule(math.cos, lambda x: (sg.cos(x), x), lambda x, g: (-g * wave(x),))
    x, u = Value(0.5), 0.5
    assert sg.grad(wave)(u) == math.cos(u) and sg.grad(sg.grad(wave))(u) == -math.sin(u)
    assert sg.hessian(sg.grad(wave))(u) == -math.cos(u)
    assert sg.grad(sg.grad(sg.grad(sg.grad(wave))))(u) == math.sin(u)
    sg.grad(sg.grad(wave))(x).backward()
    assert x.grad == -math.cos(u)
    x.grad = 0.0
    sg.hessian(sg.hessian(wave))(x).backward()
    assert x.grad == math.cos(u)


def test_an_error_in_a_rule_is_the_users() -> None:
    def fails(*given: Any) -> Any:
        raise KeyError("no")

    for function in (rule(sg.sin, fails, fails), rule(sg.sin, lambda x: (sg.sin(x), x), fails)):
        for call in (sg.grad(function), sg.grad(sg.grad(function)), lambda x: function(Value(x))):
            with pytest.raises(KeyError, match="no"):
                call(0.5)
    assert not running.rules and not running.now


def test_arrays() -> None:
    seen: list[Any] = []

    def fwd(x: Any) -> Any:
        seen.append(x)
        return np.exp(x), np.exp(x)

    def bwd(y: Any, g: Any) -> Any:
        return (g * y,)

    exp = rule(np.exp, fwd, bwd)
    x = np.array([0.5, 1.0])
    gradient = sg.grad(lambda x: exp(x).sum())(x)
    assert same(gradient, np.exp(x)) and isinstance(seen[0], Vector)
    assert same(sg.grad(lambda x: sg.grad(lambda x: exp(x).sum())(x).sum())(x), np.exp(x))
    v = Vector(x)
    exp(v).sum().backward()
    assert np.array_equal(v.grad, np.exp(x)) and isinstance(seen[-1], np.ndarray)
    assert np.array_equal(sg.jacobian(exp)(x), np.diag(np.exp(x)))
    assert np.array_equal(
        sg.grad(lambda m: (exp(m) @ [1.0, 2.0]).sum())(np.ones((2, 2))), math.e * np.ones((2, 2)) * [1, 2]
    )

    double = rule(lambda x: x + x, lambda x: (x + x, None), lambda _, g: (g * 2,))
    v = Vector([1.0, 2.0])
    y = double(v)
    assert type(y) is Vector and y.data == [2.0, 4.0]
    (y * [1.0, 10.0]).sum().backward()
    assert v.grad == [2.0, 20.0]
    m = Matrix([[1.0, 2.0]])
    double(m).sum().backward()
    assert m.grad == [[2.0, 2.0]] and double(Vector([])).size == 0


def test_functions_that_arrays_of_values_do_not_have() -> None:
    """Such a rule is one of plain numbers, in a transform too."""
    spread = rule(np.ptp, lambda x: (float(np.ptp(x)), np.argsort(x)), lambda order, g: (g * _ends(order),))
    x = np.array([3.0, 1.0, 7.0])
    assert same(sg.grad(lambda x: spread(x) * 2)(x), np.array([0.0, -2.0, 2.0]))


def _ends(order: Any) -> Any:
    found = np.zeros(len(order))
    found[order[0]], found[order[-1]] = -1.0, 1.0
    return found


def test_arguments() -> None:
    def fwd(n: int, x: Any, name: str, y: Any = 1.0) -> Any:
        assert (n, name) == (3, "a") and type(x) is float
        return [x**n * y, y], (x, y)

    def bwd(n: int, given: Any, g: Any) -> Any:
        x, y = given
        return n * x ** (n - 1) * y * g[0], None, x**n * g[0] + g[1]

    power = rule(lambda n, x, name, y=1.0: None, fwd, bwd, nondiff_argnums=(0,))
    x, y = Value(2.0), Value(5.0)
    first, second = power(3, x, y=y, name="a")
    (first + second).backward()
    assert (first.data, second.data, x.grad, y.grad) == (40.0, 5.0, 60.0, 9.0)
    assert sg.grad(lambda x: power(3, x, "a")[0])(2.0) == 12.0
    with pytest.raises(ArgumentError, match="nondiff_argnums"):
        power(x, x, "a")
    mixed = rule(lambda p: p, lambda p: (p["x"] * 2, None), lambda _, g: ({"x": 2 * g, "how": None},))
    assert sg.grad(lambda x: mixed({"x": x, "how": "a"}))(1.0) == 2.0


def test_copies_keep_value_and_derivative() -> None:
    x = Value(0.5)
    odd = rule(lambda x: x, lambda x: (-0.0, None), lambda _, g: (7.0 * g,))
    y = odd(x) * 2
    for again in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        (inner,) = (v for v in again._prev if v._op == "custom")
        again.backward()
        leaf = next(v for v in inner._prev if v.data == 0.5)
        assert bits(inner.data) == bits(-0.0) and leaf.grad == 14.0 and x.grad == 0.0


def test_what_fwd_and_bwd_do_is_not_recorded() -> None:
    w = Value(3.0)
    times = rule(lambda x: x * w, lambda x: (x * w, w), lambda w, g: (w * g,))
    x = Value(2.0)
    y = times(x)
    y.backward()
    assert (y.data, x.grad, w.grad) == (6.0, 3.0, 0.0)


def test_detect_anomaly_names_it() -> None:
    bad = rule(lambda x: x, lambda x: (math.inf, None), lambda _, g: (g,))
    with sg.detect_anomaly(strict=True), pytest.raises(AnomalyError, match=r"custom\(inf, 1.0, 1.0\)"):
        bad(Value(1.0))


def test_arguments_by_keyword_only() -> None:
    @sg.custom_vjp
    def function(x: Any, *, how: str = "a") -> Any:
        return x

    with pytest.raises(ArgumentError, match="how"):
        function(Value(1.0), how="b")


@pytest.mark.parametrize(
    "fwd, bwd, error, message",
    [
        (lambda x: x, lambda _, g: (g,), ArgumentError, "fwd of double must return a pair"),
        (lambda x: (x, None), lambda _, g: g, ArgumentError, "bwd of double must return a tuple"),
        (lambda x: (x, None), lambda _, g: (g, g), ArgumentError, "tuple of 1 cotangent.*got 2"),
        (lambda x: (x, None), lambda _, g: ([g],), ShapeError, r"shape \(\)"),
        (lambda x: (np.zeros((1, 1, 1)), None), lambda _, g: (1.0,), ShapeError, r"\(1, 1, 1\)"),
    ],
)
def test_errors(fwd: Any, bwd: Any, error: type, message: str) -> None:
    @sg.custom_vjp
    def double(x: Any) -> Any:
        return x * 2

    assert double(2.0) == 4.0
    with pytest.raises(ArgumentError, match=r"double.defvjp\(fwd, bwd\)"):
        double(Value(2.0))
    double.defvjp(fwd, bwd)
    with pytest.raises(error, match=message):
        double(Value(2.0))


def test_a_rule_on_numbers_in_a_hessian_is_named() -> None:
    """A second derivative needs the rule on Values: it raises where the rule makes a number of one."""
    cube = rule(lambda x: x**3, lambda x: (math.pow(x, 3), x), lambda x, g: (3 * x * x * g,))
    assert sg.grad(cube)(2.0) == 12.0
    for second in (sg.hessian(cube), lambda x: sg.hvp(cube)(x, 1.0), sg.grad(sg.grad(cube))):
        with pytest.raises(sg.errors.HigherOrderError, match="made a plain number of a Value here"):
            second(2.0)


def test_a_rule_that_closes_over_a_value() -> None:
    """Its gradient would be lost, or a part of it: in a transform it is refused, and under `no_grad` a constant."""
    w = Value(2.0)
    times = rule(lambda x: w * x, lambda x: (w * x, None), lambda _, g: (g * w,))
    slope = sg.grad(lambda x: times(x) * x)
    with sg.no_grad():
        assert slope(2.0) == 8.0
    for refused in (
        lambda: slope(2.0),
        lambda: slope(Value(2.0)),
        lambda: sg.grad(slope)(2.0),
        lambda: sg.grad(lambda x: w * times(x))(2.0),
        lambda: sg.vjp(times, 2.0),
        lambda: sg.jvp(times, (2.0,), (1.0,)),
        lambda: sg.jacobian(lambda x: [times(x)])(2.0),
        lambda: sg.hessian(times)(2.0),
    ):
        with pytest.raises(sg.errors.HigherOrderError, match="closes over a Value"):
            refused()
    product = rule(lambda x, y: x * y, lambda x, y: (x * y, (x, y)), lambda r, g: (g * r[1], g * r[0]))
    found = sg.grad(lambda x: product(x, w) * x)(2.0)
    found.backward()
    assert found.data == 8.0 and w.grad == 4.0
