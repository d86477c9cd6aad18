"""Search in the ledger: by words, by the places of a source, by formulas as they are typed or printed, and in Chinese.

The sources are read in Chinese, and print their formulas in LaTeX. So a formula is folded before it is compared:
``8y^7``, ``8y⁷`` and ``8 y^{7}`` are the same text.
"""

from __future__ import annotations

import contextlib
import functools
import random
import re
import unicodedata
from collections.abc import Callable

from scalargrad.errors import ScalargradError
from scalargrad.ledger.index import INDEX, Entry
from scalargrad.ledger.row import SOURCES, Erratum, Row
from scalargrad.ledger.vocabulary import CHINESE, ENGLISH, LATEX
from scalargrad.ledger.work import Work

Found = tuple[list[Row | Erratum], list[Entry]]
Ledger = dict[str, "Row | Erratum"]

_FONTS = "mathrm|mathbf|mathbb|text|operatorname|left|right|hat|vec|boldsymbol|quad"
_SAME = str.maketrans(
    {"∂": "d", "*": "·", "⋅": "·", "−": "-", "∘": "○", "◯": "○", "⨂": "⊗", "ⓧ": "⊗", "∗": "·", "⊤": "t", "’": "'"}
)


def fold(formula: str) -> str:
    """A formula without what is typed in many ways: spaces, brackets, dots, raised and lowered signs, LaTeX, ∂ or d."""
    text, before = formula, ""
    while text != before:
        before, text = text, re.sub(r"\\[td]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"\1/\2", text)
    for name, sign in LATEX.items():
        text = re.sub(re.escape(name) + r"(?![a-zA-Z])", sign, text)
    text = re.sub(rf"\\(?:{_FONTS}|[,;!])(?![a-z])", "", text)
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
    text = "".join(x for x in text if not unicodedata.combining(x)).lower().translate(_SAME)
    return re.sub(r"[\s{}()_^\\$·]", "", text.replace("yhat", "y"))


def _own(row: Row | Erratum) -> tuple[str, ...]:
    """What a row says."""
    if isinstance(row, Row):
        return row.title, row.plain, *row.functions, *[f"misprint: {each}" for each in row.misprints]
    return row.title, row.wrong, row.right, "erratum, mistake, errata"


@functools.cache
def _formulas(row: Row | Erratum) -> str:
    """The formulas of a row and of its steps, folded."""
    work = Work(random.Random(0))
    with contextlib.suppress(ArithmeticError, ScalargradError, ValueError):  # then the statement alone is searched
        (row.work if isinstance(row, Row) else row.refute)(work)
    latex = (row.latex,) if isinstance(row, Row) else (row.wrong_latex, row.right_latex)
    steps = [*(each.what for each in work.comparisons), *(each.what for each in work.refutations)]
    return "\n".join(map(fold, (*_own(row), *latex, *steps)))


def search(text: str, ledger: Ledger) -> Found:
    """The rows and errata that a text leads to, and the places in the sources, from the best reading of it.

    It is read as a place of a source (``PH 3.2``), as words that all occur, as a formula, as words of a source's title,
    in the words of the ledger, as parts of a formula, and as words of which most occur.
    """
    text = text.strip() if re.search(r"\w", text) else ""
    text = text[1:-1] if re.fullmatch(r"\([\w.]+\)", text) and "." in text else text  # (B.15), as it is printed
    first, second = (_formula, _words) if re.search(r"[^\w\s.,'\-]", text) else (_words, _formula)
    for reading in (_place, first, second, _titles, _translated, _parts, _most):
        found = reading(text, ledger)
        if found[0] or found[1]:
            return found
    return [], []


def also_a_symbol(word: str, ledger: Ledger) -> list[str]:
    """The ids of the rows in which a word stands as a symbol: b1 is an id, and a bias."""
    at = re.compile(rf"(?<![\w.]){re.escape(word)}(?!\w)")
    of_places = {id for entry in INDEX if at.search(entry.what) for id in entry.rows}
    return [id for id, row in ledger.items() if id in of_places or any(map(at.search, _own(row)))]


def _place(text: str, ledger: Ledger) -> Found:
    keys = "|".join(SOURCES)
    asked = re.fullmatch(rf"({keys})[\s,.§]*([\dA-B].*)", text.strip(), re.IGNORECASE)
    if not asked:
        return [], []
    source, place = asked[1].upper(), asked[2]
    at = re.compile(re.escape(place) + r"(?!\w)", re.IGNORECASE)
    rows = [row for row in ledger.values() if any(at.match(s.partition(" ")[2]) for s in row.sources
                                                  if s.partition(" ")[0] == source)]  # fmt: skip
    return rows, [entry for entry in INDEX if entry.source == source and at.match(entry.place)]


def _words(text: str, ledger: Ledger, titles: bool = False) -> Found:
    words = text.lower().split()
    return _having(lambda whole: all(_occurs(word, whole) for word in words), ledger, titles) if words else ([], [])


def _titles(text: str, ledger: Ledger) -> Found:
    return _words(text, ledger, True)


def _occurs(word: str, whole: str) -> bool:
    """Whether a word occurs. Its beginning will do, but for the key of a source."""
    last = r"(?!\w)" if word.upper() in SOURCES else ""
    return bool(re.search(rf"(?<![\w.]){re.escape(word)}{last}", whole))


def _text(row: Row | Erratum, titles: bool = False) -> str:
    """The words of a row, with the places of its sources, and their authors and titles if these are wanted too."""
    cited = (f"{source} {SOURCES[source.split()[0]]}" if titles else source for source in row.sources)
    return " ".join((row.id, *_own(row), *cited)).lower()


def _text_of(entry: Entry, titles: bool = False) -> str:
    return f"{entry.source} {entry.place} {entry.what} {SOURCES[entry.source] if titles else ''}".lower()


def _having(holds: Callable[[str], bool], ledger: Ledger, titles: bool = False) -> Found:
    rows = [row for row in ledger.values() if holds(_text(row, titles))]
    return rows, [entry for entry in INDEX if holds(_text_of(entry, titles))]


def _formula(text: str, ledger: Ledger) -> Found:
    return ([], []) if text.isalpha() else _with_parts([fold(text)], ledger)  # the middle of a word is no match


def _with_parts(parts: list[str], ledger: Ledger) -> Found:
    """The rows and places with all of these parts of formulas; each has two characters at least."""
    if not parts or min(map(len, parts)) < 2:
        return [], []
    rows = [row for row in ledger.values() if all(part in _formulas(row) for part in parts)]
    return rows, [entry for entry in INDEX if all(part in fold(entry.what) for part in parts)]


def _translated(text: str, ledger: Ledger) -> Found:
    english = _in_english(text)
    return _words(english, ledger) if english and english != text.lower() else ([], [])


def _in_english(text: str) -> str:
    """The text in the words of the ledger. Chinese that is not known is left out."""
    for term, english in CHINESE.items():
        text = text.replace(term, f" {english} ")
    words = re.sub("[\u4e00-\u9fff]+", " ", text).lower().split()
    return " ".join(filter(None, (ENGLISH.get(word, word) for word in words)))


def _parts(text: str, ledger: Ledger) -> Found:
    """By the sides of an equation: all of them, or else the longest that is found."""
    sides = [side for side in map(fold, text.split("=")) if len(side) > 1] if "=" in text else []
    found = _with_parts(sides, ledger)
    for side in sorted(sides, key=len, reverse=True):
        found = found if found[0] or found[1] else _with_parts([side], ledger)
    return found


def _most(text: str, ledger: Ledger) -> Found:
    """The rows and places with the most of several words, and more than half of them."""
    words = _in_english(text).split()

    def count(whole: str) -> int:
        return sum(_occurs(word, whole) for word in words)

    most = max(count(whole) for whole in (*map(_text, ledger.values()), *map(_text_of, INDEX)))
    return _having(lambda whole: count(whole) == most, ledger) if 2 * most > len(words) > 1 else ([], [])
