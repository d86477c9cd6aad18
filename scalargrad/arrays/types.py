"""`Vector` and `Matrix`: how they are made, indexed, joined and stacked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn, overload

from scalargrad import convert, core
from scalargrad.arrays import reading
from scalargrad.arrays.arithmetic import as_array, matmul
from scalargrad.arrays.base import Array, axis_of, mask_of, of_shape, of_view
from scalargrad.arrays.indexing import select
from scalargrad.arrays.mask import Mask as Mask
from scalargrad.arrays.methods import Methods
from scalargrad.core import View, whole
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from scalargrad.names import refuse

if TYPE_CHECKING:
    from scalargrad.arrays.signatures import Listed, MatrixTypes, One, Range, Several, VectorTypes
    from scalargrad.functions import Flat, Foreign, Rows
    from scalargrad.value import Value
else:
    MatrixTypes = VectorTypes = Methods


class Scalar(Methods):
    """One number, as an array of 0 dimensions."""

    __slots__ = ()
    ndim = 0

    @property
    def dtype(self) -> object:
        """No attribute: what has one, and no dimension, is a number to functions of numbers."""
        raise AttributeError("a Scalar has no dtype")


class Vector(VectorTypes):
    """A vector of Values.

    ``Vector(data)`` takes a sequence, a numpy array of one dimension, a buffer or another Vector. Numbers become
    leaves, Values stay themselves. Raises `ShapeError` for data of other dimensions, `NumberError` for non-numbers.

    >>> x = Vector([1.0, 2.0, 3.0])
    >>> y = x @ x
    >>> y.backward()
    >>> y, x.grad
    (Value(data=14.0, grad=1.0), [2.0, 4.0, 6.0])
    """

    __slots__ = ()
    ndim = 1

    def __init__(self, data: Any = None, **unknown: NoReturn) -> None:
        if unknown:
            refuse(type(self).__name__, unknown)
        self._view, self.of_numpy = _read(data, 1, type(self).__name__)

    @property
    def shape(self) -> tuple[int]:
        """The length, as a tuple: (n,)."""
        return (self._view.columns,)

    @property
    def T(self) -> Vector:
        """The Vector itself. It acts as a row or as a column, as an operation needs it."""
        return self

    def __len__(self) -> int:
        return self._view.columns

    def __iter__(self) -> Iterator[Value]:
        return iter(self.elements())

    @overload
    def __getitem__(self, key: Several | tuple[()]) -> Vector: ...
    @overload
    def __getitem__(self, key: list[list[int]] | tuple[Range, None] | tuple[None, Range] | None) -> Matrix: ...
    @overload
    def __getitem__(self, key: One) -> Value: ...
    @overload
    def __getitem__(self, key: tuple[object, ...]) -> Value | Vector | Matrix: ...
    def __getitem__(self, key: Any) -> Any:
        """What an index selects, as in numpy; see docs/conventions.md."""
        shown = self._view
        if type(key) is int and 0 <= key < shown.columns:
            return core.item(shown.block, shown.offset + key * shown.column)
        return select(self, key)

    def dot(self, other: Any) -> Value:
        """The dot product, a Value."""
        return matmul(self, _vector("dot", self, other))  # type: ignore[no-any-return]

    def outer(self, other: Any) -> Matrix:
        """The Matrix of the products x[i] * y[j]."""
        return of_view(2, self._view.T, self.of_numpy) * _vector("outer", self, other)  # type: ignore[no-any-return]


class Matrix(MatrixTypes):
    """A matrix of Values: rows x columns.

    ``Matrix(data)`` takes nested sequences, a numpy array of two dimensions, or another Matrix. Numbers become leaves,
    Values stay themselves. Raises `ShapeError` for data of other dimensions, `NumberError` for non-numbers.

    >>> w = Matrix([[1.0, 2.0], [3.0, 4.0]])
    >>> y = w @ [1.0, 10.0]
    >>> y.data
    [21.0, 43.0]
    >>> y.sum().backward(); w.grad
    [[1.0, 10.0], [1.0, 10.0]]
    """

    __slots__ = ()
    ndim = 2

    def __init__(self, data: Any = None, **unknown: NoReturn) -> None:
        if unknown:
            refuse(type(self).__name__, unknown)
        self._view, self.of_numpy = _read(data, 2, type(self).__name__)

    @property
    def shape(self) -> tuple[int, int]:
        """The lengths: (rows, columns)."""
        shown = self._view
        return (shown.rows, shown.columns)

    @property
    def T(self) -> Matrix:
        """The transpose. It has the same elements."""
        return of_view(2, self._view.T, self.of_numpy)  # type: ignore[no-any-return]

    def dot(self, other: Any) -> Value | Vector | Matrix:
        """The product, as `@`: a Matrix, or a Vector."""
        return matmul(self, other)  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return self._view.rows

    def __iter__(self) -> Iterator[Vector]:
        return (self[r] for r in range(self._view.rows))

    @overload
    def __getitem__(self, key: Mask) -> Vector | Matrix: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __getitem__(self, key: Several | tuple[Range, Several] | tuple[Several, Range] | tuple[()]) -> Matrix: ...
    @overload
    def __getitem__(self, key: tuple[Listed, Listed] | list[list[bool]]) -> Vector: ...
    @overload
    def __getitem__(self, key: tuple[Listed | Foreign, Listed | Foreign]) -> Vector | Matrix: ...
    @overload
    def __getitem__(self, key: One | tuple[One, Several] | tuple[Several, One]) -> Vector: ...
    @overload
    def __getitem__(self, key: tuple[One, One]) -> Value: ...
    @overload
    def __getitem__(self, key: tuple[object, ...]) -> Value | Vector | Matrix: ...
    def __getitem__(self, key: Any) -> Any:
        """What an index selects, as in numpy: two lists pick element by element; see docs/conventions.md."""
        shown = self._view
        if type(key) is int and 0 <= key < shown.rows:
            offset = shown.offset + key * shown.row
            return of_view(1, View(shown.block, offset, shown.row, shown.column, 1, shown.columns), self.of_numpy)
        if type(key) is tuple and len(key) == 2 and type(key[0]) is type(key[1]) is int:
            r, c = key
            if 0 <= r < shown.rows and 0 <= c < shown.columns:
                return core.item(shown.block, shown.offset + r * shown.row + c * shown.column)
        return select(self, key)


def _vector(product: str, left: Vector, given: Any) -> Array:
    """The second operand of a product of two vectors, as an array. Raises `ShapeError` if it is not a vector."""
    right = as_array(given)
    if right is None or right.ndim != 1:
        found = type(given).__name__ if right is None else f"shape {right.shape}"
        raise ShapeError(f"{product} needs two vectors; got shape {left.shape} and {found}")
    return right  # type: ignore[no-any-return]


def _read(data: Any, ndim: int, name: str) -> tuple[View, bool]:
    """The view of a new array, and whether it was made from a numpy array."""
    if data is None:
        example = "[1.0, 2.0]" if ndim == 1 else "[[1.0, 2.0], [3.0, 4.0]]"
        raise NumberError(f"{name} needs data: {name}({example}), a numpy array, or [] for nothing")
    if isinstance(data, Array):
        if data.ndim != ndim:
            raise ShapeError(f"{name} needs data of {ndim} dimension(s), got shape {data.shape}")
        if data.is_mask:
            return whole(core.doubles(data.tobytes(), True), data._view.rows, data._view.columns), data.of_numpy
        return data._view, data.of_numpy
    if ndim == 2 and isinstance(data, (list, tuple)) and any(isinstance(row, Array) for row in data):
        data = [row.tolist() if isinstance(row, Array) else row for row in data]
    block, shape, of_numpy = reading.read(data, (ndim,), name, True)
    return whole(block, *(shape if ndim == 2 else (1, *shape))), of_numpy


def _parts(name: str, arrays: Any) -> list[Any]:
    """The arrays to join. Raises `ShapeError` for anything but vectors and matrices, and says what to write instead."""
    given = None if isinstance(arrays, (str, bytes, bytearray)) else convert.in_order(arrays, name)
    if given is None:
        raise ShapeError(f"{name} joins a list of vectors, got {type(arrays).__name__}: write {name}([x, y])")
    parts = [as_array(x) for x in given]
    if parts and all(x is not None and not x.ndim for x in parts):
        raise ShapeError(
            f"{name} joins vectors, got {len(parts)} single numbers: write Vector([v, w]) for a Vector of Values, and"
            " Matrix([[v, w], [x, y]]) for a Matrix"
        )
    if unknown := [type(x).__name__ for x, part in zip(given, parts) if part is None]:
        raise ShapeError(f"{name} joins vectors, got an element of type {unknown[0]}")
    return parts


@overload
def concat(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
    arrays: Sequence[Vector | Flat | Foreign], axis: int = 0
) -> Vector: ...
@overload
def concat(arrays: Sequence[Matrix | Rows | Foreign], axis: int = 0) -> Matrix: ...
def concat(arrays: Sequence[Any], axis: int = 0, **unknown: NoReturn) -> Vector | Matrix:
    """Joins vectors, or matrices along an axis. Raises `ShapeError` when they do not fit.

    >>> concat([Vector([1.0]), Vector([2.0, 3.0])]).data
    [1.0, 2.0, 3.0]
    """
    refuse("concat", unknown)
    parts = _parts("concat", arrays)
    ndim = parts[0].ndim if parts else 0
    if not ndim or any(x.ndim != ndim for x in parts):
        shapes = [x.shape for x in parts]
        raise ShapeError(f"concat needs arrays with equal numbers of dimensions, got shapes {shapes}")
    beside = axis_of(axis, ndim) == 1
    views = [x._view.T for x in parts] if beside else [x._view for x in parts]
    columns = views[0].columns
    if ndim == 2 and any(each.columns != columns for each in views):
        sizes = "height" if beside else "width"
        raise ShapeError(f"concat needs matrices of equal {sizes}, got shapes {[x.shape for x in parts]}")
    items = list(chain.from_iterable(map(core.items, views)))
    shape = (sum(each.rows for each in views), columns) if ndim == 2 else (len(items),)
    is_mask, of_numpy = all(x.is_mask for x in parts), any(x.of_numpy for x in parts)
    joined = of_shape(reading.from_items(items, not is_mask), shape, of_numpy)
    shown = joined._view.T if beside else joined._view
    return mask_of(ndim, shown, of_numpy) if is_mask else of_view(ndim, shown, of_numpy)  # type: ignore[no-any-return]


def stack(vectors: Sequence[Any], axis: int = 0, **unknown: NoReturn) -> Matrix:
    """The Matrix whose rows (axis 0) or columns (axis 1) are the vectors. Raises `ShapeError` if lengths differ.

    >>> stack([Vector([1.0, 2.0]), [3.0, 4.0]]).data
    [[1.0, 2.0], [3.0, 4.0]]
    """
    refuse("stack", unknown)
    parts = _parts("stack", vectors)
    if not parts or any(x.ndim != 1 or x.size != parts[0].size for x in parts):
        shapes = [x.shape for x in parts]
        raise ShapeError(f"stack needs vectors of equal length, got shapes {shapes}")
    place = convert.index(axis)
    if place not in (0, 1, -1, -2):
        raise ArgumentError(f"stack takes axis 0 (rows) or 1 (columns), got {convert.short(axis)}")
    matrix = concat(parts).reshape(len(parts), parts[0].size)
    return matrix if place in (0, -2) else matrix.T  # type: ignore[no-any-return]


def outer(x: Any, y: Any) -> Matrix:
    """The Matrix of the products x[i] * y[j].

    >>> outer(Vector([1.0, 2.0]), [3.0, 4.0]).data
    [[3.0, 4.0], [6.0, 8.0]]
    """
    left = as_array(x)
    if left is None or left.ndim != 1:
        raise ShapeError(f"outer needs two vectors, got {type(x).__name__}")
    return Vector.outer(left, y)
