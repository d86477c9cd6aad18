"""The ledger's live checks see a wrong closed form: each function that a row names or an erratum calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scalargrad import calculus
from scalargrad.ledger import command
from scalargrad.ledger.row import Erratum
from scalargrad.ledger.rows import ERRATA, LEDGER, check
from tests.support.answers import ALL, DRAWS, break_form, called, seen

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

# Closed forms that an erratum calls for a scale alone, or for a nan.
SIZED = {"E4": {"affine", "neuron"}, "E7": {"sigmoid_by_nodes"}, "E8": {"softmax"}}


@pytest.mark.parametrize(("id", "name"), [(row.id, name) for row in LEDGER for name in row.functions])
def test_a_row_sees_that_one_of_its_functions_is_off(id: str, name: str) -> None:
    """By a factor, by its sign, by a constant; and a function that is named is called."""
    assert name in called(ALL[id])
    error = 1e-6
    changes: tuple[Callable[[float], float], ...] = (lambda x: x * (1.0 + error), lambda x: -x, lambda x: x + error)
    for change in changes:
        with pytest.MonkeyPatch.context() as patch:
            break_form(patch, name, change)
            assert any(command.misses(ALL[id], seed) for seed in range(DRAWS))


@pytest.mark.parametrize("erratum", ERRATA, ids=[erratum.id for erratum in ERRATA])
def test_an_erratum_sees_that_a_function_it_calls_is_off(erratum: Erratum) -> None:
    """By a factor of 2, by its sign, by a constant: the closed forms of its right side, but not those of its scale."""
    for name in set(called(erratum)) - SIZED.get(erratum.id, set()):
        for change in (lambda x: 2.0 * x, lambda x: -x, lambda x: x + 1.0):
            with pytest.MonkeyPatch.context() as patch:
                break_form(patch, name, change)
                assert any(command.misses(erratum, seed) for seed in range(DRAWS)), name


@pytest.mark.parametrize(("id", "name", "part", "answer"), [
    ("C7", "softmax_jacobian", lambda j: [j[1], *j[1:]], "∂p/∂z = diag(p) - ppᵀ"),
    ("D8", "neuron_cost_gradients", lambda pair: (pair[0], 0.0),
     "x# alone, a large one, 1½ u: ∂C/∂b = 2e"),
    ("D5", "neuron_cost_gradients", lambda pair: (pair[0], -pair[1]), "∂C/∂b = (2/N) Σ eᵢ"),
    ("E4", "neuron_cost", lambda cost: cost + 1.0,
     "C after a step of η = #, minus C before: with target - output the step climbs"),
])  # fmt: skip
def test_an_answer_sees_a_part_of_a_result(id: str, name: str, part: Any, answer: str, monkeypatch: Any) -> None:
    plain = getattr(calculus, name)
    monkeypatch.setattr(calculus, name, lambda *each, **named: part(plain(*each, **named)))
    assert answer in seen(ALL[id])[0]


def test_a_step_by_target_minus_output_climbs() -> None:
    """On every draw of E4, and the right one descends."""
    for seed in range(DRAWS):
        climb, fall = (each for each in check(ALL["E4"], seed=seed).refutations[-1].comparisons()[::-1])
        assert climb.analytic > 0.0 > fall.analytic and climb.engine > 0.0 > fall.engine
