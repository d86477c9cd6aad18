"""The ledger is complete and true: each row has its functions, its test, a tolerance with a reason, a live check."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

from scalargrad import calculus
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.ledger import rows as ledger
from scalargrad.ledger.row import SOURCES, Erratum, Row
from scalargrad.ledger.rows import CHAPTERS, ERRATA, LEDGER, ROWS, Checked, check, find, named
from tests.support.formulas import own

FOLDER = Path(__file__).parent
IDS = [
    f"{chapter}{k}"
    for chapter, last in (("A", 6), ("B", 14), ("C", 11), ("D", 8), ("F", 8), ("G", 4), ("H", 9))
    for k in range(1, last + 1)
]
ERRATUM_IDS = [f"E{k}" for k in range(1, 14)]
ALL = (*LEDGER, *ERRATA)
TESTS = {node.name for path in FOLDER.glob("test_calculus_*.py") for node in ast.parse(path.read_text()).body
         if isinstance(node, ast.FunctionDef)}  # fmt: skip
SEEDS = range(100, 110)  # `scalargrad formulas` takes 0 to 19

rows = pytest.mark.parametrize("row", LEDGER, ids=IDS)
errata = pytest.mark.parametrize("erratum", ERRATA, ids=ERRATUM_IDS)
both = pytest.mark.parametrize("each", ALL, ids=[*IDS, *ERRATUM_IDS])


# --- complete ---------------------------------------------------------------------------------------------------------


def test_every_row_is_there_in_order() -> None:
    assert [row.id for row in LEDGER] == IDS == list(ROWS)
    assert [erratum.id for erratum in ERRATA] == ERRATUM_IDS
    for key, (title, group) in CHAPTERS.items():
        assert title and [row.id for row in group] == [id for id in IDS if id[0] == key]


def is_latex(text: str) -> bool:
    """Whether the mathematics is between dollars: with commands and letters from there alone."""
    parts = text.split("$")
    return len(parts) % 2 == 1 and not any("\\" in part or "_" in part or "^" in part for part in parts[::2])


@rows
def test_a_row_lacks_nothing(row: Row) -> None:
    assert row.title and row.title == row.title.strip() and "$" not in row.title and not row.title.endswith(".")
    assert row.plain and "$" not in row.plain and "\\" not in row.plain
    assert "$" in row.latex and is_latex(row.latex)
    assert row.functions and set(row.functions) <= set(calculus.__all__)
    assert row.reason and row.units >= 0.0
    assert row.tolerance == (f"{row.units:g}·n·ε·S{row.truncation}" if row.units else "equal")
    assert row.test.startswith(f"test_{row.id}_")
    assert any(name == row.test or name.startswith(f"{row.test}_") for name in TESTS), row.test


@errata
def test_an_erratum_lacks_nothing(erratum: Erratum) -> None:
    assert erratum.title and erratum.wrong != erratum.right and erratum.row in ROWS
    for text in (erratum.title, erratum.wrong, erratum.right):
        assert text and "$" not in text and "\\" not in text
    for text in (erratum.wrong_latex, erratum.right_latex):
        assert text and is_latex(text)
    assert erratum.test in TESTS and erratum.test.startswith(f"test_{erratum.id}_")
    assert erratum.sources


@both
def test_the_sources_exist(each: Row | Erratum) -> None:
    assert bool(each.sources) == (each.id != "C9")  # no source derives log-softmax
    for cited in each.sources:
        key, _, place = cited.partition(" ")
        assert key in SOURCES and place
    misprints = each.misprints if isinstance(each, Row) else ()
    for misprint in misprints:  # each says where it stands, in a source of the row
        assert misprint.text.split()[0].rstrip(":") in {cited.split()[0] for cited in each.sources}


def test_every_source_is_cited_in_full() -> None:
    assert list(SOURCES) == ["PH", "CH", "LB", "TL", "SM", "GI", "MC", "NW", "PE", "GW", "ZS", "BA", "HG", "VA", "BD",
                             "SR", "SZ", "KU"]  # fmt: skip
    assert str(SOURCES["PH"]) == (
        "Terence Parr and Jeremy Howard, “The Matrix Calculus You Need For Deep Learning”, 2018"
    )
    assert str(SOURCES["CH"]).startswith("“The chain rule")  # notes without an author are cited by title
    assert {cited.split()[0] for each in ALL for cited in each.sources} == set(SOURCES)


def test_no_two_rows_have_one_title_or_one_test() -> None:
    for values in ([each.title for each in ALL], [each.test for each in ALL], [row.plain for row in LEDGER]):
        assert len(set(values)) == len(values)


def test_every_test_of_a_row_names_one() -> None:
    for name in TESTS:
        if re.match(r"test_[A-H]\d", name):
            assert name.split("_")[1] in {*IDS, *ERRATUM_IDS}, name


def test_every_function_is_documented_and_in_the_ledger() -> None:
    listed = {name for row in LEDGER for name in row.functions}
    assert listed == set(calculus.__all__) - {"check"}
    assert sorted(calculus.__all__) == list(calculus.__all__)
    for name in calculus.__all__:
        text = inspect.getdoc(getattr(calculus, name)) or ""
        assert ">>>" in text, name
        assert "Source: " in text or name == "check", name


def reached(function: Any) -> Any:
    """The code of a closed form, and of the functions of its package that it comes to."""
    modules = [
        importlib.import_module(each.name) for each in pkgutil.walk_packages(calculus.__path__, "scalargrad.calculus.")
    ]
    own = {name: f.__code__ for module in modules for name, f in vars(module).items() if inspect.isfunction(f)}
    found, ahead = set(), [function.__code__]
    while ahead:
        code = ahead.pop()
        found.add(code)
        inside = [part for part in code.co_consts if inspect.iscode(part)]
        ahead += {*inside, *(own[name] for name in code.co_names if name in own)} - found
    return found


@pytest.mark.parametrize("name", [name for name in calculus.__all__ if name != "check"])
def test_a_docstring_names_the_errors_that_a_function_may_raise(name: str) -> None:
    function = getattr(calculus, name)
    raised = {error for code in reached(function) for error in code.co_names if error.endswith("Error")}
    for error in raised & {"ShapeError", "ArgumentError"}:
        assert f"`{error}`" in inspect.getdoc(function), error


# --- true -------------------------------------------------------------------------------------------------------------


@rows
def test_a_row_holds_live(row: Row) -> None:
    for seed in SEEDS:
        checked = check(row, seed=seed)
        assert checked.row is row and checked.inputs and checked.comparisons
        assert {each.of for each in checked.refutations} <= {misprint.text for misprint in row.misprints}
        assert checked.misses == [] and checked.holds and checked.units == row.units
        assert all(each.misses(row.units) == [] for each in checked.comparisons)


@errata
def test_an_erratum_is_refuted_live(erratum: Erratum) -> None:
    for seed in SEEDS:
        checked = check(erratum, seed=seed)
        assert checked.row is erratum and checked.inputs and checked.refutations and not checked.comparisons
        assert checked.misses == [] and checked.holds and checked.units == erratum.units
        for each in checked.refutations:
            assert each.parts() and each.comparisons()[0].misses(erratum.units) == [] and each.holds(erratum.units)


@both
def test_a_seed_draws_the_same_numbers_again(each: Row | Erratum) -> None:
    first, again, other = (check(each, seed=seed) for seed in (7, 7, 8))
    assert str(first) == str(again)
    assert str(first.inputs) != str(other.inputs)


@both
def test_the_numbers_that_are_drawn_can_be_given(each: Row | Erratum) -> None:
    """The inputs of one seed, given with another, are the inputs again, and what they determine is the same."""
    drawn = check(each, seed=3)
    again = check(each, own(drawn), seed=4)
    alone = {"B11": {"a number t for each"}}.get(each.id, set())  # of what is shown besides, where nothing is given
    assert again.inputs == {name: x for name, x in drawn.inputs.items() if name not in alone}
    if each.id != "E7":  # its other numbers have no name
        main = [comparison for comparison in drawn.comparisons if not comparison.what.startswith("besides, ")]
        assert str(again.comparisons) == str(main) and str(again.refutations) == str(drawn.refutations)


@rows
def test_steps_are_written_in_latex(row: Row) -> None:
    for each in check(row).comparisons:
        assert each.is_step == bool(each.latex)
        assert "$" not in each.what and "\\" not in each.what
        assert each.latex.count("{") == each.latex.count("}") and "$" not in each.latex


def test_some_rows_have_steps_where_the_sources_derive_them() -> None:
    stepped = {row.id for row in LEDGER if any(each.is_step for each in check(row).comparisons)}
    # the sigmoid's nodes, the vector chain rule, B.15, the δ of XW, u = w⊗x, the neuron's chain, the quotient rule,
    # softmax by theorems, the mean, the network's factors, the regulariser, u, v, v² and 2v ∂v/∂w
    derived = "A1 A2 A3 A5 B8 B9 B10 B12 B14 C1 C2 C4 C6 C7 C8 C10 D2 D3 D4 D5"
    assert set(derived.split()) <= stepped


# --- found ------------------------------------------------------------------------------------------------------------


@both
def test_a_row_is_found_in_either_case(each: Row | Erratum) -> None:
    assert find(each.id) is find(each.id.lower()) is named(each.id.lower()) is each
    assert check(each.id).row is each


@pytest.mark.parametrize("id", ["", "A", "A7", "A0", "B15", "F9", "C 7", "7", "softmax"])
def test_what_is_no_row_is_not_found(id: str) -> None:
    assert find(id) is None
    with pytest.raises(ArgumentError, match=re.escape(repr(id))):
        named(id)


def test_an_unknown_id_is_told_what_is_near() -> None:
    with pytest.raises(ArgumentError, match=r"'C77'.*did you mean C7\b") as told:
        named("C77")
    assert str(told.value).endswith(
        "the ledger has A1 to A6, B1 to B14, C1 to C11, D1 to D8, F1 to F8, G1 to G4, H1 to H9, E1 to E13"
    )
    with pytest.raises(ArgumentError, match="'softmax'; the ledger has A1 to A6"):
        check("softmax")


def broken(erratum: Erratum, wrong: Any) -> Checked:
    """An erratum with this for its wrong form, where the right one is 2."""
    return check(erratum._replace(refute=lambda work: (work.draw(x=""), work.refuted("y", wrong, 2.0, 2.0))[0]))


def test_an_erratum_that_is_not_refuted_is_a_miss() -> None:
    assert broken(ERRATA[0], 3.0).holds
    checked = broken(ERRATA[0], 2.0)
    assert not checked.holds and checked.misses == ["y: the wrong form agrees with the right one here"]


def test_answers_of_different_shapes_are_no_match() -> None:
    row = ROWS["A1"]._replace(work=lambda work: (work.draw(x=""), work.result("y", [[1.0]], [1.0]))[0])
    with pytest.raises(ShapeError, match="y: forms"):
        _ = ledger.check(row).misses


def test_one_miss_is_enough() -> None:
    def work(work: Any) -> None:
        work.draw(x="")
        for engine in (1.0, 2.0, 1.0):
            work.result(f"y = {engine}", 1.0, engine)

    checked = ledger.check(ROWS["A1"]._replace(work=work))
    assert not checked.holds and len(checked.misses) == 1 and checked.misses[0].startswith("y = 2.0, entry 0: ")
