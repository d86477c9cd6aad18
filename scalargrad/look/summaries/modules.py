"""The summary of a network."""

from __future__ import annotations

from typing import NamedTuple

from scalargrad.look.summaries import tables
from scalargrad.nn.module import Module
from scalargrad.nn.summaries import Row, count, rows, text


class ModuleSummary(NamedTuple):
    """The layers of a network, each with the number of its parameters, and the total. A parameter that is in several
    layers counts in each, and once in the total."""

    layers: list[Row]
    parameters: int

    def __str__(self) -> str:
        return text(self.layers, self.parameters)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        rows = [(row.name, row.layer, f"{row.parameters:,}") for row in self.layers]
        return tables.table("", [("", "layer", "parameters"), *rows, ("total", "", f"{self.parameters:,}")])


def of_module(model: Module) -> ModuleSummary:
    """The summary of a network."""
    return ModuleSummary(rows(model), count(model))
