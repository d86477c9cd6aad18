"""Functions that only move elements: numpy moves their positions, and the elements follow. Nothing is recorded."""

from __future__ import annotations

from typing import Any

import numpy

from scalargrad import core
from scalargrad.arrays import view
from scalargrad.arrays.base import Array, mask_of, of_view
from scalargrad.arrays.numpy.rules import NUMBERS, by_numpy, of_numpy, open_rule, ours, refuse_out
from scalargrad.core import whole
from scalargrad.errors import ArgumentError, NumberError, ShapeError

# The parameters whose elements move: by position (or all of them, "*") and by name.
_FIRST = ((0, "a"), (0, "m"), (0, "ary"), (0, "arr"), (0, "array"), (0, "v"), (0, "x"), (0, "tup"), (0, "arrays"))
_MOVED: dict[str, tuple[tuple[Any, str], ...]] = {
    **dict.fromkeys((
        "reshape", "ravel", "transpose", "swapaxes", "moveaxis", "rollaxis", "matrix_transpose", "expand_dims",
        "squeeze", "flip", "fliplr", "flipud", "rot90", "roll", "tile", "repeat", "resize", "broadcast_to", "take",
        "take_along_axis", "delete", "diag", "diagflat", "diagonal", "tril", "triu", "split", "array_split", "hsplit",
        "vsplit", "dsplit", "unstack", "real", "real_if_close", "concatenate", "stack", "hstack", "vstack",
        "row_stack", "dstack", "column_stack", "block", "lib.stride_tricks.sliding_window_view", "linalg.diagonal",
        "linalg.matrix_transpose",
    ), _FIRST),
    **dict.fromkeys(("atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "meshgrid"), (("*", "*"),)),
    "append": ((0, "arr"), (1, "values")), "insert": ((0, "arr"), (2, "values")),
    "pad": ((0, "array"), (9, "constant_values")),
    "compress": ((1, "a"),), "extract": ((1, "arr"),), "choose": ((1, "choices"),),
}  # fmt: skip
_OUT = {"take": 3, "compress": 3, "choose": 2}  # where numpy has `out` by position
_PADDING = ("constant", "edge", "reflect", "symmetric", "wrap")


class Pool:
    """Elements of several arrays in a row; a position says which. Position 0 is the constant 0."""

    def __init__(self) -> None:
        self.parts: list[Any] = []
        self.size = 1
        self.of_numpy = False
        self.bools = True

    def positions(self, x: Any, name: str = "") -> Any:
        """An array as one of positions; lists stay lists."""
        if isinstance(x, (list, tuple)):
            return [self.positions(item, name) for item in x]
        part = ours(x, name)
        kind = getattr(getattr(x, "dtype", None), "kind", "")
        self.bools = self.bools and (part.is_mask or isinstance(x, bool) or kind == "b")
        self.of_numpy = self.of_numpy or part.of_numpy
        self.parts.append(part)
        first, self.size = self.size, self.size + part.size
        return numpy.arange(first, self.size).reshape(part.shape)

    def gathered(self, found: Any) -> Any:
        """The elements at positions, in an array of their shape."""
        if isinstance(found, (list, tuple)):
            return type(found)(map(self.gathered, found))
        found = numpy.asarray(found).astype(int)
        if found.ndim > 2:
            raise ShapeError(f"arrays have one or two dimensions; the result would have shape {found.shape}; {NUMBERS}")
        flat = found.ravel().tolist()
        if len(self.parts) == 1 and 0 not in flat:
            shown = self.parts[0]._view
            places = view.positions(shown)
            block = view.take(shown, [places[k - 1] for k in flat])
        else:
            items = [0.0, *(item for part in self.parts for item in core.items(part._view))]
            block = core.block([items[k] for k in flat])
        if found.ndim == 0:
            item = core.item(block, 0)
            return bool(item) if self.bools and self.parts else item
        rows, columns = found.shape if found.ndim == 2 else (1, *found.shape)
        made = mask_of if self.bools and self.parts else of_view
        return made(found.ndim, whole(block, rows, columns), self.of_numpy)


def fixed(x: Any, name: str) -> Any:
    """An argument that says how to move: numpy's bools for a Mask. Raises `NumberError` for other arrays."""
    if isinstance(x, (list, tuple)):
        return type(x)([fixed(item, name) for item in x])
    if isinstance(x, Array):
        if not x.is_mask:
            raise NumberError(f"np.{name} takes ints or bools there, got a {type(x).__name__}: write x.numpy()")
        return x.numpy()  # type: ignore[attr-defined]
    return x


def moved(name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a function that moves elements returns."""
    data = _MOVED[name]
    if args[_OUT.get(name, len(args)) :] not in ((), (None,)):
        refuse_out(name, args[_OUT[name]])
    pool = Pool()
    everything = data == (("*", "*"),)
    places, words = {k for k, _ in data}, {word for _, word in data}
    given = [pool.positions(x, name) if everything or k in places else fixed(x, name) for k, x in enumerate(args)]
    named = {k: pool.positions(x, name) if k in words else fixed(x, name) for k, x in kwargs.items()}
    return pool.gathered(by_numpy(name, function, given, named))


def _registered(name: str) -> None:
    @open_rule(name)
    def move(*args: Any, **kwargs: Any) -> Any:
        return moved(name, of_numpy(name), args, kwargs)


for _name in _MOVED:
    if _name != "pad":
        _registered(_name)


@open_rule("pad")
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    if mode not in _PADDING or kwargs.get("reflect_type", "even") != "even":
        raise ArgumentError(f"np.pad of an array of Values has the modes {', '.join(_PADDING)}, got {mode}")
    return moved("pad", numpy.pad, (array, pad_width, mode), kwargs)


def selected(x: Any, positions: Any) -> Any:
    """The elements of an array at positions, counted from 0 row by row, in the shape of these."""
    pool = Pool()
    pool.positions(x)
    return pool.gathered(numpy.asarray(positions) + 1)


def replaced(x: Any, flags: Any, number: Any) -> Any:
    """An array with a number, as a constant, in place of the elements that are flagged."""
    pool = Pool()
    positions, constant = pool.positions(x), pool.positions(number)
    return pool.gathered(numpy.where(flags, constant, positions))
