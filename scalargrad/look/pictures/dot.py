"""A drawing in the language of graphviz."""

from __future__ import annotations

from collections.abc import Sequence

from scalargrad.look.pictures.colours import SHAPES
from scalargrad.look.pictures.scene import Box

_FILLED = {kind: SHAPES[kind][0] for kind in ("leaf", "constant", "folded")}


def dot(boxes: Sequence[Box], note: str = "", downwards: bool = False) -> str:
    """The text of a graph that ``dot`` draws: a record for each number, an ellipse for the operation before it."""
    lines = ["digraph scalargrad {", f"  rankdir={'TB' if downwards else 'LR'};", '  node [fontname="monospace"];']
    if note:
        lines.append(f"  label={_quoted(_plain(note))};")
    for k, box in enumerate(boxes):
        fill = f', style=filled, fillcolor="{_FILLED[box.kind]}"' if box.kind in _FILLED else ""
        lines.append(f"  n{k} [shape=record, label={_quoted(' | '.join(map(_field, box.lines)))}{fill}];")
        if box.op:
            lines.append(f"  n{k}op [shape=ellipse, label={_quoted(_plain(box.op))}];")
            lines.append(f"  n{k}op -> n{k} [arrowhead=none];")
        for operand, slope in zip(box.operands, box.slopes):
            lines.append(f"  n{operand} -> n{k}{'op' if box.op else ''} [label={_quoted(slope)}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    """A text of graphviz, in which a backslash keeps its meaning: `_field` writes some."""
    return '"' + text.replace("\n", " ").replace('"', '\\"') + '"'


def _field(text: str) -> str:
    """A line of a record, where some characters have a meaning."""
    return "".join("\\" + x if x in "\\{}|<>" else x for x in text)


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\")
