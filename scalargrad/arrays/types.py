"""Vectors and matrices, composed from scalars: each element is a Value of the graph; recorded in bulk."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from scalargrad import core
from scalargrad.arrays import reading
from scalargrad.arrays.arithmetic import Arithmetic, matmul, operand
from scalargrad.arrays.base import Elements, define_kind, made, view
from scalargrad.arrays.reading import Shape
from scalargrad.errors import ArgumentError, ShapeError


def _positions(key: Any, length: int, shape: Shape) -> tuple[int, int, int] | list[int]:
    """What a slice or a list of positions selects: (first, step, count), or positions where that cannot say it."""
    if isinstance(key, slice):
        chosen = range(length)[key]
        return (chosen.start, chosen.step, len(chosen)) if chosen.step > 0 else list(chosen)
    listed = key.tolist() if hasattr(key, "tolist") else list(key)
    if listed and all(isinstance(k, bool) for k in listed):
        if len(listed) != length:
            raise ShapeError(f"a mask of {len(listed)} flags does not fit the length {length} of shape {shape}")
        return [k for k, chosen in enumerate(listed) if chosen]
    return [_position(k, length, shape) for k in listed]


def _position(key: Any, length: int, shape: Shape) -> int:
    if isinstance(key, core.Node) or not hasattr(key, "__index__"):
        raise ArgumentError(f"an index is an int, a slice or a list of ints, got {type(key).__name__}")
    k = int(key.__index__())
    if not -length <= k < length:
        raise _OutOfRange(f"index {k} is out of range for an array of shape {shape}")
    return k % length


class _OutOfRange(ArgumentError, IndexError):
    """An index beyond the end; an IndexError too, as iteration expects."""


class Vector(Arithmetic):
    """A vector of Values.

    ``Vector(data)``: numbers become leaves, Values stay themselves; from any sequence, a numpy array of one dimension,
    a buffer or another Vector. Raises `ShapeError` for data of another dimension, `NumberError` for what is no number.

    >>> x = Vector([1.0, 2.0, 3.0])
    >>> y = x @ x
    >>> y.backward()
    >>> y, x.grad
    (Value(data=14.0, grad=1.0), [2.0, 4.0, 6.0])
    """

    __slots__ = ()
    ndim = 1

    def __init__(self, data: Any) -> None:
        _read(self, data, 1)

    @property
    def shape(self) -> Shape:
        """(n,)"""
        return (self._columns,)

    @property
    def T(self) -> Vector:
        """Itself: a Vector is a row or a column, as the operation needs it."""
        return self

    def __len__(self) -> int:
        return self._columns

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items())

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int) and 0 <= key < self._columns:
            return core.item(self._block, self._offset + key * self._column)
        if not isinstance(key, slice) and not reading.is_data(key):
            return core.item(self._block, self._offset + _position(key, self._columns, self.shape) * self._column)
        chosen = _positions(key, self._columns, self.shape)
        if isinstance(chosen, tuple):
            first, step, count = chosen
            return view(1, self._block, self._offset + first * self._column * (count > 0), 0, step * self._column, 1,
                        count, self._numpy)  # fmt: skip
        order = array("q", [self._offset + k * self._column for k in chosen])
        return made(1, core.take(self._block, order.tobytes()), 1, len(chosen), self._numpy)

    def dot(self, other: Any) -> Any:
        """The dot product, a Value."""
        if len(operand(other).shape) != 1:
            raise ShapeError(f"dot needs two vectors; got shapes {self.shape} and {operand(other).shape}")
        return matmul(self, other)

    def outer(self, other: Any) -> Matrix:
        """The Matrix of the products x[i] * y[j]."""
        right = operand(other)
        if len(right.shape) != 1:
            raise ShapeError(f"outer needs two vectors; got shapes {self.shape} and {right.shape}")
        return self.reshape(-1 if self.size else 0, 1) * right  # type: ignore[no-any-return]


class Matrix(Arithmetic):
    """A matrix of Values: rows x columns.

    ``Matrix(data)``: numbers become leaves, Values stay themselves; from nested sequences, a numpy array of two
    dimensions, or another Matrix. Raises `ShapeError` for data of another shape, `NumberError` for what is no number.

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
        _read(self, data, 2)

    @property
    def T(self) -> Matrix:
        """The transpose, of the same elements."""
        return view(2, self._block, self._offset, self._column, self._row, self._columns, self._rows, self._numpy)  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return self._rows

    def __iter__(self) -> Iterator[Any]:
        return (self[r] for r in range(self._rows))

    def __getitem__(self, key: Any) -> Any:
        rows, columns = key if isinstance(key, tuple) and len(key) == 2 else (key, slice(None))
        if isinstance(key, tuple) and len(key) != 2:
            raise ArgumentError(f"a Matrix has two dimensions, got {len(key)} indices")
        return _select(_select(self, rows, 0), columns, 1 if _is_many(rows) else 0)


