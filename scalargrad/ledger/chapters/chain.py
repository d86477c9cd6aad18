"""Chapter A of the ledger: one variable and many."""

from __future__ import annotations

import math

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.ledger.chapters import misprints
from scalargrad.ledger.engine import (
    engine_gradient,
    engine_jacobian,
    engine_value,
    polynomial,
    positive,
    sizes,
    through,
)
from scalargrad.ledger.row import Row, row
from scalargrad.ledger.work import SMOOTH, Work

SQUARE_TIMES, TWICE_PLUS, TIMES = [(3.0, (2, 1))], [(2.0, (1, 0)), (1.0, (0, 8))], [(1.0, (1, 1))]


def _a1(work: Work) -> None:
    count = sum(1 for name in work.given if name.startswith("f")) or work.stream("count").randint(1, 4)
    names = [work.choose(f"f{k}") for k in range(1, count + 1)]
    (x,) = work.draw(x="")
    work.note(**{"choices of each f": [*SMOOTH]})
    u, slopes = x, []
    for k, name in enumerate(names, 1):
        f, df = c.elementary(name)
        own = engine_gradient(lambda v: through([name], v), u)
        work.step(f"du{k}/du{k - 1} = f{k}'(u{k - 1}), for u0 = x",
                  rf"\frac{{du_{k}}}{{du_{k - 1}}} = f_{k}'(u_{k - 1})", df(u), own, 1 + abs(u))  # fmt: skip
        slopes.append(df(u))
        u = f(u)
    engine, scale = engine_gradient(lambda v: through(names, v), x), count * (1 + abs(x) + count)
    work.step("dy/dx, the product of all", r"\frac{dy}{dx} = \prod_k\frac{du_k}{du_{k-1}}", math.prod(slopes), engine,
              scale, count)  # fmt: skip
    found = c.chain_rule([c.elementary(f) for f in names], x)
    work.result("dy/dx, by the chain rule", found, engine, scale, count)


def _a2(work: Work) -> None:
    x, w, b = work.draw(x="", w="", b="")
    u = w * x + b
    work.need(u >= -350.0, f"wx + b must be -350 or more, since the square of e^-(wx + b) overflows below; it is {u:g}")
    y = c.sigmoid(u)
    work.step("u = wx + b", "u = wx + b", u, engine_value(lambda v: w * v + b, x), abs(w * x) + abs(b))
    work.step("y = s(u)", "y = s(u)", y, engine_value(sg.sigmoid, u))
    work.step("dy/du = y(1 - y), where 1 - y is s(-u)", r"\frac{dy}{du} = y(1-y)", c.sigmoid_derivative(u),
              engine_gradient(sg.sigmoid, u))  # fmt: skip
    e = math.exp(-u)
    work.step("s' = e^-u/(1 + e^-u)²", r"s' = \frac{e^{-u}}{(1+e^{-u})^2}", e / (1.0 + e) ** 2,
              engine_gradient(sg.sigmoid, u))  # fmt: skip
    work.step("s' = (1 + e^-u - 1)/(1 + e^-u)²", r"s' = \frac{1+e^{-u}-1}{(1+e^{-u})^2}",
              (1.0 + e - 1.0) / (1.0 + e) ** 2, engine_gradient(sg.sigmoid, u), y)  # fmt: skip
    work.step("s' = s - s²", "s' = s - s^2", y - y * y, engine_gradient(sg.sigmoid, u), y)
    work.step("du/dx = w", r"\frac{du}{dx} = w", w, engine_gradient(lambda v: w * v + b, x))
    engine = engine_gradient(lambda v: sg.sigmoid(w * v + b), x)
    work.result(
        "dy/dx = y(1 - y)w", c.sigmoid_unit_derivative(x, w, b), engine, abs(engine) * (1 + abs(w * x) + abs(b))
    )


def _a3(work: Work) -> None:
    (x,) = work.draw(x="")
    work.need(abs(x) <= 300.0, "x must be between -300 and 300, since the four nodes over- and underflow beyond: see"
              f" E7; it is {x:g}")  # fmt: skip
    values, slopes = c.sigmoid_nodes(x)
    f, g, u, _ = values
    steps = (
        ("f = -x, df/dx = -1", r"f = -x,\ \frac{df}{dx} = -1", x, lambda t: -t),
        ("g = e^f, dg/df = e^f", r"g = e^f,\ \frac{dg}{df} = e^f", f, sg.exp),
        ("u = 1 + g, du/dg = 1", r"u = 1 + g,\ \frac{du}{dg} = 1", g, lambda t: 1.0 + t),
        ("v = 1/u, dv/du = -1/u²", r"v = 1/u,\ \frac{dv}{du} = -\frac1{u^2}", u, lambda t: 1.0 / t),
    )
    for (what, latex, at, function), value, slope in zip(steps, values, slopes):
        work.step(what, latex, [value, slope], [engine_value(function, at), engine_gradient(function, at)])
    work.step("the product of the four is s'", "s' = -1 \\cdot e^f \\cdot 1 \\cdot (-1/u^2)", c.sigmoid_by_nodes(x),
              engine_gradient(sg.sigmoid, x))  # fmt: skip
    engine = engine_gradient(lambda t: 1.0 / (1.0 + sg.exp(-t)), x)
    work.result("dv/dx, the engine through the four nodes", c.sigmoid_by_nodes(x), engine)


