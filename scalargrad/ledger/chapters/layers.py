"""Chapter C of the ledger: layers and activations."""

from __future__ import annotations

import math
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.shapes import diagonal, transpose
from scalargrad.ledger.chapters import misprints
from scalargrad.ledger.engine import (
    engine_four_index,
    engine_gradient,
    engine_jacobian,
    engine_value,
    linear,
    sizes,
    weighted,
)
from scalargrad.ledger.row import COPIES, TERMS, Row, row
from scalargrad.ledger.work import Work


def _c1(work: Work) -> None:
    x, w = work.draw(most=3, X="m n", W="n k")
    m, n, k = (work.sizes[axis] for axis in "mnk")
    by_w = engine_four_index(lambda v: linear(x, v), w)
    by_x = engine_four_index(lambda v: linear(v, w), x)
    delta = [[[float(r == p and s == j) for s in range(k)] for r in range(n)] for p, j in ((n - 1, 0), (0, k - 1))]
    own = engine_jacobian(lambda v: [v[n - 1][0], v[0][k - 1]], w)
    work.step("∂W_pj/∂W_rs = δ_pr δ_js, shown for (p, j) = (n - 1, 0) and (0, k - 1)",
              r"\frac{\partial W_{pj}}{\partial W_{rs}} = \delta_{pr}\delta_{js}", delta, own)  # fmt: skip
    summed = [[[sum(x[i][p] * (r == p) * (s == j) for p in range(n)) for s in range(k)] for r in range(n)]
              for i, j in ((m - 1, k - 1), (0, 0))]  # fmt: skip
    work.step("∂Y_ij/∂W_rs = Σ_p X_ip δ_pr δ_js = X_ir δ_js, shown for (i, j) = (m - 1, k - 1) and (0, 0)",
              r"\frac{\partial Y_{ij}}{\partial W_{rs}} = \sum_p X_{ip}\delta_{pr}\delta_{js} = X_{ir}\delta_{js}",
              summed, [by_w[m - 1][k - 1], by_w[0][0]])  # fmt: skip
    work.result("∂Y/∂W, indices i, j, r, s", c.linear_jacobian_by_weights(x, k), by_w)
    work.result("∂Y/∂X, indices i, j, r, s", c.linear_jacobian_by_inputs(w, m), by_x)


def _c2(work: Work) -> None:
    x, w, b, g = work.draw(X="m n", W="n k", b="k", G="m k")
    m, n, k = (work.sizes[axis] for axis in "mnk")
    engine = engine_gradient(lambda x, w, b: weighted(linear(x, w, b), g), x, w, b)
    scale = c.linear_backward(sizes(x), sizes(w), sizes(g))
    full_w, full_x = c.linear_jacobian_by_weights(x, k), c.linear_jacobian_by_inputs(w, m)
    for what, latex, full, rows, columns, at in (
        (
            "∂L/∂W_rs = Σ_ij G_ij ∂Y_ij/∂W_rs",
            r"\sum_{ij} G_{ij}\frac{\partial Y_{ij}}{\partial W_{rs}}",
            full_w,
            n,
            k,
            1,
        ),
        (
            "∂L/∂X_rs = Σ_ij G_ij ∂Y_ij/∂X_rs",
            r"\sum_{ij} G_{ij}\frac{\partial Y_{ij}}{\partial X_{rs}}",
            full_x,
            m,
            n,
            0,
        ),
    ):
        pulled = [[sum(g[i][j] * full[i][j][r][s] for i in range(m) for j in range(k)) for s in range(columns)]
                  for r in range(rows)]  # fmt: skip
        work.step(what, latex, pulled, engine[at], scale[at], max(m, n, k))
    by_formula, names = c.linear_backward(x, w, g), ("∂L/∂X = GWᵀ", "∂L/∂W = XᵀG", "∂L/∂b = the column sums of G")
    for what, found, own, size in zip(names, by_formula, engine, scale):
        work.result(what, found, own, size, max(m, n, k))
    most = c.linear(sizes(x), sizes(w), sizes(b))
    work.result("Y = XW + b", c.linear(x, w, b), engine_value(lambda x, w, b: linear(x, w, b), x, w, b), most, n + 1)


