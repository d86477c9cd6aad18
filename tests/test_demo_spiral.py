"""The demo `spiral`: its data, its loss by hand, how well it learns whatever the seed, and its picture."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.__main__ import main
from scalargrad.demos import picture
from scalargrad.demos.network import train
from scalargrad.demos.spiral import Spiral, spirals
from scalargrad.optim import AdamW
from tests.support.profiles import native_only


def test_the_arms() -> None:
    """100 radii each, evenly spaced to 1; angles that grow by 4 radians, a third of a turn apart, with noise of 0.2."""
    points, arms = spirals(7)
    assert arms == [0] * 100 + [1] * 100 + [2] * 100
    noise = []
    for k, (x, y) in enumerate(points):
        radius = (k % 100 + 1) / 100.0
        assert math.hypot(x, y) == pytest.approx(radius, rel=1e-14)
        noise.append(math.remainder(math.atan2(y, x) - 4.0 * radius - 2.0 * math.pi * (k // 100) / 3.0, 2.0 * math.pi))
    assert abs(sg.mean(noise)) < 0.05 and 0.17 < sg.norm(noise) / math.sqrt(300.0) < 0.23
    assert spirals(7) == (points, arms) and spirals(8)[0] != points


def test_the_loss() -> None:
    demo = Spiral(4, [5, 3])
    total, right = 0.0, 0
    for point, arm in zip(demo.points, demo.arms):
        scores: Any = point
        for k, layer in enumerate(demo.model.layers):
            scores = [sum(w.data * x for w, x in zip(n.w, scores)) + n.b.data for n in layer.neurons]  # type: ignore[misc]
            scores = [max(score, 0.0) for score in scores] if k < 2 else scores
        total += math.log(math.fsum(map(math.exp, scores))) - scores[arm]
        right += scores.index(max(scores)) == arm
    loss, accuracy = demo.loss()
    assert loss.data == pytest.approx(total / 300.0, rel=1e-13) and accuracy == right / 300.0
    assert demo.verdict() == f"training accuracy {right / 3.0:.1f} % ({right} of 300)"
    optimiser = demo.optimiser()
    assert type(optimiser) is AdamW and (optimiser.lr, optimiser.weight_decay) == (0.03, 0.1)
    assert [demo.rate(k, 90) for k in (0, 45, 30)] == pytest.approx([0.03, 0.015, 0.0225], rel=1e-14)


def test_a_seed_settles_everything() -> None:
    first = [list(train(Spiral(5, [3]), 2)) for _ in range(2)]
    assert first[0] == first[1] != list(train(Spiral(6, [3]), 2))


@native_only
@pytest.mark.parametrize("seeds", [range(5), pytest.param(range(5, 40), marks=pytest.mark.slow)])
def test_whatever_the_seed(seeds: range, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in seeds:
        assert main(["demo", "spiral", "--no-plot", "--seed", str(seed)]) == 0
    shares = re.findall(r"training accuracy (\S+) % \(\d+ of 300\)", capsys.readouterr().out)
    assert len(shares) == len(seeds) and sum(float(share) >= 98.0 for share in shares) >= 0.95 * len(seeds)


def test_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "spiral", "--no-plot", "--steps", "2", "--hidden", "4", "--seed", "3"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("note:")]  # without rich
    head, *steps, verdict = lines
    assert head == f"spiral: {3 * 4 + 5 * 3} parameters, seed 3, backend {sg.backend()}"
    assert steps == [f"step {k + 1} of 2  loss {loss:#.5g}  accuracy {100.0 * share:.1f} %"
                     for k, (loss, share) in enumerate(train(Spiral(3, [4]), 2))]  # fmt: skip
    assert verdict.startswith("training accuracy ")


@pytest.mark.once
def test_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    scenes: list[picture.Scene] = []
    monkeypatch.setattr("scalargrad.demos.spiral.save", lambda scene, path: scenes.append(scene))
    demo = Spiral(1, [3])
    demo.draw(str(tmp_path / "spiral.png"))
    (scene,) = scenes
    assert (scene.title, scene.classes) == (f"spiral: {demo.verdict()}", ["arm 1", "arm 2", "arm 3"])
    assert {name: [([x, y], kind) for x, y, kind in points] for name, points in scene.groups.items()} == {
        "training": list(zip(demo.points, demo.arms))}  # fmt: skip
    x, y = demo.points[0]
    assert scene.scores(x, y) == [score.data for score in demo.model([x, y])]
