"""Comparisons and refutations: what is within a tolerance, where two forms part, and when a refutation holds."""

from __future__ import annotations

from typing import Any

import pytest

from scalargrad.errors import ShapeError
from scalargrad.ledger.compare import Comparison, Refutation

# --- what a comparison is ---------------------------------------------------------------------------------------------


def test_the_bound_is_units_times_n_times_epsilon_times_the_scale() -> None:
    """At the bound it holds, one unit in the last place beyond it does not. All numbers are powers of two, so exact."""
    for units, n, scale, extra in (
        (4.0, 1, 1.0, 0.0),
        (4.0, 8, 2.0, 0.0),
        (0.0, 1, 1.0, 0.25),
        (4.0, 1, 1.0, 2.0**-40),
    ):
        bound = units * n * scale * 2.0**-52 + extra
        assert not Comparison("y", 1.0, 1.0 + bound, scale, n, extra).misses(units)
        assert Comparison("y", 1.0, 1.0 + bound + 2.0**-52, scale, n, extra).misses(units)
        assert not Comparison("y", 1.0 - bound, 1.0, scale, n, extra).misses(units)
        assert Comparison("y", 1.0 - bound - 2.0**-52, 1.0, scale, n, extra).misses(units)


def test_without_a_scale_it_is_the_larger_of_the_two() -> None:
    assert Comparison("y", [2.0, -3.0, 1.0], [1.0, 1.0, -4.0]).entries() == [
        (2.0, 1.0, 2.0),
        (-3.0, 1.0, 3.0),
        (1.0, -4.0, 4.0),
    ]


def test_a_scale_is_one_number_or_one_for_each() -> None:
    assert Comparison("y", [2.0, 3.0], [1.0, 1.0], 7.0).entries() == [(2.0, 1.0, 7.0), (3.0, 1.0, 7.0)]
    assert Comparison("y", [[2.0], [3.0]], [[1.0], [1.0]], [[7.0], [8.0]]).entries()[1] == (3.0, 1.0, 8.0)
    with pytest.raises(ShapeError, match="y: 3 numbers and a scale for 2"):
        Comparison("y", [1.0] * 3, [1.0] * 3, [1.0] * 2).entries()


@pytest.mark.parametrize(("analytic", "engine"), [(float("nan"), 1.0), (1.0, float("nan")), (float("nan"),) * 2,
                                                  (float("inf"), 1.0), (float("inf"), float("-inf"))])  # fmt: skip
def test_what_is_not_finite_matches_only_itself(analytic: float, engine: float) -> None:
    assert len(Comparison("y", [0.0, analytic], [0.0, engine]).misses(4.0)) == 1
    assert Comparison("y", analytic, engine).difference() == float("inf")
    assert not Comparison("y", float("inf"), float("inf")).misses(0.0)


def test_the_difference_is_the_largest() -> None:
    assert Comparison("y", [1.0, 5.0, 2.0], [1.5, 2.0, 2.0]).difference() == 3.0
    assert Comparison("y", [], []).difference() == 0.0


def test_answers_of_different_shapes_are_no_match() -> None:
    for other in ([1.0], [[1.0], [1.0]], 1.0):
        with pytest.raises(ShapeError, match="y: forms"):
            Comparison("y", [[1.0, 1.0]], other).misses(4.0)


# --- what a refutation is ---------------------------------------------------------------------------------------------


def refutation(wrong: Any, right: Any, engine: Any = None) -> Refutation:
    return Refutation("y", wrong, Comparison("y", right, right if engine is None else engine))


