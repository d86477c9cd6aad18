"""Our functions on data: object arrays of Values, arrays of numbers, and nested lists. Results are of the same kind."""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, Vector, core
from scalargrad.errors import ArgumentError, NumberError, RangeError, ShapeError
from scalargrad.table import faces
from tests.support.engines import same

NUMBERS = [2.0, -0.0, 0.0, 0.5, -1.5, 5e-324, 1e308, -1e-300, math.inf, math.nan]
ROWS = {row.name: row for row in faces.FUNCTIONS}


def flat(x: Any) -> list[Any]:
    """The elements of data, row by row."""
    if isinstance(x, np.ndarray):
        return x.ravel().tolist()  # type: ignore[no-any-return]
    return [item for row in x for item in flat(row)] if isinstance(x, (list, tuple)) else [x]


def data(x: Any) -> list[float]:
    return [item.data if isinstance(item, Value) else item for item in flat(x)]


def all_same(x: list[float], y: list[float]) -> bool:
    return len(x) == len(y) and all(map(same, x, y))


def objects(items: Any, shape: Any = None) -> Any:
    """An object array of the items."""
    made = np.empty(len(items), object)
    made[:] = items
    return made if shape is None else made.reshape(shape)


def operands(name: str, size: int) -> list[list[float]]:
    """Operands of a function, each of so many numbers, which differ between operands."""
    cycle = itertools.cycle(NUMBERS)
    return [[next(cycle) for _ in range(size + 1)][:size] for _ in ROWS[name].operands]


@pytest.mark.parametrize("name", sorted(ROWS))
@pytest.mark.parametrize("shape", [(), (0,), (1,), (5,), (2, 3), (2, 0), (2, 1, 2)], ids=str)
def test_each_function_is_that_of_each_element(name: str, shape: tuple[int, ...]) -> None:
    """Of numbers, of Values, and of both; the bits, the gradients and the nodes are those of a loop."""
    function, size = getattr(sg, name), math.prod(shape)
    numbers = operands(name, size)
    arrays = [np.array(x, float).reshape(shape) for x in numbers]
    expected = [function(*together) for together in zip(*numbers)]
    found = function(*arrays)
    if shape:
        assert type(found) is np.ndarray and found.dtype == float and found.shape == shape
    else:
        assert type(found) is float
    assert all_same(data(found), expected)
    values, again = ([[Value(item) for item in x] for x in numbers] for _ in range(2))
    found = function(*(objects(x, shape) for x in values))
    each = [function(*together) for together in zip(*again)]
    if shape:
        assert type(found) is np.ndarray and found.dtype == object and found.shape == shape
    assert all_same(data(found), expected) and all(type(item) is Value for item in flat(found))
    assert [item._op for item in flat(found)] == [item._op for item in each]
    if size:
        sg.sum(flat(found)).backward()
        sg.sum(each).backward()
        for x, y in zip(values, again):
            assert all_same([item.grad for item in x], [item.grad for item in y])


@pytest.mark.parametrize("name", sorted(name for name in ROWS if len(ROWS[name].operands) > 1))
def test_operands_of_several_kinds(name: str) -> None:
    """Arrays, object arrays with numbers in them, lists, Values and numbers broadcast together."""
    function, arity = getattr(sg, name), len(ROWS[name].operands)
    v, w = Value(0.75), Value(2.0)
    column = objects([v, 0.25], (2, 1))
    kinds: list[Any] = [column, np.array([0.5, 1.5, w.data]), [1.0, w, 0.125], w, 0.5, np.int32([1, 2, 3])]
    for together in itertools.product(kinds, repeat=arity):
        shapes = [np.shape(objects(x)) if isinstance(x, list) else np.shape(x) for x in together]
        shape = np.broadcast_shapes(*shapes)
        found = function(*together)
        each = [function(*x) for x in zip(*(np.broadcast_to(np.asarray(x, object), shape).ravel() for x in together))]
        assert all_same(data(found), data(each))
        assert [type(x) for x in flat(found)] == [type(x) for x in flat(each)]  # a float where all operands are floats
        if any(isinstance(x, np.ndarray) for x in together):
            assert isinstance(found, np.ndarray) and found.shape == shape
            has_values = any(isinstance(x, Value) for x in each) or any(x is column for x in together)
            assert found.dtype == (object if has_values else float)
        elif any(isinstance(x, list) for x in together):
            assert type(found) is list and len(found) == 3


