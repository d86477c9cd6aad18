"""Linear algebra: values and gradients against 50 digits, with bounds that have the condition number; and shapes."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, linalg
from scalargrad.errors import ArgumentError, LinAlgError, NumberError, ShapeError
from tests.support.matrices import UNIT, matrices


@pytest.fixture(autouse=True)
def _fifty_digits() -> Iterator[None]:
    before, mp.dps = mp.dps, 50
    yield
    mp.dps = before


def exact(rows: list[list[float]]) -> Any:
    return mp.matrix([[mpf(x) for x in row] for row in rows])


def size(a: Any) -> Any:
    """The largest absolute sum of a row."""
    return max(mp.fsum(abs(a[i, j]) for j in range(a.cols)) for i in range(a.rows))


def entries(rows: list[list[float]]) -> list[float]:
    return [x for row in rows for x in row]


def cofactor(a: Any, i: int, j: int) -> Any:
    """By Laplace's rule: the determinant without row i and column j, with its sign."""
    n = a.rows
    if n == 1:
        return mpf(1)
    rest = mp.matrix([[a[r, c] for c in range(n) if c != j] for r in range(n) if r != i])
    return (-1) ** (i + j) * laplace(rest)


def laplace(a: Any) -> Any:
    return a[0, 0] if a.rows == 1 else mp.fsum(a[0, j] * cofactor(a, 0, j) for j in range(a.rows))


def inverse_of(a: Any) -> Any:
    """By Cramer's rule, which no scale disturbs."""
    n, d = a.rows, laplace(a)
    return mp.matrix([[cofactor(a, j, i) / d for j in range(n)] for i in range(n)])


# --- determinants ----------------------------------------------------------------------------------------------------


@given(matrices(4))
@example([[1.0, 2.0], [2.0, 4.0]])
@example([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 0.0, 1.0]])
@example([[0.0] * 3] * 3)
def test_a_determinant_and_its_cofactors(rows: list[list[float]]) -> None:
    """Elimination with complete pivoting finds the determinant of a matrix that differs from A by at most n**2 units
    of each row's largest element (Higham, Accuracy and Stability, theorem 9.3, with a growth of at most n). So
    the error is at most n**3 units of the product of these elements, n! times; of a cofactor likewise, without its
    row."""
    n, a = len(rows), exact(rows)
    x = Matrix(rows)
    d = linalg.det(x)
    d.backward()
    bound = 8 * n**3 * UNIT
    sizes = [max(map(abs, row)) for row in rows]
    largest = math.prod(sizes) * math.factorial(n)
    assert abs(d.data - laplace(a)) <= bound * largest + 1e-300
    for i in range(n):
        for j in range(n):
            others = math.prod(sizes[:i] + sizes[i + 1 :]) * math.factorial(n)
            assert abs(x.grad[i][j] - cofactor(a, i, j)) <= bound * others + 1e-300, (i, j)


def conditioned(rows: list[list[float]]) -> tuple[Any, Any]:
    """The inverse, and 16 n**3 units of cond(A), which must be small: a matrix near A, as elimination inverts (Higham,
    theorem 9.4), has an inverse that differs by at most that, relative to the largest element."""
    a = exact(rows)
    assume(laplace(a) != 0)
    inverse = inverse_of(a)
    error = 16 * len(rows) ** 3 * UNIT * size(a) * size(inverse)
    assume(error < 0.01)
    return inverse, error


@given(matrices(3, False), st.lists(st.integers(-300, 300), min_size=6, max_size=6))
@example([[1.0, 2.0], [3.0, 4.0]], [300, -300, 0, 300, -300, 0])
def test_slogdet_of_any_scale(rows: list[list[float]], by: list[int]) -> None:
    """Powers of two in rows and columns add to the logarithm, and divide the inverse."""
    n = len(rows)
    inverse, error = conditioned(rows)
    x = Matrix([[math.ldexp(item, by[i] + by[3 + j]) for j, item in enumerate(row)] for i, row in enumerate(rows)])
    wanted = laplace(exact(rows))
    logarithm = mp.log(abs(wanted)) + mp.log(2) * (sum(by[:n]) + sum(by[3 : 3 + n]))
    sign, logabs = linalg.slogdet(x)
    assert sign.data == mp.sign(wanted)
    assert abs(logabs.data - logarithm) <= n * error + 4 * UNIT * (1 + abs(logarithm))
    logabs.backward()
    for i in range(n):
        for j in range(n):
            got = mpf(x.grad[i][j]) * mpf(2) ** (by[i] + by[3 + j])
            assert abs(got - inverse[j, i]) <= error * size(inverse)


