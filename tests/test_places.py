"""Anything in any place: a call that makes no sense raises an error of ours, which says what was wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Mask, Matrix, Value, Vector, errors, losses, nn, optim
from scalargrad.nn import checkpoints

X, M, ARRAY = Vector([0.5, 0.25]), Matrix([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 2.0])
ATTENTION = nn.MultiHeadAttention(2, 1)


def _cycle() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


def _descent() -> optim.SGD:
    return optim.SGD([Value(1.0)], 0.1)


def _chain(milestones: Any) -> optim.SequentialLR:
    optimiser = _descent()
    return optim.SequentialLR(optimiser, [optim.StepLR(optimiser, 1)] * 2, milestones)


# Made anew for each call, because a generator is empty after one.
ANYTHING: dict[str, Callable[[], Any]] = {
    "int": lambda: 5, "float": lambda: 1.5, "nan": lambda: float("nan"), "negative": lambda: -7,
    "huge": lambda: 10**400, "longer than Python prints": lambda: 10**5000, "None": lambda: None, "str": lambda: "ab",
    "no str": str, "bytes": lambda: b"ab", "set": lambda: {1, 2}, "dict": lambda: {1: 2.0},
    "generator": lambda: (x for x in (1.0, 2.0)), "numpy": lambda: np.array([1.0, 2.0]),
    "numpy of 3": lambda: np.zeros((2, 2, 2)), "numpy of 0": lambda: np.array(1.5),
    "numpy of text": lambda: np.array(["a", "b"]), "numpy of objects": lambda: np.array([None, 1], dtype=object),
    "signalling": lambda: Decimal("sNaN"), "Decimal": lambda: Decimal("0.5"), "Fraction": lambda: Fraction(1, 2),
    "complex": lambda: 1j, "object": object, "function": lambda: len, "type": lambda: int, "list": list,
    "list of None": lambda: [None], "list of text": lambda: ["a"], "ragged": lambda: [[1], [2, 3]], "cycle": _cycle,
    "Value": lambda: Value(0.5), "Vector": lambda: Vector([1.0, 2.0]), "Matrix": lambda: Matrix([[1.0], [2.0]]),
    "Mask": lambda: X > 0.3, "slice": lambda: slice(0, 1), "...": lambda: ..., "range": lambda: range(2),
}  # fmt: skip
REDUCTIONS = ("sum", "mean", "max", "min", "prod", "norm", "logsumexp", "softmax", "log_softmax")
ELEMENTWISE = ("hypot", "maximum", "copysign", "remainder", "logaddexp", "atan2", "fmod", "minimum")
PLACES: dict[str, Callable[[Any], Any]] = {
    **{f"{name}(?)": lambda t, name=name: getattr(sg, name)(t) for name in (*REDUCTIONS, "exp", "stack", "concat")},
    **{f"{name}([x, ?])": lambda t, name=name: getattr(sg, name)([X, t]) for name in (*REDUCTIONS, "stack", "concat")},
    **{f"{name}(x, axis=?)": lambda t, name=name: getattr(sg, name)(X, axis=t) for name in REDUCTIONS},
    **{f"{name}(M, axis=?)": lambda t, name=name: getattr(sg, name)(M, axis=t) for name in REDUCTIONS},
    **{f"{name}([x, x], ?)": lambda t, name=name: getattr(sg, name)([X, X], t) for name in ("stack", "concat")},
    **{f"x.{name}(?)": lambda t, name=name: getattr(X, name)(t) for name in ("reshape", "dot", "outer", "item")},
    **{f"mask.{name}(?)": lambda t, name=name: getattr(X > 0.3, name)(t) for name in ("all", "any", "sum", "mean")},
    **{f"{name}(v, ?)": lambda t, name=name: getattr(sg, name)(Value(0.5), t) for name in ELEMENTWISE},
    "dot(?, x)": lambda t: sg.dot(t, X), "dot(x, ?)": lambda t: sg.dot(X, t), "matmul(M, ?)": lambda t: sg.matmul(M, t),
    "matmul(?, M)": lambda t: sg.matmul(t, M), "outer(?, x)": lambda t: sg.outer(t, X),
    "outer(x, ?)": lambda t: sg.outer(X, t), "where(?, v, v)": lambda t: sg.where(t, Value(1.0), Value(2.0)),
    "Vector(?)": Vector, "Matrix(?)": Matrix, "Mask(?)": Mask, "Value(?)": Value,
    "Value(1.0, ?)": lambda t: Value(1.0, t), "Value(1.0, (v,), ?)": lambda t: Value(1.0, (Value(1.0),), t),
    "x[?]": lambda t: X[t], "M[?]": lambda t: M[t], "M[0, ?]": lambda t: M[0, t],
    "x.data = ?": lambda t: setattr(X, "data", t),
    "custom_vjp(f, ?)": lambda t: sg.custom_vjp(abs, t), "SGD(?)": lambda t: optim.SGD(t, 0.1), "Adam(?)": optim.Adam,
    **{f"{name}(?)": getattr(nn, name) for name in ("Dropout", "LayerNorm", "RMSNorm")},
    **{f"{layer}(?)": layer for layer in (nn.Dropout(), nn.LayerNorm(2), nn.RMSNorm(2), nn.Embedding(2, 1), ATTENTION)},
    "Embedding(?, 1)": lambda t: nn.Embedding(t, 1), "Embedding(1, ?)": lambda t: nn.Embedding(1, t),
    "Attention(?, 1)": lambda t: nn.MultiHeadAttention(t, 1), "Attention(2, ?)": lambda t: nn.MultiHeadAttention(2, t),
    "Attention(dropout=?)": lambda t: nn.MultiHeadAttention(2, 1, dropout=t),
    "attention(M, ?)": lambda t: ATTENTION(M, t), "attention(M, M, ?)": lambda t: ATTENTION(M, M, t),
    "attention(M, attn_mask=?)": lambda t: ATTENTION(M, attn_mask=t), "eval(?)": lambda t: ATTENTION.train(t),
    "l2(?)": losses.l2, "summary(?)": nn.summary, "eye(?)": sg.eye,
    "batches(?, 1)": lambda t: list(sg.batches(t, 1)), "batches(x, ?)": lambda t: list(sg.batches(X, t)),
    "batches(x, 1, ?)": lambda t: list(sg.batches(X, 1, t)), "linspace(0, 1, ?)": lambda t: sg.linspace(0, 1, t),
    "linspace(?, 1)": lambda t: sg.linspace(t, 1), "arange(0, ?)": lambda t: sg.arange(0, t),
    "arange(?, 5, 1)": lambda t: sg.arange(t, 5, 1), "arange(0, 1, ?)": lambda t: sg.arange(0, 1, t),
    "zeros(?)": sg.zeros, "zeros((1, ?))": lambda t: sg.zeros((1, t)),
    **{f"{name}(?, x)": lambda t, name=name: getattr(losses, name)(t, X) for name in ("l1", "nll", "kl_div")},
    **{f"{name}(x, ?)": lambda t, name=name: getattr(losses, name)(X, t) for name in ("l1", "nll", "kl_div")},
    **{f"{name}(M, ?)": lambda t, name=name: getattr(losses, name)(M, t) for name in ("l1", "nll", "kl_div")},
    "label_smoothing=?": lambda t: losses.cross_entropy(M, [0, 1], label_smoothing=t),
    "RMSprop(?)": optim.RMSprop,
    "LinearLR(?)": optim.LinearLR, "LinearLR(o, ?)": lambda t: optim.LinearLR(_descent(), t),
    "total_iters=?": lambda t: optim.LinearLR(_descent(), total_iters=t),
    "SequentialLR(o, ?)": lambda t: optim.SequentialLR(_descent(), t, []), "milestones=?": lambda t: _chain(t),
    "ReduceLROnPlateau(o, ?)": lambda t: optim.ReduceLROnPlateau(_descent(), t),
    "scheduler.step(?)": lambda t: optim.ReduceLROnPlateau(_descent()).step(t),
    **{f"{name}=?": lambda t, name=name: optim.ReduceLROnPlateau(_descent(), **{name: t})
       for name in ("factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps")},
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_anything_in_a_place_is_taken_or_refused_by_an_error_of_ours(place: str) -> None:
    before = X.data
    for name, make in ANYTHING.items():
        try:
            PLACES[place](make())
        except errors.ScalargradError as error:
            assert len(str(error)) > 15 and " object at 0x" not in re.sub(r"got .*", "", str(error)), (name, error)
        X.data = before


@pytest.mark.parametrize("transform", [sg.grad, sg.value_and_grad, sg.jacobian, sg.custom_vjp, lambda f: sg.vjp(f, 1.0),
                                       lambda f: sg.jvp(f, (1.0,), (1.0,))])  # fmt: skip
def test_a_transform_takes_a_function(transform: Callable[[Any], Any]) -> None:
    """The slip is grad(f(x)) for grad(f)(x)."""
    for name, make in ANYTHING.items():
        if not callable(make()):
            with pytest.raises(errors.ArgumentError, match="pass f itself"):
                transform(make())
            assert name


MESSAGES = [
    (lambda: sg.concat(5), "concat joins a list of vectors, got int: write concat([x, y])"),
    (lambda: sg.stack(None), "stack joins a list of vectors, got NoneType: write stack([x, y])"),
    (lambda: sg.concat("ab"), "concat joins a list of vectors, got str: write concat([x, y])"),
    (lambda: sg.concat([X, object()]), "concat joins vectors, got an element of type object"),
    (lambda: sg.dot(1.0, Value(2.0)), "got float and Value: the product of two numbers is x * y"),
    (lambda: X.sum(axis=np.array([0, 1])), "an axis must be an int, got ndarray array([0, 1])"),
    (lambda: M.max(axis=Decimal("sNaN")), "an axis must be an int, got Decimal Decimal('sNaN')"),
    (lambda: M.sum(axis=2), "an array of 2 dimensions has no axis 2"),
    (lambda: sg.concat([M, M], 10**5000), "an array of 2 dimensions has no axis an int of 16610 bits"),
    (lambda: sg.stack([X, X], 1.0), "stack takes axis 0 (rows) or 1 (columns), got 1.0"),
    (lambda: sg.custom_vjp(abs, "x"), "nondiff_argnums must be an int or a sequence of ints, got 'x'"),
    (lambda: sg.grad(5.0), "grad takes a function, got float 5.0: pass f itself, not f(x)"),
    (lambda: nn.summary(5), "summary takes a Module, got int"),
    (lambda: X @ 5, "a product needs vectors or matrices, got Vector and int"),
    (lambda: 5 @ X, "a product needs vectors or matrices, got int and Vector"),  # type: ignore[operator]
    (lambda: M @ Value(2.0), "a product needs vectors or matrices, got Matrix and Value"),
    (lambda: Value(2.0) @ M, "a product needs vectors or matrices, got Value and Matrix"),  # type: ignore[operator]
    (lambda: M @ np.array(1.5), "a product needs vectors or matrices, got Matrix and ndarray"),
    (lambda: Value(2.0) + [1, "a"], "got list [1, 'a']: str 'a' in it is no number"),  # type: ignore[operator]
    (lambda: Value(2.0) * [1, 2], "make a Vector or Matrix of it"),  # type: ignore[operator]
    (lambda: sg.exp([1, "a"]), "got str 'a': encode text as numbers"),
    (lambda: Value([[1.0] * 9] * 9), "got list [[1.0, 1.0,"),  # type: ignore[arg-type]
    (lambda: sg.no_grad(x=1), "no_grad() got an unexpected keyword argument 'x': write `with no_grad():`"),
    (lambda: sg.detect_anomaly(foo=1), "detect_anomaly() got an unexpected keyword argument 'foo': write"),
    (lambda: setattr(X, "grad", None), "got NoneType: to clear a grad, set it to 0.0"),
    (lambda: sg.detect_anomaly(strict=ARRAY), "strict must be True or False, got ndarray array([1., 2.])"),
]


FLAGS: dict[str, Callable[[Any], Any]] = {
    "strict": lambda t: sg.detect_anomaly(strict=t), "bias": lambda t: nn.Linear(2, 1, bias=t),
    "rng": lambda t: checkpoints._parts(nn.Linear(1, 1), None, None, t), "nonlin": lambda t: nn.Layer(2, 1, nonlin=t),
    "nesterov": lambda t: optim.SGD([Value(1.0)], 0.1, momentum=0.9, nesterov=t),
    "centered": lambda t: optim.RMSprop([Value(1.0)], centered=t).step(),
    "log_target": lambda t: losses.kl_div(0.5, 0.5, log_target=t), "endpoint": lambda t: sg.linspace(0, 1, 3, t),
    "has_aux": lambda t: sg.grad(lambda x: (x * x, 1.0) if t else x * x, has_aux=t)(3.0),
    "the attribute nonlin": lambda t: setattr(nn.Neuron(1), "nonlin", t),
    "the attribute centered": lambda t: setattr(optim.RMSprop([Value(1.0)]), "centered", t),
    "causal": lambda t: nn.MultiHeadAttention(2, 1, causal=t),
    "need_weights": lambda t: nn.MultiHeadAttention(2, 1)([[1.0, 2.0]], need_weights=t),
    "mode": lambda t: nn.Dropout().train(t),
    "elementwise_affine": lambda t: nn.LayerNorm(2, elementwise_affine=t),
    "the norm's elementwise_affine": lambda t: nn.RMSNorm(2, elementwise_affine=t),
    "the norm's bias": lambda t: nn.LayerNorm(2, bias=t),
    "the attention's bias": lambda t: nn.MultiHeadAttention(2, 1, bias=t),
}  # fmt: skip


@pytest.mark.parametrize("place", FLAGS)
def test_a_flag_is_true_or_false(place: str) -> None:
    """A bool of numpy, and 0 and 1, will do. Most other things are true in Python, and meant otherwise."""
    for given in (True, False, 1, 0, np.bool_(True), np.array(True), np.int64(0)):
        FLAGS[place](given)
    arrays = (np.array([1.0, 2.0]), Vector([1.0, 2.0]) > 0.0, np.ones((2, 2), bool), np.array([True]), np.array(1.0))
    others = ("yes", "no", "", None, 2, -1, 1.0, 0.5, [], [True], Value(1.0), np.float64(1.0), np.str_("a"))
    for none in (*arrays, *others):
        with pytest.raises(errors.ArgumentError, match=f"^{place.split()[-1]} must be True or False, got"):
            FLAGS[place](none)


def test_a_product_gives_an_unknown_type_its_turn() -> None:
    class Foreign:
        def __rmatmul__(self, other: Any) -> str:
            return "theirs"

    class Number(float):
        def __rmatmul__(self, other: Any) -> str:
            return "theirs"

    assert X @ Foreign() == M @ Foreign() == X @ Number(1.0) == "theirs"  # type: ignore[comparison-overlap]
    with pytest.raises(TypeError, match="unsupported operand"):
        _ = X @ object()  # type: ignore[operator]


@pytest.mark.parametrize("make", [lambda: Value(1.0), lambda: Value(1.0) * 2.0, lambda: Vector([1.0])])
def test_only_where_a_grad_is_set_the_advice_is_to_clear_it(make: Callable[[], Any]) -> None:
    v = make()
    plain: list[Callable[[], Any]] = [lambda: v + None, lambda: None * v, lambda: v**None, lambda: sg.maximum(v, None)]
    if not isinstance(v, Value) or not v._op:
        plain.append(lambda: setattr(v, "data", None))
    for call in plain:
        with pytest.raises(errors.NumberError, match=r"expected a real number, got NoneType$"):
            call()
    with pytest.raises(errors.NumberError, match=r"got NoneType: to clear a grad, set it to 0\.0$"):
        v.grad = None


@pytest.mark.parametrize(("call", "message"), MESSAGES, ids=[message[:40] for _, message in MESSAGES])
def test_messages_say_what_was_wrong(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(errors.ScalargradError, match=re.escape(message)):
        call()


def test_softmax_of_all_elements_keeps_the_shape() -> None:
    of_all = M.softmax(axis=None)
    assert of_all.shape == (2, 2) and of_all.reshape(-1).data == Vector([1.0, 2.0, 3.0, 4.0]).softmax().data
