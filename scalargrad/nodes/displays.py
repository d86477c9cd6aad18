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
