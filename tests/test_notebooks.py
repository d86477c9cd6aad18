"""What a notebook shows at the end of a cell: of a Value its graph, on paper its formula; of a network its layers."""

from __future__ import annotations

import math
import operator
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, Vector, nn

INFIX = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


def formula(y: Value) -> str:
    """The formula, without the marks around it."""
    text = y._repr_latex_()
    assert text is not None and text.startswith(r"$\displaystyle ") and text.endswith("$")
    return text[15:-1]


def computed(text: str, names: dict[str, float]) -> float:
    """The number of a formula: what stands before the last = of each line, computed by Python."""
    text = re.sub(r"([a-z])_\{(\d+)\}", r"\1\2", text.replace(r"\begin{aligned}", "").replace(r"\end{aligned}", ""))
    found = 0.0
    for line in text.split(r"\\"):
        name, *middle, _ = (part.strip() for part in line.replace("&", "").split(" = "))
        made = middle[0] if middle else name
        made = made.replace(r"\left(", "(").replace(r"\right)", ")").replace(r"\cdot", "*")
        made = re.sub(r"\\operatorname\{(\w+)\}", r"\1", made)
        for _ in range(40):  # from the inside
            made = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1) / (\2))", made)
            made = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", made)
        # a power binds tighter than a sign, and -3 is a name of one number
        found = names[name] = eval(made, {"tanh": math.tanh, "exp": math.exp}, names)
    return found


def trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    inner = st.recursive(
        leaves, lambda x: st.tuples(st.sampled_from([*INFIX, "neg", "tanh", "square", "name"]), x, x), max_leaves=6
    )
    return inner


@given(trees(st.sampled_from(["x", "w", 2.0, -2.0, 0.5])))
def test_a_formula_says_what_was_computed(tree: Any) -> None:
    """All brackets are there that Python needs, too."""
    leaves = {"x": Value(1.5, label="x"), "w": Value(-2.5, label="w")}
    count = 0

    def build(t: Any) -> Any:
        nonlocal count
        if not isinstance(t, tuple):
            return leaves.get(t, t)
        op, a, b = t[0], build(t[1]), build(t[2])
        if not isinstance(a, Value) and not isinstance(b, Value):
            return a
        if op == "neg":
            return -a
        if op == "tanh":
            return sg.tanh(a) if isinstance(a, Value) else a
        if op == "square":
            return a**2 if isinstance(a, Value) else a
        if op == "name" and isinstance(a, Value) and a._op:
            count += 1
            a.label = f"h{count}"
            return a
        return a if op == "name" else op(a, b)

    y = build(tree)
    assume(isinstance(y, Value) and y._op and math.isfinite(y.data) and abs(y.data) < 1e12)
    try:
        found = computed(formula(y), {"x": 1.5, "w": -2.5})
    except ArithmeticError:  # where Python raises, and IEEE 754 goes on with an infinity
        assume(False)
    assert found == pytest.approx(y.data, rel=1e-9)


