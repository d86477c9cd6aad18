"""The state of a whole training run in one file: model, optimiser, scheduler and random numbers."""

from __future__ import annotations

import math
import os
import random
from typing import Any, Protocol

from scalargrad.convert import flag
from scalargrad.errors import ArgumentError, StateError
from scalargrad.nn import saving

_FORMAT = "scalargrad checkpoint 1"


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
    *,
    model: Stateful | None = None,
    optimiser: Stateful | None = None,
    scheduler: Stateful | None = None,
    rng: bool = False,
) -> None:
    """Writes the state of a training run to a JSON file, from which `load` continues to the same bits.

    `rng=True` adds the state of Python's `random`, from which weights are drawn and with which batches are shuffled.
    Numbers are exact; an interruption leaves an older file whole. Raises `ArgumentError` if there is nothing to save,
    or something without a state; OSError if the file cannot be written.

    >>> import os, tempfile
    >>> from scalargrad import nn, optim
    >>> model = nn.Linear(2, 1)
    >>> optimiser = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "run.json")
    ...     save(path, model=model, optimiser=optimiser, rng=True)
    ...     optimiser.lr = 0.5
    ...     load(path, model=model, optimiser=optimiser, rng=True)
    >>> optimiser.lr
    0.1
    """
    parts = _parts(model, optimiser, scheduler, rng)
    saving.write_plain(path, _FORMAT, {name: _to_json(part.state_dict()) for name, part in parts.items()})


def load(
    path: str | os.PathLike[str],
    *,
    model: Stateful | None = None,
    optimiser: Stateful | None = None,
    scheduler: Stateful | None = None,
    rng: bool = False,
) -> None:
    """Sets the state of objects like those that were saved: the same layers, the same kind of optimiser and scheduler.

    Each must be in the file; what the file has beyond that is left aside. A file that `Module.save` wrote has a model.
    Runs no code from the file. Raises `StateError` if the file is damaged, or lacks something, or does not fit;
    `ArgumentError` as `save` does; OSError if the file cannot be read. Then nothing has changed.
    """
    parts = _parts(model, optimiser, scheduler, rng)
    form, plain = saving.read_plain(path, (_FORMAT, saving._FORMAT))
    states = {"model": saving.read(path)} if form == saving._FORMAT else _from_json(plain)
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
