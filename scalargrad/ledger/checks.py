"""A live check of each row of sections A and B: the analytic form and the engine on numbers drawn at random."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.shapes import product, transpose
from scalargrad.ledger.compare import Comparison, Worked, engine_gradient, engine_jacobian

# 1-Lipschitz, with a second derivative of at most 1: they do not magnify the error of an argument
SMOOTH = ("sin", "cos", "tanh", "sigmoid", "atan", "softplus", "asinh")
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda w, x: w + x,
    "-": lambda w, x: w - x,
    "*": lambda w, x: w * x,
    "/": lambda w, x: w / x,
    "max": sg.maximum,
}


class Draw:
    """Draws numbers, vectors and matrices from a random generator."""

    def __init__(self, generator: random.Random) -> None:
        self.random = generator

    def number(self, size: float = 3.0) -> float:
        return self.random.uniform(-size, size)

    def size(self) -> int:
        return self.random.randint(1, 4)

    def vector(self, n: int, size: float = 3.0) -> list[float]:
        return [self.number(size) for _ in range(n)]

    def matrix(self, m: int, n: int, size: float = 3.0) -> list[list[float]]:
        return [self.vector(n, size) for _ in range(m)]

    def smooth(self) -> str:
        return self.random.choice(SMOOTH)


def through(names: list[str], x: Any) -> Any:
    """Applies the engine's functions of these names, one after the other."""
    for name in names:
        x = getattr(sg, name)(x)
    return x


def polynomial(terms: Any, x: Any) -> Any:
    """A polynomial, computed by the engine."""
    monomials = [sg.prod([coefficient, *(xi**k for xi, k in zip(x, exponents))]) for coefficient, exponents in terms]
    return sg.sum(monomials)


def positive(terms: Any) -> Any:
    """The polynomial with absolute coefficients. At absolute x, it is the sum of the absolute terms."""
    return [(abs(coefficient), exponents) for coefficient, exponents in terms]


def sizes(x: Any) -> Any:
    """The absolute values, in the same shape."""
    return [sizes(item) for item in x] if isinstance(x, (list, tuple)) else abs(x)


def a1(draw: Draw) -> Worked:
    names, x = [draw.smooth() for _ in range(draw.size())], draw.number()
    engine = engine_gradient(lambda v: through(names, v), x)
    n = len(names)
    found = Comparison("dy/dx", c.chain_rule([c.elementary(f) for f in names], x), engine, n * (1 + abs(x) + n), n)
    return Worked({"functions, innermost first": names, "x": x}, [found])


def a2(draw: Draw) -> Worked:
    x, w, b = draw.number(20.0), draw.number(), draw.number()
    engine = engine_gradient(lambda v: sg.sigmoid(w * v + b), x)
    return Worked({"x": x, "w": w, "b": b}, [Comparison("dy/dx", c.sigmoid_unit_derivative(x, w, b), engine)])


def a3(draw: Draw) -> Worked:
    x = draw.number(300.0)
    engine = engine_gradient(lambda v: 1.0 / (1.0 + sg.exp(-v)), x)
    return Worked({"x": x}, [Comparison("product of the four", c.sigmoid_by_nodes(x), engine)])


def a4(draw: Draw) -> Worked:
    terms, x = [(3.0, (2, 1)), (2.0, (1, 0)), (1.0, (0, 8)), (1.0, (1, 1))], draw.vector(2)
    found = []
    for name, chosen in (("3x²y", terms[:1]), ("2x + y⁸", terms[1:3]), ("xy", terms[3:])):
        engine = engine_gradient(lambda v, chosen=chosen: polynomial(chosen, v), x)
        scale = c.polynomial_gradient(positive(chosen), sizes(x))
        found.append(Comparison(f"gradient of {name}", c.polynomial_gradient(chosen, x), engine, scale, 4))
    return Worked({"[x, y]": x}, found)


def a5(draw: Draw) -> Worked:
    n, x = draw.size(), draw.number()
    a, b = draw.vector(n), draw.vector(n)
    inside = [p * c.elementary("sin")[1](p * x) for p in a]
    outside = [2.0 * q * c.elementary("sin")[0](p * x) for p, q in zip(a, b)]
    engine = engine_gradient(lambda v: sg.sum([q * sg.sin(p * v) ** 2 for p, q in zip(a, b)]), x)
    scale = c.total_derivative(sizes(outside), sizes(inside))
    found = Comparison("∂z/∂x", c.total_derivative(outside, inside), engine, scale, n)
    return Worked({"x": x, "a": a, "b": b, "z": "the sum of b·sin(a·x)²"}, [found])


