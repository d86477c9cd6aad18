"""First to third derivatives of every row, mixed ones included, against 50 digits; and what reductions make of them.

The tolerance is 1e-12 of the derivative, or what rounding the operands by two units makes of it: at a root, where a sum
cancels, no more is known. Numbers below the normal range are right to four of their units.
"""

from __future__ import annotations

import ast
import functools
import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad import core
from scalargrad.table import ops
from tests.support.higher import DIGITS, FUNCTION, LARGEST, SUBNORMAL, difference, exact

pytestmark = pytest.mark.filterwarnings("ignore::scalargrad.errors.ImplicitDetachWarning")

BAR = mpf("1e-12")
UNIT = mpf(2) ** -52
INF, NAN = math.inf, math.nan
SIZES = [1e-300, 1e-100, 1e-18, 1e-8, 0.1, 0.5, math.sqrt(0.5), 0.75, 1.0, 1.5, 2.0, 5.0, 12.0, 20.0, 26.0, 40.0, 300.0,
         700.5, 1e8, 1e100, 1e149, 1e151, 1e152, 1e200, 1e300]  # fmt: skip
BOTH = [*SIZES, *(-x for x in SIZES)]
NEAR = [1 - 1e-16, 1 - 1e-12, 1 - 1e-5]
POINTS: dict[str, list[float]] = {
    **{key: [x for x in (*BOTH, *NEAR, *(-x for x in NEAR)) if abs(x) < 1] for key in ("asin", "acos", "atanh")},
    **{key: [*SIZES, *NEAR, 5e-324, 1e-310] for key in ("sqrt", "log", "log2", "log10")},
    "acosh": [*(x for x in SIZES if x > 1), 1 + 2.3e-16, 1 + 1e-12, 1 + 1e-5],
    "log1p": [x for x in (*BOTH, *(-x for x in NEAR)) if x > -1],
    "cbrt": [*BOTH, 5e-324, -1e-310],
    **{key: [*(x for x in BOTH if abs(x) < 1000000000.0), math.pi / 2, math.pi] for key in ("sin", "cos", "tan")},
    **{
        key: [x for x in BOTH if abs(x) < 2000.0]
        for key in ("exp", "exp2", "expm1", "sinh", "cosh", "tanh", "sigmoid", "log_sigmoid", "softplus")
    },
    **{key: [*(x for x in BOTH if abs(x) < 2000.0), 26.5, 27.0, -27.2, 28.5] for key in ("erf", "erfc")},
    "erfinv": [x for x in (*BOTH, *NEAR, *(-x for x in NEAR), 5e-324) if abs(x) < 1],
    **{
        key: [x for x in (*BOTH, -2.4, -19.7, -20.3, 1.4616321449683622) if x > -300 and (x > 0 or x % 1)]
        for key in ("lgamma", "digamma")
    },
    "gelu": [*(x for x in BOTH if abs(x) < 2e3), -36.9, -37.1, -38.2, -38.7, -39.5, 38.5, math.sqrt(2.0)],
    "gelu_tanh": [*(x for x in BOTH if abs(x) < 2e3), -12.3, -20.9, -21.3, -21.6, 21.4, 24.9, -25.1],
    "mish": [*(x for x in BOTH if abs(x) < 2e3), -710.0, -740.0, -801.0, 360.0, 372.0, 801.0],
    "sinc": [*(x for x in BOTH if x < 1e15), 0.3499, -0.3501, 1.43, 2.5, 1e6 + 0.25, 1e15 + 0.5],
    "logit": [*(x for x in (*SIZES, *NEAR) if x < 1), 5e-324, 1e-310, 0.25, 0.2499, 0.5 + 1e-12],
    "silu": [*(x for x in BOTH if abs(x) < 2e3), -740.0, -760.0, -799.0, -801.0, 740.0, 800.5],
}
DRAWN: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("asin", "acos", "atanh", "erfinv"), (-1.0, 1.0)),
    **dict.fromkeys(("sqrt", "log", "log2", "log10"), (0.0, 9.0)), "logit": (0.0, 1.0),
    "acosh": (1.0, 9.0), "log1p": (-1.0, 9.0),
}  # fmt: skip
PAIRS: dict[str, list[tuple[float, float]]] = {
    "div": [*itertools.product([1e-310, 5e-324, 1e-250, 0.7, -1e300], [1e-200, 1e-80, 0.3, -3.0, 1e100, 1e300])],
    "pow": [
        *itertools.product(
            [1e-300, 0.3, 1 - 1e-12, 1.0, 2.0, 1e300],
            [-3.0, -0.5, 0.0, 1e-20, 0.3, 1 - 1e-12, 1.0, 1.5, 2.0, 3.0, 40.0, 1e12, 1e16],
        )
    ],
    **{
        key: [
            *itertools.product(
                [1e-200, -1e-10, 0.4, -1.0, 10000000000.0, 1e200], [1e-200, -1e-100, 0.001, 2.0, -10000000000.0, 1e200]
            ),
            (0.0, 1.0),
            (-3.0, 0.0),
        ]
        for key in ("atan2", "hypot")
    },
    "logaddexp": [*itertools.product([-1e4, -700.0, -1.0, 0.0, 1e-10, 40.0, 1e4], [-1e4, -745.0, 0.0, 1.0, 300.0])],
    "polygamma": [
        *itertools.product([0.0, 1.0, 2.0, 5.0, 20.0], [1e-20, 0.3, 1.0, 7.5, 9.0, 40.0, 1e10, -0.25, -0.7, -6.4])
    ],
    "xlogy": [*itertools.product([0.0, 1e-310, 0.7, -3.0, 1e200], [1e-300, 0.3, 1 - 1e-12, 1.0, 5.0, 1e300])],
    "exp_sub": [(1.0, 2.0), (-1e3, -990.0), (1e3, 1e3 - 0.1)],
    **{key: [(-2.0, 0.3), (2.0, 0.3), (-1e-10, 2.0)] for key in ("leaky_relu", "elu")},
    **{key: [(0.3, 0.7), (1e200, -1e-200), (-2.0, 5.0)] for key in ("add", "sub", "mul", "maximum", "minimum")},
}
UNARY = [row.name for row in ops.PRIMITIVES if row.name in FUNCTION and len(row.operands) == 1]


