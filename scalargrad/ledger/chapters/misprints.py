"""Misprints in the sources, row by row: what the printed line says on the row's numbers, beside what is right.

One in which only a name or a number of a theorem is off has no value that differs; it says so instead.
"""

from __future__ import annotations

from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.shapes import product, transpose
from scalargrad.ledger.engine import (
    engine_gradient,
    engine_jacobian,
    engine_value,
    linear,
    polynomial,
    positive,
    sizes,
    weighted,
)
from scalargrad.ledger.row import Misprint
from scalargrad.ledger.work import Work

_OF_TWO: dict[str, Any] = {"xy": [(1.0, (1, 1))], "3x²y": [(3.0, (2, 1))]}


# --- chapter A


def _one_letter_twice(work: Work) -> None:
    at = [work.inputs["x"], work.inputs["y"]]
    (right,) = c.polynomial_gradient(_OF_TWO["xy"], at)
    engine = engine_gradient(lambda v: v[0] * v[1], at)
    work.refuted("∂/∂x f and ∂/∂x f as the two partial derivatives of f = xy", [right[0], right[0]], right, engine,
                 again=[engine[0], engine[0]])  # fmt: skip


def _numbers_of_another(work: Work) -> None:
    at = [work.inputs["x"], work.inputs["y"]]
    (right,), (wrong,) = (c.polynomial_gradient(terms, at) for terms in _OF_TWO.values())
    engine, again = (engine_gradient(lambda v: polynomial(terms, v), at) for terms in _OF_TWO.values())
    work.refuted("∇(xy) = [6yx, 3x²]", wrong, right, engine, None, 4, again)


def _of_its_parameters(work: Work) -> None:
    at = [work.inputs["x"], work.inputs["y"]]
    (right,) = c.polynomial_gradient(_OF_TWO["3x²y"], at)
    engine = engine_gradient(lambda v: polynomial(_OF_TWO["3x²y"], v), at)
    work.refuted("∇(3x²y) as “a vector of its parameters”, [x, y]", at, right, engine, None, 4,
                 engine_value(lambda v: v, at))  # fmt: skip


def _maps_as_a_matrix(work: Work) -> None:
    at, terms = [work.inputs["x"], work.inputs["y"]], _OF_TWO["3x²y"]
    twice = [2.0 * item for item in at]
    engine = engine_value(lambda v: polynomial(terms, v), twice)
    work.refuted("f(2x, 2y) = 2 f(x, y), as a matrix has it, for f = 3x²y", 2.0 * c.polynomial(terms, at),
                 c.polynomial(terms, twice), engine, c.polynomial(positive(terms), sizes(twice)), 4,
                 2.0 * engine_value(lambda v: polynomial(terms, v), at))  # fmt: skip


def _limit_of_f(work: Work) -> None:
    f, h = c.elementary("abs")[0], 2.0**-20
    steps = (h, -h)
    right = [c.difference_quotient(f, 0.0, step) for step in steps]
    own = engine_value(lambda v: [sg.abs(item) for item in v], [0.0, h, -h])
    work.refuted(f"the limit of f = |x| at 0, by f(h) and f(-h) for h = {h:.6g}; the quotients' has two sides",
                 [f(step) for step in steps], right, [(own[1] - own[0]) / h, (own[2] - own[0]) / -h],
                 again=own[1:])  # fmt: skip


# --- chapter B


def _small_only(work: Work) -> None:
    x, dx = work.inputs["x"][0], 2.0
    exp, slope = c.elementary("exp")
    engine = engine_value(sg.exp, x + dx) - engine_value(sg.exp, x)
    work.refuted("Δy = y'(x)Δx, of y = exp(x₁) and Δx = 2", slope(x) * dx, exp(x + dx) - exp(x), engine,
                 exp(x + dx) * (1.0 + abs(x)), 2, engine_gradient(sg.exp, x) * dx)  # fmt: skip


def _not_total(work: Work) -> None:
    def f(x: Any, y: Any) -> Any:
        return (2.0 * x**3 + 3.0 * y**3) / (x**2 + y**2)

    t = 2.0 - 1.0 / (1.0 + abs(work.inputs["d"][0]))  # from 1 to 2
    partials = [f(t, 0.0) / t, f(0.0, t) / t]  # f is 2x and 3y on the axes
    own = engine_value(lambda v: [f(v, 0.0) / v, f(0.0, v) / v], t)
    work.refuted(f"JΔ by the partial derivatives, of f = (2x³ + 3y³)/(x² + y²), 0 at 0; Δ = [t, t], t = {t:.6g}",
                 c.differential([partials], [t, t])[0], 2.5 * t, engine_value(f, t, t), None, 4,
                 (own[0] + own[1]) * t)  # fmt: skip


