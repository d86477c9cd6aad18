"""Values that transforms give are Values like any other: watched, copied, freed; and no more work is done for them."""

from __future__ import annotations

import copy
import math
import pickle
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, Vector, core, record
from scalargrad.errors import AnomalyError, RecordError
from scalargrad.nodes import running
from scalargrad.table import ops

pytestmark = pytest.mark.filterwarnings("ignore:no Value reached the result")


def slope_of(w: Value) -> Value:
    """d/dt of sigmoid(w t) at t = 1: w s(1 - s), where s is the sigmoid of w."""
    found = sg.grad(lambda t: sg.sigmoid(w * t))(1.0)
    assert type(found) is Value
    return found


def closed(w: float) -> tuple[float, float]:
    """The slope, and its derivative by w: s' + w s' (1 - 2s)."""
    s = 1 / (1 + math.exp(-w))
    return w * s * (1 - s), s * (1 - s) * (1 + w * (1 - 2 * s))


# --- detect_anomaly ---------------------------------------------------------------------------------------------------

TRANSFORMS: dict[str, Callable[[Any], Callable[[float], Any]]] = {
    "grad": sg.grad,
    "jvp": lambda f: lambda x: sg.jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f: lambda x: sg.vjp(f, x)[1](1.0)[0],
    "forward": lambda f: sg.jacobian(f, mode="forward"),
    "reverse": lambda f: sg.jacobian(f, mode="reverse"),
}


@pytest.mark.parametrize("outer", [*TRANSFORMS, "hessian"])
@pytest.mark.parametrize("inner", TRANSFORMS)
def test_an_infinite_second_derivative_is_an_anomaly(outer: str, inner: str) -> None:
    """x sqrt(x) has the slope 0 and an infinite second derivative at 0."""

    def function(x: Any) -> Any:
        return x**1.5

    def call() -> Any:
        if outer == "hessian":
            return sg.hessian(function)(0.0)
        return TRANSFORMS[outer](TRANSFORMS[inner](function))(0.0)

    assert call() == math.inf
    for strict in (False, True):
        with sg.detect_anomaly(strict=strict), pytest.raises(AnomalyError):
            call()
    with sg.detect_anomaly():
        assert TRANSFORMS[inner](function)(0.0) == 0.0  # the first derivative is none
    assert core.mode() == 0 and not core.watchers() and not running.now


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_masked_anomaly_is_none_at_second_order(name: str) -> None:
    def function(x: Any) -> Any:
        return sg.where(x > 0.0, sg.log(x) * sg.sqrt(x), x * x)

    with sg.detect_anomaly():
        assert TRANSFORMS[name](sg.grad(function))(0.0) == 2.0
        assert sg.hessian(function)(0.0) == 2.0


def test_an_anomaly_of_a_derivative_names_the_operation() -> None:
    with sg.detect_anomaly(), pytest.raises(AnomalyError, match=r"sqrt\(0\.0\), recorded at .*test_orders_state\.py"):
        sg.grad(lambda x: sg.sqrt(x) * Value(2.0))(0.0)
    w = Value(0.0)
    with sg.detect_anomaly():
        slope = sg.grad(lambda t: w**1.5 * t)(1.0)
        assert slope.data == 0.0
        slope.backward()
        other = sg.grad(lambda t: sg.sqrt(w) * t)(1.0)
        with pytest.raises(AnomalyError, match=r"rule of sqrt\(0\.0\).*a leaf"):
            other.backward()
    assert w.grad == 0.0


# --- kinks ------------------------------------------------------------------------------------------------------------

KINKS: dict[str, tuple[Callable[[Any], Any], float, float]] = {  # with the first derivative and the second, at 0
    "relu": (sg.relu, 0.0, 0.0),
    "abs": (abs, 0.0, 0.0),
    "maximum": (lambda x: sg.maximum(x, 0.0), 0.5, 0.0),
    "max": (lambda x: sg.max(x, 0.0, 0.0), 1 / 3, 0.0),
    "clip": (lambda x: sg.clip(x, 0.0, 1.0), 1.0, 0.0),
    "leaky_relu": (lambda x: sg.leaky_relu(x, 0.25), 0.25, 0.0),
    "hypot": (lambda x: sg.hypot(x, 0.0), 0.0, 0.0),
    "norm": (lambda x: sg.norm(x, x), 0.0, 0.0),
    "sqrt": (sg.sqrt, math.inf, -math.inf),
}


