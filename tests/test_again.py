"""Backward again: the same root, another root of the graph, a root over links, grads of interior nodes set in between.

An interior grad is the adjoint of the last backward that reached its node, or what was set since then; a leaf's grad is
the sum. The C core keeps two buffers per graph for this, which take turns where one covers the other: which nodes a
root reaches, and what was in the buffers, must never show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from tests.support.engines import bits

NUMBERS = [0.5, -0.0, 1.5, -3.0, 5e-324, 1e300]
Program = list[tuple[str, int, int]]  # operation, and how far back its operands are; "close" closes the graph


class Nodes:
    """A program that was run: its nodes, operands by position, and leaves."""

    def __init__(self, program: Program, numbers: list[float]) -> None:
        self.nodes = [Value(x) for x in numbers]
        self.operands: list[tuple[int, ...]] = [() for _ in numbers]
        self.leaves = len(numbers)
        for name, back, further in program:
            a, b = self.position(back), self.position(further)
            if name == "close":
                (self.nodes[a] * 1.0).backward(0.0)
            elif name == "chain":  # more nodes than a block of adjoints has
                for _ in range(70):
                    self.add(lambda x, y: x + y * 0.5, len(self.nodes) - 1, b)
            else:
                rules: dict[str, Callable[[Any, Any], Any]] = {
                    "mul": lambda x, y: x * y,
                    "sub": lambda x, y: x - y,
                    "max": lambda x, y: sg.max([x, y, 0.25]),
                    "where": lambda x, y: sg.where(x, y, x),
                }
                self.add(rules[name], a, b)
        for leaf in self.nodes[: self.leaves]:
            leaf.grad = 0.0

    def add(self, rule: Callable[[Any, Any], Any], a: int, b: int) -> None:
        self.nodes.append(rule(self.nodes[a], self.nodes[b]))
        self.operands.append((a, b))

    def position(self, back: int) -> int:
        return max(0, len(self.nodes) - 1 - back)

    def reached(self, root: int) -> set[int]:
        found, waiting = {root}, [root]
        while waiting:
            for operand in self.operands[waiting.pop()]:
                if operand not in found:
                    found.add(operand)
                    waiting.append(operand)
        return found

    def grads(self) -> list[float]:
        return [node.grad for node in self.nodes]


def _alone(program: Program, numbers: list[float], back: int, seed: float) -> dict[int, float]:
    """What one backward finds, by the positions of the nodes that it reaches."""
    run = Nodes(program, numbers)
    root = run.position(back)
    for leaf in run.nodes[: run.leaves]:
        leaf.grad = -0.0  # neutral: -0.0 + c is c, to the bit
    run.nodes[root].backward(seed)
    return {i: run.nodes[i].grad for i in run.reached(root)}


_steps = st.tuples(st.sampled_from(["root", "root", "root", "set"]), st.integers(0, 400), st.sampled_from(NUMBERS))
_programs = st.lists(
    st.tuples(
        st.sampled_from(["mul", "sub", "max", "where", "chain", "close"]), st.integers(0, 90), st.integers(0, 90)
    ),
    min_size=1,
    max_size=9,
)


@given(_programs, st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3), st.lists(_steps, max_size=8))
@example([("chain", 0, 0), ("sub", 0, 9)], [0.5], [("root", 0, 1.5), ("root", 40, 0.5), ("root", 0, -3.0)])
@example([("chain", 0, 0), ("chain", 0, 9)], [0.5], [("root", 0, 1.5), ("root", 80, 0.5), ("root", 75, -3.0)])
@example([("chain", 0, 0), ("mul", 80, 80)], [0.5], [("root", 1, 1.5), ("set", 0, 0.5), *[("root", 1, 1.5)] * 2])
@example([("chain", 0, 0), ("close", 0, 0), ("mul", 0, 40)], [0.5, 1.5], [("root", 0, 1.5)] * 3 + [("root", 30, 0.5)])
def test_the_last_backward_counts(program: Program, numbers: list[float], steps: list[tuple[str, int, float]]) -> None:
    alone = [_alone(program, numbers, back, number) if kind == "root" else {} for kind, back, number in steps]
    (Value(1.0) * 2.0).backward()  # what follows has a graph of its own
    run = Nodes(program, numbers)
    expected = run.grads()
    for (kind, back, number), found in zip(steps, alone):
        k = run.position(back)
        if kind == "set":
            run.nodes[k].grad = expected[k] = number
        else:
            run.nodes[k].backward(number)
            for i, adjoint in found.items():
                expected[i] = expected[i] + adjoint if i < run.leaves else adjoint
        assert [bits(x) for x in run.grads()] == [bits(x) for x in expected]
