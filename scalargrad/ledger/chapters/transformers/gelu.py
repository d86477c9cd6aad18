"""Chapter H of the ledger, GELU: the work of H3."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.shapes import diagonal
from scalargrad.calculus.transformers.gelu import Approximate
from scalargrad.ledger.engine import engine_gradient, engine_jacobian, engine_value, sizes
from scalargrad.ledger.work import Work

_ROOT, _SLOPE = math.sqrt(2.0), math.sqrt(2.0 / math.pi)

# The engine's GELU, by form.
GELU: dict[Approximate, Callable[[Any], Any]] = {
    "none": lambda x: 0.5 * x * (1.0 + sg.erf(x / _ROOT)),
    "tanh": lambda x: 0.5 * x * (1.0 + sg.tanh(_SLOPE * (x + 0.044715 * x**3))),
}


def h3(work: Work) -> None:
    x, g = work.draw(x="n", g="n")
    for name, told in (("none", "exact"), ("tanh", "by tanh")):
        form: Approximate = name  # type: ignore[assignment]
        f = GELU[form]
        work.result(f"GELU(x), {told}", [c.gelu(item, form) for item in x],
                    engine_value(lambda v: [f(item) for item in v], x), sizes(x))  # fmt: skip
        # 1 bounds what a derivative adds up, roundings of the exponent included
        slopes = [c.gelu_derivative(item, form) for item in x]
        work.result(f"∂GELU(x)/∂x = diag(GELU'(xᵢ)), {told}", diagonal(slopes),
                    engine_jacobian(lambda v: [f(item) for item in v], x), diagonal([1.0] * len(x)))  # fmt: skip
        by_x = engine_gradient(lambda v: sg.dot(g, [f(item) for item in v]), x)
        work.gradient(f"pulled back: ∂L/∂x = g ⊙ GELU'(x) for g = ∂L/∂y, {told}",
                      lambda layout: c.gelu_backward(x, [g], form, layout), by_x, sizes(g))  # fmt: skip
        ends = [-1e200, -40.0, 40.0, 1e200]
        work.besides(f"at -10²⁰⁰, -40, 40 and 10²⁰⁰: GELU, {told}", [c.gelu(item, form) for item in ends],
                     engine_value(lambda v: [f(item) for item in v], ends))  # fmt: skip
        work.besides(f"at the same: GELU', {told}", [c.gelu_derivative(item, form) for item in ends],
                     [engine_gradient(f, item) for item in ends])  # fmt: skip
