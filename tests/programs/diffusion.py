"""A network learns the noise that was added to points of two clusters."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(21)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def gelu(x):
        phi = 0.5 * (1 + math.erf(x.data / math.sqrt(2)))
        density = math.exp(-x.data * x.data / 2) / math.sqrt(2 * math.pi)
        return Value(x.data * phi, (x,), (phi + x.data * density,))

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

    first, second = matrix(5, 3), matrix(1, 5)
    parameters = flat(first, second)
    for step in range(5):
        loss = 0.0
        for _ in range(4):
            clean, noise, t = rng.choice([-1.0, 1.0]), rng.gauss(0, 1), rng.random()
            noisy = math.cos(t * math.pi / 2) * clean + math.sin(t * math.pi / 2) * noise
            h = [gelu(v) for v in linear([Value(noisy), Value(t), Value(1.0)], first)]
            loss = loss + (linear(h, second)[0] - noise) ** 2 / 4
        loss.backward()
        show(loss.data, first[0][0].grad, second[0][4].grad)
        adam(parameters, step)
