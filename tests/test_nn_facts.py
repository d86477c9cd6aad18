"""Networks by hand: activations and their titles, what layers take and refuse, parameters, summaries."""

from __future__ import annotations

import contextlib
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, nn
from scalargrad.errors import ArgumentError, NumberError, ShapeError

LN2, LN3 = math.log(2.0), math.log(3.0)

# --- activations and their titles -------------------------------------------------------------------------------------

AT = {  # at -1 and at 2
    "relu": ("ReLU", 0.0, 2.0), "tanh": ("Tanh", math.tanh(-1.0), math.tanh(2.0)),
    "sigmoid": ("Sigmoid", 1 / (1 + math.e), 1 / (1 + math.exp(-2.0))), "leaky_relu": ("LeakyReLU", -0.01, 2.0),
    "elu": ("ELU", math.expm1(-1.0), 2.0), "silu": ("SiLU", -1 / (1 + math.e), 2 / (1 + math.exp(-2.0))),
    "softplus": ("Softplus", math.log1p(math.exp(-1.0)), 2 + math.log1p(math.exp(-2.0))),
    "linear": ("Linear", -1.0, 2.0),
}  # fmt: skip


@pytest.mark.parametrize(("name", "title", "low", "high"), [(name, *row) for name, row in AT.items()])
def test_activations_by_hand(name: str, title: str, low: float, high: float) -> None:
    layer = nn.Layer(1, 2, activation=name)
    for n, w in zip(layer.neurons, (-1.0, 2.0)):
        n.w[0].data = w
    wanted = pytest.approx([low, high], rel=1e-15)
    assert [v.data for v in layer([1.0])] == wanted and layer([[1.0]]).data[0] == wanted
    assert repr(layer) == f"Layer of [{title}Neuron(1), {title}Neuron(1)]" and layer.neurons[0].nonlin
    assert repr(nn.Neuron(3, activation=name, nonlin=False)) == "LinearNeuron(3)"
    if name not in ("linear",):
        module = getattr(nn, title)()
        assert module([-1.0, 2.0]).data == wanted and [module(-1.0), module(2)] == wanted
        assert repr(module) == f"{title}({ {'leaky_relu': 0.01, 'elu': 1.0}.get(name, '') })"


@pytest.mark.parametrize("name", AT)
def test_a_batch_under_a_watch_is_recorded_operation_by_operation(name: str) -> None:
    """The C core's bulk operations decline there; the numbers and gradients stay the same, to the bit."""
    layer, linear, plain = nn.Layer(2, 3, activation=name), nn.Linear(2, 3), nn.Linear(3, 4, bias=False)
    module = getattr(nn, AT[name][0])() if name != "linear" else nn.Sequential()
    rows = [[0.5, -1.0], [2.0, 0.25], [-0.75, 3.0], [1.0, 1.0]]
    found = []
    for context in (contextlib.nullcontext, sg.detect_anomaly):
        with context():
            x = Matrix(rows)
            y = [layer(x), plain(module(linear(x)))]
            (y[0].sum() + (y[1] * y[1]).sum()).backward()
        parameters = [*layer.parameters(), *linear.parameters(), *plain.parameters()]
        found.append(([m.data for m in y], x.grad, [p.grad for p in parameters]))
        for p in parameters:
            p.grad = 0.0
    assert found[0] == found[1]
    assert found[0][0][0] == [[n(row).data for n in layer.neurons] for row in rows]


def test_settings_of_activations_may_be_learnt() -> None:
    for module, x, by_setting in ((nn.LeakyReLU(Value(0.5)), -3.0, -3.0), (nn.ELU(Value(2.0)), -1.0, math.expm1(-1.0))):
        (setting,) = module.parameters()
        module(Matrix([[x, 1.0]])).sum().backward()
        assert setting.grad == pytest.approx(by_setting, rel=1e-15)
        setting.data = 0.25
        assert module([x]).data == [pytest.approx(0.25 * by_setting, rel=1e-15)]


@pytest.mark.parametrize("x", [2, Fraction(2), Decimal(2), np.float32(2), np.int64(2), np.array(2.0)], ids=repr)
def test_activations_take_numbers_of_every_kind(x: Any) -> None:
    for module, wanted in ((nn.ReLU(), 2.0), (nn.LeakyReLU(0.5), 2.0), (nn.Tanh(), math.tanh(2.0))):
        assert type(module(x)) is float and module(x) == wanted
    learnt = nn.LeakyReLU(Value(0.5))(-x)
    assert type(learnt) is Value and learnt.data == -1.0


# --- what layers take -------------------------------------------------------------------------------------------------


def fixed() -> nn.Linear:
    layer = nn.Linear(2, 3)
    layer.weight.data, layer.bias.data = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [10.0, 20.0, 30.0]  # type: ignore[union-attr]
    return layer


