"""Chapter D of the ledger, training a unit: the work of rows D5 and D8; that of D6 is in `descent`."""

from __future__ import annotations

import math
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.ledger.chapters.descent import d6 as d6
from scalargrad.ledger.engine import engine_gradient, engine_value
from scalargrad.ledger.show import number
from scalargrad.ledger.work import Work


def _neuron_cost(inputs: Any, targets: Any) -> Any:
    return lambda w, b: sg.mean([(sg.relu(sg.dot(w, x) + b) - y) ** 2 for x, y in zip(inputs, targets)])


def awake(work: Work, w: Any, b: float, inputs: Any) -> float:
    """The bias. One that is drawn leaves an input active, and if there are two or more, another inactive."""
    z = [math.fsum(p * q for p, q in zip(w, x)) for x in inputs]
    low, high = min(z), max(z)
    mixed = high + b > 0.0 and (len(z) == 1 or low + b < 0.0)
    return work.default("b", b if mixed else -0.5 * (low + high) if high - low > 1e-3 else 1.0 - high)  # type: ignore[no-any-return]


def d5(work: Work) -> None:
    w, b, inputs, targets = work.draw(w="n", b="", X="N n", y="N")
    b = awake(work, w, b, inputs)
    n, count = work.sizes["n"], work.sizes["N"]
    cost = _neuron_cost(inputs, targets)
    most = [sum(abs(p * q) for p, q in zip(w, x)) + abs(b) + abs(y) for x, y in zip(inputs, targets)]
    work.sides([c.affine(w, x, b) for x in inputs], [engine_value(lambda v, a: sg.dot(v, x) + a, w, b)
               for x in inputs], most, n + 1)  # fmt: skip
    by_w, by_b = engine_gradient(cost, w, b)
    scale_w = [2.0 / count * sum(e * abs(x) for e, x in zip(most, column)) for column in zip(*inputs)]
    scale_b = 2.0 / count * sum(most)
    u = [c.neuron(w, x, b) for x in inputs]
    outputs = _outputs(w, b, inputs)
    work.step("u = max(0, w·x + b)", r"u = \max(0, w\cdot x + b)", u, outputs, most, n + 1)
    v = [y - item for y, item in zip(targets, u)]
    work.step("v = y - u", "v = y - u", v, [y - item for y, item in zip(targets, outputs)], most, n + 1)
    by_x = [c.neuron_gradients(w, x, b)[0][0] for x in inputs]
    work.step("∂v/∂w = 0ᵀ or -xᵀ, one row for each input",
              r"\frac{\partial v}{\partial w} = \vec 0^T\ \mathrm{or}\ -x^T", [[-item for item in r]
              for r in by_x], [engine_gradient(lambda t: y - sg.relu(sg.dot(t, x) + b), w) for x,
              y in zip(inputs, targets)])  # fmt: skip
    work.step("∂v²/∂v = 2v", r"\frac{\partial v^2}{\partial v} = 2v", [2.0 * item for item in v],
              [engine_gradient(lambda t: t**2, item) for item in v])  # fmt: skip
    terms = [[2.0 * item * -q for q in r] for item, r in zip(v, by_x)]
    work.step("2v ∂v/∂w, one row for each input", r"2v\,\frac{\partial v}{\partial w}", terms, [engine_gradient(
        lambda t: (y - sg.relu(sg.dot(t, x) + b)) ** 2, w) for x, y in zip(inputs, targets)],
        [[2.0 * m * abs(q) for q in x] for m, x in zip(most, inputs)], n + 1)  # fmt: skip
    mean = [math.fsum(r[j] for r in terms) / count for j in range(n)]
    work.step("∂C/∂w = (1/N) Σ 2v ∂v/∂w",
              r"\frac{\partial C}{\partial w} = \frac1N\sum 2v\frac{\partial v}{\partial w}", [mean], [by_w], [scale_w],
              n + count)  # fmt: skip
    what = "eᵢ = (w·xᵢ + b) - yᵢ, and 0 for an inactive input, which does not count"
    work.step(what, r"e_i = (w\cdot x_i + b) - y_i",
              _weights(w, b, inputs, targets), _own_weights(w, b, inputs, targets), most, n + count)  # fmt: skip
    work.gradient("∂C/∂w = (2/N) Σ eᵢxᵢᵀ", lambda layout: c.neuron_cost_gradients(w, b, inputs, targets, layout)[0],
                  by_w, scale_w, n + count)  # fmt: skip
    work.result("∂C/∂b = (2/N) Σ eᵢ", c.neuron_cost_gradients(w, b, inputs, targets)[1], by_b, scale_b, n + count)
    work.result(
        "C", c.neuron_cost(w, b, inputs, targets), engine_value(cost, w, b), sum(m * m for m in most), n + count + 2
    )
    near, wanted = [[0.5], [0.0], [-0.5]], [1.0, 1.0, 1.0]
    at_kink = c.neuron_cost_gradients([1.0], 0.0, near, wanted)
    by_w, by_b = engine_gradient(_neuron_cost(near, wanted), [1.0], 0.0)
    what = "for comparison, w = [1], b = 0 and a kink: inputs ½, 0, -½, all of target 1"
    work.result(f"{what}: ∂C/∂w", at_kink[0], [by_w], 4.0)
    work.result(f"{what}: ∂C/∂b", at_kink[1], by_b, 4.0)


