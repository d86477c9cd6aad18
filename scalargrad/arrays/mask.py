"""`Mask`: what comparisons of arrays return, a bool for each element."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from scalargrad import core
from scalargrad.arrays import reading, view
from scalargrad.arrays.arithmetic import elementwise
from scalargrad.arrays.base import Array, mask_of, of_view
from scalargrad.arrays.indexing import select
from scalargrad.arrays.reading import Shape
from scalargrad.arrays.reductions import Reductions
from scalargrad.convert import short
from scalargrad.core import View, whole
from scalargrad.errors import ArgumentError, NumberError, ReadOnlyError, RecordError, ShapeError
from scalargrad.table import ops

if TYPE_CHECKING:
    from scalargrad.arrays.types import Vector

    Axis: TypeAlias = int | None

_MUL, _SUB, _SQUARE, _MAX, _MIN, _SUM = (ops.OPCODE[name] for name in ("mul", "sub", "square", "max", "min", "sum"))
_MAXIMUM, _WHERE = ops.OPCODE["maximum"], ops.OPCODE["where"]


class Mask(Reductions):
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
    _ndim: int
    is_mask = True

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
    def dtype(self) -> object:
        """numpy's dtype of bools."""
        import numpy

        return numpy.dtype(bool)

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

    def item(self, k: int = 0) -> bool:  # type: ignore[override]
        """Bool k of the first row. Raises an IndexError out of range."""
        return super().item(k) != 0.0

    def _shown(self, numbers: bytes) -> Any:
        return self.__array__() if self.of_numpy else self.tolist()

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

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        import numpy

        return numpy.array(self.elements(), dtype=bool if dtype is None else dtype).reshape(self.shape)

    def _of(self, ndim: int, shown: View) -> Any:
        return mask_of(ndim, shown, self.of_numpy)

    def _element(self, item: Any) -> bool:
        return bool(item)

    # --- & | ^ ~

    def __and__(self, other: Any) -> Mask:
        return _combined("&", self, other)  # type: ignore[no-any-return]

    def __or__(self, other: Any) -> Mask:
        return _combined("|", self, other)  # type: ignore[no-any-return]

    def __xor__(self, other: Any) -> Mask:
        return _combined("^", self, other)  # type: ignore[no-any-return]

    def __invert__(self) -> Mask:
        return mask_of(self._ndim, _not(self._view), self.of_numpy)  # type: ignore[no-any-return]

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    # --- reductions

    def all(self, axis: Axis = None) -> bool | Mask:
        """Whether all are true, or those along an axis; True of nothing."""
        return self._whether(_MIN, axis, True)  # type: ignore[no-any-return]

    def any(self, axis: Axis = None) -> bool | Mask:
        """Whether any is true, or one along an axis; False of nothing."""
        return self._whether(_MAX, axis, False)  # type: ignore[no-any-return]

    def _whether(self, opcode: int, axis: Axis, of_nothing: bool) -> Any:
        rows = self._along(axis)
        if rows.columns:
            found = core.reduce_rows_data(opcode, rows)
        else:
            found = whole(core.doubles(view.ones(bytes([of_nothing] * rows.rows)), False), rows.rows, 1)
        return bool(view.item(found)) if axis is None or self._ndim == 1 else mask_of(1, found.T, self.of_numpy)

    def sum(self, axis: Axis = None) -> int | Vector:  # type: ignore[override]
        """How many are true: an int; along an axis of a Mask of two dimensions, a Vector of numbers."""
        rows = self._along(axis)
        if not rows.columns:
            rows = whole(core.doubles(bytes(8 * rows.rows), False), rows.rows, 1)
        found = core.reduce_rows(_SUM, rows)
        if axis is None or self._ndim == 1:
            return int(view.item(found))
        return of_view(1, found.T, self.of_numpy)  # type: ignore[no-any-return]

    def mean(self, axis: Axis = None) -> float | Vector:  # type: ignore[override]
        """The share that is true. Raises `ArgumentError` when there is nothing."""
        return self.sum(axis) / self._filled("mean", axis).columns

    # --- numpy's functions

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> object:
        combine = _BOOLEAN.get(ufunc.__name__)
        if combine is None:
            return super().__array_ufunc__(ufunc, method, *inputs, **kwargs)
        if method != "__call__" or kwargs:
            return NotImplemented
        return combine(*inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> object:
        """Of numpy's functions, those with a rule return what ours do; the others get numpy's arrays of bools."""
        name = function.__name__
        if name == "where" and len(args) == 3:
            return elementwise(_WHERE, *args)
        if name in _REDUCTIONS and len(args) <= 2 and isinstance(args[0], Mask) and kwargs.keys() <= {"axis"}:
            return getattr(args[0], _REDUCTIONS[name])(*args[1:], **kwargs)
        return function(*_bools(args), **{name: _bools(x) for name, x in kwargs.items()})

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


def _combined(sign: str, left: Any, right: Any) -> Any:
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
_BOOLEAN: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("bitwise_and", "logical_and"), lambda x, y: _combined("&", x, y)),
    **dict.fromkeys(("bitwise_or", "logical_or"), lambda x, y: _combined("|", x, y)),
    **dict.fromkeys(("bitwise_xor", "logical_xor"), lambda x, y: _combined("^", x, y)),
    **dict.fromkeys(("invert", "bitwise_not", "logical_not"), lambda x: ~x),
}


_REDUCTIONS = {"all": "all", "any": "any", "sum": "sum", "mean": "mean", "count_nonzero": "sum"}


def _bools(x: Any) -> Any:
    """An argument of a function of numpy, with numpy's arrays in place of Masks."""
    if isinstance(x, Mask):
        return x.__array__()
    return type(x)(map(_bools, x)) if type(x) in (list, tuple) else x
