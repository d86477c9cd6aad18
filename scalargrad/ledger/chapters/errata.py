"""Chapter E of the ledger: what published derivations get wrong, each wrong form on numbers, beside the right one.

The wrong form is computed twice: as it is printed, and from the engine's numbers with the mistake put into them.
"""

from __future__ import annotations

import math
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.elementary import divide, exponential
from scalargrad.calculus.elementwise import Operator
from scalargrad.calculus.shapes import diagonal, transpose
from scalargrad.ledger.chapters.factors import e1, e3, e10, e11
from scalargrad.ledger.chapters.layers import need_exponents, softmax_scale
from scalargrad.ledger.compare import EPSILON
from scalargrad.ledger.engine import engine_gradient, engine_jacobian, engine_value
from scalargrad.ledger.row import Erratum
from scalargrad.ledger.work import Work


def e2(work: Work) -> None:
    (z,) = work.draw(least=2, z="n")
    need_exponents(work, z)
    e = [math.exp(item) for item in z]
    p, total, n = c.softmax(z), math.fsum(e), len(z)
    engine, scale = engine_jacobian(sg.softmax, z), softmax_scale(z)
    own, whole = engine_value(sg.softmax, z), engine_value(lambda v: sg.sum([sg.exp(t) for t in v]), z)
    kept = [[(a * (i == j) * total - a * b) / total**2 for j, b in enumerate(e)] for i, a in enumerate(e)]
    dropped = [[(a * (i == j) - a * b) / total**2 for j, b in enumerate(e)] for i, a in enumerate(e)]
    lost = [[item + (i == j) * (own[i] / whole - own[i]) for j, item in enumerate(r)] for i, r in enumerate(engine)]
    work.refuted("(e^zᵢ δᵢⱼ - e^zᵢ e^zⱼ)/(Σe)², without the Σe beside δ", dropped, kept, engine, scale, 2 * n, lost,
                 [[item + own[i] * (1.0 + 1.0 / whole) for item in r] for i, r in enumerate(scale)])  # fmt: skip
    flipped = [[a * (1.0 - (i == j)) - a * b for j, b in enumerate(p)] for i, a in enumerate(p)]
    turned = [[item + own[i] * (1 - 2 * (i == j)) for j, item in enumerate(r)] for i, r in enumerate(engine)]
    work.refuted("pᵢ(1 - δᵢⱼ) - pᵢpⱼ", flipped, c.softmax_jacobian(z), engine, scale, n, turned,
                 [[item + own[i] for item in r] for i, r in enumerate(scale)])  # fmt: skip


def _active(work: Work) -> tuple[Any, Any, Any, Any]:
    """A neuron whose inputs are all active, with errors that do not cancel."""
    w, b, inputs, targets = work.draw(w="n", b="", X="N n", y="N")
    if not {"w", "b", "X", "y"} & set(work.given):
        b = 1.0 + max(sum(abs(p * q) for p, q in zip(w, x)) for x in inputs)
        targets = [c.neuron(w, x, b) - 1.0 - 0.5 * k for k, x in enumerate(inputs)]
        work.note(b=b, y=targets)
    return w, b, inputs, targets


