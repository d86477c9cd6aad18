# Written by docs/generate.py from scalargrad/table/ops.py: the types of the functions, and of the methods of the same
# names. Each returns a Value, Vector or Matrix if an operand is one, else a float.

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol, TypeAlias, overload

from scalargrad.arrays import Matrix, Vector
from scalargrad.value import Value

class Foreign(Protocol):  # an array of numpy's; its type does not tell how many dimensions it has
    @property
    def dtype(self) -> Any: ...
    def __len__(self) -> int: ...
    def __getitem__(self, key: Any, /) -> Any: ...

class _Number(Protocol):  # a scalar of numpy's
    @property
    def dtype(self) -> Any: ...
    def is_integer(self) -> bool: ...

Real: TypeAlias = float | Fraction | Decimal | _Number
Scalar: TypeAlias = Value | Real
Flat: TypeAlias = Sequence[Scalar]
Rows: TypeAlias = Sequence[Sequence[Scalar]]
_BeforeVector: TypeAlias = Scalar | Flat | Foreign
_UpToVector: TypeAlias = Vector | _BeforeVector
_BeforeMatrix: TypeAlias = _UpToVector | Rows
_UpToMatrix: TypeAlias = Matrix | _BeforeMatrix

@overload
def square(x: Value, /) -> Value:
    """x * x."""
@overload
def square(x: Real, /) -> float: ...
@overload
def square(x: Vector, /) -> Vector: ...
@overload
def square(x: Matrix, /) -> Matrix: ...

@overload
def pow(x: Value, y: Scalar, /) -> Value:
    """x to the power y, never complex: nan for a negative base and a fraction."""
@overload
def pow(x: Real, y: Value, /) -> Value: ...
@overload
def pow(x: Real, y: Real, /) -> float: ...
@overload
def pow(x: Vector, y: _UpToVector, /) -> Vector: ...
@overload
def pow(x: _BeforeVector, y: Vector, /) -> Vector: ...
@overload
def pow(x: Matrix, y: _UpToMatrix, /) -> Matrix: ...
@overload
def pow(x: _BeforeMatrix, y: Matrix, /) -> Matrix: ...
@overload
def pow(x: Vector, y: Rows, /) -> Matrix: ...
@overload
def pow(x: Rows, y: Vector, /) -> Matrix: ...

@overload
def remainder(x: Value, y: Scalar, /) -> Value:
    """The remainder of x / y with the sign of y, Python's %."""
@overload
def remainder(x: Real, y: Value, /) -> Value: ...
@overload
def remainder(x: Real, y: Real, /) -> float: ...
@overload
def remainder(x: Vector, y: _UpToVector, /) -> Vector: ...
@overload
def remainder(x: _BeforeVector, y: Vector, /) -> Vector: ...
@overload
def remainder(x: Matrix, y: _UpToMatrix, /) -> Matrix: ...
@overload
def remainder(x: _BeforeMatrix, y: Matrix, /) -> Matrix: ...
@overload
def remainder(x: Vector, y: Rows, /) -> Matrix: ...
@overload
def remainder(x: Rows, y: Vector, /) -> Matrix: ...

@overload
def fmod(x: Value, y: Scalar, /) -> Value:
    """The remainder of x / y with the sign of x, as in C."""
@overload
def fmod(x: Real, y: Value, /) -> Value: ...
@overload
def fmod(x: Real, y: Real, /) -> float: ...
@overload
def fmod(x: Vector, y: _UpToVector, /) -> Vector: ...
@overload
def fmod(x: _BeforeVector, y: Vector, /) -> Vector: ...
@overload
def fmod(x: Matrix, y: _UpToMatrix, /) -> Matrix: ...
@overload
def fmod(x: _BeforeMatrix, y: Matrix, /) -> Matrix: ...
@overload
def fmod(x: Vector, y: Rows, /) -> Matrix: ...
@overload
def fmod(x: Rows, y: Vector, /) -> Matrix: ...

@overload
def sqrt(x: Value, /) -> Value:
    """The square root; nan below 0."""
@overload
def sqrt(x: Real, /) -> float: ...
@overload
def sqrt(x: Vector, /) -> Vector: ...
@overload
def sqrt(x: Matrix, /) -> Matrix: ...

@overload
def cbrt(x: Value, /) -> Value:
    """The real cube root."""
@overload
def cbrt(x: Real, /) -> float: ...
@overload
def cbrt(x: Vector, /) -> Vector: ...
@overload
def cbrt(x: Matrix, /) -> Matrix: ...

@overload
def exp(x: Value, /) -> Value:
    """e to the power x."""
@overload
def exp(x: Real, /) -> float: ...
@overload
def exp(x: Vector, /) -> Vector: ...
@overload
def exp(x: Matrix, /) -> Matrix: ...

@overload
def exp2(x: Value, /) -> Value:
    """2 to the power x."""
@overload
def exp2(x: Real, /) -> float: ...
@overload
def exp2(x: Vector, /) -> Vector: ...
@overload
def exp2(x: Matrix, /) -> Matrix: ...

@overload
def expm1(x: Value, /) -> Value:
    """exp(x) - 1, accurate near 0."""
