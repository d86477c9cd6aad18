"""A live check of each row of sections C and D: the analytic form and the engine on numbers drawn at random."""

from __future__ import annotations

from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.shapes import product, transpose
from scalargrad.ledger.checks import Draw, sizes
from scalargrad.ledger.compare import Comparison, Worked, engine_gradient, engine_jacobian
from scalargrad.optim import SGD, Adam, AdamW
from scalargrad.value import Value


def linear(x: Any, w: Any, b: Any = None) -> Any:
    """XW + b by the engine. Each sum starts from the bias, as in a neuron."""
    offsets = [0.0] * len(w[0]) if b is None else b
    return [[sg.sum([offset, *(p * q for p, q in zip(row, column))]) for column, offset in zip(zip(*w), offsets)]
            for row in x]  # fmt: skip


def cross_entropy(scores: Any, classes: Any) -> Any:
    """The mean of -log softmax at the classes, by the engine."""
    return sg.mean([-sg.log_softmax(row)[k] for row, k in zip(scores, classes)])


def c1(draw: Draw) -> Worked:
    m, n, k = draw.size(), draw.size(), draw.size()
    x, w = draw.matrix(m, n), draw.matrix(n, k)
    by_w = engine_jacobian(lambda v: [item for row in linear(x, v) for item in row], w)
    by_x = engine_jacobian(lambda v: [item for row in linear(v, w) for item in row], x)
    found = [Comparison("∂Y/∂W", c.linear_jacobian_by_weights(x, k), [by_w[i * k : i * k + k] for i in range(m)])]
    found.append(Comparison("∂Y/∂X", c.linear_jacobian_by_inputs(w, m), [by_x[i * k : i * k + k] for i in range(m)]))
    return Worked({"X": x, "W": w}, found)


def c2(draw: Draw) -> Worked:
    m, n, k = draw.size(), draw.size(), draw.size()
    x, w, b, g = draw.matrix(m, n), draw.matrix(n, k), draw.vector(k), draw.matrix(m, k)

    def loss(x: Any, w: Any, b: Any) -> Any:
        return sg.sum([p * q for rows in zip(linear(x, w, b), g) for p, q in zip(*rows)])

    scale = c.linear_backward(sizes(x), sizes(w), sizes(g))
    found = zip(("∂L/∂X", "∂L/∂W", "∂L/∂b"), c.linear_backward(x, w, g), engine_gradient(loss, x, w, b), scale)
    return Worked({"X": x, "W": w, "b": b, "G": g}, [Comparison(*each, max(m, k)) for each in found])


def c3(draw: Draw) -> Worked:
    x = [*draw.vector(draw.size()), 0.0]
    engine = engine_jacobian(lambda v: [sg.relu(item) for item in v], x)
    return Worked({"x": x}, [Comparison("J", c.relu_jacobian(x), engine)])


def c4(draw: Draw) -> Worked:
    n = draw.size()
    w, x = draw.vector(n), draw.vector(n)
    by_steps = engine_gradient(lambda w, x: sg.sum([p * q for p, q in zip(w, x)]), w, x)
    at_once = engine_gradient(sg.dot, w, x)
    analytic = c.dot_gradients(w, x)
    return Worked({"w": w, "x": x}, [Comparison("by w⊙x", analytic, by_steps), Comparison("dot", analytic, at_once)])


def c5(draw: Draw) -> Worked:
    n = draw.size()
    w, x, b = draw.vector(n), draw.vector(n), draw.number()
    engine = engine_gradient(lambda w, x, b: sg.dot(w, x) + b, w, x, b)
    return Worked({"w": w, "x": x, "b": b}, [Comparison("by w, x, b", c.affine_gradients(w, x), engine)])


def c6(draw: Draw) -> Worked:
    n = draw.size()
    w, x, b = draw.vector(n), draw.vector(n), draw.number()
    engine = engine_gradient(lambda w, x, b: sg.relu(sg.dot(w, x) + b), w, x, b)
    return Worked({"w": w, "x": x, "b": b}, [Comparison("by w, x, b", c.neuron_gradients(w, x, b), engine)])


def _softmax_scale(z: Any) -> list[list[float]]:
    p = c.softmax(z)
    return [[a * ((i == j) + b) for j, b in enumerate(p)] for i, a in enumerate(p)]


def c7(draw: Draw) -> Worked:
    z = draw.vector(draw.size() + 1)
    engine = engine_jacobian(sg.softmax, z)
    return Worked({"z": z}, [Comparison("J", c.softmax_jacobian(z), engine, _softmax_scale(z), len(z))])


