"""Adam, and Adam with decoupled weight decay."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import ClassVar

from scalargrad import convert, core
from scalargrad.errors import ArgumentError
from scalargrad.optim.base import Optimiser
from scalargrad.value import Value


class Adam(Optimiser):
    """Adam: steps of about the size lr, from running means of the gradient and of its square.

    Let g be the grad plus weight_decay * p, and t the number of the step. Then m ← beta1 * m + (1 - beta1) * g,
    v ← beta2 * v + (1 - beta2) * g², and p ← p - lr / (1 - beta1ᵗ) * m / (√v / √(1 - beta2ᵗ) + eps).

    `betas` are two numbers from 0 to below 1, stored as `beta1` and `beta2`. Raises the same errors as `SGD`. Source:
    Kingma and Ba 2015, algorithm 1; PyTorch's Adam.

    >>> w = Value(1.0)
    >>> optimiser = Adam([w], lr=0.25)
    >>> (w * w).backward()
    >>> optimiser.step(); round(w.data, 6)
    0.75
    """

    lr: float
    beta1: float
    beta2: float
    eps: float
    weight_decay: float
    _settings: ClassVar = {"lr": math.inf, "beta1": 1.0, "beta2": 1.0, "eps": math.inf, "weight_decay": math.inf}
    _remembered: ClassVar = ("mean", "mean_square")
    _decoupled = False

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.001, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        if not isinstance(betas, (list, tuple)) or len(betas) != 2:
            raise ArgumentError(f"betas must be two numbers, such as (0.9, 0.999), got {convert.short(betas)}")
        super().__init__(parameters, lr=lr, beta1=betas[0], beta2=betas[1], eps=eps, weight_decay=weight_decay)

    def step(self) -> None:
        """Moves every parameter against its gradient."""
        lr, beta1, beta2, eps, weight_decay = self._check()
        steps = self._steps + 1
        rate, root = lr / (1.0 - beta1**steps), math.sqrt(1.0 - beta2**steps)
        added, shrink = (0.0, 1.0 - lr * weight_decay) if self._decoupled else (weight_decay, 1.0)
        state = self._memory(2)
        core.adam_step(self._block, state, rate, beta1, beta2, eps, added, shrink, root, *self._changes(state))


class AdamW(Adam):
    """Adam with decoupled weight decay: each step multiplies the parameters by 1 - lr * weight_decay.

    The weight decay does not change the gradient. Source: Loshchilov and Hutter 2019; PyTorch's AdamW.

    >>> w = Value(1.0)
    >>> optimiser = AdamW([w], lr=0.5, weight_decay=0.1)
    >>> optimiser.step(); w.data
    0.95
    """

    _decoupled = True

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.001, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.01,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, betas, eps, weight_decay)
