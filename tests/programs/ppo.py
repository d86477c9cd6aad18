"""A clipped policy gradient on a bandit of three arms."""

from __future__ import annotations

import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(18)

    def vector(size, scale=0.4):
        return [Value(rng.gauss(0, scale)) for _ in range(size)]

    def softmax(logits):
        top = max(v.data for v in logits)
        exps = [(v - top).exp() for v in logits]
        total = sum(exps)
        return [e / total for e in exps]

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    logits = vector(3)
    value = Value(0.0)
    rewards = [0.1, 1.0, -0.5]

    def clipped(ratio, advantage):
        """min(r A, clip(r) A) as one node."""
        bounded = min(max(ratio.data, 0.8), 1.2)
        if ratio.data * advantage <= bounded * advantage:
            return Value(ratio.data * advantage, (ratio,), (advantage,))
        return Value(bounded * advantage, (ratio,), (0.0,))

    for _ in range(3):
        old = [p.data for p in softmax(logits)]
        batch = [rng.choices(range(3), old)[0] for _ in range(6)]
        for _ in range(2):
            now = softmax(logits)
            loss = 0.0
            for arm in batch:
                loss = loss - clipped(now[arm] / old[arm], rewards[arm] - value.data)
                loss = loss + 0.5 * (value - rewards[arm]) ** 2
            loss = loss + 0.01 * sum(p * p.log() for p in now)
            loss.backward()
            show(loss.data, logits[0].grad, value.grad)
            sgd([*logits, value], 0.1)
