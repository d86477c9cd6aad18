"""Modules and SGD; micrograd itself, from PyPI, is the reference where it is installed."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, nn
from scalargrad.errors import ArgumentError, NumberError
from scalargrad.optim import SGD

# The losses that micrograd's demo notebook prints, and its accuracies in percent.
PUBLISHED = {
    0: (0.8958441028683222, 50), 1: (1.7235905336972022, 81), 2: (0.7429006313851131, 77),
    3: (0.7705641260584198, 82), 4: (0.3692793385976538, 84), 5: (0.313545481918522, 86),
    10: (0.24507023853658053, 91), 20: (0.18977522856087634, 91), 40: (0.06016009895234464, 100),
    60: (0.0325971115781023, 99), 80: (0.012318500800515763, 100), 99: (0.010978370135492717, 100),
}  # fmt: skip


def test_micrograds_demo_gives_its_published_losses() -> None:
    np = pytest.importorskip("numpy")
    datasets = pytest.importorskip("sklearn.datasets")
    np.random.seed(1337)
    random.seed(1337)
    X, y = datasets.make_moons(n_samples=100, noise=0.1)
    y = y * 2 - 1
    model = nn.MLP(2, [16, 16, 1])
    assert len(model.parameters()) == 337

    def loss() -> Any:
        inputs = [list(map(Value, row)) for row in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores)]
        data_loss = sum(losses) * (1.0 / len(losses))
        total = data_loss + 1e-4 * sum(p * p for p in model.parameters())
        right = [(yi > 0) == (score.data > 0) for yi, score in zip(y, scores)]
        return total, sum(right)

    steps = 100 if sg.backend() == "native" else 6
    for k in range(steps):
        total, right = loss()
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        if k in PUBLISHED:
            # 1e-12: the contract's bound; a step is some 1e4 roundings of 1e-16 each, and steps feed on each other
            assert math.isclose(total.data, PUBLISHED[k][0], rel_tol=1e-12), k
            assert right == PUBLISHED[k][1], k


def _same(ours: Any, theirs: Any) -> None:
    assert math.isclose(ours.data, theirs.data, rel_tol=1e-12) and math.isclose(ours.grad, theirs.grad, rel_tol=1e-12)


def test_micrograds_own_expressions() -> None:
    engine = pytest.importorskip("micrograd.engine")

    def sanity(V: Any) -> list[Any]:
        x = V(-4.0)
        z = 2 * x + 2 + x
        q = z.relu() + z * x
        h = (z * z).relu()
        y = h + q + q * x
        y.backward()
        return [x, y]

    def more(V: Any) -> list[Any]:
        a, b = V(-4.0), V(2.0)
        c = a + b
        d = a * b + b**3
        c += c + 1
        c += 1 + c + (-a)
        d += d * 2 + (b + a).relu()
        d += 3 * d + (b - a).relu()
        e = c - d
        f = e**2
        g = f / 2.0
        g += 10.0 / f
        g.backward()
        return [a, b, g]

    for program in (sanity, more):
        for ours, theirs in zip(program(Value), program(engine.Value)):
            _same(ours, theirs)


def test_modules_draw_and_print_as_micrograd() -> None:
    theirs = pytest.importorskip("micrograd.nn")
    models = []
    for module in (nn, theirs):
        random.seed(7)
        models.append(module.MLP(3, [4, 2]))
    ours, other = models
    assert repr(ours) == repr(other)
    assert [p.data for p in ours.parameters()] == [p.data for p in other.parameters()]
    x = [0.5, -1.0, 2.0]
    assert [v.data for v in ours(x)] == [v.data for v in other(x)]
    assert repr(nn.Layer(2, 1, nonlin=False)) == repr(theirs.Layer(2, 1, nonlin=False))
    assert isinstance(nn.Layer(2, 1)(x[:2]), Value)


def test_sgd() -> None:
    w, b = Value(1.0), Value(2.0)
    optimiser = SGD([w, b], lr=0.5)
    (w * 3 + b * b).backward()
    optimiser.step()
    assert (w.data, b.data) == (1.0 - 0.5 * 3, 2.0 - 0.5 * 4)
    optimiser.zero_grad()
    assert (w.grad, b.grad) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("parameters", "lr", "error"),
    [
        ([], 0.1, ArgumentError),
        (Value(1.0), 0.1, ArgumentError),
        ([Value(1.0) * 2], 0.1, ArgumentError),
        ([Value(1.0)], "x", NumberError),
        ([1.0], 0.1, NumberError),
        ([Value(1.0)], -1.0, ArgumentError),
        ([Value(1.0)], math.nan, ArgumentError),
    ],
)
def test_sgd_refuses(parameters: Any, lr: float, error: type[Exception]) -> None:
    with pytest.raises(error):
        SGD(parameters, lr)


@pytest.mark.parametrize("sizes", [3, []])
def test_an_mlp_needs_a_list_of_sizes(sizes: Any) -> None:
    with pytest.raises(ArgumentError, match="list"):
        nn.MLP(2, sizes)


def test_module_base() -> None:
    module = nn.Module()
    module.zero_grad()
    assert module.parameters() == []
