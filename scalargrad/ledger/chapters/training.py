"""Chapter D of the ledger, training a unit: the work of rows D5, D6 and D8."""

from __future__ import annotations

import math
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.ledger.engine import engine_gradient, engine_value
from scalargrad.ledger.work import Work
from scalargrad.optim import SGD
from scalargrad.value import Value


def _neuron_cost(inputs: Any, targets: Any) -> Any:
    return lambda w, b: sg.mean([(sg.relu(sg.dot(w, x) + b) - y) ** 2 for x, y in zip(inputs, targets)])


def _awake(work: Work, w: Any, b: float, inputs: Any) -> float:
    """The bias. One that is drawn leaves an input active, and if there are two or more, another inactive."""
    z = [math.fsum(p * q for p, q in zip(w, x)) for x in inputs]
    low, high = min(z), max(z)
    mixed = high + b > 0.0 and (len(z) == 1 or low + b < 0.0)
    return work.default("b", b if mixed else -0.5 * (low + high) if high - low > 1e-3 else 1.0 - high)  # type: ignore[no-any-return]


def d5(work: Work) -> None:
    w, b, inputs, targets = work.draw(w="n", b="", X="N n", y="N")
    b = _awake(work, w, b, inputs)
    n, count = work.sizes["n"], work.sizes["N"]
    cost = _neuron_cost(inputs, targets)
    most = [sum(abs(p * q) for p, q in zip(w, x)) + abs(b) + abs(y) for x, y in zip(inputs, targets)]
    work.sides([c.affine(w, x, b) for x in inputs], [engine_value(lambda v, a: sg.dot(v, x) + a, w, b)
               for x in inputs], most, n + 1)  # fmt: skip
    by_w, by_b = engine_gradient(cost, w, b)
    scale_w = [2.0 / count * sum(e * abs(x) for e, x in zip(most, column)) for column in zip(*inputs)]
    scale_b = 2.0 / count * sum(most)
    u = [c.neuron(w, x, b) for x in inputs]
    work.step("u = max(0, w·x + b)", r"u = \max(0, w\cdot x + b)", u, [engine_value(lambda v, a: sg.relu(sg.dot(v,
              x) + a), w, b) for x in inputs], most, n + 1)  # fmt: skip
    v = [y - item for y, item in zip(targets, u)]
    by_x = [c.neuron_gradients(w, x, b)[0][0] for x in inputs]
    work.step("v = y - u, ∂v/∂w = 0ᵀ or -xᵀ",
              r"v = y - u,\ \frac{\partial v}{\partial w} = \vec 0^T\ \mathrm{or}\ -x^T", [[-item for item in r]
              for r in by_x], [engine_gradient(lambda t: y - sg.relu(sg.dot(t, x) + b), w) for x,
              y in zip(inputs, targets)])  # fmt: skip
    work.step("∂v²/∂v = 2v", r"\frac{\partial v^2}{\partial v} = 2v", [2.0 * item for item in v],
              [engine_gradient(lambda t: t**2, item) for item in v])  # fmt: skip
    terms = [[2.0 * item * -q for q in r] for item, r in zip(v, by_x)]
    work.step("2v ∂v/∂w", r"2v\,\frac{\partial v}{\partial w}", terms, [engine_gradient(
        lambda t: (y - sg.relu(sg.dot(t, x) + b)) ** 2, w) for x, y in zip(inputs, targets)],
        [[2.0 * m * abs(q) for q in x] for m, x in zip(most, inputs)], n + 1)  # fmt: skip
    mean = [math.fsum(r[j] for r in terms) / count for j in range(n)]
    work.step("∂C/∂w = (1/N) Σ 2v ∂v/∂w",
              r"\frac{\partial C}{\partial w} = \frac1N\sum 2v\frac{\partial v}{\partial w}", mean, by_w, scale_w,
              n + count)  # fmt: skip
    work.gradient("∂C/∂w = (2/N) Σ eᵢxᵢᵀ", lambda layout: c.neuron_cost_gradients(w, b, inputs, targets, layout)[0],
                  by_w, scale_w, n + count)  # fmt: skip
    work.result("∂C/∂b = (2/N) Σ eᵢ", c.neuron_cost_gradients(w, b, inputs, targets)[1], by_b, scale_b, n + count)
    work.result(
        "C", c.neuron_cost(w, b, inputs, targets), engine_value(cost, w, b), sum(m * m for m in most), n + count + 2
    )
    near, wanted = [[0.5], [0.0], [-0.5]], [1.0, 1.0, 1.0]
    at_kink = c.neuron_cost_gradients([1.0], 0.0, near, wanted)
    by_w, by_b = engine_gradient(_neuron_cost(near, wanted), [1.0], 0.0)
    work.result("w = [1], b = 0 at the inputs ½, 0, -½, all of target 1", list(at_kink), [[by_w], by_b], 4.0)


