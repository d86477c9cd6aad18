"""Random graphs on both backends: every value and every gradient has the same bits.

A graph is drawn as bytes, eight an instruction: that draws quickly and shrinks well. Instructions record any primitive
or reduction on earlier nodes (often the same twice) and constants, sweep in the middle (which closes the graph, so that
what follows is linked to it), change a leaf's data, or set a grad.
"""

from __future__ import annotations

import math
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from scalargrad.table import ops
from tests.support.engines import Engine, bits, native, pure
from tests.support.profiles import PROFILE, native_only

NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 0.1, -0.7, 1e-3, 1e3, 5e-324, -1e-310, 1e300, -1e300, 1e-300,
           math.inf, -math.inf, math.nan, 2.5, 20.0, -40.0, 1.0000001, -0.9999999]  # fmt: skip
TAME = [0.3, -0.7, 1.1, 0.9, -1.2, 0.5, 2.0, -0.1]  # most leaves: so that most of a graph is no nan
WIDTH = 8
covered: set[int] = set()
sizes: list[int] = []


class Run:
    """One engine executing a program."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.leaves = [engine.leaf(x) for x in TAME]
        self.nodes: list[Any] = list(self.leaves)

    def operand(self, choice: int, kind: int) -> Any:
        if kind % 8 == 7:
            return NUMBERS[choice % len(NUMBERS)]
        if kind % 8 >= 5:
            return self.nodes[choice % len(self.nodes)]
        return self.nodes[-1 - choice % min(len(self.nodes), 12)]

    def step(self, instruction: bytes) -> None:
        what, a, b, c, kind_a, kind_b, kind_c, length = instruction
        if what >= 250:
            self.nodes[-1].grad = NUMBERS[a % len(NUMBERS)]
        elif what >= 240:
            self.engine.backward(self.nodes[-1 - a % min(len(self.nodes), 8)], NUMBERS[b % len(NUMBERS)])
        elif what >= 234:
            self.leaves[a % len(self.leaves)].data = (TAME + NUMBERS)[b % (len(TAME) + len(NUMBERS))]
        else:
            opcode = ops.FIRST + what % (ops.FIRST_JOINT - ops.FIRST)  # joint operations: tests/test_joint.py
            if opcode >= ops.FIRST_REDUCTION:
                self.reduction(opcode, a, b, kind_a, 2 * (length % (150 if length > 250 else 9)) + 2)
            else:
                operands = [self.operand(a, kind_a), self.operand(b, kind_b), self.operand(c, kind_c)]
                self.append(opcode, self.engine.apply(opcode, *operands[: ops.ARITY[opcode]]))

    def reduction(self, opcode: int, a: int, b: int, kind: int, n: int) -> None:
        operands = [self.operand(a + k * b, kind + k) for k in range(n)]
        if ops.NAMES[opcode] == "logsumexp":
            operands.insert(0, NUMBERS[b % len(NUMBERS)])
        if ops.NAMES[opcode] in ("custom", "ruled"):  # a constant value
            operands = [TAME[b % len(TAME)], *operands]
        if ops.NAMES[opcode] == "custom":  # and constant partials
            operands[2::2] = [NUMBERS[(a + k) % len(NUMBERS)] for k in range(n // 2)]
        self.append(opcode, self.engine.reduce(opcode, operands))

    def append(self, opcode: int, result: Any) -> None:
        covered.add(opcode)
        if not isinstance(result, float):  # a float: all operands were constants
            self.nodes.append(result)

    def execute(self, program: bytes) -> list[Any]:
        for start in range(0, len(program) - WIDTH + 1, WIDTH):
            self.step(program[start : start + WIDTH])
        total = self.nodes[-1]
        for node in self.nodes[-6:-1]:
            total = self.engine.apply(ops.OPCODE["add"], total, node)
        self.engine.backward(total, 1.0)
        self.engine.backward(self.nodes[len(self.nodes) // 2], -0.5)
        return [(bits(node.data), bits(node.grad)) for node in self.nodes]


def programs(least: int, most: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=WIDTH * least, max_size=WIDTH * most)


GRAPHS = {"slow": 10_000, "few": 300, "fewest": 100}.get(PROFILE, 1_000)


@native_only
@settings(max_examples=GRAPHS)
@given(programs(20, 200))
@example(bytes(range(256)) * 5)
def _same_bits(program: bytes) -> None:
    sizes.append(len(program) // WIDTH)
    assert Run(native()).execute(program) == Run(pure()).execute(program)


@native_only
def test_random_graphs_have_the_same_bits() -> None:
    every = b"".join(
        bytes([op, k, 3 * k, 5 * k, k, k, k, 4]) for k in (0, 1, 2) for op in range(ops.FIRST_JOINT - ops.FIRST)
    )
    assert Run(native()).execute(every) == Run(pure()).execute(every)
    covered.clear()
    _same_bits()
    assert len(sizes) >= GRAPHS
    assert max(sizes) > 150
    missing = set(range(ops.FIRST, ops.FIRST_JOINT)) - covered
    assert not missing, [ops.NAMES[code] for code in missing]


@native_only
def test_the_same_bits_over_a_roll_over() -> None:
    """A chain that is longer than a graph may be, with one leaf and one old node used all along."""
    results = []
    for engine in (native(), pure()):
        x, w = engine.leaf(0.7), engine.leaf(1.0000001)
        early = engine.apply(ops.OPCODE["sin"], x)
        y = early
        for k in range(110_000):
            y = engine.apply(ops.OPCODE["mul"], y, w)
            if k % 3 == 0:
                y = engine.apply(ops.OPCODE["add"], y, early)
        engine.backward(y, 1.0)
        results.append([bits(v) for v in (y.data, x.grad, w.grad, early.grad)])
    assert results[0] == results[1]


def _arithmetic(engine: Engine, program: bytes, trailing: int) -> list[Any]:
    """Sums, differences, products and relus, of which the root reaches all but `trailing` nodes recorded after it."""
    nodes = [engine.leaf(x) for x in TAME]
    unused = list(range(len(nodes)))
    add, mul = ops.OPCODE["add"], ops.OPCODE["mul"]

    def record(name: str, *operands: int | float) -> int:
        for k in operands:
            if isinstance(k, int) and k in unused:
                unused.remove(k)
        nodes.append(engine.apply(ops.OPCODE[name], *(nodes[k] if isinstance(k, int) else k for k in operands)))
        unused.append(len(nodes) - 1)
        return len(nodes) - 1

    for what, p, q, r in zip(*[iter(program)] * 4):
        x, y, acc = (len(nodes) - 1 - k % min(len(nodes), 5 if k < 128 else 99) for k in (p, q, r))
        if what < 100:  # acc + x * y, the product recorded just before the sum
            product = record("mul", x, y if what < 70 else TAME[y % len(TAME)])
            record("add", *((acc, product) if what < 90 else (product, acc)))
        elif what < 120:
            record("relu", x)
        elif what < 130:
            record("tanh", x)
        else:
            name = ("add", "sub", "mul")[what % 3]
            record(name, *((x, y) if what < 220 else (x, NUMBERS[r % 16]) if what < 240 else (NUMBERS[r % 16], x)))
    root = nodes[unused[0]]
    for k in unused[1:]:
        root = engine.apply(add, root, nodes[k])
    for k in range(trailing):
        nodes.append(engine.apply(mul, nodes[-k % 7], root if k % 2 else engine.leaf(0.5)))
    engine.backward(root, 1.0)
    engine.backward(nodes[-1], -0.5)
    engine.backward(root, 2.0)  # in scratch that was used before
    return [(bits(node.data), bits(node.grad)) for node in (*nodes, root)]


@native_only
@settings(max_examples=GRAPHS)
@given(programs(10, 60), st.integers(0, 4))
@example(bytes([10, 0, 0, 0] * 9), 0)  # acc + acc * acc
@example(bytes([10, 0, 1, 1] * 9), 0)
@example(bytes([10, 1, 200, 0, 75, 1, 3, 0] * 9), 1)
@example(bytes([230, 0, 0, 3, 245, 0, 0, 1, 95, 0, 1, 0] * 9), 3)
def test_arithmetic_that_is_reached_as_a_whole_has_the_same_bits(program: bytes, trailing: int) -> None:
    assert _arithmetic(native(), program, trailing) == _arithmetic(pure(), program, trailing)
