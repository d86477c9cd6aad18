"""What rows of chapters A, B and C show: the numbers of a reader, each with what it is, and the engine's own side."""

from __future__ import annotations

import ast
import inspect
import math
import re
from typing import Any

import pytest

from scalargrad import Value
from scalargrad.calculus.elementary import ELEMENTARY
from scalargrad.calculus.shapes import product, shape, transpose
from scalargrad.ledger import engine
from scalargrad.ledger.chapters import chain, elementwise, jacobians, layers
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.row import Row
from scalargrad.ledger.rows import LEDGER, check
from scalargrad.transforms.containers import flat, mapped
from tests.support import formulas
from tests.support.formulas import own

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

rows = pytest.mark.parametrize("row", [row for row in LEDGER if row.id[0] in "ABC"], ids=lambda row: row.id)
run, refused = formulas.run, formulas.refused


def answer(id: str, start: str, **given: Any) -> Comparison:
    """The answer of a row whose text begins like this."""
    (found,) = (each for each in check(id, given).comparisons if each.what.startswith(start))
    assert not found.misses(check(id, given).units)
    return found


def both(id: str, start: str, **given: Any) -> Any:
    """Its number on either side, where both are to the bit the same."""
    found = answer(id, start, **given)
    assert found.analytic == found.engine
    return found.engine


# --- the reader's numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("f", "x", "value", "slope"), [
    ("log", [1.0], [0.0], [1.0]), ("sqrt", [4.0], [2.0], [0.25]), ("log2", [8.0], [3.0], [1.0 / (8.0 * math.log(2.0))]),
    ("asin", [0.5], [math.pi / 6.0], [2.0 / math.sqrt(3.0)]), ("tan", [1.0], [math.tan(1.0)], [1.0 / math.cos(1) ** 2]),
    ("relu", [-1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]), ("abs", [0.0], [0.0], [0.0]),
    ("cbrt", [0.0], [0.0], [math.inf]), ("cbrt", [8.0], [2.0], [1.0 / 12.0]), ("sign", [0.0], [0.0], [0.0]),
    ("floor", [1.5, 2.0, -0.5], [1.0, 2.0, -1.0], [0.0, 0.0, 0.0]), ("round", [2.5], [2.0], [0.0]),
    ("acosh", [1.0], [0.0], [math.inf]), ("asin", [1.0], [math.pi / 2.0], [math.inf]), ("sqrt", [0.0], [0.0],
     [math.inf]),
    ("atanh", [0.5], [math.log(3.0) / 2.0], [4.0 / 3.0]), ("log1p", [-0.5], [math.log(0.5)], [2.0]),
])  # fmt: skip
def test_a_function_is_taken_at_the_numbers_that_are_given(f: str, x: list[float], value: Any, slope: Any) -> None:
    checked = check("B11", {"f": f, "x": x})
    step, values, jacobian = checked.comparisons
    assert checked.inputs["x"] == x and checked.holds and step.is_step
    assert values.what == f"{f}(x)" and jacobian.what == f"∂{f}(x)/∂x = diag({f}'(x))"
    for side in ("analytic", "engine"):
        assert getattr(values, side) == pytest.approx(value, rel=1e-15)
        for found in (getattr(step, side), getattr(jacobian, side)):
            assert [found[k][k] for k in range(len(x))] == pytest.approx(slope, rel=1e-15)
            assert all(found[i][j] == 0.0 for i in range(len(x)) for j in range(len(x)) if i != j)


@rows
def test_no_row_puts_other_numbers_in_the_place_of_those_that_are_given(row: Row) -> None:
    """Each given number is an input as it stands, and moving one of them moves what the engine says."""
    drawn = own(check(row))
    for name, x in drawn.items():
        if isinstance(x, str):
            continue
        given = {**drawn, name: mapped(lambda v: v * 0.75 + 0.0625, x)}
        checked = check(row, given)
        assert {key: checked.inputs[key] for key in given} == given
        linear = row.id in ("B2", "C3", "C11")  # whose derivatives, and those are all, are the same everywhere
        told = [str(each.engine) for each in check(row, drawn).comparisons]
        assert linear or told != [str(each.engine) for each in checked.comparisons], name


def test_a_softplus_near_0_divides_nothing() -> None:
    """No other number is put in its place."""
    for x, there in (([-19.0, 1.0], True), ([-21.0, 1.0], False)):
        checked = check("B4", {"w": [1.0, 2.0], "x": x})
        assert checked.holds and any("softplus(xᵢ)" in each.what for each in checked.comparisons) is there


