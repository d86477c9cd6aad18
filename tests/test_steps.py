"""The chain rule by hand, as lectures and microgpt's descendants write it: `_prev`, `_children`, `_local_grads` and
`_backward`."""

from __future__ import annotations

import gc
import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, core
from scalargrad.errors import HandmadeNodeError
from scalargrad.nodes import view
from scalargrad.table import ops

numbers = st.floats(-4, 4) | st.sampled_from([0.0, -0.0, 1.0, -1.0, math.inf, math.nan])


def same(found: float, wanted: float) -> bool:
    return found == wanted or (math.isnan(found) and math.isnan(wanted))


def sorted_nodes(root: Value, children: Callable[[Value], Any]) -> list[Value]:
    """micrograd's topological order, without its recursion."""
    order: list[Value] = []
    visited: set[Value] = set()
    stack = [(root, False)]
    while stack:
        v, done = stack.pop()
        if done:
            order.append(v)
        elif v not in visited:
            visited.add(v)
            stack += [(v, True), *((child, False) for child in children(v))]
    return order


def by_steps(root: Value) -> None:
    """micrograd's `backward`."""
    root.grad = 1.0
    for v in reversed(sorted_nodes(root, lambda v: v._prev)):
        v._backward()


def by_local_grads(root: Value) -> None:
    """microgpt's `backward`."""
    root.grad = 1.0
    for v in reversed(sorted_nodes(root, lambda v: v._children)):
        for child, local_grad in zip(v._children, v._local_grads, strict=True):
            child.grad += local_grad * v.grad


@given(st.data())
@pytest.mark.parametrize("row", ops.PRIMITIVES, ids=lambda row: row.name)
def test_a_step_is_what_backward_does(row: ops.Row, data: st.DataObject) -> None:
    """For each primitive, with operands that are Values, constants, and one Value repeated."""
    drawn = [data.draw(numbers) for _ in row.operands]
    constant = data.draw(st.sets(st.integers(1, len(drawn) - 1))) if len(drawn) > 1 else set()
    seed, repeated = data.draw(st.floats(-2, 2)), data.draw(st.booleans())
    ours, theirs = ([Value(drawn[0])] * len(drawn) if repeated else [*map(Value, drawn)] for _ in range(2))
    y, z = (
        core.apply(ops.OPCODE[row.name], *[drawn[k] if k in constant else v for k, v in enumerate(leaves)])
        for leaves in (ours, theirs)
    )
    y.grad = seed
    y._backward()
    z.backward(seed)
    assert all(same(a.grad, b.grad) for a, b in zip(ours, theirs)) and y.grad == z.grad == seed
    y._backward()
    if not any(math.isnan(v.grad) or math.isinf(v.grad) for v in theirs) and not repeated:
        assert [v.grad for v in ours] == [2 * v.grad for v in theirs]


@pytest.mark.parametrize("f", [sg.sum, sg.mean, sg.prod, sg.norm, sg.max, sg.logsumexp, lambda x: sg.dot(x, x[::-1])])
def test_a_step_of_a_reduction(f: Callable[[Any], Value]) -> None:
    drawn = [1.5, -2.0, 0.25, 3.0, 3.0, -0.5, 4.0, 1.0, 2.0, 5.0, -1.0]
    ours, theirs = [*map(Value, drawn)], [*map(Value, drawn)]
    y = f([*ours, 2.0])
    y.grad = 0.5
    y._backward()
    f([*theirs, 2.0]).backward(0.5)
    for a, b in zip(ours, theirs):  # where an operand occurs twice, the sum of two terms of either sign is rounded
        assert a.grad == pytest.approx(b.grad, rel=4e-16, abs=4e-16 * 5)


def graph(steps: list[tuple[int, int, int]], x: list[Value]) -> Value:
    """Of integers below 2**53 alone: every sum and product is exact, in every order."""
    nodes = list(x)
    for kind, i, j in steps:
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        small = abs(a.data) < 100 and abs(b.data) < 100
        made = [a + b, a - 2, 3 - b, (a * b if small else a - b), (a**3 if small else -a), a.relu(), a * 2.0][kind]
        nodes.append(made if abs(made.data) < 1e6 else a.relu() - a.relu())
    return nodes[-1] + nodes[-2]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=9))
