"""The pure-Python backend: the steps of optimisers. The C core has the same in csrc/arrays/update.c, to the same bits.

A block holds the parameters, all of them leaves. A bytearray holds the state of the optimiser as doubles, one array per
quantity.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from scalargrad.pure.block import Block
from scalargrad.table.libm import div


def sgd_step(
    parameters: Block, state: bytearray, first: bool, lr: float, momentum: float, dampening: float,
    weight_decay: float, nesterov: bool,
) -> None:  # fmt: skip
    """Stochastic gradient descent. The state holds the velocities; it is empty without momentum."""
    velocity = memoryview(state).cast("d")
    for k, p in enumerate(parameters.items):
        g = p.grad + weight_decay * p.data if weight_decay else p.grad
        if momentum:
            velocity[k] = g if first else momentum * velocity[k] + (1.0 - dampening) * g
            g = g + momentum * velocity[k] if nesterov else velocity[k]
        p.data -= lr * g


def adam_step(
    parameters: Block, state: bytearray, rate: float, beta1: float, beta2: float, eps: float, weight_decay: float,
    shrink: float, root: float,
) -> None:  # fmt: skip
    """Adam. The state holds the running means of the gradients, then those of their squares.

    `rate` is the learning rate divided by the bias correction of the means. `root` is the square root of the bias
    correction of the squares. `weight_decay` times the parameter is added to its gradient; `shrink` multiplies the
    parameter.
    """
    numbers = memoryview(state).cast("d")
    count = len(parameters.items)
    for k, p in enumerate(parameters.items):
        g = p.grad + weight_decay * p.data if weight_decay else p.grad
        numbers[k] = mean = beta1 * numbers[k] + (1.0 - beta1) * g
        numbers[count + k] = square = beta2 * numbers[count + k] + (1.0 - beta2) * (g * g)
        p.data = shrink * p.data - rate * div(mean, math.sqrt(square) / root + eps)


def clear_grads(values: Iterable[Any]) -> None:
    """Sets the grad of all values to 0."""
    for x in values:
        x.grad = 0.0
