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


def square(axes: Any) -> None:
    """A square, what it grows by on two sides, and the corner."""
    side, h = 3.0, 0.6
    axes.set_axis_off()
    axes.set(xlim=(-0.7, side + h + 0.7), ylim=(-0.6, side + h + 0.4), aspect="equal")
    for x, y, width, height, colour, text in (
        (0.0, 0.0, side, side, GREY, "3 · 3 = 9"),
        (side, 0.0, h, side, BLUE, "3 · h"),
        (0.0, side, side, h, BLUE, "3 · h"),
        (side, side, h, h, ORANGE, "h · h"),
    ):
        for alpha in (0.25, None):  # inside, and the border
            axes.fill([x, x + width, x + width, x], [y, y, y + height, y + height], fill=alpha is not None, alpha=alpha,
                      facecolor=colour, edgecolor=colour)  # fmt: skip
        axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", color=colour, fontweight="bold",
                  rotation=90 if height > width else 0)  # fmt: skip
    for middle, text in ((side / 2, "3"), (side + h / 2, "h")):
        axes.text(middle, -0.1, text, ha="center", va="top")
        axes.text(-0.15, middle, text, ha="right", va="center")


def descent(axes: Any) -> None:
    """Steps of gradient descent in one valley: with a good learning rate, and with one that is too large."""
    xs = [k / 20 for k in range(-10, 131)]
    axes.plot(xs, [(w - 3.0) ** 2 for w in xs], color=GREY, linewidth=1)
    for rate, start, colour, place in ((0.2, 0.2, BLUE, (0.7, 8.4)), (1.04, 4.8, ORANGE, (5.2, 2.6))):
        ws = [start]
        for _ in range(6):
            ws.append(ws[-1] - rate * 2.0 * (ws[-1] - 3.0))
        heights = [(w - 3.0) ** 2 for w in ws]
        axes.plot(ws, heights, "o", color=colour, markersize=4, label=f"learning rate {rate:g}")
        for a, b, low, high in zip(ws, ws[1:], heights, heights[1:]):
            axes.annotate("", (b, high), (a, low), arrowprops={"arrowstyle": "->", "color": colour})
        axes.annotate("start", (start, heights[0]), place, color=colour, ha="center")
    axes.legend(frameon=False, loc="upper center")
    axes.set(xlabel="w", ylabel="loss (w - 3)²", xlim=(-0.6, 6.6), ylim=(-0.6, 12.0))


PLOTS: dict[str, Callable[[Any], None]] = {"square.svg": square, "slope.svg": slope, "descent.svg": descent}


def save(folder: Path) -> None:
    """Writes all plots into a folder."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        for name, plot in PLOTS.items():
            figure = Figure(figsize=(6.0, 3.6), layout="constrained")
            plot(figure.add_subplot())
            figure.savefig(folder / name, transparent=True, metadata={"Date": None})