@overload
def expm1(x: Real, /) -> float: ...
@overload
def expm1(x: Vector, /) -> Vector: ...
@overload
def expm1(x: Matrix, /) -> Matrix: ...

@overload
def log(x: Value, /) -> Value:
    """The natural logarithm; -inf at 0, nan below."""
@overload
def log(x: Real, /) -> float: ...
@overload
def log(x: Vector, /) -> Vector: ...
@overload
def log(x: Matrix, /) -> Matrix: ...

@overload
def log1p(x: Value, /) -> Value:
    """log(1 + x), accurate near 0."""
@overload
def log1p(x: Real, /) -> float: ...
@overload
def log1p(x: Vector, /) -> Vector: ...
@overload
def log1p(x: Matrix, /) -> Matrix: ...

@overload
def log2(x: Value, /) -> Value:
    """The logarithm to base 2."""
@overload
def log2(x: Real, /) -> float: ...
@overload
def log2(x: Vector, /) -> Vector: ...
@overload
def log2(x: Matrix, /) -> Matrix: ...

@overload
def log10(x: Value, /) -> Value:
    """The logarithm to base 10."""
@overload
def log10(x: Real, /) -> float: ...
@overload
def log10(x: Vector, /) -> Vector: ...
@overload
def log10(x: Matrix, /) -> Matrix: ...

@overload
def sin(x: Value, /) -> Value:
    """The sine of x radians."""
@overload
def sin(x: Real, /) -> float: ...
@overload
def sin(x: Vector, /) -> Vector: ...
@overload
def sin(x: Matrix, /) -> Matrix: ...

@overload
def cos(x: Value, /) -> Value:
    """The cosine of x radians."""
@overload
def cos(x: Real, /) -> float: ...
@overload
def cos(x: Vector, /) -> Vector: ...
@overload
def cos(x: Matrix, /) -> Matrix: ...

@overload
def tan(x: Value, /) -> Value:
    """The tangent of x radians."""
@overload
def tan(x: Real, /) -> float: ...
@overload
def tan(x: Vector, /) -> Vector: ...
@overload
def tan(x: Matrix, /) -> Matrix: ...

@overload
def asin(x: Value, /) -> Value:
    """The inverse sine, in radians; nan outside [-1, 1]."""
@overload
def asin(x: Real, /) -> float: ...
@overload
def asin(x: Vector, /) -> Vector: ...
@overload
def asin(x: Matrix, /) -> Matrix: ...

@overload
def acos(x: Value, /) -> Value:
    """The inverse cosine, in radians; nan outside [-1, 1]."""
@overload
def acos(x: Real, /) -> float: ...
@overload
def acos(x: Vector, /) -> Vector: ...
@overload
def acos(x: Matrix, /) -> Matrix: ...

@overload
def atan(x: Value, /) -> Value:
    """The inverse tangent, in radians."""
@overload
def atan(x: Real, /) -> float: ...
@overload
def atan(x: Vector, /) -> Vector: ...
@overload
def atan(x: Matrix, /) -> Matrix: ...

@overload
def atan2(y: Value, x: Scalar, /) -> Value:
    """The angle of the point (x, y) in radians, from -pi to pi; y comes first."""
@overload
def atan2(y: Real, x: Value, /) -> Value: ...
@overload
def atan2(y: Real, x: Real, /) -> float: ...
@overload
def atan2(y: Vector, x: _UpToVector, /) -> Vector: ...
@overload
def atan2(y: _BeforeVector, x: Vector, /) -> Vector: ...
@overload
def atan2(y: Matrix, x: _UpToMatrix, /) -> Matrix: ...
@overload
def atan2(y: _BeforeMatrix, x: Matrix, /) -> Matrix: ...
@overload
def atan2(y: Vector, x: Rows, /) -> Matrix: ...
@overload
def atan2(y: Rows, x: Vector, /) -> Matrix: ...

@overload
def sinh(x: Value, /) -> Value:
    """The hyperbolic sine."""
@overload
def sinh(x: Real, /) -> float: ...
@overload
def sinh(x: Vector, /) -> Vector: ...
@overload
def sinh(x: Matrix, /) -> Matrix: ...

@overload
def cosh(x: Value, /) -> Value:
    """The hyperbolic cosine."""
@overload
def cosh(x: Real, /) -> float: ...
@overload
def cosh(x: Vector, /) -> Vector: ...
@overload
def cosh(x: Matrix, /) -> Matrix: ...

@overload
def tanh(x: Value, /) -> Value:
    """The hyperbolic tangent; its derivative keeps its digits far out."""
@overload
def tanh(x: Real, /) -> float: ...
@overload
def tanh(x: Vector, /) -> Vector: ...
@overload
def tanh(x: Matrix, /) -> Matrix: ...

@overload
def asinh(x: Value, /) -> Value:
    """The inverse hyperbolic sine."""
@overload
def asinh(x: Real, /) -> float: ...
@overload
def asinh(x: Vector, /) -> Vector: ...
@overload
def asinh(x: Matrix, /) -> Matrix: ...

