"""Graphs: repetition, mutation, links, roll-over, what a sweep reaches, interruption, and memory."""

from __future__ import annotations

import copy
import math
import pickle
import signal
import sys
import time
import weakref
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, Vector, core
from tests.support.engines import bits
from tests.support.profiles import native_only
from tests.test_size import measures_memory, resident


def test_backward_twice_adds_to_leaves_alone() -> None:
    x = Value(3.0)
    square = x * x
    y = square * x
    y.backward()
    assert (x.grad, square.grad, y.grad) == (27.0, 3.0, 1.0)
    y.backward()
    assert (x.grad, square.grad, y.grad) == (54.0, 3.0, 1.0)
    y.backward(0.5)
    assert (x.grad, square.grad, y.grad) == (67.5, 1.5, 0.5)


def test_two_roots_over_one_trunk() -> None:
    x = Value(2.0)
    trunk = x * x
    one, two = trunk * 3, trunk + 1
    one.backward()
    two.backward()
    assert (x.grad, trunk.grad, one.grad, two.grad) == (16.0, 1.0, 1.0, 1.0)


def test_a_root_used_again_after_its_backward() -> None:
    x = Value(2.0)
    y = x * x
    y.backward()
    z = y * y + y
    z.backward()
    assert x.grad == 4.0 + 4 * 8 + 4
    assert y.grad == 9.0


def test_backward_from_a_leaf() -> None:
    x = Value(2.0)
    x.backward()
    x.backward(0.5)
    assert x.grad == 1.5


def test_leaf_data_changed_between_forward_and_backward() -> None:
    x, w = Value(3.0), Value(5.0)
    y = x * w
    x.data = 100.0
    z = y * x
    z.backward()
    assert y.data == 15.0 and z.data == 1500.0
    assert (x.grad, w.grad) == (15.0 + 500.0, 300.0)


def test_unreached_leaves_keep_their_grad() -> None:
    x, other = Value(1.0), Value(2.0)
    other.grad = 7.0
    aside = other * x
    (x * 2).backward()
    assert (other.grad, aside.grad, x.grad) == (7.0, 0.0, 2.0)


def test_interior_grad_can_be_set_and_starts_afresh() -> None:
    x = Value(2.0)
    y = x * x
    y.grad = 5.0
    assert y.grad == 5.0
    z = y * 3
    z.backward()
    assert y.grad == 3.0 and x.grad == 12.0


def test_repeated_operands() -> None:
    x = Value(3.0)
    y = x + x
    (y * y * y / y).backward()
    assert x.grad == 4 * 6.0


def test_seed() -> None:
    x = Value(3.0)
    (x * x).backward(-2)
    assert x.grad == -12.0


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_where_the_tape_is_cut_does_not_show(cuts: list[bool], rng: Any) -> None:
    """The same operations, with the graph closed at random places: the same bits."""
    recipe = [(rng.randrange(3), rng.random(), rng.random()) for _ in cuts]
    results = []
    for cutting in (False, True):
        leaves = [Value(0.1), Value(-0.7), Value(1.3)]
        nodes: list[Value] = list(leaves)
        for (kind, a, b), cut in zip(recipe, cuts):
            x, y = nodes[int(a * len(nodes))], nodes[int(b * len(nodes))]
            nodes.append(x * y + 0.1 if kind == 0 else sg.sin(x) - y if kind == 1 else sg.sum(nodes[-5:]))
            if cut and cutting:
                (nodes[-1] * 1).backward(0.0)
        for leaf in leaves:
            leaf.grad = 0.0
        sg.sum(nodes).backward()
        results.append([bits(n.grad) for n in nodes])
    assert results[0] == results[1]


def test_two_handles_of_one_node_in_a_later_graph() -> None:
    """`_prev` makes a second handle; uses of both, interleaved, add up."""
    x = Value(3.0)
    y = x * x
    top = y + 1
    top.backward()
    (twin,) = [v for v in top._prev if v._op]
    assert twin is not y
    z = (y * 2 + twin * 3) + (y * 4 + twin * 5)
    x.grad = 0.0
    z.backward()
    assert (y.grad, twin.grad, x.grad) == (14.0, 14.0, 84.0)


def test_roll_over() -> None:
    x = Value(1.0)
    y = x
    for _ in range(200_000):
        y = y + x
    y.backward()
    assert (y.data, x.grad) == (200_001.0, 200_001.0)


def test_many_losses_over_one_trunk_take_time_by_what_each_reaches() -> None:
    """Doubling the trunk that the losses do not reach must not double their time."""

    def seconds(aside: int) -> float:
        x = Value(1.0)
        trunk = x * 2
        unreached = trunk
        for _ in range(aside):
            unreached = unreached * 1.0
        start = time.perf_counter()
        for _ in range(2000):
            (trunk * 3.0).backward()
        assert x.grad == 12_000.0
        return time.perf_counter() - start

    seconds(10)
    small = min(seconds(1_000) for _ in range(3))
    assert min(seconds(60_000) for _ in range(3)) < 20 * small  # 60 times the nodes


