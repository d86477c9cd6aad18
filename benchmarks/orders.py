"""`python -m benchmarks orders`: derivatives of second order against JAX, torch, CasADi and autograd.

Before anything is timed, the numbers of every contender are held against ours. Each product with a Hessian stands
beside a gradient of the same function; and there is the record of the gradient of a graph of a million nodes.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from statistics import median
from typing import Any

from benchmarks import timing
from benchmarks.command import Benchmark, Outcome
from benchmarks.layers import one_thread
from benchmarks.report import OURS, Measure, Target

REQUIRED = ("jax", "torch", "casadi", "autograd", "numpy", "scipy")
GRADIENT = "gradient"  # ours
RIVALS = ("jax_jit", "jax", "torch", "casadi", "autograd", GRADIENT)
TOLERANCE = 1e-10  # relative to the largest number
FOUR = Target(4.0, GRADIENT)
FIFTH = (Target(0.2, "jax"), Target(0.2, "autograd"))
CASADI = (Target(1.0, "casadi"), Target(0.5, "casadi", "moonshot"))
OF_OTHERS = {"rosenbrock_1000_arrays": "rosenbrock_1000_hessian"}  # a task of ours, and of all others

MEASURES = (
    Measure("rosenbrock_10_hvp", "Rosenbrock, n = 10: hvp", "µs", (FOUR,)),
    Measure("rosenbrock_10_hessian", "the same: Hessian", "µs", FIFTH),
    Measure("rosenbrock_100_hvp", "n = 100: hvp", "µs", (FOUR,)),
    Measure("rosenbrock_100_hessian", "the same: Hessian", "µs"),
    Measure("rosenbrock_1000_hvp", "n = 1,000: hvp", "µs", (FOUR,)),
    Measure(
        "rosenbrock_1000_hessian",
        "the same: Hessian, ours and CasADi's sparse",
        "µs",
        CASADI,
    ),
    Measure("rosenbrock_1000_arrays", "the same, ours by whole arrays", "µs", CASADI),
    Measure("gmm_hvp", "log-likelihood of a mixture: hvp", "µs", (FOUR,)),
    Measure("gmm_hessian", "the same: Hessian", "µs"),
    Measure("greeks_hvp", "Black-Scholes: hvp", "µs", (FOUR,)),
    Measure("greeks_hessian", "the same: all second-order greeks", "µs"),
    Measure("pendulum", "double pendulum: accelerations", "µs"),
    Measure("meta", "gradient through 10 steps of SGD", "µs"),
    Measure("record", "record of a gradient, 10^6 nodes", "ms", (Target(1000.0),)),
    Measure("record_memory", "the same: memory", "MB", (Target(400.0),)),
)
NOTES = (
    "ours = native. Medians in one process on core {core}, processor time, contenders in turn, no collector; a sample"
    " is of so many calls as take {milliseconds:g} ms, or one. casadi: SX functions, made once, in its virtual machine."
    " jax_jit is compiled once; jax, torch, autograd and ours build their graphs at each call, and ours sees that a"
    " Hessian's is the last one's. gradient is ours, of the"
    " same function. Rosenbrock of 100 and more, and the mixture, are of whole arrays in jax, torch and autograd, all"
    " else number by number. The memory of the record is the peak beyond what there was (Linux). Results agree to"
    " {tolerance:g}."
)


@dataclass(frozen=True)
class Settings:
    repetitions: int = 15
    seconds: float = 0.02  # per sample
    nodes: int = 1_000_000  # of the graph whose gradient is recorded
    jax: bool = True  # which takes minutes to warm up


QUICK = Settings(repetitions=1, seconds=1e-4, nodes=2000, jax=False)

_RECORD = """
import json, time
import scalargrad as sg
from scalargrad import core
from scalargrad.record import Record
x = sg.Value(0.5)
before_graph = core.moment()
y = x
for _ in range({nodes} // 2):
    y = sg.sin(y) * x
block = core.block([x])
record = Record(*core.extract([y], [block], before_graph))
def kilobytes(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak begins anew here
before = kilobytes("VmRSS")
begun = time.process_time()
found = core.adjoint(record, [0], [[1.0]])
taken = time.process_time() - begun
print(json.dumps([taken * 1e3, (kilobytes("VmHWM") - before) / 1024.0]))
"""


def _flat(found: Any) -> Any:
    import numpy

    for name in ("detach", "toarray", "full"):  # of a tensor, of scipy's sparse arrays, of CasADi's
        found = getattr(found, name, lambda found=found: found)()
    return numpy.asarray([float(x) for x in found] if isinstance(found, list) and not isinstance(found[0], list)
                         else found, dtype=float).ravel()  # fmt: skip


def agree(key: str, tasks: dict[str, Callable[[], Any]]) -> None:
    """Raises ValueError if a contender's numbers are others than ours."""
    numbers = {name: _flat(task()) for name, task in tasks.items()}
    own = numbers[OURS]
    for name, found in numbers.items():
        apart = abs(found - own).max() if found.shape == own.shape else float("inf")
        if not apart <= TOLERANCE * max(1.0, abs(own).max()):
            raise ValueError(f"{key}: {name} is {apart:.3g} from ours")


def _task(call: Callable[[], Any], seconds: float) -> Callable[[], float]:
    return timing.steps(lambda: None, call, seconds)


def measure(settings: Settings) -> dict[str, dict[str, float | None]]:
    one_thread()
    import_module("benchmarks.peers").load("native")
    peers = import_module("benchmarks.orders_peers")
    ours, gradients = peers.ours()
    makers = {"jax_jit": partial(peers.jax, True), "jax": partial(peers.jax, False), "torch": peers.torch,
              "casadi": peers.casadi, "autograd": peers.autograd}  # fmt: skip
    chosen = {name: make for name, make in makers.items() if settings.jax or "jax" not in name}
    contenders = {OURS: ours, **{name: make() for name, make in chosen.items()}}
    figures: dict[str, dict[str, float | None]] = {m.key: dict.fromkeys((OURS, *RIVALS)) for m in MEASURES}
    for key in ours:
        tasks = {name: tasks.get(key) or tasks[OF_OTHERS[key]] for name, tasks in contenders.items()}
        agree(key, tasks)
        gc.freeze()
        timed = {name: _task(task, settings.seconds) for name, task in tasks.items()}
        if key in gradients:
            timed[GRADIENT] = _task(gradients[key], settings.seconds)
        taken = timing.round_robin(timed, settings.repetitions)
        figures[key].update({name: median(samples) * 1e6 for name, samples in taken.items()})
    command = [sys.executable, "-c", _RECORD.format(nodes=settings.nodes)]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(3)]
    figures["record"][OURS], figures["record_memory"][OURS] = (median(run[k] for run in runs) for k in range(2))
    return figures


def _run(quick: bool, core: int | None) -> Outcome:
    settings = QUICK if quick else Settings()
    notes = NOTES.format(core=core, milliseconds=settings.seconds * 1e3, tolerance=TOLERANCE)
    return Outcome(measure(settings), notes, asdict(settings))


BENCHMARK = Benchmark(
    name="orders",
    help="Hessians, their products and gradients of gradients against JAX, torch, CasADi and autograd",
    required=REQUIRED,
    measures=MEASURES,
    contenders=(OURS, *RIVALS),
    rivals=RIVALS,
    measure=_run,
)
