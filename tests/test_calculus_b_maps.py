"""Row B4 of the formula ledger: element-wise operators of vectors, of functions of vectors, and of maps.

The partials of f(w)○g(x) are taken at f(w) and g(x), not at w and x: shifts are added to f, so that the two choices of
max and of the comparisons differ.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, Vector, calculus, errors
from scalargrad.calculus.shapes import diagonal
from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.engine import engine_value, sizes
from scalargrad.ledger.work import SMOOTH
from scalargrad.transforms.containers import flat
from tests.support.drawn import FROM_EMPTY, NUMBERS, QUARTERS, SIZES, WIDE, matrices, reals, together, vectors
from tests.support.engines import bits
from tests.support.networks import BULK, OPERATORS, SCALAR, WITNESS, jacobian, styles
from tests.support.witness import complex_jacobian, hold, witnessed
from tests.test_calculus_b import COMPARISONS, refuse, split

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend


@styles
@given(together(2), st.sampled_from(sorted(OPERATORS)))
def test_B4_elementwise_binary(style: Any, drawn: list[list[float]], name: str) -> None:
    w, x = drawn
    assume(name != "/" or all(abs(item) > 1e-6 for item in x))
    analytic = calculus.elementwise_jacobians(name, w, x)
    engine = split(jacobian(style, lambda s, v: s.binary(name, *v), [w, x]))
    hold("B4", Comparison("engine", analytic, engine))
    if name in "+-*":
        assert analytic == engine
    if name != "max" or all(p != q for p, q in zip(w, x)):  # off the ties of max
        both = complex_jacobian(lambda v: WITNESS.binary(name, *v), [w, x])
        hold("B4", witnessed("J", analytic, split(both)))
    if w:  # the same operand twice: the sum of the two partials
        v = Value(x[0])
        style.sum(style.binary(name, [v], [v])).backward()
        by_w, by_x = calculus.elementwise_jacobians(name, x[:1], x[:1])
        hold("B4", Comparison("x○x", by_w[0][0] + by_x[0][0], v.grad, abs(by_w[0][0]) + abs(by_x[0][0])))


@styles
@given(st.lists(QUARTERS, min_size=1, max_size=4), st.data())
def test_B4_elementwise_binary_by_zero(style: Any, w: list[float], data: Any) -> None:
    """w/0 has the partials 1/0 and -w/0² of IEEE 754: inf, with the sign that zeros of both signs give it, or nan."""
    x = data.draw(vectors(len(w), st.sampled_from([0.0, -0.0])))
    by_w, by_x = calculus.elementwise_jacobians("/", w, x)
    engine = split(jacobian(style, lambda s, v: s.binary("/", *v), [w, x]))
    for i, (p, q) in enumerate(zip(w, x)):
        assert by_w[i][i] == engine[0][i][i] == math.copysign(math.inf, q)
        expected = -math.copysign(math.inf, p) if p else math.nan
        assert bits(by_x[i][i]) == bits(engine[1][i][i]) == bits(expected)
    # off the diagonal it stays 0, though inf·0 is nan: also where the operands are functions and maps
    same, identity = (lambda v: v, lambda v: 1.0), calculus.identity_jacobian(len(w))
    of_functions = calculus.composed_elementwise_jacobians("/", same, same, w, x)
    of_maps = calculus.composed_jacobians("/", w, x, identity, identity)
    expected = [bits(item) for own in (by_w, by_x) for item in flat(diagonal(own[i][i] for i in range(len(w))))]
    for found in ((by_w, by_x), of_functions, of_maps, engine):
        assert [bits(item) for item in flat(list(found))] == expected


def test_B4_of_vectors_longer_than_a_kernels_block() -> None:
    """Each element has an upstream gradient of its own, and the elements go in blocks of 256."""
    n = 600
    w, x = [1.0 + k / 64 for k in range(n)], [2.0 - k / 512 for k in range(n)]
    upstream = [float(k % 7 - 3) for k in range(n)]
    for name, function in {"*": lambda p, q: p * q, "/": lambda p, q: p / q}.items():
        left, right = (
            sg.Vector([v for item in w for v in (item, 0.0)])[::2],
            sg.Vector(x),
        )  # every other number of a block
        (function(left, right) * upstream).sum().backward()
        for k in range(n):
            (by_w,), (by_x,) = (j[0] for j in calculus.elementwise_jacobians(name, [w[k]], [x[k]]))
            expected = Comparison("engine", [upstream[k] * by_w, upstream[k] * by_x], [left.grad[k], right.grad[k]])
            hold("B4", expected)


# of every kind: elementwise gives what IEEE 754 gives
ANY = st.one_of(QUARTERS, WIDE, st.sampled_from([math.inf, -math.inf, math.nan, 5e-324, -0.0, 1.7e308]))


def flags(style: Any, name: str, w: Any, x: Any) -> list[float]:
    """A comparison of vectors as 0/1 numbers: of Values, of arrays, or by the real parts, for the witness."""
    compare: Any = COMPARISONS[name]
    if style is BULK:
        return [float(flag) for flag in compare(Vector(w), Vector(x))]
    if style is WITNESS:
        w, x = [complex(item).real for item in w], [complex(item).real for item in x]
    return [float(compare(p, q)) for p, q in zip(w, x)]


@styles
@given(together(2, FROM_EMPTY, ANY))
def test_B4_elementwise_values(style: Any, drawn: list[list[float]]) -> None:
    """w○x to the bit, for each operator: ties, zeros of both signs, infinities and nans included."""
    w, x = drawn
    for name in OPERATORS:
        engine = engine_value(lambda p, q: list(style.binary(name, p, q)), w, x)
        assert [bits(item) for item in calculus.elementwise(name, w, x)] == [bits(item) for item in engine], name
    for name, compare in COMPARISONS.items():
        engine = flags(style, name, [Value(item) for item in w], [Value(item) for item in x])
        assert calculus.elementwise(name, w, x) == engine == [float(compare(p, q)) for p, q in zip(w, x)], name


@styles
@given(together(2), st.sampled_from(sorted(COMPARISONS)))
def test_B4_elementwise_comparisons(style: Any, drawn: list[list[float]], name: str) -> None:
    """The 0/1 vector w○x has the derivative 0, so that (w○x)⊙w has diag(w○x) by w and 0 by x; also at ties."""
    w, x = drawn
    by_w, by_x = calculus.elementwise_jacobians(name, w, x)
    assert by_w == by_x == [[0.0] * len(w) for _ in w]
    analytic = diagonal(c + p * row[i] for i, (c, p, row) in enumerate(zip(calculus.elementwise(name, w, x), w, by_w)))

    def chosen(s: Any, v: Any) -> Any:
        return s.binary("*", flags(s, name, *v), v[0])

    assert split(jacobian(style, chosen, [w, x])) == (analytic, by_x)
    hold("B4", witnessed("(w○x)⊙w", (analytic, by_x), split(complex_jacobian(lambda v: chosen(WITNESS, v), [w, x]))))
    apart = [(p, q) for p, q in zip(w, x) if abs(p - q) > 2.0**-20]  # there a small step changes nothing
    for h, k in ((2.0**-20, 0.0), (-(2.0**-20), 0.0), (0.0, 2.0**-20), (0.0, -(2.0**-20))):
        for p, q in apart:
            assert calculus.elementwise(name, [p + h], [q + k]) == calculus.elementwise(name, [p], [q])


@styles
@given(together(2, FROM_EMPTY, reals(1.0)), st.sampled_from("+-*/"), st.sampled_from(SMOOTH), st.sampled_from(SMOOTH))
def test_B4_elementwise_binary_of_functions(style: Any, drawn: list[list[float]], name: str, f: str, g: str) -> None:
    w, x = drawn
    assume(name != "/" or all(abs(calculus.elementary(g)[0](item)) > 1e-6 for item in x))
    analytic = calculus.composed_elementwise_jacobians(name, calculus.elementary(f), calculus.elementary(g), w, x)

    def composed(s: Any, v: Any) -> Any:
        return s.binary(name, s.each(f, v[0]), s.each(g, v[1]))

    hold("B4", Comparison("engine", analytic, split(jacobian(style, composed, [w, x]))))
    both = complex_jacobian(lambda v: composed(WITNESS, v), [w, x])
    hold("B4", witnessed("J", analytic, split(both), None, 1, 2.0**80))


@st.composite
def shifts(draw: Any, w: list[float], x: list[float], by: float) -> list[float]:
    """`by` or -by for each component. The first turns around which of w and x is the larger."""
    free = draw(st.lists(st.sampled_from([by, -by]), min_size=len(w), max_size=len(w)))
    return [-by if w[0] > x[0] else by, *free[1:]] if w else free


def shifted(name: str, shift: float) -> Any:
    """A stage: an elementary function plus a number, and its derivative."""
    f, df = calculus.elementary(name)
    return lambda v: f(v) + shift, df


@styles
@given(st.data(), together(2, FROM_EMPTY, reals(1.0)), st.sampled_from([*OPERATORS, *COMPARISONS]))
def test_B4_elementwise_binary_of_a_function_for_each(style: Any, data: Any, drawn: Any, name: str) -> None:
    """fᵢ(wᵢ) + shift ○ gᵢ(xᵢ). No ∣f∣ or ∣g∣ is above 1.5, so that a shift by 4 says which of the two is larger."""
    w, x = drawn
    shift = data.draw(shifts(w, x, 4.0))
    fs, gs = ([data.draw(st.sampled_from(SMOOTH)) for _ in w] for _ in range(2))
    assume(name != "/" or all(abs(calculus.elementary(g)[0](item)) > 1e-6 for g, item in zip(gs, x)))
    left, right = [shifted(f, by) for f, by in zip(fs, shift)], [calculus.elementary(g) for g in gs]
    analytic = calculus.composed_elementwise_jacobians(name, left, right, w, x)

    def composed(s: Any, v: Any) -> Any:
        f = s.binary("+", [s.each(f, [item])[0] for f, item in zip(fs, v[0])], shift)
        g = [s.each(g, [item])[0] for g, item in zip(gs, v[1])]
        return s.binary("*", flags(s, name, f, g), f) if name in COMPARISONS else s.binary(name, f, g)

    engine = split(jacobian(style, composed, [w, x]))
    witness = split(complex_jacobian(lambda v: composed(WITNESS, v), [w, x]))
    if name in COMPARISONS:  # the engine and the witness have (f ○ g)⊙f, where f ○ g is 0/1
        assert analytic == ([[0.0] * len(w)] * len(w),) * 2
        values = [f(item) for (f, _), item in zip(left, w)], [g(item) for (g, _), item in zip(right, x)]
        chosen = calculus.elementwise(name, *values)
        analytic = diagonal(c * df(item) for c, (_, df), item in zip(chosen, left, w)), analytic[1]
    if name == "max":
        assert analytic[0] == diagonal(df(item) if by > 0.0 else 0.0 for (_, df), item, by in zip(left, w, shift))
        assert analytic[1] == diagonal(dg(item) if by < 0.0 else 0.0 for (_, dg), item, by in zip(right, x, shift))
    for i, j in ((i, j) for i in range(len(w)) for j in range(len(w)) if i != j):
        assert analytic[0][i][j] == analytic[1][i][j] == engine[0][i][j] == engine[1][i][j] == 0.0
    hold("B4", Comparison("engine", analytic, engine), witnessed("J", analytic, witness, None, 1, 2.0**80))


@given(st.lists(QUARTERS, max_size=4))
def test_B4_elementwise_binary_of_functions_at_a_tie(w: list[float]) -> None:
    """max(w², x) at x = w² has half of each slope, whichever of w and x is larger. Exactly, on quarters."""
    square, same = calculus.elementary("square"), (lambda v: v, lambda v: 1.0)
    x = [item * item for item in w]
    halves = diagonal(w), diagonal(0.5 for _ in w)
    assert calculus.composed_elementwise_jacobians("max", square, same, w, x) == halves
    assert calculus.composed_elementwise_jacobians("max", [square] * len(w), [same] * len(w), w, x) == halves
    slopes = diagonal(2.0 * item for item in w), calculus.identity_jacobian(len(w))
    assert calculus.composed_jacobians("max", x, x, *slopes) == halves
    for style in (SCALAR, BULK):
        assert split(jacobian(style, lambda s, v: s.binary("max", s.each("square", v[0]), v[1]), [w, x])) == halves


@styles
@given(st.data(), FROM_EMPTY, SIZES, SIZES, st.sampled_from([*OPERATORS, *COMPARISONS]))
def test_B4_elementwise_binary_of_maps(style: Any, data: Any, n: int, k: int, m: int, name: str) -> None:
    """f = A sin(w) + a and g = B cos(x) + b: two full matrices, of n×k and n×m. The row's S is what entered f and g."""
    a, b = data.draw(matrices(n, k, reals(1.0))), data.draw(matrices(n, m, reals(1.0)))
    w, x = data.draw(vectors(k)), data.draw(vectors(m))
    far = st.sampled_from([m + 2.0, -(m + 2.0)])  # B cos(x) is between -m and m: no quotient by 0
    to_g = data.draw(vectors(n, far))
    to_f = data.draw(vectors(n, st.one_of(NUMBERS, st.sampled_from([4.0 * (m + k), -4.0 * (m + k)]))))

    def composed(s: Any, v: Any) -> Any:
        f = s.binary("+", s.dots(a, s.each("sin", v[0])), to_f)
        g = s.binary("+", s.dots(b, s.each("cos", v[1])), to_g)
        return s.binary("*", flags(s, name, f, g), f) if name in COMPARISONS else s.binary(name, f, g)

    f = [math.fsum([c, *(p * math.sin(q) for p, q in zip(row, w))]) for row, c in zip(a, to_f)]
    g = [math.fsum([c, *(p * math.cos(q) for p, q in zip(row, x))]) for row, c in zip(b, to_g)]
    assume(all(abs(p - q) > 1e-9 for p, q in zip(f, g)))  # the side of max and of a comparison is certain
    by_w = [[p * math.cos(q) for p, q in zip(row, w)] for row in a]
    by_x = [[p * -math.sin(q) for p, q in zip(row, x)] for row in b]
    analytic = calculus.composed_jacobians(name, f, g, by_w, by_x)
    of_f, of_g = ([abs(c) + sum(sizes(row)) for c, row in zip(c, rows)] for c, rows in ((to_f, a), (to_g, b)))
    scale = sizes([by_w, by_x])
    if name == "*":
        scale = list(calculus.composed_jacobians("*", of_f, of_g, *scale))
    elif name == "/":  # g is in the divisor, squared where it is by x
        off = [s / abs(q) for s, q in zip(of_g, g)]
        scale = [[[r * item / abs(q) for item in row] for r, q, row in zip(off, g, scale[0])],
                 [[(s + 2.0 * r * abs(p)) * item / q**2 for item in row]
                  for r, s, p, q, row in zip(off, of_f, f, g, scale[1])]]  # fmt: skip
    elif name in COMPARISONS:  # flat; the engine and the witness have (f ○ g)⊙f
        assert analytic == ([[0.0] * k] * n, [[0.0] * m] * n)
        chosen = calculus.elementwise(name, f, g)
        analytic = [[c * item for item in row] for c, row in zip(chosen, by_w)], analytic[1]
    both = split(jacobian(style, composed, [w, x]))
    hold("B4", Comparison("engine", analytic, both, scale, m + k + 2))
    witness = split(complex_jacobian(lambda v: composed(WITNESS, v), [w, x]))
    hold("B4", witnessed("J", analytic, witness, scale, m + k + 2))


