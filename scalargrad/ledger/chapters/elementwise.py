"""Chapter B of the ledger, element-wise operators and functions: the work of rows B4, B6, B10 and B11."""

from __future__ import annotations

import math
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.elementary import ELEMENTARY
from scalargrad.calculus.elementwise import Operator
from scalargrad.calculus.shapes import diagonal, product, transpose
from scalargrad.ledger.engine import OPERATORS, engine_gradient, engine_jacobian, engine_value, through
from scalargrad.ledger.work import SMOOTH, Work

_COMPARISONS: dict[Operator, Any] = {">": lambda w, x: w > x, ">=": lambda w, x: w >= x, "==": lambda w, x: w == x}


def b4(work: Work) -> None:
    w, x = work.draw(most=3, w="n", x="n")
    work.need(all(x), "x must have no 0, since w / x does not exist there")
    _partials(work, w, x)
    for name, operator in OPERATORS.items():
        by_w, by_x = _by_both(lambda a, b: [operator(p, q) for p, q in zip(a, b)], w, x)
        for side, found, engine in zip("wx", c.elementwise_jacobians(name, w, x), (by_w, by_x)):
            work.result(f"w {name} x, by {side}", found, engine)
        value = engine_value(lambda a, b: [operator(p, q) for p, q in zip(a, b)], w, x)
        work.result(f"w {name} x", c.elementwise(name, w, x), value)
    _comparisons(work, w, x)
    _corners(work)
    _of_functions(work, w, x)
    _of_maps(work, w, x)


def _partials(work: Work, w: list[float], x: list[float]) -> None:
    """∂(wᵢ ○ xᵢ)/∂wᵢ for each i: what stands on the diagonals, 1 + 0 = 1 for the sum."""
    table: tuple[tuple[Operator, str, str, list[float]], ...] = (
        ("+", "1 + 0 = 1, so diag(1) = I", r"\frac{\partial (w_i+x_i)}{\partial w_i} = 1 + 0 = 1", [1.0 for _ in x]),
        ("-", "1 - 0 = 1, so diag(1) = I", r"\frac{\partial (w_i-x_i)}{\partial w_i} = 1 - 0 = 1", [1.0 for _ in x]),
        ("*", "xᵢ, so diag(x)", r"\frac{\partial (w_i\times x_i)}{\partial w_i} = x_i", [*x]),
        (
            "/",
            "1/xᵢ, so diag(1/x)",
            r"\frac{\partial (w_i/x_i)}{\partial w_i} = \frac1{x_i}",
            [1.0 / item for item in x],
        ),
    )
    for name, what, latex, partials in table:
        operator = OPERATORS[name]
        engine = [engine_gradient(lambda p: operator(p, q), item) for item, q in zip(w, x)]
        work.step(f"∂(wᵢ {name} xᵢ)/∂wᵢ = {what}", latex, partials, engine)


def _by_both(f: Any, w: Any, x: Any) -> tuple[Any, Any]:
    """The engine's Jacobians of f(w, x) by w, and by x."""
    both = engine_jacobian(lambda v: f(*v), [w, x])
    return [r[0] for r in both], [r[1] for r in both]


def _comparisons(work: Work, w: list[float], x: list[float]) -> None:
    nothing = [[0.0] * len(w) for _ in w]
    for name, compare in _COMPARISONS.items():
        tied = [*w, 2.0], [*x, 2.0]
        flags = [float(sg.where(compare(sg.Value(a), b), 1.0, 0.0)) for a, b in zip(*tied)]
        work.result(f"w {name} x, for [w, 2] and [x, 2]", c.elementwise(name, *tied), flags)
        # the second branch reads both, so that there is something to differentiate
        by_both = _by_both(lambda a, b: [sg.where(compare(p, q), 1.0, 0.0 * p * q + 0.0) for p, q in zip(a, b)], w, x)
        work.result(f"w {name} x, by w and by x: 0", list(c.elementwise_jacobians(name, w, x)), [nothing, nothing])
        work.step(f"where(w {name} x, 1, 0) has the gradient 0", rf"\frac{{\partial (w {name} x)}}{{\partial w}} = 0",
                  [nothing, nothing], list(by_both))  # fmt: skip


