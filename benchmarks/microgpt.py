"""A transformer, number by number, as in Karpathy's microgpt: one layer, four heads, 27 characters.

`Value` is an engine like the one of that program, about forty lines: nodes with their local derivatives, and a
recursive sweep. The same step runs on any class with its operators and methods.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from benchmarks.timing import clock

EMBEDDING, HEADS, CHARACTERS, POSITIONS = 16, 4, 27, 8
WORD = (26, 4, 12, 8, 13, 4, 19, 19, 26)  # a name, between two marks of its ends
Vector = list[Any]


class Value:
    """One number, the nodes that it was made of, and the derivative by each."""

    __slots__ = ("children", "data", "grad", "local_grads")

    def __init__(self, data: float, children: Any = (), local_grads: Any = ()) -> None:
        self.data, self.grad, self.children, self.local_grads = data, 0.0, children, local_grads

    def __add__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n: float) -> Value:
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def log(self) -> Value:
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def exp(self) -> Value:
        result = math.exp(self.data)
        return Value(result, (self,), (result,))

    def relu(self) -> Value:
        return Value(max(0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Value | float) -> Value:
        return self + other * -1.0

    def __truediv__(self, other: Value) -> Value:
        return self * other**-1.0

    __radd__, __rmul__ = __add__, __mul__

    def backward(self) -> None:
        order: list[Value] = []
        seen: set[Value] = set()

        def visit(v: Value) -> None:
            if v not in seen:
                seen.add(v)
                for child in v.children:
                    visit(child)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for child, local_grad in zip(v.children, v.local_grads):
                child.grad += local_grad * v.grad


def _linear(x: Vector, weights: list[Vector]) -> Vector:
    return [sum(w * a for w, a in zip(row, x)) for row in weights]


def _softmax(logits: Vector) -> Vector:
    largest = max(x.data for x in logits)
    exponentials = [(x - largest).exp() for x in logits]
    total = sum(exponentials)
    return [e / total for e in exponentials]


def _normalised(x: Vector) -> Vector:
    mean = sum(a * a for a in x) * (1 / len(x))
    scale = (mean + 1e-5) ** -0.5
    return [a * scale for a in x]


def _sum(x: Vector, y: Iterable[Any]) -> Vector:
    return [a + b for a, b in zip(x, y)]


class Transformer:
    """New weights, the same for every engine, and one step of gradient descent on them."""

    def __init__(self, variable: Callable[[float], Any]) -> None:
        random.seed(42)

        def matrix(rows: int, columns: int) -> list[Vector]:
            return [[variable(random.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        n = EMBEDDING
        self.tokens, self.places, self.head = matrix(CHARACTERS, n), matrix(POSITIONS, n), matrix(CHARACTERS, n)
        self.query, self.key, self.value, self.joined = (matrix(n, n) for _ in range(4))
        self.up, self.down = matrix(4 * n, n), matrix(n, 4 * n)
        self.parameters = [p for part in vars(self).values() for row in part for p in row]

    def logits(self, token: int, place: int, keys: list[Vector], values: list[Vector]) -> Vector:
        """The logits of the next character; adds the key and the value of this one."""
        x = _normalised(_sum(self.tokens[token], self.places[place]))
        before, x = x, _normalised(x)
        query, width = _linear(x, self.query), EMBEDDING // HEADS
        keys.append(_linear(x, self.key))
        values.append(_linear(x, self.value))
        attended: Vector = []
        for start in range(0, EMBEDDING, width):
            part = slice(start, start + width)
            scores = [sum(q * k for q, k in zip(query[part], key[part])) * width**-0.5 for key in keys]
            weights = _softmax(scores)
            attended += [sum(w * v[k] for w, v in zip(weights, values)) for k in range(start, start + width)]
        x = before = _sum(_linear(attended, self.joined), before)
        hidden = [a.relu() for a in _linear(_normalised(x), self.up)]
        return _linear(_sum(_linear(hidden, self.down), before), self.head)

    def step(self) -> tuple[float, float, float]:
        """The seconds of a step, its loss, and the sum of the weights afterwards."""
        begun = clock()
        keys: list[Vector] = []
        values: list[Vector] = []
        losses = []
        for place, (token, following) in enumerate(pairwise(WORD)):
            losses.append(-_softmax(self.logits(token, place, keys, values))[following].log())
        loss = sum(losses) * (1 / len(losses))
        loss.backward()
        for p in self.parameters:
            p.data -= 0.1 * p.grad
            p.grad = 0.0
        return clock() - begun, float(loss.data), sum(p.data for p in self.parameters)
