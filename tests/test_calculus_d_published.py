"""Row D7 of the formula ledger: momentum and Adam against the engine's optimisers, and PyTorch's published rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, calculus, optim
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import sizes
from tests.support.drawn import SIZES, matrices, vectors
from tests.support.witness import hold

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

RATES = st.sampled_from([0.001, 0.1, 0.5])
MOMENTA = st.sampled_from([0.0, 0.1, 0.5, 0.9])
DECAYS = st.sampled_from([0.0, 0.01, 0.5])
BETAS = st.sampled_from([(0.9, 0.999), (0.5, 0.75), (0.75, 0.5), (0.0, 0.5)])

Rows = list[list[float]]


def published_sgd(w: list[float], slopes: Rows, rate: float, momentum: float = 0.0, dampening: float = 0.0,
                  weight_decay: float = 0.0, nesterov: bool = False) -> tuple[list[float], list[float]]:  # fmt: skip
    """The algorithm in PyTorch's documentation of SGD, parameter by parameter: θ and the buffer b after all steps."""
    thetas, buffers = [], []
    for theta, gradients in zip(w, zip(*slopes)):
        b = 0.0
        for t, g in enumerate(gradients, 1):
            if weight_decay != 0.0:
                g = g + weight_decay * theta
            if momentum != 0.0:
                b = momentum * b + (1.0 - dampening) * g if t > 1 else g
                g = g + momentum * b if nesterov else b
            theta = theta - rate * g
        thetas.append(theta)
        buffers.append(b)
    return thetas, buffers


def published_adam(w: list[float], slopes: Rows, rate: float, betas: tuple[float, float], eps: float,
                   weight_decay: float = 0.0, decoupled: bool = False
                   ) -> tuple[list[float], list[float], list[float]]:  # fmt: skip
    """The algorithms in PyTorch's documentation of Adam and, decoupled, of AdamW: θ, m and v after all steps."""
    beta1, beta2 = betas
    found = []
    for theta, gradients in zip(w, zip(*slopes)):
        m = v = 0.0
        for t, g in enumerate(gradients, 1):
            if decoupled:
                theta = theta - rate * weight_decay * theta
            elif weight_decay != 0.0:
                g = g + weight_decay * theta
            m = beta1 * m + (1.0 - beta1) * g
            v = beta2 * v + (1.0 - beta2) * g**2
            theta = theta - rate * (m / (1.0 - beta1**t)) / (math.sqrt(v / (1.0 - beta2**t)) + eps)
        found.append((theta, m, v))
    return tuple(map(list, zip(*found)))  # type: ignore[return-value]


def by_engine(make: Callable[[list[Value]], Any], w: list[float], slopes: Rows) -> tuple[list[float], dict[str, Any]]:
    """The parameters after steps with these gradients, and the optimiser's state."""
    leaves = [Value(item) for item in w]
    optimiser = make(leaves)
    for slope in slopes:
        optimiser.zero_grad()
        sg.dot(slope, leaves).backward()  # has that gradient
        optimiser.step()
    return [leaf.data for leaf in leaves], optimiser.state_dict()


def sgd(w: list[float], slopes: Rows, **options: Any) -> tuple[list[float], Any]:
    """The closed form's parameters and velocity after all steps."""
    velocity = None
    for g in slopes:
        w, velocity = calculus.sgd_momentum_step(w, g, velocity, **options)
    return w, velocity


def adam(step: Any, w: list[float], slopes: Rows, **options: Any) -> tuple[list[float], list[float], list[float]]:
    """The closed form's parameters and moments after all steps."""
    m = v = [0.0] * len(w)
    for t, g in enumerate(slopes, 1):
        w, m, v = step(w, g, m, v, t, **options)
    return w, m, v


