"""`custom_vjp` by hand: which arguments are constants, what fwd and bwd are given, cotangents that fit or do not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from tests.support.engines import same


def scaled(nondiff_argnums: Any, factors: dict[int, float]) -> tuple[sg.custom_vjp, list[Any]]:
    """The sum of three numbers, with the given partials, and what bwd was given."""
    given: list[Any] = []
    function = sg.custom_vjp(lambda x, y, z: x + y + z, nondiff_argnums=nondiff_argnums)

    def bwd(*found: Any) -> Any:
        given.append(found)
        return tuple(found[-1] * factor for factor in factors.values())

    function.defvjp(lambda x, y, z: (x + y + z, "residuals"), bwd)
    return function, given


# nondiff_argnums, the partials of the others, the constants that bwd gets first of the arguments 1, 20 and 300
CONSTANT: list[tuple[Any, dict[int, float], tuple[float, ...]]] = [
    ((), {0: 2.0, 1: 3.0, 2: 5.0}, ()),
    (0, {1: 3.0, 2: 5.0}, (1.0,)),
    (1, {0: 2.0, 2: 5.0}, (20.0,)),
    (2, {0: 2.0, 1: 3.0}, (300.0,)),
    (-1, {0: 2.0, 1: 3.0}, (300.0,)),
    (-2, {0: 2.0, 2: 5.0}, (20.0,)),
    (-3, {1: 3.0, 2: 5.0}, (1.0,)),
    ((-1, 0), {1: 3.0}, (1.0, 300.0)),
    ([2, 1], {0: 2.0}, (20.0, 300.0)),
    ((0, -3), {1: 3.0, 2: 5.0}, (1.0,)),  # the same argument twice
    ((np.int64(1), 7), {0: 2.0, 2: 5.0}, (20.0,)),  # there is no argument 7 in this call
    ((-4,), {0: 2.0, 1: 3.0, 2: 5.0}, ()),
    ((3,), {0: 2.0, 1: 3.0, 2: 5.0}, ()),
]


@pytest.mark.parametrize(("nondiff", "factors", "first"), CONSTANT)
def test_which_arguments_are_constants(nondiff: Any, factors: dict[int, float], first: tuple[float, ...]) -> None:
    numbers = [1.0, 20.0, 300.0]
    function, given = scaled(nondiff, factors)
    args: list[Any] = [Value(x) if k in factors else x for k, x in enumerate(numbers)]
    y = function(*args)
    y.backward()
    assert y.data == 321.0 and given == [(*first, "residuals", 1.0)]
    assert {k: args[k].grad for k in factors} == factors
    for k in set(range(3)) - set(factors):
        wrong = [Value(x) if j in (k, *factors) else x for j, x in enumerate(numbers)]
        with pytest.raises(ArgumentError) as caught:
            function(*wrong)
        assert str(caught.value) == f"argument {k} of <lambda> is in nondiff_argnums, so it must not be a Value"
        only = [Value(x) if j == k else x for j, x in enumerate(numbers)]
        with pytest.raises(ArgumentError, match=f"argument {k} of <lambda> is in nondiff_argnums"):
            function(*only)
    assert function(*numbers) == 321.0


def test_many_constants_come_in_their_order() -> None:
    """Sets of numbers from 8 on do not go in order by themselves."""
    seen: list[Any] = []
    function = sg.custom_vjp(lambda *x: sum(x), nondiff_argnums=(9, 8, -2, 1))
    function.defvjp(lambda *x: (sum(x), None), lambda *x: seen.append(x[:4]) or [None] * 14)
    numbers = [float(k) for k in range(18)]
    function(Value(0.0), *numbers[1:]).backward()
    assert seen == [(1.0, 8.0, 9.0, 16.0)]


def test_a_constant_may_be_anything() -> None:
    def fwd(x: Any, how: Any) -> Any:
        assert how is marker
        return x * 2, how

    marker = object()
    function = sg.custom_vjp(lambda x, how: x, nondiff_argnums=-1)
    function.defvjp(fwd, lambda how, residuals, g: (7.0 * g,) if how is residuals else None)
    x = Value(3.0)
    y = function(x, marker)
    y.backward()
    assert (y.data, x.grad) == (6.0, 7.0)
    with pytest.raises(TypeError):
        sg.custom_vjp(lambda x: x, nondiff_argnums="0")  # type: ignore[arg-type]


# --- what fwd and bwd are given ---------------------------------------------------------------------------------------


def test_bwd_is_asked_once_a_number_of_the_result() -> None:
    asked: list[Any] = []

    def bwd(x: Any, g: Any) -> Any:
        asked.append(g)
        return (3.0 * g["a"] + 5.0 * g["b"][0] + 7.0 * g["b"][1],)

    function = sg.custom_vjp(lambda x: None)
    function.defvjp(lambda x: ({"a": x, "b": [x * 10, x * 100]}, x), bwd)
    x = Value(2.0)
    found = function(x)
    assert asked == [{"a": 1.0, "b": [0.0, 0.0]}, {"a": 0.0, "b": [1.0, 0.0]}, {"a": 0.0, "b": [0.0, 1.0]}]
    assert [found["a"].data, *(v.data for v in found["b"])] == [2.0, 20.0, 200.0]
    for root, partial in ((found["a"], 3.0), (found["b"][0], 5.0), (found["b"][1], 7.0)):
        x.grad = 0.0
        root.backward()
        assert x.grad == partial
    asked.clear()
    with sg.no_grad():
        assert function(x)["b"][1].data == 200.0 and not asked


@pytest.mark.parametrize(
    ("argument", "inside"),
    [
        (Value(2.0), 2.0),
        ([Value(2.0), 3.0], [2.0, 3.0]),
        ((Value(2.0), {"k": Value(3.0)}), (2.0, {"k": 3.0})),
        (Vector([1.0, 2.0]), Vector([1.0, 2.0])),
        (Vector(np.array([1.0, 2.0])), np.array([1.0, 2.0])),
        (Matrix([[1.0, 2.0]]), Matrix([[1.0, 2.0]])),
        (Matrix(np.array([[1.0, 2.0]])), np.array([[1.0, 2.0]])),
        ([Value(2.0), "text", None, np.array([1.0])], [2.0, "text", None, np.array([1.0])]),
    ],
    ids=str,
)
def test_fwd_is_given_plain_numbers(argument: Any, inside: Any) -> None:
    seen: list[Any] = []

    def fwd(x: Any) -> Any:
        seen.append(x)
        assert core.mode() & core.NO_GRAD
        return 1.0, None

    function = sg.custom_vjp(lambda x: x)
    function.defvjp(fwd, lambda _, g: (None,))
    y = function(argument)
    assert same(seen, [inside]) and type(y) is Value and y.data == 1.0 and y._op == "custom"
    assert not core.mode() & core.NO_GRAD


def test_an_exception_in_a_rule_leaves_everything() -> None:
    x = Value(1.0)

    def fails(*_: Any) -> Any:
        raise RuntimeError("no")

    for fwd, bwd in ((fails, lambda _, g: (g,)), (lambda x: (x, None), fails)):
        function = sg.custom_vjp(lambda x: x)
        function.defvjp(fwd, bwd)
        for call in (lambda: function(x), lambda: sg.grad(function)(1.0)):
            with pytest.raises(RuntimeError, match="no"):
                call()
            assert core.mode() == 0 and (x * 2)._op == "*" and x.grad == 0.0


def test_keywords_and_defaults_go_by_position() -> None:
    seen: list[Any] = []

    @sg.custom_vjp
    def function(x: Any, y: Any = 10.0, z: Any = 100.0) -> Any:
        return x + y + z

    def fwd(*given: Any) -> Any:
        seen.append(given)
        return sum(given), None

    function.defvjp(fwd, lambda _, g: (2.0 * g, 3.0 * g, 5.0 * g))
    x, z = Value(1.0), Value(1.0)
    for call in (lambda: function(x), lambda: function(z=z, x=x), lambda: function(x, 20.0, z=z)):
        call().backward()
    assert seen == [(1.0, 10.0, 100.0), (1.0, 10.0, 1.0), (1.0, 20.0, 1.0)] and (x.grad, z.grad) == (6.0, 10.0)
    assert function(1.0, z=2.0) == 13.0
    with pytest.raises(TypeError, match="missing"):
        function()


# --- cotangents that fit, and that do not -----------------------------------------------------------------------------


def returning(cotangents: Any) -> sg.custom_vjp:
    function = sg.custom_vjp(lambda x, y: x)
    function.defvjp(lambda x, y: (1.0, None), lambda _, g: cotangents)
    return function


def test_none_stands_for_zeros() -> None:
    x, v = Value(1.0), Vector([1.0, 2.0])
    for cotangents, wanted in (
        ((None, [3.0, 4.0]), (0.0, [3.0, 4.0])),
        ((2.0, None), (2.0, [0.0, 0.0])),
        ([None, None], (0.0, [0.0, 0.0])),
        ((2, np.array([3, 4])), (2.0, [3.0, 4.0])),
        ((np.float32(2), Vector([3.0, 4.0])), (2.0, [3.0, 4.0])),
    ):
        x.grad, v.grad = 0.0, [0.0, 0.0]
        y = returning(cotangents)(x, v)
        y.backward()
        assert (x.grad, v.grad) == wanted and y._op == "custom"
    nested = returning((None, {"a": None, "b": 5.0}))
    b = Value(1.0)
    nested(x, {"a": Value(1.0), "b": b}).backward()
    assert b.grad == 5.0


@pytest.mark.parametrize(
    ("cotangents", "error", "message"),
    [
        ((1.0,), ArgumentError, "bwd of <lambda> must return a tuple of 2 cotangent(s), one per argument, got 1"),
        ((), ArgumentError, "bwd of <lambda> must return a tuple of 2 cotangent(s), one per argument, got 0"),
        ((1.0, None, 1.0), ArgumentError,
         "bwd of <lambda> must return a tuple of 2 cotangent(s), one per argument, got 3"),
        (1.0, ArgumentError, "bwd of <lambda> must return a tuple of 2 cotangent(s), one per argument, got float"),
        (None, ArgumentError, "bwd of <lambda> must return a tuple of 2 cotangent(s), one per argument, got NoneType"),
        ({"x": 1.0, "y": 2.0}, ArgumentError,
         "bwd of <lambda> must return a tuple of 2 cotangent(s), one per argument, got dict"),
        (([1.0], None), ShapeError,
         "cotangent 0 of bwd of <lambda> must have shape (), as argument 0 of <lambda> has; got shape (1,)"),
        ((None, 1.0), ShapeError,
         "cotangent 1 of bwd of <lambda> must have shape (2,), as argument 1 of <lambda> has; got shape ()"),
        ((None, [1.0, 2.0, 3.0]), ShapeError,
         "cotangent 1 of bwd of <lambda> must have shape (2,), as argument 1 of <lambda> has; got shape (3,)"),
        (("a", None), NumberError, None),
    ],
)  # fmt: skip
def test_cotangents_that_do_not_fit(cotangents: Any, error: type[Exception], message: str | None) -> None:
    x, v = Value(1.0), Vector([1.0, 2.0])
    with pytest.raises(error) as caught:
        returning(cotangents)(x, v)
    assert message is None or str(caught.value) == message
    assert core.mode() == 0 and x.grad == 0.0 and v.grad == [0.0, 0.0]


@pytest.mark.parametrize("pair", [1.0, (1.0,), [1.0, None], (1.0, None, None), None])
def test_fwd_returns_a_pair(pair: Any) -> None:
    function = sg.custom_vjp(lambda x: x)
    function.defvjp(lambda x: pair, lambda _, g: (g,))
    with pytest.raises(ArgumentError) as caught:
        function(Value(1.0))
    assert str(caught.value) == f"fwd of <lambda> must return a pair (result, residuals), got {type(pair).__name__}"


def test_results_that_are_no_numbers() -> None:
    function = sg.custom_vjp(lambda x: x)
    function.defvjp(lambda x: ([1.0, "a"], None), lambda _, g: (1.0,))
    with pytest.raises(NumberError, match=r"^the result of fwd of <lambda>\[1\] is a str, 'a'"):
        function(Value(1.0))


def test_a_partial_that_is_zero_needs_no_operand() -> None:
    function = sg.custom_vjp(lambda x: x)
    function.defvjp(lambda x: (1.0, None), lambda _, g: ([0.0, 5.0, 0.0],))
    a, b = Value(1.0), Value(2.0)
    y = function([a, b, 7.0])
    y.backward()
    assert (a.grad, b.grad) == (0.0, 5.0) and b in y._prev and not any(v is a for v in y._prev)
    none = sg.custom_vjp(lambda x: x)
    none.defvjp(lambda x: (1.0, None), lambda _, g: ([0.0, 0.0, 0.0],))
    assert type(none([7.0, a, b])) is Value


# --- the quick way for scalars ----------------------------------------------------------------------------------------


def test_scalars_take_the_same_way_as_trees() -> None:
    """Values and floats alone need no trees; a list, an int, a default or a constant does. The result is the same."""

    def fwd(*x: Any) -> Any:
        asked.append(x)
        return math.fsum(x), "residuals"

    def bwd(residuals: Any, g: Any) -> Any:
        asked.append((residuals, g))
        return tuple(row)

    asked: list[Any] = []
    for row in ([2.0, 3.0, 5.0], [None, 3.0, 5.0], [2, 3.0, 0.0], [0.0, -0.0, 0.0], [True, np.float64(3.0), 5.0]):
        outcomes = []
        for third in (300.0, 300):  # the int goes through trees
            function = sg.custom_vjp(lambda x, y, z: x + y + z)
            function.defvjp(fwd, bwd)
            x, y = Value(1.0), Value(20.0)
            node = function(x, y, third)
            node.backward()
            outcomes.append((asked[:], node.data, x.grad, y.grad, node.operands, node.partials))
            asked.clear()
        assert outcomes[0] == outcomes[1] and outcomes[0][0] == [(1.0, 20.0, 300.0), ("residuals", 1.0)]


def test_a_result_that_is_no_float_calls_fwd_once() -> None:
    for result in (None, 3, np.float64(3.0), [3.0], Value(3.0), (3.0,), np.array(3.0)):
        calls: list[Any] = []
        function = sg.custom_vjp(lambda x: x)
        function.defvjp(lambda x: calls.append(x) or (result, None), lambda _, g: (np.sum(g),))
        if result is None:
            with pytest.raises(NumberError):
                function(Value(1.0))
        else:
            function(Value(1.0))
        assert calls == [1.0]
    for pair in (None, [1.0, None], (1.0,), 2.0):
        calls = []
        function = sg.custom_vjp(lambda x: x)
        function.defvjp(lambda x: calls.append(x) or pair, lambda _, g: (g,))
        with pytest.raises(ArgumentError, match="must return a pair"):
            function(Value(1.0))
        assert calls == [1.0]


def test_a_subclass_is_a_value() -> None:
    class Own(Value):
        pass

    function = sg.custom_vjp(lambda x, y: x)
    function.defvjp(lambda x, y: (x * y, None), lambda _, g: (2.0, 3.0))
    x, y = Own(4.0), Value(5.0)
    function(x, y).backward()
    assert (x.grad, y.grad) == (2.0, 3.0)
