"""A differential equation, step by step: the classical Runge-Kutta method, of floats and of Values alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import scalargrad as sg

Number = TypeVar("Number", float, "float | sg.Value")
Slope = Callable[[Sequence[Number]], Sequence[Number]]


def rk4(slope: Slope[Number], state: Sequence[Number], step: float) -> list[Number]:
    """The state one step later. The error of a step is of the fifth order, and that of an orbit of the fourth.

    The equation is state' = slope(state). The gradient flows through the step if the state, or what `slope` uses, is
    a Value.

    >>> rk4(lambda x: [-x[0]], [1.0], 1.0)  # 1 - h + h**2/2 - h**3/6 + h**4/24
    [0.375]
    """
    half = 0.5 * step
    first = slope(state)
    second = slope([x + half * k for x, k in zip(state, first)])
    third = slope([x + half * k for x, k in zip(state, second)])
    fourth = slope([x + step * k for x, k in zip(state, third)])
    return [x + (a + 2.0 * (b + c) + d) * (step / 6.0) for x, a, b, c, d in zip(state, first, second, third, fourth)]
