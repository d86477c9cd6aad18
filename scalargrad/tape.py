"""The pure-Python backend: what is recorded, and the reverse sweep. It defines what the C core must do, bit for bit.

A `Graph` holds nodes in the order in which they were recorded, so operands come before what uses them. A `Node` is a
handle: a leaf, with its own data and grad, or node `_index` of `_graph`. One graph is open in each thread; a graph is
closed by a backward, by another thread that uses it, or when it has grown large. A node of a closed graph enters
the open one as a link, so links always lead to graphs that were closed before.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import weakref
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from scalargrad import ops, reductions
from scalargrad.evaluate import PARTIALS, VALUE
from scalargrad.libm import zmul

GRAPH_NODES = 1 << 16
NO_GRAD, WATCH = 1, 2

_lock = threading.RLock()  # held where graphs are closed or linked, and while adjoints are committed
_serials = itertools.count(1)
_closings = itertools.count(1)


class Graph:
    """Recorded nodes. Node i is op ``ops[i]`` of the operands ``codes[starts[i]:starts[i + 1]]``, equal to ``values[i]``.

    A code is the index of an earlier node, or ``-1 - k`` for the constant ``consts[k]``; for a leaf's or a link's
    entry, the position in ``leaves`` or ``links``.
    """

    __slots__ = ("serial", "closed", "ops", "values", "starts", "codes", "consts", "leaves", "links", "adjoints",
                 "__weakref__")  # fmt: skip

    def __init__(self) -> None:
        self.serial = next(_serials)
        self.closed = 0  # position in the order of closing; 0 while open
        self.ops = bytearray()
        self.values = array("d")
        self.starts = array("q", [0])
        self.codes = array("q")
        self.consts = array("d")
        self.leaves: list[Node] = []
        self.links: list[tuple[Graph, int]] = []
        self.adjoints: dict[int, float] = {}  # of the last sweep that reached each node

    def append(self, op: int, codes: Sequence[int], value: float) -> int:
        self.ops.append(op)
        self.codes.extend(codes)
        self.starts.append(len(self.codes))
        self.values.append(value)
        return len(self.ops) - 1

    def operands(self, index: int) -> array[int]:
        return self.codes[self.starts[index] : self.starts[index + 1]]

    def value(self, code: int) -> float:
        return self.values[code] if code >= 0 else self.consts[-1 - code]

    def constant(self, value: float) -> int:
        self.consts.append(value)
        return -len(self.consts)

    def enter_leaf(self, leaf: Node, data: float) -> int:
        self.leaves.append(leaf)
        return self.append(ops.LEAF, (len(self.leaves) - 1,), data)

    def enter_link(self, target: Graph, index: int) -> int:
        self.links.append((target, index))
        return self.append(ops.LINK, (len(self.links) - 1,), target.values[index])

    def close(self) -> None:
        with _lock:
            if not self.closed:
                self.closed = next(_closings)


class Node:
    """A handle to a number; `Value` adds what users see."""

    __slots__ = ("_graph", "_index", "_data", "_grad", "_entry", "__weakref__")
    _graph: Graph | None  # None: a leaf
    _index: int
    _data: float
    _grad: float  # of a leaf
    _entry: int  # serial of a graph << 32 | where this node stands in it: one int, so that threads see it whole

    def __new__(cls, *args: Any, **kwargs: Any) -> Node:
        self = object.__new__(cls)
        self._graph, self._index, self._data, self._grad, self._entry = None, 0, 0.0, 0.0, 0
        return self

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        data = _hooks["construct"](*args, **kwargs)
        if self._graph is not None:
            _hooks["read_only"](self)
        self._data, self._entry = data, 0

    @property
    def data(self) -> float:
        """The number (a float). A leaf's can be set; an interior node's cannot."""
        return self._data

    @data.setter
    def data(self, value: float) -> None:
        if self._graph is not None:
            _hooks["read_only"](self)
        self._data, self._entry = _require_number(value), 0

    @property
    def grad(self) -> float:
        """The derivative of the root of the last backward by this node; leaves accumulate over backwards."""
        return self._grad if self._graph is None else self._graph.adjoints.get(self._index, 0.0)

    @grad.setter
    def grad(self, value: float) -> None:
        number = _require_number(value)
        if self._graph is None:
            self._grad = number
        else:
            self._graph.adjoints[self._index] = number

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        if modulus is not None:
            return NotImplemented
        if not isinstance(other, Node):
            other = read_number(other)
            if other is NotImplemented:
                return NotImplemented
            if other == 2.0:
                return apply(ops.OPCODE["square"], self)
        return apply(ops.OPCODE["pow"], self, other)

    def __neg__(self) -> Any:
        return apply(ops.OPCODE["neg"], self)

    def __abs__(self) -> Any:
        return apply(ops.OPCODE["abs"], self)

    def __pos__(self) -> Any:
        return self

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __hash__(self) -> int:
        return object.__hash__(self) if self._graph is None else hash((self._graph.serial, self._index))


def _operator(opcode: int, swapped: bool) -> Callable[[Node, Any], Any]:
    def method(self: Node, other: Any) -> Any:
        number = other if isinstance(other, Node) else read_number(other)
        if number is NotImplemented:
            return NotImplemented
        return apply(opcode, number, self) if swapped else apply(opcode, self, number)

    return method


def _comparison(name: str) -> Callable[[Node, Any], Any]:
    def method(self: Node, other: Any) -> Any:
        return getattr(self._data, name)(other._data if isinstance(other, Node) else other)

    return method


for _special, _row in {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floordiv",
                       "mod": "remainder"}.items():  # fmt: skip
    setattr(Node, f"__{_special}__", _operator(ops.OPCODE[_row], swapped=False))
    setattr(Node, f"__r{_special}__", _operator(ops.OPCODE[_row], swapped=True))
setattr(Node, "__rpow__", _operator(ops.OPCODE["pow"], swapped=True))
for _special in ("lt", "le", "eq", "ne", "gt", "ge"):
    setattr(Node, f"__{_special}__", _comparison(f"__{_special}__"))


# --- recording -----------------------------------------------------------------------------------------------------

_hooks: dict[str, Callable[..., Any]] = {}  # what value.py supplies: number, refuse, construct, read_only, recorded
_value_class: type[Node] = Node  # the class of results


class _Thread(threading.local):
    open: weakref.ref[Graph] | None = None  # weak: a graph lives as long as its last Value
    mode: int = 0


_thread = _Thread()


def define_value(cls: type[Node]) -> type[Node]:
    global _value_class
    _value_class = cls
    return cls


def setup(**hooks: Callable[..., Any]) -> None:
    _hooks.update(hooks)


def mode(bits: int | None) -> int:
    before = _thread.mode
    if bits is not None:
        _thread.mode = bits
    return before


def read_number(x: Any) -> Any:
    """A float, or NotImplemented where the operand is none of ours; raises for what can never be a number."""
    return x if type(x) is float else _hooks["number"](x)


def _require_number(x: Any) -> float:
    number = x._data if isinstance(x, Node) else read_number(x)
    if number is NotImplemented:
        _hooks["refuse"](x)
    return float(number)


def _leaf(data: float) -> Node:
    node = _value_class.__new__(_value_class)
    node._data = data
    return node


def handle(graph: Graph, index: int) -> Node:
    """A new handle to an interior node."""
    node = _leaf(graph.values[index])
    node._graph, node._index, node._entry = graph, index, graph.serial << 32 | index
    return node


def _open_graph() -> Graph:
    graph = _thread.open() if _thread.open is not None else None
    if graph is not None and len(graph.ops) >= GRAPH_NODES:
        graph.close()
    if graph is None or graph.closed:
        graph = Graph()
        _thread.open = weakref.ref(graph)
    return graph


def _resolve(graph: Graph, operand: Node | float) -> int:
    """The code that an operand has in the open graph, which it enters if it is new there. The lock is held."""
    if not isinstance(operand, Node):
        return graph.constant(operand)
    entry = operand._entry
    if entry >> 32 == graph.serial:
        return entry & 0xFFFFFFFF
    if operand._graph is None:
        index = graph.enter_leaf(operand, operand._data)
    else:
        operand._graph.close()  # it may be open in another thread
        index = graph.enter_link(operand._graph, operand._index)
    operand._entry = graph.serial << 32 | index
    return index


def _record(op: int, operands: Sequence[Node | float], value: float) -> Node:
    if _thread.mode & NO_GRAD:
        result = _leaf(value)
    else:
        with _lock:
            graph = _open_graph()
            codes = [_resolve(graph, operand) for operand in operands]
            result = handle(graph, graph.append(op, codes, value))
    if _thread.mode & WATCH:
        _hooks["recorded"](result, op, tuple(operands))
    return result


def apply(op: int, *operands: Any) -> Any:
    """Computes a primitive and records it; a float when no operand is a Node."""
    read = [x if isinstance(x, Node) else _require_number(x) for x in operands]
    function = VALUE[op]
    assert function is not None
    value = function(*[x._data if isinstance(x, Node) else x for x in read])
    return _record(op, read, value) if any(isinstance(x, Node) for x in read) else value


def reduce(op: int, operands: list[Any]) -> Any:
    """Computes a reduction and records it as one node; a float when no operand is a Node."""
    read = [x if isinstance(x, Node) else _require_number(x) for x in operands]
    value = reductions.value(op, [x._data if isinstance(x, Node) else x for x in read])
    return _record(op, read, value) if any(isinstance(x, Node) for x in read) else value


# --- the reverse sweep ---------------------------------------------------------------------------------------------


class _Sweep:
    """Adjoints of all that a root reaches, in scratch; `commit` hands them over."""

    def __init__(self) -> None:
        self.adjoints: dict[Graph, dict[int, float]] = {}
        self.reached: dict[Graph, bytearray] = {}
        self.pending: list[tuple[int, Graph]] = []  # the latest closed first
        self.leaf_sums: dict[int, tuple[Node, float]] = {}

    def reach(self, graph: Graph, index: int, adjoint: float) -> None:
        if graph not in self.adjoints:
            self.adjoints[graph] = {}
            self.reached[graph] = bytearray(len(graph.ops))
            heapq.heappush(self.pending, (-graph.closed, graph))
        self.adjoints[graph][index] = adjoint
        self.reached[graph][index] = 1

    def running_sum(self, graph: Graph, entry: int) -> float | None:
        """The sum so far of the leaf or node behind an entry: where the tape was cut must not show."""
        position = graph.codes[graph.starts[entry]]
        if graph.ops[entry] == ops.LEAF:
            known = self.leaf_sums.get(id(graph.leaves[position]))
            return None if known is None else known[1]
        target, index = graph.links[position]
        return self.adjoints.get(target, {}).get(index)

    def add(self, graph: Graph, code: int, contribution: float) -> float:
        adjoints = self.adjoints[graph]
        before = adjoints.get(code)
        if before is None:
            self.reached[graph][code] = 1
            if graph.ops[code] < ops.FIRST:
                before = self.running_sum(graph, code)
        total = adjoints[code] = contribution if before is None else before + contribution
        return total

    def pass_on(self, graph: Graph, entry: int) -> None:
        position, adjoint = graph.codes[graph.starts[entry]], self.adjoints[graph][entry]
        if graph.ops[entry] == ops.LEAF:
            self.leaf_sums[id(graph.leaves[position])] = graph.leaves[position], adjoint
        else:
            self.reach(*graph.links[position], adjoint)

    def visit(self, graph: Graph, index: int, check: bool) -> bool:
        """Applies one node's rule; False when, with `check`, it makes a nan or an infinity."""
        codes, z, adjoint = graph.operands(index), graph.values[index], self.adjoints[graph][index]
        operands = [graph.value(code) for code in codes]
        if graph.ops[index] >= ops.FIRST_REDUCTION:
            partials = reductions.partials(graph.ops[index], operands, z)
        else:
            partials = (partial(*operands, z) for partial in PARTIALS[graph.ops[index]])
        for code, partial in zip(codes, partials):
            if code >= 0:
                total = self.add(graph, code, zmul(adjoint, partial))
                if check and total - total != 0.0:
                    return False
        return True

    def run(self, check: bool) -> tuple[Graph, int] | None:
        """Sweeps every graph; gives the node whose rule made a nan or infinity, if that was asked for."""
        while self.pending:
            graph = heapq.heappop(self.pending)[1]
            reached = self.reached[graph]
            index = reached.rfind(1)
            while index >= 0:
                if graph.ops[index] < ops.FIRST:
                    self.pass_on(graph, index)
                elif not self.visit(graph, index, check):
                    return graph, index
                index = reached.rfind(1, 0, index)
        return None

    def commit(self) -> None:
        """All adjoints at once: `deque` runs through both maps in one call, which no signal can interrupt."""
        with _lock:
            leaves = [leaf for leaf, _ in self.leaf_sums.values()]
            grads = [leaf._grad + total for leaf, total in self.leaf_sums.values()]
            set_grad = Node.__dict__["_grad"].__set__
            update = map(dict.update, [graph.adjoints for graph in self.adjoints], self.adjoints.values())
            deque(itertools.chain(map(set_grad, leaves, grads), update), maxlen=0)


