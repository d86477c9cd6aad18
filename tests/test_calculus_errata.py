"""Errata: each wrong form is written here, hypothesis finds numbers on which it fails, and the right one holds there.

A refutation is by numbers: a wrong form that has another shape is written out in the right one, as its text would use
it. `pytest -rP` prints the counterexamples.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import find, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad import Value, calculus
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_gradient, engine_jacobian, engine_value
from scalargrad.transforms.containers import flat
from tests.support.drawn import NUMBERS, QUARTERS, matrices, vectors
from tests.support.networks import STYLES, Scalar
from tests.support.witness import hold

pytestmark = pytest.mark.once

LAYERS: Scalar = STYLES["scalar"]
NOT_ZERO = QUARTERS.filter(bool)


def counterexample(strategy: st.SearchStrategy[Any], fails: Callable[[Any], bool]) -> Any:
    """The simplest numbers on which a wrong form fails; printed."""
    found = find(strategy, fails, settings=settings(derandomize=True, max_examples=2000, database=None))
    print("counterexample:", found)
    return found


def form(x: Any) -> Any:
    """The nesting without the numbers."""
    return [form(item) for item in x] if isinstance(x, (list, tuple)) else 0


def apart(wrong: Any, right: Any) -> bool:
    """Whether two results of one shape have a number that differs by a thousandth, or is a nan in one alone."""
    assert form(wrong) == form(right)
    return any(not (a == b or abs(a - b) <= 1e-3 * max(abs(a), abs(b))) for a, b in zip(flat(wrong), flat(right)))


def indexed(f: Callable[..., float], *sizes: int) -> Any:
    """Nested lists of f(i, j, …), for indices from 0 to each size."""
    if not sizes:
        return f()
    return [indexed(lambda *rest, first=first: f(first, *rest), *sizes[1:]) for first in range(sizes[0])]


def product(a: Any, b: Any) -> Any:
    """The matrix product."""
    return [[sum(p * q for p, q in zip(row, column)) for column in zip(*b)] for row in a]


def turned(a: Any) -> Any:
    """The transpose."""
    return [list(column) for column in zip(*a)]


def only(i: int, j: int) -> float:
    """Kronecker's delta."""
    return float(i == j)


# --- the linear layer -------------------------------------------------------------------------------------------------


def linear_jacobian(x: Any, w: Any) -> Any:
    """∂Y_ij/∂W_rs by the engine, for Y = XW."""
    by_entry, k = engine_jacobian(lambda v: [item for row in LAYERS.linear(x, v) for item in row], w), len(w[0])
    return [by_entry[i * k : i * k + k] for i in range(len(x))]


def pulled_back(x: Any, g: Any, w: Any) -> Any:
    """∂L/∂W by the engine, for L = the sum of G⊙(XW)."""
    return engine_gradient(lambda v: LAYERS.total(LAYERS.linear(x, v), g), w)


SQUARE = matrices(2, 2, QUARTERS)
PAIRS = st.tuples(SQUARE, SQUARE)  # X and G, or h and S, where every order of the factors conforms
W = [[1.0, 2.0], [3.0, 4.0]]  # a product is linear: its derivative by W does not depend on W


