"""A module and PyTorch's with the same weights, and what must be the same of both."""

from __future__ import annotations

import random
from typing import Any

import pytest

from scalargrad import Matrix, Vector

CLOSE: dict[str, float] = {"rel": 1e-12, "abs": 1e-12}


def numbers(rows: int, columns: int, seed: int = 0) -> list[list[float]]:
    rng = random.Random(f"{rows} {columns} {seed}")
    return [[rng.uniform(-2, 2) for _ in range(columns)] for _ in range(rows)]


def flat(x: Any) -> list[float]:
    return [number for part in x for number in flat(part)] if isinstance(x, (list, tuple)) else [x]


def twins(ours: Any, make: Any) -> tuple[Any, Any]:
    """PyTorch, and its module with the weights of ours, which are set away from 0 and 1 first."""
    torch = pytest.importorskip("torch")
    for k, p in enumerate(ours.parameters()):
        p.data += 0.1 + 0.01 * (k % 7)
    theirs = make(torch)
    theirs.load_state_dict({name: torch.tensor(x, dtype=torch.float64) for name, x in ours.state_dict().items()})
    return torch, theirs


def compare(ours: Any, theirs: Any, y: Any, z: Any, *inputs: tuple[Any, Any]) -> None:
    """The values; and the gradients of the inputs and of all parameters, of a loss that weighs each result."""
    assert flat(y.data) == pytest.approx(flat(z.tolist()), **CLOSE)
    weights = numbers(*y.shape, seed=9) if y.ndim == 2 else numbers(1, len(y), seed=9)[0]
    ((y**2) * weights).sum().backward()
    ((z**2) * z.new_tensor(weights)).sum().backward()
    for x, given_ in inputs:
        assert flat(x.grad) == pytest.approx(flat(given_.grad.tolist()), **CLOSE)
    expected = {name: p.grad.tolist() for name, p in theirs.named_parameters()}
    found: dict[str, list[float]] = {}
    for name, p in ours.named_parameters():
        found.setdefault(name.rstrip("0123456789."), []).append(p.grad)
    assert list(found) == list(expected)
    assert all(found[name] == pytest.approx(flat(expected[name]), **CLOSE) for name in found)


def pair(torch: Any, rows: list[Any]) -> tuple[Any, Any]:
    made = Matrix(rows) if isinstance(rows[0], list) else Vector(rows)
    return made, torch.tensor(rows, dtype=torch.float64, requires_grad=True)
