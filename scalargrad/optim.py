"""Optimisers, simplest first: SGD, Adam and AdamW, with PyTorch's names and update rules; schedulers; clipping.

A step updates all parameters in one call of the backend. The settings of an optimiser (`lr` and others) are attributes,
which can be changed between steps.
"""

from __future__ import annotations

import math
import operator
from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from scalargrad import convert, core
from scalargrad.arrays import view
from scalargrad.arrays.base import of_shape
from scalargrad.errors import ArgumentError, StateError
from scalargrad.names import absent
from scalargrad.nn.lists import kept_of
from scalargrad.nn.schedules import CosineAnnealingLR, ExponentialLR, Scheduler, StepLR
from scalargrad.nn.trained import trained
from scalargrad.value import Value

T = TypeVar("T", bound="Optimiser")

__all__ = ["SGD", "Adam", "AdamW", "CosineAnnealingLR", "ExponentialLR", "Optimiser", "Scheduler", "StepLR",
           "clip_grad_norm", "clip_grad_value"]  # fmt: skip


if not TYPE_CHECKING:

    def __getattr__(name):
        from scalargrad.names import missing

        raise missing(__name__, name)


def _number(x: Any, name: str, below: float = math.inf) -> float:
    """A number that is at least 0 and below `below`. Raises `NumberError` or `ArgumentError`."""
    found = convert.argument(x, name)
    if not 0.0 <= found < below:
        limits = "a finite number that is not negative" if below == math.inf else f"at least 0 and below {below}"
        raise ArgumentError(f"{name} must be {limits}, got {x}")
    return found


