"""Indices of arrays are numpy's: a table of indices and shapes, each compared with what numpy does to the same data."""

from __future__ import annotations

import itertools
import warnings
from array import array
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.errors import ArgumentError, IndexingError, ItemAssignmentError, ReadOnlyError, ShapeError

SHAPES: list[tuple[int, ...]] = [(0,), (1,), (4,), (0, 0), (0, 3), (3, 0), (1, 1), (1, 4), (4, 1), (3, 4)]
PARTS: list[Any] = [
    0, -1, 2, 10**30, np.int64(1), np.array(1), slice(None), slice(1, None), slice(None, None, -1), slice(-2, 10**30),
    slice(None, None, 10**30), slice(None, None, -(10**30)), slice(3, 0, -2), slice(2, 2),
    slice(np.int8(0), np.int8(2)),
    [], [0], [0, 0], [-1, 0, 1], range(2), range(2, -1, -1), (0, 1), np.array([1, 0]), np.array([2], dtype="u1"),
    [[0, 1], [1, 0]], np.array([[0], [2]]), np.zeros((0,), int), [True, False, True], [True], [False] * 4,
    np.array([True, False, True, True]), [np.True_, np.False_, np.False_], [True, 0, 2],
    None, np.newaxis, ..., [[True, False, True, True]] * 3, np.eye(3, 4) > 0, np.ones((1, 4), bool),
]  # fmt: skip
KEYS: list[Any] = [(), *((part,) for part in PARTS), *itertools.product(PARTS, repeat=2)]
KEYS += [(a, b, c) for a in ([0, 1], 0, slice(None)) for b in (None, ..., [1, 0]) for c in ([0, 1], 0, slice(None))]
KEYS += [(None, 0, 0), (0, None, [0, 1]), ([0, 1], None, 0), (None, [0], ..., [0]), (0, 0, 0), (..., 0, ...)]
KEYS += [np.ix_([0, 2], [1, 3]), np.ix_([True, False, True], [0]), np.ix_([0, -1]), np.nonzero(np.eye(3, 4))]


def made(shape: tuple[int, ...]) -> tuple[Any, Any]:
    n = np.arange(float(np.prod(shape))).reshape(shape)
    return (Vector if len(shape) == 1 else Matrix)(n), n


def same(x: Any, n: Any, key: Any) -> None:
    """Our result is numpy's, or both refuse. What would have three dimensions is refused by us alone."""
    try:
        with warnings.catch_warnings():  # older numpy warns of wrong positions where the result is empty
            warnings.simplefilter("error", DeprecationWarning)
            wanted = n[key]
    except (IndexError, TypeError, DeprecationWarning):  # TypeError: the bounds of a slice
        with pytest.raises((IndexingError, ShapeError)):
            x[key]
        return
    if wanted.ndim > 2:
        with pytest.raises(ShapeError, match="one or two dimensions"):
            x[key]
        return
    try:
        found = x[key]
    except IndexingError as error:  # numpy takes wrong positions in a list if another list is empty
        assert "is out of range" in str(error) and not wanted.size and isinstance(key, tuple) and len(key) > 1
        return
    assert getattr(found, "shape", ()) == wanted.shape
    assert type(found) is (Value, Vector, Matrix)[wanted.ndim]
    assert np.array_equal(found.data, wanted)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_an_index_selects_what_numpys_does(shape: tuple[int, ...]) -> None:
    x, n = made(shape)
    for key in KEYS:
        same(x, n, key)
        if len(key) == 1 and not isinstance(key[0], tuple):  # without the tuple
            same(x, n, key[0])
    if len(shape) == 2:
        for key in KEYS[:: 1 + sg.backend().count("python") * 6]:  # of other views: a transpose, rows in steps
            same(x.T, n.T, key)
            same(x[:, ::2], n[:, ::2], key)


def parts(most: int = 5) -> Any:
    bound = st.none() | st.integers(-most - 2, most + 2)
    positions = st.integers(-most, most - 1)
    return st.one_of(
        positions, st.builds(slice, bound, bound, st.none() | st.integers(-3, 3).filter(bool)), st.none(),
        st.just(...), st.lists(positions, max_size=3), st.lists(st.booleans(), min_size=most, max_size=most),
    )  # fmt: skip


@given(st.tuples(st.integers(0, 5), st.integers(0, 5)) | st.tuples(st.integers(0, 5)), st.lists(parts(), max_size=4))
def test_any_index(shape: tuple[int, ...], key: list[Any]) -> None:
    same(*made(shape), tuple(key))


@given(st.lists(parts(), max_size=3))
def test_an_index_takes_the_gradient_along(key: list[Any]) -> None:
    x = made((5, 5))[0]
    try:
        found = x[tuple(key)]
    except (IndexingError, ShapeError):
        return
    if getattr(found, "size", 1):
        (found.sum() if isinstance(found, (Vector, Matrix)) else found * 1.0).backward()
        counts = np.zeros((5, 5))
        np.add.at(counts, tuple(key), 1.0)
        assert np.array_equal(x.grad, counts)


