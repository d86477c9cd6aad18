"""A variational autoencoder with one latent number and the reparametrisation."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(8)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def tanh(x):
        t = math.tanh(x.data)
        return Value(t, (x,), (1 - t * t,))

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

    encoder, mean, spread, decoder = matrix(3, 3), matrix(1, 3), matrix(1, 3), matrix(3, 1)
    parameters = flat(encoder, mean, spread, decoder)
    data = [[t, t * t, -t] for t in (-0.9, -0.3, 0.4, 1.0)]
    for step in range(4):
        loss = 0.0
        for row in data:
            h = [tanh(v) for v in linear([Value(x) for x in row], encoder)]
            mu, log_variance = linear(h, mean)[0], linear(h, spread)[0]
            noise = rng.gauss(0, 1)
            half = math.exp(0.5 * log_variance.data) * noise
            z = Value(mu.data + half, (mu, log_variance), (1.0, 0.5 * half))
            again = linear([tanh(z)], decoder)
            loss = loss + sum((a - x) ** 2 for a, x in zip(again, row))
            loss = loss + 0.05 * (mu * mu + log_variance.exp() - log_variance - 1)
        loss.backward()
        show(loss.data, mean[0][0].grad, spread[0][0].grad)
        adam(parameters, step)
