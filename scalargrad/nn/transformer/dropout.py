"""Dropout, which draws from Python's `random`, as the initialisers do."""

from __future__ import annotations

import random
from array import array
from typing import TYPE_CHECKING, Any, TypeVar, overload

from scalargrad import core
from scalargrad.arrays.base import of_shape
from scalargrad.arrays.types import Matrix, Vector
from scalargrad.convert import argument, is_scalar, short
from scalargrad.errors import ArgumentError
from scalargrad.nn.layers import array_of
from scalargrad.nn.module import Module

if TYPE_CHECKING:
    from scalargrad.arrays.base import Array
    from scalargrad.functions import Flat, Foreign
    from scalargrad.nn.layers import Batch

    A = TypeVar("A", bound=Array)


class Dropout(Module):
    """Sets each element to 0 with probability p, and multiplies the others by 1 / (1 - p). After `eval`, the identity.

    Takes a Matrix, a Vector, or what becomes one, and returns an array of the same shape. It draws one number of
    Python's `random` per element, row by row, and none if p is 0 or 1: after ``random.seed`` a run has the same zeros,
    and `scalargrad.save` with ``rng=True`` keeps where it is. Raises `ArgumentError` for a p outside 0 to 1, and for a
    bool. Source: PyTorch's Dropout.

    >>> random.seed(1)
    >>> dropout = Dropout(0.5)
    >>> dropout([1.0, 2.0, 3.0, 4.0]).data, dropout.eval()([1.0, 2.0]).data
    ([0.0, 4.0, 6.0, 0.0], [1.0, 2.0])
    """

    p: float

    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def __setattr__(self, name: str, x: Any) -> None:
        super().__setattr__(name, probability(x, "p") if name == "p" else x)

    @overload
    def __call__(self, x: A) -> A: ...
    @overload
    def __call__(self, x: Batch | Foreign) -> Matrix: ...
    @overload
    def __call__(self, x: Flat) -> Vector: ...
    def __call__(self, x: Any) -> Any:
        x = array_of(x, "Dropout")
        return dropped(x, self.p) if self.training else x

    def __repr__(self) -> str:
        return f"Dropout({self.p})"

    def _label(self) -> str:
        return repr(self)


def probability(x: Any, name: str, advice: str = "") -> float:
    """The float of a probability. Raises `ArgumentError` for a bool, with the advice, and for a number outside 0 to 1,
    `NumberError` for a non-number."""
    a_bool = isinstance(x, bool) or is_scalar(x, "b")
    found = argument(x, name)
    if a_bool or not 0.0 <= found <= 1.0:
        advised = f": {advice}" if a_bool and advice else ""
        raise ArgumentError(f"{name} must be a probability, a number from 0 to 1, got {short(x)}{advised}")
    return found


def dropped(x: Any, p: float) -> Any:
    """The elements of an array, each multiplied by 0 with probability p, and else by 1 / (1 - p)."""
    if not p:
        return x
    scale = 1.0 / (1.0 - p) if p < 1.0 else 0.0
    draw = random.random
    factors = array("d", [scale if draw() >= p else 0.0 for _ in range(x.size)] if scale else [0.0] * x.size)
    return x * of_shape(core.doubles(factors.tobytes(), False), x.shape, False)
