"""Nodes by hand: value, operands and partials are what `Value(data, children, local_grads)` says, everywhere."""

from __future__ import annotations

import contextlib
import copy
import itertools
import math
import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, core
from scalargrad.errors import (
    AnomalyError,
    GradientMismatchError,
    HandmadeNodeError,
    KeywordError,
    NumberError,
    RangeError,
    ReadOnlyError,
    ScalargradError,
    ShapeError,
)
from scalargrad.pure import making
from scalargrad.testing.strategies import expressions
from tests.support.engines import bits, native, pure

anything = st.floats(allow_nan=True, allow_infinity=True)
pairs = st.lists(st.tuples(st.one_of(st.integers(0, 3), anything), anything), min_size=1, max_size=20)


@given(anything, pairs, st.sampled_from([tuple, list, iter]))
def test_it_is_what_it_says(data: float, parts: list[tuple[Any, float]], made: Callable[..., Any]) -> None:
    """An int is the index of a leaf, a float a constant child."""
    leaves = [Value(float(k)) for k in range(4)]
    children = [leaves[x] if type(x) is int else x for x, _ in parts]
    grads = [g for _, g in parts]
    node = Value(data, made(children), made(grads))
    assert bits(node.data) == bits(data) and type(node) is Value
    if not any(type(x) is int for x, _ in parts):
        assert core.key(node) is None and node.operands == node.partials == ()
        return
    for operand, child in zip(node.operands, children):
        assert operand is child if isinstance(child, Value) else bits(operand) == bits(child)  # type: ignore[arg-type]
    assert list(map(bits, node.partials)) == list(map(bits, grads)) and len(node.operands) == len(children)
    node.backward()
    for k, leaf in enumerate(leaves):
        used = [g for x, g in parts if type(x) is int and x == k]
        total = used[0] if used else 0.0
        for g in used[1:]:
            total += g
        assert bits(leaf.grad) == bits(0.0 + total)


def by_hand(root: Any) -> Any:
    """The same graph, with each node made by hand of what the node says about itself."""
    made: dict[Any, Any] = {}
    pending = [root]
    while pending:
        node = pending[-1]
        inner = [x for x in node.operands if isinstance(x, Value) and core.key(x) and core.key(x) not in made]
        if inner:
            pending += inner
            continue
        pending.pop()
        if core.key(node) not in made:
            children = [made.get(core.key(x), x) if isinstance(x, Value) else x for x in node.operands]
            made[core.key(node)] = Value(node.data, children, node.partials)
    return made[core.key(root)]


@given(expressions(max_nodes=12))
def test_every_operation_can_be_made_by_hand(expression: Any) -> None:
    """`operands` and `partials` are those of the sweep."""
    leaves = [Value(x) for x in expression.inputs]
    root = expression(*leaves)
    if core.key(root) is None:
        return
    root.backward()
    wanted = [leaf.grad for leaf in leaves]
    again = by_hand(root)
    for leaf in leaves:
        leaf.zero_grad()
    again.backward()
    assert [leaf.grad for leaf in leaves] == pytest.approx(wanted, rel=1e-12, abs=1e-12)


@given(anything, anything, st.lists(anything, min_size=1, max_size=4))
def test_both_backends_give_the_same_bits(data: float, seed: float, grads: list[float]) -> None:
    found = []
    for engine in (pure(), native()) if core.backend() == "native" else (pure(), pure()):
        leaf = engine.leaf(2.0)
        if engine.name == "native":
            node = Value(data, (leaf,) * len(grads), tuple(grads))
        else:
            node = making.record_by_hand(engine.leaf.__new__(engine.leaf), data, (leaf,) * len(grads), tuple(grads))
        mixed = node * leaf
        engine.backward(mixed, seed)
        found.append([bits(x) for x in (mixed.data, node.grad, leaf.grad)])
    assert found[0] == found[1]


def test_partials_are_of_the_captured_numbers() -> None:
    x = Value(3.0)
    y, large = x * x * 2.0, sg.logsumexp([x, 1.0, x])
    before = y.partials, y.operands[0].partials, large.partials  # type: ignore[union-attr]
    x.data = 100.0
    assert (y.partials, y.operands[0].partials, large.partials) == before  # type: ignore[union-attr]
    assert before[0] == (2.0, 9.0) and before[1] == (3.0, 3.0) and len(large.operands) == len(large.partials) == 3
    assert x.operands == x.partials == () and sg.sum([x, 1.0, x]).partials == (1.0, 1.0, 1.0)
    assert (x**2).operands == (x,) and (x / 4.0).operands == (x, 4.0) and (x / 4.0).partials == (0.25, -6.25)


def test_histories_keep_it() -> None:
    x = Value(0.5)
    node = Value(-0.0, (x, 4.0, x), (math.inf, 2.0, -1.0))
    root = node * 0.0 + 1.0
    for again in (copy.deepcopy(root), pickle.loads(pickle.dumps(root))):
        (twin,) = (v for v in again.operands[0].operands if isinstance(v, Value))
        assert bits(twin.data) == bits(-0.0) and twin.partials == (math.inf, 2.0, -1.0) and twin.operands[1] == 4.0
        again.backward()
        assert twin.operands[0].grad == 0.0 and x.grad == 0.0  # zero times inf is 0.0 in the chain rule


