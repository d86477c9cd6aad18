"""Arguments and results of transforms as trees: lists, tuples and dicts whose leaves are numbers and arrays.

Outside a transform, a tree has plain numbers and numpy arrays; inside the function, Values, Vectors and Matrices. The
numbers of a tree form one row: single numbers come first, then the numbers of each array.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from scalargrad import convert, core
from scalargrad.arrays import reading
from scalargrad.arrays.base import Array, of_shape
from scalargrad.arrays.reading import Shape
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from scalargrad.transforms import containers

NUMBER, ARRAY, NUMPY, BUFFER, OTHER = range(5)  # ARRAY: Vector or Matrix; NUMPY: a numpy array


class Leaf:
    """A number, an array, or another object, which a transform passes through unchanged."""

    __slots__ = ("given", "kind", "of_numpy", "path", "shape", "size", "start")

    def __init__(self, given: Any, kind: int, shape: Shape, path: str) -> None:
        self.given, self.kind, self.shape, self.path = given, kind, shape, path
        self.of_numpy = kind == NUMPY or (kind == ARRAY and given.of_numpy)
        self.start, self.size = 0, math.prod(shape) if kind != OTHER else 0


class Branch:
    """A container with `children` at `keys`: indices of a list or tuple, or keys of a dict."""

    __slots__ = ("children", "container", "keys", "path")

    def __init__(self, container: Any, keys: Sequence[Any], children: list[Any], path: str) -> None:
        self.container, self.keys, self.children, self.path = container, keys, children, path


Subtree = Leaf | Branch


class Tree:
    """An argument or a result, taken apart. Messages call it `where`.

    `results`: a Vector or Matrix that was made from a numpy array counts as a numpy array. `others`: other objects than
    numbers are allowed; otherwise they raise `NumberError`.
    """

    __slots__ = ("_others", "_results", "leaves", "root", "size")

    def __init__(self, given: Any, where: str, results: bool = False, others: bool = False) -> None:
        self.leaves: list[Leaf] = []
        self._results, self._others = results, others
        try:
            self.root = self._read(given, where)
        except RecursionError:
            raise ArgumentError(f"{where} is nested too deeply, or contains itself") from None
        self.size = 0
        for numbers in (True, False):
            for leaf in self.leaves:
                if (leaf.kind == NUMBER) is numbers:
                    leaf.start = self.size
                    self.size += leaf.size

    def _leaf(self, given: Any, kind: int, shape: Shape, path: str) -> Leaf:
        leaf = Leaf(given, kind, shape, path)
        self.leaves.append(leaf)
        return leaf

    def _read(self, x: Any, path: str) -> Subtree:
        kind = type(x)
        if isinstance(x, core.Node) or (kind is float and not self._others):
            return self._leaf(x, NUMBER, (), path)
        keys = containers.keys(x)
        if keys is not None:
            return Branch(x, keys, [self._read(x[key], f"{path}[{key!r}]") for key in keys], path)
        if isinstance(x, Array):
            return self._leaf(x, NUMPY if self._results and x.of_numpy else ARRAY, x.shape, path)
        if reading.is_numpy(x) and not self._others:
            reading.refuse_masked(x)
        if hasattr(x, "__array__") and not self._others and getattr(x, "shape", None):
            import numpy

            x = numpy.asarray(x)  # also for arrays of jax and torch
        if reading.is_numpy(x):
            tracked = x.dtype == object and any(isinstance(item, core.Node) for item in x.flat)
            if tracked or (x.dtype.kind in "biufO" and not self._others):
                return self._leaf(x, NUMPY, tuple(x.shape), path)
        elif not self._others:
            if _is_number(x):
                return self._leaf(x, NUMBER, (), path)
            if reading.is_data(x):
                if not reading.is_buffer(x):  # an array or a table of another library
                    x = reading.of_foreign(x, path)
                    return self._leaf(x, NUMPY, reading.read(x, (1, 2), path, False)[1], path)
                shape = reading.read(x, (1, 2), path, False)[1]
                return self._leaf(x if isinstance(x, array) else reading.of_buffer(x, path), BUFFER, shape, path)
        if self._others:
            return self._leaf(x, OTHER, (), path)
        raise NumberError(
            f"{path} is a {type(x).__name__}, {convert.short(x)}: only numbers, numpy arrays, Vectors and Matrices,"
            " and lists, tuples and dicts of them, can be differentiated"
        )

    def leaf(self, where: str) -> Leaf:
        """The only leaf of a tree that is not a container. Raises `ShapeError` for a container."""
        if isinstance(self.root, Branch):
            raise ShapeError(f"{where} must be a number or an array, got a {type(self.root.container).__name__}")
        return self.root

    def _each(self, numbers: bool) -> list[Any]:
        """The elements of each leaf: a list of Values and numbers, or of numbers alone."""
        return [_elements(leaf, numbers) for leaf in sorted(self.leaves, key=lambda leaf: leaf.kind != NUMBER)]

    def items(self) -> list[Any]:
        """The Values and floats, as one row."""
        return [item for items in self._each(False) for item in items]

    def values(self) -> list[Any]:
        """The Values among the items."""
        return [item for item in self.items() if isinstance(item, core.Node)]

    def numbers(self) -> array[float]:
        """The numbers, as one row."""
        row = array("d")
        for numbers in self._each(True):
            row.extend(numbers)
        return row

    # --- building the containers again

    def map(self, function: Callable[[Leaf], Any]) -> Any:
        """The same containers, with the function's result in place of each leaf."""
        return _map(self.root, function)

    def outside(self, numbers: array[float]) -> Any:
        """The tree with other, plain numbers, in the same containers and shapes."""
        return self.map(lambda leaf: _outside(leaf, numbers[leaf.start : leaf.start + leaf.size]))

    def inside(self, blocks: Sequence[Any]) -> Any:
        """The tree as the function sees it, from the items of blocks: one block per span of `spans`."""
        following = iter(blocks[1:])

        def build(leaf: Leaf) -> Any:
            if leaf.kind == OTHER:
                return leaf.given
            if leaf.kind == NUMBER:
                return core.item(blocks[0], leaf.start)
            block = next(following)
            if len(leaf.shape) == 0:
                return core.item(block, 0)
            if len(leaf.shape) > 2:
                raise ShapeError(f"{leaf.path} has shape {leaf.shape}: an array has one or two dimensions")
            return of_shape(block, leaf.shape, leaf.of_numpy)

        return self.map(build)

    def spans(self) -> list[tuple[int, int]]:
        """Where the numbers of each block begin and end: one block of all single numbers, then one block per array."""
        arrays = [(leaf.start, leaf.start + leaf.size) for leaf in self.leaves if leaf.kind not in (NUMBER, OTHER)]
        return [(0, arrays[0][0] if arrays else self.size), *arrays]

    def match(self, given: Any, where: str, absent: bool = False) -> array[float]:
        """The numbers of another tree, as one row. Raises `ShapeError` unless its containers and shapes are the same.

        With `absent`, None stands for zeros.
        """
        row = array("d", bytes(8 * self.size))
        _match(self.root, given, where, absent, row)
        return row


