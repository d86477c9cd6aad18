"""A start is learned from which one step solves each of three tasks."""

from __future__ import annotations

import random
from typing import Any


def run(Value: Any, show: Any) -> None:
    rng = random.Random(31)

    def vector(size, scale=0.4):
        return [Value(rng.gauss(0, scale)) for _ in range(size)]

    def dot(x, y):
        """One node for the whole sum."""
        total = sum(a.data * b.data for a, b in zip(x, y))
        return Value(total, (*x, *y), (*[b.data for b in y], *[a.data for a in x]))

    def square(x):
        return Value(x.data**2, (x,), (2 * x.data,))

    start = vector(2)
    tasks = [(1.0, 0.5), (-0.5, 1.0), (2.0, -0.3)]
    for _ in range(4):
        found = [0.0, 0.0]
        total = 0.0
        for slope, shift in tasks:
            here = [Value(p.data) for p in start]
            for _ in range(2):
                loss = Value(0.0)
                for x in (-1.0, 0.3, 1.2):
                    loss = loss + square(dot(here, [Value(x), Value(1.0)]) - (slope * x + shift))
                for p in here:
                    p.grad = 0.0
                loss.backward()
                for p in here:
                    p.data -= 0.1 * p.grad
            total += loss.data
            found = [f + p.data - s.data for f, p, s in zip(found, here, start)]
        for p, f in zip(start, found):
            p.data += 0.3 * f
        show(total, start[0].data, start[1].data)
