"""numpy's methods and properties on arrays, and what numpy converts by itself."""

from __future__ import annotations

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from scalargrad import ImplicitDetachWarning, Mask, Matrix, Value, Vector, errors, testing
from tests.support import numpys

CALLS = """
M.sum(keepdims=True); M.sum(0, keepdims=True); M.mean(axis=(0, 1)); M.mean(axis=(-1,), keepdims=True); M.max(1)
M.prod(axis=-1, keepdims=True); v.min(keepdims=True); M.std(); M.std(axis=0, ddof=1); M.var(1, keepdims=True)
v.var(ddof=1); M.cumsum(); M.cumsum(axis=0); M.cumprod(1); M.argmax(); M.argmax(axis=0); M.argmin(axis=1, keepdims=True)
M.argsort(); M.argsort(axis=0); M.argsort(axis=None); p.argsort(); p.argmax(); M.flatten(); M.ravel('F'); M.transpose()
M.transpose(1, 0); M.transpose((0, 1)); v.transpose(); M[:1].squeeze(); M[:, :1].squeeze(axis=1); M[:1, :1].squeeze()
M.reshape(3, 2); M.round(1); v.round(); M.any(); M.all(axis=0); M.any(axis=1, keepdims=True); v.dot(w); M.dot(N)
M.dot(v); v.clip(-1.0, 1.0); M.astype(float); v.real; v.conj(); M.T; C.any(axis=0); C.all(); C.sum(); C.sum(axis=1)
C.mean(axis=0, keepdims=True); C.sum(axis=0, keepdims=True); C.any(keepdims=True); C.flatten(); C.astype(float)
v.astype(bool); c.argmax(); C.T; v.shape; M.size; M.ndim; M.dtype == float; C.dtype == bool; len(M); (v > 0.0).cumsum()
v.sum(dtype=float, out=None); M.sum(axis=None); v.max(axis=-1)
""".strip()
NUMBERS = st.floats(-1e3, 1e3) | st.sampled_from([0.0, -0.0, 5e-324, 1e-200, 1e150, -1e150])
ARRAYS = arrays(np.float64, array_shapes(min_dims=1, max_dims=2, max_side=5), elements=NUMBERS)


@pytest.mark.parametrize("text", [text.strip() for line in CALLS.split("\n") for text in line.split(";")])
def test_a_method_is_numpys(text: str) -> None:
    numpys.check(text)


@given(ARRAYS, st.booleans())
@example(np.full((2, 3), 0.1), False)  # equal numbers, whose mean is another number
@example(np.array([[1e150, -1e150]]), True)
def test_deviations_are_numpys(n: Any, keepdims: bool) -> None:
    x = numpys.ours(n)
    for axis in (None, *range(-n.ndim, n.ndim)):
        found, wanted = np.std(x, axis=axis, keepdims=keepdims), np.std(n, axis=axis, keepdims=keepdims)
        # bound: the mean and each difference have errors of a few ulps of the largest number; numpy's squares underflow
        bound = 4e-16 * (n.size + 4) * np.abs(n).max() + 1e-160
        numbers = found.numpy() if np.shape(found) else found.data
        assert np.allclose(numbers, wanted, rtol=1e-14, atol=bound)
        assert np.shape(found) == np.shape(wanted)


@given(st.lists(st.integers(-99, 99), min_size=1, max_size=8), st.integers(0, 1))
@example([3, 6], 0)  # the root of 2 * 1.5**2, divided by that of 2, is 1.4999999999999998
@example([1, 3], 1)
def test_deviations_of_whole_numbers_are_numpys_to_the_bit(numbers: list[int], ddof: int) -> None:
    """Up to 8 elements numpy adds from left to right, and we in a tree: both are exact where the mean is in halves."""
    n = np.array(numbers * 2 if len(numbers) < 5 else numbers, dtype=float)
    mean = n.sum() / n.size
    if mean * 2.0 != int(mean * 2.0):
        n = n - n + np.arange(n.size)  # the mean is in halves
    assert Vector(n).var(ddof=ddof).data == n.var(ddof=ddof) or n.size <= ddof
    assert Vector(n).std(ddof=ddof).data == n.std(ddof=ddof) or n.size <= ddof
    assert Matrix([n, n]).var(axis=1, ddof=ddof).tolist()[1].data == n.var(ddof=ddof) or n.size <= ddof


def test_deviations_have_a_gradient_everywhere() -> None:
    x = Vector([2.0, 2.0, 2.0])
    (x.std() + x.var()).backward()
    assert x.grad == [0.0, 0.0, 0.0]
    testing.check_grad(lambda x: np.std(x, ddof=1), Vector([1e-9, 3.0, -2.0]))
    testing.check_grad(lambda m: (np.var(m, axis=0) * [1.0, 2.0]).sum(), Matrix([[1.0, 3.0], [-2.0, 0.5]]))
    assert np.isnan(Vector([np.inf, 1.0]).std().data) and np.isnan(Vector([np.nan, np.inf]).var().data)
    assert Vector([1e300, -1e300]).std().data == 1e300  # numpy's overflows


