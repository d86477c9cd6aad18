"""Sweeps that overlap: each has scratch of its own, whatever the order in which they begin, commit and are thrown away.

A sweep and its commit are two calls of the C core, so one thread can play the interleavings of two. Then threads
race for real, until two have been inside a sweep at once."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from scalargrad import Value, core
from tests.support.counters import leaves_nothing
from tests.support.profiles import native_only

pytestmark = native_only


class Sweep:
    """One that has run and is neither committed nor discarded."""

    def __init__(self, root: Value, seed: float, check: bool = False) -> None:
        self.report = core.ffi.new("sg_report *")
        self.root = root
        graph, index = core._node.seal(root)
        assert core.lib.sg_sweep(graph, index, seed, check, 0, self.report)

    def commit(self) -> None:
        core._node.commit(int(core.ffi.cast("uintptr_t", self.report)))
        assert self.report.sweep == 0

    def discard(self) -> None:
        core.lib.sg_discard(self.report)
        assert self.report.sweep == 0


class Trunk:
    """Two leaves, a closed trunk of 200 nodes, and three roots: of the trunk's end, of its middle, and over a link."""

    def __init__(self, swept: int) -> None:
        self.x, self.w = Value(1.5), Value(0.5)
        chain = [self.x * self.w]
        for k in range(200):
            chain.append(chain[-1] + self.w if k % 2 else chain[-1] * 1.0)
        self.middle, self.end = chain[100], chain[-1]
        core._node.seal(self.end)
        self.over = self.end * 3.0 + self.middle
        for _ in range(swept):  # once: adjoints; twice: scratch that is kept, too
            for root in (self.middle, self.end, self.over):
                root.backward()
        self.x.grad = self.w.grad = 0.0

    def roots(self) -> list[Value]:
        return [self.middle, self.end, self.over]


# by hand: middle = x*w + 50 w, end = x*w + 100 w, over = 3 end + middle
BY_X, BY_W = (0.5, 0.5, 2.0), (51.5, 101.5, 356.0)
ACTIONS = [(0, "commit"), (1, "commit"), (0, "discard"), (1, "discard")]
ORDERS = [order for order in itertools.permutations(ACTIONS, 2) if order[0][0] != order[1][0]]


@pytest.mark.parametrize("swept", [0, 1, 2])
@pytest.mark.parametrize("pair", list(itertools.product(range(3), repeat=2)))
def test_two_sweeps_at_once(pair: tuple[int, int], swept: int) -> None:
    """Both are begun, then each is committed or thrown away, in either order; and all is swept once more."""
    for order in ORDERS:
        trunk = Trunk(swept)
        roots = trunk.roots()
        sweeps = [Sweep(roots[pair[0]], 1.0), Sweep(roots[pair[1]], -4.0, check=True)]
        by_x = by_w = 0.0
        for k, action in order:
            getattr(sweeps[k], action)()
            if action == "commit":
                seed = (1.0, -4.0)[k]
                by_x, by_w = by_x + seed * BY_X[pair[k]], by_w + seed * BY_W[pair[k]]
                assert roots[pair[k]].grad == seed
        assert (trunk.x.grad, trunk.w.grad) == (by_x, by_w)
        for k, root in enumerate(roots):
            root.backward(2.0)
            by_x, by_w = by_x + 2 * BY_X[k], by_w + 2 * BY_W[k]
            assert root.grad == 2.0
        assert (trunk.x.grad, trunk.w.grad) == (by_x, by_w)
        assert (trunk.middle.grad, trunk.end.grad) == (8.0, 6.0)


def test_overlapping_sweeps_leave_nothing_behind() -> None:
    def step() -> None:
        roots = Trunk(2).roots()
        sweeps = [Sweep(root, 1.0) for root in roots * 2]
        for k, sweep in enumerate(sweeps):
            sweep.discard() if k == 2 else sweep.commit()
        sweeps[0].discard()  # once more: nothing happens
        for root in roots:
            root.backward()

    leaves_nothing(step, 100)


# --- for real


def _at_once(workers: list[Callable[[], Any]], limit: float = 60.0) -> list[tuple[float, float, int]]:
    """Runs them over and over until two have overlapped; gives when each call began and ended, and whose it was."""
    spans: list[tuple[float, float, int]] = []
    errors: list[BaseException] = []
    stop, barrier = threading.Event(), threading.Barrier(len(workers))
    end = time.monotonic() + limit

    def work(k: int) -> None:
        try:
            barrier.wait()
            while not stop.is_set():
                begun = time.perf_counter()
                workers[k]()
                spans.append((begun, time.perf_counter(), k))
                recent = list(spans[-2 * len(workers) :])
                if any(
                    a[2] != b[2] and max(a[0], b[0]) < min(a[1], b[1]) for a, b in itertools.combinations(recent, 2)
                ):
                    stop.set()
                if time.monotonic() > end:
                    stop.set()
        except BaseException as error:
            errors.append(error)
            stop.set()

    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(workers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors
    return spans


def test_threads_race_for_one_scratch() -> None:
    """Sweeps of one graph from several threads, inside the C core at the same time: every sum is exact."""
    x, w = Value(1.0), Value(1.0)
    y = x * w
    for _ in range(150_000):
        y = y * 1.0 + w
    core._node.seal(y)
    roots = [y * float(k + 1) for k in range(3)]
    for root in roots:
        core._node.seal(root)
    y.backward(0.0)
    y.backward(0.0)  # now there is scratch to race for
    graph_of = {id(root): core._node.seal(root) for root in roots}
    done = [0, 0, 0]

    def sweeping(k: int) -> Callable[[], None]:
        report = core.ffi.new("sg_report *")
        address = int(core.ffi.cast("uintptr_t", report))

        def sweep() -> None:
            assert core.lib.sg_sweep(*graph_of[id(roots[k])], 1.0, False, 0, report)
            core._node.commit(address)
            done[k] += 1

        return sweep

    spans = _at_once([sweeping(k) for k in range(3)])
    assert len({k for *_, k in spans}) > 1
    total = sum((k + 1) * n for k, n in enumerate(done))
    assert (x.grad, w.grad) == (total, 150_001.0 * total)
    assert y.grad in (1.0, 2.0, 3.0)


def test_the_last_commit_counts_for_interior_nodes() -> None:
    trunk = Trunk(1)
    first, second = Sweep(trunk.over, 1.0), Sweep(trunk.end, 5.0)
    second.commit()
    assert (trunk.end.grad, trunk.middle.grad) == (5.0, 5.0)
    first.commit()
    assert (trunk.end.grad, trunk.middle.grad, trunk.over.grad) == (3.0, 4.0, 1.0)
