"""A small student learns the soft answers of a fixed teacher."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(24)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def softmax(logits):
        top = max(v.data for v in logits)
        exps = [(v - top).exp() for v in logits]
        total = sum(exps)
        return [e / total for e in exps]

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def momentum(parameters, rate, keep=0.9):
        for p in parameters:
            p.v = keep * getattr(p, "v", 0.0) + p.grad
            p.data -= rate * p.v
            p.grad = 0.0

    teacher = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(4)]
    student = matrix(4, 3)
    for _ in range(5):
        loss = 0.0
        for _ in range(3):
            x = [rng.uniform(-1, 1) for _ in range(3)]
            scores = [sum(w * v for w, v in zip(row, x)) / 2 for row in teacher]
            total = sum(math.exp(s) for s in scores)
            soft = [math.exp(s) / total for s in scores]
            mine = softmax([v / 2 for v in linear([Value(v) for v in x], student)])
            loss = loss + sum(p * (math.log(p) - q.log()) for p, q in zip(soft, mine))
        loss.backward()
        show(loss.data, student[0][0].grad, student[3][1].grad)
        momentum(flat(student), 0.3)
