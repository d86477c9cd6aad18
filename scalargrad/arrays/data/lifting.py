"""Functions of one, two or three numbers, on data: element by element, in one call of the backend. Shapes broadcast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scalargrad import core
from scalargrad.arrays import view
from scalargrad.arrays.data import kinds
from scalargrad.table import ops


def lift(opcode: int, operands: Sequence[Any]) -> Any:
    """A primitive of operands that are not all numbers. Of arrays of no dimension the result is a number.

    Raises `ShapeError` for ragged lists and for shapes that do not fit, `NumberError` for non-numbers.
    """
    name = ops.NAMES[opcode]
    read = [kinds.read(x, name) for x in operands]
    shape = kinds.common_shape(read, name)
    found = core.elementwise(opcode, *(kinds.as_row(x, shape) for x in read))
    return kinds.like(read, shape, found) if shape else view.item(found)
