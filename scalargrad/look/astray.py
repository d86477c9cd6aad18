"""Where the nan or infinity of an explained graph comes from, and its way on: to the result, or to a gradient."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from scalargrad.look import telling
from scalargrad.look.steps import Step, number
from scalargrad.table.libm import zmul

SHOWN = 5  # steps at each end of a way that are told


def astray(steps: Sequence[Step], names: Sequence[str], last: int) -> list[telling.Line]:
    """The lines about the nan or infinity of the result, or else of the first leaf's derivative; none without one."""
    if not steps[last].op:
        return []
    if not math.isfinite(steps[last].data):
        return _forwards(steps, names, last)
    bad = [k for k, step in enumerate(steps) if step.is_leaf and not math.isfinite(step.grad)]
    return next(filter(None, (_backwards(steps, names, last, k) for k in bad)), [])


def _cut(lines: list[telling.Line]) -> list[telling.Line]:
    left_out = len(lines) - 2 * SHOWN
    if left_out <= 0:
        return lines
    return [*lines[:SHOWN], telling.Line([f"  ... {left_out:,} more ..."]), *lines[-SHOWN:]]


def _forwards(steps: Sequence[Step], names: Sequence[str], last: int) -> list[telling.Line]:
    way = [last]
    while True:
        step = steps[way[-1]]
        bad = [
            (partial == 0, k) for k, partial in zip(step.operands, step.partials) if not math.isfinite(steps[k].data)
        ]
        if not bad:
            break
        way.append(min(bad, key=lambda x: x[0])[1])  # `where` and the like have the derivative 0 by what they mask
    origin, result = way[-1], f"The {number(steps[last].data)} of {names[last]}"
    if steps[origin].is_constant:
        way.pop()
        title = f"{result} comes from the constant {names[origin]}"
    elif steps[origin].is_leaf:
        title = f"{result} comes from the leaf {names[origin]}"
    elif origin == last:
        title = f"{result} is made here, from finite numbers"
    else:
        title = f"{result} comes from {names[origin]}, made from finite numbers"
    lines = []
    for k in reversed(way):
        own = steps[k].operands
        lines.append(telling.forward(steps[k], names[k], [names[x] for x in own], [steps[x].data for x in own]))
    return [telling.Line([title]), *_cut(lines)]


def _backwards(steps: Sequence[Step], names: Sequence[str], last: int, bad: int) -> list[telling.Line]:
    """From the operation whose derivative made it, though its own adjoint is finite, down to a leaf."""
    users: list[list[tuple[int, float]]] = [[] for _ in steps]
    for k in reversed(range(last + 1)):  # in the order in which a sweep adds
        for operand, partial in zip(steps[k].operands, steps[k].partials):
            users[operand].append((k, partial))
    way = [bad]
    while True:
        sums = itertools.accumulate(zmul(steps[k].grad, partial) for k, partial in users[way[-1]])
        user = next((k for (k, _), total in zip(users[way[-1]], sums) if not math.isfinite(total)), None)
        if user is None:  # the leaf has it from a use with another number
            return []
        if math.isfinite(steps[user].grad):
            break
        way.append(user)
    lines = []
    for k in reversed(way):
        terms = [(names[user], steps[user].grad, partial) for user, partial in users[k]]
        lines.append(telling.backward(names[last], names[k], terms, steps[k].grad))
    made = telling.operation(steps[user], [names[k] for k in steps[user].operands])
    slope = telling.derivative(names[last], names[bad])
    title = f"The {number(steps[bad].grad)} of {slope} comes from the derivative of {names[user]} = {made}"
    return [telling.Line([title]), *_cut(lines)]
