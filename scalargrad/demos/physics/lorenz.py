"""The demo `lorenz`: the three parameters of a chaotic system, from one noisy orbit."""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator, Sequence
from typing import IO, Any

import scalargrad as sg
from scalargrad.demos.physics import lorenz_picture
from scalargrad.demos.physics.integrating import Slope, rk4
from scalargrad.demos.physics.shooting import Fit, Problem, Shooting, shots
from scalargrad.demos.running import Demo, Told, between, numbers

TRUE = (10.0, 28.0, 8.0 / 3.0)  # sigma, rho, beta, as Lorenz chose them
_NAMES = ("sigma", "rho", "beta")
_BETWEEN, _FINE = 0.1, 4  # between two observations; steps of integration in it
_LENGTH, _SHOTS = 5, 32  # of a shot, in observations; their number
_SMOOTH = 16  # the same for the true orbit
_JOINED = 1e-3  # a gap that is not seen in the noise
_SETTLING = 50  # times between two observations, before the first: by then the orbit is on the attractor
_SCANNED, _SPREAD = 101, 2.5  # values of rho in the picture of the misfit, and how far they go to both sides


def lorenz(parameters: Sequence[Any]) -> Slope[Any]:
    """The equation of Lorenz: x' = sigma (y - x), y' = x (rho - z) - y, z' = x y - beta z."""
    sigma, rho, beta = parameters

    def slope(state: Sequence[Any]) -> list[Any]:
        x, y, z = state
        return [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]

    return slope


class Lorenz(Demo):
    """Fits sigma, rho, beta and the orbit to 161 noisy observations, by multiple shooting (see `shooting`).

    A single shot over the whole time is hopeless in a chaotic system: the picture shows its misfit. By default this
    takes about 3 seconds with the C core, and about a minute without; time is proportional to the steps.
    """

    name = "lorenz"
    about = "find the three parameters of Lorenz's chaotic system in a noisy orbit, by multiple shooting"
    steps = 25
    counted = "steps of Gauss-Newton"
    example = "--noise 2 --start 5,15,1"

    def __init__(self, seed: int, noise: float, start: Sequence[float]) -> None:
        rng = random.Random(seed)
        self.truth = _orbit(rng)
        self.observed = [[x + rng.gauss(0.0, noise) for x in state] for state in self.truth[::_SMOOTH]]
        self.problem = Problem(lorenz, self.observed, _BETWEEN, _FINE, _LENGTH)
        self.shooting = Shooting(self.problem, start)
        self.start = list(start)
        self.fits: list[Fit] = []

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--noise", type=between(0.2, 5.0), default=1.0, help="standard deviation of the noise (%(default)s)"
        )
        parser.add_argument("--start", type=_start, default="5,15,1", metavar="SIGMA,RHO,BETA",
                            help="the first guess of the parameters (%(default)s)")  # fmt: skip

    @classmethod
    def from_options(cls, options: argparse.Namespace) -> Lorenz:
        return cls(options.seed, options.noise, options.start)

    def parameters(self) -> list[float]:
        return self.shooting.unknowns

    def tell(self, steps: int) -> Iterator[Told]:
        for fit in self.shooting.fits(steps):
            self.fits.append(fit)
            found = "  ".join(f"{name} {x:.3f}" for name, x in zip(_NAMES, fit.parameters))
            yield Told(f"{found}  misfit {fit.noise:.3f}  gap {fit.gap:.1e}")

    def _fitted(self) -> list[Any]:
        """The fitted orbit at the times of the true one, to draw it as a smooth line."""
        smooth = self.problem._replace(between=_BETWEEN / _SMOOTH, fine=1, length=_LENGTH * _SMOOTH)
        return shots(smooth, self.shooting.unknowns, len(TRUE))[0]

    def _misfits(self, length: int, rhos: Sequence[float]) -> list[float]:
        """How far the orbit is from the observations when only rho changes, and the shots are so long."""
        sigma, _, beta, *starts = self.shooting.unknowns
        found = []
        for rho in rhos:
            unknowns = [sigma, rho, beta, *starts[: 3 * (len(self.observed) - 1) // length]]
            orbit, _ = shots(self.problem._replace(length=length), unknowns, len(TRUE))
            squares = [(x - y) ** 2 for state, seen in zip(orbit, self.observed) for x, y in zip(state, seen)]
            found.append(math.sqrt(sg.mean(squares)))
        return found

    def verdict(self) -> str:
        fit = self.fits[-1]
        rows = [f"{name:5}  {x:8.4f} +- {error:.4f}  truth {true:7.4f}  {(x - true) / error:+.1f} standard errors off"
                for name, x, error, true in zip(_NAMES, fit.parameters, fit.errors, TRUE)]  # fmt: skip
        begin, true = (",".join(f"{x:.2f}" for x in state) for state in (fit.orbit[0], self.truth[0]))
        rows.append(f"start  {begin}  truth {true}")
        joined = (
            "the shots are one orbit" if fit.gap < _JOINED else "not one orbit yet: more --steps, or a nearer --start"
        )
        return "\n".join([*rows, f"noise  {fit.noise:.3f}  gaps up to {fit.gap:.1e}: {joined}"])

    def draw(self, path: str | IO[bytes]) -> None:
        middle = self.fits[-1].parameters[1]
        rhos = [middle + _SPREAD * (2.0 * k / (_SCANNED - 1) - 1.0) for k in range(_SCANNED)]
        whole = _LENGTH * _SHOTS
        lorenz_picture.save(
            lorenz_picture.Found(
                step=_BETWEEN / _SMOOTH,
                observed=self.observed,
                every=_SMOOTH,
                true=self.truth,
                fitted=self._fitted(),
                names=_NAMES,
                values=TRUE,
                traces=[self.start, *(fit.parameters for fit in self.fits)],
                errors=[fit.errors for fit in self.fits],
                rhos=rhos,
                one=self._misfits(whole, rhos),
                many=self._misfits(_LENGTH, rhos),
                shots=_SHOTS,
            ),
            path,
        )


def _orbit(rng: random.Random) -> list[list[float]]:
    """The true orbit. Its steps are so short that it is as good as exact."""
    slope = lorenz(TRUE)
    state: list[float] = [rng.uniform(-10.0, 10.0), rng.uniform(-10.0, 10.0), rng.uniform(15.0, 35.0)]
    orbit = []
    for k in range(_SMOOTH * (_SETTLING + _SHOTS * _LENGTH) + 1):
        if k >= _SMOOTH * _SETTLING:
            orbit.append(state)
        state = rk4(slope, state, _BETWEEN / _SMOOTH)
    return orbit


def _start(text: str) -> list[float]:
    return numbers(text, 3, lambda x: 0.0 <= x <= 50.0, "three numbers from 0 to 50, such as 5,15,1")
