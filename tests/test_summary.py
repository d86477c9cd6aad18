"""Summaries of graphs: every figure is what a walk over the nodes, one by one, finds."""

from __future__ import annotations

import math
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core, nn
from scalargrad.errors import ArgumentError
from scalargrad.look.folding import depths_of
from scalargrad.look.steps import record_of
from scalargrad.look.summaries.figures import BANDS, EXTREMES, LAYERS, SATURATED, Layer
from scalargrad.look.summaries.graphs import GraphSummary
from scalargrad.table import ops
from scalargrad.testing import strategies
from tests.support.profiles import native_only

UNITS = ("ReLU", "tanh", "sigmoid", "leaky_relu", "elu", "silu", "softplus")
MANY = ["tanh", "sigmoid", "relu", "softplus", "elu", "silu", "leaky_relu", "add", "mul", "div", "pow", "sum", "dot"]
GRAPHS = strategies.expressions(MANY, max_nodes=20) | strategies.expressions()
SCALES = st.sampled_from([1.0, 30.0, 1e-300, 1e300, math.inf, math.nan])


def walked(y: Value) -> list[Any]:
    """The nodes, each once, operands first. Leaves and results are known by what the engine knows them by."""
    found: dict[Any, Any] = {}
    pending: list[tuple[Any, bool]] = [(y, False)]
    while pending:
        v, is_done = pending.pop()
        key = core.key(v) or id(v)
        if is_done:
            found[key] = v
        elif key not in found:
            pending += [(v, True), *((x, False) for x in v.operands if isinstance(x, Value))]
    return list(found.values())


def longest(nodes: list[Any], counts: Any) -> dict[Any, int]:
    """By node, how many on the longest way to it count."""
    found: dict[Any, int] = {}
    for v in nodes:
        below = [found[core.key(x) or id(x)] for x in v.operands if isinstance(x, Value)]
        found[core.key(v) or id(v)] = max(below, default=0) + bool(v._op and counts(v))
    return found


def name_of(v: Any) -> str:
    """`_op` without the exponent of a power."""
    return "**" if v._op.startswith("**") and core.opcode(v) == ops.OPCODE["pow"] else v._op  # type: ignore[no-any-return]


def typical(nodes: list[Any]) -> float:
    finite = [v.grad for v in nodes if math.isfinite(v.grad)]
    if not finite:
        return math.nan
    most = max(map(abs, finite)) or 1.0
    return most * math.sqrt(math.fsum((x / most) ** 2 for x in finite) / len(finite))


def same(x: float, y: float) -> bool:
    return x == pytest.approx(y, rel=1e-12, abs=0.0, nan_ok=True)


@given(GRAPHS, SCALES, st.booleans())
def test_every_figure_is_that_of_a_walk(e: Any, scale: float, swept: bool) -> None:
    y: Any = e(*[Value(x * scale) for x in e.inputs])
    if not isinstance(y, Value):
        return
    if swept:
        y.backward()
    nodes = walked(y)
    grads = [v.grad for v in nodes]
    s = sg.summary(y)
    assert set(nodes) >= {x for v in nodes for x in v._prev if x._op}  # `_prev` knows no other
    assert s.nodes == len(nodes) and s.leaves == sum(not v._op for v in nodes)
    assert s.operations == Counter(name_of(v) for v in nodes if v._op)
    assert list(s.operations.values()) == sorted(s.operations.values(), reverse=True)
    assert s.depth == max(longest(nodes, lambda v: True).values())
    assert s.nans == sum(math.isnan(v.data) for v in nodes) and s.infs == sum(math.isinf(v.data) for v in nodes)
    assert bool(s.origin) == (y._op != "" and not math.isfinite(y.data))
    units = [v for v in nodes if v._op in UNITS]
    assert sum(s.units.values()) == len(units)
    assert s.dead == sum(v.partials[0] == 0.0 == v.data for v in units if v._op == "ReLU")
    assert s.saturated == sum(abs(v.partials[0]) < SATURATED for v in units if v._op != "ReLU")
    assert s.has_adjoints == swept
    if swept:
        sizes = sorted(abs(x) for x in grads if x and math.isfinite(x))
        assert [abs(x.adjoint) for x in s.smallest] == sizes[:EXTREMES]
        assert [abs(x.adjoint) for x in s.largest] == sizes[::-1][:EXTREMES]
        assert s.zeros == grads.count(0.0) and s.nan_adjoints == sum(map(math.isnan, grads))
        assert s.inf_adjoints == sum(map(math.isinf, grads))
        told = {repr((name_of(v) or "leaf", v.data, v.grad)) for v in nodes}
        assert all(repr((x.name, x.data, x.adjoint)) in told for x in (*s.largest, *s.smallest))
    check_layers(s, nodes)
    check_texts(s)