def test_one_call_of_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """One crossing into C a function, and not one an element."""
    calls = []
    real = core.elementwise
    monkeypatch.setattr(core, "elementwise", lambda *x: calls.append(x[0]) or real(*x))
    x = objects([Value(float(k)) for k in range(100)], (10, 10))
    sg.maximum(sg.exp(-x), 0.5)
    assert len(calls) == 2


def test_the_first_curve_fit() -> None:
    """`a * sg.exp(-b * t)`: the gradient is that of the closed form."""
    t = np.linspace(0.0, 2.0, 9)
    a, b = Value(2.5), Value(1.3)
    y = 3.0 * np.exp(-t)
    residuals = a * sg.exp(-b * t) - y
    loss = sg.mean(residuals**2)
    loss.backward()
    e = np.exp(-1.3 * t)
    r = 2.5 * e - y
    bound = 20 * 2.0**-53  # of each summand: 9 operations, and the sum's three levels; exp to an ulp
    assert a.grad == pytest.approx(np.mean(2 * r * e), rel=0, abs=bound * np.mean(np.abs(2 * r * e)) * 2)
    assert b.grad == pytest.approx(np.mean(-2 * r * 2.5 * t * e), rel=0, abs=bound * np.mean(np.abs(5 * r * t * e)) * 2)
    w = Value(1.0)
    assert (w * sg.exp(t) - sg.exp(t) * w)[3].data == 0.0


# --- lists -----------------------------------------------------------------------------------------------------------


def like(x: Any, y: Any) -> bool:
    """Whether nested data have the same structure."""
    if isinstance(x, (list, tuple)):
        return type(x) is type(y) and len(x) == len(y) and all(map(like, x, y))
    return not isinstance(y, (list, tuple))


items = st.one_of(st.sampled_from(NUMBERS), st.integers(-3, 3), st.booleans(), st.builds(Value, st.floats(-3, 3)))


@st.composite
def nested(draw: Any) -> Any:
    """Nested lists and tuples of equal lengths."""
    shape = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))

    def make(lengths: list[int]) -> Any:
        if not lengths:
            return draw(items)
        return draw(st.sampled_from([list, tuple]))(make(lengths[1:]) for _ in range(lengths[0]))

    return make(shape)


@given(nested())
@example([])
@example(())
@example([[], []])
@example([(1.0, 2.0), [Value(1.0), True]])
def test_a_list_gives_a_list_and_a_tuple_a_tuple(x: Any) -> None:
    found = sg.exp(x)
    each = [sg.exp(item) for item in flat(x)]
    assert like(x, found) and all_same(data(found), data(each))
    assert [type(item) for item in flat(found)] == [type(item) for item in each]
    assert sg.square(x) == sg.pow(x, 2) or math.nan in data(x) or any(map(math.isnan, data(sg.square(x))))


def test_other_kinds() -> None:
    assert sg.square(range(3)) == [0.0, 1.0, 4.0]
    assert sg.square(array("i", [1, 2])) == array("d", [1.0, 4.0])
    v = Value(2.0)
    found = sg.hypot(array("d", [1.0, 2.0]), v)  # an array of C doubles cannot hold Values
    assert type(found) is list and all(type(x) is Value for x in found)
    with sg.no_grad():
        assert sg.maximum(array("d", [1.0, 3.0]), sg.constant([2.0])[0]) == array("d", [2.0, 3.0])
    of_arrays = sg.square([np.array([1.0, 2.0]), objects([v, 3.0])])
    assert type(of_arrays) is list and of_arrays[0].dtype == float and of_arrays[1].dtype == object
    assert sg.square([Vector([1.0, 2.0])])[0].data == [1.0, 4.0]
    assert sg.maximum([1.0, 2.0], [[3.0], [0.0]]) == [[3.0, 3.0], [1.0, 2.0]]
    assert type(sg.exp(Vector([1.0]))) is Vector and type(sg.maximum(Vector([1.0]), objects([v]))) is Vector
    assert v.maximum([1.0, 3.0]) == [2.0, 3.0] and v.where([v, 0.0], 1.0) == [2.0, 0.0]
    same_leaf = sg.square([v, v])
    sg.sum(same_leaf).backward()
    assert v.grad == 8.0
    for dtype in (np.float32, np.float16, np.int8, np.uint64, bool, np.longdouble):
        assert sg.square(np.ones(2, dtype)).dtype == float


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([1.0, [2.0]], ShapeError, "row 1"),
        ([[1.0], [2.0, 3.0]], ShapeError, r"row 1 has \(2,\)"),
        (["a"], NumberError, "'a'"),
        ([None], NumberError, "NoneType"),
        (np.array([1j]), NumberError, "complex"),
        (np.array(["1"]), NumberError, "text"),
        (np.array(["2020"], "datetime64[Y]"), NumberError, "datetime"),
        (np.array([None]), NumberError, "NoneType"),
        (np.ma.array([1.0, 2.0], mask=[False, True]), NumberError, "masked"),
        ([10**400], RangeError, "too large"),
        ((x for x in [1.0]), NumberError, "generator"),
        ({1.0}, NumberError, "set"),
    ],
    ids=lambda x: type(x).__name__ if not isinstance(x, (str, type)) else "",
)
def test_what_is_refused(given: Any, error: type[Exception], message: str) -> None:
    v = Value(1.0)
    for call in (lambda: sg.exp(given), lambda: sg.maximum(v, given), lambda: sg.maximum(given, [0.0])):
        with pytest.raises(error, match=message):
            call()
    assert v.grad == 0.0


