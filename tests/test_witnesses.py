"""The witnesses of `check_grad` are honest: what the complex step and the differences say of their own error."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

import scalargrad as sg
from scalargrad import Value, core
from scalargrad.errors import GradientMismatchError
from scalargrad.table import ops
from scalargrad.testing import Entry, Expression, Report, check_grad, expressions, matrices, numbers, vectors
from scalargrad.testing.complexstep import NotAnalytic, Replay
from scalargrad.testing.differences import Differences
from scalargrad.testing.strategies import _text
from tests.support.engines import bits
from tests.support.reference import UNARY
from tests.test_digits import TURNING, _points
from tests.test_testing import SUBNORMAL, by_differences

# --- the estimates are honest ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", UNARY)
def test_the_error_of_differences_is_within_ten_estimates(name: str) -> None:
    """From 5e-324 to 1e300, against 60 digits.

    But not beside relu's kink: where f is flat over small steps it may have vanished beside a 1, as in log(1 + x*x), so
    larger steps are believed, and they see the kink. `check_grad` then says so. Nor so near to the pole of lgamma,
    which is the same on both sides. And not beside whole numbers for sinc, which vanishes at every step of a whole
    number.
    """
    f, exact, seen = (lambda x: core.apply(ops.OPCODE[name], x)), UNARY[name][1], 0
    for x in _points(name):
        beside = name in ("relu", "lgamma") and abs(x) < 1e-6
        if not math.isfinite(f(x)) or beside or (name == "sinc" and abs(x - round(x)) < 1e-9):
            continue
        slope, estimate, _ = Differences(f, x, f(x)).slope()
        if abs(exact(mpf(x))) < 1e305 and math.isfinite(estimate):
            seen += estimate <= 1e-8 * abs(slope) or slope == 0.0
            assert abs(mpf(slope) - exact(mpf(x))) <= 10 * mpf(estimate) + SUBNORMAL, x
    assert seen >= 20, "an estimate that is never small is never wrong"


@pytest.mark.parametrize("name", UNARY)
def test_the_error_of_the_complex_step_is_within_its_bound(name: str) -> None:
    seen = 0
    for x in _points(name):
        leaf = Value(x)
        root = core.apply(ops.OPCODE[name], leaf)
        if math.isfinite(root.data):
            try:
                slope, bound = Replay(root).slope(leaf)
            except NotAnalytic:
                continue
            seen += 1
            assert abs(mpf(slope) - UNARY[name][1](mpf(x))) <= bound + SUBNORMAL, x
            # a row of the table is at most about 20 operations, each with its bound of 2e-14
            if name not in TURNING:
                assert bound <= 4e-13 * abs(slope) + SUBNORMAL, x
    refused = name in ("erf", "erfc", "erfinv", "lgamma")
    assert (seen > 0) != refused and (seen >= 20 or refused), seen


@pytest.mark.parametrize("x", [0.7, -2.5, 1e-3, 40.0])
def test_differences_are_accurate_to_eleven_digits(x: float) -> None:
    """Where f varies over a scale of 1: (2**-53)**(3/4) is 1e-12, and f rounds a few times."""
    for name in ("sin", "atan", "square", "asinh", "erfc"):
        found = by_differences(lambda v: core.apply(ops.OPCODE[name], v), x)
        assert abs(found.slope - UNARY[name][1](mpf(x))) <= 1e-11 * max(1.0, abs(x))


@pytest.mark.parametrize("scale", [1.0, 2.0**10, 2.0**20, 1000.0])
def test_a_wave_whose_period_is_a_step_does_not_deceive(scale: float) -> None:
    found = by_differences(lambda x: sg.sin(2 * math.pi * scale * x), 0.25 + 0.125 / scale)
    exact = 2 * math.pi * scale * math.cos(2 * math.pi * (0.25 * scale + 0.125))
    assert abs(found.slope - exact) <= 10 * found.estimate
    assert found.estimate <= 1e-6 * abs(exact)


@given(expressions(), st.floats(-3, 3))
def test_a_replay_is_the_recording_to_the_bit(e: Expression, x: float) -> None:
    leaves = [Value(number) for number in e.inputs]
    replay = Replay(e(*leaves))
    assert bits(replay.replay({})) == bits(e(*e.inputs))
    if "where" not in e.source and "softmax" not in e.source:  # condition and shift are constants of the replay
        moved = [x, *e.inputs[1:]]
        assert bits(replay.replay({id(leaves[0]): x})) == bits(e(*moved))


# --- where the complex step says nothing -----------------------------------------------------------------------------


@pytest.mark.parametrize(("f", "x"), [
    (sg.abs, 0.0), (sg.relu, 0.0), (lambda x: sg.copysign(x, 2.0), 0.0), (lambda x: sg.copysign(2.0, x), 0.0),
    (sg.floor, 3.0), (sg.ceil, -2.0), (sg.trunc, 1.0), (sg.round, 2.5), (lambda x: sg.fmod(x, 2.0), 4.0),
    (lambda x: sg.max([x, 1.0, 3.0]), 3.0), (lambda x: sg.min([x, 1.0, 3.0]), 1.0), (lambda x: sg.maximum(x, 1.0), 1.0),
    (lambda x: sg.clip(x, 0.0, 2.0), 2.0), (lambda x: sg.clip(x, 0.0, 2.0), 0.0), (lambda x: x % 2.0, 4.0),
    (sg.sqrt, 0.0), (sg.cbrt, 0.0), (sg.acos, 1.0), (sg.erf, 0.5), (sg.erfc, 0.5), (lambda x: x**0.5, 0.0),
], ids=range(21))  # fmt: skip
def test_at_a_kink_or_an_edge_it_does_not_apply(f: Any, x: float) -> None:
    leaf = Value(x)
    with pytest.raises(NotAnalytic):
        Replay(f(leaf)).slope(leaf)


@pytest.mark.parametrize(("f", "x", "slope"), [
    (sg.abs, -1.0, -1.0), (lambda x: sg.copysign(x, -2.0), 1.0, -1.0), (sg.floor, 3.5, 0.0), (sg.round, 2.25, 0.0),
    (lambda x: sg.fmod(x, 2.0), 4.5, 1.0), (lambda x: sg.fmod(9.0, x), 4.0, -2.0), (lambda x: x // 2.0, 3.0, 0.0),
    (lambda x: sg.max([x, 1.0, 3.0]), 4.0, 1.0), (lambda x: sg.max([x, 1.0, 3.0]), 2.0, 0.0),
    (lambda x: sg.min([x, 1.0, 3.0]), 0.5, 1.0), (lambda x: sg.clip(x, 0.0, 2.0), 1.0, 1.0),
    (lambda x: sg.clip(x, 0.0, 2.0), 3.0, 0.0), (lambda x: 1.0 - x / 4.0, 3.0, -0.25), (lambda x: 2.0 / x, 2.0, -0.5),
    (lambda x: sg.hypot(x, 4e200), 3e200, 0.6), (lambda x: sg.hypot(x, 4e-200), 3e-200, 0.6),
    (lambda x: sg.atan2(x, 4.0), 3.0, 0.16), (lambda x: sg.atan2(4.0, x), 3.0, -0.16),
    (lambda x: sg.atan2(x, 3.0), 4.0, 0.12), (lambda x: x**3.0, 2.0, 12.0),
    (lambda x: 2.0**x, 3.0, 8.0 * math.log(2.0)),
    (lambda x: x**x, 2.0, 4.0 * (1.0 + math.log(2.0))), (lambda x: sg.dot([x, 2.0], [3.0, x]), 1.0, 5.0),
    (lambda x: sg.where(x, x, 0.0), 2.0, 1.0), (lambda x: sg.logsumexp(x, x, 3.0 * x), 0.0, 5.0 / 3.0),
    (lambda x: sg.softmax([x, 0.0])[0], 0.0, 0.25),
], ids=range(26))  # fmt: skip
def test_slopes_by_hand(f: Any, x: float, slope: float) -> None:
    leaf = Value(x)
    found, bound = Replay(f(leaf)).slope(leaf)
    assert found == pytest.approx(slope, rel=1e-14, abs=0.0) and bound <= 4e-13 * abs(slope)


def test_the_bound_grows_by_a_rounding_an_operation() -> None:
    """2e-14 each: the engine's bar, and as much for the witness. A factor of 2 doubles what came before."""
    leaf = Value(1.0)
    y = leaf
    for k in range(1, 6):
        y = y * 1.0
        assert Replay(y).slope(leaf)[1] == pytest.approx(k * 2e-14, rel=1e-12)
    assert Replay(y * 2.0).slope(leaf)[1] == pytest.approx(2.0 * 5 * 2e-14 + 2.0 * 2e-14, rel=1e-12)