def test_scales_that_a_determinant_leaves() -> None:
    tiny = [[1e-200 * (i == j) for j in range(5)] for i in range(5)]
    assert linalg.det(tiny) == 0.0
    assert linalg.slogdet(tiny) == (1.0, pytest.approx(-1000 * math.log(10), rel=1e-15))
    assert linalg.det([[1e300 * (i == j) for j in range(3)] for i in range(3)]) == math.inf
    mixed = Matrix([[1e300, 0.0], [0.0, 1e-300]])
    d = linalg.det(mixed)
    d.backward()
    assert d.data == pytest.approx(1.0, rel=4 * UNIT) and mixed.grad == [[1e-300, 0.0], [0.0, 1e300]]
    assert linalg.det([[math.inf]]) == math.inf and math.isnan(linalg.det([[1.0, 0.0], [math.nan, 1.0]]))


def test_the_rank_decides_the_cofactors() -> None:
    one_less, two_less = Matrix([[1.0, 2.0], [2.0, 4.0]]), Matrix([[1.0, 2.0, 3.0]] * 3)
    for x in (one_less, two_less):
        linalg.det(x).backward()
    assert one_less.grad == [[4.0, -2.0], [-2.0, 1.0]]
    assert entries(two_less.grad) == [0.0] * 9
    s = linalg.slogdet(one_less)
    assert (s.sign.data, s.logabsdet.data) == (0.0, -math.inf)


# --- solve and inv ---------------------------------------------------------------------------------------------------


@given(matrices(3, False), st.integers(1, 3), st.lists(st.integers(-200, 200), min_size=6, max_size=6), st.data())
def test_solve(rows: list[list[float]], columns: int, by: list[int], data: Any) -> None:
    """X, and the adjoint of B, are off by at most `conditioned` of their columns' largest element; the adjoint of A is
    their product, so it has both errors. Powers of two in equations and unknowns change nothing but these."""
    n = len(rows)
    inverse, error = conditioned(rows)
    number = st.floats(-4, 4).filter(lambda x: x == 0 or abs(x) > 1e-30)
    lists = st.lists(st.lists(number, min_size=columns, max_size=columns), min_size=n, max_size=n)
    right, adjoint = data.draw(lists), data.draw(lists)
    X, Y = inverse * exact(right), inverse.T * exact(adjoint)
    wanted = Y * X.T
    A = Matrix([[math.ldexp(item, by[i] + by[3 + j]) for j, item in enumerate(row)] for i, row in enumerate(rows)])
    B = Matrix([[math.ldexp(item, by[i]) for item in row] for i, row in enumerate(right)])
    found = linalg.solve(A, B)
    (found * [[math.ldexp(item, by[3 + j]) for item in row] for j, row in enumerate(adjoint)]).sum().backward()
    by_x = [size(inverse) * max(abs(mpf(row[c])) for row in right) for c in range(columns)]
    by_y = [size(inverse.T) * max(abs(mpf(row[c])) for row in adjoint) for c in range(columns)]
    every = 4 * mp.fsum(p * q for p, q in zip(by_x, by_y))
    for i in range(n):
        for c in range(columns):
            assert abs(found.data[i][c] * mpf(2) ** by[3 + i] - X[i, c]) <= error * by_x[c]
            assert abs(B.grad[i][c] * mpf(2) ** by[i] - Y[i, c]) <= error * by_y[c]
        for j in range(n):
            assert abs(A.grad[i][j] * mpf(2) ** (by[i] + by[3 + j]) + wanted[i, j]) <= error * every


