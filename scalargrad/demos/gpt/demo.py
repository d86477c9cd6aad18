"""The demo `gpt`: a transformer that learns first names, and invents others."""

from __future__ import annotations

import argparse
import math
import random
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import IO, Any

import scalargrad as sg
from scalargrad import optim
from scalargrad.datasets import load_names
from scalargrad.demos.gpt import bulk, picture, scalar
from scalargrad.demos.gpt.sizes import Sizes
from scalargrad.demos.gpt.text import Text, documents
from scalargrad.demos.progress import ends_part
from scalargrad.demos.running import Demo, Told, numbers, whole
from scalargrad.errors import ArgumentError
from scalargrad.extras import WIDTH
from scalargrad.nodes.displays import printable

FORMS: dict[str, Callable[[Sizes], Any]] = {"matrix": bulk.Gpt, "numbers": partial(scalar.Gpt, number=sg.Value)}
_LARGEST = 256  # of the sizes
_BETAS, _RECENT = (0.85, 0.99), 100
_TIMES, _SHOWN = 5, 5  # how often it invents while it learns, and how many documents at a time


class Gpt(Demo):
    """A transformer, its text, and its optimiser. Everything random follows from the seed, as in microgpt."""

    name = "gpt"
    about = "a transformer of scalars, after Karpathy's microgpt, that learns first names and invents others"
    steps = 1000
    seed = 42
    example = "--layers 2 --temperature 0.8"
    note = "A step learns from one line of the text; the mean is of the last 100 losses."

    def __init__(
        self, seed: int, documents: Sequence[str], form: str = "matrix", *, width: int = 16, heads: int = 4,
        layers: int = 1, block: int = 16, rate: float = 0.01, temperature: float = 0.5, samples: int = 20,
    ) -> None:  # fmt: skip
        if not documents:
            raise ArgumentError("a transformer needs documents to learn from, got none")
        if not temperature > 0.0:
            raise ArgumentError(f"the temperature must be positive, got {temperature}")
        random.seed(seed)
        shuffled = [*documents]
        random.shuffle(shuffled)
        self.text = Text(shuffled)
        self.sizes = Sizes(self.text.end + 1, width, heads, layers, block)
        self.model = FORMS[form](self.sizes)
        self.rng = random.Random()  # goes on from here, as microgpt does; rich draws from the common one
        self.rng.setstate(random.getstate())
        self.optimiser = optim.Adam(self.parameters(), lr=rate, betas=_BETAS)
        self.rate, self.temperature, self.samples = rate, temperature, samples
        self.losses: list[float] = []
        self.invented: list[str] = []

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        defaults = Sizes(0)
        for name, about in (
            ("width", "numbers per token"),
            ("heads", "heads of the attention, which divide the width"),
            ("layers", "layers"),
            ("block", "the most characters that it reads or writes"),
        ):
            text = f"{about} (%(default)s)"
            parser.add_argument(f"--{name}", type=_size, metavar="N", default=getattr(defaults, name), help=text)
        parser.add_argument(
            "--rate", type=_positive, default=0.01, help="learning rate, which falls to 0 (%(default)s)"
        )
        parser.add_argument("--text", type=documents, metavar="FILE", help="learn from this text, one document per line"
                            " (first names)")  # fmt: skip
        parser.add_argument("--samples", type=_size, metavar="N", default=20, help="lines to invent (%(default)s)")
        parser.add_argument("--temperature", type=_positive, default=0.5,
                            help="divides the scores of characters: below 1 likely ones come more often"
                            " (%(default)s)")  # fmt: skip
        parser.add_argument("--form", choices=FORMS, default="matrix",
                            help="matrices, or a Value per number, slower (%(default)s)")  # fmt: skip

    @classmethod
    def from_options(cls, options: argparse.Namespace) -> Gpt:
        if options.width % options.heads:
            options.refuse(f"argument --heads: {options.heads} heads do not divide the width, {options.width}")
        names = ("width", "heads", "layers", "block", "rate", "temperature", "samples")
        settings = {name: getattr(options, name) for name in names}
        return cls(options.seed, options.text or load_names(), options.form, **settings)

    def parameters(self) -> list[sg.Value]:
        return self.model.parameters()  # type: ignore[no-any-return]

    def train(self, steps: int) -> Iterator[float]:
        """Trains step by step. Yields the loss at the start of each. Raises `ArgumentError` if it overflows.

        The learning rate falls to 0 in these steps; another call starts from the first rate again.
        """
        self.optimiser.lr, self.invented = self.rate, []
        scheduler = optim.LinearLR(self.optimiser, 1.0, 0.0, steps)
        for step in range(steps):
            loss = self.model.loss(self.text.tokens(step)[: self.sizes.block + 1])
            if not math.isfinite(loss.data):
                raise ArgumentError(f"the loss became {loss.data} at step {step + 1}: use a smaller --rate")
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            scheduler.step()
            self.losses.append(loss.data)
            yield loss.data

    def tell(self, steps: int) -> Iterator[Told]:
        for step, loss in enumerate(self.train(steps)):
            line = ""
            if step + 1 < steps and (step == 0 or ends_part(step, steps, _TIMES)):
                state = self.rng.getstate()  # so that those at the end are microgpt's
                line = fitting([shown(self.invent()) for _ in range(_SHOWN)])
                self.rng.setstate(state)
            yield Told(f"loss {loss:#.5g}  mean {sg.mean(self.losses[-_RECENT:]):#.5g}", line)

    def invent(self) -> str:
        """A new document: character after character, drawn by the probabilities that the network gives."""
        read, token, found = self.model.reader(), self.text.end, []
        with sg.no_grad():
            for _ in range(self.sizes.block):
                scores = [float(getattr(score, "data", score)) for score in read(token)]
                token = drawn(scores, self.temperature, self.rng)
                if token == self.text.end:
                    break
                found.append(token)
        return self.text.decoded(found)

    def verdict(self) -> str:
        self.invented = self.invented or [self.invent() for _ in range(self.samples)]
        recent = self.losses[-_RECENT:]
        block, lines = self.sizes.block, self.text.documents
        known = {line[:block] for line in lines}  # as far as it read them
        new = sum(line not in known for line in self.invented if line)
        longer = sum(len(line) > block for line in lines)
        more = f"; --block {min(max(map(len, lines)), _LARGEST)} reads more" * (block < _LARGEST)
        cut = f"lines cut at {block} characters, the rest unread: {longer} of {len(lines)}{more}"
        return "\n".join([
            f"mean loss of the last {len(recent)} steps {sg.mean(recent):#.5g}; a guess among {self.sizes.tokens}"
            f" characters has {math.log(self.sizes.tokens):#.5g}",
            *[cut] * (longer > 0),
            f"{len(self.invented)} invented, {new} of them new; a * marks those in the text",
            *columns([shown(line) + " *" * (line in known) for line in self.invented]),
        ])  # fmt: skip

    def draw(self, path: str | IO[bytes]) -> None:
        model = self.model
        if not isinstance(model, bulk.Gpt):
            model = bulk.Gpt(self.sizes)
            for p, q in zip(model.parameters(), self.parameters()):
                p.data = q.data
        longest = max(self.invented, key=len, default="") or self.text.documents[0]
        picture.save(self.text, self.losses, longest, model, path)


