"""The verdicts of `check_grad` at points where a derivative is hard to see, or is not there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.errors import ArgumentError, GradientMismatchError
from scalargrad.testing import check_grad
from scalargrad.testing.complexstep import NotAnalytic, Replay
from scalargrad.testing.differences import Differences

F = Callable[[Any], Any]

# Both sides have the same slope: the derivative exists, whatever f is made of.
SMOOTH: list[tuple[str, F, Any]] = [
    ("x|x|", lambda x: x * sg.abs(x), 0.0),
    ("x relu(x)", lambda x: x * sg.relu(x), 0.0),
    ("|x|**1.5", lambda x: sg.abs(x) ** 1.5, 0.0),
    ("1 + |x|**1.5", lambda x: 1.0 + sg.abs(x) ** 1.5, 0.0),
    ("a branch of equal slope", lambda x: x * x if x >= 0 else x**3, 0.0),
    ("a branch of equal slope at 2", lambda x: x * x if x >= 2 else 4.0 * x - 4.0, 2.0),
    ("sin, by differences", lambda x: sg.sin(x) + 0.0 * sg.erf(x), 0.0),
    ("abs beside its kink", sg.abs, 1e-12),
    ("(1 + x*x) - 1", lambda x: (1.0 + x * x) - 1.0, 1e-9),
    ("a product with 0", lambda x: x[0] * sg.abs(x[1]) + x[1], [0.0, 2.0]),
]
# The slopes differ: a convention is neither confirmed nor an error.
KINKS: list[tuple[str, F, Any, tuple[float, float]]] = [
    ("relu", sg.relu, 0.0, (0.0, 1.0)),
    ("abs", sg.abs, 0.0, (-1.0, 1.0)),
    ("abs at -0.0", sg.abs, -0.0, (-1.0, 1.0)),
    ("leaky_relu", lambda x: sg.leaky_relu(x - 1, 0.5), 1.0, (0.5, 1.0)),
    ("clip", lambda x: sg.clip(x, 0, 1e6), 1e6, (1.0, 0.0)),
    ("hypot(x, 0)", lambda x: sg.hypot(x, 0.0), 0.0, (-1.0, 1.0)),
    ("hypot(0, x)", lambda x: sg.hypot(0.0, 3.0 * x), 0.0, (-3.0, 3.0)),
    ("sqrt(x*x)", lambda x: sg.sqrt(x * x), 0.0, (-1.0, 1.0)),
    ("norm", lambda x: sg.norm(x), [0.0, 0.0], (-1.0, 1.0)),
    ("max", lambda x: sg.max(x), [1.0, 1.0], (0.0, 1.0)),
    ("maximum", lambda x: sg.maximum(x, 3.0 * x - 4.0), 2.0, (1.0, 3.0)),
    ("a branch", lambda x: x * 1.0 if x >= 0 else 2.0 * x, 0.0, (2.0, 1.0)),
    ("beside a large curvature", lambda x: sg.abs(x) + 1e6 * x * x, 0.0, (-1.0, 1.0)),
    ("beside a 1", lambda x: sg.erf(sg.abs(x)) + 1, 1e-100, (-1.1283791670955126, 1.1283791670955126)),
]
# There is no derivative, or the engine has another number.
WRONG: list[tuple[str, F, Any, str]] = [
    ("a jump from below", lambda x: x * x if x >= 0 else x + 5.0, 0.0, "jumps here, by 5"),
    ("a jump above", lambda x: x * x if x <= 1 else x + 5.0, 1.0, "jumps here, by 5"),
    ("a point apart", lambda x: x * x if x != 0 else x + 5.0, 0.0, "jumps here, by 5"),
    ("a small jump", lambda x: x * 1.0 if x >= 0 else x - 1e-6, 0.0, "jumps here, by 1e-06"),
    ("floor", sg.floor, 3.0, "jumps here, by 1"),
    ("round", sg.round, 2.5, "jumps here, by 1"),
    ("sign", lambda x: sg.sign(x) * 1.0, 0.0, "jumps here, by 1"),
    ("one of many", lambda x: x[3] ** 2 if x[3] >= 0 else x[3] + x[0], [9.0, 1.0, 1.0, 0.0], r"x\[3\].*\n.*jumps here"),
    ("along an axis", lambda x: x[0] * 1.0 if not (x[0] > 0 and x[1] <= 0) else x[0] + 3, [0.0, 0.0], "jumps"),
    ("two kinks that cancel", lambda x: sg.relu(x) - sg.relu(-x), 0.0, r"engine 0\.0, differences 1\.0"),
    ("a lost part", lambda x: x * sg.abs(x).detach() + x.detach(), 1.0, "engine 1.0, differences 3"),
    ("cbrt", sg.cbrt, 0.0, "do not settle"),
    ("sqrt", sg.sqrt, 0.0, "edge of its domain"),
]


@pytest.mark.parametrize(("f", "x"), [case[1:] for case in SMOOTH], ids=[case[0] for case in SMOOTH])
def test_a_derivative_that_both_sides_agree_on_is_confirmed(f: F, x: Any) -> None:
    report = check_grad(f, x)
    assert all(entry.confirmed for entry in report.entries) and report.kinks == ()


@pytest.mark.parametrize(("f", "x", "slopes"), [case[1:] for case in KINKS], ids=[case[0] for case in KINKS])
def test_a_convention_is_neither_confirmed_nor_wrong(f: F, x: Any, slopes: tuple[float, float]) -> None:
    report = check_grad(f, x)
    assert report.kinks == report.entries and report.worst is None
    for entry in report.kinks:
        assert entry.kink == pytest.approx(slopes, rel=1e-6, abs=1e-6)
        assert not entry.confirmed and "f has a kink here, slope" in entry.note
    assert str(report) == f"0 entries confirmed, {len(report.entries)} at a kink"


@pytest.mark.parametrize(("f", "x", "text"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_is_wrong_is_refuted(f: F, x: Any, text: str) -> None:
    with pytest.raises(GradientMismatchError, match=text):
        check_grad(f, x)


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3))
def test_two_lines_that_meet(x: float, left: float, right: float) -> None:
    """A kink where the slopes differ, a derivative where they are equal, and nothing else, at every x."""

    def f(v: Value) -> Value:
        return (left if v < x else right) * (v - x) + 1.0

    report = check_grad(f, x)
    assert abs(left - right) < 1e-5 or (report.kinks and report.kinks[0].kink == pytest.approx((left, right), abs=1e-5))
    assert left != right or not report.kinks
    with pytest.raises(GradientMismatchError, match="jumps"):
        check_grad(lambda v: f(v) if v < x else f(v) + 1e-3, x)


# --- the gradient of the caller --------------------------------------------------------------------------------------


def rosenbrock(x: list[float]) -> float:
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def by_hand(x: list[float]) -> list[float]:
    return [-2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] ** 2), 200 * (x[1] - x[0] ** 2)]


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=2))
def test_a_gradient_by_hand(x: list[float]) -> None:
    report = check_grad(rosenbrock, x, grad=by_hand)
    assert report.gradient == by_hand(x) and report.value == rosenbrock(x)
    with pytest.raises(GradientMismatchError, match=r"x\[1\]: grad .*, differences"):
        check_grad(rosenbrock, x, grad=lambda x: [by_hand(x)[0], by_hand(x)[1] + 1e-3])


def test_a_gradient_of_any_kind_of_function() -> None:
    assert check_grad(lambda x: x.exp(), 1.0, grad=math.exp).entries[0].method == "complex step"
    assert check_grad(lambda x: math.exp(x), 1.0, grad=math.exp).gradient == math.e
    assert check_grad(
        lambda p: p["a"] * p["b"][0], {"a": 2.0, "b": (3.0,)}, grad=lambda p: {"a": p["b"][0], "b": (p["a"],)}
    )
    assert check_grad(abs, 0.0, grad=lambda x: 1.0).kinks and check_grad(sg.sin, 1.0, grad=sg.grad(sg.sin))
    with pytest.raises(GradientMismatchError, match=r"grad 5\.0.*\n.*slope -1 on the left and 1 on the right"):
        check_grad(abs, 0.0, grad=lambda x: 5.0)
    with pytest.raises(GradientMismatchError, match="differences"):  # 0.0 is what its rounding shows at small steps
        check_grad(lambda x: (1.0 + x * x) - 1.0, 1e-9, grad=lambda x: 0.0)


@pytest.mark.parametrize(("grad", "text"), [
    (lambda x: 1.0, r"x\[0\], x\[1\] \(of 2\), got x \(of 1\)"), (lambda x: [1.0], r"got x\[0\] \(of 1\)"),
    (lambda x: {"a": 1.0, "b": 2.0}, r"got x\['a'\]"),
])  # fmt: skip
def test_a_gradient_of_another_shape(grad: F, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        check_grad(rosenbrock, [1.0, 2.0], grad=grad)
    with pytest.raises(ArgumentError, match="two different results"):
        numbers = iter(range(9))
        check_grad(lambda x: float(next(numbers)), 1.0, grad=grad)
    with pytest.raises(ArgumentError, match="f is finite"):
        check_grad(lambda x: math.inf, 1.0, grad=grad)


# --- the witnesses ---------------------------------------------------------------------------------------------------


def test_the_complex_step_does_not_apply_where_a_size_has_two_slopes() -> None:
    for f in (
        lambda x: sg.hypot(x, 0.0),
        lambda x: sg.hypot(0.0, x),
        lambda x: sg.norm(x, 0.0),
        lambda x: sg.norm([x]),
    ):
        x = Value(0.0)
        with pytest.raises(NotAnalytic):
            Replay(f(x)).slope(x)


@pytest.mark.parametrize("x", [1e-9, 1e-6, -3e-8, 1e-12])
def test_differences_know_what_a_larger_number_took(x: float) -> None:
    """(1 + x*x) - 1 has steps of 2**-52: its slope is 2x, and no estimate is surer than the steps allow."""
    slope, estimate, _ = Differences(lambda y: (1.0 + y * y) - 1.0, x, (1.0 + x * x) - 1.0).slope()
    assert abs(slope - 2.0 * x) <= 10.0 * estimate < 1e-9
