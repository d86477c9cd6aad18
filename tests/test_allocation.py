"""When memory runs out in C, at any allocation, the call raises MemoryError and leaves every object as it was."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from conftest import native_only

import scalargrad as sg
from scalargrad import Value, core


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
    "set grad": lambda x, root: setattr(root, "grad", 2.0),
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
    del result
    assert core.lib.sg_graphs_alive() <= graphs + 1
    x.grad = 0.0
    root.backward()
    reference_x.grad = 0.0
    reference_root.backward()
    assert (x.grad, root.data) == (reference_x.grad, reference_root.data)
