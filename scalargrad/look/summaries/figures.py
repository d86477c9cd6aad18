"""The figures of a graph, counted from its record: operations, activations, adjoints, and the layers of these.

A record is read in bulk, as arrays of numbers, so that a graph of a million nodes takes a second.
"""

from __future__ import annotations

import heapq
import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scalargrad.look.folding import DOT, LONG, band_of, depths_of, limits
from scalargrad.nn.initialisers import ACTIVATIONS
from scalargrad.nodes.displays import printable
from scalargrad.record import CONST, Record, starts
from scalargrad.table import ops
from scalargrad.table.evaluate import PARTIALS

SATURATED = 0.01  # a unit is saturated if its local derivative is smaller
LAYERS, BANDS = 20, 8  # so many layers are told one by one; more, and depths, in so many bands
EXTREMES = 3  # nodes with the largest and with the smallest adjoints
_RELU = ops.OPCODE["relu"]
_UNITS = bytes(op in {x.opcode for x in ACTIVATIONS.values() if x.opcode} for op in range(256))
NODE, OPERAND = 26, 4  # bytes, see `Figures.memory`
_DOTS = bytes(op == DOT for op in range(256))
_FURTHER = bytes(op == ops.ALSO for op in range(256))  # the further results of a joint operation
_LEAVES = bytes(op == ops.LEAF for op in range(256))


class Extreme(NamedTuple):
    """A node with one of the largest or smallest adjoints."""

    name: str  # its label; else the operation that made it, or "leaf"
    depth: int
    data: float
    adjoint: float


class Layer(NamedTuple):
    """A layer of units, or else a band of depths."""

    name: str  # "layer 2", or "depth 1 to 8"
    nodes: int  # the units in it, or the operations
    dead: int
    saturated: int
    adjoint: float  # the root mean square of the finite adjoints of its nodes; nan if there are none


