"""What the ledger's rows draw: no two draws alike, every shape."""

from __future__ import annotations

from typing import Any

import pytest

from scalargrad.ledger.row import Erratum, Row
from scalargrad.ledger.rows import LEDGER, check
from tests.support.answers import DRAWS, both
from tests.support.formulas import own

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend


@both
def test_no_two_draws_are_alike(each: Row | Erratum) -> None:
    drawn = [str(check(each, seed=seed).inputs) for seed in range(DRAWS)]
    own = "{'z': [1.0, 2.0, 3.0]}"  # the example in E8's text, which is among its draws
    assert len(set(drawn)) == DRAWS - max(drawn.count(own) - 1, 0)
    assert (own in drawn) == (each.id == "E8")


@pytest.mark.parametrize("row", LEDGER, ids=[row.id for row in LEDGER])
def test_a_row_is_tried_on_every_shape(row: Row) -> None:
    """Sizes from 1 to 4, where the row has any; 2 to 4 where one number would be trivial."""
    found = {name: set[Any]() for name in own(check(row))}
    for seed in range(2 * DRAWS):
        for name, x in own(check(row, seed=seed)).items():
            found.setdefault(name, set()).add(len(x) if isinstance(x, list) else None)
    most = {"B4": 3, "C1": 3, "C11": 3}.get(row.id, 4)  # what they print is long
    least = 2 if row.id in ("C7", "C8", "C9", "C10") else 1
    for name, lengths in found.items():
        if row.id == "D2" or (row.id in ("D3", "D4") and name == "b2") or (row.id, name) == ("H6", "E"):  # two classes
            assert lengths == {2, 3, 4}, name
        elif (row.id, name) == ("D7", "g"):
            assert lengths == {5}, name  # a row for each step
        elif lengths != {None}:
            assert lengths == set(range(least, most + 1)), name
    alone = {"A1", "A2", "A3", "A4", "A6", "B1", "B8"}  # rows of numbers
    assert (row.id in alone) == all(lengths == {None} for lengths in found.values())
