"""The page of `explain`: its numbers are the engine's, it needs nothing else, and no label can do harm."""

from __future__ import annotations

import html
import json
import math
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given

import scalargrad as sg
from scalargrad import Matrix, Value
from scalargrad.errors import ArgumentError
from scalargrad.look import paths
from scalargrad.look.explaining import swept
from scalargrad.look.steps import Step
from scalargrad.testing import strategies

TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "noscript", "p", "main", "section", "div", "ol",
        "button", "span", "figure", "svg", "defs", "marker", "path", "rect", "g", "ellipse", "text", "li", "footer",
        "kbd", "script"}  # fmt: skip


class Parsed(HTMLParser):
    """The elements of a page, with their attributes; and the texts of some."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.texts: list[str] = []
        self.inside = ""  # the element that began or ended last
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        (self.scripts if self.inside == "script" else self.texts).append(data)


def page_of(y: Value, x: Any = None, **options: Any) -> tuple[Parsed, dict[str, Any]]:
    """A page, and the data in it."""
    parsed = Parsed(str(sg.explain(y, x, "html", **options)))
    return parsed, json.loads(parsed.scripts[0])


def check(data: dict[str, Any], steps: list[Step], last: int) -> None:
    """Each number is the engine's, and the contributions to each grad add up to it, one by one."""
    assert len(data["nodes"]) == len(steps)
    for node, step in zip(data["nodes"], steps):
        assert node["data"] == repr(step.data) and node["operands"] == [*step.operands]
    forward = [frame for frame in data["frames"] if frame["phase"] == "forward"]
    assert [frame["node"] for frame in forward] == [k for k, step in enumerate(steps) if not step.is_constant]
    assert all(frame["data"] == repr(steps[frame["node"]].data) for frame in forward)
    backward = data["frames"][len(forward) :]
    assert backward[0]["node"] == last and backward[0]["grad"] == "1.0"
    sums = {last: 1.0}
    for frame in backward[1:]:
        (edge,) = frame["edges"]
        user, n = map(int, edge.split("-"))
        assert steps[user].operands[n] == frame["node"] and frame["from"] == user
        partial, adjoint = steps[user].partials[n], steps[user].grad
        gain = 0.0 if 0.0 in (partial, adjoint) and math.isnan(adjoint * partial) else adjoint * partial
        assert frame["gain"] == repr(gain)
        sums[frame["node"]] = sums[frame["node"]] + gain if frame["node"] in sums else gain
        assert float(frame["grad"]) == pytest.approx(sums[frame["node"]], rel=1e-12, abs=1e-300, nan_ok=True)
    final = {frame["node"]: frame["grad"] for frame in backward}
    for k, total in sums.items():
        assert final[k] == repr(steps[k].grad)
        assert total == pytest.approx(steps[k].grad, rel=1e-12, abs=1e-300, nan_ok=True)
    if not any(step.op == "solve" for step in steps):  # the results of a joint operation are swept together
        assert all(final[k] == repr(total + 0.0) or total == 0.0 for k, total in sums.items())
    reached = {k for k, step in enumerate(steps) if not step.is_constant and step.grad != 0.0}
    assert reached <= sums.keys()


@given(strategies.expressions())
def test_every_number_is_the_engine_s(e: Any) -> None:
    values = [Value(x) for x in e.inputs]
    y = e(*values)
    assume(isinstance(y, Value))
    _, data = page_of(y)
    steps, last = swept(y)
    check(data, steps, last)
    assert all(v.grad == 0.0 for v in values)


def test_the_script_reads_all_data() -> None:
    """It gets nothing that it does not name."""
    x = Value(3.0)
    script, data = (files("scalargrad.look.page") / "page.js").read_text(encoding="utf-8"), page_of(x * x, x)[1]
    for key in {key for rows in data.values() for row in rows for key in row} | data.keys():
        assert re.search(rf"(frame|node|path|grad|nodes\[frame\.node\])\.{key}\b|\b{key}\b.* = JSON", script), key


def test_joint_operations() -> None:
    a, b = Matrix([[2.0, 1.0], [0.5, 3.0]]), sg.Vector([1.0, 2.0])
    x = sg.linalg.solve(a, b)
    y = x[0] * x[1] + a[0, 0]
    check(page_of(y)[1], *swept(y))


def test_a_leaf_used_twice_gets_two_contributions() -> None:
    x = Value(3.0)
    x.label = "x"
    _, data = page_of(x * x)
    gains = [frame for frame in data["frames"] if frame["phase"] == "backward" and frame["node"] == 0]
    assert [(frame["gain"], frame["grad"]) for frame in gains] == [("3.0", "3.0"), ("3.0", "6.0")]
    assert [frame["edges"] for frame in gains] == [["1-0"], ["1-1"]]
    assert gains[0]["say"] == "x receives contribution 1 of 2; more will come."
    assert gains[1]["lines"] == ["dv1/dv1 * ∂v1/∂x = 1 * 3 = 3", "grad of x = 3 + 3 = 6"]
    assert gains[1]["say"] == "x receives contribution 2 of 2; so dv1/dx is complete."


