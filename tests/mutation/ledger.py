"""The mutation check: breaks each row of the ledger and sees its test fail. ``python -m tests.mutants [C7 D3 ...]``.

Each mutant of `mutant_list.py` is applied to a copy of the tree, where the tests of its row run: on the C core for a
mutant of a closed form, on the pure backend for one of the engine, and on a C core that is built anew for one of its
sources. It prints a line for each, and exits with 1 when one survives that is not marked as equivalent, or when its
text is not there exactly once.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

sys.path.insert(0, str(Path(__file__).parent))

from mutant_list import MUTANTS, Mutant

ROOT = Path(__file__).parent.parent
BUILD = "import sys, setuptools; sys.argv = ['setup.py', '-q', 'build_ext', '--inplace']; setuptools.setup()"
LIMIT = 300.0  # seconds: a mutant that never ends is told from a right program too


def tests_of(row: str) -> list[str]:
    """The names, as pytest takes them, of the tests of a row."""
    found = []
    for path in sorted((ROOT / "tests").glob("test_calculus_*.py")):
        names = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
        found += [f"tests/{path.name}::{name}" for name in names if name.startswith(f"test_{row}_")]
    return found


def occurs(mutant: Mutant) -> int:
    """How often the text that it breaks is in the source."""
    return (ROOT / mutant.file).read_text().count(mutant.old)


def copy_tree(folder: Path) -> Path:
    """A copy of what the tests need."""
    for name in ("scalargrad", "tests", "csrc"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def build(tree: Path) -> None:
    """Makes the C core of a copy of the tree anew. Raises `RuntimeError` when it does not compile."""
    for old in (tree / "scalargrad").glob("_core*.so"):
        old.unlink()
    environment = {**os.environ, "SCALARGRAD_REQUIRE_C": "1"}
    environment["CFLAGS"] = "-Wno-error=unused-variable"  # what a mutant no longer uses
    environment.pop("PYTHONPATH", None)
    result = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=tree, env=environment, capture_output=True, text=True, timeout=LIMIT
    )
    if result.returncode or not list((tree / "scalargrad").glob("_core*.so")):
        raise RuntimeError(f"the C core was not built\n{result.stdout}{result.stderr}")


def survives(mutant: Mutant, tree: Path) -> bool:
    """Whether the tests of its row pass in a copy of the tree that it has broken. The copy is mended afterwards."""
    path = tree / mutant.file
    source = path.read_text()
    path.write_text(source.replace(mutant.old, mutant.new))
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_PROFILE": "mutants",
    }
    environment.pop("SCALARGRAD_BACKEND", None)
    in_c = mutant.file.startswith("csrc/")
    if "/calculus/" not in mutant.file:
        environment["SCALARGRAD_BACKEND"] = "native" if in_c else "python"
    cores = {core: core.read_bytes() for core in (tree / "scalargrad").glob("_core*.so")} if in_c else {}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "--tb=no",
        "-p",
        "no:cacheprovider",
        "-W",
        "default",
        *tests_of(mutant.row),
    ]
    try:
        if in_c:
            build(tree)
        result = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return False
    finally:
        path.write_text(source)
        for core, content in cores.items():
            core.write_bytes(content)
    # passed, failed, could not even be imported, or ended by a signal
    if result.returncode not in (0, 1, 2) and result.returncode > 0:
        raise RuntimeError(
            f"{mutant.row} in {mutant.file}: pytest gave {result.returncode}\n{result.stdout}{result.stderr}"
        )
    return result.returncode == 0


def check(mutants: Sequence[Mutant], workers: int = os.cpu_count() or 1) -> list[tuple[Mutant, bool]]:
    """Every mutant, with whether it survives; prints a line for each."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        trees: SimpleQueue[Path] = SimpleQueue()
        for k in range(workers):
            trees.put(copy_tree(Path(folder, str(k))))

        def run(mutant: Mutant) -> tuple[Mutant, bool]:
            tree = trees.get()
            try:
                return mutant, survives(mutant, tree)
            finally:
                trees.put(tree)

        found = []
        for mutant, alive in pool.map(run, mutants):
            verdict = "killed" if not alive else "equivalent" if mutant.equivalent else "SURVIVED"
            change = f"{mutant.old!r} -> {mutant.new!r}"
            print(
                f"{mutant.row:4} {verdict:10} {mutant.file.removeprefix('scalargrad/')}: {change} {mutant.equivalent}",
                flush=True,
            )
            found.append((mutant, alive))
    return found


def main(ids: Sequence[str]) -> int:
    """Checks the mutants of the rows of these ids, or all, in csrc, scalargrad or both; gives 1 where one survives."""
    rows, folders = {mutant.row for mutant in MUTANTS}, ("csrc", "scalargrad")
    if unknown := [id for id in ids if id not in rows and id not in folders]:
        print(f"no mutants of {', '.join(unknown)}")
        return 2
    within = tuple(id for id in ids if id in folders) or folders
    chosen_rows = rows.intersection(ids) or rows
    chosen = [mutant for mutant in MUTANTS if mutant.row in chosen_rows and mutant.file.startswith(within)]
    lost = [mutant for mutant in chosen if occurs(mutant) != 1]
    for mutant in lost:
        print(f"{mutant.row:4} LOST       {mutant.file} has {mutant.old!r} {occurs(mutant)} times")
    start = time.perf_counter()
    found = check([mutant for mutant in chosen if mutant not in lost])
    survivors = [mutant for mutant, alive in found if alive and not mutant.equivalent]
    same = [mutant for mutant, alive in found if alive and mutant.equivalent]
    killed = sum(not alive for _, alive in found)
    print(f"{len({m.row for m in chosen})} rows, {len(chosen)} mutants: {killed} killed, {len(same)} equivalent,"
          f" {len(survivors)} survived, {len(lost)} lost; {time.perf_counter() - start:.0f} s")  # fmt: skip
    return int(bool(survivors or lost))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
