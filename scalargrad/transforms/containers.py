"""Containers of the transforms, `check_grad` and the ledger: lists, tuples and dicts, nested in any way, of items.

An item is whatever is not a container: a number, a Value, an array. `entries` and `mapped` go one step further: they
take arrays apart too, into their elements.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from scalargrad.arrays import reading
from scalargrad.arrays.base import Array, of_shape
from scalargrad.value import Value

_PLAIN = {float, int, Value}  # what nearly all items are: their type alone says that they are no containers


def keys(x: Any) -> Sequence[Any] | None:
    """The indices of a list or tuple, or the keys of a dict; None if x is not a container."""
    if isinstance(x, (list, tuple)):
        return range(len(x))
    return list(x) if isinstance(x, dict) else None


def join(container: Any, keys: Iterable[Any], items: Sequence[Any]) -> Any:
    """A container of the same type, with items at the keys. A dict may have been edited, and may lack some by now."""
    kind: Any = type(container)
    if not isinstance(container, dict):
        return kind._make(items) if hasattr(kind, "_make") else kind(items)
    again = {} if kind is dict else copy.copy(container)  # such as an OrderedDict, or a defaultdict with its factory
    again.clear()
    for key, item in zip(keys, items):
        again[key] = item  # not by `update`, which in a Counter adds
    return again


def entries(x: Any, path: str = "x") -> Iterator[tuple[str, Any]]:
    """Yields each item, and each element of an array, with its path, in order.

    >>> list(entries({"w": [1.0, 2.0], "b": 3.0}))
    [("x['w'][0]", 1.0), ("x['w'][1]", 2.0), ("x['b']", 3.0)]
    """
    if _is_array(x):
        x = x.tolist()
    found = keys(x)
    if found is None:
        yield path, x
        return
    for key in found:
        yield from entries(x[key], f"{path}[{key!r}]")


def flat(x: Any) -> list[Any]:
    """The items, and the elements of arrays, in order."""
    found = keys(x)
    if found is None:
        return flat(x.tolist()) if _is_array(x) else [x]
    items: list[Any] = []
    for key in found:
        item = x[key]
        if type(item) in _PLAIN:
            items.append(item)
        else:
            items += flat(item)
    return items


def mapped(function: Callable[[Any], Any], x: Any) -> Any:
    """A copy of x with the function's result in place of each item and of each element of an array.

    An array becomes a Vector or Matrix; a numpy array stays a numpy array if all results are floats.

    >>> mapped(lambda item: item * 10, {"w": [1, 2], "b": 3})
    {'w': [10, 20], 'b': 30}
    """
    if type(x) in _PLAIN:
        return function(x)
    if _is_array(x):
        results = [function(item) for item in flat(x)]
        if reading.is_numpy(x) and all(isinstance(item, float) for item in results):
            import numpy

            return numpy.array(results).reshape(x.shape)
        return of_shape(reading.from_items(results, True), x.shape, reading.is_numpy(x) or x.of_numpy)
    found = keys(x)
    return function(x) if found is None else join(x, found, [mapped(function, x[key]) for key in found])


def rebuild(x: Any, items: Iterable[Any]) -> Any:
    """A copy of x with other items, in the order of `entries`.

    >>> rebuild({"w": [1.0, 2.0], "b": 3.0}, [10, 20, 30])
    {'w': [10, 20], 'b': 30}
    """
    following = iter(items)
    return mapped(lambda _: next(following), x)


def _is_array(x: Any) -> bool:
    """Whether x is a Vector or Matrix, or a numpy array that could be one."""
    return isinstance(x, Array) or (reading.is_numpy(x) and x.ndim in (1, 2))
