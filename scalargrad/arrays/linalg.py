"""Linear algebra of Vectors and Matrices: `scalargrad.linalg`, with the names of the array API and of numpy.linalg.

Each function takes Matrices, and numpy arrays and nested lists, whose numbers are constants, and whose Values are not.
A result is an array of ours, or a Value; of constants alone, an array of constants, or a float. All are differentiable.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from scalargrad import contexts, core
from scalargrad.arrays import view
from scalargrad.arrays.base import Array, axis_of, of_view
from scalargrad.arrays.reading import is_data, read
from scalargrad.arrays.types import Matrix
from scalargrad.convert import argument, index, short
from scalargrad.core import View, whole
from scalargrad.errors import ArgumentError, LinAlgError, ShapeError
from scalargrad.table import ops

if TYPE_CHECKING:
    from scalargrad.value import Value

_SUM, _MAX, _MIN, _NORM, _ABS, _POW, _MUL, _DIV = (
    ops.OPCODE[name] for name in ("sum", "max", "min", "norm", "abs", "pow", "mul", "div")
)
_DET, _SLOGDET, _SOLVE, _CHOLESKY = (ops.OPCODE[name] for name in ("det", "slogdet", "solve", "cholesky"))


def _read(function: str, x: Any, ndims: Sequence[int]) -> tuple[int, View, bool]:
    """The number of dimensions of an argument, its elements, and whether numpy arrays show its results."""
    wanted = "a Matrix" if tuple(ndims) == (2,) else "a Vector or Matrix"
    if isinstance(x, Array) and x.ndim in ndims:
        return x.ndim, x._view, x.of_numpy
    if isinstance(x, Array) or not is_data(x):
        shown = f"shape {x.shape}" if isinstance(x, Array) else type(x).__name__
        raise ShapeError(f"linalg.{function} takes {wanted}, or its rows as lists or a numpy array; got {shown}")
    block, shape, of_numpy = read(x, tuple(ndims), wanted, False)
    rows, columns = shape if len(shape) == 2 else (1, shape[0])
    return len(shape), whole(block, rows, columns), of_numpy


def _square(function: str, x: Any) -> tuple[View, bool]:
    _, shown, of_numpy = _read(function, x, (2,))
    if shown.rows != shown.columns:
        raise ShapeError(f"linalg.{function} takes a square matrix, got shape ({shown.rows}, {shown.columns})")
    return shown, of_numpy


def _joint(opcode: int, failure: str, *views: View) -> View:
    """The results of a joint operation. Raises `LinAlgError` if there are none."""
    found = core.joint(opcode, *views)
    if found is None:
        raise LinAlgError(failure)
    if core.mode() & core.WATCH:
        operands = [x for part in views for x in core.items(part)]
        if len(views) > 1:
            operands.insert(0, float(views[0].rows))
        for result in core.items(found):
            if isinstance(result, core.Node):
                contexts.recorded(result, opcode, tuple(operands))
    return found


def _number(row: View, k: int = 0) -> Any:
    return view.item(row, k)


# --- solve, inv, det, slogdet, cholesky ------------------------------------------------------------------------------


def solve(a: Any, b: Any) -> Any:
    """The x with a @ x = b, of a square matrix and a Vector or Matrix b, as one operation.

    It eliminates with complete pivoting: the error is at most about n**2 * cond(a) * 1e-16 relative to the largest
    element. The adjoint of b is solve(a.T, adjoint of x), and that of a is minus its outer product with x.
    Raises `LinAlgError` if a is singular, `ShapeError` if the shapes do not fit.

    >>> from scalargrad import Matrix, Vector
    >>> solve(Matrix([[2.0, 0.0], [0.0, 4.0]]), Vector([1.0, 2.0])).data
    [0.5, 0.5]
    """
    left, of_numpy = _square("solve", a)
    ndim, right, of_numpy_too = _read("solve", b, (1, 2))
    right = right.T if ndim == 1 else right
    if right.rows != left.rows:
        shape = f"({right.rows},)" if ndim == 1 else f"({right.rows}, {right.columns})"
        raise ShapeError(f"linalg.solve(a, b) needs as many rows in b as in a: a has {left.rows}, b has shape {shape}")
    return _solved("solve", left, right, ndim, of_numpy or of_numpy_too)


def _solved(function: str, left: View, right: View, ndim: int, of_numpy: bool) -> Any:
    rows, columns = right.rows, right.columns
    if not rows or not columns:
        found = whole(core.doubles(b"", False), rows, columns)
    else:
        failure = f"linalg.{function}: the matrix is singular, a column is a sum of others: it has no inverse"
        found = whole(_joint(_SOLVE, failure, left, right).block, rows, columns)
    return of_view(ndim, found.T if ndim == 1 else found, of_numpy)


def inv(a: Any) -> Matrix:
    """The inverse of a square matrix, as one operation: `solve` of the unit matrix.

    `solve(a, b)` is quicker and more accurate than `inv(a) @ b`. Raises `LinAlgError` if a is singular.

    >>> from scalargrad import Matrix
    >>> inv(Matrix([[2.0, 0.0], [0.0, 4.0]])).data
    [[0.5, 0.0], [0.0, 0.25]]
    """
    shown, of_numpy = _square("inv", a)
    n = shown.rows
    unit = array("d", bytes(8 * n * n))
    for k in range(n):
        unit[(n + 1) * k] = 1.0
    return _solved("inv", shown, whole(core.doubles(unit.tobytes(), False), n, n), 2, of_numpy)  # type: ignore[no-any-return]


def det(a: Any) -> Value | float:
    """The determinant of a square matrix, as one node; its gradient is the matrix of cofactors.

    That is right for a singular matrix too, where det(a) * inv(a).T is not defined. 1.0 of nothing.

    >>> from scalargrad import Matrix
    >>> a = Matrix([[1.0, 2.0], [2.0, 4.0]])
    >>> d = det(a)
    >>> d.backward()
    >>> d.data, a.grad
    (0.0, [[4.0, -2.0], [-2.0, 1.0]])
    """
    shown, _ = _square("det", a)
    return _number(_joint(_DET, "", shown)) if shown.rows else 1.0


class SlogdetResult(NamedTuple):
    """What `slogdet` returns, by numpy's names."""

    sign: Any
    logabsdet: Any


