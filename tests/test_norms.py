"""Traces and norms of `scalargrad.linalg`: values and gradients against 50 digits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, linalg
from scalargrad.errors import ArgumentError, ScalargradError
from tests.support.matrices import UNIT, matrices


@pytest.fixture(autouse=True)
def _fifty_digits() -> Iterator[None]:
    before, mp.dps = mp.dps, 50
    yield
    mp.dps = before


@given(matrices(4), st.integers(-3, 3))
def test_a_trace_is_one_sum(rows: list[list[float]], offset: int) -> None:
    n, x = len(rows), Matrix(rows)
    found = linalg.trace(x, offset)
    terms = [rows[k][k + offset] for k in range(n) if 0 <= k + offset < n]
    assert float(getattr(found, "data", found)) == sg.sum(terms)
    if terms:
        found.backward()
        assert x.grad == [[float(j == i + offset) for j in range(n)] for i in range(n)]
        assert found._op == "sum"


ORDERS = [None, 1, 2, 3, 0.5, -1, 0, math.inf, -math.inf]


@given(st.lists(st.floats(-4, 4).filter(lambda x: abs(x) > 1e-9), min_size=1, max_size=5), st.sampled_from(ORDERS))
def test_norms_of_vectors(numbers: list[float], order: Any) -> None:
    sizes = [abs(mpf(x)) for x in numbers]
    p = 2 if order is None else order
    wanted = (max(sizes) if p == math.inf else min(sizes) if p == -math.inf else mpf(len(sizes)) if p == 0
              else mp.fsum(x ** mpf(p) for x in sizes) ** (1 / mpf(p)))  # fmt: skip
    x = Vector(numbers)
    ways = [linalg.norm(x, order), linalg.norm(x, order, axis=0), linalg.vector_norm(x, ord=p),
            linalg.norm([numbers, numbers], order, axis=1)[1], linalg.norm(x, order, keepdims=True)[0]]  # fmt: skip
    for found in ways:
        # sizes, powers, sum, root: a unit each, which the root of order p multiplies by 1 / |p|
        assert (
            abs(float(getattr(found, "data", found)) - wanted)
            <= 8 * len(numbers) * (1 + 1 / (abs(p) or 1)) * UNIT * wanted
        )
    if p not in (0, math.inf, -math.inf):
        linalg.norm(x, order).backward()
        for got, number in zip(x.grad, numbers):
            slope = mp.sign(number) * (abs(mpf(number)) / wanted) ** (mpf(p) - 1)
            assert abs(got - slope) <= 64 * len(numbers) * (1 + 1 / abs(p)) * (1 + abs(p)) * UNIT * abs(slope)


def test_norms_of_any_scale() -> None:
    assert linalg.norm(Vector([3e300, 4e300]), 3).data == pytest.approx(1e300 * 91 ** (1 / 3), rel=1e-14)
    assert linalg.norm([3e-300, 4e-300], 3) == pytest.approx(1e-300 * 91 ** (1 / 3), rel=1e-14)


def test_norms_of_matrices() -> None:
    rows = [[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]
    x = Matrix(rows)
    for order, wanted in (
        (1, 9.0),
        (-1, 5.0),
        (math.inf, 15.0),
        (-math.inf, 6.0),
        ("fro", math.sqrt(91)),
        (None, math.sqrt(91)),
    ):
        assert linalg.norm(x, order).data == pytest.approx(wanted, rel=4 * UNIT)
        if order is not None:
            assert linalg.matrix_norm(rows, ord=order) == pytest.approx(wanted, rel=4 * UNIT)
            assert linalg.norm(rows, order, keepdims=True).shape == (1, 1)
            assert linalg.norm(x.T, order, axis=(1, 0)).data == pytest.approx(wanted, rel=4 * UNIT)
    assert linalg.norm(x, axis=0, keepdims=True).shape == (1, 3) and linalg.norm(x, axis=-1).shape == (2,)
    linalg.norm(x, 1).backward()
    assert x.grad == [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]
    for order in (2, -2, "nuc", 3):
        with pytest.raises(ArgumentError, match=r"\.numpy\(\)"):
            linalg.norm(x, order)
    with pytest.raises(ArgumentError):
        linalg.norm(x, axis=2)


@pytest.mark.parametrize("ord", [[1], "x", 1j, Value(2.0)], ids=str)
def test_an_ord_that_is_no_number(ord: Any) -> None:
    for call in (linalg.norm, lambda x, ord: linalg.vector_norm(x, ord=ord)):
        for x in (Vector([3.0, 4.0]), Matrix([[3.0, 4.0]])):
            with pytest.raises(ScalargradError, match=r"number|, got|write"):
                call(x, ord)
    with pytest.raises(ArgumentError, match="takes an int as the offset"):
        linalg.trace([[1.0, 2.0], [3.0, 4.0]], 0.5)
