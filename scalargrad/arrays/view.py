"""Views: which numbers of a block an array shows. A row, a column or a transpose is another view of the same block.

The type is the backend's: ``View(block, offset, row, column, rows, columns)`` has these attributes, and ``T``, the
transpose. Element (r, c) is number ``offset + r * row + c * column`` of the block.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from scalargrad import core
from scalargrad.core import View
from scalargrad.errors import ArgumentError

_ONE = [(k, bytes([byte])) for k, byte in enumerate(array("d", [1.0]).tobytes()) if byte]  # the bytes of 1.0 but zeros


def broadcast(view: View, rows: int, columns: int) -> View:
    """A view that repeats the only row or column along its axis. Other lengths must be equal already."""
    row, column = view.row if view.rows == rows else 0, view.column if view.columns == columns else 0
    return View(view.block, view.offset, row, column, rows, columns)


def as_row(view: View) -> View:
    """A view of all elements as one row."""
    return view if view.rows == 1 else view.T if view.columns == 1 else reshape(view, 1, view.rows * view.columns)


def reshape(view: View, rows: int, columns: int) -> View:
    """A view of the same elements, row by row, in other rows and columns."""
    block, offset, column = view.block, view.offset, view.column
    if view.rows > 1 and view.row != view.columns * column:
        block, offset, column = take(view, positions(view)), 0, 1
    return View(block, offset, columns * column, column, rows, columns)


def positions(view: View) -> list[int]:
    """The positions of the elements in the block, row by row."""
    offset, row, column, columns = view.offset, view.row, view.column, view.columns
    return [offset + r * row + c * column for r in range(view.rows) for c in range(columns)]


def take(view: View, positions: Sequence[int]) -> Any:
    """A new block of the numbers at these positions of the view's block."""
    return core.take(view.block, array("q", positions).tobytes())


def item(view: View, k: int = 0) -> Any:
    """Element k of the first row."""
    return core.item(view.block, view.offset + k * view.column)


def ones(flags: bytes) -> bytes:
    """The bytes of a double for each flag, 1.0 or 0.0. Quicker than a float object for each."""
    doubles = bytearray(8 * len(flags))
    for k, byte in _ONE:
        doubles[k::8] = flags.replace(b"\1", byte)
    return bytes(doubles)


def grads(view: View) -> bytes:
    """The bytes of the grads. Raises `ArgumentError` for constants, which have none."""
    found = core.grads(view)
    if found is None:
        raise ArgumentError(
            "this array is of constants, as those of sg.constant and of numpy arrays are, so it has no grad: make a"
            " Vector or Matrix of its numbers for an array that takes gradients"
        )
    return found


def numbers(view: View) -> array[float]:
    """The numbers, row by row."""
    return array("d", core.numbers(view))