@given(st.data(), FROM_EMPTY, st.sampled_from([*OPERATORS, *COMPARISONS]))
def test_B4_elementwise_binary_of_maps_that_do_nothing(data: Any, n: int, name: str) -> None:
    """Of the identity, the operator's own diagonals; of a stage for all, the same as of a list of it."""
    w, x = data.draw(vectors(n)), data.draw(vectors(n, NUMBERS.filter(lambda item: abs(item) > 1e-6)))
    identity = calculus.identity_jacobian(n)
    own = calculus.elementwise_jacobians(name, w, x)
    assert calculus.composed_jacobians(name, w, x, identity, identity) == own
    same = (lambda v: v, lambda v: 1.0)
    assert calculus.composed_elementwise_jacobians(name, same, [same] * n, w, x) == own


@pytest.mark.parametrize("function", [calculus.elementwise, calculus.elementwise_jacobians])
def test_B4_elementwise_refuses(function: Any) -> None:
    for x in ([1.0], []):
        with pytest.raises(errors.ArgumentError, match=r"one of \+ - \* / max > >= ==, got '%'"):
            function("%", x, x)
    refuse(
        (lambda: function(">", [1.0], [1.0, 2.0]), r"same length.*w \(1,\), x \(2,\)"),
        (lambda: function("+", [[1.0]], [1.0]), r"flat.*w \(1, 1\), x \(1,\)"),
    )


