"""Hypothesis profiles, and what the tests share. The suite runs once a backend: see tests/__main__.py."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import HealthCheck, Phase, settings

import scalargrad as sg

_common = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("ci", derandomize=True, max_examples=100, **_common)
settings.register_profile("slow", max_examples=2000, **_common)
# a failure is all that the mutation check asks for: no time goes into its simplest form
settings.register_profile(
    "mutants", derandomize=True, max_examples=100, phases=[Phase.explicit, Phase.generate], **_common
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

native_only = pytest.mark.skipif(sg.backend() != "native", reason="needs the C core")


@pytest.fixture
def no_gc():
    """Everything must be freed by reference counting alone."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def pytest_report_header(config: pytest.Config) -> str:
    return f"scalargrad backend: {sg.backend()}"
