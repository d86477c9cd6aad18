"""The right side of a differential equation is learned through a solver of fourth order."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(26)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def tanh(x):
        t = math.tanh(x.data)
        return Value(t, (x,), (1 - t * t,))

    def add(x, y):
        return [a + b for a, b in zip(x, y)]

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

    first, second = matrix(4, 2), matrix(2, 4)
    parameters = flat(first, second)

    def slope(x):
        return linear([tanh(v) for v in linear(x, first)], second)

    def advance(x, h):
        def moved(k, by):
            return [a + by * b for a, b in zip(x, k)]

        k1 = slope(x)
        k2 = slope(moved(k1, h / 2))
        k3 = slope(moved(k2, h / 2))
        k4 = slope(moved(k3, h))
        return [v + h / 6 * (a + 2 * b + 2 * c + d) for v, a, b, c, d in zip(x, k1, k2, k3, k4)]

    for step in range(3):
        x, loss = [Value(1.0), Value(0.0)], 0.0
        for k in range(1, 5):
            x = advance(x, 0.3)
            loss = loss + sum((v - w) ** 2 for v, w in zip(x, (math.cos(0.3 * k), -math.sin(0.3 * k))))
        loss.backward()
        show(loss.data, first[0][0].grad, second[1][3].grad)
        adam(parameters, step)
