"""Drawings: what is in them, that boxes do not overlap, and how they come into files and notebooks."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ElementTree
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.errors import ArgumentError
from scalargrad.look import folding, steps
from scalargrad.look.drawing import MOST
from scalargrad.look.pictures import scene
from scalargrad.look.pictures.layout import laid_out
from scalargrad.look.pictures.svg import svg
from scalargrad.testing import strategies
from tests.support.profiles import native_only

SVG = "{http://www.w3.org/2000/svg}"


def lecture() -> tuple[dict[str, Value], Value]:
    """The neuron of micrograd's lecture."""
    named = {"x1": Value(2.0), "x2": Value(0.0), "w1": Value(-3.0), "w2": Value(1.0), "b": Value(6.8813735870195432)}
    for name, value in named.items():
        value.label = name
    n = named["x1"] * named["w1"] + named["x2"] * named["w2"] + named["b"]
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    o.backward()
    return named, o


def texts(drawing: Any) -> list[str]:
    root = ElementTree.fromstring(drawing._repr_svg_())
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_the_lecture_s_neuron() -> None:
    _, o = lecture()
    shown = texts(sg.draw(o))
    for label in ("x1", "x2", "w1", "w2", "b", "n", "o"):
        assert shown.count(label) == 1
    assert shown.count("*") == shown.count("+") == 2 and shown.count("tanh") == 1
    assert "grad -1.5" in shown and "data 0.88137" in shown and shown.count("grad 0.5") == 6
    assert sg.draw(o, "text")._repr_svg_() == str(sg.draw(o)) == sg.draw_dot(o, format="svg", rankdir="LR")._repr_svg_()


def test_operands_in_order_repeated_and_constant() -> None:
    x = Value(3.0)
    y = 2 - x * x
    root = ElementTree.fromstring(str(sg.draw(y)))
    assert len([e for e in root.iter(f"{SVG}path") if e.get("marker-end")]) == 4
    assert str(sg.draw(y, "text")).splitlines() == [
        "v2 = 2 - v1: data -7, grad 0", "├─ 1 ─ 2", "└─ -1 ─ v1 = x1 * x1: data 9, grad 0",
        "        ├─ 3 ─ x1: data 3, grad 0", "        └─ 3 ─ x1, as above",
    ]  # fmt: skip


def test_a_leaf_and_a_leaf_of_several_graphs() -> None:
    x = Value(3.0)
    assert texts(sg.draw(x)) == ["x1", "data 3", "grad 0"]
    y = x * 2
    y.backward()  # closes its graph
    z = y * x
    assert texts(sg.draw(z)).count("x1") == 1
    x.data = 5.0
    z = z * x  # another number of the same leaf
    assert texts(sg.draw(z)).count("data 3") == texts(sg.draw(z)).count("data 5") == 1


def test_joint_operations_and_reductions_have_their_operands() -> None:
    a, b = Matrix([[2.0, 1.0], [0.5, 3.0]]), Vector([1.0, 2.0])
    x = sg.linalg.solve(a, b)
    shown = steps.steps_of(steps.record_of(x[1]))[0]
    solved = [step for step in shown if step.op == "solve"]
    assert solved and all(len(step.operands) == 6 for step in solved)
    assert solved[-1].partials == x[1].partials
    total = sg.logsumexp([Value(1.0), Value(2.0)])
    assert str(sg.draw(total, "text")).startswith("v1 = logsumexp(x1, x2): data 2.3133")


@given(strategies.expressions())
def test_numbers_and_derivatives_are_the_engine_s(e: Any) -> None:
    values = [Value(x) for x in e.inputs]
    y = e(*values)
    if not isinstance(y, Value):
        return
    y.backward()
    found, last = steps.steps_of(steps.record_of(y))
    assert repr(found[last].data) == repr(y.data)
    adjoints = [0.0] * len(found)
    adjoints[last] = 1.0
    for k in reversed(range(len(found))):
        for operand, partial in zip(found[k].operands, found[k].partials):
            assert operand < k
            adjoints[operand] += 0.0 if adjoints[k] == 0.0 or partial == 0.0 else adjoints[k] * partial
    for step, adjoint in zip(found, adjoints):
        assert step.is_constant or step.grad == pytest.approx(adjoint, rel=1e-9, abs=1e-12)
    shown = texts(sg.draw(y, max_nodes=1000))
    assert len([text for text in shown if text.startswith("data ")]) == len([s for s in found if not s.is_constant])
    str(sg.draw(y, "dot")), str(sg.draw(y, "text"))


