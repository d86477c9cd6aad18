"""Masks do what numpy's arrays of bools do: each operation on ours is compared with the same on numpy's."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Mask, Matrix, Value, Vector
from scalargrad.arrays import concat, stack
from scalargrad.arrays.mask import _unpickled_mask
from scalargrad.errors import ArgumentError, NumberError, ReadOnlyError, RecordError, ShapeError

N = np.array([[-1.0, 0.0, 2.0], [3.0, -4.0, np.nan]])
SHAPES: list[tuple[int, ...]] = [(0,), (3,), (1, 1), (2, 3), (0, 3), (3, 0), (3, 1)]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


def of(flags: Any) -> Mask:
    return Mask(np.array(flags, dtype=bool))


def flags_of(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).random(shape) < 0.5


def same(found: Any, wanted: Any) -> None:
    assert type(found) is (Mask if np.ndim(wanted) else bool), found
    assert getattr(found, "shape", ()) == np.shape(wanted)
    assert np.asarray(found).dtype == bool and np.array_equal(np.asarray(found), wanted)


@pytest.mark.parametrize("compare", COMPARISONS, ids=lambda f: f.__name__)
def test_a_comparison_is_numpys(compare: Any) -> None:
    x = Matrix(N)
    for other in (0, 2.0, Value(2.0), np.float64(3.0), N[0], N[0].tolist(), Vector(N[0]), N.T[:1], Matrix(N) * 1.0, N):
        numbers = other.data if isinstance(other, (Value, Vector, Matrix)) else other
        if np.shape(numbers) not in ((), (3,), (2, 3)):
            with pytest.raises(ShapeError, match=rf"the comparison {compare.__name__} needs shapes"):
                compare(x, other)
            continue
        same(compare(x, other), compare(N, numbers))
        same(compare(other, x), compare(np.asarray(numbers), N))
    for shape in SHAPES:
        n = np.zeros(shape)
        same(compare((Vector if len(shape) == 1 else Matrix)(n), 0), compare(n, 0))


def test_numpys_comparisons_give_masks() -> None:
    x = Matrix(N)
    for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"):
        for a, b in ((x, 0.0), (0.0, x), (x, N[0]), (N, x), (x, x)):
            plain = [y.data if isinstance(y, Matrix) else y for y in (a, b)]
            same(getattr(np, name)(a, b), getattr(np, name)(*plain))


def test_what_is_no_number_is_not_equal() -> None:
    for x in (Vector([1.0]), Matrix([[1.0, 2.0]])):
        for other in (None, "a", b"a", object(), {}, [None], ["a"], 1j):
            assert (x == other) is False and (other == x) is False
            assert (x != other) is True and (other != x) is True
        for other in (None, "a", 1j):
            with pytest.raises(NumberError):
                x < other  # noqa: B015


def test_in_asks_for_an_equal_element() -> None:
    x, n = Matrix(N), N
    for number in (2.0, -4, 7.0, np.nan, N[0], [-1.0, 5.0, 5.0]):
        assert (number in x) is bool((n == number).any())
    assert Value(3.0) in x and 3.0 in x[1] and 2.0 not in x[1] and None not in x and "a" not in x[0]
    assert True in (x > 0) and False not in Mask([True])


SIGNS = {"and": operator.and_, "or": operator.or_, "xor": operator.xor}


@pytest.mark.parametrize("name", SIGNS)
def test_combinations_are_numpys(name: str) -> None:
    sign = SIGNS[name]
    for shape in SHAPES:
        a, b = flags_of(shape, 1), flags_of(shape, 2)
        others = [(of(b), b), (b, b), (True, True), (False, False), (np.True_, True), (np.array(False), False)]
        for other, plain in [*others, *([(b.tolist(), b)] if b.size else [])]:
            same(sign(of(a), other), sign(a, plain))
            same(sign(other, of(a)), sign(plain, a))
        for ufunc in (getattr(np, f"bitwise_{name}"), getattr(np, f"logical_{name}")):
            same(ufunc(of(a), b), ufunc(a, b))
            same(ufunc(b, of(a)), ufunc(b, a))
        same(~of(a), ~a)
        same(np.logical_not(of(a)), ~a)
        same(np.invert(of(a)), ~a)
    row, column = flags_of((3,), 1), flags_of((2, 1), 2)
    same(sign(of(row), of(column)), sign(row, column))
    with pytest.raises(ShapeError, match=r"of Masks needs shapes .* \(3,\) and \(2,\)"):
        sign(of(row), [True, False])


@pytest.mark.parametrize("wrong", [[1, 0, 1], [1.0, 0.0, 1.0], np.ones(3), Vector(np.ones(3)), [True, False, None]])
def test_what_is_no_mask(wrong: Any) -> None:
    mask = Mask([True, False, True])
    for call in (lambda: mask & wrong, lambda: wrong | mask, lambda: mask ^ wrong, lambda: Mask(wrong)):
        with pytest.raises(NumberError, match=r"bools, got .*compare"):
            call()
    for call in (lambda: mask & 1, lambda: None | mask, lambda: Mask(True), lambda: Mask(3)):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(ShapeError, match="one or two dimensions"):
        Mask(np.ones((1, 1, 1), bool))


def test_reductions_are_numpys() -> None:
    for shape in SHAPES:
        n = flags_of(shape, 3)
        x, axes = of(n), [None, *range(-len(shape), len(shape))]
        for axis in axes:
            for name in ("all", "any"):
                same(getattr(x, name)(axis), getattr(n, name)(axis))
                same(getattr(np, name)(x, axis=axis), getattr(n, name)(axis))
            counts = n.sum(axis)
            for found in (x.sum(axis), sg.sum(x, axis=axis), np.sum(x, axis=axis), np.count_nonzero(x, axis)):
                assert type(found) is (Vector if np.ndim(counts) else int)
                assert np.array_equal(found.data if isinstance(found, Vector) else found, counts)
            if not n.size:
                continue
            share, wanted = x.mean(axis), n.mean(axis)
            assert np.allclose(share.data if isinstance(share, Vector) else share, wanted, rtol=1e-15, atol=0.0)
            assert type(share) is (Vector if np.ndim(wanted) else float)
    assert of([True] * 300).sum() == 300 and sum(of([True, False, True])) == 2
    assert all(of([True])) and not any(of([False]))
    with pytest.raises(ArgumentError, match="mean needs an element"):
        of([]).mean()
    with pytest.raises(ArgumentError, match="has no axis 1"):
        of([True]).all(1)


def test_a_mask_counts_as_ones_and_zeros() -> None:
    a, b = flags_of((2, 3), 1), flags_of((2, 3), 2)
    p, q = a.astype(float), b.astype(float)
    for f in (operator.add, operator.sub, operator.mul):
        for x, y, m, n in (
            (of(a), of(b), p, q),
            (of(a), 2.0, p, 2.0),
            (2, of(a), 2, p),
            (of(a), N, p, N),
            (N, of(a), N, p),
        ):
            found = f(x, y)
            assert type(found) is Matrix and np.array_equal(found.data, f(m, n), equal_nan=True)
            assert all(type(item) is float for row in found for item in row)  # constants
    x = Vector([-1.0, 2.0, 3.0])
    for product in ((x > 0) * x, x * (x > 0), np.multiply(x > 0, x), Value(1.0) * (x > 0) * x):
        x.grad = 0.0
        product.sum().backward()
        assert product.data == [-0.0, 2.0, 3.0] and x.grad == [0.0, 1.0, 1.0]
    assert (sg.exp(of([True])) - np.e).data == 0.0 and sg.max(of([False, True])) == 1.0


def test_a_mask_chooses() -> None:
    x, n = Matrix(N), N
    positive = x > 0
    for found in (sg.where(positive, x, 0.0), np.where(positive, x, 0.0), positive.where(x, 0.0)):
        x.grad = 0.0
        found.sum().backward()
        assert np.array_equal(found.data, np.where(n > 0, n, 0.0)) and np.array_equal(x.grad, n > 0)
    assert np.array_equal(np.where(positive, n, 1.0).data, np.where(n > 0, n, 1.0))
    assert np.array_equal(np.where(positive), np.where(n > 0)) and np.array_equal(
        np.nonzero(positive), np.nonzero(n > 0)
    )
    assert np.array_equal(x[positive].data, n[n > 0]) and np.array_equal(n[positive], n[n > 0])
    assert np.array_equal(x[positive[:, 0], :2].data, n[n[:, 0] > 0, :2])
    assert np.array_equal(n[:2, positive[0]], n[:2, n[0] > 0], equal_nan=True)
    numbers = n.copy()
    numbers[positive] = 9.0
    assert np.array_equal(numbers, np.where(n > 0, 9.0, n), equal_nan=True)


@given(st.integers(0, 4), st.integers(0, 4), st.data())
def test_what_an_index_selects_of_a_mask(rows: int, columns: int, data: Any) -> None:
    n = flags_of((rows, columns), 5)
    bound = st.none() | st.integers(-5, 5)
    part = st.builds(slice, bound, bound, st.none() | st.sampled_from([-2, -1, 2])) | st.none() | st.just(...)
    part |= st.integers(0, max(rows - 1, 0)) | st.just([])
    key = tuple(data.draw(st.lists(part, max_size=2)))
    try:
        wanted = n[key]
    except IndexError:
        return
    if wanted.ndim < 3:
        same(of(n)[key], wanted)


def test_faces() -> None:
    x = Mask([[True, False], [False, False]])
    assert (x.shape, x.ndim, x.size, len(x), x.T.tolist()) == ((2, 2), 2, 4, 2, [[True, False], [False, False]])
    assert x.tolist() == x.data == [[True, False], [False, False]] and x.dtype == bool
    assert [row.tolist() for row in x] == x.tolist() and list(x[0]) == [True, False] and x[0, 0] is True
    assert x.item() is True and x.item(1) is False and x.reshape(4).tolist() == [True, False, False, False]
    assert (
        repr(x) == "Mask([[True, False],\n      [False, False]], shape=(2, 2))" and repr(x[0]) == "Mask([True, False])"
    )
    assert isinstance(of([True]).data, np.ndarray) and x.detach() is x and x.T.T.tolist() == x.tolist()
    assert Vector(x[0]).data == [1.0, 0.0] and isinstance(Vector(x[0])[0], Value)
    same(concat([x, x]), [[True, False], [False, False]] * 2)
    same(stack([x[0], x[1]]), x.tolist())
    with pytest.raises(TypeError):
        hash(x)


def test_truth() -> None:
    assert Mask([True]) and not Mask([[False]]) and (Vector([2.0]) > 1.0)
    for mask in (Mask([]), Mask([True, True])):
        with pytest.raises(ArgumentError, match=r"neither true nor false: ask for \.any\(\) or \.all\(\)"):
            bool(mask)
    with pytest.raises(ArgumentError, match="neither true nor false"):
        if Vector([1.0, -1.0]) > 0:
            pass


def test_a_mask_cannot_be_changed() -> None:
    x = Mask([True, False])
    for change in (lambda: setattr(x, "data", [True, True]), lambda: setattr(x, "grad", 0.0), lambda: x.grad,
                   lambda: x.__setitem__(0, True)):  # fmt: skip
        with pytest.raises(ReadOnlyError):
            change()
    assert x.tolist() == [True, False]


def test_copies() -> None:
    for flags in ([True, False], [[True], [False]], [], np.eye(2) > 0):
        x = Mask(flags)
        assert copy.copy(x) is copy.deepcopy(x) is x.copy() is x
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            twin = pickle.loads(pickle.dumps(x, protocol))
            assert type(twin) is Mask and twin.shape == x.shape and np.array_equal(twin, x)
            assert type(twin.data) is type(x.data)
    for shape, flags in (((2,), b"\1"), ((2,), b"\1\2"), ((-1,), b""), ((1, 1, 1), b"\1"), ("a", b""), ((1,), [True])):
        with pytest.raises(RecordError, match="damaged"):
            _unpickled_mask(shape, False, flags)


def test_numpys_other_functions_get_bools() -> None:
    n = N > 0
    x = Matrix(N) > 0
    assert np.array_equal(x, n) and np.array_equal(np.concatenate([x, n]), np.concatenate([n, n]))
    assert np.sum(x, axis=0, keepdims=True).shape == (1, 3) and np.shape(x) == (2, 3)
    with pytest.raises(TypeError):
        np.logical_and(x, n, out=np.zeros((2, 3), bool))


@pytest.mark.parametrize("wrong", [
    lambda x: x[x > 0 & x < 3], lambda x: (x > 0) & 1, lambda x: 1 | (x > 0), lambda x: x ^ x, lambda x: x & Value(1.0),
    lambda x: 2.5 | x,
])  # fmt: skip
def test_bits_of_numbers_are_refused_with_the_parentheses(wrong: Callable[[Vector], Any]) -> None:
    """`x > 0 & x < 3` reads as `x > (0 & x) < 3`."""
    with pytest.raises(NumberError, match=r"\(x > 0\) & \(x < 3\)"):
        wrong(Vector([1.0, 2.0, 5.0]))


def test_a_type_that_knows_masks_gets_its_turn() -> None:
    class Knows:
        def __rand__(self, other: Any) -> str:
            return type(other).__name__

    assert (Vector([1.0]) > 0) & Knows() == "Mask" and Vector([1.0]) & Knows() == "Vector"
