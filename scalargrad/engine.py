"""`Value` where micrograd has it: ``from scalargrad.engine import Value``."""

from scalargrad.value import Value

__all__ = ["Value"]