def _is_many(key: Any) -> bool:
    return isinstance(key, slice) or reading.is_data(key)


def _select(x: Any, key: Any, axis: int) -> Any:
    """Selects along an axis: one row or column of a Matrix, or several; of a Vector an element, or several."""
    if isinstance(key, slice) and key == slice(None):
        return x
    if x.ndim == 1:
        return x[key]
    if axis == 1:
        turned = _select(x.T, key, 0)
        return turned.T if turned.ndim == 2 else turned
    if not _is_many(key):
        r = _position(key, x._rows, x.shape)
        return view(1, x._block, x._offset + r * x._row, 0, x._column, 1, x._columns, x._numpy)
    chosen = _positions(key, x._rows, x.shape)
    if isinstance(chosen, tuple):
        first, step, count = chosen
        return view(2, x._block, x._offset + first * x._row * (count > 0), step * x._row, x._column, count, x._columns,
                    x._numpy)  # fmt: skip
    order = array("q", [x._offset + r * x._row + c * x._column for r in chosen for c in range(x._columns)])
    return made(2, core.take(x._block, order.tobytes()), len(chosen), x._columns, x._numpy)


def _read(self: Any, data: Any, dimensions: int) -> None:
    """Fills a new array."""
    name = type(self).__name__
    if isinstance(data, Elements):
        if data.ndim != dimensions:
            raise ShapeError(f"{name} needs data of {dimensions} dimension(s), got shape {data.shape}")
        for slot in ("_block", "_offset", "_row", "_column", "_rows", "_columns", "_numpy"):
            setattr(self, slot, getattr(data, slot))
        return
    if dimensions == 2 and isinstance(data, (list, tuple)) and any(isinstance(row, Elements) for row in data):
        data = [row.tolist() if isinstance(row, Elements) else row for row in data]
    block, shape, of_numpy = reading.read(data, (dimensions,), name, True)
    self._block, self._offset, self._column, self._numpy = block, 0, 1, of_numpy
    self._rows, self._columns = shape if dimensions == 2 else (1, shape[0])
    self._row = self._columns


define_kind(1, Vector)
define_kind(2, Matrix)


def concat(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Joins vectors, or matrices along an axis. Raises `ShapeError` when they do not fit.

    >>> concat([Vector([1.0]), Vector([2.0, 3.0])]).data
    [1.0, 2.0, 3.0]
    """
    parts = [operand(x) for x in arrays]
    if not parts or any(x is None or x.ndim != parts[0].ndim or not x.ndim for x in parts):
        shapes = [x.shape for x in parts if x is not None]
        raise ShapeError(f"concat needs arrays of one number of dimensions, got shapes {shapes}")
    if parts[0].ndim == 2 and axis in (1, -1):
        return concat([x.T for x in parts], 0).T
    if axis not in (0, -parts[0].ndim):
        raise ArgumentError(f"an array of {parts[0].ndim} dimensions has no axis {axis}")
    if parts[0].ndim == 2 and len({x._columns for x in parts}) > 1:
        raise ShapeError(f"concat needs matrices of one width, got shapes {[x.shape for x in parts]}")
    block = reading.from_items([item for x in parts for item in x._items()], True)
    rows, columns = (
        (sum(x._rows for x in parts), parts[0]._columns) if parts[0].ndim == 2 else (1, sum(x.size for x in parts))
    )
    return made(parts[0].ndim, block, rows, columns, any(x._numpy for x in parts))


def stack(vectors: Sequence[Any], axis: int = 0) -> Matrix:
    """The Matrix whose rows (axis 0) or columns (axis 1) are the vectors. Raises `ShapeError` when lengths differ.

    >>> stack([Vector([1.0, 2.0]), [3.0, 4.0]]).data
    [[1.0, 2.0], [3.0, 4.0]]
    """
    parts = [operand(x) for x in vectors]
    if not parts or any(x is None or x.ndim != 1 or x.size != parts[0].size for x in parts):
        shapes = [x.shape for x in parts if x is not None]
        raise ShapeError(f"stack needs vectors of one length, got shapes {shapes}")
    if axis not in (0, 1, -1, -2):
        raise ArgumentError(f"stack along axis 0 (rows) or 1 (columns), got {axis}")
    whole = concat(parts).reshape(len(parts), parts[0].size)
    return whole if axis in (0, -2) else whole.T  # type: ignore[no-any-return]


def outer(x: Any, y: Any) -> Matrix:
    """The Matrix of the products x[i] * y[j].

    >>> outer(Vector([1.0, 2.0]), [3.0, 4.0]).data
    [[3.0, 4.0], [6.0, 8.0]]
    """
    left = operand(x)
    if left is None or left.ndim != 1:
        raise ShapeError("outer needs two vectors")
    return Vector.outer(left, y)
