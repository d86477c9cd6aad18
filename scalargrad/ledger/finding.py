"""Search in the ledger: by the places and headings of a source, by words, and by formulas as typed or printed.

What is searched, and what is in the ledger, are compared in the normal forms of `folding.py`. Of several readings of a
text, the first that finds something counts; what fits best comes first.
"""

from __future__ import annotations

import contextlib
import functools
import random
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from scalargrad.errors import ScalargradError
from scalargrad.ledger.folding import all_words, fold, in_words
from scalargrad.ledger.index import HEADINGS, INDEX, Entry
from scalargrad.ledger.row import SOURCES, Erratum, Row
from scalargrad.ledger.vocabulary import DERIVATIVES, GENERAL
from scalargrad.ledger.work import Work

Found = tuple[list[Row | Erratum], list[Entry]]
Ledger = dict[str, "Row | Erratum"]

NEAR = 0.62  # of the three-letter parts of a formula, for a row that has not all of it


class Hit(NamedTuple):
    """A row, an erratum or a place that a search finds."""

    found: Row | Erratum | Entry
    fit: tuple[float, ...]  # larger is better
    why: str = ""  # it is found, where its title and statement do not show it


class _Line(NamedTuple):
    """A text of a row or an entry."""

    text: str
    weight: float
    why: str = ""  # a row is found by it, where the results do not show it


def hits(text: str, ledger: Ledger) -> list[Hit]:
    """The rows, errata and places that a text leads to, the best first, from its first reading that finds something.

    It is read as a place of a source (``PH 3.2``), as a heading, as words that all occur and as a formula, as words
    without those that most rows have, as words of a source's title, as one side of an equation, as a formula of which
    most is there, and as words of which most occur.
    """
    text = text.strip() if re.search(r"[\w∇∂⊗⊙⊘○]", text) else ""
    if not text:
        return []
    first, second = (_formula, _words) if re.search(r"[^\w\s.,:;?!'’\-–、，：]", text) else (_words, _formula)
    readings = (_place, _heading, first, second, _special, _titles, _sides, _near, _most)
    found = next(filter(None, (reading(text, ledger) for reading in readings)), [])
    return sorted(found, key=lambda hit: hit.fit, reverse=True)


def is_place(text: str, ledger: Ledger) -> bool:
    """Whether a text is a source, or a place or a heading of one."""
    return text.upper() in SOURCES or bool(_place(text, ledger) or _heading(text, ledger))


def search(text: str, ledger: Ledger) -> Found:
    """The rows and errata of `hits`, and the places in the sources."""
    found = [hit.found for hit in hits(text, ledger)]
    return [each for each in found if not isinstance(each, Entry)], [each for each in found if isinstance(each, Entry)]


def also_a_symbol(word: str, ledger: Ledger) -> list[str]:
    """The ids of the rows in which a word stands as a symbol: b1 is an id, and a bias. In capitals it is the id."""
    at = re.compile(rf"(?<![\w.]){re.escape(word)}(?!\w)")
    if word == word.upper():
        return []
    of_places = {id for entry in INDEX if at.search(entry.what) for id in entry.rows}
    return [id for id, row in ledger.items() if id in of_places or any(at.search(line.text) for line in _own(row))]


# --- what is searched -------------------------------------------------------------------------------------------------


@functools.cache
def _own(row: Row | Erratum) -> tuple[_Line, ...]:
    """What a row says."""
    if isinstance(row, Row):
        told = [_Line(f"misprint: {each}", 1.0, f"a misprint: {each.text}") for each in row.misprints]
        return _Line(row.title, 4.0), _Line(" ".join(row.functions), 3.0), _Line(row.plain, 2.0), *told
    kind = _Line("erratum, mistake, wrong form", 1.0)
    return _Line(row.title, 4.0), _Line(row.wrong, 2.0), _Line(row.right, 2.0, f"the right form: {row.right}"), kind


@functools.cache
def _worked(row: Row | Erratum) -> tuple[_Line, ...]:
    """The formulas of a row and of its steps."""
    work = Work(random.Random(0))
    with contextlib.suppress(ArithmeticError, ScalargradError, ValueError):  # then the statement alone is searched
        row.run(work)
    latex = [row.latex] if isinstance(row, Row) else [row.wrong_latex, row.right_latex]
    steps = [_Line(text, 1.0, f"a step: {each.what}") for each in work.comparisons for text in (each.what, each.latex)]
    wrong = [_Line(each.what, 1.0, f"a form that is refuted: {each.what}") for each in work.refutations]
    return *_own(row), *(_Line(text, 2.0) for text in latex), *steps, *wrong


