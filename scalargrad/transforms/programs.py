"""Second derivatives of a function that is called again, at other numbers: by a program, with the same bits.

A sketch of what the function recorded tells whether it did the same as before. At the second time, the tangents of the
adjoint are written as one record, which the C core makes a program of. From then on no record is written: only the
numbers of the inputs are new, and a hessian costs what its arithmetic does.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from scalargrad import core
from scalargrad.record import Record
from scalargrad.table import ops, walks
from scalargrad.transforms import sparsity
from scalargrad.transforms.run import Run
from scalargrad.transforms.sparsity import Entries, Sweeps

_MOST = 1 << 20  # nodes, or fewer, in the record that becomes a program
_REDUCTIONS = {ops.OPCODE[name] for name in ("sum", "dot", "mean")}
_BY_NUMBERS = {walks.UNLESS, walks.OPERAND_NUMBER, walks.RESULT_NUMBER}


class Plan:
    """What is known about the second derivatives of what has one sketch."""

    def __init__(self) -> None:
        self.seen = self.is_final = False
        self.program: Any = None
        self.sums: Sweeps | None = None
        self.matrices: list[Entries] = []

    def note(self, sums: Sweeps | None, slopes: Record, sweeps: Sequence[Sweeps]) -> None:
        """Sweeps have found the second derivatives, from the record of the first. At the second time, makes the program
        that finds them from now on, if it can be made."""
        if self.seen and not self.is_final and sweeps:
            self.is_final = True
            directions = [dict(enumerate(seed)) for seed in sweeps[0].seeds]
            if _is_settled(slopes) and len(slopes.ops) * (len(directions) + 1) <= _MOST:
                self.sums, self.matrices = sums, [each.places for each in sweeps]
                places = [place for matrix in self.matrices for place in matrix.items]
                self.program = core.program(core.tangent(slopes, directions), places)
        self.seen = True

    def run(self, numbers: bytes) -> list[Entries]:
        """The second derivatives, where the inputs have these numbers."""
        items, start, found = core.run(self.program, numbers), 0, []
        for matrix in self.matrices:
            end = start + len(matrix.columns)
            found.append(matrix._replace(items=items[start:end]))
            start = end
        return found


def plan_of(run: Run) -> tuple[Plan, bytes] | None:
    """The plan for what a run has recorded, and the numbers of its inputs. None, if it has none."""
    found = None if core.mode() & core.WATCH else run.sketch()
    if found is None:
        return None
    sketch, numbers = found
    return sparsity.recalled((Plan, run.size, len(run.items), sketch), len(sketch), Plan), numbers


def _is_settled(record: Record) -> bool:
    """Whether the derivatives of a record are the same expressions at all numbers."""
    return _settled_rows().issuperset(record.ops)


@cache
def _settled_rows() -> frozenset[int]:
    fixed = range(ops.FIRST, ops.FIRST_REDUCTION)
    rows = {op for op in fixed if not any(step.kind in _BY_NUMBERS for each in walks.partials(op) for step in each)}
    return frozenset({ops.LEAF} | rows | _REDUCTIONS)
