"""The reductions on Python floats: values and partials. `csrc/table/reductions.c` sums in the same order."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from scalargrad.table import ops
from scalargrad.table.evaluate import function, internal
from scalargrad.table.libm import FUNCTIONS

_exp_sub, _scaled, _of_others = internal("exp_sub"), internal("scaled"), internal("of_others")
_PARTIAL = {r.name: function(f"partial_{r.name}") for r in ops.REDUCTIONS}
_CHUNK, _LANES = 128, 8
_UP, _DOWN, _LARGE, _TINY = (ops.CONSTANTS[name] for name in ("UP", "DOWN", "LARGE", "TINY"))
_SMALL = 1.0 / _LARGE
_ROOM = 2.0**64  # more than there can be operands: sums of numbers divided by it do not overflow


class Gathered(NamedTuple):
    """What a pass over all operands finds: the numbers s, m and y of the partials in the table."""

    s: float = 0.0
    m: float = 0.0
    y: float = 0.0


# --- sums ------------------------------------------------------------------------------------------------------------


def _sum_chunk(x: Sequence[float]) -> float:
    lane = [-0.0] * _LANES  # the neutral start: -0.0 + x is x, bit by bit
    for k, item in enumerate(x):
        lane[k % _LANES] += item
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]))


def _chunks(x: Sequence[float]) -> Iterator[float]:
    return (_sum_chunk(x[start : start + _CHUNK]) for start in range(0, len(x), _CHUNK))


def _plain_sum(x: Sequence[float]) -> float:
    total = -0.0
    for chunk in _chunks(x):
        total += chunk
    return total


def _sum_over(x: Sequence[float], count: float) -> float:
    """The sum divided by `count`. If the sum overflows on its way, it is formed again from numbers scaled down."""
    total = _plain_sum(x)
    if total - total == 0.0:
        return total / count
    return _plain_sum([item / _ROOM for item in x]) / count * _ROOM


def sum_chunks(x: Sequence[float]) -> float:
    """The sum in chunks of 128, in order. Each chunk has eight interleaved sums, added in a fixed tree."""
    return _sum_over(x, 1.0)


def _mean(x: Sequence[float]) -> float:
    return _sum_over(x, float(len(x)))


def _compensated(terms: Iterable[float]) -> float:
    """The sum by Neumaier's algorithm, so that small terms among many keep their digits."""
    total = lost = 0.0
    for term in terms:
        t = total + term
        lost += (total - t) + term if abs(total) >= abs(term) else (term - t) + total
        total = t
    return total + lost


def _within(x: float) -> tuple[float, int]:
    """x = q * 2**(600 * k), with a q between 2**-300 and 2**300; for a finite x that is not 0."""
    k = 0
    while abs(x) > _LARGE:
        x, k = x * _DOWN, k + 1
    while abs(x) < _SMALL:
        x, k = x * _UP, k - 1
    return x, k


def plain_dot(x: Sequence[float]) -> float:
    """The sum of products as it is, from left to right."""
    total = x[0] * x[1]
    for k in range(2, len(x), 2):
        total += x[k] * x[k + 1]
    return total


def _dot(x: Sequence[float]) -> float:
    total = plain_dot(x)
    return total if _TINY <= abs(total) < math.inf else _dot_scaled(x, total)


def _dot_scaled(x: Sequence[float], plain: float) -> float:
    """The same sum, of terms scaled by one power of two, so that none over- or underflows. `plain` is the sum itself if
    an operand is not finite, or all terms are 0."""
    terms = []
    for k in range(0, len(x), 2):
        a, b = x[k], x[k + 1]
        if not (abs(a) < math.inf and abs(b) < math.inf):
            return plain
        if a != 0.0 and b != 0.0:
            (a, above), (b, below) = _within(a), _within(b)
            terms.append((a * b, above + below))
    if not terms:
        return plain
    highest = max(power for _, power in terms)
    total = -0.0
    for term, power in terms:
        total += _scaled(term, float(power - highest))
    return _scaled(total, float(highest))


# --- the passes over all operands ------------------------------------------------------------------------------------


def _gather_exponentials(x: Sequence[float]) -> Gathered:
    """s: the sum of exp(x - m) over all but the first largest; m: the largest (or nan)."""
    m, largest = x[0], 0
    for k, candidate in enumerate(x):
        if m != m:
            break
        if candidate > m or candidate != candidate:
            m, largest = candidate, k
    return Gathered(_compensated(_exp_sub(item, m) for k, item in enumerate(x) if k != largest), m)


