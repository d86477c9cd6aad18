"""Histories, for copies and pickles: flattens all graphs that a node reaches into one record, and rebuilds them.

The record is the same in both backends: ``(ops, codes, values, grads, consts, leaves)``, five bytes objects in native
byte order and a list. Nodes are in topological order, the root last. ``codes`` has for a leaf its position in
``leaves``, for a reduction the number of operands and the operands, for another node its operands. An operand is the
position of an earlier node, or ``CONST | position in consts``.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterator
from math import copysign

from scalargrad.pure.tape import GRAPH_MOST, Graph, Node, Operand, handle
from scalargrad.table import ops

Record = tuple[bytes, bytes, bytes, bytes, bytes, list[Node]]
CONST = 1 << 63


def _reached(root: Node) -> list[tuple[Graph, list[int]]]:
    """Each graph that the root reaches, in order of closing, with the ascending indices of the nodes reached in it."""
    assert root._graph is not None
    roots: dict[Graph, set[int]] = {root._graph: {root._index}}
    pending = [(-root._graph.closed, root._graph)]
    finished: list[tuple[Graph, list[int]]] = []
    while pending:
        graph = heapq.heappop(pending)[1]
        marked = bytearray(len(graph.nodes))
        for index in roots[graph]:
            marked[index] = 1
        indices = []
        index = marked.rfind(1)
        while index >= 0:
            indices.append(index)
            op, operands, _ = graph.nodes[index]
            if op == ops.LINK:
                target, target_index = operands
                if target not in roots:
                    roots[target] = set()
                    heapq.heappush(pending, (-target.closed, target))
                roots[target].add(target_index)
            elif op != ops.LEAF:
                for operand in operands:
                    if not isinstance(operand, float):
                        marked[operand] = 1
            index = marked.rfind(1, 0, index)
        finished.append((graph, indices[::-1]))
    return finished[::-1]


def flatten(root: Node) -> Record:
    """The record of all nodes that the root reaches."""
    assert root._graph is not None
    root._graph.close()
    kinds, codes, values, grads, consts = bytearray(), array("Q"), array("d"), array("d"), array("d")
    leaves: dict[int, tuple[int, Node]] = {}
    position: dict[Graph, dict[int, int]] = {}
    for graph, indices in _reached(root):
        here = position[graph] = {}
        for index in indices:
            op, operands, value = graph.nodes[index]
            if op == ops.LINK:
                here[index] = position[operands[0]][operands[1]]
                continue
            here[index] = len(kinds)
            kinds.append(op)
            values.append(value)
            grads.append(graph.adjoints.get(index, 0.0))
            if op == ops.LEAF:
                codes.append(leaves.setdefault(id(operands[0]), (len(leaves), operands[0]))[0])
                continue
            if op >= ops.FIRST_REDUCTION:
                codes.append(len(operands))
            for operand in operands:
                if isinstance(operand, float):
                    codes.append(CONST | len(consts))
                    consts.append(operand)
                else:
                    codes.append(here[operand])
    return (bytes(kinds), codes.tobytes(), values.tobytes(), grads.tobytes(), consts.tobytes(),
            [leaf for _, leaf in leaves.values()])  # fmt: skip


class _Malformed(Exception):
    """The record was not written by `flatten`."""


class _Builder:
    """Builds closed graphs of bounded size from a record."""

    def __init__(self, record: Record) -> None:
        self.kinds, codes, values, grads, consts, self.leaves = record
        self.values, self.grads, self.consts = array("d", values), array("d", grads), array("d", consts)
        self.codes: Iterator[int] = iter(array("Q", codes))
        self.graph = Graph()
        self.places: list[tuple[Graph, int]] = []

    def take(self, limit: int) -> int:
        code = next(self.codes, limit)
        if code >= limit:
            raise _Malformed
        return code

    def operand(self, position: int) -> Operand:
        code = next(self.codes, CONST - 1)
        if code >= CONST:
            if code - CONST >= len(self.consts):
                raise _Malformed
            return self.consts[code - CONST]
        if code >= position:
            raise _Malformed
        graph, index = self.places[code]
        if graph is self.graph:
            return index
        kind, behind, value = graph.nodes[index]
        if kind != ops.LEAF:
            return self.graph.link(graph, index)
        entry = self.graph.append(kind, behind, value)  # links lead to operations; a leaf gets a new entry
        self.places[code] = self.graph, entry
        return entry

    def node(self, position: int, op: int) -> int:
        value = self.values[position]
        if op == ops.LEAF:
            return self.graph.append(op, (self.leaves[self.take(len(self.leaves))],), value)
        if op == ops.LINK or op >= len(ops.NAMES):
            raise _Malformed
        n, reduction = ops.ARITY[op], ops.REDUCTION.get(op)
        if reduction:
            n = self.take(1 << 32)
            if not reduction.fits(n):
                raise _Malformed
        operands = tuple([self.operand(position) for _ in range(n)])
        if all(isinstance(operand, float) for operand in operands):
            raise _Malformed  # a node of constants alone is never recorded
        if reduction and not all(isinstance(operands[k], float) for k in reduction.constants(n)):
            raise _Malformed
        return self.graph.append(op, operands, value)

    def build(self) -> Node:
        if not self.kinds or self.kinds[-1] == ops.LEAF:
            raise _Malformed
        for position, op in enumerate(self.kinds):
            if len(self.graph.nodes) >= GRAPH_MOST:
                self.graph.close()
                self.graph = Graph()
            self.places.append((self.graph, self.node(position, op)))
        if next(self.codes, None) is not None:
            raise _Malformed
        self.graph.close()
        for (graph, index), grad, op in zip(self.places, self.grads, self.kinds):
            if op != ops.LEAF and (grad != 0.0 or copysign(1.0, grad) < 0.0):
                graph.adjoints[index] = grad
        return handle(*self.places[-1])


def rebuild(*record: object) -> Node | None:
    """The root of the history in a record, or None if the record is malformed."""
    kinds, codes, values, grads, consts, leaves = record
    arrays = (kinds, codes, values, grads, consts)
    if not all(isinstance(a, bytes) for a in arrays) or not isinstance(leaves, list):
        return None
    if not all(isinstance(leaf, Node) and leaf._graph is None for leaf in leaves):
        return None
    if len(values) != 8 * len(kinds) or len(grads) != 8 * len(kinds) or len(codes) % 8 or len(consts) % 8:  # type: ignore[arg-type]
        return None
    try:
        return _Builder(record).build()  # type: ignore[arg-type]
    except _Malformed:
        return None
