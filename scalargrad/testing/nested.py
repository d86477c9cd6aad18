"""Takes nested lists, tuples, dicts and arrays of numbers apart into a flat list, and rebuilds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scalargrad.arrays import reading
from scalargrad.arrays.base import Array
from scalargrad.arrays.types import Matrix, Vector


def entries(x: Any, path: str = "x") -> Iterator[tuple[str, Any]]:
    """Yields each item that is not a list, tuple, dict or array, with its path, in order.

    >>> list(entries({"w": [1.0, 2.0], "b": 3.0}))
    [("x['w'][0]", 1.0), ("x['w'][1]", 2.0), ("x['b']", 3.0)]
    """
    if isinstance(x, dict):
        for key, item in x.items():
            yield from entries(item, f"{path}[{key!r}]")
    elif isinstance(x, (list, tuple)):
        for k, item in enumerate(x):
            yield from entries(item, f"{path}[{k}]")
    elif _is_array(x):
        yield from entries(x.tolist(), path)
    else:
        yield path, x


def _is_array(x: Any) -> bool:
    """Whether x is a Vector or Matrix, or a numpy array that could be one."""
    return isinstance(x, Array) or (reading.is_numpy(x) and x.ndim in (1, 2))


def rebuild(x: Any, items: Iterable[Any]) -> Any:
    """Returns a copy of x with other items, in the order of `entries`. Named tuples keep their type.

    An array is replaced by a Vector or Matrix; a numpy array stays a numpy array if all items are floats.

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
    if _is_array(x):
        flat = [next(items) for _ in range(x.size)]
        if reading.is_numpy(x) and all(isinstance(item, float) for item in flat):
            import numpy

            return numpy.array(flat).reshape(x.shape)
        return Vector(flat) if x.ndim == 1 else Matrix(reading.nest(flat, x.shape))
    return next(items)
