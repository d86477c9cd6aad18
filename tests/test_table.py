"""Every row of the table on a grid of nasty doubles: the C core and the Python functions agree bit for bit."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from scalargrad import core
from scalargrad.table import ops
from scalargrad.table.evaluate import PARTIALS, VALUE
from tests.support.engines import bits
from tests.support.profiles import native_only

_KINKS = [0.5, 1.0, 2.0, 3.0, 28.0, 37.0, 700.0, 745.2, 800.0, 1e150, 1e-290, 1e290]
_NEIGHBOURS = [y for x in _KINKS for y in (math.nextafter(x, -math.inf), x, math.nextafter(x, math.inf))]
_POSITIVE = [0.0, 5e-324, 1e-310, 2.2250738585072014e-308, 1e-300, 1e-18, 0.1, 0.3, 1e16, 1e300, 1.7976931348623157e308,
             math.inf, *_NEIGHBOURS]  # fmt: skip
GRID = [*_POSITIVE, *(-x for x in _POSITIVE), math.nan]
SMALL = [0.0, -0.0, 5e-324, -1e-300, 0.3, -0.5, 1.0, -1.0, 2.0, -3.0, 7.5, 1e300, -1e308, math.inf, -math.inf, math.nan]


def _grid(arity: int) -> Any:
    if arity == 1:
        return ((x,) for x in GRID)
    if arity == 2:
        return itertools.chain(itertools.product(SMALL, SMALL), zip(GRID, GRID), zip(GRID, reversed(GRID)))
    return itertools.product(SMALL, SMALL, SMALL)


@native_only
@pytest.mark.parametrize("row", ops.PRIMITIVES, ids=lambda row: row.name)
def test_both_backends_compute_the_same_bits(row: ops.Row) -> None:
    opcode, arity = ops.OPCODE[row.name], len(row.operands)
    value = VALUE[opcode]
    assert value is not None
    for point in _grid(arity):
        padded = (*point, 0.0, 0.0)[:3]
        z = value(*point)
        assert bits(core.lib.sg_value(opcode, *padded)) == bits(z), (row.name, point)
        for k, partial in enumerate(PARTIALS[opcode]):
            got = core.lib.sg_partial(opcode, k, *padded, z)
            assert bits(got) == bits(partial(*point, z)), (row.name, k, point)


@pytest.mark.parametrize("row", ops.PRIMITIVES, ids=lambda row: row.name)
def test_values_and_partials_are_floats(row: ops.Row) -> None:
    """No integer of the table's text gets into a result, and nothing raises."""
    value = VALUE[ops.OPCODE[row.name]]
    assert value is not None
    for point in _grid(len(row.operands)):
        z = value(*point)
        assert type(z) is float, (row.name, point)
        for partial in PARTIALS[ops.OPCODE[row.name]]:
            assert type(partial(*point, z)) is float, (row.name, point)


@pytest.mark.parametrize("row", ops.PRIMITIVES, ids=lambda row: row.name)
def test_the_sign_of_a_nan_does_not_show(row: ops.Row) -> None:
    """Any nan equals any nan: processors and libraries differ in the sign of those that they make."""
    value = VALUE[ops.OPCODE[row.name]]
    assert value is not None
    for position in range(len(row.operands)):
        for others in itertools.product(SMALL, repeat=len(row.operands) - 1):
            plus = (*others[:position], math.nan, *others[position:])
            minus = (*others[:position], -math.nan, *others[position:])
            z = value(*plus)
            assert bits(z) == bits(value(*minus)), plus
            for partial in PARTIALS[ops.OPCODE[row.name]]:
                assert bits(partial(*plus, z)) == bits(partial(*minus, z)), plus


def test_python_operators_are_the_rows() -> None:
    """`//` and `%` of the table are CPython's, bit for bit."""
    floordiv, remainder = VALUE[ops.OPCODE["floordiv"]], VALUE[ops.OPCODE["remainder"]]
    assert floordiv and remainder
    for x, y in itertools.product(GRID, SMALL):
        if y != 0.0:
            assert bits(floordiv(x, y)) == bits(x // y), (x, y)
            assert bits(remainder(x, y)) == bits(x % y), (x, y)


def test_every_row_has_its_partials() -> None:
    for row in ops.PRIMITIVES:
        assert len(row.partials) == len(row.operands), row.name
    assert len(set(ops.NAMES)) == len(ops.NAMES)
