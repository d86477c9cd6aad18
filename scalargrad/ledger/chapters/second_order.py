"""Chapter F of the ledger: second order. The engine's Hessians by `hessian`, and by `backward` through gradients."""

from __future__ import annotations

import functools
import math
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.shapes import product, transpose
from scalargrad.errors import ArgumentError
from scalargrad.ledger.chapters.training import awake
from scalargrad.ledger.compare import EPSILON
from scalargrad.ledger.engine import (
    engine_adjoint,
    engine_curve,
    engine_gradient,
    engine_hessian,
    engine_jacobian,
    engine_product,
    engine_tangent,
    engine_value,
    sizes,
)
from scalargrad.ledger.row import TERMS, Row, row
from scalargrad.ledger.work import Work


def _turned(a: Any) -> Any:
    return [list(r) for r in zip(*a)]


def _largest(w: Any, x: Any) -> float:
    """The largest Σ|w x| of a row: the rounding of the arguments of what follows, in units of ε, per term."""
    return max(math.fsum(abs(p * q) for p, q in zip(r, x)) for r in w)


def _outer(a: Any, b: Any) -> Any:
    return [[p * q for q in b] for p in a]


def _times(a: Any, factor: float) -> Any:
    return [[factor * item for item in r] for r in a]


def _f1(work: Work) -> None:
    a, b, x = work.draw(1.5, a="n", b="n", x="n")
    n = len(x)

    def wave(v: Any) -> Any:
        return sg.exp(sg.dot(a, v)) * sg.sin(sg.dot(b, v))

    e = math.exp(math.fsum(p * q for p, q in zip(a, x))) * (1.0 + _largest([a, b], x))
    first = [e * (abs(p) + abs(q)) for p, q in zip(a, b)]
    second = [[p * (abs(q) + abs(r)) for q, r in zip(a, b)] for p in first]
    work.step("f(x) = e^(a·x) sin(b·x)", r"f(x) = e^{a\cdot x}\sin(b\cdot x)", c.wave(a, b, x),
              engine_value(wave, x), e, n)  # fmt: skip
    work.step("∂f/∂xᵢ = e^(a·x) (aᵢ sin(b·x) + bᵢ cos(b·x))",
              r"\frac{\partial f}{\partial x_i} = e^{a\cdot x}(a_i\sin(b\cdot x) + b_i\cos(b\cdot x))",
              c.wave_gradient(a, b, x), [engine_gradient(wave, x)], [first], n)  # fmt: skip
    curve, own = engine_curve(wave, x), engine_hessian(wave, x)
    work.result("∂²f/∂xᵢ∂xⱼ = e^(a·x) ((aᵢaⱼ - bᵢbⱼ) sin(b·x) + (aᵢbⱼ + bᵢaⱼ) cos(b·x))", c.wave_hessian(a, b, x), own,
                second, n)  # fmt: skip
    work.result("∂/∂xⱼ of ∂f/∂xᵢ, in row i, by a gradient of the gradient", c.wave_hessian(a, b, x), curve, second, n)
    work.result(
        "∂/∂xᵢ of ∂f/∂xⱼ, in row i, the same from the other side",
        c.wave_hessian(a, b, x),
        _turned(curve),
        second,
        n,
    )
    work.result("∂²f/∂xᵢ∂xⱼ - ∂²f/∂xⱼ∂xᵢ = 0, to the bit", [[0.0] * n for _ in x],
                [[p - q for p, q in zip(*rows)] for rows in zip(own, _turned(own))], 0.0)  # fmt: skip


