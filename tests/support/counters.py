"""Counts exactly what a step of a loop leaves behind: graphs, Python objects, bytes of the C heap."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from typing import Any

import scalargrad as sg
from scalargrad import core
from tests.test_size import SANITIZED

NATIVE = sg.backend() == "native"


class _Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks",
                                                     "fsmblks", "uordblks", "fordblks", "keepcost")]  # fmt: skip


try:
    _mallinfo2: Any = ctypes.CDLL(None).mallinfo2
    _mallinfo2.restype = _Mallinfo2
except (AttributeError, OSError):
    _mallinfo2 = None


def heap() -> int:
    """Bytes that are allocated in this thread's arena; 0 if the C library does not report them."""
    if _mallinfo2 is None or SANITIZED:
        return 0
    info = _mallinfo2()
    return int(info.uordblks + info.hblkhd)


def graphs() -> int:
    """The number of live graphs in the C core."""
    return int(core.lib.sg_graphs_alive()) if NATIVE else 0


def references() -> list[int]:
    """The references to objects that operations borrow and release: constants, and the types of results."""
    return [sys.getrefcount(x) for x in (None, NotImplemented, sg.Value, core.Block, core.View)]


def leaves_nothing(
    step: Callable[[], Any], steps: int = 200, warm_up: int = 100, bytes_a_step: int = 8, objects: int | None = None
) -> None:
    """Runs a step many times without the garbage collector, and asserts that it leaves no graph, and less than one
    object, reference or heap block per step."""
    most = steps // 2 if objects is None else objects
    gc.freeze()  # exempts existing objects, so that collecting is quick
    gc.disable()
    try:
        for _ in range(warm_up):
            step()
        for last in (*[False] * 7, True):  # caches grow once, and other threads allocate; a leak grows each time
            alive = graphs()
            gc.collect()  # empties the free lists of tuples and floats, which are counted as allocated
            held, blocks, bytes_before = references(), sys.getallocatedblocks(), heap()
            for _ in range(steps):
                step()
            assert graphs() <= alive
            gc.collect()
            objects_left, bytes_left = sys.getallocatedblocks() - blocks, heap() - bytes_before
            moved = max(abs(now - before) for now, before in zip(references(), held))
            if last or (objects_left < most and bytes_left < bytes_a_step * steps and moved < most):
                break
        assert objects_left < most, "Python objects"
        assert bytes_left < bytes_a_step * steps, "bytes of the heap"  # malloc allocates at least 16
        assert moved < most, "references to None, NotImplemented and the types"
    finally:
        gc.enable()
        gc.unfreeze()


__all__ = ["NATIVE", "graphs", "heap", "leaves_nothing"]
