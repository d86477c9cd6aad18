"""A flat list, tuple or dict of numbers is taken whole; it is as if its numbers were taken one by one."""

from __future__ import annotations

import collections
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.errors import NumberError, RangeError, ShapeError
from scalargrad.transforms import containers

NUMBERS = st.floats(-1e3, 1e3) | st.sampled_from([0.0, -0.0, 5e-324, 1e300]) | st.integers(-9, 9) | st.booleans()
ROWS = (
    st.lists(NUMBERS, max_size=5)
    | st.lists(NUMBERS, max_size=5).map(tuple)
    | st.dictionaries(st.sampled_from([3, "b", "a", None]), NUMBERS)
)
TREES = st.recursive(
    NUMBERS | ROWS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner)
)


def mixed(tree: Any) -> Any:
    """A number to which each number of the tree contributes in its own way."""
    total: Any = 0.0
    for k, x in enumerate(containers.flat(tree)):
        total = total + x * x * (k + 0.5) + total * (0.25 * x)
    return total


def apart(tree: Any) -> Any:
    """The tree with each number in a container of its own, which is not taken whole."""
    return containers.mapped(lambda x: collections.OrderedDict(x=x), tree)


def bits(tree: Any) -> list[Any]:
    return [x.hex() if isinstance(x, float) else x for _, x in containers.entries(tree)]


@pytest.mark.filterwarnings("ignore:no Value reached")
@given(TREES)
@example([1, 2.0])
@example((5e-324, True))
@example({"b": 2, "a": -0.0})
def test_a_row_is_its_numbers(tree: Any) -> None:
    value, gradient = sg.value_and_grad(mixed)(tree)
    value_apart, gradient_apart = sg.value_and_grad(mixed)(apart(tree))
    assert bits(value) == bits(value_apart) and bits(gradient) == bits(gradient_apart)
    assert [path for path, _ in containers.entries(gradient)] == [path for path, _ in containers.entries(tree)]
    rows = sg.jacobian(lambda t: [mixed(t), mixed(t) * 2.0, 3.0])(tree)
    apart_rows = sg.jacobian(lambda t: {"a": mixed(t), "b": mixed(t) * 2.0, "c": 3.0})(apart(tree))
    assert bits(rows) == bits(list(apart_rows.values()))
    result, pullback = sg.vjp(lambda t: (mixed(t), mixed(t)), tree)
    assert type(result) is tuple and bits(pullback((1.0, 0.5))[0]) == bits(
        sg.vjp(lambda t: [{"x": mixed(t)}, mixed(t)], apart(tree))[1]([{"x": 1.0}, 0.5])[0]
    )


@given(st.lists(NUMBERS, min_size=1, max_size=4), st.lists(NUMBERS, min_size=1, max_size=4))
def test_results_in_rows(left: list[float], right: list[float]) -> None:
    def products(x: Any, y: Any) -> Any:
        return [a * b for a in x for b in y]

    both = sg.jacobian(products, argnums=(0, 1))(left, right)
    assert [type(entry) for entry in both] == [tuple] * (len(left) * len(right))
    places = [(k, m) for k in range(len(left)) for m in range(len(right))]
    for (k, m), (by_left, by_right) in zip(places, both):
        assert by_left == [float(right[m]) * (n == k) for n in range(len(left))]
        assert by_right == [float(left[k]) * (n == m) for n in range(len(right))]


@pytest.mark.filterwarnings("ignore:no Value reached")
@given(TREES, TREES, TREES)
@example(1.0, [2.0, 3.0], {"a": 4})
def test_several_arguments_are_as_one(x: Any, y: Any, z: Any) -> None:
    def of_all(a: Any, b: Any, c: Any) -> Any:
        return mixed([a, b, c])

    value, gradients = sg.value_and_grad(of_all, argnums=(0, 1, 2))(x, y, z)
    value_as_one, gradient = sg.value_and_grad(mixed)([x, y, z])
    assert bits(value) == bits(value_as_one) and bits(list(gradients)) == bits(gradient)
    first, last = sg.grad(of_all, argnums=(-1, 0))(x, y, z)
    assert bits([last, first]) == bits([gradient[0], gradient[2]])


