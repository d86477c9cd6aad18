"""scalargrad's part in the layers' benchmark: all that is used of its interface is used here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from itertools import cycle
from typing import Any

import numpy

from benchmarks.problems import Adam, Problem


class Ours:
    """A Training on the native backend, which must be loaded. All parameters lie in one Vector; layers have views."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.arrays = import_module("scalargrad.arrays")
        self.operand = import_module("scalargrad.arithmetic").operand
        self.batches = [(x, self._targets(y)) for x, y in problem.batches]

    def _targets(self, labels: Any) -> Any:
        """Labels; of classes, their share in the mean of the logarithms, by class. (A choice of elements by position
        would leave the others without a consumer, and a sweep of a graph with such nodes goes element by element.)"""
        if not self.problem.classes:
            return labels
        shares = numpy.zeros((len(labels), len(self.problem.weights[-1][1])))
        shares[numpy.arange(len(labels)), labels] = -1.0 / len(labels)
        return shares

    def restart(self) -> None:
        numbers = [x.ravel() for layer in self.problem.weights for x in layer]
        self.theta = self.arrays.Vector(numpy.concatenate(numbers))
        self.layers = []
        start = 0
        for weight, bias in self.problem.weights:
            w = self.theta[start : start + weight.size].reshape(weight.shape)
            start += weight.size
            self.layers.append((w.T, self.theta[start : start + bias.size]))
            start += bias.size
        self.adam = Adam([numpy.concatenate(numbers)], self.problem.rate)
        self.turn = cycle(self.batches)

    def layer(self, k: int, x: Any) -> Any:
        """A layer's outputs for a batch."""
        x = self.arrays.affine(self.operand(x), *self.layers[k])
        return x.relu() if k < len(self.layers) - 1 else x

    def loss(self, x: Any, targets: Any) -> Any:
        for k in range(len(self.layers)):
            x = self.layer(k, x)
        if self.problem.classes:
            return (x.log_softmax() * targets).sum()
        loss = (1.0 - x.reshape(-1) * targets).relu().mean()
        return loss + self.problem.penalty * self.theta.square().sum()

    def step(self) -> None:
        self.theta.grad = 0.0
        self.value = self.loss(*next(self.turn))
        self.value.backward()
        if self.problem.update == "sgd":
            self.theta.data = self.theta.data - self.problem.rate * self.theta.grad
        elif self.problem.update == "adam":
            self.adam.step([self.theta.grad])
            self.theta.data = self.adam.parameters[0]

    def told(self) -> tuple[float, float, float]:
        return self.value.data, float(self.theta.grad.sum()), float(self.theta.data.sum())


def call_of_layer(training: Ours, x: Any) -> tuple[Callable[[], Any], Callable[[], None]]:
    """A layer's call on a batch, and the calls that it makes to the C core, with the same arguments and no more."""
    core = vars(import_module("scalargrad.core"))
    called: list[tuple[Any, tuple[Any, ...]]] = []

    def spied(function: Any) -> Callable[..., Any]:
        def spy(*arguments: Any) -> Any:
            called.append((function, arguments))
            return function(*arguments)

        return spy

    spies = {id(f): spied(f) for name, f in core.items() if name.endswith("_in_bulk") or name == "doubles"}
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
        training.layer(1, x)
    finally:
        for names, name, value in bound:
            names[name] = value

    def c_core() -> None:
        for function, arguments in called:
            function(*arguments)

    return lambda: training.layer(1, x), c_core
