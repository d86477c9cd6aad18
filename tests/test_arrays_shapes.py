"""Indices, shapes and settings of arrays by hand: expected is what numpy gives of its own arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.arrays import concat, outer, stack
from scalargrad.arrays.reductions import row_take
from scalargrad.errors import ArgumentError, ShapeError

# --- indices ---------------------------------------------------------------------------------------------------------

N = np.arange(12.0).reshape(3, 4)
KEYS: list[Any] = [
    np.s_[0], np.s_[-3], np.s_[2, 3], np.s_[-3, -4], np.s_[3:], np.s_[:0], np.s_[:, 4:], np.s_[1:1, 2:], np.s_[::-1],
    np.s_[:, ::-1], np.s_[2::-2, 3:0:-2], np.s_[-2:, -3:-1], np.s_[::3, ::3], np.s_[[2, 0, 2]], np.s_[:, [3, -1]],
    np.s_[[True, False, True]], np.s_[:, [False, True, True, False]], np.s_[1, ::2], np.s_[::2, 1], np.s_[[]],
    np.s_[np.array([1, 2]), 1:], np.s_[np.int64(1), np.int8(-1)], np.s_[np.array([True, True, False])], np.s_[100:, :],
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_indices_are_numpys(key: Any) -> None:
    x = Matrix(N)
    for ours, theirs in ((x, N), (x.T.T, N), (x[:, :], N)):
        found, wanted = ours[key], theirs[np.array([], dtype=int) if isinstance(key, list) and not key else key]
        assert np.shape(wanted) == getattr(found, "shape", ()), key
        assert np.array_equal(found.data, wanted), key
        if isinstance(found, (Vector, Matrix)) and 0 not in found.shape:
            # of what was chosen, an operation and its gradient
            x.grad = 0.0
            (found * 2.0).sum().backward()
            counts = np.zeros((3, 4))
            np.add.at(counts, key, 2.0)
            assert np.array_equal(x.grad, counts), key


@pytest.mark.parametrize("key", [0, -5, 4, slice(1, 4), slice(None, None, -2), [4, -5], slice(5, None), slice(3, 1)])
def test_indices_of_vectors(key: Any) -> None:
    n = np.arange(5.0)
    for x in (Vector(n), Matrix(np.stack([n, n, n])).T[:, 1]):
        assert np.array_equal(x[key].data, n[key])
        if isinstance(key, slice):
            assert x[key].sum().data == n[key].sum() and (x[key] + 1.0).shape == n[key].shape


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        (3, IndexError, r"index 3 is out of range for an array of shape \(3, 4\)"), (-4, IndexError, "index -4"),
        ((0, 4), IndexError, "index 4"), ((0, -5), IndexError, "index -5"), ([0, 3], IndexError, "index 3"),
        ([True, False], ShapeError, r"a mask of 2 flags does not fit the length 3 of shape \(3, 4\)"),
        ([True] * 4, ShapeError, "a mask of 4 flags"), ((0, 0, 0), ArgumentError, "got 3 indices"),
        (1.0, ArgumentError, "got float"), ("a", ArgumentError, "got str"),
        (Value(1.0), ArgumentError, "got Value"), ([0.5], ArgumentError, "list with a float"),
        (None, ShapeError, "one or two dimensions"),
    ],
)  # fmt: skip
def test_indices_that_are_none(key: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        Matrix(N)[key]
    assert isinstance(caught.value, sg.ScalargradError)


def test_lengths_and_iteration() -> None:
    x = Matrix(N)
    assert (len(x), len(x.T), len(x[0])) == (3, 4, 4) and [row.shape for row in x] == [(4,)] * 3
    assert (x.size, x.shape, x[1].shape, x.ndim, x[0].ndim) == (12, (3, 4), (4,), 2, 1)
    assert [v.data for v in x[1]] == [4.0, 5.0, 6.0, 7.0] and x.tolist()[2][3] is x[2, 3]
    assert Vector([1.0]).T.shape == (1,)


def test_elements_of_a_view_in_steps() -> None:
    x = Matrix(N)
    for y, n in ((x[1, ::2], N[1, ::2]), (x[:, 1], N[:, 1]), (x.T[2], N[:, 2]), (x.T[1:, ::2][1], N[::2, 2])):
        for k in range(-len(n), len(n)):
            assert y[k].data == y[np.int64(k)].data == n[k]
        assert [y.item(k).data for k in range(len(n))] == n.tolist() and y.item().data == n[0]
    for rows in ([True, 0, 2], [2, True]):  # some flags among numbers are numbers
        assert np.array_equal(x[rows].data, N[[int(r) for r in rows]])
    assert row_take(x.T[1:, ::2], [0, 1, 0]).data.tolist() == [[N[0, 1]], [N[2, 2]], [N[0, 3]]]
    assert x.T.item(2).data == N[2, 0] and x[:, ::3].item(1).data == N[0, 3]


# --- shapes ----------------------------------------------------------------------------------------------------------


SHAPES: list[tuple[int, ...]] = [(), *((n,) for n in range(4)), *((m, n) for m in range(4) for n in range(4))]


def of_shape(shape: tuple[int, ...]) -> Any:
    if not shape:
        return Value(2.0)
    return (Vector if len(shape) == 1 else Matrix)(np.ones(shape))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_which_shapes_go_together(shape: tuple[int, ...]) -> None:
    """Numpy's rule, of none and of one too: of two operands and of three, whichever is first."""
    for other in SHAPES:
        for shapes in ((shape, other), (other, other, shape), (other, shape, other), (shape, (), other)):
            x = [of_shape(each) for each in shapes]
            use = (lambda x: x[0] + x[1]) if len(x) == 2 else lambda x: sg.where(*x)
            try:
                wanted = np.broadcast_shapes(*shapes)
            except ValueError:
                with pytest.raises(ShapeError, match="lengths are equal or 1, got"):
                    use(x)
            else:
                assert getattr(use(x), "shape", ()) == wanted, shapes


