"""`train` and `eval`, and Dropout, which follows them: reproducible, and a run goes on where it was saved."""

from __future__ import annotations

import copy
import pickle
import random
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, losses, nn, optim
from scalargrad.errors import ArgumentError, NumberError, ShapeError


class Net(nn.Module):
    """Modules in a list, a dict, a tuple, nested; and twice the same."""

    def __init__(self) -> None:
        self.drops = [nn.Dropout(0.5), {"a": (nn.Dropout(0.25), nn.Linear(2, 2))}]
        self.body = nn.Sequential(nn.MLP(2, [3, 2]), nn.Dropout(0.1))
        self.again = self.drops[0]
        self.me = self  # a cycle
        self._hidden = nn.Dropout(0.5)

    def forward(self, x: Any) -> Any:
        return self.drops[0](self.body(x))

    def all(self) -> list[Any]:
        drops: Any = self.drops
        mlp = self.body[0]
        parts = [self, drops[0], *drops[1]["a"], self.body, mlp, *mlp.layers, self.body[1]]
        return [*parts, *(neuron for layer in mlp.layers for neuron in layer.neurons)]


def test_train_and_eval_reach_every_module() -> None:
    net = Net()
    text, shown = repr(net), nn.summary(net)
    assert all(part.training is True for part in net.all())
    assert net.eval() is net and [part.training for part in net.all()] == [False] * len(net.all())
    assert net._hidden.training  # private attributes are no parts
    assert (repr(net), nn.summary(net)) == (text, shown) and net.state_dict() == Net.state_dict(net)
    assert copy.deepcopy(net).body[1].training is False is pickle.loads(pickle.dumps(net)).drops[0].training
    assert net.train() is net and all(part.training is True for part in net.all())
    net.train(False)
    net.body.train()
    assert (net.training, net.drops[0].training, net.body.training, net.body[1].training) == (False, False, True, True)  # type: ignore[union-attr]
    net.body.training = False  # of one module alone
    assert net.body[1].training and not net.body.training
    fresh = nn.Dropout()
    assert nn.Module.training is True and fresh.training and "training" not in vars(fresh.train())


def test_a_train_of_ones_own() -> None:
    class Frozen(nn.Sequential):
        """Stays in evaluation, as its users want."""

        def train(self, mode: bool = True) -> Any:
            return super().train(False)

    model = nn.Sequential(Frozen(nn.Dropout()), nn.Dropout())
    model.train()
    assert (model.training, model[0].training, model[0][0].training, model[1].training) == (True, False, False, True)
    assert model[0].eval() is model[0]

    class Data(nn.Module):
        def __init__(self) -> None:
            self.training = [1.0, 2.0]  # type: ignore[assignment]

    data = Data()
    both = nn.Sequential(nn.Dropout(), data)
    with pytest.raises(ArgumentError, match=r"attribute training of a Data is a list.*another name"):
        both.eval()
    assert data.training == [1.0, 2.0] and both.training and both[0].training


def test_dropout_scales_what_it_keeps() -> None:
    random.seed(5)
    layer, x = nn.Dropout(0.25), Matrix([[1.0 + k for k in range(40)] for _ in range(50)])
    y = layer(x)
    random.seed(5)
    factors = [[1 / 0.75 if random.random() >= 0.25 else 0.0 for _ in range(40)] for _ in range(50)]
    assert y.data == [[a * b for a, b in zip(*rows)] for rows in zip(x.data, factors)]
    y.sum().backward()
    assert x.grad == factors
    kept = sum(map(bool, [f for row in factors for f in row])) / 2000
    assert 0.7 < kept < 0.8


def test_dropout_at_the_ends_and_in_evaluation() -> None:
    before = random.getstate()
    x = Vector([1.0, -2.0])
    assert nn.Dropout(0.0)(x) is x and nn.Dropout(0.9).eval()(x) is x
    assert nn.Dropout(0)([[1.0]]).data == [[1.0]] and nn.Dropout().eval()([1.0]).shape == (1,)
    y = nn.Dropout(1.0)(x)
    y.sum().backward()
    assert y.data == [0.0, 0.0] == x.grad and random.getstate() == before
    assert nn.Dropout()([]).shape == (0,) and nn.Dropout(1)(Matrix([[1.0]])[:0]).shape == (0, 1)
    assert nn.Dropout().p == 0.5 and repr(nn.Dropout()) == "Dropout(0.5)"
    with sg.detect_anomaly(strict=True):
        nn.Dropout()(x).sum().backward()


