"""References that C holds while it reads what Python gives, counted exactly: each is given back, also on refusal."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, Vector, core
from scalargrad.table import ops
from tests.support.profiles import native_only

pytestmark = native_only
SUM = ops.OPCODE["sum"]


def positions(*k: int) -> bytes:
    return array("q", k).tobytes()


class Odd:
    """Not a Value, but with a grad."""

    grad: Any = 1.0


class Stubborn:
    """A grad that refuses to be set."""

    @property
    def grad(self) -> float:
        return 1.0


CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "block": lambda x, held: core.block([x, 1.0, x]),
    "block of numbers": lambda x, held: core.block([1.0, 2, True]),
    "block, refused": lambda x, held: core.block([x, x, "a"]),
    "block, at once refused": lambda x, held: core.block(["a", x]),
    "doubles": lambda x, held: core.doubles(held[1], True),
    "doubles looked at": lambda x, held: core.item(core.doubles(held[1], True), 1),
    "doubles, constants": lambda x, held: core.doubles(held[1], False),
    "new_leaves": lambda x, held: core.new_leaves([x, 0.5, held[5]]),
    "new_leaves, refused": lambda x, held: core.new_leaves([x, "a"]),
    "gradients": lambda x, held: core.gradients(held[2][0], 1.0, False, [held[0]], 0),
    "gradients of an other": lambda x, held: core.gradients(x * held[5], 1.0, False, [], 0),
    "gradients, refused": lambda x, held: core.gradients(held[2][0], 1.0, False, [held[0], held[3]], 0),
    "item": lambda x, held: core.item(held[0], 0),
    "item of a result": lambda x, held: core.item(held[2]._view.block, 0),
    "take": lambda x, held: core.take(held[0], positions(0, 1, 0)),
    "rows_at": lambda x, held: core.rows_at(core.View(held[0], 0, 1, 1, 2, 1), [1, 0, 1]),
    "rows_at, refused": lambda x, held: core.rows_at(core.View(held[0], 0, 1, 1, 2, 1), [1, 2]),
    "a float operand": lambda x, held: core.elementwise(2, core.View(held[0], 0, 0, 1, 1, 2), 0.5),
    "a float operand, refused": lambda x, held: core.elementwise(2, 0.5, "x"),
    "take, refused": lambda x, held: core.take(held[0], positions(0, 1, 7)),
    "numbers": lambda x, held: core.numbers(core.View(held[0], 0, 0, 1, 1, 2)),
    "grads, refused": lambda x, held: core.grads(core.View(held[0], 0, 0, 1, 1, 9)),
    "set_leaves": lambda x, held: core.set_leaves(core.View(held[0], 0, 0, 1, 1, 2), bytes(16), 0),
    "set_leaves of a result": lambda x, held: core.set_leaves(held[2]._view, bytes(16), 0),
    "fold": lambda x, held: core.reduce_rows(SUM, core.View(held[0], 0, 2, 1, 1, 2)),
    "fold of one row alone": lambda x, held: core.reduce_rows_data(SUM, core.View(held[0], 0, 2, 1, 1, 2)),
    "sgd_step": lambda x, held: core.sgd_step(held[0], bytearray(), True, 0.1, 0.0, 0.0, 0.0, False),
    "sgd_step, refused": lambda x, held: core.sgd_step(
        held[2]._view.block, bytearray(), True, 0.1, 0.0, 0.0, 0.0, False
    ),
    "leaves": lambda x, held: core.leaves([x, x, held[5], 1.0, held[3], held[2][0]]),
    "leaves of nothing": lambda x, held: core.leaves(()),
    "leaves, refused": lambda x, held: core.leaves(5),
    "items": lambda x, held: core.items(core.View(held[0], 1, 0, 0, 2, 2)),
    "items of a result": lambda x, held: core.items(held[2]._view),
    "items of doubles": lambda x, held: core.items(core.whole(core.doubles(held[1], False), 1, 2)),
    "scale_grads": lambda x, held: core.scale_grads(held[0], 2.0),
    "limit_grads": lambda x, held: core.limit_grads(held[0], 2.0),
    "scale_grads, refused": lambda x, held: core.scale_grads(held[2]._view.block, 2.0),
    "clear_grads": lambda x, held: core.clear_grads([x, held[3], held[2][0]]),
    "clear_grads, refused": lambda x, held: core.clear_grads([x, held[4]]),
    "operands": lambda x, held: core.operands(x * held[5]),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_reference_is_given_back(name: str) -> None:
    x, number = Value(1.0), 0.5 + len(name)
    held = [core.block([x, Value(2.0)]), array("d", [1.0, number]).tobytes(), Vector([1.0, 2.0]) * 2.0, Odd(),
            Stubborn(), Value(3.0)]  # fmt: skip
    watched = [x, *held, sg.Value, type(held[0]), type(core.item(held[0], 0))]

    def counts() -> list[int]:
        return [sys.getrefcount(each) for each in watched]

    for _ in range(2):
        before = counts()
        for _ in range(3):
            try:
                CALLS[name](x, held)
            except (TypeError, IndexError, AttributeError, sg.errors.ScalargradError):
                assert "refused" in name
            else:
                assert "refused" not in name
    assert counts() == before


def test_the_zero_that_is_set_is_given_back() -> None:
    class Keeps:
        grad: Any = None

    x = Keeps()
    core.clear_grads([x])
    zero = x.grad
    count = sys.getrefcount(zero)
    assert zero == 0.0 and count == 3  # the attribute's, the local's, and the argument's


def test_a_list_that_is_shortened_meanwhile() -> None:
    """Setting a grad may run Python: the item in hand lives on, and what is no longer there is an IndexError."""
    gone: list[int] = []

    class Empties:
        def __setattr__(self, name: str, value: Any) -> None:
            items.clear()
            gone.append(sys.getrefcount(self))

        def __del__(self) -> None:
            gone.append(-1)

    items: list[Any] = [Empties(), Value(1.0)]
    with pytest.raises(IndexError):
        core.clear_grads(items)
    assert len(gone) == 2 and gone[0] > 1 and gone[1] == -1
