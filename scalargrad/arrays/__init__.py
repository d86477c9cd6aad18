"""Vectors and matrices. Each element is a Value of the graph, or the float of a constant; operations run in bulk.

An array is a view of a block (`view.py`). The other modules read, compute with and reduce such views.
"""

from scalargrad.arrays.arithmetic import matmul
from scalargrad.arrays.types import Mask, Matrix, Vector, concat, outer, stack
from scalargrad.errors import IndexingError as _OutOfRange  # noqa: F401  pickles of 0.1.0 look for it here

__all__ = ["Mask", "Matrix", "Vector", "concat", "matmul", "outer", "stack"]
