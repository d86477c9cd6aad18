"""Expressions as they are typed: a text becomes a list of steps, each a function of the library on a stack of numbers.

Python's parser reads the text. Of what it finds, only what `_Reader` knows becomes a step; everything else is refused,
and no code is ever made of the text. Neither reading nor evaluating recurses, and both are limited.
"""

from __future__ import annotations

import ast
import inspect
import operator
import re
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from scalargrad import core
from scalargrad.commands import language
from scalargrad.commands.language import CONSTANTS, FUNCTIONS, TESTS, ExpressionError, cut, unknown
from scalargrad.convert import short
from scalargrad.errors import ScalargradError
from scalargrad.names import KEYWORDS

LONGEST = 4000  # characters of an expression
MOST = 1000  # numbers that its steps may make
_INSTEAD: dict[type[ast.AST], str] = {
    ast.BitXor: "a power is written x**2", ast.MatMult: "a product of vectors is written dot(x, y)",
    ast.IfExp: "a choice is written where(x > 0, a, b)", ast.BitOr: "a size is written abs(x)",
    ast.Set: "a vector is written [1, 2]", ast.Starred: "sum(x) and the like take a vector as it is",
}  # fmt: skip
_PARTS = "an expression has numbers, names, operators and functions"
_PARSER = ("'", "unmatched", "closing parenthesis", "too many nested", "invalid character", "invalid non-printable")


class Step(NamedTuple):
    """A step of an expression: a number; a given name; or a function of the last numbers, its operands."""

    function: Callable[..., Any] | None
    operands: int
    number: float | str = 0.0


class Expression:
    """An expression over some names. A call takes their numbers, Values or Vectors, and returns what it comes to.

    Raises `ExpressionError` for a text that is not understood; a call, for a result that is not one number.

    >>> Expression("2*x**2 + sin(0)", ["x"])({"x": 3.0})
    18.0
    >>> Expression("where(x > 0, sum(x*x), e)", ["x"])({"x": -1.0})
    2.718281828459045
    >>> Expression("2*x^2", ["x"])
    Traceback (most recent call last):
        ...
    scalargrad.commands.language.ExpressionError: this is not understood: a power is written x**2
        2*x^2
        ^
    """

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.text = " ".join(text.split())
        self._steps = _Reader(self.text, names).steps()
        self.made = 0  # numbers, by the steps of the last evaluation

    def __call__(self, numbers: Mapping[str, Any]) -> Any:
        found = self.evaluated(numbers)
        if isinstance(found, (float, core.Node)):
            return found
        raise ExpressionError(f"an expression must come to one number, and this one comes to {len(found)}: write"
                              " sum(...) around it, or [0] after it")  # fmt: skip

    def evaluated(self, numbers: Mapping[str, Any]) -> Any:
        """What it comes to: a number or several."""
        stack: list[Any] = []
        self.made = 0
        for function, count, number in self._steps:
            if function is None:
                stack.append(numbers[number] if isinstance(number, str) else number)
                continue
            start = len(stack) - count
            try:
                result = function(*stack[start:])
            except ScalargradError as error:  # such as two vectors of different lengths
                raise ExpressionError(str(error)) from error
            self.made += max(map(_size, [result, *stack[start:]]))
            if self.made > MOST:
                raise ExpressionError(f"an expression may make {MOST:,} numbers, and this one makes more: write it in"
                                      " Python")  # fmt: skip
            stack[start:] = [result]
        return stack[0]


def _size(x: Any) -> int:
    return len(x) if hasattr(x, "__len__") else 1


def shown(text: str, place: int) -> str:
    """The text with a mark below a place, as two lines that follow a message; empty if it cannot be shown so."""
    if not text or not (text.isascii() and text.isprintable()):
        return ""
    place = min(max(place, 0), len(text))
    start = max(0, min(place - 35, len(text) - 70))
    return f"\n    {text[start : start + 70]}\n    {' ' * (place - start)}^"


