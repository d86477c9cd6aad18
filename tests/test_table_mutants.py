"""No broken row of the table passes the facts: a sample of the mutants in CI, all in the slow tier."""

from __future__ import annotations

import pytest

from tests.mutation import table
from tests.mutation.table_equivalent import EQUIVALENT

pytestmark = pytest.mark.once


def test_a_sample_of_wrong_rows_is_seen() -> None:
    found = list(table.check(every=12))
    assert len(found) > 200
    assert [pair for *pair, alive in found if alive and tuple(pair) not in EQUIVALENT] == []


@pytest.mark.slow
def test_every_wrong_row_is_seen() -> None:
    assert table.check_all() == 0