@example([(4, 0, 0), (3, 2, 2), (0, 3, 2), (1, 4, 0)])
def test_the_sweep_by_hand(steps: list[tuple[int, int, int]]) -> None:
    """micrograd's and microgpt's own `backward`, over these graphs, is `backward`, in leaves and results."""
    wanted = [Value(2.0), Value(-3.0)]
    root = graph(steps, wanted)
    root.backward()
    if any(abs(v.grad) > 2.0**40 for v in sorted_nodes(root, lambda v: v._prev)):
        return  # beyond it the sums might be rounded
    inner = [v.grad for v in sorted_nodes(root, lambda v: v._children)]
    for sweep in (by_steps, by_local_grads):
        leaves = [Value(2.0), Value(-3.0)]
        again = graph(steps, leaves)
        sweep(again)
        assert [v.grad for v in leaves] == [v.grad for v in wanted]
        assert sorted(v.grad for v in sorted_nodes(again, lambda v: v._children) if v._op) == sorted(
            g for g, v in zip(inner, sorted_nodes(root, lambda v: v._children), strict=True) if v._op
        )


def test_a_lecture_steps_backwards() -> None:
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    x1w1, x2w2 = x1 * w1, x2 * w2
    both = x1w1 + x2w2
    n = both + 6.8813735870195432
    o = n.tanh()
    o.grad = 1.0
    for v in (o, n, both, x1w1, x2w2, x1):
        v._backward()
    assert [v.grad for v in (n, both, x1w1)] == [pytest.approx(0.5, abs=1e-15)] * 3
    assert [x1.grad, w1.grad, x2.grad, w2.grad] == pytest.approx([-1.5, 1.0, 0.5, 0.0], abs=1e-14)


def test_children() -> None:
    x = Value(3.0)
    y = x * x
    assert y._children == (x, x) and y._local_grads == (3.0, 3.0) and y._prev == {x}
    assert (x._children, x._local_grads, x._prev) == ((), (), set())
    (first, second), twice = (y + 2.0)._children, 2.0 - y
    assert first is (y * 2)._children[0] and second.data == 2.0 and second._children == ()
    assert [v.data for v in twice._children] == [2.0, 9.0] and twice._local_grads == (1.0, -1.0)
    node = Value(7.0, (x, 5.0, x), (1.0, 2.0, 3.0))
    assert [v.data for v in node._children] == [3.0, 5.0, 3.0] and node._local_grads == (1.0, 2.0, 3.0)


def test_an_exponent_that_the_op_names_is_no_child() -> None:
    x = Value(-2.0)
    for power, op in ((x**3, "**3"), (x**-1, "**-1"), (x**2, "**2"), (x**0.5, "**0.5")):
        assert power._op == op and power._prev == {x} and power._children == (x,) and len(power._local_grads) == 1
    both = Value(2.0) ** x
    assert len(both._prev) == len(both._children) == len(both._local_grads) == 2
    assert (x**3).operands == (x, 3.0) and len((x**3).partials) == 2


def test_they_cannot_be_set() -> None:
    for v in (Value(1.0), Value(1.0) * 2):
        for name in ("_children", "_local_grads"):
            with pytest.raises(HandmadeNodeError, match=r"write Value\("):
                setattr(v, name, ())


def test_nodes_that_are_alive_when_python_exits() -> None:
    """Python clears modules before the last nodes go, whose graph is closed then, and forgotten by the traversal."""
    code = "import sys; from scalargrad import Value; y = Value(2.0) * 3; sys.kept = (y, y._children, (y * 2)._prev)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stderr) == (0, "")


def test_a_traversal_leaves_nothing_behind() -> None:
    before = len(view._seen)
    for _ in range(20):
        by_steps((Value(2.0) * 3 + 1.0) ** 3)
    gc.collect()
    assert len(view._seen) == before
