"""The adjoint of a record: a record of the derivatives of its roots, from the table alone.

One descending pass, as the sweep makes it: a node's adjoint is complete when the pass reaches it. So the values have
the sweep's bits. The nodes are ordinary rows, and a record of them has an adjoint again.
"""

from __future__ import annotations

from collections.abc import Sequence

from scalargrad.record import Operand, Record
from scalargrad.records import linear
from scalargrad.records.partials import partials_of
from scalargrad.records.writer import Writer, depending
from scalargrad.table import ops


def adjoint(record: Record, wanted: Sequence[int], seeds: Sequence[Sequence[float]]) -> Record:
    """The record of the derivatives by the leaves whose numbers are wanted.

    Each of `seeds` makes one sweep: it has one number per root, or the number of a leaf, an int, which stands for the
    seed. The roots are the derivatives by the leaves, sweep by sweep; a derivative that is a constant is one.

    Raises `HigherOrderError` if a root depends on a wanted leaf through a node whose partials are constants.
    """
    writer = Writer(record)
    known = depending(writer, wanted)
    starts = [[*map(writer.seed, seed)] for seed in seeds]
    return writer.record([x for start in starts for x in _sweep(writer, known, wanted, start)])


def _sweep(writer: Writer, known: bytearray, wanted: Sequence[int], seed: Sequence[Operand]) -> list[Operand]:
    adjoints: dict[int, Operand] = {}
    leaves: dict[int, Operand] = {}  # by number: a leaf may have several nodes, and one sum

    def add(position: Operand, contribution: Operand) -> None:
        if isinstance(position, float) or not known[position]:
            return
        if writer.kinds[position] == ops.LEAF:
            leaf = writer.operands[position][0]
            assert isinstance(leaf, int)
            leaves[leaf] = writer.sum(leaves.get(leaf), contribution)
        else:
            adjoints[position] = writer.sum(adjoints.get(position), contribution)

    for root, x in zip(writer.roots, seed):
        if not (isinstance(x, float) and x == 0.0):
            add(root, x)
    for position in range(len(known) - 1, -1, -1):
        if position not in adjoints:
            continue
        op, operands = writer.kinds[position], writer.operands[position]
        if op == ops.ALSO:
            first = operands[0]
            assert isinstance(first, int)
            adjoints.setdefault(first, 0.0)  # the operation's turn comes with its first result
            continue
        d = adjoints[position]
        if op >= ops.FIRST_JOINT:
            contributions = linear.pull(writer, position, adjoints)
        else:
            wants = [isinstance(x, int) and bool(known[x]) for x in operands]
            contributions = [
                None if partial is None or writer.is_zero(partial) else writer.product(d, partial)
                for partial in partials_of(writer, position, wants)
            ]  # fmt: skip
        for x, contribution in zip(operands, contributions):
            if contribution is not None:
                add(x, contribution)
        del adjoints[position]
    return [leaves.get(leaf, 0.0) for leaf in wanted]
