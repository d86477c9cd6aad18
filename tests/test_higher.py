"""`hessian` and `hvp`: closed forms over every container, symmetric to the bit; of Values, and at corners."""

from __future__ import annotations

import math
import sys
from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.errors import (
    ArgumentError,
    HigherOrderError,
    ImplicitDetachWarning,
    MissingExtraError,
    NumberError,
    ShapeError,
)
from scalargrad.testing import strategies
from tests.support.engines import bits, same
from tests.support.hessians import HV, H, V, X, numbers, rosenbrock

Pair = namedtuple("Pair", "first second")


# --- closed forms, over every container ------------------------------------------------------------------------------


def test_of_a_number() -> None:
    assert sg.hessian(lambda x: x**3)(2.0) == 12.0 and sg.hvp(lambda x: x**3)(2.0, 10.0) == 120.0
    assert sg.hessian(lambda x, y: x**3 * y, 1)(2.0, 3.0) == 0.0
    assert sg.hessian(lambda x, y: x**3 * y, (0, 1))(2.0, 3.0) == ((36.0, 12.0), (12.0, 0.0))
    assert sg.hvp(lambda x, y: x**3 * y, (0, 1))(2.0, 3.0, (1.0, 10.0)) == (156.0, 12.0)
    assert sg.hvp(lambda x, y: x**3 * y, -1)(2.0, 3.0, 1.0) == 0.0
    assert sg.hessian(lambda x, power: x**power)(2.0, power=4) == 48.0
    assert sg.hvp(lambda x, power: x**power)(2.0, 1.0, power=4) == 48.0


@pytest.mark.parametrize("kind", [list, tuple, np.array, Vector, lambda x: [*map(Value, x)], lambda x: sg.constant(x)],
                         ids=["list", "tuple", "numpy", "Vector", "Values", "constant"])  # fmt: skip
def test_of_a_row(kind: Any) -> None:
    x = kind(X)
    found, product = sg.hessian(rosenbrock)(x), sg.hvp(rosenbrock)(x, V)
    np.testing.assert_allclose(numbers(found), H, rtol=1e-14, atol=0)
    np.testing.assert_allclose(numbers(product), HV, rtol=1e-14, atol=0)
    of_values = isinstance(x, list) and isinstance(x[0], Value)
    expected = (
        Matrix
        if isinstance(x, Vector) and kind is Vector
        else list
        if not isinstance(x, (np.ndarray, tuple))
        else type(x)
    )
    assert type(found) is expected
    assert type(product) is (type(x) if kind is not list else list)
    if of_values:
        assert type(found[0][0]) is Value is type(product[0])
    with sg.no_grad():
        plain = sg.hessian(rosenbrock)(x)
        assert same(numbers(plain), numbers(found)) and "Value" not in repr(plain)


def test_of_a_matrix() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    expected = np.zeros((2, 2, 2, 2))
    for i in range(2):
        for k in range(2):
            expected[i, k, i, k] = 6 * x[i, k]
    found = sg.hessian(lambda m: sg.sum(m * m * m))(x)
    assert same(found, expected)
    assert same(sg.hvp(lambda m: sg.sum(m * m * m))(x, x), 6 * x * x)
    found = sg.hessian(lambda m: sg.sum(m * m * m))(Matrix(x.tolist()))
    assert numbers(found) == expected.tolist()
    assert numbers(sg.hvp(lambda m: sg.sum(m * m * m))(Matrix(x.tolist()), x)) == (6 * x * x).tolist()


def test_of_dicts_and_tuples() -> None:
    def f(p: Any) -> Any:
        return p["w"][0] ** 2 * p["w"][1] + p["b"] * p["w"][1] ** 3

    p = {"w": Pair(3.0, 2.0), "b": 5.0}
    assert same(sg.hessian(f)(p), {
        "w": Pair({"w": Pair(4.0, 6.0), "b": 0.0}, {"w": Pair(6.0, 60.0), "b": 12.0}),
        "b": {"w": Pair(0.0, 12.0), "b": 0.0},
    })  # fmt: skip
    assert same(sg.hvp(f)(p, {"w": (1.0, 0.0), "b": 1.0}), {"w": Pair(4.0, 18.0), "b": 0.0})


