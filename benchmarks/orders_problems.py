"""The functions of the benchmark of higher orders, number by number, over whatever mathematics a library has.

`m` has exp, log, sqrt, sin, cos and erf for the library's numbers, and logsumexp of a list of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

POINTS, COMPONENTS = 100, 5
STATE = [0.9, -0.4, 0.3, 0.7]  # of a double pendulum: two angles and their rates
OPTION = [100.0, 0.2, 0.01, 0.5]  # the spot, the volatility, the rate, the time
STRIKE = 105.0
META = [0.3, -0.2, 0.05]  # two weights, and the learning rate


def rosenbrock(m: Any, x: Any) -> Any:
    total = 0.0
    for k in range(len(x) - 1):
        a, b = x[k], x[k + 1]
        total = total + (1.0 - a) * (1.0 - a) + 100.0 * (b - a * a) * (b - a * a)
    return total


def rosenbrock_of_arrays(m: Any, x: Any) -> Any:
    """The same by whole arrays."""
    a, b = x[:-1], x[1:]
    return ((1.0 - a) * (1.0 - a) + 100.0 * (b - a * a) * (b - a * a)).sum()


def start(n: int) -> list[float]:
    draws = random.Random(n)
    return [draws.uniform(-1.5, 1.5) for _ in range(n)]


def gmm_data() -> list[tuple[float, float]]:
    draws = random.Random(0)
    centres = [(draws.uniform(-3.0, 3.0), draws.uniform(-3.0, 3.0)) for _ in range(COMPONENTS)]
    return [(draws.gauss(x, 0.7), draws.gauss(y, 0.7)) for x, y in (draws.choice(centres) for _ in range(POINTS))]


def gmm(m: Any, x: Any, data: Any) -> Any:
    """The log-likelihood of a mixture of 5 Gaussians in the plane: of each a weight's logarithm, a mean, and the lower
    triangle of the precision's factor, its diagonal by logarithms: 30 numbers."""
    parts = [[x[6 * k + j] for j in range(6)] for k in range(COMPONENTS)]
    factors = [(m.exp(p[3]), p[4], m.exp(p[5])) for p in parts]
    weights = m.logsumexp([p[0] for p in parts])
    total = 0.0
    for u, v in data:
        terms = []
        for p, (a, b, c) in zip(parts, factors):
            r = a * (u - p[1])
            s = b * (u - p[1]) + c * (v - p[2])
            terms.append(p[0] + p[3] + p[5] - 0.5 * (r * r + s * s))
        total = total + (m.logsumexp(terms) - weights)
    return total


def gmm_of_arrays(m: Any, x: Any, data: Any) -> Any:
    """The same by whole arrays: of `data`, the columns."""
    p = x.reshape(COMPONENTS, 6)
    u, v = (column[:, None] - p[:, k] for k, column in ((1, data[0]), (2, data[1])))
    r = m.exp(p[:, 3]) * u
    s = p[:, 4] * u + m.exp(p[:, 5]) * v
    terms = p[:, 0] + p[:, 3] + p[:, 5] - 0.5 * (r * r + s * s)
    return (m.logsumexps(terms, 1) - m.logsumexps(p[:, 0], 0)).sum()


def black_scholes(m: Any, x: Any) -> Any:
    """The price of a call, of the spot, the volatility, the rate and the time."""
    spot, sigma, rate, time = (x[k] for k in range(4))
    deviation = sigma * m.sqrt(time)
    d = (m.log(spot / STRIKE) + (rate + 0.5 * sigma * sigma) * time) / deviation
    discounted = STRIKE * m.exp(-rate * time)
    return spot * 0.5 * (1.0 + m.erf(d * 0.5**0.5)) - discounted * 0.5 * (1.0 + m.erf((d - deviation) * 0.5**0.5))


def lagrangian(m: Any, x: Any) -> Any:
    """Of a double pendulum with masses and lengths of 1."""
    a, b, p, r = (x[k] for k in range(4))
    return p * p + 0.5 * r * r + p * r * m.cos(a - b) + 9.81 * (2.0 * m.cos(a) + m.cos(b))


def accelerations(hessian: Any, slopes: Any, state: Any) -> list[Any]:
    """(∂²L/∂v²)⁻¹ (∂L/∂q - (∂²L/∂v∂q) v), from the derivatives of `lagrangian`."""
    force = [slopes[k] - hessian[2 + k][0] * state[2] - hessian[2 + k][1] * state[3] for k in range(2)]
    (a, b), (c, d) = ([hessian[2 + k][2], hessian[2 + k][3]] for k in range(2))
    whole = a * d - b * c
    return [(d * force[0] - b * force[1]) / whole, (a * force[1] - c * force[0]) / whole]


SAMPLES = [(-1.0, 0.2), (-0.4, 0.6), (0.1, 0.9), (0.5, 0.3), (1.0, -0.5)]


def inner_loss(m: Any, w: Any) -> Any:
    total = 0.0
    for t, y in SAMPLES:
        e = m.sin(w[0] * t + w[1]) - y
        total = total + e * e
    return total / len(SAMPLES)


def meta_loss(m: Any, x: Any, gradient: Callable[[Any], Any], join: Callable[[Any], Any] = list) -> Any:
    """The loss after 10 steps of gradient descent, of the first weights and the rate. `gradient` is of `inner_loss`."""
    w = join([x[0], x[1]])
    for _ in range(10):
        slopes = gradient(w)
        w = join([w[0] - x[2] * slopes[0], w[1] - x[2] * slopes[1]])
    return inner_loss(m, w)
