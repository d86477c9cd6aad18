"""Hypothesis strategies for the ledger: numbers, with zeros of both signs, exact ones and many sizes; shapes from 0."""

from __future__ import annotations

import math
import sys
from typing import Any

from hypothesis import strategies as st

from scalargrad.transforms.containers import mapped

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
# every finite double: with zeros of both signs, the smallest and largest, and the smallest that is not subnormal
EDGES = [0.0, 5e-324, 1e-310, 2.0**-1022, 1e-160, 1e160, sys.float_info.max]
FINITE = st.one_of(
    NUMBERS, st.sampled_from([*EDGES, *(-x for x in EDGES)]), st.floats(allow_nan=False, allow_infinity=False)
)
# of multiples by these, closed forms and engine make exact multiples, as long as nothing under- or overflows
THIRDS = QUARTERS.map(lambda x: x / 3.0)
POWERS = st.integers(-200, 200).map(lambda k: 2.0**k)
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


def times(x: Any, factor: float) -> Any:
    """Nested numbers, each times a factor."""
    return mapped(lambda item: item * factor, x)


def sign_is_certain(terms: list[float]) -> bool:
    """Whether rounding cannot change the sign of the sum of `terms`, in any order: it is exact, or far from 0."""
    if all(abs(term) < 1e6 and term == round(term * 64.0) / 64.0 for term in terms):
        return True
    bound = 4.0 * len(terms) * 2.0**-52 * sum(map(abs, terms))
    return abs(math.fsum(terms)) > bound or not any(terms)
