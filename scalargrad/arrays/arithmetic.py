"""Arithmetic on arrays: operators and functions element by element, comparisons, and products."""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeVar, overload

from scalargrad import convert, core
from scalargrad.arrays import reading, view
from scalargrad.arrays.base import Array, mask_of, of_shape, of_view
from scalargrad.core import whole
from scalargrad.errors import NumberError, ShapeError
from scalargrad.table import faces, ops

if TYPE_CHECKING:
    from scalargrad.arrays.types import Matrix, Vector
    from scalargrad.functions import Flat, Foreign, Rows
    from scalargrad.value import Value

A = TypeVar("A", bound="Arithmetic")
_CODE = ops.OPCODE
_POW, _WHERE = ops.OPCODE["pow"], ops.OPCODE["where"]
_PLAIN = (float, int)
_TWO, _SQUARE = ops.SHORTCUTS[_POW]
COMPARED = ("lt", "le", "gt", "ge", "eq", "ne")


def _operators(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """An operator and its reflection."""
    code = _CODE[name]

    def operator(self: Any, other: Any) -> Any:
        if type(other) is float:
            return of_view(self.ndim, core.elementwise(code, self._view, other), self.of_numpy)
        return elementwise(code, self, other)

    def reflection(self: Any, other: Any) -> Any:
        if type(other) is float:
            return of_view(self.ndim, core.elementwise(code, other, self._view), self.of_numpy)
        return elementwise(code, other, self)

    return operator, reflection


def _comparison(name: str) -> Callable[..., Any]:
    return lambda self, other: compared(name, self, other)


class Arithmetic(Array):
    """An array with arithmetic operators, comparisons and element-wise methods."""

    __slots__ = ()

    __add__, __radd__ = _operators("add")
    __sub__, __rsub__ = _operators("sub")
    __mul__, __rmul__ = _operators("mul")
    __truediv__, __rtruediv__ = _operators("div")
    __floordiv__, __rfloordiv__ = _operators("floordiv")
    __mod__, __rmod__ = _operators("remainder")
    __lt__, __le__, __gt__, __ge__, __eq__, __ne__ = (_comparison(name) for name in COMPARED)

    def __contains__(self, x: Any) -> bool:
        """Whether any element equals x, as in numpy."""
        found: Any = self == x
        return found if isinstance(found, bool) else bool(found.any())

    # --- arithmetic

    def __matmul__(self, other: Any) -> Value | Vector | Matrix:
        return product(self, other)  # type: ignore[no-any-return]

    def __rmatmul__(self, other: Any) -> Value | Vector | Matrix:
        return product(other, self)  # type: ignore[no-any-return]

    def __pow__(self, exponent: Any) -> Vector | Matrix:
        return power(self, exponent)  # type: ignore[no-any-return]

    def __rpow__(self, base: Any) -> Vector | Matrix:
        return elementwise(_POW, base, self)  # type: ignore[no-any-return]

    def __neg__(self: A) -> A:
        return elementwise(_CODE["neg"], self)  # type: ignore[no-any-return]

    def __pos__(self: A) -> A:
        return self

    def __abs__(self: A) -> A:
        return elementwise(_CODE["abs"], self)  # type: ignore[no-any-return]


def power(x: Any, y: Any) -> Any:
    """x**y; by the table's shortcut, x**2 is x*x."""
    if type(y) not in _PLAIN and (isinstance(y, (Array, core.Node)) or reading.is_data(y)):
        return elementwise(_POW, x, y)
    if convert.number(y) == _TWO:
        return elementwise(_SQUARE, x)
    return elementwise(_POW, x, y)


def as_array(x: Any) -> Any:
    """Returns an operand as an array: data as constants, a number or a Value as a `Scalar`. None for anything else."""
    if isinstance(x, Array):
        return x
    if isinstance(x, (float, core.Node)):
        return of_shape(core.block((x,)), (), False)
    numbers = reading.plain_bytes(x)
    if numbers is not None:
        return of_shape(core.doubles(numbers, False), x.shape, True)
    if reading.is_data(x):
        return of_shape(*reading.read(x, (1, 2), "an operand", False))
    if reading.is_object_array(x):  # of no dimension: the Value or number in it
        return as_array(x.item())
    number = convert.number(x)
    return None if number is NotImplemented else of_shape(core.block((number,)), (), False)


def array_or_none(x: Any) -> Any:
    """An operand as an array, as `as_array` reads it; None also for a text, and what else is no number."""
    try:
        return as_array(x)
    except NumberError:
        if reading.is_data(x):
            raise
        return None


def elementwise(opcode: int, *operands: Any) -> Any:
    """Applies a primitive to arrays, data, Values and numbers, element by element. Shapes broadcast.

    Returns NotImplemented for an operand of another type. Raises `ShapeError` if the shapes do not fit.
    """
    ndim, of_numpy = 0, False
    views: list[Any] = []
    for x in operands:
        if type(x) in _PLAIN:
            views.append(convert.number(x))
            continue
        operand = x if isinstance(x, Array) else as_array(x)
        if operand is None:
            return NotImplemented
        if operand.ndim > ndim:
            ndim = operand.ndim
        if operand.of_numpy:
            of_numpy = True
        views.append(operand._view)
    try:
        found = core.elementwise(opcode, *views)
    except ValueError:
        reading.common_shape([as_array(x) for x in operands], ops.NAMES[opcode])
        raise
    return of_view(ndim, found, of_numpy)


@overload
def matmul(left: Vector | Flat, right: Vector | Flat) -> Value: ...
@overload
def matmul(left: Matrix | Rows, right: Vector | Flat) -> Vector: ...
@overload
def matmul(left: Vector | Flat, right: Matrix | Rows) -> Vector: ...
@overload
def matmul(left: Matrix | Rows, right: Matrix | Rows) -> Matrix: ...
@overload
def matmul(left: Array | Flat | Rows | Foreign, right: Array | Flat | Rows | Foreign) -> Any: ...
def matmul(left: Any, right: Any) -> Value | Vector | Matrix | float:
    """The product of matrices and vectors: Matrix @ Matrix, Matrix @ Vector, Vector @ Matrix, or the dot product of two
    Vectors, a Value. Sums go from left to right. Raises `ShapeError` when the inner lengths differ."""
    found = product(left, right)
    if found is NotImplemented:
        raise _no_product(left, right)
    return found  # type: ignore[no-any-return]


def product(left: Any, right: Any) -> Any:
    """left @ right; NotImplemented for an unknown type, whose own operator may know Values. Raises `ShapeError` for a
    number."""
    a = left if isinstance(left, Array) else as_array(left)
    b = right if isinstance(right, Array) else as_array(right)
    if a is None or b is None or (not b.ndim and hasattr(right, "__rmatmul__") and not hasattr(right, "dtype")):
        return NotImplemented
    if not a.ndim or not b.ndim:
        raise _no_product(left, right)
    return affine(a, b, None)


def _no_product(left: Any, right: Any) -> ShapeError:
    return ShapeError(f"a product needs vectors or matrices, got {type(left).__name__} and {type(right).__name__}")


def affine(a: Array, b: Array, bias: Array | None, product: Callable[..., core.View | None] | None = None) -> Any:
    """a @ b + bias; each sum begins with the bias. Returns a Matrix; a Vector if a or b is one, a Value if both are.

    With `core.plain_product` for the product, returns None where that does.
    """
    try:
        found = (product or core.product)(
            a._view, b._view if b.ndim == 2 else b._view.T, None if bias is None else bias._view
        )
    except ValueError:
        if a.shape[-1:] != b.shape[:1]:
            raise ShapeError(f"a product needs equal inner lengths, got shapes {a.shape} and {b.shape}") from None
        if bias is not None:
            message = f"a bias of shape {bias.shape} does not fit a product of shapes {a.shape} and {b.shape}"
            raise ShapeError(message) from None
        raise
    if found is None:
        return None
    if a.ndim == b.ndim == 2:
        return of_view(2, found, a.of_numpy or b.of_numpy)
    if a.ndim == b.ndim:
        return view.item(found)
    return of_view(1, found if a.ndim == 1 else found.T, a.of_numpy or b.of_numpy)


def compared(name: str, left: Any, right: Any) -> Any:
    """The Mask of a comparison of the numbers. NotImplemented where there is none: so `v == None` is False."""
    try:
        a, b = as_array(left), as_array(right)
    except NumberError:
        if name in ("eq", "ne"):
            return NotImplemented
        raise
    if a is None or b is None:
        return NotImplemented
    rows, columns = reading.common_shape((a, b), f"the comparison {name}")
    numbers = [
        repeat(view.numbers(x._view)[0], rows * columns)
        if x.size == 1
        else view.numbers(view.broadcast(x._view, rows, columns))
        for x in (a, b)
    ]
    flags = bytes(map(getattr(operator, name), *numbers))
    shown = whole(core.doubles(view.ones(flags), False), rows, columns)
    return mask_of(max(a.ndim, b.ndim), shown, a.of_numpy or b.of_numpy)


def _lift(opcode: int, operands: tuple[Any, ...]) -> Any:
    """The hook through which functions of numbers take arrays and data. A Value chooses no bools: it is in the mask's
    place."""
    if opcode == _WHERE and isinstance(operands[0], core.Node):
        convert.refuse_bools(operands[0], operands[1])
    if any(isinstance(x, Array) for x in operands):
        return elementwise(opcode, *operands)
    from scalargrad.arrays.data import lifting  # most programs use Vector and Matrix, or numbers alone

    return lifting.lift(opcode, operands)


def _array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """numpy's hook. At its first call it is replaced by the function that it calls."""
    from scalargrad.arrays.data import ufuncs

    setattr(core.Node, "__array_ufunc__", ufuncs.array_ufunc)  # noqa: B010  its type is the backend's
    return ufuncs.array_ufunc(self, ufunc, method, *inputs, **options)


setattr(core.Node, "__array_ufunc__", _array_ufunc)  # noqa: B010
_of_each = "`scalargrad.{}` of each element."
for _name, _method in faces.methods(elementwise, "Arithmetic", _of_each, globals(), convert.refuse_bools).items():
    setattr(Arithmetic, _name, _method)
core.upcall("lift", _lift)