def _a4(work: Work) -> None:
    x, y = work.draw(x="", y="")
    at = [x, y]
    # of one variable, ∂/∂x is d/dx; and of two, the other is held fixed
    held = [[(3.0, (2,))], [(3.0 * y, (2,))]]
    work.step("d(3x²)/dx = ∂(3x²)/∂x = 6x, of x alone; and with y held fixed, d(3x²y)/dx = ∂(3x²y)/∂x = 6xy",
              r"\frac{d}{dx}3x^2 = \frac{\partial}{\partial x}3x^2 = 6x,\ \frac{\partial}{\partial x}3x^2y = 6xy",
              [6.0 * x, 6.0 * x * y], [engine_gradient(lambda v: polynomial(terms, v), [x])[0] for terms in held], None,
              4)  # fmt: skip
    for what, latex, terms, by_hand in (
        ("3x²y: ∂/∂x = 6xy, ∂/∂y = 3x²", r"\nabla(3x^2y) = [6xy,\ 3x^2]", SQUARE_TIMES, [6.0 * x * y, 3.0 * x * x]),
        ("2x + y⁸: ∂/∂x = 2, ∂/∂y = 8y⁷", r"\nabla(2x+y^8) = [2,\ 8y^7]", TWICE_PLUS, [2.0, 8.0 * y**7]),
        ("xy: ∂/∂x = y, ∂/∂y = x", r"\nabla(xy) = [y,\ x]", TIMES, [y, x]),
    ):
        for by, k in (("x", 0), ("y", 1)) if len(terms) > 1 else ():  # term by term
            parts = [c.polynomial_gradient([term], at)[0][k] for term in terms]
            own = [engine_gradient(lambda v: polynomial([term], v), at)[k] for term in terms]
            work.step(f"∂(2x)/∂{by} and ∂(y⁸)/∂{by}: {'2 + 0' if by == 'x' else '0 + 8y⁷'}",
                      rf"\frac{{\partial 2x}}{{\partial {by}}} + \frac{{\partial y^8}}{{\partial {by}}}", parts, own,
                      None, 4)  # fmt: skip
        engine = engine_gradient(lambda v: polynomial(terms, v), at)
        (scale,) = c.polynomial_gradient(positive(terms), sizes(at))
        work.step(what, latex, by_hand, engine, scale, 4)
        name = what.partition(":")[0]
        work.gradient(f"∇({name})", lambda layout: c.polynomial_gradient(terms, at, layout), engine, scale, 4)
        value = engine_value(lambda v: polynomial(terms, v), at)
        work.result(name, c.polynomial(terms, at), value, c.polynomial(positive(terms), sizes(at)), 4)


def _a5(work: Work) -> None:
    x, a, b = work.draw(x="", a="k", b="k")
    inside = [p * c.elementary("cos")[0](p * x) for p in a]
    outside = [2.0 * q * c.elementary("sin")[0](p * x) for p, q in zip(a, b)]
    u = [math.sin(p * x) for p in a]
    work.step("uᵢ = sin(aᵢx), ∂uᵢ/∂x = aᵢcos(aᵢx)", r"\frac{\partial u_i}{\partial x} = a_i\cos(a_ix)", inside,
              [engine_gradient(lambda v: sg.sin(p * v), x) for p in a], [abs(p) * (1 + abs(p * x))
              for p in a])  # fmt: skip
    work.step("z = Σbᵢuᵢ², ∂z/∂uᵢ = 2bᵢuᵢ", r"\frac{\partial z}{\partial u_i} = 2b_iu_i", outside,
              engine_gradient(lambda u: sg.sum([q * t**2 for q, t in zip(b, u)]), u), sizes(b))  # fmt: skip
    engine = engine_gradient(lambda v: sg.sum([q * sg.sin(p * v) ** 2 for p, q in zip(a, b)]), x)
    scale = sum(2.0 * abs(q) * abs(p) * (1 + abs(p * x)) for p, q in zip(a, b))
    work.result("∂z/∂x, over all paths", c.total_derivative(outside, inside), engine, scale, len(a))
    _two_paths(work, x)