def _i_for_j(work: Work) -> None:
    w, x = work.inputs["w"], work.inputs["x"]
    right = [r[k] for k, r in enumerate(c.elementwise_jacobians("+", w, x)[0])]
    engine = [r[k] for k, r in enumerate(engine_jacobian(lambda v: [p + q for p, q in zip(v, x)], w))]
    work.refuted("with wᵢ in both places: ∂(wᵢ + xᵢ)/∂wᵢ = 0", [0.0] * len(w), right, engine,
                 again=engine_jacobian(lambda v: [sg.sum(v) * 0.0], w)[0])  # fmt: skip
    at, turned = [w[0], x[0]], [x[0], w[0]]
    crossed = [[0.0, 1.0], [1.0, 0.0]]
    (by_w, _), engine = (c.composed_jacobians("+", turned, turned, crossed, crossed),
                         engine_jacobian(lambda v: [v[1] + turned[0], v[0] + turned[1]], at))  # fmt: skip
    work.refuted("as printed: fᵢ does not read wᵢ, so ∂fᵢ/∂wⱼ = 0 at any other j; of f(w) = [w₂, w₁]",
                 [[0.0, 0.0], [0.0, 0.0]], by_w, engine,
                 again=engine_jacobian(lambda v: [sg.sum(v) * 0.0] * 2, at))  # fmt: skip


def _outer_alone(work: Work) -> None:
    a, b, x = (work.inputs[name] for name in ("A", "B", "x"))
    middle = [sum(p * c.elementary("sin")[0](q) for p, q in zip(r, x)) for r in b]
    outer = product(a, c.elementwise_function_jacobian(c.elementary("cos")[0], middle))
    inner = product(b, c.elementwise_function_jacobian(c.elementary("cos")[0], x))

    def layer(w: Any, v: Any) -> Any:
        return [sg.dot(r, [sg.sin(item) for item in v]) for r in w]

    engine = engine_jacobian(lambda v: layer(a, layer(b, v)), x)
    scale = [[item * (1 + len(x)) for item in r] for r in product(sizes(a), sizes(b))]
    size = [[abs(p) * (1 + abs(q)) for p, q in zip(r, middle)] for r in a]
    work.refuted("∂y/∂u, which J_y(u) is two lines above, where J_y(u(v)) J_u(v) is ∂y/∂v", outer,
                 c.chain_jacobians(outer, inner), engine, scale, len(x) + len(b),
                 engine_jacobian(lambda v: layer(a, v), middle), size)  # fmt: skip


# --- chapters C and D


def _z_is_no_constant(work: Work) -> None:
    w, x, b = (work.inputs[name] for name in ("w", "x", "b"))
    low = min(b, -1.0 - 2.0 * sum(abs(p * q) for p, q in zip(w, x)))
    engine = engine_gradient(lambda v: sg.dot(v, x) + low, w)
    (wrong, *_), (right, *_) = c.neuron_gradients(w, x, low), c.affine_gradients(w, x)
    work.refuted(f"z is a constant where z ≤ 0, so ∂z/∂w = 0ᵀ: at b = {low:.6g}", wrong, right, [engine],
                 again=[engine_gradient(lambda v: sg.relu(sg.dot(v, x) + low), w)])  # fmt: skip


def _without_brackets(work: Work) -> None:
    x, w1, b1, w2, b2, classes = (work.inputs[name] for name in ("X", "W1", "b1", "W2", "b2", "classes"))
    z, q = c.linear(x, w1, b1), min(len(x), len(b2))
    masks = [[c.relu_derivative(item) for item in r] for r in z[:q]]
    if any(r != masks[0] for r in masks):  # or one mask is all of them
        h = [[c.relu(item) for item in r] for r in z]
        s = [r[:q] for r in c.cross_entropy_gradient(c.linear(h, w2, b2), classes)[:q]]
        w2, turned = [r[:q] for r in w2], transpose(w2)[:q]
        masked = [[p * q for p, q in zip(*rows)] for rows in zip(turned, masks)]
        right = [[p * q for p, q in zip(*rows)] for rows in zip(product(s, turned), masks)]
        engine = engine_gradient(lambda v: weighted(linear([[sg.relu(t) for t in r] for r in v], w2), s), z[:q])
        work.refuted(f"S(W2ᵀ ⊙ 1[h1 > 0]), of the first {q} samples and classes", product(s, masked), right, engine,
                     product(sizes(s), sizes(turned)), q, engine_value(linear, s, masked))  # fmt: skip


