"""Every two nodes that can follow one another, all patterns of operands, and the sweep over them by each of its ways.

The C core sweeps a graph quickly where all of it is reached (runs of sums, products and relus in a loop of their own,
`acc + w * x` in one turn), else with care. Which way it goes must never show."""

from __future__ import annotations

import itertools
import math
import operator
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import core
from scalargrad.table import evaluate, ops
from tests.support.engines import bits
from tests.support.oracle import ORACLE, agree, seen, times

BINARY: dict[str, Callable[[Any, Any], Any]] = {"add": operator.add, "sub": operator.sub, "mul": operator.mul}
Instruction = tuple[str, tuple[int, ...]]  # operands are positions among the nodes so far; -1 is the constant


def instructions(nodes: int) -> Iterator[Instruction]:
    """All of two operands, not both constant, and relu and neg, over so many nodes."""
    for name in BINARY:
        for pair in itertools.product(range(-1, nodes), repeat=2):
            if pair != (-1, -1):
                yield name, pair
    for name in ("relu", "neg"):
        for k in range(nodes):
            yield name, (k,)


def execute(m: Any, numbers: tuple[float, float, float], pair: tuple[Instruction, Instruction], how: str) -> list[Any]:
    """x, y, h and two nodes; and a root behind them."""
    x, y, constant = m.Value(numbers[0]), m.Value(numbers[1]), numbers[2]
    nodes = [x, y, x * y if how != "short" else -x]
    if how == "linked":
        (nodes[2] * 1.0).backward(0.0)  # closes the graph
        x.grad = y.grad = 0.0
    for name, operands in pair:
        values = [nodes[k] if k >= 0 else constant for k in operands]
        if name in BINARY:
            nodes.append(BINARY[name](*values))
        else:
            nodes.append(-values[0] if name == "neg" else m.relu(values[0]))
        if how == "aside":
            m.Value(2.0) * 3.0 + x  # reached by nothing: the sweep must be careful
    if how != "short":
        nodes.append(m.relu((nodes[4] + nodes[3]) * 1.5 - y))
    nodes[-1].backward(0.3)
    if how == "again":
        x.grad = y.grad = 0.0
        nodes[-1].backward(0.3)  # in scratch that was used before
    return nodes


PAIRS = [(first, second) for first in instructions(3) for second in instructions(4)]
SCALED = [pair for pair in PAIRS if any(name == "mul" and -1 in operands for name, operands in pair)]


@pytest.mark.parametrize("constant", [1.3, math.inf])
def test_every_pair_of_nodes(constant: float) -> None:
    """All 4,000 pairs of a sum, difference, product, relu or negation over two leaves, a node, and a constant. The pure
    backend has one way to sweep: a part of them must do there."""
    assert len(PAIRS) == (3 * 15 + 2 * 3) * (3 * 24 + 2 * 4)
    numbers = (0.1, -0.7, constant) if constant == 1.3 else (0.0, -0.7, constant)
    chosen = PAIRS if constant == 1.3 else SCALED
    for k, pair in enumerate(chosen if sg.backend() == "native" else chosen[::11]):
        wanted = {how: seen(execute(ORACLE, numbers, pair, how)) for how in ("short", "whole")}
        for how in ("short", "whole", ("aside", "linked", "again")[k % 3]):
            assert seen(execute(sg, numbers, pair, how)) == wanted["short" if how == "short" else "whole"], (pair, how)


# --- every primitive, and which of its operands are constants, or one node twice

NUMBERS = (0.3, 0.7, 1.1, 0.9)  # of leaves, and of a constant
WHOLE = {ops.OPCODE["polygamma"]: (1.0, 2.0, 3.0, 4.0)}
ROWS = [row for row in ops.PRIMITIVES if len(row.operands) > 1]


