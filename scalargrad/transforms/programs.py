"""Second derivatives of a function that is called again, at other numbers: by a program, with the same bits.

A sketch of what the function recorded tells whether it did the same as before. Once it has done so often enough, the
tangents of the adjoint are written as one record, which the C core makes a program of. From then on no record is
written: only the numbers of the inputs are new, and a hessian costs what its arithmetic does.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from scalargrad import core
from scalargrad.record import Record
from scalargrad.table import ops, walks
from scalargrad.transforms.run import Run
from scalargrad.transforms.sparsity import Entries, Memory, Sweeps

# To make a program of n nodes takes as long as some AFTER hessians by sweeps. Of few nodes it takes no time.
_FEW, _AFTER, _MOST = 1 << 11, 6, 1 << 20
_REDUCTIONS = {ops.OPCODE[name] for name in ("sum", "dot", "mean")}
_BY_NUMBERS = {walks.UNLESS, walks.OPERAND_NUMBER, walks.RESULT_NUMBER}

Sketch = tuple[int, int, bytes]  # how many inputs and results there are, and what lies between

_plans = Memory(256, 1 << 25)
_calls: dict[int, int] = {}  # by the hash of a sketch: how often it was answered by sweeps


class Plan(NamedTuple):
    """How to find the second derivatives of what has one sketch."""

    program: Any  # None: by sweeps
    sums: Sweeps | None = None  # which results are differentiated together
    matrices: Sequence[Entries] = ()

    def run(self, numbers: bytes) -> list[Entries]:
        """The second derivatives, where the inputs have these numbers."""
        items, start, found = core.run(self.program, numbers), 0, []
        for matrix in self.matrices:
            end = start + len(matrix.columns)
            found.append(matrix._replace(items=items[start:end]))
            start = end
        return found


def sketch_of(run: Run) -> tuple[Sketch | None, bytes]:
    """The sketch of what a run has recorded, if it has one, and the numbers of its inputs."""
    found = None if core.mode() & core.WATCH else run.sketch()
    if found is None:
        return None, b""
    sketch, numbers = found
    return (run.size, len(run.items), sketch), numbers


def plan_of(sketch: Sketch | None) -> Plan | None:
    """The plan for a sketch, if there is one."""
    return None if sketch is None else _plans.recall(sketch)


def note(sketch: Sketch, sums: Sweeps | None, slopes: Record, sweeps: Sequence[Sweeps]) -> None:
    """What has this sketch was differentiated by sweeps over `slopes`, its first derivatives. Makes a plan, if that was
    so a few times. If memory runs out, there is none: the second derivatives are known without."""
    key, size = hash(sketch), len(slopes.ops) * (1 + (len(sweeps[0].seeds) if sweeps else 0))
    _calls[key] = calls = _calls.get(key, 0) + 1
    if len(_calls) > 1000:
        _calls.clear()
    if calls < (2 if size < _FEW else _AFTER):
        return
    plan, bytes_of_plan = Plan(None), 0
    if sweeps and size <= _MOST and _is_settled(slopes):
        matrices = [each.places for each in sweeps]
        try:
            record = core.tangent(slopes, [dict(enumerate(seed)) for seed in sweeps[0].seeds])
            made = core.program(record, [place for matrix in matrices for place in matrix.items])
        except MemoryError:
            return
        if made:
            plan, bytes_of_plan = Plan(made[0], sums, matrices), made[1]
    _plans.keep(sketch, len(sketch[2]) + bytes_of_plan, plan)


def _is_settled(record: Record) -> bool:
    """Whether the derivatives of a record are the same expressions at all numbers."""
    return _settled_rows().issuperset(record.ops)


@cache
def _settled_rows() -> frozenset[int]:
    fixed = range(ops.FIRST, ops.FIRST_REDUCTION)
    rows = {op for op in fixed if not any(step.kind in _BY_NUMBERS for each in walks.partials(op) for step in each)}
    return frozenset({ops.LEAF} | rows | _REDUCTIONS)
