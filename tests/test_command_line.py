"""The command line where the world around it is broken: a message, an exit code, and never a traceback."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(sys.platform == "win32", reason="no /dev/full, no pipes that break"),
]

DEMO = ["demo", "iris", "--hidden", "2", "--steps", "20"]
COMMANDS = {
    "help": ["--help"],
    "nothing": [],
    "version": ["--version"],
    "demo": [*DEMO, "--no-plot"],
    "row": ["formulas", "C7"],
    "grad": ["grad", "x-2", "x=1"],
    "explain": ["explain", "+".join(["sin(x)*x"] * 200), "x=1"],  # prints more than a pipe holds
}
commands = pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)


def run(
    arguments: list[str], redirect: str, folder: Path, before: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    package = str(Path(__file__).parent.parent)
    command = f'{before} "{sys.executable}" -m scalargrad {shlex.join(arguments)} {redirect}'
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": package, "PYTHONUNBUFFERED": "", **environment},
    )  # fmt: skip


@commands
def test_a_full_disk(arguments: list[str], tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    done = run(arguments, "> /dev/full", tmp_path)
    assert done.returncode == 1, done.stderr
    assert done.stderr == "scalargrad: cannot write the output: No space left on device\n"


@commands
def test_a_reader_that_is_gone(arguments: list[str], tmp_path: Path) -> None:
    """The reader closes before the first line is written."""
    done = run(arguments, "; echo $? >&2; } | true", tmp_path, before="{ sleep 0.3;")
    assert done.stderr.split("\n")[-2] in ("141", "0") and "Traceback" not in done.stderr, done.stderr
    assert "Exception ignored" not in done.stderr and "BrokenPipe" not in done.stderr


@commands
def test_a_closed_output(arguments: list[str], tmp_path: Path) -> None:
    done = run(arguments, ">&-", tmp_path)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr, done.stderr


@commands
def test_a_folder_that_was_deleted(arguments: list[str], tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = run(arguments, "", gone, before=f'rmdir "{gone}";')
    assert done.returncode == (2 if not arguments else 0), done.stderr
    assert "Traceback" not in done.stderr and done.stdout


def test_a_picture_into_a_folder_that_was_deleted(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    gone = tmp_path / "gone"
    gone.mkdir()
    done = run(DEMO, "", gone, before=f'rmdir "{gone}";')
    assert done.returncode == 2
    assert "argument --out: cannot write iris.png: No such file or directory" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr and "--no-plot" in done.stderr


def test_an_unknown_backend_of_matplotlib(tmp_path: Path) -> None:
    """It is found before training; the demo runs, without a picture."""
    pytest.importorskip("matplotlib")
    done = run(DEMO, "", tmp_path, MPLBACKEND="crayon")
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    note = next(line for line in done.stdout.splitlines() if line.startswith("note:"))
    assert "no picture will be made" in note and "crayon" in note
    assert "held-out accuracy" in done.stdout and not list(tmp_path.iterdir())


def test_a_terminal_that_knows_ascii_alone(tmp_path: Path) -> None:
    """Signs that have a spelling are spelt; a name that has none is written by its number."""
    done = run(["explain", "sin(ж)*ж", "ж=1"], "", tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0 and done.stderr == ""
    assert r"dy/d\u0436 = dy/dy * dy/d\u0436 + dy/dv1 * dv1/d\u0436" in " ".join(done.stdout.split())
    done = run(["draw", "x*x + 2", "x=3"], "", tmp_path, PYTHONIOENCODING="ascii")
    assert done.stdout.splitlines()[1:] == [
        "+- 1 - v1 = x * x: data 9, grad 1",
        "|      +- 3 - x: data 3, grad 6",
        "|      `- 3 - x, as above",
        "`- 1 - 2",
    ]
    assert "∂" in run(["explain", "sin(x)", "x=1"], "", tmp_path, PYTHONIOENCODING="utf-8").stdout
