"""The types of what operators and reductions of arrays return, for type checkers. Nothing here runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, overload

if TYPE_CHECKING:
    from scalargrad.arrays.types import Matrix, Vector
    from scalargrad.value import Value


class VectorOperator(Protocol):
    """An operator of a Vector: a Matrix if the other operand is one, else a Vector."""

    @overload
    def __call__(self, other: Matrix, /) -> Matrix: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(self, other: Any, /) -> Vector: ...


class MatrixOperator(Protocol):
    """An operator of a Matrix."""

    def __call__(self, other: Any, /) -> Matrix: ...


class VectorProduct(Protocol):
    """``vector @ other``."""

    @overload
    def __call__(self, other: Vector, /) -> Value: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(self, other: Matrix, /) -> Vector: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(self, other: Any, /) -> Any: ...


class MatrixProduct(Protocol):
    """``matrix @ other``."""

    @overload
    def __call__(self, other: Vector, /) -> Vector: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(self, other: Matrix, /) -> Matrix: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(self, other: Any, /) -> Any: ...


class VectorReduction(Protocol):
    """``vector.sum()``: a Vector has one axis."""

    def __call__(self, axis: int | None = None) -> Value: ...


class MatrixReduction(Protocol):
    """``matrix.sum()``, over all elements or along an axis."""

    @overload
    def __call__(self, axis: None = None) -> Value: ...
    @overload
    def __call__(self, axis: int) -> Vector: ...
