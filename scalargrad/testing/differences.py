"""Derivatives by central differences, extrapolated to step 0 (Ridders' method), with an estimate of their error.

C. J. F. Ridders, Accurate computation of F'(x) and F'(x)F''(x), Advances in Engineering Software 4 (1982) 75-76.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

Function = Callable[[float], float]

_EPSILON = 2.0**-52
_ROWS = 10  # halvings of a step, for example from x/4 to x/2000
_CONFIRMATIONS = 5  # steps of h/64 to h/64**5, that is 1e-9 h
_DROWNED = 1e-3  # noise relative to the size of f, beyond which no digit of a difference is reliable
_VAGUE = 1e-6  # a relative estimate that one-sided slopes may improve
_UGLY = 0.7390851332151607  # has no short binary form
_COARSE = 2.0**12  # a grain that no rounding of f itself makes
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
        around = [(h, self.at(x + side * h)) for h in self._starts()[:2] for side in (1.0, -1.0)]
        self.variation = max(  # a typical slope
            abs(at_x) / max(abs(x), 1.0), *(abs(y - at_x) / h for h, y in around if y == y), 0.0
        )
        size = max(abs(at_x), *(abs(y) for _, y in around if y == y), 0.0)
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

        Each is of points on one side of x, because f may jump at x. At least half an ulp of f(x), the least that any f
        rounds; the smallest double, in case something underflows; and what f's values are multiples of.
        """
        noise = max(0.5 * _EPSILON * abs(self.at_x) + math.ulp(0.0), 0.5 * self._grain())
        for k in (3, 7, 13, 29):
            for h in (k * math.ulp(self.x), -k * math.ulp(self.x)):
                first, second, third = (self.at(self.x + j * h) for j in (1, 2, 3))
                noise = max(noise, 0.5 * abs((first - second) - (second - third)))  # max ignores a nan in second place
        return noise

    def _grain(self) -> float:
        """The power of two that all values of f near x are multiples of.

        Only a sum with a larger number leaves one that is much coarser than a value itself, as in (1 + x*x) - 1.
        """
        grain, seen = math.inf, set()
        for exponent in (-3, -9, -18, -24, -27, -36):
            for scale in dict.fromkeys((1.0, abs(self.x) or 1.0)):
                y = self.at(self.x + _UGLY * scale * 2.0**exponent)
                if math.isfinite(y) and y not in (0.0, self.at_x):
                    numerator, denominator = abs(y).as_integer_ratio()
                    lowest = numerator & -numerator  # its last bit
                    grain = min(grain, lowest / denominator)
                    seen.add(abs(y))
        return grain if len(seen) > 2 and grain > _COARSE * math.ulp(min(seen)) else 0.0

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
        else:
            if best.estimate > _VAGUE * abs(best.slope):  # also if nan
                sides = self._of_both_sides()
                best = sides if sides.estimate < best.estimate else best
        return best

    # --- one side at a time ---

    def _of_both_sides(self) -> Slope:
        """The derivative that both sides agree on, for an f that is smooth on either side only, such as x*abs(x)."""
        left, right = self._of_one_side(-1.0), self._of_one_side(1.0)
        rounding = max(left.rounding, right.rounding)
        estimate = max(left.estimate, right.estimate, abs(left.slope - right.slope))
        return Slope(0.5 * (left.slope + right.slope), math.inf if math.isnan(estimate) else estimate, rounding)

    def _of_one_side(self, side: float) -> Slope:
        """The slope on one side, extrapolated from steps start, start/2, ... in powers of the step."""
        best = Slope(math.nan, math.inf, math.inf)
        for start in self._starts() + ([2.0**-100, 2.0**-300] if self.x == 0.0 else []):
            found, at = best, 0.0
            above: list[float] = []
            h = start
            for _ in range(_ROWS):
                if h < self._smallest:
                    break
                row, rounding = [self._side(side * h)], 8.0 * self._noise_of(side * h) / h
                for j, previous in enumerate(above):
                    row.append(row[j] + (row[j] - previous) / (2.0 ** (j + 1) - 1.0))
                    estimate = max(abs(row[j + 1] - row[j]), abs(row[j + 1] - previous)) + rounding
                    if estimate < found.estimate:
                        found, at = Slope(row[j + 1], estimate, rounding), h
                above, h = row, h / 2
            if at and self._is_confirmed_on(side, found.slope, at):
                best = found
        return best

    def _is_confirmed_on(self, side: float, slope: float, h: float) -> bool:
        """Whether far smaller steps come closer to the slope, as `_confirmed` asks of the central differences."""
        error = abs(self._side(side * h) - slope)
        steps = [h / 64**k for k in range(1, _CONFIRMATIONS + 1) if h / 64**k >= self._smallest]
        return all(abs(self._side(side * h) - slope) <= error / 4 + 2.0 * self._noise_of(side * h) / h for h in steps)

    def _side(self, h: float) -> float:
        return (self.at(self.x + h) - self.at_x) / h

    def _noise_of(self, h: float) -> float:
        y = self.at(self.x + h)
        noise = self._noise + _EPSILON * max(abs(y), abs(self.at_x))
        return max(noise, _EPSILON) if y == self.at_x else noise

    def _levels(self) -> list[float]:
        """Ever smaller steps, on the scale of 1 and of x, as far as the digits of x go."""
        steps = {2.0**e for e in (-14, -24, -34, -44, -54, -100, -200, -400, -800)}
        if self.x:
            steps |= {abs(self.x) * 2.0**e for e in (-14, -24, -34, -44)}
        found: list[float] = []
        for h in sorted(steps, reverse=True):
            if h >= self._smallest and not (found and h > found[-1] * 2.0**-8):  # far enough apart to see f converge
                found.append(h)
        return found

    @functools.cached_property
    def _sides(self) -> tuple[tuple[float, float] | None, float, float]:
        """The kink at x, the error of its slopes, and the jump at x. Each lasts however small the step, down to where
        f's rounding would hide it: for a smooth f, the slopes on both sides meet, and f meets f(x)."""
        kink: tuple[float, float] | None = None
        error, gap, step, lasts, jumps = math.inf, 0.0, 0.0, False, False
        before = (math.nan, math.nan)
        for h in self._levels():
            slopes = self._side(-h), self._side(h)
            if not (math.isfinite(slopes[0]) and math.isfinite(slopes[1])):
                return None, math.inf, 0.0
            # a change of f that vanished beside a 1, or underflowed
            flat = slopes == (0.0, 0.0) and gap * h < _EPSILON
            if gap and (flat or 20.0 * self._noise / h > 0.5 * gap):
                break
            step_before, gap_before = step, gap
            gap, step = abs(slopes[1] - slopes[0]), max(abs(slopes[0]), abs(slopes[1])) * h
            seen = gap > 20.0 * self._noise / h
            lasts = seen and 0.0 < gap_before < 2.0 * gap
            jumps = step > 20.0 * self._noise and 0.0 < step_before < 2.0 * step
            moved = self._noise / h + max(abs(slopes[0] - before[0]), abs(slopes[1] - before[1]))
            before, gap = slopes, gap if seen else 0.0
            if lasts and (kink is None or moved < error):
                kink, error = slopes, moved
        plain = (kink[0] + 0.0, kink[1] + 0.0) if kink and lasts else None  # -0.0 would puzzle a reader
        return plain, error, (step if jumps else 0.0)

    def kink(self) -> tuple[float, float] | None:
        """The slopes on the left and on the right of x if they differ, however small the step; else None."""
        return self._sides[0]

    @property
    def kink_error(self) -> float:
        """How far the slopes of `kink` may be off."""
        return self._sides[1]

    def jump(self) -> float:
        """The largest step from f(x) to what f is beside x, however near; 0.0 if f is continuous."""
        return self._sides[2]
