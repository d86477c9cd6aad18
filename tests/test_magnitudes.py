"""Accuracy of the reductions over every mixture of magnitudes: to 1e-14, and half an ulp where results are subnormal.

The numbers of one call range from the smallest double to the largest. The bar is relative to the result, and for sums
that cancel to the largest summand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad import Matrix, Value, Vector

BAR = mpf("1e-14")
HALF = mpf(2) ** -1075 * (1 + mpf(2) ** -40)  # half an ulp below the normal range, and the error of what was rounded
LARGEST = mpf(1.7976931348623157e308)
_SPECIAL = [0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308, 1.0]

scaled = st.builds(math.ldexp, st.floats(0.5, 0.999) | st.floats(-0.999, -0.5), st.integers(-1073, 1024)).filter(
    math.isfinite
)
numbers = scaled | st.floats(-9, 9) | st.sampled_from(_SPECIAL)
logits = st.floats(-9, 9) | st.floats(-800, 800) | st.floats(-1e17, 1e17) | scaled


def clusters(magnitude: int) -> st.SearchStrategy[float]:
    """Numbers within a few orders of one magnitude, so that sums and products of them are not one number's alone."""
    near = st.integers(max(magnitude - 12, -1073), min(magnitude + 12, 1024))
    return st.builds(math.ldexp, st.floats(0.5, 0.99) | st.floats(-0.99, -0.5), near)


mixtures = st.lists(numbers, min_size=1, max_size=9) | st.integers(-1073, 1024).flatmap(
    lambda magnitude: st.lists(clusters(magnitude) | numbers, min_size=1, max_size=9)
)


def close(got: float, exact: Any, summand: Any = 0, ulps: int = 1) -> None:
    error = BAR * max(abs(exact), abs(summand)) + ulps * HALF
    if abs(exact) + error > LARGEST:
        assert math.isinf(got) == (abs(exact) - error > LARGEST) or abs(exact) - error <= LARGEST, (got, exact)
        assert math.copysign(1.0, got) == mp.sign(exact) or abs(exact) <= abs(summand), (got, exact)
        return
    assert math.isfinite(got) and abs(mpf(got) - exact) <= error, (got, exact, abs(mpf(got) - exact))


Faces = dict[str, Callable[[str, Sequence[float]], tuple[float, list[float]]]]


def _of_list(name: str, x: Sequence[float]) -> tuple[float, list[float]]:
    leaves = [Value(item) for item in x]
    result = getattr(sg, name)(leaves)
    result.backward()
    return result.data, [leaf.grad for leaf in leaves]


def _of_vector(name: str, x: Sequence[float]) -> tuple[float, list[float]]:
    leaves = Vector(list(x))
    result = getattr(leaves, name)()
    result.backward()
    return result.data, leaves.grad


def _of_rows(name: str, x: Sequence[float]) -> tuple[float, list[float]]:
    leaves = Matrix([[1.0] * len(x), list(x)])
    result = getattr(leaves, name)(axis=1)
    result[1].backward()
    return result.data[1], leaves.grad[1]


def _of_columns(name: str, x: Sequence[float]) -> tuple[float, list[float]]:
    leaves = Matrix([[item, 1.0] for item in x])
    result = getattr(leaves, name)(axis=0)
    result[0].backward()
    return result.data[0], [row[0] for row in leaves.grad]


FACES: Faces = {"list": _of_list, "vector": _of_vector, "axis 1": _of_rows, "axis 0": _of_columns}
faces = pytest.mark.parametrize("face", FACES)


@faces
@given(mixtures)
@example([1e-141, 1e-300])
@example([3e-150, 1e-290])
@example([1.7e308, -1.7e308, 1e-300])
@example([1e200, 1e-150])
def test_norm(face: str, x: list[float]) -> None:
    value, grads = FACES[face]("norm", x)
    exact = mp.sqrt(mp.fsum(mpf(item) ** 2 for item in x))
    close(value, exact)
    for got, item in zip(grads, x):
        close(got, mpf(item) / exact if exact else mpf(0))


@faces
@given(mixtures)
@example([1e200, 1e200, 1e-300])
@example([5e-324, 5e-324, 1e300, 1e300, 1e30])
@example([0.0, 1e200, 1e200])
@example([0.0, 0.0, 3.0])
def test_prod(face: str, x: list[float]) -> None:
    value, grads = FACES[face]("prod", x)
    close(value, mp.fprod(map(mpf, x)))
    for k, got in enumerate(grads):
        close(got, mp.fprod(map(mpf, x[:k] + x[k + 1 :])))


