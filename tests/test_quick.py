"""The quick operators and the quick sweep of the pure backend compute what the general ones do, to the bit.

These have all cases, and define what is correct. Here both run side by side, on either backend."""

from __future__ import annotations

import ast
import itertools
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scalargrad.pure import operators, sweep, tape
from scalargrad.pure.quick.operators import apply, text
from scalargrad.table import ops
from tests.support.engines import Engine, bits, pure
from tests.test_backends import NUMBERS, Run, programs


@contextmanager
def with_care() -> Iterator[None]:
    """Inside, every sweep is the careful one."""
    quick, sweep.quick.sweep = sweep.quick.sweep, lambda *_: False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        sweep.quick.sweep = quick  # type: ignore[attr-defined]


def careful(root: Any, seed: float) -> None:
    with with_care():
        sweep.backward(root, seed, False)


def general() -> Engine:
    """The pure backend without what is quick in it."""
    return Engine("general", operators.Node, tape.apply, tape.reduce, careful)


@given(programs(1, 120))
@example(bytes(range(256)) * 5)
def test_random_graphs(program: bytes) -> None:
    assert Run(pure()).execute(program) == Run(general()).execute(program)


# --- one operation --------------------------------------------------------------------------------------------------

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "pow": operator.pow,
    "floordiv": operator.floordiv, "remainder": operator.mod,
}  # fmt: skip
SIMPLE = [row for row in ops.PRIMITIVES if len(row.operands) < 3]
numbers = st.sampled_from(NUMBERS) | st.floats() | st.sampled_from([2, 0, -3, 10**15 + 1])


def seen(z: Any, leaves: list[Any]) -> list[Any]:
    """The result, how it is recorded, and the grads that a sweep with each product rule finds; the seed is infinite at
    last, which makes a nan of a partial that is 0."""
    if isinstance(z, float):
        return [bits(z)]
    found: list[Any] = [tape.opcode(z), tape.key(z)[1]]  # type: ignore[index]
    found += [x if isinstance(x, float) else leaves.index(x) for x in tape.operands(z)]
    found += map(bits, (z.data, *tape.operand_values(z), *(sweep.partials(z) or ())))
    for seed in (-1.5, float("inf")):
        for leaf in leaves:
            leaf.grad = -0.0
        sweep.backward(z, seed, False)
        found += [bits(leaf.grad) for leaf in (*leaves, z)]
    return found


def in_new_graph(f: Callable[[list[Any]], Any], given: list[float], used: bool) -> list[Any]:
    """What `f` of leaves records in a graph that is new, or in one that has entries of them."""
    leaves = [operators.Node(x) for x in given]
    closed = leaves[0] * 1.0
    sweep.backward(closed, 0.0, False)
    kept = [x * 3.0 for x in leaves] if used else []
    return [*seen(f(leaves), leaves), len(kept)]


@pytest.mark.parametrize("row", SIMPLE, ids=lambda row: row.name)
@given(x=numbers, y=numbers, used=st.booleans())
@example(x=0.0, y=0.0, used=False)
@example(x=-0.0, y=2, used=True)
def test_each_row_on_each_kind_of_operands(row: Any, x: Any, y: Any, used: bool) -> None:
    op = ops.OPCODE[row.name]
    of_two = len(row.operands) == 2
    kinds: list[Callable[[Any], tuple[Any, ...]]] = [
        lambda v: (v[0], v[1]), lambda v: (v[0], v[0]), lambda v: (v[0], y), lambda v: (x, v[1]), lambda v: (x, y)
    ]  # fmt: skip
    for kind in kinds if of_two else [lambda v: (v[0],), lambda v: (x,)]:
        wanted = in_new_graph(lambda v, kind=kind: tape.apply(op, *kind(v)), [x, y], used)
        assert in_new_graph(lambda v, kind=kind: apply(op, *kind(v)), [x, y], used) == wanted


@pytest.mark.parametrize("name", OPERATORS)
@given(x=numbers, y=numbers, used=st.booleans())
@example(x=3.0, y=2, used=False)  # x**2 is x*x
@example(x=2, y=-0.0, used=True)
def test_each_operator_on_each_kind_of_operands(name: str, x: Any, y: Any, used: bool) -> None:
    op = ops.OPCODE[name]
    kinds: list[Callable[[Any], tuple[Any, ...]]] = [lambda v: (v[0], v[1]), lambda v: (v[0], v[0]),
                                                     lambda v: (v[0], y), lambda v: (x, v[1])]  # fmt: skip
    for kind in kinds:

        def wanted(v: Any, kind: Any = kind) -> Any:
            a, b = kind(v)
            if op in ops.SHORTCUTS and not isinstance(b, tape.Node) and float(b) == ops.SHORTCUTS[op][0]:
                return tape.apply(ops.SHORTCUTS[op][1], a)
            return tape.apply(op, a, b)

        found = in_new_graph(lambda v, kind=kind: OPERATORS[name](*kind(v)), [x, y], used)
        assert found == in_new_graph(wanted, [x, y], used)


