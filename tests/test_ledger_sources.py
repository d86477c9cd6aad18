"""The table from each source's own sections and numbers to the rows, and back."""

from __future__ import annotations

import re

import pytest

from scalargrad.ledger import index
from scalargrad.ledger.index import INDEX, Entry
from scalargrad.ledger.row import SOURCES, Erratum, Row
from scalargrad.ledger.rows import ERRATA, LEDGER, check, find, search

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

ALL: tuple[Row | Erratum, ...] = (*LEDGER, *ERRATA)
OF_SOURCE = {key: [entry for entry in INDEX if entry.source == key] for key in SOURCES}

ELSEWHERE = {("TL", "2 (2)", "C3")}  # ReLU's derivative, which that text uses and others derive

each_entry = pytest.mark.parametrize("entry", INDEX, ids=[f"{e.source} {e.place}: {e.what[:20]}" for e in INDEX])
each_source = pytest.mark.parametrize("key", SOURCES)


def section(place: str) -> str:
    """The section of a place in a source: what comes before a number in brackets or a comma."""
    return re.split(r" \(|,", place)[0].strip()


def cited(each: Row | Erratum, key: str) -> set[str]:
    """The places that a row cites in a source."""
    return {place for source, _, place in (text.partition(" ") for text in each.sources) if source == key}


@each_entry
def test_an_entry_names_a_source_a_place_and_rows(entry: Entry) -> None:
    assert entry.source in SOURCES and entry.place and entry.what
    assert entry.rows and len(set(entry.rows)) == len(entry.rows)
    for text in entry:
        assert "$" not in text and "\\" not in text  # as it is printed in a terminal
    for id in entry.rows:
        found = find(id)
        assert found is not None and found.id == id


@each_entry
def test_the_rows_of_an_entry_cite_its_place(entry: Entry) -> None:
    for id in entry.rows:
        found = find(id)
        assert found is not None
        assert entry.place in cited(found, entry.source) or (entry.source, entry.place, id) in ELSEWHERE, id


@pytest.mark.parametrize("each", ALL, ids=[each.id for each in ALL])
def test_what_a_row_cites_is_in_the_table(each: Row | Erratum) -> None:
    """At every place that it cites, in every source; and the other way round."""
    for key in SOURCES:
        listed = {entry.place for entry in OF_SOURCE[key] if each.id in entry.rows}
        assert cited(each, key) <= listed, (key, cited(each, key), listed)


@each_source
def test_no_line_stands_twice(key: str) -> None:
    lines = [(entry.place, entry.what) for entry in OF_SOURCE[key]]
    assert len(set(lines)) == len(lines) > 0


# The sections of each source as they follow each other in its text.
SECTIONS = {
    "GI": ["inverse", "determinant", "Cholesky factorisation"],
    "MC": ["chain rule", "quadratic forms", "traces", "products"],
    "NW": ["second derivatives", "convex functions", "least squares", "Newton's method"],
    "PE": ["products"],
    "GW": ["forward and reverse"],
    "ZS": ["RMSNorm"],
    "BA": ["layer normalization"],
    "HG": ["GELU formulation"],
    "VA": ["scaled dot-product attention", "multi-head attention"],
    "BD": ["a neural model"],
    "SR": ["dropout"],
    "SZ": ["label smoothing"],
    "KU": ["information"],
    "CH": ["1", "2", "3.1", "3.2"],
    "PH": ["1", "2", "3", "3.1", "3.2", "3.3", "3.4", "3.5", "4", "5", "5.1"],
    "LB": ["linear layer", "softmax", "ReLU", "MSE"],
    "TL": ["1", "2", "3", "4"],
    "SM": ["A.1", "A.2", "B.15", "B.26", "B"],
}


@each_source
def test_the_lines_follow_the_text(key: str) -> None:
    """Sections in their order, each in one piece, and none left out."""
    sections = [section(entry.place) for entry in OF_SOURCE[key]]
    assert [name for k, name in enumerate(sections) if k == 0 or sections[k - 1] != name] == SECTIONS[key]
    for name in SECTIONS[key]:  # numbers in brackets rise in a section
        told = [re.search(r"\((\d+)\)", entry.place) for entry in OF_SOURCE[key] if section(entry.place) == name]
        found = [int(match[1]) for match in told if match]
        assert found == sorted(found)


def test_the_sources_follow_each_other_and_are_whole() -> None:
    order = [entry.source for entry in INDEX]
    assert sorted(set(order)) == sorted(SOURCES)
    assert len([key for k, key in enumerate(order) if k == 0 or order[k - 1] != key]) == len(SOURCES)


def test_every_row_with_a_source_and_every_erratum_is_in_the_table() -> None:
    listed = {id for entry in INDEX for id in entry.rows}
    assert {each.id for each in ALL} - listed == {"C9"}  # which no source derives


def test_an_erratum_stands_beside_its_row() -> None:
    """Where the text is wrong, the table names the erratum in a section that its right row is listed in too."""
    for erratum in ERRATA:
        places = {(e.source, section(e.place)) for e in INDEX if erratum.id in e.rows}
        assert places & {(e.source, section(e.place)) for e in INDEX if erratum.row in e.rows} or erratum.id == "E7"


def test_what_an_entry_names_is_checked() -> None:
    """Two commands away: the search of a place finds the row, and the row holds."""
    for entry in INDEX:
        rows, entries = search(f"{entry.source} {section(entry.place)}")
        assert entry in entries
        first = find(entry.rows[0])
        assert first in rows, entry
        assert first is not None and check(first).holds


def test_a_line_of_the_table_has_three_parts() -> None:
    text = """
        2 (1) | y = x | A1
        3 | x, “wrong” | A2   E7
    """
    made = index._of("CH", text)
    assert made == [Entry("CH", "2 (1)", "y = x", ("A1",)), Entry("CH", "3", "x, “wrong”", ("A2", "E7"))]
