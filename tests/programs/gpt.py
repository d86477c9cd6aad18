"""A transformer of one layer and two heads learns to continue a short text."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(0)

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

    def rmsnorm(x):
        scale = (sum(v * v for v in x) / len(x) + 1e-5) ** -0.5
        return [v * scale for v in x]

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

    text = "abacabadab"
    letters = sorted(set(text))
    tokens = [letters.index(c) for c in text]
    size, heads = 4, 2
    wte, wpe, head = matrix(len(letters), size), matrix(len(text), size), matrix(len(letters), size)
    wq, wk, wv, wo = (matrix(size, size) for _ in range(4))
    up, down = matrix(2 * size, size), matrix(size, 2 * size)
    parameters = flat(wte, wpe, head, wq, wk, wv, wo, up, down)

    def forward(token, position, keys, values):
        x = rmsnorm(add(wte[token], wpe[position]))
        q = linear(x, wq)
        keys.append(linear(x, wk))
        values.append(linear(x, wv))
        mixed = []
        for h in range(heads):
            part = slice(h * size // heads, (h + 1) * size // heads)
            scores = [sum(a * b for a, b in zip(q[part], k[part])) / (size // heads) ** 0.5 for k in keys]
            weights = softmax(scores)
            mixed += [sum(w * v[j] for w, v in zip(weights, values)) for j in range(part.start, part.stop)]
        x = add(x, linear(mixed, wo))
        hidden = [v.relu() for v in linear(rmsnorm(x), up)]
        return linear(add(x, linear(hidden, down)), head)

    for step in range(3):
        keys, values, losses = [], [], []
        for k in range(6):
            losses.append(cross_entropy(forward(tokens[k], k, keys, values), tokens[k + 1]))
        loss = sum(losses) / len(losses)
        loss.backward()
        show(loss.data, parameters[0].grad, parameters[-1].grad)
        adam(parameters, step)
