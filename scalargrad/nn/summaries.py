"""What is in a network: its layers, with their shapes and the number of their parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from scalargrad.errors import ArgumentError
from scalargrad.nn.holders import Holder, holders_in, is_leaf, items_of, members_of, shape_of
from scalargrad.nn.module import Module

SHOWN = 4  # parameters of a layer of one's own that are named


class Row(NamedTuple):
    """A layer of a network."""

    name: str  # its attributes and positions, such as "layers.0"; "model" for the network itself
    layer: str  # what it is, such as "Linear(64, 32)"; a layer of one's own with the shapes of its parameters
    parameters: int


def summary(model: Module) -> str:
    """Returns a table, as text to print: the layers, the number of parameters in each, and the total.

    A class of one's own is shown with the shapes of its parameters. `scalargrad.summary` returns the same as an object.

    >>> from scalargrad.nn import MLP
    >>> print(summary(MLP(2, [16, 1])))
    layers.0  Layer(2 -> 16, relu)   48
    layers.1  Layer(16 -> 1, linear) 17
    total                            65
    """
    if not isinstance(model, Module):
        raise ArgumentError(f"summary takes a Module, got {type(model).__name__}")
    return text(rows(model), count(model))


def count(model: Module) -> int:
    """The number of parameters, also of a class whose `parameters` is a generator."""
    return len([*model.parameters()])


def text(rows: Sequence[Row], total: int) -> str:
    """The rows and the total, as lines."""
    widths = [max(map(len, column)) for column in zip(*((row.name, row.layer) for row in rows))]
    width = len(f"{max(total, *(row.parameters for row in rows)):,}")
    lines = [f"{row.name:{widths[0]}}  {row.layer:{widths[1]}} {row.parameters:{width},}" for row in rows]
    return "\n".join([*lines, f"{'total':{sum(widths) + 2}} {total:{width},}"])


def rows(model: Module) -> list[Row]:
    """The modules that contain no other modules, and layers; what another has beside its parts; or the model itself."""
    return list(_rows("", model, set()))


def _rows(name: str, thing: Any, met: set[int]) -> Iterator[Row]:
    if id(thing) in met:
        return
    met.add(id(thing))
    members = [] if getattr(thing, "_whole", False) else members_of(thing) or []
    found = [row for key, part in members for row in _rows(f"{name}.{key}" if name else str(key), part, met)]
    if isinstance(thing, Module):
        own = _own(thing, members)
        if not found:
            label = thing._label()
            plain = label == type(thing).__name__
            yield Row(name or "model", label + _shapes(own) * plain, count(thing))
        elif own:
            leaves = {id(x) for _, holder in own for x in items_of(holder) if is_leaf(x)}
            yield Row(name or "model", type(thing).__name__ + _shapes(own), len(leaves))
    yield from found


def _own(module: Module, members: list[tuple[Any, Any]]) -> list[Holder]:
    """What holds parameters in a module, but not in modules in it."""
    met: set[int] = {id(module)}
    _modules_in(module, met, set())
    return [holder for key, part in members for holder in holders_in(str(key), part, met)]


def _modules_in(thing: Any, modules: set[int], met: set[int]) -> None:
    for _, part in members_of(thing) or []:
        if isinstance(part, Module):
            modules.add(id(part))
        elif id(part) not in met:
            met.add(id(part))
            _modules_in(part, modules, met)


def _shapes(holders: list[Holder]) -> str:
    """The names and shapes of some holders."""
    shown = [f"{name} {shape_of(holder)}" for name, holder in holders[:SHOWN]]
    more = [f"and {len(holders) - SHOWN} more"] if holders[SHOWN:] else []
    return f": {', '.join([*shown, *more])}" if shown else ""