def _f2(work: Work) -> None:
    a, b, x = work.draw(A="n n", b="n", x="n")
    n = len(x)

    def quadratic(v: Any) -> Any:
        return 0.5 * sg.dot(v, [sg.dot(r, v) for r in a]) + sg.dot(b, v)

    large = sizes(a), sizes(b), sizes(x)
    by_x = engine_gradient(quadratic, x)
    halves = [math.fsum(p * q for p, q in zip(r, x)) for r in a], [math.fsum(p * q for p, q in zip(r, x))
                                                                   for r in transpose(a)]  # fmt: skip
    work.step("½xᵀAx + bᵀx", r"\frac12x^TAx + b^Tx", c.quadratic(a, b, x), engine_value(quadratic, x),
              c.quadratic(*large), n * n)  # fmt: skip
    work.step("by the product rule, ½(Ax) + ½(Aᵀx) + b", r"\frac12Ax + \frac12A^Tx + b",
              [0.5 * p + 0.5 * q + r for p, q, r in zip(*halves, b)], by_x, c.quadratic_gradient(*large)[0],
              n)  # fmt: skip
    work.gradient("∇(½xᵀAx + bᵀx) = ½(A + Aᵀ)x + b", lambda layout: c.quadratic_gradient(a, b, x, layout), by_x,
                  c.quadratic_gradient(*large)[0], n)  # fmt: skip
    scale = c.quadratic_hessian(sizes(a))
    work.result("the Hessian ½(A + Aᵀ)", c.quadratic_hessian(a), engine_hessian(quadratic, x), scale)
    work.result("the same, by a gradient of the gradient", c.quadratic_hessian(a), engine_curve(quadratic, x), scale)


def _softmax_scale(z: Any, factor: float = 1.0) -> Any:
    """The sizes of the terms of diag(p) - ppᵀ."""
    p = c.softmax(z)
    return [[factor * (a * (i == j) + a * b) for j, b in enumerate(p)] for i, a in enumerate(p)]


def _f3(work: Work) -> None:
    z, q, v = work.draw(z="n", q="n", v="n")
    target, n = c.softmax(q), len(z)
    work.note(**{"t = softmax(q)": target})
    p, scale = c.softmax(z), _softmax_scale(z)

    def cross_entropy(s: Any) -> Any:
        return -sg.dot(target, sg.log_softmax(s))

    own, mean = engine_hessian(sg.logsumexp, z), math.fsum(a * b for a, b in zip(p, v))
    work.step("∂ log Σ exp(zⱼ)/∂zᵢ = pᵢ, the softmax", r"\frac{\partial}{\partial z_i}\log\sum e^{z_j} = p_i", p,
              engine_gradient(sg.logsumexp, z), p, n)  # fmt: skip
    work.step("∂pᵢ/∂zⱼ = pᵢδᵢⱼ - pᵢpⱼ", r"\frac{\partial p_i}{\partial z_j} = p_i\delta_{ij} - p_ip_j",
              c.softmax_jacobian(z), engine_jacobian(sg.softmax, z), scale, n)  # fmt: skip
    work.result("the Hessian of log Σ exp(z): diag(p) - ppᵀ", c.logsumexp_hessian(z), own, scale, n)
    work.result("its rows sum to 0", [0.0] * n, [math.fsum(r) for r in own], [math.fsum(r) for r in scale], n)
    sized = [math.fsum([abs(s), *map(abs, v), abs(mean)]) for s in v]
    work.result("vᵀ(diag(p) - ppᵀ)v = Σ pᵢ(vᵢ - p·v)², which is 0 or more", c.logsumexp_curvature(z, v),
                math.fsum(s * t for s, t in zip(v, engine_product(sg.logsumexp, z, v))),
                math.fsum(a * s * s for a, s in zip(p, sized)), 2 * n)  # fmt: skip
    big = [math.fsum(abs(s - t) for t in z) + math.log(n) for s in z]
    work.result("-Σ tᵢ log pᵢ, for the target t = softmax(q), which sums to 1", c.soft_cross_entropy(z, target),
                engine_value(cross_entropy, z), math.fsum(a * b for a, b in zip(target, big)), 2 * n)  # fmt: skip
    work.gradient("its gradient p - t", lambda layout: c.soft_cross_entropy_gradient(z, target, layout),
                  engine_gradient(cross_entropy, z), [a + b for a, b in zip(p, target)], 2 * n)  # fmt: skip
    work.result("its Hessian is diag(p) - ppᵀ too, whatever t", c.logsumexp_hessian(z),
                engine_hessian(cross_entropy, z), scale, 2 * n)  # fmt: skip


def _sines(w: Any, x: Any) -> tuple[list[float], Any, Any]:
    """sin(Wx), its Jacobian diag(cos(Wx))W, and its Hessians -sin(wₖ·x) wₖwₖᵀ."""
    angles = [math.fsum(p * q for p, q in zip(r, x)) for r in w]
    jacobian = [[math.cos(a) * p for p in r] for a, r in zip(angles, w)]
    return [math.sin(a) for a in angles], jacobian, [_times(_outer(r, r), -math.sin(a)) for a, r in zip(angles, w)]


