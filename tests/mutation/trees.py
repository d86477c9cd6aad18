"""Copies of the tree, to be broken: made, built, and tested."""

from __future__ import annotations

import ast
import atexit
import functools
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

ROOT = Path(__file__).parent.parent.parent
BUILD = "import sys, setuptools; sys.argv = ['setup.py', '-q', 'build_ext', '--inplace', '--force']; setuptools.setup()"
LIMIT = 1200.0  # seconds: a mutant that never ends is told from a right program too
NO_TESTS = 5  # pytest's exit status
MEMORY = 8 << 30  # bytes: so is one that takes all that there is

T = TypeVar("T")


def copy_tree(folder: Path) -> Path:
    """A copy of what git tracks, as it is in the working tree; of everything but caches where git knows nothing."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    names = listed.stdout.split("\0")[:-1]
    if listed.returncode or "pyproject.toml" not in names:
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("__pycache__", ".venv", ".git", ".hypothesis"))
        return folder
    for name in names:
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def _environment(tree: Path, **more: str) -> dict[str, str]:
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", **more}
    environment.pop("SCALARGRAD_RECORD", None)
    return environment


def build(tree: Path) -> None:
    """Makes the C core of a copy of the tree anew. Raises `RuntimeError` when it does not compile."""
    for old in (tree / "scalargrad").glob("_core*.so"):
        old.unlink()
    # a warning, as of what a mutant no longer uses, is no error; with ccache only what it changed is compiled
    environment = _environment(tree, CCACHE_NOHASHDIR="1", CFLAGS="-Werror=implicit-function-declaration")
    environment.pop("PYTHONPATH")
    environment.pop("SCALARGRAD_REQUIRE_C", None)
    if shutil.which("ccache"):
        environment["CC"] = "ccache gcc"
    result = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=tree, env=environment, capture_output=True, text=True, timeout=LIMIT
    )
    if result.returncode or not list((tree / "scalargrad").glob("_core*.so")):
        raise RuntimeError(f"the C core was not built\n{result.stdout}{result.stderr}")


def passes(tree: Path, backend: str, tests: Sequence[str]) -> bool:
    """Whether tests pass in a copy of the tree, on a backend.

    They do not where one fails, where nothing can be imported, or where they do not end, crash or take all memory.
    """
    environment = _environment(tree, HYPOTHESIS_PROFILE="ci", SCALARGRAD_BACKEND=backend)
    options = ["-x", "--tb=no", "-p", "no:cacheprovider", "-n", "0", "-W", "default"]
    with tempfile.TemporaryFile() as output:
        command = [sys.executable, "-m", "pytest", *options, *tests]
        run = subprocess.Popen(command, cwd=tree, env=environment, stdout=output, stderr=output, start_new_session=True)
        resource.prlimit(run.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
        try:
            status = run.wait(LIMIT)
        except subprocess.TimeoutExpired:
            return False
        finally:
            with suppress(ProcessLookupError):  # what its tests have started too
                os.killpg(run.pid, signal.SIGKILL)
            run.wait()
        if status == NO_TESTS:
            output.seek(0)
            raise RuntimeError(f"pytest found no tests in {tests}\n{output.read().decode()}")
    return status == 0


@contextmanager
def broken(tree: Path, file: str, source: str, native: bool = True) -> Iterator[bool]:
    """A copy of the tree in which a file has another text, its C core built anew where that takes part, if `native`.

    Yields whether there is a program to test. The copy is mended afterwards.
    """
    path = tree / file
    before = path.read_text()
    in_core = native and file.startswith(("csrc/", "scalargrad/table/"))
    cores = {core: core.read_bytes() for core in (tree / "scalargrad").glob("_core*.so")} if in_core else {}
    path.write_text(source)
    try:
        if in_core:
            try:
                build(tree)
            except (RuntimeError, subprocess.TimeoutExpired):
                yield False
                return
        yield True
    finally:
        path.write_text(before)
        for core, content in cores.items():
            core.unlink(missing_ok=True)  # a new file: the old one may still be mapped
            core.write_bytes(content)


def in_copies(work: Callable[[Path, Any], T], items: Sequence[Any], workers: int = os.cpu_count() or 1) -> Iterator[T]:
    """`work(tree, item)` of each item, in order, in as many copies of the tree as there are processors."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        trees: SimpleQueue[Path] = SimpleQueue()
        for k in range(workers):
            tree = copy_tree(Path(folder, str(k)))
            build(tree)
            trees.put(tree)

        def run(item: Any) -> T:
            tree = trees.get()
            try:
                return work(tree, item)
            finally:
                trees.put(tree)

        yield from pool.map(run, items)


@functools.cache
def _compiler() -> list[str]:
    """The command that compiles a source of the core from standard input to assembler."""
    generated = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, generated, ignore_errors=True)
    header = subprocess.run([sys.executable, "csrc/build.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    Path(generated, "ops.h").write_text(header.stdout)
    include = [generated, str(ROOT / "csrc"), sysconfig.get_path("include")]
    return [
        "gcc",
        "-std=gnu11",
        "-O1",
        "-ffp-contract=off",
        "-w",
        *(f"-I{p}" for p in include),
        "-xc",
        "-",
        "-S",
        "-o",
        "-",
    ]


def _without_comments(source: str) -> bytes:
    return re.sub(r"/\*.*?\*/", " ", source, flags=re.DOTALL).encode()


def machine_code(file: str, source: str) -> bytes | None:
    """What a C source compiles to, for telling whether two differ; of a header its text; None if it is none."""
    if file.endswith(("/rules.h", "/kernels.h")):  # no sources by themselves
        return _without_comments(source)
    result = subprocess.run(_compiler(), input=source.encode(), capture_output=True)
    if result.returncode:
        return None
    return _without_comments(source) if file.endswith(".h") else result.stdout


@functools.cache
def _tests_of_the_ledger() -> list[str]:
    paths = sorted((ROOT / "tests").glob("test_calculus_*.py"))
    return [f"tests/{path.name}::{node.name}" for path in paths for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.FunctionDef)]  # fmt: skip


def tests_of(row: str) -> list[str]:
    """The names, as pytest takes them, of the tests of a row of the ledger."""
    return [test for test in _tests_of_the_ledger() if f"::test_{row}_" in test]


def files_of(patterns: Sequence[str], tree: Path = ROOT) -> list[str]:
    """The test files that patterns like `arrays*` name."""
    found = {path for pattern in patterns for path in (tree / "tests").glob(f"test_{pattern}.py")}
    return sorted(str(path.relative_to(tree)) for path in found)
