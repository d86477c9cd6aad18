"""A picture as graphviz lays it out: its program `dot` says where boxes and edges go."""

from __future__ import annotations

import json
from collections.abc import Sequence

from scalargrad import extras
from scalargrad.errors import ArgumentError, MissingExtraError
from scalargrad.look.pictures.scene import LABEL, MARGIN, Box, Edge, Placed, Point, Scene, size, sized
from scalargrad.nodes.displays import printable

_INCH = 72.0  # a pixel is a point of graphviz


def arranged(boxes: Sequence[Box], downwards: bool) -> Scene:
    """The boxes where graphviz puts them. Raises `MissingExtraError` without the library or its program ``dot``,
    `ArgumentError` if that fails."""
    graphviz = extras.load("graphviz", "graphviz")
    sizes = [size(box, downwards) for box in boxes]
    try:
        answer = graphviz.Source(_question(boxes, sizes, downwards)).pipe("json0", encoding="utf-8")
    except graphviz.ExecutableNotFound as error:
        raise MissingExtraError(
            "the program dot of graphviz is not on the PATH: install graphviz itself, with apt-get install graphviz,"
            " brew install graphviz or from graphviz.org; or leave out engine='graphviz'"
        ) from error
    except graphviz.CalledProcessError as error:
        said = printable((error.stderr or "").strip()) or f"it returned {error.returncode}"
        raise ArgumentError(
            f"the program dot of graphviz failed: {said}. Leave out engine='graphviz', or draw fewer nodes one by one"
            " with a smaller max_nodes"
        ) from error
    found = json.loads(answer)
    _, _, _, height = map(float, found["bb"].split(","))

    def point(text: str) -> Point:
        x, y = map(float, text.split(","))
        return x + MARGIN, height - y + MARGIN

    placed: list[Placed] = []
    for box, (wide, high), node in zip(boxes, sizes, found["objects"]):
        x, y = point(node["pos"])
        placed.append(Placed(box, x - wide / 2, y - high / 2, wide, high, downwards))
    edges: list[Edge] = []
    for edge in found.get("edges", []):
        k, n = map(int, edge["id"].split("-"))
        curve = [*map(point, edge["pos"].split())]
        edges.append(Edge(k, n, curve, boxes[k].slopes[n], point(edge["lp"]) if "lp" in edge else curve[0]))
    return sized(placed, edges)


def _question(boxes: Sequence[Box], sizes: Sequence[Point], downwards: bool) -> str:
    """A graph of empty boxes of these sizes."""
    ports = "tailport=s, headport=n" if downwards else "tailport=e, headport=w"
    lines = [
        f"digraph {{ rankdir={'TB' if downwards else 'LR'}; ordering=in; nodesep=0.25; ranksep=0.5;",
        'node [shape=box, fixedsize=true, label=""];',
        f'edge [dir=none, fontname="Courier", fontsize={LABEL - 2}, {ports}];',
    ]
    for k, (width, height) in enumerate(sizes):
        lines.append(f"n{k} [width={width / _INCH:.3f}, height={height / _INCH:.3f}];")
    for k, box in enumerate(boxes):
        for n, (operand, slope) in enumerate(zip(box.operands, box.slopes)):
            lines.append(f'n{operand} -> n{k} [id="{k}-{n}", label="{slope}"];')
    return "\n".join([*lines, "}"])
