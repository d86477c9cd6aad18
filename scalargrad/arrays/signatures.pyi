"""What operators, products, indices and reductions of arrays return. A stub alone: nothing of it runs.

An element counts as a Value. The type of a numpy array does not tell its dimensions: beside a Vector it counts as a
vector, and a product with it is Any.
"""

# Of the methods that all arrays have, protocols say here what each kind returns.
# pyright: reportIncompatibleMethodOverride=false

from collections.abc import Iterable
from types import EllipsisType
from typing import Any, Literal, NoReturn, Protocol, SupportsIndex, TypeAlias, TypeVar, overload

from scalargrad.arrays.base import Array
from scalargrad.arrays.mask import Mask
from scalargrad.arrays.methods import Methods
from scalargrad.arrays.types import Matrix, Vector
from scalargrad.functions import Flat, Foreign, MatrixMethods, Real, Rows, Scalar, VectorMethods
from scalargrad.value import Value

A = TypeVar("A", bound=Array)
Axis: TypeAlias = int | tuple[int, ...] | None
One: TypeAlias = SupportsIndex  # what selects an element, row or column
Range: TypeAlias = slice | EllipsisType
Listed: TypeAlias = list[int] | list[bool] | range
Several: TypeAlias = Range | Listed | Foreign
_Values: TypeAlias = Value | Iterable[Value]
_Reals: TypeAlias = Real | Iterable[Real]
_Scalars: TypeAlias = Scalar | Iterable[Scalar]

# --- functions of many numbers: of an iterable or of several arguments, or of an array

class Reduction(Protocol):
    __name__: str
    @overload
    def __call__(self, x: Vector, /, *, axis: Axis = None, keepdims: Literal[False] = False) -> Value: ...
    @overload
    def __call__(self, x: Vector, /, *, axis: Axis = None, keepdims: Literal[True]) -> Vector: ...
    @overload
    def __call__(self, x: Matrix, /, *, axis: None = None, keepdims: Literal[False] = False) -> Value: ...
    @overload
    def __call__(self, x: Matrix, /, *, axis: int, keepdims: Literal[False] = False) -> Vector: ...
    @overload
    def __call__(self, x: Matrix, /, *, axis: Axis = None, keepdims: Literal[True]) -> Matrix: ...
    @overload
    def __call__(self, x: Vector | Matrix, /, *, axis: Axis = None, keepdims: bool = False) -> Any: ...
    @overload
    def __call__(self, x: Foreign, /, *, axis: Any = None, keepdims: bool = False) -> Any: ...
    @overload
    def __call__(self, x: Rows, /, *, axis: None = None) -> Any: ...
    @overload
    def __call__(self, x: Flat | Rows, /, *, axis: Any, keepdims: bool = False) -> Any: ...
    @overload
    def __call__(self, *x: _Values) -> Value: ...
    @overload
    def __call__(self, *x: _Reals) -> float: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(self, *x: _Scalars) -> Value: ...

class Normalisation(Protocol):
    __name__: str
    @overload
    def __call__(self, x: A, /, *, axis: int = -1) -> A: ...
    @overload
    def __call__(self, x: Foreign, /, *, axis: Any = -1) -> Any: ...
    @overload
    def __call__(self, x: Rows, /, *, axis: int = -1) -> list[Any]: ...
    @overload
    def __call__(self, *x: _Values) -> list[Value]: ...
    @overload
    def __call__(self, *x: _Reals) -> list[float]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(self, *x: _Scalars) -> list[Value]: ...

class Test(Protocol):
    __name__: str
    @overload
    def __call__(self, x: Scalar, /) -> bool: ...
    @overload
    def __call__(self, x: Array, /) -> Mask: ...
    @overload
    def __call__(self, x: list[Any], /) -> list[Any]: ...
    @overload
    def __call__(self, x: tuple[Any, ...], /) -> tuple[Any, ...]: ...
    @overload
    def __call__(self, x: Foreign, /) -> Any: ...

