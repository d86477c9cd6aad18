"""Methods, operators and numpy's functions of arrays: expected are Python's floats and numpy's own results."""

from __future__ import annotations

import copy
import math
import operator
from array import array
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.arrays import concat, stack
from scalargrad.errors import NumberError, RangeError, ShapeError
from scalargrad.table import faces
from tests.support import special

X, Y = [0.3, 0.8, -0.6], [0.5, 2.0, 0.7]

# --- names -----------------------------------------------------------------------------------------------------------

ONE: dict[str, Any] = {
    "exp": math.exp, "exp2": lambda x: 2.0**x, "expm1": math.expm1, "log": math.log, "log1p": math.log1p,
    "log2": math.log2, "log10": math.log10, "sqrt": math.sqrt, "cbrt": lambda x: x ** (1 / 3),
    "square": lambda x: x * x,
    "sin": math.sin, "cos": math.cos, "tan": math.tan, "asin": math.asin, "acos": math.acos, "atan": math.atan,
    "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh, "asinh": math.asinh, "acosh": math.acosh,
    "atanh": math.atanh, "erf": math.erf, "erfc": math.erfc,
    "erfinv": lambda x: float(special.erfinv(x)), "lgamma": math.lgamma, "digamma": lambda x: float(special.psi(0, x)),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "log_sigmoid": lambda x: -math.log1p(math.exp(-x)), "softplus": lambda x: math.log1p(math.exp(x)),
    "silu": lambda x: x / (1 + math.exp(-x)), "relu": lambda x: max(x, 0.0),
    "abs": abs, "sign": lambda x: math.copysign(1, x),
    "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc, "round": round,
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x, "elu": lambda x: x if x > 0 else math.expm1(x),
}  # fmt: skip
TWO: dict[str, Any] = {
    "atan2": math.atan2, "hypot": math.hypot, "logaddexp": lambda x, y: math.log(math.exp(x) + math.exp(y)),
    "copysign": math.copysign, "fmod": math.fmod, "remainder": operator.mod, "maximum": max, "minimum": min,
    "pow": operator.pow, "polygamma": lambda x, n: float(special.psi(n, x)),
    "leaky_relu": lambda x, y: x if x > 0 else y * x, "elu": lambda x, y: x if x > 0 else y * math.expm1(x),
}  # fmt: skip
POSITIVE = {"log", "log2", "log10", "sqrt", "cbrt", "pow"}


def argument(name: str) -> list[float]:
    return [0.3, 0.8, 0.6] if name in POSITIVE else [1.3, 1.8, 2.6] if name == "acosh" else X


@pytest.mark.parametrize("name", ONE)
def test_methods_of_one(name: str) -> None:
    x = argument(name)
    found = getattr(Vector(x), name)()
    assert found.data == pytest.approx([ONE[name](v) for v in x], rel=1e-15)  # a few ulp: the forms differ
    assert getattr(Matrix([x]), name)().data == [found.data] and getattr(Vector, name).__name__ == name


@pytest.mark.parametrize("name", TWO)
def test_methods_of_two(name: str) -> None:
    x, y = argument(name), [0.0, 1.0, 2.0] if name == "polygamma" else Y
    found = getattr(Vector(x), name)(y)
    assert found.data == pytest.approx([TWO[name](a, b) for a, b in zip(x, y)], rel=1e-15)


def test_methods_of_three() -> None:
    x = Vector([-2.0, 0.5, 3.0])
    assert x.clip(-1.0, 2.0).data == [-1.0, 0.5, 2.0]
    assert Vector([1.0, 0.0, -1.0]).where([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]).data == [1.0, 5.0, 3.0]


OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow]


@pytest.mark.parametrize("function", OPERATORS, ids=lambda f: f.__name__)
def test_operators_and_their_reflections(function: Any) -> None:
    x, y, k = [2.5, 0.75, 4.0], [1.5, 2.0, 0.5], 1.75
    for other, numbers in ((Vector(y), y), (y, y), (np.array(y), y), (k, [k] * 3), (Value(k), [k] * 3), (2, [2] * 3)):
        assert list(function(Vector(x), other).data) == [function(a, float(b)) for a, b in zip(x, numbers)]
        assert list(function(other, Vector(x)).data) == [function(float(b), a) for a, b in zip(x, numbers)]
    v = Vector(x)
    assert (-v).data == [-2.5, -0.75, -4.0] and +v is v and abs(-v).data == x
    for exponent in (3, 2, 2.0, -1, 0.5):
        assert (v**exponent).data == [a**exponent for a in x] and v.pow(exponent).data == (v**exponent).data


COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


@pytest.mark.parametrize("compare", COMPARISONS, ids=lambda f: f.__name__)
def test_comparisons(compare: Any) -> None:
    x, y = [1.0, 2.0, 3.0], [2.0, 2.0, 2.0]
    wanted = [compare(a, 2.0) for a in x]
    for other in (Vector(y), y, 2, 2.0, Value(2.0), np.array(y)):
        assert compare(Vector(x), other).tolist() == wanted
    swapped = [compare(2.0, a) for a in x]
    for other in (y, 2, Value(2.0), np.array(y)):
        assert compare(other, Vector(x)).tolist() == swapped
    assert compare(Vector(x), Matrix([y, x])).tolist() == [[compare(*p) for p in zip(x, row)] for row in (y, x)]
    assert compare(Matrix([[1.0], [3.0]]), Vector(y[:2])).tolist() == [[compare(a, 2.0)] * 2 for a in (1.0, 3.0)]
    with pytest.raises(ShapeError, match=rf"the comparison {compare.__name__} needs shapes .* \(3,\) and \(2,\)"):
        compare(Vector(x), [1.0, 2.0])


UFUNCS = [
    "exp", "exp2", "expm1", "log1p", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh",
    "tanh", "arcsinh", "arctanh", "absolute", "fabs", "negative", "square", "rint", "floor", "ceil", "trunc",
    "sign", "cbrt",
]  # fmt: skip
UFUNCS_OF_TWO = [
    "add", "subtract", "multiply", "divide", "true_divide", "floor_divide", "arctan2", "hypot", "fmod",
    "remainder", "maximum", "minimum", "copysign", "logaddexp", "less", "less_equal", "greater",
    "greater_equal", "equal", "not_equal",
]  # fmt: skip


@pytest.mark.parametrize("name", UFUNCS)
def test_numpys_functions_of_one(name: str) -> None:
    x = np.array([0.3, 0.8, -0.6, -0.5])
    assert np.allclose(getattr(np, name)(Vector(x)).data, getattr(np, name)(x), rtol=1e-15, atol=0.0)


@pytest.mark.parametrize("name", UFUNCS_OF_TWO)
def test_numpys_functions_of_two(name: str) -> None:
    x, y = np.array([0.3, 2.0, -0.6, -2.5]), np.array([0.5, 2.0, 0.7, -1.5])
    wanted = getattr(np, name)(x, y)
    for a, b in ((Vector(x), Vector(y)), (Vector(x), y), (x, Vector(y))):
        found = getattr(np, name)(a, b)
        assert np.allclose(found.data, wanted, rtol=2e-15, atol=0.0)


def test_more_of_numpys_functions() -> None:
    x = np.array([1.5, 2.0, 3.25])
    for name in ("log", "log2", "log10", "sqrt", "arccosh"):
        assert np.allclose(getattr(np, name)(Vector(x)).data, getattr(np, name)(x), rtol=1e-15, atol=0.0)
    for name in ("power", "float_power"):
        assert np.allclose(getattr(np, name)(Vector(x), 1.5).data, x**1.5, rtol=1e-15, atol=0.0)
    a = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(np.matmul(a, Vector(x)).data, a @ x) and np.array_equal((Matrix(a) @ x).data, a @ x)
    for call in (lambda: np.add.reduceat(Vector(x), [0]), lambda: np.add(Vector(x), x, out=np.zeros(3)),
                 lambda: np.gcd(Vector(x), 2), lambda: np.add(Vector(x), x, where=[True] * 3)):  # fmt: skip
        with pytest.raises(TypeError):
            call()


# --- what is shown as numpy ------------------------------------------------------------------------------------------


