"""The ledger's live checks see a wrong engine and a wrong closed form: each row, each of its answers, each number.

An answer is a comparison of a row, or the right side of a refutation. `FINEST` says how small an error it sees.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import pkgutil
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, calculus, core
from scalargrad.ledger import chapters, command, engine
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.row import Erratum, Row
from scalargrad.ledger.rows import ERRATA, LEDGER, check
from scalargrad.ledger.work import SMOOTH
from scalargrad.table import ops
from scalargrad.transforms.containers import flat, mapped

DRAWS = 20  # as many as `scalargrad formulas` takes
FEW = 6  # where each draw is tried with many faults
ALL: dict[str, Any] = {each.id: each for each in (*LEDGER, *ERRATA)}
MODULES = [
    importlib.import_module(f"{chapters.__name__}.{each.name}") for each in pkgutil.iter_modules(chapters.__path__)
]
NAMES = [name for name in calculus.__all__ if name != "check"]
SMOOTHS = " ".join(SMOOTH)

each_row = pytest.mark.parametrize("row", LEDGER, ids=[row.id for row in LEDGER])
both = pytest.mark.parametrize("each", ALL.values(), ids=list(ALL))

# The engine's operations that each row stands on: a wrong partial of one must break the row. B14 stands on values
# alone.
HOLDS = {
    "A1": SMOOTHS,
    "A2": "sigmoid + *",
    "A3": "exp + / neg",
    "A4": "prod sum **",
    "A5": "sum sin * **",
    "A6": SMOOTHS,
    "B1": "prod sum **",
    "B2": "",
    "B3": "softmax",
    "B4": f"+ - * / max sum {SMOOTHS}",
    "B5": "+ *",
    "B6": "+ - * / max",
    "B7": "sum sin *",
    "B8": "log sin * **",
    "B9": "dot sin",
    "B10": SMOOTHS,
    "B11": f"neg sqrt log exp relu abs tan sinh erf {SMOOTHS}",
    "B12": "dot *",
    "B13": "exp sum",
    "B14": "",
    "C1": "sum *",
    "C2": "sum *",
    "C3": "relu",
    "C4": "dot sum *",
    "C5": "dot +",
    "C6": "relu dot +",
    "C7": "softmax exp sum",
    "C8": "softmax dot",
    "C9": "log_softmax logsumexp",
    "C10": "softmax exp sum /",
    "C11": "",  # of a partial it takes whether it is 0
    "D1": "mean - **",
    "D2": "log_softmax mean neg",
    "D3": "log_softmax mean relu sum * neg",
    "D4": "log_softmax mean relu sum + *",
    "D5": "mean relu dot + - **",
    "D6": "mean dot - **",
    "D7": "dot",
    "D8": "mean relu dot - **",
    "E1": "sum *",
    "E2": "softmax",
    "E3": "log_softmax mean neg",
    "E4": "mean relu dot + - **",
    "E5": "/ *",
    "E6": "dot softmax",
    "E7": "sigmoid",
    "E8": "softmax",
    "E9": "* /",
    "E10": "sum *",
    "E11": "relu",
    "E12": "dot",
    "E13": "sin",
}

# The relative error of all gradients, or of all values, that each answer must notice, and in how many of the draws.
# 1e-12 is some 4500 units in the last place, and the tolerances count up to 16 roundings for each of up to 20 terms.
FINEST = 1e-12, 10
# Answers that see less, for what they say themselves, by the beginning of their text: Taylor's remainder at steps of
# 2**-20 (A6, B14), the remainder itself, which is quadratic (B3); ten steps, which forget an error of the gradient, and
# a difference of two costs (D6); five steps (D7); and at -720 a sigmoid has few digits left (E7). A relu that is off
# has gradients of 0, of which nothing is off (C6, D3); an operand near 0 makes a tolerance large (B4).
LIMITS: dict[str, dict[str, tuple[float, int]]] = {
    "A6": {"(f(x + h) - f(x))/h": (1e-5, 10)},
    "B3": {"the remainder at": (1e-5, 10)},
    "B4": {"f(w) / g(x) for full maps": (1e-11, 10)},
    "B14": {"dy = ": (1e-6, 10), "df = ": (1e-3, 10), "d(y z)": (1e-3, 10)},
    "C6": {"besides": FINEST, "": (1e-12, 5)},
    "D3": {"∂L/∂h": (1e-11, 10), "∂L/∂z": (1e-11, 10)},
    "D6": {"w after # steps of η = ": (1e-6, 10), "C at w₁, less C at w₀": (1e-11, 10)},
    "D7": {"w after each step, a row of g at a time, of Adam": (1e-11, 10), "the rule of Adam": (1e-11, 10)},
    "E7": {"the product of the four nodes": (1e-9, 10), "s and s' through": (1e-9, 10)},
}
# Answers whose number of the engine is only what rounding leaves of 0, or that have the same numbers on both sides.
BLIND = {
    "B14": {"z dy + y dz, from the two above"},
    "D6": {
        "at w* the gradient is 0",
        "a step of η = 1/λ_max from the least-squares solution w* stays there",
        "H v = 0 for v = #: the columns of X depend on one another, so that no one w is reached",
        "the loop from w reaches w*, in # steps of η = #: first row w*, second the loop",  # by any gradient's multiple
    },
    "D8": {
        "zero error, where the targets are the outputs uᵢ: ∂C/∂w is 0ᵀ",
        "zero error, where the targets are the outputs uᵢ: ∂C/∂b is 0",
    },
}
# Wrong forms that are 0 or nan, by whatever factor their parts are off; mutants in tests/mutation/forms.py see them.
FIXED = {
    "E7": {
        "s and s' through the engine's four nodes at -720: nothing is left of them, the wrong form",
        "softmax of [1000 and more, 1000] without the shift: inf/inf, the wrong form",
    },
    "E9": {"off the diagonal, 0 ⊘ 0, by w and by x, the wrong form", "(f ⊗ g)' = f' ⊗ g', by w, the wrong form"},
}
# Closed forms that an erratum calls for a scale alone, or for a nan.
SIZED = {"E4": {"affine", "neuron"}, "E7": {"sigmoid_by_nodes"}, "E8": {"softmax"}}
# Closed forms of which a row sees no smaller error, for its remainder; the others 1e-6.
COARSE = {("B14", "differential"): 1e-3}

KINKS = ("relu", "abs")  # of A6

METHODS = {
    "+": ("add", "radd"),
    "-": ("sub", "rsub"),
    "*": ("mul", "rmul"),
    "/": ("truediv", "rtruediv"),
    "**": ("pow", "rpow"),
    "neg": ("neg",),
}


def label(what: str) -> str:
    """What an answer says, without the numbers of the draw."""
    return re.sub(
        r"(?<![\w₀-₉])-?\d+\.\d+(e[-+]?\d+)?|\d+(?= steps)|(?<=x)[₀-₉]+(?= alone)|(?<=b = )-?\d+(?=[ ,])"
        r"|(?<=v = )\[[^\]]*\]|(?<=z = )-?\d+|(?<='\(0\) = )-?\d+",
        "#",
        what,
    )


def limit(id: str, what: str) -> tuple[float, int]:
    """The error that an answer must notice, and in how many draws."""
    return next((found for start, found in LIMITS.get(id, {}).items() if what.startswith(start)), FINEST)


def answers(each: Row | Erratum, seed: int) -> list[Comparison]:
    """The comparisons of a row, or of the forms of an erratum, the right ones and the wrong ones."""
    checked = check(each, seed=seed)
    return [*checked.comparisons, *(c for refutation in checked.refutations for c in refutation.comparisons())]


def seen(each: Row | Erratum, draws: int = DRAWS) -> tuple[Counter[str], Counter[str]]:
    """In how many draws an answer misses, and in how many it is there."""
    missed: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for seed in range(draws):
        found = answers(each, seed)
        there.update({label(answer.what) for answer in found})
        missed.update({label(answer.what) for answer in found if answer.misses(each.units)})
    return missed, there


def numbers(each: Row | Erratum, draws: int) -> dict[str, list[Any]]:
    """All numbers of the answers, on both sides."""
    found: dict[str, list[Any]] = {}
    for seed in range(draws):
        for answer in answers(each, seed):
            found.setdefault(label(answer.what), []).append(str((answer.analytic, answer.engine)))
    return found


# --- faults -----------------------------------------------------------------------------------------------------------


def scale_backward(patch: pytest.MonkeyPatch, error: float) -> None:
    """Every gradient of the engine is off by a relative error."""
    plain = Value.backward
    patch.setattr(Value, "backward", lambda self, seed=1.0: plain(self, seed * (1.0 + error)))


def scale_values(patch: pytest.MonkeyPatch, error: float) -> None:
    """Every number that the rows ask the engine for is off by a relative error."""
    plain = engine.engine_value
    for module in (module for module in MODULES if hasattr(module, "engine_value")):
        patch.setattr(module, "engine_value", lambda *each: mapped(lambda x: x * (1.0 + error), plain(*each)))


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
        return lean(y, inputs[-1], error) if inputs and isinstance(y, (Value, list, tuple)) else y

    return leaning


def break_partial(patch: pytest.MonkeyPatch, name: str, error: float) -> None:
    if name == "max":
        patch.setitem(engine.OPERATORS, "max", wrong(sg.maximum, error))
    elif name in METHODS:
        for method in METHODS[name]:
            patch.setattr(Value, f"__{method}__", wrong(getattr(Value, f"__{method}__"), error))
    else:
        patch.setattr(sg, name, wrong(getattr(sg, name), error))


def faulty(x: Any, fault: Callable[[float], float]) -> Any:
    """What a closed form returns, with other numbers; where it returns functions, what these return."""
    if callable(x):
        return lambda *arguments: faulty(x(*arguments), fault)
    if isinstance(x, (list, tuple)):
        return type(x)(faulty(item, fault) for item in x)
    return fault(x) if isinstance(x, float) else x


def break_form(patch: pytest.MonkeyPatch, name: str, fault: Callable[[float], float]) -> None:
    plain = getattr(calculus, name)
    patch.setattr(calculus, name, lambda *each, **named: faulty(plain(*each, **named), fault))


def called(each: Row | Erratum) -> list[str]:
    """The closed forms that a row calls."""
    found: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        for name in NAMES:
            plain = getattr(calculus, name)
            patch.setattr(calculus, name, lambda *a, plain=plain, name=name, **k: (found.add(name), plain(*a, **k))[1])
        check(each)
    return [name for name in NAMES if name in found]


# --- a wrong engine is seen -------------------------------------------------------------------------------------------


def test_the_tables_are_of_all_rows() -> None:
    assert list(HOLDS) == list(ALL)
    for table in (LIMITS, BLIND, FIXED):
        for id, texts in table.items():
            there = seen(ALL[id], FEW)[1]
            for text in texts:
                assert any(what.startswith(text) for what in there), (id, text)


@both
def test_every_answer_of_the_engine_sees_that_it_is_a_little_off(each: Row | Erratum) -> None:
    """An answer with a number of the engine that is not 0 sees that all gradients are off, or that all values are."""
    plain, there, reads = numbers(each, DRAWS), seen(each)[1], set[str]()
    best = {limit(each.id, what)[0]: Counter[str]() for what in there}
    for fault in (scale_backward, scale_values):
        with pytest.MonkeyPatch.context() as patch:
            fault(patch, 1e-3)
            reads |= {what for what, found in numbers(each, DRAWS).items() if found != plain[what]}
        for error in best:
            with pytest.MonkeyPatch.context() as patch:
                fault(patch, error)
                best[error] |= seen(each)[0]
    blind = set()
    for what in reads:
        error, least = limit(each.id, what)
        if best[error][what] < min(least, there[what]):
            blind.add(what)
    assert reads and blind == BLIND.get(each.id, set()), best


@both
def test_every_answer_sees_some_fault(each: Row | Erratum) -> None:
    """Also one that compares a closed form with what it must be, or says 1 for yes."""
    there, found = set(seen(each, FEW)[1]), Counter[str]()

    def note() -> None:
        """A draw that ends with an error fails as a whole, which says nothing of an answer."""
        with contextlib.suppress(ArithmeticError, LookupError, ValueError):
            found.update(seen(each, FEW)[0])

    for fault in (scale_backward, scale_values):
        for error in (1e-3, -1.0):
            with pytest.MonkeyPatch.context() as patch:
                fault(patch, error)
                note()
    for name in (*HOLDS[each.id].split(), *(KINKS if each.id == "A6" else ())):
        with pytest.MonkeyPatch.context() as patch:
            break_partial(patch, name, 2.0)
            note()
    changes: tuple[Callable[[float], float], ...] = (
        lambda x: x * 1.001, lambda x: -x, lambda x: x + 1.0, lambda x: 0.0,
    )  # fmt: skip
    for name in called(each):
        for change in changes:
            if not there <= set(found):
                with pytest.MonkeyPatch.context() as patch:
                    break_form(patch, name, change)
                    note()
    assert there - set(found) == FIXED.get(each.id, set())


@pytest.mark.parametrize(("id", "name"), [(id, name) for id, names in HOLDS.items() for name in names.split()])
def test_a_row_sees_one_wrong_partial(id: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    break_partial(monkeypatch, name, 1e-3 if id in ("A6", "B3") else 1e-6)
    assert sum(seen(ALL[id])[0].values())


@pytest.mark.parametrize("name", KINKS)
def test_a_convention_at_a_kink_lies_between_the_two_sides(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """2 at 0 does not."""
    break_partial(monkeypatch, name, 2.0)
    missed = seen(ALL["A6"])[0]
    assert [what for what in missed if what.startswith("the engine's convention")] == [
        f"the engine's convention {name}'(0) = # lies between the two"
    ]


@pytest.mark.parametrize(("id", "name"), [(row.id, name) for row in LEDGER for name in row.functions])
def test_a_row_sees_that_one_of_its_functions_is_off(id: str, name: str) -> None:
    """By a factor, by its sign, by a constant; and a function that is named is called."""
    assert name in called(ALL[id])
    error = COARSE.get((id, name), 1e-6)
    changes: tuple[Callable[[float], float], ...] = (lambda x: x * (1.0 + error), lambda x: -x, lambda x: x + error)
    for change in changes:
        with pytest.MonkeyPatch.context() as patch:
            break_form(patch, name, change)
            assert any(command.misses(ALL[id], seed) for seed in range(DRAWS))


@pytest.mark.parametrize("erratum", ERRATA, ids=[erratum.id for erratum in ERRATA])
def test_an_erratum_sees_that_a_function_it_calls_is_off(erratum: Erratum) -> None:
    """By a factor of 2, by its sign, by a constant: the closed forms of its right side, but not those of its scale."""
    for name in set(called(erratum)) - SIZED.get(erratum.id, set()):
        for change in (lambda x: 2.0 * x, lambda x: -x, lambda x: x + 1.0):
            with pytest.MonkeyPatch.context() as patch:
                break_form(patch, name, change)
                assert any(command.misses(erratum, seed) for seed in range(DRAWS)), name


@pytest.mark.parametrize(("id", "name", "part", "answer"), [
    ("C7", "softmax_jacobian", lambda j: [j[1], *j[1:]], "columns sum to 0"),
    ("D8", "neuron_cost_gradients", lambda pair: (pair[0], 0.0),
     "x# alone, a large one, 1½ u: ∂C/∂b = 2e"),
    ("D5", "neuron_cost_gradients", lambda pair: (pair[0], -pair[1]), "∂C/∂b = (2/N) Σ eᵢ"),
    ("E4", "neuron_cost", lambda cost: cost + 1.0,
     "C after a step, minus C before: with target - output the step climbs"),
])  # fmt: skip
def test_an_answer_sees_a_part_of_a_result(id: str, name: str, part: Any, answer: str, monkeypatch: Any) -> None:
    plain = getattr(calculus, name)
    monkeypatch.setattr(calculus, name, lambda *each, **named: part(plain(*each, **named)))
    assert answer in seen(ALL[id])[0]


def test_a_step_by_target_minus_output_climbs() -> None:
    """On every draw of E4, and the right one descends."""
    for seed in range(DRAWS):
        climb, fall = (each for each in check(ALL["E4"], seed=seed).refutations[-1].comparisons()[::-1])
        assert climb.analytic > 0.0 > fall.analytic and climb.engine > 0.0 > fall.engine


@both
def test_each_number_is_compared_and_none_may_be_far_off(each: Row | Erratum) -> None:
    """A number off by 1e-10 of the largest beside it is named, and it alone; but for the answers' own limits."""
    count, small = 0, 1e-9 if each.id == "B14" else 0.1  # B14 compares differences along a step of 2**-20
    for seed in range(DRAWS):
        for answer in answers(each, seed):
            error = max(100.0 * limit(each.id, label(answer.what))[0], 1e-10)
            found = flat(answer.analytic)
            largest = max(map(abs, found))
            if not (0.0 if answer.scale is None else small) < largest < math.inf:
                continue  # all of it cancels, or is masked
            for k in range(0, len(found), 1 + len(found) // 16):
                off = [a + (error * largest + 2.0 * answer.extra) * (i == k) for i, a in enumerate(found)]
                one = answer._replace(analytic=found, engine=off, scale=answer.scale and flat(answer.scale))
                told = one.misses(each.units)
                assert len(told) == 1, one
                assert told[0].startswith(f"{answer.what}, entry {k}: {found[k]!r} and {off[k]!r}, ")
                count += 1
    assert count >= DRAWS // 2


def test_formulas_says_that_every_row_is_broken(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    scale_backward(monkeypatch, 1e-3)
    scale_values(monkeypatch, 1e-3)
    assert command.run([]) == 1
    lines = capsys.readouterr().out.splitlines()
    verdicts = [line.split()[:2] for line in lines if line.startswith("  ") and line.split()[0] in ALL]
    assert verdicts == [[id, "FAILS"] for id in ALL]
    assert [line.split()[0] for line in lines if re.match(r"[A-E]\d+ fails: ", line)] == list(ALL)
    assert f"0 of 52 rows hold on 20 draws each, backend {sg.backend()}" in lines


# --- what is drawn ----------------------------------------------------------------------------------------------------


@both
def test_no_two_draws_are_alike(each: Row | Erratum) -> None:
    drawn = [str(check(each, seed=seed).inputs) for seed in range(DRAWS)]
    own = "{'z': [1.0, 2.0, 3.0]}"  # the example in E8's text, which is among its draws
    assert len(set(drawn)) == DRAWS - max(drawn.count(own) - 1, 0)
    assert (own in drawn) == (each.id == "E8")


@each_row
def test_a_row_is_tried_on_every_shape(row: Row) -> None:
    """Sizes from 1 to 4, where the row has any; 2 or 3 to 4 where one number would be trivial."""
    found = {name: set[Any]() for name in check(row).inputs}
    for seed in range(2 * DRAWS):
        for name, x in check(row, seed=seed).inputs.items():
            found.setdefault(name, set()).add(len(x) if isinstance(x, list) else None)
    most = {"B4": 3, "B11": 2, "C1": 3, "C11": 3}.get(row.id, 4)  # what they print is long
    least = 3 if row.id == "B5" else 2 if row.id in ("C7", "C8", "C9", "C10") else 1
    for name, lengths in found.items():
        if row.id == "D2" or (row.id in ("D3", "D4") and name == "b2"):  # two classes at least
            assert lengths == {2, 3, 4}, name
        elif (row.id, name) == ("D7", "g"):
            assert lengths == {5}, name  # a row for each step
        elif lengths != {None}:
            assert lengths == set(range(least, most + 1)), name
    alone = {"A1", "A2", "A3", "A4", "A6", "B1", "B8"}  # rows of numbers
    assert (row.id in alone) == all(lengths == {None} for lengths in found.values())
