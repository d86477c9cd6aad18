"""What refutes a wrong form: numbers on which it fails, and the small tools to write it down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import find, settings
from hypothesis import strategies as st

from scalargrad.transforms.containers import flat


def counterexample(strategy: st.SearchStrategy[Any], fails: Callable[[Any], bool]) -> Any:
    """The simplest numbers on which a wrong form fails; printed."""
    found = find(strategy, fails, settings=settings(derandomize=True, max_examples=2000, database=None))
    print("counterexample:", found)
    return found


def form(x: Any) -> Any:
    """The nesting without the numbers."""
    return [form(item) for item in x] if isinstance(x, (list, tuple)) else 0


def apart(wrong: Any, right: Any) -> bool:
    """Whether two results of one shape have a number that differs by a thousandth, or is a nan in one alone."""
    assert form(wrong) == form(right)
    return any(not (a == b or abs(a - b) <= 1e-3 * max(abs(a), abs(b))) for a, b in zip(flat(wrong), flat(right)))


def indexed(f: Callable[..., float], *sizes: int) -> Any:
    """Nested lists of f(i, j, …), for indices from 0 to each size."""
    if not sizes:
        return f()
    return [indexed(lambda *rest, first=first: f(first, *rest), *sizes[1:]) for first in range(sizes[0])]


def product(a: Any, b: Any) -> Any:
    """The matrix product."""
    return [[sum(p * q for p, q in zip(row, column)) for column in zip(*b)] for row in a]


def turned(a: Any) -> Any:
    """The transpose."""
    return [list(column) for column in zip(*a)]


def only(i: int, j: int) -> float:
    """Kronecker's delta."""
    return float(i == j)