def _sine_layer(w: Any) -> Any:
    return lambda v: [sg.sin(sg.dot(r, v)) for r in w]


def _f4(work: Work) -> None:
    w, x = work.draw(1.5, W="m n", x="n")
    m, n, layer = len(w), len(x), _sine_layer(w)

    def composed(v: Any) -> Any:
        return sg.logsumexp(layer(v))

    def of_row(k: int, v: Any) -> Any:
        return layer(v)[k]

    u, jacobian, curves = _sines(w, x)
    p, curve = c.softmax(u), c.logsumexp_hessian(u)
    error = 1.0 + _largest(w, x)
    work.step("gₖ(x) = sin(wₖ·x), of the row wₖ of W: ∂g/∂x = J_g = diag(cos(Wx)) W",
              r"J_g = \frac{\partial g}{\partial x} = \mathrm{diag}(\cos(Wx))\,W", jacobian,
              engine_jacobian(layer, x), _times(sizes(w), error), n)  # fmt: skip
    work.step("f(u) = log Σ exp(u): ∂f/∂u = p, at u = g(x)", r"\frac{\partial f}{\partial u} = p", p,
              engine_gradient(sg.logsumexp, u), p, m)  # fmt: skip
    work.step("H_f = diag(p) - ppᵀ", "H_f = \\mathrm{diag}(p) - pp^T", curve, engine_hessian(sg.logsumexp, u),
              _softmax_scale(u), m)  # fmt: skip
    work.step("H_gₖ = -sin(wₖ·x) wₖwₖᵀ, for each k", r"H_{g_k} = -\sin(w_k\cdot x)\,w_kw_k^T", curves,
              [engine_hessian(functools.partial(of_row, k), x) for k in range(m)],
              [_times(_outer(r, r), error) for r in sizes(w)], n)  # fmt: skip
    large = sizes(w)
    slope = [math.fsum(a * r[j] for a, r in zip(p, large)) for j in range(n)]
    scale = c.composed_hessian([error * a for a in p], _softmax_scale(u, error), large, [_outer(r, r) for r in large])
    work.result("∇f(g(x)) = pᵀJ_g", [c.pull_back(jacobian, p)], [engine_gradient(composed, x)],
                [[error * item for item in slope]], m + n)  # fmt: skip
    wanted = c.composed_hessian([p], curve, jacobian, curves)
    work.result("the Hessian of f(g(x)): J_gᵀ H_f J_g + Σₖ (∂f/∂gₖ) H_gₖ", wanted, engine_hessian(composed, x), scale,
                m + n)  # fmt: skip
    work.result("the same, by a gradient of the gradient", wanted, engine_curve(composed, x), scale, m + n)


def _f5(work: Work) -> None:
    w, x, y = work.draw(1.5, W="m n", x="n", y="m")
    m, n, layer = len(w), len(x), _sine_layer(w)

    def half_square(targets: Any, of: Any = layer) -> Any:
        return lambda v: 0.5 * sg.sum([(p - q) ** 2 for p, q in zip(of(v), targets)])

    def affine(v: Any) -> Any:
        return [sg.dot(r, v) for r in w]

    u, jacobian, curves = _sines(w, x)
    residuals, large, error = [p - q for p, q in zip(u, y)], sizes(w), 1.0 + _largest(w, x)
    most = [error + abs(q) for q in y]
    squares = c.gauss_newton(large)
    scale = _times(c.residual_hessian(most, large, [_outer(r, r) for r in large]), error)
    work.step("r(x) = sin(Wx) - y: ∇ of ½‖r‖² = rᵀJ, with J = diag(cos(Wx)) W",
              r"\nabla\tfrac12\|r\|^2 = r^TJ", [c.pull_back(jacobian, residuals)],
              [engine_gradient(half_square(y), x)],
              [[error * math.fsum(a * r[j] for a, r in zip(most, large)) for j in range(n)]], m + n)  # fmt: skip
    wanted = c.residual_hessian(residuals, jacobian, curves)
    work.result("the Hessian of ½‖r(x)‖²: JᵀJ + Σₖ rₖH_rₖ", wanted, engine_hessian(half_square(y), x), scale,
                m + n)  # fmt: skip
    work.result("the same, by a gradient of the gradient", wanted, engine_curve(half_square(y), x), scale, m + n)
    work.result("JᵀJ alone, where r = 0: of y = sin(Wx)", c.gauss_newton(jacobian), engine_hessian(half_square(u), x),
                _times(scale, error), m + n)  # fmt: skip
    work.result("JᵀJ alone, where r is affine: WᵀW, of r = Wx - y", c.gauss_newton(w),
                engine_hessian(half_square(y, affine), x), squares, m)  # fmt: skip


