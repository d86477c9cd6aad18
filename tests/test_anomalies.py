"""detect_anomaly raises for what reaches a result or a gradient: not for what a mask hides, unless it is strict."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, Vector, core
from scalargrad.errors import AnomalyError

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
    with sg.detect_anomaly(), pytest.raises(AnomalyError, match=rf"^{re.escape(message)}, at .*the root of backward$"):
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
