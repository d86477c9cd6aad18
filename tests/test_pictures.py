"""What the demos' pictures show: matplotlib's Figure as it is saved, its titles, points and colours, and the pixels."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.demos import confusion, picture, progress
from scalargrad.demos.confusion import Sample
from scalargrad.demos.digits import Digits
from scalargrad.demos.iris import Iris
from scalargrad.demos.moons import Moons
from scalargrad.demos.network import train
from scalargrad.demos.picture import Point, Scene

pytestmark = pytest.mark.once

try:
    from matplotlib import colors as colours
    from matplotlib import figure as figures
    from matplotlib import image
except ImportError:
    figures = colours = image = None  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _matplotlib() -> None:
    """Each test is skipped by itself: .ci/run holds that each runs somewhere."""
    pytest.importorskip("matplotlib")


BLUE, ORANGE, GREEN = "#0072b2", "#e69f00", "#009e73"


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that were to be saved, drawn as the pure backend does, on a coarser grid. No file is written."""
    kept: list[Any] = []

    def keep(figure: Any, path: Any, **options: Any) -> None:
        assert options == {"format": "png", "dpi": 150}
        kept.append(figure)
        figure.name = Path(path).name

    monkeypatch.setattr(figures.Figure, "savefig", keep)
    monkeypatch.setattr(picture.sg, "backend", lambda: "python")
    return kept


