"""The hypothesis strategies: expressions run, stay in range and shrink; vectors and matrices are as asked for."""

from __future__ import annotations

import math
import sys
from typing import Any

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.errors import ArgumentError, MissingExtraError
from scalargrad.testing import Expression, check_grad, expressions, matrices, numbers, shapes, vectors
from tests.support.engines import bits

pytestmark = pytest.mark.once


@given(expressions(max_nodes=10))
def test_an_expression_runs_on_floats_and_values_and_as_text(e: Expression) -> None:
    value = e(*e.inputs)
    leaves = [Value(x) for x in e.inputs]
    root = e(*leaves)
    root.backward()
    assert type(value) is float and math.isfinite(value) and bits(value) == bits(root.data)
    assert repr(e) == e.source
    printed: list[Any] = []
    exec(e.source, {"print": lambda *x: printed.extend(x)})
    assert list(map(bits, printed)) == [bits(x) for x in (root.data, *(leaf.grad for leaf in leaves))]
    assert all(abs(leaf.grad) < 1e6 for leaf in leaves)


SHRINKS = [
    pytest.param(text, marks=pytest.mark.slow) for text in ("sg.where(", "sg.softmax(", " % ", "-x0", "sg.logsumexp(")
]


@pytest.mark.parametrize("text", ["sg.sin(", *SHRINKS])
def test_an_expression_shrinks_to_one_step(text: str) -> None:
    found = find(expressions(), lambda e: text in e.source)
    assert (found.inputs, len(found.source.splitlines())) == ([0.0], 5)


def test_a_failing_expression_shrinks_to_what_matters() -> None:
    """Two functions in sequence: two lines between the head and the tail, and one input."""
    found = find(
        expressions(["tanh", "exp", "add", "mul"]), lambda e: "sg.tanh(v" in e.source and "sg.exp(" in e.source
    )
    assert len(found.source.splitlines()) == 6 and len(found.inputs) == 1


def test_expressions_ask_for_primitives_that_there_are() -> None:
    with pytest.raises(ArgumentError, match="no primitive 'gamma': choose one of add, sub"):
        expressions(["gamma"])
    for wrong in ({"primitives": []}, {"n_inputs": 0}, {"max_nodes": 0}):
        with pytest.raises(ArgumentError, match="at least one"):
            expressions(**wrong)


@given(st.data())
def test_shapes_vectors_matrices(data: st.DataObject) -> None:
    shape = data.draw(shapes(min_dims=2, min_side=1, max_side=4))
    assert len(shape) == 2 and all(1 <= side <= 4 for side in shape)
    m = data.draw(matrices(shape=shape, leaves=True))
    assert (len(m), {len(row) for row in m}) == (shape[0], {shape[1]})
    assert all(type(item) is Value for row in m for item in row)
    x = data.draw(vectors(min_size=2, max_size=3))
    assert 2 <= len(x) <= 3 and all(type(item) is float and abs(item) <= 1e3 for item in x)
    assert all(0 <= item <= 1 for item in data.draw(vectors(st.floats(0, 1))))
    assert math.isfinite(data.draw(numbers(extreme=True)))


@pytest.mark.parametrize("wanted", [
    lambda x: bits(x) == bits(-0.0), lambda x: 0 < abs(x) < 1e-308, lambda x: abs(x) > 1e300, lambda x: x == 5e-324,
], ids=range(4))  # fmt: skip
def test_extreme_numbers(wanted: Any) -> None:
    find(vectors(numbers(extreme=True)), lambda x: any(map(wanted, x)))


@pytest.mark.parametrize("make", [numbers, shapes, vectors, matrices, expressions])
def test_without_hypothesis(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(MissingExtraError, match=r"hypothesis .*'scalargrad\[test\]'"):
        make()
    check_grad(sg.sin, 1.0)