@given(ARRAYS, st.integers(-26, 26), st.tuples(st.integers(-6, 6), st.integers(-6, 6)))
@example(np.arange(6.0).reshape(2, 3), 4, (1, 2))
@example(np.zeros((1, 1)), 1, (0, 1))
def test_an_item_is_numpys(n: Any, k: int, place: tuple[int, int]) -> None:
    for x, of in (
        (numpys.ours(n), n),
        (numpys.ours(n).T, n.T),
        (numpys.ours(n)[::-1], n[::-1]),
        (numpys.ours(n > 0), n > 0),
    ):
        for index in ((k,), place, (place,), (place[:1],)):
            try:
                wanted = of.item(*index)
            except (IndexError, ValueError):
                with pytest.raises(errors.IndexingError):
                    x.item(*index)
            else:
                found = x.item(*index)
                assert (found.data if isinstance(found, Value) else found) == wanted


def test_keywords_are_numpys() -> None:
    n = np.array([1.5, -2.0, 3.0, 1.5])
    x = Vector(n)
    for text in (
        "x.clip(min=0.0)", "x.clip(max=1.0)", "x.clip(0.0)", "x.clip(None, 1.0)", "x.clip(0.0, 2.0, None)",
        "x.clip(min=n - 1.0, max=n + 1.0)", "x.clip(max=-1.0, min=2.0)", "x.round(decimals=0)", "x.round(1, None)",
        "x.argsort(kind='stable')", "x.argsort(axis=0, kind='stable', order=None)", "(x > 0).clip(0, 1)",
    ):  # fmt: skip
        wanted, found = (eval(text, {"x": given, "n": n}) for given in (n, x))
        assert np.array_equal(found, wanted), text
    assert x.clip(lo=0.0, hi=2.0).data.tolist() == [1.5, 0.0, 2.0, 1.5]  # scalargrad's own names
    x.clip(min=0.0).sum().backward()
    assert x.grad.tolist() == [1.0, 0.0, 1.0, 1.0]
    for call in (lambda: x.clip(0.0, out=n), lambda: x.round(out=n), lambda: x.argsort(order="a"), lambda: x.clip(a=1)):
        with pytest.raises(errors.KeywordError, match=r"unexpected keyword argument '(out|order|a)'"):
            call()


