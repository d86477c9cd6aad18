"""`python -m benchmarks surprises`: everyday calls beside what they should not cost more than, in the same run.

Each row has two figures, of the call and of what stands beside it, and a limit of their ratio. Natively: what surrounds
a training step beside the step; transforms beside the same written by hand; graphs that are closed, or swept again;
products of a matrix with itself; a thread beside a product. On the pure backend: micrograd and microgpt beside it.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median
from timeit import Timer
from typing import Any

from benchmarks import microgpt, network, peers, timing
from benchmarks.command import Benchmark, Outcome
from benchmarks.report import OURS, Measure, Target

BESIDE, PURE = "beside", "python"
REQUIRED = ("micrograd", "numpy", "sklearn")
SIZES, BATCH = (784, 64, 10), 100


def _row(key: str, title: str, limit: float | None, ours: str = OURS, unit: str = "µs") -> Measure:
    return Measure(key, title, unit, (Target(limit, BESIDE),) if limit else (), ours)


MEASURES = (
    _row("parameters", "parameters() / a step, 784-64-10", 0.2),
    _row("zero_grad", "zero_grad() / a step", 0.2),
    _row("optimiser", "SGD(model.parameters()) / a step", 0.2),
    _row("clip", "clip_grad_norm(model.parameters()) / a step", 0.2),
    _row("l2", "l2(model.parameters()) / a step", 0.2),
    _row("constant", "a step with sg.constant(X) / with a numpy batch", 1.1),
    _row("matrix", "a step with sg.Matrix(X) / with a numpy batch", None),
    _row("list", "value_and_grad, Rosenbrock of a list / by hand", 3.0),
    _row("tuple", "the same of a tuple / by hand", 3.0),
    _row("dict", "the same of a dict / by hand", 3.0),
    _row("two", "the same of two arguments / by hand", 3.0),
    _row("array", "the same of a numpy array / by hand, a Vector", 3.0),
    _row("ten", "value_and_grad, Rosenbrock of ten / by hand", 3.0),
    _row("number", "grad of a number's square / by hand", 3.0),
    _row("jacobian", "jacobian, 2 by 2 / by hand", 3.0),
    _row("dropped", "x * 2 dropped, x of a closed graph / r = x * 2, x a leaf", 3.0, unit="ns"),
    _row("second", "a second backward / the first", 1.1),
    _row("square", "backward of A @ A / of A @ B", 1.5),
    _row("gram", "backward of A.T @ A / of A @ B", 1.5),
    _row("outer", "backward of A @ A.T / of A @ B", 1.5),
    _row("thread", "a product / another thread meanwhile", 3.0),
    _row("moons", "moons step, pure Python / micrograd's", 1.0, PURE),
    _row("microgpt", "microgpt step, pure Python / its own engine's", 1.0, PURE),
)
NOTES = (
    "Medians in one process on core {core}, processor time, the call and what is beside it in turn, no collector."
    " Matrices are {n} x {n}, {wide} x {wide} beside a thread, which gets half of the core if the product does not"
    " hold the GIL."
)


@dataclass(frozen=True)
class Settings:
    repetitions: int = 25
    calls: int = 200  # of what takes microseconds, in a sample
    chain: int = 20_000  # rounds of four operations, for the second backward
    n: int = 200  # rows and columns of matrices
    products: int = 7  # repetitions with matrices
    wide: int = 800  # rows and columns of the product beside a thread
    pure: int = 7  # repetitions on the pure backend


QUICK = Settings(repetitions=1, calls=2, chain=50, n=10, products=1, wide=20, pure=1)
Task = Callable[[], float]  # returns µs


def _timed(call: Callable[[], object], calls: int = 1) -> Task:
    def once() -> float:
        begun = timing.clock()
        for _ in range(calls):
            call()
        return (timing.clock() - begun) * 1e6 / calls

    return once


# --- around a training step ------------------------------------------------------------------------------------------


def _training(sg: Any) -> dict[str, Task]:
    import numpy

    draws = numpy.random.default_rng(0)
    x, classes = draws.random((BATCH, SIZES[0])), draws.integers(0, SIZES[-1], BATCH).tolist()
    layers = [sg.nn.Linear(SIZES[0], SIZES[1]), sg.nn.ReLU(), sg.nn.Linear(SIZES[1], SIZES[2])]
    model = sg.nn.Sequential(*layers)
    optimiser = sg.optim.SGD(model.parameters(), lr=0.01)

    def step(batch: Any) -> None:
        optimiser.zero_grad()
        sg.losses.cross_entropy(model(batch), classes).backward()
        optimiser.step()

    tasks = {
        "step": _timed(lambda: step(x)),
        "parameters": _timed(model.parameters),
        "zero_grad": _timed(model.zero_grad),
        "optimiser": _timed(lambda: sg.optim.SGD(model.parameters(), lr=0.01)),
        "clip": _timed(lambda: sg.optim.clip_grad_norm(model.parameters(), 1e-3)),
        "l2": _timed(lambda: sg.losses.l2(model.parameters())),
        "matrix": _timed(lambda: step(sg.Matrix(x))),
    }
    if hasattr(sg, "constant"):
        constant = sg.constant(x)
        tasks["constant"] = _timed(lambda: step(constant))
    return tasks


# --- transforms ------------------------------------------------------------------------------------------------------


def _rosenbrock(x: Any) -> Any:
    total = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    for k in range(1, len(x) - 1):
        total = total + (1 - x[k]) ** 2 + 100 * (x[k + 1] - x[k] ** 2) ** 2
    return total


def _transforms(sg: Any, calls: int) -> dict[str, tuple[Task, Task]]:
    """The transform and the same by hand."""
    import numpy

    def by_hand(numbers: Any) -> Callable[[], Any]:
        def call() -> Any:
            leaves = [sg.Value(a) for a in numbers]
            result = _rosenbrock(leaves)
            result.backward()
            return result.data, [a.grad for a in leaves]

        return call

    def vector_by_hand() -> Any:
        leaves = sg.Vector(array)
        result = _rosenbrock(leaves)
        result.backward()
        return result.data, leaves.grad

    def square_by_hand() -> Any:
        x = sg.Value(3.0)
        (x * x).backward()
        return x.grad

    def jacobian_by_hand() -> Any:
        x, rows = [sg.Value(1.5), sg.Value(2.0)], []
        for result in (x[0] * x[1], x[0] + 1.0):
            for a in x:
                a.grad = 0.0
            result.backward()
            rows.append([a.grad for a in x])
        return rows

    both, square = sg.value_and_grad(_rosenbrock), sg.grad(lambda x: x * x)
    of_dict = sg.value_and_grad(lambda d: _rosenbrock((d["x"], d["y"])))
    of_two = sg.value_and_grad(lambda x, y: _rosenbrock((x, y)), argnums=(0, 1))
    jacobian = sg.jacobian(lambda x: [x[0] * x[1], x[0] + 1.0])
    two, ten = [1.5, 2.0], [0.1 * k for k in range(10)]
    pair, array = (1.5, 2.0), numpy.array([1.5, 2.0])
    pairs: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "list": (lambda: both(two), by_hand(two)),
        "tuple": (lambda: both(pair), by_hand(pair)),
        "dict": (lambda: of_dict({"x": 1.5, "y": 2.0}), by_hand(two)),
        "two": (lambda: of_two(1.5, 2.0), by_hand(two)),
        "array": (lambda: both(array), vector_by_hand),
        "ten": (lambda: both(ten), by_hand(ten)),
        "number": (lambda: square(3.0), square_by_hand),
        "jacobian": (lambda: jacobian(two), jacobian_by_hand),
    }
    return {name: (_timed(ours, calls), _timed(hand, calls)) for name, (ours, hand) in pairs.items()}


# --- graphs, products, threads ---------------------------------------------------------------------------------------


def _dropped(sg: Any, calls: int) -> tuple[Task, Task]:
    """The ns of an operation on a node of a closed graph, whose result is dropped; and of one whose result is kept."""
    leaf = sg.Value(1.5)
    closed = leaf * 2.0
    closed.backward()

    def task(statement: str, x: Any) -> Task:
        loop, empty = Timer(statement, "pass", timing.clock, {"x": x}), Timer("pass", "pass", timing.clock)
        return lambda: (loop.timeit(calls) - empty.timeit(calls)) * 1e9 / calls

    return task("x * 2.0", closed), task("r = x * 2.0", leaf)


def _sweeps(sg: Any, turns: int) -> tuple[float, float]:
    """The µs of the second and of the first backward over a new graph: the third of three."""
    second = first = 0.0
    for _ in range(3):
        x = sg.Value(0.7)
        y = x
        for _ in range(turns):
            y = y * 0.5 + x * x
        begun = timing.clock()
        y.backward()
        between = timing.clock()
        y.backward()
        second, first = timing.clock() - between, between - begun
    return second * 1e6, first * 1e6


def _products(sg: Any, n: int) -> dict[str, Task]:
    import numpy

    draws = numpy.random.default_rng(0)
    a, b = sg.Matrix(draws.random((n, n))), sg.Matrix(draws.random((n, n)))

    def swept(left: Any, right: Any) -> Task:
        def once() -> float:
            root = (left @ right).sum()
            begun = timing.process_clock()
            root.backward()
            return (timing.process_clock() - begun) * 1e6

        return once

    return {"product": swept(a, b), "square": swept(a, a), "gram": swept(a.T, a), "outer": swept(a, a.T)}


def _beside(sg: Any, n: int) -> tuple[float, float]:
    """The µs of processor time of a product, and of a second thread meanwhile, which is at least 1 in the table."""
    import numpy

    x = sg.Matrix(numpy.random.default_rng(0).random((n, n)))
    started, ended = threading.Event(), threading.Event()

    def count() -> None:
        k = 0
        while not ended.is_set():
            k += 1
            started.set()

    thread = threading.Thread(target=count)
    thread.start()
    started.wait()
    theirs = time.pthread_getcpuclockid(thread.ident or 0)
    with sg.no_grad():
        before, begun = time.clock_gettime(theirs), timing.clock()
        x @ x
        taken, meanwhile = timing.clock() - begun, time.clock_gettime(theirs) - before
    ended.set()
    thread.join()
    return taken * 1e6, max(1.0, meanwhile * 1e6)


# --- the pure backend ------------------------------------------------------------------------------------------------


def _pure(settings: Settings) -> dict[str, dict[str, float]]:
    """The medians of both programs. Raises ValueError if the engines compute something else."""
    ours, theirs = peers.python(), peers.micrograd()
    data = network.moons()
    moons: dict[str, Callable[[], tuple[float, ...]]] = {
        PURE: partial(_moons, ours, data),
        BESIDE: partial(_moons, theirs, data),
    }
    steps: dict[str, Callable[[], tuple[float, ...]]] = {
        PURE: lambda: microgpt.Transformer(ours.variable).step(),
        BESIDE: lambda: microgpt.Transformer(microgpt.Value).step(),
    }
    found: dict[str, dict[str, float]] = {}
    for key, tasks in (("moons", moons), ("microgpt", steps)):
        samples = timing.round_robin(tasks, settings.pure)
        found[key] = {name: median(sample[0] for sample in taken) * 1e6 for name, taken in samples.items()}
        told = {name: taken[-1][1:] for name, taken in samples.items()}
        if any(abs(x - y) > 1e-9 * abs(y) for x, y in zip(told[PURE], told[BESIDE])):
            raise ValueError(f"{key}: the engines disagree: {told}")
    return found


def _moons(contender: peers.Contender, data: network.Data) -> tuple[float, float]:
    step = network.Moons(contender, data).step()
    return step.whole, step.weights


# --- all -------------------------------------------------------------------------------------------------------------


def measure(settings: Settings) -> dict[str, dict[str, float | None]]:
    figures: dict[str, dict[str, float | None]] = {m.key: dict.fromkeys((OURS, PURE, BESIDE)) for m in MEASURES}
    sg = peers.load(OURS)[0]
    gc.freeze()  # collections need not look through what was imported

    def pair(key: str, ours: Task, beside: Task, repetitions: int) -> None:
        taken = timing.round_robin({OURS: ours, BESIDE: beside}, repetitions)
        figures[key].update({name: median(samples) for name, samples in taken.items()})

    training = timing.round_robin(_training(sg), settings.repetitions)
    step = median(training.pop("step"))
    for key, taken in training.items():
        figures[key].update({OURS: median(taken), BESIDE: step})
    for key, (ours, hand) in _transforms(sg, settings.calls).items():
        pair(key, ours, hand, settings.repetitions)
    pair("dropped", *_dropped(sg, 10 * settings.calls), settings.repetitions)
    sweeps = timing.round_robin({"": lambda: _sweeps(sg, settings.chain)}, settings.repetitions)[""]
    figures["second"].update({OURS: median(x[0] for x in sweeps), BESIDE: median(x[1] for x in sweeps)})
    products = timing.round_robin(_products(sg, settings.n), settings.products)
    for key in ("square", "gram", "outer"):
        figures[key].update({OURS: median(products[key]), BESIDE: median(products["product"])})
    if hasattr(time, "pthread_getcpuclockid"):
        shares = timing.round_robin({"": lambda: _beside(sg, settings.wide)}, settings.products)[""]
        figures["thread"].update({OURS: median(x[0] for x in shares), BESIDE: median(x[1] for x in shares)})
    for key, row in _pure(settings).items():
        figures[key].update(row)
    return figures


def _run(quick: bool, core: int | None) -> Outcome:
    settings = QUICK if quick else Settings()
    return Outcome(measure(settings), NOTES.format(core=core, n=settings.n, wide=settings.wide), asdict(settings))


BENCHMARK = Benchmark(
    name="surprises",
    help="everyday calls beside what they should not cost more than: a step, the same by hand, other engines",
    required=REQUIRED,
    measures=MEASURES,
    contenders=(OURS, PURE, BESIDE),
    rivals=(BESIDE,),
    measure=_run,
)
