"""The transforms: gradients, jacobians and products with them agree, with one another and with those of others."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.transforms.trees import Tree
from tests.support.engines import same

Pair = namedtuple("Pair", "first second")
mild = st.floats(-3, 3).map(lambda x: round(x, 9) + 0.0)  # no -0.0: a grad starts from 0.0; halves are exact
sizes = st.integers(1, 6)


def vectors(n: int) -> st.SearchStrategy[list[float]]:
    return st.lists(mild, min_size=n, max_size=n)


def network(x: Any) -> Any:
    """A function of vectors with several results, each of some size."""
    return [sg.sin(v) * x[0] + sg.tanh(x[-1] * v) + w for v, w in zip(x, list(x)[1:])] + [x[0] * x[0], sg.exp(x[-1])]


def scalar(x: Any) -> Any:
    return sg.sum(network(x))


def bound(x: list[float], u: list[float]) -> float:
    """64 (n + 2) roundings of a bound of all products of the network's partials with numbers u, whatever the order."""
    size = (1 + math.fsum(map(abs, x))) * math.fsum(map(abs, u)) * (1 + math.exp(x[-1]))
    return 64 * (len(x) + 2) * 2.0**-53 * size + 5e-324


# --- laws -------------------------------------------------------------------------------------------------------------


@given(st.data(), sizes)
def test_grad_is_backward(data: Any, n: int) -> None:
    x = data.draw(vectors(n))
    leaves = [Value(v) for v in x]
    y = scalar(leaves)
    y.backward()
    expected = [v.grad for v in leaves]
    value, gradient = sg.value_and_grad(scalar)(x)
    assert same(value, y.data) and same(gradient, expected) and same(sg.grad(scalar)(x), expected)
    assert same(sg.grad(scalar)(np.array(x)), np.array(expected))


@given(st.data(), sizes)
def test_grad_is_a_row_of_the_jacobian(data: Any, n: int) -> None:
    x = data.draw(vectors(n))
    rows = sg.jacobian(network, mode="reverse")(x)
    for k, row in enumerate(rows):
        assert same(row, sg.grad(lambda x: network(x)[k])(x))
    assert same(sg.jacobian(scalar)(x), sg.grad(scalar)(x))


@given(st.data(), sizes)
def test_the_columns_of_the_jacobian_are_forward_sweeps(data: Any, n: int) -> None:
    """By default the jacobian is made by columns where there are fewer of these. The sums go in another order."""
    x = data.draw(vectors(n))
    forward, reverse = (sg.jacobian(network, mode=mode)(x) for mode in ("forward", "reverse"))
    for row, other in zip(forward, reverse):
        assert all(abs(a - b) <= bound(x, [1.0]) for a, b in zip(row, other))
    assert same(sg.jacobian(network)(x), forward if len(forward) > n else reverse)
    for j in range(n):
        unit = [float(k == j) for k in range(n)]
        assert same(sg.jvp(network, (x,), (unit,))[1], [row[j] for row in forward])


@given(st.data(), sizes)
def test_jvp_is_the_jacobian_times_the_tangent(data: Any, n: int) -> None:
    """Both multiply the same partials and add in other orders."""
    x, v = data.draw(vectors(n)), data.draw(vectors(n))
    value, tangent = sg.jvp(network, (x,), (v,))
    assert same(value, [y if isinstance(y, float) else y.data for y in network(x)])
    for found, row in zip(tangent, sg.jacobian(network)(x)):
        assert type(found) is float
        assert abs(found - math.fsum(a * b for a, b in zip(row, v))) <= bound(x, v)


@given(st.data(), sizes)
def test_vjp_is_the_cotangent_times_the_jacobian(data: Any, n: int) -> None:
    """Both multiply the same partials and add in other orders."""
    x = data.draw(vectors(n))
    _, pullback = sg.vjp(network, x)
    rows = sg.jacobian(network)(x)
    for _ in range(2):
        u = data.draw(vectors(len(rows)))
        (cotangent,) = pullback(u)
        for j in range(n):
            terms = [c * row[j] for c, row in zip(u, rows)]
            assert abs(cotangent[j] - math.fsum(terms)) <= bound(x, u)


@given(st.data(), st.integers(1, 5), st.integers(1, 5))
def test_the_two_products_are_adjoint(data: Any, m: int, n: int) -> None:
    """<u, J v> == <J^T u, v>, to 4 (m + n) roundings of the sum of all |u_i J_ij v_j|."""
    a = np.array(data.draw(st.lists(vectors(n), min_size=m, max_size=m)))
    x, v, u = (np.array(data.draw(vectors(k))) for k in (n, n, m))

    def function(x: Any) -> Any:
        return (sg.constant(a) @ x).tanh() * 2.0

    _, tangent = sg.jvp(function, (x,), (v,))
    _, pullback = sg.vjp(function, x)
    (cotangent,) = pullback(u)
    j = sg.jacobian(function)(x)
    bound = 4 * (m + n) * 2.0**-53 * float(np.abs(u) @ np.abs(j) @ np.abs(v)) + 1e-300
    assert j.shape == (m, n) and tangent.shape == (m,) and cotangent.shape == (n,)
    assert abs(float(u @ tangent) - float(cotangent @ v)) <= bound


