"""The benchmarks run and write what they measured; no speed is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import eager, gpt, layers, orders, surprises
from benchmarks.__main__ import main
from benchmarks.command import Benchmark
from benchmarks.report import OURS, Target

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]


def _quick(benchmark: Benchmark, folder: Path) -> dict[str, Any]:
    """What a quick run wrote, which must have the form of all."""
    for name in benchmark.required:
        pytest.importorskip(name)
    path = folder / f"{benchmark.name}.json"
    command = [sys.executable, "-m", "benchmarks", benchmark.name, "--quick", "--json", str(path)]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert record["settings"]["quick"] is True
    assert list(record["measures"]) == [measure.key for measure in benchmark.measures]
    for measure in benchmark.measures:
        row = record["measures"][measure.key]
        assert list(row["figures"]) == list(benchmark.contenders)
        assert list(row["ratios"]) == list(benchmark.rivals)
        assert len(row["targets"]) == len(measure.targets)
        assert all(figure is None or isinstance(figure, float) for figure in row["figures"].values())
        assert isinstance(row["figures"][measure.ours], float)
    return record


def test_quick_run_of_eager(tmp_path: Path) -> None:
    record = _quick(eager.BENCHMARK, tmp_path)
    assert record["machine"]["packages"]["micrograd"] and record["machine"]["packages"]["xad"]
    weights = record["settings"]["moons_weights"]  # after one step: they agree if the gradients do
    assert all(sum_of == pytest.approx(weights["native"], rel=1e-12) for sum_of in weights.values())


def test_quick_run_of_layers(tmp_path: Path) -> None:
    record = _quick(layers.BENCHMARK, tmp_path)
    assert record["machine"]["packages"]["torch"] and record["machine"]["packages"]["jax"]
    told = record["settings"]["loss_gradients_weights"]
    assert set(told["moons"]) == {OURS, *layers.RIVALS}
    assert set(told["digits_step"]) == {OURS, *layers.RIVALS} - set(layers.SCALARS)


def test_quick_run_of_gpt(tmp_path: Path) -> None:
    """Which holds the losses of all contenders against each other before it times them."""
    record = _quick(gpt.BENCHMARK, tmp_path)
    figures = {key: row["figures"] for key, row in record["measures"].items()}
    missing = {key: {name for name, x in row.items() if x is None} for key, row in figures.items()}
    frameworks = {"torch", "jax", "port"}
    assert missing == {"changed": frameworks, "numbers": frameworks, "matrix": {"microgpt", "port"}}


def test_losses_that_differ_are_an_error() -> None:
    gpt.check({"ours": [1.0, 2.0], "theirs": [1.0, 2.0 + 1e-9], "others": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"the loss of step 2: theirs has 2\.1, most 2\.0"):
        gpt.check({"ours": [1.0, 2.0], "theirs": [1.0, 2.1], "others": [1.0, 2.0]})


def test_a_port_runs_in_its_folder(tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.write_text("#!/bin/sh\ntouch ran\n")
    port.chmod(0o755)
    assert 0.0 <= gpt._port(port) < 1e6 and (tmp_path / "ran").exists()
    with pytest.raises(ValueError, match="nothing does not run"):
        gpt._port(tmp_path / "nothing")


def test_quick_run_of_orders(tmp_path: Path) -> None:
    """Which holds the results of all contenders but JAX, which takes minutes, against ours before it times them."""
    record = _quick(orders.BENCHMARK, tmp_path)
    assert record["machine"]["packages"]["casadi"] and not record["settings"]["jax"]


def test_quick_run_of_surprises(tmp_path: Path) -> None:
    record = _quick(surprises.BENCHMARK, tmp_path)
    assert record["machine"]["packages"]["micrograd"]
    assert all(row["figures"]["beside"] for row in record["measures"].values())
    assert [len(measure.targets) for measure in surprises.MEASURES].count(0) == 1  # the price of a Matrix is no target


def test_engines_that_disagree_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = iter([(0.1, 1.0), (0.1, 1.0), (0.1, 1.0), (0.1, 1.0 + 1e-6)])
    monkeypatch.setattr(surprises, "_moons", lambda contender, data: next(steps))
    monkeypatch.setattr(surprises.peers, "python", lambda: None)
    monkeypatch.setattr(surprises.peers, "micrograd", lambda: None)
    monkeypatch.setattr(surprises.network, "moons", lambda: None)
    with pytest.raises(ValueError, match="moons: the engines disagree"):
        surprises._pure(surprises.QUICK)


def test_who_disagrees_is_named() -> None:
    agreed = (0.5, -2.0, 3.0)
    layers.check({"native": agreed, "torch": (0.5 + 1e-12, -2.0, 3.0), "jax": agreed})
    with pytest.raises(ValueError, match=r"sum of gradients: torch has -2\.1; the others -2\.0"):
        layers.check({"native": agreed, "torch": (0.5, -2.1, 3.0), "jax": agreed})
    with pytest.raises(ValueError, match="loss: native has nan"):
        layers.check({"native": (float("nan"), -2.0, 3.0), "torch": agreed, "jax": agreed})


def test_targets_of_layers() -> None:
    targets = {measure.key: measure.targets for measure in layers.MEASURES}
    assert targets["moons"][:2] == (Target(0.25, "torch"), Target(1.25, "jax"))
    assert targets["digits_step"][0] == Target(1 / 0.75, "torch")


@pytest.mark.parametrize("command, name", [*(("eager", x) for x in ("micrograd", "xad")),
                                           *(("layers", x) for x in ("torch", "jax"))])  # fmt: skip
def test_absent_peer_is_an_error(
    command: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    assert main([command, "--quick"]) == 1
    told = capsys.readouterr().err
    assert name in told and "pip install 'scalargrad[bench]'" in told
