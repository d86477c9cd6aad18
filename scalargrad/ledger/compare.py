"""The engine's answer beside the analytic one: what is compared, and how near the two must be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from scalargrad.arrays.base import Array
from scalargrad.errors import ShapeError
from scalargrad.value import Value

EPSILON = sys.float_info.epsilon
_SMALLEST = 5e-324


def flat(x: Any) -> list[Any]:
    """The numbers in nested lists or arrays, in order."""
    if isinstance(x, Array):
        x = x.tolist()
    if isinstance(x, (list, tuple)):
        return [item for part in x for item in flat(part)]
    return [x]


def _form(x: Any) -> Any:
    """The nested lists without their numbers; a tuple of several answers need not be of one shape."""
    return [_form(part) for part in x] if isinstance(x, (list, tuple)) else 0


class Comparison(NamedTuple):
    """Two answers, number by number, and how far apart rounding may have carried them.

    The bound of a row's `units` is units·n·ε·scale + extra, with n the length of the longest sum and ε = 2⁻⁵². `scale`
    has the shape of the answers, or is one number for all; None is the larger of the two themselves. `extra` is for
    what is not rounding, the truncation of a limit. A few of the smallest numbers are let pass: underflow is absolute.
    """

    what: str
    analytic: Any
    engine: Any
    scale: Any = None
    n: int = 1
    extra: float = 0.0

    def entries(self) -> list[tuple[float, float, float]]:
        """Analytic, engine and scale of every number. Raises `ShapeError` when the shapes differ."""
        if _form(self.analytic) != _form(self.engine):
            raise ShapeError(f"{self.what}: forms {_form(self.analytic)} and {_form(self.engine)}")
        a, b, scale = flat(self.analytic), flat(self.engine), flat(self.scale)
        if self.scale is None:
            scale = [max(abs(p), abs(q)) for p, q in zip(a, b)]
        if len(scale) == 1:
            scale = scale * len(a)
        if len(scale) != len(a):  # or numbers would go uncompared
            raise ShapeError(f"{self.what}: {len(a)} numbers and a scale for {len(scale)}")
        return list(zip(a, b, scale))

    def difference(self) -> float:
        """The largest difference of two numbers; inf for a nan."""
        gaps = [0.0 if a == b else abs(a - b) for a, b, _ in self.entries()]
        return max((gap if gap == gap else float("inf") for gap in gaps), default=0.0)

    def misses(self, units: float) -> list[str]:
        """The numbers further apart than `units` allow, as text; none if all is well."""
        found = []
        for k, (a, b, scale) in enumerate(self.entries()):
            bound = units * self.n * (EPSILON * scale + _SMALLEST) + self.extra
            if not (a == b or abs(a - b) <= bound < float("inf")):  # the scale of an inf allows anything
                found.append(f"{self.what}, entry {k}: {a!r} and {b!r}, {abs(a - b):.3g} apart, {bound:.3g} allowed")
        return found


class Worked(NamedTuple):
    """A row worked out on numbers."""

    inputs: dict[str, Any]
    comparisons: list[Comparison]


def leaves(x: Any) -> Any:
    """The numbers in nested lists as Values."""
    return [leaves(item) for item in x] if isinstance(x, (list, tuple)) else Value(x)


def gradients(output: Any, inputs: Any) -> Any:
    """The gradient of one output of the engine by nested lists of leaves, in their shape; 0.0 where it is a float."""
    for leaf in flat(inputs):
        leaf.grad = 0.0
    if isinstance(output, Value):
        output.backward()
    return _grads(inputs)


def _grads(inputs: Any) -> Any:
    return [_grads(item) for item in inputs] if isinstance(inputs, list) else inputs.grad


def engine_gradient(f: Callable[..., Any], *arguments: Any) -> Any:
    """The gradient of a number by nested lists of floats; a list of them where there are several arguments."""
    inputs = [leaves(x) for x in arguments]
    found = gradients(f(*inputs), inputs)
    return found if len(arguments) > 1 else found[0]


def engine_jacobian(f: Callable[[Any], Sequence[Any]], x: Any) -> list[Any]:
    """The gradients of a list of numbers by nested lists of floats, one backward each."""
    inputs = leaves(x)
    return [gradients(output, inputs) for output in flat(list(f(inputs)))]
