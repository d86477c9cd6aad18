"""A branch that `where` masks leaks no nan: every product of the chain rule is zmul."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.table.libm import zmul

INF, NAN = float("inf"), float("nan")

# name: a function of x that has a finite derivative at the point, the point, and the derivative
MASKED: dict[str, tuple[Callable[[Any], Any], float, float]] = {
    "sqrt*log": (lambda x: sg.where(x > 0, sg.sqrt(x) * sg.log(x), x), 0.0, 1.0),
    "log": (lambda x: sg.where(x > 0, sg.log(x), x), 0.0, 1.0),
    "log of negative": (lambda x: sg.where(x > 0, sg.log(x), x), -1.0, 1.0),
    "sqrt": (lambda x: sg.where(x > 0, sg.sqrt(x), 2 * x), 0.0, 2.0),
    "sqrt of negative": (lambda x: sg.where(x > 0, sg.sqrt(x), 2 * x), -4.0, 2.0),
    "1/x": (lambda x: sg.where(x != 0, 1 / x, x), 0.0, 1.0),
    "sin(x)/x": (lambda x: sg.where(x != 0, sg.sin(x) / x, 1 + x), 0.0, 1.0),
    "x*log(x)": (lambda x: sg.where(x > 0, x * sg.log(x), 3 * x), 0.0, 3.0),
    "expm1(x)/x": (lambda x: sg.where(x != 0, sg.expm1(x) / x, 1 + x / 2), 0.0, 0.5),
    "exp overflow": (lambda x: sg.where(x < 700, sg.exp(x), x), 1e4, 1.0),
    "exp of square": (lambda x: sg.where(x < 20, sg.exp(x * x), x), 1e200, 1.0),
    "pow": (lambda x: sg.where(x > 0, x**0.5, x), 0.0, 1.0),
    "pow negative base": (lambda x: sg.where(x > 0, x**1.5, x), -2.0, 1.0),
    "x**x": (lambda x: sg.where(x > 0, x**x, x), -2.0, 1.0),
    "asin": (lambda x: sg.where(x < 1, sg.asin(x), x), 1.0, 1.0),
    "acosh": (lambda x: sg.where(x > 1, sg.acosh(x), x), 1.0, 1.0),
    "atanh": (lambda x: sg.where(x < 1, sg.atanh(x), x), 1.0, 1.0),
    "cbrt": (lambda x: sg.where(x > 0, sg.cbrt(x), x), 0.0, 1.0),
    "atan2": (lambda x: sg.where(x > 0, sg.atan2(x, x), x), 0.0, 1.0),
    "norm": (lambda x: sg.norm([x, x]) + x, 0.0, 1.0),
    "hypot": (lambda x: sg.hypot(x, x) + x, 0.0, 1.0),
    "nested": (lambda x: sg.where(x > 0, sg.where(x > 1, 1 / (x - x), sg.log(x)), x), 0.0, 1.0),
    "infinite product": (lambda x: sg.where(x < 1, x, (x * 1e308 * 10) * 0.0), -1.0, 1.0),
    "nan constant": (lambda x: sg.where(x < 1, x, x * NAN), 0.0, 1.0),
    "logsumexp": (lambda x: sg.where(x > 0, sg.logsumexp(sg.log(x), 1.0), x), 0.0, 1.0),
    "max": (lambda x: sg.where(x > 0, sg.max(1 / x, 0.0), x), 0.0, 1.0),
    "dot": (lambda x: sg.where(x > 0, sg.dot([sg.log(x)], [x]), x), 0.0, 1.0),
    "left": (lambda x: sg.where(x <= 0, x, 1 / x), 0.0, 1.0),
}  # fmt: skip


@pytest.mark.parametrize("name", MASKED)
def test_a_masked_branch_leaks_nothing(name: str) -> None:
    function, point, derivative = MASKED[name]
    x = Value(point)
    function(x).backward()
    assert x.grad == derivative


def test_zmul() -> None:
    assert zmul(0.0, INF) == 0.0 and zmul(INF, -0.0) == 0.0 and zmul(0.0, NAN) == 0.0 and zmul(NAN, 0.0) == 0.0
    assert zmul(2.0, 3.0) == 6.0 and zmul(INF, 2.0) == INF and zmul(INF, NAN) != zmul(INF, NAN)


def test_a_nan_that_counts_goes_through() -> None:
    x, y = Value(-1.0), Value(2.0)
    (sg.sqrt(x) * y).backward()
    assert x.grad != x.grad and y.grad != y.grad


# of arrays: a function that is infinite, or whose slope is, at a point
INFINITE: dict[str, tuple[Callable[[Any], Any], float]] = {
    "sqrt": (sg.sqrt, 0.0), "log": (sg.log, 0.0), "cbrt": (sg.cbrt, 0.0), "asin": (sg.asin, 1.0),
    "1/x": (lambda x: 1 / x, 0.0), "pow": (lambda x: x**0.5, 0.0), "product": (lambda x: x * sg.exp(x), 1e4),
    "atan2": (lambda x: sg.atan2(x, x), 0.0),
}  # fmt: skip


@pytest.mark.parametrize("unread", ["nothing", "a number", "an array"])
@pytest.mark.parametrize("n", [1, 3, 20])
@pytest.mark.parametrize("name", INFINITE)
def test_a_masked_array_leaks_nothing(name: str, n: int, unread: str) -> None:
    """Whether the whole graph is reached, or a part of it: the core sweeps these in different ways."""
    function, point = INFINITE[name]
    v = sg.Vector([point] * n)
    aside = {"nothing": lambda: None, "a number": lambda: v[0] * 3.0, "an array": lambda: v * 3.0}[unread]()
    for masked in (function(v), function(v * 1.0)):
        (sg.where([0.0] * n, masked, v) * 2.0).sum().backward()
    assert list(v.grad) == [4.0] * n
    del aside
