"""What numpy's arrays have too, beside the reductions: methods and properties. Few of them need numpy."""

from __future__ import annotations

import math
import sys
import warnings
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from scalargrad import core, names
from scalargrad.arrays import reading, view
from scalargrad.arrays.arithmetic import affine, elementwise
from scalargrad.arrays.base import axis_of, of_shape, position
from scalargrad.arrays.reductions import Reductions, accumulated, check_options, is_double, keyword_error, rows_of
from scalargrad.convert import argument as number
from scalargrad.convert import index, short
from scalargrad.errors import (
    ArgumentError,
    ImplicitDetachWarning,
    IndexingError,
    NumberError,
    ShapeError,
)
from scalargrad.nodes import displays, running
from scalargrad.table import ops
from scalargrad.value import is_drawn

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from scalargrad.arrays.mask import Mask
    from scalargrad.arrays.reading import Shape
    from scalargrad.arrays.reductions import Result
    from scalargrad.arrays.types import Matrix, Vector
    from scalargrad.value import Value

    Axis: TypeAlias = int | tuple[int, ...] | None

A = TypeVar("A", bound="Methods")
_ADD, _SUB, _MUL, _DIV, _SQUARE, _SQRT, _CLIP = (
    ops.OPCODE[name] for name in ("add", "sub", "mul", "div", "square", "sqrt", "clip")
)


