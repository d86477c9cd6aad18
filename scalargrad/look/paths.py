"""The paths of a graph from one number to another: the multivariable chain rule, a product for each path."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scalargrad.look.steps import Step
from scalargrad.table.libm import zmul


class Path(NamedTuple):
    """A path: the positions of its steps, from x to y; for each but the first, which of its operands the one before
    is; the local derivatives between them, and their product."""

    steps: tuple[int, ...]
    places: tuple[int, ...]
    partials: tuple[float, ...]
    product: float


def counted(steps: Sequence[Step], x: int, y: int) -> int:
    """The number of paths from step x to step y."""
    counts = [0] * len(steps)
    counts[x] = 1
    for k in range(x + 1, y + 1):
        counts[k] = sum(counts[operand] for operand in steps[k].operands)
    return counts[y]


def largest_first(steps: Sequence[Step], x: int, y: int) -> Iterator[Path]:
    """Yields all paths from x to y, those with the largest products first, and before them those with nan.

    A search from y backwards, which goes on with the part of a path whose product can still become the largest.
    """
    most = _largest(steps, x, y)
    pending: list[tuple[float, int, float, tuple[int, ...], tuple[int, ...]]] = [(-most[y], 0, 1.0, (y,), ())]
    count = 0  # of two with the same bound, the one that was found first
    while pending:
        _, _, size, found, places = heapq.heappop(pending)
        if found[0] == x:
            partials = tuple(steps[k].partials[n] for k, n in zip(found[1:], places))
            product = partials[-1] if partials else 1.0
            for partial in reversed(partials[:-1]):
                product = zmul(product, partial)
            yield Path(found, places, partials, product)
            continue
        for n, (operand, partial) in enumerate(zip(steps[found[0]].operands, steps[found[0]].partials)):
            if most[operand] >= 0.0:
                count += 1
                longer = zmul(size, abs(partial))
                bound = _or_infinite(zmul(longer, most[operand]))
                heapq.heappush(pending, (-bound, count, longer, (operand, *found), (n, *places)))


def _largest(steps: Sequence[Step], x: int, y: int) -> list[float]:
    """For each step, the largest size of a product of the derivatives on a path from x to it; -1 if there is none."""
    most = [-1.0] * len(steps)
    most[x] = 1.0
    for k in range(x + 1, y + 1):
        for operand, partial in zip(steps[k].operands, steps[k].partials):
            if most[operand] >= 0.0:
                most[k] = max(most[k], _or_infinite(zmul(most[operand], abs(partial))))
    return most


def _or_infinite(size: float) -> float:
    return size if size == size else math.inf


def digits_lost(products: Sequence[float]) -> float:
    """How many decimal digits cancel in a sum: the logarithm of the sum of sizes by the size of the sum; inf: all.

    >>> digits_lost([1.0, 1.0]), digits_lost([1001.0, -1000.0]) > 3, digits_lost([1.0, -1.0])
    (0.0, True, inf)
    """
    if not all(map(math.isfinite, products)):
        return 0.0
    total, sizes = abs(math.fsum(products)), math.fsum(map(abs, products))
    return math.log10(sizes / total) if total else math.inf if sizes else 0.0
