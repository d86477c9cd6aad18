"""A diagonal state space model, discretised exactly, filters a signal."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(5)

    def vector(size, scale=0.4):
        return [Value(rng.gauss(0, scale)) for _ in range(size)]

    def softplus(x):
        return Value(math.log1p(math.exp(x.data)), (x,), (1 / (1 + math.exp(-x.data)),))

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

    size = 4
    rates, steps, inputs, outputs = (vector(size) for _ in range(4))
    parameters = flat(rates, steps, inputs, outputs)

    def decay(a, dt):
        """exp(-a dt) as one node."""
        z = math.exp(-a.data * dt.data)
        return Value(z, (a, dt), (-dt.data * z, -a.data * z))

    signal = [math.cos(0.9 * k) for k in range(10)]
    wanted = [sum(signal[max(0, k - 2) : k + 1]) / 3 for k in range(10)]
    for step in range(4):
        keep = [decay(softplus(a), softplus(dt)) for a, dt in zip(rates, steps)]
        state = [Value(0.0) for _ in range(size)]
        loss = 0.0
        for u, y in zip(signal, wanted):
            state = [k * s + (1 - k) * b * u for k, s, b in zip(keep, state, inputs)]
            loss = loss + (sum(c * s for c, s in zip(outputs, state)) - y) ** 2
        loss.backward()
        show(loss.data, rates[0].grad, steps[1].grad, outputs[2].grad)
        adam(parameters, step, 0.05)
