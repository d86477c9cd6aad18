"""Every primitive over every kind of operand: values and the gradient by each operand, to the scalars' last bit."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from scalargrad import core
from scalargrad.arrays import concat
from scalargrad.arrays.arithmetic import elementwise
from scalargrad.table import ops
from tests.support.operands import CONSTANT, KINDS, SINGLE, Operand, compare, drawing

# where a primitive and its partials are finite, so that the kernels' own results are kept; others: -3 to 3
DOMAINS: dict[str, list[tuple[float, float]]] = {
    **{name: [(0.1, 3.0)] for name in ["log", "log2", "log10", "sqrt"]},
    **{name: [(-0.9, 0.9)] for name in ["asin", "acos", "atanh", "log1p", "erfinv"]},
    "logit": [(0.1, 0.9)], "xlogy": [(-3.0, 3.0), (0.1, 3.0)], "hardtanh": [(-3.0, 3.0), (-1.5, 0.2), (0.3, 1.5)],
    **{name: [(-3.0, 3.0), (0.3, 1.5)] for name in ["div", "floordiv", "remainder", "fmod"]},
    "acosh": [(1.1, 3.0)], "tan": [(-1.4, 1.4)], "pow": [(0.1, 3.0), (-2.0, 2.0)],
    "leaky_relu": [(-3.0, 3.0), (0.01, 0.9)], "elu": [(-3.0, 3.0), (0.1, 2.0)],
    "clip": [(-3.0, 3.0), (-1.5, 0.2), (-0.2, 1.5)],
}  # fmt: skip
FEW = ["matrix", "number", "value", "vector", "column", "constants", "transposed"]


def operands_of(name: str, kinds: tuple[str, ...], m: int, n: int, numbers: list[float] | None) -> list[Operand]:
    ranges = DOMAINS.get(name, []) + [(-3.0, 3.0)] * 3
    draws = [drawing(f"{name} {k}", *bounds) for k, bounds in enumerate(ranges[: len(kinds)])]
    if numbers:  # each with each
        together = itertools.cycle(itertools.product(numbers, repeat=len(kinds)))
        rows = list(zip(*itertools.islice(together, m * n)))
        return [KINDS[kind](m, n, iter(row).__next__) for kind, row in zip(kinds, rows)]
    if name == "where":  # the condition: as often 0 as not
        conditions = itertools.cycle([1.0, 0.0, 0.0, -0.5, 1.0])
        draws[0] = lambda: next(conditions)
    if name == "polygamma":
        orders = itertools.cycle([1.0, 0.0, 2.0, 7.0])
        draws[0] = lambda: next(orders)
    return [KINDS[kind](m, n, draw) for kind, draw in zip(kinds, draws)]


def check(name: str, kinds: tuple[str, ...], m: int, n: int, numbers: list[float] | None = None) -> None:
    what = f"{name} of {' and '.join(kinds)}, {m} x {n}"
    made = operands_of(name, kinds, m, n, numbers)
    ours = elementwise(ops.OPCODE[name], *[x.array for x in made])
    rows = max(len(x.scalars) for x in made)
    columns = max(len(x.scalars[0]) for x in made)
    theirs = [[core.apply(ops.OPCODE[name], *[x.at(r, c) for x in made]) for c in range(columns)] for r in range(rows)]
    wanted = (columns,) if all(kind in {*SINGLE, "vector"} for kind in kinds) else (rows, columns)
    assert ours.shape == wanted, what
    compare(ours, theirs, [pair for x in made for pair in x.leaves], what)
    assert all(math.isfinite(v if isinstance(v, float) else v.data) for row in theirs for v in row), what


def combinations(arity: int, kinds: list[str]) -> list[tuple[str, ...]]:
    """Those in which an array takes part, and something is tracked."""
    found = itertools.product(kinds, repeat=arity)
    return [c for c in found if not SINGLE.issuperset(c) and not CONSTANT.issuperset(c)]


BY_ARITY = {
    1: combinations(1, list(KINDS)),
    2: combinations(2, FEW),
    3: [*combinations(3, ["matrix", "number", "constants"]), ("column", "vector", "matrix"), ("matrix", "value", "row"),
        ("vector", "column", "transposed"), ("in steps", "sliced", "results"), ("transposed",) * 3],
}  # fmt: skip

BY_PAIRS = set(combinations(2, list(KINDS)))


@pytest.mark.parametrize("row", ops.PRIMITIVES, ids=lambda row: row.name)
def test_a_primitive_goes_element_by_element(row: Any) -> None:
    for kinds in BY_ARITY[len(row.operands)]:
        check(row.name, kinds, 2, 5)
    check(row.name, ("matrix",) * len(row.operands), 1, 19)  # a register of every width, and what is left over


PIECEWISE = ["relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "mish", "softsign", "selu", "hardtanh", "sinc", "abs",
             "sign", "floor", "ceil", "trunc", "round", "copysign", "maximum", "minimum", "clip", "where", "hypot",
             "logaddexp", "exp_sub", "sigmoid", "log_sigmoid", "softplus", "silu"]  # fmt: skip


@pytest.mark.parametrize("name", PIECEWISE)
def test_where_the_pieces_meet(name: str) -> None:
    """Zeros of both signs, halves, bounds, ties: each number with each, at every place of a register."""
    numbers = [0.0, -0.0, 1.0, -1.0, 0.5, -1.5, 2.5]
    kinds = ("matrix",) * ops.ARITY[ops.OPCODE[name]]
    check(name, kinds, 1, len(numbers) ** len(kinds), numbers)
    check(name, kinds, 3, 5, numbers[1:])


@pytest.mark.parametrize("left", KINDS)
@pytest.mark.parametrize("name", ["sub", "hypot"])
def test_every_kind_meets_every_other(name: str, left: str) -> None:
    for right in KINDS:
        if (left, right) in BY_PAIRS:
            check(name, (left, right), 3, 4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["where", "clip"])
def test_every_kind_in_every_place_of_three(name: str, kind: str) -> None:
    for place in range(3):
        check(name, tuple(kind if k == place else "transposed" for k in range(3)), 3, 4)


# --- one block in two places -----------------------------------------------------------------------------------------

VIEWS: list[tuple[slice, slice]] = [
    (slice(r, r + rows), slice(c, c + columns, step))
    for rows, columns, step in [(2, 2, 1), (2, 3, 2), (1, 2, 1), (3, 1, 1), (2, 4, 1)]
    for r in range(4 - rows)
    for c in range(6 - columns)
]


def shape_of(view: tuple[slice, slice]) -> tuple[int, int]:
    rows, columns = view
    return rows.stop - rows.start, len(range(columns.start, columns.stop, columns.step))


@pytest.mark.parametrize("name", ["mul", "div"])
@pytest.mark.parametrize("size", sorted({shape_of(view) for view in VIEWS}))
def test_views_of_one_block(name: str, size: tuple[int, int]) -> None:
    """Apart, interleaved, overlapping, the same, the same turned: where they coincide, the order of sums shows."""
    same = [view for view in VIEWS if shape_of(view) == size]
    for one, other in itertools.product(same, repeat=2):
        base = KINDS["matrix"](3, 5, drawing("views", 0.3, 3.0))
        matrix, scalars = base.array * 1.0, [[v * 1.0 for v in row] for row in base.scalars]  # nodes side by side
        x, y = matrix[one], matrix[other]
        ours = elementwise(ops.OPCODE[name], x, y)
        p, q = ([row[view[1]] for row in scalars[view[0]]] for view in (one, other))
        theirs = [[core.apply(ops.OPCODE[name], *pair) for pair in zip(*rows)] for rows in zip(p, q)]
        # a third contribution to every leaf, and a number of another size, so that no order gives the bits of another
        ours, theirs = ours * 1e3 + matrix[one], [[v * 1e3 + u for v, u in zip(*rows)] for rows in zip(theirs, p)]
        compare(ours, theirs, base.leaves, f"{name} of {one} and {other}")


@pytest.mark.parametrize("row", [r for r in ops.PRIMITIVES if len(r.operands) > 1], ids=lambda row: row.name)
@pytest.mark.parametrize("turned", [False, True])
def test_an_operand_in_every_place(row: Any, turned: bool) -> None:
    """x with itself, or with its transpose."""
    x = KINDS["matrix"](3, 3, drawing("itself", 0.3, 2.9))
    n = len(row.operands)
    places = [x.array.T if turned and k else x.array for k in range(n)]
    ours = elementwise(ops.OPCODE[row.name], *places) * 3.0 + x.array
    theirs = [
        [core.apply(ops.OPCODE[row.name], x.at(r, c), *[x.at(c, r) if turned else x.at(r, c)] * (n - 1)) * 3.0
         + x.at(r, c) for c in range(3)] for r in range(3)
    ]  # fmt: skip
    compare(ours, theirs, x.leaves, f"{row.name} of x and {'its transpose' if turned else 'itself'}")


# --- more than a block of numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [255, 256, 257, 512, 513])
@pytest.mark.parametrize("kinds", [("matrix", "matrix"), ("vector", "matrix"), ("transposed", "sliced"),
                                   ("in steps", "column"), ("constants", "reversed")])  # fmt: skip
def test_more_than_a_block(columns: int, kinds: tuple[str, ...]) -> None:
    check("div", kinds, 2 if columns < 500 else 1, columns)


@pytest.mark.parametrize("size", [(1, 255), (1, 256), (1, 257), (3, 171), (2, 257), (257, 2)])
def test_more_than_a_block_of_three(size: tuple[int, int]) -> None:
    check("where", ("matrix",) * 3, *size)
    check("clip", ("in steps", "transposed", "vector"), *size)


# --- runs of parameters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", [(40, 40), (16, 16), (1, 31), (33, 1, 33), (8, 8), (100,), (17, 0, 50)])
@pytest.mark.parametrize("name", ["square", "exp"])
def test_leaves_of_several_arrays_in_one(name: str, lengths: tuple[int, ...]) -> None:
    """As weight decay takes the parameters of several layers: runs of nodes, long and short."""
    parts = [KINDS["vector"](1, n, drawing(f"part {k}", -2.0, 2.0)) for k, n in enumerate(lengths) if n]
    kept = [(x.array * 2.0, [v * 2.0 for v in x.scalars[0]]) for x in parts]  # so they stand in the open graph before
    whole, scalars = concat([x.array for x in parts]), [v for x in parts for v in x.scalars[0]]
    ours, theirs = elementwise(ops.OPCODE[name], whole), [[core.apply(ops.OPCODE[name], v) for v in scalars]]
    compare(ours, theirs, [pair for x in parts for pair in x.leaves], f"{name} of {lengths}")
    del kept