# --- what is printed is what its line says ----------------------------------------------------------------------------


@rows
def test_a_label_is_of_a_derivative_where_a_jacobian_is_shown(row: Row) -> None:
    """A matrix is not called by the name of a vector or of a number."""
    for seed in range(6):
        for each in check(row, seed=seed).comparisons:
            matrix = isinstance(each.engine, list) and any(isinstance(item, list) for item in each.engine)
            values = each.what in ("Y_ij = Σ_p X_ip W_pj", "Y = XW + b")
            if matrix and not each.is_step and not values:
                start = r"∂|∇|dy/dx|which entries of|its transpose|besides, |m×n = 3×2: ∂|with -w, -b: ∂"
                assert re.match(start, each.what), each.what


X, A, B = [1.0, 2.0], [3.0, 4.0], [[5.0, 6.0], [7.0, 8.0], [9.0, 10.0]]


def test_theorem_b_15_is_in_one_layout_from_its_first_step() -> None:
    """∂y/∂x is M×1, ∂z/∂x M×N; y ∂z/∂x + ∂y/∂x zᵀ conforms."""
    by_y = both("B12", "y = a·x: ∂y/∂x = a, M×1", x=X, a=A, B=B)
    by_z = both("B12", "z = Bx: ∂z/∂x = Bᵀ, M×N", x=X, a=A, B=B)
    assert by_y == [[3.0], [4.0]] and by_z == transpose(B)
    y, z = 11.0, [17.0, 23.0, 29.0]
    outer = product(by_y, [z])
    whole = [[y * p + q for p, q in zip(*pair)] for pair in zip(by_z, outer)]
    assert whole == both("B12", "∂(y z)/∂x = y ∂z/∂x + ∂y/∂x zᵀ", x=X, a=A, B=B)
    assert transpose(whole) == both("B12", "its transpose y B + z aᵀ, N×M", x=X, a=A, B=B)
    assert transpose(whole) == both("B12", "d(y z) = z dy + y dz", x=X, a=A, B=B)


def test_softmax_by_theorems_is_in_one_layout() -> None:
    """∂y/∂x is a column, so that its product with zᵀ conforms; the row of the other layout is with the other layout."""
    by_y = answer("C10", "∂y/∂x = -y² exp(x), n×1", x=[0.0, 1.0])
    z = answer("C10", "z = exp x", x=[0.0, 1.0]).engine
    assert shape(by_y.analytic) == shape(by_y.engine) == (2, 1)
    y, by_z = (answer("C10", start, x=[0.0, 1.0]).engine for start in ("y = ", "∂z/∂x = diag(z)"))
    outer = product(by_y.engine, [z])
    found = [y * p + q for p, q in zip(flat(by_z), flat(outer))]
    assert found == pytest.approx(flat(answer("C10", "by B.15", x=[0.0, 1.0]).engine), abs=1e-15)


def test_the_sum_of_exponentials_is_labelled_in_both_layouts() -> None:
    """exp(0) = 1."""
    assert both("B13", "∂exp(x)/∂x = diag(exp x)", x=[0.0, 0.0]) == [[1.0, 0.0], [0.0, 1.0]]
    assert both("B13", "∂(1ᵀexp x)/∂x = exp(x)ᵀ, numerator layout", x=[0.0, 0.0]) == [[1.0, 1.0]]
    assert both("B13", "∂(1ᵀexp x)/∂x = exp(x), denominator layout", x=[0.0, 0.0]) == [[1.0], [1.0]]


def test_the_step_along_which_differentials_are_taken_is_shown(run: Any) -> None:
    """dx is 2⁻²⁰ d, and dy is a·dx."""
    told = run("B14 x=1 a=2 B=3 d=1").out
    assert "  dx = [9.53674e-07]\n" in told and "dy = aᵀdx for dx = 2⁻²⁰ d" in told
    assert both("B14", "y = a·x", x=[1.0], a=[2.0], B=[[3.0]], d=[1.0]) == 2.0 * 2.0**-20


def test_softmax_has_the_cases_of_its_derivative() -> None:
    """pᵢ(1 - pⱼ) where i = j, else -pᵢpⱼ."""
    found = answer("C7", "∂pᵢ/∂zⱼ = pᵢ(1 - pⱼ) if i = j, -pᵢpⱼ if i ≠ j", z=[0.0, 0.0])
    assert found.is_step and found.analytic == found.engine == [[0.25, -0.25], [-0.25, 0.25]]


