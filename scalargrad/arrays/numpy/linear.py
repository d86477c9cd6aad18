"""Linear algebra: numpy's names for what `scalargrad.linalg` has, and products of many matrices."""

from __future__ import annotations

from typing import Any

import numpy

from scalargrad import core
from scalargrad.arrays import linalg
from scalargrad.arrays.arithmetic import affine, elementwise
from scalargrad.arrays.base import of_shape
from scalargrad.arrays.numpy.rules import NUMBERS, ours, rule
from scalargrad.convert import index, short
from scalargrad.errors import ArgumentError, DispatchError, ShapeError
from scalargrad.table import ops

_MUL, _SQRT = ops.OPCODE["mul"], ops.OPCODE["sqrt"]

for _name in ("solve", "inv", "det", "slogdet", "cholesky"):
    rule(f"linalg.{_name}")(getattr(linalg, _name))


@rule("trace", "linalg.trace")
def _trace(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, dtype: Any = None, out: Any = None) -> Any:
    return numpy.diagonal(a, offset, axis1, axis2).sum()


# --- norms -----------------------------------------------------------------------------------------------------------


@rule("linalg.norm")
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    given, axis = ours(x, "linalg.norm"), tuple(axis) if isinstance(axis, list) else axis
    if given.ndim == 2 and (len(axis) == 2 if isinstance(axis, tuple) else axis is None and ord is not None):
        _refuse_singular_values(ord)
    if _is_euclidean(ord) and _has_nan(given):
        return _root_of_squares(given, axis, keepdims)
    return linalg.norm(given, ord, axis, keepdims)


@rule("linalg.vector_norm")
def _vector_norm(x: Any, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Any:
    given = ours(x, "linalg.vector_norm")
    if _is_euclidean(ord) and _has_nan(given):
        return _root_of_squares(given, axis, keepdims)
    return linalg.vector_norm(given, axis=axis, keepdims=keepdims, ord=ord)


@rule("linalg.matrix_norm")
def _matrix_norm(x: Any, *, keepdims: Any = False, ord: Any = "fro") -> Any:
    return _norm(x, ord, (0, 1), keepdims)


def _refuse_singular_values(ord: Any) -> None:
    if isinstance(ord, (int, float, str)) and ord not in ("fro", 1, -1, numpy.inf, -numpy.inf):
        raise DispatchError(
            f"np.linalg.norm of a Matrix has the ord 'fro', 1, -1, inf and -inf, got {ord!r}: {NUMBERS}"
        )


def _is_euclidean(ord: Any) -> bool:
    return ord is None or (isinstance(ord, (int, float)) and ord == 2) or (isinstance(ord, str) and ord == "fro")


def _has_nan(x: Any) -> bool:
    return bool(numpy.isnan(x.numpy()).any())


def _root_of_squares(x: Any, axis: Any, keepdims: Any) -> Any:
    """The norm where an element is nan: numpy's is nan then. `scalargrad.norm` is inf if another one is infinite."""
    return core.apply(_SQRT, elementwise(_MUL, x, x).sum(axis, keepdims=keepdims))


# --- products --------------------------------------------------------------------------------------------------------


@rule("linalg.multi_dot")
def _multi_dot(arrays: Any, out: Any = None) -> Any:
    first, *rest = [ours(x, "linalg.multi_dot") for x in arrays]
    shapes = [x.shape for x in (first, *rest)]
    if not rest or any(len(shape) != 2 for shape in shapes[1:-1]) or not all(shapes):
        raise ShapeError(f"np.linalg.multi_dot needs matrices, of which the ends may be vectors, got shapes {shapes}")
    found = first
    for x in rest:
        found = affine(found, x, None)
    return found


@rule("linalg.matrix_power")
def _matrix_power(a: Any, n: Any) -> Any:
    x, power = ours(a, "linalg.matrix_power"), index(n)
    if x.ndim != 2 or x.shape[0] != x.shape[1]:
        raise ShapeError(f"np.linalg.matrix_power needs a square matrix, got shape {x.shape}")
    if power is None:
        raise ArgumentError(f"np.linalg.matrix_power needs an int as the power, got {type(n).__name__} {short(n)}")
    if power == 0:
        return of_shape(core.doubles(numpy.eye(len(x)).tobytes(), False), x.shape, x.of_numpy)
    factor = linalg.inv(x) if power < 0 else x
    found = factor
    for _ in range(abs(power) - 1):
        found = affine(found, factor, None)
    return found
