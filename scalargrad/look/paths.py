"""The paths of a graph from one number to another: the multivariable chain rule, a product for each path."""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterator, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from operator import itemgetter
from typing import Any, NamedTuple

from scalargrad.look.steps import Step
from scalargrad.table.libm import zmul

_REACH = itemgetter(3)
_EQUAL = 1e-13  # what rounding may do to a logarithm, per unit of what was added up


class Path(NamedTuple):
    """A path: the positions of its steps, from x to y; for each but the first, which of its operands the one before
    is; the local derivatives between them, and their product."""

    steps: tuple[int, ...]
    places: tuple[int, ...]
    partials: tuple[float, ...]
    product: float


def counted(steps: Sequence[Step], starts: Collection[int], y: int) -> Decimal:
    """The number of paths from the steps `starts` to step y; of more than 50 digits the first 50 are right.

    There may be as many as 2 to the power of the number of nodes, which no int counts in time.
    """
    with localcontext(Context(prec=50, Emax=MAX_EMAX, Emin=MIN_EMIN)):
        counts = dict.fromkeys(starts, Decimal(1))
        for k in range(min(starts) + 1, y + 1):
            reached = [counts[operand] for operand in steps[k].operands if operand in counts]
            if reached:
                counts[k] = sum(reached[1:], reached[0])
        return counts.get(y, Decimal(0))


def largest_first(steps: Sequence[Step], starts: Collection[int], y: int) -> Iterator[Path]:
    """Yields all paths to y, those with the largest products first, and before them those with nan.

    A search from y backwards, which goes on with the part of a path whose product can still become the largest: its
    bound. One way on has the bound of the whole part, and takes it over, so that no rounding leads the search astray;
    of parts with the same bound the latest goes first. So the search goes straight to each path.
    """
    most = _largest(steps, starts, y)
    if y not in most:
        return
    # the bound, negative; a count, negative; the size so far; the step; which operand it is; the part after it
    part: tuple[float, int, float, int, int, Any] | None = (-most[y], 0, 0.0, y, -1, None)
    pending: list[tuple[float, int, float, int, int, Any]] = []
    count = 0
    while part is not None or pending:
        part = part or heapq.heappop(pending)
        bound, _, size, k, _, _ = part
        if k in starts:
            yield _path(steps, part)
            part = None
            continue
        step = steps[k]
        reached = [n for n, operand in enumerate(step.operands) if operand in most]
        if len(reached) == 1:
            (n,) = reached
            part = (bound, count, _times(size, _log(step.partials[n])), step.operands[n], n, part)
            continue
        ways = [
            (n, step.operands[n], longer, _times(longer, most[step.operands[n]]))
            for n in reached
            for longer in [_times(size, _log(step.partials[n]))]
        ]
        best = max(ways, key=_REACH)
        for way in reversed(ways):
            if way is not best:
                n, operand, longer, reach = way
                added = _EQUAL * max(10.0, abs(longer) + abs(most[operand]))
                is_best = reach == best[3] or best[3] - reach <= added < math.inf
                count -= 1
                heapq.heappush(pending, (bound if is_best else max(bound, -reach), count, longer, operand, n, part))
        count -= 1
        part = (bound, count, best[2], best[1], best[0], part)  # the next one: none has a larger bound


def _path(steps: Sequence[Step], part: Any) -> Path:
    """The path of a part that is whole."""
    found, places, partials = [part[3]], [], []
    while (after := part[5]) is not None:
        places.append(part[4])
        partials.append(steps[after[3]].partials[part[4]])
        found.append(after[3])
        part = after
    product = partials[-1] if partials else 1.0
    for partial in reversed(partials[:-1]):
        product = zmul(product, partial)
    return Path(tuple(found), tuple(places), tuple(partials), product)


def _largest(steps: Sequence[Step], starts: Collection[int], y: int) -> dict[int, float]:
    """For each step that a path leads to, the logarithm of the largest size of a product of derivatives on one."""
    most = dict.fromkeys(starts, 0.0)
    for k in range(min(starts) + 1, y + 1):
        step = steps[k]
        reached = [n for n, operand in enumerate(step.operands) if operand in most]
        if len(reached) == 1:
            most[k] = _times(most[step.operands[reached[0]]], _log(step.partials[reached[0]]))
        elif reached:
            most[k] = max(_times(most[step.operands[n]], _log(step.partials[n])) for n in reached)
    return most


def _log(partial: float) -> float:
    """The logarithm of a size; of nan infinite."""
    if partial == 0.0:
        return -math.inf
    return math.log(abs(partial)) if partial == partial else math.inf


def _times(one: float, other: float) -> float:
    """The logarithm of a product, in which 0 times infinity is 0."""
    total = one + other
    return total if total == total else -math.inf


def digits_lost(products: Sequence[float]) -> float:
    """How many decimal digits cancel in a sum: the logarithm of the sum of sizes by the size of the sum; inf: all.

    >>> digits_lost([1.0, 1.0]), digits_lost([1001.0, -1000.0]) > 3, digits_lost([1.0, -1.0])
    (0.0, True, inf)
    """
    total, sizes = abs(math.fsum(products)), math.fsum(map(abs, products))
    return math.log10(sizes / total) if total else math.inf if sizes else 0.0