def test_dropout_in_attention() -> None:
    attention, rows = nn.MultiHeadAttention(4, 2, dropout=0.5), [[0.1, 0.2, 0.3, 0.4]] * 6
    random.seed(3)
    y, weights = attention(rows, need_weights=True)
    flat = [w for head in weights for row in head.data for w in row]
    assert 0 < flat.count(0.0) < 72 and {round(w, 12) for w in flat} == {0.0, round(1 / 3, 12)}
    random.seed(3)
    assert attention(rows).data == y.data != attention(rows).data
    quiet = attention.eval()(rows).data
    assert quiet == attention(rows).data and all(
        w > 0.0 for head in attention(rows, need_weights=True)[1] for w in head[0].data
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.Dropout(1.5), ArgumentError, r"p must be a probability, a number from 0 to 1, got 1\.5"),
        (lambda: nn.Dropout(-0.1), ArgumentError, "from 0 to 1"),
        (lambda: nn.Dropout(True), ArgumentError, "p must be a probability, a number from 0 to 1, got True$"),
        (lambda: setattr(nn.Dropout(), "p", False), ArgumentError, "p must be a probability"),
        (lambda: nn.Dropout(float("nan")), ArgumentError, "from 0 to 1, got nan"),
        (lambda: nn.Dropout("0.5"), NumberError, r"p must be a number, got str.*float\('0\.5'\)"),  # type: ignore[arg-type]
        (lambda: nn.Dropout(Value(0.5)), NumberError, r"p must be a number, got Value: write v\.data"),
        (lambda: setattr(nn.Dropout(), "p", 2), ArgumentError, "from 0 to 1, got 2"),
        (lambda: nn.Dropout()(1.0), ShapeError, "Dropout takes a vector or a batch"),
        (lambda: nn.Dropout().train(nn.Dropout()([[1.0]]) < [1, 2]), ArgumentError, "mode must be True or False"),
    ],
)  # fmt: skip
def test_errors_say_what_was_wrong(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


class Run:
    """A network with dropout in training, which is also looked at in evaluation."""

    def __init__(self) -> None:
        self.model = nn.Sequential(nn.Embedding(4, 6), nn.MultiHeadAttention(6, 2, dropout=0.2, causal=True),
                                   nn.LayerNorm(6), nn.Dropout(0.3), nn.Linear(6, 4))  # fmt: skip
        self.optimiser = optim.Adam(self.model.parameters(), lr=0.02)
        self.scheduler = optim.StepLR(self.optimiser, step_size=3, gamma=0.5)
        self.parts: dict[str, Any] = {"model": self.model, "optimiser": self.optimiser, "scheduler": self.scheduler}

    def steps(self, count: int) -> list[tuple[float, float]]:
        """The losses, of training and of evaluation."""
        seen = []
        for _ in range(count):
            text = [random.randrange(4) for _ in range(6)]
            loss = losses.cross_entropy(self.model.train()(text[:-1]), text[1:])
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            self.scheduler.step()
            with sg.no_grad():
                seen.append((loss.data, losses.cross_entropy(self.model.eval()([0, 1, 2]), [1, 2, 3]).data))
        return seen


def test_a_run_with_dropout_continues_to_the_same_bits(tmp_path: Path) -> None:
    random.seed(7)
    whole = Run()
    whole.steps(4)
    sg.save(tmp_path / "run.json", **whole.parts, rng=True)
    expected = whole.steps(5)
    random.seed(8)
    again = Run()
    sg.load(tmp_path / "run.json", **again.parts, rng=True)
    assert again.steps(5) == expected and again.model.state_dict() == whole.model.state_dict()
    assert len({loss for loss, _ in expected}) == 5
    random.seed(8)
    sg.load(tmp_path / "run.json", **again.parts)  # without the random numbers it is another run
    assert again.steps(5) != expected
