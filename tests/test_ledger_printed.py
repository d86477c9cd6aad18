"""What PH and CH print is a step of its row: the sums over paths, the cases, the shapes, the signs."""

from __future__ import annotations

import math
from typing import Any

import pytest

from scalargrad.calculus.shapes import product
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.rows import check
from tests.support import formulas

run, refused = formulas.run, formulas.refused


def answer(id: str, start: str, **given: Any) -> Comparison:
    """The answer of a row whose text begins like this."""
    checked = check(id, given)
    found, *_ = (each for each in checked.comparisons if each.what.startswith(start))
    assert not found.misses(checked.units)
    return found


# --- B9: the sum over all paths, and the linear map of a linear map ---------------------------------------------------

CHAIN = {"A": [[1.0, 2.0], [3.0, 4.0]], "B": [[5.0, 6.0], [7.0, 8.0]], "x": [0.5, 1.0], "d": [1.0, -2.0]}


def test_the_entry_of_a_chain_is_a_sum_of_products_over_all_paths() -> None:
    paths, total = (answer("B9", f"∂f₁/∂{name}", **CHAIN) for name in ("gₖ ∂gₖ/∂x₁", "x₁ = Σₖ"))
    g = [sum(p * math.sin(q) for p, q in zip(r, CHAIN["x"])) for r in CHAIN["B"]]
    products = [a * math.cos(u) * r[0] * math.cos(0.5) for a, u, r in zip(CHAIN["A"][0], g, CHAIN["B"])]
    for side in ("analytic", "engine"):
        assert getattr(paths, side) == pytest.approx(products, rel=1e-13)
        assert getattr(total, side) == pytest.approx(sum(products), rel=1e-13)
    assert answer("B9", "∂f(g(x))/∂x = ∂f/∂g ∂g/∂x, m×n", **CHAIN).engine[0][0] == total.engine
    assert paths.is_step and total.is_step


def test_a_linear_map_of_a_linear_map_is_the_product_of_the_matrices() -> None:
    outer, inner, both = (answer("B9", start, **CHAIN).engine for start in ("∂f/∂g", "∂g/∂x", "J_f(g(x)) (J_g(x) d)"))
    column = product(outer, product(inner, [[item] for item in CHAIN["d"]]))
    assert both == pytest.approx([r[0] for r in column], rel=1e-13)
