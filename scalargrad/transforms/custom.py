"""`custom_vjp`: a function whose derivative the user defines."""

from __future__ import annotations

import functools
from array import array
from collections.abc import Callable, Sequence
from threading import get_ident
from typing import Any, Generic, ParamSpec, TypeVar, cast

from scalargrad import contexts, convert, core
from scalargrad.errors import AnomalyError, ArgumentError, HigherOrderError, NumberError
from scalargrad.nodes import running
from scalargrad.table import ops
from scalargrad.transforms.piece import Piece
from scalargrad.transforms.run import require_function
from scalargrad.transforms.trees import Tree

P = ParamSpec("P")
R = TypeVar("R")
Backward = Callable[..., tuple[Any, ...] | list[Any]]

_PLAIN, _FLOATS = {core.Node, float}, {float}
_NOT_CALLED = object()
_RULED = ops.OPCODE["ruled"]


class custom_vjp(Generic[P, R]):
    """A decorator that replaces the derivative of a function, as in JAX. ``defvjp(fwd, bwd)`` sets the derivative.

    ``fwd(*args)`` returns (result, residuals). ``bwd(residuals, cotangent)`` takes a cotangent of the shape of the
    result, and returns a tuple with one cotangent per argument, each of its argument's shape, or None for zeros.
    Arguments at `nondiff_argnums` are constants; `bwd` takes them first.

    `fwd` and `bwd` get plain numbers: a float for a Value; for a Vector a numpy array if it was made from one, else a
    Vector of new leaves. Nothing that they do is recorded, so Values that they close over are constants. A call without
    Values calls the function itself.

    Inside a transform they get Values, and the partials become nodes, so that the derivative can be taken again. There
    a rule that reads a Value as a plain number, as `math.exp` does, raises `HigherOrderError` at its line. So does a
    call of a rule that closes over a Value, whose gradient would be lost in part: make it an argument. If only one
    transform is running, of plain numbers, a rule that raises on Values is run on plain numbers instead.

    A vjp is linear in its cotangent. So a call with Values calls `bwd` at once with unit cotangents, once per number of
    the result, to find the partials. It records them with the value that `fwd` returned, to the bit.

    >>> from scalargrad import Value
    >>> @custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda _, g: (max(-1.0, min(1.0, 10.0 * g)),))
    >>> x = Value(3.0)
    >>> y = clipped(x); y.backward()
    >>> y.data, x.grad
    (3.0, 1.0)
    """

    def __init__(self, fun: Callable[P, R], nondiff_argnums: int | Sequence[int] = ()) -> None:
        require_function(fun, "custom_vjp")
        functools.update_wrapper(self, fun)
        self._fun: Callable[..., R] = fun
        self._name = getattr(fun, "__name__", type(fun).__name__)
        self._fwd: Callable[..., tuple[Any, Any]] | None = None
        self._bwd: Backward | None = None
        given = convert.items(nondiff_argnums) if convert.index(nondiff_argnums) is None else [nondiff_argnums]
        positions = [convert.index(k) for k in given or ()]
        if given is None or None in positions:
            raise NumberError(
                f"nondiff_argnums must be an int or a sequence of ints, got {convert.short(nondiff_argnums)}"
            )
        self._constant = [k for k in positions if k is not None]
        self._defaults = bool(getattr(fun, "__defaults__", None))

    def defvjp(self, fwd: Callable[..., tuple[Any, Any]], bwd: Backward) -> None:
        """Sets the rules. See `custom_vjp`."""
        self._fwd, self._bwd = fwd, bwd

    def __call__(self, *given: P.args, **kwargs: P.kwargs) -> R:
        try:
            if not (kwargs or self._constant or self._defaults or self._fwd is None or self._bwd is None):
                kinds = {*map(type, given)}
                if core.Node in kinds and kinds <= _PLAIN and not running.now:
                    return cast(R, self._of_scalars(given))
            return self._of_trees(self._in_order(given, kwargs))
        except TypeError:
            self._check_rules(given, kwargs)
            raise

    def _check_rules(self, given: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Raises `ArgumentError` if fwd or bwd does not take the arguments that it is called with."""
        import inspect

        if self._fwd is None or self._bwd is None:
            return
        try:
            count = len(self._in_order(given, kwargs))
        except TypeError:  # the call itself is wrong
            return
        constant = ["constant"] * sum(-count <= k < count for k in self._constant)
        rules = (self._fwd, "fwd", ["argument"] * count), (self._bwd, "bwd", [*constant, "residuals", "cotangent"])
        for rule, name, wanted in rules:
            try:
                inspect.signature(rule).bind(*wanted)
            except TypeError:
                raise ArgumentError(
                    f"{name} of {self._name} is called as {name}({', '.join(wanted)}), and it does not take"
                    f" {len(wanted)} argument{'s' if len(wanted) != 1 else ''}"
                ) from None
            except ValueError:  # a builtin, whose signature is not known
                continue

    def _of_scalars(self, given: tuple[Any, ...]) -> Any:
        """A call with Values and floats alone, which needs no trees where the result is a float too."""
        wanted = not core.mode() & core.NO_GRAD
        row: Any = ()
        with contexts.no_grad():
            pair: Any = self._fwd(*[x if type(x) is float else x.data for x in given])  # type: ignore[misc]
            if type(pair) is tuple and len(pair) == 2 and type(pair[0]) is float:
                row = self._bwd(pair[1], 1.0) if wanted else (0.0,) * len(given)  # type: ignore[misc]
                if type(row) is not tuple or len(row) != len(given) or {*map(type, row)} != _FLOATS:
                    row = self._row(row, self._trees(given))
        if type(pair) is tuple and len(pair) == 2 and type(pair[0]) is float:
            return _record(pair[0], given, row)
        return self._of_trees(given, pair)

    def _trees(self, args: tuple[Any, ...]) -> list[Tree]:
        return [Tree(x, f"argument {k} of {self._name}", results=True, others=True) for k, x in enumerate(args)]

    def _in_transform(self, args: tuple[Any, ...], trees: list[Tree], items: list[Any], constant: set[int]) -> Any:
        """A call whose rule runs on Values. None if it may run on numbers, and has to."""
        assert self._fwd is not None and self._bwd is not None
        me = get_ident()
        running.rules[me] = running.rules.get(me, 0) + 1
        try:
            since, given = (
                core.moment(),
                [tree for k, tree in enumerate(trees) if tree.has_values and k not in constant],
            )
            planted = {id(tree): tree.planted() for tree in given}
            seen = [planted[id(tree)][1] if id(tree) in planted else x for tree, x in zip(trees, args)]
            result, residuals = self._checked(self._fwd(*seen))
            first = [args[k] for k in sorted(constant)]
            others = [tree for k, tree in enumerate(trees) if k not in constant]
            units = [[float(j == k) for j in range(result.size)] for k in range(result.size)]
            found = [self._row(self._bwd(*first, residuals, result.holding(unit)), others) for unit in units]
            blocks = [block for tree in given for block in planted[id(tree)][0]]
            taken = [*result.items(), *(x for row in found for x in row)]
            piece = Piece(taken, blocks, since, [x for tree in given for x in tree.items()], False)
            closes = piece.closes_over(result.size)
            partials = iter([] if closes else piece.values()[result.size :])
            rows = [[next(partials) for _ in row] for row in found if not closes]
        except AnomalyError:
            raise
        except Exception:
            around = running.here()
            if len(around) == 1 and around[0].is_plain:
                return None
            raise
        finally:
            running.rules[me] -= 1
            if not running.rules[me]:
                del running.rules[me]
        if closes:  # a Value that is no argument: the value would lose its gradient, the partials not
            if all(each.numbers for each in running.here()):
                return None
            raise HigherOrderError(
                f"the rule of {self._name} closes over a Value, whose gradient would be lost here: make it an argument"
                f" of {self._name}, or use x.data of what is a constant"
            )
        operands = [item for k, each in enumerate(items) if k not in constant for item in each]
        nodes = [_ruled(value, operands, row) for value, row in zip(result.numbers(), rows)]
        return result.inside(nodes)

    def _checked(self, pair: Any) -> tuple[Tree, Any]:
        """The result of fwd as a tree, and the residuals."""
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise ArgumentError(
                f"fwd of {self._name} must return a pair (result, residuals), got {type(pair).__name__}"
            )
        return Tree(pair[0], f"the result of fwd of {self._name}", results=True), pair[1]

    def _of_trees(self, args: tuple[Any, ...], pair: Any = _NOT_CALLED) -> R:
        """Any call. `pair` is what fwd returned, if it has been called."""
        constant = {k % len(args) for k in self._constant if -len(args) <= k < len(args)}
        trees = self._trees(args)
        items = [tree.items() for tree in trees]
        tracked = {k for k, each in enumerate(items) if any(isinstance(item, core.Node) for item in each)}
        if not tracked:
            return self._fun(*args)
        if tracked & constant:
            raise ArgumentError(
                f"argument {min(tracked & constant)} of {self._name} is in nondiff_argnums, so it must not be a Value"
            )
        if self._fwd is None or self._bwd is None:
            raise ArgumentError(f"{self._name} has no derivative yet: call {self._name}.defvjp(fwd, bwd)")
        wanted = not core.mode() & core.NO_GRAD
        around = len(running.here()) if wanted and pair is _NOT_CALLED else 0
        # a rule in a rule is a derivative of one order more, and a transform takes at most two
        too_deep = running.rules.get(get_ident(), 0) >= 2 * around + 2
        if around and not too_deep:
            found = self._in_transform(args, trees, items, constant)
            if found is not None:
                return cast(R, found)
        with contexts.no_grad():
            if pair is _NOT_CALLED:
                pair = self._fwd(*[x if k in constant else tree.outside(tree.numbers())
                                   for k, (x, tree) in enumerate(zip(args, trees))])  # fmt: skip
            result, residuals = self._checked(pair)
            numbers = result.numbers()
            first = [args[k] for k in sorted(constant)]
            others = [tree for k, tree in enumerate(trees) if k not in constant]
            rows = [self._partials(first, residuals, result, k, others) if wanted else [] for k in range(result.size)]
        operands = [item for k, each in enumerate(items) if k not in constant for item in each]
        record = _ruled if around and too_deep else _record
        nodes = [record(value, operands, row) for value, row in zip(numbers, rows)]
        return cast(R, result.inside(nodes))

    def _in_order(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments by position, including defaults."""
        if not kwargs and not getattr(self._fun, "__defaults__", None):
            return args
        import inspect

        bound = inspect.signature(self._fun).bind(*args, **kwargs)
        bound.apply_defaults()
        if bound.kwargs:
            raise ArgumentError(f"{self._name} must not have keyword-only arguments, got {', '.join(bound.kwargs)}")
        return bound.args

    def _partials(self, first: list[Any], residuals: Any, result: Tree, k: int, trees: list[Tree]) -> list[float]:
        """The derivatives of number k of the result by all numbers of the arguments."""
        assert self._bwd is not None
        unit = array("d", bytes(8 * result.size))
        unit[k] = 1.0
        return self._row(self._bwd(*first, residuals, result.outside(unit)), trees)

    def _row(self, found: Any, trees: list[Tree]) -> list[Any]:
        """The cotangents that bwd returned, as one row. Raises unless there is one per argument, of its shape."""
        if not isinstance(found, (tuple, list)) or len(found) != len(trees):
            count = len(found) if isinstance(found, (tuple, list)) else type(found).__name__
            raise ArgumentError(
                f"bwd of {self._name} must return a tuple of {len(trees)} cotangent(s), one per argument, got {count}"
            )
        rows = [
            tree.match(x, f"cotangent {k} of bwd of {self._name}", True)
            for k, (tree, x) in enumerate(zip(trees, found))
        ]
        return [x for row in rows for x in row]


def _ruled(value: float, operands: Sequence[Any], partials: Sequence[Any]) -> Any:
    """A Value with these partials, Values and floats."""
    kept = [(x, p) for x, p in zip(operands, partials) if type(x) is not float and not (type(p) is float and p == 0.0)]
    if not kept:
        kept = [(next(x for x in operands if isinstance(x, core.Node)), 0.0)]
    return core.reduce(_RULED, [value, *(item for pair in kept for item in pair)])


def _record(value: float, operands: Sequence[Any], partials: Sequence[Any]) -> Any:
    """A Value with these partials, of which only the numbers count. An operand whose partial is 0 is left out."""
    numbers = [p.data if isinstance(p, core.Node) else p for p in partials]
    kept = [(x, p) for x, p in zip(operands, numbers) if p != 0.0 and type(x) is not float]
    if not kept:
        kept = [(next(x for x in operands if isinstance(x, core.Node)), 0.0)]
    return core.Node(value, *zip(*kept))
