"""What may be there or not: optional libraries, and a terminal.

Libraries are imported on first use; a missing one raises an error that names the extra.
"""

from __future__ import annotations

import os
import sys
import textwrap
from importlib import import_module
from typing import Any

from scalargrad.errors import MissingExtraError

WIDTH = 80  # columns of a terminal
DISTRIBUTIONS = {"sklearn": "scikit-learn"}  # where the name to install differs from the name to import


def load(module: str, extra: str = "demo") -> Any:
    """Returns the optional module. Raises `MissingExtraError`, which names the `extra` that installs it."""
    top = module.partition(".")[0]
    try:
        import_module(top)  # first: a submodule that is already imported would hide that its package is gone
        return import_module(module)
    except ValueError as error:  # matplotlib reads MPLBACKEND when it is imported
        raise MissingExtraError(f"{top} cannot be imported with these settings: {error}") from error
    except ImportError as error:
        raise MissingExtraError(
            f"{DISTRIBUTIONS.get(top, top)} cannot be imported: install it with pip install 'scalargrad[{extra}]'"
        ) from error


def found(module: str, otherwise: str) -> bool:
    """Whether the optional module can be imported. If not, prints a note: what happens `otherwise`, and why."""
    try:
        load(module)
    except MissingExtraError as error:
        print(f"note: {otherwise}: {error}", flush=True)
        return False
    return True


def on_terminal() -> bool:
    """Whether the output is a terminal that can move its cursor."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def wrapped(text: str, indent: str = "", after: str = "") -> str:
    """The text in lines of at most 80 columns, cut at spaces; lines after the first begin with `indent + after`."""
    lines = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + after,
                          break_long_words=False, break_on_hyphens=False)  # fmt: skip
    return "\n".join(lines)