def _f6(work: Work) -> None:
    w, x, v = work.draw(1.5, W="m n", x="n", v="n")
    m, n = len(w), len(x)

    def f(t: Any) -> Any:
        return sg.logsumexp([sg.dot(r, t) for r in w])

    def along(t: Any) -> Any:
        return sg.dot(sg.grad(f)(t), v)

    large = sizes(w)
    error, s = 1.0 + _largest(w, x), _largest(large, sizes(v))
    p = c.softmax([math.fsum(a * b for a, b in zip(r, x)) for r in w])
    sums = [math.fsum(r[j] for r in large) for j in range(n)]
    scale, wanted = [error * s * item for item in sums], c.logsumexp_product(w, x, v)
    work.step("∇f(x) = pᵀW, of f(x) = log Σ exp(Wx), p = softmax(Wx)", r"\nabla f(x) = p^TW", [c.pull_back(w, p)],
              [engine_gradient(f, x)], [[error * item for item in sums]], m + n)  # fmt: skip
    work.step("∇f·v = p·Wv", r"\nabla f\cdot v = p\cdot Wv", c.dot(p, c.push_forward(w, v)), engine_value(along, x),
              error * m * s, m + n)  # fmt: skip
    work.result("Hv = Wᵀ(p ⊙ (Wv - p·Wv)), forward through the gradient", wanted, engine_product(f, x, v), scale,
                2 * m + n)  # fmt: skip
    work.result("Hv as the gradient of ∇f·v", wanted, engine_gradient(along, x), scale, 2 * m + n)
    step = 2.0**-17 / max(1.0, s)
    moved = [engine_gradient(f, [a + side * step * b for a, b in zip(x, v)]) for side in (1.0, -1.0)]
    # the third derivative of a softmax along Wv is at most 64 s³; the gradients' roundings are divided by the step
    extra = max(sums) * (64.0 * s**3 * step**2 / 6.0 + 4.0 * (m + n) * EPSILON * error / step)
    work.result("Hv = d/dε ∇f(x + εv) at 0, by a difference", wanted, [(a - b) / (2.0 * step) for a, b in zip(*moved)],
                scale, 2 * m + n, extra)  # fmt: skip


def _f7(work: Work) -> None:
    w, x, v, u = work.draw(1.5, W="m n", x="n", v="n", u="m")
    m, n = len(w), len(x)

    def layer(t: Any) -> Any:
        return sg.softmax([sg.dot(r, t) for r in w])

    z = [math.fsum(p * q for p, q in zip(r, x)) for r in w]
    jacobian, error, large = product(c.softmax_jacobian(z), w), 1.0 + _largest(w, x), sizes(w)
    scale = product(_softmax_scale(z, error), large)
    work.step("J = (diag(p) - ppᵀ) W, of y = softmax(Wx)", r"J = (\mathrm{diag}(p) - pp^T)\,W", jacobian,
              engine_jacobian(layer, x), scale, m + n)  # fmt: skip
    forward, backward = engine_tangent(layer, x, v), engine_adjoint(layer, x, u)
    work.result("Jv, forward", c.push_forward(jacobian, v), forward, c.push_forward(scale, sizes(v)), m + n)
    work.result("Jᵀu, in reverse", c.pull_back(jacobian, u), backward, c.pull_back(scale, sizes(u)), m + n)
    most = c.dot(sizes(u), c.push_forward(scale, sizes(v)))
    wanted = c.dot(u, c.push_forward(jacobian, v))
    work.result("⟨Jv, u⟩, forward", wanted, math.fsum(p * q for p, q in zip(forward, u)), most, 2 * m + n)
    work.result("⟨v, Jᵀu⟩, in reverse", wanted, math.fsum(p * q for p, q in zip(v, backward)), most, m + 2 * n)


