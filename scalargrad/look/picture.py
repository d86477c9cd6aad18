"""The drawing of a small graph as SVG: a box for each number, the operation before it, derivatives on the edges."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from scalargrad.look.layout import laid_out

# In pixels: of the font, the width of a character and the height of a line; in a box, around its text; the radius of an
# operation, and the line from it to its box; between columns; between boxes; and around all.
_CHARACTER, _LINE, _PADDING, _RADIUS, _STEM, _BETWEEN, _GAP, _MARGIN = 7.3, 17.0, 8.0, 15.0, 8.0, 64.0, 18.0, 20.0
_BESIDE = 16.0  # between two edges of the same boxes

Point = tuple[float, float]

STYLE = """
.sg { font: 12px ui-monospace, Menlo, Consolas, monospace; }
.sg text { fill: #1b1f24; } .sg .box { fill: #ffffff; stroke: #57606a; } .sg .leaf { fill: #dff1ff; stroke: #0969da; }
.sg .constant { fill: #f0f0f0; stroke: #8c959f; } .sg .circle { fill: #fff4d6; stroke: #9a6700; }
.sg .folded { fill: #f3ecff; stroke: #8250df; } .sg .edge { fill: none; stroke: #57606a; }
.sg .arrow { fill: #57606a; } .sg .name { font-weight: bold; } .sg .slope { font-size: 11px; fill: #0a5c2b; }
.sg .grad { fill: #a8242f; }
.sg .ground { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
.sg text { fill: #e6edf3; } .sg .box { fill: #161b22; stroke: #8b949e; } .sg .leaf { fill: #0c2d4d; stroke: #58a6ff; }
.sg .constant { fill: #22262c; stroke: #6e7681; } .sg .circle { fill: #3b2e0a; stroke: #d29922; }
.sg .folded { fill: #2a1f45; stroke: #a371f7; } .sg .edge { stroke: #8b949e; } .sg .arrow { fill: #8b949e; }
.sg .slope { fill: #56d364; } .sg .grad { fill: #ff7b72; } .sg .ground { fill: #0d1117; }
}"""


class Box(NamedTuple):
    """A box: its lines of text, the operation before it, its operands with what is written on their edges."""

    lines: Sequence[str]
    op: str
    operands: Sequence[int]
    slopes: Sequence[str]
    kind: str  # box, leaf, constant or folded: a class of the style


class _Placed(NamedTuple):
    """A box with its operation, in the picture: the upper left corner, and the size."""

    box: Box
    x: float
    y: float
    width: float
    height: float

    @property
    def radius(self) -> float:
        """Half the width of the operation."""
        return _radius(self.box.op)

    def exit(self, downwards: bool) -> Point:
        """Where edges leave it."""
        if downwards:
            return self.x + self.width - _text_width(self.box) / 2, self.y + self.height
        return self.x + self.width, self.y + self.height / 2

    def entrance(self, downwards: bool) -> Point:
        """Where edges meet it."""
        if not downwards:
            return self.x, self.y + self.height / 2
        if not self.box.op:
            return self.x + self.width / 2, self.y
        return self.x + self.radius, self.y + self.height / 2 - _RADIUS


def _radius(op: str) -> float:
    return max(_RADIUS, len(op) * _CHARACTER / 2 + 5) if op else 0.0


def _text_width(box: Box) -> float:
    return max(map(len, box.lines)) * _CHARACTER + 2 * _PADDING


def svg(boxes: Sequence[Box], title: str, note: str = "", downwards: bool = False) -> str:
    """The text of an SVG picture. `downwards`: from top to bottom, instead of from left to right."""
    placed, bends = _placed(boxes, downwards)
    edges: list[str] = []
    slopes: list[str] = []
    for k, box in enumerate(boxes):
        for n, (operand, slope) in enumerate(zip(box.operands, box.slopes)):
            same = [j for j, other in enumerate(box.operands) if other == operand]
            aside = (same.index(n) - (len(same) - 1) / 2) * _BESIDE
            points = [placed[operand].exit(downwards), *bends[operand, k], placed[k].entrance(downwards)]
            edges.append(_curve(points, downwards, aside))
            slopes.append(_slope(slope, points[-2], points[-1], downwards, aside))
    width = max(each.x + each.width for each in placed) + _MARGIN
    height = max(each.y + each.height for each in placed) + _MARGIN
    below = ""
    if note:
        below = _text(12.0, height + 4.0, note)
        width, height = max(width, len(note) * _CHARACTER + 24.0), height + _LINE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sg" role="img" aria-label="{escape(title)}"'
        f' width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>"
        '<defs><marker id="sg-arrow" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path class="arrow" d="M0,0 L8,4 L0,8 z"/></marker></defs>'
        f'<rect class="ground" width="{width:.0f}" height="{height:.0f}"/>'
        f"{''.join([*edges, *map(_drawn, placed, range(len(placed))), *slopes])}{below}</svg>\n"
    )


def _placed(boxes: Sequence[Box], downwards: bool) -> tuple[list[_Placed], dict[tuple[int, int], list[Point]]]:
    """The boxes in the picture; and the bends of the edges, by (operand, box)."""
    heights = [len(box.lines) * _LINE + 2 * _PADDING for box in boxes]
    widths = [_text_width(box) + (2 * _radius(box.op) + _STEM if box.op else 0.0) for box in boxes]
    layout = laid_out([box.operands for box in boxes], widths if downwards else heights, _GAP)
    along = heights if downwards else widths
    columns: list[Point] = []  # where each begins and ends
    end = _MARGIN
    for column in range(max(layout.columns) + 1):
        own = [k for k, place in enumerate(layout.columns) if place == column]
        widest = 0 if downwards else max((len(slope) for k in own for slope in boxes[k].slopes), default=0)
        start = end + (max(_BETWEEN, widest * _CHARACTER + 36.0) if column else 0.0)
        end = start + max(along[k] for k in own)
        columns.append((start, end))

    def point(along: float, across: float) -> Point:
        return (across + _MARGIN, along) if downwards else (along, across + _MARGIN)

    placed = []
    for k, box in enumerate(boxes):
        x, y = point(sum(columns[layout.columns[k]]) / 2, layout.across[k])
        placed.append(_Placed(box, x - widths[k] / 2, y - heights[k] / 2, widths[k], heights[k]))
    bends = {
        edge: [point(end, across) for column, across in passed for end in columns[column]]
        for edge, passed in layout.bends.items()
    }
    return placed, bends


def _curve(points: Sequence[Point], downwards: bool, aside: float) -> str:
    """A smooth line through the points, with its middle moved aside."""
    path = ["M{:.1f},{:.1f}".format(*points[0])]
    for (x, y), (u, v) in pairwise(points):
        if downwards:
            half = (v - y) / 2
            path.append(f"C{x + aside:.1f},{y + half:.1f} {u + aside:.1f},{v - half:.1f} {u:.1f},{v:.1f}")
        else:
            half = (u - x) / 2
            path.append(f"C{x + half:.1f},{y + aside:.1f} {u - half:.1f},{v + aside:.1f} {u:.1f},{v:.1f}")
    return f'<path class="edge" marker-end="url(#sg-arrow)" d="{" ".join(path)}"/>'


def _slope(text: str, start: Point, end: Point, downwards: bool, aside: float) -> str:
    """What is written on an edge, a little beyond its middle, over the line."""
    x, y = (0.42 * a + 0.58 * b for a, b in zip(start, end))
    x, y = (x + aside, y) if downwards else (x, y + aside)
    half = len(text) * _CHARACTER / 2
    ground = f'<rect class="ground" x="{x - half:.1f}" y="{y - 7:.1f}" width="{2 * half:.1f}" height="13"/>'
    return ground + _text(x, y + 4, text, "slope", centred=True) if text else ""


def _text(x: float, y: float, text: str, style: str = "", centred: bool = False) -> str:
    shown = f' class="{style}"' if style else ""
    anchor = ' text-anchor="middle"' if centred else ""
    return f'<text{shown} x="{x:.1f}" y="{y:.1f}"{anchor}>{escape(text)}</text>'


def _drawn(placed: _Placed, k: int) -> str:
    """A box, and its operation."""
    box, x, y, width, height = placed
    middle, radius = y + height / 2, placed.radius
    parts = [f'<g id="sg-{k}">']
    if box.op:
        parts.append(
            f'<ellipse class="circle" cx="{x + radius:.1f}" cy="{middle:.1f}" rx="{radius:.1f}" ry="{_RADIUS}"/>'
            f'<path class="edge" d="M{x + 2 * radius:.1f},{middle:.1f} h{_STEM}"/>'
        )
        parts.append(_text(x + radius, middle + 4, box.op, centred=True))
    wide = _text_width(box)
    x += width - wide
    parts.append(f'<rect class="{box.kind}" x="{x:.1f}" y="{y:.1f}" rx="5" width="{wide:.1f}" height="{height:.1f}"/>')
    for n, line in enumerate(box.lines):
        style = "name" if n == 0 and len(box.lines) > 1 else "grad" if line.startswith("grad ") else ""
        parts.append(_text(x + _PADDING, y + _PADDING + _LINE * (n + 0.75), line, style))
    return "".join(parts) + "</g>"