def _corners(work: Work) -> None:
    """Ties, divisions by 0, and nans."""
    half = _by_both(lambda a, b: [sg.maximum(p, q) for p, q in zip(a, b)], [2.0], [2.0])
    work.result("max(2, 2): each gets ½", list(c.elementwise_jacobians("max", [2.0], [2.0])), list(half))
    by_zero = [1.0, -1.0, 1.0, -1.0], [0.0, 0.0, -0.0, -0.0]
    work.result("[1, -1, 1, -1] / [0, 0, -0, -0]", c.elementwise("/", *by_zero),
                engine_value(lambda a, b: [p / q for p, q in zip(a, b)], *by_zero))  # fmt: skip
    nan = math.nan
    found = [*c.elementwise("/", [0.0, nan], [0.0, 0.0]), *c.elementwise("max", [nan, 1.0], [1.0, nan])]
    engine = [(sg.Value(0.0) / 0.0).data, (sg.Value(nan) / 0.0).data, sg.maximum(nan, 1.0), sg.maximum(1.0, nan)]
    work.result("0 / 0, nan / 0, max(nan, 1), max(1, nan) are nan: 1 for yes", [float(item != item) for item in found],
                [float(item != item) for item in engine])  # fmt: skip


def _of_functions(work: Work, w: list[float], x: list[float]) -> None:
    """fᵢ(wᵢ)○gᵢ(xᵢ), a different function for each component and, for n of 1 to 3, every function; one for all."""
    n = len(w)
    fs, gs = ([SMOOTH[(k + first) % len(SMOOTH)] for k in range(n)] for first in (n - 1, n + 2))
    stages = [c.elementary(f) for f in fs], [c.elementary(g) for g in gs]
    scale = 4.0 + max(map(abs, [*w, *x]))
    for name, operator in OPERATORS.items():
        if name == "/":  # where a divisor may be near 0, S would be as large as the result is
            continue
        by_both = _by_both(lambda a, b: [operator(through([f], p), through([g], q))
                                         for f, g, p, q in zip(fs, gs, a, b)], w, x)  # fmt: skip
        for side, found, engine in zip("wx", c.composed_elementwise_jacobians(name, *stages, w, x), by_both):
            work.result(f"fᵢ(wᵢ) {name} gᵢ(xᵢ), by {side}", found, engine, scale)
    both = c.composed_elementwise_jacobians("*", c.elementary("sin"), c.elementary("atan"), w, x)
    by_both = _by_both(lambda a, b: [sg.sin(p) * sg.atan(q) for p, q in zip(a, b)], w, x)
    for side, found, engine in zip("wx", both, by_both):
        work.result(f"sin(wᵢ) * atan(xᵢ), by {side}", found, engine, scale)
    softplus = c.elementary("softplus")
    apart = [0.0 if item < -20.0 else item for item in x]  # whose softplus is away from 0
    both = c.composed_elementwise_jacobians("/", stages[0], [softplus] * len(w), w, apart)
    by_both = _by_both(lambda a, b: [through([f], p) / sg.softplus(q) for f, p, q in zip(fs, a, b)], w, apart)
    for side, found, engine in zip("wx", both, by_both):
        work.result(f"fᵢ(wᵢ) / softplus(xᵢ), by {side}", found, engine, scale**2 / min(map(softplus[0], apart)) ** 2)


def _of_maps(work: Work, w: list[float], x: list[float]) -> None:
    """f(w)○g(x) for the maps f = A sin(w) + t and g = B cos(x) + t, which read all components; t keeps them from 0."""
    n = len(w)
    a = [[math.cos(i + 2.0 * j) for j in range(n)] for i in range(n)]
    b = [[math.sin(1.0 + 2.0 * i - j) for j in range(n)] for i in range(n)]
    top = 2.0 + float(n)

    def f(v: Any) -> Any:
        return [sg.sum([p * sg.sin(q) for p, q in zip(r, v)]) + top for r in a]

    def g(v: Any) -> Any:
        return [sg.sum([p * sg.cos(q) for p, q in zip(r, v)]) + top for r in b]

    values = engine_value(f, w), engine_value(g, x)
    by_w = [[p * math.cos(q) for p, q in zip(r, w)] for r in a]
    by_x = [[p * -math.sin(q) for p, q in zip(r, x)] for r in b]
    for name, operator in OPERATORS.items():
        # no two components of maps may be so near that `max` could choose the other
        if name != "max" or all(abs(p - q) > 1e-6 for p, q in zip(*values)):
            by_both = _by_both(lambda v, u: [operator(p, q) for p, q in zip(f(v), g(u))], w, x)
            for side, found, engine in zip("wx", c.composed_jacobians(name, *values, by_w, by_x), by_both):
                scale = 4.0 * top * (top if name == "/" else 1.0)
                work.result(f"f(w) {name} g(x) for full maps, by {side}", found, engine, scale, n)


def b6(work: Work) -> None:
    x, z = work.draw(x="n", z="")
    work.need(z != 0.0, "z must not be 0, since x / z does not exist there")
    ones = [1.0] * len(x)
    work.step("∂f(x)/∂x = 1 and ∂g(z)/∂x = 0, for y = f(x) + g(z), f(x) = x and g(z) = 1z",
              r"\frac{\partial f(x_i)}{\partial x_i} = 1,\ \frac{\partial g(z)}{\partial x_i} = 0",
              [ones, [0.0] * len(x)], [[engine_gradient(lambda v: v + z, item)
              for item in x], engine_gradient(lambda v, s: s * 1.0, x, z)[0]])  # fmt: skip
    for name in OPERATORS:
        _expanded(work, name, x, z)


