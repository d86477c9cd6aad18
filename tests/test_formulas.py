"""What `scalargrad formulas` prints of the whole ledger: a verdict a row, what fails and by how much, the bar."""

from __future__ import annotations

import re
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, __main__, calculus
from scalargrad.errors import NumberError
from scalargrad.ledger import command
from scalargrad.ledger.row import Erratum, Row
from scalargrad.ledger.rows import CHAPTERS, ERRATA, LEDGER, ROWS

HINT = """\
`scalargrad formulas C7` works a row out; `scalargrad formulas softmax` finds
rows by words, formulas and sources:
  PH  Terence Parr and Jeremy Howard, “The Matrix Calculus You Need For Deep
      Learning”, 2018
  CH  “The chain rule in error back-propagation (lecture notes)”
  LB  “Derivations of formulas that are common in machine learning (notes)”
  TL  “The gradients of L by W1, W2, b1, b2, proved with linear algebra (notes)”
  SM  “The derivative of softmax, and its back-propagation (notes)”
  GI  Mike Giles, “Collected matrix derivative results for forward and reverse
      mode algorithmic differentiation”, 2008
  MC  Kaare Petersen and Michael Pedersen, “The Matrix Cookbook”, 2012
  NW  Jorge Nocedal and Stephen Wright, “Numerical Optimization”, 2006
  PE  Barak Pearlmutter, “Fast exact multiplication by the Hessian”, 1994
  GW  Andreas Griewank and Andrea Walther, “Evaluating Derivatives”, 2008
  ZS  Biao Zhang and Rico Sennrich, “Root Mean Square Layer Normalization”, 2019
  BA  Jimmy Ba, Jamie Kiros and Geoffrey Hinton, “Layer Normalization”, 2016
  HG  Dan Hendrycks and Kevin Gimpel, “Gaussian Error Linear Units (GELUs)”,
      2016
  VA  Ashish Vaswani and others, “Attention Is All You Need”, 2017
  BD  Yoshua Bengio, Réjean Ducharme, Pascal Vincent and Christian Jauvin, “A
      Neural Probabilistic Language Model”, 2003
  SR  Nitish Srivastava and others, “Dropout: A Simple Way to Prevent Neural
      Networks from Overfitting”, 2014
  SZ  Christian Szegedy and others, “Rethinking the Inception Architecture for
      Computer Vision”, 2016
  KU  Solomon Kullback and Richard Leibler, “On Information and Sufficiency”,
      1951
"""


def summary(hold: int, count: int) -> str:
    return f"{hold} of {count} rows hold on 20 draws each, backend {sg.backend()}\n"


def formulas(*words: str) -> int:
    """The exit status of the command line."""
    return __main__.main(["formulas", *words])


# --- the whole ledger -------------------------------------------------------------------------------------------------


def test_the_ledger_by_chapter(capsys: pytest.CaptureFixture[str]) -> None:
    """A line a row, under its chapter; whole titles, since none is too long."""
    assert formulas() == 0
    out, err = capsys.readouterr()
    expected = ""
    for key, (title, rows) in CHAPTERS.items():
        expected += f"{key}. {title}\n" + "".join(f"  {row.id:4} holds    {row.title}\n" for row in rows)
    expected += "E. Errata: what published derivations get wrong\n"
    expected += "".join(f"  {erratum.id:4} refuted  {erratum.title}\n" for erratum in ERRATA)
    assert out == expected + summary(73, 73) + HINT and err == ""
    assert max(map(len, out.splitlines())) <= 80
    assert list(CHAPTERS) == ["A", "B", "C", "D", "F", "G", "H"]
    assert "D. Losses and whole networks\n  D1   holds    mean squared error\n" in out


@pytest.mark.parametrize(("name", "fails"), [("softmax_jacobian", {"B3", "C7", "C8", "C10", "F3", "F7", "E2", "E6"}),
                                             ("mse", {"D1"}),
                                             ("gradient_descent_step", {"D6", "D8", "E4", "E12"})])  # fmt: skip
