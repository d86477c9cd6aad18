"""Runs the command line in this process, and keeps what it printed."""

from __future__ import annotations

import contextlib
import io
from typing import NamedTuple

from scalargrad.__main__ import main


class Ran(NamedTuple):
    """What a command line printed, and its exit status."""

    code: int
    out: str
    err: str


def run(*words: str) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as stop:  # argparse's way to refuse, and to print help
            code = stop.code if isinstance(stop.code, int) else 1
    return Ran(code, out.getvalue(), err.getvalue())
