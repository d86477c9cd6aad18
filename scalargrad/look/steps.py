"""A graph as the steps of a computation, which drawings and explanations show: numbers, operands, local derivatives."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from scalargrad import core
from scalargrad.convert import index, short
from scalargrad.errors import ArgumentError
from scalargrad.nodes.copies import flattened
from scalargrad.nodes.displays import printable
from scalargrad.record import Record, nodes
from scalargrad.table import joint, ops, reductions
from scalargrad.table.evaluate import PARTIALS
from scalargrad.table.libm import zmul

_POW = ops.OPCODE["pow"]
_ALL = (), (0,), (0, 1)  # operands that are all shown


class Step(NamedTuple):
    """One number of a graph: a leaf, a constant, or the result of an operation.

    `operands` are the positions of other steps, which come before it; `partials` its derivatives by them.
    """

    op: str  # as micrograd writes it: "+", "tanh", "**2"; empty for a leaf and a constant
    label: str
    data: float
    grad: float
    operands: tuple[int, ...] = ()
    partials: tuple[float, ...] = ()
    is_constant: bool = False
    opcode: int = ops.LEAF
    numbers: tuple[float, ...] = ()  # of all operands, also of those that are not shown
    shown: tuple[int, ...] = ()  # which of these `operands` has
    leaf: int = -1  # of the leaves, which one: it has a step for each number that it had when it was used
    whole: float | None = None  # of a leaf with several steps, its grad, if `grad` is the share of this step

    @property
    def is_leaf(self) -> bool:
        """Whether it is a leaf."""
        return not self.op and not self.is_constant


def users_of(steps: Sequence[Step], last: int) -> list[list[tuple[int, float]]]:
    """By step, those up to the last one that have it as an operand, each with its derivative by it, in the order in
    which a sweep adds."""
    users: list[list[tuple[int, float]]] = [[] for _ in steps]
    for k in reversed(range(last + 1)):
        for operand, partial in zip(steps[k].operands, steps[k].partials):
            users[operand].append((k, partial))
    return users


def require_value(y: Any, function: str) -> None:
    """Raises `ArgumentError` unless `y` is a Value."""
    if not isinstance(y, core.Node):
        raise not_taken(y, function, "a Value")


def require_count(x: Any, message: str, least: int = 1) -> int:
    """The int of a limit. Raises `ArgumentError`, with a message that has a place for x, if it is below the least."""
    count = None if isinstance(x, bool) else index(x)
    if count is None or count < least:
        raise ArgumentError(message.format(short(x)))
    return count


def not_taken(thing: Any, function: str, wanted: str) -> ArgumentError:
    """The error of a function that does not take a thing."""
    hint = ": pass one of its elements, or a sum of them" if hasattr(thing, "elements") else ""
    return ArgumentError(f"{function} takes {wanted}, got {type(thing).__name__}{hint}")


def record_of(y: Any) -> Record:
    """The record of a Value, which may be a leaf."""
    if core.key(y) is None:
        number = array("d", [y.data]).tobytes()
        return Record(bytes([ops.LEAF]), bytes(8), number, b"", b"", bytes(8), [y])
    return flattened(y)


def steps_of(record: Record) -> tuple[list[Step], int]:
    """The steps in the order of recording, each constant before the step that it is an operand of; and the position of
    the result, the last one."""
    found, places = placed(record)
    return found, places[array("Q", record.roots)[0]]


def placed(record: Record) -> tuple[list[Step], list[int]]:
    """The steps; and by position in the record the position among the steps."""
    values, grads = array("d", record.values), array("d", record.grads or bytes(8 * len(record.ops)))
    labels = record.labels or {}
    found: list[Step] = []
    places: list[int] = []
    entered: dict[tuple[int | float, str], int] = {}  # a leaf may stand in the record once per graph
    first: tuple[int, list[int | float]] = 0, []  # of a joint operation, whose other results come next
    results = 0
    for position, (op, operands) in enumerate(nodes(record)):
        if op == ops.LEAF:
            leaf = record.leaves[int(operands[0])]
            places.append(entered.setdefault((operands[0], repr(values[position])), len(found)))
            if places[-1] == len(found):
                found.append(Step("", leaf.label, values[position], leaf.grad, leaf=int(operands[0])))
            continue
        if op == ops.ALSO:
            results += 1
            op, operands = first
        elif op >= ops.FIRST_JOINT:
            first, results = (op, operands), 0
        numbers = [values[x] if isinstance(x, int) else x for x in operands]
        chosen, symbol = _shown(op, numbers, operands)
        if op < ops.FIRST_REDUCTION:
            partials: Sequence[float] = [partial(*numbers, values[position]) for partial in PARTIALS[op]]
        else:
            partials = _partials(op, numbers, values[position], results)
        own: list[int] = []
        for k in chosen:
            operand = operands[k]
            if isinstance(operand, int):
                own.append(places[operand])
            else:
                own.append(len(found))
                found.append(Step("", "", operand, 0.0, is_constant=True))
        places.append(len(found))
        slopes = tuple(partials) if len(chosen) == len(partials) else tuple(partials[k] for k in chosen)
        found.append(
            Step(symbol, labels.get(position, ""), values[position], grads[position], tuple(own), slopes, False,
                 op, tuple(numbers), _ALL[len(chosen)] if len(chosen) == len(numbers) < 3 else tuple(chosen))
        )  # fmt: skip
    return found, places


def _shown(op: int, numbers: Sequence[float], operands: Sequence[int | float]) -> tuple[Sequence[int], str]:
    """Which operands of an operation are shown, and its symbol, as micrograd writes it."""
    symbol = ops.SYMBOLS[op]
    if op >= ops.FIRST_JOINT:
        return ops.JOINT[op].arguments(len(numbers)), symbol
    if op >= ops.FIRST_REDUCTION:
        return ops.REDUCTION[op].arguments(len(numbers)), symbol
    if op == _POW and isinstance(exponent := operands[1], float):
        return [0], f"**{int(exponent) if exponent.is_integer() and abs(exponent) < 1e15 else exponent}"
    return range(len(numbers)), symbol


def _partials(op: int, numbers: list[float], value: float, result: int) -> Sequence[float]:
    """Those of a reduction or a joint operation."""
    if op >= ops.FIRST_JOINT:
        return joint.partials(op, numbers, result)
    return [*reductions.partials(op, numbers, value)]


def names_of(steps: Sequence[Step]) -> list[str]:
    """A name for each step: its label; else x1, x2 ... for leaves, and v1, v2 ... for results; a constant's number. A
    leaf that was set to other numbers between its uses has several steps: p@1 is p when it was 1."""
    taken = {step.label for step in steps}

    def unused(letter: str) -> Iterator[str]:
        k = 0
        while True:
            k += 1
            if f"{letter}{k}" not in taken:
                yield f"{letter}{k}"

    leaves, results = unused("x"), unused("v")
    by_leaf: dict[int, str] = {}
    names: list[str] = []
    for step in steps:
        if step.is_constant:
            name = number(step.data)
        elif step.leaf >= 0:
            name = by_leaf.get(step.leaf, "") or printable(step.label) or next(leaves)
            by_leaf[step.leaf] = name
        else:
            name = printable(step.label) or next(leaves if step.is_leaf else results)
        names.append(name)
    for own in several(steps).values():
        shown = [number(steps[k].data) for k in own]
        for k, text in zip(own, shown if len({*shown}) == len(own) else [repr(steps[k].data) for k in own]):
            names[k] += f"@{text}"
    return names


def several(steps: Sequence[Step]) -> dict[int, list[int]]:
    """The steps of each leaf that has more than one."""
    counts = Counter(step.leaf for step in steps if step.leaf >= 0)
    found: dict[int, list[int]] = {leaf: [] for leaf, count in counts.items() if count > 1}
    for k, step in enumerate(steps) if found else ():
        if step.leaf in found:
            found[step.leaf].append(k)
    return found


def whole_name(steps: Sequence[Step], names: Sequence[str], k: int) -> str:
    """The name of a leaf, whichever of its steps k is."""
    return names[k] if steps[k].whole is None else names[k].rpartition("@")[0]


def with_shares(steps: list[Step], last: int) -> list[Step]:
    """The steps of a sweep. Where a leaf has several, the grad of each is its share: what a sweep adds by its uses."""
    found = several(steps)
    shares = {k: 0.0 for own in found.values() for k in own}
    if not shares:
        return steps
    for k in reversed(range(last + 1)):
        for operand, partial in zip(steps[k].operands, steps[k].partials):
            if operand in shares:
                shares[operand] += zmul(steps[k].grad, partial)
    return [step._replace(grad=shares[k], whole=step.grad) if k in shares else step for k, step in enumerate(steps)]


def number(x: float, digits: int = 5) -> str:
    """A number in a few digits: integers without a point.

    >>> number(2.0), number(-0.70710678), number(1e-20), number(float("inf"))
    ('2', '-0.70711', '1e-20', 'inf')
    """
    return f"{x:.{digits}g}"
