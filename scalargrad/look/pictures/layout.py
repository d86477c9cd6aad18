"""Where the boxes of a small graph go: in columns from the leaves to the result, with as few crossings as it finds.

Sugiyama's method: each box gets a column, and each edge a place in each column that it passes, and between two columns
too: there the last one is the place of the number on the edge, so nothing else comes near it. The order in a column
follows the means of the neighbours, and then each box moves towards them. Source: Sugiyama, Tagawa and Toda,
Methods for visual understanding of hierarchical system structures, 1981.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

_ROUNDS = 12
_WIRE = 9.0  # across, for an edge that passes


class Layout(NamedTuple):
    """The column of each box, 0, 2, 4 ...; its centre across; and the places of each edge, by (box, which operand):
    columns with their centres, of which the last one is that of the number on the edge."""

    columns: list[int]
    across: list[float]
    places: dict[tuple[int, int], list[tuple[int, float]]]


def laid_out(operands: Sequence[Sequence[int]], sizes: Sequence[float], labels: Sequence[float]) -> Layout:
    """A layout of boxes, of the operands of each; the size across of each, with a gap; and that of each number on its
    edges. Operands come before their boxes."""
    columns = [2 * column for column in _columns(operands)]
    boxes = len(columns)
    all_columns, all_sizes = [*columns], [*sizes]
    before: list[list[int]] = [[] for _ in columns]  # the neighbours in the column before
    after: list[list[int]] = [[] for _ in columns]
    passed: dict[tuple[int, int], list[int]] = {}
    for end, own in enumerate(operands):
        for n, start in enumerate(own):
            chain = [start]
            for column in range(columns[start] + 1, columns[end]):
                chain.append(len(all_columns))
                all_columns.append(column)
                all_sizes.append(labels[end] if column == columns[end] - 1 else _WIRE)
                before.append([])
                after.append([])
            chain.append(end)
            passed[end, n] = chain[1:-1]
            for one, next_one in pairwise(chain):
                after[one].append(next_one)
                before[next_one].append(one)
    rows = _ordered(all_columns, before, after)
    across = _placed(rows, all_sizes, before, after)
    places = {edge: [(all_columns[k], across[k]) for k in own] for edge, own in passed.items()}
    return Layout(columns, across[:boxes], places)


def _columns(operands: Sequence[Sequence[int]]) -> list[int]:
    """The column of each box: after those of its operands; and a box without operands just before its first user."""
    columns = [0] * len(operands)
    users: list[list[int]] = [[] for _ in operands]
    for k, own in enumerate(operands):
        columns[k] = 1 + max((columns[x] for x in own), default=-1)
        for x in own:
            users[x].append(k)
    for k, own in enumerate(operands):
        if not own and users[k]:
            columns[k] = min(columns[user] for user in users[k]) - 1
    return columns


def _ordered(columns: Sequence[int], before: list[list[int]], after: list[list[int]]) -> list[list[int]]:
    """The boxes and bends of each column, in order. Of the orders that it tries, the one with the fewest crossings."""
    rows: list[list[int]] = [[] for _ in range(max(columns) + 1)]
    for k in _depth_first(before, after):
        rows[columns[k]].append(k)
    best, fewest = [*map(list, rows)], _crossings(rows, after)
    for step in range(_ROUNDS):
        if not fewest:
            break
        neighbours, order = (before, rows) if step % 2 == 0 else (after, rows[::-1])
        places = {k: float(place) for row in rows for place, k in enumerate(row)}
        for row in order:
            means = {k: _mean([places[x] for x in neighbours[k]], places[k]) for k in row}
            row.sort(key=means.__getitem__)
            places.update((k, float(place)) for place, k in enumerate(row))
        count = _crossings(rows, after)
        if count < fewest:
            best, fewest = [*map(list, rows)], count
    return best


def _depth_first(before: list[list[int]], after: list[list[int]]) -> list[int]:
    """From the results backwards, the operands of each in order: so these stand in order where nothing crosses."""
    seen: set[int] = set()
    order: list[int] = []
    pending = [k for k in reversed(range(len(before))) if not after[k]]
    while pending:
        k = pending.pop()
        if k not in seen:
            seen.add(k)
            order.append(k)
            pending += reversed(before[k])
    return order


def _mean(numbers: list[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _crossings(rows: list[list[int]], after: list[list[int]]) -> int:
    places = {k: place for row in rows for place, k in enumerate(row)}
    count = 0
    for row in rows:
        ends: list[int] = []
        for k in row:
            own = sorted(places[x] for x in after[k])
            count += sum(other > x for x in own for other in ends)
            ends += own
    return count


def _placed(
    rows: list[list[int]], sizes: Sequence[float], before: list[list[int]], after: list[list[int]]
) -> list[float]:
    """The place of each across: near the mean of its neighbours, in the order of its column, at a distance."""
    across = [0.0] * len(sizes)
    for row in rows:
        edge = 0.0
        for k in row:
            across[k] = edge + sizes[k] / 2
            edge += sizes[k]
    for step in range(_ROUNDS):
        neighbours, order = (before, rows) if step % 2 == 0 else (after, rows[::-1])
        for row in order:
            wanted = [_mean([across[x] for x in neighbours[k]], across[k]) for k in row]
            for k, place in zip(row, _apart(wanted, [sizes[k] for k in row])):
                across[k] = place
    least = min(place - size / 2 for place, size in zip(across, sizes))
    return [place - least for place in across]


def _apart(wanted: Sequence[float], widths: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones, by squares, in order and at a distance: neighbours that would overlap move
    as one block to their mean."""
    blocks: list[tuple[float, int]] = []  # the wanted start of each, as a sum over its members; and their number
    starts: list[float] = []  # where each member stands from the start of all
    at = 0.0
    for place, width in zip(wanted, widths):
        starts.append(at + width / 2)
        at += width
        blocks.append((place - starts[-1], 1))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = blocks[-1][0] + total, blocks[-1][1] + count
    shifts = [total / count for total, count in blocks for _ in range(count)]
    return [start + shift for start, shift in zip(starts, shifts)]
