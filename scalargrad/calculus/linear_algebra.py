"""Section G of the ledger: the inverse, linear equations, the determinant, Cholesky's factor, and traces."""

from __future__ import annotations

import math
from typing import Any

from scalargrad.calculus.shapes import Matrix, Vector, diagonal, matrices, need, product, shape, total, transpose
from scalargrad.errors import ArgumentError


def _square(**arrays: Matrix) -> int:
    """The number of rows of square matrices of one size. Raises `ShapeError` for others."""
    matrices(**arrays)
    lengths = {shape(x) for x in arrays.values()}
    n = len(next(iter(arrays.values())))
    need(n > 0 and lengths == {(n, n)}, f"{' and '.join(arrays)} must be square, and of one size", **arrays)
    return n


def _negative(a: Matrix) -> list[list[float]]:
    return [[-x for x in row] for row in a]


def solve(a: Matrix, b: Matrix) -> list[list[float]]:
    """X with AX = B, by Gauss and Jordan: rows are exchanged so that each is divided by the largest number below.

    Shapes: n×n, n×m → n×m. Raises `ShapeError` when they do not fit, `ArgumentError` when A is singular. Source: GI.

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [[1.0], [2.0]])
    [[0.5], [0.5]]
    """
    n = _square(a=a)
    matrices(b=b)
    need(len(b) == n, "a and b must have as many rows", a=a, b=b)
    rows: list[list[float]] = [[*left, *right] for left, right in zip(a, b)]
    for k in range(n):
        chosen = max(range(k, n), key=lambda i: abs(rows[i][k]))
        rows[k], rows[chosen] = rows[chosen], rows[k]
        if rows[k][k] == 0.0:
            raise ArgumentError("the matrix is singular")
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i in range(n):
            if i != k:
                rows[i] = [x - rows[i][k] * y for x, y in zip(rows[i], rows[k])]
    return [row[n:] for row in rows]


def solve_backward(a: Matrix, b: Matrix, g: Matrix) -> tuple[list[list[float]], list[list[float]]]:
    """The adjoints of A and B in X = A⁻¹B: B̄ = A⁻ᵀG and Ā = -B̄Xᵀ, for the adjoint G of X.

    Shapes: n×n, n×m, n×m → n×n and n×m. Raises `ShapeError` when they do not fit, `ArgumentError` when A is
    singular. Source: GI.

    >>> solve_backward([[2.0]], [[6.0]], [[1.0]])
    ([[-1.5]], [[0.5]])
    """
    x = solve(a, b)
    need(shape(g) == shape(x), "g must have the shape of b", g=g, b=b)
    right = solve(transpose(a), g)
    return _negative(product(right, transpose(x))), right


def inverse(a: Matrix) -> list[list[float]]:
    """A⁻¹. Shapes: n×n → n×n. Raises `ShapeError` unless A is square, `ArgumentError` when it is singular. Source: GI.

    >>> inverse([[2.0, 0.0], [0.0, 4.0]])
    [[0.5, 0.0], [0.0, 0.25]]
    """
    return solve(a, diagonal([1.0] * _square(a=a)))


def inverse_tangent(a: Matrix, d: Matrix) -> list[list[float]]:
    """dA⁻¹ = -A⁻¹ dA A⁻¹: where the inverse moves as A moves by D.

    Shapes: n×n, n×n → n×n. Raises `ShapeError` unless they are square, `ArgumentError` when A is
    singular. Source: GI.

    >>> inverse_tangent([[2.0]], [[1.0]])
    [[-0.25]]
    """
    _square(a=a, d=d)
    found = inverse(a)
    return _negative(product(product(found, d), found))


def inverse_adjoint(a: Matrix, g: Matrix) -> list[list[float]]:
    """Ā = -A⁻ᵀ G A⁻ᵀ, for the adjoint G of the inverse.

    Shapes: n×n, n×n → n×n. Raises `ShapeError` unless they are square, `ArgumentError` when A is
    singular. Source: GI.

    >>> inverse_adjoint([[2.0]], [[1.0]])
    [[-0.25]]
    """
    _square(a=a, g=g)
    found = transpose(inverse(a))
    return _negative(product(product(found, g), found))


def inverse_jacobian(a: Matrix) -> list[list[list[list[float]]]]:
    """∂(A⁻¹)_ij/∂A_kl = -(A⁻¹)_ik (A⁻¹)_lj, with four indices: entry [i][j][k][l].

    Shapes: n×n → n×n×n×n. Raises `ShapeError` unless they are square, `ArgumentError` when A is
    singular. Source: GI.

    >>> inverse_jacobian([[2.0]])
    [[[[-0.25]]]]
    """
    x = inverse(a)
    span = range(len(x))
    return [[[[-x[i][k] * x[l][j] for l in span] for k in span] for j in span] for i in span]  # noqa: E741


def _minor(a: Matrix, i: int, j: int) -> list[list[float]]:
    """The matrix without row i and column j."""
    return [[x for c, x in enumerate(row) if c != j] for r, row in enumerate(a) if r != i]


def _laplace(a: Matrix) -> float:
    if not a:
        return 1.0
    return total((-1.0) ** j * x * _laplace(_minor(a, 0, j)) for j, x in enumerate(a[0]))


def determinant(a: Matrix) -> float:
    """det A, expanded by its first row: exact but for the roundings of n! products, so for small matrices.

    Shapes: n×n → a number. Raises `ShapeError` unless A is square. Source: GI.

    >>> determinant([[1.0, 2.0], [3.0, 4.0]])
    -2.0
    """
    _square(a=a)
    return _laplace(a)


