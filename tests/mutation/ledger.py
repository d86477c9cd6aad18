"""Mutants of the ledger: each row is broken, in its closed form and in the engine's rules that it stands on.

A mutant of a closed form meets the tests of its row on the C core, one of the engine on the pure backend, and one of a
C source on a core that is built anew.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tests.mutation.ledger_list import MUTANTS, Mutant
from tests.mutation.trees import ROOT, broken, in_copies, passes, tests_of


def occurs(mutant: Mutant) -> int:
    """How often the text that it breaks is in the source."""
    return (ROOT / mutant.file).read_text().count(mutant.old)


def survives(tree: Path, mutant: Mutant) -> bool:
    """Whether the tests of its row pass in a copy of the tree that it has broken."""
    backend = "native" if mutant.file.startswith("csrc/") or "/calculus/" in mutant.file else "python"
    source = (tree / mutant.file).read_text().replace(mutant.old, mutant.new)
    with broken(tree, mutant.file, source) as built:
        if not built:
            raise RuntimeError(f"{mutant.row}: {mutant.file} with {mutant.new!r} does not compile")
        return passes(tree, backend, tests_of(mutant.row))


def check(rows: Sequence[str], folders: tuple[str, ...] = ("csrc", "scalargrad")) -> int:
    """Checks the mutants of these rows, or of all; returns how many survive that are not equivalent, or are lost."""
    chosen = [m for m in MUTANTS if (not rows or m.row in rows) and m.file.startswith(folders)]
    lost = [mutant for mutant in chosen if occurs(mutant) != 1]
    for mutant in lost:
        print(f"{mutant.row:4} LOST       {mutant.file} has {mutant.old!r} {occurs(mutant)} times")
    start, kept = time.perf_counter(), [mutant for mutant in chosen if mutant not in lost]
    count = {"killed": 0, "equivalent": 0, "SURVIVED": 0}
    for mutant, alive in zip(kept, in_copies(survives, kept)):
        verdict = "killed" if not alive else "equivalent" if mutant.equivalent else "SURVIVED"
        count[verdict] += 1
        file = mutant.file.removeprefix("scalargrad/")
        print(f"{mutant.row:4} {verdict:10} {file}: {mutant.old!r} -> {mutant.new!r} {mutant.equivalent}", flush=True)
    print(f"the ledger: {len(chosen)} mutants: {count['killed']} killed, {count['equivalent']} equivalent,"
          f" {count['SURVIVED']} survived, {len(lost)} lost; {time.perf_counter() - start:.0f} s")  # fmt: skip
    return count["SURVIVED"] + len(lost)
