"""Compares the figures with their targets, and prints them as a table and as JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

OURS = "native"
PACKAGES = ("scalargrad", "micrograd", "xad", "numpy", "scikit-learn", "torch", "jax", "jaxlib", "autograd", "casadi")

Figures = Mapping[str, Mapping[str, float | None]]  # measure -> contender -> figure


@dataclass(frozen=True)
class Target:
    """At most `limit` times the rival's figure; without a rival, at most `limit` in the measure's unit."""

    limit: float
    rival: str | None = None
    name: str = ""  # of a target beyond the required one


@dataclass(frozen=True)
class Measure:
    key: str
    title: str
    unit: str
    targets: tuple[Target, ...] = ()
    ours: str = OURS  # whose figure the targets limit


def ratio(row: Mapping[str, float | None], rival: str, own: str = OURS) -> float | None:
    """None if a figure is missing, or if the rival's is almost 0, as for micrograd's import and handles."""
    ours, theirs = row.get(own), row.get(rival)
    return None if ours is None or theirs is None or theirs < 0.5 else ours / theirs


def verdict(row: Mapping[str, float | None], measure: Measure, target: Target) -> tuple[str, bool | None]:
    """A target in words, and whether it was met; None if nothing was measured."""
    figure = row.get(measure.ours) if target.rival is None else ratio(row, target.rival, measure.ours)
    digits = 2 if target.limit >= 0.1 else 3
    words = (
        f"{target.limit:g} {measure.unit}" if target.rival is None else f"{target.limit:.{digits}f} of {target.rival}"
    )
    named = f"{target.name}: " if target.name else ""
    return f"{named}≤ {words}", None if figure is None else figure <= target.limit


def _number(x: float | None, digits: int) -> str:
    return "-" if x is None else f"{x:.{digits}f}"


def _ratio(x: float | None) -> str:
    return "-" if x is None else f"{x:.3f}" if x >= 0.01 else f"{x:.2g}"


def _figure(x: float | None) -> str:
    return _number(x, 0 if x is not None and abs(x) >= 1000 else 1 if x is not None and abs(x) >= 10 else 2)


def _cells(
    measures: Sequence[Measure], figures: Figures, contenders: Sequence[str], rivals: Sequence[str]
) -> list[list[str]]:
    """The table: headings, then one row per measure."""
    said = {True: "met", False: "missed", None: "not measured"}
    rows = [["", *contenders, *(f"ours/{rival}" for rival in rivals), "target"]]
    for measure in measures:
        row = figures[measure.key]
        verdicts = [verdict(row, measure, target) for target in measure.targets]
        rows.append([
            f"{measure.title}, {measure.unit}",
            *(_figure(row.get(name)) for name in contenders),
            *(_ratio(ratio(row, rival, measure.ours)) for rival in rivals),
            "\n".join(f"{words}: {said[met]}" for words, met in verdicts),
        ])  # fmt: skip
    return rows


def show(measures: Sequence[Measure], figures: Figures, contenders: Sequence[str], rivals: Sequence[str]) -> None:
    """Prints the table, by rich if it is installed."""
    cells = _cells(measures, figures, contenders, rivals)
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        widths = [max(map(len, column)) for column in zip(*cells)]
        for row in cells:
            middle = (cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1]))
            print("  ".join([row[0].ljust(widths[0]), *middle, row[-1].replace("\n", "; ")]).rstrip())
        return
    table = Table(*cells[0])
    for column in table.columns[1:-1]:
        column.justify = "right"
    for row in cells[1:]:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 220).print(table)  # a file or a pipe has no width


def machine() -> dict[str, Any]:
    """The machine and the versions with which the figures were measured."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def write(
    path: Path, measures: Sequence[Measure], figures: Figures, rivals: Sequence[str], settings: Mapping[str, Any]
) -> None:
    """Writes everything that `show` prints, the machine and the settings as JSON."""
    record = {"machine": machine(), "settings": dict(settings), "measures": {}}
    for measure in measures:
        row = figures[measure.key]
        record["measures"][measure.key] = {
            "title": measure.title,
            "unit": measure.unit,
            "figures": dict(row),
            "ratios": {rival: ratio(row, rival, measure.ours) for rival in rivals},
            "targets": [
                {"target": words, "met": met}
                for words, met in (verdict(row, measure, target) for target in measure.targets)
            ],
        }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