@given(st.data(), SIZES, st.integers(1, 6), RATES, MOMENTA, st.sampled_from([0.0, 0.25, 1.0]), DECAYS, st.booleans())
def test_D7_optimisers_sgd_as_published(
    data: Any, n: int, steps: int, rate: float, momentum: float, dampening: float, decay: float, nesterov: bool
) -> None:
    start, slopes = data.draw(vectors(n)), data.draw(matrices(steps, n))
    if nesterov:
        dampening, momentum = 0.0, momentum or 0.25
    elif momentum == 0.0:
        dampening = 0.0  # see the next test
    options = {"momentum": momentum, "dampening": dampening, "weight_decay": decay, "nesterov": nesterov}
    found, velocity = sgd(start, slopes, rate=rate, **options)
    # the rule is linear: an error grows no faster than what the rule makes of sizes, all of one sign
    scale, scale_b = published_sgd(sizes(start), sizes(slopes), -rate, **options)
    published, buffer = published_sgd(start, slopes, rate, **options)
    hold("D7", Comparison("published", found, published, scale, steps))
    engine, state = by_engine(lambda leaves: optim.SGD(leaves, lr=rate, **options), start, slopes)
    hold("D7", Comparison("engine", found, engine, scale, steps))
    if momentum:
        hold("D7", Comparison("velocity", velocity, buffer, scale_b, steps))
        hold("D7", Comparison("engine's velocity", velocity, state["velocity"], scale_b, steps))


@given(st.data(), SIZES, st.integers(2, 6), st.sampled_from([0.25, 1.0]))
def test_D7_optimisers_sgd_without_momentum_is_not_dampened(data: Any, n: int, steps: int, dampening: float) -> None:
    """The published rule dampens what it adds to the buffer, and without momentum there is no buffer."""
    start, slopes = data.draw(vectors(n)), data.draw(matrices(steps, n))
    found, _ = sgd(start, slopes, rate=0.5, dampening=dampening)
    scale, _ = published_sgd(sizes(start), sizes(slopes), -0.5)
    engine, _ = by_engine(lambda leaves: optim.SGD(leaves, lr=0.5, dampening=dampening), start, slopes)
    hold("D7", Comparison("engine and published", engine, published_sgd(start, slopes, 0.5)[0], scale, steps))
    hold("D7", Comparison("engine", found, engine, scale, steps))


ADAMS = {"Adam": calculus.adam_step, "AdamW": calculus.adamw_step}


@pytest.mark.parametrize("name", ADAMS)
@given(st.data(), SIZES, st.integers(1, 6), RATES, BETAS, st.sampled_from([1e-8, 1e-3, 0.25, 1.0]), DECAYS)
def test_D7_optimisers_adam_as_published(
    name: str, data: Any, n: int, steps: int, rate: float, betas: tuple[float, float], epsilon: float, decay: float
) -> None:
    """Adam without decay, and AdamW with it: the gradients are exact, whatever the parameters have become."""
    start, slopes = data.draw(vectors(n)), data.draw(matrices(steps, n))
    decoupled = name == "AdamW"
    decay = decay if decoupled else 0.0
    options = {"betas": betas, "weight_decay": decay}
    found = adam(ADAMS[name], start, slopes, rate=rate, epsilon=epsilon, **options)
    published = published_adam(start, slopes, rate, eps=epsilon, decoupled=decoupled, **options)
    longest, m, v = published_adam(sizes(start), sizes(slopes), -rate, eps=epsilon, decoupled=decoupled, **options)
    # 1 - βᵗ cancels: its rounding is magnified by 1/(1 - β)
    scale = [abs(a) + (top - abs(a)) / (1.0 - max(betas)) for a, top in zip(start, longest)]
    hold("D7", Comparison("published", found, published, (scale, m, v), steps))
    make = getattr(optim, name)
    engine, state = by_engine(lambda leaves: make(leaves, lr=rate, eps=epsilon, **options), start, slopes)
    found_too = engine, state["mean"], state["mean_square"]
    hold("D7", Comparison("engine", found, found_too, (scale, m, v), steps))


