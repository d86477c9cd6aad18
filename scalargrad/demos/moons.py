"""The demo `moons`: micrograd's demo of two interleaving half circles, with the losses that micrograd publishes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import IO

import scalargrad as sg
from scalargrad import extras
from scalargrad.datasets import make_moons, make_plain_moons
from scalargrad.demos.network import Network
from scalargrad.demos.picture import Point, Scene, save
from scalargrad.demos.running import share
from scalargrad.nn import MLP

_DECAY = 1e-4  # the weight of the squared parameters in the loss


class Moons(Network):
    """A support-vector loss on 100 points. Source: micrograd's demo.ipynb."""

    name = "moons"
    about = "micrograd's demo: separate two half moons by a hinge loss"
    steps = 100
    hidden = (16, 16)

    def __init__(self, seed: int, hidden: Sequence[int]) -> None:
        scikit_learn = extras.found("sklearn.datasets", "the moons are other points, so the losses are not micrograd's")
        self.points, labels = (make_moons if scikit_learn else make_plain_moons)(n_samples=100, noise=0.1, seed=seed)
        self.signs = [2 * label - 1 for label in labels]
        random.seed(seed)  # after the data: importing scikit-learn draws random numbers
        self.model = MLP(2, [*hidden, 1])

    def loss(self) -> tuple[sg.Value, float]:
        # summed as in micrograd, so that it rounds in the same way
        scores = self.model(self.points)[:, 0]
        losses = [(1 + -sign * score).relu() for sign, score in zip(self.signs, scores)]
        total = sum(losses) * (1.0 / len(losses)) + _DECAY * sum(p * p for p in self.model.parameters())
        assert isinstance(total, sg.Value)  # to type checkers `sum` may return its start, 0
        right = self._right([score.data for score in scores])
        return total, sum(right) / len(right)

    def _right(self, scores: Sequence[float]) -> list[bool]:
        return [(score > 0) == (sign > 0) for sign, score in zip(self.signs, scores)]

    def verdict(self) -> str:
        with sg.no_grad():
            scores = self.model(self.points)[:, 0]
        return f"training accuracy {share(self._right(scores.data))}"

    def draw(self, path: str | IO[bytes]) -> None:
        def scores(x: float, y: float) -> list[float]:
            score = self.model([x, y]).data
            return [-score, score]

        scene = Scene(
            title=f"moons: {self.verdict()}",
            axes=("x", "y"),
            classes=["score < 0", "score > 0"],
            scores=scores,
            groups={"training": [Point(x, y, (sign + 1) // 2) for (x, y), sign in zip(self.points, self.signs)]},
        )
        save(scene, path)