@overload
def acosh(x: Value, /) -> Value:
    """The inverse hyperbolic cosine; nan below 1."""
@overload
def acosh(x: Real, /) -> float: ...
@overload
def acosh(x: Vector, /) -> Vector: ...
@overload
def acosh(x: Matrix, /) -> Matrix: ...

@overload
def atanh(x: Value, /) -> Value:
    """The inverse hyperbolic tangent; nan outside [-1, 1]."""
@overload
def atanh(x: Real, /) -> float: ...
@overload
def atanh(x: Vector, /) -> Vector: ...
@overload
def atanh(x: Matrix, /) -> Matrix: ...

@overload
def erf(x: Value, /) -> Value:
    """The error function."""
@overload
def erf(x: Real, /) -> float: ...
@overload
def erf(x: Vector, /) -> Vector: ...
@overload
def erf(x: Matrix, /) -> Matrix: ...

@overload
def erfc(x: Value, /) -> Value:
    """1 - erf(x), accurate for large x."""
@overload
def erfc(x: Real, /) -> float: ...
@overload
def erfc(x: Vector, /) -> Vector: ...
@overload
def erfc(x: Matrix, /) -> Matrix: ...

@overload
def sigmoid(x: Value, /) -> Value:
    """1 / (1 + exp(-x)), accurate over the whole range."""
@overload
def sigmoid(x: Real, /) -> float: ...
@overload
def sigmoid(x: Vector, /) -> Vector: ...
@overload
def sigmoid(x: Matrix, /) -> Matrix: ...

@overload
def log_sigmoid(x: Value, /) -> Value:
    """log(sigmoid(x)), finite for every finite x."""
@overload
def log_sigmoid(x: Real, /) -> float: ...
@overload
def log_sigmoid(x: Vector, /) -> Vector: ...
@overload
def log_sigmoid(x: Matrix, /) -> Matrix: ...

@overload
def softplus(x: Value, /) -> Value:
    """log(1 + exp(x)), without overflow."""
@overload
def softplus(x: Real, /) -> float: ...
@overload
def softplus(x: Vector, /) -> Vector: ...
@overload
def softplus(x: Matrix, /) -> Matrix: ...

@overload
def relu(x: Value, /) -> Value:
    """x, or 0 where x < 0."""
@overload
def relu(x: Real, /) -> float: ...
@overload
def relu(x: Vector, /) -> Vector: ...
@overload
def relu(x: Matrix, /) -> Matrix: ...

@overload
def leaky_relu(x: Value, slope: Scalar = ...) -> Value:
    """x where x > 0, else slope * x."""
@overload
def leaky_relu(x: Real, slope: Value) -> Value: ...
@overload
def leaky_relu(x: Real, slope: Real = ...) -> float: ...
@overload
def leaky_relu(x: Vector, slope: _UpToVector = ...) -> Vector: ...
@overload
def leaky_relu(x: _BeforeVector, slope: Vector) -> Vector: ...
@overload
def leaky_relu(x: Matrix, slope: _UpToMatrix = ...) -> Matrix: ...
@overload
def leaky_relu(x: _BeforeMatrix, slope: Matrix) -> Matrix: ...
@overload
def leaky_relu(x: Vector, slope: Rows) -> Matrix: ...
@overload
def leaky_relu(x: Rows, slope: Vector) -> Matrix: ...

@overload
def elu(x: Value, alpha: Scalar = ...) -> Value:
    """x where x > 0, else alpha * expm1(x)."""
@overload
def elu(x: Real, alpha: Value) -> Value: ...
@overload
def elu(x: Real, alpha: Real = ...) -> float: ...
@overload
def elu(x: Vector, alpha: _UpToVector = ...) -> Vector: ...
@overload
def elu(x: _BeforeVector, alpha: Vector) -> Vector: ...
@overload
def elu(x: Matrix, alpha: _UpToMatrix = ...) -> Matrix: ...
@overload
def elu(x: _BeforeMatrix, alpha: Matrix) -> Matrix: ...
@overload
def elu(x: Vector, alpha: Rows) -> Matrix: ...
@overload
def elu(x: Rows, alpha: Vector) -> Matrix: ...

@overload
def silu(x: Value, /) -> Value:
    """x * sigmoid(x)."""
@overload
def silu(x: Real, /) -> float: ...
@overload
def silu(x: Vector, /) -> Vector: ...
@overload
def silu(x: Matrix, /) -> Matrix: ...

@overload
def abs(x: Value, /) -> Value:
    """The absolute value."""
@overload
def abs(x: Real, /) -> float: ...
@overload
def abs(x: Vector, /) -> Vector: ...
@overload
def abs(x: Matrix, /) -> Matrix: ...

@overload
def sign(x: Value, /) -> Value:
    """-1, 0 or 1."""
@overload
def sign(x: Real, /) -> float: ...
@overload
def sign(x: Vector, /) -> Vector: ...
@overload
def sign(x: Matrix, /) -> Matrix: ...

@overload
def floor(x: Value, /) -> Value:
    """The largest integer that is not above x."""
@overload
def floor(x: Real, /) -> float: ...
@overload
def floor(x: Vector, /) -> Vector: ...
@overload
def floor(x: Matrix, /) -> Matrix: ...

