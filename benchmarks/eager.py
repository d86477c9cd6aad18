"""`python -m benchmarks eager`: recording, sweeping, memory and import, compared with micrograd and xad.

The timings are taken in one process. `r = a * b` in a loop drops each result when the next one is there; a float is
a literal. The divisor of a sweep is the number of operations in the source, the same for all, although xad records
none for a relu, and ours and micrograd count leaves as nodes too. micrograd cannot sweep the long chain: a dash.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median
from typing import TypeVar

from benchmarks import memory, network, timing
from benchmarks.command import Benchmark, Outcome
from benchmarks.peers import CONTENDERS, IMPORTS, REQUIRED, Contender
from benchmarks.report import Measure, Target

Sample = TypeVar("Sample")

_VALUE_VALUE = (Target(0.65, "xad"), Target(0.35, "micrograd"))
_VALUE_FLOAT = (Target(1.0, "xad"),)
_SWEEP = (Target(1.5), Target(0.3, "xad"))
OPERATIONS = {
    "r = a * b": Measure("mul", "a * b", "ns", _VALUE_VALUE),
    "r = a + b": Measure("add", "a + b", "ns", _VALUE_VALUE),
    "r = a * 2.5": Measure("mul_float", "a * 2.5", "ns", _VALUE_FLOAT),
    "r = a + 2.5": Measure("add_float", "a + 2.5", "ns", _VALUE_FLOAT),
}
MEASURES = (
    *OPERATIONS.values(),
    Measure("sweep_moons", "sweep, a moons node", "ns", _SWEEP),
    Measure("sweep_chain", "sweep, a chain node", "ns", _SWEEP),
    Measure("moons_step", "moons step", "ms", (Target(0.75, "xad"),)),
    Measure("node_counted", "node, after a sweep, C's count", "bytes", (Target(40.0),)),
    Measure("node", "node, resident", "bytes"),
    Measure("handle", "live handle, resident", "bytes", (Target(120.0),)),
    Measure("import", "import", "ms", (Target(20.0),)),
)


@dataclass(frozen=True)
class Settings:
    repetitions: int = 25
    operations: int = 20_000  # in a loop of one statement
    chain: int = 10_000  # rounds of 6 operations
    memory: int = 1_000_000
    imports: int = 15


NOTES = (
    "ours = native. Timings: medians in one process on core {core}, processor time, contenders in turn, no collector."
    " Sweeps and steps are the third of three in a row; a sweep is of a new graph, over the operations of the source:"
    " {moons} for moons, {chain} for the chain, which"
    " micrograd cannot sweep. Memory: a process each. Import: elapsed time beyond the interpreter's own start."
)
QUICK = Settings(repetitions=2, operations=1000, chain=1000, memory=20_000, imports=2)


def _chain(contender: Contender, turns: int) -> Callable[[], float]:
    """A task: ns per operation in the sweep of a new chain of `turns` rounds of six operations.

    (u, v) is turned by a small angle, over and over: adjoints neither die out nor explode, however long the chain. (xad
    skips what has an adjoint of 0, and subnormal numbers are slow.)
    """

    def once() -> float:
        c, s = contender.variable(0.6), contender.variable(0.8)
        contender.start((c, s))
        u, v = c, s
        for _ in range(turns):
            u, v = c * u - s * v, s * u + c * v
        begun = timing.clock()
        contender.backward(u)
        return (timing.clock() - begun) * 1e9 / (6 * turns)

    return lambda: _warm(once)


def _step(contender: Contender, data: network.Data) -> network.Step:
    return _warm(lambda: network.Moons(contender, data).step())


def _warm(once: Callable[[], Sample]) -> Sample:
    """The third of three runs: the processor has just run this code, as in a training loop."""
    once()
    once()
    return once()


def measure(settings: Settings) -> tuple[dict[str, dict[str, float | None]], dict[str, float]]:
    """The figures by measure and contender, and the sum of each contender's weights after a moons step."""
    contenders = {name: make() for name, make in CONTENDERS.items()}
    data = network.moons()
    gc.freeze()  # collections need not look through what was imported
    figures: dict[str, dict[str, float | None]] = {m.key: dict.fromkeys(contenders) for m in MEASURES}

    for statement, row in OPERATIONS.items():
        tasks = {name: timing.operation(c, statement, settings.operations) for name, c in contenders.items()}
        for name, taken in timing.round_robin(tasks, settings.repetitions).items():
            figures[row.key][name] = median(taken)

    chains = {name: _chain(c, settings.chain) for name, c in contenders.items() if name != "micrograd"}
    for name, taken in timing.round_robin(chains, settings.repetitions).items():
        figures["sweep_chain"][name] = median(taken)

    moons = {name: partial(_step, c, data) for name, c in contenders.items()}
    weights = {}
    for name, steps in timing.round_robin(moons, settings.repetitions).items():
        figures["sweep_moons"][name] = median(step.sweep for step in steps) * 1e9 / network.OPERATIONS
        figures["moons_step"][name] = median(step.whole for step in steps) * 1e3
        weights[name] = steps[-1].weights

    for name in contenders:
        found = memory.measure_apart(name, settings.memory)
        figures["node"][name], figures["handle"][name] = found["node"], found["handle"]
        figures["node_counted"][name] = found["counted"]
    figures["import"].update(timing.import_ms(IMPORTS, settings.imports))
    return figures, weights


def _run(quick: bool, core: int | None) -> Outcome:
    settings = QUICK if quick else Settings()
    figures, weights = measure(settings)
    about = {**asdict(settings), "moons_operations": network.OPERATIONS, "moons_weights": weights}
    return Outcome(figures, NOTES.format(core=core, moons=network.OPERATIONS, chain=6 * settings.chain), about)


BENCHMARK = Benchmark(
    name="eager",
    help="operations, sweeps, memory and import against micrograd and xad",
    required=REQUIRED,
    measures=MEASURES,
    contenders=list(CONTENDERS),
    rivals=("xad", "micrograd"),
    measure=_run,
)