def e4(work: Work) -> None:
    w, b, inputs, targets = _active(work)
    count, n = len(inputs), len(w) + len(inputs)

    def cost(w: Any, b: Any) -> Any:
        return sg.mean([(sg.relu(sg.dot(w, x) + b) - y) ** 2 for x, y in zip(inputs, targets)])

    by_w, by_b = c.neuron_cost_gradients(w, b, inputs, targets)
    own_w, own_b = engine_gradient(cost, w, b)
    most = [sum(abs(p * q) for p, q in zip(w, x)) + abs(b) + abs(y) for x, y in zip(inputs, targets)]
    scale_w = [2.0 / count * sum(e * abs(x) for e, x in zip(most, column)) for column in zip(*inputs)]
    work.sides([c.affine(w, x, b) for x in inputs], [engine_value(lambda v, a: sg.dot(v, x) + a, w, b)
               for x in inputs], most, n)  # fmt: skip
    work.refuted("(2/N) Σ eᵢ with eᵢ = target - output, by b", -by_b, by_b, own_b, 2.0 / count * sum(most), n, -own_b)
    work.refuted("(2/N) Σ eᵢxᵢᵀ with eᵢ = target - output, by w", [[-item for item in by_w[0]]], by_w, [own_w],
                 [scale_w], n, [[-item for item in own_w]])  # fmt: skip
    rate = 0.25 / (1.0 + sum(sum(item**2 for item in x) for x in inputs) / count)  # 1/(2λ_max) of the Hessian, or less
    before = engine_value(cost, w, b)

    def change(sign: float) -> float:
        """What a step of gradient descent changes in the cost."""
        moved = c.gradient_descent_step(w, [[sign * item for item in by_w[0]]], rate)
        return c.neuron_cost(moved, b - rate * sign * by_b, inputs, targets) - float(before)

    def own_change(sign: float) -> float:
        stepped = [a - sign * rate * g for a, g in zip(w, own_w)]
        return float(engine_value(cost, stepped, b - sign * rate * own_b) - before)

    # an error is off by the rounding of what is added up in it, and so is its square, times twice the error
    shift = [rate * (sum(abs(g * q) for g, q in zip(own_w, x)) + abs(own_b)) for x in inputs]
    terms = [(m + s, abs(c.neuron(w, x, b) - y) + s + n * EPSILON * m)
             for m, s, x, y in zip(most, shift, inputs, targets)]  # fmt: skip
    what = f"C after a step of η = {rate:.6g}, minus C before: with target - output the step climbs"
    work.refuted(what, change(-1.0), change(1.0), own_change(1.0),
                 4.0 * sum(m * e for m, e in terms) / count, n, own_change(-1.0))  # fmt: skip


def e5(work: Work) -> None:
    w, x = work.draw(w="n", x="n")
    work.need(all(x), "x must have no 0, since w / x does not exist there")
    right = c.elementwise_jacobians("/", w, x)[0]
    of_quotient = engine_jacobian(lambda v: [p / q for p, q in zip(v, x)], w)
    of_product = engine_jacobian(lambda v: [p * q for p, q in zip(v, x)], w)
    work.refuted("∂(w⊗x)/∂w = diag(1/xᵢ), as printed", right, diagonal(x), of_product, again=of_quotient)
    work.refuted("what ∂(w⊗x)/∂w is, taken for the row of ⊘: there it is ∂(w⊘x)/∂w", diagonal(x), right, of_quotient,
                 again=of_product)  # fmt: skip


def e6(work: Work) -> None:
    a, z = work.draw(least=2, A="m n", z="n")
    m, n = work.sizes["m"], work.sizes["n"]

    def cut(jacobian: Any) -> Any:
        """What stands on the diagonal, and 0 elsewhere."""
        return [[item * (i == j) for j, item in enumerate(r)] for i, r in enumerate(jacobian)]

    right = c.sparse_jacobian([dict(enumerate(r)) for r in a], n)
    engine = engine_jacobian(lambda v: [sg.dot(r, v) for r in a], z)
    only = [[a[i][j] if i == j else 0.0 for j in range(n)] for i in range(m)]
    work.refuted("the Jacobian of Az, cut to its diagonal", only, right, engine, again=cut(engine))
    engine, slopes = engine_jacobian(sg.softmax, z), [p * (1.0 - p) for p in c.softmax(z)]
    work.refuted("the Jacobian of softmax, cut to its diagonal", diagonal(slopes), c.softmax_jacobian(z), engine,
                 softmax_scale(z), n, cut(engine))  # fmt: skip


