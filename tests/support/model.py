"""A plain-float model of the engine for the stateful tests: each scalar has a value, and edges (operand, partial).

Every number comes with a bound on its distance from the library's. It is 0.0, which means the same bits, where the
model computes the documented operations in the documented order; else it is what rounding (in both) and the operands'
own bounds add up to, to first order, times `SLACK` for the higher ones.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

U = 2.0**-53
SLACK = 1.01


class Scalar:
    """A number of the model. Without edges, it is a leaf or a constant."""

    clock = itertools.count()
    threaded = False  # while another thread records

    def __init__(self, value: float, error: float = 0.0, edges: Sequence[tuple[Scalar, float, float]] = ()) -> None:
        self.value, self.error, self.edges = value, error, list(edges)
        self.grad = self.grad_error = 0.0
        self.order = next(Scalar.clock)
        self.foreign = Scalar.threaded and bool(edges)  # recorded by another thread, at an unknown place in the order
        self.depth: int = 1 + max((x.depth for x, _, _ in edges), default=0)


def history(roots: Sequence[Scalar]) -> list[Scalar]:
    """All nodes that the roots reach, in the order of recording."""
    found = {id(x): x for x in roots}
    pending = list(found.values())
    while pending:
        for x, _, _ in pending.pop().edges:
            if id(x) not in found:
                found[id(x)] = x
                pending.append(x)
    return sorted(found.values(), key=lambda x: x.order)


def backward(root: Scalar, seed: float) -> None:
    """Adjoints in the documented order: consumers from last to first, a node's operands in their order."""
    reached = history([root])
    ordered = not any(x.foreign for x in reached)
    sums = {id(root): [seed, 0.0, abs(seed), 0.0]}  # the adjoint, its error, the sum of sizes, the count
    for node in reversed(reached):
        adjoint, error, size, count = sums[id(node)]
        if error or not ordered:
            error += 2 * U * (count + 1) * size
        for x, partial, wrong in node.edges:
            term = adjoint * partial
            off = abs(partial) * error + abs(adjoint) * wrong + error * wrong
            off += 2 * U * (abs(term) + off) if off else 0.0
            before = sums.get(id(x))
            if before is None:
                sums[id(x)] = [term, off, abs(term) + off, 0.0]
            else:
                sums[id(x)] = [before[0] + term, before[1] + off, before[2] + abs(term) + off, before[3] + 1]
        if node.edges:
            node.grad, node.grad_error = adjoint, error * SLACK
        else:
            node.grad += adjoint
            node.grad_error += error * SLACK + (4 * U * abs(node.grad) if error or node.grad_error else 0.0)


def copies(groups: Sequence[Sequence[Scalar]]) -> list[list[Scalar]]:
    """Copies of several histories. Each leaf is copied once in all, other nodes once per history."""
    leaves: dict[int, Scalar] = {}
    result = []
    for group in groups:
        twins: dict[int, Scalar] = {}
        for x in history(group):
            if x.edges or id(x) not in leaves:
                twin = Scalar(x.value, x.error, [(twins[id(y)], p, e) for y, p, e in x.edges])
                twin.grad, twin.grad_error, twin.foreign = x.grad, x.grad_error, x.foreign
                if not x.edges:
                    leaves[id(x)] = twin
            twins[id(x)] = twin if x.edges else leaves[id(x)]
        result.append([twins[id(x)] for x in group])
    return result


# --- rules: of operands' values x and errors e, the value, its error, and (partial, error) by each --------------------

Rule = tuple[float, float, list[tuple[float, float]]]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _smooth(
    value: Callable[[float], float],
    slope: Callable[[float, float], float],
    bend: Callable[[float], float],
    off: float = 0,
) -> Callable[[Sequence[float], Sequence[float]], Rule]:
    """A function of one number: its value, its slope from x and z, a bound on its second derivative near x, and of
    the slope's rounding errors in units of U."""

    def rule(x: Sequence[float], e: Sequence[float]) -> Rule:
        z = value(x[0])
        p = slope(x[0], z)
        error = SLACK * abs(p) * e[0] + 8 * U * abs(z) + bend(x[0]) * e[0] ** 2 if e[0] else 0.0
        rounding = off * U if not e[0] else (off + 16) * U * max(1.0, abs(p))
        return z, error, [(p, SLACK * bend(x[0]) * e[0] + rounding)]

    return rule


def _line(z: float, error: float, partials: list[tuple[float, float]]) -> Rule:
    return z, error + 4 * U * (abs(z) + error) if error else 0.0, partials


