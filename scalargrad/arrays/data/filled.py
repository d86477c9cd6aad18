"""Arrays of leaves made from a rule, with numpy's names, arguments and numbers."""

from __future__ import annotations

import math
import sys
from array import array
from typing import TYPE_CHECKING, Any, NoReturn, overload

from scalargrad import convert, core
from scalargrad.arrays.base import of_shape
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from scalargrad.names import refuse

if TYPE_CHECKING:
    from scalargrad.arrays.types import Matrix, Vector


def _room(number: float, *shape: int) -> array[float]:
    """The numbers of an array, all alike at first. Raises `ShapeError` or MemoryError for too many."""
    size = math.prod(shape)
    if size > sys.maxsize // 8:
        raise ShapeError(f"an array of the shape {convert.short(shape)} has more numbers than memory has addresses")
    return array("d", [number]) * size


def _leaves(numbers: array[float], *shape: int) -> Any:
    return of_shape(core.doubles(numbers.tobytes(), True), shape, False)


def _length(x: Any, name: str) -> int:
    found = convert.index(x)
    if found is None:
        raise NumberError(f"{name} must be an int, got {type(x).__name__} {convert.short(x)}")
    if found < 0:
        raise ShapeError(f"{name} must not be negative, got {convert.short(found)}")
    return found


def _filled(function: str, number: float, shape: Any, more: tuple[Any, ...]) -> Any:
    if more:
        together = convert.short((shape, *more))
        raise ArgumentError(
            f"{function} takes one shape, got {1 + len(more)} arguments: write sg.{function}({together})"
        )
    given = shape if isinstance(shape, (tuple, list)) else (shape,)
    if len(given) not in (1, 2):
        advice = "Value(0.0) is a single number" if not given else "arrays have one or two dimensions"
        raise ShapeError(f"{function} takes a shape (n,) or (rows, columns), got {convert.short(shape)}: {advice}")
    lengths = [_length(n, "a length of a shape") for n in given]
    return _leaves(_room(number, *lengths), *lengths)


@overload
def zeros(shape: int | tuple[int]) -> Vector: ...
@overload
def zeros(shape: tuple[int, int]) -> Matrix: ...
@overload
def zeros(shape: int | tuple[int, ...] | list[int], **unknown: NoReturn) -> Vector | Matrix: ...
def zeros(shape: Any, *more: NoReturn, **unknown: NoReturn) -> Any:
    """A Vector or Matrix of new leaves that are 0.0: of n for ``n`` or ``(n,)``, else of ``(rows, columns)``.

    Raises `ShapeError` for other shapes, `NumberError` for lengths that are not ints.

    >>> zeros((2, 3)).data
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    refuse("zeros", unknown)
    return _filled("zeros", 0.0, shape, more)


@overload
def ones(shape: int | tuple[int]) -> Vector: ...
@overload
def ones(shape: tuple[int, int]) -> Matrix: ...
@overload
def ones(shape: int | tuple[int, ...] | list[int], **unknown: NoReturn) -> Vector | Matrix: ...
def ones(shape: Any, *more: NoReturn, **unknown: NoReturn) -> Any:
    """A Vector or Matrix of new leaves that are 1.0, of a shape as `zeros` takes it.

    >>> ones(3).data
    [1.0, 1.0, 1.0]
    """
    refuse("ones", unknown)
    return _filled("ones", 1.0, shape, more)


def eye(N: int, M: int | None = None, k: int = 0, **unknown: NoReturn) -> Matrix:
    """A Matrix (N, M) of new leaves that are 1.0 on a diagonal and 0.0 elsewhere; M is N if not given.

    The diagonal is the k-th above the main one, or below it if k is negative. Raises `ShapeError` for negative lengths,
    `NumberError` for what is not an int.

    >>> eye(2, 3, k=1).data
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    refuse("eye", unknown)
    rows = _length(N, "N")
    columns = rows if M is None else _length(M, "M")
    above = convert.index(k)
    if above is None:
        raise NumberError(f"k must be an int, got {type(k).__name__} {convert.short(k)}")
    numbers = _room(0.0, rows, columns)
    for r in range(max(0, -above), min(rows, columns - above)):
        numbers[r * columns + r + above] = 1.0
    return _leaves(numbers, rows, columns)  # type: ignore[no-any-return]


def arange(start: float, stop: float | None = None, step: float = 1.0, **unknown: NoReturn) -> Vector:
    """A Vector of new leaves start, start + step, ... before stop; ``arange(stop)`` starts at 0.

    Has ceil((stop - start) / step) elements. If step is no whole number, this may be one more or one fewer than
    expected, because of rounding: `linspace` takes the number of elements. Raises `ArgumentError` for a step of 0, and
    for limits that are infinite or nan; `NumberError` for non-numbers.

    >>> arange(3).data, arange(1.0, 2.0, 0.5).data
    ([0.0, 1.0, 2.0], [1.0, 1.5])
    """
    refuse("arange", unknown)
    given = {"start": start, "stop": stop} if stop is not None else {"start": 0.0, "stop": start}
    first, end = (convert.argument(x, name) for name, x in given.items())
    by = convert.argument(step, "step")
    if not by or not math.isfinite(by) or not math.isfinite(end - first):
        raise ArgumentError(f"arange needs finite limits and a step other than 0, got {first}, {end}, {by}")
    ratio = (end - first) / by
    if not math.isfinite(ratio):
        raise ArgumentError(f"the step {by} of arange is too small for the limits {first} and {end}")
    count = max(math.ceil(ratio), 0)
    by = (first + by) - first  # the step between the first two, as numpy has it
    numbers = _room(first, count)
    for k in range(1, count):
        numbers[k] = first + k * by
    return _leaves(numbers, count)  # type: ignore[no-any-return]


def linspace(start: float, stop: float, num: int = 50, endpoint: bool = True, **unknown: NoReturn) -> Vector:
    """A Vector of `num` new leaves at equal distances from start to stop, which is the last unless `endpoint` is false.

    Raises `ArgumentError` for limits that are infinite or nan, `NumberError` for non-numbers, `ShapeError` for a
    negative `num`.

    >>> linspace(0.0, 1.0, 5).data
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    refuse("linspace", unknown)
    first, end = convert.argument(start, "start"), convert.argument(stop, "stop")
    count, last = _length(num, "num"), convert.flag(endpoint, "endpoint")
    if not math.isfinite(end - first):
        raise ArgumentError(f"linspace needs finite limits, got {first} and {end}")
    numbers = _room(first, count)
    parts = count - 1 if last else count
    by = (end - first) / parts if parts > 0 else end - first
    tiny = parts > 0 and not by  # the distance rounds to 0
    for k in range(1, count):
        numbers[k] = (k / parts * (end - first) if tiny else k * by) + first
    if last and count > 1:
        numbers[-1] = end
    return _leaves(numbers, count)  # type: ignore[no-any-return]