def of_row(opcode: int, pattern: tuple[int, ...], how: str) -> tuple[list[Any], list[Any]]:
    """The leaves and the result of one primitive; -1 in a pattern is a constant, else which leaf."""
    *numbers, constant = WHOLE.get(opcode, NUMBERS)
    leaves = [sg.Value(x) for x in numbers]
    used = [leaves[k] if k >= 0 else constant for k in pattern]
    z = core.apply(opcode, *used)
    if how == "aside":
        z * 2.0
    elif how == "linked":
        z.backward(0.0)
        z = z * 1.0
    elif how == "last":
        z = z * 1.0 + sum(leaves, sg.Value(0.0)) * 0.0
    z.backward(-1.5)
    return leaves, used


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_pattern_of_operands(row: Any) -> None:
    opcode, n = ops.OPCODE[row.name], len(row.operands)
    partials = evaluate.PARTIALS[opcode]
    value = evaluate.VALUE[opcode]
    assert value is not None
    for pattern in itertools.product(range(-1, n), repeat=n):
        if set(pattern) == {-1}:
            continue
        numbers = [WHOLE.get(opcode, NUMBERS)[k] for k in pattern]
        by_operand = [partial(*numbers, value(*numbers)) for partial in partials]
        for how in ("whole", "aside", "linked", "last"):
            leaves, _ = of_row(opcode, pattern, how)
            wanted = [0.0] * len(leaves)
            for k, partial in zip(pattern, by_operand):
                if k >= 0:
                    wanted[k] += times(-1.5, partial)
            assert [leaf.grad for leaf in leaves] == wanted, (pattern, how)


# --- reductions of many operands

SIZES = [1, 2, 8, 9, 127, 128, 129, 1000]
MIXES = ["leaves", "one leaf", "constants between", "nodes", "constants first"]


def operands_of(m: Any, n: int, mix: str) -> tuple[list[Any], list[Any]]:
    leaves = [m.Value(math.sin(k) if k % 5 else 0.75) for k in range(n)]
    if mix == "one leaf":
        return leaves[:1], [leaves[0]] * n
    if mix == "constants between":
        return leaves, [x if k % 2 == 0 else 0.75 for k, x in enumerate(leaves)]
    if mix == "constants first":
        return leaves, [x if k == n - 1 else 0.25 for k, x in enumerate(leaves)]
    return leaves, [x * 0.5 for x in leaves] if mix == "nodes" else list(leaves)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("name", ["sum", "max", "min", "dot"])
def test_reductions(name: str, mix: str, n: int) -> None:
    for how in ("whole", "aside", "linked"):

        def program(m: Any, how: str = how) -> list[Any]:
            leaves, operands = operands_of(m, n, mix)
            z = m.dot(operands, operands[::-1]) if name == "dot" else getattr(m, name)(operands)
            if how == "aside":
                leaves[0] * 2.0
            elif how == "linked":
                z.backward(0.0)
                z = z * 1.0
            (z + leaves[-1]).backward(0.7)
            return [*leaves, *[x for x in operands if not isinstance(x, float)], z]

        agree(program)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("mix", MIXES)
def test_logsumexp_and_custom(mix: str, n: int) -> None:
    """The softmax by math.fsum, to 1e-14 of the gradient, which is at most 1; the partials of `custom` exactly."""
    leaves, operands = operands_of(sg, n, mix)
    numbers = [x if isinstance(x, float) else x.data for x in operands]
    sg.logsumexp(operands).backward()
    scale = math.fsum(math.exp(x) for x in numbers)
    wanted = dict.fromkeys(map(id, leaves), 0.0)
    inner = 0.5 if mix == "nodes" else 1.0
    behind = leaves if mix == "nodes" else operands
    for x, v in zip(behind, numbers):
        if not isinstance(x, float):
            wanted[id(x)] += inner * math.exp(v) / scale
    assert all(abs(x.grad - wanted[id(x)]) <= 1e-14 * max(1.0, n * (mix == "one leaf")) for x in leaves)
    partials = [0.25 * (k % 7) - 0.5 for k in range(n)]
    for how in ("whole", "aside"):
        again, given = operands_of(sg, n, mix)
        pairs = [x for pair in zip(given, partials) for x in pair if not isinstance(pair[0], float)]
        z = core.reduce(ops.OPCODE["custom"], [4.0, *pairs])
        if how == "aside":
            z * 2.0
        z.backward(2.0)
        exact = dict.fromkeys(map(id, again), 0.0)
        for x, p in zip(again if mix == "nodes" else given, partials):
            if not isinstance(x, float):
                exact[id(x)] += 2.0 * p * inner
        assert z.data == 4.0 and [x.grad for x in again] == [exact[id(x)] for x in again]


