"""What notebooks show of Values, arrays and networks. `scalargrad.look.notebook` fills the registry: it is imported
when something is shown for the first time, so that those who draw nothing do not wait for it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

_displays: dict[str, Callable[[Any], str]] = {}


def register(kind: str, display: Callable[[Any], str]) -> None:
    """Sets how things of a kind are shown."""
    _displays[kind] = display


def shown(kind: str, thing: Any) -> str:
    """How a thing is shown: SVG of a Value ("graph") and LaTeX ("latex"), HTML of an array ("table") and of a network
    ("module")."""
    if kind not in _displays:
        import_module("scalargrad.look.notebook")
    return _displays[kind](thing)


_JOINERS = "\u200c\u200d"  # in emoji and in some scripts


def printable(text: str) -> str:
    """A label as every output shows it: on one line, without control characters, which `repr` writes as escapes.

    >>> printable("été"), printable("a\\x1b[2J\\nb")
    ('été', 'a\\\\x1b[2J\\\\nb')
    """
    if text.isprintable():
        return text
    return "".join(x if x.isprintable() or x in _JOINERS else x.encode("unicode_escape").decode() for x in text)
