"""Derivatives of any order and mixed, of functions in mpmath: differences with so many digits that 50 are right.

They are independent of the table, of its rows for derivatives and of the transforms.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from mpmath import mp, mpf

from tests.support.reference import BINARY, UNARY, bell
from tests.support.special import erfinv, psi

_STEP = mpf(10) ** -50  # of the distance over which a function changes: the error is its square
DIGITS = 1000  # the step to the third, times 1e-320, times what cancels, leaves 50 digits and more
LARGEST = mpf(1.7976931348623157e308)
SUBNORMAL = mpf(2) ** -1074

Function = Callable[..., Any]


def _angle(y: Any, x: Any) -> Any:
    """The angle, without its jump at the negative half-axis."""
    return mp.atan(y / x) if x < 0 and abs(y) < -x * mpf("1e-20") else mp.atan2(y, x)


def _power(x: Any, y: Any) -> Any:
    return x ** int(y) if mp.isint(y) else x**y


FUNCTION: dict[str, Function] = {
    **{name: value for name, (value, _) in UNARY.items()},
    **{name: value for name, (value, _) in BINARY.items()},
    "atan2": _angle,
    "pow": _power,
    "hypot": lambda x, y: mp.sqrt(x * x + y * y),
    "exp_sub": lambda x, y: mp.exp(x - y),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
    "log_sigmoid": lambda x: -mp.log1p(mp.exp(-x)) if x > 0 else x - mp.log1p(mp.exp(x)),
}

# Over which distance a function changes, by its operands: where 1 and their sizes are not it.
_SCALE: dict[str, Callable[..., Sequence[Any]]] = {
    **dict.fromkeys(("asin", "acos", "atanh"), lambda x: (1 - abs(x),)),
    "logit": lambda x: (min(x, 1 - x),),
    "softsign": lambda x: (abs(x),),
    "selu": lambda x: (min(abs(x), 1),),
    "gelu_tanh": lambda x: (1 / (1 + x * x),),
    "xlogy": lambda x, y: (1, y),
    "acosh": lambda x: (min(x - 1, x),),
    **dict.fromkeys(("sqrt", "cbrt", "log", "log2", "log10"), lambda x: (abs(x),)),
    **dict.fromkeys(("atan", "asinh"), lambda x: (max(1, abs(x)),)),
    "log1p": lambda x: (1 + x,),
    "tan": lambda x: (abs(mp.cos(x)),),
    **dict.fromkeys(("erf", "erfc"), lambda x: (1 / (1 + abs(x)),)),
    **dict.fromkeys(("hypot", "atan2"), lambda x, y: (max(abs(x), abs(y)),) * 2),
    "div": lambda x, y: (1, abs(y)),
    "pow": lambda x, y: (abs(x), 1 / (1 + abs(mp.log(abs(x))) + abs(mp.log(1 + abs(y))))),
    **dict.fromkeys(("maximum", "minimum"), lambda x, y: (abs(x - y),) * 2),
    **dict.fromkeys(("abs", "relu"), lambda x: (abs(x),)),
    **dict.fromkeys(("leaky_relu", "elu"), lambda x, y: (min(abs(x), 1), 1)),
}  # fmt: skip


def difference(function: Function, point: Sequence[Any], order: Sequence[int], scale: Sequence[Any]) -> Any:
    """The derivative whose order by each operand is given. To be called with many digits."""
    steps = [_STEP * x for x in scale]
    total = mpf(0)
    for places in itertools.product(*(range(n + 1) for n in order)):
        weight = math.prod((-1) ** k * math.comb(n, k) for n, k in zip(order, places))
        total += weight * function(*(x + (mpf(n) / 2 - k) * h for x, n, k, h in zip(point, order, places, steps)))
    for n, h in zip(order, steps):
        total /= h**n
    return total


def _of_erfinv(x: Any, order: int) -> Any:
    """With y = erfinv(x) and s = y', y'' = 2 y s**2; the rest follows by the product rule."""
    y = erfinv(x)
    s = mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
    return (s, 2 * y * s**2, (2 + 8 * y**2) * s**3, (28 * y + 48 * y**3) * s**4)[order - 1]


# Those that are known, by the operands and the order: their differences would take long.
_KNOWN: dict[str, Callable[..., Any]] = {
    "lgamma": lambda x, order: psi(order - 1, x),
    "digamma": lambda x, order: psi(order, x),
    "polygamma": lambda n, x, by_n, order: mpf(0) if by_n else psi(n + order, x),
    "erfinv": _of_erfinv,
}


def exact(name: str, point: Sequence[float], order: Sequence[int]) -> Any:
    """A derivative of a row, right to 50 digits."""
    if name in _KNOWN:
        with mp.workdps(60):
            return _KNOWN[name](*map(mpf, point), *order)
    with mp.workdps(DIGITS):
        x = [*map(mpf, point)]
        scale = _SCALE[name](*x) if name in _SCALE else (mpf(1),) * len(x)
        if name in ("erf", "erfc"):  # their first derivatives are much quicker
            return difference(UNARY[name][1], x, [order[0] - 1], scale)
        if name == "gelu":
            if order[0] == 1:
                return UNARY[name][1](x[0])
            return difference(lambda x: (2 - x * x) * bell(x), x, [order[0] - 2], [1 / (1 + abs(x[0]))])
        return difference(FUNCTION[name], x, order, scale)
