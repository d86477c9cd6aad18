"""numpy's ufuncs and their methods on arrays, in each order with numbers and objects; what cannot be is refused."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalargrad import Mask, Matrix, ScalargradError, Value, Vector, core, errors
from tests.support import numpys

UFUNCS = sorted({f.__name__: f for f in vars(np).values() if isinstance(f, np.ufunc)}.items())
# Those that are no functions of floats, or have no derivative that would be of use.
REFUSED = {
    "bitwise_count",
    "frexp",
    "gcd",
    "isnat",
    "lcm",
    "ldexp",
    "left_shift",
    "nextafter",
    "right_shift",
    "spacing",
}
OF_BOOLS = {"bitwise_and", "bitwise_or", "bitwise_xor", "invert"}
# Where a ufunc is smooth: the expression of its first operand.
DOMAINS = {
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), "abs({}) / 3.0"), "arccosh": "abs({}) + 1.5",
    **dict.fromkeys(("sqrt", "log", "log2", "log10", "log1p", "power", "float_power", "cbrt"), "abs({}) + 0.1"),
}  # fmt: skip
METHODS = """
np.add.reduce(v); np.add.reduce(M); np.add.reduce(M, axis=1, keepdims=True); np.add.reduce(M, axis=None)
np.multiply.reduce(M, axis=1); np.maximum.reduce(M, axis=-1); np.minimum.reduce(M, axis=(0, 1))
np.hypot.reduce(M, axis=1); np.logaddexp.reduce(v); np.logical_and.reduce(C); np.logical_or.reduce(C, axis=1)
np.bitwise_and.reduce(C); np.bitwise_or.reduce(C, axis=1); np.add.accumulate(v); np.add.accumulate(M)
np.multiply.accumulate(M, axis=1); np.maximum.accumulate(v); np.subtract.accumulate(M); np.add.outer(v, w)
np.multiply.outer(v, w); np.hypot.outer(v, w); np.greater.outer(v, w); np.power.outer(u, v)
np.subtract.outer(2.0, M); np.logical_and.outer(c, c); np.fmax.outer(v, w)
np.fmax(p, 1.0); np.fmin(P, v); np.heaviside(v - v, w); np.modf(v * 3.0); np.divmod(v, w); np.isnan(p)
np.isfinite(P); np.logical_or(C, D); np.logical_xor(c, v); np.logical_not(C); np.bitwise_and(C, D)
np.bitwise_xor(C, D); np.invert(C); np.exp(v, out=None); np.add(v, w, where=True); np.add(v, w, dtype=float)
np.matmul(M, N); np.matmul(v, N); np.power(u, 2); np.multiply(c, v); np.add(2.0, M); np.hypot(np.float64(1.0), v)
divmod(v, 0.4); divmod(2.0, M); v @ N; M[0] - np.float64(2.0); np.arctan2(v, 2)
"""
NEW = """
np.vecdot(M, L); np.vecdot(M, v); np.vecdot(v, M); np.matvec(M, v); np.matvec(M, L); np.vecmat(L, N)
np.vecdot(M, L[:1]); np.vecdot(M[:1], L)
"""  # of numpy 2.2
TEXTS = re.split(r"[;\n]\s*", (METHODS + (NEW if hasattr(np, "vecmat") else "")).strip())


@pytest.mark.parametrize("name", [name for name, _ in UFUNCS])
def test_a_ufunc_has_numpys_numbers_and_the_right_gradients(name: str) -> None:
    ufunc = dict(UFUNCS)[name]
    if name in REFUSED:
        for x in (Vector([0.5, 2.0]), Matrix([[1.0]]), Mask([True, False])):
            if name == "bitwise_count" and x.is_mask:
                continue
            for args in ((x, 1), (1, x), (x, x)) if ufunc.nin == 2 else ((x,),):
                with pytest.raises(errors.DispatchError, match=r"\.numpy\(\)"):
                    ufunc(*args)
        return
    names = ["c", "C"] if name in OF_BOOLS else ["v", "M"]
    others = ["c", "D"] if name in OF_BOOLS else ["w", "L"]
    if name in ("matmul", "vecdot", "matvec", "vecmat"):
        others = ["w", "N"] if name == "matmul" else others
        texts = {"matvec": "np.matvec(M, v)", "vecmat": "np.vecmat(v, N)"}
        numpys.check(texts.get(name, f"np.{name}({names[0]}, {others[0]})"))
        return
    for x, y in zip(names, others):
        x = DOMAINS.get(name, "{}").format(x)
        numpys.check(f"np.{name}({x}, {y})" if ufunc.nin == 2 else f"np.{name}({x})")
    if ufunc.nin == 2:
        numpys.check(f"np.{name}({'c' if name in OF_BOOLS else 'abs(M) + 0.13'}, {'C' if name in OF_BOOLS else 'w'})")


@pytest.mark.parametrize("text", TEXTS)
def test_methods_and_options_of_ufuncs(text: str) -> None:
    numpys.check(text)


@pytest.mark.parametrize(
    "text",
    [
        "np.add.at(v, [0], 1.0)", "np.add.at(np.zeros(3), [0], v[:1])", "np.add.reduceat(v, [0, 1])",
        "np.exp(v, where=c)", "np.exp(v, dtype=np.float32)", "np.add(v, w, out=np.zeros(3))", "np.add(v, w, out=w)",
        "np.subtract.reduce(v)", "np.add.reduce(v, initial=1.0)", "np.add.reduce(v, where=c)", "np.exp.outer(v, w)",
        "np.multiply.outer(M, v)", "np.logical_xor.reduce(v)", "np.arctan2.reduce(v)", "np.logical_and.accumulate(C)",
        "np.modf(v, out=(np.zeros(3), None))", "np.add.accumulate(v, out=np.zeros(3))", "np.add(v, 'a')",
        "np.add(v, object())", "np.add(None, v)", "np.matmul(v, 2.0)", "np.bitwise_and(v, c)", "np.add(v, M[:, :2])",
        "np.add(v, 1j)", "np.add(v, np.zeros((2, 2, 3)))", "np.left_shift(C, 1)",
    ],
)  # fmt: skip
def test_what_is_asked_of_a_ufunc_may_be_refused(text: str) -> None:
    arrays = {name: numpys.ours(x) for name, x in numpys.NUMBERS.items()}
    with pytest.raises((ScalargradError, ValueError)) as caught:
        numpys.evaluated(text, arrays)
    assert isinstance(caught.value, ScalargradError) or text == "np.exp.outer(v, w)"  # numpy's own, before it asks us


@pytest.mark.parametrize(
    ("x", "y", "wanted"), [(1.0, 2.0, (0.0, 1.0)), (1.0, np.nan, (1.0, 0.0)), (np.nan, 2.0, (0.0, 1.0))]
)
def test_fmax_leaves_a_nan_out(x: float, y: float, wanted: tuple[float, float]) -> None:
    """The other operand has the value and the gradient; a result of lists is shown as lists."""
    for make in (Value, lambda z: Vector([z]), lambda z: Matrix([[z]])):
        a, b = make(x), make(y)
        found = np.fmax(a, b)
        found.backward() if isinstance(found, Value) else found.sum().backward()
        assert found.data == make(np.fmax(x, y)).data
        assert (a.grad, b.grad) == (make(wanted[0]).data, make(wanted[1]).data)


def test_arithmetic_in_place() -> None:
    v, numbers = Vector([1.0, 2.0]), np.array([3.0, 4.0])
    for statement in ("a += v", "a -= v", "a *= v", "a /= v", "a **= v", "a //= v", "a %= v"):
        with pytest.raises(errors.KeywordError, match=re.escape("write a = a * v")):
            exec(statement, {"a": numbers, "v": v})
        assert numbers.tolist() == [3.0, 4.0]
    with pytest.raises(errors.KeywordError, match="a numpy array of int64 cannot hold Values; nothing was changed"):
        exec("a *= v", {"a": np.array([1, 2], dtype=np.int64), "v": v})
    objects = np.array([3.0, 4.0], dtype=object)
    kept = objects
    objects *= v
    assert kept is objects and all(isinstance(x, Value) for x in objects)
    objects.sum().backward()
    assert v.grad == [3.0, 4.0]
    assert np.add(v, v, out=np.empty(2, dtype=object))[1] == 4.0
    with pytest.raises(errors.ShapeError, match=r"shape \(2,\) do not fit into an array of shape \(3,\)"):
        np.add(v, v, out=np.empty(3, dtype=object))


def test_masks_in_place() -> None:
    """A Mask has no gradient: it goes into numpy's arrays as bools do."""
    for statement in ("b &= c", "b |= c", "b ^= c", "b *= c", "a *= c", "a += c", "a /= c", "np.add(a, c, out=a)"):
        numbers, flags = np.array([3.0, 4.0]), np.array([True, False])
        wanted = {"a": numbers.copy(), "b": flags.copy(), "c": np.array([True, True]), "np": np}
        given = {"a": numbers, "b": flags, "c": Mask([True, True]), "np": np}
        exec(statement, wanted)
        exec(statement, given)
        assert given["a"] is numbers and given["b"] is flags
        assert numbers.tolist() == wanted["a"].tolist() and flags.tolist() == wanted["b"].tolist()


