"""The elementary functions of one number and their derivatives, in forms that keep their digits."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Literal

from scalargrad.errors import ArgumentError, RangeError

Function = Callable[[float], float]
Approximate = Literal["none", "tanh"]  # the forms of GELU
_LN2, _LN10 = math.log(2.0), math.log(10.0)
_LINE, _CUBE = Fraction("1.59576912160573071175978423973752747"), Fraction("0.044715")  # of GELU by tanh: √(8/π)
_FAR = 40.0  # from where on GELU is the number itself; on the other side it is 0


def divide(x: float, y: float) -> float:
    """x / y by the rules of IEEE 754: inf or nan where Python raises.

    >>> divide(-1.0, 0.0)
    -inf
    """
    if y != 0.0:
        return x / y
    return math.nan if x == 0.0 or x != x else math.copysign(math.inf, x) * math.copysign(1.0, y)


def exponential(x: float) -> float:
    """exp(x), inf where Python raises."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def exp_difference(x: float, y: float) -> float:
    """exp(x - y), corrected for the rounding error of x - y, which matters where the difference is large.

    >>> exp_difference(3.0, 3.0)
    1.0
    """
    d = x - y
    if math.isinf(d):
        return 0.0 if d < 0.0 else math.inf
    back = x - d  # Knuth's two-sum: the rounding error of d, exactly
    return exponential(d) * (1.0 + ((x - (d + back)) - (y - back)))


def sigmoid(x: float) -> float:
    """The logistic function 1 / (1 + exp(-x)), with no overflow and all its digits on both sides. Source: CH 2.

    >>> sigmoid(0.0), sigmoid(-700.0) == math.exp(-700.0)
    (0.5, True)
    """
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    return math.exp(x) / (1.0 + math.exp(x))


def sigmoid_derivative(x: float) -> float:
    """s'(x) = s(x)·(1 - s(x)), computed as s(x)·s(-x): 1 - s(x) is 0 from x = 37 on. Source: CH 2.

    >>> sigmoid_derivative(0.0), sigmoid_derivative(40.0) == math.exp(-40.0)
    (0.25, True)
    """
    return sigmoid(x) * sigmoid(-x)


def softplus(x: float) -> float:
    """log(1 + exp(x)), without overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def relu(x: float) -> float:
    """max(0, x); nan of nan. Source: LB, PH 4.

    >>> relu(-2.0), relu(3.0)
    (0.0, 3.0)
    """
    return x if x > 0.0 or x != x else 0.0


def relu_derivative(x: float) -> float:
    """1 for x > 0, 0 for x <= 0: so 0 at the kink. Source: LB, PH 4.

    >>> [relu_derivative(x) for x in (-1.0, 0.0, 2.0)]
    [0.0, 0.0, 1.0]
    """
    return 1.0 if x > 0.0 else 0.0


def _sign(x: float) -> float:
    return math.copysign(1.0, x) if x else 0.0


def _cbrt(x: float) -> float:
    root = math.copysign(abs(x) ** (1.0 / 3.0), x)
    return root - (root - x / (root * root)) / 3.0 if root else x  # a step of Newton's: x**(1/3) is not quite


def _gauss(x: float) -> float:
    """exp(-x²): h*h is exact, so that no rounding of the square is magnified."""
    if abs(x) > 28.0:
        return 0.0
    h = math.ldexp(round(math.ldexp(x, 20)), -20)
    return math.exp(-h * h) * math.exp(-(x - h) * (x + h))


def _sech2(x: float) -> float:
    u = math.exp(-abs(x))
    return (2.0 * u / (1.0 + u * u)) ** 2


def _polygamma(n: int, x: float) -> float:
    """The n-th derivative of the digamma function, for n = 0 or 1: the sum of -1 / (x + k), but for a constant, or of
    1 / (x + k)², up to x + k = 20, and an asymptotic series beyond."""
    if x <= 0.0:
        raise ValueError("a pole, or beyond one")
    near, x = 0.0, float(x)
    for _ in range(20):
        if x < 20.0:
            near += 1.0 / x / x if n else -1.0 / x
            x += 1.0
    y = 1.0 / x / x
    if n:
        return near + 1.0 / x + y * (0.5 + (1 / 6 - y * (1 / 30 - y * (1 / 42 - y * (1 / 30 - y * 5 / 66)))) / x)
    return near + (math.log(x) - 0.5 / x - y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y / 132)))))


def _erfinv(x: float) -> float:
    """By Newton's method, from the side on which it does not overshoot; by erfc, where 1 - x counts."""
    if abs(x) >= 1.0:
        raise ValueError("outside the domain, or infinite")
    a, y, step = abs(x), math.sqrt(-math.log1p(-abs(x))), 1.0
    for _ in range(50):
        if abs(step) <= 1e-12 * y:
            break
        step = (math.erf(y) - a if a < 0.5 else (1.0 - a) - math.erfc(y)) * 0.5 * math.sqrt(math.pi) / _gauss(y)
        y = abs(y - step)
    return math.copysign(y, x)


