"""The pure-Python backend: storage of arrays, and operations on whole arrays, recorded element by element.

A block is the numbers of an array in a row; a view says which of them an array shows. csrc/arrays/each.c does the same,
element by element; block.c, view.c, arrays.c and rows.c have the storage and the fast paths.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from scalargrad.pure import effects, tape, thread
from scalargrad.table import ops, reductions

_DOT = ops.OPCODE["dot"]
_TINY = ops.CONSTANTS["TINY"]


class Block:
    """A row of Values, and of floats for constants."""

    __slots__ = ("items",)

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)


class View:
    """Which numbers of a block an array shows: element (r, c) is number ``offset + r * row + c * column``.

    A stride of 0 repeats a number along its axis.
    """

    __slots__ = ("block", "column", "columns", "offset", "row", "rows")

    def __init__(self, block: Block, offset: int, row: int, column: int, rows: int, columns: int) -> None:
        self.block, self.offset, self.row, self.column = block, offset, row, column
        self.rows, self.columns = rows, columns

    @property
    def T(self) -> View:
        """The transpose."""
        return View(self.block, self.offset, self.column, self.row, self.columns, self.rows)


def block(items: Iterable[Any]) -> Block:
    """A block of Values and numbers; these are constants."""
    return Block([x if isinstance(x, tape.Node) else tape.require_number(x) for x in tuple(items)])


def doubles(numbers: bytes, leaf: bool) -> Block:
    """A block of new leaves, or of constants, from the bytes of doubles."""
    items = array("d", numbers).tolist()
    return Block([tape.new_leaf(x) for x in items] if leaf else items)


def new_leaves(given: list[Any]) -> tuple[Block, list[Any]]:
    """A block of new leaves with the numbers of floats and Values; and a list of the leaves."""
    found = [tape.new_leaf(x if isinstance(x, float) else x.data) for x in given]
    return Block(found), [*found]


def item(block: Block, k: int) -> Any:
    """The item at a position: a Value, or the float of a constant."""
    return block.items[k]


def take(block: Block, positions: bytes) -> Block:
    """A block of the items at some positions, given as the bytes of 64-bit integers."""
    return Block([block.items[k] for k in array("q", positions)])


def rows_at(view: View, rows: Sequence[int]) -> View:
    """A view of the items of some rows, in a block of their own."""
    found = _rows(view)
    return whole(Block([x for r in rows for x in found[r]]), len(rows), view.columns)


def leaves(values: Iterable[Any]) -> tuple[Block, int]:
    """The different leaves among the values, in order; and the position of the first other value, or -1."""
    given = tuple(values)
    found = {id(x): x for x in given if isinstance(x, tape.Node) and tape.key(x) is None}
    other = next((k for k, x in enumerate(given) if id(x) not in found), -1)
    return Block([*found.values()]), other


def whole(block: Block, rows: int, columns: int) -> View:
    """A view of a whole block, row by row."""
    return View(block, 0, columns, 1, rows, columns)


def _rows(view: View) -> list[list[Any]]:
    """The items that a view shows, row by row."""
    items, offset, row, column = view.block.items, view.offset, view.row, view.column
    return [[items[offset + r * row + c * column] for c in range(view.columns)] for r in range(view.rows)]


def items(view: View) -> list[Any]:
    """The elements that a view shows, row by row: Values, and floats for constants."""
    return [x for row in _rows(view) for x in row]


def numbers(view: View) -> bytes:
    """The bytes of the data that a view shows, row by row."""
    return array("d", tape.data_of(items(view))).tobytes()


def grads(view: View) -> bytes | None:
    """The bytes of the grads that a view shows, row by row. None for a block of constants, which have none."""
    if view.block.items and all(isinstance(x, float) for x in view.block.items):
        return None
    return array("d", [0.0 if isinstance(x, float) else x.grad for x in items(view)]).tobytes()


def set_leaves(view: View, given: bytes, which: int, also: Iterable[Any] = ()) -> Any:
    """Sets the data (0) or grad (1) of leaves. If an element is not a leaf, returns it and changes nothing.

    Before it sets them, in the same step, it runs through the iterator `also`, which is written in C.
    """
    elements = items(view)
    for x in elements:
        if isinstance(x, float) or tape.key(x) is not None:
            return x
    setting = effects.setting_grads if which else effects.setting_data
    effects.at_once(also, setting(elements, array("d", given).tolist()))
    return None


# --- operations ------------------------------------------------------------------------------------------------------


def elementwise(opcode: int, *given: View | float) -> View:
    """A primitive of each element. An operand with one row or column repeats it; raises ValueError for other shapes.

    A float is a constant.
    """
    operands = [x if isinstance(x, View) else whole(Block([x]), 1, 1) for x in given]
    rows, columns = _common([x.rows for x in operands]), _common([x.columns for x in operands])
    repeated = [
        View(x.block, x.offset, x.row if x.rows == rows else 0, x.column if x.columns == columns else 0, rows, columns)
        for x in operands
    ]
    return whole(Block([tape.apply(opcode, *together) for together in zip(*map(items, repeated))]), rows, columns)


def _common(lengths: list[int]) -> int:
    """The common length along an axis. An operand of length 1 fits every length."""
    others = {n for n in lengths if n != 1}
    if len(others) > 1:
        raise ValueError("the shapes do not fit")
    return others.pop() if others else 1


def _terms(left: View, right: View, bias: View | None) -> Iterator[list[Any]]:
    """The pairs of factors of each element of a product."""
    first = [[]] * right.columns if bias is None else [[1.0, x] for x in items(bias)]
    columns = _rows(right.T)
    for row in _rows(left):
        for start, column in zip(first, columns):
            yield start + [x for pair in zip(row, column) for x in pair]


def product(left: View, right: View, bias: View | None) -> View:
    """The sums bias[c] + left[r][0] * right[0][c] + ..., left to right, each one node; sums of nothing are leaves."""
    if left.columns != right.rows or (bias is not None and (bias.rows, bias.columns) != (1, right.columns)):
        raise ValueError("the shapes do not fit")
    results = [tape.reduce(_DOT, terms) if terms else tape.new_leaf(0.0) for terms in _terms(left, right, bias)]
    return whole(Block(results), left.rows, right.columns)


def plain_product(left: View, right: View, bias: View | None) -> View | None:
    """The product, or None if it has a sum other than the plain one, because a term or the sum on its way over- or
    underflowed."""
    found = product(left, right, bias)
    sums = array("d", tape.data_of(found.block.items))
    if all(_TINY <= abs(z) < math.inf for z in sums):
        return found
    plain = array("d", [reductions.plain_dot(tape.data_of(terms)) for terms in _terms(left, right, bias) if terms])
    return found if plain.tobytes() == sums.tobytes() else None


def reduce_rows(opcode: int, view: View, shifts: View | None = None) -> View:
    """A column with a reduction of each row, which has an element at least. logsumexp needs a column of shifts."""
    before = [[]] * view.rows if shifts is None else _rows(shifts)
    return whole(Block([tape.reduce(opcode, start + row) for start, row in zip(before, _rows(view))]), view.rows, 1)


def reduce_rows_data(opcode: int, view: View) -> View:
    """Like `reduce_rows`, but reads only the numbers and returns a column of constants."""
    return whole(Block([tape.reduce(opcode, tape.data_of(row)) for row in _rows(view)]), view.rows, 1)


def joint(opcode: int, view: View, right: View | None = None) -> View | None:
    """A row of all results of a joint operation on a matrix, and for solve its right side, recorded as one operation.

    None if it has none, because the matrix is singular, or not positive definite. Raises ValueError for other shapes.
    """
    from scalargrad.table import joint

    if (
        view.rows != view.columns
        or not view.rows
        or (right is not None and (right.rows != view.rows or not right.columns))
    ):
        raise ValueError("the shapes do not fit")
    operands = items(view) if right is None else [float(view.rows), *items(view), *items(right)]
    data = tape.data_of(operands)
    found = joint.values(opcode, data)
    if found is None:
        return None
    if any(isinstance(x, tape.Node) for x in operands):
        return whole(Block(record_joint(opcode, operands, data, found)), 1, len(found))
    return whole(Block(found), 1, len(found))


def record_joint(opcode: int, operands: list[Any], data: list[float], found: list[float]) -> list[tape.Node]:
    """The first result is a node with the operands; the others follow it at once, and have it as their operand."""
    if thread.mode() & thread.NO_GRAD:
        return [tape.new_leaf(x) for x in found]
    while True:
        graph, first = tape.record_in(opcode, operands, data, found[0])
        others = [(ops.ALSO, x, None, (first,), None, None) for x in found[1:]]
        graph.nodes.extend(others)
        if graph.nodes[first + 1 : first + len(found)] == others:  # else a signal's handler has recorded in between
            return [tape.handle(graph, first + k) for k in range(len(found))]
