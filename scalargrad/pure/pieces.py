"""Pieces of graphs: what lies between some leaves and some results, as a record; and a record, recorded again.

csrc/tape/pieces.c has the same. Nothing here closes a graph.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import copysign
from typing import Any

from scalargrad.errors import RecordError
from scalargrad.pure import tape
from scalargrad.pure.block import Block, record_joint
from scalargrad.pure.graph import Graph
from scalargrad.pure.history import reached
from scalargrad.pure.tape import Node, handle
from scalargrad.record import CONST, Record, nodes, validate
from scalargrad.table import joint, ops

_INSTEAD = ops.OPCODE["instead"]


def moment() -> int:
    """The present, in the order in which graphs are closed."""
    return next(Graph._closings)


class _Piece:
    """The record of what depends on some leaves. Whatever else is used is a leaf of the record too: a Value."""

    def __init__(self, wanted: Sequence[Node]) -> None:
        self.kinds, self.codes, self.values, self.consts = bytearray(), array("Q"), array("d"), array("d")
        self.leaves: list[Node] = [*wanted]
        self.numbers: dict[Any, int] = {}
        for k, leaf in enumerate(wanted):
            self.numbers.setdefault(id(leaf), k)
        self.wanted = len(wanted)
        self.places: dict[tuple[Graph, int], int] = {}  # by node: its position in the record
        self.depends: set[tuple[Graph, int]] = set()

    def append(self, op: int, value: float, *codes: int) -> int:
        self.kinds.append(op)
        self.values.append(value)
        self.codes.extend(codes)
        return len(self.kinds) - 1

    def constant(self, x: float) -> int:
        self.consts.append(x)
        return CONST | (len(self.consts) - 1)

    def entry(self, graph: Graph, index: int, key: Any, value: Any) -> int:
        """The position of a leaf of the record, which stands for a Value with the number that was captured here."""
        place = self.places.get((graph, index))
        if place is None:
            number = self.numbers.setdefault(key, len(self.leaves))
            if number == len(self.leaves):
                self.leaves.append(value)
            place = self.places[graph, index] = self.append(ops.LEAF, graph.value(index), number)
        return place

    def place(self, graph: Graph, index: int) -> int:
        """The position of a node in the record: of one that depends on the leaves, or of one that becomes a leaf."""
        found = self.places.get((graph, index))
        if found is not None:
            return found
        op, operands, _ = graph.node(index)
        if op == ops.LEAF:
            return self.entry(graph, index, id(operands[0]), operands[0])
        if op == ops.LINK:
            target, at = operands
            if (target, at) in self.depends:
                return self.places[target, at]
            return self.entry(graph, index, (target.serial, at), handle(target, at))
        return self.entry(graph, index, (graph.serial, index), handle(graph, index))

    def add(self, graph: Graph, index: int) -> None:
        """A node, if it depends on the leaves."""
        op, operands, value = graph.node(index)
        if op == ops.LEAF:
            if self.numbers.get(id(operands[0]), self.wanted) < self.wanted:
                self.depends.add((graph, index))
            return
        if op == ops.LINK:
            if operands in self.depends:
                self.depends.add((graph, index))
            return
        if not any((graph, x) in self.depends for x in operands if not isinstance(x, float)):
            return
        self.depends.add((graph, index))
        codes = [self.constant(x) if isinstance(x, float) else self.place(graph, x) for x in operands]
        count = [len(codes)] if op >= ops.FIRST_REDUCTION else []
        self.places[graph, index] = self.append(op, value, *count, *codes)

    def root(self, x: Any) -> int:
        """The code of a result: a constant, if it does not depend on the leaves."""
        if not isinstance(x, Node):
            return self.constant(x)
        if x._graph is not None:
            known = (x._graph, x._index) in self.depends
            return self.place(x._graph, x._index) if known else self.constant(x._number)
        number = self.numbers.get(id(x), self.wanted)
        return self.append(ops.LEAF, x._number, number) if number < self.wanted else self.constant(x._number)


def extract(roots: Sequence[Any], blocks: Sequence[Block], since: int) -> tuple[Any, ...]:
    """The parts of the record of what lies between the leaves in some blocks and the roots, Values or floats.

    The leaves come first among the record's. What the nodes use beside is a leaf of the record too, any Value. A root
    that does not depend on the leaves is a constant. The leaves must have been made after the moment `since`: graphs
    that were closed before cannot depend on them.
    """
    piece = _Piece([leaf for block in blocks for leaf in block.items])
    for graph, indices in reached(roots, since):
        for index in indices:
            piece.add(graph, index)
    found = array("Q", map(piece.root, roots))
    numbers = [part.tobytes() for part in (piece.codes, piece.values)]
    return (bytes(piece.kinds), *numbers, b"", piece.consts.tobytes(), found.tobytes(), piece.leaves)


def _needed(record: Record, operands: Sequence[Sequence[int | float]]) -> bytearray:
    needed = bytearray(len(record.ops))
    for code in array("Q", record.roots):
        if code < CONST:
            needed[code] = 1
    index = needed.rfind(1)
    while index >= 0:
        op = record.ops[index]
        if op != ops.LEAF:
            for x in operands[index]:
                if isinstance(x, int):
                    needed[x] = 1
        index = needed.rfind(1, 0, index)
    return needed


def _same(x: float, y: float) -> bool:
    """Whether two numbers have the same bits; any nan is any other."""
    return (x == y and copysign(1.0, x) == copysign(1.0, y)) or (x != x and y != y)


def _as_captured(x: Node, number: float) -> Node:
    """A Value in place of a leaf whose number has changed since: a node with the number that was captured."""
    return tape.record(_INSTEAD, (x, number), (x._number, number), number)


def replay(given: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
    """Records a record again, with inputs in place of its leaves: Values with the same numbers, or floats.

    Returns its roots, each a Value exactly if it depends on one. Only what they need is recorded.
    """
    record = Record(*given)
    validate(record, piece=True)
    if len(inputs) < len(record.leaves):
        raise RecordError("its leaves lack inputs")
    operands = [tuple(found) for _, found in nodes(record)]
    needed, values = _needed(record, operands), array("d", record.values).tolist()
    places: list[Any] = [None] * len(values)
    for position, op in enumerate(record.ops):
        if places[position] is not None or not (needed[position] or op >= ops.FIRST_JOINT):
            continue
        if op == ops.LEAF:
            x = inputs[int(operands[position][0])]
            number = values[position]
            if not isinstance(x, Node):
                places[position] = number
            elif _same(x._number, number):
                places[position], values[position] = x, x._number
            else:
                places[position] = _as_captured(x, number)
            continue
        used = [places[x] if isinstance(x, int) else x for x in operands[position]]
        numbers = [values[x] if isinstance(x, int) else x for x in operands[position]]
        count = joint.count(op, len(used), numbers[0]) if op >= ops.FIRST_JOINT and op != ops.ALSO else 1
        wanted = any(needed[position : position + count])
        if not wanted or not any(isinstance(x, Node) for x in used):
            places[position : position + count] = values[position : position + count]
        elif count > 1 or op >= ops.FIRST_JOINT:
            found = values[position : position + count]
            places[position : position + count] = record_joint(op, used, numbers, found)
        else:
            places[position] = tape.record(op, used, numbers, values[position])
    consts = array("d", record.consts)
    return [consts[code - CONST] if code >= CONST else places[code] for code in array("Q", record.roots)]
