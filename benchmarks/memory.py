"""Bytes per node and per live handle, by the growth of resident memory: `python -m benchmarks.memory CONTENDER N`.

Each contender is measured in a process of its own, where nothing freed before can be used again.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.peers import CONTENDERS, Contender

STATM = Path("/proc/self/statm")
GRAPH = 65_000  # operations in one graph of scalargrad, which is closed at 65 536 nodes


def resident() -> int:
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure(contender: Contender, count: int) -> dict[str, float | None]:
    """Bytes per node, of a chain of `count` operations of which only the last result is alive; bytes per handle, beyond
    its node and its place in a list, of `count` live results; bytes per node by the C core's own count."""
    gc.disable()
    x = y = contender.variable(1.0)
    contender.start((x,))

    def chain(turns: int) -> object:
        z = x
        for _ in range(turns):
            z = z * y
        return z

    warm = chain(1000)
    before = resident()
    end = chain(count)
    node = (resident() - before) / count
    results: list[object] = [None] * count  # so that the list is resident before the first reading
    before = resident()
    for i in range(count):
        results[i] = x * y
    handle = (resident() - before) / count - node
    del warm, end, results
    return {"node": node, "handle": handle, "counted": counted(contender, chain)}


def counted(contender: Contender, chain: Callable[[int], object]) -> float | None:
    """Bytes per node of one large graph after a backward, as the C core counts them."""
    if contender.graph_bytes is None:
        return None
    contender.backward(contender.variable(1.0) * 1.0)  # closes the open graph
    end = chain(GRAPH)
    contender.backward(end)
    return contender.graph_bytes(end)


def measure_apart(name: str, count: int) -> dict[str, float | None]:
    """`measure` in a new process. All are None if the system does not report resident memory."""
    if not STATM.exists():
        return {"node": None, "handle": None, "counted": None}
    command = [sys.executable, "-m", "benchmarks.memory", name, str(count)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
    found: dict[str, float | None] = json.loads(told.stdout)
    return found


if __name__ == "__main__":
    print(json.dumps(measure(CONTENDERS[sys.argv[1]](), int(sys.argv[2]))), flush=True)
    os._exit(0)  # freeing a micrograd graph of a million nodes takes too long