@pytest.mark.parametrize("row", SIMPLE, ids=lambda row: row.name)
def test_the_text_of_a_row_is_python_that_reads_its_operands_once(row: Any) -> None:
    """A Value may be set by another thread at any time; what is computed and what is recorded must be of one number."""
    names = [row.name] if len(row.operands) == 1 else [row.name, f"__r{row.name}__"]
    for name in names:
        (function,) = ast.parse(text(row, name, name != row.name)[0]).body
        assert isinstance(function, ast.FunctionDef)
        for part in [function.body, *[node.body for node in function.body if isinstance(node, ast.If)]]:
            reads = [ast.unparse(node.value) for node in part if isinstance(node, ast.Assign)
                     and isinstance(node.value, ast.Attribute) and node.value.attr == "_number"]  # fmt: skip
            assert len(reads) == len(set(reads))


# --- a graph that is reached in part --------------------------------------------------------------------------------

SIZES = [1, 31, 33, 70, 4000, 4200]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("every", [1, 2, 3, 100])
def test_a_graph_that_is_reached_in_part(size: int, every: int) -> None:
    """Of every few nodes, one is reached, from the end or from a later graph; the others keep their adjoints."""

    def program(engine: Engine, behind: int) -> list[Any]:
        add, mul = ops.OPCODE["add"], ops.OPCODE["mul"]
        x, w = engine.leaf(0.3), engine.leaf(-1.1)
        total, nodes = engine.apply(mul, x, w), []
        for k in range(size):
            nodes.append(engine.apply(mul, x, w) if k % every else engine.apply(add, total, x))
            total = total if k % every else nodes[-1]
        for node in nodes[::7]:
            node.grad = 7.0
        root = nodes[-1 - behind % size]
        if behind == 1:
            engine.backward(total, 0.0)
            root = engine.apply(add, engine.apply(mul, root, nodes[size // 2]), x)
            x.data = 5.0
            root = engine.apply(mul, root, x)
        for seed in (0.3, 0.7):
            engine.backward(root, seed)
        return [bits(v) for node in (x, w, total, *nodes, root) for v in (node.data, node.grad)]

    for behind in (0, 1, size // 3):
        assert program(pure(), behind) == program(general(), behind)


def test_a_small_part_of_a_large_graph_takes_little_work() -> None:
    """The careful sweep visits the nodes that it reaches, and no quick one goes over the others."""
    x = operators.Node(0.5)
    early = x * 2.0
    trunk = x
    for _ in range(20_000):
        trunk = trunk * 1.0
    late = early * 0.5
    visited = []
    visit, sweep._Sweep.visit = sweep._Sweep.visit, lambda *a: visited.append(a[2]) or visit(*a)  # type: ignore
    quick, sweep.quick.sweep = sweep.quick.sweep, lambda *a: pytest.fail("a quick sweep")  # type: ignore
    try:
        sweep.backward(late, 1.0, False)
    finally:
        sweep._Sweep.visit, sweep.quick.sweep = visit, quick  # type: ignore
    assert x.grad == 1.0 and len(visited) == 3


@pytest.mark.parametrize("order", [*itertools.permutations(["leaf", "link", "masked"])])
def test_a_nan_on_its_way_shows(order: tuple[str, ...]) -> None:
    """0 times infinity, behind a leaf, a link, or a node whose own partial is 0: the careful sweep finds a 0."""

    def program(engine: Engine) -> list[Any]:
        x, w = engine.leaf(0.0), engine.leaf(2.0)
        y = engine.apply(ops.OPCODE["log"], x)  # partial inf
        for way in order:
            if way == "link":
                engine.backward(y, 0.0)
            other = w if way == "leaf" else 0.0
            y = engine.apply(ops.OPCODE["mul"], y, other) if way != "masked" else engine.apply(
                ops.OPCODE["where"], 0.0, y, w)  # fmt: skip
        x.grad = w.grad = 0.0
        engine.backward(y, 1.0)
        return [bits(v) for v in (x.grad, w.grad, y.data, y.grad)]

    assert program(pure()) == program(general())