class _Neuron:
    """D5's unit: its cost, gradients and scales, by the closed form and by the engine."""

    def __init__(self, w: Any, b: float, inputs: Any, targets: Any) -> None:
        self.count, self.n = len(inputs), len(w) + len(inputs)
        self.most = [sum(abs(p * q) for p, q in zip(w, x)) + abs(b) + abs(y) for x, y in zip(inputs, targets)]
        self.scale_w = [2.0 / self.count * sum(m * abs(q) for m, q in zip(self.most, column))
                        for column in zip(*inputs)]  # fmt: skip
        self.scale_b = 2.0 / self.count * sum(self.most)
        (self.by_w,), self.by_b = c.neuron_cost_gradients(w, b, inputs, targets)

        def cost(w: Any, b: Any) -> Any:
            return sg.mean([(sg.relu(sg.dot(w, x) + b) - y) ** 2 for x, y in zip(inputs, targets)])

        self.own_w, self.own_b = engine_gradient(cost, w, b)
        self.own = engine_value(cost, w, b)


def _unit(work: Work) -> tuple[Any, float, Any, Any]:
    w, b, inputs, targets = (work.inputs[name] for name in ("w", "b", "X", "y"))
    return w, b, inputs, targets


def _no_subscripts(work: Work) -> None:
    w, b, inputs, targets = _unit(work)
    if len(inputs) > 1:  # of one input, v is v₁
        unit, (x, *_), (y, *_) = _Neuron(w, b, inputs, targets), inputs, targets
        own = engine_value(lambda v, a: (y - sg.relu(sg.dot(v, x) + a)) ** 2, w, b)
        work.refuted("C = (1/N) Σ v², with one v for all inputs, that of the first", c.neuron_cost(w, b, [x], [y]),
                     c.neuron_cost(w, b, inputs, targets), unit.own, sum(m * m for m in unit.most), unit.n + 2, own,
                     unit.most[0] ** 2)  # fmt: skip


def _one_x_for_all(work: Work) -> None:
    w, b, inputs, targets = _unit(work)
    active = [k for k, x in enumerate(inputs) if c.relu_derivative(c.affine(w, x, b))]
    if len(inputs) > 1 and active:
        k = 1 if active == [0] else 0  # an input that is not the only one that counts
        unit, x = _Neuron(w, b, inputs, targets), inputs[k]
        work.refuted(f"∂C/∂w = (1/N) Σ -2v xᵀ over the active inputs, with one x for all, here that of input {k + 1}",
                     [[unit.by_b * item for item in x]], [unit.by_w], [unit.own_w], [unit.scale_w], unit.n,
                     [[unit.own_b * item for item in x]], [[unit.scale_b * abs(item) for item in x]])  # fmt: skip


def _weighted_average(work: Work) -> None:
    unit = _Neuron(*_unit(work))
    if abs(unit.by_b) > 1e-6 * unit.scale_b:  # or the weights add to 0, and there is no average
        average, again = [item / unit.by_b for item in unit.by_w], [item / unit.own_b for item in unit.own_w]
        size = [(item + abs(mean) * unit.scale_b) / abs(unit.by_b) for item, mean in zip(unit.scale_w, average)]
        work.refuted("∂C/∂w as an average of inputs, weighted by the errors: Σ eᵢxᵢᵀ/Σ eᵢ, even of the active ones",
                     [average], [unit.by_w], [unit.own_w], [unit.scale_w], unit.n, [again], [size])  # fmt: skip


def _all_inputs(work: Work) -> None:
    w, b, inputs, targets = _unit(work)
    z = [c.affine(w, x, b) for x in inputs]
    if all(map(c.relu_derivative, z)):
        b, z = b - z[0] - 1.0, [item - z[0] - 1.0 for item in z]
    unit = _Neuron(w, b, inputs, targets)
    if all(abs(item) > 1e-9 * most for item, most in zip(z, unit.most)):  # or rounding says which are active
        wrong = c.least_squares_gradient(w, inputs, [y - b for y in targets])
        again = engine_gradient(lambda v: sg.mean([(sg.dot(v, x) + b - y) ** 2 for x, y in zip(inputs, targets)]), w)
        work.refuted(f"(2/N) Σ eᵢxᵢᵀ over all N inputs, active or not: at b = {b:.6g}", wrong, [unit.by_w],
                     [unit.own_w], [unit.scale_w], unit.n, [again])  # fmt: skip


