"""Transforms by hand: numbers, containers and kinds that come back, argnums, tangents that fit and that do not."""

from __future__ import annotations

import math
from array import array
from collections import Counter, OrderedDict, namedtuple
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from scalargrad.transforms import containers
from scalargrad.transforms.trees import Tree
from tests.support.engines import same

pytestmark = pytest.mark.filterwarnings("ignore:no Value reached the result")

Pair = namedtuple("Pair", "a b")


def area(x: Any, y: Any, z: Any = 1.0) -> Any:
    """Partials at (3, 2, 5): 2xyz = 60, x²z = 45, x²y = 18."""
    return x * x * y * z


# --- argnums ----------------------------------------------------------------------------------------------------------

BY = {0: 60.0, 1: 45.0, 2: 18.0}
ARGNUMS: list[tuple[Any, Any]] = [
    (0, 60.0), (1, 45.0), (2, 18.0), (-1, 18.0), (-2, 45.0), (-3, 60.0), ((0,), (60.0,)), ((-1,), (18.0,)),
    ((2, 0), (18.0, 60.0)), ([1, -1], (45.0, 18.0)), (range(3), (60.0, 45.0, 18.0)), ((), ()),
    (np.int64(1), 45.0), ((0, -1, 1), (60.0, 18.0, 45.0)), (True, 45.0),
]  # fmt: skip


@pytest.mark.parametrize(("argnums", "wanted"), ARGNUMS)
def test_argnums(argnums: Any, wanted: Any) -> None:
    at = (3.0, 2.0, 5.0)
    assert same(sg.grad(area, argnums)(*at), wanted) and same(sg.value_and_grad(area, argnums)(*at), (90.0, wanted))
    assert same(sg.jacobian(area, argnums)(*at), wanted)
    assert same(sg.jacobian(lambda *x: [area(*x), 7.0], argnums)(*at)[0], wanted)
    aux = lambda *x: (area(*x), "aux")  # noqa: E731
    assert same(sg.grad(aux, argnums, has_aux=True)(*at), (wanted, "aux"))
    assert same(sg.value_and_grad(aux, argnums, True)(*at), ((90.0, "aux"), wanted))
    assert same(sg.jacobian(aux, argnums, True)(*at), (wanted, "aux"))