def test_forms_part_where_they_differ_by_a_thousandth() -> None:
    """The path, the wrong number and the right one, for each place."""
    assert refutation([1.0, 2.0, 3.0], [1.0, 2.5, -3.0]).parts() == [("[1]", 2.0, 2.5), ("[2]", 3.0, -3.0)]
    assert refutation([[1.0], [2.0]], [[1.0], [4.0]]).parts() == [("[1][0]", 2.0, 4.0)]
    assert refutation(3.0, -3.0).parts() == [("", 3.0, -3.0)]
    assert refutation(1.0, 1.0 + 2.0**-10).parts() == []  # 0.98 thousandths
    assert refutation(1.0, 1.0 + 2.0**-9).parts() == [("", 1.0, 1.0 + 2.0**-9)]
    assert refutation(1e-300, 2e-300).parts() == [("", 1e-300, 2e-300)]  # relative to the larger, however small
    assert refutation(0.0, 1e-300).parts() and not refutation(0.0, -0.0).parts()


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(("wrong", "right"), [(NAN, 1.0), (INF, 1.0), (-INF, INF), (NAN, INF)])
def test_what_is_not_finite_parts(wrong: float, right: float) -> None:
    ((path, found, truth),) = refutation([0.0, wrong], [0.0, right]).parts()
    assert path == "[1]" and str(found) == str(wrong) and truth == right
    assert refutation([0.0, wrong], [0.0, right]).holds(4.0)
    assert not refutation(INF, INF).parts()


def test_a_wrong_form_is_the_one_that_is_meant() -> None:
    """It is held against what the engine makes of the mistake, on its own scale or the right one's; two nans agree."""
    right = Comparison("y", [1.0, 1.0], [1.0, 1.0], 1.0)
    assert Refutation("y", [3.0, NAN], right, [3.0, NAN]).holds(4.0)
    assert Refutation("y", [3.0, 0.0], right, [3.0 + 2.0**-51, 0.0]).holds(4.0)
    assert Refutation("y", [3.0, 0.0], right, [3.0 + 2.0**-40, 0.0], 2.0**12).holds(4.0)
    for again in ([3.0 + 2.0**-40, 0.0], [4.0, 0.0], [3.0, NAN], [INF, 0.0]):
        off = Refutation("y", [3.0, 0.0], right, again)
        assert not off.holds(4.0) and off.misses(4.0)[0].startswith("y, the wrong form, entry ")
    assert not Refutation("y", [3.0, NAN], right, [3.0, 0.0]).holds(4.0)
    with pytest.raises(ShapeError, match="y, the wrong form: forms"):
        Refutation("y", [3.0, 0.0], right, [[3.0, 0.0]]).holds(4.0)


def test_a_right_form_may_be_a_nan() -> None:
    """0 ⊘ 0 is. The engine's must be one, too, and a wrong form that is one is right."""
    assert refutation([0.0, 1.0], [NAN, 2.0]).holds(4.0)
    assert refutation(0.0, NAN).parts() == [("", 0.0, pytest.approx(NAN, nan_ok=True))]
    for engine in (0.0, 1.0, INF):
        assert not refutation(0.0, NAN, engine=engine).holds(4.0)
    assert not refutation(0.0, 1.0, engine=NAN).holds(4.0)
    assert not refutation(NAN, NAN).parts()


def test_different_shapes_and_text_part() -> None:
    for wrong in ([1.0], [[1.0, 2.0]], [[1.0], [2.0]], 1.0, "it does not conform"):
        assert refutation(wrong, [1.0, 2.0]).parts() == [("", wrong, [1.0, 2.0])]
        assert refutation(wrong, [1.0, 2.0]).holds(4.0)


def test_a_refutation_holds_where_the_wrong_form_is_wrong_and_the_right_one_right() -> None:
    assert refutation(1.0, 2.0).holds(4.0)
    assert not refutation(2.0, 2.0).holds(4.0)  # the wrong form is right here
    assert not refutation(2.0 + 2.0**-51, 2.0).holds(4.0)  # or as good as right
    assert not refutation(1.0, 2.0, engine=2.0 + 1e-9).holds(4.0)  # the right form is not the engine's
    assert refutation(1.0, 2.0, engine=2.0 + 2.0**-51).holds(4.0)  # but for rounding
    assert not refutation("no numbers", 2.0, engine=1.0).holds(4.0)
