"""The table of primitives: the single source of every value and every derivative.

A row says what a primitive is called, what it computes, and its partial derivative by each operand. Values and
partials are expressions over other rows, written in a small part of Python's own grammar (`evaluate.py` lists it);
`libm.f` is the C library's function. In a partial, ``z`` is the result. Everything else follows from here:
`evaluate.py` turns a row into Python functions, `csrc/build.py` prints it as C, the documentation prints it as a table.

The forms are chosen to stay accurate over the whole range of a double, where the textbook form often does not:
``1 - tanh(x)**2`` has no correct digit left at x = 20, ``sech2(x)`` has all of them.

The order of rows is the numbering of opcodes (ORDER: `csrc/ops.h` is generated, so it follows by itself).
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One primitive of fixed arity."""

    name: str
    operands: tuple[str, ...]
    value: str
    partials: tuple[str, ...] = ()
    symbol: str = ""  # what `Value._op` shows, where it is not the name
    kink: str = ""  # the convention where the derivative does not exist, for the documentation
    public: bool = True  # internal rows appear in expressions only


class Reduction(NamedTuple):
    """A primitive over any number of operands: one node, n partials.

    ``partial`` is an expression over the operand ``x``, the result ``z``, and what one pass over the operands
    gathers: ``m``, the largest, and ``s``, a count or a sum (`gathers` says which).
    """

    name: str
    value: str
    partial: str
    gathers: str = ""
    kink: str = ""


# Named constants that an expression may use.
CONSTANTS = {
    "inf": float("inf"),
    "nan": float("nan"),
    "LN2": 0.6931471805599453,
    "LOG2E": 1.4426950408889634,
    "LOG10E": 0.4342944819032518,
    "TWO_OVER_SQRT_PI": 1.1283791670955126,
    "TINY": 1e-290,  # below this a square or a quotient may go subnormal and lose digits: scale up first
    "HUGE": 1e290,  # above this it may overflow: scale down first
    "UP": 2.0**600,
    "DOWN": 2.0**-600,
    "SPLIT": 1.5 * 2.0**32,  # adding and subtracting it rounds |x| < 2**31 to a multiple of 2**-20
}


def _row(
    name: str,
    operands: str,
    value: str,
    *partials: str,
    symbol: str = "",
    kink: str = "",
    public: bool = True,
) -> Row:
    return Row(name, tuple(operands.split()), value, partials, symbol or name, kink, public)


def _internal(name: str, operands: str, value: str) -> Row:
    return _row(name, operands, value, public=False)


