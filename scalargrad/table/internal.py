"""Named constants and internal rows, which the expressions of `ops.py` use. Graphs never record internal rows."""

from __future__ import annotations

from .row import Row
from .special import SPECIAL_CONSTANTS, SPECIAL_INTERNAL

# Constants that an expression may name.
CONSTANTS = {
    "inf": float("inf"),
    "nan": float("nan"),
    "LN2": 0.6931471805599453,
    "LOG2E": 1.4426950408889634,
    "LOG10E": 0.4342944819032518,
    "TWO_OVER_SQRT_PI": 1.1283791670955126,
    "PI": 3.141592653589793,
    "PI_SQUARED": 9.869604401089358,
    "ROOT_HALF": 0.7071067811865476,
    "ROOT_HALF_HIGH": 0.7071067839860916,  # 26 bits of sqrt(1/2), and the rest
    "ROOT_HALF_LOW": -2.799544089368687e-09,
    "BELL_TOP": 0.3989422804014327,  # 1 / sqrt(2 pi)
    "ROOT_2": 1.4142135623730951,
    "ROOT_3": 1.7320508075688772,
    "TINY": 1e-290,  # below this, a square or a quotient may be subnormal and lose digits: scale up first
    "HUGE": 1e290,  # above this, it may overflow: scale down first
    "UP": 2.0**600,
    "DOWN": 2.0**-600,
    "LARGE": 2.0**300,  # between 1 / LARGE and LARGE, products of two neither over- nor underflow
    "SPLIT": 1.5 * 2.0**32,  # adding and subtracting it rounds |x| < 2**31 to a multiple of 2**-20
    "COARSE": 1.5 * 2.0**47,  # likewise, to a multiple of 2**-5
    # sqrt(2 / pi), and 0.044715 of it; of each a multiple of 2**-38 or 2**-28, and the rest
    "GELU_LINE": 0.7978845608028654,
    "GELU_LINE_HIGH": 0.7978845608013216,
    "GELU_LINE_LOW": 1.5437152691972346e-12,
    "GELU_CUBE": 0.035677408136300125,
    "GELU_CUBE_HIGH": 0.035677406936883926,
    "GELU_CUBE_LOW": 1.1994161979965677e-09,
    "SELU_SCALE": 1.0507009873554805,
    "SELU_LEFT": 1.7580993408473768,  # scale * alpha
    **SPECIAL_CONSTANTS,
}


def _nested(k: int, last: int) -> str:
    """The power series in w whose quotients of terms are w / (k * (b + k - 1)), from the k-th on."""
    rest = f" * ({_nested(k + 1, last)})" if k < last else ""
    return f"1 + w / ({k} * (b + {k - 1})){rest}" if k > 1 else f"1 + w / b{rest}"


