"""What the ledger's rows expect: the expressions of their steps, results and refutations, found to be broken.

A row's work computes what it expects beside what the engine says. An expression is what a row expects if it stands in
an argument of `work.step`, `work.refuted`, ... that the engine's result is held against, or in what that is computed
from; but not if the engine's result is computed from it too, which makes it an input.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from scalargrad.ledger import chapters
from tests.mutation.table import _places

# Of each method of Work: the positions of what is expected, and of what the engine says.
_RECORDED = {
    "step": ((2,), (3,)),
    "result": ((1,), (2,)),
    "besides": ((1,), (2,)),
    "gradient": ((1,), (2,)),
    "jacobian": ((1,), (2,)),
    "refuted": ((1, 2), (3, 6)),
}
_BY_NAME = {"again": 6}
Place = tuple[ast.AST, str, "int | None"]


class _Sources:
    """What each name in a function is computed from: expressions, with the place where each stands."""

    def __init__(self, tree: ast.FunctionDef, own: set[str]) -> None:
        self.of: dict[str, list[Place]] = {}
        self.nested = {
            node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node is not tree
        }
        self.own = own  # functions of the chapters
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._bind(target, (node, "value", None))
            elif isinstance(node, ast.For):
                self._bind_each(node.target, (node, "iter", None))
            elif isinstance(node, ast.AugAssign):
                self._bind(node.target, (node, "value", None))
            elif isinstance(node, ast.Return) and node.value:
                inside = [name for name, function in self.nested.items() if node in ast.walk(function)]
                for name in inside[-1:]:
                    self.of.setdefault(name, []).append((node, "value", None))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self.nested:
                names = [each.arg for each in self.nested[node.func.id].args.args]
                for k, name in enumerate(names[: len(node.args)]):
                    self.of.setdefault(name, []).append((node, "args", k))

    def _bind(self, target: ast.expr, place: Place) -> None:
        value = at(place)
        if isinstance(target, (ast.Tuple, ast.List)):
            parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            for k, part in enumerate(target.elts):
                self._bind(part, (value, "elts", k) if len(parts) == len(target.elts) else place)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, place)
        elif isinstance(target, ast.Name):
            self.of.setdefault(target.id, []).append(place)

    def _bind_each(self, target: ast.expr, place: Place) -> None:
        """A loop over rows of a table, or over a zip: column by column."""
        value = at(place)
        count = len(target.elts) if isinstance(target, ast.Tuple) else 0
        rows = value.elts if isinstance(value, ast.Tuple) else []
        if count and rows and all(isinstance(row, ast.Tuple) and len(row.elts) == count for row in rows):
            for row in rows:
                self._bind(target, (ast.Expr(row), "value", None))
        elif count and isinstance(value, ast.Call) and ast.unparse(value.func) == "zip" and len(value.args) == count:
            for k, part in enumerate(target.elts):  # type: ignore[attr-defined]
                self._bind(part, (value, "args", k))
        else:
            self._bind(target, place)

    def reached(self, places: list[Place]) -> tuple[list[Place], set[str]]:
        """All places that some are computed from, themselves included, and the functions of the chapters they call."""
        found: list[Place] = []
        called: set[str] = set()
        ahead, met = [*places], set[str]()
        while ahead:
            place = ahead.pop(0)
            found.append(place)
            for name in sorted(_free(at(place)) - met):
                met.add(name)
                ahead += self.of.get(name, [])
                called |= {name} & self.own
        return found, called


def _free(node: ast.AST) -> set[str]:
    """The names that an expression reads, but for those of its own comprehensions and lambdas."""
    read, bound = set[str](), set[str]()
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            (read if isinstance(each.ctx, ast.Load) else bound).add(each.id)
        elif isinstance(each, ast.arg):
            bound.add(each.arg)
    return read - bound


def at(place: Place) -> Any:
    """The expression at a place."""
    parent, field, position = place
    whole = getattr(parent, field)
    return whole if position is None else whole[position]


def _recorded(tree: ast.FunctionDef) -> tuple[list[Place], list[Place]]:
    """The arguments that say what is expected, and those that say what the engine makes of it."""
    expected: list[Place] = []
    engine: list[Place] = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) == "work"
        ):
            mine, others = _RECORDED.get(node.func.attr, ((), ()))
            for positions, found in ((mine, expected), (others, engine)):
                found += [(node, "args", k) for k in positions if k < len(node.args)]
                found += [(word, "value", None) for word in node.keywords if _BY_NAME.get(word.arg or "") in positions]
    return expected, engine


def functions() -> dict[str, tuple[FunctionType, ast.FunctionDef]]:
    """The functions of the chapters, by their names: no two are alike."""
    found: dict[str, tuple[FunctionType, ast.FunctionDef]] = {}
    for each in pkgutil.walk_packages(chapters.__path__, f"{chapters.__name__}."):
        module = importlib.import_module(each.name)
        trees = {
            node.name: node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.FunctionDef)
        }
        for name, tree in trees.items():
            found[f"{each.name.rpartition('.')[2]}.{name}"] = getattr(module, name), tree
    return found


def expected() -> Iterator[tuple[str, FunctionType, ast.FunctionDef, list[Place]]]:
    """Each function of the chapters in which something is expected, and the places of what is."""
    known = functions()
    of_name = {name.partition(".")[2]: name for name in known}
    whole: set[str] = set()  # functions that compute nothing but what is expected
    inputs: set[str] = set()
    found: dict[str, list[Place]] = {}
    for name, (_, tree) in known.items():
        sources = _Sources(tree, set(of_name))
        mine, others = _recorded(tree)
        of_mine, called = sources.reached(mine)
        of_engine, shared = sources.reached(others)
        taken = {id(at(place)) for place in of_engine}
        found[name] = [place for place in of_mine if id(at(place)) not in taken]
        whole |= called
        inputs |= shared
    for name in whole - inputs:
        found[of_name[name]] += [(node, "value", None) for node in ast.walk(known[of_name[name]][1])
                                 if isinstance(node, (ast.Assign, ast.Return)) and node.value]  # fmt: skip
    for name, places in found.items():
        each = [*places, *(inner for place in places for inner in _places(at(place)))]
        unique = {(id(parent), field, k): (parent, field, k) for parent, field, k in each}
        if unique:
            yield name, *known[name], list(unique.values())
