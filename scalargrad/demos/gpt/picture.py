"""The picture of the demo `gpt`: its losses, what its heads look at, and its characters in a plane."""

from __future__ import annotations

from collections.abc import Sequence

from scalargrad import extras
from scalargrad.demos.gpt import bulk
from scalargrad.demos.gpt.text import Text

_BLUE, _ORANGE, _GREY = "#0072b2", "#e69f00", "#888888"
_RECENT = 50  # losses in a mean
_MOST = 4  # layers, and heads of each, that are shown


def running_means(numbers: Sequence[float], n: int) -> list[float]:
    """The mean of each number and those before it, at most n.

    >>> running_means([1.0, 3.0, 5.0], 2)
    [1.0, 2.0, 4.0]
    """
    parts = [numbers[max(k + 1 - n, 0) : k + 1] for k in range(len(numbers))]
    return [sum(part) / len(part) for part in parts]


def save(text: Text, losses: Sequence[float], shown: str, model: bulk.Gpt, path: str) -> None:
    """Writes the picture. Raises `MissingExtraError` without matplotlib, OSError if the path cannot be written."""
    figure = extras.load("matplotlib.figure").Figure(figsize=(11.0, 7.5), layout="constrained")
    figure.savefig(path, format="png", dpi=150)
