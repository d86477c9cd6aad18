"""The demo `iris`: tells three species of iris apart by four measurements. A third of the flowers is held out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import IO

import scalargrad as sg
from scalargrad import losses
from scalargrad.datasets import load_iris
from scalargrad.demos.network import Network, winner
from scalargrad.demos.picture import Point, Scene, save
from scalargrad.demos.running import share
from scalargrad.nn import MLP

_PETALS = 2  # the first of the two features in the picture
_SMOOTHING = 0.3  # of labels: this share of the target is spread over all species, so the loss stays above 0.64


class Iris(Network):
    """A softmax classifier; a third of each species is held out."""

    name = "iris"
    about = "tell Fisher's irises apart; a third of the flowers is held out to test on"
    note = "The labels are smoothed (0.8, 0.1, 0.1 in place of 1, 0, 0), so the loss cannot fall below 0.639."
    steps = 400
    hidden = (8,)

    def __init__(self, seed: int, hidden: Sequence[int]) -> None:
        random.seed(seed)
        self.features, self.labels, self.names = load_iris()
        order = list(range(len(self.features)))
        random.shuffle(order)
        order.sort(key=self.labels.__getitem__)  # by species, so that a third of each is held out
        self.held_out = order[::3]
        self.training = [flower for k, flower in enumerate(order) if k % 3]

        columns: list[tuple[float, ...]] = list(zip(*(self.features[flower] for flower in self.training)))
        self.means = [sg.mean(column) for column in columns]
        self.spreads = [sg.mean((x - mean) ** 2 for x in column) ** 0.5 for column, mean in zip(columns, self.means)]
        self.inputs = [self._standardised(flower) for flower in self.features]
        self.targets = [[_SMOOTHING / len(self.names)] * len(self.names) for _ in self.training]
        for target, flower in zip(self.targets, self.training):
            target[self.labels[flower]] += 1.0 - _SMOOTHING
        self.model = MLP(4, [*hidden, len(self.names)])

    def _standardised(self, feature: Sequence[float]) -> list[float]:
        return [(x - mean) / spread for x, mean, spread in zip(feature, self.means, self.spreads)]

    def loss(self) -> tuple[sg.Value, float]:
        scores = self.model([self.inputs[flower] for flower in self.training])
        # cross-entropy of smoothed labels: no flower is ever certain, so all keep influencing the borders
        right = [winner(row) == self.labels[flower] for row, flower in zip(scores.data, self.training)]
        return losses.cross_entropy(scores, self.targets), sum(right) / len(right)

    def _is_right(self, flower: int) -> bool:
        with sg.no_grad():
            return winner([score.data for score in self.model(self.inputs[flower])]) == self.labels[flower]

    def verdict(self) -> str:
        return f"held-out accuracy {share([self._is_right(flower) for flower in self.held_out])}"

    def draw(self, path: str | IO[bytes]) -> None:
        def scores(length: float, width: float) -> list[float]:
            feature = [*self.means[:_PETALS], length, width]
            return [score.data for score in self.model(self._standardised(feature))]

        def points(flowers: list[int]) -> list[Point]:
            plane = [self.features[flower][_PETALS:] for flower in flowers]
            return [Point(length, width, self.labels[f]) for (length, width), f in zip(plane, flowers)]

        groups = {
            "training": points(self.training),
            "held out, right": points([f for f in self.held_out if self._is_right(f)]),
            "held out, wrong": points([f for f in self.held_out if not self._is_right(f)]),
        }
        scene = Scene(
            title=f"iris: {self.verdict()}\nregions with the sepals at their means",
            axes=("petal length (cm)", "petal width (cm)"),
            classes=self.names,
            scores=scores,
            groups=groups,
        )
        save(scene, path)