def c8(draw: Draw) -> Worked:
    n = draw.size() + 1
    z, g = draw.vector(n), draw.vector(n)
    engine = engine_gradient(lambda v: sg.dot(sg.softmax(v), g), z)
    scale = [row[0] for row in product(_softmax_scale(z), transpose([sizes(g)]))]
    return Worked({"z": z, "g": g}, [Comparison("∂L/∂z", c.softmax_backward(z, g), engine, scale, n)])


def c9(draw: Draw) -> Worked:
    z = draw.vector(draw.size() + 1)
    p = c.softmax(z)
    scale = [[(i == j) + b for j, b in enumerate(p)] for i in range(len(z))]
    log = Comparison("J of log-softmax", c.log_softmax_jacobian(z), engine_jacobian(sg.log_softmax, z), scale, len(z))
    gradient = engine_gradient(lambda v: sg.logsumexp(v), z)
    return Worked({"z": z}, [log, Comparison("gradient of log-sum-exp", c.logsumexp_gradient(z), gradient, p, len(z))])


def d1(draw: Draw) -> Worked:
    n = draw.size()
    y, guess = draw.vector(n), draw.vector(n)
    engine = engine_gradient(lambda v: sg.mean([(a - b) ** 2 for a, b in zip(y, v)]), guess)
    return Worked({"y": y, "ŷ": guess}, [Comparison("∂L/∂ŷ", c.mse_gradient(y, guess), engine)])


def d2(draw: Draw) -> Worked:
    rows, k = draw.size(), draw.size() + 1
    scores, classes = draw.matrix(rows, k), [draw.random.randrange(k) for _ in range(rows)]
    engine = engine_gradient(lambda v: cross_entropy(v, classes), scores)
    scale = [[(p + (j == one)) / rows for j, p in enumerate(c.softmax(row))] for row, one in zip(scores, classes)]
    found = Comparison("∂L/∂scores", c.cross_entropy_gradient(scores, classes), engine, scale, k)
    return Worked({"scores": scores, "classes": classes}, [found])


def _network(draw: Draw) -> tuple[list[Any], list[int]]:
    rows, d, h, k = draw.size(), draw.size(), draw.size(), draw.size() + 1
    parameters = [draw.matrix(d, h, 1.0), draw.vector(h, 1.0), draw.matrix(h, k, 1.0), draw.vector(k, 1.0)]
    return [draw.matrix(rows, d, 1.0), *parameters], [draw.random.randrange(k) for _ in range(rows)]


def network_scale(x: Any, w1: Any, b1: Any, w2: Any, b2: Any, regularisation: float = 0.0) -> tuple[list[Any], int]:
    """The sizes of all terms of the two-layer gradients, from the network with the absolute value of every number.

    The probabilities are off by a relative error of twice the largest score's, so everything is times 1 + twice that.
    """
    a, v1, v2 = sizes(x), sizes(w1), sizes(w2)
    hidden = [[sum(p * q for p, q in zip(row, column)) + abs(b) for column, b in zip(zip(*v1), b1)] for row in a]
    most = max(sum(p * q for p, q in zip(row, column)) + abs(b) for row in hidden for column, b in zip(zip(*v2), b2))
    ones = [[2.0 * (1.0 + 2.0 * most) / len(x)] * len(b2) for _ in x]
    by_h, by_w2, by_b2 = c.linear_backward(hidden, v2, ones)
    _, by_w1, by_b1 = c.linear_backward(a, v1, by_h)
    for by_w, w in ((by_w1, v1), (by_w2, v2)):
        for i, row in enumerate(w):
            by_w[i] = [p + 2.0 * regularisation * q for p, q in zip(by_w[i], row)]
    return [by_w1, by_b1, by_w2, by_b2], max(len(x), len(w1), len(w2), len(b2))


def _two_layers(draw: Draw, regularisation: float) -> Worked:
    (x, *parameters), classes = _network(draw)

    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        hidden = [[sg.relu(item) for item in row] for row in linear(x, w1, b1)]
        squares = sg.sum([item * item for w in (w1, w2) for row in w for item in row])
        return cross_entropy(linear(hidden, w2, b2), classes) + regularisation * squares

    w1, b1, w2, b2 = parameters
    analytic = c.two_layer_gradients(x, classes, w1, b1, w2, b2, regularisation)
    scale, n = network_scale(x, w1, b1, w2, b2, regularisation)
    names = ("∂L/∂W1", "∂L/∂b1", "∂L/∂W2", "∂L/∂b2")
    found = [Comparison(*each, n) for each in zip(names, analytic, engine_gradient(loss, *parameters), scale)]
    inputs = {"X": x, "classes": classes, "W1": w1, "b1": b1, "W2": w2, "b2": b2, "reg": regularisation}
    return Worked(inputs, found)


def d3(draw: Draw) -> Worked:
    return _two_layers(draw, 0.0)


def d4(draw: Draw) -> Worked:
    return _two_layers(draw, abs(draw.number(1.0)))


