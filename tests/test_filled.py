"""zeros, ones, eye, arange, linspace beside numpy's, to the bit; and batches."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, losses, nn, optim
from scalargrad.errors import ArgumentError, KeywordError, NumberError, RangeError, ShapeError

LENGTHS = st.integers(0, 6)


def same(ours: Any, theirs: Any) -> None:
    assert type(ours) is (Vector if theirs.ndim == 1 else Matrix) and ours.shape == theirs.shape
    assert ours.tobytes() == (theirs + 0.0).astype(float).tobytes()
    assert type(ours.data) is list


@given(
    st.one_of(
        LENGTHS, LENGTHS.map(lambda n: (n,)), st.tuples(LENGTHS, LENGTHS), st.lists(LENGTHS, min_size=2, max_size=2)
    )
)
def test_zeros_and_ones(shape: Any) -> None:
    same(sg.zeros(shape), np.zeros(shape))
    same(sg.ones(shape), np.ones(shape))


@given(LENGTHS, LENGTHS | st.none(), st.integers(-8, 8))
def test_eye(rows: int, columns: int | None, k: int) -> None:
    same(sg.eye(rows, columns, k), np.eye(rows, columns, k))
    same(sg.eye(rows), np.eye(rows))


LIMITS = st.floats(-100, 100) | st.integers(-20, 20) | st.sampled_from([0.1, 0.3, 1e300, -1e-300, 5e-324])


@given(LIMITS, LIMITS, st.integers(0, 60), st.booleans())
def test_linspace(start: float, stop: float, count: int, endpoint: bool) -> None:
    same(sg.linspace(start, stop, count, endpoint), np.linspace(start, stop, count, endpoint))
    same(sg.linspace(start, stop), np.linspace(start, stop))
    same(sg.linspace(0.0, 5e-324, 5), np.linspace(0.0, 5e-324, 5))  # the distance rounds to 0


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0.1, 20), st.booleans())
def test_arange(start: float, stop: float, step: float, down: bool) -> None:
    step = -step if down else step
    same(sg.arange(start, stop, step), np.arange(start, stop, step))
    same(sg.arange(start, stop), np.arange(start, stop))
    same(sg.arange(stop), np.arange(stop))
    for given_ in ((5,), (2, 5), (5, 2, -1), (0, 10, 3), (0.0, 1.0, 0.1), (1.0, 1.3, 0.1)):
        same(sg.arange(*given_), np.arange(*given_))


def test_they_are_leaves() -> None:
    for x in (sg.zeros(3), sg.ones((1, 3)), sg.eye(2), sg.arange(3), sg.linspace(0, 1, 3)):
        (x * x + x).sum().backward()
        assert all(v.is_leaf if hasattr(v, "is_leaf") else not v._op for v in x.elements())
        assert [v.grad for v in x.elements()] == [2.0 * v.data + 1.0 for v in x.elements()]
    x = sg.zeros(2)
    x[0].data = 5.0
    assert x.data == [5.0, 0.0]


FILL: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: sg.zeros(()), ShapeError, r"Value\(0.0\) is a single number"),
    (lambda: sg.zeros((1, 2, 3)), ShapeError, "arrays have one or two dimensions"),
    (lambda: sg.ones(-1), ShapeError, "must not be negative, got -1"),
    (lambda: sg.ones(2.0), NumberError, "a length of a shape must be an int, got float 2.0"),
    (lambda: sg.ones((2, "a")), NumberError, "must be an int, got str"),
    (lambda: sg.zeros(3, dtype=float), KeywordError, r"zeros\(\) got an unexpected keyword argument 'dtype': numbers"),
    (lambda: sg.eye(2, k=0.5), NumberError, "k must be an int"),
    (lambda: sg.eye(-2), ShapeError, "N must not be negative"),
    (lambda: sg.arange(0, 1, 0), ArgumentError, "a step other than 0"),
    (lambda: sg.arange(float("inf")), ArgumentError, "finite limits"),
    (lambda: sg.arange(0.0, 1e300, 1e-300), ArgumentError, "too small"),
    (lambda: sg.arange(Value(3.0)), NumberError, "stop must be a number, got Value"),
    (lambda: sg.arange(10**400), RangeError, "too large"),
    (lambda: sg.linspace(0, "a"), NumberError, "stop must be a number"),
    (lambda: sg.linspace(0, 1, 2.5), NumberError, "num must be an int"),
    (lambda: sg.linspace(0, float("nan")), ArgumentError, "finite limits"),
    (lambda: sg.batches([1, 2], 0), ArgumentError, "size must be a whole number from 1 on, got 0"),
    (lambda: sg.batches([1, 2], 1.5), NumberError, "size must be a whole number, got float"),
    (lambda: sg.batches([1, 2], 1, seed="a"), NumberError, "seed must be a whole number, got str"),
    (lambda: sg.batches(([1, 2], [1]), 1), ShapeError, r"got 2 parts of the lengths \[2, 1\]"),
    (lambda: sg.batches((), 1), ShapeError, "0 parts"),
    (lambda: sg.batches({1, 2}, 1), ArgumentError, "got set: pass list"),
    (lambda: sg.batches("ab", 1), ArgumentError, "got str"),
    (lambda: sg.batches(Value(1.0), 1), ArgumentError, "got Value"),
    (lambda: sg.batches(np.array(1.0), 1), ArgumentError, "got ndarray"),
    (lambda: sg.batches(5, 1), ArgumentError, "got int"),
]


@pytest.mark.parametrize(("call", "error", "message"), FILL)
def test_errors_say_what_was_wrong(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# --- batches ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(), max_size=20), st.integers(1, 25), st.integers() | st.none())
def test_each_sample_once_in_batches_of_a_size(data: list[int], size: int, seed: int | None) -> None:
    parts = sg.batches(data, size, seed)
    for epoch in range(3):
        assert parts.epoch == epoch
        found = list(parts)
        assert len(found) == len(parts) == -(-len(data) // size)
        assert [len(batch) for batch in found] == [min(size, len(data) - k) for k in range(0, len(data), size)]
        assert Counter(x for batch in found for x in batch) == Counter(data)


def test_the_order_is_new_each_time_and_the_same_in_each_run() -> None:
    first, again = sg.batches(list(range(50)), 7, 3), sg.batches(list(range(50)), 7, 3)
    epochs = [list(first) for _ in range(4)]
    assert epochs == [list(again) for _ in range(4)]
    assert len({str(epoch) for epoch in epochs}) == 4 and epochs[0] != list(sg.batches(list(range(50)), 7, 4))
    again.epoch = 2
    assert list(again) == epochs[2]
    random.seed(5)
    drawn = list(sg.batches(list(range(50)), 7))
    random.seed(5)
    assert drawn == list(sg.batches(list(range(50)), 7)) != list(sg.batches(list(range(50)), 7))
    state = random.getstate()
    list(first)
    assert random.getstate() == state


def test_data_of_every_kind_is_shuffled_alike() -> None:
    n = 9
    rows = [[float(k), k + 0.5] for k in range(n)]
    x, m = Vector([float(k) for k in range(n)]), Matrix(rows)
    a = np.array(rows)
    texts = [f"{k}" for k in range(n)]
    for v, w, b, some, more in sg.batches((x, m, a, texts, np.array(texts, dtype=object)), 4, seed=1):
        assert (type(v), type(w), type(b), type(some), type(more)) == (Vector, Matrix, np.ndarray, list, np.ndarray)
        assert w.data == b.tolist() == [rows[int(k)] for k in some] and v.data == [float(k) for k in some]
        assert list(more) == some
        (w.sum() + v.sum()).backward()
    assert m.grad == [[1.0, 1.0]] * n and x.grad == [1.0] * n
    constants = next(iter(sg.batches(sg.constant(rows), 4, seed=1)))
    assert constants.shape == (4, 2) and type(constants.sum()) is float


def run(path: Path, epochs: int, resume: bool, seed: int | None) -> list[str]:
    """A training that was saved, or goes on: the model, RMSprop, a warm-up, batches."""
    random.seed(1 + 98 * resume)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    optimiser = optim.RMSprop(model.parameters(), lr=0.01, momentum=0.5)
    scheduler = optim.SequentialLR(
        optimiser, [optim.LinearLR(optimiser, total_iters=2), optim.CosineAnnealingLR(optimiser, 5)], [2]
    )
    x = np.array([[k / 11, (k * k % 7) / 7] for k in range(11)])
    data = sg.batches((x, (x[:, :1] * x[:, 1:]).tolist()), 4, seed)
    if resume:
        extra = sg.load(path, model=model, optimiser=optimiser, scheduler=scheduler, rng=True)
        data.epoch = extra["epoch"]
    seen = []
    for _ in range(epochs):
        for inputs, targets in data:
            loss = losses.l1(model(inputs), targets)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            seen.append(repr(loss.data))
        scheduler.step()
    if not resume:
        sg.save(path, model=model, optimiser=optimiser, scheduler=scheduler, rng=True, extra={"epoch": data.epoch})
    return seen


@pytest.mark.parametrize("seed", [None, 7])
def test_a_run_goes_on_where_it_stopped(tmp_path: Path, seed: int | None) -> None:
    whole = run(tmp_path / "whole.json", 6, False, seed)
    assert whole[: 3 * 3] == run(tmp_path / "half.json", 3, False, seed)
    assert whole[3 * 3 :] == run(tmp_path / "half.json", 3, True, seed)
