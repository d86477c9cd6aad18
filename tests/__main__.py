"""Runs the suite on every backend that is there: ``python -m tests [pytest arguments]``."""

from __future__ import annotations

import os
import subprocess
import sys


def main() -> int:
    probe = "import scalargrad; print(scalargrad.backend())"
    environment = {k: v for k, v in os.environ.items() if k != "SCALARGRAD_BACKEND"}
    found = subprocess.run(
        [sys.executable, "-c", probe], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    backends = ["python"] if found.stdout.strip() == "python" else ["native", "python"]
    failed = False
    for backend in backends:
        print(f"--- the suite on the backend {backend!r}", flush=True)
        command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        failed |= subprocess.run(command, env={**environment, "SCALARGRAD_BACKEND": backend}).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
