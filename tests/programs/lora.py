"""A frozen matrix is adapted by a product of two thin ones."""

from __future__ import annotations

import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(6)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

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

    size, rank = 5, 1
    frozen = [[rng.gauss(0, 0.4) for _ in range(size)] for _ in range(size)]
    a, b = matrix(rank, size), [[Value(0.0) for _ in range(rank)] for _ in range(size)]
    parameters = flat(a, b)

    def fixed(x, w):
        """Rows of constants: one node per row."""
        return [Value(sum(c * v.data for c, v in zip(row, x)), tuple(x), tuple(row)) for row in w]

    data = [[Value(rng.uniform(-1, 1)) for _ in range(size)] for _ in range(4)]
    for step in range(5):
        loss = 0.0
        for x in data:
            y = add(fixed(x, frozen), [2 * v for v in linear(linear(x, a), b)])
            loss = loss + sum((yk - xk) ** 2 for yk, xk in zip(y, x[1:] + x[:1]))
        loss.backward()
        show(loss.data, a[0][0].grad, b[0][0].grad, data[0][0].grad)
        adam(parameters, step)
        for x in data:
            for v in x:
                v.grad = 0.0