def e7(work: Work) -> None:
    (x,) = work.draw(x="")
    if "x" not in work.given:  # so far out that 1 - s rounds to 0
        x = 40.0 + 10.0 * work.random.random()
        work.note(x=x)
    s = c.sigmoid(x)
    work.refuted("s(1 - s), where 1 - s rounds to 0", s * (1.0 - s), c.sigmoid_derivative(x),
                 engine_gradient(sg.sigmoid, x), again=engine_value(lambda v: sg.sigmoid(v) * (1.0 - sg.sigmoid(v)), x),
                 size=1.0)  # fmt: skip
    far, infinite = -720.0, math.inf  # e^720, and what follows from it
    own = engine_gradient(sg.sigmoid, far)
    nodes = (engine_gradient(lambda v: -v, far), infinite, engine_gradient(lambda v: 1.0 + v, infinite),
             engine_gradient(lambda v: 1.0 / v, infinite))  # fmt: skip
    work.refuted("the product of the four nodes' derivatives at -720", c.sigmoid_by_nodes(far),
                 c.sigmoid_derivative(far), own, again=math.prod(nodes))  # fmt: skip
    through = [f(lambda v: 1.0 / (1.0 + sg.exp(-v)), far) for f in (engine_value, engine_gradient)]
    work.refuted("s and s' through the engine's four nodes at -720: nothing is left of them", [0.0, 0.0],
                 [c.sigmoid(far), c.sigmoid_derivative(far)], [engine_value(sg.sigmoid, far), own],
                 again=through)  # fmt: skip
    z = [1000.0 + 10.0 * work.random.random(), 1000.0]
    e = [exponential(item) for item in z]
    work.refuted("softmax of [1000 and more, 1000] without the shift: inf/inf", [divide(item, sum(e)) for item in e],
                 c.softmax(z), engine_value(sg.softmax, z), 1.0, 2,
                 engine_value(lambda v: [sg.exp(t) / sg.sum([sg.exp(t) for t in v]) for t in v], z))  # fmt: skip
    rounded = [40.0 + work.random.random(), 0.0]
    for what, z in (("where p underflows", [-1000.0, 0.0]), ("where p rounds to 1", rounded)):
        naive = [math.log(item) if item else -math.inf for item in c.softmax(z)]
        work.refuted(f"log(softmax), {what}", naive, c.log_softmax(z), engine_value(sg.log_softmax, z), None, 4,
                     engine_value(lambda v: [sg.log(p) for p in sg.softmax(v)], z))  # fmt: skip


def e8(work: Work) -> None:
    (z,) = work.draw(least=2, z="n")
    if "z" not in work.given and work.random.random() < 0.25:
        z = [1.0, 2.0, 3.0]
        work.note(z=z)
    need_exponents(work, z)
    e = [math.exp(item) for item in z]
    total, n = math.fsum(e), len(z)
    engine = engine_jacobian(sg.softmax, z)
    right = [[(a * (i == j) * total - a * b) / total**2 for j, b in enumerate(e)] for i, a in enumerate(e)]
    wrong = [[(a * b - a * (i == j) * total) / total**2 for j, b in enumerate(e)] for i, a in enumerate(e)]
    negative = [[-item for item in r] for r in engine]
    work.refuted("(u v' - u' v)/v²", wrong, right, engine, softmax_scale(z), 2 * n, negative)


def _at_zero() -> tuple[float, float]:
    """The derivatives of 1 ⊘ 0 by what neither reads: f' = 0, and g' = 0."""
    by_w, _ = c.composed_jacobians("/", [1.0], [0.0], [[0.0]], [[1.0]])
    _, by_x = c.composed_jacobians("/", [1.0], [0.0], [[1.0]], [[0.0]])
    return by_w[0][0], by_x[0][0]


def _at_zeros(work: Work) -> None:
    """0 ○ 0 for the operators with which it is not 0."""
    operators: tuple[tuple[Operator, str, Any], ...] = (
        ("/", "⊘", lambda a, b: a / b),
        (">=", "≥", lambda a, b: sg.where(a >= b, 1.0, 0.0)),
        ("==", "=", lambda a, b: sg.where(a == b, 1.0, 0.0)),
    )
    for name, sign, operator in operators:
        work.refuted(f"0 {sign} 0 is 0, as “whatever the operator” has it", 0.0, c.elementwise(name, [0.0], [0.0])[0],
                     engine_value(operator, 0.0, 0.0))  # fmt: skip