class Methods(Reductions):
    """An array with the methods that numpy's arrays have."""

    __slots__ = ()
    __pandas_priority__ = 5000  # above a DataFrame's: `series - x` asks x, as `x - series` does, and keeps the gradient
    if not TYPE_CHECKING:
        locals().update(names.absent(names.ARRAY_ATTRIBUTES))

    # --- the numbers, for numpy

    def numpy(self) -> Any:
        """The numbers, as a new numpy array of float64, without the gradient; of a Mask, bools."""
        import numpy

        found = numpy.frombuffer(core.numbers(self._view)).reshape(self.shape)
        return found.astype(bool if self.is_mask else float)

    @property
    def dtype(self) -> object:
        """numpy's type of the numbers: float64, and bool of a Mask."""
        import numpy

        return numpy.dtype(bool if self.is_mask else float)

    if not TYPE_CHECKING:  # else an operator of numpy's array would seem to return numbers, and ours to take them

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            """What numpy makes of the array: an object array of its Values, so that the gradient is kept; numbers, with
            an `ImplicitDetachWarning`, where it asks for a type of numbers. Of constants alone, float64."""
            import numpy

            elements = self.elements()
            tracked = any(isinstance(x, core.Node) for x in elements)
            if dtype is None and not tracked:
                return self.numpy()
            if dtype is None or numpy.dtype(dtype) == object:
                found = numpy.empty(len(elements), dtype=object)
                found[:] = elements
                return found.reshape(self.shape)
            if tracked and running.rules:
                running.refuse_reading()
            if tracked and not is_drawn(sys._getframe(1)):
                text = "the gradient stops here; x.numpy() gives the numbers, np.asarray(x) an object array of Values"
                warnings.warn(text, ImplicitDetachWarning, stacklevel=2)
            return self.numpy().astype(dtype)

        def __array_ufunc__(self, ufunc, method, *inputs, **options):
            """numpy's hook. The import replaces it, and `__array_function__`, by the functions that they call."""
            from scalargrad.arrays.numpy import array_ufunc

            return array_ufunc(self, ufunc, method, *inputs, **options)

        def __array_function__(self, function, types, args, kwargs):
            from scalargrad.arrays.numpy import array_function

            return array_function(self, function, types, args, kwargs)

    def astype(self: A, dtype: Any, copy: bool = True) -> A | Mask:
        """The array itself for float; for bool, the Mask of the elements that are not 0. Raises `NumberError`."""
        if dtype is bool or getattr(dtype, "kind", "") == "b":
            return self if self.is_mask else elementwise(_MUL, self, 1.0) != 0.0
        if dtype is None or not is_double(dtype):
            raise NumberError(
                f"the numbers of an array are float64, got astype({getattr(dtype, '__name__', short(dtype))}): write"
                " x.numpy().astype(...) for numbers without the gradient, sg.round(x) or sg.floor(x) for whole numbers"
            )
        return elementwise(_MUL, self, 1.0) if self.is_mask else self

    def _repr_html_(self) -> str:
        """The first numbers as a table, which a notebook shows at the end of a cell."""
        return displays.shown("table", self)

    def item(self, *index: Any) -> Value:
        """Element k, counted row by row, or the one in row r and column c: a Value, or the float of a constant. By
        default, the first. Raises an IndexError out of range."""
        shown = self._view
        at = index[0] if len(index) == 1 and isinstance(index[0], tuple) else index
        if len(at) > max(self.ndim, 1):
            raise IndexingError(f"an array of shape {self.shape} has no element {at}")
        if len(at) == 2:
            r, c = (position(k, n, self.shape) for k, n in zip(at, self.shape))
        else:
            r, c = divmod(position(at[0] if at else 0, self.size, self.shape), shown.columns)
        return core.item(shown.block, shown.offset + r * shown.row + c * shown.column)  # type: ignore[no-any-return]

    # --- the same elements in another shape

    def ravel(self, order: str = "C") -> Vector:
        """The elements as a Vector, row by row; with order "F", column by column."""
        if order not in ("C", "F", "A", "K"):
            raise ArgumentError(f"order must be 'C' (row by row) or 'F' (column by column), got {short(order)}")
        return self._of(1, view.as_row(self._view.T if order == "F" and self.ndim == 2 else self._view))  # type: ignore[no-any-return]

    flatten = ravel

    def transpose(self, *axes: Any) -> Vector | Matrix:
        """The transpose, `x.T`; of a Vector, itself.

        Arguments are the order of the axes, as in numpy, and not two axes to swap, as in PyTorch: `x.transpose(0, 1)`
        is x itself, `x.transpose(1, 0)` the transpose. Raises `ArgumentError` for what is no order of the axes.
        """
        given = axes[0] if len(axes) == 1 and (axes[0] is None or reading.is_data(axes[0])) else axes
        order = [index(k) for k in given] if given else list(range(self.ndim))[::-1]
        if sorted(k % self.ndim for k in order if k is not None and -self.ndim <= k) != list(range(self.ndim)):
            raise ArgumentError(f"the axes of shape {self.shape} are 0 to {self.ndim - 1}, got {short(axes)}")
        same = [k % self.ndim for k in order if k is not None] == list(range(self.ndim))
        return self if same else self.T  # type: ignore[attr-defined,return-value]

    def squeeze(self, axis: Axis = None, **unknown: NoReturn) -> Result:
        """The elements without the axes of length 1: an element, a Vector or a Matrix. Raises `ShapeError`."""
        check_options("squeeze", None, None, unknown)
        ones = [k for k, n in enumerate(self.shape) if n == 1]
        if axis is not None:
            axes = axis if isinstance(axis, tuple) else (axis,)
            chosen = [k for k in range(self.ndim) if any(axis_of(each, self.ndim) == k for each in axes)]
            if not set(chosen) <= set(ones):
                raise ShapeError(f"only axes of length 1 can be left out, got axis={axis} of shape {self.shape}")
            ones = chosen
        kept = [n for k, n in enumerate(self.shape) if k not in ones]
        return self.reshape(kept) if kept else self.item()

    # --- element by element

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    if not TYPE_CHECKING:  # signatures.pyi has its types

        def clip(self, *bounds, **named):
            """`scalargrad.clip` of each element, by min and max; a bound of None, or none, does not bound."""
            if len(bounds) == 2 and bounds[0] is not None is not bounds[1] and not named:
                return elementwise(_CLIP, self, *bounds)
            given = _given("clip", ("min", "max", "out"), bounds, named, lo="min", hi="max")
            low, high = given.get("min"), given.get("max")
            return elementwise(_CLIP, self, -math.inf if low is None else low, math.inf if high is None else high)

    def round(self: A, *decimals: Any, **named: Any) -> A:
        """The nearest number of so many decimals (by default, none), halves to even; derivative 0."""
        shown = _given("round", ("decimals", "out"), decimals, named).get("decimals", 0)
        places = index(shown)
        if places is None or abs(places) > 300:
            raise ArgumentError(f"decimals must be an int, got {short(shown)}")
        if places == 0:
            return super().round()  # type: ignore[misc,no-any-return]
        scale = 10.0 ** abs(places)
        there, back = (_MUL, _DIV) if places > 0 else (_DIV, _MUL)
        return elementwise(back, elementwise(there, self, scale).round(), scale)  # type: ignore[no-any-return]

    @property
    def real(self: A) -> A:
        """The array itself."""
        return self

    def conj(self: A) -> A:
        """The array itself."""
        return self

    conjugate = conj

    # --- of all elements, or along an axis

    def any(self, axis: Axis = None, out: None = None, keepdims: bool = False, **unknown: NoReturn) -> bool | Mask:
        """Whether any is not 0, or one along an axis."""
        return (self != 0).any(axis, out, keepdims, **unknown)  # type: ignore[no-any-return]

    def all(self, axis: Axis = None, out: None = None, keepdims: bool = False, **unknown: NoReturn) -> bool | Mask:
        """Whether none is 0, or none along an axis."""
        return (self != 0).all(axis, out, keepdims, **unknown)  # type: ignore[no-any-return]

    def std(
        self,
        axis: Axis = None,
        dtype: Any = None,
        out: None = None,
        ddof: float = 0,
        keepdims: bool = False,
        **unknown: NoReturn,
    ) -> Result:
        """The standard deviation, the root of the variance, without overflow. It has a kink where all are equal, as
        `norm` at 0: the derivatives are 0."""
        check_options("std", dtype, out, unknown)
        along = self._axis(axis)
        centred, count = self._centred("std", along, ddof)
        shown = centred._along(along)
        largest = [max(map(abs, row)) for row in rows_of(view.numbers(shown), shown)]
        if all(1e-140 < x < 1e140 or not math.isfinite(x) for x in largest):
            return core.apply(_SQRT, _variance(centred, along, keepdims, count))  # type: ignore[no-any-return]
        return core.apply(_DIV, centred.norm(along, keepdims), math.sqrt(count))  # type: ignore[no-any-return]

    def var(
        self,
        axis: Axis = None,
        dtype: Any = None,
        out: None = None,
        ddof: float = 0,
        keepdims: bool = False,
        **unknown: NoReturn,
    ) -> Result:
        """The variance: the sum of the squares of x - mean, divided by n - ddof."""
        check_options("var", dtype, out, unknown)
        along = self._axis(axis)
        centred, count = self._centred("var", along, ddof)
        return _variance(centred, along, keepdims, count)  # type: ignore[no-any-return]

    def _centred(self, name: str, along: int | None, ddof: float) -> tuple[Any, float]:
        """The differences from the mean, and n - ddof."""
        count = self._filled(name, along).columns - number(ddof, "ddof")
        return elementwise(_SUB, self, self.mean(along, keepdims=True)), max(count, 0.0)

    def cumsum(
        self, axis: int | None = None, dtype: Any = None, out: None = None, **unknown: NoReturn
    ) -> Vector | Matrix:
        """The running sums, of all elements or along an axis: one addition an element."""
        check_options("cumsum", dtype, out, unknown)
        return accumulated(_ADD, self, axis)  # type: ignore[no-any-return]

    def cumprod(
        self, axis: int | None = None, dtype: Any = None, out: None = None, **unknown: NoReturn
    ) -> Vector | Matrix:
        """The running products, of all elements or along an axis."""
        check_options("cumprod", dtype, out, unknown)
        return accumulated(_MUL, self, axis)  # type: ignore[no-any-return]

    def argmax(self, axis: int | None = None, out: None = None, keepdims: bool = False, **unknown: NoReturn) -> Any:
        """The position of the largest, the first of several, or of the first nan; along an axis, a list of them, or a
        numpy array if `data` is one."""
        check_options("argmax", None, out, unknown)
        return self._positions("argmax", axis, keepdims, lambda row: row.index(max(row)))

    def argmin(self, axis: int | None = None, out: None = None, keepdims: bool = False, **unknown: NoReturn) -> Any:
        """The position of the smallest, like `argmax`."""
        check_options("argmin", None, out, unknown)
        return self._positions("argmin", axis, keepdims, lambda row: row.index(min(row)))

    def _positions(self, name: str, axis: Any, keepdims: bool, find: Callable[[list[float]], int]) -> Any:
        along = None if axis is None else self._axis(axis_of(axis, self.ndim))
        rows = rows_of(view.numbers(self._filled(name, along)), self._along(along))
        found = [next((k for k, x in enumerate(row) if x != x), -1) for row in rows]
        found = [find(row) if k < 0 else k for k, row in zip(found, rows)]
        if not keepdims and along is None:
            return found[0]
        shape = tuple(1 if along in (None, k) else n for k, n in enumerate(self.shape)) if keepdims else (len(found),)
        return self._integers(found, shape)

    def argsort(
        self,
        axis: int | None = -1,
        kind: Any = None,
        order: None = None,
        *,
        stable: Any = None,
        **unknown: NoReturn,
    ) -> Any:
        """The positions that put the elements in order, nan last; along an axis. Equal elements keep their order, for
        each kind of sort."""
        if order is not None or unknown:
            raise keyword_error("argsort", next(iter(unknown), "order"))
        x = self.ravel() if axis is None else self
        along = x._axis(axis_of(-1 if axis is None else axis, x.ndim))
        shown = x._along(along)
        rows = [_order(row) for row in rows_of(view.numbers(shown), shown)]
        flat = [k for row in (zip(*rows) if along == 0 else rows) for k in row]
        return x._integers(flat, x.shape)

    def _integers(self, flat: list[int], shape: Shape) -> Any:
        if not self.of_numpy:
            return reading.nest(flat, shape)
        import numpy

        return numpy.array(flat, dtype=int).reshape(shape)


