"""Row D7: the closed forms of the optimisers' steps, the engine's optimisers, and the published rules written out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.ledger.work import Work
from scalargrad.optim import SGD, Adam, AdamW
from scalargrad.value import Value

_RATE = 0.125
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


def published_sgd(w: list[float], slopes: list[list[float]], momentum: float = 0.0, dampening: float = 0.0,
                  weight_decay: float = 0.0, nesterov: bool = False) -> list[float]:  # fmt: skip
    """The algorithm in PyTorch's documentation of SGD, number by number."""
    w, b = [*w], [0.0] * len(w)
    for t, slope in enumerate(slopes):
        for k, g in enumerate(slope):
            g = g + weight_decay * w[k]
            if momentum != 0.0:
                b[k] = momentum * b[k] + (1.0 - dampening) * g if t else g
                g = g + momentum * b[k] if nesterov else b[k]
            w[k] = w[k] - _RATE * g
    return w


def published_adam(w: list[float], slopes: list[list[float]], betas: tuple[float, float], eps: float,
                   weight_decay: float = 0.0, decoupled: bool = False) -> list[float]:  # fmt: skip
    """The algorithms in PyTorch's documentation of Adam and AdamW, number by number."""
    w, m, v = [*w], [0.0] * len(w), [0.0] * len(w)
    for t, slope in enumerate(slopes, 1):
        for k, g in enumerate(slope):
            if decoupled:
                w[k] = w[k] - _RATE * weight_decay * w[k]
            else:
                g = g + weight_decay * w[k]
            m[k] = betas[0] * m[k] + (1.0 - betas[0]) * g
            v[k] = betas[1] * v[k] + (1.0 - betas[1]) * g * g
            first, second = m[k] / (1.0 - betas[0] ** t), v[k] / (1.0 - betas[1] ** t)
            w[k] = w[k] - _RATE * first / (math.sqrt(second) + eps)
    return w


def _by_engine(make: Callable[[list[Value]], Any], w: list[float], slopes: list[list[float]]) -> list[float]:
    leaves = [Value(item) for item in w]
    optimiser = make(leaves)
    for slope in slopes:
        optimiser.zero_grad()
        sg.dot(slope, leaves).backward()  # has that gradient
        optimiser.step()
    return [leaf.data for leaf in leaves]


def _by_closed_form(step: Callable[..., Any], w: list[float], slopes: list[list[float]], state: Any) -> list[float]:
    for t, slope in enumerate(slopes, 1):
        w, *state = step(w, slope, *state, t)
    return w


def d7(work: Work) -> None:
    w, target = work.draw(w="n", g="n")
    slopes = [[scale * item for item in target] for scale in (1.0, -0.5, 2.0, 0.25, 1.0)]
    # a gradient is at most 6, a velocity at most four times that, and a step of Adam's at most a few rates
    top = max(map(abs, w)) + 5.0 * _RATE * (4.0 * (2.0 * max(map(abs, target)) + max(map(abs, w))) + 2.0)
    zeros = [0.0] * len(w)

    def report(name: str, settings: dict[str, Any], closed: Any, engine: Any, published: Any) -> None:
        what = f"w after five steps of {name}" + "".join(f", {k}={v}" for k, v in settings.items())
        work.result(what, closed, engine, top, 5)
        told = ", ".join([name, *(f"{k.replace('_', ' ')} {v}" for k, v in settings.items())])
        work.step(f"{what}, by the published rule", rf"w_5\text{{ of {told}}}", published, engine, top, 5)

    for settings in SGD_SETTINGS:
        closed = _by_closed_form(
            lambda w, g, velocity, t: c.sgd_momentum_step(w, g, velocity, rate=_RATE, **settings),
            w,
            slopes,
            [None],
        )
        engine = _by_engine(lambda leaves: SGD(leaves, lr=_RATE, **settings), w, slopes)
        report("SGD", settings, closed, engine, published_sgd(w, slopes, **settings))
    for settings in ADAM_SETTINGS:
        for kind, rule, decoupled in ((Adam, c.adam_step, False), (AdamW, c.adamw_step, True)):
            full = {"weight_decay": 0.0, **settings}
            named = {**{k: v for k, v in full.items() if k != "eps"}, "epsilon": full["eps"]}
            closed = _by_closed_form(
                lambda w, g, first, second, t: rule(w, g, first, second, t, rate=_RATE, **named),
                w,
                slopes,
                [zeros, zeros],
            )
            engine = _by_engine(lambda leaves: kind(leaves, lr=_RATE, **full), w, slopes)
            report(kind.__name__, full, closed, engine, published_adam(w, slopes, decoupled=decoupled, **full))