def _two_paths(work: Work, x: float) -> None:
    """As it is printed: z = u sin(v), of u = x² + 3y and v = xy, by both inputs."""
    (y,) = work.draw(y="")
    u, v = x * x + 3.0 * y, x * y
    outside = [math.sin(v), u * math.cos(v)]
    own = engine_gradient(lambda w: w[0] * sg.sin(w[1]), [u, v])
    most, far = x * x + 3.0 * abs(y), 1.0 + abs(v)
    work.step("z = u sin(v): ∂z/∂u = sin(v), ∂z/∂v = u cos(v), for u = x² + 3y and v = xy",
              r"z = u\sin(v),\ \frac{\partial z}{\partial u} = \sin(v),\ \frac{\partial z}{\partial v} = u\cos(v),\ "
              r"u = x^2+3y,\ v = xy", outside, own, [far, most * far])  # fmt: skip
    matrix = [[2.0 * x, 3.0], [y, x]]
    inner = engine_jacobian(lambda w: [w[0] * w[0] + 3.0 * w[1], w[0] * w[1]], [x, y])
    work.step("∂u/∂x = 2x and ∂u/∂y = 3, ∂v/∂x = y and ∂v/∂y = x",
              r"\frac{\partial u}{\partial x} = 2x,\ \frac{\partial u}{\partial y} = 3,\ "
              r"\frac{\partial v}{\partial x} = y,\ \frac{\partial v}{\partial y} = x", matrix, inner)  # fmt: skip
    by_both = engine_gradient(lambda w: (w[0] * w[0] + 3.0 * w[1]) * sg.sin(w[0] * w[1]), [x, y])
    for k, (name, engine) in enumerate(zip("xy", by_both)):
        inside = [r[k] for r in matrix]
        paths = [p * q for p, q in zip(outside, inside)]
        work.step(f"the two paths: ∂z/∂u ∂u/∂{name} and ∂z/∂v ∂v/∂{name}",
                  rf"\frac{{\partial z}}{{\partial u}}\frac{{\partial u}}{{\partial {name}}},\ "
                  rf"\frac{{\partial z}}{{\partial v}}\frac{{\partial v}}{{\partial {name}}}", paths,
                  [p * r[k] for p, r in zip(own, inner)], [far * abs(inside[0]), most * far * abs(inside[1])],
                  2)  # fmt: skip
        scale = 4.0 * far * (abs(inside[0]) + most * abs(inside[1]))
        work.result(f"∂z/∂{name} = ∂z/∂u ∂u/∂{name} + ∂z/∂v ∂v/∂{name}", c.total_derivative(outside, inside), engine,
                    scale, 2)  # fmt: skip


_KINKS = ("relu", "abs")  # at 0


def _a6(work: Work) -> None:
    name = work.choose("f", (*SMOOTH, *_KINKS)) if "f" in work.given else work.choose("f")
    x, h = work.draw(x="", h="")
    h = work.default("h", 2.0**-20)
    work.note(**{"choices of f": [*SMOOTH, *_KINKS]})
    work.need(h > 0.0, f"h must be more than 0, since x + h is the right side, and x - h the left one; it is {h:g}")
    work.need(name not in _KINKS or x == 0.0 or h <= abs(x), f"h must be at most |x| = {abs(x):g}, or x must be 0,"
              f" since {name} has a kink at 0, which may not lie between x and x + h; it is {h:g}")  # fmt: skip
    f, size = c.elementary(name)[0], 1.0 + abs(x) + h
    there = [x + h, x - h]
    work.step("f(x + h) and f(x - h)", r"f(x+h),\ f(x-h)", [f(item) for item in there],
              [engine_value(lambda v: through([name], v), item) for item in there], size)  # fmt: skip
    engine = engine_gradient(lambda v: through([name], v), x)
    for side, step in (("right", h), ("left", -h)):
        if x == 0.0 and name in _KINKS:
            break
        work.result(f"(f(x + h) - f(x))/h from the {side}", c.difference_quotient(f, x, step), engine, size / h, 1,
                    h / 2.0)  # fmt: skip
    for kink, slopes in (("relu", [0.0, 1.0]), ("abs", [-1.0, 1.0])):
        f, df = c.elementary(kink)
        convention = engine_gradient(lambda v: through([kink], v), 0.0)
        at_zero, *near = (engine_value(lambda v: through([kink], v), t) for t in (0.0, -h, h))
        own = [(after - at_zero) / step for after, step in zip(near, (-h, h))]
        sides = [c.difference_quotient(f, 0.0, step) for step in (-h, h)]
        work.step(f"({kink}(-h) - {kink}(0))/(-h) and ({kink}(h) - {kink}(0))/h",
                  r"\frac{f(-h)-f(0)}{-h},\ \frac{f(h)-f(0)}{h}", sides, own, 0.0)  # fmt: skip
        if name == kink and x == 0.0:
            work.result(f"(f(x + h) - f(x))/h from the left and from the right: they differ, so that f = {kink} has no"
                        " derivative at x = 0", sides, own, 0.0)  # fmt: skip
        work.step(f"{kink} at 0: {slopes[0]:g} from the left, {slopes[1]:g} from the right; there is no limit",
                  rf"\lim_{{h\to0^\mp}} \frac{{f(h)-f(0)}}{{h}} = {slopes[0]:g},\ {slopes[1]:g}", slopes, own,
                  0.0)  # fmt: skip
        between = min(max(df(0.0), slopes[0]), slopes[1])
        work.step(f"the engine's convention {kink}'(0) = {convention:g} lies between the two",
                  r"f'(0^-) \le f'(0) \le f'(0^+)", between, convention, 0.0)  # fmt: skip


