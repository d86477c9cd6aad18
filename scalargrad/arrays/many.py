"""The functions of many numbers. Each takes an iterable or several arguments, as Python's `max` does.

On Values they return a Value, on floats alone a float; softmax and log_softmax return a list. On a Vector or Matrix
they are its methods: over all elements, or along `axis`; likewise on nested lists, numpy arrays and tables. Each
raises `NumberError` for a non-number, and `ArgumentError` if an empty sequence has no result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, overload

from scalargrad import convert, core
from scalargrad.arrays.base import Array
from scalargrad.arrays.reading import is_data
from scalargrad.arrays.reductions import keyword_error
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.table import ops
from scalargrad.value import Value

if TYPE_CHECKING:
    from scalargrad.arrays.signatures import Normalisation, Reduction
    from scalargrad.arrays.types import Matrix, Vector
    from scalargrad.functions import Real, Scalar

_SUM, _MEAN, _PROD, _DOT, _NORM, _LOGSUMEXP, _DIV, _SUB = (
    ops.OPCODE[name] for name in ("sum", "mean", "prod", "dot", "norm", "logsumexp", "div", "sub")
)


def _items(function: str, x: tuple[Any, ...], least: int = 0) -> list[Any]:
    """The items of the only argument if it is an iterable, else the arguments themselves."""
    if len(x) == 1 and isinstance(x[0], Iterable):
        only: Any = x[0]
        x = (only.item(),) if getattr(only, "ndim", None) == 0 else tuple(only)
    if len(x) < least:
        raise ArgumentError(f"{function} needs at least {least} number, got none")
    return list(x)


def _number(item: Any) -> float:
    return item.data if isinstance(item, Value) else Value(item).data


def _largest(items: list[Any]) -> float:
    """The largest of the numbers, as a float, which passes no gradient."""
    return core.reduce(ops.OPCODE["max"], [_number(item) for item in items])  # type: ignore[no-any-return]


@overload
def _or_of_array(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
    function: Callable[..., Value | Vector | float],
) -> Reduction: ...
@overload
def _or_of_array(function: Callable[..., Vector | Matrix | list[Any]]) -> Normalisation: ...
def _or_of_array(function: Any) -> Any:
    """The function; for an array its method of the same name, and for data `of_data`, which alone take an axis."""
    name = function.__name__
    gives_data = name in ("softmax", "log_softmax")
    allowed = {"axis"} if gives_data else {"axis", "keepdims"}

    @wraps(function)
    def either(*x: Any, **options: Any) -> Any:
        if unknown := options.keys() - allowed:
            raise keyword_error(name, sorted(unknown)[0])
        if len(x) == 1 and isinstance(x[0], Array):
            return getattr(x[0], name)(**options)
        if len(x) == 1 and (is_data(x[0]) if options else _is_several(x[0], gives_data)):
            from scalargrad.arrays.data.reduced import of_data

            return of_data(name, x[0], **options)
        if options:
            raise ArgumentError(f"{name} takes an axis only if its argument is one array or list")
        return function(*x)

    return either


def _is_several(x: Any, gives_data: bool) -> bool:
    """Whether x is more than an iterable of numbers: nested, or an array of several dimensions. Where the result is of
    the kind of x, every array and tuple is."""
    if isinstance(x, (list, tuple)):
        if not x or (gives_data and type(x) is tuple):
            return bool(x)
        return isinstance(x[0], (list, tuple)) or getattr(x[0], "ndim", 0) > 0
    return getattr(x, "ndim", 0) > (0 if gives_data else 1)


@_or_of_array
def sum(*x: Any, axis: int | None = None) -> Value | Vector | float:
    """The sum, as one node: chunks of 128 numbers, each in eight interleaved sums. 0.0 of nothing.

    >>> sum(1.0, 2.0, 3.0), sum([])
    (6.0, 0.0)
    """
    items = _items("sum", x)
    return core.reduce(_SUM, items) if items else 0.0


@_or_of_array
def mean(*x: Any, axis: int | None = None) -> Value | Vector | float:
    """The sum divided by the count, as one node. It does not overflow where the sum does.

    >>> mean([1.0, 2.0, 3.0])
    2.0
    """
    return core.reduce(_MEAN, _items("mean", x, 1))  # type: ignore[no-any-return]


@_or_of_array
def prod(*x: Any, axis: int | None = None) -> Value | Vector | float:
    """The product, left to right, as one node. 1.0 of nothing.

    It over- or underflows only if the whole product does. The partial by a number is the product of the others.

    >>> prod(2.0, 3.0, 4.0), prod(1e200, 1e200, 1e-300)
    (24.0, 1e+100)
    """
    items = _items("prod", x)
    return core.reduce(_PROD, items) if items else 1.0


@overload
def dot(x: Iterable[Value], y: Iterable[Scalar]) -> Value: ...
@overload
def dot(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
    x: Iterable[Real], y: Iterable[Real]
) -> float: ...
@overload
def dot(x: Iterable[Scalar], y: Iterable[Scalar]) -> Value: ...
def dot(x: Iterable[Any], y: Iterable[Any]) -> Value | float:
    """x1*y1 + ... + xn*yn, summed left to right, as one node. Raises `ArgumentError` when the lengths differ,
    `ShapeError` for a single number.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    left, right = convert.items(x), convert.items(y)
    if left is None or right is None:
        raise ShapeError(
            f"dot takes two sequences of numbers, got {type(x).__name__} and {type(y).__name__}: the product of two"
            " numbers is x * y"
        )
    if _is_several(x, False) or _is_several(y, False):
        raise ShapeError("dot takes two sequences of numbers, got lists of lists or a matrix: write sg.matmul(x, y)")
    if len(left) != len(right):
        raise ArgumentError(f"dot needs two sequences of equal length, got lengths {len(left)} and {len(right)}")
    return core.reduce(_DOT, [item for pair in zip(left, right) for item in pair]) if left else 0.0