_HARD = 1e8  # a condition number that hides half of the digits


def _f8(work: Work) -> None:
    a, b, x = work.draw(A="k k", c="k", x="k")
    near = [[0.25 * item + math.copysign(4.0, item) * (i == j) for j, item in enumerate(r)] for i, r in enumerate(a)]
    a = work.default("A", near)
    n, curve = len(x), c.quadratic_hessian(a)
    try:
        inverse = c.inverse(curve)
    except ArgumentError:
        raise ArgumentError("½(A + Aᵀ) is singular: the quadratic has no one stationary point") from None
    norm, wide = (max(math.fsum(map(abs, r)) for r in each) for each in (inverse, curve))
    work.need(norm * wide < _HARD, f"½(A + Aᵀ) is nearly singular: its condition number is {norm * wide:.3g}")

    def quadratic(v: Any) -> Any:
        return 0.5 * sg.dot(v, [sg.dot(r, v) for r in a]) + sg.dot(b, v)

    slopes, own = engine_gradient(quadratic, x), engine_hessian(quadratic, x)
    most = c.quadratic_gradient(sizes(a), sizes(b), sizes(x))
    size = max(map(abs, x)) + norm * norm * wide * max(most[0])
    lowest = [-item for item in c.pull_back(inverse, b)]
    landed = c.newton_step(x, c.quadratic_gradient(a, b, x), curve)
    work.step("∇f = ½(A + Aᵀ)x + c", r"\nabla f = \frac12(A + A^T)x + c", c.quadratic_gradient(a, b, x), [slopes],
              most, n)  # fmt: skip
    work.step("∇f = 0 at x* = -H⁻¹c, and Newton's step x - H⁻¹∇f lands there",
              r"x - H^{-1}\nabla f = -H^{-1}c", lowest, c.newton_step(x, slopes, own), size, n * n)  # fmt: skip
    work.result("x - H⁻¹∇f of the quadratic f = ½xᵀAx + cᵀx, with H = ½(A + Aᵀ): x*, from any x", landed,
                c.newton_step(x, slopes, own), size, n * n)  # fmt: skip
    _neuron(work)


def _neuron(work: Work) -> None:
    w, bias, inputs, targets = work.draw(w="n", b="", X="N n", y="N")
    bias = awake(work, w, bias, inputs)
    n, count = len(w), len(inputs)

    def cost(v: Any) -> Any:
        *weights, offset = v
        return sg.mean([(sg.relu(sg.dot(weights, t) + offset) - y) ** 2 for t, y in zip(inputs, targets)])

    most = [math.fsum(abs(p * q) for p, q in zip(w, t)) + abs(bias) for t in inputs]
    own = [engine_value(lambda v, o: sg.dot(v, t) + o, w, bias) for t in inputs]
    work.sides([c.affine(w, t, bias) for t in inputs], own, most, n + 1)
    larger = [[2.0 / count * math.fsum(p[i] * p[j] for p in ([*sizes(t), 1.0] for t in inputs)) for j in range(n + 1)]
              for i in range(n + 1)]  # fmt: skip
    by_w, by_b = c.neuron_cost_gradients(w, bias, inputs, targets)
    slope = [2.0 / count * math.fsum((p + abs(y)) * q for p, y, q in zip(most, targets, column))
             for column in zip(*([*sizes(t), 1.0] for t in inputs))]  # fmt: skip
    work.step("the neuron's ∂C/∂(w, b) = (2/N) Σ eᵢ[xᵢ; 1]ᵀ, over the active inputs, of D5",
              r"\frac{\partial C}{\partial(w, b)} = \frac2N\sum e_i[x_i; 1]^T", [[*by_w[0], by_b]],
              [engine_gradient(cost, [*w, bias])], [slope], n + count)  # fmt: skip
    wanted = c.neuron_cost_hessian(w, bias, inputs, targets)
    work.result("the neuron's Hessian by w and b, (2/N) Σ [xᵢ; 1][xᵢ; 1]ᵀ over the active inputs", wanted,
                engine_hessian(cost, [*w, bias]), larger, n + count)  # fmt: skip


