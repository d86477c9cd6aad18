"""`View`: which numbers of a block an array shows. A row, a column or a transpose is another view of the same block."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

from scalargrad import core

_new: Any = tuple.__new__


class View(NamedTuple):
    """Rows and columns of a block: element (r, c) is its number ``offset + r * row + c * column``.

    A stride of 0 repeats a number along its axis. A view is what the backend takes: see `core.py`.
    """

    block: Any
    offset: int
    row: int  # the stride from one row to the next
    column: int  # the stride from one column to the next
    rows: int
    columns: int

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.rows * self.columns

    @property
    def T(self) -> View:
        """The transpose."""
        block, offset, row, column, rows, columns = self
        return _new(View, (block, offset, column, row, columns, rows))  # type: ignore[no-any-return]

    def some_rows(self, first: int, step: int, count: int) -> View:
        """`count` rows: the first, and every `step`-th from there on."""
        block, offset, row, column, _, columns = self
        return _new(View, (block, offset + first * row * (count > 0), step * row, column, count, columns))  # type: ignore[no-any-return]

    def broadcast(self, rows: int, columns: int) -> View:
        """Repeated along each axis on which it has one element. The lengths are equal otherwise."""
        block, offset, row, column, own_rows, own_columns = self
        row, column = row if own_rows == rows else 0, column if own_columns == columns else 0
        return _new(View, (block, offset, row, column, rows, columns))  # type: ignore[no-any-return]

    def reshape(self, rows: int, columns: int) -> View:
        """The elements, row by row, in as many rows and columns as they fill."""
        block, offset, row, column, own_rows, own_columns = self
        if own_rows > 1 and row != own_columns * column:
            block, offset, column = self.take(self.positions()), 0, 1
        return _new(View, (block, offset, columns * column, column, rows, columns))  # type: ignore[no-any-return]

    def positions(self) -> list[int]:
        """Where its elements stand in the block, row by row."""
        _, offset, row, column, rows, columns = self
        return [offset + r * row + c * column for r in range(rows) for c in range(columns)]

    def take(self, positions: Sequence[int]) -> Any:
        """A new block of the numbers at these positions of its block."""
        return core.take(self.block, array("q", positions).tobytes())

    def items(self) -> list[Any]:
        """The elements, row by row: Values, or the floats of constants."""
        return [core.item(self.block, k) for k in self.positions()]

    def item(self, k: int = 0) -> Any:
        """Element k of the first row."""
        return core.item(self.block, self.offset + k * self.column)

    def numbers(self) -> array[float]:
        """The numbers, row by row."""
        return array("d", core.numbers(self))


def whole(block: Any, rows: int, columns: int) -> View:
    """All of a block, row by row."""
    return _new(View, (block, 0, columns, 1, rows, columns))  # type: ignore[no-any-return]


def row(block: Any, count: int) -> View:
    """All of a block as one row."""
    return _new(View, (block, 0, count, 1, 1, count))  # type: ignore[no-any-return]


def column(block: Any, count: int) -> View:
    """All of a block as one column."""
    return _new(View, (block, 0, 1, 1, count, 1))  # type: ignore[no-any-return]
