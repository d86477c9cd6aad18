"""Messages along the edges of a small graph colour its two halves."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(27)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def add(x, y):
        return [a + b for a, b in zip(x, y)]

    def sigmoid(x):
        s = 1 / (1 + math.exp(-x.data))
        return Value(s, (x,), (s * (1 - s),))

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def adam(parameters, step, rate=0.02):
        for p in parameters:
            if step == 0:
                p.m = p.v = 0.0
            p.m = 0.9 * p.m + 0.1 * p.grad
            p.v = 0.99 * p.v + 0.01 * p.grad**2
            p.data -= rate * (p.m / (1 - 0.9 ** (step + 1))) / ((p.v / (1 - 0.99 ** (step + 1))) ** 0.5 + 1e-8)
            p.grad = 0.0

    edges = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5), (2, 3)]
    near = [[b for a, b in [*edges, *[(y, x) for x, y in edges]] if a == k] for k in range(6)]
    features = matrix(6, 2)
    own, other, out = matrix(3, 2), matrix(3, 2), matrix(1, 3)
    parameters = flat(features, own, other, out)

    def mean(items):
        return [
            Value(sum(v.data for v in column) / len(items), column, [1 / len(items)] * len(items))
            for column in zip(*items)
        ]

    for step in range(5):
        loss = 0.0
        for k in range(6):
            message = mean([features[j] for j in near[k]])
            h = [v.relu() for v in add(linear(features[k], own), linear(message, other))]
            p = sigmoid(linear(h, out)[0])
            loss = loss - (p.log() if k < 3 else (1 - p).log())
        loss.backward()
        show(loss.data, features[0][0].grad, out[0][1].grad)
        adam(parameters, step, 0.05)
