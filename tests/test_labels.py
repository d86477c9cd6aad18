"""Labels belong to nodes, other attributes to leaves; neither makes a handle larger."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, Vector, core
from scalargrad.errors import ArgumentError, ReadOnlyError, RecordError
from scalargrad.nodes.copies import rebuilt
from scalargrad.record import Record, pack, unpack
from scalargrad.testing.strategies import expressions

NATIVE = sg.backend() == "native"


def test_a_handle_is_no_larger() -> None:
    """Beside Python's own header: weak references, attributes or an index, number, graph or grad, and the entry."""
    x = Value(1.0)
    sizes = {sys.getsizeof(v) for v in (x, x * 2, Value(1.0, (x,), (1.0,)), Value(2.0, label="a"))}
    assert sizes == {64} if NATIVE else sizes == {sys.getsizeof(object()) + 6 * 8 + 16}
    before = sys.getsizeof(x)
    x.label, x.m = "x", 1.0  # type: ignore[attr-defined]
    assert sys.getsizeof(x) == before and gc.is_tracked(x) != NATIVE


def every(root: Value) -> list[Value]:
    """The nodes of a graph, operands first; a node that is used twice appears twice."""
    found = [root]
    for node in found:
        found += [x for x in node.operands if isinstance(x, Value)]
    return found[::-1]


@given(expressions(max_nodes=6), st.lists(st.text(max_size=3), min_size=1, max_size=8))
def test_copies_and_pickles_have_the_labels(expression: Any, texts: list[str]) -> None:
    root = expression(*map(Value, expression.inputs)) * 1.0
    nodes = every(root)[:2000]
    for k, node in enumerate(nodes):
        node.label = texts[k % len(texts)]
    wanted = [v.label for v in every(root)]
    assert wanted[-1] == root.label == nodes[-1].label
    for again in (copy.deepcopy(root), pickle.loads(pickle.dumps(root)), *copy.deepcopy([root])):
        assert [v.label for v in every(again)] == wanted
        again.label = "only the copy's"
        assert root.label == wanted[-1]


def test_a_label_belongs_to_the_node() -> None:
    x = Value(2.0, label="x")
    y = x * 3
    y.label = "y"
    for z in (y + 1, y * y):
        assert {v.label for v in z._prev} >= {"y"} and z.operands[0].label == "y" and z.label == ""  # type: ignore[union-attr]
    y.backward()  # closes the graph: then it is a link
    assert (y + 1).operands[0].label == "y" and y.operands[0].label == "x"  # type: ignore[union-attr]
    (y + 1).operands[0].label = "other"  # type: ignore[union-attr]
    assert y.label == "other" and copy.copy(y) is y
    y.label = x.label = ""
    assert y.label == x.label == "" and (y * 1).label == ""
    a, b = Vector([1.0, 2.0]), Vector([x, 4.0])
    total = a * b
    total[1].label, b[0].label = "second", "first"
    assert [v.label for v in total] == ["", "second"] and x.label == "first"
    assert [v.label for v in copy.deepcopy(total)] == ["", "second"]
    assert [v.label for v in pickle.loads(pickle.dumps(total))] == ["", "second"]
    assert Value(1.0, (x,), (1.0,), "by hand").label == Value(1.0, (), "", "by hand").label == "by hand"
    with sg.no_grad():
        assert Value(1.0, (x,), (1.0,), label="quiet").label == "quiet"
    assert y.detach().label == ""


@pytest.mark.parametrize("wrong", [None, 1, b"x", ["x"], 1.5, Value(1.0)])
def test_a_label_is_a_str(wrong: Any) -> None:
    x = Value(1.0, label="x")
    y = x * 2
    for v in (x, y):
        before = v.label
        with pytest.raises(ArgumentError, match=f"a label is a str, got {type(wrong).__name__}"):
            v.label = wrong
        with pytest.raises(AttributeError):
            del v.label
        assert v.label == before
    with pytest.raises(ArgumentError, match="a label is a str"):
        Value(1.0, label=wrong)
    with pytest.raises(ArgumentError, match="a label is a str"):
        Value(1.0, (x,), (1.0,), wrong)


def test_labels_are_freed() -> None:
    class Text(str):
        __slots__ = ("__weakref__",)

    x = Value(1.0)
    y = x * 2
    texts = [Text("a"), Text("b"), Text("c")]
    seen = [weakref.ref(text) for text in texts]
    x.label, y.label, y.label = texts
    del texts
    assert [ref() for ref in seen] == ["a", None, "c"]
    twin = copy.deepcopy(y)
    del y
    assert seen[2]() == twin.label == "c"
    del twin
    assert seen[2]() is None and seen[0]() == "a"
    del x
    assert seen[0]() is None


def test_records_have_labels() -> None:
    x = Value(2.0)
    y = x * 3.0
    y.label = "y"
    record = Record(*core.flatten(y + x))
    position = record.ops.index(core.opcode(y))
    assert record.labels == {position: "y"} and not Record(*core.flatten(x * 1.0)).labels
    assert unpack(*pack(record)) == record and len(pack(record)) == len(pack(Record(*core.flatten(x * 1.0)))) + 1
    (again,) = rebuilt(record)
    assert again.operands[0].label == "y"  # type: ignore[union-attr]
    leaf = record.ops.index(0)
    for wrong in ({99: "a"}, {-1: "a"}, {leaf: "a"}, {position: 1}, {"0": "a"}, {2**70: "a"}, [(position, "a")], "y"):
        with pytest.raises(RecordError, match="labels"):
            rebuilt(record._replace(labels=wrong))  # type: ignore[arg-type]