@given(ARRAYS)
def test_running_sums_are_numpys_to_the_bit(n: Any) -> None:
    x = numpys.ours(n)
    for axis in (None, *range(-n.ndim, n.ndim)):
        for name in ("cumsum", "cumprod"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                wanted = getattr(n, name)(axis)
            assert np.array_equal(getattr(x, name)(axis).numpy(), wanted, equal_nan=True)
        assert np.array_equal(x.argsort(axis), n.argsort(axis, kind="stable"))
        assert np.array_equal(x.argmax(axis), n.argmax(axis)) and np.array_equal(x.argmin(axis), n.argmin(axis))


# --- conversions


def test_numbers_are_a_copy_without_a_warning() -> None:
    x = Matrix([[1.0, 2.0], [3.0, 4.0]])
    n = x.T.numpy()
    assert n.dtype == np.float64 and n.tolist() == [[1.0, 3.0], [2.0, 4.0]]
    n[0, 0] = 7.0
    assert x.data[0][0] == 1.0 and (x > 2.0).numpy().dtype == bool
    assert Vector([]).numpy().shape == (0,) and Matrix(np.zeros((0, 2))).numpy().shape == (0, 2)


def test_numpys_own_conversion_keeps_the_gradient() -> None:
    x = Vector([1.0, 2.0])
    for found in (np.asarray(x), np.array(x), np.asarray(x, dtype=object), np.asarray((x[None] * 2.0)[0])):
        assert found.dtype == object and all(isinstance(item, Value) for item in found)
    assert np.asarray(x)[0] is x[0] and np.array([x, x]).shape == (2, 2) and np.array([x, x])[1, 0] is x[0]
    assert np.asarray(Matrix([[1.0, 2.0]])).shape == (1, 2) and np.asarray(Vector([])).shape == (0,)
    np.eye(2).dot(x).sum().backward()  # numpy converts before it asks anyone
    assert x.grad == [1.0, 1.0]
    constants = np.zeros_like(x) + 1.0
    assert np.asarray(constants).dtype == float and np.asarray(x > 1.0).dtype == bool
    kept = np.empty(2, dtype=object)
    kept[:] = x
    assert kept[1] is x[1]


def test_numbers_by_conversion_warn() -> None:
    x = Vector([1.0, 2.5])
    for convert in (
        lambda: np.asarray(x, float),
        lambda: np.array([x, x], float)[0],
        lambda: np.asarray(x, np.float32),
    ):
        with pytest.warns(ImplicitDetachWarning, match=r"x\.numpy\(\)"):
            assert convert().tolist() == [1.0, 2.5]
    with pytest.warns(ImplicitDetachWarning):
        assert np.asarray(x, int).tolist() == [1, 2]
    target = np.zeros(2)
    with pytest.warns(ImplicitDetachWarning):
        target[:] = x
    assert target.tolist() == [1.0, 2.5]
    assert np.asarray(np.ones_like(x), np.float32).dtype == np.float32  # constants alone: nothing is lost


def test_astype() -> None:
    x = Vector([0.0, 2.5])
    assert x.astype(float) is x.astype("float64") is x.astype(np.float64) is x
    assert x.astype(bool).tolist() == [False, True] and (x > 1.0).astype(float).tolist() == [0.0, 1.0]
    for dtype in (int, np.float32, "complex", None, np.dtype("i8")):
        with pytest.raises(errors.NumberError, match=r"float64.*x\.numpy\(\)\.astype"):
            x.astype(dtype)


# --- what is refused, and comparisons


@pytest.mark.parametrize("x", [Vector([1.0]), Matrix([[1.0]]), Mask([True])], ids=["Vector", "Matrix", "Mask"])
def test_methods_that_change_an_array_or_are_numpys_alone(x: Any) -> None:
    for name in ("fill", "sort", "put", "resize", "partition", "itemset"):
        with pytest.raises(AttributeError, match="an array keeps its elements: write x = "):
            getattr(x, name)
        assert not hasattr(x, name)
    for name, advice in (("take", r"np\.take\(x"), ("strides", r"x\.numpy\(\)"), ("compress", r"x\[mask\]"),
                         ("imag", "are real"), ("mT", r"write x\.T")):  # fmt: skip
        with pytest.raises(AttributeError, match=advice):
            getattr(x, name)


def test_wrong_arguments_of_methods() -> None:
    m = Matrix([[1.0, 2.0], [3.0, 4.0]])
    for call, message in {
        (lambda: m.sum(axis=2)): "has no axis 2", (lambda: m.sum(axis=(0, 0))): "each axis once",
        (lambda: m.sum(axis=())): "each axis once", (lambda: m.sum(axis="a")): "an axis must be an int, got str",
        (lambda: m.transpose(0, 0)): "the axes of shape", (lambda: m.squeeze(axis=0)): "only axes of length 1",
        (lambda: m.ravel("X")): "order must be", (lambda: m.round(0.5)): "decimals must be an int",
        (lambda: m.cumsum(axis=2)): "has no axis 2", (lambda: m.argmax(axis=(0, 1))): "an axis must be an int",
        (lambda: Vector([]).argmax()): "argmax needs an element", (lambda: Vector([]).std()): "std needs an element",
    }.items():  # fmt: skip
        with pytest.raises((errors.ArgumentError, errors.ShapeError), match=message):
            call()
    for call in (lambda: m.sum(dtype=int), lambda: m.std(out=np.zeros(())), lambda: m.any(out=np.zeros(()))):
        with pytest.raises(errors.KeywordError):
            call()


def test_approximate_comparisons() -> None:
    x, m = Vector([2.0, 2.0]), Matrix([[1.0, 2.0]])
    assert x == pytest.approx(2.0) and pytest.approx(2.0 + 1e-9) == x and x != pytest.approx(2.1)
    assert x == pytest.approx([2.0, 2.0]) and x == pytest.approx(np.array([2.0, 2.0 + 1e-9]))
    assert m == pytest.approx(np.array([[1.0, 2.0]])) and m != pytest.approx(np.array([[1.0, 2.1]]))
    assert x == pytest.approx(x) and Vector([2.0, 3.0]) != pytest.approx(2.0)


def test_numpy_is_imported_by_who_needs_it() -> None:
    """Neither the package nor our own methods import numpy; the rules are imported when numpy first asks."""
    program = """if True:
        import sys
        import scalargrad as sg
        x = sg.Matrix([[1.0, 2.0], [3.0, 4.0]])
        x.std(0), x.cumsum(1), x.argmax(0), x.argsort(), x.sum(keepdims=True), x.round(1), x.flatten(), x.any()
        x.where(x, x), (x > 1.0).all(0, keepdims=True)
        assert not {"numpy", "scalargrad.arrays.numpy"} & set(sys.modules)
        import numpy
        numpy.exp(x), numpy.ones((2, 2)) * x
        assert "scalargrad.arrays.numpy.rules" not in sys.modules
        numpy.sum(x)
        assert "scalargrad.arrays.numpy.rules" in sys.modules
    """
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
