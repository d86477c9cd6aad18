"""Labels in every output: they stand on one line, control no terminal, and mean nothing to Markdown, XML or DOT."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.errors import AnomalyError, ArgumentError
from scalargrad.nodes.displays import printable

WILD = "".join(map(chr, (*range(32), 127, 0x85, 0x9B, 0x2028, 0x202E, 0xD800, 0xFFFE, 0xFFFF, 0x10FFFF)))


def wild() -> Value:
    x = Value(2.0, label=f"x{WILD}x")
    y = x * x
    y.label = f"y{WILD}\n# y"
    y.backward()
    return y


def test_no_label_controls_a_terminal_or_breaks_a_line(tmp_path: Path) -> None:
    y = wild()
    texts = {
        **{f"explain {form}": str(sg.explain(y, format=form)) for form in ("text", "markdown", "latex", "html")},
        "paths": str(sg.explain(y, y._prev.copy().pop())), "summary": str(sg.summary(y)),
        **{f"draw {form}": str(sg.draw(y, form)) for form in ("svg", "dot", "text")},
        "folded": str(sg.draw(y, max_nodes=1)), "latex": y._repr_latex_() or "", "repr": repr(sg.draw(y)),
    }  # fmt: skip
    with pytest.raises(ArgumentError) as caught:
        sg.explain(y, "z")
    texts["error"] = str(caught.value)
    for way in (lambda: sg.log(y - y), lambda: sg.sqrt(y - y)):
        with pytest.raises(AnomalyError) as anomaly, sg.detect_anomaly():
            z = way()
            z.label = f"z{WILD}"
            (z * 2.0).backward()
        texts[str(way)] = str(anomaly.value)
    for name, text in texts.items():
        assert not {*WILD} - {"\n"} & {*text}, name
        text.encode()
    assert len(texts["explain text"].splitlines()) == 6 and len(texts["draw text"].splitlines()) == 3
    ElementTree.fromstring(texts["draw svg"])
    sg.explain(y).save(tmp_path / "y.html")


@given(st.text())
def test_printable(text: str) -> None:
    shown = printable(text)
    assert len(shown.splitlines()) <= 1 and printable(shown) == shown
    shown.encode()
    assert shown == text if text.isprintable() else len(shown) >= len(text)


def test_printable_keeps_joiners() -> None:
    assert printable("👩\u200d🔬 a\x1b[1m\nb") == "👩\u200d🔬 a\\x1b[1m\\nb"


def test_markdown_shows_labels_as_they_are() -> None:
    x = Value(2.0, label="<img src=x onerror=alert(1)> `c` $x$ a|b *d* [e](f)")
    y = sg.log(x - x)
    for text in (str(sg.explain(y, format="markdown")), str(sg.explain(y, x, "markdown"))):
        assert not re.search(r"<\w|(?<!\\)`|(?<!\\)\|", text)
        for line in text.splitlines():
            assert len(re.findall(r"(?<!\\)\$", line)) == (2 if line.startswith("- ") else 0)
    assert r"\`c\` &#36;x&#36; a\|b \*d\* \[e\](f) to v2**" in str(sg.explain(y, x, "markdown"))
