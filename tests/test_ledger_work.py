"""A row at work: what it draws, how the numbers that are given bind the sizes of the others, and what it collects."""

from __future__ import annotations

import random
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalargrad.calculus.shapes import shape, transpose
from scalargrad.errors import ArgumentError, NumberError, ScalargradError, ShapeError
from scalargrad.ledger.compare import Comparison, Refutation
from scalargrad.ledger.rows import check
from scalargrad.ledger.work import SMOOTH, Work
from scalargrad.transforms.containers import flat
from tests.support.drawn import QUARTERS, matrices, vectors

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

SEEDS = st.integers(0, 10**6)
LENGTHS = st.integers(1, 6)


def work(seed: int = 0, **given: Any) -> Work:
    return Work(random.Random(seed), given)


# --- what is drawn ----------------------------------------------------------------------------------------------------


@given(SEEDS, st.sampled_from([1.0, 3.0, 300.0]), st.integers(1, 3))
def test_a_draw_has_the_shapes_that_it_names(seed: int, size: float, least: int) -> None:
    """One name, one length, from `least` to 4; numbers from -size to size; in the order of the names."""
    here = work(seed)
    x, w, b, s, again = here.draw(size, least, X="m n", W="n k", b="k", s="", Y="m m")
    m, n, k = (here.sizes[axis] for axis in "mnk")
    assert (shape(x), shape(w), shape(b), shape(s), shape(again)) == ((m, n), (n, k), (k,), (), (m, m))
    assert all(least <= length <= 4 for length in (m, n, k))
    assert all(type(item) is float and -size <= item <= size for item in flat([x, w, b, s, again]))
    assert list(here.inputs.items()) == [("X", x), ("W", w), ("b", b), ("s", s), ("Y", again)]


@given(SEEDS)
def test_a_later_draw_keeps_the_lengths(seed: int) -> None:
    here = work(seed)
    (x,) = here.draw(x="n")
    (y,) = here.draw(y="n")
    assert len(x) == len(y) and list(here.inputs) == ["x", "y"]


def test_every_length_and_sign_comes_and_the_whole_range() -> None:
    lengths, numbers = set(), []
    for seed in range(200):
        (x,) = work(seed).draw(20.0, x="n")
        lengths.add(len(x))
        numbers += x
    assert lengths == {1, 2, 3, 4}
    assert -20.0 <= min(numbers) < -19.0 and 19.0 < max(numbers) <= 20.0
    assert {len(work(seed).draw(least=3, x="n")[0]) for seed in range(50)} == {3, 4}
    assert {len(work(seed).draw(least=6, x="n")[0]) for seed in range(9)} == {6}  # `least` may be more than 4


def test_a_seed_is_all_that_matters() -> None:
    assert work(5).draw(x="n", A="n n") == work(5).draw(x="n", A="n n") != work(6).draw(x="n", A="n n")


# --- what is given ----------------------------------------------------------------------------------------------------


@given(st.data(), SEEDS, LENGTHS, LENGTHS)
def test_what_is_given_binds_the_lengths_of_the_rest(data: Any, seed: int, m: int, n: int) -> None:
    """Also where it comes last, and where it is longer than what is drawn."""
    given_w = data.draw(matrices(m, n, QUARTERS))
    here = work(seed, W=given_w)
    x, w, b = here.draw(least=7, x="m", W="m n", b="n k")
    assert w == given_w == here.inputs["W"] and len(x) == m and len(b) == n and len(b[0]) == 7
    assert here.sizes == {"m": m, "n": n, "k": 7} and list(here.inputs) == ["x", "W", "b"]


@given(st.data(), SEEDS, LENGTHS)
def test_all_that_is_given_is_taken(data: Any, seed: int, n: int) -> None:
    x, y = data.draw(vectors(n, QUARTERS)), data.draw(QUARTERS)
    assert work(seed, x=x, y=y).draw(x="n", y="") == [x, y]


def test_a_number_is_a_vector_of_one_and_a_vector_a_matrix_of_one_row() -> None:
    here = work(x=2, A=[1.0, 2.0], B=3)
    assert here.draw(x="n", A="k m", B="k n") == [[2.0], [[1.0, 2.0]], [[3.0]]]
    assert here.sizes == {"n": 1, "k": 1, "m": 2}
    assert work(c=3).draw(c="") == [3.0]


