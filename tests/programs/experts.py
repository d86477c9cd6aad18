"""A gate chooses among three experts, and a penalty keeps them in use."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(15)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def softmax(logits):
        top = max(v.data for v in logits)
        exps = [(v - top).exp() for v in logits]
        total = sum(exps)
        return [e / total for e in exps]

    def tanh(x):
        t = math.tanh(x.data)
        return Value(t, (x,), (1 - t * t,))

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    gate, experts = matrix(3, 2), [matrix(1, 2, 1.0) for _ in range(3)]
    parameters = flat(gate, *experts)
    data = [(k / 4 - 1, abs(k / 4 - 1)) for k in range(9)]
    for _ in range(5):
        loss, use = 0.0, [0.0, 0.0, 0.0]
        for x, y in data:
            given = [Value(x), Value(1.0)]
            weights = softmax([3 * v for v in linear(given, gate)])
            found = sum(w * tanh(linear(given, e)[0]) for w, e in zip(weights, experts))
            use = [u + w for u, w in zip(use, weights)]
            loss = loss + (found - y) ** 2
        loss = loss / len(data) + 0.1 * sum((u / len(data) - 1 / 3) ** 2 for u in use)
        loss.backward()
        show(loss.data, gate[0][0].grad, experts[2][0][1].grad)
        sgd(parameters, 0.5)
