"""Reductions of arrays: of all elements, or along an axis. `many.py` has the functions of the same names."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from scalargrad import core
from scalargrad.arrays import view
from scalargrad.arrays.arithmetic import Arithmetic, elementwise
from scalargrad.arrays.base import Array, axis_of, of_view
from scalargrad.core import View, whole
from scalargrad.errors import ArgumentError, KeywordError
from scalargrad.table import ops

if TYPE_CHECKING:
    from scalargrad.arrays.types import Vector
    from scalargrad.value import Value

A = TypeVar("A", bound="Reductions")
_SUM, _MEAN, _PROD, _NORM, _MAX, _MIN, _LOGSUMEXP, _EXP_SUB = (
    ops.OPCODE[name] for name in ("sum", "mean", "prod", "norm", "max", "min", "logsumexp", "exp_sub")
)
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
