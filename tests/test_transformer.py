"""Embedding, LayerNorm, RMSNorm: PyTorch's where it is installed; and a whole network.

That they are their closed forms: tests/test_calculus_h.py, and tests/test_calculus_h_tokens.py.
"""

from __future__ import annotations

import copy
import math
import pickle
import random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, losses, nn
from scalargrad.errors import ArgumentError, IndexingError, NumberError, ShapeError
from tests.support.twins import compare, flat, numbers, pair, twins

# --- normalisation

NORMS = [("LayerNorm", {}), ("LayerNorm", {"eps": 0.5, "bias": False}), ("LayerNorm", {"elementwise_affine": False}),
         ("RMSNorm", {}), ("RMSNorm", {"eps": 0.25}), ("RMSNorm", {"elementwise_affine": False})]  # fmt: skip


@pytest.mark.parametrize(("rows", "columns"), [(4, 5), (1, 3), (3, 1), (0, 7)])
@pytest.mark.parametrize(("name", "options"), NORMS)
def test_normalisation_is_pytorchs(name: str, options: dict[str, Any], rows: int, columns: int) -> None:
    """A row of 0 rows is a vector."""
    ours = getattr(nn, name)(columns, **options)
    torch, theirs = twins(ours, lambda torch: getattr(torch.nn, name)(columns, dtype=torch.float64, **options))
    x, given_ = pair(torch, numbers(rows, columns) if rows else numbers(1, columns)[0])
    compare(ours, theirs, ours(x), theirs(given_), (x, given_))
    same = getattr(nn, name)((columns,), **options)
    assert same.normalized_shape == theirs.normalized_shape and same.elementwise_affine is theirs.elementwise_affine
    assert (same.eps, repr(same)) == (theirs.eps, repr(ours))
    assert {n: p.tolist() for n, p in torch.nn.LayerNorm(columns).named_parameters()} == nn.LayerNorm(
        columns
    ).state_dict()


def test_rows_are_normalised_each_by_itself() -> None:
    rows = numbers(3, 4)
    for layer in (nn.LayerNorm(4), nn.RMSNorm(4)):
        assert layer(rows).data == [layer(row).data for row in rows] == layer(np.array(rows)).data.tolist()
        assert layer(Matrix(rows)[:0]).shape == (0, 4) and isinstance(layer(rows[0]), Vector)
        assert layer([[5.0] * 4]).data[0] == pytest.approx([0.0 if isinstance(layer, nn.LayerNorm) else 1.0] * 4)
        x = Vector([0.0] * 4)
        layer(x).sum().backward()
        assert all(map(math.isfinite, x.grad))


# --- embedding


def test_an_embedding_is_pytorchs() -> None:
    ours, tokens = nn.Embedding(5, 3), [4, 0, 4, 2]
    torch, theirs = twins(ours, lambda torch: torch.nn.Embedding(5, 3, dtype=torch.float64))
    compare(ours, theirs, ours(tokens), theirs(torch.tensor(tokens)))
    ours.zero_grad()
    theirs.zero_grad()
    compare(ours, theirs, ours(3), theirs(torch.tensor(3)))
    assert ours(torch.tensor(tokens)).data == ours(tokens).data


def test_an_embedding_takes_integers_of_any_library() -> None:
    random.seed(4)
    embedding = nn.Embedding(6, 2)
    rows = embedding.weight.data
    for tokens in ([1, 5], (1, 5), np.array([1, 5]), np.array([1, 5], dtype=np.int8), range(1, 6, 4), iter([1, 5])):
        assert embedding(tokens).data == [rows[1], rows[5]]
    assert embedding(np.int64(1)).data == embedding(np.array(1)).data == rows[1]
    assert embedding([]).shape == (0, 2) and nn.Embedding(1, 1)([0, 0]).shape == (2, 1)
    random.seed(4)
    assert flat(rows) == [random.gauss(0.0, 1.0) for _ in range(12)]
    embedding([2, 2, 0]).sum().backward()
    assert embedding.weight.grad == [[1.0] * 2, [0.0] * 2, [2.0] * 2, *[[0.0] * 2] * 3]


# --- modules like any other


def transformer() -> nn.Sequential:
    random.seed(1)
    return nn.Sequential(nn.Embedding(5, 4), nn.LayerNorm(4), nn.MultiHeadAttention(4, 2, causal=True), nn.RMSNorm(4),
                         nn.Dropout(0.0), nn.Linear(4, 5))  # fmt: skip


