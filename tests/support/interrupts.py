"""Interrupts a loop at random times, and counts how often it has left something changed.

``python -m tests.support.interrupts [COUNT] [NAME ...]`` prints the rate of each place, on the backend that
SCALARGRAD_BACKEND names. A timer's signal raises KeyboardInterrupt, as Ctrl-C does, or MemoryError.
"""

from __future__ import annotations

import gc
import random
import signal
import sys
import time
from collections import UserList, deque
from collections.abc import Callable

import numpy as np

import scalargrad as sg
from scalargrad import Value, core, nn, optim
from scalargrad.nodes import running

Body = Callable[[], object]
Repair = Callable[[], bool]  # whether something was left changed; repairs it
KINDS = (KeyboardInterrupt, MemoryError)

X = Value(0.5)


class Interrupter:
    """Raises an exception once, at a random time within the longest time that a body takes."""

    def __init__(self, kind: type[BaseException], longest: float) -> None:
        self.kind, self.longest = kind, longest
        self.raised = False

    def __enter__(self) -> Interrupter:
        self.collecting = gc.isenabled()
        gc.disable()  # Python ignores an exception inside what hypothesis does at a collection
        self.before = signal.signal(signal.SIGALRM, self._raise)
        return self

    def __exit__(self, *exception: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, self.before)
        if self.collecting:
            gc.enable()

    def _raise(self, *signal_and_frame: object) -> None:
        self.raised = True
        raise self.kind

    def interrupt(self, body: Body) -> None:
        """Runs a body again and again, until it is interrupted. Python ignores an exception inside a `__del__`."""
        self.raised = False
        try:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-5, self.longest))
            self._repeat(body)  # Python 3.13 lets an exception between two rounds of a loop pass the `try` around it
        except self.kind:
            pass

    def _repeat(self, body: Body) -> None:
        while not self.raised:
            body()


def rate(name: str, count: int) -> int:
    """How many of `count` interrupts of a place have left something changed."""
    if name == "transforms inside no_grad":
        with sg.no_grad():
            return _rate(*PLACES[name](), count)
    return _rate(*PLACES[name](), count)


