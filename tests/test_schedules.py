"""Warm-up, chains and plateaus of the learning rate: PyTorch step by step, closed forms, states, errors."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, optim
from scalargrad.errors import ArgumentError, NumberError, StateError

# Each takes a module of schedulers, ours or PyTorch's, and an optimiser.
CHAINS: dict[str, Callable[[Any, Any], Any]] = {
    "warm-up": lambda m, o: m.LinearLR(o),
    "a line": lambda m, o: m.LinearLR(o, 0.2, 0.9, 7),
    "down": lambda m, o: m.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=3),
    "a cosine": lambda m, o: m.SequentialLR(
        o, [m.LinearLR(o, 0.1, total_iters=4), m.CosineAnnealingLR(o, T_max=10, eta_min=0.01)], [4]
    ),
    "three": lambda m, o: m.SequentialLR(
        o, [m.LinearLR(o, 0.5, total_iters=9), m.StepLR(o, 2, 0.5), m.ExponentialLR(o, 0.9)], milestones=[3, 8]
    ),
    "two lines": lambda m, o: m.SequentialLR(o, [m.LinearLR(o, 0.5, 1.0, 2), m.LinearLR(o, 1.0, 0.1, 5)], [3]),
    "one": lambda m, o: m.SequentialLR(o, [m.StepLR(o, 2, 0.5)], []),
}
PLATEAUS: list[dict[str, Any]] = [
    {},
    {"patience": 0},
    {"factor": 0.5, "patience": 1, "cooldown": 2},
    {"mode": "max", "patience": 1, "factor": 0.3, "min_lr": 0.05},
    {"threshold_mode": "abs", "threshold": 0.1, "patience": 1, "factor": 0.9},
    {"mode": "max", "threshold_mode": "abs", "threshold": 0.1, "patience": 0, "eps": 0.1, "factor": 0.5},
]
METRICS = [
    5.0,
    4.0,
    4.1,
    3.95,
    3.9501,
    4.0,
    math.nan,
    3.9,
    3.2,
    3.3,
    3.3,
    3.3,
    3.3,
    3.3,
    -1.0,
    -0.95,
    -1.05,
    -1.05,
    -1.05,
]


def descent() -> optim.SGD:
    return optim.SGD([Value(1.0)], lr=0.5)


def theirs() -> tuple[Any, Any]:
    torch = pytest.importorskip("torch")
    return torch.optim.lr_scheduler, torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.filterwarnings("ignore")  # PyTorch's: it wants a step of the optimiser first
def test_pytorch(name: str) -> None:
    ours, (module, foreign) = descent(), theirs()
    scheduler, wanted = CHAINS[name](optim, ours), CHAINS[name](module, foreign)
    for epoch in range(25):
        assert scheduler.get_last_lr() == pytest.approx(wanted.get_last_lr(), rel=1e-12, abs=1e-14), epoch
        scheduler.step()
        wanted.step()


@pytest.mark.parametrize("settings", PLATEAUS)
def test_a_plateau_is_pytorchs(settings: dict[str, Any]) -> None:
    ours, (module, foreign) = descent(), theirs()
    scheduler, wanted = optim.ReduceLROnPlateau(ours, **settings), module.ReduceLROnPlateau(foreign, **settings)
    for metric in METRICS * 3:
        scheduler.step(metric)
        wanted.step(metric)
        assert ours.lr == foreign.param_groups[0]["lr"]
        assert (scheduler.best, scheduler.num_bad_epochs, scheduler.cooldown_counter, scheduler.last_epoch) == (
            wanted.best, wanted.num_bad_epochs, wanted.cooldown_counter, wanted.last_epoch
        )  # fmt: skip


@given(st.floats(0.01, 1), st.floats(0, 1), st.integers(1, 9))
def test_a_line_is_straight_and_ends_where_it_should(start: float, end: float, epochs: int) -> None:
    optimiser = descent()
    scheduler = optim.LinearLR(optimiser, start, end, epochs)
    for epoch in range(epochs + 3):
        wanted = start + (end - start) * min(epoch / epochs, 1.0)
        assert optimiser.lr == scheduler.rate(epoch) == pytest.approx(0.5 * wanted, rel=1e-14, abs=1e-16)
        scheduler.step()
    assert optimiser.lr == 0.5 * end


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.data())
def test_a_chain_is_its_parts_one_after_the_other(lengths: list[int], data: st.DataObject) -> None:
    """Also of chains: each part as if it were alone, from its milestone on."""
    names = [data.draw(st.sampled_from(sorted(CHAINS))) for _ in lengths]
    alone = [CHAINS[name](optim, descent()) for name in names]
    optimiser = descent()
    milestones = [sum(lengths[: k + 1]) for k in range(len(lengths) - 1)]
    chain = optim.SequentialLR(optimiser, [CHAINS[name](optim, optimiser) for name in names], milestones)
    for part, length in zip(alone, lengths):
        for _ in range(length):
            assert optimiser.lr == part.optimiser.lr
            part.step()
            chain.step()


@given(st.lists(st.floats(-10, 10), max_size=30), st.integers(0, 3), st.integers(0, 3))
def test_a_plateau_by_counting(metrics: list[float], patience: int, cooldown: int) -> None:
    optimiser = descent()
    scheduler = optim.ReduceLROnPlateau(optimiser, factor=0.5, patience=patience, cooldown=cooldown, eps=0.0)
    bad: list[int] = []  # the epochs that count, since the last improvement or reduction
    reductions: list[int] = []
    for epoch, metric in enumerate(metrics):
        best = [math.inf, *_records(metrics[:epoch])][-1]
        resting = bool(reductions) and epoch - reductions[-1] <= cooldown
        bad = [] if metric < best * (1.0 - 1e-4) or resting else [*bad, epoch]
        if len(bad) > patience:
            bad = []
            reductions.append(epoch)
        scheduler.step(metric)
        assert optimiser.lr == 0.5 * 0.5 ** len(reductions)


def _records(metrics: list[float]) -> list[float]:
    """The metrics that improved."""
    found: list[float] = []
    for metric in metrics:
        if metric < (found[-1] if found else math.inf) * (1.0 - 1e-4):
            found.append(metric)
    return found


def test_a_plateau_takes_a_value() -> None:
    optimiser = descent()
    scheduler = optim.ReduceLROnPlateau(optimiser, patience=0)
    for _ in range(2):
        scheduler.step(Value(1.0) * 2)
    assert optimiser.lr == 0.05 and scheduler.best == 2.0 and type(scheduler.best) is float
    with pytest.raises(NumberError, match="metrics must be a number"):
        scheduler.step("a")  # type: ignore[arg-type]
    assert scheduler.last_epoch == 2


# --- states ----------------------------------------------------------------------------------------------------------

MAKE: dict[str, Callable[[Any], Any]] = {
    **{name: lambda o, make=make: make(optim, o) for name, make in CHAINS.items()},
    "plateau": lambda o: optim.ReduceLROnPlateau(o, patience=1, cooldown=1, factor=0.7),
    "nested": lambda o: optim.SequentialLR(o, [CHAINS["a cosine"](optim, o), CHAINS["a line"](optim, o)], [6]),
}


def rates(scheduler: Any, metrics: list[float]) -> list[float]:
    found = []
    for metric in metrics:
        scheduler.step(*[metric] * isinstance(scheduler, optim.ReduceLROnPlateau))
        found.append(scheduler.optimiser.lr)
    return found


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("after", [0, 3, 7])
def test_a_run_goes_on_where_it_stopped(name: str, after: int, tmp_path: Path) -> None:
    whole = rates(MAKE[name](descent()), METRICS)
    first = MAKE[name](descent())
    rates(first, METRICS[:after])
    sg.save(tmp_path / "run.json", optimiser=first.optimiser, scheduler=first)
    again = MAKE[name](optim.SGD([Value(1.0)], lr=77.0))
    sg.load(tmp_path / "run.json", optimiser=again.optimiser, scheduler=again)
    assert rates(again, METRICS[after:]) == whole[after:] and repr(again) == repr(_after(name))


def _after(name: str) -> Any:
    scheduler = MAKE[name](descent())
    rates(scheduler, METRICS)
    return scheduler


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("warm-up", {"start_factor": 0.0}, "start_factor must be above 0 and at most 1, got 0.0"),
        ("warm-up", {"total_iters": 0}, "total_iters must be a whole number from 1"),
        ("a cosine", {"milestones": [1, 2]}, "a list of 1 epochs"),
        ("a cosine", {"schedulers": []}, "it needs 2 schedulers"),
        ("a cosine", {"schedulers": [{}, {}], "last_epoch": 9}, "expected the state of LinearLR"),
        ("plateau", {"mode": "mean"}, "mode must be one of min, max, got 'mean'"),
        ("plateau", {"num_bad_epochs": -1}, "num_bad_epochs must be"),
        ("plateau", {"best": "x"}, "best must be a number"),
    ],
)
def test_a_damaged_state_changes_nothing(name: str, change: dict[str, Any], message: str) -> None:
    scheduler = MAKE[name](descent())
    rates(scheduler, METRICS[:3])
    before = json.loads(json.dumps(scheduler.state_dict()))
    with pytest.raises(StateError, match=message):
        scheduler.load_state_dict({**before, **change})
    if name == "a cosine":  # the first part fits, the second does not
        parts = [{**before["schedulers"][0], "total_iters": 99}, {}]
        with pytest.raises(StateError, match="CosineAnnealingLR"):
            scheduler.load_state_dict({**before, "last_epoch": 1, "schedulers": parts})
    assert scheduler.state_dict() == before


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda o: optim.LinearLR(o, 0.0), ArgumentError, "start_factor must be above 0 and at most 1, got 0.0"),
        (lambda o: optim.LinearLR(o, end_factor=1.5), ArgumentError, "end_factor must be at least 0 and at most 1"),
        (lambda o: optim.LinearLR(o, total_iters=2.5), NumberError, "total_iters must be a whole number"),
        (lambda o: optim.LinearLR(o, Value(0.5)), NumberError, "start_factor must be a number"),
        (lambda o: optim.SequentialLR(o, [], []), ArgumentError, "takes a list of schedulers"),
        (lambda o: optim.SequentialLR(o, o, []), ArgumentError, "takes a list of schedulers"),
        (lambda o: optim.SequentialLR(o, [o], []), ArgumentError, "depends on the epoch alone, got SGD"),
        (lambda o: optim.SequentialLR(o, [optim.ReduceLROnPlateau(o)], []), ArgumentError, "got ReduceLROnPlateau"),
        (lambda o: optim.SequentialLR(o, [optim.LinearLR(descent())], []), ArgumentError, "another optimiser"),
        (lambda o: optim.SequentialLR(o, [optim.LinearLR(o)], [1]), ArgumentError, "a list of 0 epochs"),
        (lambda o: optim.SequentialLR(o, [optim.StepLR(o, 1)] * 3, [2, 2]), ArgumentError, "in ascending order"),
        (lambda o: optim.SequentialLR(o, [optim.StepLR(o, 1)] * 2, [0]), ArgumentError, "from 1 on, got 0"),
        (lambda o: optim.SequentialLR(o, [optim.StepLR(o, 1)] * 2, 5), ArgumentError, "milestones must be a list"),
        (lambda o: optim.ReduceLROnPlateau(o, "mean"), ArgumentError, "mode must be one of min, max"),
        (lambda o: optim.ReduceLROnPlateau(o, factor=1.0), ArgumentError, "factor must be below 1, got 1.0"),
        (lambda o: optim.ReduceLROnPlateau(o, patience=-1), ArgumentError, "patience must be a whole number from 0"),
        (lambda o: optim.ReduceLROnPlateau(o, threshold=math.inf), ArgumentError, "threshold must be a finite"),
        (lambda o: optim.ReduceLROnPlateau([Value(1.0)]), ArgumentError, "sets the lr of an optimiser"),
    ],
)
def test_errors_say_what_was_wrong(make: Callable[[Any], Any], error: type[Exception], message: str) -> None:
    optimiser = descent()
    with pytest.raises(error, match=message):
        make(optimiser)
