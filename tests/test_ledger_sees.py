"""The ledger's live checks see a wrong engine: each row, each of its answers, each number.

`FINEST` says how small an error an answer sees. That they see wrong closed forms: `test_ledger_sees_forms.py`.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.ledger import command
from scalargrad.ledger.row import Erratum, Row
from scalargrad.ledger.work import SMOOTH
from scalargrad.transforms.containers import flat
from tests.support.answers import (
    ALL,
    DRAWS,
    answers,
    both,
    break_form,
    break_partial,
    called,
    label,
    numbers,
    scale_backward,
    scale_values,
    seen,
)

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

FEW = 6  # where each draw is tried with many faults
SMOOTHS = " ".join(SMOOTH)

# The engine's operations that each row stands on: a wrong partial of one must break the row.
HOLDS = {
    "A1": SMOOTHS,
    "A2": "sigmoid + *",
    "A3": "exp + / neg",
    "A4": "prod sum **",
    "A5": "sum sin * **",
    "A6": SMOOTHS,
    "B1": "prod sum **",
    "B2": "",
    "B3": "softmax",
    "B4": f"+ - * / max sum {SMOOTHS}",
    "B5": "+ *",
    "B6": "+ - * / max",
    "B7": "sum sin *",
    "B8": "log sin * **",
    "B9": "dot sin",
    "B10": SMOOTHS,
    "B11": f"neg sqrt log exp relu abs tan sinh erf {SMOOTHS}",
    "B12": "dot *",
    "B13": "exp sum",
    "B14": "dot sin *",
    "C1": "sum *",
    "C2": "sum *",
    "C3": "relu",
    "C4": "dot sum *",
    "C5": "dot +",
    "C6": "relu dot +",
    "C7": "softmax exp sum",
    "C8": "softmax dot",
    "C9": "log_softmax logsumexp",
    "C10": "softmax exp sum /",
    "C11": "",  # of a partial it takes whether it is 0
    "D1": "mean - **",
    "D2": "log_softmax mean neg",
    "D3": "log_softmax mean relu sum * neg",
    "D4": "log_softmax mean relu sum + *",
    "D5": "mean relu dot + - **",
    "D6": "mean dot - **",
    "D7": "dot",
    "D8": "mean relu dot - **",
    "F1": "dot exp sin *",
    "F2": "dot +",
    "F3": "logsumexp softmax log_softmax dot neg",
    "F4": "dot sin logsumexp",
    "F5": "dot sin - ** sum",
    "F6": "dot logsumexp",
    "F7": "softmax",
    "F8": "dot relu mean + - **",
    "G1": "inv solve",
    "G2": "det slogdet",
    "G3": "cholesky",
    "G4": "trace dot",
    "H1": "mean sqrt / * **",
    "H2": "mean sqrt / * -",  # a partial of all squares that is off by a number moves the mean alone
    "H3": "gelu gelu_tanh dot",
    "H4": "softmax dot /",
    "H5": "softmax dot / sum *",
    "H6": "sum *",
    "H7": "dot *",
    "H8": "log_softmax mean + * neg",
    "H9": "log_softmax sum - *",
    "E1": "sum *",
    "E2": "softmax",
    "E3": "log_softmax mean neg",
    "E4": "mean relu dot + - **",
    "E5": "/ *",
    "E6": "dot softmax",
    "E7": "sigmoid",
    "E8": "softmax",
    "E9": "* /",
    "E10": "sum *",
    "E11": "relu",
    "E12": "dot",
    "E13": "sin",
}

# The relative error of all gradients, or of all values, that each answer must notice, and in how many of the draws.
# 1e-12 is some 4500 units in the last place, and the tolerances count up to 16 roundings for each of up to 20 terms.
FINEST = 1e-12, 10
# Answers that see less, for what they say themselves, by the beginning of their text: Taylor's remainder at steps of
# 2**-20 (A6, B3, B14), the remainder itself, which is quadratic (B3); ten steps, which forget an error of the gradient,
# and a difference of two costs (D6); five steps (D7); a difference of gradients over a step of 2**-17 (F6); sums of
# sizes, six in a row, of what cancels in a softmax (H5); and at -720 a sigmoid has few digits left (E7). A relu that is
# off has gradients of 0, of which nothing is off (C6, D3), and so has what max does not take (B4); an operand near 0
# makes a tolerance large (B4).
LIMITS: dict[str, dict[str, tuple[float, int]]] = {
    "A6": {"(f(x + h) - f(x))/h": (1e-5, 10)},
    "B3": {"the remainder at": (1e-5, 10), "of one variable: y + Δy": (1e-10, 10)},
    "B4": {"∂(f(w) ⊘ g(x))": (1e-11, 10), "∂max(fᵢ(wᵢ), gᵢ(xᵢ))": (1e-12, 5)},
    "B14": {"y = a·x": (1e-6, 10), "df = ": (1e-3, 10), "d(y z) = z dy + y dz, beside": (1e-3, 10)},
    "C6": {"besides": FINEST, "": (1e-12, 5)},
    "D3": {"∂L/∂h": (1e-11, 10), "∂L/∂z": (1e-11, 10)},
    "D6": {"w after # steps of η = ": (1e-6, 10), "C at w₁, less C at w₀": (1e-11, 10)},
    "D7": {"w after each step, a row of g at a time, of Adam": (1e-11, 10), "the rule of Adam": (1e-11, 10)},
    "F6": {"Hv = d/dε": (1e-5, 10)},
    "H5": {f"pulled back: ∂L/∂{name}": (1e-11, 10) for name in ("Wq", "Wk", "bq")},
    "E7": {"the product of the four nodes": (1e-9, 10), "s and s' through": (1e-9, 10)},
}
# Answers whose number of the engine is only what rounding leaves of 0, or that have the same numbers on both sides.
BLIND = {
    "D5": {  # a quotient of two gradients
        "∂C/∂w as an average of inputs, weighted by the errors: Σ eᵢxᵢᵀ/Σ eᵢ, even of the active ones, the wrong form",
    },
    "C7": {"the rows of ∂p/∂z sum to 0", "the columns of ∂p/∂z sum to 0"},
    "D6": {
        "at w* the gradient is 0",
        "H v = 0 for v = #: the columns of X depend on one another, so that no one w is reached",
        "the loop from w reaches w*, in # steps of η = #: first row w*, second the loop",  # by any gradient's multiple
    },
    "F3": {"its rows sum to 0"},
    "H5": {f"pulled back: ∂L/∂bk{told}" for told in ("", ", with the causal mask")},  # a softmax takes no shift
    "D8": {
        "zero error, where the targets are the outputs uᵢ: ∂C/∂w is 0ᵀ",
        "zero error, where the targets are the outputs uᵢ: ∂C/∂b is 0",
    },
}
# Answers that are 0 or nan, by whatever factor their parts are off; mutants in tests/mutation/forms.py see them.
FIXED = {
    "F3": {"its rows sum to 0"},
    "F1": {"∂²f/∂xᵢ∂xⱼ - ∂²f/∂xⱼ∂xᵢ = 0, to the bit"},
    "E7": {
        "s and s' through the engine's four nodes at -720: nothing is left of them, the wrong form",
        "softmax of [1000 and more, 1000] without the shift: inf/inf, the wrong form",
    },
    "E9": {
        "the entries off the diagonal by w and by x as 0 ⊘ 0, of (w² + 1) ⊘ (x² + 2): they are ∂₁⊘ f' + ∂₂⊘ g', 0 since"
        " f' and g' are, the wrong form",
        "(f ⊗ g)' = f' ⊗ g', by w, of f = w² + 1 and g = x² + 2, the wrong form",
    },
}

KINKS = ("relu", "abs")  # of A6


def limit(id: str, what: str) -> tuple[float, int]:
    """The error that an answer must notice, and in how many draws."""
    return next((found for start, found in LIMITS.get(id, {}).items() if what.startswith(start)), FINEST)


def test_the_tables_are_of_all_rows() -> None:
    assert list(HOLDS) == list(ALL)
    for table in (LIMITS, BLIND, FIXED):
        for id, texts in table.items():
            there = seen(ALL[id], FEW)[1]
            for text in texts:
                assert any(what.startswith(text) for what in there), (id, text)


@both
def test_every_answer_of_the_engine_sees_that_it_is_a_little_off(each: Row | Erratum) -> None:
    """An answer with a number of the engine that is not 0 sees that all gradients are off, or that all values are."""
    plain, there, reads = numbers(each, DRAWS), seen(each)[1], set[str]()
    best = {limit(each.id, what)[0]: Counter[str]() for what in there}
    for fault in (scale_backward, scale_values):
        with pytest.MonkeyPatch.context() as patch:
            fault(patch, 1e-3)
            reads |= {what for what, found in numbers(each, DRAWS).items() if found != plain[what]}
        for error in best:
            with pytest.MonkeyPatch.context() as patch:
                fault(patch, error)
                best[error] |= seen(each)[0]
    blind = set()
    for what in reads:
        error, least = limit(each.id, what)
        if best[error][what] < min(least, there[what]):
            blind.add(what)
    assert reads and blind == BLIND.get(each.id, set()), best


@both
def test_every_answer_sees_some_fault(each: Row | Erratum) -> None:
    """Also one that compares a closed form with what it must be, or says 1 for yes."""
    there, found = set(seen(each, FEW)[1]), set[str]()

    def note(fault: Callable[..., None], *which: Any) -> None:
        """With one fault more, unless all answers have seen one. An error in a draw says nothing of an answer."""
        if not there <= found:
            with pytest.MonkeyPatch.context() as patch:
                fault(patch, *which)
                with contextlib.suppress(ArithmeticError, LookupError, ValueError):
                    found.update(seen(each, FEW)[0])

    for fault in (scale_backward, scale_values):
        for error in (1e-3, -1.0):
            note(fault, error)
    for name in (*HOLDS[each.id].split(), *(KINKS if each.id == "A6" else ())):
        note(break_partial, name, 2.0)
    changes: tuple[Callable[[float], float], ...] = (
        lambda x: x * 1.001, lambda x: -x, lambda x: x + 1.0, lambda x: 0.0,
    )  # fmt: skip
    for name in called(each):
        for change in changes:
            note(break_form, name, change)
    assert there - found == FIXED.get(each.id, set())


@pytest.mark.parametrize(("id", "name"), [(id, name) for id, names in HOLDS.items() for name in names.split()])
def test_a_row_sees_one_wrong_partial(id: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    break_partial(monkeypatch, name, 1e-3 if id in ("A6", "B3") else 1e-6)
    assert any(answer.misses(ALL[id].units) for seed in range(DRAWS) for answer in answers(ALL[id], seed))


@pytest.mark.parametrize("name", KINKS)
def test_a_convention_at_a_kink_lies_between_the_two_sides(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """2 at 0 does not."""
    break_partial(monkeypatch, name, 2.0)
    missed = seen(ALL["A6"])[0]
    assert [what for what in missed if what.startswith("the engine's convention")] == [
        f"the engine's convention {name}'(0) = # lies between the two"
    ]


@both
def test_each_number_is_compared_and_none_may_be_far_off(each: Row | Erratum) -> None:
    """A number off by 1e-10 of the largest beside it is named, and it alone; but for the answers' own limits."""
    count, small = 0, 1e-9 if each.id == "B14" else 0.1  # B14 compares differences along a step of 2**-20
    for seed in range(DRAWS):
        for answer in answers(each, seed):
            error = max(100.0 * limit(each.id, label(answer.what))[0], 1e-10)
            found = flat(answer.analytic)
            largest = max(map(abs, found))
            if not (0.0 if answer.scale is None else small) < largest < math.inf:
                continue  # all of it cancels, or is masked
            for k in range(0, len(found), 1 + len(found) // 16):
                off = [a + (error * largest + 2.0 * answer.extra) * (i == k) for i, a in enumerate(found)]
                one = answer._replace(analytic=found, engine=off, scale=answer.scale and flat(answer.scale))
                told = one.misses(each.units)
                assert len(told) == 1, one
                assert told[0].startswith(f"{answer.what}, entry {k}: {found[k]!r} and {off[k]!r}, ")
                count += 1
    assert count >= DRAWS // 2


def test_formulas_says_that_every_row_is_broken(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    scale_backward(monkeypatch, 1e-3)
    scale_values(monkeypatch, 1e-3)
    assert command.run([]) == 1
    lines = capsys.readouterr().out.splitlines()
    verdicts = [line.split()[:2] for line in lines if line.startswith("  ") and line.split()[0] in ALL]
    assert verdicts == [[id, "FAILS"] for id in ALL]
    assert [line.split()[0] for line in lines if re.match(r"[A-H]\d+ fails: ", line)] == list(ALL)
    assert f"0 of 73 rows hold on 20 draws each, backend {sg.backend()}" in lines
