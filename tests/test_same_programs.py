"""The programs on the pages for those who come from elsewhere: theirs and ours print what stands below them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
LIBRARIES = {"micrograd.md": "micrograd", "from-pytorch.md": "torch", "from-jax.md": "jax"}


def programs(page: str) -> Iterator[tuple[str, str]]:
    """Each program, and what stands below it. Of programs in a row, what stands below them all."""
    waiting: list[str] = []
    for language, text in re.findall(r"^```(\w*)\n(.*?)^```$", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE):
        if language == "python" and not text.startswith(">>>"):
            waiting.append(text)
        elif not language:
            assert waiting
            yield from ((program, text) for program in waiting)
            waiting = []
    assert not waiting


CASES = [(page, program, printed) for page in LIBRARIES for program, printed in programs(page)]
IDS = [f"{page}-{k}" for k, (page, _, _) in enumerate(CASES)]


@pytest.mark.parametrize(("page", "program", "printed"), CASES, ids=IDS)
@pytest.mark.filterwarnings("default")  # of theirs
def test_the_program_prints_what_stands_below(
    page: str, program: str, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if re.search(rf"^(from|import) {LIBRARIES[page]}\b", program, re.MULTILINE):
        pytest.importorskip(LIBRARIES[page])
    exec(program, {})
    assert capsys.readouterr().out == printed != ""


@pytest.mark.parametrize("page", LIBRARIES)
def test_each_program_has_its_counterpart(page: str) -> None:
    """Half of the programs are theirs, and some pair prints the same."""
    theirs = [f" {LIBRARIES[page]}" in program for program, _ in programs(page)]
    printed = [text for _, text in programs(page)]
    assert theirs == [True, False] * (len(theirs) // 2) and theirs
    assert any(ours == other for other, ours in zip(printed[::2], printed[1::2]))