def test_B4_composed_refuses() -> None:
    one, same = [[1.0]], (lambda v: v, lambda v: 1.0)
    of_functions, of_maps = calculus.composed_elementwise_jacobians, calculus.composed_jacobians
    refuse(
        (lambda: of_functions("+", same, same, [1.0], []), r"same length.*w \(1,\), x \(0,\)"),
        (lambda: of_functions("+", [same], same, [1.0, 2.0], [1.0, 2.0]), "one function per"),
        (lambda: of_functions("+", same, [same] * 3, [1.0], [1.0]), "one function per"),
        (lambda: of_functions("+", [], same, [1.0], [1.0]), "one function per"),
        (lambda: of_maps("+", [1.0], [1.0, 2.0], one, one), r"same length.*f \(1,\), g \(2,\)"),
        (lambda: of_maps("+", [[1.0]], [1.0], one, one), r"flat.*f \(1, 1\)"),
        (lambda: of_maps("+", [1.0], [1.0], [], one), r"one row per.*jacobian_f \(0,\)"),
        (lambda: of_maps("+", [1.0], [1.0], one, [*one, *one]), r"one row per.*jacobian_g \(2, 1\)"),
        (lambda: of_maps("+", [1.0], [1.0], one, [1.0]), r"lists of rows.*jacobian_g \(1,\)"),
        (lambda: of_maps("+", [1.0], [1.0], [[1.0], [1.0, 2.0]], one), r"\(1,\) and \(2,\)"),
    )
    for call in (lambda: of_functions("%", same, same, [1.0], [1.0]), lambda: of_functions("%", [], [], [], []),
                 lambda: of_maps("%", [1.0], [1.0], one, one), lambda: of_maps("%", [], [], [], []),
                 lambda: calculus.scalar_expansion_jacobians("%", [], 1.0)):  # fmt: skip
        with pytest.raises(errors.ArgumentError, match=r"one of .* got '%'"):
            call()
