"""The steps of optimisers, in chunks of 128 parameters: the published formulas on plain floats, to the last bit."""

from __future__ import annotations

import itertools
import math
import struct
from typing import Any

import pytest

from scalargrad import Value, core
from tests.support.operands import all_bits, drawing

COUNTS = [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 127, 128, 129, 255, 256, 257]
SGD = list(itertools.product([0.0, 0.9], [0.0, 0.3], [0.0, 0.01], [False, True]))
ADAM = [(0.0, 1.0), (0.02, 1.0), (0.0, 0.97), (0.02, 0.97)]


def parameters(count: int) -> list[Value]:
    draw = drawing(f"parameters {count}")
    made = [Value(draw()) for _ in range(count)]
    for p in made:
        p.grad = draw()
    return made


def regrad(ps: list[Value], step: int) -> list[float]:
    """New grads for the next step."""
    draw = drawing(f"grads {step}")
    for p in ps:
        p.grad = draw()
    return [p.grad for p in ps]


def sgd_is_its_formula(count: int, momentum: float, dampening: float, decay: float, nesterov: bool) -> None:
    """PyTorch's SGD: v = mu v + (1 - dampening) g, the first v is g; p -= lr (g + mu v), or lr v."""
    ps, lr = parameters(count), 0.125
    p, v = [x.data for x in ps], [0.0] * count
    state, block = bytearray(8 * count if momentum else 0), core.block(ps)
    for step in range(3):
        g = regrad(ps, step)
        core.sgd_step(block, state, step == 0, lr, momentum, dampening, decay, nesterov)
        for k in range(count):
            d = g[k] + decay * p[k]
            if momentum:
                v[k] = momentum * v[k] + (1.0 - dampening) * d if step else d
                d = d + momentum * v[k] if nesterov else v[k]
            p[k] = p[k] - lr * d
        assert all_bits([x.data for x in ps]) == all_bits(p), (count, step)
        assert [x.grad for x in ps] == g
        assert not momentum or struct.unpack(f"{count}d", state) == tuple(v)


def adam_is_its_formula(count: int, decay: float, shrink: float) -> None:
    """Kingma and Ba: m = b1 m + (1 - b1) g, s = b2 s + (1 - b2) g g, p -= rate m / (sqrt(s) / root + eps)."""
    ps, rate, b1, b2, eps, root = parameters(count), 0.01, 0.9, 0.99, 1e-3, 0.25
    p, m, s = [x.data for x in ps], [0.0] * count, [0.0] * count
    state, block = bytearray(16 * count), core.block(ps)
    for step in range(3):
        g = regrad(ps, step)
        core.adam_step(block, state, rate, b1, b2, eps, decay, shrink, root)
        for k in range(count):
            d = g[k] + decay * p[k]
            m[k] = b1 * m[k] + (1.0 - b1) * d
            s[k] = b2 * s[k] + (1.0 - b2) * (d * d)
            p[k] = shrink * p[k] - rate * (m[k] / (math.sqrt(s[k]) / root + eps))
        assert all_bits([x.data for x in ps]) == all_bits(p), (count, step)
        assert [x.grad for x in ps] == g
        assert struct.unpack(f"{2 * count}d", state) == (*m, *s)


@pytest.mark.parametrize("count", COUNTS)
def test_sgd_is_its_formula(count: int) -> None:
    for options in SGD:
        sgd_is_its_formula(count, *options)


@pytest.mark.parametrize("count", COUNTS)
def test_adam_is_its_formula(count: int) -> None:
    for options in ADAM:
        adam_is_its_formula(count, *options)


def step_sgd(ps: list[Value]) -> None:
    core.sgd_step(core.block(ps), bytearray(), True, 0.5, 0.0, 0.0, 0.0, False)


def step_adam(ps: list[Value]) -> None:
    core.adam_step(core.block(ps), bytearray(16 * len(ps)), 0.5, 0.9, 0.9, 1.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize("step", [step_sgd, step_adam])
def test_what_was_recorded_keeps_its_numbers(step: Any) -> None:
    """A step between a use and the next: each use has the number of its time."""
    p = Value(3.0)
    before = p * p
    p.grad = 2.0
    step([p])
    new = p.data
    after = p * p
    assert new != 3.0 and before.data == 9.0 and after.data == new * new
    p.grad = 0.0
    before.backward()
    assert p.grad == 6.0
    after.backward()
    assert p.grad == 6.0 + 2.0 * new


def test_a_step_divides_as_ieee() -> None:
    """Without eps and with a square of nothing, 0 / 0: the parameter is nan, no error."""
    p = Value(1.0)
    core.adam_step(core.block([p]), bytearray(16), 0.5, 0.9, 0.9, 0.0, 0.0, 1.0, 1.0)
    assert math.isnan(p.data)


@pytest.mark.parametrize("kind", [list, tuple])
def test_clear_grads(kind: Any) -> None:
    leaf, other = Value(1.0), Value(2.0)
    result = leaf * other
    result.backward()
    assert (leaf.grad, other.grad, result.grad) == (2.0, 1.0, 1.0)
    core.clear_grads(kind([leaf, result]))
    assert (leaf.grad, other.grad, result.grad) == (0.0, 1.0, 0.0)
    core.clear_grads(kind([]))


class Other:
    """Not a Value, but with a grad."""

    grad = 1.0


def test_clear_grads_of_others() -> None:
    x = Other()
    core.clear_grads([x])
    assert x.grad == 0.0
    with pytest.raises((AttributeError, TypeError)):
        core.clear_grads([Value(1.0), object()])