def _rate(body: Body, changed: Repair, count: int) -> int:
    start = time.perf_counter()
    for _ in range(10):
        body()
    longest = 5e-4 + (time.perf_counter() - start) / 5
    left = 0
    for kind in KINDS:
        with Interrupter(kind, longest) as interrupter:
            for _ in range(count // len(KINDS)):
                interrupter.interrupt(body)
                left += changed()
    return left


# --- the places -----------------------------------------------------------------------------------------------------


def mode_is(wanted: int) -> Repair:
    """Whether the mode is another one, or a transform still runs. Nothing can repair that, so it ends the count."""

    def changed() -> bool:
        left = any(context.open for context in running.now.values())
        assert core.mode() == wanted and not left, f"the mode {core.mode()} was left, or a transform: {left}"
        return False

    return changed


def no_grad() -> tuple[Body, Repair]:
    def body() -> None:
        with sg.no_grad():
            X * 2.0

    return body, mode_is(0)


def nested() -> tuple[Body, Repair]:
    def body() -> None:
        with sg.no_grad(), sg.detect_anomaly(), running.recording(), sg.no_grad():
            with sg.detect_anomaly(strict=True):
                X * 2.0
            X + 1.0

    return body, mode_is(0)


def detect_anomaly() -> tuple[Body, Repair]:
    def body() -> None:
        with sg.detect_anomaly():
            sg.where(X > 0, X * 2.0, sg.log(X)).backward()

    return body, mode_is(0)


def decorated() -> tuple[Body, Repair]:
    @sg.no_grad
    def inner() -> object:
        return X * 2.0

    return sg.detect_anomaly()(inner), mode_is(0)


def transforms() -> tuple[Body, Repair]:
    function = sg.grad(lambda x: x * x)
    _, pullback = sg.vjp(lambda x: [x, x * x], 1.0)
    return lambda: (function(0.5), pullback([1.0, 2.0])), mode_is(0)


def transforms_inside() -> tuple[Body, Repair]:
    """In a block of no_grad, which stays open until the place is left."""
    return transforms()[0], mode_is(core.NO_GRAD)


def stepping(make: Callable[[list[Value]], optim.Optimiser], what: str) -> tuple[Body, Repair]:
    """A step, or zero_grad: it has moved all parameters, or none."""
    parameters = [Value(1.0) for _ in range(40)]
    optimiser = make(parameters)

    def body() -> None:
        for p in parameters:
            p.grad = 0.5
        getattr(optimiser, what)()

    def changed() -> bool:
        data = {p.data for p in parameters}
        state = optimiser.state_dict()
        kept = [len(set(state[name])) > 1 for name in ("velocity", "mean", "mean_square") if name in state]
        found = len(data) > 1 or any(kept) or (what == "zero_grad" and _cut(parameters))
        if found:
            for p in parameters:
                p.data = 1.0
            optimiser.load_state_dict(make(parameters).state_dict())
        return found

    return body, changed


def _cut(parameters: list[Value]) -> bool:
    """Whether the first are 0 and a later one is not, as a broken loop leaves it."""
    zeros = [p.grad == 0.0 for p in parameters]
    return zeros[0] and not all(zeros)


def loading_optimiser() -> tuple[Body, Repair]:
    parameters = [Value(1.0) for _ in range(10)]
    states = []
    for k in (1, 2):
        for p in parameters:
            p.grad = 0.25 * k
        one = optim.SGD(parameters, lr=0.125 * k, momentum=0.5 * k, dampening=0.125 * k, weight_decay=0.25 * k)
        for _ in range(k):
            one.step()
        states.append(one.state_dict())
    optimiser = optim.SGD(parameters, lr=1.0, momentum=0.5)
    optimiser.load_state_dict(states[0])
    turn = [0]

    def body() -> None:
        turn[0] += 1
        optimiser.load_state_dict(states[turn[0] % 2])

    def changed() -> bool:
        found = optimiser.state_dict() not in states
        if found:
            optimiser.load_state_dict(states[0])
        return found

    return body, changed


def array_data() -> tuple[Body, Repair]:
    vector = sg.Vector([0.0] * 50)
    rows = [[float(k)] * 50 for k in range(2)]
    turn = [0]

    def body() -> None:
        turn[0] += 1
        vector.data = rows[turn[0] % 2]

    def changed() -> bool:
        return len(set(vector.data)) > 1

    return body, changed


class _Both(nn.Module):
    """Parameters of each kind, a pruned weight among them."""

    def __init__(self) -> None:
        self.one, self.many = Value(0.0), [Value(0.0), 0.0, Value(0.0), 0.0]
        self.vector, self.matrix = sg.Vector([0.0] * 10), sg.Matrix([[0.0] * 5] * 4)
        self.objects = np.array([Value(0.0), 0.0, Value(0.0), 0.0])
        self.deque, self.list = deque([0.0, Value(0.0), 0.0]), UserList([0.0, Value(0.0), 0.0])


def loading_module() -> tuple[Body, Repair]:
    model = _Both()
    states = []
    for k in range(2):
        lengths = {"many": 4, "vector": 10, "objects": 4, "deque": 3, "list": 3}
        rows = {name: [float(k)] * n for name, n in lengths.items()}
        states.append({"one": float(k), **rows, "matrix": [[float(k)] * 5] * 4})
    turn = [0]

    def body() -> None:
        turn[0] += 1
        model.load_state_dict(states[turn[0] % 2])

    def changed() -> bool:
        found = model.state_dict() not in states
        if found:
            model.load_state_dict(states[0])
        return found

    return body, changed


PLACES: dict[str, Callable[[], tuple[Body, Repair]]] = {
    "no_grad": no_grad,
    "nested contexts": nested,
    "detect_anomaly": detect_anomaly,
    "decorated": decorated,
    "transforms": transforms,
    "SGD.step": lambda: stepping(lambda p: optim.SGD(p, lr=1e-3), "step"),
    "SGD.step with momentum": lambda: stepping(lambda p: optim.SGD(p, lr=1e-3, momentum=0.5), "step"),
    "Adam.step": lambda: stepping(lambda p: optim.Adam(p, lr=1e-3), "step"),
    "RMSprop.step": lambda: stepping(lambda p: optim.RMSprop(p, lr=1e-3, momentum=0.5), "step"),
    "zero_grad": lambda: stepping(lambda p: optim.SGD(p, lr=1e-3), "zero_grad"),
    "array.data": array_data,
    "Optimiser.load_state_dict": loading_optimiser,
    "Module.load_state_dict": loading_module,
    "transforms inside no_grad": transforms_inside,
}


def main(arguments: list[str]) -> None:
    count = int(arguments[0]) if arguments else 3000
    for name in arguments[1:] or PLACES:
        try:
            print(f"{name}: {rate(name, count)} of {count}", flush=True)
        except AssertionError as error:
            print(f"{name}: {error}", flush=True)


if __name__ == "__main__":
    print(sg.backend())
    main(sys.argv[1:])
