"""Chapter B of the ledger: Jacobians."""

from __future__ import annotations

import math
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.shapes import diagonal, product, transpose
from scalargrad.ledger.chapters import misprints
from scalargrad.ledger.chapters.chain import SQUARE_TIMES, TIMES, TWICE_PLUS
from scalargrad.ledger.chapters.elementwise import b4, b6, b10, b11
from scalargrad.ledger.compare import EPSILON
from scalargrad.ledger.engine import (
    engine_gradient,
    engine_jacobian,
    engine_value,
    polynomial,
    positive,
    sizes,
)
from scalargrad.ledger.row import COPIES, TERMS, Row, row
from scalargrad.ledger.work import Work


def _b1(work: Work) -> None:
    x, y = work.draw(x="", y="")
    at, both = [x, y], (SQUARE_TIMES, TWICE_PLUS)
    rows = [c.polynomial_gradient(terms, at) for terms in both]
    scale = [c.polynomial_gradient(positive(terms), sizes(at))[0] for terms in both]
    engine = engine_jacobian(lambda v: [polynomial(terms, v) for terms in both], at)
    for what, gradient, own, size in zip(("3x²y", "2x + y⁸"), rows, engine, scale):
        work.step(
            f"∇({what}), a row", rf"\nabla({what})".replace("²", "^2").replace("⁸", "^8"), gradient, [own], [size], 4
        )
    work.jacobian("∂(3x²y, 2x + y⁸)/∂(x, y)", lambda layout: c.stack_gradients(rows, layout), engine, scale, 4)
    # in general m×n: three functions of two variables
    several = (SQUARE_TIMES, TWICE_PLUS, TIMES)
    rows = [c.polynomial_gradient(terms, at) for terms in several]
    scale = [c.polynomial_gradient(positive(terms), sizes(at))[0] for terms in several]
    engine = engine_jacobian(lambda v: [polynomial(terms, v) for terms in several], at)
    work.jacobian("m×n = 3×2: ∂(3x²y, 2x + y⁸, xy)/∂(x, y)", lambda layout: c.stack_gradients(rows, layout), engine,
                  scale, 4)  # fmt: skip


def _b2(work: Work) -> None:
    (x,) = work.draw(x="n")
    work.result("∂x/∂x = I", c.identity_jacobian(len(x)), engine_jacobian(lambda v: v, x))


def _b3(work: Work) -> None:
    x, d = work.draw(x="n", d="n")
    jacobian, own = c.softmax_jacobian(x), engine_jacobian(sg.softmax, x)
    value, at_x = c.softmax(x), engine_value(sg.softmax, x)

    def moved_by(scale: float) -> tuple[list[float], Any]:
        """The step that x + Δ makes in floats, and the softmax there."""
        there = [a + scale * b for a, b in zip(x, d)]
        return [a - b for a, b in zip(there, x)], engine_value(sg.softmax, there)

    def reach(scale: float) -> list[float]:
        """How far that step is at most, with the rounding of x + Δ."""
        return [abs(scale * b) + EPSILON * abs(a) for a, b in zip(x, d)]

    size = [[p * ((i == j) + q) for j, q in enumerate(value)] for i, p in enumerate(value)]
    work.step("∂f/∂x of f = softmax: J = diag(p) - ppᵀ", r"J = \mathrm{diag}(p) - pp^T", jacobian, own, size,
              len(x))  # fmt: skip
    _of_one(work, x[0], 2.0**-20 * d[0])
    for scale in (2.0**-18, 2.0**-20, 2.0**-22):
        step, moved = moved_by(scale)
        remainder = sum(item * item for item in reach(scale))  # ½‖f''‖·‖Δ‖², with ‖f''‖ ≤ 2
        near = c.linear_approximation(value, jacobian, step)
        work.result(
            f"f + JΔ, and the engine's f(x + Δ), for f = softmax and Δ = {scale:.6g}·d", near, moved, 4.0, 1, remainder
        )
    # what remains is quadratic: at half of Δ it is a quarter, up to the third order
    (large, _), (small, half) = moved_by(2.0**-16), moved_by(2.0**-17)
    there = c.softmax([a + b for a, b in zip(x, large)])
    whole = [p - q for p, q in zip(there, c.linear_approximation(value, jacobian, large))]
    halved = [p - math.fsum([q, *(a * b for a, b in zip(r, small))]) for p, q, r in zip(half, at_x, own)]
    third = sum(reach(2.0**-16)) ** 3
    quarter = [item / 4.0 for item in whole]
    work.step("the remainder at ½Δ is a quarter of that at Δ = d/65536",
              r"r(\tfrac12\Delta) \approx \tfrac14 r(\Delta)", quarter, halved, 4.0, 1, third)  # fmt: skip