def orders(n: int) -> list[tuple[int, ...]]:
    """Up to three derivatives, by each operand so many."""
    return [order for order in itertools.product(range(4), repeat=n) if 1 <= sum(order) <= 3]


def derivative(function: Callable[..., Any], point: Sequence[float], which: Sequence[int]) -> float:
    """The derivatives by these operands, one within the other."""
    for k in which:
        function = sg.grad(function, k)
    return float(function(*point))


def sequences(order: Sequence[int]) -> set[tuple[int, ...]]:
    """The derivatives in one sequence and in the other."""
    which = tuple(k for k, n in enumerate(order) for _ in range(n))
    return {which, which[::-1]}


def uncertain(name: str, point: Sequence[float], order: tuple[int, ...]) -> Any:
    """What rounding the operands by two units changes in a derivative."""
    up = [tuple(n + (j == k) for j, n in enumerate(order)) for k in range(len(point))]
    return mp.fsum(2 * UNIT * abs(mpf(x) * exact(name, point, more)) for x, more in zip(point, up) if x)


def wrong(name: str, point: Sequence[float]) -> Iterator[str]:
    operation = functools.partial(core.apply, ops.OPCODE[name])
    for order in orders(len(point)):
        wanted = exact(name, point, order)
        for which in sequences(order):
            got = derivative(operation, point, which)
            if abs(wanted) > LARGEST:
                right = math.isinf(got) and (got > 0) == (wanted > 0)
            else:
                error = abs(mpf(got) - wanted)  # a nan is not below anything
                right = error <= BAR * abs(wanted) + 4 * SUBNORMAL or error <= uncertain(name, point, order)
            if not right:
                yield f"{name}{tuple(point)}, by {which}: {got!r}, not {mp.nstr(wanted, 17)}"


