"""The partials of a node, as nodes. csrc/records/partials.h has the same.

A row of the table has a program for each. The shares of a sum of exponentials, and the directions of a norm, would lose
the digits of a small rest: 1 - s**2, where s is close to 1. So the largest of them follows from the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from scalargrad.errors import HigherOrderError
from scalargrad.record import Operand
from scalargrad.records.writer import Writer
from scalargrad.table import ops, reductions, walks
from scalargrad.table.libm import FUNCTIONS

_ADD_ALL, _DOT, _PROD = (ops.OPCODE[name] for name in ("sum", "dot", "prod"))
_NEG, _SUB, _SQRT = (ops.OPCODE[name] for name in ("neg", "sub", "sqrt"))
_MUL, _ZMUL, _INSTEAD = (ops.OPCODE[name] for name in ("mul", "zmul", "instead"))
_ROOM = 900.0  # products below 2**900 and above 2**-900 are far from over- and underflow


def partials_of(writer: Writer, position: int, wanted: Sequence[bool]) -> list[Operand | None]:
    """The partials of a node that is neither a leaf nor a joint operation, where they are wanted."""
    op, operands = writer.kinds[position], writer.operands[position]
    programs = walks.partials(op)
    if op < ops.FIRST_REDUCTION:
        since = len(writer.kinds)
        return [writer.walk(program, operands, position, since) if wants else None
                for program, wants in zip(programs, wanted)]  # fmt: skip
    if not programs:
        raise HigherOrderError(
            "a node by hand, or a `custom_vjp` that was called outside of the transform, has constants as partials: its"
            " second derivative is not known. Write the function as a `custom_vjp` whose rule uses scalargrad's"
            " functions, and call it inside; or take the derivative under `no_grad`, for numbers alone"
        )
    row = ops.REDUCTION[op]
    exact = list(reductions.partials(op, [writer.number(x) for x in operands], writer.values[position]))
    if row.name == "prod":
        return _others(writer, operands, exact, wanted)
    largest, arguments = _largest(writer, operands, position), row.arguments(len(operands))
    found: list[Operand | None] = []
    for k, number in enumerate(exact):
        partner = k + 1 if (k - row.first) % 2 == 0 else k - 1
        y = operands[partner] if row.pairs and partner < len(operands) else 0.0
        wants = k != largest and k in arguments and (wanted[k] or (largest is not None and wanted[largest]))
        given = operands[k], y, number
        found.append(writer.walk(programs[0], given, position, len(writer.kinds)) if wants else None)
    if largest is not None and wanted[largest]:
        others = [x for x in found if x is not None]
        found[largest] = _rest(writer, op, others, exact[largest])
    return [x if wants else None for x, wants in zip(found, wanted)]


def _largest(writer: Writer, operands: Sequence[Operand], position: int) -> int | None:
    """The operand whose partial follows from the others: the first of the largest, in a sum of exponentials by value,
    in a norm by size; none, in other reductions, at the origin and at infinity."""
    name, z = ops.REDUCTION[writer.kinds[position]].name, writer.values[position]
    if name not in ("logsumexp", "norm") or (z == 0.0 and name == "norm") or z - z != 0.0:
        return None
    largest, most = None, -1.0
    for k, operand in enumerate(operands):
        x = writer.number(operand)
        if name == "norm":
            x = abs(x)
        elif k == 0:
            continue
        if largest is None or x > most:
            largest, most = k, x
    return largest


def _rest(writer: Writer, op: int, others: Sequence[Operand], exact: float) -> Operand:
    """The partial by the largest operand: the shares have the sum 1, the directions the sum of squares 1."""
    if not others:
        return exact
    if ops.REDUCTION[op].name == "logsumexp":
        return writer.emit(_INSTEAD, writer.emit(_NEG, writer.reduce(_ADD_ALL, others)), exact)
    squares = writer.reduce(_DOT, [x for x in others for _ in range(2)])
    size = writer.emit(_SQRT, writer.emit(_SUB, 1.0, squares))
    return writer.emit(_INSTEAD, size if exact >= 0.0 else writer.emit(_NEG, size), exact)


def _others(
    writer: Writer, operands: Sequence[Operand], exact: Sequence[float], wanted: Sequence[bool]
) -> list[Operand | None]:
    """The partials of a product: the product of the others, of those before and those after."""
    if len(operands) > 1 and not _has_room(writer, operands):
        rests = ([*operands[:k], *operands[k + 1 :]] for k in range(len(operands)))
        return [_replaced(writer, _product(writer, rest), exact[k]) if wanted[k] else None
                for k, rest in enumerate(rests)]  # fmt: skip
    after: list[Operand] = [1.0]
    for x in operands[:0:-1]:
        after.append(x if len(after) == 1 else writer.emit(_MUL, after[-1], x))
    found: list[Operand | None] = []
    before: Operand = 1.0
    for k, x in enumerate(operands):
        rest = after[len(operands) - 1 - k]
        if wanted[k]:
            product = rest if k == 0 else before if k == len(operands) - 1 else writer.emit(_ZMUL, before, rest)
            found.append(_replaced(writer, product, exact[k]))
        else:
            found.append(None)
        before = x if k == 0 else writer.emit(_MUL, before, x)
    return found


def _replaced(writer: Writer, x: Operand, exact: float) -> Operand:
    return writer.emit(_INSTEAD, x, exact)


def _product(writer: Writer, operands: Sequence[Operand]) -> Operand:
    return writer.reduce(_PROD, operands) if len(operands) > 1 else operands[0]


def _has_room(writer: Writer, operands: Sequence[Operand]) -> bool:
    """Whether no product of some operands comes near to over- or underflow."""
    above = below = 0.0
    for operand in operands:
        x = abs(writer.number(operand))
        power = FUNCTIONS["log2"](x) if x != 0.0 else 0.0
        above, below = above + (power if power > 0.0 else 0.0), below - (power if power < 0.0 else 0.0)
    return above < _ROOM and below < _ROOM