@_or_of_array
def norm(*x: Any, axis: int | None = None) -> Value | Vector | float:
    """The Euclidean norm, as one node, without overflow; gradient x / norm, and 0 at the origin. 0.0 of nothing.

    >>> norm(3.0, 4.0)
    5.0
    """
    items = _items("norm", x)
    if not items:
        return 0.0
    return core.reduce(_NORM, items)  # type: ignore[no-any-return]


@_or_of_array
def max(*x: Any, axis: int | None = None) -> Value | Vector | float:
    """The largest; nan if any is nan. In a tie of k, each has the gradient 1/k (Python's `max` picks one).

    >>> max(1.0, 3.0, 2.0)
    3.0
    """
    return core.reduce(ops.OPCODE["max"], _items("max", x, 1))  # type: ignore[no-any-return]


@_or_of_array
def min(*x: Any, axis: int | None = None) -> Value | Vector | float:
    """The smallest; nan if any is nan. In a tie of k, each has the gradient 1/k (Python's `min` picks one).

    >>> min(1.0, 3.0, 2.0)
    1.0
    """
    return core.reduce(ops.OPCODE["min"], _items("min", x, 1))  # type: ignore[no-any-return]


@_or_of_array
def logsumexp(*x: Any, axis: int | None = None) -> Value | Vector | float:
    """log(exp(x1) + ... + exp(xn)) without overflow; its gradient is the softmax.

    >>> logsumexp([-1e4, -1e4])
    -9999.30685281944
    """
    return core.reduce(_LOGSUMEXP, [0.0, *_items("logsumexp", x, 1)])  # type: ignore[no-any-return]


@_or_of_array
def softmax(*x: Any, axis: int = -1) -> Vector | Matrix | list[Any]:
    """exp(xi) / (exp(x1) + ... + exp(xn)), a list, without overflow.

    >>> softmax([1e4, 1e4])
    [0.5, 0.5]
    """
    items = _items("softmax", x, 1)
    largest = _largest(items)
    weights = [core.apply(ops.OPCODE["exp_sub"], item, largest) for item in items]
    total = core.reduce(_SUM, weights)
    return [core.apply(_DIV, weight, total) for weight in weights]


@_or_of_array
def log_softmax(*x: Any, axis: int = -1) -> Vector | Matrix | list[Any]:
    """xi - logsumexp(x), a list; accurate also where the softmax rounds to 1.

    >>> log_softmax([0.0, -1e4])
    [0.0, -10000.0]
    """
    items = _items("log_softmax", x, 1)
    largest = _largest(items)
    total = core.reduce(_LOGSUMEXP, [largest, *items])
    return [core.apply(_SUB, core.apply(_SUB, item, largest), total) for item in items]
