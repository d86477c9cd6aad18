"""Chapter D of the ledger, gradient descent and optimisers: the work of D6, all on the row's numbers, and of D7."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.errors import ArgumentError
from scalargrad.ledger.compare import EPSILON
from scalargrad.ledger.engine import engine_gradient, engine_value
from scalargrad.ledger.show import number
from scalargrad.ledger.work import Work
from scalargrad.optim import SGD, Adam, AdamW
from scalargrad.value import Value

_MOST = 10_000  # steps of a loop
_FAR = 100.0  # the power of ten that what diverges stays below


def d6(work: Work) -> None:
    inputs, targets, start, rate = work.draw(X="N n", y="N", w="n", η="")
    # X that is drawn is near to 4·I, so that the loop has some hundred steps; if N < n there is no one solution
    near = [[0.2 * item + 4.0 * (i == j) for j, item in enumerate(row)] for i, row in enumerate(inputs)]
    inputs = work.default("X", near)
    n, count = work.sizes["n"], work.sizes["N"]
    hessian = c.least_squares_hessian(inputs)
    top = c.largest_eigenvalue(hessian)
    rate = work.default("η", 1.0 / (top or 1.0))

    def cost(w: Any, ys: Any = targets) -> Any:
        return sg.mean([(sg.dot(w, x) - y) ** 2 for x, y in zip(inputs, ys)])

    size = max(max(map(abs, r)) for r in inputs)
    most = n * size * max(map(abs, start)) + max(map(abs, targets))
    work.result("C = (1/N)‖Xw - y‖²", c.least_squares_cost(start, inputs, targets), engine_value(cost, start),
                count * most**2, n + count)  # fmt: skip
    work.gradient("∂C/∂w = (2/N)(Xw - y)ᵀX", lambda layout: c.least_squares_gradient(start, inputs, targets, layout),
                  engine_gradient(cost, start), 2.0 * size * most, n + count)  # fmt: skip
    _step(work, start, inputs, targets, rate, cost, top)
    # the gradient is linear in w, so its difference along a unit vector is a row of the Hessian
    units = [[float(k == j) for k in range(n)] for j in range(n)]
    at_zero = engine_gradient(cost, [0.0] * n)
    rows = [[p - q for p, q in zip(engine_gradient(cost, unit), at_zero)] for unit in units]
    work.result("Hessian (2/N)XᵀX, in full", hessian, rows, 4.0 * size * (size + max(map(abs, targets))), count + n)
    found = [c.largest_eigenvalue(of) for of in ([[2.0, 1.0], [1.0, 2.0]], [[2.0, 0.0], [0.0, 2.0]], [[0.0]])]
    work.result("for comparison, λ_max of [2, 1; 1, 2], of 2I, which has it twice, and of 0", found, [3.0, 2.0, 0.0])
    pivots = c.least_squares_solution([[1.0, 2.0], [0.0, 1.0]], [5.0, 2.0])  # one is off the diagonal
    alike = c.least_squares_solution([[1.0, 1.0], [1.0, 1.0 + 2.0**-29]], [2.0, 2.0 + 2.0**-29])
    work.result("for comparison, the solutions of [1, 2; 0, 1] w = [5, 2], and of [1, 1; 1, 1 + h] w = [2, 2 + h] with"
                " h = 2⁻²⁹", [pivots, alike], [[1.0, 2.0], [1.0, 1.0]])  # fmt: skip
    v = _top_vector(hessian)
    work.step(f"H v = λ_max v, for H = (2/N)XᵀX, λ_max = {number(top)} and v = {_vector(v)}", r"Hv = \lambda_{\max}v",
              [top * item for item in v], engine_gradient(lambda w: cost(w, [0.0] * count), v),
              max(_sizes(v, inputs, [0.0] * count)), 2 * (n + count))  # fmt: skip
    for each in dict.fromkeys((rate, 1.0 / top) if top else (rate,)):
        growth = max(1.0, abs(1.0 - each * top))
        steps = 10 if growth < 10.0 else int(_FAR / math.log10(growth))
        if steps := min(10, steps):
            closed, engine, scale = _loop(start, inputs, targets, each, cost, steps, growth)
            known = " = 1/λ_max" if top and each == 1.0 / top else ""
            work.result(f"w after {steps} steps of η = {number(each)}{known}", closed, engine, scale, n + count + 2)
    _solution(work, inputs, targets, start, cost, rate, top, v)


def _step(work: Work, start: Any, inputs: Any, targets: Any, rate: float, cost: Any, top: float) -> None:
    """One step, by η and by a small one."""
    n, count = len(start), len(inputs)
    slopes, own = c.least_squares_gradient(start, inputs, targets), engine_gradient(cost, start)
    moved, by_engine = c.gradient_descent_step(start, slopes, rate), [a - rate * g for a, g in zip(start, own)]
    far = max(map(abs, start)) + abs(rate) * max(_sizes(start, inputs, targets))
    work.step("w₁ = w₀ - η (∂C/∂w)ᵀ, from w₀ = w", r"w_1 = w_0 - \eta\,(\frac{\partial C}{\partial w})^T",
              moved, by_engine, far, n + count)  # fmt: skip
    before, after = engine_value(cost, start), engine_value(cost, by_engine)
    most = [far * sum(map(abs, x)) + abs(y) for x, y in zip(inputs, targets)]
    noise = 2.0 / count * sum(m * m for m in most)
    work.step("C at w₁, less C at w₀: below 0 if η is above 0 and small, and w₀ not a solution",
              r"C(w_1) - C(w_0)", c.least_squares_cost(moved, inputs, targets) - c.least_squares_cost(start, inputs,
              targets), after - before, noise, 2 * (n + count))  # fmt: skip
    # a small step, where what it lowers is more than what roundings hide
    if top > 0.0 and 1e-3 / top * sum(g * g for g in own) > 1e3 * (n + count) * EPSILON * noise:
        less, less_by_engine = (engine_value(cost, [a - 1e-3 / top * g for a, g in zip(start, each)]) < before
                                for each in (slopes[0], own))  # fmt: skip
        work.step(f"off the solution a small step lowers C, here one of η = 1/(1000 λ_max) = {number(1e-3 / top)}: 1"
                  " for yes", r"C(w - \eta\,(\frac{\partial C}{\partial w})^T) < C(w)", [1.0, float(less)],
                  [float(less_by_engine)] * 2, 0.0)  # fmt: skip


def _solution(work: Work, inputs: Any, targets: Any, start: Any, cost: Any, rate: float, top: float, v: list[float]
              ) -> None:  # fmt: skip
    """The solution, if there is one, and the loops that reach it or do not; `v` is the eigenvector of λ_max."""
    n, count, hessian = len(start), len(inputs), c.least_squares_hessian(inputs)
    below = [[top * (i == j) - item for j, item in enumerate(row)] for i, row in enumerate(hessian)]
    lowest = _top_vector(below)
    try:
        solution = c.least_squares_solution(inputs, targets)
    except ArgumentError:
        solution = []
    if not solution or top == 0.0:
        zeros = [0.0] * count
        why = "the squares of X underflow" if solution else "the columns of X depend on one another"
        work.step(f"H v = 0 for v = {_vector(lowest)}: {why}, so that no one w is reached", "Hv = 0", [0.0] * n,
                  engine_gradient(lambda w: cost(w, zeros), lowest), n * max(_sizes(lowest, inputs, zeros)),
                  4 * (n + count))  # fmt: skip
        return
    least = max(abs(c.dot(row, lowest)) for row in hessian)  # H v = λ_min v, of which the largest entry is λ_min
    sizes = _sizes(solution, inputs, targets)
    steps, rate, shrink = _needed(rate, top, least)
    late = "" if steps else f": the loop needs more than {_MOST} steps to reach it, as λ_min is only {number(least)}"
    slopes = engine_gradient(cost, solution)
    work.step(f"a step of η = 1/λ_max from the least-squares solution w* stays there{late}",
              r"w^* - \eta\,(\frac{\partial C}{\partial w})^T = w^*", solution,
              [a - g / top for a, g in zip(solution, slopes)], [abs(a) + s / top for a, s in zip(solution, sizes)],
              n + count + 2)  # fmt: skip
    work.step("at w* the gradient is 0", r"\frac{\partial C}{\partial w} = 0", [0.0] * n, slopes, sizes,
              n + count + 2)  # fmt: skip
    moved = [a + b for a, b in zip(solution, v)]
    for factor, where in ((1.9, "nearer"), (2.1, "away")):
        closed, engine, scale = _loop(moved, inputs, targets, factor / top, cost, 10, max(1.0, factor - 1.0))
        told = (1.0 - factor) ** 10
        work.step(f"ten steps of η = {factor}/λ_max from w* + v lead {where}, to w* + {factor - 1.0:.1f}¹⁰ v"
                  f" = w* + {number(told)} v: the first row is that, the second by the steps",
                  rf"\eta = {factor}/\lambda_{{\max}}", [[a + told * b for a, b in zip(solution, v)], closed],
                  [engine, engine], scale, n * (n + count + 2))  # fmt: skip
    if steps:
        closed, engine, scale = _loop(start, inputs, targets, rate, cost, steps, shrink)
        far = math.dist(start, solution)
        what = f"the loop from w reaches w*, in {steps} steps of η = {number(rate)}: first row w*, second the loop"
        work.result(what, [solution, closed], [engine, engine], scale, n + count + 2, 2.0 * shrink**steps * far)


def _needed(rate: float, top: float, least: float) -> tuple[int, float, float]:
    """The steps that shrink each distance to a billionth, with the rate, or else with 1/λ_max; 0 if they are too many.
    Also that rate, and what is left of the distance after one step."""
    for each in (rate, 1.0 / top):
        shrink = max(abs(1.0 - each * top), abs(1.0 - each * least), 1e-15)
        steps = math.ceil(math.log(1e-9) / math.log(shrink)) if shrink < 1.0 else _MOST + 1
        if steps <= _MOST:
            return steps, each, shrink
    return 0, rate, 1.0


def _vector(x: list[float]) -> str:
    return f"[{', '.join(map(number, x))}]"


def _sizes(w: Any, inputs: Any, targets: Any) -> list[float]:
    """The sizes of what is added up in a gradient at w."""
    most = [sum(abs(p * q) for p, q in zip(x, w)) + abs(y) for x, y in zip(inputs, targets)]
    return [2.0 / len(inputs) * sum(m * abs(item) for m, item in zip(most, column)) for column in zip(*inputs)]


def _top_vector(matrix: Any) -> list[float]:
    """An eigenvector of the largest eigenvalue of a symmetric matrix without negative ones; its largest entry is 1."""
    power: list[list[float]] = matrix
    for _ in range(60):
        size = max(row[k] for k, row in enumerate(power))
        if size == 0.0:
            return [1.0] + [0.0] * (len(matrix) - 1)
        power = [[item / size for item in row] for row in power]
        power = [[math.fsum(p * q for p, q in zip(a, b)) for b in power] for a in power]  # a square, as it is symmetric
    v = max(power, key=lambda row: max(map(abs, row)))
    for _ in range(20):  # which takes away what the squares have rounded
        v = [math.fsum(p * q for p, q in zip(row, v)) for row in matrix]
        largest = max(v, key=abs)
        v = [item / largest for item in v]
    return v


def _loop(w: Any, inputs: Any, targets: Any, rate: float, cost: Any, steps: int, growth: float
          ) -> tuple[list[float], list[float], float]:  # fmt: skip
    """Steps by the closed form and by the engine, and the scale: each step magnifies what is off so far by no more than
    `growth`, and adds its own rounding."""
    closed, engine, scale = w, w, 0.0
    for _ in range(steps):
        scale = growth * scale + max(map(abs, closed)) + abs(rate) * max(_sizes(closed, inputs, targets))
        closed = c.gradient_descent_step(closed, c.least_squares_gradient(closed, inputs, targets), rate)
        engine = [a - rate * g for a, g in zip(engine, engine_gradient(cost, engine))]
    return closed, engine, math.sqrt(len(w)) * scale


# --- D7: the optimisers' steps, by closed form, by the engine, and by the published rules written out

SGD_SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"momentum": 0.5},
    {"momentum": 0.5, "dampening": 0.25},
    {"dampening": 0.25},
    {"momentum": 0.5, "nesterov": True},
    {"weight_decay": 0.25},
    {"momentum": 0.75, "dampening": 0.5, "weight_decay": 0.125},
)
ADAM_SETTINGS: tuple[dict[str, Any], ...] = (
    {"betas": (0.5, 0.75), "eps": 1.0},
    {"betas": (0.75, 0.5), "eps": 0.25},
    {"betas": (0.5, 0.75), "eps": 1.0, "weight_decay": 0.25},
)


def published_sgd(w: list[float], slopes: list[list[float]], rate: float, momentum: float = 0.0, dampening: float = 0.0,
                  weight_decay: float = 0.0, nesterov: bool = False) -> list[float]:  # fmt: skip
    """The algorithm in PyTorch's documentation of SGD, number by number."""
    w, b = [*w], [0.0] * len(w)
    for t, slope in enumerate(slopes):
        for k, g in enumerate(slope):
            g = g + weight_decay * w[k]
            if momentum != 0.0:
                b[k] = momentum * b[k] + (1.0 - dampening) * g if t else g
                g = g + momentum * b[k] if nesterov else b[k]
            w[k] = w[k] - rate * g
    return w


