"""A large graph in a few boxes: the operations of a band of depths together."""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from collections.abc import Iterable

from scalargrad.look.pictures.scene import Box
from scalargrad.look.steps import number
from scalargrad.nodes.displays import printable
from scalargrad.record import CONST, Record, starts
from scalargrad.table import ops

_BANDS = 12
_NAMED = 3  # operations of a band that are named
DOT, LONG = ops.OPCODE["dot"], 16  # with more operands it is likely to be an element of a matrix product
HIGHEST = 7 if sys.byteorder == "little" else 0  # of the bytes of an operand
EVERY = bytes(op not in (ops.LEAF, ops.ALSO) for op in range(256))  # operations; further results are no more of them


def depths_of(record: Record, counted: bytes = EVERY) -> array[int]:
    """By node, the number of operations on the longest way from a leaf to it; of those with the opcodes `counted`."""
    codes = memoryview(record.codes).cast("Q")
    depths = array("q", bytes(8 * len(record.ops)))
    arity, const = ops.ARITY, CONST
    products: dict[bytes, int] = {}  # by row or column of a matrix, which many elements of a product share
    for position, (op, at) in enumerate(zip(record.ops, starts(record))):
        if op == ops.LEAF:
            continue
        count = arity[op] if arity[op] >= 0 else codes[at - 1]
        end = single = at + count
        deepest = 0
        if op == DOT and count > LONG:
            single = at + 2  # the first pair is the bias and a constant of its own
            for part in (codes[single:end:2], codes[single + 1 : end : 2]):
                key = part.tobytes()
                if 0 not in key[HIGHEST::8]:  # constants alone, which have the flag CONST
                    continue
                if key not in products:
                    products[key] = max(depths[code] for code in part if code < const)
                if products[key] > deepest:
                    deepest = products[key]
        while at < single:
            code = codes[at]
            if code < const and depths[code] > deepest:
                deepest = depths[code]
            at += 1
        depths[position] = deepest + counted[op]
    return depths


def folded(record: Record) -> tuple[list[Box], str]:
    """The boxes, one for the leaves and one for each band of depths, the shallowest first; and a note that says so."""
    depths = depths_of(record)
    deepest = max(depths)
    bands = min(_BANDS, deepest)
    places = bytes(band_of(depth, bands, deepest) for depth in depths)
    boxes: list[Box] = []
    counted = Counter(zip(places, record.ops))
    edges = Counter(_edges(record, places))
    (root,) = array("Q", record.roots)
    for band in range(bands + 1):
        kinds = Counter({op: count for (place, op), count in counted.items() if place == band})
        first, last = limits(band, bands, deepest)
        total = sum(kinds.values()) if band else len(record.leaves)
        one, more_than_one = ("node", "nodes") if band else ("leaf", "leaves")
        title = f"{total:,} {one if total == 1 else more_than_one}"
        span = f"depth {first:,}" if first == last else f"depth {first:,} to {last:,}"
        named = [f"{count:,} {ops.SYMBOLS[op] or ops.NAMES[op]}" for op, count in kinds.most_common(_NAMED)]
        more = [f"{len(kinds) - _NAMED} more kinds"] if len(kinds) > _NAMED else []
        lines = [title] if band == 0 else [title, span, *named, *more]
        if band == places[root]:
            lines += _of_root(record, root)
        sources = sorted(source for source, end in edges if end == band and source != band)
        boxes.append(
            Box(lines, "", sources, [f"{edges[x, band]:,}" for x in sources], "leaf" if band == 0 else "folded")
        )
    count = len(record.ops) - record.ops.count(ops.LEAF) + len(record.leaves)
    note = f"folded: {count:,} node{'s' * (count != 1)} of depth up to {deepest:,}; on the edges, how many operands"
    return boxes, note


def _of_root(record: Record, root: int) -> list[str]:
    """What the box of the result says of it."""
    data, grad = (array("d", part)[root] if part else 0.0 for part in (record.values, record.grads))
    name = printable((record.labels or {}).get(root, "")) or "the result"
    return [f"{name}:", f"data {number(data)}", f"grad {number(grad)}"]


def band_of(depth: int, bands: int, deepest: int) -> int:
    """The band of a depth, from 1; leaves, of depth 0, are band 0."""
    return (depth * bands - 1) // deepest + 1 if depth else 0


def limits(band: int, bands: int, deepest: int) -> tuple[int, int]:
    """The first and the last depth of a band."""
    return ((band - 1) * deepest // bands + 1, band * deepest // bands) if band else (0, 0)


def _edges(record: Record, places: bytes) -> Iterable[tuple[int, int]]:
    """The bands of an operand and of its node, for each operand that is a node."""
    codes, arity, const = array("Q", record.codes), ops.ARITY, CONST
    for op, place, at in zip(record.ops, places, starts(record)):
        if op != ops.LEAF:
            count = arity[op] if arity[op] >= 0 else codes[at - 1]
            for code in codes[at : at + count]:
                if code < const:
                    yield places[code], place
