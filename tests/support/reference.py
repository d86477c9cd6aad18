"""Every function in mpmath, with 60 digits, for the tests of accuracy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

from tests.support import special

mp.dps = 60


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


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
    "maximum": (max, lambda x, y: (mpf(x > y), mpf(y > x))),
    "minimum": (min, lambda x, y: (mpf(x < y), mpf(y < x))),
}

# Their values and partials are exact, or made of another row's; the facts have them.
EXACT = {"floordiv", "remainder", "fmod", "sign", "floor", "ceil", "trunc", "round", "copysign", "clip", "where",
         "leaky_relu", "elu", "exp_sub"}  # fmt: skip


def logsumexp(x: list[Any]) -> tuple[Any, list[Any]]:
    m = max(x)
    total = mp.fsum(mp.exp(item - m) for item in x)
    others = mp.fsum(mp.exp(item - m) for k, item in enumerate(x) if k != x.index(m))
    return m + mp.log1p(others), [mp.exp(item - m) / total for item in x]
