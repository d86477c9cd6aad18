"""Normalisation of each row: LayerNorm and RMSNorm."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from scalargrad.arrays.types import Matrix, Vector
from scalargrad.convert import argument, flag, in_order, short
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.nn.initialisers import size
from scalargrad.nn.layers import array_of
from scalargrad.nn.module import Weighted

if TYPE_CHECKING:
    from scalargrad.arrays.base import Array
    from scalargrad.functions import Flat, Foreign
    from scalargrad.nn.layers import Batch

    A = TypeVar("A", bound=Array)


class _Norm(Weighted):
    """A layer that normalises each row, and multiplies it by a weight per column."""

    normalized_shape: tuple[int, ...]
    eps: float | None
    elementwise_affine: bool
    weight: Vector | None

    _weights = {"weight": Vector, "bias": Vector}  # noqa: RUF012
    _may_lack = ("weight", "bias")

    def __init__(self, normalized_shape: int | Sequence[int], eps: float | None, elementwise_affine: bool) -> None:
        self.normalized_shape = _lengths(normalized_shape)
        self.eps = eps
        self.elementwise_affine = flag(elementwise_affine, "elementwise_affine")
        self.weight = Vector([1.0] * self.normalized_shape[0]) if self.elementwise_affine else None

    def __setattr__(self, name: str, x: Any) -> None:
        """Raises `ArgumentError` for a negative eps."""
        if name == "eps" and not (x is None and "eps" in self._may_lack):
            x = argument(x, "eps")
            if not x >= 0.0:
                raise ArgumentError(f"eps must be at least 0, got {x}")
        super().__setattr__(name, x)

    @overload
    def __call__(self, x: A) -> A: ...
    @overload
    def __call__(self, x: Batch | Foreign) -> Matrix: ...
    @overload
    def __call__(self, x: Flat) -> Vector: ...
    def __call__(self, x: Any) -> Any:
        name, wanted = type(self).__name__, self.normalized_shape[0]
        x = array_of(x, name)
        if x.shape[-1] != wanted:
            raise ShapeError(
                f"this {name} normalises rows of {wanted} number{'s' * (wanted != 1)}; the input has shape {x.shape}"
            )
        return self._of(x)

    def _of(self, x: Any) -> Any:
        raise NotImplementedError

    def _settings(self) -> str:
        return "" if self.elementwise_affine else ", elementwise_affine=False"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.normalized_shape[0]}{self._settings()})"


class LayerNorm(_Norm):
    """(x - mean(x)) / sqrt(var(x) + eps) * weight + bias, of each row.

    The variance is the mean of the squares of x - mean(x). `normalized_shape` is the length of a row. The weight, ones
    at first, and the bias, zeros at first, are Vectors of that length; both are None if not `elementwise_affine`, and
    the bias without `bias`. A batch (n, d) gives a Matrix of that shape, a vector (d,) a Vector. Raises `ShapeError` if
    the input does not fit, `ArgumentError` for other arguments. Source: PyTorch's LayerNorm.

    >>> norm = LayerNorm(2, eps=0.0)
    >>> norm([[1.0, 3.0], [8.0, 4.0]]).data, len(norm.parameters())
    ([[-1.0, 1.0], [1.0, -1.0]], 4)
    """

    bias: Vector | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__(normalized_shape, eps, elementwise_affine)
        has_bias = flag(bias, "bias") and self.elementwise_affine
        self.bias = Vector([0.0] * self.normalized_shape[0]) if has_bias else None

    def _of(self, x: Any) -> Any:
        centred = x - x.mean(axis=-1, keepdims=True)
        y = centred / ((centred**2).mean(axis=-1, keepdims=True) + self.eps).sqrt()
        if self.weight is not None:
            y = y * self.weight
        return y if self.bias is None else y + self.bias

    def _settings(self) -> str:
        eps = "" if self.eps == 1e-5 else f", eps={self.eps}"
        no_bias = ", bias=False" if self.elementwise_affine and self.bias is None else ""
        return eps + super()._settings() + no_bias


class RMSNorm(_Norm):
    """x / sqrt(mean(x²) + eps) * weight, of each row.

    `normalized_shape` is the length of a row. The weight, ones at first, is a Vector of that length, or None if not
    `elementwise_affine`. An eps of None is the spacing of doubles at 1, about 2.2e-16. A batch (n, d) gives a Matrix of
    that shape, a vector (d,) a Vector. Raises `ShapeError` if the input does not fit, `ArgumentError` for other
    arguments. Source: PyTorch's RMSNorm.

    >>> norm = RMSNorm(2, eps=0.0)
    >>> norm([1.0, 7.0]).data, norm.weight.shape
    ([0.2, 1.4], (2,))
    """

    _may_lack = ("weight", "eps")

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float | None = None, elementwise_affine: bool = True
    ) -> None:
        super().__init__(normalized_shape, eps, elementwise_affine)

    def _of(self, x: Any) -> Any:
        eps = sys.float_info.epsilon if self.eps is None else self.eps
        y = x / ((x**2).mean(axis=-1, keepdims=True) + eps).sqrt()
        return y if self.weight is None else y * self.weight

    def _settings(self) -> str:
        return ("" if self.eps is None else f", eps={self.eps}") + super()._settings()


def _lengths(given: Any) -> tuple[int]:
    """The length of a row, in a tuple, as PyTorch has it. Raises `ArgumentError` for several lengths."""
    lengths = [given] if isinstance(given, (str, bytes)) else in_order(given, "normalized_shape") or [given]
    if len(lengths) != 1:
        raise ArgumentError(
            f"normalized_shape must be one length, since each row is normalised, got {short(given)}: for all elements"
            " of a matrix together, write norm(x.reshape(1, -1)).reshape(x.shape)"
        )
    return (size(lengths[0], "normalized_shape", 1),)
