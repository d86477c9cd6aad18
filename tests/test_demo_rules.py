"""How the demos learn, by hand: their losses on plain floats, steps, rates, options; and when there is a live bar."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import extras
from scalargrad.__main__ import main
from scalargrad.demos import progress, running
from scalargrad.demos.digits import Digits
from scalargrad.demos.iris import Iris
from scalargrad.demos.moons import Moons
from scalargrad.demos.network import train
from scalargrad.demos.running import share
from scalargrad.optim import SGD, AdamW

pytestmark = pytest.mark.once


def forward(model: Any, x: list[float]) -> list[float]:
    """The network on plain floats: relu between the layers."""
    for k, layer in enumerate(model.layers):
        x = [sum(w.data * item for w, item in zip(n.w, x)) + n.b.data for n in layer.neurons]
        x = [max(item, 0.0) for item in x] if k + 1 < len(model.layers) else x
    return x


def smoothed(model: Any, inputs: list[list[float]], labels: list[int], smoothing: float) -> tuple[float, float]:
    """The mean cross-entropy, where `smoothing` of each target is spread over all classes; and the accuracy."""
    total = right = 0.0
    for x, label in zip(inputs, labels):
        scores = forward(model, x)
        whole = math.log(math.fsum(map(math.exp, scores)))
        targets = [smoothing / len(scores) + (k == label) * (1.0 - smoothing) for k in range(len(scores))]
        total += math.fsum(t * (whole - s) for t, s in zip(targets, scores))
        right += scores.index(max(scores)) == label
    return total / len(inputs), right / len(inputs)


def test_the_loss_of_iris() -> None:
    demo = Iris(4, [5, 3])
    by_hand = smoothed(
        demo.model, [demo.inputs[f] for f in demo.training], [demo.labels[f] for f in demo.training], 0.3
    )
    loss, accuracy = demo.loss()
    assert loss.data == pytest.approx(by_hand[0], rel=1e-13)  # a mean of 100 rows of some ten roundings each
    assert accuracy == by_hand[1] and 0.0 < accuracy < 1.0


def test_the_loss_of_digits_on_a_batch() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    demo = Digits(4, [3])
    assert demo.inputs[5] == [ink / 16.0 for ink in datasets.load_digits().data[5].tolist()]
    assert max(map(max, demo.inputs)) == 1.0
    demo.waiting = chosen = demo.training[:100]
    by_hand = smoothed(demo.model, [demo.inputs[d] for d in chosen], [demo.labels[d] for d in chosen], 0.1)
    loss, accuracy = demo.loss()
    assert (loss.data, accuracy) == (pytest.approx(by_hand[0], rel=1e-13), by_hand[1])
    optimiser = demo.optimiser()
    assert type(optimiser) is AdamW and (optimiser.lr, optimiser.weight_decay) == (0.01, 0.1)
    assert [demo.rate(k, 900) for k in (0, 450, 300)] == pytest.approx([0.01, 0.005, 0.0075], rel=1e-14)


def test_the_loss_of_moons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    demo = Moons(4, [5])
    scores = [forward(demo.model, point)[0] for point in demo.points]
    hinge = math.fsum(max(1.0 - sign * score, 0.0) for sign, score in zip(demo.signs, scores)) / 100.0
    decay = 1e-4 * math.fsum(p.data**2 for p in demo.model.parameters())
    loss, accuracy = demo.loss()
    assert loss.data == pytest.approx(hinge + decay, rel=1e-13)
    assert accuracy == sum((score > 0) == (sign > 0) for sign, score in zip(demo.signs, scores)) / 100.0
    assert demo.verdict() == f"training accuracy {100.0 * accuracy:.1f} % ({round(100 * accuracy)} of 100)"


def test_training_is_steepest_descent_with_the_rate_of_each_step() -> None:
    """p falls by rate times its gradient alone, with none of the step before; what is told is from before the step."""
    demo, twin = Iris(4, [3]), Iris(4, [3])
    rates = [1.0, 0.7, 0.4]  # 1 - 0.9·k/3
    assert [demo.rate(k, 3) for k in range(3)] == pytest.approx(rates, rel=1e-15)
    for rate, told in zip(rates, train(demo, 3)):
        loss, accuracy = twin.loss()
        assert told == (loss.data, accuracy)
        for p in twin.model.parameters():
            p.grad = 0.0
        loss.backward()
        for p in twin.model.parameters():
            p.data -= rate * p.grad
        assert [p.data for p in demo.model.parameters()] == pytest.approx(
            [p.data for p in twin.model.parameters()], rel=1e-12, abs=1e-12
        )
    assert type(demo.optimiser()) is SGD


def test_the_batches_of_digits_are_shuffled_again() -> None:
    pytest.importorskip("sklearn")
    demo = Digits(3, [2])
    rounds = [[digit for _ in range(15) for digit in demo._batch()] for _ in range(2)]
    assert sorted(rounds[0]) == sorted(rounds[1]) == sorted(demo.training) and rounds[0] != rounds[1]


def test_a_share_is_text() -> None:
    assert share([True, False, True]) == "66.7 % (2 of 3)"


# --- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "name", "value"), [
    (["--steps", "1"], "steps", 1), (["--seed", "0"], "seed", 0), (["--seed", str(2**32 - 1)], "seed", 2**32 - 1),
    (["--hidden", "2"], "hidden", [2]), (["--hidden", "16,3"], "hidden", [16, 3]),
    (["--out", "A.PNG"], "out", str(Path("A.PNG").absolute())), (["--no-plot"], "no_plot", True),
    ([], "steps", 400), ([], "seed", 1337), ([], "hidden", [8]), ([], "out", str(Path("iris.png").absolute())),
    ([], "no_plot", False),
])  # fmt: skip
def test_options(options: list[str], name: str, value: Any) -> None:
    parser = argparse.ArgumentParser()
    running.add_parser(parser.add_subparsers(), Iris)
    assert getattr(parser.parse_args(["iris", *options]), name) == value


def test_what_the_demos_do_by_default() -> None:
    assert [(d.name, d.steps, d.hidden) for d in (Iris, Moons, Digits)] == [
        ("iris", 400, (8,)), ("moons", 100, (16, 16)), ("digits", 900, (32,))]  # fmt: skip


@pytest.mark.parametrize("options", [["--seed", str(2**32)], ["--hidden", "1"], ["--steps", "0"], ["--steps", "-1"]])
def test_numbers_just_outside(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["demo", "iris", "--no-plot", *options])
    assert stop.value.code == 2 and f"{options[0]}: expected " in capsys.readouterr().err


def test_a_run_that_fails_leaves_no_empty_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(Iris, "loss", lambda demo: (sg.Value(math.nan) * 1.0, 0.5))
    assert main(["demo", "iris", "--out", str(tmp_path / "new.png")]) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_cannot_be_written_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")

    def draw(demo: Any, path: str) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(Iris, "draw", draw)
    path = str(tmp_path / "full.png")
    assert main(["demo", "iris", "--steps", "1", "--hidden", "2", "--out", path]) == 1
    printed = capsys.readouterr()
    assert printed.err == f"scalargrad: cannot write {path}: no space left\n" and "picture:" not in printed.out


def test_the_head_names_what_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "iris", "--no-plot", "--steps", "1", "--seed", "5", "--hidden", "3"]) == 0
    head, *_ = capsys.readouterr().out.splitlines()
    assert head == f"iris: {4 * 3 + 3 + 3 * 3 + 3} parameters, seed 5, backend {sg.backend()}"


# --- the bar ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("is_terminal", "term", "live"), [
    (True, "xterm", True), (True, None, True), (True, "dumb", False), (True, "unknown", False), (False, "xterm", False),
])  # fmt: skip
def test_where_the_cursor_can_move(is_terminal: bool, term: Any, live: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    monkeypatch.delenv("TERM", raising=False) if term is None else monkeypatch.setenv("TERM", term)
    assert extras.on_terminal() is live


@pytest.mark.parametrize(("steps", "shown"), [(1, [1]), (3, [1, 2, 3]), (7, [*range(1, 8)]),
                                              (11, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), (20, [1, *range(2, 21, 2)]),
                                              (99, [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99])])  # fmt: skip
def test_the_first_step_and_the_last_of_each_tenth(
    steps: int, shown: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.lines(steps) as show:
        for step in range(steps):
            show(step, f"loss {step}", "")
    width = len(str(steps))
    assert capsys.readouterr().out.splitlines() == [
        f"step {step:{width}} of {steps}  loss {step - 1}" for step in shown]  # fmt: skip