class _Reader:
    """Reads one text."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self._text, self._names = text, names
        if not text:
            raise ExpressionError("the expression is empty: write one such as sin(x)*exp(-x**2)")
        if len(text) > LONGEST:
            raise ExpressionError(f"the expression has {len(text):,} characters, and may have {LONGEST:,}")

    def steps(self) -> list[Step]:
        """The steps of the text, operands before their function."""
        found: list[Step] = []
        pending: list[tuple[ast.AST | Step, bool]] = [(self._parsed(), False)]  # and whether it may be a condition
        while pending:
            node, condition = pending.pop()
            if isinstance(node, Step):
                found.append(node)
                continue
            step, operands, of_conditions = self._read(node, condition)
            pending.append((step, False))
            pending += [(operand, k in of_conditions) for k, operand in enumerate(operands)][::-1]
        return found

    def _parsed(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # such as that of 1if x
                return ast.parse(self._text, mode="eval").body
        except SyntaxError as error:
            message = str(error.msg)
            place = (error.offset or 1) - 1
        except (RecursionError, MemoryError):
            raise ExpressionError("the expression is nested too deeply") from None
        except ValueError:  # of a character that is none
            raise ExpressionError(f"the expression has characters that cannot be read: {short(self._text)}") from None
        if re.search(r"(?<![=<>!:])=(?!=)", self._text):
            message = "a name gets its number after the expression, as in 'x**2' x=3"
        elif re.search(r"(?<![\w.])[\d.]+\s*[A-Za-z_(]|[)\]]\s*[\w(]", self._text):
            message = "a product is written 2*x"
        elif not message.startswith(_PARSER):
            message = "an expression is written as in Python"
        raise ExpressionError(f"this is not understood: {message}{shown(self._text, place)}") from None

    def _refused(self, node: ast.AST, why: str) -> ExpressionError:
        return ExpressionError(f"{why}{shown(self._text, getattr(node, 'col_offset', 0))}")

    def _read(self, node: ast.AST, condition: bool) -> tuple[Step, Sequence[ast.AST], Collection[int]]:
        """A node's own step, its operands, and the positions of those that may be conditions."""
        if isinstance(node, ast.Constant):
            return Step(None, 0, self._number(node)), (), ()
        if isinstance(node, ast.Name):
            return Step(None, 0, self._name(node)), (), ()
        if isinstance(node, ast.UnaryOp) and type(node.op) in language.OPERATORS:
            return Step(language.OPERATORS[type(node.op)], 1), [node.operand], ()
        if isinstance(node, ast.BinOp) and type(node.op) in language.OPERATORS:
            return Step(language.OPERATORS[type(node.op)], 2), [node.left, node.right], ()
        if isinstance(node, (ast.List, ast.Tuple)):
            return Step(language.listed, len(node.elts)), node.elts, ()
        if isinstance(node, ast.Subscript):
            return Step(partial(language.item, self._index(node.slice)), 1), [node.value], ()
        if isinstance(node, ast.Call):
            return self._call(node, condition)
        if found := self._condition(node):
            if not condition:
                raise self._refused(node, "a condition stands in where(x > 0, a, b), as its first argument")
            return found
        kind: type = type(getattr(node, "op", node))
        raise self._refused(node, f"this is not understood: {_INSTEAD.get(kind, _PARTS)}")

    def _condition(self, node: ast.AST) -> tuple[Step, Sequence[ast.AST], Collection[int]] | None:
        """The same of a condition; None if the node is none."""
        if isinstance(node, ast.Compare) and all(type(op) in language.COMPARISONS for op in node.ops):
            compare = partial(language.compared, [language.COMPARISONS[type(op)] for op in node.ops])
            return Step(compare, len(node.ops) + 1), [node.left, *node.comparators], ()
        if isinstance(node, ast.BoolOp) and all(map(self._is_condition, node.values)):
            join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
            count = len(node.values)
            return Step(partial(language.joined, join), count), node.values, range(count)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and self._is_condition(node.operand):
            return Step(language.denied, 1), [node.operand], (0,)
        return None

    def _is_condition(self, node: ast.AST) -> bool:
        is_test = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TESTS
        is_not = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        return isinstance(node, (ast.Compare, ast.BoolOp)) or is_not or is_test

    def _number(self, node: ast.Constant) -> float:
        number = node.value
        if not isinstance(number, (int, float)) or isinstance(number, bool):
            raise self._refused(node, f"{short(number)} is not a real number")
        try:
            return float(number)
        except OverflowError:
            raise self._refused(node, "this number is too large: the largest is about 1.8e308") from None

    def _name(self, node: ast.Name) -> float | str:
        if node.id in self._names:
            return node.id
        if node.id in CONSTANTS:
            return CONSTANTS[node.id]
        name = cut(node.id)
        if node.id in FUNCTIONS:
            raise self._refused(node, f"{name} is a function: write {name}(...)")
        hint = unknown(node.id, [*CONSTANTS, *FUNCTIONS, *self._names])
        raise self._refused(node, f"{name} has no number: {hint or f'add one, such as {name}=1.5'}")

    def _call(self, node: ast.Call, condition: bool) -> tuple[Step, Sequence[ast.AST], Collection[int]]:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        function = FUNCTIONS.get(name)
        if function is None or name in self._names:
            raise self._refused(node, self._no_function(node.func))
        if node.keywords:
            hints = (KEYWORDS.get((name, each.arg)) for each in node.keywords if each.arg)
            advice = next((f": {hint.replace('sg.', '')}" for hint in hints if hint), "")
            raise self._refused(node, f"the arguments of {name} are given by their order, without names{advice}")
        if name in TESTS and not condition:
            raise self._refused(node, f"{name} is a condition: where({name}(x), a, b)")
        count = len(node.args)
        if not language.takes(function, count):
            signature = inspect.signature(function)
            wanted = ", ".join(x.name for x in signature.parameters.values() if x.kind != x.KEYWORD_ONLY)
            raise self._refused(node, f"it is {name}({wanted}), got {count} argument{'s' * (count != 1)}")
        if name in TESTS:
            return Step(partial(language.of_each, function), count), node.args, ()
        return Step(function, count), node.args, (0,) if name == "where" else ()

    def _no_function(self, func: ast.AST) -> str:
        if isinstance(func, ast.Attribute) and func.attr in FUNCTIONS:
            return f"this is not understood: write {func.attr}(...), without the dot"
        if not isinstance(func, ast.Name):
            return "this is not understood: a product is written (...)*(...)"
        name = cut(func.id)
        if func.id in self._names or func.id in CONSTANTS:
            return f"{name} is a number, not a function: a product is written {name}*(...)"
        return f"there is no function {name}: {unknown(func.id, FUNCTIONS) or '--help lists them'}"

    def _index(self, node: ast.AST) -> int | slice:
        """An index, or a slice of indices, which must be whole numbers as they stand."""
        if isinstance(node, ast.Slice):
            low, high, step = (None if x is None else self._whole(x) for x in (node.lower, node.upper, node.step))
            if step == 0:
                raise self._refused(node, "the step of a slice is not 0")
            return slice(low, high, step)
        return self._whole(node)

    def _whole(self, node: ast.AST) -> int:
        sign = -1 if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else 1
        found = node.operand if isinstance(node, ast.UnaryOp) and sign < 0 else node
        if isinstance(found, ast.Constant) and type(found.value) is int:
            return sign * found.value
        raise self._refused(node, "an index is a whole number, as in x[0]")
