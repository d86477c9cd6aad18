"""The functions of many numbers. Each takes an iterable or several arguments, as Python's `max` does.

On Values they return a Value, on floats alone a float; softmax and log_softmax return a list. On a Vector or Matrix
they are its methods: over all elements, or along `axis`. Each raises `NumberError` for a non-number, and
`ArgumentError` if an empty sequence has no result.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, TypeVar

from scalargrad import core
from scalargrad.arrays import reading, view
from scalargrad.arrays.arithmetic import Arithmetic, elementwise
from scalargrad.arrays.base import Array, of_view
from scalargrad.arrays.view import whole
from scalargrad.core import View
from scalargrad.errors import ArgumentError
from scalargrad.table import ops
from scalargrad.value import Value

A = TypeVar("A", bound="Reductions")
_SUM, _DOT, _MAX, _MIN, _LOGSUMEXP, _MUL, _DIV, _SUB, _EXP_SUB = (
    ops.OPCODE[name] for name in ("sum", "dot", "max", "min", "logsumexp", "mul", "div", "sub", "exp_sub")
)


def _items(function: str, x: tuple[Any, ...], least: int = 0) -> list[Any]:
    """The items of the only argument if it is an iterable, else the arguments themselves."""
    if len(x) == 1 and isinstance(x[0], Iterable) and getattr(x[0], "ndim", None) != 0:
        x = tuple(x[0])
    if len(x) < least:
        raise ArgumentError(f"{function} needs at least {least} number, got none")
    return list(x)


def _number(item: Any) -> float:
    return item.data if isinstance(item, Value) else Value(item).data


def _largest(items: list[Any]) -> float:
    """The largest of the numbers, as a float, which passes no gradient."""
    return core.reduce(ops.OPCODE["max"], [_number(item) for item in items])  # type: ignore[no-any-return]


def _or_of_array(function: Callable[..., Any]) -> Callable[..., Any]:
    """Makes the function call the method of the same name if its argument is an array."""
    name = function.__name__

    @wraps(function)
    def either(*x: Any, **axis: Any) -> Any:
        if len(x) == 1 and isinstance(x[0], Array):
            return getattr(x[0], name)(**axis)
        if axis:
            raise ArgumentError(f"{name} takes an axis only if its argument is a Vector or Matrix")
        return function(*x)

    return either


@_or_of_array
def sum(*x: Any) -> Any:
    """The sum, as one node: chunks of 128 numbers, each in eight interleaved sums. 0.0 if there are no numbers.

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
    """The product, left to right. 1.0 if there are no numbers.

    >>> prod(2.0, 3.0, 4.0)
    24.0
    """
    product: Any = 1.0
    for k, item in enumerate(_items("prod", x)):
        product = core.apply(_MUL, product, item) if k else core.apply(_MUL, item, 1.0)
    return product


