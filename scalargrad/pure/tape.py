"""The pure-Python backend: handles and recording. With `sweep.py` it defines what the C core must do, bit for bit.

A `Node` is a handle: a leaf, with its own data and grad, or an interior node, number `_index` of `_graph`. One graph is
open per thread. It is closed by a backward, by another thread that uses one of its nodes, or when it has grown large.
If an operation uses a node of a closed graph, the node enters the open graph as a link. So links always lead to graphs
that were closed before.

What is here has all cases. `quick/` has the usual ones, faster and to the same bits.
"""

from __future__ import annotations

import itertools
import sys
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from scalargrad import convert
from scalargrad.pure import thread
from scalargrad.pure.attributes import Attributes
from scalargrad.pure.graph import Graph, Operand
from scalargrad.table import ops, reductions
from scalargrad.table.evaluate import VALUE

if TYPE_CHECKING:
    from scalargrad.convert import Number

# From the first size on, an open graph is closed at a quiet moment (see `_rolls_over`). Until the second size it learns
# how quiet such moments are. At the third size it is closed in any case.
GRAPH_NODES, GRAPH_WATCHED, GRAPH_MOST = 1 << 16, 3 << 15, 1 << 17
UNSET = float("0")  # the number of a Value that was given none yet, known by its identity
NEVER = (0, 0)  # the `_entry` of a Value that has none
_FRESH = None, None, UNSET, 0.0, NEVER

N = TypeVar("N", bound="Node")


class Bare:
    """A handle without the methods of one, so that its slots can be set at once: Python code that sets an attribute of
    a Node would run `Attributes.__setattr__`, which is for users. It becomes a Node by setting its `__class__`."""

    __slots__ = ("__weakref__", "_entry", "_grad", "_graph", "_index", "_number")
    _graph: Graph | None  # None: a leaf
    _index: Any  # of an interior node; of a leaf: see attributes.py
    _number: float
    _grad: float  # of a leaf
    _entry: tuple[int, int]  # where it is in a later graph, or a leaf in any: the graph's serial, and an index


class Node(Attributes, Bare):
    """A handle to a number. `operators.py` adds the operators, `value.py` everything else that users see."""

    __slots__ = ()

    def __new__(cls: type[N], *args: Any, **kwargs: Any) -> N:
        return _new(cls, UNSET)

    @property
    def data(self) -> float:
        """The number, a float. It can be set on a leaf, not on an interior node."""
        return self._number

    @data.setter
    def data(self, value: Number) -> None:
        if self._graph is not None:
            convert.read_only(opcode(self))
        set_data(self, value if type(value) is float else require_number(value))

    @property
    def grad(self) -> float:
        """The derivative of the root of the last backward by this node. Leaves add up over calls of backward."""
        return self._grad if self._graph is None else self._graph.adjoint(self._index)

    @grad.setter
    def grad(self, value: Number) -> None:
        if value is None:
            convert.refuse(value, is_grad=True)
        number = value if type(value) is float else require_number(value)
        if self._graph is None:
            set_grad(self, number)
        else:
            self._graph.set_adjoint(self._index, number)

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            """As `Attributes` has it. Numbers of leaves are set without a detour, because training steps do that."""
            if (name == "grad" or name == "data") and self._graph is None and type(self) is _result:
                number = value if type(value) is float else read_number(value) if type(value) is int else None
                if number is not None:
                    set_grad(self, number) if name == "grad" else set_data(self, number)
                    return
            Attributes.__setattr__(self, name, value)

    def __bool__(self) -> bool:
        return self._number != 0.0

    def __hash__(self) -> int:
        return object.__hash__(self) if self._graph is None else hash((self._graph.serial, self._index))


# These set a slot past `Attributes.__setattr__`.
_set_graph, _set_index, set_data_alone, set_grad, set_entry = (
    Bare.__dict__[name].__set__ for name in ["_graph", "_index", "_number", "_grad", "_entry"]
)


def _new(cls: type[N], data: float) -> N:
    """A leaf."""
    if cls is not _result:  # a subclass, which may have other slots
        self = object.__new__(cls)
        for setter, x in zip((_set_graph, _set_index, set_data_alone, set_grad, set_entry), _FRESH):
            setter(self, x)
        set_data_alone(self, data)
        return self
    leaf: Any = Bare()
    leaf._graph, leaf._index, leaf._number, leaf._grad, leaf._entry = None, None, data, 0.0, NEVER
    leaf.__class__ = cls
    return leaf  # type: ignore[no-any-return]


