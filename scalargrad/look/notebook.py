"""What a notebook shows at the end of a cell: the graph of a Value, the numbers of an array, the layers of a model."""

from __future__ import annotations

from html import escape
from typing import Any

from scalargrad.look.drawing import draw
from scalargrad.look.steps import names_of, number, record_of, steps_of
from scalargrad.look.telling import formula
from scalargrad.nodes import displays

ROWS, COLUMNS = 20, 12  # of an array that are shown
NODES, OPERANDS = 20, 100  # of a graph that is written as a formula, at most


def graph(value: Any) -> str:
    """The drawing of a Value's graph, as SVG."""
    return str(draw(value))


def latex(value: Any) -> str:
    """A Value as a LaTeX formula of its leaves; empty for more than a few nodes."""
    record = record_of(value)
    if len(record.codes) > 8 * OPERANDS:
        return ""
    steps, last = steps_of(record)
    return formula(steps, names_of(steps), last) if sum(not x.is_constant for x in steps) <= NODES else ""


def module(model: Any) -> str:
    """The layers of a network, as an HTML table."""
    from scalargrad.look.summaries.modules import of_module

    return of_module(model)._repr_html_()


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
displays.register("latex", latex)
displays.register("module", module)
displays.register("table", table)
