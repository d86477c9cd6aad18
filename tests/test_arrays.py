"""Vectors and matrices: an operation on arrays is the same operations on scalars, bit for bit, and errors help."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.arrays import arithmetic, concat, stack
from scalargrad.errors import ArgumentError, NumberError, ReadOnlyError, ShapeError
from tests.support.engines import bits
from tests.support.profiles import native_only

nasty = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 5e-324, 1e-300, 1e300, float("inf"), float("-inf"), float("nan")]),
    st.floats(-4, 4),
)
mild = st.floats(-4, 4)


def draw_matrix(draw: Any, rows: int, columns: int, numbers: Any) -> list[list[float]]:
    return draw(st.lists(st.lists(numbers, min_size=columns, max_size=columns), min_size=rows, max_size=rows))


def all_bits(nested: Any) -> Any:
    return [all_bits(x) for x in nested] if isinstance(nested, list) else bits(nested)


def leaves(matrix: list[list[float]]) -> list[list[Value]]:
    return [[Value(x) for x in row] for row in matrix]


def grads(nested: Any) -> Any:
    return [grads(x) for x in nested] if isinstance(nested, list) else nested.grad


@pytest.mark.parametrize("numbers", [mild, nasty], ids=["mild", "nasty"])
@given(st.data(), st.integers(1, 9), st.integers(1, 4), st.integers(1, 9), st.booleans())
@settings(max_examples=20)
def test_a_product_is_its_dots(numbers: Any, data: Any, m: int, n: int, k: int, transposed: bool) -> None:
    """Of nasty numbers too; test_arrays_products.py has the sizes and layouts."""
    x, w = draw_matrix(data.draw, m, n, numbers), draw_matrix(data.draw, n, k, numbers)
    b, g = draw_matrix(data.draw, 1, k, numbers)[0], draw_matrix(data.draw, m, k, numbers)
    left, bias = Matrix(x), Vector(b)
    right = Matrix([list(row) for row in zip(*w)]).T if transposed else Matrix(w)
    y = arithmetic.affine(left, right, bias)
    (y * g).sum().backward()
    xs, ws, bs = leaves(x), leaves(w), [Value(v) for v in b]
    ys = [[sg.dot([1.0, *row], [bs[j], *(ws[t][j] for t in range(n))]) for j in range(k)] for row in xs]
    sg.sum([v * c for row, cs in zip(ys, g) for v, c in zip(row, cs)]).backward()
    assert all_bits(y.data) == all_bits([[v.data for v in row] for row in ys])
    assert all_bits(left.grad) == all_bits(grads(xs))
    assert all_bits(right.grad) == all_bits(grads(ws))
    assert all_bits(bias.grad) == all_bits(grads(bs))
    assert all_bits(y.grad) == all_bits(grads(ys))


def test_functions_of_many_take_arrays() -> None:
    x = Matrix([[1.0, 2.0], [3.0, 5.0]])
    assert sg.sum(x).data == 11.0 and sg.mean(x, axis=0).data == [2.0, 3.5] and sg.max(x[1]).data == 5.0
    assert sg.softmax(x).shape == (2, 2) and sg.dot(x[0], x[1]).data == 13.0
    with pytest.raises(ArgumentError, match="axis"):
        sg.sum([1.0, 2.0], axis=1)


def test_repeated_operands_keep_the_order_of_scalars() -> None:
    """A matrix times its own transpose: each element is a left and a right operand, many times."""
    x = [[1.1, 2.3, -0.7], [0.3, -1.9, 1e8]]
    a, s = Matrix(x), leaves(x)
    ((a @ a.T) * a[:, :2]).sum().backward()
    products = [[sg.dot(p, q) for q in s] for p in s]
    sg.sum([products[i][j] * s[i][j] for i in range(2) for j in range(2)]).backward()
    assert all_bits(a.grad) == all_bits(grads(s))


def test_elements_are_values_of_the_graph() -> None:
    x = Matrix([[1.0, 2.0], [3.0, 4.0]])
    y = x @ x.T
    element = y[0, 1]
    assert element.data == 11.0 and element._op == "dot"
    assert {v.data for v in element._prev} == {1.0, 2.0, 3.0, 4.0}
    (element * 2).backward()
    assert x.grad == [[6.0, 8.0], [2.0, 4.0]] and y.grad == [[0.0, 2.0], [0.0, 0.0]]


def test_views_share_their_elements() -> None:
    x = Matrix(np.arange(12.0).reshape(3, 4))
    n = np.arange(12.0).reshape(3, 4)
    for key in [np.s_[1], np.s_[:, 2], np.s_[1:, ::2], np.s_[::-1], np.s_[[2, 0]], np.s_[:, [1, 3]], np.s_[-1, -2]]:
        assert np.array_equal(np.asarray(x[key].data), n[key]), key
    assert np.array_equal(x.T[1:].data, n.T[1:]) and np.array_equal(x.reshape(2, -1).data, n.reshape(2, -1))
    assert np.array_equal(x.T.reshape(12).data, n.T.reshape(12))
    x[1].sum().backward()
    assert np.array_equal(x.grad, [[0] * 4, [1] * 4, [0] * 4])
    assert [v.data for v in Vector([1.0, 2.0, 3.0])[::2]] == [1.0, 3.0]


def test_makes_from_anything_with_numbers() -> None:
    from array import array

    v = Value(2.0)
    mixed = Vector([1, v, True])
    assert mixed[1] is v and mixed.data == [1.0, 2.0, 1.0] and isinstance(mixed[0], Value)
    assert Vector(array("f", [1.0, 2.0])).data == [1.0, 2.0]
    assert isinstance(Vector(np.array([1, 2])).data, np.ndarray)
    assert Matrix([Vector([1.0]), Vector([2.0])]).shape == (2, 1)
    assert Matrix(np.zeros((0, 3))).shape == (0, 3) and Vector([]).sum() == 0.0
    assert (Matrix(np.zeros((2, 0))) @ Matrix(np.zeros((0, 3)))).data.tolist() == [[0.0] * 3] * 2


def test_numpy_on_either_side() -> None:
    x = Vector([1.0, 2.0])
    n = np.array([3.0, 4.0])
    for y in (x + n, n + x):
        assert isinstance(y, Vector) and y.data.tolist() == [4.0, 6.0]
    assert (np.eye(2) @ x).data.tolist() == [1.0, 2.0] and np.exp(x).data == x.exp().data
    assert np.less(n, x).tolist() == [False, False]


def test_data_and_grad_of_leaves_can_be_set() -> None:
    w = Matrix([[1.0, 2.0]])
    w.data = [[3.0, 4.0]]
    w.grad = 1.0
    assert [v.data for v in w[0]] == [3.0, 4.0] and w.grad == [[1.0, 1.0]]
    with pytest.raises(ShapeError, match=r"\(1, 2\).*\(1, 3\)"):
        w.data = [[1.0, 2.0, 3.0]]
    y = w * 2
    with pytest.raises(ReadOnlyError):
        y.data = [[0.0, 0.0]]
    assert y.data == [[6.0, 8.0]]


def mixed_leaf_set() -> tuple[Vector, Value]:
    leaf = Value(1.0)
    return Vector([leaf, leaf * 2]), leaf


def test_a_set_that_fails_changes_nothing() -> None:
    x, leaf = mixed_leaf_set()
    with pytest.raises(ReadOnlyError):
        x.data = [5.0, 6.0]
    assert leaf.data == 1.0


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: Vector([[1.0]]), ShapeError, r"\(1, 1\)"),
        (lambda: Matrix([[1.0], [1.0, 2.0]]), ShapeError, r"row 1"),
        (lambda: Matrix([1.0]), ShapeError, "2 dimension"),
        (lambda: Vector(["a"]), NumberError, "str"),
        (lambda: Vector(3.0), ShapeError, "float"),
        (lambda: Vector([1.0, 2.0]) + [1.0, 2.0, 3.0], ShapeError, r"\(2,\) and \(3,\)"),
        (lambda: Matrix([[1.0, 2.0]]) @ Matrix([[1.0, 2.0]]), ShapeError, r"\(1, 2\) and \(1, 2\)"),
        (lambda: Vector([1.0])[3], IndexError, "out of range"),
        (lambda: Vector([1.0, 2.0]).backward(), ArgumentError, "one number"),
        (lambda: Vector([]).mean(), ArgumentError, "needs an element per result"),
        (lambda: bool(Vector([1.0, 2.0])), ArgumentError, "neither"),
        (lambda: Vector([1.0]).sum(axis=2), ArgumentError, "axis 2"),
        (lambda: Vector([1.0]).reshape(3), ShapeError, "reshape"),
        (lambda: sg.exp({1.0}), NumberError, "set"),
        (lambda: concat([Vector([1.0, 2.0]), Matrix([[1.0]])]), ShapeError, r"\(2,\), \(1, 1\)"),
        (lambda: stack([Vector([1.0, 2.0]), Vector([0.0])]), ShapeError, r"\(2,\), \(1,\)"),
    ],
)
def test_errors_say_what_was_wrong(call: Callable[[], Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, sg.ScalargradError)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_keep_the_history(again: Callable[[Any], Any]) -> None:
    x = Matrix([[1.0, 2.0], [3.0, 4.0]])
    y = x @ x
    (y * y).sum().backward()
    twin = again(y)
    assert twin.data == y.data and twin.grad == y.grad and twin.shape == y.shape
    leaves_of_twin = {v for v in twin[0, 0]._prev if not v._op}
    assert len(leaves_of_twin) == 3 and not any(v is w for v in leaves_of_twin for row in x for w in row)
    assert again(x).data == x.data and again(Vector([])).shape == (0,)


def test_sums_of_nothing_are_leaves() -> None:
    """Found by the fuzz: they were floats, without grad or backward, and a copy of such an array was broken."""
    nothing = Vector([]) @ Vector([])
    nothing.backward()
    assert (nothing.data, nothing.grad) == (0.0, 1.0)
    x = Matrix(np.zeros((2, 0))) @ Matrix(np.zeros((0, 3)))
    x.data = 1.0
    constant = arithmetic.matmul([[1.0, 2.0]], [[3.0], [4.0]])
    for y in (x, constant):
        for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
            assert np.array_equal(twin.data, y.data) and twin.shape == y.shape


def test_contexts() -> None:
    x = Vector([1.0, 2.0])
    with sg.no_grad():
        y = x * 2
        assert y[0]._op == "" and y.sum()._op == ""
    with pytest.raises(sg.errors.AnomalyError, match="log"), sg.detect_anomaly(strict=True):
        (x - 1).log()
    with pytest.raises(sg.errors.AnomalyError, match="log"), sg.detect_anomaly():
        made = (x - 1).log()
        assert made[0].data == float("-inf")
    (y * x).sum().backward()
    assert y.grad == [1.0, 2.0] and x.grad == [2.0, 4.0]


def test_a_closed_graph_enters_again() -> None:
    x = Matrix([[1.0, 2.0], [3.0, 4.0]])
    y = x * x
    y.sum().backward()
    (y @ y).sum().backward()
    s = leaves([[1.0, 2.0], [3.0, 4.0]])
    ys = [[v * v for v in row] for row in s]
    sg.sum([v for row in ys for v in row]).backward()
    sg.sum([sg.dot(row, [q[j] for q in ys]) for row in ys for j in range(2)]).backward()
    assert x.grad == grads(s)


@pytest.mark.parametrize("numbers", [mild, nasty], ids=["mild", "nasty"])
@given(st.data(), st.integers(1, 4), st.integers(1, 5))
@settings(max_examples=15)
def test_results_that_nobody_reads_change_nothing(numbers: Any, data: Any, m: int, n: int) -> None:
    """The careful sweep takes what is reached as a whole by the kernels, the rest element by element."""
    x, w = draw_matrix(data.draw, m, n, numbers), draw_matrix(data.draw, n, 9, numbers)
    left, right = Matrix(x), Matrix(w)
    y = left @ right
    unread = y.exp() - 1.0
    (y.relu().sum() + unread[m - 1, 3] * y[0, 0]).backward()
    xs, ws = leaves(x), leaves(w)
    ys = [[sg.dot(row, [v[j] for v in ws]) for j in range(9)] for row in xs]
    (sg.sum([sg.relu(v) for row in ys for v in row]) + (sg.exp(ys[m - 1][3]) - 1.0) * ys[0][0]).backward()
    assert all_bits(left.grad) == all_bits(grads(xs))
    assert all_bits(right.grad) == all_bits(grads(ws))


def test_constants_stay_constants() -> None:
    """Without recording too, and in copies: an element of floats alone is a float, as of scalars."""
    with sg.no_grad():
        found = [sg.losses.mse([1.0, 2.0], [0.0, 0.0], how) for how in ("mean", "sum", "none")]
        assert type(found[0]) is float and type(found[1]) is float and type(found[2][0]) is float
        assert type(sg.losses.cross_entropy([[1.0, 2.0]], [0])) is float
        tracked = Vector([1.0, 2.0]) * [3.0, 4.0]
        assert type(tracked[0]) is Value and type(tracked.sum()) is Value
    mixed = sg.losses.cross_entropy([[1.0, 2.0], [Value(1.0), 3.0]], [0, 1], "none")
    for array in (found[2], mixed):
        for twin in (copy.deepcopy(array), pickle.loads(pickle.dumps(array))):
            assert [type(x) for x in twin] == [type(x) for x in array]


@pytest.mark.parametrize("shape", [(1.0, 2), ((2.0,),), ("a",), (None,)])
def test_a_shape_is_of_whole_numbers(shape: Any) -> None:
    with pytest.raises(ArgumentError, match="must be ints"):
        Vector([1.0, 2.0]).reshape(*shape)
    assert Vector([1.0, 2.0]).reshape(np.int64(1), 2).shape == Vector([1.0, 2.0]).reshape(np.array([1, 2])).shape


@native_only
def test_more_results_than_a_graph_holds() -> None:
    """They were recorded one by one instead, until memory was full."""
    x = Vector([0.5] * 40_000)
    with pytest.raises(MemoryError, match="40000 x 40000"):
        x.outer(x)
    with pytest.raises(MemoryError, match="40000 x 40000"):
        x.reshape(-1, 1) @ x.reshape(1, -1)
    assert x.grad == [0.0] * 40_000
