"""The table of primitives: the single source of every value and every derivative.

A row has the name of a primitive, its value, and one partial derivative per operand. Values and partials are
expressions over other rows, in a small part of Python's grammar (see `evaluate.py`). `libm.f` is the C library's
function; in a partial, ``z`` is the result. Everything else follows from here: `evaluate.py` compiles a row to Python
functions, `csrc/build.py` prints it as C, and `docs/generate.py` prints it as a table.

A new primitive is a new row. Its function `sg.f`, the methods of Value and arrays (`faces.py`), their types
(`functions.pyi`), both backends and the documentation follow from it; `python docs/generate.py` writes the files.
CONTRIBUTING.md lists the steps, and what is written by hand for the tests; `tests/test_rows.py` checks that nothing is
missing.

The expressions are chosen to be accurate over the whole range of a double. Textbook forms often are not:
``1 - tanh(x)**2`` has no correct digit left at x = 20, ``sech2(x)`` has all.

The order of the rows is the numbering of opcodes (ORDER: `ops.h` is generated, so it has the same order).
"""

from __future__ import annotations

# relative: csrc/build.py loads this folder by its path, before the package is built
from .activations import ACTIVATIONS
from .derived import DERIVED
from .internal import CONSTANTS, INTERNAL
from .row import Joint, Reduction, Row
from .special import SPECIAL

