"""Every row of the table has all its faces: function, methods, types, documentation, both backends; and what is written
besides it: a form for the strategies, a closed form, facts."""

from __future__ import annotations

import builtins
import inspect
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core, functions
from scalargrad.calculus.elementary import ELEMENTARY
from scalargrad.table import evaluate, faces, ops
from scalargrad.testing import strategies
from tests import test_facts, test_facts_many
from tests.support.facts import bits
from tests.support.reference import BINARY, EXACT, UNARY
from tests.support.scripts import ROOT, loaded

PAGE = (ROOT / "docs" / "conventions.md").read_text()

generate = loaded("docs/generate")
STUB: str = generate.stub()
HEADER: str = loaded("csrc/build").ops_header()


def operands(row: ops.Row) -> tuple[float, ...]:
    """Numbers at which the row's value is known and finite."""
    found = (f.operands for f in test_facts.OF[row.name] if all(abs(x) < 1e3 for x in (*f.operands, f.value)))
    return next(found)


def same(row: ops.Row, result: Any) -> bool:
    """Whether a number, or each element of an array, is the row's value."""
    value = evaluate.VALUE[ops.OPCODE[row.name]]
    assert value is not None
    flat = np.ravel(result.data if hasattr(result, "data") else result).tolist()
    wanted = {bits(value(*operands(row)))}
    if row.shortcut and operands(row)[-1] == row.shortcut[0]:
        wanted = {bits(evaluate.VALUE[ops.SHORTCUTS[ops.OPCODE[row.name]][1]](*operands(row)[:-1]))}  # type: ignore[misc]
    return {bits(x) for x in flat} == wanted


def table(mark: str) -> str:
    return PAGE.split(f"<!-- {mark} -->")[1].split(f"<!-- end of {mark} -->")[0]


def has_function(row: ops.Row) -> bool:
    function = getattr(sg, row.name)
    assert (
        function is getattr(functions, row.name)
        and row.name in dir(sg)
        and (row.name in sg.__all__) != hasattr(builtins, row.name)
    )
    parameters = inspect.signature(function).parameters.values()
    assert [p.name for p in parameters] == list(row.operands)
    assert tuple(p.default for p in parameters if p.default is not p.empty) == row.defaults
    assert row.doc.endswith(".") and row.doc in function.__doc__ and f">>> {row.name}(" in function.__doc__
    assert function.__module__ == functions.__name__ and pickle.loads(pickle.dumps(function)) is function
    assert not row.kink or f"Convention: {row.kink}." in function.__doc__
    return same(row, function(*operands(row)))


def has_method(row: ops.Row, kind: Callable[[float], Any]) -> bool:
    others = [*operands(row)]
    method = getattr(kind(others.pop(row.method_of)), row.name)
    parameters = inspect.signature(method).parameters.values()
    assert method.__name__ == row.name and method.__qualname__.endswith(f".{row.name}")
    assert tuple(p.default for p in parameters if p.default is not p.empty) == row.defaults
    return same(row, method(*others))


def has_numpys_names(row: ops.Row) -> bool:
    first, *others = operands(row)
    for name in row.numpy:
        assert not row.function or getattr(Value, name) is getattr(Value, row.name)
        found = getattr(np, name)(Vector([first]), *others)
        assert isinstance(found, Vector) and same(row, found)
    return True


def has_types(row: ops.Row) -> bool:
    assert generate.STUB.read_text() == STUB, "run: python docs/generate.py"
    top, *classes = re.split(r"^class \w+Methods:$", STUB, flags=re.MULTILINE)
    return f"\ndef {row.name}(" in top and [f"    def {row.name}(self" in c for c in classes] == [True] * 3


def is_in_c(row: ops.Row) -> bool:
    macro = re.search(rf"^#define SG_ROWS_{len(row.operands)}\(ROW\) (.*)$", HEADER, re.MULTILINE)
    assert macro and f"ROW({row.name}, SG_{row.name.upper()})" in macro[1]
    assert f"SG_{row.name.upper()} = {ops.OPCODE[row.name]}" in HEADER
    padded = (*operands(row), 0.0, 0.0)[:3]
    return core.backend() == "python" or same(row, core.lib.sg_value(ops.OPCODE[row.name], *padded))


def is_in_python(row: ops.Row) -> bool:
    return len(evaluate.PARTIALS[ops.OPCODE[row.name]]) == len(row.partials) == len(row.operands)


def has_a_form(row: ops.Row) -> bool:
    text = strategies._FORMS[row.name].text.format(name=row.name, a="a", b="b", c="c")
    return not row.function or f"sg.{row.name}(" in text or row.name in ("square", "pow", "remainder")  # operators


