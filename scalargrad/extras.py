"""Optional libraries: imported at first need, and missed politely."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

from scalargrad.errors import MissingExtraError

_DISTRIBUTIONS = {"sklearn": "scikit-learn"}  # where the name to install is not the name to import


def load(module: str, extra: str = "demo") -> Any:
    """The optional module. Raises `MissingExtraError`, which names the `extra` that brings it."""
    top = module.partition(".")[0]
    try:
        import_module(top)  # first: a submodule that was imported before would not notice that it is gone
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{_DISTRIBUTIONS.get(top, top)} cannot be imported; pip install 'scalargrad[{extra}]' brings it"
        ) from error


def found(module: str, otherwise: str) -> bool:
    """Whether the optional module is there; if not, prints a note of what happens `otherwise`, and why."""
    try:
        load(module)
    except MissingExtraError as error:
        print(f"note: {otherwise}: {error}", flush=True)
        return False
    return True


def on_terminal() -> bool:
    """Whether the output can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
