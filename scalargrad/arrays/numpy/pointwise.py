"""Functions of each element that are no ufuncs: choices, bounds, digits, interpolation; and arrays of constants."""

from __future__ import annotations

import math
from typing import Any

import numpy

from scalargrad.arrays.arithmetic import elementwise
from scalargrad.arrays.numpy.looking import numbers, seen
from scalargrad.arrays.numpy.moving import Pool, replaced
from scalargrad.arrays.numpy.rules import open_rule, ours, refuse, rule
from scalargrad.errors import ArgumentError, KeywordError, ShapeError
from scalargrad.table import ops

_ADD, _MUL, _CLIP, _WHERE, _TRUNC, _SINC = (
    ops.OPCODE[name] for name in ("add", "mul", "clip", "where", "trunc", "sinc")
)


@rule("where")
def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None and y is None:
        return seen(numpy.nonzero(numbers(condition)))
    return elementwise(_WHERE, ours(condition, "where"), ours(x, "where"), ours(y, "where"))


@rule("select")
def _select(condlist: Any, choicelist: Any, default: Any = 0.0) -> Any:
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ArgumentError(f"np.select got {len(condlist)} conditions for {len(choicelist)} choices")
    found = default
    for condition, choice in list(zip(condlist, choicelist))[::-1]:
        found = _where(condition, choice, found)
    return found


@rule("clip")
def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    bounds = (-math.inf if low is None else low), (math.inf if high is None else high)
    return elementwise(_CLIP, ours(a, "clip"), *(ours(x, "clip") for x in bounds))


@rule("round", "around", "round_")
def _round(a: Any, decimals: Any = 0, out: Any = None) -> Any:
    return a.round(decimals)


@rule("fix")
def _fix(x: Any, out: Any = None) -> Any:
    return elementwise(_TRUNC, x)


@rule("sinc")
def _sinc(x: Any) -> Any:
    return elementwise(_SINC, x)


@rule("copy")
def _copy(a: Any, order: Any = "K") -> Any:
    """Results with the same numbers: unlike those of x.copy(), their gradient goes to x."""
    return a if a.is_mask else elementwise(_MUL, a, 1.0)


@open_rule("astype")
def _astype(x: Any, dtype: Any, **options: Any) -> Any:
    return x.astype(dtype)


@rule("nan_to_num")
def _nan_to_num(x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    given = numbers(x)
    largest = numpy.finfo(float).max
    for flags, number in (
        (numpy.isnan(given), nan),
        (given == math.inf, largest if posinf is None else posinf),
        (given == -math.inf, -largest if neginf is None else neginf),
    ):
        if flags.any():
            x = replaced(x, flags, number)
    return x


def _like(name: str, number: float) -> None:
    """The rules of arrays of constants: they depend on no Value."""

    @rule(name)
    def like(a: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None) -> Any:
        return _full(name, a, number, shape)


for _name, _number in (("zeros_like", 0.0), ("ones_like", 1.0), ("empty_like", 0.0)):
    _like(_name, _number)


@rule("full_like")
def _full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None
) -> Any:
    return _full("full_like", a, fill_value, shape)


def _full(name: str, a: Any, number: Any, shape: Any) -> Any:
    if not hasattr(a, "of_numpy"):
        refuse(name)
    pool = Pool()
    given = pool.positions(number, name)
    pool.bools, pool.of_numpy = False, a.of_numpy
    try:
        return pool.gathered(numpy.broadcast_to(given, a.shape if shape is None else shape))
    except ValueError as error:
        raise ShapeError(f"np.{name}: {error}") from None


@rule("interp")
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    if period is not None:
        raise KeywordError("np.interp of arrays of Values takes no period=: write np.interp(x % period, xp, fp)")
    at, knots, heights = ours(x, "interp"), ours(xp, "interp"), ours(fp, "interp")
    if knots.ndim != 1 or knots.shape != heights.shape or not knots.size:
        raise ShapeError(f"np.interp needs knots and heights of one length, got {knots.shape} and {heights.shape}")
    places = numpy.searchsorted(numbers(knots), numbers(at), side="right") - 1
    first = numpy.clip(places, 0, max(knots.size - 2, 0))
    second = numpy.minimum(first + 1, knots.size - 1)
    x0, x1, y0, y1 = knots[first], knots[second], heights[first], heights[second]
    found = y0
    if knots.size > 1:
        found = elementwise(_ADD, (y1 - y0) / (x1 - x0) * (at - x0), y0)
    before, after = numbers(at) < numbers(knots)[0], numbers(at) >= numbers(knots)[-1]
    beyond = numbers(at) > numbers(knots)[-1]
    found = _unless(before, heights[0] if left is None else left, found)
    found = _unless(after, heights[-1], found)
    return found if right is None else _unless(beyond, right, found)


def _unless(flags: Any, end: Any, found: Any) -> Any:
    """The elements, with a number in place of those that are flagged."""
    return _where(numpy.asarray(flags), end, found) if numpy.any(flags) else found


@rule("polyval")
def _polyval(p: Any, x: Any) -> Any:
    at = ours(x, "polyval")
    found: Any = numpy.zeros(at.shape)
    for coefficient in ours(p, "polyval"):  # of a matrix, one row for each power
        found = elementwise(_ADD, elementwise(_MUL, found, at), coefficient)
    return found
