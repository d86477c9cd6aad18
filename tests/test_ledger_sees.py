"""The ledger's live checks see a wrong engine: each row, each of its answers, each number; and how small an error."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, core
from scalargrad.errors import ShapeError
from scalargrad.ledger import checks, command
from scalargrad.ledger.compare import Comparison, Worked
from scalargrad.ledger.rows import LEDGER, ROWS, Row
from scalargrad.table import ops
from scalargrad.transforms.containers import flat

DRAWS = 20  # as many as `scalargrad formulas` takes
IDS = [row.id for row in LEDGER]
SMOOTH = "sin cos tanh sigmoid atan softplus asinh"

# What each row compares, by name.
ANSWERS = {
    "A1": ["dy/dx"],
    "A2": ["dy/dx"],
    "A3": ["product of the four"],
    "A4": ["gradient of 3x²y", "gradient of 2x + y⁸", "gradient of xy"],
    "A5": ["∂z/∂x"],
    "A6": ["f'(x)"],
    "B1": ["J of [3x²y, 2x + y⁸]"],
    "B2": ["J"],
    "B3": ["softmax(x + Δ)"],
    "B4": ["w + x", "w - x", "w * x", "w / x", "w max x"],
    "B5": ["J"],
    "B6": ["x + z", "x - z", "x * z", "x / z", "x max z"],
    "B7": ["Σx", "Σxz by x", "Σxz by z"],
    "B8": ["dy/dx", "J_f·g'"],
    "B9": ["J", "J, denominator layout"],
    "B10": ["J"],
    "B11": ["J"],
    "B12": ["J of y·z"],
    "B13": ["exp(x)", "Σexp(x)", "Σexp(x), denominator layout"],
    "C1": ["∂Y/∂W", "∂Y/∂X"],
    "C2": ["∂L/∂X", "∂L/∂W", "∂L/∂b"],
    "C3": ["J"],
    "C4": ["by w⊙x", "dot"],
    "C5": ["by w, x, b"],
    "C6": ["by w, x, b"],
    "C7": ["J"],
    "C8": ["∂L/∂z"],
    "C9": ["J of log-softmax", "gradient of log-sum-exp"],
    "D1": ["∂L/∂ŷ"],
    "D2": ["∂L/∂scores"],
    "D3": ["∂L/∂W1", "∂L/∂b1", "∂L/∂W2", "∂L/∂b2"],
    "D4": ["∂L/∂W1", "∂L/∂b1", "∂L/∂W2", "∂L/∂b2"],
    "D5": ["∂C/∂w, ∂C/∂b"],
    "D6": ["w after ten steps"],
    "D7": [
        f"w after five steps of {name}"
        for name in ("SGD", "SGD with momentum", "SGD with Nesterov's momentum", "Adam", "AdamW")
    ],
}

# The engine's operations that each row holds: a wrong partial of one must break the row.
HOLDS = {
    "A1": SMOOTH,
    "A2": "sigmoid + *",
    "A3": "exp + / neg",
    "A4": "prod sum **",
    "A5": "sum sin * **",
    "A6": SMOOTH,
    "B1": "prod sum **",
    "B2": "",
    "B3": "softmax",
    "B4": "+ - * / max",
    "B5": "+ *",
    "B6": "+ - * / max",
    "B7": "sum *",
    "B8": "log sin * **",
    "B9": "dot sin",
    "B10": SMOOTH,
    "B11": SMOOTH,
    "B12": "dot *",
    "B13": "exp sum",
    "C1": "sum *",
    "C2": "sum *",
    "C3": "relu",
    "C4": "dot sum *",
    "C5": "dot +",
    "C6": "relu dot +",
    "C7": "softmax",
    "C8": "softmax dot",
    "C9": "log_softmax logsumexp",
    "D1": "mean - **",
    "D2": "log_softmax mean neg",
    "D3": "log_softmax mean relu sum * neg",
    "D4": "log_softmax mean relu sum + *",
    "D5": "mean relu dot + - **",
    "D6": "mean dot - **",
    "D7": "dot",
}

# The relative error of all gradients that each answer of a row must notice. 1e-12 is some 4500 units in the last place,
# and the tolerances count up to 16 roundings for each of up to 20 terms. Three rows allow more, for what they say
# themselves: Taylor's remainder at steps of 2**-20 (A6 and B3), and ten steps, each as far as the numbers allow (D6).
FINEST = {**dict.fromkeys(IDS, 1e-12), "A6": 1e-5, "B3": 1e-4, "D6": 1e-10, "D7": 1e-11}
# In how many of the draws: a relu that is off has gradients of 0, of which nothing is off, and so has its whole row.
AT_LEAST = {**dict.fromkeys(IDS, 10), "B3": 5}

METHODS = {
    "+": ("add", "radd"),
    "-": ("sub", "rsub"),
    "*": ("mul", "rmul"),
    "/": ("truediv", "rtruediv"),
    "**": ("pow", "rpow"),
    "neg": ("neg",),
}


def drawn(row: Row) -> list[Worked]:
    return [row.check(random.Random(seed)) for seed in range(DRAWS)]


def scale_backward(patch: pytest.MonkeyPatch, error: float) -> None:
    """Every gradient of the engine is off by a relative error."""
    plain = Value.backward
    patch.setattr(Value, "backward", lambda self, seed=1.0: plain(self, seed * (1.0 + error)))


def lean(y: Any, x: Value, error: float) -> Any:
    """The same number, or numbers, with a partial by x that is off. By the core, which no patch here reaches."""
    if not isinstance(y, Value):
        return [lean(item, x, error) for item in y]
    nothing = core.apply(ops.OPCODE["sub"], x, x.data)
    return core.apply(ops.OPCODE["add"], y, core.apply(ops.OPCODE["mul"], nothing, error))


def wrong(function: Callable[..., Any], error: float) -> Callable[..., Any]:
    def leaning(*arguments: Any) -> Any:
        y = function(*arguments)
        inputs = [x for x in flat(arguments) if isinstance(x, Value)]
        return lean(y, inputs[-1], error) if inputs and y is not NotImplemented else y

    return leaning


def break_partial(patch: pytest.MonkeyPatch, name: str, error: float) -> None:
    if name == "max":
        patch.setitem(checks.OPERATORS, "max", wrong(sg.maximum, error))
    elif name in METHODS:
        for method in METHODS[name]:
            patch.setattr(Value, f"__{method}__", wrong(getattr(Value, f"__{method}__"), error))
    else:
        patch.setattr(sg, name, wrong(getattr(sg, name), error))


# --- a wrong engine is seen ------------------------------------------------------------------------------------------


def test_the_tables_are_of_all_rows() -> None:
    assert list(ANSWERS) == list(HOLDS) == IDS


@pytest.mark.parametrize("row", LEDGER, ids=IDS)
def test_a_row_compares_what_it_says(row: Row) -> None:
    for worked in drawn(row):
        assert [each.what for each in worked.comparisons] == ANSWERS[row.id]


@pytest.mark.parametrize("row", LEDGER, ids=IDS)
def test_every_answer_sees_gradients_that_are_all_a_little_off(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    scale_backward(monkeypatch, FINEST[row.id])
    seen = Counter(each.what for worked in drawn(row) for each in worked.comparisons if each.misses(row.units))
    assert {what: seen[what] >= AT_LEAST[row.id] for what in ANSWERS[row.id]} == dict.fromkeys(ANSWERS[row.id], True), (
        seen
    )


@pytest.mark.parametrize(("id", "name"), [(id, name) for id, names in HOLDS.items() for name in names.split()])
def test_a_row_sees_one_wrong_partial(id: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    break_partial(monkeypatch, name, 1e-3 if id in ("A6", "B3") else 1e-6)
    misses = [each.misses(ROWS[id].units) for worked in drawn(ROWS[id]) for each in worked.comparisons]
    assert any(misses)


@pytest.mark.parametrize("row", LEDGER, ids=IDS)
def test_each_number_is_compared_and_none_may_be_far_off(row: Row) -> None:
    """A number off by 1e-10 of the largest beside it is named, and it alone; but for the three rows' own limits."""
    error = max(100.0 * FINEST[row.id], 1e-10)
    count = 0
    for worked in drawn(row):
        for each in worked.comparisons:
            numbers = flat(each.analytic)
            largest = max(map(abs, numbers))
            if largest <= (0.0 if each.scale is None else 0.1):
                continue  # all of it cancels, or is masked
            for k in range(0, len(numbers), 1 + len(numbers) // 16):
                off = [a + error * largest * (i == k) for i, a in enumerate(numbers)]
                one = each._replace(analytic=numbers, engine=off, scale=each.scale and flat(each.scale))
                (told,) = one.misses(row.units)
                assert told.startswith(f"{each.what}, entry {k}: {numbers[k]!r} and {off[k]!r}, ")
                count += 1
    assert count >= DRAWS // 2


def test_formulas_says_that_every_row_is_broken(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    scale_backward(monkeypatch, 1e-3)
    assert command.run(None) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:36]] == [[id, "FAILS"] for id in IDS]
    assert [line.split()[:2] for line in lines[36:71]] == [[id, "fails:"] for id in IDS]
    assert lines[71:] == [f"0 of 35 rows hold on 20 draws each, backend {sg.backend()}"]


