"""Accuracy: every function, value and gradient, against 60-digit arithmetic, to 1e-14 relative to the result.

The bound is the project's bar (docs/conventions.md). For sums that cancel it is relative to the largest summand; a
result below the normal range has an absolute spacing of 2**-1074, which is added.
"""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad import Value, core
from scalargrad.table import ops
from tests.support.reference import BINARY, UNARY, logsumexp

BAR = mpf("1e-14")
SUBNORMAL = mpf(2) ** -1073
LARGEST = mpf(1.7976931348623157e308)


def assert_close(got: float, exact: Any, summand: Any = 0, note: Any = "") -> None:
    if abs(exact) > LARGEST:
        assert math.isinf(got) and (got > 0) == (exact > 0), note
        return
    assert math.isfinite(got), (note, got, exact)
    error = abs(mpf(got) - exact)
    assert error <= BAR * max(abs(exact), abs(summand)) + SUBNORMAL, (note, got, exact, error)


def _log_uniform(rng: random.Random, low: float, high: float) -> float:
    return 10.0 ** rng.uniform(low, high)


def _points(name: str) -> list[float]:
    rng = random.Random(name)
    wide = [s * _log_uniform(rng, -300, 300) for s in (1, -1) for _ in range(40)]
    medium = [rng.uniform(-800, 800) for _ in range(60)] + [rng.uniform(-5, 5) for _ in range(60)]
    edge = [s * (1 - _log_uniform(rng, -16, -1)) for s in (1, -1) for _ in range(20)]
    small = [s * _log_uniform(rng, -320, 0) for s in (1, -1) for _ in range(20)]
    special = [
        40.0,
        -40.0,
        20.0,
        -20.0,
        1e-18,
        0.99999999,
        1e155,
        -1e155,
        1e-155,
        1e200,
        1e-200,
        37.0,
        -720.0,
        400.0,
        26.5,
        710.0,
    ]
    points = wide + medium + edge + small + special
    domain = {
        "sqrt": lambda x: x > 0, "log": lambda x: x > 0, "log2": lambda x: x > 0, "log10": lambda x: x > 0,
        "log1p": lambda x: x > -1, "asin": lambda x: abs(x) < 1, "acos": lambda x: abs(x) < 1,
        "atanh": lambda x: abs(x) < 1, "erfinv": lambda x: abs(x) < 1,
        "acosh": lambda x: x > 1, "erf": lambda x: abs(x) < 100,
        "erfc": lambda x: abs(x) < 100, "exp": lambda x: abs(x) < 1e4, "exp2": lambda x: abs(x) < 1e4,
        "expm1": lambda x: abs(x) < 1e4, "sinh": lambda x: abs(x) < 1e4, "cosh": lambda x: abs(x) < 1e4,
        "tanh": lambda x: abs(x) < 1e4, "sigmoid": lambda x: abs(x) < 1e4, "log_sigmoid": lambda x: abs(x) < 1e4,
        "softplus": lambda x: abs(x) < 1e4, "silu": lambda x: abs(x) < 1e4, "sin": lambda x: abs(x) < 1e15,
        **dict.fromkeys(("gelu", "gelu_tanh", "mish"), lambda x: abs(x) < 1e4), "logit": lambda x: 0 < x < 1,
        "sinc": lambda x: abs(x) < 1e15,
        "cos": lambda x: abs(x) < 1e15, "tan": lambda x: abs(x) < 1e15,
        "lgamma": lambda x: x > 0, "digamma": lambda x: x > 0,  # tests/test_special.py has the others
    }  # fmt: skip
    return [x for x in points if domain.get(name, lambda x: True)(x)]


TURNING = {"silu", "gelu", "gelu_tanh", "mish", "sinc"}  # where they turn, the two terms of their derivative cancel


@pytest.mark.parametrize("name", UNARY)
def test_unary(name: str) -> None:
    value, derivative = UNARY[name]
    for x in _points(name):
        leaf = Value(x)
        result = core.apply(ops.OPCODE[name], leaf)
        assert_close(result.data, value(mpf(x)), note=(name, x))
        result.backward()
        summand = 0
        if name in TURNING:
            summand = value(mpf(x))
        assert_close(leaf.grad, derivative(mpf(x)), summand, note=(name, "derivative", x))


