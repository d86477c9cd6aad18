"""Losses of two classes."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Literal, overload

from scalargrad.arrays.arithmetic import as_array
from scalargrad.losses.base import check, pair, reduced, require
from scalargrad.value import Value

if TYPE_CHECKING:
    from scalargrad.arrays import Matrix, Vector
    from scalargrad.functions import Flat, Foreign, Rows

_ONE = as_array(1.0)  # made once: of a small batch, making it takes a twentieth of the time
# The bytes of 1.0 and -1.0. Neither begins with bytes that end the other, so two occurrences cannot overlap.
_SIGNS = [array("d", [sign]).tobytes() for sign in (1.0, -1.0)]


def _are_signs(t: Any) -> bool:
    """Whether all numbers are 1 or -1. Counting bytes is many times faster than comparing floats."""
    numbers = t.tobytes()
    return bool(sum(map(numbers.count, _SIGNS)) == t.size)


@overload
def hinge(input: Any, target: Any, reduction: Literal["mean", "sum"] = "mean") -> Value: ...
@overload
def hinge(input: Vector | Flat | Foreign, target: Any, reduction: Literal["none"]) -> Vector: ...
@overload
def hinge(input: Matrix | Rows, target: Any, reduction: Literal["none"]) -> Matrix: ...
def hinge(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The hinge loss of scores, for targets -1 and 1: for each number relu(1 - target * input).

    Raises `ArgumentError` for other targets. Source: Cortes and Vapnik 1995; micrograd's demo.

    >>> hinge([2.0, -0.5], [1, -1], reduction="none").data
    [0.0, 0.5]
    """
    check(reduction)
    x, t = pair("hinge", input, target)
    if not _are_signs(t):
        require(t, "hinge", "-1 and 1", (-1.0, 1.0).__contains__, "for labels 0 and 1, pass 2 * label - 1")
    return reduced((_ONE - t * x).relu(), x, reduction, x.ndim, input, target)


@overload
def binary_cross_entropy(input: Any, target: Any, reduction: Literal["mean", "sum"] = "mean") -> Value: ...
@overload
def binary_cross_entropy(input: Vector | Flat | Foreign, target: Any, reduction: Literal["none"]) -> Vector: ...
@overload
def binary_cross_entropy(input: Matrix | Rows, target: Any, reduction: Literal["none"]) -> Matrix: ...
def binary_cross_entropy(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The cross-entropy of two classes: the input is a logit, the target a probability from 0 to 1.

    The loss is target * softplus(-input) + (1 - target) * softplus(input), in which nothing cancels or overflows.
    ``binary_cross_entropy_with_logits``, PyTorch's name, is the same function. Raises `ArgumentError` for targets
    outside 0 to 1. Source: PyTorch's BCEWithLogitsLoss.

    >>> binary_cross_entropy([1000.0, 0.0, -1000.0], [1, 1, 1], reduction="none").data
    [0.0, 0.6931471805599453, 1000.0]
    """
    check(reduction)
    x, t = pair("binary_cross_entropy", input, target)
    advice = "for labels -1 and 1, pass (label + 1) / 2"
    require(t, "binary_cross_entropy", "from 0 to 1", lambda p: 0.0 <= p <= 1.0, advice)
    return reduced(t * (-x).softplus() + (1.0 - t) * x.softplus(), x, reduction, x.ndim, input, target)


binary_cross_entropy_with_logits = binary_cross_entropy
