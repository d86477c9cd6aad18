"""Operations with several results: one rule for all of them, how they are recorded, and what a legal record is."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core, linalg
from scalargrad.core import whole
from scalargrad.errors import AnomalyError, RecordError
from scalargrad.pure import block as pure_block
from scalargrad.pure import history as pure_history
from scalargrad.record import CONST, Record, nodes, validate
from scalargrad.table import joint, ops
from tests.support.facts import bits
from tests.support.profiles import native_only

NAMES = [r.name for r in ops.JOINTS]
NUMBERS = st.one_of(
    st.floats(-4, 4),
    st.integers(-3, 3).map(float),
    st.sampled_from([0.0, -0.0, 1.0, 5e-324, 1e-310, 1e308, -1e200, 1e-200, math.inf, -math.inf, math.nan]),
)


@st.composite
def operations(draw: Any) -> tuple[str, int, int, list[float], list[float]]:
    """A name, the rows of its matrix, the columns of a right side (0: none), and the numbers of both."""
    name, n = draw(st.sampled_from(NAMES)), draw(st.integers(1, 4))
    columns = draw(st.integers(1, 3)) if name == "solve" else 0
    left = draw(st.lists(NUMBERS, min_size=n * n, max_size=n * n))
    if n > 1 and draw(st.booleans()):
        left[n : 2 * n] = left[:n]
    if name == "cholesky" and draw(st.booleans()):
        rows = [[left[n * i + j] for j in range(n)] for i in range(n)]
        left = [sum(p * q for p, q in zip(r, s)) + (r is s) for r in rows for s in rows]
    right = draw(st.lists(NUMBERS, min_size=n * columns, max_size=n * columns))
    return name, n, columns, left, right


@given(operations(), st.data())
def test_values_and_contributions_are_those_of_the_table(operation: Any, data: Any) -> None:
    """To the bit, on either backend, in quick and in careful sweeps, whatever part of the results is reached."""
    name, n, columns, left, right = operation
    code = ops.OPCODE[name]
    a, b = Vector(left), Vector(right) if columns else None
    views = [whole(a._view.block, n, n)] + ([whole(b._view.block, n, columns)] if b is not None else [])
    numbers = [float(n), *left, *right] if columns else left
    found, wanted = core.joint(code, *views), joint.values(code, numbers)
    assert (found is None) == (wanted is None)
    if found is None:
        return
    results = [core.item(found.block, k) for k in range(found.columns)]
    assert list(map(bits, [x.data for x in results])) == list(map(bits, wanted))
    assert len(results) == joint.count(code, len(numbers), numbers[0])
    assert [core.place(x) for x in results] == list(range(len(results)))
    chosen = data.draw(st.lists(st.sampled_from(range(len(results))), min_size=1, unique=True))
    adjoints = [0.0] * len(results)
    for k in chosen:
        adjoints[k] = data.draw(NUMBERS)
    Value(0.0, [results[k] for k in chosen], [adjoints[k] for k in chosen]).backward()
    contributions = joint.pull(code, numbers, adjoints)[1 if columns else 0 :]
    grads = [x.grad for x in (*a.elements(), *(b.elements() if b is not None else ()))]
    assert list(map(bits, grads)) == [bits(0.0 + x) for x in contributions]


def inverse_of_product() -> tuple[Matrix, Any]:
    """Leaves, and an inverse of what was computed of them."""
    x = Matrix([[2.0, 1.0], [0.5, 3.0]])
    return x, linalg.inv(x * 2.0)


# --- looked at one by one


def test_a_result_shows_its_operation_and_all_operands() -> None:
    x, y = inverse_of_product()
    numbers = [2.0, 4.0, 2.0, 1.0, 6.0, 1.0, 0.0, 0.0, 1.0]
    for k, element in enumerate(y.elements()):
        assert element._op == "solve" and core.opcode(element) == ops.OPCODE["solve"]
        assert core.operand_values(element) == numbers and len(element.operands) == 8
        assert element.partials == tuple(joint.partials(ops.OPCODE["solve"], numbers, k))[1:]
        assert {child.data for child in element._prev} == set(numbers[1:])
    (d,) = [linalg.det(x)]
    assert d._op == "det" and d.partials == (3.0, -0.5, -1.0, 2.0) and core.place(d) == 0


def test_a_backward_by_hand_adds_what_backward_adds() -> None:
    x, y = inverse_of_product()
    y.sum().backward()
    wanted = x.grad
    x, y = inverse_of_product()
    for element in y.elements():
        element.grad = 1.0
        element._backward()
    for element in y[0, 0].operands:
        if isinstance(element, Value):
            element._backward()
    for got, number in zip(itertools.chain(*x.grad), itertools.chain(*wanted)):
        assert abs(got - number) <= 32 * 2.0**-53  # four rounded sums of numbers below 1


def test_results_are_linked_from_later_graphs() -> None:
    x, y = inverse_of_product()
    first = y[0, 1] * 3.0
    first.backward()  # closes the graph
    once = x.grad
    (y[0, 1] * 3.0 + y[1, 0] * 0.0).backward()
    assert [[2.0 * g for g in row] for row in once] == x.grad


def test_constants_alone_and_no_grad() -> None:
    with sg.no_grad():
        assert all(core.key(x) is None for x in inverse_of_product()[1].elements())
    found = core.joint(ops.OPCODE["det"], whole(core.doubles(array("d", [2.0]).tobytes(), False), 1, 1))
    assert type(core.item(found.block, 0)) is float


def test_shapes_that_do_not_fit() -> None:
    def view(rows: int, columns: int) -> Any:
        return whole(Vector([1.0] * max(rows * columns, 1))._view.block, rows, columns)

    for views in ([view(1, 2)], [view(2, 1)]):
        with pytest.raises(ValueError):
            core.joint(ops.OPCODE["det"], *views)
    for views in ([view(2, 2), view(1, 2)], [view(1, 2), view(1, 1)]):
        with pytest.raises(ValueError):
            core.joint(ops.OPCODE["solve"], *views)
    assert joint.count(ops.OPCODE["det"], 5, 1.0) == 0
    for first in (0.0, 1.5, 3.0, -1.0, math.nan, math.inf):
        assert joint.count(ops.OPCODE["solve"], 7, first) == 0
    assert joint.count(ops.OPCODE["solve"], 7, 2.0) == 2


def test_an_anomaly_names_the_operation() -> None:
    x = Matrix([[1.0, 0.0], [0.0, 1e-320]])
    with pytest.raises(AnomalyError, match=r"solve\(2\.0, 1\.0, 0\.0, \.\.\.\) made inf"), sg.detect_anomaly():
        linalg.inv(x).sum().backward()
    x = Matrix([[1.0, 0.0], [0.0, 1e-200]])
    with pytest.raises(AnomalyError, match="backward rule of solve"), sg.detect_anomaly():
        linalg.inv(x).sum().backward()
    with pytest.raises(AnomalyError, match="backward rule of solve"), sg.detect_anomaly(strict=True):
        linalg.inv(x).sum().backward()
    assert x.grad == [[0.0, 0.0], [0.0, 0.0]]


# --- records


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("k", range(4))
def test_a_copy_of_one_result_has_them_all(duplicate: Any, k: int) -> None:
    x, y = inverse_of_product()
    element = y.elements()[k]
    flat = Record(*core.flatten(element))
    validate(flat)
    assert [op for op, _ in nodes(flat)].count(ops.ALSO) == 3
    twin = duplicate(element)
    assert twin.data == element.data and core.place(twin) == k
    twin.backward()
    assert x.grad == [[0.0, 0.0], [0.0, 0.0]]
    element.backward()
    leaves = {leaf.data: leaf.grad for leaf in Record(*core.flatten(twin)).leaves}
    assert leaves == dict(zip([2.0, 1.0, 0.5, 3.0], itertools.chain(*x.grad)))


@native_only
def test_both_backends_write_the_same_record_of_joint_operations() -> None:
    from scalargrad.pure.operators import Node as PureNode

    numbers, right = [4.0, 1.0, 2.0, 3.0], [1.0, -2.0]
    for name in NAMES:
        code, a, b = ops.OPCODE[name], Vector(numbers), Vector(right)
        views = [whole(a._view.block, 2, 2)] + ([whole(b._view.block, 2, 1)] if name == "solve" else [])
        found = core.joint(code, *views)
        *native, _ = core.flatten(core.item(found.block, found.columns - 1))
        pure = [pure_block.Block([PureNode(x) for x in each]) for each in (numbers, right)]
        shown = [pure_block.whole(pure[0], 2, 2)] + ([pure_block.whole(pure[1], 2, 1)] if name == "solve" else [])
        row = pure_block.joint(code, *shown)
        assert row is not None
        *wanted, _ = pure_history.flatten(row.block.items[-1])
        assert native == wanted


def record(kinds: list[int], codes: list[int], consts: list[float], root: int) -> Record:
    count = len(kinds)
    return Record(bytes(kinds), array("Q", codes).tobytes(), array("d", [1.0] * count).tobytes(), bytes(8 * count),
                  array("d", consts).tobytes(), array("Q", [root]).tobytes(), [Value(2.0)])  # fmt: skip


SOLVE, SLOGDET, ALSO = ops.OPCODE["solve"], ops.OPCODE["slogdet"], ops.ALSO
GOOD = record([0, SLOGDET, ALSO], [0, 1, 0, 1, 1], [], 2)
BAD = {
    "a result is missing": record([0, SLOGDET], [0, 1, 0], [], 1),
    "a result too many": record([0, SLOGDET, ALSO, ALSO], [0, 1, 0, 1, 1, 1, 1], [], 2),
    "a result of another node": record([0, SLOGDET, ALSO], [0, 1, 0, 1, 0], [], 2),
    "a result of two": record([0, SLOGDET, ALSO], [0, 1, 0, 2, 1, 1], [], 2),
    "a result of a constant": record([0, SLOGDET, ALSO], [0, 1, 0, 1, CONST], [1.0], 2),
    "a result alone": record([0, ALSO], [0, 1, 0], [], 1),
    "a node in between": record([0, SLOGDET, ops.OPCODE["neg"], ALSO], [0, 1, 0, 1, 1, 1], [], 3),
    "a leaf in between": record([0, SLOGDET, 0, ALSO], [0, 1, 0, 0, 1, 1], [], 3),
    "no square": record([0, ops.OPCODE["det"]], [0, 2, 0, 0], [], 1),
    "a number of rows that is none": record([0, SOLVE], [0, 3, CONST, 0, 0], [2.0], 1),
    "a number of rows that is a node": record([0, SOLVE], [0, 3, 0, 0, 0], [], 1),
    "no right side": record([0, SOLVE], [0, 2, CONST, 0], [1.0], 1),
}


def test_a_good_record_is_built() -> None:
    validate(GOOD)
    (root,) = core.rebuild(*GOOD)
    root.backward()
    assert GOOD.leaves[0].grad == 1.0  # of log, at the number that was recorded


@pytest.mark.parametrize("name", BAD)
def test_a_bad_record_is_refused(name: str) -> None:
    with pytest.raises(RecordError):
        validate(BAD[name])
    assert core.rebuild(*BAD[name]) is None