def published_adam(w: list[float], slopes: list[list[float]], rate: float, betas: tuple[float, float], eps: float,
                   weight_decay: float = 0.0, decoupled: bool = False) -> list[float]:  # fmt: skip
    """The algorithms in PyTorch's documentation of Adam and AdamW, number by number."""
    w, m, v = [*w], [0.0] * len(w), [0.0] * len(w)
    for t, slope in enumerate(slopes, 1):
        for k, g in enumerate(slope):
            if decoupled:
                w[k] = w[k] - rate * weight_decay * w[k]
            else:
                g = g + weight_decay * w[k]
            m[k] = betas[0] * m[k] + (1.0 - betas[0]) * g
            v[k] = betas[1] * v[k] + (1.0 - betas[1]) * g * g
            first, second = m[k] / (1.0 - betas[0] ** t), v[k] / (1.0 - betas[1] ** t)
            w[k] = w[k] - rate * first / (math.sqrt(second) + eps)
    return w


def _by_engine(make: Callable[[list[Value]], Any], w: list[float], slopes: list[list[float]]) -> list[list[float]]:
    """The parameters after each step."""
    leaves = [Value(item) for item in w]
    optimiser, path = make(leaves), []
    for slope in slopes:
        optimiser.zero_grad()
        sg.dot(slope, leaves).backward()  # has that gradient
        optimiser.step()
        path.append([leaf.data for leaf in leaves])
    return path