# --- what is drawn ---------------------------------------------------------------------------------------------------


def test_draws_take_every_size_and_sign() -> None:
    draw = checks.Draw(random.Random(0))
    assert {draw.size() for _ in range(200)} == {1, 2, 3, 4}
    assert {draw.smooth() for _ in range(200)} == set(SMOOTH.split())
    for size in (1.0, 3.0, 20.0):
        numbers = draw.vector(200, size)
        assert -size <= min(numbers) < -0.9 * size and 0.9 * size < max(numbers) <= size
    assert all(abs(x) <= 3.0 for row in draw.matrix(20, 10) for x in row)
    assert [len(row) for row in draw.matrix(3, 2)] == [2, 2, 2]


@pytest.mark.parametrize("row", LEDGER, ids=IDS)
def test_no_two_draws_are_alike(row: Row) -> None:
    assert len({str(worked.inputs) for worked in drawn(row)}) == DRAWS
    sizes = {len(flat(each.analytic)) for worked in drawn(row) for each in worked.comparisons}
    alone = {"A1", "A2", "A3", "A4", "A5", "A6", "B1", "B5", "B8", "D7"}  # rows of one shape
    assert (len(sizes) > 1) == (row.id not in alone)


# --- what a comparison is ---------------------------------------------------------------------------------------------


