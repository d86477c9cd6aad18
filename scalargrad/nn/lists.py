"""Lists that notice their edits: the parts of micrograd's modules, and what `parameters()` returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from scalargrad import core
from scalargrad.value import Value


def _editing(name: str) -> Callable[..., Any]:
    change = getattr(list, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return change(self, *args, **kwargs)
        finally:
            self._edited()

    method.__name__ = name
    method.__doc__ = change.__doc__
    return method


class Noted(list[Any]):
    """A list that calls `_edited` after each edit."""

    __slots__ = ()
    __setitem__, __delitem__, __iadd__, __imul__, append, extend, insert, pop, remove, clear, sort, reverse = map(
        _editing,
        ("__setitem__", "__delitem__", "__iadd__", "__imul__", "append", "extend", "insert", "pop", "remove", "clear",
         "sort", "reverse"),
    )  # fmt: skip

    def _edited(self) -> None:
        raise NotImplementedError


class Parameters(Noted):
    """Different leaves in a list, and in a block, until the list is edited. So nothing looks at them one by one."""

    __slots__ = ("_kept",)
    _kept: Kept | None

    def _edited(self) -> None:
        self._kept = None

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, (list(self),)


class Kept(NamedTuple):
    """The parameters that a module keeps."""

    values: tuple[Value, ...]
    block: core.Block

    def listed(self) -> list[Value]:
        """A new list of them."""
        found = Parameters(self.values)
        found._kept = self
        return found


def kept(values: Iterable[Any]) -> Kept:
    """The different leaves among the values, in order."""
    block, _ = core.leaves(values)
    return Kept(tuple(core.items(core.whole(block, 1, len(block)))), block)


def kept_of(values: Any) -> Kept | None:
    """What a module keeps, of what its `parameters()` returned; None for an edited list, and for all else."""
    known = values._kept if type(values) is Parameters else None
    return known if known is not None and len(known.values) == len(values) else None