def test_E1_the_linear_jacobian_is_no_matrix() -> None:
    """“∂Y/∂W = X” has no δ; “s = r and j = s” has one too many; pulled back, X must be transposed and stand first."""

    def without_delta(x: Any) -> Any:
        return indexed(lambda i, j, r, s: x[i][r], *[len(x)] * 4)

    def one_delta_more(x: Any) -> Any:
        return indexed(lambda i, j, r, s: x[i][r] * only(s, r) * only(j, s), *[len(x)] * 4)

    forms = (without_delta, one_delta_more)
    x = counterexample(SQUARE, lambda x: all(apart(f(x), linear_jacobian(x, W)) for f in forms))
    right = indexed(lambda i, j, r, s: x[i][r] * only(s, j), 2, 2, 2, 2)
    assert linear_jacobian(x, W) == calculus.linear_jacobian_by_weights(x, 2) == right
    # “1 only where s = r and j = s” is ∂W_sj/∂W_rs, a step with fixed s and j: the sum has ∂W_rj/∂W_rs = δ_js
    steps = engine_jacobian(lambda v: [v[0][1]], W)[0]
    assert steps == [[only(s, 1) * only(r, 0) for s in range(2)] for r in range(2)]

    def untransposed(x: Any, g: Any) -> Any:
        return product(x, g)

    def in_the_other_order(x: Any, g: Any) -> Any:
        return product(g, turned(x))

    orders = (untransposed, in_the_other_order)
    x, g = counterexample(PAIRS, lambda pair: all(apart(f(*pair), pulled_back(*pair, W)) for f in orders))
    assert pulled_back(x, g, W) == calculus.linear_backward(x, W, g)[1] == product(turned(x), g)
    x, w, g = [[2.0]], [[0.5]], [[3.0]]  # of one number, all forms are right
    assert all(f(x) == linear_jacobian(x, w) for f in forms)
    assert all(f(x, g) == pulled_back(x, g, w) for f in orders)


# --- softmax ----------------------------------------------------------------------------------------------------------

SCORES = st.lists(NUMBERS, min_size=1, max_size=3)


def softmax_holds(z: list[float], by_steps: Any) -> None:
    """A step of the derivation, the closed form and the engine agree on ∂p/∂z."""
    hold("C7", Comparison("the right step", calculus.softmax_jacobian(z), by_steps, 2.0, len(z) + 4))
    hold("C7", Comparison("engine", calculus.softmax_jacobian(z), engine_jacobian(sg.softmax, z), 2.0, len(z)))


def test_E2_the_softmax_step() -> None:
    """The Σe that the quotient rule leaves beside δ is dropped; and then pᵢδᵢⱼ becomes pᵢ(1 - δᵢⱼ)."""

    def dropped(z: list[float]) -> list[list[float]]:
        e = [math.exp(item) for item in z]
        return [[(a * only(i, j) - a * b) / sum(e) ** 2 for j, b in enumerate(e)] for i, a in enumerate(e)]

    def flipped(z: list[float]) -> list[list[float]]:
        p = calculus.softmax(z)
        return [[a * (1.0 - only(i, j)) - a * b for j, b in enumerate(p)] for i, a in enumerate(p)]

    for wrong in (dropped, flipped):
        z = counterexample(SCORES, lambda z, f=wrong: apart(f(z), engine_jacobian(sg.softmax, z)))
        e = [math.exp(item) for item in z]
        whole = math.fsum(e)
        kept = [[(a * only(i, j) * whole - a * b) / whole**2 for j, b in enumerate(e)] for i, a in enumerate(e)]
        softmax_holds(z, kept)
        p = calculus.softmax(z)
        softmax_holds(z, [[a * only(i, j) - a * b for j, b in enumerate(p)] for i, a in enumerate(p)])


def quotient_rule(z: list[float], sign: float) -> list[list[float]]:
    """sign·(u'v - uv')/v² for u = e^zᵢ and v = Σe^zₖ, by zⱼ."""
    e = [math.exp(item) for item in z]
    v = math.fsum(e)
    return [[sign * (u * only(i, j) * v - u * b) / v**2 for j, b in enumerate(e)] for i, u in enumerate(e)]


def test_E8_the_sign_of_the_quotient_rule() -> None:
    """(u v' - u' v)/v²: every entry has the other sign."""
    z = counterexample(SCORES, lambda z: apart(quotient_rule(z, -1.0), engine_jacobian(sg.softmax, z)))
    assert len(z) > 1  # one score has p = 1 and the derivative 0, of either sign
    softmax_holds(z, quotient_rule(z, 1.0))
    told = [1.0, 2.0, 3.0]
    assert [round(quotient_rule(told, sign)[0][0], 4) for sign in (-1.0, 1.0)] == [-0.0819, 0.0819]
    assert round(engine_jacobian(sg.softmax, told)[0][0], 4) == 0.0819
    softmax_holds(told, quotient_rule(told, 1.0))


# --- losses and networks ----------------------------------------------------------------------------------------------