@given(st.data(), sizes)
def test_the_gradient_is_that_of_a_difference(data: Any, n: int) -> None:
    x = data.draw(vectors(n))
    h = 1e-5
    for k, g in enumerate(sg.grad(scalar)(x)):
        up, down = ([v + s * (i == k) for i, v in enumerate(x)] for s in (h, -h))
        up_y, down_y = (sg.value_and_grad(scalar)(z)[0] for z in (up, down))
        assert g == pytest.approx((up_y - down_y) / (2 * h), rel=1e-5, abs=1e-4)


numbers = st.one_of(mild, st.integers(-9, 9))
trees = st.recursive(
    st.one_of(
        numbers,
        st.lists(mild, max_size=3).map(np.array),
        st.lists(vectors(2), min_size=1, max_size=3).map(np.array),
        st.lists(mild, max_size=3).map(Vector),
        st.lists(vectors(2), min_size=1, max_size=3).map(Matrix),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.builds(Pair, inner, inner),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    ),
    max_leaves=6,
)


@given(trees)
def test_containers_come_back(tree: Any) -> None:
    """The gradient of half the sum of squares is the argument itself, in its own containers."""

    def half(x: Any) -> Any:
        if isinstance(x, dict):
            return half(list(x.values()))
        if isinstance(x, (list, tuple)):
            return sum((half(item) for item in x), 0.0)
        assert type(x) in (Value, Vector, Matrix)
        return (x * x if isinstance(x, Value) else (x * x).sum()) * 0.5

    expected = Tree(tree, "tree").outside(Tree(tree, "tree").numbers())
    assert same(sg.grad(half)(tree), expected)
    _, (gradient,) = sg.value_and_grad(half, argnums=(0,))(tree)
    assert same(gradient, expected)
    value, pullback = sg.vjp(half, tree)
    assert same(pullback(1.0), (expected,)) and same(value, sg.value_and_grad(half)(tree)[0])
    _, tangent = sg.jvp(half, [tree], [tree])
    assert tangent == pytest.approx(2 * value, abs=1e-12)


# --- with others ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B"])
def test_scipy_takes_value_and_grad_as_it_is(method: str) -> None:
    optimize = pytest.importorskip("scipy.optimize")

    def rosenbrock(x: Any) -> Any:
        return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()

    function = sg.value_and_grad(rosenbrock)
    x0 = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
    value, gradient = function(x0)
    assert type(value) is float and gradient.dtype == float and gradient.shape == (5,)
    assert np.allclose(gradient, optimize.rosen_der(x0), rtol=1e-13)
    found = optimize.minimize(function, x0, jac=True, method=method)
    assert found.success and np.allclose(found.x, 1.0, atol=1e-4)


def test_jax_gives_the_same() -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    a, x = np.linspace(-1.0, 1.0, 6).reshape(2, 3), np.array([0.3, -0.7, 1.1])
    ours = {"w": a, "b": [0.5, 2.0]}

    def function(p: Any, x: Any, m: Any) -> Any:
        return {"y": m.tanh(p["w"] @ x) * p["b"][0], "z": (p["b"][1] * x[0], x[2] * x[2])}

    class Numpy:
        tanh = staticmethod(jax.numpy.tanh)

    mine = sg.jacobian(lambda p, x: function(p, x, sg), argnums=(0, 1))(ours, x)
    theirs = jax.jacrev(lambda p, x: function(p, x, Numpy), argnums=(0, 1))(ours, x)
    flat_mine, flat_theirs = jax.tree_util.tree_flatten(mine), jax.tree_util.tree_flatten(theirs)
    assert flat_mine[1] == flat_theirs[1]
    for one, other in zip(flat_mine[0], flat_theirs[0]):
        assert np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-13, atol=1e-15)
    tangents = ({"w": a + 1, "b": [1.0, -1.0]}, x * 2)
    mine = sg.jvp(lambda p, x: function(p, x, sg), (ours, x), tangents)
    theirs = jax.jvp(lambda p, x: function(p, x, Numpy), (ours, x), tangents)
    value, pullback = sg.vjp(lambda p, x: function(p, x, sg), ours, x)
    _, their_pullback = jax.vjp(lambda p, x: function(p, x, Numpy), ours, x)
    mine, theirs = (*mine, pullback(value)), (*theirs, their_pullback(theirs[0]))
    flat_mine, flat_theirs = jax.tree_util.tree_flatten(mine), jax.tree_util.tree_flatten(theirs)
    assert flat_mine[1] == flat_theirs[1]
    for one, other in zip(flat_mine[0], flat_theirs[0]):
        assert np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-13, atol=1e-15)
