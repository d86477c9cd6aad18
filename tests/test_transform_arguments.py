"""The transforms: what goes in, what comes out, and the errors."""

from __future__ import annotations

import functools
import inspect
import math
from array import array
from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.arrays.reading import nest
from scalargrad.errors import (
    ArgumentError,
    NumberError,
    RangeError,
    ShapeError,
)
from tests.support.engines import same

pytestmark = pytest.mark.filterwarnings("ignore:no Value reached the result")

Pair = namedtuple("Pair", "first second")


def cube(x: Any) -> Any:
    return x * x * x


# --- arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given, inside, gradient",
    [
        (3.0, Value, 6.0),
        (3, Value, 6.0),
        (Fraction(3), Value, 6.0),
        (Decimal(3), Value, 6.0),
        (np.float32(3), Value, 6.0),
        (np.array(3.0), Value, np.array(6.0)),
        (np.array([3, 1]), Vector, np.array([6.0, 2.0])),
        (np.array([[3.0, 1.0]], dtype=np.float32), Matrix, np.array([[6.0, 2.0]])),
        (np.array([Value(3.0), 1.0], dtype=object), Vector, Vector(np.array([6.0, 2.0]))),
        (array("d", [3.0, 1.0]), Vector, array("d", [6.0, 2.0])),
        (memoryview(array("f", [3.0, 1.0])), Vector, [6.0, 2.0]),
        (Vector([3.0, 1.0]), Vector, Vector([6.0, 2.0])),
        (Vector(np.array([3.0, 1.0])), Vector, Vector(np.array([6.0, 2.0]))),
        (Matrix([[3.0], [1.0]]), Matrix, Matrix([[6.0], [2.0]])),
        (Matrix([[3.0, 1.0], [2.0, 4.0]]).T, Matrix, Matrix([[6.0, 4.0], [2.0, 8.0]])),
    ],
)
def test_kinds_of_arguments(given: Any, inside: type, gradient: Any) -> None:
    seen = []

    def function(x: Any) -> Any:
        seen.append(type(x))
        return x * x if isinstance(x, Value) else (x * x).sum()

    assert same(sg.grad(function)(given), gradient)
    assert seen == [inside]


def test_arrays_of_other_libraries_count_as_numpys() -> None:
    class Foreign:
        shape = (2,)

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.array([3.0, 1.0], dtype=np.float32)

    assert same(sg.grad(lambda x: (x * x).sum())(Foreign()), np.array([6.0, 2.0]))


def test_dicts_of_other_kinds_keep_theirs() -> None:
    ordered = OrderedDict([("b", 1.0), ("a", 2.0)])
    counted = defaultdict(float, {"a": 2.0})
    gradient, other = sg.grad(lambda x, y: x["a"] * x["b"] * y["a"], argnums=(0, 1))(ordered, counted)
    assert type(gradient) is OrderedDict and list(gradient.items()) == [("b", 4.0), ("a", 2.0)]
    assert type(other) is defaultdict and other["a"] == 2.0 and other["none"] == 0.0
    assert ordered["b"] == 1.0 and counted == {"a": 2.0}


def test_argnums() -> None:
    def function(x: Any, how: str, y: Any, *, scale: float = 1.0) -> Any:
        assert how == "product" and type(y) in (float, Value)
        return x * y * scale

    assert sg.grad(function)(3.0, "product", 2.0) == 2.0
    assert sg.grad(function, argnums=2)(3.0, "product", 2.0, scale=10.0) == 30.0
    assert sg.grad(function, argnums=-1)(3.0, "product", 2.0) == 3.0
    assert sg.grad(function, argnums=(-1, 0))(3.0, "product", 2.0) == (3.0, 2.0)
    assert sg.grad(function, argnums=[0])(3.0, "product", 2.0) == (2.0,)
    assert sg.grad(function, argnums=())(3.0, "product", 2.0) == ()
    assert sg.jacobian(function, argnums=(0, 2))(3.0, "product", 2.0) == (2.0, 3.0)


def test_what_is_not_differentiated_is_passed_as_it_is() -> None:
    others = (None, "a", object(), {1, 2}, np.array(["a"]), [1.0], np.ones(2))
    seen: list[Any] = []

    def function(x: Any, *rest: Any) -> Any:
        seen.extend(rest)
        return x * 2

    assert sg.grad(function)(1.0, *others) == 2.0
    assert all(a is b for a, b in zip(seen, others))


def test_has_aux() -> None:
    def function(x: Any) -> Any:
        y = x * x
        return y.sum(), {"squares": y, "first": x[0], "count": 3, "all": [x[1] * 2], "name": "f"}

    gradient, aux = sg.grad(function, has_aux=True)(np.array([1.0, 2.0]))
    expected = {"squares": np.array([1.0, 4.0]), "first": 1.0, "count": 3, "all": [4.0], "name": "f"}
    assert same(gradient, np.array([2.0, 4.0])) and same(aux, expected)
    x = [1.0, 2.0]
    (value, aux), gradient = sg.value_and_grad(lambda x: (x[0] * x[1], x), has_aux=True)(x)
    assert (value, aux, gradient) == (2.0, x, [2.0, 1.0])
    assert sg.jacobian(lambda x: ([x, x * x], 7), has_aux=True)(3.0) == ([1.0, 6.0], 7)
    assert sg.jvp(lambda x: (x * x, "a"), (3.0,), (2.0,), has_aux=True) == (9.0, 12.0, "a")
    value, pullback, aux = sg.vjp(lambda x: (x * x, x), 3.0, has_aux=True)
    assert (value, pullback(1.0), aux) == (9.0, (6.0,), 3.0)
    with pytest.raises(ArgumentError, match="pair"):
        sg.grad(lambda x: x, has_aux=True)(1.0)


