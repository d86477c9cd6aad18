"""The formats of what people see: their names, and the files that they are saved in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from scalargrad.errors import ArgumentError


def require_format(function: str, format: str, formats: Iterable[str]) -> None:
    """Raises `ArgumentError` unless a function has this format."""
    if format not in formats:
        raise ArgumentError(f"{function} takes the format {', '.join(map(repr, formats))}, got {format!r}")


def ending(format: str, endings: Mapping[str, str]) -> str:
    """How the name of a file in a format ends: the first of its endings."""
    return next(ending for ending, each in endings.items() if each == format)


def saved(path: str | os.PathLike[str], what: str, endings: Mapping[str, str], contents: Callable[[str], bytes]) -> str:
    """Writes the contents in the format that the end of the path says. Returns the path. Raises `ArgumentError` for an
    unknown ending."""
    name = os.fspath(path)
    format = endings.get(os.path.splitext(name)[1].lower())
    if format is None:
        *others, last = (ending(each, endings) for each in dict.fromkeys(endings.values()))
        raise ArgumentError(f"{what} is saved as {', '.join(others)} or {last}, got {name!r}")
    found = contents(format)  # an error leaves no file
    with open(name, "wb") as file:
        file.write(found)
    return name