def _pairs(name: str) -> list[tuple[float, float]]:
    rng = random.Random(name)
    if name == "pow":
        bases = [_log_uniform(rng, -3, 3) for _ in range(150)] + [_log_uniform(rng, -200, 200) for _ in range(100)]
        pairs = [(b, rng.choice([rng.uniform(-3, 3), rng.uniform(-90, 90), 0.1, 0.3, 0.5, 1.0, 3.0])) for b in bases]
        for _ in range(60):  # subnormal results, of which the partials are not
            base = rng.choice([_log_uniform(rng, -200, 200), 1 + rng.uniform(-1, 1) * _log_uniform(rng, -14, -1)])
            pairs.append((base, -rng.uniform(680, 745) / math.log(base)))
        return pairs
    if name == "polygamma":
        return [(float(n), _log_uniform(rng, -8, 4)) for n in range(40) for _ in range(4)]
    if name == "logaddexp":
        pairs = [(rng.uniform(-s, s), rng.uniform(-s, s)) for s in (1, 30, 700, 1e4) for _ in range(60)]
        return [*pairs, (0.0, -700.3), (0.1, -700.4), (1e4, 1e4), (-1e4, -1e4 + 1)]
    pairs = [(rng.uniform(-9, 9), rng.uniform(-9, 9)) for _ in range(100)]
    pairs += [
        (s * _log_uniform(rng, -300, 300), t * _log_uniform(rng, -300, 300))
        for s in (1, -1)
        for t in (1, -1)
        for _ in range(25)
    ]
    if name in ("hypot", "atan2"):
        tiny = [_log_uniform(rng, -322, -300) for _ in range(20)]
        pairs += [(x, x * rng.uniform(0.1, 9)) for x in tiny] + [
            (1e200, 1e200),
            (1e-200, 1e-200),
            (1.5e308, 1.5e308),
            (5e-324, 5e-324),
        ]
        for _ in range(60):
            x, y = _log_uniform(rng, -323, -300), _log_uniform(rng, -160, 20)
            pairs += [(x, y), (y, -x)]
        for _ in range(60):  # the smaller over the larger is subnormal, and once more over the larger it is not
            e = rng.uniform(1, 7)
            y = 10**-e
            x = y * 10.0 ** -(308 + rng.uniform(0.5, e))
            pairs += [(x, y), (y, -x)]
    if name == "xlogy":
        near = [1 + s * _log_uniform(rng, -16, -1) for s in (1, -1) for _ in range(20)]
        return [(x, abs(y)) for x, y in pairs] + [(rng.uniform(-9, 9), y) for y in near] + [(0.0, 3.0), (1e-310, 1e300)]
    if name == "div":  # a subnormal quotient by a small divisor
        pairs += [(3e-317, 7e-6), (5e-324, 1e-10), (-1e-310, 1e3)]
    return pairs


@pytest.mark.parametrize("name", BINARY)
def test_binary(name: str) -> None:
    value, partials = BINARY[name]
    for x, y in _pairs(name):
        left, right = Value(x), Value(y)
        result = core.apply(ops.OPCODE[name], left, right)
        exact = value(mpf(x), mpf(y))
        assert_close(
            result.data,
            exact,
            max(abs(mpf(x)), abs(mpf(y))) if name in ("add", "sub", "logaddexp") else 0,
            (name, x, y),
        )
        result.backward()
        by_x, by_y = partials(mpf(x), mpf(y))
        assert_close(left.grad, by_x, note=(name, "by x", x, y))
        assert_close(right.grad, by_y, note=(name, "by y", x, y))