def _check_form(approximate: str) -> None:
    if approximate not in ("none", "tanh"):
        raise ArgumentError(f"approximate must be 'none' or 'tanh', got {approximate!r}")


def _normal(x: float) -> float:
    """The normal distribution function, corrected for the rounding error of x/√2, which matters far left."""
    u = math.sqrt(0.5) * x
    rest = float(Fraction(x) ** 2 / 2 - Fraction(u) ** 2) / (2.0 * u) if u else 0.0
    return 0.5 * (math.erfc(-u) + 2.0 / math.sqrt(math.pi) * _gauss(u) * rest)


def _bell(x: float) -> float:
    """The normal density: as in `_gauss`, h*h is exact."""
    h = math.ldexp(round(math.ldexp(x, 20)), -20)
    return math.exp(-0.5 * h * h) * math.exp(-0.5 * (x - h) * (x + h)) / math.sqrt(2.0 * math.pi)


def _gate(x: float, sign: int = 1) -> float:
    """The sigmoid of ±√(8/π)·(x + 0.044715x³), which is computed exactly and rounded once."""
    exact = sign * _LINE * (Fraction(x) + _CUBE * Fraction(x) ** 3)
    v = float(exact)
    return sigmoid(v) * (1.0 + float(exact - Fraction(v)) * sigmoid(-v))


def gelu(x: float, approximate: Approximate = "none") -> float:
    """x·Φ(x) with the normal distribution's Φ, that is ½x(1 + erf(x/√2)); or by "tanh" ½x(1 + tanh u).

    u = √(2/π)·(x + 0.044715x³), and ½(1 + tanh u) is the sigmoid of 2u. It keeps its digits far left, where 1 + erf and
    1 + tanh lose them. Shapes: number → number. Raises `ArgumentError` for another form. Source: HG.

    >>> gelu(0.0), gelu(-math.inf), gelu(1e200, "tanh"), round(gelu(1.0), 6), round(gelu(1.0, "tanh"), 6)
    (0.0, -0.0, 1e+200, 0.841345, 0.841192)
    """
    _check_form(approximate)
    if not x < _FAR:
        return x
    near = max(x, -_FAR)  # -inf times 0 would be nan
    return near * (_normal(near) if approximate == "none" else _gate(near))


def gelu_derivative(x: float, approximate: Approximate = "none") -> float:
    """Φ(x) + x·φ(x), with the density φ(x) = exp(-x²/2)/√(2π); or by "tanh" ½(1 + t) + ½x(1 - t²)u', with t = tanh u.

    u' = √(2/π)·(1 + 3·0.044715x²), and 1 - t² is 4 s(2u) s(-2u) with the sigmoid s, which keeps its digits. Shapes:
    number → number. Raises `ArgumentError` for another form. Source: HG.

    >>> gelu_derivative(0.0), gelu_derivative(0.0, "tanh"), gelu_derivative(math.inf), gelu_derivative(-1e200, "tanh")
    (0.5, 0.5, 1.0, 0.0)
    """
    _check_form(approximate)
    if not abs(x) < _FAR:
        return min(max(x, 0.0), 1.0)
    if approximate == "none":
        return _normal(x) + x * _bell(x)
    slope = float(_LINE) * (1.0 + 3.0 * float(_CUBE) * x * x)
    return _gate(x) * (1.0 + x * slope * _gate(x, -1))


def _mish_derivative(x: float) -> float:
    s = softplus(x)
    return math.tanh(s) + x * sigmoid(x) * _sech2(s)


_SELU_SCALE, _SELU_ALPHA = 1.0507009873554804934, 1.6732632423543772848


def _selu(x: float) -> float:
    return _SELU_SCALE * (x if x > 0.0 else _SELU_ALPHA * math.expm1(x))


def _selu_derivative(x: float) -> float:
    return _SELU_SCALE * (1.0 if x > 0.0 else _SELU_ALPHA * math.exp(x))


def _half_turns(x: float) -> tuple[float, float]:
    """sin πx and cos πx, by the whole number next to x."""
    whole = round(x)
    sign = -1.0 if whole % 2 else 1.0
    return sign * math.sin(math.pi * (x - whole)), sign * math.cos(math.pi * (x - whole))


def _logit(x: float) -> float:
    """log(x/(1 - x)); near 1/2, where the logarithms cancel, 2 artanh(2x - 1)."""
    return 2.0 * math.atanh(2.0 * x - 1.0) if 0.25 < x < 0.75 else math.log(x) - math.log1p(-x)


def _sinc(x: float) -> float:
    return _half_turns(x)[0] / (math.pi * x) if x else 1.0


def _sinc_derivative(x: float) -> float:
    """(cos πx - sinc x)/x; near 0, where the two are nearly equal, its power series."""
    if abs(x) > 0.5:
        return (_half_turns(x)[1] - _sinc(x)) / x
    w, total = -((math.pi * x) ** 2), 0.0
    for k in range(12, 0, -1):  # ∑ 2k w^k / (2k + 1)! / x
        total = 2.0 * k / math.factorial(2 * k + 1) + w * total
    return -math.pi * math.pi * x * total


