"""What a page shows, step by step: each number of the forward pass, and each contribution of the backward sweep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scalargrad.look import telling
from scalargrad.look.steps import Step, number
from scalargrad.table.libm import zmul

Frame = dict[str, Any]  # as JSON has it; numbers are their `repr`, because JSON has no nan


def frames(steps: Sequence[Step], names: Sequence[str], last: int) -> list[Frame]:
    """All frames of a page, forwards, then backwards. `node` is the number that gets its data or grad; `edges` are
    those that matter, as "box-operand"; `lines` and `say` tell it; `brief` is its line in the list of all."""
    return [*_forward(steps, names), *_backward(steps, names, last)]


def _forward(steps: Sequence[Step], names: Sequence[str]) -> Iterator[Frame]:
    for k, step in enumerate(steps):
        if step.is_constant:
            continue
        text = " = ".join(telling.forward(steps, names, k).sides)
        say = "A leaf: its number is given." if step.is_leaf else "Computed from the numbers of its operands."
        yield {"phase": "forward", "node": k, "edges": [f"{k}-{n}" for n in range(len(step.operands))], "lines": [text],
               "say": say, "brief": text, "data": repr(step.data)}  # fmt: skip


def _backward(steps: Sequence[Step], names: Sequence[str], last: int) -> Iterator[Frame]:
    """A frame for each contribution, in the order of the sweep: it adds up the same numbers in the same order."""
    y = names[last]
    users = [0] * len(steps)  # of each step, the contributions that it gets
    reached = [False] * len(steps)
    reached[last] = True
    for k in reversed(range(last + 1)):
        for operand in steps[k].operands if reached[k] else ():
            users[operand] += 1
            reached[operand] = True
    whole = telling.derivative(y, y)
    yield {"phase": "backward", "node": last, "edges": [], "lines": [f"{whole} = 1"], "brief": f"{y} receives 1",
           "say": f"The sweep starts at the result: the derivative of {y} by itself is 1.", "gain": "1.0",
           "grad": "1.0", "shown": "1"}  # fmt: skip
    sums: list[list[float]] = [[] for _ in steps]  # what each has after each contribution
    for k in reversed(range(last + 1)):
        for n, (operand, partial) in enumerate(zip(steps[k].operands, steps[k].partials)):
            if not reached[k] or steps[operand].is_constant:
                continue
            gain, before = zmul(steps[k].grad, partial), sums[operand]
            count, name = len(before) + 1, names[operand]
            # the last sum is the engine's own, which takes the results of a joint operation together
            total = steps[operand].grad if count == users[operand] else before[-1] + gain if before else gain
            factors = f"{number(steps[k].grad)} * {telling.bracketed(number(partial), 1, '*')}"
            product = f"{telling.derivative(y, names[k])} * {telling.partial(names[k], name)} = {factors}"
            added = f"{number(before[-1])} + {telling.bracketed(number(gain), 1, '+')} = " if before else ""
            if not telling.agrees([*before[-1:], gain], total):
                added = f"{telling.JOINT} = "
            all_in = f"so {telling.derivative(y, name)} is complete" if count == users[operand] else "more will come"
            if steps[operand].whole is not None and count == users[operand]:
                all_in += f"; {telling.share(steps, names, last, operand)}"
            yield {"phase": "backward", "node": operand, "from": k, "edges": [f"{k}-{n}"],
                   "lines": [f"{product} = {number(gain)}", f"grad of {name} = {added}{number(total)}"],
                   "say": f"{name} receives contribution {count} of {users[operand]}; {all_in}.",
                   "brief": f"{name} receives {factors} = {number(gain)}" + f"; {added}{number(total)}" * bool(before),
                   "gain": repr(gain), "grad": repr(total), "shown": number(total)}  # fmt: skip
            before.append(total)
