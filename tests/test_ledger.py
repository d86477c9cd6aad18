"""The ledger is complete and true: each row has its functions, its test, a tolerance with a reason, a live check."""

from __future__ import annotations

import ast
import inspect
import random
import re
from pathlib import Path
from typing import Any

import pytest

from scalargrad import __main__, calculus
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.ledger import command
from scalargrad.ledger.compare import Comparison, Worked
from scalargrad.ledger.rows import ERRATA, LEDGER, ROWS, Row, find

FOLDER = Path(__file__).parent
IDS = [f"{section}{k}" for section, last in (("A", 6), ("B", 13), ("C", 9), ("D", 7)) for k in range(1, last + 1)]
TESTS = {node.name for path in FOLDER.glob("test_calculus_*.py") for node in ast.parse(path.read_text()).body
         if isinstance(node, ast.FunctionDef)}  # fmt: skip


def test_every_row_is_there_in_order() -> None:
    assert [row.id for row in LEDGER] == IDS
    assert [erratum.id for erratum in ERRATA] == [f"E{k}" for k in range(1, 8)]


@pytest.mark.parametrize("row", LEDGER, ids=IDS)
def test_a_row_lacks_nothing(row: Row) -> None:
    assert row.statement.count("$") >= 2 and row.statement.count("$") % 2 == 0
    assert row.functions and row.reason and row.tolerance and re.fullmatch(r"(PH|CH|LB|TL|SM)\b.*", row.source)
    assert any(name == row.test or name.startswith(f"{row.test}_") for name in TESTS), row.test
    assert row.test.startswith(f"test_{row.id}_")
    for name in row.functions:
        assert name in calculus.__all__, name


@pytest.mark.parametrize("erratum", ERRATA, ids=[erratum.id for erratum in ERRATA])
def test_an_erratum_lacks_nothing(erratum: Any) -> None:
    assert erratum.wrong and erratum.right and erratum.row in ROWS and erratum.test in TESTS
    assert erratum.test.startswith(f"test_{erratum.id}_")


def test_every_test_of_a_row_names_one() -> None:
    for name in TESTS:
        if re.match(r"test_[A-E]\d", name):
            assert name.split("_")[1] in {*IDS, *(erratum.id for erratum in ERRATA)}, name


def test_every_function_is_documented_and_in_the_ledger() -> None:
    listed = {name for row in LEDGER for name in row.functions}
    for name in calculus.__all__:
        text = inspect.getdoc(getattr(calculus, name)) or ""
        assert ">>>" in text and "Source: " in text, name
        assert name in listed, name


@pytest.mark.parametrize("row", LEDGER, ids=IDS)
def test_a_row_holds_live(row: Row) -> None:
    for seed in range(10):
        worked = row.check(random.Random(seed))
        assert worked.inputs and worked.comparisons
        assert [miss for each in worked.comparisons for miss in each.misses(row.units)] == []


def test_formulas_prints_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["formulas"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == IDS
    assert all(line.split()[1] == "holds" for line in lines[1:-1])
    assert lines[-1].startswith("35 of 35 rows hold")


def test_formulas_works_a_row_out(capsys: pytest.CaptureFixture[str]) -> None:
    for id in (*IDS, "c7"):
        assert __main__.main(["formulas", id]) == 0
        out = capsys.readouterr().out
        assert "analytic" in out and "engine" in out and "largest difference" in out and "holds" in out
    assert __main__.main(["formulas", "E2"]) == 0
    assert "E2, a wrong form" in capsys.readouterr().out


def test_formulas_of_an_unknown_row(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        __main__.main(["formulas", "Z9"])
    assert stop.value.code == 2
    assert "no row is called 'Z9'" in capsys.readouterr().err
    with pytest.raises(ArgumentError, match="A1 to A6"):
        find("A7")


def broken(row: Row, answer: Any) -> Row:
    return row._replace(drawn=lambda draw: Worked({"x": 1.0}, [Comparison("y", answer, 1.0)]))


@pytest.mark.parametrize("answer", [2.0, float("nan"), [1.0]])
def test_a_row_that_fails_is_told(answer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [ROWS["A1"], broken(ROWS["C7"], answer)]
    assert command.check_all(rows) == 1
    out = capsys.readouterr().out
    assert "C7   FAILS" in out and "C7 fails: " in out and "1 of 2 rows hold" in out
    if answer == 2.0:
        assert command.work_out(rows[1]) == 1
        assert "FAILS" in capsys.readouterr().out


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rich")
    monkeypatch.setattr(command.extras, "on_terminal", lambda: True)
    assert command.check_all(LEDGER[:3]) == 0
    assert "3 of 3 rows hold" in capsys.readouterr().out


def test_answers_of_different_shapes_are_no_match() -> None:
    with pytest.raises(ShapeError, match="y: forms"):
        Comparison("y", [[1.0]], [1.0]).entries()
    assert Comparison("y", float("nan"), 1.0).difference() == float("inf")
    assert Comparison("y", [], []).difference() == 0.0