def test_a_broken_closed_form_is_told(name: str, fails: set[str], monkeypatch: Any, capsys: Any) -> None:
    """The rows that call it fail, and no other; the first number that differs is named."""
    plain = getattr(calculus, name)

    def doubled(x: Any) -> Any:
        return [doubled(item) for item in x] if isinstance(x, list) else 2.0 * x

    monkeypatch.setattr(calculus, name, lambda *each, **named: doubled(plain(*each, **named)))
    monkeypatch.setattr(command, "DRAWS", 4)
    assert formulas() == 1
    out = capsys.readouterr().out
    told = {line.split()[0]: line.split()[1] for line in out.splitlines() if re.match(r"  [A-H]\d", line)}
    assert {id for id, verdict in told.items() if verdict == "FAILS"} == fails
    assert set(re.findall(r"^([A-H]\d+) fails: ", out, re.MULTILINE)) == fails
    assert all(re.search(rf"^{id} fails: \S", out, re.MULTILINE) for id in fails)
    assert f"{73 - len(fails)} of 73 rows hold" in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_broken_engine_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    plain = Value.backward
    monkeypatch.setattr(Value, "backward", lambda self, seed=1.0: plain(self, seed * 1.001))
    assert formulas() == 1 and formulas("C7") == 1 and formulas("E8") == 1
    out = capsys.readouterr().out
    assert "  C7   FAILS    softmax" in out and "  E8   FAILS    the quotient" in out
    assert "\n0 of 73 rows hold on " in out  # each asks the engine for a derivative
    assert re.search(r"^C7 fails: .*, entry \d+: -?[\d.]+ and -?[\d.]+,", out.replace("\n  ", " "), re.MULTILINE)
    assert max(map(len, out.splitlines())) <= 80


# --- small ledgers, by hand -------------------------------------------------------------------------------------------


def row(*engine: float, title: str = "y is x", units: float = 4.0) -> Row:
    """A row whose closed form says 2 and whose engine says these, whatever is drawn."""

    def work(work: Any) -> None:
        work.draw(x="")
        for each in engine:
            work.result("dy/dx", [1.25, [2.0]], [1.25, [each]])

    return ROWS["C7"]._replace(title=title, units=units, work=work)


def erratum(wrong: Any, engine: float = 2.0) -> Erratum:
    """An erratum with this wrong form, whose right one is 2."""

    def refute(work: Any) -> None:
        work.draw(x="")
        work.refuted("the slope", wrong, 2.0, engine)

    return ERRATA[7]._replace(title="y is not x", refute=refute)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a ledger of these rows and errata."""

    def make(rows: list[Row], errata: list[Erratum]) -> None:
        monkeypatch.setattr(command, "LEDGER", tuple(rows))
        monkeypatch.setattr(command, "ERRATA", tuple(errata))
        monkeypatch.setattr(command, "CHAPTERS", {"C": ("Layers", tuple(rows))})

    return make


LONG = "a title of so many words that no line of eighty columns has room for it, which wraps"
BY_HAND = """\
C. Layers
  C7   holds    y is x
  C7   FAILS    a title of so many words that no line of eighty columns has room
                for it, which wraps
E. Errata: what published derivations get wrong
  E8   refuted  y is not x
  E8   FAILS    y is not x
  E8   FAILS    y is not x
C7 fails: dy/dx, entry 1: 2.0 and 2.5, 0.5 apart, 0 allowed
E8 fails: the slope: the wrong form agrees with the right one here
E8 fails: the slope, entry 0: 2.0 and 2.5, 0.5 apart, 2.22e-15 allowed
"""


def test_verdicts_by_hand(small: Any, capsys: pytest.CaptureFixture[str]) -> None:
    small([row(2.0), row(2.5, title=LONG, units=0.0)], [erratum(3.0), erratum(2.0), erratum(3.0, 2.5)])
    assert formulas() == 1
    assert capsys.readouterr().out == BY_HAND + summary(2, 5) + HINT


@pytest.mark.parametrize(("engine", "code"), [((2.0,), 0), ((2.0, 2.0), 0), ((2.5,), 1), ((2.5, 2.0), 1),
                                              ((2.0, 2.5), 1), ((float("nan"), 2.0), 1)])  # fmt: skip
def test_one_answer_that_fails_is_enough(engine: Any, code: int, small: Any, capsys: Any) -> None:
    small([row(*engine)], [])
    assert command.work_out(row(*engine), {}) == code
    capsys.readouterr()
    assert formulas() == code
    assert summary(1 - code, 1) in capsys.readouterr().out


def test_a_failure_that_is_long_wraps(small: Any, capsys: pytest.CaptureFixture[str]) -> None:
    long = row(2.5)._replace(work=lambda work: work.result("∂L/∂W " + "and so on " * 12, 2.0, 2.5))
    small([long], [])
    assert formulas() == 1
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    told = lines.index("C7 fails: ∂L/∂W and so on and so on and so on and so on and so on and so on and")
    assert lines[told + 1].startswith("  so on and so on ")


def test_twenty_draws_of_which_each_is_another(small: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A row that fails on one of them fails; the first failure is told."""
    drawn: list[float] = []

    def work(work: Any) -> None:
        drawn.extend(work.draw(x=""))
        work.result(f"draw {len(drawn)}", 1.0, 2.0 if len(drawn) > 18 else 1.0)

    small([row()._replace(work=work)], [])
    assert formulas() == 1
    assert len(drawn) == len(set(drawn)) == 20
    assert "\nC7 fails: draw 19, entry 0: 1.0 and 2.0, 1 apart, " in capsys.readouterr().out


