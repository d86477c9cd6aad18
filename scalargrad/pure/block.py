"""The pure-Python backend: storage of arrays, and operations on whole arrays, recorded element by element.

A block is the numbers of an array in a row. A view ``(block, offset, row, column, rows, columns)`` says which of them
an array shows: element (r, c) is number ``offset + r * row + c * column``. csrc/python/block.c does the same in C.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any

from scalargrad.pure import tape
from scalargrad.table import ops

_DOT = ops.OPCODE["dot"]


class Block:
    """Values, and floats that are constants."""

    __slots__ = ("items",)

    def __init__(self, items: list[Any]) -> None:
        self.items = items


View = tuple[Block, int, int, int, int, int]


def block(items: Iterable[Any]) -> Block:
    """A block of Values and numbers; these are constants."""
    return Block([x if isinstance(x, tape.Node) else tape.require_number(x) for x in tuple(items)])


def doubles(numbers: bytes, leaf: bool) -> Block:
    """A block of plain numbers, 8 bytes each: leaves, or else constants."""
    items = array("d", numbers).tolist()
    return Block([tape.new_leaf(x) for x in items] if leaf else items)


def item(block: Block, k: int) -> Any:
    """The Value at a position, or the float of a constant."""
    return block.items[k]


def take(block: Block, positions: bytes) -> Block:
    """A block of the items at some positions, 8 bytes each."""
    return Block([block.items[k] for k in array("q", positions)])


def _items(view: View) -> list[Any]:
    """The items that a view shows, row by row."""
    block, offset, row, column, rows, columns = view
    return [block.items[offset + r * row + c * column] for r in range(rows) for c in range(columns)]


def _rows(view: View) -> list[list[Any]]:
    items, columns = _items(view), view[5]
    return [items[r * columns : (r + 1) * columns] for r in range(view[4])]


def _data(x: Any) -> float:
    return x if isinstance(x, float) else x.data


def numbers(view: View) -> bytes:
    """The bytes of the data that a view shows, row by row."""
    return array("d", map(_data, _items(view))).tobytes()


def grads(view: View) -> bytes:
    """The bytes of the grads that a view shows, row by row."""
    return array("d", [0.0 if isinstance(x, float) else x.grad for x in _items(view)]).tobytes()


def set_leaves(view: View, given: bytes, which: int) -> Any:
    """Sets the data (0) or grad (1) of leaves. Changes nothing, and returns the element, where one is not a leaf."""
    items = _items(view)
    for x in items:
        if isinstance(x, float) or tape.key(x) is not None:
            return x
    for x, number in zip(items, array("d", given)):
        if which:
            x.grad = number
        else:
            x.data = number
    return None


# --- operations ------------------------------------------------------------------------------------------------------


def elementwise(opcode: int, rows: int, columns: int, *operands: View) -> Block:
    """A primitive of each element: a block of rows x columns results. An operand with one row or column repeats it."""
    broadcast = [
        (x[0], x[1], x[2] if x[4] == rows else 0, x[3] if x[5] == columns else 0, rows, columns) for x in operands
    ]
    return Block([tape.apply(opcode, *together) for together in zip(*map(_items, broadcast))])


def product(left: View, right: View, bias: View | None) -> Block:
    """The sums bias[c] + left[r][0] * right[0][c] + ..., left to right, each one node; sums of nothing are leaves."""
    first = [[]] * right[5] if bias is None else [[1.0, x] for x in _items(bias)]
    columns = list(zip(*_rows(right))) or [()] * right[5]
    results = []
    for row in _rows(left):
        for start, column in zip(first, columns):
            terms = start + [x for pair in zip(row, column) for x in pair]
            results.append(tape.reduce(_DOT, terms) if terms else tape.new_leaf(0.0))
    return Block(results)


def reduce_rows(opcode: int, view: View, shifts: View | None = None) -> Block:
    """A reduction of each row, which has an element at least. logsumexp needs the shifts, a column of constants."""
    before = [[]] * view[4] if shifts is None else [[x] for x in _items(shifts)]
    return Block([tape.reduce(opcode, start + row) for start, row in zip(before, _rows(view))])


def reduce_rows_data(opcode: int, view: View) -> Block:
    """As `reduce_rows`, of the numbers alone: a block of constants."""
    return Block([tape.reduce(opcode, [_data(x) for x in row]) for row in _rows(view)])
