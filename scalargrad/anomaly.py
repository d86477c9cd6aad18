"""Where a nan or an infinity comes from: the searches that `detect_anomaly` makes when it has found one.

Each goes back from the bad number to the operation or the leaf that it came from. The message names that, and tells the
way from there: step by step, or of a long way its two ends.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable, Container, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from scalargrad import core
from scalargrad.nodes.displays import printable
from scalargrad.nodes.view import partials_of_many
from scalargrad.table import ops
from scalargrad.table.libm import zmul

T = TypeVar("T")
Line = TypeVar("Line")
Key = tuple[int, int]  # of an interior node: a graph's serial number, and an index; of a leaf: 0, and its id
Contribution = tuple[Key, float]  # from which consumer, and what it added
# What made a node: the opcode; the operands, None for leaves and constants; their numbers, and the node's own
Made = tuple[int, Sequence[T | None], Sequence[float], float]
Place = Callable[[Any], str]  # tells where the node with a key was recorded
_EXP_SUB = ops.OPCODE["exp_sub"]  # exp(x - c), where softmax has the largest element as the constant c
SHOWN = 3  # steps at each end of a way that are told


class Way(Generic[T]):
    """The steps of a way, of which only both ends are kept: it may have millions."""

    def __init__(self) -> None:
        self._first: list[T] = []
        self._last: deque[T] = deque(maxlen=SHOWN)
        self.length = 0

    def append(self, step: T) -> None:
        """Adds a step at the end."""
        self.length += 1
        (self._first if self.length <= SHOWN else self._last).append(step)

    @property
    def end(self) -> T:
        """The last step."""
        return self._last[-1] if self._last else self._first[-1]

    def backwards(self, line: Callable[[T], Line], remark: Callable[[str], Line]) -> list[Line]:
        """A line for each step, the last one first; and one, of a remark, for those that are left out."""
        left_out = self.length - len(self._first) - len(self._last)
        between = [remark(f"... {left_out:,} more ...")] if left_out else []
        return [*map(line, reversed(self._last)), *between, *map(line, reversed(self._first))]


def told(lines: Sequence[str]) -> str:
    """The end of a message: the lines of a way."""
    return ". Its way:" + "".join(f"\n    {line}" for line in lines) if lines else ""


def call(opcode: int, operands: Sequence[float], count: int) -> str:
    """An operation with its first three operands, as text."""
    return f"{ops.NAMES[opcode]}({', '.join(map(repr, operands[:3]))}{', ...' if count > 3 else ''})"


def called(node: core.Node) -> str:
    """The operation that made a node, with its operands, as text."""
    numbers = core.operand_values(node)
    return call(core.opcode(node), numbers, len(numbers))


def _key(node: core.Node) -> Key:
    return core.key(node) or (0, id(node))


def _named(leaf: core.Node) -> str:
    return f"the leaf {core.label(leaf)!r}" if core.label(leaf) else "a leaf"


# --- forwards: in a result --------------------------------------------------------------------------------------------


class Source(NamedTuple):
    """The operand that a nan or infinity comes from, with its number when it was recorded."""

    operand: core.Node | float
    number: float
    place: int  # among the operands
    op: int  # of the operation that has it

    @property
    def is_operation(self) -> bool:
        """Whether an operation made it: it is neither a leaf nor a constant."""
        return _is_operation(self.operand)

    def __str__(self) -> str:
        if not isinstance(self.operand, core.Node):
            return f"the {self.number} of another element" if self.op == _EXP_SUB else f"the constant {self.number}"
        return f"the {self.number} of {'an operation' if self.is_operation else _named(self.operand)}"


def searched(start: T, read: Callable[[T], Made[T]]) -> tuple[Way[T], int | None]:
    """The operations that a nan or infinity went through, from `start` back to the first one; and which operand, a leaf
    or a constant, this one has it from; None if it made it. Nodes may be of any kind: `read` tells what made one."""
    way: Way[T] = Way()
    while True:
        way.append(start)
        op, operands, numbers, result = read(start)
        place = _place(op, [operand is not None for operand in operands], numbers, result)
        if place is None or (operand := operands[place]) is None:
            return way, place
        start = operand


def origin(node: core.Node) -> tuple[Way[core.Node], Source | None]:
    """The operations that the nan or infinity of `node` went through, from it back to the first one. This one made it,
    or has it from a leaf or a constant, which is returned too."""
    way, place = searched(node, _read)
    if place is None:
        return way, None
    made = way.end
    operands: list[Any] = core.operands(made)
    return way, Source(operands[place], core.operand_values(made)[place], place, core.opcode(made))


def _read(node: core.Node) -> Made[core.Node]:
    operands: list[Any] = [x if _is_operation(x) else None for x in core.operands(node)]
    return core.opcode(node), operands, core.operand_values(node), node.data


def _is_operation(operand: Any) -> bool:
    return isinstance(operand, core.Node) and core.key(operand) is not None


def _place(op: int, are_operations: Sequence[bool], numbers: Sequence[float], result: float) -> int | None:
    """Which operand an operation has its nan or infinity from; None if it made it from finite numbers."""
    many = ops.REDUCTION.get(op) or ops.JOINT.get(op)
    own = many.arguments(len(numbers)) if many else range(len(numbers))
    bad = [k for k in own if not math.isfinite(numbers[k])]
    bad.sort(key=lambda k: not are_operations[k])
    return next((k for k in bad if _depends(op, numbers, k, result)), bad[0] if bad else None)


def _same(x: float, y: float) -> bool:
    return x == y or (x != x and y != y)


def _depends(op: int, values: Sequence[float], k: int, result: float) -> bool:
    """Whether the result is another one when operand k is an ordinary number, as it is not where `where` masks it."""
    from scalargrad.table.evaluate import VALUE

    function = VALUE[op] if op < ops.FIRST_REDUCTION else None
    if function is None:
        return _same(values[k], result)
    return not _same(function(*values[:k], 0.5, *values[k + 1 :]), result)


def told_made(op: int, operands: Sequence[Any], result: float, place: str) -> str:
    """The message for an operation that is made now: what it made, and from which operand it has it."""
    numbers = [x.data if isinstance(x, core.Node) else x for x in operands]
    k = _place(op, [*map(_is_operation, operands)], numbers, result)
    source = "" if k is None else f", from {Source(operands[k], numbers[k], k, op)}"
    return f"{call(op, numbers, len(numbers))} made {result}, at {place}{source}"


def told_origin(result: core.Node, what: str, place: Place) -> str:
    """The message for a nan or infinity that reached a result: its origin, and its way from there."""
    way, source = origin(result)
    made = way.end
    steps = way.backwards(lambda node: _step(node, place), str) if way.length > 1 else []
    where = f"{place(core.key(made))}{f', from {source}' if source else ''}"
    return f"{called(made)} made {made.data}, at {where}; it reached {what}{told(steps)}"


def _step(node: core.Node, place: Place) -> str:
    label = printable(core.label(node))
    return f"{label}{' = ' if label else ''}{called(node)} = {node.data}, at {place(core.key(node))}"


# --- backwards: in the gradient of a leaf -----------------------------------------------------------------------------


class Swept(NamedTuple):
    """A sweep that keeps what each node contributes to its operands."""

    nodes: dict[Key, tuple[core.Node, list[Any]]]  # the operations, with their operands
    leaves: dict[Key, core.Node]
    adjoints: dict[Key, float]
    added: dict[Key, list[Contribution]]  # to each node, in order


def swept(root: core.Node, seed: float) -> Swept:
    """Computes the adjoints of all that a root reaches anew, in the order of a sweep."""
    nodes, uses = _reached(root)
    found = Swept(nodes, {}, {_key(root): seed}, {})
    adjoints = found.adjoints
    ready = [(-_key(root)[0], -_key(root)[1])]
    while ready:
        serial, index = heapq.heappop(ready)
        key = -serial, -index
        node, operands = nodes[key]
        for operand, partial in zip(operands, _partials(node)):
            if not isinstance(operand, core.Node):
                continue
            target = _key(operand)
            contribution = zmul(adjoints[key], partial)
            found.added.setdefault(target, []).append((key, contribution))
            adjoints[target] = adjoints[target] + contribution if target in adjoints else contribution
            uses[target] -= 1
            if not target[0]:
                found.leaves[target] = operand
            elif not uses[target]:
                heapq.heappush(ready, (-target[0], -target[1]))
    return found


def told_rule(
    root: core.Node, seed: float, first: core.Made | None, leaves: Container[int] | None, place: Place
) -> str:
    """The message for a nan or infinity in the gradient of a leaf: whose backward rule made it, of what, and its way.

    The rule is the `first` that made one, if it is known. Otherwise the search goes from a leaf with a bad sum up to
    the consumer that made it bad, until that one's own adjoint is finite. The leaves are given by their ids; None means
    all.
    """
    sweep = swept(root, seed)
    if first is not None:
        serial, index, opcode, operands, count = first
        lines = [_rule(sweep, (serial, index), None)] if (serial, index) in sweep.nodes else []
        rule = f"{call(opcode, operands, count)}, recorded at {place((serial, index))},"
        return f"the backward rule of {rule} made a nan or inf{told(lines)}"
    for key, adjoint in sweep.adjoints.items():
        if key[0] or (leaves is not None and key[1] not in leaves) or math.isfinite(adjoint):
            continue
        way, maker = culprit(key, sweep.added.__getitem__, sweep.adjoints.__getitem__)
        if maker is not None:
            rule = f"{called(sweep.nodes[maker][0])}, recorded at {place(maker)},"
            lines = [_rule(sweep, maker, way.end), *way.backwards(lambda key: _adjoint(sweep, key, place), str)]
            reached = f"it reached the gradient of {_named(sweep.leaves[key])}"
            return f"the backward rule of {rule} made a nan or inf; {reached}{told(lines)}"
    return "the gradient of a leaf is nan or infinite"


def culprit(
    start: T, added: Callable[[T], Sequence[tuple[T, float]]], adjoint: Callable[[T], float]
) -> tuple[Way[T], T | None]:
    """The nodes whose adjoints a nan or infinity went through, from `start` up; and the node whose rule made it, though
    its own adjoint is finite, or None. `added` tells what each consumer of a node adds to its adjoint, in order."""
    way: Way[T] = Way()
    while True:
        way.append(start)
        terms = added(start)
        sums = itertools.accumulate(contribution for _, contribution in terms)
        consumer = next((consumer for (consumer, _), total in zip(terms, sums) if not math.isfinite(total)), None)
        if consumer is None:
            return way, None
        if math.isfinite(adjoint(consumer)):
            return way, consumer
        start = consumer


def _rule(sweep: Swept, key: Key, target: Key | None) -> str:
    """The line of a rule: what it adds to the adjoint of `target`, or to the first that it makes bad."""
    (node, operands), adjoint = sweep.nodes[key], sweep.adjoints[key]
    found = [(not math.isfinite(added), k, partial, added) for k, partial in enumerate(_partials(node))
             if isinstance(operands[k], core.Node) and target in (None, _key(operands[k]))
             for added in [zmul(adjoint, partial)]]  # fmt: skip
    is_bad, k, partial, added = max(found, key=lambda x: x[0])
    operand = repr(core.label(operands[k])) if core.label(operands[k]) else f"operand {k + 1}"
    overflow = "" if is_bad else f", and the sum there overflows to {sweep.adjoints[_key(operands[k])]}"
    product = f"{adjoint} * {partial} adds {added}{overflow}"
    return f"{called(node)} has the adjoint {adjoint} and, by {operand}, the partial {partial}: {product}"


def _adjoint(sweep: Swept, key: Key, place: Place) -> str:
    adjoint = sweep.adjoints[key]
    if not key[0]:
        return f"{_named(sweep.leaves[key])} has the gradient {adjoint}"
    node, label = sweep.nodes[key][0], printable(core.label(sweep.nodes[key][0]))
    return f"{label}{' = ' if label else ''}{called(node)}, recorded at {place(key)}, has the adjoint {adjoint}"


def _reached(root: core.Node) -> tuple[dict[Key, tuple[core.Node, list[Any]]], dict[Key, int]]:
    """The operations that a root reaches, with their operands; and how often each node is an operand."""
    nodes: dict[Key, tuple[core.Node, list[Any]]] = {}
    uses: dict[Key, int] = {}
    pending = [root]
    while pending:
        node = pending.pop()
        if _key(node) in nodes or core.key(node) is None:
            continue
        nodes[_key(node)] = node, core.operands(node)
        for operand in nodes[_key(node)][1]:
            if isinstance(operand, core.Node):
                uses[_key(operand)] = uses.get(_key(operand), 0) + 1
                pending.append(operand)
    return nodes, uses


def _partials(node: core.Node) -> Any:
    from scalargrad.table.evaluate import PARTIALS

    op, values = core.opcode(node), core.operand_values(node)
    if op >= ops.FIRST_REDUCTION:
        return partials_of_many(node)
    return [partial(*values, node.data) for partial in PARTIALS[op]]
