"""The partials of the table as programs, which run on nodes: so a derivative becomes nodes of the same rows.

A program is a list of instructions over a stack. An expression's `if` is decided by the numbers at hand: a derivative
holds at its point. The C core runs the same programs, which csrc/build.py prints.
"""

from __future__ import annotations

import ast
import functools
from typing import NamedTuple

from . import ops

# What an instruction does. The first two have a twin that pushes a constant, the number alone, for conditions.
OPERAND, RESULT, OPERAND_NUMBER, RESULT_NUMBER, CONSTANT, CALL, UNLESS, JUMP = range(8)
_COMPARISONS: dict[type, tuple[str, bool]] = {  # the row, and whether the two sides change places
    ast.Lt: ("lt", False), ast.Gt: ("lt", True), ast.LtE: ("le", False), ast.GtE: ("le", True),
    ast.Eq: ("eq", False), ast.NotEq: ("ne", False),
}  # fmt: skip
_BINARY: dict[type, str] = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}


class Step(NamedTuple):
    """An instruction: what it does, and with which operand, opcode or place in the program; or with which constant."""

    kind: int
    at: int = 0
    constant: float = 0.0


class _Compiler(ast.NodeVisitor):
    def __init__(self, operands: tuple[str, ...]) -> None:
        self.operands = operands
        self.steps: list[Step] = []
        self.numbers = False  # inside a condition

    def visit_Constant(self, node: ast.Constant) -> None:
        assert isinstance(node.value, (int, float))
        self.steps.append(Step(CONSTANT, 0, float(node.value)))

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self.operands:
            self.steps.append(Step(OPERAND_NUMBER if self.numbers else OPERAND, self.operands.index(node.id)))
        elif node.id == "z":
            self.steps.append(Step(RESULT_NUMBER if self.numbers else RESULT))
        else:
            self.steps.append(Step(CONSTANT, 0, ops.CONSTANTS[node.id]))

    def call(self, name: str, *arguments: ast.expr) -> None:
        for argument in arguments:
            self.visit(argument)
        self.steps.append(Step(CALL, ops.OPCODE[name]))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        assert isinstance(node.op, ast.USub)
        if isinstance(node.operand, ast.Constant):
            self.visit(ast.Constant(-float(node.operand.value)))  # type: ignore[arg-type]
        else:
            self.call("neg", node.operand)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self.call(_BINARY[type(node.op)], node.left, node.right)

    def visit_Compare(self, node: ast.Compare) -> None:
        (operator,), (right,) = node.ops, node.comparators
        name, exchanged = _COMPARISONS[type(operator)]
        self.call(name, *((right, node.left) if exchanged else (node.left, right)))

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        one, zero = ast.Constant(1.0), ast.Constant(0.0)
        rest = ast.BoolOp(node.op, node.values[1:]) if len(node.values) > 2 else node.values[1]
        is_or = isinstance(node.op, ast.Or)
        self.choose(node.values[0], one if is_or else rest, rest if is_or else zero)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.choose(node.test, node.body, node.orelse)

    def choose(self, test: ast.expr, chosen: ast.expr, other: ast.expr) -> None:
        before, self.numbers = self.numbers, True
        self.visit(test)
        self.numbers = before
        unless = len(self.steps)
        self.steps.append(Step(UNLESS))
        self.visit(chosen)
        jump = len(self.steps)
        self.steps.append(Step(JUMP))
        self.steps[unless] = Step(UNLESS, len(self.steps))
        self.visit(other)
        self.steps[jump] = Step(JUMP, len(self.steps))

    def visit_Call(self, node: ast.Call) -> None:
        assert isinstance(node.func, ast.Name), "a partial calls rows of the table, not the C library"
        self.call(node.func.id, *node.args)


def compiled(expression: str, operands: tuple[str, ...]) -> tuple[Step, ...]:
    """The program of an expression over these operands and the result z."""
    compiler = _Compiler(operands)
    compiler.visit(ast.parse(expression, mode="eval").body)
    return tuple(compiler.steps)


@functools.cache
def partials(opcode: int) -> tuple[tuple[Step, ...], ...]:
    """The programs of a row: one per operand. Of a reduction, one, of the operand, its partner and its partial's number
    as the operands x, y and p; none, if its partials are constants that only their maker knows."""
    reduction = ops.REDUCTION.get(opcode)
    if reduction is not None:
        return (compiled(reduction.slope, ("x", "y", "p")),) if reduction.slope else ()
    row = ops.RECORDED[opcode - ops.FIRST]
    return tuple(compiled(partial, row.operands) for partial in row.partials)
