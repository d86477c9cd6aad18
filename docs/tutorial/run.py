"""Runs the chapters: ``python docs/tutorial/run.py`` writes what each block prints below it, and the pictures.

A block is run as if typed at Python's prompt, line by line, with Enter pressed once more after it: so a loop needs an
empty line before what follows it, and an expression shows its value.
A drawing that a block saves comes to stand beside the chapters. `plots` has the curves. tests/test_docs_tutorial.py
compares all.
"""

from __future__ import annotations

import codeop
import contextlib
import io
import os
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
CHAPTERS = sorted(FOLDER.glob("[0-9]*.md"))

# A block, and what stands below it as its output.
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)


@contextlib.contextmanager
def prompt() -> Iterator[io.StringIO]:
    """What is printed, and the values of expressions as a prompt shows them; without its ``_``."""
    shown, output = sys.displayhook, io.StringIO()
    sys.displayhook = lambda value: None if value is None else print(repr(value))
    try:
        with contextlib.redirect_stdout(output):
            yield output
    finally:
        sys.displayhook = shown


def typed(block: str, name: str, names: dict[str, object]) -> None:
    """Runs a block line by line. Raises a SyntaxError where a prompt would."""
    compiled, pending = codeop.CommandCompiler(), ""
    for line in [*block.splitlines(), ""]:
        pending += line
        code = compiled(pending, name, "single")
        if code is None:
            pending += "\n"
        else:
            exec(code, names)
            pending = ""
    if pending:
        raise SyntaxError(f"{name}: the block does not end")


def executed(chapter: Path) -> str:
    """The text of a chapter, with what its blocks print. They run in order, share their names, and may save files."""
    names: dict[str, object] = {"__name__": "__main__"}
    state = random.getstate()

    def printed(found: re.Match[str]) -> str:
        with prompt() as output:
            typed(found[1], f"{chapter.name}: {found[1].splitlines()[0]}", names)
        below = f"\n```\n{output.getvalue()}```\n" if output.getvalue() else ""
        return f"```python\n{found[1]}```\n{below}"

    try:
        return BLOCK.sub(printed, chapter.read_text(encoding="utf-8"))
    finally:
        random.setstate(state)


def main() -> None:
    """Writes all chapters and pictures."""
    sys.path.insert(0, str(FOLDER))
    import plots

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for chapter in CHAPTERS:
            chapter.write_text(executed(chapter), encoding="utf-8")
        plots.save(Path())
        for picture in Path().glob("*.svg"):
            shutil.copy(picture, FOLDER)
        os.chdir(FOLDER)


if __name__ == "__main__":
    main()
