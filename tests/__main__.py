"""Runs the suite on every backend that is there: ``python -m tests [pytest arguments]``.

It takes as many processes as there are processors, but for `-n 0`. What no backend takes part in (marked `once`) runs
with the first. `--rerun RECORD` runs only what the record of an earlier run says was skipped (see conftest.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

NO_TESTS = 5  # pytest's exit status


def skipped(record: str) -> list[str]:
    """The tests that were skipped, and ran nowhere."""
    lines = [json.loads(line) for line in Path(record).read_text().splitlines()]
    passed = {test for test, outcome in lines if outcome == "passed"}
    return sorted({test for test, outcome in lines if outcome != "passed"} - passed)


def main(arguments: list[str]) -> int:
    probe = "import scalargrad; print(scalargrad.backend())"
    environment = {k: v for k, v in os.environ.items() if k != "SCALARGRAD_BACKEND"}
    found = subprocess.run(
        [sys.executable, "-c", probe], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    backends = ["python"] if found.stdout.strip() == "python" else ["native", "python"]
    if arguments[:1] == ["--rerun"]:
        arguments = [*skipped(arguments[1]), *arguments[2:]]
        backends = backends[:1]
        if not arguments:
            print("nothing was skipped")
            return 0
    if not any(a.startswith("-n") for a in arguments):
        arguments = ["-n", "auto", *arguments]
    marks = arguments[arguments.index("-m") + 1] if "-m" in arguments else "not slow"
    failed = False
    for backend in backends:
        only = [] if backend == backends[0] else ["-m", f"({marks}) and not once"]
        print(f"--- the suite on the backend {backend!r}", flush=True)
        command = [sys.executable, "-m", "pytest", *arguments, *only]
        status = subprocess.run(command, env={**environment, "SCALARGRAD_BACKEND": backend}).returncode
        failed |= status not in (0, NO_TESTS) or (status == NO_TESTS and not only)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
