"""``scalargrad formulas``: the formula ledger as a table with live checks, or one row worked out on numbers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import scalargrad as sg
from scalargrad import extras
from scalargrad.errors import ScalargradError
from scalargrad.ledger.rows import LEDGER, Row, find

_DRAWS = 20  # of random numbers per row


def _misses(row: Row, seed: int) -> list[str]:
    """The disagreements of a row on the random numbers of a seed. An error counts as one."""
    try:
        return [miss for each in row.check(random.Random(seed)).comparisons for miss in each.misses(row.units)]
    except (ArithmeticError, ScalargradError, ValueError) as error:
        return [f"{type(error).__name__}: {error}"]


@contextmanager
def _bar() -> Iterator[Callable[[Row], None]]:
    """A live bar, for a terminal, drawn by rich."""
    rich = extras.load("rich.progress")
    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.TextColumn("{task.completed} of {task.total}"),
    )
    with rich.Progress(*columns, transient=True) as progress:
        task = progress.add_task("checking", total=len(LEDGER))
        yield lambda row: progress.update(task, advance=1, description=f"checked {row.id}")


@contextmanager
def _quiet() -> Iterator[Callable[[Row], None]]:
    """No bar. The line of each row shows that it has been checked."""
    yield lambda row: None


def check_all(rows: Iterable[Row] = LEDGER) -> int:
    """Prints all rows with their verdicts. Returns 1 if one fails, else 0."""
    live = extras.on_terminal() and extras.found("rich", "plain lines show the progress")
    print(f"{'row':4} {'check':6} {'tolerance':22} {'source':15} statement", flush=True)
    failed: list[tuple[Row, str]] = []
    count = 0
    with (_bar if live else _quiet)() as advance:
        for row in rows:
            misses = [miss for seed in range(_DRAWS) for miss in _misses(row, seed)]
            verdict = "FAILS" if misses else "holds"
            print(f"{row.id:4} {verdict:6} {row.tolerance:22} {row.source:15} {row.statement}", flush=True)
            failed += [(row, misses[0])] if misses else []
            count += 1
            advance(row)
    for row, miss in failed:
        print(f"{row.id} fails: {miss}")
    print(f"{count - len(failed)} of {count} rows hold on {_DRAWS} draws each, backend {sg.backend()}")
    return 1 if failed else 0


def _written(x: Any) -> str:
    """Nested lists as text, with six digits per number."""
    if isinstance(x, (list, tuple)):
        return f"[{', '.join(_written(item) for item in x)}]"
    return f"{x:.6g}" if isinstance(x, float) else str(x)


def work_out(row: Row) -> int:
    """Prints a row worked out on numbers. Returns 1 if it fails there, else 0."""
    print(f"{row.id}: {row.statement}")
    print(f"source: {row.source}; functions: {', '.join(row.functions)}; test: {row.test}")
    print(f"tolerance: {row.tolerance}, since {row.reason}")
    for erratum in row.errata:
        print(f"{erratum.id}, a wrong form: {erratum.wrong}\n    the right one: {erratum.right}")
    worked = row.check(random.Random(0))
    print("\ninputs")
    for name, value in worked.inputs.items():
        print(f"  {name} = {_written(value)}")
    failed = False
    for each in worked.comparisons:
        misses = each.misses(row.units)
        failed |= bool(misses)
        print(f"\n{each.what}\n  analytic            {_written(each.analytic)}")
        print(f"  engine              {_written(each.engine)}")
        print(f"  largest difference  {each.difference():.3g}: {'FAILS' if misses else 'holds'}")
        print("".join(f"  {miss}\n" for miss in misses), end="")
    return int(failed)


def run(id: str | None) -> int:
    """Checks the ledger, or works out one row. Raises `ArgumentError` for an unknown row."""
    return check_all() if id is None else work_out(find(id))
