"""Activations, xlogy, logit and sinc: PyTorch's numbers, laws that hold for all numbers, modules, and numpy."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, calculus, nn
from scalargrad.errors import ArgumentError, NumberError
from tests.support.drawn import QUARTERS
from tests.support.higher import difference, exact
from tests.support.reference import UNARY

FINITE = st.floats(allow_nan=False, allow_infinity=False)
THEIRS: dict[str, Callable[[Any], Any]] = {
    "gelu": lambda F: F.gelu, "gelu_tanh": lambda F: functools.partial(F.gelu, approximate="tanh"),
    "mish": lambda F: F.mish, "softsign": lambda F: F.softsign, "selu": lambda F: F.selu,
    "hardtanh": lambda F: F.hardtanh,
}  # fmt: skip


def numbers(low: float, high: float) -> list[float]:
    rng = random.Random(0)
    return [rng.uniform(low, high) for _ in range(500)]


def compared(ours: Any, theirs: Any, *operands: list[float]) -> None:
    """Values and gradients, to 1e-12 of the result; to 1e-14 where it is small, since PyTorch's terms cancel there."""
    torch = pytest.importorskip("torch")
    mine, given_ = [Vector(x) for x in operands], [torch.tensor(x, dtype=torch.float64) for x in operands]
    for x in given_:
        x.requires_grad_()
    result, wanted = ours(*mine), theirs(torch)(*given_)
    assert result.data == pytest.approx(wanted.tolist(), rel=1e-12, abs=1e-14)
    result.sum().backward()
    wanted.sum().backward()
    for x, y in zip(mine, given_):
        assert x.grad == pytest.approx(y.grad.tolist(), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name", THEIRS)
def test_activations_are_pytorchs(name: str) -> None:
    x = [*numbers(-12.0, 12.0), 0.0, -0.0, 1.0, -1.0, 1e-8, -1e-8]
    compared(getattr(sg, name), lambda torch: THEIRS[name](torch.nn.functional), x)


def test_hardtanh_has_pytorchs_bounds() -> None:
    x = [*numbers(-4.0, 4.0), -0.5, 2.0, math.nextafter(2.0, 0.0)]
    ours = lambda x: sg.hardtanh(x, -0.5, 2.0)  # noqa: E731
    compared(ours, lambda torch: lambda x: torch.nn.functional.hardtanh(x, -0.5, 2.0), x)


def test_xlogy_logit_and_sinc_are_pytorchs() -> None:
    compared(sg.xlogy, lambda torch: torch.xlogy, numbers(-9.0, 9.0) + [0.0], numbers(1e-3, 9.0) + [2.0])
    compared(sg.logit, lambda torch: torch.logit, [x for x in numbers(0.01, 0.99) if abs(x - 0.5) > 0.01])
    compared(sg.sinc, lambda torch: torch.sinc, [x for x in numbers(-9.0, 9.0) if abs(x) > 0.05])


# --- laws -------------------------------------------------------------------------------------------------------------


@given(FINITE)
@example(-1e308)
@example(5e-324)
@example(-37.0)
def test_a_gate_and_its_rest_are_one(x: float) -> None:
    """x s(x) + x s(-x) = x for the gates s of gelu and of its approximation."""
    for f in (sg.gelu, sg.gelu_tanh):
        assert f(x) - f(-x) == pytest.approx(x, rel=4e-16)


@given(FINITE)
@example(1.0)
@example(-0.0)
def test_even_odd_and_bounded(x: float) -> None:
    assert sg.sinc(x) == sg.sinc(-x) and sg.softsign(x) == -sg.softsign(-x)
    assert sg.hardtanh(x) == sg.clip(x, -1.0, 1.0) and abs(sg.softsign(x)) <= 1.0


@given(FINITE)
@example(-745.2)
@example(800.0)
def test_mish_is_what_it_is_made_of(x: float) -> None:
    wanted = x * sg.tanh(sg.softplus(x))
    assert sg.mish(x) == pytest.approx(wanted, rel=1e-14, abs=5e-321)  # softplus(x) is subnormal far left


@given(st.floats(-36.0, 36.0))
@example(-1e-300)
def test_logit_is_the_inverse_of_sigmoid(x: float) -> None:
    y = sg.sigmoid(x)
    assume(y < 0.9)  # above, y has lost digits of 1 - y
    assert sg.logit(y) == pytest.approx(x, rel=1e-14, abs=1e-15)
    assert sg.grad(sg.logit)(y) * sg.grad(sg.sigmoid)(x) == pytest.approx(1.0, rel=1e-13)


@given(FINITE, st.floats(0.0, 1e300))
@example(0.0, 0.0)
@example(5e-324, 5e-324)
def test_xlogy_is_a_product_beside_0(x: float, y: float) -> None:
    found, wanted = sg.xlogy(x, y), 0.0 if x == 0.0 else x * sg.log(y)
    assert found == wanted
    assert sg.xlogy(0.0, y) == 0.0 and sg.xlogy(Value(-0.0), y).data == 0.0


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.2, -0.34, 0.36, 0.5, 1.0, -2.3, 7.75, 100.5])
def test_sinc_at_six_orders(x: float) -> None:
    f: Any = sg.sinc
    for order in range(1, 7):
        f = sg.grad(f)
        with mp.workdps(400):
            wanted = difference(UNARY["sinc"][0], [mpf(x)], [order], [mpf(1)])
        assert abs(f(x) - wanted) <= 1e-12 * mp.pi**order / (1 + abs(x)), order


