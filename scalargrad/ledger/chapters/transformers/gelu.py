"""Chapter H of the ledger, GELU: the work of H3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.elementary import Approximate
from scalargrad.calculus.shapes import diagonal
from scalargrad.ledger.engine import engine_gradient, engine_jacobian, engine_value
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