def test_reshape() -> None:
    x = Matrix(N)
    for y, n in (
        (x, N),
        (x.T, N.T),
        (x[1:, ::2], N[1:, ::2]),
        (x[:, 1:3], N[:, 1:3]),
        (x[1:, 1:3], N[1:, 1:3]),
        (x[2], N[2]),
        (x[:2, 1], N[:2, 1]),
        (x[:1].T, N[:1].T),
        (x[:2, 3:].T, N[:2, 3:].T),
    ):
        for shape in ((-1,), (n.size, 1), (1, -1), (-1, 2), (2, -1), (n.size,)):
            assert np.array_equal(y.reshape(*shape).data, n.reshape(shape)), shape
            assert np.array_equal(y.reshape(shape).data, n.reshape(shape)), shape
            assert np.array_equal((y.reshape(*shape) + 1.0).data, n.reshape(shape) + 1.0), shape
    assert Vector([]).reshape(0, 3).shape == (0, 3)
    for wrong in ((5, 2), (-1, 5), (-1, -1), (-3, -4), (2, 3, 2), (0, -1), (12, -1, 1), (-12,), ()):
        with pytest.raises(ShapeError, match=r"cannot reshape \(3, 4\) to .*: it has 12 elements"):
            x.reshape(*wrong)


def test_concat_and_stack() -> None:
    a, b = Matrix([[1.0, 2.0]]), Matrix([[3.0, 4.0], [5.0, 6.0]])
    assert concat([a, b]).data == concat([a, b], -2).data == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    for axis in (1, -1):
        assert concat([a.T, b], axis).data == [[1.0, 3.0, 4.0], [2.0, 5.0, 6.0]]
    u, v = Vector([1.0, 2.0]), [3.0, 4.0]
    assert stack([u, v]).data == stack([u, v], -2).data == [[1.0, 2.0], [3.0, 4.0]]
    assert stack([u, v], 1).data == stack([u, v], -1).data == [[1.0, 3.0], [2.0, 4.0]]
    assert concat([u, v, u], -1).data == [1.0, 2.0, 3.0, 4.0, 1.0, 2.0]
    y = concat([b.T, a])
    (y * [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).sum().backward()
    assert b.grad == [[1.0, 3.0], [2.0, 4.0]] and a.grad == [[5.0, 6.0]]
    for call, message in (
        (lambda: concat([a, b], 1), r"equal height, got shapes \[\(1, 2\), \(2, 2\)\]"),
        (lambda: concat([a, Matrix([[1.0]])]), r"equal width, got shapes \[\(1, 2\), \(1, 1\)\]"),
        (lambda: concat([]), "equal numbers of dimensions"),
        (lambda: concat([1.0]), r"1 single numbers: write Vector\(\[v, w\]\)"),
        (lambda: stack([Value(1.0), 2]), "stack joins vectors, got 2 single numbers"),
        (lambda: concat([a, u]), r"equal numbers of dimensions, got shapes \[\(1, 2\), \(2,\)\]"),
        (lambda: stack([]), "equal length"), (lambda: stack([a]), "equal length"),
        (lambda: stack([u, 1.0]), "equal length"),
    ):  # fmt: skip
        with pytest.raises(ShapeError, match=message):
            call()
    for call, message in ((lambda: stack([u], 2), "got 2"), (lambda: concat([u], 1), "1 dimensions has no axis 1"),
                          (lambda: concat([u], -2), "1 dimensions has no axis -2"),
                          (lambda: concat([a], 2), "no axis 2"), (lambda: concat([a], -3), "no axis -3")):  # fmt: skip
        with pytest.raises(ArgumentError, match=message):
            call()


def test_outer_and_dot() -> None:
    x, y = Vector([1.0, 2.0]), [3.0, 4.0, 5.0]
    assert outer(x, y).data == x.outer(y).data == [[3.0, 4.0, 5.0], [6.0, 8.0, 10.0]]
    assert outer(Matrix(N)[:, 1], x).data.tolist() == np.outer(N[:, 1], [1.0, 2.0]).tolist()
    assert outer(Vector([]), x).shape == (0, 2) and x.dot([3.0, 4.0]).data == 11.0
    for wrong in (
        lambda: x.outer([[1.0]]),
        lambda: outer([[1.0]], x),
        lambda: outer(1.0, x),
        lambda: x.dot([[1.0], [2.0]]),
    ):
        with pytest.raises(ShapeError, match="two vectors"):
            wrong()
    for wrong in (lambda: x.dot(y), lambda: x @ Matrix([[1.0, 2.0]]), lambda: Matrix([[1.0, 2.0]]) @ y):
        with pytest.raises(ShapeError, match="needs equal inner lengths, got shapes"):
            wrong()


def test_kinds_from_one_another() -> None:
    x = Matrix([[1.0, 2.0]])
    assert Matrix(x)[0, 1] is x[0, 1] and Vector(x[0])[1] is x[0, 1] and Matrix(x).T.shape == (2, 1)
    assert Matrix(Matrix(N).T[1:]).data.tolist() == N.T[1:].tolist()
    for call, shape in ((lambda: Vector(x), r"\(1, 2\)"), (lambda: Matrix(x[0]), r"\(2,\)")):
        with pytest.raises(ShapeError, match=f"needs data of .* dimension.*{shape}"):
            call()
    twin = x.detach()
    assert twin.data == x.data and twin[0, 0] is not x[0, 0] and isinstance(twin[0, 0], Value)


def test_setting() -> None:
    x = Matrix([[1.0, 2.0], [3.0, 4.0]])
    x.T.data = [[5.0, 6.0], [7.0, 8.0]]
    assert x.data == [[5.0, 7.0], [6.0, 8.0]]
    x[1].grad = Vector([2.0, 3.0])
    x[:, 0].data = np.array([-1.0, -2.0])
    assert x.grad == [[0.0, 0.0], [2.0, 3.0]] and x.data == [[-1.0, 7.0], [-2.0, 8.0]]
    x.data = 3
    assert x.data == [[3.0, 3.0], [3.0, 3.0]]
    for name in ("data", "grad"):
        for wrong in ([[1.0, 2.0]], [[1.0], [2.0]], np.zeros((2, 3)), Matrix([[1.0]])):
            with pytest.raises(ShapeError, match=rf"{name} has shape \(2, 2\), got data of shape"):
                setattr(x, name, wrong)
        with pytest.raises(ShapeError):
            setattr(x, name, [1.0, 2.0])
    assert x.data == [[3.0, 3.0], [3.0, 3.0]] and x.grad == [[0.0, 0.0], [2.0, 3.0]]


def test_truth() -> None:
    assert bool(Vector([2.0])) and not bool(Matrix([[0.0]]))
    for x in (Vector([]), Vector([1.0, 2.0])):
        with pytest.raises(ArgumentError, match="neither true nor false"):
            bool(x)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (0, 0)], ids=str)
def test_reductions_of_arrays_of_nothing(shape: tuple[int, ...]) -> None:
    x = Vector([]) if len(shape) == 1 else Vector([]).reshape(*shape)
    for name, wanted in (("sum", 0.0), ("prod", 1.0), ("norm", 0.0)):
        assert getattr(x, name)().data == wanted
        for axis in range(len(shape)):
            found = getattr(x, name)(axis)
            assert found.data == ([wanted] * shape[1 - axis] if len(shape) == 2 else wanted)
    for name in ("mean", "max", "min", "logsumexp"):
        with pytest.raises(ArgumentError, match=rf"{name} needs an element per result, got shape"):
            getattr(x, name)()
