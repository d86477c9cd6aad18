"""A policy of two logits walks to the end of a corridor."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(19)

    def vector(size, scale=0.4):
        return [Value(rng.gauss(0, scale)) for _ in range(size)]

    def sigmoid(x):
        s = 1 / (1 + math.exp(-x.data))
        return Value(s, (x,), (s * (1 - s),))

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    weights = vector(2)

    def episode():
        position, logs = 0, []
        for _ in range(6):
            p = sigmoid(weights[0] + weights[1] * position)
            right = rng.random() < p.data
            logs.append(p.log() if right else (1 - p).log())
            position = max(0, position + (1 if right else -1))
        return position, logs

    for _ in range(4):
        loss, baseline = 0.0, 1.5
        for _ in range(3):
            reward, logs = episode()
            loss = loss - (reward - baseline) * sum(logs)
        loss.backward()
        show(loss.data, weights[0].grad, weights[1].grad)
        sgd(weights, 0.05)
