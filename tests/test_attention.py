"""MultiHeadAttention: PyTorch's where it is installed, number by number, with masks."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Mask, Matrix, Value, Vector, nn
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from tests.support.twins import CLOSE, compare, flat, numbers, pair, twins


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("tokens", "others", "width", "heads"),
    [(4, 0, 6, 3), (3, 5, 4, 2), (5, 2, 4, 2), (1, 0, 4, 1), (2, 0, 1, 1), (1, 1, 1, 1), (1, 3, 3, 3)],
)
@pytest.mark.parametrize("mask", ["none", "causal", "bools", "numbers", "causal and bools"])
def test_attention_is_pytorchs(tokens: int, others: int, width: int, heads: int, mask: str, bias: bool) -> None:
    ours = nn.MultiHeadAttention(width, heads, bias=bias, causal="causal" in mask)
    torch, theirs = twins(ours, lambda torch: torch.nn.MultiheadAttention(width, heads, bias=bias, dtype=torch.float64))
    columns = others or tokens
    x, given_ = pair(torch, numbers(tokens, width))
    pairs = [(x, given_)] + [pair(torch, numbers(others, width, k)) for k in (1, 2) if others]
    bools = [[k > 0 and (j + k) % 3 == 0 for k in range(columns)] for j in range(tokens)]
    ours_mask: Any = {"bools": bools, "causal and bools": bools}.get(mask)
    if mask == "numbers":
        ours_mask = [[-math.inf if b else n for b, n in zip(*rows)] for rows in zip(bools, numbers(tokens, columns))]
    dtype = torch.float64 if mask == "numbers" else torch.bool
    theirs_mask = None if ours_mask is None else torch.tensor(ours_mask, dtype=dtype)
    if "causal" in mask:
        later = torch.ones(tokens, columns, dtype=torch.bool).triu(1)
        theirs_mask = later if theirs_mask is None else later | theirs_mask
    y, weights = ours(*(ours_ for ours_, _ in pairs), attn_mask=ours_mask, need_weights=True)
    each = [other for _, other in pairs] if others else [given_] * 3
    z, shares = theirs(*each, attn_mask=theirs_mask, average_attn_weights=False)
    assert [flat(w.data) for w in weights] == [pytest.approx(flat(w), **CLOSE) for w in shares.tolist()]
    compare(ours, theirs, y, z, *pairs)
    assert ours(*(ours_ for ours_, _ in pairs), attn_mask=ours_mask).data == y.data


@given(st.data())
def test_attention_is_its_numbers_one_by_one(data: Any) -> None:
    """The closed form, one token at a time, as a program that has no arrays writes it."""
    heads, part, tokens = (data.draw(st.integers(1, 3)) for _ in range(3))
    width, causal = heads * part, data.draw(st.booleans())
    layer = nn.MultiHeadAttention(width, heads, causal=causal)
    for p in layer.parameters():
        p.data = data.draw(st.floats(-1.5, 1.5))
    rows = [[data.draw(st.floats(-2, 2)) for _ in range(width)] for _ in range(tokens)]
    x, values = Matrix(rows), [[Value(number) for number in row] for row in rows]
    assert layer.in_proj_bias is not None and layer.out_proj.bias is not None
    table, biases = layer.in_proj_weight.tolist(), layer.in_proj_bias.tolist()
    projected = [[sg.dot(w, row) + b for w, b in zip(table, biases)] for row in values]
    y: list[Any] = []
    for t, row in enumerate(projected):
        seen, mixed = projected[: t + 1] if causal else projected, []
        for at in range(0, width, part):
            q = row[at : at + part]
            scores = [sg.dot(q, k[width + at : width + at + part]) / math.sqrt(part) for k in seen]
            shares = sg.softmax(scores)
            mixed += [sg.dot(shares, [k[2 * width + at + j] for k in seen]) for j in range(part)]
        y += [sg.dot(w, mixed) + b for w, b in zip(layer.out_proj.weight.tolist(), layer.out_proj.bias.tolist())]
    found = layer(x)
    assert flat(found.data) == pytest.approx([v.data for v in y], rel=1e-11, abs=1e-11)
    g = [0.5 - k % 3 for k in range(len(y))]
    (found.reshape(-1) @ g).backward()
    ours = [p.grad for p in layer.parameters()]
    layer.zero_grad()
    sg.dot(y, g).backward()
    assert ours == pytest.approx([p.grad for p in layer.parameters()], rel=1e-10, abs=1e-10)
    assert flat(x.grad) == pytest.approx([v.grad for row in values for v in row], rel=1e-10, abs=1e-10)


def test_what_is_masked_has_no_part_and_is_no_anomaly() -> None:
    layer, rows = nn.MultiHeadAttention(4, 2, causal=True), numbers(3, 4)
    with sg.detect_anomaly(strict=True):
        x = Matrix([*rows, [1e100] * 4])
        y = layer(x)
        y[:3].sum().backward()
        masked = layer(rows, attn_mask=[[0.0, 0.0, 0.0], [-math.inf, 0.0, 0.0], [0.0, -math.inf, 0.0]])
    assert y.data[:3] == layer(rows).data and x.grad[3] == [0.0] * 4
    assert masked.data == layer(rows, attn_mask=Mask([[False] * 3, [True, False, False], [False, True, False]])).data
    other = numbers(2, 4, seed=5)
    assert layer(rows, other).data == layer(rows, other, other).data != layer(rows, other, rows[:2]).data
    slope = Value(0.5)  # a mask that is trained
    distances = Matrix([[-slope * abs(j - k) for k in range(3)] for j in range(3)])
    layer(rows, attn_mask=distances).sum().backward()
    assert slope.grad != 0.0
    assert layer(np.array(rows)).data.tolist() == layer(rows).data
    assert layer(rows, rows).data == layer(rows, rows, rows).data
    assert flat(layer(rows, rows).data) == pytest.approx(flat(layer(rows).data), **CLOSE)


def test_the_initial_weights() -> None:
    random.seed(2)
    layer = nn.MultiHeadAttention(8, 2)
    assert layer.in_proj_weight.shape == (24, 8) and layer.in_proj_bias is not None and layer.out_proj.bias is not None
    drawn = flat(layer.in_proj_weight.data)
    assert 0.9 < max(map(abs, drawn)) / math.sqrt(6 / 32) <= 1.0
    assert 0.8 < max(map(abs, flat(layer.out_proj.weight.data))) * math.sqrt(8) <= 1.0
    assert {*layer.in_proj_bias.data, *layer.out_proj.bias.data} == {0.0}


X = [[1.0, 2.0]]
BAD: dict[str, Any] = {
    "heads": (lambda: nn.MultiHeadAttention(5, 2), ArgumentError, "multiple of num_heads.* got 5 and 2"),
    "no head": (lambda: nn.MultiHeadAttention(4, 0), ArgumentError, "num_heads must be an int, at least 1"),
    "share": (lambda: nn.MultiHeadAttention(4, 2, dropout=1.5), ArgumentError, r"dropout must be a probability.*1\.5"),
    "causal": (lambda: nn.MultiHeadAttention(4, 2, True), ArgumentError, "got True: .* alone write causal=True$"),
    "one token": (lambda: nn.MultiHeadAttention(2, 1)(Vector([1.0, 2.0])), ShapeError, r"x\[None, :\] for one token"),
    "width": (lambda: nn.MultiHeadAttention(3, 1)(X), ShapeError, r"query .* 3 numbers each; got shape \(1, 2\)$"),
    "empty": (lambda: nn.MultiHeadAttention(2, 1)(Matrix(X)[:0]), ShapeError, r"at least one token.*\(0, 2\)"),
    "value alone": (lambda: nn.MultiHeadAttention(2, 1)(X, value=X), ArgumentError, r"write attention\(query, key, v"),
    "more values": (lambda: nn.MultiHeadAttention(2, 1)(X, X, X * 2), ShapeError, "got 1 keys and 2 values"),
    "mask": (lambda: nn.MultiHeadAttention(2, 1)(X, attn_mask=[[0.0] * 2]), ShapeError, r"shape \(1, 1\), got shape"),
    "no mask": (lambda: nn.MultiHeadAttention(2, 1)(X, attn_mask="no"), ShapeError, "attn_mask has a row per query"),
    "all": (lambda: nn.MultiHeadAttention(2, 1)(X, attn_mask=[[True]]), ArgumentError, "token 0 may look at nothing"),
    "ints": (lambda: nn.MultiHeadAttention(2, 1)(X * 2, attn_mask=[[0, 1], [0, 0]]), ArgumentError,
             r"floats .* added .* got ints: write \[\[False, True\], \.\.\.\], True where a token must not look$"),
    "bias": (lambda: setattr(nn.MultiHeadAttention(2, 1), "in_proj_bias", 1.0), NumberError, "in_proj_bias of a Multi"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_errors_say_what_was_wrong(case: str) -> None:
    call, error, message = BAD[case]
    with pytest.raises(error, match=message):
        call()


def test_a_mask_of_ints_is_refused_and_floats_are_added() -> None:
    np, x = pytest.importorskip("numpy"), [[1.0, 2.0], [3.0, 4.0]]
    layer = nn.MultiHeadAttention(2, 1)
    later = np.triu(np.ones((2, 2)), 1)
    for mask in (later.astype(int), np.zeros((2, 2), np.uint8), [np.array([0, 1])] * 2, ((0, 1), (0, 0))):
        with pytest.raises(ArgumentError, match="got ints: write"):
            layer(x, attn_mask=mask)
    with pytest.raises(ArgumentError, match="got ints: write mask == 1, True where"):
        layer(x, attn_mask=later.astype(int))
    added, *same, masked = (
        np.array(layer(x, attn_mask=mask).data).tolist()
        for mask in ([[0.0, 1.0], [0.0, 0.0]], later, [[0, 1.0], [0, 0]], later.astype(int) == 1)
    )
    assert same == [added, added] and added != masked
    for mask in ([[np.False_, np.True_], [np.False_] * 2], [later[0] > 0.0, later[1] > 0.0]):  # bools of any kind
        assert np.array(layer(x, attn_mask=mask).data).tolist() == masked


@pytest.mark.parametrize("mask", [[[True, False], [True, False]], [[-math.inf, 0.0], [0.0, -math.inf]]])
def test_a_token_that_may_look_at_nothing_is_refused(mask: Any) -> None:
    """A mask and `causal` together leave the first token nothing."""
    with pytest.raises(ArgumentError, match=r"token 0 may look at nothing: .* write ~mask"):
        nn.MultiHeadAttention(2, 1, causal=True)(X * 2, attn_mask=mask)
