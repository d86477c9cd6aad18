"""Rows D5 to D8 work on the numbers that a reader gives: numpy recomputes each line from what is printed."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from scalargrad.errors import ArgumentError
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.rows import Checked, check
from scalargrad.transforms.containers import flat
from tests.support import formulas

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

run = formulas.run


def answer(checked: Checked, start: str) -> Comparison:
    """The one answer whose text begins so."""
    (found,) = [each for each in checked.comparisons if each.what.startswith(start)]
    return found


def near(found: Comparison, exact: Any, rel: float = 1e-9) -> None:
    """The closed form and the engine have the number that numpy has; cancelled digits are lost to all."""
    for side in (found.analytic, found.engine):
        assert np.shape(side) == np.shape(exact)
        np.testing.assert_allclose(side, exact, rtol=rel, atol=rel * max(1.0, float(np.max(np.abs(exact)))))


# --- D6 ---------------------------------------------------------------------------------------------------------------

FULL: list[dict[str, Any]] = [
    {"X": [[1.0]], "y": [2.0], "w": [0.0], "η": 0.1},
    {"X": [[1.0, 2.0], [3.0, 4.0]], "y": [2.0, 3.0], "w": [0.0, 0.0], "η": -1.0},
    {"X": [[1.0, 2.0], [3.0, 4.0]], "y": [2.0, 3.0], "w": [0.0, 0.0]},
    {"X": [[-2.0, 0.5], [0.0, 3.0], [1.0, 1.0]], "y": [1.0, 0.0, -1.0], "w": [5.0, -4.0], "η": 0.01},
    {"X": [[2.0, 0.0, 1.0], [0.0, -3.0, 1.0], [1.0, 1.0, 4.0]], "y": [0.0, 0.0, 0.0], "w": [1.0, 2.0, 3.0], "η": 0.0},
    {"X": [[1.0], [2.0]], "y": [3.0, -1.0], "w": [7.0], "η": 50.0},
]
LACKING: list[dict[str, Any]] = [
    {"X": [[0.0]], "y": [1.0], "w": [2.0], "η": 0.5},
    {"X": [[1.0, 2.0], [2.0, 4.0]], "y": [1.0, 2.0], "w": [0.0, 1.0]},
    {"X": [[1.0, 2.0, -3.0]], "y": [4.0], "w": [1.0, 1.0, 1.0], "η": 0.02},
    {"X": [[0.0, 0.0], [0.0, 0.0]], "y": [1.0, 2.0], "w": [3.0, 4.0]},
]


def descended(x: Any, y: Any, w: Any, rate: float, steps: int) -> Any:
    for _ in range(steps):
        w = w - rate * 2.0 / len(y) * x.T @ (x @ w - y)
    return w


@pytest.mark.parametrize("given", [*FULL, *LACKING], ids=str)
def test_D6_descends_on_the_numbers_that_are_given(given: dict[str, Any]) -> None:
    checked = check("D6", given)
    assert checked.holds and {name: checked.inputs[name] for name in given} == given
    x, y, w = (np.array(given[name]) for name in ("X", "y", "w"))
    rate, count = checked.inputs["η"], len(y)
    hessian = 2.0 / count * x.T @ x
    top = float(np.linalg.eigvalsh(hessian)[-1])
    near(answer(checked, "Hessian"), hessian)
    near(answer(checked, "w₁ = "), descended(x, y, w, rate, 1))
    cost = [float(np.mean((x @ each - y) ** 2)) for each in (w, descended(x, y, w, rate, 1))]
    near(answer(checked, "C at w₁, less C at w₀"), cost[1] - cost[0])
    near(answer(checked, "C = "), cost[0])
    rates = {rate, 1.0 / top} if top > 1e-12 else {rate}
    loops = [each for each in checked.comparisons if re.match(r"w after \d+ steps", each.what)]
    assert len(loops) == len({f"{each:.6g}" for each in rates})
    for loop in loops:
        steps, told = re.findall(r"w after (\d+) steps of η = ([^ ]+)", loop.what)[0]
        each = min(rates, key=lambda item: abs(item - float(told)))
        assert abs(each - float(told)) <= 1e-5 * abs(each) and int(steps) == 10
        near(loop, descended(x, y, w, each, 10))
    top_vector = answer(checked, "H v = λ_max v")
    assert f"λ_max = {top:.6g} " in top_vector.what
    v = np.array(top_vector.analytic) / (top or 1.0)
    if top > 0.0:
        near(top_vector, hessian @ v)
        assert math.isclose(max(map(abs, v)), 1.0)


@pytest.mark.parametrize("given", FULL, ids=str)
def test_D6_reaches_the_solution_of_the_numbers_that_are_given(given: dict[str, Any]) -> None:
    checked = check("D6", given)
    x, y = np.array(given["X"]), np.array(given["y"])
    solution = np.linalg.lstsq(x, y, rcond=None)[0]
    near(answer(checked, "a step of η = 1/λ_max from the least-squares solution w* stays there"), solution)
    reached = answer(checked, "the loop from w reaches w*")
    near(reached, [solution, solution], 1e-7)
    steps, rate = re.findall(r"in (\d+) steps of η = ([^ :]+)", reached.what)[0]
    near(reached, [solution, descended(x, y, np.array(given["w"]), float(rate), int(steps))], 1e-7)
    eigenvalues = np.linalg.eigvalsh(2.0 / len(y) * x.T @ x)
    own = 0.0 < given.get("η", -1.0) < 2.0 / eigenvalues[-1]
    assert math.isclose(float(rate), given["η"] if own else 1.0 / eigenvalues[-1], rel_tol=1e-5)
    top = answer(checked, "H v = λ_max v")
    v = np.array(top.analytic) / eigenvalues[-1]
    for factor, power in (("1.9", 0.9**10), ("2.1", 1.1**10)):
        near(answer(checked, f"ten steps of η = {factor}/λ_max from w* + v"), [solution + power * v] * 2)


@pytest.mark.parametrize("given", LACKING, ids=str)
def test_D6_says_that_no_one_solution_is_there_to_reach(given: dict[str, Any]) -> None:
    checked = check("D6", given)
    said = answer(checked, "H v = 0 for v = ")
    assert "the columns of X depend on one another, so that no one w is reached" in said.what
    v = np.array([float(item) for item in re.findall(r"v = \[([^\]]*)\]", said.what)[0].split(", ")])
    x = np.array(given["X"])
    assert max(map(abs, v)) == 1.0 and np.max(np.abs(x @ v)) <= 1e-5 * max(1.0, float(np.max(np.abs(x))))
    assert not [each.what for each in checked.comparisons if "w*" in each.what]


def test_D6_says_that_a_loop_is_too_long() -> None:
    """Columns that nearly depend on one another: λ_min is 1e-6 of λ_max."""
    checked = check("D6", {"X": [[1.0, 1.0], [1.0, 1.002]], "y": [1.0, 2.0], "w": [0.0, 0.0]})
    assert checked.holds
    late = answer(checked, "a step of η = 1/λ_max from the least-squares solution w* stays there")
    assert "the loop needs more than 10000 steps to reach it, as λ_min is only 9.99e-07" in late.what
    near(late, [-499.0, 500.0])
    assert not [each.what for each in checked.comparisons if "the loop from w" in each.what]


def test_D6_a_step_that_is_too_large_climbs() -> None:
    given = {"X": [[2.0]], "y": [6.0], "w": [1.0]}  # λ_max = 8
    falls = [answer(check("D6", {**given, "η": rate}), "C at w₁, less C at w₀") for rate in (-0.1, 0.0, 0.2, 0.25, 0.3)]
    assert [float(np.sign(each.analytic)) for each in falls] == [1.0, 0.0, -1.0, 0.0, 1.0]
    assert all(each.analytic == pytest.approx(each.engine, abs=1e-12) for each in falls)


def test_D6_draws_problems_with_one_solution_and_some_without() -> None:
    for seed in range(40):
        checked = check("D6", seed=seed)
        x = np.array(checked.inputs["X"])
        full = int(np.linalg.matrix_rank(x)) == x.shape[1]
        assert full == any(each.what.startswith("the loop from w reaches w*") for each in checked.comparisons)
        assert full == (len(x) >= x.shape[1])
        assert full != any("no one w is reached" in each.what for each in checked.comparisons)


# --- D5 and D8 --------------------------------------------------------------------------------------------------------

NEURONS: list[dict[str, Any]] = [
    {"w": [1.0], "b": 0.0, "X": [[1.0], [2.0], [-1.0]], "y": [1.0, 1.0, 1.0]},
    {"w": [1.0, -1.0], "b": 0.0, "X": [[-1.0, 1.0], [1.0, -1.0]], "y": [3.0, 3.0]},
    {"w": [1.0], "b": -5.0, "X": [[2.0]], "y": [0.0]},
    {"w": [0.0, 0.0], "b": 2.0, "X": [[0.0, 0.0], [3.0, -4.0]], "y": [2.0, 5.0]},
    {"w": [0.5, -2.0], "b": -100.0, "X": [[1.0, 2.0], [2.0, 4.0]], "y": [-1.0, 4.0]},
]
neurons = pytest.mark.parametrize("given", NEURONS, ids=str)


def neuron(given: dict[str, Any]) -> tuple[Any, Any, Any]:
    """The inputs, the outputs, and the errors of the active inputs, 0 for the others."""
    x, y = np.array(given["X"]), np.array(given["y"])
    z = x @ np.array(given["w"]) + given["b"]
    return x, np.maximum(z, 0.0), np.where(z > 0.0, z - y, 0.0)


@neurons
def test_D5_prints_every_line_of_the_chain(given: dict[str, Any]) -> None:
    checked = check("D5", given)
    assert checked.holds and checked.inputs == given
    x, u, e = neuron(given)
    v, count = np.array(given["y"]) - u, len(x)
    near(answer(checked, "u = max"), u)
    near(answer(checked, "v = y - u"), v)
    near(answer(checked, "∂v/∂w"), np.where((u > 0.0)[:, None], -x, 0.0))
    near(answer(checked, "∂v²/∂v = 2v"), 2.0 * v)
    near(answer(checked, "eᵢ = "), e)
    near(answer(checked, "∂C/∂w = (1/N)"), [2.0 / count * e @ x])  # a row, 1×n
    near(answer(checked, "∂C/∂b"), 2.0 / count * e.sum())


@neurons
def test_D8_weighs_by_the_errors_of_the_targets_that_are_given(given: dict[str, Any]) -> None:
    checked = check("D8", given)
    assert checked.holds and checked.inputs == given
    x, u, e = neuron(given)
    count = len(x)
    near(answer(checked, "the outputs uᵢ"), u)
    near(answer(checked, "the weights of the inputs"), e)
    near(answer(checked, "(2/N) Σ eᵢxᵢᵀ by these weights"), [2.0 / count * e @ x])
    dead = [
        each for each in checked.comparisons if each.what.startswith("the converse is false, a dead unit: with b = ")
    ]
    (b,) = {float(re.findall(r"b = (-?[^ ,]+[^ ,])", each.what)[0]) for each in dead}
    z = x @ np.array(given["w"]) + b
    near(dead[0], z)
    assert max(z) < 0.0
    targets = np.array(given["y"]) if any(given["y"]) else np.ones(count)
    assert ("the targets y," in dead[2].what) == any(given["y"])
    near(dead[2], [float(np.mean(targets**2))] * 2)
    assert set(flat([each.engine for each in dead[3:]])) <= {0.0, -0.0}


@neurons
def test_D8_steps_by_small_large_and_negative_errors_of_one_input(given: dict[str, Any]) -> None:
    """Each from the output, target and error that are printed."""
    checked = check("D8", given)
    x, u, _ = neuron(given)
    active = [k for k in range(len(x)) if u[k] > 0.0]
    k = active[0] if active else 0
    which = f"x{'₀₁₂₃₄₅₆₇₈₉'[k + 1]} alone"
    for how, share in ((", a small error", 0.25), (", a large one", 1.5), (", a negative one", -0.25)):
        name = which + ("" if active else ", with b = ")
        lines = [each for each in checked.comparisons if each.what.startswith(name) and f"{how}, " in each.what]
        assert len(lines) == 5
        output, _, e = lines[0].engine
        b = given["b"] if active else float(re.findall(r"b = (\d+),", lines[0].what)[0])
        assert output == pytest.approx(float(x[k] @ np.array(given["w"])) + b)
        near(lines[0], [output, output - share * output, share * output])
        near(lines[1], [2.0 * e * x[k]])
        near(lines[2], 2.0 * e)
        near(lines[3], -e * x[k])
        near(lines[4], 0.5 * e)
        assert f"= {0.25 / (1.0 + float(x[k] @ x[k])):.6g} halves e" in lines[4].what


def test_D8_tells_its_story_in_the_order_of_the_text(run: Any) -> None:
    told = formulas.unwrapped(run("D8 w=1,-1 b=0 X=-1,1/1,-1 y=3,3").out).partition("inputs (")[2]
    order = ["the outputs uᵢ", "zero error,", "the converse is false, a dead unit", "the outputs are 0",
             "the targets y, C is", "the weights of the inputs", "x₂ alone, a small error", "x₂ alone, a large one",
             "x₂ alone, a negative one"]  # fmt: skip
    places = [told.index(part) for part in order]
    assert places == sorted(places) and "x_" not in told


# --- D7 ---------------------------------------------------------------------------------------------------------------


def test_D7_takes_the_gradients_and_the_rate(run: Any) -> None:
    ran = run("D7 w=1 g=2/-4/0 eta=0.5")
    assert ran.code == 0 and "  g = [  2 ]\n      [ -4 ]\n      [  0 ]\n  η = 0.5\n" in ran.out
    checked = check("D7", {"w": [1.0], "g": [[2.0], [-4.0], [0.0]], "eta": 0.5})
    near(next(each for each in checked.comparisons if each.what.endswith("of SGD with η = 0.5")), [[0.0], [2.0], [2.0]])
    momentum = answer(checked, "w after each step, a row of g at a time, of SGD with η = 0.5, momentum=0.5, nesterov")
    near(momentum, [[-0.5], [2.25], [2.625]])  # v = 2, -3, -1.5; g + v/2 = 3, -5.5, -0.75
    adam = answer(
        checked, "w after each step, a row of g at a time, of Adam with η = 0.5, weight_decay=0.0, betas=(0.5"
    )
    assert adam.analytic[0][0] == pytest.approx(1.0 - 0.5 * 2.0 / (2.0 + 1.0))


@pytest.mark.parametrize("given", [
    {"w": [1.0, -2.0], "g": [3.0, 0.0]}, {"w": [0.0], "g": [[0.0]] * 7, "η": 3.0}, {"g": [[1e-8], [1e8]], "η": 1e4},
    {"w": [5.0], "η": 0.0},
], ids=str)  # fmt: skip
def test_D7_is_the_sum_of_the_gradients_that_are_given(given: dict[str, Any]) -> None:
    checked = check("D7", given)
    assert checked.holds
    w, g, rate = (np.array(checked.inputs[name]) for name in ("w", "g", "η"))
    plain = next(each for each in checked.comparisons if each.what.endswith(f"of SGD with η = {rate:g}"))
    near(plain, w - rate * np.cumsum(g, axis=0))


def test_D7_prints_each_result_once() -> None:
    checked = check("D7")
    assert len({each.what for each in checked.comparisons}) == len(checked.comparisons) == 16
    assert sum(each.is_step for each in checked.comparisons) == 3
    for name, step in zip(("SGD", "Adam", "AdamW"), checked.comparisons[-3:]):
        ends = [each.engine[-1] for each in checked.comparisons if f" of {name} with " in each.what]
        assert step.engine == ends


def test_D7_refuses_a_negative_rate() -> None:
    with pytest.raises(ArgumentError, match=r"η must be 0 or more, .* got -1"):
        check("D7", {"η": -1.0})


# --- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["D5", "D6", "D7", "D8"])
def test_every_input_that_is_shown_can_be_given(id: str) -> None:
    """And leads to the same lines: nothing else is drawn beside it."""
    for seed in range(20):
        drawn = check(id, seed=seed)
        again = check(id, drawn.inputs, seed + 1)
        assert again.holds and str(again.comparisons) == str(drawn.comparisons)


@pytest.mark.parametrize("id", ["D5", "D7", "D8"])
def test_a_vector_that_is_a_row_is_printed_as_a_row(id: str) -> None:
    """No list of gradients by w and by b in one answer, which would be labelled 0: and 1:."""
    for each in check(id).comparisons:
        entries = each.analytic if isinstance(each.analytic, (list, tuple)) else []
        assert len({isinstance(item, (list, tuple)) for item in entries}) <= 1, each.what