@pytest.mark.parametrize("x", [[1, 2], (1.0, 2.0), ["1", " 2e0"], array("d", [1, 2])])
def test_numbers_come_as_any_list_and_as_text(x: Any) -> None:
    ((first, second),) = work(x=x).draw(x="n")
    assert (type(first), first, second) == (float, 1.0, 2.0)


def test_numbers_come_from_numpy() -> None:
    numpy = pytest.importorskip("numpy")
    assert work(x=numpy.array([[1, 2], [3, 4]]), y=numpy.float32(0.5)).draw(x="m n", y="") == [
        [[1.0, 2.0], [3.0, 4.0]],
        0.5,
    ]


@pytest.mark.parametrize(("x", "axes", "error", "told"), [
    ([1.0, 2.0], "", ShapeError, "x must be a number, got a vector"),
    ([[1.0, 2.0]], "", ShapeError, "x must be a number, got a matrix"),
    ([[1.0, 2.0]], "n", ShapeError, "x must be a vector, got a matrix"),
    ([[[1.0]]], "n", ShapeError, "x must be a vector, got a matrix"),
    ([], "n", ShapeError, "x is empty: give at least one number"),
    ([[], []], "m n", ShapeError, "x is empty: give at least one number"),
    ([[1.0, 2.0], [3.0]], "m n", ShapeError, "x: rows must have the same shape"),
    ([[1.0, 2.0], 3.0], "m n", ShapeError, "x: rows must have the same shape"),
    ("softmax", "n", NumberError, "x needs numbers, got 'softmax': write x=1,2,3 or x=1,2/3,4"),
    ([1.0, "two"], "n", NumberError, "x needs numbers, got 'two'"),
    ([None], "n", NumberError, "x needs numbers, got None"),
    ([1j], "n", NumberError, "x needs numbers, got 1j"),
    ({"a": 1.0}, "n", NumberError, "x needs numbers, got {'a': 1.0}"),
])  # fmt: skip
def test_what_does_not_fit_is_told_by_name(x: Any, axes: str, error: type[ScalargradError], told: str) -> None:
    with pytest.raises(error) as raised:
        work(x=x).draw(x=axes)
    assert str(raised.value).startswith(told) and "\n" not in str(raised.value)


def test_inputs_that_do_not_fit_together_are_told() -> None:
    with pytest.raises(ShapeError, match="y has 3 along n, where another input has 2"):
        work(x=[1.0, 2.0], y=[1.0, 2.0, 3.0]).draw(x="n", y="n")
    with pytest.raises(ShapeError, match="A has 2 along n, where another input has 1"):
        work(A=[[1.0, 2.0]]).draw(A="n n")
    here = work(y=[1.0] * 5)
    here.draw(least=2, x="n")
    with pytest.raises(ShapeError, match="y has 5 along n, where another input has"):
        here.draw(y="n")


# --- names ------------------------------------------------------------------------------------------------------------


def test_a_choice_is_one_of_the_options() -> None:
    assert {work(seed).choose("f") for seed in range(100)} == set(SMOOTH)
    assert {work(seed).choose("f", ("a", "b")) for seed in range(20)} == {"a", "b"}
    here = work(f="tanh")
    assert here.choose("f") == "tanh" and here.inputs == {"f": "tanh"}
    with pytest.raises(ArgumentError, match=r"f must be one of sin, cos, .*, asinh, got 'cube'"):
        work(f="cube").choose("f")


def test_what_is_besides_is_shown_where_nothing_is_given() -> None:
    for inputs, count in (({}, 1), ({"x": 1.0}, 0)):
        here = work(**inputs)
        here.besides("y at 0", 1.0, 2.0, 3.0)
        assert here.comparisons == [Comparison("besides, y at 0", 1.0, 2.0, 3.0)] * count


def test_a_note_is_shown_among_the_inputs() -> None:
    here = work()
    here.draw(x="")
    here.note(h=0.5, k=[1])
    assert list(here.inputs) == ["x", "h", "k"] and here.inputs["h"] == 0.5


# --- what is collected ------------------------------------------------------------------------------------------------


