"""Histories as records: what they hold, which are refused, and that a copy is the graph again, over links and bulks."""

from __future__ import annotations

import copy
import pickle
import struct
from array import array
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core
from scalargrad.arrays import base
from scalargrad.errors import RecordError
from scalargrad.pure import history
from scalargrad.record import Record, nodes, pack, unpack, validate
from scalargrad.table import ops
from tests.support.engines import Engine, bits, native, pure
from tests.support.profiles import native_only

CONST = 1 << 63
LEAF, LINK = ops.LEAF, ops.LINK
CODE = ops.OPCODE


def record(
    kinds: list[int], codes: list[int], consts: list[float], leaves: list[Any], values: Any = None, grads: Any = None
) -> list[Any]:
    """A record as `flatten` gives it; values and grads as given, or zeros."""
    zeros = [0.0] * len(kinds)
    parts = [array("Q", codes), array("d", values or zeros), array("d", grads or zeros), array("d", consts)]
    return [bytes(kinds), *[part.tobytes() for part in parts], array("Q", [max(len(kinds) - 1, 0)]).tobytes(), leaves]


def test_a_record_by_hand() -> None:
    """(x * 3 + y) + y, with a grad set: entries in the order of first use, the root last."""
    x, y = Value(2.0), Value(5.0)
    product = x * 3.0
    product.grad = 0.5
    root = (product + y) + y
    *found, leaves = core.flatten(root)
    kinds = [LEAF, CODE["mul"], LEAF, CODE["add"], CODE["add"]]
    codes = [0, 0, CONST | 0, 1, 1, 2, 3, 2]
    *wanted, _ = record(kinds, codes, [3.0], [], [2.0, 6.0, 5.0, 11.0, 16.0], [0.0, 0.5, 0.0, 0.0, 0.0])
    assert found == wanted and [id(v) for v in leaves] == [id(x), id(y)]
    (twin,) = core.rebuild(*found, [Value(20.0), y])
    assert twin.data == 16.0 and y.grad == 0.0  # values are as they were
    twin.backward(2.0)
    assert y.grad == 4.0


