"""Losses: the formula of each docstring scalar by scalar, to the last bit; PyTorch; digits at the extremes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core, losses
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from scalargrad.table import ops
from tests.support.engines import bits

REDUCE: dict[str, Callable[[list[Any]], Any]] = {"mean": sg.mean, "sum": sg.sum}


def _huber(x: Any, t: Any) -> Any:
    a = abs(x - t)
    c = sg.clip(a, 0.0, 1.0)
    return c * (a - 0.5 * c)


SCALAR: dict[str, Callable[[Any, Any], Any]] = {
    "mse": lambda x, t: (x - t) ** 2,
    "huber": _huber,
    "hinge": lambda x, t: sg.relu(1.0 - t * x),
    "binary_cross_entropy": lambda x, t: t * sg.softplus(-x) + (1.0 - t) * sg.softplus(x),
}


TARGETS: dict[str, Callable[[random.Random], float]] = {
    "hinge": lambda r: r.choice([-1.0, 1.0]),
    "binary_cross_entropy": lambda r: r.choice([r.random(), 0.0, 1.0]),
}


def _cross_entropy(row: list[Any], y: Any) -> Any:
    m = max(x.data for x in row)
    s = core.reduce(ops.OPCODE["logsumexp"], [m, *row])
    if isinstance(y, int):
        return s - (row[y] - m)
    return sg.sum([t * (s - (x - m)) for x, t in zip(row, y)])


@pytest.mark.parametrize("name", SCALAR)
@pytest.mark.parametrize(("m", "n"), [(1, 1), (1, 5), (5, 1), (2, 3), (7, 8), (12, 40)])  # sums go in chunks of 128
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("learnt", [False, True])
def test_a_loss_is_its_formula(name: str, m: int, n: int, reduction: str, learnt: bool) -> None:
    rng = random.Random(100 * m + n)
    few = [TARGETS.get(name, lambda r: r.choice([r.uniform(-4, 4), 0.0]))(rng) for _ in range(4)]
    x = [[rng.choice([rng.uniform(-4, 4), 0.0, 1.0, few[0]]) for _ in range(n)] for _ in range(m)]
    t = [[rng.choice(few) for _ in range(n)] for _ in range(m)]
    X, T = Matrix(x), Matrix(t)
    loss = getattr(losses, name)(X, T if learnt else t, reduction)
    loss.backward()
    xs, ts = [[Value(v) for v in row] for row in x], [[Value(v) for v in row] for row in t]
    each = [SCALAR[name](a, b if learnt else b.data) for p, q in zip(xs, ts) for a, b in zip(p, q)]
    wanted = REDUCE[reduction](each)
    wanted.backward()
    assert bits(loss.data) == bits(wanted.data)
    assert [bits(v.grad) for row in X for v in row] == [bits(v.grad) for row in xs for v in row]
    assert [bits(v.grad) for row in T for v in row] == [bits(v.grad) for row in ts for v in row]
    none = getattr(losses, name)(X, t, "none")
    assert none.shape == (m, n) and [bits(v.data) for row in none for v in row] == [bits(v.data) for v in each]


@pytest.mark.parametrize(("m", "n"), [(1, 1), (1, 5), (5, 1), (3, 2), (4, 4), (12, 11), (130, 2)])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("classes", [False, True])
def test_cross_entropy_is_its_formula(m: int, n: int, reduction: str, classes: bool) -> None:
    rng = random.Random(100 * m + n)
    x = [[rng.choice([rng.uniform(-40, 40), 0.0]) for _ in range(n)] for _ in range(m)]
    y: Any = [rng.randrange(n) if classes else [rng.random() for _ in range(n)] for _ in range(m)]
    X = Matrix(x)
    loss = losses.cross_entropy(X, y, reduction)
    loss.backward()
    xs = [[Value(v) for v in row] for row in x]
    wanted = REDUCE[reduction]([_cross_entropy(row, t) for row, t in zip(xs, y)])
    wanted.backward()
    assert bits(loss.data) == bits(wanted.data)
    assert [bits(v.grad) for row in X for v in row] == [bits(v.grad) for row in xs for v in row]
    one = losses.cross_entropy(X[0], y[0], "none")
    assert bits(one.data) == bits(losses.cross_entropy(X, y, "none")[0].data)


@given(st.lists(st.floats(-1e3, 1e3), max_size=300))
def test_l2_is_one_sum_of_squares(x: list[float]) -> None:
    ps, qs = [Value(v) for v in x], [Value(v) for v in x]
    ours, wanted = losses.l2(ps), sg.sum([q**2 for q in qs])
    if x:
        ours.backward()
        wanted.backward()
        assert bits(ours.data) == bits(wanted.data)
        assert [bits(p.grad) for p in ps] == [bits(q.grad) for q in qs]
    else:
        assert ours == wanted == 0.0


# --- digits ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-800, 800), min_size=2, max_size=5), st.integers(0, 1))
def test_cross_entropy_loses_no_digits(x: list[float], y: int) -> None:
    mpmath = pytest.importorskip("mpmath")
    logits = Vector(x)
    loss = losses.cross_entropy(logits, y)
    loss.backward()
    with mpmath.workdps(400):
        total = mpmath.fsum(mpmath.exp(v) for v in x)
        exact = mpmath.log(total) - x[y]
        slopes = [mpmath.exp(v) / total - (k == y) for k, v in enumerate(x)]
        # of a loss that comes from a difference of logits, the largest summand is the scale
        scale = exact if x[y] == max(x) else max(exact, abs(max(x) - x[y]))
        assert abs(loss.data - exact) <= 1e-14 * scale + 5e-324
        for ours, wanted in zip(logits.grad, slopes):
            assert abs(ours - wanted) <= 1e-14 * max(abs(wanted), abs(1 if wanted < 0 else 0)) + 5e-324


def test_cross_entropy_where_the_class_is_certain() -> None:
    assert losses.cross_entropy([30.0, 0.0], 0) == 9.357622968839737e-14
    assert losses.cross_entropy([-1e4, 1e4], 0) == 2e4


@given(st.floats(-1000, 1000), st.sampled_from([0.0, 1.0, 0.25]))
def test_binary_cross_entropy_loses_no_digits(x: float, t: float) -> None:
    mpmath = pytest.importorskip("mpmath")
    logit = Value(x)
    loss = losses.binary_cross_entropy(logit, t)
    loss.backward()
    with mpmath.workdps(1000):
        p = 1 / (1 + mpmath.exp(-mpmath.mpf(x)))
        exact = (
            -(t * mpmath.log(p) + (1 - t) * mpmath.log(1 - p))
            if t not in (0.0, 1.0)
            else -mpmath.log(p if t else 1 - p)
        )
        assert abs(loss.data - exact) <= 1e-14 * exact + 5e-324
        slope = p - t
        assert abs(logit.grad - slope) <= 1e-14 * (abs(slope) if t in (0.0, 1.0) else 1) + 5e-324


def test_pytorch() -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    x = [[0.5, -2.0, 3.0], [1.5, 0.0, -0.25]]
    cases: list[tuple[str, str, Any]] = [
        ("mse", "mse_loss", [[1.0, 2.0, 3.0], [0.0, 1.0, 2.0]]),
        ("huber", "huber_loss", [[1.0, 2.0, 3.0], [0.0, 1.0, 2.0]]),
        ("binary_cross_entropy", "binary_cross_entropy_with_logits", [[1.0, 0.0, 0.5], [0.2, 0.7, 1.0]]),
        ("cross_entropy", "cross_entropy", [2, 0]),
        ("cross_entropy", "cross_entropy", [[0.2, 0.5, 0.3], [1.0, 0.0, 0.0]]),
    ]
    for ours, theirs, target in cases:
        for reduction in ("mean", "sum", "none"):
            t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
            wanted = getattr(functional, theirs)(
                t,
                torch.tensor(target, dtype=None if isinstance(target[0], int) else torch.float64),
                reduction=reduction,
            )
            X = Matrix(x)
            loss = getattr(losses, ours)(X, target, reduction)
            assert torch.tensor(loss.data, dtype=torch.float64).numpy() == pytest.approx(
                wanted.detach().numpy(), rel=1e-14
            )
            (loss.sum() if reduction == "none" else loss).backward()
            wanted.sum().backward()
            assert torch.tensor(X.grad, dtype=torch.float64).numpy() == pytest.approx(
                t.grad.numpy(), rel=1e-13, abs=1e-16
            )


# --- what goes in -----------------------------------------------------------------------------------------------------


def test_numbers_lists_arrays_and_numpy() -> None:
    np = pytest.importorskip("numpy")
    x = Value(3.0)
    assert losses.mse(x, 1.0).data == 4.0 and losses.mse(x, 1.0, "none").data == 4.0
    assert losses.mse(3.0, 1.0) == 4.0
    assert losses.mse([x, Value(0.0)], [1.0, 0.0]).data == 2.0
    assert losses.mse(np.array([3.0, 0.0]), np.array([1, 0])) == 2.0
    logits = [[0.0, 1.0], [2.0, 0.0]]
    wanted = losses.cross_entropy(logits, [1, 0])
    assert losses.cross_entropy(Matrix(logits), np.array([1, 0])).data == wanted
    assert losses.cross_entropy(np.array(logits), [np.int64(1), np.uint8(0)]) == wanted
    assert losses.cross_entropy(logits, [[0.0, 1.0], [1.0, 0.0]]) == wanted
    assert losses.cross_entropy(Matrix(logits).T[::-1].T, (0, 1)).data == wanted
    assert losses.cross_entropy([0.0, 1.0], np.int64(1)) == losses.cross_entropy([[0.0, 1.0]], [1])
    assert losses.mse(Vector([]), [], "sum") == 0.0


def test_a_network_that_another_reads() -> None:
    """The losses of Values that operations made, in lists."""
    x = [Value(1.0) * k for k in range(1, 4)]
    losses.cross_entropy(x, 1).backward()
    assert sum(v.grad for v in x) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: losses.mse([1.0, 2.0], [1.0]), ShapeError, r"\(2,\) and \(1,\)"),
        (lambda: losses.mse([[1.0], [2.0]], [1.0, 2.0]), ShapeError, r"\(2, 1\) and \(2,\)"),
        (lambda: losses.mse([1.0], [1.0], "average"), ArgumentError, "average.*mean, sum, none"),
        (lambda: losses.mse([1.0], [1.0], None), ArgumentError, "None.*mean, sum, none"),
        (lambda: losses.mse([], []), ArgumentError, "at least one loss"),
        (lambda: losses.mse("a", 1.0), NumberError, "str"),
        (lambda: losses.mse({1.0}, [1.0]), NumberError, "set"),
        (lambda: losses.huber([1.0], [1.0], delta=0.0), ArgumentError, "delta"),
        (lambda: losses.huber([1.0], [1.0], delta=math.nan), ArgumentError, "delta"),
        (lambda: losses.hinge([1.0, 2.0], [1, 0]), ArgumentError, r"got 0.0 at 1: .*2 \* label - 1"),
        (lambda: losses.binary_cross_entropy([[1.0, 2.0]], [[1, -1]]), ArgumentError, r"-1.0 at \(0, 1\)"),
        (lambda: losses.cross_entropy([[1.0, 2.0]], [2]), ArgumentError, r"no class 2 \(row 0\).*2 classes"),
        (lambda: losses.cross_entropy([[1.0, 2.0]], [-1]), ArgumentError, "no class -1"),
        (lambda: losses.cross_entropy([[1.0, 2.0]], [0, 1]), ShapeError, r"got 2 .*\(1, 2\)"),
        (lambda: losses.cross_entropy([[1.0, 2.0]], [1.0]), ArgumentError, "must be an int, got float"),
        (lambda: losses.cross_entropy([[1.0, 2.0]], Vector([1.0])), ArgumentError, "list of ints"),
        (lambda: losses.cross_entropy([[1.0, 2.0]], [[1.0, 0.0, 0.0]]), ShapeError, r"\(1, 2\) and \(1, 3\)"),
        (lambda: losses.cross_entropy([1.0, 2.0], [0, 1, 0]), ShapeError, r"\(2,\) and \(3,\)"),
        (lambda: losses.cross_entropy(1.0, 0), ShapeError, r"\(\)"),
        (lambda: losses.cross_entropy([[1.0, 2.0]], Value(1.0)), ShapeError, r"\(1, 2\) and \(\)"),
        (lambda: losses.l2(Value(1.0)), NumberError, "list of parameters"),
        (lambda: losses.l2(["a"]), NumberError, "str"),
    ],
)  # fmt: skip
def test_errors_say_what_was_wrong(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
