"""Section G of the formula ledger: linear algebra, against the engine and the complex step."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import calculus, errors, linalg
from scalargrad.calculus.shapes import product, transpose
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_four_index, engine_gradient, engine_value, sizes, weighted
from tests.support.drawn import NUMBERS, SIZES, matrices, vectors
from tests.support.witness import Complex, complex_gradient, complex_jacobian, hold, witnessed


def norm(a: Any) -> float:
    """The largest sum of sizes of a row or a column."""
    return max(max(sum(map(abs, row)) for row in each) for each in (a, transpose(a)))


@st.composite
def regular(draw: Any, most: int = 3) -> list[list[float]]:
    """A square matrix that is far from singular: its condition number is at most 100. The inverse has at most 16 a row,
    so that the complex step, which knows derivatives up to the third, is far smaller than the matrix."""
    n = draw(st.integers(1, most))
    a = draw(matrices(n, n))
    shift = draw(st.sampled_from([-8.0, 0.0, 8.0]))
    found = [[item + shift * (i == j) for j, item in enumerate(row)] for i, row in enumerate(a)]
    try:
        inverse = calculus.inverse(found)
    except errors.ArgumentError:
        inverse = []
    assume(inverse and norm(found) * norm(inverse) <= 100.0 and norm(inverse) <= 16.0)
    return found


def complex_solve(a: Any, b: Any) -> Any:
    """Gauss's elimination on complex numbers."""
    n = len(a)
    rows = [[*map(complex, left), *map(complex, right)] for left, right in zip(a, b)]
    for k in range(n):
        chosen = max(range(k, n), key=lambda i: abs(rows[i][k].real))
        rows[k], rows[chosen] = rows[chosen], rows[k]
        for i in range(n):
            if i != k:
                factor = rows[i][k] / rows[k][k]
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k])]
    return [[x / row[k] for x in row[n:]] for k, row in enumerate(rows)]


def complex_inverse(a: Any) -> Any:
    return complex_solve(a, [[float(i == j) for j in range(len(a))] for i in range(len(a))])


def complex_determinant(a: Any) -> complex:
    if not a:
        return 1.0
    rest = [[row[:j] + row[j + 1 :] for row in a[1:]] for j in range(len(a))]
    return sum((-1) ** j * a[0][j] * complex_determinant(rest[j]) for j in range(len(a)))


def complex_cholesky(a: Any) -> Any:
    n = len(a)
    found: list[list[complex]] = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = a[i][j] - sum(found[i][k] * found[j][k] for k in range(j))
            found[i][j] = Complex.sqrt(rest) if i == j else rest / found[j][j]
    return found


def complex_weighted(y: Any, g: Any) -> complex:
    return sum(p * q for rows in zip(y, g) for p, q in zip(*rows))


def four_index(f: Any, a: Any) -> Any:
    found = complex_jacobian(f, a)
    n = len(a)
    return [found[n * i : n * i + n] for i in range(n)]


# --- G1 --------------------------------------------------------------------------------------------------------------


@given(st.data(), regular(), SIZES)
def test_G1_inverse(data: Any, a: Any, m: int) -> None:
    n, inv, solve = len(a), lambda v: linalg.inv(v).tolist(), lambda v, w: linalg.solve(v, w).tolist()
    d, g = data.draw(matrices(n, n)), data.draw(matrices(n, n))
    b, h = data.draw(matrices(n, m)), data.draw(matrices(n, m))
    x = calculus.inverse(a)
    big = norm(x)
    condition = norm(a) * big
    hold("G1", Comparison("A⁻¹", x, engine_value(inv, a), condition * big, n))
    jacobian, scale = calculus.inverse_jacobian(a), condition * big * big
    hold("G1", Comparison("Jacobian", jacobian, engine_four_index(inv, a), scale, n))
    hold("G1", witnessed("Jacobian", jacobian, four_index(complex_inverse, a), scale, n))
    pushed = [[sum(p * q for rows in zip(entry, d) for p, q in zip(*rows)) for entry in row] for row in jacobian]
    hold("G1", Comparison("tangent", calculus.inverse_tangent(a, d), pushed, scale * norm(d), n * n))
    pulled = calculus.inverse_adjoint(a, g)
    hold("G1", Comparison("adjoint", pulled, engine_gradient(lambda v: weighted(inv(v), g), a), scale * norm(g), n * n))
    witness = complex_gradient(lambda v: complex_weighted(complex_inverse(v), g), a)
    hold("G1", witnessed("adjoint", pulled, witness, scale * norm(g), n * n))
    hold("G1", Comparison("x", calculus.solve(a, b), engine_value(solve, a, b), condition * big * norm(b), n))
    both = calculus.solve_backward(a, b, h)
    of_both = scale * norm(h) * (norm(b) + 1.0 + norm(a))
    engine = engine_gradient(lambda v, w: weighted(solve(v, w), h), a, b)
    hold("G1", Comparison("solve", list(both), engine, of_both, n * (n + m)))
    witness = complex_gradient(lambda v, w: complex_weighted(complex_solve(v, w), h), a, b)
    hold("G1", witnessed("solve", list(both), witness, of_both, n * (n + m)))
    # what is pushed forward and what is pulled back are each other's adjoints
    left = sum(p * q for rows in zip(calculus.inverse_tangent(a, d), g) for p, q in zip(*rows))
    right = sum(p * q for rows in zip(pulled, d) for p, q in zip(*rows))
    hold("G1", Comparison("⟨dX, G⟩ = ⟨D, Ā⟩", left, right, n * n * scale * norm(d) * norm(g), n * n))


