"""The search of the ledger reads a source's own text: its LaTeX, its headings in Chinese, and plain words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scalargrad import __main__
from scalargrad.ledger.folding import all_words, fold, in_words
from scalargrad.ledger.index import HEADINGS, INDEX, Entry
from scalargrad.ledger.rows import ERRATA, LEDGER, hits
from tests.support import formulas
from tests.support.formulas import Ran

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

refused = formulas.refused

# --- formulas as they are printed -------------------------------------------------------------------------------------

LATEX = [
    # SM: vectors with arrows, brackets that grow, lines of a proof
    (r"\frac{\partial y \vec{z}}{\partial \vec{x}}=y \frac{\partial \vec{z}}{\partial \vec{x}}+"
     r"\frac{\partial y}{\partial \vec{x}} \cdot \vec{z}^{\top}", "B12"),
    (r"\begin{aligned} & \vec{x} \in k^{M \times 1}, y \in R, \vec{z} \in R^{N \times 1},\quad 则: \\ &"
     r" \frac{\partial y \vec{z}}{\partial \vec{x}}=y \frac{\partial \vec{z}}{\partial \vec{x}} \end{aligned}", "B12"),
    (r"=d y \cdot \vec{z}+y \cdot d \vec{z}", "B14"),
    (r"\frac{\partial \vec{f}(\vec{x})}{\partial \vec{x}}=\operatorname{diag}\left(\vec{f}^{\prime}(\vec{x})\right)",
     "B11"),
    (r"\left[\begin{array}{cccc} \frac{\partial f_1}{\partial x_1} & \frac{\partial f_2}{\partial x_1} & \cdots &"
     r" \frac{\partial f_n}{\partial \eta_n} \\ \vdots & \vdots & & \vdots \end{array}\right]", "E13"),
    (r"\operatorname{diag}(\exp (\vec{x}))", "B13"),
    (r"\frac{\partial \vec{1}^{\top} \exp (\vec{x})}{\partial \vec{x}}=\vec{1} \odot \exp ^{\prime}(\vec{x})", "B13"),
    (r"\vec{1}^{\top}\left(\exp ^{\prime}(\vec{x}) \odot d \vec{x}\right)", "B14"),
    # LB
    (r"$ \hat{y}_i $", "D1"),
    (r"\hat{y}", "D1"),
    (r"\frac{\partial MSE}{\partial \hat{y}_i} = -\frac{2}{n} (y_i - \hat{y}_i)", "D1"),
    (r"\frac{e^{z_i} \cdot \delta_{ij} - e^{z_i} \cdot e^{z_j}}{(\sum_k e^{z_k})^2}", "E2"),
    (r"\frac{\partial p_i}{\partial z_j} = \begin{cases} p_i (1 - p_j) \text{ , if } i = j; \newline -p_i p_j"
     r" \text{ , if } i \neq j \end{cases}", "C7"),
    (r"\frac{\partial W_{sj}}{\partial W_{rs}}", "E1"),
    # TL
    (r"\( L = -\frac{1}{N} \sum_{i=1}^N \log(probs_{i, y_i}) \)", "D2"),
    (r"\|W1\|^2", "D4"),
    ("||W1||^2 + ||W2||^2", "D4"),
    (r"\(\frac{\partial L}{\partial W1} = X^T \cdot \left( (probs - \text{one-hot label}) \cdot W2^T \odot"
     r" \text{ReLU 的导数} \right)\)", "D3"),
    # PH and CH
    (r"J = \begin{bmatrix} \nabla f(x,y) \\ \nabla g(x,y) \end{bmatrix}", "B1"),
    (r"\frac{\partial}{\partial \mathbf{x}} \mathbf{f}(\mathbf{g}(\mathbf{x})) = \frac{\partial \mathbf{f}}{\partial"
     r" \mathbf{g}} \frac{\partial \mathbf{g}}{\partial \mathbf{x}}", "B9"),
    (r"\frac{\partial(\mathbf{w}\otimes\mathbf{x})}{\partial \mathbf{w}} = diag(\dots \frac{\partial(w_i/x_i)}"
     r"{\partial w_i} \dots) = diag(\dots \frac{1}{x_i} \dots)", "E5"),
    (r"\frac{1}{N} \sum_{\mathbf{x}} (target(\mathbf{x}) - activation(\mathbf{x}))^2", "D5"),
    (r"S^{'}=\frac{e^{-x}}{(1+e^{-x})^2}=\frac{1+e^{-x}-1}{(1+e^{-x})^2}=S-S^2=S(1-S)", "A2"),
    (r"J=\frac{\partial(y_1,…,y_m)}{\partial(x_1,…,x_n)}", "B1"),
    # typed
    ("L = -1/N sum_(i=1)^N log(probs_(i, y_i))", "D2"), ("p_i = e^(z_i)/(sum_j e^(z_j))", "C7"),
    ("Y_(ij) = Σ_(p=1)^(n) X_(ip) · W_(pj)", "C11"),
    ("dy·z + y·dz", "B14"), ("Softmax(scores)", "D2"), ("N×D", "D3"), ("N x D", "D3"), ("H×N", "D3"), ("-2/n", "D1"),
    ("-1/N", "D2"), ("-∂f_n/∂x_n", "E13"), ("∂W_sj/∂W_rs", "E1"), ("(1)", "B13"), ("B (1)", "B13"), ("B (2)", "B14"),
    ("B15", "B12"), ("B26", "B11"), ("∇", "A4"),
]  # fmt: skip


def first(text: str, count: int = 6) -> list[str]:
    """The ids to which the first results of a search lead."""
    found = (hit.found for hit in hits(text)[:count])
    return [id for each in found for id in (each.rows if isinstance(each, Entry) else (each.id,))]


@pytest.mark.parametrize(("text", "id"), LATEX)
def test_a_formula_is_found_as_it_is_printed(text: str, id: str) -> None:
    assert id in first(text)


@pytest.mark.parametrize("row", [*LEDGER, *ERRATA], ids=lambda row: row.id)
def test_every_row_is_found_by_its_latex(row: Any) -> None:
    """Each formula between dollars of more than two signs, wherever else it stands."""
    told = [row.latex] if row in LEDGER else [row.wrong_latex, row.right_latex]
    for formula in re.findall(r"\$([^$]+)\$", " ".join(told)):
        assert len(fold(formula)) < 3 or fold(formula).isalpha() or row in [hit.found for hit in hits(formula)]


@pytest.mark.parametrize(("one", "other"), [
    (r"\frac{\partial \vec{f}}{\partial \vec{x}}", "∂f/∂x"), (r"\hat{y}_i", "ŷᵢ"), ("y_hat", "ŷ"),
    ("e^{z_i}", "exp(zᵢ)"),
    (r"\sum_{i=1}^{n} x_i", "Σ x_i"), (r"\frac1n", "1/n"), (r"\lVert W\rVert^2", "||W||²"), ("f^{\\prime}", "f′"),
    (r"\vec{1}^{\top}", "1ᵀ"), (r"z \leq 0", "z <= 0"), (r"a \odot b", "a ⊙ b"), ("m x n", r"m \times n"),
])  # fmt: skip
def test_one_normal_form(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("δ", "Δ"), ("y", "ŷ"), ("Σ", "σ"), ("x/y", "y/x"), ("-x", "x")])
def test_what_differs_stays_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


# --- words ------------------------------------------------------------------------------------------------------------

WORDS = [
    ("Jacobian of softmax", "C7 C10"), ("derivative of ReLU", "C3"), ("softmax梯度下降", "C8"),
    ("dot product", "C4 C11"), ("点积", "C4 C11"), ("gradient of MSE", "D1"), ("derivative of MSE", "D1"),
    ("mse derivative", "D1"), ("cross-entropy loss", "D2"), ("cross entropy loss", "D2"), ("softmax loss", "D2"),
    ("one-hot label", "D2 D3"), ("grad_y", "C2"), ("Rectified Linear Unit", "C3"), ("relu backward", "C3"),
    ("bias gradient", "C5 D3"), ("y_hat", "D1"), ("张量", "C1 E1"), ("转置", "C2"), ("反向传播", "C8 C2"),
    ("权重", "C5 D3"), ("matrixcalculus", "C2"), ("Kronecker delta", "C1 C7"), ("gradients of the softmax", "C7"),
    ("backward pass of a linear layer", "C2"), ("elementwise multiplication", "B4"), ("log softmax", "C9"),
    ("what is the derivative of sigmoid", "A2"), ("L2 regularization", "D4"), ("L2 regularisation", "D4"),
    ("regulariser's gradient", "D4"), ("mean-squared errors", "D1"), ("Jacobians", "B1"), ("Jacobian matrix", "B1"),
    ("matrix multiplication", "C11"), ("product rule", "B12"), ("真实标签", "D2"), ("激活函数", "C3 C6"),
    ("逐元素", "B4"), ("线性逼近", "B3"), ("单元仿射函数", "C5"), ("ReLU 的导数", "C3"), ("B.16", "B12"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rows"), WORDS)
def test_plain_words_find_rows(text: str, rows: str) -> None:
    assert set(rows.split()) <= set(first(text))


def test_the_more_specific_comes_first() -> None:
    for text, id in (("Jacobian of softmax", "C7"), ("derivative of ReLU", "C3"), ("sigmoid derivative", "A2"),
                     ("gradient descent", "D6"), ("softmax backward", "C8"), ("log softmax", "C9")):  # fmt: skip
        assert first(text, 1) == [id], text


@pytest.mark.parametrize(("text", "id"), [("Kronecker delta", "B3"), ("B (1)", "D3"), ("B (2)", "D3"),
    (r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}", "D6"), (r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}", "E12")])  # fmt: skip
def test_what_is_meant_otherwise_is_not_found(text: str, id: str) -> None:
    assert hits(text) and id not in first(text, 99)


@pytest.mark.parametrize(
    "text", ["Jacobian softmax", "the Jacobian of a softmax", "softmax, Jacobians", "SOFTMAX jacobian"]
)
def test_order_stop_words_case_and_plural_change_nothing(text: str) -> None:
    assert hits(text) == hits("softmax jacobian") or first(text, 99) == first("softmax jacobian", 99)


def test_words_have_one_form() -> None:
    assert in_words("regularization of the matrices") == in_words("regularisation, matrix")
    assert in_words("cross-entropy") == in_words("cross entropy") == in_words("交叉熵")
    assert in_words("the of") == ["the", "of"]  # nothing else is there
    assert {"mean", "squared", "error", "mse"} <= all_words("the mean squared error")


@pytest.mark.parametrize(("place", "heading"), [(place, each) for place, told in HEADINGS.items() for each in told])
def test_a_heading_leads_to_its_section(place: str, heading: str) -> None:
    """With a number before it, or none. Some stand over two sections: then to the first."""
    key, _, section = place.partition(" ")
    at = re.compile(re.escape(section) + r"(?!\w)" if section else "")
    expected = {each for each in INDEX if each.source == key and at.match(each.place)}
    for text in (heading, f"3.1 {heading}", f"五、 {heading}"):
        entries = [hit.found for hit in hits(text) if isinstance(hit.found, Entry)]
        assert entries and set(entries) == expected


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "id"), [(["-2/n"], "D1"), (["-1/N"], "D2"), (["-∂f_n/∂x_n"], "E13"),
    (["--", "-2/n"], "D1"), (["-2/n", "--seed", "3"], "D1"), (["--seed=3", "-1/N"], "D2")])  # fmt: skip
def test_a_word_that_begins_with_a_dash_is_searched(words: list[str], id: str, capsys: Any) -> None:
    assert __main__.main(["formulas", *words]) == 0
    assert re.search(rf"\b{id}\b", capsys.readouterr().out)


@pytest.mark.parametrize("line", ["formulas --sed 3", "formulas --seed", "formulas --seed x", "nothing",
                                  "demo iris --fast", "demo iris --out " + "many " * 40, "formulas -h"])  # fmt: skip
def test_usage_is_told_within_80_columns(line: str, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        __main__.main(line.split())
    printed = capsys.readouterr()
    assert ended.value.code == (0 if line.endswith("-h") else 2)
    assert all(len(each) <= 80 for each in (printed.out + printed.err).splitlines())


@pytest.mark.parametrize("line", ["B11 f=foo", "B13 x=1000", r"\frac{qqq}{zzz}", "q" * 200, "qq zz " * 40, "B77",
                                  "Z9 z=1", r"\qqq z=1"])  # fmt: skip
def test_errors_are_told_within_80_columns(line: str, refused: Any) -> None:
    """As the text was typed: a backslash is not doubled. `refused` looks at the columns."""
    told = refused(line)
    assert told and "\\\\" not in told


@pytest.mark.parametrize("line", ["softmax", "gradient", "x", "jacobian", "chain rule", "X", "relu", "matrix"])
def test_a_search_fits_on_a_screen(line: str, capsys: Any) -> None:
    ran = Ran(capsys, line)
    assert ran.code == 0 and len(ran.lines) <= 24 and max(map(len, ran.lines)) <= 80
    assert len(hits(line)) <= 24 or re.search(r"and \d+ more", ran.out)


def test_why_a_row_is_found_is_told(capsys: Any) -> None:
    """Where its title and statement do not show it: by a misprint, a step, the right form of an erratum."""
    assert "found by a misprint: SM B says “B.15 and B.16”" in formulas.unwrapped(Ran(capsys, "B.16").out)
    assert "found by a step: " in Ran(capsys, "dv/du").out
    assert "found by the right form: " in Ran(capsys, "only where output").out
    assert "found by" not in Ran(capsys, "sigmoid derivative").out


def test_what_is_only_near_says_so() -> None:
    told = hits(r"\sum_i e_i x_i^T + w")
    assert told and all(hit.why.startswith("most of it: ") for hit in told)


def test_an_id_in_capitals_is_no_symbol(capsys: Any) -> None:
    """C1 and D2 stand in other rows as references."""
    for line in ("C1", "D2", "E3", "B2"):
        assert "is also a symbol" not in Ran(capsys, line).out


def test_y_hat_is_an_input(capsys: Any) -> None:
    assert Ran(capsys, "D1 y=1,2 y_hat=1,4").out == Ran(capsys, "D1 y=1,2 ŷ=1,4").out
