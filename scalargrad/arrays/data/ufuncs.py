"""numpy's ufuncs on a Value. numpy asks the Value, by its method `__array_ufunc__`.

Of numbers and Values the result is that of Python's operator or of our function. With an array it is numpy's own, an
object array, as if the Value stood in one; a table goes through our function, which keeps its labels. What numpy would
convert to plain numbers, in place or by `ufunc.at`, raises.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy

from scalargrad import convert, core, functions
from scalargrad.arrays.base import Array
from scalargrad.arrays.data import lifting, tested
from scalargrad.errors import NumberError
from scalargrad.table import ops


def _but_nan(choose: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The choice, or the other operand where one is nan."""
    where, isnan = functions.where, tested.isnan
    return lambda x, y: where(isnan(x), y, where(isnan(y), x, choose(x, y)))


def _logical(test: Callable[[bool, bool], bool]) -> Callable[[Any, Any], bool]:
    return lambda x, y: test(bool(x), bool(y))


_RULES: dict[str, Callable[..., Any]] = {
    **{name: getattr(functions, name) for name in functions.__all__},
    **{name: getattr(functions, row) for name, row in ops.NUMPY.items() if hasattr(functions, row)},
    **{name: getattr(tested, name) for name in ("isnan", "isinf", "isfinite")},
    "positive": operator.pos, "negative": operator.neg, "conjugate": operator.pos,
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "floor_divide": operator.floordiv, "remainder": operator.mod, "divmod": divmod,
    "power": operator.pow, "float_power": operator.pow,
    "less": operator.lt, "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge,
    "equal": operator.eq, "not_equal": operator.ne,
    "logical_not": operator.not_, "logical_and": _logical(operator.and_), "logical_or": _logical(operator.or_),
    "logical_xor": _logical(operator.xor),
    "radians": lambda x: x * (math.pi / 180.0), "degrees": lambda x: x * (180.0 / math.pi),
    "deg2rad": lambda x: x * (math.pi / 180.0), "rad2deg": lambda x: x * (180.0 / math.pi),
    "reciprocal": lambda x: 1.0 / x, "fmax": _but_nan(functions.maximum), "fmin": _but_nan(functions.minimum),
    "signbit": lambda x: math.copysign(1.0, x.data) < 0,
}  # fmt: skip
_OF_INTS = {"gcd", "lcm", "bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"}
_OF_INTS |= {"bitwise_count"}
_UFUNCS = {found for found in vars(numpy).values() if isinstance(found, numpy.ufunc)}
_BY_UFUNC = {found: _RULES[found.__name__] for found in _UFUNCS if found.__name__ in _RULES}
# those that numpy applies to the objects in an array
_OF_OBJECTS = {
    found for found in _UFUNCS if found.__name__ not in _OF_INTS and any("O" in kind for kind in found.types)
}
_OWN = {core.Node, float, int, bool}
_EMPTY = numpy.empty((), object)


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """What `ufunc.method(*inputs, **options)` is, where a Value is among the inputs or is the output."""
    if method == "__call__" and not options:
        if len(inputs) == 1:
            if ufunc in _BY_UFUNC:
                return _BY_UFUNC[ufunc](self)
        elif len(inputs) == 2:
            x, y = inputs
            other = y if x is self else x
            kind = type(other)
            if kind is numpy.ndarray and other.ndim:
                if ufunc in _OF_OBJECTS:
                    box = _EMPTY.copy()
                    box[()] = self
                    return ufunc(box, y) if x is self else ufunc(x, box)
            elif ufunc in _BY_UFUNC:
                if kind not in _OWN:
                    other = float(other) if kind is numpy.float64 else _number(other)
                if other is not None:
                    return _BY_UFUNC[ufunc](self, other) if x is self else _BY_UFUNC[ufunc](other, self)
    return _other(ufunc, method, inputs, options)


def _number(x: Any) -> Any:
    """A Value, or the float of a number of numpy's; the object in an array of no dimension. None for anything else."""
    if isinstance(x, core.Node):
        return x
    if isinstance(x, numpy.ndarray) and x.dtype.kind == "O":
        return x.item()
    return convert.number(x) if isinstance(x, (numpy.generic, numpy.ndarray)) else None


def _other(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """All that is rare."""
    if any(isinstance(x, Array) for x in inputs):
        return NotImplemented
    name: str = ufunc.__name__
    if method == "at" or any(map(_is_numeric, options.get("out", ()))):
        raise NumberError(
            f"np.{name}{'.at' * (method == 'at')} would put a Value into an array of numbers: write a new array,"
            f" a = a {'+' if name == 'add' else '*'} v, or make it one of objects before, a.astype(object)"
        )
    plain = method == "__call__" and not options
    opcode = ops.OPCODE.get(ops.NUMPY.get(name, name))
    if plain and opcode is not None and (ufunc not in _OF_OBJECTS or any(map(_is_table, inputs))):
        return lifting.lift(opcode, inputs)
    if plain and name in ("isnan", "isinf", "isfinite"):
        return _RULES[name](*inputs)
    if ufunc not in _OF_OBJECTS or any(map(_is_table, inputs)):
        raise NumberError(
            f"np.{name} has no rule for Values: write it by functions of scalargrad, or take the numbers, v.data or"
            " x.numpy(), through which no gradient passes"
        )
    return getattr(ufunc, method)(*map(_boxed, inputs), **options)


def _is_numeric(x: Any) -> bool:
    return getattr(getattr(x, "dtype", None), "kind", "O") != "O"


def _boxed(x: Any) -> Any:
    """A Value in an array of no dimension, which numpy asks no more."""
    if not isinstance(x, core.Node):
        return x
    box = _EMPTY.copy()
    box[()] = x
    return box


def _is_table(x: Any) -> bool:
    return hasattr(x, "index") and hasattr(x, "__array__")