def _of_one(work: Work, x: float, distance: float) -> None:
    """The same of a function of one variable, the sine of the first number."""
    there = x + distance
    dx, size = there - x, 1.0 + abs(x)
    own = engine_gradient(sg.sin, x) * dx
    work.step("of one variable, y = sin(x₁): Δy = y'(x₁)Δx for Δx = 9.53674e-07·d₁, beside the engine's y' times Δx",
              r"\Delta y = y'(x)\,\Delta x", math.cos(x) * dx, own, size * abs(dx))  # fmt: skip
    work.step("of one variable: y + Δy, beside the engine's y at x₁ + Δx, up to O(Δx²)",
              r"y(x+\Delta x) \approx y(x) + y'(x)\,\Delta x", math.sin(x) + math.cos(x) * dx,
              engine_value(sg.sin, there), size, 1, dx * dx)  # fmt: skip


def _b5(work: Work) -> None:
    (x,) = work.draw(x="n")
    n = len(x)
    shown = ["2x₁", "x₃²", "x₁ + 3x₂"] if n > 2 else ["2x₁", "x₁ + 3x₂"][:n]
    if n < 3:
        work.note(**{"left out": "x₃², since x has 2 numbers" if n > 1 else "x₃² and x₁ + 3x₂, since x has 1 number"})
    square, both = [{2: 2.0 * item} for item in x[2:3]], [{0: 1.0, 1: 3.0} for _ in x[1:2]]
    engine = engine_jacobian(lambda v: [v[0] * 2.0, *(item * item for item in v[2:3]), *(v[0] + 3.0 * item
                             for item in v[1:2])], x)  # fmt: skip
    work.result(f"∂({', '.join(shown)})/∂x", c.sparse_jacobian([{0: 2.0}, *square, *both], n), engine)
    work.result("∂(x₁², x₂², …)/∂x, diagonal: output i reads input i alone", diagonal([2.0 * item for item in x]),
                engine_jacobian(lambda v: [item * item for item in v], x))  # fmt: skip


def _b7(work: Work) -> None:
    x, z, a = work.draw(x="n", z="", A="m n")
    ones = [1.0] * len(x)
    work.step("∂Σx/∂xᵢ = ∂xᵢ/∂xᵢ = 1", r"\nabla\,\mathrm{sum}(x) = \vec 1^T", ones, engine_gradient(sg.sum, x))
    work.gradient("∂Σx/∂x = 1ᵀ", lambda layout: c.sum_gradient(c.identity_jacobian(len(x)), layout=layout),
                  engine_gradient(sg.sum, x))  # fmt: skip
    jacobian = [[p * math.cos(q) for p, q in zip(r, x)] for r in a]
    engine = engine_gradient(lambda v: sg.sum([sg.sum([p * sg.sin(q) for p, q in zip(r, v)]) for r in a]), x)
    scale = [sum(abs(r[j]) for r in a) * (1 + abs(x[j])) for j in range(len(x))]
    work.gradient("∂Σf(x)/∂x for f = A sin(x): the column sums of J", lambda layout: c.sum_gradient(jacobian,
                  layout=layout), engine, scale, len(a))  # fmt: skip
    inside = [math.fsum(r[j] for r in jacobian) for j in range(len(x))]
    work.step("∂/∂xⱼ Σᵢ fᵢ(x) = Σᵢ ∂fᵢ/∂xⱼ: ∂ moves inside Σ",
              r"\frac{\partial}{\partial x_j}\sum_i f_i(x) = \sum_i\frac{\partial f_i(x)}{\partial x_j}", inside,
              engine, scale, len(a))  # fmt: skip
    by_x, by_z = engine_gradient(lambda v, s: sg.sum([item * s for item in v]), x, z)
    work.gradient("∂Σ(xz)/∂x = [z … z]", lambda layout: c.scaled_sum_gradients(x, z, layout)[0], by_x)
    work.result("∂Σ(xz)/∂z = Σx", c.scaled_sum_gradients(x, z)[1], by_z, sum(sizes(x)), len(x))


