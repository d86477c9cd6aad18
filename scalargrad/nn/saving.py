"""States in files: JSON, so that loading runs no code; with exact numbers; written whole or not at all.

A file has an object with "format", "sha256" (of the state's text) and "state": names with numbers, or with nested lists
of numbers. A number is written as its shortest exact decimal; inf, -inf and nan are strings. checkpoints.py has another
format for the state of a whole run.
"""

from __future__ import annotations

import errno
import math
import os
from contextlib import suppress
from typing import Any, TextIO

from scalargrad.errors import StateError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

State = dict[str, Any]
FORMAT = "scalargrad state 1"
RUN_FORMAT = "scalargrad checkpoint 1"  # checkpoints.py writes it
_SPECIAL = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


def _to_json(x: Any) -> Any:
    if isinstance(x, list):
        return [_to_json(item) for item in x]
    return x if math.isfinite(x) else repr(x)


def _from_json(x: Any, depth: int = 0) -> Any:
    if isinstance(x, list) and depth < 8:
        return [_from_json(item, depth + 1) for item in x]
    if isinstance(x, str):
        return _SPECIAL[x]
    if isinstance(x, bool) or not isinstance(x, (int, float)):
        raise TypeError(f"{type(x).__name__} is not a number")
    return float(x)


def _text(plain: Any) -> str:
    """The text of ``json.dumps(plain, indent=0)``. Python's encoder in C, which does not indent, writes the numbers."""
    import json

    if isinstance(plain, dict):
        return _lines("{}", [f"{json.dumps(name)}: {_text(x)}" for name, x in plain.items()])
    if isinstance(plain, (list, tuple)):
        if any(isinstance(x, (list, tuple, dict)) for x in plain):
            return _lines("[]", [_text(x) for x in plain])
        return _lines("[]", [json.dumps(plain, allow_nan=False, separators=(",\n", ": "))[1:-1]] if plain else [])
    return json.dumps(plain, allow_nan=False)


def _lines(brackets: str, parts: list[str]) -> str:
    return "\n".join((brackets[0], ",\n".join(parts), brackets[1])) if parts else brackets


def _sha256(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def _digest(state: Any) -> str:
    return _sha256(_text(state))


def write(path: str | os.PathLike[str], state: State) -> None:
    """Writes a state to a file.

    The state goes into a draft, a new file in the same folder, which then replaces the old file in one step. So an
    interruption leaves the old file whole. A process that is killed leaves its draft; the next save there removes it.
    Raises OSError, which names the path, if the folder cannot be written.
    """
    write_plain(path, FORMAT, {name: _to_json(x) for name, x in state.items()})


def write_plain(path: str | os.PathLike[str], form: str, plain: dict[str, Any]) -> None:
    """Writes what JSON can hold, as `write` does, in a format of this name."""
    target = os.path.realpath(os.fsdecode(path))
    if os.path.exists(target) and not os.path.isfile(target):  # the new file would replace a device
        raise OSError(errno.EINVAL, "not a regular file, so no state can be saved there", target)
    state = _text(plain)
    text = _lines("{}", [f'"format": {_text(form)}', f'"sha256": "{_sha256(state)}"', f'"state": {state}'])
    folder, name = os.path.split(target)
    stem = f".scalargrad-{_digest(name)[:16]}-"  # of the same length for every name
    draft = ""
    try:
        _remove_drafts(folder, stem)
        draft, file = _new_draft(folder, stem)
        with file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
            if os.path.exists(target):
                os.chmod(draft, os.stat(target).st_mode & 0o777)
            if fcntl is not None:
                os.replace(draft, target)  # while it is locked
        if fcntl is None:
            os.replace(draft, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(draft)
        if isinstance(error, OSError) and error.errno is not None:  # names the given path, not the draft
            raise OSError(error.errno, error.strerror, os.fspath(path)) from None
        raise


def _new_draft(folder: str, stem: str) -> tuple[str, TextIO]:
    """A new file, which is locked as long as it is open, and its path."""
    while True:
        path = os.path.join(folder, f"{stem}{os.urandom(6).hex()}.tmp")
        file = open(path, "x", encoding="ascii")  # noqa: SIM115
        try:
            if fcntl is not None:
                with suppress(OSError):  # a file system without locks
                    fcntl.flock(file, fcntl.LOCK_EX)
            if os.path.exists(path):  # another save may have removed it before it was locked
                return path, file
        except BaseException:
            os.unlink(path)
            raise
        file.close()


def _remove_drafts(folder: str, stem: str) -> None:
    """Removes the drafts of processes that were killed: nobody holds their locks."""
    if fcntl is None:
        return
    for name in os.listdir(folder):
        if name.startswith(stem) and name.endswith(".tmp"):
            with suppress(OSError), open(os.path.join(folder, name), "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(file.name)


def read(path: str | os.PathLike[str]) -> State:
    """Returns the state in a file.

    Raises `StateError` if the file is damaged or was not written by scalargrad, OSError if it cannot be read.
    """
    form, state = read_plain(path, (FORMAT, RUN_FORMAT))
    if form == RUN_FORMAT:
        raise StateError(
            f"{path} has the state of a whole run, which scalargrad.save wrote: write scalargrad.load(path,"
            " model=model)"
        )
    try:
        return {name: _from_json(x) for name, x in state.items()}
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise StateError(f"{path} is damaged: an entry is not a number ({error})") from error


def read_plain(path: str | os.PathLike[str], forms: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """Returns the format of a file, one of `forms`, and the state in it as JSON has it. Raises as `read` does."""
    import json

    with open(path, "rb") as file:
        raw = file.read()
    try:
        found = json.loads(raw.decode("ascii"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise StateError(f"{path} is not a state saved by scalargrad, or it is damaged: {error}") from error
    if not isinstance(found, dict) or found.get("format") not in forms:
        form = found.get("format") if isinstance(found, dict) else type(found).__name__
        raise StateError(
            f"{path} is not a state saved by scalargrad: its format is {str(form)[:40]!r}, not {forms[0]!r}"
        )
    state = found.get("state")
    try:
        if not isinstance(state, dict) or found.get("sha256") != _digest(state):
            raise StateError(f"{path} is damaged: its numbers do not match its checksum")
    except (ValueError, RecursionError) as error:
        if isinstance(error, StateError):
            raise
        raise StateError(f"{path} is damaged: an entry is not a number ({error})") from error
    return found["format"], state


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not valid JSON")
