"""The demos and the command line: what they print, how well they learn, and how they fail."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from contextlib import nullcontext, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import extras
from scalargrad.__main__ import main
from scalargrad.demos import progress
from scalargrad.demos.confusion import Sample, counts
from scalargrad.demos.digits import Digits
from scalargrad.demos.iris import Iris
from scalargrad.demos.moons import Moons
from scalargrad.demos.network import train
from tests.support.profiles import full, native_only

# micrograd's demo.ipynb, its steps 0 to 4
PUBLISHED = [0.8958441028683222, 1.7235905336972022, 0.7429006313851131, 0.7705641260584198, 0.3692793385976538]
LINE = re.compile(r"step +(\d+) of (\d+)  loss (\d+\.\d+)  accuracy (\d+\.\d) %")


def accuracy(output: str) -> float:
    found = re.search(r"^(?:held-out|training) accuracy (\d+\.\d) % \((\d+) of (\d+)\)$", output, re.MULTILINE)
    assert found, output
    share, right, count = found.groups()
    assert share == f"{100 * int(right) / int(count):.1f}"
    return int(right) / int(count)


def told(name: str, steps: int, hidden: list[int]) -> list[tuple[str, str]]:
    """What each step prints: five digits of the loss that it began with, and the accuracy."""
    demo = {"iris": Iris, "moons": Moons, "digits": Digits}[name](1337, hidden)  # type: ignore[abstract]
    return [(f"{loss:#.5g}", f"{100.0 * accuracy:.1f}") for loss, accuracy in train(demo, steps)]


def hide(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)


# --- learning --------------------------------------------------------------------------------------------------------


def test_iris_holds_out_a_third_of_each_species() -> None:
    demo = Iris(seed=3, hidden=[2])
    assert sorted(demo.held_out + demo.training) == list(range(150))
    for kind in range(3):
        assert sum(demo.labels[flower] == kind for flower in demo.held_out) in (16, 17)
    for column in zip(*(demo.inputs[flower] for flower in demo.training)):
        assert sg.mean(column) == pytest.approx(0.0, abs=1e-12)
        assert sg.mean(x * x for x in column) == pytest.approx(1.0, rel=1e-12)


def test_moons_losses_are_those_that_micrograd_publishes() -> None:
    pytest.importorskip("sklearn")
    losses = [loss for loss, _ in islice(train(Moons(1337, (16, 16)), 100), len(PUBLISHED))]
    assert losses == pytest.approx(PUBLISHED, rel=1e-12)


@pytest.mark.parametrize("demo", [Iris, Moons, Digits])
def test_a_seed_settles_everything(demo: Any) -> None:
    if demo is Digits:
        pytest.importorskip("sklearn")

    def losses() -> list[float]:
        return [loss for loss, _ in train(demo(5, [3]), 3)]

    first = losses()
    random.random()
    assert losses() == first


@native_only
def test_iris_at_its_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "iris", "--no-plot"]) == 0
    assert accuracy(capsys.readouterr().out) >= 0.95


@native_only
@pytest.mark.parametrize("seeds", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_iris_whatever_the_seed(seeds: int, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in range(seeds):
        assert main(["demo", "iris", "--no-plot", "--seed", str(seed)]) == 0
    shares = re.findall(r"held-out accuracy (\S+) %", capsys.readouterr().out)
    assert len(shares) == seeds and sum(float(share) >= 94.0 for share in shares) >= 0.9 * seeds


@native_only
def test_moons_at_its_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "moons", "--no-plot"]) == 0
    assert accuracy(capsys.readouterr().out) >= 0.95


@native_only
def test_digits_at_its_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    assert main(["demo", "digits", "--no-plot"]) == 0
    assert accuracy(capsys.readouterr().out) >= 0.97


@native_only
@pytest.mark.slow
def test_digits_whatever_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    seeds = max(full(16), 3)
    for seed in range(seeds):
        assert main(["demo", "digits", "--no-plot", "--seed", str(seed)]) == 0
    shares = re.findall(r"held-out accuracy (\S+) %", capsys.readouterr().out)
    assert len(shares) == seeds and sum(float(share) >= 97.0 for share in shares) >= seeds - max(1, seeds // 8)


@native_only
def test_digits_learns_in_a_few_steps(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    assert main(["demo", "digits", "--no-plot", "--steps", "60"]) == 0
    assert accuracy(capsys.readouterr().out) >= 0.9


def test_digits_holds_out_a_fifth_of_each_digit() -> None:
    pytest.importorskip("sklearn")
    demo = Digits(seed=3, hidden=[2])
    assert sorted(demo.held_out + demo.training) == list(range(1797))
    for digit in range(10):
        share = sum(demo.labels[k] == digit for k in demo.held_out) / demo.labels.count(digit)
        assert 0.19 < share < 0.21
    batches = [demo._batch() for _ in range(15)]
    assert sorted(k for batch in batches for k in batch) == sorted(demo.training)
    assert [len(batch) for batch in batches] == [100] * 14 + [37]


def test_confusion_counts_every_sample() -> None:
    rows = counts([Sample([], 3, 3), Sample([], 3, 8), Sample([], 3, 8)])
    assert rows[3][3] == 1 and rows[3][8] == 2 and sum(map(sum, rows)) == 3


def test_iris_learns_in_a_few_steps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "iris", "--no-plot", "--steps", "40"]) == 0
    assert accuracy(capsys.readouterr().out) >= 0.85


# --- what is printed and drawn ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["iris", "moons", pytest.param("digits", marks=pytest.mark.slow_in_python)])
def test_plain_lines(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    if name == "digits":
        pytest.importorskip("sklearn")
    assert main(["demo", name, "--no-plot", "--steps", "20", "--hidden", "3"]) == 0
    output = capsys.readouterr().out
    assert output.isascii() and all(c.isprintable() or c == "\n" for c in output)
    steps = [LINE.fullmatch(line) for line in output.splitlines() if line.startswith("step")]
    shown = told(name, 20, [3])
    assert [step and step.groups() for step in steps] == [(str(k + 1), "20", *shown[k]) for k in [0, *range(1, 20, 2)]]
    accuracy(output)
    assert "picture" not in output


@pytest.mark.parametrize("steps", [1, 7, 10, 11, 99, 1000])
def test_at_most_eleven_lines_from_the_first_step_to_the_last(steps: int, capsys: pytest.CaptureFixture[str]) -> None:
    with progress.lines(steps) as show:
        for step in range(steps):
            show(step, "loss 0.5", "")
    shown = [int(line.split()[1]) for line in capsys.readouterr().out.splitlines()]
    assert shown[0] == 1 and shown[-1] == steps and len(shown) <= 11


def test_live_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rich")
    monkeypatch.setattr(extras, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["demo", "iris", "--no-plot", "--steps", "2", "--hidden", "2"]) == 0
    output = capsys.readouterr().out
    assert "step 2 of 2" in output and "accuracy" in output and not LINE.search(output)
    assert f"loss {told('iris', 2, [2])[-1][0]} " in output  # the last step, as plain lines show it


def test_the_iris_demo_says_that_its_labels_are_smoothed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "iris", "--no-plot", "--steps", "1"]) == 0
    output = capsys.readouterr().out
    assert "labels are smoothed (0.8, 0.1, 0.1" in output and "below 0.639" in output
    demo = Iris(0, [2])
    assert all(sorted(target) == pytest.approx([0.1, 0.1, 0.8]) for target in demo.targets)


def test_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is there, a picture of the size that it should be; test_pictures.py looks at what is on it."""
    image = pytest.importorskip("matplotlib.image")
    path = tmp_path / "picture.png"
    assert main(["demo", "iris", "--steps", "2", "--hidden", "2", "--out", str(path)]) == 0
    assert capsys.readouterr().out.endswith(f"\npicture: {path}\n")
    assert image.imread(path).shape[:2] == (780, 1050)


