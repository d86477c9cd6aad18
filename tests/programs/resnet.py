"""Residual blocks with layer norm, deep enough that the gradient needs them."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(14)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def gelu(x):
        phi = 0.5 * (1 + math.erf(x.data / math.sqrt(2)))
        density = math.exp(-x.data * x.data / 2) / math.sqrt(2 * math.pi)
        return Value(x.data * phi, (x,), (phi + x.data * density,))

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

    blocks = [(matrix(4, 4), matrix(4, 4)) for _ in range(4)]
    parameters = flat(*[w for pair in blocks for w in pair])

    def layernorm(x):
        mean = sum(x) / len(x)
        variance = sum((v - mean) ** 2 for v in x) / len(x)
        return [(v - mean) / (variance + 1e-5) ** 0.5 for v in x]

    data = [([0.1, 0.5, -0.3, 0.9], 1.0), ([-0.6, 0.2, 0.7, -0.1], -1.0)]
    for step in range(3):
        loss = 0.0
        for row, target in data:
            x = [Value(v) for v in row]
            for first, second in blocks:
                x = add(x, linear([gelu(v) for v in linear(layernorm(x), first)], second))
            loss = loss + (sum(x) / len(x) - target) ** 2
        loss.backward()
        show(loss.data, parameters[0].grad, parameters[-1].grad)
        adam(parameters, step)
