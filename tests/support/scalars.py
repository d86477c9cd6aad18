"""What operations on blocks mean: the same, element by element. Tests put these in the place of the backend's."""

from __future__ import annotations

from typing import Any

import pytest

from scalargrad import core
from scalargrad.table import ops


def _items(view: Any) -> list[Any]:
    block, offset, row, column, rows, columns = view
    return [core.item(block, offset + r * row + c * column) for r in range(rows) for c in range(columns)]


def _rows(view: Any) -> list[list[Any]]:
    items, columns = _items(view), view[5]
    return [items[r * columns : (r + 1) * columns] for r in range(view[4])]


def elementwise(opcode: int, rows: int, columns: int, *views: Any) -> Any:
    spread = [
        (block, offset, row if own_rows == rows else 0, column if own_columns == columns else 0, rows, columns)
        for block, offset, row, column, own_rows, own_columns in views
    ]
    return core.block([core.apply(opcode, *together) for together in zip(*map(_items, spread))])


def product(left: Any, right: Any, bias: Any) -> Any:
    rows, inner, columns = left[4], left[5], right[5]
    a, b = _rows(left), _rows(right)
    first: list[list[Any]] = [[]] * columns if bias is None else [[1.0, x] for x in _items(bias)]
    if not inner and bias is None:
        return core.doubles(bytes(8 * rows * columns), True)
    return core.block(
        [
            core.reduce(ops.OPCODE["dot"], first[c] + [x for t in range(inner) for x in (a[r][t], b[t][c])])
            for r in range(rows)
            for c in range(columns)
        ]
    )


def reduce_rows(opcode: int, view: Any, shifts: Any = None) -> Any:
    before: list[list[Any]] = [[]] * view[4] if shifts is None else [[x] for x in _items(shifts)]
    return core.block([core.reduce(opcode, start + row) for start, row in zip(before, _rows(view))])


def in_place_of_the_backend(patch: pytest.MonkeyPatch) -> None:
    """Arrays are recorded element by element."""
    for function in (elementwise, product, reduce_rows):
        patch.setattr(core, function.__name__, function)
