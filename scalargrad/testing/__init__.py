"""Tools for tests: `check_grad`, and hypothesis strategies (hypothesis is imported on first use).

from hypothesis import given
import scalargrad.testing as sgt

@given(sgt.vectors(min_size=1))
def test_my_loss(x):
    sgt.check_grad(my_loss, x)
"""

from scalargrad.testing.check import Entry, Report, check_grad
from scalargrad.testing.strategies import Expression, expressions, matrices, numbers, shapes, vectors

__all__ = ["Entry", "Expression", "Report", "check_grad", "expressions", "matrices", "numbers", "shapes", "vectors"]