@faces
@given(mixtures)
@example([1e308, -1e308, 1e308, -1e308])
@example([1.7e308] * 3)
def test_sum_and_mean(face: str, x: list[float]) -> None:
    largest, total = max(map(abs, x)), mp.fsum(map(mpf, x))
    value, grads = FACES[face]("sum", x)
    close(value, total, largest)
    assert grads == [1.0] * len(x)
    value, grads = FACES[face]("mean", x)
    close(value, total / len(x), mpf(largest) / len(x))
    assert grads == [1.0 / len(x)] * len(x)


@faces
@given(mixtures)
def test_max_and_min(face: str, x: list[float]) -> None:
    for name, pick in (("max", max), ("min", min)):
        value, grads = FACES[face](name, x)
        assert value == pick(x)
        assert grads == [(item == value) / x.count(value) for item in x]


@faces
@given(st.lists(logits, min_size=1, max_size=9))
@example([-100.0, 608.5, 0.0, 0.0])
def test_logsumexp(face: str, x: list[float]) -> None:
    value, grads = FACES[face]("logsumexp", x)
    with mp.workdps(400):
        weights = [mp.exp(mpf(item) - max(x)) for item in x]
        total = mp.fsum(weights)
        close(value, max(x) + mp.log(total), max(map(abs, x)))
        for got, weight in zip(grads, weights):
            close(got, weight / total)


@given(st.lists(logits, min_size=1, max_size=6), st.data())
def test_softmax_and_log_softmax(x: list[float], data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(x) - 1))
    with mp.workdps(400):
        weights = [mp.exp(mpf(item) - max(x)) for item in x]
        total = mp.fsum(weights)
        p = [weight / total for weight in weights]
        for leaves in ([Value(item) for item in x], Vector(x)):
            result = sg.softmax(leaves)[i]
            close(result.data, p[i], ulps=2)  # the weight and the quotient are rounded
            result.backward()
            for j, leaf in enumerate(leaves):
                close(leaf.grad, p[i] * ((i == j) - p[j]), p[i] if i == j else 0, ulps=3)
        for leaves in ([Value(item) for item in x], Vector(x)):
            result = sg.log_softmax(leaves)[i]
            close(result.data, mpf(x[i]) - max(x) - mp.log(total), mpf(x[i]) - max(x))
            result.backward()
            for j, leaf in enumerate(leaves):
                close(leaf.grad, (i == j) - p[j], int(i == j))


@given(mixtures, st.data())
@example([1e200, 1e200, 3.0], None)
def test_dot(x: list[float], data: st.DataObject | None) -> None:
    """As a function, as a product of arrays, and with a bias, which have the same bits."""
    y = data.draw(st.lists(numbers, min_size=len(x), max_size=len(x))) if data else [1e200, -1e200, 1.0]
    terms = [mpf(a) * mpf(b) for a, b in zip(x, y)]
    left, right = [Value(item) for item in x], [Value(item) for item in y]
    result = sg.dot(left, right)
    close(result.data, mp.fsum(terms), max(map(abs, terms)))
    result.backward()
    assert [leaf.grad for leaf in left] == y and [leaf.grad for leaf in right] == x
    product = Matrix([x] * 9) @ Matrix([[item] * 9 for item in y])
    for row in product.data:
        assert all(repr(got) == repr(result.data) for got in row)
    with sg.no_grad():
        assert repr((Vector(x) @ Vector(y)).data) == repr(result.data)


@given(
    st.lists(st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 2.0, -1e200, 1e-200]), min_size=1, max_size=5)
)
def test_the_product_of_the_others(x: list[float]) -> None:
    """Of zeros, infinities and nans: nan where the others have a nan, or both a zero and an infinity."""

    def product(items: list[float]) -> float:
        sign = math.prod(math.copysign(1.0, item) for item in items if item == item)
        if any(item != item for item in items) or (0.0 in items and any(map(math.isinf, items))):
            return math.nan
        if 0.0 in items or any(map(math.isinf, items)):
            return sign * (0.0 if 0.0 in items else math.inf)
        exact = mp.fprod(map(mpf, items))
        return float(sign * math.inf) if abs(exact) > LARGEST else float(exact)

    value, grads = _of_list("prod", x)
    for got, exact in zip([value, *grads], [product(x), *(product(x[:k] + x[k + 1 :]) for k in range(len(x)))]):
        assert got == pytest.approx(exact, rel=1e-14, abs=0.0, nan_ok=True), (got, exact)
