"""Saved states: exact, whole or not at all, and never a changed model after an error."""

from __future__ import annotations

import json
import math
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalargrad import Matrix, Value, Vector, nn
from scalargrad.errors import StateError
from scalargrad.nn import saving
from tests.support.engines import bits


class Odd(nn.Module):
    """Every kind of holder."""

    def __init__(self, numbers: list[float]) -> None:
        self.single = Value(numbers[0])
        self.vector = Vector(numbers)
        self.matrix = Matrix([numbers, numbers])
        self.parts = {"a": nn.Linear(2, 1), "b": [Value(numbers[0]), 0.5]}
        self.loss = self.single * 2
        self.outputs = self.matrix * 2
        self.listed = [self.loss, self.loss * 2]
        self.sizes = [1, 2]
        self._hidden = Value(7.0)


def numbers_of(model: nn.Module) -> list[Any]:
    return [bits(p.data) for p in model.parameters()]


@given(st.lists(st.floats() | st.integers(-5, 5).map(float), min_size=1, max_size=6))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, numbers: list[float]) -> None:
    path = tmp_path_factory.mktemp("saved") / "model.json"
    model, other = Odd(numbers), Odd([0.0] * len(numbers))
    before = other.parameters()
    model.save(path)
    other.load(path)
    assert numbers_of(model) == numbers_of(other)
    assert all(a is b for a, b in zip(before, other.parameters()))
    assert [name for name, _ in model.named_parameters()][:2] == ["single", "vector.0"]
    assert not {"loss", "outputs", "listed", "_hidden", "sizes"} & set(model.state_dict())
    assert not any(p._op for p in model.parameters())


def models() -> list[nn.Module]:
    return [
        nn.MLP(3, [4, 2], activation="tanh"),
        nn.Layer(2, 1),
        nn.Linear(3, 2),
        nn.Linear(2, 2, bias=False),
        nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)),
        nn.Module(),
    ]


@pytest.mark.parametrize("k", range(len(models())))
def test_round_trip_of_modules(k: int, tmp_path: Path) -> None:
    random.seed(0)
    model, other = models()[k], models()[k]
    model.save(tmp_path / "model.json")
    other.load(str(tmp_path / "model.json"))
    assert numbers_of(model) == numbers_of(other)
    assert model.state_dict() == other.state_dict()
    for j, stranger in enumerate(models()):
        if j != k and stranger.parameters():
            before = numbers_of(stranger)
            with pytest.raises(StateError):
                stranger.load(tmp_path / "model.json")
            assert numbers_of(stranger) == before


@given(st.data())
def test_a_fuzzed_file_never_changes_the_model(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    path = tmp_path_factory.mktemp("fuzzed") / "model.json"
    random.seed(1)
    model = nn.MLP(2, [2, 1])
    model.save(path)
    raw = bytearray(path.read_bytes())
    other = nn.MLP(2, [2, 1])
    before, saved = numbers_of(other), numbers_of(model)
    how = data.draw(st.sampled_from(["flip", "cut", "insert", "drop", "swap"]))
    at = data.draw(st.integers(0, len(raw) - 1))
    if how == "flip":
        raw[at] = data.draw(st.integers(0, 255))
    elif how == "cut":
        del raw[at:]
    elif how == "insert":
        raw[at:at] = data.draw(st.binary(min_size=1, max_size=5))
    elif how == "drop":
        del raw[at : at + data.draw(st.integers(1, 20))]
    else:
        end = data.draw(st.integers(at, len(raw)))
        raw[at:end] = raw[at:end][::-1]
    path.write_bytes(bytes(raw))
    try:
        other.load(path)
    except StateError:
        assert numbers_of(other) == before
    else:  # white space, or nothing at all, was changed
        assert numbers_of(other) == saved


def forged(state: Any, **more: Any) -> bytes:
    """A file whose checksum fits whatever is in it."""
    return json.dumps({"format": saving.FORMAT, "sha256": saving._digest(state), "state": state, **more}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"null", b"3", b"\xff\xfe", b"{" * 100_000, b"[" * 100_000,
        b'{"format": "scalargrad state 1"}',
        b'{"format": "scalargrad state 2", "state": {}}', b"\x80\x04K\x01.", b'{"format": NaN}',
        forged({}), forged([]), forged(None), forged({"weight": [[1.0, 2.0]], "bias": [0.0, 0.0]}),
        forged({"weight": [[1.0], [2.0, 3.0]], "bias": [0.0, 0.0]}), forged({"weight": 1.0, "bias": [0.0, 0.0]}),
        forged({"weight": [[1.0, 2.0], [3.0, "x"]], "bias": [0.0, 0.0]}),
        forged({"weight": [[1.0, 2.0], [3.0, None]], "bias": [0.0, 0.0]}),
        forged({"weight": [[1.0, 2.0], [3.0, True]], "bias": [0.0, 0.0]}),
        forged({"weight": [[1.0, 2.0], [3.0, 10**400]], "bias": [0.0, 0.0]}),
        forged({"weight": [[1.0, 2.0], [3.0, {}]], "bias": [0.0, 0.0]}),
        forged({"weight": [[1.0, 2.0], [3.0, [4.0]]], "bias": [0.0, 0.0]}),
        forged({"weight": [[1.0, 2.0], [3.0, 4.0]], "bias": [0.0, 0.0], "more": 1.0}),
        forged({"weight": [[1.0, 2.0], [3.0, 4.0]]}),
    ],
)  # fmt: skip
def test_foreign_and_damaged_files(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(content)
    model = nn.Linear(2, 2)
    before = numbers_of(model)
    with pytest.raises(StateError):
        model.load(path)
    assert numbers_of(model) == before
    with pytest.raises(FileNotFoundError):
        model.load(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            {"weight": [[1.0, 2.0]], "bias": [0.0, 0.0]},
            r"weight has shape \(2, 2\) in the model, \(1, 2\) in the state",
        ),
        ({"weight": [[1.0, 2.0], [3.0, 4.0]], "bias": [[0.0, 0.0]]}, r"bias has shape \(2,\).*\(1, 2\)"),
        ({"weight": [[1.0, 2.0], [3.0, 4.0]], "b": [0.0]}, "it lacks bias; the model lacks b"),
        ([1.0], "a state must be a dict.*list"),
        ({"weight": [["1", 2.0], [3.0, 4.0]], "bias": [0.0, 0.0]}, "has a non-number"),
    ],
)
def test_a_state_that_does_not_fit(state: Any, message: str) -> None:
    model = nn.Linear(2, 2)
    before = numbers_of(model)
    with pytest.raises(StateError, match=message):
        model.load_state_dict(state)
    assert numbers_of(model) == before


