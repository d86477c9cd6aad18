"""Optimisers by hand: steps of every rule in fractions, settings that change, what they refuse and say."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from scalargrad import Value
from scalargrad.errors import ArgumentError, NumberError
from scalargrad.optim import SGD, Adam, AdamW, Optimiser, clip_grad_norm, clip_grad_value

GRADS = (1.0, 2.0, -4.0)


def path(optimiser: Optimiser, grads: tuple[float, ...] = GRADS) -> list[float]:
    """Where the one parameter stands after each step; the grad is set, not added to."""
    (p,) = optimiser.parameters
    found = []
    for g in grads:
        p.grad = g
        optimiser.step()
        assert p.grad == g  # a step reads grads and leaves them
        found.append(p.data)
    return found


# From p = 1 with lr 1/2 and the grads 1, 2, -4; all numbers are sums of powers of two, so the floats are exact.
SGD_BY_HAND: list[tuple[dict[str, Any], list[float]]] = [
    ({}, [0.5, -0.5, 1.5]),
    ({"momentum": 0.5}, [0.5, -0.75, 0.625]),  # v = 1, 2.5, -2.75
    ({"momentum": 0.5, "dampening": 0.25}, [0.5, -0.5, 0.5]),  # v = 1, which is not dampened, 2, -2
    ({"momentum": 0.5, "dampening": 1.0}, [0.5, 0.25, 0.125]),  # v = 1, 0.5, 0.25
    ({"momentum": 2.0}, [0.5, -1.5, -3.5]),  # v = 1, 4, 4: a momentum above 1 is allowed
    ({"momentum": 0.5, "nesterov": True}, [0.25, -1.375, 1.3125]),  # g + v/2 = 1.5, 3.25, -5.375
    ({"weight_decay": 0.25}, [0.375, -0.671875, 1.412109375]),  # g + p/4 = 1.25, 2.09375, -4.16796875
    ({"momentum": 0.5, "weight_decay": 0.25}, [0.375, -0.984375, 0.458984375]),
    # g = 1.25, 2.015625, -4.4013671875; v = 1.25, 2.640625, -3.0810546875; the step is half of g + v/2
    ({"momentum": 0.5, "weight_decay": 0.25, "nesterov": True}, [0.0625, -1.60546875, 1.365478515625]),
    ({"dampening": 0.5}, [0.5, -0.5, 1.5]),  # dampens velocities alone
]  # fmt: skip


@pytest.mark.parametrize(("settings", "wanted"), SGD_BY_HAND)
def test_sgd_by_hand(settings: dict[str, Any], wanted: list[float]) -> None:
    assert path(SGD([Value(1.0)], lr=0.5, **settings)) == wanted


# From p = 1 with lr 1/2, betas (1/2, 3/4), eps 1/4: the corrected means are 1, 5/3, -11/7, those of squares 1, 19/7,
# 313/37.
_MOVES = [0.5 / 1.25, 0.5 * (5 / 3) / (math.sqrt(19 / 7) + 0.25), -0.5 * (11 / 7) / (math.sqrt(313 / 37) + 0.25)]
# With the decay 1/2 in the gradients these are 3/2 and 16/7 at p = 4/7 after the first step.
_DECAYED = 0.5 * (85 / 42) / (math.sqrt((27 / 64 + 64 / 49) / (7 / 16)) + 0.25)
ADAM_BY_HAND: list[tuple[type, dict[str, Any], list[float]]] = [
    (Adam, {}, [0.6, 0.6 - _MOVES[1], 0.6 - _MOVES[1] - _MOVES[2]]),
    (Adam, {"weight_decay": 0.5}, [4 / 7, 4 / 7 - _DECAYED]),
    (AdamW, {"weight_decay": 0.0}, [0.6, 0.6 - _MOVES[1], 0.6 - _MOVES[1] - _MOVES[2]]),
    (AdamW, {"weight_decay": 0.5}, [0.35, 0.2625 - _MOVES[1], 0.75 * (0.2625 - _MOVES[1]) - _MOVES[2]]),
]


@pytest.mark.parametrize(("kind", "settings", "wanted"), ADAM_BY_HAND)
def test_adam_by_hand(kind: type, settings: dict[str, Any], wanted: list[float]) -> None:
    optimiser = kind([Value(1.0)], lr=0.5, betas=(0.5, 0.75), eps=0.25, **settings)
    # some ten roundings of 1e-16 each a step
    assert path(optimiser, GRADS[: len(wanted)]) == pytest.approx(wanted, rel=4e-15)


def test_what_adam_remembers() -> None:
    p = Value(1.0)
    optimiser = Adam([p], lr=0.5, betas=(0.5, 0.75), eps=0.25)
    for g, mean, square in zip(GRADS, (0.5, 1.25, -1.375), (0.25, 1.1875, 4.890625)):
        p.grad = g
        optimiser.step()
        state = optimiser.state_dict()
        assert (state["mean"], state["mean_square"]) == ([mean], [square])


@pytest.mark.parametrize("g", [1e-3, 1.0, -1e6])
def test_the_first_step_of_adam_has_the_size_of_lr(g: float) -> None:
    """Bias correction: g / |g|, so the size is lr to eps / |g|, whatever the betas."""
    for betas in ((0.9, 0.999), (0.1, 0.2), (0.0, 0.0)):
        p = Value(0.0)
        path(Adam([p], lr=0.25, betas=betas, eps=0.0), (g,))
        assert p.data == pytest.approx(-math.copysign(0.25, g), rel=1e-14)


def test_every_parameter_has_its_own_memory() -> None:
    """Three parameters move as each would alone, in whatever place it stands."""
    for kind, settings in ((SGD, {"lr": 0.5, "momentum": 0.5}), (Adam, {"lr": 0.5}), (AdamW, {"lr": 0.5})):
        starts, slopes = [1.0, -2.0, 3.0], [(1.0, 2.0), (-4.0, 0.5), (0.0, 8.0)]
        together = [Value(x) for x in starts]
        optimiser = kind(together, **settings)
        for k in range(2):
            for p, each in zip(together, slopes):
                p.grad = each[k]
            optimiser.step()
        assert [p.data for p in together] == [path(kind([Value(x)], **settings), g)[-1] for x, g in zip(starts, slopes)]


# --- settings that change --------------------------------------------------------------------------------------------


def test_settings_count_from_the_next_step_on() -> None:
    p = Value(1.0)
    optimiser = SGD([p], lr=0.5)
    assert path(optimiser, (1.0,)) == [0.5]
    optimiser.lr = 0.25
    assert path(optimiser, (2.0,)) == [0.0]
    optimiser.weight_decay, p.data = 0.5, 1.0
    assert path(optimiser, (1.0,)) == [1.0 - 0.25 * 1.5]
    adam = Adam([Value(0.0)], lr=0.5, eps=0.0)
    assert path(adam, (1.0,)) == pytest.approx([-0.5], rel=1e-14)
    adam.lr = 2.0
    assert path(adam, (1.0,)) == pytest.approx([-2.5], rel=1e-14)  # the means are those of 1, 1: again a step of lr
    with pytest.raises(ArgumentError, match=r"beta1 must be at least 0 and below 1.0, got 1.0"):
        adam.beta1 = 1.0
        adam.step()


def test_momentum_that_comes_and_goes() -> None:
    """Without momentum, velocities stay as they are; the first with it is the gradient, not dampened."""
    optimiser = SGD([Value(1.0)], lr=0.5, momentum=0.5)
    assert path(optimiser, (1.0,)) == [0.5]
    optimiser.momentum = 0.0
    assert path(optimiser, (2.0,)) == [-0.5] and optimiser.state_dict()["velocity"] == [1.0]
    optimiser.momentum = 0.5
    assert path(optimiser, (-4.0,)) == [1.25]  # v = 0.5 - 4
    late = SGD([Value(1.0)], lr=0.5, dampening=0.5)
    assert path(late, (1.0,)) == [0.5]
    late.momentum = 0.5
    assert path(late, (2.0, 2.0)) == [-0.5, -1.5]  # v = 2, then 1 + 1


# --- parameters and defaults -----------------------------------------------------------------------------------------


def test_defaults() -> None:
    w = [Value(1.0)]
    assert repr(SGD(w, 0.5)) == (
        "SGD(1 parameters, lr=0.5, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False)"
    )
    assert repr(Adam(w)) == "Adam(1 parameters, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.0)"
    assert repr(AdamW(w)) == "AdamW(1 parameters, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.01)"
    order = {
        SGD: "parameters lr momentum dampening weight_decay nesterov",
        Adam: "parameters lr betas eps weight_decay",
    }
    for kind, names in order.items():  # as PyTorch's
        assert list(inspect.signature(kind).parameters) == names.split()
    sgd, adam = SGD(w, 0.5, 0.25, 0.125, 0.0625), AdamW(w, 0.5, (0.25, 0.125), 0.0625, 0.75)
    assert (sgd.lr, sgd.momentum, sgd.dampening, sgd.weight_decay) == (0.5, 0.25, 0.125, 0.0625)
    assert (adam.lr, adam.beta1, adam.beta2, adam.eps, adam.weight_decay) == (0.5, 0.25, 0.125, 0.0625, 0.75)


def test_numbers_of_other_kinds_are_settings() -> None:
    assert path(SGD([Value(1.0)], lr=Fraction(1, 2), momentum=Decimal("0.5"))) == SGD_BY_HAND[1][1]
    assert path(SGD([Value(1.0)], lr=1), (1.0,)) == [0.0]


@pytest.mark.parametrize("kind", [SGD, Adam, AdamW])
def test_parameters_are_once_in_their_order(kind: type) -> None:
    a, b, c = Value(1.0), Value(2.0), Value(2.0)
    optimiser = kind((p for p in (a, b, a, c, b)), lr=0.5)
    assert len(optimiser.parameters) == 3 and all(x is y for x, y in zip(optimiser.parameters, (a, b, c)))
    other = Value(0.0)
    for p in (a, b, c, other):
        p.grad = 1.0
    optimiser.step()
    assert a.data != 1.0 and b.data == c.data and other.data == 0.0
    optimiser.zero_grad()
    assert (a.grad, b.grad, c.grad, other.grad) == (0.0, 0.0, 0.0, 1.0)
    with pytest.raises(AttributeError):
        optimiser.parameters = (other,)  # type: ignore[misc]


def test_an_optimiser_without_a_rule() -> None:
    with pytest.raises(NotImplementedError):
        Optimiser([Value(1.0)]).step()


# --- errors ----------------------------------------------------------------------------------------------------------

CALLERS: list[tuple[str, Callable[[Any], Any]]] = [
    ("SGD", lambda p: SGD(p, 0.1)), ("Adam", Adam), ("AdamW", AdamW),
    ("clip_grad_norm", lambda p: clip_grad_norm(p, 1.0)), ("clip_grad_value", lambda p: clip_grad_value(p, 1.0)),
]  # fmt: skip


@pytest.mark.parametrize(("who", "call"), CALLERS)
def test_what_is_no_list_of_parameters(who: str, call: Callable[[Any], Any]) -> None:
    for given, error, message in (
        (Value(1.0), ArgumentError, r"takes a list of parameters, got one Value: pass \[value\]"),
        (3.0, ArgumentError, r"takes a list of parameters, got float: pass x.parameters\(\)"),
        ([Value(1.0), 2.0], NumberError, "takes Values as parameters, got float"),
        ([Value(1.0), Value(1.0).exp()], ArgumentError, "trains leaves, got the result of exp: its data cannot be set"),
        ([], ArgumentError, r"got no parameters: pass model.parameters\(\)"),
    ):
        with pytest.raises(error, match=f"^{who} {message}$"):
            call(given)


SETTINGS = [(SGD, "lr"), (SGD, "momentum"), (SGD, "dampening"), (SGD, "weight_decay"), (Adam, "lr"), (Adam, "eps"),
            (Adam, "weight_decay"), (AdamW, "weight_decay")]  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), SETTINGS)
def test_a_setting_is_finite_and_not_negative(kind: type, name: str) -> None:
    p = Value(1.0)
    for bad in (-1e-300, math.inf, -math.inf, math.nan):
        with pytest.raises(ArgumentError, match=rf"^{name} must be a finite number that is not negative, got {bad}$"):
            kind([p], **{"lr": 0.5, name: bad})
    for thing, found in ((None, "NoneType"), ("1", "str"), (Value(1.0), "Value"), ([0.1], "list")):
        with pytest.raises(NumberError, match=found):
            kind([p], **{"lr": 0.5, name: thing})
    made = kind([p], **{"lr": 0.5, name: 0.0})
    p.grad = 1.0
    setattr(made, name, -1.0)
    with pytest.raises(ArgumentError, match=name):
        made.step()
    assert p.data == 1.0 and made.state_dict()["steps"] == 0 and "velocity" not in made.state_dict()


@pytest.mark.parametrize("name", ["beta1", "beta2"])
def test_betas_are_below_1(name: str) -> None:
    for bad in (1.0, 1.5, -0.1, math.nan):
        betas = (bad, 0.5) if name == "beta1" else (0.5, bad)
        with pytest.raises(ArgumentError, match=rf"^{name} must be at least 0 and below 1.0, got {bad}$"):
            Adam([Value(1.0)], betas=betas)
    assert Adam([Value(1.0)], betas=[0.0, math.nextafter(1.0, 0.0)]).beta1 == 0.0  # type: ignore[arg-type]
    for betas in (0.9, (0.9,), (0.9, 0.99, 0.999), "ab"):
        with pytest.raises(ArgumentError, match=r"betas must be two numbers, such as \(0.9, 0.999\), got"):
            Adam([Value(1.0)], betas=betas)  # type: ignore[arg-type]


@pytest.mark.parametrize("settings", [{}, {"momentum": 0.5, "dampening": 0.25}, {"dampening": 0.25}])
def test_nesterov_needs_momentum_and_no_dampening(settings: dict[str, float]) -> None:
    with pytest.raises(ArgumentError, match=r"^nesterov needs a momentum above 0, and dampening 0$"):
        SGD([Value(1.0)], 0.5, nesterov=True, **settings)
    SGD([Value(1.0)], 0.5, momentum=0.5, nesterov=True)
