"""The functions of one, two or three numbers: on Values they give a Value and record it, on floats a float.

Names are those of the Python array API standard where it has one. Each takes a Value or any number that `Value` takes,
and raises `NumberError` for anything else. Values and derivatives are the rows of `ops.py`; the conventions at kinks
are in `docs/conventions.md`.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, cast, overload

from scalargrad import core
from scalargrad.convert import number
from scalargrad.table import ops
from scalargrad.value import Value

Number = TypeVar("Number", Value, float)


class Unary(Protocol):
    """A function of one number."""

    @overload
    def __call__(self, x: Value, /) -> Value: ...
    @overload
    def __call__(self, x: float, /) -> float: ...


class Binary(Protocol):
    """A function of two numbers; a Value when either is one."""

    @overload
    def __call__(self, x: Value, y: Value | float, /) -> Value: ...
    @overload
    def __call__(self, x: float, y: Value, /) -> Value: ...
    @overload
    def __call__(self, x: float, y: float, /) -> float: ...


def _named(function: Any, name: str, text: str, example: str) -> Any:
    call, result = example.split(" = ")
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{text}\n\n    >>> from scalargrad import {name}\n    >>> {call}\n    {result}\n    "
    return function


def _unary(name: str, text: str, example: str) -> Unary:
    opcode, apply = ops.OPCODE[name], core.apply

    def function(x: Any, /) -> Any:
        return apply(opcode, x)

    return cast(Unary, _named(function, name, text, example))


def _binary(name: str, text: str, example: str) -> Binary:
    opcode, apply = ops.OPCODE[name], core.apply
    if ops.PRIMITIVES[opcode - ops.FIRST].operands == ("y", "x"):

        def function(y: Any, x: Any, /) -> Any:
            return apply(opcode, y, x)
    else:

        def function(x: Any, y: Any, /) -> Any:
            return apply(opcode, x, y)

    return cast(Binary, _named(function, name, text, example))


exp = _unary("exp", "e to the power x.", "exp(0.0) = 1.0")
exp2 = _unary("exp2", "2 to the power x.", "exp2(3.0) = 8.0")
expm1 = _unary("expm1", "exp(x) - 1, accurate near 0.", "expm1(1e-20) = 1e-20")
log = _unary("log", "The natural logarithm; -inf at 0, nan below.", "log(1.0) = 0.0")
log1p = _unary("log1p", "log(1 + x), accurate near 0.", "log1p(1e-20) = 1e-20")
log2 = _unary("log2", "The logarithm to base 2.", "log2(8.0) = 3.0")
log10 = _unary("log10", "The logarithm to base 10.", "log10(1000.0) = 3.0")
sqrt = _unary("sqrt", "The square root; nan below 0, derivative inf at 0.", "sqrt(9.0) = 3.0")
cbrt = _unary("cbrt", "The real cube root.", "cbrt(-8.0) = -2.0")
square = _unary("square", "x * x.", "square(3.0) = 9.0")
sin = _unary("sin", "The sine of x radians.", "sin(0.0) = 0.0")
cos = _unary("cos", "The cosine of x radians.", "cos(0.0) = 1.0")
tan = _unary("tan", "The tangent of x radians.", "tan(0.0) = 0.0")
asin = _unary("asin", "The inverse sine, in radians; nan outside [-1, 1].", "asin(0.0) = 0.0")
acos = _unary("acos", "The inverse cosine, in radians; nan outside [-1, 1].", "acos(1.0) = 0.0")
atan = _unary("atan", "The inverse tangent, in radians.", "atan(0.0) = 0.0")
sinh = _unary("sinh", "The hyperbolic sine.", "sinh(0.0) = 0.0")
cosh = _unary("cosh", "The hyperbolic cosine.", "cosh(0.0) = 1.0")
tanh = _unary("tanh", "The hyperbolic tangent; its derivative keeps its digits far out.", "tanh(0.0) = 0.0")
asinh = _unary("asinh", "The inverse hyperbolic sine.", "asinh(0.0) = 0.0")
acosh = _unary("acosh", "The inverse hyperbolic cosine; nan below 1.", "acosh(1.0) = 0.0")
atanh = _unary("atanh", "The inverse hyperbolic tangent; nan outside [-1, 1].", "atanh(0.0) = 0.0")
erf = _unary("erf", "The error function.", "erf(0.0) = 0.0")
erfc = _unary("erfc", "1 - erf(x), accurate for large x.", "erfc(0.0) = 1.0")
sigmoid = _unary("sigmoid", "1 / (1 + exp(-x)), accurate over the whole range.", "sigmoid(0.0) = 0.5")
log_sigmoid = _unary("log_sigmoid", "log(sigmoid(x)), finite for every finite x.", "log_sigmoid(-1000.0) = -1000.0")
softplus = _unary("softplus", "log(1 + exp(x)), without overflow.", "softplus(1000.0) = 1000.0")
relu = _unary("relu", "x, or 0 where x < 0; derivative 0 at 0.", "relu(-2.0) = 0.0")
silu = _unary("silu", "x * sigmoid(x).", "silu(0.0) = 0.0")
abs = _unary("abs", "The absolute value; derivative 0 at 0.", "abs(-2.0) = 2.0")
sign = _unary("sign", "-1, 0 or 1; derivative 0.", "sign(-2.0) = -1.0")
floor = _unary("floor", "The largest integer that is not above x; derivative 0.", "floor(2.5) = 2.0")
ceil = _unary("ceil", "The smallest integer that is not below x; derivative 0.", "ceil(2.5) = 3.0")
trunc = _unary("trunc", "x without its fraction; derivative 0.", "trunc(-2.5) = -2.0")
round = _unary("round", "The nearest integer, halves to even; derivative 0.", "round(2.5) = 2.0")

atan2 = _binary(
    "atan2", "`atan2(y, x)`: the angle of the point (x, y) in radians, from -pi to pi.", "atan2(0.0, 1.0) = 0.0"
)
hypot = _binary("hypot", "sqrt(x*x + y*y) without overflow; partials 0 at the origin.", "hypot(3.0, 4.0) = 5.0")
logaddexp = _binary("logaddexp", "log(exp(x) + exp(y)) without overflow.", "logaddexp(-1e4, 0.0) = 0.0")
copysign = _binary("copysign", "|x| with the sign of y.", "copysign(2.0, -0.0) = -2.0")
fmod = _binary("fmod", "The remainder with the sign of x, as in C.", "fmod(-7.0, 3.0) = -1.0")
remainder = _binary("remainder", "The remainder with the sign of y, Python's %.", "remainder(-7.0, 3.0) = 2.0")
maximum = _binary("maximum", "The larger; a tie gives 1/2 to each; nan if either is.", "maximum(1.0, 2.0) = 2.0")
minimum = _binary("minimum", "The smaller; a tie gives 1/2 to each; nan if either is.", "minimum(1.0, 2.0) = 1.0")


def _pow(x: Any, y: Any, /) -> Any:
    if not isinstance(y, Value) and number(y) == 2.0:
        return core.apply(ops.OPCODE["square"], x)  # as the operator does
    return core.apply(ops.OPCODE["pow"], x, y)


pow: Binary = _named(
    _pow, "pow", "x to the power y, never complex: nan for a negative base and a fraction.", "pow(2.0, 10.0) = 1024.0"
)


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """x where x > 0, else slope * x; derivative slope at 0.

    >>> leaky_relu(-2.0, 0.5)
    -1.0
    """
    return core.apply(ops.OPCODE["leaky_relu"], x, slope)


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """x where x > 0, else alpha * expm1(x); derivative alpha at 0.

    >>> elu(3.0)
    3.0
    """
    return core.apply(ops.OPCODE["elu"], x, alpha)


def clip(x: Any, lo: Any, hi: Any) -> Any:
    """x kept within lo and hi; derivative 1 at a bound. Where lo > hi the result is hi, as in numpy.

    >>> clip(5.0, 0.0, 1.0)
    1.0
    """
    return core.apply(ops.OPCODE["clip"], x, lo, hi)


def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, else y; the other one's gradient is 0, whatever it holds.

    The condition is a bool, a number (true when it is not 0) or a Value. Both x and y are computed before the choice,
    so an infinity or a nan in the one that is not chosen does no harm.

    >>> where(2.0 > 1.0, 10.0, 20.0)
    10.0
    """
    return core.apply(ops.OPCODE["where"], condition, x, y)
