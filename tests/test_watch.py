"""The contexts: every nesting of them, left by an exception too; and what an anomaly names, in bulk and reductions."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import math
import re
import threading
from array import array
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, contexts, core
from scalargrad.errors import AnomalyError
from scalargrad.nodes import running

CONTEXTS: dict[str, Callable[[], Any]] = {
    "no_grad": sg.no_grad, "detect_anomaly": sg.detect_anomaly, "recording": running.recording,
}  # fmt: skip
NESTINGS = [names for n in (1, 2, 3, 4) for names in itertools.product(CONTEXTS, repeat=n)]


def wanted_mode(names: tuple[str, ...]) -> int:
    quiet = False
    for name in names:
        quiet = name == "no_grad" or (quiet and name != "recording")
    return core.NO_GRAD * quiet + core.WATCH * ("detect_anomaly" in names)


@pytest.mark.parametrize("way", ["at the end", "by an exception"])
def test_every_nesting(way: str) -> None:
    """In each, and after each is left, the mode is that of the contexts that are open; in another thread none is."""
    assert core.mode() == 0
    x = Value(2.0)
    for names in NESTINGS:
        with contextlib.ExitStack() as opened:
            for k, name in enumerate(names, 1):
                opened.enter_context(CONTEXTS[name]())
                assert core.mode() == wanted_mode(names[:k])
            recorded = (x * 2.0)._op == "*"
            assert recorded == (not wanted_mode(names) & core.NO_GRAD)
            elements = [v._op for v in Vector([1.0, 2.0]) * x]
            assert elements == ["*" if recorded else ""] * 2
            assert (sg.sum([x, 1.0])._op == "") == (not recorded)
        closers = [CONTEXTS[name]() for name in names]
        for k, context in enumerate(closers):
            context.__enter__()
            assert core.mode() == wanted_mode(names[: k + 1])
        for k in range(len(names), 0, -1):
            failure = (None, None, None) if way == "at the end" else (ValueError, ValueError(), None)
            assert not closers[k - 1].__exit__(*failure)
            assert core.mode() == wanted_mode(names[: k - 1]), names
        assert not core.watchers()
    found: list[int] = []
    with sg.no_grad(), sg.detect_anomaly():
        other = threading.Thread(target=lambda: found.append(core.mode()))
        other.start()
        other.join()
    assert found == [0]


def test_one_thread_leaves_another_inside() -> None:
    """Each thread's contexts are its own, also where they are entered and left in turns."""
    inside, leave, modes = threading.Event(), threading.Event(), []

    def work() -> None:
        with sg.no_grad(), sg.detect_anomaly():
            inside.set()
            leave.wait(30)
            modes.append(core.mode())
        modes.append(core.mode())

    thread = threading.Thread(target=work)
    with sg.no_grad():
        thread.start()
        inside.wait(30)
        with sg.detect_anomaly():
            pass
    assert core.mode() == 0
    leave.set()
    thread.join()
    assert modes == [core.NO_GRAD | core.WATCH, 0] and core.mode() == 0


# --- what made it

IDENTITY = sg.custom_vjp(lambda x: x)
IDENTITY.defvjp(lambda x: (x, None), lambda _, g: (g * math.inf,))
OVERFLOW = sg.custom_vjp(lambda x: x)
OVERFLOW.defvjp(lambda x: (x * math.inf, None), lambda _, g: (g,))

