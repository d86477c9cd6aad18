"""Skip-grams with negative samples."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(10)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def dot(x, y):
        """One node for the whole sum."""
        total = sum(a.data * b.data for a, b in zip(x, y))
        return Value(total, (*x, *y), (*[b.data for b in y], *[a.data for a in x]))

    def softplus(x):
        return Value(math.log1p(math.exp(x.data)), (x,), (1 / (1 + math.exp(-x.data)),))

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    words = ["the", "cat", "sat", "on", "the", "mat", "the", "dog", "sat", "on", "the", "rug"]
    names = sorted(set(words))
    inner, outer = matrix(len(names), 3), matrix(len(names), 3)
    for _ in range(3):
        loss = 0.0
        for k, word in enumerate(words):
            centre = inner[names.index(word)]
            for other in words[max(0, k - 1) : k] + words[k + 1 : k + 2]:
                loss = loss + softplus(-dot(centre, outer[names.index(other)]))
            loss = loss + softplus(dot(centre, outer[rng.randrange(len(names))]))
        loss = loss / len(words)
        loss.backward()
        show(loss.data, inner[0][0].grad, outer[1][2].grad)
        sgd(flat(inner, outer), 0.3)
