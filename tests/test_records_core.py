"""Pieces of graphs and their derivatives in the C core: the bits of the definitions in Python, and memory."""

from __future__ import annotations

import subprocess
import sys
from array import array
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, core
from scalargrad.errors import HigherOrderError, RecordError
from scalargrad.pure import pieces
from scalargrad.record import CONST, Record, results, validate
from scalargrad.records import curvature
from scalargrad.records.adjoint import adjoint
from scalargrad.records.tangent import tangent
from scalargrad.table import ops
from tests.support.engines import bits, native, pure
from tests.support.pieces import (
    PLANTED,
    REDUCTIONS,
    ROWS,
    Drawn,
    directions,
    draw,
    interiors,
    is_value,
    number_of,
    numbers,
    same_record,
    seeds,
)
from tests.support.profiles import native_only

ALL = [*range(PLANTED)]
CODE = ops.OPCODE


def piece(f: Callable[..., Any], *given: float) -> tuple[Record, list[Any]]:
    """The record of f at some numbers, and its leaves."""
    since = core.moment()
    block = core.doubles(array("d", given).tobytes(), 1)
    leaves = [core.item(block, k) for k in range(len(given))]
    return core.extract([f(*leaves)], [block], since), leaves


def values_of(record: Record) -> list[float]:
    values = array("d", record.values)
    return [values[x] if isinstance(x, int) else x for x in results(record)]


# --- the same bits on both backends ----------------------------------------------------------------------------------


def both(seed: int, first: int | None = None) -> tuple[Drawn, Drawn]:
    n, p = draw(native(), seed, first), draw(pure(), seed, first)
    assert same_record(n.record, p.record)
    validate(n.record, piece=True)
    return n, p


