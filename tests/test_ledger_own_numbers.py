"""`scalargrad formulas ROW` with numbers of the reader's own: what it takes, what holds, and what it refuses."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from scalargrad import __main__, calculus
from scalargrad.calculus.shapes import shape
from scalargrad.errors import ScalargradError
from scalargrad.ledger import engine
from scalargrad.ledger.chapters import layers
from scalargrad.ledger.row import Erratum, Row
from scalargrad.ledger.rows import ERRATA, LEDGER, check
from scalargrad.transforms.containers import mapped
from tests.support import formulas

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

ALL: tuple[Row | Erratum, ...] = (*LEDGER, *ERRATA)
IDS = [each.id for each in ALL]
both = pytest.mark.parametrize("each", ALL, ids=IDS)
run, refused = formulas.run, formulas.refused


# --- numbers of the reader's own --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("line", "shown"), [
    ("C7 z=1,2,3", "  z = [1, 2, 3]\n"),
    ("c7 z=1,2,3", "  z = [1, 2, 3]\n"),
    ("C7 z=-1.5,2e1", "  z = [-1.5, 20]\n"),
    ("C7 z=2", "  z = [2]\n"),  # a number for a vector of one
    ("C7 z=2,", "  z = [2]\n"),
    ("C3 x=0.125", "  x = [0.125]\n"),
    ("C11 X=1,2;3,4 W=5,6;7,8", "  X = [ 1  2 ]\n      [ 3  4 ]\n  W = [ 5  6 ]\n      [ 7  8 ]\n"),
    ("C11 X=1,2;3,4; W=5;7", "  X = [ 1  2 ]\n      [ 3  4 ]\n  W = [ 5 ]\n      [ 7 ]\n"),
    ("C11 X=1,2 W=5;7", "  X = [ 1  2 ]\n  W = [ 5 ]\n      [ 7 ]\n"),  # a vector for a matrix of one row
    ("C11 X=4 W=5", "  X = [ 4 ]\n  W = [ 5 ]\n"),
    ("C11 X=1,2/3,4 W=5/7/", "  X = [ 1  2 ]\n      [ 3  4 ]\n  W = [ 5 ]\n      [ 7 ]\n"),
    ("D1 y=1,2 yhat=1,4", "  y = [1, 2]\n  ŷ = [1, 4]\n"),
    ("D1 y=1,2 y\u0302=1,4", "  y = [1, 2]\n  ŷ = [1, 4]\n"),  # as an editor may compose it
    ("D2 classes=0,3", "  classes = [0, 3]\n"),  # the scores are drawn to fit
    ("D4 reg=-0.5", "  reg = -0.5\n"),
    ("A2 x=1 w=2 b=-3", "  x = 1\n  w = 2\n  b = -3\n"),
    ("A1 f1=sin f2=tanh x=0.5", "  f1 = sin\n  f2 = tanh\n  x = 0.5\n"),
    ("B10 g=softplus f=atan x=1,2", "  g = softplus\n  f = atan\n  x = [1, 2]\n"),
    ("D2 scores=1,2;3,4;5,6 classes=0,1,1", "  classes = [0, 1, 1]\n"),
    ("D2 scores=1,2,3 classes=2", "  classes = [2]\n"),  # a number for a vector of one
    ("D4 reg=0.5", "  reg = 0.5\n"),
    ("E5 w=1,2 x=3,4", "  w = [1, 2]\n  x = [3, 4]\n"),
    ("E7 x=50", "  x = 50\n"),
    ("B11 f=exp x=1,2", "  f = exp\n  x = [1, 2]\n"),
    ("B11 f=asin x=-1,0,1", "  f = asin\n  x = [-1, 0, 1]\n"),
    ("D6 eta=0.5", "  η = 0.5\n"),
    ("E12 η=0.25", "  η = 0.25\n"),
    ("D3 b2=1,2", "  b2 = [1, 2]\n"),
])  # fmt: skip
def test_given_numbers_are_taken(line: str, shown: str, run: Any) -> None:
    ran = run(line)
    assert ran.code == 0 and shown in ran.out


def test_what_is_not_given_is_drawn_to_fit(run: Any) -> None:
    ran = run("C2 W=1,2;3,4;5,6 --seed 5")
    assert ran.code == 0
    checked = calculus.check("C2", W=[[1, 2], [3, 4], [5, 6]], seed=5)
    assert shape(checked.inputs["X"])[1] == 3 and shape(checked.inputs["G"])[1] == len(checked.inputs["b"]) == 2
    assert run("C2 W=1,2;3,4;5,6 --seed 6").out != ran.out == run("--seed 5 C2 W=1,2;3,4;5,6").out


@pytest.mark.parametrize("line", [
    "C11 X=1,0;0,1 W=1,2;3,4", "B4 w=0,1 x=1,-2", "C6 w=0,0 x=1,2 b=0", "D5 X=1,0;0,1 w=0,1", "C3 x=0,0",
    "D6 X=1,2;3,4;5,6", "D8 w=1,2 X=3,4;5,6 b=0", "D8 w=1,2 X=30,40 b=0", "C8 z=1,2,3 g=1,0,0",
    "D8 w=-3.936,16.718 X=10.607,-11.123 b=12.018", "B14 x=1,2 a=3,4 B=5,6;7,8", "B9 A=1,2;3,4 B=5,6;7,8 x=1,0",
    "A5 x=10 a=20,30 b=40,50", "E13 x=3,3",
])  # fmt: skip
def test_whole_numbers_and_zeros_hold_too(line: str, run: Any) -> None:
    """They are what a reader gives first."""
    ran = run(line)
    assert (ran.code, ran.err) == (0, "") and "FAILS" not in ran.out


KINDS: dict[str, Callable[[random.Random], float]] = {
    "whole": lambda chance: float(chance.randint(-9, 9)),
    "few": lambda chance: float(chance.randint(-1, 1)),
    "tenths": lambda chance: chance.randint(-200, 200) / 10.0,
    "hundreds": lambda chance: float(chance.randint(-1000, 1000)),
    "large": lambda chance: chance.uniform(-1e6, 1e6),
    "small": lambda chance: chance.uniform(-1e-6, 1e-6),
    "mixed": lambda chance: chance.choice((-1.0, 1.0)) * 10.0 ** chance.uniform(-10.0, 10.0),
    "any": lambda chance: chance.choice((-1.0, 1.0)) * 10.0 ** chance.randint(-320, 308),
    "edge": lambda chance: chance.choice((0.0, -0.0, 1.0, -1.0, 1e200, -1e200, 1e-200, 5e-324, 1e154, -1e154, 1e-154)),
}
# Rows that refuse some numbers of a kind: divisors of 0, exponentials that overflow, a negative η (D7) or h (A6),
# differences that are rounding (H2), scores too large for a softmax (H4, H5). All refuse some of the last kinds.
REFUSING = {
    "whole": {"A6", "B8", "B11", "D7", "E5", "G3"},
    "few": {"A6", "B8", "B11", "D7", "E5", "F8", "G1", "G3"},
    "tenths": {"A2", "A6", "B8", "B11", "D7", "E5", "G3"},
    "hundreds": {"A2", "A3", "A6", "B8", "B11", "B13", "D7", "E2", "E5", "E8", "F1", "G3", "H5"},
    "large": {"A2", "A3", "A6", "B8", "B11", "B13", "D7", "E2", "E5", "E8", "F1", "G3", "H2", "H4", "H5"},
    "small": {"A6", "B11", "D7", "G3"},
    "mixed": {"A2", "A3", "A6", "B8", "B11", "B13", "D7", "E2", "E5", "E8", "F1", "F8", "G1", "G3", "H2", "H4", "H5"},
    "any": set(IDS),
    "edge": set(IDS),
}


SETTINGS = {
    "classes",
    "tokens",
    "heads",
    "eps",
    "p",
    "α",
    "t",
}  # whole numbers, and shares: they stay as they are drawn


@both
@pytest.mark.parametrize("kind", KINDS)
def test_no_number_fails_falsely(each: Row | Erratum, kind: str) -> None:
    """A row holds on a reader's numbers, or says which it has no result for: it has no traceback, and does not fail."""
    for seed in range(8):
        chance = random.Random(f"{each.id} {kind} {seed}")
        drawn = formulas.own(check(each, seed=seed))
        given = {name: x if isinstance(x, str) or name in SETTINGS else mapped(lambda _: KINDS[kind](chance), x)
                 for name, x in drawn.items()}  # fmt: skip
        try:
            checked = check(each, given, seed)
        except ScalargradError as error:
            assert each.id in REFUSING[kind] and "\n" not in str(error), error
            continue
        answers = [*checked.comparisons, *checked.refutations]
        assert [miss for answer in answers for miss in answer.misses(each.units)] == [], given


