"""Mistakes of shape, of index and of order in the sources: the ledger shows the printed array beside the one meant."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import calculus
from scalargrad.calculus.shapes import shape
from scalargrad.ledger.compare import Comparison, Refutation
from scalargrad.ledger.engine import engine_gradient
from scalargrad.ledger.rows import check
from scalargrad.transforms.containers import flat
from tests.support.drawn import QUARTERS, matrices
from tests.support.networks import STYLES, Scalar
from tests.support.witness import hold

pytestmark = pytest.mark.once

LAYERS: Scalar = STYLES["scalar"]
DRAWN = range(12)


def refutations(id: str, start: str, seed: int) -> tuple[dict[str, Any], list[Refutation]]:
    """The inputs, and what the erratum shows whose text has that beginning."""
    checked = check(id, seed=seed)
    assert checked.misses == []
    found = [each for each in checked.refutations if each.what.startswith(start)]
    assert found, start
    return checked.inputs, found


def turned(a: Any) -> Any:
    """The transpose."""
    return [list(column) for column in zip(*a)]


def mask(z: Any) -> Any:
    return [[float(item > 0.0) for item in row] for row in z]


def layer(x: Any, k: int) -> Any:
    """∂(XW)_ij/∂W_rs = X_ir δ_js."""
    return [[[[item * (j == s) for s in range(k)] for item in row] for j in range(k)] for row in x]


def by_element(z: Any) -> Any:
    """∂relu(Z)_ij/∂Z_rs = 1[Z_ij > 0] δ_ir δ_js."""
    rows, width = range(len(z)), range(len(z[0]))
    return [[[[float(z[i][j] > 0.0 and (i, j) == (r, s)) for s in width] for r in rows] for j in width] for i in rows]


PRINTED: tuple[tuple[str, str, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    ("E1", "∂Y/∂W = X, an m×n matrix", lambda v: v["X"], lambda v: layer(v["X"], len(v["W"][0]))),
    ("E1", "∂Y/∂W as a tensor m×n×k", lambda v: [[[x] * len(v["W"][0]) for x in row] for row in v["X"]],
     lambda v: layer(v["X"], len(v["W"][0]))),
    ("E1", "∂Y/∂W as a tensor m×k×n", lambda v: [[row] * len(v["W"][0]) for row in v["X"]],
     lambda v: layer(v["X"], len(v["W"][0]))),
    ("E1", "each element", lambda v: [[[x] * len(v["W"][0]) for x in row] for row in v["X"]], lambda v: v["X"][0][0]),
    ("E10", "∂scores/∂W2 = h1ᵀ", lambda v: turned(v["h"]), lambda v: layer(v["h"], len(v["W2"][0]))),
    ("E10", "∂(XW1 + b1)/∂W1 = Xᵀ", lambda v: turned(v["X"]), lambda v: layer(v["X"], len(v["W1"][0]))),
    ("E11", "∂max(0, x)/∂x as a column, n×1", lambda v: turned(mask([v["x"]])),
     lambda v: [[float(i == j and x > 0.0) for j in range(len(v["x"]))] for i, x in enumerate(v["x"])]),
    ("E11", "∂h1/∂Z", lambda v: mask(v["Z"]), lambda v: by_element(v["Z"])),
    ("E11", "∂L/∂b1", lambda v: [[sum(u) * m for u, m in zip(zip(*v["U"]), row)] for row in mask(v["Z"])],
     lambda v: [sum(u * (z > 0.0) for u, z in zip(*both)) for both in zip(zip(*v["U"]), zip(*v["Z"]))]),
    ("E12", "a column w minus a row", lambda v: [[w - v["η"] * g for g in v["g"]] for w in v["w"]],
     lambda v: [[w - v["η"] * g] for w, g in zip(v["w"], v["g"])]),
    ("E13", "f(x) = [f(x₁), f(x₂), …] as a row", lambda v: [[math.sin(x) for x in v["x"]]],
     lambda v: [[math.sin(x)] for x in v["x"]]),
)  # fmt: skip


@pytest.mark.parametrize(("id", "start", "printed", "meant"), PRINTED, ids=[f"{row[0]} {row[1]}" for row in PRINTED])
def test_a_wrong_shape_stands_beside_the_array_that_is_meant(
    id: str, start: str, printed: Callable[[Any], Any], meant: Callable[[Any], Any]
) -> None:
    """With the numbers of the inputs, in the shapes of the text and of the derivative."""
    for seed in DRAWN:
        inputs, (each,) = refutations(id, start, seed)
        wrong, right = printed(inputs), meant(inputs)
        assert shape(each.wrong) == shape(wrong) != shape(right) == shape(each.right.analytic)
        assert flat(each.wrong) == pytest.approx(flat(wrong), rel=1e-14, abs=1e-14)  # of at most three terms below 10
        for found in (each.right.analytic, each.right.engine):
            assert flat(found) == pytest.approx(flat(right), rel=1e-14, abs=1e-14)
        ((path, *both),) = each.parts()
        assert path == "" and both == [each.wrong, each.right.analytic]


PRODUCTS: tuple[tuple[str, str, Callable[[Any], tuple[Any, Any]], bool], ...] = (  # in order; whether it may conform
    ("E1", "G Xᵀ", lambda v: (v["G"], turned(v["X"])), True),
    ("E1", "X G", lambda v: (v["X"], v["G"]), False),
    ("E10", "S h1ᵀ", lambda v: (v["S"], turned(v["h"])), False),
    ("E10", "T Xᵀ", lambda v: (v["T"], turned(v["X"])), False),
    ("E11", "U 1[h1 > 0]", lambda v: (v["U"], mask(v["Z"])), False),
)


@pytest.mark.parametrize(("id", "name", "factors", "may"), PRODUCTS, ids=[f"{row[0]} {row[1]}" for row in PRODUCTS])
def test_a_product_that_does_not_conform_fails_on_its_square_blocks(
    id: str, name: str, factors: Callable[[Any], tuple[Any, Any]], may: bool
) -> None:
    conform = set()
    for seed in DRAWN:
        checked = check(id, seed=seed)
        whole, block = (each for each in checked.refutations if f" = {name}" in each.what)
        a, b = factors(checked.inputs)
        conform.add(len(a[0]) == len(b))
        if len(a[0]) != len(b):
            assert whole.wrong.startswith(
                f"{name} is ({len(a)}×{len(a[0])})({len(b)}×{len(b[0])}): it does not conform"
            )
        q = min(*shape(a), *shape(b))
        assert q > 1 and f"the leading {q}×{q} blocks" in block.what
        product = [[sum(a[i][p] * b[p][j] for p in range(q)) for j in range(q)] for i in range(q)]
        assert flat(block.wrong) == pytest.approx(flat(product), rel=1e-13, abs=1e-13)  # of three terms below 10
        assert shape(block.right.analytic) == (q, q) and block.parts()[0][0]
    assert conform == {False, True} if may else {False}


NETWORKS = st.integers(1, 3).flatmap(
    lambda n: st.tuples(
        matrices(n, 2, QUARTERS), st.lists(st.integers(0, 1), min_size=n, max_size=n), matrices(2, 2, QUARTERS),
        st.lists(QUARTERS, min_size=2, max_size=2), st.sampled_from((0.5, 0.25, 2.0)),
    )
)  # fmt: skip


@given(NETWORKS)
def test_the_gradients_of_a_mean_are_no_multiple_once_there_is_a_regulariser(drawn: Any) -> None:
    """[TL] 2 and 4: N times too large by h1 and by W2; with 2 reg W2 added, in another direction, so of no use."""
    h, classes, w2, b2, reg = drawn
    count, scores = len(h), calculus.linear(h, w2, b2)
    s = [[p - (j == c) for j, p in enumerate(calculus.softmax(row))] for row, c in zip(scores, classes)]
    by_h, by_w2, _ = calculus.linear_backward(h, w2, s)

    def mean(h: Any, w2: Any) -> Any:
        return LAYERS.cross_entropy(LAYERS.linear(h, w2, b2), classes)

    for wrong, engine in zip((by_h, by_w2), engine_gradient(mean, h, w2)):
        # terms below 3, of which at most three are added; scores are below 21, and an error of theirs is relative in p
        hold("D3", Comparison("N times", wrong, [[count * g for g in row] for row in engine], 9.0 * 43.0 * count, 3))
    used = [g + 2.0 * reg * w for g, w in zip(flat(by_w2), flat(w2))]
    right = [g / count + 2.0 * reg * w for g, w in zip(flat(by_w2), flat(w2))]
    crossed = max(abs(a * q - b * p) for a, p in zip(used, right) for b, q in zip(used, right))
    # used × right = (1 - 1/N) data × decay
    expected = max(abs(a * q - b * p) for a, p in zip(flat(by_w2), flat(w2)) for b, q in zip(flat(by_w2), flat(w2)))
    bound = 1e-13 * max(map(abs, used)) * max(map(abs, right))  # some hundred roundings of each product
    assert abs(crossed - (1.0 - 1.0 / count) * 2.0 * reg * expected) <= bound + 1e-300
    assume(count > 1 and expected > 1e-6)
    assert crossed > bound


def test_the_last_row_of_theorem_b26_as_it_is_printed() -> None:
    """∂f₁/∂xₙ stands twice there. Where fⱼ reads xⱼ alone, and n > 2, both are 0: a general f tells them apart."""
    for seed in DRAWN:
        inputs, (each,) = refutations("E13", "∂f₁/∂xₙ twice", seed)
        n, slope = len(inputs["x"]), math.cos(math.fsum(inputs["x"]))
        right = [[j * slope for j in range(1, n + 1)] for _ in range(n)]
        assert each.right.analytic == right
        assert {path for path, _, _ in each.parts()} == {f"[{n - 1}][1]"} and each.wrong[-1][1] == slope
        assert engine_gradient(lambda v: sg.sin(sg.sum(v)) * 2.0, inputs["x"])[-1] == pytest.approx(right[-1][1])


# --- the rows beside them ---------------------------------------------------------------------------------------------


def test_the_two_layer_network_is_drawn_with_active_units_and_others() -> None:
    """In the same column where there are two rows or more."""
    for seed in range(60):
        v = check("D3", seed=seed).inputs
        z = calculus.linear(v["X"], v["W1"], v["b1"])
        if len(flat(z)) > 1:
            assert {item > 0.0 for item in flat(z)} == {False, True}


def test_the_factors_of_the_two_layer_network_have_four_indices() -> None:
    for seed in DRAWN:
        checked = check("D3", seed=seed)
        v, steps = checked.inputs, {each.what.partition(" ")[0]: each for each in checked.comparisons if each.is_step}
        z = calculus.linear(v["X"], v["W1"], v["b1"])
        h = [[max(item, 0.0) for item in row] for row in z]
        assert steps["∂h/∂z"].analytic == by_element(z)
        assert steps["∂scores/∂W2"].analytic == layer(h, len(v["b2"]))
        assert next(each for each in checked.comparisons if each.what.startswith("∂(XW1 + b1)/∂W1")).analytic == layer(
            v["X"], len(v["b1"])
        )
        assert steps["relu'(z)"].analytic == mask(z) and "element by element" in steps["relu'(z)"].what


def test_the_regulariser_is_the_one_of_the_text() -> None:
    checked = check("D4", {"X": 1, "W1": 2, "b1": 0, "W2": 3, "b2": 0, "classes": 0, "reg": 0.5})
    told = {each.what: each.analytic for each in checked.comparisons}
    assert checked.holds and told["reg(‖W1‖² + ‖W2‖²)"] == 6.5 == calculus.l2(0.5, [[2.0]], [[3.0]])
    assert [what for what in told if "third" in what] == [
        "l2 of any matrices, as W1, W2 and a third, here X (which no text regularises)"
    ]


@pytest.mark.parametrize(("id", "own"), [
    ("E1", {"X": 2, "W": 3, "G": -1}), ("E1", {"X": [[0, 0], [0, 1]], "W": [[1, 2], [3, 4]], "G": [[0, 0], [0, 0]]}),
    ("E3", {"X": -1, "W1": 0, "b1": 0, "W2": [[0, 0]], "b2": [0, 0], "classes": 0}),
    ("E3", {"X": [[-1], [2]], "scores": [[0, 0], [0, 0]], "classes": [0, 1]}), ("E3", {"reg": 0}),
    ("E10", {"X": [[1, 2], [3, 4], [5, 6], [7, 8]]}), ("E10", {"h": 0, "S": -1, "X": 2, "T": 3}),
    ("E11", {"x": 0, "Z": 0, "U": -1}), ("E11", {"Z": [[0, 0], [0, 0]], "U": [[1, 2], [3, 4]]}),
    ("E13", {"x": 0}), ("E13", {"x": [0, 0, 0]}), ("E13", {"x": [-1, 2, -3, 4, -5, 6, -7, 8, -9, 10, 11, 12]}),
    ("D3", {"X": 1, "W1": 0, "b1": 0}), ("D3", {"b1": [-5, 0]}), ("D4", {"X": -1, "W1": 0, "b1": 0, "W2": [[0, 0]]}),
])  # fmt: skip
def test_numbers_of_the_readers_own_hold(id: str, own: dict[str, Any]) -> None:
    """Of size 1, zeros and negative ones. A wrong form may agree there, and a right one may not fail."""
    for seed in range(4):
        checked = check(id, own, seed)
        assert [miss for miss in checked.misses if not miss.endswith("agrees with the right one here")] == []
