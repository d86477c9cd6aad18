"""Optimisers: the published rules step by step, PyTorch where it is installed, both backends to the same bits."""

from __future__ import annotations

import copy
import json
import math
import pickle
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalargrad import Value, core
from scalargrad.errors import ArgumentError, NumberError, StateError
from scalargrad.optim import SGD, Adam, AdamW, clip_grad_norm, clip_grad_value
from tests.support.engines import bits
from tests.support.profiles import native_only

SETTINGS: list[tuple[type, dict[str, Any]]] = [
    (SGD, {"lr": 0.1}),
    (SGD, {"lr": 0.1, "weight_decay": 0.05}),
    (SGD, {"lr": 0.1, "momentum": 0.9}),
    (SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    (Adam, {"lr": 0.01}),
    (Adam, {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
    (AdamW, {"lr": 0.01}),
    (AdamW, {"lr": 0.01, "betas": (0.5, 0.9), "weight_decay": 0.2}),
]
STARTS = [1.5, -2.0, 0.25, 3.0, -0.5]


def slope(k: int, x: float) -> float:
    """The gradient of a lopsided quartic at the k-th parameter."""
    return (k + 1.0) * x + 0.3 * x**3 - math.sin(5.0 * x)


def trained(make: Callable[[list[Value]], Any], steps: int) -> list[list[float]]:
    ps = [Value(x) for x in STARTS]
    optimiser = make(ps)
    path = []
    for _ in range(steps):
        optimiser.zero_grad()
        for k, p in enumerate(ps):
            p.grad += slope(k, p.data)
        optimiser.step()
        path.append([p.data for p in ps])
    return path


def published(kind: type, lr: float, momentum: float = 0.0, dampening: float = 0.0, weight_decay: float | None = None,
              nesterov: bool = False, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
              steps: int = 100) -> list[list[float]]:  # fmt: skip
    """The rules as the papers and PyTorch's pages write them, a parameter at a time."""
    decay = (0.01 if kind is AdamW else 0.0) if weight_decay is None else weight_decay
    path = [list(STARTS) for _ in range(steps)]
    for k, x in enumerate(STARTS):
        v = m = s = 0.0
        for t in range(1, steps + 1):
            g = slope(k, x) + (decay * x if kind is not AdamW else 0.0)
            if kind is SGD:
                v = g if t == 1 else momentum * v + (1.0 - dampening) * g
                x -= lr * (g + momentum * v if nesterov else v if momentum else g)
            else:
                x -= lr * decay * x if kind is AdamW else 0.0
                m, s = betas[0] * m + (1.0 - betas[0]) * g, betas[1] * s + (1.0 - betas[1]) * g * g
                x -= lr * (m / (1.0 - betas[0] ** t)) / (math.sqrt(s / (1.0 - betas[1] ** t)) + eps)
            path[t - 1][k] = x
    return path


@pytest.mark.parametrize(("kind", "settings"), SETTINGS)
def test_the_published_rule(kind: type, settings: dict[str, Any]) -> None:
    ours, theirs = trained(lambda ps: kind(ps, **settings), 100), published(kind, **settings)
    for step, (mine, wanted) in enumerate(zip(ours, theirs)):
        assert mine == pytest.approx(wanted, rel=1e-12, abs=1e-12), step


@pytest.mark.parametrize(("kind", "settings"), SETTINGS)
def test_pytorch(kind: type, settings: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    theirs = []
    x = torch.tensor(STARTS, dtype=torch.float64, requires_grad=True)
    optimiser = getattr(torch.optim, kind.__name__)([x], **settings)
    for _ in range(100):
        x.grad = torch.tensor([slope(k, v) for k, v in enumerate(x.tolist())], dtype=torch.float64)
        optimiser.step()
        theirs.append(x.tolist())
    ours = trained(lambda ps: kind(ps, **settings), 100)
    for step, (mine, wanted) in enumerate(zip(ours, theirs)):
        assert mine == pytest.approx(wanted, rel=1e-12, abs=1e-12), step


def test_plain_descent_is_the_formula_to_the_bit() -> None:
    random.seed(1)
    numbers = [(random.gauss(0, 1), random.gauss(0, 1)) for _ in range(300)]
    ps = [Value(x) for x, _ in numbers]
    for p, (_, g) in zip(ps, numbers):
        p.grad = g
    SGD(ps, lr=0.3).step()
    assert [p.data for p in ps] == [x - 0.3 * g for x, g in numbers]


NASTY = [0.0, -0.0, 5e-324, 1e-160, 1.0, -3.7, 1e200, -1e308, math.inf, -math.inf, math.nan]
RULES: list[tuple[str, list[Any]]] = [
    *[("sgd", [0.1, momentum, 0.2, decay, nesterov])
      for momentum in (0.0, 0.9) for decay in (0.0, 0.01) for nesterov in (False, True)],
    *[("adam", [0.1, 0.9, 0.99, eps, decay, shrink, 0.5])
      for eps in (0.0, 1e-8) for decay in (0.0, 0.1) for shrink in (1.0, 0.9)],
]  # fmt: skip


@native_only
@pytest.mark.parametrize(("rule", "settings"), RULES)
@pytest.mark.parametrize("n", [1, 128, 300])
def test_both_backends_step_to_the_same_bits(rule: str, settings: list[Any], n: int) -> None:
    """Every pair of odd numbers and grads, over three steps; C goes in chunks of 128."""
    from scalargrad.pure import block, tape, update

    rng = random.Random(n)
    states = [bytearray(8 * n * (2 if rule == "adam" else settings[1] != 0.0)) for _ in range(2)]
    ours, plain = [Value(NASTY[k % 11]) for k in range(n)], [tape.Node(0.0) for _ in range(n)]
    for a, b in zip(ours, plain):
        b.data = a.data
    for turn in range(3):
        for k, (a, b) in enumerate(zip(ours, plain)):
            a.grad = b.grad = NASTY[k // 11 % 11] if turn == 0 else rng.choice([*NASTY, rng.gauss(0.0, 1.0)])
        begin = [not turn] if rule == "sgd" else []
        getattr(core, f"{rule}_step")(core.block(ours), states[0], *begin, *settings)
        getattr(update, f"{rule}_step")(block.Block(plain), states[1], *begin, *settings)
        assert [bits(a.data) for a in ours] == [bits(b.data) for b in plain]
        assert [bits(x) for x in memoryview(states[0]).cast("d")] == [bits(x) for x in memoryview(states[1]).cast("d")]


def test_what_was_recorded_keeps_its_numbers() -> None:
    w = Value(3.0)
    y = w * w
    w.grad = 1.0
    SGD([w], lr=1.0).step()
    w.grad = 0.0
    y.backward()
    assert (w.data, w.grad) == (2.0, 6.0)
    (w * w).backward()
    assert w.grad == 6.0 + 4.0


def test_a_tied_parameter_moves_once() -> None:
    w = Value(1.0)
    w.grad = 1.0
    SGD([w, w], lr=0.25).step()
    assert w.data == 0.75


# --- states ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "settings"), SETTINGS)
@pytest.mark.parametrize("how", ["state_dict", "deepcopy", "pickle"])
def test_a_run_goes_on_where_it_stopped(kind: type, settings: dict[str, Any], how: str) -> None:
    whole = trained(lambda ps: kind(ps, **settings), 6)
    ps = [Value(x) for x in STARTS]
    optimiser = kind(ps, **settings)
    for step in range(6):
        if step == 3 and how == "state_dict":
            state = json.loads(json.dumps(optimiser.state_dict()))
            optimiser = kind(ps, lr=77.0)
            optimiser.load_state_dict(state)
        elif step == 3:
            optimiser = copy.deepcopy(optimiser) if how == "deepcopy" else pickle.loads(pickle.dumps(optimiser))
            ps = list(optimiser.parameters)
        for k, p in enumerate(ps):
            p.grad = slope(k, p.data)
        optimiser.step()
    assert [p.data for p in ps] == whole[-1]


def test_a_shallow_copy_remembers_by_itself() -> None:
    p = Value(1.0)
    p.grad = 1.0
    optimiser = SGD([p], 0.1, momentum=0.5)
    optimiser.step()
    twin = copy.copy(optimiser)
    optimiser.step()
    assert twin.parameters[0] is p
    assert (twin.state_dict()["velocity"], optimiser.state_dict()["velocity"]) == ([1.0], [1.5])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimiser": "SGD"}, "expected the state of Adam, got 'SGD'"), ({"parameters": 7}, "7 parameters.* has 5"),
        ({"lr": -1.0}, "damaged: lr must be .*-1.0"), ({"lr": "x"}, "damaged: .*str 'x'"), ({"lr": None}, "NoneType"),
        ({"steps": -1}, "steps out of range"), ({"steps": "x"}, "'str'"),
        ({"mean": [1.0]}, "'mean'.*number per parameter"),
        ({"mean": None}, "NoneType"), ({"mean": ["a"] * 5}, "not str"), ({"beta1": 1.0}, "beta1 must be .*1.0"),
        ({"mean_square": [1.0] * 4 + [-1.0]}, "mean of squares"), ({"steps": 10**400}, "steps out of range"),
    ],
)  # fmt: skip
def test_a_damaged_state_changes_nothing(change: dict[str, Any], message: str) -> None:
    ps = [Value(x) for x in STARTS]
    optimiser = Adam(ps)
    optimiser.step()
    before = optimiser.state_dict()
    with pytest.raises(StateError, match=message):
        optimiser.load_state_dict({**before, **change})
    assert optimiser.state_dict() == before
    for foreign in (None, [], {}):
        with pytest.raises(StateError, match="Adam"):
            optimiser.load_state_dict(foreign)  # type: ignore[arg-type]
    missing = dict(before)
    del missing["mean"]
    with pytest.raises(StateError, match=r"each of \['mean_square'\] needs one number per parameter"):
        optimiser.load_state_dict(missing)
    assert optimiser.state_dict() == before


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda ps: SGD(ps, math.nan), ArgumentError, "lr.*nan"),
        (lambda ps: SGD(ps, 0.1, momentum=-1), ArgumentError, "momentum"),
        (lambda ps: SGD(ps, 0.1, nesterov=True), ArgumentError, "nesterov needs a momentum"),
        (lambda ps: SGD(ps, 0.1, momentum=0.9, dampening=0.1, nesterov=True), ArgumentError, "dampening"),
        (lambda ps: SGD(ps, Value(0.1)), NumberError, "lr must be a number"),
        (lambda ps: SGD(ps, None), NumberError, "NoneType"),
        (lambda ps: SGD(3, 0.1), ArgumentError, "list"),
        (lambda ps: Adam(ps, betas=0.9), ArgumentError, "two numbers"),
        (lambda ps: Adam(ps, betas=(0.9, 1.0)), ArgumentError, "beta2"),
        (lambda ps: Adam(ps, eps=-1.0), ArgumentError, "eps"),
        (lambda ps: AdamW([ps[0] * 2]), ArgumentError, "leaves"),
        (lambda ps: clip_grad_norm([], 1.0), ArgumentError, "no parameters"),
        (lambda ps: clip_grad_norm(ps, -1.0), ArgumentError, "max_norm"),
    ],
)
def test_errors_say_what_was_wrong(make: Callable[[Any], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make([Value(1.0)])


def test_a_setting_that_went_bad_moves_nothing() -> None:
    w = Value(1.0)
    optimiser = SGD([w], lr=0.1)
    optimiser.lr = math.nan
    w.grad = 1.0
    with pytest.raises(ArgumentError, match="lr"):
        optimiser.step()
    assert w.data == 1.0


# --- clipping --------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20), st.floats(0.01, 100))
def test_clip_grad_norm(grads: list[float], most: float) -> None:
    ps = [Value(0.0) for _ in grads]
    for p, g in zip(ps, grads):
        p.grad = g
    norm = clip_grad_norm(ps, most)
    assert norm == pytest.approx(math.hypot(*grads), rel=1e-14)
    scale = most / (norm + 1e-6)  # PyTorch's formula
    if scale >= 1.0:
        assert [p.grad for p in ps] == grads
    else:
        assert [p.grad for p in ps] == pytest.approx([scale * g for g in grads], rel=1e-15, abs=5e-324)


@pytest.mark.parametrize(("most", "clipped"), [
    (13.0 + 1e-6, None), (13.0 + 1e-7, 13.0), (13.0, 13.0), (6.5, 6.5), (1e-3, 1e-3), (0.0, 0.0), (1e3, None),
])  # fmt: skip
def test_clip_grad_norm_by_hand(most: float, clipped: float | None) -> None:
    """The grads 3, -4 and 12 have the norm 13: all are scaled by most / (13 + 1e-6), where that is below 1."""
    ps = [Value(1.0) for _ in range(3)]
    for p, g in zip(ps, (3.0, -4.0, 12.0)):
        p.grad = g
    assert clip_grad_norm(ps, most) == 13.0
    scale = 1.0 if clipped is None else most / (13.0 + 1e-6)
    assert [p.grad for p in ps] == [3.0 * scale, -4.0 * scale, 12.0 * scale]
    assert clipped is None or math.hypot(*(p.grad for p in ps)) == pytest.approx(clipped, rel=1e-6)
    assert [p.data for p in ps] == [1.0] * 3


def test_clip_grad_value_by_hand() -> None:
    ps = [Value(1.0) for _ in range(5)]
    for p, g in zip(ps, (3.0, -4.0, 3.5, -0.0, -3.5)):
        p.grad = g
    clip_grad_value(ps, 3.5)
    assert [bits(p.grad) for p in ps] == [bits(g) for g in (3.0, -3.5, 3.5, -0.0, -3.5)]


def test_clipping_is_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    grads = [3.0, -4.0, 12.0]
    for ours, theirs, limit in ((clip_grad_norm, "clip_grad_norm_", 2.0), (clip_grad_value, "clip_grad_value_", 3.5)):
        ps, x = [Value(0.0) for _ in grads], torch.zeros(3, dtype=torch.float64, requires_grad=True)
        for p, g in zip(ps, grads):
            p.grad = g
        x.grad = torch.tensor(grads, dtype=torch.float64)
        ours(ps, limit)
        getattr(torch.nn.utils, theirs)([x], limit)
        assert [p.grad for p in ps] == pytest.approx(x.grad.tolist(), rel=1e-14)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_grads_that_are_not_finite_are_not_clipped(bad: float) -> None:
    ps = [Value(0.0), Value(0.0)]
    ps[0].grad, ps[1].grad = 5.0, bad
    with pytest.raises(ArgumentError, match="norm"):
        clip_grad_norm(ps, 1.0)
    assert ps[0].grad == 5.0


@pytest.mark.parametrize(
    "optimiser, damage, message",
    [
        (lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True), {"momentum": 0.0}, "nesterov needs a momentum"),
        (lambda p: Adam(p), {"mean": None, "mean_square": None}, "after 1 steps it lacks"),
    ],
)
def test_a_state_that_contradicts_itself_changes_nothing(optimiser: Any, damage: dict[str, Any], message: str) -> None:
    parameters = [Value(1.0), Value(2.0)]
    made = optimiser(parameters)
    (parameters[0] * parameters[1]).backward()
    made.step()
    before = made.state_dict()
    damaged = {name: x for name, x in {**before, **damage}.items() if x is not None}
    with pytest.raises(StateError, match=message):
        made.load_state_dict(damaged)
    assert made.state_dict() == before