def minus_onehot(scores: Any, classes: list[int]) -> Any:
    """p - onehot, row by row."""
    return [[p - only(j, c) for j, p in enumerate(calculus.softmax(row))] for row, c in zip(scores, classes)]


# X, the classes, W1, b1, W2 and b2 of a two-layer network
NETWORKS = st.tuples(
    matrices(2, 1, QUARTERS), st.lists(st.integers(0, 1), min_size=2, max_size=2), matrices(1, 2, QUARTERS),
    vectors(2, QUARTERS), matrices(2, 2, QUARTERS), vectors(2, QUARTERS),
)  # fmt: skip


def by_engine(x: Any, classes: list[int], *parameters: Any) -> Any:
    """The gradients of the two-layer network's loss by W1, b1, W2 and b2."""

    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        return LAYERS.cross_entropy(LAYERS.linear(LAYERS.relu(LAYERS.linear(x, w1, b1)), w2, b2), classes)

    return engine_gradient(loss, *parameters)


def by_hand(x: Any, classes: list[int], w1: Any, b1: Any, w2: Any, b2: Any, mean: bool) -> Any:
    """The same, as [TL] derives them, with S divided by the number of rows or not."""
    h = [[max(item, 0.0) for item in row] for row in calculus.linear(x, w1, b1)]
    s = minus_onehot(calculus.linear(h, w2, b2), classes)
    s = [[item / len(x) for item in row] for row in s] if mean else s
    t = [[g * (a > 0.0) for g, a in zip(*rows)] for rows in zip(product(s, turned(w2)), h)]
    sums = [[sum(column) for column in zip(*each)] for each in (t, s)]
    return [product(turned(x), t), sums[0], product(turned(h), s), sums[1]]


def network_holds(*network: Any) -> None:
    """The closed form, the engine and the right derivation agree on all four gradients."""
    closed = list(calculus.two_layer_gradients(*network))
    # no number is larger than 3, so that no unit is larger than 3·3 + 3, no score than 2·12·3 + 3, and no sum of terms
    # than 2·12; a score's error is a relative error of p
    scale = 24.0 * (1.0 + 2.0 * 75.0)
    hold("D3", Comparison("engine", closed, by_engine(*network), scale, 2))
    hold("D3", Comparison("by hand", closed, by_hand(*network, mean=True), scale, 2))


def test_E3_the_mean_divides() -> None:
    """probs - onehot, for a mean over two rows or more; and so all four gradients of the network."""

    def right(drawn: Any) -> Any:
        return engine_gradient(lambda v: LAYERS.cross_entropy(v, drawn[1]), drawn[0])

    rows = st.integers(1, 3).flatmap(
        lambda n: st.tuples(matrices(n, 2), st.lists(st.integers(0, 1), min_size=n, max_size=n))
    )
    found = counterexample(rows, lambda drawn: apart(minus_onehot(*drawn), right(drawn)))
    assert len(found[0]) >= 2  # over one row, the wrong form is right
    hold("D2", Comparison("engine", calculus.cross_entropy_gradient(*found), right(found), 2.0, 2))
    divided = [[item / len(found[0]) for item in row] for row in minus_onehot(*found)]
    hold("D2", Comparison("divided", calculus.cross_entropy_gradient(*found), divided, 2.0, 2))
    network = counterexample(NETWORKS, lambda drawn: all(map(apart, by_hand(*drawn, mean=False), by_engine(*drawn))))
    network_holds(*network)


def test_E10_the_order_of_the_factors() -> None:
    """∂scores/∂W2 = h1ᵀ as a factor on the right of S. It conforms where there are as many classes as units."""

    def on_the_right(h: Any, s: Any) -> Any:
        return product(s, turned(h))

    def summed_first(h: Any, s: Any) -> Any:
        """h1ᵀ and S, each summed over the rows before they meet: as if h1ᵀ were one factor for all rows."""
        units, classes = ([sum(column) for column in zip(*each)] for each in (h, s))
        return [[p * q for q in classes] for p in units]

    forms = (on_the_right, summed_first)
    h, s = counterexample(PAIRS, lambda pair: all(apart(f(*pair), pulled_back(*pair, W)) for f in forms))
    right = calculus.linear_backward(h, W, s)[1]
    assert right == pulled_back(h, s, W) == product(turned(h), s)
    # the factor has four indices; each entry of S meets its own
    four, pairs = calculus.linear_jacobian_by_weights(h, 2), [(i, j) for i in range(2) for j in range(2)]
    assert four == linear_jacobian(h, W)
    assert right == [[sum(s[i][j] * four[i][j][r][t] for i, j in pairs) for t in range(2)] for r in range(2)]