def set_data(leaf: Node, data: float) -> None:
    """Sets the number of a leaf, whose entry in a graph has the old one."""
    set_data_alone(leaf, data)
    if leaf._entry is not NEVER:
        set_entry(leaf, NEVER)


def is_new(node: Node) -> bool:
    """Whether a Value was made and has not been used or given a number yet. Only such a one may become the handle of a
    node by hand: a graph never holds it as a leaf."""
    return node._number is UNSET and node._entry is NEVER


# --- recording -----------------------------------------------------------------------------------------------------

_upcalls: dict[str, Callable[..., Any]] = {}  # see `upcall`
_result: type[Node] = Node  # the class of results, which `operators.py` completes


def results_are(cls: type[N]) -> type[N]:
    """Sets the class that all results have."""
    global _result
    _result = cls
    return cls


def upcall(name: str, function: Callable[..., Any]) -> None:
    """Supplies what the backend asks of the layers above.

    "lift": ``lift(opcode, operands)`` returns the result of a primitive some of whose operands are not numbers, or
    NotImplemented. "recorded": ``recorded(result, opcode, operands)`` is told of each operation in the mode WATCH.
    """
    _upcalls[name] = function


def read_number(x: Any) -> Any:
    """A float, or NotImplemented for an operand of an unknown type. Raises for types that are never numbers."""
    if type(x) is float:
        return x
    if type(x) is int:
        try:
            return float(x)
        except OverflowError:
            pass
    return convert.number(x)


def require_number(x: Any) -> float:
    number = read_number(x) if type(x) is int or not isinstance(x, Node) else NotImplemented
    if number is NotImplemented:
        convert.refuse(x)
    return float(number)


def new_leaf(data: float) -> Node:
    return _new(_result, data)


def handle(graph: Graph, index: int) -> Node:
    """A new handle to an interior node."""
    node: Any = Bare()
    node._graph, node._index, node._number, node._entry = graph, index, graph.nodes[index][1], NEVER
    node.__class__ = _result
    return node  # type: ignore[no-any-return]


def become_interior(node: N, graph: Graph, index: int) -> N:
    """Makes an object the handle of a node."""
    _set_graph(node, graph)
    _set_index(node, index)
    set_entry(node, NEVER)
    set_data_alone(node, graph.nodes[index][1])
    return node


def _rolls_over(graph: Graph, operands: Sequence[Node | float]) -> bool:
    """Whether a large open graph must be closed before this operation.

    If a graph is closed in the middle of an expression, the next graph links to it and keeps it alive. If that one is
    closed in the middle of an expression too, a loop of evaluations keeps all graphs alive. So a graph is closed at a
    quiet moment: the operation uses none of its nodes, and no more handles exist than at the quietest moment before.
    """
    size = len(graph.nodes)
    if size >= GRAPH_MOST or any(isinstance(x, Node) and x._graph is graph for x in operands):
        return size >= GRAPH_MOST
    references = sys.getrefcount(graph)
    if size < GRAPH_WATCHED:
        graph.fewest_handles = min(graph.fewest_handles, references)
    return size >= GRAPH_WATCHED and references <= graph.fewest_handles


def open_graph(operands: Sequence[Node | float]) -> Graph:
    """The thread's open graph, in which an operation of these operands may be recorded."""
    opened = thread.now.opened
    graph: Graph | None = opened.graph()
    if graph is not None and len(graph.nodes) >= GRAPH_NODES and _rolls_over(graph, operands):
        graph.close()
    if graph is None or graph.closed:
        graph = Graph(GRAPH_NODES - 1, thread.now.state)
        opened.graph = weakref.ref(graph)
    if len(graph.nodes) < GRAPH_NODES:
        thread.now.state[-1] = opened.graph
    return graph


def _resolve(graph: Graph, operand: Node | float, data: float) -> Operand:
    """The operand, whose captured value is `data`, in the open graph. A node that is new there gets an entry."""
    if not isinstance(operand, Node):
        return operand
    serial, index = operand._entry
    if serial == graph.serial and operand._number is data:  # else a leaf was set, and entered again, since it was read
        return index
    if operand._graph is None:
        nodes, node = graph.nodes, (ops.LEAF, data, None, (operand,), None, None)
        index = len(nodes)
        nodes.append(node)
        if index >= graph.limit or nodes[index] is not node:
            index = graph.settle(node, index)
    elif operand._graph is graph:
        return operand._index  # type: ignore[no-any-return]
    else:
        operand._graph.close()  # it may be open in another thread
        index = graph.link(operand._graph, operand._index)
    set_entry(operand, (graph.serial, index))
    if operand._number is not data:  # another thread has set it meanwhile: this entry has the old value
        set_entry(operand, NEVER)
    return index


