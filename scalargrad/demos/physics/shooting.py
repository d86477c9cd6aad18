"""Multiple shooting: the parameters of a differential equation, from noisy observations of one orbit.

One orbit from the first observation to the last cannot be fitted where the equation is chaotic: a change of the start
grows exponentially, so the misfit has a great many narrow valleys, and its gradient says nothing of where the lowest
is. Here the orbit is cut into short shots. Each has a start of its own, which the observations say roughly, and in a
short time nothing grows much. The gaps between the shots are residuals too. Their weight rises from step to step, until
the shots are one orbit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad.demos.physics.integrating import Slope, rk4

_TRIES = 12  # of a step, each shorter than the one before
_LOOSEST, _TIGHTEST = 10.0, 1e-4  # what a gap is divided by, in the unit of the observations
_FREE = 0.2  # in this share of the steps the gaps do not count


class Problem(NamedTuple):
    """What is to be fitted."""

    equation: Callable[[Sequence[Any]], Slope[Any]]  # of the parameters, which may be Values, to state' of the state
    observed: Sequence[Sequence[float]]  # whole states, at equal distances in time
    between: float  # that distance
    fine: int  # steps of the Runge-Kutta method between two observations
    length: int  # observations from the start of a shot to that of the next; it divides the number of distances


class Fit(NamedTuple):
    """What a step found."""

    parameters: list[float]
    errors: list[float]  # their standard errors, while the gaps have their present weight
    orbit: list[list[float]]  # at the times of the observations
    noise: float  # the standard deviation of the observations from the orbit
    gap: float  # the widest between two shots


def shots(problem: Problem, unknowns: Sequence[Any], parameters: int) -> tuple[list[Any], list[Any]]:
    """The orbit at the times of the observations, and where each shot ends.

    The unknowns are the parameters and the start of each shot, of floats or of Values.
    """
    slope = problem.equation(unknowns[:parameters])
    size, step = len(problem.observed[0]), problem.between / problem.fine
    orbit, ends = [], []
    for start in range(parameters, len(unknowns), size):
        state = unknowns[start : start + size]
        for _ in range(problem.length):
            orbit.append(state)
            for _ in range(problem.fine):
                state = rk4(slope, state, step)
        ends.append(state)
    return [*orbit, ends[-1]], ends


class Shooting:
    """The fit of a `Problem` by the method of Levenberg and Marquardt: Gauss-Newton with damped steps."""

    def __init__(self, problem: Problem, guess: Sequence[float]) -> None:
        self.problem, self.count = problem, len(guess)
        starts = problem.observed[: -1 : problem.length]
        self.unknowns = [*guess, *(x for start in starts for x in start)]
        self.damping = 1e-3
        self.jacobian = sg.jacobian(self.residuals)

    def residuals(self, unknowns: Sequence[Any], weight: float) -> list[Any]:
        """The orbit minus the observations, number by number; then the gaps between the shots, times their weight."""
        orbit, ends = shots(self.problem, unknowns, self.count)
        found = [x - y for state, seen in zip(orbit, self.problem.observed) for x, y in zip(state, seen)]
        later = orbit[self.problem.length : -1 : self.problem.length]
        return found + [(x - y) * weight for end, start in zip(ends, later) for x, y in zip(end, start)]

    def fits(self, steps: int) -> Iterator[Fit]:
        """Makes the steps. Yields what is found after each."""
        for k in range(steps):
            yield self._step(_weight(k, steps))

    def _step(self, weight: float) -> Fit:
        # A column per unknown, but a sweep finds many: no residual depends on the starts of two distant shots.
        rows = self.jacobian(self.unknowns, weight)
        normal, slope = _normal(rows, self.residuals(self.unknowns, weight))
        before = self._sum_of_squares(self.unknowns, weight)
        for _ in range(_TRIES):
            damped = [row[:i] + [row[i] * (1.0 + self.damping)] + row[i + 1 :] for i, row in enumerate(normal)]
            move = sg.linalg.solve(damped, slope).data
            tried = [x - by for x, by in zip(self.unknowns, move)]
            if self._sum_of_squares(tried, weight) <= before:
                self.unknowns = tried
                self.damping = max(0.1 * self.damping, 1e-14)
                break
            self.damping = max(10.0 * self.damping, 1e-6)
        return self._fit(normal)

    def _sum_of_squares(self, unknowns: Sequence[float], weight: float) -> float:
        try:
            return math.fsum(x * x for x in self.residuals(unknowns, weight))
        except OverflowError:  # far too long a step
            return math.inf

    def _fit(self, normal: list[list[float]]) -> Fit:
        orbit, ends = shots(self.problem, self.unknowns, self.count)
        observed, length = self.problem.observed, self.problem.length
        squares = math.fsum((x - y) ** 2 for state, seen in zip(orbit, observed) for x, y in zip(state, seen))
        size = len(observed[0])
        variance = squares / (size * len(observed) - self.count - size)
        inverse = sg.linalg.inv(normal).data
        return Fit(
            parameters=self.unknowns[: self.count],
            errors=[math.sqrt(variance * inverse[i][i]) for i in range(self.count)],
            orbit=orbit,
            noise=math.sqrt(variance),
            gap=max(
                (abs(x - y) for end, start in zip(ends, orbit[length:-1:length]) for x, y in zip(end, start)),
                default=0.0,
            ),
        )


def _weight(step: int, steps: int) -> float:
    """What a gap is multiplied by: at first 0, later from little to much, in equal factors."""
    free = round(_FREE * steps)
    if step < free:
        return 0.0
    share = (step - free) / max(steps - 1 - free, 1)
    return float((_TIGHTEST / _LOOSEST) ** -share / _LOOSEST)


def _normal(rows: Sequence[Sequence[float]], residuals: Sequence[float]) -> tuple[list[list[float]], list[float]]:
    """The matrix and the right side of the normal equations. Most numbers in a row are 0, and are passed over."""
    size = len(rows[0])
    matrix, right = [[0.0] * size for _ in range(size)], [0.0] * size
    for row, residual in zip(rows, residuals):
        entries = [(i, x) for i, x in enumerate(row) if x]
        for i, x in entries:
            right[i] += x * residual
            for j, y in entries:
                matrix[i][j] += x * y
    return matrix, right