def test_E4_output_minus_target() -> None:
    """eᵢ = target - output: the step with that gradient climbs."""
    drawn = st.tuples(vectors(1, QUARTERS), QUARTERS, matrices(2, 1, QUARTERS), vectors(2, QUARTERS))

    def wrong(case: Any) -> tuple[Any, float]:
        w, b, inputs, targets = case
        outputs = [calculus.affine(w, x, b) for x in inputs]
        errors = [y - z if z > 0.0 else 0.0 for z, y in zip(outputs, targets)]
        return [[2.0 / 2.0 * sum(e * x[0] for e, x in zip(errors, inputs))]], 2.0 / 2.0 * sum(errors)

    def stepped(case: Any, by_w: Any, by_b: float) -> float:
        w, b, inputs, targets = case
        moved = calculus.gradient_descent_step(w, by_w, 2.0**-10)
        return calculus.neuron_cost(moved, b - 2.0**-10 * by_b, inputs, targets)

    def fails(case: Any) -> bool:
        climbs = stepped(case, *wrong(case)) > calculus.neuron_cost(*case) + 1e-6
        return climbs and all(map(apart, wrong(case), calculus.neuron_cost_gradients(*case)))

    found = counterexample(drawn, fails)
    by_w, by_b = calculus.neuron_cost_gradients(*found)
    opposite, of_b = wrong(found)
    assert (by_w, by_b) == ([[-opposite[0][0]]], -of_b)
    w, b, inputs, targets = found
    engine = engine_gradient(lambda w, b: LAYERS.mse(targets, LAYERS.neurons(w, inputs, b)), w, b)
    assert engine == [by_w[0], by_b]
    assert stepped(found, by_w, by_b) < calculus.neuron_cost(*found)


def test_E12_a_row_from_a_column() -> None:
    """w - η ∂C/∂w with w as a column and ∂C/∂w as a row: libraries that spread both give n×n, w_i - η g_j."""
    rate = 0.125

    problems = st.tuples(vectors(2, QUARTERS), matrices(2, 2, QUARTERS), vectors(2, QUARTERS))  # w, X and y

    def by_engine(w: Any, inputs: Any, targets: Any) -> Any:
        g = engine_gradient(lambda v: LAYERS.mse(targets, LAYERS.dots(inputs, v)), w)
        return [a - rate * b for a, b in zip(w, g)]

    def spread(w: Any, inputs: Any, targets: Any) -> Any:
        (row,) = calculus.least_squares_gradient(w, inputs, targets)
        return indexed(lambda i, j: w[i] - rate * row[j], len(w), len(w))

    def right(case: Any) -> Any:
        return [[item] * len(case[0]) for item in by_engine(*case)]  # the same in each column

    one = [1.5], [[2.0], [0.25]], [0.5, -1.0]  # one parameter is its own transpose
    assert not apart(spread(*one), right(one))
    case = counterexample(problems, lambda case: apart(spread(*case), right(case)))
    for layout in ("numerator", "denominator"):
        step = calculus.gradient_descent_step(case[0], calculus.least_squares_gradient(*case, layout=layout), rate)
        # no number is larger than 3: a gradient is at most 2·3·(2·3·3 + 3)
        hold("D6", Comparison("engine", step, by_engine(*case), 126.0, 4))
        assert step == [spread(*case)[k][k] for k in range(2)]  # its diagonal is the step, no column


# --- element by element -----------------------------------------------------------------------------------------------


