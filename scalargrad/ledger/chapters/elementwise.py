"""Chapter B of the ledger, element-wise operators and functions: the work of rows B4, B6, B10 and B11."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.elementary import ELEMENTARY
from scalargrad.calculus.elementwise import Operator
from scalargrad.calculus.shapes import diagonal, product, transpose
from scalargrad.ledger.engine import OPERATORS, engine_gradient, engine_jacobian, engine_value, through
from scalargrad.ledger.work import SMOOTH, Work

_SIGNS = {"*": "⊗", "/": "⊘"}  # of vectors, as PH prints them; other operators stand for themselves
_COMPARISONS: dict[Operator, Any] = {">": lambda w, x: w > x, ">=": lambda w, x: w >= x, "==": lambda w, x: w == x}


def _written(name: str, w: str, x: str) -> str:
    """w ○ x in a formula."""
    return f"max({w}, {x})" if name == "max" else f"{w} {name} {x}"


def _derivative(of: str, by: str) -> str:
    return f"∂{of}/∂{by}" if of.startswith("max") else f"∂({of})/∂{by}"


def b4(work: Work) -> None:
    w, x = work.draw(most=3, w="n", x="n")
    left_out = "" if all(x) else "/"
    if left_out:
        work.note(**{"left out": "w ⊘ x, which does not exist where x is 0"})
    _partials(work, w, x, left_out)
    for name, operator in OPERATORS.items():
        if name == left_out:
            continue
        shown = _written(_SIGNS.get(name, name), "w", "x")
        by_w, by_x = _by_both(lambda a, b: [operator(p, q) for p, q in zip(a, b)], w, x)
        for side, found, engine in zip("wx", c.elementwise_jacobians(name, w, x), (by_w, by_x)):
            work.result(_derivative(shown, side), found, engine)
        value = engine_value(lambda a, b: [operator(p, q) for p, q in zip(a, b)], w, x)
        work.result(shown, c.elementwise(name, w, x), value)
    _comparisons(work, w, x)
    _corners(work)
    _of_functions(work, w, x)
    _of_maps(work, w, x)


def _partials(work: Work, w: list[float], x: list[float], left_out: str) -> None:
    """∂(wᵢ ○ xᵢ)/∂wᵢ for each i: what stands on the diagonals, 1 + 0 = 1 for the sum."""
    table: tuple[tuple[Operator, str, str, Callable[[float], float]], ...] = (
        ("+", "1 + 0 = 1, so diag(1) = I", r"\frac{\partial (w_i+x_i)}{\partial w_i} = 1 + 0 = 1", lambda item: 1.0),
        ("-", "1 - 0 = 1, so diag(1) = I", r"\frac{\partial (w_i-x_i)}{\partial w_i} = 1 - 0 = 1", lambda item: 1.0),
        ("*", "xᵢ, so diag(x)", r"\frac{\partial (w_i\times x_i)}{\partial w_i} = x_i", lambda item: item),
        ("/", "1/xᵢ, so diag(1/x)", r"\frac{\partial (w_i/x_i)}{\partial w_i} = \frac1{x_i}", lambda item: 1.0 / item),
    )
    for name, what, latex, partial in table:
        if name != left_out:
            operator = OPERATORS[name]
            engine = [engine_gradient(lambda p: operator(p, q), item) for item, q in zip(w, x)]
            shown = _written("×" if name == "*" else name, "wᵢ", "xᵢ")
            work.step(f"∂({shown})/∂wᵢ = {what}", latex, [partial(item) for item in x], engine)


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
        for side, found, engine in zip("wx", c.elementwise_jacobians(name, w, x), by_both):
            work.result(f"∂(w {name} x)/∂{side} = 0", found, nothing)
            work.step(f"where(w {name} x, 1, 0) has the Jacobian 0 by {side}",
                      rf"\frac{{\partial (w {name} x)}}{{\partial {side}}} = 0", nothing, engine)  # fmt: skip


def _corners(work: Work) -> None:
    """Ties, divisions by 0, and nans."""
    half = _by_both(lambda a, b: [sg.maximum(p, q) for p, q in zip(a, b)], [2.0], [2.0])
    for side, found, engine in zip("wx", c.elementwise_jacobians("max", [2.0], [2.0]), half):
        work.besides(f"∂max(w, x)/∂{side} at w = x = 2: each gets ½", found, engine)
    by_zero = [1.0, -1.0, 1.0, -1.0], [0.0, 0.0, -0.0, -0.0]
    work.besides("[1, -1, 1, -1] / [0, 0, -0, -0]", c.elementwise("/", *by_zero),
                engine_value(lambda a, b: [p / q for p, q in zip(a, b)], *by_zero))  # fmt: skip
    nan = math.nan
    nans = [*c.elementwise("/", [0.0, nan], [0.0, 0.0]), *c.elementwise("max", [nan, 1.0], [1.0, nan]), c.relu(nan)]
    own = engine_value(lambda a, b: [a / a, b / a, sg.maximum(b, 1.0), sg.maximum(1.0, b), sg.relu(b)], 0.0, nan)
    work.besides("0 / 0, nan / 0, max(nan, 1), max(1, nan), relu(nan) are nan: 1 for yes",
                [float(item != item) for item in nans], [float(item != item) for item in own])  # fmt: skip


def _of_functions(work: Work, w: list[float], x: list[float]) -> None:
    """fᵢ(wᵢ)○gᵢ(xᵢ), a different function for each component and, for n of 1 to 3, every function; one for all."""
    n = len(w)
    fs, gs = ([SMOOTH[(k + first) % len(SMOOTH)] for k in range(n)] for first in (n - 1, n + 2))
    of = f"for fᵢ = {', '.join(fs)} and gᵢ = {', '.join(gs)}"
    stages = [c.elementary(f) for f in fs], [c.elementary(g) for g in gs]
    scale = 4.0 + max(map(abs, [*w, *x]))
    for name, operator in OPERATORS.items():
        if name == "/":  # where a divisor may be near 0, S would be as large as the result is
            continue
        by_both = _by_both(lambda a, b: [operator(through([f], p), through([g], q))
                                         for f, g, p, q in zip(fs, gs, a, b)], w, x)  # fmt: skip
        for side, found, engine in zip("wx", c.composed_elementwise_jacobians(name, *stages, w, x), by_both):
            shown = _written("×" if name == "*" else name, "fᵢ(wᵢ)", "gᵢ(xᵢ)")
            work.result(f"{_derivative(shown, side)}, {of}", found, engine, scale)
    both = c.composed_elementwise_jacobians("*", c.elementary("sin"), c.elementary("atan"), w, x)
    by_both = _by_both(lambda a, b: [sg.sin(p) * sg.atan(q) for p, q in zip(a, b)], w, x)
    for side, found, engine in zip("wx", both, by_both):
        work.result(f"∂(sin(wᵢ) × atan(xᵢ))/∂{side}", found, engine, scale)
    if min(x) < -20.0:  # a softplus of nearly 0, by which nothing can be divided
        return
    softplus = c.elementary("softplus")
    both = c.composed_elementwise_jacobians("/", stages[0], [softplus] * n, w, x)
    by_both = _by_both(lambda a, b: [through([f], p) / sg.softplus(q) for f, p, q in zip(fs, a, b)], w, x)
    for side, found, engine in zip("wx", both, by_both):
        what = f"∂(fᵢ(wᵢ) / softplus(xᵢ))/∂{side}, for fᵢ = {', '.join(fs)}"
        work.result(what, found, engine, scale**2 / min(map(softplus[0], x)) ** 2)


def _of_maps(work: Work, w: list[float], x: list[float]) -> None:
    """f(w)○g(x) for the maps f = A sin(w) + t and g = B cos(x) + t, which read all components; t keeps them from 0."""
    n = len(w)
    a = [[math.cos(i + 2.0 * j) for j in range(n)] for i in range(n)]
    b = [[math.sin(1.0 + 2.0 * i - j) for j in range(n)] for i in range(n)]
    top = 2.0 + float(n)
    work.note(A=a, B=b, t=top)

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
                shown = _derivative(_written(_SIGNS.get(name, name), "f(w)", "g(x)"), side)
                what = f"{shown}, for the full maps f(w) = A sin(w) + t and g(x) = B cos(x) + t"
                work.result(what, found, engine, scale, n)


def b6(work: Work) -> None:
    x, z = work.draw(x="n", z="")
    if z == 0.0:
        work.note(**{"left out": "x/z, which does not exist where z is 0"})
    one, whole = c.identity_jacobian(len(x)), c.scalar_expansion_jacobians("+", x, z)[0]
    work.step("∂f(x)/∂x = I, n×n, for y = f(x) + g(z) with f(x) = x", r"\frac{\partial f(x)}{\partial x} = I", one,
              engine_jacobian(lambda v: v, x))  # fmt: skip
    rest = [[p - q for p, q in zip(*pair)] for pair in zip(whole, one)]
    work.step("∂g(z)/∂x = 0, n×n, for g(z) = 1z: what ∂y/∂x has besides", r"\frac{\partial g(z)}{\partial x} = 0", rest,
              _by_both(lambda v, s: [s * 1.0 for _ in v], x, z)[0])  # fmt: skip
    for name, shown in _EXPANDED.items():
        if name != "/" or z != 0.0:
            _expanded(work, name, shown, x, z)


_EXPANDED: dict[Operator, str] = {"+": "(x + z)", "-": "(x - z)", "*": "(xz)", "/": "(x/z)", "max": "max(x, z)"}


def _expanded(work: Work, name: Operator, shown: str, x: list[float], z: float) -> None:
    by_x, by_z = _by_both(lambda v, s: [OPERATORS[name](item, s) for item in v], x, z)
    work.result(f"∂{shown}/∂x", c.scalar_expansion_jacobians(name, x, z)[0], by_x)
    work.jacobian(f"∂{shown}/∂z", lambda layout: c.scalar_expansion_jacobians(name, x, z, layout)[1],
                  [[item] for item in by_z])  # fmt: skip


def b10(work: Work) -> None:
    names = [work.choose("g"), work.choose("f")]
    (x,) = work.draw(x="n")
    work.note(**{"choices of f and g": [*SMOOTH]})
    (g, dg), (_, df) = (c.elementary(name) for name in names)
    at = [g(item) for item in x]
    inner, outer = [dg(item) for item in x], [df(item) for item in at]
    scale = max(1 + abs(item) for item in x)
    work.step("∂g/∂x = diag(g'(xᵢ))", r"\frac{\partial g}{\partial x} = \mathrm{diag}(g'(x_i))", diagonal(inner),
              engine_jacobian(lambda v: [through(names[:1], item) for item in v], x), scale)  # fmt: skip
    work.step("∂f/∂g = diag(f'(gᵢ))", r"\frac{\partial f}{\partial g} = \mathrm{diag}(f'(g_i))", diagonal(outer),
              engine_jacobian(lambda v: [through(names[1:], item) for item in v], at), scale)  # fmt: skip
    engine = engine_jacobian(lambda v: [through(names, item) for item in v], x)
    work.step("diag(f'(gᵢ))·diag(g'(xᵢ))", r"\mathrm{diag}(f'(g_i))\,\mathrm{diag}(g'(x_i))",
              product(diagonal(outer), diagonal(inner)), engine, scale)  # fmt: skip
    work.result("∂f(g(x))/∂x = diag(f'ᵢ g'ᵢ)", c.chain_diagonals(outer, inner), engine, scale)


def _real(x: float) -> float:
    return x


class Domain(NamedTuple):
    """Where an elementary function is defined and finite."""

    rule: str  # such as "0 or more"
    has: Callable[[float], bool]
    within: Callable[[float], float] = _real  # makes a number of the domain, away from its ends, of any number


_POSITIVE = Domain("more than 0", lambda x: x > 0.0, lambda x: 0.25 + abs(x))
_CLOSED = Domain("from -1 to 1", lambda x: abs(x) <= 1.0, lambda x: 0.9 * math.tanh(x))
_OPEN = Domain("between -1 and 1", lambda x: abs(x) < 1.0, lambda x: 0.9 * math.tanh(x))
_EXPONENT = Domain("709 or less, since it overflows beyond,", lambda x: x <= 709.0)
_COSH = Domain("from -710 to 710, since it overflows beyond,", lambda x: abs(x) <= 710.0)
_EVERYWHERE = Domain("a number", lambda x: True)
DOMAINS: dict[str, Domain] = {
    "square": Domain("from -1e154 to 1e154, since it overflows beyond,", lambda x: abs(x) <= 1e154),
    "sqrt": Domain("0 or more", lambda x: x >= 0.0, lambda x: 0.25 + abs(x)),
    "exp": _EXPONENT,
    "expm1": _EXPONENT,
    "exp2": Domain("1023 or less, since it overflows beyond,", lambda x: x <= 1023.0),
    "log": _POSITIVE,
    "log2": _POSITIVE,
    "log10": _POSITIVE,
    "log1p": Domain("more than -1", lambda x: x > -1.0, math.expm1),
    "tan": Domain("a number", lambda x: True, math.tanh),
    "asin": _CLOSED,
    "acos": _CLOSED,
    "sinh": _COSH,
    "cosh": _COSH,
    "acosh": Domain("1 or more", lambda x: x >= 1.0, lambda x: 1.25 + abs(x)),
    "gelu": Domain("-37 or more, since erfc is subnormal below,", lambda x: x >= -37.0),
    "gelu_tanh": Domain("-20 or more, since the sigmoid is subnormal below,", lambda x: x >= -20.0),
    "mish": Domain("-700 or more, since softplus is subnormal below,", lambda x: x >= -700.0),
    "logit": Domain("between 0 and 1", lambda x: 0.0 < x < 1.0, lambda x: 0.5 + 0.45 * math.tanh(x)),
    "atanh": _OPEN,
    "erfinv": _OPEN,
    "lgamma": _POSITIVE,
    "digamma": Domain(
        "more than 1e-154, since its derivative overflows below,", lambda x: x > 1e-154, _POSITIVE.within
    ),
}
_AT_ZERO = ("neg", "square", "sqrt", "cbrt", "relu", "abs", "sign", "floor", "ceil", "trunc", "round", "tanh", "erf",
            "cos", "sigmoid", "gelu", "mish", "softsign", "selu", "sinc")  # fmt: skip
# where the form in textbooks loses all digits, or overflows
_FAR = (("sigmoid", -700.0), ("sigmoid", 40.0), ("softplus", -40.0), ("softplus", 800.0), ("log_sigmoid", 40.0),
        ("log_sigmoid", -800.0), ("tanh", 20.0), ("log1p", 1e-18), ("expm1", 1e-18),
        ("gelu", -6.3), ("gelu", -19.7), ("gelu_tanh", -7.1), ("gelu_tanh", -15.3), ("logit", 1e-9),
        ("logit", 0.5000003), ("sinc", 1e-3), ("sinc", 0.45), ("sinc", 2.3), ("sinc", 1001.0001))  # fmt: skip


def _engines(name: str) -> Callable[[Any], Any]:
    """The engine's function of that name."""
    return (lambda v: -v) if name == "neg" else getattr(sg, name)


