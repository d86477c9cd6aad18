"""A network that a demo trains by gradient descent: its loss, its optimiser, its rates."""

from __future__ import annotations

import argparse
import math
import sys
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

import scalargrad as sg
from scalargrad.demos.running import Demo, Told, whole
from scalargrad.errors import ArgumentError
from scalargrad.nn import MLP
from scalargrad.optim import SGD, Optimiser


class Network(Demo):
    """A network, its data and its loss. Constructed from a seed and the sizes of the hidden layers."""

    hidden: ClassVar[tuple[int, ...]]

    model: MLP

    @abstractmethod
    def __init__(self, seed: int, hidden: Sequence[int]) -> None: ...

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        hidden = ",".join(map(str, cls.hidden))
        parser.add_argument("--hidden", type=_hidden, default=hidden, help="sizes of the hidden layers (%(default)s)")

    @classmethod
    def from_options(cls, options: argparse.Namespace) -> Network:
        return cls(options.seed, options.hidden)

    def parameters(self) -> list[sg.Value]:
        return self.model.parameters()

    def optimiser(self) -> Optimiser:
        """The optimiser that trains the network."""
        return SGD(self.model.parameters(), lr=1.0)

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of a step. It falls from 1 to 0.1, as in micrograd's demo."""
        return 1.0 - 0.9 * step / steps

    @abstractmethod
    def loss(self) -> tuple[sg.Value, float]:
        """The loss and the accuracy on all training points, or on the next batch of them."""

    def tell(self, steps: int) -> Iterator[Told]:
        for loss, accuracy in train(self, steps):
            yield Told(f"loss {loss:#.5g}  accuracy {100.0 * accuracy:.1f} %")


def train(demo: Network, steps: int) -> Iterator[tuple[float, float]]:
    """Trains step by step. Yields the loss and the accuracy at the start of each step.

    Raises `ArgumentError` if the loss overflows.
    """
    optimiser = demo.optimiser()
    for k in range(steps):
        loss, accuracy = demo.loss()
        if not math.isfinite(loss.data):
            raise ArgumentError(f"the loss became {loss.data} at step {k + 1}: use smaller or fewer hidden layers")
        optimiser.zero_grad()
        loss.backward()
        optimiser.lr = demo.rate(k, steps)
        optimiser.step()
        yield loss.data, accuracy


def half_cosine(step: int, steps: int) -> float:
    """The share of the learning rate that is left at a step: half a cosine, from 1 down to 0."""
    return 0.5 * (1.0 + math.cos(math.pi * step / steps))


def winner(scores: Sequence[float]) -> int:
    """The class with the largest score."""
    return max(range(len(scores)), key=scores.__getitem__)


def _hidden(text: str) -> list[int]:
    # from 2 on: a layer of one neuron would pass on a single number
    return whole(text.split(","), range(2, sys.maxsize), "sizes from 2 on with commas between, such as 8 or 16,16")
