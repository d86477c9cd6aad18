"""Copies and pickles: the whole history, each leaf once, the originals untouched."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, core
from scalargrad.errors import RecordError
from scalargrad.table import ops
from tests.support.engines import bits
from tests.support.profiles import native_only
from tests.test_value import Parameter

COPIES = [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v)), lambda v: pickle.loads(pickle.dumps(v, protocol=2))]


def test_a_copy_is_a_new_leaf_or_the_same_node() -> None:
    x = Value(2.0)
    y = x * x
    y.backward()
    twin = copy.copy(x)
    assert twin is not x and (twin.data, twin.grad) == (2.0, 4.0) and copy.copy(y) is y
    twin.data, twin.grad = 7.0, 8.0
    assert (x.data, x.grad) == (2.0, 4.0)


@pytest.mark.parametrize("duplicate", COPIES)
def test_a_leaf(duplicate: Any) -> None:
    x = Value(2.0)
    x.grad = 3.0
    twin = duplicate(x)
    assert twin is not x and (twin.data, twin.grad) == (2.0, 3.0)
    twin.data = 5.0
    assert x.data == 2.0


@pytest.mark.parametrize("duplicate", COPIES)
def test_a_subclass_leaf_keeps_its_attributes(duplicate: Any) -> None:
    twin = duplicate(Parameter(2.0, "w"))
    assert type(twin) is Parameter and twin.name == "w"


@pytest.mark.parametrize("duplicate", COPIES)
def test_a_history_over_links(duplicate: Any) -> None:
    x, w = Value(3.0), Value(2.0)
    trunk = x * w
    trunk.backward()  # closes the graph: what follows is linked
    y = sg.sum([trunk * trunk, sg.where(True, x, w), 4.0]) ** 3 + sg.logsumexp(x, w)
    y.backward()
    grads = (x.grad, w.grad, trunk.grad, y.grad)
    twin_y, twin_x = duplicate((y, x))
    assert (x.grad, w.grad, trunk.grad, y.grad) == grads
    assert (twin_y.data, twin_y.grad, twin_x.grad) == (y.data, 1.0, x.grad)
    twin_x.grad = 0.0
    x.grad = 0.0
    twin_y.backward()
    assert (x.grad, w.grad) == (0.0, grads[1])  # the originals: untouched
    y.backward()
    assert bits(twin_x.grad) == bits(x.grad)


@pytest.mark.parametrize("duplicate", COPIES)
def test_shared_leaves_stay_shared(duplicate: Any) -> None:
    x = Value(3.0)
    one, two = duplicate([x * 2, x * 3])
    one.backward()
    two.backward()
    (leaf,) = [v for v in one._prev if v.data == 3.0]
    assert leaf.grad == 5.0 and x.grad == 0.0


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_a_copy_sweeps_to_the_same_bits(kinds: list[int], rng: Any) -> None:
    leaves = [Value(rng.uniform(-1, 1)) for _ in range(3)]
    nodes: list[Value] = [leaves[0] * 1.0]
    for kind in kinds:
        x, y = rng.choice(nodes + leaves), rng.choice(nodes + leaves)
        nodes.append([lambda: x + y, lambda: x * y, lambda: sg.sin(x), lambda: sg.max(x, y, 0.1),
                      lambda: sg.clip(x, -1, y), lambda: sg.dot([x, y, 2.0], [y, y, x])][kind]())  # fmt: skip
        if rng.random() < 0.2:
            nodes[-1].backward(0.0)
    root = sg.sum(nodes)
    for leaf in leaves:
        leaf.grad = 0.0
    twin, twins = pickle.loads(pickle.dumps((root, leaves)))
    root.backward()
    twin.backward()
    assert [bits(v.grad) for v in twins] == [bits(v.grad) for v in leaves]


@native_only
def test_pickles_cross_the_backends() -> None:
    x = Value(0.5)
    y = sg.tanh(x * 3) + sg.max(x, 0.5)
    program = ("import pickle, sys; y = pickle.load(sys.stdin.buffer); y.backward();"
               "import scalargrad; assert scalargrad.backend() == 'python';"
               "sys.stdout.buffer.write(pickle.dumps(y))")  # fmt: skip
    environment = {**os.environ, "SCALARGRAD_BACKEND": "python"}
    done = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(y), stdout=subprocess.PIPE, env=environment, check=True
    )
    back = pickle.loads(done.stdout)
    y.backward()
    (tanh,) = [v for v in back._prev if v._op == "tanh"]
    (product,) = tanh._prev
    (leaf,) = [v for v in product._prev if v.data == 0.5]
    assert bits(leaf.grad) == bits(x.grad) and back.grad == 1.0


@given(st.data())
def test_whatever_the_damage_it_is_refused_or_a_record(data: st.DataObject) -> None:
    """Never a crash: what is built can be swept, and is written as it is read."""
    x = Value(2.0)
    y = sg.sum([x * 3, sg.where(x, x, 2.0)]) * x
    record: list[Any] = list(core.flatten(y))
    which = data.draw(st.integers(0, 5))
    damaged = bytearray(record[which])
    kind = data.draw(st.sampled_from(["flip", "cut", "grow"]))
    if kind == "flip" and damaged:
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    elif kind == "cut":
        damaged = damaged[: data.draw(st.integers(0, len(damaged)))]
    else:
        damaged += data.draw(st.binary(max_size=20))
    record[which] = bytes(damaged)
    rebuilt = core.rebuild(*record)
    if rebuilt is not None:
        again = core.flatten(*rebuilt)
        twins = core.rebuild(*again)
        assert twins is not None and core.flatten(*twins)[:6] == again[:6]
        rebuilt[0].backward()


FIELDS = {"ops": 0, "codes": 1, "values": 2, "grads": 3, "consts": 4, "roots": 5, "leaves": 6}
C = 1 << 63  # marks the position of a constant


def words(*numbers: int) -> bytes:
    return array("Q", numbers).tobytes()


def changed(x: bytes, at: int, number: int) -> bytes:
    """The codes with another number in one place."""
    return x[: 8 * at] + words(number) + x[8 * at :][8:]


DAMAGE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    **{f"{field}, a byte short": (field, lambda x: x[:-1]) for field in list(FIELDS)[:6]},
    **{f"{field}, a byte more": (field, lambda x: x + b"\0") for field in list(FIELDS)[:6]},
    **{f"{field}, a number short": (field, lambda x: x[:-8]) for field in list(FIELDS)[1:6]},
    **{f"{field}, a number more": (field, lambda x: x + bytes(8)) for field in ("codes", "values", "grads")},
    **{f"no {field}": (field, lambda x: x[:0]) for field in FIELDS if field != "grads"},
    **{f"{field} of another type": (field, lambda x: tuple(x)) for field in FIELDS},
    "an operation that is none": ("ops", lambda x: x[:1] + bytes([len(ops.NAMES)]) + x[2:]),
    "a link": ("ops", lambda x: x[:1] + bytes([ops.LINK]) + x[2:]),
    "a leaf as root": ("ops", lambda x: x[:-1] + bytes([ops.LEAF])),
    "a leaf beyond the leaves": ("codes", lambda x: changed(x, 0, 1)),
    "an operand that is the node itself": ("codes", lambda x: changed(x, 1, 1)),
    "an operand that comes later": ("codes", lambda x: changed(x, 1, 4)),
    "an operand far beyond": ("codes", lambda x: changed(x, 1, C - 1)),
    "a constant beyond the constants": ("codes", lambda x: changed(x, 2, C | 2)),
    "a sum of nothing": ("codes", lambda x: x[:48] + words(0) + x[72:]),
    "a sum of more than there is": ("codes", lambda x: changed(x, 6, 1 << 40)),
    "a leaf that is a result": ("leaves", lambda x: [x[0] * 2.0]),
    "a leaf that is a number": ("leaves", lambda x: [2.0]),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_records_are_refused(name: str) -> None:
    x = Value(2.0)
    y = sg.sum([x * 3, sg.where(x, x, 2.0)]) * x
    record: list[Any] = list(core.flatten(y))
    assert record[0] == bytes([ops.LEAF, *(ops.OPCODE[op] for op in ("mul", "where", "sum", "mul"))])
    assert record[1] == words(0, 0, C, 0, 0, C | 1, 2, 1, 2, 3, 0)
    (whole,) = core.rebuild(*record)
    assert whole.data == 16.0
    field, damage = DAMAGE[name]
    record[FIELDS[field]] = damage(record[FIELDS[field]])
    assert core.rebuild(*record) is None


def test_a_record_without_grads_has_zeros() -> None:
    """As that of a derivative, which no backward has reached."""
    y = Value(2.0) * 3.0
    (y * 5.0).backward()
    record = list(core.flatten(y))
    (whole,), (fresh,) = core.rebuild(*record), core.rebuild(*record[:3], b"", *record[4:])
    assert (whole.data, whole.grad, fresh.data, fresh.grad) == (6.0, 5.0, 6.0, 0.0)


@pytest.mark.parametrize(("count", "op"), [(3, "dot"), (2, "custom"), (3, "custom"), (2, "logsumexp")])
def test_a_reduction_of_the_wrong_operands_is_refused(count: int, op: str) -> None:
    """dot takes pairs; custom its value, and pairs with constant partials; logsumexp a constant shift first."""
    kinds, *rest = core.flatten(sg.sum([Value(2.0)] * count))
    assert core.rebuild(kinds, *rest) is not None
    assert core.rebuild(kinds[:1] + bytes([ops.OPCODE[op]]), *rest) is None


def test_a_record_of_constants_alone_is_refused() -> None:
    """The sweeps rely on an operand that is no constant."""
    ops, codes, values, grads, consts, roots, leaves = core.flatten(Value(2.0) * Value(3.0) + 1.0)
    constant = (1 << 63).to_bytes(8, sys.byteorder)
    assert core.rebuild(ops, codes[:-16] + constant + constant, values, grads, consts, roots, leaves) is None


def test_a_damaged_pickle_says_so() -> None:
    from scalargrad.value import _from_record

    _, (form, *record) = (Value(2.0) * 3).__reduce_ex__(4)
    assert _from_record(form, *record).data == 6.0
    with pytest.raises(RecordError, match="3 nodes, 16 bytes of values") as caught:
        _from_record(form, record[0], record[1] + b"\0", *record[2:])
    assert isinstance(caught.value, ValueError)
    with pytest.raises(RecordError, match="not Values"):
        _from_record(form, *record[:7], [1.0])
    with pytest.raises(RecordError, match="another version"):
        _from_record("little 00000000", *record)


class Slotted(Value):
    """A subclass whose attributes are in slots."""

    __slots__ = ("name", "unset")

    def __init__(self, data: float, name: str) -> None:
        super().__init__(data)
        self.name = name


@pytest.mark.parametrize("duplicate", COPIES)
def test_slots_of_a_subclass_are_kept(duplicate: Any) -> None:
    twin = duplicate(Slotted(2.0, "w"))
    assert (type(twin), twin.data, twin.name, hasattr(twin, "unset")) == (Slotted, 2.0, "w", False)


@pytest.mark.slow_in_python
@pytest.mark.parametrize("duplicate", COPIES[:2])
def test_a_leaf_used_across_rebuilt_graphs(duplicate: Any) -> None:
    """A copy is cut elsewhere than its original; a leaf enters each of its graphs."""
    x = Value(1.0)
    y = x * 1.0
    y.backward()
    for _ in range(140_000):
        y = y + x
    twin, twin_x = duplicate((y, x))
    twin_x.grad = 0.0
    twin.backward()
    assert twin_x.grad == 140_001.0


@pytest.mark.parametrize("duplicate", COPIES)
def test_a_negative_zero_grad_is_kept(duplicate: Any) -> None:
    y = Value(1.0) * 2
    y.grad = -0.0
    assert bits(duplicate(y).grad) == bits(-0.0)
