"""The demos `lorenz` and `pendulum`: their equations, their derivatives, what they find, and what they print."""

from __future__ import annotations

import math
import random
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad.__main__ import main
from scalargrad.demos.physics.integrating import rk4
from scalargrad.demos.physics.lagrange import accelerations, energy
from scalargrad.demos.physics.lorenz import TRUE, Lorenz, lorenz
from scalargrad.demos.physics.pendulum import Pendulum, closed_form, double_pendulum
from scalargrad.demos.physics.pendulum_picture import places
from scalargrad.demos.physics.shooting import Problem, Shooting, shots
from scalargrad.errors import ArgumentError
from tests.support.profiles import native_only

SIZES = st.tuples(st.floats(0.5, 2.0), st.floats(0.5, 2.0))
ANGLES = st.tuples(st.floats(-7.0, 7.0), st.floats(-7.0, 7.0))
STATES = st.tuples(*[st.floats(-30.0, 30.0)] * 3)


# --- a step ----------------------------------------------------------------------------------------------------------


def test_a_step_is_exact_for_cubics() -> None:
    """x' = 4 t**3, t' = 1: a Runge-Kutta step is then Simpson's rule, which is exact to the third degree."""
    time, x = 0.5, 0.5**4
    for _ in range(3):
        time, x = rk4(lambda s: [1.0, 4.0 * s[0] ** 3], [time, x], 0.25)
    assert (time, x) == (1.25, pytest.approx(1.25**4, rel=1e-15))


def test_an_orbit_is_of_the_fourth_order() -> None:
    def off(steps: int) -> float:
        state = [1.0, 0.0]
        for _ in range(steps):
            state = rk4(lambda s: [s[1], -s[0]], state, 2.0 / steps)
        return math.dist(state, [math.cos(2.0), -math.sin(2.0)])

    assert 15.0 < off(20) / off(40) < 17.0


@given(STATES, STATES, STATES, st.floats(0.001, 0.03))
def test_the_tangent_of_a_step_is_a_step_of_the_tangent_equation(
    state: Sequence[float], move: Sequence[float], turn: Sequence[float], step: float
) -> None:
    """A Runge-Kutta step of (state, tangent) is the step and its derivative; so the two agree to rounding."""

    def both(s: Sequence[float]) -> list[float]:
        (sigma, rho, beta), (da, dr, db) = TRUE, turn
        x, y, z, dx, dy, dz = s
        return [*lorenz(TRUE)(s[:3]), da * (y - x) + sigma * (dy - dx),
                dx * (rho - z) + x * (dr - dz) - dy, dx * y + x * dy - db * z - beta * dz]  # fmt: skip

    def stepped(parameters: Any, start: Any) -> Any:
        return rk4(lorenz(parameters), start, step)

    wanted = rk4(both, [*state, *move], step)
    value, tangent = sg.jvp(stepped, (list(TRUE), list(state)), (list(turn), list(move)))
    assert value == wanted[:3]
    scale = 1e-13 * (1.0 + max(map(abs, [*state, *move, *turn]))) ** 3
    assert tangent == pytest.approx(wanted[3:], rel=1e-12, abs=scale)
    # and the same backwards, through the graph
    leaves = [sg.Value(x) for x in [*TRUE, *state]]
    sum(w * x for w, x in zip((1.0, -2.0, 0.5), stepped(leaves[:3], leaves[3:]))).backward()
    swept = math.fsum(leaf.grad * by for leaf, by in zip(leaves, [*turn, *move]))
    assert swept == pytest.approx(math.fsum(w * x for w, x in zip((1.0, -2.0, 0.5), wanted[3:])), rel=1e-12, abs=scale)


# --- from a Lagrangian -----------------------------------------------------------------------------------------------


@given(SIZES, SIZES, ANGLES, ANGLES)
def test_the_double_pendulum_is_that_of_textbooks(masses: Any, lengths: Any, angles: Any, speeds: Any) -> None:
    found = accelerations(double_pendulum(masses, lengths))(angles, speeds)
    wanted = closed_form(masses, lengths)(angles, speeds)
    # what is added up, over the lightest that it moves; the system has a condition below 110
    scale = 1e-13 * (10.0 + max(map(abs, speeds)) ** 2)
    assert found == pytest.approx(wanted, rel=1e-12, abs=scale)