# --- operators

class VectorOperator(Protocol):
    @overload
    def __call__(self, other: Vector | Scalar | Flat | Foreign, /) -> Vector: ...
    @overload
    def __call__(self, other: Matrix | Rows, /) -> Matrix: ...

class MatrixOperator(Protocol):
    def __call__(self, other: Matrix | Rows | Vector | Scalar | Flat | Foreign, /) -> Matrix: ...

# --- reductions: the last overload of a Matrix is for an axis or keepdims that is not known

class VectorSum(Protocol):
    @overload
    def __call__(
        self, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: Literal[False] = False
    ) -> Value: ...
    @overload
    def __call__(
        self, axis: Axis = None, dtype: Any = None, out: None = None, *, keepdims: Literal[True]
    ) -> Vector: ...
    @overload
    def __call__(
        self, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, **unknown: NoReturn
    ) -> Value | Vector: ...

class MatrixSum(Protocol):
    @overload
    def __call__(
        self, axis: None = None, dtype: Any = None, out: None = None, keepdims: Literal[False] = False
    ) -> Value: ...
    @overload
    def __call__(self, axis: int, dtype: Any = None, out: None = None, keepdims: Literal[False] = False) -> Vector: ...
    @overload
    def __call__(
        self, axis: Axis = None, dtype: Any = None, out: None = None, *, keepdims: Literal[True]
    ) -> Matrix: ...
    @overload
    def __call__(
        self, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, **unknown: NoReturn
    ) -> Any: ...

class VectorDeviation(Protocol):
    @overload
    def __call__(
        self, axis: Axis = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: Literal[False] = False
    ) -> Value: ...
    @overload
    def __call__(
        self, axis: Axis = None, dtype: Any = None, out: None = None, ddof: float = 0, *, keepdims: Literal[True]
    ) -> Vector: ...
    @overload
    def __call__(
        self,
        axis: Axis = None,
        dtype: Any = None,
        out: None = None,
        ddof: float = 0,
        keepdims: bool = False,
        **unknown: NoReturn,
    ) -> Any: ...

class MatrixDeviation(Protocol):
    @overload
    def __call__(
        self, axis: None = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: Literal[False] = False
    ) -> Value: ...
    @overload
    def __call__(
        self, axis: int, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: Literal[False] = False
    ) -> Vector: ...
    @overload
    def __call__(
        self, axis: Axis = None, dtype: Any = None, out: None = None, ddof: float = 0, *, keepdims: Literal[True]
    ) -> Matrix: ...
    @overload
    def __call__(
        self,
        axis: Axis = None,
        dtype: Any = None,
        out: None = None,
        ddof: float = 0,
        keepdims: bool = False,
        **unknown: NoReturn,
    ) -> Any: ...

class VectorNorm(Protocol):
    @overload
    def __call__(self, axis: Axis = None, keepdims: Literal[False] = False) -> Value: ...
    @overload
    def __call__(self, axis: Axis = None, *, keepdims: Literal[True]) -> Vector: ...
    @overload
    def __call__(self, axis: Axis = None, keepdims: bool = False, **unknown: NoReturn) -> Any: ...

class MatrixNorm(Protocol):
    @overload
    def __call__(self, axis: None = None, keepdims: Literal[False] = False) -> Value: ...
    @overload
    def __call__(self, axis: int, keepdims: Literal[False] = False) -> Vector: ...
    @overload
    def __call__(self, axis: Axis = None, *, keepdims: Literal[True]) -> Matrix: ...
    @overload
    def __call__(self, axis: Axis = None, keepdims: bool = False, **unknown: NoReturn) -> Any: ...

# --- the classes between Methods and Vector or Matrix, to type checkers