FORWARD: dict[str, tuple[Callable[[], Any], str]] = {
    "one": (lambda: sg.log(Value(0.0)), "log(0.0) made -inf"),
    "two": (lambda: 1.0 / Value(0.0), "div(1.0, 0.0) made inf"),
    "three": (lambda: sg.where(Value(0.0), 1.0, Value(math.nan)), "where(0.0, 1.0, nan) made nan"),
    "clip": (lambda: sg.clip(Value(3.0), 1.0, math.nan) + math.inf, "add(3.0, inf) made inf"),
    "sum": (lambda: sg.sum([Value(1e308), 1e308]), "sum(1e+308, 1e+308) made inf"),
    "max": (lambda: sg.max([Value(1.0), 2.0, Value(math.nan), 3.0]), "max(1.0, 2.0, nan, ...) made nan"),
    "min": (lambda: sg.min([Value(-math.inf), 2.0]), "min(-inf, 2.0) made -inf"),
    "dot": (lambda: sg.dot([Value(1e200)], [1e200]), "dot(1e+200, 1e+200) made inf"),
    "logsumexp": (lambda: sg.logsumexp([Value(math.inf), 1.0]), "logsumexp(0.0, inf, 1.0) made inf"),
    "custom": (lambda: OVERFLOW(Value(2.0)), "custom(inf, 2.0, 1.0) made inf"),
    "mean": (lambda: sg.mean([Value(math.inf), 1.0]), "mean(inf, 1.0) made inf"),
    "prod": (lambda: sg.prod([Value(1e300), 1e300]), "prod(1e+300, 1e+300) made inf"),
    "norm": (lambda: sg.norm([Value(1.7e308), 1.7e308]), "norm(1.7e+308, 1.7e+308) made inf"),
    "elements": (lambda: Vector([4.0, 1.0, 0.0, 0.0]).log(), "log(0.0) made -inf"),
    "two arrays": (lambda: Vector([1.0, 2.0]) / Vector([1.0, 0.0]), "div(2.0, 0.0) made inf"),
    "broadcast": (lambda: Matrix([[1.0, 1e300], [0.0, 2.0]]) * Value(1e10), "mul(1e+300, 10000000000.0) made inf"),
    "product": (lambda: Matrix([[1.0, 2.0], [1e200, 3.0]]) @ Vector([1e200, 4.0]),
                "dot(1e+200, 1e+200, 3.0, ...) made inf"),
    "fold": (lambda: Matrix([[1.0, 2.0], [1e308, 1e308]]).sum(1), "sum(1e+308, 1e+308) made inf"),
    "softmax": (lambda: Vector([1.0, math.nan]).softmax(), "exp_sub(1.0, nan) made nan"),
}  # fmt: skip

BACKWARD: dict[str, tuple[Callable[[], Any], float, str]] = {
    "one": (lambda: sg.sqrt(Value(0.0)) * 3.0, 1.0, "sqrt(0.0)"),
    "the first operand": (lambda: Value(1e-200) * 1e200, 1e200, "mul(1e-200, 1e+200)"),
    "the second operand": (lambda: 1e200 * Value(1e-200), 1e200, "mul(1e+200, 1e-200)"),
    "two sums": (lambda: (lambda x: x + x)(Value(1.0)), 1e308, "add(1.0, 1.0)"),
    "negative": (lambda: sg.where(Value(1.0), sg.cbrt(Value(0.0)), 1.0), -1.0,
                 "cbrt(0.0)"),
    "three": (lambda: (lambda x: sg.where(1.0, x, 2.0) - sg.clip(x, -5.0, 5.0) * -1.0)(Value(1.0)), 1e308,
              "where(1.0, 1.0, 2.0)"),
    "sum": (lambda: (lambda x: sg.sum([x, 2.0, x, 4.0]))(Value(1.0)), 1e308, "sum(1.0, 2.0, 1.0, ...)"),
    "max": (lambda: (lambda x: sg.max([x, 0.0]) + x)(Value(1.0)), 1e308, "max(1.0, 0.0)"),
    "min": (lambda: (lambda x: sg.min([3.0, x]) + x)(Value(1.0)), 1e308, "min(3.0, 1.0)"),
    "dot": (lambda: sg.dot([Value(1.0), 2.0], [1e10, 3.0]), 1e300, "dot(1.0, 10000000000.0, 2.0, ...)"),
    "logsumexp": (lambda: (lambda x: sg.logsumexp([x, -800.0]) + x)(Value(1.0)), 1e308, "logsumexp(0.0, 1.0, -800.0)"),
    "custom": (lambda: IDENTITY(Value(2.0)), 1.0, "custom(2.0, 2.0, inf)"),
    "mean": (lambda: (lambda x: sg.mean([x, 3.0]) + x)(Value(1.0)), 1.7e308, "mean(1.0, 3.0)"),
    "prod": (lambda: sg.prod([Value(1e-200), 1e200]), 1e200, "prod(1e-200, 1e+200)"),
    "norm": (lambda: (lambda x: sg.norm([x, 0.0]) + x)(Value(1.0)), 1e308, "norm(1.0, 0.0)"),
    "elements": (lambda: Vector([4.0, 0.0, 1.0]).sqrt().sum(), 1.0, "sqrt(0.0)"),
    "two arrays": (lambda: (Vector([1.0, 1e200]) * Vector([2.0, 1e-200])).sum(), 1e200, "mul(1e+200, 1e-200)"),
    "product": (lambda: (Matrix([[1.0, 2.0], [3.0, 1e200]]) @ Vector([1.0, 1e-200])).sum(), 1e200,
                "dot(3.0, 1.0, 1e+200, ...)"),
    "fold": (lambda: (lambda x: (x.max(1) + x[:, 0]).sum())(Matrix([[1.0, 2.0], [3.0, 2.0]])), 1e308, "max(3.0, 2.0)"),
}  # fmt: skip


