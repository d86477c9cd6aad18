"""Data in shuffled parts of equal size, for training."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from scalargrad import convert
from scalargrad.arrays.base import Array
from scalargrad.arrays.reading import is_numpy
from scalargrad.errors import ArgumentError, NumberError, ShapeError

D = TypeVar("D")


class batches(Generic[D]):
    """Data in batches of `size` samples, shuffled anew each time it is iterated; the last batch may be shorter.

    The data is a list of samples, a Vector, a Matrix or a numpy array, whose rows are the samples, or a tuple of
    several of equal length, which are shuffled alike: then each batch is a tuple. A batch is of the type of the data;
    batches of a Vector or Matrix have its Values.

    With a `seed`, an int, the order is a function of the seed and of `epoch`, the number of times that it was iterated
    before, which can be set to continue a run. Without, it is drawn from Python's `random`, whose state
    ``sg.save(..., rng=True)`` keeps. `len` is the number of batches. Raises `NumberError` for a size or seed that is
    not an int, `ArgumentError` for a size below 1 and for data that has no order, `ShapeError` for unequal lengths.

    >>> x, y = [[0.0], [1.0], [2.0]], [0, 1, 2]
    >>> for rows, classes in batches((x, y), size=2, seed=4):
    ...     print(rows, classes)
    [[1.0], [2.0]] [1, 2]
    [[0.0]] [0]
    """

    def __init__(self, data: D, size: int, seed: int | None = None) -> None:
        self.data = data
        self._parts: tuple[Any, ...] = data if isinstance(data, tuple) else (data,)
        lengths = [_length(part) for part in self._parts]
        if not lengths or min(lengths) < max(lengths):
            raise ShapeError(f"batches needs data of equal length, got {len(lengths)} parts of the lengths {lengths}")
        self.length, self.size, self.seed, self.epoch = lengths[0], _whole(size, "size"), seed, 0
        if self.size < 1:
            raise ArgumentError(f"size must be a whole number from 1 on, got {convert.short(size)}")
        if seed is not None:
            self.seed = _whole(seed, "seed")

    def __len__(self) -> int:
        return -(-self.length // self.size)

    def __iter__(self) -> Iterator[D]:
        order = list(range(self.length))
        (random if self.seed is None else random.Random(f"{self.seed:x} {self.epoch:x}")).shuffle(order)
        self.epoch += 1
        return map(self._batch, (order[k : k + self.size] for k in range(0, self.length, self.size)))

    def _batch(self, rows: list[int]) -> D:
        found = [[part[k] for k in rows] if isinstance(part, list) else part[rows] for part in self._parts]
        return tuple(found) if isinstance(self.data, tuple) else found[0]  # type: ignore[return-value]

    def __repr__(self) -> str:
        seed = "" if self.seed is None else f", seed={convert.short(self.seed)}"
        return f"batches({self.length} samples, size={self.size}{seed}, epoch={self.epoch})"


def _whole(x: Any, name: str) -> int:
    found = convert.index(x)
    if found is None:
        raise NumberError(f"{name} must be a whole number, got {type(x).__name__} {convert.short(x)}")
    return found


def _length(part: Any) -> int:
    """The number of samples. Raises `ArgumentError` for what is neither a list nor an array."""
    sized: Any = part
    if isinstance(part, (list, Array)) or (is_numpy(part) and part.ndim):
        return len(sized)
    advice = "pass table.to_numpy()" if hasattr(part, "to_numpy") else "pass list(x) of what can be iterated"
    raise ArgumentError(
        f"batches takes a list, a Vector, a Matrix or a numpy array, or a tuple of them, got {type(part).__name__}:"
        f" {advice}"
    )
