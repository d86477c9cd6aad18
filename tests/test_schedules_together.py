"""Several schedulers of one optimiser, and rates that are set by hand: PyTorch step by step, and products."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalargrad import Value, optim
from tests.test_schedules import descent, theirs

# Several on one optimiser, whose rate is also set by hand: each changes the rate that it finds.
TOGETHER: dict[str, Callable[[Any, Any], list[Any]]] = {
    "products": lambda m, o: [m.LinearLR(o, 0.1, total_iters=4), m.ExponentialLR(o, 0.9), m.StepLR(o, 3, 0.5)],
    "a warm-up, then a plateau": lambda m, o: [m.LinearLR(o, 0.5, total_iters=2), m.ReduceLROnPlateau(o, patience=1)],
    "a line to 0": lambda m, o: [m.LinearLR(o, 1.0, 0.0, 3)],
    "a cosine": lambda m, o: [m.CosineAnnealingLR(o, 4, eta_min=0.01), m.ExponentialLR(o, 0.9)],
    "a chain": lambda m, o: [
        m.SequentialLR(o, [m.LinearLR(o, 0.5, total_iters=4), m.CosineAnnealingLR(o, 5), m.StepLR(o, 2)], [3, 9])
    ],
}


@pytest.mark.parametrize("by_hand", [{}, {2: 8.0}, {4: 0.25, 10: 2.0}])
@pytest.mark.parametrize("name", TOGETHER)
@pytest.mark.filterwarnings("ignore")  # PyTorch's: it wants a step of the optimiser first
def test_a_rate_that_was_set_elsewhere(name: str, by_hand: dict[int, float]) -> None:
    ours, (module, foreign) = descent(), theirs()
    schedulers, wanted = TOGETHER[name](optim, ours), TOGETHER[name](module, foreign)
    for epoch in range(15):
        if epoch in by_hand:
            ours.lr = foreign.param_groups[0]["lr"] = by_hand[epoch]
        for each in (*schedulers, *wanted):
            each.step(*[1.0] * ("Plateau" in type(each).__name__))
        assert ours.lr == pytest.approx(foreign.param_groups[0]["lr"], rel=1e-12, abs=1e-14), epoch


@given(st.floats(0.01, 1), st.floats(0, 1), st.integers(1, 9))
def test_a_warm_up_times_a_decay(start: float, gamma: float, epochs: int) -> None:
    optimiser = descent()
    parts = [optim.LinearLR(optimiser, start, 1.0, epochs), optim.ExponentialLR(optimiser, gamma)]
    for epoch in range(1, epochs + 3):
        for part in parts:
            part.step()
        assert optimiser.lr == pytest.approx(
            0.5 * (start + (1.0 - start) * min(epoch / epochs, 1.0)) * gamma**epoch, rel=1e-13, abs=1e-300
        )


LATER: dict[str, Callable[[Any, Any], list[Any]]] = {
    "a cosine": lambda m, o: [m.LinearLR(o, 0.1, 0.5, 7), m.CosineAnnealingLR(o, 7)],
    "a line": lambda m, o: [m.LinearLR(o, 0.1, 0.5, 7), m.LinearLR(o, 0.25, 1.0, 3)],
    "a chain": lambda m, o: [
        m.StepLR(o, 2, 0.5),
        m.SequentialLR(o, [m.LinearLR(o, 0.1, 1.0, 4), m.CosineAnnealingLR(o, 5, 0.01)], [4]),
    ],
    "after a plateau": lambda m, o: [m.ReduceLROnPlateau(o, factor=0.5, patience=0), m.CosineAnnealingLR(o, 4)],
}


@pytest.mark.parametrize("by_hand", [None, 0.02])
@pytest.mark.parametrize("name", LATER)
@pytest.mark.filterwarnings("ignore")  # PyTorch's: it wants a step of the optimiser first
def test_a_scheduler_that_is_made_later_starts_from_the_first_rate(name: str, by_hand: float | None) -> None:
    """From the lr that the optimiser had before its first scheduler, while the lr in use may be another."""
    ours, (module, foreign) = descent(), theirs()
    mine, wanted = [optim.ExponentialLR(ours, 0.9)], [module.ExponentialLR(foreign, 0.9)]
    for epoch in range(24):
        if epoch == 3:
            if by_hand:
                ours.lr = foreign.param_groups[0]["lr"] = by_hand
            mine += LATER[name](optim, ours)
            wanted += LATER[name](module, foreign)
        for each in (*mine, *wanted):
            each.step(*[1.0] * ("Plateau" in type(each).__name__))
        assert ours.lr == pytest.approx(foreign.param_groups[0]["lr"], rel=1e-12, abs=1e-14), epoch


def test_a_state_has_the_first_rate() -> None:
    """With PyTorch's numbers: a warm-up to a half, and a cosine that starts from the rate before the warm-up."""
    optimiser = optim.SGD([Value(1.0)], lr=0.1)
    assert "initial_lr" not in optimiser.state_dict()
    parts = [optim.LinearLR(optimiser, 0.1, 0.5, 7), optim.CosineAnnealingLR(optimiser, 7)]
    assert optimiser.lr == 0.1 * 0.1 and [part.base_lr for part in parts] == [0.1, 0.1]
    fresh = optim.SGD([Value(1.0)], lr=0.3)
    fresh.load_state_dict(json.loads(json.dumps(optimiser.state_dict())))
    assert (
        fresh.lr == optimiser.lr and optim.ExponentialLR(fresh, 0.5).base_lr == copy.deepcopy(fresh).initial_lr == 0.1
    )
    bare = optim.SGD([Value(1.0)], lr=0.3).state_dict()
    fresh.load_state_dict(bare)
    assert fresh.initial_lr is None and fresh.state_dict() == bare
    rates = []
    for _ in range(8):
        for part in parts:
            part.step()
        rates.append(optimiser.lr)
    assert abs(rates[6]) < 1e-15 and rates[7] == pytest.approx(0.00495155660487905, rel=1e-12)


def test_whatever_has_a_rate_takes_schedulers() -> None:
    class Bare:
        __slots__ = ("lr",)

    bare = Bare()
    bare.lr = 0.5
    optim.LinearLR(bare, 0.5)
    assert optim.ExponentialLR(bare, 0.5).base_lr == bare.lr == 0.25


def test_a_chain_in_a_chain_knows_its_own_milestones() -> None:
    def nested(rate: float) -> list[float]:
        optimiser = descent()
        inner = optim.SequentialLR(
            optimiser, [optim.ExponentialLR(optimiser, 0.5), optim.ExponentialLR(optimiser, 0.25)], [2]
        )
        outer = optim.SequentialLR(optimiser, [optim.StepLR(optimiser, 9), inner], [2])
        rates = []
        for epoch in range(6):
            optimiser.lr = rate if epoch == 2 else optimiser.lr
            outer.step()
            rates.append(optimiser.lr)
        return rates

    assert nested(0.5) == [0.5, 0.5, 0.25, 0.5, 0.125, 0.03125]
    assert nested(4.0) == [0.5, 0.5, 2.0, 0.5, 0.125, 0.03125]
