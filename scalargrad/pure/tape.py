"""The pure-Python backend: graphs and recording. With `sweep.py` it defines what the C core must do, bit for bit.

A `Graph` is a list of nodes in the order of recording, so the operands of a node come before it. A `Node` is a
handle: a leaf, with its own data and grad, or an interior node, number `_index` of `_graph`. One graph is open per
thread. It is closed by a backward, by another thread that uses one of its nodes, or when it has grown large. If an
operation uses a node of a closed graph, the node enters the open graph as a link. So links always lead to graphs that
were closed before.
"""

from __future__ import annotations

import itertools
import sys
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from scalargrad import convert
from scalargrad.pure import thread
from scalargrad.pure.attributes import Attributes
from scalargrad.table import ops, reductions
from scalargrad.table.evaluate import VALUE

if TYPE_CHECKING:
    from scalargrad.convert import Number

# From the first size on, an open graph is closed at a quiet moment (see `_rolls_over`). Until the second size it learns
# how quiet such moments are. At the third size it is closed in any case.
GRAPH_NODES, GRAPH_WATCHED, GRAPH_MOST = 1 << 16, 3 << 15, 1 << 17
# The `_entry` of a Value that was made and has not been used or given a number yet. Only such a one may become the
# handle of a node by hand: a graph never holds it as a leaf.
NEW = -1

_serials = itertools.count(1)

# An operand is the index of an earlier node, or a float, which is a constant. (A leaf's entry has the leaf as its only
# operand; a link has the graph and the index that it leads to.)
Operand = int | float

N = TypeVar("N", bound="Node")


class Graph:
    """Recorded nodes, each (op, operands, value). Appending a node is one atomic step."""

    __slots__ = ("__weakref__", "_closing", "adjoints", "fewest_handles", "labels", "links", "nodes", "serial")

    _closings = itertools.count(1)  # here, because Python clears a module before the last graphs are closed

    def __init__(self) -> None:
        self.serial = next(_serials)
        self._closing: dict[str, int] = {}
        # the fewest references seen at an operation that used none of the nodes, once the graph is large
        self.fewest_handles = sys.maxsize
        self.nodes: list[tuple[int, tuple[Any, ...], float]] = []
        self.links: dict[tuple[int, int], int] = {}  # the entry of each linked node, by its key
        self.adjoints: dict[int, float] = {}  # from the last sweep that reached each node
        self.labels: dict[int, str] | None = None  # made when the first is set

    @property
    def closed(self) -> int:
        """The position in the order of closing; 0 while open."""
        return self._closing.get("position", 0)

    def close(self) -> None:
        if not self._closing:
            self._closing.setdefault("position", next(self._closings))  # if two threads close it, the first one counts

    def append(self, op: int, operands: tuple[Any, ...], value: float) -> int:
        self.nodes.append((op, operands, value))
        return len(self.nodes) - 1

    def link(self, target: Graph, index: int) -> int:
        """The entry of a node of a closed graph. There is only one, even if the node has several handles."""
        key = target.serial, index
        if key not in self.links:
            self.links[key] = self.append(ops.LINK, (target, index), target.nodes[index][2])
        return self.links[key]

    def value(self, operand: Operand) -> float:
        return operand if isinstance(operand, float) else self.nodes[operand][2]


class Node(Attributes):
    """A handle to a number. `operators.py` adds the operators, `value.py` everything else that users see."""

    __slots__ = ("__weakref__", "_entry", "_grad", "_graph", "_index", "_number")
    _graph: Graph | None  # None: a leaf
    _index: Any  # of an interior node; of a leaf: see attributes.py
    _number: float
    _grad: float  # of a leaf
    _entry: int  # serial of a graph << 32 | index of this node in it: one int, so that threads never see half of it

    def __new__(cls: type[N], *args: Any, **kwargs: Any) -> N:
        return _new(cls, 0.0, NEW)

    @property
    def data(self) -> float:
        """The number, a float. It can be set on a leaf, not on an interior node."""
        return self._number

    @data.setter
    def data(self, value: Number) -> None:
        if self._graph is not None:
            convert.read_only(opcode(self))
        set_data(self, require_number(value))

    @property
    def grad(self) -> float:
        """The derivative of the root of the last backward by this node. Leaves add up over calls of backward."""
        return self._grad if self._graph is None else self._graph.adjoints.get(self._index, 0.0)

    @grad.setter
    def grad(self, value: Number) -> None:
        if value is None:
            convert.refuse(value, is_grad=True)
        number = require_number(value)
        if self._graph is None:
            set_grad(self, number)
        else:
            self._graph.adjoints[self._index] = number

    def __bool__(self) -> bool:
        return self._number != 0.0

    def __hash__(self) -> int:
        return object.__hash__(self) if self._graph is None else hash((self._graph.serial, self._index))


# These set a slot past `Attributes.__setattr__`, which is for users.
_set_graph, _set_index, set_data_alone, set_grad, set_entry = (
    Node.__dict__[name].__set__ for name in ["_graph", "_index", "_number", "_grad", "_entry"]
)


def _new(cls: type[N], data: float, entry: int) -> N:
    """A leaf."""
    self = object.__new__(cls)
    _set_graph(self, None)
    _set_index(self, None)
    set_data_alone(self, data)
    set_grad(self, 0.0)
    set_entry(self, entry)
    return self


