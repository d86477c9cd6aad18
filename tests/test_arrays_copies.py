"""`copy.copy` of an array: leaves become new leaves with the same numbers and grads, everything else stays."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core
from scalargrad.optim import SGD


class Weight(Value):
    """A leaf with an attribute."""

    __slots__ = ("name",)


COPY = [copy.copy, lambda x: x.copy()]


@pytest.mark.parametrize("duplicate", COPY)
def test_remembered_weights_stay_as_they_were(duplicate: Any) -> None:
    w = Matrix([[1.0, 2.0], [3.0, 4.0]])
    (w * w).sum().backward()
    best = duplicate(w)
    assert best.data == [[1.0, 2.0], [3.0, 4.0]] and best.grad == w.grad == [[2.0, 4.0], [6.0, 8.0]]
    SGD(w[0].tolist() + w[1].tolist(), lr=1.0).step()
    w.grad = 0.0
    assert best.data == [[1.0, 2.0], [3.0, 4.0]] and best.grad == [[2.0, 4.0], [6.0, 8.0]]
    best.data, best.grad = 0.0, 5.0
    assert w.data == [[-1.0, -2.0], [-3.0, -4.0]] and w.grad == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("duplicate", COPY)
def test_what_is_no_leaf_stays(duplicate: Any) -> None:
    x = Value(2.0)
    y = x * 3.0
    mixed = Vector([x, y, 1.0, x])
    twin = duplicate(mixed)
    assert twin[1] is y and twin[0] is not x and twin[0] is twin[3] and twin.shape == (4,)
    constants = Vector([1.0]).softmax().detach().data
    assert duplicate(mixed > 0).tolist() == [True] * 4 and constants == [1.0]
    twin.sum().backward()
    assert (x.grad, twin[0].grad) == (3.0, 2.0)  # the interior element leads to x, the new leaf does not
    floats = (mixed > 0) * 2.0
    assert all(type(item) is float for item in duplicate(floats))


def test_a_leaf_keeps_its_kind_and_attributes() -> None:
    w = Weight(3.0)
    w.name, w.grad = "w", 4.0
    twin: Any = Vector([w, Value(1.0)]).copy()[0]
    assert type(twin) is Weight and twin is not w and (twin.data, twin.grad, twin.name) == (3.0, 4.0, "w")


@given(st.sampled_from([(0,), (3,), (0, 2), (2, 0), (2, 3)]), st.booleans(), st.booleans())
def test_a_copy_has_the_shape_and_numbers(shape: tuple[int, ...], numpy: bool, turned: bool) -> None:
    n = np.arange(float(np.prod(shape))).reshape(shape)
    x: Any = (Vector if len(shape) == 1 else Matrix)(n)
    if not numpy:
        x = (Vector(n.tolist()) if len(shape) == 1 else Vector(n.ravel().tolist()).reshape(shape)) if n.size else x
    x = x.T[::2] if turned else x
    twin = copy.copy(x)
    assert type(twin) is type(x) and twin.shape == x.shape and type(twin.data) is type(x.data)
    assert np.array_equal(twin.data, x.data)
    for mine, other in zip(x.elements(), twin.elements()):
        assert mine is not other and core.key(other) is None
    assert (twin + twin).shape == x.shape and sg.sum(twin).data == sg.sum(x).data