def _c3(work: Work) -> None:
    (x,) = work.draw(x="n")
    x = work.default("x", x[:2] + [0.0] * len(x[2:]))  # at 0, too
    slopes = [engine_gradient(sg.relu, item) for item in x]
    work.step("∂max(0, xᵢ)/∂xᵢ = 1 for xᵢ > 0, else 0", r"\frac{\partial}{\partial x_i}\max(0, x_i) = 1[x_i > 0]",
              [c.relu_derivative(item) for item in x], slopes)  # fmt: skip
    work.result("max(0, x)", [c.relu(item) for item in x], engine_value(lambda v: [sg.relu(t) for t in v], x))
    work.result(
        "∂max(0, x)/∂x = diag(1[x > 0])", c.relu_jacobian(x), engine_jacobian(lambda v: [sg.relu(t) for t in v], x)
    )


def _c4(work: Work) -> None:
    w, x = work.draw(w="n", x="n")
    u = [p * q for p, q in zip(w, x)]
    work.step("u = w⊗x, ∂u/∂w = diag(x)", r"u = w\otimes x,\ \frac{\partial u}{\partial w} = \mathrm{diag}(x)",
              diagonal(x), engine_jacobian(lambda v: [p * q for p, q in zip(v, x)], w))  # fmt: skip
    ones = [[1.0] * len(w)]
    work.step("y = sum(u), ∂y/∂u = 1ᵀ", r"y = \mathrm{sum}(u),\ \frac{\partial y}{\partial u} = \vec 1^T", ones,
              [engine_gradient(sg.sum, u)])  # fmt: skip
    by_steps = engine_gradient(lambda w, x: sg.sum([p * q for p, q in zip(w, x)]), w, x)
    work.step("∂y/∂w = 1ᵀdiag(x) = xᵀ", r"\frac{\partial y}{\partial w} = \vec 1^T\mathrm{diag}(x) = x^T",
              c.chain_jacobians(ones, diagonal(x)), [by_steps[0]])  # fmt: skip
    at_once = engine_gradient(sg.dot, w, x)
    for what, k in (("∂(w·x)/∂w = xᵀ", 0), ("∂(w·x)/∂x = wᵀ", 1)):
        work.gradient(what, lambda layout: c.dot_gradients(w, x, layout)[k], at_once[k])
    work.result("w·x", c.dot(w, x), engine_value(sg.dot, w, x), sum(map(abs, u)), len(w))


def _c5(work: Work) -> None:
    w, x, b = work.draw(w="n", x="n", b="")
    engine = engine_gradient(lambda w, x, b: sg.dot(w, x) + b, w, x, b)
    first, second = (engine_gradient(part, w, b)[0] for part in (lambda v, a: sg.sum([p * q for p, q in zip(v, x)]),
                     lambda v, a: a))  # fmt: skip
    by_product, by_both = c.dot_gradients(w, x)[0], c.affine_gradients(w, x)[0]
    work.step("∂(w·x)/∂w = xᵀ, the first term of ∂z/∂w", r"\frac{\partial (w\cdot x)}{\partial w} = x^T", by_product,
              [first])  # fmt: skip
    work.step("∂b/∂w = 0ᵀ, the second: what ∂z/∂w has besides", r"\frac{\partial b}{\partial w} = \vec 0^T",
              [[p - q for p, q in zip(*pair)] for pair in zip(by_both, by_product)], [second])  # fmt: skip
    for what, k in (("∂z/∂w = xᵀ", 0), ("∂z/∂x = wᵀ", 1)):
        work.gradient(what, lambda layout: c.affine_gradients(w, x, layout)[k], engine[k])
    work.result("∂z/∂b = 1", c.affine_gradients(w, x)[2], engine[2])
    value = engine_value(lambda w, x, b: sg.dot(w, x) + b, w, x, b)
    work.result("z = w·x + b", c.affine(w, x, b), value, sum(abs(p * q) for p, q in zip(w, x)) + abs(b), len(w) + 1)