def _cited(row: Row | Erratum, titles: bool) -> tuple[_Line, ...]:
    """The places of a row, and the titles of its sources if these are wanted."""
    return tuple(_Line(f"{source} {SOURCES[source.split()[0]] if titles else ''}", 2.0) for source in row.sources)


def _lines(found: Row | Erratum | Entry, formulas: bool = False, titles: bool = False) -> tuple[_Line, ...]:
    if isinstance(found, Entry):
        cited = () if formulas else (_Line(f"{found.source} {found.place}", 2.0),)
        return _Line(found.what, 2.0), *cited, *((_Line(str(SOURCES[found.source]), 1.0),) if titles else ())
    return _worked(found) if formulas else (_Line(found.id, 4.0), *_own(found), *_cited(found, titles))


def _all(ledger: Ledger) -> list[Row | Erratum | Entry]:
    return [*ledger.values(), *INDEX]


# --- places -----------------------------------------------------------------------------------------------------------


def _place(text: str, ledger: Ledger) -> list[Hit]:
    """``PH 3.2``, ``3.2``, ``(B.15)``, ``B15``, ``TL 2 (2)``, ``(1)``; with a key, a section's beginning will do."""
    keys = "|".join(SOURCES)
    asked = re.fullmatch(rf"(?:({keys})[\s,.§]*)?(\(?[\dAB].*)", text, re.IGNORECASE)
    if not asked:
        return []
    source, place = (asked[1] or "").upper(), re.sub(r"^\(([\dAB]+\.\d+)\)$", r"\1", asked[2])
    place = re.sub(r"^([AB])(?=\d)", r"\1.", place, flags=re.IGNORECASE)
    at = re.compile(rf"(?:^| (?=\()){re.escape(place)}(?!\w)", re.IGNORECASE)
    entries = [entry for entry in INDEX if entry.source == (source or entry.source) and at.search(entry.place)]
    rows = [row for row in ledger.values() for key, _, cited in (each.partition(" ") for each in row.sources)
            if key == (source or key) and at.search(cited)]  # fmt: skip
    return [Hit(each, ()) for each in (*dict.fromkeys(rows), *entries)]


def _heading(text: str, ledger: Ledger) -> list[Hit]:
    """A heading of a source, with its number or without: its section."""
    for place, headings in HEADINGS.items():
        if _without_number(text) in map(_without_number, headings):
            key, _, section = place.partition(" ")
            found = _place(place, ledger) if section[:1] in "123456789AB" else []
            return found or [hit for hit in _words(place, ledger) if _stands_in(hit.found, key, section)]
    return []


def _without_number(heading: str) -> str:
    bare = re.sub(r"^[#\s]*(?:[\d.]+|\(\d\)|[一二三四五六七八九十]+[、,]|[A-C]\b)[\s、.]*", "", heading)
    words = re.sub(r"[\W_]+", " ", bare).lower().strip()
    return (words if words.isascii() else words.replace(" ", "")) or heading


def _stands_in(found: Row | Erratum | Entry, key: str, section: str) -> bool:
    if isinstance(found, Entry):
        return found.source == key and found.place.startswith(section)
    return any(source.startswith(f"{key} {section}".strip()) for source in found.sources)


# --- words ------------------------------------------------------------------------------------------------------------


def _words(text: str, ledger: Ledger) -> list[Hit]:
    return _having(in_words(text), ledger)


def _titles(text: str, ledger: Ledger) -> list[Hit]:
    return _having(in_words(text), ledger, titles=True)


def _special(text: str, ledger: Ledger) -> list[Hit]:
    """By the words that few rows have; the others say which of these come first."""
    words = in_words(text)
    special = [word for word in words if word not in DERIVATIVES | GENERAL]
    return _having(words, ledger, need=special.__contains__) if special else []


def _most(text: str, ledger: Ledger) -> list[Hit]:
    """By the most of several words, and more than half of them."""
    words = in_words(text)
    counts = [(sum(_weight(word, _lines(each)) > 0.0 for word in words), each) for each in _all(ledger)]
    most = max(count for count, _ in counts)
    return [Hit(each, ()) for count, each in counts if count == most] if 2 * most > len(words) > 1 else []


