"""A network over three letters of context, with embeddings and a bias."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(12)

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

    text = "..anna.bob.eva."
    letters = sorted(set(text))
    embedding, hidden, bias = matrix(len(letters), 2), matrix(5, 4), vector(5)
    out = matrix(len(letters), 5)
    parameters = flat(embedding, hidden, bias, out)
    for _ in range(4):
        losses = []
        for a, b, c in zip(text, text[1:], text[2:]):
            x = embedding[letters.index(a)] + embedding[letters.index(b)]
            h = [tanh(v) for v in add(linear(x, hidden), bias)]
            losses.append(cross_entropy(linear(h, out), letters.index(c)))
        loss = sum(losses) * (1 / len(losses))
        loss.backward()
        show(loss.data, embedding[0][0].grad, bias[0].grad)
        momentum(parameters, 0.1)