def test_copies_pickles_states_and_texts(tmp_path: Any) -> None:
    model = transformer()
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert again.state_dict() == model.state_dict() and repr(again) == repr(model)
        assert again([0, 3]).data == model([0, 3]).data
        assert not {*map(id, again.parameters())} & {*map(id, model.parameters())}
    model.save(tmp_path / "model.json")
    expected = model([1, 2]).data
    for p in model.parameters():
        p.data = 0.0
    model.load(tmp_path / "model.json")
    assert model([1, 2]).data == expected
    assert nn.summary(model).splitlines() == [
        "layers.0  Embedding(5, 4)                        20",
        "layers.1  LayerNorm(4)                            8",
        "layers.2  MultiHeadAttention(4, 2, causal=True)  80",
        "layers.3  RMSNorm(4)                              4",
        "layers.4  Dropout(0.0)                            0",
        "layers.5  Linear(4, 5)                           25",
        "total                                           137",
    ]
    options = (nn.LayerNorm(2, 0.5, bias=False), nn.RMSNorm(2, 0.5, False), nn.MultiHeadAttention(2, 1, 0.5, False))
    for module in options:
        assert repr(eval(repr(module), vars(nn))) == repr(module)
    names = [name for name, _ in nn.MultiHeadAttention(1, 1).named_parameters()]
    assert names == ["in_proj_weight.0.0", "in_proj_weight.1.0", "in_proj_weight.2.0", "in_proj_bias.0",
                     "in_proj_bias.1", "in_proj_bias.2", "out_proj.weight.0.0", "out_proj.bias.0"]  # fmt: skip


def test_derivatives_of_a_second_order() -> None:
    norm, attention = nn.LayerNorm(2), nn.MultiHeadAttention(2, 1, causal=True)
    sg.testing.check_grad(lambda x: (attention(norm(x)) ** 2).sum(), [[0.5, -1.0], [0.25, 2.0]])

    def f(x: list[float]) -> Any:
        return (norm(Vector(x)) ** 3 * [1.0, 2.0]).sum()

    with sg.no_grad():
        hessian = sg.hessian(f)([0.5, -1.0])
        near = [[sg.grad(f)([0.5 + (k == 0) * s, -1.0 + (k == 1) * s]) for s in (1e-5, -1e-5)] for k in range(2)]
    differences = [(a - b) / 2e-5 for above, below in near for a, b in zip(above, below)]
    assert flat(hessian) == pytest.approx(differences, rel=1e-5, abs=1e-8)


def test_a_small_transformer_learns() -> None:
    model, text = transformer(), [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    optimiser = sg.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(60):
        loss = losses.cross_entropy(model(text[:-1]), text[1:])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.data < 0.05 and model(text[:-1]).argmax(1) == text[1:]


BAD: dict[str, Any] = {
    "negative": (lambda: nn.Embedding(3, 2)(-1), IndexingError, "0 to 2, got -1: tokens are not counted from the end"),
    "negative in a list": (lambda: nn.Embedding(3, 2)([0, -2]), IndexingError, "got -2: .* padding needs a token of"),
    "zero tokens": (lambda: nn.Embedding(0, 2), ArgumentError, "num_embeddings must be an int, at least 1, got 0"),
    "no width": (lambda: nn.Embedding(2, True), ArgumentError, "embedding_dim must be an int"),
    "large token": (lambda: nn.Embedding(3, 2)([0, 3]), IndexingError, r"tokens 0 to 2, got 3: make it with num_emb"),
    "letters": (lambda: nn.Embedding(3, 2)("ab"), IndexingError, "got str: write the position of each letter"),
    "float token": (lambda: nn.Embedding(3, 2)([1.0]), IndexingError, r"takes ints, got float 1\.0"),
    "bool token": (lambda: nn.Embedding(3, 2)([True]), IndexingError, "takes ints, got bool"),
    "Value token": (lambda: nn.Embedding(3, 2)(Value(1.0)), IndexingError, "int or a list of ints, got Value"),
    "batch": (lambda: nn.Embedding(3, 2)([[0, 1]]), ShapeError, "one sequence of ints, got a list in it: call"),
    "set": (lambda: nn.Embedding(3, 2)({0, 1}), ArgumentError, "no order"),
    "row": (lambda: nn.LayerNorm(3)([[1.0, 2.0]]), ShapeError, r"LayerNorm normalises rows of 3 .* shape \(1, 2\)"),
    "number": (lambda: nn.RMSNorm(1)(1.0), ShapeError, "RMSNorm takes a vector or a batch"),
    "two lengths": (lambda: nn.LayerNorm((2, 3)), ArgumentError, r"must be one length.*got \(2, 3\): .*reshape"),
    "text": (lambda: nn.RMSNorm("ab"), ArgumentError, "normalized_shape must be an int"),
    "eps": (lambda: nn.LayerNorm(2, eps=-1.0), ArgumentError, r"eps must be at least 0, got -1\.0"),
    "nan": (lambda: nn.RMSNorm(2, eps=math.nan), ArgumentError, "eps must be at least 0, got nan"),
    "no eps": (lambda: nn.LayerNorm(2, eps=None), NumberError, "eps must be a number, got NoneType"),  # type: ignore[arg-type]
    "weight": (lambda: setattr(nn.LayerNorm(2), "weight", [1.0]), NumberError, "weight of a LayerNorm layer must be"),
    "table": (lambda: setattr(nn.Embedding(2, 2), "weight", None), NumberError, "Embedding layer must be a Matrix"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_errors_say_what_was_wrong(case: str) -> None:
    call, error, message = BAD[case]
    with pytest.raises(error, match=message):
        call()