def _c6(work: Work) -> None:
    w, x, b = work.draw(w="n", x="n", b="")
    # the neuron of both signs: z, and -z
    for sign in (1.0, -1.0):
        v, a = [sign * item for item in w], sign * b
        z = c.affine(v, x, a)
        most = sum(abs(p * q) for p, q in zip(w, x)) + abs(b)
        work.sides(z, engine_value(lambda w, x, b: sg.dot(w, x) + b, v, x, a), most, len(w) + 1)
        engine = engine_gradient(lambda w, x, b: sg.relu(sg.dot(w, x) + b), v, x, a)
        which = "" if sign > 0 else "with -w, -b: "
        work.step(f"{which}z = {z:.3g}: ∂max(0, z)/∂z", r"\frac{\partial}{\partial z}\max(0, z) = 1[z > 0]",
                  c.relu_derivative(z), engine_gradient(sg.relu, z))  # fmt: skip
        slope = c.relu_derivative(z)
        work.step(f"{which}∂activation/∂w = ∂max(0, z)/∂z · ∂z/∂w",
                  r"\frac{\partial a}{\partial z}\frac{\partial z}{\partial w}", c.chain_jacobians([[slope]],
                  c.affine_gradients(v, x)[0]), [engine[0]])  # fmt: skip
        found = {layout: c.neuron_gradients(v, x, a, layout) for layout in ("numerator", "denominator")}
        for what, k in (("∂activation/∂w: 0ᵀ or xᵀ", 0), ("∂activation/∂x: 0ᵀ or wᵀ", 1)):
            work.gradient(f"{which}{what}", lambda layout: found[layout][k], engine[k])
        work.result(f"{which}∂activation/∂b: 0 or 1", found["numerator"][2], engine[2])
        work.result(f"{which}activation = max(0, w·x + b)", c.neuron(v, x, a), engine_value(lambda w, x, b:
                    sg.relu(sg.dot(w, x) + b), v, x, a), most, len(w) + 1)  # fmt: skip

    for z in (0.5, 0.0):
        by_w, by_x, by_b = engine_gradient(lambda w, x, b: sg.relu(sg.dot(w, x) + b), [z], [1.0], 0.0)
        for by, at, own in zip("wxb", c.neuron_gradients([z], [1.0], 0.0), ([by_w], [by_x], by_b)):
            work.besides(f"at z = {z} with w = [{z}], x = [1], b = 0: ∂activation/∂{by}", at, own)


_FAR = 300.0  # beyond, the square of Σe^zᵢ over- or underflows


def _left_out(z: Any) -> str:
    """Why the steps with e^z are left out; empty if they are not."""
    far = max(z, key=abs)
    why = f"the square of e^{far:g} over- or underflows, see E7"
    return f" (the steps with e^x are left out: {why})" if abs(far) > _FAR else ""


def need_exponents(work: Work, z: Any) -> None:
    """Refuses numbers whose exponentials over- or underflow when they are squared."""
    far = max(z, key=abs)
    work.need(abs(far) <= _FAR,
              f"the steps square Σe^zᵢ, which needs numbers from -300 to 300, got {far:g}: beyond, see E7")  # fmt: skip


def softmax_scale(z: Any) -> list[list[float]]:
    p = c.softmax(z)
    return [[a * ((i == j) + b) for j, b in enumerate(p)] for i, a in enumerate(p)]