def _divide(x: Sequence[float], e: Sequence[float]) -> Rule:
    z, far = x[0] / x[1], SLACK / (x[1] * x[1])
    inexact = e[0] or e[1] or 0 < abs(z) < 1e-200
    rounding = 8 * U * abs(1 / x[1]), 8 * U * abs(z / x[1]) + 1e-300
    wrong = [far * e[1] + rounding[0], far * (e[0] + 2 * abs(z) * e[1]) + rounding[1]] if inexact else [0.0, 0.0]
    return _line(z, SLACK * (e[0] + abs(z) * e[1]) / abs(x[1]), [(1 / x[1], wrong[0]), (-(z / x[1]), wrong[1])])


def _pick(sign: float) -> Callable[[Sequence[float], Sequence[float]], Rule]:
    """maximum (1) and minimum (-1) of any number of operands."""

    def rule(x: Sequence[float], e: Sequence[float]) -> Rule:
        z = x[0]
        for item in x[1:]:
            z = z if sign * z >= sign * item else item
        unsure = 1.0 if any(e) and sum(abs(v - z) <= d + max(e) for v, d in zip(x, e)) > 1 else 0.0
        ties = sum(v == z for v in x)
        return z, max(e), [(1 / ties if v == z else 0.0, unsure) for v in x]

    return rule


def _kink(below: float) -> Callable[[Sequence[float], Sequence[float]], Rule]:
    """relu (0) and abs (-1)."""

    def rule(x: Sequence[float], e: Sequence[float]) -> Rule:
        z = x[0] if not below and not x[0] < 0 else abs(x[0]) if below else 0.0
        p = 1.0 if x[0] > 0 else below if x[0] < 0 else 0.0
        return z, e[0], [(p, 2.0 if e[0] and abs(x[0]) <= e[0] else 0.0)]

    return rule


RULES: dict[str, Callable[[Sequence[float], Sequence[float]], Rule]] = {
    "add": lambda x, e: _line(x[0] + x[1], e[0] + e[1], [(1.0, 0.0), (1.0, 0.0)]),
    "sub": lambda x, e: _line(x[0] - x[1], e[0] + e[1], [(1.0, 0.0), (-1.0, 0.0)]),
    "mul": lambda x, e: _line(
        x[0] * x[1], abs(x[0]) * e[1] + abs(x[1]) * e[0] + e[0] * e[1], [(x[1], e[1]), (x[0], e[0])]
    ),
    "div": _divide,
    "neg": lambda x, e: (-x[0], e[0], [(-1.0, 0.0)]),
    "square": _smooth(lambda x: x * x, lambda x, z: 2 * x, lambda x: 2.0),
    "cube": _smooth(lambda x: math.pow(x, 3.0), lambda x, z: 3.0 * math.pow(x, 2.0), lambda x: 6 * abs(x) + 1),
    "two_to": _smooth(lambda x: math.pow(2.0, x), lambda x, z: z * math.log(2.0), lambda x: math.pow(2.0, x)),
    "exp": _smooth(math.exp, lambda x, z: z, math.exp),
    "log": _smooth(math.log, lambda x, z: 1 / x, lambda x: SLACK / (x * x)),
    "sqrt": _smooth(math.sqrt, lambda x, z: 0.5 / z, lambda x: 0.26 / (x * math.sqrt(x))),
    "sin": _smooth(math.sin, lambda x, z: math.cos(x), lambda x: 1.0),
    "tanh": _smooth(math.tanh, lambda x, z: 1 - z * z, lambda x: 0.8, 16),
    "sigmoid": _smooth(sigmoid, lambda x, z: z * (1 - z), lambda x: 0.1, 16),
    "softplus": _smooth(
        lambda x: (x if x > 0 else 0.0) + math.log1p(math.exp(-abs(x))), lambda x, z: sigmoid(x), lambda x: 0.26
    ),
    "relu": _kink(0.0),
    "abs": _kink(-1.0),
    "maximum": _pick(1.0),
    "minimum": _pick(-1.0),
}


def apply(name: str, *operands: Scalar) -> Scalar:
    value, error, partials = RULES[name]([x.value for x in operands], [x.error for x in operands])
    return Scalar(value, error, [(x, *p) for x, p in zip(operands, partials)])


def total(operands: Sequence[Scalar]) -> Scalar:
    """The sum: chunks of 128, in eight interleaved sums and a fixed tree."""
    z = -0.0
    for start in range(0, len(operands), 128):
        lane = [-0.0] * 8
        for k, x in enumerate(operands[start : start + 128]):
            lane[k % 8] += x.value
        z += ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]))
    error, size = sum(x.error for x in operands), sum(abs(x.value) + x.error for x in operands)
    error += 2 * U * len(operands) * size if error else 0.0
    return Scalar(z, error, [(x, 1.0, 0.0) for x in operands])


