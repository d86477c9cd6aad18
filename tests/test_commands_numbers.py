"""Random expressions: what the commands print is what Python and mpmath find, and the library's own gradient."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.commands.expression import Expression
from scalargrad.commands.language import CONSTANTS, FUNCTIONS, TESTS
from scalargrad.table import ops
from tests.support.commands import run

ONE = ["sin", "cos", "exp", "tanh", "atan", "sinh", "asinh", "erf", "expm1", "log", "sqrt"]
ATOMS = ["x", "w", "x", "w", "2", "0.5", "1e-1", "3", "pi", "e", "tau"]
SIGNS = {"neg": "-", "plus": "+", "bracket": ""}
SPACE = st.sampled_from(["", " "])


@st.composite
def texts(draw: Callable[..., Any], depth: int = 3) -> str:
    """An expression over x and w: Python, with the functions of math, and with spaces and brackets here and there."""
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from(ATOMS))  # type: ignore[no-any-return]
    space, a, b = draw(SPACE), draw(texts(depth - 1)), draw(texts(depth - 1))
    form = draw(st.sampled_from([*"+-*/", "**", *SIGNS, "call", "call", "hypot"]))
    if form == "call":
        return f"{draw(st.sampled_from(ONE))}({space}{a})"
    if form == "hypot":
        return f"hypot({a},{space}{b})"
    if form in SIGNS:
        return f"{SIGNS[form]}({a}{space})"
    return f"({a}){space}{form}{space}({b})" if form == "**" else f"({a}){space}{form}{space}{b}"


def printed(out: str) -> dict[str, float]:
    """The numbers that `grad` prints, by name."""
    return {name.strip(): float(value) for name, value in (line.split(" = ") for line in out.splitlines())}


INPUTS = st.sampled_from([0.25, 0.5, 1.0, 1.5, 2.0, -0.75, -2.0, 3.0])


@example(text="-x**2", x=3.0, w=1.0)
@example(text="2**-x", x=1.5, w=1.0)
@example(text="x**w**2", x=1.5, w=2.0)
@example(text="-x**-w*2/x/w - x - -w", x=1.5, w=2.0)
@given(texts(), INPUTS, INPUTS)
def test_values_and_derivatives(text: str, x: float, w: float) -> None:
    space: dict[str, Any] = {**vars(math), "__builtins__": {}}
    try:
        value = eval(text, {**space, "x": x, "w": w})
    except (ArithmeticError, ValueError, TypeError):  # where Python raises or goes complex, the library has inf or nan
        assume(False)
    assume(isinstance(value, float) and 1e-100 < abs(value) < 1e100)
    ran = run("grad", text, f"x={x!r}", f"w={w!r}")
    assert ran.code == 0 and ran.err == "", ran
    found = printed(ran.out)
    assert [*found] == ["y", "dy/dx", "dy/dw"]

    exact = {name: getattr(mpmath, name) for name in (*ONE, "hypot", "pi", "e")} | {"tau": 2 * mpmath.pi}

    def f(x: Any, w: Any) -> Any:
        return eval(text, {**exact, "x": x, "w": w, "__builtins__": {}})

    with mpmath.workdps(50):
        point = (mpmath.mpf(x), mpmath.mpf(w))
        try:
            expected = [f(*point), mpmath.diff(f, point, (1, 0)), mpmath.diff(f, point, (0, 1))]
        except (ArithmeticError, ValueError, TypeError):  # at the edge of a domain
            assume(False)
        assume(all(mpmath.isfinite(each) and mpmath.im(each) == 0 for each in expected))
        assume(abs(value - expected[0]) <= 1e-9 * abs(expected[0]))  # else Python's doubles lose digits too
        size = max(map(abs, expected))
        assert all(abs(a - b) <= 1e-7 * size for a, b in zip(found.values(), expected)), (found, expected)


@given(texts(), INPUTS, INPUTS)
def test_an_expression_is_what_python_makes_of_it(text: str, x: float, w: float) -> None:
    """To the bit: the same operations on the same Values, in the same order."""
    space = {name: FUNCTIONS[name] for name in (*ONE, "hypot")} | CONSTANTS | {"__builtins__": {}}
    theirs, ours = [Value(x), Value(w)], [Value(x), Value(w)]
    try:
        expected = eval(text, {**space, "x": theirs[0], "w": theirs[1]})
    except (ArithmeticError, ValueError, TypeError):  # of floats among themselves, which Python raises for
        assume(False)
    y = Expression(text, ["x", "w"])({"x": ours[0], "w": ours[1]})
    if not isinstance(y, Value):
        assert not isinstance(expected, Value) and (y == expected or y != y)
        return
    y.backward()
    expected.backward()
    pairs = [(y.data, expected.data), *((a.grad, b.grad) for a, b in zip(ours, theirs))]
    assert all(a == b or (a != a and b != b) for a, b in pairs)


@given(texts(2), INPUTS, INPUTS)
def test_the_second_derivatives_and_the_check(text: str, x: float, w: float) -> None:
    f = Expression(text, ["x", "w"])
    y = f({"x": Value(x), "w": Value(w)})
    assume(isinstance(y, Value))
    ran = run("hessian", text, f"x={x!r}", f"w={w!r}")
    expected = sg.hessian(lambda v: f({"x": v[0], "w": v[1]}))([x, w])
    assert ran.code == 0 and ran.err == "" and ran.out.startswith(f"y = {y.data!r}\n\n")
    rows = [line.split() for line in ran.out.splitlines()[2:]]
    assert rows == [["x", "w"], *([name, *(f"{h + 0.0:.8g}" for h in row)] for name, row in zip("xw", expected))]

    ran = run("check", text, f"x={x!r}", f"w={w!r}")
    assert ran.code in ((0, 1) if math.isfinite(y.data) else (1,))
    assert ran.err == "" if ran.code == 0 else ran.err.startswith("scalargrad: ")


@pytest.mark.parametrize("row", [row for row in ops.PRIMITIVES if row.function], ids=lambda row: row.name)
def test_every_function_of_the_table_has_its_example(row: ops.Row) -> None:
    call, result = row.example.split(" = ")
    assert repr(Expression(call, ())({})) == result


def test_the_functions_are_the_public_ones_of_numbers() -> None:
    arrays = {"arange", "batches", "concat", "constant", "eye", "linspace", "matmul", "ones", "outer", "stack", "zeros"}
    transforms = {"backend", "custom_vjp", "detect_anomaly", "draw", "draw_dot", "explain", "grad", "hessian", "hvp",
                  "jacobian", "jvp", "load", "no_grad", "save", "summary", "value_and_grad", "vjp"}  # fmt: skip
    public = {name for name in dir(sg) if callable(getattr(sg, name)) and name[0].islower()}
    assert {*FUNCTIONS} == public - arrays - transforms
    assert {*TESTS} == {"isnan", "isinf", "isfinite"}


LANGUAGE = [
    ("sum(w*w) + x", 3.0 + 14.0), ("w[0] + w[-1]*x", 1.0 + 9.0), ("dot(w, [1, x, 2])", 1.0 + 6.0 + 6.0),
    ("sum(w[1:])", 5.0), ("sum(w[::-1] * [1, 0, 0])", 3.0), ("max(w) - min(w, 0)", None), ("prod(w)", 6.0),
    ("mean(w)", 2.0), ("norm([x, 4])", 5.0), ("softmax([x, x])[0]", 0.5), ("logsumexp(x, -inf)", 3.0),
    ("where(x > 2, 1, -1)", 1.0), ("where(0 < x < 2, 1, -1)", -1.0), ("where(x > 2 and x < 2, 1, -1)", -1.0),
    ("where(x > 2 or x < 2, 1, -1)", 1.0), ("where(not x > 2, 1, -1)", -1.0), ("sum(where(w > 1, w, 0))", 5.0),
    ("sum(where(not w > 1, w, 0))", 1.0), ("sum(where(1 < w < 3 or w == 1, w, 0))", 3.0),
    ("where(isnan(0/0), x, 1)", 3.0), ("where(isnan(inf - inf), x, 1)", 3.0), ("sum(where(isfinite(w), w, 0))", 6.0),
    ("sum([])", 0.0), ("sum((w, w)[0])", None), ("7 // 2 + 7 % 4 + -7 % 4", 3.0 + 3.0 + 1.0), ("1/0", math.inf),
    ("-1/0", -math.inf), ("0x10 + 1_0", 26.0), ("9**9**9**9", math.inf), ("x * [1, 2][1]", 6.0),
    ("sum([x, 1] * 2)", 8.0), ("+x", 3.0), ("2**10", 1024.0), ("x == 3", None), ("  ( x\n+ 1 ) ", 4.0),
    ("where(1 < 2, x, 0)", 3.0), ("[x, 2][0]", 3.0), ("\uff58", 3.0), ("clip(x, 0, 1)", 1.0), ("1e400", math.inf),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LANGUAGE, ids=[text for text, _ in LANGUAGE])
def test_the_language(text: str, expected: float | None) -> None:
    ran = run("grad", text, "x=3", "w=1,2,3")
    if expected is None:
        assert ran.code == 2
    else:
        assert ran.code == 0 and printed(ran.out)["y"] == expected, ran
