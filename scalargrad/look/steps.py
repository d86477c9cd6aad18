"""A graph as the steps of a computation, which drawings and explanations show: numbers, operands, local derivatives."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from scalargrad import core
from scalargrad.errors import ArgumentError
from scalargrad.nodes.copies import flattened
from scalargrad.record import Record, nodes
from scalargrad.table import joint, ops, reductions
from scalargrad.table.evaluate import PARTIALS

_POW = ops.OPCODE["pow"]


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
    values, grads = array("d", record.values), array("d", record.grads or bytes(8 * len(record.ops)))
    labels = record.labels or {}
    found: list[Step] = []
    places: list[int] = []  # by position in the record, the position among the steps
    entered: dict[tuple[int | float, float], int] = {}  # a leaf may stand in the record once per graph
    first: tuple[int, list[int | float]] = 0, []  # of a joint operation, whose other results come next
    results = 0
    for position, (op, operands) in enumerate(nodes(record)):
        if op == ops.LEAF:
            leaf = record.leaves[int(operands[0])]
            places.append(entered.setdefault((operands[0], values[position]), len(found)))
            if places[-1] == len(found):
                found.append(Step("", leaf.label, values[position], leaf.grad))
            continue
        if op == ops.ALSO:
            results += 1
            op, operands = first
        elif op >= ops.FIRST_JOINT:
            first, results = (op, operands), 0
        numbers = [values[x] if isinstance(x, int) else x for x in operands]
        chosen, symbol = _shown(op, numbers, operands)
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
        slopes = tuple(partials[k] for k in chosen)
        found.append(
            Step(symbol, labels.get(position, ""), values[position], grads[position], tuple(own), slopes,
                 opcode=op, numbers=tuple(numbers), shown=tuple(chosen))
        )  # fmt: skip
    return found, places[array("Q", record.roots)[0]]


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
    if op >= ops.FIRST_JOINT:
        return joint.partials(op, numbers, result)
    if op >= ops.FIRST_REDUCTION:
        return [*reductions.partials(op, numbers, value)]
    return [partial(*numbers, value) for partial in PARTIALS[op]]


def names_of(steps: Sequence[Step]) -> list[str]:
    """A name for each step: its label; else x1, x2 ... for leaves, and v1, v2 ... for results; a constant's number."""
    taken = {step.label for step in steps}

    def unused(letter: str) -> Iterator[str]:
        k = 0
        while True:
            k += 1
            if f"{letter}{k}" not in taken:
                yield f"{letter}{k}"

    leaves, results = unused("x"), unused("v")
    return [
        step.label or (number(step.data) if step.is_constant else next(leaves if step.is_leaf else results))
        for step in steps
    ]


def number(x: float, digits: int = 5) -> str:
    """A number in a few digits: integers without a point.

    >>> number(2.0), number(-0.70710678), number(1e-20), number(float("inf"))
    ('2', '-0.70711', '1e-20', 'inf')
    """
    return f"{x:.{digits}g}"