# name: the function, its derivative
ELEMENTARY: dict[str, tuple[Function, Function]] = {
    "neg": (lambda x: -x, lambda x: -1.0),
    "square": (lambda x: x * x, lambda x: 2.0 * x),
    "sqrt": (math.sqrt, lambda x: divide(0.5, math.sqrt(x))),
    "cbrt": (_cbrt, lambda x: divide(1.0, 3.0 * _cbrt(x) ** 2)),
    "exp": (math.exp, math.exp),
    "exp2": (lambda x: 2.0**x, lambda x: _LN2 * 2.0**x),
    "expm1": (math.expm1, math.exp),
    "log": (math.log, lambda x: 1.0 / x),
    "log1p": (math.log1p, lambda x: 1.0 / (1.0 + x)),
    "log2": (math.log2, lambda x: 1.0 / (x * _LN2)),
    "log10": (math.log10, lambda x: 1.0 / (x * _LN10)),
    "sin": (math.sin, math.cos),
    "cos": (math.cos, lambda x: -math.sin(x)),
    "tan": (math.tan, lambda x: 1.0 + math.tan(x) ** 2),
    "asin": (math.asin, lambda x: divide(1.0, math.sqrt((1.0 - x) * (1.0 + x)))),
    "acos": (math.acos, lambda x: -divide(1.0, math.sqrt((1.0 - x) * (1.0 + x)))),
    "atan": (math.atan, lambda x: 1.0 / (1.0 + x * x)),
    "sinh": (math.sinh, math.cosh),
    "cosh": (math.cosh, math.sinh),
    "tanh": (math.tanh, _sech2),
    "asinh": (math.asinh, lambda x: 1.0 / math.hypot(1.0, x)),
    "acosh": (math.acosh, lambda x: divide(1.0, math.sqrt(x - 1.0) * math.sqrt(x + 1.0))),
    "atanh": (math.atanh, lambda x: 1.0 / ((1.0 - x) * (1.0 + x))),
    "erf": (math.erf, lambda x: 2.0 / math.sqrt(math.pi) * _gauss(x)),
    "erfc": (math.erfc, lambda x: -2.0 / math.sqrt(math.pi) * _gauss(x)),
    "erfinv": (_erfinv, lambda x: 0.5 * math.sqrt(math.pi) / _gauss(_erfinv(x))),
    "lgamma": (math.lgamma, lambda x: _polygamma(0, x)),
    "digamma": (lambda x: _polygamma(0, x), lambda x: _polygamma(1, x)),
    "sigmoid": (sigmoid, sigmoid_derivative),
    "log_sigmoid": (lambda x: -softplus(-x), lambda x: sigmoid(-x)),
    "softplus": (softplus, sigmoid),
    "relu": (relu, relu_derivative),
    "silu": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1.0 + x * sigmoid(-x))),
    "gelu": (gelu, gelu_derivative),
    "gelu_tanh": (lambda x: gelu(x, "tanh"), lambda x: gelu_derivative(x, "tanh")),
    "mish": (lambda x: x * math.tanh(softplus(x)), _mish_derivative),
    "softsign": (lambda x: x / (1.0 + abs(x)), lambda x: 1.0 / (1.0 + abs(x)) ** 2),
    "selu": (_selu, _selu_derivative),
    "logit": (_logit, lambda x: 1.0 / (x * (1.0 - x))),
    "sinc": (_sinc, _sinc_derivative),
    "abs": (abs, _sign),
    "sign": (_sign, lambda x: 0.0),
    "floor": (lambda x: float(math.floor(x)), lambda x: 0.0),
    "ceil": (lambda x: float(math.ceil(x)), lambda x: 0.0),
    "trunc": (lambda x: float(math.trunc(x)), lambda x: 0.0),
    "round": (lambda x: float(round(x)), lambda x: 0.0),
}


def elementary(name: str) -> tuple[Function, Function]:
    """The elementary function of that name and its derivative.

    Shapes: both number → number. Raises `ArgumentError` for an unknown name. The two functions raise `ArgumentError`
    outside the domain and `RangeError` on overflow. Source: SM B.26.

    >>> f, df = elementary("square")
    >>> f(3.0), df(3.0)
    (9.0, 6.0)
    """
    if name not in ELEMENTARY:
        raise ArgumentError(f"no elementary function is called {name!r}; there are {', '.join(ELEMENTARY)}")
    f, df = ELEMENTARY[name]
    return _guarded(name, f), _guarded(f"{name}'", df)


def _guarded(name: str, function: Function) -> Function:
    def guarded(x: float) -> float:
        try:
            return function(x)
        except OverflowError as error:
            raise RangeError(f"{name}({x!r}) is too large for a float") from error
        except (ValueError, ZeroDivisionError) as error:
            raise ArgumentError(f"{name}({x!r}) does not exist: outside the domain") from error

    return guarded
