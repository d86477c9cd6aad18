"""When memory runs out in C, at any allocation, the call raises MemoryError and leaves every object as it was."""

from __future__ import annotations

import copy
import pickle
import weakref
from array import array
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core
from scalargrad.arrays import concat
from scalargrad.arrays.arithmetic import affine
from tests.support.counters import leaves_nothing
from tests.support.profiles import native_only


def _chain(x: Value, n: int) -> Value:
    y = x
    for k in range(n):
        y = y * 1.5 + (x if k % 3 else 2.0)
    return sg.sum([y, x, 3.0]) + sg.where(y > 0, x, y)


def _history() -> tuple[Value, Value]:
    """A root over three graphs."""
    x = Value(0.5)
    first = _chain(x, 20)
    first.backward(0.0)
    second = _chain(first, 20)
    second.backward(0.0)
    return x, second * first


OPERATIONS: dict[str, Callable[[Value, Value], Any]] = {
    "record": lambda x, root: _chain(Value(1.0), 200),
    "record over links": lambda x, root: _chain(root, 50) * x,
    "reduce": lambda x, root: sg.max([x * k for k in range(300)]),
    "backward": lambda x, root: root.backward(),
    "deepcopy": lambda x, root: copy.deepcopy(root),
    "pickle": lambda x, root: pickle.loads(pickle.dumps(root)),
    "jacobian": lambda x, root: sg.jacobian(lambda t: [t[0] * x, root * t[0] * t[1]])([2.0, 1.0]),
    "grad": lambda x, root: sg.grad(lambda t: sg.sum([a * (k + 1.0) for k, a in enumerate(t)]))([1.0] * 40),
    "set grad": lambda x, root: setattr(root, "grad", 2.0),
    "joint": lambda x, root: pickle.loads(pickle.dumps(sg.linalg.inv([[x, 1.0], [root, 2.0]]))).sum().backward(),
    "joint, of positive definite": lambda x, root: sg.linalg.cholesky([[x * x, 0.0], [x, 9.0]]).sum().backward(),
    "joint, of one result": lambda x, root: (
        sg.linalg.det([[x, 2.0], [root, x]]) + sg.linalg.slogdet([[x]])[1]
    ).backward(),
}


@native_only
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_allocation_may_fail(name: str) -> None:
    x, root = _history()
    reference_x, reference_root = _history()
    before = (x.grad, root.grad, root.data)
    graphs = core.lib.sg_graphs_alive()
    for n in range(100_000):
        core.lib.sg_fail_after(n)
        try:
            result = OPERATIONS[name](x, root)
        except MemoryError:
            core.lib.sg_fail_after(-1)
            assert (x.grad, root.grad, root.data) == before, n
        else:
            core.lib.sg_fail_after(-1)
            break
        finally:
            core.lib.sg_fail_after(-1)
    assert n > 0 or name == "set grad"
    if isinstance(result, list):  # or what failed went unnoticed
        assert result == OPERATIONS[name](reference_x, reference_root)
    del result
    assert core.lib.sg_graphs_alive() <= graphs + 1
    x.grad = 0.0
    root.backward()
    reference_x.grad = 0.0
    reference_root.backward()
    assert (x.grad, root.data) == (reference_x.grad, reference_root.data)


def _fail_everywhere(operation: Callable[[], Any]) -> int:
    """Lets each allocation of an operation fail in turn; gives how many there are."""
    for n in range(100_000):
        core.lib.sg_fail_after(n)
        try:
            operation()
        except MemoryError:
            continue
        finally:
            core.lib.sg_fail_after(-1)
        return n
    raise AssertionError("it never got through")


@native_only
@pytest.mark.parametrize("name", OPERATIONS)
def test_failed_allocations_leave_nothing_behind(name: str) -> None:
    """What was allocated before the one that failed is given back: counted in bytes of the heap and objects."""

    def step() -> None:
        x, root = _history()
        for k in range(10):  # scratch and adjoints of more graphs, and larger maps
            root = root * x
            root.backward(0.0)
        _fail_everywhere(lambda: OPERATIONS[name](x, root))

    leaves_nothing(
        step, steps=8, warm_up=4, bytes_a_step=64, objects=250
    )  # an object a failure would be 300 in 8 steps


@native_only
def test_an_operation_that_fails_holds_no_leaf(no_gc: None) -> None:
    """What it had entered in a new graph goes with it."""
    for n in range(12):
        x, told = Value(1.0), []
        gone = weakref.ref(x, lambda _: told.append(1))
        (Value(1.0) * 2.0).backward()  # the next graph is new
        core.lib.sg_fail_after(n)
        try:
            sg.sum([x, 2.0, x, Value(1.0), 3.0])
        except MemoryError:
            failed = True
        else:
            failed = False
        finally:
            core.lib.sg_fail_after(-1)
        del x
        assert gone() is None and told == [1], n
    assert not failed