def _weights(w: Any, b: float, inputs: Any, targets: Any) -> list[float]:
    """The errors of the active inputs, and 0 for the others."""
    return [(c.affine(w, x, b) - y) * c.relu_derivative(c.affine(w, x, b)) for x, y in zip(inputs, targets)]


def _own_weights(w: Any, b: float, inputs: Any, targets: Any) -> list[float]:
    """The same by the engine: half the slope by b of each square."""
    return [0.5 * engine_gradient(lambda v, a: (sg.relu(sg.dot(v, x) + a) - y) ** 2, w, b)[1]
            for x, y in zip(inputs, targets)]  # fmt: skip


def d8(work: Work) -> None:
    w, b, inputs, targets = work.draw(w="n", b="", X="N n", y="N")
    b = awake(work, w, b, inputs)
    n, count = work.sizes["n"], work.sizes["N"]
    most = [sum(abs(p * q) for p, q in zip(w, x)) + abs(b) for x in inputs]
    u, z = [c.neuron(w, x, b) for x in inputs], [c.affine(w, x, b) for x in inputs]
    work.sides(z, [engine_value(lambda v, a: sg.dot(v, x) + a, w, b) for x in inputs], most, n + 1)
    work.step("the outputs uᵢ = max(0, w·xᵢ + b)", r"u_i = \max(0, w\cdot x_i+b)", u, _outputs(w, b, inputs), most,
              n + 1)  # fmt: skip
    scale = 2.0 * max(most) * (1.0 + max(max(map(abs, x)) for x in inputs))
    by_w, by_b = engine_gradient(_neuron_cost(inputs, u), w, b)
    zero, what = c.neuron_cost_gradients(w, b, inputs, u), "zero error, where the targets are the outputs uᵢ"
    work.step(f"{what}: C is 0", "C = 0", c.neuron_cost(w, b, inputs, u), 0.0, 0.0)
    work.step(f"{what}: ∂C/∂w is 0ᵀ", r"\frac{\partial C}{\partial w} = \vec 0^T", zero[0], [by_w], [[scale] * n],
              n + count)  # fmt: skip
    work.step(f"{what}: ∂C/∂b is 0", r"\frac{\partial C}{\partial b} = 0", zero[1], by_b, scale, n + count)
    # the errors 1, -1.5, 2, … of the outputs, active or not
    targets = work.default("y", [item - (1.0 + 0.5 * k) * (-1.0) ** k for k, item in enumerate(u)])
    _dead(work, w, inputs, targets)
    by_w, by_b = engine_gradient(_neuron_cost(inputs, targets), w, b)
    sizes = [m + abs(y) for m, y in zip(most, targets)]
    scale_w = [2.0 / count * sum(m * abs(item) for m, item in zip(sizes, column)) for column in zip(*inputs)]
    errors = _weights(w, b, inputs, targets)
    work.step("the weights of the inputs for the targets y: eᵢ = uᵢ - yᵢ, and 0 for an inactive input", "e_i", errors,
              _own_weights(w, b, inputs, targets), sizes, n + count)  # fmt: skip
    summed = [2.0 / count * math.fsum(e * item for e, item in zip(errors, column)) for column in zip(*inputs)]
    work.step("(2/N) Σ eᵢxᵢᵀ by these weights", r"\frac2N\sum e_ix_i^T", [summed], [by_w], [scale_w], n + count)
    # an active input, clear of rounding; if there is none, the bias makes one of the first
    active = [k for k in range(count) if z[k] > 1e-3 * most[k]]
    if active:
        _one_input(work, w, b, inputs[active[0]], f"x{_subscript(active[0] + 1)} alone")
    else:
        enough = math.ceil(1.0 + 2.0 * most[0]) + 0.0
        which = f"x₁ alone, with b = {enough:.17g}, since no input is active"
        _one_input(work, w, enough, inputs[0], which)
    work.gradient("∂C/∂w = (2/N) Σ eᵢxᵢᵀ", lambda layout: c.neuron_cost_gradients(w, b, inputs, targets, layout)[0],
                  by_w, scale_w, n + count)  # fmt: skip
    work.result("∂C/∂b = (2/N) Σ eᵢ", c.neuron_cost_gradients(w, b, inputs, targets)[1], by_b,
                2.0 / count * sum(sizes), n + count)  # fmt: skip