def test_picture_goes_to_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(figure, "savefig", lambda figure, file, **options: file.write(b"drawn"))
    for name in ("iris", "moons"):
        assert main(["demo", name, "--steps", "1", "--hidden", "2"]) == 0
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == dict.fromkeys(
        ("iris.png", "moons.png"), b"drawn"
    )


def test_an_interrupt_leaves_an_older_picture_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure

    def interrupted(figure: Any, file: Any, **options: Any) -> None:
        with open(file, "wb") if isinstance(file, (str, Path)) else nullcontext(file) as opened:
            opened.write(b"half a picture")
            raise KeyboardInterrupt

    monkeypatch.setattr(figure, "savefig", interrupted)
    path = tmp_path / "x.png"
    path.write_bytes(b"older")
    with suppress(KeyboardInterrupt):
        main(["demo", "iris", "--steps", "1", "--hidden", "2", "--out", str(path)])
    assert path.read_bytes() == b"older"


# --- missing libraries -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["iris", "moons"])
def test_without_any_library(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hide(monkeypatch, "matplotlib", "rich", "sklearn", "numpy")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(extras, "on_terminal", lambda: True)
    assert main(["demo", name, "--steps", "10", "--hidden", "3"]) == 0
    output = capsys.readouterr().out
    notes = [line for line in output.splitlines() if line.startswith("note:")]
    missing = ["matplotlib", "rich", "scikit-learn"] if name == "moons" else ["matplotlib", "rich"]
    assert len(notes) == len(missing)
    for library, note in zip(missing, notes):
        assert library in note and "pip install 'scalargrad[demo]'" in note
    assert [line[1:] for line in LINE.findall(output)] == [("10", *shown) for shown in told(name, 10, [3])]
    accuracy(output)
    assert "\npicture:" not in output and not list(tmp_path.iterdir())


def test_digits_need_scikit_learn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    hide(monkeypatch, "sklearn")
    assert main(["demo", "digits", "--no-plot"]) == 1
    assert "install it with pip install 'scalargrad[demo]'" in " ".join(capsys.readouterr().err.split())


@native_only
def test_plain_moons_are_learnt_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    hide(monkeypatch, "sklearn")
    assert main(["demo", "moons", "--no-plot"]) == 0
    assert accuracy(capsys.readouterr().out) >= 0.95


# --- failing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--steps", "0"], "--steps: expected a whole number"),
        (["--steps", "1.5"], "--steps: expected a whole number"),
        (["--seed", "-1"], "--seed: expected a whole number"),
        (["--seed", str(2**32)], "--seed: expected a whole number"),
        (["--hidden", "8,,8"], "got '8,,8'"),
        (["--hidden", ""], "--hidden: expected sizes"),
        (["--hidden", "1"], "--hidden: expected sizes from 2 on"),
        (["--out", "picture.jpg"], "--out: expected a file name that ends in .png"),
        (["--frequency", "3"], "unrecognized arguments"),
    ],
)
def test_bad_options(options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(["demo", "iris", "--no-plot", *options])
    assert exit.value.code == 2
    printed = capsys.readouterr()
    assert complaint in " ".join(printed.err.split()) and not printed.out


def test_unwritable_picture_is_reported_before_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    folder = tmp_path / "folder.png"
    folder.mkdir()
    for path in (tmp_path / "nowhere" / "x.png", folder):
        with pytest.raises(SystemExit) as exit:
            main(["demo", "moons", "--out", str(path)])
        assert exit.value.code == 2
        printed = capsys.readouterr()
        assert f"argument --out: cannot write {path}: " in " ".join(printed.err.split()) and not printed.out
    assert main(["demo", "iris", "--no-plot", "--steps", "1", "--out", str(folder)]) == 0


def test_a_failed_run_leaves_the_old_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "old.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(Iris, "loss", _interrupt)
    assert main(["demo", "iris", "--out", str(path)]) == 130
    assert path.read_bytes() == b"old"


def test_overflow(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(Moons, "loss", lambda demo: (sg.Value(1e300) * 1e300, 0.5))
    assert main(["demo", "moons", "--no-plot"]) == 1
    assert "the loss became inf at step 1" in capsys.readouterr().err


def _interrupt(demo: Any) -> Any:
    raise KeyboardInterrupt


def test_interrupt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(Moons, "loss", _interrupt)
    assert main(["demo", "moons", "--no-plot"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


# --- the command line ------------------------------------------------------------------------------------------------


def test_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: scalargrad" in capsys.readouterr().out


def test_version_imports_nothing_heavy() -> None:
    heavy = ["matplotlib", "numpy", "rich", "sklearn"]
    program = (
        "import sys, scalargrad.__main__ as m\n"
        "try: m.main(['--version'])\n"
        f"finally: print([name for name in {heavy} if name in sys.modules])\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == f"scalargrad {sg.__version__}\n[]\n"


def test_a_bad_backend_is_a_message() -> None:
    environment = {**os.environ, "SCALARGRAD_BACKEND": "fortran"}
    command = [sys.executable, "-X", "dev", "-m", "scalargrad", "demo", "iris"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert run.returncode == 1 and "BackendError: SCALARGRAD_BACKEND='fortran' is not a backend" in run.stderr
    assert "Traceback" not in run.stderr and run.stdout == ""
    run = subprocess.run([sys.executable, "-c", "import scalargrad"], capture_output=True, text=True, env=environment)
    assert run.returncode == 1 and "BackendError" in run.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes that break")
def test_a_reader_that_leaves() -> None:
    command = [sys.executable, "-m", "scalargrad", "demo", "iris", "--no-plot", "--hidden", "2", "--steps", "100"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout and run.stderr
        run.stdout.readline()
        run.stdout.close()
        assert run.stderr.read() == b""
    assert run.returncode == 141
