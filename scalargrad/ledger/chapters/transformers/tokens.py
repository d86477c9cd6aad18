"""Chapter H of the ledger, tokens and targets: the work of H3 and of H6 to H9."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.elementary import Approximate
from scalargrad.calculus.shapes import columns, diagonal, product, transpose
from scalargrad.ledger.engine import engine_gradient, engine_jacobian, engine_value, sizes, weighted
from scalargrad.ledger.work import Work

# The engine's GELU, by form.
GELU: dict[Approximate, Callable[[Any], Any]] = {"none": lambda x: sg.gelu(x), "tanh": lambda x: sg.gelu_tanh(x)}


def gelu_scales(x: float, form: Approximate) -> tuple[float, float]:
    """S of GELU, and of its derivative: of a sum, the sizes of its terms."""
    value, slope = c.gelu(x, form), c.gelu_derivative(x, form)
    share = value / x if x else slope
    return abs(value) + 2.0**-1010, share + abs(slope - share) + 2.0**-1010


def h3(work: Work) -> None:
    x, g = work.draw(x="n", g="n")
    for name, told in (("none", "exact"), ("tanh", "by tanh")):
        form: Approximate = name  # type: ignore[assignment]
        f = GELU[form]
        of_values, of_slopes = zip(*(gelu_scales(item, form) for item in x))
        work.result(f"GELU(x), {told}", [c.gelu(item, form) for item in x],
                    engine_value(lambda v: [f(item) for item in v], x), of_values)  # fmt: skip
        slopes = [c.gelu_derivative(item, form) for item in x]
        work.result(f"∂GELU(x)/∂x = diag(GELU'(xᵢ)), {told}", diagonal(slopes),
                    engine_jacobian(lambda v: [f(item) for item in v], x), diagonal(of_slopes))  # fmt: skip
        by_x = engine_gradient(lambda v: sg.dot(g, [f(item) for item in v]), x)
        work.gradient(f"pulled back: ∂L/∂x = g ⊙ GELU'(x) for g = ∂L/∂y, {told}",
                      lambda layout: c.gelu_backward(x, [g], form, layout), by_x,
                      [abs(p) * size for p, size in zip(g, of_slopes)])  # fmt: skip
        ends = [-1e200, -40.0, -9.3, 40.0, 1e200]
        of_values, of_slopes = zip(*(gelu_scales(item, form) for item in ends))
        work.besides(f"at -10²⁰⁰, -40, -9.3, 40 and 10²⁰⁰: GELU, {told}", [c.gelu(item, form) for item in ends],
                     engine_value(lambda v: [f(item) for item in v], ends), of_values)  # fmt: skip
        work.besides(f"at the same: GELU', {told}", [c.gelu_derivative(item, form) for item in ends],
                     [engine_gradient(f, item) for item in ends], of_slopes)  # fmt: skip


def h6(work: Work) -> None:
    table, g, tokens = work.draw(E="K n", G="N n", tokens="N<K")
    count, width = len(table), columns(table)
    flags = c.token_matrix(tokens, count)
    rows = engine_value(lambda v: [v[token] for token in tokens], table)
    slopes = engine_gradient(lambda v: weighted([v[token] for token in tokens], g), table)
    sums = product(transpose(flags), sizes(g))
    work.step("Y = O E with O_tk = 1 where k is token t, else 0", r"Y = O E,\ O_{tk} = 1[k = \mathrm{token}_t]",
              product(flags, table), rows)  # fmt: skip
    work.step("∂L/∂E = OᵀG for G = ∂L/∂Y", r"\frac{\partial L}{\partial E} = O^TG", product(transpose(flags), g),
              slopes, sums, len(g))  # fmt: skip
    work.result("Y, the rows of E at the tokens", c.embedding(table, tokens), rows, 0.0)
    work.result("pulled back: ∂L/∂E, in row k the sum of the rows of G whose token is k",
                c.embedding_backward(tokens, g, count, width), slopes, sums, len(g))  # fmt: skip


def h7(work: Work) -> None:
    x, g, chance, p = work.draw(x="n", g="n", u="n", p="")
    chance, p = work.default("u", [abs(item) / 3.0 for item in chance]), float(work.default("p", abs(p) / 4.0))
    work.need(0.0 <= p < 1.0, f"p must be from 0 on, and less than 1, got {p:g}")
    mask = [float(item >= p) for item in chance]
    work.note(**{"m, 1 where u ≥ p": mask})

    def drop(v: Any) -> list[Any]:
        return [item * (kept * (1.0 / (1.0 - p))) for item, kept in zip(v, mask)]

    work.step("∂y/∂x = diag(m)/(1 - p)", r"\frac{\partial y}{\partial x} = \frac1{1-p}\mathrm{diag}(m)",
              diagonal(kept / (1.0 - p) for kept in mask), engine_jacobian(drop, x))  # fmt: skip
    work.result("y = m ⊙ x/(1 - p)", c.dropout(x, mask, p), engine_value(drop, x))
    work.result("pulled back: ∂L/∂x = m ⊙ g/(1 - p) for g = ∂L/∂y", c.dropout(g, mask, p),
                engine_gradient(lambda v: sg.dot(g, drop(v)), x))  # fmt: skip


def h8(work: Work) -> None:
    scores, classes, share = work.draw(scores="N K", classes="N<K", α="")
    share = float(work.default("α", abs(share) / 4.0))
    work.need(0.0 <= share <= 1.0, f"α must be from 0 to 1, got {share:g}")
    count, width = len(scores), len(scores[0])

    def loss(v: Any) -> Any:
        logs = [sg.log_softmax(row) for row in v]
        return sg.mean([-((1.0 - share) * row[k] + share * sg.mean(row)) for row, k in zip(logs, classes)])

    targets = [c.smoothed_target(k, width, share) for k in classes]
    by_scores = engine_gradient(loss, scores)
    most = [[(p + t) / count for p, t in zip(c.softmax(row), q)] for row, q in zip(scores, targets)]
    logs = [c.log_softmax(row) for row in scores]
    value = math.fsum(-t * item for row, q in zip(logs, targets) for item, t in zip(row, q)) / count
    work.step("L = -(1/N) Σ qₖ log pₖ with q = (1 - α) onehot + α/K",
              r"L = -\tfrac1N\sum q_k\log p_k,\ q = (1-\alpha)\,\mathrm{onehot} + \alpha/K", value,
              engine_value(loss, scores), None, width + count)  # fmt: skip
    work.result("L", c.smoothed_cross_entropy(scores, classes, share), engine_value(loss, scores), None, width + count)
    work.result("∂L/∂scores = (p - q)/N", c.smoothed_cross_entropy_gradient(scores, classes, share), by_scores, most,
                width)  # fmt: skip


def h9(work: Work) -> None:
    target, z = work.draw(t="n", z="n")
    target = work.default("t", c.softmax(target))
    work.need(min(target) >= 0.0, f"t must be 0 or more, as probabilities are, got {min(target):g}")
    n = len(z)

    def divergence(logs: Any) -> Any:
        return sg.sum([t * (math.log(t) - item) for t, item in zip(target, logs) if t])

    logs = c.log_softmax(z)
    whole = math.fsum(t * (abs(math.log(t)) + abs(item)) for t, item in zip(target, logs) if t)
    work.step("by the logs of p: ∂D/∂log pᵢ = -tᵢ", r"\frac{\partial D}{\partial\log p_i} = -t_i",
              [-t for t in target], engine_gradient(divergence, logs))  # fmt: skip
    work.result("D = Σ tᵢ(log tᵢ - log pᵢ)", c.kl_divergence(target, z),
                engine_value(lambda v: divergence(sg.log_softmax(v)), z), whole, n)  # fmt: skip
    total = math.fsum(target)
    work.gradient("∂D/∂z = p Σtⱼ - t, with p = softmax(z)",
                  lambda layout: c.kl_divergence_gradient(target, z, layout),
                  engine_gradient(lambda v: divergence(sg.log_softmax(v)), z),
                  [p * total + t for p, t in zip(c.softmax(z), target)], n)  # fmt: skip
    odd, at = [1.0, 3.0], [0.0, 1.0]
    work.besides("∂D/∂z for t = [1, 3], which is no distribution, at z = [0, 1]", c.kl_divergence_gradient(odd, at)[0],
                 engine_gradient(lambda v: -sg.dot(odd, sg.log_softmax(v)), at), 4.0)  # fmt: skip