@overload
def ceil(x: Value, /) -> Value:
    """The smallest integer that is not below x."""
@overload
def ceil(x: Real, /) -> float: ...
@overload
def ceil(x: Vector, /) -> Vector: ...
@overload
def ceil(x: Matrix, /) -> Matrix: ...

@overload
def trunc(x: Value, /) -> Value:
    """x without its fraction."""
@overload
def trunc(x: Real, /) -> float: ...
@overload
def trunc(x: Vector, /) -> Vector: ...
@overload
def trunc(x: Matrix, /) -> Matrix: ...

@overload
def round(x: Value, /) -> Value:
    """The nearest integer."""
@overload
def round(x: Real, /) -> float: ...
@overload
def round(x: Vector, /) -> Vector: ...
@overload
def round(x: Matrix, /) -> Matrix: ...

@overload
def copysign(x: Value, y: Scalar, /) -> Value:
    """|x| with the sign of y."""
@overload
def copysign(x: Real, y: Value, /) -> Value: ...
@overload
def copysign(x: Real, y: Real, /) -> float: ...
@overload
def copysign(x: Vector, y: _UpToVector, /) -> Vector: ...
@overload
def copysign(x: _BeforeVector, y: Vector, /) -> Vector: ...
@overload
def copysign(x: Matrix, y: _UpToMatrix, /) -> Matrix: ...
@overload
def copysign(x: _BeforeMatrix, y: Matrix, /) -> Matrix: ...
@overload
def copysign(x: Vector, y: Rows, /) -> Matrix: ...
@overload
def copysign(x: Rows, y: Vector, /) -> Matrix: ...

@overload
def maximum(x: Value, y: Scalar, /) -> Value:
    """The larger of two; nan if either is."""
@overload
def maximum(x: Real, y: Value, /) -> Value: ...
@overload
def maximum(x: Real, y: Real, /) -> float: ...
@overload
def maximum(x: Vector, y: _UpToVector, /) -> Vector: ...
@overload
def maximum(x: _BeforeVector, y: Vector, /) -> Vector: ...
@overload
def maximum(x: Matrix, y: _UpToMatrix, /) -> Matrix: ...
@overload
def maximum(x: _BeforeMatrix, y: Matrix, /) -> Matrix: ...
@overload
def maximum(x: Vector, y: Rows, /) -> Matrix: ...
@overload
def maximum(x: Rows, y: Vector, /) -> Matrix: ...

@overload
def minimum(x: Value, y: Scalar, /) -> Value:
    """The smaller of two; nan if either is."""
@overload
def minimum(x: Real, y: Value, /) -> Value: ...
@overload
def minimum(x: Real, y: Real, /) -> float: ...
@overload
def minimum(x: Vector, y: _UpToVector, /) -> Vector: ...
@overload
def minimum(x: _BeforeVector, y: Vector, /) -> Vector: ...
@overload
def minimum(x: Matrix, y: _UpToMatrix, /) -> Matrix: ...
@overload
def minimum(x: _BeforeMatrix, y: Matrix, /) -> Matrix: ...
@overload
def minimum(x: Vector, y: Rows, /) -> Matrix: ...
@overload
def minimum(x: Rows, y: Vector, /) -> Matrix: ...

@overload
def clip(x: Value, lo: Scalar, hi: Scalar) -> Value:
    """x kept within lo and hi; hi where lo > hi, as in numpy."""
@overload
def clip(x: Real, lo: Value, hi: Scalar) -> Value: ...
@overload
def clip(x: Real, lo: Real, hi: Value) -> Value: ...
@overload
def clip(x: Real, lo: Real, hi: Real) -> float: ...
@overload
def clip(x: Vector, lo: _UpToVector, hi: _UpToVector) -> Vector: ...
@overload
def clip(x: _BeforeVector, lo: Vector, hi: _UpToVector) -> Vector: ...
@overload
def clip(x: _BeforeVector, lo: _BeforeVector, hi: Vector) -> Vector: ...
@overload
def clip(x: Matrix, lo: _UpToMatrix, hi: _UpToMatrix) -> Matrix: ...
@overload
def clip(x: _BeforeMatrix, lo: Matrix, hi: _UpToMatrix) -> Matrix: ...
@overload
def clip(x: _BeforeMatrix, lo: _BeforeMatrix, hi: Matrix) -> Matrix: ...

@overload
def where(condition: Value, x: Scalar, y: Scalar) -> Value:
    """x where the condition holds (is not 0), else y; both are computed before the choice."""
@overload
def where(condition: Real, x: Value, y: Scalar) -> Value: ...
@overload
def where(condition: Real, x: Real, y: Value) -> Value: ...
@overload
def where(condition: Real, x: Real, y: Real) -> float: ...
@overload
def where(condition: Vector, x: _UpToVector, y: _UpToVector) -> Vector: ...
@overload
def where(condition: _BeforeVector, x: Vector, y: _UpToVector) -> Vector: ...
@overload
def where(condition: _BeforeVector, x: _BeforeVector, y: Vector) -> Vector: ...
@overload
def where(condition: Matrix, x: _UpToMatrix, y: _UpToMatrix) -> Matrix: ...
@overload
def where(condition: _BeforeMatrix, x: Matrix, y: _UpToMatrix) -> Matrix: ...
@overload
def where(condition: _BeforeMatrix, x: _BeforeMatrix, y: Matrix) -> Matrix: ...