ROWS: tuple[Row, ...] = (
    row("A1", "chain rule of one variable", "dy/dx = dy/du · du/dx, for compositions of any depth",
        r"$\frac{dy}{dx} = \frac{dy}{du}\,\frac{du}{dx}$, for compositions of any depth", "chain_rule", "chain_rule", 4,
        "n stages; S = n(1 + |x| + n): each of the n factors is 4 roundings off, and has |f''| ≤ 1 for the n·4"
        " roundings, relative to 1 + |x| + n, of what enters it", "CH 1; CH 2 (1)", _a1),
    row("A2", "sigmoid, its derivative, and a unit with it", "s' = s(1 - s); y = s(wx + b) has dy/dx = y(1 - y)w",
        r"$s' = s(1-s)$, computed as $s(x)\,s(-x)$; $y = s(wx+b)$ has $\frac{dy}{dx} = y(1-y)\,w$",
        "sigmoid sigmoid_derivative sigmoid_unit_derivative", "sigmoid", 8,
        "S is the result times 1 + |wx| + |b|, as a sigmoid passes the error of wx + b on; each sigmoid is an exp (1"
        " ulp) and 2 roundings, and the two products are 2: 8 on either side", "CH 2, example; CH 2, supplement",
        _a2),
    row("A3", "sigmoid as four nodes",
        "f = -x, g = e^f, u = 1 + g, v = 1/u: -1 · e^f · 1 · (-1/u²) = s', for |x| ≤ 300",
        r"$f = -x,\ g = e^f,\ u = 1+g,\ v = 1/u$: the product of the local derivatives $-1, g, 1, -u^{-2}$ is $s'$, for"
        r" $\lvert x\rvert \le 300$", "sigmoid_nodes sigmoid_by_nodes", "sigmoid_as_four_nodes", 8,
        "u twice (2 roundings each, of which exp's count fully), a square, a quotient, a product: 8 on either side",
        "CH 2, supplement", _a3, misprints=misprints.A3),
    row("A4", "gradient: the partial derivatives as a row",
        "∇(3x²y) = [6xy, 3x²], ∇(2x + y⁸) = [2, 8y⁷], ∇(xy) = [y, x]",
        r"$\nabla(3x^2y) = [6xy,\ 3x^2]$, $\nabla(2x+y^8) = [2,\ 8y^7]$, $\nabla(xy) = [y,\ x]$",
        "polynomial polynomial_gradient", "gradient", 4,
        "S is the sum of the terms' sizes; n the terms and factors: a power (1 ulp) and a product for each, 3"
        " roundings", "PH 2; PH 3", _a4, misprints=misprints.A4),
    row("A5", "chain rule of several variables: the total derivative", "∂z/∂x = Σᵢ ∂z/∂uᵢ · ∂uᵢ/∂x, over every path",
        r"$\frac{\partial z}{\partial x} = \sum_i \frac{\partial z}{\partial u_i}\frac{\partial u_i}{\partial x}$, over"
        " every path", "total_derivative", "total_derivative", 4,
        "S is the sum of the paths' sizes, each times 1 + |aᵢx|, as a sine passes the error of aᵢx on; 4 products, a"
        " sine and a cosine (1 ulp each) per path, and n additions", "CH 3.2, case 1", _a5),
    row("A6", "differentiability: the limit of the difference quotient",
        "(f(x + h) - f(x))/h → f'(x) from both sides; relu and abs have no limit at 0",
        r"$\frac{f(x+h)-f(x)}{h} \to f'(x)$ from both sides; $\mathrm{relu}$ and $\mathrm{abs}$ have no limit at 0",
        "difference_quotient", "difference_quotient", 4,
        "S = (1 + |x| + h)/h: the two values are 4 roundings of at most 1 + |x| + h off; Taylor leaves h/2·max|f''|,"
        " which is at most h/2 here; at a kink, both sides are exact", "CH 1; PH 4; LB ReLU", _a6, " + h/2",
        misprints.A6),
)  # fmt: skip
