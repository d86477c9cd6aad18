"""The base class of networks: what their parameters are, and their states."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from typing import Any

from scalargrad import core
from scalargrad.arrays import reading
from scalargrad.arrays.base import Array, of_items
from scalargrad.errors import StateError
from scalargrad.nn import saving
from scalargrad.nn.saving import State
from scalargrad.value import Value

# What holds parameters, by its name: a leaf, an array, or a list of Values in which pruned ones may be floats.
Holder = tuple[str, Any]


def _holders(name: str, thing: Any, met: set[int]) -> Iterator[Holder]:
    """The holders in an attribute, depth first."""
    if isinstance(thing, Value):
        if _is_leaf(thing):
            yield name, thing
    elif isinstance(thing, Array):  # the first element speaks for all: results are no parameters
        if not thing.size or _is_leaf(thing.item()):
            yield name, thing
    elif isinstance(thing, (Module, list, tuple, dict)) and id(thing) not in met:
        met.add(id(thing))
        if isinstance(thing, (list, tuple)) and _is_vector(thing):
            yield name, thing
            return
        parts: list[tuple[Any, Any]]
        if isinstance(thing, Module):
            parts = [(key, x) for key, x in vars(thing).items() if not key.startswith("_")]
        else:
            parts = list(thing.items() if isinstance(thing, dict) else enumerate(thing))
        for key, part in parts:
            yield from _holders(f"{name}.{key}" if name else str(key), part, met)


def _is_leaf(x: Any) -> bool:
    return isinstance(x, Value) and core.key(x) is None


def _is_vector(thing: Any) -> bool:
    """Whether a list is of Values, or of Values and the floats that pruned ones have become."""
    return any(map(_is_leaf, thing)) and all(isinstance(x, (Value, float, int)) for x in thing)


def _items(holder: Any) -> list[Any]:
    return [holder] if isinstance(holder, Value) else holder.elements() if isinstance(holder, Array) else list(holder)


def _shape(holder: Any) -> reading.Shape:
    if isinstance(holder, Value):
        return ()
    return holder.shape if isinstance(holder, Array) else (len(holder),)


def _number(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


class Module:
    """The base class of a network or a part of one.

    A subclass sets its parameters as attributes, leaves or `Vector` or `Matrix` of leaves, and parts as Modules, in
    lists or dicts too, and defines ``__call__``; names that begin with _ are its own. It may define `parameters`
    itself, as in micrograd.

    >>> from scalargrad import Vector
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor, self.shift = Vector([1.0, 2.0]), Value(0.5)
    ...     def __call__(self, x):
    ...         return self.factor * x + self.shift
    >>> scale = Scale()
    >>> [(name, p.data) for name, p in scale.named_parameters()]
    [('factor.0', 1.0), ('factor.1', 2.0), ('shift', 0.5)]
    >>> scale.state_dict()
    {'factor': [1.0, 2.0], 'shift': 0.5}
    """

    def _held(self) -> list[Holder]:
        return list(_holders("", self, set()))

    def parameters(self) -> list[Value]:
        """The leaves to be trained, each once, in a fixed order: the same Values at each call."""
        return list({id(p): p for _, p in Module.named_parameters(self)}.values())

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """The parameters with their names: attributes and positions with dots between, such as ``layers.0.weight.3.1``.
        A parameter that is tied to several places comes once, by its first name."""
        seen: set[int] = set()
        for name, holder in self._held():
            shape = _shape(holder)
            for k, item in enumerate(_items(holder)):
                if _is_leaf(item) and id(item) not in seen:
                    seen.add(id(item))
                    where = "" if not shape else f".{k}" if len(shape) == 1 else f".{k // shape[1]}.{k % shape[1]}"
                    yield name + where, item

    def zero_grad(self) -> None:
        """Sets the grad of every parameter to 0."""
        core.clear_grads(self.parameters())

    # --- states

    def _named(self) -> list[Holder]:
        """The holders, each with a name of its own. Raises `StateError` where two have one name."""
        held = self._held()
        names = [name for name, _ in held]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise StateError(f"two parameters have the name {twice!r}: give their keys names that differ, without dots")
        return held

    def state_dict(self) -> State:
        """All numbers by name: of a Value a float, of a vector a list, of a matrix nested lists. Raises `StateError`
        where two have one name, as of the keys 1 and "1"."""
        state: State = {}
        for name, holder in self._named():
            flat, shape = [_number(x) for x in _items(holder)], _shape(holder)
            state[name] = reading.nest(flat, shape) if shape else flat[0]
        return state

    def load_state_dict(self, state: State) -> None:
        """Sets all numbers, of the same Values, to those of a state with the same names and shapes.

        A pruned weight, a float in place of a Value, is set too. Raises `StateError`, which names what does not fit;
        then nothing is changed.
        """
        held = self._named()
        names = [name for name, _ in held]
        if not isinstance(state, dict):
            raise StateError(f"a state must be a dict of names and numbers, got {type(state).__name__}")
        missing, unknown = [n for n in names if n not in state], [str(n) for n in state if n not in names]
        if missing or unknown:
            raise StateError(
                f"the state does not fit {type(self).__name__}: {_named('it lacks', missing)}"
                f"{'; ' if missing and unknown else ''}{_named('the model lacks', unknown)}"
            )
        leaves: list[Value] = []
        numbers = array("d")
        pruned: list[tuple[Any, int, float]] = []
        for name, holder in held:
            for k, (item, number) in enumerate(zip(_items(holder), _flat(name, state[name], _shape(holder)))):
                if isinstance(item, Value):
                    if core.key(item) is not None:
                        raise StateError(f"{name}: element {k} is the result of {item._op}, so it cannot be set")
                    leaves.append(item)
                    numbers.append(number)
                elif number == item or (number != number and item != item):  # any nan equals any nan
                    continue
                elif isinstance(holder, list):
                    pruned.append((holder, k, number))
                else:
                    raise StateError(f"{name}: element {k} is a constant, so it cannot be set")
        of_items(leaves).data = numbers
        for holder, k, number in pruned:
            holder[k] = number

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the state to a JSON file, exactly, and whole or not at all. Raises OSError where it cannot be
        written."""
        saving.write(path, self.state_dict())

    def load(self, path: str | os.PathLike[str]) -> None:
        """Sets all numbers to those of a file that `save` wrote; runs no code from it. Raises `StateError` for a file
        that is damaged, foreign or of another model, OSError for one that cannot be read; then nothing is changed."""
        self.load_state_dict(saving.read(path))

    # --- copies: what has been kept for speed, under names that begin with _kept, is made again

    def __getstate__(self) -> dict[str, Any]:
        return {name: x for name, x in vars(self).items() if not name.startswith("_kept")}

    # --- in summaries

    def _label(self) -> str:
        return type(self).__name__


