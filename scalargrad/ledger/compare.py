"""Compares two results within a tolerance, and a wrong form with a right one."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from scalargrad.errors import ShapeError
from scalargrad.transforms.containers import entries, flat, keys, rebuild

EPSILON = sys.float_info.epsilon
_SMALLEST = 5e-324


def _form(x: Any) -> Any:
    """The nesting without the numbers. The parts may differ in shape."""
    found = keys(x)
    return 0 if found is None else [0 if type(x[key]) is float else _form(x[key]) for key in found]


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
    latex: str = ""  # of a step
    is_step: bool = False  # a line of the derivation, not the row's own statement

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


def _without_nans(each: Comparison) -> Comparison:
    """The comparison with 0 for a nan where both sides have one."""
    same = [a != a and b != b for a, b, _ in each.entries()]
    if not any(same):
        return each
    a, b = (
        rebuild(x, [0.0 if nan else item for item, nan in zip(flat(x), same)]) for x in (each.analytic, each.engine)
    )
    return each._replace(analytic=a, engine=b)


class Refutation(NamedTuple):
    """A wrong form beside the right one, on numbers: they part, and the engine agrees with the right one."""

    what: str
    wrong: Any  # numbers; or text, where there are none
    right: Comparison
    again: Any = None  # the wrong form once more, from the engine's numbers
    size: Any = None  # its scale, if that is not the right form's
    of: str = ""  # the misprint of a row that it shows

    def parts(self) -> list[tuple[str, Any, float]]:
        """Where the two differ visibly, by a thousandth of the larger number: the path, the wrong number, the right."""
        if isinstance(self.wrong, str) or _form(self.wrong) != _form(self.right.analytic):
            return [("", self.wrong, self.right.analytic)]
        return [(path, a, b) for (path, a), b in zip(entries(self.wrong, ""), flat(self.right.analytic))
                if not (a == b or (a != a and b != b) or abs(a - b) <= 1e-3 * max(abs(a), abs(b)) < float("inf"))
                ]  # fmt: skip

    def comparisons(self) -> list[Comparison]:
        """What the engine must agree with: the right form, and the wrong one as it is meant. Two nans agree in both."""
        if self.again is None:
            return [_without_nans(self.right)]
        scale = self.right.scale if self.size is None else self.size
        meant = Comparison(f"{self.what}, the wrong form", self.wrong, self.again, scale, self.right.n)
        return [_without_nans(self.right), _without_nans(meant)]

    def misses(self, units: float) -> list[str]:
        """The pairs of numbers that differ, as text."""
        return [miss for each in self.comparisons() for miss in each.misses(units)]

    def holds(self, units: float) -> bool:
        """Whether the wrong form is wrong here, and the engine agrees with both."""
        return bool(self.parts()) and not self.misses(units)
