"""Contexts that change what an operation does besides computing, per thread: `no_grad` and `detect_anomaly`."""

from __future__ import annotations

import functools
import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from os import sep
from os.path import dirname
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

from scalargrad import core
from scalargrad.convert import flag, short
from scalargrad.errors import AnomalyError, ArgumentError, KeywordError
from scalargrad.nodes import running

if TYPE_CHECKING:
    from types import FrameType
    from weakref import ref as weakref

F = TypeVar("F", bound=Callable[..., Any])
M = TypeVar("M", bound="_Mode")


# generators, coroutines (written in two ways), asynchronous generators: `inspect` knows, but is slow to import
_RUNS_LATER = 0x20 | 0x80 | 0x100 | 0x200


class _Entered(type):
    """The type of the contexts, which refuses ``with no_grad:``."""

    if not TYPE_CHECKING:

        def __enter__(cls):
            name = cls.__name__
            raise ArgumentError(f"{name} is a class, and a context is made by a call: write `with {name}():`")

        def __exit__(cls, *exception):
            """Python asks for it first."""


class _Mode(core.Context, metaclass=_Entered):
    """A context manager and decorator, for the current thread."""

    _bits = 0

    @overload
    def __new__(cls: type[M], **settings: Any) -> M: ...
    @overload
    def __new__(cls, function: F, /, **settings: Any) -> F: ...  # type: ignore[misc]
    def __new__(cls, *given: Any, **settings: Any) -> Any:  # type: ignore[misc]
        self = super().__new__(cls, cls._bits)
        ours = cls.__init__ is object.__init__
        if not ours and cls.__init__ is not detect_anomaly.__init__:
            return self  # a subclass that reads its arguments
        for name in settings:
            if ours or name != "strict":
                raise KeywordError(
                    f"{cls.__name__}() got an unexpected keyword argument {name!r}: write `with {cls.__name__}():`"
                    f"{'' if ours else ', or strict=True in the parentheses'}"
                )
        if not given:
            return self
        function, *others = given
        if others or not callable(function):
            raise ArgumentError(
                f"{cls.__name__}() takes nothing, got {short(function)}: write `with {cls.__name__}():`, or"
                f" `@{cls.__name__}()` above a function"
            )
        self.__init__(**settings)  # type: ignore[misc]
        return self(function)  # `@no_grad` without parentheses

    def _twin(self: M) -> M:
        """A context with the same settings, for one call of a decorated function."""
        twin = core.Context.__new__(type(self), self.bits)
        vars(twin).update({name: x for name, x in vars(self).items() if name not in vars(twin)})
        return twin

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
            with self._twin():
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

    _bits = core.NO_GRAD


class aside(core.Context):
    """Inside, operations record, and `detect_anomaly` does not see them: those that the package itself needs."""

    def __new__(cls) -> aside:
        return super().__new__(cls, core.RECORD | core.UNWATCHED)


class detect_anomaly(_Mode):
    """Inside, a nan or an infinity that an operation made raises `AnomalyError` when it reaches a result or a gradient.

    A result is the root of `backward`, what a transform returns, and, at the end of the block, a Value that was made in
    it and that no operation used. A gradient is that of a leaf. So what `where` masks is no anomaly. With ``strict``,
    and inside `no_grad`, the first nan or infinity raises when an operation or a backward rule makes it. The message
    names the operation that made it, its operands, and the file and line that recorded it; or the leaf or constant that
    it came from. Then it tells, step by step, the way from there to the result, or to the gradient.

    Also a decorator. Applies to the current thread. If contexts are nested, a strict one makes all strict.

    >>> from scalargrad import Value, detect_anomaly, log, where
    >>> x = Value(0.0)
    >>> with detect_anomaly():
    ...     y = where(x > 0, log(x), x)
    ...     log(x).backward()
    Traceback (most recent call last):
        ...
    scalargrad.errors.AnomalyError: log(0.0) made -inf, at <doctest scalargrad.contexts.detect_anomaly[2]>:3; it reached the root of backward
    """  # noqa: E501

    _bits = core.WATCH

    def __init__(self, *, strict: bool = False) -> None:
        self.bits = core.WATCH | core.STRICT if flag(strict, "strict") else core.WATCH

    @functools.cached_property
    def _places(self) -> dict[tuple[int, int], str]:
        """The file and line of each node that was recorded inside, by key."""
        return {}

    @functools.cached_property
    def _made(self) -> dict[tuple[int, int], weakref[core.Node]]:
        """The nodes that were made inside, are nan or infinite, and that no operation has used yet."""
        return {}

    def _twin(self) -> detect_anomaly:
        twin = super()._twin()
        vars(twin).pop("_places", None)
        vars(twin).pop("_made", None)
        return twin

    def _left(self, kind: object = None, *exception: object) -> None:
        """Called after the context was left."""
        made = vars(self).pop("_made", {})
        try:
            if kind is None:
                for reference in made.values():
                    if (node := reference()) is not None:
                        _refuse_result(node, "the end of the block", [*core.watchers(), self])
        finally:
            if not any(watcher is self for watcher in core.watchers()):
                vars(self).pop("_places", None)