def test_the_bound_is_units_times_n_times_epsilon_times_the_scale() -> None:
    """At the bound it holds, one unit in the last place beyond it does not. All numbers are powers of two, so exact."""
    for units, n, scale, extra in (
        (4.0, 1, 1.0, 0.0),
        (4.0, 8, 2.0, 0.0),
        (0.0, 1, 1.0, 0.25),
        (4.0, 1, 1.0, 2.0**-40),
    ):
        bound = units * n * scale * 2.0**-52 + extra
        assert not Comparison("y", 1.0, 1.0 + bound, scale, n, extra).misses(units)
        assert Comparison("y", 1.0, 1.0 + bound + 2.0**-52, scale, n, extra).misses(units)
        assert not Comparison("y", 1.0 - bound, 1.0, scale, n, extra).misses(units)
        assert Comparison("y", 1.0 - bound - 2.0**-52, 1.0, scale, n, extra).misses(units)


def test_without_a_scale_it_is_the_larger_of_the_two() -> None:
    assert Comparison("y", [2.0, -3.0, 1.0], [1.0, 1.0, -4.0]).entries() == [
        (2.0, 1.0, 2.0),
        (-3.0, 1.0, 3.0),
        (1.0, -4.0, 4.0),
    ]


def test_a_scale_is_one_number_or_one_for_each() -> None:
    assert Comparison("y", [2.0, 3.0], [1.0, 1.0], 7.0).entries() == [(2.0, 1.0, 7.0), (3.0, 1.0, 7.0)]
    assert Comparison("y", [[2.0], [3.0]], [[1.0], [1.0]], [[7.0], [8.0]]).entries()[1] == (3.0, 1.0, 8.0)
    with pytest.raises(ShapeError, match="y: 3 numbers and a scale for 2"):
        Comparison("y", [1.0] * 3, [1.0] * 3, [1.0] * 2).entries()


@pytest.mark.parametrize(("analytic", "engine"), [(float("nan"), 1.0), (1.0, float("nan")), (float("nan"),) * 2,
                                                  (float("inf"), 1.0), (float("inf"), float("-inf"))])  # fmt: skip
def test_what_is_not_finite_matches_only_itself(analytic: float, engine: float) -> None:
    assert len(Comparison("y", [0.0, analytic], [0.0, engine]).misses(4.0)) == 1
    assert Comparison("y", analytic, engine).difference() == float("inf")
    assert not Comparison("y", float("inf"), float("inf")).misses(0.0)


def test_the_difference_is_the_largest() -> None:
    assert Comparison("y", [1.0, 5.0, 2.0], [1.5, 2.0, 2.0]).difference() == 3.0