def _c7(work: Work) -> None:
    (z,) = work.draw(least=2, z="n")
    n, p, found = len(z), c.softmax(z), c.softmax_jacobian(z)
    jacobian, scale, left_out = engine_jacobian(sg.softmax, z), softmax_scale(z), _left_out(z)
    if not left_out:
        _by_quotient(work, z, jacobian)
    parts = [[a * (i == j) - a * b for j, b in enumerate(p)] for i, a in enumerate(p)]
    work.step("∂pᵢ/∂zⱼ = pᵢδᵢⱼ - pᵢpⱼ", r"\frac{\partial p_i}{\partial z_j} = p_i\delta_{ij} - p_ip_j", parts, jacobian,
              scale, n)  # fmt: skip
    cases = [[a * (1.0 - b) if i == j else -a * b for j, b in enumerate(p)] for i, a in enumerate(p)]
    work.step("∂pᵢ/∂zⱼ = pᵢ(1 - pⱼ) if i = j, -pᵢpⱼ if i ≠ j",
              r"\frac{\partial p_i}{\partial z_j} = \begin{cases} p_i(1 - p_j), & i = j \\ -p_ip_j, & i \ne j"
              r" \end{cases}", cases, jacobian, scale, n)  # fmt: skip
    work.result("p = softmax(z)", p, engine_value(sg.softmax, z), p, n)
    work.result(f"∂p/∂z = diag(p) - ppᵀ{left_out}", found, jacobian, scale, n)
    for what, lines in (("rows", jacobian), ("columns", zip(*jacobian))):
        sums = list(map(math.fsum, lines))
        work.result(f"the {what} of ∂p/∂z sum to 0", [0.0] * n, sums, [2.0 * a for a in p], n)
    s = engine_gradient(sg.sigmoid, 40.0)
    work.besides("∂p/∂z at [40, 0], where p rounds to 1: s'(40), or minus that", c.softmax_jacobian([40.0, 0.0]),
                 [[s, -s], [-s, s]])  # fmt: skip
    wide = [100.0 * item for item in z]
    far = c.softmax(wide)
    work.result("softmax(100 z)", far, engine_value(sg.softmax, wide), [a * 4.0 for a in far], n)
    moved, top = [item + 1.0 for item in z], max(map(abs, z))  # each sum is rounded
    work.result("∂p/∂z at z + 1, the same", c.softmax_jacobian(moved), jacobian, [[a * (1.0 + top) for a in r]
                for r in scale], 2 * n)  # fmt: skip


def _by_quotient(work: Work, z: list[float], jacobian: Any) -> None:
    """The quotient rule, on exponentials without the shift."""
    e = [math.exp(item) for item in z]
    total = math.fsum(e)
    work.step("u = e^zᵢ, ∂u/∂zⱼ = e^zᵢ δᵢⱼ", r"u_i = e^{z_i},\ \frac{\partial u_i}{\partial z_j} = e^{z_i}\delta_{ij}",
              diagonal(e), engine_jacobian(lambda v: [sg.exp(t) for t in v], z))  # fmt: skip
    work.step("v = Σe^zₖ, ∂v/∂zⱼ = e^zⱼ", r"v = \sum_k e^{z_k},\ \frac{\partial v}{\partial z_j} = e^{z_j}", e,
              engine_gradient(lambda v: sg.sum([sg.exp(t) for t in v]), z))  # fmt: skip
    quotient = [[(a * (i == j) * total - a * b) / total**2 for j, b in enumerate(e)] for i, a in enumerate(e)]
    work.step("∂pᵢ/∂zⱼ = (u'v - uv')/v² = (e^zᵢ δᵢⱼ Σe - e^zᵢ e^zⱼ)/(Σe)²",
              r"\frac{u'v - uv'}{v^2} = \frac{e^{z_i}\delta_{ij}\sum e - e^{z_i}e^{z_j}}{(\sum e)^2}", quotient,
              jacobian, softmax_scale(z), 2 * len(z))  # fmt: skip