def _by_closed_form(step: Callable[..., Any], w: list[float], slopes: list[list[float]], state: Any
                    ) -> list[list[float]]:  # fmt: skip
    """The parameters after each step."""
    path = []
    for t, slope in enumerate(slopes, 1):
        w, *state = step(w, slope, *state, t)
        path.append(w)
    return path


def d7(work: Work) -> None:
    w, drawn, rate = work.draw(w="n", g="T n", η="")
    slopes = work.default("g", [[scale * item for item in drawn[0]] for scale in (1.0, -0.5, 2.0, 0.25, 1.0)])
    rate = work.default("η", 0.125)
    work.need(rate >= 0.0, f"η must be 0 or more, as the optimisers of the engine and of PyTorch ask, got {rate:g}")
    count, zeros = len(slopes), [0.0] * len(w)
    largest = max(max(map(abs, slope)) for slope in slopes)
    ends: dict[str, list[list[list[float]]]] = {}
    tops: dict[str, list[list[float]]] = {}

    def report(name: str, settings: dict[str, Any], closed: Any, engine: Any, published: Any) -> None:
        # a velocity is at most four times a gradient, and a step of Adam's at most a few rates; what is off in w comes
        # back by the weight decay
        decay = settings.get("weight_decay", 0.0)
        far = max(max(map(abs, each)) for each in (w, *engine))
        top = (far + count * rate * (4.0 * (largest + decay * far) + 2.0)) * (1.0 + 4.0 * rate * decay) ** count
        told = "".join(f", {k}={v}" for k, v in settings.items())
        what = f"w after each step, a row of g at a time, of {name} with η = {rate:g}{told}"
        work.result(what, closed, engine, top, count)
        tops.setdefault(name, []).append([top] * len(w))
        ends.setdefault(name, []).append([published, engine[-1]])

    for settings in SGD_SETTINGS:
        closed = _by_closed_form(
            lambda w, g, velocity, t: c.sgd_momentum_step(w, g, velocity, rate=rate, **settings),
            w,
            slopes,
            [None],
        )
        engine = _by_engine(lambda leaves: SGD(leaves, lr=rate, **settings), w, slopes)
        report("SGD", settings, closed, engine, published_sgd(w, slopes, rate, **settings))
    for settings in ADAM_SETTINGS:
        for kind, rule, decoupled in ((Adam, c.adam_step, False), (AdamW, c.adamw_step, True)):
            full = {"weight_decay": 0.0, **settings}
            named = {**{k: v for k, v in full.items() if k != "eps"}, "epsilon": full["eps"]}
            closed = _by_closed_form(
                lambda w, g, first, second, t: rule(w, g, first, second, t, rate=rate, **named),
                w,
                slopes,
                [zeros, zeros],
            )
            engine = _by_engine(lambda leaves: kind(leaves, lr=rate, **full), w, slopes)
            report(kind.__name__, full, closed, engine, published_adam(w, slopes, rate, decoupled=decoupled, **full))
    for name, pairs in ends.items():
        published, ours = zip(*pairs)
        work.step(f"the rule of {name} as PyTorch publishes it: w after the last step, one row for each setting below",
                  rf"w_T\text{{ of {name}, as published}}", [*published], [*ours], tops[name], count)  # fmt: skip