def test_of_arrays_beside_numbers() -> None:
    def f(p: Any) -> Any:
        return p["s"] * sg.dot(p["v"], p["v"])

    p = {"v": np.array([1.0, 2.0]), "s": 3.0}
    found = sg.hessian(f)(p)
    assert same(found["v"]["v"], 6.0 * np.eye(2)) and same(found["v"]["s"], np.array([2.0, 4.0]))
    assert same(found["s"]["v"], np.array([2.0, 4.0])) and found["s"]["s"] == 0.0


def test_of_several_results() -> None:
    def f(x: Any) -> Any:
        return {"a": [x[0] * x[1], x[1] ** 3], "b": 4.0, "c": sg.Vector([x[0] ** 2, x[2] * x[0]])}

    found = sg.hessian(f)([1.0, 2.0, 3.0])
    zero = [[0.0] * 3] * 3
    assert found["a"] == [[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0] * 3], [[0.0] * 3, [0.0, 12.0, 0.0], [0.0] * 3]]
    assert found["b"] == zero
    # as in JAX, an array of the result comes first in the shape of each entry
    assert found["c"] == [[[2.0, 0.0], [0.0, 0.0], [0.0, 1.0]], [[0.0, 0.0]] * 3, [[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]]
    x = np.array([1.0, 2.0, 3.0])
    of_array = sg.hessian(lambda x: sg.stack([x * x, x * x * x]))(x)
    assert of_array.shape == (2, 3, 3, 3)
    for k in range(3):
        assert of_array[0, k, k, k] == 2.0 and of_array[1, k, k, k] == 6.0 * x[k]
    assert np.count_nonzero(of_array) == 6
    assert sg.hessian(lambda x: [x * x, 2.0], (0,))(3.0) == [((2.0,),), ((0.0,),)]


def test_shapes_are_those_of_jax() -> None:
    """Shapes, as (result, arguments): JAX's own documentation of `hessian` has the last."""
    m, v = np.ones((2, 3)), np.ones(3)
    found = sg.hessian(lambda m, v: m @ v * (m @ v), (0, 1))(m, v)
    assert [[each.shape for each in row] for row in found] == [
        [(2, 2, 3, 2, 3), (2, 2, 3, 3)],
        [(2, 3, 2, 3), (2, 3, 3)],
    ]
    assert found[1][0].tolist() == np.moveaxis(found[0][1], 3, 1).tolist()


@pytest.mark.parametrize("x", [[], (), {}, np.zeros(0), [[], {}]], ids=repr)
def test_of_nothing(x: Any) -> None:
    assert same(numbers(sg.hessian(lambda x: 3.0)(x)), numbers(x)) and same(sg.hvp(lambda x: 3.0)(x, x), x)


def test_of_results_without_numbers() -> None:
    assert sg.hessian(lambda x: [])(2.0) == [] and sg.hessian(lambda x: {"a": []})([1.0]) == {"a": []}


def test_linear_functions_and_constants() -> None:
    assert sg.hessian(lambda x: x[0] + 2 * x[1])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert sg.hvp(lambda x: x[0] + 2 * x[1])([1.0, 2.0], [1.0, 1.0]) == [0.0, 0.0]
    with pytest.warns(ImplicitDetachWarning, match="no Value reached the result"):
        assert sg.hessian(lambda x: x[0].data ** 2)([1.0]) == [[0.0]]
    with pytest.warns(ImplicitDetachWarning, match="no Value reached the result"):
        assert sg.hvp(lambda x: x[0].data ** 2)([1.0], [1.0]) == [0.0]


def test_linear_algebra() -> None:
    """The logarithm of a determinant has the hessian -A⁻¹[j, k] A⁻¹[l, i]."""
    a = np.array([[2.0, 0.5, 0.1], [0.3, 1.5, 0.2], [0.1, 0.4, 3.0]])
    inverse = np.linalg.inv(a)
    found = sg.hessian(lambda m: sg.linalg.slogdet(m)[1])(a)
    np.testing.assert_allclose(found, -np.einsum("jk,li->ijkl", inverse, inverse), rtol=1e-13, atol=1e-15)
    b = np.array([1.0, -2.0, 0.5])  # of b·A⁻¹b by b: A⁻¹ + A⁻ᵀ
    found = sg.hessian(lambda b: sg.dot(b, sg.linalg.solve(a, b)))(b)
    np.testing.assert_allclose(found, inverse + inverse.T, rtol=1e-13, atol=1e-15)


# --- symmetric, and the same by columns -------------------------------------------------------------------------------


@given(strategies.expressions(n_inputs=3))
def test_symmetric_to_the_bit_and_alike_from_both_sides(e: Any) -> None:
    x = e.inputs
    h = sg.hessian(lambda x: e(*x))(x)
    product = sg.hvp(lambda x: e(*x))
    columns = [product(x, [float(i == k) for i in range(3)]) for k in range(3)]
    scale = max(1.0, *(abs(each) for column in columns for each in column))
    for i in range(3):
        for k in range(3):
            assert bits(h[i][k]) == bits(h[k][i])
            both = columns[k][i], columns[i][k]
            assert bits(h[i][k]) in map(bits, both)
            # each is a sum of products along the paths, of at most 8 rows whose partials are below 16
            assert both[0] == pytest.approx(both[1], rel=1e-13, abs=1e-13 * scale)


# --- Values: as arguments, and closed over ---------------------------------------------------------------------------


def test_backward_through_a_hessian() -> None:
    """Of w x0² x1: [[2w x1, 2w x0], [2w x0, 0]]."""
    w, x = Value(2.0), [Value(3.0), Value(5.0)]
    h = sg.hessian(lambda x: w * x[0] ** 2 * x[1])(x)
    assert numbers(h) == [[20.0, 12.0], [12.0, 0.0]] and isinstance(h[1][1], float)
    assert h[0][1] is h[1][0]
    (h[0][0] + 10.0 * h[0][1]).backward()
    assert w.grad == 2 * 5 + 10 * 2 * 3 and [v.grad for v in x] == [10 * 2 * 2, 2 * 2]
    w.grad = 0.0
    closed = sg.hessian(lambda x: w * x[0] ** 2 * x[1])([3.0, 5.0])
    closed[0][0].backward()
    assert w.grad == 10.0
    with sg.no_grad():
        assert same(sg.hessian(lambda x: w * x[0] ** 2 * x[1])(x), [[20.0, 12.0], [12.0, 0.0]])


def test_backward_through_a_product() -> None:
    w, x, v = Value(2.0), [Value(3.0), Value(5.0)], [Value(7.0), Value(11.0)]
    found = sg.hvp(lambda x: w * x[0] ** 2 * x[1])(x, v)
    assert numbers(found) == [2 * 2 * (5 * 7 + 3 * 11), 2 * 2 * 3 * 7]
    found[0].backward()
    assert [u.grad for u in (w, *x, *v)] == [2 * (5 * 7 + 3 * 11), 4 * 11, 4 * 7, 20.0, 12.0]
    # of numbers, with a vector of Values alone
    v = [Value(7.0), Value(11.0)]
    found = sg.hvp(lambda x: x[0] ** 2 * x[1])([3.0, 5.0], v)
    found[0].backward()
    assert [u.grad for u in v] == [10.0, 6.0]
    with sg.no_grad():
        assert same(sg.hvp(lambda x: x[0] ** 2 * x[1])([3.0, 5.0], v), [136.0, 42.0])


@given(strategies.expressions(n_inputs=2))
def test_third_derivatives_by_backward_are_differences_of_second_ones(e: Any) -> None:
    def second(x: list[float]) -> list[float]:
        h = sg.hessian(lambda x: e(*x))(x)
        return [h[0][0], h[0][1], h[1][1]]

    leaves = [*map(Value, e.inputs)]
    h = sg.hessian(lambda x: e(*x))(leaves)
    for k, entry in enumerate((h[0][0], h[0][1], h[1][1])):
        for each in leaves:
            each.grad = 0.0
        if isinstance(entry, Value):
            entry.backward()
        for i in range(2):
            moved = [[x + s * 1e-4 * (i == j) for j, x in enumerate(e.inputs)] for s in (-2, -1, 1, 2)]
            a, b, c, d = (second(x)[k] for x in moved)
            estimate, size = (a - 8 * b + 8 * c - d) / 12e-4, max(map(abs, (a, b, c, d)))
            # the remainder, h⁴/30 times a seventh derivative of an expression within ±4, and the rounding of four
            # numbers that are divided by h
            assert leaves[i].grad == pytest.approx(estimate, rel=1e-4, abs=1e-4 + 1e-9 * size)


def test_nested() -> None:
    def f(x: Any) -> Any:
        return x[0] ** 3 * x[1]

    x = [2.0, 5.0]
    assert sg.jacobian(sg.grad(f))(x) == sg.hessian(f)(x) == [[60.0, 12.0], [12.0, 0.0]]
    assert sg.grad(lambda x: sg.hessian(f)(x)[0][0])(x) == [30.0, 12.0]
    assert sg.hessian(lambda x: sg.hessian(f)(x)[0][0])(x) == [[0.0, 6.0], [6.0, 0.0]]
    assert sg.jacobian(sg.hessian(f))(x)[0] == [[30.0, 12.0], [12.0, 0.0]]
    assert sg.hvp(lambda x: sg.hvp(f)(x, [1.0, 0.0])[0])(x, [0.0, 1.0]) == [6.0, 0.0]
    assert sg.jvp(lambda x: sg.hvp(f)(x, [1.0, 0.0]), (x,), ([0.0, 1.0],))[1] == [12.0, 0.0]
    assert sg.hessian(lambda t: sg.grad(lambda s: s * t**3)(2.0))(3.0) == 18.0


def test_nothing_else_changes() -> None:
    w = Value(2.0)
    (w * w).backward()
    x = [Value(3.0)]
    h = sg.hessian(lambda x: w * x[0] ** 2)(x)
    sg.hvp(lambda x: w * x[0] ** 2)(x, [1.0])
    assert w.grad == 4.0 and x[0].grad == 0.0 and h[0][0].data == 4.0


# --- corners ---------------------------------------------------------------------------------------------------------


def test_kinks_and_masked_branches() -> None:
    assert sg.hessian(lambda x: sg.relu(x) ** 2)(0.0) == 0.0 and sg.hessian(abs)(0.0) == 0.0
    assert sg.hessian(lambda x: sg.where(x > 0, sg.sqrt(x), x * x))(-4.0) == 2.0
    assert sg.hessian(lambda x: sg.where(x > 0, sg.log(x), x * x))(0.0) == 2.0
    assert math.isnan(sg.hessian(lambda x: math.nan * sg.exp(x))(0.0)) and sg.hessian(sg.log)(0.0) == -math.inf
    # a nan stays where it is made, also where entries share a sweep
    h = sg.hessian(lambda x: math.nan * sg.exp(x[0]) + x[1] ** 2 * x[2])([-1.0, 2.0, 3.0])
    assert (
        math.isnan(h[0][0])
        and h[0][1:] == [0.0, 0.0] == [row[0] for row in h[1:]]
        and [row[1:] for row in h[1:]] == [[6.0, 4.0], [4.0, 0.0]]
    )


def test_detect_anomaly() -> None:
    with sg.detect_anomaly(), pytest.raises(sg.errors.AnomalyError):
        sg.hessian(lambda x: x**1.5)(0.0)
    with sg.detect_anomaly():
        assert sg.hessian(lambda x: x**3)(2.0) == 12.0 and sg.hvp(lambda x: x**3)(2.0, 1.0) == 12.0


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sg.hessian(3.0), ArgumentError, "hessian takes a function, got float 3.0"),
        (lambda: sg.hvp(3.0), ArgumentError, "hvp takes a function, got float 3.0"),
        (lambda: sg.hessian(abs, sparse="csc"), ArgumentError, 'sparse must be False, True, "csr" or "coo", got .csc'),
        (lambda: sg.hessian(abs, sparse=1), ArgumentError, "sparse must be"),
        (lambda: sg.jacobian(abs, sparse=None), ArgumentError, "sparse must be"),
        (lambda: sg.jacobian(abs, mode="fwd"), ArgumentError, 'mode must be None, "forward" or "reverse", got .fwd'),
        (lambda: sg.jacobian(abs, mode=True), ArgumentError, "mode must be"),
        (lambda: sg.hessian(abs, 1)(2.0), ArgumentError, "argnums=1 does not fit"),
        (lambda: sg.hessian(abs, 0.5)(2.0), ArgumentError, "argnums must be an int"),
        (lambda: sg.hessian(lambda x: None)(2.0), NumberError, "returned None"),
        (lambda: sg.hessian(lambda x: x)("a"), NumberError, "is a str"),
        (lambda: sg.hessian(lambda x: x, has_aux=True)(2.0), ArgumentError, "must return a pair"),
        (lambda: sg.hvp(abs)(), ArgumentError, r"hvp\(f\)\(x, v\)"),
        (lambda: sg.hvp(abs)(2.0), ArgumentError, r"takes the arguments of abs, then a vector: hvp\(f\)\(x, v\)"),
        (lambda: sg.hvp(lambda x: x[0])([2.0, 1.0], [1.0]), ShapeError, "the vector must be a list of 2"),
        (lambda: sg.hvp(lambda x: x[0])(np.ones(2), np.ones(3)), ShapeError, r"the vector must have shape \(2,\)"),
        (lambda: sg.hvp(lambda x: x[0])([2.0], "a"), ShapeError, "the vector must be"),
        (lambda: sg.hvp(lambda x, y: x * y, (0, 1))(2.0, 1.0, 3.0), ShapeError, "must be a tuple of 2"),
        (lambda: sg.hvp(lambda x, y: x * y, (0, 1))(2.0, 1.0, (3.0,)), ShapeError, "must be a tuple of 2"),
        (lambda: sg.hvp(lambda x: [x, x])(2.0, 1.0), ShapeError, "hvp needs a function whose result is one number"),
        (lambda: sg.hessian(lambda x: Value(x.data, [x], [1.0]) * x)(2.0), HigherOrderError, "custom_vjp"),
        (lambda: sg.hvp(lambda x: Value(x.data, [x], [1.0]) * x)(2.0, 1.0), HigherOrderError, "custom_vjp"),
    ],
)  # fmt: skip
def test_errors(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    def f(x: Any) -> Any:
        calls.append(x)
        return x[0] ** 2

    monkeypatch.setitem(sys.modules, "scipy", None)
    assert sg.hessian(f)([1.0]) == [[2.0]] and sg.jacobian(f)([1.0]) == [2.0] and len(calls) == 2
    for transform in (sg.hessian, sg.jacobian):
        with pytest.raises(MissingExtraError, match=r"pip install 'scalargrad\[sparse\]'"):
            transform(f, sparse=True)([1.0])
    assert len(calls) == 2


def test_names() -> None:
    def f(x: Any) -> Any:
        """A text."""
        return x * x

    for transformed in (sg.hessian(f), sg.hvp(f), sg.jacobian(f, sparse=True)):
        assert transformed.__name__ == "f" and transformed.__doc__ == "A text."
