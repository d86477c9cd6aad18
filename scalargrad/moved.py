"""Modules that have moved since 0.1.0, under their old names: pickles that it wrote look there."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_NOW_AT = {
    "arithmetic": "arrays.arithmetic",
    "calculus.compare": "ledger.compare",
    "calculus.ledger": "ledger.rows",
    "custom": "transforms.custom",
    "differences": "testing.differences",
    "elements": "arrays.base",
    "initialisers": "nn.initialisers",
    "layers": "nn",
    "many": "arrays.many",
    "modules": "nn.module",
    "strategies": "testing.strategies",
}
_NAMED_NOW = {"Arithmetic": "Reductions"}  # the class that has the reductions too, as `Vector.sum`


class _Moved(ModuleType):
    """Looks its names up where they are now, which it imports at the first of them."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        place = _NOW_AT[self.__name__.removeprefix("scalargrad.")]
        if name in _NAMED_NOW:
            place, name = "arrays.reductions", _NAMED_NOW[name]
        return getattr(import_module(f"scalargrad.{place}"), name)


for _name in _NOW_AT:
    sys.modules[f"scalargrad.{_name}"] = _Moved(f"scalargrad.{_name}")