@pytest.mark.parametrize("scale", [1.0, 30.0, 700.0, 1e4])
@pytest.mark.parametrize("n", [1, 2, 3, 10, 300])
def test_logsumexp(scale: float, n: int) -> None:
    rng = random.Random(f"{scale} {n}")
    for _ in range(5):
        x = [rng.uniform(-scale, scale) for _ in range(n)]
        leaves = [Value(item) for item in x]
        result = sg.logsumexp(leaves)
        exact, weights = logsumexp([mpf(item) for item in x])
        assert_close(result.data, exact, max(map(abs, x)))
        result.backward()
        for leaf, weight in zip(leaves, weights):
            assert_close(leaf.grad, weight)


def test_logsumexp_keeps_what_a_plain_sum_loses() -> None:
    assert_close(sg.logsumexp(0.0, -40.0), logsumexp([mpf(0), mpf(-40)])[0])


@pytest.mark.parametrize("scale", [1.0, 30.0, 700.0])
@mp.workdps(700)  # 1 - p needs as many digits as p is small
def test_softmax_and_log_softmax(scale: float) -> None:
    rng = random.Random(str(scale))
    x = [rng.uniform(-scale, scale) for _ in range(6)]
    exact = logsumexp([mpf(item) for item in x])
    for i in range(6):
        leaves = [Value(item) for item in x]
        p = sg.softmax(leaves)[i]
        assert_close(p.data, exact[1][i])
        p.backward()
        for j, leaf in enumerate(leaves):
            pi, pj = exact[1][i], exact[1][j]
            assert_close(leaf.grad, pi * ((i == j) - pj), summand=pi if i == j else 0)
        leaves = [Value(item) for item in x]
        log_p = sg.log_softmax(leaves)[i]
        assert_close(log_p.data, mpf(x[i]) - exact[0], summand=mpf(x[i]) - max(x))
        log_p.backward()
        for j, leaf in enumerate(leaves):
            assert_close(leaf.grad, (i == j) - exact[1][j], summand=int(i == j))


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-200, 1.0, 1e200, 1.7e308])
def test_norm(scale: float) -> None:
    rng = random.Random(str(scale))
    x = [scale * rng.uniform(-0.5, 0.5) for _ in range(5)] + [scale * 0.3]
    leaves = [Value(item) for item in x]
    result = sg.norm(leaves)
    exact = sum(mpf(item) ** 2 for item in x) ** mpf("0.5")
    assert_close(result.data, exact)
    result.backward()
    for leaf, item in zip(leaves, x):
        assert_close(leaf.grad, mpf(item) / exact if exact else mpf(0))


def test_norm_with_a_large_or_small_seed() -> None:
    for scale, seed in ((1e300, 1e7), (1e-300, 1e-20)):
        a, b = Value(6 * scale), Value(8 * scale)
        sg.norm(a, b).backward(seed)
        assert_close(a.grad, mpf(6 * scale) / mp.hypot(6 * scale, 8 * scale) * mpf(seed))


def test_pow_of_a_subnormal_with_a_small_exponent() -> None:
    for base, exponent in ((1e-309, 1e-5), (3.3e-313, 3.3e-303), (4.6e-310, -1.2e-3)):
        x = Value(base)
        (x**exponent).backward()
        assert_close(x.grad, mpf(exponent) * mpf(base) ** (mpf(exponent) - 1))


@pytest.mark.parametrize("function", [sg.sum, sg.mean, sg.prod])
@pytest.mark.parametrize("n", [1, 7, 8, 9, 127, 128, 129, 1000])
def test_sums_and_products(function: Any, n: int) -> None:
    rng = random.Random(n)
    x = [rng.uniform(0.9, 1.1) for _ in range(n)]
    leaves = [Value(item) for item in x]
    result = function(leaves)
    exact: Any = mpf(1) if function is sg.prod else mpf(0)
    for item in x:
        exact = exact * mpf(item) if function is sg.prod else exact + mpf(item)
    bound = mpf(n) * mpf(2) ** -52  # of n rounded operations
    target = exact / n if function is sg.mean else exact
    assert abs(mpf(result.data) - target) <= bound * abs(target)
    result.backward()
    for leaf, item in zip(leaves, x):
        by = exact / mpf(item) if function is sg.prod else mpf(1) / (n if function is sg.mean else 1)
        assert abs(mpf(leaf.grad) - by) <= bound * abs(by)
