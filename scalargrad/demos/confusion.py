"""The picture of the demo `digits`: the confusion matrix and the misread digits, drawn by matplotlib as a PNG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any, NamedTuple

from scalargrad import extras

_CLASSES, _SIDE = 10, 8
_SHOWN = 20  # at most so many misread digits


class Sample(NamedTuple):
    """A picture as ink from 0 to 1, row by row; its digit; and the digit that the network read."""

    ink: Sequence[float]
    label: int
    read: int


def counts(samples: Sequence[Sample]) -> list[list[int]]:
    """The confusion matrix: one row per label, one column per digit that was read.

    >>> counts([Sample([], 0, 0), Sample([], 0, 2)])[0][:4]
    [1, 0, 1, 0]
    """
    found = [[0] * _CLASSES for _ in range(_CLASSES)]
    for sample in samples:
        found[sample.label][sample.read] += 1
    return found


def _draw_counts(axes: Any, found: list[list[int]]) -> None:
    # fourth roots, so that one misread digit is visible beside many correct ones
    axes.imshow([[n**0.25 for n in row] for row in found], cmap="Blues")
    for label, row in enumerate(found):
        for read, n in enumerate(row):
            if n:
                axes.text(read, label, str(n), ha="center", va="center", color="white" if label == read else "black")
    axes.set(xlabel="read as", ylabel="digit", xticks=range(_CLASSES), yticks=range(_CLASSES))


def _draw_picture(axes: Any, sample: Sample) -> None:
    rows = [list(sample.ink[k : k + _SIDE]) for k in range(0, _SIDE * _SIDE, _SIDE)]
    axes.imshow(rows, cmap="gray_r", vmin=0.0, vmax=1.0)
    axes.set_title(f"{sample.label} read as {sample.read}", fontsize=7, pad=3)


def save(title: str, samples: Sequence[Sample], path: str | IO[bytes]) -> None:
    """Writes the picture. Raises `MissingExtraError` without matplotlib, OSError if the path cannot be written."""
    figure = extras.load("matplotlib.figure").Figure(figsize=(10.0, 5.2), layout="constrained")
    left, right = figure.subfigures(1, 2)
    figure.suptitle(title)
    _draw_counts(left.subplots(), counts(samples))
    misread = [sample for sample in samples if sample.label != sample.read]
    shown = misread[:_SHOWN]
    right.suptitle(f"misread: {len(misread)}" + (f", the first {_SHOWN}" if len(misread) > _SHOWN else ""), fontsize=10)
    for k, axes in enumerate(right.subplots(4, 5).flat):
        axes.set_axis_off()
        if k < len(shown):
            _draw_picture(axes, shown[k])
    figure.savefig(path, format="png", dpi=150)
