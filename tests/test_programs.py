"""Programs in the style of microgpt's descendants print the same numbers here as on an engine of their own kind."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import scalargrad
from tests.support import karpathy

PROGRAMS = sorted(path.stem for path in (Path(__file__).parent / "programs").glob("[a-z]*.py"))


def shown(name: str, value: type) -> list[float]:
    """The numbers that a program shows, on an engine."""
    found: list[float] = []
    importlib.import_module(f"tests.programs.{name}").run(value, lambda *numbers: found.extend(numbers))
    return found


def test_there_are_thirty() -> None:
    assert len(PROGRAMS) >= 30


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_numbers(name: str) -> None:
    ours, theirs = shown(name, scalargrad.Value), shown(name, karpathy.Value)
    assert len(ours) == len(theirs) >= 8 and len({*ours}) > len(ours) // 3
    assert all(type(x) is float for x in ours)
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)
    assert max(map(abs, ours)) < 1e3


def test_the_engine_for_comparison() -> None:
    """Its own gradients, against differences that the programs do not use."""
    x, y = karpathy.Value(0.7), karpathy.Value(-1.3)
    z = (x * y + x.exp() / (y * y) - 2.0) ** 3 + (1.0 - x).relu() * (x + 2).log() - 1 / y
    z.backward()

    def f(a: float, b: float) -> float:
        import math

        return (a * b + math.exp(a) / b**2 - 2) ** 3 + max(0.0, 1 - a) * math.log(a + 2) - 1 / b

    h = 1e-5
    assert x.grad == pytest.approx((f(0.7 + h, -1.3) - f(0.7 - h, -1.3)) / (2 * h), rel=1e-8)
    assert y.grad == pytest.approx((f(0.7, -1.3 + h) - f(0.7, -1.3 - h)) / (2 * h), rel=1e-8)