def test_steps_and_results_are_kept_as_they_come() -> None:
    here = work()
    here.step("u = 2x", "u = 2x", 1.0, 2.0, 3.0, 4, 5.0)
    here.result("y", 6.0, 7.0, 8.0, 9, 10.0)
    here.step("v", "v", 1.0, 1.0)
    assert here.comparisons == [
        Comparison("u = 2x", 1.0, 2.0, 3.0, 4, 5.0, "u = 2x", True),
        Comparison("y", 6.0, 7.0, 8.0, 9, 10.0, "", False),
        Comparison("v", 1.0, 1.0, None, 1, 0.0, "v", True),
    ]
    assert here.refutations == []


def test_a_refutation_keeps_the_wrong_form_beside_the_right_one() -> None:
    here = work()
    here.refuted("y", "no numbers", 1.0, 2.0, 3.0, 4)
    assert here.refutations == [Refutation("y", "no numbers", Comparison("y", 1.0, 2.0, 3.0, 4))]
    assert here.comparisons == []


@given(st.data(), LENGTHS, LENGTHS)
def test_a_jacobian_is_compared_in_both_layouts(data: Any, m: int, n: int) -> None:
    """The engine's has the outputs as rows, and is turned for the other layout; so is the scale."""
    jacobian, scale = data.draw(matrices(m, n, QUARTERS)), data.draw(matrices(m, n, QUARTERS))
    here, asked = work(), []

    def analytic(layout: Any) -> Any:
        asked.append(layout)
        return jacobian if layout == "numerator" else transpose(jacobian)

    here.jacobian("J", analytic, jacobian, scale, 3)
    first, second = here.comparisons
    assert asked == ["numerator", "denominator"]
    assert first == Comparison("J", jacobian, jacobian, scale, 3)
    assert second == Comparison("J, denominator layout", transpose(jacobian), transpose(jacobian), transpose(scale), 3)
    assert not first.misses(0.0) and not second.misses(0.0)
    here.jacobian("J", analytic, jacobian, 2.0)
    assert [each.scale for each in here.comparisons[2:]] == [2.0, 2.0]


@given(st.data(), LENGTHS)
def test_a_gradient_is_a_row_and_a_column(data: Any, n: int) -> None:
    """The engine's is flat; so is the scale, or it is one number, or none."""
    gradient, scale = data.draw(vectors(n, QUARTERS)), data.draw(vectors(n, QUARTERS))
    here = work()

    def analytic(layout: Any) -> Any:
        return [gradient] if layout == "numerator" else [[item] for item in gradient]

    here.gradient("g", analytic, gradient, scale, 2)
    row, column = here.comparisons
    assert row == Comparison("g", [gradient], [gradient], [scale], 2)
    turned = [[item] for item in gradient]
    assert column == Comparison("g, denominator layout", turned, turned, [[item] for item in scale], 2)
    for one in (None, 2.0):
        here.gradient("g", analytic, gradient, one)
        assert [each.scale for each in here.comparisons[-2:]] == [one, one]
    assert all(not each.misses(0.0) for each in here.comparisons)


def test_a_layout_that_is_wrong_is_seen() -> None:
    """A flat gradient, a row where a column belongs, and other numbers in one layout alone."""
    wrong: tuple[Any, ...] = (lambda layout: [1.0, 2.0], lambda layout: [[1.0, 2.0]], lambda layout: [[1.0], [2.0]])
    for analytic in wrong:
        here = work()
        here.gradient("g", analytic, [1.0, 2.0])
        with pytest.raises(ShapeError, match="forms"):
            assert [miss for each in here.comparisons for miss in each.misses(4.0)]
    here = work()
    here.gradient("g", lambda layout: [[1.0, 2.0]] if layout == "numerator" else [[1.0], [3.0]], [1.0, 2.0])
    assert [len(each.misses(4.0)) for each in here.comparisons] == [0, 1]


def test_a_square_jacobian_that_is_not_turned_is_seen() -> None:
    here = work()
    here.jacobian("J", lambda layout: [[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]])
    assert [len(each.misses(4.0)) for each in here.comparisons] == [0, 2]


# --- what rows draw ---------------------------------------------------------------------------------------------------

DRAWN = range(40)


