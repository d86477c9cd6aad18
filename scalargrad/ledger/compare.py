"""Compares the engine's results with the analytic ones: computes the engine's, and checks the tolerance."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from scalargrad.errors import ShapeError
from scalargrad.transforms.containers import flat, keys, mapped
from scalargrad.value import Value

EPSILON = sys.float_info.epsilon
_SMALLEST = 5e-324


def _form(x: Any) -> Any:
    """The nesting without the numbers. The parts may differ in shape."""
    found = keys(x)
    return 0 if found is None else [_form(x[key]) for key in found]


class Comparison(NamedTuple):
    """Two results, and how much they may differ by rounding.

    For a row's `units`, two numbers may differ by units·n·ε·scale + extra, with n the length of the longest sum and
    ε = 2⁻⁵². `scale` has the shape of the results, or is one number for all; None stands for the larger of the two
    numbers. `extra` is the truncation error of a limit. A few of the smallest doubles are added for underflow.
    """

    what: str
    analytic: Any
    engine: Any
    scale: Any = None
    n: int = 1
    extra: float = 0.0

    def entries(self) -> list[tuple[float, float, float]]:
        """The analytic result, the engine's and the scale, number by number. Raises `ShapeError` if shapes differ."""
        if _form(self.analytic) != _form(self.engine):
            raise ShapeError(f"{self.what}: forms {_form(self.analytic)} and {_form(self.engine)}")
        a, b, scale = flat(self.analytic), flat(self.engine), flat(self.scale)
        if self.scale is None:
            scale = [max(abs(p), abs(q)) for p, q in zip(a, b)]
        if len(scale) == 1:
            scale = scale * len(a)
        if len(scale) != len(a):  # otherwise zip would skip numbers
            raise ShapeError(f"{self.what}: {len(a)} numbers and a scale for {len(scale)}")
        return list(zip(a, b, scale))

    def difference(self) -> float:
        """The largest difference of two numbers; inf if one is a nan."""
        gaps = [0.0 if a == b else abs(a - b) for a, b, _ in self.entries()]
        return max((gap if gap == gap else float("inf") for gap in gaps), default=0.0)

    def misses(self, units: float) -> list[str]:
        """The pairs of numbers that differ by more than `units` allow, as text."""
        found = []
        for k, (a, b, scale) in enumerate(self.entries()):
            bound = units * self.n * (EPSILON * scale + _SMALLEST) + self.extra
            if not (a == b or abs(a - b) <= bound < float("inf")):  # an infinite scale would allow any difference
                found.append(f"{self.what}, entry {k}: {a!r} and {b!r}, {abs(a - b):.3g} apart, {bound:.3g} allowed")
        return found


class Worked(NamedTuple):
    """A row worked out on numbers."""

    inputs: dict[str, Any]
    comparisons: list[Comparison]


def gradients(output: Any, inputs: Any) -> Any:
    """The gradient of one output by nested lists of leaves, in their shape. Zeros if the output is a float."""
    for leaf in flat(inputs):
        leaf.grad = 0.0
    if isinstance(output, Value):
        output.backward()
    return mapped(lambda leaf: leaf.grad, inputs)


def engine_gradient(f: Callable[..., Any], *arguments: Any) -> Any:
    """The gradient of a number by nested lists of floats; for several arguments, a list of gradients."""
    inputs = mapped(Value, list(arguments))
    found = gradients(f(*inputs), inputs)
    return found if len(arguments) > 1 else found[0]


def engine_jacobian(f: Callable[[Any], Sequence[Any]], x: Any) -> list[Any]:
    """The gradients of a list of numbers by nested lists of floats, with one backward per number."""
    inputs = mapped(Value, x)
    return [gradients(output, inputs) for output in flat(list(f(inputs)))]
