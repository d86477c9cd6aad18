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
from scalargrad.arrays.numpy.rules import refuse_out
from scalargrad.arrays.reductions import is_double
from scalargrad.errors import DispatchError, KeywordError, NumberError, ShapeError
from scalargrad.table import ops

# scipy's ufuncs that are functions of ours by another name.
BY_OURS = {"expit": "write sg.sigmoid(x)", "log_expit": "write sg.log_sigmoid(x)"}


def _but_nan(choose: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The choice, or the other operand where one is nan."""

    def chosen(x: Any, y: Any) -> Any:
        found = choose(x, y)
        for one, other in ((x, y), (y, x)):
            if numpy.any(flags := tested.isnan(one)):
                found = functions.where(flags, other, found)
        return found

    return chosen


def _logical(test: Callable[[bool, bool], bool]) -> Callable[[Any, Any], bool]:
    return lambda x, y: test(bool(x), bool(y))


RULES: dict[str, Callable[..., Any]] = {  # arrays have some of these too
    **{name: getattr(functions, name) for name in functions.__all__},
    **{name: getattr(functions, row) for name, row in ops.NUMPY.items() if hasattr(functions, row)},
    **{name: getattr(tested, name) for name in ("isnan", "isinf", "isfinite")},
    "positive": operator.pos, "negative": operator.neg, "conjugate": operator.pos,
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "floor_divide": operator.floordiv, "remainder": operator.mod, "divmod": lambda x, y: (x // y, x % y),
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
_BY_UFUNC = {found: RULES[found.__name__] for found in _UFUNCS if found.__name__ in RULES}
# those that numpy applies to the objects in an array
_OF_OBJECTS = {
    found for found in _UFUNCS if found.__name__ not in _OF_INTS and any("O" in kind for kind in found.types)
}
# Of these, those whose loop over objects applies Python's operators: the others compare, or look for methods.
_BY_OPERATOR = {
    found
    for found in _OF_OBJECTS
    if getattr(RULES.get(found.__name__), "__module__", "") == "_operator" and not found.__name__.startswith("logical")
}
_OWN = {core.Node, float, int, bool}
_HARMLESS: Any = {"out": None, "where": True, "casting": "same_kind", "order": "K", "subok": True}
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
                if ufunc in _BY_OPERATOR:
                    box = _EMPTY.copy()
                    box[()] = self
                    try:
                        return ufunc(box, y) if x is self else ufunc(x, box)
                    except TypeError:
                        if other.dtype.kind in "mMSUVT":  # dates, texts and records have no loop with objects
                            convert.refuse(other)
                        raise
            elif ufunc in _BY_UFUNC:
                if kind not in _OWN:
                    other = float(other) if kind is numpy.float64 else _number(other)
                if other is not None:
                    return _BY_UFUNC[ufunc](self, other) if x is self else _BY_UFUNC[ufunc](other, self)
    return _other(ufunc, method, inputs, options)


def named(full: str) -> str:
    """What a ufunc is called in messages: others than numpy's, such as scipy's, have their own name alone."""
    return f"np.{full}" if hasattr(numpy, full.split(".")[0]) else full


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
    for out in filter(_is_numeric, options.get("out", ())):
        refuse_out(name, out)
    if method == "at":
        raise DispatchError(
            f"np.{name}.at would put a Value into an array in place: write a new array, a = a + v, by np.where for some"
            " places"
        )
    if ufunc.signature:
        raise ShapeError(f"np.{name} needs vectors or matrices, got a Value, which is a number: write x * v")
    if is_double(options.get("dtype")):  # the numbers of Values are doubles
        options = {k: x for k, x in options.items() if k != "dtype" and x is not _HARMLESS.get(k, _HARMLESS)}
    rule = RULES.get(name)
    if method == "__call__" and not options and rule is not None:
        tables, given = any(map(_is_table, inputs)), [_as_data(x) for x in inputs]
        opcode = ops.OPCODE.get(ops.NUMPY.get(name, name))
        if tables and opcode is not None:
            return lifting.lift(opcode, inputs)
        if not any(getattr(x, "ndim", 0) for x in given):
            return rule(*(x.item() if isinstance(x, numpy.ndarray) and x.dtype == object else x for x in given))
        if name.startswith("logical"):
            return ufunc(*(bool(x) if isinstance(x, core.Node) else numpy.asarray(x, bool) for x in given))
        if not tables and ufunc not in _BY_OPERATOR:
            return rule(*given)
    if method == "outer" and not options and ufunc not in _BY_OPERATOR:
        x, y = (z if isinstance(z, core.Node) else numpy.asarray(z) for z in inputs)
        return ufunc(x if isinstance(x, core.Node) else x.reshape(x.shape + (1,) * getattr(y, "ndim", 0)), y)
    for option in options.keys() & {"dtype", "where"}:
        if options[option] is not object:
            raise KeywordError(f"np.{name} of Values takes no {option}=: leave it out, and choose by sg.where")
    if ufunc not in _OF_OBJECTS or any(map(_is_table, inputs)):
        raise NumberError(
            f"{named(name)} has no rule for Values: {BY_OURS.get(name, 'write it by functions of scalargrad')}, or take"
            " the numbers, v.data or x.numpy(), through which no gradient passes"
        )
    return getattr(ufunc, method)(*map(_boxed, inputs), **options)


def _as_data(x: Any) -> Any:
    """numpy's array of a list or tuple."""
    return numpy.asarray(x) if isinstance(x, (list, tuple)) else x


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
