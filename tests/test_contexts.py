"""no_grad and detect_anomaly."""

from __future__ import annotations

import contextlib
import inspect
import math
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, contexts
from scalargrad.errors import AnomalyError, ArgumentError


def test_no_grad_gives_leaves() -> None:
    x = Value(2.0)
    with sg.no_grad():
        y = x * x + sg.sum([x, x])
        with sg.no_grad():
            pass
        z = sg.exp(y)
    assert y.data == 8.0 and y._prev == set() and z._prev == set()
    y.data = 1.0
    assert (x * 2)._prev != set()


def test_no_grad_ends_with_an_exception_and_decorates() -> None:
    x = Value(2.0)
    with pytest.raises(ValueError), sg.no_grad():
        raise ValueError
    assert (x * 2)._op == "*"

    @sg.no_grad()
    def inference(v: Value) -> Value:
        "doc"
        return v * v

    assert inference(x)._op == "" and inference.__doc__ == "doc" and (x * 2)._op == "*"


def test_results_are_finite_and_unchanged_under_the_watch() -> None:
    x = Value(2.0)
    with sg.detect_anomaly():
        y = sg.exp(x) * 2 + sg.max(x, 1.0)
        y.backward()
    assert x.grad == 2 * math.exp(2.0) + 1


@pytest.mark.parametrize(
    ("make", "made"),
    [
        (lambda x: sg.log(x * 0), "log(0.0) made -inf"),
        (lambda x: x / 0.0, "div(2.0, 0.0) made inf"),
        (lambda x: sg.exp(x * 1e3), "exp(2000.0) made inf"),
        (lambda x: sg.sum([x, math.inf]), "sum(2.0, inf) made inf, from the constant inf"),
        (lambda x: x - Value(math.nan), "sub(2.0, nan) made nan, from the nan of a leaf"),
    ],
)
def test_forward_anomaly_names_the_operation_and_the_line(make: Any, made: str) -> None:
    x = Value(2.0)
    with sg.detect_anomaly(strict=True), pytest.raises(AnomalyError) as caught:
        make(x)
    what, comma, source = made.partition(", from")
    assert str(caught.value) == f"{what}, at {__file__}:{make.__code__.co_firstlineno}{comma}{source}"
    assert isinstance(caught.value, FloatingPointError)


def test_backward_anomaly_names_the_operation_and_its_line() -> None:
    x = Value(0.0)
    x.grad = 5.0
    with sg.detect_anomaly():
        y = sg.sqrt(x)
        line = inspect.currentframe().f_lineno - 1  # type: ignore[union-attr]
        with pytest.raises(AnomalyError, match=rf"sqrt\(0\.0\).*{line}, made"):
            (y * 3).backward()
    assert x.grad == 5.0 and y.grad == 0.0


def test_contexts_may_end_in_any_order_and_be_shared() -> None:
    shared = sg.no_grad()
    x = Value(2.0)

    def quiet() -> object:
        with shared:
            yield (x * 2)._op

    one, two = quiet(), quiet()
    assert next(one) == next(two) == ""  # type: ignore[call-overload]
    one.close()  # type: ignore[attr-defined]
    assert (x * 2)._op == ""  # the other is still inside
    two.close()  # type: ignore[attr-defined]
    assert (x * 2)._op == "*"


def test_long_calls_are_cut() -> None:
    with sg.detect_anomaly(strict=True), pytest.raises(AnomalyError, match=r"sum\(1\.0, 2\.0, inf, \.\.\.\) made inf"):
        sg.sum([Value(1.0), 2.0, math.inf, *range(100)])


def test_a_program_beside_the_package_is_not_inside_it() -> None:
    source = "import scalargrad as sg\n\ndef slip(x):\n    return sg.log(x * 0)\n"
    namespace: dict[str, object] = {}
    exec(compile(source, contexts._package[:-1] + "_user/prog.py", "exec"), namespace)
    with sg.detect_anomaly(strict=True), pytest.raises(AnomalyError, match=r"prog\.py:4"):
        namespace["slip"](Value(1.0))  # type: ignore[operator]


def test_an_infinity_that_a_mask_hides_is_an_anomaly_only_if_strict() -> None:
    x = Value(0.0)
    for strict in (False, True):
        with sg.detect_anomaly(strict=strict), pytest.raises(AnomalyError) if strict else contextlib.nullcontext():
            y = sg.where(x > 0, sg.log(x), 3.0 * x)
            y.backward()
            assert (y.data, x.grad) == (0.0, 3.0)
    message = r"^log\(0\.0\) made -inf, at .*test_contexts\.py:\d+$"
    with pytest.raises(AnomalyError, match=message), sg.detect_anomaly(strict=True):
        sg.where(x > 0, sg.log(x), x)


def test_what_runs_later_cannot_be_decorated() -> None:
    def generator() -> Iterator[int]:
        yield 1

    async def coroutine() -> None: ...

    async def both() -> AsyncIterator[int]:
        yield 1

    for function in (generator, coroutine, both):
        for context in (sg.no_grad(), sg.detect_anomaly()):
            with pytest.raises(ArgumentError, match=f"{type(context).__name__}.*{function.__name__}.*with"):
                context(function)


@pytest.mark.parametrize("seed", [math.inf, -math.inf, math.nan])
def test_a_seed_that_is_not_finite(seed: float) -> None:
    x = Value(1.0)
    for root in (x, x * 2.0):
        with sg.detect_anomaly(), pytest.raises(AnomalyError, match=rf"backward\({seed}\).*test_contexts\.py"):
            root.backward(seed)
        assert (root.grad, x.grad) == (0.0, 0.0)


@pytest.mark.parametrize("seed", [math.nan, math.inf, -math.inf])
def test_a_seed_that_is_an_anomaly(seed: float) -> None:
    x = Value(2.0)
    with sg.detect_anomaly(), pytest.raises(AnomalyError) as caught:
        (x * x).backward(seed)
    assert str(caught.value).startswith(f"backward({seed}) starts with a nan or inf, at {__file__}:") and x.grad == 0.0
