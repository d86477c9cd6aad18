"""Mutants of the ledger: each row is broken, in its closed form and in the rows of the table that it stands on.

A mutant of a closed form meets the tests of its row on the C core, one of the table on the pure backend.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tests.mutation import ledger_list, ledger_transformers
from tests.mutation.ledger_list import Mutant, OfTable
from tests.mutation.trees import ROOT, broken, in_copies, passes, tests_of

MUTANTS = [*ledger_list.MUTANTS, *ledger_transformers.MUTANTS]


def lost(mutant: Mutant | OfTable) -> str:
    """Why there is nothing that the mutant breaks; empty where there is."""
    source = (ROOT / mutant.file).read_text()
    try:
        return "" if mutant.apply(source) != source else "it changes nothing"
    except LookupError as error:
        return str(error)


def survives(tree: Path, mutant: Mutant | OfTable) -> bool:
    """Whether the tests of its row pass in a copy of the tree that it has broken."""
    native = isinstance(mutant, Mutant)
    with broken(tree, mutant.file, mutant.apply((tree / mutant.file).read_text()), native):
        return passes(tree, "native" if native else "python", tests_of(mutant.row))


def check(rows: Sequence[str], jobs: int) -> int:
    """Checks the mutants of these rows, or of all; returns how many survive that are not equivalent, or are lost."""
    chosen = [m for m in MUTANTS if not rows or m.row in rows]
    gone = [mutant for mutant in chosen if lost(mutant)]
    for mutant in gone:
        print(f"{mutant.row:4} LOST       {mutant}: {lost(mutant)}")
    start, kept = time.perf_counter(), [mutant for mutant in chosen if mutant not in gone]
    count = {"killed": 0, "equivalent": 0, "SURVIVED": 0}
    for mutant, alive in zip(kept, in_copies(survives, kept, jobs)):
        verdict = "killed" if not alive else "equivalent" if mutant.equivalent else "SURVIVED"
        count[verdict] += 1
        print(f"{mutant.row:4} {verdict:10} {mutant} {mutant.equivalent}", flush=True)
    print(f"the ledger: {len(chosen)} mutants: {count['killed']} killed, {count['equivalent']} equivalent,"
          f" {count['SURVIVED']} survived, {len(gone)} lost; {time.perf_counter() - start:.0f} s")  # fmt: skip
    return count["SURVIVED"] + len(gone)
