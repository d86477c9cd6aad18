"""The picture of the demo `lorenz`: the orbit, the way of the parameters, and why there are shots; a PNG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any, NamedTuple

from scalargrad import extras
from scalargrad.demos.picture import COLOURS

_BLUE, _ORANGE, _GREEN = COLOURS
_GREY = "#777777"
_POINTS: dict[str, Any] = {
    "color": _ORANGE,
    "marker": "o",
    "linestyle": "none",
    "markersize": 3.0,
    "markeredgewidth": 0.0,
}


class Found(NamedTuple):
    """Everything in the picture. An orbit is a list of states x, y, z."""

    step: float  # between two states of the true orbit and of the fitted one, in time
    observed: Sequence[Sequence[float]]
    every: int  # states from one observation to the next
    true: Sequence[Sequence[float]]
    fitted: Sequence[Sequence[float]]
    names: Sequence[str]
    values: Sequence[float]  # of the parameters, in truth
    traces: Sequence[Sequence[float]]  # the parameters at the start and after each step
    errors: Sequence[Sequence[float]]  # their standard errors after each step
    rhos: Sequence[float]
    one: Sequence[float]  # the misfit at each rho, of one shot
    many: Sequence[float]  # and of many
    shots: int


def _draw_orbit(axes: Any, found: Found, horizontal: int, vertical: int) -> None:
    """A projection of the orbit."""

    def plane(orbit: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
        return [state[horizontal] for state in orbit], [state[vertical] for state in orbit]

    axes.plot(*plane(found.true), color=_GREY, linewidth=2.6, alpha=0.55, label="true")
    axes.plot(*plane(found.fitted), color=_BLUE, linewidth=1.0, label="fitted")
    axes.plot(*plane(found.observed), **_POINTS, label="observed")
    axes.set(xlabel="xyz"[horizontal], ylabel="xyz"[vertical])


def _draw_time(axes: Any, found: Found) -> None:
    times = [found.step * k for k in range(len(found.true))]
    axes.plot(times, [state[0] for state in found.true], color=_GREY, linewidth=2.6, alpha=0.55)
    axes.plot(times, [state[0] for state in found.fitted], color=_BLUE, linewidth=1.0)
    axes.plot(times[:: found.every], [state[0] for state in found.observed], **_POINTS)
    axes.set(xlabel="time", ylabel="x", xlim=(0.0, times[-1]), title="x against time, which has no unit here")


def _draw_trace(axes: Any, found: Found, number: int) -> None:
    trace = [at[number] for at in found.traces]
    errors = [0.0, *(at[number] for at in found.errors)]
    axes.axhline(found.values[number], color=_GREY, linewidth=1.2, linestyle="--", label="true")
    axes.fill_between(range(len(trace)), [x - 2.0 * e for x, e in zip(trace, errors)],
                      [x + 2.0 * e for x, e in zip(trace, errors)], color=_BLUE, alpha=0.2, linewidth=0.0)  # fmt: skip
    axes.plot(trace, color=_BLUE, marker=".", markersize=5)
    axes.set(ylabel=f"$\\{found.names[number]}$", xlim=(-0.3, len(trace) - 0.7))
    axes.annotate(f"{trace[-1]:.3f} ± {errors[-1]:.3f}\ntrue: {found.values[number]:.4g}", (0.97, 0.1),
                  xycoords="axes fraction", ha="right")  # fmt: skip


def _draw_misfit(axes: Any, found: Found) -> None:
    axes.plot(found.rhos, found.one, color=_ORANGE, linewidth=1.2, label="one shot")
    axes.plot(found.rhos, found.many, color=_BLUE, linewidth=1.8, label=f"{found.shots} shots")
    axes.axvline(found.values[1], color=_GREY, linewidth=1.2, linestyle="--")
    axes.set(xlabel="$\\rho$, the other unknowns as fitted", ylabel="misfit (rms)", ylim=(0.0, None),
             xlim=(found.rhos[0], found.rhos[-1]), title="why there are shots")  # fmt: skip
    axes.legend(loc="center right", fontsize=8)


def save(found: Found, path: str | IO[bytes]) -> None:
    """Writes the picture. Raises `MissingExtraError` without matplotlib, OSError if the path cannot be written."""
    figure = extras.load("matplotlib.figure").Figure(figsize=(13.0, 7.6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.75, 1.0))
    grid = left.add_gridspec(2, 2, height_ratios=(2.2, 1.0))
    planes = [left.add_subplot(grid[0, k]) for k in range(2)]
    _draw_orbit(planes[0], found, 0, 2)
    _draw_orbit(planes[1], found, 0, 1)
    planes[0].legend(loc="lower left", fontsize=8)
    _draw_time(left.add_subplot(grid[1, :]), found)
    *traces, misfit = right.subplots(4, 1, height_ratios=(1.0, 1.0, 1.0, 1.5))
    for number, axes in enumerate(traces):
        _draw_trace(axes, found, number)
        axes.tick_params(labelbottom=axes is traces[-1])
        axes.locator_params(axis="x", integer=True, min_n_ticks=1)
    traces[0].set_title("the fit: two standard errors to each side")
    traces[-1].set_xlabel("step")
    _draw_misfit(misfit, found)
    figure.suptitle(f"Lorenz's system, recovered from {len(found.observed)} noisy observations")
    figure.savefig(path, format="png", dpi=150)
