"""Both backends in one process, for the tests that compare them: the C core by `core`, the pure one by `tape`."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalargrad import core, value
from scalargrad.arrays.base import Array
from scalargrad.pure import operators, sweep, tape
from scalargrad.pure.quick.operators import apply


@dataclass
class Engine:
    name: str
    leaf: Callable[[float], Any]
    apply: Callable[..., Any]
    reduce: Callable[..., Any]
    backward: Callable[[Any, float], None]


def pure() -> Engine:
    if core.backend() != "python":
        tape.upcall("recorded", lambda *_: None)
    return Engine(
        "python",
        operators.Node,
        apply,
        tape.reduce,
        lambda root, seed: sweep.backward(root, seed, False) and None,
    )


def native() -> Engine:
    assert core.backend() == "native"
    return Engine(
        "native", value.Value, core.apply, core.reduce, lambda root, seed: core.backward(root, seed, False) and None
    )


def bits(x: float) -> Any:
    """A key that is equal for equal results: the bits, except that any nan equals any nan."""
    return "nan" if x != x else struct.pack("<d", x)


def same(x: Any, y: Any) -> bool:
    """Asserts that two results are equal, with the same types down to the numbers."""
    if type(x) is not type(y):
        return False
    if isinstance(x, dict):
        return list(x) == list(y) and all(same(x[k], y[k]) for k in x)
    if isinstance(x, (list, tuple)):
        return len(x) == len(y) and all(map(same, x, y))
    if isinstance(x, np.ndarray):
        return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()
    if isinstance(x, Array):
        return same(x.data, y.data)
    return bool(bits(x) == bits(y)) if isinstance(x, float) else bool(x == y)


__all__ = ["Engine", "bits", "native", "pure", "same"]
