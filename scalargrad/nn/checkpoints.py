"""The state of a whole training run in one file: model, optimiser, scheduler and random numbers."""

from __future__ import annotations

import math
import os
import random
from typing import Any, NoReturn, Protocol

from scalargrad.arrays.base import Array
from scalargrad.convert import flag, is_scalar, short
from scalargrad.errors import ArgumentError, KeywordError, StateError
from scalargrad.nn import saving
from scalargrad.value import Value


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


_Place = tuple[Any, ...]  # the place of a number in what is saved: that of its container, and its key


def _to_json(x: Any, place: _Place, exact: bool = False) -> Any:
    """What JSON can hold of a state, with Python's numbers for numpy's. Raises `ArgumentError` for anything else; if
    `exact`, for what would come back as something else, too."""
    if isinstance(x, dict):
        for name in x if exact else ():
            if not isinstance(name, str):
                raise ArgumentError(
                    f"{_shown(place)} must have texts as names, got {type(name).__name__} {short(name)}"
                )
        if exact and _is_special(x):
            raise ArgumentError(f"{_shown(place)} is {x}, which would come back as a float: choose another name")
        return {str(name): _to_json(item, (place, name), exact) for name, item in x.items()}
    if isinstance(x, (list, tuple)):
        if exact and isinstance(x, tuple):
            raise ArgumentError(f"{_shown(place)} is a tuple, which would come back as a list: write list(...)")
        return [_to_json(item, (place, k), exact) for k, item in enumerate(x)]
    if x is None or isinstance(x, (bool, int, str)):
        return x
    if isinstance(x, float):
        return float(x) if math.isfinite(x) else {"float": repr(float(x))}  # which JSON has no number for
    if is_scalar(x):
        found = x.tolist()
        if isinstance(found, (bool, int, float)):  # not a longdouble, which has more digits
            return _to_json(found, place, exact)
    advice = ": write x.tolist()" if hasattr(x, "tolist") else ""
    if isinstance(x, (Value, Array)) or is_scalar(x):
        advice = ": write float(x)" if is_scalar(x) else ": write x.data"
    raise ArgumentError(
        f"{_shown(place)} has the type {type(x).__name__}, and a file holds numbers, texts, bools, None, lists and"
        f" dicts{advice}"
    )


def _shown(place: _Place) -> str:
    """A place as Python writes it, such as extra["best"][0]."""
    if len(place) == 1:
        return str(place[0])
    return f"{_shown(place[0])}[{place[1]!r}]"


def _is_special(x: dict[Any, Any]) -> bool:
    """Whether this is how a file holds an infinity or a nan."""
    return x.keys() == {"float"} and isinstance(x["float"], str) and x["float"] in ("inf", "-inf", "nan")


def _from_json(x: Any) -> Any:
    if isinstance(x, dict):
        if _is_special(x):
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
    values. Numbers are exact, and those of numpy come back as Python's; an interruption leaves an older file whole. The
    shuffled `batches` with a seed, which are no part, continue from the `epoch` that `extra` kept. Raises
    `ArgumentError` if there is nothing to save, or something without a state, or something in `extra` that JSON cannot
    hold; OSError if the file cannot be written.

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
    plain = {name: _to_json(part.state_dict(), (f"the state of the {name}",)) for name, part in parts.items()}
    if extra is not None:
        plain["extra"] = _plain_extra(extra)
    saving.write_plain(path, saving.RUN_FORMAT, plain)


def _plain_extra(extra: Any) -> Any:
    """What JSON can hold of `extra`. Raises `ArgumentError` for what would come back as something else."""
    if not isinstance(extra, dict):
        raise ArgumentError(f'extra must be a dict, such as {{"best": 0.25}}, got {type(extra).__name__}')
    try:
        return _to_json(extra, ("extra",), exact=True)
    except RecursionError:
        raise ArgumentError("extra is nested too deeply, or contains itself") from None


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
