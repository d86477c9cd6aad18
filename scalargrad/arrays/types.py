"""`Vector` and `Matrix`: how they are made, indexed, joined and stacked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from scalargrad import core
from scalargrad.arrays import reading, view
from scalargrad.arrays.arithmetic import as_array, matmul
from scalargrad.arrays.base import Array, of_shape, of_view, position
from scalargrad.arrays.reading import Shape
from scalargrad.arrays.reductions import Reductions
from scalargrad.arrays.view import some_rows
from scalargrad.core import View, whole
from scalargrad.errors import ArgumentError, ShapeError

if TYPE_CHECKING:
    from scalargrad.arrays.signatures import MatrixTypes, One, Several, VectorTypes
    from scalargrad.functions import Flat, Foreign, Rows
    from scalargrad.value import Value
else:
    MatrixTypes = VectorTypes = Reductions


def _positions(key: Any, length: int, shape: Shape) -> tuple[int, int, int] | list[int]:
    """The positions that a slice, a list or a mask selects: (first, step, count) if possible, else a list."""
    if isinstance(key, slice):
        chosen = range(length)[key]
        return (chosen.start, chosen.step, len(chosen)) if chosen.step > 0 else list(chosen)
    listed = key.tolist() if hasattr(key, "tolist") else list(key)
    if listed and all(isinstance(k, bool) for k in listed):
        if len(listed) != length:
            raise ShapeError(f"a mask of {len(listed)} flags does not fit the length {length} of shape {shape}")
        return [k for k, chosen in enumerate(listed) if chosen]
    return [position(k, length, shape) for k in listed]


class Scalar(Reductions):
    """One number, as an array of 0 dimensions."""

    __slots__ = ()
    ndim = 0


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

    def __init__(self, data: Any) -> None:
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
    def __getitem__(self, key: Several) -> Vector: ...
    @overload
    def __getitem__(self, key: One) -> Value: ...
    def __getitem__(self, key: Any) -> Any:
        shown = self._view
        if isinstance(key, int) and 0 <= key < shown.columns:
            return core.item(shown.block, shown.offset + key * shown.column)
        if not _is_many(key):
            return view.item(shown, position(key, shown.columns, self.shape))
        return of_view(1, _rows(shown.T, _positions(key, shown.columns, self.shape)).T, self.of_numpy)

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

    def __init__(self, data: Any) -> None:
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

    def __len__(self) -> int:
        return self._view.rows

    def __iter__(self) -> Iterator[Vector]:
        return (self[r] for r in range(self._view.rows))

    @overload
    def __getitem__(self, key: Several | tuple[Several, Several]) -> Matrix: ...
    @overload
    def __getitem__(self, key: One | tuple[One, Several] | tuple[Several, One]) -> Vector: ...
    @overload
    def __getitem__(self, key: tuple[One, One]) -> Value: ...
    def __getitem__(self, key: Any) -> Any:
        rows, columns = key if isinstance(key, tuple) and len(key) == 2 else (key, slice(None))
        if isinstance(key, tuple) and len(key) != 2:
            raise ArgumentError(f"a Matrix has two dimensions, got {len(key)} indices")
        return _select(_select(self, rows, 0), columns, 1 if _is_many(rows) else 0)


def _vector(product: str, left: Vector, given: Any) -> Array:
    """The second operand of a product of two vectors, as an array. Raises `ShapeError` if it is not a vector."""
    right = as_array(given)
    if right is None or right.ndim != 1:
        found = type(given).__name__ if right is None else f"shape {right.shape}"
        raise ShapeError(f"{product} needs two vectors; got shape {left.shape} and {found}")
    return right  # type: ignore[no-any-return]


def _is_many(key: Any) -> bool:
    return isinstance(key, slice) or reading.is_data(key)


def _rows(shown: View, chosen: tuple[int, int, int] | list[int]) -> View:
    """Some rows of a view, chosen by (first, step, count), or by positions; these need a new block."""
    if isinstance(chosen, tuple):
        return some_rows(shown, *chosen)
    offset, row, column = shown.offset, shown.row, shown.column
    order = [offset + r * row + c * column for r in chosen for c in range(shown.columns)]
    return whole(view.take(shown, order), len(chosen), shown.columns)


def _select(x: Any, key: Any, axis: int) -> Any:
    """Selects along an axis: one or several rows or columns of a Matrix, elements of a Vector."""
    if isinstance(key, slice) and key == slice(None):
        return x
    if x.ndim == 1:
        return x[key]
    if axis == 1:
        turned = _select(x.T, key, 0)
        return turned.T if turned.ndim == 2 else turned
    shown = x._view
    if not _is_many(key):
        return of_view(1, some_rows(shown, position(key, shown.rows, x.shape), 1, 1), x.of_numpy)
    return of_view(2, _rows(shown, _positions(key, shown.rows, x.shape)), x.of_numpy)


def _read(data: Any, ndim: int, name: str) -> tuple[View, bool]:
    """The view of a new array, and whether it was made from a numpy array."""
    if isinstance(data, Array):
        if data.ndim != ndim:
            raise ShapeError(f"{name} needs data of {ndim} dimension(s), got shape {data.shape}")
        return data._view, data.of_numpy
    if ndim == 2 and isinstance(data, (list, tuple)) and any(isinstance(row, Array) for row in data):
        data = [row.tolist() if isinstance(row, Array) else row for row in data]
    block, shape, of_numpy = reading.read(data, (ndim,), name, True)
    return whole(block, *(shape if ndim == 2 else (1, *shape))), of_numpy


@overload
def concat(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
    arrays: Sequence[Vector | Flat | Foreign], axis: int = 0
) -> Vector: ...
@overload
def concat(arrays: Sequence[Matrix | Rows | Foreign], axis: int = 0) -> Matrix: ...
def concat(arrays: Sequence[Any], axis: int = 0) -> Vector | Matrix:
    """Joins vectors, or matrices along an axis. Raises `ShapeError` when they do not fit.

    >>> concat([Vector([1.0]), Vector([2.0, 3.0])]).data
    [1.0, 2.0, 3.0]
    """
    parts = [as_array(x) for x in arrays]
    if not parts or any(x is None or x.ndim != parts[0].ndim or not x.ndim for x in parts):
        shapes = [x.shape for x in parts if x is not None]
        raise ShapeError(f"concat needs arrays with equal numbers of dimensions, got shapes {shapes}")
    ndim = parts[0].ndim
    if ndim == 2 and axis in (1, -1):
        return concat([x.T for x in parts], 0).T  # type: ignore[no-any-return]
    if axis not in (0, -ndim):
        raise ArgumentError(f"an array of {ndim} dimensions has no axis {axis}")
    if ndim == 2 and len({x._view.columns for x in parts}) > 1:
        raise ShapeError(f"concat needs matrices of equal width, got shapes {[x.shape for x in parts]}")
    items = [item for x in parts for item in x.elements()]
    shape = (sum(map(len, parts)), parts[0]._view.columns) if ndim == 2 else (len(items),)
    return of_shape(reading.from_items(items, True), shape, any(x.of_numpy for x in parts))  # type: ignore[no-any-return]


def stack(vectors: Sequence[Any], axis: int = 0) -> Matrix:
    """The Matrix whose rows (axis 0) or columns (axis 1) are the vectors. Raises `ShapeError` if lengths differ.

    >>> stack([Vector([1.0, 2.0]), [3.0, 4.0]]).data
    [[1.0, 2.0], [3.0, 4.0]]
    """
    parts = [as_array(x) for x in vectors]
    if not parts or any(x is None or x.ndim != 1 or x.size != parts[0].size for x in parts):
        shapes = [x.shape for x in parts if x is not None]
        raise ShapeError(f"stack needs vectors of equal length, got shapes {shapes}")
    if axis not in (0, 1, -1, -2):
        raise ArgumentError(f"stack takes axis 0 (rows) or 1 (columns), got {axis}")
    matrix = concat(parts).reshape(len(parts), parts[0].size)
    return matrix if axis in (0, -2) else matrix.T  # type: ignore[no-any-return]


def outer(x: Any, y: Any) -> Matrix:
    """The Matrix of the products x[i] * y[j].

    >>> outer(Vector([1.0, 2.0]), [3.0, 4.0]).data
    [[3.0, 4.0], [6.0, 8.0]]
    """
    left = as_array(x)
    if left is None or left.ndim != 1:
        raise ShapeError(f"outer needs two vectors, got {type(x).__name__}")
    return Vector.outer(left, y)
