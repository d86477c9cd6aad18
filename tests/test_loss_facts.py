"""Losses by hand: each number and slope at and around the kinks, kinds of targets, reductions, what errors say."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from scalargrad import Matrix, Value, Vector, losses, nn
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from tests.support.engines import same

INF, NAN, LN2, LN3 = math.inf, math.nan, math.log(2.0), math.log(3.0)

# loss, settings, input, target, the loss, its slope by the input, its slope by the target (None: it takes none)
BY_HAND: list[tuple[str, dict[str, Any], float, float, float, float, float | None]] = [
    ("mse", {}, 1.0, 0.0, 1.0, 2.0, -2.0),
    ("mse", {}, 2.0, 5.0, 9.0, -6.0, 6.0),
    ("mse", {}, 4.0, 4.0, 0.0, 0.0, 0.0),
    ("huber", {}, 0.5, 0.0, 0.125, 0.5, -0.5),
    ("huber", {}, -0.5, 0.25, 0.28125, -0.75, 0.75),
    ("huber", {}, 1.0, 0.0, 0.5, 1.0, -1.0),  # at delta both forms agree
    ("huber", {}, 3.0, 4.0, 0.5, -1.0, 1.0),
    ("huber", {}, 3.0, 0.0, 2.5, 1.0, -1.0),
    ("huber", {}, -3.0, 1.0, 3.5, -1.0, 1.0),
    ("huber", {}, 2.0, 2.0, 0.0, 0.0, 0.0),
    ("huber", {"delta": 2.0}, 1.0, 0.0, 0.5, 1.0, -1.0),
    ("huber", {"delta": 2.0}, 2.0, 0.0, 2.0, 2.0, -2.0),
    ("huber", {"delta": 2.0}, 5.0, 0.0, 8.0, 2.0, -2.0),  # 2 * (5 - 1)
    ("huber", {"delta": 2.0}, 0.0, 5.0, 8.0, -2.0, 2.0),
    ("huber", {"delta": 0.25}, 1.0, 0.0, 0.21875, 0.25, -0.25),
    ("huber", {"delta": Fraction(1, 4)}, 1.0, 0.0, 0.21875, 0.25, -0.25),
    ("huber", {"delta": INF}, 6.0, 2.0, 8.0, 4.0, -4.0),
    ("hinge", {}, 0.5, 1.0, 0.5, -1.0, -0.5),
    ("hinge", {}, 2.0, 1.0, 0.0, 0.0, 0.0),
    ("hinge", {}, 1.0, 1.0, 0.0, 0.0, 0.0),  # at the margin: relu'(0) is 0
    ("hinge", {}, -1.0, -1.0, 0.0, 0.0, 0.0),
    ("hinge", {}, 0.0, -1.0, 1.0, 1.0, -0.0),
    ("hinge", {}, 3.0, -1.0, 4.0, 1.0, -3.0),
    ("hinge", {}, -3.0, 1.0, 4.0, -1.0, 3.0),
    ("hinge", {}, -3.0, -1.0, 0.0, 0.0, 0.0),
    ("binary_cross_entropy", {}, 0.0, 1.0, LN2, -0.5, 0.0),
    ("binary_cross_entropy", {}, 0.0, 0.0, LN2, 0.5, 0.0),
    ("binary_cross_entropy", {}, 0.0, 0.25, LN2, 0.25, 0.0),
    ("binary_cross_entropy", {}, LN3, 1.0, math.log(4 / 3), -0.25, -LN3),
    ("binary_cross_entropy", {}, LN3, 0.0, math.log(4.0), 0.75, -LN3),
    ("binary_cross_entropy", {}, LN3, 0.25, 0.25 * math.log(4 / 3) + 0.75 * math.log(4.0), 0.5, -LN3),
    ("binary_cross_entropy", {}, -LN3, 0.25, 0.25 * math.log(4.0) + 0.75 * math.log(4 / 3), 0.0, LN3),
    ("binary_cross_entropy", {}, 1000.0, 0.0, 1000.0, 1.0, -1000.0),
    ("binary_cross_entropy", {}, -1000.0, 1.0, 1000.0, -1.0, 1000.0),
    ("binary_cross_entropy", {}, 1000.0, 1.0, 0.0, 0.0, -1000.0),
    ("binary_cross_entropy", {}, -1000.0, 0.0, 0.0, 0.0, 1000.0),
    ("binary_cross_entropy", {}, 1e308, 0.25, 7.5e307, 0.75, -1e308),
]  # fmt: skip


def close(x: Any) -> Any:
    """Logarithms and their sums carry some roundings; the rest is exact."""
    return pytest.approx(x, rel=1e-15, abs=1e-16)


@pytest.mark.parametrize(("name", "settings", "x", "t", "loss", "by_x", "by_t"), BY_HAND)
def test_one_number_by_hand(
    name: str, settings: Any, x: float, t: float, loss: float, by_x: float, by_t: float
) -> None:
    function = getattr(losses, name)
    assert type(function(x, t, **settings)) is float and function(x, t, **settings) == close(loss)
    for reduction in ("mean", "sum", "none"):
        v, w = Value(x), Value(t)
        found = function(v, w, reduction, **settings)
        found.backward()
        assert (found.data, v.grad, w.grad) == (close(loss), close(by_x), close(by_t)), reduction
    batch, twin = Matrix([[x, x]]), Matrix([[t, t]])
    function(batch, twin, "sum", **settings).backward()
    assert (batch.grad, twin.grad) == ([[close(by_x)] * 2], [[close(by_t)] * 2])
    v = Value(x)  # a target that is a constant
    function([v], [t], **settings).backward()
    assert v.grad == close(by_x)


def test_reductions_by_hand() -> None:
    x, t = [[1.0, 2.0, 4.0], [0.0, 0.0, 8.0]], [[0.0, 4.0, 4.0], [1.0, 2.0, 8.0]]
    each = [[1.0, 4.0, 0.0], [1.0, 4.0, 0.0]]
    assert same(losses.mse(x, t), 10.0 / 6) and same(losses.mse(x, t, "sum"), 10.0)
    assert losses.mse(x, t, reduction="none").data == each and type(losses.mse(x, t, "none")) is Matrix
    assert losses.mse(x[0], t[0], "none").data == each[0] and type(losses.mse(x[0], t[0], "none")) is Vector
    X = Matrix(x)
    losses.mse(X, t).backward()
    assert X.grad == [[2.0 / 6, close(-4.0 / 6), 0.0], [close(-2.0 / 6), close(-4.0 / 6), 0.0]]
    assert same(losses.mse(np.array(x), t, "none").data, np.array(each))  # the kind of the input
    row = losses.mse(x[0], np.array(t[0]), "none")
    assert same(row.data, each[0]) and row.shape == (3,)
    assert same(losses.mse(x, np.array(t), "none").data, each)
    assert same(losses.mse(np.array(x), t), 10.0 / 6)
    with pytest.raises(ArgumentError, match=r"a mean needs at least one loss, got an input of shape \(0,\)"):
        losses.huber([], [])
    assert losses.mse([], [], "none").data == [] and same(losses.mse([], [], "sum"), 0.0)


# --- targets that are no numbers, or not those wanted -----------------------------------------------------------------


def test_nan_in_input_and_target() -> None:
    for name in ("mse", "huber"):
        for x, t in (([1.0, NAN], [1.0, 2.0]), ([1.0, 2.0], [1.0, NAN])):
            function = getattr(losses, name)
            first, second = function(x, t, "none").data
            assert first == 0.0 and math.isnan(second) and math.isnan(function(x, t))
    assert math.isnan(losses.hinge(NAN, 1.0)) and math.isnan(losses.binary_cross_entropy(NAN, 1.0))
    assert math.isnan(losses.cross_entropy([[0.0, NAN]], [0]))
    assert math.isnan(losses.cross_entropy([[0.0, 1.0]], [[NAN, 1.0]]))


@pytest.mark.parametrize(
    ("name", "bad", "wanted", "advice"),
    [
        ("hinge", [0.0, 2.0, -1.5, NAN, INF, math.nextafter(1.0, 0.0)], "-1 and 1",
         "for labels 0 and 1, pass 2 * label - 1"),
        ("binary_cross_entropy", [-1.0, -5e-324, math.nextafter(1.0, 2.0), NAN, INF], "from 0 to 1",
         "for labels -1 and 1, pass (label + 1) / 2"),
    ],
)  # fmt: skip
def test_targets_that_a_loss_does_not_take(name: str, bad: list[float], wanted: str, advice: str) -> None:
    function = getattr(losses, name)
    for t in bad:
        for x, target, place in (
            (0.5, t, ""),
            ([0.5, 0.5, 0.5], [1.0, 1.0, t], " at 2"),
            ([[0.5, 0.5]] * 3, [[1.0, 1.0], [t, 1.0], [1.0, t]], " at (1, 0)"),
            ([[0.5, 0.5]] * 3, [[1.0, 1.0], [1.0, 1.0], [1.0, t]], " at (2, 1)"),
        ):
            for given in (target, Matrix(target) if place.endswith(")") else target):
                with pytest.raises(ArgumentError) as caught:
                    function(x, given)
                assert str(caught.value) == f"{name} takes targets {wanted}, got {t}{place}: {advice}"
    assert losses.binary_cross_entropy([0.0] * 3, [0.0, -0.0, 1.0], "sum") == close(3 * LN2)
    assert losses.hinge([0.0, 0.0], [True, -1]) == 1.0


# --- cross_entropy ----------------------------------------------------------------------------------------------------

# softmax of (0, log 3) is (1/4, 3/4)
LN4, LN43 = math.log(4.0), math.log(4.0 / 3.0)
CLASSES: list[tuple[list[float], Any, float, list[float]]] = [
    ([0.0, LN3], 0, LN4, [-0.75, 0.75]),
    ([0.0, LN3], 1, LN43, [0.25, -0.25]),
    ([0.0, LN3], [1.0, 0.0], LN4, [-0.75, 0.75]),
    ([0.0, LN3], [0.25, 0.75], 0.25 * LN4 + 0.75 * LN43, [0.0, 0.0]),
    ([0.0, LN3], [1.0, 2.0], LN4 + 2 * LN43, [-0.25, 0.25]),  # weights that are no probabilities: 3 p - t
    ([LN3, 0.0, 0.0], 2, math.log(5.0), [0.6, 0.2, -0.8]),
    ([7.0], 0, 0.0, [0.0]),
    ([1e4, -1e4], 0, 0.0, [0.0, 0.0]),
    ([1e4, -1e4], 1, 2e4, [1.0, -1.0]),
    ([1e308, 0.0, 1e308], 1, 1e308, [0.5, -1.0, 0.5]),
    ([-INF, 0.0], 1, 0.0, [0.0, 0.0]),
    ([-INF, 0.0], 0, INF, [-1.0, 1.0]),
]


@pytest.mark.parametrize(("x", "target", "loss", "slopes"), CLASSES)
def test_cross_entropy_by_hand(x: list[float], target: Any, loss: float, slopes: list[float]) -> None:
    assert losses.cross_entropy(x, target) == close(loss)
    one = Vector(x)
    found = losses.cross_entropy(one, target, "none")
    found.backward()
    assert (
        type(found) is Value and found.data == close(loss) and one.grad == pytest.approx(slopes, rel=4e-15, abs=2e-16)
    )
    rows = Matrix([x, x, x])
    three = losses.cross_entropy(rows, [target] * 3, "none")
    assert type(three) is Vector and three.data == [close(loss)] * 3
    losses.cross_entropy(rows, [target] * 3).backward()  # of the mean of three, not of the mean of all numbers
    wanted = [s / 3 for s in slopes]
    assert rows.grad == [pytest.approx(wanted, rel=4e-15, abs=2e-16)] * 3
    assert losses.cross_entropy(rows, [target] * 3, "sum").data == close(3 * loss)


def test_each_row_has_its_class() -> None:
    x = [[0.0, LN3], [LN3, 0.0], [0.0, 0.0]]
    wanted = [LN4, LN4, LN2]
    for target in ([0, 1, 0], (0, 1, 1), np.array([0, 1, 0]), np.array([0, 1, 0], dtype=np.uint8), [False, True, False],
                   np.array([False, True, False]), [np.int64(0), np.int32(1), 0], [0, 1, 1],
                   [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], Matrix([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])):  # fmt: skip
        for given in (x, Matrix(x), np.array(x), Matrix([list(c) for c in zip(*x)]).T):
            found = losses.cross_entropy(given, target, "none").data
            assert list(found) == close(wanted)
    learnt = Matrix([[0.25, 0.75]])
    losses.cross_entropy([[0.0, LN3]], learnt).backward()
    assert learnt.grad == [[close(LN4), close(LN43)]]
    assert losses.cross_entropy([0.0, LN3], True) == close(LN43)


X = [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]


@pytest.mark.parametrize(
    ("x", "target", "error", "message"),
    [
        (X, [0, 3], ArgumentError, "there is no class 3 (row 1): the input has 3 classes, counted from 0"),
        (X, [-1, 0], ArgumentError, "there is no class -1 (row 0): the input has 3 classes, counted from 0"),
        (X, np.array([0, 10]), ArgumentError, "there is no class 10 (row 1): the input has 3 classes, counted from 0"),
        (X[0], 3, ArgumentError, "there is no class 3 (row 0): the input has 3 classes, counted from 0"),
        (X[0], -1, ArgumentError, "there is no class -1 (row 0): the input has 3 classes, counted from 0"),
        (X, [0, 1.0], ArgumentError, "a class must be an int, got float 1.0 for row 1: pass a list of ints"),
        (X, np.array([0.0, 1.0]), ArgumentError,
         "a class must be an int, got float 0.0 for row 0: pass a list of ints"),
        (X, ["a", "b"], ArgumentError, "a class must be an int, got str 'a' for row 0: pass a list of ints"),
        (X, [0, None], ArgumentError, "a class must be an int, got NoneType None for row 1: pass a list of ints"),
        (X, [Value(0.0), 0], ArgumentError,
         "a class must be an int, got Value Value(data=0.0, grad=0.0) for row 0: pass a list of ints"),
        (X[0], 1.0, ArgumentError, "a class must be an int, got float 1.0 for row 0: pass a list of ints"),
        (X[0], Value(1.0), ArgumentError,
         "a class must be an int, got Value Value(data=1.0, grad=0.0) for row 0: pass a list of ints"),
        (X, [0], ShapeError, "cross_entropy needs one class per row, got 1 for an input of shape (2, 3)"),
        (X, [], ShapeError, "cross_entropy needs one class per row, got 0 for an input of shape (2, 3)"),
        (X, [0, 1, 2], ShapeError, "cross_entropy needs one class per row, got 3 for an input of shape (2, 3)"),
        (X, Vector([0.0, 1.0]), ArgumentError,
         "classes must be ints, got a Vector of shape (2,) for an input of shape (2, 3): pass a list of ints, or"
         " probabilities in the shape of the input"),
        (X, 1, ShapeError,
         "cross_entropy needs one class per row, got 1 for an input of shape (2, 3): write a list of 2 classes"),
        (X[:1], np.int64(0), ShapeError,
         "cross_entropy needs one class per row, got 0 for an input of shape (1, 3): write [0]"),
        (X, 1.0, ShapeError, "cross_entropy needs an input and a target of equal shape, got shapes (2, 3) and ()"),
        (X, [[1.0, 0.0]] * 2, ShapeError,
         "cross_entropy needs an input and a target of equal shape, got shapes (2, 3) and (2, 2)"),
        ([], 0, ShapeError, "cross_entropy needs a vector or matrix of logits with a class or more, got shape (0,)"),
        (3.0, 0, ShapeError, "cross_entropy needs a vector or matrix of logits with a class or more, got shape ()"),
        (Matrix(X)[:0], [], ArgumentError, "a mean needs at least one loss, got an input of shape (0, 3)"),
        ("ab", 0, NumberError, None),
    ],
)  # fmt: skip
def test_classes_that_do_not_fit(x: Any, target: Any, error: type[Exception], message: str | None) -> None:
    with pytest.raises(error) as caught:
        losses.cross_entropy(x, target)
    assert message is None or str(caught.value) == message


def test_no_rows() -> None:
    none = losses.cross_entropy(Matrix(X)[:0], [], "none")
    assert type(none) is Vector and none.shape == (0,) and losses.cross_entropy(Matrix(X)[:0], [], "sum") == 0.0


# --- what errors say --------------------------------------------------------------------------------------------------

PAIRS = ["mse", "huber", "hinge", "binary_cross_entropy"]


@pytest.mark.parametrize("name", PAIRS)
def test_shapes_and_kinds_that_do_not_fit(name: str) -> None:
    function = getattr(losses, name)
    for x, t, shapes in (
        ([1.0, 1.0], [1.0], "(2,) and (1,)"),
        ([[1.0, 1.0]], [1.0, 1.0], "(1, 2) and (2,): pass input[0]"),
        ([[1.0], [1.0]], [1.0, 1.0], "(2, 1) and (2,): pass input[:, 0]"),
        ([1.0, 1.0], [[1.0], [1.0]], "(2,) and (2, 1): pass target[:, 0]"),
        ([1.0], 1.0, "(1,) and ()"),
        (1.0, [1.0], "() and (1,)"),
        ([[1.0], [1.0]], [[1.0, 1.0]], "(2, 1) and (1, 2)"),
    ):
        with pytest.raises(ShapeError) as caught:
            function(x, t)
        assert str(caught.value) == f"{name} needs an input and a target of equal shape, got shapes {shapes}"
    with pytest.raises(NumberError, match=r"^the input of a loss must be a number or an array, got object$"):
        function(object(), 1.0)
    with pytest.raises(NumberError, match=r"^the target of a loss must be a number or an array, got object$"):
        function(1.0, object())


@pytest.mark.parametrize("name", [*PAIRS, "cross_entropy"])
@pytest.mark.parametrize("reduction", ["Mean", "avg", "", None, 1, ["mean"]])
def test_there_are_three_reductions(name: str, reduction: Any) -> None:
    target = 0 if name == "cross_entropy" else [1.0]
    with pytest.raises(ArgumentError) as caught:
        getattr(losses, name)([1.0], target, reduction)
    assert str(caught.value) == f"there is no reduction {reduction!r}: choose one of mean, sum, none"


@pytest.mark.parametrize("delta", [0.0, -1.0, NAN, -INF, Value(1.0), object(), "1", None])
def test_delta_is_a_positive_number(delta: Any) -> None:
    with pytest.raises((ArgumentError, NumberError)) as caught:
        losses.huber([1.0], [2.0], delta=delta)
    if delta is not None and delta != "1":
        assert str(caught.value).startswith("delta must be a positive number, got ")
        assert repr(delta)[:20] in str(caught.value)


def test_l2_by_hand() -> None:
    a, b = Value(3.0), Value(-4.0)
    for given in ([a, b], (a, b), iter([a, b]), {a: 1, b: 2}):
        a.grad = b.grad = 0.0
        found = losses.l2(given)
        found.backward()
        assert (found.data, a.grad, b.grad) == (25.0, 6.0, -8.0)
    assert same(losses.l2([3, -4.0]), 25.0) and same(losses.l2([]), 0.0) and same(losses.l2(iter(())), 0.0)
    layer = nn.Linear(2, 1)
    layer.weight.data, layer.bias.data = [[1.0, 2.0]], [3.0]  # type: ignore[union-attr]
    penalty = losses.l2(layer.parameters()) * 0.5
    penalty.backward()
    assert penalty.data == 7.0 and [p.grad for p in layer.parameters()] == [1.0, 2.0, 3.0]
    for bad, found in ((Value(1.0), "Value"), (3.0, "float"), (None, "NoneType")):
        with pytest.raises(
            NumberError, match=rf"^l2 takes a list of parameters, got {found}: pass model.parameters\(\)$"
        ):
            losses.l2(bad)  # type: ignore[arg-type]
