"""`Module`, the base class of networks: finds their parameters, reads and sets their states."""

from __future__ import annotations

import operator
import os
from array import array
from collections import UserList, deque
from collections.abc import Iterator
from itertools import chain
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from scalargrad import core
from scalargrad.arrays import reading
from scalargrad.arrays.base import Array
from scalargrad.arrays.types import Matrix, Vector
from scalargrad.convert import flag
from scalargrad.errors import ArgumentError, ForwardError, NumberError, StateError
from scalargrad.names import absent
from scalargrad.nn import saving
from scalargrad.nn.holders import (
    Holder,
    Parts,
    holders_in,
    is_leaf,
    items_of,
    members_of,
    numbers_for,
    positions,
    shape_of,
)
from scalargrad.nn.lists import Kept, kept
from scalargrad.nn.saving import State
from scalargrad.nodes import displays
from scalargrad.value import Value

M = TypeVar("M", bound="Module")


def _number(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


class Module(Parts):
    """The base class of a network or a part of one.

    A subclass defines ``forward``, which a call calls, or ``__call__`` itself. It sets attributes: parameters are
    leaves, or a `Vector` or `Matrix` of leaves; parts are Modules. Both may be in lists, tuples, dicts and numpy's
    object arrays, but not in sets, which have no order (`ArgumentError`). Attributes whose names begin with _ are
    private. A subclass may define `parameters` itself, as in micrograd.

    >>> from scalargrad import Vector
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor, self.shift = Vector([1.0, 2.0]), Value(0.5)
    ...     def forward(self, x):
    ...         return self.factor * x + self.shift
    >>> scale = Scale()
    >>> [(name, p.data) for name, p in scale.named_parameters()]
    [('factor.0', 1.0), ('factor.1', 2.0), ('shift', 0.5)]
    >>> scale.state_dict()
    {'factor': [1.0, 2.0], 'shift': 0.5}
    """

    training: bool = True  # the mode: whether layers such as Dropout act as they do in training

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Returns ``self.forward(*args, **kwargs)``. Raises `ForwardError` for a class without `forward`."""
        forward = getattr(self, "forward", None)
        if forward is None:
            raise ForwardError(f"{type(self).__name__} cannot be called: define forward(self, x), or __call__, in it")
        return forward(*args, **kwargs)

    if not TYPE_CHECKING:
        locals().update(absent())

    def _held(self) -> list[Holder]:
        return list(holders_in("", self, set()))

    def parameters(self) -> list[Value]:
        """The leaves to train, each once, in a fixed order. Every call returns the same Values."""
        holders = [holder for _, holder in self._held()]
        fixed = [holder._view if isinstance(holder, Array) else holder for holder in holders]  # what never changes
        known: tuple[list[Any], Kept] | None = vars(self).get("_kept_leaves")
        if known is None or len(known[0]) != len(fixed) or not all(map(operator.is_, known[0], fixed)):
            known = fixed, kept(chain.from_iterable(map(items_of, holders)))
            if all(isinstance(holder, (Array, Value)) for holder in holders):  # not lists, which may be edited
                vars(self)["_kept_leaves"] = known
        return known[1].listed()

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yields the parameters with their names: attributes and positions, such as ``layers.0.weight.3.1``.

        A parameter that is in several places comes once, with its first name.
        """
        seen: set[int] = set()
        for name, holder in self._held():
            shape = shape_of(holder)
            for place, item in zip(positions(shape), items_of(holder)):
                if is_leaf(item) and id(item) not in seen:
                    seen.add(id(item))
                    yield f"{name}.{place}" if shape else name, item

    def zero_grad(self) -> None:
        """Sets the grad of every parameter to 0."""
        parameters: Any = self.parameters()  # which may be overridden, and return any iterable
        core.clear_grads(parameters if isinstance(parameters, (list, tuple)) else list(parameters))

    # --- modes

    def train(self: M, mode: bool = True) -> M:
        """Sets the mode of the module and of all modules in it: training, or evaluation for False. Returns the module.

        `Dropout` drops elements in training alone. ``training`` is the mode, True at first; no state has it, so set it
        again after loading. A module in it that defines `train` itself is asked to set its own mode, as in PyTorch.
        Raises `ArgumentError` for a module whose attribute ``training`` is no bool.

        >>> from scalargrad.nn import Dropout, Linear, Sequential
        >>> model = Sequential(Linear(2, 3), Dropout(0.5))
        >>> model.eval()[1].training, model.train()[1].training
        (False, True)
        """
        on = flag(mode, "mode")
        found = list(_modes(self, set()))
        for part in found:
            if not isinstance(part.training, bool):
                raise ArgumentError(
                    f"the attribute training of a {type(part).__name__} is a {type(part.training).__name__}, and should"
                    " be its mode, True or False: give the attribute another name"
                )
        for part in found:
            if part is not self and type(part).train is not Module.train:
                part.train(on)
            elif part.training is not on:
                part.training = on
        return self

    def eval(self: M) -> M:
        """Sets the mode of the module and of all modules in it to evaluation: ``train(False)``. Returns the module."""
        return self.train(False)

    # --- states

    def _named(self) -> list[Holder]:
        """The holders. Raises `StateError` if two have the same name."""
        held = self._held()
        names = [name for name, _ in held]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise StateError(f"two parameters have the name {twice!r}: give their keys names that differ, without dots")
        return held

    def state_dict(self) -> State:
        """Returns all numbers by name: a float for a Value, a list for a vector, nested lists for a matrix.

        Raises `StateError` if two have the same name, for example under the keys 1 and "1".
        """
        state: State = {}
        for name, holder in self._named():
            numbers = holder.numbers() if isinstance(holder, Array) else array("d", map(_number, items_of(holder)))
            state[name] = reading.nest(numbers.tolist(), shape_of(holder))
        return state

    def load_state_dict(self, state: State) -> None:
        """Sets all numbers from a state with the same names and shapes. The Values stay the same objects.

        Pruned weights, which are floats in a list, are set too. Raises `StateError`, and changes nothing, if something
        does not fit.
        """
        held = self._named()
        names = [name for name, _ in held]
        if not isinstance(state, dict):
            raise StateError(f"a state must be a dict of names and numbers, got {type(state).__name__}")
        missing, unknown = [n for n in names if n not in state], [str(n) for n in state if n not in names]
        if missing or unknown:
            raise StateError(
                f"the state does not fit {type(self).__name__}: {_listing('it lacks', missing)}"
                f"{'; ' if missing and unknown else ''}{_listing('the model lacks', unknown)}"
            )
        leaves: list[Value] = []
        numbers = array("d")
        pruned: list[Iterator[Any]] = []  # each sets a float, without running Python code
        edited: list[list[Any]] = []
        for name, holder in held:
            items, given = items_of(holder), numbers_for(name, state[name], shape_of(holder))
            if core.leaves(items)[1] < 0:
                leaves.extend(items)
                numbers.extend(given)
                continue
            for k, (item, number) in enumerate(zip(items, given)):
                if isinstance(item, Value):
                    if core.key(item) is not None:
                        raise StateError(f"{name}: element {k} is the result of {item._op}, so it cannot be set")
                    leaves.append(item)
                    numbers.append(number)
                elif number == item or (number != number and item != item):  # any nan equals any nan
                    continue
                elif isinstance(holder, list):
                    edited.append(holder)
                    pruned.append(map(list.__setitem__, (holder,), (k,), (number,)))
                elif isinstance(holder, (deque, UserList)) or reading.is_object_array(holder):
                    places: Any = holder.flat if reading.is_object_array(holder) else getattr(holder, "data", holder)
                    pruned.append(map(operator.setitem, (places,), (k,), (number,)))
                else:
                    raise StateError(f"{name}: element {k} is a constant, so it cannot be set")
        view = core.whole(core.block(leaves), 1, len(leaves))
        for holder in edited:
            holder.extend(())  # a layer's list notes it as an edit
        core.set_leaves(view, numbers.tobytes(), 0, chain.from_iterable(pruned))  # all in one step
        for holder in edited:
            holder.extend(())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the state to a JSON file. Numbers are exact; an interruption leaves an older file whole.

        Raises OSError if the file cannot be written.
        """
        saving.write(path, self.state_dict())

    def load(self, path: str | os.PathLike[str]) -> None:
        """Sets all numbers from a file that `save` wrote. Runs no code from the file.

        Raises `StateError` if the file is damaged or does not fit the model, OSError if it cannot be read. Then nothing
        has changed.
        """
        self.load_state_dict(saving.read(path))

    # --- copies: attributes that begin with _kept are kept for speed, and a copy makes its own

    def __getstate__(self) -> dict[str, Any]:
        return {name: x for name, x in vars(self).items() if not name.startswith("_kept")}

    # --- as text

    @recursive_repr("...")
    def __repr__(self) -> str:
        """The attributes: modules, shapes of arrays, settings. Built-in layers write themselves as they are made."""
        shown = [(name, _shown(part)) for name, part in vars(self).items() if name[:1] != "_" and name != "training"]
        return f"{type(self).__name__}({', '.join(f'{name}={text}' for name, text in shown if text)})"

    def _repr_html_(self) -> str:
        """The layers, which a notebook shows at the end of a cell; see `scalargrad.summary`."""
        return displays.shown("module", self)

    def _label(self) -> str:
        return type(self).__name__


class Weighted(Module):
    """A layer with a Matrix or Vector of weights, and perhaps a bias. Raises `NumberError` for one of another type."""

    _weights: ClassVar[dict[str, type[Array]]] = {"weight": Matrix, "bias": Vector}
    _may_lack: ClassVar[tuple[str, ...]] = ("bias",)

    def __setattr__(self, name: str, x: Any) -> None:
        kind = self._weights.get(name)
        if kind and not isinstance(x, kind) and not (x is None and name in self._may_lack):
            layer = type(self).__name__
            raise NumberError(
                f"the {name} of a {layer} layer must be a {kind.__name__}, got {type(x).__name__}: write"
                f" layer.{name}.data = ... to set its numbers, or layer.{name} = {kind.__name__}(...) for a new one"
            )
        super().__setattr__(name, x)

    def _label(self) -> str:
        return repr(self)


def _modes(thing: Any, met: set[int]) -> Iterator[Module]:
    """The modules in a module or container, itself first, each once; but not those in one with its own `train`."""
    if id(thing) in met:
        return
    met.add(id(thing))
    if isinstance(thing, Module):
        first = len(met) == 1
        yield thing
        if not first and type(thing).train is not Module.train:
            return
    for _, part in members_of(thing) or []:
        yield from _modes(part, met)


def _shown(part: Any, depth: int = 3) -> str:
    """An attribute in the text of a Module; nothing for what is neither a part of it nor a setting."""
    if isinstance(part, Array):
        return f"{type(part).__name__}{part.shape}"
    if isinstance(part, Value):
        return "Value"
    if isinstance(part, (Module, int, float, str)):
        return repr(part)
    members = members_of(part) or []
    shown = [text for _, item in members[:8] if (text := _shown(item, depth - 1) if depth else "...")]
    return f"[{', '.join(shown)}{', ...' if len(members) > 8 else ''}]" if shown else ""


def _listing(what: str, names: list[str]) -> str:
    return f"{what} {', '.join(names[:3])}{f' and {len(names) - 3} more' if names[3:] else ''}" if names else ""