def _b8(work: Work) -> None:
    (x,) = work.draw(x="")
    work.need(1e-150 <= abs(x) <= 1e150,
              f"x must be from 1e-150 to 1e150 in size, since ln x² does not exist at 0, and x²"
              f" over- or underflows beyond; it is {x:g}")  # fmt: skip
    outer, inner = c.log_sine_factors(x)
    g = [x * x, 3.0 * x]
    work.step("g = [x², 3x], ∂g/∂x = [2x, 3]", r"\frac{\partial g}{\partial x} = [2x,\ 3]^T", inner,
              engine_jacobian(lambda v: [v[0] * v[0], 3.0 * v[0]], [x]))  # fmt: skip
    work.step("f = [ln g₁, sin g₂], ∂f/∂g = diag(1/g₁, cos g₂)",
              r"\frac{\partial f}{\partial g} = \mathrm{diag}(1/g_1, \cos g_2)", outer,
              engine_jacobian(lambda v: [sg.log(v[0]), sg.sin(v[1])], g), [[outer[0][0], 0.0], [0.0,
              1 + abs(g[1])]])  # fmt: skip
    engine = engine_jacobian(lambda v: [sg.log(v[0] ** 2), sg.sin(3.0 * v[0])], [x])
    scale = [[abs(engine[0][0])], [3.0 * (1 + abs(3.0 * x))]]
    paths = [[outer[i][k] * inner[k][0] for k in range(2)] for i in range(2)]
    work.step("the sums over both paths: 1/g₁·2x + 0, and 0 + 3cos g₂",
              r"\frac{1}{g_1}2x + 0,\ 0 + \cos(g_2)\,3", [[math.fsum(path)] for path in paths], engine,
              scale)  # fmt: skip
    work.step("∂f/∂g · ∂g/∂x", r"\frac{\partial f}{\partial g}\frac{\partial g}{\partial x}", c.chain_jacobians(outer,
              inner), engine, scale)  # fmt: skip
    work.jacobian("dy/dx = [2/x, 3cos 3x]", lambda layout: c.log_sine_derivative(x, layout), engine, scale)
    value = engine_value(lambda v: [sg.log(v * v), sg.sin(3.0 * v)], x)
    at_zero = engine_value(lambda v: [sg.log(v * v), sg.sin(3.0 * v)], 0.0)
    work.besides("y at x = 0", c.log_sine(0.0), at_zero)
    work.result("y = [ln x², sin 3x]", c.log_sine(x), value, [1 + abs(value[0]), 1 + abs(3.0 * x)])


