"""Colourings tell all entries of a matrix apart; patterns have every entry; what a structure gave is used again."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad.testing import strategies
from scalargrad.transforms import sparsity
from scalargrad.transforms.colouring import apart, star, transposed
from scalargrad.transforms.run import Run
from scalargrad.transforms.sparsity import members

once = pytest.mark.once  # no backend takes part


@st.composite
def graphs(draw: Any) -> list[list[int]]:
    """The neighbours of each vertex of a random graph, which may be empty, complete, or with lone vertices."""
    n = draw(st.integers(0, 9))
    pairs = [(i, k) for i in range(n) for k in range(i)]
    edges = draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    return [[k for k in range(n) if (i, k) in edges or (k, i) in edges] for i in range(n)]


def band(n: int, width: int) -> list[list[int]]:
    return [[k for k in range(max(0, i - width), min(n, i + width + 1)) if k != i] for i in range(n)]


def arrowhead(n: int, hub: int) -> list[list[int]]:
    return [[k for k in range(n) if k != i and (i == hub or k == hub)] for i in range(n)]


def two_coloured_path(neighbours: list[list[int]], colours: list[int]) -> bool:
    """Whether four vertices in a row have two colours."""
    return any(
        v != x and w != y and colours[v] == colours[x] and colours[w] == colours[y]
        for w, nearby in enumerate(neighbours)
        for v in nearby
        for x in nearby
        for y in neighbours[x]
    )


@once
@given(graphs())
@example([])
@example([[]])
@example(band(9, 1))
@example(arrowhead(6, 5))
def test_a_star_colouring_is_one(neighbours: list[list[int]]) -> None:
    colours = star(neighbours)
    assert len(colours) == len(neighbours)
    assert not any(colours[v] == colours[w] for v, nearby in enumerate(neighbours) for w in nearby)
    assert not two_coloured_path(neighbours, colours)
    assert {*colours} == {*range(max(colours, default=-1) + 1)}


@once
def test_a_path_of_two_colours_is_seen() -> None:
    assert two_coloured_path(band(4, 1), [0, 1, 0, 1]) and not two_coloured_path(band(4, 1), [0, 1, 0, 2])


@once
@given(graphs(), st.integers(0, 3))
def test_columns_of_one_colour_have_no_row_in_common(rows: list[list[int]], more: int) -> None:
    count = len(rows) + more
    colours = apart(rows, count)
    assert len(colours) == count
    for row in rows:
        assert len({colours[k] for k in row}) == len(row)
    assert {*colours} == {*range(max(colours, default=-1) + 1)}


@once
@pytest.mark.parametrize(
    ("neighbours", "most"),
    [
        (band(60, 0), 1),
        (band(60, 1), 3),
        (band(60, 2), 5),
        (band(60, 5), 11),
        (arrowhead(60, 0), 2),
        (arrowhead(60, 59), 2),
        (arrowhead(60, 30), 2),
        (band(12, 11), 12),
        ([[k for k in range(i - i % 4, i - i % 4 + 4) if k != i] for i in range(60)], 4),
    ],
    ids=["diagonal", "tridiagonal", "pentadiagonal", "band", "first", "last", "middle", "complete", "blocks"],
)
def test_how_many_colours_there_are(neighbours: list[list[int]], most: int) -> None:
    assert max(star(neighbours)) + 1 == most


@once
def test_colourings_are_quick() -> None:
    """Linear in the entries, also where one row is full: 100,000 vertices take no 10^10 steps."""
    n = 100_000
    assert max(star([[n - 1]] * (n - 1) + [[*range(n - 1)]])) == 1
    assert max(apart([[k] for k in range(n)], n)) == 0


@once
@given(st.integers(0, 1 << 80))
@example(0)
@example(1 << 5000)
@example((1 << 300) - 1)
def test_members(bits: int) -> None:
    assert sum(1 << k for k in members(bits)) == bits and members(bits) == sorted(members(bits))


@once
@given(graphs())
def test_transposed(rows: list[list[int]]) -> None:
    columns = transposed(rows, len(rows))
    assert {(i, k) for i, row in enumerate(rows) for k in row} == {(i, k) for k, row in enumerate(columns) for i in row}


# --- patterns ---------------------------------------------------------------------------------------------------------


def record_of(function: Any, x: list[float]) -> Any:
    run = Run(function, "f", [x], [0]).execute({}, False)
    return run.piece(run.items)


def dependencies(function: Any, x: list[float]) -> list[list[int]]:
    return [members(bits) for bits in sparsity.pattern(record_of(function, x).record, len(x))]


X = [0.5, 1.5, 2.5]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: [x[0], x[2] * x[0], 3.0, x[1]], [[0], [0, 2], [], [1]]),
        (lambda x: [sg.sum(x), sg.dot(x, [1.0, 0.0, 1.0])], [[0, 1, 2], [0, 1, 2]]),
        (lambda x: [sg.floor(x[0]), sg.sign(x[1]) * x[2]], [[], [2]]),
        (lambda x: [sg.where(x[0] > 0, x[1], x[2]), x[0].detach() * x[1]], [[1, 2], [1]]),
        (lambda x: sg.linalg.solve([[x[0], 0.0], [0.0, x[1]]], [1.0, x[2]]), [[0, 1, 2], [0, 1, 2]]),
        (lambda x: [x[0] - x[0], 0.0 * x[1]], [[0], [1]]),
    ],
)  # fmt: skip
def test_patterns(function: Any, expected: Any) -> None:
    assert dependencies(function, X) == expected


@given(strategies.expressions())
def test_what_a_pattern_lacks_is_zero(e: Any) -> None:
    def f(x: Any) -> Any:
        return [e(*x), e(*x) * x[0]]

    rows = dependencies(f, e.inputs)
    for row, derivatives in zip(rows, sg.jacobian(f, mode="reverse")(e.inputs)):
        assert all(k in row for k, x in enumerate(derivatives) if x != 0.0)


def test_a_pattern_is_found_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: Any) -> Any:
        return [v * w for v, w in pairwise(x)] + [sg.sum(x)]

    x = [float(k) for k in range(200)]
    whole = dependencies(f, x)
    monkeypatch.setattr(sparsity, "_MEMORY", 64)
    assert dependencies(f, x) == whole == [[k, k + 1] for k in range(199)] + [[*range(200)]]


# --- what is remembered ----------------------------------------------------------------------------------------------


def test_a_structure_is_planned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    pattern = sparsity.pattern
    monkeypatch.setattr(sparsity, "_structures", sparsity.Memory(32, 1 << 25))
    monkeypatch.setattr(sparsity, "pattern", lambda *given: calls.append(given) or pattern(*given))
    h = sg.hessian(lambda x: x[0] * x[1] * x[1])
    assert h([3.0, 2.0]) == [[0.0, 4.0], [4.0, 6.0]] and len(calls) == 1
    assert h([5.0, 7.0]) == [[0.0, 14.0], [14.0, 10.0]] and len(calls) == 1
    assert sg.hessian(lambda x: x[1] * x[0] * x[0])([5.0, 7.0]) == [[14.0, 10.0], [10.0, 0.0]] and len(calls) == 2
    # the same numbers of nodes, and another branch
    either = sg.hessian(lambda x: sg.maximum(x[0] * x[1], x[1] * x[2]))
    assert either([1.0, 1.0, 0.5]) == [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert either([0.5, 1.0, 1.0]) == [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]


def test_little_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = sparsity.Memory(8, 1 << 25)
    monkeypatch.setattr(sparsity, "_structures", memory)
    for n in range(1, 24):
        sg.hessian(lambda x: sg.sum(v * v for v in x))([1.0] * n)
        assert len(memory.entries) <= 8
    memory.size = 1000
    assert sg.hessian(lambda x: sg.sum(v * v for v in x))([1.0] * 200)[7][7] == 2.0
    assert not memory.entries
