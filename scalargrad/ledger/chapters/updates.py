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
