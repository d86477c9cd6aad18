"""Operations with several results: solve, det, slogdet and cholesky, by their opcodes, on Python floats.

`values` computes all results. `pull` takes their adjoints, and returns what they contribute to the operands: one pass
for all, where a partial for each pair would take far longer. csrc/bulk/joint.c has the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scalargrad.table import linear, ops
from scalargrad.table.libm import FUNCTIONS, div, zmul
from scalargrad.table.linear import Rows

_DET, _SLOGDET, _SOLVE, _CHOLESKY = (ops.OPCODE[name] for name in ("det", "slogdet", "solve", "cholesky"))


def _rows(numbers: Sequence[float], columns: int) -> Rows:
    return [list(numbers[k : k + columns]) for k in range(0, len(numbers), columns)]


def _flat(rows: Rows) -> list[float]:
    return [x for row in rows for x in row]


def count(op: int, operands: int, first: float) -> int:
    """The number of results, from the number of operands and the first operand's value; 0 if there can be none."""
    if op == _SOLVE:
        n = int(first) if first >= 1.0 and first * first < operands else 0
        return operands - 1 - n * n if n and n == first and not (operands - 1) % n else 0
    n = math.isqrt(operands)
    if n * n != operands:
        return 0
    return n * n if op == _CHOLESKY else 2 if op == _SLOGDET else 1


def values(op: int, x: Sequence[float]) -> list[float] | None:
    """All results; None if there are none, because a matrix is singular, or not positive definite."""
    numbers = list(x)
    if op == _CHOLESKY:
        n = math.isqrt(len(numbers))
        root = linear.cholesky(n, numbers)
        if root is None:
            return None
        return [linear.ldexp(item, root.power[i]) for i, row in enumerate(root.lower) for item in row]
    if op == _SOLVE:
        n = int(numbers[0])
        f = linear.factor(n, numbers[1 : 1 + n * n])
        right = numbers[1 + n * n :]
        return None if f.rank < n else _flat(linear.solve(f, _rows(right, len(right) // n)))
    m, power = linear.determinant(linear.factor(math.isqrt(len(numbers)), numbers))
    if op == _DET:
        return [linear.ldexp(m, power)]
    if m == 0.0:
        return [0.0, -math.inf]
    log, small = FUNCTIONS["log"], -1000 <= power <= 1000
    return [
        m if m != m else math.copysign(1.0, m),
        log(linear.ldexp(abs(m), power)) if small else log(abs(m)) + power * ops.CONSTANTS["LN2"],
    ]


def partials(op: int, x: Sequence[float], k: int) -> list[float]:
    """The partials of result k by each operand."""
    unit = [0.0] * count(op, len(x), x[0])
    unit[k] = 1.0
    return pull(op, x, unit)


def pull(op: int, x: Sequence[float], adjoints: Sequence[float]) -> list[float]:
    """What the results contribute to the adjoints of the operands, given the adjoints of all results."""
    if all(adjoint == 0.0 for adjoint in adjoints):
        return [0.0] * len(x)
    if op == _SOLVE:
        return _pull_solve(list(x), list(adjoints))
    numbers = list(x)
    n = math.isqrt(len(numbers))
    if op == _CHOLESKY:
        root = linear.cholesky(n, numbers)
        return [math.nan] * len(x) if root is None else _flat(linear.cholesky_pull(root, _rows(adjoints, n)))
    f = linear.factor(n, numbers)
    if op == _DET:
        return [zmul(adjoints[0], partial) for partial in _flat(linear.cofactors(f))]
    return [zmul(adjoints[1], partial) for partial in _log_partials(n, f)]


def _log_partials(n: int, f: linear.Factors) -> list[float]:
    """The partials of log|det|: the transpose of the inverse. Of a singular matrix, the cofactors divided by 0."""
    if f.rank < n:
        return [0.0 if x == 0.0 else div(x, 0.0) for x in _flat(linear.cofactors(f))]
    return _flat(linear.solve_transposed(f, [[float(i == j) for j in range(n)] for i in range(n)]))


def _pull_solve(x: list[float], adjoints: list[float]) -> list[float]:
    """With y = A**-T adjoint(X): adjoint(B) = y, adjoint(A) = -y transpose(X)."""
    n = int(x[0])
    columns = len(adjoints) // n
    f = linear.factor(n, x[1 : 1 + n * n])
    if f.rank < n:
        return [math.nan] * len(x)
    right = linear.solve_transposed(f, _rows(adjoints, columns))
    left = linear.products(right, linear.solve(f, _rows(x[1 + n * n :], columns)))
    return [0.0, *(-item for item in _flat(left)), *_flat(right)]
