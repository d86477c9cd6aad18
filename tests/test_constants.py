"""`sg.constant`, and `sg.isnan`, `isinf`, `isfinite`, on every kind of operand."""

from __future__ import annotations

import copy
import math
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Mask, Matrix, Value, Vector, losses, nn
from scalargrad.errors import ArgumentError, NumberError, ReadOnlyError, ShapeError


def test_a_constant_takes_no_gradient() -> None:
    c, m = sg.constant([1.0, 2.0]), sg.constant(np.arange(6).reshape(2, 3))
    assert isinstance(c, Vector) and isinstance(m, Matrix) and m.data.dtype == float
    assert type(c[0]) is type(c.sum()) is type(c @ c) is type(m.max()) is type(sg.exp(c)[1]) is float
    assert [type(x) for x in sg.softmax(c)] == [float, float] and sg.sqrt(c * c).data == [1.0, 2.0]
    for x in (c, m, m[0], m.T, c * 2, sg.exp(c), m @ [1.0, 2.0, 3.0], c.copy(), pickle.loads(pickle.dumps(c))):
        with pytest.raises(ArgumentError, match="so it has no grad"):
            _ = x.grad
    for name in ("data", "grad"):
        with pytest.raises(ReadOnlyError, match="constant"):
            setattr(c, name, [0.0, 0.0])
    assert copy.deepcopy(c).data == [1.0, 2.0] and c.detach().grad == [0.0, 0.0] == Vector(c.data).grad


def test_beside_values_it_is_a_number() -> None:
    c, w, v = sg.constant([1.0, 2.0]), Vector([3.0, 4.0]), Value(5.0)
    ((c @ w) * v + (c * w).sum() + (c * v).mean()).backward()
    assert w.grad == [6.0, 12.0] and v.grad == 11.0 + 1.5
    assert (c * v).grad == [0.0, 0.0] and sg.grad(lambda x: sg.sum(c * x))(3.0) == 3.0


@pytest.mark.parametrize(
    ("given", "data"),
    [
        ([1, 2.5], [1.0, 2.5]), ([[1], [2]], [[1.0], [2.0]]), ((1.0,), [1.0]), (range(2), [0.0, 1.0]), ([], []),
        ([True, False], [1.0, 0.0]), (Vector([1.0]) > 0, [1.0]), (sg.constant([1.0]), [1.0]),
        (memoryview(b"ab"), [97.0, 98.0]),
    ],
    ids=lambda x: type(x).__name__,
)  # fmt: skip
def test_what_it_takes(given: Any, data: Any) -> None:
    assert sg.constant(given).data == data


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (3.0, ShapeError, "1 or 2 dimensions"),
        (np.zeros((1, 1, 1)), ShapeError, r"shape \(1, 1, 1\)"),
        ([[1.0], [1.0, 2.0]], ShapeError, "row 1"),
        ([Value(1.0)], ArgumentError, "there are Values in this list"),
        (Vector([1.0]), ArgumentError, "there are Values in this Vector"),
        (np.array([Value(1.0), 2.0]), ArgumentError, "there are Values in this ndarray"),
        ("a", NumberError, "str"),
        (None, ShapeError, "NoneType"),
        (["a"], NumberError, "str 'a'"),
    ],
)
def test_what_it_refuses(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sg.constant(given)


@pytest.mark.parametrize(
    "loss", [losses.mse, losses.huber, losses.hinge, losses.binary_cross_entropy, losses.cross_entropy]
)
def test_a_loss_of_constants_alone_is_refused(loss: Any) -> None:
    c, ones = sg.constant([[1.0, 1.0]]), [[1.0, 1.0]]
    for reduction in ("mean", "sum"):
        for given in ((c, ones), (c, sg.constant(ones)), (ones, c)):
            with pytest.raises(ArgumentError, match="no Value entered it"):
                loss(*given, reduction=reduction)
    assert type(loss(ones, ones)) is float and type(loss(Matrix(ones), c)) is Value
    with sg.no_grad():
        assert type(loss(Matrix(ones), c)) is Value


def test_a_batch_of_constants_trains_as_a_numpy_batch_does() -> None:
    """The same bits, and as few nodes: none a number of the batch."""
    x = np.linspace(-1.0, 1.0, 12).reshape(4, 3)
    found = []
    for batch in (x, sg.constant(x), sg.constant(x.tolist())):
        layer = nn.Linear(3, 2)
        layer.weight.data, layer.bias.data = [[0.5, -1.0, 2.0], [0.25, 1.5, -0.5]], [0.1, 0.2]  # type: ignore[union-attr]
        y = layer(batch)
        losses.mse(y, sg.constant(np.ones((4, 2)))).backward()
        found.append((y.data if isinstance(y.data, list) else y.data.tolist(), layer.weight.grad))
        assert [type(p) for p in y[0, 0].operands].count(Value) == 4  # the weights of a row, and the bias
    assert found[0] == found[1] == found[2]


# --- isnan, isinf, isfinite ------------------------------------------------------------------------------------------

NUMBERS = [0.0, -0.0, 1.5, 5e-324, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite"])
def test_numbers_are_tested(name: str) -> None:
    function, expected = getattr(sg, name), [getattr(math, name)(x) for x in NUMBERS]
    assert [function(x) for x in NUMBERS] == [function(Value(x)) for x in NUMBERS] == expected
    assert {type(function(x)) for x in (1, 1.0, Value(1.0), np.float32(1), np.array(1.0), np.array(Value(1.0)))} == {
        bool
    }
    of_vector, of_matrix = function(Vector(NUMBERS)), function(Matrix([NUMBERS]).T)
    assert type(of_vector) is Mask and of_vector.tolist() == expected and of_matrix.tolist() == [[x] for x in expected]
    of_constants = function(sg.constant(NUMBERS))
    assert type(of_constants) is Mask and of_constants.tolist() == expected and bool((of_vector | ~of_vector).all())
    for array in (np.array(NUMBERS), np.array([Value(x) for x in NUMBERS]), np.array(NUMBERS, np.float32)):
        found = function(array)
        assert found.dtype == bool and found.tolist() == expected
        assert function(array[None]).shape == (1, 7) and function(array[:0]).dtype == bool
    assert function(NUMBERS) == expected and function(tuple(NUMBERS)) == tuple(expected)
    assert function([[NUMBERS[0]], [NUMBERS[-1]]]) == [[expected[0]], [expected[-1]]] and function([]) == []
    for bad in (None, "a", ["a"], {}, 1j, [1.0, [1.0]]):
        with pytest.raises((NumberError, ShapeError)):
            function(bad)


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sg.isnan(Value(1.0)) is False and np.isnan(Value(math.nan)) is True
        assert type(np.asarray(sg.constant([1.0]), float)) is np.ndarray


def test_the_refusal_of_values_names_their_numbers() -> None:
    """What it says to write is right for the object array of a curve, and for a list."""
    for x in (Vector([1.0, 2.0]), [Value(1.0), Value(2.0)], np.array([Value(1.0), 2.0]), Matrix([[1.0], [2.0]])):
        with pytest.raises(ArgumentError, match="write sg") as told:
            sg.constant(x)
        written = str(told.value).split("write ")[1].split(" for their")[0]
        made = eval(written, {"sg": sg, "Vector": Vector, "Matrix": Matrix, "x": x})
        assert made.numpy().ravel().tolist() == [1.0, 2.0] and isinstance(made[0] if made.ndim == 1 else 1.0, float)
