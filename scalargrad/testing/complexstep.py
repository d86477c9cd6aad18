"""Derivatives by the complex step: what f recorded, replayed from the table of values on complex numbers.

f(x + it) has the imaginary part t f'(x) + O(t**3), and nothing cancels, so t may be tiny and the derivative keeps all
digits (W. Squire, G. Trapp, SIAM Review 40 (1998) 110-112). No partial derivative of the table is used: only values.

A step is taken through each function of the C library by itself, and its slope carried on, so that no power of t over-
or underflows. With it goes a bound of the error: each slope may be off by `_ROUNDING`, here and in the engine.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scalargrad import core
from scalargrad.table import evaluate, libm, ops, reductions

_ROUNDING = 2e-14  # the accuracy bar of the engine (docs/conventions.md), 1e-14, and as much for the witness


class NotAnalytic(Exception):
    """The complex step does not apply: a kink, the edge of a domain, a function that has no complex form here."""


class Dual:
    """A number, its slope, and a bound of the slope's error. Compares as its number does, unless that is a tie."""

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
    """A result with the slopes of its operands, each times its factor, and a running bound of their error."""
    slope = error = 0.0
    for operand, factor in parts:
        if isinstance(operand, Dual) and (operand.slope or operand.error):
            slope += factor * operand.slope
            error += abs(factor) * operand.error + _ROUNDING * abs(factor * operand.slope)
    return Dual(re, slope, error)


def _slope_at(f: Callable[[complex], complex], x: float) -> float:
    """f'(x), by two steps that must agree to the last digit: not where f is singular, or something underflows."""
    t = min(abs(x) or 1.0, 1.0) * 2.0**-100
    try:
        slope = f(complex(x, t)).imag / t
        again = f(complex(x, t / 4)).imag / (t / 4)
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
    """A function that is constant between its jumps, at the integers plus `jump`."""
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
    """Up to a constant, which has no slope."""
    return cmath.atan(y / x) if abs(x) > abs(y) else -cmath.atan(x / y)


def _angle(x: complex) -> float:
    """That of x or -x to the real line, infinitesimal."""
    angle = x.imag / x.real
    if abs(angle) < 2.0**-1000:
        raise NotAnalytic
    return angle


def _pow(x: complex, y: complex) -> complex:
    """Its imaginary part, to first order in that of one operand."""
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
    if rest == 0.0 or not math.isfinite(rest):
        raise NotAnalytic
    return chain(rest, (x, 1.0), (y, -float(round((real(x) - rest) / real(y)))))


def _divide(x: Any, y: Any) -> Any:
    quotient = libm.div(real(x), real(y))
    return chain(quotient, (x, libm.div(1.0, real(y))), (y, -libm.div(quotient, real(y))))


def _refused(*_: Any) -> Any:
    raise NotAnalytic


_SAME_IN_CMATH = ("exp", "log", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
                  "asinh", "acosh", "atanh")  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(libm.FUNCTIONS, _refused),  # which leaves erf and erfc: cmath has neither
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


def _logsumexp(x: Sequence[Any]) -> Any:
    largest = max(real(item) for item in x[1:])
    return _FUNCTIONS["log"](sum((_FUNCTIONS["exp"](item - largest) for item in x[1:]), Dual(0.0)))


# Where the row's own form compares or rounds its operands to keep digits, a plainer one does: only slopes are needed.
_PLAIN: dict[str, Callable[..., Any]] = {
    "exp_sub": lambda x, y: _FUNCTIONS["exp"](x - y),
    "logaddexp": lambda x, y: _logsumexp((0.0, x, y)),
    "floordiv": lambda x, y: _FUNCTIONS["floor"](_divide(x, y)),
    "sum": lambda *x: sum(x, Dual(0.0)),
    "dot": lambda *x: sum((x[k] * x[k + 1] for k in range(0, len(x), 2)), Dual(0.0)),
    "max": lambda *x: max(x) if len({real(item) for item in x}) == len(x) else _refused(),
    "min": lambda *x: min(x) if len({real(item) for item in x}) == len(x) else _refused(),
    "logsumexp": lambda *x: _logsumexp(x),
}


class Recording:
    """What a function recorded: its operations, in order, from its leaves to its result.

    >>> from scalargrad import Value
    >>> x = Value(3.0)
    >>> recording = Recording(x * x + 1)
    >>> recording.replay({id(x): 4.0})
    17.0
    >>> recording.slope(x)[0]
    6.0
    """

    def __init__(self, root: Any) -> None:
        self._nodes: list[tuple[Any, Any, int, list[Any]]] = []  # key, node, opcode, operands' keys or floats
        self.leaves: dict[int, Any] = {}
        self.root = self._enter(root)
        pending, seen = [(root, False)], set()
        while pending:
            node, ready = pending.pop()
            key = self._enter(node)
            if isinstance(key, int) or (key in seen and not ready):
                continue
            seen.add(key)
            found = core.operands(node)
            if ready:
                operands = [x if isinstance(x, float) else self._enter(x) for x in found]
                self._nodes.append((key, node, core.opcode(node), operands))
            else:
                pending.append((node, True))
                pending.extend((x, False) for x in found if isinstance(x, core.Node) and core.key(x) not in seen)

    def _enter(self, node: Any) -> Any:
        """What tells a node from every other: for a leaf its id, which `leaves` keeps valid."""
        key = core.key(node)
        if key is not None:
            return key
        self.leaves[id(node)] = node
        return id(node)

    def interior(self) -> list[Any]:
        """The nodes that operations made."""
        return [node for _, node, _, _ in self._nodes]

    def _run(self, numbers: Mapping[int, Any], apply: Callable[[int, list[Any], float], Any]) -> Any:
        result: dict[Any, Any] = {key: numbers.get(key, leaf.data) for key, leaf in self.leaves.items()}
        for key, node, opcode, operands in self._nodes:
            read = [x if isinstance(x, float) else result[x] for x in operands]
            result[key] = apply(opcode, read, node.data)
        return result[self.root]

    def replay(self, numbers: Mapping[int, float]) -> float:
        """The result for other numbers of the leaves, by id: to the bit what recording on them would give."""
        return self._run(numbers, _value)  # type: ignore[no-any-return]

    def slope(self, leaf: Any) -> tuple[float, float]:
        """The derivative by one leaf, and a bound of its error and the engine's. Raises `NotAnalytic`."""
        result = self._run({id(leaf): Dual(leaf.data, 1.0)}, _dual)
        slope, error = (result.slope, result.error) if isinstance(result, Dual) else (0.0, 0.0)
        if not (math.isfinite(slope) and math.isfinite(error)):
            raise NotAnalytic
        return slope, error


def _value(opcode: int, operands: list[float], _: float) -> float:
    function = evaluate.VALUE[opcode]
    return reductions.value(opcode, operands) if function is None else function(*operands)


def _dual(opcode: int, operands: list[Any], value: float) -> Any:
    if not any(isinstance(x, Dual) for x in operands):
        return value
    name = ops.NAMES[opcode]
    result = (_PLAIN.get(name) or _rows[f"value_{name}"])(*operands)
    return Dual(value, result.slope, result.error) if isinstance(result, Dual) else value