_TURNING = (
    "silu",
    "gelu",
    "gelu_tanh",
    "mish",
    "sinc",
    "lgamma",
    "digamma",
)  # their derivatives are sums whose terms may cancel


def _sizes(name: str, x: float) -> tuple[float, float]:
    """S of the function, and of its derivative: both pass the error of x on."""
    f, df = c.elementary(name)
    size = 1.0 + abs(x)
    return max(abs(f(x)), size * abs(df(x))), abs(df(x)) * size + (size if name in _TURNING else 0.0)


def b11(work: Work) -> None:
    name = work.choose("f", tuple(ELEMENTARY))
    domain, one, (f, df) = DOMAINS.get(name, _EVERYWHERE), _engines(name), c.elementary(name)
    (x,) = work.draw(x="n")
    if "x" not in work.given:
        x = work.default("x", [domain.within(item) for item in x])
    for item in x:
        work.need(domain.has(item), f"x must be {domain.rule} for f = {name}, got {item:g}")

    def each(v: Any) -> Any:
        return [one(item) for item in v]

    scales = [_sizes(name, item) for item in x]
    jacobian, scale = engine_jacobian(each, x), diagonal(size for _, size in scales)
    entries = [[df(item) if i == j else 0.0 for i in range(len(x))] for j, item in enumerate(x)]
    work.step(f"the matrix of ∂fᵢ/∂xⱼ for f = {name}, row j and column i as in SM: {name}'(xᵢ) where i = j, else 0",
              r"\Bigl[\frac{\partial f_i}{\partial x_j}\Bigr] = \mathrm{diag}(f'(x_1), \ldots, f'(x_n))", entries,
              transpose(jacobian), scale)  # fmt: skip
    work.result(f"{name}(x)", [f(item) for item in x], engine_value(each, x), [size for size, _ in scales])
    work.result(f"∂{name}(x)/∂x = diag({name}'(x))", c.elementwise_function_jacobian(df, x), jacobian, scale)
    _all_functions(work)


