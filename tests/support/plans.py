"""Hessians by programs and by sweeps, for the tests that compare them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import core
from scalargrad.transforms import programs, sparsity
from tests.support.engines import bits


def forget(patch: pytest.MonkeyPatch) -> None:
    """Begins without a plan."""
    patch.setattr(programs, "_plans", sparsity.Memory(256, 1 << 25))
    patch.setattr(programs, "_calls", {})


class Runs:
    """Counts the runs of programs."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count, run = 0, core.run

        def counted(*given: Any) -> Any:
            self.count += 1
            return run(*given)

        patch.setattr(core, "run", counted)


def flat(found: Any) -> Iterator[Any]:
    if isinstance(found, (list, tuple)):
        for item in found:
            yield from flat(item)
    elif isinstance(found, np.ndarray):
        yield from flat(found.tolist())
    else:
        assert isinstance(found, float), "a hessian of numbers has Values"
        yield bits(found)


def by_sweeps(call: Callable[[], Any]) -> Any:
    """What a call gives without a program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core, "sketch", lambda *_: None)
        return call()


def hold(f: Any, points: Any) -> None:
    """The hessian at each point has the bits of sweeps, at whichever call."""
    hessian = sg.hessian(f)
    for x in points:
        assert [*flat(hessian(x))] == [*flat(by_sweeps(lambda x=x: hessian(x)))]  # type: ignore[misc]
