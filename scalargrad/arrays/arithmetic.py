"""Arithmetic on arrays: operators and functions element by element, products, and reductions along an axis."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Callable
from typing import Any

from scalargrad import convert, core
from scalargrad.arrays import bulk, reading, reductions
from scalargrad.arrays.base import Elements, define_kind, made, view
from scalargrad.arrays.bulk import Numbers
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.table import ops

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


class Arithmetic(Elements):
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
        if not isinstance(exponent, (Elements, core.Node)) and not reading.is_data(exponent) and exponent == 2:
            return elementwise(_CODE["square"], self)
        return elementwise(_CODE["pow"], self, exponent)

    def __rpow__(self, base: Any) -> Any:
        return elementwise(_CODE["pow"], base, self)

    def __neg__(self) -> Any:
        return elementwise(_CODE["neg"], self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return elementwise(_CODE["abs"], self)

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

    # --- reductions

    def _along(self, axis: int | None) -> tuple[int, int, Numbers]:
        """The rows, columns and numbers of the array whose rows are to be reduced."""
        if axis is None or (self.ndim == 1 and axis in (0, -1)):
            return 1, self.size, self._flat()
        if self.ndim == 2 and axis in (1, -1):
            return self._rows, self._columns, self._numbers()
        if self.ndim == 2 and axis in (0, -2):
            return self._columns, self._rows, (self._block, self._offset, self._column, self._row)
        raise ArgumentError(f"an array of {self.ndim} dimensions has no axis {axis}")

    def _fold(self, name: str, axis: int | None, empty: float | None) -> Any:
        rows, columns, numbers = self._along(axis)
        if columns == 0 and empty is None:
            raise ArgumentError(f"{name} of nothing has no value: the shape is {self.shape}, the axis {axis}")
        if columns == 0:
            block = core.doubles(array("d", [empty or 0.0] * rows).tobytes(), True)
        else:
            block = bulk.fold(_CODE[name], rows, columns, numbers)
        return self._reduced(block, axis, rows)

    def _reduced(self, block: Any, axis: int | None, rows: int) -> Any:
        if axis is None or self.ndim == 1:
            return core.item(block, 0)
        return made(1, block, 1, rows, self._numpy)

    def sum(self, axis: int | None = None) -> Any:
        """The sum of all elements (a Value), or along an axis (a Vector): see `scalargrad.sum`."""
        return self._fold("sum", axis, 0.0)

    def mean(self, axis: int | None = None) -> Any:
        """The sum divided by the count. Raises `ArgumentError` when there is nothing."""
        count = self._along(axis)[1]
        if not count:
            raise ArgumentError(f"mean of nothing has no value: the shape is {self.shape}, the axis {axis}")
        return self.sum(axis) / count

    def max(self, axis: int | None = None) -> Any:
        """The largest; a k-way tie gives each 1/k."""
        return self._fold("max", axis, None)

    def min(self, axis: int | None = None) -> Any:
        """The smallest; a k-way tie gives each 1/k."""
        return self._fold("min", axis, None)

    def prod(self, axis: int | None = None) -> Any:
        """The product, left to right."""
        return self._each_row(reductions.prod, axis)

    def norm(self, axis: int | None = None) -> Any:
        """The Euclidean norm, without overflow."""
        return self._each_row(reductions.norm, axis)

    def _each_row(self, function: Callable[[list[Any]], Any], axis: int | None) -> Any:
        rows, columns, numbers = self._along(axis)
        each = bulk.items(numbers, rows, columns)
        results = [function(each[r * columns : (r + 1) * columns]) for r in range(rows)]
        return self._reduced(reading.from_items(results, not columns), axis, rows)  # of nothing: leaves, as sums

    def logsumexp(self, axis: int | None = None) -> Any:
        """log(exp(x1) + ... + exp(xn)) without overflow."""
        rows, columns, numbers = self._along(axis)
        if not columns:
            raise ArgumentError(f"logsumexp of nothing has no value: the shape is {self.shape}, the axis {axis}")
        zeros = core.doubles(bytes(8), False)
        return self._reduced(bulk.fold(_CODE["logsumexp"], rows, columns, numbers, (zeros, 0, 0, 0)), axis, rows)

    def softmax(self, axis: int = -1) -> Any:
        """exp(x) / sum(exp(x)) along an axis: an array of the same shape."""
        return self._normalised(axis, _softmax)

    def log_softmax(self, axis: int = -1) -> Any:
        """x - logsumexp(x) along an axis: an array of the same shape."""
        return self._normalised(axis, _log_softmax)

    def _normalised(self, axis: int, function: Callable[[int, int, Numbers], Any]) -> Any:
        rows, columns, numbers = self._along(axis)
        if not columns:
            raise ArgumentError(f"softmax of nothing has no value: the shape is {self.shape}, the axis {axis}")
        block = function(rows, columns, numbers)
        if self.ndim == 2 and axis in (0, -2):
            return view(2, block, 0, 1, columns, columns, rows, self._numpy)
        return made(self.ndim, block, rows, columns, self._numpy)


def _softmax(rows: int, columns: int, numbers: Numbers) -> Any:
    """As `reductions.softmax`, row by row."""
    largest = bulk.fold_constant(_CODE["max"], rows, columns, numbers)
    weights = bulk.elementwise(_CODE["exp_sub"], rows, columns, numbers, (largest, 0, 1, 0))
    totals = bulk.fold(_CODE["sum"], rows, columns, (weights, 0, columns, 1))
    return bulk.elementwise(_CODE["div"], rows, columns, (weights, 0, columns, 1), (totals, 0, 1, 0))


def _log_softmax(rows: int, columns: int, numbers: Numbers) -> Any:
    """As `reductions.log_softmax`, row by row."""
    largest = bulk.fold_constant(_CODE["max"], rows, columns, numbers)
    totals = bulk.fold(_CODE["logsumexp"], rows, columns, numbers, (largest, 0, 1, 0))
    shifted = bulk.elementwise(_CODE["sub"], rows, columns, numbers, (largest, 0, 1, 0))
    return bulk.elementwise(_CODE["sub"], rows, columns, (shifted, 0, columns, 1), (totals, 0, 1, 0))


class _Scalar(Elements):
    """A number among arrays."""

    __slots__ = ()

    @property
    def shape(self) -> tuple[int, ...]:
        return ()


define_kind(0, _Scalar)


def operand(x: Any) -> Any:
    """An operand as an array: data become constants, a number or Value one element of no dimension."""
    if isinstance(x, Elements):
        return x
    if isinstance(x, (float, core.Node)):
        return made(0, core.block((x,)), 1, 1, False)
    numbers = reading.plain_bytes(x)
    if numbers is not None:
        return made(x.ndim, core.doubles(numbers, False), x.shape[0] if x.ndim == 2 else 1, x.shape[-1], True)
    if reading.is_data(x):
        block, shape, of_numpy = reading.read(x, (1, 2), "an operand", False)
        return made(len(shape), block, shape[0] if len(shape) == 2 else 1, shape[-1], of_numpy)
    number = convert.number(x)
    return None if number is NotImplemented else made(0, core.block((number,)), 1, 1, False)


def elementwise(opcode: int, *operands: Any) -> Any:
    """A primitive of arrays, data, Values and numbers, element by element; shapes broadcast. Raises `ShapeError`."""
    rows = columns = 1
    dimensions, of_numpy = 0, False
    arrays: list[Any] = []
    numbers: list[Any] = []
    for x in operands:
        x = x if isinstance(x, Elements) else operand(x)
        if x is None:
            return NotImplemented
        if x.ndim > dimensions:
            dimensions = x.ndim
        if x._rows != rows or x._columns != columns:
            shapes = [a.shape for a in (*arrays, x) if a.ndim]
            rows, columns = reading.broadcast((rows, columns), (x._rows, x._columns), ops.NAMES[opcode], shapes)
        of_numpy = of_numpy or x._numpy
        arrays.append(x)
    for x in arrays:
        numbers += [x._block, x._offset, x._row if x._rows == rows else 0, x._column if x._columns == columns else 0]
    block = core.elementwise_in_bulk(opcode, rows, columns, *numbers)
    if block is None:
        block = bulk.each(opcode, rows, columns, *[x._numbers(rows, columns) for x in arrays])
    return made(dimensions, block, rows, columns, of_numpy)


def matmul(left: Any, right: Any) -> Any:
    """The product of matrices and vectors: Matrix @ Matrix, Matrix @ Vector, Vector @ Matrix, or the dot product of two
    Vectors, a Value. Sums go from left to right. Raises `ShapeError` when the inner lengths differ."""
    a, b = operand(left), operand(right)
    if a is None or b is None or not a.ndim or not b.ndim:
        if not isinstance(left, Elements) and not isinstance(right, Elements):
            raise ShapeError(
                f"a product needs vectors or matrices, got {type(left).__name__} and {type(right).__name__}"
            )
        return NotImplemented
    return affine(a, b, None)


def affine(a: Any, b: Any, bias: Any) -> Any:
    """a @ b + bias, the bias first in each sum: a Matrix, a Vector where a or b is one, a Value where both are."""
    if b.ndim == 1:  # a column
        inner, columns, right = b._columns, 1, (b._block, b._offset, b._column, 0)
    else:
        inner, columns, right = b._rows, b._columns, (b._block, b._offset, b._row, b._column)
    if a._columns != inner:
        raise ShapeError(f"a product needs inner lengths that are equal; got shapes {a.shape} and {b.shape}")
    first = None if bias is None else (bias._block, bias._offset, 0, bias._column)
    rows = a._rows
    block = bulk.product(rows, inner, columns, (a._block, a._offset, a._row, a._column), right, first)
    if a.ndim == 1 and b.ndim == 1:
        return core.item(block, 0)
    of_numpy = a._numpy or b._numpy
    if a.ndim == 2 and b.ndim == 2:
        return view(2, block, 0, columns, 1, rows, columns, of_numpy)
    return view(1, block, 0, 0, 1, 1, rows * columns, of_numpy)


def _compare(name: str, left: Any, right: Any) -> Any:
    """The comparison of the numbers: (nested) lists of bools."""
    a, b = operand(left), operand(right)
    if a is None or b is None:
        return NotImplemented
    rows, columns = reading.broadcast(
        (a._rows, a._columns), (b._rows, b._columns), f"the comparison {name}", [x.shape for x in (a, b) if x.shape]
    )
    compare: Callable[[float, float], bool] = getattr(operator, name)
    numbers = [array("d", core.numbers(*x._numbers(rows, columns), rows, columns)) for x in (a, b)]
    flags = [compare(x, y) for x, y in zip(*numbers)]
    return reading.nest(flags, (rows, columns) if max(a.ndim, b.ndim) == 2 else (columns,))


def _lift(opcode: int, operands: tuple[Any, ...]) -> Any:
    """Lets the functions of numbers take arrays."""
    return elementwise(opcode, *operands) if any(isinstance(x, Elements) for x in operands) else NotImplemented


convert.define_arrays(_lift)
