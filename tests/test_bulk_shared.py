"""Operands that share nodes: in bulk, element by element and on scalars the same gradients, to the last bit.

The order in which an adjoint gets its terms is what these tests are about: consumers in the reverse order of their
recording, and from one consumer in the order of its operands. Numbers differ in size, so that another order shows.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, core
from scalargrad.arrays.arithmetic import affine
from tests.support.operands import compare, flat_bits, scalars_of
from tests.support.profiles import native_only
from tests.test_arrays_products import dots

NASTY = [0.0, -0.0, 5e-324, -1e-310, 1e-160, 1e160, 1.7e308, float("inf"), float("-inf"), float("nan")]
ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "maximum": sg.maximum,
    "where": lambda x, y: sg.where(x > 0, y, x),
    "square": lambda x, y: x * x,
}


def numbers(rows: int, columns: int, chance: random.Random, nasty: float) -> list[list[float]]:
    return [
        [
            chance.choice(NASTY) if chance.random() < nasty else chance.uniform(-2, 2) * 10 ** chance.uniform(-3, 3)
            for _ in range(columns)
        ]
        for _ in range(rows)
    ]


def view(chance: random.Random, rows: int, columns: int) -> Callable[[Any], Any]:
    """A view of a matrix, or a selection that may repeat its elements."""

    def some(n: int) -> Any:
        kind, step = chance.randrange(6), chance.choice([1, 1, 2, 3, -1])
        if kind == 0:
            return [chance.randrange(n) for _ in range(chance.randrange(1, n + 3))]
        if kind == 1:
            return sorted(chance.randrange(n) for _ in range(n))
        return slice(None, None, step) if kind < 4 else slice(chance.randrange(n), None)

    which, by_rows, by_columns = chance.randrange(6), some(rows), some(columns)
    views: list[Callable[[Any], Any]] = [
        lambda m: m, lambda m: m.T, lambda m: m[by_rows], lambda m: m[:, by_columns],
        lambda m: m[by_rows][:, by_columns], lambda m: m[by_rows].T,
    ]  # fmt: skip
    return views[which]


def fitting(m: Any, rows: int, columns: int) -> Any:
    return m[:rows][:, :columns]


def draw_case(seed: int, rows: int, columns: int) -> tuple[random.Random, Callable[[Any], Any], Callable[[Any], Any]]:
    chance = random.Random(seed)
    return chance, view(chance, rows, columns), view(chance, rows, columns)


def objects(grid: list[list[Any]]) -> Any:
    found = np.empty((len(grid), len(grid[0])), dtype=object)
    for r, row in enumerate(grid):
        found[r] = row
    return found


def product_of(x: Any, left: Any, right: Any, biased: bool) -> tuple[Any, Any, Any]:
    """The operands of a product, all views of one matrix, cut to sizes that fit."""
    a, b = left(x), right(x)
    inner = min(a.shape[1], b.shape[0])
    a, b = a[:, :inner], b[:inner]
    return a, b, x[x.shape[0] - 1][: b.shape[1]] if biased and b.shape[1] <= x.shape[1] else None


SIZES = st.sampled_from([1, 2, 5, 8, 9, 12, 16, 17])


@given(st.integers(0, 2**32), SIZES, SIZES, st.booleans(), st.sampled_from([0.0, 0.0, 0.02, 0.3]), st.booleans())
@example(0, 9, 9, True, 0.0, True)
@settings(max_examples=60 if sg.backend() == "native" else 15, deadline=None)
def test_a_product_of_views_of_one_matrix(
    seed: int, rows: int, columns: int, biased: bool, nasty: float, recorded: bool
) -> None:
    chance, left, right = draw_case(seed, rows, columns)
    given_numbers = numbers(rows, columns, chance, nasty)
    x, leaves = Matrix(given_numbers), scalars_of(given_numbers)
    ours = x * 0.75 if recorded else x
    theirs = objects([[v * 0.75 for v in row] if recorded else row for row in leaves])
    a, b, bias = product_of(ours, left, right, biased)
    p, q, start = product_of(theirs, left, right, biased)
    y, each = affine(a, b, bias), dots(p.tolist(), q.T.tolist(), None if start is None else start.tolist())
    # a contribution to every leaf before, and one after
    y, each = y + x[0, 0], [[v + leaves[0][0] for v in row] for row in each]
    compare(y, each, [(x, leaves)], f"product of views, seed {seed}")


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(st.integers(0, 2**32), SIZES, SIZES, st.sampled_from([0.0, 0.02, 0.3]))
@settings(max_examples=20 if sg.backend() == "native" else 5, deadline=None)
def test_an_elementwise_operation_on_views_of_one_matrix(
    name: str, seed: int, rows: int, columns: int, nasty: float
) -> None:
    chance, left, right = draw_case(seed, rows, columns)
    given_numbers = numbers(rows, columns, chance, nasty)
    x, leaves = Matrix(given_numbers), scalars_of(given_numbers)

    def pair(m: Any) -> tuple[Any, Any]:
        a, b = left(m), right(m)
        r, c = min(a.shape[0], b.shape[0]), min(a.shape[1], b.shape[1])
        return fitting(a, r, c), fitting(b, r, c)

    (a, b), (p, q) = pair(x), pair(objects(leaves))
    each = [[ELEMENTWISE[name](u, v) for u, v in zip(*both)] for both in zip(p.tolist(), q.tolist())]
    compare(ELEMENTWISE[name](a, b), each, [(x, leaves)], f"{name} of views, seed {seed}")


def gradient(root: Value, x: Matrix, check: int) -> list[Any] | None:
    """The gradient of x; None if a check finds what is not finite."""
    x.grad = np.zeros(x.shape)
    return None if core.backward(root, 1.0, check) else flat_bits(x, "grad")


@native_only
@given(st.integers(0, 2**32), st.sampled_from([8, 9, 24, 40, 67]), st.sampled_from([8, 13, 31, 64]), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_sweep_in_bulk_has_the_bits_of_one_by_element(seed: int, rows: int, columns: int, biased: bool) -> None:
    """A sweep that checks every rule for finite numbers goes element by element."""
    chance, left, right = draw_case(seed, rows, columns)
    x = Matrix(numbers(rows, columns, chance, 0.0))
    a, b, bias = product_of(x, left, right, biased)
    y = affine(a, b, bias)
    weights = np.array(numbers(*y.shape, chance, 0.0))
    root = (y * weights).sum()
    if chance.random() < 0.5:
        root = root + x.sum()  # then every leaf is reached, and the quick sweep runs
    assert gradient(root, x, core.ANY) == gradient(root, x, core.FINITE_RULES)


@native_only
@pytest.mark.parametrize("n", [129, 161])
@pytest.mark.parametrize("name", ["A @ A", "A.T @ A", "A @ A.T", "A[:, 1:] @ A[1:]", "A[B] @ A"])
def test_more_than_a_block_of_rows(name: str, n: int) -> None:
    chance = random.Random(n)
    a = Matrix(numbers(n, n, chance, 0.0))
    repeated = [k // 2 for k in range(n)]
    y = {"A @ A": lambda: a @ a, "A.T @ A": lambda: a.T @ a, "A @ A.T": lambda: a @ a.T,
         "A[:, 1:] @ A[1:]": lambda: a[:, 1:] @ a[1:], "A[B] @ A": lambda: a[repeated] @ a}[name]()  # fmt: skip
    root = (y * np.array(numbers(*y.shape, chance, 0.0))).sum()
    assert gradient(root, a, core.ANY) == gradient(root, a, core.FINITE_RULES)


OF_ITSELF: dict[str, Callable[[Any], Any]] = {
    "A @ A": lambda a: a @ a, "A.T @ A": lambda a: a.T @ a, "A @ A.T": lambda a: a @ a.T,
    "A.T @ A.T": lambda a: a.T @ a.T, "with a bias": lambda a: affine(a, a.T, sg.constant([0.5] * a.shape[0])),
    "two": lambda a: a.T @ a + a.T @ (a * 0.5), "a chain": lambda a: (a @ a.T) @ (a @ a.T),
}  # fmt: skip


@native_only
@pytest.mark.parametrize("shape", [(8, 8), (9, 9), (15, 15), (16, 16), (31, 31), (64, 64), (70, 70), (13, 24), (24, 8)])
@pytest.mark.parametrize("name", OF_ITSELF)
def test_a_matrix_times_itself(name: str, shape: tuple[int, int]) -> None:
    """Of leaves, of nodes in order, and of a part of a larger matrix, as wide as it needs to be."""
    if shape[0] != shape[1] and name in ("A @ A", "A.T @ A.T"):
        return
    rows, columns = shape
    chance = random.Random(rows * columns)
    x = Matrix(numbers(rows + 2, columns + 3, chance, 0.0))
    for a in (x[:rows, :columns], (x * 0.75)[2:, 3:], (x * 0.75).T[3:, 2:].T):
        y = OF_ITSELF[name](a)
        root = (y * np.array(numbers(*y.shape, chance, 0.0))).sum()
        assert gradient(root, x, core.ANY) == gradient(root, x, core.FINITE_RULES)
        compared = y.elements()
        root = sg.dot(compared[::-1], [chance.uniform(-2, 2) for _ in compared])  # adjoints that are no bulk's
        assert gradient(root, x, core.ANY) == gradient(root, x, core.FINITE_RULES)


def test_a_masked_nan_in_a_shared_product() -> None:
    """An adjoint of 0 times an infinity is 0: the sweep in bulk is repeated with the chain rule's product."""
    n = 9
    given_numbers = [[float("inf") if r == c == 3 else 1.0 + r + c for c in range(n)] for r in range(n)]
    a = Matrix(given_numbers)
    y = a @ a
    keep = np.array([[float(r != 3 and c != 3) for c in range(n)] for r in range(n)])
    sg.where(keep > 0, y, 0.0).sum().backward()
    shown = np.array(a.grad)
    assert not np.isnan(shown).any() and shown[3, 3] == 0.0
