"""Arguments and results of transforms as trees: lists, tuples and dicts whose leaves are numbers and arrays.

Outside a transform, a tree has plain numbers and numpy arrays; inside the function, Values, Vectors and Matrices. The
numbers of a tree form one row: single numbers come first, then the numbers of each array.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from scalargrad import convert, core
from scalargrad.arrays import reading
from scalargrad.arrays.base import Array, of_shape
from scalargrad.arrays.reading import Shape
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from scalargrad.transforms import containers
from scalargrad.transforms.parts import (
    ARRAY,
    BUFFER,
    NUMBER,
    NUMPY,
    OTHER,
    ROW,
    Branch,
    Leaf,
    Path,
    Subtree,
    like,
    named,
    of_numbers,
    shaped,
    spread,
    tracked,
)  # fmt: skip

_ROWS, _IN_ROWS = {list, tuple, dict}, {float, int, core.Node}
_SEQUENCES, _AS_THEY_ARE = {list, tuple}, {float, core.Node}


class Tree:
    """An argument or a result, taken apart. Messages call it `where`.

    `results`: a Vector or Matrix that was made from a numpy array counts as a numpy array. `others`: other objects than
    numbers are allowed; otherwise they raise `NumberError`.
    """

    __slots__ = ("_others", "_results", "_singles", "arrays", "has_values", "root", "size")

    def __init__(self, given: Any, where: Path, results: bool = False, others: bool = False) -> None:
        self._results, self._others = results, others
        self._singles: list[Any] = []  # the Values and floats that are in no array
        self.arrays: list[Leaf] = []
        self.has_values = False  # whether an item is a Value
        try:
            self.root = self._read(given, where)
        except RecursionError:
            raise ArgumentError(f"{named(where)} is nested too deeply, or contains itself") from None
        size = len(self._singles)
        for leaf in self.arrays:
            leaf.start = size
            size += leaf.size
        self.size = size

    def _read(self, x: Any, path: Path) -> Subtree:
        kind, singles = type(x), self._singles
        if kind in _ROWS and x and not self._others:
            items = [*x.values()] if kind is dict else [*x]
            kinds = {*map(type, items)}
            if kinds <= _IN_ROWS:
                self.has_values |= core.Node in kinds
                singles += map(_item, items) if int in kinds else items
                size = len(items)
                return Leaf(x.copy() if kind is dict else like(x, items), ROW, (), path, size, len(singles) - size)
        elif (kind is float and not self._others) or isinstance(x, core.Node):
            singles.append(x)
            self.has_values |= kind is not float
            return Leaf(x, NUMBER, (), path, 1, len(singles) - 1)
        if reading.is_plain(x) and not self._others:
            return self._array(x, NUMPY, x.shape, path)
        keys = containers.keys(x)
        if keys is not None:
            return Branch(x, keys, [self._read(x[key], (path, key)) for key in keys], path)
        if isinstance(x, Array):
            return self._array(x, NUMPY if self._results and x.of_numpy else ARRAY, x.shape, path)
        if reading.is_numpy(x) and not self._others:
            reading.refuse_masked(x)
        if hasattr(x, "__array__") and not self._others and getattr(x, "shape", None):
            import numpy

            x = numpy.asarray(x)  # also for arrays of jax and torch
        if reading.is_numpy(x):
            has_values = x.dtype == object and tracked(x.flat)
            if has_values or (x.dtype.kind in "biufO" and not self._others):
                return self._array(x, NUMPY, tuple(x.shape), path)
        elif not self._others:
            if _is_number(x):
                return self._read(_number(x), path)
            if reading.is_data(x):
                name = named(path)
                if not reading.is_buffer(x):  # an array or a table of another library
                    x = reading.of_foreign(x, name)
                    return self._array(x, NUMPY, reading.read(x, (1, 2), name, False)[1], path)
                shape = reading.read(x, (1, 2), name, False)[1]
                return self._array(x if isinstance(x, array) else reading.of_buffer(x, name), BUFFER, shape, path)
        if self._others:
            return Leaf(x, OTHER, (), path, 0)
        raise NumberError(
            f"{named(path)} is a {type(x).__name__}, {convert.short(x)}: only numbers, numpy arrays, Vectors and"
            " Matrices, and lists, tuples and dicts of them, can be differentiated"
        )

    def _array(self, x: Any, kind: int, shape: Shape, path: Path) -> Leaf:
        leaf = Leaf(x, kind, shape, path, math.prod(shape))
        self.arrays.append(leaf)
        self.has_values |= _tracks(leaf)
        return leaf

    def leaf(self, where: str) -> Leaf:
        """The only leaf of a tree that is not a container. Raises `ShapeError` for a container."""
        root = self.branch()
        if isinstance(root, Branch):
            raise ShapeError(f"{where} must be a number or an array, got a {type(root.container).__name__}")
        return root

    def branch(self) -> Subtree:
        """The root; a row as a branch."""
        return spread(self.root) if isinstance(self.root, Leaf) and self.root.kind == ROW else self.root

    def items(self) -> list[Any]:
        """The Values and floats, as one row."""
        items = [*self._singles]
        for leaf in self.arrays:
            items += _elements(leaf, False)
        return items

    def values(self) -> list[Any]:
        """The Values among the items."""
        return [item for item in self.items() if isinstance(item, core.Node)]

    def numbers(self) -> array[float]:
        """The numbers, as one row."""
        row = array("d", map(_number, self._singles))
        for leaf in self.arrays:
            row.extend(_elements(leaf, True))
        return row

    # --- building the containers again

    def map(self, function: Callable[[Leaf], Any], rows: bool = False) -> Any:
        """The same containers, with the function's result in place of each leaf: of a row, or else of its numbers."""
        return _map(self.root, function, rows)

    def outside(self, numbers: array[float]) -> Any:
        """The tree with other, plain numbers, in the same containers and shapes."""
        root = self.root
        if isinstance(root, Leaf):
            return _outside(root, numbers)
        return self.map(lambda leaf: _outside(leaf, numbers[leaf.start : leaf.start + leaf.size]), rows=True)

    def holding(self, items: Sequence[Any]) -> Any:
        """The tree with other items, Values or floats, in the same containers and shapes. An array of floats alone is
        what it is outside of a transform."""
        return self.map(lambda leaf: _holding(leaf, items[leaf.start : leaf.start + leaf.size]), rows=True)

    def planted(self) -> tuple[list[Any], Any]:
        """New leaves with the numbers: their blocks, in order, and the tree of them, as the function sees it."""
        block, singles = core.new_leaves(self._singles)
        if not self.arrays:
            return [block], self._of(singles, ())
        arrays = [core.doubles(array("d", _elements(leaf, True)).tobytes(), True) for leaf in self.arrays]
        return [block, *arrays], self._of(singles, arrays)

    def inside(self, row: list[Any]) -> Any:
        """The tree as the function sees it, from other items, as one row."""
        return self._of(row, [core.block(row[leaf.start : leaf.start + leaf.size]) for leaf in self.arrays])

    def _of(self, singles: list[Any], blocks: Iterable[Any]) -> Any:
        """The tree as the function sees it, from its single numbers, and a block per array."""
        root, following = self.root, iter(blocks)
        if isinstance(root, Leaf):
            return _inside(root, singles, following)
        return self.map(lambda leaf: _inside(leaf, singles, following), rows=True)

    def match(self, given: Any, where: Path, absent: bool = False) -> list[Any]:
        """The items of another tree, as one row. Raises `ShapeError` unless its containers and shapes are the same.

        With `absent`, None stands for zeros.
        """
        row: list[Any] = [0.0] * self.size
        _match(self.root, given, where, absent, row)
        return row