# --- how small an error is found -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("f", "method", "error"), [
    (sg.sin, "complex step", 1e-13), (lambda x: sg.exp(x) * x, "complex step", 1e-12), (sg.erf, "differences", 1e-9),
])  # fmt: skip
def test_the_tolerance_is_tight(f: Any, method: str, error: float, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_grad(f, 0.75).entries[0].method == method
    plain = Value.backward
    monkeypatch.setattr(Value, "backward", lambda self, seed=1.0: plain(self, seed * (1.0 + error)))
    with pytest.raises(GradientMismatchError, match=method):
        check_grad(f, 0.75)


def test_an_entry_is_confirmed_within_its_tolerance_without_a_note() -> None:
    entry = Entry("x", 1.0, 1.5, 0.0, 0.5, "differences")
    assert entry.error == 0.5 and entry.confirmed
    assert not entry._replace(tolerance=0.4375).confirmed
    assert not entry._replace(tolerance=math.inf).confirmed
    assert not entry._replace(engine=math.nan).confirmed and not entry._replace(note="a kink").confirmed
    assert str(entry) == "x: engine 1.0, differences 1.5 (estimated error 0.0e+00, tolerance 5.0e-01)"
    far = entry._replace(path="y", numeric=1.25, tolerance=9.0)
    assert Report(0.0, [], (far, entry)).worst is entry and Report(0.0, [], ()).worst is None
    assert str(Report(0.0, [], (far, entry))) == f"2 entries confirmed, the worst {entry}"


@pytest.mark.parametrize("k", [3, 7, 13, 29])
def test_the_noise_is_looked_for_at_several_places(k: int) -> None:
    for side in (1, -1):
        bump = 1.0 + side * k * 2.0**-52
        around = Differences(lambda x, bump=bump: x + 2.0**-30 * (x == bump), 1.0, 1.0)
        assert around._noise >= 2.0**-32


def test_what_vanished_beside_a_one_has_the_rounding_of_a_one() -> None:
    """(1 + x²) - 1 is 0 near 0, as far as half the digits go: a flat f may be one that has lost all of its own."""
    around = Differences(lambda x: (1.0 + x * x) - 1.0, 1e-30, 0.0)
    assert around.quotient(2.0**-30) == (0.0, 2.0**-52 / 2.0**-30)


def test_the_rounding_of_a_quotient_by_hand() -> None:
    """Half a unit of f(x), and of the larger of the two beside it, over the step; twice that of an extrapolation."""
    around = Differences(lambda x: x, 1.0, 1.0)
    assert around.quotient(0.0625) == (1.0, (1.0 + 1.0625) * 2.0**-53 / 0.0625)
    assert around._candidates(0.125)[0][0].rounding == 2.0 * (1.0 + 1.0625) * 2.0**-53 / 0.0625


def test_what_is_not_finite_beside_x_is_no_value() -> None:
    around = Differences(lambda x: math.inf if x > 1.0 else x, 1.0, 1.0)
    assert math.isnan(around.at(2.0)) and around.at(0.5) == 0.5 and around.error is None
    assert math.isnan(around.slope().slope) and around.kink() is None

    def raises(x: float) -> float:
        raise KeyError(x)

    around = Differences(raises, 1.0, 1.0)
    assert math.isnan(around.at(2.0)) and isinstance(around.error, KeyError)


def test_a_kink_is_where_the_slopes_differ_however_small_the_step() -> None:
    assert Differences(abs, 0.0, 0.0).kink() == (-1.0, 1.0)
    assert Differences(lambda x: max(x, 3.0 * x - 4.0), 2.0, 2.0).kink() == pytest.approx((1.0, 3.0), rel=1e-6)
    assert Differences(math.sin, 1.0, math.sin(1.0)).kink() is None


# --- what is drawn ---------------------------------------------------------------------------------------------------


def test_drawn_numbers_go_where_they_should() -> None:
    seen: list[list[float]] = [[], []]

    @settings(max_examples=200)
    @given(numbers(), numbers(extreme=True))
    def drawn(x: float, y: float) -> None:
        seen[0].append(x)
        seen[1].append(y)

    drawn()
    usual, extreme = seen
    assert all(abs(x) <= 1e3 and (x == 0.0 or abs(x) >= 2.0**-1022) for x in usual)
    assert min(usual) < -100.0 and max(usual) > 100.0
    assert all(map(math.isfinite, extreme)) and min(extreme) < -1e100 and max(extreme) > 1e100
    assert any(bits(x) == bits(-0.0) for x in extreme) and any(0.0 < abs(x) < 2.0**-1022 for x in extreme)


@given(st.data())
def test_drawn_shapes_keep_their_bounds(data: st.DataObject) -> None:
    assert 2 <= len(data.draw(vectors(min_size=2, max_size=4))) <= 4
    m = data.draw(matrices())
    assert 1 <= len(m) <= 5 and {len(row) for row in m} <= {1, 2, 3, 4, 5} and len({len(row) for row in m}) == 1
    e = data.draw(expressions(["add", "sin"], n_inputs=2, max_nodes=3))
    assert len(e.inputs) == 2 and all(abs(x) <= 3.0 for x in e.inputs) and 1 <= e.source.count("\nv") - 1 <= 3


@pytest.mark.parametrize(("name", "x", "text"), [
    ("abs", (0.0, 0.0), "sg.abs((x0 + 0.3))"), ("abs", (0.05, 0.0), "sg.abs((x0 - 0.3))"),
    ("abs", (0.5, 0.0), "sg.abs(x0)"),
    ("copysign", (1.0, 0.05), "sg.copysign(x0, (x1 - 0.3))"), ("copysign", (-0.05, 1.0), "sg.copysign((x0 + 0.3), x1)"),
    ("copysign", (0.0, 0.0), "sg.copysign((x0 + 0.3), (x1 + 0.3))"), ("maximum", (1.0, 2.0), "sg.maximum(x0, x1)"),
    ("maximum", (1.0, 1.0), "sg.maximum(x0, (x1 - 0.3))"), ("round", (2.5, 0.0), "sg.round((x0 - 0.3))"),
    ("floor", (2.0, 0.0), "sg.floor((x0 - 0.3))"), ("sin", (0.0, 0.0), "sg.sin(x0)"),
])  # fmt: skip
def test_an_operand_near_a_kink_moves(name: str, x: tuple[float, float], text: str) -> None:
    assert _text(name, "x0", "x1", "x0", dict(zip(("x0", "x1"), x))) == text