def test_linear_by_hand() -> None:
    layer = fixed()
    assert (layer.in_features, layer.out_features, repr(layer)) == (2, 3, "Linear(2, 3)")
    for x in ([1.0, -1.0], Vector([1.0, -1.0]), np.array([1.0, -1.0]), (1, -1)):
        assert type(layer(x)) is Vector and list(layer(x).data) == [9.0, 19.0, 29.0]
    for batch in ([[1.0, -1.0], [0.0, 1.0]], Matrix([[1.0, 0.0], [-1.0, 1.0]]).T, np.array([[1, -1], [0, 1]])):
        assert type(layer(batch)) is Matrix and [list(row) for row in layer(batch).data] == [
            [9.0, 19.0, 29.0], [12.0, 24.0, 36.0],
        ]  # fmt: skip
    x = Matrix([[1.0, -1.0], [0.0, 1.0]])
    (layer(x) * [[1.0, 10.0, 100.0], [0.0, 0.0, 1000.0]]).sum().backward()
    assert x.grad == [[531.0, 642.0], [5000.0, 6000.0]]
    assert layer.weight.grad == [[1.0, -1.0], [10.0, -10.0], [100.0, 900.0]]
    assert layer.bias.grad == [1.0, 10.0, 1100.0]  # type: ignore[union-attr]
    plain = nn.Linear(2, 1, bias=False)
    plain.weight.data = [[2.0, 3.0]]
    assert plain.bias is None and plain([[1.0, 1.0]]).data == [[5.0]] and repr(plain) == "Linear(2, 1, bias=False)"
    none = nn.Linear(2, 0)
    assert none.weight.shape == (0, 2) and none.bias.shape == (0,) and none.parameters() == []  # type: ignore[union-attr]
    assert none([[1.0, 2.0]]).shape == (1, 0) and nn.Linear(np.int64(2), 1).in_features == 2


def test_neurons_by_hand() -> None:
    n = nn.Neuron(2, nonlin=False)
    n.w[0].data, n.w[1].data, n.b.data = 2.0, 3.0, 1.0
    assert n([1.0, -1.0]).data == 0.0 and n((1.0, 1.0)).data == n(iter([1.0, 1.0])).data == 6.0  # type: ignore[arg-type]
    assert [p.data for p in n.parameters()] == [2.0, 3.0, 1.0]
    layer = nn.Layer(2, 1)
    layer.neurons[0].w[0].data, layer.neurons[0].w[1].data = 1.0, 1.0
    assert layer([2.0, 3.0]).data == 5.0 and layer(Vector([2.0, 3.0])).data == 5.0
    assert nn.Layer(2, 0)([1.0, 2.0]) == [] and nn.Layer(2, 0).parameters() == []


def test_sequential_by_hand() -> None:
    model = nn.Sequential(fixed(), nn.ReLU(), lambda x: x * 2.0)
    assert len(model) == 3 and model[0] is model.layers[0] and isinstance(model[-2], nn.ReLU)
    assert model([1.0, -11.0]).data == [0.0, 0.0, 0.0] and model([1.0, -1.0]).data == [18.0, 38.0, 58.0]
    assert repr(nn.Sequential(nn.Linear(2, 3), nn.Softmax(), nn.LogSoftmax(0))) == (
        "Sequential(Linear(2, 3), Softmax(axis=-1), LogSoftmax(axis=0))"
    )
    assert nn.Sequential()([1.0]) == [1.0] and len(nn.Sequential()) == 0
    x = [[0.0, math.log(3.0)]]
    assert nn.Softmax()(x).data == [pytest.approx([0.25, 0.75])] and nn.Softmax(0)(x).data == [[1.0, 1.0]]
    columns = nn.LogSoftmax(0)([[0.0, LN3], [0.0, 0.0]]).data
    assert columns == [pytest.approx([-LN2, LN3 - 2 * LN2]), pytest.approx([-LN2, -2 * LN2])]
    assert nn.LogSoftmax()(x[0]).data == pytest.approx([-math.log(4.0), -math.log(4 / 3)])


# --- what errors say --------------------------------------------------------------------------------------------------

ALL = "relu, tanh, sigmoid, leaky_relu, elu, silu, softplus, linear"
INITS = "uniform, xavier_uniform, kaiming_normal, kaiming_uniform"


