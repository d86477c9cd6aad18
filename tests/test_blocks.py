"""The storage of arrays, as core.py supplies it on both backends: what a layout shows, what is refused and kept."""

from __future__ import annotations

import copy
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, core
from scalargrad.table import ops
from tests.support.engines import bits
from tests.support.profiles import native_only


def doubles(*x: float) -> bytes:
    return array("d", x).tobytes()


def positions(*k: int) -> bytes:
    return array("q", k).tobytes()


def shown(read: Any, *view: Any) -> list[float]:
    return array("d", read(core.View(*view))).tolist()


@pytest.fixture
def block() -> Any:
    return core.doubles(doubles(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), True)


# offset, row, column, rows, columns, and the numbers there
LAYOUTS = [
    (0, 4, 1, 2, 4, [0, 1, 2, 3, 4, 5, 6, 7]), (1, 2, 1, 3, 2, [1, 2, 3, 4, 5, 6]),
    (0, 1, 4, 4, 2, [0, 4, 1, 5, 2, 6, 3, 7]),
    (3, 0, 2, 2, 3, [3, 5, 7, 3, 5, 7]), (2, 3, 0, 2, 2, [2, 2, 5, 5]), (7, 9, 9, 1, 1, [7]), (8, 1, 1, 0, 3, []),
]  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ["leaves", "looked at", "constants", "results", "mixed"])
def test_a_layout_shows_its_numbers(kind: str, layout: Any) -> None:
    *view, wanted = layout
    numbers = [float(k) for k in range(8)]
    held: Any = core.doubles(doubles(*numbers), kind != "constants")
    if kind == "looked at":
        core.item(held, 0)
    if kind == "results":
        held = (sg.Vector(numbers) + 0.0)._view.block
    if kind == "mixed":
        held = core.block([Value(x) if x % 2 else x for x in numbers])
    assert shown(core.numbers, held, *view) == wanted
    if kind == "constants":
        assert core.grads(core.View(held, *view)) is None
    else:
        assert shown(core.grads, held, *view) == [0.0] * len(wanted)


@given(st.lists(st.floats(allow_nan=False) | st.floats(allow_nan=False).map(Value), max_size=12))
def test_new_leaves_have_the_numbers_and_nothing_else(given: list[Any]) -> None:
    numbers = [x.data if isinstance(x, Value) else x for x in given]
    block, leaves = core.new_leaves(given)
    assert [*map(bits, [x.data for x in leaves])] == [*map(bits, numbers)] and [x.grad for x in leaves] == [0.0] * len(
        given
    )
    assert not {*map(id, leaves)} & {*map(id, given)} and len({*map(id, leaves)}) == len(given) == len(block)
    held = core.items(core.whole(block, 1, len(block)))
    leaves.clear()  # the list is the caller's
    assert [bits(x.data) for x in held] == [*map(bits, numbers)] and all(core.key(x) is None for x in held)


def test_grads_of_a_layout() -> None:
    """Of leaves, of results elsewhere, of constants: each its own."""
    x, y = Value(2.0), Value(3.0)
    z = x * y
    (z * 5.0).backward()
    mixed = core.block([x, 1.0, y, z])
    assert shown(core.grads, mixed, 0, 0, 1, 1, 4) == [15.0, 0.0, 10.0, 5.0]
    assert shown(core.grads, mixed, 3, 0, 0, 1, 2) == [5.0, 5.0]
    v = sg.Vector([1.0, 2.0, 4.0])
    square = v * v
    (square * [1.0, 10.0, 100.0]).sum().backward()
    assert shown(core.grads, square._view.block, 1, 0, 1, 1, 2) == [10.0, 100.0]
    assert shown(core.grads, v._view.block, 0, 0, 2, 1, 2) == [2.0, 800.0]


def test_setting_leaves(block: Any) -> None:
    assert core.set_leaves(core.View(block, 1, 4, 2, 2, 2), doubles(10.0, 20.0, 30.0, 40.0), 0) is None
    assert shown(core.numbers, block, 0, 0, 1, 1, 8) == [0, 10, 2, 20, 4, 30, 6, 40]
    assert core.set_leaves(core.View(block, 0, 0, 3, 1, 3), doubles(-1.0, -2.0, -3.0), 1) is None
    assert shown(core.grads, block, 0, 0, 1, 1, 8) == [-1, 0, 0, -2, 0, 0, -3, 0]
    assert shown(core.numbers, block, 0, 0, 1, 1, 8) == [0, 10, 2, 20, 4, 30, 6, 40]
    assert core.item(block, 3).grad == -2.0 and core.item(block, 7).data == 40.0


