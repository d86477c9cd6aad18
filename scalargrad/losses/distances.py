"""How far numbers are from others, or from 0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, overload

from scalargrad import convert
from scalargrad.arrays.base import of_items, of_shape
from scalargrad.errors import ArgumentError, NumberError
from scalargrad.losses.base import check, pair, reduced
from scalargrad.nn.lists import kept_of
from scalargrad.value import Value

if TYPE_CHECKING:
    from scalargrad.arrays import Matrix, Vector
    from scalargrad.functions import Flat, Foreign, Rows


@overload
def mse(input: Any, target: Any, reduction: Literal["mean", "sum"] = "mean") -> Value: ...
@overload
def mse(input: Vector | Flat | Foreign, target: Any, reduction: Literal["none"]) -> Vector: ...
@overload
def mse(input: Matrix | Rows, target: Any, reduction: Literal["none"]) -> Matrix: ...
def mse(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The mean squared error: for each number (input - target)**2.

    >>> mse([1.0, 2.0, 3.0], [1.0, 2.0, 6.0])
    3.0
    """
    check(reduction)
    x, t = pair("mse", input, target)
    return reduced((x - t).square(), x, reduction, x.ndim, input, target)


@overload
def l1(input: Any, target: Any, reduction: Literal["mean", "sum"] = "mean") -> Value: ...
@overload
def l1(input: Vector | Flat | Foreign, target: Any, reduction: Literal["none"]) -> Vector: ...
@overload
def l1(input: Matrix | Rows, target: Any, reduction: Literal["none"]) -> Matrix: ...
def l1(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The mean absolute error: for each number ``abs(input - target)``, whose derivative is 0 where they are equal.

    >>> l1([1.0, 2.0, 3.0], [1.0, 2.0, 6.0])
    1.0
    """
    check(reduction)
    x, t = pair("l1", input, target)
    return reduced((x - t).abs(), x, reduction, x.ndim, input, target)


@overload
def huber(input: Any, target: Any, reduction: Literal["mean", "sum"] = "mean", delta: float = 1.0) -> Value: ...
@overload
def huber(input: Vector | Flat | Foreign, target: Any, reduction: Literal["none"], delta: float = 1.0) -> Vector: ...
@overload
def huber(input: Matrix | Rows, target: Any, reduction: Literal["none"], delta: float = 1.0) -> Matrix: ...
def huber(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """The squared error near 0, the absolute error far from 0.

    With a = |input - target| and c = ``sg.clip(a, 0.0, delta)``, the loss is c * (a - 0.5 * c): a²/2 up to delta, and
    delta * (a - delta/2) beyond. Raises `ArgumentError` if delta is not positive. Source: Huber 1964; PyTorch's
    HuberLoss.

    >>> huber([0.5, 3.0], [0.0, 0.0], reduction="none").data
    [0.125, 2.5]
    """
    check(reduction)
    try:
        limit = NotImplemented if isinstance(delta, Value) else convert.number(delta)
    except NumberError:
        limit = NotImplemented
    if limit is NotImplemented or not limit > 0.0:
        raise ArgumentError(f"delta must be a positive number, got {convert.short(delta)}")
    x, t = pair("huber", input, target)
    distance = (x - t).abs()
    near = distance.clip(0.0, limit)
    return reduced(near * (distance - 0.5 * near), x, reduction, x.ndim, input, target)


def l2(parameters: Iterable[Any]) -> Value:
    """The sum of the squares of all parameters, ``sg.sum(p**2 for p in parameters)``.

    Multiplied by a small number, it is a penalty on large weights. It is 0.0 if there are no parameters.

    >>> from scalargrad import Value
    >>> l2([Value(3.0), Value(4.0)])
    Value(data=25.0, grad=0.0)
    """
    known = kept_of(parameters)
    if known and known.values:
        return of_shape(known.block, (len(known.block),), False).square().sum()  # type: ignore[no-any-return]
    items = parameters if isinstance(parameters, list) else convert.in_order(parameters, "l2", True)
    if items is None:
        raise NumberError(f"l2 takes a list of parameters, got {type(parameters).__name__}: pass model.parameters()")
    if not items:
        return 0.0  # type: ignore[return-value]
    return of_items(items).square().sum()  # type: ignore[no-any-return]
