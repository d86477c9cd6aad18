"""`Mask`: what comparisons of arrays return, a bool for each element."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from scalargrad import core
from scalargrad.arrays import reading, view
from scalargrad.arrays.base import Array, mask_of, of_view
from scalargrad.arrays.indexing import select
from scalargrad.arrays.methods import Methods
from scalargrad.arrays.reading import Shape
from scalargrad.arrays.reductions import check_options
from scalargrad.convert import short
from scalargrad.core import View, whole
from scalargrad.errors import ArgumentError, NumberError, ReadOnlyError, RecordError, ShapeError
from scalargrad.table import ops

if TYPE_CHECKING:
    from scalargrad.arrays.types import Matrix, Vector

    Axis: TypeAlias = int | tuple[int, ...] | None

_MUL, _SUB, _SQUARE, _MAX, _MIN, _SUM = (ops.OPCODE[name] for name in ("mul", "sub", "square", "max", "min", "sum"))
_MAXIMUM = ops.OPCODE["maximum"]


class Mask(Methods):
    """Bools in the shape of a vector or a matrix, such as ``x > 0``.

    ``& | ^ ~`` combine Masks, also with bools, lists of bools and numpy's bool arrays. In arithmetic a Mask counts as
    numbers, 1 and 0: ``(x > 0) * x`` has the gradient of x where x > 0. A Mask is the condition of `scalargrad.where`
    and an index of arrays, numpy's too. It has no truth value unless it has one element. It cannot be changed.

    ``Mask(data)`` takes bools in a list, in nested lists, or in a numpy array. Raises `NumberError` for others.

    >>> from scalargrad import Vector
    >>> x = Vector([-1.0, 2.0, 3.0])
    >>> x > 0, (x > 0) & (x < 3), x[x > 0].data
    (Mask([False, True, True]), Mask([False, True, False]), [2.0, 3.0])
    >>> (x > 0).sum(), (x > 0).any(), (x > 0).all()
    (2, True, False)
    """

    __slots__ = ("_ndim",)
    __pandas_priority__ = 0  # there is no gradient to keep, and pandas' result indexes tables
    _ndim: int
    is_mask = True
    if TYPE_CHECKING:

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any: ...

    def __init__(self, data: Any) -> None:
        found = _flags(data, "a Mask is made of bools")
        if found is None or not found.ndim:
            raise NumberError(f"a Mask is made of bools in a list or an array, got {type(data).__name__}")
        self._ndim, self._view, self.of_numpy = found.ndim, found._view, found.of_numpy

    @property
    def ndim(self) -> int:  # type: ignore[override]  # of the other classes it is a constant
        """1 or 2."""
        return self._ndim

    @property
    def shape(self) -> Shape:
        """The lengths: (n,) or (rows, columns)."""
        shown = self._view
        return (shown.rows, shown.columns) if self._ndim == 2 else (shown.columns,)

    @property
    def T(self) -> Mask:
        """The transpose. A Mask of one dimension is its own."""
        return self if self._ndim == 1 else mask_of(2, self._view.T, self.of_numpy)

    def __len__(self) -> int:
        shown = self._view
        return shown.rows if self._ndim == 2 else shown.columns

    def __iter__(self) -> Iterator[Any]:
        return iter(self.elements()) if self._ndim == 1 else (self[r] for r in range(self._view.rows))

    def __getitem__(self, key: Any) -> bool | Mask:
        return select(self, key)  # type: ignore[no-any-return]

    def __bool__(self) -> bool:
        if self.size == 1:
            return bool(self.elements()[0])
        raise ArgumentError(
            f"a Mask of shape {self.shape} is neither true nor false: ask for .any() or .all() of it, combine Masks by"
            " & | ~, and choose numbers by sg.where(mask, x, y)"
        )

    # --- the bools

    def elements(self) -> list[Any]:
        """The bools, row by row."""
        return list(map(bool, view.numbers(self._view)))

    def _plain(self) -> list[Any]:
        return self.elements()

    def item(self, *index: Any) -> bool:  # type: ignore[override]
        """Bool k, counted row by row, or the one in row r and column c. Raises an IndexError out of range."""
        return super().item(*index) != 0.0

    def _shown(self, numbers: bytes) -> Any:
        return self.numpy() if self.of_numpy else self.tolist()

    def _set(self, given: Any, which: int, name: str) -> NoReturn:
        raise ReadOnlyError("a Mask cannot be changed: make a new one, by a comparison or by & | ^ ~")

    @property
    def grad(self) -> NoReturn:
        """Raises `ReadOnlyError`, because a Mask takes no gradient."""
        raise ReadOnlyError("a Mask takes no gradient: it is what a comparison found")

    @grad.setter
    def grad(self, given: Any) -> NoReturn:
        raise ReadOnlyError("a Mask takes no gradient: it is what a comparison found")

    def detach(self) -> Mask:
        """The Mask itself, which has no history."""
        return self

    def copy(self) -> Mask:
        """The Mask itself, which cannot be changed."""
        return self

    def _of(self, ndim: int, shown: View) -> Any:
        return mask_of(ndim, shown, self.of_numpy)

    def _element(self, item: Any) -> bool:
        return bool(item)

    # --- & | ^ ~

    def __and__(self, other: Any) -> Mask:
        return combined("&", self, other)  # type: ignore[no-any-return]

    def __or__(self, other: Any) -> Mask:
        return combined("|", self, other)  # type: ignore[no-any-return]

    def __xor__(self, other: Any) -> Mask:
        return combined("^", self, other)  # type: ignore[no-any-return]

    def __invert__(self) -> Mask:
        return mask_of(self._ndim, _not(self._view), self.of_numpy)  # type: ignore[no-any-return]

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    # --- reductions

    def all(self, axis: Axis = None, out: None = None, keepdims: bool = False, **unknown: NoReturn) -> bool | Mask:
        """Whether all are true, or those along an axis; True of nothing."""
        check_options("all", None, out, unknown)
        return self._whether(_MIN, axis, True, keepdims)  # type: ignore[no-any-return]

    def any(self, axis: Axis = None, out: None = None, keepdims: bool = False, **unknown: NoReturn) -> bool | Mask:
        """Whether any is true, or one along an axis; False of nothing."""
        check_options("any", None, out, unknown)
        return self._whether(_MAX, axis, False, keepdims)  # type: ignore[no-any-return]

    def _whether(self, opcode: int, axis: Axis, of_nothing: bool, keepdims: bool) -> Any:
        along = self._axis(axis)
        rows = self._along(along)
        if rows.columns:
            found = core.reduce_rows_data(opcode, rows)
        else:
            found = whole(core.doubles(view.ones(bytes([of_nothing] * rows.rows)), False), rows.rows, 1)
        if along is None and not keepdims:
            return bool(view.item(found))
        numbers: Any = self._reduced(found, along, keepdims)
        return mask_of(numbers.ndim, numbers._view, self.of_numpy)

    def sum(  # type: ignore[override]
        self, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, **unknown: NoReturn
    ) -> int | Vector | Matrix:
        """How many are true: an int; along an axis of a Mask of two dimensions, a Vector of numbers."""
        check_options("sum", None if dtype is int else dtype, out, unknown)
        along = self._axis(axis)
        rows = self._along(along)
        if not rows.columns:
            rows = whole(core.doubles(bytes(8 * rows.rows), False), rows.rows, 1)
        found: Any = self._reduced(core.reduce_rows(_SUM, rows), along, keepdims)
        return int(found) if isinstance(found, float) else found

    def mean(  # type: ignore[override]
        self, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, **unknown: NoReturn
    ) -> float | Vector | Matrix:
        """The share that is true. Raises `ArgumentError` when there is nothing."""
        check_options("mean", dtype, out, unknown)
        return self.sum(axis, None, None, keepdims) / self._filled("mean", self._axis(axis)).columns

    # --- copies: a Mask cannot be changed, so it is its own copy

    def __copy__(self) -> Mask:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Mask:
        return self

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _unpickled_mask, (self.shape, self.of_numpy, bytes(self.elements()))


def _of_flags(flags: Any, shape: Shape, of_numpy: bool) -> Mask:
    rows, columns = shape if len(shape) == 2 else (1, *shape)
    shown = whole(core.doubles(view.ones(bytes(flags)), False), rows, columns)
    return mask_of(len(shape), shown, of_numpy)  # type: ignore[no-any-return]


def _unpickled_mask(shape: Shape, of_numpy: bool, flags: bytes) -> Mask:
    """A pickled Mask. Raises `RecordError` for a damaged one."""
    legal = isinstance(shape, tuple) and len(shape) in (1, 2) and all(type(n) is int and n >= 0 for n in shape)
    size = shape[0] * shape[-1] ** (len(shape) - 1) if legal else -1
    if type(flags) is not bytes or len(flags) != size or not set(flags) <= {0, 1}:
        raise RecordError(f"a pickled Mask of shape {shape!r} is damaged")
    return _of_flags(flags, shape, bool(of_numpy))


# --- the operators ---------------------------------------------------------------------------------------------------


_OPERANDS = "& | ^ combine Masks and bools"


def _flags(x: Any, wanted: str = _OPERANDS) -> Any:
    """A Mask of bools in a list or an array; one bool as an array of no dimension. None for another type.

    Raises `NumberError` for an array or list of something else than bools.
    """
    if isinstance(x, Mask):
        return x
    kind = getattr(getattr(x, "dtype", None), "kind", "")
    if isinstance(x, bool) or (kind == "b" and not x.ndim):
        return of_view(0, whole(core.block((float(x),)), 1, 1), False)
    if isinstance(x, Array):
        raise NumberError(f"{wanted}, got a {type(x).__name__}: compare it first, as in x > 0")
    if not reading.is_data(x):
        return None
    if reading.is_numpy(x):
        shape, flat = tuple(x.shape), x.ravel().tolist()
    else:
        try:
            shape = reading.nested_shape(x, "a Mask")
        except RecursionError:
            raise ShapeError(f"{wanted}, got a list that is nested too deeply or contains itself") from None
        flat = reading.flat(x, len(shape))
    for flag in flat:
        if not isinstance(flag, bool) and getattr(getattr(flag, "dtype", None), "kind", "") != "b":
            raise NumberError(f"{wanted}, got {type(flag).__name__} {short(flag)}: compare first, as in x > 0")
    if not 1 <= len(shape) <= 2:
        raise ShapeError(f"a Mask has one or two dimensions, got bools of shape {shape}")
    return _of_flags(flat, shape, reading.is_numpy(x))


def combined(sign: str, left: Any, right: Any) -> Any:
    a, b = _flags(left), _flags(right)
    if a is None or b is None:
        return Array.__and__(left, right if b is None else left)
    reading.common_shape((a, b), f"{sign} of Masks")
    return mask_of(max(a.ndim, b.ndim), _SIGNS[sign](a._view, b._view), a.of_numpy or b.of_numpy)


def _not(x: View) -> View:
    return core.elementwise(_SUB, whole(core.block((1.0,)), 1, 1), x)


_SIGNS: dict[str, Callable[[View, View], View]] = {
    "&": lambda x, y: core.elementwise(_MUL, x, y),
    "|": lambda x, y: core.elementwise(_MAXIMUM, x, y),
    "^": lambda x, y: core.elementwise(_SQUARE, core.elementwise(_SUB, x, y)),
}
