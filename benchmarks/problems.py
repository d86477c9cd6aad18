"""The problems of the benchmark of layers, as numpy arrays of doubles, and the interface of contenders."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from benchmarks import network

BETAS, EPSILON = (0.9, 0.999), 1e-8  # of Adam: the usual defaults


@dataclass(frozen=True)
class Problem:
    """Linear layers with relu between them, and batches of inputs and labels, one per step, in a cycle.

    Labels -1 and 1: the mean hinge loss of a single output; classes: the mean cross-entropy. `penalty` times the sum of
    all parameters' squares is added.
    """

    weights: tuple[tuple[Any, Any], ...]  # per layer: weights (outputs x inputs) and biases
    batches: tuple[tuple[Any, Any], ...]
    classes: bool
    penalty: float = 0.0
    update: str = ""  # "sgd", "adam", or "" for value and gradients alone
    rate: float = 0.0


class Training(Protocol):
    """A contender on a problem."""

    def restart(self) -> None:
        """Goes back to the initial weights and the first batch."""

    def step(self) -> None:
        """The measured step: value and gradients of the next batch, then the update if the problem has one."""

    def told(self) -> tuple[float, float, float]:
        """After the first step: its loss, the sum of its gradients, and the sum of the weights."""


def moons() -> Problem:
    """micrograd's demo: the full batch, and weights drawn as in micrograd, neuron by neuron."""
    import numpy

    inputs, labels = network.moons()
    random.seed(1337)
    weights = tuple(
        (numpy.array([[random.uniform(-1, 1) for _ in range(nin)] for _ in range(nout)]), numpy.zeros(nout))
        for nin, nout in network.LAYERS
    )
    return Problem(weights, ((numpy.array(inputs), numpy.array(labels)),), False, network.PENALTY)


def digits() -> Problem:
    """scikit-learn's 1,797 digits in 14 batches of 100 of the shuffled first 1,400; weights by Kaiming's rule."""
    import numpy
    from sklearn.datasets import load_digits

    draw = numpy.random.default_rng(1337)
    images, labels = load_digits(return_X_y=True)
    order = draw.permutation(len(images))[:1400].reshape(14, 100)
    weights = tuple(
        (draw.normal(0.0, (2.0 / nin) ** 0.5, (nout, nin)), numpy.zeros(nout)) for nin, nout in pairwise((64, 32, 10))
    )
    batches = tuple((images[chosen] / 16.0, labels[chosen]) for chosen in order)
    return Problem(weights, batches, True, update="adam", rate=1e-3)


class Adam:
    """Adam, for contenders without it, on numpy arrays, which it changes in place."""

    def __init__(self, parameters: list[Any], rate: float) -> None:
        self.parameters, self.rate, self.count = parameters, rate, 0
        self.means, self.squares = [p * 0.0 for p in parameters], [p * 0.0 for p in parameters]

    def step(self, gradients: list[Any]) -> None:
        (beta1, beta2), self.count = BETAS, self.count + 1
        rate = self.rate / (1.0 - beta1**self.count)
        root = (1.0 - beta2**self.count) ** 0.5
        for p, g, mean, square in zip(self.parameters, gradients, self.means, self.squares):
            mean *= beta1
            mean += (1.0 - beta1) * g
            square *= beta2
            square += (1.0 - beta2) * g * g
            p -= rate * mean / (square**0.5 / root + EPSILON)
