"""Writes the tables of docs/conventions.md from `scalargrad/ops.py`: ``python docs/generate.py``. A test compares."""

from __future__ import annotations

import re
from pathlib import Path

from scalargrad import ops

PAGE = Path(__file__).parent / "conventions.md"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def kinks() -> str:
    """The conventions where a derivative does not exist."""
    named = [(r.name, r.kink) for r in (*ops.PRIMITIVES, *ops.REDUCTIONS) if r.kink]
    return _table(["primitive", "convention"], [[_code(name), kink] for name, kink in named])


def primitives() -> str:
    """Every row of the table: value and partials."""
    rows = []
    for row in ops.ROWS:
        name = f"{row.name}({', '.join(row.operands)})"
        partials = "<br>".join(f"∂{o}: {_code(p)}" for o, p in zip(row.operands, row.partials))
        rows.append([_code(name), _code(row.value), partials or "(internal)"])
    return _table(["primitive", "value", "partials"], rows)


def reductions() -> str:
    rows = [[_code(r.name), r.value, _code(r.partial), r.gathers] for r in ops.REDUCTIONS]
    return _table(["reduction", "value", "partial by x", "where"], rows)


def page(text: str) -> str:
    """The page with its tables made anew."""
    for name, table in (("kinks", kinks()), ("primitives", primitives()), ("reductions", reductions())):
        marked = rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)"
        text, found = re.subn(marked, lambda m, table=table: f"{m[1]}\n{table}\n\n{m[2]}", text, flags=re.DOTALL)
        assert found == 1, name
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
