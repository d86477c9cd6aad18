"""Rows that derivatives are made of, so that they differentiate again: the table closes over itself.

An expression for a partial may call any row of the table that has partials of its own. These are such rows, and
transforms record them; a user's operation never does. Each keeps its digits at every order. So where the chain rule
over the parts of an expression would cancel, overflow or lose a limit, the whole expression is a row, whose partials
are written out here.

Some rows take a number that follows from their other operands, as `cosine` takes the hypotenuse, or one that is
constant, as `over` takes the power. Their partials by the others are total, and that by the number is 0.
"""

from __future__ import annotations

from .row import Row
from .special import SPECIAL_DERIVED


def _comparison(name: str, sign: str) -> Row:
    return Row(name, "x y", f"1 if x {sign} y else 0", "0", "0", symbol=sign, function=False)


def _row(name: str, operands: str, value: str, *partials: str, symbol: str = "") -> Row:
    return Row(name, operands, value, *partials, symbol=symbol, function=False)


def _by_exponent(coefficient: str, exponent: str) -> str:
    """A derivative of a power by the exponent: 0 at base 0, as `pow` has it, and where an infinite base goes to 0."""
    return f"0 if (x == 0 and y >= 0) or (x == inf and {exponent} < 0) else pow_scaled({coefficient}, x, {exponent})"


