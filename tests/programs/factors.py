"""A matrix of ratings as the product of two thin ones, with gaps."""

from __future__ import annotations

import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(29)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def dot(x, y):
        """One node for the whole sum."""
        total = sum(a.data * b.data for a, b in zip(x, y))
        return Value(total, (*x, *y), (*[b.data for b in y], *[a.data for a in x]))

    def square(x):
        return Value(x.data**2, (x,), (2 * x.data,))

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    ratings = {(0, 0): 5, (0, 1): 3, (1, 0): 4, (1, 3): 1, (2, 1): 1, (2, 3): 5, (3, 2): 4, (3, 3): 4}
    people, things = matrix(4, 2), matrix(4, 2)
    mean = Value(3.0)
    for _ in range(6):
        loss = Value(0.0)
        for (p, t), rating in ratings.items():
            loss = loss + square(dot(people[p], things[t]) + mean - rating)
        loss = loss / len(ratings) + 0.02 * sum(square(v) for v in flat(people, things))
        loss.backward()
        show(loss.data, people[0][0].grad, things[3][1].grad, mean.grad)
        sgd([*flat(people, things), mean], 0.2)
