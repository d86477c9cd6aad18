"""The reductions on Python floats: values and partials. `csrc/table/reductions.c` sums in the same order."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator, Sequence

from scalargrad.table import ops
from scalargrad.table.evaluate import REDUCTION_PARTIAL, VALUE, internal
from scalargrad.table.libm import FUNCTIONS

_exp_sub = internal("exp_sub")
_CHUNK, _LANES = 128, 8


def _sum_chunk(x: Sequence[float]) -> float:
    lane = [-0.0] * _LANES  # the neutral start: -0.0 + x is x, bit by bit
    for k, item in enumerate(x):
        lane[k % _LANES] += item
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]))


def sum_chunks(x: Sequence[float]) -> float:
    """The sum in chunks of 128, in order. Each chunk has eight interleaved sums, added in a fixed tree."""
    total = -0.0
    for start in range(0, len(x), _CHUNK):
        total += _sum_chunk(x[start : start + _CHUNK])
    return total


def _dot(x: Sequence[float]) -> float:
    total = x[0] * x[1]
    for k in range(2, len(x), 2):
        total += x[k] * x[k + 1]
    return total


def _fold(name: str) -> Callable[[Sequence[float]], float]:
    of_two = VALUE[ops.OPCODE[name]]
    assert of_two is not None

    def value(x: Sequence[float]) -> float:
        z = x[0]
        for item in x[1:]:
            z = of_two(z, item)
        return z

    return value


def _gather(x: Sequence[float]) -> tuple[float, float]:
    """The sum of exp(x - m) over all but the first largest, by Neumaier's algorithm; and the largest, m (or nan)."""
    m, largest = x[0], 0
    for k, candidate in enumerate(x):
        if m != m:
            break
        if candidate > m or candidate != candidate:
            m, largest = candidate, k
    total = lost = 0.0
    for k, item in enumerate(x):
        if k != largest:
            term = _exp_sub(item, m)
            t = total + term
            lost += (total - t) + term if abs(total) >= abs(term) else (term - t) + total
            total = t
    return total + lost, m


def _logsumexp(x: Sequence[float]) -> float:
    rest, m = _gather(x[1:])
    return (m - x[0]) + FUNCTIONS["log1p"](rest)


_VALUES: dict[int, Callable[[Sequence[float]], float]] = {
    ops.OPCODE["sum"]: sum_chunks,
    ops.OPCODE["dot"]: _dot,
    ops.OPCODE["max"]: _fold("maximum"),
    ops.OPCODE["min"]: _fold("minimum"),
    ops.OPCODE["logsumexp"]: _logsumexp,
    ops.OPCODE["custom"]: operator.itemgetter(0),
}


def value(op: int, x: Sequence[float]) -> float:
    """The value of a reduction.

    `dot` takes pairs x0 y0 x1 y1 ...; `logsumexp` takes its constant shift first; `custom` takes its value first, then
    pairs of an operand and its partial.
    """
    return _VALUES[op](x)


def partials(op: int, x: Sequence[float], z: float) -> Iterator[float]:
    """The partial by each operand, in order. It is 0.0 for an operand that is always a constant."""
    row = ops.REDUCTION[op]
    partial, first = REDUCTION_PARTIAL[row.name], row.first
    if row.pairs:
        partners = list(x)
        partners[first::2], partners[first + 1 :: 2] = x[first + 1 :: 2], x[first::2]
        found = [partial(0.0, y, z, 0.0, 0.0) for y in partners]
        for k in row.constants(len(x)):
            found[k] = 0.0
        return iter(found)
    rest, m = _gather(x[first:]) if row.shifted else (0.0, 0.0)
    s = 1.0 + rest if row.shifted else float(sum(item == z or item != item for item in x)) if row.ties else 0.0
    return itertools.chain([0.0] * first, (partial(item, 0.0, z, s, m) for item in x[first:]))
