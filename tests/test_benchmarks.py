"""The benchmarks run and write what they measured; no speed is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.eager import MEASURES
from benchmarks.peers import CONTENDERS, REQUIRED

ROOT = Path(__file__).parents[1]


def test_quick_run_writes_well_formed_json(tmp_path: Path) -> None:
    for name in REQUIRED:
        pytest.importorskip(name)
    path = tmp_path / "eager.json"
    command = [sys.executable, "-m", "benchmarks", "eager", "--quick", "--json", str(path)]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["machine"]["packages"]["micrograd"] and record["machine"]["packages"]["xad"]
    assert record["settings"]["quick"] is True
    assert list(record["measures"]) == [measure.key for measure in MEASURES]
    weights = record["settings"]["moons_weights"]  # after one step: they agree if the gradients do
    assert all(sum_of == pytest.approx(weights["native"], rel=1e-12) for sum_of in weights.values())
    for measure in MEASURES:
        row = record["measures"][measure.key]
        assert list(row["figures"]) == list(CONTENDERS)
        assert len(row["targets"]) == len(measure.targets)
        assert all(figure is None or isinstance(figure, float) for figure in row["figures"].values())


@pytest.mark.parametrize("name", ["micrograd", "xad"])
def test_absent_peer_is_an_error(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    assert main(["eager", "--quick"]) == 1
    told = capsys.readouterr().err
    assert name in told and "pip install 'scalargrad[bench]'" in told
