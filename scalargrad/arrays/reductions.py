"""Reductions of arrays: of all elements, or along an axis. `many.py` has the functions of the same names."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from scalargrad import core
from scalargrad.arrays import view
from scalargrad.arrays.arithmetic import Arithmetic, elementwise
from scalargrad.arrays.base import Array, axis_of, of_shape, of_view
from scalargrad.convert import short
from scalargrad.core import View, whole
from scalargrad.errors import ArgumentError, KeywordError
from scalargrad.names import unexpected
from scalargrad.table import ops

if TYPE_CHECKING:
    from typing import TypeAlias

    from scalargrad.arrays.types import Matrix, Vector
    from scalargrad.value import Value

    Axis: TypeAlias = int | tuple[int, ...] | None
    Result: TypeAlias = Value | Vector | Matrix  # a number, or a Vector of them; a Matrix by keepdims

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
_OF_MANY = ("sum", "mean", "prod", "norm", "max", "min", "logsumexp", "softmax", "log_softmax")
_DOUBLES = ("float64", "float", "double", "f8", "d")


def keyword_error(name: str, keyword: str) -> KeywordError:
    """The error for a keyword argument that a function or method does not have."""
    here = f"sg.{name} takes numbers, or one list or array of them, and" if name in _OF_MANY else f"x.{name} takes"
    return unexpected(f"{name}()", keyword, _INSTEAD.get((name, keyword), f"{here} axis="))


def check_options(name: str, dtype: Any, out: Any, unknown: Iterable[str] = ()) -> None:
    """Raises `KeywordError` unless the results are doubles in a new array, as all are, and nothing is unknown."""
    for keyword in unknown:
        raise keyword_error(name, keyword)
    if out is not None or not is_double(dtype):
        raise keyword_error(name, "dtype" if out is None else "out")


def is_double(dtype: Any) -> bool:
    """Whether an argument `dtype` asks for doubles, or for nothing."""
    return dtype is None or dtype is float or getattr(dtype, "name", getattr(dtype, "__name__", dtype)) in _DOUBLES


class Reductions(Arithmetic):
    """An array with reductions, of all elements or along an axis."""

    __slots__ = ()

    def _axis(self, axis: Any) -> int | None:
        """The axis that is reduced; None if all are. Raises `ArgumentError`."""
        if axis is None:
            return None
        if not isinstance(axis, (tuple, list)):
            k = axis_of(axis, self.ndim)
            return k if self.ndim > 1 else None
        axes = {axis_of(each, self.ndim) for each in axis}
        if not axes or len(axes) < len(axis):
            raise ArgumentError(f"axis={short(axis)} must name each axis once: leave it out for all elements")
        return axes.pop() if len(axes) < self.ndim else None

    def _along(self, axis: int | None) -> View:
        """The view whose rows are to be reduced."""
        shown = self._view
        if axis is None:
            return view.as_row(shown)
        return shown if axis == self.ndim - 1 else shown.T

    def _filled(self, name: str, axis: int | None) -> View:
        """The view whose rows are to be reduced. Raises `ArgumentError` if they are empty."""
        rows = self._along(axis)
        if not rows.columns:
            raise ArgumentError(f"{name} needs an element per result, got shape {self.shape} with axis {axis}")
        return rows

    def _reduced(self, column: View, axis: int | None, keepdims: bool) -> Result:
        """The results in a column: the only one, or as a Vector; or an array with axes of length 1."""
        if keepdims:
            return of_view(self.ndim, column.T if axis == 0 else column, self.of_numpy)  # type: ignore[no-any-return]
        if axis is None:
            return core.item(column.block, 0)  # type: ignore[no-any-return]
        return of_view(1, column.T, self.of_numpy)  # type: ignore[no-any-return]

    def sum(
        self, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, **unknown: NoReturn
    ) -> Result:
        """The sum of all elements (a Value), or along an axis (a Vector): see `scalargrad.sum`."""
        if dtype is not None or out is not None or unknown:
            check_options("sum", dtype, out, unknown)
        return self._each_row(_SUM, axis, keepdims, 0.0)

    def mean(
        self, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, **unknown: NoReturn
    ) -> Result:
        """The sum divided by the count. Raises `ArgumentError` when there is nothing."""
        if dtype is not None or out is not None or unknown:
            check_options("mean", dtype, out, unknown)
        return self._each_row(_MEAN, axis, keepdims)

    def max(
        self, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, **unknown: NoReturn
    ) -> Result:
        """The largest. In a tie of k, each has the gradient 1/k."""
        if dtype is not None or out is not None or unknown:
            check_options("max", dtype, out, unknown)
        return self._each_row(_MAX, axis, keepdims)

    def min(
        self, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, **unknown: NoReturn
    ) -> Result:
        """The smallest. In a tie of k, each has the gradient 1/k."""
        if dtype is not None or out is not None or unknown:
            check_options("min", dtype, out, unknown)
        return self._each_row(_MIN, axis, keepdims)

    def logsumexp(self, axis: Axis = None, keepdims: bool = False, **unknown: NoReturn) -> Result:
        """log(exp(x1) + ... + exp(xn)) without overflow."""
        if unknown:
            check_options("logsumexp", None, None, unknown)
        return self._each_row(_LOGSUMEXP, axis, keepdims)

    def prod(
        self, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, **unknown: NoReturn
    ) -> Result:
        """The product, left to right."""
        if dtype is not None or out is not None or unknown:
            check_options("prod", dtype, out, unknown)
        return self._each_row(_PROD, axis, keepdims, 1.0)

    def norm(self, axis: Axis = None, keepdims: bool = False, **unknown: NoReturn) -> Result:
        """The Euclidean norm, without overflow."""
        if unknown:
            check_options("norm", None, None, unknown)
        return self._each_row(_NORM, axis, keepdims, 0.0)

    def _each_row(self, opcode: int, axis: Axis, keepdims: bool, of_nothing: float | None = None) -> Result:
        """A reduction. If it is one that nothing has too, the results of nothing are leaves."""
        along = None if axis is None else self._axis(axis)
        rows = self._along(along) if of_nothing is not None else self._filled(ops.NAMES[opcode], along)
        if rows.columns:
            column = unshifted(rows) if opcode == _LOGSUMEXP else core.reduce_rows(opcode, rows)
            if along is None and not keepdims:
                return core.item(column.block, 0)  # type: ignore[no-any-return]
            return self._reduced(column, along, keepdims)
        leaves = core.doubles(array("d", [of_nothing or 0.0] * rows.rows).tobytes(), True)
        return self._reduced(whole(leaves, rows.rows, 1), along, keepdims)

    def softmax(self: A, axis: int = -1, **unknown: NoReturn) -> A:
        """exp(x) / sum(exp(x)) along an axis, an array of the same shape."""
        check_options("softmax", None, None, unknown)
        return self._normalised("softmax", axis, row_softmax)  # type: ignore[no-any-return]

    def log_softmax(self: A, axis: int = -1, **unknown: NoReturn) -> A:
        """x - logsumexp(x) along an axis, an array of the same shape."""
        check_options("log_softmax", None, None, unknown)
        return self._normalised("log_softmax", axis, row_log_softmax)  # type: ignore[no-any-return]

    def _normalised(self, name: str, axis: int, function: Callable[[Any], Any]) -> Any:
        along = self._axis(axis)
        found = function(of_view(2, self._filled(name, along), self.of_numpy))
        if along is None:
            return found.reshape(self.shape)
        return found.T if along == 0 else found


def rows_of(flat: Any, shown: View) -> list[list[Any]]:
    """The items of a view, given row by row, as a list for each row."""
    n = shown.columns
    return [list(flat[r * n : (r + 1) * n]) for r in range(shown.rows)]


def accumulated(opcode: int, x: Reductions, axis: Any) -> Any:
    """The running results of an operation of two, along an axis: each applies it to the one before and an element."""
    along = None if axis is None else x._axis(axis_of(axis, x.ndim))
    shown = x._along(along)
    rows = [accumulate(row, lambda a, b: core.apply(opcode, a, b)) for row in rows_of(core.items(shown), shown)]
    block = core.block([item for row in rows for item in row])
    if along is None:
        return of_shape(block, (shown.columns,), x.of_numpy)
    found = of_shape(block, (shown.rows, shown.columns), x.of_numpy)
    return found.T if along == 0 else found


def unshifted(rows: View) -> View:
    """A column with the logsumexp of each row, whose shifts are 0."""
    return core.reduce_rows(_LOGSUMEXP, rows, whole(core.doubles(bytes(8 * rows.rows), False), rows.rows, 1))


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
