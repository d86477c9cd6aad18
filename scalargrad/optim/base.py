"""What optimisers share: parameters, settings, and the state that one step leaves to the next.

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
from scalargrad.errors import ArgumentError, MissingNameError, StateError
from scalargrad.names import absent
from scalargrad.nn.lists import kept_of
from scalargrad.nn.trained import trained
from scalargrad.value import Value

T = TypeVar("T", bound="Optimiser")

# What a setting is called elsewhere, in small letters without underscores: the names here, the likeliest first.
_OTHER_NAMES = {
    **dict.fromkeys(("learningrate", "stepsize", "eta", "alpha"), ("lr",)),
    **dict.fromkeys(("beta", "momentum"), ("momentum", "beta1", "alpha")),
    "betas": ("beta1", "beta2"),
    "rho": ("alpha",),
    "epsilon": ("eps",),
    **dict.fromkeys(("wd", "decay"), ("weightdecay",)),
}


def _letters(name: str) -> str:
    return name.replace("_", "").lower()


def number(x: Any, name: str, below: float = math.inf) -> float:
    """A number that is at least 0 and below `below`. Raises `NumberError` or `ArgumentError`."""
    found = convert.argument(x, name)
    if not 0.0 <= found < below:
        limits = "a finite number that is not negative" if below == math.inf else f"at least 0 and below {below}"
        raise ArgumentError(f"{name} must be {limits}, got {x}")
    return found


class Optimiser:
    """The base class of optimisers: parameters, settings, and the state that one step leaves to the next."""

    lr: float
    initial_lr: float | None = None  # the lr that the first scheduler found, from which others start too, as in PyTorch
    _parameters: tuple[Value, ...]
    _block: core.Block
    _steps: int
    _state: bytearray
    _settings: ClassVar[dict[str, float]] = {}  # the name of each setting, and its upper bound (excluded)
    _remembered: ClassVar[tuple[str, ...]] = ()  # the names of its running quantities, one number per parameter
    _flags: ClassVar[tuple[str, ...]] = ()  # the names of the settings that are true or false

    def __init__(self, parameters: Iterable[Value], **settings: Any) -> None:
        settings.update({name: convert.flag(settings[name], name) for name in self._flags if name in settings})
        block, known = trained(parameters, type(self).__name__), kept_of(parameters)
        leaves = known.values if known else tuple(core.items(core.whole(block, 1, len(block))))
        self.__dict__.update(settings, _block=block, _parameters=leaves, _steps=0, _state=bytearray())
        self._check()

    def __setattr__(self, name: str, x: Any) -> None:
        """Raises `NumberError` for a setting that is not a number, `ArgumentError` for a flag that is no bool. The step
        asks for the range. Raises `MissingNameError` for a name that means one of the settings, such as LR."""
        if name in self._settings:
            convert.argument(x, name)
        elif name in self._flags:
            x = convert.flag(x, name)
        elif name[:1] != "_" and type(self).__module__.startswith("scalargrad.") and not hasattr(self, name):
            self._refuse_like(name)
        super().__setattr__(name, x)

    def _refuse_like(self, name: str) -> None:
        """Raises `MissingNameError` for another way to write one of the settings."""
        from difflib import get_close_matches

        ours = {_letters(each): each for each in [*self._settings, *self._flags]}
        letters = _letters(name)
        found = [each for each in (letters, *_OTHER_NAMES.get(letters, ())) if each in ours]
        found = found or get_close_matches(letters, ours, 1, 0.85)
        if found:
            advice = " and ".join(f"optimiser.{ours[each]}" for each in (found if letters == "betas" else found[:1]))
            raise MissingNameError(f"{type(self).__name__!r} object has no attribute {name!r}", f"set {advice}")

    if not TYPE_CHECKING:
        locals().update(absent())

    @property
    def parameters(self) -> tuple[Value, ...]:
        """The Values that it trains. They cannot be replaced; make a new optimiser for others."""
        return self._parameters

    def _check(self) -> list[float]:
        """The settings as floats. Raises `NumberError` or `ArgumentError`."""
        return [number(getattr(self, name), name, below) for name, below in self._settings.items()]

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

        >>> from scalargrad.optim import SGD
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
            **{name: getattr(self, name) for name in [*self._settings, *self._flags]},
            **({} if self.initial_lr is None else {"initial_lr": self.initial_lr}),
            **dict(zip(self._remembered, remembered)),
        }

    def _remembers(self, settings: dict[str, Any]) -> bool:
        """Whether there are running quantities after a step with these settings."""
        return True

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
            settings = {name: number(state[name], name, below) for name, below in self._settings.items()}
            settings.update({name: convert.flag(state[name], name) for name in self._flags})
            initial_lr = number(state["initial_lr"], "initial_lr") if "initial_lr" in state else None
            remembered = [array("d", state[name]) for name in names]
            steps = operator.index(state["steps"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise StateError(f"the state of {mine} is damaged: {error}") from error
        if any(len(numbers) != len(self.parameters) for numbers in remembered) or len(names) not in (
            0, len(self._remembered)
        ):  # fmt: skip
            raise StateError(f"the state of {mine} is damaged: each of {names} needs one number per parameter")
        if not 0 <= steps < 2**53 or any(
            x < 0.0 for name, numbers in zip(names, remembered) if name.endswith("_square") for x in numbers
        ):
            raise StateError(f"the state of {mine} is damaged: steps out of range, or a negative mean of squares")
        if steps and not names and self._remembers(settings):
            raise StateError(f"the state of {mine} is damaged: after {steps} steps it lacks {self._remembered}")
        settings_and_state = {
            **settings,
            "initial_lr": initial_lr,
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
        settings = ", ".join(f"{name}={getattr(self, name)}" for name in [*self._settings, *self._flags])
        return f"{type(self).__name__}({len(self.parameters)} parameters, {settings})"
