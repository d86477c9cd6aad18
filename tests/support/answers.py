"""The answers of the ledger's rows, by what they say, and faults of the engine and of closed forms to try them on.

An answer is a comparison of a row, or the right side of a refutation.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, calculus, core
from scalargrad.ledger import chapters, engine
from scalargrad.ledger.chapters import algebra
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.row import Erratum, Row
from scalargrad.ledger.rows import ERRATA, LEDGER, check
from scalargrad.table import ops
from scalargrad.transforms.containers import flat, mapped

DRAWS = 20  # as many as `scalargrad formulas` takes
ALL: dict[str, Any] = {each.id: each for each in (*LEDGER, *ERRATA)}
MODULES = [
    importlib.import_module(each.name) for each in pkgutil.walk_packages(chapters.__path__, f"{chapters.__name__}.")
]
NAMES = [name for name in calculus.__all__ if name != "check"]

METHODS = {
    "+": ("add", "radd"),
    "-": ("sub", "rsub"),
    "*": ("mul", "rmul"),
    "/": ("truediv", "rtruediv"),
    "**": ("pow", "rpow"),
    "neg": ("neg",),
}

both = pytest.mark.parametrize("each", ALL.values(), ids=list(ALL))


def label(what: str) -> str:
    """What an answer says, without the numbers of the draw."""
    return re.sub(
        r"(?<![\w₀-₉])-?\d+\.\d+(e[-+]?\d+)?|\d+(?= steps)|(?<=x)[₀-₉]+(?= alone)|(?<=b = )-?\d+(?=[ ,])"
        r"|(?<=fᵢ = )[a-z, ]+?(?= and |$)|(?<=gᵢ = )[a-z, ]+$"  # functions, by their names
        r"|(?<=v = )\[[^\]]*\]|(?<=z = )-?\d+|(?<='\(0\) = )-?\d+",
        "#",
        what,
    )


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
    for name in ("engine_hessian", "engine_product", "engine_tangent", "engine_adjoint"):
        _scale(patch, name, 2.0 * error)  # a second derivative that is off by the same cancels in Newton's step


def scale_values(patch: pytest.MonkeyPatch, error: float) -> None:
    """Every number that the rows ask the engine for is off by a relative error."""
    _scale(patch, "engine_value", error)


def _scale(patch: pytest.MonkeyPatch, name: str, error: float) -> None:
    """What a function of `engine` returns is off by a relative error, in every chapter."""
    plain = getattr(engine, name)
    for module in (module for module in MODULES if hasattr(module, name)):
        patch.setattr(module, name, lambda *each: mapped(lambda x: x * (1.0 + error), plain(*each)))


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
    elif name in algebra.OPERATIONS:
        patch.setitem(algebra.OPERATIONS, name, wrong(algebra.OPERATIONS[name], error))
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
