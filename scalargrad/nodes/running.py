"""The transforms whose functions are running, and what a Value refuses to do meanwhile: it would lose a derivative."""

from __future__ import annotations

from collections.abc import Sequence
from threading import get_ident
from typing import Any

from scalargrad import core
from scalargrad.errors import HigherOrderError

_WEAK = () if core.Context.__weakrefoffset__ else ("__weakref__",)


class recording(core.Context):
    """Inside, operations record, even if `no_grad` is active outside. Transforms use it. Per thread."""

    # slots, since a dict would be made for each
    __slots__ = ("blocks", "is_plain", "nested", "numbers", "thread", *_WEAK)
    blocks: Sequence[Any]  # of the leaves of the transform
    is_plain: bool  # its arguments are numbers, and it differentiates once
    numbers: bool  # `no_grad` was active outside: its results are numbers
    nested: bool  # a transform of its Values was called in it, whose result may be a number
    thread: int

    def __new__(cls, bits: int = core.RECORD) -> recording:
        return core.Context.__new__(cls, bits)


# Every transform whose function is running, in any thread; and some that an interrupt has left here.
now: dict[recording, recording] = {}
# The threads in which a rule of `custom_vjp` runs on Values; there, a Value that is read as a number raises.
rules: dict[int, int] = {}


def here() -> list[recording]:
    """The transforms whose functions are running in this thread."""
    return [x for x in list(now.values()) if x.thread == get_ident() and x.open] if now else []


def refuse_reading() -> None:
    """Raises where a rule of `custom_vjp` reads a Value as a number."""
    if get_ident() in rules:
        raise HigherOrderError(
            "the rule of a `custom_vjp` made a plain number of a Value here, so a second derivative would be lost: use"
            " sg.exp for math.exp, or v.data for what is a constant"
        )


def refuse_backward(root: core.Node) -> None:
    """Raises if a root depends on the arguments of a transform that is running: its grads would be plain numbers."""
    for key, context in list(now.items()):
        if not context.open:
            now.pop(key, None)
    blocks = [block for context in list(now.values()) for block in context.blocks]
    if blocks and core.key(root) is not None:
        from scalargrad.record import results

        if isinstance(results(core.extract([root], blocks, 0))[0], int):
            raise HigherOrderError(
                "backward was called inside a transform, from a Value that depends on the transform's arguments. Its"
                " grads are numbers, so the transform would lose what they depend on: call sg.grad there instead of"
                " backward, or pass x.detach() to what is a constant"
            )