def test_products_in_place() -> None:
    m = Matrix([[1.0, 2.0], [3.0, 4.0]])
    objects = kept = np.array([[1.0, 0.0], [2.0, 1.0]], dtype=object)
    if np.lib.NumpyVersion(np.__version__) < "1.25.0":  # it refuses @= itself
        return
    objects @= m
    assert kept is objects and [x.data for x in kept.ravel()] == [1.0, 2.0, 5.0, 8.0]
    line = np.array([1.0, 2.0], dtype=object)
    with pytest.raises(errors.ShapeError, match="do not fit into an array"):
        line @= m[0]
    assert line.tolist() == [1.0, 2.0]
    for x in (m, m[0]):
        with pytest.raises(errors.DispatchError, match="combine Masks"):
            np.invert(x)


def test_functions_of_objects_are_applied_to_each_element() -> None:
    v = Vector([1.0, 2.0])
    for function in (np.frompyfunc(lambda x: x * x, 1, 1), np.vectorize(lambda x: x * x)):
        function(v).sum().backward()
    assert v.grad == [4.0, 8.0]


@given(st.lists(st.floats(-9.0, 9.0), min_size=1, max_size=9), st.sampled_from(["v", "c"]))
def test_each_order_gives_the_same_bits(numbers: list[float], kind: str) -> None:
    v, n = Vector(numbers), np.array(numbers)
    other = n[::-1].copy() if kind == "v" else n > 0.0
    for ufunc in (np.add, np.subtract, np.multiply, np.maximum, np.fmod, np.hypot, np.logaddexp):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results = [ufunc(v, other), ufunc(v, Vector(other.astype(float))), ufunc(n, Vector(other.astype(float)))]
        assert len({found.numpy().tobytes() for found in results}) == 1


def test_one_node_per_result() -> None:
    """A result is one node where the operation is one; running sums are one addition per element after the first."""
    n = 5

    def nodes(found: Any) -> int:
        seen, todo = set(), found.elements() if isinstance(found, (Vector, Matrix)) else [found]
        while todo:
            x = todo.pop()
            if core.key(x) is not None and core.key(x) not in seen:
                seen.add(core.key(x))
                todo += x._prev
        return len(seen)

    def fresh() -> Vector:
        return Vector([0.5 + k for k in range(n)])

    for function, count in (
        (np.sum, 1), (np.mean, 1), (np.max, 1), (np.prod, 1), (np.linalg.norm, 1), (np.exp, n), (np.cumsum, n - 1),
        (np.cumprod, n - 1), (np.std, n + 4), (np.var, n + 3), (np.median, 0), (np.sort, 0), (np.diff, n - 1),
        (np.ptp, 3), (lambda x: np.dot(x, x), 1), (lambda x: np.outer(x, x), n * n), (np.radians, n),
    ):  # fmt: skip
        assert nodes(function(fresh())) == count, function
