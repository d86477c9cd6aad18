"""The pure-Python backend: contexts that are entered and left in one step each, as in csrc/python/contexts.c.

A signal may come between any two steps of the interpreter, but not within a function written in C. So `__enter__` and
`__exit__` are descriptors. Looking them up changes nothing yet, and each returns a function written in C: one appends
an entry to the thread's list, the other releases the entry's lock. `thread.mode` reads the list.

A watcher runs Python code when it is left, and a signal may come before that code has released the lock. So its entry
has a holder too: a weak reference to the function that `__exit__` returned. A `with` statement keeps that function
until it has been left in one way or another.
"""

from __future__ import annotations

import functools
import weakref
from _thread import LockType, get_ident
from collections.abc import Callable
from typing import Any, TypeVar

from scalargrad.pure import thread

C = TypeVar("C", bound="Context")


class _Enter:
    def __get__(self, context: Context | None, cls: type) -> Callable[..., None]:
        if context is None:  # looked up in the class, as ExitStack does
            return lambda context: self.__get__(context, cls)()
        thread.mode()  # forgets entries that are over
        entry = context._looked_up[get_ident()] = thread.Entry(weakref.ref(context), context.bits)
        context._entries = [*filter(thread.Entry.open, context._entries), entry]
        return functools.partial(thread.now.state.insert, 0, entry)


class _Exit:
    def __get__(self, context: Context | None, cls: type) -> Callable[..., None]:
        if context is None:
            return lambda context, *exception: self.__get__(context, cls)(*exception)
        entered = thread.entered()
        entry = context._looked_up.pop(get_ident(), None)
        if entry is None or entry in entered:  # not a `with` statement, which looks up both before it enters
            open_ones = [entry for entry in entered if entry.context() is context and entry.open()]
            if not open_ones:
                return _nothing
            return _leaver(context, open_ones[0].lock)
        leaver = _leaver(context, entry.lock)
        if entry.bits & thread.WATCH:
            entry.holder = weakref.ref(leaver)
        return leaver


def _nothing(*exception: object) -> None:
    """What leaves a context that is not open."""


def _leaver(context: Context, lock: LockType) -> Callable[..., None]:
    return functools.partial(_leave_watcher, context, lock) if context.bits & thread.WATCH else lock.__exit__


def _leave_watcher(context: Any, lock: LockType, *exception: object) -> None:
    lock.release()
    context._left(*exception)


class Context:
    """A context manager; `bits` says what it does, and is copied when it is entered.

    It may be entered several times, also in several threads, and left in any order.
    """

    __enter__ = _Enter()
    __exit__ = _Exit()
    bits: int
    _entries: list[thread.Entry]  # those that are open are among them
    _looked_up: dict[int, thread.Entry]  # by thread: the entry that `__enter__` made when it was last looked up

    def __new__(cls: type[C], bits: int) -> C:
        self = object.__new__(cls)
        self.bits, self._entries, self._looked_up = bits, [], {}
        return self

    @property
    def open(self) -> bool:
        """Whether it was entered, in any thread, and not left yet."""
        return any(entry.open() for entry in self._entries)
