"""The tangent of a record: a record of the derivatives of its roots in given directions, in one ascending pass each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scalargrad.record import Operand, Record
from scalargrad.records import linear
from scalargrad.records.partials import partials_of
from scalargrad.records.writer import Writer
from scalargrad.table import ops


def tangent(record: Record, directions: Sequence[Mapping[int, float]]) -> Record:
    """The record of the derivatives of all roots, direction by direction.

    A direction has the tangents of leaves by their numbers: a float, or an int, the number of a leaf that stands for
    it. Leaves that it does not name are constants. Raises `HigherOrderError` as `adjoint` does.
    """
    writer = Writer(record)
    starts = [{leaf: writer.seed(x) for leaf, x in direction.items()} for direction in directions]
    results: list[Operand] = []
    count = len(writer.kinds)
    for start in starts:
        tangents = sweep(writer, count, start)
        results += [0.0 if isinstance(root, float) else tangents.get(root, 0.0) for root in writer.roots]
    return writer.record(results)


def sweep(writer: Writer, count: int, start: Mapping[int, Operand]) -> dict[int, Operand]:
    """The tangents of the first `count` nodes, by position, but zeros that are constants."""
    tangents: dict[int, Operand] = {}
    for position in range(count):
        op, operands = writer.kinds[position], writer.operands[position]
        if op == ops.LEAF:
            leaf = operands[0]
            assert isinstance(leaf, int)
            found = start.get(leaf, 0.0)
            if not (isinstance(found, float) and found == 0.0):
                tangents[position] = found
            continue
        if op == ops.ALSO or not any(isinstance(x, int) and x in tangents for x in operands):
            continue
        inner = [tangents.get(x) if isinstance(x, int) else None for x in operands]
        if op >= ops.FIRST_JOINT:
            tangents.update(linear.push(writer, position, inner))
            continue
        total: Operand | None = None
        partials = partials_of(writer, position, [x is not None for x in inner])
        for partial, x in zip(partials, inner):
            if partial is not None and x is not None and not writer.is_zero(partial):
                total = writer.sum(total, writer.product(x, partial))
        if total is not None:
            tangents[position] = total
    return tangents