@overload
def hypot(x: Value, y: Scalar, /) -> Value:
    """sqrt(x*x + y*y) without overflow."""
@overload
def hypot(x: Real, y: Value, /) -> Value: ...
@overload
def hypot(x: Real, y: Real, /) -> float: ...
@overload
def hypot(x: Vector, y: _UpToVector, /) -> Vector: ...
@overload
def hypot(x: _BeforeVector, y: Vector, /) -> Vector: ...
@overload
def hypot(x: Matrix, y: _UpToMatrix, /) -> Matrix: ...
@overload
def hypot(x: _BeforeMatrix, y: Matrix, /) -> Matrix: ...
@overload
def hypot(x: Vector, y: Rows, /) -> Matrix: ...
@overload
def hypot(x: Rows, y: Vector, /) -> Matrix: ...

@overload
def logaddexp(x: Value, y: Scalar, /) -> Value:
    """log(exp(x) + exp(y)) without overflow."""
@overload
def logaddexp(x: Real, y: Value, /) -> Value: ...
@overload
def logaddexp(x: Real, y: Real, /) -> float: ...
@overload
def logaddexp(x: Vector, y: _UpToVector, /) -> Vector: ...
@overload
def logaddexp(x: _BeforeVector, y: Vector, /) -> Vector: ...
@overload
def logaddexp(x: Matrix, y: _UpToMatrix, /) -> Matrix: ...
@overload
def logaddexp(x: _BeforeMatrix, y: Matrix, /) -> Matrix: ...
@overload
def logaddexp(x: Vector, y: Rows, /) -> Matrix: ...
@overload
def logaddexp(x: Rows, y: Vector, /) -> Matrix: ...

