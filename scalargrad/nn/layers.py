"""Layers with PyTorch's names: Linear and Sequential.

All take a batch, a Matrix with one row per sample, and return a Matrix; or one sample, a Vector, and return a Vector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from scalargrad.arrays.arithmetic import affine, array_or_none
from scalargrad.arrays.base import shown_as
from scalargrad.arrays.types import Matrix, Vector
from scalargrad.convert import flag
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.nn.initialisers import ACTIVATIONS, INITIALISERS, chosen, size
from scalargrad.nn.module import Module, Weighted

if TYPE_CHECKING:
    from typing import TypeAlias

    from scalargrad.arrays.base import Array
    from scalargrad.functions import Flat, Foreign

    A = TypeVar("A", bound=Array)
    Batch: TypeAlias = Sequence[Flat | Vector | Foreign]  # one row per sample


def array_of(x: Any, who: str) -> Any:
    """An input as a Vector or Matrix, in which plain numbers are constants. Raises `ShapeError` for a single number."""
    found = array_or_none(x)
    if found is None or not found.ndim:
        instead = "x.toarray()" if hasattr(x, "toarray") else "a list"  # scipy's sparse matrices have it
        raise ShapeError(f"{who} takes a vector or a batch of vectors, got {type(x).__name__}: pass {instead}")
    return found


class Linear(Weighted):
    """x @ weight.T + bias.

    The weight is a Matrix of shape (out_features, in_features), the bias a Vector of shape (out_features,) or None. For
    a batch (n, in_features) it returns a Matrix (n, out_features), for a vector (in_features,) a Vector
    (out_features,). Each sum begins with the bias and goes from left to right.

    `init` is ``"kaiming_uniform"``, PyTorch's default, where weights and bias are uniform within ±1/√in_features; or
    ``"uniform"``, ``"xavier_uniform"`` or ``"kaiming_normal"``, where the bias is 0. Raises `ArgumentError` for other
    arguments. A call raises `ShapeError` if the input does not fit. Source: PyTorch's Linear.

    >>> layer = Linear(3, 2)
    >>> layer.weight.shape, layer.bias.shape, layer([[1.0, 2.0, 3.0]]).shape, layer([1.0, 2.0, 3.0]).shape
    ((2, 3), (2,), (1, 2), (2,))
    """

    in_features: int
    out_features: int
    weight: Matrix
    bias: Vector | None

    def __init__(self, in_features: int, out_features: int, bias: bool = True, init: str = "kaiming_uniform") -> None:
        self.__dict__.update(
            in_features=size(in_features, "in_features", 1), out_features=size(out_features, "out_features")
        )
        draw, has_bias = chosen(INITIALISERS, init, "initialiser"), flag(bias, "bias")
        draws = [
            [draw(in_features, out_features, ACTIVATIONS["relu"].gain) for _ in range(in_features)]
            for _ in range(out_features)
        ]
        first = (
            [draw(in_features, out_features, 1.0) for _ in draws] if has_bias and init == "kaiming_uniform" else None
        )
        self.__dict__.update(
            weight=Matrix(draws) if draws else Matrix([[0.0] * in_features])[:0],
            bias=Vector(first or [0.0] * out_features) if has_bias else None,
        )

    @overload
    def __call__(self, x: A) -> A: ...
    @overload
    def __call__(self, x: Batch) -> Matrix: ...
    @overload
    def __call__(self, x: Flat) -> Vector: ...
    @overload
    def __call__(self, x: Foreign) -> Any: ...
    def __call__(self, x: Any) -> Any:
        x, weight, bias = array_of(x, "a Linear layer"), self.weight, self.bias
        try:
            return shown_as(affine(x, weight.T, bias), x, x.ndim)
        except ShapeError:
            if x.shape[-1:] != weight.shape[1:]:
                wanted, one = weight.shape[1], x.ndim == 1 and weight.shape[1] == 1
                raise ShapeError(
                    f"this layer has weights of shape {weight.shape}, so it takes {wanted} number{'s' * (wanted != 1)}"
                    f" per row; the input has shape {x.shape}{': write x[:, None] for a column of samples' * one}"
                ) from None
            shapes = f"{weight.shape} and {bias.shape if bias is not None else bias}"
            raise ShapeError(f"weight and bias do not fit: their shapes are {shapes}") from None

    def __repr__(self) -> str:
        return f"Linear({self.in_features}, {self.out_features}{'' if self.bias is not None else ', bias=False'})"


class Sequential(Module):
    """Modules or other functions in a chain: the output of each is the input of the next.

    >>> from scalargrad.nn import Tanh
    >>> model = Sequential(Linear(2, 8), Tanh(), Linear(8, 1))
    >>> model([[1.0, 2.0]]).shape, len(model.parameters()), model[0]
    ((1, 1), 33, Linear(2, 8))
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        for layer in layers:
            if isinstance(layer, type):
                name = layer.__name__
                raise ArgumentError(f"Sequential takes modules, got the class {name}: write {name}()")
            if not callable(layer):
                advice = ": write Sequential(*layers)" if isinstance(layer, (list, tuple)) else ""
                raise ArgumentError(
                    f"Sequential takes each module as a separate argument, got {type(layer).__name__}{advice}"
                )
        self.layers = list(layers)

    @overload
    def __call__(self, x: A) -> A: ...
    @overload
    def __call__(self, x: Batch) -> Matrix: ...
    @overload
    def __call__(self, x: Flat) -> Vector: ...
    @overload
    def __call__(self, x: Any) -> Any: ...
    def __call__(self, x: Any) -> Any:
        layer = None
        try:
            for layer in self.layers:
                x = layer(x)
        except ShapeError as error:
            k = next(k for k, each in enumerate(self.layers) if each is layer)
            error.args = (f"in layers[{k}] of the Sequential: {error}",)
            raise
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, k: int) -> Any:
        return self.layers[k]

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"
