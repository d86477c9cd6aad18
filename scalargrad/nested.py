"""Nested lists, tuples and dicts of numbers: taken apart into a flat list, and put together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


def entries(x: Any, path: str = "x") -> Iterator[tuple[str, Any]]:
    """Every item that is no list, tuple or dict, with its path, in order.

    >>> list(entries({"w": [1.0, 2.0], "b": 3.0}))
    [("x['w'][0]", 1.0), ("x['w'][1]", 2.0), ("x['b']", 3.0)]
    """
    if isinstance(x, dict):
        for key, item in x.items():
            yield from entries(item, f"{path}[{key!r}]")
    elif isinstance(x, (list, tuple)):
        for k, item in enumerate(x):
            yield from entries(item, f"{path}[{k}]")
    else:
        yield path, x


def rebuild(x: Any, items: Iterable[Any]) -> Any:
    """A copy of x with the items in place of its own, in the order of `entries`; named tuples stay what they are.

    >>> rebuild({"w": [1.0, 2.0], "b": 3.0}, [10, 20, 30])
    {'w': [10, 20], 'b': 30}
    """
    return _rebuild(x, iter(items))


def _rebuild(x: Any, items: Iterator[Any]) -> Any:
    if isinstance(x, dict):
        return {key: _rebuild(item, items) for key, item in x.items()}
    if isinstance(x, (list, tuple)):
        parts = [_rebuild(item, items) for item in x]
        if isinstance(x, list):
            return parts
        return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)
    return next(items)
