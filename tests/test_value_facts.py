"""A Value's view of its graph, and its copies, by hand: ops, operands, what a subclass carries, damaged pickles."""

from __future__ import annotations

import copy
import math
import pickle
import sys
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, record
from scalargrad.errors import RecordError
from tests.support.engines import bits

OPS: list[tuple[Any, str]] = [
    (lambda v: v + 1, "+"), (lambda v: 1 + v, "+"), (lambda v: v - 1, "-"), (lambda v: v * 2, "*"),
    (lambda v: v / 2, "/"), (lambda v: v // 2, "//"), (lambda v: v % 2, "%"), (lambda v: v**2, "**2"),
    (lambda v: v**2.0, "**2"),
    (lambda v: v**3, "**3"), (lambda v: v**-1, "**-1"), (lambda v: v**0.5, "**0.5"), (lambda v: v**1e20, f"**{10**20}"),
    (lambda v: v**math.inf, "**inf"), (lambda v: v**v, "**"), (lambda v: 2**v, "**"), (lambda v: v.relu(), "ReLU"),
    (lambda v: v.exp(), "exp"), (lambda v: sg.sum([v, v]), "sum"), (lambda v: sg.where(True, v, 1.0), "where"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "op"), OPS)
def test_ops_as_micrograd_writes_them(make: Any, op: str) -> None:
    v = Value(3.0)
    assert make(v)._op == op and v in make(v)._prev and v._op == "" and v._prev == set()


def test_operands_are_the_same_objects_in_a_traversal() -> None:
    a, b = Value(2.0), Value(3.0)
    y = (a * b) + (a * b) * 4.0
    held = y._prev
    assert {id(v) for v in held} == {id(v) for v in y._prev} and len(held) == 2
    product = next(v for v in held if v.data == 24.0)
    operands = product._prev
    (constant,) = (v for v in operands if v.data == 4.0)
    assert constant._op == "" and constant in product._prev and any(constant is v for v in product._prev)
    z = y * y  # one operand twice
    (only,) = z._prev
    assert only is y or only.data == 30.0
    three = sg.clip(a, 1.0, b)
    assert sorted(v.data for v in three._prev) == [1.0, 2.0, 3.0] and {id(a), id(b)} <= {id(v) for v in three._prev}


class Named(Value):
    """With attributes, slots, and a slot named by a string."""

    __slots__ = ("__dict__", "first", "unset")


class Further(Named):
    __slots__ = "second"


@pytest.mark.parametrize("again", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v)),
                                   lambda v: pickle.loads(pickle.dumps(v, 2))])  # fmt: skip
def test_what_a_subclass_carries(again: Any) -> None:
    v = Further(2.0)
    v.grad, v.first, v.second, v.other = 5.0, [1], "s", {"k": v}  # type: ignore[attr-defined]
    twin = again(v)
    assert (type(twin), twin.data, twin.grad, twin.first, twin.second) == (Further, 2.0, 5.0, [1], "s")
    assert twin.other["k"] is twin and twin is not v and twin.first is not v.first and not hasattr(twin, "unset")  # type: ignore[attr-defined]
    y = v * v
    y.backward()
    other_y, other_v = again([y, v])
    assert other_y.grad == 1.0 and other_v.grad == 9.0 and type(other_v) is Further
    other_y.backward()
    assert (v.grad, other_v.grad) == (9.0, 13.0) and other_v in other_y._prev
    twin = copy.copy(v)
    assert type(twin) is Further and twin is not v and copy.copy(y) is y
    assert (twin.grad, twin.first, twin.second, twin.other) == (9.0, v.first, "s", v.other) and twin.first is v.first


def test_interior_grads_and_signs_of_zero_in_copies() -> None:
    x = Value(-0.0)
    x.grad = -0.0
    y = x * 2
    y.grad = 7.0
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        (leaf,) = (v for v in twin._prev if v.data == 0.0)
        assert (twin.grad, bits(twin.data), bits(leaf.data), bits(leaf.grad)) == (
            7.0,
            bits(-0.0),
            bits(-0.0),
            bits(-0.0),
        )


def test_a_damaged_pickle_is_refused() -> None:
    rebuild, (form, *record) = (Value(2.0) * 3).__reduce_ex__(4)
    assert form == f"scalargrad graph 2, {sys.byteorder}" and len(record) == 8
    assert rebuild(form, *record).data == 6.0
    foreign = form.replace(sys.byteorder, {"big": "little", "little": "big"}[sys.byteorder])
    for damaged in ((foreign, *record), ("", *record), (form, *record[:-1]), (form, *record, []), (form,),
                    (form, record[0], record[1][:-1], *record[2:]), (form[:-1], *record), (None, *record)):  # fmt: skip
        with pytest.raises(RecordError, match=r"^this pickled history cannot be read: "):
            rebuild(*damaged)


def test_methods_say_what_they_are() -> None:
    for name in ("exp", "tanh", "sigmoid", "hypot", "maximum"):
        method = getattr(Value, name)
        assert (method.__name__, method.__qualname__) == (name, f"Value.{name}")
        assert method.__doc__ == f"`scalargrad.{name}` of this Value."
    v = Value(-2.0)
    assert v.conjugate() is v and v.rint().data == -2.0 and v.fabs().data == v.absolute().data == 2.0
    assert v.power(3).data == -8.0 and v.elu().data == math.expm1(-2.0) and v.elu(alpha=2).data == 2 * math.expm1(-2.0)
    assert v.clip(-1, 5).data == -1.0 and v.clip(lo=-9, hi=-3).data == -3.0 and Value(0.0).where(3.0, 5.0).data == 5.0
    assert v.exp().__reduce_ex__(2)[1][0] == record._FORMAT