def test_paths() -> None:
    x, w = Value(3.0), Value(-2.0)
    x.label, w.label = "x", "w"
    y = sg.tanh(x * w) + x * x
    y.label = "y"
    parsed, data = page_of(y, "x")
    steps, last = swept(y)
    found = list(paths.largest_first(steps, [0], last))
    assert [path["product"] for path in data["paths"]] == [repr(path.product) for path in found]
    for path in data["paths"]:
        for edge, start, end in zip(path["edges"], path["nodes"], path["nodes"][1:]):
            k, n = map(int, edge.split("-"))
            assert k == end and steps[k].operands[n] == start
    assert len({tuple(path["edges"]) for path in data["paths"]}) == 3  # x * x has two
    assert math.fsum(float(path["product"]) for path in data["paths"]) == pytest.approx(steps[0].grad, rel=1e-15)
    assert "3 paths lead from x to y" in parsed.texts and len(data["frames"]) == len(page_of(y)[1]["frames"])
    assert "dy/dx = 3 + 3 - 4.9153e-05 = 6" in parsed.texts
    assert "x (operand 2) → v3 → y: 3 * 1 = 3" in [html.unescape(path["line"]) for path in data["paths"]]
    assert any(frame["lines"][0].startswith("dy/dv3 * ∂v3/∂x = 1 * 3 = ") for frame in data["frames"])
    parsed, data = page_of(y, x, max_paths=1)
    assert len(data["paths"]) == 1 and "These are the 1 largest. The sum of all is the derivative" in parsed.texts


LABELS = ["</script><img src=x onerror=alert(1)>", "<!--<script>", "</title></style>", "\"><b onclick='alert(1)'>",
          "$$ ${title} $x", "&lt;b&gt; &amp;", "]]>", "\\u003c\u2028", "`${alert(1)}`", "été 🙂"]  # fmt: skip


@pytest.mark.parametrize("label", LABELS)
def test_labels_do_no_harm(label: str) -> None:
    x = Value(2.0)
    x.label = label
    y = x * x
    y.label = label + "2"
    parsed, data = page_of(y, x)
    assert {tag for tag, _ in parsed.elements} <= TAGS and len(parsed.scripts) == 2
    shown = label.replace("\u2028", "\\u2028")  # it would end a line
    assert data["nodes"][0]["name"] == shown and shown in parsed.texts
    assert not any(name.startswith("on") or name in ("src", "href") for _, own in parsed.elements for name in own)


def test_it_needs_nothing_else(tmp_path: Path) -> None:
    y = Value(2.0) * 3
    text = Path(sg.explain(y).save(tmp_path / "y.html")).read_text(encoding="utf-8")
    assert text == str(sg.explain(y, format="html")) and text.startswith("<!DOCTYPE html>")
    assert re.findall(r"[a-z]+://[^\"' ]*", text) == ["http://www.w3.org/2000/svg"] * 2  # the name of SVG
    assert "@import" not in text and "url(" not in text.replace("url(#sg-arrow)", "")
    assert "default-src 'none'" in html.unescape(text)
    assert sg.explain(y).save(tmp_path / "y.htm").endswith("y.htm")


def test_notebooks_show_the_steps_or_the_page_in_a_frame() -> None:
    x = Value(2.0)
    text, page = sg.explain(x * x), sg.explain(x * x, format="html")
    assert text._repr_html_() is None and "- $" in (text._repr_markdown_() or "") and page._repr_markdown_() is None
    ((tag, own),) = Parsed(page._repr_html_() or "").elements
    assert tag == "iframe" and own["sandbox"] == "allow-scripts" and own["srcdoc"] == str(page)
    assert repr(page) == str(text)


def test_a_large_graph_is_refused() -> None:
    z = x = Value(0.5)
    for _ in range(30):
        z = sg.sin(z)
    message = r"31 steps, more than max_steps=20\. In Python, .* tells more\. On the command line, explain --to"
    with pytest.raises(ArgumentError, match=message):
        sg.explain(z, format="html", max_steps=20)
    paths_alone = sg.explain(z, x, max_steps=20)
    assert str(paths_alone).startswith("1 path leads from x1 to v30")
    with pytest.raises(ArgumentError, match="31 steps"):
        paths_alone.save("never.html")
    assert not Path("never.html").exists()
    assert len(page_of(z, max_steps=31)[1]["frames"]) == 31 + 31


def test_a_leaf_alone_and_odd_numbers() -> None:
    x = Value(2.0)
    _, data = page_of(x)
    assert [frame["phase"] for frame in data["frames"]] == ["forward", "backward"]
    y = sg.log(Value(-1.0)) + Value(math.inf) * -0.0
    check(page_of(y)[1], *swept(y))
    y = sg.log(x - 2.0) * 0.0 + x * x + x  # a slope of inf, from which nothing comes; and three contributions
    check(page_of(y)[1], *swept(y))
    assert swept(y)[0][0].grad == 5.0