class ValueMethods:
    def square(self) -> Value:
        """x * x."""
    @overload
    def pow(self, other: Scalar) -> Value:
        """x to the power y, never complex: nan for a negative base and a fraction."""
    @overload
    def pow(self, other: Vector) -> Vector: ...
    @overload
    def pow(self, other: Matrix) -> Matrix: ...
    @overload
    def remainder(self, other: Scalar) -> Value:
        """The remainder of x / y with the sign of y, Python's %."""
    @overload
    def remainder(self, other: Vector) -> Vector: ...
    @overload
    def remainder(self, other: Matrix) -> Matrix: ...
    @overload
    def fmod(self, other: Scalar) -> Value:
        """The remainder of x / y with the sign of x, as in C."""
    @overload
    def fmod(self, other: Vector) -> Vector: ...
    @overload
    def fmod(self, other: Matrix) -> Matrix: ...
    def sqrt(self) -> Value:
        """The square root; nan below 0."""
    def cbrt(self) -> Value:
        """The real cube root."""
    def exp(self) -> Value:
        """e to the power x."""
    def exp2(self) -> Value:
        """2 to the power x."""
    def expm1(self) -> Value:
        """exp(x) - 1, accurate near 0."""
    def log(self) -> Value:
        """The natural logarithm; -inf at 0, nan below."""
    def log1p(self) -> Value:
        """log(1 + x), accurate near 0."""
    def log2(self) -> Value:
        """The logarithm to base 2."""
    def log10(self) -> Value:
        """The logarithm to base 10."""
    def sin(self) -> Value:
        """The sine of x radians."""
    def cos(self) -> Value:
        """The cosine of x radians."""
    def tan(self) -> Value:
        """The tangent of x radians."""
    def asin(self) -> Value:
        """The inverse sine, in radians; nan outside [-1, 1]."""
    def acos(self) -> Value:
        """The inverse cosine, in radians; nan outside [-1, 1]."""
    def atan(self) -> Value:
        """The inverse tangent, in radians."""
    @overload
    def atan2(self, other: Scalar) -> Value:
        """The angle of the point (x, y) in radians, from -pi to pi; y comes first."""
    @overload
    def atan2(self, other: Vector) -> Vector: ...
    @overload
    def atan2(self, other: Matrix) -> Matrix: ...
    def sinh(self) -> Value:
        """The hyperbolic sine."""
    def cosh(self) -> Value:
        """The hyperbolic cosine."""
    def tanh(self) -> Value:
        """The hyperbolic tangent; its derivative keeps its digits far out."""
    def asinh(self) -> Value:
        """The inverse hyperbolic sine."""
    def acosh(self) -> Value:
        """The inverse hyperbolic cosine; nan below 1."""
    def atanh(self) -> Value:
        """The inverse hyperbolic tangent; nan outside [-1, 1]."""
    def erf(self) -> Value:
        """The error function."""
    def erfc(self) -> Value:
        """1 - erf(x), accurate for large x."""
    def sigmoid(self) -> Value:
        """1 / (1 + exp(-x)), accurate over the whole range."""
    def log_sigmoid(self) -> Value:
        """log(sigmoid(x)), finite for every finite x."""
    def softplus(self) -> Value:
        """log(1 + exp(x)), without overflow."""
    def relu(self) -> Value:
        """x, or 0 where x < 0."""
    @overload
    def leaky_relu(self, slope: Scalar = ...) -> Value:
        """x where x > 0, else slope * x."""
    @overload
    def leaky_relu(self, slope: Vector) -> Vector: ...
    @overload
    def leaky_relu(self, slope: Matrix) -> Matrix: ...
    @overload
    def elu(self, alpha: Scalar = ...) -> Value:
        """x where x > 0, else alpha * expm1(x)."""
    @overload
    def elu(self, alpha: Vector) -> Vector: ...
    @overload
    def elu(self, alpha: Matrix) -> Matrix: ...
    def silu(self) -> Value:
        """x * sigmoid(x)."""
    def abs(self) -> Value:
        """The absolute value."""
    def sign(self) -> Value:
        """-1, 0 or 1."""
    def floor(self) -> Value:
        """The largest integer that is not above x."""
    def ceil(self) -> Value:
        """The smallest integer that is not below x."""
    def trunc(self) -> Value:
        """x without its fraction."""
    def round(self) -> Value:
        """The nearest integer."""
    @overload
    def copysign(self, other: Scalar) -> Value:
        """|x| with the sign of y."""
    @overload
    def copysign(self, other: Vector) -> Vector: ...
    @overload
    def copysign(self, other: Matrix) -> Matrix: ...
    @overload
    def maximum(self, other: Scalar) -> Value:
        """The larger of two; nan if either is."""
    @overload
    def maximum(self, other: Vector) -> Vector: ...
    @overload
    def maximum(self, other: Matrix) -> Matrix: ...
    @overload
    def minimum(self, other: Scalar) -> Value:
        """The smaller of two; nan if either is."""
    @overload
    def minimum(self, other: Vector) -> Vector: ...
    @overload
    def minimum(self, other: Matrix) -> Matrix: ...
    @overload
    def clip(self, lo: Scalar, hi: Scalar) -> Value:
        """x kept within lo and hi; hi where lo > hi, as in numpy."""
    @overload
    def clip(self, lo: Vector, hi: _UpToVector) -> Vector: ...
    @overload
    def clip(self, lo: _BeforeVector, hi: Vector) -> Vector: ...
    @overload
    def clip(self, lo: Matrix, hi: _UpToMatrix) -> Matrix: ...
    @overload
    def clip(self, lo: _BeforeMatrix, hi: Matrix) -> Matrix: ...
    @overload
    def where(self, x: Scalar, y: Scalar) -> Value:
        """x where the condition holds (is not 0), else y; both are computed before the choice."""
    @overload
    def where(self, x: Vector, y: _UpToVector) -> Vector: ...
    @overload
    def where(self, x: _BeforeVector, y: Vector) -> Vector: ...
    @overload
    def where(self, x: Matrix, y: _UpToMatrix) -> Matrix: ...
    @overload
    def where(self, x: _BeforeMatrix, y: Matrix) -> Matrix: ...
    @overload
    def hypot(self, other: Scalar) -> Value:
        """sqrt(x*x + y*y) without overflow."""
    @overload
    def hypot(self, other: Vector) -> Vector: ...
    @overload
    def hypot(self, other: Matrix) -> Matrix: ...
    @overload
    def logaddexp(self, other: Scalar) -> Value:
        """log(exp(x) + exp(y)) without overflow."""
    @overload
    def logaddexp(self, other: Vector) -> Vector: ...
    @overload
    def logaddexp(self, other: Matrix) -> Matrix: ...
    power = pow
    float_power = pow
    arcsin = asin
    arccos = acos
    arctan = atan
    arctan2 = atan2
    arcsinh = asinh
    arccosh = acosh
    arctanh = atanh
    absolute = abs
    fabs = abs
    rint = round

