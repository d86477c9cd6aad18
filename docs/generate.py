"""Writes the tables of the documentation: ``python docs/generate.py``. A test compares.

Those of docs/conventions.md come from `scalargrad/table/ops.py`, those of docs/formulas.md from
`scalargrad/ledger/rows.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from scalargrad.ledger.rows import ERRATA, LEDGER
from scalargrad.table import ops

FOLDER = Path(__file__).parent


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


def ledger_rows() -> str:
    """The ledger: what each row says, what computes it, and what holds it."""
    rows = []
    for row in LEDGER:
        functions = "<br>".join(map(_code, row.functions))
        errata = "<br>".join(f"{erratum.id}: not {erratum.wrong}" for erratum in row.errata)
        tolerance = f"{row.tolerance}: {row.reason}"
        rows.append([row.id, row.statement, functions, _code(row.test), tolerance, errata, row.source])
    return _table(["id", "statement", "functions", "test", "tolerance and its reason", "erratum", "source"], rows)


def errata() -> str:
    """The wrong forms beside the right ones."""
    rows = [[e.id, e.row, e.wrong, e.right, _code(e.test)] for e in ERRATA]
    return _table(["id", "row", "the wrong form", "the right form", "test"], rows)


PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "conventions.md": {"kinks": kinks, "primitives": primitives, "reductions": reductions},
    "formulas.md": {"rows": ledger_rows, "errata": errata},
}


def page(name: str, text: str) -> str:
    """The text of a page with its tables made anew."""
    for mark, table in PAGES[name].items():
        marked, made = rf"(<!-- {mark} -->\n).*?(<!-- end of {mark} -->)", table()
        text, found = re.subn(marked, lambda m, made=made: f"{m[1]}\n{made}\n\n{m[2]}", text, flags=re.DOTALL)
        assert found == 1, mark
    return text


if __name__ == "__main__":
    for name in PAGES:
        (FOLDER / name).write_text(page(name, (FOLDER / name).read_text()))
