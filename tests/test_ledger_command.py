"""`scalargrad formulas ROW` works a row out, and `formulas WORDS` finds rows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scalargrad import calculus
from scalargrad.ledger import command, show
from scalargrad.ledger.row import SOURCES, Erratum, Misprint, Row
from scalargrad.ledger.rows import ERRATA, LEDGER, ROWS, find, search
from tests.support import formulas
from tests.support.formulas import unwrapped

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

ALL: tuple[Row | Erratum, ...] = (*LEDGER, *ERRATA)
IDS = [each.id for each in ALL]
both = pytest.mark.parametrize("each", ALL, ids=IDS)
run, refused = formulas.run, formulas.refused


# --- a row, worked out ------------------------------------------------------------------------------------------------

D1 = """\
D1: mean squared error
    L = (1/n)Σ(yᵢ - ŷᵢ)²: ∂L/∂ŷᵢ = -(2/n)(yᵢ - ŷᵢ)
source: LB MSE: “Derivations of formulas that are common in machine learning
    (notes)”; PH 1: Terence Parr and Jeremy Howard, “The Matrix Calculus You
    Need For Deep Learning”, 2018
functions: mse, mse_gradient
tolerance: 4·n·ε·S: a difference, a quotient, two products: 4 roundings on
    either side; of the loss, S = Σ of the squares

inputs (--seed 0; give your own with NAME=1,2,3 or NAME=1,2/3,4)
  y = [1, 2]
  ŷ = [1, 4]

(1/n)Σ(yᵢ - ŷᵢ)²
  closed form 2
  engine      2
  difference  0: holds

∂L/∂ŷᵢ = -(2/n)(yᵢ - ŷᵢ)
  closed form [ 0  2 ]
  engine      [ 0  2 ]
  difference  0: holds

∂L/∂ŷᵢ = -(2/n)(yᵢ - ŷᵢ), denominator layout
  closed form [ 0 ]
              [ 2 ]
  engine      [ 0 ]
              [ 2 ]
  difference  0: holds
"""


def test_a_row_by_hand(run: Any) -> None:
    ran = run("D1 y=1,2 ŷ=1,4")
    assert (ran.code, ran.out, ran.err) == (0, D1, "")


STEPPED = """\
C4: dot product, by way of u = w⊗x
    ∂(w·x)/∂w = 1ᵀdiag(x) = xᵀ
source: nobody
functions: dot, dot_gradients
tolerance: 4·n·ε·S: a reason
misprint: PH 4 says so (a name)

inputs (--seed 7; give your own with NAME=1,2,3 or NAME=1,2/3,4)
  X = [  1   -2.5 ]
      [ 10  0.125 ]
  names = [sin, cos]

step 1: u = 2x
  closed form 1
  engine      1
  difference  0: holds

step 2: u = 3x
  closed form [1, 2]
  engine      [1, 2.5]
  difference  0.5: FAILS
  u = 3x, entry 1: 2.0 and 2.5, 0.5 apart, 2.22e-15 allowed

y
  closed form [ 1  2 ]
  engine      [ 1  2 ]
  difference  0: holds
"""


def test_steps_come_first_and_are_counted(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """And what fails is told at its place, with the numbers and what is allowed."""

    def work(work: Any) -> None:
        work.note(X=[[1.0, -2.5], [10.0, 0.125]], names=["sin", "cos"])
        work.step("u = 2x", "u = 2x", 1.0, 1.0)
        work.result("y", [[1.0, 2.0]], [[1.0, 2.0]])
        work.step("u = 3x", "u = 3x", [1.0, 2.0], [1.0, 2.5])

    row = ROWS["C4"]._replace(work=work, units=4.0, reason="a reason", sources=("XX",))
    row = row._replace(misprints=(Misprint("PH 4 says so", None, "a name"),))
    monkeypatch.setattr(command, "_sources", lambda row: "nobody")
    assert command.work_out(row, {}, 7) == 1
    assert capsys.readouterr().out == STEPPED


E8 = """\
E8: the quotient rule with the wrong sign
the wrong form: (u v' - u' v)/v²: entry (0, 0) at [1, 2, 3] is -0.0819
the right form: (u' v - u v')/v²: +0.0819 (row C7)
source: LB softmax: “Derivations of formulas that are common in machine learning
    (notes)”

inputs (--seed 0; give your own with NAME=1,2,3 or NAME=1,2/3,4)
  z = [1, 2, 3]

(u v' - u' v)/v²
  wrong form  [ -0.0819251   0.022033   0.059892 ]
              [   0.022033  -0.184836   0.162803 ]
              [   0.059892   0.162803  -0.222695 ]
  right form  [ 0.0819251  -0.022033  -0.059892 ]
              [ -0.022033   0.184836  -0.162803 ]
              [ -0.059892  -0.162803   0.222695 ]
  engine      [ 0.0819251  -0.022033  -0.059892 ]
              [ -0.022033   0.184836  -0.162803 ]
              [ -0.059892  -0.162803   0.222695 ]
  they part at [0][0]: -0.0819251 is not 0.0819251
