"""What holds the parameters of a network: leaves and arrays, in attributes, lists, dicts and object arrays."""

from __future__ import annotations

from array import array
from collections import UserDict, UserList, deque
from collections.abc import Iterator, KeysView, ValuesView
from itertools import product
from types import MappingProxyType
from typing import Any

from scalargrad import core
from scalargrad.arrays import reading
from scalargrad.arrays.base import Array
from scalargrad.errors import ArgumentError, StateError
from scalargrad.value import Value

# A name, and what holds parameters: a leaf, an array, or a list or numpy's object array of Values. Floats in a list are
# pruned weights.
Holder = tuple[str, Any]
_LISTS: tuple[type[Any], ...] = (list, tuple, deque, UserList, ValuesView)
_DICTS: tuple[type[Any], ...] = (dict, UserDict, MappingProxyType)
_PLAIN: tuple[type[Any], ...] = (int, float, bool, str, type(None))  # what most other attributes are


class Parts:
    """The base of `Module`: an object whose attributes are looked through, but for those that begin with _."""


def holders_in(name: str, thing: Any, met: set[int]) -> Iterator[Holder]:
    """Yields the holders in an attribute, depth first."""
    if type(thing) in _PLAIN:
        return
    if isinstance(thing, Value):
        if is_leaf(thing):
            yield name, thing
    elif isinstance(thing, Array):  # only leaves are parameters; the first element decides for all
        if not thing.is_mask and (not thing.size or is_leaf(core.item(thing._view.block, thing._view.offset))):
            yield name, thing
    elif id(thing) not in met:
        if isinstance(thing, (set, frozenset, KeysView)):
            _refuse_set(name, thing)
        elif not isinstance(thing, (Parts, *_DICTS)) and _is_vector(thing):
            met.add(id(thing))
            yield name, thing
        elif (parts := members_of(thing)) is not None:
            met.add(id(thing))
            for key, part in parts:
                yield from holders_in(f"{name}.{key}" if name else str(key), part, met)


def members_of(thing: Any) -> list[tuple[Any, Any]] | None:
    """The names and parts of a module, or the keys and items of a container. None for anything else."""
    if isinstance(thing, Parts):
        return [(name, part) for name, part in vars(thing).items() if not name.startswith("_")]
    if isinstance(thing, _DICTS):
        return list(thing.items())
    if isinstance(thing, _LISTS):
        return list(enumerate(thing))
    if reading.is_object_array(thing):
        return list(zip(positions(thing.shape), _flat_items(thing)))
    return None


def positions(shape: reading.Shape) -> Iterator[str]:
    """The names of the items, row by row: their positions with dots between, "0" where there is one item."""
    return (".".join(place) or "0" for place in product(*([str(k) for k in range(n)] for n in shape)))


def _flat_items(thing: Any) -> list[Any]:
    """The items of a list, tuple or object array, row by row."""
    return thing.ravel().tolist() if reading.is_object_array(thing) else list(thing)


def _refuse_set(name: str, thing: Any) -> None:
    """Raises `ArgumentError` if a set has parameters: in which order a set has its items changes from run to run."""
    for part in thing:
        if isinstance(part, (Value, Array, Parts)):
            raise ArgumentError(
                f"the attribute {name} is a {type(thing).__name__} with a {type(part).__name__} in it, and a set has no"
                " order: keep parameters and modules in a list, a tuple or a dict"
            )


def is_leaf(x: Any) -> bool:
    """Whether it is a Value that no operation made."""
    return isinstance(x, Value) and core.key(x) is None


def _is_vector(thing: Any) -> bool:
    """Whether a list or object array has leaves, at least one, and apart from them only Values and floats."""
    if not isinstance(thing, _LISTS) and not reading.is_object_array(thing):
        return False
    items = _flat_items(thing)
    leaves, other = core.leaves(items)
    return len(leaves) > 0 and (other < 0 or all(isinstance(x, (Value, float, int)) for x in items))


def items_of(holder: Any) -> list[Any]:
    """The Values of a holder, and its floats, row by row."""
    if isinstance(holder, Value):
        return [holder]
    return holder.elements() if isinstance(holder, Array) else _flat_items(holder)


def shape_of(holder: Any) -> reading.Shape:
    """The lengths of a holder; () of a Value."""
    if isinstance(holder, Value):
        return ()
    return tuple(holder.shape) if isinstance(holder, Array) or reading.is_object_array(holder) else (len(holder),)


def numbers_for(name: str, given: Any, shape: reading.Shape) -> array[float]:
    """The numbers given for a holder. Raises `StateError` for non-numbers, or for another shape."""
    items, lengths = [given], list[Any]()
    while items and "various" not in lengths and len(lengths) <= len(shape) + 1:
        if not all(isinstance(x, (list, tuple)) for x in items):
            break
        widths = {len(x) for x in items}
        lengths.append(widths.pop() if len(widths) == 1 else "various")
        items = [x for row in items for x in row]
    found = tuple(lengths)
    if 0 in found and found == shape[: len(found)]:  # the lists do not show the lengths after a 0
        found = shape
    if found != shape:
        raise StateError(f"{name} has shape {shape} in the model, {found} in the state")
    if not ({*map(type, items)} <= {float, int} or all(isinstance(x, (int, float)) for x in items)):
        raise StateError(f"{name}: the state has a non-number")
    try:
        return array("d", items)
    except OverflowError:
        raise StateError(f"{name}: a number is too large for a double") from None
