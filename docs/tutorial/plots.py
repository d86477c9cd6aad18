"""The curves of the tutorial, drawn by matplotlib in colours that can be read on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

GREY, BLUE, ORANGE = "#808080", "#3b82d0", "#d9772b"
STYLE = {
    **dict.fromkeys(("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color"), GREY),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
    "font.family": "sans-serif",
    "svg.fonttype": "none",
    "svg.hashsalt": "scalargrad",
}


def slope(axes: Any) -> None:
    """Lines through two points of a parabola, and the one that touches it."""
    xs = [k / 20 for k in range(145)]
    axes.plot(xs, [x * x for x in xs], color=BLUE)
    end = 7.2
    for h in (4.0, 2.0, 1.0, 0.0):
        rise, colour = 6.0 + h, GREY if h else ORANGE
        axes.plot([1.5, end], [9.0 + (x - 3.0) * rise for x in (1.5, end)], color=colour, linewidth=0.8 if h else 1.8)
        text, place = f"h = {h:g}: slope {rise:g}" if h else "slope 6", (end + 0.1, 9.0 + (end - 3.0) * rise)
        axes.annotate(text, place, va="center", fontsize=9, color=colour)
        axes.plot([3.0 + h], [(3.0 + h) ** 2], "o", color=colour if h else BLUE, markersize=4)
    axes.set(xlabel="side", ylabel="area", xlim=(0.0, 9.0), ylim=(-6.0, 53.0))


def descent(axes: Any) -> None:
    """Steps of gradient descent in one valley: with a good learning rate, and with one that is too large."""
    xs = [k / 20 for k in range(-10, 131)]
    axes.plot(xs, [(w - 3.0) ** 2 for w in xs], color=GREY, linewidth=1)
    for rate, start, colour in ((0.2, 0.2, BLUE), (1.04, 4.8, ORANGE)):
        ws = [start]
        for _ in range(6):
            ws.append(ws[-1] - rate * 2.0 * (ws[-1] - 3.0))
        heights = [(w - 3.0) ** 2 for w in ws]
        axes.plot(ws, heights, "o-", color=colour, markersize=4, linewidth=1, label=f"learning rate {rate:g}")
    axes.legend(frameon=False, loc="upper center")
    axes.set(xlabel="w", ylabel="loss (w - 3)²", xlim=(-0.6, 6.6), ylim=(-0.6, 12.0))


PLOTS: dict[str, Callable[[Any], None]] = {"slope.svg": slope, "descent.svg": descent}


def save(folder: Path) -> None:
    """Writes all plots into a folder."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        for name, plot in PLOTS.items():
            figure = Figure(figsize=(6.0, 3.6), layout="constrained")
            plot(figure.add_subplot())
            figure.savefig(folder / name, transparent=True, metadata={"Date": None})
