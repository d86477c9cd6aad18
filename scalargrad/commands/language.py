"""What expressions are made of: functions, constants, operators, and what to write for what is not there."""

from __future__ import annotations

import ast
import inspect
import math
import operator
from collections.abc import Callable, Collection, Sequence
from difflib import get_close_matches
from functools import partial, reduce
from typing import Any

from scalargrad import constant, core, functions
from scalargrad.arrays import many
from scalargrad.arrays.data import tested
from scalargrad.convert import short
from scalargrad.errors import ArgumentError
from scalargrad.table import ops

CONSTANTS = {name: float(vars(math)[name]) for name in ("pi", "e", "tau", "inf", "nan")}


def _defined_in(module: Any) -> dict[str, Callable[..., Any]]:
    return {name: f for name, f in vars(module).items() if getattr(f, "__module__", "") == module.__name__
            and callable(f) and not name.startswith("_")}  # fmt: skip


TESTS = _defined_in(tested)  # isnan and the like, which are conditions
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{row.name: vars(functions)[row.name] for row in ops.PRIMITIVES if row.function}, **_defined_in(many), **TESTS,
}  # fmt: skip
_ALIASES = {**{alias: name for alias, name in ops.NUMPY.items() if name in FUNCTIONS}, "ln": "log", "π": "pi"}

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: partial(core.apply, ops.OPCODE["add"]), ast.Sub: partial(core.apply, ops.OPCODE["sub"]),
    ast.Mult: partial(core.apply, ops.OPCODE["mul"]), ast.Div: partial(core.apply, ops.OPCODE["div"]),
    ast.FloorDiv: partial(core.apply, ops.OPCODE["floordiv"]), ast.Mod: FUNCTIONS["remainder"],
    ast.Pow: FUNCTIONS["pow"], ast.USub: partial(core.apply, ops.OPCODE["neg"]), ast.UAdd: lambda x: x,
}  # fmt: skip
COMPARISONS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip


class ExpressionError(ArgumentError):
    """What was typed is not understood. Where it is known, lines below the message show the place."""


def cut(text: str) -> str:
    """The text, or the beginning of a long one."""
    return text if len(text) <= 40 else f"{text[:37]}..."


def unknown(name: str, known: Collection[str]) -> str:
    """What to write for a name that is not known: its name here, or one that is spelt like it; empty if there is none.

    >>> unknown("Sinn", ["sin", "x"]), unknown("arctan", []), unknown("q", ["x"])
    ('did you mean sin?', 'did you mean atan?', '')
    """
    folded = {each.lower(): each for each in known}
    close = [_ALIASES[name]] if name in _ALIASES else [folded[x] for x in get_close_matches(name.lower(), folded, 1)]
    return f"did you mean {close[0]}?" if close else ""


def takes(function: Callable[..., Any], count: int) -> bool:
    """Whether a function takes so many arguments."""
    try:
        inspect.signature(function).bind(*[0.0] * count)
    except TypeError:
        return False
    return True


# --- steps: functions of the numbers that come before them ------------------------------------------------------------


def listed(*items: Any) -> list[Any]:
    """A vector of single numbers."""
    if any(hasattr(item, "__len__") for item in items):
        raise ExpressionError("a vector is made of numbers: [1, x, 2*x]")
    return list(items)


def item(index: int | slice, x: Any) -> Any:
    """A number of a vector, or several."""
    if not hasattr(x, "__len__"):
        raise ExpressionError("one number has no index: give the name several, as in x=1,2,3")
    if isinstance(index, int) and not -len(x) <= index < len(x):
        raise ExpressionError(f"index {short(index)} is out of range: a vector of {len(x)} has 0 to {len(x) - 1}")
    return x[index]


def of_each(test: Callable[[Any], Any], x: Any) -> Any:
    """A test, such as isnan, of a number or of each number of a vector."""
    return test(_array(x))


def denied(x: Any) -> Any:
    """The opposite of a condition, which is a bool or a Mask."""
    return not x if isinstance(x, bool) else ~x


def compared(comparisons: Sequence[Callable[[Any, Any], Any]], *x: Any) -> Any:
    """Whether each number compares so with the next."""
    numbers = [*map(_array, x)]
    return reduce(operator.and_, [compare(a, b) for compare, a, b in zip(comparisons, numbers, numbers[1:])])


def joined(join: Callable[[Any, Any], Any], *conditions: Any) -> Any:
    """Conditions joined by `and` or `or`."""
    return reduce(join, conditions)


def _array(x: Any) -> Any:
    """An array in place of a list: lists have comparisons of their own."""
    return constant([each.data if isinstance(each, core.Node) else each for each in x]) if isinstance(x, list) else x