@pytest.mark.parametrize("name", UNARY)
def test_the_derivatives_of_one_operand(name: str) -> None:
    rng = random.Random(name)
    drawn = [rng.uniform(*DRAWN.get(name, (-3.0, 3.0))) for _ in range(8)]
    assert [text for x in (*POINTS.get(name, BOTH), *drawn) for text in wrong(name, (x,))] == []


@pytest.mark.parametrize("name", PAIRS)
def test_the_derivatives_of_two_operands(name: str) -> None:
    rng = random.Random(name)
    drawn = [(10 ** rng.uniform(-3, 3), rng.uniform(-5, 5)) for _ in range(8)]
    if name == "polygamma":
        drawn = [(float(round(y + 5)), x) for x, y in drawn]
    if name == "xlogy":  # the second is more than 0
        drawn = [(y, x) for x, y in drawn]
    assert [text for point in (*PAIRS[name], *drawn) for text in wrong(name, point)] == []


def test_every_row_is_among_them() -> None:
    """The others have partials that are constants, or stand among the kinks below."""
    constant = {"floordiv", "remainder", "fmod", "sign", "floor", "ceil", "trunc", "round", "copysign", "clip", "where",
                "hardtanh"}  # fmt: skip
    assert {row.name for row in ops.PRIMITIVES} == {*UNARY, *PAIRS} | constant