@given(st.data(), SIZES, st.integers(1, 6), RATES, BETAS, st.sampled_from([0.25, 1.0]), st.sampled_from([0.01, 0.5]))
def test_D7_optimisers_adam_with_weight_decay_as_published(
    data: Any, n: int, steps: int, rate: float, betas: tuple[float, float], epsilon: float, decay: float
) -> None:
    """The decay feeds the parameters' errors back: ε is so large that no quotient magnifies them much."""
    start, slopes = data.draw(vectors(n)), data.draw(matrices(steps, n))
    options = {"betas": betas, "weight_decay": decay}
    found = adam(calculus.adam_step, start, slopes, rate=rate, epsilon=epsilon, **options)[0]
    # by ε, d(m/(√v + ε)) is at most dm/ε + dm·m/√v/ε, and m/√v is below 3 for these betas
    magnified = (1.0 + 4.0 * rate * decay / epsilon) ** steps
    path = [steps * rate * (max(sizes(g)) + decay * abs(a)) / epsilon for a, g in zip(start, zip(*slopes))]
    scale = [magnified * (abs(a) + along / (1.0 - max(betas))) for a, along in zip(start, path)]
    published = published_adam(start, slopes, rate, eps=epsilon, **options)[0]
    hold("D7", Comparison("published", found, published, scale, steps))
    engine, _ = by_engine(lambda leaves: optim.Adam(leaves, lr=rate, eps=epsilon, **options), start, slopes)
    hold("D7", Comparison("engine", found, engine, scale, steps))


@given(st.data(), SIZES, st.integers(1, 3))
def test_D7_optimisers_have_pytorchs_defaults(data: Any, n: int, steps: int) -> None:
    start, slopes = data.draw(vectors(n)), data.draw(matrices(steps, n))
    plain = {"momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}
    assert sgd(start, slopes, rate=0.5) == sgd(start, slopes, rate=0.5, **plain)
    common = {"rate": 1e-3, "betas": (0.9, 0.999), "epsilon": 1e-8}
    for name, decay in (("Adam", 0.0), ("AdamW", 1e-2)):
        found = adam(ADAMS[name], start, slopes)
        assert found == adam(ADAMS[name], start, slopes, **common, weight_decay=decay)
        engine, _ = by_engine(getattr(optim, name), start, slopes)
        hold("D7", Comparison("engine", found[0], engine, [abs(a) + 3.0 for a in start], steps))


# From w = 1 with η = 1/2 and the gradients 1, 2, -4; all numbers are sums of powers of two, so the floats are exact.
BY_HAND: list[tuple[dict[str, Any], list[float]]] = [
    ({}, [0.5, -0.5, 1.5]),
    ({"momentum": 0.5}, [0.5, -0.75, 0.625]),  # v = 1, 2.5, -2.75
    ({"momentum": 0.5, "dampening": 0.25}, [0.5, -0.5, 0.5]),  # v = 1, which is not dampened, 2, -2
    ({"momentum": 0.5, "nesterov": True}, [0.25, -1.375, 1.3125]),  # g + v/2 = 1.5, 3.25, -5.375
    ({"weight_decay": 0.5}, [0.25, -0.8125, 1.390625]),  # g + w/2 = 1.5, 2.125, -4.40625
]


@pytest.mark.parametrize(("options", "path"), BY_HAND, ids=str)
def test_D7_optimisers_sgd_by_hand(options: dict[str, Any], path: list[float]) -> None:
    for steps in (1, 2, 3):
        assert sgd([1.0], [[1.0], [2.0], [-4.0]][:steps], rate=0.5, **options)[0] == path[steps - 1 : steps]


@pytest.mark.parametrize("g", [1.0, 3.0, -1.0, -7.0])
def test_D7_optimisers_adam_with_a_gradient_that_stays(g: float) -> None:
    """m̂ = g and v̂ = g² from the first step on, so w falls by η·g/(∣g∣ + ε) each time: the moments are unbiased."""
    options: dict[str, Any] = {"rate": 0.5, "betas": (0.5, 0.75), "epsilon": 1.0}
    fall = 0.5 * g / (abs(g) + 1.0)
    for steps in (1, 2, 3, 4):
        w, m, v = adam(calculus.adam_step, [2.0], [[g]] * steps, **options)
        assert (w, m, v) == ([2.0 - steps * fall], [g * (1.0 - 0.5**steps)], [g * g * (1.0 - 0.75**steps)])
    (w,), _, _ = adam(calculus.adamw_step, [2.0], [[g]], weight_decay=0.25, **options)
    assert w == 2.0 * (1.0 - 0.5 * 0.25) - fall


def test_D7_optimisers_without_parameters() -> None:
    assert calculus.sgd_momentum_step([], [], None, rate=0.5) == ([], [])
    assert calculus.sgd_momentum_step([], [], [], rate=0.5, momentum=0.5, nesterov=True) == ([], [])
    assert calculus.adam_step([], [], [], [], 1) == calculus.adamw_step([], [], [], [], 1) == ([], [], [])
