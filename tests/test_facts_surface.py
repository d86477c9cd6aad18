"""What the table is seen through, by hand: constants, symbols, operators from either side, methods, defaults."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.errors import NumberError
from scalargrad.table import ops
from scalargrad.table.libm import zmul
from tests.support.facts import bits
from tests.support.reference import SELU_ALPHA, SELU_SCALE


def test_the_constants() -> None:
    with mp.workdps(50):
        zero = mp.findroot(lambda x: mp.psi(0, x), 1.46)
        exact = {"LN2": mp.log(2), "LOG2E": 1 / mp.log(2), "LOG10E": 1 / mp.log(10),
                 "TWO_OVER_SQRT_PI": 2 / mp.sqrt(mp.pi), "UP": mpf(2) ** 600,
                 "DOWN": mpf(2) ** -600, "LARGE": mpf(2) ** 300, "SPLIT": mpf(6442450944),
                 "ROOT_2": mp.sqrt(2), "ROOT_3": mp.sqrt(3), "PI": mp.pi, "PI_SQUARED": mp.pi**2,
                 "BELL_TOP": 1 / mp.sqrt(2 * mp.pi), "COARSE": mpf(211106232532992),
                 "SELU_SCALE": SELU_SCALE, "SELU_LEFT": SELU_SCALE * SELU_ALPHA,
                 "DIGAMMA_ZERO": zero, "DIGAMMA_ZERO_TAIL": zero - mpf(float(zero))}  # fmt: skip
        for name, number, places in (("ROOT_HALF", 1 / mp.sqrt(2), 26), ("GELU_LINE", mp.sqrt(2 / mp.pi), 38),
                                     ("GELU_CUBE", mpf("0.044715") * mp.sqrt(2 / mp.pi), 28)):  # fmt: skip
            high = mp.nint(number * 2**places) / 2**places
            exact |= {name: number, f"{name}_HIGH": high, f"{name}_LOW": number - high}
        wanted = {name: float(x) for name, x in exact.items()}
    wanted |= {"inf": math.inf, "nan": math.nan, "TINY": 1e-290, "HUGE": 1e290}
    assert {name: bits(x) for name, x in ops.CONSTANTS.items()} == {name: bits(x) for name, x in wanted.items()}


SHOWN = """\
add + | sub - | mul * | div / | neg neg | square **2 | pow ** | floordiv // | remainder % | fmod fmod | sqrt
sqrt | cbrt cbrt | exp exp | exp2 exp2 | expm1 expm1 | log log | log1p log1p | log2 log2 | log10 log10 | sin sin
| cos cos | tan tan | asin asin | acos acos | atan atan | atan2 atan2 | sinh sinh | cosh cosh | tanh tanh |
asinh asinh | acosh acosh | atanh atanh | erf erf | erfc erfc | sigmoid sigmoid | log_sigmoid log_sigmoid |
softplus softplus | relu ReLU | leaky_relu leaky_relu | elu elu | silu silu | abs abs | sign sign | floor floor
| ceil ceil | trunc trunc | round round | copysign copysign | maximum maximum | minimum minimum | clip clip |
where where | hypot hypot | logaddexp logaddexp | exp_sub exp | sum sum | dot dot | max max | min min |
logsumexp logsumexp | custom custom"""


def test_the_symbols_and_the_order_of_the_table() -> None:
    """A row that is newer than this list stands anywhere, and shows its name, but for rows of derivatives alone."""
    pairs = [tuple(cell.split()) for cell in SHOWN.split("|")]
    found = list(zip(ops.NAMES, ops.SYMBOLS))
    assert found[:2] == [("leaf", ""), ("link", "")]
    newer = [pair for pair in found[2:] if pair[0] not in dict(pairs)]
    assert [pair for pair in found[2:] if pair not in newer] == pairs
    derived = {row.name for row in ops.DERIVED}
    assert all(symbol == name for name, symbol in newer if name not in derived)


def test_op_shows_them() -> None:
    a, b = Value(3.0), Value(2.0)
    shown = [
        a + b,
        a - b,
        a * b,
        a / b,
        -a,
        a**2,
        a**b,
        a**3,
        a**0.5,
        2**a,
        a // b,
        a % b,
        abs(a),
        a.relu(),
        sg.sum([a]),
    ]
    wanted = ["+", "-", "*", "/", "neg", "**2", "**", "**3", "**0.5", "**", "//", "%", "abs", "ReLU", "sum"]
    assert [v._op for v in shown] == wanted and a._op == ""


# v is 4: what is written, its value, its derivative
ONE_SIDED: dict[str, tuple[Callable[[Any], Any], float, float]] = {
    "add": (lambda v: v + 10, 14, 1), "radd": (lambda v: 10 + v, 14, 1),
    "sub": (lambda v: v - 10, -6, 1), "rsub": (lambda v: 10 - v, 6, -1),
    "mul": (lambda v: v * 10, 40, 10), "rmul": (lambda v: 10 * v, 40, 10),
    "truediv": (lambda v: v / 8, 0.5, 0.125), "rtruediv": (lambda v: 8 / v, 2, -0.5),
    "floordiv": (lambda v: v // 3, 1, 0), "rfloordiv": (lambda v: 11 // v, 2, 0),
    "mod": (lambda v: v % 3, 1, 1), "rmod": (lambda v: 11 % v, 3, -2),
    "mod, negative": (lambda v: v % -3, -2, 1), "rmod, negative": (lambda v: -11 % v, 1, 3),
    "pow": (lambda v: v**0.5, 2, 0.25), "pow 2": (lambda v: v**2, 16, 8), "pow 2.0": (lambda v: v**2.0, 16, 8),
    "rpow": (lambda v: 2**v, 16, 16 * math.log(2)), "pow()": (lambda v: pow(v, 3), 64, 48),
    "neg": (lambda v: -v, -4, -1), "pos": (lambda v: +v, 4, 1), "abs": (lambda v: abs(-v), 4, 1),
    "divmod, quotient": (lambda v: divmod(v, 3)[0], 1, 0), "divmod, remainder": (lambda v: divmod(v, 3)[1], 1, 1),
    "rdivmod, quotient": (lambda v: divmod(11, v)[0], 2, 0), "rdivmod, remainder": (lambda v: divmod(11, v)[1], 3, -2),
    "iadd": (lambda v: operator.iadd(v, 10), 14, 1), "isub": (lambda v: operator.isub(v, 10), -6, 1),
    "imul": (lambda v: operator.imul(v, 10), 40, 10), "itruediv": (lambda v: operator.itruediv(v, 8), 0.5, 0.125),
    "leaky_relu": (lambda v: sg.leaky_relu(-v), -0.04, -0.01),
    "elu": (lambda v: sg.elu(-v), math.expm1(-4), -math.exp(-4)),
    "leaky_relu()": (lambda v: (-v).leaky_relu(), -0.04, -0.01),
    "elu()": (lambda v: (-v).elu(), math.expm1(-4), -math.exp(-4)),
    "leaky_relu(0.5)": (lambda v: (-v).leaky_relu(0.5), -2, -0.5), "elu(2)": (lambda v: sg.elu(v, 2), 4, 1),
    "elu(alpha=2)": (lambda v: (-v).elu(alpha=2), 2 * math.expm1(-4), -2 * math.exp(-4)),
    "leaky_relu(slope=.5)": (lambda v: sg.leaky_relu(-v, slope=0.5), -2, -0.5),
    "clip": (lambda v: v.clip(1, 5), 4, 1), "clip, low": (lambda v: v.clip(5, 9), 5, 0),
    "clip, high": (lambda v: v.clip(1, 3), 3, 0), "clip(lo=, hi=)": (lambda v: v.clip(hi=3, lo=1), 3, 0),
    "where": (lambda v: sg.where(True, v, 7), 4, 1), "where, else": (lambda v: sg.where(False, v, 7), 7, 0),
    "where()": (lambda v: v.where(v, 7), 4, 1), "atan2": (lambda v: sg.atan2(v, 3), math.atan2(4, 3), 3 / 25),
    "atan2, x": (lambda v: sg.atan2(3, v), math.atan2(3, 4), -3 / 25),
    "atan2()": (lambda v: v.atan2(3), math.atan2(4, 3), 0.12),
    "copysign": (lambda v: sg.copysign(v, -1), -4, -1), "copysign, y": (lambda v: sg.copysign(-1, v), 1, 0),
    "copysign()": (lambda v: v.copysign(-1), -4, -1), "fmod": (lambda v: sg.fmod(-11, v), -3, 2),
    "fmod()": (lambda v: (-v).fmod(3), -1, -1), "remainder": (lambda v: sg.remainder(-11, v), 1, 3),
    "remainder()": (lambda v: (-v).remainder(3), 2, -1), "pow function": (lambda v: sg.pow(2, v), 16, 16 * math.log(2)),
    "pow method": (lambda v: v.pow(3), 64, 48), "hypot()": (lambda v: v.hypot(3), 5, 0.8),
    "maximum()": (lambda v: v.maximum(3), 4, 1), "minimum()": (lambda v: v.minimum(3), 3, 0),
    "logaddexp()": (lambda v: v.logaddexp(4), 4 + math.log(2), 0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_SIDED)
def test_a_value_on_one_side(name: str) -> None:
    written, wanted, derivative = ONE_SIDED[name]
    v = Value(4.0)
    result = written(v)
    result.backward()
    assert type(result) is Value
    assert result.data == pytest.approx(wanted, rel=1e-15) and v.grad == pytest.approx(derivative, rel=1e-15)


IN_PLACE = {"iadd", "isub", "imul", "itruediv"}


@pytest.mark.parametrize("name", [n for n in ONE_SIDED if n not in IN_PLACE and "divmod" not in n and n != "pow()"])
def test_an_array_on_one_side(name: str) -> None:
    """The same, element by element: of the operators and methods of arrays, and of functions that get one."""
    written, wanted, derivative = ONE_SIDED[name]
    for v, ones in ((Vector([4.0, 4.0]), [1.0, 1.0]), (Matrix([[4.0], [4.0]]), [[1.0], [1.0]])):
        result = written(v)
        assert type(result) is type(v)
        (result * ones).sum().backward()
        for got in v.detach().elements():
            assert got.data == 4.0
        data, grad = ([x for row in a for x in row] if v.ndim == 2 else a for a in (result.data, v.grad))
        assert data == pytest.approx([wanted] * 2, rel=1e-15) and grad == pytest.approx([derivative] * 2, rel=1e-15)


def test_what_is_a_number_of_python_again() -> None:
    for x in (2.5, -2.5, 3.5, -0.5, 2.675):
        v = Value(x)
        assert (int(v), round(v), math.floor(v), math.ceil(v), math.trunc(v)) == (
            int(x), round(x), math.floor(x), math.ceil(x), math.trunc(x))  # fmt: skip
        assert (round(v, 1), round(v, 2), round(v, None)) == (round(x, 1), round(x, 2), round(x))
        assert type(round(v)) is int and type(round(v, 1)) is float and bool(v) is True
    for convert in (int, round, math.floor, math.ceil, math.trunc):
        for x, error in ((math.inf, OverflowError), (math.nan, ValueError)):
            with pytest.raises(error):
                convert(Value(x))


def test_there_is_no_power_modulo() -> None:
    v = Value(3.0)
    for arguments in ((v, 2, 5), (2, v, 5)):
        with pytest.raises(TypeError):
            pow(*arguments)


@pytest.mark.parametrize("bound", [None, "1", ["a"]])
def test_a_bound_is_a_number(bound: Any) -> None:
    for attempt in (lambda: sg.clip(Value(1.0), bound, 2.0), lambda: sg.clip(Value(1.0), 0.0, bound),
                    lambda: Value(1.0).clip(0.0, bound), lambda: sg.leaky_relu(Value(1.0), bound)):  # fmt: skip
        with pytest.raises(NumberError):
            attempt()


def test_a_square_is_a_product() -> None:
    """`x**2` is `x*x`, by every spelling whose exponent is a number; every other power, and one to a Value, is pow."""
    x = 1.1e-160  # pow rounds a subnormal square as it likes; the product is IEEE's
    for squared in (Value(x) ** 2, Value(x) ** 2.0, sg.pow(Value(x), 2), Value(x).pow(True + 1), sg.square(Value(x))):
        assert squared._op == "**2" and bits(squared.data) == bits(x * x)
    assert bits(sg.pow(x, 2)) == bits(x * x) and (Vector([x]) ** 2).data == [x * x]
    for other, op in ((Value(3.0) ** 2.5, "**2.5"), (Value(3.0) ** Value(2.0), "**"), (2 ** Value(2.0), "**")):
        assert other._op == op and ops.NAMES[sg.core.opcode(other)] == "pow"


def test_the_product_of_the_chain_rule() -> None:
    for a, b, wanted in ((0.0, math.inf, 0.0), (-math.inf, 0.0, 0.0), (math.nan, -0.0, 0.0), (0.0, math.nan, 0.0),
                         (-0.0, 3.0, -0.0), (2.0, 3.0, 6.0), (math.nan, 1.0, math.nan), (math.inf, -1.0, -math.inf),
                         (1e200, 1e200, math.inf), (math.inf, math.nan, math.nan)):  # fmt: skip
        assert bits(zmul(a, b)) == bits(wanted) and bits(zmul(b, a)) == bits(wanted)
        leaf = Value(0.0)
        through = leaf + 0.0
        (through * b).backward(a)
        assert bits(through.grad) == bits(wanted), (a, b)
        assert bits(leaf.grad) == bits(0.0 + wanted), (a, b)
    x = Value(0.0)
    sg.where(x > 0, sg.log(x) * math.inf, x + 1).backward()
    assert x.grad == 1.0


def test_contributions_come_in_one_order() -> None:
    """Consumers in reverse order of recording, operands in their order: where 1 meets 1e16 it is lost."""
    for interior in (False, True):
        for weights, wanted in (((1.0, 1e16, -1e16), 1.0), ((1e16, -1e16, 1.0), 0.0)):
            x = Value(1.0) * 1.0 if interior else Value(1.0)
            sg.sum([x * w for w in weights]).backward()
            assert x.grad == wanted
        for weights, wanted in (((1.0, 1e16, -1e16), 0.0), ((1e16, -1e16, 1.0), 1.0)):
            x = Value(1.0) * 1.0 if interior else Value(1.0)
            sg.dot([x, x, x], list(weights)).backward()
            assert x.grad == wanted