def _is_number(x: Any) -> bool:
    try:
        return isinstance(x, (int, float)) or convert.number(x) is not NotImplemented
    except NumberError:
        return False


def _elements(leaf: Leaf, numbers: bool) -> Any:
    """The numbers of an array, or its Values and floats."""
    given = leaf.given
    if isinstance(given, Array):
        if numbers:
            return given.numbers()
        return given.elements()
    if leaf.kind == NUMPY and given.dtype.kind != "O":
        row = array("d", reading.doubles(given).tobytes())
        return row if numbers else row.tolist()
    if leaf.kind == NUMPY:
        items = given.ravel().tolist()
    else:
        items = given if len(leaf.shape) == 1 else [item for row in given for item in row]
    return [_number(item) if numbers else _item(item) for item in items]


def _tracks(leaf: Leaf) -> bool:
    """Whether an element of an array is a Value."""
    if leaf.kind == BUFFER or (leaf.kind == NUMPY and reading.is_numpy(leaf.given) and leaf.given.dtype.kind != "O"):
        return False
    return tracked(_elements(leaf, False))


def _item(x: Any) -> Any:
    return x if isinstance(x, core.Node) else _number(x)


def _number(x: Any) -> float:
    return x if type(x) is float else x.data if isinstance(x, core.Node) else convert.real(x)


