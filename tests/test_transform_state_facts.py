"""What is left after an exception in a transform, a context or a rule: leaves, grads, modes and arguments as before."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, contexts, core
from scalargrad.errors import AnomalyError, ArgumentError, HigherOrderError, NumberError, ScalargradError, ShapeError
from scalargrad.nodes import running

pytestmark = pytest.mark.filterwarnings("ignore:no Value reached the result")

TRANSFORMS: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "grad": sg.grad,
    "value_and_grad": sg.value_and_grad,
    "jacobian": sg.jacobian,
    "jvp": lambda f: lambda x: sg.jvp(f, (x,), (x,)),
    "vjp": lambda f: lambda x: sg.vjp(f, x),
    "aux": lambda f: sg.grad(f, has_aux=True),
}


class Outside:
    """What others hold, and how it stands."""

    def __init__(self) -> None:
        self.leaf, self.vector, self.matrix = Value(2.0), Vector([1.0, 2.0]), Matrix([[3.0, 4.0]])
        self.inner = self.leaf * self.leaf
        (self.inner * 3 + (self.vector * self.leaf).sum() + self.matrix.sum()).backward()

    def stand(self) -> Any:
        modes = core.mode(), core.watchers(), dict(running.now)
        return (self.leaf.data, self.leaf.grad, self.inner.data, self.inner.grad, self.vector.data, self.vector.grad,
                self.matrix.data, self.matrix.grad, *modes)  # fmt: skip


class Stop(BaseException):
    """As Ctrl-C, no `Exception`."""


def _raises(outside: Outside, error: type[BaseException]) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        _ = sg.sum(x * outside.leaf, outside.inner, outside.vector.sum())
        raise error("no")

    return function


def _inside(context: Any, outside: Outside, error: type[BaseException]) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        with context():
            return _raises(outside, error)(x)

    return function


def _hand_made(x: Any) -> Value:
    return Value(x.data * x.data, (x,), (2 * x.data,))


FAILURES: list[tuple[type[BaseException], Callable[[Outside], Callable[[Any], Any]]]] = [
    (RuntimeError, lambda o: _raises(o, RuntimeError)),
    (Stop, lambda o: _raises(o, Stop)),
    (Stop, lambda o: _inside(sg.no_grad, o, Stop)),
    (RuntimeError, lambda o: _inside(sg.detect_anomaly, o, RuntimeError)),
    (ScalargradError, lambda o: lambda x: None),
    (ScalargradError, lambda o: lambda x: "a"),
    (TypeError, lambda o: lambda: None),
    (RuntimeError, lambda o: lambda x: sg.grad(_raises(o, RuntimeError))(1.0)),
    (HigherOrderError, lambda o: lambda x: sg.grad(lambda y: _hand_made(y) * x)(x)),
    (HigherOrderError, lambda o: lambda x: (x * o.leaf).backward()),
    (Stop, lambda o: sg.grad(_raises(o, Stop))),
    (Stop, lambda o: sg.hessian(_raises(o, Stop))),
    (ShapeError, lambda o: lambda x: sg.grad(lambda y: [y, y])(1.0)),
]


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize(("error", "make"), FAILURES)
@pytest.mark.parametrize("around", ["nothing", "no_grad", "detect_anomaly"])
def test_an_exception_leaves_everything(name: str, error: type[BaseException], make: Any, around: str) -> None:
    outside = Outside()
    context: Any = {"nothing": running.recording, "no_grad": sg.no_grad, "detect_anomaly": sg.detect_anomaly}[around]
    before = outside.stand()
    with context():
        within = outside.stand()
        with pytest.raises(error):
            TRANSFORMS[name](make(outside))(3.0)
        assert outside.stand() == within
        assert (Value(1.0) * 2)._op == ("" if around == "no_grad" else "*")
    assert outside.stand() == before and not running.now
    assert sg.grad(lambda x: x * x)(3.0) == 6.0  # nothing is still thought to run
    outside.inner.backward()
    assert outside.leaf.grad == before[1] + 4.0


@pytest.mark.parametrize("name", TRANSFORMS)
def test_another_thread_may_go_on_after_an_exception(name: str) -> None:
    """A transform that is still listed as running would make a backward from its Values raise, in every thread."""
    kept: list[Any] = []

    def fails(x: Any) -> Any:
        kept.append(x)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        TRANSFORMS[name](fails)(3.0)
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(sg.grad(lambda x: x * x)(kept[0])))
    thread.start()
    thread.join()
    assert found[0].data == 6.0 and kept[0].grad == 0.0
    thread = threading.Thread(target=found[0].backward)
    thread.start()
    thread.join()
    assert kept[0].grad == 2.0


@pytest.mark.parametrize("has_aux", [False, True])
def test_a_pair_is_a_pair(has_aux: bool) -> None:
    """With has_aux: a tuple or list of two, whose second part may be anything, and comes out as numbers."""
    for result in ([1.0, 2.0], (1.0, 2.0)):
        found = sg.jacobian(lambda x: result, has_aux=has_aux)(1.0)
        assert found == (((0.0, 2.0)) if has_aux else type(result)([0.0, 0.0]))
    for result in (1.0, (1.0,), (1.0, 2.0, 3.0), {"a": 1.0, "b": 2.0}, np.ones(2)):
        for call in (
            lambda: sg.jacobian(lambda x: result, has_aux=True)(1.0),
            lambda: sg.jvp(lambda x: result, (1.0,), (1.0,), has_aux=True),
            lambda: sg.vjp(lambda x: result, 1.0, has_aux=True),
        ):
            with pytest.raises(ArgumentError) as caught:
                call()
            kind = type(result).__name__
            assert str(caught.value) == f"with has_aux, <lambda> must return a pair (value, aux), got {kind}"
    with pytest.raises(NumberError, match=r"^<lambda> returned None: does it lack a return\?$"):
        sg.jvp(lambda x: (None, 1.0), (1.0,), (1.0,), has_aux=True)


@pytest.mark.parametrize(
    ("result", "found"),
    [
        (lambda x: [x], "a list of 1: use jacobian"),
        (lambda x: (x, x), "a tuple of 2: use jacobian, or has_aux=True where it is (value, aux)"),
        (lambda x: {"a": x, "b": x, "c": x}, "a dict of 3: use jacobian"),
        (lambda x: Vector([1.0]) * x, "shape (1,): use jacobian, or sum() or mean() of the result"),
        (lambda x: Matrix([[1.0, 2.0]]) * x, "shape (1, 2): use jacobian, or sum() or mean() of the result"),
        (lambda x: np.ones(3), "shape (3,): use jacobian, or sum() or mean() of the result"),
    ],
)
def test_results_that_are_not_one_number(result: Any, found: str) -> None:
    for transform in (sg.grad, sg.value_and_grad):
        with pytest.raises(ShapeError) as caught:
            transform(result)(2.0)
        assert str(caught.value) == f"grad needs a function whose result is one number, <lambda> returned {found}"
    sg.jacobian(result)(2.0)


def test_the_higher_order_errors_name_the_ways_out() -> None:
    w = Value(2.0)

    def backward(x: Any) -> Any:
        (x * w).backward()
        return x * w.grad

    @sg.custom_vjp
    def sine(x: Any) -> Any:
        return math.sin(x)

    sine.defvjp(lambda x: (math.sin(x), x), lambda x, g: (g * math.cos(x),))
    calls: list[tuple[Callable[[], Any], list[str]]] = [
        (lambda: sg.grad(backward)(1.0), ["backward was called inside a transform", "sg.grad", "x.detach()"]),
        (lambda: sg.grad(sg.grad(_hand_made))(1.0), ["a node by hand", "`custom_vjp` whose rule uses", "`no_grad`"]),
        (lambda: sg.grad(sg.grad(sine))(1.0), ["sg.exp for math.exp", "v.data for what is a constant"]),
    ]
    for call, parts in calls:
        with pytest.raises(HigherOrderError) as caught:
            call()
        assert all(part in str(caught.value) for part in parts) and w.grad == 0.0


def test_backward_inside_a_transform() -> None:
    """It is refused exactly from a Value that depends on the arguments of a transform that runs, in any thread."""
    w = Value(2.0)

    def function(x: Any) -> Any:
        (w * w * x.data).backward()
        (x.detach() * w).backward()
        for root in (x * w, sg.grad(lambda y: y * y * x)(1.0), sg.sin(w) * (x * 0.0)):
            with pytest.raises(HigherOrderError, match="backward was called inside a transform"):
                root.backward()
        failed: list[bool] = []

        def work() -> None:
            try:
                (x * w).backward()
            except HigherOrderError:
                failed.append(True)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert failed and w.grad == 15.0  # 2 w x + x
        return x * w.grad

    assert sg.grad(function)(3.0) == 15.0
    kept: list[Any] = []
    sg.grad(lambda x: kept.append(x * w) or x)(3.0)
    kept[0].backward()  # its transform has ended
    assert w.grad == 18.0


# --- contexts in one another ------------------------------------------------------------------------------------------


def test_contexts_nest_in_any_order() -> None:
    """Each holds until its last `with` ends, whichever stand inside and outside."""
    x = Value(0.0)

    def states() -> tuple[bool, bool]:
        recorded = (x + 1.0)._op == "+"
        try:
            y = sg.log(x)
            if recorded:
                y.backward()
                x.grad = 0.0
        except AnomalyError:
            return recorded, True
        return recorded, False

    assert states() == (True, False)
    with sg.detect_anomaly():
        with sg.detect_anomaly():
            assert states() == (True, True)
        assert states() == (True, True)  # the inner has ended, the outer watches on
        with sg.no_grad():
            assert states() == (False, True)
            with sg.detect_anomaly(), sg.no_grad():
                assert states() == (False, True)
            with running.recording():
                assert states() == (True, True)
            assert states() == (False, True)
        assert states() == (True, True)
    assert states() == (True, False) and not core.watchers()
    with sg.no_grad():
        with sg.detect_anomaly():
            assert states() == (False, True)
        assert states() == (False, False)
        with sg.no_grad(), pytest.raises(RuntimeError):
            raise RuntimeError
        assert states() == (False, False)
    assert states() == (True, False)


def test_nested_watches_keep_the_places_until_the_last_ends() -> None:
    x = Value(0.0)
    with sg.detect_anomaly():
        root = sg.sqrt(x) * 1.0
        with sg.detect_anomaly():
            pass
        assert [len(watch._places) for watch in core.watchers()] == [2]
        with pytest.raises(
            AnomalyError, match=r"the backward rule of sqrt\(0\.0\), recorded at .*test_transform_state"
        ):
            root.backward()
    assert not core.watchers() and x.grad == 0.0
    root.backward()
    assert x.grad == float("inf")
    with (
        sg.detect_anomaly(),
        pytest.raises(AnomalyError, match="recorded at a place outside detect_anomaly, made a nan"),
    ):
        root.backward()


def test_a_long_watch_forgets_the_oldest_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts, "_PLACES_KEPT", 10)
    x = Value(0.0)
    with sg.detect_anomaly():
        old = sg.sqrt(x)
        for _ in range(35):
            new = sg.sqrt(x)
            assert [len(watch._places) <= 10 for watch in core.watchers()] == [True]
        with pytest.raises(AnomalyError, match="at a place outside detect_anomaly, made"):
            old.backward()
        with pytest.raises(AnomalyError, match=r"at .*test_transform_state_facts"):
            new.backward()


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_watch_watches_transforms_too(name: str) -> None:
    def function(x: Any) -> Any:
        return (sg.sqrt(x), 1.0) if name == "aux" else sg.sqrt(x)

    def run() -> Any:
        if name == "jvp":
            return sg.jvp(function, (0.0,), (1.0,))  # the tangent 0 has the derivative 0, as every product with 0
        found = TRANSFORMS[name](function)(0.0)
        return found[1](1.0) if name == "vjp" else found

    run()
    with (
        sg.detect_anomaly(),
        pytest.raises(AnomalyError, match=r"the backward rule of sqrt\(0\.0\), recorded at .*state_"),
    ):
        run()
    run()


def test_a_watch_of_one_thread_is_not_that_of_another() -> None:
    found: list[Any] = []
    with sg.detect_anomaly(), sg.no_grad():
        thread = threading.Thread(target=lambda: found.append((sg.log(Value(0.0))._op, core.mode())))
        thread.start()
        thread.join()
    assert found == [("log", 0)]


def test_decorators_hold_for_each_call_alone() -> None:
    @sg.no_grad()
    def inference(x: Value, depth: int) -> Any:
        y = x * 2
        assert y._op == ""
        return inference(x, depth - 1) if depth else y

    @sg.detect_anomaly()
    def watched(x: Value) -> Any:
        return sg.log(x)

    x = Value(3.0)
    assert inference(x, 3).data == 6.0 and (x * 2)._op == "*" and inference.__name__ == "inference"
    with pytest.raises(AnomalyError):
        watched(Value(0.0))
    assert sg.log(Value(0.0)).data == -float("inf") and core.mode() == 0