@pytest.mark.parametrize("name", KINKS)
def test_kinks_at_second_order(name: str) -> None:
    function, first, second = KINKS[name]
    assert sg.grad(function)(0.0) == first
    for found in (sg.grad(sg.grad(function))(0.0), sg.hessian(function)(0.0), sg.hvp(function)(0.0, 1.0)):
        assert found == second
    x = Value(0.0)
    slope = sg.grad(function)(x)
    if isinstance(slope, Value):
        slope.backward()
    assert x.grad == second


# --- no_grad ----------------------------------------------------------------------------------------------------------


def test_no_grad_around_and_inside() -> None:
    w = Value(2.0)
    with sg.no_grad():
        assert type(sg.grad(lambda t: w * t * t)(3.0)) is float

    def inside(t: Any) -> Any:
        with sg.no_grad():
            inner = sg.grad(lambda u: w * u * u)(t)  # a number, as whatever is computed here
        assert type(inner) is float
        return inner * t

    slope = sg.grad(inside)(3.0)
    assert slope == 12.0 and type(slope) is float
    with sg.no_grad():
        assert sg.grad(sg.grad(lambda t: w * t**3))(2.0) == 24.0  # the inner one is called where t is recorded


# --- threads ----------------------------------------------------------------------------------------------------------


def test_threads_share_weights() -> None:
    """Each adds its gradients of derivatives to the same leaf; halves are exact in any order."""
    w, together = Value(2.0), threading.Barrier(4)
    failures: list[BaseException] = []

    def work(k: int) -> None:
        try:
            together.wait()
            for _ in range(20):
                found = sg.grad(sg.grad(lambda t: w * w * t**3))(float(k))  # 6 w² k
                assert found.data == 24.0 * k
                found.backward()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and w.grad == 20 * 24.0 * (1 + 2 + 3 + 4)


# --- interrupts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_an_exception_in_the_middle_of_nested_transforms(error: type[BaseException], depth: int) -> None:
    w = Value(2.0)
    calls = []

    def function(x: Any) -> Any:
        calls.append(x)
        if len(calls) > 1:
            raise error("no")
        return x * w

    f: Any = function
    for _ in range(depth):
        f = sg.grad(f)
    with pytest.raises(error, match="no"):
        f(f(3.0))
    assert not running.now and core.mode() == 0 and w.grad == 0.0
    calls.clear()
    assert sg.grad(lambda x: x * w)(3.0).data == 2.0
    slope_of(w).backward()
    assert w.grad == pytest.approx(closed(2.0)[1], rel=1e-13)


# --- nodes like any other ---------------------------------------------------------------------------------------------


def test_backward_twice() -> None:
    w = Value(0.7)
    slope, by_w = slope_of(w), closed(0.7)[1]
    for times in (1, 2, 3):
        slope.backward()
        assert w.grad == pytest.approx(times * by_w, rel=1e-13)
    (slope * 3.0).backward()
    assert w.grad == pytest.approx(6 * by_w, rel=1e-13) and slope.grad == 3.0


def test_attributes_of_such_nodes() -> None:
    w = Value(0.7, label="w")
    slope = slope_of(w)
    assert slope._op in ops.NAMES or (slope._op in "+-*/" and slope._prev)
    seen, pending = set(), [slope]
    while pending:  # every node has operands, down to the leaves
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            pending += node._prev
            assert node.operands or node._op == ""
            assert len(node.operands) == len(node.partials) and isinstance(repr(node), str)
    assert w in seen and all(node is w or node._op != "" or node.label == "" for node in seen)
    slope.label = "slope"
    assert slope.label == "slope" and copy.copy(slope) is slope
    with pytest.raises(sg.errors.ReadOnlyError):
        slope.data = 1.0


