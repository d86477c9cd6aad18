"""Functions of many numbers on data: over all elements, or along axes. Several results are data of the same kind."""

from __future__ import annotations

from typing import Any

from scalargrad import core
from scalargrad.arrays import view
from scalargrad.arrays.base import of_view
from scalargrad.arrays.data import kinds
from scalargrad.arrays.reductions import row_log_softmax, row_softmax, unshifted
from scalargrad.core import View, whole
from scalargrad.errors import ArgumentError
from scalargrad.table import ops

_OF_NOTHING = {"sum": 0.0, "prod": 1.0, "norm": 0.0}
_NORMALISED = {"softmax": row_softmax, "log_softmax": row_log_softmax}


def of_data(name: str, x: Any, **options: Any) -> Any:
    """A reduction, softmax or log_softmax of nested lists, an array or a table; with `axis`, and `keepdims` if it
    reduces."""
    operand = kinds.read(x, name)
    axis, keepdims = options.get("axis", -1 if name in _NORMALISED else None), options.get("keepdims", False)
    axes = kinds.axes_of(axis, len(operand.shape))
    rows, origins, rest = kinds.along(operand.block, operand.shape, axes)
    if not rows.columns and name not in _OF_NOTHING:
        raise ArgumentError(f"{name} needs a number per result, got data of shape {operand.shape} with axis {axis}")
    if name in _NORMALISED:
        found = _NORMALISED[name](of_view(2, rows, False))._view
        return kinds.like([operand], operand.shape, _put_back(found, origins))
    found = _reduced(name, rows)
    if keepdims:
        rest = tuple(1 if k in axes else n for k, n in enumerate(operand.shape))
    return kinds.like([operand], rest, found) if rest else view.item(found)


def _reduced(name: str, rows: View) -> View:
    """The reduction of each row, in one row."""
    if not rows.columns or not rows.rows:
        return whole(core.block([_OF_NOTHING.get(name, 0.0)] * rows.rows), 1, rows.rows)
    return (unshifted(rows) if name == "logsumexp" else core.reduce_rows(ops.OPCODE[name], rows)).T


def _put_back(found: View, origins: Any) -> View:
    """The elements in the places that they came from."""
    places = sorted(range(len(origins)), key=origins.__getitem__)
    return whole(view.take(view.as_row(found), places), 1, len(places))
