"""A gated recurrent unit tells whether a row of bits has odd parity."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(2)

    def matrix(rows, columns, scale=0.4):
        return [[Value(rng.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

    def tanh(x):
        t = math.tanh(x.data)
        return Value(t, (x,), (1 - t * t,))

    def sigmoid(x):
        s = 1 / (1 + math.exp(-x.data))
        return Value(s, (x,), (s * (1 - s),))

    def softplus(x):
        return Value(math.log1p(math.exp(x.data)), (x,), (1 / (1 + math.exp(-x.data)),))

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    size = 3
    wz, wr, wh = (matrix(size, size + 2) for _ in range(3))
    out = matrix(1, size)
    parameters = flat(wz, wr, wh, out)
    rows = [[1, 0, 1], [1, 1, 1], [0, 0, 1], [0, 1, 1]]
    for _ in range(4):
        loss = 0.0
        for bits in rows:
            h = [Value(0.0) for _ in range(size)]
            for bit in bits:
                x = [Value(bit), Value(1.0), *h]
                z, r = ([sigmoid(v) for v in linear(x, w)] for w in (wz, wr))
                candidate = [tanh(v) for v in linear([*x[:2], *[a * b for a, b in zip(r, h)]], wh)]
                h = [(1 - zk) * hk + zk * ck for zk, hk, ck in zip(z, h, candidate)]
            logit = linear(h, out)[0]
            loss = loss + softplus(-logit if sum(bits) % 2 else logit)
        loss.backward()
        show(loss.data, out[0][0].grad, wz[0][0].grad)
        sgd(parameters, 0.2)
