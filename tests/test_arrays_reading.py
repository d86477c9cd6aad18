"""Data of other libraries, read or refused: tables, buffers of ctypes, nothing."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, losses, nn
from scalargrad.errors import NumberError, ShapeError


class Table:
    """What pandas' DataFrame has and this library looks at: it iterates over names, and has several dtypes."""

    ndim = 2

    def __init__(self, rows: list[list[Any]]) -> None:
        kinds = {type(x) for row in rows for x in row}
        self.inner = np.array(rows, dtype=float if kinds <= {int, float} else object)
        self.shape = self.inner.shape

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.inner

    def __len__(self) -> int:
        return len(self.inner)

    def __iter__(self) -> Any:
        return iter([f"column {k}" for k in range(self.shape[1])])

    def __getitem__(self, key: Any) -> Any:
        raise KeyError(key)


ROWS = [[1.0, 2, 3.0], [4.0, 5, -6.0]]


def test_a_table_of_numbers_is_read_as_an_array() -> None:
    table, n = Table(ROWS), np.array(ROWS)
    assert np.array_equal(Matrix(table).data, n) and isinstance(Matrix(table)[0, 0], Value)
    x = Matrix(np.ones((2, 3)))
    for found, wanted in (
        (x * table, n),
        (table * x, n),
        (x + table, 1 + n),
        (x @ Table(n.T.tolist()), n.sum(1) * np.ones((2, 2))),
    ):
        assert type(found) is Matrix and np.array_equal(found.data, wanted)
    assert np.array_equal((x < table).data, n > 1)
    for model in (nn.Linear(3, 1), nn.MLP(3, [4, 1]), nn.Layer(3, 2), nn.Sequential(nn.Linear(3, 2), nn.ReLU())):
        assert np.array_equal(model(table).data, model(n).data)
    assert losses.mse(x, table).data == losses.mse(x, n).data
    assert np.array_equal(sg.grad(lambda t: (t * t).sum())(table), 2 * n)
    mixed = Table([[1.0, True], [Value(2.0), np.int64(3)]])
    assert Matrix(mixed).data.tolist() == [[1.0, 1.0], [2.0, 3.0]]


@pytest.mark.parametrize("item", ["x", None, 1j, np.datetime64("2020-01-01")], ids=repr)
def test_a_table_with_something_else_is_refused_with_the_way_out(item: Any) -> None:
    table = Table([[1.0, 2.0], [3.0, item]])
    for call in (Matrix, nn.Linear(2, 1), nn.MLP(2, [1]), lambda t: Matrix([[1.0, 2.0]]) * t):
        with pytest.raises(
            NumberError, match=r"a Table with .* in row 1, column 1: choose the columns of numbers .*select_dtypes"
        ):
            call(table)
    dates = Table([[1.0]])
    dates.inner = np.array([["2020-01-01"]], dtype="datetime64[ns]")
    with pytest.raises(NumberError, match=r"a Table with .* in row 0, column 0"):
        Matrix(dates)
    with pytest.raises(ShapeError, match=r"got shape \(2, 3\)"):
        Vector(Table(ROWS))


KINDS = [ctypes.c_double, ctypes.c_float, ctypes.c_byte, ctypes.c_ubyte, ctypes.c_short, ctypes.c_int, ctypes.c_long,
         ctypes.c_longlong, ctypes.c_size_t, ctypes.c_bool, ctypes.c_double.__ctype_be__, ctypes.c_int.__ctype_be__,
         ctypes.c_double.__ctype_le__, ctypes.c_short.__ctype_le__]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_arrays_of_ctypes(kind: Any) -> None:
    numbers = [1, 0, 1, 1, 0, 1]
    flat, nested = (kind * 6)(*numbers), ((kind * 3) * 2)((kind * 3)(1, 0, 1), (kind * 3)(1, 0, 1))
    assert Vector(flat).data == numbers and Matrix(nested).data == [numbers[:3], numbers[3:]]
    assert (Vector(numbers) + flat).data == [2 * k for k in numbers] and (Vector(flat) > 0).tolist() == [
        k > 0 for k in numbers
    ]
    assert Matrix((kind * 3 * 0)()).shape == (0, 3) and Vector((kind * 0)()).shape == (0,)
    if kind is ctypes.c_double:
        assert sg.grad(lambda x: x[0] * x[2])(flat) == [1.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    if kind in (ctypes.c_int, ctypes.c_int.__ctype_be__, ctypes.c_short.__ctype_le__):
        assert Vector([5.0, 6.0])[flat].data == [6.0, 5.0, 6.0, 6.0, 5.0, 6.0]


class _Pair(ctypes.Structure):
    _fields_ = [("a", ctypes.c_double), ("b", ctypes.c_double)]


@pytest.mark.parametrize("kind", [_Pair, ctypes.c_char_p, ctypes.c_void_p], ids=lambda kind: kind.__name__)
def test_what_no_buffer_of_numbers_is(kind: Any) -> None:
    for call in (Vector, lambda x: Vector([1.0, 2.0]) * x, sg.grad(lambda x: x[0])):
        with pytest.raises(NumberError, match="needs real numbers, got a buffer of format"):
            call((kind * 2)())


@pytest.mark.parametrize(
    ("kind", "example"), [(Vector, r"Vector\(\[1.0, 2.0\]\)"), (Matrix, r"Matrix\(\[\[1.0, 2.0\], ")]
)
def test_an_array_needs_data(kind: Any, example: str) -> None:
    for call in (kind, lambda: kind(None)):
        with pytest.raises(NumberError, match=f"{kind.__name__} needs data: {example}"):
            call()
    assert (Vector([]) > 0).tolist() == []
