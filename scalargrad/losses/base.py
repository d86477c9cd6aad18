"""What losses share: reading of the input and the target, checks, reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scalargrad import convert
from scalargrad.arrays.arithmetic import array_or_none, as_array
from scalargrad.arrays.base import Array, shown_as
from scalargrad.errors import ArgumentError, NumberError, ShapeError


def array_of(x: Any, what: str) -> Any:
    found = array_or_none(x)
    if found is None:
        raise NumberError(f"the {what} of a loss must be a number or an array, got {type(x).__name__}")
    return found


def pair(loss: str, input: Any, target: Any) -> tuple[Any, Any]:
    x, t = array_of(input, "input"), array_of(target, "target")
    if x.shape != t.shape:
        raise ShapeError(
            f"{loss} needs an input and a target of equal shape, got shapes {x.shape} and {t.shape}{_same(x, t)}"
        )
    return x, t


def _same(x: Array, t: Array) -> str:
    """How to write a column or a row as a vector, if that is all that differs."""
    wide, name = (x, "input") if x.ndim > t.ndim else (t, "target")
    if {x.ndim, t.ndim} == {1, 2} and x.size == t.size and 1 in wide.shape:
        return f": pass {name}{'[:, 0]' if wide.shape[1] == 1 else '[0]'}"
    return ""


_REDUCTIONS = ("mean", "sum", "none")
_ONE = as_array(1.0)  # made once: of a small batch, making it takes a twentieth of the time


def check(reduction: Any, *also: str) -> None:
    """Raises `ArgumentError` for an unknown reduction. `also` are those that one loss has beside."""
    if not isinstance(reduction, str) or reduction not in _REDUCTIONS:
        names = ", ".join((*_REDUCTIONS, *also))
        raise ArgumentError(f"there is no reduction {convert.short(reduction)}: choose one of {names}")


def reduced(losses: Any, x: Any, reduction: str, ndim: int, *given: Any) -> Any:
    """The losses of the input x, as an array of `ndim` dimensions, or their mean or sum. Raises `ArgumentError` if
    there are arrays among the arguments, and no Value in them: a loss of lists is a number, but an array is meant to
    have Values."""
    if not ndim:  # a single loss is its own mean and sum
        return losses.item()
    if reduction == "none":
        return shown_as(losses, x, ndim)
    if not losses.size and reduction == "sum":
        return 0.0
    if not losses.size:
        raise ArgumentError(f"a mean needs at least one loss, got an input of shape {x.shape}")
    found = losses.mean() if reduction == "mean" else losses.sum()
    if type(found) is float and any(isinstance(each, Array) and not each.is_mask for each in given):
        raise ArgumentError(
            "this loss has no gradient, because no Value entered it: sg.constant makes arrays that take none, and"
            " Vector and Matrix make arrays that do; for the number alone pass x.data"
        )
    return found


def require(t: Any, loss: str, wanted: str, allowed: Callable[[float], bool], advice: str) -> None:
    numbers = t.numbers()
    if not all(map(allowed, set(numbers))):
        k, number = next((k, number) for k, number in enumerate(numbers) if not allowed(number))
        where = "" if not t.ndim else f" at {k}" if t.ndim == 1 else f" at {divmod(k, t.shape[1])}"
        raise ArgumentError(f"{loss} takes targets {wanted}, got {number}{where}: {advice}")