INTERNAL: tuple[Row, ...] = (
    # x / y**k from q = x / y
    Row(
        "over_from",
        "q y k",
        "q / y if k == 2 else q / y / y if k == 3 else q / y / y / y if k == 4 else q / y / y / y / libm.pow(y, k - 4)",
    ),
    # y * x**(y-1) from w = x**y, or from p = x**(y-1); if that is subnormal and y is not small, from its square root
    Row("halves", "y h", "y * h * h"),
    Row(
        "pow_low",
        "x y w",
        "y * w / x if abs(w) > TINY or w != w"
        " else libm.copysign(1, w) * halves(y, libm.pow(abs(x), 0.5 * y)) / x",
    ),
    Row(
        "pow_high",
        "x y p",
        "y * p if abs(p) > TINY or p != p"
        " else libm.copysign(1, p) * halves(y, libm.pow(abs(x), 0.5 * (y - 1)))",
    ),
    # c * p for p = x**e, which may over- or underflow although the product does not
    Row(
        "pow_scaled_from",
        "c x e p",
        "c * p if (abs(p) > TINY and abs(p) < HUGE) or p != p"
        " else libm.copysign(1, p) * halves(c, libm.pow(abs(x), 0.5 * e))",
    ),
    # from the parts a and -b of 1 / (x + iy), those of its powers
    Row(
        "turn_cos_from",
        "a b n",
        "(a - b) * (a + b) if n == 2 else a * (a - ROOT_3 * b) * (a + ROOT_3 * b) if n == 3"
        " else libm.cos(n * libm.atan2(b, a)) * libm.pow(libm.hypot(a, b), n)",
    ),
    Row(
        "turn_sin_from",
        "a b n",
        "2 * a * b if n == 2 else b * (ROOT_3 * a - b) * (ROOT_3 * a + b) if n == 3"
        " else libm.sin(n * libm.atan2(b, a)) * libm.pow(libm.hypot(a, b), n)",
    ),
    Row("sech_of", "u", "2 * u / (1 + u * u)"),
    # h is x rounded to 20 binary places, so h*h is exact and the rest is small
    Row("gauss_split", "x h", "libm.exp(-(h * h)) * libm.exp(-((x - h) * (x + h)))"),
    Row("gauss_half", "x h", "libm.exp(-0.5 * (h * h)) * libm.exp(-0.5 * ((x - h) * (x + h)))"),
    # exp(-x**2 / 4)
    Row("gauss_quarter", "x h", "libm.exp(-0.25 * (h * h)) * libm.exp(-0.25 * ((x - h) * (x + h)))"),
    # the normal distribution function, from u = x / sqrt(2); far left it magnifies the rounding error of u, which is
    # added: h is x rounded, so its product with the high part is exact
    Row("normal", "x", "0.5 * libm.erfc(-x) if abs(x) > 40 else normal_from(x, x * ROOT_HALF, (x + SPLIT) - SPLIT)"),
    Row(
        "normal_from",
        "x u h",
        "0.5 * (libm.erfc(-u) + TWO_OVER_SQRT_PI * gauss(u)"
        " * ((h * ROOT_HALF_HIGH - u) + (h * ROOT_HALF_LOW + (x - h) * ROOT_HALF)))",
    ),
    # the asymptotic series of normal(x) / (bell(x, 1) / -x), for t = 1 / x**2
    Row("gelu_tail", "t", "1 - t * (1 - 3 * t * (1 - 5 * t * (1 - 7 * t * (1 - 9 * t * (1 - 11 * t)))))"),
    # exp(-|c|) for gelu's curve c = GELU_LINE * x + GELU_CUBE * x**3: h is |x| rounded, so the first part is exact
    Row("gelu_decay", "x", "gelu_decay_from(abs(x), (abs(x) + COARSE) - COARSE)"),
    Row(
        "gelu_decay_from",
        "x h",
        "libm.exp(-(GELU_LINE_HIGH * h + GELU_CUBE_HIGH * (h * h * h)))"
        " * libm.exp(-(GELU_LINE_LOW * h + GELU_CUBE_LOW * (h * h * h)"
        " + (x - h) * (GELU_LINE + GELU_CUBE * (x * x + x * h + h * h))))",
    ),
    # y * sigmoid(2 * c), from that; left of 0 in two halves, as the sigmoid alone may be subnormal
    Row("gelu_tanh_share", "x y", "y if x > 25 else libm.copysign(0, y) if x < -25"
        " else y / (1 + square(gelu_decay(x))) if x > 0 else gelu_tanh_left(y, gelu_decay(x))"),
    Row("gelu_tanh_left", "y q", "y * q / (1 + q * q) * q"),
    # y * tanh(softplus(x)), from exp(x / 2) or exp(-x)
    Row("mish_share", "x y", "libm.copysign(0, y) if x < -800 else mish_left(y, libm.exp(0.5 * x)) if x < 0"
        " else mish_right(y, libm.exp(-x))"),
    Row("mish_left", "y q", "y * q * (q * q + 2) / (q * q * (q * q + 2) + 2) * q"),
    Row("mish_right", "y r", "y * (1 + 2 * r) / (1 + 2 * r * (1 + r))"),
    Row("mish_bell_left", "y q", "halves(4 * y * (1 + q * q) / square(q * q * (q * q + 2) + 2), q)"),
    Row("mish_bell_right", "y r", "halves(4 * y * (1 + r) / square(1 + 2 * r * (1 + r)), r)"),
    Row("mish_rate_left", "e", "2 * e * (1 + e) / (e * (e + 2) + 2)"),
    Row("mish_rate_right", "r", "2 * (1 + r) / (1 + 2 * r * (1 + r))"),
    # x less the even number next to it, exactly; and sin(pi t), cos(pi t) for |t| <= 1, by the zero next to t
    Row("half_turns", "x", "x - 2 * libm.rint(0.5 * x)"),
    Row("sin_half_turns", "t", "libm.sin(PI * (libm.copysign(1 - abs(t), t) if abs(t) > 0.5 else t))"),
    Row("cos_half_turns", "t", "libm.sin(PI * (0.5 - abs(t)))"),
    Row("sinc_series", "w b", _nested(1, 7)),
    *SPECIAL_INTERNAL,
    # x - (x // y) * y from r = fmod(x, y), with the sign of y; and x // y from the same r, as CPython computes them
    Row(
        "remainder_from",
        "y r",
        "r + y if (r < 0 and y > 0) or (r > 0 and y < 0) else r if r != 0 else libm.copysign(0, y)",
    ),
    Row(
        "floordiv_from",
        "x y r",
        "x / y if y == 0 else floordiv_round("
        "(x - r) / y - 1 if (r < 0 and y > 0) or (r > 0 and y < 0) else (x - r) / y, x / y)",
    ),
    Row(
        "floordiv_round",
        "q sign",
        "libm.copysign(0, sign) if q == 0 else floor(q) + 1 if q - floor(q) > 0.5 else floor(q)",
    ),
    Row("cosine_scaled", "x y", "x / libm.hypot(x, y)"),
    # x / z may be subnormal although x / z / z is not
    Row("over_square_plain", "x z", "x * UP / z / z * DOWN if abs(x) < TINY * z else x / z / z"),
    Row("over_square_scaled", "x y scale", "x / libm.hypot(x, y) / libm.hypot(x, y) * scale"),
    # the rounding error of d = x - y (Knuth's two-sum); 0 if d is not finite
    Row("sub_tail", "x y d", "0 if d - d != 0 else (x - (d - (d - x))) - (y + (d - x))"),
    Row("exp_plus", "d tail", "libm.exp(d) if tail == 0 else libm.exp(d) * (1 + tail)"),
    # exp(x - y) / s; if that is subnormal, from exp((x - y) / 2), so that it is rounded only once
    Row("exp_share", "x y s", "1 / s if x == y else exp_share_of(x - y, sub_tail(x, y, x - y), s)"),
    Row(
        "exp_share_of",
        "d tail s",
        "exp_plus(d, tail) / s if d > -700 else libm.exp(0.5 * d) / s * (1 + tail) * libm.exp(0.5 * d)",
    ),
    # q * 2**(600 * k), rounded once, for a whole k and 2**-600 <= |q| <= 2**600
    Row(
        "scaled",
        "q k",
        "q if k == 0 else q * UP if k == 1 else q * UP * UP if k == 2 else q * UP * UP * UP if k > 2"
        " else q * DOWN if k == -1 else q * DOWN * DOWN if k == -2 else q * DOWN * DOWN * DOWN",
    ),
    # s * 2**(600 * m) / x
    Row(
        "product_share",
        "x s m",
        "product_share_of(x * DOWN, s, m - 1, DOWN) if abs(x) > LARGE"
        " else product_share_of(x * UP, s, m + 1, UP) if abs(x) * LARGE < 1 else scaled(s / x, m)",
    ),
    Row(
        "product_share_of",
        "x s m by",
        "scaled(s / (x * by), m - 1 if by < 1 else m + 1) if abs(x) > LARGE or abs(x) * LARGE < 1"
        " else scaled(s / x, m)",
    ),
    # a product, given that of its finite factors but zeros, and a count of the others: see the reduction `prod`
    Row(
        "of_others",
        "product count",
        "product if count == 0 else libm.copysign(0, product) if count < 3"
        " else libm.copysign(inf, product) if count == 3 or count == 6 else nan",
    ),
    Row("sigmoid_plus", "d tail", "sigmoid(d) * (1 + tail * sigmoid(-d))"),
)  # fmt: skip
