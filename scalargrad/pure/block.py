"""The pure-Python backend: storage of arrays. The C core has the same in csrc/block.c.

A block holds the numbers of an array in a row. A layout says which of them the array shows: element (r, c) is item
offset + r * row + c * column. This backend records operations on arrays element by element (see `arrays/bulk.py`), so
each `..._in_bulk` returns None.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any

from scalargrad.pure import tape


class Block:
    """A row of Values, and of floats for constants."""

    __slots__ = ("items",)

    def __init__(self, items: list[Any]) -> None:
        self.items = items


def block(items: Iterable[Any]) -> Block:
    """A block of Values and numbers. Numbers are constants."""
    return Block([x if isinstance(x, tape.Node) else tape.require_number(x) for x in tuple(items)])


def doubles(numbers: bytes, leaf: bool) -> Block:
    """A block of new leaves, or of constants, from the bytes of doubles."""
    items = array("d", numbers).tolist()
    return Block([tape.new_leaf(x) for x in items] if leaf else items)


def item(block: Block, k: int) -> Any:
    """The item at a position: a Value, or the float of a constant."""
    return block.items[k]


def take(block: Block, positions: bytes) -> Block:
    """A block of the items at some positions, given as the bytes of 64-bit integers."""
    return Block([block.items[k] for k in array("q", positions)])


def _view(block: Block, offset: int, row: int, column: int, rows: int, columns: int) -> list[Any]:
    return [block.items[offset + r * row + c * column] for r in range(rows) for c in range(columns)]


def numbers(*view: Any) -> bytes:
    """The data of a layout's elements as the bytes of doubles, row by row."""
    return array("d", [x if isinstance(x, float) else x.data for x in _view(*view)]).tobytes()


def grads(*view: Any) -> bytes:
    """The grads of a layout's elements as the bytes of doubles, row by row."""
    return array("d", [0.0 if isinstance(x, float) else x.grad for x in _view(*view)]).tobytes()


def set_leaves(*view_numbers_which: Any) -> Any:
    """Sets the data (0) or grad (1) of leaves. If an item is not a leaf, changes nothing and returns that item."""
    *view, given, which = view_numbers_which
    items = _view(*view)
    for x in items:
        if isinstance(x, float) or tape.key(x) is not None:
            return x
    for x, number in zip(items, array("d", given)):
        if which:
            x.grad = number
        else:
            x.data = number
    return None


def elementwise_in_bulk(*_: Any) -> Any:
    """Returns None: this backend has no bulk operations."""
    return None


product_in_bulk = fold_in_bulk = elementwise_in_bulk
