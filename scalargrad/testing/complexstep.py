"""Derivatives by the complex step: replays the operations that f recorded on complex numbers.

f(x + it) has the imaginary part t f'(x) + O(t**3). Nothing cancels, so t can be tiny, and the derivative keeps all
digits (W. Squire, G. Trapp, SIAM Review 40 (1998) 110-112). Only the values of the table are used, never its partials.

Each function of the C library is stepped through by itself, and its slope is multiplied on, so that no power of t over-
or underflows. A bound of the error is computed along: each slope may be off by `_ROUNDING`, here and in the engine.
"""

from __future__ import annotations

import cmath
import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scalargrad import core, record
from scalargrad.table import evaluate, joint, libm, ops, reductions
from scalargrad.testing import elimination

_ROUNDING = 2e-14  # 1e-14, the engine's accuracy (docs/conventions.md), and as much for the complex step


class NotAnalytic(Exception):
    """The complex step does not apply: at a kink or the edge of a domain, or to a function without a complex form."""


class Dual:
    """A number, its slope, and a bound of the slope's error. Compares like the number; a tie raises `NotAnalytic`."""

    __slots__ = ("error", "re", "slope")

    def __init__(self, re: float, slope: float = 0.0, error: float = 0.0) -> None:
        self.re, self.slope, self.error = re, slope, error

    def __add__(self, other: Dual | float) -> Dual:
        return chain(self.re + real(other), (self, 1.0), (other, 1.0))

    def __sub__(self, other: Dual | float) -> Dual:
        return chain(self.re - real(other), (self, 1.0), (other, -1.0))

    def __rsub__(self, other: float) -> Dual:
        return chain(other - self.re, (self, -1.0))

    def __mul__(self, other: Dual | float) -> Dual:
        return chain(self.re * real(other), (self, real(other)), (other, self.re))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Dual:
        return Dual(-self.re, -self.slope, self.error)

    def _less(self, other: Dual | float) -> bool:
        if self is not other and self.re == real(other) and (self - other).slope:
            raise NotAnalytic
        return self.re < real(other)

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, (Dual, float))
        self._less(other)
        return self.re == real(other)

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: Dual | float) -> bool:
        return self._less(other)

    def __gt__(self, other: Dual | float) -> bool:
        self._less(other)
        return self.re > real(other)

    def __le__(self, other: Dual | float) -> bool:
        return self._less(other) or self.re == real(other)

    def __ge__(self, other: Dual | float) -> bool:
        self._less(other)
        return self.re >= real(other)


def real(x: Dual | float) -> float:
    return x.re if isinstance(x, Dual) else x


def chain(re: float, *parts: tuple[Dual | float, float]) -> Dual:
    """A result whose slope is the sum of its operands' slopes times their factors, with a bound of the error."""
    slope = error = 0.0
    for operand, factor in parts:
        if isinstance(operand, Dual) and (operand.slope or operand.error):
            slope += factor * operand.slope
            error += abs(factor) * operand.error + _ROUNDING * abs(factor * operand.slope)
    return Dual(re, slope, error)


def _slope_at(f: Callable[[complex], complex], x: float) -> float:
    """f'(x), from two steps that must agree to the last digit.

    They differ if f is singular or a step underflows. They go to both sides of the real line, because the size of a
    complex number, as in hypot(x, 0) at 0, has a slope of either sign there.
    """
    t = min(abs(x) or 1.0, 1.0) * 2.0**-100
    try:
        slope = f(complex(x, t)).imag / t
        again = f(complex(x, -t / 4)).imag / (-t / 4)
    except (ValueError, OverflowError, ZeroDivisionError):
        raise NotAnalytic from None
    if not abs(slope - again) <= 2.0**-52 * abs(slope) or (x and abs(slope * t) < 2.0**-960):
        raise NotAnalytic
    return slope


def _analytic(name: str, f: Callable[[complex], complex]) -> Callable[[Any], Any]:
    value = libm.FUNCTIONS[name]
    return lambda x: chain(value(real(x)), (x, _slope_at(f, real(x))))


def _of_two(name: str, f: Callable[[complex, complex], complex]) -> Callable[[Any, Any], Any]:
    value = libm.FUNCTIONS[name]

    def function(x: Any, y: Any) -> Any:
        a, b = real(x), real(y)
        by_x = _slope_at(lambda z: f(z, b), a) if isinstance(x, Dual) else 0.0
        by_y = _slope_at(lambda z: f(a, z), b) if isinstance(y, Dual) else 0.0
        return chain(value(a, b), (x, by_x), (y, by_y))

    return function


def _step_function(name: str, jump: float) -> Callable[[Any], Any]:
    """A function that is constant between jumps, which are at the integers plus `jump`."""
    value = libm.FUNCTIONS[name]

    def function(x: Any) -> Any:
        if real(x) % 1.0 == jump:
            raise NotAnalytic
        return Dual(value(real(x)))

    return function