@pytest.mark.parametrize("again", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))], ids=["deepcopy", "pickle"])
def test_copies(again: Callable[[Value], Value]) -> None:
    """They carry the whole history, with the rows that derivatives are made of."""
    w = Value(0.7, label="w")
    slope = slope_of(w)
    slope.label = "slope"
    found = again(slope)
    assert found.data == slope.data and found.label == "slope"
    found.backward()
    slope.backward()
    pending, leaves = [found], set()
    while pending:
        node = pending.pop()
        pending += node._prev
        leaves |= {node} if node.label == "w" else set()
    (leaf,) = leaves
    assert leaf is not w and leaf.grad == w.grad == pytest.approx(closed(0.7)[1], rel=1e-13)
    third, fourth = sg.grad(lambda t: slope_of(leaf * t))(1.0), sg.grad(lambda t: slope_of(w * t))(1.0)
    assert third.data == fourth.data


def test_an_older_reader_names_the_row_that_it_lacks() -> None:
    packed = record.pack(record.Record(*core.flatten(slope_of(Value(0.7)))))
    known = {name for name in ops.OPCODE if not ops.NAMES.index(name) >= len(record._NAMES_0_1_0)}
    new = [name for name in packed[1] if name not in known]
    assert new, packed[1]  # else this test says nothing
    later = packed[0], tuple("later" if name == new[0] else name for name in packed[1]), *packed[2:]
    with pytest.raises(RecordError, match="it needs a later version of scalargrad, which has 'later'"):
        record.unpack(*later)
    assert record.unpack(*packed).ops


def test_they_go_by_counting_alone(no_gc: None) -> None:
    class Leaf(Value):
        __slots__ = ("__weakref__",) if not Value.__weakrefoffset__ else ()

    kept = []
    for make in (
        slope_of,
        lambda w: sg.hessian(lambda t: sg.exp(w * t))(1.0),
        lambda w: sg.hvp(lambda t: sg.exp(w * t))(1.0, w),
        lambda w: sg.jvp(sg.tanh, (w,), (w,))[1],
        lambda w: sg.vjp(sg.tanh, w)[1](w)[0],
        lambda w: sg.grad(sg.grad(sg.tanh))(w),
        lambda w: sg.jacobian(lambda x: x * x)(Vector([1.0, 2.0]) * w),
    ):
        w = Leaf(0.7)
        found = make(w)
        (found if isinstance(found, Value) else found.sum()).backward()
        kept.append(weakref.ref(w))
        del w, found
    assert [reference() for reference in kept] == [None] * len(kept)


# --- work -------------------------------------------------------------------------------------------------------------


def refused(*_: Any) -> Any:
    raise AssertionError("a record was made")


def test_first_derivatives_of_numbers_make_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    w = Value(2.0)

    def cube(x: Any) -> Any:
        return x * x * x

    for name in ("extract", "adjoint", "tangent", "replay"):
        monkeypatch.setattr(core, name, refused)
    assert sg.grad(cube)(2.0) == 12.0 and sg.value_and_grad(cube)(2.0) == (8.0, 12.0)
    assert sg.jacobian(lambda x: [x[0] * x[1], x[1]])([2.0, 3.0]) == [[3.0, 2.0], [0.0, 1.0]]
    assert sg.grad(lambda x: cube(x) + sg.grad(cube)(2.0))(2.0) == 12.0
    with sg.no_grad():
        assert sg.grad(lambda x: w * cube(x))(2.0) == 24.0 and sg.grad(cube)(w) == 12.0
    with pytest.raises(AssertionError, match="a record was made"):
        sg.grad(lambda x: w * cube(x))(2.0)


def test_the_history_of_weights_is_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record holds what was recorded since the transform began, whatever the weights are made of."""
    sizes: list[int] = []
    extract = core.extract

    def counted(*given: Any) -> Any:
        found = extract(*given)
        sizes.append(len(record.Record(*found).ops))
        return found

    monkeypatch.setattr(core, "extract", counted)

    def slope(length: int, closing: bool) -> Value:
        w = Value(1.0)
        for _ in range(length):
            w = w * 1.0 + 0.0
        if closing:
            w.backward()
        return sg.grad(lambda t: w * t * t)(3.0)

    for closing in (False, True):
        short, long = slope(1, closing), slope(20_000, closing)
        assert short.data == long.data == 6.0
    assert len(set(sizes)) == 1 and sizes[0] < 10
