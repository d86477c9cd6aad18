"""From a Lagrangian to the motion: accelerations and the energy, by the derivatives of an ordinary function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import scalargrad as sg

Lagrangian = Callable[[Sequence[Any], Sequence[Any]], Any]  # of coordinates and velocities: kinetic minus potential
Motion = Callable[[Sequence[float], Sequence[float]], list[float]]


def accelerations(lagrangian: Lagrangian) -> Motion:
    """Returns a function of coordinates q and velocities v that returns the accelerations.

    The equation of Euler and Lagrange, d/dt dL/dv = dL/dq, is by the chain rule a linear system for q'':
    M q'' = dL/dq - C v, where M is d2L/dv2, the matrix of masses, and C is d2L/dv dq. The new function raises
    `LinAlgError` where M is singular.

    >>> accelerations(lambda q, v: 0.5 * v[0] ** 2 - 2.0 * q[0] ** 2)([3.0], [1.0])  # a spring: q'' = -4 q
    [-12.0]
    """
    gradient = sg.grad(lagrangian)
    hessian = sg.hessian(lambda state: lagrangian(state[: len(state) // 2], state[len(state) // 2 :]))

    def found(q: Sequence[float], v: Sequence[float]) -> list[float]:
        lower = hessian([*q, *v])[len(q) :]  # its rows are those of the velocities: d2L/dv dq, then d2L/dv2
        mass = [row[len(q) :] for row in lower]
        forces = [push - sum(c * speed for c, speed in zip(row, v)) for push, row in zip(gradient(q, v), lower)]
        solution: list[float] = sg.linalg.solve(mass, forces).data
        return solution

    return found


def energy(lagrangian: Lagrangian) -> Callable[[Sequence[float], Sequence[float]], float]:
    """Returns a function of coordinates and velocities that returns the energy, v dL/dv - L.

    >>> energy(lambda q, v: 0.5 * v[0] ** 2 - 2.0 * q[0] ** 2)([3.0], [1.0])
    18.5
    """
    momenta = sg.grad(lagrangian, argnums=1)

    def found(q: Sequence[float], v: Sequence[float]) -> float:
        momentum: Sequence[float] = momenta(q, v)
        return sum(p * speed for p, speed in zip(momentum, v)) - float(lagrangian(q, v))

    return found