def test_small_swings_have_the_frequencies_of_the_linear_system() -> None:
    """For equal rods and bobs, the squared frequencies are g/l (2 -+ sqrt 2), with angles 1 and +- sqrt 2."""
    find = accelerations(double_pendulum((1.0, 1.0), (1.0, 1.0)))
    for root in (math.sqrt(2.0), -math.sqrt(2.0)):
        got = find([1e-5, root * 1e-5], [0.0, 0.0])
        squared = 9.81 * (2.0 - root)
        assert got == pytest.approx([-squared * 1e-5, -squared * root * 1e-5], rel=1e-8)


@given(st.floats(0.3, 3.0), st.floats(-3.0, 3.0), st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))
def test_a_planet_in_polar_coordinates(r: float, angle: float, fall: float, turn: float) -> None:
    def kepler(q: Any, v: Any) -> Any:
        return 0.5 * (v[0] ** 2 + (q[0] * v[1]) ** 2) + 1.0 / q[0]

    found = accelerations(kepler)([r, angle], [fall, turn])
    assert found == pytest.approx([r * turn**2 - 1.0 / r**2, -2.0 * fall * turn / r], rel=1e-12, abs=1e-12)
    wanted = 0.5 * (fall**2 + (r * turn) ** 2) - 1.0 / r
    assert energy(kepler)([r, angle], [fall, turn]) == pytest.approx(wanted, rel=1e-13, abs=1e-13)


def test_a_lagrangian_without_masses_has_no_motion() -> None:
    with pytest.raises(sg.errors.LinAlgError, match="singular"):
        accelerations(lambda q, v: q[0] * v[0])([1.0], [1.0])


def test_the_energy_of_the_pendulum_is_kinetic_and_potential() -> None:
    # rods of 1 m and 2 m: the upper one level and at rest, the lower one hanging with 3 rad/s
    found = energy(double_pendulum((1.0, 0.5), (1.0, 2.0)))([math.pi / 2.0, 0.0], [0.0, 3.0])
    assert found == pytest.approx(0.5 * 0.5 * 6.0**2 + 9.81 * 0.5 * -2.0, rel=1e-14)


def swing(steps: int, time: float = 1.0, **changed: Any) -> Pendulum:
    settings: dict[str, Any] = {"seed": 0, "steps": steps, "time": time, "angles": [100.0, 10.0], "apart": 1e-3}
    demo = Pendulum(**{**settings, **changed})
    for _ in demo.tell(steps):
        pass
    return demo


def test_the_energy_stays_the_better_the_finer() -> None:
    coarse, fine = (swing(steps, 0.5).drifts()[-1] for steps in (12, 24))
    assert 0.0 < fine < coarse / 14.0 and coarse < 0.01
    assert energy(double_pendulum((1.0, 1.0), (1.0, 1.0)))([math.radians(100.0), math.radians(10.0)], [0.0, 0.0]) \
        == pytest.approx(-9.81 * (2.0 * math.cos(math.radians(100.0)) + math.cos(math.radians(10.0))))  # fmt: skip


def test_the_pendulum_and_its_twin() -> None:
    demo = swing(20, 0.5)
    assert demo.orbit[0] == [math.radians(100.0), math.radians(10.0), 0.0, 0.0]
    assert demo.gap(0) == pytest.approx(1e-3, rel=1e-12) and demo.gap(-1) != demo.gap(0)
    textbook = closed_form((1.0, 1.0), (1.0, 1.0))
    for orbit in (demo.orbit, demo.twin):
        state = orbit[0]
        for _ in range(20):
            state = rk4(lambda s: [*s[2:], *textbook(s[:2], s[2:])], state, 0.025)
        assert orbit[-1] == pytest.approx(state, rel=1e-11)
    for joint, wanted in zip(places([math.pi / 2.0, math.pi], [1.0, 2.0]), [(0.0, 0.0), (1.0, 0.0), (1.0, 2.0)]):
        assert joint == pytest.approx(wanted, abs=1e-15)


def test_a_step_that_is_far_too_long() -> None:
    with pytest.raises(ArgumentError, match="flew off at step 1 of 100 s: use more --steps, or a shorter --time"):
        swing(3, 300.0)


