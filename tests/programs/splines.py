"""A Kolmogorov-Arnold network: each edge is a sum of hats, made by hand."""

from __future__ import annotations

import math
import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(28)

    def vector(size, scale=0.4):
        return [Value(rng.gauss(0, scale)) for _ in range(size)]

    def square(x):
        return Value(x.data**2, (x,), (2 * x.data,))

    def flat(*parts):
        return [p for part in parts for row in part for p in (row if isinstance(row, list) else [row])]

    def sgd(parameters, rate):
        for p in parameters:
            p.data -= rate * p.grad
            p.grad = 0.0

    knots = [-1.0, -0.5, 0.0, 0.5, 1.0]
    edges = [vector(len(knots)) for _ in range(4)]
    top = [vector(len(knots)) for _ in range(2)]
    parameters = flat(edges, top)

    def edge(x, heights):
        """The value of a piecewise linear function: one node of its argument and of all its heights."""
        hats = [max(0.0, 1 - abs(x.data - k) / 0.5) for k in knots]
        slopes = [(-math.copysign(1 / 0.5, x.data - k) if h > 0 else 0.0) for h, k in zip(hats, knots)]
        value = sum(c.data * h for c, h in zip(heights, hats))
        return Value(value, (x, *heights), (sum(c.data * s for c, s in zip(heights, slopes)), *hats))

    data = [(rng.uniform(-0.9, 0.9), rng.uniform(-0.9, 0.9)) for _ in range(6)]
    for _ in range(5):
        loss = 0.0
        for a, b in data:
            x, y = Value(a), Value(b)
            hidden = [edge(x, edges[0]) + edge(y, edges[1]), edge(x, edges[2]) + edge(y, edges[3])]
            loss = loss + square(sum(edge(h, t) for h, t in zip(hidden, top)) - a * b)
        loss.backward()
        show(loss.data, edges[0][2].grad, top[1][1].grad)
        sgd(parameters, 0.2)
