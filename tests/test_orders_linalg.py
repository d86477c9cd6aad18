"""Second derivatives of linear algebra against 50 digits of mpmath, singular matrices included.

The tolerance is 1e-11 of the largest entry of the second derivatives: the matrices have condition numbers below 50.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from mpmath import mp, mpf

import scalargrad as sg
from tests.support.higher import DIGITS, difference

REGULAR = (2.0, 0.5, -1.0, 0.25, 3.0, 0.75, 1.0, -0.5, 1.5)
POSITIVE = (4.0, 1.0, 0.5, 1.0, 3.0, 0.25, 0.5, 0.25, 2.0)
SINGULAR = (1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 1.0, 0.0, 1.0)
OF_RANK_1 = (1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0)


def rows(x: Any) -> list[list[Any]]:
    return [list(x[k : k + 3]) for k in (0, 3, 6)]


def _determinant(*x: Any) -> Any:
    a, b, c, d, e, f, g, h, i = x
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def _solved(*x: Any) -> Any:
    return mp.lu_solve(mp.matrix(rows(x)), mp.matrix([1, 2, -1]))[1]


def _root(*x: Any) -> Any:
    a, _, _, d, e, _, g, h, i = x  # of the lower triangle, by its formulas
    first = mp.sqrt(a)
    second = mp.sqrt(e - (d / first) ** 2)
    low = (h - (g / first) * (d / first)) / second
    return mp.sqrt(i - (g / first) ** 2 - low**2) + low


CASES: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[float, ...]]] = {
    "det": (lambda *x: sg.linalg.det(rows(x)), _determinant, REGULAR),
    "det, singular": (lambda *x: sg.linalg.det(rows(x)), _determinant, SINGULAR),
    "det, of rank 1": (lambda *x: sg.linalg.det(rows(x)), _determinant, OF_RANK_1),
    "slogdet": (lambda *x: sg.linalg.slogdet(rows(x))[1], lambda *x: mp.log(abs(_determinant(*x))), REGULAR),
    "solve": (lambda *x: sg.linalg.solve(rows(x), [1.0, 2.0, -1.0])[1], _solved, REGULAR),
    "cholesky": (
        lambda *x: (lambda root: root[2][2] + root[2][1])(sg.linalg.cholesky(rows(x))), _root, POSITIVE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_second_derivatives(name: str) -> None:
    ours, theirs, point = CASES[name]
    lower = [k for k in range(9) if name != "cholesky" or k in (0, 3, 4, 6, 7, 8)]
    pairs = [(i, j) for i, j in itertools.product(lower, lower) if i <= j and (i + 2 * j) % 3]
    wanted, got = [], []
    for i, j in pairs:
        with mp.workdps(DIGITS):
            order = [(k == i) + (k == j) for k in range(9)]
            wanted.append(difference(theirs, [*map(mpf, point)], order, [mpf("0.1")] * 9))
        got.append(float(sg.grad(sg.grad(ours, i), j)(*point)))
    most = max(map(abs, wanted))
    for pair, x, y in zip(pairs, got, wanted):
        assert abs(mpf(x) - y) <= mpf("1e-11") * most, (pair, x, y)