def test_E5_the_quotient() -> None:
    """∂(w⊗x)/∂w = diag(1/xᵢ), as printed; and diag(x), which is right for ⊗, taken for ⊘."""
    pairs = st.tuples(NUMBERS, NUMBERS.filter(lambda x: abs(x) > 0.01))
    operators: dict[str, Callable[[Any, Any], Any]] = {"*": lambda w, x: w * x, "/": lambda w, x: w / x}

    def right(name: str, pair: Any) -> float:
        found: float = engine_gradient(lambda w: operators[name](w, pair[1]), pair[0])
        return found

    printed: tuple[tuple[str, Callable[[float], float]], ...] = (("*", lambda x: 1.0 / x), ("/", lambda x: x))
    for name, wrong in printed:
        w, x = counterexample(pairs, lambda pair, name=name, wrong=wrong: apart(wrong(pair[1]), right(name, pair)))
        assert abs(x) != 1.0  # where both are the same
        assert calculus.elementwise_jacobians(name, [w], [x])[0] == [[right(name, (w, x))]]
        assert right(name, (w, x)) == (x if name == "*" else 1.0 / x)


def test_E6_not_every_jacobian_is_diagonal() -> None:
    """A matrix product and a softmax: output i reads more than input i."""

    def cut(jacobian: Any) -> Any:
        return indexed(lambda i, j: jacobian[i][j] * only(i, j), len(jacobian), len(jacobian))

    def linear(drawn: Any) -> Any:
        a, x = drawn
        return engine_jacobian(lambda v: [sg.dot(row, v) for row in a], x)

    square = st.integers(1, 2).flatmap(lambda n: st.tuples(matrices(n, n), vectors(n)))
    a, x = counterexample(square, lambda drawn: apart(cut(linear(drawn)), linear(drawn)))
    assert len(x) > 1
    pattern = [{j: entry for j, entry in enumerate(row) if entry} for row in a]
    assert linear((a, x)) == calculus.sparse_jacobian(pattern, 2)
    z = counterexample(vectors(2), lambda z: apart(cut(engine_jacobian(sg.softmax, z)), engine_jacobian(sg.softmax, z)))
    softmax_holds(z, quotient_rule(z, 1.0))
    # where output i reads input i alone, it is right
    each = engine_jacobian(lambda v: [sg.exp(item) for item in v], x)
    assert cut(each) == each == calculus.exp_jacobian(x)


def test_E9_an_operator_of_zeros() -> None:
    """“0 ○ 0 = 0 whatever the operator” is false of ⊘; and (f○g)' is not f'○g', on the diagonal or off it."""
    # f(w) = w² + 1 and g(w) = w³ + 2, both of the one number w, so that (f○g)' has both terms
    operators: dict[str, Callable[[Any, Any], Any]] = {
        "+": lambda f, g: f + g, "-": lambda f, g: f - g, "*": lambda f, g: f * g, "/": lambda f, g: f / g,
        "max": sg.maximum,
    }  # fmt: skip
    wholes = NOT_ZERO.filter(lambda w: w * w + 1.0 != w**3 + 2.0)  # no tie, and w³ + 2 has no zero among them

    def parts(w: float) -> tuple[float, float, float, float]:
        return w * w + 1.0, w * w * w + 2.0, 2.0 * w, 3.0 * w * w

    def wrong(name: str, w: float) -> float:
        _, _, df, dg = parts(w)
        found: float = max(df, dg) if name == "max" else operators[name](df, dg)
        return found

    def right(name: str, w: float) -> float:
        found: float = engine_gradient(lambda v: operators[name](v * v + 1.0, v * v * v + 2.0), w)
        return found

    for name in ("*", "/", "max"):
        w = counterexample(wholes, lambda w, name=name: apart(wrong(name, w), right(name, w)))
        f, g, df, dg = parts(w)
        by_f, by_g = calculus.composed_jacobians(name, [f], [g], [[df]], [[dg]])
        scale = (abs(df) + abs(f * dg / g)) / abs(g) if name == "/" else abs(df * g) + abs(f * dg) + abs(df) + abs(dg)
        hold("B4", Comparison(name, by_f[0][0] + by_g[0][0], right(name, w), scale))
    for name in ("+", "-"):  # of these two it is right
        assert wrong(name, 1.5) == right(name, 1.5)

    # off the diagonal f' and g' are 0: the derivative is 0 as ∂₁○·0 + ∂₂○·0, also where 0 ○ 0 is not
    def combined(name: str, a: float, b: float) -> float:
        found: float = engine_value(operators[name], a, b)
        return found

    pairs = st.tuples(NOT_ZERO, NOT_ZERO)
    for name in operators:

        def off_diagonal(pair: Any, name: str = name) -> Any:
            """By a number in the middle, which no operand reads."""
            w, x = pair
            return engine_jacobian(lambda v: [operators[name](v[0] * v[0] + 1.0, v[2] * v[2] + 2.0)], [w, 7.0, x])[0][1]

        if name == "/":
            w, x = counterexample(pairs, lambda pair: apart(combined("/", 0.0, 0.0), off_diagonal(pair)))
            assert math.isnan(combined("/", 0.0, 0.0)) and math.isnan(calculus.elementwise("/", [0.0], [0.0])[0])
        else:
            w, x = 1.5, -0.25
            assert combined(name, 0.0, 0.0) == 0.0
        closed = calculus.composed_jacobians(name, [w * w + 1.0], [x * x + 2.0], [[2.0 * w, 0.0]], [[0.0, 2.0 * x]])
        assert (closed[0][0][1], closed[1][0][0]) == (0.0, 0.0) == (off_diagonal((w, x)), off_diagonal((x, w)))


