"""Stochastic gradient descent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

from scalargrad import core
from scalargrad.errors import ArgumentError
from scalargrad.optim.base import Optimiser
from scalargrad.value import Value


class SGD(Optimiser):
    """Stochastic gradient descent, p ← p - lr * g, with momentum as in PyTorch.

    g is the grad plus weight_decay * p. With momentum, the velocity v replaces g: it is g at the first step, then
    v ← momentum * v + (1 - dampening) * g. With `nesterov`, g + momentum * v replaces g. A parameter that is given
    twice counts once.

    Raises `NumberError` for settings that are not numbers and parameters that are not Values; `ArgumentError` for a
    setting that is negative, infinite or nan, for no parameters, for parameters that are not leaves, and for nesterov
    without momentum or with dampening. Source: Sutskever et al. 2013; PyTorch's SGD.

    >>> w = Value(1.0)
    >>> optimiser = SGD([w], lr=0.25)
    >>> (w * w).backward()
    >>> optimiser.step(); w.data
    0.5
    >>> optimiser.zero_grad(); w.grad
    0.0
    """

    lr: float
    momentum: float
    dampening: float
    weight_decay: float
    nesterov: bool
    _settings: ClassVar = {"lr": math.inf, "momentum": math.inf, "dampening": math.inf, "weight_decay": math.inf}
    _remembered: ClassVar = ("velocity",)
    _flags: ClassVar = ("nesterov",)

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.001, momentum: float = 0.0, dampening: float = 0.0,
        weight_decay: float = 0.0, nesterov: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay,
                         nesterov=nesterov)  # fmt: skip

    def _check(self) -> list[float]:
        settings = super()._check()
        if self.nesterov and (not settings[1] or settings[2]):
            raise ArgumentError("nesterov needs a momentum above 0, and dampening 0")
        return settings

    def _remembers(self, settings: dict[str, Any]) -> bool:
        return bool(settings["momentum"])

    def step(self) -> None:
        """Moves every parameter against its gradient."""
        lr, momentum, dampening, weight_decay = self._check()
        known = len(self._state)
        state = self._memory(1) if momentum else bytearray()  # without momentum, the velocities do not change
        changes = self._changes(state if momentum else self._state)
        core.sgd_step(self._block, state, not known, lr, momentum, dampening, weight_decay, self.nesterov, *changes)
