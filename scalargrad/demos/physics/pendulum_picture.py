"""The picture of the demo `pendulum`: where the bobs went, and what the twin did, drawn by matplotlib as a PNG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import IO, Any, NamedTuple

from scalargrad import extras
from scalargrad.demos.picture import COLOURS, VERMILION

_BLUE, _ORANGE, _GREEN = COLOURS
_PALE = 0.15  # the palest colours, which would not be seen on white, are left out: relative to the time
_MOST = 1500  # points in a line: more would not be seen


class Swing(NamedTuple):
    """What happened at each time, the start included. States are two angles and their speeds, in radians."""

    step: float  # seconds
    lengths: Sequence[float]  # of the rods, in m
    orbit: Sequence[Sequence[float]]
    twin: Sequence[Sequence[float]]
    gaps: Sequence[float]  # between the angles of the twins, in radians
    drifts: Sequence[float]  # of the energy, in J


def places(angles: Sequence[float], lengths: Sequence[float]) -> list[tuple[float, float]]:
    """Where the pivot, the upper bob and the lower bob are.

    >>> places([0.0, 0.0], [1.0, 2.0])
    [(0.0, 0.0), (0.0, -1.0), (0.0, -3.0)]
    """
    found = [(0.0, 0.0)]
    for angle, length in zip(angles, lengths):
        found.append((found[-1][0] + length * math.sin(angle), found[-1][1] - length * math.cos(angle)))
    return found


def _draw_trace(axes: Any, swing: Swing, chosen: Sequence[int]) -> Any:
    """The way of both bobs, and the pendulum at the start and at the end. Returns the way that has the colours."""
    lines = extras.load("matplotlib.collections").LineCollection
    ways = [places(swing.orbit[k], swing.lengths) for k in chosen]
    axes.plot([way[1][0] for way in ways], [way[1][1] for way in ways], color="#bbbbbb", linewidth=2.5)
    ends = [way[2] for way in ways]
    times = [swing.step * k for k in chosen]
    trace = lines(list(pairwise(ends)), cmap="viridis_r", linewidths=1.3, capstyle="round")
    trace.set_array(times[1:])
    trace.set_clim(-_PALE * times[-1], times[-1])
    axes.add_collection(trace)
    twin = places(swing.twin[-1], swing.lengths)
    drawn = ((ways[0], "#999999", "start"), (ways[-1], "black", "end"), (twin, VERMILION, "end of the twin"))
    for way, colour, label in drawn:
        xs, ys = zip(*way)
        axes.plot(
            xs, ys, color=colour, linewidth=1.8, marker="o", markersize=8, markevery=[1, 2], label=label, zorder=3
        )
    axes.plot([0.0], [0.0], color="black", marker="s", markersize=5, zorder=4)
    reach = 1.08 * sum(swing.lengths)
    axes.set(aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach), xlabel="x (m)", ylabel="y (m)",
             title="the ways of the upper bob (grey) and of the lower one")  # fmt: skip
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3, frameon=False)
    return trace


def _draw_angles(axes: Any, swing: Swing, chosen: Sequence[int]) -> None:
    times = [swing.step * k for k in chosen]
    for number, (name, colour) in enumerate((("upper", _BLUE), ("lower", _ORANGE))):
        axes.plot(times, [math.degrees(swing.orbit[k][number]) for k in chosen], color=colour, label=f"{name} rod")
        axes.plot(times, [math.degrees(swing.twin[k][number]) for k in chosen], color=colour, linestyle=(0, (2, 1.5)))
    axes.plot([], [], color="#777777", linestyle=(0, (2, 1.5)), label="of the twin")
    axes.set(ylabel="angle (degrees)", title="the twin goes along, then its own way")
    axes.legend(loc="best", fontsize=8)


def _draw_small(axes: Any, swing: Swing, chosen: Sequence[int], what: Sequence[float], colour: str) -> None:
    kept = [k for k in chosen if what[k] > 0.0]  # the energy may be that of the start to the last bit
    axes.semilogy([swing.step * k for k in kept], [what[k] for k in kept], color=colour, linewidth=1.2)
    axes.margins(y=0.1)


def save(swing: Swing, path: str | IO[bytes]) -> None:
    """Writes the picture. Raises `MissingExtraError` without matplotlib, OSError if the path cannot be written."""
    figure = extras.load("matplotlib.figure").Figure(figsize=(13.0, 6.8), layout="constrained")
    last = len(swing.orbit) - 1
    stride = max(1, last // _MOST)
    chosen = [*range(0, last, stride), last]
    grid = figure.add_gridspec(3, 2, width_ratios=(1.0, 1.05), height_ratios=(1.5, 1.0, 1.0))
    left = figure.add_subplot(grid[:, 0])
    trace = _draw_trace(left, swing, chosen)
    bar = figure.colorbar(trace, ax=left, label="time (s)", shrink=0.8, pad=0.02)
    bar.ax.set_ylim(0.0, swing.step * last)
    angles, gaps, drifts = (figure.add_subplot(grid[row, 1]) for row in range(3))
    _draw_angles(angles, swing, chosen)
    _draw_small(gaps, swing, chosen, swing.gaps, "black")
    gaps.set(ylabel="distance (rad)", title=f"the twins, {swing.gaps[0]:.0e} rad apart at the start")
    _draw_small(drifts, swing, chosen, swing.drifts, _GREEN)
    drifts.set(ylabel="error (J)", xlabel="time (s)", title="the energy, against that of the start")
    for axes in (angles, gaps, drifts):
        axes.set_xlim(0.0, swing.step * last)
        axes.grid(alpha=0.25)
    figure.suptitle("a double pendulum from its Lagrangian")
    figure.savefig(path, format="png", dpi=150)
