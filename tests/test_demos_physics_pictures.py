"""What the pictures of `lorenz` and `pendulum` show: matplotlib's Figure as it is saved, read back number by number."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from scalargrad.__main__ import main
from scalargrad.demos.physics import lorenz_picture, pendulum_picture
from scalargrad.demos.physics.lorenz import Lorenz
from scalargrad.demos.physics.lorenz_picture import Found
from scalargrad.demos.physics.pendulum import Pendulum
from scalargrad.demos.physics.pendulum_picture import Swing, places
from scalargrad.demos.physics.shooting import shots

pytestmark = pytest.mark.once

BLUE, ORANGE, GREEN = "#0072b2", "#e69f00", "#009e73"


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that were to be saved. No file is written."""
    figures = pytest.importorskip("matplotlib.figure")
    canvas = pytest.importorskip("matplotlib.backends.backend_agg").FigureCanvasAgg
    kept: list[Any] = []

    def keep(figure: Any, path: Any, **options: Any) -> None:
        assert options == {"format": "png", "dpi": 150}
        canvas(figure).draw()  # so that all has its place, and warnings of the layout are errors
        kept.append(figure)

    monkeypatch.setattr(figures.Figure, "savefig", keep)
    return kept


def line(axes: Any, label: str) -> list[tuple[float, float]]:
    """The points of the line with this label."""
    (found,) = [drawn for drawn in axes.lines if drawn.get_label() == label]
    return list(zip(found.get_xdata(), found.get_ydata()))


def texts_are_apart(figure: Any) -> None:
    """No title, label or number of an axis is on another, or off the page."""
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for axes in figure.axes
             for text in (axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts) if text.get_text()]  # fmt: skip
    for k, box in enumerate(boxes):
        assert box.x0 >= 0.0 and box.y0 >= 0.0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[k + 1 :])


# --- the pendulum ----------------------------------------------------------------------------------------------------

LENGTHS = (1.0, 0.5)
ORBIT = [[0.1 * k, -0.2 * k, 0.0, 0.0] for k in range(9)]
SWING = Swing(
    step=0.25,
    lengths=LENGTHS,
    orbit=ORBIT,
    twin=[[a + 0.01 * k, b, 0.0, 0.0] for k, (a, b, _, _) in enumerate(ORBIT)],
    gaps=[0.001 * 2.0**k for k in range(9)],
    drifts=[0.0, *(1e-9 * k for k in range(1, 9))],
)


def test_a_swing(saved: list[Any], tmp_path: Path) -> None:
    pendulum_picture.save(SWING, str(tmp_path / "swing.png"))
    (figure,) = saved
    trace, bar, angles, gaps, drifts = figure.axes
    texts_are_apart(figure)
    assert figure.get_suptitle() == "a double pendulum from its Lagrangian"
    assert (trace.get_xlabel(), trace.get_ylabel(), trace.get_aspect()) == ("x (m)", "y (m)", 1.0)
    (way,) = trace.collections
    ends = [places(state[:2], LENGTHS)[2] for state in ORBIT]
    assert [tuple(map(tuple, segment)) for segment in way.get_segments()] == list(pairwise(ends))
    assert list(way.get_array()) == [0.25 * k for k in range(1, 9)] and bar.get_ylim() == (0.0, 2.0)
    assert line(trace, "start") == places(ORBIT[0][:2], LENGTHS)
    assert line(trace, "end") == places(ORBIT[-1][:2], LENGTHS)
    assert line(trace, "end of the twin") == places(SWING.twin[-1][:2], LENGTHS)
    for name, number, colour in (("upper rod", 0, BLUE), ("lower rod", 1, ORANGE)):
        assert line(angles, name) == [(0.25 * k, math.degrees(state[number])) for k, state in enumerate(ORBIT)]
        dashed = [drawn for drawn in angles.lines if drawn.get_color() == colour and drawn.get_linestyle() == "--"]
        assert list(dashed[0].get_ydata()) == [math.degrees(state[number]) for state in SWING.twin]
    assert gaps.get_yscale() == drifts.get_yscale() == "log"
    assert list(gaps.lines[0].get_ydata()) == SWING.gaps and "1e-03 rad apart at the start" in gaps.get_title()
    assert list(drifts.lines[0].get_ydata()) == SWING.drifts[1:] and drifts.lines[0].get_color() == GREEN
    assert (gaps.get_ylabel(), drifts.get_ylabel(), drifts.get_xlabel()) == ("distance (rad)", "error (J)", "time (s)")


def test_an_energy_that_never_changes_is_drawn_too(saved: list[Any], tmp_path: Path) -> None:
    pendulum_picture.save(SWING._replace(drifts=[0.0] * 9), str(tmp_path / "swing.png"))
    assert len(saved[0].axes[4].lines[0].get_xdata()) == 0