def drawn(scores: Sequence[float], temperature: float, rng: random.Random) -> int:
    """A token, drawn by the softmax of the scores divided by the temperature. Raises `ArgumentError` for a nan."""
    if not all(map(math.isfinite, scores)):
        raise ArgumentError(f"the scores of a character became {sum(scores)}: use a smaller --rate")
    largest = max(scores)
    weights = [math.exp((score - largest) / temperature) for score in scores]
    return rng.choices(range(len(scores)), weights=weights)[0]


def shown(line: str) -> str:
    """A document as it is printed: without control characters, and visible if it has no character."""
    return printable(line) or "(empty)"


def cells(text: str) -> int:
    """The columns of a terminal that a text takes: two per Chinese character or emoji, none per combining accent."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fitting(texts: Sequence[str]) -> str:
    """A line of the first texts, as many as a terminal has room for, but one at least."""
    lines = ["  " + "  ".join(texts[:count]) for count in range(len(texts), 1, -1)]
    return next((line for line in lines if cells(line) <= WIDTH), f"  {texts[0]}")


def columns(texts: Sequence[str]) -> list[str]:
    """Lines with several texts each, if they are short, one below the other."""
    width = max(map(cells, texts)) + 2
    each = max((WIDTH - 2) // width, 1)
    return [
        "  " + "".join(text + " " * (width - cells(text)) for text in texts[first : first + each]).rstrip()
        for first in range(0, len(texts), each)
    ]


def _size(text: str) -> int:
    return whole([text], range(1, _LARGEST + 1), f"a whole number from 1 to {_LARGEST}")[0]


def _positive(text: str) -> float:
    return numbers(text, 1, lambda x: x > 0.0, "a positive number")[0]
