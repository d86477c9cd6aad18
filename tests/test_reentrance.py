"""Operations that begin while another one records: those of a signal's handler, a `__del__`, or another thread."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, Vector, linalg
from scalargrad.pure import sweep, tape
from scalargrad.pure.graph import Graph
from scalargrad.pure.operators import Node
from scalargrad.pure.quick import operators as quick
from scalargrad.table import ops, reductions
from scalargrad.table.evaluate import VALUE


def between(
    call: Callable[[], Any], function: Callable[[], Any], where: str = "scalargrad/pure/", often: float = 0.002
) -> Any:
    """The result of a function, with calls between random steps that the interpreter takes in some files."""

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if where in frame.f_code.co_filename.replace("\\", "/"):
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if frame.f_trace_opcodes and random.random() < often:
            sys.settrace(None)
            call()
            sys.settrace(trace)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return function()
    finally:
        sys.settrace(before)


X, OTHER = Value(1.5), Value(3.0)
KEPT: list[Value] = []


def same_leaf() -> None:
    KEPT[:] = [X * 2.0, *KEPT[:10]]


def set_leaf() -> None:
    """Gives a leaf another float, which is equal, and uses it: it enters the graph once more."""
    X.data = float.fromhex(X.data.hex())
    same_leaf()


def close() -> None:
    (OTHER * 2.0).backward(0.0)


def link() -> None:
    KEPT[:] = [KEPT[0] * OTHER if KEPT else OTHER * 2.0]


def program() -> list[float]:
    x, y = X, X * 0.5
    x.grad = 0.0
    for k in range(3):
        y = y * x + 1.0
        y = 3.0 - sg.tanh(y) / x
        y = sg.maximum(y, x) + sg.sum([y, x, 2.0])
    y = y + linalg.inv([[x, 1.0], [y, 9.0]])[1, 0] + Value(2.0, [x, y], [0.5, 0.25])
    y = y + (Vector([x, y, x * y]) * y).sum()
    y.backward()
    return [y.data, x.grad, y.grad]


@pytest.mark.parametrize("call", [lambda: OTHER * 2.0 + OTHER, same_leaf, set_leaf, close, link])
def test_operations_between_random_steps_of_another(call: Callable[[], Any]) -> None:
    wanted = program()
    for _ in range(20):
        assert between(call, program) == wanted


@pytest.mark.parametrize("closed", [False, True])
def test_what_is_recorded_in_between_counts(closed: bool) -> None:
    """All contributions to a leaf, and to a node of a closed graph, are in its grad. Each node has the value of the
    operands that it was recorded with, though the leaf is set in between."""
    x, found = Node(1.5), []
    h = x * 2.0

    def use() -> None:
        x.data = 3.5 - x.data
        found.append(x * 4.0 + h * 8.0)

    def step() -> list[Any]:
        nodes = [x + h, h - x, quick.apply(ops.OPCODE["tanh"], x)]
        return [*nodes, nodes[0] * 4.0, tape.reduce(ops.OPCODE["sum"], [x, nodes[1], x, h]), nodes[1] * x]

    for _ in range(20):
        found.clear()
        if closed:
            sweep.backward(h, 0.0, 0)
        nodes = between(use, step, often=0.02)
        for node in nodes:
            op, numbers = tape.opcode(node), tape.operand_values(node)
            value = reductions.value(op, numbers) if op >= ops.FIRST_REDUCTION else VALUE[op](*numbers)
            assert node.data == value
        x.grad = 0.0
        sweep.backward(tape.reduce(ops.OPCODE["sum"], [nodes[3], nodes[4], *found]), 1.0, 0)
        assert x.grad == 12.0 + 5.0 + 20.0 * len(found)


def test_a_link_that_is_entered_while_it_is_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    x, found = Node(1.5), []
    h = x * 2.0
    sweep.backward(h, 0.0, 0)
    append = Graph.append

    def appending(graph: Graph, *node: Any) -> int:
        index = append(graph, *node)
        monkeypatch.undo()
        found.append(h * 8.0)
        return index

    monkeypatch.setattr(Graph, "append", appending)
    y = h + x
    sweep.backward(y + found[0], 1.0, 0)
    assert x.grad == 3.0 + 16.0


def test_a_node_appended_while_another_thread_sweeps() -> None:
    """A thread that was about to record may still append to a graph that another one closed. Nothing is missed."""

    def swept(during: Callable[[Node], Any]) -> list[float]:
        x = Node(0.5)
        y, z = x * 3.0, x
        for k in range(5):
            z = z * y + x
        between(lambda: during(z), lambda: sweep.backward(z, 1.0, 0), "scalargrad/pure/quick/sweep", 0.2)
        return [x.grad, y.grad, z.grad]

    def append(z: Node) -> None:
        assert z._graph is not None
        z._graph.append(ops.OPCODE["neg"], (z._index,), -z.data)

    wanted = swept(lambda z: None)
    for _ in range(20):
        assert swept(append) == wanted