def _gather_product(x: Sequence[float]) -> Gathered:
    s, m = 1.0, 0
    zeros = infinities = nans = 0
    for item in x:
        size = abs(item)
        if size == 0.0 or not size < math.inf:
            zeros, infinities, nans = zeros + (size == 0.0), infinities + (size == math.inf), nans + (item != item)
            s = s * math.copysign(1.0, item) if item == item else s
            continue
        q, k = _within(item)
        s, by = _within(s * q)
        m += k + by
    return Gathered(s, float(m), min(zeros, 2) + 3.0 * min(infinities, 2) + 9.0 * min(nans, 2))


def _gather_norm(x: Sequence[float]) -> Gathered:
    largest = 0.0
    odd, infinite = 0, False
    for item in x:
        size = abs(item)
        if size < math.inf:
            largest = size if size > largest else largest
        else:
            odd, infinite = odd + 1, infinite or size == math.inf
    if infinite:
        return Gathered(float(odd), -1.0)
    if odd:
        return Gathered(math.nan, 1.0)
    m = _DOWN if largest > 1e140 else _UP if largest < 1e-140 else 1.0
    return Gathered(math.sqrt(_compensated(_chunks([(item * m) * (item * m) for item in x]))), m)


def _norm(x: Sequence[float]) -> float:
    s, m, _ = _gather_norm(x)
    return math.inf if m < 0.0 else s / m


def _prod(x: Sequence[float]) -> float:
    s, m, y = _gather_product(x)
    return _of_others(_scaled(s, m), y)


def _logsumexp(x: Sequence[float]) -> float:
    rest, m, _ = _gather_exponentials(x[1:])
    return (m - x[0]) + FUNCTIONS["log1p"](rest)


def _fold(name: str) -> Callable[[Sequence[float]], float]:
    of_two = internal(name)

    def value(x: Sequence[float]) -> float:
        z = x[0]
        for item in x[1:]:
            z = of_two(z, item)
        return z

    return value


# --- what the pure backend calls -------------------------------------------------------------------------------------

_VALUES: dict[int, Callable[[Sequence[float]], float]] = {
    ops.OPCODE["sum"]: sum_chunks,
    ops.OPCODE["dot"]: _dot,
    ops.OPCODE["max"]: _fold("maximum"),
    ops.OPCODE["min"]: _fold("minimum"),
    ops.OPCODE["logsumexp"]: _logsumexp,
    ops.OPCODE["custom"]: operator.itemgetter(0),
    ops.OPCODE["ruled"]: operator.itemgetter(0),
    ops.OPCODE["mean"]: _mean,
    ops.OPCODE["prod"]: _prod,
    ops.OPCODE["norm"]: _norm,
}

# By the name of the pass in the table: what it finds in the operands x, given the result z.
_GATHER: dict[str, Callable[[Sequence[float], float], Gathered]] = {
    "": lambda x, z: Gathered(),
    "ties": lambda x, z: Gathered(float(sum(item == z or item != item for item in x)), z),
    "exponentials": lambda x, z: (lambda all: all._replace(s=1.0 + all.s))(_gather_exponentials(x)),
    "count": lambda x, z: Gathered(float(len(x))),
    "product": lambda x, z: _gather_product(x),
    "norm": lambda x, z: _gather_norm(x),
}


def value(op: int, x: Sequence[float]) -> float:
    """The value of a reduction.

    `dot` takes pairs x0 y0 x1 y1 ...; `logsumexp` takes its constant shift first; `custom` and `ruled` take their
    value first, then pairs of an operand and its partial.
    """
    return _VALUES[op](x)


def partials(op: int, x: Sequence[float], z: float) -> Iterator[float]:
    """The partial by each operand, in order. It is 0.0 for an operand that no derivative is taken by."""
    row = ops.REDUCTION[op]
    partial, first = _PARTIAL[row.name], row.first
    if row.pairs:
        partners = list(x)
        partners[first::2], partners[first + 1 :: 2] = x[first + 1 :: 2], x[first::2]
        found = [partial(0.0, y, z, 0.0, 0.0) for y in partners]
        for k in {*range(len(x))}.difference(row.arguments(len(x))):
            found[k] = 0.0
        return iter(found)
    s, m, y = _GATHER[row.gather](x[first:], z)
    return itertools.chain([0.0] * first, (partial(item, y, z, s, m) for item in x[first:]))
