"""The contenders: scalargrad on both backends in one process, micrograd and xad, behind the same few functions.

What differs between them is here and nowhere else: how a number becomes differentiable, relu, where a
recording starts, the sweep, and an SGD update.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

REQUIRED = ("micrograd", "xad", "numpy", "sklearn")


@dataclass(frozen=True)
class Contender:
    variable: Callable[[float], Any]  # a number, which `start` may turn into an input
    relu: Callable[[Any], Any]
    start: Callable[[Sequence[Any]], None]  # starts a new recording with these inputs
    backward: Callable[[Any], None]
    descend: Callable[[Any, float], Any]  # the parameter after a step of SGD, ready for the next recording
    number: Callable[[Any], float]
    gradient: Callable[[Any], float]
    graph_bytes: Callable[[Any], float] | None = None  # bytes per node of the graph of a Value, by its own count


def _start(variables: Sequence[Any]) -> None:
    """Does nothing, because the graph belongs to its Values."""


def _descend(parameter: Any, rate: float) -> Any:
    parameter.data -= rate * parameter.grad
    parameter.grad = 0.0
    return parameter


def _data(value: Any) -> float:
    return float(value.data)


def _grad(value: Any) -> float:
    return float(value.grad)


def load(backend: str) -> tuple[Any, Any]:
    """A copy of the package, and its `core`, on this backend. (A process chooses its backend at the first import.)"""
    for name in [name for name in sys.modules if name.partition(".")[0] == "scalargrad"]:
        del sys.modules[name]
    os.environ["SCALARGRAD_BACKEND"] = backend
    return import_module("scalargrad"), import_module("scalargrad.core")


class Copy:
    """A copy of the package on a backend, which may import more of itself later. Call `use` before it runs."""

    used: Copy | None = None

    def __init__(self, backend: str) -> None:
        self._keep()
        self.package = load(backend)[0]
        Copy.used = self

    @staticmethod
    def _keep() -> None:
        """Takes the modules of the copy that is in use."""
        names = [name for name in sys.modules if name.partition(".")[0] == "scalargrad"]
        found = {name: sys.modules.pop(name) for name in names}
        if Copy.used:
            Copy.used.modules = found

    def use(self) -> None:
        """Makes imports find this copy."""
        if Copy.used is not self:
            self._keep()
            sys.modules.update(self.modules)
            Copy.used = self


def native() -> Contender:
    package, core = load("native")
    value = package.Value

    def graph_bytes(end: Any) -> float:
        graph, index = core._node.seal(end)
        return float(core.lib.sg_graph_bytes(graph) / (index + 1))

    return Contender(value, value.relu, _start, value.backward, _descend, _data, _grad, graph_bytes)


def python() -> Contender:
    value = load("python")[0].Value
    return Contender(value, value.relu, _start, value.backward, _descend, _data, _grad)


def micrograd() -> Contender:
    """micrograd. Its recursive sweep cannot follow a long chain."""
    made = import_module("micrograd.engine").Value
    return Contender(made, made.relu, _start, made.backward, _descend, _data, _grad)


def xad() -> Contender:
    """xad, with one active tape. `start` empties it and keeps its memory, which is how xad recommends to reuse a tape.

    With newRecording alone, the adjoint slots keep counting up, and sweeps get slower and slower. All recorded numbers
    must be freed before: a Real that outlives clearAll would release a slot that belongs to another by then.
    """
    adjoint = import_module("xad.adj_1st")
    real = adjoint.Real
    tape = adjoint.Tape()
    tape.activate()
    zero = real(0.0)

    def start(variables: Sequence[Any]) -> None:
        tape.clearAll()
        tape.registerInputs(variables)
        tape.newRecording()

    def relu(x: Any) -> Any:  # the fastest way tried: 0.2 µs; xad.math.max(x, 0.0) takes 0.9, x > 0 takes 1.2
        return x if x.getValue() > 0.0 else zero

    def backward(root: Any) -> None:
        tape.registerOutput(root)
        root.setDerivative(1.0)
        tape.computeAdjoints()

    def descend(parameter: Any, rate: float) -> Any:  # setting a Real would be recorded
        return real(parameter.getValue() - rate * parameter.getDerivative())

    def number(x: Any) -> float:
        return float(x.getValue())

    return Contender(real, relu, start, backward, descend, number, lambda x: float(x.getDerivative()))


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "native": native,
    "python": python,
    "micrograd": micrograd,
    "xad": xad,
}
IMPORTS = {
    "native": "import scalargrad",
    "python": "import scalargrad",
    "micrograd": "import micrograd.engine",
    "xad": "import xad.adj_1st",
}
