"""Attention with rotary positions, which are rotations by constants."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(17)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def softmax(logits):
        top = max(v.data for v in logits)
        exps = [(v - top).exp() for v in logits]
        total = sum(exps)
        return [e / total for e in exps]

    def cross_entropy(logits, target):
        """One node: logsumexp(logits) - logits[target]."""
        top = max(v.data for v in logits)
        exps = [math.exp(v.data - top) for v in logits]
        total = sum(exps)
        grads = [e / total - (k == target) for k, e in enumerate(exps)]
        return Value(math.log(total) + top - logits[target].data, tuple(logits), tuple(grads))

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

    tokens, size = [0, 1, 2, 1, 0, 1], 4
    table, wq, wk, out = matrix(3, size), matrix(size, size), matrix(size, size), matrix(3, size)
    parameters = flat(table, wq, wk, out)

    def rotate(x, position):
        y = []
        for k in range(0, size, 2):
            c, s = math.cos(position / 10**k), math.sin(position / 10**k)
            a, b = x[k], x[k + 1]
            y.append(Value(c * a.data - s * b.data, (a, b), (c, -s)))
            y.append(Value(s * a.data + c * b.data, (a, b), (s, c)))
        return y

    for step in range(4):
        keys, values, loss = [], [], 0.0
        for k in range(len(tokens) - 1):
            x = table[tokens[k]]
            keys.append(rotate(linear(x, wk), k))
            values.append(x)
            q = rotate(linear(x, wq), k)
            weights = softmax([sum(a * b for a, b in zip(q, key)) / size**0.5 for key in keys])
            mixed = [sum(w * v[j] for w, v in zip(weights, values)) for j in range(size)]
            loss = loss + cross_entropy(linear(mixed, out), tokens[k + 1])
        loss.backward()
        show(loss.data, wq[0][0].grad, table[1][2].grad)
        adam(parameters, step)