@pytest.mark.parametrize("which", [0, 1])
def test_what_is_no_leaf_is_given_back_and_nothing_set(which: int) -> None:
    x = Value(1.0)
    result = x * 2.0
    mixed = core.block([x, Value(5.0), result, 7.0])
    assert core.set_leaves(core.View(mixed, 0, 0, 1, 1, 4), doubles(9.0, 9.0, 9.0, 9.0), which) is result
    assert core.set_leaves(core.View(mixed, 1, 0, 2, 1, 2), doubles(9.0, 9.0), which) == 7.0
    constants = core.doubles(doubles(1.0, 2.0), False)
    assert core.set_leaves(core.View(constants, 0, 0, 1, 1, 2), doubles(9.0, 9.0), which) == 1.0
    assert [core.item(mixed, k).data for k in range(3)] == [1.0, 5.0, 2.0] and x.grad == 0.0
    assert shown(core.numbers, constants, 0, 0, 1, 1, 2) == [1.0, 2.0]
    results = (sg.Vector([1.0, 2.0]) * 2.0)._view.block
    given = core.set_leaves(core.View(results, 1, 0, 0, 1, 1), doubles(9.0), which)
    assert given.data == 4.0 and given._op == "*"


def test_a_leaf_that_is_set_between_two_uses() -> None:
    x = sg.Vector([2.0, 3.0])
    before = x * x
    x.data = [5.0, 7.0]
    after = x * x
    assert before.data == [4.0, 9.0] and after.data == [25.0, 49.0]
    (before + after).sum().backward()
    assert x.grad == [14.0, 20.0]


def test_items_and_what_is_taken(block: Any) -> None:
    some = core.take(block, positions(7, 0, 7))
    assert core.item(some, 0) is core.item(block, 7) is core.item(some, 2) and core.item(some, 1).data == 0.0
    mixed = core.take(core.block([1.5, Value(2.0)]), positions(1, 0))
    assert isinstance(core.item(mixed, 0), Value) and core.item(mixed, 1) == 1.5
    assert isinstance(core.item(mixed, 1), float)
    results = (sg.Vector([1.0, 2.0, 3.0]) * 2.0)._view.block
    assert core.item(core.take(results, positions(2)), 0).data == 6.0
    assert type(core.item(core.block([True, 2]), 1)) is float


@pytest.mark.parametrize("kind", ["leaves", "results", "constants"])
def test_rows_of_a_view(kind: str) -> None:
    held: Any = core.doubles(doubles(0.0, 1.0, 2.0, 3.0, 4.0, 5.0), kind != "constants")
    if kind == "results":
        held = (sg.Vector([0.0, 1.0, 2.0, 3.0, 4.0, 5.0]) + 0.0)._view.block
    found = core.rows_at(core.View(held, 1, 2, 1, 2, 2), [1, 0, 1])
    assert (found.rows, found.columns) == (3, 2)
    assert shown(core.numbers, found.block, 0, 2, 1, 3, 2) == [3, 4, 1, 2, 3, 4]
    if kind == "leaves":
        assert core.item(found.block, 0) is core.item(held, 3) is core.item(found.block, 4)
    nothing = core.rows_at(core.View(held, 1, 2, 1, 2, 2), [])
    assert (nothing.rows, nothing.columns) == (0, 2)


@given(st.lists(st.floats(), min_size=1, max_size=4), st.floats(), st.booleans())
def test_a_float_is_a_constant_operand(x: list[float], c: float, first: bool) -> None:
    code = ops.OPCODE["div"]
    for leaf in (True, False):
        view, one = core.whole(core.doubles(doubles(*x), leaf), 1, len(x)), core.whole(core.block((c,)), 1, 1)
        found = core.elementwise(code, c, view) if first else core.elementwise(code, view, c)
        wanted = core.elementwise(code, one, view) if first else core.elementwise(code, view, one)
        assert [*map(bits, array("d", core.numbers(found)))] == [*map(bits, array("d", core.numbers(wanted)))]


def test_a_block_reads_numbers_as_values_do() -> None:
    with pytest.raises(sg.errors.NumberError, match="str"):
        core.block([1.0, "a"])
    with pytest.raises(sg.errors.RangeError):
        core.block([Value(1.0), 10**400])


def test_copies_of_arrays_that_share_elements() -> None:
    """deepcopy of two together keeps what they share; a copy's leaves are new."""
    x = sg.Matrix([[1.0, 2.0], [3.0, 4.0]])
    y = x.T
    a, b = copy.deepcopy([x, y])
    a.grad = [[1.0, 2.0], [3.0, 4.0]]
    assert b.grad == [[1.0, 3.0], [2.0, 4.0]] and x.grad == [[0.0, 0.0], [0.0, 0.0]]
    with sg.no_grad():
        twin = copy.deepcopy(x * 1.0)
        assert not (Value(1.0) * 2.0)._op
    assert twin.data == x.data
    copy.deepcopy(x)
    assert (Value(1.0) * 2.0)._op == "*"