class Named(Value):
    __slots__ = ()


def test_a_node_of_a_subclass() -> None:
    class Own(Value):
        def __init__(self, data: Any, children: Any = (), local_grads: Any = ()) -> None:
            super().__init__(data, children, local_grads)

        def __add__(self, other: Any) -> Any:
            return Own(self.data + other.data, (self, other), (1, 1))

    x, y = Own(1.0), Own(2.0)
    z = x + y + x
    assert type(z) is Own and type(z.operands[0]) is Value and isinstance(z, Value)
    z.backward()
    assert (z.data, x.grad, y.grad, z.grad) == (4.0, 2.0, 1.0, 1.0)
    assert type(Named(1.0, (x,), (1.0,))) is Named and Named(1.0, (x,), (1.0,))._op == "custom"


def test_under_no_grad_and_of_constants_it_is_a_leaf() -> None:
    x = Value(1.0)
    with sg.no_grad():
        quiet = Value(3.0, (x,), (1.0,))
    for leaf in (quiet, Value(3.0, (2.0,), (1.0,)), Value(3.0, (), ()), Value(3.0, [], ""), Value(3, _children=())):  # type: ignore[call-arg]
        assert core.key(leaf) is None and leaf.data == 3.0 and leaf._prev == set()
        leaf.data = 4.0


def test_in_transforms() -> None:
    def cube(x: Any) -> Any:
        return Value(x.data**3, (x,), (3 * x.data**2,))

    assert sg.grad(cube)(2.0) == 12.0 and sg.jvp(cube, (2.0,), (0.5,)) == (8.0, 6.0)
    assert sg.jacobian(lambda x: [cube(v) for v in x])([1.0, 2.0]) == [[3.0, 0.0], [0.0, 12.0]]
    with pytest.raises(sg.errors.HigherOrderError):
        sg.grad(sg.grad(cube))(2.0)


def test_the_witnesses_see_through_it() -> None:
    """A constant by its number, with a partial: a replay would confirm neither a right nor a wrong one."""
    sg.testing.check_grad(lambda x: Value(x.data**3, (x,), (3 * x.data**2,)), 2.0)
    with pytest.raises(GradientMismatchError):
        sg.testing.check_grad(lambda x: Value(x.data**3, (x,), (3 * x.data,)), 2.0)
    with pytest.raises(GradientMismatchError):
        sg.testing.check_grad(lambda x: Value(6.0, (x,), (2.0,)), 2.0)


def test_detect_anomaly_names_it() -> None:
    x = Value(1.0)
    wanted = r"custom\(inf, 1.0, 2.0\) made inf, at .*test_handmade.py:"
    for strict, outside in itertools.product((False, True), (sg.no_grad, contextlib.nullcontext)):
        with pytest.raises(AnomalyError, match=wanted), sg.detect_anomaly(strict=strict), outside():
            held = Value(math.inf, (x,), (2.0,))
            assert held.data == math.inf and not strict and outside is not sg.no_grad
    with pytest.raises(AnomalyError, match=wanted), sg.detect_anomaly():
        (Value(math.inf, (x,), (2.0,)) * 0.5).backward()
    with sg.detect_anomaly():
        sg.where(x > 0, x, Value(math.inf, (x,), (2.0,))).backward()
        assert x.grad == 1.0
        node = Value(1.0, (x,), (math.inf,))
        with pytest.raises(AnomalyError, match="backward rule of custom"):
            node.backward()
    assert x.grad == 1.0


def test_flat_memory() -> None:
    """A node by hand holds its graph, and the graph no handle."""
    if sg.backend() == "native":
        before = core.lib.sg_graphs_alive()
        for _ in range(100):
            x = Value(1.0)
            y = Value(2.0, (x,), (1.0,))
            y.backward()
            del x, y
        assert core.lib.sg_graphs_alive() <= before


