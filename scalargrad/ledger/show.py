"""Rows and numbers as text for a terminal of 80 columns: matrices in rows, lines cut at words."""

from __future__ import annotations

import textwrap
from typing import Any

from scalargrad.calculus.shapes import shape
from scalargrad.extras import WIDTH
from scalargrad.ledger.compare import Refutation

SCREEN = 24  # lines


def quoted(text: str) -> str:
    """What was typed, in quotes, as it was typed; its beginning, if it is long."""
    return f"'{text}'" if len(text) <= 60 else f"'{text[:60].rstrip()} …'"


def number(x: Any) -> str:
    """A number with six digits; -0.0 as 0."""
    return f"{x + 0.0:.6g}" if isinstance(x, float) else str(x)


def parted(refutation: Refutation) -> str:
    """Where a wrong form parts from the right one, with both numbers; empty if they agree."""
    for path, wrong, right in refutation.parts()[:1]:
        if isinstance(wrong, str):
            return f"they part: {wrong}"
        if isinstance(wrong, (list, tuple)):
            return f"they part: {_size(wrong)} is not {_size(right)}"
        return f"they part{' at ' + path if path else ''}: {number(wrong)} is not {number(right)}"
    return ""


def _size(x: Any) -> str:
    """The lengths of nested lists, such as 3×2."""
    return "×".join(map(str, shape(x))) or "a number"


def _is_flat(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and not any(isinstance(item, (list, tuple)) for item in x)


def lines(x: Any, width: int = WIDTH - 14) -> list[str]:
    """Nested lists as lines: a matrix row by row, a list of matrices one after the other.

    >>> print("\\n".join(lines([[1.0, -2.5], [10.0, 0.25]])))
    [  1  -2.5 ]
    [ 10  0.25 ]
    """
    if not isinstance(x, (list, tuple)):
        return [number(x)]
    if _is_flat(x):
        return textwrap.wrap("[" + ", ".join(map(number, x)) + "]", width) or ["[]"]
    if all(_is_flat(row) for row in x) and len({len(row) for row in x}) == 1:
        return _matrix([[number(item) for item in row] for row in x], width)
    return [line for k, part in enumerate(x) for line in labelled(f"{k}:", part, width)]


def _matrix(cells: list[list[str]], width: int) -> list[str]:
    """The rows of a matrix. Where they are too wide, each goes on in the next line, below its first columns.

    >>> print("\\n".join(_matrix([["1", "-2", "3"], ["4", "5", "-6"]], 11)))
    [  1  -2
       3 ]
    [  4   5
      -6 ]
    """
    widths = [max(map(len, column)) for column in zip(*cells)]
    count = max(len(widths), 1)  # of columns in a line
    if sum(widths) + 2 * count + 2 > width:
        widths = [max(widths)] * count
        count = max((width - 2) // (widths[0] + 2), 1)
    found: list[str] = []
    for row in cells:
        padded = [cell.rjust(size) for cell, size in zip(row, widths)]
        parts = ["  ".join(padded[k : k + count]) for k in range(0, len(padded), count)]
        found += ["[ " + "\n  ".join(parts) + " ]"]
    return "\n".join(found).split("\n")


def labelled(label: str, x: Any, width: int = WIDTH) -> list[str]:
    """The lines of nested lists after a label, at most so wide."""
    first, *rest = lines(x, width - len(label) - 1)
    return [f"{label} {first}", *(" " * (len(label) + 1) + line for line in rest)]
