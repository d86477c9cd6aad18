"""detect_anomaly raises for what reaches a result or a gradient: not for what a mask hides, unless it is strict."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, Vector, anomaly, core
from scalargrad.errors import AnomalyError
from scalargrad.testing import strategies

MASKED: dict[str, Callable[[Value], Any]] = {
    "where": lambda x: sg.where(x > 0.0, sg.log(x), x),
    "where, the other": lambda x: sg.where(x <= 0.0, x, 1.0 / x),
    "where, twice": lambda x: sg.where(x > 0.0, sg.sqrt(sg.log(x)) * 3.0, sg.where(x > 0.0, 1.0 / x, x)),
    "an array": lambda x: sg.where(x > 0.0, (Vector([1.0, 2.0]) / x).log(), x * Vector([1.0, 2.0])).sum(),
    "maximum": lambda x: sg.maximum(sg.log(x), x),
    "an adjoint times 0": lambda x: sg.sqrt(x * x) + x,
    "1 / inf": lambda x: 1.0 / (1.0 / x + 1.0) + x,
    "not used": lambda x: [sg.log(x), x * 1.0][1],
}


@pytest.mark.parametrize("name", MASKED)
def test_what_does_not_reach_a_result_is_no_anomaly(name: str) -> None:
    x = Value(0.0)
    with sg.detect_anomaly():
        y = MASKED[name](x)
        y.backward()
        slope = sg.grad(MASKED[name])(0.0)  # a Value, where the function makes Values
        assert math.isfinite(slope.data if isinstance(slope, Value) else slope)
    assert math.isfinite(y.data) and math.isfinite(x.grad)
    with pytest.raises(AnomalyError), sg.detect_anomaly(), sg.detect_anomaly(strict=True):
        MASKED[name](x).backward()
    with pytest.raises(AnomalyError), sg.detect_anomaly(strict=True), sg.detect_anomaly():
        MASKED[name](x).backward()


CAUSES: dict[str, tuple[Callable[[Value], Any], str]] = {
    "the branch that where takes": (lambda x: sg.where(x > 0.0, 1.0 / x, sg.log(x)), "log(0.0) made -inf"),
    "the operand that max takes": (lambda x: sg.maximum(sg.log(x), 1.0 / x), "div(1.0, 0.0) made inf"),
    "the nan of a difference": (lambda x: (1.0 / x + 1.0) - 1.0 / x, "div(1.0, 0.0) made inf"),
    "far below": (lambda x: sg.exp(sg.sin(sg.log(x) * 2.0 + 1.0) - 3.0), "log(0.0) made -inf"),
    "in the max of many": (lambda x: sg.max([x, sg.log(x), 1.0 / x]), "div(1.0, 0.0) made inf"),
}


@pytest.mark.parametrize("name", CAUSES)
def test_the_operation_that_made_what_reached_the_root(name: str) -> None:
    make, message = CAUSES[name]
    x = Value(0.0)
    with (
        sg.detect_anomaly(),
        pytest.raises(AnomalyError, match=rf"^{re.escape(message)}, at .*the root of backward\. Its way:\n"),
    ):
        make(x).backward()
    assert x.grad == 0.0


def test_the_end_of_the_block() -> None:
    """Raises for a Value that was made inside, is kept, and that nothing uses; not where an exception ends it."""
    x = Value(0.0)
    with sg.detect_anomaly():
        sg.log(x)
        kept = sg.log(x)
        assert sg.where(0.0, kept, x).data == 0.0
        before = sg.log(x)
        del before
    with pytest.raises(AnomalyError, match="the end of the block"), sg.detect_anomaly():
        outer = Vector([0.0, 1.0]).log()
        with sg.detect_anomaly():  # what was made outside is not this one's
            assert outer.data[0] == -math.inf
    with pytest.raises(KeyError), sg.detect_anomaly():
        kept = sg.log(x)
        raise KeyError

    @sg.detect_anomaly
    def slip(v: Value) -> Value:
        return sg.log(v)

    with pytest.raises(AnomalyError, match="the end of the block"):
        slip(x)
    assert slip(Value(1.0)).data == 0.0 and core.mode() == 0


def test_operands_are_shown_as_they_were_recorded() -> None:
    x, y = Value(0.0), Value(0.0)
    with pytest.raises(AnomalyError, match=r"log\(0.0\) made -inf"), sg.detect_anomaly():
        root = sg.log(x)
        x.data = 2.0
        root.backward()
    with pytest.raises(AnomalyError, match=r"the backward rule of sqrt\(0.0\)"), sg.detect_anomaly():
        root = sg.sqrt(y) * 3.0
        y.data = 2.0
        root.backward()


def test_a_root_that_was_made_outside() -> None:
    root = sg.log(Value(0.0)) * 2.0
    with sg.detect_anomaly(), pytest.raises(AnomalyError, match=r"^log\(0\.0\) made -inf, at a place outside"):
        root.backward()


# --- the way from there to the result, or to the gradient ------------------------------------------------------------


def message(make: Callable[[], Value], strict: bool = False, seed: float = 1.0) -> list[str]:
    """The lines of the error, in which each place is the name of this file."""
    with pytest.raises(AnomalyError) as caught, sg.detect_anomaly(strict=strict):
        make().backward(seed)
    return re.sub(rf"{re.escape(__file__)}:\d+", "HERE", str(caught.value)).splitlines()


def chain(x: Any, n: int) -> Any:
    for _ in range(n):
        x = x * 2.0
    return x


def named(y: Value, label: str) -> Value:
    y.label = label
    return y


def test_the_way_to_a_result() -> None:
    x, bad = Value(0.0, label="x"), Value(math.nan, label="w")
    assert message(lambda: named(named(sg.log(x), "h") * 2.0 + x, "loss")) == [
        "log(0.0) made -inf, at HERE; it reached the root of backward. Its way:",
        "    h = log(0.0) = -inf, at HERE", "    mul(-inf, 2.0) = -inf, at HERE",
        "    loss = add(-inf, 0.0) = -inf, at HERE"]  # fmt: skip
    (only,) = message(lambda: sg.log(x))
    assert only == "log(0.0) made -inf, at HERE; it reached the root of backward"
    lines = message(lambda: chain(1.0 / x, 1000))
    assert lines[4] == "    ... 995 more ..." and len(lines) == 8 and lines[1] == "    div(1.0, 0.0) = inf, at HERE"
    assert len(message(lambda: chain(1.0 / x, 5))) == 7 and "more" in message(lambda: chain(1.0 / x, 6))[4]
    assert message(lambda: x * 1.0 + bad)[0] == (
        "add(0.0, nan) made nan, at HERE, from the nan of the leaf 'w'; it reached the root of backward")  # fmt: skip
    assert message(lambda: sg.where(1.0, bad, sg.log(x)))[0].startswith("where(1.0, nan, -inf) made nan, at HERE, from")
    assert message(lambda: (x + math.inf) * 1.0)[0].startswith("add(0.0, inf) made inf, at HERE, from the constant inf")
    assert message(lambda: bad * 1.0, True) == ["mul(nan, 1.0) made nan, at HERE, from the nan of the leaf 'w'"]
    assert "of a leaf; it" in message(lambda: sg.sum([x, Value(math.inf)]))[0]


def test_the_way_to_a_gradient() -> None:
    x = Value(0.0, label="x")
    start, rule = (
        "the backward rule of ",
        "    sqrt(0.0) has the adjoint 3.0 and, by 'h', the partial inf: 3.0 * inf adds inf",
    )
    make = lambda: sg.sqrt(named(x * 2.0, "h")) * 3.0  # noqa: E731
    assert message(make) == [
        f"{start}sqrt(0.0), recorded at HERE, made a nan or inf; it reached the gradient of the leaf 'x'. Its way:",
        rule, "    h = mul(0.0, 2.0), recorded at HERE, has the adjoint inf",
        "    the leaf 'x' has the gradient inf"]  # fmt: skip
    assert message(make, strict=True) == [f"{start}sqrt(0.0), recorded at HERE, made a nan or inf. Its way:", rule]
    lines, step = message(lambda: sg.sqrt(chain(x, 100))), "    mul(0.0, 2.0), recorded at HERE, has the adjoint inf"
    assert lines[2:] == [*[step] * 3, "    ... 95 more ...", *[step] * 2, "    the leaf 'x' has the gradient inf"]
    assert message(lambda: x * 1.5e308 + x * 1e308)[1:] == [  # each is finite
        "    mul(0.0, 1.5e+308) has the adjoint 1.0 and, by 'x', the partial 1.5e+308: 1.0 * 1.5e+308 adds 1.5e+308,"
        " and the sum there overflows to inf", "    the leaf 'x' has the gradient inf"]  # fmt: skip
    assert message(lambda: x * 2.0, seed=1e308)[1].endswith("the partial 2.0: 1e+308 * 2.0 adds inf")
    assert x.grad == 0.0


@given(strategies.expressions(), st.sampled_from([math.nan, math.inf, -math.inf]), st.data())
def test_each_step_of_the_way_has_it_from_the_next(e: Any, bad: float, data: st.DataObject) -> None:
    inputs = [*e.inputs]
    inputs[data.draw(st.integers(0, len(inputs) - 1))] = bad
    y: Any = e(*map(Value, inputs))
    assume(isinstance(y, Value) and core.key(y) is not None and not math.isfinite(y.data))
    way, source = anomaly.origin(y)
    steps: list[Any] = []
    way.backwards(lambda node: steps.append(node) or "", str)  # type: ignore[func-returns-value]
    assert core.key(steps[-1]) == core.key(y) and all(not math.isfinite(step.data) for step in steps)
    if way.length <= 2 * anomaly.SHOWN:
        for step, after in itertools.pairwise(steps):
            assert core.key(step) in [core.key(x) for x in core.operands(after) if isinstance(x, core.Node)]
    numbers = core.operand_values(way.end)
    if source is None:  # it made it itself
        assert all(map(math.isfinite, numbers))
    else:
        assert not source.is_operation and not math.isfinite(numbers[source.place])