PRIMITIVES: tuple[Row, ...] = (
    # --- arithmetic ------------------------------------------------------------------------------------------
    Row("add", "x y", "x + y", "1", "1", symbol="+", function=False),
    Row("sub", "x y", "x - y", "1", "-1", symbol="-", numpy="subtract", function=False),
    Row("mul", "x y", "x * y", "y", "x", symbol="*", numpy="multiply", function=False),
    Row("div", "x y", "x / y", "1 / y", "-over_twice(x, y, z)", symbol="/",
        numpy="divide true_divide", function=False),
    Row("neg", "x", "-x", "-1", symbol="neg", numpy="negative", function=False),
    Row("square", "x", "x * x", "2 * x", symbol="**2", doc="x * x.", example="square(3.0) = 9.0"),
    Row(
        "pow",
        "x y",
        "libm.pow(x, y)",
        "pow_slope(x, y, z)",
        "pow_log(x, y, z)",
        symbol="**",
        kink="0**0 is 1, both partials 0; by the exponent: 0 at base 0 (exponent >= 0), nan at a negative base",
        shortcut=(2.0, "square"),  # x**2 is x*x; every other power is the library's
        numpy="power float_power",
        doc="x to the power y, never complex: nan for a negative base and a fraction.",
        example="pow(2.0, 10.0) = 1024.0",
    ),
    Row("floordiv", "x y", "floordiv_from(x, y, libm.fmod(x, y))", "0", "0", symbol="//", kink="partials 0",
        numpy="floor_divide", function=False),
    Row(
        "remainder",
        "x y",
        "remainder_from(y, libm.fmod(x, y))",
        "1",
        "-floordiv(x, y)",
        symbol="%",
        kink="Python's sign (that of y); partials 1 and -(x // y)",
        doc="The remainder of x / y with the sign of y, Python's %.",
        example="remainder(-7.0, 3.0) = 2.0",
    ),
    Row(
        "fmod",
        "x y",
        "libm.fmod(x, y)",
        "1",
        "-round((x - z) / y)",
        kink="C's sign (that of x); partials 1 and -trunc(x / y)",
        doc="The remainder of x / y with the sign of x, as in C.",
        example="fmod(-7.0, 3.0) = -1.0",
    ),
    # --- roots and powers of a base -----------------------------------------------------------------------------
    Row("sqrt", "x", "libm.sqrt(x)", "sqrt_slope(x, z)", kink="derivative inf at 0",
        doc="The square root; nan below 0.", example="sqrt(9.0) = 3.0"),
    Row("cbrt", "x", "libm.cbrt(x)", "cbrt_slope(x, z)", kink="derivative inf at 0",
        doc="The real cube root.", example="cbrt(-8.0) = -2.0"),
    Row("exp", "x", "libm.exp(x)", "z", doc="e to the power x.", example="exp(0.0) = 1.0"),
    Row("exp2", "x", "libm.exp2(x)", "z * LN2", doc="2 to the power x.", example="exp2(3.0) = 8.0"),
    Row("expm1", "x", "libm.expm1(x)", "exp(x)", doc="exp(x) - 1, accurate near 0.", example="expm1(1e-20) = 1e-20"),
    Row("log", "x", "libm.log(x)", "1 / x",
        doc="The natural logarithm; -inf at 0, nan below.", example="log(1.0) = 0.0"),
    Row("log1p", "x", "libm.log1p(x)", "1 / (1 + x)",
        doc="log(1 + x), accurate near 0.", example="log1p(1e-20) = 1e-20"),
    Row("log2", "x", "libm.log2(x)", "LOG2E / x", doc="The logarithm to base 2.", example="log2(8.0) = 3.0"),
    Row("log10", "x", "libm.log10(x)", "LOG10E / x", doc="The logarithm to base 10.", example="log10(1000.0) = 3.0"),
    Row(
        "xlogy",
        "x y",
        "y if y != y else 0 if x == 0 else x * log(y)",
        "0 if x == 0 and y <= 0 else log(y)",
        "0 if x == 0 and y <= 0 else x / y",
        kink="0 at x = 0 unless y is nan; partials 0 at x = 0 where y <= 0",
        doc="x * log(y), and 0 where x is 0.",
        example="xlogy(0.0, 0.0) = 0.0",
    ),
    # near 1/2, log would cancel; 2x - 1 is exact there
    Row("logit", "x", "log(x / (1 - x)) if x < 0.25 else log1p((2 * x - 1) / (1 - x))", "logit_slope(x)",
        doc="log(x / (1 - x)), the inverse of the sigmoid; nan outside [0, 1].", example="logit(0.5) = 0.0"),
    # --- circular and hyperbolic ----------------------------------------------------------------------------------
    Row("sin", "x", "libm.sin(x)", "cos(x)", doc="The sine of x radians.", example="sin(0.0) = 0.0"),
    Row("cos", "x", "libm.cos(x)", "-sin(x)", doc="The cosine of x radians.", example="cos(0.0) = 1.0"),
    Row("tan", "x", "libm.tan(x)", "1 + z * z", doc="The tangent of x radians.", example="tan(0.0) = 0.0"),
    Row(
        "sinc",
        "x",
        "0 if abs(x) == inf else 1 if x == 0 else sin_half_turns(half_turns(x)) / (PI * x)",
        # near 0, sin(pi x) / (pi x) and cos(pi x) are nearly equal
        "-PI_SQUARED / 3 * x * sinc_near(x, 2.5) if abs(x) < 0.35 else sinc_slope(x, z)",
        doc="sin(pi x) / (pi x), and 1 at 0; 0 at the other integers.",
        example="sinc(0.5) = 0.6366197723675814",
    ),
    Row("asin", "x", "libm.asin(x)", "asin_slope(x)",
        numpy="arcsin", doc="The inverse sine, in radians; nan outside [-1, 1].", example="asin(0.0) = 0.0"),
    Row("acos", "x", "libm.acos(x)", "-asin_slope(x)",
        numpy="arccos", doc="The inverse cosine, in radians; nan outside [-1, 1].", example="acos(1.0) = 0.0"),
    Row("atan", "x", "libm.atan(x)", "atan_slope(x)",
        numpy="arctan", doc="The inverse tangent, in radians.", example="atan(0.0) = 0.0"),
    Row(
        "atan2",
        "y x",
        "libm.atan2(y, x)",
        "over_square(x, y, hypot(x, y))",
        "-over_square(y, x, hypot(x, y))",
        kink="partials nan at the origin",
        numpy="arctan2",
        doc="The angle of the point (x, y) in radians, from -pi to pi; y comes first.",
        example="atan2(0.0, 1.0) = 0.0",
    ),
    Row("sinh", "x", "libm.sinh(x)", "cosh(x)", doc="The hyperbolic sine.", example="sinh(0.0) = 0.0"),
    Row("cosh", "x", "libm.cosh(x)", "sinh(x)", doc="The hyperbolic cosine.", example="cosh(0.0) = 1.0"),
    Row("tanh", "x", "libm.tanh(x)", "sech2(x)",
        doc="The hyperbolic tangent; its derivative keeps its digits far out.", example="tanh(0.0) = 0.0"),
    Row("asinh", "x", "libm.asinh(x)", "asinh_slope(x)",
        numpy="arcsinh", doc="The inverse hyperbolic sine.", example="asinh(0.0) = 0.0"),
    Row("acosh", "x", "libm.acosh(x)", "acosh_slope(x)",
        numpy="arccosh", doc="The inverse hyperbolic cosine; nan below 1.", example="acosh(1.0) = 0.0"),
    Row("atanh", "x", "libm.atanh(x)", "atanh_slope(x)",
        numpy="arctanh", doc="The inverse hyperbolic tangent; nan outside [-1, 1].", example="atanh(0.0) = 0.0"),
    # --- the error function and the gamma function ------------------------------------------------------------------
    *SPECIAL,
    *ACTIVATIONS,
    # --- piecewise ------------------------------------------------------------------------------------------------
    Row("abs", "x", "libm.fabs(x)", "1 if x > 0 else -1 if x < 0 else 0", kink="derivative 0 at 0",
        numpy="absolute fabs", doc="The absolute value.", example="abs(-2.0) = 2.0"),
    Row("sign", "x", "1 if x > 0 else -1 if x < 0 else x", "0", kink="sign(0) is 0; derivative 0",
        doc="-1, 0 or 1.", example="sign(-2.0) = -1.0"),
    Row("floor", "x", "libm.floor(x)", "0", kink="derivative 0",
        doc="The largest integer that is not above x.", example="floor(2.5) = 2.0"),
    Row("ceil", "x", "libm.ceil(x)", "0", kink="derivative 0",
        doc="The smallest integer that is not below x.", example="ceil(2.5) = 3.0"),
    Row("trunc", "x", "libm.trunc(x)", "0", kink="derivative 0",
        doc="x without its fraction.", example="trunc(-2.5) = -2.0"),
    Row("round", "x", "libm.rint(x)", "0", kink="halves to even; derivative 0",
        numpy="rint", doc="The nearest integer.", example="round(2.5) = 2.0"),
    Row(
        "copysign",
        "x y",
        "libm.copysign(x, y) if y == y else abs(x)",
        "x if x != x else 0 if x == 0 else copysign(1, x) * copysign(1, y)",
        "0",
        kink="derivative 0 at x = 0, as for abs; a nan counts as positive, whatever its sign bit",
        doc="|x| with the sign of y.",
        example="copysign(2.0, -0.0) = -2.0",
    ),
    Row(
        "maximum",
        "x y",
        "x if x >= y or x != x else y",
        "1 if x > y or x != x else 0.5 if x == y else 0",
        "1 if y > x or y != y else 0.5 if x == y else 0",
        kink="in a tie 1/2 each; maximum(nan, 1) is nan",
        doc="The larger of two; nan if either is.",
        example="maximum(1.0, 2.0) = 2.0",
    ),
    Row(
        "minimum",
        "x y",
        "x if x <= y or x != x else y",
        "1 if x < y or x != x else 0.5 if x == y else 0",
        "1 if y < x or y != y else 0.5 if x == y else 0",
        kink="in a tie 1/2 each; minimum(nan, 1) is nan",
        doc="The smaller of two; nan if either is.",
        example="minimum(1.0, 2.0) = 1.0",
    ),
    Row(
        "clip",
        "x lo hi",
        "hi if x > hi or lo > hi else lo if x < lo else x",
        "0 if x > hi or x < lo or lo > hi else 1",
        "1 if x < lo and lo <= hi else 0",
        "1 if x > hi or lo > hi else 0",
        kink="derivative 1 at a bound",
        doc="x kept within lo and hi; hi where lo > hi, as in numpy.",
        example="clip(5.0, 0.0, 1.0) = 1.0",
    ),
    Row(
        "where",
        "condition x y",
        "x if condition != 0 else y",
        "0",
        "1 if condition != 0 else 0",
        "0 if condition != 0 else 1",
        kink="partial 0 for the branch not chosen, whatever its value",
        doc="x where the condition holds (is not 0), else y; both are computed before the choice.",
        example="where(2.0 > 1.0, 10.0, 20.0) = 10.0",
    ),
    # --- of two, scaled ---------------------------------------------------------------------------------------------
    Row(
        "hypot",
        "x y",
        "libm.hypot(x, y)",
        "cosine(x, y, z)",
        "cosine(y, x, z)",
        kink="partials 0 at the origin",
        doc="sqrt(x*x + y*y) without overflow.",
        example="hypot(3.0, 4.0) = 5.0",
    ),
    Row(
        "logaddexp",
        "x y",
        "x + LN2 if x == y else (x if x > y else y) + log1p(exp(-abs(x - y)))",
        "sigmoid_sub(x, y)",
        "sigmoid_sub(y, x)",
        doc="log(exp(x) + exp(y)) without overflow.",
        example="logaddexp(-1e4, 0.0) = 0.0",
    ),
    Row("exp_sub", "x y", "1 if x == y else exp_plus(x - y, sub_tail(x, y, x - y))", "z", "-z", symbol="exp",
        function=False),
)  # fmt: skip
# What a graph can record: beside the operations of users, what their derivatives are made of.
RECORDED = PRIMITIVES + DERIVED
ROWS = RECORDED + INTERNAL