def _hypot(x: complex, y: complex) -> complex:
    largest = max(abs(x), abs(y))
    return largest * cmath.sqrt((x / largest) ** 2 + (y / largest) ** 2)


def _atan2(y: complex, x: complex) -> complex:
    """atan2 up to a constant, which has no slope."""
    return cmath.atan(y / x) if abs(x) > abs(y) else -cmath.atan(x / y)


def _angle(x: complex) -> float:
    """The infinitesimal angle between x or -x and the real line."""
    angle = x.imag / x.real
    if abs(angle) < 2.0**-1000:
        raise NotAnalytic
    return angle


def _pow(x: complex, y: complex) -> complex:
    """The imaginary part of x**y, to first order in the imaginary part of one operand."""
    if x.imag:
        return complex(0.0, libm.FUNCTIONS["pow"](x.real, y.real) * math.sin(y.real * _angle(x)))
    return complex(0.0, libm.FUNCTIONS["pow"](x.real, y.real) * math.sin(y.imag * math.log(x.real)))


def _abs(x: Any) -> Any:
    if real(x) == 0.0:
        raise NotAnalytic
    return chain(abs(real(x)), (x, math.copysign(1.0, real(x))))


def _copysign(x: Any, y: Any) -> Any:
    if real(x) == 0.0 or (real(y) == 0.0 and isinstance(y, Dual)):
        raise NotAnalytic
    return chain(math.copysign(real(x), real(y)), (x, math.copysign(1.0, real(x)) * math.copysign(1.0, real(y))))


def _fmod(x: Any, y: Any) -> Any:
    rest = libm.FUNCTIONS["fmod"](real(x), real(y))
    quotient = libm.div(real(x) - rest, real(y))
    if rest == 0.0 or not math.isfinite(rest) or not math.isfinite(quotient):
        raise NotAnalytic
    return chain(rest, (x, 1.0), (y, -float(round(quotient))))


def _divide(x: Any, y: Any) -> Any:
    quotient = libm.div(real(x), real(y))
    return chain(quotient, (x, libm.div(1.0, real(y))), (y, -libm.div(quotient, real(y))))


def _refused(*_: Any) -> Any:
    raise NotAnalytic


_SAME_IN_CMATH = ("exp", "log", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
                  "asinh", "acosh", "atanh")  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(libm.FUNCTIONS, _refused),  # remains for erf, erfc and the gamma functions, which cmath lacks
    **{name: _analytic(name, getattr(cmath, name)) for name in _SAME_IN_CMATH},
    "expm1": _analytic("expm1", cmath.exp),
    "exp2": _analytic("exp2", lambda x: complex(0.0, 2.0**x.real * math.sin(x.imag * math.log(2.0)))),
    "log1p": _analytic("log1p", lambda x: cmath.log(1.0 + x)),
    "log2": _analytic("log2", lambda x: cmath.log(x) / math.log(2.0)),
    "cbrt": _analytic("cbrt", lambda x: complex(0.0, libm.FUNCTIONS["cbrt"](x.real) * math.sin(_angle(x) / 3))),
    "hypot": _of_two("hypot", _hypot),
    "atan2": _of_two("atan2", _atan2),
    "pow": _of_two("pow", _pow),
    "floor": _step_function("floor", 0.0),
    "ceil": _step_function("ceil", 0.0),
    "trunc": _step_function("trunc", 0.0),
    "rint": _step_function("rint", 0.5),
    "fabs": _abs,
    "copysign": _copysign,
    "fmod": _fmod,
}
_rows = evaluate.rows(_FUNCTIONS, _divide)
_ARITHMETIC = elimination.Arithmetic(_divide, lambda x: _FUNCTIONS["sqrt"](x), lambda x: _FUNCTIONS["log"](x), real)


def _logsumexp(x: Sequence[Any]) -> Any:
    largest = max(real(item) for item in x[1:])
    return _FUNCTIONS["log"](sum((_FUNCTIONS["exp"](item - largest) for item in x[1:]), Dual(0.0)))


def _norm(x: Sequence[Any]) -> Any:
    largest = max(abs(real(item)) for item in x)
    if not 0.0 < largest < math.inf:
        raise NotAnalytic
    scale = 2.0 ** -math.frexp(largest)[1] if largest > 2.0**-1020 else 2.0**1000
    scaled = [item * scale for item in x]
    return _divide(_FUNCTIONS["sqrt"](sum((item * item for item in scaled), Dual(0.0))), scale)


def _sinc(x: Any) -> Any:
    return _rows["value_sinc_near"](x, 1.5) if abs(real(x)) < 0.35 else _rows["value_sinc"](x)


