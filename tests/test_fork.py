"""A forked child goes on with the graphs that it has inherited, and its parent with its own."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable

import pytest

import scalargrad as sg
from scalargrad import Value, Vector, core

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def in_a_child(check: Callable[[], None]) -> None:
    """Runs a check in a forked child; fails where it raises there."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            check()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_an_open_graph_goes_on_in_both() -> None:
    x = Value(3.0)
    y = x * x
    closed = x * 5.0
    closed.backward()
    z = y * closed

    def go_on() -> None:
        root = z * x + Vector([1.0, 2.0]).sum() * x
        root.backward()
        assert (x.grad, y.grad, closed.grad) == (5.0 + 20 * 27.0 + 3.0, 45.0, 27.0)
        with sg.no_grad():
            assert (x * 2.0)._prev == set()

    in_a_child(go_on)
    assert (x.grad, y.grad, closed.grad) == (5.0, 0.0, 1.0)
    go_on()
    in_a_child(lambda: x.backward())
    assert x.grad == 548.0


def test_a_fork_while_a_thread_sweeps() -> None:
    """A large block may be changing hands just then; the child takes its blocks from malloc."""
    x = Value(1.0)
    y = x
    for _ in range(40_000 if sg.backend() == "native" else 200):
        y = y * 1.0
    y.backward()
    stop = threading.Event()
    count = [1]

    def sweep() -> None:
        while not stop.is_set():
            y.backward()
            count[0] += 1

    def check() -> None:
        w = Value(2.0)
        v = w
        for _ in range(9_000 if sg.backend() == "native" else 90):
            v = v * 1.0
        v.backward()
        v.backward()
        assert w.grad == 2.0 and core.key(v) is not None

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        for _ in range(3):
            in_a_child(check)
    finally:
        stop.set()
        thread.join()
    assert x.grad == count[0] > 1
