"""Two views of a point come together, other points apart."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(23)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def cross_entropy(logits, target):
        """One node: logsumexp(logits) - logits[target]."""
        top = max(v.data for v in logits)
        exps = [math.exp(v.data - top) for v in logits]
        total = sum(exps)
        grads = [e / total - (k == target) for k, e in enumerate(exps)]
        return Value(math.log(total) + top - logits[target].data, tuple(logits), tuple(grads))

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    encoder = matrix(2, 3)
    points = [[rng.uniform(-1, 1) for _ in range(3)] for _ in range(4)]

    def normed(x):
        """x / |x|, each as one node of all components."""
        length = math.sqrt(sum(v.data**2 for v in x))
        unit = [v.data / length for v in x]
        rows = [[((j == k) - unit[j] * unit[k]) / length for k in range(len(x))] for j in range(len(x))]
        return [Value(u, tuple(x), tuple(row)) for u, row in zip(unit, rows)]

    for _ in range(4):
        views = []
        for _ in range(2):
            noisy = [[Value(v + rng.gauss(0, 0.1)) for v in point] for point in points]
            views.append([normed(linear(x, encoder)) for x in noisy])
        loss = 0.0
        for k, left in enumerate(views[0]):
            loss = loss + cross_entropy([sum(a * b for a, b in zip(left, right)) / 0.5 for right in views[1]], k)
        loss.backward()
        show(loss.data, encoder[0][0].grad, encoder[1][2].grad)
        sgd(flat(encoder), 0.3)
