"""Linear, Sequential, activations, initialisers: PyTorch's where it is installed, and their scalars to the bit."""

from __future__ import annotations

import math
import random
import struct
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, nn
from scalargrad.errors import ArgumentError, NumberError, ShapeError


def test_linear_is_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    layer, theirs = nn.Linear(3, 2), torch.nn.Linear(3, 2, dtype=torch.float64)
    bound = 1.0 / math.sqrt(3.0)
    assert all(abs(p.data) <= bound for p in layer.parameters())
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(layer.weight.data, dtype=torch.float64))
        theirs.bias.copy_(torch.tensor(layer.bias.data, dtype=torch.float64))
    x = [[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]]
    y, z = layer(Matrix(x)), theirs(torch.tensor(x, dtype=torch.float64))
    (y * y).sum().backward()
    (z * z).sum().backward()
    assert y.reshape(-1).data == pytest.approx(z.flatten().tolist(), rel=1e-14)
    assert [p.grad for row in layer.weight for p in row] == pytest.approx(
        theirs.weight.grad.flatten().tolist(), rel=1e-13
    )
    assert layer.bias.grad == pytest.approx(theirs.bias.grad.tolist(), rel=1e-13)
    plain = nn.Linear(3, 2, bias=False)
    assert plain.bias is None and len(plain.parameters()) == 6 and plain(x).shape == (2, 2)


@pytest.mark.parametrize("n", [1, 2, 9])
@pytest.mark.parametrize("nin", [1, 3, 8])
@pytest.mark.parametrize("nout", [1, 7, 9])
def test_linear_is_its_dots(n: int, nin: int, nout: int) -> None:
    rng = random.Random(f"{n} {nin} {nout}")
    random.seed(8)
    layer = nn.Linear(nin, nout)
    rows = [[rng.uniform(-2, 2) for _ in range(nin)] for _ in range(n)]
    y = layer(rows)
    sums = [[sg.dot([1.0, *row], [b, *w]) for w, b in zip(layer.weight.tolist(), layer.bias)] for row in rows]
    assert y.data == [[v.data for v in row] for row in sums]
    y.sum().backward()
    grads = [p.grad for p in layer.parameters()]
    layer.zero_grad()
    sg.sum([v for row in sums for v in row]).backward()
    assert [p.grad for p in layer.parameters()] == grads and all(grads)
    assert layer(rows[0]).data == y[0].data and isinstance(layer(rows[0]), Vector)


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (nn.ReLU(), sg.relu), (nn.Tanh(), sg.tanh), (nn.Sigmoid(), sg.sigmoid), (nn.SiLU(), sg.silu),
        (nn.Softplus(), sg.softplus), (nn.LeakyReLU(0.3), lambda x: sg.leaky_relu(x, 0.3)),
        (nn.LeakyReLU(), sg.leaky_relu), (nn.ELU(), sg.elu), (nn.ELU(2.0), lambda x: sg.elu(x, 2.0)),
        (nn.LogSigmoid(), sg.log_sigmoid), (nn.GELU(), sg.gelu), (nn.GELU("tanh"), sg.gelu_tanh), (nn.Mish(), sg.mish),
        (nn.Softsign(), sg.softsign), (nn.SELU(), sg.selu), (nn.Hardtanh(), sg.hardtanh),
        (nn.Hardtanh(-0.5, max_val=1), lambda x: sg.hardtanh(x, -0.5, 1.0)),
    ],
)  # fmt: skip
def test_activations(module: Any, function: Any) -> None:
    x = [[-2.0, -0.5], [0.0, 1.5]]
    assert module(Matrix(x)).data == [[function(v) for v in row] for row in x] == module(x).data
    assert module(Vector(x[0])).data == [function(v) for v in x[0]]
    assert module(-0.5) == function(-0.5) and module(Value(1.5)).data == function(1.5)
    assert type(module).__name__ in repr(module) and module.parameters() == []


def test_softmax_modules() -> None:
    x = [[1.0, 2.0], [0.0, 0.0]]
    assert nn.Softmax()(x).data == [sg.softmax(row) for row in x]
    assert nn.LogSoftmax()(Matrix(x)).data == [sg.log_softmax(row) for row in x]
    assert nn.Softmax(axis=0)(x).T.data == [sg.softmax(list(column)) for column in zip(*x)]


def test_initialisers() -> None:
    torch = pytest.importorskip("torch")
    random.seed(6)
    for name, spread in [
        ("uniform", 1 / math.sqrt(3)),
        ("xavier_uniform", math.sqrt(2 / (40 + 100))),
        ("kaiming_normal", torch.nn.init.calculate_gain("relu") / math.sqrt(40)),
        ("kaiming_uniform", 1 / math.sqrt(3 * 40)),
    ]:
        weights = [v.data for n in nn.Layer(40, 100, init=name).neurons for v in n.w]
        # 4000 draws: the standard deviation is known to some 1 %
        assert math.sqrt(sum(w * w for w in weights) / len(weights)) == pytest.approx(spread, rel=0.05), name
    weights = [v.data for n in nn.Layer(40, 100, activation="tanh", init="kaiming_normal").neurons for v in n.w]
    assert math.sqrt(sum(w * w for w in weights) / 4000) == pytest.approx(5 / 3 / math.sqrt(40), rel=0.05)


