"""`draw`: the graph of a Value as a picture or as text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from scalargrad.errors import ArgumentError
from scalargrad.look.folding import folded
from scalargrad.look.formats import ending, require_format, saved
from scalargrad.look.pictures import graphviz, scene
from scalargrad.look.pictures.dot import dot
from scalargrad.look.pictures.png import png
from scalargrad.look.pictures.scene import Box
from scalargrad.look.pictures.svg import svg
from scalargrad.look.steps import Step, names_of, number, record_of, require_count, require_value, steps_of
from scalargrad.look.telling import operation
from scalargrad.nodes.displays import printable

FORMATS = ("svg", "png", "dot", "text")
ENDINGS = {".svg": "svg", ".png": "png", ".dot": "dot", ".gv": "dot", ".txt": "text"}
MOST = 60  # nodes that are drawn one by one, unless more are asked for
ENGINES = {"scalargrad": (scene.arranged, MOST), "graphviz": (graphviz.arranged, 1000)}  # with the most nodes of each


class Drawing:
    """A drawing of a graph. A notebook shows it; `str` is its text; `save` writes it to a file."""

    def __init__(
        self, boxes: Sequence[Box], engine: str, text: str, title: str, note: str, format: str, rankdir: str
    ) -> None:
        self.format, self.note = format, note
        self._boxes, self._text, self._title = boxes, text, title
        self._engine, self._downwards = engine, rankdir == "TB"
        self._arranged: scene.Scene | None = None
        if engine == "graphviz":
            self._scene()  # raises an error here, if at all

    def _scene(self) -> scene.Scene:
        if self._arranged is None:
            arranged = ENGINES[self._engine][0](self._boxes, self._downwards)
            self._arranged = arranged.noted(self.note) if self.note else arranged
        return self._arranged

    @property
    def source(self) -> str:
        """The drawing in the language of graphviz."""
        return dot(self._boxes, self.note, self._downwards)

    def pipe(self, format: str | None = None) -> bytes:
        """Returns the bytes of the drawing, as graphviz does under this name, in its own format or another one. Raises
        `ArgumentError` for an unknown format, `MissingExtraError` if PNG is asked for and there is no matplotlib."""
        format = self.format if format is None else format
        if format == "png":
            return png(self._scene())
        require_format("draw", format, FORMATS)
        return (self._svg() if format == "svg" else self.source if format == "dot" else self._text).encode()

    def _svg(self) -> str:
        return svg(self._scene(), self._title)

    def __str__(self) -> str:
        return repr(self) if self.format == "png" else self.pipe().decode()

    def __repr__(self) -> str:
        return f"<{self._title}: {len(self._boxes)} boxes{', ' + self.note if self.note else ''}>"

    def _repr_svg_(self) -> str | None:
        return None if self.format == "png" else self._svg()

    def _repr_png_(self) -> bytes | None:
        return self.pipe() if self.format == "png" else None

    def save(self, path: str | os.PathLike[str]) -> str:
        """Writes the drawing to a file: SVG, PNG, DOT or text, by the end of its name, ``.svg``, ``.png``, ``.dot`` (or
        ``.gv``) or ``.txt``. PNG needs the extra ``png``. Returns the path."""
        return saved(path, "a drawing", ENDINGS, self.pipe)

    def render(
        self,
        filename: str | os.PathLike[str] = "graph",
        directory: str | os.PathLike[str] | None = None,
        format: str | None = None,
        outfile: str | os.PathLike[str] | None = None,
        **_: Any,
    ) -> str:
        """Writes the drawing, as graphviz does under this name, to `filename` with the format's ending added; or to
        `outfile`, in the format of its ending. Returns the path. Other options of graphviz, such as `view` and
        `cleanup`, change nothing."""
        format = self.format if format is None else format
        require_format("draw", format, FORMATS)
        name = os.path.join(os.fspath(directory or ""), os.fspath(filename)) + ending(format, ENDINGS)
        name = name if outfile is None else os.fspath(outfile)
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        return self.save(name)


def draw(
    y: Any, format: str = "svg", *, rankdir: str = "LR", max_nodes: int | None = None, engine: str = "scalargrad"
) -> Drawing:
    """Returns a drawing of the graph of a Value: in a notebook it is shown, ``draw(y).save("y.svg")`` writes it.

    Each box has a number's label, its `data`, and its `grad` from the last `backward`. Before it stands the operation
    that made it, with its operands in order; on the edges are the local derivatives. `format`, of `str(draw(y))` and of
    what a notebook shows, is "svg", "png" (with the extra ``png``), "dot" (for graphviz) or "text". `rankdir` is "LR",
    from left to right, or "TB", from top to bottom.

    A graph of more than `max_nodes` nodes, by default 60, is folded: a box has all operations of some depths, and a
    note says so. `engine="graphviz"` lays out large graphs, by default of up to 1,000 nodes; it needs the extra
    ``graphviz`` and graphviz's own program ``dot``. Raises `ArgumentError` for an argument that it does not know, and
    `MissingExtraError` if a library is missing.

    >>> from scalargrad import Value
    >>> x = Value(3.0)
    >>> x.label = "x"
    >>> y = x * x + 2
    >>> y.backward()
    >>> print(draw(y, "text"))
    v2 = v1 + 2: data 11, grad 1
    ├─ 1 ─ v1 = x * x: data 9, grad 1
    │      ├─ 3 ─ x: data 3, grad 6
    │      └─ 3 ─ x, as above
    └─ 1 ─ 2
    <BLANKLINE>
    """
    require_value(y, "draw")
    require_format("draw", format, FORMATS)
    if rankdir not in ("LR", "TB"):
        raise ArgumentError(f'draw takes the rankdir "LR" or "TB", got {rankdir!r}')
    if not isinstance(engine, str) or engine not in ENGINES:
        raise ArgumentError(f"draw takes the engine {', '.join(map(repr, ENGINES))}, got {engine!r}")
    most = ENGINES[engine][1]
    if max_nodes is not None:
        most = require_count(max_nodes, "draw takes max_nodes of at least 0, got {}: 0 folds every graph", least=0)
    record = record_of(y)
    title = f"graph of {printable(y.label) or 'a Value'}"
    if len(record.ops) > most:
        boxes, note = folded(record)
        lines = [", ".join(box.lines) for box in boxes]
        text = "\n".join([note, *lines[::-1]]) + "\n"
    else:
        steps, last = steps_of(record)
        names, note = names_of(steps), ""
        boxes, text = boxes_of(steps, names), tree(steps, names, last)
    return Drawing(boxes, engine, text, title, note, format, rankdir)


def draw_dot(root: Any, format: str = "svg", rankdir: str = "LR", **options: Any) -> Drawing:
    """`draw` by the name and with the arguments that micrograd's notebooks give it. It also takes `max_nodes` and
    `engine`.

    >>> from scalargrad import Value
    >>> draw_dot(Value(2.0) * 3, rankdir="TB", max_nodes=100)
    <graph of a Value: 3 boxes>
    """
    return draw(root, format, rankdir=rankdir, **options)


def boxes_of(steps: Sequence[Step], names: Sequence[str]) -> list[Box]:
    """A box for each step."""
    boxes = []
    for step, name in zip(steps, names):
        if step.is_constant:
            boxes.append(Box([name], "", (), (), "constant"))
            continue
        lines = [name, f"data {number(step.data)}", f"grad {number(step.grad)}"]
        kind = "leaf" if step.is_leaf else "box"
        boxes.append(Box(lines, step.op, step.operands, [*map(number, step.partials)], kind))
    return boxes


_FAR = 34  # columns: a step that would begin further right begins at the left, below


def tree(steps: Sequence[Step], names: Sequence[str], last: int) -> str:
    """The graph as lines of text: below each number its operands, each with the derivative by it.

    A deep graph fits a screen: what would stand too far to the right stands by itself, further below.
    """
    lines: list[str] = []
    seen: set[int] = set()
    pending = [(last, "", "")]  # a step; what stands before its first line, and before the lines below it
    waiting: list[int] = []  # steps too far to the right, which begin a tree of their own, further below
    while pending or waiting:
        if not pending:
            next_one = waiting.pop(0)
            pending += [(next_one, "", "")] * (next_one not in seen)
            continue
        k, before, below = pending.pop()
        step, again = steps[k], k in seen
        if step.is_constant:
            lines.append(before + names[k])
            continue
        if again:
            lines.append(f"{before}{names[k]}, as above")
            continue
        if step.operands and len(before) > _FAR:
            lines.append(f"{before}{names[k]}, below")
            waiting += [k] * (k not in waiting)
            continue
        seen.add(k)
        made = f" = {operation(step, [names[k] for k in step.operands], 4)}" if step.op else ""
        lines.append(f"{before}{names[k]}{made}: data {number(step.data)}, grad {number(step.grad)}")
        rows = []
        for n, (operand, partial) in enumerate(zip(step.operands, step.partials)):
            is_last = n == len(step.operands) - 1
            slope = number(partial)
            rows.append((operand, f"{below}{'└' if is_last else '├'}─ {slope} ─ ",
                         below + (" " if is_last else "│") + " " * (len(slope) + 5)))  # fmt: skip
        pending += reversed(rows)
    return "\n".join(lines) + "\n"