def d6(work: Work) -> None:
    inputs, targets, start, rate = work.draw(X="N n", y="N", w="n", η="")
    rate = work.default("η", 1.0 / (c.largest_eigenvalue(c.least_squares_hessian(inputs)) or 1.0))
    n, count = work.sizes["n"], work.sizes["N"]

    def cost(w: Any, rows: Any = inputs, ys: Any = targets) -> Any:
        return sg.mean([(sg.dot(w, x) - y) ** 2 for x, y in zip(rows, ys)])

    size = max(max(map(abs, r)) for r in inputs)
    most = n * size * max(map(abs, start)) + max(map(abs, targets))
    work.result("C = (1/N)‖Xw - y‖²", c.least_squares_cost(start, inputs, targets), engine_value(cost, start),
                count * most**2, n + count)  # fmt: skip
    work.gradient("∂C/∂w = (2/N)(Xw - y)ᵀX", lambda layout: c.least_squares_gradient(start, inputs, targets, layout),
                  engine_gradient(cost, start), 2.0 * size * most, n + count)  # fmt: skip
    slopes = c.least_squares_gradient(start, inputs, targets)
    work.step("w₁ = w₀ - η (∂C/∂w)ᵀ, from w₀ = w", r"w_1 = w_0 - \eta\,(\frac{\partial C}{\partial w})^T",
              c.gradient_descent_step(start, slopes, rate), [a - rate * g for a, g in zip(start, engine_gradient(cost,
              start))], max(map(abs, start)) + abs(rate) * 2.0 * size * most, n + count)  # fmt: skip
    # the gradient is linear in w, so its difference along a unit vector is a row of the Hessian
    units = [[float(k == j) for k in range(n)] for j in range(n)]
    at_zero = engine_gradient(cost, [0.0] * n)
    rows = [[p - q for p, q in zip(engine_gradient(cost, unit), at_zero)] for unit in units]
    work.result("Hessian (2/N)XᵀX, in full", c.least_squares_hessian(inputs), rows,
                4.0 * size * (size + max(map(abs, targets))), count + n)  # fmt: skip
    found = [c.largest_eigenvalue(of) for of in ([[2.0, 1.0], [1.0, 2.0]], [[2.0, 0.0], [0.0, 2.0]], [[0.0]])]
    work.result("λ_max of [2, 1; 1, 2], of 2I, which has it twice, and of 0", found, [3.0, 2.0, 0.0])
    work.result("the solution of [1, 1; 0, 1e-9] w = [3, 2e-9], whose XᵀX is singular in floats, but not in fractions",
                c.least_squares_solution([[1.0, 1.0], [0.0, 1e-9]], [3.0, 2e-9]), [1.0, 2.0])  # fmt: skip
    _descent(work, inputs, targets, cost)