@pytest.mark.parametrize("transform", [sg.grad, sg.value_and_grad, sg.jacobian])
@pytest.mark.parametrize(
    ("argnums", "message"),
    [
        (2, "argnums=2 does not fit: area was called with 2 positional argument(s)"),
        (-3, "argnums=-3 does not fit: area was called with 2 positional argument(s)"),
        ((0, 2), "argnums=(0, 2) does not fit: area was called with 2 positional argument(s)"),
        ((0, 0), "argnums=(0, 0) names an argument twice"),
        ((1, -1), "argnums=(1, -1) names an argument twice"),
        (None, "argnums must be an int or a sequence of ints, got None"),
        ("01", "argnums must be an int or a sequence of ints, got '01'"),
        ((0, 1.0), "argnums must be an int or a sequence of ints, got (0, 1.0)"),
    ],
)
def test_argnums_that_do_not_fit(transform: Any, argnums: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        transform(area, argnums)(3.0, 2.0)
    assert str(caught.value) == message


# --- what comes back --------------------------------------------------------------------------------------------------


def halves(x: Any) -> Any:
    """Half the sum of squares of all numbers in containers, whose gradient is the argument."""
    if isinstance(x, dict):
        x = list(x.values())
    if isinstance(x, (list, tuple)):
        return sum((halves(item) for item in x), 0.0)
    return (x * x if isinstance(x, Value) else (x * x).sum()) * 0.5


KEPT: list[tuple[Any, Any]] = [  # the argument, its gradient where it is not the argument itself
    ([1.0, 2.0], None),
    ((1.0, 2.0), None),
    (Pair(1.0, [2.0]), None),
    ({"b": 1.0, "a": (2.0, [3.0])}, None),
    (OrderedDict([("b", 1.0), ("a", 2.0)]), None),
    (Counter({"x": 3.0, "y": 2.0}), None),
    ([], None),
    ({}, None),
    (True, 1.0),
    (np.bool_(True), 1.0),
    (np.float16(1.5), 1.5),
    (np.array(2, dtype=np.int8), np.array(2.0)),
    (np.array([1, 2], dtype=np.uint8), np.array([1.0, 2.0])),
    (np.array([1.5, 2.5], dtype=np.float32), np.array([1.5, 2.5])),
    (np.array([True, False]), np.array([1.0, 0.0])),
    (np.arange(6.0).reshape(2, 3).T, None),
    (np.zeros((0, 2)), None),
    (Vector([1.0, 2.0]), None),
    (Matrix([[1.0, 2.0], [3.0, 4.0]])[:, ::-1], Matrix([[2.0, 1.0], [4.0, 3.0]])),
    (Vector(np.array([1.0, 2.0])), None),
    (array("f", [1.0, 2.0]), array("d", [1.0, 2.0])),
    (memoryview(np.arange(4.0).reshape(2, 2)), [[0.0, 1.0], [2.0, 3.0]]),
    ([np.array([1.0]), 2.0, Vector([3.0]), {"m": Matrix([[4.0, 5.0]])}, 6.0], None),
    (Value(3.0), 3.0),
    ([Value(3.0) * 2], [6.0]),
]


@pytest.mark.parametrize(("given", "wanted"), KEPT, ids=lambda x: type(x).__name__)
def test_containers_and_kinds_are_kept(given: Any, wanted: Any) -> None:
    wanted = given if wanted is None else wanted
    before = repr(given)

    def hold(numbers: Callable[[Any], Any]) -> Any:
        gradient = sg.grad(halves)(given)
        assert same(numbers(gradient), wanted) and gradient is not given
        assert same(numbers(sg.vjp(halves, given)[1](1.0)), (wanted,))
        value, both = sg.value_and_grad(halves)(given)
        assert same(numbers(both), wanted) and repr(given) == before
        return value, gradient

    with sg.no_grad():
        value, _ = hold(lambda gradient: gradient)
        assert type(value) is float
    value, gradient = hold(_numbers)
    items, slopes = Tree(given, "given").items(), Tree(gradient, "gradient").items()
    values = [x for x in items if isinstance(x, Value)]
    assert [type(x) for x in slopes] == [Value if isinstance(x, Value) else float for x in items]
    if values:
        value.backward()
        before_second = [x.grad if x._op == "" else 0.0 for x in values]
        assert [x.grad for x in values] == [x.data for x in values]
        sg.sum(slopes).backward()
        assert [x.grad for x in values] == [x + 1.0 for x in before_second]
    elif items:
        assert type(value) is float


def _numbers(gradient: Any) -> Any:
    """With floats for Values; arrays stay as they are."""
    if isinstance(gradient, Value):
        return gradient.data
    keys = containers.keys(gradient)
    return gradient if keys is None else containers.join(gradient, keys, [_numbers(gradient[key]) for key in keys])


def test_what_the_function_is_given() -> None:
    """Its containers are copies: a function that changes them changes nothing outside."""
    x = {"w": [1.0, 2.0], "b": (np.array([3.0]),)}

    def spoils(p: Any) -> Any:
        found = p["w"][0] * 2 + p["b"][0].sum()
        p["w"].append(0.0)
        del p["b"]
        return found

    for transform in (sg.grad, sg.jacobian, sg.value_and_grad):
        transform(spoils)(x)
        assert same(x, {"w": [1.0, 2.0], "b": (np.array([3.0]),)})
    assert same(sg.grad(spoils)(x), {"w": [2.0, 0.0], "b": (np.array([1.0]),)})
    result = [1.0]
    found, pullback = sg.vjp(lambda x: result, 1.0)
    result.append(2.0)
    assert found == [1.0] and pullback([1.0]) == (0.0,)


# --- jacobians --------------------------------------------------------------------------------------------------------

_M = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
INPUTS: list[tuple[Any, tuple[int, ...], bool]] = [  # with their shapes, and whether of numpy
    (2.0, (), False), (Vector([1.0, 2.0]), (2,), False), (Matrix(_M), (2, 3), False), (np.float64(2.0), (), False),
    (np.array([1.0, 2.0]), (2,), True), (np.array(_M), (2, 3), True), (array("d", [1.0, 2.0]), (2,), False),
    (Matrix(np.array(_M)), (2, 3), True),
]  # fmt: skip
OUTPUTS: list[tuple[Callable[[Any], Any], tuple[int, ...]]] = [
    (lambda s: s * 3.0, ()),
    (lambda s: sg.constant([1.0, 2.0, 3.0]) * s, (3,)),
    (lambda s: sg.constant([[1.0], [2.0]]) * s, (2, 1)),
    (lambda s: Vector([1.0, 2.0, 3.0]) * s, (3,)),  # whose elements are Values
]


@pytest.mark.parametrize(("x", "shape", "of_numpy"), INPUTS, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize(("output", "out"), OUTPUTS)
def test_shapes_and_entries_of_jacobians(x: Any, shape: Any, of_numpy: bool, output: Any, out: Any) -> None:
    """The sum of weighted elements times constants: the entry is constant times weight, in every place its own."""
    size = math.prod(shape)
    weights = np.arange(1.0, size + 1.0).reshape(shape) if shape else 1.0

    def function(x: Any) -> Any:
        return output((x * weights).sum() if shape else x)

    found = sg.jacobian(function)(x)
    factors = np.array(3.0) if out == () else np.arange(1.0, math.prod(out) + 1).reshape(out)
    wanted = np.multiply.outer(factors, np.array(weights))
    assert np.shape(found) == out + shape and np.array_equal(found, wanted)
    kinds = {1: Vector, 2: Matrix} if output is OUTPUTS[-1][0] else {}  # where the entries are Values
    kind = np.ndarray if of_numpy else float if out + shape == () else list
    assert type(found) is kinds.get(len(out + shape), kind)
    tangent = np.arange(2.0, size + 2.0).reshape(shape) if shape else 2.0
    _, derivative = sg.jvp(function, (x,), (tangent,))
    assert np.array_equal(derivative if out == () else derivative.data, np.tensordot(wanted, tangent, len(shape)))
    weight = factors + 1.0
    _, pullback = sg.vjp(function, x)
    (pulled,) = pullback(float(weight) if out == () else weight)
    pulled = pulled.data if isinstance(pulled, (Vector, Matrix)) else pulled
    assert np.array_equal(pulled, np.tensordot(weight, wanted, len(out)))


def test_products_by_hand() -> None:
    """At x = 3, y = 2: f = (xy, x + 10 y), J = [[2, 3], [1, 10]]."""

    def f(x: Any, y: Any) -> Any:
        return Pair(x * y, {"k": x + 10 * y})

    assert sg.jvp(f, (3.0, 2.0), (1.0, 0.0)) == (Pair(6.0, {"k": 23.0}), Pair(2.0, {"k": 1.0}))
    assert sg.jvp(f, [3.0, 2.0], [5.0, 7.0]) == (Pair(6.0, {"k": 23.0}), Pair(31.0, {"k": 75.0}))
    value, pullback = sg.vjp(f, 3.0, 2.0)
    assert same(value, Pair(6.0, {"k": 23.0}))
    for u, v, wanted in ((1.0, 0.0, (2.0, 3.0)), (0.0, 1.0, (1.0, 10.0)), (5.0, 7.0, (17.0, 85.0))):
        for cotangent in (Pair(u, {"k": v}), [u, {"k": v}], (u, {"k": v})):
            assert pullback(cotangent) == wanted
    nested = sg.jacobian(f, (0, 1))(3.0, 2.0)
    assert nested == Pair((2.0, 3.0), {"k": (1.0, 10.0)}) and type(nested) is Pair
    assert sg.jvp(lambda: 5.0, (), ()) == (5.0, 0.0) and sg.vjp(lambda: 5.0)[1](1.0) == ()
    dicts = sg.jacobian(lambda p: [p["b"] * p["a"][0], p["a"][1]])({"b": 2.0, "a": [3.0, 4.0]})
    assert same(dicts, [{"b": 3.0, "a": [2.0, 0.0]}, {"b": 0.0, "a": [0.0, 1.0]}])


# --- trees that do not match ------------------------------------------------------------------------------------------

PRIMALS: list[tuple[Any, Any, str]] = [  # a primal, a tangent unlike it, what is said
    ({"a": 1.0}, {"a": 1.0, "b": 2.0},
     "{} must be a dict of 1, as {} is, with keys ['a']; got dict {{'a': 1.0, 'b': 2.0}}"),
    ({"a": 1.0, "b": 2.0}, {"a": 1.0}, "{} must be a dict of 2, as {} is, with keys ['a', 'b']; got dict {{'a': 1.0}}"),
    ({"a": 1.0}, {"b": 1.0}, "{} must be a dict of 1, as {} is, with keys ['a']; got dict {{'b': 1.0}}"),
    ({"a": 1.0}, [1.0], "{} must be a dict of 1, as {} is, with keys ['a']; got list [1.0]"),
    ([1.0], {0: 1.0}, "{} must be a list of 1, as {} is; got dict {{0: 1.0}}"),
    ([1.0, 2.0], [1.0], "{} must be a list of 2, as {} is; got list [1.0]"),
    ((1.0, 2.0), [1.0, 2.0, 3.0], "{} must be a tuple of 2, as {} is; got list [1.0, 2.0, 3.0]"),
    ([1.0], 1.0, "{} must be a list of 1, as {} is; got float 1.0"),
    ([1.0], None, "{} must be a list of 1, as {} is; got NoneType None"),
    ([{"a": 1.0}, 2.0], [{"a": 1.0, "c": 2.0}, 2.0],
     "{}[0] must be a dict of 1, as {}[0] is, with keys ['a']; got dict {{'a': 1.0, 'c': 2.0}}"),
    ({"a": [1.0, 2.0]}, {"a": [1.0, [2.0]]}, "{}['a'][1] must have shape (), as {}['a'][1] has; got shape (1,)"),
    (1.0, [1.0], "{} must have shape (), as {} has; got shape (1,)"),
    (1.0, np.ones(1), "{} must have shape (), as {} has; got shape (1,)"),
    (Vector([1.0, 2.0]), [1.0, 2.0, 3.0], "{} must have shape (2,), as {} has; got shape (3,)"),
    (np.ones(2), np.ones((1, 2)), "{} must have shape (2,), as {} has; got shape (1, 2)"),
    (np.ones((2, 1)), np.ones((1, 2)), "{} must have shape (2, 1), as {} has; got shape (1, 2)"),
    (Matrix([[1.0, 2.0]]), 1.0, "{} must have shape (1, 2), as {} has; got shape ()"),
]  # fmt: skip


@pytest.mark.parametrize(("primal", "unlike", "message"), PRIMALS, ids=lambda x: str(x)[:20])
def test_tangents_and_cotangents_unlike_their_trees(primal: Any, unlike: Any, message: str) -> None:
    def identity(first: Any, x: Any) -> Any:
        return x

    with pytest.raises(ShapeError) as caught:
        sg.jvp(identity, (0.0, primal), (0.0, unlike))
    assert str(caught.value) == message.format("tangent 1", "argument 1 of identity")
    value, pullback = sg.vjp(lambda x: x, primal)
    with pytest.raises(ShapeError) as caught:
        pullback(unlike)
    assert str(caught.value) == message.format("the cotangent", "the result of <lambda>")
    pullback(value)  # and goes on to work


@pytest.mark.parametrize("bad", ["a", None, 1j, Decimal("sNaN"), object()])
def test_what_is_no_tangent(bad: Any) -> None:
    kind = type(bad).__name__
    for call, where in (
        (lambda: sg.jvp(area, (3.0, 2.0), (1.0, bad)), "tangent 1"),
        (lambda: sg.vjp(lambda x: x * 2, 1.0)[1](bad), "the cotangent"),
        (lambda: sg.grad(area)(bad, 1.0), "argument 0 of area"),
        (lambda: sg.grad(area, 1)(1.0, {"k": [bad]}), "argument 1 of area['k'][0]"),
    ):
        with pytest.raises(NumberError) as caught:
            call()
        assert str(caught.value).startswith(f"{where} is a {kind}, ") and "can be differentiated" in str(caught.value)


def test_masked_arrays() -> None:
    """As an argument one has no numbers; in the aux, and beside the argument, it is a thing like any other."""
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    with pytest.raises(NumberError, match="masked"):
        sg.grad(lambda x: x.sum())(masked)
    gradient, aux = sg.grad(lambda x, other: (x * 2, {"m": masked, "o": other}), has_aux=True)(1.0, masked)
    assert gradient == 2.0 and aux["m"] is masked and aux["o"] is masked


def test_lengths_and_kinds_of_primals() -> None:
    for primals, tangents, message in (
        ((1.0,), (), "jvp needs one tangent per primal, got 1 primals and 0 tangents"),
        ((1.0, 2.0), (1.0,), "jvp needs one tangent per primal, got 2 primals and 1 tangents"),
    ):
        with pytest.raises(ShapeError) as caught:
            sg.jvp(area, primals, tangents)
        assert str(caught.value) == message
    message = "^primals must be a tuple or list, with one entry per argument, got float$"
    with pytest.raises(ArgumentError, match=message):
        sg.jvp(area, 1.0, (1.0,))  # type: ignore[arg-type]
    message = "^tangents must be a tuple or list, with one entry per argument, got ndarray$"
    with pytest.raises(ArgumentError, match=message):
        sg.jvp(area, (1.0,), np.ones(1))  # type: ignore[arg-type]