def e9(work: Work) -> None:
    w, x = work.draw(w="", x="")
    _at_zeros(work)
    # f(w) = w² + 1 and g(x) = x² + 2 are never 0; where output i does not read w_j, both partials by w_j are 0
    f, g, df, dg = w * w + 1.0, x * x + 2.0, 2.0 * w, 2.0 * x
    by_w, by_x = c.composed_jacobians("/", [f], [g], [[df, 0.0]], [[0.0, dg]])
    own_w, own_x = engine_jacobian(lambda v: [(v[0] * v[0] + 1.0) / (v[1] * v[1] + 2.0)], [w, x])[0]
    scale = (1.0 + abs(df)) * (1.0 + abs(dg))
    nothing = engine_value(lambda v: v / 0.0, 0.0)
    work.refuted("the entries off the diagonal by w and by x as 0 ⊘ 0, of (w² + 1) ⊘ (x² + 2): they are"
                 " ∂₁⊘ f' + ∂₂⊘ g', 0 since f' and g' are", [divide(0.0, 0.0)] * 2, [by_w[0][1], by_x[0][0]],
                 [engine_gradient(lambda v: (w * w + 1.0) / (v[0] * v[0] + 2.0), [x, w])[1],
                  engine_gradient(lambda v: (v[0] * v[0] + 1.0) / (x * x + 2.0), [w, x])[1]],
                 again=[nothing] * 2)  # fmt: skip
    by_f, by_g = _at_zero()
    work.refuted("g' = 0 where g is 0, of 1 ⊘ 0: ∂₂⊘ g', an infinity times 0", math.inf * 0.0, by_g,
                 engine_gradient(lambda v: 1.0 / (v * 0.0), x),
                 again=engine_gradient(lambda v: 1.0 / v, 0.0) * 0.0)  # fmt: skip
    work.refuted("f' = 0 where g is 0, of 1 ⊘ 0: ∂₁⊘ f', an infinity times 0", math.inf * 0.0, by_f,
                 engine_gradient(lambda v: (v * 0.0 + 1.0) / 0.0, w),
                 again=engine_gradient(lambda v: v / 0.0, 1.0) * 0.0)  # fmt: skip
    own_df, own_dg = engine_gradient(lambda v: v * v + 1.0, w), engine_gradient(lambda v: v * v + 2.0, x)
    of = "of f = w² + 1 and g = x² + 2"
    work.refuted(f"(f ⊘ g)' = f' ⊘ g', by w, {of}", divide(df, 0.0), by_w[0][0], own_w, scale,
                 again=engine_value(lambda v: v / 0.0, own_df))  # fmt: skip
    work.refuted(f"(f ⊗ g)' = f' ⊗ g', by w, {of}", df * 0.0,
                 c.composed_jacobians("*", [f], [g], [[df]], [[0.0]])[0][0][0],
                 engine_gradient(lambda v: (v * v + 1.0) * g, w), scale * f * g, again=own_df * 0.0)  # fmt: skip
    work.refuted(f"(f ⊘ g)' = f' ⊘ g', by x, {of}", divide(0.0, dg), by_x[0][1], own_x, scale * f,
                 again=engine_value(lambda v: 0.0 / v, own_dg))  # fmt: skip


def e12(work: Work) -> None:
    w, g, rate = work.draw(least=2, w="n", g="n", η="")
    rate = work.default("η", 0.125)
    broadcast = [[a - rate * b for b in g] for a in w]  # what a column minus a row is to numpy: n×n
    right = c.gradient_descent_step(w, [g], rate)
    leaves = [sg.Value(item) for item in w]
    sg.dot(g, leaves).backward()
    work.refuted("a column w minus a row η ∂C/∂w: n×n, as numpy spreads it, where the step is n×1", broadcast,
                 [[item] for item in right], [[leaf.data - rate * leaf.grad] for leaf in leaves],
                 [[abs(a) + abs(rate * b)] for a, b in zip(w, g)], 1,
                 [[leaf.data - rate * other.grad for other in leaves] for leaf in leaves],
                 [[abs(a) + abs(rate * b) for b in g] for a in w])  # fmt: skip