def _descent(work: Work, inputs: Any, targets: Any, cost: Any) -> None:
    """The loop, on a problem of full rank: as many rows more as there are columns, with a diagonal of 4."""
    n = len(inputs[0])
    tall = [[4.0 * (i == j) for j in range(n)] for i in range(n)] + inputs
    ys = [1.0] * n + targets
    hessian, solution = c.least_squares_hessian(tall), c.least_squares_solution(tall, ys)
    top, least = c.largest_eigenvalue(hessian), 32.0 / len(tall)  # λ_min ≥ 2·16/N
    added_up = [sum(abs(p * q) for p, q in zip(r, solution)) + abs(y) for r, y in zip(tall, ys)]
    condition = max(top / least, 1.0)  # the elimination magnifies its roundings by no more
    scale = [2.0 / len(tall) * condition * sum(abs(p) * q for p, q in zip(column, added_up)) for column in zip(*tall)]
    work.step("at the solution the gradient is 0", r"\frac{\partial C}{\partial w} = 0", [0.0] * n,
              engine_gradient(lambda w: cost(w, tall, ys), solution), scale, 8 * (n + len(tall)))  # fmt: skip
    for rate, what in ((1.0 / top, "η = 1/λ_max"), (1.9 / top, "η = 1.9/λ_max")):
        _loop(work, f"w after ten steps of {what}", tall, ys, rate, cost)
    # each step at 1/λ_max shrinks the distance by 1 - λ_min/λ_max or less, up to the rounding of a gradient; of one
    # weight that is 0, which has no logarithm: a hundredth is more
    far, shrink = math.hypot(*solution), math.log1p(-min(least / top, 0.99))
    steps = min(2000, math.ceil(math.log(1e-9) / shrink))
    w = [0.0] * n
    for _ in range(steps):
        w = c.gradient_descent_step(w, c.least_squares_gradient(w, tall, ys), 1.0 / top)
    work.result(f"the loop at η = 1/λ_max reaches the least-squares solution, in {steps} steps", w, solution,
                condition * far + max(scale) / least, 8 * (n + len(tall)), math.exp(shrink * steps) * far)  # fmt: skip
    # the direction of λ_max, so far that what changes there shows beside the solution, and beside the cost there
    v, away = [1.0 + 0.1 * k for k in range(n)], 1.0 + far + math.sqrt(c.least_squares_cost(solution, tall, ys) / top)
    for _ in range(100):
        v = [math.fsum(p * q for p, q in zip(r, v)) for r in hessian]
        v = [away * item / max(map(abs, v)) for item in v]
    moved = [p + q for p, q in zip(solution, v)]
    size = max(map(abs, v))

    def turn(after: list[float]) -> float:
        """Whether a step leads away from the solution, 1, or nearer, -1."""
        if not all(map(math.isfinite, after)):
            raise OverflowError("the step leads to infinity")
        there = max(abs(p - q) for p, q in zip(after, solution))
        return float(there > size) - float(there < size)

    def fall(after: list[float]) -> float:
        return float(
            engine_value(lambda w: cost(w, tall, ys), after) < engine_value(lambda w: cost(w, tall, ys), moved)
        )

    slope, own = c.least_squares_gradient(moved, tall, ys), engine_gradient(lambda w: cost(w, tall, ys), moved)
    for factor, where, verdict in ((1.9, "nearer", -1.0), (2.1, "away", 1.0)):
        by_engine = turn([p - factor / top * g for p, g in zip(moved, own)])
        by_form = turn(c.gradient_descent_step(moved, slope, factor / top))
        work.step(f"a step of η = {factor}/λ_max along the top eigenvector leads {where}: 1 for away, -1 for nearer",
                  rf"\eta = {factor}/\lambda_{{\max}}", [verdict, by_form], [by_engine, by_engine], 0.0)  # fmt: skip
    by_engine = fall([p - 1e-3 / top * g for p, g in zip(moved, own)])
    work.step("off the solution a small step lowers C: 1 for yes", r"C(w - \eta\,\partial C/\partial w) < C(w)",
              [1.0, fall(c.gradient_descent_step(moved, slope, 1e-3 / top))], [by_engine, by_engine], 0.0)  # fmt: skip