def leaves_of(root: Any) -> list[Value]:
    found, pending = [], [root]
    while pending:
        v = pending.pop()
        if isinstance(v, Value):
            pending += core.operands(v) if v._op else []
            found += [] if v._op else [v]
    return found


FROM = r"(, from the (constant -?(nan|inf)|-?(nan|inf) of (a leaf|another element)))?"
WAY = r"(\. Its way:(\n    .+)+)?"  # which test_anomalies reads


@pytest.mark.parametrize("when", ["strict", "under no_grad", "at the end", "at backward"])
@pytest.mark.parametrize("name", FORWARD)
def test_what_an_operation_made(name: str, when: str) -> None:
    """Strictly, and under no_grad, where it is made; else where it reaches the end of the block or a backward."""
    make, message = FORWARD[name]
    line = inspect.getsourcelines(make)[1] if inspect.getsource(make).count("\n") == 1 else r"\d+"
    strict = when in ("strict", "under no_grad")
    with pytest.raises(AnomalyError) as caught, sg.detect_anomaly(strict=when == "strict"):
        with sg.no_grad() if when == "under no_grad" else contextlib.nullcontext():
            result = make()
        assert not strict
        if when == "at backward":
            (result.sum() if isinstance(result, (Vector, Matrix)) else result).backward()
    reached = {"at the end": "; it reached the end of the block", "at backward": "; it reached the root of backward"}
    if (name, when) == ("custom", "under no_grad"):
        message = message.replace("1.0)", "0.0)")  # the rule was not asked for its partials
    wanted = re.escape(f"{message}, at {__file__}:") + str(line) + FROM + reached.get(when, "")
    assert re.fullmatch(wanted + WAY, str(caught.value))
    assert core.mode() == 0 and not core.watchers()


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("links", [False, True])
@pytest.mark.parametrize("recorded", ["inside", "outside"])
@pytest.mark.parametrize("name", BACKWARD)
def test_what_a_backward_rule_made(name: str, recorded: str, links: bool, strict: bool) -> None:
    """Named by its operation and operands; recorded inside, by its line; and no grad has changed."""
    make, seed, call = BACKWARD[name]
    if recorded == "outside":
        root = make()
        place = "a place outside detect_anomaly"
    with sg.detect_anomaly(strict=strict):
        if recorded == "inside":
            root = make()
            place = re.escape(f"{__file__}:") + r"\d+"
        if links:
            root.backward(0.0) if call not in ("sqrt(0.0)", "cbrt(0.0)", "custom(2.0, 2.0, inf)") else None
            core.flatten(root)  # closes the graph
            root = root * 1.0
        leaves = leaves_of(root)
        for k, leaf in enumerate(leaves):
            leaf.grad = float(k)
        before = root.grad
        with pytest.raises(AnomalyError) as caught:
            root.backward(seed)
    wanted = rf"the backward rule of {re.escape(call)}, recorded at {place}, made a nan or inf"
    wanted += "" if strict else "; it reached the gradient of a leaf"
    assert re.fullmatch(wanted + WAY, str(caught.value))
    assert root.grad == before
    for k, leaf in reversed(list(enumerate(leaves))):
        assert leaf.grad == float(k) or leaf in leaves[k + 1 :]


