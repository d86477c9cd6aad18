"""A table of logits counts pairs of letters."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(11)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

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

    text = ".emma.ava.mia."
    letters = sorted(set(text))
    table = matrix(len(letters), len(letters))
    pairs = [(letters.index(a), letters.index(b)) for a, b in pairwise(text)]
    for _ in range(6):
        loss = sum(cross_entropy(table[a], b) for a, b in pairs) / len(pairs)
        loss = loss + 0.01 * sum(v * v for v in flat(table))
        loss.backward()
        show(loss.data, table[0][1].grad, table[1][0].grad)
        sgd(flat(table), 2.0)
    names, state = "", 0
    for _ in range(8):
        row = [math.exp(v.data) for v in table[state]]
        state = rng.choices(range(len(row)), row)[0]
        names += letters[state]
    show(float(len(names)), sum(map(ord, names)) / 1.0)
