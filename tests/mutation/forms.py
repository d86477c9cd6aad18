"""Every expression of the closed forms, and of what the rows expect, broken in every small way, against the command.

A mutant is one function of `scalargrad.calculus`, or of the ledger's chapters, with one part of one expression changed.
Its code replaces the function's own, in process, and each row that comes to it is worked out on a few draws, as
``scalargrad formulas`` does. What refuses wrong arguments is left out: the command never gives any;
tests/test_calculus_errors.py does. In the chapters, `works` says which expressions are what a row expects.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import re
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from scalargrad import calculus
from scalargrad.ledger import command
from scalargrad.ledger.rows import ERRATA, LEDGER
from tests.mutation import works
from tests.mutation.forms_equivalent import EQUIVALENT, WORKS
from tests.mutation.table import _COMPARED, _changes, _places

MODULES = ("shapes", "chain", "elementary", "elementwise", "jacobians", "layers", "linear_algebra", "losses",
           "networks", "second_order", "updates", "transformers.attention", "transformers.normalisation",
           "transformers.tokens")  # fmt: skip
_REFUSING = {"need", "vectors", "matrices", "_check_terms", "_check_classes", "_check_inputs", "_check_row",
             "_check_batch", "_check_form", "_check_keys", "_check_tokens", "_check_heads",
             "_check_positions"}  # fmt: skip
# Calls that convert or check, or do not mind the order of their arguments.
_INDIFFERENT = {
    "list",
    "float",
    "len",
    "_known",
    "max",
    "min",
    "math.hypot",
    "inner",
    "_plus",
    "columns",
    "zip",
    "range",
    "enumerate",
    "c.dot",
    "c.mse",
    "mse",
    "c.chain_diagonals",
    "c.total_derivative",
    "_moved",
}
DRAWS = 6


class Form(NamedTuple):
    """A function whose code can be replaced: a closed form, a part of one, an elementary lambda, the work of a row."""

    name: str
    function: FunctionType
    tree: ast.AST  # of its definition
    places: list[works.Place]  # of what is changed there


def forms() -> list[Form]:
    """All functions of the closed forms."""
    found = []
    for module in (importlib.import_module(f"scalargrad.calculus.{name}") for name in MODULES):
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and name not in _REFUSING:
                (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
                found.append(
                    Form(f"{module.__name__.rsplit('.', 1)[1]}.{name}", function, tree, list(_expressions(tree)))
                )
    elementary = importlib.import_module("scalargrad.calculus.elementary")
    table = next(node for node in ast.parse(inspect.getsource(elementary)).body
                 if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "ELEMENTARY")  # fmt: skip
    assert isinstance(table.value, ast.Dict)
    for key, pair in zip(table.value.keys, table.value.values):
        for k, tree in enumerate(pair.elts):  # type: ignore[attr-defined]
            name = key.value  # type: ignore[union-attr]
            if isinstance(tree, ast.Lambda):
                found.append(
                    Form(f"ELEMENTARY[{name!r}][{k}]", elementary.ELEMENTARY[name][k], tree, list(_expressions(tree)))
                )
    return found


def _is_left_out(node: ast.AST) -> bool:
    """Statements that refuse wrong arguments, docstrings and types."""
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return True
    if isinstance(node, ast.If) and len(node.body) == 1 and isinstance(node.body[0], ast.Raise):
        return True
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("fits", "wanted"):
        return True
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _REFUSING


def _expressions(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Where expressions stand in the statements that compute."""
    if isinstance(node, ast.Lambda):
        yield node, "body", None
        yield from _places(node.body)
        return
    for field in ("body", "orelse", "finalbody"):
        for child in getattr(node, field, []):
            if not _is_left_out(child):
                if not isinstance(child, (ast.FunctionDef, ast.If, ast.For, ast.Try, ast.While)):
                    yield from _places(child)
                elif isinstance(child, (ast.If, ast.While)):
                    yield child, "test", None
                    yield from _places(child.test)
                yield from _expressions(child)


def _more(node: ast.AST) -> Iterator[ast.expr]:
    """Changes that the table's expressions have no need of."""
    if isinstance(node, ast.BinOp) and not isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div)):
        yield from (node.left, node.right)
        return
    if isinstance(node, ast.Compare) and type(node.ops[0]) not in _COMPARED:
        return
    if isinstance(node, ast.Constant) and not isinstance(node.value, (int, float)):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
        return
    if isinstance(node, ast.Call) and ast.unparse(node.func) not in _INDIFFERENT and not node.keywords:
        if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
            yield node.args[0]
        elif len(node.args) == 2:
            yield ast.Call(node.func, node.args[::-1], [])
    if isinstance(node, (ast.BinOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.UnaryOp, ast.Constant)):
        text = isinstance(node, ast.Compare) and isinstance(getattr(node.comparators[0], "value", 0), str)
        for new in _changes(node, ()):
            same = isinstance(node, ast.Constant) and isinstance(new, ast.Constant) and new.value == node.value
            zero = isinstance(node, ast.Constant) and node.value == 0 and isinstance(new, ast.UnaryOp)  # -0.0 == 0.0
            if not (same or zero or (text and not isinstance(new.ops[0], ast.NotEq))):  # type: ignore[attr-defined]
                yield new