def pixels(figure: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The picture, as it is read back from its file."""
    monkeypatch.undo()
    figure.savefig(path, format="png", dpi=150)
    return image.imread(path)


def groups(axes: Any) -> list[tuple[list[list[float]], list[str]]]:
    """Each group of points that is drawn: the places, and their colours."""
    found = []
    for drawn in axes.collections:
        if type(drawn).__name__ == "PathCollection" and len(drawn.get_offsets()):
            faces = [colours.to_hex(face) for face in drawn.get_facecolors()]
            found.append((drawn.get_offsets().tolist(), faces * len(drawn.get_offsets()) if len(faces) == 1 else faces))
    return found


def legend(axes: Any) -> dict[str, str]:
    """What the legend says, with the colour of each mark."""
    handles = axes.get_legend().legend_handles
    return {mark.get_label(): colours.to_hex(mark.get_facecolors()[0]) for mark in handles}


def region_at(axes: Any, x: float, y: float) -> list[str]:
    """The colours of the regions that a place is in."""
    return [colours.to_hex(drawn.get_facecolors()[0]) for drawn in axes.collections
            if type(drawn).__name__ == "QuadContourSet" and len(drawn.get_facecolors())
            and any(path.contains_point((x, y)) for path in drawn.get_paths())]  # fmt: skip


# --- the picture of a classifier -------------------------------------------------------------------------------------

SCENE = Scene(
    title="a title",
    axes=("x (m)", "y (s)"),
    classes=["left", "right", "top"],
    scores=lambda x, y: [1.0 - x, x - 1.0, y - 8.0],  # the borders: x = 1 below y = 8, and from there two slanted ones
    groups={
        "first": [Point(0.0, 1.0, 0), Point(4.0, 2.0, 1), Point(1.0, 20.0, 2)],
        "second": [Point(0.5, 0.0, 0)],
        "third": [Point(3.0, 0.5, 0), Point(3.0, 1.0, 1)],
    },
)


def test_a_scene(saved: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "scene.png"
    picture.save(SCENE, str(path))
    (axes,) = saved[0].axes
    assert saved[0].name == "scene.png"
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("a title", "x (m)", "y (s)")
    # the data go from 0 to 4 and from 0 to 20, and 8 % beyond on either side
    assert axes.get_xlim() == pytest.approx((-0.32, 4.32), rel=1e-12)
    assert axes.get_ylim() == pytest.approx((-1.6, 21.6), rel=1e-12)
    assert groups(axes) == [
        ([[0.0, 1.0], [4.0, 2.0], [1.0, 20.0]], [BLUE, ORANGE, GREEN]),
        ([[0.5, 0.0]], [BLUE]),
        ([[3.0, 0.5], [3.0, 1.0]], [BLUE, ORANGE]),
    ]
    grey = "#888888"
    assert legend(axes) == {"left": BLUE, "right": ORANGE, "top": GREEN, "first": grey, "second": grey, "third": grey}
    for x, y, colour in ((0.0, 0.0, BLUE), (-0.3, 7.0, BLUE), (2.0, 0.0, ORANGE), (4.0, 10.0, ORANGE),
                         (1.0, 9.0, GREEN), (4.0, 12.0, GREEN), (-0.3, 10.0, GREEN)):  # fmt: skip
        assert region_at(axes, x, y) == [colour], (x, y)
    borders = [drawn for drawn in axes.collections if type(drawn).__name__ == "QuadContourSet" and not drawn.filled]
    assert [(list(b.levels), colours.to_hex(b.get_edgecolors()[0])) for b in borders] == [([0.0], "#555555")] * 3
    sizes = [drawn.get_sizes()[0] for drawn in axes.collections if type(drawn).__name__ == "PathCollection"][:3]
    assert len(set(sizes)) == 3, "the groups are told apart"


def test_the_pixels_of_a_scene(saved: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Regions are tinted: 22 % of the colour on white; points are of the colour itself; the page's margin white."""
    path = tmp_path / "scene.png"
    picture.save(SCENE, str(path))
    seen = pixels(saved[0], path, monkeypatch)
    assert seen.shape[:2] == (780, 1050)  # 7 by 5.2 inches of 150 dots
    (axes,) = saved[0].axes

    def at(x: float, y: float) -> list[float]:
        column, row = axes.transData.transform((x, y)) / saved[0].bbox.size
        return [float(c) for c in seen[int((1.0 - row) * 780), int(column * 1050), :3]]

    def tint(colour: str, share: float) -> Any:
        return pytest.approx([1.0 - share * (1.0 - c) for c in colours.to_rgb(colour)], abs=0.02)

    assert (
        at(0.2, 4.0) == tint(BLUE, 0.22) and at(3.0, 6.0) == tint(ORANGE, 0.22) and at(0.5, 15.0) == tint(GREEN, 0.22)
    )
    assert at(0.0, 1.0) == tint(BLUE, 1.0) and at(4.0, 2.0) == tint(ORANGE, 1.0) and at(1.0, 20.0) == tint(GREEN, 1.0)
    assert list(seen[2, 2, :3]) == [1.0, 1.0, 1.0]


def test_a_class_that_never_wins_has_no_region(saved: list[Any], tmp_path: Path) -> None:
    picture.save(SCENE._replace(scores=lambda x, y: [2.0, 1.0, 0.0]), str(tmp_path / "one.png"))
    assert region_at(saved[0].axes[0], 1.0, 1.0) == [BLUE]
    assert sum(type(drawn).__name__ == "QuadContourSet" for drawn in saved[0].axes[0].collections) == 1, "no border"


def test_a_single_group_needs_no_legend(saved: list[Any], tmp_path: Path) -> None:
    picture.save(SCENE._replace(groups={"all": SCENE.groups["first"]}), str(tmp_path / "one.png"))
    assert list(legend(saved[0].axes[0])) == ["left", "right", "top"]


def test_drawing_records_nothing(saved: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scores at thousands of places would be a graph of as many networks."""
    w, seen = sg.Value(1.0), []

    def scores(x: float, y: float) -> list[float]:
        seen.append((w * x)._op)
        return [x, -x]

    picture.save(SCENE._replace(scores=scores, classes=["a", "b"]), str(tmp_path / "scene.png"))
    assert len(seen) == 40 * 40 and set(seen) == {""}
    monkeypatch.setattr(picture.sg, "backend", lambda: "native")
    assert len(picture._extent([0.0, 1.0])) == 100


# --- what each demo puts into it -------------------------------------------------------------------------------------


def trained(kind: Any, steps: int, hidden: list[int]) -> Any:
    demo = kind(1, hidden)
    for _ in train(demo, steps):
        pass
    return demo


def test_iris(saved: list[Any], tmp_path: Path) -> None:
    demo = trained(Iris, 20, [2])
    demo.draw(str(tmp_path / "iris.png"))
    (axes,) = saved[0].axes
    assert axes.get_title() == f"iris: {demo.verdict()}\nregions with the sepals at their means"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("petal length (cm)", "petal width (cm)")
    assert list(legend(axes)) == ["setosa", "versicolor", "virginica", "training", "held out, right", "held out, wrong"]
    with sg.no_grad():
        rows = [demo.model(demo.inputs[flower]) for flower in demo.held_out]
    right = [max(range(3), key=lambda k, r=row: r[k].data) == demo.labels[flower]  # type: ignore[misc]
             for row, flower in zip(rows, demo.held_out)]  # fmt: skip
    wanted = [demo.training, *([f for f, good in zip(demo.held_out, right) if good is kind] for kind in (True, False))]
    assert len(wanted[0]) == 100 and len(wanted[1]) > 30 and wanted[2], "another seed, so that some are wrong"
    assert demo.verdict() == f"held-out accuracy {2.0 * len(wanted[1]):.1f} % ({len(wanted[1])} of 50)"
    assert groups(axes) == [
        ([demo.features[flower][2:] for flower in flowers], [(BLUE, ORANGE, GREEN)[demo.labels[f]] for f in flowers])
        for flowers in wanted
    ]
    # a region is where the network, fed with the means of the sepals, says so
    for length, width in ((1.5, 0.3), (4.2, 1.3), (6.0, 2.3)):
        feature = [demo.means[0], demo.means[1], length, width]
        scores = [v.data for v in demo.model([(x - m) / s for x, m, s in zip(feature, demo.means, demo.spreads)])]
        assert region_at(axes, length, width) == [(BLUE, ORANGE, GREEN)[scores.index(max(scores))]]


@pytest.mark.parametrize("library", [True, False])
def test_moons(library: bool, saved: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if library:
        pytest.importorskip("sklearn")
    else:
        monkeypatch.setitem(sys.modules, "sklearn", None)
    demo = trained(Moons, 4, [3])
    demo.draw(str(tmp_path / "moons.png"))
    (axes,) = saved[0].axes
    assert axes.get_title() == f"moons: {demo.verdict()}"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "y")
    assert legend(axes) == {"score < 0": BLUE, "score > 0": ORANGE}
    assert groups(axes) == [(demo.points, [ORANGE if sign > 0 else BLUE for sign in demo.signs])]
    assert len(demo.points) == 100 and sum(demo.signs) == 0
    # the upper moon is the first class, and the lower one the second: so are their regions, once it has learnt
    upper = [y for (_, y), sign in zip(demo.points, demo.signs) if sign < 0]
    assert sg.mean(upper) > 0.5
    for x, y in ((0.0, 1.0), (1.0, -0.5)):
        score = demo.model([x, y]).data
        assert abs(score) > 0.1 and region_at(axes, x, y) == [ORANGE if score > 0 else BLUE]


def test_digits(saved: list[Any], tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    demo = trained(Digits, 1, [2])
    demo.draw(str(tmp_path / "digits.png"))
    with sg.no_grad():
        rows = [[v.data for v in demo.model(demo.inputs[digit])] for digit in demo.held_out]
    read = [row.index(max(row)) for row in rows]
    labels = [demo.labels[digit] for digit in demo.held_out]
    right = sum(map(int.__eq__, read, labels))
    assert demo.verdict() == f"held-out accuracy {100.0 * right / len(read):.1f} % ({right} of {len(read)})"
    assert saved[0].get_suptitle() == f"digits: {demo.verdict()}"
    shown = {(int(t.get_position()[1]), int(t.get_position()[0])): int(t.get_text()) for t in saved[0].axes[0].texts}
    assert shown == {pair: list(zip(labels, read)).count(pair) for pair in zip(labels, read)}


# --- the picture of how digits were read -----------------------------------------------------------------------------


def ink(k: int) -> list[float]:
    return [((5 * place + k) % 17) / 16.0 for place in range(64)]


@pytest.mark.parametrize(("wrong", "heading"), [(3, "misread: 3"), (20, "misread: 20"),
                                                (21, "misread: 21, the first 20")])  # fmt: skip
def test_the_picture_of_digits(wrong: int, heading: str, saved: list[Any], tmp_path: Path) -> None:
    misread = [Sample(ink(k), k % 9, k % 9 + 1) for k in range(wrong)]
    samples = [Sample(ink(0), 3, 3), *misread, *[Sample(ink(0), 7, 7)] * 16]
    confusion.save("a title", samples, str(tmp_path / "digits.png"))
    (figure,) = saved
    assert (figure.get_suptitle(), figure.subfigs[1].get_suptitle()) == ("a title", heading)
    counts, *pictures = figure.axes
    assert (counts.get_xlabel(), counts.get_ylabel()) == ("read as", "digit")
    assert list(counts.get_xticks()) == list(counts.get_yticks()) == list(range(10))
    expected = {(3, 3): 1, (7, 7): 16}
    for sample in misread:
        expected[sample.label, sample.read] = expected.get((sample.label, sample.read), 0) + 1
    texts = {(t.get_position()[1], t.get_position()[0]): (t.get_text(), t.get_color()) for t in counts.texts}
    assert texts == {pair: (str(n), "white" if pair[0] == pair[1] else "black") for pair, n in expected.items()}
    (matrix,) = counts.images
    assert matrix.get_cmap().name == "Blues"
    assert matrix.get_array().tolist() == [[expected.get((i, j), 0) ** 0.25 for j in range(10)] for i in range(10)]
    assert len(pictures) == 20 and not any(axes.axison for axes in pictures)
    assert [axes.get_title() for axes in pictures] == [
        f"{s.label} read as {s.read}" for s in misread[:20]] + [""] * (20 - min(wrong, 20))  # fmt: skip
    for axes, sample in zip(pictures, misread):
        (drawn,) = axes.images
        assert drawn.get_array().tolist() == [[float(x) for x in sample.ink[8 * r : 8 * r + 8]] for r in range(8)]
        assert (drawn.get_cmap().name, drawn.get_clim()) == ("gray_r", (0.0, 1.0))  # ink is dark
    assert figure.name == "digits.png"
    assert (figure.get_size_inches() == [10.0, 5.2]).all()


# --- the live bar of training ----------------------------------------------------------------------------------------


def test_the_bar_shows_the_step_that_was_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rich = pytest.importorskip("rich.progress")
    seen: list[tuple[int, int, str]] = []

    class Progress(rich.Progress):  # type: ignore[misc, name-defined]
        def update(self, task: Any, **what: Any) -> None:
            super().update(task, **what)
            one = self.tasks[0]
            seen.append((one.completed, one.total, one.fields["state"]))

    monkeypatch.setattr(rich, "Progress", Progress)
    with progress.bar(2) as show:
        show(0, "loss 0.5", "")
        show(1, "loss 0.25", "[b]: a line that stays")
    assert "[b]: a line that stays\n" in capsys.readouterr().out
    assert seen == [(1, 2, "loss 0.5"), (2, 2, "loss 0.25")]