X, Y = Value(3.0), Value(2.0)
REWRITE = r"write Value\({}, \({}\), \({}\)\).*custom_vjp.*defvjp"
REFUSED: list[tuple[Callable[[], Any], type[ScalargradError], str]] = [
    (lambda: Value(6.0, (X, Y), "*"), HandmadeNodeError, "by hand.*'\\*'.*" + REWRITE.format("6.0", "a, b", "da, db")),
    (lambda: Value(6.0, (X,), "tanh", "t"), HandmadeNodeError, REWRITE.format("6.0", "a,", "da,")),
    (lambda: Value(6.0, {X, Y}, "*"), HandmadeNodeError, "by hand|must be a tuple or a list, got set"),
    (lambda: Value(6.0, (), "+"), HandmadeNodeError, "by hand"),
    (lambda: Value(6.0, (X,), ""), HandmadeNodeError, "by hand"),
    (lambda: Value(6.0, _children=(X,), _op="+"), HandmadeNodeError, "by hand"),  # type: ignore[call-arg]
    (lambda: Value(6.0, (X, Y)), ShapeError, "by hand.*2 children and 0 local gradients.*" + REWRITE.format(
        "data", "a, b", "da, db")),
    (lambda: Value(6.0, (X,), (1.0, 2.0)), ShapeError, "1 children and 2 local"),
    (lambda: Value(6.0, (), (1.0,)), ShapeError, "0 children and 1 local"),
    (lambda: Value(6.0, (X, Y), (1.0, Y)), NumberError, r"local gradient 1 is a Value.*v\.data"),
    (lambda: Value(6.0, (X,), ("1",)), NumberError, "str '1'"),
    (lambda: Value(6.0, (X,), (None,)), NumberError, "NoneType"),
    (lambda: Value(6.0, (X, "y"), (1, 1)), NumberError, "str 'y'"),
    (lambda: Value(6.0, (X, [Y]), (1, 1)), NumberError, "list"),
    (lambda: Value(6.0, (X, 1j), (1, 1)), NumberError, "complex"),
    (lambda: Value(X, (X,), (1,)), NumberError, "got a Value"),
    (lambda: Value("6", (X,), (1,)), NumberError, "str '6'"),
    (lambda: Value(None, (X,), (1,)), NumberError, r"Value\(None\)"),
    (lambda: Value(6.0, X, 1.0), HandmadeNodeError, r"children must be a tuple or a list, got Value: write \(x,\)"),
    (lambda: Value(6.0, (X,), 1.0), HandmadeNodeError, r"local_grads must be a tuple or a list, got float"),
    (lambda: Value(6.0, {X: 1.0}, (1.0,)), HandmadeNodeError, "got dict"),
    (lambda: Value(6.0, (X,), {1.0}), HandmadeNodeError, "got set"),
    (lambda: Value(6.0, (X,), (10**400,)), RangeError, "too large"),
    (lambda: Value(1.0, requires_grad=True), KeywordError, "every Value takes a gradient: leave it out"),  # type: ignore[call-arg]
    (lambda: Value(1.0, (), (), "", 5), HandmadeNodeError, "5 arguments"),  # type: ignore[call-arg]
    (lambda: Value(1.0, (), (), children=()), HandmadeNodeError, "'children'"),  # type: ignore[misc]
    (lambda: Value(), NumberError, r"Value\(\).*NoneType.*write Value\(0\.0\)"),  # type: ignore[call-arg]
]  # fmt: skip


@pytest.mark.parametrize(("make", "error", "message"), REFUSED)
def test_what_is_refused(make: Callable[[], Any], error: type[ScalargradError], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
    y = X * Y
    y.backward(0.0)
    assert (X.data, X.grad, Y.data, y.partials) == (3.0, 0.0, 2.0, (2.0, 3.0))


def test_odd_numbers_are_read() -> None:
    node = Value(Fraction(1, 2), (X, True, Fraction(1, 4)), [True, 2, Fraction(1, 8)])
    assert node.data == 0.5 and node.operands == (X, 1.0, 0.25) and node.partials == (1.0, 2.0, 0.125)
    assert all(type(x) is float for x in (node.data, *node.operands[1:], *node.partials))
    assert Value(data=1.0, children=[X], local_grads=[2.0]).partials == (2.0,)


def test_only_a_new_value_becomes_a_node() -> None:
    """A graph may hold a leaf; a leaf that held a graph would be a cycle, and a sweep would add to the wrong thing."""
    used, fresh = Value(1.0), Value.__new__(Value)
    y = used * 2.0
    for call in (
        lambda: used.__init__(5.0, (X,), (1.0,)),  # type: ignore[misc]
        lambda: y.__init__(5.0, (X,), (1.0,)),  # type: ignore[misc]
        lambda: fresh.__init__(5.0, (fresh,), (1.0,)),  # type: ignore[misc]
        lambda: fresh.__init__(5.0, [1.0] * 20 + [fresh], [1.0] * 21),  # type: ignore[misc]
    ):
        with pytest.raises(ReadOnlyError):
            call()
    assert (used.data, y.data, fresh.data) == (1.0, 2.0, 0.0)
    fresh.__init__(5.0, (X,), (1.0,))  # type: ignore[misc]
    with pytest.raises(ReadOnlyError):
        fresh.__init__(5.0)  # type: ignore[misc]
    entered = Value.__new__(Value)
    z = entered * 1.0
    with pytest.raises(ReadOnlyError):
        entered.__init__(5.0, (z,), (1.0,))  # type: ignore[misc]


def test_setting_backward_shows_the_node() -> None:
    x, y = Value(3.0), Value(2.0)
    product = x * y
    with pytest.raises(HandmadeNodeError) as caught:
        product._backward = lambda: None
    assert "This node is Value(6.0, (a, b), (2.0, 3.0))" in str(caught.value) and "custom_vjp" in str(caught.value)
    assert Value(6.0, (x, y), (2.0, 3.0)).partials == product.partials
    for node in (x, sg.sum([x] * 9)):
        with pytest.raises(HandmadeNodeError, match=r"Value\(data, \(a, b.*custom_vjp"):
            node._backward = None  # type: ignore[assignment]
