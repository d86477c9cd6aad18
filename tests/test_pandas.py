"""pandas' tables with Values, in both orders; and through our functions, layers and losses."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Mask, Matrix, Value, Vector, losses, nn
from scalargrad.errors import ShapeError


@pytest.fixture
def pandas() -> Any:
    return pytest.importorskip("pandas")


def data(x: Any) -> list[Any]:
    return [item.data if isinstance(item, Value) else item for item in np.asarray(x).ravel().tolist()]


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "floordiv", "mod"])
def test_operators(pandas: Any, name: str) -> None:
    """Series and DataFrames of objects with gradients, labels kept."""
    apply, v = getattr(operator, name), Value(2.0)
    series = pandas.Series([1.0, 3.0], index=["a", "b"], name="t")
    table = pandas.DataFrame({"x": [1.0, 3.0], "y": [2, 5]})
    for given in (series, table):
        for found, expected in ((apply(given, v), apply(given, 2.0)), (apply(v, given), apply(2.0, given))):
            assert type(found) is type(given) and found.index.equals(given.index)
            assert all(type(item) is Value for item in np.asarray(found).ravel()) and data(found) == data(expected)
    ufunc = {"mul": np.multiply, "add": np.add}.get(name)
    if ufunc:
        assert data(ufunc(series, v)) == data(ufunc(v, series)) == data(apply(series, 2.0))
        assert ufunc(v, series).index.equals(series.index)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "floordiv", "mod", "lt", "ge", "eq"])
def test_operators_on_arrays(pandas: Any, name: str) -> None:
    """A table beside a Vector or Matrix, in both orders, is its numbers: the result is ours and keeps the gradient."""
    apply = getattr(operator, name)
    if tuple(map(int, pandas.__version__.split(".")[:2])) < (2, 1):
        pytest.skip("pandas asks other arrays from 2.1 on")
    series = pandas.Series([1.0, 3.0], index=["a", "b"])
    table = pandas.DataFrame({"x": [1.0, 3.0], "y": [2, 5]})
    for given, x in (
        (series, Vector([2.0, 4.0])),
        (table, Vector([2.0, 4.0])),
        (table, Matrix([[2.0, 4.0], [1.0, 3.0]])),
    ):
        numbers, kind = given.to_numpy(), Mask if name in ("lt", "ge", "eq") else type(x + given)
        for found, expected in (
            (apply(given, x), apply(numbers, x.numpy())), (apply(x, given), apply(x.numpy(), numbers)),
        ):  # fmt: skip
            assert type(found) is kind and found.numpy().tolist() == expected.tolist()
    x = Vector([2.0, 4.0])
    sg.sum((series - x) ** 2).backward()
    assert x.grad == [2.0, 2.0]
    assert table[(table["x"] > 0) & (x > 2.0)].to_numpy().tolist() == [[3.0, 5.0]]


def test_functions(pandas: Any) -> None:
    v = Value(0.5)
    series = pandas.Series([1.0, 3.0], index=["a", "b"], name="t")
    table = pandas.DataFrame({"x": [1.0, 3.0], "y": [2, 5]})
    assert sg.exp(series).equals(np.exp(series)) and sg.square(table).equals(np.square(table).astype(float))
    curve = 2.0 * sg.exp(-v * series)
    assert type(curve) is pandas.Series and curve.index.equals(series.index) and curve.name == "t"
    sg.sum(curve).backward()
    expected = -2.0 * sum(x * np.exp(-0.5 * x) for x in series)
    assert v.grad == pytest.approx(expected, rel=8 * 2.0**-53)  # eight roundings
    assert sg.maximum(series * v, 1.0).tolist() == [1.0, 1.5] and sg.where(series > 2, v, 0.0).tolist() == [0.0, 0.5]
    assert data(np.maximum(series, v)) == data(np.maximum(v, series)) == [1.0, 3.0]
    assert sg.mean(table) == 2.75 and sg.mean(table, axis=0).tolist() == [2.0, 3.5]
    assert type(sg.softmax(table)) is pandas.DataFrame and sg.isnan(series).tolist() == [False, False]
    assert type(sg.isnan(table * v)) is pandas.DataFrame and sg.constant(table).shape == (2, 2)
    with pytest.raises(ShapeError, match="labels of two tables differ"):
        sg.maximum(series, series[::-1])


def test_rows_and_columns(pandas: Any) -> None:
    v = Value(2.0)
    table = pandas.DataFrame({"x": [1.0, 3.0], "y": [2, 5]})
    assert data(table.apply(lambda column: column * v)) == [2.0, 4.0, 6.0, 10.0]
    by_row = table.apply(lambda row: row["x"] * v + row["y"], axis=1)
    assert data(by_row) == [4.0, 11.0] and all(type(item) is Value for item in by_row)
    assert data(table["x"].map(lambda x: sg.exp(v * 0.0) * x)) == [1.0, 3.0]
    by_row.sum().backward()
    assert v.grad == 4.0


def test_into_layers_and_losses(pandas: Any) -> None:
    table = pandas.DataFrame({"x": [1.0, 3.0], "y": [2, 5]})
    layer = nn.Linear(2, 1)
    found = layer(table)
    assert type(found) is Matrix and found.data.tolist() == layer(table.to_numpy()).data.tolist()
    loss = losses.mse(found[:, 0], table["x"])
    loss.backward()
    assert type(loss) is Value and any(layer.weight.grad[0])
    v = Value(2.0)
    assert type(losses.mse(table["x"] * v, table["y"])) is Value
    assert (Vector(table["x"]) * table["x"]).data.tolist() == [1.0, 9.0]