def _c8(work: Work) -> None:
    z, g = work.draw(least=2, z="n", g="n")
    p = c.softmax(z)
    engine = engine_gradient(lambda v: sg.dot(sg.softmax(v), g), z)
    scale = [a * (abs(b) + sum(q * abs(d) for q, d in zip(p, g))) for a, b in zip(p, g)]
    by_matrix = [math.fsum(b * r[j] for b, r in zip(g, c.softmax_jacobian(z))) for j in range(len(z))]
    work.step("gᵀ J, with the matrix", r"g^T J", by_matrix, engine, scale, len(z))
    shapes: dict[str, Any] = {"numerator": [g], "denominator": [[item] for item in g]}
    work.gradient("∂L/∂z = p ⊙ (g - g·p), of g in the same shape", lambda layout: c.softmax_backward(z, shapes[layout],
                  layout), engine, scale, len(z))  # fmt: skip


def _c9(work: Work) -> None:
    (z,) = work.draw(least=2, z="n")
    n, p = len(z), c.softmax(z)
    scale = [[(i == j) + b for j, b in enumerate(p)] for i in range(n)]
    top = 1.0 + max(map(abs, z)) + math.log(n)
    work.result("log p", c.log_softmax(z), engine_value(sg.log_softmax, z), top, n)
    work.result("∂log pᵢ/∂zⱼ = δᵢⱼ - pⱼ", c.log_softmax_jacobian(z), engine_jacobian(sg.log_softmax, z), scale, n)
    low, high = (engine_value(sg.sigmoid, at) for at in (-40.0, 40.0))
    work.besides("∂log p/∂z at [40, 0], where p rounds to 1: s(-40) and s(40)", c.log_softmax_jacobian([40.0, 0.0]),
                 [[low, -low], [-high, high]])  # fmt: skip
    wide = [100.0 * item for item in z]
    work.result("log softmax(100 z)", c.log_softmax(wide), engine_value(sg.log_softmax, wide), None, n)
    work.result("log Σe^zᵢ", c.logsumexp(z), engine_value(sg.logsumexp, z), top, n)
    work.gradient("∇ log Σe^zᵢ = p", lambda layout: c.logsumexp_gradient(z, layout),
                  engine_gradient(lambda v: sg.logsumexp(v), z), p, n)  # fmt: skip


def _c10(work: Work) -> None:
    (x,) = work.draw(least=2, x="n")
    left_out, engine, scale, n = _left_out(x), engine_jacobian(sg.softmax, x), softmax_scale(x), len(x)
    if not left_out:
        _by_theorems(work, x, engine)
    work.result(f"∂(y z)/∂x = ∂p/∂x = diag(p) - ppᵀ{left_out}", c.softmax_jacobian(x), engine, scale, n)


def _by_theorems(work: Work, x: list[float], engine: Any) -> None:
    """B.15 on y and z, in denominator layout: ∂y/∂x is a column, and (∂y/∂x) zᵀ of n×n; then in the other layout."""
    y, by_y, z, by_z = c.softmax_factors(x)
    n, scale, column = len(x), softmax_scale(x), [[item] for item in by_y[0]]

    def reciprocal(v: Any) -> Any:
        return 1.0 / sg.sum([sg.exp(t) for t in v])

    own = engine_gradient(reciprocal, x)
    work.step("y = 1/(1ᵀexp x)", r"y = 1/(\vec 1^T e^x)", y, engine_value(reciprocal, x), y, n)
    work.step("∂y/∂x = -y² exp(x), n×1", r"\frac{\partial y}{\partial x} = -y^2 e^x", column, [[item] for item in own],
              None, n)  # fmt: skip
    work.step("z = exp x", "z = e^x", z, engine_value(lambda v: [sg.exp(t) for t in v], x))
    by_exp = transpose(engine_jacobian(lambda v: [sg.exp(t) for t in v], x))
    work.step("∂z/∂x = diag(z), n×n", r"\frac{\partial z}{\partial x} = \mathrm{diag}(z)", by_z, by_exp)
    found = c.scaled_vector_jacobian(y, column, z, by_z, "denominator")
    work.step("by B.15: ∂(y z)/∂x = y diag(z) + (∂y/∂x) zᵀ, n×1 times 1×n",
              r"\frac{\partial (yz)}{\partial x} = y\,\mathrm{diag}(z) + \frac{\partial y}{\partial x}z^T", found,
              transpose(engine), scale, 2 * n)  # fmt: skip
    work.result("∂(y z)/∂x = y diag(z) + z ∂y/∂x in numerator layout, where ∂y/∂x is 1×n",
                c.scaled_vector_jacobian(y, by_y, z, by_z), engine, scale, 2 * n)  # fmt: skip


