"""Hypothesis strategies for the ledger: numbers, with zeros of both signs, exact ones and many sizes; shapes from 0."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

# whole quarters: sums and products of a few are exact, so that zeros and ties come out of arithmetic too
QUARTERS = st.integers(-12, 12).map(lambda k: k / 4.0)
SIZES = st.integers(1, 4)
FROM_EMPTY = st.integers(0, 4)


def _no_dust(x: float) -> float:
    """Below 1e-60, returns zero with the same sign, so that products of a few numbers do not underflow."""
    return x if abs(x) >= 1e-60 else math.copysign(0.0, x)


def reals(size: float) -> st.SearchStrategy[float]:
    """Reals up to `size`, and multiples of a quarter."""
    return st.one_of(QUARTERS, st.floats(-size, size).map(_no_dust))


NUMBERS = reals(3.0)
# of every size from 1e-60 to 1e60: for formulas that are linear in each argument
WIDE = st.one_of(NUMBERS, st.floats(-1e60, 1e60).map(_no_dust))
NONZERO = NUMBERS.filter(lambda x: abs(x) > 1e-6)


def vectors(n: int, numbers: st.SearchStrategy[float] = NUMBERS) -> st.SearchStrategy[list[float]]:
    """Vectors of length n."""
    return st.lists(numbers, min_size=n, max_size=n)


def matrices(m: int, n: int, numbers: st.SearchStrategy[float] = NUMBERS) -> st.SearchStrategy[list[list[float]]]:
    """Matrices of m rows and n columns."""
    return st.lists(vectors(n, numbers), min_size=m, max_size=m)


@st.composite
def together(draw: Any, count: int, sizes: Any = FROM_EMPTY, numbers: Any = NUMBERS) -> list[list[float]]:
    """Draws several vectors of the same length."""
    n = draw(sizes)
    return [draw(vectors(n, numbers)) for _ in range(count)]


def sign_is_certain(terms: list[float]) -> bool:
    """Whether rounding cannot change the sign of the sum of `terms`, in any order: it is exact, or far from 0."""
    if all(term == round(term * 64.0) / 64.0 and abs(term) < 1e6 for term in terms):
        return True
    bound = 4.0 * len(terms) * 2.0**-52 * sum(map(abs, terms))
    return abs(math.fsum(terms)) > bound or not any(terms)
