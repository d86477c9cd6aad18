"""micrograd's demo, scalar by scalar, for any contender: a network of relu neurons learns to tell two moons apart.

Its first step is what is measured, from the same weights each time: later on most losses are 0, and so are most
adjoints, so that a step's work depends on the steps before it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from benchmarks.peers import Contender
from benchmarks.timing import clock

SAMPLES, SIZES, PENALTY, RATE = 100, (2, 16, 16, 1), 1e-4, 1.0
LAYERS = tuple(pairwise(SIZES))

# The operations of a step: per neuron a product and a sum per input, and a relu; per sample a product, a sum and a relu
# for its loss, and a sum to collect it; per parameter a product and a sum; two scalings and a sum.
OPERATIONS = (
    SAMPLES * (sum(2 * nin * nout for nin, nout in LAYERS) + sum(SIZES[1:-1]) + 4)
    + 2 * sum((nin + 1) * nout for nin, nout in LAYERS)
    + 3
)

Data = tuple[list[list[float]], list[float]]


def moons() -> Data:
    """The demo's inputs, and its labels -1 and 1, as plain floats."""
    import numpy
    from sklearn.datasets import make_moons

    numpy.random.seed(1337)
    inputs, labels = make_moons(n_samples=SAMPLES, noise=0.1)
    return inputs.tolist(), (labels * 2.0 - 1.0).tolist()


class Neuron:
    """micrograd's Neuron, with the contender's functions."""

    def __init__(self, contender: Contender, nin: int, nonlin: bool) -> None:
        self.w = [contender.variable(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = contender.variable(0.0)
        self.relu = contender.relu if nonlin else None

    def __call__(self, x: Sequence[Any]) -> Any:
        act = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return act if self.relu is None else self.relu(act)


@dataclass(frozen=True)
class Step:
    whole: float  # seconds: forward, reverse and update
    sweep: float  # seconds: reverse alone
    weights: float  # the sum of the parameters afterwards: contenders agree on it if their gradients agree


class Moons:
    """A new network, trained on the full batch."""

    def __init__(self, contender: Contender, data: Data) -> None:
        random.seed(1337)
        self.contender, self.data = contender, data
        last = len(LAYERS) - 1
        self.layers = [[Neuron(contender, nin, k != last) for _ in range(nout)] for k, (nin, nout) in enumerate(LAYERS)]

    def score(self, x: Any) -> Any:
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0]

    def parameters(self) -> list[Any]:
        return [p for layer in self.layers for neuron in layer for p in (*neuron.w, neuron.b)]

    def loss(self) -> Any:
        """The mean hinge loss of the batch, plus an L2 penalty."""
        variable, relu = self.contender.variable, self.contender.relu
        inputs = [list(map(variable, row)) for row in self.data[0]]
        scores = list(map(self.score, inputs))
        losses = [relu(1.0 + -yi * score) for yi, score in zip(self.data[1], scores)]
        return sum(losses) * (1.0 / len(losses)) + PENALTY * sum(p * p for p in self.parameters())

    def update(self, rate: float) -> None:
        descend = self.contender.descend
        for layer in self.layers:
            for neuron in layer:
                neuron.w = [descend(wi, rate) for wi in neuron.w]
                neuron.b = descend(neuron.b, rate)

    def step(self) -> Step:
        """A step of the demo. Its graph is new, so its sweep is a first sweep."""
        begun = clock()
        self.contender.start(self.parameters())
        loss = self.loss()
        recorded = clock()
        self.contender.backward(loss)
        swept = clock()
        self.update(RATE)
        ended = clock()
        return Step(ended - begun, swept - recorded, sum(map(self.contender.number, self.parameters())))
