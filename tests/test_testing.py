"""`check_grad` finds planted errors and confirms what is right; its witnesses are honest; expressions as promised."""

from __future__ import annotations

import contextlib
import itertools
import math
import subprocess
import sys
from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from mpmath import mpf

import scalargrad as sg
from scalargrad import Value, core, nn, testing
from scalargrad.errors import ArgumentError, GradientMismatchError, NumberError
from scalargrad.table import ops
from scalargrad.testing import Expression, check_grad, expressions
from scalargrad.testing.complexstep import NotAnalytic, Replay
from scalargrad.testing.differences import Differences
from scalargrad.testing.strategies import PRIMITIVES
from scalargrad.transforms.containers import entries, rebuild

SUBNORMAL = mpf(2) ** -1060  # as in check_grad: among subnormals errors are absolute


def spread(e: Expression) -> Any:
    """The expression as a function of one list."""
    return lambda x: e(*x)


def by_differences(f: Any, x: float) -> Any:
    """The slope by differences alone."""
    return Differences(lambda y: f(Value(y)).data, x, f(Value(x)).data).slope()


# --- what is right is confirmed --------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize("name", PRIMITIVES)
def test_every_primitive_is_confirmed_on_drawn_expressions(name: str) -> None:
    used = []

    @settings(max_examples=40)
    @given(expressions([name, "mul", "sin"], max_nodes=5))
    def confirmed(e: Expression) -> None:
        replay = Replay(e(*map(Value, e.inputs)))
        used.append(ops.OPCODE[name] in replay.opcodes)
        check_grad(spread(e), e.inputs)

    confirmed()
    assert sum(used) >= 10


@pytest.mark.once
def test_both_witnesses_agree() -> None:
    """Differences, which know nothing of the replay, and the complex step, within their own estimates."""
    witnessed = []

    @given(expressions())
    def agree(e: Expression) -> None:
        leaves = [Value(x) for x in e.inputs]
        replay = Replay(e(*leaves))
        for k, leaf in enumerate(leaves):
            try:
                slope, error = replay.slope(leaf)
            except NotAnalytic:
                witnessed.append(False)
                continue
            witnessed.append(True)
            found = by_differences(lambda x: Value(0.0) + e(*e.inputs[:k], x, *e.inputs[k + 1 :]), leaf.data)
            assert abs(found.slope - slope) <= 10 * found.estimate + error  # ten: the safety of check_grad

    agree()
    assert sum(witnessed) > len(witnessed) / 2


@pytest.mark.once
def test_a_planted_error_is_found() -> None:
    """A gradient that is off by 1e-6, has the wrong sign or lost a part, of any expression: never by bad luck."""
    planted = 0

    @settings(max_examples=80, derandomize=True)
    @given(expressions(n_inputs=2))
    def found(e: Expression) -> None:
        nonlocal planted
        report = check_grad(spread(e), e.inputs)
        if abs(report.gradient[0]) < 1e-2:
            return  # of nearly nothing a part is nothing
        planted += 1
        for off in (1e-6, 2.0, 1.0):

            def wrong(x: Any) -> Any:
                y = e(*x)
                return (1 - off) * y + off * y.detach()

            with pytest.raises(GradientMismatchError, match=r"x\[0\]: engine .*estimated error"):
                check_grad(wrong, e.inputs)

    found()
    assert planted >= 20


