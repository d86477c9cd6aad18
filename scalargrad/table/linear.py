"""Linear algebra on Python floats: elimination, substitution, Cholesky's factorisation, and their adjoints' rules.

csrc/bulk/linear.c and cholesky.c take the same steps in the same order, so they have the same bits. Rows and columns
are scaled by powers of two first, which rounds nothing and keeps all that follows between over- and underflow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from scalargrad.table.libm import div, zmul

Rows = list[list[float]]


class Factors(NamedTuple):
    """P A Q = L U of the scaled matrix, A[i][j] * 2**-(row[i] + column[j]), by elimination with complete pivoting."""

    lu: Rows  # L below the diagonal, without its ones; U above
    row: list[int]
    column: list[int]
    p: list[int]  # row i of P A Q is row p[i] of A
    q: list[int]
    sign: float  # det(P) * det(Q)
    rank: int  # how many pivots are not 0


def ldexp(x: float, power: int) -> float:
    """x * 2**power, rounded once; infinite where `math.ldexp` raises."""
    try:
        return math.ldexp(x, power)
    except OverflowError:
        return math.copysign(math.inf, x)


def split(x: float) -> tuple[float, int]:
    """x as a number of [1/2, 1) and a power of two; 0, nan and infinities as they are."""
    return math.frexp(x) if x - x == 0.0 else (x, 0)


def _power(numbers: Iterable[float]) -> int:
    """The power of two of the largest number; 0 if that is 0 or infinite."""
    largest = 0.0
    for x in numbers:
        largest = abs(x) if abs(x) > largest else largest
    return split(largest)[1]


def _scaled(b: Rows, powers: list[int]) -> tuple[Rows, list[int]]:
    """The rows times 2**-powers, and each column scaled to at most 1 by another power of two, which is returned."""
    tops = [
        max((split(x)[1] - power for x, power in zip(column, powers) if x != 0.0 and x - x == 0.0), default=0)
        for column in zip(*b)
    ]
    return [[ldexp(x, -power - top) for x, top in zip(r, tops)] for r, power in zip(b, powers)], tops


def _largest(a: Rows, k: int) -> tuple[float, int, int]:
    """The first of the largest numbers from row and column k on, and its place. A nan is larger than all others."""
    best, row = 0.0, k
    for i in range(k, len(a)):
        sizes = list(map(abs, a[i][k:]))
        top = max(sizes)  # if there is a nan, any number
        if top > best:
            best, row = top, i
        if not sum(sizes) < math.inf:  # there may be one
            odd = next((j for j, size in enumerate(sizes) if size != size), None)
            if odd is not None:
                return math.nan, i, k + odd
    return best, row, k if best == 0.0 else k + list(map(abs, a[row][k:])).index(best)


def _subtract(x: list[float], factor: float, y: list[float], start: int) -> None:
    """x -= factor * y, from a position on. A factor of 0 changes nothing, whatever y is."""
    if factor != 0.0:
        x[start:] = [a - factor * b for a, b in zip(x[start:], y[start:])]


def factor(n: int, numbers: list[float]) -> Factors:
    """The factors of a matrix of n rows, given row by row."""
    a = [numbers[n * i : n * i + n] for i in range(n)]
    row = [_power(r) for r in a]
    a, column = _scaled(a, row)  # both at once, so that no number that matters underflows in between
    p, q, sign = list(range(n)), list(range(n)), 1.0
    for k in range(n):
        size, i, j = _largest(a, k)
        if size == 0.0:
            return Factors(a, row, column, p, q, sign, k)
        if i != k:
            a[i], a[k], p[i], p[k], sign = a[k], a[i], p[k], p[i], -sign
        if j != k:
            q[j], q[k], sign = q[k], q[j], -sign
            for r in a:
                r[j], r[k] = r[k], r[j]
        for r in a[k + 1 :]:
            r[k] = r[k] / a[k][k]
            _subtract(r, r[k], a[k], k + 1)
    return Factors(a, row, column, p, q, sign, n)


def _substitute(t: Rows, y: Rows, down: bool, unit: bool) -> None:
    """Solves t y' = y in place, for the triangle of t below the diagonal (`down`) or above; `unit`: with ones on it."""
    n = len(y)
    for k in range(n) if down else range(n - 1, -1, -1):
        if not unit:
            y[k] = [div(x, t[k][k]) for x in y[k]]
        for i in range(k + 1, n) if down else range(k):
            _subtract(y[i], t[i][k], y[k], 0)


def _transposed(a: Rows) -> Rows:
    return [list(column) for column in zip(*a)]


def solve(f: Factors, b: Rows) -> Rows:
    """The x with A x = b. A has its full rank."""
    scaled, tops = _scaled(b, f.row)
    y = [scaled[i] for i in f.p]
    _substitute(f.lu, y, True, True)
    _substitute(f.lu, y, False, False)
    x: Rows = [[]] * len(b)
    for r, j in zip(y, f.q):
        x[j] = [ldexp(item, top - f.column[j]) for item, top in zip(r, tops)]
    return x