def _b9(work: Work) -> None:
    a, b, x, d = work.draw(1.0, A="m k", B="k n", x="n", d="n")
    n = len(x)
    middle = [sum(p * math.sin(q) for p, q in zip(r, x)) for r in b]
    outer = product(a, c.elementwise_function_jacobian(math.cos, middle))
    inside = product(b, c.elementwise_function_jacobian(math.cos, x))

    def layer(w: Any, v: Any) -> Any:
        return [sg.dot(r, [sg.sin(item) for item in v]) for r in w]

    work.step("∂g/∂x of g = B sin(x), k×n", r"\frac{\partial g}{\partial x},\ k\times n", inside,
              engine_jacobian(lambda v: layer(b, v), x), [[abs(p) * (1 + abs(q)) for p, q in zip(r, x)] for r in b],
              n)  # fmt: skip
    work.step("∂f/∂g of f = A sin(g), m×k", r"\frac{\partial f}{\partial g},\ m\times k", outer,
              engine_jacobian(lambda v: layer(a, v), middle), [[abs(p) * (1 + abs(q)) for p, q in zip(r, middle)]
              for r in a], n)  # fmt: skip
    scale = [[item * (1 + n) for item in r] for r in product(sizes(a), sizes(b))]

    def through_one(k: int, t: Any) -> Any:
        """f₁ as x₁ moves gₖ alone, and no other component of g."""
        return layer(a, [*middle[:k], layer(b, [t, *x[1:]])[k], *middle[k + 1 :]])[0]

    paths = [p * r[0] for p, r in zip(outer[0], inside)]
    own = [engine_gradient(lambda t: through_one(k, t), x[0]) for k in range(len(b))]
    size = [abs(p * r[0]) * (1 + abs(x[0]) + sum(map(abs, r))) for p, r in zip(a[0], b)]
    work.step("∂f₁/∂gₖ ∂gₖ/∂x₁ for each k, which is what x₁ adds to f₁ by way of gₖ alone",
              r"\frac{\partial f_1}{\partial g_k}\frac{\partial g_k}{\partial x_1},\ k = 1, 2, \ldots", paths, own,
              size, n)  # fmt: skip
    whole = engine_jacobian(lambda v: layer(a, layer(b, v)), x)
    work.step("∂f₁/∂x₁ = Σₖ ∂f₁/∂gₖ ∂gₖ/∂x₁, their sum (in CH: ∂y₁/∂v₁ = Σₖ ∂y₁/∂uₖ ∂uₖ/∂v₁)",
              r"\frac{\partial f_1}{\partial x_1} = \sum_k \frac{\partial f_1}{\partial g_k}"
              r"\frac{\partial g_k}{\partial x_1}", math.fsum(paths), whole[0][0], scale[0][0], len(b) + n)  # fmt: skip
    column = [[item] for item in d]
    work.step("J_f(g(x)) (J_g(x) d), one linear map after the other, is (J_f J_g) d, by the product of the matrices: a"
              " column m×1, as d is n×1", r"J_f\,(J_g\,d) = (J_f J_g)\,d", product(outer, product(inside, column)),
              product(whole, column), product(scale, sizes(column)), len(b) + n)  # fmt: skip

    def chained(layout: Any) -> Any:
        if layout == "numerator":
            return c.chain_jacobians(outer, inside)
        return c.chain_jacobians(transpose(outer), transpose(inside), layout=layout)

    work.jacobian("∂f(g(x))/∂x = ∂f/∂g ∂g/∂x, m×n", chained, whole, scale, len(b))  # fmt: skip
    last = diagonal(math.cos(item) for item in x)
    three = c.chain_jacobians(a, b, last)
    engine = engine_jacobian(lambda v: [sg.dot(r, [sg.dot(s, [sg.sin(t) for t in v]) for s in b]) for r in a], x)
    work.result("∂(A B sin x)/∂x = A B diag(cos x), a chain of three", three, engine, [[item * (1 + abs(x[j]))
                for j, item in enumerate(r)] for r in product(sizes(a), sizes(b))], len(b) + n)  # fmt: skip


def _b12(work: Work) -> None:
    x, a, b = work.draw(x="m", a="m", B="n m")
    y, z = sum(p * q for p, q in zip(a, x)), [sum(p * q for p, q in zip(r, x)) for r in b]
    column, turned = [[item] for item in a], transpose(b)
    work.step("y = a·x: ∂y/∂x = a, M×1 (steps 1 and 2 in denominator layout)", r"\frac{\partial y}{\partial x} = a",
              column, [[item] for item in engine_gradient(lambda v: sg.dot(a, v), x)])  # fmt: skip
    work.step("z = Bx: ∂z/∂x = Bᵀ, M×N", r"\frac{\partial z}{\partial x} = B^T", turned,
              transpose(engine_jacobian(lambda v: [sg.dot(r, v) for r in b], x)))  # fmt: skip
    engine = engine_jacobian(lambda v: [sg.dot(a, v) * sg.dot(r, v) for r in b], x)
    most = sum(abs(p * q) for p, q in zip(a, x)), [sum(abs(p * q) for p, q in zip(r, x)) for r in b]
    scale = [[most[0] * abs(r[j]) + most[1][i] * abs(a[j]) for j in range(len(x))] for i, r in enumerate(b)]
    by_hand = [[y * r[j] + z[i] * a[j] for j in range(len(x))] for i, r in enumerate(b)]
    work.step("d(y z) = z dy + y dz = (z (∂y/∂x)ᵀ + y (∂z/∂x)ᵀ) dx: the factor of dx, z aᵀ + y B, N×M",
              r"d(yz) = z\,dy + y\,dz = \Bigl(z\,\bigl(\tfrac{\partial y}{\partial x}\bigr)^T + "
              r"y\,\bigl(\tfrac{\partial z}{\partial x}\bigr)^T\Bigr)dx = (z\,a^T + y\,B)\,dx", by_hand, engine, scale,
              len(x))  # fmt: skip
    work.result("∂(y z)/∂x = y ∂z/∂x + ∂y/∂x zᵀ = y Bᵀ + a zᵀ, M×N, denominator layout", c.scaled_vector_jacobian(y,
                column, z, turned, "denominator"), transpose(engine), transpose(scale), len(x))  # fmt: skip
    work.result("its transpose y B + z aᵀ, N×M, numerator layout", c.scaled_vector_jacobian(y, [a], z, b), engine,
                scale, len(x))  # fmt: skip


