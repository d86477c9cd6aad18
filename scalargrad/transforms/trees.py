"""Arguments and results of transforms as trees: lists, tuples and dicts whose leaves are numbers and arrays.

Outside a transform, a tree has plain numbers and numpy arrays; inside the function, Values, Vectors and Matrices. The
numbers of a tree form one row: single numbers come first, then the numbers of each array.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from scalargrad import convert, core
from scalargrad.arrays import reading
from scalargrad.arrays.base import Array, of_shape
from scalargrad.arrays.reading import Shape
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from scalargrad.transforms import containers

# ROW: a list or tuple of numbers alone, a leaf in place of a branch of many; ARRAY: Vector or Matrix; NUMPY: its array
NUMBER, ROW, ARRAY, NUMPY, BUFFER, OTHER = range(6)
# The name of the whole, whose parts are put together when it is needed; or the path of a container, and a key in it.
Path = str | tuple[Any, ...]
_IN_ROWS = {float, int, core.Node}


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


def _spread(leaf: Leaf) -> Branch:
    """A row as the branch that it stands for."""
    children = [Leaf(x, NUMBER, (), (leaf.path, k), 1, leaf.start + k) for k, x in enumerate(leaf.given)]
    return Branch(leaf.given, range(leaf.size), children, leaf.path)


def _named(path: Path) -> str:
    if isinstance(path, str):
        return path
    return f"{_named(path[0])}[{path[1]!r}]" if len(path) == 2 else "".join(map(str, path))


Subtree = Leaf | Branch


class Tree:
    """An argument or a result, taken apart. Messages call it `where`.

    `results`: a Vector or Matrix that was made from a numpy array counts as a numpy array. `others`: other objects than
    numbers are allowed; otherwise they raise `NumberError`.
    """

    __slots__ = ("_others", "_results", "leaves", "root", "size")

    def __init__(self, given: Any, where: Path, results: bool = False, others: bool = False) -> None:
        self._results, self._others = results, others
        try:
            self.root = root = self._read(given, where)
        except RecursionError:
            raise ArgumentError(f"{_named(where)} is nested too deeply, or contains itself") from None
        if isinstance(root, Leaf):
            self.leaves, self.size = [root], root.size
            return
        self.leaves, self.size = sorted(_leaves(root), key=_is_array), 0
        for leaf in self.leaves:
            leaf.start = self.size
            self.size += leaf.size

    def _read(self, x: Any, path: Path) -> Subtree:
        kind = type(x)
        if isinstance(x, core.Node) or (kind is float and not self._others):
            return Leaf(x, NUMBER, (), path, 1)
        if (kind is list or kind is tuple) and x and not self._others:
            kinds = {*map(type, x)}
            if kinds <= _IN_ROWS:
                return Leaf(x[:] if int not in kinds else kind(map(_item, x)), ROW, (), path, len(x))
        if reading.is_plain(x) and not self._others:
            return _array(x, NUMPY, x.shape, path)
        keys = containers.keys(x)
        if keys is not None:
            return Branch(x, keys, [self._read(x[key], (path, key)) for key in keys], path)
        if isinstance(x, Array):
            return _array(x, NUMPY if self._results and x.of_numpy else ARRAY, x.shape, path)
        if reading.is_numpy(x) and not self._others:
            reading.refuse_masked(x)
        if hasattr(x, "__array__") and not self._others and getattr(x, "shape", None):
            import numpy

            x = numpy.asarray(x)  # also for arrays of jax and torch
        if reading.is_numpy(x):
            tracked = x.dtype == object and any(isinstance(item, core.Node) for item in x.flat)
            if tracked or (x.dtype.kind in "biufO" and not self._others):
                return _array(x, NUMPY, tuple(x.shape), path)
        elif not self._others:
            if _is_number(x):
                return Leaf(_number(x), NUMBER, (), path, 1)
            if reading.is_data(x):
                name = _named(path)
                if not reading.is_buffer(x):  # an array or a table of another library
                    x = reading.of_foreign(x, name)
                    return _array(x, NUMPY, reading.read(x, (1, 2), name, False)[1], path)
                shape = reading.read(x, (1, 2), name, False)[1]
                return _array(x if isinstance(x, array) else reading.of_buffer(x, name), BUFFER, shape, path)
        if self._others:
            return Leaf(x, OTHER, (), path, 0)
        raise NumberError(
            f"{_named(path)} is a {type(x).__name__}, {convert.short(x)}: only numbers, numpy arrays, Vectors and"
            " Matrices, and lists, tuples and dicts of them, can be differentiated"
        )

    def leaf(self, where: str) -> Leaf:
        """The only leaf of a tree that is not a container. Raises `ShapeError` for a container."""
        root = self.branch()
        if isinstance(root, Branch):
            raise ShapeError(f"{where} must be a number or an array, got a {type(root.container).__name__}")
        return root

    def branch(self) -> Subtree:
        """The root; a row as a branch."""
        return _spread(self.root) if isinstance(self.root, Leaf) and self.root.kind == ROW else self.root

    def items(self) -> list[Any]:
        """The Values and floats, as one row."""
        items: list[Any] = []
        for leaf in self.leaves:
            items += _elements(leaf, False)
        return items

    def values(self) -> list[Any]:
        """The Values among the items."""
        return [item for item in self.items() if isinstance(item, core.Node)]

    def numbers(self) -> array[float]:
        """The numbers, as one row."""
        if len(self.leaves) == 1:
            return array("d", _elements(self.leaves[0], True))
        row = array("d")
        for leaf in self.leaves:
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

    def planted(self) -> tuple[list[Any], Any]:
        """New leaves with the numbers: their blocks, in order, and the tree of them, as the function sees it."""
        numbers, root = self.numbers(), self.root
        if isinstance(root, Leaf):  # a common case, in which there is one block
            block = core.doubles(numbers.tobytes(), True)
            if root.kind > ROW:
                return [block], _inside(root, [], iter((block,)))
            leaves = core.items(core.whole(block, 1, root.size))
            return [block], leaves[0] if root.kind == NUMBER else leaves if type(root.given) is list else tuple(leaves)
        blocks = [core.doubles(numbers[start:end].tobytes(), True) for start, end in self.spans()]
        return blocks, self.inside(blocks)

    def inside(self, blocks: Sequence[Any]) -> Any:
        """The tree as the function sees it, from the items of blocks: one block per span of `spans`."""
        singles = core.items(core.whole(blocks[0], 1, len(blocks[0])))
        following = iter(blocks[1:])
        root = self.root
        if isinstance(root, Leaf):
            return _inside(root, singles, following)
        return self.map(lambda leaf: _inside(leaf, singles, following), rows=True)

    def spans(self) -> list[tuple[int, int]]:
        """Where the numbers of each block begin and end: one block of all single numbers, then one block per array."""
        if not self.leaves or not _is_array(self.leaves[-1]):
            return [(0, self.size)]
        arrays = [(leaf.start, leaf.start + leaf.size) for leaf in self.leaves if _is_array(leaf)]
        return [(0, arrays[0][0]), *arrays]

    def match(self, given: Any, where: str, absent: bool = False) -> array[float]:
        """The numbers of another tree, as one row. Raises `ShapeError` unless its containers and shapes are the same.

        With `absent`, None stands for zeros.
        """
        row = array("d", bytes(8 * self.size))
        _match(self.root, given, where, absent, row)
        return row


def _array(given: Any, kind: int, shape: Shape, path: Path) -> Leaf:
    return Leaf(given, kind, shape, path, math.prod(shape))


def _leaves(tree: Subtree) -> list[Leaf]:
    return [tree] if isinstance(tree, Leaf) else [leaf for child in tree.children for leaf in _leaves(child)]


def _is_array(leaf: Leaf) -> bool:
    return ARRAY <= leaf.kind <= BUFFER


def _is_number(x: Any) -> bool:
    try:
        return isinstance(x, (int, float)) or convert.number(x) is not NotImplemented
    except NumberError:
        return False


def _elements(leaf: Leaf, numbers: bool) -> Any:
    given = leaf.given
    if leaf.kind <= ROW:
        items: Sequence[Any] = given if leaf.kind == ROW else (given,)
        return [x if type(x) is float else x.data for x in items] if numbers else items
    if leaf.kind == OTHER:
        return ()
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


def _item(x: Any) -> Any:
    return x if isinstance(x, core.Node) else _number(x)


def _number(x: Any) -> float:
    return x if type(x) is float else x.data if isinstance(x, core.Node) else convert.real(x)


def _map(tree: Subtree, function: Callable[[Leaf], Any], rows: bool) -> Any:
    """The containers, with the function's results. With `rows`, it takes a row whole."""
    if isinstance(tree, Leaf):
        if rows or tree.kind != ROW:
            return function(tree)
        tree = _spread(tree)
    return containers.join(tree.container, tree.keys, [_map(child, function, rows) for child in tree.children])


