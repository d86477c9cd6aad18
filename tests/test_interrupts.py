"""An interrupt at any time leaves no mode and no state changed."""

from __future__ import annotations

import signal
import threading

import pytest

import scalargrad as sg
from tests.support import interrupts
from tests.support.profiles import full

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread(),
    reason="signals need the main thread, and a timer",
)


@pytest.mark.parametrize("name", interrupts.PLACES)
def test_interrupts_leave_nothing_changed(name: str) -> None:
    """On the pure backend, a few of many thousand may: docs/conventions.md has the rates."""
    assert interrupts.rate(name, 100) <= (sg.backend() == "python")


@pytest.mark.slow
@pytest.mark.parametrize("name", interrupts.PLACES)
def test_thousands_of_interrupts(name: str) -> None:
    assert interrupts.rate(name, full(3000)) <= 3 * (sg.backend() == "python")
