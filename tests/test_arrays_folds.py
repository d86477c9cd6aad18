"""Reductions along every axis of arrays in any layout: the scalars' functions of each row, to the last bit."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Matrix, Vector
from scalargrad.arrays.arithmetic import as_array
from scalargrad.errors import ArgumentError
from tests.support.operands import CONSTANT, KINDS, compare, drawing, flat_bits, grid

FOLDS = ["sum", "mean", "max", "min", "prod", "norm", "logsumexp"]
ARRAYS = [kind for kind in KINDS if kind not in {*CONSTANT, "value", "vector", "mixed"}]


def rows_of(scalars: Any, axis: int | None) -> list[list[Any]]:
    """What an axis goes along: all, the rows, or the columns."""
    if axis is None:
        return [[v for row in scalars for v in row]]
    return [list(row) for row in (scalars if axis in (1, -1) else zip(*scalars))]


def check(name: str, kind: str, m: int, n: int, axis: int | None) -> None:
    x = KINDS[kind](m, n, drawing(f"{name} {m} {n}"))
    ours = getattr(x.array, name)() if axis is None else getattr(x.array, name)(axis)
    theirs = [getattr(sg, name)(row) for row in rows_of(x.scalars, axis)]
    what = f"{name} of {kind}, {m} x {n}, along {axis}"
    if axis is None:
        assert isinstance(ours, sg.Value), what
        ours = Vector([ours])
    assert ours.shape == (len(theirs),), what
    compare(ours, [theirs], x.leaves, what)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, -2])
@pytest.mark.parametrize("name", FOLDS)
def test_folds(name: str, axis: int | None) -> None:
    for kind in ARRAYS:
        check(name, kind, 3, 5, axis)
    for m, n in [(1, 1), (1, 9), (9, 1), (2, 8), (7, 2)]:
        check(name, "matrix", m, n, axis)


@pytest.mark.parametrize("columns", [8, 9, 15, 16, 17, 127, 128, 129, 136, 256, 257])
@pytest.mark.parametrize("name", ["sum", "logsumexp", "max"])
def test_long_rows(name: str, columns: int) -> None:
    check(name, "matrix", 2, columns, 1)
    check(name, "in steps, transposed", columns, 2, 0)


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(name: str, axis: int) -> None:
    """An array's rows are computed side by side, not one after the other: `repeated` would show that in its order."""
    for kind, (m, n) in itertools.product(sorted({*ARRAYS} - {"repeated"}), [(3, 4), (1, 5), (5, 1), (2, 9)]):
        x = KINDS[kind](m, n, drawing(f"{name} {m} {n}"))
        ours = getattr(x.array, name)(axis=axis)
        turned = [getattr(sg, name)(row) for row in rows_of(x.scalars, axis)]
        theirs = turned if axis in (1, -1) else [list(row) for row in zip(*turned)]
        assert ours.shape == (len(theirs), len(theirs[0]))
        weights = grid(*ours.shape, drawing("weights"))
        across = [[v * w for v, w in zip(*rows)] for rows in zip(theirs, weights)]
        compare(ours * weights, across, x.leaves, f"{name} of {kind}, {m} x {n}, along {axis}")


@pytest.mark.parametrize("name", [*FOLDS, "softmax", "log_softmax"])
def test_vectors(name: str) -> None:
    base, scalars = KINDS["vector"](1, 11, drawing(name))[:2]
    for key in (slice(None), slice(1, 9, 3), slice(None, None, -2), [3, 3, 0]):
        picked = [scalars[0][k] for k in (key if isinstance(key, list) else range(11)[key])]
        for axis in (0, -1):
            ours, theirs = getattr(base[key], name)(axis=axis), getattr(sg, name)(picked)
            array = ours if isinstance(ours, Vector) else Vector([ours])
            compare(array, [list(theirs) if isinstance(ours, Vector) else [theirs]], [(base, scalars)], f"{name} {key}")
            base.grad = 0.0
            for v in scalars[0]:
                v.grad = 0.0


@pytest.mark.parametrize("name", ["max", "min"])
def test_ties_share(name: str) -> None:
    """By hand: a k-way tie gives each 1 / k."""
    x = Matrix([[2.0, 2.0, 2.0, -1.0], [-3.0, 5.0, 5.0, -3.0]])
    getattr(x, name)(axis=1).sum().backward()
    third = 1.0 / 3.0
    wanted = {"max": [[third, third, third, 0.0], [0.0, 0.5, 0.5, 0.0]],
              "min": [[0.0, 0.0, 0.0, 1.0], [0.5, 0.0, 0.0, 0.5]]}  # fmt: skip
    assert x.grad == wanted[name]


def test_of_constants_and_without_recording() -> None:
    """The same numbers: constants give floats or constants, no_grad gives leaves."""
    numbers = grid(3, 5, drawing("numbers"))
    tracked, constants = Matrix(numbers), as_array(numbers)
    for name, axis in itertools.product(FOLDS, [0, 1]):
        wanted = flat_bits(getattr(tracked, name)(axis), "data")
        assert flat_bits(getattr(constants, name)(axis), "data") == wanted, name
        assert all(isinstance(x, float) for x in [*getattr(constants, name)(axis), getattr(constants, name)()]), name
        with sg.no_grad():
            quiet = getattr(tracked, name)(axis)
        assert flat_bits(quiet, "data") == wanted and all(x._op == "" for x in quiet), name
    for name, axis in itertools.product(["softmax", "log_softmax"], [0, 1]):
        wanted = flat_bits(getattr(tracked, name)(axis=axis), "data")
        assert flat_bits(getattr(constants, name)(axis=axis), "data") == wanted, name
        with sg.no_grad():
            assert flat_bits(getattr(tracked, name)(axis=axis), "data") == wanted, name


@pytest.mark.parametrize("name", [*FOLDS, "softmax", "log_softmax"])
def test_of_nothing(name: str) -> None:
    x = Matrix([[1.0, 2.0]])[:, :0]  # 1 x 0
    if name in ("sum", "prod", "norm"):
        found = getattr(x, name)(axis=1)
        assert found.data == [1.0 if name == "prod" else 0.0]
        assert getattr(x, name)(axis=0).shape == (0,) and getattr(x, name)().data == found.data[0]
    else:
        with pytest.raises(
            ArgumentError, match=rf"^{name} needs an element per result, got shape \(1, 0\) with axis 1"
        ):
            getattr(x, name)(axis=1)
    for wrong in (2, -3):
        with pytest.raises(ArgumentError, match=f"an array of 2 dimensions has no axis {wrong}"):
            getattr(x, name)(axis=wrong)
    with pytest.raises(ArgumentError, match="an array of 1 dimensions has no axis 1"):
        getattr(Vector([1.0]), name)(axis=1)
