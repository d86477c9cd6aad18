"""Which derivatives are zero because of how a graph is made; and what the sweeps that find the others are, by that.

A pattern has, for each result, the inputs that it depends on, as the bits of an int. It follows from the graph's
structure, not from its numbers. So it may have an entry more than a derivative that happens to be zero, never one less.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from scalargrad.record import CONST, Record
from scalargrad.table import ops, walks
from scalargrad.transforms.colouring import apart, star, transposed

T = TypeVar("T")
Pattern = list[int]

_MEMORY = 1 << 30  # in bits, for the sets of a pass over a record
_ZERO = (walks.Step(walks.CONSTANT, 0, 0.0),)


def pattern(record: Record, count: int) -> Pattern:
    """Which of the leaves with the numbers 0 to count - 1 each root of a record depends on."""
    width = max(64, _MEMORY // max(1, len(record.ops)))
    found = [0] * (len(record.roots) // 8)
    for start in range(0, count, width):
        for k, bits in enumerate(_reached(record, start, min(start + width, count))):
            found[k] |= bits << start
    return found


def _reached(record: Record, start: int, end: int) -> list[int]:
    """Which of the leaves from `start` to `end` each root depends on."""
    sets: list[int] = []
    codes, at = array("Q", record.codes).tolist(), 0
    for op in record.ops:
        bits = 0
        if op == ops.LEAF:
            leaf = codes[at]
            at += 1
            if start <= leaf < end:
                bits = 1 << (leaf - start)
        else:
            count = ops.ARITY[op] if op < ops.FIRST_REDUCTION else codes[at]
            places = _sloped(op) if op < ops.FIRST_REDUCTION else range(1, count := count + 1)
            for k in places:
                code = codes[at + k]
                if code < CONST:
                    bits |= sets[code]
            at += count
        sets.append(bits)
    return [sets[root] if root < CONST else 0 for root in array("Q", record.roots)]


@cache
def _sloped(op: int) -> tuple[int, ...]:
    """The operands of a row of fixed arity whose partials are not always 0."""
    if op == ops.ALSO:
        return (0,)
    return tuple(k for k, program in enumerate(walks.partials(op)) if program != _ZERO)


def members(bits: int) -> list[int]:
    """The positions of the bits that are set, in order.

    >>> members(0b10110)
    [1, 2, 4]
    """
    if bits.bit_count() * 8 > bits.bit_length():
        return [k for k, digit in enumerate(f"{bits:b}"[::-1]) if digit == "1"]
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


class Entries(NamedTuple):
    """A matrix, of the entries that can be other than 0: row by row, each row in the order of its columns."""

    counts: array[int]  # of each row
    columns: array[int]
    items: Sequence[Any]  # in an `array`, where all are floats

    def rows(self) -> Iterator[tuple[Sequence[int], Sequence[Any]]]:
        """Yields the columns of each row, and its entries."""
        end = 0
        for count in self.counts:
            start, end = end, end + count
            yield self.columns[start:end], self.items[start:end]

    def dense(self, size: int) -> list[Any]:
        """The rows in full, each of `size` numbers: as `array`, where all are floats."""
        plain = isinstance(self.items, array)
        rows: list[Any] = []
        for columns, items in self.rows():
            row: Any = array("d", bytes(8 * size)) if plain else [0.0] * size
            for k, x in zip(columns, items):
                row[k] = x
            rows.append(row)
        return rows


def entries(columns: Sequence[Sequence[int]], items: Sequence[Any]) -> Entries:
    """A matrix of the columns of each row, and all its entries in a row."""
    return Entries(array("i", map(len, columns)), array("i", chain.from_iterable(columns)), items)


class Sweeps(NamedTuple):
    """How to find a matrix by few sweeps, each for the columns of one colour, or for the rows.

    Its entries stand for the numbers that all sweeps find, in a row: each is the place of one.
    """

    seeds: list[list[float]]
    places: Entries

    def of(self, found: Sequence[Sequence[Any]]) -> Entries:
        """The entries, of what the sweeps found: an `array` for each, where all are floats."""
        numbers = [*chain.from_iterable(found)]
        items = [*map(numbers.__getitem__, self.places.items)]
        return self.places._replace(items=array("d", items) if {*map(type, items)} <= {float} else items)


def _seeds(colours: Sequence[int], places: Iterable[int], size: int) -> list[list[float]]:
    """A seed per colour that finds an entry. Each sweep finds `size` numbers."""
    last = max(places, default=-1)
    return [[float(colour == k) for colour in colours] for k in range(last // size + 1 if last >= 0 else 0)]


def forward(record: Record, count: int, rows: int) -> Sweeps:
    """How to find the derivatives of the first roots of a record by `count` leaves in few directions."""
    size = len(record.roots) // 8
    columns = list(map(members, pattern(record, count)[:rows]))
    colours = apart(columns, count)
    places = [colours[k] * size + i for i, row in enumerate(columns) for k in row]
    return Sweeps(_seeds(colours, places, size), entries(columns, places))


def reverse(record: Record, count: int, rows: int) -> Sweeps:
    """How to find the derivatives of the first roots of a record by `count` leaves with few weights of the roots."""
    size = len(record.roots) // 8
    columns = list(map(members, pattern(record, count)[:rows]))
    colours = apart(transposed(columns, count), rows)
    places = [colour * count + k for colour, row in zip(colours, columns) for k in row]
    return Sweeps(_seeds([*colours, *[-1] * (size - rows)], places, count), entries(columns, places))


def symmetric(record: Record, count: int) -> list[Sweeps]:
    """How to find symmetric matrices in few directions: their rows are the roots of a record, `count` for each.

    The directions are the same for all. The entries (i, k) and (k, i) have one place, so they are the same to the bit.
    """
    rows = pattern(record, count)
    matrices = [_mirrored(rows[k : k + count]) for k in range(0, len(rows), count)] if count else []
    union = [sorted(set().union(*row)) for row in zip(*matrices)]
    colours = star([[k for k in row if k != i] for i, row in enumerate(union)])
    lone = [_lone(row, colours) for row in union]
    found = []
    for start, matrix in zip(range(0, len(rows), count or 1), matrices):
        columns = list(map(sorted, matrix))
        places = [
            start + _place(min(i, k), max(i, k), colours, lone, len(rows)) for i, row in enumerate(columns) for k in row
        ]
        found.append(entries(columns, places))
    seeds = _seeds(colours, [place for each in found for place in each.items], len(rows))
    return [Sweeps(seeds, each) for each in found]


def _mirrored(rows: Pattern) -> list[set[int]]:
    """By row, the columns of its entries, and the rows where it is a column."""
    found: list[set[int]] = [set() for _ in rows]
    for i, bits in enumerate(rows):
        for k in members(bits):
            found[i].add(k)
            found[k].add(i)
    return found


def _lone(row: Iterable[int], colours: Sequence[int]) -> dict[int, bool]:
    """By colour, whether a row has it once."""
    found: dict[int, bool] = {}
    for k in row:
        found[colours[k]] = colours[k] not in found
    return found


def _place(i: int, k: int, colours: Sequence[int], lone: Sequence[dict[int, bool]], size: int) -> int:
    """Where entry (i, k) is found: in row i, if the colour of k comes once in it; else in row k."""
    return colours[k] * size + i if lone[i][colours[k]] else colours[i] * size + k


# --- what was found for the last structures, for calls with the same ones


class Memory:
    """What was made for the last keys: for so many, of so many bytes."""

    def __init__(self, count: int, size: int) -> None:
        self.count, self.size = count, size
        # a key, the bytes of what was made, and that; the last first: most calls compare one key, and need no hash
        self.entries: list[tuple[Any, int, Any]] = []

    def recall(self, key: Any) -> Any:
        """What was made for a key; None, if it is none of the last."""
        entries = self.entries
        for k, entry in enumerate(entries):
            if entry[0] == key:
                if k:
                    self.entries = [entry, *entries[:k], *entries[k + 1 :]]  # other threads may set it meanwhile
                return entry[2]
        return None

    def keep(self, key: Any, size: int, made: Any) -> None:
        entries = [(key, size, made), *self.entries][: self.count]
        while sum(entry[1] for entry in entries) > self.size:
            entries.pop()
        self.entries = entries


_structures = Memory(32, 1 << 25)


def remembered(make: Callable[..., T], record: Record, *more: Any) -> T:
    """What `make` makes of a record and more; of the structure of the record alone, so that it can be used again."""
    key = make, more, record.ops, record.codes, record.roots
    made = _structures.recall(key)
    if made is None:
        made = make(record, *more)
        _structures.keep(key, len(record.codes), made)
    return made  # type: ignore[no-any-return]