C0, C1 = CONST | 0, CONST | 1
X, Y = Value(2.0), Value(5.0)
GOOD: dict[str, list[Any]] = {
    "unary": record([LEAF, CODE["exp"]], [0, 0], [], [X]),
    "binary": record([LEAF, CODE["mul"], LEAF, CODE["add"]], [0, 0, C0, 1, 1, 2], [3.0], [X, Y]),
    "ternary": record([LEAF, CODE["where"]], [0, C0, 0, 0], [1.0], [X]),
    "sum": record([LEAF, CODE["sum"]], [0, 3, 0, C0, 0], [1.0], [X]),
    "sum of one": record([LEAF, CODE["sum"]], [0, 1, 0], [], [X]),
    "dot": record([LEAF, CODE["dot"]], [0, 2, C0, 0], [1.0], [X]),
    "logsumexp": record([LEAF, CODE["logsumexp"]], [0, 2, C0, 0], [1.0], [X]),
    "custom": record([LEAF, CODE["custom"]], [0, 5, C0, 0, C1, CONST | 2, CONST | 3], [1.0, 2.0, 3.0, 4.0], [X]),
    "a leaf unused": record([LEAF, LEAF, CODE["exp"]], [0, 1, 1], [], [X, Y]),
}
BAD: dict[str, list[Any]] = {
    "nothing": record([], [], [], []),
    "a leaf alone": record([LEAF], [0], [], [X]),
    "the root a leaf": record([LEAF, CODE["exp"], LEAF], [0, 0, 0], [], [X]),
    "no such leaf": record([LEAF, CODE["exp"]], [1, 0], [], [X]),
    "no leaves": record([LEAF, CODE["exp"]], [0, 0], [], []),
    "itself as operand": record([LEAF, CODE["exp"]], [0, 1], [], [X]),
    "a later operand": record([LEAF, CODE["exp"], CODE["exp"]], [0, 2, 1], [], [X]),
    "no such constant": record([LEAF, CODE["mul"]], [0, 0, C1], [3.0], [X]),
    "no constants": record([LEAF, CODE["mul"]], [0, 0, C0], [], [X]),
    "a link": record([LEAF, LINK, CODE["exp"]], [0, 0, 1], [], [X]),
    "no opcode": record([LEAF, len(ops.NAMES)], [0, 0], [], [X]),
    "the opcode of a bulk": record([LEAF, 255], [0, 0], [], [X]),
    "a code missing": record([LEAF, CODE["mul"]], [0, 0], [], [X]),
    "no codes": record([LEAF, CODE["mul"]], [], [], [X]),
    "a code too many": record([LEAF, CODE["exp"]], [0, 0, 0], [], [X]),
    "constants alone": record([LEAF, CODE["mul"]], [0, C0, C0], [1.0], [X]),
    "a reduction of none": record([LEAF, CODE["sum"]], [0, 0], [], [X]),
    "a reduction of more than there is": record([LEAF, CODE["sum"]], [0, 2, 0], [], [X]),
    "a reduction of far too many": record([LEAF, CODE["sum"]], [0, 1 << 32, 0], [], [X]),
    "a reduction of constants": record([LEAF, CODE["max"]], [0, 2, C0, C0], [1.0], [X]),
    "dot of three": record([LEAF, CODE["dot"]], [0, 3, 0, 0, 0], [], [X]),
    "dot of one": record([LEAF, CODE["dot"]], [0, 1, 0], [], [X]),
    "a shift that is a node": record([LEAF, CODE["logsumexp"]], [0, 2, 0, 0], [], [X]),
    "custom of two": record([LEAF, CODE["custom"]], [0, 2, C0, 0], [1.0], [X]),
    "custom without an operand": record([LEAF, CODE["custom"]], [0, 1, C0], [1.0], [X]),
    "custom whose value is a node": record([LEAF, CODE["custom"]], [0, 3, 0, 0, C0], [1.0], [X]),
    "a partial that is a node": record([LEAF, CODE["custom"]], [0, 3, C0, 0, 0], [1.0], [X]),
    "the last partial a node": record([LEAF, CODE["custom"]], [0, 5, C0, 0, C0, 0, 0], [1.0], [X]),
    "a leaf that is none": record([LEAF, CODE["exp"]], [0, 0], [], [X * 2.0]),
    "a leaf that is a float": record([LEAF, CODE["exp"]], [0, 0], [], [1.0]),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_records_are_built(name: str) -> None:
    X.grad = 0.0
    (root,) = core.rebuild(*GOOD[name])
    validate(Record(*GOOD[name]))
    assert core.flatten(root)[:5] == tuple(GOOD[name][:5]) or name == "a leaf unused"
    root.backward()
    assert X.grad == X.grad


@pytest.mark.parametrize("name", BAD)
def test_bad_records_are_refused(name: str) -> None:
    assert core.rebuild(*BAD[name]) is None
    if not name.startswith("a leaf that is"):  # which only the backend can tell
        with pytest.raises(RecordError):
            validate(Record(*BAD[name]))


@pytest.mark.parametrize("part", range(7))
def test_parts_of_wrong_length_or_type(part: int) -> None:
    good = GOOD["binary"]
    for wrong in (good[part][:-1], good[part] + good[part][-1:], good[part] * 2):
        damaged = [*good[:part], wrong, *good[part + 1 :]]
        if part == 6 and len(wrong) > len(good[part]):
            assert core.rebuild(*damaged) is not None  # a leaf that no node uses
        elif part == 5 and len(wrong) == 2 * len(good[part]):
            assert len(core.rebuild(*damaged)) == 2  # the same root twice
        elif part == 4 and len(wrong) == 2 * len(good[part]):
            assert core.rebuild(*damaged) is not None  # a constant likewise
        else:
            assert core.rebuild(*damaged) is None, len(wrong)
            with pytest.raises(RecordError):
                validate(Record(*damaged))


def test_several_roots_share_what_they_reach() -> None:
    x, y = Value(2.0), Value(3.0)
    shared = x * y
    first = shared + 1.0
    first.backward()  # closes its graph
    second = sg.exp(shared) * x
    parts = Record(*core.flatten(second, first, second))
    assert len(parts.ops) == 7 and len(parts.roots) == 24 and {id(v) for v in parts.leaves} == {id(x), id(y)}
    a, b, c = core.rebuild(*parts)
    assert [a.data, b.data, c.data] == [second.data, first.data, second.data] and a == c and hash(a) == hash(c)
    x.grad = y.grad = 0.0
    (a + b).backward()
    by_copy = x.grad, y.grad
    x.grad = y.grad = 0.0
    (second + first).backward()
    assert by_copy == (x.grad, y.grad)
    for wrong in ([], [x, first], [first, 1.0]):
        with pytest.raises((TypeError, AssertionError, AttributeError)):
            core.flatten(*wrong)


def test_nodes_reads_operands() -> None:
    x, y = Value(2.0), Value(3.0)
    root = sg.sum([x * 3.0, y, 0.5]) + y
    read = [(ops.NAMES[op], operands) for op, operands in nodes(Record(*core.flatten(root)))]
    assert read == [("leaf", [0]), ("mul", [0, 3.0]), ("leaf", [1]), ("sum", [1, 2, 0.5]), ("add", [3, 2])]


def test_packed_records_name_their_operations() -> None:
    """So a new row of the table, which moves opcodes, changes no saved graph."""
    record_ = Record(*core.flatten(sg.exp(Value(2.0) * 3.0)))
    form, names, *parts = pack(record_)
    assert names == ("leaf", "mul", "exp") and parts[0] == bytes([0, 1, 2])
    assert unpack(form, names, *parts) == record_
    other = ("exp", "leaf", "mul")
    assert unpack(form, other, bytes([1, 2, 0]), *parts[1:]) == record_
    for damaged, said in (
        (("another", names, *parts), "form"), ((form, names[:2], *parts), "no names"),
        ((form, None, *parts), "no names"), ((form, (["leaf"], *names[1:]), *parts), "no names"),
        ((form, names * 86, *parts), "no names"),
        ((form, names, None, *parts[1:]), "no names"), ((form, ("leaf", "mul", "erfcx"), *parts), "erfcx"),
        ((form, names, *parts[:-1]), "form"), ((), "form"),
    ):  # fmt: skip
        with pytest.raises(RecordError, match=said):
            unpack(*(damaged or (None,)))


@pytest.mark.parametrize("element", [2, -1])
def test_a_damaged_pickle_of_an_array_is_refused(element: int) -> None:
    rebuild, (shape, of_numpy, packed, _) = sg.exp(sg.Vector([1.0, 2.0])).__reduce_ex__(4)
    assert rebuild(shape, of_numpy, packed, [0, 1]).data == sg.exp(sg.Vector([1.0, 2.0])).data
    with pytest.raises(RecordError, match="not one of its 2 results"):
        rebuild(shape, of_numpy, packed, [0, element])


# --- a copy is the graph again


def _twins(root: Any) -> Value:
    """Leaves set between two uses, in one graph and over a link; a node used twice; grads by hand."""
    x, w = Value(0.3), Value(-1.1)
    y = x * w
    for k in range(4):
        x.data = 0.1 * k
        y = y * x + w * x
        if k == 1:
            y.backward()
    y.grad = -0.0
    return y * y + x * root


def _arrays() -> Any:
    x = Matrix([[0.5, -1.0, 2.0], [0.25, 1.5, -0.5]])
    return (x * x + x[0]) @ x.T, x


def _over_arrays() -> Value:
    y, x = _arrays()
    y.sum().backward()
    z = (y @ x).logsumexp(1) * y[0, 0] + y[:, 1].max()
    return z[0] * z[1] + sg.where(x[0, 0] > 0, x[0, 1], z[1])


HISTORIES: dict[str, Callable[[], Value]] = {
    "one node": lambda: Value(2.0) * 3.0,
    "twins": lambda: _twins(Value(2.0)),
    "an element": lambda: _arrays()[0][1, 0],
    "a sum over arrays": lambda: _arrays()[0].sum(),
    "arrays over links": _over_arrays,
    "twins over arrays": lambda: _twins(_over_arrays()),
    "a custom node": lambda: core.reduce(CODE["custom"], [1.5, Value(2.0), 0.25]) * Vector([1.0, 2.0]).max(),
    "many nodes": lambda: sg.sum([Value(float(k)) * 0.1 for k in range(200)][60:140]),
}
COPIES = [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v)), lambda v: copy.deepcopy(copy.deepcopy(v))]


