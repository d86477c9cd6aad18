"""`draw`: the graph of a Value as a picture or as text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from scalargrad.errors import ArgumentError
from scalargrad.look.dot import dot
from scalargrad.look.folding import folded
from scalargrad.look.picture import Box, svg
from scalargrad.look.steps import Step, names_of, number, record_of, require_value, steps_of
from scalargrad.look.telling import operation

FORMATS = ("svg", "dot", "text")
MOST = 60  # nodes that are drawn one by one, unless more are asked for


class Drawing:
    """A drawing of a graph. A notebook shows it; `str` is its text; `save` writes it to a file."""

    def __init__(self, boxes: Sequence[Box], text: str, title: str, note: str, format: str, rankdir: str) -> None:
        self.format, self.note = format, note
        self._boxes, self._text, self._title, self._downwards = boxes, text, title, rankdir == "TB"

    @property
    def source(self) -> str:
        """The drawing in the language of graphviz."""
        return self._in("dot")

    def _in(self, format: str) -> str:
        if format == "svg":
            return svg(self._boxes, self._title, self.note, self._downwards)
        return dot(self._boxes, self.note, self._downwards) if format == "dot" else self._text

    def __str__(self) -> str:
        return self._in(self.format)

    def __repr__(self) -> str:
        return f"<{self._title}: {len(self._boxes)} boxes{', ' + self.note if self.note else ''}>"

    def _repr_svg_(self) -> str:
        return self._in("svg")

    def save(self, path: str | os.PathLike[str]) -> str:
        """Writes the drawing to a file: SVG, DOT or text, by the end of its name, ``.svg``, ``.dot`` (or ``.gv``) or
        ``.txt``. Returns the path."""
        name = os.fspath(path)
        ending = os.path.splitext(name)[1].lower()
        format = {".svg": "svg", ".dot": "dot", ".gv": "dot", ".txt": "text"}.get(ending)
        if format is None:
            raise ArgumentError(f"a drawing is saved as .svg, .dot or .txt, got {name!r}")
        with open(name, "w", encoding="utf-8") as file:
            file.write(self._in(format))
        return name

    def render(self, filename: str | os.PathLike[str] = "graph", **_: Any) -> str:
        """Writes the SVG, as graphviz does under this name, to `filename` with ``.svg`` added. Returns the path."""
        return self.save(f"{os.fspath(filename)}.svg")


def draw(y: Any, format: str = "svg", *, rankdir: str = "LR", max_nodes: int = MOST) -> Drawing:
    """Returns a drawing of the graph of a Value: in a notebook it is shown, ``draw(y).save("y.svg")`` writes it.

    Each box has a number's label, its `data`, and its `grad` from the last `backward`. Before it stands the operation
    that made it, with its operands in order; on the edges are the local derivatives. `format`, of `str(draw(y))`, is
    "svg", "dot" (for graphviz) or "text". `rankdir` is "LR", from left to right, or "TB", from top to bottom. A graph
    of more than `max_nodes` nodes is folded: a box has all operations of some depths, and a note says so.

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
    if format not in FORMATS:
        raise ArgumentError(f"draw takes the format {', '.join(map(repr, FORMATS))}, got {format!r}")
    if rankdir not in ("LR", "TB"):
        raise ArgumentError(f'draw takes the rankdir "LR" or "TB", got {rankdir!r}')
    record = record_of(y)
    title = f"graph of {y.label or 'a Value'}"
    if len(record.ops) > max_nodes:
        boxes, note = folded(record)
        lines = [", ".join(box.lines) for box in boxes]
        return Drawing(boxes, "\n".join([note, *lines[::-1]]) + "\n", title, note, format, rankdir)
    steps, last = steps_of(record)
    names = names_of(steps)
    return Drawing([*map(_box, steps, names)], tree(steps, names, last), title, "", format, rankdir)


def draw_dot(root: Any, format: str = "svg", rankdir: str = "LR") -> Drawing:
    """`draw` by the name that micrograd's notebooks give it."""
    return draw(root, format, rankdir=rankdir)


def _box(step: Step, name: str) -> Box:
    if step.is_constant:
        return Box([name], "", (), (), "constant")
    lines = [name, f"data {number(step.data)}", f"grad {number(step.grad)}"]
    return Box(lines, step.op, step.operands, [*map(number, step.partials)], "leaf" if step.is_leaf else "box")


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
        made = f" = {operation(step, [names[k] for k in step.operands])}" if step.op else ""
        lines.append(f"{before}{names[k]}{made}: data {number(step.data)}, grad {number(step.grad)}")
        rows = []
        for n, (operand, partial) in enumerate(zip(step.operands, step.partials)):
            is_last = n == len(step.operands) - 1
            slope = number(partial)
            rows.append((operand, f"{below}{'└' if is_last else '├'}─ {slope} ─ ",
                         below + (" " if is_last else "│") + " " * (len(slope) + 5)))  # fmt: skip
        pending += reversed(rows)
    return "\n".join(lines) + "\n"
