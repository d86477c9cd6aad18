"""What lies between the arguments and the results of a run, as a record; its derivatives, as Values or numbers."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from scalargrad import contexts, core
from scalargrad.record import Operand, Record, nodes, results
from scalargrad.table import ops
from scalargrad.transforms.parts import tracked

_INSTEAD, _CUSTOM, _RULED = (ops.OPCODE[name] for name in ("instead", "custom", "ruled"))

# A number per input, or per result: Values and floats.
Row = Sequence[Any]


class Piece:
    """The record of some results of a run, Values and floats, and what its leaves stand for.

    The derivatives come out as Values where they depend on Values: on arguments, or on what the function closes over.
    With `numbers`, and where all of these are floats, they are floats.
    """

    def __init__(self, items: Row, blocks: Sequence[Any], since: int, given: Row, numbers: bool) -> None:
        self.items, self.numbers = list(items), numbers
        self.wanted = [*range(len(given))]
        self.record = core.extract(self.items, list(blocks), since)
        self.inputs = _plain([*given, *self.record.leaves[len(given) :]], numbers)
        self.is_plain = not tracked(self.inputs)  # then all derivatives are numbers

    def closes_over(self, count: int) -> bool:
        """Whether a Value that is no input was used; or is, without an input, one of the first results."""
        lone = (isinstance(x, core.Node) and isinstance(y, float) for x, y in zip(self.items, results(self.record)))
        return len(self.record.leaves) > len(self.wanted) or any([*lone][:count])

    def values(self) -> list[Any]:
        """The results."""
        return self._results(self.record, [], self.inputs)[0]

    def pull(self, seeds: Sequence[Row]) -> tuple[list[Any], list[list[Any]]]:
        """The results; and for each seed, the derivatives of the results, weighted by it, by all inputs."""
        record, rows, inputs = self._with(seeds)
        found = core.adjoint(record, self.wanted, rows)
        values, flat = self._results(found, results(found), inputs)
        return values, _cut(flat, len(seeds))

    def push(self, directions: Sequence[Row]) -> tuple[list[Any], list[list[Any]]]:
        """The results; and for each direction, their derivatives in it."""
        record, rows, inputs = self._with(directions)
        found = core.tangent(record, [dict(enumerate(row)) for row in rows])
        values, flat = self._results(found, results(found), inputs)
        return values, _cut(flat, len(directions))

    def slopes(self, seeds: Sequence[Sequence[float]]) -> Record:
        """The record of the derivatives of the results, weighted by each seed in turn, by all inputs."""
        return core.adjoint(self.record, self.wanted, [list(seed) for seed in seeds])

    def curve(
        self, seeds: Sequence[Sequence[float]], directions: Sequence[Row], slopes: Record | None = None
    ) -> tuple[list[Any], list[Row]]:
        """The results; and for each direction, the derivatives in it of what `slopes` finds with these seeds."""
        if self.is_plain and not any(map(tracked, directions)):
            return self.values(), self._curved(seeds, directions)
        record, rows, inputs = self._with(directions, slopes or self.slopes(seeds))
        found = core.tangent(record, [dict(enumerate(row)) for row in rows])
        values, flat = self._results(found, results(found), inputs)
        return values, [*_cut(flat, len(directions))]

    def _curved(self, seeds: Sequence[Sequence[float]], directions: Sequence[Row]) -> list[Row]:
        """As `curve`, of numbers alone: no record of these derivatives is made."""
        n, each = len(self.wanted), array("d", [x for row in directions for x in row])
        found = [core.hvps(self.record, self.wanted, array("d", seed), each) for seed in seeds]
        rows: list[Row] = []
        for k in range(len(directions)):
            row = array("d")
            for numbers in found:
                row += numbers[k * n : (k + 1) * n]
            rows.append(row)
        return rows

    def _with(self, rows: Sequence[Row], record: Record | None = None) -> tuple[Record, list[list[Any]], list[Any]]:
        """The record with a leaf more per Value in the rows; the rows, with the numbers of these leaves; all inputs."""
        if record is None:
            record = _settled(self.record, self.inputs)
        inputs = list(self.inputs)
        found, codes, values = [], array("Q"), array("d")
        numbers = bool(core.mode() & core.NO_GRAD)  # a pullback may be called in another context than its function was
        for row in (_plain(row, numbers) for row in rows):
            for k, x in enumerate(row):
                if isinstance(x, core.Node):
                    row[k] = len(inputs)
                    codes.append(len(inputs))
                    values.append(x.data)
                    inputs.append(x)
            found.append(row)
        if codes:
            record = record._replace(
                ops=record.ops + bytes([ops.LEAF] * len(codes)),
                codes=record.codes + codes.tobytes(),
                values=record.values + values.tobytes(),
                grads=b"",
                leaves=[*record.leaves, *inputs[len(self.inputs) :]],
            )
        return record, found, inputs

    def _results(self, record: Record, others: list[Operand], inputs: list[Any]) -> tuple[list[Any], list[Any]]:
        """The results, and other operands of a record that continues this one, as Values or floats."""
        mine = results(self.record)
        found = _replayed(record, [*mine, *others], inputs)
        # a result that does not depend on the arguments is what it was
        values = [
            x if isinstance(code, int) else y for x, code, y in zip(found, mine, _plain(self.items, self.numbers))
        ]
        return values, [*map(_apart, found[len(mine) :])]


def _settled(record: Record, inputs: Sequence[Any]) -> Record:
    """The record, in which a node by hand whose operands depend on numbers alone has partials known to the next
    derivative: they are constants to it too."""
    if _CUSTOM not in record.ops:
        return record
    kinds, depends = bytearray(record.ops), bytearray(len(record.ops))
    for k, (op, operands) in enumerate(nodes(record)):
        if op == ops.LEAF:
            depends[k] = isinstance(inputs[int(operands[0])], core.Node)
        else:
            depends[k] = any(isinstance(x, int) and depends[x] for x in operands)
            if op == _CUSTOM and not depends[k]:
                kinds[k] = _RULED
    return record._replace(ops=bytes(kinds))


def _apart(x: Any) -> Any:
    """A derivative that is a leaf, as a node of its own, which does not change when the leaf is set."""
    if not isinstance(x, core.Node) or core.key(x) is not None:
        return x
    with contexts.aside():
        return core.apply(_INSTEAD, x, x.data)


def _plain(items: Row, numbers: bool) -> list[Any]:
    return [x.data if isinstance(x, core.Node) else x for x in items] if numbers else list(items)


def _cut(flat: list[Any], rows: int) -> list[list[Any]]:
    count = len(flat) // rows if rows else 0
    return [flat[k * count : (k + 1) * count] for k in range(rows)]


def _replayed(record: Record, wanted: list[Operand], inputs: list[Any]) -> list[Any]:
    codes = array("Q", [x for x in wanted if isinstance(x, int)])
    if tracked(inputs):
        with contexts.aside():
            found = iter(core.replay(record._replace(roots=codes.tobytes()), inputs))
    else:
        values = array("d", record.values)
        found = iter([values[x] for x in codes])
    return [next(found) if isinstance(x, int) else x for x in wanted]
