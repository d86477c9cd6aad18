"""A whole network in bulk, and the same neuron by neuron on scalars: one recording, to the last bit."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, losses, nn, optim
from tests.support.drawn import SIZES, matrices, reals, vectors
from tests.support.engines import bits

NUMBERS = reals(3.0)
FUNCTIONS = {"relu": sg.relu, "tanh": sg.tanh, "linear": lambda x: x}


def by_neurons(model: Any, x: list[Any]) -> list[Any]:
    """The outputs for one sample: products and sums of numbers, as micrograd has them."""
    for layer in model.layers:
        sums = [sum((w * item for w, item in zip(n.w, x)), n.b) for n in layer.neurons]
        x = [FUNCTIONS[n.activation](y) if n.nonlin else y for n, y in zip(layer.neurons, sums)]
    return x


def scalar_losses(name: str, scores: list[list[Any]], targets: Any) -> list[Any]:
    """The loss of each sample, or of each number, as the docstrings of losses.py have it."""
    if name == "cross_entropy":
        return [0.0 - sg.log_softmax(row)[k] for row, k in zip(scores, targets)]
    pairs = [pair for rows in zip(scores, targets) for pair in zip(*rows)]
    if name == "mse":
        return [(x - t) ** 2 for x, t in pairs]
    return [sg.relu(1.0 - t * x) for x, t in pairs]


def twins(sizes: list[int], activation: str, numbers: list[float]) -> list[Any]:
    """Two networks of the same numbers."""
    models = [nn.MLP(sizes[0], sizes[1:], activation=activation) for _ in range(2)]
    for model in models:
        for p, number in zip(model.parameters(), numbers):
            p.data = number
    return models


def leaves(rows: list[list[float]]) -> list[list[Value]]:
    return [[Value(item) for item in row] for row in rows]


@pytest.mark.parametrize("name", ["cross_entropy", "hinge", "mse"])
@pytest.mark.parametrize("activation", sorted(FUNCTIONS))
@pytest.mark.parametrize("summed", [False, True])
@given(st.data(), SIZES, st.lists(SIZES, min_size=2, max_size=4))
@settings(max_examples=15)
def test_a_network_in_bulk_has_the_bits_of_its_scalars(
    name: str, activation: str, summed: bool, data: Any, count: int, sizes: list[int]
) -> None:
    """Loss, regulariser, gradients of weights, biases and inputs; and a second step, from where SGD went."""
    amount = sum((a + 1) * b for a, b in pairwise(sizes))
    bulk, scalar = twins(sizes, activation, data.draw(vectors(amount, NUMBERS)))
    batch, k = data.draw(matrices(count, sizes[0], NUMBERS)), sizes[-1]
    targets: Any = (
        data.draw(vectors(count, st.integers(0, k - 1)))
        if name == "cross_entropy"
        else data.draw(matrices(count, k, st.sampled_from([-1.0, 1.0]) if name == "hinge" else NUMBERS))
    )
    descent = optim.SGD(bulk.parameters(), lr=0.1)
    for _ in range(2):
        x, xs = sg.Matrix(batch), leaves(batch)
        loss = getattr(losses, name)(bulk(x), targets, "sum" if summed else "mean")
        loss = loss + 0.01 * losses.l2(bulk.parameters())
        each = scalar_losses(name, [by_neurons(scalar, row) for row in xs], targets)
        wanted = sg.sum(each) if summed else sg.mean(each)
        wanted = wanted + 0.01 * sg.sum([p**2 for p in scalar.parameters()])
        assert bits(loss.data) == bits(wanted.data)

        for model, root in ((bulk, loss), (scalar, wanted)):
            for p in model.parameters():
                p.grad = 0.0
            root.backward()
        assert [bits(p.grad) for p in bulk.parameters()] == [bits(p.grad) for p in scalar.parameters()]
        assert [bits(v.grad) for row in x for v in row] == [bits(v.grad) for row in xs for v in row]

        descent.step()
        for p in scalar.parameters():
            p.data -= 0.1 * p.grad
        assert [bits(p.data) for p in bulk.parameters()] == [bits(p.data) for p in scalar.parameters()]