"""


def test_an_erratum_by_hand(run: Any) -> None:
    ran = run("E8 z=1,2,3")
    assert (ran.code, ran.out, ran.err) == (0, E8, "")


def test_what_does_not_conform_is_told_in_words(run: Any) -> None:
    ran = run("E10 h=1,2;3,4;5,6 S=1;2;3")
    assert ran.code == 0
    for start in ("wrong form ", "they part:"):
        assert re.search(
            rf"^  {start} S h1ᵀ is \(3.1\)\(2.3\): it does not conform, and ∂L/∂W2 is 2×1$", ran.out, re.MULTILINE
        )


def test_numbers_on_which_a_wrong_form_is_right_are_told(run: Any) -> None:
    """One score: every derivative is 0, of either sign."""
    ran = run("E8 z=2")
    assert ran.code == 1 and ran.lines[-1] == "  they agree on these numbers: try others"


def test_each_of_the_three_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The wrong form, the right one and the engine, each its own number; the exit status says that two should agree."""

    def refute(work: Any) -> None:
        work.draw(x="")
        work.refuted("the slope", 3.0, 2.0, 2.5)

    assert command.work_out(ERRATA[7]._replace(refute=refute), {"x": 1}) == 1
    told = "\nthe slope\n  wrong form  3\n  right form  2\n  engine      2.5\n  they part: 3 is not 2\n"
    assert told in capsys.readouterr().out


