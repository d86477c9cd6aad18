"""Modules and SGD; micrograd itself, from PyPI, is the reference where it is installed."""

from __future__ import annotations

import copy
import math
import pickle
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, nn
from scalargrad.errors import ArgumentError, NumberError
from scalargrad.optim import SGD
from tests.support.engines import bits

# The losses that micrograd's demo notebook prints, and its accuracies in percent.
PUBLISHED = {
    0: (0.8958441028683222, 50), 1: (1.7235905336972022, 81), 2: (0.7429006313851131, 77),
    3: (0.7705641260584198, 82), 4: (0.3692793385976538, 84), 5: (0.313545481918522, 86),
    10: (0.24507023853658053, 91), 20: (0.18977522856087634, 91), 40: (0.06016009895234464, 100),
    60: (0.0325971115781023, 99), 80: (0.012318500800515763, 100), 99: (0.010978370135492717, 100),
}  # fmt: skip


@pytest.mark.slow_in_python
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
    ("parameters", "lr", "error", "message"),
    [
        ([], 0.1, ArgumentError, "no parameters"),
        (Value(1.0), 0.1, ArgumentError, "a list of parameters, got one Value"),
        ([Value(1.0) * 2], 0.1, ArgumentError, r"leaves, got the result of \*"),
        ([Value(1.0)], "x", NumberError, "got str 'x'"),
        ([1.0], 0.1, NumberError, "Values as parameters, got float"),
        ([Value(1.0)], -1.0, ArgumentError, "lr must be .*got -1.0"),
        ([Value(1.0)], math.nan, ArgumentError, "lr must be .*got nan"),
    ],
)
def test_sgd_refuses(parameters: Any, lr: float, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        SGD(parameters, lr)


@pytest.mark.parametrize("sizes", [3, []])
def test_an_mlp_needs_a_list_of_sizes(sizes: Any) -> None:
    with pytest.raises(ArgumentError, match="list"):
        nn.MLP(2, sizes)


def test_module_base() -> None:
    module = nn.Module()
    module.zero_grad()
    assert module.parameters() == []


# --- batches ---------------------------------------------------------------------------------------------------------

NAMES = ["relu", "tanh", "sigmoid", "leaky_relu", "elu", "silu", "softplus", "linear"]


@given(st.data(), st.integers(1, 9), st.integers(0, 5), st.lists(st.integers(1, 9), min_size=1, max_size=3),
       st.sampled_from(NAMES), st.sampled_from(["matrix", "numpy", "nested"]))  # fmt: skip
def test_a_batch_is_its_samples_to_the_bit(
    data: Any, n: int, nin: int, nouts: list[int], activation: str, kind: str
) -> None:
    np = pytest.importorskip("numpy")
    rng = data.draw(st.randoms(use_true_random=False))
    rows = [[rng.choice([rng.uniform(-3, 3), 0.0, 1.0]) for _ in range(nin)] for _ in range(n)]
    random.seed(rng.randrange(100))
    model = nn.MLP(nin, nouts, activation=activation)
    twin = copy.deepcopy(model)
    x = {"matrix": lambda: Matrix(np.array(rows).reshape(n, nin)), "numpy": lambda: np.array(rows).reshape(n, nin),
         "nested": lambda: rows}[kind]()  # fmt: skip
    given_weights = [[rng.uniform(-1, 1) for _ in range(nouts[-1])] for _ in range(n)]
    y = model(x)
    assert isinstance(y, Matrix) and y.shape == (n, nouts[-1])
    (y * given_weights).sum().backward()

    inputs = [list(map(Value, row)) for row in rows]
    outputs = []
    for row in inputs:
        out: Any = row
        for layer in twin.layers:  # scalar by scalar
            out = [neuron(out) for neuron in layer.neurons]
        outputs.append(out)
    flat = [v * w for out, ws in zip(outputs, given_weights) for v, w in zip(out, ws)]
    sg.sum(flat).backward()
    assert [bits(v.data) for row in y for v in row] == [bits(v.data) for out in outputs for v in out]
    assert [bits(p.grad) for p in model.parameters()] == [bits(p.grad) for p in twin.parameters()]
    if kind == "matrix":
        assert [bits(v.grad) for row in x for v in row] == [bits(v.grad) for row in inputs for v in row]
    one = model(Vector(rows[0]))
    assert isinstance(one, Value) if nouts[-1] == 1 else isinstance(one, list)
    assert [bits(v.data) for v in ([one] if nouts[-1] == 1 else one)] == [bits(v.data) for v in outputs[0]]
    listed = model(rows[0])
    assert isinstance(listed, Value) if nouts[-1] == 1 else isinstance(listed, list)


def edit_weight(m: nn.MLP) -> None:
    m.layers[0].neurons[1].w[0] = Value(5.0)


def edit_tie(m: nn.MLP) -> None:
    m.layers[0].neurons[1].w[0] = m.layers[0].neurons[0].w[1]


def edit_prune(m: nn.MLP) -> None:
    m.layers[1].neurons[0].w[2] = 0.0


def edit_expression(m: nn.MLP) -> None:
    m.layers[0].neurons[0].w[1] = m.layers[0].neurons[0].b * 2 + 1


def edit_bias(m: nn.MLP) -> None:
    m.layers[0].neurons[2].b = Value(-1.0)


def edit_all_weights(m: nn.MLP) -> None:
    m.layers[0].neurons[2].w = [Value(1.0), Value(2.0)]


def edit_neuron(m: nn.MLP) -> None:
    m.layers[0].neurons[0] = nn.Neuron(2)


def edit_neurons(m: nn.MLP) -> None:
    m.layers[0].neurons = m.layers[0].neurons[::-1]


def edit_activation(m: nn.MLP) -> None:
    m.layers[0].neurons[0].activation = "tanh"


def edit_linear(m: nn.MLP) -> None:
    for n in m.layers[0].neurons:
        n.nonlin = False


def edit_layer(m: nn.MLP) -> None:
    m.layers[1] = nn.Layer(3, 2)


def edit_in_place(m: nn.MLP) -> None:
    w = m.layers[0].neurons[0].w
    w.reverse()
    w += [w.pop()]


def edit_kind(m: nn.MLP) -> None:
    class Doubled(nn.Neuron):
        def __call__(self, x: Any) -> Any:
            return super().__call__(x) * 2

    m.layers[0].neurons[1] = Doubled(2)


def edit_data(m: nn.MLP) -> None:
    m.layers[0].neurons[1].w[0].data = 4.0


EDITS = [edit_weight, edit_tie, edit_prune, edit_expression, edit_bias, edit_all_weights, edit_neuron, edit_neurons,
         edit_activation, edit_linear, edit_layer, edit_in_place, edit_kind, edit_data]  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_seen_by_the_next_batch(edit: Any) -> None:
    random.seed(3)
    model = nn.MLP(2, [3, 2], activation="sigmoid")
    rows = [[0.5, -1.0], [2.0, 0.25]]
    model(rows)
    model.parameters()
    edit(model)
    model(rows).sum().backward()
    batch = [p.grad for p in model.parameters()]
    model.zero_grad()
    outputs = [[n(layer) for n in model.layers[1].neurons]
               for layer in ([n(row) for n in model.layers[0].neurons] for row in rows)]  # fmt: skip
    assert model(rows).data == [[v.data for v in out] for out in outputs]
    sg.sum([v for out in outputs for v in out]).backward()
    assert [p.grad for p in model.parameters()] == batch
    fresh = {id(p) for layer in model.layers for n in layer.neurons for p in (*n.w, n.b)
             if isinstance(p, Value) and not p._op}  # fmt: skip
    assert {id(p) for p in model.parameters()} == fresh and len(model.parameters()) == len(fresh)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_of_modules_are_their_own(again: Any) -> None:
    for model in (nn.MLP(2, [3, 1]), nn.Sequential(nn.Linear(2, 2), nn.LeakyReLU(), nn.Softmax())):
        rows = [[1.0, 2.0]]
        before = model(rows).data
        twin = again(model)
        assert twin(rows).data == before
        twin.parameters()[0].data += 1.0
        assert model(rows).data == before and twin(rows).data != before
        assert repr(twin) == repr(model)
    twin = again(nn.MLP(1, [2]))
    twin.layers[0].neurons[0].w[0] = Value(9.0)
    assert twin([[1.0]]).data[0][0] == 9.0 + twin.layers[0].neurons[0].b.data


def test_parameters_are_the_same_values_at_each_call() -> None:
    for model in (nn.MLP(2, [3, 1]), nn.Linear(2, 3), nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))):
        first = model.parameters()
        model([[1.0, 2.0]]).sum().backward()
        assert list(map(id, first)) == [id(p) for p in model.parameters()]
        assert list(map(id, first)) == [id(p) for _, p in model.named_parameters()]
        assert first[-1].grad == 1.0  # the last is a bias of the output
        model.zero_grad()
        assert not any(p.grad for p in first)
    model = nn.MLP(2, [2])
    assert [name for name, _ in model.named_parameters()][:3] == [
        "layers.0.neurons.0.w.0", "layers.0.neurons.0.w.1", "layers.0.neurons.0.b",
    ]  # fmt: skip
    tied = nn.Linear(1, 2)
    tied.again = tied.weight  # type: ignore[attr-defined]
    assert len(tied.parameters()) == 4


