"""Optimisers, simplest first."""

from __future__ import annotations

from collections.abc import Iterable

from scalargrad.errors import ArgumentError, NumberError
from scalargrad.value import Value


class SGD:
    """Gradient descent: ``p.data -= lr * p.grad`` for every parameter.

    `lr` may be changed between steps. Raises `ArgumentError` for a negative or infinite `lr` or no parameters,
    `NumberError` for a parameter that is no Value. Source: PyTorch's SGD without momentum.

    >>> w = Value(1.0)
    >>> optimiser = SGD([w], lr=0.25)
    >>> (w * w).backward()
    >>> optimiser.step(); w.data
    0.5
    >>> optimiser.zero_grad(); w.grad
    0.0
    """

    def __init__(self, parameters: Iterable[Value], lr: float) -> None:
        if isinstance(parameters, Value):
            raise ArgumentError("SGD takes a list of parameters, got one Value: give [value]")
        self.parameters = list(parameters)
        for p in self.parameters:
            if not isinstance(p, Value):
                raise NumberError(f"SGD takes Values as parameters, got {type(p).__name__}")
            if p._op:
                raise ArgumentError(f"SGD trains leaves, got the result of {p._op}: its data cannot be set")
        if not isinstance(lr, (int, float)):
            raise NumberError(f"lr must be a number, got {type(lr).__name__}")
        if not self.parameters:
            raise ArgumentError("SGD got no parameters: give model.parameters()")
        if not 0.0 <= lr < float("inf"):
            raise ArgumentError(f"lr must be a finite number that is not negative, got {lr}")
        self.lr = lr

    def step(self) -> None:
        """Moves every parameter against its gradient."""
        for p in self.parameters:
            p.data -= self.lr * p.grad

    def zero_grad(self) -> None:
        """Sets the grad of every parameter to 0."""
        for p in self.parameters:
            p.grad = 0.0
