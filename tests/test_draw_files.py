"""Drawings as files: PNG, what graphviz lays out, and the names that graphviz's own library has."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.errors import ArgumentError, MissingExtraError
from scalargrad.look.pictures import png
from scalargrad.look.pictures.colours import SHAPES
from tests.test_draw import apart, lecture

pytestmark = pytest.mark.once


def pixels(contents: bytes) -> Any:
    """The colours of a PNG, from 0 to 1."""
    image = pytest.importorskip("matplotlib.image")
    return image.imread(io.BytesIO(contents))


def network() -> Value:
    """A network's loss, of 348 nodes."""
    loss = (sg.nn.MLP(3, [8, 8, 1])([1.0, 2.0, 3.0]) - 1.0) ** 2
    loss.backward()
    return loss


def test_a_png_shows_each_box_where_the_svg_has_it() -> None:
    pytest.importorskip("matplotlib")
    _, o = lecture()
    for rankdir in ("LR", "TB"):
        shown = sg.draw(o, "png", rankdir=rankdir)
        image = pixels(shown.pipe())
        height, width, _ = image.shape
        place = shown._scene()
        assert abs(width - 2 * place.width) < 3 and abs(height - 2 * place.height) < 3
        for each in place.placed:
            x, y, wide, _ = each.frame
            inside = image[int(2 * y + 8), int(2 * (x + wide / 2)), :3]  # above the first line
            fill = colour(each.box.kind)
            assert all(abs(a - b) < 0.02 for a, b in zip(inside, fill))
            assert image[int(2 * y) : int(2 * (y + 30)), int(2 * x + 8) : int(2 * x + 60), :3].min() < 0.3  # a name
        assert tuple(image[0, 0]) == (1.0, 1.0, 1.0, 1.0)


def colour(kind: str) -> tuple[float, ...]:
    fill = SHAPES[kind][0]
    return tuple(int(fill[k : k + 2], 16) / 255 for k in (1, 3, 5))


def test_png_files_and_notebooks(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    x = Value(2.0)
    x.label = r"$\frac{a$"  # matplotlib would take it for a formula
    y = x * 3
    path = sg.draw(y).save(tmp_path / "y.png")
    assert Path(path).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" == (sg.draw(y, "png")._repr_png_() or b"")[:8]
    shown = sg.draw(y, "png")
    assert shown._repr_svg_() is None and sg.draw(y)._repr_png_() is None
    assert str(shown) == repr(shown) == "<graph of a Value: 3 boxes>"
    folded = sg.draw(y, max_nodes=1)
    place, image = folded._scene(), pixels(folded.pipe("png"))
    assert place.note is not None and place.note.y < place.height and place.note.text == folded.note
    below = image[int(2 * max(x.y + x.height for x in place.placed)) + 4 :, :, :3]
    assert below.min() < 0.3 and below[:, -30:].min() == 1.0  # the note, and it ends before the picture does


def test_a_large_picture_is_no_larger_than_a_picture_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(png, "_PIXELS", 10_000.0)
    image = pixels(sg.draw(Value(2.0) * 3, "png").pipe())
    assert 8_000 < image.shape[0] * image.shape[1] < 11_000


def test_render_as_graphviz_does(tmp_path: Path) -> None:
    """As the notebooks of micrograd call it."""
    _, o = lecture()
    dot = sg.draw_dot(o, format="svg", rankdir="TB")
    assert dot.render(tmp_path / "gout", view=False) == str(tmp_path / "gout.svg")
    assert dot.render("gout", directory=tmp_path / "new", format="dot") == str(tmp_path / "new" / "gout.dot")
    assert (tmp_path / "new" / "gout.dot").read_text(encoding="utf-8") == dot.source == dot.pipe("dot").decode()
    assert dot.pipe() == str(dot).encode() and dot.pipe("text").decode() == str(sg.draw(o, "text"))
    with pytest.raises(ArgumentError, match="format 'svg', 'png', 'dot', 'text', got 'pdf'"):
        dot.render(tmp_path / "gout", format="pdf")
    with pytest.raises(ArgumentError, match="got 'pdf'"):
        dot.pipe("pdf")
    if shutil.which("dot"):
        subprocess.run(["dot", "-Tsvg", str(tmp_path / "new" / "gout.dot")], check=True, stdout=subprocess.DEVNULL)
    drawing = sg.draw_dot(Value(2.0) * 3)
    assert drawing.render("x", outfile=tmp_path / "own.txt", view=False) == str(tmp_path / "own.txt")
    assert (tmp_path / "own.txt").read_text() == str(sg.draw(Value(2.0) * 3, "text"))


def test_draw_dot_as_png(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert Path(sg.draw_dot(lecture()[1], format="png").render(tmp_path / "gout")).name == "gout.png"


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_graphviz_lays_out_a_large_graph(rankdir: str) -> None:
    pytest.importorskip("graphviz")
    if not shutil.which("dot"):
        pytest.skip("no graphviz: the program dot is missing")
    loss = network()
    shown = sg.draw(loss, engine="graphviz", rankdir=rankdir)
    assert shown.note == "" and len(shown._boxes) == 348
    assert shown.source == sg.draw(loss, max_nodes=400, rankdir=rankdir).source
    place = shown._scene()
    frames = [(each.x, each.y, each.width, each.height) for each in place.placed]
    assert all(apart(one, other) for one, other in combinations(frames, 2))
    edges = {(edge.box, edge.place): edge for edge in place.edges}
    assert len(edges) == sum(len(box.operands) for box in shown._boxes)
    for (k, n), edge in edges.items():
        start = place.placed[shown._boxes[k].operands[n]].exit
        for found, wanted in ((edge.curve[0], start), (edge.curve[-1], place.placed[k].entrance)):
            assert found == pytest.approx(wanted, abs=3.0)
        assert edge.label == shown._boxes[k].slopes[n]
    assert sg.draw(loss, engine="graphviz", max_nodes=100).note.startswith("folded: 3")
    assert sg.draw(loss).note.startswith("folded: 3")


def test_graphviz_without_its_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("graphviz")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtraError, match="the program dot of graphviz is not on the PATH: install graphviz"):
        sg.draw(Value(2.0) * 3, engine="graphviz")


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a script")
def test_graphviz_whose_program_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("graphviz")
    (tmp_path / "dot").write_text("#!/bin/sh\necho 'Error: no room' >&2\nexit 3\n")
    (tmp_path / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ArgumentError, match=r"the program dot of graphviz failed: Error: no room\. Leave out engine="):
        sg.draw(Value(2.0) * 3, engine="graphviz")


@pytest.mark.parametrize(("library", "extra"), [("graphviz", "graphviz"), ("matplotlib", "png")])
def test_a_missing_library_is_named_with_its_extra(library: str, extra: str) -> None:
    program = f"""
import sys
sys.modules[{library!r}] = None
import scalargrad as sg
y = sg.Value(2.0) * 3
str(sg.draw(y)), sg.draw(y, "text")
try:
    sg.draw(y, "png", engine={"graphviz" if extra == "graphviz" else "scalargrad"!r}).pipe()
except sg.ScalargradError as error:
    print(error)
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert f"{library} cannot be imported: install it with pip install 'scalargrad[{extra}]'" in answer.stdout


def test_an_engine_that_is_not_known() -> None:
    with pytest.raises(ArgumentError, match="draw takes the engine 'scalargrad', 'graphviz', got 'neato'"):
        sg.draw(Value(1.0) * 2, engine="neato")
