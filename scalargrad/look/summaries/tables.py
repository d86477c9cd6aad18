"""Facts and a table, as text of 80 columns and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap

COLUMNS = 80

Facts = Sequence[tuple[str, str]]
Rows = Sequence[Sequence[str]]


def text(title: str, facts: Facts, rows: Rows = (), note: str = "") -> str:
    """Lines of at most 80 columns: the title, each fact after its word, the table, and a note."""
    width = max((len(word) for word, _ in facts), default=0) + 4
    lines = wrap(title, COLUMNS, break_on_hyphens=False)
    for word, fact in facts:
        first, *others = wrap(fact, COLUMNS - width, break_on_hyphens=False) or [""]
        lines += [f"  {word:{width - 2}}{first}", *(" " * width + line for line in others)]
    if rows:
        widths = [max(map(len, column)) for column in zip(*rows)]
        for name, *numbers in rows:
            cells = [f"{x:>{w}}" for x, w in zip(numbers, widths[1:])]
            lines.append("  ".join([f"  {name:{widths[0]}}", *cells]).rstrip())
    if note:
        lines += wrap(note, COLUMNS - 2, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(lines)


def html(title: str, facts: Facts, rows: Rows = (), note: str = "") -> str:
    """The same as HTML tables."""
    lines = [f"<tr>{_cell('th', word)}{_cell('td', fact)}</tr>" for word, fact in facts]
    found = f"<table><caption>{escape(title)}</caption><tbody>{''.join(lines)}</tbody></table>"
    if rows:
        found += table("", rows, note)
    return found


def table(caption: str, rows: Rows, note: str = "") -> str:
    """An HTML table whose first row is its heading."""
    head, *body = rows
    first = "".join(_cell("th", x) for x in head)
    cells = ["".join(_cell("td", x, _is_number(x)) for x in row) for row in body]
    lines = "".join(f"<tr>{row}</tr>" for row in cells)
    caption = f"<caption>{escape(caption)}</caption>" if caption else ""
    below = f"<p>{escape(note)}</p>" if note else ""
    return f"<table>{caption}<thead><tr>{first}</tr></thead><tbody>{lines}</tbody></table>{below}"


def _cell(tag: str, text: str, is_number: bool = False) -> str:
    """A cell: to the left, where notebooks would set it to the right, unless it is a number."""
    return f'<{tag} style="text-align: {"right" if is_number else "left"}">{escape(text)}</{tag}>'


def _is_number(text: str) -> bool:
    return text.replace(",", "").lstrip("-")[:1].isdigit() or text in ("nan", "inf")
