"""Breaks the program and sees the tests fail: ``python -m tests.mutation --help``.

Mutants by rule are drawn by a seed from all sources in proportion to their lines, half of them in C. Each meets first
the test files that are about its source, and, if it survives these, the whole suite. With --table every expression of
the table is broken in every small way, with --forms every expression of the closed forms and of what the rows of the
ledger expect, and with --ledger come the mutants that are written for these rows.
The exit status is 1 when one survives that is not listed as equivalent, with the reason.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from tests.mutation import ledger
from tests.mutation.draw import Mutant, bare, draws
from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.scope import focus
from tests.mutation.trees import ROOT, broken, build, copy_tree, files_of, in_copies, machine_code, passes

# These hold texts against the sources, so that they see any change of these texts, whatever it does.
TEXTUAL = {"tests/test_mutation.py"}
PURE = {"tape", "sweep", "history", "block", "operators", "update", "reductions", "libm"}


@functools.cache
def meaning(file: str, source: str) -> object | None:
    return bare(source) if file.endswith(".py") else machine_code(file, source)


def sources(patterns: Sequence[str]) -> tuple[list[str], list[str]]:
    """The sources in Python and those in C, as far as they match."""
    found = [path for folder in ("scalargrad", "csrc") for path in sorted((ROOT / folder).rglob("*.*"))]
    names = [n for n in (str(path.relative_to(ROOT)) for path in found)
             if not patterns or any(fnmatch(n, p) for p in patterns)]  # fmt: skip
    return ([n for n in names if n.endswith(".py")], [n for n in names if n.endswith((".c", ".h"))])


def drawn(patterns: Sequence[str], seed: int, count: int) -> list[Mutant]:
    python, c = sources(patterns)
    in_c = count // 2 if python and c else count if c else 0
    found = [*itertools.islice(draws(ROOT, c, seed, meaning), in_c),
             *itertools.islice(draws(ROOT, python, seed, meaning), count - in_c)]  # fmt: skip
    return found


def backends(file: str) -> tuple[str, ...]:
    """Where a fault of a source shows."""
    if file.startswith("csrc/"):
        return ("native",)
    return ("python", "native") if file.rsplit("/", 1)[-1].removesuffix(".py") in PURE else ("native", "python")


@functools.cache
def sound(tests: tuple[str, ...], backend: str) -> bool:
    """Whether the program as it is passes: only then does it say something that a broken one does not."""
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_tree(Path(folder, "tree"))
        build(tree)
        return passes(tree, backend, tests)


def verdict(tree: Path, mutant: Mutant, focused_only: bool) -> str:
    """Where it dies: `focused` or `whole`; else `SURVIVED`, or `no program`."""
    near = [name for name in files_of(focus(mutant.file), tree) if name not in TEXTUAL]
    rest = [] if focused_only else [name for name in files_of(["*"], tree) if name not in TEXTUAL.union(near)]
    with broken(tree, mutant.file, mutant.apply((tree / mutant.file).read_text())) as built:
        if not built:
            return "no program"
        for where, tests in (("focused", near), ("whole", rest)):
            for backend in backends(mutant.file) if tests else ():
                if not passes(tree, backend, tests):
                    return where if sound(tuple(tests), backend) else f"{where}: the tests fail without it too"
    return "SURVIVED"


def check(mutants: Sequence[Mutant], focused_only: bool, jobs: int) -> int:
    """Prints a line for each mutant as it is known; returns how many survive that are not equivalent."""
    count: dict[str, int] = {}
    start = time.perf_counter()
    for mutant, found in zip(mutants, in_copies(lambda tree, m: verdict(tree, m, focused_only), mutants, jobs)):
        reason = EQUIVALENT.get(mutant.key, "") if found == "SURVIVED" else ""
        found = "equivalent" if reason else found
        count[found] = count.get(found, 0) + 1
        print(f"{found:10} {mutant}{'  (' if reason else ''}{reason}{')' if reason else ''}", flush=True)
    print(f"{len(mutants)} mutants: {', '.join(f'{n} {v}' for v, n in sorted(count.items()))};"
          f" {time.perf_counter() - start:.0f} s")  # fmt: skip
    return sum(n for verdict, n in count.items() if verdict not in ("focused", "whole", "equivalent", "no program"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("files", nargs="*", help="patterns of sources, such as 'csrc/*' or scalargrad/losses.py")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60, help="how many are drawn (default: 60)")
    parser.add_argument("--list", action="store_true", help="print them and stop")
    parser.add_argument("--focused", action="store_true", help="run only the files that are about each source")
    parser.add_argument("--table", action="store_true", help="every wrong row of the table too")
    parser.add_argument(
        "--forms", action="store_true", help="every wrong closed form and wrong step too, against the live command"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.add_argument("--ledger", nargs="*", metavar="ROW", help="the ledger's mutants too, of these rows or of all")
    arguments = parser.parse_args()
    mutants = drawn(arguments.files, arguments.seed, arguments.count)
    if not mutants and arguments.count:
        parser.error("no source matches")
    if arguments.list:
        print(*mutants, sep="\n")
        return 0
    survivors = check(mutants, arguments.focused, arguments.jobs) if mutants else 0
    if arguments.table:
        from tests.mutation import table

        survivors += table.check_all()
    if arguments.forms:
        from tests.mutation import forms

        survivors += forms.check_all()
    if arguments.ledger is not None:
        survivors += ledger.check(arguments.ledger, arguments.jobs)
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