ROWS: tuple[Row, ...] = (
    # --- arithmetic ------------------------------------------------------------------------------------------
    _row("add", "x y", "x + y", "1", "1", symbol="+"),
    _row("sub", "x y", "x - y", "1", "-1", symbol="-"),
    _row("mul", "x y", "x * y", "y", "x", symbol="*"),
    # where z is subnormal, its lost digits would come back in z / y: the same quotient, scaled
    _row("div", "x y", "x / y", "1 / y", "-(z / y) if abs(z) > TINY else -(x * UP / y / y * DOWN)", symbol="/"),
    _row("neg", "x", "-x", "-1", symbol="neg"),
    _row("square", "x", "x * x", "2 * x", symbol="**2"),
    _row(
        "pow",
        "x y",
        "libm.pow(x, y)",
        # y - 1 is exact from 1/2 to 2**53; outside, y*z/x keeps the digits that it would round away
        "0 if y == 0 else pow_low(x, y, z) if (y < 0.5 or y > 1e15) and x != 0 and abs(x) < inf"
        " else pow_high(x, y, pow(x, y - 1))",
        # where z is lost below the smallest double, z * log(x) need not be
        "nan if x < 0 else 0 if (z == 0 and (x == 0 or x == inf)) or (x == 0 and y == 0)"
        " else z * log(x) if abs(z) > TINY else halves(log(x), pow(x, 0.5 * y))",
        symbol="**",
        kink="0**0 is 1, both partials 0; by the exponent: 0 at base 0 (exponent >= 0), nan at a negative base",
    ),
    _row("floordiv", "x y", "floordiv_from(x, y, libm.fmod(x, y))", "0", "0", symbol="//", kink="partials 0"),
    _row(
        "remainder",
        "x y",
        "remainder_from(y, libm.fmod(x, y))",
        "1",
        "-floordiv(x, y)",
        symbol="%",
        kink="Python's sign (that of y); partials 1 and -(x // y)",
    ),
    _row(
        "fmod",
        "x y",
        "libm.fmod(x, y)",
        "1",
        "-round((x - z) / y)",
        kink="C's sign (that of x); partials 1 and -trunc(x / y)",
    ),
    # --- roots and powers of a base -----------------------------------------------------------------------------
    _row("sqrt", "x", "libm.sqrt(x)", "0.5 / abs(z)", kink="derivative inf at 0"),
    _row("cbrt", "x", "libm.cbrt(x)", "1 / (3 * z * z)", kink="derivative inf at 0"),
    _row("exp", "x", "libm.exp(x)", "z"),
    _row("exp2", "x", "libm.exp2(x)", "z * LN2"),
    _row("expm1", "x", "libm.expm1(x)", "exp(x)"),
    _row("log", "x", "libm.log(x)", "1 / x"),
    _row("log1p", "x", "libm.log1p(x)", "1 / (1 + x)"),
    _row("log2", "x", "libm.log2(x)", "LOG2E / x"),
    _row("log10", "x", "libm.log10(x)", "LOG10E / x"),
    # --- circular and hyperbolic ----------------------------------------------------------------------------------
    _row("sin", "x", "libm.sin(x)", "cos(x)"),
    _row("cos", "x", "libm.cos(x)", "-sin(x)"),
    _row("tan", "x", "libm.tan(x)", "1 + z * z"),
    _row("asin", "x", "libm.asin(x)", "1 / sqrt((1 - x) * (1 + x))"),
    _row("acos", "x", "libm.acos(x)", "-1 / sqrt((1 - x) * (1 + x))"),
    _row("atan", "x", "libm.atan(x)", "1 / (1 + x * x) if abs(x) < 1e150 else 1 / x / x"),
    _row(
        "atan2",
        "y x",
        "libm.atan2(y, x)",
        "over_square(x, y, hypot(x, y))",
        "-over_square(y, x, hypot(x, y))",
        kink="partials nan at the origin",
    ),
    _row("sinh", "x", "libm.sinh(x)", "cosh(x)"),
    _row("cosh", "x", "libm.cosh(x)", "sinh(x)"),
    _row("tanh", "x", "libm.tanh(x)", "sech2(x)"),
    _row("asinh", "x", "libm.asinh(x)", "1 / hypot(1, x)"),
    _row("acosh", "x", "libm.acosh(x)", "1 / (sqrt(x - 1) * sqrt(x + 1))"),
    _row("atanh", "x", "libm.atanh(x)", "1 / ((1 - x) * (1 + x))"),
    _row("erf", "x", "libm.erf(x)", "TWO_OVER_SQRT_PI * gauss(x)"),
    _row("erfc", "x", "libm.erfc(x)", "-TWO_OVER_SQRT_PI * gauss(x)"),
    # --- activations ----------------------------------------------------------------------------------------------
    _row("sigmoid", "x", "1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))", "z * sigmoid(-x)"),
    _row("log_sigmoid", "x", "-softplus(-x)", "sigmoid(-x)"),
    _row("softplus", "x", "(x if x > 0 else 0) + log1p(exp(-abs(x)))", "sigmoid(x)"),
    _row(
        "relu",
        "x",
        "0 if x < 0 else x",
        "1 if x > 0 else 0",
        symbol="ReLU",
        kink="x unless x < 0, so -0.0 and nan stay; derivative 0 at 0",
    ),
    _row(
        "leaky_relu",
        "x slope",
        "x if x > 0 else slope * x",
        "1 if x > 0 else slope",
        "0 if x > 0 else x",
        kink="derivative slope at 0",
    ),
    _row(
        "elu",
        "x alpha",
        "x if x > 0 else alpha * expm1(x)",
        "1 if x > 0 else alpha * exp(x)",
        "0 if x > 0 else expm1(x)",
        kink="derivative alpha at 0",
    ),
    _row(
        "silu",
        "x",
        # far left sigmoid(x) is subnormal where x * sigmoid(x) is not yet: exp(x) in two halves
        "-0.0 if x == -inf else x * exp(0.5 * x) * exp(0.5 * x) if x < -700 else x * sigmoid(x)",
        "1 if x > 800 else 0 if x < -800 else exp(0.5 * x) * (1 + x) * exp(0.5 * x) if x < -700"
        " else sigmoid(x) * (1 + x * sigmoid(-x))",
    ),
    # --- piecewise ------------------------------------------------------------------------------------------------
    _row("abs", "x", "libm.fabs(x)", "1 if x > 0 else -1 if x < 0 else 0", kink="derivative 0 at 0"),
    _row("sign", "x", "1 if x > 0 else -1 if x < 0 else x", "0", kink="sign(0) is 0; derivative 0"),
    _row("floor", "x", "libm.floor(x)", "0", kink="derivative 0"),
    _row("ceil", "x", "libm.ceil(x)", "0", kink="derivative 0"),
    _row("trunc", "x", "libm.trunc(x)", "0", kink="derivative 0"),
    _row("round", "x", "libm.rint(x)", "0", kink="halves to even; derivative 0"),
    _row(
        "copysign",
        "x y",
        "libm.copysign(x, y) if y == y else abs(x)",
        "x if x != x else 0 if x == 0 else libm.copysign(1, x) * copysign(1, y)",
        "0",
        kink="derivative 0 at x = 0, as for abs; a nan counts as positive, whatever its sign bit",
    ),
    _row(
        "maximum",
        "x y",
        "x if x >= y or x != x else y",
        "1 if x > y or x != x else 0.5 if x == y else 0",
        "1 if y > x or y != y else 0.5 if x == y else 0",
        kink="a tie gives 1/2, 1/2; maximum(nan, 1) is nan",
    ),
    _row(
        "minimum",
        "x y",
        "x if x <= y or x != x else y",
        "1 if x < y or x != x else 0.5 if x == y else 0",
        "1 if y < x or y != y else 0.5 if x == y else 0",
        kink="a tie gives 1/2, 1/2; minimum(nan, 1) is nan",
    ),
    _row(
        "clip",
        "x lo hi",
        "hi if x > hi or lo > hi else lo if x < lo else x",
        "0 if x > hi or x < lo or lo > hi else 1",
        "1 if x < lo and lo <= hi else 0",
        "1 if x > hi or lo > hi else 0",
        kink="derivative 1 at a bound",
    ),
    _row(
        "where",
        "c x y",
        "x if c != 0 else y",
        "0",
        "1 if c != 0 else 0",
        "0 if c != 0 else 1",
        kink="the branch not chosen gets 0, whatever it holds",
    ),
    # --- of two, scaled ---------------------------------------------------------------------------------------------
    _row(
        "hypot",
        "x y",
        "libm.hypot(x, y)",
        "cosine(x, y, z)",
        "cosine(y, x, z)",
        kink="partials 0 at the origin",
    ),
    _row(
        "logaddexp",
        "x y",
        "x + LN2 if x == y else (x if x > y else y) + log1p(exp(-abs(x - y)))",
        "sigmoid_sub(x, y)",
        "sigmoid_sub(y, x)",
    ),
    _row("exp_sub", "x y", "1 if x == y else exp_plus(x - y, sub_tail(x, y, x - y))", "z", "-z", symbol="exp"),
    # --- internal: what the expressions above are made of -----------------------------------------------------------
    # (2u / (1 + u**2))**2 with u = exp(-|x|): 1 - tanh(x)**2 without the cancellation
    _internal("sech2", "x", "square(sech_of(libm.exp(-abs(x))))"),
    _internal("sech_of", "u", "2 * u / (1 + u * u)"),
    # exp(-x**2): h is x rounded to 20 binary places, so h*h is exact and the rest is small
    _internal("gauss", "x", "0 if abs(x) > 28 else gauss_split(x, (x + SPLIT) - SPLIT)"),
    _internal("gauss_split", "x h", "libm.exp(-(h * h)) * libm.exp(-((x - h) * (x + h)))"),
    # x - (x // y) * y from r = fmod(x, y), with the sign of y; and x // y from the same r, as CPython computes them
    _internal(
        "remainder_from",
        "y r",
        "r + y if (r < 0 and y > 0) or (r > 0 and y < 0) else r if r != 0 else libm.copysign(0, y)",
    ),
    _internal(
        "floordiv_from",
        "x y r",
        "x / y if y == 0 else floordiv_round("
        "(x - r) / y - 1 if (r < 0 and y > 0) or (r > 0 and y < 0) else (x - r) / y, x / y)",
    ),
    _internal(
        "floordiv_round",
        "q sign",
        "libm.copysign(0, sign) if q == 0 else floor(q) + 1 if q - floor(q) > 0.5 else floor(q)",
    ),
    # y * x**(y-1) from z = x**y and from p = x**(y-1); where that is subnormal and y is not small, from its square root
    _internal("halves", "y h", "y * h * h"),
    _internal(
        "pow_low",
        "x y z",
        "y * z / x if abs(z) > TINY or z != z"
        " else libm.copysign(1, z) * halves(y, libm.pow(abs(x), 0.5 * y)) / x",
    ),
    _internal(
        "pow_high",
        "x y p",
        "y * p if abs(p) > TINY or p != p"
        " else libm.copysign(1, p) * halves(y, libm.pow(abs(x), 0.5 * (y - 1)))",
    ),
    # x / hypot(x, y), given z = hypot(x, y); and x / hypot(x, y)**2: scaled where z is subnormal or overflows
    _internal(
        "cosine",
        "x y z",
        "0 if z == 0 else x / z if z > TINY and z < HUGE"
        " else cosine_scaled(x * UP, y * UP) if z < HUGE"
        " else cosine_scaled(x * DOWN, y * DOWN) if abs(x) < inf and abs(y) < inf"
        " else nan if x != x or y != y"
        " else 0 if abs(x) < inf else libm.copysign(1, x) if abs(y) < inf else nan",
    ),
    _internal("cosine_scaled", "x y", "x / libm.hypot(x, y)"),
    _internal(
        "over_square",
        "x y z",
        "over_square_plain(x, z) if (z > TINY and z < HUGE) or z == 0 or z != z"
        " else over_square_scaled(x * UP, y * UP, UP) if z < HUGE"
        " else over_square_scaled(x * DOWN, y * DOWN, DOWN) if abs(x) < inf and abs(y) < inf else 0",
    ),
    # x / z may be subnormal where x / z / z is not
    _internal("over_square_plain", "x z", "x * UP / z / z * DOWN if abs(x) < TINY * z else x / z / z"),
    _internal("over_square_scaled", "x y scale", "x / libm.hypot(x, y) / libm.hypot(x, y) * scale"),
    # what the rounding of d = x - y threw away (Knuth's two-sum); 0 where d is not finite
    _internal("sub_tail", "x y d", "0 if d - d != 0 else (x - (d - (d - x))) - (y + (d - x))"),
    _internal("exp_plus", "d tail", "libm.exp(d) if tail == 0 else libm.exp(d) * (1 + tail)"),
    _internal(
        "sigmoid_sub", "x y", "0.5 if x == y else sigmoid_plus(x - y, sub_tail(x, y, x - y))"
    ),
    _internal("sigmoid_plus", "d tail", "sigmoid(d) * (1 + tail * sigmoid(-d))"),
)  # fmt: skip