def d5(draw: Draw) -> Worked:
    n, rows = draw.size(), draw.size()
    w, b, inputs, targets = draw.vector(n), draw.number(), draw.matrix(rows, n), draw.vector(rows)

    def cost(w: Any, b: Any) -> Any:
        return sg.mean([(sg.relu(sg.dot(w, x) + b) - y) ** 2 for x, y in zip(inputs, targets)])

    most = [sum(abs(p * q) for p, q in zip(w, x)) + abs(b) + abs(y) for x, y in zip(inputs, targets)]
    by_w = [2.0 / rows * sum(e * abs(x) for e, x in zip(most, column)) for column in zip(*inputs)]
    analytic, engine = c.neuron_cost_gradients(w, b, inputs, targets), engine_gradient(cost, w, b)
    found = Comparison("∂C/∂w, ∂C/∂b", analytic, engine, (by_w, 2.0 / rows * sum(most)), n + rows)
    return Worked({"w": w, "b": b, "X": inputs, "y": targets}, [found])


def d6(draw: Draw) -> Worked:
    n = draw.size()
    inputs, targets = draw.matrix(n + 2, n), draw.vector(n + 2)
    hessian = c.least_squares_hessian(inputs)
    w, rate = [0.0] * n, 1.0 / sum(hessian[k][k] for k in range(n))
    leaves = [Value(item) for item in w]
    descent = SGD(leaves, lr=rate)
    for _ in range(10):
        w = c.gradient_descent_step(w, c.least_squares_gradient(w, inputs, targets), rate)
        descent.zero_grad()
        sg.mean([(sg.dot(leaves, x) - y) ** 2 for x, y in zip(inputs, targets)]).backward()
        descent.step()
    # no step magnifies what has gone before, since 0 <= I - rate·H <= I; each adds its own rounding
    size = max(max(map(abs, row)) for row in inputs)
    scale = 10 * 2 * rate * n * size * (n * size * max(1.0, *map(abs, w)) + max(map(abs, targets)))
    found = Comparison("w after ten steps", w, [leaf.data for leaf in leaves], scale, 2 * n + 2)
    return Worked({"X": inputs, "y": targets, "η": rate}, [found])


def _steps(make: Any, rule: Any, w: list[float], slopes: list[list[float]]) -> tuple[list[float], list[float]]:
    """The parameters that the closed form and an optimiser of the engine reach from w, one step per gradient."""
    leaves, analytic, state = [Value(item) for item in w], [*w], None
    optimiser = make(leaves)
    for t, slope in enumerate(slopes, 1):
        analytic, state = rule(analytic, slope, state, t)
        optimiser.zero_grad()
        sg.dot(slope, leaves).backward()  # has that gradient
        optimiser.step()
    return analytic, [leaf.data for leaf in leaves]


def d7(draw: Draw) -> Worked:
    w, target, rate, memory = draw.vector(2), draw.vector(2), 0.125, 0.5
    slopes = [[scale * item for item in target] for scale in (1.0, -0.5, 2.0, 0.25, 1.0)]

    def descent(momentum: float, nesterov: bool) -> Any:
        settings: Any = {"momentum": momentum, "nesterov": nesterov}
        return _steps(
            lambda leaves: SGD(leaves, lr=rate, **settings),
            lambda w, g, velocity, t: c.sgd_momentum_step(w, g, velocity, rate=rate, **settings),
            w,
            slopes,
        )

    # an epsilon of 1 keeps Adam from dividing by what may be 0, and from forgetting how long a gradient is
    def moments(kind: Any, step: Any, decay: float) -> Any:
        def rule(w: list[float], g: list[float], state: Any, t: int) -> Any:
            first, second = state or ([0.0] * len(w), [0.0] * len(w))
            w, first, second = step(
                w, g, first, second, t, rate=rate, betas=(memory, 0.75), epsilon=1.0, weight_decay=decay
            )
            return w, (first, second)

        return _steps(
            lambda leaves: kind(leaves, lr=rate, betas=(memory, 0.75), eps=1.0, weight_decay=decay), rule, w, slopes
        )

    answers = {
        "SGD": descent(0.0, False),
        "SGD with momentum": descent(memory, False),
        "SGD with Nesterov's momentum": descent(memory, True),
        "Adam": moments(Adam, c.adam_step, 0.0),
        "AdamW": moments(AdamW, c.adamw_step, 0.125),
    }
    # |w| is at most 3, a velocity at most 12 and a step of Adam's at most 2 rates
    scale = 3.0 + 5.0 * 12.0 * rate
    found = [Comparison(f"w after five steps of {name}", a, b, scale, 5) for name, (a, b) in answers.items()]
    return Worked({"w": w, "gradients": slopes}, found)
