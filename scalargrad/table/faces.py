"""The public faces of a row of the table: a function of numbers, a method of Value, and a method of arrays."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from scalargrad.errors import NumberError
from scalargrad.table import ops

Function = Callable[..., Any]
FUNCTIONS: tuple[ops.Row, ...] = tuple(row for row in ops.PRIMITIVES if row.function)


def functions(apply: Function, number: Function, node: type, home: dict[str, Any]) -> dict[str, Function]:
    """Returns the functions by name. They record with `apply(opcode, *operands)`.

    `number(x)` returns the float of a constant. `home` is the namespace of the module that the functions belong to.
    """
    made = {}
    for row in FUNCTIONS:
        opcode, arity = ops.OPCODE[row.name], len(row.operands)
        function = _shortened(apply, opcode, number, node) if row.shortcut else _applied(apply, opcode, arity)
        positional = arity if {"x", "y"}.issuperset(row.operands) else 0
        made[row.name] = _named(function, row, row.name, row.operands, positional, _docstring(row), home)
    return made


def methods(
    apply: Function, owner: str, doc: str, home: dict[str, Any], refuse_bools: Function | None = None
) -> dict[str, Function]:
    """Returns the methods of a class by name: `apply(opcode, self, *others)`.

    Those of arrays get `refuse_bools(self, y)`, which raises if the method `where` is given its condition in the place
    of y. Those of Value, without it, get numpy's names too.
    """
    made = {}
    for row in FUNCTIONS:
        if row.name == "where" and refuse_bools:
            function = _choice(apply, refuse_bools)
        else:
            code = ops.OPCODE[row.name]
            function = _operator() if row.name == "pow" else _applied(apply, code, len(row.operands), row.method_of)
        parameters, text = ("self", *others(row)), doc.format(row.name)
        made[row.name] = _named(function, row, f"{owner}.{row.name}", parameters, 0, text, home)
    if not refuse_bools:
        made.update((alias, made[name]) for alias, name in ops.NUMPY.items() if name in made)
    return made


def others(row: ops.Row) -> tuple[str, ...]:
    """The names of a method's parameters after self."""
    rest = row.operands[: row.method_of] + row.operands[row.method_of + 1 :]
    return ("other",) if row.operands in (("x", "y"), ("y", "x")) else rest


def _applied(apply: Function, opcode: int, arity: int, first: int = 0) -> Function:
    """A function of `arity` operands, of which one, number `first` of the row, comes first."""

    def unary(x: Any) -> Any:
        return apply(opcode, x)

    def binary(x: Any, y: Any) -> Any:
        return apply(opcode, x, y)

    def ternary(x: Any, y: Any, w: Any) -> Any:
        return apply(opcode, x, y, w)

    def second(y: Any, x: Any) -> Any:
        return apply(opcode, x, y)

    return second if first else (unary, binary, ternary)[arity - 1]


def _shortened(apply: Function, opcode: int, number: Function, node: type) -> Function:
    """The function of a row with a shortcut: `pow(x, 2)` records `square`, x*x."""
    constant, shorter = ops.SHORTCUTS[opcode]

    def is_constant(y: Any) -> bool:
        try:
            return not isinstance(y, node) and bool(number(y) == constant)
        except NumberError:  # y may be a list, which a Vector takes
            return False

    def binary(x: Any, y: Any) -> Any:
        return apply(shorter, x) if is_constant(y) else apply(opcode, x, y)

    return binary


def _operator() -> Function:
    """The method `pow`. The operator takes the shortcut."""

    def power(x: Any, y: Any) -> Any:
        return x**y

    return power


def _choice(apply: Function, refuse_bools: Function) -> Function:
    """The method `where`, whose condition is self, and not the first argument as in pandas."""
    opcode = ops.OPCODE["where"]

    def choose(x: Any, y: Any, w: Any) -> Any:
        if type(y) is not type(x) and type(y) is not float:
            refuse_bools(x, y)
        return apply(opcode, x, y, w)

    return choose


def _docstring(row: ops.Row) -> str:
    call, result = row.example.split(" = ")
    kink = f"\n\n    Convention: {row.kink}." if row.kink else ""
    return f"{row.doc}{kink}\n\n    >>> from scalargrad import {row.name}\n    >>> {call}\n    {result}\n    "


def _named(
    template: Any, row: ops.Row, name: str, parameters: tuple[str, ...], positional: int, doc: str, home: dict[str, Any]
) -> Function:
    """A copy of the function with names of parameters, defaults, a docstring and a module.

    The names are in the code, not in a `__signature__`, so that Python's own messages for a wrong call have them too.
    """
    code = template.__code__.replace(co_name=row.name, co_varnames=parameters, co_posonlyargcount=positional)
    function = FunctionType(code, home, row.name, row.defaults or None, template.__closure__)
    function.__qualname__, function.__doc__ = name, doc
    return function
