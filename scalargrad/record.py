"""A graph as data: what copies, pickles and the witnesses of derivatives read, and what a legal graph is.

A `Record` holds nodes in topological order, so operands come before the nodes that use them. `core.flatten` makes one
of Values, and `core.rebuild` makes Values of one, the same in both backends. `validate` says what a legal record is.

A piece of a graph is a record too, which `core.extract` makes and `core.replay` records again. Its leaves may be any
Values, and its roots any operands. Derivatives of pieces are pieces.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from scalargrad.errors import RecordError
from scalargrad.table import ops

CONST = 1 << 63  # the flag of an operand that is a constant; the rest is a position in `consts`
Operand = int | float  # the position of a node, or a constant


class Record(NamedTuple):
    """Nodes in topological order, in native-endian bytes.

    `codes` holds, node by node: for a leaf its position in `leaves`; for a reduction the number of operands, then the
    operands; else the operands. An operand is the position of an earlier node, or ``CONST | position in consts``.
    """

    ops: bytes  # an opcode per node
    codes: bytes  # 8 bytes each
    values: bytes  # a double per node
    grads: bytes  # the adjoint of each node that is not a leaf, from the last backward; empty: all are 0.0
    consts: bytes  # doubles
    roots: bytes  # 8 bytes each: the nodes that were asked for, as operands
    leaves: list[Any]  # Values
    labels: dict[int, str] | None = None  # by position, of nodes that are not leaves


def nodes(record: Record) -> Iterator[tuple[int, list[int | float]]]:
    """The opcode and the operands of each node: positions of earlier nodes, floats for constants. The operand of a leaf
    is its position in `leaves`. The record must be legal."""
    codes, consts = iter(array("Q", record.codes)), array("d", record.consts)
    for op in record.ops:
        count = 1 if op == ops.LEAF else ops.ARITY[op] if op < ops.FIRST_REDUCTION else next(codes)
        yield op, [consts[code - CONST] if code >= CONST else code for _, code in zip(range(count), codes)]


_COUNTS = bytes([1, *(n if 0 <= n < 255 else 255 for n in ops.ARITY[1:])]).ljust(256, b"\xff")  # 255: in the codes


def starts(record: Record) -> array[int]:
    """Where the operands of each node begin in the codes; their number stands before them, if `ARITY` has none. The
    record must be legal."""
    counts = record.ops.translate(_COUNTS)
    if b"\xff" not in counts:
        return array("Q", accumulate(counts[:-1], initial=0))
    codes, found, at = memoryview(record.codes).cast("Q"), array("Q"), 0
    for count in counts:
        if count == 255:
            count = codes[at]
            at += 1
        found.append(at)
        at += count
    return found


def results(record: Record) -> list[Operand]:
    """The roots: positions of nodes, floats for constants."""
    consts = array("d", record.consts)
    return [consts[code - CONST] if code >= CONST else code for code in array("Q", record.roots)]


def validate(record: Record, piece: bool = False) -> None:
    """Raises `RecordError`, which says where and why, unless a graph can be built of the record, or it is a piece."""
    arrays = (record.ops, record.codes, record.values, record.grads, record.consts, record.roots)
    if not all(isinstance(part, bytes) for part in arrays) or not isinstance(record.leaves, list):
        raise RecordError("its parts are not bytes and a list of leaves")
    count = len(record.ops)
    if len(record.values) != 8 * count or len(record.grads) not in (0, 8 * count):
        raise RecordError(
            f"it has {count} nodes, {len(record.values)} bytes of values and {len(record.grads)} of grads"
        )
    if any(len(part) % 8 for part in (record.codes, record.consts, record.roots)):
        raise RecordError("a part ends within a number")
    codes, constants = array("Q", record.codes), len(record.consts) // 8
    taken = joint = others = 0
    for position, op in enumerate(record.ops):
        count_here, taken = _count(record, codes, taken, position)
        operands = codes[taken : taken + count_here]
        taken += count_here
        _validate_node(op, list(operands), count_here, position, len(record.leaves), constants)
        joint, others = _validate_joint(record, list(operands), position, joint, others)
    if others:
        raise RecordError(f"node {joint} lacks {others} of its results")
    if taken != len(codes):
        raise RecordError(f"{len(codes) - taken} operands belong to no node")
    labels = {} if record.labels is None else record.labels
    named = labels.items() if isinstance(labels, dict) else [(-1, "")]
    if any(type(k) is not int or not 0 <= k < count or record.ops[k] == ops.LEAF for k, _ in named) or not all(
        isinstance(text, str) for _, text in named
    ):
        raise RecordError("its labels are not texts by the positions of its operations")
    roots = array("Q", record.roots)
    if piece:
        if any(root - CONST >= constants if root >= CONST else root >= count for root in roots):
            raise RecordError("a root is none of its nodes or constants")
    elif not roots or any(root >= count or record.ops[root] == ops.LEAF for root in roots):
        raise RecordError("a root is not one of its operations")


def _count(record: Record, codes: array[int], taken: int, position: int) -> tuple[int, int]:
    """The number of operands of a node, and where they begin."""
    op = record.ops[position]
    if op == ops.LEAF:
        return 1, taken
    if op == ops.LINK or op >= len(ops.NAMES):
        raise RecordError(f"node {position} has the unknown opcode {op}")
    if op < ops.FIRST_REDUCTION:
        return ops.ARITY[op], taken
    if taken >= len(codes):
        raise RecordError(f"node {position} lacks its number of operands")
    return codes[taken], taken + 1


def _validate_node(op: int, operands: list[int], count: int, position: int, leaves: int, constants: int) -> None:
    where = f"node {position}, {ops.NAMES[op]},"
    if len(operands) != count or not count:
        raise RecordError(f"{where} has {len(operands)} of {count} operands")
    if op == ops.LEAF:
        if operands[0] >= leaves:
            raise RecordError(f"{where} is number {operands[0]} of {leaves} leaves")
        return
    is_constant = [code >= CONST for code in operands]
    for code in operands:
        if code - CONST >= constants if code >= CONST else code >= position:
            raise RecordError(f"{where} has an operand that does not stand before it")
    if all(is_constant):
        raise RecordError(f"{where} has only constants as operands")
    reduction = ops.REDUCTION.get(op) or ops.JOINT.get(op)
    if reduction is not None and not reduction.fits(count):
        raise RecordError(f"{where} has {count} operands, which is not a number that it can have")
    if reduction is not None and not all(is_constant[k] for k in reduction.constants(count)):
        raise RecordError(f"{where} has an operand that has to be a constant, and is not")


def _validate_joint(record: Record, operands: list[int], position: int, joint: int, others: int) -> tuple[int, int]:
    """The last joint operation, and how many of its results are still to come. They must follow it at once."""
    op = record.ops[position]
    if op == ops.ALSO:
        if not others or operands != [joint]:
            raise RecordError(f"node {position} is a further result of no operation before it")
        return joint, others - 1
    if others:
        raise RecordError(f"node {joint} lacks {others} of its results")
    if op < ops.FIRST_JOINT:
        return joint, 0
    from scalargrad.table.joint import count

    first = array("d", record.consts)[operands[0] - CONST] if operands[0] >= CONST else 0.0
    found = count(op, len(operands), first)
    if not found:
        raise RecordError(f"node {position}, {ops.NAMES[op]}, has {len(operands)} operands, which make no matrices")
    return position, found - 1


# --- pickles: a record with the names of its operations, so that new rows of the table leave saved graphs readable

_FORMAT = f"scalargrad graph 2, {sys.byteorder}"
Packed = tuple[Any, ...]


def pack(record: Record) -> Packed:
    """A record as a pickle holds it: the format, the names of the operations in it, and the record by these. Labels
    come last, if there are any."""
    used = sorted(set(record.ops))
    to_name = bytes(used.index(op) if op in used else 0 for op in range(256))
    return (
        _FORMAT,
        tuple(ops.NAMES[op] for op in used),
        record.ops.translate(to_name),
        *(record[1:] if record.labels else record[1:-1]),
    )


def unpack(form: Any, *packed: Any) -> Record:
    """The record that `pack` packed, or version 0.1.0. Raises `RecordError` for a foreign or damaged one."""
    if form == _FORMAT_0_1_0 and len(packed) == 6 and isinstance(packed[0], bytes):
        names: Any = _NAMES_0_1_0
        record = Record(*packed[:5], array("Q", [max(len(packed[0]) - 1, 0)]).tobytes(), packed[5])
    elif form == _FORMAT and len(packed) in (8, 9):
        names, record = packed[0], Record(*packed[1:])
    else:
        raise RecordError(
            f"its form is {str(form)[:40]!r}, not {_FORMAT!r}: it is damaged, or comes from another version of"
            " scalargrad or from a machine of another byte order"
        )
    if (
        not isinstance(record.ops, bytes)
        or not isinstance(names, tuple)
        or not all(isinstance(name, str) for name in names)
        or len(names) > 256
        or (record.ops and max(record.ops) >= len(names))
    ):
        raise RecordError("its operations have no names")
    unknown = [name for name in names if name not in ops.OPCODE]
    if unknown:
        raise RecordError(f"it needs a later version of scalargrad, which has {unknown[0]!r}")
    to_opcode = bytes(ops.OPCODE[name] for name in names).ljust(256, b"\xff")
    return record._replace(ops=record.ops.translate(to_opcode))


# Version 0.1.0 wrote opcodes, its positions in the table, with a checksum of the table's names.
_NAMES_0_1_0 = (
    "leaf", "link", "add", "sub", "mul", "div", "neg", "square", "pow", "floordiv", "remainder", "fmod", "sqrt",
    "cbrt", "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan",
    "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "sigmoid", "log_sigmoid", "softplus",
    "relu", "leaky_relu", "elu", "silu", "abs", "sign", "floor", "ceil", "trunc", "round", "copysign", "maximum",
    "minimum", "clip", "where", "hypot", "logaddexp", "exp_sub", "sum", "dot", "max", "min", "logsumexp", "custom",
)  # fmt: skip
_FORMAT_0_1_0 = f"{sys.byteorder} {zlib.crc32(' '.join(_NAMES_0_1_0).encode()):08x}"