def backward(root: Node, seed: float, check: bool) -> tuple[int, int, int, list[float]] | None:
    """Sweeps from the root and commits. With `check`, a nan or infinity stops it: then nothing is committed, and the
    serial number, index, opcode and operands of the node whose rule made it are given."""
    if root._graph is None:
        with _lock:
            root._grad += seed
        return None
    root._graph.close()
    sweep = _Sweep()
    sweep.reach(root._graph, root._index, seed)
    made = sweep.run(check)
    if made is not None:
        graph, index = made
        return graph.serial, index, graph.ops[index], [graph.value(code) for code in graph.operands(index)]
    sweep.commit()
    return None


# --- looking at nodes ------------------------------------------------------------------------------------------------


def key(node: Node) -> tuple[int, int] | None:
    """What tells an interior node from every other; None for a leaf."""
    return None if node._graph is None else (node._graph.serial, node._index)


def opcode(node: Node) -> int:
    return ops.LEAF if node._graph is None else node._graph.ops[node._index]


def operands(node: Node) -> list[Node | float]:
    """Leaves themselves, new handles to interior nodes, floats for constants."""
    graph = node._graph
    assert graph is not None
    found: list[Node | float] = []
    for code in graph.operands(node._index):
        if code < 0:
            found.append(graph.value(code))
        elif graph.ops[code] == ops.LEAF:
            found.append(graph.leaves[graph.codes[graph.starts[code]]])
        elif graph.ops[code] == ops.LINK:
            found.append(handle(*graph.links[graph.codes[graph.starts[code]]]))
        else:
            found.append(handle(graph, code))
    return found
