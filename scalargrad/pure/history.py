"""Histories, for copies and pickles: flattens all graphs that some nodes reach into one record, and rebuilds them.

`record.py` says what a record is. csrc/tape/history.c does the same.
"""

from __future__ import annotations

import heapq
import sys
from array import array
from collections.abc import Sequence
from math import copysign
from typing import Any

from scalargrad.errors import RecordError
from scalargrad.pure.attributes import set_label
from scalargrad.pure.graph import Graph, Operand
from scalargrad.pure.tape import GRAPH_MOST, Node, handle
from scalargrad.record import CONST, Record, nodes, validate
from scalargrad.table import ops


def _rank(graph: Graph) -> int:
    return graph.closed or sys.maxsize


def reached(roots: Sequence[Any], since: int = 0) -> list[tuple[Graph, list[int]]]:
    """Each graph that the nodes among the roots reach, in order of closing, the open one last, with the ascending
    indices of the nodes reached in it. Graphs that were closed up to the moment `since` are left out."""
    marks: dict[Graph, bytearray] = {}
    pending: list[tuple[int, int, Graph]] = []

    def mark(graph: Graph, index: int) -> None:
        if graph not in marks:
            marks[graph] = bytearray(len(graph.nodes))
            heapq.heappush(pending, (-_rank(graph), graph.serial, graph))
        marks[graph][index] = 1

    for root in roots:
        if isinstance(root, Node) and root._graph is not None and _rank(root._graph) > since:
            mark(root._graph, root._index)
    finished: list[tuple[Graph, list[int]]] = []
    while pending:
        graph = heapq.heappop(pending)[2]
        marked, indices = marks[graph], []
        index = marked.rfind(1)
        while index >= 0:
            op, operands, _ = graph.node(index)
            if op >= ops.FIRST_JOINT and (last := _last_result(graph, index)) != index and not marked[last]:
                index = last  # the results of a joint operation stay together
                marked[index] = 1
                continue
            indices.append(index)
            if op == ops.ALSO:
                marked[index - 1] = 1
            if op == ops.LINK:
                if _rank(operands[0]) > since:
                    mark(*operands)
            elif op != ops.LEAF:
                for operand in operands:
                    if not isinstance(operand, float):
                        marked[operand] = 1
            index = marked.rfind(1, 0, index)
        finished.append((graph, indices[::-1]))
    return finished[::-1]


def _last_result(graph: Graph, index: int) -> int:
    """The last of the results of a joint operation, one of which is node `index`."""
    from scalargrad.table import joint

    op, operands, _ = graph.node(index)
    first = operands[0] if op == ops.ALSO else index
    op, operands, _ = graph.node(first)
    return first + joint.count(op, len(operands), graph.value(operands[0])) - 1


def flatten(*wanted: Node) -> tuple[Any, ...]:
    """The parts of the record of all that some nodes, results of operations, reach. Labels, only if there are any."""
    assert wanted
    kinds, codes, values, grads, consts = bytearray(), array("Q"), array("d"), array("d"), array("d")
    leaves: dict[int, tuple[int, Node]] = {}
    labels: dict[int, str] = {}
    position: dict[Graph, dict[int, int]] = {}
    for node in wanted:
        assert node._graph is not None
        node._graph.close()
    for graph, indices in reached(wanted):
        here = position[graph] = {}
        for index in indices:
            op, operands, value = graph.node(index)
            if op == ops.LINK:
                here[index] = position[operands[0]][operands[1]]
                continue
            here[index] = len(kinds)
            kinds.append(op)
            values.append(value)
            grads.append(graph.adjoint(index))
            if op == ops.LEAF:
                codes.append(leaves.setdefault(id(operands[0]), (len(leaves), operands[0]))[0])
                continue
            if graph.labels and index in graph.labels:
                labels[here[index]] = graph.labels[index]
            if op >= ops.FIRST_REDUCTION:
                codes.append(len(operands))
            for operand in operands:
                if isinstance(operand, float):
                    codes.append(CONST | len(consts))
                    consts.append(operand)
                else:
                    codes.append(here[operand])
    roots = array("Q", [position[node._graph][node._index] for node in wanted if node._graph is not None])
    numbers = [part.tobytes() for part in (codes, values, grads, consts, roots)]
    return (bytes(kinds), *numbers, [leaf for _, leaf in leaves.values()], *([labels] if labels else ()))


class _Builder:
    """Builds closed graphs of bounded size from a legal record."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.places: list[tuple[Graph, int]] = []

    def operand(self, code: int | float) -> Operand:
        """An operand in terms of the graph that is being built."""
        if isinstance(code, float):
            return code
        graph, index = self.places[code]
        if graph is self.graph:
            return index
        kind, behind, value = graph.node(index)
        if kind != ops.LEAF:
            return self.graph.link(graph, index)
        entry = self.graph.append(kind, behind, value)  # links lead to operations; a leaf gets a new entry
        self.places[code] = self.graph, entry
        return entry

    def build(self, record: Record) -> None:
        for (op, codes), value in zip(nodes(record), array("d", record.values)):
            if len(self.graph.nodes) >= GRAPH_MOST and op != ops.ALSO:
                self.graph.close()
                self.graph = Graph()
            operands = (record.leaves[int(codes[0])],) if op == ops.LEAF else tuple(map(self.operand, codes))
            self.places.append((self.graph, self.graph.append(op, operands, value)))
        self.graph.close()
        for (graph, index), grad, op in zip(self.places, array("d", record.grads), record.ops):
            if op != ops.LEAF and (grad != 0.0 or copysign(1.0, grad) < 0.0):
                graph.set_adjoint(index, grad)
        for position, label in (record.labels or {}).items():
            graph, index = self.places[position]
            set_label(handle(graph, index), label)


def rebuild(*given: object) -> list[Node] | None:
    """The roots of the history in a record, or None if it is not legal."""
    record = Record(*given)  # type: ignore[arg-type]
    try:
        validate(record)
    except RecordError:
        return None
    if not all(isinstance(leaf, Node) and leaf._graph is None for leaf in record.leaves):
        return None
    builder = _Builder()
    builder.build(record)
    return [handle(*builder.places[root]) for root in array("Q", record.roots)]