def _b13(work: Work) -> None:
    (x,) = work.draw(x="n")
    work.need(max(x) <= 709.0, f"x must have numbers of 709 or less, since e^x overflows beyond; it has {max(x):g}")
    e = [math.exp(item) for item in x]
    engine = engine_gradient(lambda v: sg.sum([sg.exp(item) for item in v]), x)
    work.result("∂exp(x)/∂x = diag(exp x)", c.exp_jacobian(x),
                engine_jacobian(lambda v: [sg.exp(item) for item in v], x))  # fmt: skip
    each = [engine_gradient(sg.exp, item) for item in x]
    work.step("d(1ᵀexp x) = 1ᵀ(exp'(x) ⊙ dx), the factors of dx", r"d(\vec1^T e^x) = \vec1^T(\exp'(x)\odot dx)", e,
              each)  # fmt: skip
    work.step("d(1ᵀexp x) = (1 ⊙ exp x)ᵀ dx, the factors of dx", r"d(\vec1^T e^x) = (\vec1\odot e^x)^T dx", e, engine)
    work.result("∂(1ᵀexp x)/∂x = exp(x)ᵀ, numerator layout", c.sum_exp_jacobian(x), [engine])
    work.result("∂(1ᵀexp x)/∂x = exp(x), denominator layout", c.sum_exp_jacobian(x, "denominator"),
                [[item] for item in engine])  # fmt: skip


def _b14(work: Work) -> None:
    x, a, b, d = work.draw(1.0, x="m", a="m", B="n m", d="m")
    moved = [p + 2.0**-20 * q for p, q in zip(x, d)]
    dx = [p - q for p, q in zip(moved, x)]
    work.note(dx=dx)

    def values(v: Any) -> tuple[Any, Any]:
        return sg.dot(a, v), [sg.sin(sg.dot(r, v)) for r in b]

    (own_y, own_z), (after_y, after_z) = engine_value(values, x), engine_value(values, moved)
    y, inside = sum(p * q for p, q in zip(a, x)), [sum(p * q for p, q in zip(r, x)) for r in b]
    z = [math.sin(item) for item in inside]
    dy = sum(p * q for p, q in zip(a, dx))
    dz = c.differential([[math.cos(item) * p for p in r] for item, r in zip(inside, b)], dx)
    # what is added up in y and in the sines, and how far both move at most
    top, far = ([sum(abs(p) * size for p, size in zip(r, size_of)) for r in [a, *b]]
                for size_of in ([abs(p) + abs(q) for p, q in zip(x, dx)], sizes(dx)))  # fmt: skip
    in_sine = [(1.0 + u) * (1.0 + v) for u, v in zip(top[1:], far[1:])]  # a sine passes the error of its argument on
    both, n = c.product_differential(y, dy, z, dz), len(x)
    work.step("y = a·x: dy = aᵀdx for dx = 2⁻²⁰ d, beside the engine's y(x + dx) - y(x)", r"dy = a^T dx", dy,
              after_y - own_y, 2.0 * top[0], n)  # fmt: skip
    jacobian = engine_jacobian(lambda v: [sg.dot(a, v) * sg.sin(sg.dot(r, v)) for r in b], x)
    work.step("d(y z) = z dy + y dz for z = sin(Bx), beside the engine's Jacobian of y z times dx",
              r"d(yz) = z\,dy + y\,dz = \frac{\partial (yz)}{\partial x}\,dx", both,
              [sum(p * q for p, q in zip(r, dx)) for r in jacobian],
              [(1.0 + u) * (far[0] + top[0] * v) for u, v in zip(top[1:], far[1:])], n)  # fmt: skip
    work.result("df = J dx for f = z, beside the engine's f(x + dx) - f(x), up to O(‖dx‖²)", dz,
                [p - q for p, q in zip(after_z, own_z)], in_sine, n, max(far[1:]) ** 2)  # fmt: skip
    work.result("d(y z) = z dy + y dz, beside the engine's y z at x + dx minus that at x, up to O(‖dx‖²)", both,
                [after_y * p - own_y * q for p, q in zip(after_z, own_z)], [2.0 * top[0] * item for item in in_sine],
                n, max(far[0] * v + top[0] * v**2 for v in far[1:]))  # fmt: skip


