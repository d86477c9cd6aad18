"""Where arrays and their storage are easily off: zeros of either sign, operands in order, sizes that are refused."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core
from scalargrad.arrays.arithmetic import affine, as_array, elementwise
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from scalargrad.table import ops
from tests.support.operands import KINDS, Operand, compare, drawing
from tests.support.profiles import native_only


def sign(x: float) -> float:
    assert x == 0.0
    return math.copysign(1.0, x)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 9, 17, 128, 129, 257])
def test_nothing_but_negative_zeros_is_a_negative_zero(n: int) -> None:
    """By IEEE 754, -0.0 + -0.0 is -0.0, but 0.0 + -0.0 is 0.0: so no sum may begin with 0.0."""
    x = Vector([-0.0] * n)
    assert sign(x.sum().data) == -1.0
    assert [sign(v) for v in Matrix([[-0.0] * n] * 3).sum(1).data] == [-1.0] * 3
    assert [sign(v) for v in Matrix([[-0.0] * 3] * n).sum(0).data] == [-1.0] * 3
    assert sign((x @ Vector([1.0] * n)).data) == -1.0
    product = affine(Matrix([[-0.0] * n] * 5), Matrix([[1.0] * 3] * n), None)
    assert [sign(v) for row in product.data for v in row] == [-1.0] * 15
    biased = affine(Matrix([[-0.0] * n] * 2), Matrix([[1.0] * 2] * n), Vector([-0.0, 0.0]))
    assert [[sign(v) for v in row] for row in biased.data] == [[-1.0, 1.0]] * 2


def test_sums_of_no_products() -> None:
    """Each is its bias, with which it has one pair; without a bias a leaf of 0.0."""
    a, b, c = Matrix([[1.0], [2.0]])[:, :0], Matrix([[1.0, 2.0, 3.0]])[:0], Vector([9.0, 10.0, -0.0])
    product = affine(a, b, c)
    assert product.data == [[9.0, 10.0, 0.0]] * 2
    (product * [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]).sum().backward()
    assert c.grad == [11.0, 22.0, 33.0]
    assert [core.operands(v) for v in product[1]] == [[1.0, x] for x in c]
    nothing = affine(a, b, None)
    assert nothing.data == [[0.0] * 3] * 2 and all(v._op == "" for row in nothing for v in row)


def test_the_operands_of_a_products_elements() -> None:
    """In order: of element (r, c), 1.0 and the bias, then left[r][t] and right[t][c] for each t."""
    a, b, c = Matrix([[1.0, 2.0], [3.0, 4.0]]), Matrix([[5.0, 6.0], [7.0, 8.0]]), Vector([9.0, 10.0])
    for bias in (None, c):
        product = affine(a, b, bias)
        for r in range(2):
            for k in range(2):
                pairs = [x for t in range(2) for x in (a[r, t], b[t, k])]
                wanted: list[Any] = [*([1.0, c[k]] if bias is not None else []), *pairs]
                found = core.operands(product[r, k])
                assert len(found) == len(wanted)
                assert all(x is y or x == y == 1.0 for x, y in zip(found, wanted))
                assert [type(x) for x in found] == [type(y) for y in wanted]


# a part of a 4 x 5 array that stands for all of it: of the array, of its scalars
PARTS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "a row": (lambda x: x[1:2], lambda s: s[1:2]),
    "a vector": (lambda x: x[2], lambda s: s[2:3]),
    "a column": (lambda x: x[:, 3:4], lambda s: [row[3:4] for row in s]),
    "a column turned": (lambda x: x.T[2:3], lambda s: [[row[2] for row in s]]),
    "one": (lambda x: x[2:3, 1:2], lambda s: [s[2][1:2]]),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", ["results, swept", "results", "mixed", "constants", "matrix"])
def test_what_stands_for_a_whole_array(kind: str, part: str) -> None:
    """Operands that are listed, consecutive or constant, each spread over rows, columns or both."""
    m, n = (3, 4) if part == "a column turned" else (4, 5)
    for name, place in itertools.product(["div", "where"], range(3)):
        arity = ops.ARITY[ops.OPCODE[name]]
        if place >= arity:
            continue
        draw = drawing(f"{kind} {part} {name}", 0.3, 3.0)
        whole = KINDS[kind](4, 5, draw)
        of_array, of_scalars = PARTS[part]
        spread = Operand(of_array(as_array(whole.array)), of_scalars(whole.scalars), whole.leaves)
        made = [spread if k == place else KINDS["matrix"](m, n, draw) for k in range(arity)]
        ours = elementwise(ops.OPCODE[name], *[x.array for x in made])
        theirs = [[core.apply(ops.OPCODE[name], *[x.at(r, c) for x in made]) for c in range(n)] for r in range(m)]
        compare(ours, theirs, [pair for x in made for pair in x.leaves], f"{name}: {part} of {kind} at {place}")


@native_only
@pytest.mark.parametrize(("used", "entered"), [(1, 1), (4, 4), (5, 10), (10, 10)])
def test_how_many_leaves_enter_a_graph(used: int, entered: int) -> None:
    """All of a block if half of them are used at once, else those alone; once only."""
    Value(0.0).backward()
    (Value(1.0) * 2.0).backward(0.0)  # the graph that was open is closed
    x = Vector([1.5] * 10)
    y = x[:used] * 2.0
    start = core.key(y[0])[1]  # type: ignore[index]
    assert start == entered
    assert core.key((x[:used] * 3.0)[0])[1] == start + used  # type: ignore[index]


@native_only
@pytest.mark.parametrize("place", range(4))
def test_one_operand_of_values_is_enough_for_bulk(place: int) -> None:
    """Wherever it stands: the leaves of its block enter together, before the first result."""
    Value(0.0).backward()
    (Value(1.0) * 2.0).backward(0.0)
    x, numbers = Vector([1.5] * 10), as_array([1.0] * 5)
    if place == 3:
        found = affine(as_array([[1.0] * 2] * 4), as_array([[1.0] * 5] * 2), x[:5])[0]
    else:
        operands = [numbers] * 3
        operands[place] = x[:5]
        found = elementwise(ops.OPCODE["where"], *operands)
    assert core.key(found[0])[1] == 10  # type: ignore[index]


@native_only
@pytest.mark.parametrize("use", [lambda y: y * 2.0, lambda y: y.sum(), lambda y: y @ y, lambda y: y[0] * 2.0])
def test_a_graph_that_another_thread_records_is_closed_by_a_use(use: Callable[[Any], Any]) -> None:
    """What that thread records next is in a graph of its own: so the one in use no longer changes."""
    made: list[Any] = []
    used, recorded = threading.Event(), threading.Event()

    def record() -> None:
        x = Vector([1.0, 2.0])
        made.append(x * 3.0)
        recorded.set()
        assert used.wait(60)
        made.append(x * 4.0)

    thread = threading.Thread(target=record)
    thread.start()
    assert recorded.wait(60)
    result = use(made[0])
    used.set()
    thread.join()
    assert core.key(made[1][0])[0] != core.key(made[0][0])[0]  # type: ignore[index]
    (result if isinstance(result, Value) else result.sum()).backward()


ROWS, COLUMNS = 3, 4
TAKEN: list[Any] = [
    (slice(None), slice(0, 1)), (slice(None), slice(2)), (slice(None), slice(1, None, 2)), (slice(0, 1), slice(None)),
    (slice(1, None), slice(1, 3)), (slice(None, None, 2), slice(None)), (slice(None, None, 2), slice(None, None, 3)),
    (slice(2, 3), slice(None, None, 2)), (slice(1, 2), slice(3, 4)), (slice(None, None, -1), slice(2, None, -2)),
]  # fmt: skip
USES: dict[str, Callable[[Any], Any]] = {
    "sum of columns": lambda x: x.sum(0).sum(),
    "sum of rows": lambda x: x.sum(1).sum(),
    "max": lambda x: x.max(0).sum(),
    "element by element": lambda x: (x * 2.0).sum(),
    "spread": lambda x: (x + Matrix([[1.0] * x.shape[1]] * x.shape[0]) * x[:1]).sum(),
    "left": lambda x: (x @ ([[1.0, 2.0]] * x.shape[1])).sum(),
    "right": lambda x: (as_array([[1.0] * x.shape[0]] * 2) @ x).sum(),
    "bias": lambda x: affine(as_array([[1.0, 2.0]]), Matrix([[1.0] * x.shape[1]] * 2), x[0]).sum(),
    "taken": lambda x: x[list(range(x.shape[0]))].sum(),
}


@native_only
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("use", USES)
def test_what_is_not_read_is_not_reached(use: str, turned: bool) -> None:
    """All results are read but one. A use that notes another node than it reads would have a sweep go through all: and
    the grad of the one, set by hand, would be lost."""
    for view in TAKEN:
        inside = {(r, c) for r in range(ROWS)[view[0]] for c in range(COLUMNS)[view[1]]}
        for hole in sorted({(r, c) for r in range(ROWS) for c in range(COLUMNS)} - inside):
            y = Matrix([[1.5] * COLUMNS] * ROWS) * 2.0
            part, others = y[view], [y[r, c] for r in range(ROWS) for c in range(COLUMNS) if (r, c) != hole]
            total = sg.sum([USES[use](part.T if turned else part), *others])
            y[hole].grad = 7.0
            total.backward()
            assert y[hole].grad == 7.0 and all(v.grad >= 1.0 for v in others), (view, hole)


SIZES = [9_000, 40_000, 9_000, 17_000, 9_000]  # graphs of 70 to 310 KB an array of doubles


@native_only
def test_large_blocks_are_lent_to_one_at_a_time() -> None:
    """What large graphs have given back is used again, by one graph, and only where it is large enough."""

    def results(n: int, factor: float) -> tuple[Any, Any]:
        x = Vector(np.full(n, 1.5))
        y = x * factor
        y.sum().backward()
        return x, y

    for _ in range(2):
        for n in [*SIZES, *SIZES[::-1]]:  # given back at once, to be kept
            results(n, 1.0)
        held = [results(n, 2.0 + k) for k, n in enumerate(SIZES)]
        for k, (x, y) in enumerate(held):
            n = SIZES[k]
            assert np.all(y.data == 1.5 * (2.0 + k)) and np.all(y.grad == 1.0) and np.all(x.grad == 2.0 + k), n


@pytest.mark.parametrize("wrong", [None, object(), 1j, "a", [1.0], NotImplemented], ids=lambda x: type(x).__name__)
def test_what_is_no_number_is_refused(wrong: Any) -> None:
    for items in ([Value(1.0), wrong], [wrong, 1.0]):
        with pytest.raises(NumberError):
            core.block(items)


def test_a_gradient_of_nothing_has_the_sign_that_a_grad_has() -> None:
    """A grad begins at 0.0, and 0.0 + -0.0 is 0.0."""
    (gradient,) = sg.grad(lambda x: x[0] * -0.0)([1.0])
    assert sign(float(gradient)) == 1.0
    assert [sign(g) for g in sg.grad(lambda x: (x * -0.0).sum())(np.ones(3)).tolist()] == [1.0] * 3


@pytest.mark.parametrize("bias", [[1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]] * 2], ids=str)
def test_a_bias_that_does_not_fit(bias: Any) -> None:
    with pytest.raises(ShapeError, match=r"a bias of shape .* does not fit a product of shapes \(1, 2\) and \(2, 2\)"):
        affine(Matrix([[1.0, 2.0]]), Matrix([[1.0, 2.0]] * 2), as_array(bias))


@pytest.mark.parametrize("number", [2.0, 3, Value(2.0), np.float64(2.0)], ids=lambda x: type(x).__name__)
def test_a_product_with_a_number_is_none(number: Any) -> None:
    """Also where the lengths would fit: of one element."""
    for x in (Vector([1.0]), Matrix([[1.0]]), Matrix([[1.0, 2.0]])):
        with pytest.raises(ShapeError, match="a product needs vectors or matrices, got"):
            x @ number
        with pytest.raises(ShapeError, match="a product needs vectors or matrices, got"):
            number @ x


@pytest.mark.parametrize("other", [2.0, Value(2.0), object()])
def test_matmul_of_what_is_no_array_raises(other: Any) -> None:
    for left, right in ((Vector([1.0]), other), (other, Vector([1.0]))):
        with pytest.raises(ShapeError, match="a product needs vectors or matrices, got"):
            sg.matmul(left, right)


def test_an_item_is_one_of_the_arrays_own() -> None:
    v = Vector([1.0, 2.0, 3.0])
    assert v[:2].item(1).data == 2.0 and v[1:].item().data == 2.0 and v.item(-1).data == 3.0
    for part, k in ((v[:2], 2), (v[1:], 2), (v[1:], -3), (Matrix([[1.0, 2.0], [3.0, 4.0]]), 4), (v[:0], 0)):
        with pytest.raises(IndexError, match="is out of range for an array of shape"):
            part.item(k)
    with pytest.raises(ArgumentError, match="an index must be an int"):
        v.item("0")  # type: ignore[arg-type]


def test_a_wrong_keyword_of_a_reduction() -> None:
    for function in (sg.sum, sg.max, sg.softmax):
        with pytest.raises(TypeError, match=r"\(\) got an unexpected keyword argument 'start'"):
            function([1.0], start=0)
        with pytest.raises(ArgumentError, match="takes an axis only if"):
            function(1.0, axis=0)


def test_a_square_by_every_spelling() -> None:
    v = Vector([3.0])
    for squared in (v**2, sg.pow(v, 2), v.pow(2), np.power(v, 2), np.float_power(v, 2.0), np.square(v)):
        assert core.opcode(squared[0]) == ops.OPCODE["square"]
    for power in (np.power(2.0, v), np.power(v, [2.0]), v**3):
        assert core.opcode(power[0]) == ops.OPCODE["pow"]