def same_graph(root: Any, twin: Any) -> list[tuple[Any, Any]]:
    """Walks two graphs side by side: opcodes, numbers, grads, operands and their order, and which nodes are one."""
    partner: dict[Any, Any] = {}
    leaves, pending = [], [(root, twin)]
    while pending:
        x, y = pending.pop()
        if isinstance(x, float):
            assert bits(x) == bits(y)
            continue
        name, other = core.key(x) or id(x), core.key(y) or id(y)
        if name in partner:
            assert partner[name] == other
            continue
        partner[name] = other
        assert x is not y and core.opcode(x) == core.opcode(y)
        assert (bits(x.data), bits(x.grad)) == (bits(y.data), bits(y.grad))
        if core.key(x) is None:
            leaves.append((x, y))
            continue
        assert len(core.operands(x)) == len(core.operands(y))
        pending += zip(core.operands(x), core.operands(y))
    assert len(set(partner.values())) == len(partner)
    return leaves


@pytest.mark.parametrize("duplicate", COPIES)
@pytest.mark.parametrize("name", HISTORIES)
@pytest.mark.parametrize("swept", [False, True])
def test_a_copy_is_the_graph_again(name: str, duplicate: Any, swept: bool) -> None:
    root = HISTORIES[name]()
    if swept:
        root.backward(0.3)
    twin = duplicate(root)
    leaves = same_graph(root, twin)
    before = [(bits(x.data), bits(x.grad)) for x, _ in leaves]
    twin.backward(0.7)
    assert [(bits(x.data), bits(x.grad)) for x, _ in leaves] == before
    root.backward(0.7)
    same_graph(root, twin)


