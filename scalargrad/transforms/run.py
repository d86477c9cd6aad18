"""One run of a function on fresh leaves: what every transform begins with."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from threading import get_ident
from typing import Any

from scalargrad import contexts, convert, core
from scalargrad.errors import AnomalyError, ArgumentError, ImplicitDetachWarning, NumberError, ShapeError
from scalargrad.nodes import running
from scalargrad.table import ops
from scalargrad.transforms.parts import ROW, Branch, Leaf
from scalargrad.transforms.piece import Piece
from scalargrad.transforms.trees import Tree

Function = Callable[..., Any]

_DOT = ops.OPCODE["dot"]
_new_context: Any = core.Context.__new__


def name_of(fun: Function) -> str:
    """The function's name, or its type's."""
    return getattr(fun, "__name__", type(fun).__name__)


def weighted(items: Sequence[Any], weights: Sequence[Any]) -> Any:
    """A Value whose partial by each Value among the items is its weight; 0.0 if none of them is a Value."""
    pairs = [x for item, weight in zip(items, weights) if isinstance(item, core.Node) for x in (item, weight)]
    with contexts.aside():
        return core.reduce(_DOT, pairs) if pairs else 0.0


def require_function(fun: Any, transform: str) -> None:
    """Raises `ArgumentError` for what cannot be called, such as the number f(x) in place of f."""
    if not callable(fun):
        raise ArgumentError(
            f"{transform} takes a function, got {type(fun).__name__} {convert.short(fun)}: pass f itself, not f(x)"
        )


class _Different(tuple[int, ...]):
    """Different positions from 0 to `last`."""

    last: int


def kept(argnums: Any) -> Any:
    """`argnums` as it is used at every call: an iterator is read once, here, and most tuples are checked once."""
    kept = tuple(argnums) if isinstance(argnums, Iterator) else argnums
    if type(kept) is not tuple or {*map(type, kept)} != {int} or len({*kept}) < len(kept) or min(kept) < 0:
        return kept
    different = _Different(kept)
    different.last = max(kept)
    return different


def positions(argnums: int | Sequence[int], count: int, name: str) -> int | Sequence[int]:
    """The non-negative position of the argument to differentiate by, or those of several."""
    if type(argnums) is int and 0 <= argnums < count:
        return argnums
    if type(argnums) is _Different and argnums.last < count:
        return argnums
    one = convert.index(argnums) is not None
    given: Any = [argnums] if one else argnums
    try:
        positions = [operator.index(k) for k in given]
    except TypeError:
        raise ArgumentError(f"argnums must be an int or a sequence of ints, got {argnums!r}") from None
    for k in positions:
        if not -count <= k < count:
            raise ArgumentError(
                f"argnums={argnums!r} does not fit: {name} was called with {count} positional argument(s)"
            )
    positions = [k % count for k in positions]
    if len(set(positions)) < len(positions):
        raise ArgumentError(f"argnums={argnums!r} names an argument twice")
    return positions[0] if one else positions


def _note_nested() -> None:
    for around in running.here():
        around.nested = True


class Run:
    """One run of a function on fresh leaves."""

    def __init__(self, fun: Function, name: str, args: Sequence[Any], positions: int | Sequence[int]) -> None:
        """Plants the argument at a position; or those at several, as one tuple."""
        self.fun, self.name, self.args = fun, name, list(args)
        given = args[positions] if isinstance(positions, int) else tuple([args[k] for k in positions])
        self.input = Tree(given, ("argument", positions, name))
        self.aux_tree: Tree | None = None
        self.numbers = bool(core.mode() & core.NO_GRAD)  # then all results are numbers
        # Whether no item of the input, or of aux, is a Value: then all results are numbers, unless the function closes
        # over Values.
        self.is_plain = self.numbers or not self.input.has_values
        self.since = core.moment()
        self.blocks, seen = self.input.planted()
        if isinstance(positions, int):
            self.args[positions] = seen
        else:
            for k, given in zip(positions, seen):
                self.args[k] = given

    def execute(self, kwargs: dict[str, Any], has_aux: bool, twice: bool = False) -> Run:
        """Calls the function, and returns self with its outputs. `twice`: it will be differentiated twice."""
        has_aux = has_aux is not False and convert.flag(has_aux, "has_aux")
        context = _new_context(running.recording, core.RECORD)
        context.blocks, context.thread = self.blocks, get_ident()
        context.is_plain, context.nested, context.numbers = self.is_plain and not twice, False, self.numbers
        if not self.is_plain:
            _note_nested()
        try:
            with context:
                running.now[context] = context
                result = self.fun(*self.args, **kwargs)
        finally:
            running.now.pop(context, None)
        self.nested = context.nested
        self.args = []
        if has_aux:
            if not isinstance(result, (tuple, list)) or len(result) != 2:
                raise ArgumentError(
                    f"with has_aux, {self.name} must return a pair (value, aux), got {type(result).__name__}"
                )
            result, aux = result
            self.aux_tree = Tree(aux, f"the aux of {self.name}", results=True, others=True)
            self.is_plain &= self.numbers or not self.aux_tree.has_values
            contexts.refuse_results(self.aux_tree.values(), f"the aux of {self.name}")
        if result is None:
            raise NumberError(f"{self.name} returned None: does it lack a return?")
        self.result = result
        self._outputs: Tree | None = None
        self._items: list[Any] | None = None
        return self

    @property
    def outputs(self) -> Tree:
        """The result, taken apart."""
        if self._outputs is None:
            self._outputs = Tree(self.result, f"the result of {self.name}", results=True)
        return self._outputs

    @property
    def items(self) -> list[Any]:
        """The Values and floats of the result."""
        if self._items is None:
            self._items = self.outputs.items()
            contexts.refuse_results(self._items, f"the result of {self.name}")
        return self._items

    def warn_if_lost(self) -> None:
        """Warns if the result has numbers, and none is a Value. A derivative may be one: of an affine function."""
        for item in self.items:
            if isinstance(item, core.Node):
                return
        if self.items and any(map(len, self.blocks)) and not self.nested:
            contexts.warn_user(
                f"no Value reached the result of {self.name}, so its derivative is 0: in it, use sg.exp for math.exp,"
                " and x itself for x.data and float(x)",
                ImplicitDetachWarning,
            )

    def scalar(self, transform: str) -> Any:
        """The only number of the result, a Value or float. Raises `ShapeError` if it has another form."""
        if isinstance(self.result, core.Node) and not core.mode() & core.WATCH:
            return self.result
        root = self.outputs.root
        if isinstance(root, Leaf) and root.kind != ROW and root.shape == ():
            if not isinstance(self.items[0], core.Node):
                self.warn_if_lost()
            return self.items[0]
        root = self.outputs.branch()
        if isinstance(root, Branch):
            found = f"a {type(root.container).__name__} of {len(root.children)}"
            advice = ", or has_aux=True where it is (value, aux)" if len(root.children) == 2 else ""
        else:
            found, advice = f"shape {root.shape}", ", or sum() or mean() of the result"
        raise ShapeError(
            f"{transform} needs a function whose result is one number, {self.name} returned {found}:"
            f" use jacobian{advice}"
        )

    @property
    def size(self) -> int:
        """How many numbers the input has."""
        return self.input.size

    def _with_aux(self, items: Sequence[Any]) -> list[Any]:
        return [*items, *(self.aux_tree.items() if self.aux_tree else [])]

    def piece(self, items: Sequence[Any]) -> Piece:
        """What lies between the input and some results; the items of aux are results too, the last ones."""
        _note_nested()
        return Piece(self._with_aux(items), self.blocks, self.since, self.input.items(), self.numbers)

    def sketch(self) -> tuple[bytes, bytes] | None:
        """The sketch of what lies between the input and the result, and the numbers of the input, as bytes; None, if it
        has no sketch, or these are Values."""
        if self.input.has_values and not self.numbers:
            return None
        _note_nested()
        return core.sketch(self.items, self.blocks, self.since)

    def plain_results(self) -> list[float]:
        """The results as numbers, and those of aux."""
        return [x.data if isinstance(x, core.Node) else x for x in self._with_aux(self.items)]

    def refuse_anomalies(self, derivatives: Sequence[Any]) -> None:
        """Under a watcher, raises if a derivative is nan or infinite, and names the rule that made it."""
        mode = core.mode()
        if not mode & core.WATCH:
            return
        bad = any(not isfinite(x.data if isinstance(x, core.Node) else x) for x in derivatives)
        if bad or mode & core.STRICT:
            for item in self.items:
                if isinstance(item, core.Node) and core.key(item) is not None:
                    contexts.gradients(item, self.blocks, self.since)
        if bad:
            raise AnomalyError(f"a derivative of {self.name} is nan or infinite")

    def aux(self, values: Sequence[Any] | None = None) -> Any:
        """The aux, of these Values and floats; else of its own numbers."""
        tree = self.aux_tree
        assert tree is not None
        return tree.outside(tree.numbers()) if values is None else tree.holding(values)

    def pull(self, root: Any, numbers: bool = False) -> array[float] | None:
        """The derivatives of a root by all numbers of the input, as one row. None, if it depends on other Values, so
        that they might be Values too, unless numbers are wanted."""
        if not isinstance(root, core.Node):
            return array("d", bytes(8 * self.size))
        if core.key(root) is None:
            root = weighted([root], [1.0])
        found, others = contexts.gradients(root, self.blocks, self.since)
        return None if others and not (self.numbers or numbers) else array("d", found)

    def outside(self, row: Sequence[Any]) -> Any:
        """A row of numbers in the containers of the input; also of Values, if it is a list."""
        return self.input.holding(row) if isinstance(row, list) else self.input.outside(row)  # type: ignore[arg-type]