def _c11(work: Work) -> None:
    x, w = work.draw(most=3, X="m n", W="n k")
    m, n, k = (work.sizes[axis] for axis in "mnk")
    most = c.matmul(sizes(x), sizes(w))
    terms = [x[0][p] * w[p][0] for p in range(n)]
    work.step("the terms of Y_00 = Σ_p X_0p W_p0", r"Y_{ij} = X_{i1}W_{1j} + \ldots + X_{in}W_{nj}", terms,
              engine_value(lambda v, u: [v[0][p] * u[p][0] for p in range(n)], x, w))  # fmt: skip
    work.result("Y_ij = Σ_p X_ip W_pj", c.matmul(x, w), engine_value(linear, x, w), most, n)
    # what is read has the derivative 1 if all that it is multiplied with is 1
    by_x = engine_four_index(lambda v: linear(v, [[1.0] * k] * n), x)
    by_w = engine_four_index(lambda v: linear([[1.0] * n] * m, v), w)
    reads_x = [[[[float(r == i) for _ in range(n)] for r in range(m)] for _ in range(k)] for i in range(m)]
    reads_w = [[[[float(s == j) for s in range(k)] for _ in range(n)] for j in range(k)] for _ in range(m)]
    work.result("which entries of X the entry (i, j) reads: row i, 1 for yes", reads_x, by_x)
    work.result("which entries of W the entry (i, j) reads: column j, 1 for yes", reads_w, by_w)


