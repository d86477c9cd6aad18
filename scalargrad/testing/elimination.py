"""Linear algebra over any numbers, in textbook form: what the complex step replays in place of a joint operation.

The numbers are `Dual`s and floats; nothing here is shared with the engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple


class Arithmetic(NamedTuple):
    """What elimination needs beside + - *."""

    divide: Callable[[Any, Any], Any]
    sqrt: Callable[[Any], Any]
    log: Callable[[Any], Any]
    real: Callable[[Any], float]


def _eliminated(on: Arithmetic, rows: list[list[Any]], n: int) -> float:
    """Makes an upper triangle of the first n columns, by exchanges and sums of rows. The sign of the exchanges."""
    sign = 1.0
    for k in range(n):
        chosen = max(range(k, n), key=lambda i: abs(on.real(rows[i][k])))
        if chosen != k:
            rows[k], rows[chosen], sign = rows[chosen], rows[k], -sign
        for i in range(k + 1, n):
            factor = on.divide(rows[i][k], rows[k][k])
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k])]
    return sign


def _solve(on: Arithmetic, n: int, x: list[Any]) -> list[Any]:
    columns = len(x) // n - n
    right = x[n * n :]
    rows = [x[n * i : n * i + n] + right[columns * i : columns * i + columns] for i in range(n)]
    _eliminated(on, rows, n)
    found: list[Any] = [[0.0] * columns] * n
    for i in range(n - 1, -1, -1):
        found[i] = [
            on.divide(rows[i][n + c] - sum((rows[i][k] * found[k][c] for k in range(i + 1, n)), 0.0), rows[i][i])
            for c in range(columns)
        ]
    return [item for row in found for item in row]


def _cholesky(on: Arithmetic, n: int, x: list[Any]) -> list[Any]:
    found: list[Any] = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = x[n * i + j] - sum((found[i][k] * found[j][k] for k in range(j)), 0.0)
            found[i][j] = on.sqrt(rest) if i == j else on.divide(rest, found[j][j])
    return [item for row in found for item in row]


def results(on: Arithmetic, name: str, x: list[Any]) -> list[Any]:
    """All results of a joint operation of the table, by its name."""
    if name == "solve":
        return _solve(on, int(x[0]), x[1:])
    n = math.isqrt(len(x))
    if name == "cholesky":
        return _cholesky(on, n, x)
    rows = [x[n * i : n * i + n] for i in range(n)]
    sign = _eliminated(on, rows, n)
    diagonal = [rows[k][k] for k in range(n)]
    if name == "det":
        return [math.prod(diagonal, start=sign)]
    sizes = [item if on.real(item) > 0.0 else 0.0 - item for item in diagonal]
    negative = sum(on.real(item) < 0.0 for item in diagonal)
    return [sign * (-1.0) ** negative, sum(map(on.log, sizes), 0.0)]
