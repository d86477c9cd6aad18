"""`calculus.check` does in Python what the command does; and how numbers are written."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import calculus, extras
from scalargrad.errors import ArgumentError, RangeError, ScalargradError, ShapeError
from scalargrad.ledger import show
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.row import Erratum, Row
from scalargrad.ledger.rows import ERRATA, LEDGER, ROWS, Checked
from scalargrad.transforms.containers import flat
from tests.support import formulas
from tests.support.formulas import unwrapped

ALL: tuple[Row | Erratum, ...] = (*LEDGER, *ERRATA)
IDS = [each.id for each in ALL]
both = pytest.mark.parametrize("each", ALL, ids=IDS)
run, refused = formulas.run, formulas.refused


# --- in Python --------------------------------------------------------------------------------------------------------


def test_check_returns_the_numbers() -> None:
    checked = calculus.check("C7", z=[1.0, 2.0, 3.0])
    assert isinstance(checked, Checked) and checked.row is ROWS["C7"]
    assert checked.inputs == {"z": [1.0, 2.0, 3.0]}
    answer = next(each for each in checked.comparisons if each.what == "∂p/∂z = diag(p) - ppᵀ")
    assert isinstance(answer, Comparison) and answer.analytic == calculus.softmax_jacobian([1.0, 2.0, 3.0])
    assert answer.difference() <= 4.0 * 3 * 2.0**-52 and not answer.is_step
    assert checked.holds and checked.misses == []


def test_check_returns_a_refutation() -> None:
    checked = calculus.check("E8", z=[1, 2, 3])
    (each,) = checked.refutations
    assert each.wrong[0][0] == pytest.approx(-each.right.engine[0][0]) and each.wrong[0][0] < -0.08
    assert each.parts()[0] == ("[0][0]", each.wrong[0][0], each.right.analytic[0][0])
    assert checked.holds and not calculus.check("E8", z=[2]).holds


@both
def test_check_does_what_the_command_does(each: Row | Erratum, run: Any) -> None:
    """The same draws, the same numbers: each answer of the one is printed by the other."""
    checked, printed = calculus.check(each.id, seed=11), run(f"{each.id} --seed 11")
    assert printed.code == (0 if checked.holds else 1)
    whole = unwrapped(printed.out)
    for answer in (*checked.comparisons, *(refutation.right for refutation in checked.refutations)):
        assert unwrapped(answer.what) in whole
        assert all(show.number(item) in whole for item in flat(answer.analytic))
    # and given as text, they are the same again, without what is shown besides where nothing is given
    given = formulas.own(checked)
    again = run(" ".join([each.id, *(f"{name}={as_text(x)}" for name, x in given.items()), "--seed", "11"]))
    alone = re.compile(r"\n  a number t for each = .*?\]|\nbesides, .*?: holds\n", re.DOTALL)
    if each.id != "E7":  # which draws other numbers too
        assert again.out == alone.sub("", printed.out)


def as_text(x: Any) -> str:
    """As it is given on a command line."""
    if not isinstance(x, list):
        return str(x)
    if x and isinstance(x[0], list):
        return ";".join(",".join(map(str, row)) for row in x)
    return ",".join(map(str, x)) + ("," if len(x) == 1 else "")


@pytest.mark.parametrize(("row", "inputs", "error"), [
    ("Z9", {}, ArgumentError), ("softmax", {}, ArgumentError), ("C7", {"q": [1.0]}, ArgumentError),
    ("C7", {"z": [[1.0], [2.0]]}, ShapeError), ("C7", {"z": []}, ShapeError), ("C7", {"z": "text"}, ScalargradError),
    ("C8", {"z": [1.0], "g": [1.0, 2.0]}, ShapeError), ("A6", {"h": 0.0}, ScalargradError),
    ("D2", {"scores": [[1.0, 2.0]], "classes": [2]}, ScalargradError),
    ("D2", {"scores": [[1.0, 2.0]], "classes": ["a"]}, ScalargradError),
    ("E3", {"scores": [[1.0, 2.0], [3.0, 4.0]], "classes": [2, 2]}, ScalargradError),
])  # fmt: skip
def test_check_raises_what_the_command_tells(row: str, inputs: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        calculus.check(row, **inputs)


def test_check_takes_the_librarys_own_arrays() -> None:
    """As numbers, without a warning that their gradient is lost."""
    z = sg.Vector([1.0, 2.0, 3.0])
    assert calculus.check("C7", z=z).inputs == calculus.check("C7", z=list(z)).inputs == {"z": [1.0, 2.0, 3.0]}
    x = sg.Matrix([[1.0, 2.0], [3.0, 4.0]])
    assert calculus.check("C11", X=x).inputs["X"] == [[1.0, 2.0], [3.0, 4.0]]
    assert calculus.check("A2", x=sg.Value(0.5)).inputs["x"] == 0.5


def test_check_takes_one_class_for_one_row() -> None:
    assert calculus.check("D2", scores=[1.0, 2.0, 3.0], classes=2).inputs["classes"] == [2]
    with pytest.raises(ShapeError, match="classes has 1 along N, where another input has 2"):
        calculus.check("D2", scores=[[1.0, 2.0], [3.0, 4.0]], classes=1)


def test_check_refuses_a_number_that_is_too_large() -> None:
    with pytest.raises(ArgumentError, match="x needs finite numbers, got inf"):
        calculus.check("C3", x=[math.inf])
    with pytest.raises(RangeError, match="x is too large for a float"):
        calculus.check("C3", x=10**400)


def test_check_draws_by_seed_alone() -> None:
    assert calculus.check("D3", seed=2).inputs == calculus.check("D3", seed=2).inputs != calculus.check("D3").inputs
    assert calculus.check("D3").inputs == calculus.check("D3", seed=0).inputs


# --- numbers as text --------------------------------------------------------------------------------------------------


def test_numbers_have_six_digits() -> None:
    assert [show.number(x) for x in (1.0, 1.0 / 3.0, -2e-20, math.inf, math.nan, 3, "sin")] == [
        "1", "0.333333", "-2e-20", "inf", "nan", "3", "sin",
    ]  # fmt: skip


def test_matrices_stand_in_rows_with_columns_to_the_right() -> None:
    assert show.lines([[1.0, -2.5], [10.0, 0.25]]) == ["[  1  -2.5 ]", "[ 10  0.25 ]"]
    assert show.lines([[1.0]]) == ["[ 1 ]"] and show.lines([[1.0], [-2.0]]) == ["[  1 ]", "[ -2 ]"]
    assert show.lines(1.5) == ["1.5"] and show.lines([1.0, 2.0]) == ["[1, 2]"] and show.lines([]) == ["[]"]
    assert show.lines([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]) == [
        "0: [ 1  2 ]", "   [ 3  4 ]", "1: [ 5  6 ]", "   [ 7  8 ]",
    ]  # fmt: skip
    assert show.lines([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]], 11) == ["[  1  -2", "   3 ]", "[  4   5", "  -6 ]"]
    assert show.lines([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]], 14) == ["[ 1  -2   3 ]", "[ 4   5  -6 ]"]
    assert show.lines([[1.0], [-20.0]], 3) == ["[   1 ]", "[ -20 ]"]  # one column at least
    assert show.lines([[1.0, 2.0], [3.0]]) == ["0: [1, 2]", "1: [3]"]  # rows of different lengths
    assert show.labelled("  X =", [[1.0], [2.0]]) == ["  X = [ 1 ]", "      [ 2 ]"]


def test_a_long_vector_wraps_between_numbers() -> None:
    numbers = [1.0 / (k + 3) for k in range(40)]
    lines = show.lines(numbers)
    assert len(lines) > 1 and max(map(len, lines)) <= 66
    assert " ".join(lines) == "[" + ", ".join(f"{x:.6g}" for x in numbers) + "]"


def test_text_wraps_at_spaces_and_goes_on_further_in() -> None:
    wrapped = extras.wrapped("word " * 40, "  ", "    ")
    lines = wrapped.split("\n")
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].startswith("  word") and all(line.startswith("      word") for line in lines[1:])
    assert unwrapped(wrapped) == ("word " * 40).strip()