def slogdet(a: Any) -> SlogdetResult:
    """The sign of the determinant, and the logarithm of its size, without over- or underflow.

    The gradient of the logarithm is the transposed inverse. 0 and -inf of a singular matrix; 1.0 and 0.0 of nothing.

    >>> from scalargrad import Matrix
    >>> sign, logabsdet = slogdet(Matrix([[1e-200, 0.0], [0.0, -1e-200]]))
    >>> sign.data, round(logabsdet.data)
    (-1.0, -921)
    """
    shown, _ = _square("slogdet", a)
    if not shown.rows:
        return SlogdetResult(1.0, 0.0)
    found = _joint(_SLOGDET, "", shown)
    return SlogdetResult(_number(found), _number(found, 1))


def cholesky(a: Any, *, upper: bool = False) -> Matrix:
    """The lower triangle L with L @ L.T = a, of a symmetric, positive definite matrix, as one operation.

    It reads only the lower triangle of a, as numpy does, so the gradient is 0 above the diagonal, and an element below
    has that of its mirror image too. With `upper` it is the transpose of all that: U with U.T @ U = a, of the upper
    triangle. Raises `LinAlgError` if a is not positive definite.

    >>> from scalargrad import Matrix
    >>> cholesky(Matrix([[4.0, 2.0], [2.0, 10.0]])).data
    [[2.0, 0.0], [1.0, 3.0]]
    """
    shown, of_numpy = _square("cholesky", a)
    shown, n = shown.T if upper else shown, shown.rows
    failure = (
        "linalg.cholesky: the matrix is not positive definite (one triangle of it is read): add a small multiple"
        " of the unit matrix if rounding is the reason"
    )
    block = _joint(_CHOLESKY, failure, shown).block if n else core.doubles(b"", False)
    found = whole(block, n, n)
    return of_view(2, found.T if upper else found, of_numpy)  # type: ignore[no-any-return]