@pytest.mark.parametrize(("line", "told"), [
    ("A2 x=47 w=-42 b=1", "wx + b must be -350 or more, since the square of e^-(wx + b) overflows below; it is -1973"),
    ("A3 x=-301", "x must be between -300 and 300, since the four nodes over- and underflow beyond: see E7"),
    ("A6 h=0", "h must be more than 0, since x + h is the right side, and x - h the left one; it is 0"),
    ("A6 h=-0.5", "h must be more than 0, since x + h is the right side, and x - h the left one; it is -0.5"),
    ("A6 f=relu x=-0.5 h=1", "h must be at most |x| = 0.5, or x must be 0, since relu has a kink at 0, which may not"),
    ("B8 x=0", "x must be from 1e-150 to 1e150 in size, since ln x² does not exist at 0, and x² over- or underflows"),
    ("B8 x=-1e200", "x must be from 1e-150 to 1e150 in size, since "),
    ("B11 f=log x=0", "x must be more than 0 for f = log, got 0"),
    ("B11 f=log2 x=1,-8", "x must be more than 0 for f = log2, got -8"),
    ("B11 f=log10 x=-0.5", "x must be more than 0 for f = log10, got -0.5"),
    ("B11 f=log1p x=-1", "x must be more than -1 for f = log1p, got -1"),
    ("B11 f=sqrt x=-4", "x must be 0 or more for f = sqrt, got -4"),
    ("B11 f=asin x=2", "x must be from -1 to 1 for f = asin, got 2"),
    ("B11 f=acos x=0,-1.5", "x must be from -1 to 1 for f = acos, got -1.5"),
    ("B11 f=acosh x=0.5", "x must be 1 or more for f = acosh, got 0.5"),
    ("B11 f=atanh x=-1", "x must be between -1 and 1 for f = atanh, got -1"),
    ("B11 f=exp x=710", "x must be 709 or less, since it overflows beyond, for f = exp, got 710"),
    ("B11 f=exp2 x=1024", "x must be 1023 or less, since it overflows beyond, for f = exp2, got 1024"),
    ("B11 f=cosh x=-711", "x must be from -710 to 710, since it overflows beyond, for f = cosh, got -711"),
    ("B11 f=square x=1e155", "x must be from -1e154 to 1e154, since it overflows beyond, for f = square, got 1e+155"),
    ("B11 f=foo x=1", "f must be one of neg, square, "),
    ("B13 x=0,710", "x must have numbers of 709 or less, since e^x overflows beyond; it has 710"),
    ("E2 z=301,0", "the steps square Σe^zᵢ, which needs numbers from -300 to 300, got 301: beyond, see E7"),
    ("E8 z=301,0", "the steps square Σe^zᵢ, which needs numbers from -300 to 300, got 301: beyond, see E7"),
    ("A4 x=1e200 y=1e200", "A4 cannot be worked out on these numbers, or what follows from them: one is too large for"),
    ("B11 f=atan x=1e155", "or what follows from them: 1e+155 over- or underflows in the matrix of ∂fᵢ/∂xⱼ"),
    ("C4 w=1e200,1e200 x=1e200,-1e200", "or what follows from them: w·x is not finite"),
    ("C7 z=nan,1", "z needs finite numbers, got nan"), ("C7 z=1,-inf", "z needs finite numbers, got -inf"),
    ("C7 z=1,1e400", "z needs finite numbers, got 1e400"),
    ("C7 z=1,2 z=3,4", "z is given twice"),
    ("A1 f1=", "f1 must be one of sin, cos, tanh, sigmoid, atan, softplus, asinh, got ''"),
    ("C11 X=1,2/3", "X: rows must have the same shape, got (2,) and (1,)"),
    ("D2 scores=1,2/3,4 classes=0", "classes has 1 along N, where another input has 2"),
    ("D2 scores=1,2/3,4 classes=0,2", "classes must be whole numbers from 0 to 1, got 2"),
    ("D2 scores=1,2/3,4 classes=0,-1", "classes must be whole numbers from 0 to 1, got -1"),
    ("D3 X=1,2/3,4 b2=1,2,3 classes=0,0.5", "classes must be whole numbers from 0 to 2, got 0.5"),
    ("C6 w=0.1,-0.5 x=1,2 b=0.9", "2.78e-17 is 0 but for rounding, and at 0 the slope of max(0, z) jumps: give others"),
    ("D3 X=1,3,2 W1=-0.1/0.4/-0.9 b1=0.7", "8.33e-17 is 0 but for rounding"),
    ("D4 X=1,3,2 W1=-0.1/0.4/-0.9 b1=0.7", "8.33e-17 is 0 but for rounding"),
    ("D5 w=0.1,-0.5 X=1,2 b=0.9", "2.78e-17 is 0 but for rounding"),
    ("E4 w=0.1,-0.5 X=1,2 b=0.9", "2.78e-17 is 0 but for rounding"),
])  # fmt: skip
def test_numbers_outside_a_domain_are_told(line: str, told: str, refused: Any) -> None:
    assert told in refused(line)


