"""Nothing is left behind: graphs, leaves, bulk records and scratch go with the last Value, whatever went before.

Counted exactly: graphs alive without the collector, Python's blocks, and the bytes of the C heap, after many steps."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
import sys
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core, losses, nn, optim
from scalargrad.errors import AnomalyError, NumberError
from tests.support.counters import NATIVE, graphs, heap, leaves_nothing
from tests.support.profiles import native_only

SHARED = Value(0.75)


def _over_links(n: int = 12) -> Value:
    """A root over three graphs, with many links in the last."""
    first = [SHARED * float(k) for k in range(n)]
    first[0].backward(0.0)
    second = [x * SHARED for x in first]
    second[-1].backward(0.0)
    return sg.sum([x * y for x, y in zip(first, second)])


def _array() -> tuple[Matrix, Any]:
    x = Matrix([[0.5, -1.0, 2.0], [0.25, 1.5, -0.5]])
    y = (x * x + x[0]).relu() @ x.T
    return x, y


def _swept_three_times() -> None:
    root = _over_links()
    root.backward()
    root.backward()
    (root * 2.0).backward()


def _arrays_over_links() -> None:
    x, y = _array()
    y.sum().backward()
    z = (y @ x).logsumexp(1) + y.max(0)[0]
    z.sum().backward()
    z[0].backward()


def _refused() -> None:
    x, _ = Value(1.0), None
    for wrong in ("a", None, 10**400, 1j):
        with pytest.raises((NumberError, OverflowError)):
            sg.sum([x, x, wrong])
    with pytest.raises(TypeError):
        x * object()


def _watched() -> None:
    with sg.detect_anomaly():
        x, y = _array()
        sg.where(y[0, 0], y[1, 1] + 1000.0, 3.0).backward()
        with sg.detect_anomaly(strict=True), pytest.raises(AnomalyError):
            sg.log(x[0, 0] * 0.0)
        with sg.detect_anomaly(strict=True), pytest.raises(AnomalyError):
            sg.sqrt(x[0, 0] - 0.5).backward()


def _element_by_element() -> None:
    """Under the watch, operations on arrays of every kind, and such as fail at a later element."""
    with sg.detect_anomaly():
        x, _ = _array()
        y = sg.where(x, x * SHARED, SHARED) @ x.T
        (y.logsumexp(1) - y.softmax(0).max(0)).sum().backward()
        Matrix([[1.0], [2.0]])[:, :0] @ Matrix([[1.0, 2.0]])[:0]
        last = Matrix([[1.0, 2.0], [1e308, 1e308]])
        for use in (lambda: sg.log(x + 1.0), lambda: sg.where(x + 1.0, x, math.inf), lambda: x @ [0.0, 1.5e308, 0.0],
                    lambda: last.sum(1), lambda: (last - 1e308).sqrt()):  # fmt: skip
            with sg.detect_anomaly(strict=True), pytest.raises(AnomalyError):
                use()


STEPS: dict[str, Callable[[], Any]] = {
    "an operation": lambda: SHARED * 2.0,
    "three operands": lambda: sg.where(SHARED, 1.0, SHARED),
    "a reduction": lambda: sg.max([SHARED * k for k in range(20)]),
    "a backward": lambda: (SHARED * SHARED).backward(),
    "over links": lambda: _over_links().backward(),
    "backward again": _swept_three_times,
    "a grad set by hand": lambda: setattr(_over_links(), "grad", 2.0),
    "converted numbers": lambda: [SHARED * x for x in (True, 3, np.float32(0.5), np.int64(2), np.array(1.5))],
    "refused": _refused,
    "no_grad": lambda: sg.no_grad()(lambda: _array()[1].sum() * _over_links())(),
    "watched": _watched,
    "element by element": _element_by_element,
    "deepcopy": lambda: copy.deepcopy((_over_links(), _array()[1])),
    "pickle": lambda: pickle.loads(pickle.dumps((_over_links(), _array()[1]))),
    "a copy swept": lambda: copy.deepcopy(_over_links()).backward(),
    "a damaged record": lambda: core.rebuild(*core.flatten(_over_links())[:1], b"", *core.flatten(_over_links())[2:]),
    "_prev": lambda: [v._prev for v in _over_links()._prev],
    "arrays": lambda: _array()[1].sum().backward(),
    "arrays not read": _array,
    "arrays over links": _arrays_over_links,
    "listed operands": lambda: (Vector([SHARED, SHARED * 2.0, Value(1.0), 3.0]) * 2.0).sum().backward(),
    "an array of new leaves": lambda: Vector([1.0] * 300)[7],
    "taken": lambda: _array()[0][[1, 0, 1]].softmax().sum().backward(),
    "a product of lists": lambda: (_array()[1] @ Matrix([[SHARED, 1.0], [2.0, SHARED]])).sum().backward(),
    "grad": lambda: sg.grad(lambda x: (x * x).sum() * SHARED)(np.ones(30)),
    "jacobian": lambda: sg.jacobian(lambda x: [x[0] * x[1], SHARED * x[0]])([1.0, 2.0]),
    "a failed transform": lambda: _raises(lambda: sg.grad(lambda x: (x * x)["a"])(np.ones(30))),
    "a leaf as root": lambda: SHARED.backward(),
}


def _raises(function: Callable[[], Any]) -> None:
    try:
        function()
    except Exception:
        return
    pytest.fail("nothing was raised")


@pytest.mark.parametrize("name", STEPS)
def test_nothing_is_left_behind(name: str) -> None:
    # pickling makes up to 200 objects more, however many steps there are: so half an object a step has to be more
    leaves_nothing(STEPS[name], 600 if name == "pickle" else 250)


@pytest.mark.parametrize("optimiser", ["SGD", "Adam"])
def test_training_on_arrays_leaves_nothing_behind(optimiser: str) -> None:
    model = nn.MLP(3, [8, 8, 2])
    descent = getattr(optim, optimiser)(model.parameters(), lr=0.01)
    batch, targets = [[0.1 * k, -0.5, 0.25 * k] for k in range(12)], [k % 2 for k in range(12)]

    def step() -> None:
        scores = model(Matrix(batch))
        scores * 2.0  # read by nobody
        loss = losses.cross_entropy(scores, targets) + 0.01 * losses.l2(model.parameters())
        descent.zero_grad()
        loss.backward()
        descent.step()

    leaves_nothing(step, (2000 if optimiser == "SGD" else 300) if NATIVE else 12, 50 if NATIVE else 4)


# --- the order in which they go


def test_any_order_of_going(no_gc: None) -> None:
    """A leaf, a node of a closed graph, a root in a later one, an array there, an element of it: what is held works."""

    class Watched(Value):
        pass

    for order in itertools.permutations(range(5)):
        leaf = Watched(2.0)
        before, gone = graphs(), weakref.ref(leaf)
        trunk = leaf * 3.0
        trunk.backward()
        leaf.grad = 0.0
        array = Vector([1.0, 2.0]) * trunk
        root = array.sum() * leaf
        held: list[Any] = [leaf, trunk, root, array, array[0]]
        del leaf, trunk, root, array
        for k in order:
            held[k] = None
            if held[2] is not None:
                held[2].backward()
                assert held[2].grad == 1.0
                if held[1] is not None:
                    assert held[1].grad == 6.0  # (1 + 2) * leaf
            if held[4] is not None:
                assert held[4].data == 6.0 and held[4]._op == "*"
            assert (gone() is not None) == any(x is not None for x in held), order
        assert graphs() <= before


def test_a_graph_holds_each_of_its_leaves_as_often_as_it_has_entries(no_gc: None) -> None:
    x = Value(1.0)
    alone = sys.getrefcount(x)
    y = x * x + x
    assert sys.getrefcount(x) == alone + 1
    x.data = 2.0
    z = y * x  # another entry
    assert sys.getrefcount(x) == alone + 2
    z.backward()
    w = z * x  # another graph
    assert sys.getrefcount(x) == alone + 3
    for look in (lambda v: v._prev, core.operands, core.flatten, copy.deepcopy, repr):
        for _ in range(3):
            look(y), look(w)
        assert sys.getrefcount(x) == alone + 3
    del y, z
    assert sys.getrefcount(x) == alone + 3
    del w
    assert sys.getrefcount(x) == alone


@pytest.mark.parametrize("entries", [1, 2, 5])
def test_a_copy_holds_its_leaves(entries: int, no_gc: None) -> None:
    """Rebuilt graphs hold as many references as they have entries, and give them back."""
    x = Value(1.0)
    y = x * 2.0
    for k in range(entries - 1):
        x.data = float(k)
        y = y + x * x
    *record, leaves = core.flatten(y)
    assert len(leaves) == 1 and leaves[0] is x
    del leaves
    alone = sys.getrefcount(x)
    (twin,) = core.rebuild(*record, [x])
    assert sys.getrefcount(x) == alone + entries
    del twin
    assert sys.getrefcount(x) == alone


@native_only
def test_a_graph_that_is_made_and_dropped_gives_its_bytes_back(no_gc: None) -> None:
    """`sg_graph_bytes` counts what the heap holds for a graph; dropping it gives that back, but for a few words."""
    kept = SHARED * 1.0
    core._node.seal(kept)
    y = SHARED
    for k in range(1000):
        y = y * 1.5 + kept if k % 100 == 0 else y * 1.5
    z = sg.sum([y, SHARED] * 20)
    graph, _ = core._node.seal(z)
    told = int(core.lib.sg_graph_bytes(graph))
    z.backward()
    z.backward()
    nodes = 1 + 1000 + 10 + 1 + 1  # SHARED, the chain, kept, the sum
    swept = int(core.lib.sg_graph_bytes(graph))
    assert swept - told == 2 * (8 * (nodes + 1) + nodes // 64 + 1)  # adjoints, and scratch for the next sweep
    before = heap()
    del y, z
    assert swept < 1 << 16  # a larger block may be kept for the next graph
    assert before == 0 or before - heap() >= swept - 1024