# --- trace and norms -------------------------------------------------------------------------------------------------


def trace(a: Any, offset: int = 0) -> Value | float:
    """The sum of the elements (k, k + offset), as one node. 0.0 of nothing.

    >>> from scalargrad import Matrix
    >>> trace(Matrix([[1.0, 2.0], [3.0, 4.0]])).data
    5.0
    """
    _, shown, _ = _read("trace", a, (2,))
    if index(offset) is None:
        raise ArgumentError(f"linalg.trace takes an int as the offset, got {type(offset).__name__} {short(offset)}")
    right, down = max(offset, 0), max(-offset, 0)
    count = max(min(shown.rows - down, shown.columns - right), 0)
    start = shown.offset + down * shown.row + right * shown.column
    places = [start + k * (shown.row + shown.column) for k in range(count)]
    return _reduced(_SUM, whole(view.take(shown, places), 1, count))  # type: ignore[no-any-return]


def _reduced(opcode: int, row: View) -> Any:
    """A reduction of one row; 0.0 of nothing."""
    return _number(core.reduce_rows(opcode, row)) if row.columns else 0.0


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of a Vector or Matrix, by numpy's `ord`; of each row or column along an `axis`.

    Without `ord` the root of the sum of squares, without over- or underflow. Of a Vector, or along an axis, `ord` is
    any number, or inf; of a Matrix "fro", 1, -1, inf or -inf. Raises `ArgumentError` for norms of singular values.

    >>> from scalargrad import Vector
    >>> norm(Vector([3.0, 4.0])).data, norm(Vector([3.0, -4.0]), 1).data
    (5.0, 7.0)
    """
    ndim, shown, of_numpy = _read("norm", x, (1, 2))
    if not (ord is None or isinstance(ord, str)):
        ord = argument(ord, "the ord of a norm")
    if axis is None and ord is None:
        return _kept(_reduced(_NORM, view.as_row(shown)), ndim if keepdims else 0, of_numpy)
    if axis is None or isinstance(axis, tuple):
        axes = tuple(axis_of(k, ndim) for k in (range(ndim) if axis is None else axis))
        if len(axes) == 2:
            return _kept(_of_matrix(shown if axes == (0, 1) else shown.T, axes, ord), 2 if keepdims else 0, of_numpy)
        axis = axes[0] if len(axes) == 1 else None
    if axis is None:
        raise ArgumentError("linalg.norm takes an axis, or two different ones, or none")
    rows = shown if axis_of(axis, ndim) == ndim - 1 else shown.T
    column = _of_rows(rows, ord)
    if ndim == 1:
        return _kept(_number(column), 1 if keepdims else 0, of_numpy)
    if keepdims:
        return of_view(2, column if rows is shown else column.T, of_numpy)
    return of_view(1, column.T, of_numpy)


def vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """The norm of all elements as one Vector, or along an axis: the array API's name.

    >>> vector_norm([[1.0, 2.0], [2.0, 4.0]])
    5.0
    """
    if axis is not None and not isinstance(axis, tuple):
        return norm(x, ord, axis, keepdims)
    ndim, shown, of_numpy = _read("vector_norm", x, (1, 2))
    if not (ord is None or isinstance(ord, str)):
        ord = argument(ord, "the ord of a norm")
    if axis is not None and len({axis_of(k, ndim) for k in axis}) < ndim:
        return norm(x, ord, axis[0], keepdims)
    return _kept(_number(_of_rows(view.as_row(shown), ord)), ndim if keepdims else 0, of_numpy)


def matrix_norm(x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of a Matrix: the array API's name.

    >>> matrix_norm([[1.0, -2.0], [2.0, 4.0]], ord=1)
    6.0
    """
    _, shown, of_numpy = _read("matrix_norm", x, (2,))
    if not (ord is None or isinstance(ord, str)):
        ord = argument(ord, "the ord of a norm")
    return _kept(_of_matrix(shown, (0, 1), ord), 2 if keepdims else 0, of_numpy)