# --- seeds

UNREACHED = struct.unpack("<d", (0x7FF4A5A5A5A5A5A5).to_bytes(8, "little"))[
    0
]  # how the C core marks what is not reached
SEEDS = [0.0, -0.0, 1.0, -2.5, 5e-324, math.inf, -math.inf, math.nan, -math.nan, UNREACHED]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("how", ["whole", "aside", "linked", "middle", "leaf"])
def test_seeds(seed: float, how: str) -> None:
    def program(m: Any) -> list[Any]:
        x, y = m.Value(0.0), m.Value(3.0)
        if how == "leaf":
            x.backward(seed)
            x.backward(1.0)
            return [x]
        h = x * y
        if how == "linked":
            h.backward(0.0)
        z = m.where(0.0, h, x) - h * 2.0
        if how != "whole":
            aside = z * 4.0
            if how == "middle":
                aside.backward(1.0)
        z.backward(seed)
        z.backward(seed)
        return [x, y, h, z]

    agree(program)


@pytest.mark.parametrize("grad", SEEDS)
def test_a_grad_set_by_hand_is_that_number_and_is_swept_over(grad: float) -> None:
    def program(m: Any) -> list[Any]:
        x = m.Value(0.5)
        h = x * 2.0
        z = h * h
        for node in (x, h, z):
            node.grad = grad
        return [x, h, z]

    agree(program)
    assert [bits(node.grad) for node in program(sg)] == [bits(grad)] * 3
    x, h, z = program(sg)
    z.backward()
    assert [bits(node.grad) for node in (x, h, z)] == [bits(grad + 4.0), bits(2.0), bits(1.0)]
    h * 3.0
    z.backward()
    assert (bits(h.grad), bits(z.grad)) == (bits(2.0), bits(1.0))


def test_a_nan_in_the_middle_of_a_quick_sweep_is_swept_again_with_care() -> None:
    """Whatever node makes it, and whatever has been done by then, also in earlier graphs and to leaves."""
    for depth in range(1, 40):

        def program(m: Any, depth: int = depth) -> list[Any]:
            x, w = m.Value(0.0), m.Value(0.3)
            chain = [x * math.inf]  # nan, with the partial inf
            for k in range(depth):
                chain.append(chain[-1] + w * chain[-1] if k % 3 else chain[-1] * w)
                if k == depth // 2:
                    (chain[-1] * 1.0).backward(0.0)
            z = m.where(0.0, chain[-1], w) + x
            z.backward()
            return [x, w, *chain, z]

        agree(program)


def test_a_gradient_has_the_bits_that_a_grad_of_zero_gets() -> None:
    """-0.0 added to 0.0 is 0.0."""
    x = sg.Value(2.0)
    (x * -0.0).backward()
    assert bits(x.grad) == bits(sg.grad(lambda x: x * -0.0)(2.0)) == bits(0.0)


def test_which_powers_are_squares() -> None:
    x, square, power = sg.Value(3.0), ops.OPCODE["square"], ops.OPCODE["pow"]
    assert [core.opcode(x**n) for n in (2, 2.0, True + 1)] == [square] * 3
    assert [core.opcode(v) for v in (x**3, x**-2, x ** sg.Value(2.0), 2.0**x)] == [power] * 4
