"""States of modules, by hand: names and their order, what does not fit, and what a failed load leaves."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from scalargrad import Matrix, Value, Vector, nn
from scalargrad.errors import StateError
from tests.support.engines import bits


class Holder(nn.Module):
    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


# --- names ------------------------------------------------------------------------------------------------------------


def everything() -> Holder:
    shared = Value(1.0)
    model = Holder(
        z=shared, a=Vector([2.0, 3.0]), m=Matrix([[4.0, 5.0], [6.0, 7.0]]), w=[Value(8.0), 0.5, Value(9.0)],
        nested=[[Value(10.0)], (Value(11.0), Value(12.0))], d={"k": Value(13.0), 3: [Value(14.0)]},
        tied=shared, again=[shared, Value(15.0)], part=Holder(x=Value(16.0), _x=Value(0.0)), empty=Vector([]),
        result=shared * 2, results=Vector([1.0]) * 2, sizes=[1, 2], name="a", none=None, _own=Value(0.0),
    )  # fmt: skip
    model.itself = model  # type: ignore[attr-defined]
    model.parts = [model.part, model]  # type: ignore[attr-defined]
    return model


def test_names_and_their_order() -> None:
    """Attributes in the order of their making, depth first; each part at its first place, each parameter once."""
    model = everything()
    assert {name: p.data for name, p in model.named_parameters()} == {
        "z": 1.0, "a.0": 2.0, "a.1": 3.0, "m.0.0": 4.0, "m.0.1": 5.0, "m.1.0": 6.0, "m.1.1": 7.0, "w.0": 8.0,
        "w.2": 9.0, "nested.0.0": 10.0, "nested.1.0": 11.0, "nested.1.1": 12.0, "d.k": 13.0, "d.3.0": 14.0,
        "again.1": 15.0, "part.x": 16.0,
    }  # fmt: skip
    assert [p.data for p in model.parameters()] == [float(k) for k in range(1, 17)]
    state = model.state_dict()
    assert json.dumps(state) == json.dumps({
        "z": 1.0, "a": [2.0, 3.0], "m": [[4.0, 5.0], [6.0, 7.0]], "w": [8.0, 0.5, 9.0], "nested.0": [10.0],
        "nested.1": [11.0, 12.0], "d.k": 13.0, "d.3": [14.0], "tied": 1.0, "again": [1.0, 15.0], "part.x": 16.0,
        "empty": [],
    })  # fmt: skip
    other = everything()
    for p in other.parameters():
        p.data += 100.0
    other.load_state_dict(state)
    assert other.state_dict() == state and other.w[1] == 0.5  # type: ignore[attr-defined]


def test_a_module_that_names_its_parameters_itself() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            self.a, self.b = Value(1.0), Value(2.0)

        def parameters(self) -> list[Value]:
            return [self.b]

    own = Own()
    own.a.grad = own.b.grad = 5.0
    own.zero_grad()
    assert (own.a.grad, own.b.grad) == (5.0, 0.0)
    assert list(own.state_dict()) == ["a", "b"] and [n for n, _ in own.named_parameters()] == ["a", "b"]


# --- what does not fit ------------------------------------------------------------------------------------------------

MISFITS: list[tuple[dict[str, Any], str]] = [
    ({"z": ...}, "the state does not fit Holder: it lacks z"),
    ({"more": 1.0}, "the state does not fit Holder: the model lacks more"),
    ({"z": ..., "a": ..., "m": ..., "w": ..., "d.k": ..., "x": 1.0, 7: 1.0, "y": 1.0, "t": 1.0},
     "the state does not fit Holder: it lacks z, a, m and 2 more; the model lacks x, 7, y and 1 more"),
    ({"z": ..., "a": ..., "m": ...}, "the state does not fit Holder: it lacks z, a, m"),
    ({"z": [1.0]}, "z has shape () in the model, (1,) in the state"),
    ({"z": "1.0"}, "z: the state has a non-number"),
    ({"z": None}, "z: the state has a non-number"),
    ({"z": Value(1.0)}, "z: the state has a non-number"),
    ({"z": 10**400}, "z: a number is too large for a double"),
    ({"a": 1.0}, "a has shape (2,) in the model, () in the state"),
    ({"a": [1.0]}, "a has shape (2,) in the model, (1,) in the state"),
    ({"a": [1.0, 2.0, 3.0]}, "a has shape (2,) in the model, (3,) in the state"),
    ({"a": [[1.0, 2.0]]}, "a has shape (2,) in the model, (1, 2) in the state"),
    ({"a": [[1.0], [2.0]]}, "a has shape (2,) in the model, (2, 1) in the state"),
    ({"a": [1.0, [2.0]]}, "a: the state has a non-number"),
    ({"a": [1.0, 10**400]}, "a: a number is too large for a double"),
    ({"m": [4.0, 5.0, 6.0, 7.0]}, "m has shape (2, 2) in the model, (4,) in the state"),
    ({"m": [[4.0, 5.0]]}, "m has shape (2, 2) in the model, (1, 2) in the state"),
    ({"m": [[4.0, 5.0], [6.0]]}, "m has shape (2, 2) in the model, (2, 'various') in the state"),
    ({"m": [[4.0, 5.0], 6.0]}, "m has shape (2, 2) in the model, (2,) in the state"),
    ({"m": [[4.0, 5.0], [6.0, "7"]]}, "m: the state has a non-number"),
    ({"empty": [1.0]}, "empty has shape (0,) in the model, (1,) in the state"),
    ({"nested.1": [1.0, None]}, "nested.1: the state has a non-number"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), MISFITS)
def test_a_state_that_does_not_fit_changes_nothing(change: dict[str, Any], message: str) -> None:
    model = everything()
    before = json.dumps(model.state_dict())
    numbers = {name: [x + 50.0 for x in v] if name == "a" else v for name, v in model.state_dict().items()}
    state = {name: x for name, x in {**numbers, "w": [80.0, 0.75, 90.0], **change}.items() if x is not ...}
    with pytest.raises(StateError) as caught:
        model.load_state_dict(state)
    assert str(caught.value) == message and json.dumps(model.state_dict()) == before
    for foreign in (None, [], "z", 1.0):
        with pytest.raises(
            StateError, match=rf"^a state must be a dict of names and numbers, got {type(foreign).__name__}$"
        ):
            model.load_state_dict(foreign)  # type: ignore[arg-type]


def test_constants_and_results_beside_parameters() -> None:
    """In a list a pruned weight is set; in a tuple, whose items are what they are, another number does not fit."""
    p, q = Value(1.0), Value(2.0)
    listed, fixed = Holder(w=[0.5, p, 3]), Holder(w=(0.5, q, math.nan))
    listed.load_state_dict({"w": [0.25, 4.0, 3.0]})
    assert listed.w == [0.25, 4.0, 3] and listed.w[1] is p and type(listed.w[0]) is float  # type: ignore[attr-defined]
    assert type(listed.w[2]) is int  # type: ignore[attr-defined]
    fixed.load_state_dict({"w": [0.5, 4.0, math.nan]})
    assert q.data == 4.0
    for wrong in ([0.25, 5.0, math.nan], [math.nan, 5.0, math.nan]):
        with pytest.raises(StateError, match=r"^w: element 0 is a constant, so it cannot be set$"):
            fixed.load_state_dict({"w": wrong})
    assert q.data == 4.0 and fixed.w[0] == 0.5  # type: ignore[attr-defined]
    mixed = Holder(a=p, w=[0.5, q, p * 2])
    with pytest.raises(StateError, match=r"^w: element 2 is the result of \*, so it cannot be set$"):
        mixed.load_state_dict({"a": 9.0, "w": [9.0, 9.0, 9.0]})
    assert (p.data, q.data, mixed.w[0]) == (4.0, 4.0, 0.5)  # type: ignore[attr-defined]


def test_loading_sets_numbers_and_no_grads() -> None:
    model = Holder(w=Vector([1.0, 2.0]), b=Value(3.0))
    leaves = model.parameters()
    for p in leaves:
        p.grad = 7.0
    state = model.state_dict()
    model.load_state_dict({"b": -0.0, "w": (True, 2)})
    assert [bits(p.data) for p in leaves] == [bits(x) for x in (1.0, 2.0, -0.0)] and all(p.grad == 7.0 for p in leaves)
    assert all(a is b for a, b in zip(leaves, model.parameters()))
    state["w"][0] = 99.0  # what was given is a copy
    assert model.state_dict()["w"] == [1.0, 2.0]
