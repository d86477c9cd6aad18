"""Row D6 of the formula ledger: the least-squares problem that gradient descent is held on.

Its cost and gradient, its Hessian in full, its solution, and the Hessian's largest eigenvalue.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from scalargrad import calculus, errors
from scalargrad.ledger.compare import EPSILON, Comparison
from tests.support.drawn import QUARTERS, SIZES, matrices, vectors
from tests.support.networks import SCALAR, WITNESS, full_rank, gradient, residual_sizes, solved, styles, value
from tests.support.witness import complex_gradient, complex_jacobian, hold, in_both_layouts, witnessed

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

UNITS = 4.0  # of the row


@styles
@given(st.data(), SIZES, SIZES)
def test_D6_least_squares_cost_and_its_gradient(style: Any, data: Any, count: int, n: int) -> None:
    """Of any X, also of one whose columns depend on one another."""
    inputs, targets, w = data.draw(matrices(count, n)), data.draw(vectors(count)), data.draw(vectors(n))
    most = residual_sizes(w, inputs, targets)
    found = value(style, lambda s: s.least_squares(w, inputs, targets))
    analytic = calculus.least_squares_cost(w, inputs, targets)
    hold("D6", Comparison("C", analytic, found, sum(item * item for item in most) / count, n + count))
    by_parts = calculus.mse(targets, [calculus.dot(x, w) for x in inputs])
    hold("D6", Comparison("the mse of Xw", analytic, by_parts, max(most) ** 2, n))
    slopes = in_both_layouts(calculus.least_squares_gradient, w, inputs, targets)
    scale = [2.0 / count * sum(e * abs(p) for e, p in zip(most, column)) for column in zip(*inputs)]
    engine = gradient(style, lambda s, v: s.least_squares(v, inputs, targets), w)
    hold("D6", Comparison("∂C/∂w", slopes, engine, scale, n + count))
    witness = complex_gradient(lambda v: WITNESS.least_squares(v, inputs, targets), w)
    hold("D6", witnessed("∂C/∂w", slopes, witness, scale, n + count))


def test_D6_least_squares_without_weights() -> None:
    inputs: list[list[float]] = [[], []]
    assert calculus.least_squares_cost([], inputs, [1.0, 2.0]) == 2.5
    assert in_both_layouts(calculus.least_squares_gradient, [], inputs, [1.0, 2.0]) == []
    assert calculus.least_squares_hessian(inputs) == [] == calculus.least_squares_solution(inputs, [1.0, 2.0])


# --- the Hessian


def hessian_comparisons(style: Any, found: Any, inputs: Any, targets: Any) -> list[Comparison]:
    """A Hessian and four others: of the engine's gradients and costs, of the complex step, and numpy's (2/N)XᵀX.

    C is quadratic: its gradients differ by a column of H along an axis, and H_ij is C(eᵢ + eⱼ) - C(eᵢ) - C(eⱼ) + C(0).
    """
    n, count = len(inputs[0]), len(inputs)
    axes = [[float(j == k) for k in range(n)] for j in range(n)]
    loss = lambda s, v: s.least_squares(v, inputs, targets)  # noqa: E731
    at_zero = gradient(style, loss, [0.0] * n)
    by_gradients = [[p - q for p, q in zip(gradient(style, loss, axis), at_zero)] for axis in axes]
    c = lambda *js: value(style, lambda s: loss(s, [sum(axes[j][k] for j in js) for k in range(n)]))  # noqa: E731
    by_costs = [[c(i, j) - c(i) - c(j) + c() for j in range(n)] for i in range(n)]
    slopes = lambda v: [2.0 / count * sum((sum(p * q for p, q in zip(x, v)) - y) * x[j]  # noqa: E731
                        for x, y in zip(inputs, targets)) for j in range(n)]  # fmt: skip
    x = np.array(inputs)
    most = 1.0 + max(abs(item) for row in inputs for item in row) + max(map(abs, targets))
    scale, longest = 32.0 * most * most, n + count  # four costs of at most 4·most² each, and their differences
    return [
        Comparison("by gradients", found, by_gradients, scale, longest),
        Comparison("by costs", found, by_costs, scale, longest),
        witnessed("of the gradient", found, complex_jacobian(slopes, [0.0] * n), scale, longest),
        Comparison("numpy", found, (2.0 / count * x.T @ x).tolist(), scale, longest),
    ]


@styles
@given(st.data(), SIZES, SIZES)
def test_D6_least_squares_hessian(style: Any, data: Any, count: int, n: int) -> None:
    inputs, targets = data.draw(matrices(count, n)), data.draw(vectors(count))
    found = calculus.least_squares_hessian(inputs)
    hold("D6", *hessian_comparisons(style, found, inputs, targets))
    assert found == [list(column) for column in zip(*found)]


WRONG_HESSIANS = {
    "zeros off its diagonal": lambda h, count: [[item * (i == j) for j, item in enumerate(r)] for i, r in enumerate(h)],
    "twice too large": lambda h, count: [[2.0 * item for item in row] for row in h],
    "half": lambda h, count: [[0.5 * item for item in row] for row in h],
    "without 1/N": lambda h, count: [[count * item for item in row] for row in h],
}


@pytest.mark.parametrize("name", WRONG_HESSIANS)
@given(st.data(), st.integers(2, 4), st.integers(2, 4))
def test_D6_least_squares_hessian_that_is_wrong_is_seen(name: str, data: Any, count: int, n: int) -> None:
    """By each of the four comparisons, wherever its numbers are others."""
    inputs, targets = data.draw(matrices(count, n, QUARTERS)), data.draw(vectors(count))
    right = calculus.least_squares_hessian(inputs)
    wrong = WRONG_HESSIANS[name](right, count)
    assume(wrong != right)  # on quarters by 1/32 at least
    assert all(each.misses(UNITS) for each in hessian_comparisons(SCALAR, wrong, inputs, targets))


def test_D6_least_squares_hessian_by_hand() -> None:
    assert calculus.least_squares_hessian([[1.0, 2.0], [3.0, 4.0]]) == [[10.0, 14.0], [14.0, 20.0]]
    assert calculus.least_squares_hessian([[1.0, 2.0]]) == [[2.0, 4.0], [4.0, 8.0]]
    assert calculus.least_squares_hessian([[1.0], [2.0], [2.0], [3.0]]) == [[9.0]]


# --- the solution


@styles
@given(full_rank())
def test_D6_least_squares_solution(style: Any, drawn: Any) -> None:
    """It is the exact solution of the normal equations, the gradient is 0 there, and every other point costs more."""
    inputs, targets = drawn
    n, count = len(inputs[0]), len(inputs)
    found, exact = calculus.least_squares_solution(inputs, targets), solved(inputs, targets)
    assert found == exact
    # λmin >= 1 for XᵀX, so an error of the equations is not magnified; an entry of them is at most 4 + 3, and of Xᵀy 15
    trace, reach = sum(item * item for row in inputs for item in row), math.hypot(*exact)
    scale = trace * reach + sum(abs(p * y) for row, y in zip(inputs, targets) for p in row)
    x, y = np.array(inputs), np.array(targets)
    hold("D6", Comparison("numpy", found, np.linalg.lstsq(x, y, rcond=None)[0].tolist(), scale, n * n + count))
    zeros = [0.0] * n
    slopes = in_both_layouts(calculus.least_squares_gradient, found, inputs, targets)
    bound = 2.0 * trace * scale / count + 2.0 * sum(residual_sizes(found, inputs, targets))
    hold("D6", Comparison("∂C/∂w there", slopes, zeros, bound, n * n + count))
    engine = gradient(style, lambda s, v: s.least_squares(v, inputs, targets), found)
    hold("D6", Comparison("the engine's", zeros, engine, bound, n * n + count))
    least = calculus.least_squares_cost(found, inputs, targets)
    for j in range(n):
        for h in (-0.5, 0.5):  # C rises by h²/2·H_jj, and H_jj is at least 2/N
            moved = [item + h * (j == k) for k, item in enumerate(found)]
            assert calculus.least_squares_cost(moved, inputs, targets) >= least + 0.9 * h * h / count


@given(st.data(), SIZES, st.sampled_from([1.0, 2.0**-40, 2.0**40, 2.0**-500, 2.0**500]))
def test_D6_least_squares_solution_of_a_system_that_has_one(data: Any, n: int, size: float) -> None:
    """Xw = y with a square X of triangular form: w itself, exactly; with its rows in any order, columns of any size."""
    w = data.draw(vectors(n, QUARTERS))
    rows = [[1.0 if i == j else data.draw(st.sampled_from([0.0, 0.5, -1.0])) if j < i else 0.0 for j in range(n)]
            for i in range(n)]  # fmt: skip
    inputs = data.draw(st.permutations(rows))
    targets = [sum(p * q for p, q in zip(row, w)) for row in inputs]
    assert calculus.least_squares_cost(w, inputs, targets) == 0.0
    assert calculus.least_squares_solution(inputs, targets) == w
    wide = [[size * row[0], *row[1:]] for row in inputs]
    assert calculus.least_squares_solution(wide, targets) == [w[0] / size, *w[1:]]


def test_D6_least_squares_solution_of_columns_that_nearly_depend_on_one_another() -> None:
    """They part in the last bit. In floats, XᵀX is [[2, 2], [2, 2]]."""
    inputs, targets = [[1.0, 1.0], [1.0, 1.0 + EPSILON]], [2.0, 2.0 - 2.0 * EPSILON]
    assert calculus.least_squares_solution(inputs, targets) == [4.0, -2.0]


@given(st.data(), st.integers(2, 4), SIZES)
def test_D6_least_squares_solution_needs_columns_that_are_independent(data: Any, n: int, count: int) -> None:
    """A column is a sum of multiples of the others, exactly; or there are fewer inputs than weights."""
    inputs, targets = data.draw(matrices(count, n, QUARTERS)), data.draw(vectors(count))
    j, multiples = data.draw(st.integers(0, n - 1)), data.draw(vectors(n - 1, QUARTERS))
    for row in inputs:
        row[j] = sum(p * q for p, q in zip(multiples, row[:j] + row[j + 1 :]))
    some = [data.draw(vectors(n)) for _ in range(data.draw(st.integers(1, n - 1)))]
    for dependent in (inputs, some):
        with pytest.raises(errors.ArgumentError, match="depend on one another: there is no one solution"):
            calculus.least_squares_solution(dependent, [*targets, 0.0, 0.0, 0.0][: len(dependent)])


# --- the largest eigenvalue


@given(st.data(), SIZES, SIZES, st.integers(-250, 250))
def test_D6_largest_eigenvalue(data: Any, count: int, n: int, exponent: int) -> None:
    """Against numpy, of matrices (2/N)XᵀX; it is no more than the trace, and of a multiple it is that multiple."""
    hessian = calculus.least_squares_hessian(data.draw(matrices(count, n)))
    found = calculus.largest_eigenvalue(hessian)
    hold("D6", Comparison("λ", found, float(np.linalg.eigvalsh(np.array(hessian))[-1]), None, n + count))
    trace = math.fsum(hessian[k][k] for k in range(n))
    assert trace / n <= found * (1.0 + 8.0 * n * EPSILON) and found <= trace * (1.0 + 8.0 * n * EPSILON)
    factor = 4.0**exponent
    if all(item == 0.0 or abs(item) > 1e-140 for row in hessian for item in row):
        assert calculus.largest_eigenvalue([[factor * item for item in row] for row in hessian]) == factor * found


@given(st.floats(0.1, 10.0), st.floats(0.0, 1.0), st.floats(-1.0, 1.0))
@example(1.0, 1.0, 0.0)
@example(1.0, 1.0 - EPSILON / 2.0, 0.0)
@example(2.0, 1.0, -1.0)
def test_D6_largest_eigenvalue_of_two_by_two(a: float, share: float, lean: float) -> None:
    """(a + d)/2 + √((a - d)²/4 + b²), of [[a, b], [b, d]] with b² <= ad; also where the two are equal, or nearly."""
    d = share * a
    b = lean * math.sqrt(a * d)
    exact = (a + d) / 2.0 + math.hypot((a - d) / 2.0, b)
    hold("D6", Comparison("λ", calculus.largest_eigenvalue([[a, b], [b, d]]), exact, None, 2))


def test_D6_largest_eigenvalue_by_hand() -> None:
    assert calculus.largest_eigenvalue([[3.0]]) == 3.0
    assert calculus.largest_eigenvalue([[2.0, 0.0], [0.0, 2.0]]) == 2.0  # it occurs twice
    assert calculus.largest_eigenvalue([[0.0, 0.0], [0.0, 0.0]]) == 0.0
    assert abs(calculus.largest_eigenvalue([[2.0, 1.0], [1.0, 2.0]]) - 3.0) <= 1e-15
    assert abs(calculus.largest_eigenvalue([[5.0, 4.0], [4.0, 5.0]]) - 9.0) <= 1e-14
    assert calculus.largest_eigenvalue([[2.0, 0.0, 0.0], [0.0, 1.5, 1.5], [0.0, 1.5, 1.5]]) == 3.0
    for only in (5e-324, 2.0**-1022, 1e308):
        assert calculus.largest_eigenvalue([[0.0, 0.0], [0.0, only]]) == calculus.largest_eigenvalue([[only]]) == only


@given(st.integers(1, 4).flatmap(lambda n: vectors(n, QUARTERS)))
@example([1.1, -1.0])
@example([1.0, -1.0])
def test_D6_largest_eigenvalue_of_one_input_is_its_square(x: list[float]) -> None:
    """2xxᵀ has the eigenvalue 2‖x‖², whatever the direction of x."""
    exact = 2.0 * sum(item * item for item in x)
    found = calculus.largest_eigenvalue(calculus.least_squares_hessian([x]))
    hold("D6", Comparison("λ", found, exact, None, len(x)))
