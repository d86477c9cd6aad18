"""The pure-Python backend: graphs. csrc/tape/tape.c has the same.

A `Graph` is a list of nodes in the order of recording, so the operands of a node come before it. A leaf and a node of
another graph enter it once, as nodes of their own: an entry has the leaf as its only operand, or the graph and the
index that it links to.
"""

from __future__ import annotations

import itertools
import sys
from typing import Any

from scalargrad.pure.thread import nothing
from scalargrad.table import ops

# The adjoint of a node that no sweep has reached, known by its identity. It is the neutral number of addition: -0.0 + x
# is x, bit by bit.
UNREACHED = float("-0")

_serials = itertools.count(1)

Operand = int | float  # the index of an earlier node, or a constant


class Graph:
    """Recorded nodes, each (op, value, i, p, j, q), in one of two forms. Appending a node is one atomic step.

    With its partials: i and j are the nodes that it is an operation of, p and q its partials by them. If there is no j,
    q is a constant operand, or None; it is the second operand, or, if ~op stands for op, the first. Otherwise i is
    None, and p the tuple of all operands: a sweep computes the partials then. `node` tells both in the same words.
    """

    __slots__ = (
        "__weakref__", "_closing", "adjoints", "fewest_handles", "labels", "limit", "links", "nodes", "serial", "state"
    )  # fmt: skip

    _closings = itertools.count(1)  # here, because Python clears a module before the last graphs are closed

    def __init__(self, limit: int = sys.maxsize, state: list[Any] | None = None) -> None:
        self.serial = next(_serials)
        self._closing: dict[str, int] = {}
        self.state = state  # of its thread, which refers to it while a node may be appended without further ado
        self.limit = limit  # a node with this index makes it large
        # the fewest references seen at an operation that used none of the nodes, once the graph is large
        self.fewest_handles = sys.maxsize
        self.nodes: list[tuple[int, float, int | None, Any, int | None, float | None]] = []
        self.links: dict[tuple[int, int], int] = {}  # the entry of each linked node, by its key
        self.adjoints: list[float] = []  # from the last sweep that reached each node, else UNREACHED or missing
        self.labels: dict[int, str] | None = None  # made when the first is set

    @property
    def closed(self) -> int:
        """The position in the order of closing; 0 while open."""
        return self._closing.get("position", 0)

    def close(self) -> None:
        if not self._closing:
            self._closing.setdefault("position", next(self._closings))  # if two threads close it, the first one counts
            self.rest()

    def rest(self) -> None:
        """Makes the next operation look whether the graph is closed, or large."""
        if self.state and self.state[-1]() is self:
            self.state[-1] = nothing

    def append(self, op: int, operands: tuple[Any, ...], value: float) -> int:
        node = (op, value, None, operands, None, None)
        index = len(self.nodes)
        self.nodes.append(node)
        if index >= self.limit or self.nodes[index] is not node:
            index = self.settle(node, index)
        return index

    def settle(self, node: tuple[Any, ...], index: int) -> int:
        """The index of a node that was just appended. A signal's handler, or a `__del__`, may have recorded others at
        its place. Of a large graph, the next operation looks whether it must be closed."""
        index = next(k for k in range(index, len(self.nodes)) if self.nodes[k] is node)
        if index >= self.limit:
            self.rest()
        return index

    def link(self, target: Graph, index: int) -> int:
        """The entry of a node of a closed graph. Only one is used, even if the node has several handles."""
        key = target.serial, index
        if key in self.links:
            return self.links[key]
        return self.links.setdefault(key, self.append(ops.LINK, (target, index), target.nodes[index][1]))

    def node(self, index: int) -> tuple[int, tuple[Any, ...], float]:
        """The opcode, the operands and the value of a node."""
        op, value, i, p, j, q = self.nodes[index]
        if i is None:
            return op, p, value
        if j is not None:
            return op, (i, j), value
        if q is None:
            return op, (i,), value
        return (op, (i, q), value) if op >= 0 else (~op, (q, i), value)

    def value(self, operand: Operand) -> float:
        return operand if isinstance(operand, float) else self.nodes[operand][1]

    def adjoint(self, index: int) -> float:
        """The adjoint of a node from the last sweep that reached it; 0.0 if none has."""
        found = self.adjoints[index] if index < len(self.adjoints) else UNREACHED
        return 0.0 if found is UNREACHED else found

    def set_adjoint(self, index: int, adjoint: float) -> None:
        self.make_room()
        self.adjoints[index] = adjoint

    def make_room(self) -> list[float]:
        """The adjoints, of all nodes."""
        missing = len(self.nodes) - len(self.adjoints)
        self.adjoints.extend([UNREACHED] * missing)
        return self.adjoints
