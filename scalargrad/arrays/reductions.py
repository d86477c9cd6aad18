"""The functions of many numbers. Each takes an iterable or several arguments, as Python's `max` does.

On Values they return a Value, on floats alone a float; softmax and log_softmax return a list. On a Vector or Matrix
they are its methods: over all elements, or along `axis`. Each raises `NumberError` for a non-number, and
`ArgumentError` if an empty sequence has no result.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, overload

from scalargrad import convert, core
from scalargrad.arrays import view
from scalargrad.arrays.arithmetic import Arithmetic, elementwise
from scalargrad.arrays.base import Array, axis_of, of_view
from scalargrad.core import View, whole
from scalargrad.errors import ArgumentError, KeywordError, ShapeError
from scalargrad.table import ops
from scalargrad.value import Value

if TYPE_CHECKING:
    from scalargrad.arrays.signatures import Normalisation, Reduction
    from scalargrad.arrays.types import Matrix, Vector
    from scalargrad.functions import Real, Scalar

A = TypeVar("A", bound="Reductions")
_SUM, _MEAN, _PROD, _DOT, _NORM, _MAX, _MIN, _LOGSUMEXP, _DIV, _SUB, _EXP_SUB = (
    ops.OPCODE[name]
    for name in ("sum", "mean", "prod", "dot", "norm", "max", "min", "logsumexp", "div", "sub", "exp_sub")
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


_ORD = "it is the Euclidean norm; write sg.sum([abs(v) for v in x]) for ord=1, sg.max([abs(v) for v in x]) for ord=inf"
_INSTEAD = {
    ("norm", "ord"): _ORD,
    ("sum", "start"): "add the start to the result",
    ("prod", "start"): "multiply the result by the start",
    ("max", "key"): "use Python's own max, which picks a Value",
    ("min", "key"): "use Python's own min, which picks a Value",
    ("max", "default"): "test for an empty list before",
    ("min", "default"): "test for an empty list before",
}


def _keyword_error(name: str, keyword: str) -> KeywordError:
    advice = _INSTEAD.get((name, keyword), f"sg.{name} takes numbers, or one list or array of them, and axis=")
    return KeywordError(f"{name}() got an unexpected keyword argument {keyword!r}: {advice}")


@overload
def _or_of_array(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
    function: Callable[..., Value | Vector | float],
) -> Reduction: ...
@overload
def _or_of_array(function: Callable[..., Vector | Matrix | list[Any]]) -> Normalisation: ...
def _or_of_array(function: Any) -> Any:
    """The function, and for an array its method of the same name, which alone takes the axis."""
    name = function.__name__

    @wraps(function)
    def either(*x: Any, **axis: Any) -> Any:
        if unknown := axis.keys() - {"axis"}:
            raise _keyword_error(name, sorted(unknown)[0])
        if len(x) == 1 and isinstance(x[0], Array):
            return getattr(x[0], name)(**axis)
        if axis:
            raise ArgumentError(f"{name} takes an axis only if its argument is a Vector or Matrix")
        return function(*x)

    return either


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


# --- of arrays -------------------------------------------------------------------------------------------------------


class Reductions(Arithmetic):
    """An array with reductions, of all elements or along an axis."""

    __slots__ = ()

    def _along(self, axis: int | None) -> View:
        """The view whose rows are to be reduced."""
        shown = self._view
        if axis is None:
            return view.as_row(shown)
        return shown if axis_of(axis, self.ndim) == self.ndim - 1 else shown.T

    def _filled(self, name: str, axis: int | None) -> View:
        """The view whose rows are to be reduced. Raises `ArgumentError` if they are empty."""
        rows = self._along(axis)
        if not rows.columns:
            raise ArgumentError(f"{name} needs an element per result, got shape {self.shape} with axis {axis}")
        return rows

    def _reduced(self, column: View, axis: int | None) -> Value | Vector:
        """The results in a column: the only one, or as a Vector."""
        if axis is None or self.ndim == 1:
            return core.item(column.block, 0)  # type: ignore[no-any-return]
        return of_view(1, column.T, self.of_numpy)  # type: ignore[no-any-return]

    def sum(self, axis: int | None = None, dtype: None = None, out: None = None) -> Value | Vector:
        """The sum of all elements (a Value), or along an axis (a Vector): see `scalargrad.sum`."""
        if dtype is not None or out is not None:
            raise _keyword_error("sum", "out" if dtype is None else "dtype")
        return self._each_row(_SUM, axis, 0.0)

    def mean(self, axis: int | None = None, dtype: None = None, out: None = None) -> Value | Vector:
        """The sum divided by the count. Raises `ArgumentError` when there is nothing."""
        if dtype is not None or out is not None:
            raise _keyword_error("mean", "out" if dtype is None else "dtype")
        return self._reduced(core.reduce_rows(_MEAN, self._filled("mean", axis)), axis)

    def max(self, axis: int | None = None, dtype: None = None, out: None = None) -> Value | Vector:
        """The largest. In a tie of k, each has the gradient 1/k."""
        if dtype is not None or out is not None:
            raise _keyword_error("max", "out" if dtype is None else "dtype")
        return self._reduced(core.reduce_rows(_MAX, self._filled("max", axis)), axis)

    def min(self, axis: int | None = None, dtype: None = None, out: None = None) -> Value | Vector:
        """The smallest. In a tie of k, each has the gradient 1/k."""
        if dtype is not None or out is not None:
            raise _keyword_error("min", "out" if dtype is None else "dtype")
        return self._reduced(core.reduce_rows(_MIN, self._filled("min", axis)), axis)

    def logsumexp(self, axis: int | None = None) -> Value | Vector:
        """log(exp(x1) + ... + exp(xn)) without overflow."""
        rows = self._filled("logsumexp", axis)
        zeros = whole(core.doubles(bytes(8 * rows.rows), False), rows.rows, 1)
        return self._reduced(core.reduce_rows(_LOGSUMEXP, rows, zeros), axis)

    def prod(self, axis: int | None = None, dtype: None = None, out: None = None) -> Value | Vector:
        """The product, left to right."""
        if dtype is not None or out is not None:
            raise _keyword_error("prod", "out" if dtype is None else "dtype")
        return self._each_row(_PROD, axis, 1.0)

    def norm(self, axis: int | None = None) -> Value | Vector:
        """The Euclidean norm, without overflow."""
        return self._each_row(_NORM, axis, 0.0)

    def _each_row(self, opcode: int, axis: int | None, of_nothing: float) -> Value | Vector:
        """A reduction that nothing has too: then the results are leaves."""
        rows = self._along(axis)
        if rows.columns:
            return self._reduced(core.reduce_rows(opcode, rows), axis)
        leaves = core.doubles(array("d", [of_nothing] * rows.rows).tobytes(), True)
        return self._reduced(whole(leaves, rows.rows, 1), axis)

    def softmax(self: A, axis: int = -1) -> A:
        """exp(x) / sum(exp(x)) along an axis, an array of the same shape."""
        return self._normalised("softmax", axis, row_softmax)  # type: ignore[no-any-return]

    def log_softmax(self: A, axis: int = -1) -> A:
        """x - logsumexp(x) along an axis, an array of the same shape."""
        return self._normalised("log_softmax", axis, row_log_softmax)  # type: ignore[no-any-return]

    def _normalised(self, name: str, axis: int, function: Callable[[Any], Any]) -> Any:
        found = function(of_view(2, self._filled(name, axis), self.of_numpy))
        if axis is None:
            return found.reshape(self.shape)
        if self.ndim == 2:
            return found.T if axis_of(axis, 2) == 0 else found
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