@native_only
def test_both_backends_write_the_same_record() -> None:
    def program(engine: Engine) -> Any:
        x, w = engine.leaf(0.3), engine.leaf(-0.7)
        y = engine.apply(CODE["mul"], x, w)
        for k, op in enumerate(2 * [*range(ops.FIRST, ops.FIRST_JOINT)]):
            if op >= ops.FIRST_REDUCTION:
                y = engine.reduce(
                    op, [1.5, y, 0.5] if ops.REDUCTION[op].weighted else [0.25, y, x, 2.0, y, w][: 6 - k % 2 * 2]
                )
            else:
                y = engine.apply(op, *[y, x if k % 3 else 0.5, w][: ops.ARITY[op]])
            if k % 7 == 0:
                engine.backward(y, 1.0)
                y.grad = -0.5
            if k % 5 == 0:
                x.data = 0.1 * k
        return y

    *found, leaves = core.flatten(program(native()))
    *wanted, others = history.flatten(program(pure()))
    assert (found[0], found[1], found[4]) == (wanted[0], wanted[1], wanted[4])
    for part in (2, 3):
        numbers = [struct.unpack(f"{len(p) // 8}d", p) for p in (found[part], wanted[part])]
        assert list(map(bits, numbers[0])) == list(map(bits, numbers[1]))
    assert [leaf.data for leaf in leaves] == [leaf.data for leaf in others]


@pytest.mark.parametrize("arguments", [
    ((5,), False, None, [1.0]), ((-1,), False, None, []), ((1, 1, 1), False, None, [1.0]), ((1.0,), False, None, [1.0]),
    ("ab", False, None, [1.0]), ((1,), False, None, ["text"]), ((2, 2), False, None, [1.0] * 3),
])  # fmt: skip
def test_a_pickled_array_that_is_damaged(arguments: Any) -> None:
    with pytest.raises(RecordError):
        base._unpickled(*arguments)