def _code(tree: ast.AST, function: FunctionType) -> CodeType | None:
    """The code of a changed definition; None if its closure would differ."""
    inside: Any = tree
    if isinstance(tree, ast.FunctionDef):
        module: ast.Module | ast.Expression = ast.Module([ast.fix_missing_locations(tree)], [])
        whole = compile(ast.unparse(module), "mutant", "exec")
    else:
        whole = compile(ast.unparse(ast.Expression(ast.fix_missing_locations(inside))), "mutant", "eval")
    code = next((c for c in whole.co_consts if isinstance(c, CodeType)), None)
    return code if code and code.co_freevars == function.__code__.co_freevars else None


def mutants(form: Form, chosen: Callable[[], bool] = lambda: True) -> Iterator[tuple[str, CodeType]]:
    """A form's code with one part changed: what was changed, as "old -> new", and the code; each text once.
    `chosen` says of each part whether it is changed."""
    seen = {ast.unparse(form.tree)}
    for parent, field, position in form.places:
        if not chosen():
            continue
        whole = getattr(parent, field)
        old = whole if position is None else whole[position]
        was = ast.unparse(old)
        for new in list(_more(old)):
            if isinstance(parent, ast.Subscript) and was == "1" and ast.unparse(new) == "-1":
                continue  # the second of two is the last
            if position is None:
                setattr(parent, field, new)
            else:
                whole[position] = new
            text = ast.unparse(ast.fix_missing_locations(form.tree))
            code = None if text in seen else _code(form.tree, form.function)
            seen.add(text)
            if code is not None:
                yield f"{was} -> {ast.unparse(new)}", code
        if position is None:
            setattr(parent, field, old)
        else:
            whole[position] = old


@cache
def _reached() -> dict[CodeType, list[Any]]:
    """For each function's code, the rows whose work calls it, in the order of the ledger."""
    found: dict[CodeType, list[Any]] = {}
    for row in (*LEDGER, *ERRATA):
        called: set[CodeType] = set()

        def note(frame: Any, event: str, _: Any, called: set[CodeType] = called) -> None:
            if event == "call":
                called.add(frame.f_code)

        sys.setprofile(note)
        try:
            command.misses(row, 0)
        finally:
            sys.setprofile(None)
        for code in called:
            if re.search("calculus|chapters", code.co_filename):
                found.setdefault(code, []).append(row)
    return found


def killed(rows: list[Any]) -> bool:
    """Whether a row fails on one of the draws, with whatever error."""
    try:
        return any(command.misses(row, seed) for seed in range(DRAWS) for row in rows)
    except Exception:
        return True


def check(what: str, all_forms: list[Form], equivalent: Sequence[tuple[str, str, str]], every: int) -> int:
    """Checks the mutants of some forms, or of one in `every` parts of them; prints those that survive, and reasons that
    none needs. Returns how many survive that are not equivalent."""
    start, count, survived = time.perf_counter(), 0, 0
    needed: Counter[tuple[str, str, str]] = Counter()
    reached, turn = _reached(), itertools.count()
    for form in all_forms:
        own = form.function.__code__
        for change, code in mutants(form, lambda: next(turn) % every == 0):
            count += 1
            form.function.__code__ = code
            try:
                dead = killed(reached.get(own, []))
            finally:
                form.function.__code__ = own
            if not dead:
                reason = next(
                    (each for each in equivalent if each[0] == form.name and change.startswith(each[1])), None
                )
                if reason:
                    needed[reason] += 1
                else:
                    survived += 1
                    print(f"SURVIVED   {form.name}: {change}", flush=True)
    unneeded = [each for each in equivalent if each not in needed] if every == 1 else []
    for name, change, _ in unneeded:
        print(f"KILLED, or not there: {name}: {change}")
    print(f"{what}: {count} mutants, {survived} survived, {sum(needed.values())} equivalent;"
          f" {time.perf_counter() - start:.0f} s")  # fmt: skip
    return survived + len(unneeded)


def check_all(every: int = 1) -> int:
    """Checks the mutants of the closed forms, and of what the rows expect. Returns how many survive, or are gone."""
    return check("the closed forms", forms(), EQUIVALENT, every) + check(
        "what the rows expect", of_rows(), WORKS, every
    )


def of_rows() -> list[Form]:
    """All functions of the ledger's chapters in which something is expected."""
    return [Form(*each) for each in works.expected()]


_: Callable[..., Any] = calculus.check  # the package is loaded before its functions are changed
