"""The parts of trees: leaves, which are numbers, rows of numbers, arrays and other objects, and branches."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from scalargrad import core
from scalargrad.arrays import reading
from scalargrad.arrays.base import of_shape
from scalargrad.arrays.reading import Shape
from scalargrad.transforms import containers

# ROW: a list, tuple or dict of numbers alone, a leaf in place of a branch of many
# ARRAY: Vector or Matrix; NUMPY: its array; BUFFER: such as an `array`; OTHER: an object that is passed on
NUMBER, ROW, ARRAY, NUMPY, BUFFER, OTHER = range(6)
# The name of the whole; or its parts: what it is, its number, and of what (of a tuple of them, their numbers). Or the
# path of a container, and a key in it. So the text is put together only when it is needed.
Path = str | tuple[Any, ...]


class Leaf:
    """A number, an array, or another object, which a transform passes through unchanged."""

    __slots__ = ("given", "kind", "path", "shape", "size", "start")

    def __init__(self, given: Any, kind: int, shape: Shape, path: Path, size: int, start: int = 0) -> None:
        self.given, self.kind, self.shape, self.path, self.size, self.start = given, kind, shape, path, size, start

    @property
    def of_numpy(self) -> bool:
        return self.kind == NUMPY or (self.kind == ARRAY and self.given.of_numpy)


class Branch:
    """A container with `children` at `keys`: indices of a list or tuple, or keys of a dict."""

    __slots__ = ("children", "container", "keys", "path")

    def __init__(self, container: Any, keys: Sequence[Any], children: list[Any], path: Path) -> None:
        self.container, self.keys, self.children, self.path = container, keys, children, path


def spread(leaf: Leaf) -> Branch:
    """A row as the branch that it stands for."""
    keys: Any = containers.keys(leaf.given)
    children = [Leaf(leaf.given[key], NUMBER, (), (leaf.path, key), 1, leaf.start + k) for k, key in enumerate(keys)]
    return Branch(leaf.given, keys, children, leaf.path)


def like(row: Any, items: list[Any]) -> Any:
    """The container of a row with other items."""
    kind = type(row)
    return items if kind is list else tuple(items) if kind is tuple else dict(zip(row, items))


def named(path: Path) -> str:
    if isinstance(path, str):
        return path
    if len(path) == 3:
        what, number, of = path
        return f"{what} {number} of {of}" if of else f"{what} {number}"
    whole, key = path
    if len(whole) == 3 and isinstance(whole, tuple) and not isinstance(whole[1], int):
        return named((whole[0], whole[1][key], whole[2]))
    return f"{named(whole)}[{key!r}]"


Subtree = Leaf | Branch


def tracked(items: Iterable[Any]) -> bool:
    """Whether one of the items is a Value."""
    return any(issubclass(kind, core.Node) for kind in {*map(type, items)})


def shaped(items: Sequence[Any], shape: Shape, of_numpy: bool) -> Any:
    """An array of Values and floats: ours, if it has one or two dimensions; else nested lists, or numpy's array."""
    if not shape:
        return items[0]
    if len(shape) <= 2:
        return of_shape(core.block(items), shape, of_numpy)
    nested = reading.nest(list(items), shape)
    if not of_numpy:
        return nested
    import numpy

    found = numpy.empty(len(items), dtype=object)
    found[:] = items
    return found.reshape(shape)


def of_numbers(numbers: array[float], shape: Shape) -> Any:
    """An array of numpy's."""
    import numpy

    found = numpy.array(numbers, dtype=float)
    return found if len(shape) == 1 else found.reshape(shape)


def joined(items: Sequence[Any], shape: Shape, of_numpy: bool) -> Any:
    """An entry of a jacobian or hessian, of Values or floats."""
    if not isinstance(items, array) and tracked(items):
        return shaped(items, shape, of_numpy)
    numbers = items if isinstance(items, array) else array("d", items)
    return of_numbers(numbers, shape) if of_numpy else reading.nest(numbers.tolist(), shape)
