"""The mutation check itself is kept up: every row has its mutants, and every text that they break is there."""

from __future__ import annotations

import mutants
import pytest
from mutant_list import MUTANTS

from scalargrad.calculus.ledger import LEDGER


def test_every_row_has_three_mutants_and_tests() -> None:
    for row in LEDGER:
        assert sum(mutant.row == row.id for mutant in MUTANTS) >= 3, row.id
        assert mutants.tests_of(row.id)
        assert any("/calculus/" in mutant.file for mutant in MUTANTS if mutant.row == row.id), row.id


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.row} {mutant.file}")
def test_the_text_of_a_mutant_is_there_once(mutant: mutants.Mutant) -> None:
    assert mutants.occurs(mutant) == 1, "change tests/mutant_list.py along with the source"
    assert mutant.new != mutant.old


@pytest.mark.slow
def test_no_mutant_survives() -> None:
    assert mutants.main([]) == 0