def record_in(op: int, operands: Sequence[Node | float], data: Sequence[float], value: float) -> tuple[Graph, int]:
    """Appends a node to the thread's open graph."""
    while True:
        graph = open_graph(operands)
        count = len(graph.nodes)
        resolved = tuple([_resolve(graph, operand, x) for operand, x in zip(operands, data)])
        if len(graph.nodes) > count:  # an operand read twice has one entry, even if other threads use it meanwhile
            read = list(zip(map(id, operands), map(id, data)))  # a leaf that was set in between has two
            entries = dict(zip(reversed(read), reversed(resolved)))
            resolved = tuple([entries[each] for each in read])
        if not graph.closed:  # else another thread closed it meanwhile, perhaps before a graph that it now links to
            return graph, graph.append(op, resolved, value)


def record(op: int, operands: Sequence[Node | float], data: Sequence[float], value: float) -> Node:
    bits = thread.mode() if len(thread.now.state) > 1 else 0
    result = new_leaf(value) if bits & thread.NO_GRAD else handle(*record_in(op, operands, data, value))
    if bits & thread.WATCH:
        recorded(result, op, operands)
    return result


def recorded(result: Node, op: int, operands: Sequence[Node | float]) -> None:
    """Tells the upcall of an operation, which is due in the mode WATCH."""
    _upcalls["recorded"](result, op, tuple(operands))


def apply(op: int, *operands: Any) -> Any:
    """Computes a primitive and records it. Returns a float if no operand is a Node."""
    try:
        read = [x if isinstance(x, Node) else require_number(x) for x in operands]
    except TypeError:
        lifted = _upcalls["lift"](op, operands) if "lift" in _upcalls else NotImplemented
        if lifted is NotImplemented:
            raise
        return lifted
    function = VALUE[op]
    assert function is not None
    data = [x._number if isinstance(x, Node) else x for x in read]
    value = function(*data)
    return record(op, read, data, value) if any(isinstance(x, Node) for x in read) else value


def data_of(items: Sequence[Node | float]) -> list[float]:
    """The numbers of nodes, and floats as they are, read in one call: no other thread sets a leaf in between."""
    found: map[Any] = map(getattr, items, itertools.repeat("_number"), items)
    return [*found]


def reduce(op: int, operands: list[Any]) -> Any:
    """Computes a reduction and records it as one node. Returns a float if no operand is a Node."""
    read = [x if isinstance(x, Node) else require_number(x) for x in operands]
    data = data_of(read)
    value = reductions.value(op, data)
    return record(op, read, data, value) if any(isinstance(x, Node) for x in read) else value


# --- looking at nodes ------------------------------------------------------------------------------------------------


def key(node: Node) -> tuple[int, int] | None:
    """Identifies an interior node. None for a leaf."""
    return None if node._graph is None else (node._graph.serial, node._index)


def place(node: Node) -> int:
    """Which result of a joint operation a node is; 0 for others."""
    op, behind = (ops.LEAF, (0,)) if node._graph is None else node._graph.node(node._index)[:2]
    return node._index - int(behind[0]) if op == ops.ALSO else 0


def opcode(node: Node) -> int:
    return ops.LEAF if node._graph is None else node._graph.node(node._index - place(node))[0]


def operand_values(node: Node) -> list[float]:
    """The numbers of the operands, as they were when the operation was recorded."""
    graph: Any = node._graph
    return [graph.value(operand) for operand in graph.node(node._index - place(node))[1]]


def operands(node: Node) -> list[Node | float]:
    """The operands: leaves themselves, new handles to interior nodes, floats for constants."""
    graph: Any = node._graph
    found: list[Node | float] = []
    for operand in graph.node(node._index - place(node))[1]:
        if isinstance(operand, float):
            found.append(operand)
            continue
        op, behind, _ = graph.node(operand)
        found.append(behind[0] if op == ops.LEAF else handle(*behind) if op == ops.LINK else handle(graph, operand))
    return found
