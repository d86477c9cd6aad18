"""Vectors and matrices, composed from scalars: each element is a Value of the graph."""

from scalargrad.arrays.arithmetic import matmul
from scalargrad.arrays.types import Matrix, Vector, concat, outer, stack

__all__ = ["Matrix", "Vector", "concat", "matmul", "outer", "stack"]
