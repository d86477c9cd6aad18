"""The picture of a trained classifier: the region of each class and the data, drawn by matplotlib as a PNG."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any, NamedTuple

import scalargrad as sg
from scalargrad import extras

COLOURS = ("#0072b2", "#e69f00", "#009e73")  # from Okabe and Ito's palette, which colour-blind people can tell apart
VERMILION = "#d55e00"  # of the same palette
_GROUPS: tuple[dict[str, Any], ...] = (  # the markers of the first, second and third group of points
    {"marker": "o", "s": 26, "edgecolors": "white", "linewidths": 0.7},
    {"marker": "D", "s": 36, "edgecolors": "black", "linewidths": 1.1},
    {"marker": "X", "s": 90, "edgecolors": "black", "linewidths": 1.1},
)
_MARGIN = 0.08  # around the data, relative to its extent


class Point(NamedTuple):
    """A data point in the plane of the picture."""

    x: float
    y: float
    kind: int  # the number of its class


class Scene(NamedTuple):
    """Everything in the picture."""

    title: str
    axes: tuple[str, str]  # the labels of x and y, with units
    classes: list[str]
    scores: Callable[[float, float], list[float]]  # at a point of the plane, one per class; the largest wins
    groups: dict[str, list[Point]]  # by the name in the legend


def _extent(numbers: list[float]) -> list[float]:
    """Evenly spaced numbers, from a little below to a little above the given ones. Fewer on the slower backend."""
    count = 100 if sg.backend() == "native" else 40
    low, high = min(numbers), max(numbers)
    low, high = low - _MARGIN * (high - low), high + _MARGIN * (high - low)
    return [low + (high - low) * k / (count - 1) for k in range(count)]


def _draw_regions(axes: Any, scene: Scene, xs: list[float], ys: list[float]) -> None:
    with sg.no_grad():
        grid = [[scene.scores(x, y) for x in xs] for y in ys]
    for kind, colour in zip(range(len(scene.classes)), COLOURS):
        # the lead of the class over the next best: its region is where the lead is positive
        lead = [[s[kind] - max(s[:kind] + s[kind + 1 :]) for s in row] for row in grid]
        flat = [number for row in lead for number in row]
        if max(flat) > 0.0:
            axes.contourf(xs, ys, lead, levels=[0.0, max(flat)], colors=[colour], alpha=0.22)
        if min(flat) < 0.0 < max(flat):
            axes.contour(xs, ys, lead, levels=[0.0], colors=["#555555"], linewidths=0.8)


def _draw_points(axes: Any, scene: Scene) -> None:
    for points, style in zip(scene.groups.values(), _GROUPS):
        colours = [COLOURS[point.kind] for point in points]
        axes.scatter([p.x for p in points], [p.y for p in points], c=colours, zorder=3, **style)


def _draw_legend(axes: Any, scene: Scene) -> None:
    for name, colour in zip(scene.classes, COLOURS):
        axes.scatter([], [], c=colour, marker="s", s=60, label=name)
    if len(scene.groups) > 1:
        for name, style in zip(scene.groups, _GROUPS):
            axes.scatter([], [], c="#888888", label=name, **style)
    axes.legend(loc="best", framealpha=0.9)


def save(scene: Scene, path: str | IO[bytes]) -> None:
    """Writes the picture. Raises `MissingExtraError` without matplotlib, OSError if the path cannot be written."""
    # without pyplot, a Figure is drawn by Agg, which needs no display and leaves no global state
    figure = extras.load("matplotlib.figure").Figure(figsize=(7.0, 5.2), layout="constrained")
    axes = figure.subplots()
    points = [point for group in scene.groups.values() for point in group]
    xs, ys = _extent([p.x for p in points]), _extent([p.y for p in points])
    _draw_regions(axes, scene, xs, ys)
    _draw_points(axes, scene)
    _draw_legend(axes, scene)
    axes.set(title=scene.title, xlabel=scene.axes[0], ylabel=scene.axes[1], xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))
    figure.savefig(path, format="png", dpi=150)
