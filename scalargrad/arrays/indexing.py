"""Indices of arrays, as numpy's: which elements an index selects, and in which shape. Nothing here records.

Each part of an index is a number, a slice, a new axis (None), or a list of positions. Numbers and slices select a view
of the same block; lists select elements one by one, which need a new block.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Sequence
from operator import index
from typing import Any, NamedTuple, NoReturn

from scalargrad import convert, core
from scalargrad.arrays import reading, view
from scalargrad.arrays.base import Array, position
from scalargrad.arrays.reading import Shape
from scalargrad.core import View, whole
from scalargrad.errors import IndexingError, NumberError, ShapeError

_WANTED = "an index must be an int, a slice, None, ..., a list of ints, or a mask of bools"


_NONE = type(None)


class _List(NamedTuple):
    """A list of positions, or nested lists of them, along one axis."""

    shape: Shape
    positions: list[Any]


class _Flags(NamedTuple):
    """A mask: a bool for each element of as many axes as it has."""

    shape: Shape
    flags: list[bool]


def select(x: Any, key: Any) -> Any:
    """The elements that an index selects: an array, or an element if the result has no axis.

    Raises `IndexingError` if it is no index of x, `ShapeError` if lists or masks do not fit, or if the result would
    have three dimensions.
    """
    if type(key) is slice and x.ndim == 1:
        shown = x._view
        chosen = _sliced(key, shown.columns)
        if chosen.step > 0:
            offset, column, count = shown.offset, shown.column, len(chosen)
            if count:
                offset += chosen.start * column
            return x._of(1, View(shown.block, offset, 0, column * chosen.step if count > 1 else column, 1, count))
    if type(key) is list and set(map(type, key)) == {int}:
        return _several(x, key)
    found = _plain(x, key)
    return _general(x, key) if found is None else found


def _several(x: Any, positions: list[int]) -> Any:
    """The elements of a Vector, or the rows of a Matrix, at one position or more."""
    shape = x.shape
    if min(positions) < 0 or max(positions) >= shape[0]:
        positions = [position(k, shape[0], shape) for k in positions]
    if len(shape) == 2:
        return x._of(2, core.rows_at(x._view, positions))
    return x._of(1, core.rows_at(x._view.T, positions).T)


def _plain(x: Any, key: Any) -> Any:
    """The result for ints and for slices that go up, quickly. None if there is anything else."""
    shown, ndim = x._view, x.ndim
    offset, parts = shown.offset, key if type(key) is tuple else (key,)
    if len(parts) > ndim:
        return None
    axes = [[shown.rows, shown.row], [shown.columns, shown.column]][2 - ndim :]
    for axis, part in zip(axes, parts):
        length, stride = axis
        if type(part) is int and -length <= part < length:
            offset += part % length * stride
            axis[0] = -1  # it goes
        elif type(part) is slice and type(part.step) in (int, _NONE):
            try:
                first, stop, step = part.indices(length)
            except (TypeError, ValueError):
                return None
            if step < 1:
                return None
            axis[0] = count = (stop - first + step - 1) // step if stop > first else 0
            if count > 1:
                axis[1] = stride * step
            if count:
                offset += first * stride
        else:
            return None
    kept = [axis for axis in axes if axis[0] >= 0]
    if not kept:
        return x._element(core.item(shown.block, offset))
    columns, column = kept[-1]
    rows, row = kept[0] if len(kept) == 2 else (1, 0)
    return x._of(len(kept), View(shown.block, offset, row, column, rows, columns))


def _general(x: Any, key: Any) -> Any:
    """The result for any index."""
    shown, shape = x._view, x.shape
    offset, strides = shown.offset, (shown.row, shown.column)[2 - x.ndim :]
    parts = _whole([_part(k) for k in (key if isinstance(key, tuple) else (key,))], shape)
    listed = any(type(part) in (_List, _Flags) for part in parts)
    axes: list[tuple[int, int]] = []  # length and stride of each axis of the result that no list makes
    lists: list[_List] = []  # their positions as offsets in the block
    places: list[int] = []  # which parts the lists are, and beside lists the numbers
    before = axis = 0
    for place, part in enumerate(parts):
        if part is None:
            axes.append((1, 0))
            continue
        if isinstance(part, slice):
            chosen = _sliced(part, shape[axis])
            offset += chosen.start * strides[axis] if chosen else 0
            axes.append((len(chosen), strides[axis] * chosen.step if len(chosen) > 1 else strides[axis]))
            axis += 1
            continue
        if listed and not places:
            before = len(axes)
        places.append(place)
        if isinstance(part, _Flags):
            lists += _chosen(part, shape, strides, axis)
            axis += len(part.shape)
        elif isinstance(part, _List):
            lists.append(_List(part.shape, _offsets(part.positions, shape[axis], strides[axis], shape)))
            axis += 1
        else:
            offset += position(part, shape[axis], shape) * strides[axis]
            axis += 1
    if lists:
        together = places[-1] - places[0] < len(places)
        return _gathered(x, offset, axes, lists, before if together else 0)
    return _strided(x, offset, axes)


def _strided(x: Any, offset: int, axes: list[tuple[int, int]]) -> Any:
    """The view with these axes. Negative steps need a new block."""
    if len(axes) > 2:
        _refuse_shape(x, tuple(length for length, _ in axes))
    if not axes:
        return x._element(core.item(x._view.block, offset))
    if any(stride < 0 for _, stride in axes):
        return _gathered(x, offset, axes, [], 0)
    (rows, row), (columns, column) = axes if len(axes) == 2 else ((1, 0), *axes)
    return x._of(len(axes), View(x._view.block, offset, row, column, rows, columns))


def _gathered(x: Any, offset: int, axes: list[tuple[int, int]], lists: list[_List], before: int) -> Any:
    """A new block of the elements: lists go together, element by element, and their axes follow `before` others."""
    joint, sums = _joined(lists)
    lengths = [length for length, _ in axes]
    shape = (*lengths[:before], *joint, *lengths[before:])
    if len(shape) > 2:
        _refuse_shape(x, shape)
    steps: list[list[int]] = [[k * stride for k in range(length)] for length, stride in axes]
    if lists:
        steps.insert(before, sums)
    order = [offset + k for k in steps[0]]
    if len(steps) == 2:
        order = [k + j for k in order for j in steps[1]]
    rows, columns = shape if len(shape) == 2 else (1, *shape)
    return x._of(len(shape), whole(view.take(x._view, order), rows, columns))


def _joined(lists: list[_List]) -> tuple[Shape, list[int]]:
    """The common shape of lists, and the sums of their positions. Lists of one element repeat it."""
    if len(lists) == 1:
        return lists[0]
    ndim = max((len(each.shape) for each in lists), default=0)
    shapes = [(1,) * (ndim - len(each.shape)) + each.shape for each in lists]
    joint = []
    for lengths in zip(*shapes):
        longer = set(lengths) - {1}
        if len(longer) > 1:
            raise ShapeError(
                "lists of indices pick element by element and need equal shapes, got"
                f" {' and '.join(str(each.shape) for each in lists)}: for all rows with all columns, write"
                " m[rows][:, columns] or m[np.ix_(rows, columns)]"
            )
        joint.append(longer.pop() if longer else 1)
    sums = [0] * math.prod(joint)
    for shape, each in zip(shapes, lists):
        repeated = _repeated(each.positions, shape, joint)
        sums = [total + k for total, k in zip(sums, repeated)]
    return tuple(joint), sums


def _repeated(flat: list[int], shape: Shape, joint: Sequence[int]) -> list[int]:
    """Items of one shape, repeated along its axes of length 1 to fill another."""
    strides = [0 if length == 1 else math.prod(shape[k + 1 :]) for k, length in enumerate(shape)]
    grid = itertools.product(*([k * stride for k in range(n)] for n, stride in zip(joint, strides)))
    return [flat[sum(terms)] for terms in grid]


def _refuse_shape(x: Any, shape: Shape) -> NoReturn:
    raise ShapeError(
        f"arrays have one or two dimensions; this index of an array of shape {x.shape} would give shape {shape}:"
        " reshape, or keep a list of arrays"
    )


def _sliced(part: slice, length: int) -> range:
    try:
        return range(length)[part]
    except TypeError:
        raise IndexingError("the bounds and the step of a slice must be ints or None") from None
    except ValueError as error:
        raise IndexingError(str(error)) from None


def _offsets(positions: list[int], length: int, stride: int, shape: Shape) -> list[int]:
    """Positions along an axis as offsets in the block."""
    if not positions or (min(positions) >= 0 and max(positions) < length):
        return [k * stride for k in positions]
    return [position(k, length, shape) * stride for k in positions]


def _chosen(mask: _Flags, shape: Shape, strides: Sequence[int], axis: int) -> list[_List]:
    """The positions along each axis of the elements that a mask selects."""
    lengths = shape[axis : axis + len(mask.shape)]
    if mask.shape != lengths:
        if len(lengths) == 1:
            raise ShapeError(f"a mask of {mask.shape[0]} flags does not fit the length {lengths[0]} of shape {shape}")
        raise ShapeError(f"a mask of shape {mask.shape} does not fit an array of shape {shape}")
    columns = lengths[-1]
    found = [divmod(k, columns) for k, flag in enumerate(mask.flags) if flag]
    if len(lengths) == 1:
        return [_List((len(found),), [c * strides[axis] for _, c in found])]
    return [_List((len(found),), [at[k] * strides[axis + k] for at in found]) for k in range(2)]


# --- the parts of an index -------------------------------------------------------------------------------------------


def _whole(parts: list[Any], shape: Shape) -> list[Any]:
    """The parts, one for each axis: `...`, or the end, stands for as many slices as are missing."""
    used = sum(len(p.shape) if isinstance(p, _Flags) else p is not None and p is not Ellipsis for p in parts)
    missing = len(shape) - used
    dots = [k for k, part in enumerate(parts) if part is Ellipsis]
    if missing < 0:
        raise IndexingError(f"an array of shape {shape} takes {len(shape)} indices at most, got {used} indices")
    if len(dots) > 1:
        raise IndexingError("an index takes ... once only")
    at = dots[0] if dots else len(parts)
    return [*parts[:at], *[slice(None)] * missing, *parts[at + 1 :]]


def _part(k: Any) -> Any:
    """A part of an index as None, `...`, a slice, a number, a `_List` or `_Flags`. Raises `IndexingError`."""
    kind = type(k)
    if kind is int or kind is slice or k is None or k is Ellipsis:
        return k
    if isinstance(k, Array):
        if not k.is_mask:
            raise IndexingError(
                f"{_WANTED}, got a {kind.__name__} of shape {k.shape}: for a mask, compare it, as v > 0"
            )
        return _Flags(k.shape, k.elements())
    if isinstance(k, (list, tuple, range)):
        return _nested(k)
    if hasattr(k, "__array__") and hasattr(k, "dtype") and not isinstance(k, core.Node):
        return _of_numpy(k)
    if kind is bool:
        _refuse(k)
    number = convert.index(k)
    if number is None:
        if reading.is_data(k) or (isinstance(k, Sequence) and not isinstance(k, (str, bytes, bytearray))):
            return _nested(reading.of_buffer(k, "an index") if reading.is_buffer(k) else reading.flat(k, 1))
        _refuse(k)
    return number


def _refuse(k: Any) -> NoReturn:
    if isinstance(k, bool) or getattr(getattr(k, "dtype", None), "kind", "") == "b":
        raise IndexingError(f"{_WANTED}, got one bool: write v if flag else v[:0], or int(flag) for a position")
    raise IndexingError(f"{_WANTED}, got {type(k).__name__}")


def _of_numpy(k: Any) -> Any:
    """An array or a scalar of numpy, or an array that numpy can read."""
    import numpy

    found = numpy.asarray(k)
    if not found.ndim:
        return int(found) if found.dtype.kind in "iu" else _refuse(k)
    if found.dtype.kind not in "biu":
        raise IndexingError(f"{_WANTED}, got an array of dtype {found.dtype}: write indices.astype(int)")
    return (_Flags if found.dtype.kind == "b" else _List)(found.shape, found.ravel().tolist())


def _nested(given: Any) -> _List | _Flags:
    """A list of positions or bools, or nested lists of them. Bools among ints count as ints, as in numpy."""
    try:
        shape = (len(given),) if isinstance(given, range) else reading.nested_shape(given, "a list of indices")
    except NumberError:
        raise IndexingError(f"{_WANTED}, got a list with text in it") from None
    except RecursionError:
        raise ShapeError("a list of indices is nested too deeply, or contains itself") from None
    flat = reading.flat(given, len(shape))
    kinds = set(map(type, flat))
    if flat and kinds <= _bools():
        return _Flags(shape, flat)
    if not kinds <= {int}:
        for n, k in enumerate(flat):
            try:
                flat[n] = index(k)
            except TypeError:
                raise IndexingError(f"{_WANTED}, got a list with a {type(k).__name__}") from None
    return _List(shape, flat)


def _bools() -> set[Any]:
    """The types of bools: Python's, and numpy's if it is imported."""
    numpy = sys.modules.get("numpy")
    return {bool} if numpy is None else {bool, numpy.bool_}