def test_a_wrong_engine_fails_on_given_numbers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is nan: only what the closed form itself cannot say is refused."""
    plain = engine.engine_value
    for value in (math.nan, math.inf, 1e-3):
        monkeypatch.setattr(layers, "engine_value", lambda *each, v=value: mapped(lambda x: x + v, plain(*each)))
        checked = calculus.check("C4", w=[1.0, 2.0], x=[3.0, 4.0])
        assert [miss.partition(",")[0] for miss in checked.misses] == ["w·x"]


@pytest.mark.parametrize("line", [
    "C7 z=1000,0", "C10 x=800,0", "B13 x=1000", "C7 z=-1e200,0", "E2 z=1000,0", "E8 z=1000,1", "A4 x=1e200 y=1e200",
    "B8 x=0", "B4 w=1 x=0", "B4 w=1000 x=1", "D1 y=1e200 ŷ=-1e200", "C7 z=nan,1", "C7 z=inf,1", "A2 x=47 w=-42 b=1",
    "A3 x=-1000", "B11 f=tan x=1e300",
])  # fmt: skip
def test_numbers_at_the_edge_of_floats_end_in_no_traceback(line: str, run: Any) -> None:
    """The row holds there, or it fails and says where, or one line on stderr says what is out of range."""
    ran = run(line)
    assert ran.code in (0, 1)
    assert bool(ran.err) is not bool(ran.out) and all(len(line) <= 80 for line in ran.err.splitlines())
    assert ran.code == 0 or ran.err or "FAILS" in ran.out or "try others" in ran.out


@pytest.mark.parametrize("line", ["C7 z={v}", "B4 w={v} x={v}", "E1 X={m} W={m} G={m}", "D3 X={m} W1={m}", "C8 z={v}",
                                  "C11 X={m} W={m}", "B12 x={v}", "E10 S={m} h={m}", "C1 X={m} W={m}"])  # fmt: skip
def test_wide_numbers_stay_in_80_columns(line: str, run: Any) -> None:
    vector = [-1.23456e-5 * (k + 1) for k in range(9)]
    text = ",".join(map(repr, vector))
    matrix = ";".join([",".join(map(repr, vector[:6]))] * 6)
    ran = run(line.format(v=text, m=matrix))
    assert ran.lines and max(map(len, ran.lines)) <= 80, max(ran.lines, key=len)


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("line", "near"), [("C77", "C7"), ("c77 z=1", "C7"), ("E14", "E1"), ("D9", "D"),
                                            ("B15 x=1", "B1"), ("C12", "C1")])  # fmt: skip
def test_an_unknown_row_is_told_what_is_near(line: str, near: str, refused: Any) -> None:
    told = refused(line)
    assert repr(line.split()[0]) in told
    assert re.search(rf"did you mean .*{near}", told)


def test_an_unknown_row_that_is_near_to_none(refused: Any) -> None:
    assert refused("Z9") == "no row has 'Z9': `scalargrad formulas` lists all titles"
    assert refused("Z9 z=1").startswith("no row is called 'Z9'")
    assert refused("Z9 z=1").endswith(
        "the ledger has A1 to A6, B1 to B14, C1 to C11, D1 to D8, F1 to F8, G1 to G4, H1 to H9, E1 to E13"
    )
    assert refused("softmax z=1").startswith("no row is called 'softmax'")


@pytest.mark.parametrize(("line", "told"), [
    ("C7 q=1", "C7 has no input 'q': it has z"),
    ("C7 z=1,2 q=1 a=1", "C7 has no input 'a': it has z"),
    ("A1 f=sin", "A1 has no input 'f': it has f1, x"),
    ("E10 h1=1", "E10 has no input 'h1': it has h, S, W2, X, T, W1"),
    ("D1 y=1 hat=1", "D1 has no input 'hat': it has y, ŷ"),
    ("A6 q=0.5", "A6 has no input 'q': it has f, x, h"),
    ("A1 f1=sin f3=cos", "A1 has no input 'f3': it has f1, f2, x"),
    ("E7 q=1", "E7 has no input 'q': it has x"),
    ("z=1,2,3", "name the row that takes these numbers: scalargrad formulas C7 z=1,2,3"),
])  # fmt: skip
def test_an_unknown_input_is_told_which_there_are(line: str, told: str, refused: Any) -> None:
    assert refused(line) == told


@pytest.mark.parametrize(("line", "told"), [
    ("C7 z=1,2;3,4", "z must be a vector, got a matrix"),
    ("A2 x=1,2", "x must be a number, got a vector"),
    ("A2 x=1,2;3,4", "x must be a number, got a matrix"),
    ("C11 X=1,2;3,4 W=1,2,3", "W has 1 along n, where another input has 2"),
    ("C8 z=1,2 g=1,2,3", "g has 3 along n, where another input has 2"),
    ("C7 z=,", "z is empty: give at least one number"),
    ("C7 z=;", "z is empty: give at least one number"),
    ("C11 X=1,2;3", "X"),
    ("D2 scores=1,2;3,4 classes=0", "classes"),
    ("D2 scores=1,2;3,4 classes=0,5", "class"),
    ("D2 scores=1,2;3,4 classes=0,-1", "class"),
    ("E3 scores=1,2;3,4 classes=5,5", "class"),
])  # fmt: skip
def test_shapes_that_do_not_fit_are_told(line: str, told: str, refused: Any) -> None:
    found = refused(line)
    assert told in found if len(told) < 10 else found == told


@pytest.mark.parametrize(("line", "name", "got"), [
    ("C7 z=a,b", "z", "'a'"), ("C7 z=1,two", "z", "'two'"), ("C7 z=", "z", "''"), ("A2 x=y", "x", "'y'"),
    ("C11 X=1,2;x,4", "X", "'x'"), ("C7 z=1.2.3", "z", "'1.2.3'"),
    ("C7 z=1=2", "z", "'1=2'"), ("D2 scores=1,2;3,4 classes=a,b", "classes", "'a'"),
    ("D2 scores=1,2;3,4 classes=0.5,1", "classes", "0.5"), ("E3 scores=1,2;3,4 classes=a,b", "classes", "'a'"),
])  # fmt: skip
def test_text_for_numbers_is_told(line: str, name: str, got: str, refused: Any) -> None:
    told = refused(line)
    assert name in told and got in told


def test_text_for_a_function_is_told(refused: Any) -> None:
    assert refused("A1 f1=cube") == ("f1 must be one of sin, cos, tanh, sigmoid, atan, softplus, asinh, got 'cube'")


def test_a_seed_is_a_whole_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        __main__.main(["formulas", "C7", "--seed", "x"])
    assert stop.value.code == 2 and "--seed" in capsys.readouterr().err