def test_the_draws_are_the_same_each_time(small: Any, capsys: pytest.CaptureFixture[str]) -> None:
    drawn: list[float] = []
    small([row()._replace(work=lambda work: drawn.extend(work.draw(x="")))], [])
    assert formulas() == formulas() == 0
    assert drawn[:20] == drawn[20:] and len(drawn) == 40


@pytest.mark.parametrize("error", [ZeroDivisionError("no"), OverflowError("no"), NumberError("no"), ValueError("no"),
                                   IndexError("no"), TypeError("no")])  # fmt: skip
def test_an_error_in_a_check_is_a_failure(error: Exception, small: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def work(work: Any) -> None:
        raise error

    small([row(2.0), row()._replace(work=work)], [erratum(3.0)._replace(refute=work)])
    assert formulas() == 1
    told = f"fails: {type(error).__name__}: no\n"
    assert f"C7 {told}E8 {told}{summary(1, 3)}" in capsys.readouterr().out


def test_answers_of_different_shapes_are_a_failure(small: Any, capsys: pytest.CaptureFixture[str]) -> None:
    small([row()._replace(work=lambda work: work.result("dy/dx", [[1.0]], [1.0]))], [])
    assert formulas() == 1
    assert "C7 fails: ShapeError: dy/dx: forms [[0]] and [0]\n" in capsys.readouterr().out


def test_a_mistake_of_the_program_is_none_of_the_engine(small: Any) -> None:
    small([row()._replace(work=lambda work: oops)], [])  # type: ignore[name-defined] # noqa: F821
    with pytest.raises(NameError, match="oops"):
        formulas()


# --- the bar ----------------------------------------------------------------------------------------------------------


def test_the_bar_goes_on_by_one_a_row(small: Any, monkeypatch: Any, capsys: pytest.CaptureFixture[str]) -> None:
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
    small(list(LEDGER[:2]), [erratum(3.0)])
    assert formulas() == 0
    assert seen == [(1, "checked A1"), (2, "checked A2"), (3, "checked E8")] and made[0].tasks[0].total == 3
    assert summary(3, 3) in capsys.readouterr().out
    monkeypatch.setattr(command.extras, "on_terminal", lambda: False)
    assert formulas() == 0 and len(made) == 1
    capsys.readouterr()


def test_without_rich_there_are_plain_lines(small: Any, monkeypatch: Any, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command.extras, "on_terminal", lambda: True)
    monkeypatch.setattr(command.extras, "found", lambda module, otherwise: False)
    small([row(2.0)], [erratum(3.0)])
    assert formulas() == 0
    assert summary(2, 2) in capsys.readouterr().out


# --- tolerances -------------------------------------------------------------------------------------------------------

# What each row's live check may be off by, in units of n·ε·S: the roundings that its reason counts on a side,
# since each is half a unit and both sides make them.
UNITS = {
    0: "B2 B5 C1 C3", 2: "B6 B7 B13 C2 C4 C5 C6 C11 D5 H4 H5 H6",
    4: "A1 A4 A5 A6 B1 B3 B8 B9 B12 C7 C8 C9 C10 D1 D2 D6 D8 F1 F2 F3 F4 F5 F6 F7 G4 H2 H7 H8 H9",
    8: "A2 A3 B4 B10 B14 D3 D4 H1", 12: "H3", 16: "B11 D7 F8 G1 G2 G3",
}  # fmt: skip


def test_the_tolerances_are_those_that_the_reasons_count() -> None:
    assert {row.id: row.units for row in LEDGER} == {id: units for units, ids in UNITS.items() for id in ids.split()}
    told = {row.id: row.tolerance for row in LEDGER}
    assert (told["C1"], told["B6"], told["A6"], told["B3"]) == ("equal", "2·n·ε·S", "4·n·ε·S + h/2", "4·n·ε·S + ‖Δ‖²")
    assert {erratum.units for erratum in ERRATA} == {4.0}