def _loop(work: Work, what: str, inputs: Any, targets: Any, rate: float, cost: Any) -> None:
    """Ten steps by the closed form, and by the engine with its optimiser."""
    n = len(inputs[0])
    w, leaves = [0.0] * n, [Value(0.0) for _ in range(n)]
    descent = SGD(leaves, lr=rate)
    for _ in range(10):
        w = c.gradient_descent_step(w, c.least_squares_gradient(w, inputs, targets), rate)
        descent.zero_grad()
        cost(leaves, inputs, targets).backward()
        descent.step()
    # no step magnifies what has gone before, since -I <= I - rate·H <= I; each adds its own rounding
    size = max(max(map(abs, r)) for r in inputs)
    scale = 10 * 2 * rate * n * size * (n * size * max(1.0, *map(abs, w)) + max(map(abs, targets)))
    work.result(what, w, [leaf.data for leaf in leaves], scale, 2 * n + 2)


def d8(work: Work) -> None:
    w, b, inputs = work.draw(w="n", b="", X="N n")
    b = _awake(work, w, b, inputs)
    n, count = work.sizes["n"], work.sizes["N"]
    most = [sum(abs(p * q) for p, q in zip(w, x)) + abs(b) for x in inputs]
    exact, z = [c.neuron(w, x, b) for x in inputs], [c.affine(w, x, b) for x in inputs]
    work.sides(z, [engine_value(lambda v, a: sg.dot(v, x) + a, w, b) for x in inputs], most, n + 1)
    work.step("the outputs max(0, w·xᵢ + b), which are the targets where the error is zero",
              r"y_i = \max(0, w\cdot x_i+b)", exact, [engine_value(lambda v, a: sg.relu(sg.dot(v, x) + a), w, b)
              for x in inputs], most, n + 1)  # fmt: skip
    scale = 2.0 * max(most) * (1.0 + max(max(map(abs, x)) for x in inputs))
    by_w, by_b = engine_gradient(_neuron_cost(inputs, exact), w, b)
    zero = c.neuron_cost_gradients(w, b, inputs, exact)
    work.result("zero error: the gradient is zero, by w", zero[0], [by_w], [[scale] * n], n + count)
    work.result("zero error: the gradient is zero, by b", zero[1], by_b, scale, n + count)
    work.step("the cost is 0 there", "C = 0", c.neuron_cost(w, b, inputs, exact), 0.0, 0.0)
    _weighted(work, w, b, inputs, exact)
    dead = -1.0 - 2.0 * max(sum(abs(p * q) for p, q in zip(w, x)) for x in inputs)
    wrong = [item + 1.0 for item in exact]
    found = c.neuron_cost_gradients(w, dead, inputs, wrong)
    by_w, by_b = engine_gradient(_neuron_cost(inputs, wrong), w, dead)
    converse = f"the converse is false: with b = {dead:.2f} instead the unit is dead, has errors and a zero gradient"
    work.result(f"{converse}, by w", found[0], [by_w], 0.0)
    work.result(f"{converse}, by b", found[1], by_b, 0.0)
    cost = _neuron_cost(inputs, wrong)
    outputs = [engine_value(lambda v, a: sg.relu(sg.dot(v, x) + a), w, dead) for x in inputs]
    work.step("its outputs are 0", "u = 0", [[0.0] * count, [c.neuron(w, x, dead) for x in inputs]], [outputs] * 2, 0.0)
    own = engine_value(cost, w, dead)
    work.step("its cost is (1/N)Σyᵢ², which is 1 or more, since each yᵢ is", r"C = \frac1N\sum y_i^2 \ge 1",
              [c.neuron_cost(w, dead, inputs, wrong), sum(y**2 for y in wrong) / count], [own, own], own,
              count + 2)  # fmt: skip
    # an active input, clear of rounding; if there is none, the bias makes one of the first
    active = [k for k in range(count) if z[k] > 1e-3 * most[k]]
    _one_input(work, w, b if active else 1.0 + 2.0 * most[0], inputs, active)


