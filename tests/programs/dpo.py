"""Direct preference optimisation of a bigram policy against its own start."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(7)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def softplus(x):
        return Value(math.log1p(math.exp(x.data)), (x,), (1 / (1 + math.exp(-x.data)),))

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    words = 4
    policy = matrix(words, words)
    reference = [[v.data for v in row] for row in policy]
    pairs = [([0, 1, 2], [0, 3, 3]), ([1, 2, 3], [1, 0, 0]), ([2, 3], [2, 2])]

    def log_softmax(row, k):
        top = max(v.data for v in row)
        exps = [math.exp(v.data - top) for v in row]
        total = sum(exps)
        return Value(row[k].data - top - math.log(total), row, [(j == k) - e / total for j, e in enumerate(exps)])

    def log_probability(text):
        return sum(log_softmax(policy[a], b) for a, b in pairwise(text))

    def before(text):
        found = 0.0
        for a, b in pairwise(text):
            found += reference[a][b] - math.log(sum(math.exp(v) for v in reference[a]))
        return found

    for _ in range(5):
        loss = 0.0
        for good, bad in pairs:
            margin = (log_probability(good) - before(good)) - (log_probability(bad) - before(bad))
            loss = loss + softplus(-0.5 * margin)
        loss.backward()
        show(loss.data, policy[0][1].grad, policy[2][2].grad)
        sgd(flat(policy), 0.5)
