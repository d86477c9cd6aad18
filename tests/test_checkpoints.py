"""`sg.save` and `sg.load`: a run that is saved and loaded continues to the same bits, or nothing changes."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any, ClassVar

import pytest

import scalargrad as sg
from scalargrad import losses, nn, optim
from scalargrad.errors import ArgumentError, StateError

OPTIMISERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda p: optim.Adam(p, lr=0.01),
    "AdamW": lambda p: optim.AdamW(p, lr=0.01, weight_decay=0.1),
}
SCHEDULERS = {
    "StepLR": lambda o: optim.StepLR(o, step_size=2, gamma=0.3),
    "ExponentialLR": lambda o: optim.ExponentialLR(o, gamma=0.7),
    "CosineAnnealingLR": lambda o: optim.CosineAnnealingLR(o, T_max=5, eta_min=1e-3),
}
INPUTS = [[random.Random(k).uniform(-1, 1), random.Random(-k).uniform(-1, 1)] for k in range(12)]


class Run:
    """A network in training, on shuffled minibatches."""

    def __init__(self, optimiser: str = "Adam", scheduler: str = "StepLR") -> None:
        self.model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
        self.optimiser: Any = OPTIMISERS[optimiser](self.model.parameters())
        self.scheduler: Any = SCHEDULERS[scheduler](self.optimiser)

    @property
    def parts(self) -> dict[str, Any]:
        return {"model": self.model, "optimiser": self.optimiser, "scheduler": self.scheduler}

    def epochs(self, count: int) -> list[str]:
        """The losses, all digits of them."""
        seen = []
        for _ in range(count):
            order = random.sample(range(len(INPUTS)), len(INPUTS))
            for start in range(0, len(order), 5):
                batch = [INPUTS[k] for k in order[start : start + 5]]
                loss = losses.mse(self.model(batch), [[a * b] for a, b in batch])
                self.optimiser.zero_grad()
                loss.backward()
                self.optimiser.step()
                seen.append(repr(loss.data))
            self.scheduler.step()
        return seen

    def state(self) -> Any:
        return [part.state_dict() for part in self.parts.values()], random.getstate()


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_run_continues_to_the_same_bits(optimiser: str, scheduler: str, tmp_path: Path) -> None:
    random.seed(3)
    first = Run(optimiser, scheduler)
    first.epochs(3)
    random.gauss(0.0, 1.0)  # leaves a spare number in the state
    sg.save(tmp_path / "run.json", **first.parts, rng=True)
    expected = first.epochs(4)
    random.seed(99)
    again = Run(optimiser, scheduler)
    sg.load(tmp_path / "run.json", **again.parts, rng=True)
    assert again.epochs(4) == expected and again.state() == first.state()


def test_a_part_alone(tmp_path: Path) -> None:
    path, run = tmp_path / "run.json", Run()
    sg.save(path, **run.parts)
    other, before = Run(), random.getstate()
    sg.load(path, model=other.model)
    assert other.model.state_dict() == run.model.state_dict() and random.getstate() == before
    run.model.save(tmp_path / "model.json")  # the file of a model alone
    third = Run()
    sg.load(tmp_path / "model.json", model=third.model)
    assert third.model.state_dict() == run.model.state_dict()
    with pytest.raises(StateError, match="has no state of optimiser, rng: it has model"):
        sg.load(tmp_path / "model.json", **{**third.parts, "scheduler": None}, rng=True)


def test_numbers_that_json_lacks(tmp_path: Path) -> None:
    class Any_:
        state: ClassVar[Any] = {
            "a": [math.inf, -math.inf, 0.1, 5e-324, -0.0],
            "b": {"c": None, "d": True, "e": 2**70, "f": "inf"},
        }

        def state_dict(self) -> Any:
            return self.state

        def load_state_dict(self, state: Any) -> None:
            self.state = state

    sg.save(tmp_path / "x", model=Any_())
    again = Any_()
    again.state = {}
    sg.load(tmp_path / "x", model=again)
    assert repr(again.state) == repr(Any_.state)
    again.state = {"a": math.nan}
    sg.save(tmp_path / "x", model=again)
    sg.load(tmp_path / "x", model=again)
    assert math.isnan(again.state["a"])
    again.state = {"a": object()}
    with pytest.raises(ArgumentError, match="has the type object, and a file holds numbers, texts, bools"):
        sg.save(tmp_path / "x", model=again)


@pytest.mark.parametrize("what", ["optimiser", "scheduler", "rng", "model", "interrupt"])
def test_a_load_that_fails_changes_nothing(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    saved = Run("momentum", "StepLR")
    saved.epochs(2)
    sg.save(path, **saved.parts, rng=True)
    random.random()
    other = Run("Adam" if what == "optimiser" else "momentum", "ExponentialLR" if what == "scheduler" else "StepLR")
    if what == "model":
        other.model = nn.Linear(2, 2)  # type: ignore[assignment]
    other.epochs(1) if what != "model" else None
    expected: type[BaseException] = StateError
    if what == "rng":
        monkeypatch.setattr(random, "setstate", _once_refused(random.setstate))
    if what == "interrupt":
        expected = KeyboardInterrupt
        monkeypatch.setattr(optim.StepLR, "load_state_dict", _interrupted(optim.StepLR.load_state_dict))
    before = other.state()
    with pytest.raises(expected):
        sg.load(path, **other.parts, rng=True)
    assert other.state() == before


def _once_refused(setstate: Any) -> Any:
    calls = iter([True])

    def refused(state: Any) -> None:
        if next(calls, False):
            raise ValueError("refused")
        setstate(state)

    return refused


def _interrupted(load: Any) -> Any:
    calls = iter([True])

    def interrupted(self: Any, state: Any) -> None:
        load(self, state)
        if next(calls, False):
            raise KeyboardInterrupt

    return interrupted


def test_what_cannot_be_saved_or_loaded(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for function in (sg.save, sg.load):
        with pytest.raises(ArgumentError, match="nothing to save or load: pass model="):
            function(path)
        with pytest.raises(ArgumentError, match="model needs the methods state_dict and load_state_dict, got list"):
            function(path, model=[1.0])  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        sg.load(path, rng=True)
    for text in ("", "[]", '{"format": "another"}'):
        path.write_text(text)
        with pytest.raises(StateError, match="is not a state saved by scalargrad"):
            sg.load(path, rng=True)
    sg.save(path, rng=True)
    found = json.loads(path.read_text())
    found["state"]["rng"]["numbers"][0] ^= 1
    path.write_text(json.dumps(found))
    with pytest.raises(StateError, match="do not match its checksum"):
        sg.load(path, rng=True)


def test_a_saved_run_stays_whole_when_the_next_cannot_be_written(tmp_path: Path) -> None:
    path, run = tmp_path / "run.json", Run()
    sg.save(path, **run.parts)
    before = path.read_bytes()
    run.optimiser.state_dict = lambda: {"x": object()}
    with pytest.raises(ArgumentError):
        sg.save(path, **run.parts)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["run.json"]


# --- schedulers ------------------------------------------------------------------------------------------------------


def rates(scheduler: Any, count: int) -> list[float]:
    found = scheduler.get_last_lr()
    for _ in range(count):
        scheduler.step()
        found += scheduler.get_last_lr()
    return found  # type: ignore[no-any-return]


def optimiser(lr: float = 0.8) -> Any:
    return optim.SGD([sg.Value(1.0)], lr=lr)


def test_rates_follow_pytorchs_recursions() -> None:
    """As its schedulers compute them, each rate from the one before."""
    steps, powers, cosines = [0.8], [0.8], [0.8]
    for epoch in range(1, 13):
        steps.append(steps[-1] * 0.1 if epoch % 3 == 0 else steps[-1])
        powers.append(powers[-1] * 0.9)
        cosines.append(0.1 + (0.8 - 0.1) * (1 + math.cos(math.pi * epoch / 5)) / 2)
    assert rates(optim.StepLR(optimiser(), 3), 12) == pytest.approx(steps, rel=1e-14)
    assert rates(optim.ExponentialLR(optimiser(), 0.9), 12) == pytest.approx(powers, rel=1e-14)
    assert rates(optim.CosineAnnealingLR(optimiser(), T_max=5, eta_min=0.1), 12) == pytest.approx(cosines, rel=1e-14)


def test_a_cosine_meets_its_ends() -> None:
    found = rates(optim.CosineAnnealingLR(optimiser(1.0), T_max=4), 8)
    assert (found[0], found[2], found[4], found[6], found[8]) == (1.0, 0.5, 0.0, 0.5, 1.0)


@pytest.mark.parametrize(("make", "text"), [
    (lambda o: optim.StepLR(o, 0), "step_size must be a whole number from 1 on, got 0"),
    (lambda o: optim.StepLR(o, 1.5), "step_size must be a whole number, got float 1.5"),
    (lambda o: optim.StepLR(o, 2, gamma=-1), "gamma must be a finite number that is not negative, got -1"),
    (lambda o: optim.ExponentialLR(o, math.inf), "gamma must be a finite number"),
    (lambda o: optim.CosineAnnealingLR(o, "5"), "T_max must be a whole number, got str '5'"),
    (lambda o: optim.CosineAnnealingLR(o, 5, eta_min=math.nan), "eta_min must be a finite number"),
    (lambda o: optim.StepLR([o], 2), "a scheduler sets the lr of an optimiser, got list"),
])  # fmt: skip
def test_settings_that_do_not_fit(make: Any, text: str) -> None:
    with pytest.raises(sg.ScalargradError, match=text):
        make(optimiser())


@pytest.mark.parametrize("change", [
    {"scheduler": "ExponentialLR"}, {"gamma": "x"}, {"gamma": -1.0}, {"step_size": 0}, {"last_epoch": -1},
    {"last_epoch": 0.5}, {"base_lr": None},
], ids=str)  # fmt: skip
def test_a_damaged_state_of_a_scheduler(change: dict[str, Any]) -> None:
    scheduler = optim.StepLR(optimiser(), 3)
    scheduler.step()
    before = scheduler.state_dict()
    with pytest.raises(StateError):
        scheduler.load_state_dict({**before, "gamma": 0.5, **change})
    with pytest.raises(StateError, match="expected the state of StepLR, got 'list'"):
        scheduler.load_state_dict([])  # type: ignore[arg-type]
    assert scheduler.state_dict() == before
