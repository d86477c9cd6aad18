"""The C core's programs, and the sketches of pieces that tell whether a program fits."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, core
from scalargrad.record import results
from tests.support.engines import native
from tests.support.pieces import corrupted, draw, numbers
from tests.support.profiles import native_only

pytestmark = native_only


@pytest.mark.parametrize("seed", range(200))
def test_a_program_has_the_numbers_of_its_record(seed: int) -> None:
    record = draw(native(), seed).record
    places = [*range(len(results(record)))] * 2
    program, size = core.program(record, places)
    assert 0 < size < 10_000
    found = core.run(program, array("d", [x.data for x in record.leaves]).tobytes())
    values = array("d", record.values)
    expected = array("d", [(x if isinstance(x, float) else values[x]) + 0.0 for x in results(record)])
    assert numbers(found.tobytes()) == numbers(expected.tobytes()) * 2


@pytest.mark.parametrize("seed", range(20))
def test_a_corrupt_record_makes_no_program_or_one_that_runs(seed: int) -> None:
    record, r = draw(native(), seed).record, random.Random(seed)
    for _ in range(100):
        bad = corrupted(record, r)
        program = core.program(bad, [r.randrange(8) for _ in range(3)])
        if program is not None:
            assert len(core.run(program[0], bytes(8 * len(bad.leaves)))) == 3


def test_a_program_refuses_what_does_not_fit() -> None:
    record = draw(native(), 1).record
    assert core.program(record, [1 << 40]) is None
    program, _ = core.program(record, [0])
    for bad in (b"", bytes(8 * len(record.leaves) + 8), bytes(8 * len(record.leaves) - 1)):
        with pytest.raises(TypeError):
            core.run(program, bad)
    with pytest.raises(ValueError):
        core.run(object(), b"")


def test_every_allocation_may_fail() -> None:
    from scalargrad._core import lib

    drawn = draw(native(), 11, extreme=0.0)
    record, leaves = drawn.record, array("d", [x.data for x in drawn.record.leaves]).tobytes()
    program, _ = core.program(record, [0, 1, 2])
    x = Value(1.5)
    since = core.moment()
    y = core.block([x])
    root = sg.sin(x) * x
    calls: list[Callable[[], Any]] = [
        lambda: core.run(core.program(record, [0, 1, 2])[0], leaves).tobytes(),
        lambda: core.run(program, leaves).tobytes(),
        lambda: core.sketch([root], [y], since - 1),
    ]
    for call in calls:
        wanted, count = call(), 0
        assert wanted is not None
        while True:
            lib.sg_fail_after(count)
            try:
                found = call()
                break
            except MemoryError:
                count += 1
            finally:
                lib.sg_fail_after(-1)
        assert found == wanted and count
