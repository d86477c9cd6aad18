"""l1, nll, kl_div, label smoothing: PyTorch, closed forms, what goes in, edges and errors."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, losses
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from tests.support.engines import bits

X = [[0.5, -2.0, 3.0], [1.5, 0.0, -0.25]]
T = [[0.2, 0.5, 0.3], [1.0, 0.125, 0.75]]
LOGS = [[-0.5, -2.0, -3.0], [-1.5, -0.25, -0.125]]
CASES: list[tuple[str, str, Any, Any, dict[str, Any]]] = [
    ("l1", "l1_loss", X, [[1.0, 2.0, 3.0], [0.0, 1.0, 2.0]], {}),
    ("nll", "nll_loss", LOGS, [2, 0], {}),
    ("kl_div", "kl_div", LOGS, T, {}),
    ("kl_div", "kl_div", LOGS, [[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]], {}),
    ("kl_div", "kl_div", LOGS, X, {"log_target": True}),
    ("cross_entropy", "cross_entropy", X, [2, 0], {"label_smoothing": 0.1}),
    ("cross_entropy", "cross_entropy", X, [2, 1], {"label_smoothing": 1.0}),
    ("cross_entropy", "cross_entropy", X, T, {"label_smoothing": 0.3}),
    ("binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits", X, T, {}),
]


@pytest.mark.filterwarnings("ignore:reduction. .mean.")  # of kl_div: PyTorch would rather have batchmean
@pytest.mark.parametrize(("ours", "theirs", "x", "target", "settings"), CASES)
def test_pytorch(ours: str, theirs: str, x: Any, target: Any, settings: dict[str, Any]) -> None:
    """Values and the gradients by the input, and by targets above 0."""
    torch = pytest.importorskip("torch")
    classes = isinstance(target[0], int)
    for reduction in ("mean", "sum", "none", *["batchmean"] * (ours == "kl_div")):
        a = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        b = torch.tensor(target) if classes else torch.tensor(target, dtype=torch.float64, requires_grad=True)
        wanted = getattr(torch.nn.functional, theirs)(a, b, reduction=reduction, **settings)
        wanted.sum().backward()
        mine, targets = Matrix(x), target if classes else Matrix(target)
        loss = getattr(losses, ours)(mine, targets, reduction, **settings)
        assert _flat(loss.data) == pytest.approx(wanted.detach().flatten().tolist(), rel=1e-13, abs=1e-15)
        (loss.sum() if reduction == "none" else loss).backward()
        assert _flat(mine.grad) == pytest.approx(a.grad.flatten().tolist(), rel=1e-12, abs=1e-15)
        if not classes and 0.0 not in _flat(target):
            assert _flat(targets.grad) == pytest.approx(b.grad.flatten().tolist(), rel=1e-12, abs=1e-14)


def _flat(x: Any) -> list[float]:
    return [y for row in x for y in _flat(row)] if isinstance(x, list) else [x]


ROWS = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(st.floats(-50, 50), min_size=n, max_size=n), min_size=1, max_size=4)
)


@given(ROWS, st.data())
def test_l1_is_its_formula_and_its_slope(x: list[list[float]], data: st.DataObject) -> None:
    t = [[data.draw(st.sampled_from([v, 0.0, 1.0])) for v in row] for row in x]
    inputs = Matrix(x)
    loss = losses.l1(inputs, t, "sum")
    loss.backward()
    differences = [a - b for a, b in zip(_flat(x), _flat(t))]
    assert loss.data == pytest.approx(math.fsum(map(abs, differences)), rel=1e-14)
    assert _flat(inputs.grad) == [(d > 0) - (d < 0) for d in differences]


@given(ROWS, st.randoms(use_true_random=False), st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_cross_entropy_with_smoothing_is_its_closed_form(
    x: list[list[float]], rng: random.Random, smoothing: float
) -> None:
    """Smoothed classes, the same as probabilities, and by hand; the gradient is softmax(x) - t, for each row."""
    n = len(x[0])
    y = [rng.randrange(n) for _ in x]
    t = [[(1.0 - smoothing) * (c == k) + smoothing / n for c in range(n)] for k in y]
    for target in (y, [[float(c == k) for c in range(n)] for k in y]):
        inputs = Matrix(x)
        loss = losses.cross_entropy(inputs, target, "sum", label_smoothing=smoothing)
        loss.backward()
        wanted, slopes = 0.0, []
        for row, share in zip(x, t):
            total = math.fsum(math.exp(v - max(row)) for v in row)
            logs = [v - max(row) - math.log(total) for v in row]
            wanted -= math.fsum(p * each for p, each in zip(share, logs))
            slopes += [math.exp(each) - p for p, each in zip(share, logs)]
        assert loss.data == pytest.approx(wanted, rel=1e-12, abs=1e-12)
        assert _flat(inputs.grad) == pytest.approx(slopes, rel=1e-12, abs=1e-12)


@given(ROWS, st.randoms(use_true_random=False))
def test_nll_of_log_softmax_is_cross_entropy(x: list[list[float]], rng: random.Random) -> None:
    y = [rng.randrange(len(x[0])) for _ in x]
    for reduction in ("mean", "sum"):
        a, b = Matrix(x), Matrix(x)
        one = losses.nll(a.log_softmax(axis=1), y, reduction)
        two = losses.cross_entropy(b, y, reduction)
        one.backward()
        two.backward()
        assert one.data == pytest.approx(two.data, rel=1e-12, abs=1e-12)
        assert _flat(a.grad) == pytest.approx(_flat(b.grad), rel=1e-12, abs=1e-12)


@given(ROWS, st.data())
def test_kl_div_is_its_closed_form(x: list[list[float]], data: st.DataObject) -> None:
    t = [[data.draw(st.sampled_from([0.0, 1.0]) | st.floats(1e-3, 2)) for _ in row] for row in x]
    inputs, targets = Matrix(x), Matrix(t)
    loss = losses.kl_div(inputs, targets, "batchmean")
    loss.backward()
    each = [(p * math.log(p) if p else 0.0) - p * v for p, v in zip(_flat(t), _flat(x))]
    assert loss.data == pytest.approx(math.fsum(each) / len(x), rel=1e-12, abs=1e-12)
    assert _flat(inputs.grad) == pytest.approx([-p / len(x) for p in _flat(t)], rel=1e-14)
    slopes = [((math.log(p) + 1.0 if p else 0.0) - v) / len(x) for p, v in zip(_flat(t), _flat(x))]
    assert _flat(targets.grad) == pytest.approx(slopes, rel=1e-12, abs=1e-12)
    if all(map(all, t)):
        logs = losses.kl_div(x, [[math.log(p) for p in row] for row in t], "batchmean", log_target=True)
        assert logs == pytest.approx(loss.data, rel=1e-9, abs=1e-9)


def test_a_divergence_of_a_distribution_from_itself_is_0() -> None:
    logits = Vector([0.3, -1.0, 2.0])
    loss = losses.kl_div(logits.log_softmax(), logits.softmax().data, "sum")
    loss.backward()
    assert loss.data == pytest.approx(0.0, abs=1e-15) and logits.grad == pytest.approx([0.0] * 3, abs=1e-15)


def test_a_probability_of_0_makes_no_anomaly() -> None:
    t = Vector([0.0, 1.0])
    with sg.detect_anomaly(strict=True):
        losses.kl_div([-1.0, -2.0], t, "sum").backward()
    assert t.grad == [1.0, 3.0]


def test_without_smoothing_no_bit_changes() -> None:
    for target in ([2, 0], T):
        assert bits(losses.cross_entropy(X, target)) == bits(losses.cross_entropy(X, target, "mean", 0.0))


def test_numbers_lists_arrays_and_numpy() -> None:
    np = pytest.importorskip("numpy")
    assert losses.l1(Value(3.0), 1.0).data == 2.0 and losses.l1(3.0, 1.0, "none") == 2.0
    assert losses.l1([Value(3.0), Value(0.0)], np.array([1, 0])).data == 1.0
    assert losses.l1(np.array([Value(3.0), Value(0.0)], dtype=object), [1.0, 0.0], "none").data.tolist() == [2.0, 0.0]
    assert losses.nll([-1.0, -2.0], 1) == 2.0 == losses.nll(np.array([[-1.0, -2.0]]), np.array([1]))
    assert losses.nll([[Value(-1.0), Value(-2.0)]], [np.int64(1)]).data == 2.0
    assert losses.nll(Matrix(LOGS), (1, 0), "none").data == [2.0, 1.5]
    assert losses.kl_div(-1.0, 0.0) == 0.0 == losses.kl_div(Value(-1.0), 0.0, "batchmean").data
    assert losses.kl_div(np.array(LOGS), T, "batchmean") == losses.kl_div(LOGS, np.array(T), "sum") / 2
    for target, row in (([2, 0], 2), (T, T[0])):
        of_all = losses.cross_entropy(np.array(X), target, "none", label_smoothing=0.1)
        one = losses.cross_entropy(Vector(X[0]), row, label_smoothing=0.1)
        assert type(one) is Value and bits(one.data) == bits(of_all.data[0])
    assert losses.l1(Vector([]), [], "sum") == 0.0 == losses.kl_div([], [], "sum")
    assert losses.binary_cross_entropy_with_logits is losses.binary_cross_entropy


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: losses.l1([1.0, 2.0], [1.0]), ShapeError, r"l1 needs .*\(2,\) and \(1,\)"),
        (lambda: losses.l1([], []), ArgumentError, "at least one loss"),
        (lambda: losses.l1([1.0], [1.0], "batchmean"), ArgumentError, "'batchmean': choose one of mean, sum, none$"),
        (lambda: losses.nll([[-1.0, -2.0]], [2]), ArgumentError, r"no class 2 \(row 0\)"),
        (lambda: losses.nll([[-1.0, -2.0]], 1), ShapeError, r"one class per row, got 1 for .* \(1, 2\): write \[1\]$"),
        (lambda: losses.nll([[-1.0, -2.0]], [0, 1]), ShapeError, "nll needs one class per row, got 2"),
        (
            lambda: losses.nll([[-1.0, -2.0]], [[0.5, 0.5]]),
            ArgumentError,
            "nll takes the class of each sample",
        ),
        (lambda: losses.nll([-1.0, -2.0], [0]), ArgumentError, "such as 1, got list"),
        (lambda: losses.nll([[-1.0, -2.0]], [0.0]), ArgumentError, "must be an int, got float"),
        (lambda: losses.nll(-1.0, 0), ShapeError, "nll needs a vector or matrix of logs"),
        (lambda: losses.nll([[]], [0]), ShapeError, "with a class or more"),
        (lambda: losses.kl_div([-1.0], [-0.5]), ArgumentError, "got -0.5 at 0: for the logs .* log_target=True"),
        (lambda: losses.kl_div([-1.0], [0.5], "x"), ArgumentError, "'x': choose one of mean, sum, none, batchmean"),
        (lambda: losses.kl_div([-1.0], [0.5], Vector([1.0])), ArgumentError, "choose one of mean"),
        (lambda: losses.kl_div([], [], "batchmean"), ArgumentError, "batchmean needs at least one row"),
        (lambda: losses.kl_div(["a"], [0.5]), NumberError, "str"),
        (lambda: losses.cross_entropy(X, [0, 1], label_smoothing=1.5), ArgumentError, "from 0 to 1, got 1.5"),
        (lambda: losses.cross_entropy(X, [0, 1], label_smoothing=math.nan), ArgumentError, "from 0 to 1, got nan"),
        (
            lambda: losses.cross_entropy(X, [0, 1], label_smoothing=None),
            NumberError,
            "label_smoothing must be",
        ),
    ],
)
def test_errors_say_what_was_wrong(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
