"""How facts are written and read: each line has a function, its operands, its value and its partials, set by hand.

An exact fact, whose every bit counts (any nan equals any nan)::

    clip(2, 0, 1) = 1 | 0 | 0 | 1          the value, then the partial by each operand

A cell that begins with ``~`` is right to 1e-14. ``?`` is a number without a promise. ``...`` at the end repeats the
last partial. ``inf nan least normal up(x) down(x)`` are numbers too: the smallest doubles, and neighbours.
A fact at many points, whose formulas mpmath evaluates with 50 digits of the operands' names and of ``z``, the value::

    div(x, y) ~ x / y | 1 / y | -x / y**2
        : 7,3 3e-317,7e-6

With ``~~`` in the place of ``~``, it is right to 1e-15.

The facts are independent of the table of primitives, so they can find a wrong row.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from mpmath import mp, mpf

from tests.support import special

BAR = mpf("1e-14")  # the project's bar, relative to the result: docs/conventions.md, Accuracy
TIGHT = mpf("1e-15")
SUBNORMAL = mpf(2) ** -1073  # the spacing of doubles below the normal range, twice
LARGEST = mpf(1.7976931348623157e308)
OPEN = object()  # nothing is promised


def _at(n: int, numbers: dict[int, float]) -> list[float]:
    """n zeros, with some numbers in their places."""
    return [numbers.get(k, 0.0) for k in range(n)]


_FLOATS = {
    "inf": math.inf, "nan": math.nan, "least": 5e-324, "normal": 2.2250738585072014e-308, "at": _at,
    "most": 1.7976931348623157e308, "up": lambda x: math.nextafter(x, math.inf),
    "down": lambda x: math.nextafter(x, -math.inf),
}  # fmt: skip
_MP = {name: getattr(mp, name) for name in (
    "inf", "nan", "pi", "exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh",
    "tanh", "sech", "asinh", "acosh", "atanh", "erf", "erfc", "expm1", "log1p", "cbrt", "sign")}  # fmt: skip
_MP |= {"sinpi": mp.sinpi, "cospi": mp.cospi, "selu_scale": mpf("1.0507009873554804934193349852946"),
        "selu_alpha": mpf("1.6732632423543772848170429916717"),
        "gelu_gate": lambda x: 1 / (1 + mp.exp(-mp.sqrt(8 / mp.pi) * (x + mpf("0.044715") * x**3))),
        "gelu_rate": lambda x: mp.sqrt(8 / mp.pi) * (1 + 3 * mpf("0.044715") * x**2)}  # fmt: skip
_MP |= {"abs": abs, "max": max, "min": min, "sum": mp.fsum, "psi": special.psi, "lgamma": special.lgamma,
        "erfinv": special.erfinv}  # fmt: skip


class Fact(NamedTuple):
    text: str  # the call, as it is written
    function: str
    operands: tuple[float, ...]
    value: Any  # a float: to the bit; an mpf: to 1e-14; a Tight one: to 1e-15; OPEN
    partials: tuple[Any, ...]


class Tight(NamedTuple):
    number: Any


def bits(x: float) -> Any:
    """A key that is equal for equal results."""
    return "nan" if x != x else struct.pack("<d", x)


def right(got: float, wanted: Any) -> bool:
    """Whether a result agrees with a fact."""
    if wanted is OPEN:
        return True
    bar, wanted = (TIGHT, wanted.number) if isinstance(wanted, Tight) else (BAR, wanted)
    if isinstance(wanted, float):
        return bool(bits(got) == bits(wanted))
    if mp.isnan(wanted) or got != got:
        return bool(mp.isnan(wanted) and got != got)
    if abs(wanted) > LARGEST:
        return math.isinf(got) and (got > 0) == (wanted > 0)
    return math.isfinite(got) and abs(mpf(got) - wanted) <= bar * abs(wanted) + SUBNORMAL


def _cell(text: str) -> Any:
    text = text.strip()
    if text == "?":
        return OPEN
    if text.startswith("~"):
        with mp.workdps(50):
            return mpf(eval(text[1:], {"pi": mp.pi, "log": mp.log, "sqrt": mp.sqrt, "inf": mp.inf}))
    return float(eval(text, dict(_FLOATS)))


def _exact(call: str, results: str) -> Fact:
    name, operands = re.fullmatch(r"\s*([\w\[\]]+)\((.*)\)\s*", call).groups()  # type: ignore[union-attr]
    numbers = tuple(float(x) for x in eval(f"({operands},)" if operands else "()", dict(_FLOATS)))
    value, *partials = map(_cell, results.removesuffix("...").split("|"))
    if results.endswith("..."):
        partials += partials[-1:] * (len(numbers) - len(partials))
    return Fact(call.strip(), name, numbers, value, tuple(partials))


def _at_points(call: str, formulas: str, points: str, tight: bool) -> Iterator[Fact]:
    name, names = re.fullmatch(r"\s*([\w\[\]]+)\((.*)\)\s*", call).groups()  # type: ignore[union-attr]
    for point in points.split():
        numbers = tuple(float(x) for x in eval(f"({point},)", dict(_FLOATS)))
        with mp.workdps(50):
            scope = {
                **_MP,
                **dict(zip(names.replace(" ", "").split(","), map(mpf, numbers))),
                "X": [*map(mpf, numbers)],
            }
            results: list[Any] = []
            for formula in formulas.split("|"):
                results += [OPEN] if formula.strip() == "?" else _listed(eval(formula, scope))
                scope.setdefault("z", results[0])
            results = [Tight(x) if tight and x is not OPEN else x for x in results]
        yield Fact(f"{name}({point})", name, numbers, results[0], tuple(results[1:]))


def _listed(x: Any) -> list[Any]:
    return [mpf(item) for item in x] if isinstance(x, list) else [mpf(x)]


def read(text: str) -> list[Fact]:
    """The facts of a table, in order."""
    facts: list[Fact] = []
    call = formulas = ""
    tight = False
    for line in text.splitlines():
        line = line.partition("#")[0]
        if not line.strip():
            continue
        if " ~ " in line or " ~~ " in line:
            tight = " ~~ " in line
            call, _, formulas = line.partition(" ~~ " if tight else " ~ ")
        elif line.strip().startswith(":"):
            facts += _at_points(call, formulas, line.strip()[1:], tight)
        else:
            call, _, results = line.partition(" = ")
            facts.append(_exact(call, results.rstrip()))
    return facts


def wrong(facts: list[Fact], value: Callable[..., float], partial: Callable[..., float]) -> Iterator[str]:
    """The disagreements of `value(function, operands)` and `partial(function, k, operands, z)` with the facts."""
    for fact in facts:
        z = value(fact.function, fact.operands)
        if not right(z, fact.value):
            yield f"{fact.text}: {z}, not {fact.value}"
        for k, wanted in enumerate(fact.partials):
            got = partial(fact.function, k, fact.operands, z)
            if not right(got, wanted):
                yield f"{fact.text}, partial {k}: {got}, not {wanted}"