def _outputs(w: Any, b: float, inputs: Any) -> list[float]:
    """The outputs of the engine's neuron."""
    return [engine_value(lambda v, a: sg.relu(sg.dot(v, x) + a), w, b) for x in inputs]


def _subscript(k: int) -> str:
    return str(k).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _dead(work: Work, w: Any, inputs: Any, targets: Any) -> None:
    """The converse of "zero error, zero gradient" is false: a bias that makes all inputs inactive."""
    most, count = [sum(abs(p * q) for p, q in zip(w, x)) for x in inputs], len(inputs)
    b = -1.0 - math.ceil(2.0 * max(most))
    wanted, named = (targets, "y") if any(targets) else ([1.0] * count, "1, as all of y are 0")
    what = f"the converse is false, a dead unit: with b = {b:.17g}"
    work.step(f"{what}, w·xᵢ + b is below 0 for each input", r"w\cdot x_i + b < 0", [c.affine(w, x, b) for x in inputs],
              [engine_value(lambda v, a: sg.dot(v, x) + a, w, b) for x in inputs], [m + abs(b) for m in most],
              len(w) + 1)  # fmt: skip
    outputs = _outputs(w, b, inputs)
    work.step(f"{what} the outputs are 0", "u_i = 0", [[0.0] * count, [c.neuron(w, x, b) for x in inputs]],
              [outputs] * 2, 0.0)  # fmt: skip
    cost = _neuron_cost(inputs, wanted)
    found, own = c.neuron_cost(w, b, inputs, wanted), engine_value(cost, w, b)
    work.step(f"{what} and the targets {named}, C is (1/N)Σyᵢ², and not 0", r"C = \frac1N\sum y_i^2 > 0",
              [found, sum(y**2 for y in wanted) / count], [own, own], own, count + 2)  # fmt: skip
    gradients = c.neuron_cost_gradients(w, b, inputs, wanted)
    by_w, by_b = engine_gradient(cost, w, b)
    work.step(f"{what} and these targets, ∂C/∂w is 0ᵀ all the same", r"\frac{\partial C}{\partial w} = \vec 0^T",
              gradients[0], [by_w], 0.0)  # fmt: skip
    work.step(f"{what} and these targets, ∂C/∂b is 0 all the same", r"\frac{\partial C}{\partial b} = 0", gradients[1],
              by_b, 0.0)  # fmt: skip


def _one_input(work: Work, w: Any, b: float, x: Any, which: str) -> None:
    """The step is against e·x, the larger the error the larger."""
    n, output = len(w), c.neuron(w, x, b)
    (by_engine,) = _outputs(w, b, [x])
    most = sum(abs(p * q) for p, q in zip(w, x)) + abs(b)
    # of less than 2u, so that a step that halves the error leaves the input active
    for share, how in ((0.25, "a small error, ¼ u"), (1.5, "a large one, 1½ u"), (-0.25, "a negative one, -¼ u")):
        target = [output - share * output]
        e = output - target[0]
        gradient = c.neuron_cost_gradients(w, b, [x], target)
        by_w, by_b = engine_gradient(_neuron_cost([x], target), w, b)
        bound = 2.0 * (most + output + abs(target[0]))
        scale_w = [bound * abs(item) for item in x]
        name = f"{which}, {how}"
        work.step(f"{name}: u, the target y and e = u - y", "e = u - y", [output, target[0], e], [by_engine, target[0],
                  by_engine - target[0]], bound, n + 2)  # fmt: skip
        work.step(f"{name}: ∂C/∂w = 2e xᵀ", r"\frac{\partial C}{\partial w} = 2e x^T", gradient[0], [by_w], [scale_w],
                  n + 2)  # fmt: skip
        work.step(f"{name}: ∂C/∂b = 2e", r"\frac{\partial C}{\partial b} = 2e", gradient[1], by_b, bound, n + 2)
        work.step(f"{name}: the step of η = ½ is -2ηe x", r"-\eta\,(\frac{\partial C}{\partial w})^T = -2\eta e x",
                  c.gradient_descent_step([0.0] * n, [[2.0 * e * item for item in x]], 0.5), [-0.5 * g for g in by_w],
                  scale_w, n + 2)  # fmt: skip
        rate = 0.25 / (1.0 + sum(item**2 for item in x))
        after_w = c.gradient_descent_step(w, [by_w], rate)
        after = engine_value(lambda v, a: sg.relu(sg.dot(v, x) + a), after_w, b - rate * by_b)
        work.step(f"{name}: a step of w and b by η = 1/(4 + 4‖x‖²) = {number(rate)} halves e", r"e' = \tfrac12 e",
                  0.5 * e, after - target[0], bound + sum(abs(p * q) for p, q in zip(after_w, x)),
                  2 * n + 4)  # fmt: skip