def a6(draw: Draw) -> Worked:
    name, x, h = draw.smooth(), draw.number(), 2.0**-20
    quotient = c.difference_quotient(c.elementary(name)[0], x, h)
    engine = engine_gradient(lambda v: through([name], v), x)
    found = Comparison("f'(x)", quotient, engine, (1 + abs(x)) / h, 1, h / 2.0)
    return Worked({"f": name, "x": x, "h": h}, [found])


def b1(draw: Draw) -> Worked:
    f, g, x = [(3.0, (2, 1))], [(2.0, (1, 0)), (1.0, (0, 8))], draw.vector(2)
    gradients, scale = [], []
    for terms in (f, g):
        gradients.append(c.polynomial_gradient(terms, x))
        scale.append(c.polynomial_gradient(positive(terms), sizes(x)))
    engine = engine_jacobian(lambda v: [polynomial(f, v), polynomial(g, v)], x)
    return Worked({"[x, y]": x}, [Comparison("J of [3x²y, 2x + y⁸]", c.stack_gradients(gradients), engine, scale, 4)])


def b2(draw: Draw) -> Worked:
    x = draw.vector(draw.size())
    return Worked({"x": x}, [Comparison("J", c.identity_jacobian(len(x)), engine_jacobian(lambda v: v, x))])


def b3(draw: Draw) -> Worked:
    x = draw.vector(draw.size())
    step = [d * 2.0**-20 for d in draw.vector(len(x), 1.0)]
    jacobian = engine_jacobian(lambda v: sg.softmax(v), x)
    moved = c.softmax([a + d for a, d in zip(x, step)])
    extra = sum(d * d for d in step)
    found = Comparison("softmax(x + Δ)", moved, c.linear_approximation(c.softmax(x), jacobian, step), 4.0, 1, extra)
    return Worked({"x": x, "Δ": step}, [found])


def b4(draw: Draw) -> Worked:
    n = draw.size()
    w, x = draw.vector(n), draw.vector(n)
    found = []
    for name, operator in OPERATORS.items():
        both = engine_jacobian(lambda v, f=operator: [f(p, q) for p, q in zip(*v)], [w, x])  # type: ignore[misc]
        engine = tuple([row[k] for row in both] for k in (0, 1))
        found.append(Comparison(f"w {name} x", c.elementwise_jacobians(name, w, x), engine))  # type: ignore[arg-type]
    return Worked({"w": w, "x": x}, found)


def b5(draw: Draw) -> Worked:
    x = draw.vector(3)
    engine = engine_jacobian(lambda v: [v[0] * 2.0, v[2] * v[2], v[0] + 3.0 * v[1]], x)
    analytic = c.sparse_jacobian([{0: 2.0}, {2: 2.0 * x[2]}, {0: 1.0, 1: 3.0}], 3)
    return Worked({"x": x, "y": "[2x0, x2², x0 + 3x1]"}, [Comparison("J", analytic, engine)])


def b6(draw: Draw) -> Worked:
    x, z = draw.vector(draw.size()), draw.number()
    found = []
    for name, operator in OPERATORS.items():
        both = engine_jacobian(lambda v, f=operator: [f(item, v[1]) for item in v[0]], [x, z])  # type: ignore[misc]
        engine = [row[0] for row in both], [row[1] for row in both]
        found.append(Comparison(f"x {name} z", c.scalar_expansion_jacobians(name, x, z), engine))  # type: ignore[arg-type]
    return Worked({"x": x, "z": z}, found)


def b7(draw: Draw) -> Worked:
    x, z = draw.vector(draw.size()), draw.number()
    plain = engine_gradient(lambda v: sg.sum(v), x)
    scaled = engine_gradient(lambda v, s: sg.sum([item * s for item in v]), x, z)
    by_x, by_z = c.scaled_sum_gradients(x, z)
    found = [
        Comparison("Σx", c.sum_gradient(c.identity_jacobian(len(x))), plain),
        Comparison("Σxz by x", by_x, scaled[0]),
    ]
    found.append(Comparison("Σxz by z", by_z, scaled[1], sum(sizes(x)), len(x)))
    return Worked({"x": x, "z": z}, found)