Frame = tuple[float, float, float, float]  # the upper left corner and the size


def apart(one: Frame, other: Frame) -> bool:
    """Whether two rectangles have no point in common."""
    (x, y, width, height), (u, v, wide, high) = one, other
    return x + width <= u + 1e-6 or u + wide <= x + 1e-6 or y + height <= v + 1e-6 or v + high <= y + 1e-6


def points_of(edge: scene.Edge) -> list[tuple[float, float]]:
    """Points along the curve of an edge."""
    found = []
    for k in range(0, len(edge.curve) - 1, 3):
        a, b, c, d = edge.curve[k : k + 4]
        for t in (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0):
            s = 1 - t
            found.append(tuple(s**3 * p + 3 * s * s * t * q + 3 * s * t * t * r + t**3 * u
                               for p, q, r, u in zip(a, b, c, d)))  # fmt: skip
    return found  # type: ignore[return-value]


@given(st.data(), st.integers(1, 25), st.booleans())
def test_nothing_overlaps(data: Any, n: int, downwards: bool) -> None:
    """No two boxes and numbers on edges; and no edge lies over a box, or over the number of another edge."""
    boxes = []
    for k in range(n):
        operands = data.draw(st.lists(st.integers(0, k - 1), max_size=6)) if k else []
        text = data.draw(st.sampled_from(["x", "a long line of text", "y" * 40]))
        op = data.draw(st.sampled_from(["+", "logsumexp"])) if operands else ""
        slopes = [data.draw(st.sampled_from(["1", "-0.00012345", "-1.2346e-10"])) for _ in operands]
        boxes.append(scene.Box([text] * data.draw(st.integers(1, 4)), op, operands, slopes, "box"))
    shown = scene.arranged(boxes, downwards)
    frames = [(each.x, each.y, each.width, each.height) for each in shown.placed]
    grounds = [edge.ground for edge in shown.edges]
    assert len(grounds) == sum(len(box.operands) for box in boxes)
    for one, other in combinations([*frames, *grounds], 2):
        assert apart(one, other)
    for x, y, width, height in [*frames, *grounds]:
        assert x >= 0 and y >= 0 and x + width <= shown.width and y + height <= shown.height
    for k, edge in enumerate(shown.edges):
        assert edge.curve[-1] == pytest.approx(shown.placed[edge.box].entrance)
        others = [*frames, *grounds[:k], *grounds[k + 1 :]]
        for x, y in points_of(edge):
            assert all(apart((x, y, 0.0, 0.0), other) for other in others)
    for k, box in enumerate(boxes):
        for operand in box.operands:
            assert (frames[operand][1] < frames[k][1]) if downwards else (frames[operand][0] < frames[k][0])
    ElementTree.fromstring(svg(shown.noted("a note"), "<title> & more"))


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_an_edge_is_one_piece_where_it_runs_straight(rankdir: str) -> None:
    """So a long edge is no longer in a file than it has turns, however many columns it passes."""
    y = x = Value(0.9)
    for _ in range(60):
        y = y * x
    shown = sg.draw(y, max_nodes=100, rankdir=rankdir)._scene()
    longest = max(shown.edges, key=lambda edge: abs(edge.curve[0][rankdir == "TB"] - edge.curve[-1][rankdir == "TB"]))
    assert longest.box == 60 and all(len(edge.curve) <= 1 + 3 * 7 for edge in shown.edges)


def test_nothing_crosses_in_a_tree() -> None:
    operands: list[list[int]] = [[], [], [0, 1], [], [], [3, 4], [5, 2]]
    layout = laid_out(operands, [1.0] * 7, [1.0] * 7)
    assert layout.columns == [0, 0, 2, 0, 0, 2, 4]
    assert sorted([3, 4, 0, 1], key=layout.across.__getitem__) == [3, 4, 0, 1]


