"""The demo `pendulum`: a double pendulum of which only the Lagrangian is written down."""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator, Sequence
from typing import IO, Any

import scalargrad as sg
from scalargrad.demos.physics import pendulum_picture
from scalargrad.demos.physics.integrating import rk4
from scalargrad.demos.physics.lagrange import Lagrangian, Motion, accelerations, energy
from scalargrad.demos.running import Demo, Told, numbers
from scalargrad.errors import ArgumentError

_GRAVITY = 9.81  # m/s**2
_MASSES, _LENGTHS = (1.0, 1.0), (1.0, 1.0)  # kg and m, of the upper bob and rod, and of the lower
_COMPARED = 200  # states at which the accelerations are compared with the closed form
_FASTEST = 8.0  # rad/s, in those states


def double_pendulum(masses: Sequence[float], lengths: Sequence[float]) -> Lagrangian:
    """The Lagrangian of two bobs on rods without mass. Angles are from straight down, in radians."""
    (m1, m2), (l1, l2) = masses, lengths

    def lagrangian(angles: Sequence[Any], speeds: Sequence[Any]) -> Any:
        (a, b), (u, v) = angles, speeds
        upper = (l1 * u) ** 2  # squared speeds of the bobs
        lower = upper + (l2 * v) ** 2 + 2.0 * l1 * l2 * u * v * sg.cos(a - b)
        height1 = -l1 * sg.cos(a)
        height2 = height1 - l2 * sg.cos(b)
        return 0.5 * (m1 * upper + m2 * lower) - _GRAVITY * (m1 * height1 + m2 * height2)

    return lagrangian


def closed_form(masses: Sequence[float], lengths: Sequence[float]) -> Motion:
    """The angular accelerations as textbooks give them, to compare with. Nothing else uses them."""
    (m1, m2), (l1, l2), g = masses, lengths, _GRAVITY

    def found(angles: Sequence[float], speeds: Sequence[float]) -> list[float]:
        (a, b), (u, v) = angles, speeds
        sine, cosine = math.sin(a - b), math.cos(a - b)
        below = m1 + m2 * sine**2
        upper = -m2 * sine * (l2 * v**2 + l1 * u**2 * cosine) + g * (
            m2 * math.sin(b) * cosine - (m1 + m2) * math.sin(a)
        )
        lower = sine * ((m1 + m2) * l1 * u**2 + m2 * l2 * v**2 * cosine)
        lower += (m1 + m2) * g * (math.sin(a) * cosine - math.sin(b))
        return [upper / (l1 * below), lower / (l2 * below)]

    return found


class Pendulum(Demo):
    """Two double pendulums, the second let go a little beside the first. Both start at rest.

    The equations of motion are derivatives of the Lagrangian, taken four times per step of the Runge-Kutta method.
    By default this takes about 4 seconds with the C core, and about a minute without; time is proportional to the
    steps.
    """

    name = "pendulum"
    about = "swing a double pendulum by derivatives of its Lagrangian, beside a twin that shows that it is chaotic"
    steps = 4000
    counted = "steps in time"
    example = "--angles=170,-90 --time 5"

    def __init__(self, seed: int, steps: int, time: float, angles: Sequence[float], apart: float) -> None:
        lagrangian = double_pendulum(_MASSES, _LENGTHS)
        self.found, self.energy = accelerations(lagrangian), energy(lagrangian)
        self.seed = seed
        self.step = time / steps
        start = [*map(math.radians, angles), 0.0, 0.0]
        self.orbit = [start]  # states: two angles, two angular speeds
        self.twin = [[start[0], start[1] + apart, 0.0, 0.0]]
        self.energies = [self.energy(start[:2], start[2:])]

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--time", type=_time, default=12.0, help="seconds to swing (%(default)s)")
        parser.add_argument("--angles", type=_angles, default="130,60", metavar="UPPER,LOWER",
                            help="degrees from straight down, as in --angles=-90,45 (%(default)s)")  # fmt: skip
        parser.add_argument("--apart", type=_apart, default=1e-6,
                            help="radians between the lower rods of the twins at the start (%(default)s)")  # fmt: skip

    @classmethod
    def from_options(cls, options: argparse.Namespace) -> Pendulum:
        return cls(options.seed, options.steps, options.time, options.angles, options.apart)

    def parameters(self) -> list[float]:
        return []  # nothing is fitted

    def _slope(self, state: Sequence[float]) -> list[float]:
        return [*state[2:], *self.found(state[:2], state[2:])]

    def tell(self, steps: int) -> Iterator[Told]:
        for k in range(1, steps + 1):
            for orbit in (self.orbit, self.twin):
                orbit.append(rk4(self._slope, orbit[-1], self.step))
                if not all(abs(x) < 1e6 for x in orbit[-1]):
                    raise ArgumentError(
                        f"the pendulum flew off at step {k} of {self.step:.3g} s: use more --steps, or a shorter --time"
                    )
            self.energies.append(self.energy(self.orbit[-1][:2], self.orbit[-1][2:]))
            yield Told(
                f"t {k * self.step:.2f} s  energy off by {self.drifts()[-1]:.1e} J  twins {self.gap(-1):.1e} rad apart"
            )

    def drifts(self) -> list[float]:
        """By how much the energy differs from that of the start, in J, at each time."""
        return [abs(now - self.energies[0]) for now in self.energies]

    def gap(self, k: int) -> float:
        """The distance of the twins at a time: of their angles, in radians."""
        return math.dist(self.orbit[k][:2], self.twin[k][:2])

    def difference(self) -> float:
        """The largest difference from the closed form in random states, relative to the larger acceleration."""
        textbook, rng, largest = closed_form(_MASSES, _LENGTHS), random.Random(self.seed), 0.0
        for _ in range(_COMPARED):
            angles = [rng.uniform(-math.pi, math.pi) for _ in range(2)]
            speeds = [rng.uniform(-_FASTEST, _FASTEST) for _ in range(2)]
            wanted = textbook(angles, speeds)
            error = max(abs(x - y) for x, y in zip(self.found(angles, speeds), wanted))
            largest = max(largest, error / max(map(abs, wanted)))
        return largest

    def verdict(self) -> str:
        return (
            f"energy: {self.energies[0]:.3f} J at the start, off by at most {max(self.drifts()):.1e} J since then\n"
            f"accelerations: at most {self.difference():.1e} from the textbook's, relative, in {_COMPARED} states\n"
            f"twins: {self.gap(0):.1e} rad apart at the start, {self.gap(-1):.1e} rad at the end"
        )

    def draw(self, path: str | IO[bytes]) -> None:
        pendulum_picture.save(
            pendulum_picture.Swing(
                step=self.step,
                lengths=_LENGTHS,
                orbit=self.orbit,
                twin=self.twin,
                gaps=[self.gap(k) for k in range(len(self.orbit))],
                drifts=self.drifts(),
            ),
            path,
        )


def _time(text: str) -> float:
    return numbers(text, 1, lambda x: 0.0 < x <= 1e4, "seconds above 0, at most 10000")[0]


def _angles(text: str) -> list[float]:
    return numbers(text, 2, lambda x: abs(x) <= 360.0, "two angles from -360 to 360 degrees, such as 130,60")


def _apart(text: str) -> float:
    return numbers(text, 1, lambda x: 1e-12 <= abs(x) <= 1.0, "radians from 1e-12 to 1")[0]
