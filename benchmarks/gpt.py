"""`python -m benchmarks gpt`: a step of the demo `gpt`, in both forms, beside microgpt's engine and frameworks.

The model is microgpt's: one layer, 16 wide, 4 heads, 4,192 parameters, a name per step, Adam. All compute in doubles,
in one process on one core, with one thread each. SCALARGRAD_PORT may name a program that trains the same model for
1,000 steps, such as a port to C++; it runs in its own folder, where it finds its names.
"""

from __future__ import annotations

import gc
import os
import random
import resource
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from benchmarks import microgpt, peers, timing
from benchmarks.command import Benchmark, Outcome
from benchmarks.layers import one_thread
from benchmarks.report import OURS, Measure, Target

REQUIRED = ("torch", "jax", "numpy")
RIVALS = ("microgpt", "torch", "jax", "port")
PURE = "python"
SEED, STEPS, RATE = 42, 1000, 0.01
CHECKED = 3  # steps whose losses all contenders must agree on
TOLERANCE = 1e-9  # relative

MEASURES = (
    Measure("changed", "microgpt's program, its Value replaced by ours", "µs"),
    Measure("numbers", "demo gpt --form numbers", "µs", (Target(1 / 35, "microgpt"),)),
    Measure("matrix", "demo gpt, with matrices", "µs", (Target(3.0, "port"), Target(1.5, "port", "moonshot"))),
)
NOTES = (
    "Medians in one process on core {core}, processor time per step, contenders in turn; the first {few} names number"
    " by number, the first {many} with matrices. The garbage collector runs; it takes most of microgpt's time."
    " microgpt is an engine like its own, with an Adam in plain Python; torch is eager, jax one jitted function per"
    " length of a name. port: {port}."
)


@dataclass(frozen=True)
class Settings:
    few: int = 20  # steps in a sample, number by number
    many: int = 500  # steps in a sample, with matrices
    scalars: int = 3  # repetitions, number by number
    repetitions: int = 9


QUICK = Settings(few=1, many=1, scalars=1, repetitions=1)


class Training(Protocol):
    """A contender."""

    def restart(self) -> None:
        """Goes back to the initial weights and the first name."""

    def step(self) -> float:
        """A step with the next name. Returns its loss."""


class Demo:
    """The demo itself, in the copy of the package that is in use."""

    def __init__(self, copy: peers.Copy, form: str) -> None:
        self.copy, self.form, self.demo = copy, form, import_module("scalargrad.demos.gpt.demo").Gpt
        self.names = import_module("scalargrad.datasets").load_names()

    def restart(self) -> None:
        self.copy.use()
        self.losses = self.demo(SEED, self.names, self.form).train(STEPS)

    def step(self) -> float:
        return float(next(self.losses))


class Program:
    """microgpt's program on a class of numbers: the model of the demo, and an Adam in plain Python."""

    def __init__(self, copy: peers.Copy, number: Callable[[float], Any]) -> None:
        self.copy, self.number = copy, number
        self.sizes, self.scalar, text, data = (
            import_module(f"scalargrad.{name}")
            for name in ("demos.gpt.sizes", "demos.gpt.scalar", "demos.gpt.text", "datasets")
        )
        self.names, self.text = data.load_names(), text.Text

    def restart(self) -> None:
        self.copy.use()
        random.seed(SEED)
        names = [*self.names]
        random.shuffle(names)
        self.texts = self.text(names)
        self.model = self.scalar.Gpt(self.sizes.Sizes(self.texts.end + 1), self.number)
        self.adam = microgpt.Adam(self.model.parameters())

    def step(self) -> float:
        k = self.adam.steps
        # as in microgpt, a graph lives until the next is made; so the garbage collector goes through two
        self.loss = self.model.loss(self.texts.tokens(k)[: self.model.sizes.block + 1])
        self.loss.backward()
        self.adam.step(RATE * (1.0 - k / STEPS))
        return float(self.loss.data)


def check(told: Mapping[str, list[float]]) -> None:
    """Raises ValueError if the losses of the first steps differ."""
    for name, losses in told.items():
        for k, numbers in enumerate(zip(losses, *told.values())):
            agreed = median(numbers[1:])
            if not abs(numbers[0] - agreed) <= TOLERANCE * abs(agreed):
                raise ValueError(f"the loss of step {k + 1}: {name} has {numbers[0]!r}, most {agreed!r}")


def _first(training: Training) -> list[float]:
    training.restart()
    return [training.step() for _ in range(CHECKED)]


def _task(training: Training, steps: int) -> Callable[[], float]:
    """µs per step, over the first steps. The garbage collector runs, as it does in such a program."""

    def once() -> float:
        training.restart()
        gc.enable()
        try:
            begun = timing.process_clock()
            for _ in range(steps):
                training.step()
            return (timing.process_clock() - begun) * 1e6 / steps
        finally:
            gc.disable()

    return once


def _port(path: Path) -> float:
    """µs per step of a program that makes 1,000. Raises ValueError if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        subprocess.run([path], cwd=path.parent, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ValueError(f"SCALARGRAD_PORT={path} does not run: {error}") from None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6 / STEPS


def measure(settings: Settings, port: Path | None) -> dict[str, dict[str, float | None]]:
    one_thread()
    frameworks = import_module("benchmarks.gpt_peers")
    scalars: dict[str, dict[str, Training]] = {"changed": {}, "numbers": {}}
    matrices: dict[str, Training] = {}
    for backend in (PURE, OURS):  # ours last: what others start from is read on the C core
        copy = peers.Copy(backend)
        scalars["changed"][backend] = Program(copy, copy.package.Value)
        scalars["numbers"][backend], matrices[backend] = Demo(copy, "numbers"), Demo(copy, "matrix")
    scalars["changed"]["microgpt"] = scalars["numbers"]["microgpt"] = Program(copy, microgpt.Value)
    start = frameworks.start(SEED, STEPS, RATE)
    matrices |= {"torch": frameworks.Torch(start), "jax": frameworks.Jax(start)}

    rows = {**scalars, "matrix": matrices}
    check({f"{name} ({key})": _first(training) for key, row in rows.items() for name, training in row.items()})
    gc.freeze()  # collections need not look through what was imported and compiled
    figures: dict[str, dict[str, float | None]] = {m.key: dict.fromkeys((OURS, PURE, *RIVALS)) for m in MEASURES}
    for key, row in rows.items():
        steps, repetitions = settings.few, settings.scalars
        tasks = {name: _task(training, steps) for name, training in row.items()}
        if key == "matrix":
            steps, repetitions = settings.many, settings.repetitions
            tasks = {name: _task(x, settings.few if name == PURE else steps) for name, x in row.items()}
            tasks |= {"port": partial(_port, port)} if port else {}
        taken = timing.round_robin(tasks, repetitions)
        figures[key].update({name: median(samples) for name, samples in taken.items()})
    return figures


def _run(quick: bool, core: int | None) -> Outcome:
    settings, given = QUICK if quick else Settings(), os.environ.get("SCALARGRAD_PORT")
    port = Path(given).resolve() if given else None
    said = f"{port.name}, a program of its own" if port else "none was given"
    notes = NOTES.format(core=core, few=settings.few, many=settings.many, port=said)
    return Outcome(measure(settings, port), notes, asdict(settings))


BENCHMARK = Benchmark(
    name="gpt",
    help="a training step of the demo gpt beside microgpt's own engine, torch and JAX",
    required=REQUIRED,
    measures=MEASURES,
    contenders=(OURS, PURE, *RIVALS),
    rivals=RIVALS,
    measure=_run,
)
