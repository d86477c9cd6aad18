"""What PH and CH print is a step of its row: the sums over paths, the cases, the shapes, the signs."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from scalargrad.calculus.elementary import ELEMENTARY
from scalargrad.calculus.shapes import product, shape
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.index import INDEX
from scalargrad.ledger.rows import check, search
from scalargrad.ledger.work import SMOOTH
from scalargrad.transforms.containers import flat
from tests.support import formulas

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

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
    assert shape(both) == (2, 1) and flat(both) == pytest.approx(flat(column), rel=1e-13)


# --- B4, B5, B6: what does not exist is left out, and no more ---------------------------------------------------------


def whats(id: str, **given: Any) -> list[str]:
    return [each.what for each in check(id, given).comparisons]


@pytest.mark.parametrize(("id", "given", "whole", "left_out", "gone"), [
    ("B4", {"w": [0.0], "x": [0.0]}, {"w": [0.0], "x": [1.0]}, "w ⊘ x, which does not exist where x is 0",
     {"∂(wᵢ / xᵢ)/∂wᵢ = 1/xᵢ, so diag(1/x)", "w ⊘ x", "∂(w ⊘ x)/∂w", "∂(w ⊘ x)/∂x"}),
    ("B4", {"w": [1.0, 2.0], "x": [3.0, -0.0]}, {"w": [1.0, 2.0], "x": [3.0, 4.0]},
     "w ⊘ x, which does not exist where x is 0",
     {"∂(wᵢ / xᵢ)/∂wᵢ = 1/xᵢ, so diag(1/x)", "w ⊘ x", "∂(w ⊘ x)/∂w", "∂(w ⊘ x)/∂x"}),
    ("B6", {"x": [1.0, 2.0], "z": 0.0}, {"x": [1.0, 2.0], "z": 1.0}, "x/z, which does not exist where z is 0",
     {"∂(x/z)/∂x", "∂(x/z)/∂z", "∂(x/z)/∂z, denominator layout"}),
])  # fmt: skip
def test_a_division_by_0_is_left_out_alone(id: str, given: Any, whole: Any, left_out: str, gone: set[str]) -> None:
    checked = check(id, given)
    assert checked.holds and checked.inputs["left out"] == left_out and "left out" not in check(id, whole).inputs
    assert whats(id, **given) == [what for what in whats(id, **whole) if what not in gone]
    assert gone <= set(whats(id, **whole))


@pytest.mark.parametrize(("x", "shown", "left_out", "jacobian"), [
    ([1.0], "∂(2x₁)/∂x", "x₃² and x₁ + 3x₂, since x has 1 number", [[2.0]]),
    ([1.0, 2.0], "∂(2x₁, x₁ + 3x₂)/∂x", "x₃², since x has 2 numbers", [[2.0, 0.0], [1.0, 3.0]]),
    ([1.0, 2.0, 4.0], "∂(2x₁, x₃², x₁ + 3x₂)/∂x", None, [[2.0, 0.0, 0.0], [0.0, 0.0, 8.0], [1.0, 3.0, 0.0]]),
    ([1.0, 2.0, 4.0, 5.0], "∂(2x₁, x₃², x₁ + 3x₂)/∂x", None,
     [[2.0, 0.0, 0.0, 0.0], [0.0, 0.0, 8.0, 0.0], [1.0, 3.0, 0.0, 0.0]]),
])  # fmt: skip
def test_an_output_that_reads_what_is_not_there_is_left_out_alone(x: Any, shown: str, left_out: Any, jacobian: Any
                                                                  ) -> None:  # fmt: skip
    first, second = check("B5", {"x": x}).comparisons
    assert first.what == shown and first.analytic == first.engine == jacobian
    assert second.engine == [[2.0 * p * (i == j) for j in range(len(x))] for i, p in enumerate(x)]
    assert check("B5", {"x": x}).inputs.get("left out") == left_out


def test_what_is_left_out_is_said(run: Any) -> None:
    for line in ("B4 w=0 x=0", "B5 x=1", "B6 x=1,2 z=0"):
        ran = run(line)
        assert ran.code == 0 and "\n  left out = " in ran.out and max(map(len, ran.lines)) <= 80


# --- labels: functions by name, the signs of the source, shapes -------------------------------------------------------


def test_composed_operators_name_their_functions() -> None:
    """Each can be recomputed from the label and the inputs alone."""
    w, x = [0.5, -1.0], [2.0, 0.25]
    shown = [each.what for each in check("B4", {"w": w, "x": x}).comparisons if "fᵢ" in each.what]
    of = "for fᵢ = cos, tanh and gᵢ = atan, softplus"
    assert len(shown) == 10 and sum(of in what for what in shown) == 8
    slopes = [[-math.sin(0.5), 0.0], [0.0, 1.0 / math.cosh(-1.0) ** 2]]
    factors = [math.atan(2.0), math.log1p(math.exp(0.25))]
    products = [[p * q for p in r] for r, q in zip(slopes, factors)]
    for sign, wanted in (("+", slopes), ("×", products)):
        found = answer("B4", f"∂(fᵢ(wᵢ) {sign} gᵢ(xᵢ))/∂w, {of}", w=w, x=x)
        assert flat(found.engine) == pytest.approx(flat(wanted), rel=1e-14)


@pytest.mark.parametrize("id", ["B4", "B6", "C4", "C5", "C6", "B10"])
def test_one_sign_stands_for_one_operator(id: str, run: Any) -> None:
    """⊗ and ⊘ for vectors, × and / for their components, as PH prints them; and no list of unnamed parts."""
    ran = run(id)
    assert "*" not in ran.out and "⊙" not in ran.out
    assert not re.search(r"(closed form|engine) +0: ", ran.out) and "w / x" not in ran.out and "x / z" not in ran.out


def test_scalar_expansion_splits_into_i_and_0() -> None:
    one, zero = (answer("B6", start, x=[1.0, 2.0], z=3.0) for start in ("∂f(x)/∂x = I", "∂g(z)/∂x = 0"))
    assert one.analytic == one.engine == [[1.0, 0.0], [0.0, 1.0]]
    assert zero.analytic == zero.engine == [[0.0, 0.0], [0.0, 0.0]]


def test_a_chain_of_diagonals_shows_both() -> None:
    given = {"g": "sin", "f": "tanh", "x": [0.5, 1.0]}
    outer, inner, whole = (answer("B10", start, **given) for start in ("∂f/∂g", "∂g/∂x", "∂f(g(x))/∂x"))
    assert inner.engine[0] == [pytest.approx(math.cos(0.5)), 0.0]
    assert outer.engine[1] == [0.0, pytest.approx(1.0 - math.tanh(math.sin(1.0)) ** 2)]
    assert flat(product(outer.engine, inner.engine)) == pytest.approx(flat(whole.engine), rel=1e-14)


def test_a_jacobian_is_written_as_ch_writes_it() -> None:
    assert answer("B1", "∂(3x²y, 2x + y⁸)/∂(x, y)", x=1.0, y=2.0).engine == [[12.0, 3.0], [2.0, 1024.0]]


def test_a_difference_of_one_variable() -> None:
    """Δy = y'(x)Δx, what the Jacobian's rule is for one variable."""
    small, there = (answer("B3", f"of one variable{text}", x=[0.0, 1.0], d=[1.0, 0.0]) for text in (",", ":"))
    assert small.analytic == small.engine == 2.0**-20
    assert there.analytic == 2.0**-20 and there.engine == math.sin(2.0**-20)


def test_a_row_is_shown_as_a_row() -> None:
    """1ᵀ, xᵀ and 0ᵀ are 1×n."""
    for id, start, row in (("C4", "y = sum(u), ∂y/∂u = 1ᵀ", [[1.0, 1.0]]), ("C5", "∂(w·x)/∂w = xᵀ", [[3.0, 4.0]]),
                           ("C5", "∂b/∂w = 0ᵀ", [[0.0, 0.0]])):  # fmt: skip
        found = answer(id, start, w=[1.0, 2.0], x=[3.0, 4.0])
        assert found.is_step and found.analytic == found.engine == row


def test_the_gradients_of_a_neuron_are_shown_each_with_its_name() -> None:
    shown = [each.what for each in check("C6").comparisons if each.what.startswith("besides")]
    assert shown == [f"besides, at z = {z} with w = [{z}], x = [1], b = 0: ∂activation/∂{by}" for z in (0.5, 0.0)
                     for by in "wxb"]  # fmt: skip


# --- A4 and A6 --------------------------------------------------------------------------------------------------------


def test_a_partial_is_the_derivative_of_one_variable() -> None:
    found = answer("A4", "d(3x²)/dx = ∂(3x²)/∂x = 6x", x=2.0, y=5.0)
    assert found.is_step and found.analytic == found.engine == [12.0, 60.0]


@pytest.mark.parametrize("h", [2.0**-30, 0.1, 1.0, 50.0])
@pytest.mark.parametrize("f", [*SMOOTH, "relu", "abs"])
def test_a_difference_quotient_takes_any_h(f: str, h: float) -> None:
    """For the functions with a kink, too, on either side of it: there it is the slope, whatever h is."""
    x = 64.0 if f in ("relu", "abs") else 0.75
    checked = check("A6", {"f": f, "x": x, "h": h})
    assert checked.holds and checked.inputs["h"] == h
    right, left = (each for each in checked.comparisons if not each.is_step)
    value = ELEMENTARY[f][0]
    assert right.analytic == pytest.approx((value(x + h) - value(x)) / h, rel=1e-6)
    assert left.analytic == pytest.approx((value(x - h) - value(x)) / -h, rel=1e-6)
    if x == 64.0:
        assert right.analytic == left.analytic == right.engine == left.engine == 1.0


@pytest.mark.parametrize(("f", "slopes"), [("relu", [0.0, 1.0]), ("abs", [-1.0, 1.0])])
def test_a_kink_has_two_slopes(f: str, slopes: Any, run: Any) -> None:
    checked = check("A6", {"f": f, "x": 0.0})
    (found,) = (each for each in checked.comparisons if not each.is_step)
    assert checked.holds and found.analytic == found.engine == slopes
    assert found.what.endswith(f"they differ, so that f = {f} has no derivative at x = 0")
    for x in (3.0, -3.0):
        right, left = (each for each in check("A6", {"f": f, "x": x}).comparisons if not each.is_step)
        assert right.analytic == left.analytic == right.engine == slopes[x > 0.0]


# --- where it stands in the sources -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "id"), [
    ("product of two matrices", "B9"), ("takes the total derivative into account", "B8"), ("local linearization", "B3"),
    ("linear transformation", "B9"), ("others are held as constants", "A4"), ("columns of size n×1", "B9"),
    ("horizontal vector", "B7"),
])  # fmt: skip
def test_a_claim_of_a_source_is_found(text: str, id: str) -> None:
    assert id in [row for entry in search(text)[1] for row in entry.rows], text


@pytest.mark.parametrize(("place", "id", "line"), [("3.1", "B2", "y = x"), ("3.3", "B6", "y = xz"),
                                                   ("3.4", "B7", "y = sum(xz)")])  # fmt: skip
def test_what_the_original_alone_has_is_said(place: str, id: str, line: str) -> None:
    (found,) = (
        entry for entry in INDEX if (entry.source, entry.place) == ("PH", place) and entry.what.startswith(line)
    )
    assert found.rows == (id,) and "in the original; " in found.what
