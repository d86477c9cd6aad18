"""Activations as modules, with PyTorch's names.

All take a batch, a Matrix with one row per sample, and return a Matrix; or one sample, a Vector, and return a Vector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, overload

from scalargrad import core
from scalargrad.arrays.arithmetic import elementwise
from scalargrad.arrays.base import Array
from scalargrad.convert import argument, index, short
from scalargrad.errors import ArgumentError, NumberError
from scalargrad.names import refuse
from scalargrad.nn.initialisers import chosen
from scalargrad.nn.layers import array_of
from scalargrad.nn.module import Module
from scalargrad.table.ops import OPCODE

if TYPE_CHECKING:
    from scalargrad.arrays.types import Matrix, Vector
    from scalargrad.functions import Flat, Foreign, Real
    from scalargrad.nn.layers import A, Batch
    from scalargrad.value import Value

_GELU = {"none": OPCODE["gelu"], "tanh": OPCODE["gelu_tanh"]}


def _either(layer: Module, name: str, x: Any, other: str, y: Any, default: Any) -> Any:
    """A setting that has two names. Raises `ArgumentError` if both are given."""
    if x is not None and y is not None:
        raise ArgumentError(f"{type(layer).__name__} got {name} and {other}, which are one setting: give one of them")
    return default if x is y else y if x is None else x


def _setting(x: Any, name: str) -> Any:
    """A number, Value or array as it is. Raises `NumberError` for anything else."""
    if not isinstance(x, (core.Node, Array)):
        argument(x, name)
    return x


class _Elementwise(Module):
    """An activation of each element. Takes arrays, lists and numpy arrays of any shape, Values and floats."""

    _opcode = 0
    _settings: tuple[Any, ...] = ()

    def __init__(self, **unknown: NoReturn) -> None:
        refuse(type(self).__name__, unknown)

    @overload
    def __call__(self, x: A) -> A: ...
    @overload
    def __call__(self, x: Value) -> Value: ...
    @overload
    def __call__(self, x: Real) -> float: ...
    @overload
    def __call__(self, x: Batch | Foreign) -> Matrix: ...
    @overload
    def __call__(self, x: Flat) -> Vector: ...
    def __call__(self, x: Any) -> Any:
        if isinstance(x, (core.Node, float, int)):
            return core.apply(self._opcode, x, *self._settings)
        result = elementwise(self._opcode, x, *self._settings)
        if result is NotImplemented:
            raise NumberError(f"{type(self).__name__} takes numbers and arrays, got {type(x).__name__}")
        return result if result.ndim else result.item()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self._settings))})"

    def _label(self) -> str:
        return repr(self)


class ReLU(_Elementwise):
    """x if it is positive, else 0: `scalargrad.relu` of each element.

    >>> ReLU()([-1.0, 2.0]).data
    [0.0, 2.0]
    """

    _opcode = OPCODE["relu"]


class Tanh(_Elementwise):
    """`scalargrad.tanh` of each element."""

    _opcode = OPCODE["tanh"]


class LogSigmoid(_Elementwise):
    """log(sigmoid(x)): `scalargrad.log_sigmoid` of each element."""

    _opcode = OPCODE["log_sigmoid"]


class Sigmoid(_Elementwise):
    """1 / (1 + exp(-x)): `scalargrad.sigmoid` of each element."""

    _opcode = OPCODE["sigmoid"]


class SiLU(_Elementwise):
    """x * sigmoid(x): `scalargrad.silu` of each element."""

    _opcode = OPCODE["silu"]


class GELU(_Elementwise):
    """x times the normal distribution function: `scalargrad.gelu` of each element, or `scalargrad.gelu_tanh`, which is
    close to it, for ``approximate="tanh"``. Raises `ArgumentError` for other approximations.

    >>> GELU()([-1.0, 2.0]).data, GELU("tanh")
    ([-0.15865525393145705, 1.9544997361036416], GELU(approximate='tanh'))
    """

    def __init__(self, approximate: str = "none") -> None:
        chosen(_GELU, approximate, "approximation of GELU")
        self.approximate = approximate

    @property
    def _opcode(self) -> int:  # type: ignore[override]
        return chosen(_GELU, self.approximate, "approximation of GELU")

    def __repr__(self) -> str:
        return f"GELU(approximate={self.approximate!r})"


class Mish(_Elementwise):
    """x * tanh(softplus(x)): `scalargrad.mish` of each element."""

    _opcode = OPCODE["mish"]


class Softsign(_Elementwise):
    """x / (1 + abs(x)): `scalargrad.softsign` of each element."""

    _opcode = OPCODE["softsign"]


class SELU(_Elementwise):
    """scale * elu(x, alpha) with constants: `scalargrad.selu` of each element."""

    _opcode = OPCODE["selu"]


class Hardtanh(_Elementwise):
    """x kept within min_val and max_val: `scalargrad.hardtanh` of each element. Raises `ArgumentError` unless min_val
    is less than max_val.

    >>> Hardtanh()([-3.0, 0.5]).data, Hardtanh(0.0, 6.0)
    ([-1.0, 0.5], Hardtanh(min_val=0.0, max_val=6.0))
    """

    _opcode = OPCODE["hardtanh"]

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        self.min_val, self.max_val = min_val, max_val
        if not self.min_val < self.max_val:
            raise ArgumentError(f"Hardtanh needs a min_val less than max_val, got {min_val} and {max_val}")

    def __setattr__(self, name: str, x: Any) -> None:
        super().__setattr__(name, argument(x, name) if name in ("min_val", "max_val") else x)

    @property
    def _settings(self) -> tuple[Any, ...]:  # type: ignore[override]
        return (self.min_val, self.max_val)

    def __repr__(self) -> str:
        return f"Hardtanh(min_val={self.min_val}, max_val={self.max_val})"


class Softplus(_Elementwise):
    """log(1 + exp(x)): `scalargrad.softplus` of each element."""

    _opcode = OPCODE["softplus"]


class LeakyReLU(_Elementwise):
    """x if it is positive, else slope * x: `scalargrad.leaky_relu` of each element.

    The slope is 0.01 by default; it may be a Value, which is then a parameter. PyTorch's name of it, `negative_slope`,
    is known too. Raises `ArgumentError` for both, `NumberError` for what is no number.

    >>> LeakyReLU(0.5)([-1.0, 2.0]).data, LeakyReLU(negative_slope=0.2)
    ([-0.5, 2.0], LeakyReLU(0.2))
    """

    _opcode = OPCODE["leaky_relu"]

    def __init__(self, slope: Any = None, *, negative_slope: Any = None, **unknown: NoReturn) -> None:
        refuse(type(self).__name__, unknown)
        self.slope = _setting(_either(self, "slope", slope, "negative_slope", negative_slope, 0.01), "slope")

    @property
    def _settings(self) -> tuple[Any, ...]:  # type: ignore[override]
        return (self.slope,)


class ELU(_Elementwise):
    """x if it is positive, else alpha * (exp(x) - 1): `scalargrad.elu` of each element.

    Alpha may be a Value, which is then a parameter. Raises `NumberError` for what is no number.
    """

    _opcode = OPCODE["elu"]

    def __init__(self, alpha: Any = 1.0, **unknown: NoReturn) -> None:
        refuse(type(self).__name__, unknown)
        self.alpha = _setting(alpha, "alpha")

    @property
    def _settings(self) -> tuple[Any, ...]:  # type: ignore[override]
        return (self.alpha,)


class Softmax(Module):
    """exp(x) / sum(exp(x)) of each row (axis -1, the default) or column (axis 0).

    PyTorch's name of the axis, `dim`, is known too. Raises `ArgumentError` for both, and for what is no axis.

    >>> Softmax()([[0.0, 0.0]]).data, Softmax(dim=0)
    ([[0.5, 0.5]], Softmax(axis=0))
    """

    def __init__(self, axis: int | None = None, *, dim: int | None = None, **unknown: NoReturn) -> None:
        name = type(self).__name__
        refuse(name, unknown)
        self.axis: int = _either(self, "axis", axis, "dim", dim, -1)
        if index(self.axis) is None:
            raise ArgumentError(f"the axis of a {name} must be an int, got {short(self.axis)}")

    @overload
    def __call__(self, x: A) -> A: ...
    @overload
    def __call__(self, x: Batch | Foreign) -> Matrix: ...
    @overload
    def __call__(self, x: Flat) -> Vector: ...
    def __call__(self, x: Any) -> Any:
        return self._of(array_of(x, type(self).__name__))

    def _of(self, x: Any) -> Any:
        return x.softmax(self.axis)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(axis={self.axis})"


class LogSoftmax(Softmax):
    """x - logsumexp(x) of each row (axis -1, the default) or column (axis 0, or `dim`); see `Softmax`.

    It is accurate even if the softmax rounds to 1.
    """

    def _of(self, x: Any) -> Any:
        return x.log_softmax(self.axis)
