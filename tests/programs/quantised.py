"""Weights are rounded forward; the gradient passes straight through."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(25)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def tanh(x):
        t = math.tanh(x.data)
        return Value(t, (x,), (1 - t * t,))

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    first, second = matrix(3, 2, 0.8), matrix(1, 3, 0.8)

    def rounded(w, step=0.25):
        inside = abs(w.data) <= 1
        return Value(max(-1.0, min(1.0, round(w.data / step) * step)), (w,), (float(inside),))

    data = [((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), -1.0), ((0.0, 0.0), -1.0)]
    for _ in range(5):
        loss = 0.0
        for pair, target in data:
            x = [Value(v) for v in pair]
            h = [tanh(v) for v in linear(x, [[rounded(w) for w in row] for row in first])]
            y = linear(h, [[rounded(w) for w in row] for row in second])[0]
            loss = loss + (y - target) ** 2
        loss.backward()
        show(loss.data, first[0][0].grad, second[0][2].grad)
        sgd(flat(first, second), 0.15)
