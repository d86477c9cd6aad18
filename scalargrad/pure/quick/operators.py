"""The operators and functions of the usual operands, Values and floats: each one function, written out from its row.

`text` is that function. It computes the value in place, finds the operands in the open graph, appends the node with its
partials, and makes the handle. What is rare it leaves to `general`, the method or function that has all cases, and to
`tape`: other operands, contexts, and a leaf or a link that is new to the graph. A function is compiled when it is first
called. csrc/python/operators.c has the same, printed from the same rows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from scalargrad.pure import tape, thread
from scalargrad.table import evaluate, ops

Function = Callable[..., Any]

# --- the text of a function: a part per kind of operands, each of which ends with _RECORD -----------------------------

_UNARY = """\
def {name}(self):
    if type(self) is not Value:
        return general(self)
    x = self._number
    z = {value}
{x}"""
_BINARY = """\
def {name}(self, other):
    if type(other) is Value{checked}:
        x = self._number
        y = other._number
        z = {value}
{x_y}
    if type(other) is not float{checked_otherwise}:
        if type(other) is not int{checked_otherwise}:
            return general(self, other)
        try:
            other = float(other)
        except OverflowError:
            return general(self, other)
{shortcut}    x = self._number
    y = other
    z = {value}
{x}"""
_REFLECTED = """\
def {name}(self, other):
    if type(other) is not float:
        if type(other) is not int:
            return general(self, other)
        try:
            other = float(other)
        except OverflowError:
            return general(self, other)
    x = other
    y = self._number
    z = {value}
{y}"""
_SHORTCUT = """\
    if other == {constant}:
        return shorter(self)
"""
_RECORD = """\
graph = now.state[0]()
if graph is None:
    if len(now.state) > 1:
        return record({op}, {operands}, {numbers}, z)
    graph = open_graph({operands})
{places}
node = {node}
nodes = graph.nodes
index = len(nodes)
nodes.append(node)
if index >= graph.limit or nodes[index] is not node:
    index = graph.settle(node, index)
result = Bare()
result._graph = graph
result._index = index
result._number = z
result._entry = NEVER
result.__class__ = Value
return result"""
_PLACE = """\
if {operand}._graph is graph:
    {place} = {operand}._index
else:
    serial, {place} = {operand}._entry
    if serial is not graph.serial or {operand}._number is not {number}:
        {place} = {found}tape._resolve(graph, {operand}, {number})
        if graph._closing:
            return record({op}, {operands}, {numbers}, z)"""


def _indented(text: str, depth: int) -> str:
    return "\n".join(" " * depth + line for line in text.split("\n"))


def _record(op: int, kind: str, partials: tuple[str, ...] | None) -> str:
    """What records a node, of Values alone ("x_y"), or of one that comes first ("x") or second ("y")."""
    first, second = ("self", "other") if kind != "y" else ("other", "self")
    of_two = op in _OF_TWO
    operands, numbers = (f"({first}, {second})", "(x, y)") if of_two else (f"({first},)", "(x,)")
    about = {"op": op, "operands": operands, "numbers": numbers}
    places = []
    if kind != "y":
        places.append(_PLACE.format(operand="self", place="i", number="x", found="", **about))
    if kind != "x":
        same = "i if other is self else " if kind == "x_y" else ""  # another thread may make it enter its own graph
        places.append(_PLACE.format(operand=second, place="j", number="y", found=same, **about))
    if partials is None:
        known = {"x_y": "(i, j)", "x": "(i, y)" if of_two else "(i,)", "y": "(x, j)"}[kind]
        node = f"({op}, z, None, {known}, None, None)"
    elif kind == "x_y":
        node = f"({op}, z, i, {partials[0]}, j, {partials[1]})"
    elif kind == "x":
        node = f"({op}, z, i, {partials[0]}, None, {'y' if of_two else None})"
    else:
        node = f"({~op}, z, j, {partials[1]}, None, x)"
    return _RECORD.format(places="\n".join(places), node=node, **about)


_OF_TWO = {code for code, arity in enumerate(ops.ARITY) if arity == 2}


def text(row: ops.Row, name: str, method: bool) -> tuple[str, dict[str, Any]]:
    """The text of the function of a row with one or two operands, and the functions that it calls.

    `method`: it is an operator, whose `self` is a Value of any class; its name tells if the operands are reflected.
    """
    op, template = ops.OPCODE[row.name], _UNARY if len(row.operands) == 1 else _BINARY
    named = dict(zip(row.operands, "xy"))
    value, called = evaluate.source(row.value, named)
    sources = [evaluate.source(partial, named) for partial in row.partials]
    simple = all(functions.keys() <= {"div"} for _, functions in sources)  # else a sweep computes them
    partials = tuple(source for source, _ in sources) if simple else None
    called = {**called, **{key: f for _, functions in sources for key, f in functions.items() if simple}}
    if name.startswith("__r"):
        template = _REFLECTED
    shortcut = ""
    if method and template is _BINARY and row.shortcut:
        shortcut = _SHORTCUT.format(constant=row.shortcut[0])
        called["shorter"] = functools.partial(apply, ops.OPCODE[row.shortcut[1]])
    parts = {
        "x_y": _indented(_record(op, "x_y", partials), 8) if template is _BINARY else "",
        "x": _indented(_record(op, "x", partials), 4) if template is not _REFLECTED else "",
        "y": _indented(_record(op, "y", partials), 4) if template is _REFLECTED else "",
    }
    checked, otherwise = ("", "") if method else (" and type(self) is Value", " or type(self) is not Value")
    return template.format(
        name=name, value=value, shortcut=shortcut, checked=checked, checked_otherwise=otherwise, **parts
    ), called


def _compiled(row: ops.Row, name: str, general: Function, method: bool) -> Function:
    written, called = text(row, name, method)
    namespace: dict[str, Any] = {
        "Bare": tape.Bare, "NEVER": tape.NEVER, "Value": tape._result, "general": general, "now": thread.now,
        "open_graph": tape.open_graph, "record": tape.record, "tape": tape, **ops.CONSTANTS, **called
    }  # fmt: skip
    exec(compile(written, f"{__file__}, {row.name}", "exec"), namespace)
    function: Function = namespace[name]
    function.__module__, function.__qualname__ = __name__, f"Value.{name}" if method else name
    return function


# --- where they are called --------------------------------------------------------------------------------------------


def install(cls: type, methods: dict[str, str]) -> None:
    """Puts the functions of rows in place of a class's methods, which stay the general ones. Each method has a row."""
    for name, row in methods.items():
        setattr(cls, name, _first(cls, name, ops.BY_NAME[row], vars(cls)[name]))


def _first(cls: type, name: str, row: ops.Row, general: Function) -> Function:
    """The method until it is first called."""

    @functools.wraps(general)
    def method(self: Any, *others: Any) -> Any:
        setattr(cls, name, _compiled(row, name, general, True))
        return getattr(cls, name)(self, *others)

    return method


_functions: dict[int, Function] = {}  # by opcode, those that were called


def apply(op: int, *operands: Any) -> Any:
    """Computes a primitive and records it, as `tape.apply` does."""
    function = _functions.get(op)
    if function is None:
        general = functools.partial(tape.apply, op)
        simple = ops.FIRST <= op < ops.FIRST_REDUCTION and ops.ARITY[op] < 3
        row = ops.RECORDED[op - ops.FIRST]
        function = _functions[op] = _compiled(row, row.name, general, False) if simple else general
    return function(*operands)