def _negative_error(work: Work) -> None:
    w, x = work.inputs["w"], [abs(item) * (-1.0) ** (k + 1) for k, item in enumerate(work.inputs["X"][0])]
    b = 1.0 + sum(abs(p * q) for p, q in zip(w, x))
    unit = _Neuron(w, b, [x], [c.neuron(w, x, b) + 1.0])
    work.refuted(f"e is negative, so the gradient is negative: e = -1 for x = [{', '.join(f'{q:.3g}' for q in x)}]",
                 [[-abs(item) for item in unit.by_w]], [unit.by_w], [unit.own_w], [unit.scale_w], unit.n,
                 [[-abs(item) for item in unit.own_w]])  # fmt: skip


# --- by row

A3 = (Misprint("CH 2 calls the third node w, which is the weight of the example above it", None,
               "a letter used twice: the supplement has no weight"),)  # fmt: skip
A4 = (
    Misprint("PH 2 prints ∂/∂x twice, for ∂/∂x and ∂/∂y", _one_letter_twice),
    Misprint("PH 2 prints ∇(xy) with the numbers of 3x²y", _numbers_of_another),
    Misprint("PH 2 calls the gradient “a vector of its parameters”; it is one of the partial derivatives",
             _of_its_parameters),
    Misprint("PH 2 speaks of “the matrix that maps n scalar parameters to one scalar”; it is a function that does",
             _maps_as_a_matrix),
)  # fmt: skip
A6 = (Misprint("CH 1 speaks of “the limit of f at x0”; it is the limit of the difference quotient", _limit_of_f),)
B3 = (
    Misprint("CH 3.1: a best linear map needs total differentiability, not partial derivatives alone", _not_total),
    Misprint(
        "CH 3.1 prints Δy = y'(x)Δx, and says that J(x)Δx is the displacement of f; it is dy, which leaves out what"
        " is of higher order",
        _small_only,
    ),
)
B4 = (Misprint("PH 3.2 writes wᵢ for wⱼ where it says when a partial is 0", _i_for_j),)
B9 = (Misprint("CH 3.2 writes J_{y(u)} for J_{y∘u}(v)", _outer_alone),)
B11 = (
    Misprint("SM B.26 prints ∂f₁/∂xₙ twice in its last row; the second is ∂f₂/∂xₙ", None, "E13 has its numbers"),
    Misprint("SM B.26 mixes N and n, and SM B says “B.15 and B.16”", None, "a name, and a theorem's number"),
)
B12 = (
    Misprint("SM B.15 writes k for ℝ", None, "a name"),
    Misprint("SM B says “B.15 and B.16” for B.15 and B.26", None, "a theorem's number"),
)
C6 = (Misprint("PH 4 says that z, in bold as a vector, is a constant where z ≤ 0; it is the number max(0, z) that is",
               _z_is_no_constant),)  # fmt: skip
D3 = (
    Misprint("TL 2 leaves out the 1/N of S, so that ∂L/∂h1 and all four gradients are N times too large: see E3", None,
             "with its numbers"),
    Misprint("TL 2 prints matrices for ∂scores/∂W2, ∂(XW1 + b1)/∂W1 and ∂h1/∂(XW1 + b1): see E10 and E11", None,
             "with their numbers"),
    Misprint("TL 2 (2) leaves out the brackets of (SW2ᵀ) ⊙ 1[h1 > 0]: S(W2ᵀ ⊙ 1[h1 > 0]) conforms only where N = C, and"
             " is another matrix there", _without_brackets),
)  # fmt: skip
D5 = (
    Misprint("PH 5 drops the subscripts i in v²", _no_subscripts),
    Misprint("PH 5.1 prints -2v xᵀ, where x is xᵢ and v is vᵢ", _one_x_for_all),
    Misprint("PH 5.1 calls ∂C/∂w “a weighted average”; it is a sum, whose weights (2/N) eᵢ do not add to 1",
             _weighted_average),
    Misprint("PH 5.1 has “all xᵢ”, and Σ over all N; an input that is not active does not count", _all_inputs),
)  # fmt: skip
D8 = (Misprint("PH 5.1 says that eᵢ is negative, so “the gradient is negative”; its signs are those of -xᵢ",
               _negative_error),)  # fmt: skip