# --- results ----------------------------------------------------------------------------------------------------------


def test_a_result_that_does_not_depend_on_the_argument() -> None:
    w = Value(3.0)
    for function in (lambda x: 5.0, lambda x: 5, lambda x: w, lambda x: w * 2, lambda x: x[0].data):
        assert same(sg.grad(function)([1.0, 2.0]), [0.0, 0.0])
        assert sg.vjp(function, [1.0, 2.0])[1](1.0) == ([0.0, 0.0],)
        assert sg.jvp(function, ([1.0, 2.0],), ([1.0, 2.0],))[1] == 0.0
    assert same(sg.value_and_grad(lambda x: 5)(1.0), (5.0, 0.0))
    assert same(sg.grad(lambda x: x)(4.0), 1.0) and same(sg.grad(lambda x: x[1])([4.0, 5.0]), [0.0, 1.0])


def test_entries_that_are_not_read_are_positive_zeros() -> None:
    rows = sg.jacobian(lambda x: [-x[0], x[1] * 0.0, -x[1] * 0.0])([1.0, 2.0])
    assert same(rows, [[-1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])


def test_shapes_of_jacobians() -> None:
    a, x = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 3.0])
    assert same(sg.jacobian(lambda x: a @ x)(x), a)
    assert same(sg.jacobian(lambda x: a @ x)(Vector(x)), a)
    assert same(sg.jacobian(lambda x: sg.constant(a.tolist()) @ x)(Vector([1.0, 2.0, 3.0])), a.tolist())
    assert same(sg.jacobian(lambda x: Matrix(a.tolist()) @ x)(Vector([1.0, 2.0, 3.0])), Matrix(a.tolist()))
    assert same(sg.jacobian(lambda x: (x * x).sum())(x), 2 * x)
    assert same(sg.jacobian(lambda t: sg.constant(x.tolist()) * t)(2.0), x.tolist())
    assert same(sg.jacobian(lambda t: sg.constant(x) * t)(2.0), x)
    assert same(sg.jacobian(lambda t: Vector(x) * t)(2.0), Vector(x))  # the elements of a Vector are Values
    products = sg.jacobian(lambda w: w @ x)(a)
    assert products.shape == (2, 2, 3) and np.array_equal(products, np.einsum("ij,k->ijk", np.eye(2), x))
    nested = sg.jacobian(lambda w: w @ x)(Matrix(a.tolist()))
    assert np.array_equal(nested, products)
    plain = sg.jacobian(lambda w: w @ [1.0, 2.0, 3.0])(Matrix(a.tolist()))
    assert same(plain, products.tolist())
    found = sg.jacobian(lambda x, y: {"sum": x + y, "pair": Pair(x * y, [y])}, argnums=(0, 1))(3.0, 2.0)
    assert found == {"sum": (1.0, 1.0), "pair": Pair((2.0, 3.0), [(0.0, 1.0)])}
    objects = sg.jacobian(lambda x: np.array([[x[0], x[1] * x[0], 3.0]], dtype=object))([1.0, 2.0])
    assert same(objects, [np.array([[1.0, 2.0, 0.0]]), np.array([[0.0, 1.0, 0.0]])])
    assert same(sg.jacobian(lambda x: [])([1.0]), []) and same(sg.jacobian(lambda x: x[0])([1.0]), [1.0])
    assert sg.jacobian(lambda x: x)(np.zeros(0)).shape == (0, 0)


def test_nesting() -> None:
    for shape in [(), (3,), (0,), (2, 3), (0, 2), (2, 0), (2, 1, 3, 2)]:
        a = np.arange(float(np.prod(shape))).reshape(shape)
        assert nest(a.ravel().tolist(), shape) == a.tolist()


@pytest.mark.parametrize("seed", [math.inf, math.nan, -0.0])
def test_products_are_the_chain_rules_own(seed: float) -> None:
    """A product with a zero derivative is 0, whatever the tangent or the weight."""
    assert sg.jvp(lambda x, y: x * 1.0, (1.0, 1.0), (2.0, seed))[1] == 2.0
    _, pullback = sg.vjp(lambda x: [x[0], sg.where(False, x[1], 1.0 * x[0])], [1.0, 2.0])
    assert pullback([1.0, 0.0]) == ([1.0, 0.0],)
    assert pullback([0.0, seed])[0][1] == 0.0


# --- errors -----------------------------------------------------------------------------------------------------------