REDUCTIONS: tuple[Reduction, ...] = (
    Reduction("sum", "x1 + ... + xn: chunks of 128, eight interleaved sums, a fixed tree, chunks in order", "1"),
    Reduction("dot", "x1*y1 + ... + xn*yn, left to right", "y", "y is the operand's partner", pairs=True, slope="y"),
    Reduction("max", "the largest; nan if any is nan", "1 / s if x == z or x != x else 0",
              "s counts the operands equal to z, all nans being equal", "in a tie of k, or of k nans, 1/k each",
              gather="ties"),
    Reduction("min", "the smallest; nan if any is nan", "1 / s if x == z or x != x else 0",
              "s counts the operands equal to z, all nans being equal", "in a tie of k, or of k nans, 1/k each",
              gather="ties"),
    Reduction("logsumexp", "log(exp(x1 - c) + ... + exp(xn - c)), with a constant c that comes first",
              "exp_share(x, m, s)", "m is the largest, s the sum of exp(x - m)", first=1, gather="exponentials",
              slope="share(x, z, p)"),
    Reduction("custom", "c, of the operands c x1 y1 ... xn yn, in which c and y1 ... yn are constants", "y",
              "y is the operand's partner, its partial as it was given", first=1, pairs=True, weighted=True, slope=""),
    Reduction("ruled", "c, of the operands c x1 y1 ... xn yn, as in `custom`, but y1 ... yn may be Values", "y",
              "y is the operand's partner, its partial as it was given", first=1, pairs=True, weighted=True,
              constant=False, slope="y"),
    Reduction("mean", "the sum divided by the count, without overflow", "1 / s", "s is the count", gather="count"),
    Reduction("prod", "x1 * ... * xn, left to right; no product of some of them over- or underflows",
              "product_share(x, s, m) if y == 0 else of_others(scaled(s * libm.copysign(1, x), m), y - 1) if x == 0"
              " else of_others(scaled(s * libm.copysign(1, x), m), y - 3) if abs(x) == inf"
              " else of_others(scaled(s, m), y - 9) if x != x else of_others(product_share(x, s, m), y)",
              "s * 2**(600 * m) is the product of the finite operands but zeros, with the signs of the others;"
              " y counts the others: 1 per zero, 3 per infinity, 9 per nan, at most two of each",
              "the product of the other operands; nan where these have both 0 and inf", gather="product"),
    Reduction("norm", "sqrt(x1*x1 + ... + xn*xn), without over- or underflow; inf if an operand is infinite",
              "x / z if z > TINY and z < inf else nan if z != z else 0 if z == 0 else x * m / s if m > 0"
              " else 0 if abs(x) < inf else libm.copysign(1, x) if s == 1 and x == x else nan",
              "m is a power of 2 that scales the squares, s the norm of the scaled operands; or m is -1 if an operand"
              " is infinite, and s counts infinities and nans",
              "partials 0 at the origin", gather="norm", slope="direction(x, z, p)"),
)  # fmt: skip

