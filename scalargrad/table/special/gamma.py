"""The logarithm of the gamma function, and its derivatives: digamma, the first, and polygamma(n, x), the one after n
more.

They are sums over k = 0, 1, 2, ...: digamma(x) of -1 / (x + k), but for a constant, and polygamma(n, x) of
n! / (x + k)**s with s = n + 1, but for a sign. The first nine terms are added up as they are. Euler and Maclaurin's
formula gives the others, an integral and a series in 1 / (x + 9)**2, of which seven terms are enough:

    sum over k of (x + k)**-s  =  x**-s * (x / (s - 1) + 1/2 + s/12 / x - s * (s+1) * (s+2) / 720 / x**3 + ...)

The expressions have no loops, so the functions below write them out.

Where x is negative, r = x - round(x) is exact: the distance from the nearest pole. digamma is reflected, by the
cotangent of pi * r. The terms of polygamma are r**-s and two sums beside it, that from 1 + r on, and that from 1 - r to
-x, which is the difference of two: from 1 - r on and from 1 - x on.
"""

from __future__ import annotations

from ..row import Row

_AHEAD = 9  # so many terms are added up one by one
_BERNOULLI = ((1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6))  # B(2), B(4), ..., as fractions
# the Taylor series of digamma in v = (x - x0) / (x + x0) at its zero x0; it converges for every x > 0
_AT_THE_ZERO = (
    2.828761719479916, -0.9548594774081383, 1.7190189540107048, -1.121539993974289, 1.5689152703797904,
    -1.2017805056162467, 1.5112117854459817, -1.243337048253921, 1.4794452476285347, -1.268333482301465,
    1.4592424541826572, -1.2850000180997967, 1.44525642069684, -1.2969047722695, 1.4350000104161558,
    -1.3058333434983824, 1.4271568730144906, -1.3127777880158586, 1.4209649225180156, -1.3183333435773885,
    1.4159523911915044, -1.3228787981201617,
)  # fmt: skip

GAMMA_CONSTANTS = {
    "DIGAMMA_ZERO": 1.4616321449683622,  # and the next digits of the zero x0
    "DIGAMMA_ZERO_TAIL": 9.549995429965697e-17,
}


def _series() -> str:
    """From the second term on, Euler and Maclaurin's series by the first of its terms, with y = 1 / x**2.

    The j-th term has the factors B(2j) / (2j)! and s * (s + 1) * ... * (s + 2j - 2).
    """
    text = ""
    for j in range(len(_BERNOULLI) - 1, 0, -1):
        (last, under_last), (this, under) = _BERNOULLI[j - 1 : j + 1]  # of opposite signs
        ratio = -(this * under_last) / (last * under * (2 * j + 1) * (2 * j + 2))
        text = f"1 - {ratio!r} * (s + {2 * j - 1}) * (s + {2 * j}) * y" + (f" * ({text})" if text else "")
    return text


def _polynomial(v: str, coefficients: tuple[float, ...]) -> str:
    """v * (c1 + v * (c2 + ...)), Horner's form of a polynomial that is 0 at 0."""
    first, *others = coefficients
    return f"{v} * ({first!r} + {_polynomial(v, tuple(others))})" if others else f"{v} * {first!r}"


def _sum(term: str) -> str:
    """The sum of a term for k from the last of those ahead down to 1: the smallest come first."""
    return " + ".join(term.format(k=k) for k in range(_AHEAD - 1, 0, -1))


GAMMA: tuple[Row, ...] = (
    Row(
        "lgamma",
        "x",
        "libm.lgamma(x)",
        "digamma(x)",
        kink="inf at 0 and the negative integers; its derivative is what digamma is there",
        doc="The logarithm of |gamma(x)|.",
        example="lgamma(1.0) = 0.0",
    ),
    Row(
        "digamma",
        "x",
        "digamma_positive(x) if x >= 0 else digamma_reflected(x, x - round(x))",
        "polygamma(1, x)",
        kink="-inf at 0.0, inf at -0.0, nan at the negative integers",
        doc="The derivative of lgamma.",
        example="digamma(1.0) = -0.5772156649015329",
    ),
    Row(
        "polygamma",
        "n x",
        "digamma(x) if n == 0 else polygamma_of(n + 1, x, x - round(x), -parity(n))"
        " if n > 0 and n == floor(n) and n < inf else nan",
        "0",
        "polygamma(n + 1, x)",
        kink="partial 0 by n, nan unless n is a whole number and not negative; at 0 and the negative integers inf for"
        " an odd n, and what digamma is there for an even n",
        method_of="x",
        doc="The n-th derivative of digamma, for a whole number n.",
        example="polygamma(1, 2.0) = 0.6449340668482264",
    ),
)  # fmt: skip

