"""What operations on blocks mean: the same, element by element. Tests put these in the place of the backend's."""

from __future__ import annotations

from typing import Any

import pytest

from scalargrad import core
from scalargrad.table import ops


def _rows(view: Any) -> list[list[Any]]:
    place = [[view.offset + r * view.row + c * view.column for c in range(view.columns)] for r in range(view.rows)]
    return [[core.item(view.block, k) for k in row] for row in place]


def _items(view: Any) -> list[Any]:
    return [x for row in _rows(view) for x in row]


def _whole(items: list[Any], rows: int, columns: int) -> Any:
    return core.View(core.block(items), 0, columns, 1, rows, columns)


def elementwise(opcode: int, *views: Any) -> Any:
    rows, columns = max(x.rows for x in views), max(x.columns for x in views)
    if any(x.rows not in (1, rows) or x.columns not in (1, columns) for x in views):
        rows, columns = rows * all(x.rows for x in views), columns * all(x.columns for x in views)  # 1 beside 0 is 0
    spread = [
        core.View(
            x.block, x.offset, x.row if x.rows == rows else 0, x.column if x.columns == columns else 0, rows, columns
        )
        for x in views
    ]
    return _whole([core.apply(opcode, *together) for together in zip(*map(_items, spread))], rows, columns)


def product(left: Any, right: Any, bias: Any) -> Any:
    rows, inner, columns = left.rows, left.columns, right.columns
    a, b = _rows(left), _rows(right)
    first: list[list[Any]] = [[]] * columns if bias is None else [[1.0, x] for x in _items(bias)]
    if not inner and bias is None:
        return core.View(core.doubles(bytes(8 * rows * columns), True), 0, columns, 1, rows, columns)
    terms = [
        first[c] + [x for t in range(inner) for x in (a[r][t], b[t][c])] for r in range(rows) for c in range(columns)
    ]
    return _whole([core.reduce(ops.OPCODE["dot"], each) for each in terms], rows, columns)


def reduce_rows(opcode: int, view: Any, shifts: Any = None) -> Any:
    before: list[list[Any]] = [[]] * view.rows if shifts is None else _rows(shifts)
    return _whole([core.reduce(opcode, start + row) for start, row in zip(before, _rows(view))], view.rows, 1)


def in_place_of_the_backend(patch: pytest.MonkeyPatch) -> None:
    """Arrays are recorded element by element."""
    for function in (elementwise, product, reduce_rows):
        patch.setattr(core, function.__name__, function)
