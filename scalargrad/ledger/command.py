"""``scalargrad formulas``: the formula ledger with live checks, searched, or one row worked out on numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import scalargrad as sg
from scalargrad import extras
from scalargrad.errors import ArgumentError, ScalargradError
from scalargrad.extras import wrapped
from scalargrad.ledger import rows as ledger
from scalargrad.ledger.finding import Hit
from scalargrad.ledger.index import Entry
from scalargrad.ledger.row import SOURCES, Erratum, Row
from scalargrad.ledger.rows import CHAPTERS, ERRATA, LEDGER, Checked
from scalargrad.ledger.show import SCREEN, labelled, number, parted, quoted

DRAWS = 20  # of random numbers per row


def misses(row: Row | Erratum, seed: int) -> list[str]:
    """The disagreements of a row on the random numbers of a seed. An error counts as one."""
    try:
        return ledger.check(row, seed=seed).misses
    except (ArithmeticError, LookupError, ScalargradError, TypeError, ValueError) as error:
        return [f"{type(error).__name__}: {error}"]


@contextmanager
def _bar(total: int) -> Iterator[Callable[[str], None]]:
    """A live bar, for a terminal, drawn by rich."""
    rich = extras.load("rich.progress")
    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.TextColumn("{task.completed} of {task.total}"),
    )
    with rich.Progress(*columns, transient=True) as progress:
        task = progress.add_task("checking", total=total)
        yield lambda id: progress.update(task, advance=1, description=f"checked {id}")


@contextmanager
def _quiet(total: int) -> Iterator[Callable[[str], None]]:
    """No bar. The line of each row shows that it has been checked."""
    yield lambda id: None


def check_all() -> int:
    """Prints all rows by chapter with their verdicts, then the errata. Returns 1 if one fails, else 0."""
    live = extras.on_terminal() and extras.found("rich", "plain lines show the progress")
    chapters: list[tuple[str, str, Iterable[Row | Erratum]]] = [(key, *chapter) for key, chapter in CHAPTERS.items()]
    chapters.append(("E", "Errata: what published derivations get wrong", ERRATA))
    failed: list[tuple[str, str]] = []
    with (_bar if live else _quiet)(len(LEDGER) + len(ERRATA)) as advance:
        for key, title, group in chapters:
            print(f"{key}. {title}", flush=True)
            for row in group:
                found = [miss for seed in range(DRAWS) for miss in misses(row, seed)]
                holds = "holds" if isinstance(row, Row) else "refuted"  # the erratum's form is refuted
                print(wrapped(f"  {row.id:4} {'FAILS' if found else holds:7}  {row.title}", "", " " * 16), flush=True)
                failed += [(row.id, found[0])] if found else []
                advance(row.id)
    for id, miss in failed:
        print(wrapped(f"{id} fails: {miss}", "", "  "))
    count = len(LEDGER) + len(ERRATA)
    print(wrapped(f"{count - len(failed)} of {count} rows hold on {DRAWS} draws each, backend {sg.backend()}"))
    print("`scalargrad formulas C7` works a row out; `scalargrad formulas softmax` finds")
    print("rows by words, formulas and sources:")
    for key, source in SOURCES.items():
        print(wrapped(f"{key}  {source}", "  ", "    "))
    return 1 if failed else 0


def _sources(row: Row | Erratum) -> str:
    """The sources in full, each with all its places, after its key."""
    places: dict[str, list[str]] = {}
    for key, _, place in (source.partition(" ") for source in row.sources):
        places.setdefault(key, []).append(place)
    return "; ".join(f"{key} {', '.join(at)}: {SOURCES[key]}" for key, at in places.items())


def _print_comparison(checked: Checked, step: bool) -> None:
    for k, each in enumerate([each for each in checked.comparisons if each.is_step is step], 1):
        print("\n" + wrapped(f"step {k}: {each.what}" if step else each.what, "", "    "))
        found = each.misses(checked.units)
        for name, x in (("closed form", each.analytic), ("engine", each.engine)):
            print("\n".join(labelled(f"  {name:11}", x)))
        print(f"  difference  {number(each.difference())}: {'FAILS' if found else 'holds'}")
        for miss in found[:3]:
            print(wrapped(miss, "  ", "  "))


def _print_refutation(checked: Checked) -> None:
    for each in checked.refutations:
        print("\n" + wrapped(f"{'misprint: ' if each.of else ''}{each.what}", "", "    "))
        for name, x in (("wrong form", each.wrong), ("right form", each.right.analytic), ("engine", each.right.engine)):
            print("\n".join(labelled(f"  {name:11}", x)))
        print(wrapped(parted(each) or "they agree on these numbers: try others", "  ", "  "))
        for miss in each.misses(checked.units)[:3]:
            print(wrapped(f"FAILS: {miss}", "  ", "  "))


def work_out(row: Row | Erratum, given: dict[str, Any], seed: int = 0) -> int:
    """Prints a row worked out on numbers, step by step. Returns 1 if it fails there, else 0."""
    checked = ledger.check(row, given, seed)
    print(wrapped(f"{row.id}: {row.title}", "", "    "))
    if isinstance(row, Row):
        print(wrapped(row.plain, "    "))
        if row.sources:
            print(wrapped(f"source: {_sources(row)}", "", "    "))
        print(wrapped(f"functions: {', '.join(row.functions)}", "", "    "))
        print(wrapped(f"tolerance: {row.tolerance}: {row.reason}", "", "    "))
        for misprint in row.misprints:
            shown = [parted(each).removeprefix("they part").lstrip(": ") for each in checked.refutations
                     if each.of == misprint.text and each.parts()]  # fmt: skip
            print(wrapped(": ".join([f"misprint: {misprint}", *shown[:1]]), "", "    "))
        for erratum in ERRATA:
            if erratum.row == row.id:
                print(wrapped(f"{erratum.id}, a wrong form: {erratum.wrong}", "", "    "))
    else:
        print(wrapped(f"the wrong form: {row.wrong}", "", "    "))
        print(wrapped(f"the right form: {row.right} (row {row.row})", "", "    "))
        print(wrapped(f"source: {_sources(row)}", "", "    "))
    print(f"\ninputs (--seed {seed}; give your own with NAME=1,2,3 or NAME=1,2/3,4)")
    for name, value in checked.inputs.items():
        print("\n".join(labelled(f"  {name} =", value)))
    _print_comparison(checked, True)
    _print_comparison(checked, False)
    _print_refutation(checked)
    return int(not checked.holds)


def look_up(text: str) -> int:
    """Prints the rows that a text leads to, and the places in the sources, the best first, on a screen.

    Raises `ArgumentError` if there are none. A section of a source, or all of one, may be longer than a screen.
    """
    found = ledger.hits(text)
    if not found:
        raise ArgumentError(
            f"no row has {quoted(text)}{ledger.near(text) or ': `scalargrad formulas` lists all titles'}"
        )
    shown = [_shown(hit, whole=True) for hit in found]
    if ledger.is_place(text) or sum(map(len, shown)) <= SCREEN:
        print("\n".join(line for lines in shown for line in lines))
        return 0
    shown = [_shown(hit, whole=False) for hit in found]
    count = 0  # of the results that a screen has room for
    while count < len(shown) and sum(map(len, shown[: count + 1])) <= SCREEN - 3:
        count += 1
    print("\n".join(line for lines in shown[:count] for line in lines))
    if rest := found[count:]:
        ids = dict.fromkeys(id for hit in rest for id in _ids(hit.found))
        print(wrapped(f"and {len(rest)} more, of {', '.join(list(ids)[:20])}{' …' if len(ids) > 20 else ''}: "
                      "more words find fewer"))  # fmt: skip
    return 0


def _ids(found: Row | Erratum | Entry) -> tuple[str, ...]:
    return found.rows if isinstance(found, Entry) else (found.id,)


def _shown(hit: Hit, whole: bool) -> list[str]:
    """The lines of a result: of a row the title, and if it is wanted whole, its statement, and why it is found."""
    found = hit.found
    if isinstance(found, Entry):
        lines = [wrapped(f"{found.source} {found.place}: {found.what} → {', '.join(found.rows)}", "", "    ")]
    else:
        lines = [wrapped(f"{found.id:4} {found.title}", "", "     ")]
        if whole:
            lines.append(wrapped(found.plain if isinstance(found, Row) else f"not {found.wrong}", "     "))
        if hit.why:
            lines.append(wrapped(f"found by {hit.why}", "     "))
    return "\n".join(lines).split("\n")


def _value(text: str) -> Any:
    """1,2,3 is a list; 1,2/3,4 or 1,2;3,4 a list of rows; another text stays as it is."""
    rows = re.split("[/;]", text)
    if len(rows) > 1:
        return [_value(f"{part},") for part in rows if part.strip()]
    if "," in text:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def run(words: Sequence[str], seed: int = 0) -> int:
    """Checks the ledger, searches it, or works a row out. Raises `ArgumentError` for what is not there."""
    if not words:
        return check_all()
    row = ledger.find(words[0])
    pairs = [word.partition("=") for word in words[row is not None :]]
    named = [name for name, sign, value in pairs if sign and name.isidentifier()]
    if row is not None and len(named) == len(pairs):
        if twice := [name for name in named if named.count(name) > 1]:
            raise ArgumentError(f"{twice[0]} is given twice")
        code = work_out(row, {name.replace("_hat", "hat"): _value(value) for name, _, value in pairs}, seed)
        if others := ledger.also_a_symbol(words[0]):
            print(f"\n{words[0]} is also a symbol in {', '.join(others)}")
        return code
    if named and all(_are_numbers(value) for name, _, value in pairs if name in named):
        names = [word for word in words if "=" not in word]
        if names:
            ledger.named(" ".join(names))  # says that there is no such row
        raise ArgumentError("name the row that takes these numbers: scalargrad formulas C7 z=1,2,3")
    return look_up(" ".join(words))


def _are_numbers(text: str) -> bool:
    return bool(re.fullmatch(r"[-+\d.,;/einfna]*", text)) and any(map(str.isdigit, text))
