"""Which programs of hessians are made and kept, and what they cost."""

from __future__ import annotations

from typing import Any

import pytest

import scalargrad as sg
from scalargrad import core
from scalargrad.transforms import programs
from tests.support.hessians import rosenbrock
from tests.support.plans import Runs, forget, hold
from tests.support.profiles import native_only

pytestmark = native_only


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    forget(monkeypatch)
    return Runs(monkeypatch)


def test_many_functions_in_turn_have_programs(runs: Runs) -> None:
    """And what is kept for those that are not seen again is little."""
    functions = [sg.hessian(lambda x, k=k: x**3 * float(k)) for k in range(200)]
    for _ in range(3):
        for k, hessian in enumerate(functions):
            assert hessian(2.0) == 12.0 * k
    assert runs.count == 200
    for k in range(3000):
        sg.hessian(lambda x, k=k: x**3 * float(k + 500))(2.0)
    assert len(programs._plans.entries) <= 256 and len(programs._calls) <= 1001


def test_a_large_function_has_a_program_after_some_calls(runs: Runs) -> None:
    """When sweeps have taken as long as it takes to make it. What is kept is counted."""
    x = [0.01 * k for k in range(300)]
    hold(rosenbrock, [x] * 9)
    assert runs.count == 9 - programs._AFTER
    ((_, size, plan),) = programs._plans.entries
    assert plan.program is not None and 50_000 < size < 500_000


def test_memory_that_runs_out_while_a_program_is_made(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hessian is known without it."""

    def fails(*_: Any) -> Any:
        raise MemoryError

    hessian = sg.hessian(lambda x: x**3)
    with monkeypatch.context() as patch:
        patch.setattr(core, "program", fails)
        assert [hessian(2.0) for _ in range(4)] == [12.0] * 4
    assert [hessian(2.0) for _ in range(4)] == [12.0] * 4
    assert programs._plans.entries[0][2].program is not None


def test_results_and_aux_that_are_inputs_or_change(runs: Runs) -> None:
    """What has no second derivative is no part of a sketch."""
    calls = [0]

    def f(x: Any) -> Any:
        calls[0] += 1
        return [x[0] ** 3 * x[1], x[1], float(calls[0])], (calls[0], x[0] * 2)

    hessian = sg.hessian(f, has_aux=True)
    for k in range(1, 6):
        found, aux = hessian([2.0, 1.0 + k])
        assert found == [[[12.0 * (1.0 + k), 12.0], [12.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]
        assert aux == (k, 4.0)
    assert runs.count == 3