def test_a_wrong_rule_of_the_engine_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither witness uses a partial: a sweep that doubles every gradient does not deceive them."""
    plain = Value.backward
    monkeypatch.setattr(core.Node if sg.backend() == "native" else Value, "backward", lambda self: plain(self, 2.0))
    at_a_half = 2.0 / math.sqrt(math.pi) * math.exp(-0.25)
    for f, method, slope in ((sg.sin, "complex step", math.cos(0.5)), (sg.erf, "differences", at_a_half)):
        with pytest.raises(
            GradientMismatchError, match=rf"x: engine {str(2.0 * slope)[:6]}\d*, {method} {str(slope)[:6]}"
        ):
            check_grad(f, 0.5)


@pytest.mark.parametrize("f", [
    lambda x: x * x.detach(),
    lambda x: sg.sqrt(x.data) * x,
    lambda x: x * math.sin(x.data),
    lambda x: sg.where(x > 0, x, 0).detach() + 1e-9 * x,
    lambda x: 3 * x.detach() - x,
    lambda x: x + 1e-6 * x.detach(),
], ids=range(6))  # fmt: skip
@pytest.mark.parametrize("x", [0.7, 123.0, 1e-3])
def test_what_bypasses_the_graph_is_found(f: Any, x: float) -> None:
    with pytest.raises(GradientMismatchError, match=r"x: engine .*, differences"):
        check_grad(f, x)


# --- arguments, shapes, messages -------------------------------------------------------------------------------------

COUNT = itertools.count()
Pair = namedtuple("Pair", "w b")
NESTED = [
    3.0,
    [3.0],
    (1.0, [2.0, 3.0]),
    {"w": [1.0, 2.0], "b": 3.0},
    Pair([1.0, 2.0], 3.0),
    [],
    [[], {"a": ()}],
    [2, True],
]


@pytest.mark.parametrize("x", NESTED, ids=str)
def test_the_gradient_has_the_shape_of_x(x: Any) -> None:
    report = check_grad(lambda y: sg.sum([item**2 for _, item in entries(y)]) + Value(1.0), x)
    assert report.gradient == rebuild(x, [2.0 * item for _, item in entries(x)])
    assert type(report.gradient) is (float if type(x) is float else type(x))
    assert [entry.path for entry in report.entries] == [path for path, _ in entries(x)]
    assert (report.worst is None) == (not report.entries)
    assert str(report).startswith(f"{len(report.entries)} entries confirmed")


def test_paths_are_python() -> None:
    for x in NESTED:
        if not isinstance(x, Pair):
            assert [eval(path, {"x": x}) for path, _ in entries(x)] == [item for _, item in entries(x)]


def test_leaves_of_the_caller_are_untouched() -> None:
    x, w = Value(2.0), Value(3.0)
    x.grad, w.grad = 5.0, 7.0
    inner = w * w
    inner.backward()
    before = w.grad, inner.grad
    report = check_grad(lambda x: inner * w * x, x)
    assert report.gradient == 27.0
    assert (x.grad, w.grad, inner.grad) == (5.0, *before)


def test_the_message_names_what_fails() -> None:
    with pytest.raises(GradientMismatchError) as caught:
        check_grad(
            lambda x: sg.sum([a * a.detach() for a in x["w"]]) + x["b"], {"b": 1.0, "w": [float(k) for k in range(9)]}
        )
    lines = str(caught.value).splitlines()
    assert lines[0] == "the gradient is not confirmed at 8 of 10 entries"
    assert lines[1].startswith("  x['w'][1]: engine 1.0, differences 2.0")
    assert (len(lines), lines[-1]) == (7, "  ... and 3 more")
    assert isinstance(caught.value, AssertionError) and isinstance(caught.value, sg.ScalargradError)


@pytest.mark.parametrize(("f", "x", "text"), [
    (sg.floor, 3.0, "jumps here, by 1"),
    (sg.cbrt, 0.0, "do not settle"),
    (sg.sqrt, 0.0, "edge of its domain"),
    (lambda x: sg.acos(x), 1.0, "edge of its domain"),
], ids=range(4))  # fmt: skip
def test_a_point_without_a_derivative_is_named(f: Any, x: float, text: str) -> None:
    with pytest.raises(GradientMismatchError, match=text):
        check_grad(f, x)


@pytest.mark.parametrize("x", [1e300, 1e150, 1e10, 1e-10, 1e-150, 1e-300, 5e-324, 0.0, -0.0, -1e200])
def test_huge_and_tiny_and_zero(x: float) -> None:
    for f in (sg.sin, sg.atan, sg.tanh, sg.erf, sg.sigmoid, lambda v: v / 3, lambda v: sg.hypot(v, 1.0), sg.asinh):
        check_grad(f, x)
    if x not in (5e-324, 0.0):
        with pytest.raises(GradientMismatchError, match=r"x: engine 0\.33"):
            check_grad(lambda v: v / 3 + v.detach(), x)


@pytest.mark.parametrize(("f", "x", "error", "text"), [
    (lambda x: x.data, 3.0, NumberError, "no Value reached"),
    (lambda x: 3, 3.0, NumberError, "plain number 3"),
    (lambda x: [x], 3.0, NumberError, "must return one Value, got list"),
    (lambda x: None, 3.0, NumberError, "must return one Value, got NoneType"),
    (lambda x: 1 / 0, 3.0, ZeroDivisionError, "division by zero"),
    (lambda x: x, "a", NumberError, "x: expected a real number, got str"),
    (lambda x: x, {"w": [1.0, None]}, NumberError, r"x\['w'\]\[1\]: .*NoneType"),
    (lambda x: x, math.inf, ArgumentError, "x is inf"),
    (sg.log, 0.0, ArgumentError, "f\\(x\\) is -inf"),
    (lambda x: x * next(COUNT), 3.0, ArgumentError, "two different results for the same x"),
], ids=range(10))  # fmt: skip
def test_what_cannot_be_checked_is_an_error(f: Any, x: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        check_grad(f, x)


def test_a_function_that_raises_nearby() -> None:
    def f(x: Value) -> Value:
        if x.data > 1.001:
            raise RuntimeError("too far")
        return sg.exp(x)

    (entry,) = check_grad(f, 1.0).entries  # f cannot be tried beside 1, so what it recorded is not trusted
    assert (entry.method, entry.note) == ("differences", "") and entry.engine == math.exp(1.0)

    def at_most_one(x: Value) -> Value:
        if x.data > 1.0:
            raise RuntimeError("beyond 1")
        return sg.exp(x)

    with pytest.raises(GradientMismatchError, match=r"edge of its domain\? \(f raised RuntimeError\('beyond 1'\)\)"):
        check_grad(at_most_one, 1.0)


def test_tolerances_add() -> None:
    def off(x: Value) -> Value:
        return x + 1e-3 * x.detach()

    for kwargs in ({"rtol": 1e-2}, {"atol": 1e-2}):
        check_grad(off, 2.0, **kwargs)
    for kwargs in ({"rtol": 9e-4}, {"atol": 9e-4}, {}):
        with pytest.raises(GradientMismatchError, match=r"x: engine 1\.0, differences 1\.0010"):
            check_grad(off, 2.0, **kwargs)


# --- the module ------------------------------------------------------------------------------------------------------


def test_nothing_is_imported_before_it_is_used() -> None:
    program = (
        "import sys, scalargrad; assert not {'scalargrad.testing', 'scalargrad.testing.strategies'} & set(sys.modules);"
        "import scalargrad.testing; assert 'hypothesis' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_public_names() -> None:
    assert set(testing.__all__) == {
        "Entry", "Expression", "Report", "check_grad", "expressions", "matrices", "numbers", "shapes", "vectors"
    }  # fmt: skip
    assert all(getattr(testing, name).__doc__ for name in testing.__all__)


def test_check_grad_takes_arrays() -> None:
    numpy = pytest.importorskip("numpy")
    x = numpy.array([[1.0, -2.0], [0.5, 3.0]])
    report = check_grad(lambda m: sg.sum(m * m), x)
    assert (report.gradient == 2 * x).all()
    check_grad(lambda v: v @ v, sg.Vector([1.0, 2.0]))
    with pytest.raises(GradientMismatchError, match=r"x\[1\]\[0\]"):
        check_grad(lambda m: sg.sum(m[0]) + m[1, 0].data * m[1, 1], x)


def test_check_grad_keeps_empty_arrays_and_numpys() -> None:
    w = nn.Linear(3, 0).weight
    assert check_grad(lambda m: m.sum() + Value(1.0), w).value == 1.0
    seen: list[Any] = []
    check_grad(lambda m: seen.append(type(m.data)) or (m * m).sum(), np.array([1.0, 2.0]))  # type: ignore[func-returns-value]
    assert set(seen) == {np.ndarray}


def test_a_remainder_by_a_tiny_number_has_no_complex_step() -> None:
    """The quotient overflows: differences are the witness."""
    for x, y in ((1.0, 1e-320), (-1.0, 1e-310)):
        with contextlib.suppress(GradientMismatchError):
            testing.check_grad(lambda v, y=y: v % y, x)
