"""Temporal differences with a target network that follows slowly."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(20)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def tanh(x):
        t = math.tanh(x.data)
        return Value(t, (x,), (1 - t * t,))

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    online = [matrix(3, 2), matrix(2, 3)]
    target = [[[p.data for p in row] for row in layer] for layer in online]

    def huber(x):
        if abs(x.data) < 1:
            return Value(0.5 * x.data**2, (x,), (x.data,))
        return Value(abs(x.data) - 0.5, (x,), (math.copysign(1.0, x.data),))

    def fixed(state):
        h = [math.tanh(sum(w * x for w, x in zip(row, state))) for row in target[0]]
        return [sum(w * x for w, x in zip(row, h)) for row in target[1]]

    for _ in range(5):
        loss = 0.0
        for _ in range(4):
            state, action = [rng.uniform(-1, 1), 1.0], rng.randrange(2)
            following = [state[0] + (0.3 if action else -0.3), 1.0]
            wanted = -abs(following[0]) * 3 + 0.9 * max(fixed(following))
            q = linear([tanh(v) for v in linear([Value(x) for x in state], online[0])], online[1])
            loss = loss + huber(q[action] - wanted)
        loss.backward()
        show(loss.data, online[0][0][0].grad, online[1][1][2].grad)
        sgd(flat(*online), 0.1)
        for mine, theirs in zip(online, target):
            for row, kept in zip(mine, theirs):
                kept[:] = [0.8 * k + 0.2 * p.data for k, p in zip(kept, row)]
