"""Arithmetic on arrays: operators and functions element by element, comparisons, and products."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeVar

from scalargrad import convert, core
from scalargrad.arrays import reading, view
from scalargrad.arrays.base import Array, of_shape, of_view
from scalargrad.errors import ShapeError
from scalargrad.table import ops

A = TypeVar("A", bound="Arithmetic")
_CODE = ops.OPCODE
# numpy's names of functions, where ours is another
_UFUNCS = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "floor_divide": "floordiv",
    "negative": "neg", "power": "pow", "float_power": "pow", "arctan2": "atan2", "absolute": "abs", "fabs": "abs",
    "rint": "round", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge", "equal": "eq",
    "not_equal": "ne", **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
}  # fmt: skip
_COMPARED = ("lt", "le", "gt", "ge", "eq", "ne")


def _function(name: str) -> Callable[..., Any]:
    """The method for a row of the table."""

    code = _CODE[name]

    def method(self: Any, *others: Any) -> Any:
        return elementwise(code, self, *others)

    method.__name__, method.__qualname__ = name, f"Arithmetic.{name}"
    method.__doc__ = f"`scalargrad.{name}` of each element."
    return method


def _operators(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """An operator and its reflection."""
    code = _CODE[name]
    return lambda self, other: elementwise(code, self, other), lambda self, other: elementwise(code, other, self)


def _comparison(name: str) -> Callable[..., Any]:
    return lambda self, other: _compare(name, self, other)


class Arithmetic(Array):
    """An array that can be computed with."""

    __slots__ = ()

    __add__, __radd__ = _operators("add")
    __sub__, __rsub__ = _operators("sub")
    __mul__, __rmul__ = _operators("mul")
    __truediv__, __rtruediv__ = _operators("div")
    __floordiv__, __rfloordiv__ = _operators("floordiv")
    __mod__, __rmod__ = _operators("remainder")
    __lt__, __le__, __gt__, __ge__, __eq__, __ne__ = (_comparison(name) for name in _COMPARED)

    # --- arithmetic

    def __matmul__(self, other: Any) -> Any:
        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return matmul(other, self)

    def __pow__(self, exponent: Any) -> Any:
        if not isinstance(exponent, (Array, core.Node)) and not reading.is_data(exponent) and exponent == 2:
            return elementwise(_CODE["square"], self)
        return elementwise(_CODE["pow"], self, exponent)

    def __rpow__(self, base: Any) -> Any:
        return elementwise(_CODE["pow"], base, self)

    def __neg__(self: A) -> A:
        return elementwise(_CODE["neg"], self)  # type: ignore[no-any-return]

    def __pos__(self: A) -> A:
        return self

    def __abs__(self: A) -> A:
        return elementwise(_CODE["abs"], self)  # type: ignore[no-any-return]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        name = _UFUNCS.get(ufunc.__name__, ufunc.__name__)
        if method != "__call__" or kwargs:
            return NotImplemented
        if name == "matmul":
            return matmul(*inputs)
        if name in _COMPARED:
            return _compare(name, *inputs)
        return elementwise(_CODE[name], *inputs) if name in _CODE else NotImplemented

    exp, exp2, expm1, log, log1p, log2, log10 = map(
        _function, ["exp", "exp2", "expm1", "log", "log1p", "log2", "log10"]
    )
    sqrt, cbrt, square, sin, cos, tan = map(_function, ["sqrt", "cbrt", "square", "sin", "cos", "tan"])
    asin, acos, atan, sinh, cosh, tanh = map(_function, ["asin", "acos", "atan", "sinh", "cosh", "tanh"])
    asinh, acosh, atanh, erf, erfc = map(_function, ["asinh", "acosh", "atanh", "erf", "erfc"])
    sigmoid, log_sigmoid, softplus, silu, relu = map(_function, ["sigmoid", "log_sigmoid", "softplus", "silu", "relu"])
    abs, sign, floor, ceil, trunc, round = map(_function, ["abs", "sign", "floor", "ceil", "trunc", "round"])
    atan2, hypot, logaddexp, copysign = map(_function, ["atan2", "hypot", "logaddexp", "copysign"])
    fmod, remainder, maximum, minimum = map(_function, ["fmod", "remainder", "maximum", "minimum"])

    def clip(self, lo: Any, hi: Any) -> Any:
        """`scalargrad.clip` of each element."""
        return elementwise(_CODE["clip"], self, lo, hi)

    def where(self, x: Any, y: Any) -> Any:
        """`scalargrad.where` with these elements as conditions."""
        return elementwise(_CODE["where"], self, x, y)

    def leaky_relu(self, slope: Any = 0.01) -> Any:
        """`scalargrad.leaky_relu` of each element."""
        return elementwise(_CODE["leaky_relu"], self, slope)

    def elu(self, alpha: Any = 1.0) -> Any:
        """`scalargrad.elu` of each element."""
        return elementwise(_CODE["elu"], self, alpha)

    def pow(self, exponent: Any) -> Any:
        """`scalargrad.pow` of each element."""
        return self**exponent


def as_array(x: Any) -> Any:
    """An operand as an array: data become constants, a number or a Value a `Scalar`. None for anything else."""
    if isinstance(x, Array):
        return x
    if isinstance(x, (float, core.Node)):
        return of_shape(core.block((x,)), (), False)
    numbers = reading.plain_bytes(x)
    if numbers is not None:
        return of_shape(core.doubles(numbers, False), x.shape, True)
    if reading.is_data(x):
        return of_shape(*reading.read(x, (1, 2), "an operand", False))
    number = convert.number(x)
    return None if number is NotImplemented else of_shape(core.block((number,)), (), False)


def elementwise(opcode: int, *operands: Any) -> Any:
    """A primitive of arrays, data, Values and numbers, element by element; shapes broadcast. Raises `ShapeError`."""
    if len(operands) == 1 and isinstance(operands[0], Array):
        x = operands[0]
        return of_view(x.ndim, core.elementwise(opcode, x._view), x.of_numpy)
    ndim, of_numpy = 0, False
    arrays: list[Any] = []
    for x in operands:
        if not isinstance(x, Array):
            x = as_array(x)
            if x is None:
                return NotImplemented
        arrays.append(x)
        ndim, of_numpy = x.ndim if x.ndim > ndim else ndim, of_numpy or x.of_numpy
    try:
        found = core.elementwise(opcode, *[x._view for x in arrays])
    except ValueError:
        reading.common_shape(arrays, ops.NAMES[opcode])
        raise
    return of_view(ndim, found, of_numpy)


def matmul(left: Any, right: Any) -> Any:
    """The product of matrices and vectors: Matrix @ Matrix, Matrix @ Vector, Vector @ Matrix, or the dot product of two
    Vectors, a Value. Sums go from left to right. Raises `ShapeError` when the inner lengths differ."""
    a, b = as_array(left), as_array(right)
    if a is None or b is None or not a.ndim or not b.ndim:
        if not isinstance(left, Array) and not isinstance(right, Array):
            raise ShapeError(
                f"a product needs vectors or matrices, got {type(left).__name__} and {type(right).__name__}"
            )
        return NotImplemented
    return affine(a, b, None)


def affine(a: Array, b: Array, bias: Array | None) -> Any:
    """a @ b + bias, the bias first in each sum: a Matrix, a Vector where a or b is one, a Value where both are."""
    try:
        found = core.product(a._view, b._view if b.ndim == 2 else b._view.T, None if bias is None else bias._view)
    except ValueError:
        if a.shape[-1:] != b.shape[:1]:
            raise ShapeError(
                f"a product needs inner lengths that are equal; got shapes {a.shape} and {b.shape}"
            ) from None
        if bias is not None:
            message = f"a bias of shape {bias.shape} does not fit a product of shapes {a.shape} and {b.shape}"
            raise ShapeError(message) from None
        raise
    if a.ndim == b.ndim == 2:
        return of_view(2, found, a.of_numpy or b.of_numpy)
    if a.ndim == b.ndim:
        return view.item(found)
    return of_view(1, found if a.ndim == 1 else found.T, a.of_numpy or b.of_numpy)


def _compare(name: str, left: Any, right: Any) -> Any:
    """The comparison of the numbers: (nested) lists of bools."""
    a, b = as_array(left), as_array(right)
    if a is None or b is None:
        return NotImplemented
    rows, columns = reading.common_shape((a, b), f"the comparison {name}")
    compare: Callable[[float, float], bool] = getattr(operator, name)
    numbers = [view.numbers(view.broadcast(x._view, rows, columns)) for x in (a, b)]
    flags = [compare(p, q) for p, q in zip(*numbers)]
    return reading.nest(flags, (rows, columns) if max(a.ndim, b.ndim) == 2 else (columns,))


def _lift(opcode: int, operands: tuple[Any, ...]) -> Any:
    """Lets the functions of numbers take arrays."""
    return elementwise(opcode, *operands) if any(isinstance(x, Array) for x in operands) else NotImplemented


convert.define_arrays(_lift)
