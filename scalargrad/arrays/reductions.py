"""The functions of many numbers. Each takes an iterable or several arguments, as Python's `max` does.

On Values they give a Value (softmax and log_softmax a list), on floats alone a float. On a Vector or Matrix they are
its methods: over all elements, or along `axis`. Each raises `NumberError` for an item that is no number, and
`ArgumentError` where an empty sequence has no answer.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from scalargrad import core
from scalargrad.arrays.base import Elements
from scalargrad.errors import ArgumentError
from scalargrad.table import ops
from scalargrad.value import Value

_SUM, _DOT, _LOGSUMEXP = ops.OPCODE["sum"], ops.OPCODE["dot"], ops.OPCODE["logsumexp"]
_MUL, _DIV, _SUB = ops.OPCODE["mul"], ops.OPCODE["div"], ops.OPCODE["sub"]


def _items(function: str, x: tuple[Any, ...], least: int = 0) -> list[Any]:
    """The items of one iterable, or the arguments themselves."""
    if len(x) == 1 and isinstance(x[0], Iterable) and getattr(x[0], "ndim", None) != 0:
        x = tuple(x[0])
    if len(x) < least:
        raise ArgumentError(f"{function} of nothing has no value: give at least {least} number")
    return list(x)


def _number(item: Any) -> float:
    return item.data if isinstance(item, Value) else Value(item).data


def _largest(items: list[Any]) -> float:
    """The largest of the numbers, as a float that no gradient passes."""
    return core.reduce(ops.OPCODE["max"], [_number(item) for item in items])  # type: ignore[no-any-return]


def _or_of_array(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, and for an array its method of the same name."""
    name = function.__name__

    @wraps(function)
    def either(*x: Any, **axis: Any) -> Any:
        if len(x) == 1 and isinstance(x[0], Elements):
            return getattr(x[0], name)(**axis)
        if axis:
            raise ArgumentError(f"{name} takes an axis with a Vector or Matrix alone")
        return function(*x)

    return either


@_or_of_array
def sum(*x: Any) -> Any:
    """The sum, as one node: chunks of 128 numbers, each in eight interleaved sums. 0.0 of nothing.

    >>> sum(1.0, 2.0, 3.0), sum([])
    (6.0, 0.0)
    """
    items = _items("sum", x)
    return core.reduce(_SUM, items) if items else 0.0


@_or_of_array
def mean(*x: Any) -> Any:
    """The sum divided by the count.

    >>> mean([1.0, 2.0, 3.0])
    2.0
    """
    items = _items("mean", x, 1)
    return core.apply(_DIV, core.reduce(_SUM, items), len(items))


@_or_of_array
def prod(*x: Any) -> Any:
    """The product, left to right. 1.0 of nothing.

    >>> prod(2.0, 3.0, 4.0)
    24.0
    """
    product: Any = 1.0
    for k, item in enumerate(_items("prod", x)):
        product = core.apply(_MUL, product, item) if k else core.apply(_MUL, item, 1.0)
    return product


def dot(x: Iterable[Any], y: Iterable[Any]) -> Any:
    """x1*y1 + ... + xn*yn, summed left to right, as one node. Raises `ArgumentError` when the lengths differ.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    left, right = list(x), list(y)
    if len(left) != len(right):
        raise ArgumentError(f"dot needs two sequences of one length, got lengths {len(left)} and {len(right)}")
    return core.reduce(_DOT, [item for pair in zip(left, right) for item in pair]) if left else 0.0


@_or_of_array
def norm(*x: Any) -> Any:
    """The Euclidean norm, without overflow; gradient x / norm, and 0 at the origin. 0.0 of nothing.

    >>> norm(3.0, 4.0)
    5.0
    """
    items = _items("norm", x)
    if not items:
        return 0.0
    size = _largest([builtins.abs(_number(item)) for item in items])
    if not 0.0 < size < math.inf:  # at the origin and at infinity hypot has the conventions
        total: Any = 0.0
        for item in items:
            total = core.apply(ops.OPCODE["hypot"], item, total)
        return total
    # powers of two, so that scaling is exact; no larger than squares need, since adjoints are scaled too on their way
    scale = 2.0**600 if size > 1e140 else 2.0**-600 if size < 1e-140 else 1.0
    if scale != 1.0:
        items = [core.apply(_DIV, item, scale) for item in items]
    root = core.apply(ops.OPCODE["sqrt"], core.reduce(_SUM, [core.apply(ops.OPCODE["square"], x) for x in items]))
    return root if scale == 1.0 else core.apply(_MUL, root, scale)


@_or_of_array
def max(*x: Any) -> Any:
    """The largest; nan if any is nan. A tie of k gives each a gradient of 1/k (Python's `max` picks one).

    >>> max(1.0, 3.0, 2.0)
    3.0
    """
    return core.reduce(ops.OPCODE["max"], _items("max", x, 1))


@_or_of_array
def min(*x: Any) -> Any:
    """The smallest; nan if any is nan. A tie of k gives each a gradient of 1/k (Python's `min` picks one).

    >>> min(1.0, 3.0, 2.0)
    1.0
    """
    return core.reduce(ops.OPCODE["min"], _items("min", x, 1))


@_or_of_array
def logsumexp(*x: Any) -> Any:
    """log(exp(x1) + ... + exp(xn)) without overflow; its gradient is the softmax.

    >>> logsumexp([-1e4, -1e4]) == -1e4 + math.log(2.0)
    True
    """
    return core.reduce(_LOGSUMEXP, [0.0, *_items("logsumexp", x, 1)])


@_or_of_array
def softmax(*x: Any) -> list[Any]:
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
def log_softmax(*x: Any) -> list[Any]:
    """xi - logsumexp(x), a list; accurate also where the softmax rounds to 1.

    >>> log_softmax([0.0, -1e4])
    [0.0, -10000.0]
    """
    items = _items("log_softmax", x, 1)
    largest = _largest(items)
    total = core.reduce(_LOGSUMEXP, [largest, *items])
    return [core.apply(_SUB, core.apply(_SUB, item, largest), total) for item in items]