WIDE = "this layer has weights of shape (3, 2), so it takes 2 numbers per row;"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.Neuron(1, activation="sin"), ArgumentError, f"there is no activation 'sin': choose one of {ALL}"),
        (lambda: nn.Neuron(1, activation=None), ArgumentError, f"there is no activation None: choose one of {ALL}"),
        (lambda: nn.Layer(1, 1, init="zeros"), ArgumentError,
         f"there is no initialiser 'zeros': choose one of {INITS}"),
        (lambda: nn.Linear(1, 1, init=["uniform"]), ArgumentError,
         f"there is no initialiser ['uniform']: choose one of {INITS}"),
        (lambda: nn.Neuron(-1), ArgumentError, "nin must be an int, at least 0, got -1"),
        (lambda: nn.Neuron(2.0), ArgumentError, "nin must be an int, at least 0, got 2.0"),
        (lambda: nn.Neuron(True), ArgumentError, "nin must be an int, at least 0, got True"),
        (lambda: nn.Neuron(2, fan_out=-1), ArgumentError, "fan_out must be an int, at least 0, got -1"),
        (lambda: nn.Layer(-1, 0), ArgumentError, "nin must be an int, at least 0, got -1"),
        (lambda: nn.Layer(1, "2"), ArgumentError, "nout must be an int, at least 0, got '2'"),
        (lambda: nn.Linear(0, 1), ArgumentError, "in_features must be an int, at least 1, got 0"),
        (lambda: nn.Linear(1, -1), ArgumentError, "out_features must be an int, at least 0, got -1"),
        (lambda: nn.MLP(2, 3), ArgumentError, "nouts must be a list of the layers' sizes, such as [16, 16, 1], got 3"),
        (lambda: nn.MLP(2, []), ArgumentError,
         "nouts must be a list of the layers' sizes, such as [16, 16, 1], got []"),
        (lambda: nn.Sequential([nn.ReLU()]), ArgumentError,
         "Sequential takes each module as a separate argument, got list: write Sequential(*layers)"),
        (lambda: nn.Neuron(2)([[1.0, 2.0]]), ShapeError,
         "a Neuron takes one sample, got a batch: a Layer takes batches"),
        (lambda: nn.Layer(2, 3)([[1.0]]), ShapeError,
         "this layer takes 2 inputs per sample, the input has shape (1, 1)"),
        (lambda: nn.Layer(2, 3)(Vector([1.0])), ShapeError,
         "this layer takes 2 inputs per sample, the input has shape (1,)"),
        (lambda: fixed()([[1.0]]), ShapeError, f"{WIDE} the input has shape (1, 1)"),
        (lambda: fixed()([1.0, 2.0, 3.0]), ShapeError,
         f"{WIDE} the input has shape (3,)"),
        (lambda: fixed()(Value(1.0)), ShapeError,
         "a Linear layer takes a vector or a batch of vectors, got Value: pass a list"),
        (lambda: nn.Softmax()(1.0), ShapeError, "Softmax takes a vector or a batch of vectors, got float: pass a list"),
        (lambda: nn.LogSoftmax()(object()), ShapeError,
         "LogSoftmax takes a vector or a batch of vectors, got object: pass a list"),
        (lambda: nn.Tanh()(object()), NumberError, "Tanh takes numbers and arrays, got object"),
    ],
)  # fmt: skip
def test_what_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


def test_a_bias_of_another_length() -> None:
    layer = fixed()
    layer.bias = Vector([1.0])
    with pytest.raises(ShapeError, match=r"^weight and bias do not fit: their shapes are \(3, 2\) and \(1,\)$"):
        layer([[1.0, 2.0]])


def test_an_activation_that_there_is_not_leaves_the_neuron() -> None:
    n = nn.Neuron(1, activation="tanh")
    with pytest.raises(ArgumentError):
        n.activation = "sin"
    assert n.activation == "tanh" and n.nonlin is True


def test_a_layer_of_various_neurons_names_the_one_that_does_not_fit() -> None:
    layer = nn.Layer(2, 2)
    layer.neurons[1] = nn.Neuron(3, activation="tanh")
    with pytest.raises(ShapeError, match=r"^TanhNeuron\(3\) takes 3 inputs per sample, the input has shape \(1, 2\)$"):
        layer([[1.0, 2.0]])
    layer.neurons[1] = nn.Neuron(2, activation="tanh")
    rows = [[1.0, 2.0], [3.0, 4.0]]
    assert layer(rows).data == [[n(row).data for n in layer.neurons] for row in rows]
    assert sg.nn.summary(layer).splitlines()[0] == "model  Layer(2 -> 2, various) 6"


# --- summaries --------------------------------------------------------------------------------------------------------


def test_summaries() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.MLP(3, [4, 1], activation="tanh"), nn.Softmax())
    model.again = model.layers[0]  # type: ignore[attr-defined]
    model.heads = {"a": (nn.Linear(1, 1, bias=False), model)}  # type: ignore[attr-defined]
    assert nn.summary(model).splitlines() == [
        "layers.0           Linear(2, 3)              9",
        "layers.1.layers.0  Layer(3 -> 4, tanh)      16",
        "layers.1.layers.1  Layer(4 -> 1, linear)     5",
        "layers.2           Softmax                   0",
        "heads.a.0          Linear(1, 1, bias=False)  1",
        "total                                       31",
    ]
    assert nn.summary(nn.Linear(1, 1)).splitlines() == ["model  Linear(1, 1) 2", "total               2"]
    assert nn.summary(nn.Module()).splitlines() == ["model  Module 0", "total         0"]