def _map(tree: Subtree, function: Callable[[Leaf], Any], rows: bool) -> Any:
    """The containers, with the function's results. With `rows`, it takes a row whole."""
    if isinstance(tree, Leaf):
        if rows or tree.kind != ROW:
            return function(tree)
        tree = spread(tree)
    return containers.join(tree.container, tree.keys, [_map(child, function, rows) for child in tree.children])


def _inside(leaf: Leaf, singles: list[Any], blocks: Iterator[Any]) -> Any:
    """A leaf as the function sees it: of the single numbers, or of the next block."""
    if leaf.kind == ROW:
        return like(leaf.given, singles[leaf.start : leaf.start + leaf.size])
    if leaf.kind == NUMBER:
        return singles[leaf.start]
    if leaf.kind == OTHER:
        return leaf.given
    block = next(blocks)
    if len(leaf.shape) == 0:
        return core.item(block, 0)
    if len(leaf.shape) > 2:
        raise ShapeError(f"{named(leaf.path)} has shape {leaf.shape}: an array has one or two dimensions")
    return of_shape(block, leaf.shape, leaf.of_numpy)


def _outside(leaf: Leaf, numbers: array[float]) -> Any:
    if leaf.kind == NUMBER:
        return numbers[0]
    if leaf.kind == ROW:
        return like(leaf.given, numbers.tolist())
    if leaf.kind == OTHER:
        return leaf.given
    if leaf.kind == NUMPY:
        return of_numbers(numbers, leaf.shape)
    if leaf.kind == BUFFER:
        return numbers if isinstance(leaf.given, array) else reading.nest(numbers.tolist(), leaf.shape)
    return of_shape(core.doubles(numbers.tobytes(), True), leaf.shape, leaf.of_numpy)


def _holding(leaf: Leaf, items: Sequence[Any]) -> Any:
    if not tracked(items):
        return _outside(leaf, array("d", items))
    if leaf.kind <= ROW:
        return items[0] if leaf.kind == NUMBER else like(leaf.given, list(items))
    return shaped(items, leaf.shape, leaf.of_numpy)


def _match(tree: Subtree, given: Any, where: Path, absent: bool, row: list[Any]) -> None:
    if (given is None and absent) or (isinstance(tree, Leaf) and tree.kind == OTHER):
        return
    if isinstance(tree, Leaf) and tree.kind == ROW:
        items: Any = given
        flat = type(items) in _SEQUENCES and type(tree.given) in _SEQUENCES and len(items) == tree.size
        if flat and {*map(type, items)} <= _AS_THEY_ARE:
            row[tree.start : tree.start + tree.size] = items
            return
        tree = spread(tree)
    if isinstance(tree, Branch):
        _match_children(tree, given, where, absent, row)
        return
    shape, items = _read_array(given, where)
    if shape != tree.shape:
        raise ShapeError(f"{named(where)} must have shape {tree.shape}, as {named(tree.path)} has; got shape {shape}")
    row[tree.start : tree.start + tree.size] = items


def _read_array(given: Any, where: Path) -> tuple[Shape, Sequence[Any]]:
    """The shape and the items of a number, an array or nested sequences."""
    if not isinstance(given, (list, tuple)):
        tree = Tree(given, where)
        return tree.leaf(named(where)).shape, tree.items()
    found = of_shape(*reading.read(given, (1, 2), named(where), False))
    return found.shape, found.elements()


def _match_children(tree: Branch, given: Any, where: Path, absent: bool, row: list[Any]) -> None:
    by_key = isinstance(tree.container, dict)
    if by_key:
        same = isinstance(given, dict) and given.keys() == set(tree.keys)
    else:
        sequences: Any = (list, tuple, Array)
        fits = isinstance(given, sequences) or (reading.is_numpy(given) and given.ndim)
        same = fits and len(given) == len(tree.keys)
    if not same:
        wanted = f"{type(tree.container).__name__} of {len(tree.children)}"
        keys = f", with keys {tree.keys}" if by_key else ""
        raise ShapeError(
            f"{named(where)} must be a {wanted}, as {named(tree.path)} is{keys};"
            f" got {type(given).__name__} {convert.short(given)}"
        )
    for key, child in zip(tree.keys, tree.children):
        _match(child, given[key], (where, key), absent, row)
