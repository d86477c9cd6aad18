"""What a notebook shows at the end of a cell: the graph of a Value, the numbers of an array."""

from __future__ import annotations

from html import escape
from typing import Any

from scalargrad.look.drawing import draw
from scalargrad.look.steps import number
from scalargrad.nodes import displays

ROWS, COLUMNS = 20, 12  # of an array that are shown


def graph(value: Any) -> str:
    """The drawing of a Value's graph, as SVG."""
    return str(draw(value))


def table(array: Any) -> str:
    """An HTML table of the first numbers of a Vector, Matrix or Mask, with its shape."""
    shape = array.shape
    rows = [list(array.data)] if len(shape) == 1 else [list(row) for row in array.data]
    wide, high = max(map(len, rows), default=0) > COLUMNS, len(rows) > ROWS
    cells = [[number(float(x)) for x in row[:COLUMNS]] + ["…"] * (len(row) > COLUMNS) for row in rows[:ROWS]]
    if high:
        cells.append(["…"] * (COLUMNS + wide if wide else max(map(len, rows))))
    kind = type(array).__name__
    caption = f"{kind}, {' by '.join(map(str, shape))}"
    body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in cells)
    return f"<table><caption>{escape(caption)}</caption><tbody>{body}</tbody></table>"


displays.register("graph", graph)
displays.register("table", table)
