"""The demo `digits`: reads handwritten digits. A fifth of them is held out for the test."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import IO, Any

import scalargrad as sg
from scalargrad import losses
from scalargrad.datasets import load_digits
from scalargrad.demos import confusion
from scalargrad.demos.network import Network, half_cosine, winner
from scalargrad.demos.running import share
from scalargrad.nn import MLP
from scalargrad.optim import AdamW

_BATCH, _RATE, _DECAY = 100, 0.01, 0.1
_SMOOTHING = 0.1  # of labels: this share of the target is spread over all digits, so the loss stays above 0.5


class Digits(Network):
    """A softmax classifier of 8x8 pictures, trained on mini-batches; a fifth of each digit is held out."""

    name = "digits"
    about = (
        "read handwritten digits: mini-batches, cross-entropy of smoothed labels (so the loss stays above 0.5), AdamW,"
        " tested on a fifth that is held out"
    )
    steps = 900
    hidden = (32,)

    def __init__(self, seed: int, hidden: Sequence[int]) -> None:
        pictures, self.labels = load_digits()
        random.seed(seed)  # after the data: importing scikit-learn draws random numbers
        self.inputs = [[ink / 16.0 for ink in picture] for picture in pictures]
        order = list(range(len(self.inputs)))
        random.shuffle(order)
        order.sort(key=self.labels.__getitem__)  # by digit, so that a fifth of each is held out
        self.held_out = order[::5]
        self.training = [digit for k, digit in enumerate(order) if k % 5]
        self.waiting: list[int] = []
        self.model = MLP(64, [*hidden, 10], init="kaiming_normal")

    def optimiser(self) -> AdamW:
        return AdamW(self.model.parameters(), lr=_RATE, weight_decay=_DECAY)

    def rate(self, step: int, steps: int) -> float:
        return _RATE * half_cosine(step, steps)

    def _batch(self) -> list[int]:
        """The next training digits. When all have been used, they are shuffled again."""
        if not self.waiting:
            self.waiting = random.sample(self.training, len(self.training))
        batch, self.waiting = self.waiting[:_BATCH], self.waiting[_BATCH:]
        return batch

    def loss(self) -> tuple[sg.Value, float]:
        batch = self._batch()
        scores = self.model([self.inputs[digit] for digit in batch])
        targets = [[_SMOOTHING / 10.0] * 10 for _ in batch]
        for target, digit in zip(targets, batch):
            target[self.labels[digit]] += 1.0 - _SMOOTHING
        right = [winner(row) == self.labels[digit] for row, digit in zip(scores.data, batch)]
        return losses.cross_entropy(scores, targets), sum(right) / len(right)

    def _readings(self) -> list[int]:
        """The digits that the network reads in the held-out pictures."""
        with sg.no_grad():
            scores: Any = self.model([self.inputs[digit] for digit in self.held_out])
        return [winner(row) for row in scores.data]

    def verdict(self) -> str:
        right = [read == self.labels[digit] for read, digit in zip(self._readings(), self.held_out)]
        return f"held-out accuracy {share(right)}"

    def draw(self, path: str | IO[bytes]) -> None:
        samples = [
            confusion.Sample(self.inputs[digit], self.labels[digit], read)
            for digit, read in zip(self.held_out, self._readings())
        ]
        confusion.save(f"digits: {self.verdict()}", samples, path)
