"""A scheduler that watches a number, such as the loss of data that the training does not see."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from scalargrad import convert
from scalargrad.errors import ArgumentError
from scalargrad.optim.schedules import HasRate, Scheduler, rate_of, whole
from scalargrad.value import Value


def _one_of(x: Any, name: str, allowed: tuple[str, ...]) -> str:
    if not isinstance(x, str) or x not in allowed:
        raise ArgumentError(f"{name} must be one of {', '.join(allowed)}, got {convert.short(x)}")
    return x


class ReduceLROnPlateau(Scheduler):
    """Multiplies the learning rate by `factor` when a number has not improved for more than `patience` epochs.

    ``step(metric)`` takes the number. With the mode ``"min"`` it improves if it is below best * (1 - threshold), or
    below best - threshold with the threshold_mode ``"abs"``; with the mode ``"max"``, if it is above
    best * (1 + threshold), or above best + threshold. A nan is no improvement. After a reduction, the next `cooldown`
    epochs do not count. The rate stays at `min_lr` or above, and as it is if it would change by `eps` or less.

    Raises `NumberError` for settings that are not numbers, `ArgumentError` for an unknown mode, a factor of 1 or more,
    and negative settings. Source: PyTorch's ReduceLROnPlateau.

    >>> from scalargrad.optim import SGD
    >>> optimiser = SGD([Value(1.0)], lr=0.5)
    >>> scheduler = ReduceLROnPlateau(optimiser, factor=0.5, patience=1)
    >>> for loss in (4.0, 3.0, 3.5, 3.25):
    ...     scheduler.step(loss)
    ...     print(optimiser.lr)
    0.5
    0.5
    0.5
    0.25
    """

    _settings: ClassVar = ("mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps",
                           "best", "num_bad_epochs", "cooldown_counter")  # fmt: skip

    def __init__(
        self, optimiser: HasRate, mode: str = "min", factor: float = 0.1, patience: int = 10, threshold: float = 1e-4,
        threshold_mode: str = "rel", cooldown: int = 0, min_lr: float = 0.0, eps: float = 1e-8,
    ) -> None:  # fmt: skip
        super().__init__(optimiser)
        self.mode: str = self._checked("mode", mode)
        self.factor: float = self._checked("factor", factor)
        self.patience: int = self._checked("patience", patience)
        self.threshold: float = self._checked("threshold", threshold)
        self.threshold_mode: str = self._checked("threshold_mode", threshold_mode)
        self.cooldown: int = self._checked("cooldown", cooldown)
        self.min_lr: float = self._checked("min_lr", min_lr)
        self.eps: float = self._checked("eps", eps)
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0

    def _checked(self, name: str, x: Any) -> Any:
        if name in ("mode", "threshold_mode"):
            return _one_of(x, name, ("min", "max") if name == "mode" else ("rel", "abs"))
        if name in ("patience", "cooldown", "num_bad_epochs", "cooldown_counter"):
            return whole(x, name, 0)
        if name == "best":
            return convert.argument(x, name)
        if name == "factor" and not convert.argument(x, name) < 1.0:
            raise ArgumentError(f"factor must be below 1, got {x}")
        return rate_of(x, name)

    def _improves(self, metric: float) -> bool:
        sign = -1.0 if self.mode == "min" else 1.0
        limit = self.best * (1.0 + sign * self.threshold) if self.threshold_mode == "rel" else (
            self.best + sign * self.threshold
        )  # fmt: skip
        return sign * metric > sign * limit

    def step(self, metrics: float | Value) -> None:  # type: ignore[override]
        """Takes the number of this epoch, a float or a Value, and sets the learning rate of the next epoch.

        Raises `NumberError`, and changes nothing, for anything else.
        """
        metric = metrics.data if isinstance(metrics, Value) else convert.argument(metrics, "metrics")
        better = self._improves(metric)
        bad = 0 if better or self.cooldown_counter else self.num_bad_epochs + 1
        left = max(self.cooldown_counter - 1, 0)
        lr = self.optimiser.lr
        if bad > self.patience:
            bad, left = 0, self.cooldown
            lower = max(lr * self.factor, self.min_lr)
            lr = lower if lr - lower > self.eps else lr
        self.__dict__.update(
            best=metric if better else self.best,
            num_bad_epochs=bad,
            cooldown_counter=left,
            last_epoch=self.last_epoch + 1,
        )
        self.optimiser.lr = lr