def test_contexts() -> None:
    random.seed(7)
    model = nn.MLP(2, [3, 1])
    rows = [[1.0, 2.0], [3.0, 4.0]]
    with sg.no_grad():
        y = model(rows)
        assert y[0, 0]._op == "" and y.data == model(rows).data
    with sg.detect_anomaly(strict=True):
        assert model(rows).data == y.data
        model.layers[0].neurons[0].b.data = math.inf
        with pytest.raises(sg.errors.AnomalyError):
            model(rows)
    with pytest.raises(sg.errors.AnomalyError), sg.detect_anomaly():
        model(rows).sum().backward()


def test_summary() -> None:
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    assert nn.summary(model).splitlines() == [
        "layers.0  Linear(64, 32) 2,080",
        "layers.1  ReLU()             0",
        "layers.2  Linear(32, 10)   330",
        "total                    2,410",
    ]
    assert nn.summary(nn.Linear(2, 1)).startswith("model")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.MLP(2, [3])([[1.0]]), ShapeError, r"2 inputs.*\(1, 1\)"),
        (lambda: nn.Layer(2, 3)(Matrix([[1.0, 2.0, 3.0]])), ShapeError, r"2 inputs.*\(1, 3\)"),
        (lambda: nn.Layer(2, 3)([[1.0, 2.0], [3.0]]), ShapeError, "row 1"),
        (lambda: nn.Neuron(2)([[1.0, 2.0]]), ShapeError, "batch"),
        (lambda: nn.Linear(2, 3)([[1.0]]), ShapeError, r"\(3, 2\).*\(1, 1\)"),
        (lambda: nn.Linear(2, 3)(1.0), ShapeError, "float"),
        (lambda: nn.Linear(0, 3), ArgumentError, "in_features"),
        (lambda: nn.Linear(2, 3, init="zeros"), ArgumentError, "zeros.*xavier_uniform"),
        (lambda: nn.MLP(2, [3], activation="sin"), ArgumentError, "sin.*relu, tanh"),
        (lambda: nn.MLP(2, [3], init="sin"), ArgumentError, "sin.*uniform, xavier_uniform"),
        (lambda: setattr(nn.Neuron(1), "activation", "x"), ArgumentError, "activation 'x'"),
        (lambda: nn.Layer(2, -1), ArgumentError, "nout"),
        (lambda: nn.Sequential([nn.ReLU()]), ArgumentError, "list"),
        (lambda: nn.ReLU()("x"), NumberError, "str"),
    ],
)  # fmt: skip
def test_errors_say_what_was_wrong(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-295, 1e-160, 1e300])
@pytest.mark.parametrize("nouts", [[1], [2, 1], [3, 2]])
def test_a_batch_is_its_samples_at_the_ends_of_the_range(size: float, nouts: list[int]) -> None:
    """A product forms a sum anew whose terms may have over- or underflowed. A layer does not: it adds as neurons do."""
    rng = random.Random(0)
    random.seed(0)
    for _ in range(10):
        model = nn.MLP(2, nouts, activation="linear")
        for p in model.parameters():
            p.data *= rng.choice([1.0, 1e8])
        rows = [[size * rng.choice([rng.uniform(-1e6, 1e6), 1.0, 0.0]) for _ in range(2)] for _ in range(3)]
        found = []
        for outputs in (model(Matrix(rows)).tolist(), [model(row) for row in rows]):
            flat = [v for row in outputs for v in (row if isinstance(row, list) else [row])]
            model.zero_grad()
            sg.sum(flat).backward()
            numbers = [*(v.data for v in flat), *(p.grad for p in model.parameters())]
            found.append([None if math.isnan(x) else struct.pack("d", x) for x in numbers])
        assert found[0] == found[1]


@pytest.mark.parametrize(
    "inputs", [[0.0, 0.0], [-0.0, 0.0], [1.0, -1.0], [0.5, 2.0], [1e-150, 1e200], [math.inf, 1.0], [math.nan, 1.0]]
)
def test_a_batch_is_one_product_unless_a_sum_was_formed_anew(inputs: list[float]) -> None:
    layer = nn.Layer(2, 2, activation="linear")
    for n in layer.neurons:
        n.w = [Value(1.0), Value(1.0)]
    (outputs,) = layer([inputs]).tolist()
    assert [v._op for v in outputs] == ["dot", "dot"]
    for n in layer.neurons:
        n.w = [Value(5e-324), Value(5e-324)]
    (outputs,) = layer([[0.5, -0.5]]).tolist()  # both products underflow, but their sum is 0 in any case
    assert [v._op for v in outputs] == ["dot", "dot"]
    (outputs,) = layer([[0.5, 0.5]]).tolist()  # 0 + 0, but 5e-324 if it is formed anew
    assert [v._op for v in outputs] == ["+", "+"]
