"""Optimisers that divide each gradient by the size of those before it: Adagrad and RMSprop.

Their steps are the formulas, on arrays of all parameters at once. All results are stored in one call.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

from scalargrad import core
from scalargrad.arrays.base import of_shape
from scalargrad.optim.base import Optimiser
from scalargrad.value import Value


def _numbers(given: bytes) -> Any:
    """A Vector of constants."""
    return of_shape(core.doubles(given, False), (len(given) // 8,), False)


class _Adaptive(Optimiser):
    """An optimiser whose step is written in arrays."""

    def _step(self, weight_decay: float) -> tuple[Any, Any, list[Any]]:
        """The parameters, their gradients, and the running quantities, as Vectors of constants."""
        leaves, count = core.whole(self._block, 1, len(self._block)), 8 * len(self._block)
        p, g = _numbers(core.numbers(leaves)), _numbers(core.grads(leaves) or b"")
        state = bytes(self._memory(len(self._remembered)))
        quantities = [_numbers(state[k : k + count]) for k in range(0, len(state), count)]
        return p, (g + weight_decay * p if weight_decay else g), quantities

    def _store(self, p: Any, *quantities: Any) -> None:
        """Sets the parameters and the running quantities, all in one go."""
        changes = self._changes(bytearray(b"".join(x.tobytes() for x in quantities)))[1]
        leaves = core.whole(self._block, 1, len(self._block))
        core.set_leaves(leaves, p.tobytes(), 0, map(vars(self).update, (changes,)))


class Adagrad(_Adaptive):
    """Adagrad: the gradient divided by the root of the sum of all squares so far.

    Let g be the grad plus weight_decay * p, and t the number of the step. Then s ← s + g², which starts at
    `initial_accumulator_value`, and p ← p - lr / (1 + (t - 1) * lr_decay) * g / (√s + eps).

    Raises the same errors as `SGD`. Source: Duchi, Hazan and Singer 2011; PyTorch's Adagrad.

    >>> w = Value(1.0)
    >>> optimiser = Adagrad([w], lr=0.25)
    >>> (w * w).backward()
    >>> optimiser.step(); round(w.data, 6)
    0.75
    """

    lr: float
    lr_decay: float
    weight_decay: float
    initial_accumulator_value: float
    eps: float
    _settings: ClassVar = dict.fromkeys(
        ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"), math.inf
    )
    _remembered: ClassVar = ("sum_square",)

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.01, lr_decay: float = 0.0, weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0, eps: float = 1e-10,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay,
                         initial_accumulator_value=initial_accumulator_value, eps=eps)  # fmt: skip

    def step(self) -> None:
        """Moves every parameter against its gradient."""
        lr, lr_decay, weight_decay, initial, eps = self._check()
        p, g, (total,) = self._step(weight_decay)
        total = (total if self._state else total + initial) + g.square()
        rate = lr / (1.0 + self._steps * lr_decay)
        self._store(p - rate * (g / (total.sqrt() + eps)), total)


class RMSprop(_Adaptive):
    """RMSprop: the gradient divided by the root of a running mean of its square.

    Let g be the grad plus weight_decay * p. Then s ← alpha * s + (1 - alpha) * g², and p ← p - lr * g / (√s + eps).
    If `centered`, the root is of s - m², in which m ← alpha * m + (1 - alpha) * g; a difference below 0, which rounding
    can make, counts as 0. `alpha` is below 1. With momentum, v ← momentum * v + g / (√s + eps), and p ← p - lr * v.

    Raises the same errors as `SGD`. Source: Hinton's lecture 6e, 2012; Graves 2013 for the centered one; PyTorch's
    RMSprop.

    >>> w = Value(1.0)
    >>> optimiser = RMSprop([w], lr=0.025)
    >>> (w * w).backward()
    >>> optimiser.step(); round(w.data, 6)
    0.75
    """

    lr: float
    alpha: float
    eps: float
    weight_decay: float
    momentum: float
    centered: bool
    _settings: ClassVar = {"lr": math.inf, "alpha": 1.0, "eps": math.inf, "weight_decay": math.inf,
                           "momentum": math.inf}  # fmt: skip
    _remembered: ClassVar = ("mean_square", "mean", "velocity")
    _flags: ClassVar = ("centered",)

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.01, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum,
                         centered=centered)  # fmt: skip

    def step(self) -> None:
        """Moves every parameter against its gradient."""
        lr, alpha, eps, weight_decay, momentum = self._check()
        p, g, (square, mean, velocity) = self._step(weight_decay)
        square = alpha * square + (1.0 - alpha) * g.square()
        if self.centered:
            mean = alpha * mean + (1.0 - alpha) * g
        variance = (square - mean.square()).relu() if self.centered else square
        g = g / (variance.sqrt() + eps)
        if momentum:
            velocity = g = momentum * velocity + g
        self._store(p - lr * g, square, mean, velocity)