def _inside(leaf: Leaf, singles: list[Any], blocks: Iterator[Any]) -> Any:
    """A leaf as the function sees it: of the single numbers, or of the next block."""
    if leaf.kind == ROW:
        return type(leaf.given)(singles[leaf.start : leaf.start + leaf.size])
    if leaf.kind == NUMBER:
        return singles[leaf.start]
    if leaf.kind == OTHER:
        return leaf.given
    block = next(blocks)
    if len(leaf.shape) == 0:
        return core.item(block, 0)
    if len(leaf.shape) > 2:
        raise ShapeError(f"{_named(leaf.path)} has shape {leaf.shape}: an array has one or two dimensions")
    return of_shape(block, leaf.shape, leaf.of_numpy)


def _outside(leaf: Leaf, numbers: array[float]) -> Any:
    if leaf.kind == NUMBER:
        return numbers[0]
    if leaf.kind == ROW:
        return numbers.tolist() if type(leaf.given) is list else tuple(numbers)
    if leaf.kind == OTHER:
        return leaf.given
    if leaf.kind == NUMPY:
        return _numpy(numbers, leaf.shape)
    if leaf.kind == BUFFER:
        return numbers if isinstance(leaf.given, array) else reading.nest(numbers.tolist(), leaf.shape)
    return of_shape(core.doubles(numbers.tobytes(), True), leaf.shape, leaf.of_numpy)


