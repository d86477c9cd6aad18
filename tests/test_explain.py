"""Explanations: every number is the engine's, and the sum over all paths is the gradient."""

from __future__ import annotations

import math
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, Vector, anomaly, core
from scalargrad.errors import ArgumentError
from scalargrad.look import paths, telling
from scalargrad.look.explaining import swept
from scalargrad.look.steps import Step, names_of, record_of
from scalargrad.table import ops
from scalargrad.testing import strategies

MOST = 5000  # paths of a random graph that are summed


def every_path(steps: list[Step], x: int, y: int) -> list[tuple[int, ...]]:
    """All paths, by recursion."""
    if x == y:
        return [(y,)]
    return [(*path, y) for operand in steps[y].operands for path in every_path(steps, x, operand)]


@given(strategies.expressions())
def test_the_sum_over_paths_is_the_gradient(e: Any) -> None:
    values = [Value(x) for x in e.inputs]
    y = e(*values)
    assume(isinstance(y, Value))
    steps, last = swept(y)
    names = names_of(steps)
    assert all(v.grad == 0.0 for v in values)  # no grad is changed
    y.backward()
    leaves = [k for k, step in enumerate(steps) if step.is_leaf]
    for k in leaves:
        if paths.counted(steps, [k], last) > MOST:
            continue
        found = list(paths.largest_first(steps, [k], last))
        assert sorted(path.steps for path in found) == sorted(every_path(steps, k, last))
        ways = [telling.product(path, steps, names).sides[0] for path in found if len(path.steps) <= telling.SHOWN]
        assert len(set(ways)) == len(ways)  # no two look alike
        products = [path.product for path in found]
        sizes = [abs(p) for p in products]
        assert all(a >= b * (1 - 1e-12) for a, b in pairwise(sizes))
        # each product is of as many factors as the path has steps, and each sum of the sweep has a rounding for a term
        bound = math.fsum(sizes) * 2.0**-52 * (len(steps) + len(products))
        assert abs(math.fsum(products) - steps[k].grad) <= bound
    assert [steps[k].grad for k in leaves] == [leaf.grad for leaf in record_of(y).leaves]


def test_the_largest_of_very_many() -> None:
    z = x = Value(3.0)
    for _ in range(40):
        z = z * 0.7 + z * z * 0.1
    steps, last = swept(z)
    assert paths.counted(steps, [0], last) == 3**40
    found = list(islice(paths.largest_first(steps, [0], last), 30))
    assert all(a.product >= b.product * (1 - 1e-12) for a, b in pairwise(found))
    text = str(sg.explain(z, x, max_paths=3))
    assert text.startswith("12,157,665,459,056,928,801 paths lead from x1 to v160\n")
    assert "These are the 3 largest. The sum of all is the derivative\n" in text and " -> ... -> " in text


def neuron() -> tuple[Value, Value, Value]:
    x, w = Value(3.0), Value(-2.0)
    x.label, w.label = "x", "w"
    y = sg.tanh(x * w) - x / w
    y.label = "y"
    return x, w, y


def test_forwards_and_backwards() -> None:
    _, _, y = neuron()
    assert str(sg.explain(y)).splitlines() == [
        "Forwards", "  x = 3", "  w = -2", "  v1 = x * w = 3 * (-2) = -6", "  v2 = tanh(v1) = tanh(-6) = -0.99999",
        "  v3 = x / w = 3 / (-2) = -1.5", "  y = v2 - v3 = -0.99999 - (-1.5) = 0.50001",
        "Backwards", "  dy/dy = 1", "  dy/dv3 = dy/dy * ∂y/∂v3 = 1 * (-1) = -1",
        "  dy/dv2 = dy/dy * ∂y/∂v2 = 1 * 1 = 1", "  dy/dv1 = dy/dv2 * ∂v2/∂v1 = 1 * 2.4577e-05 = 2.4577e-05",
        "  dy/dw = dy/dv3 * ∂v3/∂w + dy/dv1 * ∂v1/∂w = -1 * (-0.75) + 2.4577e-05 * 3 = 0.75007",
        "  dy/dx = dy/dv3 * ∂v3/∂x + dy/dv1 * ∂v1/∂x = -1 * (-0.5) + 2.4577e-05 * (-2) = 0.49995",
    ]  # fmt: skip


def test_digits_that_cancel() -> None:
    x = Value(1.0)
    y = 1000.0 * x - 999.0 * x
    assert "Their sum is the derivative; 3.3 digits cancel\n" in str(sg.explain(y, x))
    assert "all digits cancel" in str(sg.explain(x - x, x))


def test_paths_to_results_labels_and_itself() -> None:
    x, w, y = neuron()
    v = (x * w) * 1.0
    z = v * v + w
    assert str(sg.explain(z, v)).splitlines()[0].startswith("2 paths lead from v2 to v4")
    assert str(sg.explain(y, "w")) == str(sg.explain(y, w))
    assert str(sg.explain(y, y)).splitlines() == [
        "1 path leads from y to y", "  y: 1", "The product is the derivative", "  dy/dy = 1",
    ]  # fmt: skip
    assert str(sg.explain(x)) == "Forwards\n  x = 3\nBackwards\n  dx/dx = 1"
    grads = x.grad, w.grad
    y.backward()
    sg.explain(y), sg.explain(y, x)
    assert (x.grad, w.grad) != grads and y.grad == 1.0
    before = x.grad
    sg.explain(y, x)
    assert x.grad == before


