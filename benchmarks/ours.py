"""scalargrad in the benchmark of layers. Only this module uses its interface."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from itertools import cycle
from typing import Any

import numpy

from benchmarks.problems import Problem


class Ours:
    """A Training on the native backend, which must be loaded: network, loss and optimiser as users write them."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.losses, self.optim = import_module("scalargrad.losses"), import_module("scalargrad.optim")
        sizes = [weight.shape[0] for weight, _ in problem.weights]
        self.model = import_module("scalargrad.nn").MLP(problem.weights[0][0].shape[1], sizes)
        self.parameters = self.model.parameters()
        self.initial = numpy.concatenate([numpy.column_stack(layer).ravel() for layer in problem.weights]).tolist()
        self.batches = [(x, y if problem.classes else y[:, None]) for x, y in problem.batches]

    def restart(self) -> None:
        for p, number in zip(self.parameters, self.initial):
            p.data = number
        kind = {"sgd": self.optim.SGD, "adam": self.optim.Adam}.get(self.problem.update)
        self.optimiser = kind(self.parameters, lr=self.problem.rate) if kind else None
        self.turn = cycle(self.batches)

    def layer(self, x: Any) -> Any:
        """The second layer, by itself."""
        return self.model.layers[1](x)

    def loss(self, x: Any, targets: Any) -> Any:
        if self.problem.classes:
            return self.losses.cross_entropy(self.model(x), targets)
        return self.losses.hinge(self.model(x), targets) + self.problem.penalty * self.losses.l2(self.parameters)

    def step(self) -> None:
        (self.optimiser or self.model).zero_grad()
        self.value = self.loss(*next(self.turn))
        self.value.backward()
        if self.optimiser:
            self.optimiser.step()

    def told(self) -> tuple[float, float, float]:
        return self.value.data, sum(p.grad for p in self.parameters), sum(p.data for p in self.parameters)


def call_of_layer(training: Ours, x: Any) -> tuple[Callable[[], Any], Callable[[], None]]:
    """A layer's call on a batch, and only its calls to the C core, with the same arguments."""
    core = vars(import_module("scalargrad.core"))
    called: list[tuple[Any, tuple[Any, ...]]] = []

    def spied(function: Any) -> Callable[..., Any]:
        def spy(*arguments: Any) -> Any:
            called.append((function, arguments))
            return function(*arguments)

        return spy

    spies = {
        id(f): spied(f) for name, f in core.items() if name in ("elementwise", "product", "reduce_rows", "doubles")
    }
    bound = [  # wherever they are called from
        (vars(module), name, value)
        for key, module in list(sys.modules.items())
        if key.partition(".")[0] == "scalargrad"
        for name, value in vars(module).items()
        if id(value) in spies
    ]
    try:
        for names, name, value in bound:
            names[name] = spies[id(value)]
        training.layer(x)
    finally:
        for names, name, value in bound:
            names[name] = value

    def c_core() -> None:
        for function, arguments in called:
            function(*arguments)

    return lambda: training.layer(x), c_core
