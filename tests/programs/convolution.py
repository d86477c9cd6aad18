"""A filter of three taps and a pooled output find an edge."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(13)

    def vector(size, scale=0.4):
        return [Value(rng.gauss(0, scale)) for _ in range(size)]

    def sigmoid(x):
        s = 1 / (1 + math.exp(-x.data))
        return Value(s, (x,), (s * (1 - s),))

    def dot(x, y):
        """One node for the whole sum."""
        total = sum(a.data * b.data for a, b in zip(x, y))
        return Value(total, (*x, *y), (*[b.data for b in y], *[a.data for a in x]))

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    taps, bias = vector(3), Value(0.0)
    signals = [[0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1]]
    labels = [1, 0, 0, 1]

    def largest(items):
        """Python's max picks one; so does this node."""
        k = max(range(len(items)), key=lambda k: items[k].data)
        return Value(items[k].data, tuple(items), tuple(float(j == k) for j in range(len(items))))

    for _ in range(6):
        loss = 0.0
        for signal, label in zip(signals, labels):
            x = [Value(s) for s in signal]
            maps = [(dot(taps, x[k : k + 3]) + bias).relu() for k in range(4)]
            p = sigmoid(largest(maps) * 2 - 1)
            loss = loss - (p.log() if label else (1 - p).log())
        loss.backward()
        show(loss.data, taps[0].grad, taps[2].grad, bias.grad)
        sgd([*taps, bias], 0.2)