def _named(what: str, names: list[str]) -> str:
    return f"{what} {', '.join(names[:3])}{f' and {len(names) - 3} more' if names[3:] else ''}" if names else ""


def _flat(name: str, given: Any, shape: reading.Shape) -> list[float]:
    """The numbers given for a holder. Raises `StateError` where they are none, or of another shape."""
    rows = given if len(shape) == 2 else [given] if shape else [[given]]
    found: Any = (len(given),) if isinstance(given, (list, tuple)) else ()
    try:
        if len(found) == 1 and given and all(isinstance(row, (list, tuple)) for row in given):
            widths = {len(row) for row in given}
            found = (len(given), widths.pop() if len(widths) == 1 else "various")
        elif len(shape) == 2 and found == (0,) and not shape[0]:
            found = shape
        if found == shape:
            flat = [x for row in rows for x in row]
            if all(isinstance(x, (int, float)) for x in flat):
                return [float(x) for x in flat]
            raise StateError(f"{name}: the state has a non-number")
    except OverflowError:
        raise StateError(f"{name}: a number is too large for a double") from None
    raise StateError(f"{name} has shape {shape} in the model, {found} in the state")


def summary(model: Module) -> str:
    """A table, as text to be printed: each layer with the number of its parameters, and their sum.

    >>> from scalargrad.nn import MLP
    >>> print(summary(MLP(2, [16, 1])))
    layers.0  Layer(2 -> 16, relu)   48
    layers.1  Layer(16 -> 1, linear) 17
    total                            65
    """
    rows = [(name, part._label(), len(part.parameters())) for name, part in _parts("", model, set())]
    widths = [max(len(str(row[k])) for row in rows) for k in range(2)]
    total = len(model.parameters())
    width = len(f"{max(total, *(row[2] for row in rows)):,}")
    lines = [f"{name:{widths[0]}}  {label:{widths[1]}} {count:{width},}" for name, label, count in rows]
    return "\n".join([*lines, f"{'total':{sum(widths) + 2}} {total:{width},}"])


def _parts(name: str, thing: Any, met: set[int]) -> Iterator[tuple[str, Module]]:
    """The modules without modules of their own, and layers; or the model itself."""
    if id(thing) in met:
        return
    met.add(id(thing))
    parts: list[tuple[Any, Any]] = []
    if isinstance(thing, Module) and not getattr(thing, "_whole", False):
        parts = [(key, x) for key, x in vars(thing).items() if not key.startswith("_")]
    elif isinstance(thing, (list, tuple, dict)):
        parts = list(thing.items() if isinstance(thing, dict) else enumerate(thing))
    found = [row for key, part in parts for row in _parts(f"{name}.{key}" if name else str(key), part, met)]
    if isinstance(thing, Module) and not found:
        yield name or "model", thing
    yield from found
