"""The notebooks are those of their sources, and executed again they give what they show."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.scripts import loaded

pytestmark = pytest.mark.once

FOLDER = Path(__file__).parent.parent / "docs" / "notebooks"
NEEDS = {
    "checking": ("hypothesis",),
    "lecture": ("matplotlib", "torch"),
    "moons": ("matplotlib", "numpy", "sklearn"),
}

run = loaded("docs/notebooks/run")


def shown(output: Any) -> object:
    """What must be the same again. A plot depends on the version of matplotlib, so only its being there is compared."""
    if "data" not in output:
        return output.get("name"), "".join(output.get("text", ""))
    found = {kind: "".join(text) for kind, text in output["data"].items()}
    return {**found, "image/png": "a plot", "text/plain": ""} if "image/png" in found else found


@pytest.mark.parametrize("name", NEEDS)
def test_a_notebook_gives_what_it_shows(name: str) -> None:
    for library in ("jupytext", "nbclient", "ipykernel", *NEEDS[name]):
        pytest.importorskip(library)
    new = run.executed(FOLDER / f"{name}.py")
    kept = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert kept["metadata"] == new["metadata"]
    for one, other in zip(kept["cells"], new["cells"], strict=True):
        assert (one["cell_type"], one["id"], "".join(one["source"])) == (other.cell_type, other.id, other.source)
        if one["cell_type"] == "code":
            assert [*map(shown, one["outputs"])] == [*map(shown, other.outputs)], other.source


@pytest.mark.parametrize("name", NEEDS)
def test_a_notebook_is_small_and_tells_nothing_of_the_machine(name: str) -> None:
    text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    assert len(text) < 300_000  # half of it one drawing of every node
    outputs = [output for cell in json.loads(text)["cells"] for output in cell.get("outputs", [])]
    printed = json.dumps([shown(output) for output in outputs])
    assert not re.search(r"/(home|root|tmp|Users)/|site-packages|0x[0-9a-f]{6}", printed)
    assert all(output["output_type"] != "error" and output.get("name") != "stderr" for output in outputs)


def test_every_notebook_is_tested_and_draws() -> None:
    assert {*NEEDS} == {source.stem for source in run.SOURCES} == {path.stem for path in FOLDER.glob("*.ipynb")}
    lecture = json.loads((FOLDER / "lecture.ipynb").read_text(encoding="utf-8"))
    drawing = [cell for cell in lecture["cells"] if re.search(r"^draw_dot\(", "".join(cell["source"]), re.MULTILINE)]
    assert len(drawing) >= 8
    for cell in drawing:
        assert "image/svg+xml" in cell["outputs"][-1]["data"]
