"""Three numbers through one, with tied weights."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(9)

    def vector(size, scale=0.4):
        return [Value(rng.gauss(0, scale)) for _ in range(size)]

    def dot(x, y):
        """One node for the whole sum."""
        total = sum(a.data * b.data for a, b in zip(x, y))
        return Value(total, (*x, *y), (*[b.data for b in y], *[a.data for a in x]))

    def square(x):
        return Value(x.data**2, (x,), (2 * x.data,))

    def tanh(x):
        t = math.tanh(x.data)
        return Value(t, (x,), (1 - t * t,))

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    weights = vector(3)
    bias = Value(0.1)
    data = [[1.0, 0.5, -0.2], [-0.8, -0.4, 0.1], [0.3, 0.1, 0.0]]
    for _ in range(6):
        loss = Value(0.0)
        for row in data:
            code = tanh(dot([Value(x) for x in row], weights) + bias)
            for x, w in zip(row, weights):
                loss = loss + square(code * w - x)
        loss.backward()
        show(loss.data, weights[0].grad, bias.grad)
        sgd([*weights, bias], 0.1)