# Of square matrices A, given row by row.
JOINTS: tuple[Joint, ...] = (
    Joint("det", "the determinant of A, by elimination with complete pivoting",
          "the adjoint times the cofactors of A, also where A is singular"),
    Joint("slogdet", "the sign of det(A), and log|det(A)|; 0 and -inf if A is singular",
          "the second adjoint times the transposed inverse of A; the sign has the partials 0"),
    Joint("solve", "the X with A X = B, row by row, of the operands n A B, in which the constant n counts the rows",
          "to B: A**-T adjoint(X); to A: -adjoint(B) X**T", first=1),
    Joint("cholesky", "the lower triangle L of A = L L**T, with zeros above; it reads only the lower triangle of A",
          "to the lower triangle of A, whose elements stand for their mirror images too; above the diagonal 0"),
)  # fmt: skip

# Opcodes: the two kinds of entry, then the rows, the reductions, the joint operations, and their other results.
LEAF, LINK, FIRST = 0, 1, 2
_MANY = (*(r.name for r in REDUCTIONS), *(r.name for r in JOINTS), "also")  # of any number of operands
NAMES: tuple[str, ...] = ("leaf", "link", *(r.name for r in RECORDED), *_MANY)
OPCODE: dict[str, int] = {name: code for code, name in enumerate(NAMES)}
SYMBOLS: tuple[str, ...] = ("", "", *(r.symbol for r in RECORDED), *_MANY)
FIRST_REDUCTION = FIRST + len(RECORDED)
FIRST_JOINT = FIRST_REDUCTION + len(REDUCTIONS)
ALSO = FIRST_JOINT + len(JOINTS)
ARITY: tuple[int, ...] = (0, 1, *(len(r.operands) for r in RECORDED), *(-1 for _ in _MANY))
BY_NAME: dict[str, Row] = {r.name: r for r in PRIMITIVES}
REDUCTION: dict[int, Reduction] = {OPCODE[r.name]: r for r in REDUCTIONS}
JOINT: dict[int, Joint] = {OPCODE[r.name]: r for r in JOINTS}
# By opcode: if the last operand is this constant, the other opcode is recorded, without that operand.
SHORTCUTS: dict[int, tuple[float, int]] = {
    OPCODE[r.name]: (r.shortcut[0], OPCODE[r.shortcut[1]]) for r in PRIMITIVES if r.shortcut
}
# By numpy's name: the name of our row.
NUMPY: dict[str, str] = {name: r.name for r in PRIMITIVES for name in r.numpy}

__all__ = ["ALSO", "ARITY", "BY_NAME", "CONSTANTS", "FIRST", "FIRST_JOINT", "FIRST_REDUCTION", "INTERNAL", "JOINT",
           "JOINTS", "LEAF", "LINK", "NAMES", "NUMPY", "OPCODE", "PRIMITIVES", "RECORDED", "REDUCTION", "REDUCTIONS",
           "ROWS", "SHORTCUTS", "SYMBOLS", "Joint", "Reduction", "Row"]  # fmt: skip
