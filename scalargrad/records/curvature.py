"""The tangents of a gradient, as numbers: second derivatives times directions, where all leaves are numbers.

It is the tangent of the adjoint, but no record of it is written: operations of numbers alone fold to numbers.
csrc/records/curvature.c has the same, in one sweep of the adjoint over numbers with a slope.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from scalargrad.record import Operand, Record
from scalargrad.records.adjoint import adjoint
from scalargrad.records.tangent import sweep
from scalargrad.records.writer import Writer


class _Folding(Writer):
    """A writer whose operations are numbers alone."""

    def is_zero(self, x: Operand) -> bool:
        return self.number(x) == 0.0

    def _append(self, op: int, operands: tuple[Operand, ...], value: float) -> float:
        return value


def hvps(record: Record, wanted: Sequence[int], seeds: Sequence[float], directions: Sequence[float]) -> array[float]:
    """How the derivatives by the wanted leaves change in each direction, one direction after the other.

    The derivatives are those of the sum of the roots, each times its seed. A direction has a number per wanted leaf.
    A zero has no sign.
    """
    writer = _Folding(adjoint(record, wanted, [[*map(float, seeds)]]))
    found, count = array("d"), len(writer.kinds)
    for k in range(0, len(directions), max(len(wanted), 1)):
        start = dict(zip(wanted, map(float, directions[k : k + len(wanted)])))
        tangents = sweep(writer, count, start)
        found.extend(0.0 if isinstance(x, float) else writer.number(tangents.get(x, 0.0)) + 0.0 for x in writer.roots)
    return found
