"""A picture as PNG, drawn by matplotlib, which brings a font."""

from __future__ import annotations

import io
from typing import Any

from scalargrad import extras
from scalargrad.look.pictures.colours import EDGE, GROUND, SHAPES, TEXTS
from scalargrad.look.pictures.scene import RADIUS, STEM, Edge, Placed, Scene, Text, radius

_DOTS = 100  # an inch, so that a pixel of the scene is a hundredth of it
_SCALE = 2.0  # pixels for one of the scene, so that it is sharp
_PIXELS, _SIDE = 6e7, 60_000.0  # at most: of the whole picture, and of a side


def png(scene: Scene) -> bytes:
    """The bytes of a PNG picture, on white. Raises `MissingExtraError` without matplotlib."""
    figures = extras.load("matplotlib.figure", "png")
    width, height = scene.width, scene.height
    figure = figures.Figure(figsize=(width / _DOTS, height / _DOTS), dpi=_DOTS, facecolor=GROUND)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0.0, width), ylim=(height, 0.0))
    axes.axis("off")
    for edge in scene.edges:
        _line(axes, edge)
    for placed in scene.placed:
        _box(axes, placed)
    for edge in scene.edges:
        if edge.label:
            x, y, wide, high = edge.ground
            axes.add_patch(_patches().Rectangle((x, y), wide, high, facecolor=GROUND, linewidth=0))
            _text(axes, edge.text)
    if scene.note:
        _text(axes, scene.note)
    scale = min(_SCALE, (_PIXELS / (width * height)) ** 0.5, _SIDE / max(width, height))
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DOTS * scale, metadata={"Software": None})
    return file.getvalue()


def _patches() -> Any:
    return extras.load("matplotlib.patches", "png")


def _line(axes: Any, edge: Edge) -> None:
    paths = extras.load("matplotlib.path", "png")
    codes = [paths.Path.MOVETO] + [paths.Path.CURVE4] * (len(edge.curve) - 1)
    axes.add_patch(_patches().PathPatch(paths.Path(edge.curve, codes), fill=False, edgecolor=EDGE, linewidth=0.72))
    (u, v), (x, y) = edge.curve[-2:]
    size = ((x - u) ** 2 + (y - v) ** 2) ** 0.5 or 1.0
    dx, dy = (x - u) / size, (y - v) / size
    sides = [(x - 7 * dx - 4 * side * dy, y - 7 * dy + 4 * side * dx) for side in (1, -1)]
    axes.add_patch(_patches().Polygon([(x, y), *sides], facecolor=EDGE, linewidth=0))


def _box(axes: Any, placed: Placed) -> None:
    box, (x, y, width, height) = placed.box, placed.frame
    if box.op:
        (u, v), wide = placed.centre, radius(box.op)
        _shape(axes, _patches().Ellipse((u, v), 2 * wide, 2 * RADIUS), "circle")
        stem = ([u, u], [v + RADIUS, v + RADIUS + STEM]) if placed.downwards else ([u + wide, u + wide + STEM], [v, v])
        axes.plot(*stem, color=EDGE, linewidth=0.72)
        _text(axes, placed.symbol)
    rounded = _patches().BoxStyle("round", pad=0, rounding_size=5)
    _shape(axes, _patches().FancyBboxPatch((x, y), width, height, boxstyle=rounded), box.kind)
    for text in placed.texts:
        _text(axes, text)


def _shape(axes: Any, patch: Any, kind: str) -> None:
    fill, line = SHAPES[kind]
    patch.set(facecolor=fill, edgecolor=line, linewidth=0.72)
    axes.add_patch(patch)


def _text(axes: Any, shown: Text) -> None:
    x, y, text, style, centred = shown
    axes.text(
        x, y, text, color=TEXTS.get(style, TEXTS[""]), ha="center" if centred else "left", va="baseline",
        family="DejaVu Sans Mono", size=(11 if style == "slope" else 12) * 72 / _DOTS,
        weight="bold" if style == "name" else "normal", parse_math=False, usetex=False,
    )  # fmt: skip