# --- attributes of leaves ---------------------------------------------------------------------------------------------


def test_a_leaf_has_attributes() -> None:
    p = Value(1.0)
    assert not hasattr(p, "m")
    p.m, p.v = 0.25, [1.0]  # type: ignore[attr-defined]
    p.m = 0.9 * p.m + 0.1  # type: ignore[attr-defined]
    p.label = "p"
    assert p.m == 0.9 * 0.25 + 0.1 and vars(p) == {"m": p.m, "v": [1.0], "label": "p"}  # type: ignore[attr-defined]
    y = p * 2
    y.backward()
    p.data -= 0.1 * p.grad
    assert y.operands[0].m == p.m and p.data == 0.8  # type: ignore[union-attr, attr-defined]
    del p.m  # type: ignore[attr-defined]
    for call in (lambda: p.m, lambda: delattr(p, "m"), lambda: delattr(p, "grads")):  # type: ignore[attr-defined]
        with pytest.raises(
            AttributeError, match=r"'Value' object has no attribute|^(m|grads)$"
        ):  # Python 3.10: the name
            call()
    assert getattr(p, "m", 5) == 5 and p.label == "p"


@pytest.mark.parametrize("name", ["m", "grads", "name", "_private", "Data"])
def test_an_interior_node_has_none(name: str) -> None:
    x = Value(1.0)
    for y in (x * 2, Value(1.0, (x,), (1.0,)), sg.sum([x, x]), Vector([x, x]).sum()):
        for call in (lambda y=y: setattr(y, name, 1), lambda y=y: delattr(y, name)):
            with pytest.raises(ReadOnlyError, match=r"v\.label") as caught:
                call()
            assert isinstance(caught.value, AttributeError) and repr(name) in str(caught.value)
        assert not hasattr(y, name) and not hasattr(y, "__dict__")
        with pytest.raises(ReadOnlyError, match="interior node"):
            y.data = 1.0


class Parameter(Value):
    """A subclass sets attributes of its own before or after its number."""

    def __init__(self, data: Any, name: str, *parts: Any, first: bool = False) -> None:
        if first:
            self.name = name
        super().__init__(data, *parts)
        if not first:
            self.name = name


def test_subclasses() -> None:
    for first in (False, True):
        p = Parameter(1.0, "w", first=first)
        p.label = "text"
        for twin in (copy.copy(p), copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
            assert type(twin) is Parameter and twin is not p
            assert (twin.data, twin.name, twin.label) == (1.0, "w", "text")
        with pytest.raises(ReadOnlyError, match=r"'name'.*v\.label"):
            Parameter(1.0, "w", (p,), (1.0,), first=first)


def test_copies_of_leaves() -> None:
    """`copy.copy` is a new leaf; what its attributes hold is shared, as `copy.copy` shares elsewhere."""
    x = Value(3.0, label="x")
    x.m, x.grad = [1.0], 5.0  # type: ignore[attr-defined]
    y = x * 2
    shallow, deep = copy.copy(x), copy.deepcopy(x)
    for twin in (shallow, deep, pickle.loads(pickle.dumps(x))):
        assert twin is not x and type(twin) is Value and (twin.data, twin.grad, twin.label) == (3.0, 5.0, "x")
        assert twin.m == [1.0] and twin.operands == ()  # type: ignore[attr-defined]
        twin.data, twin.grad, twin.label = 4.0, 6.0, "twin"
        assert (x.data, x.grad, x.label) == (3.0, 5.0, "x") and y.operands[0] is x
    assert shallow.m is x.m and deep.m is not x.m  # type: ignore[attr-defined]
    best = [copy.copy(p) for p in [x]]
    x.data = 0.0
    assert best[0].data == 3.0


def test_the_lectures_notebook() -> None:
    """As in micrograd's lecture, with labels on leaves and results."""
    a = Value(2.0, label="a")
    b = Value(-3.0, label="b")
    c = Value(10.0, label="c")
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    f = Value(-2.0, label="f")
    L = d * f
    L.label = "L"
    L.backward()
    nodes, edges = set(), set()

    def build(v: Value) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(L)
    assert {n.label: (n.data, n.grad, n._op) for n in nodes} == {
        "a": (2.0, 6.0, ""), "b": (-3.0, -4.0, ""), "c": (10.0, -2.0, ""), "d": (4.0, -2.0, "+"),
        "e": (-6.0, -2.0, "*"), "f": (-2.0, 4.0, ""), "L": (-8.0, 1.0, "*"),
    }  # fmt: skip
    assert {(x.label, y.label) for x, y in edges} == {*zip("abecdf", "eeddLL")}


def test_a_subclass_in_a_cycle_is_collected() -> None:
    p = Parameter(1.0, "w")
    p.owner = {"p": p}  # type: ignore[attr-defined]
    alone = weakref.ref(p)
    del p
    gc.collect()
    assert alone() is None


def test_attributes_of_many_leaves_are_freed_in_turn() -> None:
    """A chain of leaves through attributes: no recursion that could overflow."""
    first = last = Value(0.0)
    for _ in range(100_000):
        last.next = Value(0.0)  # type: ignore[attr-defined]
        last = last.next  # type: ignore[attr-defined]
    seen = weakref.ref(last)
    del last, first
    assert seen() is None