def test_formulas() -> None:
    x, w = Value(2.0, label="x"), Value(-3.0, label="loss_1")
    assert formula(x) == "x = 2" and formula(Value(1.0)) == "x_{1} = 1"
    assert formula(x / w) == r"\frac{x}{\text{loss\_1}} = -0.66667"
    assert formula(sg.sqrt(x) // w % 3.0) == r"\left\lfloor \frac{\sqrt{x}}{\text{loss\_1}} \right\rfloor \bmod 3 = 2"
    assert formula(x**2 + x * 1e-20) == r"x^{2} + x \cdot 10^{-20} = 4"
    assert formula((x * 1.0) ** 2) == r"\left(x \cdot 1\right)^{2} = 4"
    assert formula(sg.max([x, w, 1.0])) == r"\operatorname{max}\left(x, \text{loss\_1}, 1\right) = 2"
    h = x * x
    assert formula(h + h) == r"\begin{aligned} v_{1} &= x \cdot x = 4 \\ v_{2} &= v_{1} + v_{1} = 8 \end{aligned}"
    h.label = "&="
    assert formula(h) == r"\text{\&=} = x \cdot x = 4"
    assert formula(1.0 / (x * 0.0)) == r"\frac{1}{x \cdot 0} = \infty"
    assert formula(x**1e300 % w * x).startswith(r"\left(x^{10^{300}} \bmod \text{loss\_1}\right) \cdot x = ")
    assert formula(x ** float("-inf")) == r"x^{-\infty} = 0"
    assert formula(sg.dot([x, w], [w, 2.0])).startswith(
        r"\operatorname{dot}\left(\left[x, \text{loss\_1}\right], \left[\text{loss\_1}, 2\right]\right)"
    )


def test_a_value_is_shown_as_its_graph_and_on_paper_as_a_formula() -> None:
    y = x = Value(1.0)
    for n in range(1, 40):
        y = y * x
        drawing, formula = str(sg.draw(y)), y._repr_latex_()
        assert (formula is None) == (n + 1 > 20) and drawing.startswith("<svg")
        assert y._repr_mimebundle_() == ({"text/html": drawing, "text/latex": formula} if formula else {})
        assert y._repr_svg_() == drawing
    assert sg.sum([x] * 100)._repr_latex_() is None  # few nodes, many operands


def test_a_notebook_gets_the_drawing() -> None:
    """In the format that it prefers."""
    formatters = pytest.importorskip("IPython.core.formatters")
    x = Value(2.0)
    for y, kinds in ((x * x, {"text/html", "text/latex", "image/svg+xml"}), (sg.sum([x] * 100), {"image/svg+xml"})):
        shown, _ = formatters.DisplayFormatter().format(y)
        assert {*shown} == {*kinds, "text/plain"}
        assert {kind for kind in shown if "<svg" in shown[kind]} == kinds - {"text/latex"}


class Scale(nn.Module):
    def __init__(self) -> None:
        self.factor, self.shift = Vector([1.0, 2.0]), Value(0.5)


class Net(nn.Module):
    def __init__(self) -> None:
        self.first = nn.Linear(2, 3)
        self.own = [Value(1.0), Value(2.0)]
        self.again = self.own
        self.parts = {"a": [Scale(), self.first], "b": Value(1.0)}


def test_a_network_is_shown_as_its_layers() -> None:
    model = Net()
    assert str(sg.summary(model)).splitlines() == [
        "model      Net: own (2,), parts.b ()     3",
        "first      Linear(2, 3)                  9",
        "parts.a.0  Scale: factor (2,), shift ()  3",
        "total                                   15",
    ]
    assert nn.summary(model) == str(sg.summary(model)) == repr(sg.summary(model))
    s = sg.summary(model)
    assert s.parameters == len(model.parameters()) == sum(row.parameters for row in s.layers) == 15
    assert s.layers[1] == ("first", "Linear(2, 3)", 9)
    rows = [
        ["".join(cell.itertext()) for cell in row] for row in ElementTree.fromstring(model._repr_html_()).iter("tr")
    ]
    assert rows[0] == ["", "layer", "parameters"] and rows[1:-1] == [[*row[:2], str(row[2])] for row in s.layers]
    assert rows[-1] == ["total", "", "15"]
    assert nn.summary(nn.Neuron(3)).startswith("model  Neuron: w (3,), b () 4\n")
    nest: Any = nn.Module()
    nest.itself, nest.parts = nest, [Value(1.0), Scale()]
    nest.parts.append(nest.parts)
    nest.parts[1].parameters = lambda: (x for x in [Value(1.0)])
    assert [row[:2] for row in sg.summary(nest).layers] == [
        ("model", "Module: parts.0 ()"),
        ("parts.1", "Scale: factor (2,), shift ()"),
    ]
    wide = Scale()
    vars(wide).update({f"p{k}": Value(1.0) for k in range(5)})
    assert sg.summary(wide).layers[0].layer == "Scale: factor (2,), shift (), p0 (), p1 (), and 3 more"
    assert sg.summary(nn.Module()).layers == [("model", "Module", 0)]
    assert nn.MLP(2, [1])._repr_html_().count("<tr>") == 3
    wide.__class__ = type("A<b>", (Scale,), {})
    assert "A&lt;b&gt;: factor" in wide._repr_html_()
