"""Compiles the rows of `ops.py` to Python functions on floats: all for the pure backend, single ones for the C core.

The expressions of a row consist of numbers, the names of operands, ``z`` (the result, in partials), the constants of
`ops.CONSTANTS`, ``+ - * /``, comparisons, ``and or``, ``a if c else b``, calls of other rows, and ``libm.f``. Division
is IEEE division, so it becomes a call of `libm.div`.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from scalargrad.table import libm, ops

Function = Callable[..., float]


class _ToPython(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Div):
            return ast.Call(ast.Name("div", ast.Load()), [node.left, node.right], [])
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Attribute):
            name = "libm_" + node.func.attr
        else:
            assert isinstance(node.func, ast.Name)
            name = "value_" + node.func.id
        return ast.Call(ast.Name(name, ast.Load()), [self.visit(a) for a in node.args], [])

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        assert isinstance(node.value, (int, float))
        return ast.Constant(float(node.value))


def _definition(name: str, parameters: tuple[str, ...], expression: str) -> ast.stmt:
    function = ast.parse(f"def {name}({', '.join(parameters)}): return 0").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = [ast.Return(_ToPython().visit(ast.parse(expression, mode="eval").body))]
    return function


def _definitions() -> Iterator[tuple[str, tuple[str, ...], str]]:
    """The functions of all rows: their names, parameters and expressions."""
    for row in ops.ROWS:
        yield f"value_{row.name}", row.operands, row.value
        for k, partial in enumerate(row.partials):
            yield f"partial_{row.name}_{k}", (*row.operands, "z"), partial
    for reduction in ops.REDUCTIONS:
        yield f"partial_{reduction.name}", ("x", "y", "z", "s", "m"), reduction.partial


def _compile(definitions: Iterable[ast.stmt], namespace: dict[str, Any]) -> None:
    module = ast.fix_missing_locations(ast.Module([*definitions], []))
    exec(compile(module, "<scalargrad.ops>", "exec"), namespace)


def _given(functions: Mapping[str, Callable[..., Any]], div: Callable[..., Any]) -> dict[str, Any]:
    return {**{f"libm_{name}": f for name, f in functions.items()}, **ops.CONSTANTS, "div": div}


def rows(functions: Mapping[str, Callable[..., Any]], div: Callable[..., Any]) -> dict[str, Any]:
    """Returns every row as a Python function (`value_mul`, `partial_mul_0`) over the given functions of the C library.

    Here these take floats. The complex step passes functions of numbers that carry a slope.
    """
    namespace = _given(functions, div)
    _compile(itertools.starmap(_definition, _definitions()), namespace)
    return namespace


_functions: dict[str, Any] = _given(libm.FUNCTIONS, libm.div)
_waiting = {name: (parameters, expression) for name, parameters, expression in _definitions()}


def function(name: str) -> Function:
    """A function of `rows`, on floats. It is compiled, with the rows that it calls, when it is first asked for."""
    if name not in _functions:  # neither compiled yet, nor given
        definition = _definition(name, *_waiting[name])
        for node in ast.walk(definition):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _waiting:
                function(node.func.id)
        _compile([definition], _functions)
    return _functions[name]  # type: ignore[no-any-return]


def internal(name: str) -> Function:
    """The value of any row, by name. The reductions use some internal rows."""
    return function(f"value_{name}")


class _Inline(_ToPython):
    """Writes `abs`, and divisions by an operand, in place of their calls; and other names for the operands."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self.names.get(node.id, node.id), ast.Load())

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        plain = self.generic_visit(node)
        assert isinstance(plain, ast.BinOp)
        if not isinstance(node.op, ast.Div):
            return plain
        call = ast.Call(ast.Name("div", ast.Load()), [node.left, node.right], [])
        return ast.IfExp(node.right, plain, call) if isinstance(node.right, ast.Name) else call

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if ast.unparse(node.func) in ("abs", "libm.fabs"):
            return ast.Call(ast.Name("abs", ast.Load()), [self.visit(a) for a in node.args], [])
        return super().visit_Call(node)


def source(expression: str, names: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """An expression of a row as Python text on floats, with some names replaced, and the functions that it calls."""
    tree = _Inline(names).visit(ast.parse(expression, mode="eval").body)
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return ast.unparse(tree), {name: function(name) for name in calls - {"abs"}}


# By opcode; None or empty for entries and reductions.
VALUE: tuple[Function | None, ...]
PARTIALS: tuple[tuple[Function, ...], ...]


def __getattr__(name: str) -> Any:
    """Compiles all rows when VALUE or PARTIALS is first asked for. The C core needs single rows at most."""
    if name not in ("VALUE", "PARTIALS"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    waiting = [_definition(name, *_waiting[name]) for name in _waiting if name not in _functions]
    _compile(waiting, _functions)
    globals()["VALUE"] = tuple(_functions.get(f"value_{name}") for name in ops.NAMES)
    globals()["PARTIALS"] = tuple(
        tuple(_functions[f"partial_{name}_{k}"] for k in range(max(arity, 0))) if code >= ops.FIRST else ()
        for code, (name, arity) in enumerate(zip(ops.NAMES, ops.ARITY))
    )
    return globals()[name]