@pytest.mark.parametrize(("name", "use"), [
    ("elementwise", lambda x: x + x), ("elementwise", lambda x: x.exp()), ("product", lambda x: x @ x),
    ("product", lambda x: x[0] @ x), ("reduce_rows", lambda x: x.sum(1)), ("reduce_rows", lambda x: x.softmax()),
])  # fmt: skip
def test_arrays_look_their_operations_up_in_core(name: str, use: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or `support/scalars.py`, which takes their places, would compare the backend with itself."""
    x = sg.Matrix([[1.0, 2.0], [3.0, 4.0]])
    use(x)
    monkeypatch.delattr(core, name)
    with pytest.raises(AttributeError, match=name):
        use(x)


# --- what the rest of the package never does: C refuses it all the same ----------------------------------------------

ADD, DOT, SUM, LOGSUMEXP = (ops.OPCODE[name] for name in ("add", "dot", "sum", "logsumexp"))
B = core.doubles(doubles(1.0, 2.0, 3.0, 4.0), True)
ALL, ROW, WIDE = core.View(B, 0, 2, 1, 2, 2), core.View(B, 0, 1, 1, 1, 2), core.View(B, 0, 0, 1, 2, 3)
EMPTY, COLUMN, ONE = core.View(B, 0, 0, 0, 2, 0), core.View(B, 0, 1, 0, 2, 1), core.View(B, 3, 0, 1, 1, 1)
RESULT = Value(1.0) * 2.0
RESULT.backward(0.0)  # closes its graph: what other tests record is not to grow it
LONG = (1 << 31) - 1  # an axis is shorter
ROWWISE: list[tuple[tuple[Any, ...], type[Exception], str]] = [
    ((ADD, ALL), TypeError, "opcode of a reduction"), ((DOT, ALL), TypeError, "opcode of a reduction"),
    ((LOGSUMEXP, ALL), TypeError, "opcode of a reduction"), ((SUM, ALL, ALL), TypeError, "opcode of a reduction"),
    ((LOGSUMEXP, ALL, ALL), ValueError, "a number per row"), ((LOGSUMEXP, ALL, ONE), ValueError, "a number per row"),
    ((SUM, None), TypeError, "expected a View"),
    ((None, ALL), TypeError, "integer"), ((SUM,), TypeError, "opcode of a reduction"),
]  # fmt: skip
REFUSED: list[tuple[Any, tuple[Any, ...], type[Exception], str]] = [
    (core.item, (B, 4), IndexError, "no number 4"), (core.item, (B, -1), IndexError, "no number -1"),
    (core.item, (B,), TypeError, r"item\(block, k\)"), (core.item, (1.0, 0), TypeError, "expected a Block"),
    (core.take, (B, positions(4)), IndexError, "no such"), (core.take, (B, positions(-1)), IndexError, "no such"),
    (core.rows_at, (ALL, [0, 2]), IndexError, "no such row"), (core.rows_at, (ALL, [-1]), IndexError, "no such row"),
    (core.rows_at, (ALL, ["a"]), IndexError, "no such row"), (core.rows_at, (ALL, (0,)), TypeError, "list of rows"),
    (core.rows_at, (B, [0]), TypeError, "expected a View"),
    (core.take, ("b", b""), TypeError, "expected a Block"), (core.numbers, (B,), TypeError, "expected a View"),
    (core.grads, ((B, 0, 2, 1, 2, 2),), TypeError, "expected a View"),
    (core.View, ("b", 0, 2, 1, 2, 2), TypeError, "expected a Block"), (core.View, (B, 0, 2, 1, 2), TypeError, "6"),
    *[(core.View, (B, *view), IndexError, "beyond its block") for view in (
        (0, 2, 1, -1, 1), (0, 2, 1, 1, -1), (0, 2, 1, 3, 2), (0, 2, 1, 1, 5), (4, 0, 0, 1, 1), (-1, 1, 1, 1, 2),
        (3, -1, 1, 2, 1), (3, 1, -1, 1, 2), (0, 0, 0, 1 << 40, 1), (0, 0, 0, 1, 1 << 40), (0, 1 << 62, 1 << 62, 3, 3),
        (1 << 40, 0, 0, 1, 1), (0, 1 << 31, 1, 3, 1), (0, 1, 1 << 31, 1, 3), (2, 1, 1, 2, 2),
        (3, -1, 1, 1, 1), (3, 1, -1, 1, 1), (1 << 40, 0, 0, 0, 1), (0, 0, 0, LONG, 1), (0, 0, 0, 1, LONG),
        (0, (1 << 32) - 1, (1 << 32) - 1, LONG - 1, LONG - 1), (0, 1 << 40, 0, 1, 1), (0, 0, 1 << 40, 1, 1),
    )],
    (core.set_leaves, (ALL, doubles(1.0), 0), TypeError, "as many numbers"),
    (core.set_leaves, (ALL, "text", 0), TypeError, "as many numbers"),
    (core.set_leaves, (ALL, doubles(*[1.0] * 4)), TypeError, r"set_leaves\(view"),
    (core.elementwise, (ADD, ALL), TypeError, "not its operands"),
    (core.elementwise, (ADD, ALL, ALL, ALL), TypeError, "not its operands"),
    (core.elementwise, (SUM, ALL), TypeError, "unknown opcode"),
    (core.elementwise, (0, ALL), TypeError, "unknown opcode"),
    (core.elementwise, (ADD, ALL, WIDE), ValueError, "do not fit"),
    (core.elementwise, (ADD, ALL, EMPTY), ValueError, "do not fit"),
    (core.elementwise, (ADD, EMPTY.T, ALL), ValueError, "do not fit"),
    (core.elementwise, (ADD, ALL, 3), TypeError, "a View"),
    (core.elementwise, (ADD, WIDE, core.View(B, 0, 1, 1, 3, 1)), ValueError, "do not fit"),
    (core.product, (ALL, ALL), TypeError, "left, right, bias"),
    (core.product, (ALL, ROW, None), ValueError, "do not fit"),
    (core.product, (ALL, ALL, ALL), ValueError, "do not fit"),
    (core.product, (ALL, ALL, ONE), ValueError, "do not fit"),
    (core.product, (ALL, ALL, 3), TypeError, "expected a View"),
    (core.product, (ALL, B, ROW), TypeError, "expected a View"),
    *[(function, *refused) for function in (core.reduce_rows, core.reduce_rows_data) for refused in ROWWISE],
    (core.reduce_rows, (SUM, EMPTY), TypeError, "not empty"),
    (core.reduce_rows_data, (SUM, EMPTY), ValueError, "a row of nothing"),
    (core.sgd_step, (B, bytearray(), False, 0.1, 0.9, 0.0, 0.0, False), TypeError, "one double per parameter"),
    (core.sgd_step, (B, bytearray(32), False, 0.1, 0.0, 0.0, 0.0, False), TypeError, "one double per parameter"),
    (core.sgd_step, (B, bytes(32), False, 0.1, 0.9, 0.0, 0.0, False), TypeError, "bytearray"),
    (core.sgd_step, (core.block([Value(1.0), 2.0]), bytearray(), True, 0.1, 0.0, 0.0, 0.0, False), TypeError,
     "of leaves"),
    (core.sgd_step, (core.block([RESULT]), bytearray(), True, 0.1, 0.0, 0.0, 0.0, False), TypeError,
     "of leaves"),
    (core.sgd_step, ([], bytearray(), True, 0.1, 0.0, 0.0, 0.0, False), TypeError, "expected a Block"),
    (core.adam_step, (B, bytearray(32), 0.1, 0.9, 0.9, 0.0, 0.0, 1.0, 1.0), TypeError, "one double per parameter"),
    (core.adam_step, (core.doubles(doubles(1.0), False), bytearray(16), 0.1, 0.9, 0.9, 0.0, 0.0, 1.0, 1.0), TypeError,
     "of leaves"),
    (core.clear_grads, ({Value(1.0)},), TypeError, "a list or tuple"),
    *[(core.new_leaves, (wrong,), TypeError, r"new_leaves\(list") for wrong in (5, (1.0,), [1.0, "a"], [1])],
    *[(core.gradients, (RESULT, 1.0, False, wrong, 0), TypeError, r"found\(address") for wrong in (B, None)],
    *[(core.gradients, (RESULT, 1.0, False, wrong, 0), TypeError, "a Block") for wrong in ([5], [B, 5])],
    # what is no whole number at all: Python's own complaint comes through
    *[(core.View, (B, *[None if j == k else 1 for j in range(5)]), TypeError, "integer") for k in range(5)],
    (core.item, (B, None), TypeError, "integer"), (core.elementwise, (None, ALL, ALL), TypeError, "integer"),
    (core.take, (B, "text"), TypeError, "bytes-like"),
]  # fmt: skip


@native_only
@pytest.mark.parametrize("k", range(len(REFUSED)))
def test_c_refuses(k: int) -> None:
    function, arguments, error, message = REFUSED[k]
    with pytest.raises(error, match=message):
        function(*arguments)
    assert array("d", core.numbers(ALL)).tolist() == [1.0, 2.0, 3.0, 4.0]