def test_G1_inverse_of_a_singular_matrix() -> None:
    for a in ([[0.0]], [[1.0, 2.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 1.0]]):
        with pytest.raises(errors.ArgumentError, match="singular"):
            calculus.inverse(a)
        with pytest.raises(errors.LinAlgError, match="singular"):
            linalg.inv(a)


# --- G2 --------------------------------------------------------------------------------------------------------------


@given(SIZES.flatmap(lambda n: matrices(n, n)), st.data())
def test_G2_determinant(a: Any, data: Any) -> None:
    """Of any matrix, also a singular one."""
    n = len(a)
    rows = [sum(map(abs, row)) for row in a]
    most = norm(a) ** n + 1e-300
    least = norm(a) ** (n - 1)
    assert most >= abs(calculus.determinant(a)) and len(rows) == n
    hold("G2", Comparison("det", calculus.determinant(a), engine_value(linalg.det, a), most, n * n))
    slopes, d = calculus.cofactors(a), data.draw(matrices(n, n))
    engine = engine_gradient(linalg.det, a)
    hold("G2", Comparison("cofactors", slopes, engine, least, n * n))
    hold("G2", witnessed("cofactors", slopes, complex_gradient(complex_determinant, a), least, n * n))
    pushed = [sum(p * q for each in zip(s, d) for p, q in zip(*each)) for s in (slopes, engine)]
    hold("G2", Comparison("tangent", *pushed, n * least * norm(d), n * n))


@given(regular())
def test_G2_determinant_logarithm(a: Any) -> None:
    n, x = len(a), calculus.inverse(a)
    condition = norm(a) * norm(x)
    slopes = calculus.log_determinant_gradient(a)
    engine = engine_gradient(lambda v: linalg.slogdet(v).logabsdet, a)
    hold("G2", Comparison("A⁻ᵀ", slopes, engine, condition * norm(x), n))
    d = complex_determinant(a)
    witness = complex_gradient(lambda v: Complex.log(complex_determinant(v) / d), a)
    hold("G2", witnessed("A⁻ᵀ", slopes, witness, 8.0 * condition**2 * norm(x), n * n))
    det = calculus.determinant(a)
    by_inverse = [[det * item for item in row] for row in slopes]
    hold("G2", Comparison("det(A) A⁻ᵀ", calculus.cofactors(a), by_inverse, norm(a) ** n * condition * norm(x), n * n))


# --- G3 --------------------------------------------------------------------------------------------------------------