KINKS: list[tuple[str, tuple[float, ...], dict[tuple[int, ...], float]]] = [
    ("relu", (0.0,), {(0,): 0.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("abs", (0.0,), {(0,): 0.0, (0, 0): 0.0}),
    ("abs", (-INF,), {(0,): -1.0, (0, 0): 0.0}),
    ("sqrt", (0.0,), {(0,): INF, (0, 0): -INF, (0, 0, 0): INF}),
    ("cbrt", (-0.0,), {(0,): INF, (0, 0): INF, (0, 0, 0): INF}),
    ("log", (0.0,), {(0,): INF, (0, 0): -INF, (0, 0, 0): INF}),
    ("asin", (-1.0,), {(0,): INF, (0, 0): -INF, (0, 0, 0): INF}),
    ("acosh", (1.0,), {(0,): INF, (0, 0): -INF, (0, 0, 0): INF}),
    ("atan", (NAN,), {(0,): NAN, (0, 0): NAN, (0, 0, 0): NAN}),
    ("asinh", (INF,), {(0,): 0.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("acosh", (INF,), {(0,): 0.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("silu", (INF,), {(0,): 1.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("gelu", (INF,), {(0,): 1.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("gelu", (-INF,), {(0,): 0.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("gelu_tanh", (1e200,), {(0,): 1.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("gelu_tanh", (-INF,), {(0,): 0.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("mish", (INF,), {(0,): 1.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("mish", (-INF,), {(0,): 0.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("softsign", (0.0,), {(0,): 1.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("softsign", (-INF,), {(0,): 0.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("hardtanh", (1.0, -1.0, 1.0), {(0,): 0.0, (0, 0): 0.0, (2,): 1.0, (0, 2): 0.0}),
    ("sinc", (INF,), {(0,): 0.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("sinc", (0.0,), {(0,): 0.0, (0, 0, 0): 0.0, (0, 0, 0, 0, 0): 0.0}),
    ("logit", (0.0,), {(0,): INF, (0, 0): -INF, (0, 0, 0): INF}),
    ("logit", (1.0,), {(0,): INF, (0, 0): INF, (0, 0, 0): INF}),
    ("xlogy", (0.0, 0.0), {(0,): 0.0, (1,): 0.0, (0, 1): 0.0, (1, 0): 0.0, (1, 1): 0.0}),
    ("xlogy", (0.0, 4.0), {(1,): 0.0, (0, 1): 0.25, (1, 0): 0.25, (1, 1): 0.0}),
    ("erf", (-INF,), {(0,): 0.0, (0, 0): 0.0, (0, 0, 0): 0.0}),
    ("maximum", (1.0, 1.0), {(0,): 0.5, (1,): 0.5, (0, 0): 0.0, (0, 1): 0.0}),
    ("clip", (1.0, 0.0, 1.0), {(0,): 1.0, (0, 0): 0.0, (0, 2): 0.0}),
    ("copysign", (2.0, -1.0), {(0,): -1.0, (0, 0): 0.0, (0, 1): 0.0}),
    ("remainder", (7.0, 3.0), {(1,): -2.0, (1, 1): 0.0, (0, 1): 0.0}),
    ("fmod", (-7.0, 3.0), {(1,): 2.0, (1, 1): 0.0}),
    ("hypot", (0.0, 0.0), {(0,): 0.0, (0, 0): 0.0, (0, 1): 0.0, (0, 0, 1): 0.0}),
    ("atan2", (0.0, 0.0), {(0,): NAN, (0, 1): NAN}),
    ("logaddexp", (-INF, -INF), {(0, 0): 0.25, (0, 1): -0.25, (0, 0, 0): 0.0}),
    ("div", (1.0, 0.0), {(1,): -INF, (1, 1): INF, (1, 1, 1): -INF, (0, 0): 0.0}),
    ("pow", (0.0, 0.0), {(0,): 0.0, (1,): 0.0, (0, 0): 0.0, (0, 1): 0.0, (1, 1): 0.0}),
    ("pow", (0.0, 0.5), {(0,): INF, (0, 0): -INF, (0, 0, 0): INF, (0, 1): 0.0}),
    ("pow", (0.0, 1.0), {(0,): 1.0, (0, 0): 0.0, (0, 1): 0.0, (1, 0): 0.0}),
    ("pow", (0.0, 2.0), {(0, 0): 2.0, (0, 0, 0): 0.0, (0, 1): 0.0, (1, 1): 0.0}),
    ("pow", (0.0, 3.0), {(0, 0): 0.0, (0, 0, 0): 6.0}),
    ("pow", (-2.0, 3.0), {(0,): 12.0, (0, 0): -12.0, (0, 0, 0): 6.0, (0, 1): NAN}),
    ("pow", (-0.5, -3.0), {(0, 0): -384.0, (0, 0, 0): -3840.0}),
    ("pow", (INF, -1.0), {(0, 0): 0.0, (0, 1): 0.0, (1, 1): 0.0}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "point", "wanted"), KINKS, ids=[f"{name}{point}" for name, point, _ in KINKS])
def test_conventions_hold_at_every_order(
    name: str, point: tuple[float, ...], wanted: dict[tuple[int, ...], float]
) -> None:
    operation = functools.partial(core.apply, ops.OPCODE[name])
    for which, number in wanted.items():
        got = derivative(operation, point, which)
        assert got == number or (got != got and number != number), (which, got)


@pytest.mark.parametrize("hidden", [sg.sqrt, sg.log, lambda x: 1 / x, lambda x: x**0.5, lambda x: sg.atan2(x, 0.0 * x)])
def test_a_branch_that_is_not_taken_leaks_nothing(hidden: Callable[[Any], Any]) -> None:
    def f(x: Any) -> Any:
        return sg.where(x > 0, hidden(x), x * x * x)

    assert [derivative(f, (0.0,), [0] * n) for n in (1, 2, 3)] == [0.0, 0.0, 6.0]


def test_a_partial_calls_only_rows_that_have_partials() -> None:
    """So that it can be recorded; and nothing of the C library, which has none."""
    recorded = {row.name for row in ops.RECORDED}
    for row in ops.RECORDED:
        assert len(row.partials) == len(row.operands), row.name
        for partial in row.partials:
            calls = [node for node in ast.walk(ast.parse(partial)) if isinstance(node, ast.Call)]
            assert {ast.unparse(call.func) for call in calls} <= recorded, (row.name, partial)


def test_what_derivatives_are_made_of_is_not_public() -> None:
    for row in ops.RECORDED[len(ops.PRIMITIVES) :]:
        assert not row.function and row.name not in ops.BY_NAME and row.name not in sg.__all__


# --- reductions -------------------------------------------------------------------------------------------------------


def _logsumexp(*x: Any) -> Any:
    largest = x.index(max(x))
    return x[largest] + mp.log1p(mp.fsum(mp.exp(item - x[largest]) for k, item in enumerate(x) if k != largest))


MANY: dict[str, tuple[Callable[..., Any], Callable[..., Any], list[tuple[float, ...]]]] = {
    "sum": (sg.sum, lambda *x: mp.fsum(x), [(1.0, 2.0, 3.0)]),
    "mean": (sg.mean, lambda *x: mp.fsum(x) / len(x), [(1.0, 2.0, 3.0)]),
    "max": (sg.max, max, [(1.0, 4.0, 2.0)]),
    "min": (sg.min, min, [(3.0, 1.0, 2.0)]),
    "dot": (lambda x: sg.dot(x[::2], x[1::2]), lambda *x: mp.fdot(x[::2], x[1::2]),
            [(1.0, 2.0, 3.0, 4.0), (1e200, 1e-200, 0.0, 3.0)]),
    "logsumexp": (sg.logsumexp, _logsumexp,
                  [(0.0, -50.0), (0.0, -50.0, -60.0), (1e3, 0.0, 999.0), (-1e5, 1 - 1e5, -1e5 - 30), (1e4, 1e4, 1e4),
                   (0.3,), (1.0, 2.0, 3.0, 4.0), (700.0, -700.0)]),
    "norm": (sg.norm, lambda *x: mp.sqrt(mp.fsum(item * item for item in x)),
             [(3.0, 4.0), (1.0, 1e-10), (1.0, 1e-10, 1e-3), (1e200, 1e199, 2e200), (-2.0, 1e-8), (5.0,)]),
    "prod": (sg.prod, lambda *x: mp.fprod(x),
             [(2.0, 3.0, 4.0), (0.0, 3.0, 4.0), (0.0, 0.0, 4.0), (0.0, 0.0, 0.0), (1e200, 1e200, 1e-200, 1e-200),
              (2.0, 1e200, 1e200, 1e-300, 1e-10), (0.5, 1e-300, 1e-300, 1e300, 1e300), (-1.5,)]),
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_the_derivatives_of_reductions(name: str) -> None:
    """By the closed forms; what cancels to nothing there, below 1e-300, is 0 here."""
    ours, theirs, points = MANY[name]
    for point in points:
        scale = [mpf(max(map(abs, point))) if name == "norm" else mpf("0.1")] * len(point)
        for order in orders(len(point)):
            with mp.workdps(DIGITS):
                wanted = difference(theirs, [*map(mpf, point)], order, scale)
            wanted = mpf(0) if abs(wanted) < mpf("1e-600") else wanted
            for which in sequences(order):
                got = derivative(lambda *x: ours(x), point, which)
                if abs(wanted) > LARGEST:
                    assert math.isinf(got) and (got > 0) == (wanted > 0), (point, which, got)
                else:
                    assert abs(mpf(got) - wanted) <= BAR * abs(wanted) + 4 * SUBNORMAL, (point, which, got, wanted)


@pytest.mark.parametrize(("function", "first"), [(sg.max, 1 / 3), (sg.min, 1 / 3), (sg.norm, 0.0)])
def test_ties_and_the_origin_by_convention(function: Callable[..., Any], first: float) -> None:
    for order in orders(3):
        for which in sequences(order):
            got = derivative(lambda *x: function(x), (0.0, 0.0, 0.0), which)
            assert got == (first if sum(order) == 1 else 0.0), which


def test_the_deviation_of_equal_numbers() -> None:
    """It has the kink of a norm: all derivatives are 0. Beside it, the hessian is that of norm(x - mean) / sqrt(n)."""
    for row in ([0.0] * 3, [2.5] * 3):
        x = np.array(row)
        assert sg.grad(lambda x: x.std())(x).tolist() == [0.0] * 3
        assert sg.hessian(lambda x: x.std())(x).tolist() == [[0.0] * 3] * 3
    x = np.array([1.0, 2.0, 4.0])
    c = x - x.mean()
    deviation = np.sqrt((c @ c) / 3)
    exact = (np.eye(3) - 1 / 3) / (3 * deviation) - np.outer(c, c) / (9 * deviation**3)
    np.testing.assert_allclose(sg.hessian(lambda x: x.std())(x), exact, rtol=0, atol=1e-14)