# --- multiple shooting -----------------------------------------------------------------------------------------------


def oscillator(parameters: Sequence[Any]) -> Any:
    """x'' = -k x - c x', of which the exact orbit is known."""
    k, c = parameters
    return lambda state: [state[1], -k * state[0] - c * state[1]]


def problem(noise: float, seed: int = 0) -> Problem:
    drawn, times = random.Random(seed), [0.2 * k for k in range(25)]
    truth = [(math.exp(-t) * math.cos(2.0 * t), -math.exp(-t) * (math.cos(2.0 * t) + 2.0 * math.sin(2.0 * t)))
             for t in times]  # fmt: skip
    return Problem(oscillator, [[x + drawn.gauss(0.0, noise) for x in s] for s in truth], 0.2, 2, 4)


def fitted(problem: Problem, steps: int) -> Any:
    *_, last = Shooting(problem, [1.0, 1.0]).fits(steps)
    return last


def test_parameters_are_found_exactly_without_noise() -> None:
    fit = fitted(problem(0.0), 8)  # k = 5 and c = 2, but for the error of integration
    assert fit.parameters == pytest.approx([5.0, 2.0], rel=1e-3)
    assert fit.noise < 1e-3 and fit.gap < 1e-6
    finer = fitted(problem(0.0)._replace(fine=4), 8)
    assert abs(finer.parameters[0] - 5.0) < abs(fit.parameters[0] - 5.0) / 10.0


def test_a_straight_line_is_that_of_linear_regression() -> None:
    """x' = a, in six shots: a, its standard error and the noise have closed forms."""
    drawn, times = random.Random(1), [0.2 * k for k in range(25)]
    seen = [3.0 - 2.0 * t + drawn.gauss(0.0, 0.5) for t in times]
    line = Problem(lambda parameters: lambda state: [parameters[0]], [[x] for x in seen], 0.2, 1, 4)
    *_, fit = Shooting(line, [10.0]).fits(10)
    middle, mean = sg.mean(times), sg.mean(seen)
    spread = math.fsum((t - middle) ** 2 for t in times)
    slope = math.fsum((t - middle) * (x - mean) for t, x in zip(times, seen)) / spread
    left = math.fsum((x - mean - slope * (t - middle)) ** 2 for t, x in zip(times, seen))
    assert fit.parameters == pytest.approx([slope], rel=1e-6)
    assert fit.noise == pytest.approx(math.sqrt(left / 23.0), rel=1e-6)
    assert fit.errors == pytest.approx([math.sqrt(left / 23.0 / spread)], rel=1e-5)


def test_one_orbit_has_no_gaps_whatever_the_shots() -> None:
    whole, _ = shots(problem(0.0)._replace(length=24), [5.0, 2.0, 1.0, -1.0], 2)
    starts = [x for state in whole[:-1:4] for x in state]
    cut, ends = shots(problem(0.0), [5.0, 2.0, *starts], 2)
    assert cut == whole and len(whole) == 25
    assert ends == [*whole[4:-1:4], whole[-1]]


def test_residuals_and_their_derivatives() -> None:
    fit = Shooting(problem(0.1), [4.0, 1.0])
    free, heavy = fit.residuals(fit.unknowns, 0.0), fit.residuals(fit.unknowns, 3.0)
    assert len(heavy) == 25 * 2 + 5 * 2 and free[:50] == heavy[:50] and free[50:] == [0.0] * 10
    orbit, ends = shots(fit.problem, fit.unknowns, 2)
    assert heavy[50:52] == [3.0 * (x - y) for x, y in zip(ends[0], orbit[4])]
    rows = fit.jacobian(fit.unknowns, 3.0)
    for number in (0, 1, 2, 7):
        above, below = ([x + (k == number) * by for k, x in enumerate(fit.unknowns)] for by in (1e-5, -1e-5))
        for row, up, down in zip(rows, fit.residuals(above, 3.0), fit.residuals(below, 3.0)):
            assert row[number] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-7)


