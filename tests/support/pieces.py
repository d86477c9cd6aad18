"""Random pieces of graphs, the same on both backends: leaves that are planted, Values beside them, and results."""

from __future__ import annotations

import math
import random
import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scalargrad import core
from scalargrad.pure import pieces, tape
from scalargrad.pure.block import Block
from scalargrad.record import Record
from scalargrad.table import ops
from tests.support.engines import Engine, bits

EXTREMES = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -2.5, 1e-3, 1e10, -1e10, 1e-300, 1e300, 5e-324, -5e-324, math.inf,
            -math.inf, math.nan, 700.0, -745.0]  # fmt: skip
PLANTED = 4
ROWS = range(ops.FIRST, ops.FIRST_REDUCTION)
REDUCTIONS = [op for op in range(ops.FIRST_REDUCTION, ops.FIRST_JOINT) if ops.NAMES[op] != "custom"]


@dataclass
class Drawn:
    """A piece on one backend, and what it was made of."""

    record: Record
    roots: list[Any]
    planted: list[Any]
    blocks: list[Any]
    since: int


def draw(engine: Engine, seed: int, first: int | None = None, extreme: float = 0.3, most: int = 25) -> Drawn:
    """A piece of up to `most` random operations, the first of them with the opcode `first`. Some graphs are closed in
    between, so that links lead from one to the next."""
    r = random.Random(seed)
    native = engine.name == "native"

    def number() -> float:
        return r.choice(EXTREMES) if r.random() < extreme else r.uniform(-2.0, 2.0)

    beside = [engine.leaf(number()) for _ in range(3)]
    beside.append(engine.apply(ops.OPCODE["mul"], beside[0], beside[1]))
    since = core.moment() if native else pieces.moment()
    planted = [engine.leaf(number()) for _ in range(PLANTED)]
    pool = [*planted, *beside]

    def operand() -> Any:
        return r.choice(pool) if r.random() < 0.8 else number()

    for k in range(r.randrange(1, most)):
        op = first if k == 0 and first is not None else r.choice(ROWS) if r.random() < 0.8 else r.choice(REDUCTIONS)
        if op < ops.FIRST_REDUCTION:
            operands = [operand() for _ in range(ops.ARITY[op])]
            result = engine.apply(op, *operands)
        else:
            row = ops.REDUCTION[op]
            operands = [operand() for _ in range(r.randrange(1, 6) * (2 if row.pairs else 1))]
            result = engine.reduce(op, [number() for _ in range(row.first)] + operands)
        if not isinstance(result, float):
            pool.append(result)
            if r.random() < 0.04:
                engine.backward(result, 1.0)
    roots = [r.choice(pool) for _ in range(r.randrange(1, 4))] + [1.5, r.choice(planted), pool[-1]]
    parts = [planted[:3], planted[3:]]
    blocks = [core.block(part) if native else Block(part) for part in parts]
    record = core.extract(roots, blocks, since) if native else Record(*pieces.extract(roots, blocks, since))
    return Drawn(record, roots, planted, blocks, since)


def numbers(part: bytes) -> list[Any]:
    return [bits(x) for x in array("d", part)]


def number_of(x: Any) -> float:
    return x if isinstance(x, float) else x.data


def same_record(left: Record, right: Record) -> bool:
    """Whether two records have the same nodes, numbers and roots; any nan is any other."""
    return (
        (left.ops, left.codes, left.grads, left.roots) == (right.ops, right.codes, right.grads, right.roots)
        and numbers(left.values) == numbers(right.values)
        and numbers(left.consts) == numbers(right.consts)
        and [bits(x.data) for x in left.leaves] == [bits(x.data) for x in right.leaves]
    )


def directions(seed: int, count: int) -> list[dict[int, float]]:
    r = random.Random(seed)
    return [{k: r.choice([0.0, 1.0, -1.0, 0.5, -3.0]) for k in r.sample(range(PLANTED), 3)} for _ in range(count)]


def seeds(seed: int, roots: int, count: int) -> list[list[float]]:
    r = random.Random(seed)
    return [[r.choice([0.0, 1.0, -1.0, 0.5, -3.0]) for _ in range(roots)] for _ in range(count)]


def corrupted(record: Record, r: random.Random) -> Record:
    """The record with some bytes of one part changed, lost or added."""
    name = r.choice(["ops", "codes", "codes", "codes", "values", "grads", "consts", "roots"])
    part = bytearray(getattr(record, name))
    for _ in range(r.randrange(1, 4)):
        kind = r.random()
        if kind < 0.6 and part:
            part[r.randrange(len(part))] = r.choice([0, 1, 2, 127, 128, 255, r.randrange(256)])
        elif kind < 0.8:
            size = r.choice([1, 8])
            del part[len(part) - size :]
        elif name in ("codes", "roots"):
            part += struct.pack("Q", r.choice([0, 1, 1 << 63, (1 << 64) - 1, 1 << 31, 1 << 32, r.randrange(20)]))
        else:
            part += bytes(r.choice([1, 8]))
    return record._replace(**{name: bytes(part)})


def is_value(x: Any) -> bool:
    return isinstance(x, (core.Node, tape.Node))


def interiors(items: Sequence[Any]) -> list[Any]:
    """The Values among items that are results of operations."""
    keys = [(core.key if isinstance(x, core.Node) else tape.key)(x) if is_value(x) else None for x in items]
    return [x for x, key in zip(items, keys) if key is not None]
