"""`python -m benchmarks layers`: training steps in layers, compared with PyTorch, JAX, NumPy and others.

Every graph is new in each step, but for JAX, which compiles the step once. All compute in doubles, in one process on
one core, with one thread each.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib import import_module
from statistics import median
from typing import Any

from benchmarks import timing
from benchmarks.command import Benchmark, Outcome
from benchmarks.report import OURS, Measure, Target

REQUIRED = ("torch", "jax", "numpy", "autograd", "xad", "micrograd", "sklearn")
RIVALS = ("torch", "jax", "numpy", "autograd", "xad", "micrograd")
SCALARS = ("xad", "micrograd")
TOLERANCE = 1e-9  # relative: of losses, sums of gradients and sums of weights

MEASURES = (
    Measure(
        "moons",
        "moons: value and gradients",
        "µs",
        (Target(0.25, "torch"), Target(1.25, "jax"), Target(1.0, "jax", "moonshot")),
    ),
    Measure("moons_step", "moons: step with SGD", "µs"),
    Measure(
        "digits_step", "digits: step with Adam", "µs", (Target(1 / 0.75, "torch"), Target(1.0, "torch", "moonshot"))
    ),
    Measure("layer_call", "Python's share of a layer's call", "µs", (Target(3.0),)),
    Measure("layer_call_numpy", "the same, of a numpy batch", "µs"),
)
NOTES = (
    "ours = native. Doubles everywhere, one thread each. Medians in one process on core {core}, processor time,"
    " contenders in turn, no collector; a sample is of so many steps as take {milliseconds:g} ms, or one. moons: 100"
    " points, 2-16-16-1, hinge loss and penalty; zeroing of gradients included. digits: 100 images, 64-32-10,"
    " cross-entropy, 14 batches in turn. torch is eager, jax is jitted. xad and micrograd go number by number."
)


@dataclass(frozen=True)
class Settings:
    repetitions: int = 31
    scalars: int = 5  # repetitions of xad and micrograd
    seconds: float = 0.02  # per sample
    calls: int = 200  # of a layer, per sample


QUICK = Settings(repetitions=2, scalars=1, seconds=0.001, calls=10)


def one_thread() -> None:
    """Allows one thread per library. Must be set before they are imported."""
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


def check(told: dict[str, tuple[float, float, float]]) -> None:
    """Raises ValueError, which names the contenders that differ from the median. scalargrad may be one of them."""
    for k, what in enumerate(("loss", "sum of gradients", "sum of weights after a step")):
        numbers = [x[k] for x in told.values()]
        agreed = median([x for x in numbers if x == x] or numbers)
        apart = {name: x[k] for name, x in told.items() if not abs(x[k] - agreed) <= TOLERANCE * abs(agreed)}
        if apart:
            said = ", ".join(f"{name} has {x!r}" for name, x in apart.items())
            raise ValueError(f"the {what}: {said}; the others {agreed!r}")


def _checked(name: str, trainings: dict[str, Any]) -> dict[str, tuple[float, float, float]]:
    told = {}
    for contender, training in trainings.items():
        training.restart()
        training.step()
        told[contender] = training.told()
    try:
        check(told)
    except ValueError as error:
        raise ValueError(f"{name}: contenders disagree on {error}") from None
    return told


def _medians(trainings: dict[str, Any], settings: Settings) -> dict[str, float]:
    """µs per step. Scalar contenders, which take long and leave the caches cold, run separately."""
    figures = {}
    for slow in (False, True):
        chosen = {name: x for name, x in trainings.items() if (name in SCALARS) == slow}
        tasks = {name: timing.steps(x.restart, x.step, settings.seconds) for name, x in chosen.items()}
        taken = timing.round_robin(tasks, settings.scalars if slow else settings.repetitions)
        figures.update({name: median(samples) * 1e6 for name, samples in taken.items()})
    return figures


def _share(whole: Callable[[], Any], part: Callable[[], Any], calls: int) -> float:
    """The median of the differences between the calls of one and of the other, in µs."""
    differences = []
    for _ in range(calls):
        begun = timing.process_clock()
        whole()
        between = timing.process_clock()
        part()
        differences.append(2 * between - begun - timing.process_clock())
    return median(differences) * 1e6


def measure(settings: Settings) -> tuple[dict[str, dict[str, float | None]], dict[str, Any]]:
    """The figures by measure and contender, and what each contender reported after its first step."""
    one_thread()
    peers, problems = import_module("benchmarks.peers"), import_module("benchmarks.problems")
    frameworks, ours = import_module("benchmarks.frameworks"), import_module("benchmarks.ours")
    package = peers.load("native")[0]
    scalars = {"xad": peers.xad(), "micrograd": peers.micrograd()}
    kinds: dict[str, Callable[[Any], Any]] = {
        OURS: ours.Ours,
        "torch": frameworks.Torch,
        "jax": frameworks.Jax,
        "numpy": frameworks.Numpy,
        "autograd": frameworks.Autograd,
        **{name: partial(frameworks.Scalars, contender) for name, contender in scalars.items()},
    }
    moons = problems.moons()
    tasks = {"moons": moons, "moons_step": replace(moons, update="sgd", rate=0.1), "digits_step": problems.digits()}
    figures: dict[str, dict[str, float | None]] = {m.key: dict.fromkeys(kinds) for m in MEASURES}
    told = {}
    for key, problem in tasks.items():
        trainings = {name: make(problem) for name, make in kinds.items() if not (problem.classes and name in SCALARS)}
        told[key] = _checked(key, trainings)
        gc.freeze()  # collections need not look through what was imported and compiled
        figures[key].update(_medians(trainings, settings))

    training = ours.Ours(moons)
    training.restart()
    batch = moons.batches[0][0] @ moons.weights[0][0].T
    with package.no_grad():  # no graph grows, so both take the same time at each call
        for key, x in {"layer_call": package.Matrix(batch), "layer_call_numpy": batch}.items():
            whole, part = ours.call_of_layer(training, x)
            share = timing.round_robin({OURS: partial(_share, whole, part, settings.calls)}, settings.repetitions)
            figures[key][OURS] = median(share[OURS])
    return figures, told


def _run(quick: bool, core: int | None) -> Outcome:
    settings = QUICK if quick else Settings()
    figures, told = measure(settings)
    return Outcome(
        figures,
        NOTES.format(core=core, milliseconds=settings.seconds * 1e3),
        {**asdict(settings), "loss_gradients_weights": told},
    )


BENCHMARK = Benchmark(
    name="layers",
    help="training steps in layers against torch, JAX, NumPy by hand, autograd, xad and micrograd",
    required=REQUIRED,
    measures=MEASURES,
    contenders=(OURS, *RIVALS),
    rivals=RIVALS,
    measure=_run,
)