def test_numpy_in_numpy_out() -> None:
    a, b = Matrix(np.ones((2, 2))), Matrix([[1.0, 2.0], [3.0, 4.0]])
    assert isinstance(b.data, list)
    made = [a + b, b + a, a @ b, b @ a, a.T, a[0], a[:, 0], a[[0, 1]], a.reshape(4), a.sum(0), a.softmax(0),
            a.softmax(1),
            concat([a, b]), concat([b, a]), concat([b, a], 1), stack([b[0], a[0]]), a.detach(), Matrix(a),
            copy.deepcopy(a), b + np.ones(2), b[0] @ a, a[1][[0]], a.prod(1), a.exp()]  # fmt: skip
    for k, x in enumerate(made):
        assert isinstance(x.data, np.ndarray) and isinstance(x.grad, np.ndarray), k
        assert x.data.shape == x.shape, k
    for k, x in enumerate([b + b, b @ b, b.T, concat([b, b]), b.softmax(0), b.sum(1), b + [1.0, 2.0], Matrix(b)]):
        assert isinstance(x.data, list), k


def test_what_is_shown_is_a_copy() -> None:
    x = Vector(np.array([1.0, 2.0]))
    shown = x.data
    shown[0] = 9.0
    x.grad[0] = 9.0
    assert x.data.tolist() == [1.0, 2.0] and x.grad.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f8", "i1", "u8", "?", "f2"])
def test_numpys_kinds_of_numbers(dtype: str) -> None:
    given = np.array([[1, 0, 1], [0, 1, 1]]).astype(dtype)
    for x in (given, given.T, given[:, ::2], given[::-1]):
        assert np.array_equal(Matrix(x).data, x.astype(float))
        assert np.array_equal((Matrix(x) * x).data, x.astype(float) ** 2)
        assert np.array_equal((Matrix(x) @ x.T).data, x.astype(float) @ x.T.astype(float))


def test_what_numpy_has_and_no_number_is() -> None:
    with pytest.raises(NumberError, match="masked"):
        Vector(np.ma.masked_array([1.0, 2.0], [False, True]))
    assert Vector(np.ma.masked_array([1.0, 2.0], [False, False])).shape == (2,)
    with pytest.raises(NumberError):
        Vector(np.array(["2020-01-01"], dtype="datetime64[D]"))
    with pytest.raises(NumberError):
        Vector(np.array([1j]))
    if np.finfo(np.longdouble).max > np.finfo(float).max:
        with pytest.raises(RangeError, match="too large"):
            Vector(np.array([1.0, 2.0], dtype=np.longdouble) * np.longdouble(10) ** 400)
    assert Vector(np.array([np.inf, 1.0], dtype=np.longdouble)).data.tolist() == [math.inf, 1.0]
    with pytest.raises(RangeError, match="too large"):
        Vector([10**400])
    with pytest.raises(NumberError):
        Vector(b"ab")


def test_buffers() -> None:
    assert (Vector([1.0, 2.0]) + array("f", [0.5, 1.0])).data == [1.5, 3.0]
    assert Matrix(memoryview(bytes(range(6))).cast("B", (2, 3))).data == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


@pytest.mark.parametrize("name", [row.name for row in faces.FUNCTIONS if len(row.operands) == 2])
def test_a_function_of_two_takes_a_list_on_either_side(name: str) -> None:
    function, x, y = getattr(sg, name), [0.25, 0.5, 0.75], [1.0, 2.0, 3.0]
    x = [1.0, 0.0, 4.0] if name == "polygamma" else x
    wanted = [function(p, q) for p, q in zip(x, y)]
    by_method = Vector(y).polygamma(x) if name == "polygamma" else getattr(Vector(x), name)(y)
    for result in (function(Vector(x), y), function(x, Vector(y)), function(Vector(x), Vector(y)),
                   function(Vector(x), np.array(y)), by_method):  # fmt: skip
        assert [abs(a - b) <= 1e-15 for a, b in zip(result.data, wanted)] == [True] * 3  # x**2 alone is x*x
    with pytest.raises(NumberError):
        function(0.5, "text")


class Foreign:
    """An array of another library: numpy can read it, and nothing else can."""

    def __init__(self, x: Any) -> None:
        self.inner = np.array(x)
        self.shape, self.dtype = self.inner.shape, "a type of its own"

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.inner


def test_arrays_of_other_libraries_are_read_by_numpy() -> None:
    assert Vector(Foreign([1.0, 2.0])).data.tolist() == [1.0, 2.0]
    assert Matrix(Foreign([[1, 2]])).data.tolist() == [[1.0, 2.0]]
    assert (Vector([1.0, 2.0]) + Foreign([3.0, 4.0])).data.tolist() == [4.0, 6.0]
    with pytest.raises(ShapeError, match=r"got shape \(1, 2\)"):
        Vector(Foreign([[1.0, 2.0]]))
