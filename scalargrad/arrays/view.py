"""Views: which numbers of a block an array shows. A row, a column or a transpose is another view of the same block.

``View(block, offset, row, column, rows, columns)``, of the backend, has these attributes and ``T``, the transpose:
element (r, c) is number ``offset + r * row + c * column`` of the block.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from scalargrad import core
from scalargrad.core import View


def whole(block: Any, rows: int, columns: int) -> View:
    """All of a block, row by row."""
    return View(block, 0, columns, 1, rows, columns)


def some_rows(view: View, first: int, step: int, count: int) -> View:
    """`count` rows: the first, and every `step`-th from there on."""
    offset = view.offset + first * view.row * (count > 0)
    return View(view.block, offset, step * view.row, view.column, count, view.columns)


def broadcast(view: View, rows: int, columns: int) -> View:
    """Repeated along each axis on which it has one element. The lengths are equal otherwise."""
    row, column = view.row if view.rows == rows else 0, view.column if view.columns == columns else 0
    return View(view.block, view.offset, row, column, rows, columns)


def reshape(view: View, rows: int, columns: int) -> View:
    """The elements, row by row, in as many rows and columns as they fill."""
    block, offset, column = view.block, view.offset, view.column
    if view.rows > 1 and view.row != view.columns * column:
        block, offset, column = take(view, positions(view)), 0, 1
    return View(block, offset, columns * column, column, rows, columns)


def positions(view: View) -> list[int]:
    """Where the elements stand in the block, row by row."""
    offset, row, column, columns = view.offset, view.row, view.column, view.columns
    return [offset + r * row + c * column for r in range(view.rows) for c in range(columns)]


def take(view: View, positions: Sequence[int]) -> Any:
    """A new block of the numbers at these positions of the view's block."""
    return core.take(view.block, array("q", positions).tobytes())


def items(view: View) -> list[Any]:
    """The elements, row by row: Values, or the floats of constants."""
    item, block = core.item, view.block
    return [item(block, k) for k in positions(view)]


def item(view: View, k: int = 0) -> Any:
    """Element k of the first row."""
    return core.item(view.block, view.offset + k * view.column)


def numbers(view: View) -> array[float]:
    """The numbers, row by row."""
    return array("d", core.numbers(view))
