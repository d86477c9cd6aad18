"""Misprints of a row: what the printed line gives, on the row's numbers, beside what is right."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scalargrad.ledger import page
from scalargrad.ledger.chapters import misprints
from scalargrad.ledger.compare import Refutation
from scalargrad.ledger.index import INDEX
from scalargrad.ledger.row import Misprint, Row
from scalargrad.ledger.rows import LEDGER, ROWS, check, search
from scalargrad.transforms.containers import flat
from tests.support import formulas

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

run = formulas.run
ALL = [(row, misprint) for row in LEDGER for misprint in row.misprints]
SHOWN = [(row, misprint) for row, misprint in ALL if misprint.refute]
rows = pytest.mark.parametrize("row", [row for row in LEDGER if row.misprints], ids=lambda row: row.id)
shown = pytest.mark.parametrize(("row", "misprint"), SHOWN, ids=[f"{row.id} {each.text[:30]}" for row, each in SHOWN])


def of(row: str, start: str, seed: int = 0, **inputs: Any) -> Refutation:
    """The refutation of a row with that beginning."""
    (found,) = (each for each in check(row, inputs, seed).refutations if each.what.startswith(start))
    return found


def test_every_misprint_is_shown_on_numbers_or_says_why_not() -> None:
    assert ALL and all(bool(misprint.refute) != bool(misprint.reason) for _, misprint in ALL)
    assert {misprint.reason for row, misprint in ALL if row.id in ("A3", "B12")} == {
        "a letter used twice: the supplement has no weight", "a name", "a theorem's number",
    }  # fmt: skip


def test_every_misprint_of_the_module_is_one_of_its_row() -> None:
    declared = {id: each for id, each in vars(misprints).items() if id in ROWS}
    assert declared == {row.id: row.misprints for row in LEDGER if row.misprints}


@shown
def test_a_misprint_is_refuted_and_the_engine_agrees(row: Row, misprint: Misprint) -> None:
    count = 0
    for seed in range(60):
        found = [each for each in check(row, seed=seed).refutations if each.of == misprint.text]
        count += bool(found)
        assert all(each.parts() and each.holds(row.units) for each in found)
        assert all(each.again is not None for each in found)  # what is printed is computed by the engine, too
    assert count >= 20  # of one input, or one whose errors add to 0, D5 shows nothing


@shown
def test_a_row_shows_it_beside_the_text(row: Row, misprint: Misprint, run: Any) -> None:
    first = next(each for each in check(row).refutations if each.of == misprint.text)
    text = formulas.unwrapped(run(row.id).out)
    _, wrong, right = first.parts()[0]
    assert f"misprint: {formulas.unwrapped(misprint.text)}: " in text
    assert f"misprint: {formulas.unwrapped(first.what)}" in text
    assert (
        isinstance(wrong, list) and isinstance(right, list)
    ) or f"{wrong + 0.0:.6g} is not {right + 0.0:.6g}" in text


@rows
def test_the_page_has_the_numbers_of_each(row: Row) -> None:
    text = re.sub(r"\\([*\[\]<])", r"\1", "\n".join(page._row(row)))  # without what Markdown needs
    for misprint in row.misprints:
        assert f"- Misprint: {misprint}" in text
    for each in check(row).refutations:
        assert f"{each.what}: they part" in text


# --- by hand


def test_the_numbers_of_one_neuron_by_hand() -> None:
    """w = 1, b = 0, x = 1, 2, -1 and y = 1: the errors of the active inputs are 0 and 1, and -1 - 1 of the other."""
    unit: dict[str, Any] = {"w": [1], "b": 0, "X": [[1], [2], [-1]], "y": [1, 1, 1]}
    for start, wrong, right in (
        ("C = (1/N) Σ v²", 0.0, 2.0 / 3.0),
        ("∂C/∂w = (1/N) Σ -2v xᵀ", 2.0 / 3.0, 4.0 / 3.0),
        ("∂C/∂w as an average", 2.0, 4.0 / 3.0),
        ("(2/N) Σ eᵢxᵢᵀ over all", 8.0 / 3.0, 4.0 / 3.0),
    ):
        found = of("D5", start, **unit)
        assert flat([found.wrong, found.right.analytic, found.right.engine]) == pytest.approx([wrong, right, right])


def test_the_gradient_is_as_the_inputs_are_signed() -> None:
    found = of("D8", "e is negative", w=[1, -1], b=0, X=[[1, -1], [-1, 1]])
    assert flat([found.wrong, found.right.engine]) == [-2.0, -2.0, 2.0, -2.0]


@pytest.mark.parametrize(("row", "start", "inputs", "wrong", "right"), [
    ("A4", "∂/∂x f and", {"x": 2, "y": 5}, [5.0, 5.0], [5.0, 2.0]),
    ("A4", "∇(xy)", {"x": 2, "y": 5}, [60.0, 12.0], [5.0, 2.0]),
    ("A4", "∇(3x²y)", {"x": 2, "y": 5}, [2.0, 5.0], [60.0, 12.0]),
    ("A4", "f(2x, 2y)", {"x": 2, "y": 5}, [120.0], [480.0]),
    ("A6", "the limit", {}, [2.0**-20, 2.0**-20], [1.0, -1.0]),
    ("B3", "JΔ", {"d": [1.0, 0.0], "x": [0.0, 0.0]}, [7.5], [3.75]),  # t = 3/2: 5t, and 5t/2
    ("B4", "with wᵢ", {"w": [2, 3], "x": [4, 5]}, [0.0, 0.0], [1.0, 1.0]),
    ("B4", "as printed", {"w": [2, 3], "x": [4, 5]}, [0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0]),
    ("B9", "∂y/∂u", {"A": [[3]], "B": [[2]], "x": [0]}, [3.0], [6.0]),
    ("C6", "z is a constant", {"w": [1, 2], "x": [3, -4], "b": 1}, [0.0, 0.0], [3.0, -4.0]),
])  # fmt: skip
def test_by_hand(row: str, start: str, inputs: dict[str, Any], wrong: list[float], right: list[float]) -> None:
    found = of(row, start, **inputs)
    assert flat(found.wrong) == wrong
    assert flat(found.right.analytic) == flat(found.right.engine) == right


# --- numbers of the reader's own


@pytest.mark.parametrize("line", ["A4 x=0 y=0", "D5 w=1 b=0 X=1/1 y=0,0", "D8 w=0 X=0", "C6 w=1 x=0 b=0", "A4 x=1 y=1"])
def test_where_a_misprint_is_right_the_row_holds(line: str, run: Any) -> None:
    ran = run(line)
    assert (ran.code, ran.err) == (0, "") and "they agree on these numbers: try others" in ran.out


def test_where_the_printed_line_overflows_the_row_is_shown_without_it(run: Any) -> None:
    """3x² is 1.5e308, and 4 times as large at 2x."""
    text = run("A4 x=7e153 y=1e-5").out
    assert "misprint: ∇(xy) = [6yx, 3x²]" in text and "f(2x, 2y)" not in text


def test_the_average_needs_weights_with_a_sum(run: Any) -> None:
    """Of the errors 1 and -1 there is no average; the row holds."""
    ran = run("D5 w=1 b=0 X=1/2 y=0,3")
    assert ran.code == 0 and "as an average" not in ran.out


def test_rounding_does_not_say_which_inputs_are_active(run: Any) -> None:
    """With b = -w·x₁ - 1 the second input is 0 but for rounding: nothing is shown of it."""
    ran = run("D5 w=1,1 b=3 X=0.1,0.2/0.7,0.6 y=1,1")
    assert ran.code == 0 and "over all N inputs" not in ran.out


# --- errata, as the text prints them


def test_zero_by_zero_is_what_the_operator_says() -> None:
    """The text has 0; the engine has nan, 1 and 1. Off the diagonal f' and g' are 0, and 0 ⊘ 0 is not."""
    first, *rest = check("E9", seed=1).refutations[:4]
    assert [first.what, *(each.what for each in rest[:2])] == [
        f"0 {sign} 0 is 0, as “whatever the operator” has it" for sign in "⊘≥="
    ]
    assert first.wrong == 0.0 and str(first.right[1:3]) == "(nan, nan)"
    assert [(each.wrong, each.right.analytic, each.right.engine) for each in rest[:2]] == [(0.0, 1.0, 1.0)] * 2
    assert str((rest[2].wrong, rest[2].right.analytic, rest[2].right.engine)) == "([nan, nan], [0.0, 0.0], [0.0, 0.0])"


@pytest.mark.parametrize(("line", "shown"), [
    ("E9 w=3 x=1", "(f ⊘ g)' = f' ⊘ g', by x, of f = w² + 1 and g = x² + 2"),
    ("E9 w=3 x=1", "they part: 0 is not nan"),
    ("E11 x=-1,2,3", "they part: 3×1 is not 3×3"),
    ("E12 w=1,2 g=3,4 η=0.5", "they part: 2×2 is not 2×1"),
    ("E6", "the wrong form: “the Jacobian is usually diagonal”, as a rule"),
    ("E4 w=1 b=0 X=2 y=1", "C after a step of η = 0.05, minus C before"),  # a quarter of 1/(1 + 2²)
])  # fmt: skip
def test_an_erratum_shows_what_a_reader_recomputes(line: str, shown: str, run: Any) -> None:
    ran = run(line)
    assert ran.code == 0 and shown in formulas.unwrapped(ran.out)


def test_the_quotient_comes_first_as_it_is_printed() -> None:
    printed, other = check("E5", {"w": [1], "x": [4]}).refutations
    assert printed.what == "∂(w⊗x)/∂w = diag(1/xᵢ), as printed"
    assert (printed.wrong, printed.right.engine) == ([[0.25]], [[4.0]])
    assert (other.wrong, other.right.engine) == ([[4.0]], [[0.25]])


@pytest.mark.parametrize(("text", "id"), [
    ("a vector of its parameters", "A4"), ("maps n scalar parameters to one scalar", "A4"),
    ("∂/∂x f(x, y) and ∂/∂x f(x, y)", "A4"), ("no functions of w_i", "B4"), ("because z is a constant", "C6"),
    ("e_i is negative", "D8"), ("weighted average", "D5"), ("J_{y(u)} = J_y(u(v)) J_u(v)", "B9"),
])  # fmt: skip
def test_the_printed_line_leads_to_where_it_fails(text: str, id: str) -> None:
    there = [entry for entry in INDEX if text in entry.what and id in entry.rows]
    _, places = search(text)
    assert there and set(there) <= set(places)
    assert any(each.of for each in check(id).refutations)
