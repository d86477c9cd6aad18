"""The picture of the demo `gpt`: its losses, its characters in a plane, and what its heads attend to; a PNG."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from itertools import accumulate
from typing import IO, Any

from scalargrad import extras
from scalargrad.demos.gpt import bulk
from scalargrad.demos.gpt.text import Text
from scalargrad.demos.picture import COLOURS, VERMILION
from scalargrad.nodes.displays import printable

_BLUE, _GREY, _PALE = COLOURS[0], "#777777", "#c8d3da"
_RECENT = 100  # losses in a mean
_MOST = 4  # layers, and heads of each, that are shown
_LONGEST = 20  # tokens of the document that is shown
_TITLE = 24  # letters of it in the title; a control character is shown by several
_END = "\N{BULLET}"  # the mark


def running_means(numbers: Sequence[float], n: int) -> list[float]:
    """The mean of each number and of those before it, n at most.

    >>> running_means([1.0, 3.0, 5.0], 2)
    [1.0, 2.0, 4.0]
    """
    sums = [0.0, *accumulate(numbers)]
    return [(sums[k] - sums[max(k - n, 0)]) / min(k, n) for k in range(1, len(sums))]


def plane(vectors: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """The vectors in the two directions in which they differ most: their principal components."""
    numpy = extras.load("numpy")
    centred = numpy.array(vectors) - numpy.mean(vectors, axis=0)
    _, _, directions = numpy.linalg.svd(centred, full_matrices=False)
    found = [centred @ direction for direction in directions[:2]]
    return list(zip(found[0].tolist(), found[1].tolist() if len(found) > 1 else [0.0] * len(vectors)))


def _draw_losses(axes: Any, losses: Sequence[float], guess: float) -> None:
    steps = range(1, len(losses) + 1)
    axes.plot(steps, losses, ".", color=_PALE, markersize=3.5, label="one line of the text")
    axes.plot(steps, running_means(losses, _RECENT), color=_BLUE, linewidth=1.8, label=f"mean of {_RECENT}")
    axes.axhline(guess, color=_GREY, linewidth=1.0, linestyle="--", label="a guess")
    axes.set(title="loss", xlabel="step", xlim=(1, max(len(losses), 2)))
    axes.locator_params(axis="x", integer=True, min_n_ticks=1)
    axes.legend(fontsize=8, loc="upper right", ncols=3)


def _draw_characters(axes: Any, labels: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
    points = plane(vectors)
    axes.plot(*zip(*points), " ")  # so that the limits fit
    axes.margins(0.08)
    vowels = any(label in "aeiou" for label in labels)
    for (x, y), label in zip(points, labels):
        colour = VERMILION if label in "aeiou" else _GREY if label == _END else _BLUE
        axes.text(x, y, label, color=colour, fontsize=12, weight="bold", ha="center", va="center", parse_math=False)
    about = f"vectors of the characters, their two main directions{': vowels in orange' * vowels}"
    axes.set_title(about, fontsize=11)
    axes.set(xticks=[], yticks=[], aspect="equal", adjustable="datalim")


def _draw_head(axes: Any, rows: Sequence[Sequence[float]], labels: Sequence[str], title: str) -> None:
    # nothing where a token would see a later one
    shades = [[*shares[: k + 1], *[math.nan] * (len(rows) - k - 1)] for k, shares in enumerate(rows)]
    axes.imshow(shades, cmap="Blues", vmin=0.0, vmax=1.0)
    ticks, size = range(len(labels)), 10 if len(labels) < 12 else 7
    axes.set_xticks(ticks, labels, fontsize=size, parse_math=False)
    axes.set_yticks(ticks, labels, fontsize=size, parse_math=False)
    axes.tick_params(length=0)
    axes.set_title(title, fontsize=10)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def save(text: Text, losses: Sequence[float], shown: str, model: bulk.Gpt, path: str | IO[bytes]) -> None:
    """Writes the picture, with what the heads do in a document. Raises `MissingExtraError` without matplotlib, OSError
    if the path cannot be written."""
    figure = extras.load("matplotlib.figure").Figure(figsize=(12.0, 7.0), layout="constrained")
    left, right = figure.subfigures(1, 2)
    upper, lower = left.subplots(2, 1, height_ratios=[2, 3])
    names = [printable(character) for character in text.characters]
    _draw_losses(upper, losses, math.log(len(names) + 1))
    _draw_characters(lower, [*names, _END], model.tokens.data)

    tokens = [text.end, *text.encoded(shown)][: min(model.sizes.block, _LONGEST)]
    labels = [_END if token == text.end else names[token] for token in tokens]
    heads = {
        f"layer {k}, head {h}" if len(model.layers) > 1 else f"head {h}": shares
        for k, layer in enumerate(model.attention(tokens)[:_MOST], start=1)
        for h, shares in enumerate(layer[:_MOST], start=1)
    }
    # a row per layer, or a square of the only layer's heads
    width = min(model.sizes.heads, _MOST) if len(model.layers) > 1 else math.ceil(math.sqrt(len(heads)))
    fit = sum(length <= _TITLE for length in accumulate(map(len, labels[1:])))
    read = "".join(labels[1 : 1 + fit]) + "\N{HORIZONTAL ELLIPSIS}" * (fit < len(shown))
    right.suptitle(f'attention in "{read}": how much a row takes from each column', fontsize=11, parse_math=False)
    grid = [*right.subplots(math.ceil(len(heads) / width), width, squeeze=False).flat]
    for axes in grid:
        axes.set_visible(False)
    for axes, (title, shares) in zip(grid, heads.items()):
        axes.set_visible(True)
        _draw_head(axes, shares, labels, title)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a box stands for a character without a glyph
        figure.savefig(path, format="png", dpi=150)
