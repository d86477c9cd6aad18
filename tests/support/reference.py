"""Every function in mpmath, with 60 digits, for the tests of accuracy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

from tests.support import special

mp.dps = 60


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def normal(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def bell(x: Any) -> Any:
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def gelu_curve(x: Any) -> Any:
    """Twice the argument of the tanh."""
    return 2 * mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3)


def _gelu_tanh_slope(x: Any) -> Any:
    s, rate = sigmoid(gelu_curve(x)), 2 * mp.sqrt(2 / mp.pi) * (1 + 3 * mpf("0.044715") * x * x)
    return s * (1 + x * rate * sigmoid(-gelu_curve(x)))


def gate(x: Any) -> Any:
    """tanh(softplus(x)): of u = exp(x), (u**2 + 2 * u) / (u**2 + 2 * u + 2)."""
    return 1 / (1 + 2 / (mp.exp(x) * (mp.exp(x) + 2)))


def _mish_slope(x: Any) -> Any:
    return gate(x) + x * sigmoid(x) * mp.sech(mp.log1p(mp.exp(x))) ** 2


SELU_SCALE, SELU_ALPHA = mpf("1.0507009873554804934193349852946"), mpf("1.6732632423543772848170429916717")


def selu(x: Any) -> Any:
    return SELU_SCALE * (x if x > 0 else SELU_ALPHA * mp.expm1(x))


def sinc(x: Any) -> Any:
    return mp.sinpi(x) / (mp.pi * x) if x else mpf(1)


def _sinc_slope(x: Any) -> Any:
    if abs(x) < 1:  # where cos(pi x) and sinc(x) are nearly equal
        return -(mp.pi**2) / 3 * x * mp.hyp0f1(mpf(5) / 2, -((mp.pi * x / 2) ** 2))
    return (mp.cospi(x) - sinc(x)) / x


UNARY: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "neg": (lambda x: -x, lambda x: mpf(-1)),
    "square": (lambda x: x * x, lambda x: 2 * x),
    "sqrt": (mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x))),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2)),
    "exp": (mp.exp, mp.exp),
    "exp2": (lambda x: mpf(2) ** x, lambda x: mpf(2) ** x * mp.log(2)),
    "expm1": (mp.expm1, mp.exp),
    "log": (mp.log, lambda x: 1 / x),
    "log1p": (lambda x: mp.log1p(x), lambda x: 1 / (1 + x)),
    "log2": (lambda x: mp.log(x) / mp.log(2), lambda x: 1 / (x * mp.log(2))),
    "log10": (mp.log10, lambda x: 1 / (x * mp.log(10))),
    "sin": (mp.sin, mp.cos),
    "cos": (mp.cos, lambda x: -mp.sin(x)),
    "tan": (mp.tan, lambda x: 1 / mp.cos(x) ** 2),
    "asin": (mp.asin, lambda x: 1 / mp.sqrt(1 - x * x)),
    "acos": (mp.acos, lambda x: -1 / mp.sqrt(1 - x * x)),
    "atan": (mp.atan, lambda x: 1 / (1 + x * x)),
    "sinh": (mp.sinh, mp.cosh),
    "cosh": (mp.cosh, mp.sinh),
    "tanh": (mp.tanh, lambda x: 1 / mp.cosh(x) ** 2),
    "asinh": (mp.asinh, lambda x: 1 / mp.sqrt(1 + x * x)),
    "acosh": (mp.acosh, lambda x: 1 / mp.sqrt((x - 1) * (x + 1))),
    "atanh": (mp.atanh, lambda x: 1 / ((1 - x) * (1 + x))),
    "erf": (mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
    "erfc": (mp.erfc, lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
    "erfinv": (special.erfinv, lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(special.erfinv(x) ** 2)),
    "lgamma": (special.lgamma, lambda x: special.psi(0, x)),
    "digamma": (lambda x: special.psi(0, x), lambda x: special.psi(1, x)),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "log_sigmoid": (lambda x: -mp.log1p(mp.exp(-x)), lambda x: sigmoid(-x)),
    "softplus": (lambda x: mp.log1p(mp.exp(x)), sigmoid),
    "silu": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * sigmoid(-x))),
    "gelu": (lambda x: x * normal(x), lambda x: normal(x) + x * bell(x)),
    "gelu_tanh": (lambda x: x * sigmoid(gelu_curve(x)), _gelu_tanh_slope),
    "mish": (lambda x: x * gate(x), _mish_slope),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    "selu": (selu, lambda x: SELU_SCALE * (1 if x > 0 else SELU_ALPHA * mp.exp(x))),
    "logit": (lambda x: mp.log(x) - mp.log1p(-x), lambda x: 1 / (x * (1 - x))),
    "sinc": (sinc, _sinc_slope),
    "relu": (lambda x: max(x, mpf(0)), lambda x: mpf(x > 0)),
    "abs": (abs, mp.sign),
}  # fmt: skip


def _atan2_partials(y: Any, x: Any) -> tuple[Any, Any]:
    square = x * x + y * y
    return x / square, -y / square


def _logaddexp(x: Any, y: Any) -> Any:
    return max(x, y) + mp.log1p(mp.exp(-abs(x - y)))


BINARY: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], tuple[Any, Any]]]] = {
    "add": (lambda x, y: x + y, lambda x, y: (mpf(1), mpf(1))),
    "sub": (lambda x, y: x - y, lambda x, y: (mpf(1), mpf(-1))),
    "mul": (lambda x, y: x * y, lambda x, y: (y, x)),
    "div": (lambda x, y: x / y, lambda x, y: (1 / y, -x / y**2)),
    "pow": (lambda x, y: x**y, lambda x, y: (y * x ** (y - 1), x**y * mp.log(x))),
    "atan2": (mp.atan2, _atan2_partials),
    "hypot": (mp.hypot, lambda x, y: (x / mp.hypot(x, y), y / mp.hypot(x, y))),
    "polygamma": (special.psi, lambda n, x: (mpf(0), special.psi(n + 1, x))),
    "logaddexp": (_logaddexp, lambda x, y: (sigmoid(x - y), sigmoid(y - x))),
    "xlogy": (lambda x, y: x * mp.log(y), lambda x, y: (mp.log(y), x / y)),
    "maximum": (max, lambda x, y: (mpf(x > y), mpf(y > x))),
    "minimum": (min, lambda x, y: (mpf(x < y), mpf(y < x))),
}

# Their values and partials are exact, or made of another row's; the facts have them.
EXACT = {"floordiv", "remainder", "fmod", "sign", "floor", "ceil", "trunc", "round", "copysign", "clip", "where",
         "leaky_relu", "elu", "exp_sub", "hardtanh"}  # fmt: skip


def logsumexp(x: list[Any]) -> tuple[Any, list[Any]]:
    m = max(x)
    total = mp.fsum(mp.exp(item - m) for item in x)
    others = mp.fsum(mp.exp(item - m) for k, item in enumerate(x) if k != x.index(m))
    return m + mp.log1p(others), [mp.exp(item - m) / total for item in x]