def test_softmax_far_out_leaves_out_the_exponentials_alone() -> None:
    for id, name in (("C7", "z"), ("C10", "x")):
        near, far = (check(id, {name: x}) for x in ([300.0, 299.0], [1000.0, 999.0]))
        assert near.holds and far.holds and len(near.comparisons) > len(far.comparisons)
        (last,) = (each for each in far.comparisons if "diag(p) - ppᵀ" in each.what)
        assert "are left out: the square of e^1000 over- or underflows" in last.what
        p = 1.0 / (1.0 + math.e)
        slope = p * (1.0 - p)
        assert flat(last.engine) == pytest.approx([slope, -slope, -slope, slope], rel=1e-14)
        assert not any("left out" in each.what for each in near.comparisons)


def test_a_distinct_result_is_shown_once() -> None:
    """The gradient of the softmax of a row g and of a column g, the matrix; and of ReLU what is asked for."""
    assert [each.what for each in check("C8", {"z": [1.0, 2.0], "g": [1.0, 0.0]}).comparisons] == [
        "gᵀ J, with the matrix",
        "∂L/∂z = p ⊙ (g - g·p), of g in the same shape",
        "∂L/∂z = p ⊙ (g - g·p), of g in the same shape, denominator layout",
    ]
    assert [each.what for each in check("C3", {"x": [1.0]}).comparisons] == [
        "∂max(0, xᵢ)/∂xᵢ = 1 for xᵢ > 0, else 0",
        "max(0, x)",
        "∂max(0, x)/∂x = diag(1[x > 0])",
    ]
    assert any(0.0 in check("C3", seed=seed).inputs["x"] for seed in range(20))  # where none is given


def test_an_element_wise_function_is_one_and_names_the_others(run: Any) -> None:
    plain, one = run("B11"), run("B11 f=log x=1")
    assert len(plain.lines) < 3 * len(ELEMENTARY) and len(one.lines) < 45
    choices = formulas.unwrapped(one.out.partition("choices of f = [")[2].partition("]")[0])
    assert choices.split(", ") == list(ELEMENTARY)
    assert "the matrix of ∂fᵢ/∂xⱼ" in plain.out and "besides" in plain.out and "besides" not in one.out


@pytest.mark.parametrize("line", ["A1", "A6", "B10", "B11"])
def test_what_can_be_chosen_is_named(line: str, run: Any) -> None:
    assert "choices of " in run(line).out


# --- the engine's side ------------------------------------------------------------------------------------------------


def test_the_engines_sums_stand_beside_0() -> None:
    """And not a 0 beside the sums of the closed form."""
    for start in ("the rows of", "the columns of"):
        found = answer("C7", start, z=[1.0, 2.0, 3.0])
        assert found.analytic == [0.0] * 3 and any(found.engine)


@pytest.mark.parametrize("module", [chain, elementwise, jacobians, layers], ids=lambda module: module.__name__)
def test_the_engines_side_is_not_a_closed_form(module: Any) -> None:
    """In no call does the engine's argument read `calculus`, and a literal is never all of it."""
    positions = {"step": 3, "result": 2, "besides": 2, "gradient": 2, "jacobian": 2}
    count = 0
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in positions:
            assert ast.unparse(node.func.value) == "work"
            own_side = node.args[positions[node.func.attr]]
            read = {ast.unparse(each) for each in ast.walk(own_side) if isinstance(each, (ast.Name, ast.Attribute))}
            assert not any(name == "c" or name.startswith("c.") for name in read), ast.unparse(node)
            assert read, ast.unparse(node)
            count += 1
    assert count > 5


SAME: dict[str, set[str]] = {  # of `where` itself, and infinities
    "B4": {*(f"w {name} x, for [w, 2] and [x, 2]" for name in (">", ">=", "==")),
           "besides, [1, -1, 1, -1] / [0, 0, -0, -0]"},
}  # fmt: skip


@rows
def test_every_answer_of_the_engine_is_from_the_engine(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every gradient and every value of the engine is off, so is each of its answers, but for zeros and flags."""
    plain, backward, value = check(row), Value.backward, engine.engine_value
    monkeypatch.setattr(Value, "backward", lambda self, seed=1.0: backward(self, seed * 1.5))
    for module in (chain, elementwise, jacobians, layers):
        monkeypatch.setattr(module, "engine_value", lambda *each: mapped(lambda x: x * 1.5 + 1.0, value(*each)))
    for before, after in zip(plain.comparisons, check(row).comparisons):
        if any(flat(before.engine)) and "1 for yes" not in before.what and before.what not in SAME.get(row.id, set()):
            assert str(before.engine) != str(after.engine), before.what
