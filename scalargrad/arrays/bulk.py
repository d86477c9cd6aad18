"""Operations on whole blocks: recorded in bulk by the C core where it can, else here, element by element.

Here is what they mean; the C core gives the same bits. A block with its layout, `Numbers`, is written out as the four
arguments (block, offset, row, column); element (r, c) is number offset + r * row + c * column of the block.
"""

from __future__ import annotations

from typing import Any

from scalargrad import core
from scalargrad.table import ops

_DOT, _LOGSUMEXP = ops.OPCODE["dot"], ops.OPCODE["logsumexp"]
Numbers = tuple[Any, int, int, int]


def items(numbers: Numbers, rows: int, columns: int) -> list[Any]:
    """The Values, or floats of constants, row by row."""
    block, offset, row, column = numbers
    return [core.item(block, offset + r * row + c * column) for r in range(rows) for c in range(columns)]


def elementwise(opcode: int, rows: int, columns: int, *operands: Numbers) -> Any:
    """A block of rows * columns results of a primitive."""
    found = core.elementwise_in_bulk(opcode, rows, columns, *[part for numbers in operands for part in numbers])
    return each(opcode, rows, columns, *operands) if found is None else found


def each(opcode: int, rows: int, columns: int, *operands: Numbers) -> Any:
    """As `elementwise`, recorded element by element."""
    columns_of = [items(numbers, rows, columns) for numbers in operands]
    return core.block([core.apply(opcode, *together) for together in zip(*columns_of)])


def product(rows: int, inner: int, columns: int, left: Numbers, right: Numbers, bias: Numbers | None) -> Any:
    """A block of rows * columns sums bias[c] + left[r][0] * right[0][c] + ..., from left to right, each one node; sums
    of nothing are leaves."""
    if not inner and bias is None:
        return core.doubles(bytes(8 * rows * columns), True)
    if bias is None:
        found = core.product_in_bulk(rows, inner, columns, *left, *right)
    else:
        found = core.product_in_bulk(rows, inner, columns, *left, *right, *bias)
    if found is not None:
        return found
    a, b = items(left, rows, inner), items(right, inner, columns)
    first = [[]] * columns if bias is None else [[1.0, x] for x in items(bias, 1, columns)]
    results = []
    for r in range(rows):
        for c in range(columns):
            pairs = [x for t in range(inner) for x in (a[r * inner + t], b[t * columns + c])]
            results.append(core.reduce(_DOT, first[c] + pairs))
    return core.block(results)


def fold(opcode: int, rows: int, columns: int, numbers: Numbers, shifts: Numbers | None = None) -> Any:
    """A block with a reduction of each row; there is at least one column. logsumexp needs the shifts."""
    found = core.fold_in_bulk(opcode, 0, rows, columns, *numbers, *(shifts or ()))
    if found is not None:
        return found
    before = [[x] for x in items(shifts, rows, 1)] if shifts else [[]] * rows
    each = items(numbers, rows, columns)
    return core.block([core.reduce(opcode, before[r] + each[r * columns : (r + 1) * columns]) for r in range(rows)])


def fold_constant(opcode: int, rows: int, columns: int, numbers: Numbers) -> Any:
    """As `fold`, the numbers alone: a block of constants."""
    found = core.fold_in_bulk(opcode, 1, rows, columns, *numbers)
    if found is not None:
        return found
    each = [x if isinstance(x, float) else x.data for x in items(numbers, rows, columns)]
    return core.block([core.reduce(opcode, each[r * columns : (r + 1) * columns]) for r in range(rows)])