_ARGUMENTS = "S is Σ of the sizes of the terms, times 1 + Σ|wx| for the roundings of what exp and sin are taken of"

ROWS: tuple[Row, ...] = (
    row("F1", "second derivatives are symmetric (Schwarz)", "∂²f/∂xᵢ∂xⱼ = ∂²f/∂xⱼ∂xᵢ",
        r"$\frac{\partial^2f}{\partial x_i\partial x_j} = \frac{\partial^2f}{\partial x_j\partial x_i}$",
        "wave wave_gradient wave_hessian", "symmetry", 4, _ARGUMENTS, "NW second derivatives", _f1),
    row("F2", "quadratic form", "∇(½xᵀAx + bᵀx) = ½(A + Aᵀ)x + b, Hessian ½(A + Aᵀ)",
        r"$\nabla(\frac12x^TAx + b^Tx) = \frac12(A + A^T)x + b$, Hessian $\frac12(A + A^T)$",
        "quadratic quadratic_gradient quadratic_hessian", "quadratic", 4, TERMS, "MC quadratic forms", _f2),
    row("F3", "log-sum-exp and softmax's cross-entropy",
        "∇² log Σ exp(z) = diag(p) - ppᵀ with p = softmax(z), and -Σ tᵢ log pᵢ has the same;"
        " positive semidefinite, rows sum to 0",
        r"$\nabla^2\log\sum e^{z_i} = \mathrm{diag}(p) - pp^T$ with $p = \mathrm{softmax}(z)$, and $-\sum t_i\log p_i$"
        r" with $\sum t_i = 1$ has the same; it is positive semidefinite, and its rows sum to 0",
        "logsumexp_hessian logsumexp_curvature soft_cross_entropy soft_cross_entropy_gradient", "logsumexp", 4,
        "S is Σ of the sizes of the terms; a sum over n in p, and one more", "NW convex functions", _f3),
    row("F4", "chain rule of second order", "the Hessian of f(g(x)) is J_gᵀ H_f J_g + Σₖ (∂f/∂gₖ) H_gₖ",
        r"the Hessian of $f(g(x))$ is $J_g^TH_fJ_g + \sum_k\frac{\partial f}{\partial g_k}H_{g_k}$",
        "composed_hessian", "chain_rule", 4, _ARGUMENTS, "MC chain rule", _f4),
    row("F5", "Gauss–Newton", "the Hessian of ½‖r(x)‖² is JᵀJ + Σₖ rₖH_rₖ; JᵀJ where r = 0 or r is affine",
        r"the Hessian of $\frac12\|r(x)\|^2$ is $J^TJ + \sum_kr_kH_{r_k}$; $J^TJ$ where $r = 0$ or $r$ is affine",
        "gauss_newton residual_hessian", "gauss_newton", 4, _ARGUMENTS, "NW least squares", _f5),
    row("F6", "product of a Hessian and a vector", "Hv = d/dε ∇f(x + εv) at 0 = ∇(∇f·v)",
        r"$Hv = \frac{d}{d\varepsilon}\nabla f(x + \varepsilon v)$ at 0 $= \nabla(\nabla f\cdot v)$",
        "logsumexp_product", "product", 4, _ARGUMENTS, "PE products", _f6),
    row("F7", "forward and reverse mode agree", "⟨Jv, u⟩ = ⟨v, Jᵀu⟩ for all v, u",
        r"$\langle Jv, u\rangle = \langle v, J^Tu\rangle$ for all $v$, $u$",
        "push_forward pull_back", "forward_and_reverse", 4, _ARGUMENTS, "GW forward and reverse", _f7),
    row("F8", "Newton's step", "x - H⁻¹∇f is the minimum of a quadratic; of the D5 neuron, H = (2/N) Σ [xᵢ; 1][xᵢ; 1]ᵀ",
        r"$x - H^{-1}\nabla f$ is the minimum of a quadratic; of the D5 neuron, on its active inputs,"
        r" $H = \frac2N\sum[x_i; 1][x_i; 1]^T$",
        "newton_step quadratic_hessian neuron_cost_hessian", "newton", 16,
        "S has the norms of the factors and the condition number of H", "NW Newton's method; PH 5", _f8),
)  # fmt: skip
