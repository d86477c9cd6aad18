"""The parts that all demos share: options, the training loop, and the run from options to picture."""

from __future__ import annotations

import argparse
import math
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import scalargrad as sg
from scalargrad import extras
from scalargrad.demos import progress
from scalargrad.errors import ArgumentError
from scalargrad.nn import MLP
from scalargrad.optim import SGD, Optimiser


class Demo(ABC):
    """A network, its data and its loss. Constructed from a seed and the sizes of the hidden layers."""

    name: ClassVar[str]
    about: ClassVar[str]
    steps: ClassVar[int]
    hidden: ClassVar[tuple[int, ...]]
    note: ClassVar[str] = ""  # what a reader of the losses should know

    model: MLP

    @abstractmethod
    def __init__(self, seed: int, hidden: Sequence[int]) -> None: ...

    def optimiser(self) -> Optimiser:
        """The optimiser that trains the network."""
        return SGD(self.model.parameters(), lr=1.0)

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of a step. It falls from 1 to 0.1, as in micrograd's demo."""
        return 1.0 - 0.9 * step / steps

    @abstractmethod
    def loss(self) -> tuple[sg.Value, float]:
        """The loss and the accuracy on all training points, or on the next batch of them."""

    @abstractmethod
    def verdict(self) -> str:
        """A line that says how accurate the trained network is."""

    @abstractmethod
    def draw(self, path: str) -> None:
        """Writes the picture. Raises OSError if the path cannot be written."""


def train(demo: Demo, steps: int) -> Iterator[tuple[float, float]]:
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


def share(right: Sequence[bool]) -> str:
    """The share that is right, as text."""
    return f"{100.0 * sum(right) / len(right):.1f} % ({sum(right)} of {len(right)})"


# --- the command line ------------------------------------------------------------------------------------------------


def add_parser(commands: Any, demo: type[Demo]) -> None:
    """Adds the demo and its options to argparse's subcommands."""
    parser = commands.add_parser(demo.name, help=demo.about, description=extras.wrapped(demo.about),
                                 epilog=f"example:\n  scalargrad demo {demo.name} --steps 50 --no-plot\n",
                                 formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    hidden = ",".join(map(str, demo.hidden))
    parser.add_argument("--steps", type=_steps, default=demo.steps, help="steps of gradient descent (%(default)s)")
    parser.add_argument("--seed", type=_seed, default=1337, help="seed of data and weights, 0 to 2**32-1 (%(default)s)")
    parser.add_argument("--hidden", type=_hidden, default=hidden, help="sizes of the hidden layers (%(default)s)")
    parser.add_argument("--out", type=_png, default=f"{demo.name}.png", help="file of the picture (%(default)s)")
    parser.add_argument("--no-plot", action="store_true", help="draw no picture")
    parser.set_defaults(demo=demo, refuse=parser.error)


def _whole(texts: list[str], allowed: range, what: str) -> list[int]:
    try:
        numbers = [int(text) for text in texts]
    except ValueError:
        numbers = []
    if not numbers or any(number not in allowed for number in numbers):
        raise argparse.ArgumentTypeError(f"expected {what}, got {','.join(texts)!r}")
    return numbers


def _steps(text: str) -> int:
    return _whole([text], range(1, sys.maxsize), "a whole number from 1 on")[0]


def _seed(text: str) -> int:
    return _whole([text], range(2**32), "a whole number from 0 to 2**32-1, as numpy does")[0]


def _hidden(text: str) -> list[int]:
    # from 2 on: a layer of one neuron would pass on a single number
    return _whole(text.split(","), range(2, sys.maxsize), "sizes from 2 on with commas between, such as 8 or 16,16")


def _png(text: str) -> str:
    if not text.lower().endswith(".png"):
        raise argparse.ArgumentTypeError(f"expected a file name that ends in .png, got {text!r}")
    try:
        return os.path.abspath(text)
    except FileNotFoundError:  # the working folder is gone; what can be done without it still works
        return text


def _try_to_write(path: str) -> None:
    """Raises the OSError that writing the picture would raise. An existing file does not change."""
    there = os.path.exists(path)
    with open(path, "ab"):
        pass
    if not there:
        os.remove(path)


def run(options: argparse.Namespace) -> int:
    """Trains, prints the result and draws the picture, by the options of `add_parser`. Returns the exit code."""
    plot = not options.no_plot and extras.found("matplotlib", "no picture will be made")
    try:
        if plot:
            _try_to_write(options.out)
    except OSError as error:
        options.refuse(f"argument --out: cannot write {options.out}: {error.strerror} (--no-plot draws no picture)")
    rich = extras.found("rich", "plain lines show the progress")

    demo: Demo = options.demo(options.seed, options.hidden)
    count = len(demo.model.parameters())
    print(f"{demo.name}: {count} parameters, seed {options.seed}, backend {sg.backend()}", flush=True)
    if demo.note:
        print(demo.note, flush=True)
    with (progress.bar if rich and extras.on_terminal() else progress.lines)(options.steps) as show:
        for step, (loss, accuracy) in enumerate(train(demo, options.steps)):
            show(step, loss, accuracy)
    print(demo.verdict(), flush=True)

    if plot:
        try:
            demo.draw(options.out)
        except OSError as error:
            print(f"scalargrad: cannot write {options.out}: {error.strerror}", file=sys.stderr)
            return 1
        print(f"picture: {options.out}")
    return 0
