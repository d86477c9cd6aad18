"""The settings of hypothesis profiles, and marks that many tests use."""

from __future__ import annotations

import os

import pytest

import scalargrad as sg

# the pure backend, which is slower, draws half as many examples
FEW = 40 if sg.backend() == "native" else 20
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci")

native_only = pytest.mark.skipif(sg.backend() != "native", reason="needs the C core")


def full(size: int) -> int:
    """A size of the slow tier: full in a nightly run, a tenth in .ci/run."""
    return size // 10 if PROFILE == "reduced" else size
