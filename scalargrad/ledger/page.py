"""docs/formulas.md: the chapters with an example per row, the errata with their numbers, each source's own order."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scalargrad.ledger import rows as ledger
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.index import INDEX
from scalargrad.ledger.row import SOURCES, Erratum, Row
from scalargrad.ledger.rows import CHAPTERS, ERRATA
from scalargrad.ledger.show import labelled, parted

_SHOWN = 3  # the number of results in an example; `scalargrad formulas` shows all


def _block(lines: Iterable[str]) -> list[str]:
    return ["```text", *lines, "```", ""]


def _text(plain: object) -> str:
    """A text in which Markdown finds no signs of its own."""
    return re.sub(r"[*\[\]<]", r"\\\g<0>", str(plain))


def _example(row: Row) -> list[str]:
    """The row on the numbers of seed 0: its inputs, and the first results, which closed form and engine agree on."""
    found = ledger.check(row)
    lines = [line for name, x in found.inputs.items() for line in labelled(f"{name} =", x)]
    results = [each for each in found.comparisons if not each.is_step and "denominator layout" not in each.what]
    for each in results[:_SHOWN]:
        lines += ["", each.what, *labelled("   ", each.engine)]
    return _block(lines)


def _steps(comparisons: list[Comparison]) -> list[str]:
    steps = [f"{k}. ${each.latex}$" for k, each in enumerate(filter(lambda each: each.is_step, comparisons), 1)]
    return ["Steps, each checked:", "", *steps, ""] if steps else []


def _row(row: Row) -> list[str]:
    cited = f"Source: {'; '.join(row.sources)}. " if row.sources else ""
    functions = ", ".join(f"`{name}`" for name in row.functions)
    lines = [
        f"### {row.id}: {row.title}",
        "",
        f"{row.latex}.",
        "",
        f"{cited}Functions: {functions}. Test: `{row.test}`.",
    ]
    lines += [f"Tolerance {_text(row.tolerance)}: {_text(row.reason)}.", "", *_steps(ledger.check(row).comparisons)]
    errata = [erratum for erratum in ERRATA if erratum.row == row.id]
    lines += [f"- {erratum.id}, wrong in print: {erratum.wrong_latex}." for erratum in errata]
    refutations = ledger.check(row).refutations
    for misprint in row.misprints:
        shown = [
            f"    - {_text(each.what)}: {_text(parted(each))}." for each in refutations if each.of == misprint.text
        ]
        lines += [f"- Misprint: {_text(misprint)}.", *shown]
    return [*lines, *([""] if errata or row.misprints else []), *_example(row)]


def chapters() -> str:
    """All rows, chapter by chapter."""
    lines: list[str] = []
    for key, (title, group) in CHAPTERS.items():
        lines += [f"## {key}. {title}", ""]
        for row in group:
            lines += _row(row)
    return "\n".join(lines).strip()


def _erratum(erratum: Erratum) -> list[str]:
    found = ledger.check(erratum)
    lines = [line for name, x in found.inputs.items() for line in labelled(f"{name} =", x)]
    for each in found.refutations:
        _, wrong, right = each.parts()[0]
        apart = isinstance(wrong, list)  # of another shape
        lines += ["", each.what, *(labelled("    wrong", wrong) + labelled("    right", right) if apart else [])]
        lines += [f"    {parted(each)}"]
    forms = f"Wrong: {erratum.wrong_latex}. Right: {erratum.right_latex} ({erratum.row})."
    cited = f"Source: {'; '.join(erratum.sources)}. Test: `{erratum.test}`."
    return [f"### {erratum.id}: {erratum.title}", "", forms, cited, "", *_block(lines)]


def errata() -> str:
    """The wrong forms beside the right ones, on numbers."""
    return "\n".join(line for erratum in ERRATA for line in _erratum(erratum)).strip()


def sources() -> str:
    """What stands where in each source, and which row checks it."""
    lines: list[str] = []
    for key, source in SOURCES.items():
        lines += [f"**{key}**: {source}", "", "| place | what stands there | rows |", "| --- | --- | --- |"]
        lines += [
            f"| {e.place} | {_text(e.what).replace('|', chr(92) + '|')} | {', '.join(e.rows)} |"
            for e in INDEX
            if e.source == key
        ]
        lines.append("")
    return "\n".join(lines).strip()
