"""Operations on nodes of closed graphs whose results are dropped. Each opens a graph, links it, and frees it.

The C core keeps one small graph that was freed for the next: nothing of the old one may show in the new one, and
neither keeps anything alive."""

from __future__ import annotations

import weakref

import pytest

import scalargrad as sg
from scalargrad import Value, core
from tests.support.counters import leaves_nothing
from tests.support.profiles import native_only

SIZES = [1, 2, 7, 8, 9, 31, 33, 100]


class Closed:
    """Leaves 1, 2, ... and nodes 2 k of a graph that is closed."""

    def __init__(self, n: int) -> None:
        self.leaves = [Value(k + 1.0) for k in range(n)]
        self.nodes = [x * 2.0 for x in self.leaves]
        sg.sum(self.nodes).backward(0.0)


def _expression(closed: Closed, n: int, leaf: Value) -> Value:
    """A sum over n nodes: of links, of constants, of operands in a list, of a leaf that enters."""
    y = leaf * 1.0
    for k, node in enumerate(closed.nodes[:n]):
        y = y + node * (k + 3.0)
    return sg.sum([y, *closed.nodes[:n], 1.0])


@pytest.mark.parametrize("dropped", SIZES)
@pytest.mark.parametrize("backwards", [0, 1, 2])
def test_a_graph_that_was_freed_does_not_show_in_the_next(dropped: int, backwards: int) -> None:
    for n in SIZES:
        closed, leaf = Closed(max(SIZES)), Value(5.0)
        gone = _expression(closed, dropped, leaf)
        gone.label = "gone" if dropped % 2 else ""
        for _ in range(backwards):
            gone.backward(0.0)
        del gone
        y = _expression(closed, n, leaf)
        assert (y.grad, y.label) == (0.0, "")
        assert y.data == 6.0 + sum((k + 4.0) * 2.0 * (k + 1.0) for k in range(n))
        y.backward()
        assert leaf.grad == 1.0
        assert [x.grad for x in closed.leaves[:n]] == [2.0 * (k + 4.0) for k in range(n)]
        assert [node.grad for node in closed.nodes[:n]] == [k + 4.0 for k in range(n)]
        assert not any(x.grad for x in closed.leaves[n:])


@pytest.mark.parametrize("dropped", SIZES)
def test_nothing_is_kept_alive(dropped: int, no_gc: None) -> None:
    closed, leaf = Closed(max(SIZES)), Value(5.0)
    gone = [weakref.ref(x) for x in [leaf, *closed.leaves]]
    _expression(closed, dropped, leaf)
    del closed, leaf
    assert not any(ref() for ref in gone)


@native_only
def test_small_ones_allocate_nothing() -> None:
    """An operation after another takes the graph that the other left."""
    closed, leaf = Closed(3), Value(5.0)
    u, v, w = closed.nodes
    _expression(closed, 3, leaf)
    core.lib.sg_fail_after(0)
    try:
        for _ in range(3):
            w * 2.0
            (u * v + w - 1.0) / leaf
            sg.where(u > v, u, w)
    finally:
        core.lib.sg_fail_after(-1)


@native_only
@pytest.mark.parametrize("n", SIZES)
def test_memory_is_flat(n: int) -> None:
    closed, leaf = Closed(n), Value(5.0)

    def step() -> None:
        _expression(closed, n, leaf)
        closed.nodes[0] * 2.0

    leaves_nothing(step)
