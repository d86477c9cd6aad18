"""Arrays as text: `repr`, cut at a screen, and `format`, which writes each element by a format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from scalargrad.arrays import reading
from scalargrad.arrays.reading import Shape
from scalargrad.extras import WIDTH

_HEIGHT = 20  # lines
_CUT = "..."
_NEWLINE, _SPACE = "\n", " "
_KEPT = 3  # rows shown at either end of a long matrix, and numbers at the end of a long vector

Write = Callable[[Any], str]


def shown(name: str, items: Sequence[Any], shape: Shape) -> str:
    """The text ``name([...])``, a line per row of a matrix, cut at a screen.

    The shape follows, but for a vector in one line. Numbers are written as Python writes them if all fit on a screen,
    else with six digits.
    """
    text = _text(name, items, shape, repr)
    if _CUT in text and items and isinstance(items[0], float):
        text = _text(name, items, shape, lambda x: repr(float(f"{x:.6g}")))
    return text


def formatted(items: Sequence[Any], shape: Shape, spec: str) -> str:
    """All elements by a format, a line per row of a matrix."""
    rows = reading.nest([format(x, spec) for x in items], shape)
    if len(shape) == 1:
        return f"[{', '.join(rows)}]"
    return "[" + ",\n ".join(f"[{', '.join(row)}]" for row in rows) + "]"


def _text(name: str, items: Sequence[Any], shape: Shape, write: Write) -> str:
    indent = len(name) + 2
    room = WIDTH - indent - len("],")
    lines = _wrapped(items, room, write) if len(shape) == 1 else _rows(items, shape, room - 2, write)
    body = f"{name}([{f',{_NEWLINE}{indent * _SPACE}'.join(lines)}]"
    if items and len(shape) == 1 and len(lines) == 1:
        return f"{body})"
    end = f"shape={shape})"
    fits = indent + len(lines[-1] if lines else "") + len(f"], {end}") <= WIDTH
    return f"{body}, {end}" if fits else f"{body},{_NEWLINE}{(indent - 1) * _SPACE}{end}"


def _wrapped(items: Sequence[Any], room: int, write: Write) -> list[str]:
    """The lines of a vector: as many as a screen has."""
    lines: list[str] = [""]
    for k, x in enumerate(items):
        text = write(x)
        if lines[-1] and len(lines[-1]) + 2 + len(text) > room:
            if len(lines) == _HEIGHT - 1 and k < len(items) - _KEPT:
                return [*lines, f"{_CUT}, {', '.join(map(write, items[-_KEPT:]))}"]
            lines.append(text)
        else:
            lines[-1] += f", {text}" if lines[-1] else text
    return lines


def _rows(items: Sequence[Any], shape: Shape, room: int, write: Write) -> list[str]:
    """The lines of a matrix, one per row."""
    rows, columns = shape
    chosen = list(range(rows)) if rows <= _HEIGHT else [*range(_KEPT), -1, *range(rows - _KEPT, rows)]
    return [_CUT if r < 0 else _row(items[r * columns : (r + 1) * columns], room, write) for r in chosen]


def _row(items: Sequence[Any], room: int, write: Write) -> str:
    """A row in brackets: its first numbers and its last, if there is no room for all."""
    texts: list[str] = []
    used = 0
    for k, x in enumerate(items):
        texts.append(write(x))
        used += len(texts[-1]) + 2
        if used - 2 > room and k:
            break
    if used - 2 <= room or len(items) == 1:
        return f"[{', '.join(texts)}]"
    last = write(items[-1])
    while len(texts) > 1 and sum(len(text) + 2 for text in texts) + len(_CUT) + 2 + len(last) > room:
        texts.pop()
    return f"[{', '.join([*texts, _CUT, last])}]"
