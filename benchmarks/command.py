"""The command of a benchmark: checks that the peers are installed, pins the process, measures, prints and writes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import report, timing

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Outcome:
    figures: report.Figures
    notes: str  # printed below the table
    about: dict[str, Any]  # settings, and other data for the JSON file


@dataclass(frozen=True)
class Benchmark:
    name: str
    help: str
    required: Sequence[str]  # packages that must be installed
    measures: Sequence[report.Measure]
    contenders: Sequence[str]
    rivals: Sequence[str]
    measure: Callable[
        [bool, int | None], Outcome
    ]  # takes quick, and the core; raises ValueError if contenders disagree


def _missing(names: Sequence[str]) -> list[str]:
    """The packages that are missing. Imports nothing, because some read their settings when imported."""
    return [name for name in names if find_spec(name) is None]


def run(benchmark: Benchmark, quick: bool, path: Path | None) -> int:
    """Returns 1 if a contender is missing or computes something else. A missed target is not an error."""
    absent = _missing(benchmark.required)
    if absent:
        print(
            f"error: missing {', '.join(absent)}, which the benchmark compares with: pip install 'scalargrad[bench]'",
            file=sys.stderr,
        )
        return 1
    core = timing.pin()
    try:
        outcome = benchmark.measure(quick, core)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    report.show(benchmark.measures, outcome.figures, benchmark.contenders, benchmark.rivals)
    print(outcome.notes)
    path = path or (None if quick else RESULTS / f"{benchmark.name}.json")
    if path is not None:
        about = {"quick": quick, "core": core, **outcome.about}
        report.write(path, benchmark.measures, outcome.figures, benchmark.rivals, about)
        print(f"written to {path}")
    return 0


def add(commands: Any, benchmark: Benchmark) -> None:
    parser = commands.add_parser(benchmark.name, help=benchmark.help)
    parser.add_argument(
        "--quick", action="store_true", help="run for a few seconds, as a smoke test: its figures mean nothing"
    )
    parser.add_argument(
        "--json",
        type=Path,
        metavar="PATH",
        help=f"default: {RESULTS / benchmark.name}.json; with --quick, nothing is written by default",
    )

    def chosen(arguments: argparse.Namespace) -> int:
        return run(benchmark, arguments.quick, arguments.json)

    parser.set_defaults(run=chosen)
