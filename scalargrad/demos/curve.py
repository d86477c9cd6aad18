"""The demo `curve`: two overlapping bands of a spectrum, fitted by `scipy.optimize` with the Jacobian by gradients.

It fits the same curve again and again, with new noise, to see whether the standard errors of the first fit are right.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple

import scalargrad as sg
from scalargrad import extras
from scalargrad.demos.picture import COLOURS
from scalargrad.demos.running import Demo, Told, between, share, whole
from scalargrad.errors import ArgumentError

_LOW, _HIGH = 400.0, 700.0  # of the wavelengths, in nm
TRUTH = {"height 1": 0.8, "centre 1": 520.0, "width 1": 18.0, "height 2": 0.5, "centre 2": 565.0, "width 2": 25.0,
         "background": 0.6, "decay": 120.0}  # fmt: skip
_NORMAL = 1.96  # the normal distribution has 95 % of its mass between this and its negative
_START = (0.5, 500.0, 25.0, 0.5, 580.0, 25.0, 0.5, 150.0)  # as a reader of the data would guess


# --- the curve -------------------------------------------------------------------------------------------------------


def first(x: Any, p: Any) -> Any:
    """The band at the shorter wavelengths: a Gaussian."""
    return p[0] * sg.exp(-0.5 * ((x - p[1]) / p[2]) ** 2)


def second(x: Any, p: Any) -> Any:
    """The other band."""
    return p[3] * sg.exp(-0.5 * ((x - p[4]) / p[5]) ** 2)


def background(x: Any, p: Any) -> Any:
    """What else absorbs, the less the longer the waves."""
    return p[6] * sg.exp((_LOW - x) / p[7])


def curve(x: Any, p: Any) -> Any:
    """The absorbance at the wavelengths x, by the eight parameters.

    >>> print(f"{curve(520.0, [*TRUTH.values()]):.6f}")
    1.119677
    """
    return first(x, p) + second(x, p) + background(x, p)


_PARTS = {curve: ("fit", COLOURS[0]), first: ("band 1", COLOURS[1]), second: ("band 2", COLOURS[2]),
          background: ("background", "#cc79a7")}  # fmt: skip

# --- the fits --------------------------------------------------------------------------------------------------------


class Fit(NamedTuple):
    """What a fit found. It is arrays of numpy, but for numbers."""

    data: Any
    parameters: Any
    noise: float  # the standard deviation of the residuals
    jacobian: Any  # of the curve by the parameters, at the end: a row per point
    covariance: Any  # of the parameters, estimated from the Jacobian
    calls: int  # of the curve on numbers
    jacobians: int  # the calls for Jacobians

    @property
    def errors(self) -> Any:
        """The standard errors of the parameters."""
        return self.covariance.diagonal() ** 0.5


class Curve(Demo):
    """A least-squares fit. Each step is a fit of data with new noise; the first is the one that is shown."""

    name = "curve"
    about = (
        "fit two overlapping bands of a spectrum by scipy.optimize with the Jacobian by gradients, again and again with"
        " new noise, to check the standard errors"
    )
    steps = 60
    counted = "fits, each of data with new noise"
    example = "--noise 0.01 --points 301"

    def __init__(self, seed: int, noise: float = 0.03, points: int = 101) -> None:
        self.optimize, self.numpy = extras.load("scipy.optimize"), extras.load("numpy")
        self.rng, self.noise = random.Random(seed), noise
        self.x = self.numpy.linspace(_LOW, _HIGH, points)
        self.truth = self.numpy.array([*TRUTH.values()])
        self.fits: list[Fit] = []

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--noise", type=between(1e-6, 0.05), default=0.03,
                            help="standard deviation of the noise of the absorbance (%(default)s)")  # fmt: skip
        parser.add_argument("--points", type=_points, default=101, help="wavelengths that are measured (%(default)s)")

    @classmethod
    def from_options(cls, options: argparse.Namespace) -> Curve:
        return cls(options.seed, options.noise, options.points)

    def parameters(self) -> list[float]:
        return self.fits[-1].parameters.tolist() if self.fits else [*_START]

    def jacobian(self, part: Callable[[Any, Any], Any], x: Any, p: Any) -> Any:
        """The derivatives of the curve, or of a part, by the parameters: a row per wavelength."""
        constants = sg.constant(x)
        return self.numpy.array(sg.jacobian(lambda p: part(constants, p))(p))

    def fit(self, data: Any, jacobian: Any) -> Fit:
        """Fits the curve to the data. `jacobian` is that of `least_squares`. Raises `ArgumentError` if that fails."""
        calls = jacobians = 0

        def residuals(p: Any) -> Any:
            nonlocal calls
            calls += 1
            return curve(self.x, p) - data

        def counted(p: Any) -> Any:
            nonlocal jacobians
            jacobians += 1
            return jacobian(p)

        numpy = self.numpy
        jac = counted if callable(jacobian) else jacobian
        found = self.optimize.least_squares(residuals, _START, jac=jac, method="lm", x_scale="jac")
        variance = 2.0 * found.cost / (len(data) - len(found.x))
        try:
            covariance = numpy.linalg.inv(found.jac.T @ found.jac) * variance
        except numpy.linalg.LinAlgError:
            covariance = math.nan
        if not (found.success and numpy.isfinite(covariance).all()):
            raise ArgumentError("a fit did not converge: take less noise, more points or another seed")
        return Fit(data, found.x, math.sqrt(variance), found.jac, covariance, calls, jacobians)

    def by_gradients(self, p: Any) -> Any:
        """The Jacobian of the residuals, for `least_squares`: that of the curve, because the data are constant."""
        return self.jacobian(curve, self.x, p)

    def tell(self, steps: int) -> Iterator[Told]:
        for _ in range(steps):
            data = curve(self.x, self.truth) + [self.rng.gauss(0.0, self.noise) for _ in self.x]
            self.fits.append(self.fit(data, self.by_gradients))
            worst = max(abs(pull) for pull in self.pulls(self.fits[-1]))
            yield Told(f"noise {self.fits[-1].noise:.3g}  largest error {worst:.2f} standard errors")

    def pulls(self, fit: Fit) -> list[float]:
        """The errors of the parameters, relative to their standard errors."""
        return ((fit.parameters - self.truth) / fit.errors).tolist()  # type: ignore[no-any-return]

    def verdict(self) -> str:
        shown = self.fits[0]
        inside = [abs(pull) < 1.0 for fit in self.fits for pull in self.pulls(fit)]
        plain = self.fit(shown.data, "2-point")
        exact = self.by_gradients(plain.parameters)
        off = (abs(plain.jacobian - exact).max(axis=0) / abs(exact).max(axis=0)).max()
        return "\n".join([
            "first fit        truth       found  standard error",
            *(f"{name:10} {truth:11g} {found:11.6g} {error:15.2g}"
              for name, truth, found, error in zip(TRUTH, self.truth, shown.parameters, shown.errors)),
            f"within one standard error of the truth: {share(inside)}; expected: 68.3 %",
            f"by gradients: {shown.calls} calls of the curve and {shown.jacobians} Jacobians",
            f"by scipy's differences: {plain.calls} calls, and a Jacobian that is off by {off:.0e}",
        ])  # fmt: skip

    # --- the picture -------------------------------------------------------------------------------------------------

    def draw(self, path: str | IO[bytes]) -> None:
        figure = extras.load("matplotlib.figure").Figure(figsize=(12.0, 7.6), layout="constrained")
        left, right = figure.subfigures(1, 2, width_ratios=(1.75, 1.0), wspace=0.02)
        above, below = left.subplots(2, 1, sharex=True, height_ratios=(3.0, 1.0))
        self._draw_fit(above)
        self._draw_residuals(below)
        above, below = right.subplots(2, 1, height_ratios=(1.0, 1.35))
        self._draw_pulls(above)
        self._draw_correlations(right, below)
        figure.savefig(path, format="png", dpi=150)

    def deviations(self, part: Callable[[Any, Any], Any], x: Any) -> Any:
        """The standard errors of a part of the first fit at the wavelengths x: roots of the diagonal of J C Jᵀ."""
        rows = self.jacobian(part, x, self.fits[0].parameters)
        variances = ((rows @ self.fits[0].covariance) * rows).sum(axis=1)
        return self.numpy.maximum(variances, 0.0) ** 0.5  # rounding may leave a little less than 0

    def _draw_fit(self, axes: Any) -> None:
        x = self.numpy.linspace(_LOW, _HIGH, 301)
        axes.plot(self.x, self.fits[0].data, ".", color="#555555", markersize=5.0, label="data")
        for part, (name, colour) in _PARTS.items():
            y, error = part(x, self.fits[0].parameters), self.deviations(part, x)
            axes.plot(x, y, color=colour, label=name, linewidth=1.5)
            axes.fill_between(x, y - _NORMAL * error, y + _NORMAL * error, color=colour, alpha=0.25, linewidth=0.0)
        axes.plot(x, curve(x, self.truth), ":", color="black", label="truth", linewidth=1.2)
        axes.legend(framealpha=0.9)
        axes.set(title="curve: the first fit by scipy.optimize\ntinted: 95 % confidence, by the Jacobian",
                 ylabel="absorbance", xlim=(_LOW - 5.0, _HIGH + 5.0))  # fmt: skip

    def _draw_residuals(self, axes: Any) -> None:
        fit = self.fits[0]
        axes.axhspan(-_NORMAL * fit.noise, _NORMAL * fit.noise, color=COLOURS[0], alpha=0.15, linewidth=0.0)
        axes.axhline(0.0, color=COLOURS[0], linewidth=1.2)
        axes.plot(self.x, fit.data - curve(self.x, fit.parameters), ".", color="#555555", markersize=5.0)
        axes.set(xlabel="wavelength (nm)", ylabel="residual")

    def _draw_pulls(self, axes: Any) -> None:
        pulls = [pull for fit in self.fits for pull in self.pulls(fit)]
        x = self.numpy.linspace(-4.0, 4.0, 161)
        axes.hist(pulls, bins=[0.5 * k for k in range(-8, 9)], density=True, color=COLOURS[0], alpha=0.5)
        axes.plot(x, self.numpy.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi), color="black", linewidth=1.2)
        axes.set(title=f"errors of {len(TRUTH)} parameters in {len(self.fits)} fits\nline: the normal distribution",
                 xlabel="error / standard error", ylabel="density", xlim=(-4.0, 4.0))  # fmt: skip

    def _draw_correlations(self, figure: Any, axes: Any) -> None:
        fit = self.fits[0]
        shown = axes.imshow(fit.covariance / self.numpy.outer(fit.errors, fit.errors), cmap="PuOr", vmin=-1.0, vmax=1.0)
        axes.set_xticks(range(len(TRUTH)), TRUTH, rotation=45.0, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(TRUTH)), TRUTH)
        axes.set_title("correlations of the parameters")
        figure.colorbar(shown, ax=axes, shrink=0.78)


def _points(text: str) -> int:
    return whole([text], range(20, 2001), "a whole number from 20 to 2000")[0]
