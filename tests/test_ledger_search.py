"""A reader types what stands in a source, in whatever way, and finds the row in one search."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scalargrad.ledger.folding import fold
from scalargrad.ledger.index import INDEX
from scalargrad.ledger.rows import ERRATA, LEDGER, ROWS, search
from tests.support.formulas import Ran

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

FOUND = [
    # --- as printed, with an equals sign, in LaTeX, typed in ASCII, with or without spaces
    ("y = x", "B2"),
    ("u = w⊗x", "C4"),
    ("v = y - u", "D5"),
    ("0 ○ 0 = 0", "E9"),
    ("∇g(x, y) = [2, 8y⁷]", "A4"),
    ("Y = XW", "C1"),
    ("∂Y/∂W = X", "E1"),
    ("scores = h1 W2 + b2", "D3"),
    ("dy/dx = dy/du du/dx", "A1"),
    ("s = r", "E1"),
    ("3x^2y", "A4"),
    ("8y^7", "A4"),
    ("1^T", "B7"),
    ("w_{t+1}", "D6"),
    ("ln(x^2)", "B8"),
    ("sin(3x)", "B8"),
    (r"f(w) \bigcirc g(x)", "B4"),
    (r"\frac{\partial p_i}{\partial z_j}", "C7"),
    (r"z(x) = w \cdot x + b", "C5"),
    ("w>x", "B4"),
    ("w+x", "B4"),
    ("w*x+b", "C5"),
    ("w · x + b", "C5"),
    ("f(x,y)", "A4"),
    ("m × n", "B1"),
    ("w ⊗ x", "C4"),
    ("y(1-y)w", "A2"),
    ("S(1-S)", "A2"),
    ("S(1-S)", "E7"),
    ("wx+b", "C5"),
    ("p_i(1-δ_ij)", "E2"),
    ("h1^T", "E10"),
    ("dL/dW2", "D3"),
    ("∂p_i/∂z_j", "C7"),
    ("y-u", "D5"),
    ("fᵢ(wᵢ)", "B4"),
    ("J_{y(u)}", "B9"),
    ("max(0,z)", "C3"),
    ("½(A + Aᵀ)x + b", "F2"),
    ("diag(p) - ppᵀ", "F3"),
    ("JᵀJ", "F5"),
    ("hessian", "F6"),
    ("Newton's method", "F8"),
    ("Gauss-Newton", "F5"),
    ("second derivative", "F1"),
    ("Schwarz", "F1"),
    ("hvp", "F6"),
    ("jvp", "F7"),
    ("forward mode", "F7"),
    ("positive semidefinite", "F3"),
    ("Pearlmutter", "F6"),
    ("海森矩阵", "F6"),
    ("牛顿法", "F8"),
    # --- words of the texts, of everyday use, and in Chinese
    ("one-hot", "D2"),
    ("loss", "D2"),
    ("logits", "D3"),
    ("hidden layer", "D3"),
    ("Kronecker", "C1"),
    ("regularization", "D4"),
    ("backpropagation", "C8"),
    ("elementwise", "B4"),
    ("learning rate", "D6"),
    ("weighted average", "D8"),
    ("negative", "D8"),
    ("broadcasting", "B6"),
    ("composite function", "A1"),
    ("errata", "E8"),
    ("misprint", "A3"),
    ("B.16", "B12"),
    ("雅各布矩阵", "B1"),
    ("雅可比矩阵", "B1"),
    ("广播", "B6"),
    ("神经元", "C6"),
    ("均方误差", "D1"),
    ("动量", "D7"),
    ("偏导数", "A4"),
    ("链式法则", "A1"),
    ("正则化", "D4"),
    ("商的求导法则", "E8"),
    ("交叉熵", "D2"),
    ("复合函数", "A1"),
    ("可微性", "A6"),
    ("Softmax函数的导数", "C7"),
    ("梯度下降", "D6"),
    ("Parr", "B4"),
    # --- places
    ("PH 3.2", "B4"),
    ("PH2", "A4"),
    ("(B.15)", "B12"),
    ("SM A.2", "C8"),
    ("TL 2 (2)", "D3"),
    ("CH 3.2, case 1", "A5"),
]


def ids(text: str) -> list[str]:
    """The rows that a search shows, and those that it names beside places of the sources."""
    rows, entries = search(text)
    return [*(row.id for row in rows), *(id for entry in entries for id in entry.rows)]


@pytest.mark.parametrize(("text", "id"), FOUND)
def test_what_stands_in_a_source_finds_its_row(text: str, id: str) -> None:
    assert id in ids(text)


def test_a_section_finds_that_section_alone() -> None:
    assert {entry.place for entry in search("PH 2")[1]} == {"2"}
    assert {entry.place for entry in search("PH 3.1")[1]} == {"3.1"}
    assert all(entry.source == "TL" and entry.place.startswith("2") for entry in search("TL 2")[1])
    assert all(any(source.startswith("TL 2") for source in row.sources) for row in search("TL 2")[0])


@pytest.mark.parametrize("entry", INDEX, ids=lambda entry: f"{entry.source} {entry.place}: {entry.what[:30]}")
def test_every_place_is_found_by_its_own_words(entry: Any) -> None:
    assert entry in search(entry.what)[1]


@pytest.mark.parametrize("row", [*LEDGER, *ERRATA], ids=lambda row: row.id)
def test_every_row_is_found_by_its_title_and_its_statement(row: Any) -> None:
    assert row in search(row.title)[0]
    assert row in search(row.plain if row.id in ROWS else row.wrong)[0]


@pytest.mark.parametrize(("one", "other"), [
    ("8y^7", "8 y⁷"), ("w_{t+1}", "w_(t+1)"), (r"\partial C/\partial w", "∂C/∂w"), (r"\frac{dy}{dx}", "dy/dx"),
    ("ŷᵢ", "yhat_i"), ("1ᵀ", "1^T"), (r"w \cdot x", "w·x"), ("∇", r"\nabla"), ("X_{ir} δ_{sj}", "X_ir δ_sj"),
])  # fmt: skip
def test_one_formula_typed_in_two_ways(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize("text", ["tensor calculus", "oftmax", "C7 C8", "zzz = qqq", "量子", "="])
def test_what_is_not_there_is_not_found(text: str) -> None:
    assert ids(text) == []


def test_numbers_without_a_row_and_symbols_that_are_ids(capsys: Any) -> None:
    ran = Ran(capsys, "z=1,2,3")
    assert ran.code == 1 and "name the row that takes these numbers" in ran.err
    assert re.search(r"^b2 is also a symbol in .*D3", Ran(capsys, "b2").out, re.MULTILINE)
    assert "also a symbol" not in Ran(capsys, "B2").out