def _variance(centred: Any, along: int | None, keepdims: bool, count: float) -> Any:
    """The squares of differences from a mean, of all elements or along an axis, summed and divided by a count."""
    if along is None:  # one node for the sum
        row = centred.ravel()
        found = core.apply(_DIV, affine(row, row, None), count)
        return of_shape(core.block([found]), (1,) * centred.ndim, centred.of_numpy) if keepdims else found
    return core.apply(_DIV, elementwise(_SQUARE, centred).sum(along, keepdims=keepdims), count)


def _given(name: str, names: tuple[str, ...], args: Any, named: dict[str, Any], **aliases: str) -> dict[str, Any]:
    """The arguments of a method by name. Raises `KeywordError` for others, and for an `out`."""
    found = dict(zip(names, args))
    for keyword, x in named.items():
        if aliases.get(keyword, keyword) in {*found} or aliases.get(keyword, keyword) not in names:
            raise keyword_error(name, keyword)
        found[aliases.get(keyword, keyword)] = x
    if len(args) > len(names):
        raise ArgumentError(f"{name} takes {', '.join(names)}, got {len(args)} arguments")
    check_options(name, None, found.get("out"))
    return found


def _order(row: list[float]) -> list[int]:
    return sorted(range(len(row)), key=lambda k: (row[k] != row[k], row[k]))