def _all_functions(work: Work) -> None:
    """Every elementary function at one number of its domain, and those of _AT_ZERO at 0."""
    names, chance = [*ELEMENTARY], work.stream("t")
    at = [DOMAINS.get(name, _EVERYWHERE).within(chance.uniform(-3.0, 3.0)) for name in names]
    work.note(**{"choices of f": names, **({} if work.given else {"a number t for each": at})})
    pairs, scales = [c.elementary(name) for name in names], [_sizes(*pair) for pair in zip(names, at)]
    values = [engine_value(_engines(name), t) for name, t in zip(names, at)]
    work.besides("f(t) for each choice of f, in that order", [f(t) for (f, _), t in zip(pairs, at)], values,
                [size for size, _ in scales])  # fmt: skip
    slopes = [engine_gradient(_engines(name), t) for name, t in zip(names, at)]
    work.besides("f'(t) for each choice of f, in that order", [df(t) for (_, df), t in zip(pairs, at)], slopes,
                [size for _, size in scales])  # fmt: skip
    listed, at_zero = ", ".join(_AT_ZERO), [c.elementary(name) for name in _AT_ZERO]
    work.besides(f"f(0) for {listed}", [f(0.0) for f, _ in at_zero],
                [engine_value(_engines(name), 0.0) for name in _AT_ZERO])  # fmt: skip
    work.besides(f"f'(0) for {listed}", [df(0.0) for _, df in at_zero],
                [engine_gradient(_engines(name), 0.0) for name in _AT_ZERO])  # fmt: skip
    far = ", ".join(f"{name} at {t:g}" for name, t in _FAR)
    work.besides(f"f(t) where the form in textbooks loses all digits: {far}", [c.elementary(name)[0](t) for name, t in
                 _FAR], [engine_value(_engines(name), t) for name, t in _FAR])  # fmt: skip
    work.besides("f'(t) there, in that order", [c.elementary(name)[1](t) for name, t in _FAR],
                 [engine_gradient(_engines(name), t) for name, t in _FAR])  # fmt: skip