@pytest.mark.parametrize("step", ["open", "fsync", "replace", "chmod"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_interrupted_save_leaves_the_old_file(
    step: str, error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.json"
    model = nn.Linear(2, 2)
    model.save(path)
    old = path.read_bytes()

    def fail(*_: Any, **__: Any) -> Any:
        raise error("no")

    with monkeypatch.context() as patched:
        if step == "open":
            patched.setattr("builtins.open", fail)
        else:
            patched.setattr(os, step, fail)
        model.weight.data = 3.0
        with pytest.raises(error):
            model.save(path)
    assert path.read_bytes() == old and [file.name for file in tmp_path.iterdir()] == ["model.json"]


def test_saving_draws_no_chance_and_keeps_what_it_replaces(tmp_path: Path) -> None:
    random.seed(5)
    wanted = random.random()
    random.seed(5)
    path, real = tmp_path / "link.json", tmp_path / "real.json"
    real.write_text("old")
    real.chmod(0o640)
    path.symlink_to(real)
    nn.Sequential().save(path)
    assert random.random() == wanted
    assert path.is_symlink() and real.stat().st_mode & 0o777 == 0o640
    assert saving.read(path) == {}
    with pytest.raises(FileNotFoundError):
        nn.Sequential().save(tmp_path / "nowhere" / "model.json")


def test_pruned_and_tied_weights(tmp_path: Path) -> None:
    random.seed(2)
    model, other = nn.MLP(2, [2, 1]), nn.MLP(2, [2, 1])
    for m in (model, other):
        m.layers[0].neurons[0].w[1] = 0.0 if m is model else 2.0
        m.layers[0].neurons[1].w[0] = m.layers[0].neurons[0].w[0]
    model.save(tmp_path / "model.json")
    other.load(tmp_path / "model.json")
    assert other.layers[0].neurons[0].w[1] == 0.0
    assert other.layers[0].neurons[1].w[0] is other.layers[0].neurons[0].w[0]
    assert model.state_dict() == other.state_dict()
    assert other([[1.0, 2.0]]).data == model([[1.0, 2.0]]).data
    other.layers[0].neurons[1].w[0] = other.layers[0].neurons[0].b * 2
    with pytest.raises(StateError, match="result of"):
        other.load(tmp_path / "model.json")


def test_numbers_in_files() -> None:
    assert saving._to_json([1.5, math.inf, -math.inf, math.nan]) == [1.5, "inf", "-inf", "nan"]


@pytest.mark.parametrize(
    "held",
    [{"a": {"b": Value(1.0)}, "a.b": Value(2.0)}, {1: Value(1.0), "1": Value(2.0)}],
    ids=["dots", "kinds of key"],
)
def test_names_that_coincide(held: dict[Any, Any]) -> None:
    """One of the two was left out of the state without a word, and got the number of the other from it."""
    model = nn.Module()
    model.held = held  # type: ignore[attr-defined]
    name = "held.a.b" if "a" in held else "held.1"
    for use in (model.state_dict, lambda: model.load_state_dict({name: 7.0})):
        with pytest.raises(StateError, match=f"two parameters have the name '{name}'"):
            use()
    assert [p.data for p in model.parameters()] == [1.0, 2.0]
