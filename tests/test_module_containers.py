"""Where modules find their parameters: in every container that has an order; sets are refused."""

from __future__ import annotations

import collections
import types
from typing import Any

import numpy as np
import pytest

from scalargrad import Matrix, Value, Vector, nn
from scalargrad.errors import ArgumentError, ShapeError, StateError
from scalargrad.optim import SGD


class Holds(nn.Module):
    def __init__(self, weights: Any) -> None:
        self.weights = weights


def objects(items: Any, shape: tuple[int, ...]) -> Any:
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made.reshape(shape)


def leaves(n: int) -> list[Value]:
    return [Value(float(k)) for k in range(n)]


A, B, C = leaves(3)
FOUND: dict[str, tuple[Any, list[str], dict[str, Any]]] = {
    "array (3,)": (objects([A, B, C], (3,)), ["0", "1", "2"], {"weights": [0.0, 1.0, 2.0]}),
    "array (3, 1)": (objects([A, B, C], (3, 1)), ["0.0", "1.0", "2.0"], {"weights": [[0.0], [1.0], [2.0]]}),
    "array (1, 1, 3)": (objects([A, B, C], (1, 1, 3)), ["0.0.0", "0.0.1", "0.0.2"], {"weights": [[[0.0, 1.0, 2.0]]]}),
    "array, turned": (objects([A, B, C], (1, 3)).T, ["0.0", "1.0", "2.0"], {"weights": [[0.0], [1.0], [2.0]]}),
    "array of vectors": (
        objects([Vector([A, B]), Vector([C])], (2,)), ["0.0", "0.1", "1.0"],
        {"weights.0": [0.0, 1.0], "weights.1": [2.0]},
    ),
    "array of modules": (
        objects([Holds(A), Holds([B, C])], (1, 2)), ["0.0.weights", "0.1.weights.0", "0.1.weights.1"],
        {"weights.0.0.weights": 0.0, "weights.0.1.weights": [1.0, 2.0]},
    ),
    "deque": (collections.deque([A, B, C]), ["0", "1", "2"], {"weights": [0.0, 1.0, 2.0]}),
    "UserList": (collections.UserList([A, B, C]), ["0", "1", "2"], {"weights": [0.0, 1.0, 2.0]}),
    "proxy": (types.MappingProxyType({"a": A, "b": [B, C]}), ["a", "b.0", "b.1"],
              {"weights.a": 0.0, "weights.b": [1.0, 2.0]}),
    "OrderedDict": (collections.OrderedDict(b=A, a=B, c=C), ["b", "a", "c"],
                    {"weights.b": 0.0, "weights.a": 1.0, "weights.c": 2.0}),
    "values": ({"a": A, "b": B, "c": C}.values(), ["0", "1", "2"], {"weights": [0.0, 1.0, 2.0]}),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_parameters_are_found_in_order(name: str) -> None:
    weights, names, state = FOUND[name]
    model = Holds(weights)
    assert [id(p) for p in model.parameters()] == [id(A), id(B), id(C)]
    assert [found for found, _ in model.named_parameters()] == [f"weights.{part}" for part in names]
    assert model.state_dict() == state
    for p in (A, B, C):
        p.grad = 1.0
    model.zero_grad()
    assert A.grad == B.grad == C.grad == 0.0
    model.load_state_dict({key: _doubled(x) for key, x in state.items()})
    assert [A.data, B.data, C.data] == [0.0, 2.0, 4.0]
    model.load_state_dict(state)
    assert [A.data, B.data, C.data] == [0.0, 1.0, 2.0]


def _doubled(x: Any) -> Any:
    return [_doubled(item) for item in x] if isinstance(x, list) else 2 * x


def test_a_module_with_an_object_array_trains() -> None:
    class Line(nn.Module):
        def __init__(self) -> None:
            self.w = np.array([[Value(0.0), Value(0.0)]], dtype=object)

        def __call__(self, x: Any) -> Any:
            return (self.w @ np.array(x))[0]

    line = Line()
    optimiser = SGD(line.parameters(), lr=0.1)
    for _ in range(200):
        loss = (line([1.0, 2.0]) - 3.0) ** 2 + (line([2.0, -1.0]) - 1.0) ** 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert [round(w.data, 6) for w in line.parameters()] == [1.0, 1.0]


def test_states_of_object_arrays() -> None:
    model = Holds(objects([Value(1.0), 2.0, Value(3.0), 4], (2, 2)))  # floats are pruned weights
    model.load_state_dict({"weights": [[5.0, 6.0], [7.0, 8.0]]})
    assert model.state_dict() == {"weights": [[5.0, 6.0], [7.0, 8.0]]} and model.weights[0, 1] == 6.0
    assert Holds(np.array(Value(2.0), dtype=object)).state_dict() == {"weights": 2.0}
    assert Holds(np.zeros((2, 2))).parameters() == Holds(objects([1.0, 2.0], (2,))).parameters() == []
    assert Holds(Vector([1.0]) > 0).state_dict() == Holds(Vector([]) > 0).state_dict() == {}  # a Mask is no parameter
    deep = Holds(objects(leaves(4), (1, 2, 2)))
    for wrong, found in (([[1.0, 2.0]], r"\(1, 2\)"), ([[[1.0], [2.0]]], r"\(1, 2, 1\)"), (1.0, r"\(\)"),
                         ([[[1.0, 2.0], [3.0]]], "various"), ([[[[1.0]]]], r"\(1, 1, 1, 1\)")):  # fmt: skip
        with pytest.raises(StateError, match=rf"weights has shape \(1, 2, 2\) in the model, .*{found}"):
            deep.load_state_dict({"weights": wrong})
    with pytest.raises(StateError, match="non-number"):
        deep.load_state_dict({"weights": [[[1.0, 2.0], [3.0, "a"]]]})


@pytest.mark.parametrize("kind", [list, collections.deque, collections.UserList])
def test_states_set_pruned_weights_in_place(kind: Any) -> None:
    held = kind([Value(1.0), 2.0, 3.0])
    model = Holds(held)
    model.load_state_dict({"weights": [4.0, 5.0, 6.0]})
    assert model.weights is held and [getattr(w, "data", w) for w in held] == [4.0, 5.0, 6.0] and held[1] == 5.0


@pytest.mark.parametrize(
    "part", [Value(1.0), Vector([1.0]), Matrix([[1.0]]), nn.Linear(1, 1)], ids=lambda x: type(x).__name__
)
def test_sets_are_refused(part: Any) -> None:
    kinds = [frozenset, set] if part.__hash__ else []
    for kind in kinds:
        for model in (Holds(kind([part])), Holds({"a": [kind([part, "b"])]})):
            for call in (
                model.parameters,
                model.state_dict,
                model.zero_grad,
                lambda m=model: list(m.named_parameters()),
            ):
                with pytest.raises(
                    ArgumentError, match=rf"weights.* is a {kind.__name__} with a {type(part).__name__} in it"
                ):
                    call()
    assert Holds({"a", 1, (2, 3)}).parameters() == []  # of other things, a set is a set


@pytest.mark.parametrize(
    "sample", [[], [1.0], [1.0, 2.0, 3.0], Vector([1.0]), np.ones(3), iter([1.0]), range(4), (1.0,)]
)
def test_a_sample_of_another_length(sample: Any) -> None:
    for model in (nn.Neuron(2), nn.Layer(2, 3), nn.Layer(2, 1), nn.MLP(2, [4, 1]), nn.MLP(2, [1])):
        with pytest.raises(ShapeError, match=r"inputs"):
            model(list(sample) if hasattr(sample, "__next__") else sample)
    with pytest.raises(ShapeError, match=r"ReLUNeuron\(2\) takes 2 inputs per sample, got"):
        nn.Neuron(2)(sample)


def test_samples_of_every_kind_that_fit() -> None:
    for model in (nn.Neuron(2), nn.Layer(2, 3), nn.MLP(2, [4, 1])):
        wanted = model([1.0, 2.0])
        for sample in (
            (1.0, 2.0),
            np.array([1.0, 2.0]),
            iter([1.0, 2.0]),
            (k + 1.0 for k in range(2)),
            range(1, 3),
            Vector([1.0, 2.0]),
        ):
            found: Any = model(sample)  # type: ignore[operator]
            assert [v.data for v in np.ravel(found)] == [v.data for v in np.ravel(wanted)]  # type: ignore[attr-defined]
    for wrong in (1.0, Value(1.0), None):
        with pytest.raises(ShapeError, match="a sample is a list of numbers"):
            nn.Neuron(1)(wrong)  # type: ignore[arg-type]
