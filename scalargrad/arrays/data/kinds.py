"""What kind of data an operand is, and results of the same kind.

A list gives a list, a tuple a tuple, at each level. An array of numbers gives a float64 array, an object array an
object array, a pandas table a table with the same labels. Beside an array or a table, a list counts as an array.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

from scalargrad import convert, core
from scalargrad.arrays import reading
from scalargrad.arrays.base import Array, mask_of, of_shape
from scalargrad.arrays.reading import Shape
from scalargrad.core import View, whole
from scalargrad.errors import ArgumentError, ShapeError

_ANY = range(65)  # numbers of dimensions: numpy has at most 64
NUMBER, LISTED, NUMERIC, OBJECTS = range(4)  # kinds: a number or Value, (nested) lists, an array of numbers, another


class Operand(NamedTuple):
    """An operand: as it was given, a block of its elements, its shape, and its kind."""

    given: Any
    block: Any
    shape: Shape
    kind: int


def read(x: Any, who: str) -> Operand:
    """Reads a number, a Value or data. Raises `NumberError` and `ShapeError`."""
    if isinstance(x, core.Node):
        return Operand(x, core.block((x,)), (), NUMBER)
    if type(x) not in (list, tuple) and not reading.is_numpy(x):
        x = list(x) if isinstance(x, range) else x
        if not reading.is_data(x):
            number = convert.number(x)
            if number is NotImplemented:
                convert.refuse(x)
            return Operand(x, core.block((number,)), (), NUMBER)
    block, shape, from_numpy = reading.read(x, _ANY, who, False)
    if not from_numpy:
        return Operand(x, block, shape, LISTED)
    return Operand(x, block, shape, OBJECTS if getattr(getattr(x, "dtype", None), "kind", "") == "O" else NUMERIC)


# --- shapes ----------------------------------------------------------------------------------------------------------


def common_shape(operands: Sequence[Operand], who: str) -> Shape:
    """The shape that operands broadcast to, as in numpy. Raises `ShapeError`."""
    shapes = [x.shape for x in operands]
    if len(shapes) == 1:
        return shapes[0]
    ndim = max(map(len, shapes))
    found = []
    for lengths in zip(*((1,) * (ndim - len(shape)) + shape for shape in shapes)):
        longer = set(lengths) - {1}
        if len(longer) > 1:
            given = " and ".join(str(shape) for shape in shapes if shape)
            raise ShapeError(f"{who} needs shapes whose lengths are equal or 1, got {given}")
        found.append(longer.pop() if longer else 1)
    return tuple(found)


def as_row(operand: Operand, to: Shape) -> View:
    """The elements of an operand, broadcast to a shape, in one row. A single one is a row of its own."""
    block, shape = operand.block, operand.shape
    size, wanted = math.prod(shape), math.prod(to)
    if size in (1, wanted):
        return whole(block, 1, size)
    strides = _strides(shape)
    padded = [0] * (len(to) - len(shape)) + [s if n > 1 else 0 for s, n in zip(strides, shape)]
    return whole(core.take(block, _positions(to, padded).tobytes()), 1, wanted)


def _strides(shape: Shape) -> list[int]:
    """By how much the position grows along each axis, row by row."""
    return [math.prod(shape[k + 1 :]) for k in range(len(shape))]


def _positions(shape: Sequence[int], strides: Sequence[int]) -> array[int]:
    found = [0]
    for length, stride in zip(shape, strides):
        steps = [k * stride for k in range(length)]
        found = [p + step for p in found for step in steps]
    return array("q", found)


def axes_of(axis: Any, ndim: int) -> list[int]:
    """The axes that an argument `axis` names, from 0 on; None names all. Raises `ArgumentError`."""
    if axis is None:
        return list(range(ndim))
    named = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = [convert.index(k) for k in named]
    if any(k is None or not -ndim <= k < ndim for k in axes) or len({k % ndim for k in axes if k is not None}) < len(
        axes
    ):
        raise ArgumentError(f"data of {ndim} dimensions has no axis {convert.short(axis)}")
    return [k % ndim for k in axes if k is not None]


def along(block: Any, shape: Shape, axes: Sequence[int]) -> tuple[View, array[int], Shape]:
    """The elements with those axes in rows, where each element comes from, and the shape of the other axes."""
    kept = [k for k in range(len(shape)) if k not in axes]
    order, strides = [*kept, *axes], _strides(shape)
    rest = tuple(shape[k] for k in kept)
    positions = _positions([shape[k] for k in order], [strides[k] for k in order])
    columns = math.prod(shape[k] for k in axes)
    rows = math.prod(rest)
    moved = block if order == sorted(order) else core.take(block, positions.tobytes())
    return whole(moved, rows, columns), positions, rest


# --- results ---------------------------------------------------------------------------------------------------------


def like(operands: Sequence[Operand], shape: Shape, found: View) -> Any:
    """The elements of a view, row by row, in a shape, as data of the kind of the operands."""
    kind = max(x.kind for x in operands)
    if kind < NUMERIC:
        template = next((x.given for x in operands if x.kind == LISTED and x.shape == shape), None)
        return _as_lists(core.items(found), shape, template)
    if all(hasattr(x.given, "dtype") or type(x.given) in (float, int) for x in operands) and kind == NUMERIC:
        import numpy

        made = numpy.frombuffer(core.numbers(found)).copy()
    else:
        items = core.items(found)
        made = _as_array(items, kind == OBJECTS or any(isinstance(x, core.Node) for x in items))
    return _labelled(made.reshape(shape), operands)


def flags(operand: Operand, found: list[bool]) -> Any:
    """Bools, row by row, as data of the kind and shape of an operand."""
    if operand.kind < NUMERIC:
        given = None if isinstance(operand.given, array) else operand.given
        return _as_lists(found, operand.shape, given)
    import numpy

    return _labelled(numpy.array(found, bool).reshape(operand.shape), [operand])


def _as_lists(items: list[Any], shape: Shape, template: Any) -> Any:
    """The items in nested lists, or as the template has them."""
    if isinstance(template, array) and not any(isinstance(x, core.Node) for x in items):  # it holds numbers alone
        return array("d", items)
    if isinstance(template, Array):
        made = of_shape(core.block(items), shape, template.of_numpy)
        return mask_of(made.ndim, made._view, made.of_numpy) if items and type(items[0]) is bool else made
    if hasattr(template, "__array__"):
        return _as_array(items, any(isinstance(x, core.Node) for x in items)).reshape(shape)
    if len(shape) > 1:
        size = math.prod(shape[1:])
        rows = template if isinstance(template, (list, tuple)) else [None] * shape[0]
        items = [_as_lists(items[k * size : (k + 1) * size], shape[1:], row) for k, row in enumerate(rows)]
    return tuple(items) if isinstance(template, tuple) else items


def _as_array(items: list[Any], objects: bool) -> Any:
    """A numpy array of one dimension: of the items themselves, or of doubles."""
    import numpy

    kind = object if objects else bool if items and type(items[0]) is bool else float
    return numpy.fromiter(items, kind, len(items))


def _labelled(made: Any, operands: Sequence[Operand]) -> Any:
    """A numpy array; or a table, with the labels of the first operand that is one. Raises `ShapeError` if others
    differ."""
    tables = [x.given for x in operands if hasattr(x.given, "index") and x.kind >= NUMERIC]
    if not tables or tables[0].shape != made.shape:
        return made
    table = tables[0]
    names = ["index", "columns"] if hasattr(table, "columns") else ["index", "name"]
    for other in tables[1:]:
        if not all(name == "name" or getattr(table, name).equals(getattr(other, name, None)) for name in names):
            raise ShapeError(
                "the labels of two tables differ: align them first (in pandas, x.align(y)), or pass arrays"
            )
    return type(table)(made, **{name: getattr(table, name) for name in names})
