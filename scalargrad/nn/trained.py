"""The parameters that an optimiser trains: which are taken, and what to pass in place of others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scalargrad import convert, core
from scalargrad.arrays.base import Array
from scalargrad.errors import ArgumentError, NumberError
from scalargrad.nn.lists import kept_of
from scalargrad.nn.module import Module
from scalargrad.value import Value


def trained(parameters: Iterable[Value], who: str) -> core.Block:
    """The block of the parameters, each once. Raises `ArgumentError` or `NumberError` if one is not a leaf."""
    known = kept_of(parameters)
    if known and known.values:
        return known.block
    kind = type(parameters).__name__
    if isinstance(parameters, Value):
        raise ArgumentError(f"{who} takes a list of parameters, got one Value: pass [value]")
    if isinstance(parameters, dict):
        raise ArgumentError(f"{who} takes a list of parameters, got {kind}: pass list(x.values())")
    if isinstance(parameters, Module):
        raise ArgumentError(f"{who} takes a list of parameters, got {kind}: pass model.parameters()")
    given = convert.in_order(parameters, who, True)
    if given is None:
        raise ArgumentError(f"{who} takes a list of parameters, got {kind}: pass x.parameters()")
    block, other = core.leaves(given)
    if other >= 0:
        p = given[other]
        if not isinstance(p, Value):
            raise NumberError(f"{who} takes Values as parameters, got {type(p).__name__}{_advice(p)}")
        raise ArgumentError(f"{who} trains leaves, got the result of {p._op}: its data cannot be set")
    if not block:
        raise ArgumentError(f"{who} got no parameters: pass model.parameters()")
    return block


def _advice(p: Any) -> str:
    for kind, instead in (
        (Module, "model.parameters()"),
        (Array, "x.elements(), or [*x.elements(), *y.elements()] for several"),
        (tuple, "model.parameters(), which has no names"),
        (dict, "one list; for groups with settings of their own, make an optimiser for each"),
    ):
        if isinstance(p, kind):
            return f": pass {instead}"
    return ""
