"""The functions of numpy that have a rule, and what the others raise."""

from __future__ import annotations

from typing import Any

import numpy

from scalargrad import core
from scalargrad.arrays.base import Array
from scalargrad.arrays.numpy import linear, looking, moving, pointwise, products, reducing
from scalargrad.arrays.numpy.rules import RULES, called, of_numpy, refuse

_HOME = (linear, looking, moving, pointwise, products, reducing)  # importing them registered the rules

_NAMES: dict[Any, str] = {function: name for name in RULES if (function := of_numpy(name)) is not None}


def array_function(function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a function of numpy returns for arrays of ours. Raises `DispatchError` if it has no rule."""
    if not all(issubclass(each, (Array, core.Node, numpy.ndarray)) for each in types):
        return NotImplemented
    name = _NAMES.get(function)
    if name is not None:
        return called(name, RULES[name], args, kwargs)
    place = function.__module__.removeprefix("numpy").removeprefix(".")
    name = f"{place}.{function.__name__}".removeprefix(".")
    refuse(name)