def test_an_erratum_whose_right_form_is_not_the_engines_fails(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader sees why: the wrong form does part from the right one."""
    plain = calculus.softmax_jacobian
    monkeypatch.setattr(calculus, "softmax_jacobian", lambda z: [[2.0 * item for item in row] for row in plain(z)])
    ran = run("E2 z=1,2,3")
    assert ran.code == 1
    assert "FAILS" in ran.out


@both
def test_every_row_works_out(each: Row | Erratum, run: Any) -> None:
    """For several seeds, in either case of the letter, with lines of at most 80 columns."""
    for seed in (0, 1, 2, 3):
        ran = run(f"{each.id.lower() if seed % 2 else each.id} --seed {seed}")
        assert ran.code == 0 and ran.err == ""
        assert max(map(len, ran.lines)) <= show.WIDTH == 80
        assert not any(line != line.rstrip() for line in ran.lines)
        assert ran.lines[0].startswith(f"{each.id}: {each.title}"[:80])
        assert f"inputs (--seed {seed}; " in ran.out
        assert "FAILS" not in ran.out and "try others" not in ran.out
        checked = calculus.check(each.id, seed=seed)
        for name in checked.inputs:
            assert re.search(rf"^  {re.escape(name)} = ", ran.out, re.MULTILINE), name
        assert ran.out.count("difference  ") == ran.out.count(": holds") == len(checked.comparisons)
        assert ran.out.count("  they part") == ran.out.count("  wrong form  ") == len(checked.refutations)
        steps = [line for line in ran.lines if line.startswith("step ")]
        assert len(steps) == sum(comparison.is_step for comparison in checked.comparisons)
        assert [int(line.split()[1].rstrip(":")) for line in steps] == list(range(1, len(steps) + 1))


@both
def test_a_row_says_where_it_stands_and_what_is_wrong_there(each: Row | Erratum, run: Any) -> None:
    text = unwrapped(run(each.id).out)
    if isinstance(each, Erratum):
        assert f"the wrong form: {unwrapped(each.wrong)}" in text
        assert f"the right form: {unwrapped(each.right)} (row {each.row})" in text
    else:
        assert unwrapped(each.plain) in text and f"tolerance: {each.tolerance}: {unwrapped(each.reason)}" in text
        assert f"functions: {', '.join(each.functions)}" in text
        assert all(f"misprint: {unwrapped(str(misprint))}" in text for misprint in each.misprints)
        told = {erratum.id for erratum in ERRATA if f"{erratum.id}, a wrong form: {unwrapped(erratum.wrong)}" in text}
        assert told == {erratum.id for erratum in ERRATA if erratum.row == each.id}
    for source in each.sources:
        key, _, place = source.partition(" ")
        assert re.search(rf"{key} [^:]*{re.escape(place)}[^:]*: {re.escape(unwrapped(str(SOURCES[key])))}", text), (
            source
        )


def test_a_row_without_a_source_says_so_or_nothing(run: Any) -> None:
    """C9 is in no source: no line is left hanging."""
    assert "source:" not in [line.strip() for line in run("C9").lines]


# --- words ------------------------------------------------------------------------------------------------------------

NUMBERS = re.compile(r"^([A-G]\d+) ", re.MULTILINE)


def found(run: Any, words: str) -> list[str]:
    """The ids of the rows that a search prints."""
    ran = run(words)
    assert ran.code == 0 and ran.err == "" and max(map(len, ran.lines)) <= 80
    return NUMBERS.findall(ran.out)


def test_a_search_by_hand(run: Any) -> None:
    assert run("two-layer").out == (
        "D3   two-layer network, all gradients\n"
        "     h = relu(XW1 + b1), s = hW2 + b2: ∂W2 = hᵀS, ∂b2 = 1ᵀS, ∂W1 = Xᵀ((SW2ᵀ) ⊙\n"
        "     1[h > 0]), ∂b1 = 1ᵀ((SW2ᵀ) ⊙ 1[h > 0]), S of D2\n"
    )
    assert run("B.26 stray").out == (
        "E13  theorem B.26's matrix has a stray minus\n"
        "     not -∂fₙ/∂xₙ in the last row, ∂f₁/∂xₙ twice there, and ∂fₙ/∂ηₙ in the\n"
        "     first; f(x) = [f(x₁), f(x₂), …], a row\n"
        "SM B.26: ∂f(x)/∂x = diag(f'(x)) (printed with a stray minus and η) → B11, E13\n"
    )


@pytest.mark.parametrize(("words", "rows"), [
    ("softmax", {"C7", "C8", "C9", "C10", "D2", "E2", "E8"}),  # by titles and statements
    ("chain rule", {"A1", "A5", "B8", "B9", "B10"}),
    ("Chain Rule", {"A1", "A5", "B8", "B9", "B10"}),
    ("softmax quotient", {"C7", "E8"}),
    ("B.15", {"B12", "B14", "C10"}),  # by theorems
    ("B.26", {"B11", "C10", "E13"}),
    ("adamw_step", {"D7"}),  # by functions
    ("neuron_cost_gradients", {"D5", "D8"}),
    ("nesterov", {"D7"}),
    ("PH 3.5", {"B8", "B9", "B10"}),  # by sources
    ("TL", {"D2", "D3", "D4", "E3", "E10"}),
    ("LB MSE", {"D1"}),
    ("Parr Howard", {"A4", "B4", "D5"}),
    ("∂L/∂z", {"C8"}),
    ("diag(1/xᵢ)", {"E5"}),  # by a wrong form, and by a right one
    ("nan", {"E9"}),
])  # fmt: skip
def test_a_search_finds_by_words_names_and_sources(words: str, rows: set[str], run: Any) -> None:
    assert rows <= set(found(run, words))


@pytest.mark.parametrize(("words", "rows"), [
    ("adamw_step", ["D7"]), ("B.26", ["B11", "C10", "E13"]), ("B.15", ["B12", "B14", "C10"]), ("PH 3.3", ["B6"]),
    ("two-layer", ["D3"]), ("nesterov", ["D7"]), ("SM A.2", ["C8"]),
])  # fmt: skip
def test_a_search_finds_no_more(words: str, rows: list[str], run: Any) -> None:
    """In the order of the ledger; the middle of a word is no match."""
    assert found(run, words) == rows
    assert [each.id for each in search(words)[0]] == rows


def test_a_search_is_of_all_words_in_any_order(run: Any) -> None:
    assert found(run, "rule chain") == found(run, "chain rule")
    assert set(found(run, "softmax quotient")) < set(found(run, "softmax"))


def test_a_place_in_a_source_is_found_in_its_words(run: Any) -> None:
    out = unwrapped(run("PH 3.2").out)
    assert "PH 3.2: the table of + - ⊗ ⊘ by w → B4, E5" in out
    assert "PH 3.2: “0 ○ 0 = 0 whatever the operator” → E9" in out
    assert "LB softmax: the quotient rule (printed with the wrong sign) → C7, E8" in unwrapped(run("LB softmax").out)


def test_a_search_of_one_source_gives_no_other(run: Any) -> None:
    for key in ("PH", "CH", "LB", "TL", "SM"):
        ran = run(key)
        entries = [line.split()[0] for line in ran.lines if re.match(r"(PH|CH|LB|TL|SM) ", line)]
        assert entries and set(entries) == {key}
        for id in NUMBERS.findall(ran.out):
            row = find(id)
            assert row is not None and any(source.startswith(f"{key} ") for source in row.sources)


def test_what_no_row_has_is_told(refused: Any) -> None:
    assert refused("tensor calculus") == "no row has 'tensor calculus': `scalargrad formulas` lists all titles"
    assert refused("oftmax").startswith("no row has 'oftmax'")
    assert refused("C7 C8").startswith("no row has 'C7 C8'")
