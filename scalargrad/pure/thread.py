"""The state of a thread: its open graph, and the contexts that it is in. csrc/python/thread.c has the same."""

from __future__ import annotations

import threading
from _thread import allocate_lock
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scalargrad.pure.graph import Graph

NO_GRAD, WATCH, STRICT, RECORD, UNWATCHED = 1, 2, 4, 8, 16  # what a context does; the first three: a thread's mode


class Entry:
    """One entry of a thread into a context. It is over when its lock is released, or its holder is gone."""

    __slots__ = ("bits", "context", "holder", "lock")

    def __init__(self, context: Callable[[], Any], bits: int) -> None:  # a weak reference
        self.context, self.bits = context, bits
        self.holder: Callable[[], Any] | None = None  # a weak reference; see `contexts.py`
        self.lock = allocate_lock()
        self.lock.acquire()

    def open(self) -> bool:
        return self.lock.locked() and (self.holder is None or self.holder() is not None)

    def __call__(self) -> None:
        """There is no graph in which an operation may record without looking at the contexts."""


def nothing() -> None:
    """Stands for a reference to a graph, while there is none."""


class Opened:
    """A thread's open graph. It is closed when the thread ends, because the order of closing is the order of sums."""

    __slots__ = ("graph",)

    def __init__(self) -> None:
        self.graph: Callable[[], Graph | None] = nothing  # a weak reference: a graph is freed with its last Value

    def __del__(self) -> None:
        graph = self.graph()
        if graph is not None:
            graph.close()


class _Thread(threading.local):
    def __init__(self) -> None:
        self.opened = Opened()  # one per thread: Python would ignore an interrupt in its `__del__`
        # The entries, the innermost first, also some that are over, until `mode` is called. Last, a reference to the
        # open graph, or `nothing` if that may have to be closed. So an operation need only call the first item.
        self.state: list[Any] = [nothing]


now = _Thread()  # the state of the thread that reads it


def entered() -> list[Entry]:
    """The entries of this thread, the innermost first."""
    return now.state[:-1]


def mode() -> int:
    """What the contexts of this thread do together. The innermost one that says something about a bit decides it."""
    bits, undecided, over = 0, NO_GRAD | WATCH | STRICT, False
    for entry in entered():
        if not entry.lock.locked() or (entry.holder is not None and entry.holder() is None):
            over = True
            continue
        bits |= entry.bits & undecided
        if entry.bits & (NO_GRAD | RECORD):
            undecided &= ~NO_GRAD
        if entry.bits & UNWATCHED:
            undecided &= ~(WATCH | STRICT)
    if over:
        forget_entries()
    return bits


def forget_entries() -> None:
    """Forgets the entries of this thread that are over."""
    now.state[:-1] = [entry for entry in entered() if entry.open()]


def watchers() -> list[Any]:
    """The contexts that watch this thread, the innermost first, once per entry."""
    found = []
    for entry in entered():
        context = entry.context()
        if entry.open() and entry.bits & UNWATCHED:
            break
        if entry.open() and entry.bits & WATCH and context is not None:
            found.append(context)
    return found
