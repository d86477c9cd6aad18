"""Checks types as a user's editor would: ``python -m typing_tests``, with mypy and pyright installed.

The files of this folder, and each Python block of the README and the docs, are copied to another folder, and read there
by ``mypy --strict`` and by pyright. Where a line must be flagged it ends in ``# type: ignore[...]``; both checkers
complain of such a comment on a line in which they find nothing.

They see the installed scalargrad. A tree that is only on PYTHONPATH is seen as well.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from doctest import DocTestParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
THEIRS = re.compile(r"^(from|import) (micrograd|torch|jax)\b", re.MULTILINE)  # programs that ours are compared with
PYRIGHT = {"reportUnnecessaryTypeIgnoreComment": "error", "reportUnusedExpression": "none"}


def blocks(page: Path) -> dict[str, str]:
    """The Python blocks of a page, by a name for each; of interactive sessions what was typed."""
    found: dict[str, str] = {}
    lines: list[str] = []
    start = 0
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if not start and line.strip() == "```python":
            start, lines = number, []
        elif start and line.strip() == "```":
            text = "\n".join(lines) + "\n"
            if text.lstrip().startswith(">>>"):
                text = "".join(example.source for example in DocTestParser().get_examples(text))
            if "scalargrad" in text or not THEIRS.search(text):
                found[f"{page.stem.lower().replace('-', '_')}_line_{start}.py"] = text
            start = 0
        elif start:
            lines.append(line)
    return found


def programs() -> dict[str, str]:
    """What is checked: the text of each file, by its name."""
    found = {path.name: path.read_text() for path in sorted(Path(__file__).parent.glob("[!_]*.py"))}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        found.update(blocks(page))
    return found


def main() -> int:
    """Runs both checkers; their output goes to the terminal. The exit status is 1 where one complains."""
    environment = dict(os.environ)
    if path := environment.get("PYTHONPATH"):
        environment["PYTHONPATH"] = environment["MYPYPATH"] = os.pathsep.join(
            map(os.path.abspath, path.split(os.pathsep))
        )
    with tempfile.TemporaryDirectory() as folder:
        for name, text in programs().items():
            Path(folder, name).write_text(text)
        Path(folder, "pyrightconfig.json").write_text(json.dumps(PYRIGHT))
        mypy = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", *programs()]
        pyright = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--project", folder]
        statuses = [subprocess.run(command, cwd=folder, env=environment).returncode for command in (mypy, pyright)]
    return int(any(statuses))


if __name__ == "__main__":
    sys.exit(main())