@pytest.mark.parametrize("name", ["gelu", "gelu_tanh", "mish", "softsign", "selu", "logit"])
def test_the_fourth_derivative(name: str) -> None:
    f: Any = getattr(sg, name)
    for _ in range(4):
        f = sg.grad(f)
    for x in (0.25, 0.875) if name == "logit" else (-20.0, -2.5, -0.3, 0.01, 1.3, 6.0):
        wanted = exact(name, [x], [4])
        assert abs(f(x) - wanted) <= 1e-11 * abs(wanted) + 1e-13 * mp.exp(-x * x / 4), x


# --- modules and numpy ------------------------------------------------------------------------------------------------

MODULES = ["GELU()", "GELU('tanh')", "GELU(approximate='none')", "Mish()", "Softsign()", "SELU()", "Hardtanh()",
           "Hardtanh(-2.0, 0.5)", "LogSigmoid()", "Sigmoid()", "Tanh()", "SiLU()", "ReLU()"]  # fmt: skip


@pytest.mark.parametrize("text", MODULES)
def test_modules_are_pytorchs(text: str) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = eval(f"nn.{text}"), eval(f"torch.nn.{text}", {"torch": torch})
    assert repr(ours) == repr(theirs) and ours.parameters() == [] and ours.train().training
    x = [[-2.5, -0.3, 0.0], [0.4, 1.0, 7.0]]
    mine, given_ = Matrix(x), torch.tensor(x, dtype=torch.float64, requires_grad=True)
    result, wanted = ours(mine), theirs(given_)
    np.testing.assert_allclose(result.data, wanted.tolist(), rtol=1e-13, atol=1e-15)
    result.sum().backward()
    wanted.sum().backward()
    np.testing.assert_allclose(mine.grad, given_.grad.tolist(), rtol=1e-12, atol=1e-15)


def clipped(x: float) -> float:
    return min(max(x, -1.0), 1.0)


CLOSED: dict[Any, tuple[Callable[[float], float], Callable[[float], float]]] = {
    **{module: calculus.elementary(name) for module, name in (
        (nn.GELU, "gelu"), (nn.Mish, "mish"), (nn.Softsign, "softsign"), (nn.SELU, "selu"))},
    nn.Hardtanh: (clipped, lambda x: float(abs(x) < 1.0)),
}  # fmt: skip


@pytest.mark.parametrize("module", CLOSED)
@given(st.lists(st.tuples(st.one_of(st.floats(-30.0, 30.0), QUARTERS), st.floats(-4.0, 4.0)), min_size=1, max_size=4))
def test_modules_are_the_closed_forms(module: Any, drawn: Any) -> None:
    """The values, and a gradient pulled back, in a Vector."""
    x, g = map(list, zip(*drawn))
    f, slope = CLOSED[module]
    given_ = Vector(x)
    y = module()(given_)
    (y * g).sum().backward()
    for a, b, value, back in zip(x, g, y.data, given_.grad):
        assert value == pytest.approx(f(a), rel=1e-14, abs=1e-300)
        near = abs(slope(a)) + abs(f(a) / (a or 1.0))  # the terms of a derivative may cancel
        assert back == pytest.approx(b * slope(a), abs=1e-14 * abs(b) * near + 1e-300)


@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda: nn.GELU("erf"), ArgumentError, r"no approximation of GELU 'erf': choose one of none, tanh"),
    (lambda: nn.GELU(None), ArgumentError, r"no approximation of GELU None"),
    (lambda: nn.Hardtanh(1.0, -1.0), ArgumentError, r"a min_val less than max_val, got 1.0 and -1.0"),
    (lambda: nn.Hardtanh(math.nan), ArgumentError, r"a min_val less than max_val, got nan and 1.0"),
    (lambda: nn.Hardtanh("a"), NumberError, r"min_val"),
    (lambda: nn.Hardtanh(0.0, Value(1.0)), NumberError, r"max_val"),
])  # fmt: skip
def test_settings_that_make_no_sense(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_a_setting_may_change() -> None:
    module = nn.GELU()
    module.approximate = "tanh"
    assert module(-1.0) == sg.gelu_tanh(-1.0) and repr(module) == "GELU(approximate='tanh')"


def test_numpy_and_scipy() -> None:
    special = pytest.importorskip("scipy.special")
    x = Vector([0.1, 0.5, 0.75])
    assert np.sinc(x).data == sg.sinc(x).data and np.sinc(Matrix([[0.5]])).data == [[2 / math.pi]]
    assert special.logit(x).data == sg.logit(x).data == pytest.approx(special.logit(x.numpy()).tolist(), rel=1e-15)
    assert special.xlogy(x, 2.0).data == [v * math.log(2.0) for v in x.data]
    special.xlogy(x, x).sum().backward()
    assert x.grad == [math.log(v) + 1.0 for v in x.data]
    assert special.xlogy(Value(0.0), 0.0).data == 0.0 and special.logit(Value(0.5)).data == 0.0


def test_the_bounds_of_hardtanh_are_numbers() -> None:
    layer = nn.Hardtanh()
    layer.max_val = 2
    assert layer(5.0) == 2.0 and type(layer.max_val) is float
    with pytest.raises(NumberError, match="min_val"):
        layer.min_val = "a"  # type: ignore[assignment]
    assert layer.min_val == -1.0