class VectorMethods:
    def square(self) -> Vector:
        """x * x."""
    @overload
    def pow(self, other: _UpToVector) -> Vector:
        """x to the power y, never complex: nan for a negative base and a fraction."""
    @overload
    def pow(self, other: Matrix) -> Matrix: ...
    @overload
    def pow(self, other: Rows) -> Matrix: ...
    @overload
    def remainder(self, other: _UpToVector) -> Vector:
        """The remainder of x / y with the sign of y, Python's %."""
    @overload
    def remainder(self, other: Matrix) -> Matrix: ...
    @overload
    def remainder(self, other: Rows) -> Matrix: ...
    @overload
    def fmod(self, other: _UpToVector) -> Vector:
        """The remainder of x / y with the sign of x, as in C."""
    @overload
    def fmod(self, other: Matrix) -> Matrix: ...
    @overload
    def fmod(self, other: Rows) -> Matrix: ...
    def sqrt(self) -> Vector:
        """The square root; nan below 0."""
    def cbrt(self) -> Vector:
        """The real cube root."""
    def exp(self) -> Vector:
        """e to the power x."""
    def exp2(self) -> Vector:
        """2 to the power x."""
    def expm1(self) -> Vector:
        """exp(x) - 1, accurate near 0."""
    def log(self) -> Vector:
        """The natural logarithm; -inf at 0, nan below."""
    def log1p(self) -> Vector:
        """log(1 + x), accurate near 0."""
    def log2(self) -> Vector:
        """The logarithm to base 2."""
    def log10(self) -> Vector:
        """The logarithm to base 10."""
    def sin(self) -> Vector:
        """The sine of x radians."""
    def cos(self) -> Vector:
        """The cosine of x radians."""
    def tan(self) -> Vector:
        """The tangent of x radians."""
    def asin(self) -> Vector:
        """The inverse sine, in radians; nan outside [-1, 1]."""
    def acos(self) -> Vector:
        """The inverse cosine, in radians; nan outside [-1, 1]."""
    def atan(self) -> Vector:
        """The inverse tangent, in radians."""
    @overload
    def atan2(self, other: _UpToVector) -> Vector:
        """The angle of the point (x, y) in radians, from -pi to pi; y comes first."""
    @overload
    def atan2(self, other: Matrix) -> Matrix: ...
    @overload
    def atan2(self, other: Rows) -> Matrix: ...
    def sinh(self) -> Vector:
        """The hyperbolic sine."""
    def cosh(self) -> Vector:
        """The hyperbolic cosine."""
    def tanh(self) -> Vector:
        """The hyperbolic tangent; its derivative keeps its digits far out."""
    def asinh(self) -> Vector:
        """The inverse hyperbolic sine."""
    def acosh(self) -> Vector:
        """The inverse hyperbolic cosine; nan below 1."""
    def atanh(self) -> Vector:
        """The inverse hyperbolic tangent; nan outside [-1, 1]."""
    def erf(self) -> Vector:
        """The error function."""
    def erfc(self) -> Vector:
        """1 - erf(x), accurate for large x."""
    def sigmoid(self) -> Vector:
        """1 / (1 + exp(-x)), accurate over the whole range."""
    def log_sigmoid(self) -> Vector:
        """log(sigmoid(x)), finite for every finite x."""
    def softplus(self) -> Vector:
        """log(1 + exp(x)), without overflow."""
    def relu(self) -> Vector:
        """x, or 0 where x < 0."""
    @overload
    def leaky_relu(self, slope: _UpToVector = ...) -> Vector:
        """x where x > 0, else slope * x."""
    @overload
    def leaky_relu(self, slope: Matrix) -> Matrix: ...
    @overload
    def leaky_relu(self, slope: Rows) -> Matrix: ...
    @overload
    def elu(self, alpha: _UpToVector = ...) -> Vector:
        """x where x > 0, else alpha * expm1(x)."""
    @overload
    def elu(self, alpha: Matrix) -> Matrix: ...
    @overload
    def elu(self, alpha: Rows) -> Matrix: ...
    def silu(self) -> Vector:
        """x * sigmoid(x)."""
    def abs(self) -> Vector:
        """The absolute value."""
    def sign(self) -> Vector:
        """-1, 0 or 1."""
    def floor(self) -> Vector:
        """The largest integer that is not above x."""
    def ceil(self) -> Vector:
        """The smallest integer that is not below x."""
    def trunc(self) -> Vector:
        """x without its fraction."""
    def round(self) -> Vector:
        """The nearest integer."""
    @overload
    def copysign(self, other: _UpToVector) -> Vector:
        """|x| with the sign of y."""
    @overload
    def copysign(self, other: Matrix) -> Matrix: ...
    @overload
    def copysign(self, other: Rows) -> Matrix: ...
    @overload
    def maximum(self, other: _UpToVector) -> Vector:
        """The larger of two; nan if either is."""
    @overload
    def maximum(self, other: Matrix) -> Matrix: ...
    @overload
    def maximum(self, other: Rows) -> Matrix: ...
    @overload
    def minimum(self, other: _UpToVector) -> Vector:
        """The smaller of two; nan if either is."""
    @overload
    def minimum(self, other: Matrix) -> Matrix: ...
    @overload
    def minimum(self, other: Rows) -> Matrix: ...
    @overload
    def clip(self, lo: _UpToVector, hi: _UpToVector) -> Vector:
        """x kept within lo and hi; hi where lo > hi, as in numpy."""
    @overload
    def clip(self, lo: Matrix, hi: _UpToMatrix) -> Matrix: ...
    @overload
    def clip(self, lo: _BeforeMatrix, hi: Matrix) -> Matrix: ...
    @overload
    def where(self, x: _UpToVector, y: _UpToVector) -> Vector:
        """x where the condition holds (is not 0), else y; both are computed before the choice."""
    @overload
    def where(self, x: Matrix, y: _UpToMatrix) -> Matrix: ...
    @overload
    def where(self, x: _BeforeMatrix, y: Matrix) -> Matrix: ...
    @overload
    def hypot(self, other: _UpToVector) -> Vector:
        """sqrt(x*x + y*y) without overflow."""
    @overload
    def hypot(self, other: Matrix) -> Matrix: ...
    @overload
    def hypot(self, other: Rows) -> Matrix: ...
    @overload
    def logaddexp(self, other: _UpToVector) -> Vector:
        """log(exp(x) + exp(y)) without overflow."""
    @overload
    def logaddexp(self, other: Matrix) -> Matrix: ...
    @overload
    def logaddexp(self, other: Rows) -> Matrix: ...