class Figures:
    """A record, read for counting. A leaf that stands in the record several times counts once."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.codes, self.values = memoryview(record.codes).cast("Q"), array("d", record.values)
        self.starts = starts(record)
        self.depths = depths_of(record)
        self.repeated: list[int] = []
        self.adjoints = array("d", record.grads or bytes(len(record.values)))
        leaves = record.leaves
        seen = bytearray(len(leaves))
        for k in self._positions(_LEAVES):
            leaf = self.codes[self.starts[k]]
            self.adjoints[k] = leaves[leaf].grad
            if seen[leaf]:
                self.repeated.append(k)
            seen[leaf] = 1
        self.units: list[int] = []  # the positions of activations
        self.dead: set[int] = set()  # of relus that pass nothing on
        self.saturated: set[int] = set()  # of others that pass hardly anything on
        for k, op, partial in self._read_units():
            self.units.append(k)
            if op == _RELU and partial == 0.0 == self.values[k]:
                self.dead.add(k)
            elif op != _RELU and abs(partial) < SATURATED:
                self.saturated.add(k)
        self.has_adjoints = self.adjoints[memoryview(record.roots).cast("Q")[0]] != 0.0

    def _positions(self, wanted: bytes) -> Iterator[int]:
        """The positions of the nodes whose opcodes have a 1 in `wanted`."""
        found = self.record.ops.translate(wanted)
        at = found.find(1)
        while at >= 0:
            yield at
            at = found.find(1, at + 1)

    def once(self, numbers: array[float]) -> array[float]:
        """The numbers without those of repeated leaves."""
        if not self.repeated:
            return numbers
        left_out = set(self.repeated)
        return array("d", [x for k, x in enumerate(numbers) if k not in left_out])

    def operations(self) -> dict[str, int]:
        """How often each operation is in the graph, as micrograd writes it, the most frequent first."""
        found: Counter[str] = Counter()
        for op, count in Counter(self.record.ops).items():
            if op not in (ops.LEAF, ops.ALSO):
                found[ops.SYMBOLS[op]] += count
        for k in self._positions(_FURTHER):
            found[ops.SYMBOLS[self.record.ops[self.codes[self.starts[k]]]]] += 1
        return dict(found.most_common())

    def memory(self) -> int:
        """About how many bytes the C core fills with the nodes: for each its number, adjoint and operation, and its
        operands. The elements of a matrix product share theirs, which count as none."""
        counts = (self.codes[self.starts[k] - 1] for k in self._positions(_DOTS))
        return NODE * len(self.record.ops) + OPERAND * (len(self.codes) - sum(n for n in counts if n > LONG))

    def _read_units(self) -> Iterator[tuple[int, int, float]]:
        """The position, opcode and local derivative of each activation."""
        codes, values, consts = self.codes, self.values, array("d", self.record.consts)
        for k in self._positions(_UNITS):
            op, at = self.record.ops[k], self.starts[k]
            if ops.ARITY[op] == 1:
                yield k, op, PARTIALS[op][0](values[codes[at]], values[k])
            else:
                own = [consts[x - CONST] if x >= CONST else values[x] for x in codes[at : at + ops.ARITY[op]]]
                yield k, op, PARTIALS[op][0](*own, values[k])

    def layers(self) -> list[Layer]:
        """The layers of units, the one next to the leaves first: a unit is in layer n if n units, with itself, are on
        the longest way from a leaf to it. Many layers are told in bands; and where there are not two, depths are."""
        levels = depths_of(self.record, _UNITS) if self.units else self.depths
        deepest = max((levels[k] for k in self.units), default=0)
        if deepest >= 2:
            return self._grouped(self.units, levels, deepest, deepest if deepest <= LAYERS else BANDS, "layer")
        places = [k for k, depth in enumerate(self.depths) if depth]
        deepest = max(self.depths)
        return self._grouped(places, self.depths, deepest, min(BANDS, deepest), "depth")

    def _grouped(self, places: Iterable[int], levels: array[int], deepest: int, bands: int, word: str) -> list[Layer]:
        """Nodes in bands of their levels, which are 1 to the deepest."""
        groups: list[list[int]] = [[] for _ in range(bands)]
        for k in places:
            groups[band_of(levels[k], bands, deepest) - 1].append(k)
        found: list[Layer] = []
        for band, group in enumerate(groups, start=1):
            first, last = limits(band, bands, deepest)
            name = f"{word} {first:,}" if first == last else f"{word} {first:,} to {last:,}"
            dead, saturated = (sum(map(these.__contains__, group)) for these in (self.dead, self.saturated))
            found.append(Layer(name, len(group), dead, saturated, self._typical(group)))
        return found

    def _typical(self, places: list[int]) -> float:
        """The root mean square of finite adjoints, without over- or underflow on the way; nan if there are none."""
        finite = [x for k in places if math.isfinite(x := self.adjoints[k])] if self.has_adjoints else []
        if not finite:
            return math.nan
        root = math.sqrt(len(finite))
        norm = math.hypot(*finite)
        return norm / root if norm < math.inf else math.hypot(*(x / root for x in finite))

    def extremes(self) -> tuple[list[Extreme], list[Extreme]]:
        """The nodes with the largest finite adjoints, and those with the smallest ones other than 0, by magnitude."""
        sizes = array("d", map(abs, self.adjoints))
        for k in self.repeated:
            sizes[k] = math.nan
        finite = array("d", filter(math.isfinite, filter(None, sizes)))
        return [self._extreme(k) for k in _places(sizes, heapq.nlargest(EXTREMES, finite))], [
            self._extreme(k) for k in _places(sizes, heapq.nsmallest(EXTREMES, finite))
        ]

    def _extreme(self, k: int) -> Extreme:
        op, labels = self.record.ops[k], self.record.labels or {}
        if op == ops.LEAF:
            name = self.record.leaves[self.codes[self.starts[k]]].label or "leaf"
        else:
            name = labels.get(k, "") or ops.SYMBOLS[op]
        return Extreme(printable(name), self.depths[k], self.values[k], self.adjoints[k])


def _places(numbers: array[float], wanted: list[float]) -> list[int]:
    """The positions of some of the numbers, of equal ones the first."""
    found: list[int] = []
    for x in wanted:
        start = 1 + max((k for k in found if numbers[k] == x), default=-1)
        found.append(numbers.index(x, start))
    return found