@given(matrices(4))
def test_inv_is_solve_of_the_unit_matrix(rows: list[list[float]]) -> None:
    n = len(rows)
    unit = [[float(i == j) for j in range(n)] for i in range(n)]
    results = []
    for function in (linalg.inv, lambda x: linalg.solve(x, unit)):
        x = Matrix(rows)
        try:
            y = function(x)
        except LinAlgError:
            results.append(None)
            continue
        y.sum().backward()
        results.append((y.data, x.grad))
    assert repr(results[0]) == repr(results[1])


def test_a_solution_of_a_vector_is_a_vector() -> None:
    A = Matrix([[2.0, 1.0], [1.0, 3.0]])
    x = linalg.solve(A, Vector([3.0, 5.0]))
    assert isinstance(x, Vector) and x.shape == (2,)
    assert x.data == entries(linalg.solve(A, [[3.0], [5.0]]).data)


def test_each_operand_may_be_constant_or_repeated() -> None:
    rows = [[4.0, 1.0], [2.0, 3.0]]
    A, B = Matrix(rows), Matrix(rows)
    first, second = Matrix(rows), Matrix(rows)
    (linalg.solve(first, second) * [[1.0, 2.0], [3.0, 4.0]]).sum().backward()
    (linalg.solve(A, rows) * [[1.0, 2.0], [3.0, 4.0]]).sum().backward()
    (linalg.solve(rows, B) * [[1.0, 2.0], [3.0, 4.0]]).sum().backward()
    assert (A.grad, B.grad) == (first.grad, second.grad)
    same = Matrix(rows)
    (linalg.solve(same, same) * [[1.0, 2.0], [3.0, 4.0]]).sum().backward()
    for got in entries(same.grad):
        assert abs(got) <= 40 * UNIT * 4  # the solution is the unit matrix whatever A is; adjoints are at most 4
    twice = Value(4.0)  # x[0] = 1/t - 1/t**2
    linalg.solve([[twice, 1.0], [0.0, twice]], [1.0, 1.0])[0].backward()
    assert twice.grad == -1 / 32


# --- Cholesky --------------------------------------------------------------------------------------------------------


@given(matrices(3), st.data())
def test_cholesky(rows: list[list[float]], data: Any) -> None:
    """A factor times itself is the matrix, to n + 1 units of its diagonal (Higham, theorem 10.3). The gradient is 0
    above the diagonal, and below it the formula of G3, by 50 digits, twice: an element stands for its mirror image.
    A subnormal result is rounded to a multiple of the smallest double, whatever its size."""
    n = len(rows)
    m = exact(rows)
    positive = m * m.T + mp.eye(n)
    a = [[float(positive[i, j]) for j in range(n)] for i in range(n)]
    adjoint = data.draw(st.lists(st.lists(st.floats(-4, 4), min_size=n, max_size=n), min_size=n, max_size=n))
    x = Matrix(a)
    lower = linalg.cholesky(x)
    (lower * adjoint).sum().backward()
    L = mp.cholesky(exact([[a[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)]))
    P = L.T * mp.matrix([[mpf(adjoint[i][j]) if j <= i else mpf(0) for j in range(n)] for i in range(n)])
    P = mp.matrix([[P[i, j] * (1 if i > j else 0.5 if i == j else 0) for j in range(n)] for i in range(n)])
    inverse = inverse_of(L)
    wanted = inverse.T * (P + P.T) * inverse / 2
    condition = size(inverse) ** 2 * size(L.T) ** 2
    error = 64 * n**3 * UNIT * condition
    scale = size(inverse.T) * size(P + P.T) * size(inverse)
    for i in range(n):
        for j in range(n):
            assert abs(lower.data[i][j] - L[i, j]) <= error * size(L)
            if j > i:
                assert (lower.data[i][j], x.grad[i][j]) == (0.0, 0.0)
            else:
                assert abs(x.grad[i][j] - (1 if i == j else 2) * wanted[i, j]) <= error * scale + mpf(2) ** -1075


def test_cholesky_reads_the_lower_triangle() -> None:
    a, b = linalg.cholesky([[4.0, 99.0], [2.0, 10.0]]), linalg.cholesky([[4.0, 2.0], [2.0, 10.0]])
    assert a.data == b.data == [[2.0, 0.0], [1.0, 3.0]]
    x, y = Matrix([[4.0, 2.0], [99.0, 10.0]]), Matrix([[4.0, 99.0], [2.0, 10.0]])
    upper, lower = linalg.cholesky(x, upper=True), linalg.cholesky(y)
    assert upper.data == lower.T.data
    upper[0, 1].backward()
    lower[1, 0].backward()
    assert x.grad == Matrix(y.grad).T.data


# --- what has no result, and what is none ----------------------------------------------------------------------------


@pytest.mark.parametrize("call", [
    lambda: linalg.inv(Matrix([[1.0, 2.0], [2.0, 4.0]])), lambda: linalg.solve([[0.0]], Vector([1.0])),
    lambda: linalg.inv([[0.0, 0.0], [0.0, 1.0]]), lambda: linalg.cholesky(Matrix([[1.0, 2.0], [2.0, 1.0]])),
    lambda: linalg.cholesky([[0.0]]), lambda: linalg.cholesky([[-1.0]]),
])  # fmt: skip
def test_what_has_no_result(call: Callable[[], Any]) -> None:
    with pytest.raises(LinAlgError, match=r"singular|positive definite") as caught:
        call()
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, ArithmeticError)