def dot(left: Sequence[Scalar], right: Sequence[Scalar]) -> Scalar:
    z, error, size, edges = -0.0, 0.0, 0.0, []
    for x, y in zip(left, right):
        z += x.value * y.value
        error += abs(x.value) * y.error + abs(y.value) * x.error + x.error * y.error
        size += abs(x.value * y.value)
        edges += [(x, y.value, y.error), (y, x.value, x.error)]
    return Scalar(z, error + 2 * U * (len(left) + 2) * (size + error) if error else 0.0, edges)


def logsumexp(operands: Sequence[Scalar], shift: Scalar | None = None) -> Scalar:
    """log(sum(exp(x - shift))), where the shift is a constant."""
    m = max(x.value for x in operands)
    z = m + math.log(math.fsum(math.exp(x.value - m) for x in operands))
    c, far, wrong = shift.value if shift else 0.0, shift.error if shift else 0.0, max(x.error for x in operands)
    edges = []
    for x in operands:
        p = math.exp(x.value - z)
        edges.append((x, p, p * (SLACK * (x.error + wrong) + 64 * U * (1 + abs(x.value) + abs(z)))))
    return Scalar(z - c, SLACK * (wrong + far) + 16 * U * (1 + abs(m) + abs(z) + abs(c)), edges)


def weight(x: Scalar, m: Scalar) -> Scalar:
    """exp(x - m), where m is a constant."""
    z = math.exp(x.value - m.value)
    error = z * (SLACK * (x.error + m.error) + 8 * U * (1 + abs(x.value - m.value)))
    return Scalar(z, error, [(x, z, error)])


def constant_max(operands: Sequence[Scalar]) -> Scalar:
    return Scalar(max(x.value for x in operands), max(x.error for x in operands))


def product(operands: Sequence[Scalar]) -> Scalar:
    """The product, left to right; each partial is the product of the others, in an order of the library's."""
    z, wrong = _spread(operands)
    inexact = any(x.error for x in operands)
    edges = []
    for k, x in enumerate(operands):
        p, off = _spread([*operands[:k], *operands[k + 1 :]])
        edges.append((x, p, off + 4 * U * len(operands) * (abs(p) + off) + 1e-300))
    return Scalar(z, wrong + 4 * U * len(operands) * (abs(z) + wrong) if inexact else 0.0, edges)


def _spread(operands: Sequence[Scalar]) -> tuple[float, float]:
    """The product, and how far the operands' errors may move it."""
    far = math.prod(abs(x.value) + x.error for x in operands)
    z = math.prod(x.value for x in operands)
    return z, far - abs(z) if any(x.error for x in operands) else 0.0


def norm(operands: Sequence[Scalar]) -> Scalar:
    """The square root of the sum of squares, of numbers that are neither huge nor all tiny; the partials are x / z."""
    z = math.sqrt(total([Scalar(x.value * x.value) for x in operands]).value)
    wrong = sum(x.error for x in operands)
    error = SLACK * wrong + 8 * U * (z + wrong) if wrong else 0.0
    edges = [(x, x.value / z, (2 * SLACK * error + 8 * U * z) / z if wrong else 0.0) for x in operands]
    return Scalar(z, error, edges)


def reduce(name: str, operands: Sequence[Scalar]) -> Scalar:
    """A reduction of at least one number."""
    if name in ("max", "min"):
        value, error, partials = _pick(1.0 if name == "max" else -1.0)(
            [x.value for x in operands], [x.error for x in operands]
        )
        return Scalar(value, error, [(x, *p) for x, p in zip(operands, partials)])
    if name == "mean":
        return apply("div", total(operands), Scalar(float(len(operands))))
    if name == "prod":
        return product(operands)
    if name == "norm":
        return norm(operands)
    return logsumexp(operands) if name == "logsumexp" else total(operands)


def softmax(rows: Sequence[Sequence[Scalar]]) -> list[Scalar]:
    shifts = [constant_max(row) for row in rows]
    weights = [[weight(x, m) for x in row] for row, m in zip(rows, shifts)]
    totals = [total(row) for row in weights]
    return [apply("div", x, t) for row, t in zip(weights, totals) for x in row]


def log_softmax(rows: Sequence[Sequence[Scalar]]) -> list[Scalar]:
    shifts = [constant_max(row) for row in rows]
    totals = [logsumexp(row, m) for row, m in zip(rows, shifts)]
    shifted = [[apply("sub", x, m) for x in row] for row, m in zip(rows, shifts)]
    return [apply("sub", x, t) for row, t in zip(shifted, totals) for x in row]
