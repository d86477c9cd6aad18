"""A record that grows: what the adjoint and the tangent write to. csrc/records/writer.c has the same."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from typing import Any

from scalargrad.errors import RecordError
from scalargrad.record import CONST, Operand, Record, nodes, results, validate
from scalargrad.table import joint, ops, reductions
from scalargrad.table.evaluate import VALUE
from scalargrad.table.walks import CALL, CONSTANT, JUMP, OPERAND, OPERAND_NUMBER, RESULT, UNLESS, Step

_NEG, _ZMUL, _ADD = ops.OPCODE["neg"], ops.OPCODE["zmul"], ops.OPCODE["add"]


def _same(a: Operand, b: Operand) -> bool:
    """Whether these are one node, or constants of the same bits; any nan is any other."""
    if type(a) is not type(b):
        return False
    return a == b if isinstance(a, int) else struct.pack("d", a) == struct.pack("d", b) or (a != a and b != b)


class Writer:
    """The nodes of a record, and those that are written after them. Nodes of constants alone become constants."""

    def __init__(self, record: Record) -> None:
        validate(record, piece=True)
        self.kinds = bytearray(record.ops)
        self.operands: list[tuple[Operand, ...]] = []
        for _, operands in nodes(record):
            self.operands.append(tuple(operands))
        self.values = array("d", record.values)
        self.leaves: list[Any] = list(record.leaves)
        self.roots = results(record)

    def number(self, x: Operand) -> float:
        return x if isinstance(x, float) else self.values[x]

    def is_zero(self, x: Operand) -> bool:
        """Whether a term with this factor is left out."""
        return isinstance(x, float) and x == 0.0

    def _append(self, op: int, operands: tuple[Operand, ...], value: float) -> Operand:
        self.kinds.append(op)
        self.operands.append(operands)
        self.values.append(value)
        return len(self.kinds) - 1

    def seed(self, x: float) -> Operand:
        """A seed as an operand: an int is the number of a leaf, which stands for it."""
        if not isinstance(x, int):
            return float(x)
        for position in range(len(self.kinds) - 1, -1, -1):
            if self.kinds[position] == ops.LEAF and self.operands[position][0] == x:
                return position
        raise RecordError(f"leaf {x}, which is to be a seed, is none of its nodes")

    def emit(self, op: int, *operands: Operand) -> Operand:
        """A node of a row of fixed arity."""
        function = VALUE[op]
        assert function is not None
        value = function(*map(self.number, operands))
        return value if all(isinstance(x, float) for x in operands) else self._append(op, operands, value)

    def reduce(self, op: int, operands: Sequence[Operand]) -> Operand:
        """A node of a reduction."""
        value = reductions.value(op, [self.number(x) for x in operands])
        if all(isinstance(x, float) for x in operands):
            return value
        return self._append(op, tuple(operands), value)

    def joint(self, op: int, operands: Sequence[Operand]) -> list[Operand]:
        """The results of a joint operation; nan, if there are none."""
        numbers = [self.number(x) for x in operands]
        values = joint.values(op, numbers)
        if values is None:
            return [float("nan")] * joint.count(op, len(numbers), numbers[0])
        if all(isinstance(x, float) for x in operands):
            return list(values)
        first = self._append(op, tuple(operands), values[0])
        return [first, *(self._append(ops.ALSO, (first,), value) for value in values[1:])]

    def product(self, d: Operand, partial: Operand) -> Operand:
        """An adjoint or a tangent times a partial."""
        if isinstance(partial, float) and partial in (1.0, -1.0):
            return d if partial == 1.0 else self.emit(_NEG, d)
        if isinstance(d, float) and d in (1.0, -1.0):
            return partial if d == 1.0 else self.emit(_NEG, partial)
        return self.emit(_ZMUL, d, partial)

    def sum(self, x: Operand | None, y: Operand) -> Operand:
        """x + y; y, if there is no x."""
        return y if x is None else self.emit(_ADD, x, y)

    def walk(self, program: Sequence[Step], operands: Sequence[Operand], result: Operand, since: int) -> Operand:
        """Runs a partial's program. It uses nodes again that have been written from position `since` on."""
        stack: list[Operand] = []
        at = 0
        while at < len(program):
            kind, place, constant = program[at]
            at += 1
            if kind == CALL:
                count = ops.ARITY[place]
                taken = stack[-count:]
                del stack[-count:]
                stack.append(self._known(place, taken, since))
            elif kind == CONSTANT:
                stack.append(constant)
            elif kind == UNLESS:
                at = at if self.number(stack.pop()) != 0.0 else place
            elif kind == JUMP:
                at = place
            else:
                x = operands[place] if kind in (OPERAND, OPERAND_NUMBER) else result
                stack.append(x if kind in (OPERAND, RESULT) else self.number(x))
        return stack.pop()

    def _known(self, op: int, operands: list[Operand], since: int) -> Operand:
        for position in range(since, len(self.kinds)):
            if self.kinds[position] == op and all(map(_same, self.operands[position], operands)):
                return position
        return self.emit(op, *operands)

    def record(self, results: Sequence[Operand]) -> Record:
        """All that was written, as a record with these results as roots."""
        codes, consts = array("Q"), array("d")

        def code(x: Operand) -> int:
            if isinstance(x, int):
                return x
            consts.append(x)
            return CONST | (len(consts) - 1)

        for op, operands in zip(self.kinds, self.operands):
            if op >= ops.FIRST_REDUCTION:
                codes.append(len(operands))
            codes.extend(map(code, operands))
        roots = array("Q", map(code, results))
        numbers = self.values.tobytes(), b"", consts.tobytes()
        return Record(bytes(self.kinds), codes.tobytes(), *numbers, roots.tobytes(), self.leaves)


def depending(writer: Writer, wanted: Sequence[int]) -> bytearray:
    """By position, whether a node depends on one of the leaves whose numbers are given."""
    chosen, found = {*wanted}, bytearray(len(writer.kinds))
    for position, (op, operands) in enumerate(zip(writer.kinds, writer.operands)):
        if op == ops.LEAF:
            found[position] = operands[0] in chosen
        else:
            found[position] = any(isinstance(x, int) and found[x] for x in operands)
    return found