REDUCTIONS: tuple[Reduction, ...] = (
    Reduction("sum", "x1 + ... + xn: chunks of 128, eight interleaved sums, a fixed tree, chunks in order", "1"),
    Reduction("dot", "x1*y1 + ... + xn*yn, left to right", "y", "y is the operand's partner"),
    Reduction("max", "the largest; nan if any is nan", "1 / s if x == z or x != x else 0",
              "s counts the operands equal to z, all nans being equal", "a k-way tie gives 1/k each, so do k nans"),
    Reduction("min", "the smallest; nan if any is nan", "1 / s if x == z or x != x else 0",
              "s counts the operands equal to z, all nans being equal", "a k-way tie gives 1/k each, so do k nans"),
    Reduction("logsumexp", "log(exp(x1 - c) + ... + exp(xn - c)), with a constant c that comes first",
              "exp_sub(x, m) / s", "m is the largest, s the sum of exp(x - m)"),
    Reduction("custom", "c, of the operands c x1 y1 ... xn yn, in which c and y1 ... yn are constants", "y",
              "y is the operand's partner, its partial as `custom_vjp` gave it"),
)  # fmt: skip

# Opcodes: the two kinds of entry, then the public rows, then the reductions.
LEAF, LINK, FIRST = 0, 1, 2
PRIMITIVES: tuple[Row, ...] = tuple(row for row in ROWS if row.public)
NAMES: tuple[str, ...] = ("leaf", "link", *(r.name for r in PRIMITIVES), *(r.name for r in REDUCTIONS))
OPCODE: dict[str, int] = {name: code for code, name in enumerate(NAMES)}
SYMBOLS: tuple[str, ...] = ("", "", *(r.symbol for r in PRIMITIVES), *(r.name for r in REDUCTIONS))
FIRST_REDUCTION = FIRST + len(PRIMITIVES)
ARITY: tuple[int, ...] = (0, 1, *(len(r.operands) for r in PRIMITIVES), *(-1 for _ in REDUCTIONS))
