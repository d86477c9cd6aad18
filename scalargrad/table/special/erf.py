"""The error function, its complement and its inverse.

erfinv(a) is the y with erf(y) = a. It starts from S. Winitzki's formula, erf(y)**2 = 1 - exp(-y*y * (4/pi + c*y*y) /
(1 + c*y*y)), nearly, which can be solved for y; with c = 0.143 that is right to 3e-3. Two of Halley's steps, each of
which triples the number of right digits, do the rest. How far y misses a is known to the last digit near 0, where
erf(y) is small, and near 1, where 1 - a is exact and erfc(y) is small.
"""

from __future__ import annotations

from ..row import Row

ERROR: tuple[Row, ...] = (
    Row("erf", "x", "libm.erf(x)", "TWO_OVER_SQRT_PI * gauss(x)", doc="The error function.", example="erf(0.0) = 0.0"),
    Row("erfc", "x", "libm.erfc(x)", "-TWO_OVER_SQRT_PI * gauss(x)",
        doc="1 - erf(x), accurate for large x.", example="erfc(0.0) = 1.0"),
    Row(
        "erfinv",
        "x",
        "libm.copysign(1, x) * erfinv_of(abs(x))",
        "erfinv_slope(x, z)",
        kink="inf at 1 and -inf at -1, derivative inf at both; nan outside",
        doc="The inverse of erf: the y with erf(y) = x.",
        example="erfinv(0.0) = 0.0",
    ),
)  # fmt: skip

DERIVED: tuple[Row, ...] = (
    # the derivative of y = erfinv(x), given w = y as rounded: 1 / erf'(w), times exp(y*y - w*w)
    Row("erfinv_slope", "x w",
        "inf if abs(x) == 1 else (1 - 2 * abs(w) * erfinv_miss(abs(x), abs(w))) / (TWO_OVER_SQRT_PI * gauss(w))",
        "2 * w * z * z", "0", function=False),
)  # fmt: skip

ERROR_INTERNAL: tuple[Row, ...] = (
    # of a >= 0; the logarithm is nan for a > 1
    Row("erfinv_of", "a",
        "inf if a == 1 else erfinv_halley(a, erfinv_halley(a, erfinv_start(libm.log1p(-a * a))))"),
    # Winitzki's formula from log(1 - a*a), with t = 2 / (pi * c) + log(1 - a*a) / 2
    Row("erfinv_start", "log", "erfinv_root(-log / 0.143, 4.45 + 0.5 * log)"),
    Row("erfinv_root", "q t", "libm.sqrt(q / (libm.sqrt(t * t + q) + t))"),
    Row("erfinv_halley", "a y", "erfinv_step(y, erfinv_miss(a, y))"),
    Row("erfinv_step", "y miss", "y - miss / (1 + y * miss)"),
    # how far y >= 0 is above erfinv(a), to first order: (erf(y) - a) / erf'(y)
    Row("erfinv_miss", "a y",
        "(libm.erf(y) - a if a < 0.5 else (1 - a) - libm.erfc(y)) / (TWO_OVER_SQRT_PI * gauss(y))"),
)  # fmt: skip