GAMMA_INTERNAL: tuple[Row, ...] = (
    # what Euler and Maclaurin's formula adds to the integral, of x at least 9
    Row("zeta_tail", "s x", "0.5 + s / (12 * x) * zeta_series(s, 1 / (x * x))"),
    Row("zeta_series", "s y", _series()),  # y = 1 / x**2
    Row(
        "digamma_positive",
        "x",
        f"digamma_far(x) if x >= {_AHEAD} else digamma_far(x + {_AHEAD}) - ({_sum('1 / (x + {k})')}) - 1 / x if x >= 3"
        " else digamma_near(x - 1) + 1 / (x - 1) if x >= 2 else digamma_near(x) if x >= 1"
        " else digamma_near(x + 1) - 1 / x",
    ),
    Row("digamma_far", "x", "libm.log(x) - zeta_tail(1, x) / x"),
    # of x from 1 to 2, where the zero is
    Row("digamma_near", "x", "digamma_series((x - DIGAMMA_ZERO - DIGAMMA_ZERO_TAIL) / (x + DIGAMMA_ZERO))"),
    Row("digamma_series", "v", _polynomial("v", _AT_THE_ZERO)),
    Row("digamma_reflected", "x r", "nan if r == 0 else digamma_positive(1 - x) - PI * cot_pi(r)"),
    # the cotangent of pi * r for |r| <= 1/2
    Row("cot_pi", "r",
        "1 / libm.tan(PI * r) if abs(r) < 0.25 else libm.copysign(1, r) * libm.tan(PI * (0.5 - abs(r)))"),
    # given s = n + 1, r = x - round(x) and p = (-1)**s
    Row(
        "polygamma_of",
        "s x r p",
        "p * 0 if x == inf else p * over_power(s, x, zeta(s, x)) if x > 0"
        " else over_power(s, abs(r), zeta_sides(s, x, abs(r), p, p if r > 0 else 1)) if r != 0"
        " else inf if p > 0 else -libm.copysign(inf, x) if x == 0 else nan",
    ),
    Row("parity", "n", "1 if libm.fmod(n, 2) == 0 else -1"),  # (-1)**n
    # x**s times the sum of (x + k)**-s, for x > 0: it is 1 where the other powers vanish, and taken for 1 where it is
    # lost in the power beside it, 0 or inf, while squares of s overflow
    Row(
        "zeta",
        "s x",
        f"1 if s > 50 * (x + 1) or s > 1e150 else 1 + ({_sum('power_of(s, {k} / x)')}"
        f" + power_of(s, {_AHEAD} / x) * ((x + {_AHEAD}) / (s - 1) + zeta_tail(s, x + {_AHEAD})))",
    ),
    Row("power_of", "s q", "libm.exp(-s * libm.log1p(q))"),  # (1 + q)**-s
    # for x < 0: a**s times the sums on both sides of the pole, at distance a
    Row("zeta_sides", "s x a p sign",
        "sign * (1 + zeta_from(s, a, 1 + a) + p * zeta_from(s, a, 1 - a)) - zeta_from(s, a, 1 - x)"),
    Row("zeta_from", "s a x", "libm.pow(a / x, s) * zeta(s, x)"),
    # y * gamma(s) / x**s; with gamma(s) by Stirling's formula, (s / e)**s times a factor, where it would overflow
    Row(
        "over_power",
        "s x y",
        "over_halves(libm.tgamma(s), libm.pow(x, -0.5 * s), y) if s < 172"
        " else over_halves(stirling(s), libm.exp(0.5 * s * (libm.log(s / x) - 1)), y)",
    ),
    Row("stirling", "s", "libm.sqrt(2 * PI / s) * libm.exp((1 - 1 / (30 * s * s)) / (12 * s))"),
    Row("over_halves", "c h y", "c * h * y * h"),
)  # fmt: skip
