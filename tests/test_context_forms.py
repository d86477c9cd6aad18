"""Contexts in every form: shared, left in any order, in generators, threads, coroutines, decorators and subclasses."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, contexts, core
from scalargrad.errors import ArgumentError
from scalargrad.nodes import running

KINDS: dict[str, tuple[Callable[[], Any], int]] = {
    "no_grad": (sg.no_grad, core.NO_GRAD),
    "detect_anomaly": (sg.detect_anomaly, core.WATCH),
    "strict": (lambda: sg.detect_anomaly(strict=True), core.WATCH | core.STRICT),
    "recording": (running.recording, core.RECORD),
    "aside": (contexts.aside, core.RECORD | core.UNWATCHED),
}


def wanted(bits: list[int]) -> int:
    """The mode of contexts that were entered in this order."""
    mode = 0
    for each in bits:
        if each & core.RECORD:
            mode &= ~core.NO_GRAD
        if each & core.UNWATCHED:
            mode &= ~(core.WATCH | core.STRICT)
        mode |= each & (core.NO_GRAD | core.WATCH | core.STRICT)
    return mode


@given(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 5)), max_size=12))
def test_entered_and_left_in_any_order(steps: list[tuple[str, int]]) -> None:
    """The mode is always that of the contexts that are open, in the order in which they were entered."""
    opened: list[tuple[Any, int]] = []
    for name, leave in steps:
        make, bits = KINDS[name]
        context = make()
        context.__enter__()
        opened.append((context, bits))
        assert context.open and core.mode() == wanted([bits for _, bits in opened])
        if leave < len(opened):
            context, _ = opened.pop(leave)
            context.__exit__(None, None, None)
            assert not context.open and core.mode() == wanted([bits for _, bits in opened])
            context.__exit__(None, None, None)  # changes nothing
            assert core.mode() == wanted([bits for _, bits in opened])
    while opened:
        opened.pop()[0].__exit__(None, None, None)
    assert core.mode() == 0 and core.watchers() == []


@given(st.lists(st.booleans(), max_size=20))
def test_one_context_that_is_entered_again(steps: list[bool]) -> None:
    shared, depth = sg.no_grad(), 0
    for enter in steps:
        shared.__enter__() if enter else shared.__exit__(None, None, None)
        depth = depth + 1 if enter else max(depth - 1, 0)
        assert (core.mode() == core.NO_GRAD) == (depth > 0) == shared.open
    for _ in range(depth):
        shared.__exit__()
    assert core.mode() == 0


def test_generators_in_turns() -> None:
    def inside(context: Any) -> Iterator[int]:
        with context:
            yield core.mode()

    shared = sg.no_grad()
    one, two, three = inside(shared), inside(sg.detect_anomaly()), inside(shared)
    assert [next(one), next(two), next(three)] == [1, 3, 3]
    one.close()  # type: ignore[attr-defined]
    assert core.mode() == 3
    three.close()  # type: ignore[attr-defined]
    assert core.mode() == 2
    two.close()  # type: ignore[attr-defined]
    assert core.mode() == 0


def test_coroutines_in_turns() -> None:
    """A mode belongs to the thread: what is entered last and left first shows in every task."""

    async def inside(first: asyncio.Event, then: asyncio.Event) -> int:
        with sg.no_grad():
            first.set()
            await then.wait()
        return core.mode()

    async def both() -> list[int]:
        one, two = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(inside(one, two), inside(two, one))

    assert sorted(asyncio.run(both())) == [0, 1] and core.mode() == 0


def test_a_thread_that_ends_inside_leaves_nothing() -> None:
    shared = sg.detect_anomaly()
    threads = [threading.Thread(target=lambda: shared.__enter__()) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert core.mode() == 0
    with shared:
        assert core.watchers() == [shared]
    assert core.mode() == 0 and core.watchers() == []


def test_a_generator_that_another_thread_finishes() -> None:
    def inside() -> Iterator[None]:
        with sg.no_grad():
            yield

    running = inside()
    next(running)
    assert core.mode() == core.NO_GRAD
    thread = threading.Thread(target=running.close)  # type: ignore[attr-defined]
    thread.start()
    thread.join()
    assert core.mode() == 0


def test_decorators() -> None:
    x = Value(2.0)

    @sg.no_grad
    def bare(v: Value) -> Value:
        "doc"
        return v * 2

    @sg.detect_anomaly(strict=True)
    def depth(n: int) -> int:
        return depth(n - 1) if n else core.mode()

    @sg.detect_anomaly
    def watched() -> int:
        return core.mode()

    assert bare(x)._op == "" and bare.__doc__ == "doc" and (x * 2)._op == "*"
    assert depth(0) == depth(3) == core.WATCH | core.STRICT and watched() == core.WATCH
    assert sg.no_grad()(abs)(x)._op == ""
    assert core.mode() == 0


@pytest.mark.parametrize("context", [sg.no_grad, sg.detect_anomaly])
def test_what_a_context_does_not_take(context: Any) -> None:
    with pytest.raises(ArgumentError, match=f"{context.__name__}\\(\\) takes nothing, got 5: write `with"):
        context(5)
    with pytest.raises((ArgumentError, TypeError), match="mode"):
        context(mode=1)

    def generator() -> Iterator[int]:
        yield 1

    with pytest.raises(ArgumentError, match="generator"):
        context(generator)


class Quiet(sg.no_grad):
    """A subclass with an argument, and with methods of its own."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def __enter__(self) -> None:
        self.log.append(f"in {core.mode()}")
        super().__enter__()

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        self.log.append(f"out {core.mode()}")


def test_a_subclass() -> None:
    log: list[str] = []
    with Quiet(log):
        assert core.mode() == core.NO_GRAD
    assert Quiet(log)(core.mode)() == core.NO_GRAD  # type: ignore[arg-type]
    assert log == ["in 0", "out 0"] * 2 and core.mode() == 0


def test_exit_stack() -> None:
    with contextlib.ExitStack() as stack:
        for make, _ in KINDS.values():
            stack.enter_context(make())
        assert core.mode() == 0  # `aside` is the innermost
        stack.enter_context(sg.no_grad())
        assert core.mode() == core.NO_GRAD
    assert core.mode() == 0 and core.watchers() == []


def test_contexts_are_freed_by_reference_counting(no_gc: None) -> None:
    """Also without an operation between them."""
    import weakref

    for make, _ in KINDS.values():
        context = make()
        alive = weakref.ref(context)
        for _ in range(3):
            with context, context:
                pass
        del context
        assert alive() is None
