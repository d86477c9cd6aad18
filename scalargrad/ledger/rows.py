"""The ledger: all rows and errata, how to find them, and how to check one."""

from __future__ import annotations

import difflib
import math
import random
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from scalargrad.errors import ArgumentError, ScalargradError
from scalargrad.ledger import finding
from scalargrad.ledger.chapters import algebra, chain, errata, jacobians, layers, networks, second_order, transformers
from scalargrad.ledger.compare import Comparison, Refutation
from scalargrad.ledger.row import Erratum, Row
from scalargrad.ledger.show import quoted
from scalargrad.ledger.work import Work
from scalargrad.transforms.containers import flat

CHAPTERS: dict[str, tuple[str, tuple[Row, ...]]] = {
    "A": ("One variable and many", chain.ROWS),
    "B": ("Jacobians", jacobians.ROWS),
    "C": ("Layers and activations", layers.ROWS),
    "D": ("Losses and whole networks", networks.ROWS),
    "F": ("Second order", second_order.ROWS),
    "G": ("Linear algebra", algebra.ROWS),
    "H": ("Transformers", transformers.ROWS),
}
LEDGER: tuple[Row, ...] = tuple(row for _, rows in CHAPTERS.values() for row in rows)
ERRATA: tuple[Erratum, ...] = errata.ROWS
ROWS: dict[str, Row] = {row.id: row for row in LEDGER}
_ALL: list[Row | Erratum] = [*LEDGER, *ERRATA]
_OF_ID: dict[str, Row | Erratum] = {each.id: each for each in _ALL}


class Checked(NamedTuple):
    """A row, or an erratum, worked out on numbers: by the closed form and by the engine."""

    row: Row | Erratum
    inputs: dict[str, Any]
    comparisons: list[Comparison]
    refutations: list[Refutation]
    given: bool = False  # whether numbers were given: on some, a misprint is right

    @property
    def units(self) -> float:
        """The tolerance of the row, in the units of `compare.Comparison`."""
        return self.row.units

    @property
    def misses(self) -> list[str]:
        """What does not hold, as text: numbers that differ, or a wrong form that is not refuted here."""
        found = [miss for each in self.comparisons for miss in each.misses(self.units)]
        for each in self.refutations:
            found += each.misses(self.units)
            if not (each.parts() or (each.of and self.given)):
                found.append(f"{each.what}: the wrong form agrees with the right one here")
        return found

    @property
    def holds(self) -> bool:
        """Whether all comparisons agree within the tolerance, and each wrong form is refuted."""
        return not self.misses


def find(id: str) -> Row | Erratum | None:
    """The row or erratum with that id, in upper or lower case."""
    return _OF_ID.get(id.upper())


def near(id: str) -> str:
    """A question about the ids that are like this one, which is none; empty if it is like none."""
    letter = id[:1].upper() if re.fullmatch(r"[A-Za-z]\d+", id) else ""
    found = difflib.get_close_matches(id.upper(), [other for other in _OF_ID if other[0] == letter], 3, 0.5)
    return f": did you mean {' or '.join(found)}?" if found else ""


def named(id: str) -> Row | Erratum:
    """The row or erratum with that id. Raises `ArgumentError` for another id, and says what is near."""
    found = find(id)
    if found is None:
        spans = [(group[0].id, group[-1].id) for _, group in CHAPTERS.values()] + [(ERRATA[0].id, ERRATA[-1].id)]
        last = ", ".join(f"{first} to {end}" for first, end in spans)
        raise ArgumentError(f"no row is called {quoted(id)}{near(id)}; the ledger has {last}")
    return found


def check(row: Row | Erratum | str, given: Mapping[str, Any] | None = None, seed: int = 0) -> Checked:
    """Works a row out on the numbers that are given, and on random ones for the rest.

    Raises `ArgumentError` for an unknown row or input, and for numbers on which the row has no finite result;
    `ShapeError` for inputs that do not fit together.
    """
    found = named(row) if isinstance(row, str) else row
    work = Work(random.Random(seed), given, 1 if seed else 2)  # the first draw, which is shown, has no lengths of 1
    try:
        found.run(work)
    except ScalargradError:
        raise
    except (ArithmeticError, ValueError) as error:
        if not given:
            raise
        raise ArgumentError(_no_result(found, _REASONS.get(type(error), "they are outside its domain"))) from error
    unknown = sorted(set(work.given) - set(work.names))
    if unknown:
        raise ArgumentError(f"{found.id} has no input {unknown[0]!r}: it has {', '.join(work.names)}")
    checked = Checked(found, work.inputs, work.comparisons, work.refutations, bool(given))
    if given:
        _refuse_extremes(checked, work)
    return checked


_REASONS: dict[type[Exception], str] = {OverflowError: "one is too large for a float",
               ZeroDivisionError: "a divisor is 0"}  # fmt: skip


def _no_result(row: Row | Erratum, why: str) -> str:
    return f"{row.id} cannot be worked out on these numbers, or what follows from them: {why}"


def _refuse_extremes(checked: Checked, work: Work) -> None:
    """Tells numbers that over- or underflow on their way from two sides that differ."""
    extreme = [x for name in work.given for x in flat(work.inputs[name]) if isinstance(x, float) and x
               and not 1e-50 <= abs(x) <= 1e50]  # fmt: skip
    for each in [*checked.comparisons, *(form for wrong in checked.refutations for form in wrong.comparisons())]:
        if each.misses(checked.units):
            if not all(map(math.isfinite, flat([each.analytic, each.scale or 0.0]))):
                raise ArgumentError(_no_result(checked.row, f"{each.what} is not finite"))
            if extreme:
                raise ArgumentError(_no_result(checked.row, f"{extreme[0]:g} over- or underflows in {each.what}"))


def also_a_symbol(word: str) -> list[str]:
    """The ids of the rows in which a word, which may be an id, stands as a symbol."""
    return finding.also_a_symbol(word, _OF_ID)


def hits(text: str) -> list[finding.Hit]:
    """What a text leads to, the best first, and why; see `finding.py`."""
    return finding.hits(text, _OF_ID)


def is_place(text: str) -> bool:
    """Whether a text is a source, or a place or a heading of one."""
    return finding.is_place(text, _OF_ID)


def search(text: str) -> finding.Found:
    """The rows and errata that a text leads to, and the places in the sources; see `finding.py`."""
    return finding.search(text, _OF_ID)
