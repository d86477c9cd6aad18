"""A picture before it is drawn: boxes with their operations, edges with the numbers on them, and where each stands."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from scalargrad.look.pictures.layout import Layout, laid_out

# In pixels: of the font, the width of a character and the height of a line; the same of the numbers on edges; in a box,
# around its text; the radius of an operation, and the line from it to its box; between boxes; and around all.
CHARACTER, LINE, SMALL, LABEL, PADDING, RADIUS, STEM, GAP, MARGIN = 7.3, 17.0, 6.8, 14.0, 8.0, 15.0, 8.0, 18.0, 20.0
_LEAST, _MOST = 22.0, 56.0  # between boxes and the numbers on edges, for the curves of edges: the farther, the more
_BESIDE = {False: 4.0, True: 10.0}  # between two numbers on edges, and if they go downwards

Point = tuple[float, float]


class Box(NamedTuple):
    """A box: its lines of text, the operation before it, its operands with what is written on their edges."""

    lines: Sequence[str]
    op: str
    operands: Sequence[int]
    slopes: Sequence[str]
    kind: str  # box, leaf, constant or folded: a class of the style
    least: int = 0  # the characters that a line has room for, at least


class Text(NamedTuple):
    """A text: where it begins, or its middle, and its base line; and the class of its style."""

    x: float
    y: float
    text: str
    style: str = ""
    centred: bool = False


class Placed(NamedTuple):
    """A box with its operation before or above it, in the picture: the upper left corner, and the size of both."""

    box: Box
    x: float
    y: float
    width: float
    height: float
    downwards: bool

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """The box alone: the upper left corner and the size."""
        width, height = text_size(self.box)
        if self.downwards:
            return self.x + (self.width - width) / 2, self.y + self.height - height, width, height
        return self.x + self.width - width, self.y, width, height

    @property
    def centre(self) -> Point:
        """The centre of the operation."""
        if self.downwards:
            return self.x + self.width / 2, self.y + RADIUS
        return self.x + radius(self.box.op), self.y + self.height / 2

    @property
    def exit(self) -> Point:
        """Where edges leave."""
        if self.downwards:
            return self.x + self.width / 2, self.y + self.height
        return self.x + self.width, self.y + self.height / 2

    @property
    def entrance(self) -> Point:
        """Where edges arrive."""
        return (self.x + self.width / 2, self.y) if self.downwards else (self.x, self.y + self.height / 2)

    @property
    def symbol(self) -> Text:
        """What is written on the operation."""
        x, y = self.centre
        return Text(x, y + 4, self.box.op, centred=True)

    @property
    def texts(self) -> list[Text]:
        """The lines of the box: its name, if more lines follow, its data, its grad, and others."""
        (x, y, _, _), lines = self.frame, self.box.lines
        styles = ["name" if len(lines) > 1 else "", *(line.partition(" ")[0] for line in lines[1:])]
        return [
            Text(x + PADDING, y + PADDING + LINE * (n + 0.75), line, style if style in ("name", "data", "grad") else "")
            for n, (line, style) in enumerate(zip(lines, styles))
        ]


class Edge(NamedTuple):
    """An edge: a start and three points for each piece of a Bézier curve; what is written on it, and its centre."""

    box: int
    place: int  # which operand of the box
    curve: Sequence[Point]
    label: str
    centre: Point

    @property
    def ground(self) -> tuple[float, float, float, float]:
        """What the number covers: the upper left corner and the size."""
        (x, y), width = self.centre, _label_width(self.label)
        return x - width / 2, y - LABEL / 2, width, LABEL

    @property
    def text(self) -> Text:
        """The number."""
        return Text(self.centre[0], self.centre[1] + 4, self.label, "slope", centred=True)


class Scene(NamedTuple):
    """All boxes and edges of a picture, the note below them, and its size."""

    placed: Sequence[Placed]
    edges: Sequence[Edge]
    width: float
    height: float
    note: Text | None = None

    def noted(self, note: str) -> Scene:
        """The picture with a note below it."""
        width, below = max(self.width, len(note) * CHARACTER + 24.0), Text(12.0, self.height + 4.0, note)
        return self._replace(width=width, height=self.height + LINE, note=below)


def radius(op: str) -> float:
    """Half the width of an operation."""
    return max(RADIUS, len(op) * CHARACTER / 2 + 5) if op else 0.0


def text_size(box: Box) -> Point:
    """The size of a box alone."""
    return max(box.least, *map(len, box.lines)) * CHARACTER + 2 * PADDING, len(box.lines) * LINE + 2 * PADDING


def size(box: Box, downwards: bool) -> Point:
    """The size of a box with its operation."""
    width, height = text_size(box)
    if not box.op:
        return width, height
    wide = 2 * radius(box.op)
    return (max(width, wide), height + 2 * RADIUS + STEM) if downwards else (width + wide + STEM, height)


def _label_width(text: str) -> float:
    return len(text) * SMALL + 4.0 if text else 0.0


def arranged(boxes: Sequence[Box], downwards: bool) -> Scene:
    """The boxes in columns, or in rows if `downwards`; no two boxes and numbers overlap."""
    sizes = [size(box, downwards) for box in boxes]
    labels = [max(map(_label_width, box.slopes), default=0.0) for box in boxes]
    across, along = (0, 1) if downwards else (1, 0)
    layout = laid_out(
        [box.operands for box in boxes],
        [each[across] + GAP for each in sizes],
        [(label if downwards else LABEL) + _BESIDE[downwards] for label in labels],
    )
    starts = _along(boxes, layout, [each[along] for each in sizes], [LABEL if downwards else x for x in labels])

    def point(along: float, across: float) -> Point:
        return (across + MARGIN, along) if downwards else (along, across + MARGIN)

    placed = []
    for box, (width, height), column, place in zip(boxes, sizes, layout.columns, layout.across):
        x, y = point(sum(starts[column]) / 2, place)
        placed.append(Placed(box, x - width / 2, y - height / 2, width, height, downwards))
    edges = []
    for (k, n), passed in layout.places.items():
        start = boxes[k].operands[n]
        bends = [point(end, place) for column, place in passed for end in starts[column]]
        first = point(starts[layout.columns[start]][1], layout.across[start])  # where its column ends
        last = point(starts[layout.columns[k]][0], layout.across[k])
        curve = _curve([placed[start].exit, first, *bends, last, placed[k].entrance], downwards)
        column, place = passed[-1]
        edges.append(Edge(k, n, curve, boxes[k].slopes[n], point(sum(starts[column]) / 2, place)))
    return sized(placed, edges)


def sized(placed: Sequence[Placed], edges: Sequence[Edge]) -> Scene:
    """A scene as large as what is in it."""
    frames = [*((each.x, each.y, each.width, each.height) for each in placed), *(edge.ground for edge in edges)]
    width, height = max(x + w for x, _, w, _ in frames), max(y + h for _, y, _, h in frames)
    return Scene(placed, edges, width + MARGIN, height + MARGIN)


def _along(boxes: Sequence[Box], layout: Layout, sizes: Sequence[float], labels: Sequence[float]) -> list[Point]:
    """Where each column begins and ends: those of boxes, and those of numbers between them."""
    columns, across = layout.columns, layout.across
    widest = [0.0] * (max(columns) + 1)
    reach = [0.0] * len(widest)  # how far across the edges go that leave a column
    for k, column in enumerate(columns):
        widest[column] = max(widest[column], sizes[k])
        if column:
            widest[column - 1] = max(widest[column - 1], labels[k])
    for (k, n), passed in layout.places.items():
        start = boxes[k].operands[n]
        for (one, here), (_, there) in pairwise([(columns[start], across[start]), *passed, (columns[k], across[k])]):
            reach[one] = max(reach[one], abs(there - here))
    found: list[Point] = []
    end = MARGIN
    for wide, far in zip(widest, reach):
        found.append((end, end + wide))
        end += wide + min(max(_LEAST, far / 4), _MOST)
    return found


def _curve(points: Sequence[Point], downwards: bool) -> list[Point]:
    """A smooth curve through points; it is straight where boxes and numbers are, in one piece as far as it goes on."""
    side, curve = int(not downwards), [points[0]]
    turns = [
        point
        for before, point, after in zip(points, points[1:], points[2:])
        if max(abs(before[side] - point[side]), abs(after[side] - point[side])) > 1e-6
    ]
    for (x, y), (u, v) in pairwise([points[0], *turns, points[-1]]):
        if abs(u - x) + abs(v - y) < 1e-6:
            continue
        middle = (y + v) / 2 if downwards else (x + u) / 2
        curve += [(x, middle), (u, middle), (u, v)] if downwards else [(middle, y), (middle, v), (u, v)]
    return curve