def _numpy(numbers: array[float], shape: Shape) -> Any:
    import numpy

    found = numpy.array(numbers, dtype=float)
    return found if len(shape) == 1 else found.reshape(shape)


def joined(numbers: array[float], shape: Shape, of_numpy: bool) -> Any:
    """An entry of a jacobian."""
    return _numpy(numbers, shape) if of_numpy else reading.nest(numbers.tolist(), shape)


def _match(tree: Subtree, given: Any, where: str, absent: bool, row: array[float]) -> None:
    if (given is None and absent) or (isinstance(tree, Leaf) and tree.kind == OTHER):
        return
    if isinstance(tree, Leaf) and tree.kind == ROW:
        tree = _spread(tree)
    if isinstance(tree, Branch):
        _match_children(tree, given, where, absent, row)
        return
    shape, numbers = _read_array(given, where)
    if shape != tree.shape:
        raise ShapeError(f"{where} must have shape {tree.shape}, as {_named(tree.path)} has; got shape {shape}")
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
            f"{where} must be a {wanted}, as {_named(tree.path)} is{f', with keys {tree.keys}' if named else ''};"
            f" got {type(given).__name__} {convert.short(given)}"
        )
    for key, child in zip(tree.keys, tree.children):
        _match(child, given[key], f"{where}[{key!r}]", absent, row)