def test_a_number_that_one_operation_uses_twice() -> None:
    """The paths are told apart; the numbers of operands count from 1, constants too."""
    x = Value(3.0, label="x")
    y = sg.where(x < 2.0, x, x) * x
    lines = str(sg.explain(y, x)).splitlines()[1:4]
    assert lines == [
        "  x (operand 3) -> v1 -> v2: 1 * 3 = 3", "  x -> v2: 3", "  x (operand 2) -> v1 -> v2: 0 * 3 = 0"]  # fmt: skip
    assert r"x\text{ (operand 2)} \to v_{1}\colon 3" in str(sg.explain(x * x, x, "latex"))
    assert "x (operand 2) → v1: 3" in str(sg.explain(x * x, x, "html"))
    z = Value(2.0, label="z")
    for _ in range(12):
        z = z * z
    assert "-> v4 (operand 1) -> ... -> v8 (operand 1) -> v9" in str(sg.explain(z, "z", max_paths=1))


def test_formats(tmp_path: Path) -> None:
    x, _, y = neuron()
    markdown, latex = str(sg.explain(y, x, "markdown")), str(sg.explain(y, format="latex"))
    assert markdown.startswith("**2 paths lead from x to y**") and markdown.count("- $") == 3
    assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}") == 2 and r"\frac{x}{w}" in latex
    assert r"\frac{d y}{d v_{1}} &= \frac{d y}{d v_{2}} \frac{\partial v_{2}}{\partial v_{1}}" in latex
    assert sg.explain(y)._repr_markdown_().count("\n- $") == 12 and repr(sg.explain(y)) == str(sg.explain(y))
    for ending, wanted in ((".md", markdown), (".txt", "2 paths"), (".tex", r"\paragraph{2 paths")):
        saved = sg.explain(y, x).save(tmp_path / f"y{ending}")
        assert Path(saved).read_text(encoding="utf-8").startswith(wanted)


def test_operations_as_people_write_them() -> None:
    x, w = Value(-2.0, label="x"), Value(3.0, label="w")
    less = core.apply(ops.OPCODE["lt"], x, w)
    for y, text, latex in (
        (x**w, "x**w = (-2)**3", r"x^{w} = \left(-2\right)^{3}"), (w**-2, "w**-2 = 3**-2", "w^{-2} = 3^{-2}"),
        (x // w, "x // w = -2 // 3", r"\left\lfloor \frac{x}{w} \right\rfloor = "
         r"\left\lfloor \frac{-2}{3} \right\rfloor"), (-x, "-x = -(-2)", r"-x = -\left(-2\right)"),
        (w % x, "w % x = 3 % (-2)", r"w \bmod x = 3 \bmod \left(-2\right)"),
        (sg.sqrt(w), "sqrt(w) = sqrt(3)", r"\sqrt{w} = \sqrt{3}"),
        (sg.tanh(w), "tanh(w) = tanh(3)", r"\operatorname{tanh}\left(w\right) = \operatorname{tanh}\left(3\right)"),
        (sg.softmax([x, w])[0].operands[0], "exp(x - 3) = exp(-2 - 3)",  # the largest is a constant
         r"\operatorname{exp}\left(x - 3\right) = \operatorname{exp}\left(-2 - 3\right)"),
        (less, "(x < w) = (-2 < 3)", r"\left(x < w\right) = \left(-2 < 3\right)"),
    ):  # fmt: skip
        assert f"\n  v1 = {text} = " in str(sg.explain(y)) and f"- $v_{{1}} = {latex} = " in markdown_of(y)
        assert str(sg.draw(y, "text")).startswith(f"v1 = {text.split(' = ')[0]}: data ")
        assert (y._repr_latex_() or "").startswith(rf"$\displaystyle {latex.split(' = ')[0]} = ")


def markdown_of(y: Value) -> str:
    return str(sg.explain(y, format="markdown"))


def test_wrong_arguments() -> None:
    x, w, y = neuron()
    other = Value(1.0)
    for stranger in (other, other * 2, y * 2):
        with pytest.raises(ArgumentError, match="y was not computed from x"):
            sg.explain(y, stranger)
    with pytest.raises(ArgumentError, match="no number of the graph has the label 'z'; its labels: w, x, y"):
        sg.explain(y, "z")
    w.label = "x"
    with pytest.raises(ArgumentError, match="2 numbers of the graph have the label 'x'"):
        sg.explain(y, "x")
    with pytest.raises(ArgumentError, match="explain takes a Value, got float"):
        sg.explain(2.0)
    with pytest.raises(ArgumentError, match=r"explain\(y, x\) takes a Value, got Vector"):
        sg.explain(y, Vector([1.0]))
    with pytest.raises(ArgumentError, match="format 'text', 'markdown', 'latex', 'html', got 'pdf'"):
        sg.explain(y, format="pdf")
    for few in (0, -1):
        with pytest.raises(
            ArgumentError, match=f"at least one path, got max_paths={few}: max_paths=1 lists the largest"
        ):
            sg.explain(y, x, max_paths=few)
    with pytest.raises(ArgumentError, match=r"saved as \.txt, \.md, \.tex or \.html"):
        sg.explain(y).save("y.pdf")
    z = y
    for _ in range(100):
        z = z + x
    with pytest.raises(ArgumentError, match=r"the graph has 106 steps, more than max_steps=50"):
        sg.explain(z, max_steps=50)