def _expanded(work: Work, name: Operator, x: list[float], z: float) -> None:
    by_x, by_z = _by_both(lambda v, s: [OPERATORS[name](item, s) for item in v], x, z)
    work.result(f"x {name} z, by x", c.scalar_expansion_jacobians(name, x, z)[0], by_x)
    work.jacobian(f"x {name} z, by z", lambda layout: c.scalar_expansion_jacobians(name, x, z, layout)[1],
                  [[item] for item in by_z])  # fmt: skip


def b10(work: Work) -> None:
    names = [work.choose("g"), work.choose("f")]
    (x,) = work.draw(x="n")
    (g, dg), (_, df) = (c.elementary(name) for name in names)
    inner, outer = [dg(item) for item in x], [df(g(item)) for item in x]
    scale = max(1 + abs(item) for item in x)
    engine = engine_jacobian(lambda v: [through(names, item) for item in v], x)
    work.step("diag(f'(gᵢ))·diag(g'(xᵢ))", r"\mathrm{diag}(f'(g_i))\,\mathrm{diag}(g'(x_i))",
              product(diagonal(outer), diagonal(inner)), engine, scale)  # fmt: skip
    work.result("J = diag(f'ᵢ g'ᵢ)", c.chain_diagonals(outer, inner), engine, scale)


_AT_ZERO = ("neg", "square", "sqrt", "cbrt", "relu", "abs", "sign", "floor", "ceil", "trunc", "round", "tanh", "erf",
            "cos", "sigmoid")  # fmt: skip


# where the form in textbooks loses all digits, or overflows
_FAR = {"sigmoid": (-700.0, 40.0), "softplus": (-40.0, 800.0), "log_sigmoid": (40.0, -800.0), "tanh": (20.0,),
        "log1p": (1e-18,), "expm1": (1e-18,)}  # fmt: skip


def _domain(name: str, x: float) -> float:
    """A number of the function's domain, made of any number; away from kinks, jumps and edges."""
    if name in ("asin", "acos", "atanh"):
        return 0.9 * math.tanh(x)
    if name in ("sqrt", "log", "log2", "log10", "log1p"):
        return 0.25 + abs(x)
    if name == "acosh":
        return 1.25 + abs(x)
    if name == "tan":
        return math.tanh(x)
    return x if abs(x) > 1e-3 or name not in ("cbrt", "abs", "relu", "sign") else 1.0


def b11(work: Work) -> None:
    only = work.choose("f", ("all", *ELEMENTARY), "all")
    (x,) = work.draw(most=2, x="n")
    shown = "sin" if only == "all" else only
    for name in ELEMENTARY if only == "all" else (only,):
        at = [_domain(name, item) for item in x]
        if name in ("floor", "ceil", "trunc", "round"):
            at = [math.floor(item) + 0.25 for item in at]
        f, df = c.elementary(name)
        one: Any = (lambda v: -v) if name == "neg" else getattr(sg, name)

        def each(v: Any) -> Any:
            return [one(item) for item in v]

        if name in _AT_ZERO:
            zero = engine_value(one, 0.0), engine_gradient(one, 0.0)
            work.result(f"{name}(0) and {name}'(0)", [f(0.0), df(0.0)], list(zero))
        for item in _FAR.get(name, ()):
            work.result(f"{name} and {name}' at {item:g}, where the form in textbooks loses all digits",
                        [f(item), df(item)], [engine_value(one, item), engine_gradient(one, item)])  # fmt: skip
        scale = [1 + abs(item) for item in at]
        work.result(f"{name}(x)", [f(item) for item in at], engine_value(each, at),
                    [max(abs(f(item)), s * abs(df(item))) for item, s in zip(at, scale)])  # fmt: skip
        size = [abs(df(item)) * s + (s if name == "silu" else 0.0) for item, s in zip(at, scale)]
        if name == shown:
            entries = [[df(item) if i == j else 0.0 for i in range(len(at))] for j, item in enumerate(at)]
            work.step(f"the matrix of ∂fᵢ/∂xⱼ of {name}, row j and column i as in SM",
                      r"\Bigl[\frac{\partial f_i}{\partial x_j}\Bigr] = \mathrm{diag}(f'(x))", entries,
                      transpose(engine_jacobian(each, at)), diagonal(size))  # fmt: skip
        work.result(f"J of {name}", c.elementwise_function_jacobian(df, at), engine_jacobian(each, at), diagonal(size))