def check_layers(s: GraphSummary, nodes: list[Any]) -> None:
    """The layers, or the bands of depths, by hand."""
    levels = longest(nodes, lambda v: v._op in UNITS)
    units = {k: [v for v in nodes if v._op in UNITS and levels[core.key(v)] == k] for k in range(1, LAYERS + 1)}
    deepest = max(levels.values())
    if deepest < 2:
        depths = longest(nodes, lambda v: True)
        deepest = max(depths.values())
        if deepest > BANDS:
            return
        units = {k: [v for v in nodes if depths[core.key(v) or id(v)] == k] for k in range(1, deepest + 1)}
    assert len(s.layers) == deepest
    for k, layer in enumerate(s.layers, 1):
        assert layer.nodes == len(units[k]) and layer.name.endswith(f" {k}")
        assert same(layer.adjoint, typical(units[k]) if s.has_adjoints else math.nan)
        assert layer.dead == sum(v._op == "ReLU" and v.partials[0] == 0.0 == v.data for v in units[k])
    assert sum(layer.dead for layer in s.layers) == s.dead or not s.depth
    assert sum(layer.saturated for layer in s.layers) == s.saturated


def check_texts(s: Any) -> None:
    """At most 80 columns, and well-formed HTML."""
    assert all(len(line) <= 80 for line in str(s).splitlines()) and repr(s) == str(s)
    ElementTree.fromstring(f"<div>{s._repr_html_()}</div>")


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_layers_are_those_of_a_network(activation: str) -> None:
    """The same of a list of numbers and of a batch."""
    model = nn.MLP(3, [5, 4, 2], activation=activation)
    rows = [[0.5, -20.0, 3.0], [1.0, 2.0, -1.0], [0.1, 0.2, 0.3]]
    batch = model(rows)
    (batch * batch).sum().backward()
    s = sg.summary((batch * batch).sum())
    assert not s.has_adjoints and s.largest == []  # it has not reached this sum
    y = (batch * batch).sum()
    y.backward()
    s = sg.summary(y)
    assert [(layer.name, layer.nodes) for layer in s.layers] == [("layer 1", 15), ("layer 2", 12)]
    outputs = [model(row) for row in rows]
    z: Value = sg.sum([x * x for output in outputs for x in output])
    z.backward()
    t = sg.summary(z)
    assert (t.dead, t.saturated, t.units) == (s.dead, s.saturated, s.units) and (s.dead > 0) == (activation == "relu")
    for one, other in zip(s.layers, t.layers):
        assert one[:4] == other[:4] and same(one.adjoint, other.adjoint)
    check_layers(s, walked(y))


