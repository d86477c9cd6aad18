"""The state of a whole training run in one file: model, optimiser, scheduler and random numbers."""

from __future__ import annotations

import math
import os
import random
from typing import Any, NoReturn, Protocol

from scalargrad.convert import flag, short
from scalargrad.errors import ArgumentError, KeywordError, StateError
from scalargrad.nn import saving


class Stateful(Protocol):
    """What has a state: a `Module`, an optimiser, a scheduler, or an object of your own with these two methods."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any], /) -> None: ...


class _Random:
    """The state of Python's `random`, from which weights are drawn."""

    def state_dict(self) -> dict[str, Any]:
        version, numbers, spare = random.getstate()
        return {"version": version, "numbers": list(numbers), "spare": spare}

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        try:
            random.setstate((state["version"], tuple(state["numbers"]), state["spare"]))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise StateError(f"the state of the random numbers is damaged: {error}") from error


def _refuse(function: str, unnamed: tuple[Any, ...], unknown: dict[str, Any]) -> None:
    """Raises `KeywordError` for parts without a name, or of another name."""
    if unnamed:
        raise KeywordError(f"{function}() takes its parts by name: write {function}(path, model=model)")
    for name in unknown:
        ours = {"optimizer": "optimiser", "lr_scheduler": "scheduler", "net": "model"}.get(name)
        advice = f"write {ours}=" if ours else "the parts are model=, optimiser=, scheduler=, rng=True"
        advice += "" if ours or function == "load" else "; extra={...} takes numbers and texts of your own"
        raise KeywordError(f"{function}() got an unexpected keyword argument {name!r}: {advice}")


def _parts(model: Any, optimiser: Any, scheduler: Any, rng: bool) -> dict[str, Stateful]:
    """The objects given, by name. Raises `ArgumentError` if there is none, or one has no state."""
    given = {
        "model": model,
        "optimiser": optimiser,
        "scheduler": scheduler,
        "rng": _Random() if flag(rng, "rng") else None,
    }
    parts = {name: part for name, part in given.items() if part is not None}
    if not parts:
        raise ArgumentError("there is nothing to save or load: pass model=, optimiser=, scheduler= or rng=True")
    for name, part in parts.items():
        if not (hasattr(part, "state_dict") and hasattr(part, "load_state_dict")):
            raise ArgumentError(
                f"{name} needs the methods state_dict and load_state_dict, got {type(part).__name__}: pass a Module,"
                " an optimiser or a scheduler"
            )
    return parts


def _to_json(x: Any) -> Any:
    if isinstance(x, dict):
        return {str(name): _to_json(item) for name, item in x.items()}
    if isinstance(x, (list, tuple)):
        return [_to_json(item) for item in x]
    if x is None or isinstance(x, (bool, int, str)):
        return x
    if isinstance(x, float):
        return float(x) if math.isfinite(x) else {"float": repr(float(x))}  # which JSON has no number for
    raise ArgumentError(f"a state holds numbers, texts, lists and dicts, got {type(x).__name__}")


def _from_json(x: Any) -> Any:
    if isinstance(x, dict):
        if x.keys() == {"float"} and x["float"] in ("inf", "-inf", "nan"):
            return float(x["float"])
        return {name: _from_json(item) for name, item in x.items()}
    return [_from_json(item) for item in x] if isinstance(x, list) else x


def save(
    path: str | os.PathLike[str],
    *unnamed: NoReturn,
    model: Stateful | None = None,
    optimiser: Stateful | None = None,
    scheduler: Stateful | None = None,
    rng: bool = False,
    extra: dict[str, Any] | None = None,
    **unknown: NoReturn,
) -> None:
    """Writes the state of a training run to a JSON file, from which `load` continues to the same bits.

    `rng=True` adds the state of Python's `random`, from which weights are drawn and with which batches are shuffled.
    `extra` is a dict of your own, which `load` returns: texts as names; numbers, texts, bools, None, lists and dicts as
    values. Numbers are exact; an interruption leaves an older file whole. Raises `ArgumentError` if there is nothing to
    save, or something without a state, or something in `extra` that JSON cannot hold; OSError if the file cannot be
    written.

    >>> import os, tempfile
    >>> from scalargrad import nn, optim
    >>> model = nn.Linear(2, 1)
    >>> optimiser = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "run.json")
    ...     save(path, model=model, optimiser=optimiser, rng=True, extra={"best": 0.25})
    ...     optimiser.lr = 0.5
    ...     extra = load(path, model=model, optimiser=optimiser, rng=True)
    >>> optimiser.lr, extra
    (0.1, {'best': 0.25})
    """
    _refuse("save", unnamed, unknown)
    parts = _parts(model, optimiser, scheduler, rng)
    plain = {name: _to_json(part.state_dict()) for name, part in parts.items()}
    if extra is not None:
        plain["extra"] = _plain_extra(extra)
    saving.write_plain(path, saving.RUN_FORMAT, plain)


def _plain_extra(extra: Any) -> Any:
    """What JSON can hold of `extra`. Raises `ArgumentError` for what would come back as something else."""
    if not isinstance(extra, dict):
        raise ArgumentError(f'extra must be a dict, such as {{"best": 0.25}}, got {type(extra).__name__}')
    try:
        plain = _to_json(extra)
        same = _from_json(plain) == extra or repr(_from_json(plain)) == repr(extra)  # nan does not equal itself
    except RecursionError:
        raise ArgumentError("extra is nested too deeply, or contains itself") from None
    if not same:
        raise ArgumentError(
            f"extra must have texts as names, and lists in place of tuples, to come back as it is; got {short(extra)}"
        )
    return plain


def load(
    path: str | os.PathLike[str],
    *unnamed: NoReturn,
    model: Stateful | None = None,
    optimiser: Stateful | None = None,
    scheduler: Stateful | None = None,
    rng: bool = False,
    **unknown: NoReturn,
) -> dict[str, Any]:
    """Sets the state of objects like those that were saved: the same layers, the same kind of optimiser and scheduler.

    Each must be in the file; what the file has beyond that is left aside. A file that `Module.save` wrote has a model.
    Returns the `extra` that was saved, or an empty dict. Runs no code from the file. Raises `StateError` if the file is
    damaged, or lacks something, or does not fit; `ArgumentError` as `save` does; OSError if the file cannot be read.
    Then nothing has changed.
    """
    _refuse("load", unnamed, unknown)
    parts = _parts(model, optimiser, scheduler, rng)
    form, plain = saving.read_plain(path, (saving.RUN_FORMAT, saving.FORMAT))
    states = {"model": saving.read(path)} if form == saving.FORMAT else _from_json(plain)
    missing = [name for name in parts if not isinstance(states.get(name), dict)]
    if missing:
        raise StateError(f"{path} has no state of {', '.join(missing)}: it has {', '.join(states) or 'nothing'}")
    before = {name: part.state_dict() for name, part in parts.items()}
    try:
        for name, part in parts.items():
            part.load_state_dict(states[name])
    except BaseException:
        for name, part in parts.items():
            part.load_state_dict(before[name])
        raise
    extra = states.get("extra") if form == saving.RUN_FORMAT else None
    return extra if isinstance(extra, dict) else {}
