"""Records of pieces that are damaged: refused by all that reads them, or read alike by both backends."""

from __future__ import annotations

import random

import pytest

from scalargrad import core
from scalargrad.errors import HigherOrderError, RecordError
from scalargrad.record import validate
from scalargrad.records.adjoint import adjoint
from scalargrad.records.tangent import tangent
from tests.support.engines import native, pure
from tests.support.pieces import PLANTED, corrupted, draw, same_record
from tests.support.profiles import full

ALL = [*range(PLANTED)]
TIMES = 150  # records of a seed


def hold_corrupted(seed: int) -> None:
    r = random.Random(seed)
    drawn = draw(native() if core.backend() == "native" else pure(), seed, extreme=0.0, most=12)
    row = [[1.0] * len(drawn.roots)]
    for _ in range(TIMES):
        bad = corrupted(drawn.record, r)
        if len(bad.roots) != len(drawn.record.roots):
            continue
        try:
            validate(bad, piece=True)
        except RecordError:
            for refused in (lambda: core.adjoint(bad, ALL, row), lambda: core.tangent(bad, [{0: 1.0}]),
                            lambda: core.hvps(bad, ALL, row[0], [1.0] * PLANTED),
                            lambda: core.replay(bad, bad.leaves)):  # fmt: skip
                with pytest.raises(RecordError):
                    refused()
            continue
        core.replay(bad, bad.leaves)
        try:
            found = core.adjoint(bad, ALL, row)
        except HigherOrderError:
            continue
        assert same_record(found, adjoint(bad, ALL, row))
        assert same_record(core.tangent(bad, [{0: 1.0}]), tangent(bad, [{0: 1.0}]))


@pytest.mark.parametrize("seed", range(20))
def test_a_corrupt_record_is_refused_or_read_alike(seed: int) -> None:
    """A record is refused by all, or by none; the C core and the definition read the same."""
    hold_corrupted(seed)


@pytest.mark.slow
def test_20_000_corrupt_records() -> None:
    first = random.SystemRandom().randrange(1 << 30)
    for seed in range(first, first + full(20_000) // TIMES + 1):
        try:
            hold_corrupted(seed)
        except BaseException as error:
            raise AssertionError(f"hold_corrupted({seed}) fails") from error