@native_only
@pytest.mark.parametrize("seeds", [3, pytest.param(40, marks=pytest.mark.slow)])
def test_lorenz_whatever_the_seed(seeds: int) -> None:
    """A start far away; each estimate within four standard errors, and in all as a normal distribution has it."""
    off = []
    for seed in range(seeds):
        demo = Lorenz(seed, 1.0, [5.0, 15.0, 1.0])
        for _ in demo.tell(16):
            pass
        fit = demo.fits[-1]
        assert fit.gap < 1e-3 and 0.9 < fit.noise < 1.1
        off += [(x - true) / error for x, true, error in zip(fit.parameters, TRUE, fit.errors)]
        assert math.dist(fit.orbit[0], demo.truth[0]) < 3.0
    assert max(map(abs, off)) < 4.0 and 0.5 < math.sqrt(sg.mean(x * x for x in off)) < 1.5

    # one shot sees nothing of the valley that many shots see
    rhos = [fit.parameters[1] + by for by in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    many, one = demo._misfits(5, rhos), demo._misfits(160, rhos)
    assert many[0] > many[1] > many[2] < many[3] < many[4] < 4.0 and many[2] == pytest.approx(one[2], rel=0.05)
    assert min(one[:2] + one[3:]) > 5.0 * one[2]


# --- on the command line ---------------------------------------------------------------------------------------------

SHORT = {"lorenz": ["--steps", "1"], "pendulum": ["--steps", "10", "--time", "0.05"]}


@pytest.mark.parametrize("name", SHORT)
def test_what_is_printed(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                         tmp_path: Path) -> None:  # fmt: skip
    for module in ("matplotlib", "rich", "numpy"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.chdir(tmp_path)
    printed = []
    for _ in range(1 if name == "lorenz" and sg.backend() == "python" else 2):
        assert main(["demo", name, *SHORT[name], "--seed", "5"]) == 0
        printed.append(capsys.readouterr().out)
    assert len(set(printed)) == 1 and printed[0].isascii() and not list(tmp_path.iterdir())
    lines = printed[0].splitlines()
    notes = [line for line in lines if line.startswith("note:")]
    assert len(notes) == 2 and "matplotlib" in notes[0] and "rich" in notes[1]
    fitted = "99 parameters, " if name == "lorenz" else ""
    assert f"{name}: {fitted}seed 5, backend {sg.backend()}" in lines
    if name == "lorenz":
        assert re.search(r"^step 1 of 1  sigma \d+\.\d{3}  rho \d+\.\d{3}  beta \d+\.\d{3}  misfit ", printed[0], re.M)
        assert len(re.findall(r"^(?:sigma|rho  |beta ) .* \+- .* truth .* standard errors off$", printed[0], re.M)) == 3
        assert "not one orbit yet: more --steps" in printed[0]
    else:
        assert printed[0].count("step ") == 10 and "t 0.05 s  energy off by " in printed[0]
        found = re.search(r"^accelerations: at most (\S+) from the textbook's", printed[0], re.M)
        assert found and float(found[1]) < 1e-12
        assert "twins: 1.0e-06 rad apart at the start" in printed[0]


@pytest.mark.parametrize(("words", "complaint"), [
    (["lorenz", "--noise", "0"], "--noise: expected a number from 0.2 to 5, got '0'"),
    (["lorenz", "--noise", "nan"], "--noise: expected"),
    (["lorenz", "--start", "1,2"], "--start: expected three numbers"),
    (["lorenz", "--start", "1,2,51"], "from 0 to 50, such as 5,15,1, got '1,2,51'"),
    (["lorenz", "--start", "a,b,c"], "--start: expected"), (["lorenz", "--steps", "0"], "--steps: expected"),
    (["pendulum", "--time", "0"], "--time: expected seconds above 0"),
    (["pendulum", "--time", "inf"], "--time: expected"),
    (["pendulum", "--angles", "90"], "--angles: expected two angles"), (["pendulum", "--angles=1,361"], "got '1,361'"),
    (["pendulum", "--apart", "0"], "--apart: expected radians from 1e-12 to 1"),
    (["pendulum", "--hidden", "3"], "unrecognized arguments"),
])  # fmt: skip
def test_bad_options(words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["demo", *words, "--no-plot"])
    printed = capsys.readouterr()
    assert stop.value.code == 2 and complaint in " ".join(printed.err.split()) and not printed.out
