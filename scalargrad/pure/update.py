"""The pure-Python backend: the steps of optimisers. The C core has the same in csrc/arrays/update.c, to the same bits.

A block holds the parameters, all of them leaves. A bytearray holds the state of the optimiser as doubles, one array per
quantity.
"""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Sequence
from typing import Any

from scalargrad.pure import effects, tape
from scalargrad.pure.block import Block
from scalargrad.table.libm import div


def _step(
    leaves: list[Any], moved: list[float], state: bytearray, quantities: list[float], attributes: dict[str, Any],
    changes: dict[str, Any],
) -> None:  # fmt: skip
    """Stores all results of a step in one go: the parameters, the state, and the attributes of the optimiser."""
    whole, numbers = (slice(0, len(state)),), (array("d", quantities).tobytes(),)
    effects.at_once(
        effects.setting_data(leaves, moved),
        map(state.__setitem__, whole, numbers) if state else (),
        map(attributes.update, (changes,)),
    )


def sgd_step(
    parameters: Block, state: bytearray, first: bool, lr: float, momentum: float, dampening: float,
    weight_decay: float, nesterov: bool, attributes: dict[str, Any] | None = None,
    changes: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Stochastic gradient descent. The state holds the velocities; it is empty without momentum.

    `changes` are stored in the optimiser's attributes in the same step.
    """
    velocity = memoryview(bytes(state)).cast("d")
    velocities: list[float] = []
    moved: list[float] = []
    for k, p in enumerate(parameters.items):
        g = p.grad + weight_decay * p.data if weight_decay else p.grad
        if momentum:
            velocities.append(g if first else momentum * velocity[k] + (1.0 - dampening) * g)
            g = g + momentum * velocities[k] if nesterov else velocities[k]
        moved.append(p.data - lr * g)
    _step(parameters.items, moved, state, velocities, {} if attributes is None else attributes, changes or {})


def adam_step(
    parameters: Block, state: bytearray, rate: float, beta1: float, beta2: float, eps: float, weight_decay: float,
    shrink: float, root: float, attributes: dict[str, Any] | None = None, changes: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Adam. The state holds the running means of the gradients, then those of their squares.

    `rate` is the learning rate divided by the bias correction of the means. `root` is the square root of the bias
    correction of the squares. `weight_decay` times the parameter is added to its gradient; `shrink` multiplies the
    parameter. `changes` are stored in the optimiser's attributes in the same step.
    """
    numbers = memoryview(bytes(state)).cast("d")
    count = len(parameters.items)
    means: list[float] = []
    squares: list[float] = []
    moved: list[float] = []
    for k, p in enumerate(parameters.items):
        g = p.grad + weight_decay * p.data if weight_decay else p.grad
        means.append(beta1 * numbers[k] + (1.0 - beta1) * g)
        squares.append(beta2 * numbers[count + k] + (1.0 - beta2) * (g * g))
        moved.append(shrink * p.data - rate * div(means[k], math.sqrt(squares[k]) / root + eps))
    _step(parameters.items, moved, state, means + squares, {} if attributes is None else attributes, changes or {})


def scale_grads(parameters: Block, factor: float) -> None:
    """Multiplies the grad of each parameter by the factor."""
    leaves = parameters.items
    effects.at_once(effects.setting_grads(leaves, [p.grad * factor for p in leaves]))


def limit_grads(parameters: Block, most: float) -> None:
    """Moves the grad of each parameter into the range from -most to most. A nan stays."""
    grads = [p.grad for p in parameters.items]
    limited = [most if g > most else -most if g < -most else g for g in grads]
    effects.at_once(effects.setting_grads(parameters.items, limited))


def clear_grads(values: Sequence[Any]) -> None:
    """Sets the grad of all values to 0."""
    leaves = [x for x in values if isinstance(x, tape.Node) and x._graph is None]
    if len(leaves) < len(values):
        for x in values:
            if not isinstance(x, tape.Node) or x._graph is not None:
                x.grad = 0.0
    effects.at_once(effects.setting_grads(leaves, itertools.repeat(0.0)))
