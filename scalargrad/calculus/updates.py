"""Section D of the ledger, updates: gradient descent, momentum and Adam, one step each, as PyTorch documents it."""

from __future__ import annotations

import math

from scalargrad.calculus.shapes import Matrix, Vector, items_of, vectors
from scalargrad.errors import ArgumentError


def gradient_descent_step(w: Vector, gradient: Vector | Matrix, rate: float) -> list[float]:
    """w - η·(∂C/∂w)ᵀ: w has a column's direction, the gradient a row's, so it is transposed, see E12.

    Shapes: w of n, and its gradient as a row 1×n, a column n×1 or flat → n. Raises `ShapeError` when the lengths
    differ. Source: PH 5.

    >>> gradient_descent_step([1.0, 2.0], [[4.0, 8.0]], 0.25)
    [0.0, 0.0]
    """
    step = items_of(gradient)
    vectors(w=w, gradient=step)
    return [a - rate * g for a, g in zip(w, step)]


def sgd_momentum_step(
    w: Vector,
    gradient: Vector,
    velocity: Vector | None,
    *,
    rate: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> tuple[list[float], list[float]]:
    """One step of SGD with momentum: the new parameters and the new velocity.

    With g = gradient + weight_decay·w, the velocity is momentum·velocity + (1 - dampening)·g; without momentum, and at
    the first step, where `velocity` is None, it is g. w decreases by rate·velocity, or with Nesterov by
    rate·(g + momentum·velocity). Shapes: n each. Raises `ShapeError` when lengths differ, `ArgumentError` for Nesterov
    without momentum or with dampening. Source: PyTorch's SGD; PH 1.

    >>> sgd_momentum_step([1.0], [2.0], [4.0], rate=0.25, momentum=0.5)
    ([0.0], [4.0])
    """
    vectors(w=w, gradient=gradient, velocity=w if velocity is None else velocity)
    if nesterov and (momentum <= 0.0 or dampening != 0.0):
        raise ArgumentError(f"Nesterov needs momentum and no dampening, got {momentum} and {dampening}")
    g = [d + weight_decay * a for d, a in zip(gradient, w)]
    v = g
    if velocity is not None and momentum != 0.0:
        v = [momentum * u + (1.0 - dampening) * d for u, d in zip(velocity, g)]
    step = [d + momentum * u for d, u in zip(g, v)] if nesterov else v
    return [a - rate * s for a, s in zip(w, step)], v


def adam_step(
    w: Vector,
    gradient: Vector,
    first: Vector,
    second: Vector,
    t: int,
    *,
    rate: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[list[float], list[float], list[float]]:
    """Step t of Adam, counted from 1: the new parameters, first moments and second moments.

    With g = gradient + weight_decay·w: m = β1·m + (1 - β1)·g, v = β2·v + (1 - β2)·g², and w decreases by
    rate·(m / (1 - β1ᵗ)) / (√(v / (1 - β2ᵗ)) + ε). Both moments start at zeros. Shapes: n each. Raises `ShapeError`
    when lengths differ, `ArgumentError` for t below 1. Source: PyTorch's Adam; PH 1.

    >>> adam_step([1.0], [3.0], [0.0], [0.0], 1, rate=0.5, epsilon=0.0)[0]
    [0.5]
    """
    vectors(w=w, gradient=gradient, first=first, second=second)
    if t < 1:
        raise ArgumentError(f"the step of Adam must be 1 or more, got {t}")
    beta1, beta2 = betas
    g = [d + weight_decay * a for d, a in zip(gradient, w)]
    m = [beta1 * u + (1.0 - beta1) * d for u, d in zip(first, g)]
    v = [beta2 * u + (1.0 - beta2) * d * d for u, d in zip(second, g)]
    short, long = 1.0 - beta1**t, 1.0 - beta2**t
    moved = [a - rate * (p / short) / (math.sqrt(q / long) + epsilon) for a, p, q in zip(w, m, v)]
    return moved, m, v


def adamw_step(
    w: Vector,
    gradient: Vector,
    first: Vector,
    second: Vector,
    t: int,
    *,
    rate: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
    weight_decay: float = 1e-2,
) -> tuple[list[float], list[float], list[float]]:
    """Step t of AdamW: w first decreases by rate·weight_decay·w, outside the moments; then as `adam_step`.

    Shapes: n each. Raises `ShapeError` when lengths differ, `ArgumentError` for t below 1. Source: PyTorch's AdamW;
    PH 1.

    >>> adamw_step([1.0], [3.0], [0.0], [0.0], 1, rate=0.5, epsilon=0.0, weight_decay=0.5)[0]
    [0.25]
    """
    decayed = [a - rate * weight_decay * a for a in w]
    return adam_step(decayed, gradient, first, second, t, rate=rate, betas=betas, epsilon=epsilon)
