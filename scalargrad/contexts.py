"""Contexts that change what an operation does besides computing, per thread: `no_grad` and `detect_anomaly`."""

from __future__ import annotations

import functools
import sys
from _thread import get_ident
from collections.abc import Callable, Sequence
from os import sep
from os.path import dirname
from typing import Any, TypeVar

from scalargrad import core
from scalargrad.errors import AnomalyError, ArgumentError
from scalargrad.table import ops

F = TypeVar("F", bound=Callable[..., Any])


# generators, coroutines (written in two ways), asynchronous generators: `inspect` knows, but is slow to import
_RUNS_LATER = 0x20 | 0x80 | 0x100 | 0x200

_depths: dict[tuple[int, int], int] = {}  # by thread and bit: how many such contexts are open


class _Mode:
    """A context manager and decorator that sets one bit of the thread's mode. The outermost one clears it on exit."""

    _bit = 0

    def __enter__(self) -> None:
        key = get_ident(), self._bit
        _depths[key] = _depths.get(key, 0) + 1
        core.mode(core.mode(None) | self._bit)

    def __exit__(self, *exception: object) -> None:
        key = get_ident(), self._bit
        depth = _depths.pop(key, 1) - 1
        if depth > 0:
            _depths[key] = depth
        else:
            core.mode(core.mode(None) & ~self._bit)

    def __call__(self, function: F) -> F:
        code = getattr(function, "__code__", None)
        if code is not None and code.co_flags & _RUNS_LATER:
            name = type(self).__name__
            raise ArgumentError(
                f"{name}() cannot decorate {function.__name__}: the body of a generator or coroutine runs later,"
                f" in turns with its caller. Write `with {name}():` in it, around lines that neither yield nor await"
            )

        @functools.wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with type(self)():
                return function(*args, **kwargs)

        return inside  # type: ignore[return-value]


class no_grad(_Mode):
    """Inside, operations record nothing and return leaves. Also a decorator. Applies to the current thread.

    >>> from scalargrad import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.backward(); x.grad
    0.0
    """

    _bit = core.NO_GRAD


class recording:
    """Inside, operations record, even if `no_grad` is active outside. Transforms use it. Per thread."""

    def __enter__(self) -> None:
        self._key = get_ident(), core.NO_GRAD
        self._depth = _depths.pop(self._key, 0)
        core.mode(core.mode(None) & ~core.NO_GRAD)

    def __exit__(self, *exception: object) -> None:
        if self._depth:
            _depths[self._key] = _depths.get(self._key, 0) + self._depth
            core.mode(core.mode(None) | core.NO_GRAD)


class detect_anomaly(_Mode):
    """Inside, an operation or a backward rule that makes a nan or an infinity raises `AnomalyError`.

    The message names the operation, its operands, and the file and line that recorded it.
    Applies to the current thread.

    >>> from scalargrad import Value, detect_anomaly, log
    >>> with detect_anomaly():
    ...     log(Value(0.0))
    Traceback (most recent call last):
        ...
    scalargrad.errors.AnomalyError: log(0.0) made -inf, at <doctest scalargrad.contexts.detect_anomaly[1]>:2
    """

    _bit = core.WATCH

    def __enter__(self) -> None:
        super().__enter__()
        _watchers.append(self)

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        _watchers.remove(self)
        if not _watchers:
            _places.clear()


_watchers: list[detect_anomaly] = []
_places: dict[tuple[int, int], str] = {}  # the file and line of each node recorded under a watcher, by key
_package = dirname(__file__) + sep
_PLACES_KEPT = 1_000_000  # beyond this the older half is dropped, so that a long training has bounded memory


def _user_place() -> str:
    """The file and line of the innermost frame outside the package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_package):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _call(opcode: int, operands: list[float], count: int) -> str:
    """An operation with its first three operands, as text."""
    return f"{ops.NAMES[opcode]}({', '.join(map(repr, operands[:3]))}{', ...' if count > 3 else ''})"


def recorded(result: core.Node, opcode: int, operands: tuple[core.Node | float, ...]) -> None:
    """The hook that both backends call after each operation while a watcher is active."""
    place = _user_place()
    if result.data - result.data != 0.0:  # only for nan and infinities
        numbers = [x.data if isinstance(x, core.Node) else x for x in operands[:3]]
        raise AnomalyError(f"{_call(opcode, numbers, len(operands))} made {result.data}, at {place}")
    key = core.key(result)
    if key is not None:
        _places[key] = place
        if len(_places) > _PLACES_KEPT:
            for old in list(_places)[: _PLACES_KEPT // 2]:
                _places.pop(old, None)


core.upcall("recorded", recorded)


def backward(root: core.Node, seed: float) -> None:
    """`core.backward`. Under a watcher, a backward rule that makes a nan or an infinity raises, and nothing changes."""
    if not core.mode(None) & core.WATCH:
        core.backward(root, seed, False)
        return
    if seed - seed != 0.0:
        raise AnomalyError(f"backward({seed}) starts with a nan or inf, at {_user_place()}")
    _refuse_anomaly(core.backward(root, seed, True))


def gradients(root: core.Node, seed: float, blocks: Sequence[Any]) -> list[bytes | None]:
    """`core.gradients`. Under a watcher it raises as `backward` does. Changes nothing."""
    found = core.gradients(root, seed, bool(core.mode(None) & core.WATCH), blocks)
    if isinstance(found, tuple):
        _refuse_anomaly(found)
    return found  # type: ignore[return-value]


def _refuse_anomaly(made: tuple[int, int, int, list[float], int] | None) -> None:
    if made is not None:
        serial, index, opcode, operands, count = made
        place = _places.get((serial, index), "a place outside detect_anomaly")
        raise AnomalyError(
            f"the backward rule of {_call(opcode, operands, count)}, recorded at {place}, made a nan or inf"
        )
