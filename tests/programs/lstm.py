"""A long short-term memory predicts the next number of a wave."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(1)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def vector(size, scale=0.4):
        return [Value(rng.gauss(0, scale)) for _ in range(size)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def tanh(x):
        t = math.tanh(x.data)
        return Value(t, (x,), (1 - t * t,))

    def sigmoid(x):
        s = 1 / (1 + math.exp(-x.data))
        return Value(s, (x,), (s * (1 - s),))

    def add(x, y):
        return [a + b for a, b in zip(x, y)]

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    size = 3
    gates = {name: (matrix(size, size + 1), vector(size)) for name in "ifog"}
    out = vector(size)
    parameters = flat(*[part for pair in gates.values() for part in pair], out)
    wave = [math.sin(0.7 * k) for k in range(8)]
    for _ in range(4):
        h = c = [Value(0.0) for _ in range(size)]
        loss = 0.0
        for k in range(len(wave) - 1):
            x = [Value(wave[k]), *h]
            i, f, o = ([sigmoid(v) for v in add(linear(x, gates[n][0]), gates[n][1])] for n in "ifo")
            g = [tanh(v) for v in add(linear(x, gates["g"][0]), gates["g"][1])]
            c = [fk * ck + ik * gk for fk, ck, ik, gk in zip(f, c, i, g)]
            h = [ok * tanh(ck) for ok, ck in zip(o, c)]
            loss = loss + (sum(a * b for a, b in zip(h, out)) - wave[k + 1]) ** 2
        loss.backward()
        show(loss.data, out[0].grad, parameters[0].grad)
        sgd(parameters, 0.05)
