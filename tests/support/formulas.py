"""Runs `scalargrad formulas` as a reader does: what it prints, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from scalargrad import __main__
from scalargrad.ledger.rows import Checked


class Ran:
    """What a command line printed, and its exit status."""

    def __init__(self, capsys: pytest.CaptureFixture[str], line: str) -> None:
        capsys.readouterr()
        self.code = __main__.main(["formulas", *line.split()])
        self.out, self.err = capsys.readouterr()
        self.lines = self.out.splitlines()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda line: Ran(capsys, line)


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command line that is refused: nothing on stdout, exit status 1; returns what stderr says, unwrapped."""

    def refuse(line: str) -> str:
        ran = Ran(capsys, line)
        assert ran.code == 1 and ran.out == ""
        assert ran.err.startswith("scalargrad: ") and ran.err.endswith("\n")
        first, *rest = ran.err.splitlines()
        assert all(len(each) <= 80 for each in (first, *rest)) and all(each.startswith("  ") for each in rest)
        return unwrapped(ran.err.removeprefix("scalargrad: "))

    return refuse


def unwrapped(text: str) -> str:
    return " ".join(text.split())


# Besides the inputs of a row, and names that no reader can type: what it shows of its own.
_SHOWN = {"B4": {"A", "B", "t"}, "B14": {"dx"}}


def own(checked: Checked) -> dict[str, Any]:
    """The inputs that can be given."""
    shown = _SHOWN.get(checked.row.id, set())
    return {name: x for name, x in checked.inputs.items() if name.isidentifier() and name not in shown}