def test_a_large_graph_is_folded_and_says_so() -> None:
    x, y = Value(0.5), Value(2.0)
    z = x
    for _ in range(MOST):
        z = sg.sin(z) * y
    drawing = sg.draw(z)
    assert drawing.note == "folded: 122 nodes of depth up to 120; on the edges, how many operands"
    assert drawing.note in texts(drawing) and drawing.note in drawing.source and drawing.note in str(sg.draw(z, "text"))
    assert "2 leaves" in texts(drawing) and sum("nodes" in text for text in texts(drawing)) == 13
    assert len(texts(sg.draw(z, max_nodes=200))) > 3 * 122 - 1


@given(st.integers(1, 300), st.integers(1, 12))
def test_bands_are_all_depths_in_order(deepest: int, most: int) -> None:
    bands = min(most, deepest)
    found = [folding.limits(band, bands, deepest) for band in range(bands + 1)]
    assert [depth for first, last in found for depth in range(first, last + 1)] == [*range(deepest + 1)]
    for band, (first, last) in enumerate(found):
        assert {folding.band_of(depth, bands, deepest) for depth in (first, last)} == {band}
    assert texts(sg.draw(Value(1.0), max_nodes=0))[0] == "1 leaf"
    assert texts(sg.draw(-Value(1.0), max_nodes=0))[:2] == ["1 leaf", "1 node"]


@native_only
@pytest.mark.once
def test_a_million_nodes() -> None:
    y = x = Value(0.5)
    for _ in range(500_000):
        y = sg.sin(y) * x
    begun = time.perf_counter()
    drawing = sg.draw(y)
    assert time.perf_counter() - begun < 30  # 1 s on a quiet machine
    assert drawing.note.startswith("folded: 1,000,001 nodes of depth up to 1,000,000;")


def test_the_readme_s_picture() -> None:
    """To make it anew: write what this test expects."""
    x, y = Value(2.0), Value(0.5)
    z = sg.log(1 + sg.exp(-x * y)) + x**2 / y
    x.label, y.label, z.label = "x", "y", "z"
    z.backward()
    assert (Path(__file__).parent.parent / "docs" / "z.svg").read_text(encoding="utf-8") == str(sg.draw(z))


def test_files(tmp_path: Path) -> None:
    _, o = lecture()
    drawing = sg.draw(o)
    for ending, start in ((".svg", "<svg "), (".dot", "digraph"), (".gv", "digraph"), (".txt", "o = tanh(n)")):
        path = drawing.save(tmp_path / f"o{ending}")
        assert Path(path).read_text(encoding="utf-8").startswith(start)
    with pytest.raises(ArgumentError, match=r"saved as \.svg, \.png, \.dot or \.txt, got .*o\.jpg"):
        drawing.save(tmp_path / "o.jpg")


def test_labels_keep_their_characters() -> None:
    x = Value(1.0)
    x.label = 'a<b>"c"&{d|e}\\n'
    y = x * 2
    assert x.label in texts(sg.draw(y)) and x.label in str(sg.draw(y, "text"))
    assert r'label="a\<b\>\"c\"&\{d\|e\}\\n | data 1 | grad 0"' in sg.draw(y).source


def test_wrong_arguments() -> None:
    y = Value(1.0) * 2
    with pytest.raises(ArgumentError, match="draw takes a Value, got float"):
        sg.draw(2.0)
    with pytest.raises(ArgumentError, match="got Vector: pass one of its elements, or a sum"):
        sg.draw(Vector([1.0]))
    with pytest.raises(ArgumentError, match="format 'svg', 'png', 'dot', 'text', got 'jpg'"):
        sg.draw(y, "jpg")
    with pytest.raises(ArgumentError, match='rankdir "LR" or "TB", got \'RL\''):
        sg.draw(y, rankdir="RL")


def test_notebooks_show_values_and_arrays() -> None:
    _, o = lecture()
    assert o._repr_mimebundle_()["text/html"] == str(sg.draw(o))
    table = Matrix([[float(k) for k in range(30)]] * 50)._repr_html_()
    assert "Matrix, 50 by 30" in table and table.count("<tr>") == 21 and table.count("…") == 33
    assert Vector([1.0, 2.5])._repr_html_().count("<td>") == 2
    assert re.findall("<td>(.)</td>", (Vector([1.0, 2.0]) > 1)._repr_html_()) == ["0", "1"]
    assert "Vector, 0" in Vector([])._repr_html_()
