"""An invertible map with a tractable determinant fits a skewed density."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(22)

    def vector(size, scale=0.4):
        return [Value(rng.gauss(0, scale)) for _ in range(size)]

    def softplus(x):
        return Value(math.log1p(math.exp(x.data)), (x,), (1 / (1 + math.exp(-x.data)),))

    def tanh(x):
        t = math.tanh(x.data)
        return Value(t, (x,), (1 - t * t,))

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    scales, shifts, weights, bends = (vector(2) for _ in range(4))
    data = [math.exp(0.4 * rng.gauss(0, 1)) for _ in range(6)]
    for _ in range(5):
        loss = 0.0
        for x in data:
            z, log_slope = Value(x), Value(0.0)
            for s, t, w, b in zip(scales, shifts, weights, bends):
                t1 = tanh(w * z + b)
                height = softplus(s)
                slope = 1 + height * softplus(w) * (1 - t1 * t1)
                z, log_slope = z + height * t1 + t, log_slope + slope.log()
            loss = loss + 0.5 * z * z - log_slope
        loss.backward()
        show(loss.data, scales[0].grad, weights[1].grad, shifts[0].grad)
        sgd([*scales, *shifts, *weights, *bends], 0.02)
