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

X, M = Vector([0.5, 0.25]), Matrix([[1.0, 2.0], [3.0, 4.0]])


def _cycle() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


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
    "l2(?)": losses.l2, "summary(?)": nn.summary,
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
]


@pytest.mark.parametrize(("call", "message"), MESSAGES, ids=[message[:40] for _, message in MESSAGES])
def test_messages_say_what_was_wrong(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(errors.ScalargradError, match=re.escape(message)):
        call()


def test_softmax_of_all_elements_keeps_the_shape() -> None:
    of_all = M.softmax(axis=None)
    assert of_all.shape == (2, 2) and of_all.reshape(-1).data == Vector([1.0, 2.0, 3.0, 4.0]).softmax().data