def test_shapes_that_do_not_fit() -> None:
    for x, y in (([1.0, 2.0], [1.0] * 3), (np.ones((2, 2)), objects([Value(1.0)] * 3)), ([], [1.0, 2.0])):
        with pytest.raises(ShapeError, match=r"maximum needs shapes whose lengths are equal or 1, got \("):
            sg.maximum(x, y)
    with pytest.raises(NumberError, match="object"):
        sg.maximum([1.0], object())
    with pytest.raises(ArgumentError, match="looks like a condition"):
        sg.where(Value(1.0), np.array([True]), [1.0])


@pytest.mark.parametrize("mode", [sg.no_grad, sg.detect_anomaly])
def test_contexts(mode: Any) -> None:
    v = Value(2.0)
    with mode():
        found = sg.exp(objects([v, 1.0]))
        assert type(found[0]) is Value and type(found[1]) is float
        assert (found[0]._op == "exp") is (mode is not sg.no_grad)
    with pytest.raises(sg.errors.AnomalyError), sg.detect_anomaly(strict=True):
        sg.log(objects([v, -v]))


# --- functions of many numbers ---------------------------------------------------------------------------------------

MANY = ["sum", "mean", "prod", "norm", "max", "min", "logsumexp"]
SHAPES = [(1,), (4,), (2, 3), (3, 1), (2, 1, 3)]


def lists_along(x: Any, axes: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], list[Any]]]:
    """The items that each result of a reduction is made of, by the place of the result."""
    kept = [k for k in range(x.ndim) if k not in axes]
    for place in np.ndindex(*(x.shape[k] for k in kept)):
        index: list[Any] = [slice(None)] * x.ndim
        for k, at in zip(kept, place):
            index[k] = at
        yield place, x[tuple(index)].ravel().tolist()


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_reductions_of_arrays(name: str, shape: tuple[int, ...]) -> None:
    """Each result is the function of the list of its numbers, to the bit, with its gradients."""
    function, size = getattr(sg, name), math.prod(shape)
    numbers = [0.5 + 0.25 * k for k in range(size)]
    x, values = np.array(numbers).reshape(shape), objects(list(map(Value, numbers)), shape)
    axes_given: list[Any] = [None, *range(-len(shape), len(shape)), tuple(range(len(shape))), (0, -1)[: len(shape)]]
    for axis in axes_given:
        axes = tuple(range(len(shape))) if axis is None else tuple(np.atleast_1d(axis) % len(shape))
        for keepdims in (False, True):
            of_numbers, of_values = (
                function(x, axis=axis, keepdims=keepdims),
                function(values, axis=axis, keepdims=keepdims),
            )
            assert np.shape(of_numbers) == np.sum(x, axis=axis, keepdims=keepdims).shape
            whole = np.asarray(of_values, object).ravel().tolist()
            for (place, part), found, number in zip(lists_along(x, axes), whole, flat(of_numbers), strict=True):
                assert type(found) is Value and same(found.data, function(part)) and same(number, function(part))
        assert not isinstance(of_numbers, np.ndarray) or of_numbers.dtype == float
    assert same(function(x.tolist()), function(numbers)) and same(function(x), function(numbers))
    if len(shape) == 2:
        assert all_same(function(x.tolist(), axis=0), function(x, axis=0).tolist())
        total, again = sg.sum(function(values, axis=0)), list(map(Value, numbers))
        total.backward()
        sg.sum([function(part) for _, part in lists_along(objects(again, shape), (0,))]).backward()
        assert all_same([v.grad for v in flat(values)], [v.grad for v in again])


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_of_arrays(name: str) -> None:
    function = getattr(sg, name)
    x = np.array([[0.5, -1.0, 2.0], [3.0, 0.0, 1.5]])
    for axis in (-1, 0, 1):
        found, of_objects = function(x, axis=axis), function(objects(list(map(Value, flat(x))), x.shape), axis=axis)
        assert found.dtype == float and of_objects.dtype == object and found.shape == of_objects.shape == x.shape
        rows = (found if axis else found.T).tolist()
        assert all(all_same(row, function(part)) for row, part in zip(rows, (x if axis else x.T).tolist()))
        assert all_same(data(of_objects), data(found)) and function(x.tolist(), axis=axis) == found.tolist()
    assert all_same(flat(function(x)), flat(function(x, axis=-1)))
    assert all_same(flat(function(x, axis=None)), function(flat(x)))
    v = Value(1.0)
    assert type(function((v, 2.0))) is tuple and type(function([v, 2.0])) is list
    assert function(np.array([1.0, 2.0])).dtype == float and function(objects([v, 2.0])).dtype == object
    function(objects([v, 2.0]))[0].backward()
    assert v.grad != 0.0