def test_two_lists_pick_element_by_element() -> None:
    p = Matrix([[1.0, 2.0], [3.0, 4.0]])
    assert p[[0, 1], [1, 0]].data == [2.0, 3.0] == p[range(2), [1, 0]].data
    assert p[[0, 1], 0].data == p[[0, 1], [0]].data == [1.0, 3.0]
    assert p[np.ix_([0, 1], [1, 0])].data == [[2.0, 1.0], [4.0, 3.0]] == p[[0, 1]][:, [1, 0]].data
    assert p[[0, 1], [1, 0]][0] is p[0, 1]
    with pytest.raises(ShapeError, match=r"got \(2,\) and \(3,\): for all rows with all columns, write m\[rows\]"):
        p[[0, 1], [0, 1, 0]]


def test_other_sequences_of_positions() -> None:
    x = Vector([1.0, 2.0, 3.0])
    for key in (array("q", [2, 0]), memoryview(array("i", [2, 0])), range(2, -1, -2), (-1, -3)):
        assert x[key if not isinstance(key, tuple) else (key,)].data == [3.0, 1.0]
    assert x.data == [1.0, 2.0, 3.0] and x[::-1].T.data == [3.0, 2.0, 1.0]
    assert Vector([])[np.zeros(0, bool)].shape == (0,)
    with pytest.raises(ShapeError, match="a mask of 0 flags"):  # numpy takes it
        x[np.zeros(0, bool)]


REFUSED: list[tuple[Any, str]] = [
    (True, "got one bool: write v if flag"), (np.False_, "got one bool"), (np.array(True), "got one bool"),
    ((0, True), "got one bool"), (1.0, "got float"), (np.float64(1.0), "got float64"), ("a", "got str"),
    (b"a", "got bytes"), ({0}, "got set"), ({}, "got dict"), (iter([0]), "got list_iterator"),
    (Value(1.0), "got Value"),
    ([0.5], "list with a float"), (["a"], "list with text"), ([None], "list with a NoneType"), ([...], "ellipsis"),
    ([Value(0.0)], "list with a Value"), (np.array([0.0]), "got an array of dtype float64: write indices.astype"),
    (Vector([0.0]), r"got a Vector of shape \(1,\): for a mask, compare it"), (slice("a", None), "be ints or None"),
    (slice(None, None, 0), "step cannot be zero"), (slice(Value(0.0), None), "of a slice must be ints"),
    ((..., ...), "... once only"), ((0, 0, 0), r"shape \(3, 4\) takes 2 indices at most, got 3"), (3, "index 3 is out"),
    ((0, -5), r"index -5 is out of range for an array of shape \(3, 4\)"), ([0, 3], "index 3 is out"),
    (([0], [0], [0]), "got 3 indices"), ((np.eye(3, 4) > 0, 0), "got 3 indices"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "message"), REFUSED)
def test_what_is_no_index(key: Any, message: str) -> None:
    x = made((3, 4))[0]
    with pytest.raises(IndexingError, match=message) as caught:
        x[key]
    assert isinstance(caught.value, IndexError) and isinstance(caught.value, ArgumentError)
    assert not type(caught.value).__name__.startswith("_")


def test_lists_that_do_not_fit() -> None:
    x, deep = made((3, 4))[0], [0]
    deep.append(deep)  # type: ignore[arg-type]
    for key, message in (
        ([True] * 4, r"a mask of 4 flags does not fit the length 3 of shape \(3, 4\)"),
        ([[True] * 3], r"a mask of shape \(1, 3\) does not fit an array of shape \(3, 4\)"),
        ([[0, 1], [0]], "rows of equal shape"), (deep, "too deeply"), (None, r"would give shape \(1, 3, 4\)"),
        ([[0, 1]], r"would give shape \(1, 2, 4\)"),
    ):  # fmt: skip
        with pytest.raises(ShapeError, match=message):
            x[key]


@pytest.mark.parametrize("x", [Vector([1.0, 2.0]), Matrix([[1.0, 2.0]])], ids=["Vector", "Matrix"])
def test_elements_cannot_be_replaced(x: Any) -> None:
    before = x.tolist()
    for key in (0, slice(None), [0], (0, 0), None):
        with pytest.raises(ItemAssignmentError, match=r"sg\.where\(mask, new, x\), by sg\.stack"):
            x[key] = 3.0
        with pytest.raises(ItemAssignmentError, match="cannot be deleted: select those that stay"):
            del x[key]
    with pytest.raises((ReadOnlyError, TypeError)):
        x[0] += 1.0
    assert str(x.tolist()) == str(before)
