"""How time is measured: processor time on one core, contenders in turn, without the garbage collector."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median
from time import get_clock_info, perf_counter, process_time, thread_time
from timeit import Timer
from typing import TypeVar

from benchmarks.peers import Contender

Sample = TypeVar("Sample")

# Seconds of this thread on the processor, if the system counts them finely. Other processes take time slices, which
# would affect long samples more than short ones, and so distort ratios.
clock = thread_time if get_clock_info("thread_time").resolution < 1e-6 else perf_counter
# The same for all threads of this process, for libraries that compute in other threads.
process_clock = process_time if get_clock_info("process_time").resolution < 1e-6 else perf_counter


def pin() -> int | None:
    """Keeps this process and its children on the last core that it may use. Returns None if the system cannot."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def round_robin(tasks: Mapping[str, Callable[[], Sample]], repetitions: int) -> dict[str, list[Sample]]:
    """Runs the tasks in turn, `repetitions` times after a warm-up. Collects garbage only between tasks."""
    samples: dict[str, list[Sample]] = {name: [] for name in tasks}
    gc.disable()
    try:
        for repetition in range(repetitions + 1):
            for name, task in tasks.items():
                gc.collect()
                sample = task()
                if repetition:
                    samples[name].append(sample)
    finally:
        gc.enable()
    return samples


def steps(restart: Callable[[], object], step: Callable[[], object], seconds: float) -> Callable[[], float]:
    """A task: seconds per step, over as many of the first steps after a restart as fill `seconds`.

    Two steps, each after a restart, go before: as in a training loop, the processor has seen this code just before.
    """

    def once() -> float:
        taken = 0.0
        for _ in range(2):
            restart()
            begun = process_clock()
            step()
            taken = process_clock() - begun
        count = max(1, min(1000, int(seconds / max(taken, 1e-7))))
        restart()
        begun = process_clock()
        for _ in range(count):
            step()
        return (process_clock() - begun) / count

    return once


def operation(contender: Contender, statement: str, count: int) -> Callable[[], float]:
    """A task: ns per statement on the variables a and b, minus the time of an empty loop.

    timeit compiles the loop anew for each contender, so that what the interpreter learns of one does not slow another.
    """
    setup = "a, b = variable(1.5), variable(2.0); start((a, b))"
    names = {"variable": contender.variable, "start": contender.start}
    loop, empty = Timer(statement, setup, clock, names), Timer("pass", setup, clock, names)
    return lambda: (loop.timeit(count) - empty.timeit(count)) * 1e9 / count


def import_ms(imports: Mapping[str, str], runs: int) -> dict[str, float]:
    """The time that each import adds to the start of the interpreter: differences of medians over new processes."""

    def start(name: str, statement: str) -> float:
        backend = {"SCALARGRAD_BACKEND": name} if name in ("native", "python") else {}
        begun = perf_counter()
        subprocess.run([sys.executable, "-I", "-c", statement], check=True, env=os.environ | backend)
        return (perf_counter() - begun) * 1e3

    statements = {"": "pass", **imports}
    samples = round_robin({name: partial(start, name, statement) for name, statement in statements.items()}, runs)
    own = median(samples.pop(""))
    return {name: median(taken) - own for name, taken in samples.items()}