@pytest.mark.parametrize("id", ["D2", "D3", "D4"])
def test_a_network_is_drawn_with_two_classes_or_more(id: str) -> None:
    """With one, p = onehot = 1 and all gradients are 0; a reader may give one."""
    for seed in DRAWN:
        checked = check(id, seed=seed)
        slopes = next(each for each in checked.comparisons if each.what in ("∂L/∂scores = (p - onehot)/N", "∂L/∂b2"))
        assert max(map(abs, flat(slopes.analytic))) > 0.0
    assert check("D3", {"b2": [1.0]}).inputs["classes"] == [0] * len(check("D3", {"b2": [1.0]}).inputs["X"])


@pytest.mark.parametrize("id", ["D5", "D8"])
def test_a_neuron_is_drawn_awake(id: str) -> None:
    """One input is active, and another inactive where there are two; a bias that is given stays."""
    for seed in DRAWN:
        w, b, x = (check(id, seed=seed).inputs[name] for name in ("w", "b", "X"))
        active = [sum(p * q for p, q in zip(w, row)) + b > 0.0 for row in x]
        assert any(active) and (len(active) == 1 or not all(active))
    assert check(id, {"b": -100.0}).inputs["b"] == -100.0


def test_a_regulariser_is_drawn_positive_and_a_sigmoid_within_reach() -> None:
    assert all(check("D4", seed=seed).inputs["reg"] > 0.0 for seed in DRAWN)
    assert all(abs(check("A3", seed=seed).inputs["x"]) <= 3.0 for seed in DRAWN)
    assert check("D4", {"reg": -1.0}).inputs["reg"] == -1.0


@pytest.mark.parametrize("rate", [0.5, -2.0, None])
def test_a_step_of_gradient_descent_takes_the_rate(rate: float | None) -> None:
    """By default η = 1/λ_max, which leads to the solution at once where w is one number."""
    given = {"X": [[2.0]], "y": [6.0], "w": [1.0], **({} if rate is None else {"eta": rate})}
    step = next(each for each in check("D6", given).comparisons if each.what.startswith("w₁ = "))
    assert step.analytic == step.engine == pytest.approx([3.0 if rate is None else 1.0 + 16.0 * rate])


def test_the_lengths_that_are_apart_differ() -> None:
    for seed in DRAWN:
        here = work(seed)
        here.draw(2, 2, 3, "m n", x="m n k")
        assert {here.sizes["m"], here.sizes["n"]} == {2, 3} and here.sizes["k"] in (2, 3)
    here = work(x=[[1.0]])
    here.draw(apart="m n", x="m n")
    assert here.sizes == {"m": 1, "n": 1}


def test_all_four_gradients_without_the_mean_are_too_large_by_n() -> None:
    for seed in DRAWN:
        checked = check("E3", seed=seed)
        count = len(checked.inputs["X"])
        of_scores, *too_large, used, repaired = checked.refutations
        assert len(too_large) == 5  # ∂L/∂h1, and the four
        for each in (of_scores, *too_large):
            assert flat(each.wrong) == pytest.approx([count * item for item in flat(each.right.analytic)])
        decay = [2.0 * checked.inputs["reg"] * item for item in flat(checked.inputs["W2"])]
        for each, by_data, by_reg in ((used, count, 1.0), (repaired, 1.0, 1.0 / count)):
            data = [total - part for total, part in zip(flat(each.right.analytic), decay)]
            assert flat(each.wrong) == pytest.approx([by_data * p + by_reg * q for p, q in zip(data, decay)])


@pytest.mark.parametrize(("id", "products"), [("E1", ["∂L/∂W"]), ("E10", ["∂L/∂W2", "∂L/∂W1"])])
def test_a_product_in_the_wrong_order_does_not_fit_and_where_it_fits_is_wrong(id: str, products: list[str]) -> None:
    blocks = 0
    for seed in DRAWN:
        refuted = check(id, seed=seed).refutations
        told = {each.what.partition(" = ")[0]: each.wrong for each in refuted}
        assert all("does not conform" in told[name] for name in products)
        for each in refuted:
            if each.what.startswith("of the leading"):
                assert shape(each.wrong) == shape(each.right.analytic)
                blocks += 1
    assert blocks >= len(DRAWN)