def test_a_hidden_layer_of_one_neuron() -> None:
    random.seed(4)
    model = nn.MLP(2, [1, 1])
    assert isinstance(model([1.0, 2.0]), Value)
    assert model([[1.0, 2.0]]).data == [[model([1.0, 2.0]).data]]


def test_parameters_may_be_any_iterable() -> None:
    class Generator(nn.Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def parameters(self) -> Any:
            yield self.w

    model = Generator()
    model.w.grad = 2.0
    model.zero_grad()
    assert model.w.grad == 0.0


@pytest.mark.parametrize("kind", [lambda x: np.array(x, object), type("Own", (list,), {}), tuple])
def test_weights_in_other_sequences_are_read_anew(kind: Any) -> None:
    """Their edits are not noted, so a layer keeps nothing of them."""
    layer = nn.Layer(2, 1, nonlin=False)
    layer.neurons[0].w = kind([Value(1.0), Value(2.0)])
    layer.neurons[0].b = Value(0.0)
    assert layer([[1.0, 1.0]]).data == [[3.0]]
    if kind is not tuple:
        layer.neurons[0].w[0] = Value(5.0)
        assert layer([[1.0, 1.0]]).data == [[7.0]] and layer([1.0, 1.0]).data == 7.0
        assert layer.neurons[0].w[0] in layer.parameters()
