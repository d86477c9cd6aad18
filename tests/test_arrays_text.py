"""Arrays as text: `repr` shows rows and shape and is cut at a screen, `format` writes each element."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalargrad import Mask, Matrix, Value, Vector
from scalargrad.testing.strategies import shapes


@pytest.mark.parametrize(("x", "text"), [
    (Vector([1.0, -2.5]), "Vector([1.0, -2.5])"), (Vector([]), "Vector([], shape=(0,))"),
    (Vector([0.1 + 0.2]), "Vector([0.30000000000000004])"), (Vector([np.inf, np.nan]), "Vector([inf, nan])"),
    (Matrix([[1.0]]), "Matrix([[1.0]], shape=(1, 1))"),
    (Matrix([[1.0, 2.0], [3.0, 4.0]]), "Matrix([[1.0, 2.0],\n        [3.0, 4.0]], shape=(2, 2))"),
    (Matrix([[], []]), "Matrix([[],\n        []], shape=(2, 0))"), (Matrix([[1.0]])[:0], "Matrix([], shape=(0, 1))"),
    (Vector([Value(1.0) * 2.0, 3]), "Vector([2.0, 3.0])"), (Mask([True, False]), "Mask([True, False])"),
])  # fmt: skip
def test_small_arrays_are_shown_whole(x: object, text: str) -> None:
    assert repr(x) == str(x) == text


@given(
    st.integers(0, 3000) | st.tuples(st.integers(0, 200), st.integers(0, 200)), st.sampled_from([1.0, 1 / 3, -1e300])
)
def test_no_array_is_longer_than_a_screen(size: int | tuple[int, int], factor: float) -> None:
    shape = size if isinstance(size, tuple) else (size,)
    n = np.arange(float(np.prod(shape))).reshape(shape) * factor
    text = repr((Vector if len(shape) == 1 else Matrix)(n))
    lines = text.split("\n")
    assert len(lines) <= 22 and max(map(len, lines)) <= 80
    if "..." in text or len(shape) == 2:
        assert text.endswith(f"shape={shape})")
    if "..." in text and n.size:  # the first number and the last
        first, last = (repr(float(f"{x:.6g}")) for x in (n.flat[0], n.flat[-1]))
        assert f"[{first}" in text and (f" {last}]" in text or f"[{last}]" in text)
    elif n.size:
        whole = [repr(float(x)) in text for x in n.flat]
        assert all(whole) or all(repr(float(f"{x:.6g}")) in text for x in n.flat)


def test_what_is_cut() -> None:
    text = repr(Matrix(np.arange(5000.0).reshape(50, 100)))
    assert text.split("\n")[0].startswith("Matrix([[0.0, 1.0, 2.0,") and "..., 99.0]," in text
    assert text.count("\n") == 7 and "\n        ...,\n" in text and text.endswith("4999.0]],\n       shape=(50, 100))")
    long = repr(Vector([0.5] * 1000))
    assert long.endswith("0.5,\n        ..., 0.5, 0.5, 0.5], shape=(1000,))") and long.count("\n") == 19


SPECS = ["", ".2f", "+.1e", "8.3g", "g", "%", ",.0f"]


@given(shapes(max_side=4), st.sampled_from(SPECS))
def test_each_element_by_a_format(shape: tuple[int, ...], spec: str) -> None:
    n = np.linspace(-2000.0, 3.0, int(np.prod(shape))).reshape(shape)
    x = (Vector if len(shape) == 1 else Matrix)(n)
    text = format(x, spec)
    if not spec:
        assert text == str(x)
        return
    rows = [n] if len(shape) == 1 else list(n)
    body = ",\n ".join("[" + ", ".join(format(float(v), spec) for v in row) + "]" for row in rows)
    assert text == (body if len(shape) == 1 else f"[{body}]")


def test_formats_in_f_strings() -> None:
    v = Vector([1.0, 2.345])
    assert f"{v:.2f}" == f"{v * 1:.2f}" == "[1.00, 2.35]" and f"{v}" == "Vector([1.0, 2.345])"
    assert f"{Matrix([[1.0, 2.0], [3.0, 4.0]]):.1f}" == "[[1.0, 2.0],\n [3.0, 4.0]]" and f"{Vector([]):.1f}" == "[]"
    with pytest.raises(ValueError, match="format code"):
        format(v, "d")
