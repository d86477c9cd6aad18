"""Row D7 of the formula ledger: momentum and Adam, step by step, against the sums that they unroll to, and PyTorch.

Against the engine's optimisers and the published rules, on drawn settings, they are in test_calculus_d_published.py.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, calculus, optim
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_gradient, sizes
from tests.support.drawn import SIZES, matrices, vectors
from tests.support.witness import hold

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

RATES = st.sampled_from([0.001, 0.1, 0.5])
MOMENTA = st.sampled_from([0.1, 0.5, 0.9])
DECAYS = st.sampled_from([0.0, 0.01, 0.5])


@given(st.data(), SIZES, st.integers(1, 6), RATES, MOMENTA, st.sampled_from([0.0, 0.25]), st.booleans())
def test_D7_optimisers_sgd_is_the_sum_that_it_unrolls_to(
    data: Any, n: int, steps: int, rate: float, momentum: float, dampening: float, nesterov: bool
) -> None:
    """vₜ = μᵗ⁻¹g₁ + (1-d)·Σ μᵗ⁻ⁱgᵢ, and w falls by η·Σvₜ; by Nesterov, by η·Σ(gₜ + μvₜ)."""
    start, gradients = data.draw(vectors(n)), data.draw(matrices(steps, n))
    dampening = 0.0 if nesterov else dampening
    w, velocity = start, None
    for g in gradients:
        w, velocity = calculus.sgd_momentum_step(
            w, g, velocity, rate=rate, momentum=momentum, dampening=dampening, nesterov=nesterov
        )
    for j in range(n):
        g = [row[j] for row in gradients]
        v = [math.fsum(momentum ** (t - i) * g[i] * (1.0 - dampening if i else 1.0) for i in range(t + 1))
             for t in range(steps)]  # fmt: skip
        moves = [a + momentum * b for a, b in zip(g, v)] if nesterov else v
        scale = abs(start[j]) + 2.0 * rate * sum(sizes(g)) / (1.0 - momentum)
        hold("D7", Comparison("w", w[j], start[j] - rate * math.fsum(moves), scale, steps))
        hold("D7", Comparison("velocity", velocity[j], v[-1], sum(sizes(g)), steps))


@given(st.data(), SIZES, st.integers(1, 6), RATES, st.sampled_from([(0.9, 0.999), (0.5, 0.75), (0.0, 0.5)]))
def test_D7_optimisers_adam_is_the_sum_that_it_unrolls_to(
    data: Any, n: int, steps: int, rate: float, betas: tuple[float, float]
) -> None:
    """m̂ₜ = Σ β₁ᵗ⁻ⁱgᵢ / Σ β₁ᵗ⁻ⁱ, a weighted mean, and v̂ₜ that of the squares."""
    start, gradients = data.draw(vectors(n)), data.draw(matrices(steps, n))
    w, m, v = start, [0.0] * n, [0.0] * n
    for t, g in enumerate(gradients, 1):
        w, m, v = calculus.adam_step(w, g, m, v, t, rate=rate, betas=betas, epsilon=1e-8)
    for j in range(n):
        moves, scale = [], abs(start[j])
        for t in range(1, steps + 1):
            g = [row[j] for row in gradients[:t]]
            weights = [[beta ** (t - 1 - i) for i in range(t)] for beta in betas]
            mean = math.fsum(a * b for a, b in zip(weights[0], g)) / math.fsum(weights[0])
            square = math.fsum(a * b * b for a, b in zip(weights[1], g)) / math.fsum(weights[1])
            moves.append(rate * mean / (math.sqrt(square) + 1e-8))
            size = math.fsum(a * abs(b) for a, b in zip(weights[0], g)) / math.fsum(weights[0])
            # 1 - βᵗ cancels: its rounding is magnified by 1/(1 - β)
            scale += rate * size / (math.sqrt(square) + 1e-8) / (1.0 - max(betas))
        hold("D7", Comparison("w", w[j], start[j] - math.fsum(moves), scale, steps))


@given(st.data(), SIZES, RATES, DECAYS)
def test_D7_optimisers_weight_decay(data: Any, n: int, rate: float, decay: float) -> None:
    """In SGD and Adam the gradient of decay/2·‖w‖², as the engine has it; in AdamW a factor on w, past the moments."""
    w, g, u = data.draw(vectors(n)), data.draw(vectors(n)), data.draw(vectors(n))
    total = engine_gradient(lambda v: sg.dot(g, v) + 0.5 * decay * sg.sum([item * item for item in v]), w)
    scale = [3.0 * (abs(a) + abs(b) + abs(c)) for a, b, c in zip(w, g, u)]
    for nesterov in (False, True):
        common = {"rate": rate, "momentum": 0.5, "nesterov": nesterov}
        ours = calculus.sgd_momentum_step(w, g, u, weight_decay=decay, **common)
        hold("D7", Comparison("SGD", ours, calculus.sgd_momentum_step(w, total, u, **common), (scale, scale)))
    moments = u, sizes(u)
    steps = [calculus.adam_step(w, each, *moments, 3, rate=rate, epsilon=1.0, weight_decay=d)
             for each, d in ((g, decay), (total, 0.0))]  # fmt: skip
    square = [8.0 * item * item + 8.0 * item for item in scale]
    hold("D7", Comparison("Adam", *steps, (square, square, square)))
    ours = calculus.adamw_step(w, g, *moments, 3, rate=rate, weight_decay=decay)
    shrunk = [a * (1.0 - rate * decay) for a in w]
    theirs = calculus.adam_step(shrunk, g, *moments, 3, rate=rate)
    hold("D7", Comparison("AdamW", ours, theirs, ([abs(a - b) + abs(a) for a, b in zip(w, theirs[0])], square, square)))


def wiggle(v: Any, functions: Any) -> Any:
    """A loss with slopes of both signs and of many sizes."""
    return sum((functions.sin(3.0 * a) + 0.5 * a * a * (k + 1) for k, a in enumerate(v)), 0.0)


def optimisers() -> dict[str, tuple[Any, dict[str, Any]]]:
    """The step of each optimiser as a function of (w, gradient, state, t), and PyTorch's options for it."""

    def sgd(**options: Any) -> Any:
        def step(w: Any, g: Any, state: Any, t: int) -> Any:
            new = {"rate": 0.01, **options}
            w, velocity = calculus.sgd_momentum_step(w, g, state, **new)
            return w, velocity

        return step

    def adam(function: Any, **options: Any) -> Any:
        def step(w: Any, g: Any, state: Any, t: int) -> Any:
            m, v = state or ([0.0] * len(w), [0.0] * len(w))
            w, m, v = function(w, g, m, v, t, rate=0.01, **options)
            return w, (m, v)

        return step

    found: dict[str, tuple[Any, dict[str, Any]]] = {}
    for options in ({}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.9, "dampening": 0.5},
                    {"momentum": 0.5, "weight_decay": 0.1, "nesterov": True}):  # fmt: skip
        found[f"SGD {options}"] = (sgd(**options), {"lr": 0.01, **options})
    for name, function in (("Adam", calculus.adam_step), ("AdamW", calculus.adamw_step)):
        for options in ({"weight_decay": 0.0}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "betas": (0.5, 0.9)}):
            found[f"{name} {options}"] = (adam(function, **options), {"lr": 0.01, **options})
    return found


