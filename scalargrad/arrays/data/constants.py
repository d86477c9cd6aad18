"""Arrays that take no gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn, overload

from scalargrad import core
from scalargrad.arrays import reading
from scalargrad.arrays.base import Array, of_shape
from scalargrad.errors import ArgumentError
from scalargrad.names import refuse

if TYPE_CHECKING:
    from scalargrad.arrays.types import Matrix, Vector
    from scalargrad.functions import Foreign, Real, Rows


@overload
def constant(x: Matrix | Rows) -> Matrix: ...
@overload
def constant(x: Vector | Sequence[Real]) -> Vector: ...
@overload
def constant(x: Foreign) -> Vector | Matrix: ...
def constant(x: Any, **unknown: NoReturn) -> Any:
    """A Vector or Matrix of numbers that take no gradient, such as data. Its elements are floats, and so are functions
    of it alone; nothing is recorded of them.

    Takes (nested) lists, numpy arrays, tables and buffers, and arrays of numbers without Values. Raises `ShapeError`
    for data that has neither one nor two dimensions, `NumberError` for non-numbers, and `ArgumentError` if there are
    Values in x: `x.data` has their numbers.

    >>> from scalargrad import Vector, constant
    >>> x, w = constant([1.0, 2.0]), Vector([3.0, 4.0])
    >>> y = x @ w
    >>> y.backward()
    >>> y.data, w.grad, x.sum()
    (11.0, [1.0, 2.0], 3.0)
    """
    refuse("constant", unknown)
    if isinstance(x, Array):
        block, shape, of_numpy = core.block(x.elements()), x.shape, x.of_numpy
    else:
        block, shape, of_numpy = reading.read(list(x) if isinstance(x, range) else x, (1, 2), "constant", False)
    made = of_shape(block, shape, of_numpy)
    if made.size and core.grads(made._view) is not None:
        raise ArgumentError(
            f"a constant takes no gradient, and there are Values in this {type(x).__name__}: write"
            f" sg.constant({'x' if isinstance(x, Array) else 'Vector(x)' if len(shape) == 1 else 'Matrix(x)'}.data) for"
            " their numbers, or use x as it is"
        )
    return made
