"""Chapter H of the ledger, normalisation of rows: the work of H1 and H2."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.shapes import column_sums
from scalargrad.ledger.engine import engine_gradient, engine_jacobian, engine_value, sizes, weighted
from scalargrad.ledger.work import Work

_MOST = 1e6  # how much larger than their spread the numbers of a row may be


def _rms(x: Any, epsilon: float) -> Any:
    return sg.sqrt(sg.mean([item**2 for item in x]) + epsilon)


def rms_norm(x: Any, gain: Any, epsilon: float) -> list[Any]:
    """RMSNorm of a row by the engine, number by number."""
    r = _rms(x, epsilon)
    return [item / r * weight for item, weight in zip(x, gain)]


def _centred(x: Any) -> list[Any]:
    mean = sg.mean(x)
    return [item - mean for item in x]


def layer_norm(x: Any, gain: Any, bias: Any, epsilon: float) -> list[Any]:
    """LayerNorm of a row by the engine, number by number."""
    return [item + offset for item, offset in zip(rms_norm(_centred(x), gain, epsilon), bias)]


def _epsilon(work: Work, drawn: float) -> float:
    """Of numbers that are drawn, a small one."""
    epsilon = float(work.default("eps", 0.0625 * abs(drawn)))
    work.need(epsilon >= 0.0, f"eps must be 0 or more, as it is added to a mean of squares; got {epsilon:g}")
    return epsilon


def _size(x: Any, epsilon: float) -> float:
    return math.sqrt(math.fsum(item * item for item in x) / len(x) + epsilon)


def rms_scales(x: Any, gain: Any, g: Any, epsilon: float) -> tuple[Any, list[float]]:
    """The sums of sizes of what is pulled back to X and to the gain."""
    n, by_x, by_gain = len(gain), [], []
    for row, upstream in zip(x, sizes(g)):
        r = _size(row, epsilon)
        u = [abs(item) / r for item in row]
        pulled = [abs(weight) * item for weight, item in zip(gain, upstream)]
        along = math.fsum(a * p for a, p in zip(pulled, u)) / n
        by_x.append([(a + p * along) / r for a, p in zip(pulled, u)])
        by_gain.append([p * item for p, item in zip(u, upstream)])
    return by_x, column_sums(by_gain, n)


class Spread(NamedTuple):
    """A row without its mean, and how well its numbers tell it."""

    centred: list[float]
    sigma: float
    condition: float  # twice the largest number over σ: of so many roundings of x - μ is one of u

    @property
    def u(self) -> list[float]:
        """The normalised row."""
        return [item / self.sigma for item in self.centred]

    @property
    def loose(self) -> list[float]:
        """What the roundings of u are of."""
        return [(1.0 + abs(p)) * (1.0 + self.condition) for p in self.u]


def spread(x: Any, epsilon: float) -> Spread:
    """The mean and σ of a row; where σ is 0, an infinite condition."""
    centred = [math.fsum([item * len(x), *(-other for other in x)]) / len(x) for item in x]
    sigma = _size(centred, epsilon)
    return Spread(centred, sigma, 2.0 * max(map(abs, x)) / sigma if sigma else math.inf)


def layer_scales(x: Any, gain: Any, bias: Any, g: Any, epsilon: float) -> tuple[Any, Any, list[float]]:
    """The sums of sizes of the normalised rows, and of what is pulled back to X and to the gain."""
    n, y, by_x, by_gain = len(gain), [], [], []
    for row, upstream in zip(x, sizes(g)):
        found = spread(row, epsilon)
        pulled = [abs(weight) * item for weight, item in zip(gain, upstream)]
        along = math.fsum(a * (1.0 + abs(p)) for a, p in zip(pulled, found.u)) / n
        y.append([abs(weight) * p + abs(offset) for weight, p, offset in zip(gain, found.loose, bias)])
        by_x.append([(a + (2.0 + abs(p)) * along) * (1.0 + found.condition) / found.sigma
                     for a, p in zip(pulled, found.u)])  # fmt: skip
        by_gain.append([p * item for p, item in zip(found.loose, upstream)])
    return y, by_x, column_sums(by_gain, n)


def h1(work: Work) -> None:
    x, gain, g, drawn = work.draw(X="m n", g="n", G="m n", eps="")
    epsilon, n, m = _epsilon(work, drawn), len(gain), len(x)
    r = [_size(row, epsilon) for row in x]
    work.need(min(r) > 0.0, "a row of X is 0, and so is eps: there is nothing to divide by")
    u = [[item / size for item in row] for row, size in zip(x, r)]
    work.step("r = √((1/n) Σxⱼ² + ε), one for each row of X", r"r = \sqrt{\tfrac1n\sum x_j^2 + \epsilon}", r,
              engine_value(lambda v: [_rms(row, epsilon) for row in v], x), None, n)  # fmt: skip
    work.step("∂r/∂xⱼ = uⱼ/n with u = x/r, one row for each of X",
              r"\frac{\partial r}{\partial x_j} = \tfrac1n u_j,\ u = x/r", [[item / n for item in row] for row in u],
              [engine_gradient(lambda v: _rms(v, epsilon), row) for row in x], None, n)  # fmt: skip
    work.result("yᵢ = gᵢxᵢ/r", [c.rms_norm(row, gain, epsilon) for row in x],
                engine_value(lambda v, w: [rms_norm(row, w, epsilon) for row in v], x, gain), None, n)  # fmt: skip
    whole = [[abs(weight) / r[0] * (float(i == j) + abs(p * q) / n) for j, q in enumerate(u[0])]
             for i, (weight, p) in enumerate(zip(gain, u[0]))]  # fmt: skip
    work.jacobian("∂yᵢ/∂xⱼ = (gᵢ/r)(δᵢⱼ - uᵢuⱼ/n), of the first row of X",
                  lambda layout: c.rms_norm_jacobian(x[0], gain, epsilon, layout),
                  engine_jacobian(lambda v: rms_norm(v, gain, epsilon), x[0]), whole, n)  # fmt: skip
    by_x, by_gain = engine_gradient(lambda v, w: weighted([rms_norm(row, w, epsilon) for row in v], g), x, gain)
    found = c.rms_norm_backward(x, gain, g, epsilon)
    scale_x, scale_gain = rms_scales(x, gain, g, epsilon)
    work.result("pulled back: ∂L/∂x = (a - u (1/n) Σaⱼuⱼ)/r with a = g ⊙ ∂L/∂y, row by row of G = ∂L/∂Y", found[0],
                by_x, scale_x, n)  # fmt: skip
    work.result("pulled back: ∂L/∂g, the column sums of G ⊙ U", found[1], by_gain, scale_gain, n + m)
    row, pair, far = [7.0, -7.0], [1.0, 2.0], (5e-324, 2.0**-900, 2.0**1021)
    rows = [[item * k for item in row] for k in far]
    own = engine_value(lambda v: rms_norm(v, pair, 0.0), row)
    slopes = engine_jacobian(lambda v: rms_norm(v, pair, 0.0), row)
    work.besides("x = [7, -7] times 2⁻¹⁰⁷⁴, 2⁻⁹⁰⁰ and 2¹⁰²¹, with ε = 0 and g = [1, 2]: y, as of [7, -7]",
                 [c.rms_norm(each, pair) for each in rows], [own for _ in rows])  # fmt: skip
    work.besides("∂y/∂x of the last two, times that factor",
                 [[[item * k for item in line] for line in c.rms_norm_jacobian(each, pair)]
                  for each, k in zip(rows[1:], far[1:])], [slopes for _ in rows[1:]], 1.0)  # fmt: skip


def h2(work: Work) -> None:
    x, gain, bias, g, drawn = work.draw(X="m n", g="n", b="n", G="m n", eps="")
    epsilon, n, m = _epsilon(work, drawn), len(gain), len(x)
    rows = [spread(row, epsilon) for row in x]
    sigma, condition = [row.sigma for row in rows], [row.condition for row in rows]
    work.need(min(sigma) > 0.0, "the numbers of a row of X are all the same, and eps is 0: nothing to divide by")
    work.need(max(condition) < _MOST, "a row of X has numbers that are nearly the same: their differences are rounding")
    u = [row.u for row in rows]
    work.step("x - μ, with the mean μ of each row", r"x - \mu,\ \mu = \tfrac1n\sum x_j", [row.centred for row in rows],
              engine_value(lambda v: [_centred(row) for row in v], x),
              [[row.condition * row.sigma] * n for row in rows], n)  # fmt: skip
    work.step("σ = √((1/n) Σ(xⱼ - μ)² + ε), one for each row of X",
              r"\sigma = \sqrt{\tfrac1n\sum(x_j-\mu)^2 + \epsilon}", sigma,
              engine_value(lambda v: [_rms(_centred(row), epsilon) for row in v], x),
              [size * (1.0 + each) for size, each in zip(sigma, condition)], n)  # fmt: skip
    work.step("∂σ/∂xⱼ = uⱼ/n with u = (x - μ)/σ, one row for each of X",
              r"\frac{\partial\sigma}{\partial x_j} = \tfrac1n u_j,\ u = (x-\mu)/\sigma",
              [[item / n for item in row] for row in u],
              [engine_gradient(lambda v: _rms(_centred(v), epsilon), row) for row in x],
              [[p / n for p in row.loose] for row in rows], n)  # fmt: skip
    scale_y, scale_x, scale_gain = layer_scales(x, gain, bias, g, epsilon)
    work.result("yᵢ = gᵢ(xᵢ - μ)/σ + bᵢ", [c.layer_norm(row, gain, bias, epsilon) for row in x],
                engine_value(lambda v, w, a: [layer_norm(row, w, a, epsilon) for row in v], x, gain, bias), scale_y,
                n)  # fmt: skip
    tight = [1.0 + abs(p) for p in u[0]]
    whole = [[abs(weight) / sigma[0] * (1.0 + condition[0]) * (float(i == j) + p * q / n) for j, q in enumerate(tight)]
             for i, (weight, p) in enumerate(zip(gain, tight))]  # fmt: skip
    work.jacobian("∂yᵢ/∂xⱼ = (gᵢ/σ)(δᵢⱼ - 1/n - uᵢuⱼ/n), of the first row of X",
                  lambda layout: c.layer_norm_jacobian(x[0], gain, epsilon, layout),
                  engine_jacobian(lambda v: layer_norm(v, gain, bias, epsilon), x[0]), whole, n)  # fmt: skip
    by_x, by_gain, by_bias = engine_gradient(
        lambda v, w, a: weighted([layer_norm(row, w, a, epsilon) for row in v], g), x, gain, bias
    )
    found = c.layer_norm_backward(x, gain, g, epsilon)
    work.result("pulled back: ∂L/∂x = (a - (1/n) Σaⱼ - u (1/n) Σaⱼuⱼ)/σ with a = g ⊙ ∂L/∂y, row by row of G = ∂L/∂Y",
                found[0], by_x, scale_x, n)  # fmt: skip
    work.result("pulled back: ∂L/∂g, the column sums of G ⊙ U", found[1], by_gain, scale_gain, n + m)
    work.result("pulled back: ∂L/∂b, the column sums of G", found[2], by_bias, column_sums(sizes(g), n), m)