OPTIMISERS = optimisers()


def trained(step: Any, start: list[float]) -> list[float]:
    """A hundred steps of the ledger's rule, with the engine's gradients."""
    w, state = start, None
    for t in range(1, 101):
        w, state = step(w, engine_gradient(lambda v: wiggle(v, sg), w), state, t)
    return w


@pytest.mark.parametrize("name", OPTIMISERS)
def test_D7_optimisers_of_scalargrad(name: str) -> None:
    """A hundred steps; of SGD plain, with momentum, by Nesterov and with decay, of Adam and AdamW."""
    step, options = OPTIMISERS[name]
    made = getattr(optim, name.split()[0])
    leaves = [Value(item) for item in (1.0, -2.0, 0.5)]
    optimiser = made(leaves, **options)
    for _ in range(100):
        optimiser.zero_grad()
        wiggle(leaves, sg).backward()
        optimiser.step()
    for ours, leaf in zip(trained(step, [1.0, -2.0, 0.5]), leaves):
        assert abs(ours - leaf.data) <= 1e-12


@pytest.mark.parametrize("name", OPTIMISERS)
def test_D7_optimisers_of_pytorch(name: str) -> None:
    """A hundred steps, to 1e-12."""
    torch = pytest.importorskip("torch")
    step, options = OPTIMISERS[name]
    w = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, requires_grad=True)
    optimiser = getattr(torch.optim, name.split()[0])([w], **options)
    for _ in range(100):
        optimiser.zero_grad()
        wiggle(w, torch).backward()
        optimiser.step()
    for ours, theirs in zip(trained(step, [1.0, -2.0, 0.5]), w.tolist()):
        assert abs(ours - theirs) <= 1e-12