ROWS: tuple[Row, ...] = (
    row("C1", "linear layer, Jacobians with four indices", "Y = XW: ∂Y_ij/∂W_rs = X_ir δ_js, ∂Y_ij/∂X_rs = δ_ir W_sj",
        r"$Y = XW$: $\frac{\partial Y_{ij}}{\partial W_{rs}} = X_{ir}\delta_{js}$,"
        r" $\frac{\partial Y_{ij}}{\partial X_{rs}} = \delta_{ir}W_{sj}$",
        "linear_jacobian_by_weights linear_jacobian_by_inputs", "linear_jacobian", 0, COPIES, "LB linear layer", _c1),
    row("C2", "linear layer, pulled back", "∂L/∂W = XᵀG, ∂L/∂X = GWᵀ, ∂L/∂b = the column sums of G",
        r"$\frac{\partial L}{\partial W} = X^TG$, $\frac{\partial L}{\partial X} = GW^T$, $\frac{\partial L}{\partial"
        r" b}$ = the column sums of $G$", "linear linear_backward", "linear_backward", 2, TERMS,
        "LB linear layer; TL 2 (1)", _c2),
    row("C3", "ReLU, its derivative and Jacobian", "relu'(x) = 1 for x > 0, 0 for x ≤ 0; on a vector, diag(1[x > 0])",
        r"$\mathrm{relu}'(x) = 1$ for $x > 0$, $0$ for $x \le 0$; on a vector, $\mathrm{diag}(1[x > 0])$",
        "relu relu_derivative relu_jacobian", "relu", 0, COPIES, "LB ReLU; PH 1; PH 4", _c3),
    row("C4", "dot product, by way of u = w⊗x", "∂(w·x)/∂w = 1ᵀdiag(x) = xᵀ",
        r"$\frac{\partial (w\cdot x)}{\partial w} = \mathbf{1}^T\mathrm{diag}(x) = x^T$", "dot dot_gradients", "dot", 2,
        "the gradients are copies; the sum makes 2n roundings on either side, of S = Σ of the sizes of its terms",
        "PH 3.5; PH 4", _c4),
    row("C5", "affine unit", "z = w·x + b: ∂z/∂w = xᵀ, ∂z/∂b = 1",
        r"$z = w\cdot x + b$: $\frac{\partial z}{\partial w} = x^T$, $\frac{\partial z}{\partial b} = 1$",
        "affine affine_gradients", "affine", 2, "the gradients are copies; the sum as in C4", "PH 1; PH 4", _c5),
    row("C6", "neuron: affine unit and ReLU",
        "relu(w·x + b): by w 0ᵀ or xᵀ, by b 0 or 1, by x 0ᵀ or wᵀ, by the sign of z",
        r"$\mathrm{relu}(w\cdot x + b)$: by $w$ it is $0^T$ or $x^T$, by $b$ $0$ or $1$, by $x$ $0^T$ or $w^T$, by"
        r" the sign of $z$", "neuron neuron_gradients", "neuron", 2,
        "the gradients are copies, the value as in C5; where the"
        " sum's rounding could turn the sign of z nothing is claimed", "PH 1; PH 4", _c6,
        misprints=misprints.C6),
    row("C7", "softmax, Jacobian, by the quotient rule",
        "∂pᵢ/∂zⱼ = pᵢ(δᵢⱼ - pⱼ), that is diag(p) - ppᵀ; rows and columns sum to 0; the same for z + c",
        r"$\frac{\partial p_i}{\partial z_j} = p_i(\delta_{ij} - p_j)$, that is $\mathrm{diag}(p) -"
        r" pp^T$; rows and columns sum to 0; the same for $z + c$", "softmax softmax_jacobian", "softmax_jacobian", 4,
        "S = p_i(δ_ij + p_j); a p is an exp (2 ulp), n additions and a quotient; the engine subtracts what cancels on"
        " the diagonal", "LB softmax; SM A.1", _c7),
    row("C8", "softmax, pulled back", "∂L/∂z = p ⊙ (g - g·p)",
        r"$\frac{\partial L}{\partial z} = p \odot (g - g\cdot p)$", "softmax_backward", "softmax_backward", 4,
        "S = p⊙(|g| + |g|·p), the terms that cancel; the roundings of C7, and n products and additions more",
        "SM A.2", _c8),
    row("C9", "log-softmax and log-sum-exp", "∂log pᵢ/∂zⱼ = δᵢⱼ - pⱼ; ∇ log Σe^zᵢ = p",
        r"$\frac{\partial \log p_i}{\partial z_j} = \delta_{ij} - p_j$; $\nabla\log\sum e^{z_i} = p$",
        "log_softmax log_softmax_jacobian logsumexp logsumexp_gradient", "log_softmax", 4,
        "S = δ_ij + p_j; the roundings of p as in C7", "", _c9),
    row("C10", "softmax, Jacobian, by theorems B.15 and B.26",
        "y = 1/(1ᵀexp x), z = exp x: ∂(y z)/∂x = y diag(z) + ∂y/∂x zᵀ = diag(p) - ppᵀ",
        r"$y = 1/(\mathbf 1^T e^x)$, $z = e^x$: $\frac{\partial (yz)}{\partial x} = y\,\mathrm{diag}(z) +"
        r" \frac{\partial y}{\partial x}z^T = \mathrm{diag}(p) - pp^T$", "softmax_factors", "softmax_by_theorems", 4,
        "as C7, with twice the terms", "SM A.1; SM B.15; SM B.26", _c10),
    row("C11", "matrix product: what an entry reads",
        "Y_ij = Σ_p X_ip W_pj reads row i of X and column j of W, and nothing else",
        r"$Y_{ij} = \sum_p X_{ip}W_{pj}$ reads row $i$ of $X$ and column $j$ of $W$, and nothing else", "matmul",
        "matmul", 2, TERMS, "LB linear layer", _c11),
)  # fmt: skip
