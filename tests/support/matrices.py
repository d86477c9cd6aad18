"""Matrices for tests of the linear algebra."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

UNIT = 2.0**-53
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.0, 5e-324, 1e-310]


@st.composite
def matrices(draw: Any, most: int, special: bool = True) -> list[list[float]]:
    """Square matrices of 1 to `most` rows: ordinary numbers, zeros, subnormal ones if `special`; some equal rows."""
    n = draw(st.integers(1, most))
    plain = st.one_of(st.floats(0.125, 4), st.floats(-4, -0.125), st.integers(-3, 3).map(float))
    number = st.one_of(st.floats(-4, 4), st.sampled_from(SPECIAL), plain) if special else plain
    rows = draw(st.lists(st.lists(number, min_size=n, max_size=n), min_size=n, max_size=n))
    if n > 1 and draw(st.integers(0, 9)) == 0:
        rows[-1] = list(rows[0])
    return rows