@pytest.mark.parametrize("call", [
    lambda: linalg.det([[1.0, 2.0]]), lambda: linalg.inv(Vector([1.0])), lambda: linalg.solve([[1.0]], [1.0, 2.0]),
    lambda: linalg.det(3.0), lambda: linalg.solve([[1.0]], 2.0), lambda: linalg.cholesky([[1.0, 2.0]]),
    lambda: linalg.trace([1.0]), lambda: linalg.norm(2.0), lambda: linalg.det("text"),
    lambda: linalg.slogdet(Value(1.0)),
])  # fmt: skip
def test_wrong_shapes(call: Callable[[], Any]) -> None:
    with pytest.raises(ShapeError):
        call()
    with pytest.raises(NumberError):
        linalg.det([["a"]])


def test_nan_and_infinity_go_through() -> None:
    assert all(map(math.isnan, entries(linalg.inv([[math.nan, 1.0], [1.0, 2.0]]).data)))
    assert linalg.solve([[1.0, 0.0], [0.0, 1.0]], [math.inf, 1.0]).data == [math.inf, 1.0]
    assert math.isnan(linalg.cholesky([[math.nan]]).data[0][0])
    x = Matrix([[2.0, 0.0], [0.0, 2.0]])
    sg.where(False, linalg.inv(x * math.inf)[0, 0], 1.0).backward()
    assert entries(x.grad) == [0.0] * 4  # what `where` masks contributes nothing


def test_matrices_of_nothing() -> None:
    nothing = Matrix([[1.0]])[:0, :0]
    assert linalg.det(nothing) == 1.0 and linalg.slogdet(nothing) == (1.0, 0.0) and linalg.trace(nothing) == 0.0
    assert linalg.inv(nothing).shape == linalg.cholesky(nothing).shape == (0, 0)
    assert linalg.solve(nothing, Vector([1.0])[:0]).shape == (0,)
    assert linalg.solve([[1.0], [2.0]][:1], Matrix([[1.0]])[:, :0]).shape == (1, 0)
    assert linalg.norm(Vector([1.0])[:0]) == 0.0
    with pytest.raises(ArgumentError, match="nothing"):
        linalg.norm(Vector([1.0])[:0], math.inf)


def test_numpy_in() -> None:
    numpy = pytest.importorskip("numpy")
    a = numpy.array([[4.0, 1.0], [2.0, 3.0]])
    assert numpy.allclose(linalg.inv(a).data, numpy.linalg.inv(a), rtol=1e-14)
    assert isinstance(linalg.inv(a).data, numpy.ndarray) and type(linalg.det(a)) is float
    x = Vector([1.0, 2.0])
    assert isinstance(linalg.solve(a, x), Vector) and isinstance(linalg.solve(a, x)[0], Value)
    assert array("d", linalg.solve(a, x).data) == array("d", linalg.solve(a.tolist(), x).data)
