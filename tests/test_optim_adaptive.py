"""Adagrad and RMSprop: the published rules, PyTorch step by step, both backends to the same bits, resumed runs."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, optim
from scalargrad.errors import ArgumentError, MissingNameError, NumberError, StateError
from scalargrad.optim import Adagrad, RMSprop
from tests.support.profiles import native_only

SETTINGS: list[tuple[Any, dict[str, Any]]] = [
    (Adagrad, {}),
    (Adagrad, {"lr": 0.1}),
    (Adagrad, {"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.1, "initial_accumulator_value": 0.3, "eps": 1e-6}),
    (RMSprop, {}),
    (RMSprop, {"lr": 0.1, "alpha": 0.9, "eps": 1e-6}),
    (RMSprop, {"lr": 0.02, "momentum": 0.9}),
    (RMSprop, {"lr": 0.02, "alpha": 0.5, "centered": True}),
    (RMSprop, {"lr": 0.02, "alpha": 0.8, "momentum": 0.5, "centered": True, "weight_decay": 0.1}),
]
STARTS = [1.5, -2.0, 0.25, 3.0, -0.5]


def slope(k: int, x: float) -> float:
    return (k + 1.0) * x + 0.3 * x**3 - math.sin(5.0 * x)


def path_of(optimiser: Any, steps: int, slope: Callable[[int, float], float] = slope) -> list[list[float]]:
    found = []
    for _ in range(steps):
        for k, p in enumerate(optimiser.parameters):
            p.grad = slope(k, p.data)
        optimiser.step()
        found.append([p.data for p in optimiser.parameters])
    return found


def leaves() -> list[Value]:
    return [Value(x) for x in STARTS]


@pytest.mark.parametrize(("kind", "settings"), SETTINGS)
def test_pytorch(kind: Any, settings: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor(STARTS, dtype=torch.float64, requires_grad=True)
    theirs = getattr(torch.optim, kind.__name__)([x], **settings)
    for step, ours in enumerate(path_of(kind(leaves(), **settings), 100)):
        x.grad = torch.tensor([slope(k, v) for k, v in enumerate(x.tolist())], dtype=torch.float64)
        theirs.step()
        assert ours == pytest.approx(x.tolist(), rel=1e-12, abs=1e-12), step


def adagrad(x: float, grads: list[float], lr: float, lr_decay: float, weight_decay: float, initial: float) -> float:
    """Every sum over the steps so far, anew at each step."""
    seen: list[float] = []
    for t, g in enumerate(grads):
        seen.append(g + weight_decay * x)
        x -= lr / (1.0 + t * lr_decay) * seen[-1] / (math.sqrt(initial + math.fsum(g * g for g in seen)) + 1e-10)
    return x


def rmsprop(x: float, grads: list[float], lr: float, alpha: float, weight_decay: float, momentum: float,
            centered: bool) -> float:  # fmt: skip
    seen: list[float] = []
    steps: list[float] = []
    for t, g in enumerate(grads):
        seen.append(g + weight_decay * x)
        weights = [(1.0 - alpha) * alpha ** (t - k) for k in range(t + 1)]
        variance = math.fsum(w * g * g for w, g in zip(weights, seen))
        variance -= math.fsum(w * g for w, g in zip(weights, seen)) ** 2 if centered else 0.0
        steps.append(seen[-1] / (math.sqrt(variance) + 1e-8))
        x -= lr * math.fsum(momentum ** (t - k) * step for k, step in enumerate(steps))
    return x


GRADS = st.lists(st.floats(0.1, 10) | st.floats(-10, -0.1), min_size=1, max_size=8)
PART = st.floats(0.0, 0.9)


@given(st.floats(-5, 5), GRADS, st.floats(0, 1), PART, PART, PART)
def test_adagrad_is_its_closed_form(x: float, grads: list[float], lr: float, decay: float, weight: float,
                                    initial: float) -> None:  # fmt: skip
    p = Value(x)
    steps = iter(grads)
    found = path_of(Adagrad([p], lr, decay, weight, initial), len(grads), lambda k, x: next(steps))
    assert found[-1][0] == pytest.approx(adagrad(x, grads, lr, decay, weight, initial), rel=1e-11, abs=1e-11)


@given(st.floats(-5, 5), GRADS, st.floats(0, 0.1), PART, PART, PART, st.booleans())
def test_rmsprop_is_its_closed_form(x: float, grads: list[float], lr: float, alpha: float, weight: float,
                                    momentum: float, centered: bool) -> None:  # fmt: skip
    alpha = 0.1 + 0.8 * alpha  # with an alpha of 0, the centered difference is rounding alone
    steps = iter(grads)
    optimiser = RMSprop([Value(x)], lr, alpha, 1e-8, weight, momentum, centered)
    found = path_of(optimiser, len(grads), lambda k, x: next(steps))
    assert found[-1][0] == pytest.approx(rmsprop(x, grads, lr, alpha, weight, momentum, centered), rel=1e-9, abs=1e-9)


def test_a_constant_gradient_leaves_no_nan() -> None:
    """s - m² is 0 in the end, and rounds to less; PyTorch's parameters become nan."""
    optimiser = RMSprop([Value(1.0), Value(1.0)], lr=1e-9, alpha=0.5, centered=True)
    found = path_of(optimiser, 200, lambda k, x: 0.1 + 0.2 * k)
    assert all(math.isfinite(x) for row in found for x in row)


