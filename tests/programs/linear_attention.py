"""Attention without softmax, as a running sum of outer products."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(16)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def square(x):
        return Value(x.data**2, (x,), (2 * x.data,))

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

    size = 3
    wq, wk, wv = (matrix(size, size) for _ in range(3))
    parameters = flat(wq, wk, wv)

    def feature(x):
        """elu(x) + 1, by hand."""
        if x.data > 0:
            return Value(x.data + 1, (x,), (1.0,))
        return Value(math.exp(x.data), (x,), (math.exp(x.data),))

    row = [[rng.uniform(-1, 1) for _ in range(size)] for _ in range(5)]
    for step in range(4):
        memory = [[Value(0.0) for _ in range(size)] for _ in range(size)]
        total = [Value(1e-3) for _ in range(size)]
        loss = 0.0
        for k, numbers in enumerate(row):
            x = [Value(v) for v in numbers]
            q, key = [feature(v) for v in linear(x, wq)], [feature(v) for v in linear(x, wk)]
            v = linear(x, wv)
            memory = [[m + ki * vj for m, vj in zip(mi, v)] for mi, ki in zip(memory, key)]
            total = [t + ki for t, ki in zip(total, key)]
            scale = sum(a * b for a, b in zip(q, total))
            y = [sum(qi * memory[i][j] for i, qi in enumerate(q)) / scale for j in range(size)]
            loss = loss + sum(square(a - b) for a, b in zip(y, row[max(0, k - 1)]))
        loss.backward()
        show(loss.data, wq[0][0].grad, wk[0][0].grad, wv[0][0].grad)
        adam(parameters, step)
