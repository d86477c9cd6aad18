"""Compiles the rows of `ops.py` to Python functions on floats, which the pure backend uses.

The expressions of a row consist of numbers, the names of operands, ``z`` (the result, in partials), the constants of
`ops.CONSTANTS`, ``+ - * /``, comparisons, ``and or``, ``a if c else b``, calls of other rows, and ``libm.f``. Division
is IEEE division, so it becomes a call of `libm.div`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
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


def rows(functions: Mapping[str, Callable[..., Any]], div: Callable[..., Any]) -> dict[str, Any]:
    """Returns every row as a Python function (`value_mul`, `partial_mul_0`) over the given functions of the C library.

    Here these take floats. The complex step passes functions of numbers that carry a slope.
    """
    body: list[ast.stmt] = []
    for row in ops.ROWS:
        body.append(_definition(f"value_{row.name}", row.operands, row.value))
        for k, partial in enumerate(row.partials):
            body.append(_definition(f"partial_{row.name}_{k}", (*row.operands, "z"), partial))
    for reduction in ops.REDUCTIONS:
        body.append(_definition(f"partial_{reduction.name}", ("x", "y", "z", "s", "m"), reduction.partial))
    module = ast.fix_missing_locations(ast.Module(body, []))
    namespace: dict[str, Any] = {f"libm_{name}": f for name, f in functions.items()}
    namespace.update(ops.CONSTANTS, div=div)
    exec(compile(module, "<scalargrad.ops>", "exec"), namespace)
    return namespace


_functions: dict[str, Function] = rows(libm.FUNCTIONS, libm.div)

# By opcode; None or empty for entries and reductions.
VALUE: tuple[Function | None, ...] = tuple(_functions.get(f"value_{name}") for name in ops.NAMES)
PARTIALS: tuple[tuple[Function, ...], ...] = tuple(
    tuple(_functions[f"partial_{name}_{k}"] for k in range(max(arity, 0))) if code >= ops.FIRST else ()
    for code, (name, arity) in enumerate(zip(ops.NAMES, ops.ARITY))
)
# By name: the partial of each reduction, as a function of (x, y, z, s, m).
REDUCTION_PARTIAL: dict[str, Function] = {r.name: _functions[f"partial_{r.name}"] for r in ops.REDUCTIONS}


def internal(name: str) -> Function:
    """The value of any row, by name. The reductions use some internal rows."""
    return _functions[f"value_{name}"]
