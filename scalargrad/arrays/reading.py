"""Reads nested data and numpy arrays into blocks, and finds the common shape of operands. Nothing here records."""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, TypeGuard

from scalargrad import core
from scalargrad.convert import number, refuse, short
from scalargrad.errors import NumberError, RangeError, ShapeError

Shape = tuple[int, ...]
_NUMBERS = {float, int, bool, core.Node}


def is_numpy(x: Any) -> TypeGuard[Any]:
    """Whether x is a numpy array (without importing numpy)."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(x, numpy.ndarray)


def is_plain(x: Any) -> bool:
    """Whether x is of numpy's own class of arrays, with numbers, in one dimension or more."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(x) is numpy.ndarray and x.ndim > 0 and x.dtype.kind in "fiub"


def is_object_array(x: Any) -> TypeGuard[Any]:
    """Whether x is a numpy array of objects, such as Values."""
    return is_numpy(x) and x.dtype == object


def plain_bytes(x: Any) -> bytes | None:
    """The bytes of a contiguous numpy array of doubles, of 1 or 2 dimensions. None for anything else."""
    numpy = sys.modules.get("numpy")
    if numpy is None or type(x) is not numpy.ndarray or x.dtype is not numpy.dtype("d"):
        return None
    return x.tobytes() if 1 <= x.ndim <= 2 and x.flags.c_contiguous else None


def is_buffer(x: Any) -> bool:
    """Whether x is a buffer, other than bytes."""
    try:
        memoryview(x)
    except (TypeError, ValueError):  # ValueError: for example, a numpy array of dates
        return False
    return not isinstance(x, (bytes, bytearray))


def _is_foreign(x: Any) -> bool:
    """Whether x is an array or a table that numpy can read, such as numpy's, torch's, jax's or pandas', not ours."""
    return hasattr(x, "__array__") and not hasattr(x, "of_numpy") and bool(getattr(x, "shape", ()))


def is_data(x: Any) -> bool:
    """Whether x can be read as an array of numbers: a list, a tuple, a numpy array or a buffer."""
    return isinstance(x, (list, tuple)) or (is_buffer(x) and getattr(x, "ndim", 1) > 0) or _is_foreign(x)


def nested_shape(x: Any, where: str) -> Shape:
    """The shape of nested sequences; () for a number. Raises `ShapeError` if rows differ in shape."""
    if (
        isinstance(x, core.Node)
        or getattr(x, "shape", None) == ()
        or not (isinstance(x, Sequence) or (hasattr(x, "__getitem__") and hasattr(x, "__len__")))
    ):
        return ()
    if isinstance(x, (str, bytes, bytearray, dict)):
        refuse(x, in_data=True)
    if type(x) in (list, tuple) and x and _NUMBERS.issuperset(map(type, x)):
        return (len(x),)
    shapes = [nested_shape(row, where) for row in x]
    for k, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise ShapeError(f"{where} needs rows of equal shape: row 0 has shape {shapes[0]}, row {k} has {shape}")
    return (len(x), *(shapes[0] if shapes else ()))


def flat(x: Any, depth: int) -> list[Any]:
    """The items of sequences that are nested so deeply."""
    rows = list(x)
    for _ in range(depth - 1):
        rows = [item for row in rows for item in row]
    return rows


def read(x: Any, dimensions: Sequence[int], where: str, leaf: bool) -> tuple[Any, Shape, bool]:
    """Reads nested sequences, a numpy array or a buffer. Returns a block, the shape, and whether x is a numpy array.

    Plain numbers become leaves if `leaf`, else constants; Values stay themselves. Raises `ShapeError` if the number of
    dimensions is not one of `dimensions`, or if rows differ; `NumberError` and `RangeError` for what is not a number.
    """
    if not is_numpy(x) and _is_foreign(x):
        x = of_foreign(x, where)
    from_numpy = is_numpy(x)
    if from_numpy:
        refuse_masked(x)
    lengths = None
    if not from_numpy and is_buffer(x):
        lengths, x = memoryview(x).shape, of_buffer(x, where)
    given: Any = x  # Any, so that type checkers do not narrow x to Iterable
    is_nested = is_data(given) or isinstance(given, Iterable)
    try:
        shape = tuple(x.shape) if from_numpy else lengths or (nested_shape(x, where) if is_nested else ())
    except RecursionError:
        found = "data that is nested too deeply or contains itself"
        if hasattr(given, "toarray"):
            found = f"a {type(given).__name__}: write x.toarray()"
        message = f"{where} needs data of one or two levels, got {found}"
        raise ShapeError(message) from None
    if len(shape) not in dimensions:
        wanted = " or ".join(str(d) for d in dimensions)
        found = f"shape {shape}" if shape else f"{type(x).__name__} {short(x)}"
        raise ShapeError(f"{where} needs data of {wanted} dimension{'s' if wanted != '1' else ''}, got {found}")
    if from_numpy and x.dtype.kind in "biuf":
        return core.doubles(doubles(x).tobytes(), leaf), shape, True
    if from_numpy and x.dtype != object:
        refuse(x)
    items = x.ravel().tolist() if from_numpy else flat(x, len(shape))
    return from_items(items, leaf), shape, from_numpy