def test_E11_a_column_is_no_jacobian() -> None:
    """∂max(0, x)/∂x as a column of n: spread over the n inputs, and pulled back to one number for all of them."""
    drawn = st.integers(1, 3).flatmap(lambda n: st.tuples(vectors(n, QUARTERS), vectors(n, QUARTERS)))

    def jacobian(x: Any) -> Any:
        return engine_jacobian(lambda v: LAYERS.relu([v])[0], x)

    def spread(x: Any) -> Any:
        return [[float(item > 0.0)] * len(x) for item in x]

    def pulled(x: Any, g: Any) -> Any:
        return engine_gradient(lambda v: LAYERS.total(LAYERS.relu([v]), [g]), x)

    x, _ = counterexample(drawn, lambda case: apart(spread(case[0]), jacobian(case[0])))
    assert len(x) > 1  # of one number it is right
    assert jacobian(x) == calculus.relu_jacobian(x) == indexed(lambda i, j: only(i, j) * (x[i] > 0.0), len(x), len(x))

    def by_column(x: Any, g: Any) -> Any:
        return [sum(q * (item > 0.0) for item, q in zip(x, g))] * len(x)

    x, g = counterexample(drawn, lambda case: apart(by_column(*case), pulled(*case)))
    assert pulled(x, g) == calculus.chain_jacobians([g], calculus.relu_jacobian(x))[0]


def test_E13_a_stray_minus() -> None:
    """B.26's matrix with -∂fₙ/∂xₙ in its last row, and ∂f₁/∂xₙ twice, where ∂f₂/∂xₙ belongs."""
    functions = ("sin", "cos", "tanh", "sigmoid", "atan", "softplus", "asinh")
    drawn = st.tuples(st.sampled_from(functions), st.integers(1, 3).flatmap(vectors))

    def jacobian(case: Any) -> Any:
        name, x = case
        return engine_jacobian(lambda v: [getattr(sg, name)(item) for item in v], x)

    def stray_minus(case: Any) -> Any:
        name, x = case
        slopes = [calculus.elementary(name)[1](item) for item in x]
        return indexed(lambda i, j: only(i, j) * (-slopes[i] if i == len(x) - 1 else slopes[i]), len(x), len(x))

    def first_twice(case: Any) -> Any:
        """Where row i has the derivatives by xᵢ, as in the text: entry (n, 2) is ∂f₁/∂xₙ."""
        x, right = case[1], jacobian(case)
        return indexed(lambda i, j: right[i][0] if (i, j) == (len(x) - 1, 1) else right[i][j], len(x), len(x))

    for wrong in (stray_minus, first_twice):
        name, x = counterexample(drawn, lambda case, f=wrong: apart(f(case), jacobian(case)))
        closed = calculus.elementwise_function_jacobian(calculus.elementary(name)[1], x)
        hold("B11", Comparison("engine", closed, jacobian((name, x)), 1.0 + max(map(abs, x))))
    assert len(x) == 2  # of three, ∂f₂/∂x₃ is 0, as ∂f₁/∂x₃ is


