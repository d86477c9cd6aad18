"""The parts that all demos share: their options, and the run from options to picture."""

from __future__ import annotations

import argparse
import io
import math
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, ClassVar, NamedTuple

import scalargrad as sg
from scalargrad import extras
from scalargrad.demos import progress


class Told(NamedTuple):
    """What is shown of a step."""

    state: str  # beside the bar
    line: str = ""  # a line that stays, such as a sample of what is learnt so far


class Demo(ABC):
    """Something to fit, step by step, and a picture of it. Constructed from the options on the command line."""

    name: ClassVar[str]
    about: ClassVar[str]
    steps: ClassVar[int]
    seed: int = 1337  # if none is given
    counted: ClassVar[str] = "steps of gradient descent"  # what the steps are
    example: ClassVar[str] = "--steps 50 --no-plot"  # options that a user may try
    note: ClassVar[str] = ""  # what a reader of the losses should know

    @classmethod  # noqa: B027 - few have any
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """Adds the options that only this demo has."""

    @classmethod
    @abstractmethod
    def from_options(cls, options: argparse.Namespace) -> Demo:
        """The demo, with its data and new parameters. The options have `seed`, `steps` and those of `add_options`."""

    @abstractmethod
    def parameters(self) -> Sequence[sg.Value | float]:
        """The parameters that are fitted, if any, as they are now."""

    @abstractmethod
    def tell(self, steps: int) -> Iterator[Told]:
        """Fits step by step. Yields once per step, after it. Raises `ArgumentError` if that fails."""

    @abstractmethod
    def verdict(self) -> str:
        """Lines that say how well it went."""

    @abstractmethod
    def draw(self, path: str | IO[bytes]) -> None:
        """Writes the picture to a path, or to a file that is open for bytes. Raises OSError if that fails."""


# --- the command line ------------------------------------------------------------------------------------------------


def add_parser(commands: Any, demo: type[Demo]) -> None:
    """Adds the demo and its options to argparse's subcommands."""
    parser = commands.add_parser(demo.name, help=demo.about, description=extras.wrapped(demo.about),
                                 epilog=f"example:\n  scalargrad demo {demo.name} {demo.example}\n",
                                 formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--steps", type=_steps, default=demo.steps, help=f"{demo.counted} (%(default)s)")
    parser.add_argument("--seed", type=_seed, default=demo.seed,
                        help="seed of what is drawn at random, 0 to 2**32-1 (%(default)s)")  # fmt: skip
    demo.add_options(parser)
    parser.add_argument("--out", type=_png, default=f"{demo.name}.png", help="file of the picture (%(default)s)")
    parser.add_argument("--no-plot", action="store_true", help="draw no picture")
    parser.set_defaults(demo=demo, refuse=parser.error)


def whole(texts: list[str], allowed: range, what: str) -> list[int]:
    """The whole numbers of an option. Raises argparse's error, which says `what` was expected."""
    try:
        found = [int(text) for text in texts]
    except ValueError:
        found = []
    if not found or any(number not in allowed for number in found):
        raise argparse.ArgumentTypeError(f"expected {what}, got {','.join(texts)!r}")
    return found


def numbers(text: str, count: int, allowed: Callable[[float], bool], what: str) -> list[float]:
    """The numbers of an option, with commas between. Raises argparse's error, which says `what` was expected."""
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) != count or not all(math.isfinite(number) and allowed(number) for number in found):
        raise argparse.ArgumentTypeError(f"expected {what}, got {text!r}")
    return found


def between(low: float, high: float) -> Callable[[str], float]:
    """What reads an option that is a number from `low` to `high`. It raises argparse's error for others."""
    what = f"a number from {low:g} to {high:g}"
    return lambda text: numbers(text, 1, lambda x: low <= x <= high, what)[0]


def _steps(text: str) -> int:
    return whole([text], range(1, sys.maxsize), "a whole number from 1 on")[0]


def _seed(text: str) -> int:
    return whole([text], range(2**32), "a whole number from 0 to 2**32-1, as numpy does")[0]


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


def share(right: Sequence[bool]) -> str:
    """The share that is right, as text.

    >>> share([True, False, True])
    '66.7 % (2 of 3)'
    """
    return f"{100.0 * sum(right) / len(right):.1f} % ({sum(right)} of {len(right)})"


def run(options: argparse.Namespace) -> int:
    """Trains, prints the result and draws the picture, by the options of `add_parser`. Returns the exit code."""
    plot = not options.no_plot and extras.found("matplotlib", "no picture will be made")
    try:
        if plot:
            _try_to_write(options.out)
    except OSError as error:
        options.refuse(f"argument --out: cannot write {options.out}: {error.strerror} (--no-plot draws no picture)")
    rich = extras.found("rich", "plain lines show the progress")

    demo: Demo = options.demo.from_options(options)
    fitted = f"{len(demo.parameters())} parameters, " if demo.parameters() else ""
    print(f"{demo.name}: {fitted}seed {options.seed}, backend {sg.backend()}", flush=True)
    if demo.note:
        print(demo.note, flush=True)
    with (progress.bar if rich and extras.on_terminal() else progress.lines)(options.steps) as show:
        for step, told in enumerate(demo.tell(options.steps)):
            show(step, *told)
    print(demo.verdict(), flush=True)

    if plot:
        drawn = io.BytesIO()  # before the file is opened, so that an interrupt leaves an older picture whole
        try:
            demo.draw(drawn)
            with open(options.out, "wb") as file:
                file.write(drawn.getvalue())
        except OSError as error:
            print(f"scalargrad: cannot write {options.out}: {error.strerror}", file=sys.stderr)
            return 1
        print(f"picture: {options.out}")
    return 0