def e13(work: Work) -> None:
    (x,) = work.draw(least=2, x="n")
    right = c.elementwise_function_jacobian(math.cos, x)
    engine = engine_jacobian(lambda v: [sg.sin(t) for t in v], x)
    far, scale = max(1.0 + abs(item) for item in x), diagonal(1.0 + abs(item) for item in x)
    for what, at, sign in (("-∂fₙ/∂xₙ, the last diagonal entry with a minus, of sin(x)", -1, -1.0),
                           ("∂fₙ/∂ηₙ at the end of the first row, with x for η", 0, 1.0)):  # fmt: skip
        wrong, again = [[*r] for r in right], [[*r] for r in engine]
        wrong[at][-1], again[at][-1] = sign * math.cos(x[-1]), sign * engine[-1][-1]
        work.refuted(what, wrong, right, engine, scale, 1, again, far)
    _first_twice(work, x, far)
    values, own = [math.sin(item) for item in x], engine_value(lambda v: [sg.sin(t) for t in v], x)
    work.refuted("f(x) = [f(x₁), f(x₂), …] as a row, 1×n, where x and exp(x) are columns, n×1", [values],
                 transpose([values]), transpose([own]), 1.0, 1, [own])  # fmt: skip


def _first_twice(work: Work, x: list[float], far: float) -> None:
    """∂f₁/∂xₙ in the place of ∂f₂/∂xₙ: of a general f, since both are 0 if fⱼ reads xⱼ alone and n > 2."""
    n, total = len(x), math.fsum(x)
    right = c.elementwise_function_jacobian(math.cos, [total] * n)
    right = [[(j + 1) * right[i][i] for j in range(n)] for i in range(n)]
    engine = transpose(engine_jacobian(lambda v: [(j + 1.0) * sg.sin(sg.sum(v)) for j in range(n)], x))
    wrong, again = [[*r] for r in right], [[*r] for r in engine]
    if n > 1:
        wrong[-1][1], again[-1][1] = wrong[-1][0], again[-1][0]
    work.refuted("∂f₁/∂xₙ twice in the last row, of fⱼ(x) = j sin(x₁ + … + xₙ): where ∂f₂/∂xₙ belongs", wrong, right,
                 engine, n * n * far, n, again)  # fmt: skip