ROWS: tuple[Row, ...] = (
    row("B1", "Jacobian: gradients as rows", "J stacks the gradients of m functions: of 3x²y and 2x + y⁸ it is"
        " [6xy, 3x²; 2, 8y⁷]", r"the Jacobian stacks gradients as rows: $J = \begin{bmatrix} 6xy & 3x^2 \\ 2 & 8y^7"
        r" \end{bmatrix}$ for A4's functions", "stack_gradients", "jacobian", 4, "as A4", "PH 3; PH 3.1; CH 3.1", _b1),
    row("B2", "Jacobian of the identity", "y = x has J = I", r"$y = x$ has $J = I$", "identity_jacobian", "identity", 0,
        COPIES, "PH 3.1", _b2),
    row("B3", "the Jacobian is the best linear approximation", "‖f(x + Δ) - f(x) - J(x)Δ‖ = O(‖Δ‖²)",
        r"$\lVert f(x+\Delta) - f(x) - J(x)\Delta\rVert = O(\lVert\Delta\rVert^2)$", "linear_approximation",
        "best_linear_approximation", 4, "S = 4, since f is 3 roundings off and J·Δ is small; Taylor leaves at most"
        " ½‖f''‖·‖Δ‖², with ‖f''‖ ≤ 2 for softmax, and 1 for the sine, of S = 1 + |x₁|", "CH 3.1", _b3, " + ‖Δ‖²",
        misprints.B3),
    row("B4", "element-wise operators: diagonal Jacobians",
        "w ○ x by w: I, I, diag(x), diag(1/x), diag(1[w > x]); by x: I,"
        " -I, diag(w), diag(-w/x²), diag(1[x > w]), for + - ⊗ ⊘ max; 0 for comparisons; f(w) ○ g(x): diag(∂₁○)J_f and"
        " diag(∂₂○)J_g", r"$\frac{\partial (w\circ x)}{\partial w} = I, I, \mathrm{diag}(x), \mathrm{diag}(1/x),"
        r" \mathrm{diag}(1[w>x])$ and $\frac{\partial (w\circ x)}{\partial x} = I, -I, \mathrm{diag}(w),"
        r" \mathrm{diag}(-w/x^2), \mathrm{diag}(1[x>w])$ for $+, -, \otimes, \oslash, \max$; $0$ for comparisons;"
        r" $f(w)\circ g(x)$: $\mathrm{diag}(\partial_1\circ)J_f$ and $\mathrm{diag}(\partial_2\circ)J_g$",
        "elementwise elementwise_jacobians composed_elementwise_jacobians composed_jacobians", "elementwise_binary", 8,
        "two quotients, two functions and their derivatives (2 ulp each), 2 products: 7 roundings on either side;"
        " composed, S is a bound of what enters, since functions pass the errors of their operands on", "PH 3.2", b4,
        misprints=misprints.B4),
    row("B5", "when a Jacobian is diagonal", "J_ij = 0 exactly, whenever output i does not read input j",
        r"$J_{ij} = 0$ exactly, whenever output $i$ does not read input $j$", "sparse_jacobian", "diagonality", 0,
        "exactly 0.0 off the pattern; on it " + COPIES, "PH 3.2", _b5),
    row("B6", "scalar expansion (broadcasting)",
        "y = x + z: ∂y/∂x = I, ∂y/∂z = 1; y = xz: zI and x; also x - z and x/z",
        r"$y = x + z$: $\frac{\partial y}{\partial x} = I$, $\frac{\partial y}{\partial z} = \mathbf{1}$;"
        r" $y = xz$: $zI$ and $x$; also $-$ and $/$", "scalar_expansion_jacobians", "scalar_expansion", 2,
        "two quotients: 2 roundings on either side", "PH 3.2; PH 3.3", b6),
    row("B7", "sum of a vector", "Σfᵢ(x) has the row Σ∂fᵢ/∂x; Σx has 1ᵀ; Σxz has [z … z] and Σx",
        r"$y = \sum f_i(x)$ has the row $\sum \partial f_i/\partial x$; $\sum x$ has $\mathbf{1}^T$; $\sum xz$ has"
        r" $[z \ldots z]$ and $\sum x$", "sum_gradient scaled_sum_gradients", "sum_reduction", 2,
        TERMS + "; of a sine, S is times 1 + |x|", "PH 3.4", _b7),
    row("B8", "vector chain rule, the worked example", "y = [ln x², sin 3x] has dy/dx = [2/x, 3cos 3x] = J_f·g'",
        r"$y = [\ln x^2,\ \sin 3x]$ has $\frac{dy}{dx} = [2/x,\ 3\cos 3x] = J_f\,g'$",
        "log_sine log_sine_derivative log_sine_factors chain_jacobians", "vector_chain_rule_of_a_scalar", 4,
        "a square, a quotient, a product; a cosine (1 ulp) of the same 3x and a product: 4 roundings on either side",
        "PH 3.5", _b8),
    row("B9", "vector chain rule: a product of Jacobians", "J of f(g(x)) = J_f(g(x)) J_g(x), (m×k)(k×n) = m×n",
        r"$J_{f\circ g}(x) = J_f(g(x))\,J_g(x)$, $(m\times k)(k\times n) = m\times n$", "chain_jacobians",
        "vector_chain_rule", 4,
        "S is the product of the matrices of sizes, times 1 and the sums that entered each sine: 2n roundings each",
        "PH 3.1; PH 3.5; CH 3.2, case 2", _b9, misprints=misprints.B9),
    row("B10", "vector chain rule where both are diagonal", "J = diag(f'ᵢ g'ᵢ)", r"both Jacobians diagonal:"
        r" $\mathrm{diag}(f'_i\,g'_i)$", "chain_diagonals", "diagonal_chain", 8, "as A1 with n = 2", "PH 3.5", b10),
    row("B11", "element-wise function (theorem B.26)", "∂f(x)/∂x = diag(f'(x)), for every elementary f",
        r"$\frac{\partial f(x)}{\partial x} = \mathrm{diag}(f'(x))$, for every elementary $f$",
        "elementwise_function_jacobian elementary", "elementwise_function", 16,
        "at most 6 operations of 1 to 2 ulp on either side, of S = |f'|(1 + |x|); 1 + |x| more for the sums of"
        " silu, gelu, mish and sinc, which may cancel", "SM B.26", b11,
        misprints=misprints.B11),
    row("B12", "scalar times vector (theorem B.15)",
        "∂(y z)/∂x = y ∂z/∂x + ∂y/∂x zᵀ in denominator layout; in numerator layout its transpose",
        r"$\frac{\partial (y z)}{\partial x} = y\,\frac{\partial z}{\partial x} + \frac{\partial"
        r" y}{\partial x}z^T$ in denominator layout; in numerator layout its transpose", "scaled_vector_jacobian",
        "scalar_times_vector", 4, TERMS + ", for y, z and their product", "SM B.15; SM B.15, proof", _b12,
        misprints=misprints.B12),
    row("B13", "exp of a vector, and its sum", "∂exp(x)/∂x = diag(exp x); ∂(1ᵀexp x)/∂x = exp(x)ᵀ in numerator layout,"
        " exp(x) in denominator layout", r"$\frac{\partial e^x}{\partial x} = \mathrm{diag}(e^x)$; $\frac{\partial"
        r" \mathbf{1}^Te^x}{\partial x} = (e^x)^T$ in numerator layout, $e^x$ in denominator layout",
        "exp_jacobian sum_exp_jacobian", "exp", 2, "an exp (1 ulp) on either side", "SM B (1); SM B (2)", _b13),
    row("B14", "differentials", "df = J dx; d(y z) = z dy + y dz", r"$df = J\,dx$; $d(yz) = z\,dy + y\,dz$, up to"
        r" $O(\lVert dx\rVert^2)$", "differential product_differential", "differentials", 8,
        "S bounds what is added up in y, and in the sines, which pass its error on; what Taylor leaves is at most the"
        " second derivative times ‖dx‖²", "SM B.15, proof; SM B (2)", _b14, " + O(‖dx‖²)"),
)  # fmt: skip
