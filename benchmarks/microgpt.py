"""The transformer of the demo `gpt`, number by number, on any engine; and an engine and an Adam like microgpt's.

`Value` has about forty lines: nodes with their local derivatives, and a recursive sweep.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from benchmarks.timing import clock

CHARACTERS, POSITIONS = 27, 8
WORD = (26, 4, 12, 8, 13, 4, 19, 19, 26)  # a name, between two marks of its ends


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

    def __truediv__(self, other: Any) -> Value:
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


class Adam:
    """microgpt's optimiser: p falls by lr * m / (sqrt(v) + eps), where m and v are means without their bias."""

    beta1, beta2, eps = 0.85, 0.99, 1e-8

    def __init__(self, parameters: Sequence[Any]) -> None:
        self.parameters, self.steps = parameters, 0
        self.means, self.squares = [0.0] * len(parameters), [0.0] * len(parameters)

    def step(self, lr: float) -> None:
        """Moves the parameters, and clears their grads."""
        self.steps += 1
        first, second = 1 - self.beta1**self.steps, 1 - self.beta2**self.steps
        for k, p in enumerate(self.parameters):
            self.means[k] = self.beta1 * self.means[k] + (1 - self.beta1) * p.grad
            self.squares[k] = self.beta2 * self.squares[k] + (1 - self.beta2) * p.grad**2
            p.data -= lr * (self.means[k] / first) / ((self.squares[k] / second) ** 0.5 + self.eps)
            p.grad = 0.0


class Transformer:
    """New weights, the same for every engine, and one step of gradient descent on them."""

    def __init__(self, variable: Callable[[float], Any]) -> None:
        # of the copy of scalargrad that is loaded now: see peers.load
        sizes, scalar = (import_module(f"scalargrad.demos.gpt.{name}") for name in ("sizes", "scalar"))
        random.seed(42)
        self.model = scalar.Gpt(sizes.Sizes(CHARACTERS, block=POSITIONS), variable)
        self.parameters = self.model.parameters()

    def step(self) -> tuple[float, float, float]:
        """The seconds of a step, its loss, and the sum of the weights afterwards."""
        begun = clock()
        loss = self.model.loss(WORD)
        loss.backward()
        for p in self.parameters:
            p.data -= 0.1 * p.grad
            p.grad = 0.0
        return clock() - begun, float(loss.data), sum(p.data for p in self.parameters)