ROWS: tuple[Erratum, ...] = (
    Erratum("E1", "C1", "the linear layer's Jacobian is not the matrix X",
            "∂Y/∂W = X, of size m×n×k (and so “each element”), m×k×n or m×n; X_ir ∂W_sj/∂W_rs, 1 only where"
            " “s = r and j = s”; and a transpose, with no order",
            "X_ir ∂W_rj/∂W_rs = X_ir δ_js, each a number, of four indices: m×k×n×k; only the pulled-back form is a"
            " matrix, XᵀG, with the transpose and before G (= grad_y)",
            r"$\frac{\partial Y}{\partial W} = X$, of size $m\times n\times k$ (and so “each element”),"
            r" $m\times k\times n$ or $m\times n$; $X_{ir}\frac{\partial W_{sj}}{\partial W_{rs}}$, 1 only where"
            r" “$s = r$ and $j = s$”; and a transpose, with no order",
            r"$X_{ir}\frac{\partial W_{rj}}{\partial W_{rs}} = X_{ir}\delta_{js}$, each a number, of four indices:"
            r" $m\times k\times n\times k$; only the pulled-back form is a matrix, $X^TG$, with the transpose and"
            r" before $G = \mathrm{grad}_y$",
            ("LB linear layer",), "test_E1_the_linear_jacobian_is_no_matrix", e1),
    Erratum("E2", "C7", "softmax: the step that loses Σe, and pᵢ(1 - δᵢⱼ)",
            "(e^zᵢ δᵢⱼ - e^zᵢ e^zⱼ)/(Σe)², then pᵢ(1 - δᵢⱼ) - pᵢpⱼ", "(e^zᵢ δᵢⱼ Σe - e^zᵢ e^zⱼ)/(Σe)² = pᵢδᵢⱼ - pᵢpⱼ",
            r"$(e^{z_i}\delta_{ij} - e^{z_i}e^{z_j})/(\sum e)^2$, then $p_i(1-\delta_{ij}) - p_ip_j$",
            r"$(e^{z_i}\delta_{ij}\sum e - e^{z_i}e^{z_j})/(\sum e)^2 = p_i\delta_{ij} - p_ip_j$", ("LB softmax",),
            "test_E2_the_softmax_step", e2),
    Erratum("E3", "D2", "a mean over N divides by N",
            "∂L/∂scores = p - onehot for a mean over N ≥ 2, and so ∂L/∂h1 and all four gradients, “usable directly”",
            "(p - onehot)/N; with 2 reg W beside it no rate makes up for the N",
            r"$\frac{\partial L}{\partial\,\mathrm{scores}} = p - \mathrm{onehot}$ for a mean over $N \ge 2$, and so"
            r" $\frac{\partial L}{\partial h_1}$ and all four gradients, “usable directly”",
            r"$(p - \mathrm{onehot})/N$; with $2\,\mathrm{reg}\,W$ beside it no rate makes up for the $N$",
            ("TL 2 (1)", "TL 2 (2)", "TL 4"), "test_E3_the_mean_divides", e3),
    Erratum("E4", "D5", "the error is output minus target", "eᵢ is “target minus output”",
            "eᵢ is output minus target; with the other sign the step climbs", "$e_i$ as target minus output",
            "$e_i$ is output minus target; with the other sign the step climbs", ("PH 5.1",),
            "test_E4_output_minus_target", e4),
    Erratum("E5", "B4", "the quotient's row of the table of operators", "∂(w⊗x)/∂w = diag(1/xᵢ)",
            "∂(w⊘x)/∂w = diag(1/xᵢ)", r"$\frac{\partial (w\otimes x)}{\partial w} = \mathrm{diag}(1/x_i)$",
            r"$\frac{\partial (w\oslash x)}{\partial w} = \mathrm{diag}(1/x_i)$", ("PH 3.2",), "test_E5_the_quotient",
            e5),
    Erratum("E6", "B5", "not every Jacobian is diagonal", "“the Jacobian is usually diagonal”, as a rule",
            "only where output i reads input i alone; not for a matrix product or a softmax",
            "“the Jacobian is usually diagonal”, as a rule",
            "only where output $i$ reads input $i$ alone; not for a matrix product or a softmax", ("PH 3.2", "PH 3.5"),
            "test_E6_not_every_jacobian_is_diagonal", e6),
    Erratum("E7", "A3", "forms that lose all digits",
            "s(1 - s) from x = 37 on, four nodes at -720, softmax without the shift, log(softmax)",
            "the stable forms, accurate to a few ulp over the whole range",
            r"$s(1-s)$ from $x = 37$ on, the four nodes at $-720$, softmax without the shift, $\log(\mathrm{softmax})$",
            "the stable forms, accurate to a few ulp over the whole range", ("CH 2, supplement", "LB softmax"),
            "test_E7_unstable_forms", e7),
    Erratum("E8", "C7", "the quotient rule with the wrong sign",
            "(u v' - u' v)/v²: entry (0, 0) at [1, 2, 3] is -0.0819", "(u' v - u v')/v²: +0.0819",
            r"$(uv' - u'v)/v^2$: entry $(0, 0)$ at $[1, 2, 3]$ is $-0.0819$", r"$(u'v - uv')/v^2$: $+0.0819$",
            ("LB softmax",), "test_E8_the_sign_of_the_quotient_rule", e8),
    Erratum("E9", "B4", "an operator of zeros is not zero", "“0 ○ 0 = 0 whatever the operator”, and (f ○ g)' = f' ○ g'",
            "0 ⊘ 0 is nan, 0 ≥ 0 and 0 = 0 are 1; and (f ○ g)' = ∂₁○ f' + ∂₂○ g', which is 0 because f' and g' are",
            r"“$0 \circ 0 = 0$ whatever the operator”, and $(f\circ g)' = f'\circ g'$",
            r"$0 \oslash 0$ is nan, $0 \ge 0$ and $0 = 0$ are 1; and"
            r" $(f\circ g)' = \partial_1\!\circ f' + \partial_2\!\circ g'$, which is 0 because $f'$ and $g'$ are",
            ("PH 3.2",), "test_E9_an_operator_of_zeros", e9),
    Erratum("E10", "D3", "a layer by its weights is not the factor h1ᵀ or Xᵀ",
            "∂scores/∂W2 = h1ᵀ, H×N, and ∂(XW1 + b1)/∂W1 = Xᵀ, D×N, as factors, so ∂L/∂W2 = S h1ᵀ and ∂L/∂W1 = T Xᵀ",
            "the factors have four indices (C1), N×K×H×K and N×H×D×H; pulled back, h1ᵀS and XᵀT",
            r"$\frac{\partial\,\mathrm{scores}}{\partial W_2} = h_1^T$, $H\times N$, and"
            r" $\frac{\partial (XW_1+b_1)}{\partial W_1} = X^T$, $D\times N$, as factors, so"
            r" $\frac{\partial L}{\partial W_2} = Sh_1^T$ and $\frac{\partial L}{\partial W_1} = TX^T$",
            r"the factors have four indices (C1), $N\times K\times H\times K$ and $N\times H\times D\times H$; pulled"
            r" back, $h_1^TS$ and $X^TT$", ("TL 2 (1)", "TL 2 (2)"),
            "test_E10_the_order_of_the_factors", e10),
    Erratum("E11", "C3", "the ReLU of a vector has a matrix for a derivative",
            "∂max(0, x)/∂x printed as a column of n; ∂h1/∂(XW1 + b1) = 1[h1 > 0], N×H, as a factor",
            "n×n and diagonal; N×H×N×H, so that it pulls U = ∂L/∂h1 back to U ⊙ 1[h1 > 0], element by element",
            r"$\frac{\partial}{\partial x}\max(0, x)$ printed as a column of $n$;"
            r" $\frac{\partial h_1}{\partial (XW_1+b_1)} = 1[h_1>0]$, $N\times H$, as a factor",
            r"$n\times n$ and diagonal; $N\times H\times N\times H$, so that it pulls"
            r" $U = \frac{\partial L}{\partial h_1}$ back to $U\odot 1[h_1>0]$, element by element",
            ("PH 4", "TL 2 (2)"), "test_E11_a_column_is_no_jacobian", e11),
    Erratum("E12", "D6", "a row cannot be taken from a column", "w - η ∂C/∂w with a column w and a row ∂C/∂w",
            "the transpose of the row", r"$w - \eta\,\frac{\partial C}{\partial w}$ with a column $w$ and a row"
            r" $\frac{\partial C}{\partial w}$", "the transpose of the row", ("PH 5.1",),
            "test_E12_a_row_from_a_column", e12),
    Erratum("E13", "B11", "theorem B.26's matrix has a stray minus",
            "-∂fₙ/∂xₙ in the last row, ∂f₁/∂xₙ twice there, and ∂fₙ/∂ηₙ in the first; f(x) = [f(x₁), f(x₂), …], a row",
            "diag(f'(xᵢ)), with plus signs, ∂f₂/∂xₙ and ∂fₙ/∂x₁; f(x) is a column, as x is",
            r"$-\frac{\partial f_n}{\partial x_n}$ in the last row, $\frac{\partial f_1}{\partial x_n}$ twice there,"
            r" and $\frac{\partial f_n}{\partial\eta_n}$ in the first; $f(x) = [f(x_1), f(x_2), \ldots]$, a row",
            r"$\mathrm{diag}(f'(x_i))$, with plus signs, $\frac{\partial f_2}{\partial x_n}$ and"
            r" $\frac{\partial f_n}{\partial x_1}$; $f(x)$ is a column, as $x$ is", ("SM B.26",),
            "test_E13_a_stray_minus", e13),
)  # fmt: skip
