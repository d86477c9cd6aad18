"""One run of a function on fresh leaves: what every transform begins with."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from scalargrad import contexts, convert, core
from scalargrad.errors import ArgumentError, HigherOrderError, ImplicitDetachWarning, NumberError, ShapeError
from scalargrad.table import ops
from scalargrad.transforms.parts import ROW, Branch, Leaf
from scalargrad.transforms.trees import Tree

Function = Callable[..., Any]

_DOT = ops.OPCODE["dot"]
_new_context: Any = core.Context.__new__
# Every transform whose function is running, in any thread; and some that an interrupt has left here.
running: dict[contexts.recording, contexts.recording] = {}


def name_of(fun: Function) -> str:
    """The function's name, or its type's."""
    return getattr(fun, "__name__", type(fun).__name__)


def weighted(items: Sequence[Any], weights: Sequence[float]) -> Any:
    """A Value whose partial by each Value among the items is its weight; 0.0 if none of them is a Value."""
    pairs = [x for item, weight in zip(items, weights) if isinstance(item, core.Node) for x in (item, weight)]
    with contexts.aside():
        return core.reduce(_DOT, pairs) if pairs else 0.0


def refuse_outer(trees: Sequence[Tree]) -> None:
    """Raises if Values in the trees, which would be read as numbers, depend on another transform's leaves."""
    if running:
        values = [value for tree in trees for value in tree.values()]
        root = weighted(values, [1.0] * len(values))
        blocks = _blocks_running()
        if isinstance(root, core.Node) and core.gradients(root, 1.0, False, [], blocks) is None:
            _refuse()


def _blocks_running() -> list[Any]:
    for key, context in list(running.items()):
        if not context.open:
            running.pop(key, None)
    return [block for context in list(running.values()) for block in context.blocks]


def _refuse() -> NoReturn:
    raise HigherOrderError(
        "a transform met a Value that depends on the arguments of another transform that is running. Second"
        " derivatives need `hessian`, which is not implemented yet. If the number is a constant here, pass x.data"
    )


def require_function(fun: Any, transform: str) -> None:
    """Raises `ArgumentError` for what cannot be called, such as the number f(x) in place of f."""
    if not callable(fun):
        raise ArgumentError(
            f"{transform} takes a function, got {type(fun).__name__} {convert.short(fun)}: pass f itself, not f(x)"
        )


class Run:
    """One run of a function on fresh leaves."""

    def __init__(self, fun: Function, name: str, args: Sequence[Any], positions: int | Sequence[int]) -> None:
        """Plants the argument at a position; or those at several, as one tuple."""
        self.fun, self.name, self.args = fun, name, list(args)
        given = args[positions] if isinstance(positions, int) else tuple([args[k] for k in positions])
        self.input = Tree(given, ("argument", positions, name))
        if running:
            refuse_outer([self.input])
        self.blocks, seen = self.input.planted()
        if isinstance(positions, int):
            self.args[positions] = seen
        else:
            for k, given in zip(positions, seen):
                self.args[k] = given

    def execute(self, kwargs: dict[str, Any], has_aux: bool) -> Run:
        """Calls the function, and returns self with its outputs."""
        has_aux = has_aux is not False and convert.flag(has_aux, "has_aux")
        context = _new_context(contexts.recording, core.RECORD)
        context.blocks = self.blocks
        try:
            with context:
                running[context] = context
                result = self.fun(*self.args, **kwargs)
        finally:
            running.pop(context, None)
        self.args = []
        self.aux = None
        if has_aux:
            if not isinstance(result, (tuple, list)) or len(result) != 2:
                raise ArgumentError(
                    f"with has_aux, {self.name} must return a pair (value, aux), got {type(result).__name__}"
                )
            result, aux = result
            tree = Tree(aux, f"the aux of {self.name}", results=True, others=True)
            refuse_outer([tree])
            contexts.refuse_results(tree.values(), f"the aux of {self.name}")
            self.aux = tree.outside(tree.numbers())
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
        """Warns if the result has numbers, and none of them is a Value."""
        for item in self.items:
            if isinstance(item, core.Node):
                return
        if self.items and any(map(len, self.blocks)):
            contexts.warn_user(
                f"no Value reached the result of {self.name}, so its derivative is 0: in it, use sg.exp for math.exp,"
                " and x itself for x.data and float(x)",
                ImplicitDetachWarning,
            )

    def value(self) -> Any:
        return self.outputs.outside(self.outputs.numbers())

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

    def pull(self, root: Any) -> array[float]:
        """The derivatives of a root by all numbers of the input, as one row."""
        if not isinstance(root, core.Node):
            return array("d", bytes(8 * sum(map(len, self.blocks))))
        if core.key(root) is None:
            root = weighted([root], [1.0])
        others = _blocks_running() if running else []
        found: Any
        if core.mode() & core.WATCH:
            found = contexts.gradients(root, self.blocks, others)
        else:
            found = core.gradients(root, 1.0, False, self.blocks, others)
        return _refuse() if found is None else array("d", found)
