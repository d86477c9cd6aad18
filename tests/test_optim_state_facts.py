"""States of optimisers: what they hold, that they are copies, and that one that does not fit changes nothing."""

from __future__ import annotations

import copy
import json
import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from scalargrad import Value
from scalargrad.errors import StateError
from scalargrad.optim import SGD, Adam, AdamW, Optimiser


def steps(optimiser: Optimiser, grads: tuple[float, ...]) -> list[float]:
    """Where the one parameter stands after each step."""
    (p,) = optimiser.parameters
    found = []
    for p.grad in grads:
        optimiser.step()
        found.append(p.data)
    return found


def test_what_a_state_holds() -> None:
    ps = [Value(1.0), Value(2.0)]
    sgd = {"optimiser": "SGD", "parameters": 2, "steps": 0, "lr": 0.5, "momentum": 0.5, "dampening": 0.25,
           "weight_decay": 0.125, "nesterov": False}  # fmt: skip
    optimiser = SGD(ps, 0.5, 0.5, 0.25, 0.125)
    assert json.dumps(optimiser.state_dict()) == json.dumps(sgd)
    ps[0].grad, ps[1].grad = 1.0, -1.0
    optimiser.step()
    assert json.dumps(optimiser.state_dict()) == json.dumps({**sgd, "steps": 1, "velocity": [1.125, -0.75]})
    adam = Adam(ps, 0.5, (0.5, 0.75), 0.25, 0.0)
    adam.step()
    wanted = {"optimiser": "Adam", "parameters": 2, "steps": 1, "lr": 0.5, "beta1": 0.5, "beta2": 0.75, "eps": 0.25,
              "weight_decay": 0.0, "mean": [0.5, -0.5], "mean_square": [0.25, 0.25]}  # fmt: skip
    assert json.dumps(adam.state_dict()) == json.dumps(wanted)
    assert SGD(ps, 0.5, 0.5, nesterov=True).state_dict()["nesterov"] is True


def test_a_state_is_a_copy() -> None:
    p = Value(1.0)
    optimiser = SGD([p], 0.5, momentum=0.5)
    steps(optimiser, (1.0,))
    state = optimiser.state_dict()
    steps(optimiser, (1.0,))
    assert state["velocity"] == [1.0] and state["steps"] == 1
    optimiser.load_state_dict(state)
    state["velocity"][0] = 77.0
    assert optimiser.state_dict() == {**state, "velocity": [1.0]}


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_have_parameters_and_memories(again: Callable[[Any], Any]) -> None:
    optimiser = SGD([Value(1.0)], lr=0.5, momentum=0.5)
    steps(optimiser, (1.0,))
    twin = again(optimiser)
    assert (twin.parameters[0] is optimiser.parameters[0]) is (again is copy.copy)
    assert steps(twin, (2.0, -4.0)) == [-0.75, 0.625]
    assert optimiser.state_dict()["velocity"] == [1.0]
    if again is not copy.copy:
        assert steps(optimiser, (2.0, -4.0)) == [-0.75, 0.625]


def _stepped(kind: type) -> Optimiser:
    ps = [Value(1.0), Value(2.0)]
    ps[0].grad, ps[1].grad = 1.0, -1.0
    optimiser: Optimiser = kind(ps, 0.5, **({"momentum": 0.5} if kind is SGD else {}))
    optimiser.step()
    return optimiser


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (SGD, {"optimiser": "Adam"}, "expected the state of SGD, got 'Adam'"),
        (AdamW, {"optimiser": "Adam"}, "expected the state of AdamW, got 'Adam'"),
        (SGD, {"parameters": 3}, "the state is for 3 parameters, this SGD has 2"),
        (SGD, {"lr": ...}, "the state of SGD is damaged: 'lr'"),
        (SGD, {"nesterov": ...}, "the state of SGD is damaged: 'nesterov'"),
        (SGD, {"steps": ...}, "the state of SGD is damaged: 'steps'"),
        (SGD, {"steps": 1.0}, "the state of SGD is damaged: .*float"),
        (SGD, {"steps": -1}, "steps out of range, or a negative mean of squares"),
        (SGD, {"steps": 2**53}, "steps out of range, or a negative mean of squares"),
        (SGD, {"momentum": -0.5}, "momentum must be a finite number that is not negative, got -0.5"),
        (SGD, {"lr": math.inf}, "lr must be a finite number that is not negative, got inf"),
        (SGD, {"lr": "0.5"}, "the state of SGD is damaged: .*str"),
        (SGD, {"nesterov": True, "dampening": 0.5}, "the state of SGD is damaged: nesterov needs a momentum"),
        (SGD, {"velocity": [1.0]}, r"each of \['velocity'\] needs one number per parameter"),
        (SGD, {"velocity": [1.0, 2.0, 3.0]}, r"each of \['velocity'\] needs one number per parameter"),
        (SGD, {"velocity": ["a", 1.0]}, "the state of SGD is damaged"),
        (SGD, {"velocity": ...}, r"after 5 steps it lacks \('velocity',\)"),
        (Adam, {"beta2": 1.0}, "beta2 must be at least 0 and below 1.0, got 1.0"),
        (Adam, {"mean": ...}, r"each of \['mean_square'\] needs one number per parameter"),
        (Adam, {"mean_square": ...}, r"each of \['mean'\] needs one number per parameter"),
        (Adam, {"mean_square": [1.0, -1.0]}, "a negative mean of squares"),
        (Adam, {"mean_square": [1.0]}, "needs one number per parameter"),
    ],
)  # fmt: skip
def test_a_state_that_does_not_fit_changes_nothing(kind: type, change: dict[str, Any], message: str) -> None:
    optimiser = _stepped(kind)
    before, numbers = optimiser.state_dict(), [p.data for p in optimiser.parameters]
    bad = {name: x for name, x in {**before, "lr": 0.125, "steps": 5, **change}.items() if x is not ...}
    with pytest.raises(StateError, match=message):
        optimiser.load_state_dict(bad)
    assert optimiser.state_dict() == before and [p.data for p in optimiser.parameters] == numbers


def test_states_at_the_edge_of_what_fits() -> None:
    optimiser = _stepped(Adam)
    optimiser.load_state_dict(
        {**optimiser.state_dict(), "steps": 2**53 - 1, "mean_square": [0.0, 0.0], "mean": [-1.0, 1.0]}
    )
    state = optimiser.state_dict()
    assert (state["steps"], state["mean"], state["mean_square"]) == (2**53 - 1, [-1.0, 1.0], [0.0, 0.0])
    for fresh in (SGD([Value(1.0)], 0.5), SGD([Value(1.0)], 0.5, 0.5), Adam([Value(1.0)])):
        fresh.load_state_dict(fresh.state_dict())  # no step yet: there is nothing to remember
    plain = SGD([Value(1.0)], 0.5)
    plain.step()
    again = SGD([Value(1.0)], 9.0, 0.75)
    again.load_state_dict(plain.state_dict())
    assert again.state_dict() == plain.state_dict() and again.momentum == 0.0