class Optimiser:
    """The base class of optimisers: parameters, settings, and the state that one step leaves to the next."""

    lr: float
    _parameters: tuple[Value, ...]
    _block: core.Block
    _steps: int
    _state: bytearray
    _settings: ClassVar[dict[str, float]] = {}  # the name of each setting, and its upper bound (excluded)
    _remembered: ClassVar[tuple[str, ...]] = ()  # the names of its running quantities, one number per parameter

    def __init__(self, parameters: Iterable[Value], **settings: Any) -> None:
        block, known = trained(parameters, type(self).__name__), kept_of(parameters)
        leaves = known.values if known else tuple(core.items(core.whole(block, 1, len(block))))
        self.__dict__.update(settings, _block=block, _parameters=leaves, _steps=0, _state=bytearray())
        self._check()

    def __setattr__(self, name: str, x: Any) -> None:
        """Raises `NumberError` for a setting that is not a number. The step asks for its range."""
        if name in self._settings:
            convert.argument(x, name)
        super().__setattr__(name, x)

    if not TYPE_CHECKING:
        locals().update(absent())

    @property
    def parameters(self) -> tuple[Value, ...]:
        """The Values that it trains. They cannot be replaced; make a new optimiser for others."""
        return self._parameters

    def _check(self) -> list[float]:
        """The settings as floats. Raises `NumberError` or `ArgumentError`."""
        return [_number(getattr(self, name), name, below) for name, below in self._settings.items()]

    def _memory(self, quantities: int) -> bytearray:
        """The bytes of the running quantities, zeros at first. The step stores them."""
        size = 8 * quantities * len(self.parameters)
        return self._state if len(self._state) == size else bytearray(size)

    def _changes(self, state: bytearray) -> tuple[dict[str, Any], dict[str, Any]]:
        """The attributes, and what a step changes in them. The backend stores that in one go with the move."""
        return vars(self), {"_steps": self._steps + 1, "_state": state}

    def step(self) -> None:
        """Moves every parameter against its gradient."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Sets the grad of every parameter to 0."""
        core.clear_grads(self.parameters)

    def state_dict(self) -> dict[str, Any]:
        """Returns everything that a run needs to continue, as numbers and lists, which JSON can hold.

        >>> SGD([Value(1.0)], lr=0.5, momentum=0.9).state_dict()["lr"]
        0.5
        """
        numbers = array("d", bytes(self._state)).tolist()
        count = len(self.parameters)
        remembered = [numbers[k : k + count] for k in range(0, len(numbers), count)]
        return {
            "optimiser": type(self).__name__,
            "parameters": count,
            "steps": self._steps,
            **{name: getattr(self, name) for name in [*self._settings, *self._flags()]},
            **dict(zip(self._remembered, remembered)),
        }

    def _flags(self) -> list[str]:
        return ["nesterov"] if hasattr(self, "nesterov") else []

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues from a state that `state_dict` returned.

        Raises `StateError`, and changes nothing, if the state is damaged, or belongs to another kind of optimiser or to
        another number of parameters.
        """
        mine = type(self).__name__
        if not isinstance(state, dict) or state.get("optimiser") != mine:
            found = state.get("optimiser") if isinstance(state, dict) else type(state).__name__
            raise StateError(f"expected the state of {mine}, got {found!r}")
        if state.get("parameters") != len(self.parameters):
            raise StateError(
                f"the state is for {state.get('parameters')} parameters, this {mine} has {len(self.parameters)}"
            )
        names = [name for name in self._remembered if name in state]
        try:
            settings = {name: _number(state[name], name, below) for name, below in self._settings.items()}
            settings.update({name: bool(state[name]) for name in self._flags()})
            remembered = [array("d", state[name]) for name in names]
            steps = operator.index(state["steps"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise StateError(f"the state of {mine} is damaged: {error}") from error
        if any(len(numbers) != len(self.parameters) for numbers in remembered) or len(names) not in (
            0, len(self._remembered)
        ):  # fmt: skip
            raise StateError(f"the state of {mine} is damaged: each of {names} needs one number per parameter")
        if not 0 <= steps < 2**53 or any(x < 0.0 for x in dict(zip(names, remembered)).get("mean_square", ())):
            raise StateError(f"the state of {mine} is damaged: steps out of range, or a negative mean of squares")
        if steps and not names and settings.get("momentum", 1.0):
            raise StateError(f"the state of {mine} is damaged: after {steps} steps it lacks {self._remembered}")
        settings_and_state = {
            **settings,
            "_steps": steps,
            "_state": bytearray(b"".join(numbers.tobytes() for numbers in remembered)),
        }
        twin = object.__new__(type(self))
        vars(twin).update(vars(self), **settings)
        try:
            twin._check()
        except ArgumentError as error:
            raise StateError(f"the state of {mine} is damaged: {error}") from error
        # all of them in one call, so that an interrupt leaves the old state or the new one
        vars(self).update(settings_and_state)

    def __deepcopy__(self: T, memo: dict[int, Any]) -> T:
        import copy

        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        twin.__setstate__(copy.deepcopy(self.__getstate__(), memo))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {name: x for name, x in vars(self).items() if name != "_block"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._state = bytearray(self._state)  # a shallow copy gets its own, too
        self._block = core.block(self.parameters)

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={getattr(self, name)}" for name in [*self._settings, *self._flags()])
        return f"{type(self).__name__}({len(self.parameters)} parameters, {settings})"


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

    def __init__(
        self, parameters: Iterable[Value], lr: float, momentum: float = 0.0, dampening: float = 0.0,
        weight_decay: float = 0.0, nesterov: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay,
                         nesterov=nesterov)  # fmt: skip

    def _check(self) -> list[float]:
        settings = super()._check()
        if convert.flag(self.nesterov, "nesterov") and (not settings[1] or settings[2]):
            raise ArgumentError("nesterov needs a momentum above 0, and dampening 0")
        return settings

    def step(self) -> None:
        """Moves every parameter against its gradient."""
        lr, momentum, dampening, weight_decay = self._check()
        known, nesterov = len(self._state), bool(self.nesterov)
        state = self._memory(1) if momentum else bytearray()  # without momentum, the velocities do not change
        changes = self._changes(state if momentum else self._state)
        core.sgd_step(self._block, state, not known, lr, momentum, dampening, weight_decay, nesterov, *changes)


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


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """Scales all grads by one factor so that their Euclidean norm is at most `max_norm`. Returns the norm before.

    The factor is max_norm / (norm + 1e-6) if that is below 1, as in PyTorch. A norm that is larger than any double is
    returned as inf; the grads are scaled as they should be. Raises `ArgumentError`, and changes nothing, if a grad is
    nan or infinite.

    >>> w = Value(1.0); w.grad = 8.0
    >>> clip_grad_norm([w], 2.0), round(w.grad, 5)
    (8.0, 2.0)
    """
    leaves = trained(parameters, "clip_grad_norm")
    most = _number(max_norm, "max_norm")
    grads = of_shape(core.doubles(view.grads(core.whole(leaves, 1, len(leaves))), False), (len(leaves),), False)
    norm: float = grads.norm()
    factor = most / (norm + 1e-6)
    if not norm < math.inf:
        numbers = grads.numbers()
        if not all(map(math.isfinite, numbers)):
            raise ArgumentError(
                f"the norm of the grads is {norm}: a grad is nan or infinite; detect_anomaly() finds where"
            )
        largest = max(map(abs, numbers))
        factor = most / largest / (grads / largest).norm()
    if factor < 1.0:
        core.scale_grads(leaves, factor)
    return norm


def clip_grad_value(parameters: Iterable[Value], clip_value: float) -> None:
    """Limits each grad to the range from -clip_value to clip_value. A nan stays a nan.

    >>> w = Value(1.0); w.grad = -8.0
    >>> clip_grad_value([w], 2.0); w.grad
    -2.0
    """
    leaves = trained(parameters, "clip_grad_value")
    core.limit_grads(leaves, _number(clip_value, "clip_value"))