# --- forms that lose all digits ---------------------------------------------------------------------------------------


def relative(found: float, exact: Any) -> float:
    """The relative error; inf for a nan."""
    return math.inf if found != found else float(abs((mpf(found) - exact) / exact)) if exact else float(found != 0.0)


def test_E7_unstable_forms() -> None:
    """s(1 - s), four nodes, softmax without the shift, log of softmax lose all digits; the stable forms keep them."""
    mp.dps = 60

    def slope(x: float) -> Any:
        return 1 / (1 + mp.exp(-mpf(x))) / (1 + mp.exp(mpf(x)))

    far = st.floats(-740.0, 740.0)
    x = counterexample(far, lambda x: calculus.sigmoid(x) * (1.0 - calculus.sigmoid(x)) == 0.0)
    assert 36.0 <= x < 38.0  # find gives the simplest, the first whole number where it goes
    assert relative(calculus.sigmoid_derivative(x), slope(x)) < 1e-14
    assert relative(engine_gradient(sg.sigmoid, x), slope(x)) < 1e-14

    x = counterexample(far, lambda x: math.isnan(calculus.sigmoid_by_nodes(x)))
    assert x < -709.0
    assert math.isnan(calculus.sigmoid_by_nodes(-720.0))
    with pytest.raises(OverflowError):
        math.exp(720.0)  # which is how a program by hand notices it

    def nodes(t: Any) -> Any:
        return 1.0 / (1.0 + sg.exp(-t))

    assert (engine_value(nodes, -720.0), engine_gradient(nodes, -720.0)) == (0.0, 0.0)  # of IEEE numbers, e^720 is inf
    for far_out in (x, -720.0, -708.0):
        assert calculus.sigmoid_derivative(far_out) == engine_gradient(sg.sigmoid, far_out) > 0.0
    assert relative(calculus.sigmoid_derivative(-708.0), slope(-708.0)) < 1e-14

    def plain(z: list[float]) -> list[float]:
        e = [math.exp(item) if item < 709.0 else math.inf for item in z]
        return [item / sum(e) if sum(e) else math.nan for item in e]

    scores = st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=3)
    for where in (lambda z: max(z) > 0.0, lambda z: max(z) < 0.0):  # overflow, and underflow
        z = counterexample(scores, lambda z, where=where: where(z) and any(map(math.isnan, plain(z))))
        for stable in (calculus.softmax(z), sg.softmax(z)):
            whole = mp.fsum(mp.exp(mpf(item)) for item in z)
            for p, item in zip(stable, z):
                exact = mp.exp(mpf(item)) / whole
                assert relative(p, exact) < 1e-14 if exact > 1e-300 else abs(p - exact) < 1e-300

    def log_of_softmax(z: list[float]) -> list[float]:
        return [math.log(p) if p else -math.inf for p in calculus.softmax(z)]

    apart_from_0 = st.floats(0.0, 700.0).map(lambda d: [0.0, -d])
    for drawn, lost in ((scores, -math.inf), (apart_from_0, 0.0)):  # where p underflows, and where it rounds to 1
        z = counterexample(drawn, lambda z, lost=lost: lost in log_of_softmax(z))
        for stable in (calculus.log_softmax(z), sg.log_softmax(z)):
            whole = mp.log(mp.fsum(mp.exp(mpf(item)) for item in z))
            for found, item in zip(stable, z):
                exact = mpf(item) - whole
                assert relative(found, exact) < 1e-14 if abs(exact) > 1e-300 else abs(found - exact) < 1e-300
    v = Value(800.0)
    sg.log_softmax([v, 0.0])[1].backward()
    assert v.grad == calculus.log_softmax_jacobian([800.0, 0.0])[1][0] == -1.0