class MatrixMethods:
    def square(self) -> Matrix:
        """x * x."""
    def pow(self, other: _UpToMatrix) -> Matrix:
        """x to the power y, never complex: nan for a negative base and a fraction."""
    def remainder(self, other: _UpToMatrix) -> Matrix:
        """The remainder of x / y with the sign of y, Python's %."""
    def fmod(self, other: _UpToMatrix) -> Matrix:
        """The remainder of x / y with the sign of x, as in C."""
    def sqrt(self) -> Matrix:
        """The square root; nan below 0."""
    def cbrt(self) -> Matrix:
        """The real cube root."""
    def exp(self) -> Matrix:
        """e to the power x."""
    def exp2(self) -> Matrix:
        """2 to the power x."""
    def expm1(self) -> Matrix:
        """exp(x) - 1, accurate near 0."""
    def log(self) -> Matrix:
        """The natural logarithm; -inf at 0, nan below."""
    def log1p(self) -> Matrix:
        """log(1 + x), accurate near 0."""
    def log2(self) -> Matrix:
        """The logarithm to base 2."""
    def log10(self) -> Matrix:
        """The logarithm to base 10."""
    def sin(self) -> Matrix:
        """The sine of x radians."""
    def cos(self) -> Matrix:
        """The cosine of x radians."""
    def tan(self) -> Matrix:
        """The tangent of x radians."""
    def asin(self) -> Matrix:
        """The inverse sine, in radians; nan outside [-1, 1]."""
    def acos(self) -> Matrix:
        """The inverse cosine, in radians; nan outside [-1, 1]."""
    def atan(self) -> Matrix:
        """The inverse tangent, in radians."""
    def atan2(self, other: _UpToMatrix) -> Matrix:
        """The angle of the point (x, y) in radians, from -pi to pi; y comes first."""
    def sinh(self) -> Matrix:
        """The hyperbolic sine."""
    def cosh(self) -> Matrix:
        """The hyperbolic cosine."""
    def tanh(self) -> Matrix:
        """The hyperbolic tangent; its derivative keeps its digits far out."""
    def asinh(self) -> Matrix:
        """The inverse hyperbolic sine."""
    def acosh(self) -> Matrix:
        """The inverse hyperbolic cosine; nan below 1."""
    def atanh(self) -> Matrix:
        """The inverse hyperbolic tangent; nan outside [-1, 1]."""
    def erf(self) -> Matrix:
        """The error function."""
    def erfc(self) -> Matrix:
        """1 - erf(x), accurate for large x."""
    def sigmoid(self) -> Matrix:
        """1 / (1 + exp(-x)), accurate over the whole range."""
    def log_sigmoid(self) -> Matrix:
        """log(sigmoid(x)), finite for every finite x."""
    def softplus(self) -> Matrix:
        """log(1 + exp(x)), without overflow."""
    def relu(self) -> Matrix:
        """x, or 0 where x < 0."""
    def leaky_relu(self, slope: _UpToMatrix = ...) -> Matrix:
        """x where x > 0, else slope * x."""
    def elu(self, alpha: _UpToMatrix = ...) -> Matrix:
        """x where x > 0, else alpha * expm1(x)."""
    def silu(self) -> Matrix:
        """x * sigmoid(x)."""
    def abs(self) -> Matrix:
        """The absolute value."""
    def sign(self) -> Matrix:
        """-1, 0 or 1."""
    def floor(self) -> Matrix:
        """The largest integer that is not above x."""
    def ceil(self) -> Matrix:
        """The smallest integer that is not below x."""
    def trunc(self) -> Matrix:
        """x without its fraction."""
    def round(self) -> Matrix:
        """The nearest integer."""
    def copysign(self, other: _UpToMatrix) -> Matrix:
        """|x| with the sign of y."""
    def maximum(self, other: _UpToMatrix) -> Matrix:
        """The larger of two; nan if either is."""
    def minimum(self, other: _UpToMatrix) -> Matrix:
        """The smaller of two; nan if either is."""
    def clip(self, lo: _UpToMatrix, hi: _UpToMatrix) -> Matrix:
        """x kept within lo and hi; hi where lo > hi, as in numpy."""
    def where(self, x: _UpToMatrix, y: _UpToMatrix) -> Matrix:
        """x where the condition holds (is not 0), else y; both are computed before the choice."""
    def hypot(self, other: _UpToMatrix) -> Matrix:
        """sqrt(x*x + y*y) without overflow."""
    def logaddexp(self, other: _UpToMatrix) -> Matrix:
        """log(exp(x) + exp(y)) without overflow."""

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "clip",
    "copysign",
    "cos",
    "cosh",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "fmod",
    "hypot",
    "leaky_relu",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_sigmoid",
    "logaddexp",
    "maximum",
    "minimum",
    "relu",
    "remainder",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "trunc",
    "where",
]