def test_reductions_joint_operations_and_nodes_by_hand() -> None:
    v = Vector([1.0, 2.0, 4.0])
    y = sg.logsumexp(v) + sg.prod(v)
    assert "3 paths" not in str(sg.explain(y, v[0])) and "2 paths lead from" in str(sg.explain(y, v[0]))
    a = sg.Matrix([[2.0, 1.0], [0.5, 3.0]])
    x = sg.linalg.solve(a, Vector([1.0, 2.0]))
    shown = str(sg.explain(x[0] * x[1], a[0, 0]))
    assert shown.startswith("2 paths lead")
    hand = Value(5.0, (v[0], v[1]), (2.0, 3.0))
    assert "Their sum is the derivative; no digits cancel" in str(sg.explain(hand * v[0], v[0]))
    assert math.isnan(swept(Value(-1.0) ** 0.5)[0][-1].data)


# --- where a nan comes from ------------------------------------------------------------------------------------------


def told(y: Value) -> list[str]:
    """What the explanation says beyond the steps."""
    lines = str(sg.explain(y)).splitlines()
    return lines[next((k for k, line in enumerate(lines) if line.startswith("The ")), len(lines)) :]


def test_the_way_of_a_nan_to_the_result_and_to_the_gradients() -> None:
    x, w = Value(0.0, label="x"), Value(2.0, label="w")
    h = x * w
    h.label = "h"
    assert told(sg.log(h) * 3.0 + 1.0) == [
        "The -inf of v3 comes from v1, made from finite numbers", "  v1 = log(h) = log(0) = -inf",
        "  v2 = v1 * 3 = -inf * 3 = -inf", "  v3 = v2 + 1 = -inf + 1 = -inf"]  # fmt: skip
    assert told(sg.sqrt(h) * 3.0) == [
        "The inf of dv2/dx comes from the derivative of v1 = sqrt(h)", "  dv2/dh = dv2/dv1 * ∂v1/∂h = 3 * inf = inf",
        "  dv2/dx = dv2/dh * ∂h/∂x = inf * 2 = inf"]  # fmt: skip
    assert told(sg.where(x > 0.0, sg.log(x), x) + h) == [] == told(Value(math.nan))  # what is masked does not count
    assert told(Value(math.nan) * w)[0] == "The nan of v1 comes from the leaf x1"
    assert told(sg.where(w > 0.0, w * math.inf, x))[0] == "The inf of v2 comes from the constant inf"
    y = 1.0 / x
    for _ in range(20):
        y = y * 1.0
    assert told(y)[4] == "  ... 15 more ..." and len(told(y)) == 8
    overflow = w * 0.7e308 + w * 0.7e308 - w * 0.3e308
    assert told(overflow * 1e-300)[0] == "The inf of v6 comes from v3, made from finite numbers"


def test_operands_that_the_steps_do_not_show() -> None:
    assert told(Value(2.0) ** math.nan)[0] == "The nan of v1 comes from the constant nan"
    q = Vector([math.nan, 1.0])
    assert told(sg.softmax(q)[1])[0] == "The nan of v4 comes from the nan of another element"


@given(strategies.expressions(), st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1e300]))
def test_an_explanation_and_a_summary_name_the_same_origin(e: Any, bad: float) -> None:
    y: Any = e(*map(Value, [bad, *e.inputs[1:]]))
    assume(isinstance(y, Value) and y._op and not math.isfinite(y.data))
    way, source = anomaly.origin(y)
    title, *lines = told(y)
    is_leaf = source is not None and isinstance(source.operand, core.Node)
    assert title.startswith(f"The {y.data} of ")
    assert ("made " in title, "comes from the leaf " in title) == (source is None, is_leaf)
    assert source is None or is_leaf or title.endswith(f"comes from {source}")
    assert len(lines) == min(way.length + is_leaf, 2 * anomaly.SHOWN + 1)


@given(strategies.expressions(), st.sampled_from([math.nan, math.inf, 0.0, 1e300]))
def test_every_nan_has_an_origin(e: Any, bad: float) -> None:
    y: Any = e(*map(Value, [bad, *e.inputs[1:]]))
    assume(isinstance(y, Value) and y._op)
    steps, _ = swept(y)
    finite = [math.isfinite(x) for x in (y.data, *(leaf.grad for leaf in steps if leaf.is_leaf))]
    assert bool(told(y)) == (not all(finite))
