"""Where the nan or infinity of an explained graph comes from, and its way on: to the result, or to a gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scalargrad.anomaly import Made, Source, culprit, searched
from scalargrad.look import telling
from scalargrad.look.steps import Step, number, users_of
from scalargrad.table.libm import zmul


def astray(steps: Sequence[Step], names: Sequence[str], last: int) -> list[telling.Line]:
    """The lines about the nan or infinity of the result, or else of the first leaf's derivative; none without one."""
    if not steps[last].op:
        return []
    if not math.isfinite(steps[last].data):
        return _forwards(steps, names, last)
    bad = [k for k, step in enumerate(steps) if step.is_leaf and not math.isfinite(step.grad)]
    return next(filter(None, (_backwards(steps, names, last, k) for k in bad)), [])


def _remark(text: str) -> telling.Line:
    return telling.Line([f"  {text}"])


def _forwards(steps: Sequence[Step], names: Sequence[str], last: int) -> list[telling.Line]:
    """From the operation or the operand that it comes from, up to the result."""

    def read(k: int) -> Made[int]:
        step = steps[k]
        operands: list[int | None] = [None] * len(step.numbers)
        for place, operand in zip(step.shown, step.operands):
            operands[place] = operand if steps[operand].op else None
        return step.opcode, operands, step.numbers, step.data

    way, place = searched(last, read)
    made = steps[way.end]
    if place is not None:
        operand = dict(zip(made.shown, made.operands)).get(place)
        if operand is not None and steps[operand].is_leaf:
            way.append(operand)
            source = f"the leaf {names[operand]}"
        else:
            source = str(Source(made.numbers[place], made.numbers[place], place, made.opcode))
        told = f"comes from {source}"
    elif way.end == last:
        told = "is made here, from finite numbers"
    else:
        told = f"comes from {names[way.end]}, made from finite numbers"
    title = telling.Line([f"The {number(steps[last].data)} of {names[last]} {told}"])
    return [title, *way.backwards(lambda k: telling.forward(steps, names, k), _remark)]


def _backwards(steps: Sequence[Step], names: Sequence[str], last: int, bad: int) -> list[telling.Line]:
    """From the operation whose derivative made it, though its own adjoint is finite, down to a leaf."""
    users = users_of(steps, last)

    def line(k: int) -> telling.Line:
        terms = [(names[user], steps[user].grad, partial) for user, partial in users[k]]
        return telling.backward(names[last], names[k], terms, steps[k].grad)

    way, user = culprit(
        bad, lambda k: [(user, zmul(steps[user].grad, partial)) for user, partial in users[k]],
        lambda k: steps[k].grad,
    )  # fmt: skip
    if user is None:  # the leaf has it from a use with another number
        return []
    made = telling.operation(steps[user], [names[k] for k in steps[user].operands])
    slope = telling.derivative(names[last], names[bad])
    title = f"The {number(steps[bad].grad)} of {slope} comes from the derivative of {names[user]} = {made}"
    return [telling.Line([title]), *way.backwards(line, _remark)]
