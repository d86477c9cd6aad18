"""Lists that notice their edits: the parts of micrograd's modules, and what `parameters()` returns."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from sys import getrefcount
from typing import Any
from weakref import ref

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
    _kept: Any  # a weak reference to its Kept, which may have this list; or None

    def _edited(self) -> None:
        known = self._kept and self._kept()
        if known is not None:
            known.forget()
        self._kept = None

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, (list(self),)


class Kept:
    """The parameters that a module keeps, in a block too; and the list of them that it gave last."""

    __slots__ = ("__weakref__", "_last", "block", "values")

    def __init__(self, block: core.Block) -> None:
        self.block = block
        self.values: tuple[Value, ...] = tuple(core.items(core.whole(block, 1, len(block))))
        self._last: list[Parameters] = []

    def listed(self) -> list[Value]:
        """A list of them: the last one, if nobody has it any more, and nobody has edited it; else a new one."""
        try:
            found = self._last.pop()  # another thread finds none meanwhile
        except IndexError:
            found = None
        if found is None or getrefcount(found) > _ALONE or kept_of(found) is not self or not self._is_whole(found):
            found = Parameters(self.values)
            found._kept = ref(self)
        self._last = [found]
        return found

    def _is_whole(self, found: list[Any]) -> bool:
        """Whether some of its places have what they should: those where functions that go past the list's methods, such
        as `heapq.heapify` and `list.reverse`, change something. To look at all costs as much as a new list."""
        parts = slice(8), slice(-8, None), slice(3, None, len(found) // 64 + 1)
        return all(all(map(operator.is_, found[part], self.values[part])) for part in parts)

    def forget(self) -> None:
        """Lets go of the last list: an edited one may hold what is not the module's."""
        self._last = []


def _alone() -> int:
    found = Parameters()
    return getrefcount(found)


_ALONE = min(_alone(), 2)  # what `getrefcount` says of an object that one variable has; a debugger may have it too


def kept(values: Iterable[Any]) -> Kept:
    """The different leaves among the values, in order."""
    return Kept(core.leaves(values)[0])


def kept_of(values: Any) -> Kept | None:
    """What a module keeps, of what its `parameters()` returned; None for an edited list, and for all else."""
    known = values._kept if type(values) is Parameters else None
    found: Kept | None = known and known()
    return found if found is not None and len(found.values) == len(values) else None