@given(SIZES.flatmap(lambda n: st.tuples(matrices(n, n), matrices(n, n), matrices(n, n))))
def test_G3_cholesky(drawn: Any) -> None:
    m, d, g = drawn
    n, f = len(m), lambda v: linalg.cholesky(v).tolist()
    square = product(m, transpose(m))
    a = [[square[max(i, j)][min(i, j)] + 4.0 * (i == j) for j in range(n)] for i in range(n)]
    lower = calculus.cholesky(a)
    inverse = norm(calculus.inverse(a))
    condition, big = norm(a) * inverse, norm(lower)
    assume(condition <= 100.0)
    scale = condition**2 * big * inverse
    d = [[0.5 * (d[i][j] + d[j][i]) for j in range(n)] for i in range(n)]
    hold("G3", Comparison("L", lower, engine_value(f, a), condition * big, n))
    jacobian = engine_four_index(f, a)
    pushed = [[sum(p * q for rows in zip(entry, d) for p, q in zip(*rows)) for entry in row] for row in jacobian]
    tangent = calculus.cholesky_tangent(a, d)
    hold("G3", Comparison("tangent", tangent, pushed, scale * norm(d), n * n))
    hold("G3", witnessed("Jacobian", jacobian, four_index(complex_cholesky, a), 2.0 * scale, n * n))
    pulled = calculus.cholesky_adjoint(a, g)
    assert all(abs(p - q) <= 64 * n**3 * 2.0**-52 * scale * norm(g) for rows in zip(pulled, transpose(pulled))
               for p, q in zip(*rows))  # fmt: skip
    by_entry = [[pulled[i][j] * (2 if i > j else i == j) for j in range(n)] for i in range(n)]
    engine = engine_gradient(lambda v: weighted(f(v), g), a)
    hold("G3", Comparison("adjoint", by_entry, engine, 2.0 * scale * norm(g), n * n))
    witness = complex_gradient(lambda v: complex_weighted(complex_cholesky(v), g), a)
    hold("G3", witnessed("adjoint", by_entry, witness, 2.0 * scale * norm(g), n * n))
    left = sum(p * q for rows in zip(tangent, g) for p, q in zip(*rows))
    right = sum(p * q for rows in zip(pulled, d) for p, q in zip(*rows))
    hold("G3", Comparison("⟨dL, G⟩ = ⟨dA, Ā⟩", left, right, n * n * scale * norm(d) * norm(g), n * n))


def test_G3_cholesky_of_what_is_not_positive_definite() -> None:
    for a in ([[0.0]], [[-1.0]], [[1.0, 2.0], [2.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]):
        with pytest.raises(errors.ArgumentError, match="positive definite"):
            calculus.cholesky(a)
        with pytest.raises(errors.LinAlgError, match="positive definite"):
            linalg.cholesky(a)


# --- G4 --------------------------------------------------------------------------------------------------------------


@given(st.data(), SIZES, SIZES)
def test_G4_traces(data: Any, m: int, n: int) -> None:
    a, b, s = data.draw(matrices(m, n)), data.draw(matrices(n, m)), data.draw(matrices(m, m))
    slopes = calculus.trace_product_gradient(b)
    hold("G4", Comparison("Bᵀ", slopes, engine_gradient(lambda v: linalg.trace(sg.matmul(v, b)), a)))
    plain = lambda p, q: [[sum(x * y for x, y in zip(row, column)) for column in zip(*q)] for row in p]  # noqa: E731
    trace = lambda p: sum(p[k][k] for k in range(len(p)))  # noqa: E731
    hold("G4", witnessed("Bᵀ", slopes, complex_gradient(lambda v: trace(plain(v, b)), a)))
    engine = engine_value(lambda v: linalg.trace(sg.matmul(v, b)), a)
    most = trace(plain(sizes(a), sizes(b)))
    hold("G4", Comparison("tr(AB)", calculus.trace(product(a, b)), engine, most, m + n))
    slopes, scale = calculus.quadratic_trace_gradient(a, s), calculus.quadratic_trace_gradient(sizes(a), sizes(s))
    engine = engine_gradient(lambda v: linalg.trace(sg.matmul(sg.matmul(sg.Matrix(v).T, s), v)), a)
    hold("G4", Comparison("(B + Bᵀ)A", slopes, engine, scale, m))
    witness = complex_gradient(lambda v: trace(plain(plain([list(r) for r in zip(*v)], s), v)), a)
    hold("G4", witnessed("(B + Bᵀ)A", slopes, witness, scale, m + n))
    u, v = data.draw(vectors(m)), data.draw(vectors(n))
    slopes = calculus.bilinear_gradient(u, v)
    hold("G4", Comparison("abᵀ", slopes, engine_gradient(lambda x: sg.dot(u, sg.matmul(x, v)), a)))
    witness = complex_gradient(lambda x: Complex.dot(u, [Complex.dot(r, v) for r in x]), a)
    hold("G4", witnessed("abᵀ", slopes, witness, [[abs(p * q) for q in v] for p in u], m + n))


@given(NUMBERS)
def test_G4_traces_of_one_number(x: float) -> None:
    assert calculus.trace([[x]]) == x and calculus.bilinear_gradient([x], [1.0]) == [[x]]
