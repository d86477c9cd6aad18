"""The demo `spiral`: three arms of a spiral, which no straight line tells apart, and a small network does."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import IO

import scalargrad as sg
from scalargrad import losses
from scalargrad.demos.network import Network, half_cosine, winner
from scalargrad.demos.picture import Point, Scene, save
from scalargrad.demos.running import share
from scalargrad.nn import MLP
from scalargrad.optim import AdamW

_ARMS, _COUNT = 3, 100  # classes, and points of each
_TURN, _NOISE = 4.0, 0.2  # radians from the centre to the end of an arm, and the spread of the angles
_RATE, _DECAY = 0.03, 0.1


def spirals(seed: int) -> tuple[list[list[float]], list[int]]:
    """The points of three arms within the unit circle, and the number of each point's arm.

    The points of an arm are evenly spaced in radius; noise turns each about the centre. Source: the data of the case
    study in Stanford's course CS231n, whose arms are not quite evenly spaced.

    >>> points, arms = spirals(seed=0)
    >>> len(points), arms[99:101], round(math.hypot(*points[99]), 12)
    (300, [0, 1], 1.0)
    """
    rng = random.Random(seed)
    points, arms = [], []
    for arm in range(_ARMS):
        for k in range(_COUNT):
            radius = (k + 1) / _COUNT
            angle = rng.gauss(2.0 * math.pi * arm / _ARMS + _TURN * radius, _NOISE)
            points.append([radius * math.cos(angle), radius * math.sin(angle)])
            arms.append(arm)
    return points, arms


class Spiral(Network):
    """A softmax classifier of all 300 points, trained on all of them in every step."""

    name = "spiral"
    about = "tell three arms of a spiral apart, which needs a network with hidden layers: cross-entropy, AdamW"
    steps = 200
    hidden = (16, 16)

    def __init__(self, seed: int, hidden: Sequence[int]) -> None:
        self.points, self.arms = spirals(seed)
        random.seed(seed)
        self.model = MLP(2, [*hidden, _ARMS], init="kaiming_normal")

    def optimiser(self) -> AdamW:
        return AdamW(self.model.parameters(), lr=_RATE, weight_decay=_DECAY)

    def rate(self, step: int, steps: int) -> float:
        return _RATE * half_cosine(step, steps)

    def loss(self) -> tuple[sg.Value, float]:
        scores = self.model(self.points)
        right = self._right(scores.data)
        return losses.cross_entropy(scores, self.arms), sum(right) / len(right)

    def _right(self, scores: Sequence[Sequence[float]]) -> list[bool]:
        return [winner(row) == arm for row, arm in zip(scores, self.arms)]

    def verdict(self) -> str:
        with sg.no_grad():
            return f"training accuracy {share(self._right(self.model(self.points).data))}"

    def draw(self, path: str | IO[bytes]) -> None:
        scene = Scene(
            title=f"spiral: {self.verdict()}",
            axes=("x", "y"),
            classes=[f"arm {arm + 1}" for arm in range(_ARMS)],
            scores=lambda x, y: [score.data for score in self.model([x, y])],
            groups={"training": [Point(x, y, arm) for (x, y), arm in zip(self.points, self.arms)]},
        )
        save(scene, path)
