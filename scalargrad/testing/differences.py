"""Derivatives by central differences, extrapolated to step 0 (Ridders' method), with an estimate of their error.

C. J. F. Ridders, Accurate computation of F'(x) and F'(x)F''(x), Advances in Engineering Software 4 (1982) 75-76.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

Function = Callable[[float], float]

_EPSILON = 2.0**-52
_ROWS = 10  # halvings of a step, for example from x/4 to x/2000
_CONFIRMATIONS = 5  # steps of h/64 to h/64**5, that is 1e-9 h
_DROWNED = 1e-3  # noise relative to the size of f, beyond which no digit of a difference is reliable
_GOOD = 1e-11  # a relative estimate that further steps hardly improve: (2**-53)**(3/4), rounded up


class Slope(NamedTuple):
    """A derivative, its estimated error, and the part of the estimate that comes from the rounding of f."""

    slope: float
    estimate: float
    rounding: float


class Differences:
    """f around x. Where f raises or is not finite, its value counts as nan."""

    def __init__(self, f: Function, x: float, at_x: float) -> None:
        self._f, self.x, self.at_x = f, x, at_x
        self.error: Exception | None = None  # the last exception of f
        self._quotients: dict[float, tuple[float, float]] = {}
        self._smallest = 4.0 * math.ulp(x)  # steps are powers of two from here up, so x + h and x - h are exact
        self._noise = self._measure_noise()
        h = self._starts()[0]
        size = max(abs(at_x), *(abs(y) for y in (self.at(x + h), self.at(x - h)) if y == y), 0.0)
        self.drowned = self._noise > max(_DROWNED * size, 2.0**-1000)  # f jumps, or x has too few digits to resolve it

    def at(self, x: float) -> float:
        try:
            value = self._f(x)
        except Exception as error:
            self.error = error
            return math.nan
        return value if math.isfinite(value) else math.nan

    def _measure_noise(self) -> float:
        """The rounding error of f near x: its second differences over a few ulps, where a smooth f is straight.

        At least half an ulp of f(x), the least that any f rounds, and the smallest double, in case something
        underflows.
        """
        noise = 0.5 * _EPSILON * abs(self.at_x) + math.ulp(0.0)
        for k in (3, 7, 13, 29):
            h = k * math.ulp(self.x)
            second = 0.5 * abs((self.at(self.x + h) - self.at_x) - (self.at_x - self.at(self.x - h)))
            noise = max(noise, second)  # max ignores a nan in second place
        return noise

    def quotient(self, h: float) -> tuple[float, float]:
        """The central difference quotient with step h, and its rounding error."""
        if h not in self._quotients:
            above, below = self.at(self.x + h), self.at(self.x - h)
            # if both numbers are far larger than f(x), their difference has their rounding
            noise = self._noise + 0.5 * _EPSILON * max(abs(above), abs(below))
            if above == below == self.at_x:  # the change may have vanished in a sum with a number near 1, as in 1 + x*x
                noise = max(noise, _EPSILON)
            self._quotients[h] = (above / 2 - below / 2) / h, noise / h
        return self._quotients[h]

    def _starts(self) -> list[float]:
        """First steps: f may vary on the scale of x, of 1, or of something smaller.

        The scale of x comes first: abs and log vary on no other scale, and larger steps would hide their variation.
        """
        magnitude = math.frexp(self.x)[1] if self.x else 0
        exponents = [magnitude - 3, -3, -9, magnitude - 12, -18, -30, 8, magnitude - 22]
        unique = dict.fromkeys(min(e, 1000) for e in exponents)
        return [2.0**e for e in unique if 2.0**e >= self._smallest]

    def _candidates(self, start: float) -> list[tuple[Slope, float]]:
        """Richardson extrapolations from steps start, start/2, ..., each with the smallest step that it uses."""
        found: list[tuple[Slope, float]] = []
        above: list[float] = []
        h = start
        best = math.inf
        for _ in range(_ROWS):
            if h < self._smallest:
                break
            quotient, rounding = self.quotient(h)
            rounding *= 2.0  # the weights of an extrapolation sum to less than 2: 5/3 * 17/15 * 65/63 * ...
            row = [quotient]
            for j, previous in enumerate(above):
                row.append(row[j] + (row[j] - previous) / (4.0 ** (j + 1) - 1.0))
                spread = max(abs(row[j + 1] - row[j]), abs(row[j + 1] - previous))
                if math.isfinite(spread):
                    found.append((Slope(row[j + 1], spread + rounding, rounding), h))
                    best = min(best, spread + rounding)
            if rounding > best:
                break
            above, h = row, h / 2
        return found

    def _confirmed(self, candidate: Slope, h: float) -> Slope:
        """The candidate, with a larger estimate if far smaller steps contradict it.

        Extrapolation knows only the points of its own steps. A wave whose period is a power of two looks flat there,
        and a kink close to x looks straight. The error of a plain quotient is of order h**2, so a step of h/64 must be
        closer.
        """
        error = abs(self.quotient(h)[0] - candidate.slope)
        for k in range(1, _CONFIRMATIONS + 1):
            if h / 64**k < self._smallest:
                break
            quotient, rounding = self.quotient(h / 64**k)
            gap = abs(quotient - candidate.slope)
            if gap > error / 16 + 2.0 * rounding:
                return candidate._replace(estimate=max(candidate.estimate, gap))
        return candidate

    def slope(self) -> Slope:
        """The derivative with the least estimated error; nan if f has no finite values on both sides of x."""
        best = Slope(math.nan, math.inf, math.inf)
        if self.drowned:
            return best
        for start in self._starts():
            found = sorted(self._candidates(start), key=lambda item: item[0].estimate)
            for candidate, h in found[:3]:
                confirmed = self._confirmed(candidate, h)
                if confirmed.estimate < best.estimate:
                    best = confirmed
                if confirmed.estimate == candidate.estimate:
                    break
            if best.estimate <= _GOOD * abs(best.slope):
                break
        return best

    def kink(self) -> tuple[float, float] | None:
        """The slopes on the left and on the right of x if they differ for every small step, else None.

        For a smooth f their difference shrinks with the step. At a kink it does not, for a step 1024 times smaller.
        """
        for scale in dict.fromkeys((abs(self.x) or 1.0, 1.0)):
            found = self._kink_over(max(scale * 2.0**-24, self._smallest))
            if found is not None:
                return found
        return None

    def _kink_over(self, small: float) -> tuple[float, float] | None:
        slopes: list[tuple[float, float]] = []
        for h in (small * 1024, small):
            slopes.append(((self.at_x - self.at(self.x - h)) / h, (self.at(self.x + h) - self.at_x) / h))
        (left, right), (near_left, near_right) = slopes
        jump = abs(near_right - near_left)
        if jump > 0.5 * abs(right - left) and jump > 20 * self._noise / small and math.isfinite(jump):
            return near_left, near_right
        return None