def set_data(leaf: Node, data: float) -> None:
    """Sets the number of a leaf, whose entry in a graph has the old one."""
    set_data_alone(leaf, data)
    set_entry(leaf, 0)


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
    return x if type(x) is float else convert.number(x)


def require_number(x: Any) -> float:
    number = NotImplemented if isinstance(x, Node) else read_number(x)
    if number is NotImplemented:
        convert.refuse(x)
    return float(number)


def new_leaf(data: float) -> Node:
    return _new(_result, data, 0)


def setting_data(leaves: Sequence[Node], numbers: Iterable[float]) -> Iterator[Any]:
    """Sets the data of leaves as it is run through, without running Python code; see `at_once`."""
    return itertools.chain(map(set_data_alone, leaves, numbers), map(set_entry, leaves, itertools.repeat(0)))


def setting_grads(leaves: Sequence[Node], numbers: Iterable[float]) -> Iterator[Any]:
    """Sets the grads of leaves, likewise."""
    return map(set_grad, leaves, numbers)


def at_once(*effects: Iterable[Any]) -> None:
    """Runs through iterators written in C, in one call: neither a signal nor another thread comes between."""
    deque(itertools.chain(*effects), maxlen=0)


def handle(graph: Graph, index: int) -> Node:
    """A new handle to an interior node."""
    return become_interior(object.__new__(_result), graph, index)


def become_interior(node: N, graph: Graph, index: int) -> N:
    """Makes an object the handle of a node."""
    _set_graph(node, graph)
    _set_index(node, index)
    set_entry(node, graph.serial << 32 | index)
    set_data_alone(node, graph.nodes[index][2])
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


def _open_graph(operands: Sequence[Node | float]) -> Graph:
    opened = thread.now.opened
    graph = None if opened.graph is None else opened.graph()
    if graph is not None and len(graph.nodes) >= GRAPH_NODES and _rolls_over(graph, operands):
        graph.close()
    if graph is None or graph.closed:
        graph = Graph()
        opened.graph = weakref.ref(graph)
    return graph


def _resolve(graph: Graph, operand: Node | float, data: float) -> Operand:
    """The operand, whose captured value is `data`, in the open graph. A node that is new there gets an entry."""
    if not isinstance(operand, Node):
        return operand
    entry = operand._entry
    if entry >> 32 == graph.serial:
        return entry & 0xFFFFFFFF
    if operand._graph is None:
        index = graph.append(ops.LEAF, (operand,), data)
    else:
        operand._graph.close()  # it may be open in another thread
        index = graph.link(operand._graph, operand._index)
    set_entry(operand, graph.serial << 32 | index)
    if operand._number is not data:  # another thread has set it meanwhile: this entry has the old value
        set_entry(operand, 0)
    return index


def record_in(op: int, operands: Sequence[Node | float], data: Sequence[float], value: float) -> tuple[Graph, int]:
    """Appends a node to the thread's open graph."""
    while True:
        graph = _open_graph(operands)
        count = len(graph.nodes)
        resolved = tuple([_resolve(graph, operand, x) for operand, x in zip(operands, data)])
        if len(graph.nodes) > count:  # an operand used twice has one entry, even if other threads use it meanwhile
            entries = dict(zip(map(id, reversed(operands)), reversed(resolved)))
            resolved = tuple([entries[id(operand)] for operand in operands])
        if not graph.closed:  # else another thread closed it meanwhile, perhaps before a graph that it now links to
            return graph, graph.append(op, resolved, value)


def _record(op: int, operands: Sequence[Node | float], data: Sequence[float], value: float) -> Node:
    bits = thread.mode() if thread.now.entered else 0
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
    return _record(op, read, data, value) if any(isinstance(x, Node) for x in read) else value


def reduce(op: int, operands: list[Any]) -> Any:
    """Computes a reduction and records it as one node. Returns a float if no operand is a Node."""
    read = [x if isinstance(x, Node) else require_number(x) for x in operands]
    data = [x._number if isinstance(x, Node) else x for x in read]
    value = reductions.value(op, data)
    return _record(op, read, data, value) if any(isinstance(x, Node) for x in read) else value


# --- looking at nodes ------------------------------------------------------------------------------------------------


def key(node: Node) -> tuple[int, int] | None:
    """Identifies an interior node. None for a leaf."""
    return None if node._graph is None else (node._graph.serial, node._index)


def place(node: Node) -> int:
    """Which result of a joint operation a node is; 0 for others."""
    op, behind = (ops.LEAF, (0,)) if node._graph is None else node._graph.nodes[node._index][:2]
    return node._index - int(behind[0]) if op == ops.ALSO else 0


def opcode(node: Node) -> int:
    return ops.LEAF if node._graph is None else node._graph.nodes[node._index - place(node)][0]


def operand_values(node: Node) -> list[float]:
    """The numbers of the operands, as they were when the operation was recorded."""
    graph: Any = node._graph
    return [graph.value(operand) for operand in graph.nodes[node._index - place(node)][1]]


def operands(node: Node) -> list[Node | float]:
    """The operands: leaves themselves, new handles to interior nodes, floats for constants."""
    graph: Any = node._graph
    found: list[Node | float] = []
    for operand in graph.nodes[node._index - place(node)][1]:
        if isinstance(operand, float):
            found.append(operand)
            continue
        op, behind, _ = graph.nodes[operand]
        found.append(behind[0] if op == ops.LEAF else handle(*behind) if op == ops.LINK else handle(graph, operand))
    return found
