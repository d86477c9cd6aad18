"""Which numbers are nan, infinite or finite. The numbers are looked at, so no gradient passes."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from scalargrad import core
from scalargrad.arrays import view
from scalargrad.arrays.base import Array, mask_of
from scalargrad.arrays.data import kinds
from scalargrad.core import whole

if TYPE_CHECKING:
    from scalargrad.arrays.signatures import Test


def _of_each(test: Callable[[float], bool]) -> Test:
    """The test of a number or Value; of each number of an array, as a Mask; of data, as bools of the same kind."""

    @wraps(test)
    def tested(x: Any, /) -> Any:
        if isinstance(x, core.Node):
            return test(x.data)
        if isinstance(x, Array):
            flags = view.ones(bytes(map(test, x.numbers())))
            return mask_of(x.ndim, whole(core.doubles(flags, False), x._view.rows, x._view.columns), x.of_numpy)
        operand = kinds.read(x, test.__name__)
        numbers = view.numbers(whole(operand.block, 1, math.prod(operand.shape)))
        return kinds.flags(operand, list(map(test, numbers))) if operand.shape else test(numbers[0])

    return tested


@_of_each
def isnan(x: float) -> bool:
    """Whether a number is nan: a bool; of a Vector or Matrix a Mask, of data bools of the same kind.

    >>> isnan(float("nan")), isnan([1.0, float("nan")])
    (True, [False, True])
    """
    return math.isnan(x)


@_of_each
def isinf(x: float) -> bool:
    """Whether a number is infinite: a bool; of a Vector or Matrix a Mask, of data bools of the same kind.

    >>> isinf(-float("inf")), isinf((1.0, 2.0))
    (True, (False, False))
    """
    return math.isinf(x)


@_of_each
def isfinite(x: float) -> bool:
    """Whether a number is neither nan nor infinite: a bool; of a Vector or Matrix a Mask, of data bools of its kind.

    >>> isfinite(1.0), isfinite([[float("nan")]])
    (True, [[False]])
    """
    return math.isfinite(x)
