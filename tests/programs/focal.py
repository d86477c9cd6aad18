"""Logistic regression with the focal loss, whose derivative is given by hand."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(30)

    def vector(size, scale=0.4):
        return [Value(rng.gauss(0, scale)) for _ in range(size)]

    def dot(x, y):
        """One node for the whole sum."""
        total = sum(a.data * b.data for a, b in zip(x, y))
        return Value(total, (*x, *y), (*[b.data for b in y], *[a.data for a in x]))

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    weights = vector(3)
    data = [([1.0, x, x * x], int(abs(x) > 0.6)) for x in (-1.0, -0.7, -0.4, 0.0, 0.2, 0.5, 0.9)]

    def focal(logit, label, gamma=2.0):
        sign = 1.0 if label else -1.0
        p = 1 / (1 + math.exp(-sign * logit.data))
        loss = -((1 - p) ** gamma) * math.log(p)
        slope = sign * (gamma * (1 - p) ** gamma * p * math.log(p) - (1 - p) ** (gamma + 1))
        return Value(loss, (logit,), (slope,))

    for _ in range(8):
        loss = sum(focal(dot(weights, [Value(x) for x in row]), label) for row, label in data)
        loss.backward()
        show(loss.data, *[w.grad for w in weights])
        sgd(weights, 0.5)