def _having(words: Sequence[str], ledger: Ledger, titles: bool = False,
            need: Callable[[str], bool] = lambda word: True) -> list[Hit]:  # fmt: skip
    """What has all words that are needed; the more of them stand in its title, the better.

    Beside other words, a gradient is a derivative or a Jacobian too; but its own name is better.
    """
    found = []
    others = DERIVATIVES if set(words) - DERIVATIVES else set()
    for each in _all(ledger) if words else ():
        lines = _lines(each, titles=titles)
        weights = {word: _weight(word, lines) for word in words}
        for word in others.intersection(words):
            weights[word] = max(weights[word], *(_weight(other, lines) - 0.5 for other in DERIVATIVES))
        if all(weights[word] > 0.0 for word in words if need(word)):
            shown = [line for line in lines if not line.why]
            hidden = [word for word in words if word not in others and weights[word] > 0.0 and not _weight(word, shown)]
            why = [line.why for line in lines if line.why and any(_weight(word, [line]) for word in hidden)]
            found.append(Hit(each, (sum(weights.values()),), why[0] if why else ""))
    return found


def _weight(word: str, lines: Sequence[_Line]) -> float:
    """The largest weight of the lines in which a word occurs, or 0. The beginning of a word will do."""
    return max((line.weight for line in lines if any(_begins(word, other) for other in all_words(line.text))),
               default=0.0)  # fmt: skip


def _begins(word: str, other: str) -> bool:
    short = (len(word) < 3 and word.isalnum()) or word.upper() in SOURCES
    return other == word or (not short and other.startswith(word) and not (word + other[len(word)])[-2:].isdigit())


# --- formulas ---------------------------------------------------------------------------------------------------------


def _formula(text: str, ledger: Ledger) -> list[Hit]:
    # the middle of a word is no match
    return [] if text.isascii() and text.isalpha() else _with_parts([fold(text)], ledger)


def _sides(text: str, ledger: Ledger) -> list[Hit]:
    """By the sides of an equation, or the lines of several: all of them, or else the longest that is found."""
    parts = re.split(r"=|;|\\\\|\\quad|则", text)
    sides = [side for side in (fold(part).strip(":") for part in parts) if len(side) > 1] if parts[1:] else []
    whole = _with_parts(sides, ledger) if sides and len(max(sides, key=len)) > 2 else []
    tries = ([side] for side in sorted(sides, key=len, reverse=True) if len(side) > 3)
    return whole or _near(text, ledger) or next(filter(None, (_with_parts(each, ledger) for each in tries)), [])


def _with_parts(parts: list[str], ledger: Ledger) -> list[Hit]:
    """What has all of these parts of formulas; each has two characters at least."""
    if not parts or min(map(len, parts)) < 2:
        return []
    found = []
    for each in _all(ledger):
        lines = [(line, fold(line.text)) for line in _lines(each, formulas=True)]
        fits = [[(line.weight, len(part) / len(text), line) for line, text in lines if part in text] for part in parts]
        if all(fits):
            best = [max(of_part, key=lambda fit: fit[:2]) for of_part in fits]
            why = [line.why for _, _, line in best if line.why]
            found.append(Hit(each, tuple(map(sum, zip(*(fit[:2] for fit in best)))), why[0] if why else ""))
    return found


def _near(text: str, ledger: Ledger) -> list[Hit]:
    """By the formulas that have most of the three-letter parts of a formula, where none has all of it."""
    asked = _thirds(fold(text))
    if len(asked) < 4 or (text.isascii() and text.isalpha()):
        return []
    found = []
    for each in _all(ledger):
        share, line = max(((len(asked & _thirds(fold(line.text))) / len(asked), line)
                           for line in _lines(each, formulas=True)), key=lambda pair: pair[0])  # fmt: skip
        if share >= NEAR:
            found.append(Hit(each, (share,), f"most of it: {line.text}"))
    best = max((hit.fit for hit in found), default=(0.0,))[0]
    return [hit for hit in found if hit.fit[0] >= best - 0.15]


def _thirds(text: str) -> set[str]:
    return {text[k : k + 3] for k in range(len(text) - 2)}
