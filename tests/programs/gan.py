"""A generator and a discriminator of one dimension, in turns."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(4)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def tanh(x):
        t = math.tanh(x.data)
        return Value(t, (x,), (1 - t * t,))

    def softplus(x):
        return Value(math.log1p(math.exp(x.data)), (x,), (1 / (1 + math.exp(-x.data)),))

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    generator = [matrix(3, 2), matrix(1, 4)]
    discriminator = [matrix(3, 2), matrix(1, 4)]
    one = Value(1.0)

    def network(x, layers):
        return linear([*[tanh(v) for v in linear([x, one], layers[0])], one], layers[1])[0]

    for _ in range(4):
        real = [Value(rng.gauss(2, 0.5)) for _ in range(3)]
        noise = [rng.gauss(0, 1) for _ in range(3)]
        fake = [Value(network(Value(z), generator).data) for z in noise]
        loss = sum(softplus(-network(x, discriminator)) for x in real) + sum(
            softplus(network(x, discriminator)) for x in fake
        )
        loss.backward()
        show(loss.data, discriminator[1][0][0].grad)
        sgd(flat(*discriminator), 0.1)
        loss = sum(softplus(-network(network(Value(z), generator), discriminator)) for z in noise)
        loss.backward()
        show(loss.data, generator[0][0][0].grad)
        sgd(flat(*generator), 0.1)
        for p in flat(*discriminator):
            p.grad = 0.0
