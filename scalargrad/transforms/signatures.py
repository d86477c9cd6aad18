"""The types of what the transforms return, for type checkers alone: nothing imports this module when it runs.

The first argument is the one to differentiate by: a function of a Value takes a float there, and the derivative by a
float is a float. So a transformed function takes anything as its first argument, by position, and its type decides the
type of the result. The other arguments are passed as they are: `P` keeps their types and names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, overload

if TYPE_CHECKING:
    from scalargrad.convert import Number

P = ParamSpec("P")
K = TypeVar("K")
N = TypeVar("N", bound="Number")
T = TypeVar("T")

Pullback = Callable[[Any], tuple[Any, ...]]


class Gradient(Protocol[P]):
    """`grad` of a function: the gradient is like the argument, with floats for Values."""

    @overload
    def __call__(self, x: Number, /, *args: P.args, **kwargs: P.kwargs) -> float: ...
    @overload
    def __call__(self, x: list[N], /, *args: P.args, **kwargs: P.kwargs) -> list[float]: ...
    @overload
    def __call__(self, x: dict[K, Any], /, *args: P.args, **kwargs: P.kwargs) -> dict[K, Any]: ...
    @overload
    def __call__(self, x: T, /, *args: P.args, **kwargs: P.kwargs) -> T: ...


class GradientAndAux(Protocol[P]):
    """`grad` of a function with `has_aux`."""

    @overload
    def __call__(self, x: Number, /, *args: P.args, **kwargs: P.kwargs) -> tuple[float, Any]: ...
    @overload
    def __call__(self, x: list[N], /, *args: P.args, **kwargs: P.kwargs) -> tuple[list[float], Any]: ...
    @overload
    def __call__(self, x: dict[K, Any], /, *args: P.args, **kwargs: P.kwargs) -> tuple[dict[K, Any], Any]: ...
    @overload
    def __call__(self, x: T, /, *args: P.args, **kwargs: P.kwargs) -> tuple[T, Any]: ...


class ValueAndGradient(Protocol[P]):
    """`value_and_grad` of a function."""

    @overload
    def __call__(self, x: Number, /, *args: P.args, **kwargs: P.kwargs) -> tuple[float, float]: ...
    @overload
    def __call__(self, x: list[N], /, *args: P.args, **kwargs: P.kwargs) -> tuple[float, list[float]]: ...
    @overload
    def __call__(self, x: dict[K, Any], /, *args: P.args, **kwargs: P.kwargs) -> tuple[float, dict[K, Any]]: ...
    @overload
    def __call__(self, x: T, /, *args: P.args, **kwargs: P.kwargs) -> tuple[float, T]: ...


class ValueAuxAndGradient(Protocol[P]):
    """`value_and_grad` of a function with `has_aux`."""

    @overload
    def __call__(self, x: Number, /, *args: P.args, **kwargs: P.kwargs) -> tuple[tuple[float, Any], float]: ...
    @overload
    def __call__(self, x: list[N], /, *args: P.args, **kwargs: P.kwargs) -> tuple[tuple[float, Any], list[float]]: ...
    @overload
    def __call__(
        self, x: dict[K, Any], /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[tuple[float, Any], dict[K, Any]]: ...
    @overload
    def __call__(self, x: T, /, *args: P.args, **kwargs: P.kwargs) -> tuple[tuple[float, Any], T]: ...