def test_adjoints_that_vanish_and_explode() -> None:
    def chain(step: Any, n: int) -> GraphSummary:
        y: Any = Value(0.5)
        for _ in range(n):
            y = step(y)
        y.backward()
        return sg.summary(y)

    s = chain(lambda y: sg.tanh(y * 0.3), 10)
    assert s.trend == "vanishing" and s.ratio == pytest.approx(0.3**9, rel=0.2) and len(s.layers) == 10
    assert str(s).endswith(" in layer 1: vanishing")
    assert chain(lambda y: sg.relu(y * 7.0), 10).ratio == pytest.approx(7.0**9, rel=1e-12)
    assert chain(lambda y: sg.relu(y * 7.0), 10).trend == "exploding"
    s = chain(lambda y: y * 1.1, 800)
    assert s.trend == "exploding" and [layer.nodes for layer in s.layers] == [100] * BANDS
    assert s.layers[1].name == "depth 101 to 200"
    s = chain(lambda y: sg.tanh(y), 10)
    assert s.trend == "" and 0.05 < s.ratio < 1.0
    s = chain(lambda y: sg.tanh(y * 0.5), 1000)
    assert len(s.layers) == BANDS and s.layers[-1].name == "layer 876 to 1,000" and s.trend == "vanishing"
    assert s.smallest[0].adjoint > 0.0 and s.zeros == 0
    s = chain(lambda y: sg.tanh(y * 0.01), 200)  # the first adjoints underflow
    assert s.zeros > 50 and 0.0 < s.smallest[0].adjoint < 2.3e-308 and s.trend == "vanishing" and s.ratio == 0.0
    y = sg.tanh(sg.relu(Value(-1.0)))
    y.backward()
    assert sg.summary(y).layers == [Layer("layer 1", 1, 1, 0, 1.0), Layer("layer 2", 1, 0, 0, 1.0)]


def test_adjoints_of_any_size() -> None:
    x = Value(1.0)
    y = sg.sum([x * 1.7e308, x * 1e308, x * 5e-324])
    y.backward()
    s = sg.summary(y)
    assert (s.infs, s.inf_adjoints, s.nans, s.largest[0].adjoint) == (1, 1, 0, 1.0)
    y = sg.sum([(x * 1.0) * 1.7e308, -(x * 1.0) * 1.7e308, (x * 1.0) * 1.7e308]) * 1.0
    y.backward()
    assert sg.summary(y).layers[0].adjoint == pytest.approx(1.7e308)  # no overflow on the way
    y = Value(1.0) * 5e-324
    y.backward()
    assert sg.summary(y).smallest[0].adjoint == 5e-324


def test_leaves_and_results_without_a_graph() -> None:
    x = Value(3.0, label="x")
    s = sg.summary(x)
    assert (s.nodes, s.leaves, s.operations, s.depth, s.layers, s.has_adjoints) == (1, 1, {}, 0, [], False)
    x.backward(0.0)
    assert sg.summary(x) == s and s.name == "x" and str(s).startswith("summary of x\n")
    assert str(s).endswith("adjoints    none told: that of this Value is 0; call backward() first")
    x.backward()
    assert sg.summary(x).largest == [("x", 0, 3.0, 1.0)] and math.isnan(sg.summary(x).ratio)
    with sg.no_grad():
        y = sg.log(x * 0.0)
        s = sg.summary(y)
    assert (s.nodes, s.infs, s.origin) == (1, 1, "")
    z = x * 2.0
    z.backward()
    with sg.no_grad():
        assert sg.summary(z).nodes == 2 and sg.summary(z).has_adjoints
    with sg.detect_anomaly(strict=True):
        assert sg.summary(z) == sg.summary(z)
    for each in (s, sg.summary(x), sg.summary(Value(math.nan))):
        check_texts(each)


def test_what_is_wrong_is_told() -> None:
    x = Value(math.nan, label="<x>")
    y = sg.tanh(x * 2.0) + sg.relu(x)
    y.label = "a & b, " * 30
    y.backward()
    s = sg.summary(y)
    assert s.nans == s.nodes == 5 and (s.dead, s.saturated) == (0, 0)
    assert s.origin == "mul(nan, 2.0) made nan, from the nan of the leaf '<x>'" and s.origin in str(s).replace(
        "\n" + " " * 14, " "
    )
    assert "&lt;x&gt;" in s._repr_html_()
    check_texts(s)


