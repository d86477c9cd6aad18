"""Micrograd's layers by hand: samples and batches, neurons of a subclass, edits of their lists."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, nn


class Scaled(nn.Neuron):
    """A neuron with a parameter of its own, and with more, in a list whose edits nobody sees."""

    more: tuple[list[Value], ...] = ([],)

    def __init__(self, nin: int) -> None:
        super().__init__(nin, nonlin=False)
        self.scale = Value(3.0)

    def __call__(self, x: Any) -> Any:
        return super().__call__(x) * self.scale

    def parameters(self) -> list[Value]:
        return [*super().parameters(), self.scale, *self.more[0]]


def test_neurons_of_a_subclass_keep_their_own_parameters() -> None:
    """Also those that they get later: what a layer keeps of its neurons' parameters is for plain neurons alone."""
    layer, model = nn.Layer(1, 2), nn.MLP(1, [1, 1])
    own = Scaled(1)
    layer.neurons[1] = model.layers[0].neurons[0] = own
    for module, others in ((layer, 2), (model, 2)):
        assert len(module.parameters()) == others + 3 and any(p is own.scale for p in module.parameters())
        module.zero_grad()
        module([[2.0]]).sum().backward()
        assert own.scale.grad != 0.0 or module is model
        module.zero_grad()
        assert own.scale.grad == 0.0
    extra = Value(1.0)
    for module in (layer, model):
        module.parameters()
        own.more[0].append(extra)
        assert any(p is extra for p in module.parameters())
        own.more[0].clear()
        assert not any(p is extra for p in module.parameters())
    assert {name for name, _ in nn.Sequential(own).named_parameters()} == {
        "layers.0.w.0", "layers.0.b", "layers.0.scale",
    }  # fmt: skip
    assert [n.split(".")[-1] for n in nn.Sequential(own).state_dict()] == ["w", "b", "scale"]


def test_edits_of_lists_are_seen() -> None:
    """Each way to change a list of weights or neurons, after a batch has been kept."""
    edits: dict[str, Any] = {
        "__setitem__": lambda w: w.__setitem__(0, Value(7.0)), "__delitem__": lambda w: w.__delitem__(0),
        "__iadd__": lambda w: w.__iadd__([Value(7.0)]), "__imul__": lambda w: w.__imul__(2),
        "append": lambda w: w.append(Value(7.0)), "extend": lambda w: w.extend([Value(7.0)]),
        "insert": lambda w: w.insert(0, Value(7.0)), "pop": lambda w: w.pop(), "remove": lambda w: w.remove(w[0]),
        "clear": lambda w: w.clear(), "sort": lambda w: w.sort(key=lambda v: -v.data), "reverse": lambda w: w.reverse(),
    }  # fmt: skip
    for name, edit in edits.items():
        layer = nn.Layer(2, 1)
        n = layer.neurons[0]
        n.w[0].data, n.w[1].data, n.nonlin = 1.0, 2.0, False
        layer([[1.0, 1.0]])
        layer.parameters()
        assert getattr(n.w, name).__name__ == name and getattr(n.w, name).__doc__ == getattr(list, name).__doc__
        edit(n.w)
        row = [1.0, 10.0, 100.0, 1000.0][: len(n.w)]
        assert layer([row]).data == [[n(row).data]] if row else layer([[]]).data == [[0.0]], name
        assert {id(p) for p in layer.parameters()} == {id(p) for p in (*n.w, n.b)}, name


ONE = [[1.0, 2.0], (1.0, 2.0), Vector([1.0, 2.0]), np.array([1.0, 2.0]), [Value(1.0), 2.0]]
BATCHES = [[[1.0, 2.0]], ((1.0, 2.0),), [Vector([1.0, 2.0])], [np.array([1.0, 2.0])], np.array([[1.0, 2.0]]),
           Matrix([[1.0, 2.0]]), [[Value(1.0), 2.0]], np.array([[Value(1.0), 2.0]])]  # fmt: skip


@pytest.mark.parametrize("make", [lambda n: nn.Layer(2, n), lambda n: nn.MLP(2, [3, n]), lambda n: nn.MLP(2, [1, n])])
@pytest.mark.parametrize("outputs", [1, 2])
def test_what_is_a_sample_and_what_a_batch(make: Any, outputs: int) -> None:
    model = make(outputs)
    wanted = model(ONE[0]).data if outputs == 1 else [v.data for v in model(ONE[0])]
    for x in ONE:
        y = model(x)
        assert type(y) is (Value if outputs == 1 else list)
        assert (y.data if outputs == 1 else [v.data for v in y]) == wanted
    for x in BATCHES:
        y = model(x)
        assert type(y) is Matrix and y.shape == (1, outputs)
        assert [v.data for v in y[0]] == ([wanted] if outputs == 1 else wanted)
    assert model(Matrix([[1.0, 2.0]])[:0]).shape == (0, outputs)


def test_samples_of_nothing() -> None:
    for model in (nn.Layer(0, 2), nn.MLP(0, [3, 2])):
        assert [v.data for v in model([])] == [v.data for v in model(Vector([]))] == model([[]]).data[0]
        assert type(model([])) is list and type(model(Vector([]))) is list


def test_a_batch_without_inputs_has_the_gradients_of_its_samples_to_the_bit() -> None:
    """Each output equals its neuron's bias, and is a result of its own."""
    neuron = nn.Neuron(0, nonlin=False)
    assert neuron([]) is not neuron.b and neuron([]).data == neuron.b.data
    rng = random.Random(1)
    given = [[rng.uniform(-1, 1) for _ in range(5)] for _ in range(8)]
    numbers = [rng.uniform(-1, 1) for _ in range(30)]
    grads = []
    for batch in (True, False):
        model = nn.MLP(0, [1, 2, 5], activation="linear")
        for p, number in zip(model.parameters(), numbers):
            p.data = number
        rows = model(np.zeros((8, 0))) if batch else [model([]) for _ in range(8)]
        assert not batch or rows.shape == (8, 5)
        sg.sum([v * g for row, gs in zip(rows, given) for v, g in zip(row, gs)]).backward()
        grads.append([p.grad.hex() for p in model.parameters()])
    assert grads[0] == grads[1]


@pytest.mark.parametrize("bias", [0.0, Value(0.0)])
def test_pruned_weights_are_added_from_left_to_right_one_sample_or_many(bias: Any) -> None:
    layer = nn.Layer(11, 1, nonlin=False)
    layer.neurons[0].w, layer.neurons[0].b = [0.1] * 10 + [Value(-1.0)], bias
    total = 0.0
    for _ in range(10):
        total += 0.1
    assert layer([1.0] * 11).data == layer([[1.0] * 11])[0, 0].data == total - 1.0 != 0.0
