"""A picture as SVG, in light and in dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from scalargrad.look.pictures.colours import STYLE
from scalargrad.look.pictures.scene import RADIUS, STEM, Edge, Placed, Point, Scene, Text, radius


def svg(scene: Scene, title: str) -> str:
    """The text of an SVG picture."""
    width, height = scene.width, scene.height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sg" role="img" aria-label="{escape(title)}"'
        f' width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>"
        '<defs><marker id="sg-arrow" markerUnits="userSpaceOnUse" markerWidth="8" markerHeight="8" refX="7" refY="4"'
        ' orient="auto">'
        '<path class="arrow" d="M0,0 L8,4 L0,8 z"/></marker></defs>'
        f'<rect class="ground" width="{width:.0f}" height="{height:.0f}"/>'
        f"{''.join([*map(_line, scene.edges), *map(_drawn, scene.placed, range(len(scene.placed)))])}"
        f"{''.join(map(_slope, scene.edges))}{_text(scene.note) if scene.note else ''}</svg>\n"
    )


def _line(edge: Edge) -> str:
    return f'<path id="sg-{edge.box}-{edge.place}" class="edge" marker-end="url(#sg-arrow)" d="{_path(edge.curve)}"/>'


def _path(curve: Sequence[Point]) -> str:
    start, *rest = (f"{x:.1f},{y:.1f}" for x, y in curve)
    return f"M{start} C{' '.join(rest)}"


def _slope(edge: Edge) -> str:
    """What is written on an edge, over the line."""
    if not edge.label:
        return ""
    x, y, width, height = edge.ground
    ground = f'<rect class="ground" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.0f}"/>'
    return f'<g id="sg-{edge.box}-{edge.place}-slope">{ground}{_text(edge.text)}</g>'


def _text(text: Text) -> str:
    shown = f' class="{text.style}"' if text.style else ""
    anchor = ' text-anchor="middle"' if text.centred else ""
    return f'<text{shown} x="{text.x:.1f}" y="{text.y:.1f}"{anchor}>{escape(text.text)}</text>'


def _drawn(placed: Placed, k: int) -> str:
    """A box, and its operation."""
    box, (x, y, width, height) = placed.box, placed.frame
    parts = [f'<g id="sg-{k}">']
    if box.op:
        (u, v), wide = placed.centre, radius(box.op)
        stem = f"M{u:.1f},{v + RADIUS:.1f} v{STEM}" if placed.downwards else f"M{u + wide:.1f},{v:.1f} h{STEM}"
        parts.append(
            f'<ellipse class="circle" cx="{u:.1f}" cy="{v:.1f}" rx="{wide:.1f}" ry="{RADIUS}"/>'
            f'<path class="edge" d="{stem}"/>'
        )
        parts.append(_text(placed.symbol))
    parts.append(f'<rect class="{box.kind}" x="{x:.1f}" y="{y:.1f}" rx="5" width="{width:.1f}" height="{height:.1f}"/>')
    return "".join([*parts, *map(_text, placed.texts)]) + "</g>"