def test_a_dict_of_results_has_its_keys() -> None:
    found = sg.jacobian(lambda x: {"b": x["p"] * x["q"], "a": x["q"], 3: 1.0})({"q": 2, "p": 5.0})
    assert found == {"b": {"q": 5.0, "p": 2.0}, "a": {"q": 1.0, "p": 0.0}, 3: {"q": 0.0, "p": 0.0}}
    assert list(found) == ["b", "a", 3] and list(found["b"]) == ["q", "p"]
    given_dict = {"x": 2.0, "y": 3.0}

    def edits(d: dict[str, Any]) -> Any:
        given_dict.clear()
        return d.pop("x") * d["y"]

    assert sg.grad(edits)(given_dict) == {"x": 3.0, "y": 2.0}


def test_a_list_that_is_edited_meanwhile_is_what_it_was() -> None:
    given = [1.0, 2.0, 3.0]

    def edits(x: list[Any]) -> Any:
        given.clear()
        result = [x[0] * x[1], x[2] * x[2]]
        del x[1:]
        return result

    assert sg.jacobian(edits)(given) == [[2.0, 1.0, 0.0], [0.0, 0.0, 6.0]] and given == []
    kept: list[Any] = []

    def hands_out(x: list[Any]) -> Any:
        kept[:] = [x[0] * x[1]]
        return kept

    value, pullback = sg.vjp(hands_out, [3.0, 4.0])
    kept.clear()
    assert value == [12.0] and pullback([1.0]) == ([4.0, 3.0],)


def test_what_is_no_row() -> None:
    pair = collections.namedtuple("pair", "x y")
    assert sg.grad(lambda p: p.x * p.y)(pair(2.0, 3.0)) == pair(3.0, 2.0)
    assert sg.grad(lambda p: mixed(p))([]) == []
    with pytest.raises(NumberError, match=r"argument 0 of f\[1\] is a str"):
        sg.grad(f)([1.0, "a"])  # type: ignore[list-item]
    with pytest.raises(NumberError, match=r"argument 1 of f\['w'\]\[0\]\[1\] is a NoneType"):
        sg.grad(f, argnums=1)(0.0, {"w": [[1.0, None]]})
    with pytest.raises((RangeError, OverflowError)):
        sg.grad(f)([1.0, 10**400])
    with pytest.raises(ShapeError, match="a list of 2"):
        sg.grad(lambda x: [x, x])(1.0)
    with pytest.raises(ShapeError, match=r"cotangent.* must be a list of 2"):
        sg.vjp(lambda x: [x, x], 1.0)[1]([1.0])


def f(x: Any, y: Any = 0.0) -> Any:
    return mixed(x) + mixed(y)


def test_values_in_a_row() -> None:
    """They give the numbers that floats give, and a gradient. At (x, 1) it is (2.75 x + 0.5, 0.25 x + 3)."""

    def function(x: Any) -> Any:
        return x[0] * x[0] * 0.5 + x[1] * x[1] * 1.5 + x[0] * x[0] * 0.5 * (0.25 * x[1])

    v = Value(3.0)
    for of in (mixed, function):
        found, numbers = sg.grad(of)([v, 1.0]), sg.grad(of)([3.0, 1.0])
        assert [type(x) for x in found] == [Value, Value] and [x.data for x in found] == numbers and v.grad == 0.0
    with sg.no_grad():
        assert bits(sg.grad(function)([v, 1.0])) == bits(numbers)
    by_v = sg.grad(lambda x: sg.grad(function)([x[0], 1.0])[1] + x[1])([3.0, 2.0])
    found[1].backward()
    assert by_v == [0.75, 1.0] and v.grad == 0.75