def solve_transposed(f: Factors, b: Rows) -> Rows:
    """The x with transpose(A) x = b. A column of zeros in b gives zeros, whatever A is."""
    scaled, tops = _scaled(b, f.column)
    y = [scaled[j] for j in f.q]
    lu = _transposed(f.lu)
    _substitute(lu, y, True, False)
    _substitute(lu, y, False, True)
    zero = [all(item == 0.0 for item in column) for column in zip(*b)]
    x: Rows = [[]] * len(b)
    for r, i in zip(y, f.p):
        x[i] = [0.0 if none else ldexp(item, top - f.row[i]) for item, top, none in zip(r, tops, zero)]
    return x


def _pivots(f: Factors, count: int) -> tuple[float, int]:
    """The product of the sign and the first pivots, as `split` splits it."""
    m, power = f.sign, 0
    for k in range(count):
        (m, by), (pivot, other) = split(m), split(f.lu[k][k])
        m, power = m * pivot, power + by + other
    m, by = split(m)
    return m, power + by


def determinant(f: Factors) -> tuple[float, int]:
    """The determinant, as `split` splits it: it may be too large or too small for a float."""
    if f.rank < len(f.p):
        return 0.0, 0
    m, power = _pivots(f, f.rank)
    return m, power + sum(f.row) + sum(f.column)


def cofactors(f: Factors) -> Rows:
    """The partials of the determinant: the transpose of the adjugate, also where the matrix is singular.

    U is [[V, u], [0, d]], and d may be 0. adj(U) is det(V) * [[d / V, -u / V], [0, 1]], so only V is divided by, and
    with complete pivoting V is as far from singular as it can be. If V is singular too, the rank is n - 2 at most.
    """
    n = len(f.p)
    if f.rank < n - 1:
        return [[0.0] * n for _ in range(n)]
    y = [[float(i == j) for j in range(n)] for i in range(n)]
    _substitute(f.lu, y, True, True)
    last = f.lu[n - 1][n - 1]
    y[:-1] = [[last * x for x in r] for r in y[:-1]]
    u = [*f.lu[:-1], [*f.lu[-1][:-1], 1.0]]
    _substitute(u, y, False, False)
    m, power = _pivots(f, n - 1)
    power += sum(f.row) + sum(f.column)
    found = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            r, c = f.p[i], f.q[j]
            found[r][c] = ldexp(y[j][i] * m, power - f.row[r] - f.column[c])
    return found


def products(a: Rows, b: Rows) -> Rows:
    """The sums of products of the rows of a and the rows of b, left to right, by the product of the chain rule."""
    found = []
    for x in a:
        sums = []
        for y in b:
            total = 0.0
            for p, q in zip(x, y):
                total += p * q
            if total != total:
                total = 0.0
                for p, q in zip(x, y):
                    total += zmul(p, q)
            sums.append(total)
        found.append(sums)
    return found


class Root(NamedTuple):
    """L of A = L transpose(L), of the scaled matrix, A[i][j] * 2**-(power[i] + power[j])."""

    lower: Rows  # with zeros above the diagonal
    power: list[int]


def cholesky(n: int, numbers: list[float]) -> Root | None:
    """L of a matrix of which only the lower triangle is read; None if it is not positive definite."""
    power = [(split(numbers[n * i + i])[1] + 1) // 2 for i in range(n)]
    a = [[ldexp(numbers[n * i + j], -power[i] - power[j]) if j <= i else 0.0 for j in range(n)] for i in range(n)]
    for k in range(n):
        if a[k][k] <= 0.0:
            return None
        a[k][k] = math.sqrt(a[k][k])
        for i in range(k + 1, n):
            a[i][k] = a[i][k] / a[k][k]
        column = [r[k] for r in a]
        for i in range(k + 1, n):
            a[i][k + 1 : i + 1] = [x if a[i][k] == 0.0 else x - a[i][k] * y
                                   for x, y in zip(a[i][k + 1 : i + 1], column[k + 1 : i + 1])]  # fmt: skip
    return Root(a, power)


def cholesky_pull(root: Root, adjoints: Rows) -> Rows:
    """The adjoints of the lower triangle of A, from those of L; zeros above.

    With M[i][j] = sum of L[k][i] * adjoint(L)[k][j], for i >= j, and M symmetric, S = L**-T M L**-1 has the adjoint of
    A[i][j] below the diagonal, and twice that on it: an element below stands for its mirror image too.
    """
    lower, power = root
    n = len(power)
    tops = [split(x)[1] + power[i] for i in range(n) for x in adjoints[i][: i + 1] if x != 0.0 and x - x == 0.0]
    top = max(tops, default=0)
    scaled = [[ldexp(x, power[i] - top) if j <= i else 0.0 for j, x in enumerate(r)] for i, r in enumerate(adjoints)]
    if all(x == 0.0 for r in scaled for x in r):
        return [[0.0] * n for _ in range(n)]
    t = _transposed(lower)
    m = products(t, _transposed(scaled))
    y = [[m[i][j] if i >= j else m[j][i] for j in range(n)] for i in range(n)]
    _substitute(t, y, False, False)
    y = _transposed(y)
    _substitute(t, y, False, False)
    return [
        [ldexp(0.5 * y[i][j] if i == j else y[i][j], top - power[i] - power[j]) if j <= i else 0.0 for j in range(n)]
        for i in range(n)
    ]
