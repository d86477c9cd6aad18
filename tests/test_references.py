"""Calls that fail, and the small ones besides arithmetic, give back each reference that they took, and take each one
that they give: counted after many, in objects, bytes, and references to constants and types."""

from __future__ import annotations

import operator
import threading
import weakref
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core
from tests.support.counters import leaves_nothing
from tests.support.profiles import native_only

X = Value(0.75)
MATRIX = Matrix([[0.5, -1.0], [2.0, 0.25]])
FLOATS = core.block([0.5, 1.5])
LEAVES = core.block([X, 1.5])


class Odd:
    """No number, and no operand of ours."""


class Breaks:
    """Raises where its number is asked for."""

    ndim = 0
    dtype = np.dtype(float)

    def __float__(self) -> float:
        raise RuntimeError("no number today")


WRONG: tuple[Any, ...] = (Odd(), "a", None, 10**400, 1j, Breaks(), MATRIX, np.ones(3))
BINARY = (operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow)


def refused(calls: Iterable[Callable[[], Any]]) -> None:
    for k, call in enumerate(calls):
        try:
            call()
        except Exception:  # whichever; that it is the right one, other tests hold
            continue
        pytest.fail(f"call {k} did not raise")


def operators_refused() -> None:
    wrong = [w for w in WRONG if not isinstance(w, (Matrix, np.ndarray))]
    refused(lambda f=f, w=w: f(X, w) for f in BINARY for w in wrong)
    refused(lambda f=f, w=w: f(w, X) for f in BINARY for w in wrong)
    refused([lambda: pow(X, 2, 5), lambda: pow(X, X, X), lambda: X < "a", lambda: X >= None, lambda: X @ X])


def functions_refused() -> None:
    numbers = [w for w in WRONG if not isinstance(w, (Matrix, np.ndarray))]
    refused(lambda f=f, w=w: f(w) for f in (sg.exp, sg.relu) for w in numbers)
    refused(lambda f=f, w=w: f(X, w) for f in (sg.atan2, sg.maximum) for w in numbers)
    refused(lambda k=k, w=w: sg.clip(*[X] * k, w, *[X] * (2 - k)) for k in range(3) for w in numbers)
    refused(lambda f=f, w=w: f([X, w, X]) for f in (sg.sum, sg.max, sg.logsumexp) for w in WRONG)
    refused([lambda: core.apply(0, X), lambda: core.apply(999, X), lambda: core.reduce(999, [X])])


def values_refused() -> None:
    y = X * 2.0
    refused(lambda w=w: Value(w) for w in (*WRONG, X, y))
    refused([lambda: Value(1.0, (X,)), lambda: Value(1.0, _op="+"), lambda: Value(1.0, label=1)])
    refused(lambda w=w: Value(1.0, (X, w), (1.0, 1.0)) for w in WRONG)
    refused(lambda w=w: Value(1.0, (X, y), (1.0, w)) for w in (*WRONG, X))
    refused([lambda: X.__init__(1.0, (y,), (1.0,)), lambda: y.__init__(1.0, (X,), (1.0,))])
    refused(lambda v=v, n=n, w=w: setattr(v, n, w) for v in (X, y) for n in ("data", "grad") for w in WRONG)
    refused([lambda: setattr(y, "data", 1.0), lambda: y.__init__(2.0), lambda: delattr(X, "data")])
    refused(lambda w=w: y.backward(w) for w in WRONG)
    assert y.data == 1.5 and X.data == 0.75


def blocks_refused() -> None:
    refused(lambda w=w: core.block([X, 1.0, w]) for w in (Odd(), "a", Breaks()))
    refused([lambda: core.block(3)])
    for block in (FLOATS, LEAVES, (MATRIX * 2.0)._view.block):
        refused(lambda k=k: core.item(block, k) for k in (-1, 4, 1 << 40))
    refused([lambda: Vector([1.0, "a"]), lambda: Matrix([[X, None]]), lambda: MATRIX[2], lambda: MATRIX[[0, 2]]])
    refused([lambda: MATRIX + [1.0, 2.0, 3.0], lambda: MATRIX @ [1.0, 2.0, 3.0], lambda: sg.exp(MATRIX, 1.0)])


def records_refused() -> None:
    record = list(core.flatten((X * 2.0 + 1.0) * X))
    for k in range(7):
        for wrong in ([], b"\xff" * 8, record[k] + record[k], [X * 1.0]):
            damaged = [*record[:k], wrong, *record[k + 1 :]]
            if k in (4, 5) and isinstance(wrong, bytes):
                continue  # constants that nothing uses; the same root twice
            assert core.rebuild(*damaged) is None or wrong == record[k] * 2


def comparisons() -> None:
    for f in (operator.eq, operator.ne):
        for other in (X, 1, 2.5, Odd(), None, "a", np.float64(0.5)):
            f(X, other), f(other, X)
    for f in (operator.lt, operator.le, operator.gt, operator.ge):
        f(X, X), f(X, 1.0), f(1.0, X)
    bool(X), hash(X), hash(X * 2.0), repr(X), repr(X * 2.0), +X, -X, abs(X), round(X), int(X), divmod(X, 2)


def numbers() -> None:
    for number in (2, 2.0, True, Fraction(1, 2), Decimal("0.5"), np.float32(1.5), np.int64(3), np.array(2.0), -1):
        v = Value(number)
        v.data, v.grad, (X * 1.0).grad = number, number, number
        X**number, number**X, X + number, number - X, sg.exp(number), sg.sum([X, number]), sg.where(X, number, X)
    X.data, X.grad = 0.75, 0.0


def references_that_are_weak() -> None:
    for make in (lambda: Value(1.0), lambda: X * 2.0):
        v = make()
        told: list[int] = []
        weak = weakref.ref(v, lambda _: told.append(1))
        assert weak() is v
        del v
        assert weak() is None and told == [1]


def arrays() -> None:
    y = MATRIX * MATRIX
    sg.exp(y), sg.maximum(y, 1.0), sg.where(X, y, 1.0), X * y, y * X, 2.0 - y, [1.0, 2.0] + y, y[0], y[0, 1], y[:, ::-1]
    list(y), y.data, y.grad, y[[1, 0]], Vector([X, y[0, 0], 3])[1:], core.block([X, 2, y[0, 0]]), core.block([1, 2])
    y.sum(0), y.max(1), (y @ y).norm(), Vector([0.5, 1.5])[0], core.key(y[0, 0]), core.key(X), core.opcode(X)


def a_thread() -> None:
    """Its open graph is closed when it ends."""
    made: list[Value] = []
    thread = threading.Thread(target=lambda: made.append(X * 2.0))
    thread.start()
    thread.join()
    made[0].backward()
    X.grad = 0.0


def modes() -> None:
    with sg.no_grad():
        y = X * 2.0
        assert core.mode() & core.NO_GRAD and core.key(y) is None
    refused([lambda: core.operands(X), lambda: core.flatten(X), lambda: core.flatten(1.0), lambda: core.operands(None)])


STEPS = [operators_refused, functions_refused, values_refused, blocks_refused, records_refused, comparisons, numbers,
         references_that_are_weak, arrays, a_thread, modes]  # fmt: skip


@native_only
@pytest.mark.parametrize("step", STEPS)
def test_every_reference_is_given_back(step: Callable[[], None]) -> None:
    leaves_nothing(step, steps=60, warm_up=30)
