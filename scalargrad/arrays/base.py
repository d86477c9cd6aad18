"""What every array is: a view of a block. A row, a column, a transpose share their elements with it.

An array does not change; the leaves that it is made of can.
"""

from __future__ import annotations

from array import array
from typing import Any

from scalargrad import convert, core
from scalargrad.arrays import bulk, reading
from scalargrad.arrays.reading import Shape
from scalargrad.errors import ArgumentError, ReadOnlyError, ShapeError
from scalargrad.table import ops

_new: Any = object.__new__
_KINDS: dict[int, type[Elements]] = {}  # by the number of dimensions: what types.py makes


class Elements:
    """The elements of an array: their shape, numbers and copies."""

    __slots__ = ("__weakref__", "_block", "_column", "_columns", "_numpy", "_offset", "_row", "_rows")
    _block: Any
    _offset: int
    _row: int
    _column: int
    _rows: int
    _columns: int
    ndim: int = 0  # 1 of a Vector, 2 of a Matrix
    _numpy: bool  # data and grad are shown as numpy arrays, because such an array went in
    __hash__ = None  # type: ignore[assignment]

    # --- shape and numbers

    @property
    def shape(self) -> Shape:
        """The lengths: (n,) of a Vector, (rows, columns) of a Matrix."""
        return (self._rows, self._columns)

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._rows * self._columns

    def _numbers(self, rows: int | None = None, columns: int | None = None) -> bulk.Numbers:
        """The block with its layout, repeated over rows and columns where it has one."""
        row = 0 if rows is not None and rows != self._rows else self._row
        return self._block, self._offset, row, 0 if columns is not None and columns != self._columns else self._column

    def _shown(self, numbers: bytes) -> Any:
        if self._numpy:
            import numpy

            return numpy.frombuffer(numbers).reshape(self.shape).copy()
        return reading.nest(array("d", numbers).tolist(), self.shape)

    def _set(self, given: Any, which: int, name: str) -> None:
        scalar = convert.number(given) if not reading.is_data(given) and not isinstance(given, Elements) else given
        if isinstance(scalar, float):
            numbers = array("d", [scalar] * self.size).tobytes()
        else:
            block, shape, _ = reading.read(
                given.data if isinstance(given, Elements) else given, (self.ndim,), name, False
            )
            if shape != self.shape:
                raise ShapeError(f"{name} has shape {self.shape}, got data of shape {shape}")
            numbers = core.numbers(block, 0, shape[-1], 1, self._rows, self._columns)
        interior = core.set_leaves(*self._numbers(), self._rows, self._columns, numbers, which)
        if interior is not None:
            raise ReadOnlyError(
                f"{name} can be set on leaves only; this array holds an element that is a constant or the result of"
                " an operation: set the leaves that it was computed from"
            )

    @property
    def data(self) -> Any:
        """The numbers: nested lists of floats, or a numpy array if one went in. Of leaves they can be set."""
        return self._shown(core.numbers(*self._numbers(), self._rows, self._columns))

    @data.setter
    def data(self, given: Any) -> None:
        self._set(given, 0, "data")

    @property
    def grad(self) -> Any:
        """The derivatives of the root of the last backward; see `Value.grad`. Of leaves they can be set."""
        return self._shown(core.grads(*self._numbers(), self._rows, self._columns))

    @grad.setter
    def grad(self, given: Any) -> None:
        self._set(given, 1, "grad")

    def _items(self) -> list[Any]:
        return bulk.items(self._numbers(), self._rows, self._columns)

    def tolist(self) -> list[Any]:
        """The elements, as (nested) lists of Values."""
        return reading.nest(self._items(), self.shape)

    def detach(self) -> Any:
        """An array of new leaves with the same numbers and no history."""
        numbers = core.numbers(*self._numbers(), self._rows, self._columns)
        return made(self.ndim, core.doubles(numbers, True), self._rows, self._columns, self._numpy)

    def _flat(self) -> bulk.Numbers:
        """All elements as one row."""
        if self._rows <= 1 or self._row == self._columns * self._column:
            return self._block, self._offset, 0, self._column
        order = [
            self._offset + r * self._row + c * self._column for r in range(self._rows) for c in range(self._columns)
        ]
        return core.take(self._block, array("q", order).tobytes()), 0, 0, 1

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape, (n,) or (rows, columns), row by row; one length may be -1."""
        wanted = tuple(shape[0]) if len(shape) == 1 and reading.is_data(shape[0]) else shape
        if not all(hasattr(n, "__index__") for n in wanted):
            raise ArgumentError(f"the lengths of a shape are whole numbers, got {wanted}")
        wanted = tuple(int(n.__index__()) for n in wanted)
        known = 1
        for n in wanted:
            known *= n if n != -1 else 1
        if wanted.count(-1) == 1 and known and self.size % known == 0:
            wanted = tuple(self.size // known if n == -1 else n for n in wanted)
            known = self.size
        if len(wanted) not in (1, 2) or known != self.size or min(wanted) < 0:
            raise ShapeError(f"cannot reshape {self.shape} to {wanted}: it has {self.size} elements")
        block, offset, _, column = self._flat()
        rows, columns = wanted if len(wanted) == 2 else (1, wanted[0])
        return view(len(wanted), block, offset, columns * column, column, rows, columns, self._numpy)

    def __repr__(self) -> str:
        numbers = reading.nest(
            array("d", core.numbers(*self._numbers(), self._rows, self._columns)).tolist(), self.shape
        )
        text = repr(numbers)
        if len(text) > 2000:
            text = f"{text[:1000]} ... {text[-100:]}"
        return f"{type(self).__name__}({text})"

    def __bool__(self) -> bool:
        if self.size == 1:
            return bool(self._items()[0])
        raise ArgumentError(f"an array of shape {self.shape} is neither true nor false: compare a sum, or use any(...)")

    def backward(self, seed: float = 1.0) -> None:
        """Raises: backward starts from one number."""
        raise ArgumentError(f"backward starts from one number, this has shape {self.shape}: take its sum() or mean()")

    # --- copies: all elements' histories in one record, so that what they share stays shared

    def __copy__(self) -> Any:
        return self

    def _together(self) -> Any:
        """A node of which the elements are the operands; of constants alone, their numbers."""
        items = self._items()
        if not any(isinstance(x, core.Node) for x in items):
            return items
        before = core.mode(0)
        try:
            return core.reduce(ops.OPCODE["sum"], items)
        finally:
            core.mode(before)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        import copy

        return _again(self.ndim, self._rows, self._columns, self._numpy, copy.deepcopy(self._together(), memo))

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _again, (self.ndim, self._rows, self._columns, self._numpy, self._together())


def define_kind(dimensions: int, kind: type[Elements]) -> None:
    """Lets `view` make arrays of that many dimensions."""
    _KINDS[dimensions] = kind


def view(
    dimensions: int, block: Any, offset: int, row: int, column: int, rows: int, columns: int, of_numpy: bool
) -> Any:
    """An array of 1 or 2 dimensions over a block."""
    self = _new(_KINDS[dimensions])
    self._block, self._offset, self._row, self._column = block, offset, row, column
    self._rows, self._columns, self._numpy = rows, columns, of_numpy
    return self


def made(dimensions: int, block: Any, rows: int, columns: int, of_numpy: bool) -> Any:
    """An array of all of a block, row by row."""
    self = _new(_KINDS[dimensions])
    self._block, self._offset, self._row, self._column = block, 0, columns, 1
    self._rows, self._columns, self._numpy = rows, columns, of_numpy
    return self


def _again(dimensions: int, rows: int, columns: int, of_numpy: bool, together: Any) -> Any:
    """A copied array, from what `_together` gives."""
    items = core.operands(together) if isinstance(together, core.Node) else together
    return made(dimensions, core.block(items), rows, columns, of_numpy)