def test_a_long_swing_is_thinned_but_ends_at_the_end(saved: list[Any], tmp_path: Path) -> None:
    steps = 3200
    demo = Pendulum(0, steps, 1.0, [20.0, 30.0], 1e-3)
    for _ in demo.tell(1):
        pass
    demo.orbit, demo.twin, demo.energies = ([kept[-1]] * (steps + 1) for kept in (demo.orbit, demo.twin, demo.energies))
    demo.draw(str(tmp_path / "swing.png"))
    times = saved[0].axes[2].lines[0].get_xdata()
    assert len(times) == 1601 and times[-1] == pytest.approx(1.0, rel=1e-12)


# --- the orbit -------------------------------------------------------------------------------------------------------

STATES = [[float(k), 2.0 * k, 40.0 - k] for k in range(9)]
FOUND = Found(
    step=0.5,
    observed=[[x + 0.25 for x in state] for state in STATES[::2]],
    every=2,
    true=STATES,
    fitted=[[x - 0.125 for x in state] for state in STATES],
    names=("sigma", "rho", "beta"),
    values=(10.0, 28.0, 8.0 / 3.0),
    traces=[[5.0, 15.0, 1.0], [9.0, 27.0, 2.0], [10.5, 28.5, 2.5]],
    errors=[[0.5, 0.25, 0.125], [0.25, 0.125, 0.0625]],
    rhos=[27.0, 28.0, 29.0],
    one=[9.0, 1.0, 8.0],
    many=[2.0, 1.0, 2.5],
    shots=32,
)


def test_an_orbit_that_was_found(saved: list[Any], tmp_path: Path) -> None:
    lorenz_picture.save(FOUND, str(tmp_path / "found.png"))
    (figure,) = saved
    texts_are_apart(figure)
    side, above, time, *traces, misfit = figure.axes
    assert figure.get_suptitle() == "Lorenz's system, recovered from 5 noisy observations"
    for axes, one, other in ((side, 0, 2), (above, 0, 1)):
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "xyz"[other])
        for label, orbit in (("true", FOUND.true), ("fitted", FOUND.fitted), ("observed", FOUND.observed)):
            assert line(axes, label) == [(state[one], state[other]) for state in orbit]
    assert [list(drawn.get_xdata()) for drawn in time.lines] == [[0.5 * k for k in range(9)]] * 2 + [
        [float(k) for k in range(5)]]  # fmt: skip
    assert list(time.lines[2].get_ydata()) == [state[0] for state in FOUND.observed] and time.get_xlim() == (0.0, 4.0)
    for number, (axes, name) in enumerate(zip(traces, ("sigma", "rho", "beta"))):
        assert axes.get_ylabel() == f"$\\{name}$"
        assert list(axes.lines[1].get_ydata()) == [at[number] for at in FOUND.traces]
        assert list(axes.lines[0].get_ydata()) == [FOUND.values[number]] * 2
        (band,) = axes.collections
        corners = {(x, y) for x, y in band.get_paths()[0].vertices.tolist()}
        assert {(2.0, FOUND.traces[2][number] + by * FOUND.errors[1][number]) for by in (-2.0, 2.0)} <= corners
    assert traces[0].texts[0].get_text() == "10.500 ± 0.250\ntrue: 10"
    assert line(misfit, "one shot") == list(zip(FOUND.rhos, FOUND.one))
    assert line(misfit, "32 shots") == list(zip(FOUND.rhos, FOUND.many))


def test_what_lorenz_puts_into_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[Found] = []
    monkeypatch.setattr(lorenz_picture, "save", lambda found, path: given.append(found))
    demo = Lorenz(2, 1.0, [5.0, 15.0, 1.0])
    for _ in demo.tell(1):
        pass
    demo.draw(str(tmp_path / "lorenz.png"))
    (found,) = given
    assert len(found.true) == len(found.fitted) == found.every * (len(found.observed) - 1) + 1
    noise = [x - y for state, seen in zip(found.true[:: found.every], found.observed) for x, y in zip(state, seen)]
    assert 0.9 < math.sqrt(math.fsum(x * x for x in noise) / len(noise)) < 1.1
    for finer, coarser in zip(found.fitted[:: found.every], shots(demo.problem, demo.shooting.unknowns, 3)[0]):
        assert finer == pytest.approx(coarser, abs=0.02)
    assert found.traces == [[5.0, 15.0, 1.0], demo.fits[0].parameters] and found.errors == [demo.fits[0].errors]
    middle = len(found.rhos) // 2
    assert found.rhos[middle] == pytest.approx(demo.fits[0].parameters[1], rel=1e-12)
    assert found.step * found.every == pytest.approx(0.1) and found.shots == 32


@pytest.mark.parametrize(("name", "options", "size"), [
    ("lorenz", ["--steps", "1"], (1140, 1950)), ("pendulum", ["--steps", "5", "--time", "0.1"], (1020, 1950)),
])  # fmt: skip
def test_a_picture_is_written(name: str, options: list[str], size: Any, tmp_path: Path, capsys: Any) -> None:
    image = pytest.importorskip("matplotlib.image")
    path = tmp_path / "picture.png"
    assert main(["demo", name, *options, "--out", str(path)]) == 0
    assert capsys.readouterr().out.endswith(f"\npicture: {path}\n")
    assert image.imread(path).shape[:2] == size
