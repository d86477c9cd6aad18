"""The rows of the special functions: the error function with its inverse, the gamma function's logarithm with its
derivatives."""

from __future__ import annotations

from .erf import DERIVED, ERROR, ERROR_INTERNAL
from .gamma import GAMMA, GAMMA_CONSTANTS, GAMMA_INTERNAL

SPECIAL = (*ERROR, *GAMMA)
SPECIAL_DERIVED = DERIVED
SPECIAL_INTERNAL = (*ERROR_INTERNAL, *GAMMA_INTERNAL)
SPECIAL_CONSTANTS = GAMMA_CONSTANTS

__all__ = ["SPECIAL", "SPECIAL_CONSTANTS", "SPECIAL_DERIVED", "SPECIAL_INTERNAL"]