def test_reductions_of_nothing() -> None:
    assert sg.sum([[]]) == 0.0 and sg.prod(np.zeros((2, 0)), axis=1).tolist() == [1.0, 1.0]
    assert sg.norm(np.zeros((0, 2)), axis=1).shape == (0,) and sg.sum([[], []], axis=1) == [0.0, 0.0]
    for name in ("mean", "max", "min", "logsumexp", "softmax"):
        with pytest.raises(ArgumentError, match=f"^{name} needs"):
            getattr(sg, name)(np.zeros((2, 0)), axis=1)


def test_reductions_that_are_refused() -> None:
    for axis in (2, -3, "0", 0.5, (0, 0), (0, 2), [None]):
        with pytest.raises(ArgumentError, match="data of 2 dimensions has no axis"):
            sg.sum([[1.0, 2.0]], axis=axis)
    with pytest.raises(ShapeError, match="row 1"):
        sg.sum([[1.0], [2.0, 3.0]])
    with pytest.raises(ShapeError, match="matmul"):
        sg.dot(np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(TypeError, match="keepdims"):
        sg.softmax([[1.0]], keepdims=True)  # type: ignore[call-overload]
    v = Value(3.0)
    assert sg.dot(objects([v, 2.0]), np.array([1.0, 2.0])).data == 7.0 and sg.sum(np.array(v)) == 3.0


def test_losses_layers_and_optimisers() -> None:
    """Object arrays are parameters, batches, inputs and targets; of two dimensions too."""
    numbers = [[2.0, 0.5], [-1.0, 3.0]]
    o, m = objects([Value(x) for row in numbers for x in row], (2, 2)), sg.Matrix(numbers)
    layer = sg.nn.Linear(2, 3)
    assert layer(o).data.tolist() == layer(m).data and sg.losses.mse(o, np.ones((2, 2))) == sg.losses.mse(
        m, np.ones((2, 2))
    )
    loss = sg.losses.l2(o) + sg.losses.cross_entropy(o, [0, 1])
    loss.backward()
    (sg.losses.l2(m.elements()) + sg.losses.cross_entropy(m, [0, 1])).backward()
    assert [v.grad for v in flat(o)] == flat(m.grad)
    assert sg.optim.clip_grad_norm(o, 1.0) == sg.optim.clip_grad_norm(m.elements(), 1.0)
    sg.optim.SGD(o, lr=0.1).step()
    sg.optim.SGD(m.elements(), lr=0.1).step()
    assert data(o) == flat(m.data)


def test_transforms_of_functions_of_arrays() -> None:
    x = np.array([1.0, 2.0])
    assert sg.grad(lambda p: sg.sum(sg.exp(p) * x))(x).tolist() == (np.exp(x) * x).tolist()
    sg.testing.check_grad(lambda p: sg.mean((p[0] * sg.exp(-p[1] * x)) ** 2), [1.5, 0.5])
    values, slopes = sg.jvp(lambda b: sg.square(b * x), (3.0,), (1.0,))
    assert values.tolist() == [9.0, 36.0] and slopes.tolist() == [6.0, 24.0]