NASTY = [0.0, -0.0, 5e-324, 1e-160, 1.0, -3.7, 1e200, -1e308, math.inf, -math.inf, math.nan]


def digest() -> str:
    """Of the parameters and states after steps with odd numbers."""
    seen = hashlib.sha256()
    for kind, settings in SETTINGS:
        n = 300  # C goes in portions of 128
        optimiser = kind([Value(NASTY[k % 11]) for k in range(n)], **settings)
        for turn in range(3):
            grads = [NASTY[(k // 11 + turn) % 11] + turn for k in range(n)]
            path_of(optimiser, 1, lambda k, x: grads[k])
        numbers = [p.data for p in optimiser.parameters]
        state = optimiser.state_dict()
        numbers += [x for name in optimiser._remembered for x in state[name]]
        seen.update(b"".join(b"nan" if x != x else struct.pack("d", x) for x in numbers))
    return seen.hexdigest()


@native_only
def test_both_backends_step_to_the_same_bits() -> None:
    program = "from tests.test_optim_adaptive import digest; print(digest())"
    env = {**os.environ, "SCALARGRAD_BACKEND": "python"}
    root = Path(__file__).parent.parent
    pure = subprocess.run(
        [sys.executable, "-c", program], env=env, cwd=root, capture_output=True, text=True, check=True
    )
    assert pure.stdout.strip() == digest()


# --- states ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "settings"), SETTINGS)
def test_a_run_goes_on_where_it_stopped(kind: Any, settings: dict[str, Any], tmp_path: Path) -> None:
    whole = path_of(kind(leaves(), **settings), 8)
    first = kind(leaves(), **settings)
    path_of(first, 3)
    sg.save(tmp_path / "run.json", optimiser=first)
    again = kind([Value(p.data) for p in first.parameters], lr=77.0)
    sg.load(tmp_path / "run.json", optimiser=again)
    assert path_of(again, 5) == whole[3:] and repr(again) == repr(kind(leaves(), **settings))


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (RMSprop, {"optimiser": "Adam"}, "expected the state of RMSprop, got 'Adam'"),
        (RMSprop, {"mean_square": [-1.0] * 5}, "negative mean of squares"),
        (RMSprop, {"centered": "no"}, "damaged: centered must be True or False, got str 'no'"),
        (RMSprop, {"initial_lr": "a"}, "damaged: initial_lr must be a number"),
        (RMSprop, {"alpha": 1.0}, "alpha must be .*below 1.0, got 1.0"),
        (RMSprop, {"velocity": [1.0]}, "one number per parameter"),
        (RMSprop, {"mean_square": None, "mean": None, "velocity": None}, "after 1 steps it lacks"),
        (Adagrad, {"sum_square": [-1.0] * 5}, "negative mean of squares"),
        (Adagrad, {"sum_square": None}, "after 1 steps it lacks"),
        (Adagrad, {"initial_accumulator_value": -1}, "initial_accumulator_value must be"),
    ],
)
def test_a_damaged_state_changes_nothing(kind: Any, change: dict[str, Any], message: str) -> None:
    optimiser = kind(leaves())
    path_of(optimiser, 1)
    before = json.loads(json.dumps(optimiser.state_dict()))
    damaged = {name: x for name, x in {**before, **change}.items() if x is not None}
    with pytest.raises(StateError, match=message):
        optimiser.load_state_dict(damaged)
    assert optimiser.state_dict() == before


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda ps: Adagrad(ps, lr=-1.0), ArgumentError, "lr must be"),
        (lambda ps: Adagrad(ps, lr_decay=math.nan), ArgumentError, "lr_decay must be"),
        (lambda ps: Adagrad(ps, eps="a"), NumberError, "eps must be a number"),
        (lambda ps: Adagrad([]), ArgumentError, "no parameters"),
        (lambda ps: RMSprop(ps, alpha=1.0), ArgumentError, "alpha must be at least 0 and below 1"),
        (lambda ps: RMSprop(ps, momentum=Value(0.5)), NumberError, "momentum must be a number"),
        (lambda ps: RMSprop(ps, centered=sg.Vector([1.0, 2.0]) > 0.0), ArgumentError, "centered must be True or"),
        (lambda ps: RMSprop([ps[0] * 2]), ArgumentError, "leaves"),
    ],
)
def test_errors_say_what_was_wrong(make: Callable[[Any], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make([Value(1.0)])


@pytest.mark.parametrize(
    ("kind", "name", "ours"),
    [
        *[
            (optim.SGD, name, "lr")
            for name in ("learning_rate", "LR", "Lr", "alpha", "learningRate", "step_size", "eta")
        ],
        *[(optim.SGD, name, "momentum") for name in ("Momentum", "momentun", "beta")],
        *[(optim.SGD, name, "weight_decay") for name in ("weightdecay", "wd", "weight_decy", "WeightDecay")],
        (optim.SGD, "Nesterov", "nesterov"),
        *[(optim.Adam, name, "beta1") for name in ("beta", "beta_1", "momentum")],
        (optim.AdamW, "betas", "beta1 and optimiser.beta2"),
        (optim.Adam, "epsilon", "eps"),
        *[(RMSprop, name, "alpha") for name in ("rho", "Alpha")],
        *[(RMSprop, name, "centered") for name in ("centred", "Centered")],
        (Adagrad, "lrdecay", "lr_decay"),
        (Adagrad, "alpha", "lr"),
    ],
)
def test_another_name_of_a_setting_is_refused(kind: Any, name: str, ours: str) -> None:
    optimiser = kind([Value(1.0)])
    before = repr(optimiser), {*vars(optimiser)}
    with pytest.raises(
        MissingNameError, match=f"^'{kind.__name__}' object has no attribute '{name}': set optimiser"
    ) as e:
        setattr(optimiser, name, 0.5)
    assert isinstance(e.value, AttributeError) and str(e.value).endswith(f": set optimiser.{ours}")
    assert before == (repr(optimiser), {*vars(optimiser)})


def test_other_attributes_are_the_users_own() -> None:
    class Own(optim.SGD):
        def __init__(self, parameters: Any) -> None:
            super().__init__(parameters, lr=0.1)
            self.learning_rate, self.alpha = 0.1, 0.5

    for kind in (optim.SGD, optim.Adam, optim.AdamW, Adagrad, RMSprop):
        optimiser = kind([Value(1.0)])
        for name in (
            "name",
            "epoch",
            "best",
            "history",
            "lrs",
            "scheduler",
            "losses",
            "warm_up",
            "_lr",
            "model",
            "steps",
        ):
            setattr(optimiser, name, [name])
            assert getattr(optimiser, name) == [name]
        for name in optimiser._settings:
            setattr(optimiser, name, 0.25)
        assert optimiser._check() == [0.25] * len(optimiser._settings)
        copy.deepcopy(optimiser).name = "twin"
    assert Own([Value(1.0)]).learning_rate == 0.1  # a class of one's own may have any


def test_a_setting_that_went_bad_moves_nothing() -> None:
    for kind in (Adagrad, RMSprop):
        optimiser = kind([Value(1.0)])
        optimiser.parameters[0].grad = 1.0
        optimiser.eps = math.inf
        with pytest.raises(ArgumentError, match="eps"):
            optimiser.step()
        assert optimiser.parameters[0].data == 1.0 and optimiser.state_dict()["steps"] == 0