def _is_number(x: Any) -> bool:
    try:
        return isinstance(x, (int, float)) or convert.number(x) is not NotImplemented
    except NumberError:
        return False


def _elements(leaf: Leaf, numbers: bool) -> Any:
    given = leaf.given
    if leaf.kind == OTHER:
        return ()
    if isinstance(given, Array):
        if numbers:
            return given.numbers()
        return given.elements()
    if leaf.kind == NUMPY and given.dtype != object:
        row = array("d", reading.doubles(given).tobytes())
        return row if numbers else row.tolist()
    if leaf.kind == NUMBER:
        items: list[Any] = [given]
    elif leaf.kind == NUMPY:
        items = given.ravel().tolist()
    else:
        items = given if len(leaf.shape) == 1 else [item for row in given for item in row]
    return [_number(item) if numbers or not isinstance(item, core.Node) else item for item in items]


def _number(x: Any) -> float:
    return x if type(x) is float else x.data if isinstance(x, core.Node) else convert.real(x)


def _map(tree: Subtree, function: Callable[[Leaf], Any]) -> Any:
    if isinstance(tree, Leaf):
        return function(tree)
    return containers.join(tree.container, tree.keys, [_map(child, function) for child in tree.children])


def _outside(leaf: Leaf, numbers: array[float]) -> Any:
    if leaf.kind == OTHER:
        return leaf.given
    if leaf.kind == NUMBER:
        return numbers[0]
    if leaf.kind == NUMPY:
        return _numpy(numbers, leaf.shape)
    if leaf.kind == BUFFER:
        return numbers if isinstance(leaf.given, array) else reading.nest(numbers.tolist(), leaf.shape)
    return of_shape(core.doubles(numbers.tobytes(), True), leaf.shape, leaf.of_numpy)


def _numpy(numbers: array[float], shape: Shape) -> Any:
    import numpy

    return numpy.array(numbers, dtype=float).reshape(shape)


def joined(numbers: array[float], shape: Shape, of_numpy: bool) -> Any:
    """An entry of a jacobian."""
    return _numpy(numbers, shape) if of_numpy else reading.nest(numbers.tolist(), shape)


def _match(tree: Subtree, given: Any, where: str, absent: bool, row: array[float]) -> None:
    if (given is None and absent) or (isinstance(tree, Leaf) and tree.kind == OTHER):
        return
    if isinstance(tree, Branch):
        _match_children(tree, given, where, absent, row)
        return
    shape, numbers = _read_array(given, where)
    if shape != tree.shape:
        raise ShapeError(f"{where} must have shape {tree.shape}, as {tree.path} has; got shape {shape}")
    row[tree.start : tree.start + tree.size] = numbers


def _read_array(given: Any, where: str) -> tuple[Shape, array[float]]:
    """The shape and the numbers of a number, an array or nested sequences."""
    if not isinstance(given, (list, tuple)):
        leaf = Tree(given, where).leaf(where)
        return leaf.shape, array("d", _elements(leaf, True))
    found = of_shape(*reading.read(given, (1, 2), where, False))
    return found.shape, found.numbers()


def _match_children(tree: Branch, given: Any, where: str, absent: bool, row: array[float]) -> None:
    named = isinstance(tree.container, dict)
    if named:
        same = isinstance(given, dict) and given.keys() == set(tree.keys)
    else:
        sequences: Any = (list, tuple, Array)
        fits = isinstance(given, sequences) or (reading.is_numpy(given) and given.ndim)
        same = fits and len(given) == len(tree.keys)
    if not same:
        wanted = f"{type(tree.container).__name__} of {len(tree.children)}"
        raise ShapeError(
            f"{where} must be a {wanted}, as {tree.path} is{f', with keys {tree.keys}' if named else ''};"
            f" got {type(given).__name__} {convert.short(given)}"
        )
    for key, child in zip(tree.keys, tree.children):
        _match(child, given[key], f"{where}[{key!r}]", absent, row)