def test_keyboard_interrupt_at_any_line_changes_nothing() -> None:
    """A trace function raises at the n-th line that backward runs, for every n until it gets through."""
    x = Value(2.0)
    trunk = x * x
    (trunk * 2).backward()
    root = trunk * trunk + sg.exp(x)
    before, after = (x.grad, trunk.grad), (x.grad + (32.0 + math.exp(2.0)), 8.0)
    unchanged = 0
    for n in range(1, 2000):
        count = 0

        def trace(frame: Any, event: str, argument: Any, n: int = n) -> Any:
            nonlocal count
            if event == "line":
                count += 1
                if count == n:
                    raise KeyboardInterrupt
            return trace

        raised = False
        sys.settrace(trace)
        try:
            root.backward()
        except KeyboardInterrupt:
            raised = True
        finally:
            sys.settrace(None)
        if raised and (x.grad, trunk.grad) == before:
            unchanged += 1
        else:
            break
    assert (x.grad, trunk.grad) == after  # the first that got as far as the commit, raised behind it or not
    assert unchanged >= 3


def test_keyboard_interrupt_by_a_signal() -> None:
    """A signal in a long sweep: all of it is committed, or nothing. One arrives each time; both are seen to happen."""
    x = Value(1.0)
    y = x
    for _ in range(100_000 if sg.backend() == "native" else 1_500):
        y = y * 1.0
    start = time.perf_counter()
    y.backward()
    duration = time.perf_counter() - start

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    found = []
    try:
        while len(found) < 30 or (len(set(found)) < 2 and len(found) < 600):
            x.grad = 0.0
            with pytest.raises(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, 1e-6 + duration * (len(found) % 30) / 10)
                y.backward()
                for _ in range(3000):  # in short sleeps: one that another thread was sent the signal for would go on
                    time.sleep(0.01)
            found.append(x.grad)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert set(found) == {0.0, 1.0}


class Mutating:
    """A number whose conversion changes a leaf."""

    ndim, dtype = 0, type("dtype", (), {"kind": "f"})()

    def __init__(self, leaf: Value) -> None:
        self.leaf = leaf

    def __float__(self) -> float:
        self.leaf.data = 100.0
        return 2.0


def test_operands_are_captured_once() -> None:
    x = Value(3.0)
    y = x * Mutating(x)
    assert y.data == 200.0
    w = Value(5.0)
    (w * x).backward()
    assert w.grad == 100.0


def test_recording_after_looking_at_prev_stays_linear() -> None:
    x = Value(1.0)
    h = [x * 1.0 for _ in range(30_000)]
    total = sg.sum(h)
    total.backward()
    assert len(total._prev) == 30_000
    again = sg.sum(h)  # 30,000 links
    again.backward()
    assert x.grad == 60_000.0


@native_only
@measures_memory
def test_ctrl_c_in_a_long_sweep_loses_no_memory() -> None:
    x = Value(1.0)
    y = x
    for _ in range(1_000_000):
        y = y * 1.0
    y.backward()
    y.backward()

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    before = resident()
    try:
        for _ in range(20):
            with pytest.raises(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, 0.0005)
                y.backward()
                for _ in range(100):
                    time.sleep(0.01)
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert resident() - before < 40e6  # one sweep's scratch is 8 MB


# --- memory


def _graphs() -> int:
    return int(core.lib.sg_graphs_alive())


@native_only
def test_graphs_are_freed_by_reference_counting(no_gc: None) -> None:
    p = Value(1.0)
    (p * 1).backward()
    before = _graphs()
    for _ in range(50):
        loss = sg.sum([(p * k - 1) ** 2 for k in range(5)])
        loss.backward()
        p.data -= 0.001 * p.grad
        with sg.no_grad():
            (p * 2).detach()
        copy.deepcopy(loss)
        pickle.loads(pickle.dumps(loss))
    del loss
    for _ in range(50):
        sg.exp(p * 2)
    assert _graphs() <= before + 1


@native_only
def test_history_is_kept_and_freed_without_recursion(no_gc: None) -> None:
    w, aside = Value(1.0), Value(1.0)
    before = _graphs()
    for _ in range(50_000):
        w = w - 0.5 * w
        (aside * 1.0).backward()  # closes the graph that holds w, so that the next one links to it
    assert _graphs() > before + 40_000  # as in PyTorch, the history is kept
    del w
    assert _graphs() <= before + 1


@pytest.mark.parametrize("place", range(5))
def test_a_vector_of_leaves_and_a_result_does_not_keep_its_graph_alive(place: int, no_gc: None) -> None:
    """A graph holds the storage of a Vector of leaves, but not of one that holds the graph."""
    items = [Value(float(k)) for k in range(4)]
    items.insert(place, items[0] * 2.0)
    row, gone = Vector(items[-1:] + items[:-1]), weakref.ref(items[1 if place == 0 else 0])
    (row * row).sum().backward()
    del items, row
    assert gone() is None


def test_the_open_graph_does_not_keep_itself_alive(no_gc: None) -> None:
    class Watched(Value):
        pass

    leaf = Watched(1.0)
    gone = weakref.ref(leaf)
    y = leaf * 2
    del leaf
    assert gone() is not None
    del y
    assert gone() is None