class Arrays:
    """One of each kind of block, and a graph that is closed."""

    def __init__(self) -> None:
        self.new = Matrix([[0.5 + r - c for c in range(9)] for r in range(5)])  # leaves that nobody has looked at
        self.leaves = Matrix([[0.25 * r + c for c in range(9)] for r in range(5)])
        self.leaves[0, 0].grad = 3.0
        self.closed = self.leaves * 0.5
        self.closed.sum().backward()
        self.nodes = self.leaves.T * 0.25  # in the open graph
        self.mixed = Vector([self.closed[0, 0], Value(2.0), self.nodes[0, 0], *self.nodes[1], 1.0])
        self.root = (self.closed @ self.nodes @ self.closed).sum() + self.mixed.logsumexp()

    def state(self) -> list[Any]:
        arrays = [self.new, self.leaves, self.closed, self.nodes, self.mixed, self.root]
        return [part for x in arrays for part in (x.data, x.grad)]


def _shared(x: Matrix) -> Value:
    """Products whose operands share nodes: each in one place of either, and in more."""
    y = x * 0.125
    return (y @ y).sum() + affine(y, y[:, ::-1][[0, *range(8)]], y[0]).sum()


ARRAYS: dict[str, Callable[[Arrays], Any]] = {
    "new leaves": lambda a: Matrix([[0.5, 1.5], [2.5, 3.5]]) * 2.0,
    "look at new leaves": lambda a: Vector([a.new[0, 0]]),
    "enter new leaves": lambda a: a.new * a.new,
    "enter many leaves": lambda a: Matrix([[float(k) for k in range(3000)]]) * 2.0,
    "broadcast": lambda a: a.leaves * a.nodes[0][:1] + a.closed[0] - 1.0,
    "broadcast data": lambda a: a.nodes / [1.0 + k for k in range(5)],
    "a float": lambda a: 2.0 - a.nodes * 0.5,
    "three operands": lambda a: sg.where(a.leaves, a.closed, a.new),
    "listed operands": lambda a: a.mixed * a.mixed + a.closed[0, :1],
    "product of nodes": lambda a: a.nodes @ a.leaves @ a.nodes @ a.leaves @ a.nodes,
    "product with data": lambda a: a.nodes @ [[1.0 + k] * 3 for k in range(5)],
    "product of listed": lambda a: a.closed @ a.nodes,
    "product of a vector": lambda a: a.mixed[:5] @ a.closed,
    "product with a bias": lambda a: affine(a.nodes, a.closed, a.mixed[:9]),
    "large product": lambda a: (a.nodes @ a.leaves) @ Matrix([[1.0] * 300] * 9),
    "sum": lambda a: a.closed.sum(0),
    "max": lambda a: a.nodes.max(1),
    "logsumexp": lambda a: a.new.logsumexp(1),
    "softmax": lambda a: a.nodes.softmax(axis=0),
    "log_softmax": lambda a: a.mixed.log_softmax(),
    "norm": lambda a: a.closed.norm(1),
    "take": lambda a: a.nodes[[3, 1, 1]],
    "take of new": lambda a: a.new[::-1],
    "concat": lambda a: concat([a.closed, a.new, a.leaves]),
    "elements": lambda a: Vector([a.nodes[0, 0] * 2.0, a.closed[1, 1] + 1.0]),
    "no_grad": lambda a: sg.no_grad()(lambda: a.nodes @ a.new + a.mixed[0])(),
    "no_grad fold": lambda a: sg.no_grad()(lambda: a.closed.sum(0))(),
    "deepcopy": lambda a: copy.deepcopy(a.nodes),
    "pickle": lambda a: pickle.loads(pickle.dumps(a.mixed)),
    "leaves of numbers": lambda a: Vector(core.new_leaves(a.new.elements())[1]),
    "gradients": lambda a: Vector(array("d", core.gradients(a.root, 1.0, False, [a.leaves._view.block], 0)[0])) * 1.0,
    "leaves": lambda a: Vector(core.items(core.whole(core.leaves(a.new.elements() * 2)[0], 1, 45))),
    "set data": lambda a: setattr(a.new, "data", 2.0) or a.new,  # type: ignore[func-returns-value]
    "set grad": lambda a: setattr(a.new, "grad", 2.0) or a.new,  # type: ignore[func-returns-value]
    "backward": lambda a: a.root.backward() or a.mixed,  # type: ignore[func-returns-value]
    "backward of a shared product": lambda a: _shared(a.nodes @ a.leaves).backward() or a.leaves,  # type: ignore[func-returns-value]
    "backward over all": lambda a: (a.nodes @ a.leaves).sum().backward() or a.leaves,
}


@native_only
@pytest.mark.parametrize("name", ARRAYS)
def test_every_allocation_for_arrays_may_fail(name: str, no_gc: None) -> None:
    def sequel(a: Arrays, result: Any) -> list[Any]:
        """What it and its gradient are."""
        result.sum().backward(0.5)
        return [result.data, result.grad, *a.state()]

    a = Arrays()
    before = a.state()
    wanted = sequel(a, ARRAYS[name](a))
    del a
    graphs = core.lib.sg_graphs_alive()
    for n in range(100_000):
        a = Arrays()
        result = None
        core.lib.sg_fail_after(n)
        try:
            result = ARRAYS[name](a)
        except MemoryError:
            core.lib.sg_fail_after(-1)
            assert a.state() == before, n
        finally:
            core.lib.sg_fail_after(-1)
        failed = result is None
        assert sequel(a, ARRAYS[name](a) if failed else result) == wanted, n
        del a, result
        assert core.lib.sg_graphs_alive() <= graphs, n
        if not failed:
            break
    assert n > 0