class VectorTypes(Methods, VectorMethods):
    def __lt__(self, other: Any) -> Mask: ...
    def __le__(self, other: Any) -> Mask: ...
    def __gt__(self, other: Any) -> Mask: ...
    def __ge__(self, other: Any) -> Mask: ...
    def __eq__(self, other: object) -> Mask: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
    def __ne__(self, other: object) -> Mask: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
    __add__: VectorOperator
    __radd__: VectorOperator
    __sub__: VectorOperator
    __rsub__: VectorOperator
    __mul__: VectorOperator
    __rmul__: VectorOperator
    __truediv__: VectorOperator
    __rtruediv__: VectorOperator
    __floordiv__: VectorOperator
    __rfloordiv__: VectorOperator
    __mod__: VectorOperator
    __rmod__: VectorOperator
    @overload
    def __pow__(self, exponent: Vector | Scalar | Flat | Foreign) -> Vector: ...
    @overload
    def __pow__(self, exponent: Matrix | Rows) -> Matrix: ...
    @overload
    def __rpow__(self, base: Scalar | Flat | Foreign) -> Vector: ...
    @overload
    def __rpow__(self, base: Rows) -> Matrix: ...
    @overload
    def __matmul__(self, other: Vector | Flat) -> Value: ...
    @overload
    def __matmul__(self, other: Matrix | Rows) -> Vector: ...
    @overload
    def __matmul__(self, other: Foreign) -> Any: ...
    @overload
    def __rmatmul__(self, other: Flat) -> Value: ...
    @overload
    def __rmatmul__(self, other: Rows) -> Vector: ...
    @overload
    def __rmatmul__(self, other: Foreign) -> Any: ...
    def round(self, decimals: int = ..., out: None = ...) -> Vector: ...
    def clip(self, min: Any = ..., max: Any = ..., out: None = ..., *, lo: Any = ..., hi: Any = ...) -> Vector: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
    sum: VectorSum
    mean: VectorSum
    max: VectorSum
    min: VectorSum
    prod: VectorSum
    std: VectorDeviation
    var: VectorDeviation
    norm: VectorNorm
    logsumexp: VectorNorm

class MatrixTypes(Methods, MatrixMethods):
    def __lt__(self, other: Any) -> Mask: ...
    def __le__(self, other: Any) -> Mask: ...
    def __gt__(self, other: Any) -> Mask: ...
    def __ge__(self, other: Any) -> Mask: ...
    def __eq__(self, other: object) -> Mask: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
    def __ne__(self, other: object) -> Mask: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
    __add__: MatrixOperator
    __radd__: MatrixOperator
    __sub__: MatrixOperator
    __rsub__: MatrixOperator
    __mul__: MatrixOperator
    __rmul__: MatrixOperator
    __truediv__: MatrixOperator
    __rtruediv__: MatrixOperator
    __floordiv__: MatrixOperator
    __rfloordiv__: MatrixOperator
    __mod__: MatrixOperator
    __rmod__: MatrixOperator
    def __pow__(self, exponent: Matrix | Rows | Vector | Scalar | Flat | Foreign) -> Matrix: ...
    def __rpow__(self, base: Rows | Vector | Scalar | Flat | Foreign) -> Matrix: ...
    @overload
    def __matmul__(self, other: Vector | Flat) -> Vector: ...
    @overload
    def __matmul__(self, other: Matrix | Rows) -> Matrix: ...
    @overload
    def __matmul__(self, other: Foreign) -> Any: ...
    @overload
    def __rmatmul__(self, other: Flat) -> Vector: ...
    @overload
    def __rmatmul__(self, other: Rows) -> Matrix: ...
    @overload
    def __rmatmul__(self, other: Foreign) -> Any: ...
    def round(self, decimals: int = ..., out: None = ...) -> Matrix: ...
    def clip(self, min: Any = ..., max: Any = ..., out: None = ..., *, lo: Any = ..., hi: Any = ...) -> Matrix: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
    sum: MatrixSum
    mean: MatrixSum
    max: MatrixSum
    min: MatrixSum
    prod: MatrixSum
    std: MatrixDeviation
    var: MatrixDeviation
    norm: MatrixNorm
    logsumexp: MatrixNorm