def dot(x: Iterable[Any], y: Iterable[Any]) -> Any:
    """x1*y1 + ... + xn*yn, summed left to right, as one node. Raises `ArgumentError` if the lengths differ.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    left, right = list(x), list(y)
    if len(left) != len(right):
        raise ArgumentError(f"dot needs two sequences of equal length, got lengths {len(left)} and {len(right)}")
    return core.reduce(_DOT, [item for pair in zip(left, right) for item in pair]) if left else 0.0


@_or_of_array
def norm(*x: Any) -> Any:
    """The Euclidean norm, without overflow. Its gradient is x / norm, and 0 at the origin. 0.0 if there are no numbers.

    >>> norm(3.0, 4.0)
    5.0
    """
    items = _items("norm", x)
    if not items:
        return 0.0
    size = _largest([builtins.abs(_number(item)) for item in items])
    if not 0.0 < size < math.inf:  # hypot has the conventions for the origin and infinity
        total: Any = 0.0
        for item in items:
            total = core.apply(ops.OPCODE["hypot"], item, total)
        return total
    # powers of two, so that scaling is exact; no larger than squares need, because adjoints are scaled too
    scale = 2.0**600 if size > 1e140 else 2.0**-600 if size < 1e-140 else 1.0
    if scale != 1.0:
        items = [core.apply(_DIV, item, scale) for item in items]
    root = core.apply(ops.OPCODE["sqrt"], core.reduce(_SUM, [core.apply(ops.OPCODE["square"], x) for x in items]))
    return root if scale == 1.0 else core.apply(_MUL, root, scale)


@_or_of_array
def max(*x: Any) -> Any:
    """The largest; nan if any is nan. In a tie of k, each has the gradient 1/k (Python's `max` picks one).

    >>> max(1.0, 3.0, 2.0)
    3.0
    """
    return core.reduce(ops.OPCODE["max"], _items("max", x, 1))


@_or_of_array
def min(*x: Any) -> Any:
    """The smallest; nan if any is nan. In a tie of k, each has the gradient 1/k (Python's `min` picks one).

    >>> min(1.0, 3.0, 2.0)
    1.0
    """
    return core.reduce(ops.OPCODE["min"], _items("min", x, 1))


@_or_of_array
def logsumexp(*x: Any) -> Any:
    """log(exp(x1) + ... + exp(xn)) without overflow. Its gradient is the softmax.

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
    """xi - logsumexp(x), a list. It is accurate even if the softmax rounds to 1.

    >>> log_softmax([0.0, -1e4])
    [0.0, -10000.0]
    """
    items = _items("log_softmax", x, 1)
    largest = _largest(items)
    total = core.reduce(_LOGSUMEXP, [largest, *items])
    return [core.apply(_SUB, core.apply(_SUB, item, largest), total) for item in items]


# --- of arrays -------------------------------------------------------------------------------------------------------


class Reductions(Arithmetic):
    """An array with reductions, of all elements or along an axis."""

    __slots__ = ()

    def _along(self, axis: int | None) -> View:
        """The view whose rows are to be reduced."""
        shown = self._view
        if axis is None:
            return shown if shown.rows == 1 else view.reshape(shown, 1, shown.rows * shown.columns)
        if self.ndim == 1 and axis in (0, -1):
            return shown
        if self.ndim == 2 and axis in (1, -1):
            return shown
        if self.ndim == 2 and axis in (0, -2):
            return shown.T
        raise ArgumentError(f"an array of {self.ndim} dimensions has no axis {axis}")

    def _filled(self, name: str, axis: int | None) -> View:
        """The view whose rows are to be reduced. Raises `ArgumentError` if they are empty."""
        rows = self._along(axis)
        if not rows.columns:
            raise ArgumentError(f"{name} needs an element per result, got shape {self.shape} with axis {axis}")
        return rows

    def _reduced(self, column: View, axis: int | None) -> Any:
        """The results, given as a column: the only one, or a Vector of all."""
        return view.item(column) if axis is None or self.ndim == 1 else of_view(1, column.T, self.of_numpy)

    def sum(self, axis: int | None = None) -> Any:
        """The sum of all elements, a Value, or along an axis, a Vector. See `scalargrad.sum`."""
        rows = self._along(axis)
        if not rows.columns:
            return self._reduced(whole(core.doubles(bytes(8 * rows.rows), True), rows.rows, 1), axis)
        return self._reduced(core.reduce_rows(_SUM, rows), axis)

    def mean(self, axis: int | None = None) -> Any:
        """The sum divided by the count. Raises `ArgumentError` if there are no elements."""
        count = self._filled("mean", axis).columns
        return self.sum(axis) / count

    def max(self, axis: int | None = None) -> Any:
        """The largest; nan if any is nan. In a tie of k, each has the gradient 1/k."""
        return self._reduced(core.reduce_rows(_MAX, self._filled("max", axis)), axis)

    def min(self, axis: int | None = None) -> Any:
        """The smallest; nan if any is nan. In a tie of k, each has the gradient 1/k."""
        return self._reduced(core.reduce_rows(_MIN, self._filled("min", axis)), axis)

    def logsumexp(self, axis: int | None = None) -> Any:
        """log(exp(x1) + ... + exp(xn)) without overflow."""
        rows = self._filled("logsumexp", axis)
        zeros = whole(core.doubles(bytes(8 * rows.rows), False), rows.rows, 1)
        return self._reduced(core.reduce_rows(_LOGSUMEXP, rows, zeros), axis)

    def prod(self, axis: int | None = None) -> Any:
        """The product, left to right."""
        return self._each_row(prod, axis)

    def norm(self, axis: int | None = None) -> Any:
        """The Euclidean norm, without overflow."""
        return self._each_row(norm, axis)

    def _each_row(self, function: Callable[[list[Any]], Any], axis: int | None) -> Any:
        rows = self._along(axis)
        each, columns = view.items(rows), rows.columns
        results = [function(each[r * columns : (r + 1) * columns]) for r in range(rows.rows)]
        block = reading.from_items(results, not columns)  # reductions of nothing are leaves, as sums are
        return self._reduced(whole(block, rows.rows, 1), axis)

    def softmax(self: A, axis: int = -1) -> A:
        """exp(x) / sum(exp(x)) along an axis, an array of the same shape."""
        return self._normalised(axis, row_softmax)  # type: ignore[no-any-return]

    def log_softmax(self: A, axis: int = -1) -> A:
        """x - logsumexp(x) along an axis, an array of the same shape."""
        return self._normalised(axis, row_log_softmax)  # type: ignore[no-any-return]

    def _normalised(self, axis: int, function: Callable[[Any], Any]) -> Any:
        found = function(of_view(2, self._filled("softmax", axis), self.of_numpy))
        if self.ndim == 2:
            return found.T if axis in (0, -2) else found
        return of_view(1, found._view, self.of_numpy)


def row_maxima(x: Array) -> Any:
    """A column with the largest number of each row, a constant. A Vector is one row."""
    return of_view(2, core.reduce_rows_data(_MAX, x._view), x.of_numpy)


def row_sums(x: Array) -> Any:
    """A column with the sum of each row."""
    return of_view(2, core.reduce_rows(_SUM, x._view), x.of_numpy)


def row_logsumexp(x: Array, shifts: Array) -> Any:
    """A column with log(exp(x[0] - shift) + ...) of each row. The shifts are a column of constants."""
    return of_view(2, core.reduce_rows(_LOGSUMEXP, x._view, shifts._view), x.of_numpy)


def row_take(x: Array, columns: Sequence[int]) -> Any:
    """A column with one element of each row: in row r, the element in column `columns[r]`."""
    shown = x._view
    offset, row, column = shown.offset, shown.row, shown.column
    block = view.take(shown, [offset + r * row + c * column for r, c in enumerate(columns)])
    return of_view(2, whole(block, shown.rows, 1), x.of_numpy)


def row_softmax(x: Any) -> Any:
    """The softmax of each row of a Matrix. It has the bits of `softmax` of a list."""
    weights = elementwise(_EXP_SUB, x, row_maxima(x))
    return weights / row_sums(weights)


def row_log_softmax(x: Any) -> Any:
    """The log_softmax of each row of a Matrix. It has the bits of `log_softmax` of a list."""
    largest = row_maxima(x)
    total = row_logsumexp(x, largest)
    return (x - largest) - total
