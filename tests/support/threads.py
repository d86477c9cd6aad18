"""Threads that run at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any


def run(workers: list[Callable[[], Any]]) -> list[Any]:
    """Runs all at once; gives their results, or raises the first error."""
    results: list[Any] = [None] * len(workers)
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(workers))

    def work(k: int) -> None:
        try:
            barrier.wait()
            results[k] = workers[k]()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(workers))]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)  # a thread soon gives way to another that waits
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    if errors:
        raise errors[0]
    return results