def compare_derivatives(seed: int, first: int | None = None) -> None:
    n, p = both(seed, first)
    rows, ways = seeds(seed, len(n.roots), 2), directions(seed, 2)
    of_n, of_p = core.adjoint(n.record, ALL, rows), adjoint(p.record, ALL, rows)
    assert same_record(of_n, of_p)
    validate(of_n, piece=True)
    assert same_record(core.tangent(n.record, ways), tangent(p.record, ways))
    if len(of_n.ops) < 500:
        assert same_record(core.tangent(of_n, ways), tangent(of_p, ways))
        again = seeds(seed, len(of_n.roots) // 8, 1)
        assert same_record(core.adjoint(of_n, [2, 0], again), adjoint(of_p, [2, 0], again))
    flat = [way.get(k, 0.0) for way in ways for k in ALL]
    found = core.hvps(n.record, ALL, rows[0], flat)
    assert numbers(found.tobytes()) == numbers(curvature.hvps(p.record, ALL, rows[0], flat).tobytes())
    whole = values_of(core.tangent(core.adjoint(n.record, ALL, rows[:1]), ways))
    assert all(x == y for x, y in zip(found, whole) if x - y == x - y)  # but for the signs of zeros


@native_only
@pytest.mark.parametrize("op", [*ROWS, *REDUCTIONS])
def test_every_row_has_the_same_derivatives_on_both_backends(op: int) -> None:
    for seed in range(12):
        compare_derivatives(1000 * op + seed, op)


@native_only
@pytest.mark.slow
def test_random_pieces_have_the_same_derivatives_on_both_backends() -> None:
    for seed in range(3000):
        compare_derivatives(seed)


@native_only
@pytest.mark.parametrize("seed", range(120))
def test_replays_are_the_same_on_both_backends(seed: int) -> None:
    n, p = both(seed)
    rows = seeds(seed, len(n.roots), 1)
    for a, b in ((n.record, p.record), (core.adjoint(n.record, ALL, rows), adjoint(p.record, ALL, rows))):
        given = [x if (k + seed) % 3 else x.data for k, x in enumerate(a.leaves)]
        others = [x if (k + seed) % 3 else x.data for k, x in enumerate(b.leaves)]
        found, wanted = core.replay(a, given), pieces.replay(b, others)
        assert [*map(is_value, found)] == [*map(is_value, wanted)]
        assert [bits(number_of(x)) for x in found] == [bits(number_of(x)) for x in wanted]
        assert not any(map(is_value, core.replay(a, [x.data for x in a.leaves])))
        for x, y in zip(interiors(found), interiors(wanted)):
            for leaf in filter(is_value, [*given, *others]):
                if not interiors([leaf]):
                    leaf.grad = 0.0
            native().backward(x, 1.0)
            pure().backward(y, 1.0)
            grads = [[bits(z.grad) for z in side if is_value(z)] for side in (given, others)]
            assert grads[0] == grads[1]


@native_only
@pytest.mark.parametrize("seed", range(200))
def test_the_first_order_has_the_bits_of_the_sweep(seed: int) -> None:
    drawn = draw(native(), seed, extreme=0.1)
    root = drawn.roots[-1]
    if not interiors([root]):
        return
    found = core.adjoint(drawn.record, ALL, [[0.0] * (len(drawn.roots) - 1) + [1.0]])
    swept, _ = core.gradients(root, 1.0, False, drawn.blocks, drawn.since)
    assert [bits(0.0 + x) for x in values_of(found)] == numbers(swept)


# --- what a piece holds ----------------------------------------------------------------------------------------------


def test_a_piece_by_hand() -> None:
    """Leaves planted and beside, a constant, results that do not depend on the leaves."""
    w, v = Value(3.0), Value(5.0) * 1.0
    since = core.moment()
    block = core.doubles(array("d", [2.0, 7.0]).tobytes(), 1)
    x = core.item(block, 0)
    y = (x * w + v) * 4.0
    record = core.extract([y, w * 2.0, x, 1.5], [block], since)
    kinds = ["leaf", "leaf", "mul", "leaf", "add", "mul", "leaf"]
    assert [ops.NAMES[op] for op in record.ops] == kinds
    assert array("Q", record.codes).tolist() == [0, 2, 0, 1, 3, 2, 3, 4, CONST, 0]
    assert array("d", record.values).tolist() == [2.0, 3.0, 6.0, 5.0, 11.0, 44.0, 2.0]
    assert results(record) == [5, 6.0, 6, 1.5]
    assert record.leaves[0] is x and record.leaves[2] is w
    assert core.key(record.leaves[3]) == core.key(v) and len(record.leaves) == 4
    assert record.labels is None and record.grads == b""


def test_extracting_and_replaying_close_no_graph() -> None:
    x = Value(2.0)
    y = x * x
    since = core.moment()
    record = core.extract([y], [core.block([x])], 0)
    core.replay(record, [Value(2.0)])
    z = y * x
    assert core.moment() - since <= 1  # the pure backend counts the calls
    assert core.key(z)[0] == core.key(y)[0]  # type: ignore[index]


def test_what_was_recorded_before_the_moment_is_a_leaf() -> None:
    x = Value(2.0)
    y = x * x
    y.backward()
    since = core.moment()
    block = core.block([z := Value(3.0)])
    record = core.extract([y * z], [block], since)
    assert [ops.NAMES[op] for op in record.ops] == ["leaf", "leaf", "mul"]
    assert core.key(record.leaves[1]) == core.key(y)


def test_a_leaf_that_was_set_keeps_the_number_that_was_captured() -> None:
    w = Value(3.0)

    def f(x: Value) -> Any:
        y = x * w
        w.data = 100.0
        return y * w

    record, _ = piece(f, 2.0)
    slope = core.adjoint(record, [0], [[1.0]])
    x = Value(2.0)
    (found,) = core.replay(slope, [x, *slope.leaves[1:]])
    assert found.data == 300.0
    found.backward()
    assert w.grad == 103.0  # the derivative by each of the two factors
    (itself,) = core.replay(core.adjoint(piece(lambda x: x * w, 2.0)[0], [0], [[1.0]]), [x, w])
    assert itself is w


def test_an_operation_in_bulk_is_its_elements() -> None:
    def f(*x: Value) -> Any:
        v = sg.Vector(list(x))
        return (sg.exp(v * 0.5) @ v + v[0]).sum() if isinstance(v, sg.Matrix) else (sg.exp(v * 0.5) @ v) * v[0]

    def g(*x: Value) -> Any:
        e = [sg.exp(z * 0.5) for z in x]
        return core.reduce(CODE["dot"], [z for pair in zip(e, x) for z in pair]) * x[0]

    (of_f, _), (of_g, _) = piece(f, 0.5, -1.5, 2.0), piece(g, 0.5, -1.5, 2.0)
    assert values_of(of_f) == values_of(of_g) and sorted(of_f.ops) == sorted(of_g.ops)
    found, wanted = (values_of(core.adjoint(record, [0, 1, 2], [[1.0]])) for record in (of_f, of_g))
    assert found == wanted


def test_a_seed_is_a_number_or_a_leaf() -> None:
    record, _ = piece(lambda x, y: x * x * y, 3.0, 5.0)
    by_number = core.adjoint(record, [0, 1], [[5.0]])
    by_leaf = core.adjoint(record, [0, 1], [[1]])
    assert values_of(by_leaf) == values_of(by_number) == [150.0, 45.0]
    assert values_of(core.adjoint(by_leaf, [1], [[1.0, 0.0]])) == [60.0]  # 2xy * y by y, the seed's y too
    assert values_of(core.tangent(record, [{0: 1, 1: 2.0}])) == [30.0 * 5.0 + 18.0]
    with pytest.raises(RecordError, match="leaf 7"):
        core.adjoint(record, [0], [[7]])
    with pytest.raises(RecordError, match="leaf 7"):
        core.tangent(record, [{0: 7}])


def test_constant_partials_are_refused_where_they_are_needed() -> None:
    record, _ = piece(lambda x, y: Value(2.0, (x,), (3.0,)) * y, 1.0, 4.0)
    for refused in (lambda: core.adjoint(record, [0], [[1.0]]), lambda: core.tangent(record, [{0: 1.0}]),
                    lambda: core.hvps(record, [0], [1.0], [1.0])):  # fmt: skip
        with pytest.raises(HigherOrderError, match="custom_vjp"):
            refused()
    assert values_of(core.adjoint(record, [1], [[1.0]])) == [2.0]


def test_a_ruled_node_differentiates_by_its_partials_only_at_second_order() -> None:
    def f(x: Value) -> Any:
        return core.reduce(CODE["ruled"], [9.0, x, x * 2.0])  # the square of x, by its rule

    record, _ = piece(f, 3.0)
    slope = core.adjoint(record, [0], [[1.0]])
    assert values_of(slope) == [6.0] and values_of(core.adjoint(slope, [0], [[1.0]])) == [2.0]
    x = Value(3.0)
    y = x * 2.0
    core.reduce(CODE["ruled"], [9.0, x, y]).backward()
    assert (x.grad, y.grad) == (6.0, 0.0)


@pytest.mark.parametrize("name", ["det", "slogdet", "solve", "cholesky"])
def test_joint_operations_are_left_to_the_definition(name: str) -> None:
    def f(*x: Value) -> Any:
        a = sg.Matrix([[x[0] + 4.0, x[1]], [x[1], x[2] + 4.0]])
        if name == "det":
            return sg.linalg.det(a)
        if name == "slogdet":
            return sg.linalg.slogdet(a)[1]
        return (sg.linalg.solve(a, sg.Vector([x[0], 1.0])) if name == "solve" else sg.linalg.cholesky(a)).sum()

    record, _ = piece(f, 0.5, 0.25, -0.5)
    slope = core.adjoint(record, [0, 1, 2], [[1.0]])
    ways = [{0: 1.0, 1: 0.5}, {2: 1.0}]
    second = values_of(core.tangent(slope, ways))
    assert core.hvps(record, [0, 1, 2], [1.0], [1.0, 0.5, 0.0, 0.0, 0.0, 1.0]).tolist() == pytest.approx(second)
    given = [Value(0.5), Value(0.25), Value(-0.5)]
    found = core.replay(slope, [*given, *slope.leaves[3:]])
    (found[0] + found[1] * 0.5).backward()
    assert [x.grad for x in given] == pytest.approx(second[:3], abs=1e-14)


# --- replays ---------------------------------------------------------------------------------------------------------


def test_replays_under_no_grad_are_leaves() -> None:
    record, _ = piece(lambda x: (x * x).exp(), 0.5)
    with sg.no_grad():
        found, again = core.replay(record._replace(roots=2 * record.roots), [Value(0.5)])
    assert found is again and core.key(found) is None and found.data == values_of(record)[0]


def test_only_what_the_roots_need_is_recorded() -> None:
    record, _ = piece(lambda x, y: x * x + y * y, 2.0, 3.0)
    kept = record._replace(roots=array("Q", [1]).tobytes())  # x * x
    (found,) = core.replay(kept, [Value(2.0), Value(3.0)])
    history = core.flatten(found)
    assert [ops.NAMES[op] for op in history[0]] == ["leaf", "mul"]


def test_a_replay_rolls_over() -> None:
    def f(x: Value) -> Any:
        y = x
        for _ in range(70_000):
            y = y * 0.5 + x
        return y

    record, _ = piece(f, 0.25)
    x = Value(0.25)
    (found,) = core.replay(record, [x])
    (again,) = core.replay(record, [x])
    found.backward()
    assert x.grad == pytest.approx(2.0) and found.data == again.data
    before = x.grad
    again.backward()
    assert x.grad == 2.0 * before


def test_too_few_inputs_are_refused() -> None:
    record, _ = piece(lambda x, y: x * y, 2.0, 3.0)
    with pytest.raises(RecordError, match="inputs"):
        core.replay(record, [2.0])


# --- memory and size ------------------------------------------------------------------------------------------------


@native_only
def test_every_allocation_that_fails_leaves_all_as_it_was() -> None:
    from scalargrad._core import lib

    drawn = draw(native(), 11, extreme=0.0)
    rows = seeds(11, len(drawn.roots), 2)
    record, ways = drawn.record, directions(11, 2)
    calls: list[Callable[[], Any]] = [
        lambda: core.extract(drawn.roots, drawn.blocks, drawn.since),
        lambda: core.adjoint(record, ALL, rows),
        lambda: core.tangent(record, ways),
        lambda: core.hvps(record, ALL, rows[0], [1.0] * PLANTED),
        lambda: core.replay(record, record.leaves),
        lambda: core.replay(core.adjoint(record, ALL, rows), record.leaves),
    ]
    for call in calls:
        wanted, alive, count = repr(call()), lib.sg_graphs_alive(), 0
        while True:
            lib.sg_fail_after(count)
            try:
                found = repr(call())
                break
            except MemoryError:
                count += 1
            finally:
                lib.sg_fail_after(-1)
        assert found == wanted and count > 3 and lib.sg_graphs_alive() <= alive + 1


_LARGE = """
import resource, sys
from array import array
from scalargrad import core
since = core.moment()
block = core.doubles(array("d", [0.5]).tobytes(), 1)
x = y = core.item(block, 0)
for _ in range(250_000):
    y = ((y * x + 0.25) * 0.5 - x)
record = core.extract([y], [block], since)
assert len(record.ops) >= 1_000_000
sys.setrecursionlimit(60)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
slope = core.adjoint(record, [0], [[1.0]])
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
del record, slope, y
print((after - before) / 1024)
"""


@native_only
@pytest.mark.once
def test_a_million_nodes_take_no_recursion_and_400_megabytes() -> None:
    out = subprocess.run([sys.executable, "-c", _LARGE], capture_output=True, text=True, check=True)
    assert float(out.stdout) < 400.0
