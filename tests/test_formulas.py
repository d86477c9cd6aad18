"""What `scalargrad formulas` prints: a verdict a row, what fails and by how much, the bar; all text by hand."""

from __future__ import annotations

from typing import Any

import pytest

import scalargrad as sg
from scalargrad import __main__
from scalargrad.errors import NumberError
from scalargrad.ledger import command
from scalargrad.ledger.command import run
from scalargrad.ledger.compare import Comparison, Worked
from scalargrad.ledger.rows import ERRATA, LEDGER, ROWS, Row, find

RIGHT, WRONG = Comparison("dy/dx", [1.25, [2.0]], [1.25, [2.0]]), Comparison("dy/dx", [1.25, [2.0]], [1.25, [2.5]])


def row(*comparisons: Comparison, units: float = 4.0) -> Row:
    """A row with these answers, whatever is drawn."""
    return Row("C7", "y = x", ("softmax", "dot"), "test_C7_x", units, "a reason", "LB", lambda draw: Worked(
        {"x": 1.0, "names": ["sin"], "z": [1.0 / 3.0, (2, 1e-9)]}, list(comparisons)))  # fmt: skip


WORKED_OUT = """\
C7: y = x
source: LB; functions: softmax, dot; test: test_C7_x
tolerance: 4·n·ε·S, since a reason
E2, a wrong form: {wrong}
    the right one: {right}

inputs
  x = 1
  names = [sin]
  z = [0.333333, [2, 1e-09]]

dy/dx
  analytic            [1.25, [2]]
  engine              [1.25, [2.5]]
  largest difference  0.5: FAILS
  dy/dx, entry 1: 2.0 and 2.5, 0.5 apart, 2.22e-15 allowed

dy/dx
  analytic            [1.25, [2]]
  engine              [1.25, [2]]
  largest difference  0: holds
"""


def test_a_row_worked_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.work_out(row(WRONG, RIGHT)) == 1
    assert capsys.readouterr().out == WORKED_OUT.format(wrong=ERRATA[1].wrong, right=ERRATA[1].right)


@pytest.mark.parametrize(("comparisons", "code"), [((RIGHT,), 0), ((RIGHT, RIGHT), 0), ((WRONG,), 1),
                                                   ((WRONG, RIGHT), 1), ((RIGHT, WRONG), 1)])  # fmt: skip
def test_one_answer_that_fails_is_enough(comparisons: Any, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.work_out(row(*comparisons)) == code
    assert command.check_all([row(*comparisons)]) == code
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == f"{1 - code} of 1 rows hold on 20 draws each, backend {sg.backend()}"


def test_the_line_of_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.check_all([row(RIGHT), row(WRONG, units=0)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "row  check  tolerance              source          statement",
        "C7   holds  4·n·ε·S                LB              y = x",
        "C7   FAILS  equal                  LB              y = x",
        "C7 fails: dy/dx, entry 1: 2.0 and 2.5, 0.5 apart, 0 allowed",
        f"1 of 2 rows hold on 20 draws each, backend {sg.backend()}",
    ]


def test_twenty_draws_of_which_each_is_another(capsys: pytest.CaptureFixture[str]) -> None:
    """A row that fails on one of them fails; the first failure is told."""
    drawn: list[float] = []

    def check(draw: Any) -> Worked:
        drawn.append(draw.number())
        late = len(drawn) > 18
        return Worked({}, [Comparison(f"draw {len(drawn)}", 1.0, 2.0 if late else 1.0)])

    assert command.check_all([row()._replace(drawn=check)]) == 1
    assert len(set(drawn)) == 20
    assert "C7 fails: draw 19, entry 0: 1.0 and 2.0, 1 apart, " in capsys.readouterr().out


@pytest.mark.parametrize("error", [ZeroDivisionError("no"), OverflowError("no"), NumberError("no"), ValueError("no")])
def test_an_error_in_a_check_is_a_failure(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    def check(draw: Any) -> Worked:
        raise error

    assert command.check_all([row()._replace(drawn=check)]) == 1
    assert f"C7 fails: {type(error).__name__}: no\n0 of 1 rows hold" in capsys.readouterr().out


def test_a_mistake_of_the_program_is_none_of_the_engine() -> None:
    with pytest.raises(NameError, match="oops"):
        command.check_all([row()._replace(drawn=lambda draw: oops)])  # type: ignore[name-defined] # noqa: F821


def test_the_bar_goes_on_by_one_a_row(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    progress = pytest.importorskip("rich.progress")
    seen: list[tuple[int, str]] = []
    made: list[Any] = []

    class Progress(progress.Progress):  # type: ignore[misc, name-defined]
        def __init__(self, *columns: Any, **options: Any) -> None:
            made.append(self)
            super().__init__(*columns, **options)

        def update(self, task: Any, **what: Any) -> None:
            super().update(task, **what)
            seen.append((self.tasks[0].completed, self.tasks[0].description))

    monkeypatch.setattr(progress, "Progress", Progress)
    monkeypatch.setattr(command.extras, "on_terminal", lambda: True)
    assert command.check_all(LEDGER[:3]) == 0
    assert seen == [(1, "checked A1"), (2, "checked A2"), (3, "checked A3")] and made[0].tasks[0].total == 35
    monkeypatch.setattr(command.extras, "on_terminal", lambda: False)
    assert command.check_all(LEDGER[:1]) == 0 and len(made) == 1
    capsys.readouterr()


def test_a_row_is_found_by_its_id_and_by_its_erratum() -> None:
    assert find("c7") is find("C7") is find("e2") is ROWS["C7"]
    assert [find(f"E{k}").id for k in range(1, 8)] == ["C1", "C7", "D2", "D5", "B4", "B5", "A3"]
    assert [erratum.id for id in ROWS for erratum in ROWS[id].errata] == ["E7", "E5", "E6", "E1", "E2", "E3", "E4"]


def test_the_command_gives_the_exit_code_of_the_row(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ROWS, "C7", row(WRONG))
    assert run("c7") == 1 and __main__.main(["formulas", "C7"]) == 1 and __main__.main(["formulas", "C8"]) == 0
    assert "C8: " in capsys.readouterr().out


# What each row's live check may be off by, in units of n·ε·S: the roundings that its reason counts on a side,
# since each is half a unit and both sides make them.
UNITS = {
    0: "B2 B5 C1 C3 C4 C5 C6", 2: "B6 B7 B13 C2 D5", 4: "A1 A4 A5 A6 B1 B3 B8 B9 B12 C7 C8 C9 D1 D2 D6",
    8: "A2 A3 B4 B10 D3 D4", 16: "B11 D7",
}  # fmt: skip


def test_the_tolerances_are_those_that_the_reasons_count() -> None:
    assert {row.id: row.units for row in LEDGER} == {id: units for units, ids in UNITS.items() for id in ids.split()}
    told = {row.id: row.tolerance for row in LEDGER}
    assert (told["C1"], told["B6"], told["A6"], told["B3"]) == ("equal", "2·n·ε·S", "4·n·ε·S + h/2", "4·n·ε·S + ‖Δ‖²")
