"""A plain recurrent network over letters, as in the oldest of these programs."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(3)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def vector(size, scale=0.4):
        return [Value(rng.gauss(0, scale)) for _ in range(size)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def tanh(x):
        t = math.tanh(x.data)
        return Value(t, (x,), (1 - t * t,))

    def cross_entropy(logits, target):
        """One node: logsumexp(logits) - logits[target]."""
        top = max(v.data for v in logits)
        exps = [math.exp(v.data - top) for v in logits]
        total = sum(exps)
        grads = [e / total - (k == target) for k, e in enumerate(exps)]
        return Value(math.log(total) + top - logits[target].data, tuple(logits), tuple(grads))

    def add(x, y):
        return [a + b for a, b in zip(x, y)]

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def momentum(parameters, rate, keep=0.9):
        for p in parameters:
            p.v = keep * getattr(p, "v", 0.0) + p.grad
            p.data -= rate * p.v
            p.grad = 0.0

    text = "hello hello"
    letters = sorted(set(text))
    size = 4
    wx, wh, why, bias = matrix(size, len(letters)), matrix(size, size), matrix(len(letters), size), vector(size)
    parameters = flat(wx, wh, why, bias)
    for _ in range(4):
        h = [Value(0.0) for _ in range(size)]
        loss = 0.0
        for now, following in pairwise(text):
            column = letters.index(now)
            h = [tanh(a + row[column] + b) for a, row, b in zip(linear(h, wh), wx, bias)]
            loss = loss + cross_entropy(linear(h, why), letters.index(following))
        loss.backward()
        show(loss.data, bias[0].grad, wh[0][0].grad)
        momentum(parameters, 0.01)