def _softsign(x: Any) -> Any:
    if abs(real(x)) < 1.0:
        return _rows["value_softsign"](x)
    return _copysign(1.0 - _divide(1.0, 1.0 + _abs(x)), x)


# Replace rows whose quotients cancel, or that compare or round their operands to keep digits. Plainer forms suffice:
# only slopes are needed.
_PLAIN: dict[str, Callable[..., Any]] = {
    "sinc": _sinc,
    "softsign": _softsign,
    "exp_sub": lambda x, y: _FUNCTIONS["exp"](x - y),
    "logaddexp": lambda x, y: _logsumexp((0.0, x, y)),
    "floordiv": lambda x, y: _FUNCTIONS["floor"](_divide(x, y)),
    "sum": lambda *x: sum(x, Dual(0.0)),
    "dot": lambda *x: sum((x[k] * x[k + 1] for k in range(0, len(x), 2)), Dual(0.0)),
    "max": lambda *x: max(x) if len({real(item) for item in x}) == len(x) else _refused(),
    "min": lambda *x: min(x) if len({real(item) for item in x}) == len(x) else _refused(),
    "logsumexp": lambda *x: _logsumexp(x),
    "mean": lambda *x: _divide(sum(x, Dual(0.0)), float(len(x))),
    "prod": lambda *x: math.prod(x, start=Dual(1.0)),
    "norm": lambda *x: _norm(x),
    "custom": _refused,  # a replay does not know how its value depends on its operands
}


class Replay:
    """The operations that a function recorded, in order, from its leaves to its result.

    >>> from scalargrad import Value
    >>> x = Value(3.0)
    >>> replay = Replay(x * x + 1)
    >>> replay.replay({id(x): 4.0})
    17.0
    >>> replay.slope(x)[0]
    6.0
    """

    def __init__(self, root: Any) -> None:
        if core.key(root) is None:  # the result is a leaf itself
            leaves, values = [root], [root.data]
            graph: list[tuple[int, list[Any]]] = [(ops.LEAF, [0])]
        else:
            flat = record.Record(*core.flatten(root))
            leaves, values = flat.leaves, array("d", flat.values).tolist()
            graph = [*record.nodes(flat)]
        self._leaves = leaves
        self._nodes = list(zip(graph, values))
        self.opcodes = {op for op, _ in graph}

    def _run(self, numbers: Mapping[int, Any], apply: Callable[[int, list[Any], float], Any]) -> Any:
        results: list[Any] = []
        joint: list[Any] = []  # the results of the last joint operation
        for (op, operands), value in self._nodes:
            if op == ops.LEAF:
                results.append(numbers.get(id(self._leaves[operands[0]]), value))
            elif op == ops.ALSO:
                results.append(_recorded(joint[len(results) - operands[0]], value))
            else:
                found = apply(op, [x if isinstance(x, float) else results[x] for x in operands], value)
                if op >= ops.FIRST_JOINT:
                    joint = found
                    found = _recorded(joint[0], value)
                results.append(found)
        return results[-1]

    def replay(self, numbers: Mapping[int, float]) -> float:
        """The result for other numbers of the leaves, by id. To the bit what f computes on these numbers."""
        return self._run(numbers, _value)  # type: ignore[no-any-return]

    def slope(self, leaf: Any) -> tuple[float, float]:
        """The derivative by one leaf, and a bound of its error plus the engine's. Raises `NotAnalytic`."""
        result = self._run({id(leaf): Dual(leaf.data, 1.0)}, _dual)
        slope, error = (result.slope, result.error) if isinstance(result, Dual) else (0.0, 0.0)
        if not (math.isfinite(slope) and math.isfinite(error)):
            raise NotAnalytic
        return slope, error


def _recorded(result: Any, value: float) -> Any:
    """A result of a joint operation, with the number that was recorded."""
    return Dual(value, result.slope, result.error) if isinstance(result, Dual) else result


def _value(opcode: int, operands: list[float], _: float) -> Any:
    if opcode >= ops.FIRST_JOINT:
        count = joint.count(opcode, len(operands), operands[0])
        return joint.values(opcode, operands) or [math.nan] * count
    function = evaluate.VALUE[opcode]
    return reductions.value(opcode, operands) if function is None else function(*operands)


def _dual(opcode: int, operands: list[Any], value: float) -> Any:
    if not any(isinstance(x, Dual) for x in operands):
        return value if opcode < ops.FIRST_JOINT else _value(opcode, operands, value)
    if opcode >= ops.FIRST_JOINT:
        return elimination.results(_ARITHMETIC, ops.NAMES[opcode], operands)
    name = ops.NAMES[opcode]
    result = (_PLAIN.get(name) or _rows[f"value_{name}"])(*operands)
    return Dual(value, result.slope, result.error) if isinstance(result, Dual) else value
