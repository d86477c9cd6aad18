"""The summary of a graph."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from scalargrad import anomaly, core
from scalargrad.look.steps import number, record_of
from scalargrad.look.summaries import tables
from scalargrad.look.summaries.figures import SATURATED, Extreme, Figures, Layer
from scalargrad.nodes.displays import printable
from scalargrad.table import ops

KINDS = 12  # operations that are named
VANISHING, EXPLODING = 1e-4, 1e4  # of the adjoints of the first layer by those of the last one


class GraphSummary(NamedTuple):
    """The figures of a graph: of all nodes that a Value was computed from, and of itself.

    Adjoints are those of the last `backward`; of a leaf, its `grad`. `str` is a text of at most 80 columns.
    """

    name: str  # the label of the Value
    nodes: int
    leaves: int
    operations: dict[str, int]  # by their names in micrograd's writing, the most frequent first
    depth: int  # the number of operations on the longest way from a leaf
    memory: int  # about how many bytes the C core fills with it and its adjoints; pure Python needs more
    nans: int  # among the numbers
    infs: int
    origin: str  # where the nan or infinity of the Value itself comes from; empty if it is finite
    units: dict[str, int]  # activations, by name
    dead: int  # relus whose output and local derivative are 0
    saturated: int  # other activations whose local derivative is below 0.01 in magnitude
    has_adjoints: bool  # whether its own adjoint is other than 0; if not, nothing below tells of adjoints
    zeros: int  # adjoints that are 0
    nan_adjoints: int
    inf_adjoints: int
    largest: list[Extreme]  # adjoints, by magnitude
    smallest: list[Extreme]  # other than 0
    layers: list[Layer]  # of activations, the one next to the leaves first; or bands of depths

    @property
    def ratio(self) -> float:
        """The adjoints of the first layer by those of the last one, as root mean squares; nan if there are none."""
        first, last = (self.layers[k].adjoint if self.layers else math.nan for k in (0, -1))
        return first / last if self.has_adjoints and len(self.layers) > 1 and last else math.nan

    @property
    def trend(self) -> str:
        """What `ratio` says: "vanishing" if it is below 1e-4, "exploding" if it is above 1e4, else nothing."""
        return "vanishing" if self.ratio < VANISHING else "exploding" if self.ratio > EXPLODING else ""

    def __str__(self) -> str:
        return tables.text(_title(self), _facts(self), *_layers(self))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return tables.html(_title(self), _facts(self), *_layers(self))


def of_graph(y: Any) -> GraphSummary:
    """The summary of a Value's graph."""
    record = record_of(y)
    figures = Figures(record)
    values, adjoints = figures.once(figures.values), figures.once(figures.adjoints)
    operations = figures.operations()
    return GraphSummary(
        name=printable(y.label),
        nodes=len(record.leaves) + sum(operations.values()),
        leaves=len(record.leaves),
        operations=operations,
        depth=max(figures.depths),
        memory=figures.memory(),
        nans=sum(map(math.isnan, values)),
        infs=sum(map(math.isinf, values)),
        origin=_origin(y),
        units={ops.NAMES[op]: count for op, count in Counter(record.ops[k] for k in figures.units).most_common()},
        dead=len(figures.dead),
        saturated=len(figures.saturated),
        has_adjoints=figures.has_adjoints,
        **_of_adjoints(figures, adjoints),
        layers=figures.layers(),
    )


def _of_adjoints(figures: Figures, adjoints: array[float]) -> dict[str, Any]:
    if not figures.has_adjoints:
        return {"zeros": 0, "nan_adjoints": 0, "inf_adjoints": 0, "largest": [], "smallest": []}
    largest, smallest = figures.extremes()
    return {
        "zeros": adjoints.count(0.0),
        "nan_adjoints": sum(map(math.isnan, adjoints)),
        "inf_adjoints": sum(map(math.isinf, adjoints)),
        "largest": largest,
        "smallest": smallest,
    }


def _origin(y: Any) -> str:
    if core.key(y) is None or math.isfinite(y.data):
        return ""
    way, source = anomaly.origin(y)
    return f"{anomaly.called(way.end)} made {way.end.data}{f', from {source}' if source else ''}"


# --- in words --------------------------------------------------------------------------------------------------------


def _title(summary: GraphSummary) -> str:
    return f"summary of {summary.name or 'a Value'}"


def _facts(summary: GraphSummary) -> list[tuple[str, str]]:
    made = summary.nodes - summary.leaves
    kinds = [f"{count:,} {name}" for name, count in summary.operations.items()]
    more = [_many(len(kinds) - KINDS, "more kind")] if len(kinds) > KINDS else []
    facts = [
        ("nodes", f"{summary.nodes:,}: {_many(summary.leaves, 'leaf', 'leaves')}, {_many(made, 'operation')}"),
        ("operations", ", ".join([*kinds[:KINDS], *more]) or "none"),
        ("depth", f"{summary.depth:,}"),
        ("memory", f"about {_size(summary.memory)}"),
        ("numbers", f"{_bad(summary.nans, summary.infs)}{'; ' if summary.origin else ''}{summary.origin}"),
    ]
    others = {name: count for name, count in summary.units.items() if name != "relu"}
    if relus := summary.units.get("relu", 0):
        facts.append(("dead", f"{summary.dead:,} of {relus:,} relu: output and derivative are 0"))
    if others:
        of = f"{sum(others.values()):,} {', '.join(others)}"
        facts.append(("saturated", f"{summary.saturated:,} of {of}: derivative below {SATURATED}"))
    if not summary.has_adjoints:
        return [*facts, ("adjoints", "none told: that of this Value is 0; call backward() first")]
    bad = _bad(summary.nan_adjoints, summary.inf_adjoints)
    facts.append(("adjoints", f"{bad}; {summary.zeros:,} of {summary.nodes:,} are 0"))
    return [*facts, ("largest", _listed(summary.largest)), ("smallest", _listed(summary.smallest))]


def _bad(nans: int, infs: int) -> str:
    return " and ".join(f"{n:,} {what}" for n, what in ((nans, "nan"), (infs, "inf")) if n) or "all finite"


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def _size(count: int) -> str:
    size, units = float(count), iter(("bytes", "kB", "MB", "GB"))
    unit = next(units)
    while size >= 1000 and (larger := next(units, "")):
        size, unit = size / 1000, larger
    return f"{size:.3g} {unit}"


def _listed(found: Sequence[Extreme]) -> str:
    return "; ".join(f"{number(x.adjoint)} of {x.name} at depth {x.depth:,}" for x in found) or "none"


def _layers(summary: GraphSummary) -> tuple[list[tuple[str, ...]], str]:
    """The rows of the layers, with a heading, and what they say."""
    if len(summary.layers) < 2:
        return [], ""
    has_units = bool(summary.units)
    word = "units" if summary.layers[0].name.startswith("layer") else "nodes"
    heading = ("", word, *(("dead", "saturated") if has_units else ()), *(("rms adjoint",) * summary.has_adjoints))
    rows: list[tuple[str, ...]] = [heading]
    for layer in summary.layers:
        units = (f"{layer.dead:,}", f"{layer.saturated:,}") if has_units else ()
        rows.append((layer.name, f"{layer.nodes:,}", *units, *((number(layer.adjoint, 3),) * summary.has_adjoints)))
    if math.isnan(summary.ratio):
        return rows, ""
    first, last = summary.layers[0], summary.layers[-1]
    ways = f"from {number(last.adjoint, 3)} in {last.name} to {number(first.adjoint, 3)} in {first.name}"
    return rows, f"adjoints go {ways}{': ' if summary.trend else ''}{summary.trend}"