def of_foreign(x: Any, where: str) -> Any:
    """An array or table of another library, as numpy reads it."""
    import numpy

    found = numpy.asarray(x)
    if hasattr(x, "dtype") or found.dtype.kind in "biuf":
        return found
    for k, item in enumerate(found.ravel()):  # a table, whose columns may have several types
        if not isinstance(item, core.Node) and _number_or_none(item) is None:
            r, c = divmod(k, found.shape[-1])
            raise NumberError(
                f"{where} needs numbers, got a {type(x).__name__} with {type(item).__name__} {short(item)} in row {r},"
                f" column {c}: choose the columns of numbers (in pandas, table.select_dtypes('number')), fill in what"
                " is missing, and encode text, dates and categories as numbers"
            )
    return found


def _number_or_none(x: Any) -> float | None:
    """The float of a number, None for what is none."""
    try:
        found = number(x)
    except NumberError:
        return None
    return None if found is NotImplemented else found


def of_buffer(x: Any, where: str) -> Any:
    """The items of a buffer, in nested lists. Raises `NumberError` if they are not numbers."""
    shown = memoryview(x)
    try:
        return shown.tolist()
    except NotImplementedError:  # a format with a byte order, such as ctypes' "<d"
        order, code = shown.format[:-1], shown.format[-1:]
        if order not in ("<", ">", "=", "!") or code not in "bBhHiIlLqQnNefd?":
            raise NumberError(f"{where} needs real numbers, got a buffer of format {shown.format!r}") from None
    from struct import calcsize, unpack

    if calcsize(order + code) != shown.itemsize:  # the sizes of ctypes' types are the machine's
        order = "@" if (order == "<") == (sys.byteorder == "little") or order == "=" else order
    shape = tuple(shown.shape or ())
    return nest(unpack(f"{order}{math.prod(shape)}{code}", shown.tobytes()), shape)


def refuse_masked(x: Any) -> None:
    """Raises `NumberError` for a numpy array with masked elements, because these have no numbers."""
    mask = getattr(x, "mask", None)
    if mask is not None and getattr(mask, "any", bool)():
        raise NumberError(
            f"an array of shape {tuple(x.shape)} has masked elements, which have no numbers: fill them in first"
            " (numpy.ma.filled)"
        )


def doubles(x: Any) -> Any:
    """Converts a numpy array of numbers to doubles. Raises `RangeError` for a longdouble that is too large."""
    if x.dtype.itemsize <= 8:
        return x.astype(float)
    import numpy

    with numpy.errstate(over="ignore"):
        found = x.astype(float)
    if (numpy.isinf(found) & ~numpy.isinf(x)).any():
        raise RangeError("a number is too large for a double; the largest is about 1.8e308")
    return found


def from_items(flat: list[Any], leaf: bool) -> Any:
    """A block of Values and numbers. Numbers become leaves if `leaf`, else constants."""
    kinds = set(map(type, flat))
    if kinds <= {float, int, bool}:
        try:
            return core.doubles(array("d", flat).tobytes(), leaf)
        except OverflowError:
            raise RangeError("an integer is too large for a double; the largest is about 1.8e308") from None
    if all(issubclass(kind, core.Node) for kind in kinds):
        return core.block(flat)
    try:
        if not leaf:
            return core.block(flat)
        numbers = [x if isinstance(x, core.Node) else number(x) for x in flat]
    except NumberError:
        for x in flat:
            if isinstance(x, str):
                refuse(x, in_data=True)
        raise
    for x, given in zip(numbers, flat):
        if x is NotImplemented:
            refuse(given)
    leaves = core.doubles(array("d", [0.0 if isinstance(x, core.Node) else x for x in numbers]).tobytes(), True)
    return core.block([x if isinstance(x, core.Node) else core.item(leaves, k) for k, x in enumerate(numbers)])


def common_shape(arrays: Sequence[Any], what: str) -> tuple[int, int]:
    """The rows and columns that operands broadcast to. Raises `ShapeError` if lengths differ and neither is 1."""
    sizes = []
    for lengths in ({x._view.rows for x in arrays}, {x._view.columns for x in arrays}):
        longer = lengths - {1}
        if len(longer) > 1:
            shapes = " and ".join(str(x.shape) for x in arrays if x.ndim)
            raise ShapeError(f"{what} needs shapes whose lengths are equal or 1, got {shapes}")
        sizes.append(longer.pop() if longer else 1)
    return sizes[0], sizes[1]


def nest(flat: Sequence[Any], shape: Shape) -> Any:
    """Nests a flat sequence into lists of the given shape; for the shape (), the only item."""
    for axis in range(len(shape) - 1, -1, -1):
        n = shape[axis]
        flat = [list(flat[r * n : (r + 1) * n]) for r in range(math.prod(shape[:axis]))]
    return flat[0]