def cofactors(a: Matrix) -> list[list[float]]:
    """∂det A/∂A_ij = (-1)^(i+j) times the determinant without row i and column j.

    It is det(A) A⁻ᵀ, and right also where A is singular. Shapes: n×n → n×n. Raises `ShapeError` unless A is square.
    Source: GI.

    >>> cofactors([[1.0, 2.0], [2.0, 4.0]])
    [[4.0, -2.0], [-2.0, 1.0]]
    """
    span = range(_square(a=a))
    return [[(-1.0) ** (i + j) * _laplace(_minor(a, i, j)) for j in span] for i in span]


def log_determinant_gradient(a: Matrix) -> list[list[float]]:
    """∂log|det A|/∂A = A⁻ᵀ.

    Shapes: n×n → n×n. Raises `ShapeError` unless A is square, `ArgumentError` when it is singular. Source: GI.

    >>> log_determinant_gradient([[2.0, 0.0], [0.0, 4.0]])
    [[0.5, 0.0], [0.0, 0.25]]
    """
    return transpose(inverse(a))


def cholesky(a: Matrix) -> list[list[float]]:
    """L with A = LLᵀ, and zeros above its diagonal. It reads the lower triangle of A.

    Shapes: n×n → n×n. Raises `ShapeError` unless A is square, `ArgumentError` unless it is positive definite.
    Source: GI.

    >>> cholesky([[4.0, 2.0], [2.0, 10.0]])
    [[2.0, 0.0], [1.0, 3.0]]
    """
    n = _square(a=a)
    found = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = total([a[i][j], *(-p * q for p, q in zip(found[i][:j], found[j][:j]))])
            if i == j and not rest > 0.0:
                raise ArgumentError("the matrix is not positive definite")
            found[i][j] = math.sqrt(rest) if i == j else rest / found[j][j]
    return found


def lower_half(a: Matrix) -> list[list[float]]:
    """Φ(A): the lower triangle with half of its diagonal, and zeros above.

    Shapes: n×n → n×n. Raises `ShapeError` unless A is square. Source: GI.

    >>> lower_half([[2.0, 3.0], [4.0, 6.0]])
    [[1.0, 0.0], [4.0, 3.0]]
    """
    _square(a=a)
    return [[x if j < i else 0.5 * x if i == j else 0.0 for j, x in enumerate(row)] for i, row in enumerate(a)]


def cholesky_tangent(a: Matrix, d: Matrix) -> list[list[float]]:
    """dL = L Φ(L⁻¹ dA L⁻ᵀ), for a symmetric dA.

    Shapes: n×n, n×n → n×n. Raises `ShapeError` unless they are square, `ArgumentError` unless A is positive
    definite. Source: GI.

    >>> cholesky_tangent([[4.0]], [[1.0]])
    [[0.25]]
    """
    _square(a=a, d=d)
    lower = cholesky(a)
    below = inverse(lower)
    return product(lower, lower_half(product(product(below, d), transpose(below))))


def cholesky_adjoint(a: Matrix, g: Matrix) -> list[list[float]]:
    """Ā = ½ L⁻ᵀ(P + Pᵀ)L⁻¹ with P = Φ(LᵀG), symmetric, for the adjoint G of L, of which the lower triangle counts.

    An entry below the diagonal, which stands for its mirror image too, has twice that number as its own derivative.
    Shapes: n×n, n×n → n×n. Raises `ShapeError` unless they are square, `ArgumentError` unless A is positive
    definite. Source: GI.

    >>> cholesky_adjoint([[4.0]], [[1.0]])
    [[0.25]]
    """
    _square(a=a, g=g)
    lower = cholesky(a)
    below = inverse(lower)
    p = lower_half(product(transpose(lower), g))
    both = [[0.5 * (x + y) for x, y in zip(*rows)] for rows in zip(p, transpose(p))]
    return product(product(transpose(below), both), below)


def trace(a: Matrix) -> float:
    """tr A, the sum of the diagonal. Shapes: n×n → a number. Raises `ShapeError` unless A is square. Source: MC.

    >>> trace([[1.0, 2.0], [3.0, 4.0]])
    5.0
    """
    return total(a[k][k] for k in range(_square(a=a)))


def trace_product_gradient(b: Matrix) -> list[list[float]]:
    """∂tr(AB)/∂A = Bᵀ. Shapes: n×m → m×n. Raises `ShapeError` unless B has rows of one length. Source: MC.

    >>> trace_product_gradient([[1.0, 2.0]])
    [[1.0], [2.0]]
    """
    matrices(b=b)
    return transpose(b)


def quadratic_trace_gradient(a: Matrix, b: Matrix) -> list[list[float]]:
    """∂tr(AᵀBA)/∂A = (B + Bᵀ)A. Shapes: n×m, n×n → n×m. Raises `ShapeError` when they do not fit. Source: MC.

    >>> quadratic_trace_gradient([[1.0]], [[3.0]])
    [[6.0]]
    """
    n = _square(b=b)
    matrices(a=a)
    need(len(a) == n, "b must be square, with as many rows as a", a=a, b=b)
    return product([[x + y for x, y in zip(*rows)] for rows in zip(b, transpose(b))], a)


def bilinear_gradient(a: Vector, b: Vector) -> list[list[float]]:
    """∂(aᵀXb)/∂X = abᵀ. Shapes: n, m → n×m. Raises `ShapeError` unless both are flat. Source: MC.

    >>> bilinear_gradient([1.0, 2.0], [3.0])
    [[3.0], [6.0]]
    """
    rows: Any = a
    need(len(shape(rows)) == 1 == len(shape(b)), "a and b must be flat", a=a, b=b)
    return [[x * y for y in b] for x in a]