def test_the_line_of_each_node() -> None:
    """Of several nodes on several lines, the one whose rule made it."""
    x = Value(0.0)
    with sg.detect_anomaly():
        first = x + 1.0
        second = sg.sqrt(x) * 0.5
        line = inspect.currentframe().f_lineno - 1  # type: ignore[union-attr]
        third = first * second
        with sg.detect_anomaly():
            fourth = third + first
        for root in (third, fourth, sg.sum([third, fourth])):
            with pytest.raises(AnomalyError, match=rf"sqrt\(0\.0\), recorded at .*test_watch\.py:{line}, made"):
                root.backward()
        assert [len(watch._places) for watch in core.watchers()] == [6]


def test_places_are_forgotten_from_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts, "_PLACES_KEPT", 10)
    x = Value(0.0)
    with sg.detect_anomaly():
        old = sg.sqrt(x)
        for _ in range(40):
            new = sg.sqrt(x)
            assert [len(watch._places) <= 10 for watch in core.watchers()] == [True]
        for root, place in ((old, "a place outside"), (new, r".*test_watch\.py:\d+")):
            with pytest.raises(AnomalyError, match=f"recorded at {place}"):
                root.backward()


def test_transforms_under_the_watch() -> None:
    function = sg.grad(lambda x: sg.sqrt(x) * 2.0)
    assert function(0.0) == math.inf
    with sg.detect_anomaly(), pytest.raises(AnomalyError, match=r"backward rule of sqrt\(0\.0\)"):
        function(0.0)
    with sg.detect_anomaly():
        assert function(4.0) == 0.5
    many = sg.grad(lambda x: (x * x).sqrt().sum())
    with sg.detect_anomaly():  # the rule of the square hides it: its partial there is 0
        assert list(many(array("d", [3.0, 0.0]))) == [1.0, 0.0]
    with sg.detect_anomaly(strict=True), pytest.raises(AnomalyError, match=r"backward rule of sqrt\(0\.0\)"):
        many(array("d", [3.0, 0.0]))
    with sg.detect_anomaly(), pytest.raises(AnomalyError, match=r"^log\(0\.0\) made -inf, .*the result of <lambda>$"):
        sg.jacobian(lambda x: [x, sg.log(x)])(0.0)
    with sg.detect_anomaly(), pytest.raises(AnomalyError, match=r"^log\(0\.0\) made -inf, .*the aux of <lambda>$"):
        sg.grad(lambda x: (x, sg.log(x)), has_aux=True)(0.0)


def test_a_finite_sweep_under_the_watch_has_the_same_bits() -> None:
    grads = []
    for watched in (False, True):
        with sg.detect_anomaly() if watched else contextlib.nullcontext():
            x = Matrix([[0.1 * k - 0.3 * j for k in range(5)] for j in range(4)])
            y = (x.tanh() @ x.T).logsumexp(1) * x[:, 0] + sg.where(x > 0, x, 2.0).sum(1)
            (y.sum() * 0.7).backward(0.3)
            y.sum().backward(0.1)
            grads.append((x.grad, y.grad))
    assert grads[0] == grads[1]
