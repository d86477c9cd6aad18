"""Nan, infinities, signed zeros and subnormals: recording in bulk gives the bits of recording element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix
from scalargrad.arrays import concat
from scalargrad.arrays.arithmetic import affine, elementwise
from scalargrad.table import ops
from tests.support.engines import bits
from tests.support.profiles import full, native_only
from tests.support.scalars import in_place_of_the_backend

NASTY = [
    float("nan"),
    float("inf"),
    float("-inf"),
    0.0,
    -0.0,
    5e-324,
    -5e-324,
    2e-308,
    1e-160,
    1e160,
    -1.7e308,
    1.0,
    1.0,
]
REDUCTIONS = ["sum", "mean", "max", "min", "prod", "norm", "logsumexp"]

# of two square matrices of one size, and a number that chooses among variants
STEPS: dict[str, Callable[[Any, Any, int], Any]] = {
    "product": lambda x, y, k: x @ y,
    "own product": lambda x, y, k: [x @ x.T, x.T @ x, x @ x][k % 3],
    "product with a bias": lambda x, y, k: affine(x, y.T, y[k % len(y)]),
    "product with a vector": lambda x, y, k: x * [y @ x[k % len(x)], x[:, 0] @ y][k % 2],
    "row": lambda x, y, k: [x + y[0], x / y[:, :1], x * y[0, 0], y[0, 0] - x][k % 4],
    "taken": lambda x, y, k: [x[::-1], y[:, ::-1], x[[0] * len(x)], x.T][k % 4],
    "joined": lambda x, y, k: concat([x[:1], y[1:]]),
    "reduced": lambda x, y, k: x + getattr(y, REDUCTIONS[k % 7])(k // 7 % 2),
    "softmax": lambda x, y, k: (x.softmax if k % 2 else x.log_softmax)(axis=k // 2 % 2),
    **{
        row.name: lambda x, y, k, row=row: elementwise(
            ops.OPCODE[row.name], *[x, y, y[k % len(y)]][: len(row.operands)]
        )
        for row in ops.PRIMITIVES
    },
}

Program = list[tuple[str, int, int, int, bool]]


def run(given: list[list[list[float]]], program: Program, seed: float) -> list[Any]:
    """The bits of all numbers and grads."""
    arrays = [Matrix(x) for x in given]
    for name, i, j, k, cut in program:
        arrays.append(STEPS[name](arrays[i % len(arrays)], arrays[j % len(arrays)], k))
        if cut:
            arrays[-1][0, -1].backward(seed)
    sg.sum([x.sum() for x in arrays[-3:]]).backward(seed)
    return [bits(v) for x in arrays for row in [*x.data, *x.grad] for v in row]


programs = st.lists(
    st.tuples(st.sampled_from(list(STEPS)), st.integers(0, 9), st.integers(0, 9), st.integers(0, 13), st.booleans()),
    min_size=1,
    max_size=6,
)


def compare(n: int, nasty: int, random: Any, program: Program, seed: float) -> None:
    def number() -> float:
        return random.choice(NASTY) if random.random() < nasty / 10 else random.uniform(-2, 2)

    given = [[[number() for _ in range(n)] for _ in range(n)] for _ in range(2)]
    wanted = run(given, program, seed)
    with pytest.MonkeyPatch.context() as patch:
        in_place_of_the_backend(patch)
        by_element = run(given, program, seed)
    assert wanted == by_element
    with sg.no_grad():
        quiet = run(given, program, seed)
    size = n * n
    assert len(quiet) == 2 * size * (2 + len(program))
    for k in range(2 + len(program)):  # the numbers; the grads differ, as nothing is recorded
        assert quiet[2 * k * size : (2 * k + 1) * size] == wanted[2 * k * size : (2 * k + 1) * size]


drawn = given(st.integers(1, 9), st.sampled_from([0, 1, 5, 10]), st.randoms(use_true_random=False), programs,
              st.sampled_from([1.0, -2.5, 0.0, 1e300, *NASTY]))  # fmt: skip


@native_only
@drawn
def test_bulk_is_element_by_element(n: int, nasty: int, random: Any, program: Program, seed: float) -> None:
    compare(n, nasty, random, program, seed)


@native_only
@pytest.mark.slow
@settings(max_examples=full(5000), derandomize=False)
@drawn
def test_bulk_is_element_by_element_at_length(n: int, nasty: int, random: Any, program: Program, seed: float) -> None:
    compare(n, nasty, random, program, seed)


@native_only
@pytest.mark.parametrize("name", [row.name for row in ops.PRIMITIVES])
@given(st.lists(st.sampled_from(NASTY), min_size=9, max_size=27), st.sampled_from([1.0, float("inf"), 0.0]))
@settings(max_examples=20)
def test_rows_of_nasty_numbers(name: str, numbers: list[float], seed: float) -> None:
    """Every primitive, over more numbers than fit in a register."""
    n = len(numbers) // 3
    given = [[numbers[:n]], [numbers[n : 2 * n]]]
    wanted = run(given, [(name, 0, 1, 0, False)], seed)
    with pytest.MonkeyPatch.context() as patch:
        in_place_of_the_backend(patch)
        assert wanted == run(given, [(name, 0, 1, 0, False)], seed)