_package = dirname(__file__) + sep
_PLACES_KEPT = 1_000_000  # beyond this the older half is dropped, so that a long training has bounded memory


def _user_frame() -> tuple[FrameType, int]:
    """The innermost frame outside the package, and how far it is from the caller's."""
    frame, distance = sys._getframe(2), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_package):
        frame, distance = frame.f_back, distance + 1
    return frame, distance


def _user_place() -> str:
    """The file and line of the innermost frame outside the package."""
    frame, _ = _user_frame()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def warn_user(message: str, category: type[Warning]) -> None:
    """A warning of the innermost line outside the package."""
    import warnings

    warnings.warn(message, category, stacklevel=_user_frame()[1] + 1)


def _place(key: tuple[int, int] | None, watchers: Iterable[Any]) -> str:
    """Where a node was recorded."""
    found = (watcher._places[key] for watcher in watchers if key in watcher._places)
    return next(found, "a place outside detect_anomaly")


def recorded(result: core.Node, opcode: int, operands: tuple[core.Node | float, ...]) -> None:
    """The hook that both backends call after each operation while a watcher is active."""
    place, key, watchers = _user_place(), core.key(result), core.watchers()
    bad = not isfinite(result.data)
    if bad and core.mode() & (core.STRICT | core.NO_GRAD):
        from scalargrad import anomaly

        raise AnomalyError(anomaly.told_made(opcode, operands, result.data, place))
    if key is None:
        return
    used = [core.key(x) for x in operands if isinstance(x, core.Node) and not isfinite(x.data)]
    for watcher in watchers:
        for other in used:
            watcher._made.pop(other, None)
        if bad:
            from weakref import ref

            watcher._made[key] = ref(result)
        places = watcher._places
        places[key] = place
        if len(places) > _PLACES_KEPT:
            for old in list(places)[: _PLACES_KEPT // 2]:
                places.pop(old, None)


core.upcall("recorded", recorded)


def refuse_results(results: Iterable[Any], what: str) -> None:
    """Under a watcher, raises if one of the results has a nan or an infinity that an operation made."""
    if core.mode() & core.WATCH:
        for x in results:
            if isinstance(x, core.Node) and core.key(x) is not None and not isfinite(x.data):
                _refuse_result(x, what, core.watchers())


def _refuse_result(result: core.Node, what: str, watchers: Iterable[Any]) -> NoReturn:
    from scalargrad import anomaly

    raise AnomalyError(anomaly.told_origin(result, what, lambda key: _place(key, watchers)))


def backward(root: core.Node, seed: float) -> None:
    """`core.backward`. Under a watcher, an anomaly in the root or in a leaf's gradient raises, and nothing changes.

    Raises `HigherOrderError` if the root depends on the arguments of a transform that is running.
    """
    if running.now:
        running.refuse_backward(root)
    mode = core.mode()
    if not mode & core.WATCH:
        core.backward(root, seed, core.ANY)
        return
    if not isfinite(seed):
        raise AnomalyError(f"backward({seed}) starts with a nan or inf, at {_user_place()}")
    refuse_results([root], "the root of backward")
    made = core.backward(root, seed, core.FINITE_RULES if mode & (core.STRICT | core.NO_GRAD) else core.FINITE_LEAVES)
    if made is not None:
        _refuse_rule(root, seed, made or None, None)


def gradients(root: core.Node, blocks: Sequence[Any], since: int) -> tuple[bytes, bool]:
    """`core.gradients` of a seed of 1. Under a watcher, raises as `backward` does. Changes nothing."""
    mode = core.mode()
    check = bool(mode & core.WATCH and mode & (core.STRICT | core.NO_GRAD))
    found: Any = core.gradients(root, 1.0, check, blocks, since)
    if len(found) > 2:
        _refuse_rule(root, 1.0, found, None)
    if mode & core.WATCH and not all(map(isfinite, array("d", found[0]))):
        leaves = {id(x) for block in blocks for x in core.items(core.whole(block, 1, len(block)))}
        _refuse_rule(root, 1.0, None, leaves)
    return found  # type: ignore[no-any-return]


def _refuse_rule(root: core.Node, seed: float, first: core.Made | None, leaves: set[int] | None) -> NoReturn:
    """Names the first rule that made an anomaly; without it, the one whose anomaly reached the gradient of a leaf."""
    from scalargrad import anomaly

    raise AnomalyError(anomaly.told_rule(root, seed, first, leaves, lambda key: _place(key, core.watchers())))
