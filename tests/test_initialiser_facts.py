"""How weights are drawn, by hand: bounds, fans, gains, and the order in which `random` is asked."""

from __future__ import annotations

import math
import random

import pytest

from scalargrad import nn
from scalargrad.nn.initialisers import ACTIVATIONS, INITIALISERS

GAINS = {"relu": math.sqrt(2.0), "tanh": 5.0 / 3.0, "sigmoid": 1.0, "leaky_relu": math.sqrt(2.0 / 1.0001), "elu": 1.0,
         "silu": 1.0, "softplus": 1.0, "linear": 1.0}  # fmt: skip
# initialiser, inputs, outputs, the bound or (of kaiming_normal, for relu) the standard deviation
BOUNDS: list[tuple[str, int, int, float]] = [
    ("uniform", 4, 16, 1.0),
    ("xavier_uniform", 2, 4, 1.0),
    ("xavier_uniform", 20, 4, 0.5),
    ("xavier_uniform", 4, 20, 0.5),
    ("kaiming_uniform", 4, 16, 0.5),
    ("kaiming_uniform", 16, 4, 0.25),
    ("kaiming_normal", 2, 8, 1.0),
    ("kaiming_normal", 8, 2, 0.5),
]


def draws(name: str, bound: float, count: int) -> list[float]:
    draw = random.gauss if name == "kaiming_normal" else random.uniform
    return [draw(0.0 if name == "kaiming_normal" else -bound, bound) for _ in range(count)]


@pytest.mark.parametrize(("name", "nin", "nout", "bound"), BOUNDS)
def test_what_each_weight_is_drawn_from(name: str, nin: int, nout: int, bound: float) -> None:
    """The very calls of `random`, neuron by neuron: a Layer's biases are 0 and draw nothing, nor does a Linear's."""
    random.seed(3)
    layer = nn.Layer(nin, nout, init=name)
    after = random.random()
    random.seed(3)
    wanted = pytest.approx(draws(name, bound, nin * nout), rel=1e-14)
    assert [w.data for n in layer.neurons for w in n.w] == wanted and random.random() == after
    assert [n.b.data for n in layer.neurons] == [0.0] * nout
    random.seed(3)
    linear = nn.Linear(nin, nout, init=name)
    assert [p.data for row in linear.weight for p in row] == wanted
    biases = draws(name, bound, nout) if name == "kaiming_uniform" else [0.0] * nout
    random.seed(3)
    draws(name, bound, nin * nout)
    if name == "kaiming_uniform":
        assert linear.bias.data == pytest.approx(draws(name, bound, nout), rel=1e-14)  # type: ignore[union-attr]
    else:
        assert linear.bias.data == biases  # type: ignore[union-attr]
    assert linear.weight.shape == (nout, nin) and linear.bias.shape == (nout,)  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "nin", "nout", "bound"), [row for row in BOUNDS if row[0] != "kaiming_normal"])
def test_draws_fill_their_range(name: str, nin: int, nout: int, bound: float) -> None:
    random.seed(4)
    found = [INITIALISERS[name](nin, nout, 7.0) for _ in range(3000)]  # none is within 1 % of a bound: (0.995)**3000
    assert max(found) <= bound and min(found) >= -bound
    assert max(found) > 0.99 * bound and min(found) < -0.99 * bound


@pytest.mark.parametrize(("activation", "gain"), GAINS.items())
def test_gains(activation: str, gain: float) -> None:
    for nonlin in (True, False):
        random.seed(5)
        n = nn.Neuron(4, nonlin=nonlin, activation=activation, init="kaiming_normal")
        random.seed(5)
        assert [w.data for w in n.w] == pytest.approx(
            draws("kaiming_normal", (gain if nonlin else 1.0) / 2, 4), rel=1e-14
        )
    assert list(ACTIVATIONS) == list(GAINS)


def test_fans_in_a_network() -> None:
    """Each layer draws for its own sizes; the last is linear, so its gain is 1. A Neuron by itself has one output."""
    random.seed(6)
    model = nn.MLP(2, [8, 4], activation="tanh", init="kaiming_normal")
    random.seed(6)
    first, last = draws("kaiming_normal", 5 / 3 / math.sqrt(2), 16), draws("kaiming_normal", 1 / math.sqrt(8), 32)
    assert [w.data for la in model.layers for n in la.neurons for w in n.w] == pytest.approx(first + last, rel=1e-14)
    random.seed(6)
    model = nn.MLP(2, [4, 20], init="xavier_uniform")
    random.seed(6)
    first, last = draws("xavier_uniform", 1.0, 8), draws("xavier_uniform", 0.5, 80)
    assert [w.data for la in model.layers for n in la.neurons for w in n.w] == pytest.approx(first + last, rel=1e-14)
    random.seed(6)
    n = nn.Neuron(5, init="xavier_uniform")
    random.seed(6)
    assert [w.data for w in n.w] == pytest.approx(draws("xavier_uniform", 1.0, 5), rel=1e-14)
