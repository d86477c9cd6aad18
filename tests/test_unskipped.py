"""`.ci/unskipped`: every test ran in one run at least, or .ci/skips says why not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once
SCRIPT = Path(__file__).parent.parent / ".ci" / "unskipped"
RECORD = [
    ("a::one", "passed"),
    ("a::two", "skipped: no browser: none"),
    ("a::two", "skipped: no playwright"),
    ("b", "skipped: far away"),
]


@pytest.mark.parametrize(("rows", "said"), [
    (['a::two if "no browser" elsewhere', "b nowhere"], ""),
    (['a if "no browser" elsewhere', "b nowhere", "# a comment"], ""),
    (["a::two elsewhere", 'a::one if "no browser" elsewhere', "b nowhere"], ""),
    (['a::two if "no graphviz" elsewhere', "b nowhere"],
     "skipped in every run: a::two (skipped: no browser: none; skipped: no playwright)"),
    (["a::two elsewhere"], "skipped in every run: b (skipped: far away)"),
    (["a::two elsewhere", "b nowhere", "a::one elsewhere"], "for no test, or one that ran: a::one"),
    (["a::two elsewhere", "b nowhere", 'a::3 if "no browser" elsewhere'], "for no test, or one that ran: a::3"),
])  # fmt: skip
def test_rows(rows: list[str], said: str, tmp_path: Path) -> None:
    script = shutil.copy(SCRIPT, tmp_path)
    (tmp_path / "skips").write_text("\n".join(rows) + "\n")
    (tmp_path / "record").write_text("".join(json.dumps(line) + "\n" for line in RECORD))
    done = subprocess.run([sys.executable, "-S", script, str(tmp_path / "record")], capture_output=True, text=True)
    assert done.returncode == bool(said) and said in done.stdout and done.stderr == ""
    assert done.stdout.endswith(
        "failed\n" if said else "1 tests ran, 2 were skipped everywhere, 0 of them unlisted: passed\n"
    )
