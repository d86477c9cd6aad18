"""Vectors and matrices. Each element is a Value of the graph, or the float of a constant; operations run in bulk.

An array is a view of a block (`view.py`). The other modules read, compute with and reduce such views.
"""

from scalargrad.arrays.arithmetic import matmul
from scalargrad.arrays.base import _OutOfRange as _OutOfRange  # pickles of 0.1.0 look for it here
from scalargrad.arrays.types import Matrix, Vector, concat, outer, stack

__all__ = ["Matrix", "Vector", "concat", "matmul", "outer", "stack"]