def has_facts(row: ops.Row) -> bool:
    return len(test_facts.OF[row.name]) >= 4


OF_FUNCTIONS: dict[str, Callable[[ops.Row], bool]] = {
    "scalargrad.f": has_function,
    "Value.f": lambda row: has_method(row, Value),
    "Vector.f": lambda row: has_method(row, lambda x: Vector([x, x])),
    "Matrix.f": lambda row: has_method(row, lambda x: Matrix([[x], [x]])),
    "functions.pyi": has_types,
    "docs, functions": lambda row: f"| `{row.name}({row.operands[0]}" in table("functions"),
}
OF_ROWS: dict[str, Callable[[ops.Row], bool]] = {
    "numpy": has_numpys_names,
    "docs, primitives": lambda row: f"| `{row.name}({', '.join(row.operands)})` |" in table("primitives"),
    "C": is_in_c,
    "Python": is_in_python,
    "a form in testing/strategies.py": has_a_form,
    "a closed form in calculus/elementary.py": lambda row: len(row.operands) > 1 or row.name in ELEMENTARY,
    "facts in tests/support": has_facts,
    "a reference in tests/support/reference.py": lambda row: row.name in {*UNARY, *BINARY, *EXACT},
}


def missing(row: ops.Row) -> list[str]:
    """The faces that a row has not."""
    lost = []
    for face, has in {**(OF_FUNCTIONS if row.function else {}), **OF_ROWS}.items():
        try:
            found = has(row)
        except (AssertionError, AttributeError, KeyError, TypeError):
            found = False
        lost += [] if found else [face]
    return lost


@pytest.mark.parametrize("row", ops.PRIMITIVES, ids=lambda row: row.name)
def test_every_row_has_all_its_faces(row: ops.Row) -> None:
    """What is missing says where: see `table/ops.py`, and run `python docs/generate.py`."""
    assert missing(row) == []


def test_the_rows_without_a_function_are_operators() -> None:
    assert [row.name for row in ops.PRIMITIVES if not row.function] == [
        *["add", "sub", "mul", "div", "neg", "floordiv"], "exp_sub"  # the last is a step of softmax
    ]  # fmt: skip


def test_what_is_public_is_what_is_listed() -> None:
    """`import *` replaces no builtin."""
    names = {row.name for row in faces.FUNCTIONS}
    assert set(functions.__all__) == names - {"abs", "pow", "round"} and all(hasattr(functions, name) for name in names)
    assert not set(sg.__all__) & vars(builtins).keys() and all(hasattr(sg, name) for name in sg._BUILTINS)
    assert sorted([*sg.__all__, *sg._BUILTINS, "__version__"]) == dir(sg) and len(set(sg.__all__)) == len(sg.__all__)
    assert "core" not in dir(sg) and all(hasattr(sg, name) for name in sg.__all__)


@pytest.mark.parametrize("reduction", ops.REDUCTIONS, ids=lambda r: r.name)
def test_every_reduction_has_all_its_faces(reduction: ops.Reduction) -> None:
    name = reduction.name
    assert test_facts_many.OF[name] and f"| `{name}` |" in table("reductions")
    assert f"sg_partial_{name}(" in HEADER and callable(evaluate.function(f"partial_{name}"))
    if name not in ("custom", "ruled"):  # `custom_vjp` records them
        assert name in dir(sg) and name in strategies._FORMS
        assert all(callable(getattr(kind, name)) for kind in ((Vector,) if name == "dot" else (Vector, Matrix)))


@pytest.mark.parametrize(("face", "holder", "name"), [
    ("scalargrad.f", sg, "tanh"), ("Value.f", Value, "tanh"), ("scalargrad.f", functions, "tanh"),
])  # fmt: skip
def test_a_face_that_is_lost_is_missed(face: str, holder: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(holder, name)
    assert missing(ops.BY_NAME[name]) == [face]


@pytest.mark.parametrize(("face", "holder"), [
    ("a form in testing/strategies.py", strategies._FORMS), ("a closed form in calculus/elementary.py", ELEMENTARY),
    ("facts in tests/support", test_facts.OF),
])  # fmt: skip
def test_what_stands_beside_a_row_is_missed(face: str, holder: Any) -> None:
    before = list(holder.items())
    del holder["tanh"]
    try:
        assert face in missing(ops.BY_NAME["tanh"])
    finally:
        holder.clear()
        holder.update(before)  # in their order, which generated pages have
