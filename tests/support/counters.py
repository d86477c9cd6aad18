"""What a step of a loop leaves behind: graphs, Python objects, bytes of the C heap, counted exactly."""

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
    """Bytes that malloc has given to this thread's arena and not got back; 0 where the C library does not say."""
    if _mallinfo2 is None or SANITIZED:
        return 0
    info = _mallinfo2()
    return int(info.uordblks + info.hblkhd)


def graphs() -> int:
    """Graphs alive, in the C core."""
    return int(core.lib.sg_graphs_alive()) if NATIVE else 0


def references() -> list[int]:
    """To what an operation borrows and gives back: the constants, and the types of its results."""
    return [sys.getrefcount(x) for x in (None, NotImplemented, sg.Value, core.Block)]


def leaves_nothing(
    step: Callable[[], Any], steps: int = 200, warm_up: int = 100, bytes_a_step: int = 8, objects: int | None = None
) -> None:
    """Runs a step many times without the collector: no graph is left, nor one object, reference or block of
    the heap a step."""
    most = steps // 2 if objects is None else objects
    gc.freeze()  # what is there already: so collecting is quick
    gc.disable()
    try:
        for _ in range(warm_up):
            step()
        for last in (*[False] * 7, True):  # caches grow once, and other threads allocate; what leaks grows each time
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
        assert bytes_left < bytes_a_step * steps, "bytes of the heap"  # malloc gives at least 16
        assert moved < most, "references to None, NotImplemented and the types"
    finally:
        gc.enable()
        gc.unfreeze()


__all__ = ["NATIVE", "graphs", "heap", "leaves_nothing"]