def _weighted(work: Work, w: Any, b: float, inputs: Any, outputs: Any) -> None:
    """The errors as weights of the inputs: 1, -1.5, 2, … for each output, active or not."""
    count = len(inputs)
    targets = [y - (1.0 + 0.5 * k) * (-1.0) ** k for k, y in enumerate(outputs)]
    errors = [(y - target) * c.relu_derivative(c.affine(w, x, b)) for y, target, x in zip(outputs, targets, inputs)]
    summed = [2.0 / count * math.fsum(e * item for e, item in zip(errors, column)) for column in zip(*inputs)]
    by_w, by_b = engine_gradient(_neuron_cost(inputs, targets), w, b)
    most = [sum(abs(p * q) for p, q in zip(w, x)) + abs(b) + abs(y) for x, y in zip(inputs, targets)]
    scale = [2.0 / count * sum(m * abs(item) for m, item in zip(most, column)) for column in zip(*inputs)]
    n, what = len(w) + count, "errors 1, -1.5, 2, … of the outputs"
    work.step("the weights eᵢ: the errors 1, -1.5, 2, … of the outputs, and 0 for an inactive input", "e_i",
              errors, [count / 2.0 * engine_gradient(_neuron_cost_of_one(k, inputs, targets), w, b)[1]
              for k in range(count)], most, n)  # fmt: skip
    work.step(f"{what}: ∂C/∂w is (2/N) Σ eᵢxᵢᵀ", r"\frac{\partial C}{\partial w} = \frac2N\sum e_ix_i^T", summed, by_w,
              scale, n)  # fmt: skip
    found = c.neuron_cost_gradients(w, b, inputs, targets)
    work.result(f"{what}: ∂C/∂w", found[0], [by_w], [scale], n)
    work.result(f"{what}: ∂C/∂b", found[1], by_b, 2.0 / count * sum(most), n)


def _neuron_cost_of_one(k: int, inputs: Any, targets: Any) -> Any:
    """The part of the mean that input k has."""
    return lambda w, b: (sg.relu(sg.dot(w, inputs[k]) + b) - targets[k]) ** 2 / len(inputs)


def _one_input(work: Work, w: Any, b: float, inputs: Any, active: list[int]) -> None:
    """The step is against e·x, the larger the error the larger."""
    n, k = len(w), active[0] if active else 0
    x = inputs[k]
    output = c.neuron(w, x, b)
    most = sum(abs(p * q) for p, q in zip(w, x)) + abs(b)
    which = f"x_{k} alone, with " + ("" if active else f"b = {b:.2f}, since no input is active, and ")
    for share in (0.25, -0.25, 2.0):
        target = [output - share * output]
        e = output - target[0]
        cost = _neuron_cost([x], target)
        gradient = c.neuron_cost_gradients(w, b, [x], target)
        by_w, by_b = engine_gradient(cost, w, b)
        bound = 2.0 * (most + output + abs(target[0]))
        scale_w = [bound * abs(item) for item in x]
        name = f"{which}an error of {share} times the output"
        work.result(f"{name}: ∂C/∂w = 2e xᵀ", gradient[0], [by_w], [scale_w], n + 2)
        work.result(f"{name}: ∂C/∂b = 2e", gradient[1], by_b, bound, n + 2)
        work.step(f"{name}: the step is -2ηe x, here for η = ½", r"-\eta\frac{\partial C}{\partial w} = -2\eta e x",
                  c.gradient_descent_step([0.0] * n, [[2.0 * e * item for item in x]], 0.5), [-0.5 * g for g in by_w],
                  scale_w, n + 2)  # fmt: skip
        rate = 0.25 / (1.0 + sum(item**2 for item in x))
        after_w = c.gradient_descent_step(w, [by_w], rate)
        after = engine_value(lambda v, a: sg.relu(sg.dot(v, x) + a), after_w, b - rate * by_b)
        work.step(f"{name}: a step of η = 1/(4 + 4‖x‖²) halves it", r"e' = \tfrac12 e", 0.5 * e, after - target[0],
                  bound + sum(abs(p * q) for p, q in zip(after_w, x)), 2 * n + 4)  # fmt: skip
