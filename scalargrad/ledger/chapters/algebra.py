"""Chapter G of the ledger: linear algebra. Each adjoint pulled back, each tangent pushed forward, each Jacobian."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.arrays import linalg
from scalargrad.calculus import linear_algebra
from scalargrad.calculus.shapes import product, transpose
from scalargrad.errors import ArgumentError
from scalargrad.ledger.engine import engine_four_index, engine_gradient, engine_value, sizes, weighted
from scalargrad.ledger.row import TERMS, Row, row
from scalargrad.ledger.work import Work

_HARD = 1e8  # a condition number that hides half of the digits


def _norm(a: Any) -> float:
    """The largest sum of sizes of a row or a column, so that it bounds the transpose too."""
    return max(max(math.fsum(r) for r in each) for each in (sizes(a), transpose(sizes(a))))


def _regular(work: Work, a: Any, inverse: Any) -> float:
    """The condition number of a matrix, which may not hide all digits."""
    condition = _norm(a) * _norm(inverse)
    work.need(
        condition < _HARD, f"A is nearly singular: its condition number is {condition:.3g}, so few digits are left"
    )
    return condition


def _near_unit(a: Any) -> Any:
    """A matrix with a dominant diagonal, which is far from singular. The diagonal keeps its signs."""
    return [[0.25 * item + math.copysign(4.0, item) * (i == j) for j, item in enumerate(r)] for i, r in enumerate(a)]


def _unit(n: int) -> Any:
    return [[float(i == j) for j in range(n)] for i in range(n)]


def _pushed(jacobian: Any, d: Any) -> Any:
    """Σ of a four-index Jacobian times a matrix: where the result moves."""
    return [[math.fsum(p * q for rows in zip(entry, d) for p, q in zip(*rows)) for entry in r] for r in jacobian]


def _moved(slopes: Any, d: Any) -> float:
    return math.fsum(p * q for rows in zip(slopes, d) for p, q in zip(*rows))


# The engine's functions of nested lists, of numbers or Values, by name.
OPERATIONS: dict[str, Callable[..., Any]] = {
    "inv": lambda a: linalg.inv(a).tolist(),
    "solve": lambda a, b: linalg.solve(a, b).tolist(),
    "cholesky": lambda a: linalg.cholesky(a).tolist(),
    "det": linalg.det,
    "slogdet": lambda a: list(linalg.slogdet(a)),
    "trace": linalg.trace,
}


def _g1(work: Work) -> None:
    a, b, d, g, h = work.draw(3.0, 1, 4, A="n n", B="n m", D="n n", G="n n", H="n m")
    a = work.default("A", _near_unit(a))
    x = c.inverse(a)
    condition, big, n = _regular(work, a, x), _norm(x), len(a)
    inv, solve = OPERATIONS["inv"], OPERATIONS["solve"]
    own, jacobian = engine_value(inv, a), engine_four_index(inv, a)
    work.step("A A⁻¹ = I", "AA^{-1} = I", _unit(n), product(a, own), condition**2, n)
    moved = product(d, own)
    work.step("dA A⁻¹ + A dA⁻¹ = 0, for dA = D", r"dA\,A^{-1} + A\,dA^{-1} = 0", [[-p for p in r] for r in moved],
              product(a, _pushed(jacobian, d)), condition**2 * big * _norm(d), n * n)  # fmt: skip
    work.result("A⁻¹", x, own, condition * big, n)
    work.result("∂(A⁻¹)_ij/∂A_kl = -(A⁻¹)_ik (A⁻¹)_lj", c.inverse_jacobian(a), jacobian, condition * big * big, n)
    work.result("the tangent pushed forward: dA⁻¹ = -A⁻¹ dA A⁻¹, for dA = D", c.inverse_tangent(a, d),
                _pushed(jacobian, d), condition * big * big * _norm(d), n * n)  # fmt: skip
    pulled = engine_gradient(lambda v: weighted(inv(v), g), a)
    work.result("the adjoint pulled back: Ā = -A⁻ᵀ G A⁻ᵀ, for the adjoint G of A⁻¹", c.inverse_adjoint(a, g), pulled,
                condition * big * big * _norm(g), n * n)  # fmt: skip
    by_a, by_b = engine_gradient(lambda v, w: weighted(solve(v, w), h), a, b)
    left, right = c.solve_backward(a, b, h)
    work.result("x = A⁻¹B", c.solve(a, b), engine_value(solve, a, b), condition * big * _norm(b), n)
    work.result("B̄ = A⁻ᵀx̄, for x̄ = H", right, by_b, condition * big * _norm(h), n)
    work.result("Ā = -B̄xᵀ", left, by_a, condition * big * big * _norm(h) * _norm(b), n * (n + len(b[0])))


def _g2(work: Work) -> None:
    a, d = work.draw(3.0, 1, 4, A="n n", D="n n")
    a = work.default("A", _near_unit(a))
    det, slogdet = OPERATIONS["det"], OPERATIONS["slogdet"]
    value, n = c.determinant(a), len(a)
    rows = [math.fsum(r) for r in sizes(a)]
    most = math.prod(rows)  # at least the sum of the sizes of all products
    least = max(math.prod(rows[:k] + rows[k + 1 :]) for k in range(n))
    slopes = engine_gradient(det, a)
    work.result("det A", value, engine_value(det, a), most, n * n)
    work.result("∂det A/∂A, the cofactors", c.cofactors(a), slopes, least, n * n)
    work.result("the tangent pushed forward: d det A = Σ (∂det A/∂A) ⊙ dA, for dA = D", _moved(c.cofactors(a), d),
                _moved(slopes, d), n * least * _norm(d), n * n)  # fmt: skip
    singular = [list(r) for r in a[:-1]] + [[2.0 * item for item in a[0]] if n > 1 else [0.0]]
    work.result("the same where A is singular, its last row made twice the first (0 if it is the only one)",
                c.cofactors(singular), engine_gradient(det, singular), 2.0 * least, n * n)  # fmt: skip
    try:
        x = c.inverse(a)
    except ArgumentError:
        x = []
    if not x or _norm(a) * _norm(x) > _HARD:
        work.note(**{"left out": "log|det A| and A⁻ᵀ, as A is singular, or nearly so"})
        return
    condition, big = _norm(a) * _norm(x), _norm(x)
    by_inverse = [[value * item for item in r] for r in transpose(x)]
    work.step("∂det A/∂A = det(A) A⁻ᵀ, where there is an inverse",
              r"\frac{\partial\det A}{\partial A} = \det(A) A^{-T}", by_inverse, slopes,
              condition * (abs(value) * big + least), n * n)  # fmt: skip
    own = engine_value(slogdet, a)
    logarithm = math.log(abs(value))
    work.result("the sign of det A, and log|det A|", [math.copysign(1.0, value), logarithm], own,
                [0.0, 1.0 + abs(logarithm) + condition], n * n)  # fmt: skip
    work.result("∂log|det A|/∂A = A⁻ᵀ", c.log_determinant_gradient(a),
                engine_gradient(lambda v: slogdet(v)[1], a), condition * big, n)  # fmt: skip


def _g3(work: Work) -> None:
    a, d, g = work.draw(1.5, 1, 4, A="n n", D="n n", G="n n")
    square = product(a, transpose(a))
    near = [[0.125 * item + 2.0 * (i == j) for j, item in enumerate(r)] for i, r in enumerate(square)]
    a = work.default("A", near)
    work.need(a == transpose(a), "A must be symmetric, as it is L times its transpose")
    lower, n = c.cholesky(a), len(a)
    inverse = linear_algebra.inverse(a)
    condition, big = _regular(work, a, inverse), _norm(lower)
    d = [[0.5 * (p + q) for p, q in zip(*rows)] for rows in zip(d, transpose(d))]
    work.note(D=d)
    cholesky = OPERATIONS["cholesky"]
    own, jacobian = engine_value(cholesky, a), engine_four_index(cholesky, a)
    slope = condition * big * _norm(inverse)
    whole, half = product(own, transpose(own)), c.lower_half(a)
    work.step("L Lᵀ = A", "LL^T = A", a, whole, condition * _norm(a), n)
    work.step("Φ(A) + Φ(A)ᵀ = A, for the symmetric A = L Lᵀ", r"\Phi(A) + \Phi(A)^T = A",
              [[p + q for p, q in zip(*rows)] for rows in zip(half, transpose(half))], whole, condition * _norm(a),
              n)  # fmt: skip
    work.result("L", lower, own, condition * big, n)
    pushed = _pushed(jacobian, d)
    halves = product(pushed, transpose(own))
    both = [[p + q for p, q in zip(*rows)] for rows in zip(halves, transpose(halves))]
    work.step("dL Lᵀ + L dLᵀ = dA, for the symmetric dA = ½(D + Dᵀ)", r"dL\,L^T + L\,dL^T = dA", d, both,
              slope * big * _norm(d), n * n)  # fmt: skip
    work.result("the tangent pushed forward: dL = L Φ(L⁻¹ dA L⁻ᵀ)", c.cholesky_tangent(a, d), pushed, slope * _norm(d),
                n * n)  # fmt: skip
    # an entry below the diagonal stands for its mirror image too, and one above is not read
    by_entry = [[[[0.0] * n for _ in range(n)] for _ in range(n)] for _ in range(n)]
    for k in range(n):
        for m in range(k + 1):
            axis = [[float((i, j) in ((k, m), (m, k))) for j in range(n)] for i in range(n)]
            for i, r in enumerate(c.cholesky_tangent(a, axis)):
                for j, item in enumerate(r):
                    by_entry[i][j][k][m] = item
    work.result("∂L_ij/∂A_kl: an entry of A below the diagonal moves its mirror image too, and one above is not read",
                by_entry, jacobian, 2.0 * slope, n * n)  # fmt: skip
    slopes = engine_gradient(lambda v: weighted(cholesky(v), g), a)
    each = [[item if i == j else 0.5 * item for j, item in enumerate(r)] for i, r in enumerate(slopes)]
    symmetric = [[each[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)]
    work.result("the adjoint pulled back: Ā = ½ L⁻ᵀ(P + Pᵀ)L⁻¹ with P = Φ(LᵀG), and the engine's, half on each side of"
                " the diagonal", c.cholesky_adjoint(a, g), symmetric, slope * _norm(g), n * n)  # fmt: skip


def _g4(work: Work) -> None:
    a, b, s, d, x, u, v = work.draw(3.0, 1, 4, A="m n", B="n m", S="m m", D="m n", X="p q", a="p", b="q")

    trace = OPERATIONS["trace"]

    def of_product(w: Any) -> Any:
        return trace(sg.matmul(w, b))

    def of_square(w: Any) -> Any:
        return trace(sg.matmul(sg.matmul(sg.Matrix(w).T, s), w))

    def bilinear(w: Any) -> Any:
        return sg.dot(u, sg.matmul(w, v))

    m, n, p = len(a), len(a[0]), len(x)
    sums = product(sizes(a), sizes(b))
    slopes, most = engine_gradient(of_product, a), c.trace(sums)
    work.result("tr(AB)", c.trace(product(a, b)), engine_value(of_product, a), most, m + n)
    work.result("∂tr(AB)/∂A = Bᵀ", c.trace_product_gradient(b), slopes)
    work.result("the tangent pushed forward: d tr(AB) = tr(dA B), for dA = D", c.trace(product(d, b)),
                _moved(slopes, d), c.trace(product(sizes(d), sizes(b))), m + n)  # fmt: skip
    square = product(product(transpose(a), s), a)
    most = c.trace(product(product(transpose(sizes(a)), sizes(s)), sizes(a)))
    scale = c.quadratic_trace_gradient(sizes(a), sizes(s))
    slopes = engine_gradient(of_square, a)
    work.result("tr(AᵀBA), of the square B = S", c.trace(square), engine_value(of_square, a), most, 2 * m + n)
    work.result("∂tr(AᵀBA)/∂A = (B + Bᵀ)A", c.quadratic_trace_gradient(a, s), slopes, scale, m)
    work.result("the tangent pushed forward: d tr(AᵀBA) = Σ ((B + Bᵀ)A) ⊙ dA",
                _moved(c.quadratic_trace_gradient(a, s), d), _moved(slopes, d), _moved(scale, sizes(d)),
                m + m * n)  # fmt: skip
    value = math.fsum(p * q for p, q in zip(u, [c.dot(r, v) for r in x]))
    work.result("aᵀXb", value, engine_value(bilinear, x), _moved(sizes(x), c.bilinear_gradient(sizes(u), sizes(v))),
                p + len(v))  # fmt: skip
    work.result("∂(aᵀXb)/∂X = abᵀ", c.bilinear_gradient(u, v), engine_gradient(bilinear, x))


_CONDITION = "S has the norms of the factors and the condition number of A, by which elimination magnifies roundings"

ROWS: tuple[Row, ...] = (
    row("G1", "inverse, and linear equations", "dA⁻¹ = -A⁻¹ dA A⁻¹; x = A⁻¹b: b̄ = A⁻ᵀx̄, Ā = -b̄xᵀ",
        r"$dA^{-1} = -A^{-1}\,dA\,A^{-1}$; $x = A^{-1}b$: $\bar b = A^{-T}\bar x$, $\bar A = -\bar b x^T$",
        "inverse inverse_jacobian inverse_tangent inverse_adjoint solve solve_backward", "inverse", 16, _CONDITION,
        "GI inverse", _g1),
    row("G2", "determinant", "∂det A/∂A = det(A) A⁻ᵀ, of a singular A the cofactors; ∂log|det A|/∂A = A⁻ᵀ",
        r"$\frac{\partial\det A}{\partial A} = \det(A)A^{-T}$, of a singular $A$ the cofactors;"
        r" $\frac{\partial\log|\det A|}{\partial A} = A^{-T}$",
        "determinant cofactors log_determinant_gradient inverse",
        "determinant", 16, "S is the product of the sums of rows, all but one for a cofactor; of the logarithm as G1",
        "GI determinant", _g2),
    row("G3", "Cholesky's factor", "A = LLᵀ: dL = L Φ(L⁻¹ dA L⁻ᵀ), Φ the lower triangle with half its diagonal;"
        " Ā = ½ L⁻ᵀ(P + Pᵀ)L⁻¹ with P = Φ(LᵀL̄)",
        r"$A = LL^T$: $dL = L\,\Phi(L^{-1}\,dA\,L^{-T})$, $\Phi$ the lower triangle with half its diagonal;"
        r" $\bar A = \frac12 L^{-T}(P+P^T)L^{-1}$ with $P = \Phi(L^T\bar L)$",
        "cholesky cholesky_tangent cholesky_adjoint lower_half", "cholesky", 16, _CONDITION,
        "GI Cholesky factorisation", _g3),
    row("G4", "traces and products", "∂tr(AB)/∂A = Bᵀ, ∂tr(AᵀBA)/∂A = (B + Bᵀ)A, ∂(aᵀXb)/∂X = abᵀ",
        r"$\frac{\partial\,\mathrm{tr}(AB)}{\partial A} = B^T$, $\frac{\partial\,\mathrm{tr}(A^TBA)}{\partial A} ="
        r" (B+B^T)A$, $\frac{\partial(a^TXb)}{\partial X} = ab^T$",
        "trace trace_product_gradient quadratic_trace_gradient bilinear_gradient", "traces", 4, TERMS,
        "MC traces; MC products", _g4),
)  # fmt: skip