def _kept(number: Any, ndim: int, of_numpy: bool) -> Any:
    """A number, or if `ndim` is not 0 an array of one element."""
    return number if not ndim else of_view(ndim, whole(core.block([number]), 1, 1), of_numpy)


def _constants(numbers: Sequence[float]) -> View:
    return whole(core.doubles(array("d", numbers).tobytes(), False), len(numbers), 1)


def _of_matrix(shown: View, axes: tuple[int, ...], ord: Any) -> Any:
    """A norm of a matrix, from the sums over its columns or rows."""
    if len(set(axes)) < 2:
        raise ArgumentError("linalg.norm takes an axis, or two different ones, or none")
    if ord is None or ord == "fro":
        return _reduced(_NORM, view.as_row(shown))
    if isinstance(ord, str) or abs(ord) not in (1, _INFINITY):
        raise ArgumentError(
            f"linalg.norm of a matrix takes ord 'fro', 1, -1, inf or -inf, got {ord!r}: the norms of singular values"
            " have no rule here; numpy has their numbers, np.linalg.norm(a.numpy(), ...)"
        )
    sums = _of_rows(shown.T if abs(ord) == 1 else shown, 1)
    return _extreme(_MAX if ord > 0 else _MIN, sums.T)


def _extreme(opcode: int, row: View) -> Any:
    if not row.columns:
        raise ArgumentError("linalg.norm of nothing has no largest and no smallest element")
    return _number(core.reduce_rows(opcode, row))


def _of_rows(rows: View, ord: Any) -> View:
    """A column with the norm of each row."""
    if ord is None or ord == 2:
        return _reduced_rows(_NORM, rows)
    if isinstance(ord, str) or ord != ord:
        raise ArgumentError(f"linalg.norm of a vector takes a number for ord, or inf, got {ord!r}")
    sizes = core.elementwise(_ABS, rows)
    if abs(ord) == _INFINITY:
        if not rows.columns:
            raise ArgumentError("linalg.norm of nothing has no largest and no smallest element")
        return core.reduce_rows(_MAX if ord > 0 else _MIN, sizes)
    if ord == 1:
        return _reduced_rows(_SUM, sizes)
    numbers = view.numbers(sizes)
    every = [numbers[k : k + rows.columns] for k in range(0, len(numbers), rows.columns or 1)]
    if ord == 0:
        return _constants([float(sum(x != 0.0 for x in row)) for row in every] or [0.0] * rows.rows)
    # of numbers divided by the largest, a constant, so that no power over- or underflows
    scales = [max(row, default=1.0) for row in every] or [1.0] * rows.rows
    scale = _constants([x if 0.0 < x < _INFINITY else 1.0 for x in scales])
    powers = core.elementwise(_POW, core.elementwise(_DIV, sizes, scale), _constants([float(ord)]))
    roots = core.elementwise(_POW, _reduced_rows(_SUM, powers), _constants([1.0 / ord]))
    return core.elementwise(_MUL, roots, scale)


def _reduced_rows(opcode: int, rows: View) -> View:
    """A column with a reduction of each row; zeros of nothing."""
    return core.reduce_rows(opcode, rows) if rows.columns else _constants([0.0] * rows.rows)


_INFINITY = float("inf")

__all__ = ["SlogdetResult", "cholesky", "det", "inv", "matrix_norm", "norm", "slogdet", "solve", "trace", "vector_norm"]