def b8(draw: Draw) -> Worked:
    x = draw.number()
    engine = [row[0] for row in engine_jacobian(lambda v: [sg.log(v[0] ** 2), sg.sin(3.0 * v[0])], [x])]
    by_factors = [row[0] for row in c.chain_jacobians(*c.log_sine_factors(x))]
    direct = c.log_sine_derivative(x)
    return Worked({"x": x}, [Comparison("dy/dx", direct, engine), Comparison("J_f·g'", by_factors, engine)])


def b9(draw: Draw) -> Worked:
    m, k, n = draw.size(), draw.size(), draw.size()
    a, b, x = draw.matrix(m, k, 1.0), draw.matrix(k, n, 1.0), draw.vector(n)
    middle = [sum(p * q for p, q in zip(row, map(c.elementary("sin")[0], x))) for row in b]
    cosine = c.elementary("sin")[1]
    outer = product(a, c.elementwise_function_jacobian(cosine, middle))
    inside = product(b, c.elementwise_function_jacobian(cosine, x))

    def layer(w: Any, v: Any) -> Any:
        return [sg.dot(row, [sg.sin(item) for item in v]) for row in w]

    engine = engine_jacobian(lambda v: layer(a, layer(b, v)), x)
    scale = [[item * (1 + n) for item in row] for row in product(sizes(a), sizes(b))]
    analytic = c.chain_jacobians(outer, inside)
    turned = transpose(c.chain_jacobians(transpose(outer), transpose(inside), layout="denominator"))
    both = Comparison("J", analytic, engine, scale, k), Comparison("J, denominator layout", turned, engine, scale, k)
    return Worked({"A": a, "B": b, "x": x, "y": "A sin(B sin(x))"}, list(both))


def b10(draw: Draw) -> Worked:
    names, x = [draw.smooth(), draw.smooth()], draw.vector(draw.size())
    (g, dg), (_, df) = (c.elementary(name) for name in names)
    analytic = c.chain_diagonals([df(g(item)) for item in x], [dg(item) for item in x])
    engine = engine_jacobian(lambda v: [through(names, item) for item in v], x)
    scale = max(1 + abs(item) for item in x)
    return Worked({"g, f": names, "x": x}, [Comparison("J", analytic, engine, scale)])


def b11(draw: Draw) -> Worked:
    name, x = draw.smooth(), draw.vector(draw.size())
    analytic = c.elementwise_function_jacobian(c.elementary(name)[1], x)
    return Worked(
        {"f": name, "x": x},
        [Comparison("J", analytic, engine_jacobian(lambda v: [through([name], item) for item in v], x))],
    )


def b12(draw: Draw) -> Worked:
    m, n = draw.size(), draw.size()
    x, a, b = draw.vector(m), draw.vector(m), draw.matrix(n, m)
    y, z = sum(p * q for p, q in zip(a, x)), [sum(p * q for p, q in zip(row, x)) for row in b]
    analytic = c.scaled_vector_jacobian(y, a, z, b)
    engine = engine_jacobian(lambda v: [sg.dot(a, v) * sg.dot(row, v) for row in b], x)
    most = [sum(abs(p * q) for p, q in zip(row, x)) for row in b]
    scale = c.scaled_vector_jacobian(sum(abs(p * q) for p, q in zip(a, x)), sizes(a), most, sizes(b))
    return Worked({"x": x, "y": "a·x", "z": "Bx", "a": a, "B": b}, [Comparison("J of y·z", analytic, engine, scale, m)])


def b13(draw: Draw) -> Worked:
    x = draw.vector(draw.size())
    full = Comparison("exp(x)", c.exp_jacobian(x), engine_jacobian(lambda v: [sg.exp(item) for item in v], x))
    row = engine_jacobian(lambda v: [sg.sum([sg.exp(item) for item in v])], x)
    whole = Comparison("Σexp(x)", c.sum_exp_jacobian(x), row)
    turned = Comparison("Σexp(x), denominator layout", c.sum_exp_jacobian(x, "denominator"), transpose(row))
    return Worked({"x": x}, [full, whole, turned])