DERIVED: tuple[Row, ...] = (
    *map(_comparison, ("lt", "le", "eq", "ne"), ("<", "<=", "==", "!=")),
    # the product of the chain rule: a nan that a zero factor makes is 0
    _row("zmul", "x y", "0 if x * y != x * y and (x == 0 or y == 0) else x * y", "y", "x", symbol="*"),
    _row("detach", "x", "x", "0"),
    _row("instead", "x y", "y", "1", "0"),  # the derivative of x, with the digits of y
    # exp(x - w) and x / r, given as p, which has more digits
    _row("share", "x w p", "p", "z", "-z", "0"),
    _row("direction", "x r p", "p", "0 if r == 0 else 1 / r", "0 if r == 0 else -z / r", "0"),
    # x / y**2, given w = x / y: if that is subnormal, it would show its lost digits, so it is scaled
    _row("over_twice", "x y w", "w / y if abs(w) > TINY else x * UP / y / y * DOWN",
         "over(1, y, 2)", "-2 * over(x, y, 3)", "0"),
    # x / y**k for a whole k above 1, by single divisions, of which none overflows before the end
    _row("over", "x y k", "over_from(x / y, y, k) if abs(x / y) > TINY else over_from(x * UP / y, y, k) * DOWN",
         "over(1, y, k)", "-k * over(x, y, k + 1)", "0"),
    # y * x**(y-1) and x**y * log(x), given w = x**y
    _row(
        "pow_slope",
        "x y w",
        # y - 1 is exact from 1/2 to 2**53; outside, y*w/x keeps the digits that y - 1 would lose
        "0 if y == 0 else pow_low(x, y, w) if (y < 0.5 or y > 1e15) and x != 0 and abs(x) < inf"
        " else pow_high(x, y, libm.pow(x, y - 1))",
        "pow_xx(x, y)",
        "pow_xy(x, y)",
        "0",
    ),
    _row(
        "pow_log",
        "x y w",
        # w may underflow although w * log(x) does not
        "nan if x < 0 else 0 if (w == 0 and (x == 0 or x == inf)) or (x == 0 and y == 0)"
        " else w * log(x) if abs(w) > TINY else halves(log(x), libm.pow(x, 0.5 * y))",
        "pow_xy(x, y)",
        "pow_yy(x, y)",
        "0",
    ),
    # the second and third derivatives of x**y: a factor in y and log(x), times x to a power that may over- or underflow
    _row("pow_xx", "x y", "pow_scaled(y * (y - 1), x, y - 2)",
         "pow_scaled(y * (y - 1) * (y - 2), x, y - 3)", "pow_xxy(x, y)"),
    _row("pow_xy", "x y", _by_exponent("1 + y * log(x)", "y - 1"), "pow_xxy(x, y)", "pow_xyy(x, y)"),
    _row("pow_yy", "x y", _by_exponent("square(log(x))", "y"),
         "pow_xyy(x, y)", _by_exponent("log(x) * square(log(x))", "y")),
    _row("pow_xxy", "x y", _by_exponent("2 * y - 1 + y * (y - 1) * log(x)", "y - 2"),
         _by_exponent("3 * y * (y - 2) + 2 + y * (y - 1) * (y - 2) * log(x)", "y - 3"),
         _by_exponent("2 + (4 * y - 2 + y * (y - 1) * log(x)) * log(x)", "y - 2")),
    _row("pow_xyy", "x y", _by_exponent("(2 + y * log(x)) * log(x)", "y - 1"),
         _by_exponent("2 + (4 * y - 2 + y * (y - 1) * log(x)) * log(x)", "y - 2"),
         _by_exponent("(3 + y * log(x)) * square(log(x))", "y - 1")),
    # c * x**e; 0 where c is 0, whatever x
    _row(
        "pow_scaled",
        "c x e",
        "0 if c == 0 else pow_scaled_from(c, x, e, libm.pow(x, e))",
        "0 if x == 0 else pow(x, e)",
        "pow_scaled(c * e, x, e - 1)",
        "0 if x == 0 or (x == inf and z == 0) else z * log(x)",
    ),
    _row("sqrt_slope", "x w", "0.5 / abs(w)", "-0.5 * z / abs(x)", "0"),
    _row("cbrt_slope", "x w", "1 / (3 * w * w)", "-2 * z / (3 * x)", "0"),
    _row("asin_slope", "x", "1 / sqrt((1 - x) * (1 + x))", "x * z * z * z"),
    _row("atan_slope", "x", "1 / (1 + x * x) if abs(x) < 1e150 else 1 / x / x",
         "0 if abs(x) >= 1e150 else -2 * (x * z) * z"),
    _row("asinh_slope", "x", "1 / hypot(1, x)", "0 if abs(x) == inf else -(x * z) * z * z"),
    _row("acosh_slope", "x", "1 / (sqrt(x - 1) * sqrt(x + 1))", "acosh_curve(x, z)"),
    # given s = acosh_slope(x): at 1, the infinities of the chain rule have opposite signs
    _row("acosh_curve", "x s", "0 if x == inf else -(x * s) * s * s",
         "0 if x == inf else (2 * square(x * s) + s * s) * s * s * s", "0"),
    _row("atanh_slope", "x", "1 / ((1 - x) * (1 + x))", "2 * x * z * z"),
    # (2u / (1 + u**2))**2 with u = exp(-|x|): 1 - tanh(x)**2 without the cancellation
    _row("sech2", "x", "square(sech_of(libm.exp(-abs(x))))", "-2 * z * tanh(x)"),
    # exp(-x**2), and its product with y, in two halves where exp(-x**2) would be subnormal
    _row("gauss", "x", "0 if abs(x) > 28 else gauss_split(x, (x + SPLIT) - SPLIT)", "gauss_times(x, -2 * x)"),
    _row("gauss_times", "x y", "0 if abs(x) > 28 else y * gauss(x) if abs(x) < 26"
         " else y * gauss_half(x, (x + SPLIT) - SPLIT) * gauss_half(x, (x + SPLIT) - SPLIT)",
         "gauss_times(x, -2 * x * y)", "gauss_times(x, 1)"),
    # the normal density times y, in two halves
    _row("bell", "x y", "0 if abs(x) > 40 else halves(BELL_TOP * y, gauss_quarter(x, (x + SPLIT) - SPLIT))",
         "bell(x, -x * y)", "bell(x, 1)"),
    _row("logit_slope", "x", "1 / (x * (1 - x))", "z * z * (2 * x - 1)"),
    # the power series of sinc, b = 3/2, and of those that its derivatives are made of, b = 5/2, 7/2, ...
    _row("sinc_near", "x b", "sinc_series(-0.25 * PI_SQUARED * (x * x), b)",
         "-0.5 * PI_SQUARED / b * x * sinc_near(x, b + 1)", "0"),
    # the derivative of sinc, given w = sinc(x); and from its differential equation, x s'' + 2 s' + pi**2 x s = 0
    _row("sinc_slope", "x w", "0 if abs(x) == inf else (cos_half_turns(half_turns(x)) - w) / x",
         "-PI_SQUARED * sinc(x) - 2 * z / x", "0"),
    *SPECIAL_DERIVED,
    # x / hypot(x, y), given r = hypot(x, y); scaled if r is subnormal or overflows
    _row(
        "cosine",
        "x y r",
        "0 if r == 0 else x / r if r > TINY and r < HUGE"
        " else cosine_scaled(x * UP, y * UP) if r < HUGE"
        " else cosine_scaled(x * DOWN, y * DOWN) if abs(x) < inf and abs(y) < inf"
        " else nan if x != x or y != y"
        " else 0 if abs(x) < inf else libm.copysign(1, x) if abs(y) < inf else nan",
        "hypot_bend(x, y, r)",
        "hypot_shear(x, y, r)",
        "0",
    ),
    # the second derivatives of r = hypot(x, y), both by x and mixed, and from them the third
    _row(
        "hypot_bend",
        "x y r",
        # a square may be subnormal although its quotient is not
        "0 if r == 0 else square(cosine(y, x, r)) / r if abs(cosine(y, x, r)) > 1e-100"
        " else cosine(y, x, r) / r * cosine(y, x, r)",
        "0 if r == 0 else -3 * z * cosine(x, y, r) / r",
        "0 if r == 0 else hypot_cubic(cosine(y, x, r), cosine(x, y, r)) / r / r",
        "0",
    ),
    _row(
        "hypot_shear",
        "x y r",
        "0 if r == 0 else -cosine(x, y, r) * cosine(y, x, r) / r",
        "0 if r == 0 else hypot_cubic(cosine(y, x, r), cosine(x, y, r)) / r / r",
        "0 if r == 0 else hypot_cubic(cosine(x, y, r), cosine(y, x, r)) / r / r",
        "0",
    ),
    # x * (2 * y * y - x * x), as factors: so that it has a sign where a quotient of it overflows
    _row("hypot_cubic", "x y", "x * (ROOT_2 * y - x) * (ROOT_2 * y + x)", "2 * y * y - 3 * x * x", "4 * x * y"),
    # x / hypot(x, y)**2, likewise: the real part of 1 / (x + iy)
    _row(
        "over_square",
        "x y r",
        "over_square_plain(x, r) if (r > TINY and r < HUGE) or r == 0 or r != r"
        " else over_square_scaled(x * UP, y * UP, UP) if r < HUGE"
        " else over_square_scaled(x * DOWN, y * DOWN, DOWN) if abs(x) < inf and abs(y) < inf else 0",
        "-turn_cos(x, y, 2)",
        "-turn_sin(x, y, 2)",
        "0",
    ),
    # the real and the negative imaginary part of (x + iy)**-n: the derivatives of angles
    _row("turn_cos", "x y n",
         "turn_cos_from(over_square(x, y, libm.hypot(x, y)), over_square(y, x, libm.hypot(x, y)), n)",
         "-n * turn_cos(x, y, n + 1)", "-n * turn_sin(x, y, n + 1)", "0"),
    _row("turn_sin", "x y n",
         "turn_sin_from(over_square(x, y, libm.hypot(x, y)), over_square(y, x, libm.hypot(x, y)), n)",
         "-n * turn_sin(x, y, n + 1)", "n * turn_cos(x, y, n + 1)", "0"),
    # the derivative of sigmoid, given s = sigmoid(x)
    _row("sigmoid_slope", "x s", "s * sigmoid(-x)", "-z * tanh(0.5 * x)", "0"),
    _row(
        "silu_slope",
        "x",
        # far left, sigmoid(x) is subnormal although x * sigmoid(x) is not: exp(x) in two halves
        "1 if x > 800 else 0 if x < -800 else exp(0.5 * x) * (1 + x) * exp(0.5 * x) if x < -700"
        " else sigmoid(x) * (1 + x * sigmoid(-x))",
        "silu_curve(x)",
    ),
    _row("silu_curve", "x", "silu_tail(x, 2 - x * tanh(0.5 * x))", "silu_tail(x, silu_bend(x))"),
    _row("silu_tail", "x y", "0 if abs(x) > 800 else exp(-0.5 * abs(x)) * y * exp(-0.5 * abs(x)) if abs(x) > 700"
         " else sigmoid_slope(x, sigmoid(x)) * y", "-z * tanh(0.5 * x)", "silu_tail(x, 1)"),
    _row(
        "silu_bend",
        "x",
        "x * square(tanh(0.5 * x)) - 3 * tanh(0.5 * x) - 0.5 * x * sech2(0.5 * x)",
        "square(tanh(0.5 * x)) + (1.5 * x * tanh(0.5 * x) - 2) * sech2(0.5 * x)",
    ),
    _row("softsign_slope", "x", "square(1 / (1 + abs(x)))", "over(-2 * sign(x), 1 + abs(x), 3)"),
    _row("gelu_slope", "x", "normal(x) + bell(x, x)", "gelu_curve(x)"),
    _row("gelu_curve", "x", "bell(x, 2 - x * x)", "bell(x, x * (x * x - 4))"),
    # with c = GELU_LINE * x + GELU_CUBE * x**3: its slope, and the derivative of the sigmoid at 2 * c, times y
    _row("gelu_tanh_slope", "x", "gelu_tanh_share(x, 1) + gelu_tanh_bell(x, 2 * x * gelu_tanh_rate(x))",
         "gelu_tanh_curve(x, tanh(x * (GELU_LINE + GELU_CUBE * (x * x))), gelu_tanh_rate(x))"),
    # given t = tanh(c) and the slope r of c
    _row("gelu_tanh_curve", "x t r", "gelu_tanh_bell(x, 4 * r + 4 * x * (3 * GELU_CUBE * x - t * r * r))",
         "gelu_tanh_bell(x, 48 * GELU_CUBE * x - 12 * t * r * r"
         " + x * r * (r * r * (12 * t * t - 4) - 72 * GELU_CUBE * x * t))", "0", "0"),
    _row("gelu_tanh_bell", "x y", "0 if abs(x) > 25 else halves(0.25 * y, sech_of(gelu_decay(x)))",
         "0 if abs(x) > 25 else -2 * z * tanh(x * (GELU_LINE + GELU_CUBE * (x * x))) * gelu_tanh_rate(x)",
         "gelu_tanh_bell(x, 1)"),
    _row("gelu_tanh_rate", "x", "GELU_LINE + 3 * GELU_CUBE * (x * x)", "6 * GELU_CUBE * x"),
    # the derivative of tanh(softplus(x)), times y; and that of log(exp(2 * x) + 2 * exp(x) + 2)
    _row("mish_slope", "x", "mish_share(x, 1) + mish_bell(x, x)",
         "mish_bell(x, 2 + x * (1 + sigmoid(x) - 2 * mish_rate(x)))"),
    _row("mish_bell", "x y", "0 if abs(x) > 800 else mish_bell_left(y, libm.exp(0.5 * x)) if x < 0"
         " else mish_bell_right(y, libm.exp(-x))",
         "z * (1 + sigmoid(x) - 2 * mish_rate(x))", "mish_bell(x, 1)"),
    _row("mish_rate", "x", "mish_rate_left(libm.exp(x)) if x < 0 else mish_rate_right(libm.exp(-x))",
         "z * (1 + sigmoid(x) - z)"),
    _row("sigmoid_sub", "x y", "0.5 if x == y else sigmoid_plus(x - y, sub_tail(x, y, x - y))",
         "sigmoid_sub_slope(x, y)", "-sigmoid_sub_slope(x, y)"),
    _row("sigmoid_sub_slope", "x y", "sigmoid_sub(x, y) * sigmoid_sub(y, x)",
         "-z * sigmoid_sub_tilt(x, y)", "z * sigmoid_sub_tilt(x, y)"),
    _row("sigmoid_sub_tilt", "x y", "0 if x == y else tanh(0.5 * (x - y))",
         "2 * sigmoid_sub_slope(x, y)", "-2 * sigmoid_sub_slope(x, y)"),
)  # fmt: skip
