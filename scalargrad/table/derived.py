"""Rows that derivatives are made of, so that they differentiate again: the table closes over itself.

An expression for a partial may call any row of the table that has partials of its own. These are such rows, and
transforms record them; a user's operation never does. Each keeps its digits at every order. So where the chain rule
over the parts of an expression would cancel, the whole expression is a row, whose partials are written out here.

Some rows take a number that follows from their other operands, as `cosine` takes the hypotenuse. Their partials by the
others are total, and that by the number is 0.
"""

from __future__ import annotations

from .row import Row


def _comparison(name: str, sign: str) -> Row:
    return Row(name, "x y", f"1 if x {sign} y else 0", "0", "0", symbol=sign, function=False)


def _row(name: str, operands: str, value: str, *partials: str, symbol: str = "") -> Row:
    return Row(name, operands, value, *partials, symbol=symbol, function=False)


DERIVED: tuple[Row, ...] = (
    *map(_comparison, ("lt", "le", "eq", "ne"), ("<", "<=", "==", "!=")),
    # the product of the chain rule: a nan that a zero factor makes is 0
    _row("zmul", "x y", "0 if x * y != x * y and (x == 0 or y == 0) else x * y", "y", "x", symbol="*"),
    _row("detach", "x", "x", "0"),
    _row("instead", "x y", "y", "1", "0"),  # the derivative of x, with the digits of y
    # exp(x - w) and x / r, given as p, which has more digits
    _row("share", "x w p", "p", "z", "-z", "0"),
    _row("direction", "x r p", "p", "0 if r == 0 else 1 / r", "0 if r == 0 else -z / r", "0"),
    # y * x**(y-1) from w = x**y, or from p = x**(y-1); if that is subnormal and y is not small, from its square root
    _row("halves", "y h", "y * h * h", "h * h", "2 * y * h"),
    _row(
        "pow_low",
        "x y w",
        "y * w / x if abs(w) > TINY or w != w"
        " else libm.copysign(1, w) * halves(y, libm.pow(abs(x), 0.5 * y)) / x",
        "-z / x",
        "w / x",
        "y / x",
    ),
    _row(
        "pow_high",
        "x y p",
        "y * p if abs(p) > TINY or p != p"
        " else libm.copysign(1, p) * halves(y, libm.pow(abs(x), 0.5 * (y - 1)))",
        "0",
        "p",
        "y",
    ),
    _row("asin_slope", "x", "1 / sqrt((1 - x) * (1 + x))", "x * z * z * z"),
    _row("atan_slope", "x", "1 / (1 + x * x) if abs(x) < 1e150 else 1 / x / x",
         "-2 * (x * z) * z if abs(x) < 1e150 else 0 if x == x else x"),
    _row("asinh_slope", "x", "1 / hypot(1, x)", "-(x * z) * z * z if abs(x) < 1e150 else 0 if x == x else x"),
    _row("acosh_slope", "x", "1 / (sqrt(x - 1) * sqrt(x + 1))",
         "-(x * z) * z * z if abs(x) < 1e150 else 0 if x == x else x"),
    _row("atanh_slope", "x", "1 / ((1 - x) * (1 + x))", "2 * x * z * z"),
    # (2u / (1 + u**2))**2 with u = exp(-|x|): 1 - tanh(x)**2 without the cancellation
    _row("sech2", "x", "square(sech_of(libm.exp(-abs(x))))", "-2 * z * tanh(x)"),
    # exp(-x**2)
    _row("gauss", "x", "0 if abs(x) > 28 else gauss_split(x, (x + SPLIT) - SPLIT)", "0 if abs(x) > 28 else -2 * x * z"),
    # x / hypot(x, y), given r = hypot(x, y); and x / hypot(x, y)**2; scaled if r is subnormal or overflows
    _row(
        "cosine",
        "x y r",
        "0 if r == 0 else x / r if r > TINY and r < HUGE"
        " else cosine_scaled(x * UP, y * UP) if r < HUGE"
        " else cosine_scaled(x * DOWN, y * DOWN) if abs(x) < inf and abs(y) < inf"
        " else nan if x != x or y != y"
        " else 0 if abs(x) < inf else libm.copysign(1, x) if abs(y) < inf else nan",
        "0 if r == 0 else square(cosine(y, x, r)) / r",
        "0 if r == 0 else -z * cosine(y, x, r) / r",
        "0",
    ),
    _row(
        "over_square",
        "x y r",
        "over_square_plain(x, r) if (r > TINY and r < HUGE) or r == 0 or r != r"
        " else over_square_scaled(x * UP, y * UP, UP) if r < HUGE"
        " else over_square_scaled(x * DOWN, y * DOWN, DOWN) if abs(x) < inf and abs(y) < inf else 0",
        "(over_square(y, x, r) - z) * (over_square(y, x, r) + z)",
        "-2 * z * over_square(y, x, r)",
        "0",
    ),
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
    _row(
        "silu_curve",
        "x",
        "0 if abs(x) > 800 else exp(0.5 * x) * (2 - x * tanh(0.5 * x)) * exp(0.5 * x) if x < -700"
        " else sigmoid_slope(x, sigmoid(x)) * (2 - x * tanh(0.5 * x))",
        "0 if abs(x) > 800 else exp(0.5 * x) * silu_bend(x) * exp(0.5 * x) if x < -700"
        " else sigmoid_slope(x, sigmoid(x)) * silu_bend(x)",
    ),
    _row(
        "silu_bend",
        "x",
        "x * square(tanh(0.5 * x)) - 3 * tanh(0.5 * x) - 0.5 * x * sech2(0.5 * x)",
        "square(tanh(0.5 * x)) + (1.5 * x * tanh(0.5 * x) - 2) * sech2(0.5 * x)",
    ),
    _row("sigmoid_sub", "x y", "0.5 if x == y else sigmoid_plus(x - y, sub_tail(x, y, x - y))",
         "z * sigmoid_sub(y, x)", "-z * sigmoid_sub(y, x)"),
)  # fmt: skip