class Thing:
    pass


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: sg.grad(cube, argnums=1)(1.0), ArgumentError, r"argnums=1 .*cube was called with 1 positional"),
        (lambda: sg.grad(cube, argnums=-2)(1.0), ArgumentError, "argnums=-2"),
        (lambda: sg.grad(cube)(x=1.0), ArgumentError, "0 positional"),
        (lambda: sg.grad(cube, argnums=(0, -1))(1.0), ArgumentError, "twice"),
        (lambda: sg.grad(cube, argnums="0")(1.0), ArgumentError, "argnums"),
        (lambda: sg.grad(cube, argnums=0.0)(1.0), ArgumentError, "argnums"),
        (lambda: sg.grad(cube)("a"), NumberError, "argument 0 of cube is a str, 'a'"),
        (lambda: sg.grad(cube)(None), NumberError, "NoneType"),
        (lambda: sg.grad(cube)(1j), NumberError, "complex"),
        (lambda: sg.grad(cube)(Thing()), NumberError, "Thing"),
        (lambda: sg.grad(cube)(np.array(["a"])), NumberError, "ndarray"),
        (lambda: sg.grad(cube)({"w": [1.0, "a"]}), NumberError, r"argument 0 of cube\['w'\]\[1\] is a str"),
        (lambda: sg.grad(cube)(10**400), RangeError, "too large"),
        (lambda: sg.grad(cube)(np.zeros((1, 1, 1))), ShapeError, r"\(1, 1, 1\)"),
        (lambda: sg.grad(lambda x: x)(np.zeros(3)), ShapeError, r"shape \(3,\).*jacobian"),
        (lambda: sg.grad(lambda x: x)(np.zeros(1)), ShapeError, r"shape \(1,\).*jacobian"),
        (lambda: sg.grad(lambda x: (x, x))(1.0), ShapeError, "a tuple of 2: use jacobian, or has_aux"),
        (lambda: sg.grad(lambda x: {"a": x})(1.0), ShapeError, "a dict of 1: use jacobian"),
        (lambda: sg.grad(lambda x: None)(1.0), NumberError, "lack a return"),
        (lambda: sg.grad(lambda x: "a")(1.0), NumberError, "result of <lambda> is a str"),
        (lambda: sg.jacobian(lambda x: [x, None])(1.0), NumberError, r"result of <lambda>\[1\] is a NoneType"),
        (lambda: sg.jvp(cube, 1.0, 1.0), ArgumentError, "primals"),
        (lambda: sg.jvp(cube, (1.0,), (1.0, 2.0)), ShapeError, "1 primals and 2 tangents"),
        (lambda: sg.jvp(cube, (1.0,), ([1.0],)), ShapeError, r"tangent 0 must have shape \(\).*\(1,\)"),
        (lambda: sg.jvp(cube, (np.zeros(2),), (np.zeros(3),)), ShapeError, r"\(2,\).*\(3,\)"),
        (lambda: sg.jvp(cube, ([1.0, 2.0],), ([1.0],)), ShapeError, "list of 2"),
        (lambda: sg.jvp(cube, ({"a": 1.0},), ({"b": 1.0},)), ShapeError, r"keys \['a'\]"),
        (lambda: sg.vjp(lambda x: x * x, np.zeros(2))[1](1.0), ShapeError, r"cotangent must have shape \(2,\).*\(\)"),
        (lambda: sg.vjp(lambda x: [x, x], 1.0)[1]([1.0, "a"]), NumberError, r"the cotangent\[1\] is a str"),
        (lambda: sg.vjp(cube, 1.0)[1]({"a": 1.0}), ShapeError, "must be a number"),
    ],
)
def test_errors_say_what_was_wrong(call: Callable[[], Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, sg.ScalargradError)


def test_a_container_that_holds_itself() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ArgumentError, match="contains itself"):
        sg.grad(cube)(endless)


def test_name_and_signature() -> None:
    def loss(weights: Any, rate: float = 1.0) -> Any:
        """The loss."""
        return weights * rate

    for transformed in (sg.grad(loss), sg.value_and_grad(loss), sg.jacobian(loss), sg.custom_vjp(loss)):
        assert transformed.__name__ == "loss" and transformed.__doc__ == "The loss."
        assert list(inspect.signature(transformed).parameters) == ["weights", "rate"]
    assert sg.grad(functools.partial(loss, rate=3.0))(2.0) == 3.0


def test_a_container_that_is_edited_after_the_call() -> None:
    """A pullback keeps the keys that the function saw."""
    for edit in (lambda p: p.update(w=p.pop("w")), lambda p: p.pop("w"), lambda p: p.update(c=0.0)):
        p = {"w": 2.0, "b": 3.0}
        _, pull = sg.vjp(lambda p: p["w"] * 10 + p["b"], p)
        edit(p)
        assert pull(1.0) == ({"w": 10.0, "b": 1.0},)
    kept: dict[str, Any] = {}

    def two(x: Any) -> Any:
        kept.update(a=x, b=2.0 * x)
        return kept

    _, pull = sg.vjp(two, 1.0)
    kept.clear()
    assert pull({"a": 1.0, "b": 1.0}) == (3.0,)
