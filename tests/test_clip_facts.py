"""Clipping by hand: the factor max_norm / (norm + 1e-6), which grads change, and which do not."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from scalargrad import Value
from scalargrad.errors import ArgumentError, NumberError
from scalargrad.optim import clip_grad_norm, clip_grad_value


def leaves(grads: list[float]) -> list[Value]:
    found = [Value(10.0 + k) for k in range(len(grads))]
    for p, g in zip(found, grads):
        p.grad = g
    return found


# grads, their norm, max_norm, what is divided by norm + 1e-6; None: they stay
NORMS: list[tuple[list[float], float, float, float | None]] = [
    ([3.0, -4.0], 5.0, 1.0, 1.0),
    ([3.0, -4.0], 5.0, 0.25, 0.25),
    ([3.0, -4.0], 5.0, 5.0, 5.0),  # the factor is below 1 by the 1e-6 alone, as in PyTorch
    ([3.0, -4.0], 5.0, 5.000001, None),  # the factor is 1, or a rounding beside it
    ([3.0, -4.0], 5.0, 5.00001, None),
    ([3.0, -4.0], 5.0, 100.0, None),
    ([2.0, -3.0, 6.0], 7.0, 3.5, 3.5),
    ([1.0, 2.0, 4.0, -10.0], 11.0, 2.0, 2.0),
    ([-8.0], 8.0, 2.0, 2.0),
    ([8.0], 8.0, 0.0, 0.0),
    ([0.0, 0.0], 0.0, 1.0, None),
    ([0.0, 0.0], 0.0, 0.0, 0.0),
    ([1e-6], 1e-6, 1e-6, 1e-6),  # halved: the 1e-6 is as large as the norm
    ([3e200, 4e200], 5e200, 1.0, 1.0),
    ([3e-200, 4e-200], 5e-200, 1.0, None),
]  # fmt: skip


@pytest.mark.parametrize(("grads", "norm", "most", "top"), NORMS)
def test_clip_grad_norm_by_hand(grads: list[float], norm: float, most: float, top: float | None) -> None:
    ps = leaves(grads)
    found = clip_grad_norm(ps, most)
    assert type(found) is float and found == pytest.approx(norm, rel=1e-15, abs=0.0)
    factor = Fraction(1) if top is None else Fraction(top) / (Fraction(norm) + Fraction(1e-6))
    # a norm, a sum, a quotient and a product: four roundings
    wanted = [float(Fraction(g) * factor) for g in grads]
    assert [p.grad for p in ps] == pytest.approx(wanted, rel=1e-15, abs=0.0)
    if top is None and most != 5.000001:
        assert [p.grad for p in ps] == grads
    assert [p.data for p in ps] == [10.0 + k for k in range(len(grads))]


def test_a_parameter_given_twice_counts_once() -> None:
    (p,) = leaves([8.0])
    assert clip_grad_norm([p, p], 2.0) == 8.0
    assert p.grad == pytest.approx(2.0 * 8.0 / 8.000001, rel=1e-15)
    assert clip_grad_norm((q for q in leaves([3.0, 4.0])), 9.0) == 5.0
    (p,) = leaves([8.0])
    clip_grad_value([p, p], 2)
    assert p.grad == 2.0


@pytest.mark.parametrize(
    ("grads", "most", "wanted"),
    [
        ([-8.0, 8.0, 1.0, -1.0], 2.0, [-2.0, 2.0, 1.0, -1.0]),
        ([2.0, -2.0], 2.0, [2.0, -2.0]),
        ([math.inf, -math.inf], 2.5, [2.5, -2.5]),
        ([5.0, -5.0, 0.0], 0.0, [0.0, 0.0, 0.0]),
        ([2.0000000000000004, 1.9999999999999998], 2.0, [2.0, 1.9999999999999998]),
    ],
)
def test_clip_grad_value_by_hand(grads: list[float], most: float, wanted: list[float]) -> None:
    ps = leaves(grads)
    assert clip_grad_value(ps, most) is None  # type: ignore[func-returns-value]
    assert [p.grad for p in ps] == wanted and [p.data for p in ps] == [10.0 + k for k in range(len(grads))]


def test_a_nan_stays_under_clip_grad_value() -> None:
    ps = leaves([math.nan, 3.0])
    clip_grad_value(ps, 1.0)
    assert math.isnan(ps[0].grad) and ps[1].grad == 1.0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_grad_that_is_not_finite(bad: float) -> None:
    ps = leaves([5.0, bad, 7.0])
    with pytest.raises(ArgumentError, match=rf"norm of the grads is {abs(bad)}: a grad is nan or inf"):
        clip_grad_norm(ps, 1.0)
    assert (ps[0].grad, ps[2].grad) == (5.0, 7.0)


@pytest.mark.parametrize(("clip", "name"), [(clip_grad_norm, "max_norm"), (clip_grad_value, "clip_value")])
def test_the_limit_is_finite_and_not_negative(clip: object, name: str) -> None:
    for bad in (-1.0, math.nan, math.inf):
        ps = leaves([5.0])
        with pytest.raises(ArgumentError, match=rf"^{name} must be a finite number that is not negative, got {bad}$"):
            clip(ps, bad)  # type: ignore[operator]
        assert ps[0].grad == 5.0
    for thing in (Value(1.0), None, "1"):
        with pytest.raises(NumberError):
            clip(leaves([5.0]), thing)  # type: ignore[operator]