def test_graphs_of_several_pieces() -> None:
    """A leaf that was set in between counts once; a link is no node; further results belong to their operation."""
    x = Value(2.0, label="x")
    y = x * 3.0
    y.backward()
    x.data = 5.0
    z = y * x + y
    z.backward()
    s = sg.summary(z)
    assert (s.nodes, s.leaves, s.operations, s.depth) == (4, 1, {"*": 2, "+": 1}, 3)
    assert s.largest[0] == ("x", 0, 2.0, x.grad) and x.grad == 3.0 + 6.0 + 18.0
    a = Matrix([[2.0, 1.0], [1.0, 3.0]])
    result = sg.linalg.slogdet(a)
    s = sg.summary(result[0] * result[1])
    assert s.operations == {"slogdet": 2, "*": 1} and s.depth == 2 and s.nodes == 7
    before = [v.grad for v in (x, y, z)]
    sg.summary(z)
    assert [v.grad for v in (x, y, z)] == before and y._op == "*"


@given(st.integers(0, 3), st.integers(1, 12), st.integers(1, 12), st.booleans())
def test_depths_of_products(rows: int, inner: int, columns: int, constant: bool) -> None:
    """The rows and columns of a matrix are read once for all elements of a product."""
    left = Matrix([[0.1 * k + r for k in range(inner)] for r in range(rows + 1)])
    deep = [[sg.sin(sg.cos(x)) if k % 2 else x for k, x in enumerate(row.elements())] for row in left]
    right = Matrix([[Value(1.0) * 2.0 if k == c else 1.0 for c in range(columns)] for k in range(inner)])
    data = left.data if constant else deep
    y = (nn.Linear(columns, 20)((Matrix(data) if not constant else sg.constant(data)) @ right)).sum() + left.sum()
    record = record_of(y)
    nodes = walked(y)
    assert max(depths_of(record)) == max(longest(nodes, lambda v: True).values())
    assert Counter(depths_of(record)) == Counter(longest(nodes, lambda v: True).values())


@native_only
def test_memory_is_about_what_the_core_counts() -> None:
    """It counts, too, what is reserved for more nodes: as much again, or more."""
    model, mlp, x = nn.Sequential(nn.Linear(20, 50), nn.ReLU(), nn.Linear(50, 30)), nn.MLP(3, [16, 1]), Value(0.5)
    batch = [[0.01 * (i - j) for i in range(20)] for j in range(100)]
    makes: list[Any] = [
        lambda: reduce(lambda y, _: y * x + 1.5, range(20_000), x), lambda: model(batch).sum(),
        lambda: sg.sum([Value(1.0) for _ in range(5000)]), lambda: sg.sum([mlp([1.0, 2.0, 3.0]) for _ in range(20)]),
    ]  # fmt: skip
    for make in makes:
        y = make()
        y.backward()
        graph, _ = core._node.seal(y)
        assert 0.4 < sg.summary(y).memory / core.lib.sg_graph_bytes(graph) < 1.0


@native_only
def test_a_million_nodes() -> None:
    y = x = Value(0.5)
    for _ in range(500_000):
        y = sg.tanh(y) * x
    y.backward()
    begun = time.perf_counter()
    s = sg.summary(y)
    assert time.perf_counter() - begun < 30  # 2 s on a quiet machine
    assert (s.nodes, s.depth, s.units) == (1_000_001, 1_000_000, {"tanh": 500_000}) and str(s).count("\n") < 30


def test_what_it_takes() -> None:
    elements = "Vector: pass one of its elements, or a sum of them$"
    for wrong, hint in ((2.0, "float$"), (Vector([1.0]), elements), (None, "NoneType$"), (Value, "type$")):
        with pytest.raises(ArgumentError, match=f"summary takes a Value or a Module, got {hint}"):
            sg.summary(wrong)  # type: ignore[call-overload]
