"""Hypothesis profiles, and what the tests share. The suite runs once a backend: see tests/__main__.py."""

from __future__ import annotations

import gc
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import scalargrad as sg
from tests.support.profiles import FEW, PROFILE

_common = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("ci", derandomize=True, max_examples=FEW, **_common)
settings.register_profile("slow", max_examples=2000, **_common)
settings.register_profile("reduced", max_examples=300, **_common)
settings.register_profile("few", derandomize=True, max_examples=20, **_common)
settings.register_profile("fewest", derandomize=True, max_examples=8, **_common)
settings.load_profile(PROFILE)


@pytest.fixture(autouse=True)
def _same_random_numbers() -> None:
    """Weights are drawn by `random`: a test draws the same ones whatever ran before it."""
    random.seed(0)


@pytest.fixture
def no_gc() -> Iterator[None]:
    """Everything must be freed by reference counting alone."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked as slow in Python belongs to that backend's slow tier."""
    for item in items:
        if sg.backend() == "python" and item.get_closest_marker("slow_in_python"):
            item.add_marker("slow")


def pytest_report_header(config: pytest.Config) -> str:
    return f"scalargrad backend: {sg.backend()}"


# --- which tests ran, and which were skipped: .ci/run holds that each runs somewhere ---------------------------------

_outcomes: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _outcomes[report.nodeid] = f"skipped: {reason.removeprefix('Skipped: ')}"
    elif report.when == "call" and report.passed:
        _outcomes[report.nodeid] = "passed"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Adds what became of each test to the file that SCALARGRAD_RECORD names, a line of JSON each."""
    path = os.environ.get("SCALARGRAD_RECORD")
    if path and not hasattr(session.config, "workerinput"):
        lines = "".join(json.dumps([test, outcome]) + "\n" for test, outcome in _outcomes.items())
        with Path(path).open("ab", buffering=0) as file:  # in one write: another run may end at the same time
            file.write(lines.encode())
