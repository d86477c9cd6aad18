"""Rosenbrock's function and its hessian by hand; containers of Values as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from scalargrad import Matrix, Value, Vector


def rosenbrock(x: Any) -> Any:
    return sum((1 - x[i]) ** 2 + 100 * (x[i + 1] - x[i] ** 2) ** 2 for i in range(len(x) - 1))


def of_rosenbrock(x: list[float]) -> list[list[float]]:
    """Its hessian, by hand."""
    n = len(x)
    h = [[0.0] * n for _ in range(n)]
    for i in range(n - 1):
        h[i][i] += 2 - 400 * (x[i + 1] - 3 * x[i] ** 2)
        h[i][i + 1] = h[i + 1][i] = -400 * x[i]
        h[i + 1][i + 1] += 200
    return h


def numbers(x: Any) -> Any:
    """Containers of Values as containers of floats; arrays as nested lists."""
    if isinstance(x, (Vector, Matrix)):
        return x.numpy().tolist()
    if isinstance(x, dict):
        return {key: numbers(item) for key, item in x.items()}
    if isinstance(x, (list, tuple)):
        return [*map(numbers, x)]
    return x.data if isinstance(x, Value) else x.tolist() if isinstance(x, np.ndarray) else x


X = [0.5, -1.0, 2.0]
V = [1.0, 10.0, -3.0]
H = of_rosenbrock(X)
HV = [sum(h * v for h, v in zip(row, V)) for row in H]
