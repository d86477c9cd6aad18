"""Learning-rate schedulers, with PyTorch's names: they set the `lr` of an optimiser, from one epoch to the next."""

from __future__ import annotations

import math
import operator
from contextlib import suppress
from typing import Any, ClassVar, Protocol

from scalargrad import convert
from scalargrad.errors import ArgumentError, NumberError, StateError


class HasRate(Protocol):
    """An optimiser, or whatever has a learning rate."""

    lr: float


def whole(x: Any, name: str, least: int = 1) -> int:
    """A whole number, from `least` on. Raises `NumberError` or `ArgumentError`."""
    found = convert.index(x)
    if found is None:
        raise NumberError(f"{name} must be a whole number, got {type(x).__name__} {convert.short(x)}")
    if found < least:
        raise ArgumentError(f"{name} must be a whole number from {least} on, got {convert.short(found)}")
    return found


def rate_of(x: Any, name: str) -> float:
    """A learning rate, or a factor of it. Raises `NumberError` or `ArgumentError`."""
    found = convert.argument(x, name)
    if not 0.0 <= found < math.inf:
        raise ArgumentError(f"{name} must be a finite number that is not negative, got {x}")
    return found


class Scheduler:
    """The base class of schedulers. The learning rate is a function of `last_epoch`, the number of steps so far.

    If the optimiser has another rate at a step, one that was set by hand or by another scheduler, the step changes that
    one, as in PyTorch. So two schedulers of one optimiser multiply, and one may be a `ReduceLROnPlateau`.

    The first scheduler of an optimiser stores the lr that it finds there as `optimiser.initial_lr`. That is the
    `base_lr` of those that are made later, though the first may have changed the lr by then.
    """

    _settings: ClassVar[tuple[str, ...]] = ()

    def __init__(self, optimiser: HasRate) -> None:
        if not hasattr(optimiser, "lr"):
            raise ArgumentError(f"a scheduler sets the lr of an optimiser, got {type(optimiser).__name__}")
        self.optimiser = optimiser
        lr = rate_of(optimiser.lr, "lr")
        initial_lr = getattr(optimiser, "initial_lr", None)
        self.base_lr = lr if initial_lr is None else rate_of(initial_lr, "initial_lr")
        if initial_lr is None and type(self).rate is not Scheduler.rate:  # PyTorch's plateau stores none
            with suppress(AttributeError):  # an object with slots has no place for it
                optimiser.initial_lr = lr  # type: ignore[attr-defined]
        self.last_epoch = 0

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, from 0 on."""
        raise NotImplementedError

    def step(self) -> None:
        """Sets the learning rate of the next epoch. Call it once per epoch, after the optimiser's steps."""
        epoch, lr = self.last_epoch, self.optimiser.lr
        rate = self.rate(epoch + 1) if lr == self.rate(epoch) else self._following(lr, epoch)
        self.last_epoch += 1
        self.optimiser.lr = rate

    def _following(self, lr: float, epoch: int) -> float:
        """The rate of the next epoch, if that of this epoch is another than ours."""
        before = self.rate(epoch)
        return lr * (self.rate(epoch + 1) / before) if before else lr

    def get_last_lr(self) -> list[float]:
        """The learning rate in use, in a list, as in PyTorch."""
        return [self.optimiser.lr]

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={getattr(self, name)}" for name in (*self._settings, "base_lr", "last_epoch"))
        return f"{type(self).__name__}({settings})"

    def state_dict(self) -> dict[str, Any]:
        """Returns everything that a run needs to continue, as numbers that JSON can hold; the lr is the optimiser's."""
        names = ("base_lr", "last_epoch", *self._settings)
        return {"scheduler": type(self).__name__, **{name: getattr(self, name) for name in names}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues from a state that `state_dict` returned.

        Raises `StateError`, and changes nothing, if the state is damaged, or belongs to another kind of scheduler.
        """
        mine = type(self).__name__
        if not isinstance(state, dict) or state.get("scheduler") != mine:
            found = state.get("scheduler") if isinstance(state, dict) else type(state).__name__
            raise StateError(f"expected the state of {mine}, got {found!r}")
        try:
            settings = {name: self._checked(name, state[name]) for name in ("base_lr", *self._settings)}
            epoch = operator.index(state["last_epoch"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise StateError(f"the state of {mine} is damaged: {error}") from error
        if not 0 <= epoch < 2**53:
            raise StateError(f"the state of {mine} is damaged: last_epoch is {epoch}")
        self.__dict__.update(settings, last_epoch=epoch)

    def _checked(self, name: str, x: Any) -> Any:
        return whole(x, name) if name in ("step_size", "T_max", "total_iters") else rate_of(x, name)

    def _start_from(self, base_lr: float) -> None:
        """Sets the learning rate from which those of all epochs are computed."""
        self.base_lr = base_lr


class StepLR(Scheduler):
    """Multiplies the learning rate by `gamma` every `step_size` epochs: lr * gamma**(epoch // step_size).

    Raises `NumberError` or `ArgumentError` for settings that do not fit, as the others do.

    >>> from scalargrad import Value
    >>> from scalargrad.optim import SGD
    >>> optimiser = SGD([Value(1.0)], lr=0.5)
    >>> scheduler = StepLR(optimiser, step_size=2, gamma=0.5)
    >>> for epoch in range(4):
    ...     scheduler.step()
    ...     print(optimiser.lr)
    0.5
    0.25
    0.25
    0.125
    """

    _settings = ("step_size", "gamma")

    def __init__(self, optimiser: HasRate, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimiser)
        self.step_size, self.gamma = whole(step_size, "step_size"), rate_of(gamma, "gamma")

    def rate(self, epoch: int) -> float:
        """lr * gamma**(epoch // step_size)."""
        return self.base_lr * self.gamma ** (epoch // self.step_size)


class ExponentialLR(Scheduler):
    """Multiplies the learning rate by `gamma` every epoch: lr * gamma**epoch.

    >>> from scalargrad import Value
    >>> from scalargrad.optim import SGD
    >>> scheduler = ExponentialLR(SGD([Value(1.0)], lr=1.0), gamma=0.5)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    _settings = ("gamma",)

    def __init__(self, optimiser: HasRate, gamma: float) -> None:
        super().__init__(optimiser)
        self.gamma = rate_of(gamma, "gamma")

    def rate(self, epoch: int) -> float:
        """lr * gamma**epoch."""
        return self.base_lr * self.gamma**epoch


class CosineAnnealingLR(Scheduler):
    """Lowers the learning rate along half a cosine, from lr to `eta_min` in `T_max` epochs, and raises it again.

    The rate is eta_min + (lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2 (I. Loshchilov, F. Hutter, ICLR 2017).

    >>> from scalargrad import Value
    >>> from scalargrad.optim import SGD
    >>> scheduler = CosineAnnealingLR(SGD([Value(1.0)], lr=1.0), T_max=2)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    _settings = ("T_max", "eta_min")

    def __init__(self, optimiser: HasRate, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimiser)
        self.T_max, self.eta_min = whole(T_max, "T_max"), rate_of(eta_min, "eta_min")

    def rate(self, epoch: int) -> float:
        """eta_min + (lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2."""
        turn = epoch % (2 * self.T_max)  # whole turns of the cosine would cost digits
        if not turn:
            return self.base_lr
        half = 0.0 if 2 * turn in (self.T_max, 3 * self.T_max) else math.cos(math.pi * turn / self.T_max)
        return self.eta_min + (self.base_lr - self.eta_min) * (0.5 + 0.5 * half)

    def _following(self, lr: float, epoch: int) -> float:
        before, after = self.rate(epoch) - self.eta_min, self.rate(epoch + 1) - self.eta_min
        return self.eta_min + (lr - self.eta_min) * (after / before) if before else lr + after


def _share(x: Any, name: str, least: str) -> float:
    """A factor up to 1. Raises `NumberError` or `ArgumentError`."""
    found = convert.argument(x, name)
    if not 0.0 <= found <= 1.0 or (least == "above 0" and not found):
        raise ArgumentError(f"{name} must be {least} and at most 1, got {x}")
    return found


class LinearLR(Scheduler):
    """A warm-up: multiplies the learning rate by a factor that goes from `start_factor` to `end_factor` on a line.

    It is there after `total_iters` epochs, and stays. The first factor applies at once: the lr of the optimiser is
    lr * start_factor when the scheduler is made. `SequentialLR` follows a warm-up by another scheduler.

    >>> from scalargrad import Value
    >>> from scalargrad.optim import SGD
    >>> optimiser = SGD([Value(1.0)], lr=1.0)
    >>> scheduler = LinearLR(optimiser, start_factor=0.25, total_iters=3)
    >>> for epoch in range(5):
    ...     print(optimiser.lr)
    ...     scheduler.step()
    0.25
    0.5
    0.75
    1.0
    1.0
    """

    _settings = ("start_factor", "end_factor", "total_iters")

    def __init__(
        self, optimiser: HasRate, start_factor: float = 1.0 / 3.0, end_factor: float = 1.0, total_iters: int = 5
    ) -> None:
        super().__init__(optimiser)
        self.start_factor = _share(start_factor, "start_factor", "above 0")
        self.end_factor = _share(end_factor, "end_factor", "at least 0")
        self.total_iters = whole(total_iters, "total_iters")
        optimiser.lr = rate_of(optimiser.lr, "lr") * self.start_factor

    def rate(self, epoch: int) -> float:
        """lr * (start_factor + (end_factor - start_factor) * min(epoch, total_iters) / total_iters)."""
        if epoch >= self.total_iters:
            return self.base_lr * self.end_factor
        return self.base_lr * (self.start_factor + (self.end_factor - self.start_factor) * (epoch / self.total_iters))

    def _checked(self, name: str, x: Any) -> Any:
        if name in ("start_factor", "end_factor"):
            return _share(x, name, "above 0" if name == "start_factor" else "at least 0")
        return super()._checked(name, x)
